"""Clocks of the escalation process: when a stage is due, and on which days people are reminded. Pure.

A clock counts working days of England after its first day. A pause takes out the days it covers; while a pause goes
on, nothing is due.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from ics_governance.workingdays import ENGLAND, Calendar, add_working_days, working_days_between

__all__ = ["ENGLAND", "add_working_days", "due", "lost_days", "reminder", "working_days_between"]

BEFORE = 3  # working days before the due date
WEEK = timedelta(days=7)

HALF_TIME, SOON, TODAY, LATE = "half_time", "soon", "today", "late"

PauseDates = tuple[date, date | None]  # first and last day, both included; no last day: it goes on


def due(started: date, days: int, pauses: Iterable[PauseDates] = (), calendar: Calendar = ENGLAND) -> date | None:
    """The day on which a clock of `days` working days ends; None while a pause goes on that reaches it.

    `started` is day 0. Days inside a pause do not count, and a due date never falls inside one.
    """
    covered = _merged(pauses)
    found = add_working_days(started, days, calendar)
    while True:
        lost = lost_days(started, found, covered, calendar)
        moved = add_working_days(started, days + lost, calendar)
        if not days:
            moved = _after_pauses(moved, covered, calendar)
        if moved == found:
            break
        found = moved
        if _endless(covered, found):
            return None
    return None if _endless(covered, found) else found


def lost_days(started: date, until: date, pauses: Iterable[PauseDates], calendar: Calendar = ENGLAND) -> int:
    """How many working days after `started`, up to and including `until`, lie inside a pause."""
    total = 0
    for first, last in _merged(pauses):
        begin = max(first - timedelta(days=1), started)
        end = until if last is None else min(last, until)
        if end > begin:
            total += working_days_between(begin, end, calendar)
    return total


def _merged(pauses: Iterable[PauseDates]) -> list[PauseDates]:
    """The pauses in order, overlapping ones as one."""
    found: list[PauseDates] = []
    for first, last in sorted(pauses, key=lambda pause: pause[0]):
        if found and (found[-1][1] is None or first <= found[-1][1]):
            before = found[-1][1]
            found[-1] = (found[-1][0], None if before is None or last is None else max(before, last))
        else:
            found.append((first, last))
    return found


def _endless(pauses: list[PauseDates], day: date) -> bool:
    return any(last is None and first <= day for first, last in pauses)


def _after_pauses(day: date, pauses: list[PauseDates], calendar: Calendar) -> date:
    for first, last in pauses:
        if last is not None and first <= day <= last:
            day = add_working_days(last, 1, calendar)
    return day


def reminder(started: date, due_on: date, since: date, until: date) -> str | None:
    """The newest reminder whose day lies after `since`, up to and including `until`.

    At half time, three working days before, on the day, and each week after it. `since` lets a digest that was not
    sent on a day make up for it.
    """
    days = [
        (add_working_days(started, working_days_between(started, due_on) // 2), HALF_TIME),
        (add_working_days(due_on, -BEFORE), SOON),
        (due_on, TODAY),
    ]
    if until > due_on:
        days.append((due_on + WEEK * ((until - due_on) // WEEK), LATE))
    due_now = [(day, kind) for day, kind in days if since < day <= until and (kind != LATE or day > due_on)]
    return sorted(due_now, key=lambda one: one[0])[-1][1] if due_now else None  # in a short time half of it is late
