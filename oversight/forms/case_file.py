"""Forms of the file of a case: one small form for each thing that is put on it."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from collaboration.queries.profiles import content_of, current_framework
from ics_governance import forms
from ics_governance.models import User
from oversight.measures import MEASURES
from oversight.models import Override
from oversight.queries.case_file import CaseFile
from partnerships.models import Organisation

from .attempts import not_in_future

LONG = 10_000


def long_text(label: str, hint: str = "", *, required: bool = True, **more: Any) -> forms.CharField:
    """A text of several lines."""
    return forms.CharField(
        label=label, help_text=hint, widget=forms.Textarea, max_length=LONG, required=required, **more
    )


class CaseForm(forms.Form):
    """A form of one case: `file` is the case with all its parts, `part` what of it the form is about."""

    design = {"text": {"rows": 5}, "reason": {"rows": 4}, "terms": {"rows": 5}}

    def __init__(self, *args: Any, file: CaseFile, part: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file, self.part, self.actor, self.on = file, part, file.actor, file.actor.on
        self.prepare()

    def prepare(self) -> None:
        """Set choices from the case; a form without any leaves it."""

    def bodies(self, name: str, bodies: list[Organisation]) -> None:
        """Let a field choose among bodies; a single one needs no choice."""
        field = self.fields[name]
        field.queryset = Organisation.objects.filter(pk__in=[body.pk for body in bodies])  # type: ignore[attr-defined]
        if len(bodies) == 1:
            field.initial, field.widget = bodies[0].pk, forms.HiddenInput()


class ConfirmForm(CaseForm):
    """Nothing to say: the button is the answer."""


class FactForm(CaseForm):
    """A fact as one side states it."""

    text = long_text(
        "The fact, in a few sentences", "One fact at a time, with its date. The other side agrees or disputes it."
    )


class FactReplyForm(CaseForm):
    """An answer to a fact."""

    agrees = forms.TypedChoiceField(
        label="Is it so?", widget=forms.RadioSelect, coerce=lambda value: value == "yes",
        choices=[("yes", "We agree"), ("no", "We dispute it")], error_messages={"required": "Select whether you agree"},
    )  # fmt: skip
    text = long_text("In your words", "If you dispute it: how it was, and what shows it.", required=False)

    def clean(self) -> dict[str, Any]:
        """A dispute says how it was."""
        values = super().clean() or {}
        if values.get("agrees") is False and not values.get("text"):
            self.add_error("text", "Say how it was, in your words")
        return values


class ReplyForm(CaseForm):
    """The right of reply."""

    text = long_text("Your reply", "It stands beside what is said about you, for everyone who may see the case.")
    design = {"text": {"rows": 9}}


class FacilitationForm(CaseForm):
    """The facilitation record."""

    leader_name = forms.CharField(label="Who led it", max_length=200)
    leader_body = forms.CharField(
        label="From which body or forum", max_length=200, help_text="A body that is no party to the case."
    )
    held_on = forms.DateField(label="Date of the (last) meeting", example=date(2026, 12, 8))
    took_part = long_text("Who took part", "Names or posts, with their bodies.")
    outcome = long_text("What came of it", "What was agreed, what was not, and why.")
    design = {
        "took_part": {"rows": 3},
        "outcome": {"rows": 5},
        "leader_name": {"width": 30},
        "leader_body": {"width": 30},
    }

    def prepare(self) -> None:
        """What is on file already."""
        record = self.file.parts.facilitation
        if record:
            self.initial = {name: getattr(record, name) for name in self.fields} | self.initial

    def clean(self) -> dict[str, Any]:
        """It has taken place."""
        values = super().clean() or {}
        not_in_future(self, values, self.on)
        return values


class AccuracyForm(CaseForm):
    """A party's check of the facilitation record."""

    comment = long_text("What you would put otherwise", "Leave it empty if the record is right.", required=False)


class DiscussionForm(CaseForm):
    """A discussion with the leaders of an affected system or another forum."""

    organisation = forms.ModelChoiceField(label="With the leaders of", queryset=None)
    held_on = forms.DateField(label="Date", example=date(2027, 1, 6))
    who = forms.CharField(label="Who was spoken to", max_length=300, help_text="Names and posts, or the forum.")
    note = long_text("What they said", required=False)

    def prepare(self) -> None:
        """The affected systems; without any, the bodies that take part."""
        self.bodies("organisation", self.file.affected or self.file.bodies)

    def clean(self) -> dict[str, Any]:
        """It has taken place."""
        values = super().clean() or {}
        not_in_future(self, values, self.on)
        return values


class AgreementForm(CaseForm):
    """A party's agreement to the terms."""

    terms = long_text("The terms you agree to", "What each side will do, and by when.")


class CharacteristicsForm(CaseForm):
    """The characteristics that the case speaks to."""

    characteristics = forms.MultipleChoiceField(
        label="Which characteristics does it speak to?", widget=forms.CheckboxSelectMultiple, choices=[]
    )

    def prepare(self) -> None:
        """Those of the framework, with what is named already."""
        framework = current_framework()
        rows = content_of(framework).characteristics if framework else ()
        self.fields["characteristics"].choices = [(row.code, row.title) for row in rows]  # type: ignore[attr-defined]
        self.initial = {"characteristics": self.file.case.concern.characteristics} | self.initial


class FindingForm(CaseForm):
    """What the review found about one respondent."""

    organisation = forms.ModelChoiceField(label="About", queryset=None)
    adverse = forms.TypedChoiceField(
        label="What was found?", widget=forms.RadioSelect, coerce=lambda value: value == "yes",
        choices=[("no", "It met what partners may expect, or the cause was shared"), ("yes", "It fell short")],
        error_messages={"required": "Select what was found"},
    )  # fmt: skip
    text = long_text("The finding, with its reasons", "The body may reply to it for 10 working days.")
    facts = forms.MultipleChoiceField(
        label="Facts it rests on", widget=forms.CheckboxSelectMultiple, required=False, choices=[]
    )

    def prepare(self) -> None:
        """The respondents, and the facts of the file."""
        self.bodies("organisation", self.file.respondents)
        self.fields["facts"].choices = [  # type: ignore[attr-defined]
            (str(fact.pk), f"{fact.number}. {fact.text[:120]} ({fact.get_state_display()})")
            for fact in self.file.parts.facts
        ]

    def clean_facts(self) -> list[Any]:
        """The facts themselves."""
        chosen = set(self.cleaned_data["facts"])
        return [fact for fact in self.file.parts.facts if str(fact.pk) in chosen]


class DisputeFindingForm(CaseForm):
    """What the independent third party found."""

    text = long_text("What the third party found, with its reasons")


class NoteForm(CaseForm):
    """A note of the holder."""

    text = long_text("Note")
    restricted = forms.BooleanField(
        label="Restricted: only the body that holds the case and the region read it", required=False, initial=True,
        help_text="No finding may rest on what a respondent has not seen.",
    )  # fmt: skip


class CriteriaForm(CaseForm):
    """What ends the support, or a measure."""

    measure = forms.ChoiceField(label="Of what", choices=[], required=False)
    criteria = long_text("Exit criteria, one on each line", "Each can be seen to be met: a number, a date, a document.")
    mark_optional = False

    def prepare(self) -> None:
        """The support, or one of the measures."""
        live = [row for row in self.file.parts.measures if row.state != "ended"]
        choices = [("", "The support"), *((str(row.pk), MEASURES[row.kind].title) for row in live)]
        self.fields["measure"].choices = choices  # type: ignore[attr-defined]
        if not live:
            self.fields["measure"].widget = forms.HiddenInput()

    def clean_measure(self) -> Any:
        """The measure itself; None for the support."""
        chosen = self.cleaned_data["measure"]
        return next((row for row in self.file.parts.measures if str(row.pk) == chosen), None)

    def clean_criteria(self) -> list[str]:
        """One criterion a line."""
        found = [line.strip(" -•\t") for line in self.cleaned_data["criteria"].splitlines()]
        if any(len(line) > 300 for line in found):
            raise ValidationError("Each criterion must be 300 characters or fewer")
        return [line for line in found if line]


class CriterionMetForm(CaseForm):
    """That an exit criterion is met."""

    note = long_text("What shows that it is met")


class CommitmentForm(CaseForm):
    """What a body promises."""

    owner = forms.ModelChoiceField(label="Which body", queryset=None)
    title = forms.CharField(label="What it will do", max_length=300)
    due_on = forms.DateField(label="By when", example=date(2027, 3, 31))

    def prepare(self) -> None:
        """The bodies that take part and may be known."""
        self.bodies("owner", self.file.bodies)


class PauseForm(CaseForm):
    """A pause of the clock."""

    starts = forms.DateField(label="First day of the pause", help_text="Today or later: a pause is never back-dated.")
    ends = forms.DateField(
        label="Last day, if it is known", required=False, help_text="Empty: until somebody ends the pause."
    )
    reason = long_text("Why the clock should stop")
    mark_optional = False

    def clean_starts(self) -> date | None:
        """Never back-dated."""
        starts: date | None = self.cleaned_data["starts"]
        if starts and starts < self.on:
            raise ValidationError("A pause is never back-dated: choose today or a later day")
        return starts


class ExtensionForm(CaseForm):
    """More time."""

    days = forms.IntegerField(label="How many more working days", min_value=1, max_value=60)
    reason = long_text("Why more time is needed")
    design = {"days": {"width": 3}, "reason": {"rows": 4}}


class OverrideForm(CaseForm):
    """An urgent override."""

    risk = forms.ChoiceField(
        label="What is at risk?", choices=Override.Risk.choices, widget=forms.RadioSelect,
        error_messages={"required": "Select what is at risk"},
    )  # fmt: skip
    reason = long_text(
        "Why it cannot wait for the earlier stages",
        "A second person of the region confirms it. The mark stays for ever.",
    )


class DisputeRequestForm(CaseForm):
    """A party asks for dispute resolution."""

    reason = long_text("Why an independent third party should look at it", "You get an answer within 5 working days.")


class ThirdPartyForm(CaseForm):
    """Naming the independent third party, by name and, where there is one, by account."""

    third_party_name = forms.CharField(
        label="If it is granted: the independent third party", max_length=200, required=False,
        help_text="A person of no body that takes part.",
    )  # fmt: skip
    third_party = forms.EmailField(
        label="Their email address, if they have an account here", required=False,
        help_text="They can then see this case, and nothing else.",
    )  # fmt: skip
    mark_optional = False
    grants = ""  # the field that says whether it is granted

    def clean_third_party(self) -> User | None:
        """The account of that address."""
        typed = self.cleaned_data["third_party"]
        if not typed:
            return None
        user = User.objects.filter(email__iexact=typed, is_active=True).first()
        if user is None:
            raise ValidationError("Nobody here has this address; leave it empty and give the name alone")
        return user

    def clean(self) -> dict[str, Any]:
        """What is granted names the third party."""
        values = super().clean() or {}
        if values.get(self.grants) and not values.get("third_party_name"):
            self.add_error("third_party_name", "Name the independent third party")
        return values


class DisputeAnswerForm(ThirdPartyForm):
    """The holder's answer to a request for dispute resolution."""

    granted = forms.TypedChoiceField(
        label="Your answer", widget=forms.RadioSelect, coerce=lambda value: value == "yes",
        choices=[("yes", "Granted"), ("no", "Refused: the region reviews it")],
        error_messages={"required": "Select your answer"},
    )  # fmt: skip
    answer = long_text("Reasons")
    field_order = ["granted", "answer"]
    grants = "granted"


class RefusalReviewForm(ThirdPartyForm):
    """The region's review of a refusal."""

    overturned = forms.TypedChoiceField(
        label="The region", widget=forms.RadioSelect, coerce=lambda value: value == "yes",
        choices=[("no", "Lets the refusal stand"), ("yes", "Grants the request")],
        error_messages={"required": "Select what the region decides"},
    )  # fmt: skip
    finding = long_text("Reasons")
    field_order = ["overturned", "finding"]
    grants = "overturned"


class NoticeForm(CaseForm):
    """Notice of intent."""

    days = forms.IntegerField(label="Days of notice", min_value=1, max_value=365)
    design = {"days": {"width": 3}}

    def prepare(self) -> None:
        """The least that the law asks for."""
        kind = MEASURES[self.part.kind]
        least = kind.urgent_notice if self.part.urgent else kind.notice
        if least:
            self.fields["days"].help_text = f"At least {least}, under {kind.law}."
            self.fields["days"].initial = least


class RepresentationsForm(CaseForm):
    """What the body says on a measure."""

    text = long_text("What your organisation has to say")
    undertakings = long_text("Undertakings that you offer", "What you would do, and by when.", required=False)


class AppealForm(CaseForm):
    """What became of an appeal."""

    outcome = long_text("What the tribunal decided")


class CertificateForm(CaseForm):
    """How a measure ended."""

    certificate = long_text("The certificate of compliance, or why it ends otherwise")


class MeasureForm(CaseForm):
    """A measure of enforcement that is proposed."""

    organisation = forms.ModelChoiceField(label="For which body", queryset=None)
    kind = forms.ChoiceField(label="Measure", choices=[(kind.code, kind.title) for kind in MEASURES.values()])
    legal_basis = long_text(
        "The licence condition or statutory duty it rests on", "A characteristic is no legal ground."
    )
    test = long_text("The legal test, and why it is met")
    process = long_text("The steps of its own process", "Notice, representations, appeal, and how it ends.")
    urgent = forms.BooleanField(label="Urgent: the shorter notice applies", required=False)
    design = {name: {"rows": 3} for name in ("legal_basis", "test", "process")}

    def prepare(self) -> None:
        """The respondents."""
        self.bodies("organisation", self.file.respondents)
