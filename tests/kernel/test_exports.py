"""Lists as files: what a spreadsheet would run is made harmless, and the demo says what it is."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zipfile import ZipFile

import pytest
from django.core.exceptions import BadRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from ics_governance import exports
from ics_governance.exports import Column, TooManyRows, asked_format, export, harmless, plain

COLUMNS = [
    Column("Name", lambda row: row[0]),
    Column("Amount", lambda row: row[1]),
    Column("On", lambda row: row[2]),
]
ROWS = [
    ("Airedale", Decimal("-384000.50"), date(2027, 1, 14)),
    ("=1+1", 12, None),
    ("Kelderside; “Ambulance”, £5", None, datetime(2026, 7, 1, 10, 30, tzinfo=UTC)),
]


def lines(rows=ROWS, columns=COLUMNS) -> list[list[str]]:
    text = export("csv", "List", columns, rows).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def sheet(rows=ROWS) -> str:
    """The cells of the Excel file, as its XML says them."""
    with ZipFile(io.BytesIO(export("xlsx", "List", COLUMNS, rows).content)) as book:
        return book.read("xl/worksheets/sheet1.xml").decode() + book.read("xl/sharedStrings.xml").decode()


@pytest.fixture
def no_demo(settings):
    settings.DEMO = False


def test_a_csv_file_has_the_head_and_every_row(no_demo):
    assert lines() == [
        ["Name", "Amount", "On"],
        ["Airedale", "-384000.50", "2027-01-14"],
        ["'=1+1", "12", ""],
        ["Kelderside; “Ambulance”, £5", "", "2026-07-01 11:30"],
    ]


def test_in_the_demo_the_first_line_says_that_it_is_invented(settings):
    settings.DEMO = True
    assert lines()[0] == [exports.DEMO_MARK]
    assert exports.DEMO_MARK in sheet()


def test_outside_the_demo_nothing_says_so(no_demo):
    assert exports.DEMO_MARK not in sheet()


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_text_that_would_begin_a_formula_is_prefixed(no_demo, text):
    assert harmless(text) == f"'{text}"
    assert lines([(text, 1, None)])[1][0].startswith("'")


@pytest.mark.parametrize("text", ["", "Airedale", "1 = 1", "a-b", "'quoted"])
def test_other_text_stays_as_it_is(text):
    assert harmless(text) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_whatever_comes_back_as_a_formula(text):
    assert not lines([(text, None, None)])[-1][0].startswith(exports.RISKY)


def test_an_excel_file_holds_no_formula_and_no_link():
    content = sheet([("=1+1", 1, None), ("https://example.test", 2, None), ("00012", 3, None)])
    assert "<f>" not in content and "hyperlink" not in content
    assert "=1+1" in content and "00012" in content


def test_numbers_and_dates_are_real_ones_in_excel(no_demo):
    content = sheet()
    assert "<v>-384000.50</v>" in content and "<v>46401</v>" in content  # 14 January 2027 in Excel's count of days


def test_a_long_name_of_a_list_fits_a_sheet():
    assert export("xlsx", "A list with a name that is longer than thirty-one letters", COLUMNS, ROWS).content


def test_the_file_is_named_after_the_list_and_the_day():
    answer = export("csv", "Delegations held", COLUMNS, [])
    assert answer["Content-Disposition"].startswith('attachment; filename="delegations-held-20')
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_a_list_that_is_too_long_is_refused_and_not_cut_short(monkeypatch):
    monkeypatch.setattr(exports, "CAP", 3)
    assert export("csv", "List", COLUMNS, ROWS).content
    with pytest.raises(TooManyRows, match="more than 3 rows. Narrow it"):
        export("csv", "List", COLUMNS, [*ROWS, ROWS[0]])


def test_several_values_share_a_cell():
    assert plain(["a", "b"]) == "a; b"
    assert plain(None) is None and plain(True) is True


def test_yes_and_no_are_words(no_demo):
    assert lines([("a", True, None), ("b", False, None)])[1:] == [["a", "yes", ""], ["b", "no", ""]]
    assert "yes" in sheet([("a", True, None)])


def test_an_address_without_a_format_asks_for_the_page():
    assert asked_format(RequestFactory().get("/")) is None
    assert asked_format(RequestFactory().get("/?format=xlsx")) == "xlsx"


def test_a_format_that_is_not_made_is_a_bad_request():
    with pytest.raises(BadRequest):
        asked_format(RequestFactory().get("/?format=exe"))
