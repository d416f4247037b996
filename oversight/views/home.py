"""The first page: what is waiting for this person, by role; for everybody else, what this site is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ics_governance.middleware import public
from ics_governance.models import LedgerSeal
from ics_governance.permissions import Actor, roles
from oversight.queries import home as queries
from partnerships.access import P

from . import region


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """`/`: the public page when signed out, else the home of the person's role (`?as=` another of their roles)."""
    if request.actor.user_id is None:
        return render(request, "oversight/welcome.html")
    kinds = kinds_of(request.actor)
    if not kinds:
        return render(request, "oversight/home_without_role.html")
    asked = request.GET.get("as", "")
    kind = asked if asked in kinds else kinds[0]
    others = [(other, TITLES[other]) for other in kinds if other != kind]
    return HOMES[kind](request, {"others": others, "bodies": queries.bodies_of(request.actor)})


def kinds_of(actor: Actor) -> list[str]:
    """The homes of the person's roles, each once, in the order of `HOMES`."""
    held = {roles()[code].home for code in actor.role_codes}
    return [kind for kind in HOMES if kind in held]


def _region(request: HttpRequest, context: dict) -> HttpResponse:
    return region.page(request, context)


def _icb(request: HttpRequest, context: dict) -> HttpResponse:
    """Minutes, drafts, actions of the ICB's forums, what is to be released, what was."""
    actor = request.actor
    sections = {
        "minutes": queries.meetings_to_minute(actor) if actor.organisations(P.MEETING_EDIT) else None,
        "drafts": queries.drafts(actor) if actor.organisations(P.DECISION_EDIT) else None,
        "to_release": queries.to_release(actor) if actor.organisations(P.DECISION_RELEASE) else None,
        "to_accept": queries.to_accept(actor),
        "to_confirm": queries.to_confirm(actor),
        "overdue": queries.overdue_of_forums(actor),
        "released": queries.released_lately(actor),
    }
    return render(request, "oversight/home_icb.html", context | sections)


def _body(request: HttpRequest, context: dict) -> HttpResponse:
    """A trust's or a partner's: its actions, its meetings, its profile."""
    actor = request.actor
    sections = {
        "to_accept": queries.to_accept(actor),
        "due": queries.due(actor) if actor.organisations(P.ACTION_REPORT) else None,
        "coming": queries.coming(actor),
        "profiles": queries.own_profiles(actor, context["bodies"]),
        "released": queries.released_lately(actor),
    }
    return render(request, "oversight/home_body.html", context | sections)


def _audit(request: HttpRequest, context: dict) -> HttpResponse:
    """An auditor's: where to read, and how far the audit trail reaches."""
    sections = {
        "last": LedgerSeal.objects.order_by("-sequence").first(),
        "released": queries.released_lately(request.actor),
    }
    return render(request, "oversight/home_audit.html", context | sections)


def _administration(request: HttpRequest, context: dict) -> HttpResponse:
    """An administrator's: how the background work fares."""
    return render(request, "oversight/home_administration.html", context | {"jobs": queries.jobs_lately()})


HOMES: dict[str, Callable[[HttpRequest, dict], HttpResponse]] = {
    "region": _region,
    "icb": _icb,
    "trust": _body,
    "partner": _body,
    "audit": _audit,
    "administration": _administration,
}
TITLES = {
    "region": "Region",
    "icb": "Integrated care board",
    "trust": "Trust",
    "partner": "Partner",
    "audit": "Audit",
    "administration": "Administration",
}
