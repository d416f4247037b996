"""`/meetings/`: meetings, their agendas and who was there."""

from typing import Any

import django_filters
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from partnerships.models import AgendaItem, Attendance, Meeting

from .filters import Body, Day, Id, one_of
from .parts import BodyPart, ForumPart, Visible


class MeetingFilters(django_filters.FilterSet):
    """Filters of meetings."""

    forum = Id(field_name="forum_id")
    host = Body(field_name="forum__host")
    state = one_of(Meeting.State.choices)
    since = Day(field_name="held_on", lookup_expr="gte")
    until = Day(field_name="held_on", lookup_expr="lte")


class AgendaItemPart(serializers.ModelSerializer):
    """An item of the agenda."""

    class Meta:
        model = AgendaItem
        fields = ("id", "number", "title", "paper")


class AttendancePart(serializers.ModelSerializer):
    """How a membership was filled. `person`: who came, where that was recorded."""

    organisation = BodyPart(source="membership.organisation")
    voting = serializers.BooleanField(source="membership.voting")
    person = serializers.CharField(source="person.name", default=None, allow_null=True)

    class Meta:
        model = Attendance
        fields = ("id", "organisation", "voting", "state", "person")


class QuorumPart(serializers.Serializer):
    """Voting members present, and how many are needed; null: the terms of reference do not say."""

    present = serializers.IntegerField()
    needed = serializers.IntegerField(allow_null=True)
    rules_unmet = serializers.ListField(child=serializers.CharField(), help_text="Who else had to be there, in words.")


class MeetingRow(serializers.ModelSerializer):
    """A meeting. Notice is in working days of England."""

    forum = ForumPart()
    host = BodyPart(source="forum.host")

    class Meta:
        model = Meeting
        fields = (
            "id", "forum", "host", "held_on", "starts_at", "state", "public", "private_reason", "called_on",
            "call_notice", "papers_issued_on", "paper_notice",
        )  # fmt: skip


class MeetingRecord(MeetingRow):
    """A meeting with its agenda, attendance and quorum."""

    items = AgendaItemPart(many=True)
    attendance = AttendancePart(many=True)
    quorum = serializers.SerializerMethodField()

    class Meta(MeetingRow.Meta):
        fields = (*MeetingRow.Meta.fields, "items", "attendance", "quorum")

    @extend_schema_field(QuorumPart)
    def get_quorum(self, meeting: Meeting) -> dict[str, Any]:
        """How many were there, and how many had to be."""
        present, needed = meeting.quorum_facts
        return {"present": present, "needed": needed, "rules_unmet": list(meeting.rules_unmet)}


class Meetings(Visible):
    """Meetings that the person may see, the latest first."""

    queryset = Meeting.objects.select_related("forum__host")
    ordering = ("-held_on", "-id")
    filterset_class = MeetingFilters
    serializer_class = MeetingRow
    record_serializer_class = MeetingRecord

    def get_queryset(self) -> Any:
        """A record also shows its agenda and attendance."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        attendance = Attendance.objects.select_related("membership__organisation", "person").order_by("pk")
        return rows.prefetch_related("items", Prefetch("attendance", attendance), "forum__terms")
