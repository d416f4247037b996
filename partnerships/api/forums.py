"""`/forums/`: boards, committees and other meeting bodies, their terms of reference and their members."""

from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers

from partnerships.models import Forum, Membership, SpatialLevel, TermsOfReference

from .filters import Body, Id, InForce, Words, one_of
from .parts import ArrangementPart, BodyPart, ForumPart, PlacePart, Visible


class ForumFilters(InForce):
    """Filters of forums."""

    form = one_of(Forum.Form.choices)
    level = one_of(SpatialLevel.choices)
    host = Body(field_name="host")
    member = Body(field_name="memberships__organisation", distinct=True)
    arrangement = Id(field_name="arrangement_id")
    place = Id(field_name="places", distinct=True)
    q = Words(field_name="name")


class TermsPart(serializers.ModelSerializer):
    """A version of the terms of reference. `quorum`: voting members who must be present after recusals."""

    class Meta:
        model = TermsOfReference
        fields = ("version", "adopted_on", "review_on", "quorum", "disagreement_process", "document")


class MembershipPart(serializers.ModelSerializer):
    """A body's member on the forum, with the person named and the deputy."""

    organisation = BodyPart()
    holder = serializers.CharField(source="holder.name", default=None, allow_null=True)
    deputy = serializers.CharField(source="deputy.name", default=None, allow_null=True)

    class Meta:
        model = Membership
        fields = (
            "id", "organisation", "role", "voting", "holder", "deputy", "agreed_on", "refused_on", "starts", "ends",
        )  # fmt: skip


class ForumRow(serializers.ModelSerializer):
    """A forum. `binds`: whether it may take binding decisions at all."""

    host = BodyPart()
    arrangement = ArrangementPart(allow_null=True)
    places = PlacePart(many=True)
    reports_to = ForumPart(allow_null=True)
    binds = serializers.BooleanField()

    class Meta:
        model = Forum
        fields = (
            "id", "name", "form", "level", "host", "arrangement", "places", "meets_in_public", "reports_to", "binds",
            "starts", "ends",
        )  # fmt: skip


class ForumRecord(ForumRow):
    """A forum with its terms of reference, the newest version first, and its members, former ones too."""

    terms = TermsPart(many=True)
    members = MembershipPart(many=True, source="memberships")

    class Meta(ForumRow.Meta):
        fields = (*ForumRow.Meta.fields, "terms", "members")


class Forums(Visible):
    """Forums, by name."""

    queryset = Forum.objects.select_related("host", "arrangement", "reports_to").prefetch_related("places")
    ordering = ("name", "id")
    filterset_class = ForumFilters
    serializer_class = ForumRow
    record_serializer_class = ForumRecord

    def get_queryset(self) -> Any:
        """A record also shows its terms and members."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        members = Membership.objects.select_related("organisation", "holder", "deputy").order_by("pk")
        return rows.prefetch_related("terms", Prefetch("memberships", members))
