"""Rows to be, table by table, as plain data. They refer to each other by number and to known bodies by code."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
# The parts of a demonstration in the order in which they are written, each with its tables in that order.
STAGES = {
    "people": ("organisation", "organisationrelation", "user", "person", "employment", "rolemembership"),
    "arrangements": (
        "place",
        "place_councils",
        "arrangement",
        "arrangementmember",
        "gatewayreview",
        "fund",
        "contribution",
        "reportingline",
    ),
    "forums": ("post", "forum", "forum_places", "forum_committees", "termsofreference", "membership", "deputy"),
    "delegations": ("delegation", "delegation_places", "delegationreview", "suspension", "completeness"),
    "meetings": ("meeting", "meetingaudience", "agendaitem", "attendance"),
    "decisions": ("series", "decision", "decision_places", "decisionlead", "decisionaudience"),
    "actions": ("action",),
    "assessments": (
        "assessment",
        "assessmentaudience",
        "evidence",
        "answer",
        "evidencelink",
        "signoff",
        "moderation",
    ),
    "feedback": (
        "feedbackround",
        "feedbackaudience",
        "feedbackinvitation",
        "feedbackresponse",
        "feedbackresult",
        "feedbackcomment",
    ),
    "requests": ("informationrequest", "requestaudience", "sharedrisk", "riskaudience", "recordquery"),
    "notifications": ("notification",),
}


class Rows:
    """Rows by table. A reference to a row of this demonstration is its number (from 1, in its table).

    References to organisations, functions and frameworks are codes. Four keys are not columns: `path`, the states
    through which a row moves after its first one; `after`, the columns that are set once it is there; `turn`, for rows
    that can only be there when those of an earlier turn have moved on; `about`, the row whose key stands for `{pk}`.
    """

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {table: [] for stage in STAGES.values() for table in stage}

    def add(self, table: str, **values: Any) -> int:
        """Add a row and return its number."""
        rows = self.tables[table]
        rows.append(values)
        return len(rows)

    def get(self, table: str, number: int) -> dict[str, Any]:
        """The row of a number."""
        return self.tables[table][number - 1]

    def stage(self, name: str) -> Iterable[tuple[str, dict[str, Any]]]:
        """All rows of a stage in order, with their tables: what its digest is made from."""
        return ((table, row) for table in STAGES[name] for row in self.tables[table])

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))


@cache
def read(name: str) -> Any:
    """A YAML file of the demonstration."""
    return yaml.load((HERE / f"{name}.yaml").read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  (a safe loader)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def weight(code: str) -> float:
    """How much more than the others a body has to do in the demonstration."""
    return float(read("west_yorkshire")["denser"].get(code, 1))


def months_from(day: date, months: float) -> date:
    """The day so many months (of 30.44 days) later, or earlier when negative."""
    return day + timedelta(days=round(months * 30.44))
