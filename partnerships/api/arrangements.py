"""`/arrangements/`: partnerships of places and systems, provider collaboratives, boards of councils and partners."""

from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ics_governance.api_writes import IDEMPOTENCY_KEY, IF_MATCH, once
from partnerships.actions import arrangements as actions
from partnerships.activity_areas import all_areas
from partnerships.arrangement_guards import after
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Contribution,
    Fund,
    GatewayReview,
    Place,
    ReportingLine,
    SpatialLevel,
)

from .filters import Body, Id, InForce, Words, one_of
from .parts import ArrangementPart, BodyPart, PlacePart
from .writing import FUND, LINE, MEMBER, BodyNamed, Sent, Written, one, values_of


class ArrangementFilters(InForce):
    """Filters of arrangements."""

    kind = one_of(Arrangement.Kind.choices)
    phase = one_of(Arrangement.Phase.choices)
    level = one_of(SpatialLevel.choices)
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
        fields = ("id", "organisation", "sector", "capacity", "expectation", "represented_by", "starts", "ends")


class ContributionPart(serializers.ModelSerializer):
    """What a body puts in, in pounds; `below_minimum`: less than it must."""

    organisation = BodyPart()
    below_minimum = serializers.SerializerMethodField()

    class Meta:
        model = Contribution
        fields = ("organisation", "amount", "minimum", "below_minimum")

    @extend_schema_field(serializers.BooleanField())
    def get_below_minimum(self, row: Contribution) -> bool:
        """Whether it is less than the minimum."""
        return row.minimum is not None and row.amount < row.minimum


class FundPart(serializers.ModelSerializer):
    """A fund of the financial year that starts in `year`. `limit` null: what is contributed may be committed."""

    host = BodyPart()
    contributions = ContributionPart(many=True)

    class Meta:
        model = Fund
        fields = ("id", "kind", "name", "year", "host", "limit", "purpose", "agreement", "contributions")


class GatewayPart(serializers.ModelSerializer):
    """A gateway review; `criteria`: pairs of a criterion and whether it was met."""

    criteria = serializers.JSONField()

    class Meta:
        model = GatewayReview
        fields = ("id", "held_on", "phase_before", "phase_after", "criteria", "outcome", "note", "review_on")


class ReportingLinePart(serializers.ModelSerializer):
    """To whom it reports: another arrangement, or the board of a body."""

    to_arrangement = ArrangementPart(allow_null=True)
    to_organisation = BodyPart(allow_null=True)

    class Meta:
        model = ReportingLine
        fields = ("id", "to_arrangement", "to_organisation", "about", "starts", "ends")


class ArrangementRow(serializers.ModelSerializer):
    """An arrangement."""

    host = BodyPart()
    place = PlacePart(allow_null=True)

    class Meta:
        model = Arrangement
        fields = ("id", "kind", "name", "host", "place", "level", "purpose", "phase", "starts", "ends")


class ArrangementRecord(ArrangementRow):
    """An arrangement with its members, those of former times too, its funds, gateways and reporting lines."""

    footprint = PlacePart(many=True)
    priorities = serializers.SerializerMethodField()
    activities = serializers.ListField(child=serializers.CharField())
    members = ArrangementMemberPart(many=True)
    funds = FundPart(many=True)
    gateways = GatewayPart(many=True)
    reports_to = ReportingLinePart(many=True, source="reporting_lines")

    class Meta(ArrangementRow.Meta):
        fields = (
            *ArrangementRow.Meta.fields, "footprint", "priorities", "activities", "scrutiny", "political_oversight",
            "governors_oversight", "members", "funds", "gateways", "reports_to",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_priorities(self, row: Arrangement) -> list[str]:
        """One text each."""
        return [line for line in row.priorities.splitlines() if line.strip()]


# --- What is sent ---------------------------------------------------------------------------------------------------


LONGEST_CRITERION = 300
FUND_FIELDS = ("kind", "name", "host", "year", "limit", "purpose", "agreement")


def money(**options: Any) -> serializers.DecimalField:
    """An amount in pounds and whole pence."""
    return serializers.DecimalField(max_digits=14, decimal_places=2, min_value=Decimal(0), **options)


class Priorities(serializers.ListField):
    """Short texts, kept one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=200), max_length=50, **options)

    def to_internal_value(self, data: Any) -> Any:
        """One a line."""
        return "\n".join(" ".join(text.split()) for text in super().to_internal_value(data))


class ArrangementChanged(Sent):
    """Fields of an arrangement to change. A phase goes up by a gateway review alone. `ends`: its last day."""

    name = serializers.CharField(max_length=160, required=False)
    place = one(Place.objects.all())
    level = serializers.ChoiceField(SpatialLevel.choices, allow_blank=True, required=False)
    footprint = serializers.PrimaryKeyRelatedField(queryset=Place.objects.all(), many=True, required=False)
    purpose = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    priorities = Priorities(required=False)
    activities = serializers.ListField(
        child=serializers.ChoiceField([(area.code, area.name) for area in all_areas()]), max_length=50, required=False
    )
    phase = serializers.ChoiceField(Arrangement.Phase.choices, required=False)
    scrutiny = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    political_oversight = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    governors_oversight = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    ends = serializers.DateField(required=False)


class ArrangementFounded(ArrangementChanged):
    """An arrangement to record. Past its first phase it says when it passed the gateway review (`gateway_on`)."""

    gateway_on = serializers.DateField(required=False, allow_null=True)
    gateway_note = serializers.CharField(max_length=1_000, allow_blank=True, required=False)
    host = BodyNamed()
    kind = serializers.ChoiceField(Arrangement.Kind.choices)
    name = serializers.CharField(max_length=160)
    starts = serializers.DateField()
    ends = None


class PartAgreed(Sent):
    """A body that begins to take part."""

    organisation = BodyNamed()
    sector = serializers.CharField(max_length=60, allow_blank=True, required=False)
    capacity = serializers.ChoiceField(ArrangementMember.Capacity.choices, default="voting")
    expectation = serializers.ChoiceField(ArrangementMember.Expectation.choices, default="member")
    represented_by = BodyNamed(required=False, allow_null=True)
    starts = serializers.DateField()


class PartChanged(Sent):
    """Another agreement with a body from `from_day` on; or `last_day`, to end its part."""

    from_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False)
    sector = serializers.CharField(max_length=60, allow_blank=True, required=False)
    capacity = serializers.ChoiceField(ArrangementMember.Capacity.choices, required=False)
    expectation = serializers.ChoiceField(ArrangementMember.Expectation.choices, required=False)
    represented_by = BodyNamed(required=False, allow_null=True)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the two days."""
        if ("from_day" in values) == ("last_day" in values):
            raise serializers.ValidationError("Send from_day with what changes, or last_day to end it.")
        if "last_day" in values and len(values) > 1:
            raise serializers.ValidationError("Send last_day alone.")
        return values


@extend_schema_field({"type": "array", "items": {}, "minItems": 2, "maxItems": 2})
class Criterion(serializers.Field):
    """A pair: what was looked at, and whether it was met."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """The pair."""
        match data:
            case [str(text), bool(met)] if 0 < len(text.strip()) <= LONGEST_CRITERION:
                return [text.strip(), met]
        raise serializers.ValidationError('Send pairs such as ["Risks are known", true].')

    def to_representation(self, value: Any) -> Any:
        """As kept."""
        return value


class GatewayHeld(Sent):
    """A gateway review that was held. It is for the phase after the one that the arrangement is in."""

    held_on = serializers.DateField()
    criteria = serializers.ListField(child=Criterion(), max_length=50)
    outcome = serializers.ChoiceField(GatewayReview.Outcome.choices)
    note = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    review_on = serializers.DateField(required=False, allow_null=True)


class ContributionSent(Sent):
    """What a body puts in, in pounds, and the least that it must."""

    organisation = BodyNamed()
    amount = money()
    minimum = money(required=False, allow_null=True)


class FundChanged(Sent):
    """Fields of a fund to correct. `contributions` replace all that there were.

    `as_fact`: some paid less than their minimum, and that is recorded.
    """

    kind = serializers.ChoiceField(Fund.Kind.choices, required=False)
    name = serializers.CharField(max_length=160, required=False)
    host = BodyNamed(required=False)
    year = serializers.IntegerField(min_value=2000, max_value=2100, required=False)
    limit = money(required=False, allow_null=True)
    purpose = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    agreement = serializers.CharField(max_length=200, allow_blank=True, required=False)
    contributions = ContributionSent(many=True, required=False)
    as_fact = serializers.BooleanField(default=False)


class FundRecorded(FundChanged):
    """A fund of the financial year that starts in `year`."""

    kind = serializers.ChoiceField(Fund.Kind.choices)
    name = serializers.CharField(max_length=160)
    host = BodyNamed()
    year = serializers.IntegerField(min_value=2000, max_value=2100)


class LineAdded(Sent):
    """To whom it reports from a day on: another arrangement, or the board of a body; one of the two."""

    to_arrangement = one(Arrangement.objects.all())
    to_organisation = BodyNamed(required=False, allow_null=True)
    about = serializers.CharField(max_length=200, allow_blank=True, required=False)
    starts = serializers.DateField()


class LineEnded(Sent):
    """The last day of a reporting line."""

    last_day = serializers.DateField()


def _paid(rows: Any) -> list[actions.Paid]:
    return [actions.Paid(row["organisation"], row["amount"], row.get("minimum")) for row in rows]


class Arrangements(Written):
    """Arrangements between bodies, by name. POST records one, PATCH changes one that was read."""

    queryset = Arrangement.objects.select_related("host", "place")
    ordering = ("name", "id")
    filterset_class = ArrangementFilters
    serializer_class = ArrangementRow
    record_serializer_class = ArrangementRecord

    def get_queryset(self) -> Any:
        """A record also shows its members, funds, gateways and lines."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        members = ArrangementMember.objects.select_related("organisation", "represented_by").order_by("pk")
        funds = Fund.objects.select_related("host").prefetch_related(
            Prefetch("contributions", Contribution.objects.select_related("organisation").order_by("pk"))
        )
        lines = ReportingLine.objects.select_related("to_arrangement", "to_organisation").order_by("pk")
        return rows.prefetch_related(
            "footprint", "gateways", Prefetch("members", members), Prefetch("funds", funds),
            Prefetch("reporting_lines", lines),
        )  # fmt: skip

    @extend_schema(request=ArrangementFounded, responses={201: ArrangementRecord}, parameters=[IDEMPOTENCY_KEY])
    @once
    def create(self, request: Request) -> Response:
        """Record an arrangement of a body of yours."""
        self.require_a_host()
        values = values_of(ArrangementFounded, request)
        footprint = values.pop("footprint", [])
        held_on, note = values.pop("gateway_on", None), values.pop("gateway_note", "")
        gateway = actions.Gateway(held_on, note) if held_on else None
        made = actions.found_arrangement(
            by=request.actor, host=values.pop("host"), values=values, footprint=footprint, gateway=gateway
        )
        location = request.build_absolute_uri(f"/api/v1/arrangements/{made.pk}/")
        return self.read_again(made.pk, 201, Location=location)

    @extend_schema(request=ArrangementChanged, responses=ArrangementRecord, parameters=[IDEMPOTENCY_KEY, IF_MATCH])
    @once
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change an arrangement, or end it."""

        def act(arrangement: Arrangement) -> None:
            values = values_of(ArrangementChanged, request, partial=True)
            last_day, footprint = values.pop("ends", None), values.pop("footprint", None)
            if values or footprint is not None:
                actions.edit_arrangement(by=request.actor, arrangement=arrangement, values=values, footprint=footprint)
            if last_day is not None:
                actions.end_arrangement(by=request.actor, arrangement=arrangement, last_day=last_day)

        return self.change(request, act)

    @extend_schema(
        request=PartAgreed, responses={201: ArrangementRecord}, parameters=[IDEMPOTENCY_KEY], summary="Add a member"
    )
    @action(detail=True, methods=["post"], url_path="members", filterset_class=None, pagination_class=None)
    @once
    def members(self, request: Request, pk: str) -> Response:
        """Record that a body takes part; the answer is the arrangement as it is then."""
        found = self.own(request)
        values = values_of(PartAgreed, request)
        actions.join_arrangement(
            by=request.actor, arrangement=found, organisation=values.pop("organisation"), values=values
        )
        return self.read_again(found.pk, 201)

    @extend_schema(
        request=PartChanged, responses=ArrangementRecord, parameters=[IDEMPOTENCY_KEY, IF_MATCH, MEMBER],
        summary="Change or end a body's part",
    )  # fmt: skip
    @action(detail=True, methods=["patch"], url_path=r"members/(?P<member>[^/.]+)", url_name="member")
    @once
    def member(self, request: Request, pk: str, member: str) -> Response:
        """Another agreement from a day on, or the end of a part. If-Match is the arrangement's version."""

        def act(found: Arrangement) -> None:
            row = self.part(found.members.select_related("organisation", "arrangement"), member)
            values = values_of(PartChanged, request, partial=True)
            if last_day := values.pop("last_day", None):
                actions.end_member(by=request.actor, member=row, last_day=last_day)
                return
            from_day = values.pop("from_day")
            kept = {name: getattr(row, name) for name in ("sector", "capacity", "expectation", "represented_by")}
            if values.get("expectation", "represented") != "represented":
                kept["represented_by"] = None
            actions.change_member(by=request.actor, member=row, from_day=from_day, values=kept | values)

        return self.change(request, act)

    @extend_schema(
        request=GatewayHeld, responses={201: ArrangementRecord}, parameters=[IDEMPOTENCY_KEY],
        summary="Record a gateway review",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="gateways", filterset_class=None, pagination_class=None)
    @once
    def gateways(self, request: Request, pk: str) -> Response:
        """Record a gateway review; passed, the arrangement that is answered is in its next phase."""
        found = self.own(request)
        values = values_of(GatewayHeld, request) | {"phase_after": after(found.phase)}
        actions.review_gateway(by=request.actor, arrangement=found, values=values)
        return self.read_again(found.pk, 201)

    @extend_schema(
        request=FundRecorded, responses={201: ArrangementRecord}, parameters=[IDEMPOTENCY_KEY], summary="Record a fund"
    )
    @action(detail=True, methods=["post"], url_path="funds", filterset_class=None, pagination_class=None)
    @once
    def funds(self, request: Request, pk: str) -> Response:
        """Record a fund of a financial year; the answer is the arrangement as it is then."""
        found = self.own(request)
        values = values_of(FundRecorded, request)
        paid, as_fact = _paid(values.pop("contributions", [])), values.pop("as_fact")
        actions.record_fund(by=request.actor, arrangement=found, values=values, paid=paid, as_fact=as_fact)
        return self.read_again(found.pk, 201)

    @extend_schema(
        request=FundChanged, responses=ArrangementRecord, parameters=[IDEMPOTENCY_KEY, IF_MATCH, FUND],
        summary="Correct a fund",
    )  # fmt: skip
    @action(detail=True, methods=["patch"], url_path=r"funds/(?P<fund>[^/.]+)", url_name="fund")
    @once
    def fund(self, request: Request, pk: str, fund: str) -> Response:
        """Correct a fund and what is put into it. If-Match is the arrangement's version."""

        def act(found: Arrangement) -> None:
            row = self.part(found.funds.select_related("arrangement__host", "host"), fund)
            values = values_of(FundChanged, request, partial=True)
            as_fact, sent = values.pop("as_fact", False), values.pop("contributions", None)
            kept = {name: getattr(row, name) for name in FUND_FIELDS}
            there = row.contributions.select_related("organisation")
            paid = actions.paid_in(there) if sent is None else _paid(sent)
            actions.change_fund(by=request.actor, fund=row, values=kept | values, paid=paid, as_fact=as_fact)

        return self.change(request, act)

    @extend_schema(
        request=LineAdded, responses={201: ArrangementRecord}, parameters=[IDEMPOTENCY_KEY],
        summary="Add a reporting line",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="lines", filterset_class=None, pagination_class=None)
    @once
    def lines(self, request: Request, pk: str) -> Response:
        """Record to whom it reports; the answer is the arrangement as it is then."""
        found = self.own(request)
        actions.report_to(by=request.actor, arrangement=found, values=values_of(LineAdded, request))
        return self.read_again(found.pk, 201)

    @extend_schema(
        request=LineEnded, responses=ArrangementRecord, parameters=[IDEMPOTENCY_KEY, IF_MATCH, LINE],
        summary="End a reporting line",
    )  # fmt: skip
    @action(detail=True, methods=["patch"], url_path=r"lines/(?P<line>[^/.]+)", url_name="line")
    @once
    def line(self, request: Request, pk: str, line: str) -> Response:
        """The last day of a reporting line. If-Match is the arrangement's version."""

        def act(found: Arrangement) -> None:
            row = self.part(found.reporting_lines.select_related("arrangement"), line)
            actions.end_line(by=request.actor, line=row, **values_of(LineEnded, request))

        return self.change(request, act)
