"""Places: the list of a day, what the rules about them need to know, and what still points to one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import Arrangement, Delegation, Forum, Kind, Organisation, OrganisationRelation, Place
from partnerships.place_guards import Area

from .arrangements import counted
from .keeping import KNOWN_FROM

SORTS = {"name": ("name", "id"), "board": ("icb__name", "name", "id")}


def listed(actor: Actor, day: date, filters: Mapping[str, Any]) -> QuerySet[Place]:
    """Places of a day with the names of their councils and how many forums meet for them.

    Filters: system, q, closed (also those that had ended by then).
    """
    rows = Place.objects.filter(starts__lte=day) if filters.get("closed") else Place.objects.on(day)
    rows = scope(actor, P.ARRANGEMENT_VIEW, rows)
    if system := filters.get("system"):
        rows = rows.filter(icb=system)
    for word in str(filters.get("q", "")).split()[:10]:
        council = Place.councils.through.objects.filter(organisation__name__icontains=word).values("place")
        rows = rows.filter(Q(name__icontains=word) | Q(pk__in=council))
    names = Organisation.objects.filter(council_places=OuterRef("pk")).order_by("name").values("name")
    forums = counted(Forum.places.through.objects.filter(forum__in=Forum.objects.on(day)), "place")
    partnerships = counted(Arrangement.objects.on(day), "place")
    return rows.annotate(areas=ArraySubquery(names), forum_count=forums, partnership_count=partnerships).select_related(
        "icb", "follows__icb"
    )


def places_near(hosts: Iterable[int], day: date) -> QuerySet[Place]:
    """Places of a day in the systems of these bodies: of their boards, or with one of them among their councils."""
    own = list(hosts)
    links = OrganisationRelation.objects.on(known_day(day)).filter(
        kind=OrganisationRelation.Kind.SYSTEM, source_body__in=own
    )
    theirs = Place.councils.through.objects.filter(organisation__in=own).values("place")
    near = Q(icb__in=own) | Q(icb__in=links.values("target_body")) | Q(pk__in=theirs)
    found: QuerySet[Place] = Place.objects.on(day).filter(near)
    return found


# --- What the rules need ------------------------------------------------------------------------------------------


def known_day(day: date) -> date:
    """The day on which links of bodies are looked up: none is known of earlier ones."""
    return max(day, KNOWN_FROM)


def councils_of(boards: Iterable[int], day: date) -> QuerySet[Organisation]:
    """The councils of these boards' systems on a day."""
    links = OrganisationRelation.objects.on(known_day(day)).filter(
        kind=OrganisationRelation.Kind.SYSTEM, target_body__in=list(boards)
    )
    return Organisation.objects.filter(kind=Kind.LOCAL_AUTHORITY, pk__in=links.values("source_body"))


def in_several(councils: Collection[int], day: date) -> frozenset[int]:
    """Those of the councils that belong to the systems of several boards on a day, such as North Yorkshire."""
    links = OrganisationRelation.objects.on(known_day(day)).filter(
        kind=OrganisationRelation.Kind.SYSTEM, source_body__in=councils
    )
    counts = links.values("source_body").annotate(boards=Count("target_body", distinct=True)).filter(boards__gt=1)
    return frozenset(counts.order_by().values_list("source_body", flat=True))


def areas_near(name: str, councils: Collection[int], but: int | None) -> list[Area]:
    """Places of this name, or with one of these councils, other than the one at hand."""
    shared = Place.councils.through.objects.filter(organisation__in=councils).values("place")
    rows = Place.objects.filter(Q(name__iexact=name) | Q(pk__in=shared))
    if but is not None:
        rows = rows.exclude(pk=but)
    return [
        area(row.name, row.icb, {council.pk for council in row.councils.all()}, row.starts, row.ends)
        for row in rows.select_related("icb").prefetch_related("councils").order_by("pk")
    ]


def area(name: str, board: Organisation, councils: Collection[int], starts: date | None, ends: date | None) -> Area:
    """A place as the rules see it: it lasts no longer than its board."""
    last = min((day for day in (ends, board.closed) if day is not None), default=None)
    return Area(name, board.pk, board.name, frozenset(councils), starts, last)


# --- What still points to it --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pointing:
    """What names a place and has not ended."""

    arrangements: list[Arrangement]
    forums: list[Forum]
    delegations: list[Delegation]


def pointing_to(actor: Actor, place: Place, day: date) -> Pointing:
    """Arrangements, forums and delegations of a place that go on after a day; three queries."""
    still = Q(ends=None) | Q(ends__gte=day)
    across = Arrangement.footprint.through.objects.filter(place=place).values("arrangement")
    arrangements = Arrangement.objects.filter(still & (Q(place=place) | Q(pk__in=across)))
    forums = Forum.objects.filter(still, pk__in=Forum.places.through.objects.filter(place=place).values("forum"))
    limited = Delegation.places.through.objects.filter(place=place).values("delegation")
    gone = (Delegation.Status.ENDED, Delegation.Status.WITHDRAWN)
    delegations = Delegation.objects.filter(still, pk__in=limited).exclude(status__in=gone)
    return Pointing(
        list(scope(actor, P.ARRANGEMENT_VIEW, arrangements).order_by("name", "pk")),
        list(scope(actor, P.FORUM_VIEW, forums).order_by("name", "pk")),
        list(
            scope(actor, P.DELEGATION_VIEW, delegations)
            .select_related("function", "from_organisation")
            .order_by("function__name", "pk")
        ),
    )
