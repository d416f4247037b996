"""A document as a workbook: what it rests on first, then its tables with one row a line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from .paper import Paper, Sheet, Value

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MOST = 32_767  # characters in a cell
A4 = 9  # as the file format counts papers


def excel(paper: Paper) -> bytes:
    """The file's bytes. No text becomes a formula, whatever it begins with."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": paper.title, "author": paper.author, "comments": paper.warning})
        formats = {
            "bold": book.add_format({"bold": True}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "money": book.add_format({"num_format": "£#,##0.00", "valign": "top"}),
            "day": book.add_format({"num_format": "d mmmm yyyy", "align": "left", "valign": "top"}),
        }
        about = book.add_worksheet("About")
        about.set_column(0, 0, 110)
        lines = [(paper.warning, "bold"), (paper.title, "bold"), (paper.subtitle, "wrap")]
        lines += [(words, "wrap") for words in paper.about]
        for number, (text, style) in enumerate(line for line in lines if line[0]):
            about.write_string(number, 0, text, formats[style])
        for sheet in paper.sheets:
            _sheet(book.add_worksheet(sheet.name[:31]), sheet, formats)
    return buffer.getvalue()


def _sheet(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    for number, (head, width) in enumerate(zip(sheet.heads, sheet.widths, strict=True)):
        page.set_column(number, number, width)
        page.write_string(0, number, head, formats["bold"])
    page.freeze_panes(1, 1)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)  # as wide as one sheet, as many as it takes
    page.repeat_rows(0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.heads) - 1)
    for line, row in enumerate(sheet.rows, start=1):
        for number, value in enumerate(row):
            _cell(page, line, number, value, formats)


def _cell(page: Any, line: int, number: int, value: Value, formats: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        page.write_string(line, number, value[:MOST], formats["wrap"])
    elif isinstance(value, Decimal):
        page.write_number(line, number, value, formats["money"])
    elif isinstance(value, date):
        page.write_datetime(line, number, value, formats["day"])
    else:
        page.write_number(line, number, value, formats["wrap"])
