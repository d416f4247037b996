"""A region's or a system's page: cases by stage and clock, signals, its trusts by the five characteristics."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from markupsafe import Markup

from collaboration.access import P
from collaboration.framework import Framework
from ics_governance.exports import Column, asked_format, export
from ics_governance.permissions import Refused
from ics_governance.wording import by_when, day
from oversight import attention
from oversight.forms.region import BANDS, VARIATION, HeatFilters
from oversight.queries import dashboard
from oversight.queries import heatmap as heat
from oversight.queries.changes import changes
from oversight.queries.home import bodies_of
from partnerships.models import Kind


@require_safe
def region(request: HttpRequest) -> HttpResponse:
    """`/region/`: the trusts that this person oversees."""
    return page(request, {"bodies": bodies_of(request.actor), "others": []})


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The dashboard; refused to those who oversee no body."""
    actor = request.actor
    over = actor.organisations(P.PROFILE_VIEW, "overseer")
    if not over:
        raise Refused(
            P.PROFILE_VIEW, "This can be done by regional oversight leads, and by ICBs for their own systems."
        )
    heatmap = heat.heatmap(actor, wanted(request))
    if (chosen := asked_format(request)) and heatmap.content:
        return export(chosen, "Trusts by characteristic", columns_of(heatmap.content), heatmap.rows)
    own = [body for body in context["bodies"] if body.pk in over]
    strip, clocks, signals = dashboard.strip(actor), dashboard.closest(actor), dashboard.signals(actor)
    values = {
        "overseers": sorted(own, key=lambda body: (body.kind != Kind.REGION, body.name)),
        "framework": heatmap.content,
        "heatmap": heatmap,
        "form": HeatFilters(heatmap.systems, request.GET),
        "may_score": bool(heatmap.content and actor.organisations(P.PROFILE_SCORE)),
        "strip": strip,
        "clocks": clocks,
        "signals": signals,
        "changes": changes(actor),
        "tiles": attention.most_urgent(_tiles(request, heatmap, strip, clocks, signals), actor.on),
    }
    return render(request, "oversight/region.html", context | values)


def wanted(request: HttpRequest) -> heat.Wanted:
    """The filters and the order in the address; what is not known is left out."""
    asked, codes = request.GET, ("name", "R", "L", "S", "A", "D")
    sort = asked.get("sort", "")
    return heat.Wanted(
        system=asked.get("system", ""),
        band=asked["band"] if asked.get("band") in dict(BANDS) else "",
        variation=asked["variation"] if asked.get("variation") in dict(VARIATION) else "",
        sort=sort if sort.removeprefix("-") in codes else "",
    )


# --- What needs attention first -------------------------------------------------------------------------------------


def _tiles(
    request: HttpRequest, heatmap: heat.Heatmap, strip: dashboard.Strip, clocks: list[dashboard.Clock],
    signals: dashboard.Signals,
) -> list[attention.Tile | None]:  # fmt: skip
    return [
        _late_clocks(request, strip, clocks),
        _overrides(strip),
        _signals(request, signals),
        _of_concern(heatmap),
        *_without_numbers(heatmap),
    ]


def _late_clocks(request: HttpRequest, strip: dashboard.Strip, clocks: list[dashboard.Clock]) -> attention.Tile | None:
    late = strip.counts["late"]
    if not late or not clocks:
        return None
    first = clocks[0]
    whose = "and yours to decide" if first.held_by_us else f"held by {first.case.holder.label}"
    why = Markup('The longest is <a href="{}">{}, {}</a>: {}, {}.').format(
        attention.address("case", first.case.reference), first.about, first.case.get_stage_display(),
        by_when(first.case.due_on, request.actor.on), whose,
    )  # fmt: skip
    return attention.tile(late, "clock is past its date", "clocks are past their date", why, late=True,
                          due=first.case.due_on)  # fmt: skip


def _overrides(strip: dashboard.Strip) -> attention.Tile | None:
    if not strip.to_confirm:
        return None
    why = "You are the second person: read the reason."
    link = ("Open the cases", f"{attention.address('case-list')}?stage=all")
    return attention.tile(strip.to_confirm, "urgent override waits for you to confirm",
                          "urgent overrides wait for you to confirm", why, link, late=True)  # fmt: skip


def _signals(request: HttpRequest, signals: dashboard.Signals) -> attention.Tile | None:
    found = signals.waiting
    if not found.total:
        return None
    first, href = found.rows[0], attention.address("signal-list")
    if signals.late:
        why = f"The first has waited since {day(first.fired_on)} at {first.holder.label}."
        link = ("See them", f"{href}?state=overdue")
        return attention.tile(signals.late, "signal nobody has looked at in 10 working days",
                              "signals nobody has looked at in 10 working days", why, link, late=True,
                              due=first.due_on)  # fmt: skip
    why = f"The next is to be looked at by {day(first.due_on)}, by {first.holder.label}."
    return attention.tile(found.total, "new signal", "new signals", why, ("See them", href), due=first.due_on)


def _of_concern(heatmap: heat.Heatmap) -> attention.Tile | None:
    concern = heatmap.in_band("of_concern")
    links = Markup(", ").join(
        Markup('<a href="{}">{}</a>').format(attention.address("profile", row.body.code), row.body.label)
        for row in concern[:3]
    )
    why = links + (" and others." if len(concern) > 3 else ".")
    one, many = "trust has a characteristic of concern", "trusts have a characteristic of concern"
    return attention.tile(len(concern), one, many, why, late=bool(concern))


def _without_numbers(heatmap: heat.Heatmap) -> list[attention.Tile]:
    unclear, unscored = len(heatmap.in_band("not_enough_evidence")), len(heatmap.unscored)
    why = "Too little happened, or too little was recorded: their profiles tell which."
    return [
        attention.tile(unscored, "trust has no profile yet", "trusts have no profile yet",
                       "Profiles are made every night."),
        attention.tile(unclear, "trust lacks a number somewhere", "trusts lack a number somewhere", why),
    ]  # fmt: skip


# --- The export -----------------------------------------------------------------------------------------------------


def columns_of(content: Framework) -> list[Column[heat.HeatRow]]:
    """The heatmap as a table: no number without enough evidence, here neither."""
    columns: list[Column[heat.HeatRow]] = [
        Column("Code", lambda row: row.body.code, 10),
        Column("Trust", lambda row: row.body.name, 50),
        Column("Systems", lambda row: [system.label for system in row.systems], 40),
        Column("12 months to", lambda row: row.as_of, 14),
    ]
    for each in content.characteristics:
        columns.append(Column(each.short_title, partial(_number, code=each.code), 14))
        columns.append(Column(f"{each.short_title}, band", partial(_band, code=each.code), 22))
        columns.append(Column(f"{each.short_title}, single months", partial(_variation, code=each.code), 22))
    return columns


def _number(row: heat.HeatRow, code: str) -> Decimal | None:
    score = row.scores.get(code)
    return score.score if score else None


def _band(row: heat.HeatRow, code: str) -> str:
    score = row.scores.get(code)
    return score.band.replace("_", " ") if score else "not scored yet"


def _variation(row: heat.HeatRow, code: str) -> str:
    return row.variation.get(code, "not_judged").replace("_", " ")
