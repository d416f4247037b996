"""`/functions/`: what bodies are by law responsible for, and on which legal basis it may go to whom."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated

from ics_governance.api_views import Records
from partnerships.models import Function, LegalBasis
from partnerships.queries.functions import bases_of

from .filters import Flag, Words, one_of
from .parts import FunctionPart

OWNERS = [(kind, kind) for kind in ("icb", "trust", "local_authority", "oversight_body")]


class FunctionFilters(django_filters.FilterSet):
    """Filters of functions."""

    owner = one_of(OWNERS, field_name="owner_kind")
    delegable = Flag(field_name="delegable")
    q = Words(field_name="name description code")


class BasisPart(serializers.ModelSerializer):
    """A legal basis for one kind of recipient. `mark`: V confirmed, P partly confirmed, R to be confirmed."""

    class Meta:
        model = LegalBasis
        fields = ("code", "title", "recipient_kind", "internal", "source", "mark", "note")


class FunctionRow(serializers.ModelSerializer):
    """A function. `parent`: the whole that it is part of. Not `delegable`: reserved to the board."""

    parent = FunctionPart(allow_null=True)

    class Meta:
        model = Function
        fields = (
            "id", "code", "name", "family", "owner_kind", "parent", "delegable", "bases", "description",
            "further_approval", "further_approval_for", "mark", "note",
        )  # fmt: skip


class FunctionRecord(FunctionRow):
    """A function with its parts, and the legal bases that are open to its owner."""

    parts = FunctionPart(many=True)
    open_bases = serializers.SerializerMethodField()

    class Meta(FunctionRow.Meta):
        fields = (*FunctionRow.Meta.fields, "parts", "open_bases")

    @extend_schema_field(BasisPart(many=True))
    def get_open_bases(self, function: Function) -> list[dict[str, str]]:
        """Each basis with each kind of recipient."""
        rows = [row for basis in bases_of(function) for row in basis.rows]
        return list(BasisPart(rows, many=True).data)


class Functions(Records):
    """Functions of the catalogue, by their codes."""

    permission_classes = (IsAuthenticated,)
    queryset: QuerySet[Function] = Function.objects.select_related("parent")
    ordering = ("code", "id")
    filterset_class = FunctionFilters
    serializer_class = FunctionRow
    record_serializer_class = FunctionRecord


class PublicFunctions(Functions):
    """The same without a sign-in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
