"""Forms of signals: filters of the inbox, and triage."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from ics_governance import forms
from ics_governance.workingdays import add_working_days
from oversight.models import Signal

USUAL_WATCH = 60  # working days: a rule looks at whole months, so less would show nothing new


class SignalFilters(forms.FilterForm):
    """Filters of the inbox."""

    q = forms.CharField(label="Search bodies", max_length=100)
    state = forms.ChoiceField(
        label="State",
        choices=[
            ("", "Waits for somebody"),
            ("overdue", "Nobody has triaged in time"),
            *[pair for pair in Signal.State.choices if pair[0] != Signal.State.NEW],
            ("any", "Any state"),
        ],
    )
    characteristic = forms.ChoiceField(label="Characteristic")

    def __init__(self, data: Any, characteristics: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["characteristic"].choices = [("", "Any"), *characteristics]  # type: ignore[attr-defined]


class TriageForm(forms.Form):
    """What follows from a signal, when it is not a concern."""

    outcome = forms.ChoiceField(
        label="What follows from it?",
        choices=[("watch", "Watch: look again by a day"), ("dismiss", "Dismiss: nothing follows")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why",
        widget=forms.Textarea,
        max_length=2_000,
        help_text="Your region reads it. What did you find when you asked?",
    )
    watch_until = forms.DateField(
        label="Look again on", required=False, help_text="When you watch it. Then it is back in the list."
    )
    design = {"reason": {"rows": 4}}

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["watch_until"].initial = add_working_days(on, USUAL_WATCH)

    def clean(self) -> dict[str, Any]:
        """A watch needs its day."""
        values = super().clean() or {}
        if values.get("outcome") == "watch" and "watch_until" in values and not values["watch_until"]:
            self.add_error("watch_until", "Enter the day on which you look again")
        return values
