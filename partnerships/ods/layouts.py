"""The layouts of the national register's files, told by their content."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from .extract import BadExtract, Extract, Problem, Said, bad_day, checked, day_of, kind_by_name

COLUMNS = 27
CODE, NAME, REGION, ICB, OPENED, CLOSED = 0, 1, 2, 3, 10, 11
MOST_ROWS = 50_000

ROLES = {"RO197": "trust", "RO107": "trust", "RO318": "icb"}
FOUNDATION = "RO57"
SITES_AND_AREAS = {"RO319"}  # a part of an ICB's area carries the ICB's primary role but is no board
IN_GEOGRAPHY_OF = "RE5"
STRATEGIC_PARTNERSHIP, REGION_ROLE = "RO261", "RO209"


def read(data: bytes) -> Extract:
    """What a file says. Raises BadExtract with every problem and its line."""
    if data[:2] == b"PK" and b"xl/" in data:
        raise _refusal("This is an Excel workbook: save its table as CSV, and choose that.")
    if data[:2] == b"PK":
        raise _refusal("This is a packed file: unpack it, and choose the table in it.")
    text = _text(data)
    begins = text.lstrip()[:1]
    if not begins:
        raise _refusal("The file is empty: there is no organisation in it.")
    if begins == "<":
        raise _refusal("This is XML or a web page: choose the table (CSV), FHIR JSON or ORD JSON.")
    return _json(text) if begins in "{[" else _table(text)


def _refusal(text: str, line: int | None = None) -> BadExtract:
    return BadExtract([Problem(text, line)])


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refusal("there are signs that are not UTF-8; save the file as UTF-8.", line) from None


# --- Tables -------------------------------------------------------------------------------------------------------


def _table(text: str) -> Extract:
    first = text.lstrip().partition("\n")[0]
    if first.count(";") >= COLUMNS - 1 > first.count(","):
        raise _refusal("Its columns are parted by semicolons: save the table as CSV with commas.")
    problems: list[Problem] = []
    rows = list(_lines(text, problems))
    widths = {len(cells) for _, cells in rows}
    if len(rows) > 1 and len(widths) == 1 and widths != {COLUMNS}:
        (width,) = widths
        more = "a column is missing" if width < COLUMNS else "there are columns too many"
        columns = _columns(width)
        raise _refusal(f"Every line has {columns}, and this layout has {COLUMNS}: {more}.")
    if len(rows) > 1 and COLUMNS not in widths:
        raise _refusal(f"No line has {COLUMNS} columns: this is not a table of the national register.")
    said = []
    for line, cells in rows:
        if len(cells) != COLUMNS:
            cut = "cut off or a column is missing" if len(cells) < COLUMNS else "there are columns too many"
            columns = _columns(len(cells))
            problems.append(Problem(f"it has {columns} in place of {COLUMNS}: {cut}.", line))
        else:
            said.append(_from_cells(line, [cell.strip() for cell in cells], problems))
    whole = not any("cut off" in problem.text for problem in problems)
    if whole and text[:1] == '"' and not text.rstrip("\r\n").endswith('"'):
        problems.append(Problem("The file ends in the middle of a row: it is cut off.", rows[-1][0] if rows else None))
    found = checked(said, problems)
    return Extract("icb" if all(row.kind != "trust" for row in found) else "etr", found)


def _columns(number: int) -> str:
    return "1 column" if number == 1 else f"{number} columns"


def _lines(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which each begins; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for count, cells in enumerate(reader):
            if count >= MOST_ROWS:
                raise _refusal(f"The file has more than {MOST_ROWS:,} rows: it is not an extract of trusts or ICBs.")
            if any("\n" in cell or "\r" in cell for cell in cells):
                problems.append(Problem("a quotation mark is not closed.", line))
            elif cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        problems.append(Problem("it cannot be read: a quotation mark is not closed, or the file is cut off.", line))


def _from_cells(line: int, cells: list[str], problems: list[Problem]) -> Said:
    days = {}
    for column, what in ((OPENED, "an opening date"), (CLOSED, "a closing date")):
        try:
            days[column] = day_of(cells[column], "table")
        except ValueError:
            problems.append(Problem(bad_day(cells[column], what, "20260401"), line))
    kind = kind_by_name(cells[NAME])
    return Said(
        line=line,
        code=cells[CODE].upper(),
        kind=kind,
        name=cells[NAME],
        region=cells[REGION].upper(),
        icb=cells[ICB].upper() if kind == "trust" else None,
        opened=days.get(OPENED),
        closed=days.get(CLOSED),
        foundation="FOUNDATION TRUST" in cells[NAME].upper(),
    )


# --- FHIR and ORD -------------------------------------------------------------------------------------------------


def _json(text: str) -> Extract:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise _refusal("the JSON breaks off or is not JSON.", error.lineno) from None
    except (ValueError, RecursionError):
        raise _refusal("The JSON cannot be read: it is nested too deeply or holds impossible numbers.") from None
    layout, entries = _entries(content)
    if len(entries) > MOST_ROWS:
        raise _refusal(f"The file has more than {MOST_ROWS:,} entries.")
    problems: list[Problem] = []
    said = []
    for line, entry in enumerate(entries, start=1):
        try:
            if row := (_from_fhir if layout == "fhir" else _from_ord)(line, entry):
                said.append(row)
        except _Unreadable as error:
            problems.append(Problem(str(error), line))
        except (KeyError, TypeError, AttributeError, IndexError):
            problems.append(Problem("it is not an organisation as the national register writes one.", line))
    return Extract(layout, checked(said, problems))


class _Unreadable(Exception):
    """An entry says something that cannot be read; the sentence tells what."""


def _entries(content: Any) -> tuple[str, list[Any]]:
    if isinstance(content, Mapping):
        match content.get("resourceType"):
            case "Organization":
                return "fhir", [content]
            case "Bundle":
                entries = _several(content.get("entry"))
                return "fhir", [entry.get("resource") if isinstance(entry, Mapping) else entry for entry in entries]
        if "Organisation" in content:
            return "ord", [content["Organisation"]]
        if isinstance(content.get("Organisations"), list):
            rows = content["Organisations"]
            return "ord", [row.get("Organisation", row) if isinstance(row, Mapping) else row for row in rows]
    raise _refusal("This JSON is neither a FHIR Organization or Bundle nor an ORD Organisation or list of them.")


def _several(value: Any) -> list[Any]:
    """A list, where the layout writes one thing as itself and several as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _extensions(record: Mapping[str, Any], ending: str) -> list[Mapping[str, Any]]:
    return [each for each in _several(record.get("extension")) if ending in str(each.get("url", ""))]


def _from_fhir(line: int, entry: Mapping[str, Any]) -> Said | None:
    kind = entry["resourceType"]
    if kind in ("OrganizationAffiliation", "OperationOutcome"):
        return None
    if kind != "Organization":
        raise _Unreadable(f"it is a {str(kind)[:40]}, not an Organization.")
    identifiers = [each for each in _several(entry.get("identifier")) if "ods-organization-code" in each["system"]]
    code = identifiers[0]["value"] if identifiers else entry["id"]
    found = [_fhir_role(each) for each in _fhir_roles(entry)]
    closed_now = entry.get("active") is False
    roles = {role for role, in_force in found if role and (in_force or closed_now)}
    opened, closed = _span(_fhir_periods(entry))
    return _said(line, code, entry["name"], roles, opened, closed, closed_now)


def _fhir_roles(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its roles: STU3 and R4 spell the word differently."""
    return [*_extensions(entry, "OrganizationRole"), *_extensions(entry, "OrganisationRole")]


def _fhir_role(extension: Mapping[str, Any]) -> tuple[str, bool]:
    """The code of a role, as RO197 (STU3 leaves the letters away), and whether it is the primary one or in force."""
    parts = {part.get("url"): part for part in _several(extension.get("extension"))}
    if role := parts.get("role"):
        code = str(role["valueCoding"]["code"])
    else:
        code = str(parts["roleCode"]["valueCodeableConcept"]["coding"][0]["code"])
    in_force = parts.get("status", {}).get("valueString", "Active") == "Active"
    in_force = in_force and parts.get("active", {}).get("valueBoolean", True) is True
    primary = parts.get("primaryRole", {}).get("valueBoolean") is True
    return code if code.startswith("RO") else f"RO{code}", in_force or primary


def _fhir_periods(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for extension in _extensions(entry, "ActivePeriod"):  # STU3
        period = extension["valuePeriod"]
        kinds = [str(part.get("valueString", "")) for part in _extensions(period, "DateType")]
        yield kinds[0] if kinds else "", period.get("start"), period.get("end")
    main = [role for role in _fhir_roles(entry) if _fhir_role(role)[0] in {*ROLES, STRATEGIC_PARTNERSHIP}]
    for extension in (found for record in [entry, *main] for found in _extensions(record, "TypedPeriod")):  # R4
        parts = {part.get("url"): part for part in _several(extension.get("extension"))}
        period = parts["period"]["valuePeriod"]
        yield str(parts["dateType"]["valueCoding"]["code"]), period.get("start"), period.get("end")


def _from_ord(line: int, entry: Mapping[str, Any]) -> Said:
    identifier = entry["OrgId"]
    if isinstance(identifier, str):  # the short form of a search: it has no dates
        roles = {str(entry.get("PrimaryRoleId", ""))}
        return _said(line, identifier, entry["Name"], roles, None, None, entry.get("Status") == "Inactive")
    listed = _several((entry.get("Roles") or {}).get("Role"))
    roles = {str(role["id"]) for role in listed if role.get("Status") == "Active" or role.get("primaryRole")}
    dates = [(str(each.get("Type")), each.get("Start"), each.get("End")) for each in _several(entry.get("Date"))]
    opened, closed = _span(dates)
    row = _said(line, identifier["extension"], entry["Name"], roles, opened, closed, entry.get("Status") == "Inactive")
    lies = {STRATEGIC_PARTNERSHIP: "", REGION_ROLE: ""}
    for link in _several((entry.get("Rels") or {}).get("Rel")):
        if link["id"] == IN_GEOGRAPHY_OF and link.get("Status") == "Active":
            lies[str(link["Target"]["PrimaryRoleId"]["id"])] = str(link["Target"]["OrgId"]["extension"])
    icb, region = lies[STRATEGIC_PARTNERSHIP] or None, lies[REGION_ROLE] or None
    return Said(**{**vars(row), "icb": icb if row.kind == "trust" else None, "region": region})


def _said(line: int, code: Any, name: Any, roles: set[str], opened: Any, closed: Any, ended: bool) -> Said:
    if not isinstance(code, str) or not isinstance(name, str):
        raise _Unreadable("its code or its name is not a text.")
    kinds = {ROLES[role] for role in roles & set(ROLES)} if not roles & SITES_AND_AREAS else set()
    kind = (
        kinds.pop() if len(kinds) == 1 else kind_by_name(name) if not roles or roles == {STRATEGIC_PARTNERSHIP} else ""
    )
    foundation = FOUNDATION in roles or "FOUNDATION TRUST" in name.upper()
    return Said(line, code.strip().upper(), kind, " ".join(name.split()), None, None, opened, closed, ended, foundation)


def _span(dates: Iterable[tuple[str, Any, Any]]) -> tuple[date | None, date | None]:
    """First and last day: the legal dates where they are given, else the operational ones."""
    spans: dict[str, tuple[date | None, date | None]] = {}
    for kind, *pair in dates:
        days = [_json_day(str(each or "")) for each in pair]
        spans.setdefault(kind, (days[0], days[1]))
    return spans.get("Legal") or spans.get("Operational") or spans.get("") or (None, None)


def _json_day(text: str) -> date | None:
    try:
        return day_of(text, "json")
    except ValueError:
        raise _Unreadable(bad_day(text, "a date", "2026-04-01")) from None
