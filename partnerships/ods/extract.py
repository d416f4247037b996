"""What a file of the national register says, whatever its layout, and the words in which a bad one is refused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

CODE = re.compile(r"[A-Z0-9]{2,12}")
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
LONGEST_NAME = 200


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file, in a sentence. `line` counts lines of a table, entries of a JSON file, from 1."""

    text: str
    line: int | None = None

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}" if self.line else self.text


class BadExtract(ValueError):
    """The file is refused as a whole; nothing of it is used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(map(str, self.problems)))


@dataclass(frozen=True)
class Said:
    """What one row says of one body. None: the layout or the row does not say it. An empty region: none in England.

    `kind` is trust, icb or empty for every other kind. `ended` without `closed`: said to be closed, not since when.
    """

    line: int
    code: str
    kind: str
    name: str
    region: str | None = None
    icb: str | None = None
    opened: date | None = None
    closed: date | None = None
    ended: bool = False
    foundation: bool = False


@dataclass(frozen=True)
class Extract:
    """All rows of a file. `layout` is etr, icb, fhir or ord."""

    layout: str
    said: tuple[Said, ...]


def kind_by_name(name: str) -> str:
    """Trust or ICB, as a name says it; empty for everything else that the national register holds."""
    words = name.upper().replace(",", " ").split()
    if "NHS" in words and "TRUST" in words:
        return "trust"
    return "icb" if " ".join(words[-3:]) == "INTEGRATED CARE BOARD" else ""


def checked(rows: Iterable[Said], problems: list[Problem]) -> tuple[Said, ...]:
    """The rows, if nothing is wrong with any of them; what holds for every layout is looked at here.

    Raises BadExtract with these problems and those found before.
    """
    first: dict[str, int] = {}
    rows = tuple(rows)
    for row in rows:
        problems += [Problem(text, row.line) for text in _wrong_with(row)]
        if row.code in first:
            problems.append(Problem(f"the code {row.code} stands on line {first[row.code]} already.", row.line))
        first.setdefault(row.code, row.line)
    if problems:
        raise BadExtract(sorted(problems, key=lambda problem: problem.line or 0))
    if not rows:
        raise BadExtract([Problem("The file is empty: there is no organisation in it.")])
    if not any(row.kind for row in rows):
        raise BadExtract([Problem("No row of the file is an NHS trust or an integrated care board.")])
    return rows


def _wrong_with(row: Said) -> Iterable[str]:
    if not CODE.fullmatch(row.code):
        yield f"“{_short(row.code)}” is not an organisation code (there is no header line, and column 1 is the code)."
    if not row.name:
        yield "the name is missing."
    elif len(row.name) > LONGEST_NAME:
        yield f"the name is longer than {LONGEST_NAME} letters."
    if not all(_printable(text) for text in (row.name, row.region or "", row.icb or "")):
        yield "there are signs in it that are not text."
    for what, code in (("region", row.region), ("integrated care board", row.icb)):
        if code and not CODE.fullmatch(code):
            yield f"“{_short(code)}” is not the code of a {what}."
    if row.opened and row.closed and row.closed < row.opened:
        yield f"it closes on {_day(row.closed)}, before it opens on {_day(row.opened)}."


def day_of(text: str, layout: str) -> date | None:
    """A date as files write it: 20260401, or 2026-04-01 with or without a time; None for empty. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    found = date.fromisoformat(_undashed(text, layout))
    if not EARLIEST <= found <= LATEST:
        raise ValueError(text)
    return found


def _undashed(text: str, layout: str) -> str:
    pattern = r"(\d{4})(\d\d)(\d\d)" if layout == "table" else r"(\d{4})-(\d\d)-(\d\d)(?:T.*)?"
    if not (match := re.fullmatch(pattern, text, re.ASCII)):
        raise ValueError(text)
    return "-".join(match.groups())


def _printable(text: str) -> bool:
    return all(sign.isprintable() for sign in text)


def _short(text: str) -> str:
    """Something typed, fit to be repeated in a sentence."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in text)
    return clean if len(clean) <= 30 else f"{clean[:29]}…"


def bad_day(text: str, what: str, example: str) -> str:
    """The sentence about a date that cannot be read."""
    return f"“{_short(text)}” is not {what} like {example}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
