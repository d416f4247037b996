"""A document as a Word file: real headings, tables whose header row is one and repeats on every page."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from .paper import Paper, Section, Table


def word(paper: Paper) -> bytes:
    """The file's bytes."""
    document = Document()
    _set_up(document, paper)
    if paper.warning:
        document.add_paragraph(paper.warning).runs[0].bold = True
    document.add_heading(paper.title, level=0)
    document.add_paragraph(paper.subtitle)
    for words in paper.about:
        document.add_paragraph(words)
    for section in paper.sections:
        _section(document, section)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _set_up(document: DocumentType, paper: Paper) -> None:
    document.styles["Normal"].font.name = "Arial"
    document.styles["Normal"].font.size = Pt(10)
    properties = document.core_properties
    properties.title, properties.author, properties.language = paper.title, paper.author, "en-GB"
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = Cm(29.7), Cm(21)
    page.left_margin = page.right_margin = Cm(1.8)
    page.top_margin = page.bottom_margin = Cm(1.8)


def _section(document: DocumentType, section: Section) -> None:
    document.add_heading(section.title, level=section.level)
    for words in section.words:
        document.add_paragraph(words)
    if section.table is not None and section.table.rows:
        _table(document, section.table)


def _table(document: DocumentType, table: Table) -> None:
    made = document.add_table(rows=1, cols=len(table.heads), style="Table Grid")
    made.autofit = False
    whole = Cm(26.1)
    widths = [int(whole * share / sum(table.widths)) for share in table.widths]
    _fill(made.rows[0].cells, table.heads, widths, bold=True)
    _mark(made.rows[0]._tr.get_or_add_trPr(), "w:tblHeader")
    _mark(made.rows[0]._tr.get_or_add_trPr(), "w:cantSplit")
    for row in table.rows:
        added = made.add_row()
        _fill(added.cells, row, widths)
        _mark(added._tr.get_or_add_trPr(), "w:cantSplit")
    document.add_paragraph()


def _mark(properties: Any, name: str) -> None:
    element = OxmlElement(name)
    element.set(qn("w:val"), "true")
    properties.append(element)


def _fill(cells: Any, texts: tuple[str, ...], widths: list[int], bold: bool = False) -> None:
    for cell, text, width in zip(cells, texts, widths, strict=True):
        cell.width = width
        run = cell.paragraphs[0].add_run(text)
        run.font.size, run.bold = Pt(8.5), bold
