"""Guards of feedback rounds."""

from typing import Any

from django.utils import timezone

from ics_governance.wording import day
from ics_governance.workflow import Reason


def round_is_over(feedback_round: Any) -> list[Reason]:
    """Its last day is past, or everyone asked has answered or declined."""
    if feedback_round.closes_on < timezone.localdate():
        return []
    if all(each.answered_on or each.declined_on for each in feedback_round.invitations.all()):
        return []
    last = day(feedback_round.closes_on)
    return [Reason(f"An answer from everyone who was asked; or wait until {last} is past", "invitations")]


def cancelling_says_why(feedback_round: Any) -> list[Reason]:
    """A round that is cancelled says why."""
    return [] if feedback_round.reason.strip() else [Reason("Why the round is cancelled", "reason")]
