"""Reads about self-assessments: lists, one assessment with its answers, last year's beside, who may answer what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from collaboration.access import P
from collaboration.framework import Characteristic, Framework, Kloe
from collaboration.models import (
    Answer,
    AnswerVersion,
    Assessment,
    Capacity,
    EvidenceLink,
    Moderation,
    SectionAssignment,
    SignOff,
)
from collaboration.self_assessment import Gap, Given, content, digest, gap_of, gaps
from ics_governance.permissions import Actor
from partnerships.access import scope
from partnerships.models import Kind, Organisation, OrganisationRelation

from .profiles import content_of

CODE = "collaboration-2022"  # the framework that a trust answers
SUBMITTED = (Assessment.State.SUBMITTED, Assessment.State.MODERATED, Assessment.State.FINAL)


def year_of(day: date) -> int:
    """The calendar year in which the financial year of a day begins."""
    return day.year if day.month >= 4 else day.year - 1


def assessment_list(actor: Actor, filters: Mapping[str, Any]) -> QuerySet[Assessment]:
    """Assessments that this person may see, without their content."""
    rows = scope(actor, P.ASSESSMENT_VIEW, Assessment.objects.defer("content")).select_related("subject")
    if "year" in filters:
        rows = rows.filter(year=filters["year"])
    if "state" in filters:
        rows = rows.filter(state=filters["state"])
    for word in str(filters.get("q", "")).split()[:8]:
        rows = rows.filter(Q(subject__name__icontains=word) | Q(subject__ods_code__iexact=word))
    return rows


def to_begin(actor: Actor) -> list[Organisation]:
    """Trusts for which this person may begin this year's assessment, and has not."""
    bodies = actor.organisations(P.ASSESSMENT_MANAGE, Capacity.SUBJECT)
    if not bodies:
        return []
    begun = Assessment.objects.filter(year=year_of(actor.on), framework__code=CODE).values("subject")
    rows = Organisation.objects.filter(pk__in=bodies, kind=Kind.TRUST).exclude(pk__in=begun)
    return list(rows.order_by("name"))


def waiting_for(actor: Actor) -> QuerySet[Assessment]:
    """Assessments in which the next step is this person's: to write, to sign, to moderate, to answer."""
    rows = Assessment.objects.defer("content").select_related("subject")
    mine = {
        P.ASSESSMENT_MANAGE: Q(state="draft"),
        P.ASSESSMENT_SIGN: Q(state__in=("ready", "reviewed", "moderated")),
        P.ASSESSMENT_MODERATE: Q(state="submitted"),
    }
    found = Q(pk__in=[])
    for permission, condition in mine.items():
        found |= Q(pk__in=scope(actor, permission, Assessment.objects.filter(condition)).values("pk"))
    assigned = SectionAssignment.objects.filter(user=actor.user_id).values("assessment")
    found |= Q(state="draft", pk__in=assigned)
    signed = SignOff.objects.filter(void=False, user=actor.user_id).values("assessment")
    return rows.filter(found).exclude(state__in=("ready", "reviewed"), pk__in=signed).order_by("due_on", "pk")


# --- One assessment -----------------------------------------------------------------------------------------------


def for_page(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """An assessment with its subject and framework; the long columns come when they are asked for."""
    return rows.select_related("subject", "framework", "started_by").defer("content", "framework__content")


def answers_of(assessment: Assessment) -> list[Answer]:
    """All answers with who saved them, their evidence and the ICB's view."""
    links = EvidenceLink.objects.select_related("evidence__decision", "linked_by").order_by("pk")
    rows = Answer.objects.filter(assessment=assessment).select_related("saved_by", "moderation__asked_by")
    return list(rows.select_related("moderation__replied_by").prefetch_related(Prefetch("links", links)))


def piece_of(link: EvidenceLink) -> dict[str, Any]:
    """A piece of evidence as the content keeps it: enough to find it, and to see that it is the same."""
    evidence = link.evidence
    kept: dict[str, Any] = {"kind": evidence.kind, "title": evidence.title}
    match evidence.kind:
        case "file":
            kept |= {"file": evidence.file_name, "digest": evidence.digest}
        case "link":
            kept["url"] = evidence.url
        case "decision":
            kept["decision"] = evidence.decision_id
    return kept


def given(answers: Sequence[Answer]) -> dict[str, Given]:
    """The answers as plain values, by question."""
    return {row.kloe: Given(row.rating, row.text, tuple(map(piece_of, row.links.all()))) for row in answers}


def content_now(assessment: Assessment) -> dict[str, Any]:
    """What would be signed now."""
    return content_of_answers(assessment, content_of(assessment.framework), answers_of(assessment))


def content_of_answers(assessment: Assessment, framework: Framework, answers: Sequence[Answer]) -> dict[str, Any]:
    """The same from answers that are loaded already."""
    return content(framework, assessment.subject.code, assessment.year, given(answers))


def load_for_guards(assessment: Assessment) -> None:
    """Load what the guards of an assessment read."""
    answers = answers_of(assessment)
    look(assessment, content_of(assessment.framework), answers)


def look(assessment: Assessment, framework: Framework, answers: Sequence[Answer]) -> None:
    """Give the guards what they read from answers that are loaded already."""
    assessment.gaps = gaps(framework, given(answers))  # type: ignore[attr-defined]
    views = [row for answer in answers if (row := moderation_of(answer))]
    assessment.questions_back = views  # type: ignore[attr-defined]


def moderation_of(answer: Answer) -> Moderation | None:
    """The ICB's view of an answer, where there is one."""
    return getattr(answer, "moderation", None)


@dataclass(frozen=True)
class Before:
    """What was answered in an earlier year: as submitted, and as moderated."""

    years: str
    rating: str
    text: str
    moderated: str = ""
    note: str = ""


def last_year(assessment: Assessment) -> dict[str, Before]:
    """The answers of the newest earlier assessment that was submitted, by question."""
    earlier = Assessment.objects.filter(
        subject=assessment.subject_id, framework__code=assessment.framework.code, year__lt=assessment.year
    ).exclude(content=None)
    found = earlier.order_by("-year").first()
    if found is None or not found.content:
        return {}
    views = Moderation.objects.filter(answer__assessment=found).exclude(rating="", note="")
    seen = {row[0]: row[1:] for row in views.values_list("answer__kloe", "rating", "note")}
    return {
        kloe: Before(found.years, said["rating"], said["text"], *seen.get(kloe, ("", "")))
        for kloe, said in found.content["answers"].items()
    }


# --- Who may answer what ------------------------------------------------------------------------------------------


def assignments_of(assessment: Assessment) -> list[SectionAssignment]:
    """Who answers which section."""
    rows = SectionAssignment.objects.filter(assessment=assessment).select_related("user")
    return list(rows.order_by("characteristic", "user__name", "pk"))


def answers_everything(actor: Actor, assessment: Assessment) -> bool:
    """Whether this person answers for the trust itself, and so in every section."""
    return actor.system or assessment.subject_id in actor.organisations(P.ASSESSMENT_ANSWER, Capacity.SUBJECT)


def may_answer(actor: Actor, assessment: Assessment, characteristic: str) -> bool:
    """Whether this person may answer the questions of a section while the assessment is a draft."""
    if answers_everything(actor, assessment):
        return True
    mine = SectionAssignment.objects.filter(assessment=assessment, user=actor.user_id)
    return mine.filter(characteristic=characteristic).exists()


# --- Sections and questions as pages show them --------------------------------------------------------------------


@dataclass
class Question:
    """One question with its answer and what stands beside it."""

    characteristic: Characteristic
    kloe: Kloe
    number: int
    answer: Answer
    gap: Gap | None
    before: Before | None = None
    conflict: AnswerVersion | None = None
    moderation: Moderation | None = None

    @property
    def key(self) -> str:
        """The question's code as part of an id or a field's name."""
        return self.kloe.code.replace(".", "-")


@dataclass
class Section:
    """A characteristic with its questions and how many of them need nothing more."""

    characteristic: Characteristic
    questions: list[Question] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many questions it has."""
        return len(self.questions)

    @property
    def done(self) -> int:
        """How many need nothing more."""
        return sum(question.gap is None for question in self.questions)


def sections(
    framework: Framework, answers: Sequence[Answer], before: Mapping[str, Before] | None = None
) -> list[Section]:
    """All sections with their questions, in the framework's order."""
    rows, said = {row.kloe: row for row in answers}, given(answers)
    found = []
    for characteristic in framework.characteristics:
        section = Section(characteristic)
        for number, kloe in enumerate(characteristic.kloes, 1):
            if (answer := rows.get(kloe.code)) is None:
                continue
            gap = gap_of(framework, characteristic.code, kloe.code, said[kloe.code])
            question = Question(characteristic, kloe, number, answer, gap, (before or {}).get(kloe.code))
            question.moderation = moderation_of(answer)
            section.questions.append(question)
        found.append(section)
    return found


def conflicts_of(actor: Actor, assessment: Assessment) -> dict[int, AnswerVersion]:
    """What this person typed and somebody else's save came before, by answer."""
    rows = AnswerVersion.objects.filter(
        answer__assessment=assessment, saved_by=actor.user_id, came_second=True, settled=False
    )
    return {row.answer_id: row for row in rows.order_by("pk")}


# --- For scores ---------------------------------------------------------------------------------------------------


def latest_submitted(on: date) -> QuerySet[Assessment]:
    """For each body and framework the newest assessment that was submitted by a day: its content is what counts.

    Read it in a system context; `content["answers"][code]["rating"]` is a code of the framework's rating scale.
    """
    newest = Window(
        RowNumber(), partition_by=[F("subject"), F("framework__code")], order_by=[F("year").desc(), F("pk").desc()]
    )
    rows = Assessment.objects.filter(submitted_at__date__lte=on).annotate(place=newest).filter(place=1)
    return rows.order_by("subject", "pk")


def systems_of(subject: Organisation, on: date) -> list[tuple[int, str]]:
    """(organisation, capacity) of the ICBs that moderate a trust's assessment, and the regions that oversee them."""
    relations = OrganisationRelation.objects.on(on)
    icbs = list(
        relations.filter(source_body=subject, kind=OrganisationRelation.Kind.SYSTEM).values_list(
            "target_body", flat=True
        )
    )
    regions = relations.filter(source_body__in=icbs, kind=OrganisationRelation.Kind.REGION)
    above = sorted(set(regions.values_list("target_body", flat=True)))
    return [*((pk, Capacity.MODERATOR) for pk in sorted(set(icbs))), *((pk, Capacity.OVERSEER) for pk in above)]


def signed_digest(assessment: Assessment) -> str:
    """The digest that the stored content gives: equal to the receipt's, unless one of the two was changed."""
    return digest(assessment.content or {})
