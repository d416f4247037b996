"""`/concerns/`: what is alleged about how bodies work together; POST raises one, which begins a case."""

from typing import Any

import django_filters
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from collaboration.access import P
from collaboration.models import Concern, ConcernRespondent, InformalAttempt
from collaboration.queries.profiles import content_of, current_framework
from ics_governance.api_writes import IDEMPOTENCY_KEY, once
from oversight.actions.concerns import raise_concern
from partnerships.access import scope
from partnerships.api.filters import Body, Day, Flag, Words, body_named
from partnerships.api.parts import BodyPart, PlacePart, Visible
from partnerships.models import Organisation, Place


class ConcernFilters(django_filters.FilterSet):
    """Filters of concerns."""

    system = Body(field_name="system")
    respondent = Body(field_name="respondents__organisation")
    since = Day(field_name="raised_on", lookup_expr="gte")
    until = Day(field_name="raised_on", lookup_expr="lte")
    closed = Flag(field_name="closed_on", lookup_expr="isnull", exclude=True)
    q = Words(field_name="title facts")


class ConcernRecord(serializers.ModelSerializer):
    """A concern. `raised_by` null: it was raised in confidence, and you may not know by whom. `case`: its number."""

    system = BodyPart()
    place = PlacePart(allow_null=True)
    respondents = serializers.SerializerMethodField()
    raised_by = serializers.SerializerMethodField()
    case = serializers.CharField(source="case.reference")

    class Meta:
        model = Concern
        fields = (
            "id", "case", "title", "facts", "wanted", "system", "place", "respondents", "raised_by", "behaviours",
            "characteristics", "in_confidence", "raised_on", "settled_at", "closed_on",
        )  # fmt: skip

    @extend_schema_field(BodyPart(many=True))
    def get_respondents(self, concern: Concern) -> Any:
        """The bodies it is about."""
        return BodyPart([row.organisation for row in concern.respondents.all()], many=True).data

    @extend_schema_field(BodyPart(allow_null=True))
    def get_raised_by(self, concern: Concern) -> Any:
        """Who raised it; the database hides the row from a respondent when it was in confidence."""
        raiser = getattr(concern, "raiser", None)
        return BodyPart(raiser.organisation).data if raiser else None


class BodyNamed(serializers.CharField):
    """An organisation by ODS code, GSS code or id."""

    def to_internal_value(self, data: Any) -> Organisation:
        """The organisation; an error when there is none."""
        found = body_named(super().to_internal_value(data))
        if found is None:
            raise serializers.ValidationError(f"No organisation has the ODS code, GSS code or id “{data}”.")
        return found

    def to_representation(self, value: Any) -> str:
        """Its code."""
        return str(value.code)


class ConcernRaised(serializers.Serializer):
    """A concern to raise. `organisation`: yours, which raises it. `facts`: an empty line divides single facts."""

    organisation = BodyNamed()
    title = serializers.CharField(max_length=120)
    facts = serializers.CharField(max_length=20_000)
    wanted = serializers.CharField(max_length=5_000, required=False, allow_blank=True, default="")
    system = BodyNamed()
    place = serializers.PrimaryKeyRelatedField(
        queryset=Place.objects.all(), required=False, allow_null=True, default=None
    )
    respondents = serializers.ListField(child=BodyNamed(), min_length=1, max_length=5)
    behaviours = serializers.ListField(child=serializers.CharField(max_length=10), max_length=20)
    in_confidence = serializers.BooleanField(default=False)
    counterparty = BodyNamed(required=False, allow_null=True, default=None)
    attempts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=20, required=False, default=list,
        help_text="Ids of private notes of your organisation to attach.",
    )  # fmt: skip

    def validate_behaviours(self, codes: list[str]) -> list[str]:
        """Codes of the framework."""
        framework = current_framework()
        areas = content_of(framework).areas if framework else ()
        known = {row.code for area in areas for row in area.behaviours}
        unknown = [code for code in codes if code not in known]
        if unknown:
            raise serializers.ValidationError(f"Not behaviours of the framework: {', '.join(unknown)}.")
        return codes

    def validate_attempts(self, ids: list[int]) -> list[InformalAttempt]:
        """Notes that the person may see."""
        actor = self.context["request"].actor
        found = list(scope(actor, P.CONCERN_VIEW, InformalAttempt.objects.filter(pk__in=ids)))
        if len(found) != len(set(ids)):
            raise serializers.ValidationError("You can see no note with one of these ids.")
        return found


class Concerns(Visible):
    """Concerns that the person may see: those its bodies raised, are asked to answer, hold or oversee."""

    http_method_names = ["get", "head", "post"]
    queryset = Concern.objects.select_related("system", "place", "case").prefetch_related(
        Prefetch("respondents", ConcernRespondent.objects.select_related("organisation")), "raiser__organisation"
    )
    ordering = ("-raised_on", "-id")
    filterset_class = ConcernFilters
    serializer_class = ConcernRecord

    @extend_schema(request=ConcernRaised, responses={201: ConcernRecord}, parameters=[IDEMPOTENCY_KEY])
    @once
    def create(self, request: Request) -> Response:
        """Raise a concern: it begins a case in triage."""
        sent = ConcernRaised(data=request.data, context={"request": self.request})
        sent.is_valid(raise_exception=True)
        case = raise_concern(by=self.request.actor, **sent.validated_data)
        made = self.get_queryset().get(pk=case.concern_id)
        location = request.build_absolute_uri(f"/api/v1/concerns/{made.pk}/")
        return Response(ConcernRecord(made).data, status=201, headers={"Location": location})
