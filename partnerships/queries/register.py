"""Reads of the public register, and the proof that a page says what was recorded."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from ics_governance import ledger
from ics_governance.context import system
from ics_governance.models import LedgerEntry, LedgerSeal
from partnerships.models import Decision, Forum, Meeting, Organisation


def systems() -> QuerySet[Organisation]:
    """Hosts that have released a decision."""
    released = Decision.objects.filter(forum=OuterRef("pk"), released_at__isnull=False)
    return Organisation.objects.filter(pk__in=Forum.objects.filter(Exists(released)).values("host")).order_by("name")


@dataclass(frozen=True)
class Proof:
    """The audit entry behind a released decision; `fault` says what does not fit, empty when everything does.

    Without an entry `recorded_at` is None: nothing can be said. Not yet sealed, `sequence` is None.
    """

    recorded_at: datetime | None = None
    sequence: int | None = None
    sealed_at: datetime | None = None
    digest: str = ""
    fault: str = ""


# What the public page shows of a decision: each must be as it was recorded when the decision was agreed.
SHOWN = (
    "title", "text", "kind", "decided_on", "amount", "function", "effect_health", "effect_quality", "effect_resources",
    "effect_inequalities", "options", "forum", "reference", "accountable_body", "authority_status", "authority_answer",
)  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """What everyone may know of the meeting at which a released decision was taken; people are not named."""

    public: bool
    present: int
    needed: int | None


@dataclass(frozen=True)
class Facts:
    """What a public page says beside the decision itself: its proof, its meeting, the version that replaced it."""

    proof: Proof
    taken: Taken | None
    newer: Decision | None


def facts_of(decision: Decision) -> Facts:
    """Facts of a released decision, some from records that the public cannot read."""
    newer = None
    if decision.state == Decision.State.SUPERSEDED:
        newer = Decision.objects.filter(corrects=decision, released_at__isnull=False).first()
    with system("what the public page of a released decision says", savepoint=False):
        return Facts(_proof_of(decision), _taken(decision), newer)


def _proof_of(decision: Decision) -> Proof:
    """Compare what the page shows with what was recorded when the decision was agreed, and that entry with its seal.

    Demonstration data is recorded as one entry over all its rows, so its decisions have no entry of their own.
    """
    before = LedgerSeal.objects.filter(sequence=OuterRef("seal__sequence") - 1).values("digest")
    entries = LedgerEntry.objects.filter(record=ledger.record_name(decision), kind="decision.agreed")
    entry = entries.select_related("seal").prefetch_related("values").annotate(before=Subquery(before)).first()
    if entry is None:
        return Proof()
    seal = getattr(entry, "seal", None)
    if seal is None:
        return Proof(entry.recorded_at, fault=_fault(entry, decision))
    fault = _fault(entry, decision) or ("" if _fits(entry, seal) else "the entry is not the one that was sealed")
    return Proof(entry.recorded_at, seal.sequence, seal.sealed_at, bytes(seal.digest).hex(), fault)


def _fits(entry: Any, seal: LedgerSeal) -> bool:
    """Whether the entry, after the seal before it, gives the digest that was sealed."""
    row = tuple(getattr(entry, entry._meta.get_field(name).attname) for name in ledger.FIELDS)
    previous = ledger.GENESIS if entry.before is None else bytes(entry.before)
    return ledger.digest(previous, seal.sequence, seal.sealed_at, row) == bytes(seal.digest)


def _taken(decision: Decision) -> Taken | None:
    if decision.meeting_id is None:
        return None
    there = Q(attendance__state__in=("member", "deputy"), attendance__membership__voting=True)
    rows = Meeting.objects.select_related("forum").prefetch_related("forum__terms")
    meeting = rows.annotate(present=Count("attendance", filter=there)).get(pk=decision.meeting_id)
    return Taken(meeting.public, meeting.present, meeting.quorum_needed)


def _fault(entry: LedgerEntry, decision: Decision) -> str:
    committed: dict[str, str] = json.loads(entry.body)["fields"]
    values = {row.name: row for row in entry.values.all()}
    now = ledger.snapshot(decision, SHOWN)
    for name in SHOWN:
        words, row = name.replace("_", " "), values.get(name)
        if row is None:
            if not _is_empty(now[name]):
                return f"“{words}” was not recorded"
        elif committed.get(name) != ledger.commitment(bytes(row.salt), row.value):
            return f"“{words}” of the audit entry was changed"
        elif json.loads(row.value)[1] != json.loads(ledger.canonical(now[name])):
            return f"“{words}” is not what was recorded"
    return ""


def _is_empty(value: Any) -> bool:
    return value in (None, "")
