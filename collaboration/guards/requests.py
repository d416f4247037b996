"""Guards of information requests and shared risks."""

from typing import Any

from ics_governance.workflow import Reason


def request_has_an_answer(request: Any) -> list[Reason]:
    """The answer is written."""
    return [] if request.answer.strip() else [Reason("The answer, or where it can be found", "answer")]


def refusal_names_its_reason(request: Any) -> list[Reason]:
    """A refusal names its lawful reason."""
    return [] if request.refusal.strip() else [Reason("The lawful reason for the refusal", "refusal")]


def risk_says_why_it_closed(risk: Any) -> list[Reason]:
    """A closed risk says why it is none any more."""
    return [] if risk.closed_why.strip() else [Reason("Why it is no longer a risk", "closed_why")]
