"""What a delegation becomes when its body is carried on: never more than it was.

A successor's area is often wider than its predecessor's, and a forum that ends passes nothing on any more. So what was
meant for "the whole area" is said in places, and what came by way of a forum that ends keeps that forum's own terms.
Nothing here reads or writes a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from oversight.moves import Fate, Move, Order, Record

NO_LIMIT = Decimal(10**13)
OF_ONE_BODY = ("board", "board_committee", "committee", "individual_executive", None)  # what they pass on stays inside
NAMED = 3  # places that a reason lists; of more it gives the number


@dataclass(frozen=True, slots=True)
class Terms:
    """Within what a delegation gives authority. `places` by key (`place:4`, or `at:7` of one that stays as it is);
    None: the whole area of its body."""

    limit: Decimal | None
    ends: date | None
    places: frozenset[str] | None

    def within(self, other: Terms) -> Terms:
        """What both allow."""
        limits = [one.limit for one in (self, other) if one.limit is not None]
        ends = [one.ends for one in (self, other) if one.ends is not None]
        areas = [one.places for one in (self, other) if one.places is not None]
        return Terms(
            min(limits, default=None), min(ends, default=None), frozenset.intersection(*areas) if areas else None
        )


@dataclass(frozen=True)
class Novation:
    """The delegation of a successor: what differs in it, and why. `refused`: why there can be none."""

    changes: Mapping[str, Any]
    reason: str = ""
    refused: str = ""


class Novations:
    """Works delegations out; `moves` are the decisions on everything that they rest on."""

    def __init__(
        self, order: Order, rows: Sequence[Record], moves: Mapping[str, Move], held: Iterable[Record] = ()
    ) -> None:
        self.order, self.moves = order, moves
        self.there = {row.same for row in held if row.kind == "council_place"}
        self.edges = [row for row in rows if row.kind == "delegation"]
        self.areas = [row for row in rows if row.kind in ("place", "council_place")]

    def refused(self, row: Record) -> str:
        """Why it cannot be carried on, whichever successor is chosen, where a predecessor closes."""
        facts = row.facts
        if not facts.get("alive", True):
            return "The other side of it has ended."
        if self.gone(facts.get("target", "")):
            return "Whoever holds it ends."
        if facts.get("source", "").startswith("post:") and self.gone(facts["source"]):
            return "The post that passed it on ends."
        if self.gone(facts.get("source", "")) and self._terms(row) is None:
            return "The forum that passed it on ends, and held no such function of its own."
        if facts.get("places") and not facts.get("elsewhere") and all(map(self.gone, facts["places"])):
            return "None of its places goes on."
        return ""

    def of(self, row: Record, to: int) -> Novation:
        """What a delegation becomes with one of the successors."""
        terms, changes, reasons = _own(row), dict[str, Any](), list[str]()
        if row.facts.get("source", "").startswith("forum:") and self.gone(row.facts["source"]):
            found = self._terms(row)
            if found is None:
                return Novation({}, refused="The forum that passed it on ends, and held no such function of its own.")
            changes["from_forum_id"] = None
            changes |= {"limit": found.limit} if found.limit != terms.limit else {}
            changes |= {"ends": found.ends} if found.ends != terms.ends else {}
            terms = found
            reasons.append(
                "From the successor’s board, in place of the forum that ends; within that forum’s own limit."
            )
        if terms.places is not None:
            kept = sorted(key for key in terms.places if self._lies_in(key, to))
            if not kept:
                return Novation({}, refused="None of its places goes there.")
            return Novation(changes | {"places": tuple(kept)}, " ".join(reasons))
        return self._whole_area(row, to, changes, reasons)

    def _whole_area(self, row: Record, to: int, changes: dict[str, Any], reasons: list[str]) -> Novation:
        """Without places it was for the area of its body, and stays so."""
        if not row.facts.get("own", True) or not self.order.widens(to):
            return Novation(changes, " ".join(reasons))
        mine = [place for place in self.areas if place.body == row.body and not self.order.over(place)]
        body = self.order.named(row.body)
        if not mine:
            reasons.append(f"It now covers the whole area of {self.order.successors[to].name}, not of {body} alone.")
            return Novation(changes, " ".join(reasons))
        kept = {self._key(place): place.label for place in mine if self._goes(place, to)}
        if not kept:
            return Novation({}, refused=f"None of the places of {body} goes there.")
        reasons.append(f"Only for {_listed(kept.values())} of {body}, as before.")
        return Novation(changes | {"places": tuple(sorted(kept))}, " ".join(reasons))

    # --- Places ---------------------------------------------------------------------------------------------------

    def gone(self, key: str) -> bool:
        """Whether something of the predecessors is not carried on."""
        move = self.moves.get(key)
        return move is not None and move.fate != Fate.CARRY

    def _lies_in(self, key: str, to: int) -> bool:
        """Whether a place is there for a successor: it goes there, or was never the predecessors'."""
        return key not in self.moves or (self.moves[key].fate == Fate.CARRY and self.moves[key].to == to)

    def _key(self, place: Record) -> str:
        return place.key if place.kind == "place" else f"at:{place.facts['place']}"

    def _goes(self, place: Record, to: int) -> bool:
        """Whether a place of the area goes to a successor; a council's, also where it came by another of them."""
        same = [other.key for other in self.areas if place.same and other.same == place.same] or [place.key]
        moves = [self.moves[key] for key in same if key in self.moves]
        there = to == 0 and place.same in self.there
        return there or any(move.fate == Fate.CARRY and move.to == to for move in moves)

    # --- By way of forums -----------------------------------------------------------------------------------------

    def _terms(self, row: Record, seen: frozenset[str] = frozenset()) -> Terms | None:
        """The terms of a delegation with those of every forum that it came by; None: its body never passed it so far.

        Only committees of one body are passed over: what a joint committee passes on, no single body could.
        """
        source, own = row.facts.get("source", ""), _own(row)
        if not source.startswith("forum:") or row.facts.get("form") == "board":
            return own
        if row.facts.get("form") not in OF_ONE_BODY or not row.facts.get("own", True):
            return None
        lines = [self._terms(one, seen | {row.key}) for one in self._above(row) if one.key not in seen]
        found = [own.within(line) for line in lines if line is not None]
        return max(found, key=lambda terms: NO_LIMIT if terms.limit is None else terms.limit, default=None)

    def _above(self, row: Record) -> Iterable[Record]:
        """The delegations by which the forum at the source holds the function itself, on the last day."""
        for one in self.edges:
            same = one.facts.get("function") == row.facts.get("function") and one.body == row.body
            standing = one.facts.get("status", "in_force") == "in_force" and one.facts.get("alive", True)
            standing = standing and not self.order.over(one) and not self.order.late(one)
            if one.facts.get("target") == row.facts["source"] and same and standing and one.key != row.key:
                yield one


def _own(row: Record) -> Terms:
    limit = row.facts.get("limit")
    places = {*row.facts.get("places", ()), *(f"at:{place}" for place in row.facts.get("elsewhere", ()))}
    return Terms(None if limit is None else Decimal(limit), row.ends, frozenset(places) or None)


def _listed(names: Iterable[str]) -> str:
    rows = sorted(names)
    if len(rows) > NAMED:
        return f"the {len(rows)} places"
    return " and ".join(filter(None, [", ".join(rows[:-1]), rows[-1]]))
