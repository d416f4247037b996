"""Meetings: when each forum met in two years and will meet next, at what notice, and who came."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from ics_governance import workingdays

from .england import Demo
from .forums import Seat
from .plans import ForumPlan, SystemPlan
from .rows import read

AHEAD = 100  # days: how far ahead meetings are planned
MINUTED_AFTER = 11  # days: by then the officer of a dense system has closed the minutes
FEW_DAYS = (2, 4, 6)  # working days ago: the meetings that wait to be minuted
STARTS = ("09:30", "10:00", "13:00", "14:00")

add_working_days = lru_cache(maxsize=None)(workingdays.add_working_days)
notice_between = lru_cache(maxsize=None)(workingdays.working_days_between)


@dataclass
class MeetingPlan:
    """A meeting: its row's number, where it stands today, and its own items with their decisions' rows."""

    number: int
    plan: SystemPlan
    forum: ForumPlan
    held_on: date
    called_on: date
    papers_on: date | None
    paper_notice: int
    state: str
    public: bool
    quorate: bool = True
    items: list[tuple[str, dict[str, Any] | None]] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether its minutes are closed."""
        return self.state == "minuted"


def add_meetings(demo: Demo, plans: list[SystemPlan], seats: dict[int, list[Seat]]) -> list[MeetingPlan]:
    """Rows of all meetings with their audience and attendance, system by system in the order of days."""
    meetings = []
    for plan in plans:
        chance = {key: demo.rng("meetings", plan.code, key) for key in plan.forums}
        days = [(day, key) for key, forum in plan.forums.items() for day in _days(demo, plan, forum, chance[key])]
        for held_on, key in sorted(days):
            forum = plan.forums[key]
            meeting = _add(demo, plan, forum, held_on, chance[key])
            if meeting:
                _share(demo, meeting, seats[forum.number])
                _attend(demo, meeting, seats[forum.number], chance[key])
                meetings.append(meeting)
    return meetings


def waits_for_minutes(plan: SystemPlan, forum: ForumPlan) -> int | None:
    """The place of the forum among those whose last meeting is still to be minuted."""
    waiting: list[str] = read("west_yorkshire")["to_minute"] if plan.dense else []
    return waiting.index(forum.key) if forum.key in waiting else None


def _days(demo: Demo, plan: SystemPlan, forum: ForumPlan, rng: Random) -> Iterator[date]:
    """The days on which the forum meets: every so many weeks, moved off holidays and the turn of the year."""
    every = forum.row["meets_every"] * 7
    waiting = waits_for_minutes(plan, forum)
    if waiting is not None:
        last = add_working_days(demo.today, -FEW_DAYS[waiting])
    else:
        last = demo.today - timedelta(days=rng.randrange(MINUTED_AFTER if plan.dense else 1, every))
        last = add_working_days(last, 0) if plan.dense else last
    first = max(demo.start, demo.since(plan.code))
    past = (last - first).days // every
    for step in range(-past, AHEAD // every + 1):
        day = last + timedelta(days=step * every)
        if waiting is not None and step == 0:
            yield day
            continue
        if (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 3):
            day += timedelta(days=14)
        day = add_working_days(day, 0)
        if first <= day and not (step <= 0 and day >= demo.today):
            yield day


def _add(demo: Demo, plan: SystemPlan, forum: ForumPlan, held_on: date, rng: Random) -> MeetingPlan | None:
    notice = rng.randint(2, 4) if rng.random() < 0.03 else rng.randint(15, 32)
    called_on = add_working_days(held_on, -notice)
    days = rng.randint(2, 4) if rng.random() < 0.04 else rng.randint(5, 8)
    papers_on = max(add_working_days(held_on, -days), called_on)
    if called_on > demo.today:
        return None
    path = _path(demo, plan, forum, held_on, papers_on, rng)
    out = bool(path) and path[0] == "papers_issued"
    public = bool(forum.row.get("public", False)) and rng.random() < 0.97
    paper_notice = notice_between(papers_on, held_on)
    number = demo.rows.add(
        "meeting", forum=forum.number, held_on=held_on, starts_at=STARTS[forum.number % 4], called_on=called_on,
        call_notice=notice_between(called_on, held_on), papers_issued_on=papers_on if out else None,
        paper_notice=paper_notice if out else None, public=public, path=path,
        private_reason=rng.choice(read("phrases")["private_reasons"]) if forum.row.get("public") and not public else "",
    )  # fmt: skip
    state = path[-1] if path else "planned"
    return MeetingPlan(number, plan, forum, held_on, called_on, papers_on if out else None, paper_notice, state, public)


def _path(
    demo: Demo, plan: SystemPlan, forum: ForumPlan, held_on: date, papers_on: date, rng: Random
) -> tuple[str, ...]:
    """The states through which a meeting has gone by today."""
    if held_on >= demo.today:
        return ("papers_issued",) if papers_on <= demo.today else ()
    days_ago = (demo.today - held_on).days
    waiting = waits_for_minutes(plan, forum)
    if waiting is not None and held_on == add_working_days(demo.today, -FEW_DAYS[waiting]):
        return ("papers_issued", "held") if waiting == 1 else ("papers_issued",)
    if not plan.dense and days_ago < MINUTED_AFTER and rng.random() < 0.5:
        return ("papers_issued", "held")
    if days_ago > MINUTED_AFTER and rng.random() < 0.015:
        return ("cancelled",)
    return ("papers_issued", "held", "minuted")


def _share(demo: Demo, meeting: MeetingPlan, seats: list[Seat]) -> None:
    """Who may read it: the host, the members' bodies and the host's region, from the day it was called."""
    for body, capacity in readers(meeting.plan, seats, meeting.called_on):
        demo.rows.add(
            "meetingaudience", meeting=meeting.number, organisation=body, capacity=capacity, starts=meeting.called_on
        )


def readers(plan: SystemPlan, seats: list[Seat], day: date) -> list[tuple[str, str]]:
    """(body, capacity) of those for whom a forum's records are."""
    members = {seat.body for seat in seats if seat.filled(day)} - {plan.code}
    return [(plan.code, "host"), *((body, "member") for body in sorted(members)), (plan.system.region, "overseer")]


def _attend(demo: Demo, meeting: MeetingPlan, seats: list[Seat], rng: Random) -> None:
    """Mark who was there, where it has been marked, and see whether that made a quorum."""
    if meeting.state not in ("held", "minuted"):
        return
    present = 0
    for seat in seats:
        story = demo.story(seat.body)
        if not seat.filled(meeting.held_on) or not story.hit("attendance_recorded", meeting.held_on):
            continue
        state = _state(seat, story.hit("attends", meeting.held_on), rng)
        person = {"member": seat.holder, "deputy": seat.deputy}.get(state)
        demo.rows.add("attendance", meeting=meeting.number, membership=seat.number, state=state, person=person)
        present += seat.voting and person is not None
    meeting.quorate = present >= meeting.forum.row["quorum"]


def _state(seat: Seat, attends: bool, rng: Random) -> str:
    if attends and seat.holder and (not seat.deputy or rng.random() < 0.82):
        return "member"
    if attends and seat.deputy:
        return "deputy"
    return "apologies" if rng.random() < 0.7 else "absent"


def add_agendas(demo: Demo, meetings: list[MeetingPlan]) -> None:
    """The items of each meeting: the standing ones around its own; a decision's row learns the number of its item."""
    standing = read("phrases")["agenda_items"]
    for meeting in meetings:
        rng = demo.rng("agenda", meeting.number)
        reports = rng.sample(standing[3:7], 2 if meeting.plan.dense else 1)
        closing = [item for item in standing[7:] if meeting.public or "public" not in item]
        usual = [[(title, None) for title in part] for part in (standing[:3], [*reports, *closing])]
        for number, (title, decision) in enumerate([*usual[0], *meeting.items, *usual[1]], 1):
            item = demo.rows.add("agendaitem", meeting=meeting.number, number=number, title=title)
            if decision is not None:
                decision["item"] = item
