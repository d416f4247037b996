"""The decision notice as a Word file: what was decided, by whom, on what authority, why, and what follows."""

from io import BytesIO

from django.conf import settings
from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Pt

from ics_governance.wording import day, money

from .authority.words import sentence, verdict
from .models import Decision
from .queries.authority import Asked

REASONS = [
    ("Health and wellbeing", "effect_health"),
    ("Quality of services", "effect_quality"),
    ("Sustainable use of resources", "effect_resources"),
    ("Inequalities", "effect_inequalities"),
    ("Options considered", "options"),
    ("Dissent and reasoned departures", "departures"),
]


def notice(decision: Decision, address: str) -> bytes:
    """The file's bytes. The decision is loaded as for its page."""
    document = Document()
    document.styles["Normal"].font.name = "Arial"
    document.styles["Normal"].font.size = Pt(11)
    document.core_properties.title = f"Decision {decision.reference}"
    document.core_properties.author = decision.forum.host.name
    document.core_properties.language = "en-GB"
    if settings.DEMO:
        document.add_paragraph("Demonstration: activity and scores are invented.").runs[0].bold = True
    document.add_heading(decision.title, level=1)
    document.add_paragraph(decision.text or "The text of the decision has not been written yet.")
    _facts(document, decision)
    _authority(document, decision)
    _reasons(document, decision)
    _actions(document, decision)
    document.add_paragraph(f"{decision.reference}, version {decision.version}. {address}")
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _facts(document: DocumentType, decision: Decision) -> None:
    rows = [
        ("Reference", decision.reference),
        ("State", decision.get_state_display().capitalize()),
        ("Taken by", decision.forum.name),
        ("Date", day(decision.decided_on)),
        ("Kind and weight", f"{decision.get_kind_display().capitalize()}, {decision.get_weight_display()}"),
        ("Function", decision.function.name if decision.function else "not recorded"),
        ("Amount, whole life", money(decision.amount, "none")),
        ("Places", ", ".join(place.name for place in decision.places.all()) or "not recorded"),
        ("Led by", ", ".join(row.organisation.name for row in decision.leads.all()) or "not recorded"),
        ("Lead officer", decision.lead_officer.name if decision.lead_officer else "not recorded"),
        ("Accountable body", decision.accountable_body.name if decision.accountable_body else "not recorded"),
    ]
    table = document.add_table(rows=0, cols=2, style="Light Grid Accent 1")
    for label, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value


def _authority(document: DocumentType, decision: Decision) -> None:
    document.add_heading("Authority", level=2)
    if not decision.authority_answer:
        document.add_paragraph("No function was named, so the authority was not asked.")
        return
    asked = Asked.from_json(decision.authority_answer)
    document.add_paragraph(f"{verdict(asked.answer)}. {sentence(asked.answer, asked.names, asked.places)}")


def _reasons(document: DocumentType, decision: Decision) -> None:
    document.add_heading("Why", level=2)
    for heading, name in REASONS:
        if text := getattr(decision, name).strip():
            document.add_heading(heading, level=3)
            document.add_paragraph(text)


def _actions(document: DocumentType, decision: Decision) -> None:
    actions = list(decision.actions.all())
    if not actions:
        return
    document.add_heading("What happens next", level=2)
    table = document.add_table(rows=1, cols=4, style="Light Grid Accent 1")
    for cell, heading in zip(table.rows[0].cells, ("Action", "Owner", "Due", "State"), strict=True):
        cell.text = heading
    for action in actions:
        owner = f"{action.owner_person.name}, {action.owner.name}" if action.owner_person else action.owner.name
        cells = table.add_row().cells
        cells[0].text, cells[1].text = action.title, owner
        cells[2].text, cells[3].text = day(action.due), action.get_state_display()
