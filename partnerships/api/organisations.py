"""`/organisations/`: England's bodies, where they sit, and what became of them."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partnerships.models import (
    ClusterMember,
    FormerName,
    Kind,
    LineageEvent,
    Organisation,
    OrganisationRelation,
    Succession,
)
from partnerships.queries.organisations import Named, listed, where_they_sit

from .filters import Body, DateField, Day, Words, one_of
from .parts import BodyPart, Visible


class OrganisationFilters(django_filters.FilterSet):
    """Without `as_of`: every body known today, also closed ones. With it: those that existed on that day."""

    kind = one_of(Kind.choices)
    q = Words(label="Words of a name, now or before, or the beginning of a code.")
    region = Body(label="Bodies of a region, by code or id.")
    system = Body(label="Bodies of an integrated care system, by its board's code or id.")
    as_of = Day(label="Bodies that existed on this day, and where they sat on it.")
    ods_code = django_filters.CharFilter(max_length=12, label="The body with this ODS code.")
    gss_code = django_filters.CharFilter(max_length=9, label="The body with this GSS code.")

    def filter_queryset(self, queryset: Any) -> Any:
        """The same list as on the page."""
        asked = dict(self.form.cleaned_data)
        day = asked.pop("as_of") or self.request.actor.on
        rows = listed(self.request.actor, day, asked | {"closed": not self.form.cleaned_data["as_of"]})
        for name in ("ods_code", "gss_code"):
            if code := asked[name]:
                rows = rows.filter(**{name: code.upper()})
        return rows


class OrganisationRow(serializers.ModelSerializer):
    """A body, and where it sits on the day asked for (a closed one: on its last day)."""

    systems = serializers.SerializerMethodField()
    regions = serializers.SerializerMethodField()

    class Meta:
        model = Organisation
        fields = (
            "id", "kind", "name", "short_name", "ods_code", "gss_code", "local_code", "opened", "closed", "subtype",
            "is_foundation_trust", "is_fictional", "systems", "regions",
        )  # fmt: skip

    @extend_schema_field(BodyPart(many=True))
    def get_systems(self, body: Organisation) -> list[dict[str, Any]]:
        """The boards of its systems, the lead first."""
        return [_named(icb) for icb in self.context["where"][body.pk].systems]

    @extend_schema_field(BodyPart(many=True))
    def get_regions(self, body: Organisation) -> list[dict[str, Any]]:
        """Its regions."""
        return [_named(region) for region in self.context["where"][body.pk].regions]


def _named(body: Named) -> dict[str, Any]:
    codes = {"ods_code": body.ods_code, "gss_code": body.gss_code, "local_code": body.local_code}
    return {"id": body.pk, "name": body.name, **codes}


class FormerNamePart(serializers.ModelSerializer):
    """A name that the body bore."""

    class Meta:
        model = FormerName
        fields = ("name", "starts", "ends")


class SuccessionPart(serializers.ModelSerializer):
    """A step from a predecessor to a successor. `confirmed` false: to be confirmed before anyone relies on it."""

    predecessor = BodyPart()
    successor = BodyPart()

    class Meta:
        model = Succession
        fields = ("predecessor", "successor", "kind", "effective_on", "confirmed", "note")


class RelationPart(serializers.ModelSerializer):
    """A dated link from one body to another: `region`, `system` (one of several is the lead), `oversight`,
    `coterminous`. Without a first day: since when is not recorded."""

    source = BodyPart(source="source_body")
    target = BodyPart(source="target_body")

    class Meta:
        model = OrganisationRelation
        fields = ("id", "kind", "source", "target", "lead", "starts", "ends", "note")


class ClusterPart(serializers.ModelSerializer):
    """A cluster that the body is or was in. `mark`: V confirmed, P partly confirmed, R to be confirmed."""

    id = serializers.IntegerField(source="cluster.pk")
    name = serializers.CharField(source="cluster.name")
    shares_chair = serializers.BooleanField(source="cluster.shares_chair")
    shares_chief_executive = serializers.BooleanField(source="cluster.shares_chief_executive")
    mark = serializers.CharField(source="cluster.mark")
    note = serializers.CharField(source="cluster.note")

    class Meta:
        model = ClusterMember
        fields = ("id", "name", "shares_chair", "shares_chief_executive", "mark", "note", "starts", "ends")


class LineagePart(serializers.ModelSerializer):
    """An event in the life of the body as it was recorded here, with what it rests on."""

    class Meta:
        model = LineageEvent
        fields = ("id", "kind", "effective_on", "instrument", "note")


class OrganisationRecord(OrganisationRow):
    """A body with its links, clusters and history, and where the facts come from."""

    relations = serializers.SerializerMethodField()
    clusters = ClusterPart(many=True, source="cluster_memberships")
    lineage = LineagePart(many=True, source="lineage_events")
    former_names = FormerNamePart(many=True)
    predecessors = SuccessionPart(many=True, source="predecessions")
    successors = SuccessionPart(many=True, source="successions")

    class Meta(OrganisationRow.Meta):
        fields = (
            *OrganisationRow.Meta.fields, "relations", "clusters", "former_names", "predecessors", "successors",
            "lineage", "source", "note",
        )  # fmt: skip

    @extend_schema_field(RelationPart(many=True))
    def get_relations(self, body: Organisation) -> Any:
        """Its own links to other bodies, and those of the same area that were recorded from the other side."""
        same_area = [row for row in body.related_from.all() if row.kind == OrganisationRelation.Kind.COTERMINOUS]
        return RelationPart([*body.relations.all(), *same_area], many=True).data


class Organisations(Visible):
    """Regions, integrated care boards, trusts, councils and other bodies, by name."""

    queryset = Organisation.objects.all()
    ordering = ("name", "id")
    filterset_class = OrganisationFilters
    serializer_class = OrganisationRow
    record_serializer_class = OrganisationRecord

    def get_queryset(self) -> Any:
        """A record also needs what it came from and what became of it."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        steps = Succession.objects.select_related("predecessor", "successor").order_by("effective_on", "pk")
        links = OrganisationRelation.objects.select_related("source_body", "target_body").order_by("-starts", "pk")
        same_area = links.filter(kind=OrganisationRelation.Kind.COTERMINOUS)
        clusters = ClusterMember.objects.select_related("cluster").order_by("-starts", "pk")
        return rows.prefetch_related(
            "former_names",
            Prefetch("successions", steps),
            Prefetch("predecessions", steps),
            Prefetch("relations", links),
            Prefetch("related_from", same_area),
            Prefetch("cluster_memberships", clusters),
            "lineage_events",
        )

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Where all bodies of the answer sit is looked up at once."""
        serializer = super().get_serializer(*args, **kwargs)
        if args:
            bodies = args[0] if kwargs.get("many") else [args[0]]
            serializer.context["where"] = where_they_sit(bodies, self.day())
        return serializer

    def day(self) -> date:
        """The day asked for, or today."""
        return DateField(required=False).clean(self.request.query_params.get("as_of")) or self.request.actor.on
