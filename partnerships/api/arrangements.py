"""`/arrangements/`: place-based partnerships, provider collaboratives and integrated care partnerships."""

from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers

from partnerships.models import Arrangement, ArrangementMember

from .filters import Body, Id, InForce, Words, one_of
from .parts import BodyPart, PlacePart, Visible


class ArrangementFilters(InForce):
    """Filters of arrangements."""

    kind = one_of(Arrangement.Kind.choices)
    phase = one_of(Arrangement.Phase.choices)
    host = Body(field_name="host")
    member = Body(field_name="members__organisation", distinct=True)
    place = Id(field_name="place_id")
    q = Words(field_name="name purpose")


class ArrangementMemberPart(serializers.ModelSerializer):
    """A body's part in an arrangement, and whether it is expected at its meetings."""

    organisation = BodyPart()
    represented_by = BodyPart(allow_null=True)

    class Meta:
        model = ArrangementMember
        fields = ("id", "organisation", "sector", "expectation", "represented_by", "starts", "ends")


class ArrangementRow(serializers.ModelSerializer):
    """An arrangement."""

    host = BodyPart()
    place = PlacePart(allow_null=True)

    class Meta:
        model = Arrangement
        fields = ("id", "kind", "name", "host", "place", "purpose", "phase", "starts", "ends")


class ArrangementRecord(ArrangementRow):
    """An arrangement with its members, those of former times too."""

    members = ArrangementMemberPart(many=True)

    class Meta(ArrangementRow.Meta):
        fields = (*ArrangementRow.Meta.fields, "members")


class Arrangements(Visible):
    """Arrangements between bodies, by name."""

    queryset = Arrangement.objects.select_related("host", "place")
    ordering = ("name", "id")
    filterset_class = ArrangementFilters
    serializer_class = ArrangementRow
    record_serializer_class = ArrangementRecord

    def get_queryset(self) -> Any:
        """A record also shows its members."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        members = ArrangementMember.objects.select_related("organisation", "represented_by").order_by("pk")
        return rows.prefetch_related(Prefetch("members", members))
