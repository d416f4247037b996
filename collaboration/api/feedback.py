"""`/feedback/`: rounds of partner feedback with what may be shown of them, and an organisation's own answer."""

from datetime import datetime
from typing import Any

import django_filters
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from collaboration.access import P
from collaboration.actions import feedback as actions
from collaboration.feedback_results import FEWEST
from collaboration.framework import Framework as Content
from collaboration.models import FeedbackInvitation, FeedbackResponse, FeedbackResult, FeedbackRound
from collaboration.queries import feedback as queries
from collaboration.queries.profiles import content_of
from ics_governance.api_writes import IDEMPOTENCY_KEY, IF_MATCH, etag, once, require_version
from partnerships.access import require
from partnerships.api.filters import Body, Day, Words, one_of
from partnerships.api.parts import BodyPart, Visible

LONGEST_COMMENT = 3_000


class FeedbackFilters(django_filters.FilterSet):
    """Filters of rounds."""

    subject = Body(field_name="subject")
    host = Body(field_name="host")
    state = one_of(FeedbackRound.State.choices)
    closes_until = Day(field_name="closes_on", lookup_expr="lte")
    q = Words(field_name="subject__name")


class RoundRow(serializers.ModelSerializer):
    """A round. `own_answer`: how it stands with the person's own organisation, null where that was not asked."""

    subject = BodyPart()
    host = BodyPart()
    suppressed = serializers.BooleanField(
        source="is_suppressed",
        help_text=f"It closed, and fewer than {FEWEST} organisations answered: nothing is shown.",
    )
    own_answer = serializers.SerializerMethodField()

    class Meta:
        model = FeedbackRound
        fields = ("id", "subject", "host", "state", "opened_on", "closes_on", "closed_on", "suppressed", "own_answer")

    @extend_schema_field({"type": "string", "nullable": True, "enum": ["waiting", "answered", "declined", None]})
    def get_own_answer(self, row: Any) -> str | None:
        """Waiting, answered or declined."""
        if row.invitation is None:
            return None
        return "answered" if row.answered_by_us else "declined" if row.declined_by_us else "waiting"


class ResultPart(serializers.ModelSerializer):
    """A mean from 0 to 3. `item` empty: the characteristic as a whole, each organisation counted once."""

    class Meta:
        model = FeedbackResult
        fields = ("characteristic", "item", "organisations", "mean")


class RoundRecord(RoundRow):
    """A round with its results and comments: null while it is open, and for those who were only asked."""

    results = serializers.SerializerMethodField()
    comments = serializers.SerializerMethodField()

    class Meta(RoundRow.Meta):
        fields = (*RoundRow.Meta.fields, "results", "comments")

    def _readable(self, row: FeedbackRound) -> bool:
        actor = self.context["request"].actor
        return row.state == FeedbackRound.State.CLOSED and queries.reads_results(actor, row)

    @extend_schema_field(ResultPart(many=True, allow_null=True))
    def get_results(self, row: FeedbackRound) -> list[Any] | None:
        """What at least three organisations stand behind; by characteristic, then item."""
        if not self._readable(row):
            return None
        return list(ResultPart(row.results.order_by("characteristic", "item"), many=True).data)

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), allow_null=True))
    def get_comments(self, row: FeedbackRound) -> list[str] | None:
        """Word for word, without names, in an order of their own."""
        return list(row.comments.order_by("place").values_list("text", flat=True)) if self._readable(row) else None


class OwnAnswer(serializers.Serializer):
    """What an organisation answers. `send`: send it for good; without it the answer is kept as a draft."""

    ratings = serializers.DictField(
        child=serializers.CharField(max_length=4), help_text="Code of a feedback item -> 0, 1, 2, 3 or NA."
    )
    comment = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_COMMENT)
    send = serializers.BooleanField(default=False, write_only=True)
    sent_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def validate_ratings(self, ratings: dict[str, str]) -> dict[str, str]:
        """Only items and answers that the round's framework knows."""
        content: Content = self.context["content"]
        items, scale = {i.code for i in content.feedback_items}, {r.code for r in content.feedback_scale}
        faults = [f"“{code}” is not an item of this round." for code in sorted(set(ratings) - items)]
        faults += [f"“{value}” is not an answer to {code}." for code, value in ratings.items() if value not in scale]
        if faults:
            raise serializers.ValidationError(faults)
        return ratings


class Feedback(Visible):
    """Rounds of partner feedback that the person may see, the last to close first."""

    http_method_names = ["get", "head", "put"]
    queryset = FeedbackRound.objects.all()
    ordering = ("-closes_on", "-id")
    filterset_class = FeedbackFilters
    serializer_class = RoundRow
    record_serializer_class = RoundRecord

    def get_queryset(self) -> Any:
        """The rounds that may be seen, each with how it stands with the own organisation."""
        return queries.round_list(self.request.actor, {})

    @extend_schema(responses=OwnAnswer, summary="The own organisation's answer")
    @action(detail=True, methods=["get"], url_path="response", filterset_class=None, pagination_class=None)
    def response(self, request: Request, pk: str) -> Response:
        """What the own organisation has written; its ETag is needed to change it."""
        invitation = self._own(request)
        return _answer(queries.response_of(invitation))

    @extend_schema(
        request=OwnAnswer, responses=OwnAnswer, parameters=[IDEMPOTENCY_KEY, IF_MATCH], summary="Save or send it"
    )
    @response.mapping.put
    @once
    def write_response(self, request: Request, pk: str) -> Response:
        """Keep the own organisation's answer as a draft, or send it for good."""
        invitation = self._own(request)
        require(request.actor, P.FEEDBACK_ANSWER, invitation)
        before = queries.response_of(invitation)
        require_version(request, _version(before))
        form = OwnAnswer(data=request.data, context={"content": content_of(invitation.round.framework)})
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        act = actions.send_response if values.pop("send") else actions.save_response
        return _answer(act(by=request.actor, invitation=invitation, seen=before and before.saved_at, **values))

    def _own(self, request: Request) -> FeedbackInvitation:
        """The invitation of an own organisation; 404 where none was asked, seen or not."""
        found = queries.own_invitations(request.actor, self.get_object())
        if not found:
            raise Http404
        return found[0]


def _version(response: FeedbackResponse | None) -> datetime | str:
    return response.saved_at if response else "none"


def _answer(response: FeedbackResponse | None) -> Response:
    shown = OwnAnswer(response).data if response else {"ratings": {}, "comment": "", "sent_at": None}
    return Response(shown, headers={"ETag": etag(_version(response))})
