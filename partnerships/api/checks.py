"""`/checks/`: what the governance checks last found."""

import django_filters
from rest_framework import serializers

from partnerships.checks import CHECKS, Severity
from partnerships.models import CheckFinding

from .filters import Body, one_of
from .parts import BodyPart, Visible


class FindingFilters(django_filters.FilterSet):
    """Filters of findings."""

    system = Body(field_name="system")
    severity = one_of([(each.value, each.value) for each in Severity])
    code = one_of([(code, check.title) for code, check in CHECKS.items()])


class FindingRecord(serializers.ModelSerializer):
    """A finding. `records`: pairs of a kind and an id; `first_seen`: the day since which it is known."""

    system = BodyPart(allow_null=True)
    records = serializers.ListField(child=serializers.ListField())
    recommended_action = serializers.CharField(source="action")

    class Meta:
        model = CheckFinding
        fields = (
            "id", "code", "severity", "system", "text", "recommended_action", "records", "first_seen", "last_seen",
        )  # fmt: skip


class Findings(Visible):
    """Findings, in the order in which they were first kept."""

    queryset = CheckFinding.objects.select_related("system")
    filterset_class = FindingFilters
    serializer_class = FindingRecord
