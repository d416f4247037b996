"""`/forums/`: boards, committees and other meeting bodies, their terms of reference and their members."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ics_governance.api_writes import IDEMPOTENCY_KEY, IF_MATCH, once
from partnerships import quorum
from partnerships.actions import forums as actions
from partnerships.actions import memberships
from partnerships.forms_of_forum import FORMS
from partnerships.models import (
    Arrangement,
    Deputy,
    Forum,
    Membership,
    Person,
    Place,
    Post,
    SpatialLevel,
    TermsOfReference,
)

from .filters import Body, Id, InForce, Words, one_of
from .parts import ArrangementPart, BodyPart, ForumPart, PlacePart
from .writing import DEPUTY, MEMBER, BodyNamed, Sent, Written, one, person, values_of


class ForumFilters(InForce):
    """Filters of forums."""

    form = one_of(Forum.Form.choices)
    level = one_of(SpatialLevel.choices)
    host = Body(field_name="host")
    member = Body(field_name="memberships__organisation", distinct=True)
    arrangement = Id(field_name="arrangement_id")
    place = Id(field_name="places", distinct=True)
    q = Words(field_name="name")


class TermsPart(serializers.ModelSerializer):
    """A version of the terms of reference. `quorum`: voting members who must be present after recusals.

    `quorum_rules`: who must be among them, as objects with `kind` (of organisation) or `role`, and `at_least`;
    `quorum_in_words` says the same.
    """

    quorum_in_words = serializers.SerializerMethodField()

    class Meta:
        model = TermsOfReference
        fields = (
            "version", "adopted_on", "review_on", "quorum", "quorum_rules", "quorum_in_words", "voting_rule",
            "casting_vote", "disagreement_process", "document",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_quorum_in_words(self, terms: TermsOfReference) -> list[str]:
        """Such as "a council member must be present"."""
        return [rule.words for rule in quorum.readable(terms.quorum_rules)]


class DeputyPart(serializers.ModelSerializer):
    """A further deputy between two days; the first one stands with the membership."""

    name = serializers.CharField(source="person.name")

    class Meta:
        model = Deputy
        fields = ("id", "name", "person_id", "starts", "ends")


class MembershipPart(serializers.ModelSerializer):
    """A body's member on the forum, with the person named and the deputies."""

    organisation = BodyPart()
    holder = serializers.CharField(source="holder.name", default=None, allow_null=True)
    deputy = serializers.CharField(source="deputy.name", default=None, allow_null=True)
    further_deputies = DeputyPart(many=True)

    class Meta:
        model = Membership
        fields = (
            "id", "organisation", "role", "voting", "holder", "holder_id", "deputy", "deputy_id", "further_deputies",
            "agreed_on", "refused_on", "consented_on", "consented_by", "share", "starts", "ends",
        )  # fmt: skip


class ForumPostPart(serializers.ModelSerializer):
    """The post that decides, where an individual executive does."""

    class Meta:
        model = Post
        fields = ("id", "title")


class ForumRow(serializers.ModelSerializer):
    """A forum. `binds`: whether it may take binding decisions at all."""

    host = BodyPart()
    arrangement = ArrangementPart(allow_null=True)
    places = PlacePart(many=True)
    reports_to = ForumPart(allow_null=True)
    binds = serializers.BooleanField()

    class Meta:
        model = Forum
        fields = (
            "id", "name", "form", "level", "host", "arrangement", "places", "meets_in_public", "reports_to", "binds",
            "starts", "ends",
        )  # fmt: skip


class ForumRecord(ForumRow):
    """A forum with its terms of reference, the newest version first, and its members, former ones too.

    `who_decides`: what its form means. `committees`: those that meet in common in it.
    """

    post = ForumPostPart(allow_null=True)
    committees = ForumPart(many=True)
    reported_to_by = ForumPart(many=True, source="reporting_forums")
    who_decides = serializers.SerializerMethodField()
    terms = TermsPart(many=True)
    members = MembershipPart(many=True, source="memberships")

    class Meta(ForumRow.Meta):
        fields = (
            *ForumRow.Meta.fields, "purpose", "private_reason", "who_decides", "post", "committees", "reported_to_by",
            "terms", "members",
        )  # fmt: skip

    @extend_schema_field(serializers.CharField())
    def get_who_decides(self, forum: Forum) -> str:
        """As a phrase."""
        return FORMS[forum.form].decides


# --- What is sent ---------------------------------------------------------------------------------------------------


class ForumChanged(Sent):
    """Fields of a forum to change. `ends`: its last day; open memberships end with it."""

    name = serializers.CharField(max_length=160, required=False)
    level = serializers.ChoiceField(SpatialLevel.choices, required=False)
    arrangement = one(Arrangement.objects.all())
    places = serializers.PrimaryKeyRelatedField(queryset=Place.objects.all(), many=True, required=False)
    reports_to = one(Forum.objects.all())
    purpose = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    meets_in_public = serializers.BooleanField(required=False)
    private_reason = serializers.CharField(max_length=200, allow_blank=True, required=False)
    post = one(Post.objects.all())
    committees = serializers.PrimaryKeyRelatedField(queryset=Forum.objects.all(), many=True, required=False)
    ends = serializers.DateField(required=False)


class ForumFounded(ForumChanged):
    """A forum to record. `private_reason` is needed unless it meets in public."""

    host = BodyNamed()
    name = serializers.CharField(max_length=160)
    form = serializers.ChoiceField(Forum.Form.choices)
    level = serializers.ChoiceField(SpatialLevel.choices)
    starts = serializers.DateField()
    ends = None


def share() -> serializers.IntegerField:
    """The weight of a member's body in committees in common."""
    return serializers.IntegerField(min_value=1, max_value=1000, required=False, allow_null=True)


class MemberChanged(Sent):
    """Another holder, deputy, role or vote from `from_day` on; or `last_day`, to end the membership."""

    from_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False)
    role = serializers.ChoiceField(Membership.Role.choices, required=False)
    voting = serializers.BooleanField(required=False)
    share = share()
    holder = person()
    deputy = person()
    consented_on = serializers.DateField(required=False)
    consented_by = serializers.CharField(max_length=160, allow_blank=True, required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the two days."""
        if ("from_day" in values) == ("last_day" in values):
            raise serializers.ValidationError("Send from_day with what changes, or last_day to end it.")
        if "last_day" in values and len(values) > 1:
            raise serializers.ValidationError("Send last_day alone.")
        return values


class MemberAppointed(Sent):
    """A member to appoint. Without `agreed_on` it is an offer, which the body accepts or refuses.

    `consented_on`, when the convening body agreed, is needed where a body that is not statutory sits on a committee, a
    committee of the board or a joint committee.
    """

    organisation = BodyNamed()
    role = serializers.ChoiceField(Membership.Role.choices, default="member")
    voting = serializers.BooleanField(default=True)
    share = share()
    holder = person()
    deputy = person()
    agreed_on = serializers.DateField(required=False, allow_null=True)
    consented_on = serializers.DateField(required=False, allow_null=True)
    consented_by = serializers.CharField(max_length=160, allow_blank=True, required=False)
    starts = serializers.DateField()


class DeputyNamed(Sent):
    """A further deputy to name, between two days."""

    person = serializers.PrimaryKeyRelatedField(queryset=Person.objects.all())
    starts = serializers.DateField()
    ends = serializers.DateField(required=False, allow_null=True)


class DeputyEnded(Sent):
    """The last day of a further deputy."""

    last_day = serializers.DateField()


class TermsAdopted(Sent):
    """A version of the terms of reference to adopt."""

    adopted_on = serializers.DateField()
    review_on = serializers.DateField(required=False, allow_null=True)
    quorum = serializers.IntegerField(min_value=1, max_value=100)
    quorum_rules = serializers.JSONField(
        default=list, help_text="Objects with `kind` (of organisation) or `role`, and `at_least`."
    )
    voting_rule = serializers.ChoiceField(TermsOfReference.Rule.choices, required=False, allow_blank=True)
    casting_vote = serializers.BooleanField(default=False)
    disagreement_process = serializers.CharField(max_length=4_000, allow_blank=True, required=False)
    document = serializers.URLField(max_length=200, allow_blank=True, required=False)


class Forums(Written):
    """Forums, by name. POST records one, PATCH changes one that was read."""

    queryset = Forum.objects.select_related("host", "arrangement", "reports_to").prefetch_related("places")
    ordering = ("name", "id")
    filterset_class = ForumFilters
    serializer_class = ForumRow
    record_serializer_class = ForumRecord

    def get_queryset(self) -> Any:
        """A record also shows its terms, members, committees and lines."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        deputies = Prefetch("further_deputies", Deputy.objects.select_related("person").order_by("starts", "pk"))
        members = Membership.objects.select_related("organisation", "holder", "deputy").prefetch_related(deputies)
        return rows.select_related("post").prefetch_related(
            "terms", "committees", "reporting_forums", Prefetch("memberships", members.order_by("pk"))
        )

    @extend_schema(request=ForumFounded, responses={201: ForumRecord}, parameters=[IDEMPOTENCY_KEY])
    @once
    def create(self, request: Request) -> Response:
        """Record a forum of a body of yours."""
        self.require_a_host()
        values = values_of(ForumFounded, request)
        sets = {name: values.pop(name, []) for name in ("places", "committees")}
        made = actions.found_forum(by=request.actor, host=values.pop("host"), values=values, **sets)
        location = request.build_absolute_uri(f"/api/v1/forums/{made.pk}/")
        return self.read_again(made.pk, 201, Location=location)

    @extend_schema(request=ForumChanged, responses=ForumRecord, parameters=[IDEMPOTENCY_KEY, IF_MATCH])
    @once
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a forum, or end it."""

        def act(forum: Forum) -> None:
            values = values_of(ForumChanged, request, partial=True)
            last_day = values.pop("ends", None)
            sets = {name: values.pop(name, None) for name in ("places", "committees")}
            if values or any(rows is not None for rows in sets.values()):
                actions.edit_forum(by=request.actor, forum=forum, values=values, **sets)
            if last_day is not None:
                actions.end_forum(by=request.actor, forum=forum, last_day=last_day)

        return self.change(request, act)

    @extend_schema(
        request=MemberAppointed, responses={201: ForumRecord}, parameters=[IDEMPOTENCY_KEY], summary="Appoint a member"
    )
    @action(detail=True, methods=["post"], url_path="members", filterset_class=None, pagination_class=None)
    @once
    def members(self, request: Request, pk: str) -> Response:
        """Give a body a member on the forum; the answer is the forum as it is then."""
        forum = self.own(request)
        values = values_of(MemberAppointed, request)
        memberships.appoint(by=request.actor, forum=forum, organisation=values.pop("organisation"), values=values)
        return self.read_again(forum.pk, 201)

    @extend_schema(
        request=MemberChanged, responses=ForumRecord, parameters=[IDEMPOTENCY_KEY, IF_MATCH, MEMBER],
        summary="Change or end a membership",
    )  # fmt: skip
    @action(detail=True, methods=["patch"], url_path=r"members/(?P<member>[^/.]+)", url_name="member")
    @once
    def member(self, request: Request, pk: str, member: str) -> Response:
        """Another holder from a day on, or the end of a membership. If-Match is the forum's version."""

        def act(forum: Forum) -> None:
            row = self.part(forum.memberships.select_related("organisation", "forum__host"), member)
            values = values_of(MemberChanged, request, partial=True)
            if last_day := values.pop("last_day", None):
                memberships.end_membership(by=request.actor, membership=row, last_day=last_day)
                return
            from_day = values.pop("from_day")
            kept = {name: getattr(row, name) for name in ("role", "voting", "holder", "deputy")}
            memberships.change_membership(by=request.actor, membership=row, from_day=from_day, values=kept | values)

        return self.change(request, act)

    @extend_schema(
        request=DeputyNamed, responses={201: ForumRecord}, parameters=[IDEMPOTENCY_KEY, MEMBER],
        summary="Name a further deputy",
    )  # fmt: skip
    @action(
        detail=True, methods=["post"], url_path=r"members/(?P<member>[^/.]+)/deputies", filterset_class=None,
        pagination_class=None,
    )  # fmt: skip
    @once
    def deputies(self, request: Request, pk: str, member: str) -> Response:
        """Name a further deputy of a member; the answer is the forum as it is then."""
        forum = self.own(request)
        row = self.part(forum.memberships.select_related("organisation", "forum__host"), member)
        memberships.name_deputy(by=request.actor, membership=row, **values_of(DeputyNamed, request))
        return self.read_again(forum.pk, 201)

    @extend_schema(
        request=DeputyEnded, responses=ForumRecord, parameters=[IDEMPOTENCY_KEY, IF_MATCH, MEMBER, DEPUTY],
        summary="End a further deputy's time",
    )  # fmt: skip
    @action(
        detail=True, methods=["patch"], url_path=r"members/(?P<member>[^/.]+)/deputies/(?P<deputy>[^/.]+)",
        url_name="deputy",
    )  # fmt: skip
    @once
    def deputy(self, request: Request, pk: str, member: str, deputy: str) -> Response:
        """The last day of a further deputy. If-Match is the forum's version."""

        def act(forum: Forum) -> None:
            row = self.part(forum.memberships.all(), member)
            one = self.part(row.further_deputies.select_related("person", "membership__forum"), deputy)
            memberships.end_deputy(by=request.actor, deputy=one, **values_of(DeputyEnded, request))

        return self.change(request, act)

    @extend_schema(
        request=TermsAdopted, responses={201: ForumRecord}, parameters=[IDEMPOTENCY_KEY], summary="Adopt terms"
    )
    @action(detail=True, methods=["post"], url_path="terms", filterset_class=None, pagination_class=None)
    @once
    def terms(self, request: Request, pk: str) -> Response:
        """Adopt a version of the terms of reference; the answer is the forum as it is then."""
        forum = self.own(request)
        actions.adopt_terms(by=request.actor, forum=forum, values=values_of(TermsAdopted, request))
        return self.read_again(forum.pk, 201)
