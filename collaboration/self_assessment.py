"""What a self-assessment says and still lacks. Pure: a framework and answers in, plain values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from ics_governance.ledger import canonical

from .framework import Characteristic, Framework, Kloe


@dataclass(frozen=True)
class Given:
    """The answer to one question. `evidence` are the pieces given for it, as they are kept in the content."""

    rating: str = ""
    text: str = ""
    evidence: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Gap:
    """What one question still lacks: its rating, evidence, or the reason why it does not apply."""

    characteristic: str
    kloe: str
    lacks: str

    @property
    def words(self) -> str:
        """For the list of what is missing."""
        return f"Question {self.kloe}: {self.lacks}"


def gap_of(framework: Framework, characteristic: str, kloe: str, given: Given | None) -> Gap | None:
    """What the framework's rating scale asks of this answer and it does not have."""
    scale = {rating.code: rating for rating in framework.rating_scale}
    if given is None or given.rating not in scale:
        return Gap(characteristic, kloe, "a rating")
    rating = scale[given.rating]
    if rating.needs_evidence and not given.evidence:
        return Gap(characteristic, kloe, f"evidence for “{rating.title}”")
    if rating.needs_reason and not given.text.strip():
        return Gap(characteristic, kloe, f"the reason for “{rating.title}”")
    return None


def gaps(framework: Framework, answers: Mapping[str, Given]) -> list[Gap]:
    """Everything that stands between these answers and a signature, in the order of the questions."""
    found = [
        gap_of(framework, characteristic.code, kloe.code, answers.get(kloe.code))
        for characteristic in framework.characteristics
        for kloe in characteristic.kloes
    ]
    return [gap for gap in found if gap]


def place_of(framework: Framework, kloe: str) -> tuple[Characteristic, Kloe] | None:
    """The question of a code, with the characteristic it belongs to; None when the framework has no such question."""
    for characteristic in framework.characteristics:
        for question in characteristic.kloes:
            if question.code == kloe:
                return characteristic, question
    return None


def content(framework: Framework, subject: str, year: int, answers: Mapping[str, Given]) -> dict[str, Any]:
    """What is signed: every question's answer with its evidence, for whom, for which year, by which framework."""
    return {
        "subject": subject,
        "year": year,
        "framework": {"code": framework.code, "version": framework.version, "digest": framework.digest},
        "answers": {
            kloe.code: {
                "rating": answers[kloe.code].rating,
                "text": answers[kloe.code].text,
                "evidence": [dict(piece) for piece in answers[kloe.code].evidence],
            }
            for kloe in framework.kloes
            if kloe.code in answers
        },
    }


def digest(signed: Mapping[str, Any]) -> str:
    """SHA-256 of a content in its one spelling: the receipt."""
    return sha256(canonical(dict(signed)).encode()).hexdigest()


def title_of(piece: Any) -> str:
    """What a piece of evidence in a content is called; early contents keep the title alone."""
    return str(piece.get("title", "")) if isinstance(piece, Mapping) else str(piece)
