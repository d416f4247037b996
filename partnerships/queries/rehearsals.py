"""Reads about rehearsals: those of the host and of the bodies that took part."""

from django.db.models import QuerySet

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import Decision, Organisation, Rehearsal


def rehearsals_of(actor: Actor) -> QuerySet[Rehearsal]:
    """Rehearsals that this person may read, newest first."""
    rows = Rehearsal.objects.select_related("host", "forum", "function")
    return scope(actor, P.REHEARSAL_VIEW, rows).order_by("-held_on", "-pk")


def for_page() -> QuerySet[Rehearsal]:
    """A rehearsal with what its page shows."""
    rows = Rehearsal.objects.select_related("host", "forum__host", "function", "kept_by")
    return rows.prefetch_related("places", "partners")


def draft_of(actor: Actor, rehearsal: Rehearsal) -> Decision | None:
    """The decision that it was turned into, for those who may see that one."""
    if rehearsal.decision_id is None:
        return None
    return scope(actor, P.DECISION_VIEW, Decision.objects.filter(pk=rehearsal.decision_id)).first()


def hosts_of(actor: Actor) -> frozenset[int]:
    """The bodies for which this person keeps rehearsals."""
    return actor.organisations(P.REHEARSAL_EDIT, "host")


def hosts_named(actor: Actor) -> list[Organisation]:
    """The same with their names."""
    return list(Organisation.objects.filter(pk__in=hosts_of(actor)).order_by("name"))
