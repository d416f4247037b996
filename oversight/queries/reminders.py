"""Which clocks of cases people are to be reminded of on a day, and whom. Read in a system context."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from collaboration.models import Capacity
from collaboration.queries.people import people_who
from ics_governance.wording import day
from oversight.access import P
from oversight.clocks import LATE, TODAY, reminder
from oversight.models import Case, Commitment, DisputeRequest, Reply
from oversight.process import STAGE

BEFORE_A_PROMISE = timedelta(days=30)


@dataclass(frozen=True)
class Reminder:
    """One clock of one case that a body's people are reminded of, in words."""

    body: int
    permission: str
    capacity: str
    text: str
    only: int | None = None  # the one person who works on it


def reminders(since: date, until: date) -> dict[int, list[str]]:
    """What each person is reminded of: by half time, three working days before, on the day, and weekly after.

    `since` is the last day for which people were reminded.
    """
    due = list(_due(since, until))
    people: dict[tuple[str, str], dict[int, list[int]]] = {}
    for key in {(row.permission, row.capacity) for row in due}:
        bodies = {row.body for row in due if (row.permission, row.capacity) == key}
        people[key] = people_who(*key, bodies, until)
    found: dict[int, list[str]] = {}
    for row in due:
        able = people[row.permission, row.capacity].get(row.body, [])
        for user in [row.only] if row.only in able else able:
            found.setdefault(user, []).append(row.text)
    return found


def _due(since: date, until: date) -> Iterator[Reminder]:
    yield from _stages(since, until)
    yield from _replies(since, until)
    yield from _requests(since, until)
    yield from _commitments(since, until)


def _when(due_on: date, until: date, kind: str) -> str:
    if kind == TODAY or due_on == until:
        return "is due today"
    return f"was due on {day(due_on)}" if kind == LATE else f"is due on {day(due_on)}"


def _stages(since: date, until: date) -> Iterable[Reminder]:
    rows = Case.objects.exclude(stage=Case.Stage.CLOSED).filter(due_on__isnull=False).order_by("due_on", "pk")
    for case in rows:
        if kind := reminder(case.stage_since, case.due_on or until, since, until):
            text = f"{case.reference}: {STAGE[case.stage].title.lower()} {_when(case.due_on or until, until, kind)}"
            yield Reminder(case.holder_id, P.CASE_LEAD, Capacity.HOLDER, text, case.lead_id)


def _replies(since: date, until: date) -> Iterable[Reminder]:
    """A window that is over is over: nobody is reminded of it."""
    rows = Reply.objects.filter(replied_on=None, due_on__gte=until).exclude(case__stage=Case.Stage.CLOSED)
    for row in rows.select_related("case").order_by("due_on", "pk"):
        if kind := reminder(row.opened_on, row.due_on, since, until):
            text = f"{row.case.reference}: your reply {_when(row.due_on, until, kind)}"
            yield Reminder(row.organisation_id, P.CASE_REPLY, Capacity.RESPONDENT, text)


def _requests(since: date, until: date) -> Iterable[Reminder]:
    rows = DisputeRequest.objects.filter(granted=None).exclude(case__stage=Case.Stage.CLOSED)
    for row in rows.select_related("case").order_by("answer_due", "pk"):
        if kind := reminder(row.asked_on, row.answer_due, since, until):
            text = f"{row.case.reference}: your answer on dispute resolution {_when(row.answer_due, until, kind)}"
            yield Reminder(row.case.holder_id, P.CASE_LEAD, Capacity.HOLDER, text, row.case.lead_id)


def _commitments(since: date, until: date) -> Iterable[Reminder]:
    rows = Commitment.objects.filter(done_on=None).select_related("case").order_by("due_on", "pk")
    for row in rows:
        if kind := reminder(row.due_on - BEFORE_A_PROMISE, row.due_on, since, until):
            text = f"{row.case.reference}: “{row.title[:60]}” {_when(row.due_on, until, kind)}"
            yield Reminder(row.owner_id, P.CASE_PARTY, Capacity.RESPONDENT, text)
