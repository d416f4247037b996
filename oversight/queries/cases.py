"""Reads of cases: which ones a person sees, one case's whole file, its moves, how cases stand by stage and clock."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from collaboration.access import P as Collaboration
from ics_governance.permissions import Actor
from oversight.models import Case
from oversight.process import STAGES, Stage
from partnerships.access import scope

A_PARTNER = "a partner"
CLOSE = 5


def cases_of(actor: Actor) -> QuerySet[Case]:
    """The cases that a person may read, newest first, with concern and holder."""
    rows = Case.objects.select_related("concern", "holder").order_by("-opened_on", "-pk")
    return scope(actor, Collaboration.CONCERN_VIEW, rows)


@dataclass(frozen=True)
class StageCount:
    """How many open cases stand in a stage, and how many of them are past their date."""

    stage: Stage
    total: int
    overdue: int


def by_stage(actor: Actor) -> list[StageCount]:
    """Every stage but `closed`, with the open cases a person may read; one query."""
    overdue = Count("pk", filter=Q(due_on__lt=actor.on))
    rows = cases_of(actor).exclude(stage=Case.Stage.CLOSED).order_by().values("stage")
    found = {row["stage"]: row for row in rows.annotate(total=Count("pk"), overdue=overdue)}
    return [
        StageCount(stage, found.get(stage.code, {}).get("total", 0), found.get(stage.code, {}).get("overdue", 0))
        for stage in STAGES
        if stage.code != Case.Stage.CLOSED
    ]


def closest(actor: Actor, count: int = CLOSE) -> list[Case]:
    """The open cases whose clocks end first, overdue ones before all; one query."""
    rows = cases_of(actor).exclude(stage=Case.Stage.CLOSED).filter(due_on__isnull=False)
    return list(rows.order_by(F("due_on").asc(), "pk")[:count])
