"""Guards of queries about records."""

from typing import Any

from ics_governance.workflow import Reason


def answer_is_given(query: Any) -> list[Reason]:
    """The keeper says why."""
    return [] if query.answer.strip() else [Reason("What was found, so that the body can follow it", "answer")]
