"""Filters of the dashboards."""

from collections.abc import Iterable
from typing import Any

from ics_governance import forms
from partnerships.models import Organisation


class SystemFilter(forms.FilterForm):
    """Which system's trusts to show."""

    system = forms.ChoiceField(label="System")

    def __init__(self, systems: Iterable[Organisation], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [("", "All systems"), *((body.code, body.label) for body in systems)]
