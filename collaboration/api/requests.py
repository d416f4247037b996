"""`/requests/`: information that one body asked of another. `/risks/`: risks that partners share."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils import timezone
from rest_framework import serializers

from collaboration.models import InformationRequest, SharedRisk
from partnerships.api.filters import Body, Day, Flag, Id, Words, one_of
from partnerships.api.parts import BodyPart, ForumPart, Visible


class RequestFilters(django_filters.FilterSet):
    """Filters of requests."""

    asker = Body(field_name="asker")
    asked = Body(field_name="asked")
    state = one_of(InformationRequest.State.choices)
    overdue = Flag(method="is_overdue", label="Open after the day it was due.")
    due_since = Day(field_name="due_on", lookup_expr="gte")
    due_until = Day(field_name="due_on", lookup_expr="lte")
    q = Words(field_name="title text")

    def is_overdue(self, rows: Any, name: str, value: bool) -> Any:
        """Those that are late now, or all others."""
        late = Q(state=InformationRequest.State.OPEN, due_on__lt=timezone.localdate())
        return rows.filter(late) if value else rows.exclude(late)


class RequestRecord(serializers.ModelSerializer):
    """A request. `first_due_on` is the day first agreed; only the asker gives more time."""

    asker = BodyPart()
    asked = BodyPart()

    class Meta:
        model = InformationRequest
        fields = (
            "id", "asker", "asked", "title", "text", "state", "asked_on", "first_due_on", "due_on", "answer", "refusal",
            "closed_on",
        )  # fmt: skip


class Requests(Visible):
    """Requests for information that the person may see, the earliest due first."""

    queryset = InformationRequest.objects.select_related("asker", "asked")
    ordering = ("due_on", "id")
    filterset_class = RequestFilters
    serializer_class = RequestRecord


class RiskFilters(django_filters.FilterSet):
    """Filters of shared risks."""

    host = Body(field_name="host")
    owner = Body(field_name="owner")
    forum = Id(field_name="forum_id")
    state = one_of(SharedRisk.State.choices)
    overdue = Flag(method="is_overdue", label="Open, and its review is overdue.")
    q = Words(field_name="title description mitigation")

    def is_overdue(self, rows: Any, name: str, value: bool) -> Any:
        """Those whose review is late now, or all others."""
        late = Q(state=SharedRisk.State.OPEN, review_on__isnull=False, review_on__lt=timezone.localdate())
        return rows.filter(late) if value else rows.exclude(late)


class RiskRecord(serializers.ModelSerializer):
    """A shared risk. `review_on`: when it is looked at next; `reviewed_on`: when it was last."""

    host = BodyPart()
    owner = BodyPart(allow_null=True)
    owner_person = serializers.CharField(source="owner_person.name", default=None, allow_null=True)
    forum = ForumPart(allow_null=True)

    class Meta:
        model = SharedRisk
        fields = (
            "id", "host", "forum", "title", "description", "owner", "owner_person", "mitigation", "review_on",
            "reviewed_on", "state", "raised_on", "closed_on", "closed_why",
        )  # fmt: skip


class Risks(Visible):
    """Shared risks that the person may see, the latest recorded first."""

    queryset = SharedRisk.objects.select_related("host", "owner", "owner_person", "forum")
    ordering = ("-id",)
    filterset_class = RiskFilters
    serializer_class = RiskRecord
