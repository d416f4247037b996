"""Writes of the moderation: the ICB's view of each answer, the trust's replies, the end of it, an appeal."""

from django.db import transaction
from django.utils import timezone

from collaboration.access import P
from collaboration.models import Answer, Assessment, Moderation
from collaboration.queries.profiles import content_of
from ics_governance import ledger
from ics_governance.actions import locked
from ics_governance.context import system
from ics_governance.permissions import Actor
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from partnerships.access import require

from .assessments import move, named, tell, tell_moderators, tell_those_who

APPEAL_WITHIN = 10  # working days after the moderation is closed: our own rule
KEPT = ("rating", "note", "question", "settled")


@transaction.atomic
def moderate_answer(
    *, by: Actor, answer: Answer, rating: str = "", note: str = "", question: str = "", settled: bool = False
) -> Moderation:
    """The ICB's view of one answer: another rating with its reason, a question back, or that it is done with it."""
    assessment = answer.assessment
    require(by, P.ASSESSMENT_MODERATE, assessment)
    _check_view(assessment, answer, rating, note)
    with system("assessment.answer_moderated"):
        row = _view(answer)
        before = ledger.snapshot(row, KEPT)
        asked_now = bool(question.strip()) and question != row.question
        if asked_now and row.reply:
            raise GuardFailed([Reason("The question as it was answered; put what is left into the note", "question")])
        row.rating, row.note, row.question, row.settled = rating, note, question, settled
        if asked_now:
            row.asked_by_id, row.asked_at = by.user_id, timezone.now()
        row.save()
    _record("assessment.answer_moderated", by, assessment, answer, before, ledger.snapshot(row, KEPT))
    if asked_now:
        text = f"{{}}: the ICB asks about question {answer.kloe}"
        tell_those_who(P.ASSESSMENT_MANAGE, assessment, f"question:{row.pk}:{timezone.now():%H%M%S}", text, by)
    return row


def _view(answer: Answer) -> Moderation:
    row, _ = Moderation.objects.select_for_update(of=("self",)).get_or_create(answer=answer)
    return row


def _check_view(assessment: Assessment, answer: Answer, rating: str, note: str) -> None:
    if locked(assessment).state != Assessment.State.SUBMITTED:
        raise GuardFailed([Reason("Answers are moderated after the submission, until the moderation is closed.")])
    if rating and rating not in {each.code for each in content_of(assessment.framework).rating_scale}:
        raise GuardFailed([Reason("A rating of this framework", "rating")])
    if rating and rating != answer.rating and not note.strip():
        raise GuardFailed([Reason("Why it is rated otherwise", "note")])


@transaction.atomic
def reply(*, by: Actor, answer: Answer, reply: str) -> Moderation:
    """The trust answers a question back."""
    assessment = answer.assessment
    require(by, P.ASSESSMENT_MANAGE, assessment)
    if locked(assessment).state != Assessment.State.SUBMITTED:
        raise GuardFailed([Reason("The moderation is closed: a reply comes too late.")])
    if not reply.strip():
        raise GuardFailed([Reason("The reply", "reply")])
    with system("assessment.replied"):
        row = Moderation.objects.select_for_update(of=("self",)).filter(answer=answer).exclude(question="").first()
        if row is None:
            raise GuardFailed([Reason("Nothing was asked about this answer.")])
        if row.settled:
            raise GuardFailed([Reason("The ICB has settled this question.")])
        before = ledger.snapshot(row, ["reply"])
        row.reply, row.replied_by_id, row.replied_at = reply, by.user_id, timezone.now()
        row.save(update_fields=["reply", "replied_by", "replied_at"])
    _record("assessment.replied", by, assessment, answer, before, ledger.snapshot(row, ["reply"]))
    if row.asked_by_id:
        text = f"{named(assessment)}: the trust replied about question {answer.kloe}"
        tell([row.asked_by_id], assessment, f"reply:{row.pk}", text, f"moderation/{answer.kloe}/")
    return row


def _record(
    kind: str, by: Actor, assessment: Assessment, answer: Answer, before: dict[str, object], after: dict[str, object]
) -> None:
    """One entry about the assessment that names the question."""
    ledger.append(
        by=by, kind=kind, record=assessment, before=before, after={"question_code": answer.kloe, **after},
        organisation_id=assessment.subject_id,
    )  # fmt: skip


@transaction.atomic
def close_moderation(*, by: Actor, assessment: Assessment) -> Assessment:
    """The ICB is done; the trust may appeal once, within ten working days."""
    due = add_working_days(by.on, APPEAL_WITHIN)
    found = move("moderate", by, assessment, changes={"moderated_on": by.on, "answer_due": due})
    matter = f"moderated:{by.on}"
    tell_those_who(P.ASSESSMENT_SIGN, assessment, matter, "{} is moderated: accept it or appeal", by)
    return found


@transaction.atomic
def appeal(*, by: Actor, assessment: Assessment, why: str) -> Assessment:
    """The trust asks once, with its reason, that the ICB looks again."""
    require(by, P.ASSESSMENT_SIGN, assessment)
    if locked(assessment).appeal:
        raise GuardFailed([Reason("The trust has appealed before: there is one appeal.")])
    found = move("appeal", by, assessment, changes={"appeal": why})
    tell_moderators(assessment, "appealed", "{}: the trust appeals against your moderation", by)
    return found


@transaction.atomic
def accept(*, by: Actor, assessment: Assessment) -> Assessment:
    """The trust accepts the moderation: final."""
    found = move("accept", by, assessment)
    tell_moderators(assessment, "final", "{} is final: the trust has accepted your moderation", by)
    return found


@transaction.atomic
def finalise(*, by: Actor, assessment: Assessment) -> Assessment:
    """The time to appeal is over: final."""
    found = move("finalise", by, assessment)
    tell_those_who(P.ASSESSMENT_MANAGE, assessment, "final", "{} is final: the time to appeal is over", by)
    return found
