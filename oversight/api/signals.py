"""`/signals/`: what rules noticed in profiles, for those who triage and those who oversee them."""

import django_filters
from rest_framework import serializers

from oversight.models import Signal
from partnerships.api.filters import Body, Day, one_of
from partnerships.api.parts import BodyPart, Visible


class SignalFilters(django_filters.FilterSet):
    """Filters of signals."""

    subject = Body(field_name="subject")
    holder = Body(field_name="holder")
    state = one_of(Signal.State.choices)
    characteristic = one_of([(code, code) for code in "RLSAD"])
    due_until = Day(field_name="due_on", lookup_expr="lte")


class SignalRecord(serializers.ModelSerializer):
    """A rule that fired for a body, with the clause and its numbers in words. It never moves a case."""

    subject = BodyPart()
    holder = BodyPart()
    rules = serializers.CharField(source="ruleset.__str__", help_text="The version of the rules.")

    class Meta:
        model = Signal
        fields = (
            "id", "subject", "holder", "rules", "rule", "characteristic", "as_of", "clause", "state", "fired_on",
            "due_on", "reason", "watch_until", "triaged_on",
        )  # fmt: skip


class Signals(Visible):
    """Signals that the person may see, the newest first."""

    queryset = Signal.objects.select_related("subject", "holder", "ruleset").defer("ruleset__content")
    ordering = ("-fired_on", "-id")
    filterset_class = SignalFilters
    serializer_class = SignalRecord
