"""The design system in Django's template engine, which serves the sign-in and account pages of django-allauth.

{% load nhsuk %}
{% page %}{% block head_title %}{% endblock %}{% content %}{% block content %}{% endblock %}{% endpage %}
{% nhsuk "insetText" text="…" %}      {% nhsuk_form form %}
"""

from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe

from ..forms import Group, word_errors
from ..templating import nhsuk as design_system

register = template.Library()


class PageNode(template.Node):
    """Puts a page of Django's engine into the frame that the Jinja layouts draw, so that there is one frame."""

    child_nodelists = ("title", "body")  # blocks inside are found by `extends`

    def __init__(self, title: NodeList, body: NodeList) -> None:
        self.title, self.body = title, body

    def render(self, context: Context) -> SafeString:
        title = " ".join(self.title.render(context).split())
        body = self.body.render(context)
        return render_to_string(
            "layout/framed.html",
            {"title": mark_safe(title), "body": body, "public": True},
            context["request"],
            using="jinja2",
        )


@register.tag
def page(parser: Parser, token: Token) -> PageNode:
    title = parser.parse(("content",))
    parser.delete_first_token()
    body = parser.parse(("endpage",))
    parser.delete_first_token()
    return PageNode(title, body)


@register.simple_tag
def nhsuk(name: str, **params: Any) -> SafeString:
    """One official macro by its name; parameters with dots in the documentation are given as mappings."""
    return mark_safe(str(getattr(design_system, name)(params)).strip())


@register.simple_tag
def nhsuk_form(form: BaseForm, hints: bool = True) -> SafeString:
    """Error summary and fields of a form that is not one of ours, drawn like ours; without its hints if not wanted."""
    options = {} if hints else {"hint": ""}
    groups = [Group(form, field, name) for name, field in form.fields.items()]
    errors: list[Mapping[str, str]] = [{"text": str(error)} for error in form.non_field_errors()]
    for group in groups:
        _word(form, group)
        errors += [{"text": str(error), "href": f"#{group.first_id}"} for error in group.errors]
    summary = nhsuk("errorSummary", titleText="There is a problem", errorList=errors) if errors else ""
    return mark_safe(summary + "".join(group.group(**options) for group in groups))


@register.simple_tag
def demo() -> bool:
    return bool(settings.DEMO)


@register.simple_tag(takes_context=True)
def demo_sign_ins(context: Context) -> SafeString:
    """In the demonstration: its people, each a button that signs in; nothing elsewhere, or before it is loaded."""
    groups = import_string(settings.DEMO_SIGN_INS)() if settings.DEMO else []
    if not groups:
        return mark_safe("")
    page = render_to_string("account/demo_people.html", {"groups": groups}, context["request"], using="jinja2")
    return mark_safe(page)


@register.simple_tag
def site_name() -> str:
    return str(settings.SITE_NAME)


def _word(form: BaseForm, group: Group) -> None:
    """The form was validated before we saw it: its general messages are said again with the field's name."""
    word_errors(group.field, str(group.label))
    if group.name not in form.errors:
        return
    errors = form.errors.as_data()[group.name]
    worded = {code: group.field.error_messages.get(code) for code in ("required", "invalid")}
    said = [str(worded.get(error.code or "") or message) for error in errors for message in error.messages]
    form.errors[group.name] = form.error_class(said, renderer=form.renderer)
