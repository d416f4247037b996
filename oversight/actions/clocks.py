"""Pauses and more time: asked for by one person, approved by another, never back-dated, seen by all parties."""

from datetime import date
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day
from ics_governance.workflow import GuardFailed, Reason
from oversight.access import P
from oversight.clocks import due
from oversight.models import Case, Extension, Pause, StageClock
from partnerships.access import allowed

from .standing import as_lead, as_party, log, need, open_case, tell, tell_raiser, tell_respondents

T = TypeVar("T", Pause, Extension)

NO_CLOCK = "This stage has no clock."
MOST_DAYS = 120
ANOTHER = "You asked for it: somebody else approves it."


def _asker(by: Actor, case: Case) -> int | None:
    """Who asks: the holder, the region above, or a party; nobody is named of a raiser in confidence."""
    if allowed(by, P.CASE_PARTY, case) and not by.system:
        user: int | None = as_party(by, case).said["user_id"]
        return user
    as_lead(by, case, P.CASE_LEAD if allowed(by, P.CASE_LEAD, case) else P.CASE_CONFIRM)
    return by.user_id


def _clock(case: Case) -> StageClock:
    """The clock that runs, locked; a case has at most one."""
    clock = StageClock.objects.select_for_update().filter(case=case, ended_on=None).first()
    if clock is None or clock.days is None:
        raise GuardFailed([Reason(NO_CLOCK)])
    return clock


@transaction.atomic
def ask_for_pause(*, by: Actor, case: Case, starts: date, reason: str, ends: date | None = None) -> Pause:
    """Ask that the clock stands still from a day on, today at the earliest; it does once a second person approves."""
    asker = _asker(by, case)
    why = need("Why the clock should stop", reason, "reason")
    if starts < by.on:
        raise GuardFailed([Reason("Today or later: a pause is never back-dated", "starts")])
    if ends is not None and ends < starts:
        raise GuardFailed([Reason("A last day that is not before the first", "ends")])
    current = open_case(case)
    with system("case.pause_asked"):
        clock = _clock(current)
        if clock.pauses.filter(ends=None).exists() or clock.pauses.filter(approved_by=None).exists():
            raise GuardFailed([Reason("Another pause goes on, or waits for its approval.", "starts")])
        pause = Pause.objects.create(clock=clock, starts=starts, ends=ends, reason=why, asked_by_id=asker)
    log(by, current, "case.pause_asked", {"starts": starts, "ends": ends, "reason": why})
    _tell_approvers(by, current, f"pause:{pause.pk}", "a pause of its clock waits for approval.")
    return pause


@transaction.atomic
def approve_pause(*, by: Actor, pause: Pause) -> Pause:
    """A second person, of the holder or the region, approves; a pause asked for the past begins today."""
    case = pause.clock.case
    as_lead(by, case, P.CASE_CONFIRM)
    current = open_case(case)
    with system("case.pause_approved"):
        clock = _clock(current)
        fresh = _waiting(Pause.objects.select_for_update().filter(pk=pause.pk, clock=clock).first(), by)
        fresh.starts = max(fresh.starts, by.on)
        if fresh.ends is not None and fresh.ends < fresh.starts:
            raise GuardFailed([Reason(f"It would have ended on {day(fresh.ends)}: ask for another.", "ends")])
        _approve(fresh, by, "starts")
        _set_due(current, clock)
    log(by, current, "case.pause_approved", {"pause": fresh.pk, "starts": fresh.starts, "due_on": current.due_on})
    _tell_parties(by, current, f"pause:{fresh.pk}:approved", f"its clock stands still from {day(fresh.starts)}.")
    return fresh


@transaction.atomic
def end_pause(*, by: Actor, pause: Pause) -> Pause:
    """The clock goes on: today is the last day of the pause, and the due date is stored anew."""
    case = pause.clock.case
    as_lead(by, case, P.CASE_LEAD if allowed(by, P.CASE_LEAD, case) else P.CASE_CONFIRM)
    current = open_case(case)
    with system("case.pause_ended"):
        clock = _clock(current)
        fresh = Pause.objects.select_for_update().filter(pk=pause.pk, clock=clock, ends=None).first()
        if fresh is None:
            raise GuardFailed([Reason("This pause has ended.")])
        if fresh.approved_by_id is None:
            fresh.delete()
        else:
            if by.on < fresh.starts:
                raise GuardFailed([Reason(f"It begins on {day(fresh.starts)}.")])
            fresh.ends = by.on
            fresh.save(update_fields=["ends"])
        _set_due(current, clock)
    log(by, current, "case.pause_ended", {"pause": pause.pk, "ends": by.on, "due_on": current.due_on})
    _tell_parties(by, current, f"pause:{pause.pk}:ended", f"its clock goes on, until {day(current.due_on)}.")
    return fresh


@transaction.atomic
def ask_for_extension(*, by: Actor, case: Case, days: int, reason: str) -> Extension:
    """Ask for more working days for the stage; they count once a second person approves."""
    asker = _asker(by, case)
    why = need("Why more time is needed", reason, "reason")
    if not 1 <= days <= MOST_DAYS:
        raise GuardFailed([Reason(f"From 1 to {MOST_DAYS} working days", "days")])
    current = open_case(case)
    with system("case.extension_asked"):
        clock = _clock(current)
        if clock.extensions.filter(approved_by=None).exists():
            raise GuardFailed([Reason("Another request for more time waits for its approval.", "days")])
        asked = Extension.objects.create(clock=clock, days=days, reason=why, asked_by_id=asker)
    log(by, current, "case.extension_asked", {"days": days, "reason": why})
    _tell_approvers(by, current, f"extension:{asked.pk}", "more time for it waits for approval.")
    return asked


@transaction.atomic
def approve_extension(*, by: Actor, extension: Extension) -> Extension:
    """A second person, of the holder or the region, approves; the new due date is stored."""
    case = extension.clock.case
    as_lead(by, case, P.CASE_CONFIRM)
    current = open_case(case)
    with system("case.extension_approved"):
        clock = _clock(current)
        fresh = _waiting(Extension.objects.select_for_update().filter(pk=extension.pk, clock=clock).first(), by)
        _approve(fresh, by)
        clock.days = (clock.days or 0) + fresh.days
        clock.save(update_fields=["days"])
        _set_due(current, clock)
    log(by, current, "case.extension_approved", {"extension": fresh.pk, "days": fresh.days, "due_on": current.due_on})
    text = f"{fresh.days} more working days: until {day(current.due_on)}."
    _tell_parties(by, current, f"extension:{fresh.pk}:approved", text)
    return fresh


def _waiting(asked: T | None, by: Actor) -> T:
    """What was asked for, still to be approved, and not by who asked."""
    if asked is None or asked.approved_by_id is not None:
        raise GuardFailed([Reason("This does not wait for approval any more.")])
    if asked.asked_by_id == by.user_id:
        raise Refused(P.CASE_CONFIRM, ANOTHER)
    return asked


def _approve(asked: Pause | Extension, by: Actor, *fields: str) -> None:
    asked.approved_by_id, asked.approved_at = by.user_id, timezone.now()
    asked.save(update_fields=["approved_by", "approved_at", *fields])


def _set_due(case: Case, clock: StageClock) -> None:
    """Store the due date after a change. While a pause goes on, the case is due on no day."""
    pauses = [(pause.starts, pause.ends) for pause in clock.pauses.exclude(approved_by=None)]
    case.due_on = due(clock.started_on, clock.days or 0, pauses)
    case.save(update_fields=["due_on"])
    if case.due_on is not None:
        clock.due_on = case.due_on
        clock.save(update_fields=["due_on"])


def _tell_approvers(by: Actor, case: Case, matter: str, text: str) -> None:
    with system("who approves"):
        rows = case.concern.audience.filter(ends=None, capacity__in=("holder", "overseer")).order_by("pk")
        bodies = list(rows.values_list("organisation_id", flat=True))
    tell(by, case, matter, text, permission=P.CASE_CONFIRM, capacity="overseer", bodies=bodies)


def _tell_parties(by: Actor, case: Case, matter: str, text: str) -> None:
    tell_respondents(by, case, matter, text)
    tell_raiser(by, case, matter, text)
