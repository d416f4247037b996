"""Clusters on a day: which boards share what, and since when."""

from dataclasses import dataclass, field
from datetime import date

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import Cluster, ClusterMember, Organisation

SURE = {"V": "", "P": "partly confirmed", "R": "to be confirmed"}


@dataclass
class Clustered:
    """A cluster with those of its members that may be seen."""

    cluster: Cluster
    members: list[ClusterMember] = field(default_factory=list)

    @property
    def shared(self) -> str:
        """What they share, as far as is recorded."""
        return shared(self.cluster)

    @property
    def doubt(self) -> str:
        """In what the record is not sure; empty where it is."""
        return SURE.get(self.cluster.mark, "")


def shared(cluster: Cluster) -> str:
    """What the boards of a cluster share, in words."""
    posts = [word for word, held in (
        ("chair", cluster.shares_chair), ("chief executive", cluster.shares_chief_executive),
    ) if held]  # fmt: skip
    return f"shared {' and '.join(posts)}" if posts else "shared leadership; which posts is not recorded"


def on(actor: Actor, day: date, *, coming: bool = False) -> list[Clustered]:
    """Clusters in force on a day, with the boards that belong to them then; with those that are yet to join. Two
    queries."""
    found = {cluster.pk: Clustered(cluster) for cluster in Cluster.objects.on(day)}
    visible = scope(actor, P.ORGANISATION_VIEW, Organisation.objects.all())
    belong = ClusterMember.objects.on(day) | ClusterMember.objects.filter(starts__gt=day if coming else date.max)
    members = belong.filter(cluster__in=found, organisation__in=visible)
    for member in members.select_related("organisation").order_by("organisation__name"):
        found[member.cluster_id].members.append(member)
    return list(found.values())


def of_body(body: Organisation, day: date) -> Clustered | None:
    """The cluster that a board is in on a day, with its other members. At most two queries."""
    mine = ClusterMember.objects.on(day).filter(organisation=body, cluster__in=Cluster.objects.on(day))
    if not (member := mine.select_related("cluster").first()):
        return None
    others = ClusterMember.objects.on(day).filter(cluster=member.cluster_id).exclude(organisation=body)
    return Clustered(member.cluster, list(others.select_related("organisation").order_by("organisation__name")))
