"""Forms of raising a concern, one for each step; what was typed is kept between them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from collaboration.framework import Area
from collaboration.models import InformalAttempt
from ics_governance import forms
from ics_governance.wording import day
from partnerships.models import Kind, Organisation, Place

from .attempts import AttemptFields, not_in_future
from .bodies import BodyField, bodies_near, systems_near

MOST = 5  # respondents of one concern


class AboutForm(forms.Form):
    """Step 1: whom it is about, where it arose, and who raises it."""

    organisation = forms.ModelChoiceField(
        label="Which of your organisations raises it?", queryset=None,
        error_messages={"required": "Select which of your organisations raises it"},
    )  # fmt: skip
    other = BodyField(
        label="Which body is it about?", required=False,
        help_text="Its name or code, for example Airedale or RCF. Any body of a partnership may be the subject of a "
        "concern, an ICB or a council too.",
    )  # fmt: skip
    near = forms.ModelMultipleChoiceField(
        label="Bodies of your system", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    system = forms.ModelChoiceField(
        label="In which system did it happen?", queryset=None,
        help_text="Its integrated care board looks at the concern first, unless it is itself involved.",
        error_messages={"required": "Select the system in which it happened"},
    )  # fmt: skip
    mark_optional = False
    design = {"near": {"small": True, "classes": "app-checks"}}

    def __init__(self, *args: Any, bodies: Sequence[Organisation], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        systems = list({system.pk: system for body in bodies for system in systems_near(body, on)}.values())
        own = Organisation.objects.filter(pk__in=[body.pk for body in bodies])
        self.fields["organisation"].queryset = own  # type: ignore[attr-defined]
        if len(bodies) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()
            self.fields["organisation"].initial = bodies[0].pk
        near = bodies_near(systems, on).exclude(pk__in=own)
        if any(body.kind == Kind.REGION for body in bodies):  # a region's trusts would be a wall of boxes
            near = near.filter(kind=Kind.ICB)
        self.fields["near"].queryset = near  # type: ignore[attr-defined]
        everywhere = Organisation.objects.on(on).filter(kind=Kind.ICB)
        self.fields["system"].queryset = everywhere  # type: ignore[attr-defined]
        if systems:
            self.fields["system"].initial = systems[0].pk

    def clean(self) -> dict[str, Any]:
        """At least one body, not oneself, and not a crowd."""
        values = super().clean() or {}
        named = list(values.get("near") or [])
        if (other := values.get("other")) and other not in named:
            named.append(other)
        if not named and "other" not in self.errors:
            self.add_error("other", "Type the name of the body that it is about, or tick it below")
        if values.get("organisation") in named:
            self.add_error("other", "A body cannot raise a concern about itself")
        if len(named) > MOST:
            self.add_error("other", f"Name at most {MOST} bodies; raise another concern for others")
        values["respondents"] = named
        return values


class FactsForm(forms.Form):
    """Step 2: what happened, and what would settle it."""

    title = forms.CharField(
        label="What is it about, in a few words?", max_length=120,
        error_messages={"required": "Say in a few words what it is about"},
    )  # fmt: skip
    facts = forms.CharField(
        label="What happened?", widget=forms.Textarea, max_length=20_000,
        help_text="What was agreed, what was done or not done, and when. This text is put to each body it is about; "
        "leave out names of patients and of staff.",
        error_messages={"required": "Say what happened"},
    )  # fmt: skip
    wanted = forms.CharField(
        label="What would settle it?", widget=forms.Textarea, max_length=5_000, required=False,
        help_text="What you would like to happen next, in a sentence or two.",
    )  # fmt: skip
    place = forms.ModelChoiceField(label="Place", queryset=None, required=False)
    counterparty = BodyField(
        label="If it touches a contract: who is the other party?", required=False,
        help_text="Its name or code. A party to the contract does not hold the case.",
    )  # fmt: skip
    design = {"facts": {"rows": 7}, "wanted": {"rows": 3}, "place": {"empty": "The whole system"}}

    def __init__(self, *args: Any, system: Organisation | None, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Place.objects.on(on).filter(icb=system)
        self.fields["place"].queryset = places  # type: ignore[attr-defined]


class BehavioursForm(forms.Form):
    """Step 3: which expected behaviours were missing, in plain words; one group of boxes for each area."""

    mark_optional = False

    def __init__(self, *args: Any, areas: Iterable[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for area in areas:
            self.fields[f"area_{area.code}"] = forms.MultipleChoiceField(
                label=area.title, required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(row.code, row.title) for row in area.behaviours],
            )  # fmt: skip
        self.design = {name: {"small": True} for name in self.fields}

    def clean(self) -> dict[str, Any]:
        """The codes ticked, in their order; at least one."""
        values = super().clean() or {}
        values["behaviours"] = [code for name in self.fields for code in values.get(name) or ()]
        if not values["behaviours"]:
            first = next(iter(self.fields), None)
            self.add_error(first, "Tick at least one behaviour; the nearest will do")
        return values


class SettleForm(AttemptFields):
    """Step 4: whether the bodies tried to settle it among themselves; a note may be attached or written now."""

    tried_before = forms.ChoiceField(
        label="Have you tried to settle it with them?", widget=forms.RadioSelect, choices=[],
        error_messages={"required": "Select whether you have tried to settle it with them"},
    )  # fmt: skip
    attempts = forms.MultipleChoiceField(
        label="Notes to attach", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Whoever may read the case can then read them.",
        error_messages={"required": "Tick the notes to attach, or choose another answer"},
    )  # fmt: skip
    field_order = ["tried_before", "attempts", "other", "held_on", "tried", "outcome", "note"]
    mark_optional = False

    def __init__(
        self, *args: Any, respondents: Sequence[Organisation], notes: Sequence[InformalAttempt], on: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        choices = [("new", "Yes, and I will note it now"), ("no", "No, not yet")]
        if notes:
            choices.insert(0, ("kept", "Yes, and there is a note of it"))
            self.fields["attempts"].choices = [  # type: ignore[attr-defined]
                (str(note.pk), f"{day(note.held_on)}: {note.tried[:120]}, {note.get_outcome_display()}")
                for note in notes
            ]
        else:
            del self.fields["attempts"]
        self.fields["tried_before"].choices = choices  # type: ignore[attr-defined]
        self.fields["other"].choices = [(str(body.pk), body.name) for body in respondents]  # type: ignore[attr-defined]
        self.needs = {"kept": ("attempts",), "new": ("other", "held_on", "tried", "outcome")}
        self.only = respondents[0] if len(respondents) == 1 else None
        if self.only:
            del self.fields["other"]

    def clean(self) -> dict[str, Any]:
        """What the answer asks for is there; the rest is left out."""
        values = super().clean() or {}
        if self.only:
            values["other"] = str(self.only.pk)
        for name in self.needs.get(values.get("tried_before", ""), ()):
            if not values.get(name) and name not in self.errors:
                self.add_error(name, str(self.fields[name].error_messages["required"]))
        if values.get("tried_before") == "new":
            not_in_future(self, values, self.on)
        return values


class ConfidenceForm(forms.Form):
    """Step 5: whether the bodies it is about learn who raised it."""

    in_confidence = forms.ChoiceField(
        label="Who may know that you raised it?", widget=forms.RadioSelect,
        choices=[("no", "Everyone in the case"), ("yes", "Not the bodies it is about: raise it in confidence")],
        error_messages={"required": "Select who may know that you raised it"},
    )  # fmt: skip
    design = {
        "in_confidence": {
            "legend_size": "m",
            "hints": {
                "no": "The usual way. Informal resolution is between you and them.",
                "yes": "They read “a partner” wherever your organisation would be named. They may still guess from "
                "what you tell, and you cannot settle it with them yourselves without being known.",
            },
        }
    }

    def __init__(self, *args: Any, with_notes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.with_notes = with_notes

    def clean_in_confidence(self) -> bool:
        """True for in confidence; a note between the two bodies would name the raiser."""
        chosen = self.cleaned_data["in_confidence"] == "yes"
        if chosen and self.with_notes:
            raise ValidationError(
                "A note of an attempt names both bodies. Go back and leave the notes out, or raise it openly"
            )
        return chosen
