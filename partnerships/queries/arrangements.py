"""Arrangements between bodies: lists of them, and who takes part in one."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import Arrangement, ArrangementMember, Forum, Organisation

SORTS = {"name": ("name", "id"), "kind": ("kind", "name", "id")}


def counted(rows: QuerySet[Any], by: str) -> Coalesce:
    """How many of `rows` belong to the outer record, as a column that costs no query of its own."""
    per_record = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(number=Count("pk"))
    return Coalesce(Subquery(per_record.values("number")), 0, output_field=IntegerField())


def listed(actor: Actor, day: date, filters: Mapping[str, Any]) -> QuerySet[Arrangement]:
    """Arrangements of a day with their number of `member_count`. Filters: kind, phase, system, body, q, closed."""
    rows = Arrangement.objects.filter(starts__lte=day) if filters.get("closed") else Arrangement.objects.on(day)
    rows = scope(actor, P.ARRANGEMENT_VIEW, rows)
    for name in ("kind", "phase"):
        if value := filters.get(name):
            rows = rows.filter(**{name: value})
    if system := filters.get("system"):
        rows = rows.filter(Q(host=system) | Q(place__icb=system))
    if body := filters.get("body"):
        rows = rows.filter(of_body(body, day))
    for word in str(filters.get("q", "")).split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(place__name__icontains=word))
    members = counted(ArrangementMember.objects.on(day), "arrangement")
    return rows.annotate(member_count=members).select_related("host", "place")


def of_body(body: Organisation, day: date) -> Q:
    """Arrangements that the body hosts or belongs to on a day."""
    return Q(host=body) | Q(pk__in=ArrangementMember.objects.on(day).filter(organisation=body).values("arrangement"))


def members_of(arrangement: Arrangement) -> list[ArrangementMember]:
    """Every membership there was or is, members first, then the represented, then those not expected."""
    rows = arrangement.members.select_related("organisation", "represented_by")
    order = {value: place for place, value in enumerate(ArrangementMember.Expectation.values)}
    return sorted(rows, key=lambda row: (order[row.expectation], row.sector, row.organisation.name, row.pk))


def forums_of(actor: Actor, arrangement: Arrangement, day: date) -> list[Forum]:
    """The forums of an arrangement on a day."""
    rows = scope(actor, P.FORUM_VIEW, Forum.objects.on(day)).filter(arrangement=arrangement)
    return list(rows.select_related("host", "reports_to").order_by("name", "id"))
