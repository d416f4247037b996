"""Reminders: one digest a person a day, of the clocks that are theirs."""

from datetime import date

import pytest
import time_machine

from ics_governance.jobs import run_waiting
from ics_governance.models import Job, Notification
from oversight.actions import cases, file, reminders, review
from oversight.tasks import REMINDERS, remind

from .case_world import LATER, TODAY, act, case_at, move, raise_case


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def _told(world, who):
    rows = Notification.objects.filter(user=world.user(who), kind="case.reminder").order_by("pk")
    return list(rows.values_list("text", flat=True))


def _on(day, since=None):
    with time_machine.travel(day, tick=False):
        return reminders.send_digests(since=since or date.fromordinal(day.toordinal() - 1), until=day)


def test_several_cases_are_one_message_a_day(world):
    for _ in range(5):
        raise_case(world)
    _on(date(2026, 10, 27))
    assert len(_told(world, "officer")) == len(_told(world, "executive")) == 1
    text = _told(world, "officer")[0]
    assert text.startswith("Cases: C-2026-001: raised is due today; C-2026-002")
    assert "and 2 more" in text
    assert _told(world, "secretary") == _told(world, "partner") == _told(world, "auditor") == []
    _on(date(2026, 10, 27))  # sent twice, told once
    assert len(_told(world, "officer")) == 1


def test_the_respondent_is_reminded_of_its_reply_until_it_has_replied(world):
    case = case_at(world, "informal_resolution")
    _on(date(2026, 10, 29))
    assert _told(world, "secretary") == [f"Cases: {case.reference}: your reply is due on 3\xa0November 2026."]
    act(world, "secretary", file.reply, case=case, occasion="allegation", text="So.")
    _on(date(2026, 11, 3))
    assert len(_told(world, "secretary")) == 1


def test_a_window_that_is_over_reminds_nobody_but_a_late_stage_does_each_week(world):
    case_at(world, "informal_resolution")
    _on(date(2026, 11, 24))
    assert _told(world, "secretary") == []
    assert "was due on 17\xa0November 2026" in _told(world, "officer")[0]


def test_who_works_on_it_is_reminded_alone(world):
    case = raise_case(world)
    act(world, "officer", cases.assign_lead, case=case, user=world.user("executive"))
    _on(date(2026, 10, 27))
    assert (len(_told(world, "officer")), len(_told(world, "executive"))) == (0, 1)


def test_a_closed_case_reminds_nobody_and_a_promise_does(world):
    case = case_at(world, "informal_resolution")
    act(world, "officer", review.add_commitment, case=case, owner=world.body("RCF"), title="Papers", due_on=LATER)
    move(world, "officer", case, "supersede", lead_case=raise_case(world))
    _on(LATER)
    assert "“Papers” is due today" in _told(world, "secretary")[0]
    assert _told(world, "officer") == []


@pytest.mark.django_db(transaction=True)
def test_the_job_runs_on_working_days_and_makes_up_for_missed_ones(world):
    raise_case(world)  # due on Tuesday 27 October
    with time_machine.travel(date(2026, 10, 24), tick=False):  # a Saturday
        remind()
        assert not Job.objects.filter(kind=REMINDERS).exists()
    for day in (date(2026, 10, 26), date(2026, 10, 29)):  # nothing ran on the day it was due
        with time_machine.travel(day, tick=True):
            remind()
            remind()
            run_waiting()
    jobs = list(Job.objects.filter(kind=REMINDERS).order_by("pk").values_list("state", "args"))
    assert jobs == [
        ("done", {"since": "2026-10-23", "until": "2026-10-26"}),
        ("done", {"since": "2026-10-26", "until": "2026-10-29"}),
    ]
    assert any("C-2026-001: raised was due on" in text or "is due" in text for text in _told(world, "officer"))
