"""Filters of lists. A value that cannot be understood is an error that says what can."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_field

from ics_governance.api_views import LONGEST_ID
from partnerships.models import Function, Organisation

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LARGEST_ID = 10**LONGEST_ID - 1
Choices = Iterable[tuple[str, Any]]


def body_named(text: str) -> Organisation | None:
    """The organisation that a parameter names: by its id when it is all digits, else by ODS or GSS code."""
    if text.isascii() and text.isdecimal():
        return Organisation.objects.filter(pk=int(text)).first() if len(text) <= LONGEST_ID else None
    return Organisation.objects.coded(text).first()


def unknown(message: str, value: str) -> forms.ValidationError:
    """An error that quotes what was sent. django-filter formats every message, so the text must come in beside it."""
    return forms.ValidationError(message, params={"value": value})


class BodyField(forms.CharField):
    """An organisation by ODS code, GSS code or id."""

    def clean(self, value: str) -> Organisation | None:
        """The organisation; an error when there is none."""
        text = super().clean(value)
        if not text:
            return None
        found = body_named(text)
        if found is None:
            raise unknown("No organisation has the ODS code, GSS code or id “%(value)s”.", text)
        return found


class DateField(forms.CharField):
    """A day as 2026-11-30."""

    def clean(self, value: str) -> date | None:
        """The day; an error for another spelling and for a day that no calendar has."""
        text = super().clean(value)
        try:
            return date.fromisoformat(text) if ISO_DAY.fullmatch(text) else self.refuse(text)
        except ValueError:
            return self.refuse(text)

    @staticmethod
    def refuse(text: str) -> None:
        """No date is fine where none is asked for; anything else is not."""
        if text:
            raise forms.ValidationError("Write a date as 2026-11-30.")


@extend_schema_field({"type": "string", "maxLength": 30})
class Body(django_filters.Filter):
    """Records of one organisation."""

    field_class = BodyField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label": "An organisation by ODS code, GSS code or id.", "max_length": 30} | kwargs)


class FunctionField(forms.CharField):
    """A function by its code."""

    def clean(self, value: str) -> Function | None:
        """The function; an error that lists the codes when there is none."""
        text = super().clean(value)
        found = Function.objects.filter(code=text).first() if text else None
        if text and found is None:
            known = ", ".join(Function.objects.order_by("code").values_list("code", flat=True))
            raise unknown(f"No function has the code “%(value)s”. Known: {known}.", text)
        return found


@extend_schema_field({"type": "string", "maxLength": 40})
class OfFunction(django_filters.Filter):
    """Records about one function, by its code."""

    field_class = FunctionField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label": "The code of a function.", "max_length": 40} | kwargs)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LARGEST_ID})
class Id(django_filters.Filter):
    """Records that belong to another record. One that is not there, or not seen, has none."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"min_value": 1, "max_value": LARGEST_ID} | kwargs)


@extend_schema_field({"type": "string", "format": "date"})
class Day(django_filters.Filter):
    """A day; `since` and `until` include it."""

    field_class = DateField


@extend_schema_field({"type": "string", "maxLength": 100})
class Words(django_filters.CharFilter):
    """Records that contain every word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 100, "label": "Words that all occur."} | kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Each word somewhere in one of the fields, named in `field_name` with spaces between."""
        for word in (value or "").split()[:8]:
            match = Q(pk__in=[])
            for name in str(self.field_name).split():
                match |= Q(**{f"{name}__icontains": word})
            qs = qs.filter(match)
        return qs


class TrueOrFalse(forms.NullBooleanField):
    """`true` or `false`, and nothing else."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> bool | None:
        """The value; an error for another text."""
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError("Use true or false.")
        return bool(value == "true")


@extend_schema_field({"type": "boolean"})
class Flag(django_filters.Filter):
    """Records of which something is true, or false."""

    field_class = TrueOrFalse


def one_of(choices: Choices, **extra: Any) -> django_filters.ChoiceFilter:
    """A filter by one of some values; the error lists them."""
    pairs = list(choices)
    known = ", ".join(str(value) for value, _ in pairs)
    errors = {"invalid_choice": f"“%(value)s” is not known here. Use one of: {known}."}
    schema = {"type": "string", "enum": [value for value, _ in pairs]}
    made: django_filters.ChoiceFilter = extend_schema_field(schema)(django_filters.ChoiceFilter)(
        choices=pairs, empty_label=None, error_messages=errors, **extra
    )
    return made


class InForce(django_filters.FilterSet):
    """Records with dates, as of a day; without one all of them, also those that ended."""

    as_of = Day(method="in_force", label="Only those in force on this day.")

    def in_force(self, rows: Any, name: str, value: Any) -> Any:
        """Those that hold on the day; without a recorded start nobody knows."""
        return rows.filter(Q(ends=None) | Q(ends__gte=value), starts__lte=value)
