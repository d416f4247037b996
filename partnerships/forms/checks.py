"""Filters of the governance checks and of what ends soon, read from the URL."""

from datetime import date
from typing import Any, ClassVar

from ics_governance import forms
from partnerships.checks import CHECKS, Severity
from partnerships.models import Organisation
from partnerships.queries.organisations import choices_of_places, label_on

from .organisations import choices, unknown


class OfSystem(forms.FilterForm):
    """A page of one ICB's system, or of all England."""

    system = forms.ChoiceField(label="System", error_messages=unknown("an integrated care board"))

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        _, self.systems = choices_of_places(today, str(self.data.get("system", ""))[:12])
        systems = [(body.code, label_on(body, today)) for body in self.systems]
        self.fields["system"].choices = choices(systems, "All of England")

    def clean_system(self) -> Organisation | None:
        """The ICB of the code."""
        code = self.cleaned_data.get("system")
        return next((body for body in self.systems if code and body.code == code), None)


class CheckFilter(OfSystem):
    """Filters of the findings."""

    q = forms.CharField(label="Search", max_length=100)
    severity = forms.ChoiceField(
        label="Severity",
        choices=choices([(each.value, each.value) for each in Severity], "All severities"),
        error_messages=unknown("a severity"),
    )
    code = forms.ChoiceField(
        label="Check",
        choices=choices([(code, check.title) for code, check in CHECKS.items()], "All checks"),
        error_messages=unknown("a governance check"),
    )
    field_order = ("q", "system", "severity", "code")
    design: ClassVar[dict[str, dict[str, Any]]] = {"q": {"label": "Search what was found"}}
