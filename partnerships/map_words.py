"""What a cell of the map of a system says: a headline, a mark where something is off, and a few notes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ics_governance.wording import day, joined, money, pluralise

from .authority import Node, Status
from .system_map import MAY_DECIDE, Cell, Family, Group, Hold, Names, Row

GROUPS = {
    Group.BODIES: "Bodies",
    Group.COMMITTEES: "Committees of the board",
    Group.JOINT: "Across the system",
    Group.PLACES: "Places",
    Group.POSTS: "Posts",
}
FEW = 3
"""So many bodies are named in a cell; of more, their number."""

MODELS = {
    Hold.DELEGATED: "delegated",
    Hold.JOINT: "decided jointly",
    Hold.TRANSFERRED: "transferred",
    Hold.IN_PARTS: "in parts, each body for itself",
    Hold.CONTRACT: "lead provider’s contract",
    Hold.VOICE: "voice only",
    Hold.RECOMMENDS: "recommends",
    Hold.LATER: "not yet in force",
    Hold.SUSPENDED: "suspended",
    Hold.EXPIRED: "expired",
    Hold.BROKEN: "not valid",
}
TOTALS = {
    Hold.DELEGATED: ("delegated", "delegated"),
    Hold.JOINT: ("decided jointly", "decided jointly"),
    Hold.TRANSFERRED: ("transferred", "transferred"),
    Hold.IN_PARTS: ("decided in parts", "decided in parts"),
    Hold.CONTRACT: ("contract", "contracts"),
    Hold.VOICE: ("voice without authority", "voices without authority"),
    Hold.RECOMMENDS: ("recommendation", "recommendations"),
    Hold.LATER: ("not yet in force", "not yet in force"),
    Hold.SUSPENDED: ("suspended", "suspended"),
    Hold.EXPIRED: ("expired", "expired"),
    Hold.BROKEN: ("not valid", "not valid"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a cell. `mark` is a short warning with its `tone` (wait or off), empty when all is well."""

    headline: str
    notes: tuple[str, ...]
    mark: str = ""
    tone: str = ""

    @property
    def text(self) -> str:
        """All of it in one line, for documents and spreadsheets."""
        return "; ".join(part for part in (self.mark, self.headline, *self.notes) if part)


def said(cell: Cell, names: Names, places: Mapping[int, str]) -> Said:
    """The words of a cell."""
    notes = [*_how(cell, names), *_where(cell, places)]
    match cell.hold:
        case Hold.VOICE | Hold.RECOMMENDS:
            return Said(MODELS[cell.hold], tuple(notes))
        case Hold.CONTRACT:
            return Said(f"may spend {up_to(cell)}", ("under a contract, which passes on no function", *notes))
        case Hold.LATER:
            from_day = f"from {day(cell.starts)}" if cell.starts and cell.chain else "approved"
            return Said(from_day, tuple(notes), "not yet in force", "wait")
        case Hold.SUSPENDED:
            return Said(up_to(cell), tuple(notes), "suspended", "wait")
        case Hold.EXPIRED:
            return Said(f"ended on {day(cell.ends)}" if cell.ends else "", tuple(notes), "expired", "off")
        case Hold.BROKEN:
            return Said("", (why_broken(cell, names), *notes), "not valid", "off")
    headline = "each body for its part" if cell.hold is Hold.IN_PARTS and cell.limit is None else up_to(cell)
    if cell.soon:
        return Said(headline, tuple(notes), f"ends {day(cell.ends)}", "wait")
    return Said(headline, tuple(notes))


def up_to(cell: Cell) -> str:
    """The limit in words."""
    if cell.limit is None:
        return "no limit"
    return f"up to {money(cell.limit)}" + (" a year" if cell.annual else "")


def _how(cell: Cell, names: Names) -> Iterable[str]:
    if cell.hold is Hold.JOINT:
        yield f"only together with {bodies(cell.together, names)}"
    if cell.hold is Hold.TRANSFERRED:
        yield "transferred, with the accountability"
    if cell.hold is Hold.IN_PARTS:
        within = sum(part.status is Status.WITHIN_AUTHORITY for part in cell.parts)
        yield f"in parts: {within} of {pluralise(len(cell.parts), 'body', 'bodies')} may decide"
    if cell.urgent:
        yield "urgent cases only, ratified afterwards"


def _where(cell: Cell, places: Mapping[int, str]) -> Iterable[str]:
    named = sorted(places[place] for place in cell.places if place in places)
    if named and len(named) < len(places):
        yield f"for {joined(named)}"
    elif cell.places and not named:
        yield "for other places"


def why_broken(cell: Cell, names: Names) -> str:
    """Why a delegation that is recorded gives no authority."""
    match cell.status:
        case Status.RESERVED:
            return "the function is reserved to the board"
        case Status.DOUBLE_DELEGATION:
            return "passed on without permission"
        case Status.OUTSIDE_AREA:
            return "no place is left that all of it covers"
    if cell.missing:
        verb = "has" if len(cell.missing) == 1 else "have"
        return f"{bodies(cell.missing, names)} {verb} not delegated it"
    return "whoever passed it on does not hold it"


def bodies(ids: Iterable[int], names: Names) -> str:
    """A few bodies by name, many by their number."""
    found = list(ids)
    if len(found) > FEW:
        return pluralise(len(found), "body", "bodies")
    return joined(sorted(names.get(Node.body(each), f"body {each}") for each in found))


def by_law(row: Row, names: Names) -> str:
    """Who holds the function without any delegation."""
    if not row.owners:
        return "a body outside the system"
    whose = f"the board of {bodies(row.owners, names)}" if len(row.owners) == 1 else f"{bodies(row.owners, names)}"
    if len(row.owners) > 1:
        whose = f"the boards of {whose}" if len(row.owners) <= FEW else f"each board of {whose}"
    return f"reserved to {whose}" if row.reserved else whose


def family(code: str) -> str:
    """A family of functions in words."""
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]


def undeclared(found: Family, names: Names) -> str:
    """What the map cannot tell of a family; empty when everybody has declared it complete."""
    if not found.undeclared:
        return ""
    return f"Not declared complete by {bodies(found.undeclared, names)}: what is not shown may not be recorded yet."


def totals(counted: Mapping[Hold, int]) -> list[str]:
    """How many cells there are of each kind, the valid ones first."""
    return [f"{counted[hold]} {TOTALS[hold][counted[hold] != 1]}" for hold in Hold if counted.get(hold)]


def decides(cells: Iterable[Cell]) -> int:
    """How many of the cells allow decisions."""
    return sum(cell.hold in MAY_DECIDE for cell in cells)
