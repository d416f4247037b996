"""A file of the national register against the register that is held here, row by row.

What was loaded from the reference tables or set by hand is *curated*: it outranks a file, and a difference is only
listed until somebody ticks it. An opening day or a lead ICB that a curated record leaves open is no statement, so a
file may fill it; a closing day left open says that the body goes on, so a file that closes it differs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .extract import Extract, Said
from .names import folded, titled

# Integrated care boards began; bodies that ended before are no part of the history that is kept here.
HISTORY_FROM = date(2022, 7, 1)

Value = str | bool | None
Change = tuple[Value, Value]


class Outcome(StrEnum):
    """What a row would do. Unchanged rows are only counted."""

    CREATED = "created"
    CHANGED = "changed"
    CLOSED = "closed"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Held:
    """A body as it is held here on the day of the comparison: `icb` is its lead ICB, `region` that of an ICB."""

    code: str
    kind: str
    name: str
    opened: date | None = None
    closed: date | None = None
    foundation: bool = False
    icb: str | None = None
    region: str | None = None
    curated: bool = True
    former: tuple[str, ...] = ()
    became: str = ""  # what it merged into or was split into, and when, in words

    def exists_on(self, day: date) -> bool:
        """Whether it existed on that day."""
        return (self.opened is None or self.opened <= day) and (self.closed is None or self.closed >= day)


@dataclass(frozen=True)
class Row:
    """What one row of the file would do: `changes` by field, each from what is held to what the file says."""

    line: int
    code: str
    name: str
    outcome: Outcome
    changes: Mapping[str, Change]
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All rows that say something new, and how many do not."""

    rows: tuple[Row, ...]
    unchanged: int


def compare(extract: Extract, register: Mapping[str, Held], on: date) -> Comparison:
    """Set a file against the register, as both are on a day. `register` is by code."""
    boards = {said.code: said for said in extract.said if said.kind == "icb"}
    coming = {
        code: said for code, said in boards.items() if not _left_alone(said, register.get(code), register, {}, on)
    }
    found = [row for said in extract.said if (row := _compared(said, register, coming, on))]
    return Comparison(tuple(found), len(extract.said) - len(found))


def _compared(said: Said, register: Mapping[str, Held], coming: Mapping[str, Said], on: date) -> Row | None:
    held = register.get(said.code)
    name = held.name if held else titled(said.name)
    if reason := _left_alone(said, held, register, coming, on):
        return Row(said.line, said.code, name, Outcome.UNKNOWN, {}, reason)
    changes = dict(_changes(said, held, on))
    if held is None:
        return Row(said.line, said.code, name, Outcome.CREATED, changes)
    if not changes:
        return None
    if held.curated and not all(fills_a_gap(name, change) for name, change in changes.items()):
        return Row(said.line, said.code, name, Outcome.DIFFERS, changes, _about(said, held, changes))
    closes = "closed" in changes and changes["closed"][1] is not None and held.closed is None
    return Row(said.line, said.code, name, Outcome.CLOSED if closes else Outcome.CHANGED, changes)


def _left_alone(
    said: Said, held: Held | None, register: Mapping[str, Held], coming: Mapping[str, Said], on: date
) -> str:
    """Why a row is not used; empty where it is."""
    if not said.kind:
        return "It is neither an NHS trust nor an integrated care board; other bodies are entered by hand."
    if held and held.kind != said.kind:
        return "The register holds another kind of body under this code."
    if said.region == "":
        return "It has no English region, so it lies outside England; this register is of England."
    above = register.get(said.region or "")
    if said.region and (above is None or above.kind != "region"):
        return f"Its region {said.region} is not in the register."
    if said.ended and said.closed is None and (held is None or held.closed is None):
        return "The file says that it closed, but not when; enter its last day by hand."
    if held is None and said.closed and said.closed < HISTORY_FROM:
        return f"It closed on {_words(said.closed)}, before integrated care boards began on {_words(HISTORY_FROM)}."
    return _without_icb(said, held, register, coming, on) if said.kind == "trust" else ""


def _without_icb(
    said: Said, held: Held | None, register: Mapping[str, Held], coming: Mapping[str, Said], on: date
) -> str:
    day = max(on, said.opened or on)
    if said.closed and said.closed < on:
        return ""
    if not said.icb:
        return "" if held or said.icb is None else "The file names no integrated care board for it."
    if said.icb in coming:
        new = coming[said.icb]
        return f"Its integrated care board {said.icb} is closed." if new.closed and new.closed < day else ""
    icb = register.get(said.icb)
    if icb is None or icb.kind != "icb":
        return f"Its integrated care board {said.icb} is not in the register; import the extract of ICBs first."
    return "" if icb.exists_on(day) else f"Its integrated care board {said.icb} is closed or not open yet."


def _changes(said: Said, held: Held | None, on: date) -> Iterator[tuple[str, Change]]:
    """Each field that the file says something else about. Dates are ISO texts, so that they can be stored."""
    if held is None:
        yield "kind", (None, said.kind)
    if held is None or folded(held.name) != folded(said.name):
        yield "name", (held.name if held else None, titled(said.name))
    opened = said.opened
    if said.kind == "icb" and opened:
        opened = max(opened, HISTORY_FROM)  # codes of ICBs are older than the boards
    if opened and (held is None or held.opened != opened):
        yield "opened", (_iso(held.opened if held else None), _iso(opened))
    says_when = said.closed is not None or not said.ended
    if says_when and (held.closed if held else None) != said.closed:
        yield "closed", (_iso(held.closed if held else None), _iso(said.closed))
    if said.kind == "trust" and (held.foundation if held else False) != said.foundation:
        yield "is_foundation_trust", (held.foundation if held else None, said.foundation)
    above = "icb" if said.kind == "trust" else "region"
    target: str | None = getattr(said, above)
    before: str | None = getattr(held, above) if held else None
    last = said.closed if says_when or held is None else held.closed
    gone = last is not None and last < on
    if target and target != before and not (gone and held):
        yield above, (before, target)


def fills_a_gap(field: str, change: Sequence[Value]) -> bool:
    """Whether a change only adds what was not recorded; a closing day that was left open was a statement."""
    return change[0] is None and field != "closed"


def _about(said: Said, held: Held, changes: Mapping[str, Change]) -> str:
    """What helps to decide about a difference."""
    notes = []
    if "name" in changes and folded(said.name) in map(folded, held.former):
        notes.append("It bore the file's name before.")
    if "closed" in changes:
        _, after = changes["closed"]
        notes.append("Ticked, it is closed." if after and not held.closed else "")
        again = (
            f"It {held.became}: ticked, it is open again beside that." if held.became else "Ticked, it is open again."
        )
        notes.append(again if not after else "")
    return " ".join(filter(None, notes))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
