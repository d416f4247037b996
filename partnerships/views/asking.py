"""A page that asks for something in one form and does it: shown, refused with words, or done."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ics_governance.permissions import Refused
from partnerships.access import P
from partnerships.day_guards import has_not_ended

from .common import attempt

Values = dict[str, Any]


def ask(
    request: HttpRequest,
    form: Any,
    act: Callable[[Values], Any],
    to: Callable[[Any], HttpResponse],
    template: str = "partnerships/asking.html",
    **words: Any,
) -> HttpResponse:
    """Show a form, do its action, go on; refused or wrong, keep what was typed.

    `words`: title, lede, back (label, route, keys), done; `submit` (the button, else the title) and `notes`, which are
    sentences above the form; `whole`, the record that is kept: once it has ended, the page says so above the form.
    `template` draws it. `act` takes the form's values: of its `values` method where it has one.
    """
    words["notes"] = [*ended_note(words.pop("whole", None), request.actor.on), *words.get("notes", [])]
    if request.method == "POST" and form.is_valid():
        made: list[Any] = []
        values = form.values() if callable(getattr(form, "values", None)) else form.cleaned_data
        if attempt(request, lambda: made.append(act(dict(values))), words["done"], form):
            return to(made[0])
    label, route, *keys = words["back"]
    context = {"form": form, **words, "crumb": label, "back": reverse(route, args=keys)}
    return render(request, template, context, status=422 if form.errors else 200)


def ended_note(whole: Any, on: date) -> list[str]:
    """That a record has ended, as a sentence above its forms."""
    return [f"{reason.text}." for reason in has_not_ended(getattr(whole, "ends", None), on)]


def hosts_of(request: HttpRequest, permission: P) -> frozenset[int]:
    """The bodies for which the person may found something. Raises Refused when there is none."""
    hosts = request.actor.organisations(permission, "host")
    if not hosts:
        raise Refused(permission)
    return hosts
