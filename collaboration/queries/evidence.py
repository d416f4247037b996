"""The records behind a number: what happened to each, and which of them this person may open."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from collaboration import indicators
from collaboration.explanation import Record
from collaboration.indicators import Row, Window
from ics_governance.context import system
from ics_governance.permissions import Actor

from .record_names import Named, names_of

CLOSED = "A record you may not open"


@dataclass(frozen=True)
class Shown:
    """A record as it is listed: what happened to it, and where it is, if this person may open it."""

    row: Row
    title: str = ""
    href: str = ""

    @property
    def open(self) -> bool:
        """Whether this person may see the record itself."""
        return bool(self.title)

    def as_record(self) -> Record:
        """The same for the explanation. Nothing is told of a record that this person may not open."""
        row = self.row
        title, what = (self.title, row.happened) if self.open else (CLOSED, "")
        return Record(f"{row.kind} {row.record}", title, what, row.numerator, row.denominator, self.href, row.act)


@dataclass(frozen=True)
class Evidence:
    """The records of one indicator, newest first: those counted, those that lack what would count, those queried."""

    counted: list[Shown] = field(default_factory=list)
    unrecorded: list[Shown] = field(default_factory=list)
    queried: list[Shown] = field(default_factory=list)

    def of(self, row: Row) -> list[Shown]:
        """Where a row belongs."""
        return self.queried if row.queried else self.counted if row.denominator else self.unrecorded

    @property
    def rows(self) -> list[Row]:
        """Every record that is part of the count, counted or lacking what would be."""
        return [shown.row for shown in (*self.counted, *self.unrecorded)]

    @property
    def closed(self) -> int:
        """How many of the counted records this person may not open."""
        return sum(not shown.open for shown in self.counted)


def evidence(
    actor: Actor, subject: int, codes: Iterable[str], window: Window, limit: int | None = None
) -> dict[str, Evidence]:
    """The records behind indicators of a profile that the actor may see, by code.

    Whoever may see a number may see how many records it rests on and what each counts; a record itself is shown only
    to those who may open it. With a `limit`, only so many of each indicator are looked up by name.
    """
    codes = list(codes)
    with system("the records behind a profile", savepoint=False):
        rows = indicators.rows(codes, window, subject)
    named = _named(actor, rows if limit is None else _worth_a_name(rows, limit))
    found = {code: Evidence() for code in codes}
    for row in rows:
        shown = Shown(row, *named.get((row.kind, row.record), ("", "")))
        found[row.indicator].of(row).append(shown)
    return found


def _worth_a_name(rows: Iterable[Row], limit: int) -> list[Row]:
    """The first few of each indicator, counted and not, and those that something can still be done about."""
    taken: dict[tuple[str, bool], int] = {}
    kept = []
    for row in rows:
        key = (row.indicator, bool(row.denominator))
        taken[key] = taken.get(key, 0) + 1
        if taken[key] <= limit or row.act:
            kept.append(row)
    return kept


def _named(actor: Actor, rows: Iterable[Row]) -> Named:
    """Title and address of each record that the actor may see."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.kind, set()).add(row.record)
    return names_of(actor, wanted)
