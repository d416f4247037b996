"""One page for each act on a case: its moves, and what is put on its file. `ACTS` says who may do what, and when."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ics_governance.permissions import Refused
from oversight.actions.cases import move as carry_out
from oversight.forms.cases import move_form
from oversight.process import STAGE
from oversight.queries.case_file import file_of
from oversight.queries.cases import ASKED_ELSEWHERE
from oversight.workflows import CASE
from partnerships.views.common import attempt

from .case_acts import ACTS, may, part_of


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, reference: str, event: str) -> HttpResponse:
    """`/cases/<reference>/moves/<event>/`: a move, with what it asks for. What stands against it is said at once."""
    rows = {row.event: row for row in CASE.transitions if row.event not in ASKED_ELSEWHERE}
    if event not in rows:
        raise Http404
    file = file_of(request.actor, reference)
    case, row = file.case, rows[event]
    if row.permission not in file.held:
        raise Refused(row.permission)
    form = move_form(request.POST or None, case, event, request.actor)
    if request.method == "POST" and form.is_valid():

        def act() -> None:
            carry_out(
                by=request.actor, case=case, event=event, reason=form.reason, changes=form.changes,
                seen=form.cleaned_data["version"],
            )  # fmt: skip

        if attempt(request, act, f"{case.reference} is now in {STAGE[row.target].title.lower()}.", form):
            return redirect("case", reference)
    context = {
        "case": case,
        "form": form,
        "move": row,
        "target": STAGE[row.target],
        "reasons": file.reasons_against(row),
        "possible_here": case.stage in row.sources,
    }
    return render(request, "oversight/case_move.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, reference: str, act: str, pk: int | None = None) -> HttpResponse:
    """`/cases/<reference>/<act>/` and `/cases/<reference>/<act>/<id>/`: something put on the file, or done about it."""
    if act not in ACTS or (pk is None) != (not ACTS[act].part):
        raise Http404
    row = ACTS[act]
    file = file_of(request.actor, reference)
    part = part_of(file, row, pk)
    if not file.held.intersection(row.by):
        raise Refused(row.by[0])
    sent_with = (request.POST, request.FILES) if request.method == "POST" else ()
    form = row.form(*sent_with, file=file, part=part)
    sent = request.method == "POST" and form.is_valid()
    if sent and attempt(request, lambda: row.do(request.actor, file, part, form.cleaned_data), row.done, form):
        return redirect("case", reference)
    possible = may(file, act, part)
    context = {"case": file.case, "form": form, "act": row, "part": part, "file": file, "possible": possible}
    return render(request, "oversight/case_act.html", context, status=422 if form.errors else 200)
