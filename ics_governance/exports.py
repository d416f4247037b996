"""Lists as CSV and Excel files: exactly the rows of a filtered list, without the pages.

Text that a spreadsheet would take for a formula is made harmless. A list of more than `CAP` rows is refused, never cut
short: row-level security ends with the request, so longer exports belong into a job.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Generic, TypeVar

import xlsxwriter
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify

CAP = 5_000
DEMO_MARK = "Demonstration: activity and scores are invented"
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")

CSV = "csv"
XLSX = "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

R = TypeVar("R")
Cell = str | int | float | Decimal | date | datetime | bool | None


class TooManyRows(Exception):
    """The list is longer than an export may be; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(f"This list has more than {CAP:,} rows. Narrow it with the filters, then export it.")


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column: its head, and what a row says in it. `width` is in characters, for Excel."""

    title: str
    value: Callable[[R], Any]
    width: int = 20


def asked_format(request: HttpRequest) -> str | None:
    """The format that the URL asks for; None for the page itself. Raises BadRequest for one that is not made."""
    asked = request.GET.get("format")
    if asked is not None and asked not in TYPES:
        raise BadRequest(f"No export in the format {asked!r}.")
    return asked


def export(kind: str, name: str, columns: Sequence[Column[R]], rows: Iterable[R]) -> HttpResponse:
    """The rows as a file to download. Raises TooManyRows before anything is written."""
    kept = list(islice(rows, CAP + 1))
    if len(kept) > CAP:
        raise TooManyRows
    body = (_csv if kind == CSV else _xlsx)(name, columns, kept)
    file_name = f"{slugify(name)}-{timezone.localdate().isoformat()}.{kind}"
    return HttpResponse(
        body, content_type=TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{file_name}"'}
    )


def harmless(text: str) -> str:
    """Text as a cell that no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    return f"'{text}" if text.startswith(RISKY) else text


def plain(value: Any) -> Cell:
    """A value as a cell: choices and records as text, times in local time, lists joined by semicolons."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    if isinstance(value, date):
        return value
    if isinstance(value, list | tuple):
        return "; ".join(str(part) for part in value)
    return str(value)


def _csv(name: str, columns: Sequence[Column[R]], rows: Sequence[R]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
    if settings.DEMO:
        writer.writerow([DEMO_MARK])
    writer.writerow([harmless(column.title) for column in columns])
    writer.writerows([_csv_cell(plain(column.value(row))) for column in columns] for row in rows)
    return file.getvalue().encode("utf-8-sig")  # the mark at the start tells Excel that it is UTF-8


def _csv_cell(value: Cell) -> str | int | float | Decimal:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return harmless(value) if isinstance(value, str) else value


def _xlsx(name: str, columns: Sequence[Column[R]], rows: Sequence[R]) -> bytes:
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "d mmmm yyyy", "align": "left"})
        moment = book.add_format({"num_format": "d mmmm yyyy hh:mm", "align": "left"})
        sheet = book.add_worksheet(name[:31])
        top = 0
        if settings.DEMO:
            book.set_properties({"comments": DEMO_MARK})
            sheet.write_string(0, 0, DEMO_MARK, bold)
            top = 1
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(top, number, column.title, bold)
        sheet.freeze_panes(top + 1, 1)
        sheet.autofilter(top, 0, top + max(len(rows), 1), len(columns) - 1)
        for line, row in enumerate(rows, start=top + 1):
            for number, column in enumerate(columns):
                _xlsx_cell(sheet, line, number, plain(column.value(row)), day, moment)
    return file.getvalue()


def _xlsx_cell(sheet: Any, line: int, number: int, value: Cell, day: Any, moment: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_string(line, number, "yes" if value else "no")
    elif isinstance(value, datetime):
        sheet.write_datetime(line, number, value, moment)
    elif isinstance(value, date):
        sheet.write_datetime(line, number, value, day)
    elif isinstance(value, str):
        sheet.write_string(line, number, value[:32_767])
    else:
        sheet.write_number(line, number, value)
