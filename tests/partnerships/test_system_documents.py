"""Documents of a system: what they are, what they say and how they print. Open to everyone, as its pages are."""

import re
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from docx import Document

from ics_governance.context import system
from partnerships.models import Delegation, Forum, Function
from tests.partnerships.system_world import FILES, TODAY, delegate, sheet, unzipped


@pytest.fixture(autouse=True)
def today():
    """Everything is looked at on one day."""
    with time_machine.travel(datetime.combine(TODAY, time(10), tzinfo=UTC)):
        yield


def test_the_files_are_what_they_say_they_are(client, world):
    types = {"pdf": b"%PDF-", "docx": b"PK", "xlsx": b"PK", "svg": b"\n<svg"}
    for name in FILES:
        answer = client.get(f"/systems/QWO/{name}")
        kind = name.rsplit(".", 1)[1]
        assert answer.content.lstrip().startswith(types[kind].lstrip()), name
        stem = name.rsplit(".", 1)[0]
        assert answer["Content-Disposition"] == f'attachment; filename="{stem}-QWO-2026-11-20.{kind}"'


def test_a_pdf_is_tagged_and_has_a_title(client, world):
    for name in ("scheme.pdf", "functions-and-decisions.pdf", "organogram.pdf"):
        content = client.get(f"/systems/QWO/{name}").content
        assert b"/StructTreeRoot" in content and b"/Lang" in content and b"pdfuaid" in content


def test_the_same_pdf_is_made_only_once(client, world, monkeypatch):
    first = client.get("/systems/QWO/scheme.pdf").content
    monkeypatch.setattr("typst.compile", None)
    assert client.get("/systems/QWO/scheme.pdf").content == first


def test_the_scheme_says_limits_conditions_review_accountable_body_and_basis(client, world):
    with system("terms of a delegation"):
        Delegation.objects.filter(instrument="scheme of delegation 4.2").update(
            conditions="Only with the finance director", review_on=date(2027, 5, 1)
        )
    document = Document(BytesIO(client.get("/systems/QWO/scheme.docx").content))
    headings = [p.text for p in document.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert headings == [
        "Scheme of reservation and delegation of NHS West Yorkshire Integrated Care Board",
        "Reserved to the board",
        "Delegations",
        "Committees of the board",
        "Finance and commissioning committee",
        "Places",
        "Bradford place board",
        "Voices, recommendations and contracts",
        "Recorded, and without authority on this day",
        "What is not declared complete",
    ]
    terms = document.tables[1]
    assert [cell.text.replace("\u00a0", " ") for cell in terms.rows[1].cells] == [
        "Commissioning community health services, with its parts: Commissioning community diagnostics",
        "NHS West Yorkshire Integrated Care Board",
        "up to £2,000,000",
        "the whole area",
        "Only with the finance director",
        "Scheme of reservation and delegation: scheme of delegation 4.2",
        "31 March 2027; review by 1 May 2027",
        "NHS West Yorkshire Integrated Care Board",
    ]
    assert terms.rows[0]._tr.trPr.xpath("w:tblHeader")
    assert document.core_properties.title == headings[0]
    words = " ".join(p.text for p in document.paragraphs)
    assert "It is made from the register" in words
    assert "Demonstration: everything in this document is invented" in words


def test_the_workbook_has_a_line_for_each_cell_with_amounts_as_numbers_and_no_formula(client, world):
    with system("a name that a spreadsheet would take for a formula"):
        Forum.objects.filter(pk=world.place_board.pk).update(name="=1+1")
    content = client.get("/systems/QWO/functions-and-decisions.xlsx").content
    assert re.findall(r'<sheet name="([^"]+)"', unzipped(content)) == ["About", "Functions and decisions", "Forums"]
    rows = sheet(content, 2)
    assert len(rows) == 1 + 4 + 1
    place = next(row for row in rows if row["D"] == "=1+1")
    assert (place["B"], place["G"], place["H"], place["I"]) == (
        "Commissioning community health services", 500_000, "a commitment", "Bradford District and Craven",
    )  # fmt: skip
    assert "<f>" not in unzipped(content)


def test_what_all_of_a_holders_authority_rests_on_is_said_once(client, world):
    function = Function.objects.create(code="other", name="Other things", family="commissioning", owner_kind="icb")
    finance = Forum.objects.get(name__startswith="Finance")
    delegate(finance, function=function, instrument="scheme of delegation 4.2", limit=Decimal(7))
    document = Document(BytesIO(client.get("/systems/QWO/scheme.docx").content))
    assert "All of it rests on Scheme of reservation and delegation: scheme of delegation 4.2." in [
        p.text for p in document.paragraphs
    ]
    heads = [cell.text for cell in document.tables[1].rows[0].cells]
    assert "Legal basis and document" not in heads and len(document.tables[1].rows) == 3
    assert all(row._tr.trPr.xpath("w:cantSplit") for row in document.tables[1].rows)


def test_a_voice_has_no_limit_and_its_kind_is_said_once(client, world):
    delegate(Forum.objects.get(name="Leeds partnership forum"), model="seat_at_table")
    rows = sheet(client.get("/systems/QWO/scheme.xlsx").content, 2)
    voice = next(row for row in rows if row.get("F") == "voice only")
    assert voice["O"] == "none recorded" and "G" not in voice
    document = Document(BytesIO(client.get("/systems/QWO/scheme.docx").content))
    line = next(row for table in document.tables for row in table.rows if row.cells[2].text == "voice only")
    assert line.cells[3].text == "none"


def test_a_sheet_prints_on_its_side_as_wide_as_the_paper_with_its_heads_on_every_page(client, world):
    content = client.get("/systems/QWO/scheme.xlsx").content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        page = archive.read("xl/worksheets/sheet2.xml").decode()
        book = archive.read("xl/workbook.xml").decode()
    assert 'orientation="landscape"' in page and 'fitToHeight="0"' in page
    assert "_xlnm.Print_Titles" in book


def test_a_document_is_of_the_day_asked_and_refuses_one_that_is_none(client, world):
    answer = client.get("/systems/QWO/scheme.docx?as_of=1+November+2026")
    assert "As of 1 November 2026" in [
        p.text.replace("\u00a0", " ") for p in Document(BytesIO(answer.content)).paragraphs
    ]
    for name in FILES:
        assert client.get(f"/systems/QWO/{name}?as_of=nope").status_code == 400
