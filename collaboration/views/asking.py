"""Pages that are one form: shown, done, or shown again with what was typed and why it was refused."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ics_governance.permissions import Refused
from partnerships.views.common import attempt


def ask(request: HttpRequest, form: Any, act: Callable[[Any], Any], done: str, to: str, **words: Any) -> HttpResponse:
    """The page of one form. `act` takes the form's values; afterwards the person goes to the address `to`.

    `words`: title, lede, submit, nav, crumbs, and what else the template reads.
    """
    if request.method == "POST" and form.is_valid() and attempt(request, lambda: act(form.cleaned_data), done, form):
        return redirect(to)
    context = {"form": form, "lede": "", "caption": "", "back": to, **words}
    return render(request, "collaboration/form.html", context, status=422 if form.errors else 200)


def bodies_with(request: HttpRequest, permission: str, capacity: str) -> frozenset[int]:
    """The organisations for which this person may begin something; 403 that says who can when there is none."""
    bodies = request.actor.organisations(permission, capacity)
    if not bodies:
        raise Refused(permission)
    return bodies
