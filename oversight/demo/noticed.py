"""Signals of the demonstration: the register's own rules, applied month by month, and what was done about them."""

from datetime import date, timedelta

from django.db.models import Max

from ics_governance.context import acting_as, system
from ics_governance.permissions import SYSTEM
from oversight.actions.signals import evaluate_signals, watch
from oversight.models import Signal
from partnerships.access import actor_for
from partnerships.models import Kind, Organisation

from .meetings import add_working_days
from .replay import Replay
from .rows import read

AFTER_MONTH_END = 8  # working days until a month is looked at


def notice(replay: Replay, month_ends: list[date], today: date) -> int:
    """Apply the rules after each month's end and triage what was new then; returns how many signals there are."""
    since = _last_change(today)
    days = [day for end in month_ends if since < (day := add_working_days(end, AFTER_MONTH_END)) <= today]
    for day in days:
        evaluate_signals(by=SYSTEM, on=day)
        if day != days[-1]:
            _triage(replay, day)
    with system("count the signals"):
        return Signal.objects.count()


def _last_change(today: date) -> date:
    """When a trust last closed: nothing was invented for those that are gone, and they would look silent."""
    gone = Organisation.objects.filter(kind=Kind.TRUST, closed__lt=today).aggregate(last=Max("closed"))
    return gone["last"] or date.min


def _triage(replay: Replay, day: date) -> None:
    """What the holders did about the new signals of a day."""
    for row in read("cases")["signals"]:
        with system("what is new"):
            new = list(Signal.objects.filter(subject=replay.body(row["subject"]), state=Signal.State.NEW))
        for signal in new:
            by = actor_for(replay.keeper(row["by"]), add_working_days(day, row["within"]))
            with acting_as(by):
                watch(by=by, signal=signal, reason=row["reason"], watch_until=by.on + timedelta(days=row["until"]))
