"""`/assessments/`: self-assessments with their answers and evidence; answers are changed by who read their version."""

from typing import Any

import django_filters
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from collaboration.access import P
from collaboration.actions import assessments as actions
from collaboration.actions import evidence
from collaboration.models import Answer, Assessment
from collaboration.queries import assessments as queries
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import place_of
from ics_governance.api_views import Endpoint, number
from ics_governance.api_writes import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    VersionChanged,
    etag,
    once,
    require_version,
)
from ics_governance.permissions import Refused
from partnerships.access import visible_or_404
from partnerships.api.filters import Body, one_of
from partnerships.api.parts import BodyPart, Visible

from .profiles import FrameworkPart


class AssessmentFilters(django_filters.FilterSet):
    """Filters of self-assessments."""

    subject = Body(field_name="subject")
    year = django_filters.NumberFilter(label="The calendar year in which the financial year begins.")
    state = one_of(Assessment.State.choices)


class AssessmentRow(serializers.ModelSerializer):
    """A trust's self-assessment of one year. `digest`: SHA-256 of the content as submitted, its receipt."""

    subject = BodyPart()
    framework = FrameworkPart()

    class Meta:
        model = Assessment
        fields = (
            "id", "subject", "framework", "year", "state", "due_on", "submitted_at", "digest", "board_met_on", "minute",
            "moderated_on", "answer_due",
        )  # fmt: skip


class AssessmentRecord(AssessmentRow):
    """The same with the content as submitted; null before its submission."""

    content = serializers.JSONField(allow_null=True)

    class Meta(AssessmentRow.Meta):
        fields = (*AssessmentRow.Meta.fields, "content")


class Assessments(Visible):
    """Self-assessments that the person may see."""

    queryset = Assessment.objects.select_related("subject", "framework").defer("framework__content")
    ordering = ("-year", "-id")
    filterset_class = AssessmentFilters
    serializer_class = AssessmentRow
    record_serializer_class = AssessmentRecord

    def get_queryset(self) -> Any:
        """A list leaves the content out."""
        rows = super().get_queryset()
        return rows if self.action == "retrieve" else rows.defer("content", "framework__content")


class EvidencePart(serializers.Serializer):
    """A piece of evidence of an answer."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="Of a link; empty for files and decisions.")
    digest = serializers.CharField(help_text="SHA-256 of a file.")


class AnswerRecord(serializers.Serializer):
    """The answer to one question. `version` counts its saves; it is the answer's ETag."""

    question = serializers.CharField(source="kloe")
    rating = serializers.CharField()
    text = serializers.CharField()
    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField(allow_null=True)
    evidence = serializers.SerializerMethodField()

    def get_evidence(self, answer: Answer) -> list[dict[str, Any]]:
        """In the order in which it was given."""
        return [dict(EvidencePart(link.evidence).data) for link in answer.links.all()]


class AnswerChange(serializers.Serializer):
    """What may be changed of an answer; what is left out stays."""

    rating = serializers.CharField(required=False, allow_blank=True, max_length=4)
    text = serializers.CharField(required=False, allow_blank=True, max_length=actions.LONGEST)


class NewEvidence(serializers.Serializer):
    """Evidence where it is published (`url` and `title`), or the reference of a `decision`."""

    url = serializers.URLField(required=False, max_length=500)
    title = serializers.CharField(required=False, max_length=200)
    dated_on = serializers.DateField(required=False, allow_null=True, default=None)
    decision = serializers.CharField(required=False, max_length=30, help_text="Reference: QWO-2026-0143.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One of the two, whole."""
        if "decision" in values:
            other = [name for name in ("url", "title", "dated_on") if name in self.initial_data]
            faults = {name: ["Leave this out: a decision has its own."] for name in other}
        else:
            faults = {name: ["This field is required."] for name in ("url", "title") if name not in values}
        if faults:
            raise exceptions.ValidationError(faults)
        return values


def fits(serializer: Any) -> Any:
    """The values of a body that is right; every fault of another."""
    data = serializer.initial_data
    if not isinstance(data, dict):
        raise exceptions.ValidationError({"body": ["Send a JSON object."]})
    faults = {name: ["Not a field of this record."] for name in data if name not in serializer.fields}
    texts = [value for value in data.values() if isinstance(value, str)]
    if any("\0" in text for text in texts):
        faults["body"] = ["A NUL character is no text."]
    if faults:
        raise exceptions.ValidationError(faults)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class Part(Endpoint):
    """Something that belongs to an assessment which the person may see."""

    permission_classes = (IsAuthenticated,)

    def assessment(self, pk: str) -> Assessment:
        """The assessment; 404 for what is not seen."""
        return visible_or_404(self.request.actor, queries.for_page(Assessment.objects.all()), pk=number(pk))  # type: ignore[attr-defined]

    def answer(self, pk: str, question: str) -> Answer:
        """One of its answers."""
        found = self.assessment(pk)
        for row in queries.answers_of(found):
            if row.kloe == question:
                row.assessment = found
                return row
        raise Http404

    def writable(self, pk: str, question: str) -> Answer:
        """The same, if this person answers its section; 403 otherwise."""
        row = self.answer(pk, question)
        place = place_of(content_of(row.assessment.framework), question)
        if place is None or not queries.may_answer(self.request.actor, row.assessment, place[0].code):  # type: ignore[attr-defined]
            raise Refused(P.ASSESSMENT_ANSWER)
        return row


class Answers(Part):
    """The answers of an assessment."""

    @extend_schema(responses=AnswerRecord(many=True))
    def get(self, request: Request, pk: str) -> Response:
        """All of them, in the order of the questions; fewer than a hundred, so on one page."""
        rows = AnswerRecord(queries.answers_of(self.assessment(pk)), many=True).data
        return Response({"next": None, "previous": None, "results": rows})


class OneAnswer(Part):
    """The answer to one question."""

    http_method_names = ["get", "head", "patch"]

    @extend_schema(responses=AnswerRecord)
    def get(self, request: Request, pk: str, question: str) -> Response:
        """The answer with its evidence."""
        row = self.answer(pk, question)
        return Response(AnswerRecord(row).data, headers={"ETag": etag(row.version)})

    @extend_schema(request=AnswerChange, responses=AnswerRecord, parameters=[IF_MATCH, IDEMPOTENCY_KEY])
    @once
    def patch(self, request: Request, pk: str, question: str) -> Response:
        """Change rating or text, beginning from the version that was read."""
        row = self.writable(pk, question)
        require_version(request, row.version)
        values = fits(AnswerChange(data=request.data))
        said = {"rating": row.rating, "text": row.text, **values}
        saved = actions.save_answer(by=request.actor, answer=row, version=row.version, **said)  # type: ignore[attr-defined]
        if saved.conflict:
            raise VersionChanged("Somebody has changed this since you read it. Read it again, then decide.")
        return Response(AnswerRecord(saved.answer).data, headers={"ETag": etag(saved.answer.version)})


class AnswerEvidence(Part):
    """The evidence of one answer."""

    http_method_names = ["get", "head", "post"]

    @extend_schema(responses=EvidencePart(many=True))
    def get(self, request: Request, pk: str, question: str) -> Response:
        """What was given for it; at most twenty pieces, so on one page."""
        rows = [link.evidence for link in self.answer(pk, question).links.all()]
        return Response({"next": None, "previous": None, "results": EvidencePart(rows, many=True).data})

    @extend_schema(request=NewEvidence, responses={201: EvidencePart}, parameters=[IDEMPOTENCY_KEY])
    @once
    def post(self, request: Request, pk: str, question: str) -> Response:
        """Give a link or a decision. Files are uploaded on the page, where they are checked as they arrive."""
        row = self.writable(pk, question)
        values = fits(NewEvidence(data=request.data))
        by = request.actor  # type: ignore[attr-defined]
        if reference := values.get("decision"):
            given = evidence.give_decision(by=by, answer=row, reference=reference)
        else:
            given = evidence.give_link(by=by, answer=row, **values)
        return Response(EvidencePart(given).data, status=201)
