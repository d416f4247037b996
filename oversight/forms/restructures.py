"""Forms of restructures: what is to happen to which bodies, and the tick before it is carried out."""

import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q

from ics_governance import forms
from oversight.models import Restructure
from partnerships.models import Kind, Organisation

WITHOUT_SUCCESSOR = ("rename", "close")
HINTS = {
    "merge": "Two or more bodies become one: a new body, or one that exists.",
    "split": "One body is divided among two or more; each forum, place and link goes to one of them.",
    "acquire": "A part of a body passes to an existing one; the body itself goes on.",
    "rename": "The body stays the same and bears another name; the former one is kept.",
    "close": "The body ends and nobody carries it on.",
}
NUMBER_OF_BODIES = 12


class RestructureForm(forms.Form):
    """The draft: bodies before and after, the first day, the instrument."""

    kind = forms.ChoiceField(label="What happens", choices=Restructure.Kind.choices, widget=forms.RadioSelect)
    before = forms.CharField(
        label="Bodies as they are now",
        widget=forms.Textarea,
        max_length=1_000,
        help_text="Their codes or their full names, one a line. For example, QGH.",
    )
    effective_on = forms.DateField(
        label="First day of the new order",
        help_text="The old order ends on the day before. For example, 1 4 2027.",
    )
    instrument = forms.CharField(
        label="Instrument", max_length=200, required=False, help_text="For example, an establishment order."
    )
    note = forms.CharField(label="Note", widget=forms.Textarea, max_length=2_000, required=False)
    after = forms.CharField(
        label="Code of an existing body", max_length=12, required=False, help_text="Leave empty to open a new one."
    )
    name = forms.CharField(label="Name of the new body, or the new name", max_length=200, required=False)
    short_name = forms.CharField(label="Short name", max_length=80, required=False)
    code = forms.CharField(
        label="ODS or GSS code", max_length=12, required=False,
        help_text="Of a trust, a board or a council; others get a code of this register.",
    )  # fmt: skip
    region = forms.ModelChoiceField(
        label="Region", queryset=Organisation.objects.none(), required=False, empty_label="As before",
        help_text="Of a new integrated care board.",
    )  # fmt: skip
    second_after = forms.CharField(label="Code of an existing body", max_length=12, required=False)
    second_name = forms.CharField(label="Name of a new body", max_length=200, required=False)
    second_code = forms.CharField(label="ODS or GSS code of a new body", max_length=12, required=False)
    third_after = forms.CharField(label="Code of an existing body", max_length=12, required=False)
    third_name = forms.CharField(label="Name of a new body", max_length=200, required=False)
    third_code = forms.CharField(label="ODS or GSS code of a new body", max_length=12, required=False)
    parts: ClassVar[Any] = [
        ("", "", ["kind", "before", "effective_on", "instrument", "note"]),
        (
            "What carries them on", "Of a merger, a split and a part that passes; for another name the name alone.",
            ["after", "name", ("short_name", "code"), "region"],
        ),
        ("The second body of a split", "", ["second_after", ("second_name", "second_code")]),
        ("The third body of a split", "Only where there is one.", ["third_after", ("third_name", "third_code")]),
    ]  # fmt: skip
    design: ClassVar[Any] = {
        "kind": {"hints": HINTS}, "before": {"rows": 3, "width": 20}, "note": {"rows": 3}, "after": {"width": 10},
        "code": {"width": 10}, "second_after": {"width": 10}, "second_code": {"width": 10},
        "third_after": {"width": 10}, "third_code": {"width": 10},
    }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = Organisation.objects.filter(kind=Kind.REGION)  # type: ignore[attr-defined]

    def clean_before(self) -> list[Organisation]:
        """The bodies of the lines, each once: a line is a name, or codes."""
        found: dict[int, Organisation] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["before"].splitlines())):
            for body in _named(line):
                found[body.pk] = body
        if len(found) > NUMBER_OF_BODIES:
            raise ValidationError(f"Name at most {NUMBER_OF_BODIES} bodies")
        return list(found.values())

    def clean(self) -> dict[str, Any]:
        """The bodies that carry on, as the action takes them: `successors`."""
        values = super().clean() or {}
        values["successors"] = []
        kind = values.get("kind")
        if kind == "rename" and not values.get("name"):
            self.add_error("name", "Enter the new name")
        if kind and kind not in WITHOUT_SUCCESSOR and values.get("before"):
            prefixes = ("", "second_", "third_") if kind == "split" else ("",)
            for prefix in prefixes:
                self._successor(values, prefix)
        return values

    def _successor(self, values: dict[str, Any], prefix: str) -> None:
        code, name = values.get(f"{prefix}after", "").strip(), values.get(f"{prefix}name", "").strip()
        if code:
            body = Organisation.objects.coded(code).first()
            if body is None:
                self.add_error(f"{prefix}after", f"No organisation has the code {code.upper()}")
            else:
                values["successors"].append({"id": body.pk})
        elif name:
            self._new(values, prefix, name)
        elif prefix != "third_":
            self.add_error(f"{prefix}after", "Enter the code of an existing body, or the name of a new one")

    def _new(self, values: dict[str, Any], prefix: str, name: str) -> None:
        code = values.get(f"{prefix}code", "").strip().upper()
        if values["kind"] == "acquire":
            self.add_error(f"{prefix}after", "A part passes to a body that exists: enter its code")
        else:
            region = values.get("region")
            values["successors"].append(
                {
                    "name": name, "code": code, "kind": values["before"][0].kind,
                    "short_name": values.get("short_name", "") if not prefix else "",
                    "region": region.pk if region else None,
                }
            )  # fmt: skip


def _named(line: str) -> list[Organisation]:
    """The one body that bears a name, or those of several codes. Raises ValidationError for what is neither."""
    same = list(Organisation.objects.filter(Q(name__iexact=line) | Q(short_name__iexact=line), closed=None)[:2])
    if len(same) > 1:
        raise ValidationError(f"Several organisations are called {line}: enter its code")
    if same:
        return same
    found = []
    for code in filter(None, re.split(r"[\s,;]+", line.upper())):
        body = Organisation.objects.coded(code).first()
        if body is None:
            raise ValidationError(f"No organisation has the code {code}, or is called {line}")
        found.append(body)
    return found


class CarryOutForm(forms.Form):
    """The tick that is needed where decisions were agreed since the first day, and what the person looked at."""

    confirmed = forms.BooleanField(label="I have read it: agreed decisions stay with the forums that agreed them",
                                   required=False)  # fmt: skip
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    mark_optional = False
