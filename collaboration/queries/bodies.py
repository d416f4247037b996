"""A profile across a merger: the months of bodies as they were, and as they are now where that is honest.

Scores stay with the body that they are about. The months of two bodies are never added or averaged into those of the
body that they became: nobody was scored as both of them together. Only where one body alone became another are its
months joined to the other's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ics_governance.wording import day
from partnerships.models import Organisation, Succession
from partnerships.queries.naming import COLUMNS, Named

from .profiles import History, Standing, latest_versions

WAS, NOW = "was", "now"


@dataclass(frozen=True)
class Before:
    """A predecessor with its profiles, newest first, and the first day of its successor."""

    body: Named
    until: date | None
    whole: bool
    standings: tuple[Standing, ...]


@dataclass(frozen=True)
class Lineage:
    """What a body came from and what became of it, as its profile needs it."""

    before: tuple[Before, ...] = ()
    after: tuple[Named, ...] = ()
    marks: tuple[tuple[date, str], ...] = ()

    @property
    def joins(self) -> bool:
        """Whether one body alone became this one, so that its months are this one's."""
        return len(self.before) == 1 and self.before[0].whole

    @property
    def crosses(self) -> bool:
        """Whether a predecessor has months of its own to show."""
        return any(one.standings for one in self.before)

    @property
    def why(self) -> str:
        """What "as it is now" means here, in words."""
        names = " and ".join(one.body.label for one in self.before)
        since = f" on {day(self.before[0].until)}" if self.before and self.before[0].until else ""
        if self.joins:
            return f"{names} became this body{since}: its months come first, and a line marks the day."
        return (
            f"{names} passed into this body{since}. Their scores are not added up or averaged: nobody was scored as all"
            " of them together, so the line as it is now holds only this body’s own months."
        )


def lineage_of(history: History) -> Lineage:
    """Successions of a body in both directions, and its predecessors' profiles."""
    subject: Any = history.subject
    before = tuple(
        Before(
            _named(row), _day(row), row["how"] in Succession.WHOLE and not _existed(history.subject, _day(row)),
            _until(history.before.get(row["pk"], ()), _day(row)),
        )
        for row in subject.came_from
    )  # fmt: skip
    began = min((one.profile.as_of for one in history.standings), default=None)
    days = sorted({one.until for one in before if one.until})
    marks = tuple((on, "merger") for on in days if began is not None and began < on)
    return Lineage(before, tuple(_named(row) for row in subject.became), marks)


def _until(standings: Iterable[Standing], on: date | None) -> tuple[Standing, ...]:
    """The months of a body while it was there."""
    return tuple(one for one in latest_versions(standings) if on is None or one.profile.as_of < on)


def _named(row: Mapping[str, Any]) -> Named:
    return Named(**{name: row[name] for name in COLUMNS})


def _day(row: Mapping[str, Any]) -> date | None:
    return date.fromisoformat(row["on"]) if row["on"] else None


def _existed(subject: Organisation, on: date | None) -> bool:
    """Whether the successor was there before: then its own months go on, and the other's stay apart."""
    return subject.opened is None or on is None or subject.opened < on


def joined(own: Sequence[Standing], lineage: Lineage, bodies: str) -> list[Standing]:
    """Profiles of the trend, newest first: with the one predecessor's months before them when that is asked for."""
    if bodies != NOW or not lineage.joins:
        return list(own)
    first = min((one.profile.as_of for one in own), default=date.max)
    return [*own, *(one for one in lineage.before[0].standings if one.profile.as_of < first)]
