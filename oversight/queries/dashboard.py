"""Reads of the dashboard: cases by stage with a mark for each, the clocks that end first, signals in a line."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case as When_
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, NullIf

from collaboration.models import ConcernRespondent
from ics_governance.permissions import Actor
from ics_governance.workingdays import add_working_days, working_days_between
from oversight.access import P
from oversight.case_page import SOON, worked
from oversight.models import Case, Override, Pause, StageClock
from oversight.process import STAGES

from .cases import CLOSE, cases_of
from .home import Waiting, few
from .signals import Signal, waiting

MARKS = ("late", "soon", "ok", "pause")


@dataclass(frozen=True)
class StageLine:
    """A stage with its open cases: one mark for each, the most urgent first."""

    code: str
    name: str
    marks: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many cases stand in it."""
        return len(self.marks)


@dataclass(frozen=True)
class Strip:
    """All stages, and what of it waits for this person's second signature."""

    stages: list[StageLine]
    to_confirm: int = 0

    @property
    def total(self) -> int:
        """How many open cases."""
        return sum(stage.count for stage in self.stages)

    @property
    def counts(self) -> dict[str, int]:
        """How many cases have each mark."""
        return {mark: sum(stage.marks.count(mark) for stage in self.stages) for mark in MARKS}


def strip(actor: Actor) -> Strip:
    """Where the open cases stand that a person may read, and how their clocks do; one query for any number."""
    soon = add_working_days(actor.on, SOON)
    mark = When_(
        When(Exists(_pauses_in_force(actor.on)), then=Value("pause")),
        When(due_on__lt=actor.on, then=Value("late")),
        When(due_on__lte=soon, then=Value("soon")),
        default=Value("ok"),
        output_field=CharField(),
    )
    confirms = Override.objects.filter(
        case=OuterRef("pk"), confirmed_by=None, region__in=actor.organisations(P.CASE_CONFIRM)
    ).exclude(asked_by=actor.user_id)
    rows = cases_of(actor).exclude(stage=Case.Stage.CLOSED).filter(lead_case=None).order_by()
    marked = rows.annotate(mark=mark, waits=Exists(confirms)).values("stage", "mark", "waits")
    found: dict[str, dict[str, int]] = {}
    to_confirm = 0
    for stage, kind, waits, count in marked.annotate(count=Count("pk")).values_list("stage", "mark", "waits", "count"):
        marks = found.setdefault(stage, {})
        marks[kind] = marks.get(kind, 0) + count
        to_confirm += count if waits else 0
    open_stages = [stage for stage in STAGES if stage.code != Case.Stage.CLOSED]
    return Strip(
        [StageLine(each.code, each.title, _marks(found.get(each.code, {}))) for each in open_stages], to_confirm
    )


def _marks(counts: dict[str, int]) -> list[str]:
    return [mark for mark in MARKS for _ in range(counts.get(mark, 0))]


def _pauses_in_force(on: date) -> Any:
    rows = Pause.objects.filter(clock__case=OuterRef("pk"), clock__ended_on=None, approved_by__isnull=False)
    return rows.filter(Q(ends=None) | Q(ends__gte=on), starts__lte=on)


# --- The clocks that end first --------------------------------------------------------------------------------------


class Stop(NamedTuple):
    """A pause: first and last day."""

    starts: date
    ends: date | None


@dataclass(frozen=True)
class Clock:
    """A case with its clock, as the dashboard shows it."""

    case: Case
    about: str
    used: int
    total: int
    pauses: list[tuple[int, int]]
    held_by_us: bool


def closest(actor: Actor, count: int = CLOSE) -> list[Clock]:
    """The open cases whose clocks end first, those past their date before all; one query."""
    label = Coalesce(NullIf("organisation__short_name", Value("")), "organisation__name")
    about = ConcernRespondent.objects.filter(concern=OuterRef("concern")).annotate(label=label).order_by("pk")
    running = StageClock.objects.filter(case=OuterRef("pk"), ended_on=None)
    stops = Pause.objects.filter(clock__case=OuterRef("pk"), clock__ended_on=None, approved_by__isnull=False)
    rows = cases_of(actor).exclude(stage=Case.Stage.CLOSED).filter(due_on__isnull=False).annotate(
        about=ArraySubquery(about.values("label")),
        started=Subquery(running.values("started_on")[:1]),
        days=Subquery(running.values("days")[:1]),
        stop_starts=ArraySubquery(stops.order_by("starts", "pk").values("starts")),
        stop_ends=ArraySubquery(stops.order_by("starts", "pk").values("ends")),
    )  # fmt: skip
    own = actor.organisations(P.CASE_LEAD, "holder")
    return [_clock(row, actor.on, own) for row in rows.order_by(F("due_on").asc(), "pk")[:count]]


def _clock(row: Any, on: date, own: frozenset[int]) -> Clock:
    stops = [Stop(*dates) for dates in zip(row.stop_starts, row.stop_ends, strict=True)]
    started, total = row.started or row.stage_since, row.days or 0
    about = ", ".join(row.about) or row.holder.label
    return Clock(row, about, worked(started, on, stops), total, _blocks(started, stops, on), row.holder_id in own)


def _blocks(started: date, stops: list[Stop], on: date) -> list[tuple[int, int]]:
    """After how many used days each pause stands on the bar, and how many days long it is."""
    found = []
    for number, stop in enumerate(stops):
        before = stop.starts - timedelta(days=1)
        if stop.starts <= on:
            days = working_days_between(before, min(stop.ends or on, on))
            found.append((worked(started, before, stops[:number]), days))
    return found


# --- Signals ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signals:
    """The first few signals that wait, how many there are, and how many nobody has looked at in time."""

    waiting: Waiting[Signal]
    late: int = 0


def signals(actor: Actor) -> Signals:
    """One query; none for those who see no signals."""
    if not actor.organisations(P.SIGNAL_VIEW):
        return Signals(Waiting())
    late = Window(Count("pk", filter=Q(state=Signal.State.NEW, due_on__lt=actor.on)))
    found: Waiting[Any] = few(waiting(actor).annotate(late_of_them=late))
    return Signals(found, found.rows[0].late_of_them if found.rows else 0)
