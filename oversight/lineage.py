"""What a merger, split, acquisition or end of bodies does to everything that is theirs: a plan, made of plain records.

Every record gets exactly one `Move`: it is carried on by a successor (it ends on the last day of the old order and
begins anew on the first day of the new one), it ends, or it is left alone. Nothing here reads or writes a database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
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

    @property
    def choice(self) -> str:
        """The choice as it is typed and stored: `carry_on:1` names the second successor."""
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


def plan(
    order: Order, records: Iterable[Record], choices: Mapping[str, str] | None = None, held: Iterable[Record] = ()
) -> Plan:
    """What becomes of every record. `choices` by key override the defaults where they are possible at all.

    `held` are records that an existing successor has already: what they hold is not carried on a second time.
    """
    rows = sorted(records, key=lambda row: (KINDS.index(row.kind), _rank(order, row), row.id))
    return _Planner(order, rows, dict(choices or {}), list(held)).run()


def _rank(order: Order, row: Record) -> int:
    places = {body.id: number for number, body in enumerate(order.predecessors)}
    return places.get(row.body, len(places))


class _Planner:
    """Decides one record after the other; earlier decisions are what later ones rest on."""

    def __init__(self, order: Order, rows: Sequence[Record], choices: dict[str, str], held: Sequence[Record]) -> None:
        self.order, self.rows, self.choices = order, rows, choices
        self.held: dict[str, Record] = {row.same: row for row in held if row.same}
        self.moves: dict[str, Move] = {}
        self.keepers: dict[tuple[str, int], int] = {}
        self.groups: dict[str, list[Record]] = defaultdict(list)
        for row in rows:
            if row.same:
                self.groups[row.same].append(row)
        self.problems: list[Problem] = []
        self.names = {(0, row.label) for row in held if row.kind == "place"}
        self.leads: set[int] = {0} if any(row.facts.get("lead_of_its_own") for row in held) else set()

    def run(self) -> Plan:
        """Every record in turn."""
        for row in self.rows:
            self.moves[row.key] = self._decide(row)
        rows = [move.record for move in self.moves.values() if not move.record.of]
        late = [row for row in rows if self._is_late(row) and row.facts.get("status") != "draft"]
        self.problems += [
            Problem(f"{row.label} begins only on {row.starts:%-d %B %Y}: it stays as recorded.", blocks=False)
            for row in late
        ]
        return Plan(self.order, tuple(self.moves.values()), tuple(self.problems))

    # --- One record -----------------------------------------------------------------------------------------------

    def _decide(self, row: Record) -> Move:
        if self._is_over(row):
            return self._fixed(row, Fate.LEAVE, "It ended before.")
        if row.of:
            return self._part(row)
        if self._is_late(row) and row.facts.get("status") != "draft":
            return self._fixed(row, Fate.LEAVE, "It begins only afterwards and stays as recorded: correct it by hand.")
        refusal = self._refusal(row)
        if refusal is not None:
            return self._fixed(row, *refusal)
        default, why = self._default(row)
        options = self._options(row)
        fate, to = self._chosen(row, default, options)
        if fate == Fate.CARRY and row.same and not self._keeps(row, to):
            return self._fixed(row, Fate.END, self._taken_by(row, to), options)
        changes: dict[str, Any] = {}
        if fate == Fate.CARRY:
            changes, more = self._changes(row, to)
            why = " ".join(text for text in (why if fate == default else "", more) if text)
        return self._move(row, fate, default, options, to, why if fate == default or changes else "", changes)

    def _part(self, row: Record) -> Move:
        """A part shares the fate of its whole; a seat is not taken twice by the same successor."""
        whole = self.moves.get(row.of)
        if whole is None or whole.fate == Fate.LEAVE:
            return self._fixed(row, Fate.LEAVE, "Stays with what it is part of.")
        if whole.fate == Fate.END:
            return self._fixed(row, Fate.LEAVE if self._is_late(row) else Fate.END, "Ends with what it is part of.")
        to = whole.to or 0
        if row.same and not self._keeps(row, to):
            return self._fixed(row, Fate.LEAVE if self._is_late(row) else Fate.END, self._taken_by(row, to))
        return self._move(row, Fate.CARRY, Fate.CARRY, (Fate.CARRY,), to, "", {})

    def _move(
        self, row: Record, fate: Fate, default: Fate, options: tuple[str, ...], to: int, reason: str,
        changes: Mapping[str, Any],
    ) -> Move:  # fmt: skip
        carried, ends = fate == Fate.CARRY, fate in (Fate.CARRY, Fate.END)
        dated = row.kind not in UNDATED and not self._is_late(row)
        return Move(
            row, fate, default, options, to if carried else None,
            self.order.last_day if ends and dated else None,
            max(self.order.on, row.starts or self.order.on) if carried else None, reason, changes,
        )  # fmt: skip

    def _fixed(self, row: Record, fate: Fate, reason: str, options: tuple[str, ...] = ()) -> Move:
        return self._move(row, fate, fate, options or (fate,), 0, reason, {})

    def _is_over(self, row: Record) -> bool:
        return row.ends is not None and row.ends < self.order.on

    def _is_late(self, row: Record) -> bool:
        return row.starts is not None and row.starts >= self.order.on

    # --- Choices --------------------------------------------------------------------------------------------------

    def _options(self, row: Record) -> tuple[str, ...]:
        """What may be chosen, the usual first."""
        carry = tuple(f"{Fate.CARRY}:{number}" if number else str(Fate.CARRY) for number in self._parts())
        if row.kind == "council_place":
            return (*carry, Fate.LEAVE)
        if self.order.closes and row.kind in NOT_LEFT:
            return (*carry, Fate.END)
        return (*carry, Fate.END, Fate.LEAVE)

    def _parts(self) -> range:
        return range(len(self.order.successors))

    def _chosen(self, row: Record, default: Fate, options: tuple[str, ...]) -> tuple[Fate, int]:
        typed = self.choices.get(row.key, "")
        choice = parse(typed) if typed in options else None
        return choice or (default, self._usual_part(row))

    def _usual_part(self, row: Record) -> int:
        """In a split: where what it rests on goes."""
        for key in row.facts.get("follows", ()):
            move = self.moves.get(key)
            if move is not None and move.fate == Fate.CARRY:
                return move.to or 0
        return 0

    def _default(self, row: Record) -> tuple[Fate, str]:
        if not self.order.successors:
            return Fate.END, ""
        if not self.order.closes:
            return self._default_of_a_part(row)
        if row.kind == "forum" and row.facts.get("form") in BOARDS:
            return Fate.END, "The successor has a board and committees of its own; record them, or carry this one on."
        if row.kind == "cluster" and not row.facts.get("others"):
            return Fate.END, "Nobody else is left in this cluster."
        if row.kind == "delegation" and row.facts.get("status") == "draft":
            return Fate.CARRY, "A draft: it stays a draft, of the successor."
        return Fate.CARRY, ""

    def _default_of_a_part(self, row: Record) -> tuple[Fate, str]:
        """Where the predecessor goes on, only what rests on something that passes goes with it."""
        follows = [self.moves[key] for key in row.facts.get("follows", ()) if key in self.moves]
        if row.kind == "delegation":
            follows = [self.moves[key] for key in [row.facts.get("target", "")] if key in self.moves]
        if row.kind in ("forum", "arrangement", "delegation") and any(move.fate == Fate.CARRY for move in follows):
            return Fate.CARRY, "What it rests on passes."
        return Fate.LEAVE, ""

    # --- What cannot be carried on --------------------------------------------------------------------------------

    def _refusal(self, row: Record) -> tuple[Fate, str] | None:
        """A fate that leaves no choice, with its reason."""
        if row.facts.get("within"):
            return Fate.END, "Both ends of it become one body."
        if not self.order.successors:
            return None
        if row.kind == "relation" and row.facts.get("relation") == "region" and self.order.region_named:
            return Fate.END, "The region of the new body is named in the draft."
        if row.kind == "delegation" and self.order.closes:
            return self._delegation_refused(row)
        return None

    def _delegation_refused(self, row: Record) -> tuple[Fate, str] | None:
        facts = row.facts
        if not facts.get("alive", True):
            return Fate.END, "The other side of it has ended."
        if self._is_gone(facts.get("target", "")):
            return Fate.END, "Whoever holds it ends."
        if facts.get("source", "").startswith("post:") and self._is_gone(facts["source"]):
            return Fate.END, "The post that passed it on ends."
        if facts.get("places") and not facts.get("other_places") and all(map(self._is_gone, facts["places"])):
            return Fate.END, "None of its places goes on."
        if self._is_gone(facts.get("source", "")) and facts.get("form") != "board" and self._above(row) is None:
            return Fate.END, "The forum that passed it on ends, and held no such function of its own."
        return None

    def _is_gone(self, key: str) -> bool:
        """Whether something of the predecessors is not carried on."""
        move = self.moves.get(key)
        return move is not None and move.fate != Fate.CARRY

    # --- Not twice ------------------------------------------------------------------------------------------------

    def _keeps(self, row: Record, to: int) -> bool:
        """Whether this body's record is the one that a successor keeps of several that are the same to it."""
        if self._stands_in_the_way(row, to):
            return False
        keeper = self.keepers.get((row.same, to))
        if keeper is None:
            wanted = [other for other in self.groups[row.same] if self._wants(other, to)]
            named = [other for other in wanted if parse(self.choices.get(other.key, "")) == (Fate.CARRY, to)]
            first = min(named or wanted or [row], key=lambda other: not other.facts.get("preferred"))
            keeper = self.keepers[(row.same, to)] = first.body
        return row.body == keeper

    def _stands_in_the_way(self, row: Record, to: int) -> bool:
        """Whether the successor has the same already; a link of its own gives way to one that leads."""
        own = self.held.get(row.same) if to == 0 else None
        if own is None:
            return False
        return bool(own.facts.get("lead")) or not self._any_leads(row)

    def _any_leads(self, row: Record) -> bool:
        live = [other for other in self.groups[row.same] if not self._is_late(other) and not self._is_over(other)]
        return any(other.facts.get("lead") for other in live)

    def _wants(self, row: Record, to: int) -> bool:
        if self._is_over(row) or self._is_late(row):
            return False
        if row.of:
            return True
        fate, part = self._chosen(row, self._default(row)[0], self._options(row))
        return fate == Fate.CARRY and part == to

    def _taken_by(self, row: Record, to: int) -> str:
        if to == 0 and row.same in self.held and self.keepers.get((row.same, to)) is None:
            return f"{self.order.successors[0].name} is there already."
        return "Another predecessor is carried on here: the successor is not here twice."

    # --- What changes ---------------------------------------------------------------------------------------------

    def _changes(self, row: Record, to: int) -> tuple[dict[str, Any], str]:
        if row.kind == "relation":
            return self._lead(row, to)
        if row.kind == "place":
            return self._name(row, to)
        if row.kind == "delegation":
            return self._source(row)
        return {}, ""

    def _name(self, row: Record, to: int) -> tuple[dict[str, Any], str]:
        """Two places of one name are told apart by the body that they come from."""
        name = row.label
        if (to, name) in self.names:
            body = next((body.name for body in self.order.predecessors if body.id == row.body), "")
            name = f"{row.label[:60]} ({body[:50]})"
        self.names.add((to, name))
        return ({"name": name}, "Another place has this name.") if name != row.label else ({}, "")

    def _lead(self, row: Record, to: int) -> tuple[dict[str, Any], str]:
        """A link that several predecessors had leads where one of theirs did; a body has one lead at a time."""
        if row.facts.get("relation") != "system":
            return {}, ""
        lead, was = self._any_leads(row), bool(row.facts.get("lead"))
        own = self.held.get(row.same) if to == 0 else None
        changes: dict[str, Any] = {"replaces": own.id} if own is not None else {}
        if lead and row.facts.get("outgoing"):
            if to in self.leads:
                return changes | {"lead": False}, "The successor has another lead ICB: this one leads no longer."
            self.leads.add(to)
        return (changes, "") if lead == was else (changes | {"lead": lead}, "It leads from then on.")

    def _source(self, row: Record) -> tuple[dict[str, Any], str]:
        """A delegation by a forum that ends goes on as one by the body itself, never beyond the forum's own limit."""
        if not row.facts.get("source", "").startswith("forum:") or not self._is_gone(row.facts["source"]):
            return {}, ""
        changes: dict[str, Any] = {"from_forum_id": None}
        above = self._above(row)
        if above is not None:
            limits = [one.facts["limit"] for one in (row, above) if one.facts.get("limit") is not None]
            if limits and Decimal(min(limits)) != row.facts.get("limit"):
                changes["limit"] = Decimal(min(limits))
            ends = [one.ends for one in (row, above) if one.ends is not None]
            if ends and min(ends) != row.ends:
                changes["ends"] = min(ends)
        return changes, "From the successor’s board, in place of the forum that ends; within that forum’s own limit."

    def _above(self, row: Record) -> Record | None:
        """The delegation by which the forum at the source holds the function itself."""
        found = [
            one
            for one in self.rows
            if one.kind == "delegation" and one.facts.get("target") == row.facts.get("source")
            and one.facts.get("function") == row.facts.get("function") and one.key != row.key
            and one.facts.get("status") != "draft"
            and not self._is_over(one) and not self._is_late(one)
        ]  # fmt: skip
        return max(found, key=lambda one: (Decimal(one.facts.get("limit") or 10**13), -one.id), default=None)


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
            found.append(Problem(f"{body.name} closed on {body.closed:%-d %B %Y} already.", about="before"))
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
