"""`/frameworks/`: frameworks with their items, each with its code; what is our own derivation says so."""

from collections.abc import Iterator
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated

from collaboration.framework import Framework as Content
from collaboration.models import Framework
from collaboration.queries.profiles import content_of
from ics_governance.api_views import Records
from partnerships.api.filters import Flag


class FrameworkFilters(django_filters.FilterSet):
    """Filters of frameworks."""

    code = django_filters.CharFilter(max_length=40, label="All versions of the framework with this code.")
    current = Flag(label="The version that new profiles follow, or earlier ones.")


class ItemPart(serializers.Serializer):
    """A part of a framework. `derived`: our own. `belongs_to`: the code of the item it is a part of, else null."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(
        ["area", "behaviour", "characteristic", "line_of_enquiry", "feedback_item", "indicator"]
    )
    title = serializers.CharField()
    belongs_to = serializers.CharField(allow_null=True)
    behaviours = serializers.ListField(child=serializers.CharField())
    derived = serializers.BooleanField()
    definition = serializers.CharField(required=False, help_text="Of an indicator, as are all that follow.")
    counts = serializers.BooleanField(required=False, help_text="Whether it counts in profiles yet.")
    source = serializers.CharField(required=False)
    weight = serializers.FloatField(required=False)
    floor = serializers.FloatField(required=False, help_text="The share that gives 0 points.")
    target = serializers.FloatField(required=False, help_text="The share that gives 100 points.")
    minimum = serializers.IntegerField(required=False, help_text="Below it there is too little to measure.")


class FrameworkRecord(serializers.ModelSerializer):
    """A version of a framework with its items, each with its code. `digest`: SHA-256 of its file."""

    status = serializers.SerializerMethodField(help_text="What in it is whose, and what it may not be taken for.")
    items = serializers.SerializerMethodField()

    class Meta:
        model = Framework
        fields = ("id", "code", "version", "title", "status", "current", "digest", "items")

    def get_status(self, framework: Framework) -> str:
        """In its own words."""
        return content_of(framework).status

    @extend_schema_field(ItemPart(many=True))
    def get_items(self, framework: Framework) -> list[dict[str, Any]]:
        """Areas with their behaviours, characteristics with their lines of enquiry and feedback items, indicators."""
        return list(items_of(content_of(framework)))


def items_of(content: Content) -> Iterator[dict[str, Any]]:
    """Every item of a framework that has a code."""
    for area in content.areas:
        yield _item(area.code, "area", area.title, None)
        for behaviour in area.behaviours:
            yield _item(behaviour.code, "behaviour", behaviour.title, area.code)
    for one in content.characteristics:
        yield _item(one.code, "characteristic", one.title, None)
        for kloe in one.kloes:
            yield _item(kloe.code, "line_of_enquiry", kloe.question, one.code, kloe.behaviours, derived=kloe.derived)
        for item in one.feedback_items:
            yield _item(item.code, "feedback_item", item.question, one.code, item.behaviours, derived=item.derived)
    for each in content.indicators:
        row = _item(each.code, "indicator", each.title, each.characteristic, each.behaviours, derived=True)
        named = ("definition", "source", "weight", "floor", "target", "minimum")
        yield row | {"counts": each.registered} | {name: getattr(each, name) for name in named}


def _item(
    code: str, kind: str, title: str, belongs_to: str | None, behaviours: tuple[str, ...] = (), *, derived: bool = False
) -> dict[str, Any]:
    row = {"code": code, "kind": kind, "title": title, "belongs_to": belongs_to}
    return row | {"behaviours": list(behaviours), "derived": derived}


class Frameworks(Records):
    """Frameworks for collaboration, each version by itself."""

    permission_classes = (IsAuthenticated,)
    queryset = Framework.objects.all()
    filterset_class = FrameworkFilters
    serializer_class = FrameworkRecord
