"""Forms of imports of the national register: the file, and the filters of its preview."""

from typing import Any, ClassVar

from ics_governance import forms
from partnerships.models import OdsRow

from .organisations import choices, unknown

LARGEST = 8 * 1024 * 1024


class ExtractForm(forms.Form):
    """A file to preview."""

    file = forms.FileField(
        label="File of the national register",
        max_length=200,
        help_text="The table of trusts (etr.csv) or of integrated care boards, FHIR JSON or ORD JSON; up to 8 MB.",
        error_messages={
            "required": "Choose a file",
            "empty": "The file is empty: choose one with organisations in it",
            "max_length": "The name of the file is too long: give it a shorter one",
        },
    )

    def clean_file(self) -> Any:
        """Files of the national register are small."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError("The file is larger than 8 MB: choose the table of trusts or of ICBs")
        return file


class PreviewFilter(forms.FilterForm):
    """Filters of the rows of a preview."""

    q = forms.CharField(label="Search", max_length=100)
    outcome = forms.ChoiceField(
        label="What it does",
        choices=choices(OdsRow.Outcome.choices, "All rows"),
        error_messages=unknown("something that a row does"),
    )
    design: ClassVar[dict[str, dict[str, Any]]] = {"q": {"label": "Search names and codes"}}
