"""Forms of what a case rests on: evidence that is linked, and notes of informal attempts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from collaboration.access import P as Collaboration
from collaboration.forms.assessments import FILE_DESIGN, FILE_KINDS
from collaboration.models import Evidence, InformalAttempt, Profile
from ics_governance import forms
from ics_governance.wording import day
from partnerships.access import P as Partnerships
from partnerships.access import scope
from partnerships.models import Decision, Organisation

from .attempts import AttemptFields, not_in_future
from .case_file import CaseForm

MONTHS = 6  # profiles offered of one body
FILES = 50
KINDS = [
    ("upload", "A file of yours"), ("file", "A file that your organisation gave before"), ("link", "An address"),
    ("decision", "A decision"), ("profile", "A profile"),
]  # fmt: skip
FIELD = {"upload": "file", "file": "evidence", "link": "url"}  # the field that a kind needs; else it has its name


class EvidenceForm(CaseForm):
    """One piece of evidence: the kind, and what that kind needs."""

    kind = forms.ChoiceField(
        label="What is it?", widget=forms.RadioSelect, choices=KINDS,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Select what it is"),
    )  # fmt: skip
    file = forms.FileField(
        label="New file", required=False, max_length=500, error_messages={"required": "Select the file"},
        help_text=f"{FILE_KINDS} It becomes a file of your organisation, whose people can read it.",
    )  # fmt: skip
    url = forms.URLField(
        label="Address", required=False, assume_scheme="https", help_text="A paper on a board portal or a public page.",
        max_length=500,
    )  # fmt: skip
    decision = forms.CharField(
        label="Number of the decision", required=False, max_length=20, help_text="For example, QWO-2026-0061"
    )
    profile = forms.ModelChoiceField(label="Profile", queryset=None, required=False)
    evidence = forms.ModelChoiceField(label="File", queryset=None, required=False)
    title = forms.CharField(label="What it shows, in a few words", max_length=200)
    fact = forms.ChoiceField(label="For which fact?", choices=[], required=False)
    restricted = forms.BooleanField(
        label="Restricted: only the body that holds the case, the region and you read it", required=False,
        help_text="No finding may rest on it.",
    )  # fmt: skip
    mark_optional = False
    design = {
        "file": FILE_DESIGN,
        "decision": {"width": 10},
        "profile": {"empty": "Choose"},
        "evidence": {"empty": "Choose"},
    }

    def prepare(self) -> None:
        """What this reader may show: profiles of those it is about, files of its own bodies, facts of the case."""
        about = Profile.objects.filter(subject__in=self.file.respondents).select_related("subject")
        seen = scope(self.actor, Collaboration.PROFILE_VIEW, about).order_by("-as_of", "pk")
        newest = seen.values("pk")[: MONTHS * max(len(self.file.respondents), 1)]
        self.fields["profile"].queryset = seen.filter(pk__in=newest)  # type: ignore[attr-defined]
        self.fields["profile"].label_from_instance = _of_month  # type: ignore[attr-defined]
        self._offer_files()
        facts = [(str(fact.pk), f"Fact {fact.number}: {fact.text[:70]}") for fact in self.file.parts.facts]
        self.fields["fact"].choices = [("", "No single one"), *facts]  # type: ignore[attr-defined]

    def _offer_files(self) -> None:
        """Files that the reader's bodies gave before; without any there is nothing to choose from."""
        own = Evidence.objects.filter(organisation__in=self.file.own, kind="file").exclude(scan=Evidence.Scan.REFUSED)
        newest = list(own.order_by("-given_at", "-pk").values_list("pk", flat=True)[:FILES])
        self.fields["evidence"].queryset = own.filter(pk__in=newest).order_by("-given_at", "-pk")  # type: ignore[attr-defined]
        if not newest:
            self.fields["kind"].choices = [kind for kind in KINDS if kind[0] != "file"]  # type: ignore[attr-defined]
            self.fields["evidence"].widget = forms.HiddenInput()

    def clean_decision(self) -> Decision | None:
        """The decision of that number, among those that this reader may see."""
        typed = self.cleaned_data["decision"].strip().upper()
        if not typed:
            return None
        found = scope(self.actor, Partnerships.DECISION_VIEW, Decision.objects.filter(reference=typed)).first()
        if found is None:
            raise ValidationError(f"You can see no decision with the number “{typed}”")
        return found

    def clean_fact(self) -> Any:
        """The fact itself; None for the case as a whole."""
        return next((fact for fact in self.file.parts.facts if str(fact.pk) == self.cleaned_data["fact"]), None)

    def clean(self) -> dict[str, Any]:
        """What the kind needs, and nothing else."""
        values = super().clean() or {}
        kind = values.pop("kind", "")
        needed = FIELD.get(kind, kind)
        for name in ("file", "url", "decision", "profile", "evidence"):
            if name != needed:
                values[name] = "" if name == "url" else None
                self.errors.pop(name, None)
            elif not values.get(name) and name not in self.errors:
                self.add_error(name, str(self.fields[name].error_messages["required"]))
        values["upload"] = values.pop("file", None)
        return values


def _of_month(profile: Profile) -> str:
    return f"{profile.subject.label}, 12 months to {day(profile.as_of)}"


class CaseAttemptForm(CaseForm, AttemptFields):
    """An attempt put on the file: a note that is kept already, or one written now."""

    attempt = forms.ModelChoiceField(label="A note that is kept already", queryset=None, required=False)
    field_order = ["attempt", "other", "held_on", "tried", "outcome", "note"]
    mark_optional = False
    design = {**AttemptFields.design, "attempt": {"empty": "None: I write it now"}}

    def prepare(self) -> None:
        """Notes of this reader's own body with another party, and those parties."""
        parties = [body for body in self.file.parties if body.pk not in self.file.own]
        own = [body for body in self.file.parties if body.pk in self.file.own]
        self.kept_by = own[0] if own else None
        between = Q(kept_by__in=own, other__in=parties) | Q(other__in=own, kept_by__in=parties)
        seen = scope(self.actor, Collaboration.CONCERN_VIEW, InformalAttempt.objects.filter(between))
        attached = [note.pk for note in self.file.parts.attempts]
        self.fields["attempt"].queryset = seen.exclude(pk__in=attached).order_by("-held_on")  # type: ignore[attr-defined]
        self.fields["attempt"].label_from_instance = _named  # type: ignore[attr-defined]
        self.fields["other"].choices = [(str(body.pk), body.name) for body in parties]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Either a note, or all that a note needs."""
        values = super().clean() or {}
        if not values.get("attempt"):
            for name in ("other", "held_on", "tried", "outcome"):
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, str(self.fields[name].error_messages["required"]))
            not_in_future(self, values, self.on)
        values["kept_by"] = self.kept_by
        values["other"] = Organisation.objects.filter(pk=values.get("other") or 0).first()
        return values


def _named(note: InformalAttempt) -> str:
    return f"{day(note.held_on)}: {note.tried[:80]}"
