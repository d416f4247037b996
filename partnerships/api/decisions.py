"""`/decisions/`: decisions, with what they rest on and why. `/public/decisions/`: those that were released."""

from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from ics_governance.api_views import Records
from partnerships.access import P, scope
from partnerships.authority import Status
from partnerships.models import Action, Decision, DecisionLead, Meeting
from partnerships.queries.authority import Asked

from .authority import AuthorityAnswer, in_words
from .filters import Body, Day, Flag, Id, OfFunction, Words, one_of
from .parts import BodyPart, DecisionPart, ForumPart, FunctionPart, PlacePart, Visible

SEARCHED = "reference title text"


class DecisionFilters(django_filters.FilterSet):
    """Filters of decisions."""

    forum = Id(field_name="forum_id")
    host = Body(field_name="forum__host")
    meeting = Id(method="of_meeting", label="Decisions of a meeting that may be seen.")
    lead = Body(field_name="leads__organisation")
    function = OfFunction(field_name="function")
    place = Id(field_name="places")
    state = one_of(Decision.State.choices)
    kind = one_of(Decision.Kind.choices)
    weight = one_of(Decision.Weight.choices)
    authority = one_of([(status.value, status.value) for status in Status], field_name="authority_status")
    released = Flag(field_name="released_at", lookup_expr="isnull", exclude=True)
    since = Day(field_name="decided_on", lookup_expr="gte")
    until = Day(field_name="decided_on", lookup_expr="lte")
    q = Words(field_name=SEARCHED)

    def of_meeting(self, rows: Any, name: str, value: int) -> Any:
        """Decisions of a meeting; a released one does not tell which meeting, unless that may be seen too."""
        return rows.filter(meeting__in=scope(self.request.actor, P.MEETING_VIEW, Meeting.objects.filter(pk=value)))


class PublicFilters(django_filters.FilterSet):
    """Filters of the public register."""

    forum = Id(field_name="forum_id")
    host = Body(field_name="forum__host")
    function = OfFunction(field_name="function")
    place = Id(field_name="places")
    since = Day(field_name="decided_on", lookup_expr="gte")
    until = Day(field_name="decided_on", lookup_expr="lte")
    q = Words(field_name=SEARCHED)


class DecisionRow(serializers.ModelSerializer):
    """A decision. `amount`: pounds over the whole life. `meeting`: null also where it may not be seen."""

    forum = ForumPart()
    host = BodyPart(source="forum.host")
    meeting = serializers.IntegerField(source="meeting.id", default=None, allow_null=True)
    function = FunctionPart(allow_null=True)

    class Meta:
        model = Decision
        fields = (
            "id", "reference", "version", "title", "state", "kind", "weight", "means", "decided_on", "forum", "host",
            "meeting", "function", "amount", "level", "authority_status", "released_at",
        )  # fmt: skip


class WithAuthority(serializers.ModelSerializer):
    """The resolver's answer as it stood when the decision was taken, with its sentence; null: no function was named."""

    authority = serializers.SerializerMethodField()

    @extend_schema_field(AuthorityAnswer(allow_null=True))
    def get_authority(self, decision: Decision) -> dict[str, Any] | None:
        """The stored answer."""
        stored = decision.authority_answer
        return in_words(Asked.from_json(stored)) if stored else None


class DecisionRecord(WithAuthority, DecisionRow):
    """A decision with its text, its reasons, what it rests on and what follows."""

    places = PlacePart(many=True)
    leads = serializers.SerializerMethodField()
    lead_officer = serializers.CharField(source="lead_officer.name", default=None, allow_null=True)
    accountable_body = BodyPart(allow_null=True)
    corrects = DecisionPart(allow_null=True)
    actions = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta(DecisionRow.Meta):
        fields = (
            *DecisionRow.Meta.fields, "text", "places", "leads", "lead_officer", "accountable_body", "authority",
            "subsidiarity", "options", "effect_health", "effect_quality", "effect_resources", "effect_inequalities",
            "engagement", "engagement_note", "equality", "equality_note", "departures", "review_on", "outcome_note",
            "authority_was_missing", "papers_issued_on", "complete_at_issue", "corrects", "correction_reason",
            "withheld_reason", "actions",
        )  # fmt: skip

    @extend_schema_field(BodyPart(many=True))
    def get_leads(self, decision: Decision) -> Any:
        """The bodies that lead it."""
        return BodyPart([row.organisation for row in decision.leads.all()], many=True).data


class Decisions(Visible):
    """Decisions that the person may see: those of its bodies' forums, and all that were released."""

    queryset = Decision.objects.select_related("forum__host", "meeting", "function")
    ordering = ("-decided_on", "-id")
    filterset_class = DecisionFilters
    serializer_class = DecisionRow
    record_serializer_class = DecisionRecord

    def get_queryset(self) -> Any:
        """A record also shows its parts."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        return rows.select_related("lead_officer", "accountable_body", "corrects").prefetch_related(
            "places", Prefetch("leads", DecisionLead.objects.select_related("organisation")), "actions"
        )


class PublicAction(serializers.ModelSerializer):
    """What follows from a decision, who does it, and by when."""

    owner = BodyPart()

    class Meta:
        model = Action
        fields = ("title", "owner", "due", "state")


class PublicRow(serializers.ModelSerializer):
    """A released decision, as the public register shows it. `url` does not change."""

    forum = ForumPart()
    host = BodyPart(source="forum.host")
    function = FunctionPart(allow_null=True)
    accountable_body = BodyPart(allow_null=True)
    places = PlacePart(many=True)
    actions = PublicAction(many=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = (
            "id", "reference", "version", "title", "text", "state", "kind", "decided_on", "forum", "host", "function",
            "amount", "places", "accountable_body", "authority_status", "effect_health", "effect_quality",
            "effect_resources", "effect_inequalities", "options", "actions", "released_at", "url",
        )  # fmt: skip

    def get_url(self, decision: Decision) -> str:
        """Its page in the register."""
        return f"{settings.SITE_URL}{reverse('register-decision', args=[decision.reference])}"


class PublicRecord(WithAuthority, PublicRow):
    """The same with the authority that it rests on."""

    class Meta(PublicRow.Meta):
        fields = (*PublicRow.Meta.fields, "authority")


class PublicDecisions(Records):
    """Released decisions, the latest first. No sign-in: everyone gets the same answer."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    queryset = (
        Decision.objects.filter(released_at__isnull=False)
        .select_related("forum__host", "function", "accountable_body")
        .prefetch_related("places", "actions__owner")
    )
    ordering = ("-decided_on", "-id")
    filterset_class = PublicFilters
    serializer_class = PublicRow
    record_serializer_class = PublicRecord
