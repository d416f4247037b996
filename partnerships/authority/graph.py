"""The delegation graph: who holds which function by law, and every step by which it was passed on.

Plain immutable records without a database. A `Graph` is built once (by a loader, a test, a script) and asked many
times; its index is made on the first question. Money is `Decimal` pounds. All dates are inclusive; a missing start
means "always was", a missing end "goes on".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .index import Index

CONTRACT = "contract"
"""The legal basis of a lead provider's contract: it lets a provider spend, and passes on no function."""

LEVELS = ("neighbourhood", "place", "multi_place", "system", "multi_system", "region", "national")
"""Spatial levels, lowest first."""


class Form(StrEnum):
    """What kind of meeting body a forum is. Forms that are not named here behave like `COMMITTEE`.

    A joint venture behaves like a lead provider: its contract lets it spend, and passes on no function. A council of
    governors behaves like a consultative forum.
    """

    BOARD = "board"
    BOARD_COMMITTEE = "board_committee"
    COMMITTEE = "committee"
    JOINT_COMMITTEE = "joint_committee"
    COMMITTEES_IN_COMMON = "committees_in_common"
    CONSULTATIVE = "consultative_forum"
    INDIVIDUAL = "individual_executive"
    LEAD_PROVIDER = "lead_provider"
    JOINT_VENTURE = "joint_venture"
    COUNCIL_OF_GOVERNORS = "council_of_governors"


RECOMMENDING = frozenset({Form.CONSULTATIVE, Form.COUNCIL_OF_GOVERNORS})
"""Forms that never bind: they recommend, whatever was delegated to them."""


class Model(StrEnum):
    """The four steps of the devolution spectrum."""

    SEAT = "seat_at_table"
    JOINT = "joint_decision"
    DELEGATED = "delegated"
    TRANSFERRED = "fully_devolved"


class State(StrEnum):
    """Where a delegation stands in its workflow."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Node(NamedTuple):
    """A possible holder of authority: kind `body`, `forum` or `post`, and its id."""

    kind: str
    id: int

    @classmethod
    def body(cls, id: int) -> Node:
        """The body itself; its board acts for it."""
        return cls("body", id)

    @classmethod
    def forum(cls, id: int) -> Node:
        """A forum."""
        return cls("forum", id)

    @classmethod
    def post(cls, id: int) -> Node:
        """A named post."""
        return cls("post", id)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Node:
        """The node written as `kind:id`. Raises ValueError for anything else."""
        kind, _, number = text.partition(":")
        if kind not in ("body", "forum", "post"):
            raise ValueError(f"Not a body, forum or post: {text!r}")
        return cls(kind, int(number))


class Span(NamedTuple):
    """Days from a day to a day, both included; None is open."""

    starts: date | None = None
    ends: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day lies in it."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class Place:
    """A dated area. Outside its dates it lies in nobody's area."""

    id: int
    days: Span = Span()


@dataclass(frozen=True, slots=True)
class Footprint:
    """That a place lies in a body's area, between two days."""

    place: int
    days: Span = Span()


@dataclass(frozen=True, slots=True)
class Body:
    """A legal body. `area` None or empty: not recorded by places, so no place is held against it.

    `within`: the bodies in whose area it works (a trust's integrated care boards). `marks` say more about it for
    further approvals (such as `foundation_trust`). `days` is its life: edges from and to a closed body end with it,
    and do not pass to a successor by themselves.
    """

    id: int
    kind: str
    area: tuple[Footprint, ...] | None = None
    level: str = "system"
    marks: frozenset[str] = frozenset()
    days: Span = Span()
    within: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Participant:
    """A body that takes part in a joint committee or in committees in common.

    `share` is its weight in committees in common (any whole numbers; 1, 1, 2 means a quarter, a quarter, a half).
    """

    body: int
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Forum:
    """A meeting body. `body` is the legal body it belongs to; a board acts as that body.

    A joint committee and committees in common belong to no single body: `participants` says who takes part.
    `committees` are the constituent forums of committees in common, where the register keeps each by itself. `post`:
    whose forum it is, where one person decides; the two are one holder. `places`: what it meets for; they bound no
    authority, and tell whose matter it is where nobody names a place.
    """

    id: int
    form: str
    body: int | None
    level: str = "place"
    participants: tuple[Participant, ...] = ()
    committees: tuple[int, ...] = ()
    days: Span = Span()
    post: int | None = None
    places: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Post:
    """A named post in a body. `held` lists when somebody held it; None: not recorded, taken as held."""

    id: int
    body: int
    level: str = "place"
    held: tuple[Span, ...] | None = None
    days: Span = Span()

    def vacant(self, on: date) -> bool:
        """Whether nobody is recorded as holding the post on that day."""
        return self.held is not None and not any(span.covers(on) for span in self.held)


@dataclass(frozen=True, slots=True)
class Approval:
    """A further approval that a decision on a function needs, whoever takes it.

    `text` is a noun phrase ("governors' approval of a significant transaction"). It applies above an amount (None:
    always) and to accountable bodies of a kind or with a mark (empty: all).
    """

    text: str
    above: Decimal | None = None
    applies_to: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Function:
    """Something a kind of body is by law responsible for. Part of `parent`, where it has one.

    Not `delegable` means reserved: only the body's own board decides it. Empty `owner_kinds` are the parent's.
    """

    code: str
    family: str
    owner_kinds: frozenset[str] = frozenset()
    parent: str | None = None
    delegable: bool = True
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Fund:
    """A pooled fund with a limit of its own, shared by every delegation that draws on it."""

    id: int
    limit: Decimal | None = None
    annual: bool = False
    committed: tuple[tuple[int, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One delegation: `function` passes from `source` to `target`.

    `limit`: inclusive; for the whole life of a commitment, or for a financial year when `annual`. `committed` is
    what decisions already agreed have used, by the year in which the financial year starts (2026 for 2026/27).
    `places` empty: the source's whole area. `ended_on`: the last day of one that ended early. `suspensions`: when it
    was suspended; a `SUSPENDED` one without them is suspended on every day.
    """

    id: int
    function: str
    source: Node
    target: Node
    model: Model = Model.DELEGATED
    basis: str = ""
    instrument: str = ""
    state: State = State.IN_FORCE
    days: Span = Span()
    ended_on: date | None = None
    suspensions: tuple[Span, ...] = ()
    limit: Decimal | None = None
    annual: bool = False
    committed: tuple[tuple[int, Decimal], ...] = ()
    fund: int | None = None
    places: frozenset[int] = frozenset()
    onward_delegation_permitted: bool = False
    urgent: bool = False
    review_on: date | None = None
    conditions: str = ""


@dataclass(frozen=True, slots=True)
class Completeness:
    """From this day on the body declares its delegations of a family of functions to be all in the register."""

    body: int
    family: str
    complete_from: date


class UnknownRecord(LookupError):
    """The question or an edge names a body, forum, post, function or place that the graph does not hold."""


@dataclass(frozen=True)
class Graph:
    """Everything the resolver reads. Raises `UnknownRecord` on the first question when an edge points nowhere."""

    bodies: tuple[Body, ...] = ()
    forums: tuple[Forum, ...] = ()
    posts: tuple[Post, ...] = ()
    places: tuple[Place, ...] = ()
    functions: tuple[Function, ...] = ()
    edges: tuple[Edge, ...] = ()
    completeness: tuple[Completeness, ...] = ()
    funds: tuple[Fund, ...] = ()

    @cached_property
    def index(self) -> Index:
        """Look-ups by record; made once, some tens of milliseconds for England."""
        from .index import Index

        return Index(self)


def graph(**records: Iterable[object]) -> Graph:
    """A graph from any iterables, in any order: sorted by id, so that equal contents give equal graphs."""
    return Graph(**{name: tuple(sorted(rows, key=_order)) for name, rows in records.items()})  # type: ignore[arg-type]


def _order(row: object) -> tuple[str, str]:
    key = getattr(row, "id", None)
    return (f"{key:020d}" if isinstance(key, int) else str(getattr(row, "code", "")), repr(row))


def financial_year(day: date) -> int:
    """The year in which the financial year of a day starts: 2026 for 31 March 2027, 2027 for the day after."""
    return day.year if (day.month, day.day) >= (4, 1) else day.year - 1


def money_left(
    limit: Decimal | None, annual: bool, committed: tuple[tuple[int, Decimal], ...], on: date
) -> Decimal | None:
    """What a limit still allows on a day: itself for the life of a commitment, the year's rest when annual."""
    if limit is None or not annual:
        return limit
    year = financial_year(on)
    used = sum((amount for of_year, amount in committed if of_year == year), Decimal(0))
    return max(limit - used, Decimal(0))
