"""The systems of whoever reads: where a list begins of which nothing was asked, and to what a home leads."""

from django.db.models import Count, Q, QuerySet

from ics_governance.permissions import Actor
from partnerships.models import Kind, Organisation, OrganisationRelation

Relation = OrganisationRelation.Kind


def own_systems(actor: Actor) -> QuerySet[Organisation]:
    """The ICBs of a person's bodies today, by name: these themselves, their lead ICBs, and those of a region."""
    bodies = sorted({held.organisation_id for held in actor.holdings})
    links = OrganisationRelation.objects.on(actor.on)
    led = links.filter(kind=Relation.SYSTEM, lead=True, source_body__in=bodies).values("target_body")
    in_region = links.filter(kind=Relation.REGION, target_body__in=bodies).values("source_body")
    found = Q(pk__in=bodies) | Q(pk__in=led) | Q(pk__in=in_region)
    rows: QuerySet[Organisation] = Organisation.objects.on(actor.on).filter(found, kind=Kind.ICB)
    return rows.order_by("name", "pk")


def with_findings(systems: QuerySet[Organisation]) -> list[Organisation]:
    """The same with how many `errors` and `warnings` the governance checks last found in each; one query."""
    numbers = {f"{each}s": Count("findings", filter=Q(findings__severity=each)) for each in ("error", "warning")}
    return list(systems.annotate(**numbers))


def own_system(actor: Actor) -> Organisation | None:
    """The one system of a person; None for those who have several, or none. One query, none without a role."""
    found = list(own_systems(actor)[:2]) if actor.holdings else []
    return found[0] if len(found) == 1 else None
