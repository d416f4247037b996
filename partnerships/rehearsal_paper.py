"""A rehearsal as a Word file: what was asked, what the register answered, by which route, what was said and learnt."""

from io import BytesIO

from django.conf import settings
from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Pt

from ics_governance.wording import day, joined, money

from .authority.route import Kind
from .authority.route_words import VERBS
from .authority.words import sentence, verdict
from .models import Rehearsal
from .queries.authority import Asked
from .scenario_file import Scenario


def paper(rehearsal: Rehearsal, scenario: Scenario | None, address: str) -> bytes:
    """The file's bytes. The rehearsal is loaded as for its page; `scenario` None: its template is gone."""
    document = Document()
    document.styles["Normal"].font.name = "Arial"
    document.styles["Normal"].font.size = Pt(11)
    document.core_properties.title = f"Rehearsal: {rehearsal.title}"
    document.core_properties.author = rehearsal.host.name
    document.core_properties.language = "en-GB"
    if settings.DEMO:
        document.add_paragraph("Demonstration: activity and scores are invented.").runs[0].bold = True
    document.add_heading(rehearsal.title, level=1)
    document.add_paragraph(f"A rehearsal, held on {day(rehearsal.held_on)}. No decision was taken.")
    document.add_paragraph(rehearsal.situation)
    _facts(document, rehearsal)
    _authority(document, rehearsal)
    _route(document, rehearsal)
    if scenario is not None:
        _prompts(document, rehearsal, scenario)
    document.add_heading("What was learnt", level=2)
    document.add_paragraph(rehearsal.learnt or "Nothing was written down yet.")
    document.add_paragraph(address)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _facts(document: DocumentType, rehearsal: Rehearsal) -> None:
    rows = [
        ("Kept by", rehearsal.host.name),
        ("Took part", joined(body.label for body in rehearsal.partners.all()) or "no other body is named"),
        ("Forum", rehearsal.forum.name),
        ("Function", rehearsal.function.name),
        ("Amount, whole life", money(rehearsal.amount, "none")),
        ("Places", joined(place.name for place in rehearsal.places.all()) or "the whole area"),
    ]
    table = document.add_table(rows=0, cols=2, style="Light Grid Accent 1")
    for label, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value


def _authority(document: DocumentType, rehearsal: Rehearsal) -> None:
    document.add_heading("What the register answered", level=2)
    if not rehearsal.authority_answer:
        document.add_paragraph("The register was not asked.")
        return
    asked = Asked.from_json(rehearsal.authority_answer)
    document.add_paragraph(f"{verdict(asked.answer)}. {sentence(asked.answer, asked.names, asked.places)}")


def _route(document: DocumentType, rehearsal: Rehearsal) -> None:
    document.add_heading("The route", level=2)
    if not rehearsal.route:
        document.add_paragraph("Nobody could decide it as it was put.")
    for step in rehearsal.route:
        who = step["name"] if step["holder"] else step["text"]
        document.add_paragraph(f"{VERBS[Kind(step['kind'])]}: {who}. {step['why']}", style="List Number")


def _prompts(document: DocumentType, rehearsal: Rehearsal, scenario: Scenario) -> None:
    for heading, prompts in scenario.groups.items():
        document.add_heading(heading, level=2)
        for code, text in prompts.items():
            document.add_heading(text, level=3)
            document.add_paragraph(rehearsal.prompts.get(code, "Not answered."))
