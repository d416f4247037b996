"""Form fields in the NHS design system, once for all forms.

`from ics_governance import forms` in place of `django.forms`: the same fields and widgets, and on top of them
`Form`, `FilterForm`, `DateField` (three boxes), `DayField` (one box, for filters) and `MoneyField` (pounds).
In a template `{{ form.title }}` draws the whole group: label, hint, error and control, through the official macros;
`{{ form.amount.group(needed=true, width=10) }}` takes the options listed at `Group.group`. What was typed is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.forms import (  # noqa: F401  re-exported: form modules import from here only
    BooleanField,
    CharField,
    CheckboxInput,
    CheckboxSelectMultiple,
    ChoiceField,
    DecimalField,
    EmailField,
    FileField,
    HiddenInput,
    IntegerField,
    ModelChoiceField,
    ModelMultipleChoiceField,
    MultipleChoiceField,
    NumberInput,
    PasswordInput,
    RadioSelect,
    Select,
    Textarea,
    TextInput,
    TypedChoiceField,
    URLField,
)
from django.utils.safestring import SafeString, mark_safe

from .form_groups import DateParts, MoneyInput, draw
from .wording import MONTHS, money
from .wording import day as day_in_words


class Group(django_forms.BoundField):
    """A field of a form as the design system draws it: label, hint, error message, control."""

    def __str__(self) -> SafeString:
        return self.group()

    __html__ = __str__

    def group(self, **options: Any) -> SafeString:
        """The whole form group. Options override the form's `design[name]`:

        width (2 3 4 5 10 20 30), rows, prefix, suffix, classes, attributes (hx-…), hint, label, needed (says "Still
        needed" and marks the group), legend_size (s m l xl), page_heading, inline, small, hints ({value: text}),
        conditional ({value: html shown under that choice}), divider_before (value), max_words, empty (text of the
        empty choice).
        """
        if self.is_hidden:
            return mark_safe(self.as_hidden())
        return mark_safe(draw(self, {**getattr(self.form, "design", {}).get(self.name, {}), **options}))

    @property
    def error_text(self) -> str:
        return " ".join(str(error) for error in self.errors)

    @property
    def error_codes(self) -> frozenset[str]:
        return frozenset(
            code for error in self.form.errors.as_data().get(self.name, []) for code in (error.code or "").split()
        )

    @property
    def first_id(self) -> str:
        """Id of the control that the error summary links to: for a date the first box that is wrong."""
        widget = self.field.widget
        if isinstance(widget, DateParts):
            wrong = [part for part in DateParts.PARTS if part in self.error_codes] or ["day"]
            return f"{self.auto_id}_{wrong[0]}"
        return self.auto_id

    @property
    def choices(self) -> Iterator[tuple[str, str, bool]]:
        """Value, label and whether it is chosen, of every option."""
        for _, options in self.groups:
            yield from options

    @property
    def groups(self) -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
        """The options in their groups; the name of a group is empty for options that stand alone."""
        widget = self.field.widget
        chosen = widget.format_value(self.value())
        for name, options, _ in widget.optgroups(self.html_name, chosen):
            yield (
                str(name or ""),
                [(str(each["value"]), str(each["label"]), bool(each["selected"])) for each in options],
            )


class Form(django_forms.Form):
    """A form whose fields draw themselves, with error messages that say how to mend them."""

    bound_field_class = Group
    use_required_attribute = False  # the browser's own bubbles are not readable by all; the summary is
    mark_optional: ClassVar[bool] = True  # labels of fields that may stay empty end in "(optional)"
    design: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    needed: frozenset[str] = frozenset()  # names that a draft may lack and the next step needs
    # parts of a long form: heading, hint, rows; a row is a name, or several that stand side by side
    parts: ClassVar[Sequence[tuple[str, str, Sequence[str | tuple[str, ...]]]]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            word_errors(field, str(field.label or name.replace("_", " ").capitalize()))

    def laid_out(self) -> list[tuple[str, str, list[list[django_forms.BoundField]]]]:
        """The form's parts with the fields that it has; one part without a heading where the form names none."""
        parts = self.parts or [("", "", list(self.fields))]
        drawn = lambda row: [self[name] for name in ([row] if isinstance(row, str) else row) if name in self.fields]  # noqa: E731
        return [(heading, hint, [found for row in rows if (found := drawn(row))]) for heading, hint, rows in parts]

    def error_list(self) -> list[dict[str, str]]:
        """The error summary's entries, each with a link to its control."""
        found = [{"text": str(error)} for error in self.non_field_errors()]
        for bound in self:
            assert isinstance(bound, Group)
            found += [{"text": str(error), "href": f"#{bound.first_id}"} for error in bound.errors]
        return found


class FilterForm(Form):
    """Filters of a list, read from the URL: nothing is required and a wrong value is left out, never an error page."""

    mark_optional = False

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "filter_%s")
        super().__init__(data or {}, **kwargs)
        for field in self.fields.values():
            field.required = False

    @property
    def values(self) -> dict[str, Any]:
        """The filters that are set and valid."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value or type(value) in (int, Decimal)}

    @property
    def in_use(self) -> bool:
        return bool(self.values)


class DateField(django_forms.MultiValueField):
    """A date typed in three boxes. Months may be words. `example` is shown as the hint when there is none.

    Errors say which box is wrong; their code names the boxes, so that only those are marked.
    """

    widget = DateParts

    def __init__(self, *, example: date | None = None, **kwargs: Any) -> None:
        if example and not kwargs.get("help_text"):
            kwargs["help_text"] = f"For example, {example.day} {example.month} {example.year}"
        fields = [CharField(required=False) for _ in DateParts.PARTS]
        super().__init__(fields, require_all_fields=False, **kwargs)

    def clean(self, value: Sequence[str] | None) -> date | None:
        typed = [str(part or "").strip() for part in value or ["", "", ""]]
        label = str(self.label or "Date")
        if not any(typed):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        if lacking := [name for name, part in zip(DateParts.PARTS, typed, strict=True) if not part]:
            raise ValidationError(f"{label} must include a {' and a '.join(lacking)}", code=" ".join(lacking))
        day, month, year = _whole(typed[0]), _month(typed[1]), _whole(typed[2])
        if year is None or len(typed[2]) != 4:
            raise ValidationError(f"{label} must have a year of 4 numbers", code="year")
        try:
            found = date(year, month or 0, day or 0)
        except ValueError:
            wrong = "month" if not month else "day"
            raise ValidationError(f"{label} must be a real date", code=wrong) from None
        self.run_validators(found)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return DateParts().decompress(initial) != [str(part or "").strip() for part in data or ["", "", ""]]


class DayField(django_forms.Field):
    """A date typed in one box, for filters: 1 April 2026, 1/4/2026 or 2026-04-01. Forms of record use `DateField`."""

    def to_python(self, value: Any) -> date | None:
        text = str(value or "").strip()
        if not text:
            return None
        parts = text.replace("/", " ").replace(".", " ").replace("-", " ").split()
        if len(parts) == 3 and len(parts[0]) == 4:
            parts.reverse()
        day, month, year = (_whole(parts[0]), _month(parts[1]), _whole(parts[2])) if len(parts) == 3 else (0, 0, 0)
        try:
            return date(year or 0, month or 0, day or 0)
        except ValueError:
            raise ValidationError(f"{self.label} must be a date, like 1 April 2026", code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        return day_in_words(value) if isinstance(value, date) else value


class MoneyField(DecimalField):
    """An amount in pounds, typed as people write it: 384,000 or £1.2m or 50k."""

    widget = MoneyInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("min_value", 0)
        self.bound = 10 ** (kwargs["max_digits"] - kwargs["decimal_places"])
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            text = value.strip().lower().replace("£", "").replace(",", "").replace(" ", "")
            factor = {"k": 1_000, "m": 1_000_000}.get(text[-1:], 1)
            figures = text[:-1] if factor > 1 else text
            if value.strip() and not figures:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            amount = super().to_python(figures)
            return amount * factor if amount is not None else None
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal | int):
            return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


def word_errors(field: django_forms.Field, label: str) -> None:
    """Replace Django's general messages by sentences that name the field; a form's own messages stay."""
    lower = label if label[1:2].isupper() else label[:1].lower() + label[1:]
    chooses = isinstance(field, ChoiceField | django_forms.ModelChoiceField | FileField)
    wanted = {"required": f"{'Select' if chooses else 'Enter'} {lower}"}
    wanted["max_length"] = f"{label} must be %(limit_value)d characters or fewer"
    wanted["min_value"] = f"{label} must be %(limit_value)s or more"
    wanted["max_value"] = f"{label} must be %(limit_value)s or less"
    wanted["max_digits"] = f"{label} must have %(max)s digits or fewer"
    wanted["max_whole_digits"] = f"{label} must have %(max)s digits or fewer before the point"
    wanted["max_decimal_places"] = f"{label} must have %(max)s digits or fewer after the point"
    wanted["invalid_choice"] = f"Select {lower} from the list"  # noqa: S608
    match field:
        case BooleanField():
            wanted["required"] = f"Tick “{label}” to go on"
        case EmailField():
            wanted["invalid"] = "Enter an email address like name@example.com"
        case URLField():
            wanted["invalid"] = "Enter a web address like https://www.example.com"
        case MoneyField():
            wanted["invalid"] = f"{label} must be an amount in pounds, like 384,000"
            too_long = f"{label} must be less than {money(field.bound)}, in pounds and whole pence"
            wanted |= dict.fromkeys(("max_digits", "max_whole_digits", "max_decimal_places"), too_long)
        case DecimalField() | IntegerField():
            kind = "a number" if isinstance(field, DecimalField) else "a whole number"
            wanted["invalid"] = f"{label} must be {kind}"
    own: dict[str, Any] = {}
    for kind_of_field in reversed(type(field).__mro__):
        own.update(getattr(kind_of_field, "default_error_messages", {}))
    for code, message in wanted.items():
        if field.error_messages.get(code, own.get(code)) == own.get(code):
            field.error_messages[code] = message


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def _month(text: str) -> int | None:
    if (number := _whole(text)) is not None:
        return number
    found = [i for i, name in enumerate(MONTHS, 1) if len(text) >= 3 and name.lower().startswith(text.lower())]
    return found[0] if found else None


def initial_of(value: date | datetime | None) -> date | None:
    """A date for a form's `initial`, from a column that may hold a time."""
    return value.date() if isinstance(value, datetime) else value
