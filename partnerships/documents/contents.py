"""What the documents of a system say: the functions and decisions map; the scheme of reservation and delegation.

Pure: a map in, papers out. `Source` carries the names that the map does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from ics_governance.wording import day, joined, pluralise
from partnerships.authority import Node, Status, Step
from partnerships.map_words import GROUPS, MODELS, bodies, by_law, decides, family, said, totals, undeclared, up_to
from partnerships.system_map import MAY_DECIDE, NOT_NOW, Cell, Column, Hold, Row, SystemMap

from .paper import Paper, Section, Sheet, Table, Value

T = TypeVar("T")
TITLES = {"functions-and-decisions": "Functions and decisions map", "scheme": "Scheme of reservation and delegation"}


@dataclass(frozen=True, slots=True)
class Meets:
    """A forum of the system as the documents list it."""

    name: str
    form: str
    level: str
    host: str
    reports_to: str
    in_public: bool


@dataclass(frozen=True)
class Source:
    """What the documents are made from."""

    system: str
    day: date
    table: SystemMap
    names: Mapping[Node, str]
    places: Mapping[int, str]
    bases: Mapping[str, str]
    forums: tuple[Meets, ...]
    address: str
    made_on: date
    warning: str = ""

    def names_of(self, ids: Iterable[int]) -> str:
        """Bodies by their names, all of them."""
        return joined(sorted(self.names.get(Node.body(each), f"body {each}") for each in ids))

    def places_of(self, cell: Cell) -> str:
        """The places of a cell."""
        named = sorted(self.places[each] for each in cell.places if each in self.places)
        return joined(named) if named else ("other places" if cell.places else "the whole area")


def made_from(name: str, source: Source) -> Paper:
    """One of the documents by its name in the address. Raises KeyError for a name that is none."""
    return {"functions-and-decisions": functions_and_decisions, "scheme": scheme}[name](source)


def _about(source: Source, what: str) -> tuple[str, ...]:
    return (
        what,
        f"It is made from the register of bodies, forums and delegations as of {day(source.day)}, and was made on "
        f"{day(source.made_on)}. It is as right as what is recorded there; the constitution, the scheme that a board "
        f"adopted and the law come before it. Always up to date: {source.address}",
        "Limits hold for the whole life of a commitment unless they say “a year”, and are as they were set: what has "
        "been spent of a yearly limit is left out. Whoever passes a function on stays accountable for it, unless it "
        "was transferred.",
    )


# --- The functions and decisions map --------------------------------------------------------------------------------


def functions_and_decisions(source: Source) -> Paper:
    """Which function is decided by whom, family by family; then the forums."""
    table = source.table
    summary = f"{pluralise(len(table.rows), 'function')}; {joined(totals(table.totals)) or 'nothing is delegated'}."
    sections = [Section("What this map shows", words=(summary,))]
    for found in table.families:
        gap = undeclared(found, source.names)
        sections.append(Section(family(found.code), words=(gap,) if gap else ()))
        sections += [_decided(source, row) for row in found.rows]
    sections.append(Section("Forums of the system", table=_forum_table(source)))
    what = f"This map shows which functions are exercised in {source.system}, and who may decide on each of them."
    return Paper(
        title=f"Functions and decisions map of {source.system}",
        subtitle=f"As of {day(source.day)}",
        about=_about(source, what),
        sections=tuple(sections),
        sheets=(_sheet(source), _forum_sheet(source)),
        warning=source.warning,
        author=source.system,
    )


def _decided(source: Source, row: Row) -> Section:
    """One function: who holds it by law, and everyone who may decide on it."""
    lines = tuple(
        (column.name, _limit(cell) or "none", _how(source, cell), source.places_of(cell), _until(cell))
        for column, cell in _in_order(source.table, row)
    )
    words = f"By law: {by_law(row, source.names)}."
    if not lines and not row.reserved:
        words += " Nobody besides, as far as is recorded."
    heads = ("Forum, post or body", "Limit", "How", "For", "Until")
    table = Table(f"Who decides on: {row.name}", heads, lines, (28, 16, 26, 20, 16))
    return Section(row.name, 2, (words,), table)


def _in_order(table: SystemMap, row: Row) -> list[tuple[Column, Cell]]:
    return [(column, row.cells[column.holder]) for column in table.columns if column.holder in row.cells]


def _limit(cell: Cell) -> str:
    return "" if cell.hold in (Hold.VOICE, Hold.RECOMMENDS, Hold.BROKEN) else up_to(cell)


def _how(source: Source, cell: Cell) -> str:
    """The model, with what it hangs on; for what is not in force, why."""
    words = [MODELS[cell.hold]]
    if cell.hold is Hold.JOINT:
        words.append(f"with {source.names_of(cell.together)}")
    elif cell.hold in NOT_NOW:
        words += said(cell, source.names, source.places).notes[:1] if cell.hold is Hold.BROKEN else []
    elif cell.hold is Hold.IN_PARTS:
        able = [part.body for part in cell.parts if part.status is Status.WITHIN_AUTHORITY]
        words.append(source.names_of(able))
    if cell.urgent:
        words.append("urgent cases only, ratified afterwards")
    return ": ".join(words[:2]) + "".join(f"; {each}" for each in words[2:])


def _until(cell: Cell) -> str:
    if cell.hold is Hold.LATER and cell.starts:
        return f"from {day(cell.starts)}"
    return day(cell.ends, missing="no end date")


def _forum_table(source: Source) -> Table:
    rows = tuple(
        (each.name, each.form, each.level, each.host, each.reports_to or "not recorded", _yes(each.in_public))
        for each in source.forums
    )
    heads = ("Forum", "Form", "Level", "Host", "Reports to", "Meets in public")
    return Table("Forums of the system", heads, rows, (26, 18, 12, 20, 22, 10))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


# --- The scheme of reservation and delegation -----------------------------------------------------------------------


def scheme(source: Source) -> Paper:
    """What is kept by boards, what each forum, post and body holds under which terms, and what gives no authority."""
    table = source.table
    held = [(column, row, cell) for row in table.rows for column, cell in _in_order(table, row)]
    valid = [each for each in held if each[2].hold in MAY_DECIDE]
    counted = f"{pluralise(decides(table.cells), 'entry', 'entries')} of authority for "
    counted += pluralise(
        len({column.holder for column, _, _ in valid}), "forum, post or body", "forums, posts and bodies"
    )
    sections = [Section("Reserved to the board", table=_reserved(source))]
    sections.append(Section("Delegations", words=(f"{counted}.",)))
    for group, title in GROUPS.items():
        inside = [column for column in table.columns if column.group is group]
        rows = {column: [(row, cell) for of, row, cell in valid if of == column] for column in inside}
        if any(rows.values()):
            sections.append(Section(title, 2))
            sections += [_terms(source, column, found) for column, found in rows.items() if found]
    sections += _weaker(source, held)
    sections.append(Section("What is not declared complete", words=_gaps(source)))
    what = (
        f"This scheme shows what the boards of {source.system} keep for themselves, and what committees, joint "
        "committees, places, posts and other bodies may decide: limits, conditions, review, the accountable body and "
        "the legal basis."
    )
    return Paper(
        title=f"Scheme of reservation and delegation of {source.system}",
        subtitle=f"As of {day(source.day)}",
        about=_about(source, what),
        sections=tuple(sections),
        sheets=(_sheet(source), _reserved_sheet(source)),
        warning=source.warning,
        author=source.system,
    )


RESERVED = ("Function", "Family", "Kept by", "A decision also needs")


def _reserved_rows(source: Source) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (row.name, family(row.function.family), by_law(row, source.names).removeprefix("reserved to "), _also(row))
        for row in source.table.rows
        if row.reserved
    )


def _also(row: Row) -> str:
    return joined(each.text for each in row.function.approvals) or "nothing recorded"


def _reserved(source: Source) -> Table:
    return Table("Functions reserved to the board", RESERVED, _reserved_rows(source), (34, 16, 24, 30))


TERMS = ("Function", "Passed on by", "Limit", "For", "Conditions", "Legal basis and document", "Until and review",
         "Accountable body")  # fmt: skip


WIDTHS = (18, 14, 12, 12, 18, 20, 16, 14)
BASIS = TERMS.index("Legal basis and document")


def _terms(source: Source, column: Column, found: Iterable[tuple[Row, Cell]]) -> Section:
    """What one holder may decide. Parts on the terms of their whole stand with it; what all rests on is said once."""
    lines: list[tuple[list[str], int, tuple[str, ...]]] = []  # names, depth of the first, terms
    for row, cell in found:
        terms = (
            _maker(source, cell), up_to(cell), source.places_of(cell), _conditions(source, cell), _basis(source, cell),
            _dates(cell), source.names_of(cell.accountable),
        )  # fmt: skip
        if lines and row.depth > lines[-1][1] and terms == lines[-1][2]:
            lines[-1][0].append(row.name)
        else:
            lines.append(([row.name], row.depth, terms))
    rows = [(_with_parts(names), *terms) for names, _, terms in lines]
    name, words = f"What {column.name} may decide", ()
    if len(rows) > 1 and len({row[BASIS] for row in rows}) == 1:
        words = (f"All of it rests on {rows[0][BASIS]}.",)
        heads, *lines_without = (_without_basis(row) for row in (TERMS, *rows))
        table = Table(name, heads, tuple(lines_without), _without_basis(WIDTHS))
    else:
        table = Table(name, TERMS, tuple(rows), WIDTHS)
    return Section(column.name, 3, words, table)


def _with_parts(names: list[str]) -> str:
    whole, *parts = names
    return f"{whole}, with its parts: {joined(parts)}" if parts else whole


def _without_basis(row: tuple[T, ...]) -> tuple[T, ...]:
    return row[:BASIS] + row[BASIS + 1 :]


def _steps(cell: Cell) -> list[Step]:
    """The delegations to the holder itself: one, or one of each body."""
    found = [part.chain[-1] for part in cell.parts if part.chain]
    return found or ([cell.chain[-1]] if cell.chain else [])


def _maker(source: Source, cell: Cell) -> str:
    if not cell.parts and len(cell.accountable) > 1:
        return bodies(cell.accountable, source.names)
    makers = {source.names.get(each.source, str(each.source)) for each in _steps(cell)}
    return joined(sorted(makers))


def _conditions(source: Source, cell: Cell) -> str:
    """What was written down, after what kind of authority it is where it is not the plain one."""
    how = _how(source, cell) if cell.hold is not Hold.DELEGATED or cell.urgent else ""
    return "; ".join(part for part in (how, _written(cell)) if part) or "none recorded"


def _written(cell: Cell) -> str:
    """The conditions in the words of the documents."""
    words = [each.conditions.strip().rstrip(".") for each in _steps(cell) if each.conditions.strip()]
    return "; ".join(dict.fromkeys(words))


def _basis(source: Source, cell: Cell) -> str:
    found = [f"{source.bases.get(each.basis, each.basis)}: {each.instrument or 'no document'}" for each in _steps(cell)]
    return "; ".join(dict.fromkeys(found))


def _dates(cell: Cell) -> str:
    reviews = [each.review_on for each in cell.chain if each.review_on is not None]
    review = f"review by {day(min(reviews))}" if reviews else "no review date"
    return f"{day(cell.ends, missing='no end date')}; {review}"


def _weaker(source: Source, held: Iterable[tuple[Column, Row, Cell]]) -> list[Section]:
    """What is recorded and gives no authority to decide, in two sections."""
    rows = {
        "Voices, recommendations and contracts": lambda cell: cell.hold not in MAY_DECIDE | NOT_NOW,
        "Recorded, and without authority on this day": lambda cell: cell.hold in NOT_NOW,
    }
    sections, kept = [], list(held)
    for title, belongs in rows.items():
        lines = tuple(
            (row.name, column.name, _how(source, cell), _limit(cell) or "none", source.places_of(cell), _until(cell))
            for column, row, cell in kept
            if belongs(cell)
        )
        heads = ("Function", "Forum, post or body", "What it is", "Limit", "For", "Until")
        words = () if lines else ("None is recorded.",)
        sections.append(Section(title, words=words, table=Table(title, heads, lines, (24, 24, 24, 14, 16, 14))))
    return sections


def _gaps(source: Source) -> tuple[str, ...]:
    found = [
        f"{family(each.code)}: {source.names_of(each.undeclared)}" for each in source.table.families if each.undeclared
    ]
    if not found:
        return ("Every body has declared its delegations of these functions complete.",)
    lead = "These have not declared their delegations complete, so what is missing above may only not be recorded."
    return (lead, *found)


# --- Workbooks ------------------------------------------------------------------------------------------------------


def _sheet(source: Source) -> Sheet:
    heads = ("Family", "Function", "By law", "Forum, post or body", "Level", "What it is", "Limit", "Limit is for",
             "For", "From", "Until", "Review by", "Passed on by", "Legal basis and document", "Conditions",
             "Accountable body")  # fmt: skip
    rows: list[tuple[Value, ...]] = []
    for row in source.table.rows:
        law, of = by_law(row, source.names), family(row.function.family)
        cells = _in_order(source.table, row)
        if not cells:
            rows.append((of, row.name, law, *[None] * (len(heads) - 3)))
        for column, cell in cells:
            shown = cell.limit is not None and bool(_limit(cell))
            rows.append((
                of, row.name, law, column.name, GROUPS[column.group], _how(source, cell),
                cell.limit if shown else None, ("a year" if cell.annual else "a commitment") if shown else None,
                source.places_of(cell), cell.starts, cell.ends, cell.last.review_on if cell.last else None,
                _maker(source, cell), _basis(source, cell), _written(cell) or "none recorded",
                source.names_of(cell.accountable) or (_maker(source, cell) if cell.hold is Hold.CONTRACT else ""),
            ))  # fmt: skip
    widths = (18, 40, 34, 36, 22, 34, 16, 14, 24, 18, 18, 18, 30, 44, 40, 34)
    return Sheet("Functions and decisions", heads, tuple(rows), widths)


def _forum_sheet(source: Source) -> Sheet:
    table = _forum_table(source)
    return Sheet("Forums", table.heads, table.rows, (44, 28, 16, 32, 40, 16))


def _reserved_sheet(source: Source) -> Sheet:
    return Sheet("Reserved to the board", RESERVED, _reserved_rows(source), (44, 24, 40, 50))
