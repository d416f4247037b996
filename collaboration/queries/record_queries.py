"""Reads of queries: who keeps a record, which queries wait, which records of a profile may be queried."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from collaboration import indicators
from collaboration.access import P
from collaboration.indicators import Row, Window
from collaboration.models import InformationRequest, Profile, RecordQuery, SharedRisk
from ics_governance.context import system
from ics_governance.permissions import Actor
from partnerships.access import scope
from partnerships.models import Action, Arrangement, Decision, Meeting, Membership, Organisation

from .profiles import content_of

# Who answers for a record. A concern is settled in its case, feedback and self-assessments where they were given, and
# a delegation is its maker's own: those cannot be queried.
KEEPERS: dict[str, Callable[[int], QuerySet[Any]]] = {
    "meeting": lambda pk: Meeting.objects.filter(pk=pk).values("forum__host"),
    "decision": lambda pk: Decision.objects.filter(pk=pk).values("forum__host"),
    "action": lambda pk: Action.objects.filter(pk=pk).values("decision__forum__host"),
    "membership": lambda pk: Membership.objects.filter(pk=pk).values("forum__host"),
    "arrangement": lambda pk: Arrangement.objects.filter(pk=pk).values("host"),
    "information_request": lambda pk: InformationRequest.objects.filter(pk=pk).values("asker"),
    "shared_risk": lambda pk: SharedRisk.objects.filter(pk=pk).values("host"),
}


def keeper_of(kind: str, record: int) -> Organisation | None:
    """The body that answers for a record; None for kinds that are not queried."""
    if kind not in KEEPERS:
        return None
    with system("who keeps a queried record"):
        return Organisation.objects.filter(pk__in=KEEPERS[kind](record)).first()


def counted_row(profile: Profile, about: tuple[str, str, int]) -> Row | None:
    """The record as it stands behind an indicator of a profile; None when it is none of its records."""
    code, kind, record = about
    content = content_of(profile.framework)
    if code not in {each.code for each in content.registered}:
        return None
    window = Window.months(content.window_months, profile.as_of)
    with system("the records behind a profile"):
        rows = indicators.rows([code], window, profile.subject_id)
    return next((row for row in rows if (row.kind, row.record) == (kind, record)), None)


def visible(actor: Actor) -> QuerySet[RecordQuery]:
    """Queries that the actor may read: of its own profile, of records it keeps, of bodies it oversees."""
    rows = RecordQuery.objects.select_related("subject", "keeper", "asked_by", "answered_by")
    return scope(actor, P.PROFILE_VIEW, rows) | scope(actor, P.QUERY_ANSWER, rows)


def to_answer(actor: Actor) -> QuerySet[RecordQuery]:
    """Open queries about records that the actor's bodies keep, the first due first."""
    rows = RecordQuery.objects.filter(state=RecordQuery.State.OPEN).select_related("subject")
    return scope(actor, P.QUERY_ANSWER, rows).order_by("due_on", "pk")
