"""Activity areas of arrangements, read from `reference/activity_areas.csv`. Pure: text in, plain rows out.

The list is meant to grow: a row more in the file is an area more on every form. Codes are kept on arrangements, so a
code is never given another meaning; an area that is no longer in the file still shows by its code.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("reference") / "activity_areas.csv"
COLUMNS = ["code", "name", "meaning"]


class BadAreas(ValueError):
    """The file cannot be read; the message names the line and what is wrong with it."""


@dataclass(frozen=True)
class ActivityArea:
    """Something that partners do together; `meaning` is one sentence."""

    code: str
    name: str
    meaning: str


def read(lines: Iterable[str]) -> tuple[ActivityArea, ...]:
    """The areas in the order of the file. Raises BadAreas for a wrong heading, an empty cell or a code given twice."""
    table = csv.reader(lines)
    if next(table, None) != COLUMNS:
        raise BadAreas(f"Line 1: the columns must be {', '.join(COLUMNS)}.")
    found: dict[str, ActivityArea] = {}
    for number, row in enumerate(table, start=2):
        cells = [cell.strip() for cell in row]
        if len(cells) != len(COLUMNS) or not all(cells):
            raise BadAreas(f"Line {number}: give a code, a name and a meaning.")
        area = ActivityArea(*cells)
        if area.code in found:
            raise BadAreas(f"Line {number}: the code {area.code} was given before.")
        found[area.code] = area
    return tuple(found.values())


@cache
def all_areas() -> tuple[ActivityArea, ...]:
    """The areas that ship, read once."""
    return read(FILE.read_text(encoding="utf-8").splitlines())


def named(codes: Iterable[str]) -> list[str]:
    """Names of the areas with these codes, in the order of the file; then codes that it does not know, as they are."""
    wanted = list(dict.fromkeys(codes))
    known = {area.code: area.name for area in all_areas()}
    return [name for code, name in known.items() if code in wanted] + [code for code in wanted if code not in known]
