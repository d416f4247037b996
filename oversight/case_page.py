"""How a case's stages and clock are shown: the strip with dates, blocks of working days, words. It asks no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ics_governance.wording import NBSP, day, pluralise, working_days
from oversight.clocks import lost_days, working_days_between
from oversight.models import Case
from oversight.process import STAGE

SOON = 5
LINE = ("raised", "informal_resolution", "facilitated_resolution", "dispute_resolution", "oversight_review")
EXPECTED = {
    "informal_resolution": "between the bodies themselves",
    "facilitated_resolution": "with help from a body that is no party",
    "dispute_resolution": "optional: if a party asks",
    "oversight_review": "the region, by someone not involved before",
}


@dataclass(frozen=True)
class PauseShown:
    """A pause that was approved: from which used day on the bar, how long so far, and in words."""

    pk: int
    after: int
    days: int
    words: str


@dataclass(frozen=True)
class ClockShown:
    """The clock of a stage on a day. `total` None: no clock, so nothing can be late."""

    heading: str
    used: int = 0
    total: int | None = None
    pauses: list[PauseShown] = field(default_factory=list)
    state: str = "none"  # late, soon, ok, pause, none

    @property
    def text(self) -> str:
        """What stands under the blocks."""
        hatched = "; hatched: paused" if self.pauses else ""
        return f"Day {self.used} of {self.total}. Each block is one working day{hatched}."

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """The pauses as the bar takes them."""
        return [(pause.after, pause.days) for pause in self.pauses]


def worked(start: date, end: date, pauses: Iterable[Any]) -> int:
    """Working days after `start` up to `end`, without those on which the clock stood still."""
    lost = lost_days(start, end, [(pause.starts, pause.ends) for pause in pauses])
    return max(working_days_between(start, end) - lost, 0)


def _before(on: date) -> date:
    return date.fromordinal(on.toordinal() - 1)


def approved(clock: Any, pauses: Iterable[Any]) -> list[Any]:
    """Those of the pauses that stop this clock and count, in their order."""
    own = (pause for pause in pauses if pause.clock_id == clock.pk and pause.approved_by_id)
    return sorted(own, key=lambda pause: pause.starts)


def paused_on(stops: Iterable[Any], on: date) -> Any:
    """The pause in force on a day, if there is one."""
    return next((row for row in stops if row.starts <= on and (row.ends is None or row.ends >= on)), None)


def state_of(due: date | None, on: date, paused: bool) -> str:
    """How a clock stands: late, soon (five working days or fewer), ok, pause, none."""
    if paused:
        return "pause"
    if due is None:
        return "none"
    if due < on:
        return "late"
    return "soon" if working_days_between(on, due) <= SOON else "ok"


def clock_shown(case: Case, clock: Any, pauses: Iterable[Any], on: date, named: bool = True) -> ClockShown:
    """The clock of the stage a case is in; `clock` is its running StageClock, or None.

    `named`: whether the reader may know who asked for a pause; it may have been a raiser in confidence.
    """
    if not case.is_open:
        return ClockShown(f"Closed on {day(case.closed_on)}: {case.get_outcome_display()}")
    if clock is None or clock.days is None:
        return ClockShown("This stage has no clock")
    stops = approved(clock, pauses)
    now = paused_on(stops, on)
    state = state_of(clock.due_on, on, now is not None)
    if now is not None:
        until = f" until {day(now.ends)}" if now.ends else ""
        heading = f"Paused since {day(now.starts)}{until}"
    else:
        heading = _heading(clock.due_on, on)
    shown = [_pause(clock, stops, number, on, named) for number, pause in enumerate(stops) if pause.starts <= on]
    return ClockShown(heading, worked(clock.started_on, on, stops), clock.days, shown, state)


def _heading(due: date | None, on: date) -> str:
    if due is None:
        return "This stage has no clock"
    left = working_days_between(on, due)
    if due < on:
        return f"{working_days(-left)} over its date, {day(due, 'weekday')}"
    if left == 0:
        return f"Due today, {day(due, 'weekday')}"
    return f"{working_days(left)} left, due {day(due, 'weekday')}"


def _pause(clock: Any, stops: Sequence[Any], number: int, on: date, named: bool) -> PauseShown:
    pause = stops[number]
    last = min(pause.ends or on, on)
    days = working_days_between(_before(pause.starts), last)
    after = worked(clock.started_on, _before(pause.starts), stops[:number])
    span = f"{day(pause.starts, 'brief')} to {day(pause.ends)}" if pause.ends else f"since {day(pause.starts)}"
    asked = f"Asked by {pause.asked_by.name}, approved" if named and pause.asked_by else "Approved"
    words = f"Paused {working_days(days)}, {span}: {pause.reason} {asked} by {pause.approved_by.name}."
    return PauseShown(pause.pk, after, days, words)


# --- The strip of stages ------------------------------------------------------------------------------------------


def stages_shown(
    case: Case, clocks: Sequence[Any], pauses: Sequence[Any], on: date, asked: bool
) -> list[dict[str, str]]:
    """The stages with what became of each, for `stage_progress`. `asked`: a party has asked for dispute resolution."""
    newest = {clock.stage: clock for clock in sorted(clocks, key=lambda clock: (clock.started_on, clock.pk))}
    shown = []
    for code in LINE:
        clock = newest.get(code)
        shown.append(_stage(code, clock, approved(clock, pauses) if clock else [], case, on, asked))
    return [*shown, _outcome(case, newest, on)]


def _stage(code: str, clock: Any, stops: list[Any], case: Case, on: date, asked: bool) -> dict[str, str]:
    name = STAGE[code].title
    if clock is None:
        note = EXPECTED.get(code, "")
        if code == "dispute_resolution":
            note += ". One has asked" if asked else ". Nobody has" if case.is_open else ""
        return {"name": name, "note": note, "state": ""}
    if case.stage == code and clock.ended_on is None:
        used = f"day {worked(clock.started_on, on, stops)} of {clock.days}" if clock.days else "no clock"
        return {"name": name, "note": f"since {day(clock.started_on, 'brief')}, {used}", "state": "now"}
    used = worked(clock.started_on, clock.ended_on, stops)
    first, last = day(clock.started_on, "brief"), day(clock.ended_on, "brief")
    span = first if first == last else f"{first} to {last}"
    of = f", {used}{NBSP}of{NBSP}{working_days(clock.days)}" if clock.days else ""
    return {"name": name, "note": span + of, "state": "done"}


def _outcome(case: Case, newest: dict[str, Any], on: date) -> dict[str, str]:
    if not case.is_open:
        note = f"{case.get_outcome_display()}, {day(case.closed_on)}"
        return {"name": "Closed", "note": note, "state": "now"}
    if case.stage in ("support", "enforcement"):
        clock = newest.get(case.stage)
        since = day(clock.started_on if clock else case.stage_since, "brief")
        return {"name": STAGE[case.stage].title, "note": f"since {since}", "state": "now"}
    return {"name": "Outcome", "note": "support, or enforcement, or no further stage", "state": ""}


def fact_counts(facts: Sequence[Any]) -> str:
    """ "2 agreed, 1 disputed, 1 awaiting reply"."""
    words = {"agreed": "agreed", "disputed": "disputed", "awaiting": "awaiting reply"}
    found = [(sum(fact.state == state for fact in facts), said) for state, said in words.items()]
    return ", ".join(f"{count} {said}" for count, said in found if count)


def time_left(due: date, on: date) -> str:
    """How long until a day, in words: "7 working days", "today"; empty when it is over."""
    left = working_days_between(on, due)
    if due < on:
        return ""
    return "today" if due == on else pluralise(max(left, 1), "working day")
