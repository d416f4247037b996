"""Which bodies' scores the newest entries of the audit trail touch."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet

from collaboration.models import (
    Assessment,
    FeedbackRound,
    InformationRequest,
    RecordQuery,
    ScoringCursor,
    SharedRisk,
)
from ics_governance.context import system
from ics_governance.models import LedgerSeal
from partnerships.models import Action, DecisionLead, Delegation, Membership

BATCH = 2_000  # entries looked at in one round

# For which bodies a record counts, by its name in the audit trail. What is not here (cases, imports) waits for night.
COUNTS_FOR: dict[str, Callable[[list[int]], QuerySet[Any, Any]]] = {
    "action": lambda ids: Action.objects.filter(pk__in=ids).values_list("owner"),
    "decision": lambda ids: DecisionLead.objects.filter(decision__in=ids).values_list("organisation"),
    "meeting": lambda ids: Membership.objects.filter(forum__meetings__in=ids).values_list("organisation"),
    "membership": lambda ids: Membership.objects.filter(pk__in=ids).values_list("organisation"),
    "delegation": lambda ids: Delegation.objects.filter(pk__in=ids).values_list("from_organisation"),
    "informationrequest": lambda ids: InformationRequest.objects.filter(pk__in=ids).values_list("asked"),
    "sharedrisk": lambda ids: SharedRisk.objects.filter(pk__in=ids).values_list("owner"),
    "feedbackround": lambda ids: FeedbackRound.objects.filter(pk__in=ids).values_list("subject"),
    "assessment": lambda ids: Assessment.objects.filter(pk__in=ids).values_list("subject"),
    "recordquery": lambda ids: RecordQuery.objects.filter(pk__in=ids).values_list("subject"),
}


def touched_since(cursor: ScoringCursor) -> tuple[set[int], int]:
    """The bodies whose records the next entries changed, and the place of the last of these entries."""
    seals = LedgerSeal.objects.filter(sequence__gt=cursor.sequence).order_by("sequence")
    entries = list(seals.values_list("sequence", "entry__record")[:BATCH])
    return bodies_of(record for _, record in entries), entries[-1][0] if entries else cursor.sequence


def bodies_of(records: Iterable[str]) -> set[int]:
    """The bodies for which records count, by their names in the audit trail such as `action:12`."""
    ids: dict[str, list[int]] = {}
    for record in records:
        kind, _, key = record.partition(":")
        if kind in COUNTS_FOR and key.isdigit():
            ids.setdefault(kind, []).append(int(key))
    with system("whose records changed"):
        found = {body for kind, mine in ids.items() for (body,) in COUNTS_FOR[kind](mine)}
    return found - {None}
