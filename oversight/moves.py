"""What a restructure is about, in plain records: the order, what belongs to its bodies, and what becomes of each.

Every record gets exactly one `Move`: it is carried on by a successor (it ends on the last day of the old order and
begins anew on the first day of the new one), it ends, or it is left alone. What had not begun by then has no day in the
old order: it begins with the successor on its own day, or not at all. `lineage` decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What becomes of a record."""

    CARRY = "carry_on"
    END = "end"
    LEAVE = "leave"


# In this order records are decided, and written: a later one may rest on an earlier one.
KINDS = (
    "relation", "cluster", "place", "council_place", "arrangement", "arrangement_member", "represented", "fund",
    "reporting_line", "forum", "post", "employment", "role", "membership", "delegation",
)  # fmt: skip
UNDATED = frozenset({"fund", "council_place"})  # nothing of them ends: the successor is added
NOT_LEFT = frozenset({"relation", "cluster", "place", "role"})  # of a body that closes
ROOTS = frozenset({"place", "arrangement", "forum", "post"})  # others rest on them: one that never began cannot just go
SHARED = frozenset({"relation", "cluster", "arrangement_member"})  # in a split every part may have them
TO_ALL = "carry_on:all"
BOARDS = ("board", "board_committee")


@dataclass(frozen=True, slots=True)
class Body:
    """A body as the plan needs it. `id` None: it is opened by the restructure."""

    id: int | None
    name: str
    kind: str
    opened: date | None = None
    closed: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is to happen: which bodies, from which day. `closes`: nothing is left of the predecessors."""

    kind: str
    on: date
    predecessors: tuple[Body, ...]
    successors: tuple[Body, ...] = ()
    region_named: bool = False

    @property
    def closes(self) -> bool:
        """Whether the predecessors are no more from the day on."""
        return self.kind in ("merge", "split", "close")

    @property
    def last_day(self) -> date:
        """The last day of the old order."""
        return self.on - timedelta(days=1)

    def late(self, row: Record) -> bool:
        """Whether a record begins only in the new order."""
        return row.starts is not None and row.starts >= self.on

    def unbegun(self, row: Record) -> bool:
        """Whether it holds nothing in the old order: it is put into the new one, or withdrawn. A draft stays one."""
        return self.late(row) and row.facts.get("status") != "draft"

    def over(self, row: Record) -> bool:
        """Whether a record had ended in the old order."""
        return row.ends is not None and row.ends < self.on

    def widens(self, to: int) -> bool:
        """Whether a successor's area is more than that of any one predecessor."""
        return len(self.predecessors) > 1 or self.successors[to].id is not None

    def named(self, body: int) -> str:
        """What a predecessor is called."""
        return next((one.name for one in self.predecessors if one.id == body), "")

    @property
    def family(self) -> frozenset[int]:
        """Ids of the predecessors."""
        return frozenset(body.id for body in self.predecessors if body.id is not None)


@dataclass(frozen=True, slots=True)
class Record:
    """Something that belongs to a predecessor, or in which it takes part.

    `of`: the record it is a part of, whose fate it shares. `same`: of records with an equal one a successor keeps only
    those of one body. `facts` are what the rules of its kind read (see `queries.restructures`).
    """

    kind: str
    id: int
    label: str
    body: int
    starts: date | None = None
    ends: date | None = None
    of: str = ""
    same: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How choices and other records name it: `forum:12`."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one record, and why. `to` is the number of the successor that carries it on.

    `changes` are fields of the new record that differ from the old one's.
    """

    record: Record
    fate: Fate
    default: Fate
    options: tuple[str, ...]
    to: int | None = None
    last_day: date | None = None
    first_day: date | None = None
    reason: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[int, ...] = ()  # further successors that have it too, of a link that a split does not divide

    @property
    def choice(self) -> str:
        """The choice as it is typed and stored: `carry_on:1` names the second successor."""
        if self.also:
            return TO_ALL
        return f"{self.fate}:{self.to}" if self.fate == Fate.CARRY and self.to else str(self.fate)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to know before it is carried out; `blocks`: it is refused while this is so."""

    text: str
    blocks: bool = True
    about: str = ""  # before, after or day


@dataclass(frozen=True)
class Plan:
    """All moves, in the order of `KINDS`, and what stands against carrying it out."""

    order: Order
    moves: tuple[Move, ...]
    problems: tuple[Problem, ...] = ()

    def by_key(self) -> dict[str, Move]:
        """The move of each record."""
        return {move.record.key: move for move in self.moves}

    def counts(self) -> dict[str, Counter[str]]:
        """How many records of each kind have which fate."""
        found: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        for move in self.moves:
            found[move.record.kind][move.fate] += 1
        return {kind: count for kind, count in found.items() if count}


def parse(choice: str) -> tuple[Fate, int] | None:
    """A typed choice: its fate and the number of the successor; None for anything else."""
    name, _, part = choice.partition(":")
    numbered = name == Fate.CARRY and part.isascii() and part.isdigit() and len(part) < 3
    if name not in set(Fate) or (part and not numbered):
        return None
    return Fate(name), int(part or 0)


def moved_summary(plan: Plan, made: Mapping[str, int]) -> dict[str, Any]:
    """What an event keeps of a plan that was carried out: how many, and which."""
    ended = [move.record.key for move in plan.moves if move.fate == Fate.END]
    return {
        "counts": {kind: dict(count) for kind, count in plan.counts().items()},
        "made": dict(made),
        "ended": ended,
    }


def order_problems(order: Order) -> list[Problem]:
    """What stands against the order itself: its bodies and its day."""
    found = []
    fewest = 2 if order.kind == "merge" and not any(body.id for body in order.successors) else 1
    if len(order.predecessors) < fewest:
        found.append(Problem(f"Name at least {'two bodies' if fewest == 2 else 'one body'}.", about="before"))
    if order.kind in ("split", "acquire", "rename", "close") and len(order.predecessors) > 1:
        found.append(
            Problem("Name one body only: what becomes of another is a restructure of its own.", about="before")
        )
    if order.kind == "split" and len(order.successors) < 2:
        found.append(Problem("Name at least two bodies into which it is split.", about="after"))
    for body in order.predecessors:
        if body.opened is not None and order.last_day < body.opened:
            found.append(
                Problem(f"{body.name} opened on {body.opened:%-d %B %Y}: choose a later first day.", about="day")
            )
        if body.closed is not None and body.closed < order.on:
            found.append(Problem(f"The last day of {body.name} is {body.closed:%-d %B %Y} already.", about="before"))
    for body in order.successors:
        if body.id is not None and body.id in order.family:
            found.append(Problem(f"{body.name} cannot be both what is before and what comes after.", about="after"))
        if body.opened is not None and body.opened > order.on:
            found.append(Problem(f"{body.name} does not exist yet on that day.", about="day"))
        if body.closed is not None and body.closed < order.on:
            closed = f"{body.closed:%-d %B %Y}"
            found.append(Problem(f"{body.name} closed on {closed}: a closed body carries nothing on.", about="after"))
    kinds = {body.kind for body in (*order.predecessors, *order.successors)}
    if order.kind in ("merge", "split", "acquire") and len(kinds) > 1:
        text = "Bodies of different kinds do not pass into one another: their functions differ by law."
        found.append(Problem(text, about="after"))
    return found
