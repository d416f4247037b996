"""`/actions/`: what follows from decisions, who answers for it, and by when."""

from typing import Any

import django_filters
from rest_framework import serializers

from partnerships.models import Action
from partnerships.queries.decisions import OPEN

from .filters import Body, Day, Flag, Id, Words, one_of
from .parts import BodyPart, DecisionPart, Visible


class ActionFilters(django_filters.FilterSet):
    """Filters of actions."""

    decision = Id(field_name="decision_id")
    forum = Id(field_name="decision__forum_id")
    owner = Body(field_name="owner")
    state = one_of(Action.State.choices)
    open = Flag(method="still_open", label="Whether something is still to be done by the owner.")
    due_since = Day(field_name="due", lookup_expr="gte")
    due_until = Day(field_name="due", lookup_expr="lte")
    q = Words(field_name="title decision__title")

    def still_open(self, rows: Any, name: str, value: bool) -> Any:
        """Those that wait for their owner, or not."""
        return rows.filter(state__in=OPEN) if value else rows.exclude(state__in=OPEN)


class ActionRecord(serializers.ModelSerializer):
    """An action. `original_due` is the date first agreed and keeps counting; only the forum changes `due`."""

    decision = DecisionPart()
    owner = BodyPart()
    owner_person = serializers.CharField(source="owner_person.name", default=None, allow_null=True)

    class Meta:
        model = Action
        fields = (
            "id", "decision", "title", "owner", "owner_person", "state", "proposed_on", "accepted_on", "original_due",
            "due", "done_on", "evidence", "confirmed_on", "slippage_told_on", "recovery_plan", "plan_accepted_on",
            "progress",
        )  # fmt: skip


class Actions(Visible):
    """Actions of decisions that the person may see, the earliest due first."""

    queryset = Action.objects.select_related("decision", "owner", "owner_person")
    ordering = ("due", "id")
    filterset_class = ActionFilters
    serializer_class = ActionRecord
