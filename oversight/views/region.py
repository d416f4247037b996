"""A region's or a system's page: its trusts by the five characteristics."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from collaboration.access import P
from collaboration.framework import Framework
from collaboration.queries.profiles import content_of, current_framework
from ics_governance.exports import Column, asked_format, export
from ics_governance.permissions import Refused
from oversight.queries import home as queries
from oversight.forms.region import SystemFilter
from partnerships.models import Kind


@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """`/region/`: the trusts that this person oversees."""
    return page(request, {"bodies": queries.bodies_of(request.actor), "others": []})


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The heatmap, filtered by system; refused to those who oversee no body."""
    over = request.actor.organisations(P.PROFILE_VIEW, "overseer")
    if not over:
        raise Refused(
            P.PROFILE_VIEW, "This can be done by regional oversight leads, and by ICBs for their own systems."
        )
    framework = current_framework()
    heatmap = queries.heatmap(request.actor, request.GET.get("system", ""))
    content = content_of(framework) if framework else None
    if (chosen := asked_format(request)) and content:
        return export(chosen, "Trusts by characteristic", columns_of(content), heatmap.rows)
    own = [body for body in context["bodies"] if body.pk in over]
    values = {
        "overseers": sorted(own, key=lambda body: (body.kind != Kind.REGION, body.name)),
        "framework": content,
        "heatmap": heatmap,
        "form": SystemFilter(heatmap.systems, request.GET),
        "may_score": bool(framework and request.actor.organisations(P.PROFILE_SCORE)),
    }
    return render(request, "oversight/region.html", context | values)


def columns_of(content: Framework) -> list[Column[queries.HeatRow]]:
    """The heatmap as a table: no number without enough evidence, here neither."""
    columns: list[Column[queries.HeatRow]] = [
        Column("Code", lambda row: row.body.code, 10),
        Column("Trust", lambda row: row.body.name, 50),
        Column("Systems", lambda row: [system.label for system in row.systems], 40),
        Column("12 months to", lambda row: row.as_of, 14),
    ]
    for each in content.characteristics:
        columns.append(Column(each.short_title, partial(_number, code=each.code), 14))
        columns.append(Column(f"{each.short_title}, band", partial(_band, code=each.code), 22))
    return columns


def _number(row: queries.HeatRow, code: str) -> Decimal | None:
    score = row.scores.get(code)
    return score.score if score else None


def _band(row: queries.HeatRow, code: str) -> str:
    score = row.scores.get(code)
    return score.band.replace("_", " ") if score else "not scored yet"
