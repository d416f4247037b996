"""What a merger, split, acquisition or end of bodies does to everything that is theirs: a plan, made of plain records.

Each record is decided in turn, in the order of `KINDS`; what a delegation becomes is worked out in `novation`. Nothing
here reads or writes a database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from oversight.moves import (
    BOARDS,
    KINDS,
    NOT_LEFT,
    ROOTS,
    SHARED,
    TO_ALL,
    UNDATED,
    Fate,
    Move,
    Order,
    Plan,
    Problem,
    Record,
    parse,
)
from oversight.novation import NO_LIMIT, Novations


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
        self.leads = [(0, row) for row in held if row.facts.get("lead_of_its_own")]
        self.novations = Novations(order, rows, self.moves, held)
        self.wide = [row for row in held if row.kind == "delegation" and not _named_places(row)]

    def run(self) -> Plan:
        """Every record in turn."""
        for row in self.rows:
            self.moves[row.key] = self._decide(row)
        if self.wide and any(move.fate == Fate.CARRY for move in self.moves.values() if move.record.kind == "place"):
            name, many = self.order.successors[0].name, len(self.wide)
            what = "delegation of its own names" if many == 1 else "delegations of its own name"
            text = f"The area of {name} grows: {many} {what} no places and will cover the new ones too."
            self.problems.append(Problem(text, blocks=False))
        return Plan(self.order, tuple(self.moves.values()), tuple(self.problems))

    # --- One record -----------------------------------------------------------------------------------------------

    def _decide(self, row: Record) -> Move:
        if self.order.over(row):
            return self._fixed(row, Fate.LEAVE, "It ended before.")
        if row.of:
            return self._part(row)
        if row.kind in ROOTS and self.order.late(row) and not self.order.successors:
            return self._stands_against(row)
        refusal = self._refusal(row)
        if refusal is not None:
            return self._fixed(row, *refusal)
        default, why = self._default(row)
        options = self._options(row)
        fate, to = self._chosen(row, default, options)
        if fate == Fate.CARRY and row.same and not self._keeps(row, to):
            return self._fixed(row, Fate.END, self._taken_by(row, to), options)
        changes: Mapping[str, Any] = {}
        reasons = [why if fate == default else ""]
        if fate == Fate.CARRY:
            changes, more, refused = self._changes(row, to)
            if refused:
                return self._fixed(row, Fate.END if self.order.closes else Fate.LEAVE, refused, options)
            reasons += [more, "It begins only afterwards, with the successor." if self.order.unbegun(row) else ""]
        move = self._move(row, fate, default, options, to, " ".join(filter(None, reasons)), changes)
        return self._shared(move) if self._to_all(row, fate) else move

    def _part(self, row: Record) -> Move:
        """A part shares the fate of its whole; a seat is not taken twice by the same successor."""
        whole = self.moves.get(row.of)
        if whole is None or whole.fate == Fate.LEAVE:
            return self._fixed(row, Fate.LEAVE, "Stays with what it is part of.")
        if whole.fate == Fate.END:
            return self._fixed(row, Fate.END, "Ends with what it is part of.")
        to = whole.to or 0
        if row.same and not self._keeps(row, to):
            return self._fixed(row, Fate.END, self._taken_by(row, to))
        return self._move(row, Fate.CARRY, Fate.CARRY, (Fate.CARRY,), to, "", {})

    def _stands_against(self, row: Record) -> Move:
        """What has not begun cannot end, and others may rest on it: a body that nobody carries on must not have it."""
        day = f"{row.starts:%-d %B %Y}"
        self.problems.append(Problem(f"{row.label} begins only on {day}, after the last day: correct its first day."))
        return self._fixed(row, Fate.LEAVE, "It begins only afterwards.")

    def _move(
        self, row: Record, fate: Fate, default: Fate, options: tuple[str, ...], to: int, reason: str,
        changes: Mapping[str, Any],
    ) -> Move:  # fmt: skip
        carried, ends = fate == Fate.CARRY, fate in (Fate.CARRY, Fate.END)
        dated = row.kind not in UNDATED and not self.order.late(row)
        return Move(
            row, fate, default, options, to if carried else None,
            self.order.last_day if ends and dated else None,
            max(self.order.on, row.starts or self.order.on) if carried else None, reason, changes,
        )  # fmt: skip

    def _fixed(self, row: Record, fate: Fate, reason: str, options: tuple[str, ...] = ()) -> Move:
        return self._move(row, fate, fate, options or (fate,), 0, reason, {})

    # --- Choices --------------------------------------------------------------------------------------------------

    def _options(self, row: Record) -> tuple[str, ...]:
        """What may be chosen, the usual first."""
        carry = tuple(f"{Fate.CARRY}:{number}" if number else str(Fate.CARRY) for number in self._parts())
        carry = (*carry, TO_ALL) if self._divisible(row) else carry
        if row.kind == "council_place":
            return (*carry, Fate.LEAVE)
        if row.kind in ROOTS and self.order.late(row):
            return carry if self.order.closes else (*carry, Fate.LEAVE)
        if self.order.closes and row.kind in NOT_LEFT:
            return (*carry, Fate.END)
        return (*carry, Fate.END, Fate.LEAVE)

    def _parts(self) -> range:
        return range(len(self.order.successors))

    def _chosen(self, row: Record, default: Fate, options: tuple[str, ...]) -> tuple[Fate, int]:
        typed = self.choices.get(row.key, "")
        if typed == TO_ALL and typed in options:
            return Fate.CARRY, 0
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
        if row.kind == "forum" and row.facts.get("form") in BOARDS and not self.order.late(row):
            return Fate.END, "The successor has a board and committees of its own; record them, or carry this one on."
        if row.kind == "forum" and self._ends(f"arrangement:{row.facts.get('arrangement')}"):
            return Fate.END, "The partnership that it belongs to ends."
        if row.kind == "cluster" and not row.facts.get("others"):
            return Fate.END, "Nobody else is left in this cluster."
        if row.kind == "delegation" and row.facts.get("status") == "draft":
            return Fate.CARRY, "A draft: it stays a draft, of the successor."
        return Fate.CARRY, ""

    def _ends(self, key: str) -> bool:
        return key in self.moves and self.moves[key].fate == Fate.END

    def _default_of_a_part(self, row: Record) -> tuple[Fate, str]:
        """Where the predecessor goes on, only what rests on something that passes goes with it."""
        follows = [self.moves[key] for key in row.facts.get("follows", ()) if key in self.moves]
        if row.kind == "delegation":
            follows = [self.moves[key] for key in [row.facts.get("target", "")] if key in self.moves]
        if row.kind in ("forum", "arrangement", "delegation") and any(move.fate == Fate.CARRY for move in follows):
            return Fate.CARRY, "What it rests on passes."
        return Fate.LEAVE, ""

    # --- To every part of a split ---------------------------------------------------------------------------------

    def _divisible(self, row: Record) -> bool:
        return self.order.kind == "split" and row.kind in SHARED and not row.of and len(self.order.successors) > 1

    def _to_all(self, row: Record, fate: Fate) -> bool:
        """Whether every part has it: as chosen, and a region also when nothing is chosen."""
        if fate != Fate.CARRY or not self._divisible(row):
            return False
        typed = self.choices.get(row.key, "")
        return typed == TO_ALL or (row.facts.get("relation") == "region" and parse(typed) is None)

    def _shared(self, move: Move) -> Move:
        """Also carried on by the other parts; of a link to one body one alone leads."""
        also = tuple(to for to in self._parts() if to != move.to and self._keeps_of_the_rest(move.record, to))
        return replace(move, also=also, reason=move.reason or "Every part of the split has it.")

    def _keeps_of_the_rest(self, row: Record, to: int) -> bool:
        return not row.same or self._keeps(row, to)

    # --- What cannot be carried on --------------------------------------------------------------------------------

    def _refusal(self, row: Record) -> tuple[Fate, str] | None:
        """A fate that leaves no choice, with its reason."""
        if row.facts.get("within"):
            return Fate.END, "Both ends of it become one body."
        if not self.order.successors:
            return None
        if row.kind == "relation" and row.facts.get("relation") == "region" and self.order.region_named:
            return Fate.END, "The region of the new body is named in the draft."
        if row.kind == "delegation" and self.order.closes and (refused := self.novations.refused(row)):
            return Fate.END, refused
        return None

    # --- Not twice ------------------------------------------------------------------------------------------------

    def _keeps(self, row: Record, to: int) -> bool:
        """Whether this body's record is the one that a successor keeps of several that are the same to it."""
        if self._stands_in_the_way(row, to):
            return False
        keeper = self.keepers.get((row.same, to))
        if keeper is None:
            wanted = [other for other in self.groups[row.same] if self._wants(other, to)]
            named = [other for other in wanted if parse(self.choices.get(other.key, "")) == (Fate.CARRY, to)]
            first = min(named or wanted or [row], key=self._rank)
            keeper = self.keepers[(row.same, to)] = first.body
        return row.body == keeper

    def _rank(self, row: Record) -> tuple[bool, bool, Any]:
        """Of equal records: what holds already, what is said to come first, the smaller limit."""
        limit = row.facts.get("limit")
        return self.order.late(row), not row.facts.get("preferred"), NO_LIMIT if limit is None else limit

    def _stands_in_the_way(self, row: Record, to: int) -> bool:
        """Whether the successor has the same already; a link of its own gives way to one that leads."""
        own = self.held.get(row.same) if to == 0 else None
        if own is None:
            return False
        return bool(own.facts.get("lead")) or not self._any_leads(row)

    def _any_leads(self, row: Record) -> bool:
        late = self.order.late(row)
        live = [other for other in self.groups[row.same] if not self.order.over(other)]
        return any(other.facts.get("lead") for other in live if late or not self.order.late(other))

    def _wants(self, row: Record, to: int) -> bool:
        if self.order.over(row):
            return False
        if row.of:
            return True
        if self._refusal(row) is not None:
            return False
        default = self._default(row)[0]
        fate, part = self._chosen(row, default, self._options(row))
        return fate == Fate.CARRY and (part == to or self._to_all(row, fate))

    def _taken_by(self, row: Record, to: int) -> str:
        if to == 0 and row.same in self.held and self.keepers.get((row.same, to)) is None:
            return f"{self.order.successors[0].name} {HAS_IT.get(row.kind, 'is there already')}."
        return TAKEN.get(row.kind, "Another predecessor is carried on here: the successor is not here twice.")

    # --- What changes ---------------------------------------------------------------------------------------------

    def _changes(self, row: Record, to: int) -> tuple[Mapping[str, Any], str, str]:
        """Fields that differ in the new record, why, and why there can be none."""
        if row.kind == "relation":
            return *self._lead(row, to), ""
        if row.kind == "place":
            return *self._name(row, to), ""
        if row.kind == "delegation":
            made = self.novations.of(row, to)
            return made.changes, made.reason, made.refused
        return {}, "", ""

    def _name(self, row: Record, to: int) -> tuple[dict[str, Any], str]:
        """Two places of one name are told apart by the body that they come from."""
        name = row.label
        if (to, name) in self.names:
            name = f"{row.label[:60]} ({self.order.named(row.body)[:50]})"
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
            if any(part == to and self._share_days(row, other) for part, other in self.leads):
                return changes | {"lead": False}, "The successor has another lead ICB: this one leads no longer."
            self.leads.append((to, row))
        return (changes, "") if lead == was else (changes | {"lead": lead}, "It leads from then on.")

    def _share_days(self, one: Record, other: Record) -> bool:
        first = max(self.order.on, one.starts or self.order.on, other.starts or self.order.on)
        return first <= min(one.ends or date.max, other.ends or date.max)


HAS_IT = {
    "delegation": "makes the same delegation already",
    "arrangement": "has an integrated care partnership already",
}
TAKEN = {
    "delegation": "Another predecessor makes the same delegation: the successor makes it once, with the smaller limit.",
    "arrangement": "An integrated care board has one such partnership: another predecessor’s is carried on.",
}


def _named_places(row: Record) -> bool:
    return bool(row.facts.get("places") or row.facts.get("elsewhere"))
