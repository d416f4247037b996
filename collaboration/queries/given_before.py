"""What a body has given as evidence before, for the person who answers its next question."""

from dataclasses import dataclass
from datetime import datetime

from collaboration.framework import Characteristic
from collaboration.models import Answer, Evidence, EvidenceLink

MOST = 12


@dataclass(frozen=True)
class Earlier:
    """A piece of evidence, when it was given, and for which questions."""

    evidence: Evidence
    given_at: datetime
    questions: tuple[str, ...]
    same_section: bool


def offered(answer: Answer, characteristic: Characteristic) -> list[Earlier]:
    """What the body gave and this answer does not have yet: for the same section first, then the newest."""
    codes = {kloe.code for kloe in characteristic.kloes}
    rows = Evidence.objects.filter(organisation=answer.assessment.subject_id).exclude(scan=Evidence.Scan.REFUSED)
    rows = rows.exclude(links__answer=answer).order_by("-given_at", "-id")[:100]
    served: dict[int, set[str]] = {}
    links = EvidenceLink.objects.filter(evidence__in=[row.pk for row in rows])
    for evidence, kloe in links.values_list("evidence_id", "answer__kloe"):
        served.setdefault(evidence, set()).add(kloe)
    found = [
        Earlier(row, row.given_at, tuple(sorted(served.get(row.pk, ()))), bool(served.get(row.pk, set()) & codes))
        for row in rows
    ]
    return sorted(found, key=lambda one: not one.same_section)[:MOST]
