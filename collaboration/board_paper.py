"""A self-assessment as a Word file for the board: every question, its answer and evidence, signatures, receipt."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.conf import settings
from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Pt

from ics_governance.wording import day, moment

from .framework import Framework
from .models import Assessment, SignOff
from .self_assessment import digest, title_of

OURS = (
    "The questions were worked out by this project from published guidance. They are not NHS England's words, and the "
    "ratings are the trust's own."
)


def board_paper(
    assessment: Assessment, framework: Framework, content: dict[str, Any], signatures: Sequence[SignOff], address: str
) -> bytes:
    """The file's bytes, from the content as submitted or, before that, as it stands."""
    document = Document()
    document.styles["Normal"].font.name = "Arial"
    document.styles["Normal"].font.size = Pt(11)
    title = f"Collaboration self-assessment {assessment.years}"
    document.core_properties.title = title
    document.core_properties.author = assessment.subject.name
    document.core_properties.language = "en-GB"
    if settings.DEMO:
        document.add_paragraph("Demonstration: activity and scores are invented.").runs[0].bold = True
    document.add_heading(title, level=1)
    document.add_paragraph(assessment.subject.name)
    _facts(document, assessment, content, signatures)
    document.add_paragraph(OURS)
    _answers(document, framework, content)
    document.add_paragraph(address)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _facts(document: DocumentType, assessment: Assessment, content: Any, signatures: Sequence[SignOff]) -> None:
    rows = [("State", assessment.get_state_display().capitalize())]
    rows += [(row.get_step_display().capitalize(), f"{row.user.name}, {moment(row.signed_at)}") for row in signatures]
    if assessment.submitted_at:
        rows.append(("Board", f"{day(assessment.board_met_on)}, minute {assessment.minute}"))
        rows.append(("Submitted", moment(assessment.submitted_at)))
    rows.append(("Receipt (SHA-256)" if assessment.digest else "Digest as it stands", digest(content)))
    table = document.add_table(rows=0, cols=2, style="Light Grid Accent 1")
    for label, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value


def _answers(document: DocumentType, framework: Framework, content: dict[str, Any]) -> None:
    scale = {rating.code: rating.title for rating in framework.rating_scale}
    for characteristic in framework.characteristics:
        document.add_heading(characteristic.title, level=2)
        for kloe in characteristic.kloes:
            said = content["answers"].get(kloe.code, {})
            document.add_heading(f"{kloe.code} {kloe.question}", level=3)
            rating = said.get("rating", "")
            words = f"{rating}, {scale[rating]}" if rating in scale else "Not answered yet"
            document.add_paragraph(words).runs[0].bold = True
            if said.get("text"):
                document.add_paragraph(said["text"])
            for piece in said.get("evidence", ()):
                document.add_paragraph(f"Evidence: {title_of(piece)}", style="List Bullet")
