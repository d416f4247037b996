"""Pages of arrangements: place-based partnerships, provider collaboratives and their like."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ics_governance import exports
from ics_governance.exports import Column
from ics_governance.paging import paged
from partnerships.access import P, visible_or_404
from partnerships.forms.organisations import ArrangementFilter
from partnerships.models import Arrangement
from partnerships.queries import arrangements as queries
from partnerships.queries.lineage import line_of
from partnerships.queries.organisations import holds

from .common import exported, opens_on_own_system

COLUMNS: list[Column[Arrangement]] = [
    Column("Name", lambda row: row.name, 52),
    Column("Kind", lambda row: row.get_kind_display(), 26),
    Column("Host", lambda row: row.host.name, 44),
    Column("Host code", lambda row: row.host.code, 12),
    Column("Place", lambda row: row.place and row.place.name, 36),
    Column("Footprint", lambda row: ", ".join(row.areas), 44),
    Column("Level", lambda row: row.get_level_display(), 16),
    Column("Phase", lambda row: row.get_phase_display(), 36),
    Column("Members", lambda row: row.member_count, 10),
    Column("From", lambda row: row.starts, 18),
    Column("Until", lambda row: row.ends, 18),
]


@require_safe
@opens_on_own_system
def arrangement_list(request: HttpRequest) -> HttpResponse:
    """`/arrangements/`."""
    form = ArrangementFilter(request.GET, today=request.actor.on)
    if not form.is_valid():
        return render(request, "partnerships/arrangement_list.html", {"form": form, "page": None}, status=400)
    day = form.day(request.actor.on)
    rows = queries.listed(request.actor, day, form.values)
    if file := exported(request, "Arrangements", COLUMNS, rows.order_by("name", "id")[: exports.CAP + 1]):
        return file
    page = paged(rows, request.GET, queries.SORTS, default="name")
    context = {"form": form, "page": page, "day": day, "body": form.values.get("body")}
    return render(request, "partnerships/arrangement_list.html", context)


@require_safe
def arrangement(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/`."""
    actor, today = request.actor, request.actor.on
    record = visible_or_404(actor, queries.detailed(), pk=pk)
    members = queries.members_of(record)
    ended = record.ends is not None and record.ends < today
    current = [row for row in members if holds(row, record.ends if ended else today)]
    lines, pots = queries.lines_of(record, today), queries.funds_of(record, today)
    councils = queries.missing_councils(record, current, today)
    context = {
        "arrangement": record,
        "ended": ended,
        "may_edit": record.host_id in actor.organisations(P.FORUM_EDIT, "host") and not ended,
        "members": current,
        "former": [row for row in members if row not in current],
        "advised": queries.missing_partners(record, current),
        "lines": lines,
        "pots": pots,
        "gateways": queries.gateways_of(record),
        "activities": queries.areas_of(record),
        "forums": queries.forums_of(actor, record, today),
        "gaps": [] if ended else queries.gaps(record, current, lines, pots, councils),
        "lineage": line_of(record),
        "today": today,
    }
    return render(request, "partnerships/arrangement.html", context)
