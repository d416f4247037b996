"""Filters of the dashboards."""

from collections.abc import Iterable
from typing import Any

from ics_governance import forms
from partnerships.models import Organisation

BANDS = [
    ("", "Any band"),
    ("of_concern", "Something of concern"),
    ("developing_uncertain", "Something developing, uncertain"),
    ("not_enough_evidence", "Something without enough evidence"),
]
VARIATION = [
    ("", "Any variation"),
    ("concern", "Special cause: concern"),
    ("improvement", "Special cause: improvement"),
]


class HeatFilters(forms.FilterForm):
    """Which trusts to show."""

    system = forms.ChoiceField(label="System")
    band = forms.ChoiceField(label="Band", choices=BANDS)
    variation = forms.ChoiceField(label="Single months", choices=VARIATION)

    def __init__(self, systems: Iterable[Organisation], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [("", "All systems"), *((body.code, body.label) for body in systems)]  # type: ignore[attr-defined]
