"""Reads about shared risks."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from collaboration.access import P
from collaboration.models import Capacity, SharedRisk
from ics_governance.context import system
from ics_governance.permissions import Actor
from partnerships.access import scope
from partnerships.models import Membership, Organisation, OrganisationRelation


def risk_list(actor: Actor, filters: dict[str, Any]) -> QuerySet[SharedRisk]:
    """Shared risks that this person may see; those still open unless asked otherwise."""
    rows = scope(actor, P.RISK_VIEW, SharedRisk.objects.all()).select_related("host", "owner", "owner_person", "forum")
    if filters.get("whose") == "ours":
        rows = rows.filter(owner__in=actor.organisations(P.RISK_VIEW))
    state = filters.get("state", "")
    if state in ("overdue", "undated"):
        rows = rows.filter(state=SharedRisk.State.OPEN)
        rows = rows.filter(review_on__lt=actor.on) if state == "overdue" else rows.filter(review_on=None)
    elif state != "any":
        rows = rows.filter(state=state or SharedRisk.State.OPEN)
    for word in filters.get("q", "").split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(description__icontains=word) | Q(mitigation__icontains=word))
    return rows


def to_review(actor: Actor) -> QuerySet[SharedRisk]:
    """Open risks that this person may change and whose review is due today, past, or not set; the longest due first."""
    rows = SharedRisk.objects.filter(Q(review_on__lte=actor.on) | Q(review_on=None), state=SharedRisk.State.OPEN)
    return scope(actor, P.RISK_EDIT, rows).select_related("owner", "host").order_by("review_on", "pk")


def sharing(risk: SharedRisk) -> list[Organisation]:
    """The bodies that share a risk besides its host and owner, by name. Whoever may see a risk may know."""
    with system("who shares a risk", savepoint=False):
        shared = risk.audience.filter(capacity=Capacity.MEMBER, ends=None).values("organisation")
        return list(Organisation.objects.filter(pk__in=shared).order_by("name", "pk"))


def bodies_that_may_share(hosts: Iterable[int], on: date) -> QuerySet[Organisation]:
    """The hosts, the bodies of their systems, and those that sit on their forums."""
    hosts = list(hosts)
    related = OrganisationRelation.objects.on(on).filter(target_body__in=hosts, kind=OrganisationRelation.Kind.SYSTEM)
    members = Membership.objects.on(on).filter(forum__host__in=hosts)
    near = Q(pk__in=hosts) | Q(pk__in=related.values("source_body")) | Q(pk__in=members.values("organisation"))
    return Organisation.objects.on(on).filter(near)
