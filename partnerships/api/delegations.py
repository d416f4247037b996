"""`/delegations/`: who passed which function on to whom, and within which limits."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ics_governance import ledger
from ics_governance.actions import locked
from ics_governance.api_writes import IDEMPOTENCY_KEY, IF_MATCH, etag, once, require_version
from ics_governance.permissions import Refused
from ics_governance.workflow import Reason
from partnerships.access import P, require
from partnerships.actions import delegations as actions
from partnerships.delegation_guards import delegation_is_sound
from partnerships.models import Delegation, DelegationReview, Forum, Function, Fund, Place, Post, Suspension
from partnerships.queries.delegation_facts import gather_saved
from partnerships.workflows import DELEGATION

from .filters import Body, Id, InForce, OfFunction, body_named, one_of
from .parts import BodyPart, ForumPart, FunctionPart, PlacePart, ReasonPart, Visible
from .writing import ABSENT, Sent, one

MAKERS: dict[str, Callable[..., Delegation]] = {
    "approve": actions.approve, "withdraw": actions.withdraw, "bring_into_force": actions.bring_into_force,
    "suspend": actions.suspend, "resume": actions.resume, "end": actions.end,
}  # fmt: skip
TAKES = {"suspend": ["reason"], "end": ["last_day"]}
LONGEST_CODE = 40


def asks(event: str, delegation: Delegation) -> list[str]:
    """What a move must be sent with. What never came into force has no last day to choose."""
    return [] if event == "end" and delegation.in_force_on is None else TAKES.get(event, [])


def told(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    """Reasons as the API gives them."""
    return [{"text": reason.text, "missing": reason.field} for reason in reasons]


class DelegationFilters(InForce):
    """Filters of delegations."""

    function = OfFunction(field_name="function")
    status = one_of(Delegation.Status.choices)
    from_organisation = Body(field_name="from_organisation")
    to_organisation = Body(field_name="to_organisation")
    from_forum = Id(field_name="from_forum_id")
    to_forum = Id(field_name="to_forum_id")
    place = Id(field_name="places", distinct=True)

    def in_force(self, rows: Any, name: str, value: Any) -> Any:
        """What ended before it came into force held on no day, whatever days were planned for it."""
        return super().in_force(rows, name, value).exclude(Delegation.GONE)


class PostPart(serializers.ModelSerializer):
    """A named post."""

    class Meta:
        model = Post
        fields = ("id", "title")


class DelegationRecord(serializers.ModelSerializer):
    """A delegation. `limit`: pounds, inclusive, null for none. No places: the whole area of whoever passed it on.

    `approved_on`: when `from_organisation` approved it. `in_force_on` null: it never gave authority. `ended_on`: when
    its end was recorded; `ends` is its last day.
    """

    function = FunctionPart()
    from_organisation = BodyPart()
    from_forum = ForumPart(allow_null=True)
    from_post = PostPart(allow_null=True)
    to_organisation = BodyPart(allow_null=True)
    to_forum = ForumPart(allow_null=True)
    to_post = PostPart(allow_null=True)
    places = PlacePart(many=True)

    class Meta:
        model = Delegation
        fields = (
            "id", "function", "from_organisation", "from_forum", "from_post", "to_organisation", "to_forum", "to_post",
            "model", "basis", "instrument", "limit", "limit_kind", "places", "starts", "ends", "review_on",
            "conditions", "onward_delegation_permitted", "status", "fund", "urgent", "ratify_within", "assurance",
            "novates", "approved_on", "in_force_on", "ended_on",
        )  # fmt: skip


class ReviewPart(serializers.ModelSerializer):
    """A review that was held."""

    class Meta:
        model = DelegationReview
        fields = ("held_on", "outcome", "note", "next_review_on")


class SuspensionPart(serializers.ModelSerializer):
    """Days on which it gave no authority; `ends` null: it still does not."""

    class Meta:
        model = Suspension
        fields = ("starts", "ends", "reason")


class WholeDelegation(DelegationRecord):
    """A delegation with its reviews and suspensions. `needs`: what stands against approving a draft."""

    reviews = ReviewPart(many=True)
    suspensions = SuspensionPart(many=True)
    needs = serializers.SerializerMethodField()

    class Meta(DelegationRecord.Meta):
        fields = (*DelegationRecord.Meta.fields, "reviews", "suspensions", "needs")

    @extend_schema_field(ReasonPart(many=True))
    def get_needs(self, delegation: Delegation) -> list[dict[str, str]]:
        """Reasons against approving a draft; empty for what was approved."""
        if delegation.status != Delegation.Status.DRAFT:
            return []
        actor = self.context["request"].actor
        return told(delegation_is_sound(gather_saved(delegation, actor.on)))


class Coded(serializers.CharField):
    """A record named by its code."""

    def __init__(self, find: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.find = find

    def to_internal_value(self, data: Any) -> Any:
        """The record; an error when there is none."""
        code = super().to_internal_value(data)
        found = self.find(code) if len(code) <= LONGEST_CODE else None
        if found is None:
            raise serializers.ValidationError(f"Nothing has the code “{code[:LONGEST_CODE]}”.")
        return found


def _function(code: str) -> Function | None:
    return Function.objects.filter(code=code).first()


class DelegationDraft(serializers.Serializer):
    """A draft as it is sent: it may lack all but a function, the body, and one recipient."""

    from_organisation = Coded(body_named, help_text="ODS or GSS code of the body whose authority is passed on.")
    function = Coded(_function)
    from_forum = one(Forum.objects.all())
    from_post = one(Post.objects.all())
    to_forum = one(Forum.objects.select_related("host"))
    to_organisation = Coded(body_named, required=False, allow_null=True)
    to_post = one(Post.objects.all())
    model = serializers.ChoiceField(Delegation.Model.choices, required=False)
    basis = serializers.CharField(max_length=40, required=False, allow_blank=True)
    instrument = serializers.CharField(max_length=160, required=False, allow_blank=True)
    limit = serializers.DecimalField(14, 2, min_value=0, required=False, allow_null=True)
    limit_kind = serializers.ChoiceField(Delegation.LimitKind.choices, required=False)
    fund = one(Fund.objects.all())
    urgent = serializers.BooleanField(required=False)
    ratify_within = serializers.IntegerField(min_value=1, max_value=60, required=False, allow_null=True)
    starts = serializers.DateField(required=False, allow_null=True)
    ends = serializers.DateField(required=False, allow_null=True)
    review_on = serializers.DateField(required=False, allow_null=True)
    conditions = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    assurance = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    onward_delegation_permitted = serializers.BooleanField(required=False)
    novates = one(
        Delegation.objects.exclude(status__in=Delegation.NEVER_APPROVED),
        help_text="The delegation of a body that came before this one, which this one carries on.",
    )
    places = serializers.PrimaryKeyRelatedField(
        queryset=Place.objects.all(), many=True, required=False, error_messages=ABSENT
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Names that it does not know are refused: a misspelt one would be lost."""
        if unknown := set(self.initial_data) - set(self.fields):
            raise serializers.ValidationError({name: ["Not a field of a draft."] for name in sorted(unknown)})
        return attrs


class ReviewSent(Sent):
    """A review that was held."""

    held_on = serializers.DateField()
    outcome = serializers.ChoiceField(DelegationReview.Outcome.choices)
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    next_review_on = serializers.DateField(required=False, allow_null=True)


class DelegationMove(serializers.Serializer):
    """A move to make: the event, and what it asks for."""

    event = serializers.ChoiceField(list(MAKERS))
    reason = serializers.CharField(required=False, max_length=2000, help_text="For suspend.")
    last_day = serializers.DateField(required=False, help_text="For end, once it came into force.")


class DelegationMovePart(serializers.Serializer):
    """A move that the person may make as it stands: possible, or with the reasons why not yet."""

    event = serializers.CharField()
    label = serializers.CharField()
    target = serializers.ChoiceField(Delegation.Status.choices)
    possible = serializers.BooleanField()
    reasons = ReasonPart(many=True)
    asks = serializers.ListField(child=serializers.CharField())


class DelegationMoves(serializers.Serializer):
    """The permitted moves of a delegation, and the version that one of them is made upon."""

    version = serializers.CharField()
    moves = DelegationMovePart(many=True)


def version_of(delegation: Delegation) -> str:
    """Differs whenever the record does."""
    places = sorted(delegation.places.values_list("pk", flat=True))
    values = ledger.snapshot(delegation, actions.FIELDS) | {"places": places}
    return hashlib.sha256(ledger.canonical(values).encode()).hexdigest()[:16]


class Delegations(Visible):
    """Delegations, in the order in which they were recorded. Drafts are made by POST and changed by PATCH."""

    http_method_names = ["get", "head", "post", "patch"]
    # more joins than these take PostgreSQL longer to plan than the list to read
    queryset = Delegation.objects.select_related("function", "from_organisation", "from_forum", "to_forum")
    queryset = queryset.prefetch_related("to_organisation", "from_post", "to_post", "places")
    filterset_class = DelegationFilters
    serializer_class = DelegationRecord
    record_serializer_class = WholeDelegation

    @extend_schema(responses=WholeDelegation)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One delegation. The ETag is the version that a change or a move is made upon."""
        return self._whole(self.get_object())

    @extend_schema(request=DelegationDraft, responses={201: WholeDelegation}, parameters=[IDEMPOTENCY_KEY])
    @once
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Draft a delegation of one of your bodies. It gives no authority."""
        if not request.actor.organisations(P.DELEGATION_EDIT, "host"):
            raise Refused(P.DELEGATION_EDIT)
        sent = DelegationDraft(data=request.data)
        sent.is_valid(raise_exception=True)
        values = dict(sent.validated_data)
        owner, places = values.pop("from_organisation"), values.pop("places", [])
        made = actions.draft_delegation(by=request.actor, owner=owner, values=values, places=places)
        return self._whole(self._read(made.pk), 201)

    @extend_schema(request=DelegationDraft(partial=True), responses=WholeDelegation, parameters=[IF_MATCH])
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change a draft: what is sent, and nothing else."""
        found = self.get_object()
        require(request.actor, P.DELEGATION_EDIT, found)
        require_version(request, version_of(locked(found)))
        sent = DelegationDraft(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        values = dict(sent.validated_data)
        if values.pop("from_organisation", found.from_organisation) != found.from_organisation:
            raise exceptions.ValidationError({"from_organisation": ["A draft stays with its body."]})
        places = values.pop("places", None)
        actions.edit_draft(by=request.actor, delegation=found, values=values, places=places)
        return self._whole(self._read(found.pk))

    @extend_schema(methods=["GET"], responses=DelegationMoves)
    @extend_schema(
        methods=["POST"], request=DelegationMove, responses=WholeDelegation, parameters=[IDEMPOTENCY_KEY, IF_MATCH]
    )
    @action(detail=True, methods=["get", "post"])
    def moves(self, request: Request, pk: str) -> Response:
        """The permitted moves with the reasons against; POST makes one."""
        return self._make(request) if request.method == "POST" else self._moves(request)

    @extend_schema(request=ReviewSent, responses={201: WholeDelegation}, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @once
    def reviews(self, request: Request, pk: str) -> Response:
        """Record a review that was held. It changes no authority, and says when the next one is due."""
        found = self.get_object()
        require(request.actor, P.DELEGATION_EDIT, found)
        sent = ReviewSent(data=request.data)
        sent.is_valid(raise_exception=True)
        actions.review(by=request.actor, delegation=found, **sent.validated_data)
        return self._whole(self._read(found.pk), 201)

    def _moves(self, request: Request) -> Response:
        found = self.get_object()
        gather_saved(found, request.actor.on, request.actor.user_id)
        version = version_of(found)
        rows = [
            {
                "event": move.transition.event, "label": move.transition.label, "target": move.transition.target,
                "possible": move.possible, "reasons": told(move.reasons), "asks": asks(move.transition.event, found),
            }
            for move in DELEGATION.moves(found, request.actor)
        ]  # fmt: skip
        return Response({"version": version, "moves": rows}, headers={"ETag": etag(version)})

    @once
    def _make(self, request: Request) -> Response:
        found, sent = self.get_object(), DelegationMove(data=request.data)
        sent.is_valid(raise_exception=True)
        event = sent.validated_data["event"]
        require(request.actor, P(DELEGATION.find(event).permission), found)
        if missing := [name for name in asks(event, found) if name not in sent.validated_data]:
            raise exceptions.ValidationError({name: ["This move needs it."] for name in missing})
        require_version(request, version_of(locked(found)))
        given = {name: sent.validated_data[name] for name in TAKES.get(event, ()) if name in sent.validated_data}
        MAKERS[event](by=request.actor, delegation=found, **given)
        return self._whole(self._read(found.pk))

    def _read(self, pk: int) -> Delegation:
        return Delegation.objects.select_related(
            "function", "from_organisation", "from_forum", "to_forum__host", "fund"
        ).get(pk=pk)

    def _whole(self, found: Delegation, status: int = 200) -> Response:
        body = WholeDelegation(found, context={"request": self.request}).data
        return Response(body, status=status, headers={"ETag": etag(version_of(found))})
