"""Pages of restructures: the list, a new one, its preview with a choice for each record, and carrying it out."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ics_governance.permissions import Refused
from oversight import restructure_words
from oversight.actions import restructures as actions
from oversight.forms.restructures import CarryOutForm, RestructureForm
from oversight.models import Restructure
from oversight.queries import restructures as queries
from partnerships.access import P
from partnerships.views.common import attempt

CHOICE = "choice-"


def _administrator(request: HttpRequest) -> None:
    """Nobody else sees them: what is prepared about bodies is no public matter before it is so."""
    if not request.actor.organisations(P.ORGANISATION_RESTRUCTURE):
        raise Refused(P.ORGANISATION_RESTRUCTURE)


def _find(request: HttpRequest, pk: int) -> Restructure:
    _administrator(request)
    return get_object_or_404(queries.restructures(), pk=pk)


@require_safe
def restructure_list(request: HttpRequest) -> HttpResponse:
    """`/restructures/`: what was prepared and carried out."""
    _administrator(request)
    rows = restructure_words.listed(queries.restructures())
    return render(request, "oversight/restructure_list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def restructure_new(request: HttpRequest) -> HttpResponse:
    """`/restructures/new/`: say what is to happen; `?body=` fills in a body."""
    _administrator(request)
    form = RestructureForm(request.POST or None, initial={"before": request.GET.get("body", "")[:12]})
    if request.method == "POST" and form.is_valid():
        made: list[Restructure] = []
        if attempt(request, lambda: made.append(_draft(request, form.cleaned_data)), "Prepared. Nothing has moved yet.",
                   _Fields(form)):  # fmt: skip
            return redirect("restructure", made[0].pk)
    return render(request, "oversight/restructure_new.html", {"form": form}, status=422 if form.errors else 200)


class _Fields:
    """Reasons of the action, at the fields of the form."""

    NAMES = {"predecessors": "before", "successor": "after"}

    def __init__(self, form: RestructureForm) -> None:
        self.form = form
        self.fields = {*form.fields, *self.NAMES}

    def add_error(self, field: str | None, text: str) -> None:
        self.form.add_error(self.NAMES.get(field or "", field), text)


def _draft(request: HttpRequest, values: dict[str, Any]) -> Restructure:
    asked = {name: values[name] for name in ("kind", "effective_on", "instrument", "note", "successors")}
    if values["kind"] == "rename":
        asked |= {"name": values["name"], "short_name": values["short_name"]}
    return actions.draft(by=request.actor, predecessors=values["before"], **asked)


@require_http_methods(["GET", "HEAD", "POST"])
def restructure(request: HttpRequest, pk: int) -> HttpResponse:
    """`/restructures/<id>/`: everything that would move, with a choice for each record; afterwards what moved."""
    found = _find(request, pk)
    if request.method == "POST":
        chosen = {key.removeprefix(CHOICE): value for key, value in request.POST.items() if key.startswith(CHOICE)}
        attempt(request, lambda: actions.choose(by=request.actor, restructure=found, choices=chosen), "Choices kept.")
        return redirect("restructure", pk)
    if found.state == Restructure.State.DRAFT:
        return _preview(request, found, CarryOutForm())
    context = {"restructure": found, **restructure_words.afterwards(found)}
    return render(request, "oversight/restructure_done.html", context)


def _preview(request: HttpRequest, found: Restructure, form: CarryOutForm) -> HttpResponse:
    shown = queries.preview(found, request.actor.on)
    form.initial["seen"] = shown.digest
    context = {
        "restructure": found, "preview": shown, "form": form, **restructure_words.previewed(found, shown),
    }  # fmt: skip
    return render(request, "oversight/restructure.html", context, status=422 if form.errors else 200)


@require_POST
def carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    """`/restructures/<id>/carry-out/`: all of it, or nothing and the reasons."""
    found = _find(request, pk)
    form = CarryOutForm(request.POST)
    if not form.is_valid() or found.state != Restructure.State.DRAFT:
        messages.error(request, f"Not done: this restructure was {found.get_state_display()} meanwhile.")
        return redirect("restructure", pk)
    values = form.cleaned_data
    done = attempt(
        request,
        lambda: actions.carry_out(
            by=request.actor, restructure=found, confirmed=values["confirmed"], seen=values["seen"]
        ),
        "Carried out. What moved is listed below.", form,
    )  # fmt: skip
    return redirect("restructure", pk) if done else _preview(request, found, form)


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """`/restructures/<id>/drop/`: it is not carried out."""
    found = _find(request, pk)
    if attempt(request, lambda: actions.drop(by=request.actor, restructure=found), "Dropped. Nothing has moved."):
        return redirect("restructure-list")
    return redirect("restructure", pk)
