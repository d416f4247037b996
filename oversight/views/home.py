"""The first page: what is waiting for this person, by role; for everybody else, what this site is."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from collaboration.access import P as Collaboration
from collaboration.models import Capacity
from ics_governance.middleware import public
from ics_governance.permissions import Actor, roles
from oversight import attention
from oversight.actions.visits import mark_read
from oversight.queries import dashboard
from oversight.queries import desk as desks
from oversight.queries import home as queries
from oversight.queries.changes import changes
from partnerships.access import P
from partnerships.queries.own_system import own_systems, with_findings

from . import region

LONGEST = 16  # lines of the list by date


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """`/`: the public page when signed out, else the home of the person's role (`?as=` another of their roles)."""
    if request.actor.user_id is None:
        return render(request, "oversight/welcome.html", {"released": queries.newest_released()})
    kinds = kinds_of(request.actor)
    if not kinds:
        return render(request, "oversight/home_without_role.html")
    asked = request.GET.get("as", "")
    kind = asked if asked in kinds else kinds[0]
    others = [(other, TITLES[other]) for other in kinds if other != kind]
    context = {
        "others": others,
        "bodies": queries.bodies_of(request.actor),
        "systems": with_findings(own_systems(request.actor)),
    }
    return HOMES[kind](request, context)


def kinds_of(actor: Actor) -> list[str]:
    """The homes of the person's roles, each once, in the order of `HOMES`."""
    held = {roles()[code].home for code in actor.role_codes}
    return [kind for kind in HOMES if kind in held]


@require_safe
def together(request: HttpRequest) -> HttpResponse:
    """`/together/`: what bodies do with one another outside meetings, and what of it waits for this person."""
    piles = desks.desk(request.actor)
    context = {
        "waiting": {kind: pile.total for kind, pile in piles.items()},
        "may_raise": bool(request.actor.organisations(Collaboration.CONCERN_RAISE, Capacity.RAISER)),
    }
    return render(request, "oversight/together.html", context)


@require_POST
def mark_seen(request: HttpRequest) -> HttpResponse:
    """`/seen/`: the person has read what changed, up to the entry that the page named."""
    asked = request.POST.get("sequence", "")
    if asked.isascii() and asked.isdecimal() and len(asked) <= 18:
        mark_read(by=request.actor, sequence=int(asked))
        messages.success(request, "Noted. From now on you see what changes after this.")
    return redirect("home")


def waiting(actor: Actor) -> dict[str, Any]:
    """What waits in all parts of the house: as a list by date, and the piles it is taken from."""
    piles = desks.desk(actor)
    tasks = [task for pile in piles.values() for task in pile.tasks]
    tasks.sort(key=lambda task: (task.due is None, task.due or actor.on, task.pk))
    return {
        "piles": piles,
        "tasks": tasks[:LONGEST],
        "place_of": attention.place_of,
        "name_of": attention.name_of,
        "nouns_of": attention.nouns_of,
    }


def _region(request: HttpRequest, context: dict) -> HttpResponse:
    return region.page(request, context)


def _icb(request: HttpRequest, context: dict) -> HttpResponse:
    """Minutes, drafts, actions of the ICB's forums, what is to be released; cases, signals, requests, moderation."""
    actor = request.actor
    sections = {
        "minutes": queries.meetings_to_minute(actor) if actor.organisations(P.MEETING_EDIT) else None,
        "drafts": queries.drafts(actor) if actor.organisations(P.DECISION_EDIT) else None,
        "to_release": queries.to_release(actor) if actor.organisations(P.DECISION_RELEASE) else None,
        "delegations": queries.delegations(actor),
        "to_accept": queries.to_accept(actor),
        "to_confirm": queries.to_confirm(actor),
        "overdue": queries.overdue_of_forums(actor),
        "changes": changes(actor),
        **waiting(actor),
    }
    sections["tiles"] = attention.most_urgent(
        [
            *_of_piles(sections, actor),
            attention.of_minutes(sections["minutes"]),
            attention.of_release(sections["to_release"]),
            attention.of_overdue(sections["overdue"]),
            attention.of_accept(sections["to_accept"]),
            attention.of_confirm(sections["to_confirm"]),
            attention.of_delegations(sections["delegations"]),
            attention.of_drafts(sections["drafts"]),
        ],
        actor.on,
    )
    return render(request, "oversight/home_icb.html", context | sections)


def _of_piles(sections: dict[str, Any], actor: Actor) -> list[attention.Tile]:
    """Reviews of terms of reference stand in the list alone: years over at times, they would hide what waits daily."""
    return [attention.of_pile(pile, actor.on) for kind, pile in sections["piles"].items() if kind != "terms"]


def _body(request: HttpRequest, context: dict) -> HttpResponse:
    """A trust's or a partner's: replies, its assessment, feedback, requests, actions, meetings, its profile."""
    actor = request.actor
    sections = {
        "delegations": queries.delegations(actor),
        "to_accept": queries.to_accept(actor),
        "due": queries.due(actor) if actor.organisations(P.ACTION_REPORT) else None,
        "coming": queries.coming(actor),
        "profiles": queries.own_profiles(actor, context["bodies"]),
        "changes": changes(actor),
        "clocks": dashboard.closest(actor),
        "may_raise": bool(actor.organisations(Collaboration.CONCERN_RAISE, Capacity.RAISER)),
        **waiting(actor),
    }
    sections["tiles"] = attention.most_urgent(
        [
            *_of_piles(sections, actor),
            attention.of_accept(sections["to_accept"]),
            attention.of_due(sections["due"], actor.on),
            attention.of_delegations(sections["delegations"]),
        ],
        actor.on,
    )
    return render(request, "oversight/home_body.html", context | sections)


def _audit(request: HttpRequest, context: dict) -> HttpResponse:
    """An auditor's: where to read, how far the audit trail reaches, what changed."""
    sections = {"trail": queries.state_of_trail(), "changes": changes(request.actor)}
    return render(request, "oversight/home_audit.html", context | sections)


def _administration(request: HttpRequest, context: dict) -> HttpResponse:
    """An administrator's: people, background work and what failed of it, the sealing of the audit trail."""
    sections = {
        "jobs": queries.jobs_lately(),
        "failed": queries.jobs_failed(),
        "people": queries.people_with_roles(request.actor.on),
        "trail": queries.state_of_trail(),
    }
    return render(request, "oversight/home_administration.html", context | sections)


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
