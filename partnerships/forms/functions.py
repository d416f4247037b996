"""Filters of the catalogue of functions."""

from typing import Any, ClassVar

from ics_governance import forms
from partnerships.queries.functions import OWNERS

from .organisations import SystemFilter, choices


class FunctionFilter(forms.FilterForm):
    """Filters of the list of functions."""

    q = forms.CharField(label="Search names and descriptions", max_length=100)
    owner = forms.ChoiceField(label="By law held by", choices=choices(OWNERS.items(), "Anyone"))
    kind = forms.ChoiceField(
        label="May it be passed on?", choices=[("", "Either"), ("delegable", "Yes"), ("reserved", "No, reserved")]
    )


class HolderFilter(SystemFilter):
    """Where a function is held: in one system."""

    design: ClassVar[dict[str, dict[str, Any]]] = {"as_of": {"hint": "", "width": 10}}

    def __init__(self, data: Any, *, today: Any) -> None:
        super().__init__(data, today=today)
        for name in ("q", "closed"):
            del self.fields[name]
