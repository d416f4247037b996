"""Draws one form group through the official macro of its control. `forms.py` is the door; nothing else imports this."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms as django_forms
from django.utils.html import format_html
from markupsafe import escape

from .templating import nhsuk

if TYPE_CHECKING:
    from .forms import Group

Options = dict[str, Any]

# Attributes of a widget that the macros take by name, or that are better left out: `maxlength` cuts what is pasted
# without a word; type=number is changed by a mouse wheel; a placeholder vanishes when it is needed.
TAKEN = {
    "class",
    "rows",
    "cols",
    "maxlength",
    "minlength",
    "min",
    "max",
    "step",
    "autocomplete",
    "inputmode",
    "spellcheck",
    "id",
    "placeholder",
}


class DateParts(django_forms.MultiWidget):
    """Day, month and year in boxes of their own."""

    PARTS = ("day", "month", "year")

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({part: django_forms.TextInput() for part in self.PARTS}, attrs)

    def decompress(self, value: date | str | None) -> list[str]:
        if isinstance(value, str) and value:
            value = date.fromisoformat(value)
        if isinstance(value, date):
            return [str(value.day), str(value.month), str(value.year)]
        return ["", "", ""]


class MoneyInput(django_forms.TextInput):
    """Pounds: a £ before the box."""


def draw(field: "Group", options: Options) -> str:
    """The form group's HTML."""
    widget = field.field.widget
    params = common(field, options)
    name = component(widget, options)
    {
        "input": fill_input,
        "textarea": fill_textarea,
        "characterCount": fill_textarea,
        "select": fill_select,
        "radios": fill_choices,
        "checkboxes": fill_choices,
        "dateInput": fill_date,
        "passwordInput": fill_input,
        "fileUpload": fill_file,
    }[name](field, params, options)
    html = str(getattr(nhsuk, name)(params)).strip() + "\n"
    return html.replace("</select>", f"{options_of(field, options)}</select>", 1) if name == "select" else html


def options_of(field: "Group", options: Options) -> str:
    """A select's options, by an own loop: the macro takes a third of a page's time for the forty systems of England."""
    drawn = []
    for name, choices in field.groups:
        inside = "".join(
            f'<option value="{escape(value)}"{" selected" if chosen else ""}>'
            f"{escape(option_text(value, label, options))}</option>\n"
            for value, label, chosen in choices
        )
        drawn.append(f'<optgroup label="{escape(name)}">\n{inside}</optgroup>\n' if name else inside)
    return "".join(drawn)


def option_text(value: str, label: str, options: Options) -> str:
    """An option begins with a capital, as labels do; words of state are kept in small letters for use in sentences."""
    if value == "":
        label = options.get("empty", label if label.strip("- ") else "None")
    return label[:1].upper() + label[1:]


def component(widget: django_forms.Widget, options: Options) -> str:
    """The macro that draws this kind of widget."""
    match widget:
        case DateParts():
            return "dateInput"
        case django_forms.PasswordInput():
            return "passwordInput"
        case django_forms.FileInput():
            return "fileUpload"
        case django_forms.Textarea():
            return "characterCount" if options.get("max_words") else "textarea"
        case django_forms.CheckboxSelectMultiple() | django_forms.CheckboxInput():
            return "checkboxes"
        case django_forms.RadioSelect():
            return "radios"
        case django_forms.Select():
            return "select"
    return "input"


def common(field: "Group", options: Options) -> Options:
    """What every macro takes: id, name, label, hint, error, the group's classes, further attributes."""
    attrs = field.field.widget.attrs
    needed = options.get("needed", field.name in getattr(field.form, "needed", ()))
    hint = options.get("hint", field.help_text) or ""
    if needed:
        hint = format_html("Still needed. {}", hint) if hint else "Still needed."
    params: Options = {
        "id": field.auto_id,
        "name": field.html_name,
        "label": {"text": label_of(field, options)},
        "classes": " ".join(filter(None, [attrs.get("class"), options.get("classes")])),
        "formGroup": {"classes": "app-miss" if needed else ""},
        "attributes": {**{k: v for k, v in attrs.items() if k not in TAKEN}, **options.get("attributes", {})},
        "autocomplete": attrs.get("autocomplete"),
        "disabled": field.field.disabled,
    }
    if options.get("page_heading"):
        params["label"] |= {"isPageHeading": True, "size": "l"}
    if hint:
        params["hint"] = {"html" if hasattr(hint, "__html__") else "text": str(hint)}
    if field.errors:
        params["errorMessage"] = {"text": field.error_text}
    return params


def label_of(field: "Group", options: Options) -> str:
    label = str(options.get("label", field.label))
    single = isinstance(field.field, django_forms.BooleanField)
    marks = getattr(field.form, "mark_optional", False)
    return label if field.field.required or single or not marks else f"{label} (optional)"


def fill_input(field: "Group", params: Options, options: Options) -> None:
    widget = field.field.widget
    value = widget.format_value(field.value())
    params["value"] = "" if value is None or isinstance(widget, django_forms.PasswordInput) else str(value)
    params["type"] = getattr(widget, "input_type", "text")
    params["inputmode"] = widget.attrs.get("inputmode")
    if isinstance(widget, django_forms.NumberInput):
        decimal = isinstance(field.field, django_forms.DecimalField)
        params |= {"type": "text", "inputmode": "decimal" if decimal else "numeric"}
    if isinstance(widget, MoneyInput):
        params |= {"type": "text", "inputmode": "decimal", "prefix": "£", "width": 10}
    if params["type"] in ("email", "url"):
        params |= {"spellcheck": False, "autocapitalize": "none"}
    params |= {key: options[key] for key in ("width", "prefix", "suffix") if key in options}


def fill_textarea(field: "Group", params: Options, options: Options) -> None:
    value = field.value()
    params["value"] = "" if value is None else str(value)
    params["rows"] = options.get("rows", 4)
    if options.get("max_words"):
        params["maxwords"] = options["max_words"]


def fill_select(field: "Group", params: Options, options: Options) -> None:
    if isinstance(field.field.widget, django_forms.SelectMultiple):
        params["attributes"]["multiple"] = True


def fill_choices(field: "Group", params: Options, options: Options) -> None:
    """Radios and checkboxes: a fieldset, or for a single box none."""
    params["idPrefix"] = params.pop("id")  # the first control bears it; the group must not bear it too
    params |= {key: True for key in ("inline", "small") if options.get(key)}
    if isinstance(field.field.widget, django_forms.CheckboxInput):
        box = {"value": "on", "text": params.pop("label")["text"], "checked": bool(field.value())}
        params |= {"items": [box], "small": True}
        return
    params["fieldset"] = {"legend": legend(params.pop("label"), options)}
    hints, conditional = options.get("hints", {}), options.get("conditional", {})
    items: list[Options] = []
    for value, label, chosen in field.choices:
        if value == "" and not label.strip("- "):
            continue
        if value == str(options.get("divider_before", "\0")):
            items.append({"divider": "or"})
        item: Options = {"value": value, "text": option_text(value, label, options), "checked": chosen}
        if value in hints:
            item["hint"] = {"text": hints[value]}
        if value in conditional:
            item["conditional"] = {"html": str(conditional[value])}
        items.append(item)
    params["items"] = items


def fill_date(field: "Group", params: Options, options: Options) -> None:
    value = field.value()
    typed = value if isinstance(value, list | tuple) else field.field.widget.decompress(value)
    wrong = field.error_codes & set(DateParts.PARTS)
    params["fieldset"] = {"legend": legend(params.pop("label"), options)}
    params["items"] = [
        {
            "id": f"{field.auto_id}_{part}",
            "name": f"{field.html_name}_{part}",
            "label": part.capitalize(),
            "value": "" if text is None else str(text),
            "width": 4 if part == "year" else 2,
            "error": part in wrong or (bool(field.errors) and not wrong),
        }
        for part, text in zip(DateParts.PARTS, typed, strict=True)
    ]


def fill_file(field: "Group", params: Options, options: Options) -> None:
    params["attributes"] |= {"accept": options["accept"]} if "accept" in options else {}


def legend(label: Options, options: Options) -> Options:
    size = options.get("legend_size", "s")
    return {"text": label["text"], "size": size, "isPageHeading": bool(label.get("isPageHeading"))}
