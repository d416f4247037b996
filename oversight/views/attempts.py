"""Private notes of two bodies: what they tried between themselves. Nobody else reads them."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from collaboration.access import P
from collaboration.models import InformalAttempt
from ics_governance.exports import Column
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from oversight.actions.concerns import note_attempt
from oversight.forms.attempts import AttemptFilters, AttemptForm
from oversight.queries.cases import cases_of
from partnerships.access import scope, visible_or_404
from partnerships.models import Organisation
from partnerships.views.common import attempt as attempted
from partnerships.views.common import exported

SORTS = {"held": ("held_on", "id")}
COLUMNS: list[Column[InformalAttempt]] = [
    Column("Date", lambda row: row.held_on),
    Column("Kept by", lambda row: row.kept_by.name, 40),
    Column("With", lambda row: row.other.name, 40),
    Column("What was tried", lambda row: row.tried, 60),
    Column("Outcome", lambda row: row.get_outcome_display()),
    Column("Note", lambda row: row.note, 60),
]


@require_safe
def attempt_list(request: HttpRequest) -> HttpResponse:
    """`/attempts/`: the notes of this person's bodies; those of others in a case are read from the case."""
    form = AttemptFilters(request.GET)
    own = request.actor.organisations(P.CONCERN_VIEW)
    rows = InformalAttempt.objects.filter(Q(kept_by__in=own) | Q(other__in=own)).select_related("kept_by", "other")
    rows = _filtered(scope(request.actor, P.CONCERN_VIEW, rows), form.values)
    if file := exported(request, "private-notes", COLUMNS, rows.order_by("-held_on", "-id")):
        return file
    page = paged(rows, request.GET, SORTS, default="-held")
    context = {"form": form, "page": page, "may_note": bool(request.actor.organisations(P.CONCERN_RAISE, "raiser"))}
    return render(request, "oversight/attempt_list.html", context)


def _filtered(rows: Any, values: dict[str, Any]) -> Any:
    if words := values.get("q"):
        named = Q(kept_by__name__icontains=words) | Q(other__name__icontains=words)
        rows = rows.filter(Q(tried__icontains=words) | Q(note__icontains=words) | named)
    return rows.filter(outcome=values["outcome"]) if values.get("outcome") else rows


@require_safe
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """`/attempts/<id>/`: one note."""
    rows = InformalAttempt.objects.select_related("kept_by", "other", "written_by")
    found = visible_or_404(request.actor, rows, pk=pk)
    context = {"attempt": found, "cases": list(cases_of(request.actor).filter(concern__attempts=found))}
    return render(request, "oversight/attempt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def attempt_new(request: HttpRequest) -> HttpResponse:
    """`/attempts/new/`: write a note."""
    bodies = list(Organisation.objects.filter(pk__in=request.actor.organisations(P.CONCERN_RAISE, "raiser")))
    if not bodies:
        raise Refused(P.CONCERN_RAISE)
    form = AttemptForm(request.POST or None, bodies=bodies, on=request.actor.on)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        made: list[InformalAttempt] = []

        def act() -> None:
            made.append(note_attempt(by=request.actor, kept_by=values.pop("organisation"), **values))

        if attempted(request, act, "Kept. The other body can read it too.", form):
            return redirect("attempt", made[0].pk)
    return render(request, "oversight/attempt_new.html", {"form": form}, status=422 if form.errors else 200)
