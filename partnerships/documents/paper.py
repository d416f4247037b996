"""What a document says, before it becomes PDF, Word or Excel. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ics_governance.wording import day, money

Value = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `widths` are the shares of its columns. `name` says what it holds, for those who listen."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a level (1 to 3) with paragraphs and a table."""

    title: str
    level: int = 1
    words: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of the workbook: one row a line, amounts and dates as such. `widths` are in characters."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole document. `warning` stands above everything, such as that all of it is invented."""

    title: str
    subtitle: str
    about: tuple[str, ...]
    sections: tuple[Section, ...]
    sheets: tuple[Sheet, ...]
    warning: str = ""
    author: str = ""


def in_words(value: Value) -> str:
    """A value as documents show it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return money(value)
    return day(value) if isinstance(value, date) else str(value)
