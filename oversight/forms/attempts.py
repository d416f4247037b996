"""Forms of private notes: what two bodies tried between themselves before anything became a concern."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from collaboration.models import InformalAttempt
from ics_governance import forms
from partnerships.models import Organisation

from .bodies import BodyField

OUTCOMES = [
    ("settled", "It was settled"),
    ("not_settled", "It was not settled"),
    ("declined", "They declined the invitation"),
]


class AttemptFields(forms.Form):
    """What a note says; nothing is required here, the forms that use it say what they need."""

    other = forms.ChoiceField(
        label="With whom?", required=False, choices=[], error_messages={"required": "Select with whom it was tried"}
    )
    held_on = forms.DateField(label="Date of the attempt", required=False, example=date(2026, 9, 14))
    tried = forms.CharField(
        label="What was tried, and by whom?", widget=forms.Textarea, max_length=5_000, required=False,
        help_text="A call, a meeting, a letter: in a sentence or two.",
        error_messages={"required": "Say what was tried, and by whom"},
    )  # fmt: skip
    outcome = forms.ChoiceField(
        label="What came of it?", widget=forms.RadioSelect, choices=OUTCOMES, required=False,
        error_messages={"required": "Select what came of it"},
    )  # fmt: skip
    note = forms.CharField(label="Anything to add", widget=forms.Textarea, max_length=5_000, required=False)
    design = {"tried": {"rows": 3}, "note": {"rows": 2}}


class AttemptForm(AttemptFields):
    """A note on its own page."""

    organisation = forms.ModelChoiceField(
        label="Which of your organisations keeps the note?", queryset=None,
        error_messages={"required": "Select which of your organisations keeps the note"},
    )  # fmt: skip
    other = BodyField(  # type: ignore[assignment]
        label="With which body?", help_text="Its name or code. The note is visible to both bodies and to nobody else.",
        error_messages={"required": "Enter the body with which it was tried"},
    )  # fmt: skip
    field_order = ["organisation", "other", "held_on", "tried", "outcome", "note"]

    def __init__(self, *args: Any, bodies: Sequence[Organisation], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.fields["organisation"].queryset = Organisation.objects.filter(  # type: ignore[attr-defined]
            pk__in=[body.pk for body in bodies]
        )
        if len(bodies) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()
            self.fields["organisation"].initial = bodies[0].pk
        for name in ("held_on", "tried", "outcome"):
            self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        """Two different bodies, and something that happened already."""
        values = super().clean() or {}
        if values.get("other") and values.get("other") == values.get("organisation"):
            self.add_error("other", "A note is between two bodies; this is your own")
        not_in_future(self, values, self.on)
        return values


class AttemptFilters(forms.FilterForm):
    """Filters of the list of notes."""

    q = forms.CharField(label="Search the notes", max_length=100)
    outcome = forms.ChoiceField(label="Outcome", choices=[("", "Any"), *InformalAttempt.Outcome.choices])


def not_in_future(form: forms.Form, values: Mapping[str, Any], on: date) -> None:
    """What was tried lies in the past."""
    if values.get("held_on") and values["held_on"] > on:
        form.add_error("held_on", "The date must be today or earlier")
