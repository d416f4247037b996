"""Pages of the catalogue of functions: what each is, who holds it by law, on which bases it goes to whom."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ics_governance.exports import Column
from ics_governance.paging import paged
from partnerships.forms.functions import FunctionFilter, HolderFilter
from partnerships.models import Function
from partnerships.queries import delegations
from partnerships.queries import functions as queries

from .common import exported

COLUMNS: list[Column[Function]] = [
    Column("Function", lambda row: row.name, 50),
    Column("Code", lambda row: row.code, 30),
    Column("Family", lambda row: row.family.replace("_", " "), 20),
    Column("By law held by", lambda row: queries.OWNERS.get(row.owner_kind, row.owner_kind), 26),
    Column("Part of", lambda row: row.parent.name if row.parent else None, 50),
    Column("May be passed on", lambda row: "yes" if row.delegable else "no, reserved", 16),
    Column("Legal bases", lambda row: row.bases, 40),
    Column("Needs besides", lambda row: row.further_approval or None, 50),
    Column("Confirmed", lambda row: queries.MARKS.get(row.mark, row.mark), 40),
    Column("What it is", lambda row: row.description, 80),
]


@require_safe
def function_list(request: HttpRequest) -> HttpResponse:
    """`/functions/`: the catalogue."""
    form = FunctionFilter(request.GET)
    rows = queries.catalogue(request.actor.on, form.values)
    if file := exported(request, "Functions", COLUMNS, rows):
        return file
    groups = [(words, [row for row in rows if row.owner_kind == kind]) for kind, words in queries.OWNERS.items()]
    context = {"form": form, "groups": [group for group in groups if group[1]], "count": len(rows)}
    return render(request, "partnerships/function_list.html", context)


@require_safe
def function(request: HttpRequest, code: str) -> HttpResponse:
    """`/functions/<code>/`: one function."""
    found = get_object_or_404(Function.objects.select_related("parent__parent__parent"), code=code)
    form = HolderFilter(request.GET, today=request.actor.on)
    day = form.day(request.actor.on)
    page = paged(
        delegations.sortable(queries.holders(request.actor, found, day, form.values)),
        request.GET, delegations.SORTS, default="from",
    )  # fmt: skip
    context = {
        "function": found,
        "form": form,
        "day": day,
        "page": page,
        "rows": delegations.page_rows(page, day),
        "bases": queries.bases_of(found),
        "owners": queries.OWNERS.get(found.owner_kind, found.owner_kind),
        "confirmed": queries.MARKS.get(found.mark, "not marked"),
        "parts": list(found.parts.order_by("name")),
    }
    return render(request, "partnerships/function.html", context)
