"""England's reference tables read into plain rows: what `seed_reference` wants the database to say. No database here.

The tables and what they do not know are described in `reference/provenance.md`. An empty cell means not recorded.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).with_name("reference")
# The tables tell links between bodies as of this day; before it they know none.
LINKS_KNOWN_FROM = date(2026, 4, 1)

T = TypeVar("T")


class BadTable(ValueError):
    """A reference table cannot be read; the message names the file, the line and what is wrong with it."""


@dataclass(frozen=True)
class Body:
    """One organisation. A code is None where the body has none of that kind; one of them it has."""

    kind: str
    ods_code: str | None
    gss_code: str | None
    name: str
    short_name: str
    opened: date | None
    closed: date | None
    subtype: str = ""
    is_foundation_trust: bool = False
    source: str = ""
    note: str = ""
    local_code: str | None = None

    @property
    def code(self) -> str:
        """ODS code, else GSS code, else the code of this register."""
        return self.ods_code or self.gss_code or self.local_code or ""


@dataclass(frozen=True)
class Link:
    """`source` (a code) belongs to `target` between two days; the dates bound what is known, not what was."""

    kind: str
    source: str
    target: str
    starts: date | None
    ends: date | None
    lead: bool = True
    note: str = ""


@dataclass(frozen=True)
class Became:
    """A body's successor."""

    predecessor: str
    successor: str
    kind: str
    effective_on: date | None
    confirmed: bool = True
    note: str = ""


@dataclass(frozen=True)
class OldName:
    """A name that a body bore before."""

    code: str
    name: str
    starts: date
    ends: date


@dataclass(frozen=True)
class ClusterRow:
    """One ICB (a code) in a cluster of ICBs that share leadership; what is said of the cluster stands in each row."""

    cluster: str
    icb: str
    shares_chair: bool
    shares_chief_executive: bool
    starts: date | None
    ends: date | None
    mark: str
    note: str


@dataclass(frozen=True)
class FunctionRow:
    """One statutory function of the catalogue. `parent` is a code, or empty."""

    code: str
    name: str
    family: str
    owner_kind: str
    parent: str
    delegable: bool
    bases: tuple[str, ...]
    description: str
    further_approval: str
    further_approval_for: str
    mark: str
    note: str


@dataclass(frozen=True)
class BasisRow:
    """One legal basis for one combination of owner and recipient."""

    code: str
    owner_kind: str
    recipient_kind: str
    title: str
    internal: bool
    source: str
    mark: str
    note: str


@dataclass(frozen=True)
class England:
    """Everything the tables say. Every code that a row points to is among `bodies`."""

    bodies: tuple[Body, ...]
    links: tuple[Link, ...]
    successions: tuple[Became, ...]
    old_names: tuple[OldName, ...]
    clusters: tuple[ClusterRow, ...]
    functions: tuple[FunctionRow, ...]
    bases: tuple[BasisRow, ...]

    def rows(self) -> Iterator[tuple[object, ...]]:
        """All rows in order, each with its table's name first: what the audit trail's digest covers."""
        for field in fields(self):
            for row in getattr(self, field.name):
                yield (field.name, *astuple(row))


def read(folder: Path = FOLDER) -> England:
    """Read all tables of a folder. Raises BadTable."""
    england = England(
        bodies=tuple(_bodies(folder)),
        links=tuple(_links(folder)),
        successions=tuple(_successions(folder)),
        old_names=tuple(_table(folder, "former_names", _old_name)),
        clusters=tuple(_table(folder, "icb_clusters", _cluster)),
        functions=_whole_first(_table(folder, "functions", _function)),
        bases=tuple(_table(folder, "legal_bases", _basis)),
    )
    _check(england)
    return england


# --- Bodies -------------------------------------------------------------------------------------------------------

ODS = "ODS extract of 9 April 2026"
SOURCES = {
    "oversight_bodies": "general knowledge, to be confirmed",
    "regulators": "general knowledge, to be confirmed",
    "regions": "constants of rcpch-nhs-organisations, April 2026",
    "icbs": "constants of rcpch-nhs-organisations, successions checked against ODS",
    "trusts": ODS,
    "local_authorities": "Office for National Statistics codes of June 2026",
}


def _bodies(folder: Path) -> Iterator[Body]:
    for table, kind in (("oversight_bodies", "oversight_body"), ("regions", "region")):
        yield from _table(folder, table, lambda row, kind=kind, table=table: _body(row, kind, SOURCES[table]))  # type: ignore[misc]
    yield from _table(folder, "regulators", _regulator)
    yield from _table(folder, "icbs", lambda row: _body(row, "icb", SOURCES["icbs"], f"{row['area_name']} ICB"))
    yield from _table(folder, "trusts", _trust)
    yield from _table(folder, "local_authorities", _council)


def _body(row: "Row", kind: str, source: str, short_name: str = "") -> Body:
    return Body(
        kind=kind,
        ods_code=row["ods_code"],
        gss_code=row.get("gss_code") or None,
        name=row["name"],
        short_name=short_name,
        opened=row.day("opened_on"),
        closed=row.day("closed_on"),
        source=source,
        note=row.get("note"),
    )


def _regulator(row: "Row") -> Body:
    return Body(
        kind="regulator",
        ods_code=None,
        gss_code=None,
        local_code=row["local_code"],
        name=row["name"],
        short_name=row["short_name"],
        opened=row.day("opened_on"),
        closed=row.day("closed_on"),
        source=SOURCES["regulators"],
        note=row["note"],
    )


def _trust(row: "Row") -> Body:
    outside = row["note"].startswith("Not in the ODS trust extract")
    return Body(
        kind="trust",
        ods_code=row["ods_code"],
        gss_code=None,
        name=row["name"],
        short_name=short_name_of_trust(row["name"]),
        opened=row.day("opened_on"),
        closed=row.day("closed_on"),
        subtype=row["kind"],
        is_foundation_trust=row.yes("is_foundation_trust"),
        source="a second public list" if outside else ODS,
        note=row["note"],
    )


def _council(row: "Row") -> Body:
    return Body(
        kind="local_authority",
        ods_code=None,
        gss_code=row["gss_code"],
        name=row["name"],
        short_name="",
        opened=row.day("opened_on"),
        closed=row.day("closed_on"),
        subtype=row["kind"],
        source=SOURCES["local_authorities"],
    )


SAYS_WHAT_IT_IS = re.compile(
    r"\b(Hospitals?|Healthcare|Ambulance)\b|\b(Care|Services|Partnership|Alliance|Centre|Christie|Marsden)$"
)


def short_name_of_trust(name: str) -> str:
    """How people call it: without "NHS Foundation Trust"; with "Trust" where the rest would read like a town."""
    short = re.sub(r",? NHS (Foundation )?Trust$", "", name)
    if short == name:
        return ""
    return short if SAYS_WHAT_IT_IS.search(short) else f"{short} Trust"


# --- Links and successions ----------------------------------------------------------------------------------------


def _links(folder: Path) -> Iterator[Link]:
    yield from _table(
        folder, "regions", lambda row: Link("oversight", row["ods_code"], row["oversight_body_ods_code"], None, None)
    )
    yield from _table(folder, "icbs", _region_of_icb)
    yield from _table(folder, "trust_icbs", _system_of_trust)
    councils = list(_table(folder, "local_authority_icbs", lambda row: row))
    several = Counter(row["council_gss_code"] for row in councils)
    for row in councils:
        lead = several[row["council_gss_code"]] == 1
        starts, ends = row.day("known_from"), row.day("known_to")
        yield Link("system", row["council_gss_code"], row["icb_ods_code"], starts, ends, lead, row["note"])


def _region_of_icb(row: "Row") -> Link:
    """Known as of April 2026; of an ICB that closed before, for its last day only."""
    opened, closed = row.day("opened_on"), row.day("closed_on")
    starts = closed if closed and closed < LINKS_KNOWN_FROM else max(opened or LINKS_KNOWN_FROM, LINKS_KNOWN_FROM)
    return Link("region", row["ods_code"], row["region_ods_code"], starts, closed)


def _system_of_trust(row: "Row") -> Link:
    note = row["note"] or ("From the postcode of the head office." if row["basis"] == "head_office" else "")
    starts, ends = row.day("known_from"), row.day("known_to")
    return Link("system", row["trust_ods_code"], row["icb_ods_code"], starts, ends, row["role"] == "lead", note)


def _successions(folder: Path) -> Iterator[Became]:
    for table in ("icb_successions", "trust_successions"):
        yield from _table(folder, table, _became)


def _became(row: "Row") -> Became:
    before, after = row["predecessor_ods_code"], row["successor_ods_code"]
    return Became(before, after, row["kind"], row.day("effective_on"), row.yes("confirmed"), row["note"])


def _old_name(row: "Row") -> OldName:
    starts, ends = row.day("known_from"), row.day("known_to")
    if not starts or not ends:
        raise row.wrong("a former name needs both days")
    return OldName(row["ods_code"], row["name"], starts, ends)


def _cluster(row: "Row") -> ClusterRow:
    starts = row.day("known_from")
    if not starts:
        raise row.wrong("a membership in a cluster needs its first day")
    return ClusterRow(
        cluster=row["cluster"],
        icb=row["icb_ods_code"],
        shares_chair=row.yes("shares_chair"),
        shares_chief_executive=row.yes("shares_chief_executive"),
        starts=starts,
        ends=row.day("known_to"),
        mark=row["mark"],
        note=row["note"],
    )


# --- Functions and legal bases ------------------------------------------------------------------------------------


def _function(row: "Row") -> FunctionRow:
    return FunctionRow(
        code=row["code"],
        name=row["name"],
        family=row["family"],
        owner_kind=row["owner_kind"],
        parent=row["parent"],
        delegable=row.yes("delegable"),
        bases=tuple(filter(None, row["bases"].split(";"))),
        description=row["description"],
        further_approval=row["further_approval"],
        further_approval_for=row["further_approval_for"],
        mark=row["mark"],
        note=row["note"],
    )


def _basis(row: "Row") -> BasisRow:
    return BasisRow(
        code=row["code"],
        owner_kind=row["owner_kind"],
        recipient_kind=row["recipient_kind"],
        title=row["title"],
        internal=row.yes("internal"),
        source=row["source"],
        mark=row["mark"],
        note=row["note"],
    )


def _whole_first(rows: Iterable[FunctionRow]) -> tuple[FunctionRow, ...]:
    """Functions in an order in which a whole comes before its parts. Raises BadTable for a loop or an unknown whole."""
    waiting, placed = list(rows), {"": None}
    ordered: list[FunctionRow] = []
    while waiting:
        ready = [row for row in waiting if row.parent in placed]
        if not ready:
            part = waiting[0]
            raise BadTable(f"functions.csv: {part.code} is part of {part.parent}, which is not in the table.")
        ordered += ready
        placed |= {row.code: None for row in ready}
        waiting = [row for row in waiting if row.code not in placed]
    return tuple(ordered)


# --- Reading ------------------------------------------------------------------------------------------------------


class Row:
    """One line of a table, whose cells are asked by name; every complaint names file and line."""

    def __init__(self, place: str, cells: dict[str, str]) -> None:
        self.place = place
        self.cells = cells

    def __getitem__(self, column: str) -> str:
        value = self.cells.get(column)
        if value is None:
            raise self.wrong(f"there is no column {column}")
        return value.strip()

    def get(self, column: str) -> str:
        """The cell, or empty where the table has no such column."""
        return (self.cells.get(column) or "").strip()

    def day(self, column: str) -> date | None:
        """An ISO date, or None for an empty cell."""
        text = self.get(column)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise self.wrong(f"“{text}” in {column} is not a date like 2026-04-01") from None

    def yes(self, column: str) -> bool:
        """Whether the cell says yes; anything but yes and no is wrong."""
        text = self[column]
        if text not in ("yes", "no"):
            raise self.wrong(f"“{text}” in {column} is neither yes nor no")
        return text == "yes"

    def wrong(self, problem: str) -> BadTable:
        """The error to raise."""
        return BadTable(f"{self.place}: {problem}.")


def _table(folder: Path, name: str, make: Callable[[Row], T]) -> Iterator[T]:
    path = folder / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, cells in enumerate(csv.DictReader(file), start=2):
                yield make(Row(f"{path.name}, line {number}", cells))
    except OSError as error:
        raise BadTable(f"{path.name} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{path.name} is not a table in UTF-8: {error}.") from None


def _check(england: England) -> None:
    """Codes are unique, and every link, succession and name points to a body of the tables. Raises BadTable."""
    codes = Counter(body.code for body in england.bodies)
    if twice := [code for code, times in codes.items() if times > 1]:
        raise BadTable(f"The code {twice[0]} stands for two bodies.")
    named = [(f"the link from {row.source}", code) for row in england.links for code in (row.source, row.target)]
    named += [("a succession", code) for row in england.successions for code in (row.predecessor, row.successor)]
    named += [("a former name", row.code) for row in england.old_names]
    named += [(f"the cluster {row.cluster}", row.icb) for row in england.clusters]
    for what, code in named:
        if code not in codes:
            raise BadTable(f"“{code}”, named in {what}, is not a body of the tables.")
