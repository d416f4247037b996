"""Guards of self-assessments."""

from typing import Any

from django.utils import timezone

from ics_governance.wording import day
from ics_governance.workflow import Reason


def every_question_is_answered(assessment: Any) -> list[Reason]:
    """Every question has a rating, with the evidence or the reason that the rating asks for."""
    return [
        Reason(gap.words, link=f"/assessments/{assessment.pk}/sections/{gap.characteristic}/#q-{anchor(gap.kloe)}")
        for gap in assessment.gaps
    ]


def anchor(kloe: str) -> str:
    """A question's code as part of an element's id: 1-4 for 1.4."""
    return kloe.replace(".", "-")


def board_meeting_is_named(assessment: Any) -> list[Reason]:
    """The meeting of the board that approved it is named, with its minute, and has been held."""
    reasons = []
    if assessment.board_met_on is None:
        reasons.append(Reason("The day on which the board approved it", "board_met_on"))
    elif assessment.board_met_on > timezone.localdate():
        reasons.append(Reason("A day that is past: the board approves before the signature", "board_met_on"))
    if not assessment.minute.strip():
        reasons.append(Reason("The reference of the board's minute", "minute"))
    return reasons


def says_why_it_goes_back(assessment: Any) -> list[Reason]:
    """Opening it again says why."""
    return [] if assessment.returned_note.strip() else [Reason("Why it is opened again", "returned_note")]


def questions_back_are_settled(assessment: Any) -> list[Reason]:
    """Every question back to the trust is settled."""
    return [
        Reason(
            f"Question {row.answer.kloe}: {'settle it' if row.reply else 'the reply of the trust'}",
            link=f"/assessments/{assessment.pk}/moderation/{row.answer.kloe}/",
        )
        for row in assessment.questions_back
        if row.question and not row.settled
    ]


def appeal_is_in_time(assessment: Any) -> list[Reason]:
    """An appeal has its reason, and comes before the time for it is over."""
    reasons = []
    if not assessment.appeal.strip():
        reasons.append(Reason("The reason of the appeal", "appeal"))
    if assessment.answer_due and timezone.localdate() > assessment.answer_due:
        reasons.append(Reason(f"An appeal until {day(assessment.answer_due)}; that day is past"))
    return reasons


def time_to_appeal_is_over(assessment: Any) -> list[Reason]:
    """The day until which the trust may appeal is past."""
    if assessment.answer_due and timezone.localdate() <= assessment.answer_due:
        return [Reason(f"The trust's answer; or wait until {day(assessment.answer_due)} is past")]
    return []
