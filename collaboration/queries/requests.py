"""Reads about information requests."""

from typing import Any

from django.db.models import Q, QuerySet

from collaboration.access import P
from collaboration.models import InformationRequest
from ics_governance.permissions import Actor
from partnerships.access import scope

OPEN = InformationRequest.State.OPEN


def request_list(actor: Actor, filters: dict[str, Any]) -> QuerySet[InformationRequest]:
    """Requests that this person may see; those still open unless asked otherwise."""
    rows = scope(actor, P.REQUEST_VIEW, InformationRequest.objects.all()).select_related("asker", "asked")
    own = actor.organisations(P.REQUEST_VIEW)
    match filters.get("whose"):
        case "asked":
            rows = rows.filter(asked__in=own)
        case "asker":
            rows = rows.filter(asker__in=own)
    state = filters.get("state", "")
    if state == "overdue":
        rows = rows.filter(state=OPEN, due_on__lt=actor.on)
    elif state != "any":
        rows = rows.filter(state=state or OPEN)
    for word in filters.get("q", "").split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(text__icontains=word))
    return rows


def to_answer(actor: Actor) -> QuerySet[InformationRequest]:
    """Open requests that wait for this person's organisation, the earliest due first."""
    rows = scope(actor, P.REQUEST_ANSWER, InformationRequest.objects.filter(state=OPEN))
    return rows.select_related("asker", "asked").order_by("due_on", "pk")


def waiting_for_others(actor: Actor) -> QuerySet[InformationRequest]:
    """Open requests of this person's organisation, the earliest due first."""
    rows = scope(actor, P.REQUEST_ASK, InformationRequest.objects.filter(state=OPEN))
    return rows.select_related("asker", "asked").order_by("due_on", "pk")
