"""`/cases/`: cases of the escalation process, each with its file, and the moves that it permits."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import Prefetch, Q
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from collaboration.models import ConcernRespondent
from ics_governance.api_views import number
from ics_governance.api_writes import IDEMPOTENCY_KEY, IF_MATCH, etag, once, require_version
from ics_governance.permissions import Refused
from oversight.actions.cases import move as carry_out
from oversight.forms.cases import move_form
from oversight.models import Case
from oversight.process import ASKS
from oversight.queries.case_file import CaseFile, file_of
from oversight.queries.cases import ASKED_ELSEWHERE, cases_of
from oversight.timeline import lines_of, who
from oversight.workflows import CASE
from partnerships.api.filters import Body, Day, Flag, Words, one_of
from partnerships.api.parts import BodyPart, ReasonPart, Visible


class CaseFilters(django_filters.FilterSet):
    """Filters of cases."""

    stage = one_of(Case.Stage.choices)
    open = Flag(method="of_open", label="Cases that are not closed, or that are.")
    holder = Body(field_name="holder")
    respondent = Body(field_name="concern__respondents__organisation")
    overridden = Flag(method="of_overridden", label="Cases that went to oversight review by an urgent override.")
    due_before = Day(field_name="due_on", lookup_expr="lt")
    opened_since = Day(field_name="opened_on", lookup_expr="gte")
    q = Words(field_name="reference concern__title")

    def of_open(self, rows: Any, name: str, value: bool) -> Any:
        """Open ones, or closed ones."""
        closed = Q(stage=Case.Stage.CLOSED)
        return rows.filter(~closed if value else closed)

    def of_overridden(self, rows: Any, name: str, value: bool) -> Any:
        """With the mark of an override, or without."""
        return rows.filter(overridden=value)


class CaseRow(serializers.ModelSerializer):
    """A case. `due_on` null: no clock runs. `version` counts its moves: send it back as If-Match to make one."""

    title = serializers.CharField(source="concern.title")
    holder = BodyPart()
    respondents = serializers.SerializerMethodField()
    in_confidence = serializers.BooleanField(source="concern.in_confidence")

    class Meta:
        model = Case
        fields = (
            "id", "reference", "title", "stage", "holder", "respondents", "in_confidence", "opened_on", "stage_since",
            "due_on", "overridden", "outcome", "closed_on", "version",
        )  # fmt: skip

    @extend_schema_field(BodyPart(many=True))
    def get_respondents(self, case: Case) -> Any:
        """The bodies it is about."""
        return BodyPart([row.organisation for row in case.concern.respondents.all()], many=True).data


class FactPart(serializers.Serializer):
    """A fact as one side states it. `by`: whose statement it is, "a partner" for a raiser in confidence."""

    number = serializers.IntegerField()
    text = serializers.CharField()
    by = serializers.CharField()
    state = serializers.ChoiceField(["awaiting", "agreed", "disputed"])
    reply_due = serializers.DateField(allow_null=True)
    replies = serializers.ListField(child=serializers.DictField())


class ReplyPart(serializers.Serializer):
    """The right of reply of a respondent on one occasion; `replied_on` null: it has not been used."""

    organisation = BodyPart()
    occasion = serializers.CharField()
    due_on = serializers.DateField()
    replied_on = serializers.DateField(allow_null=True)
    text = serializers.CharField()


class LinePart(serializers.Serializer):
    """A line of the timeline."""

    on = serializers.DateField()
    text = serializers.CharField()


class CaseRecord(serializers.Serializer):
    """A case with its file, as far as the person may see it. `raised_by`: "a partner" where that is hidden."""

    id = serializers.IntegerField(source="case.pk")
    reference = serializers.CharField(source="case.reference")
    title = serializers.CharField(source="case.concern.title")
    stage = serializers.ChoiceField(Case.Stage.choices, source="case.stage")
    holder = BodyPart(source="case.holder")
    raised_by = serializers.CharField(source="raiser_name")
    respondents = BodyPart(many=True)
    in_confidence = serializers.BooleanField(source="case.concern.in_confidence")
    what_happened = serializers.CharField(source="case.concern.facts")
    wanted = serializers.CharField(source="case.concern.wanted")
    behaviours = serializers.ListField(child=serializers.CharField(), source="case.concern.behaviours")
    characteristics = serializers.ListField(child=serializers.CharField(), source="case.concern.characteristics")
    opened_on = serializers.DateField(source="case.opened_on")
    stage_since = serializers.DateField(source="case.stage_since")
    due_on = serializers.DateField(source="case.due_on", allow_null=True)
    overridden = serializers.BooleanField(source="case.overridden")
    outcome = serializers.CharField(source="case.outcome")
    learnt = serializers.CharField(source="case.learnt")
    closed_on = serializers.DateField(source="case.closed_on", allow_null=True)
    version = serializers.IntegerField(source="case.version")
    facts = serializers.SerializerMethodField()
    replies = ReplyPart(many=True, source="parts.replies")
    timeline = serializers.SerializerMethodField()

    @extend_schema_field(FactPart(many=True))
    def get_facts(self, file: CaseFile) -> list[dict[str, Any]]:
        """Each fact with the answers to it."""
        return [_fact(file, fact) for fact in file.parts.facts]

    @extend_schema_field(LinePart(many=True))
    def get_timeline(self, file: CaseFile) -> Any:
        """What happened, the newest first."""
        return LinePart(lines_of(file), many=True).data


def _fact(file: CaseFile, fact: Any) -> dict[str, Any]:
    replies = [
        {"by": who(file, row), "agrees": row.agrees, "text": row.text, "on": row.on.isoformat()}
        for row in file.parts.fact_replies
        if row.fact_id == fact.pk
    ]
    due: date | None = fact.reply_due
    return {
        "number": fact.number, "text": fact.text, "by": who(file, fact, fact.by_side), "state": fact.state,
        "reply_due": due.isoformat() if due else None, "replies": replies,
    }  # fmt: skip


class MovePart(serializers.Serializer):
    """A move that the person may make in this stage: possible, or with the reasons why not yet.

    `asks` are the values that it takes; those in `needs` must be given.
    """

    event = serializers.CharField()
    label = serializers.CharField()
    target = serializers.ChoiceField(Case.Stage.choices)
    possible = serializers.BooleanField()
    reasons = ReasonPart(many=True)
    asks = serializers.ListField(child=serializers.CharField())
    needs = serializers.ListField(child=serializers.CharField())


class Moves(serializers.Serializer):
    """The permitted moves of a case, and the version that one of them is made upon."""

    version = serializers.IntegerField()
    moves = MovePart(many=True)


class MoveMade(serializers.Serializer):
    """A move to make: the event, and what it asks for."""

    event = serializers.ChoiceField([row.event for row in CASE.transitions if row.event not in ASKED_ELSEWHERE])
    reason = serializers.CharField(required=False, allow_blank=True)
    signpost = serializers.CharField(required=False)
    outcome = serializers.ChoiceField(Case.Outcome.choices, required=False)
    learnt = serializers.CharField(required=False, allow_blank=True)
    lead = serializers.IntegerField(required=False, help_text="Id of a person of the body that holds the case.")
    days = serializers.IntegerField(required=False, min_value=1, max_value=500)
    lead_case = serializers.IntegerField(required=False)


class Cases(Visible):
    """Cases that the person may see: those its bodies raised, answer, hold or oversee."""

    http_method_names = ["get", "head", "post"]
    queryset = Case.objects.select_related("concern", "holder").prefetch_related(
        Prefetch("concern__respondents", ConcernRespondent.objects.select_related("organisation"))
    )
    ordering = ("-opened_on", "-id")
    filterset_class = CaseFilters
    serializer_class = CaseRow

    @extend_schema(responses=CaseRecord)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One case with its file. The ETag is the version that a move is made upon."""
        file = self._file()
        return Response(CaseRecord(file).data, headers={"ETag": etag(file.case.version)})

    @extend_schema(methods=["GET"], responses=Moves)
    @extend_schema(
        methods=["POST"], request=MoveMade, responses=CaseRecord,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
    )  # fmt: skip
    @action(detail=True, methods=["get", "post"])
    def moves(self, request: Request, pk: str) -> Response:
        """The permitted moves with the reasons against the others; POST makes one."""
        return self._make(request) if request.method == "POST" else self._list()

    def _file(self) -> CaseFile:
        seen = cases_of(self.request.actor).filter(pk=number(self.kwargs["pk"]))
        reference = seen.values_list("reference", flat=True).first()
        return file_of(self.request.actor, reference or "")

    def _list(self) -> Response:
        file = self._file()
        rows = [
            {
                "event": move.transition.event,
                "label": move.transition.label,
                "target": move.transition.target,
                "possible": move.possible,
                "reasons": [{"text": reason.text, "missing": reason.field} for reason in move.reasons],
                "asks": [name.rstrip("*") for name in ASKS[move.transition.event]],
                "needs": [name[:-1] for name in ASKS[move.transition.event] if name.endswith("*")],
            }
            for move in file.moves
        ]
        return Response({"version": file.case.version, "moves": rows}, headers={"ETag": etag(file.case.version)})

    @once
    def _make(self, request: Request) -> Response:
        file, sent = self._file(), MoveMade(data=request.data)
        sent.is_valid(raise_exception=True)
        event = sent.validated_data["event"]
        if CASE.find(event).permission not in file.held:
            raise Refused(CASE.find(event).permission)
        require_version(request, file.case.version)
        unknown = set(request.data) - {"event", *(name.rstrip("*") for name in ASKS[event])}
        if unknown:
            raise exceptions.ValidationError({name: [f"“{event}” does not take this."] for name in sorted(unknown)})
        form = move_form({**sent.validated_data, "version": file.case.version}, file.case, event, self.request.actor)
        if not form.is_valid():
            raise exceptions.ValidationError(form.errors)
        carry_out(
            by=self.request.actor, case=file.case, event=event, reason=form.reason, changes=form.changes,
            seen=file.case.version,
        )  # fmt: skip
        moved = self._file()
        return Response(CaseRecord(moved).data, headers={"ETag": etag(moved.case.version)})
