"""Pages of a system, open to everyone: who decides what, and the organogram."""

from dataclasses import dataclass
from typing import TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ics_governance.middleware import public
from partnerships import map_words
from partnerships.forms.organisations import AsOf
from partnerships.forms.systems import MapFilter
from partnerships.organogram import LEGEND, drawn, fitted
from partnerships.queries import systems as queries
from partnerships.queries.organograms import chart_of
from partnerships.queries.systems import System

from .forums import meanings

F = TypeVar("F", bound=AsOf)


@dataclass(frozen=True)
class Opened:
    """A system that was asked for, on the day asked; or where to go instead."""

    system: System | None
    elsewhere: str = ""


def opened(request: HttpRequest, code: str, form: AsOf, route: str, **more: str) -> Opened:
    """The system of an ICB's code. The code of a trust or council leads to its (lead) ICB's; any other is not there."""
    actor = request.actor
    day = form.day(actor.on)
    icb, lead = queries.system_of(actor, code, day)
    where = lead or (icb.code if icb is not None and icb.code != code else "")
    if where:
        query = request.GET.urlencode()
        return Opened(None, reverse(route, kwargs={"code": where, **more}) + (f"?{query}" if query else ""))
    if icb is None:
        raise Http404
    return Opened(queries.system_on(actor, icb, min(day, icb.closed or day)))


def before_its_first_day(system: System) -> bool:
    """Whether the system is asked for as of a day on which its ICB did not exist yet."""
    return system.icb.opened is not None and system.day < system.icb.opened


def shared(request: HttpRequest, system: System, form: AsOf) -> dict[str, object]:
    """What all pages of a system show."""
    today = request.actor.on
    return {
        "system": system,
        "icb": system.icb,
        "form": form,
        "day": system.day,
        "unborn": before_its_first_day(system),
        "today": today,
        "then": "" if system.day == today else f"?as_of={system.day.isoformat()}",
        "signed_in": request.actor.user_id is not None,
    }


@public
@require_safe
def system_list(request: HttpRequest) -> HttpResponse:
    """`/systems/`: every ICB of a day by its region."""
    form = AsOf(request.GET)
    day = form.day(request.actor.on)
    context = {"form": form, "day": day, "today": request.actor.on, "regions": queries.regions_on(request.actor, day)}
    return render(request, "partnerships/system_list.html", context, status=200 if form.is_valid() else 400)


@public
@require_safe
def system(request: HttpRequest, code: str) -> HttpResponse:
    """`/systems/<code>/`: who decides what here, on a day."""
    form = MapFilter(request.GET)
    found = opened(request, code, form, "system")
    if found.system is None:
        return redirect(found.elsewhere)
    decides = queries.who_decides(found.system, form.place_asked(found.system.areas))
    form.offer(found.system.areas, decides.table, found.system.forums)
    table = form.narrowed(decides.table)
    context = shared(request, found.system, form) | {
        "decides": decides,
        "table": table,
        "whole": decides.table,
        "words": map_words,
        "groups": [(group, [c for c in table.columns if c.group is group]) for group in map_words.GROUPS],
    }
    return render(request, "partnerships/system.html", context, status=200 if form.is_valid() else 400)


@public
@require_safe
def organogram(request: HttpRequest, code: str) -> HttpResponse:
    """`/systems/<code>/organogram/`: who reports to whom, as a list and as a drawing."""
    form = AsOf(request.GET)
    found = opened(request, code, form, "system-organogram")
    if found.system is None:
        return redirect(found.elsewhere)
    chart = chart_of(found.system, signed_in=request.actor.user_id is not None)
    context = shared(request, found.system, form) | {
        "chart": chart,
        "drawing": drawn(chart.bands),
        "paper": fitted(chart.bands),
        "legend": LEGEND,
        "forms": meanings(row.form for row in found.system.forums),
    }
    return render(request, "partnerships/organogram.html", context, status=200 if form.is_valid() else 400)
