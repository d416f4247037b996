"""Profiles of the demonstration: scored month by month, previewed and frozen as the schedule would have done."""

from datetime import date, timedelta

from django.utils import timezone

from collaboration.actions.months import begin_preview, freeze_month
from collaboration.actions.scoring import score_month
from collaboration.models import ProfileMonth
from ics_governance.context import refresh_statistics
from ics_governance.models import Notification
from ics_governance.permissions import SYSTEM, Actor

from .meetings import add_working_days

LEARN_AFTER = (1, 3)  # months: the guard of frozen months looks a profile up for each row, and should do so by its key
PREVIEWED_FOR = 3  # working days: how long the last month has been in preview, so that there is time to query a record


def month_ends(today: date, count: int) -> list[date]:
    """The last days of the months before this one, oldest first."""
    ends, first = [], today.replace(day=1)
    for _ in range(count):
        ends.append(first - timedelta(days=1))
        first = ends[-1].replace(day=1)
    return ends[::-1]


def score_months(ends: list[date], today: date) -> None:
    """Score each month's end and today; the last month is in preview, those before it are frozen.

    Single months are worked out once, with the last run: it looks back over all of them.
    """
    for number, day in enumerate([*ends, today]):
        if day > timezone.localdate():  # a demonstration of a day to come: only days up to today are scored
            return
        score_month(by=SYSTEM, as_of=day, periods=day == today)
        if number in LEARN_AFTER:
            refresh_statistics()
        if day == today:
            return
        last, shown = day == ends[-1], day + timedelta(days=1)
        if last:
            shown = max(add_working_days(today, -PREVIEWED_FOR), shown)
        month = begin_preview(by=_system(shown), as_of=day, score=False)
        if not last:
            freeze_month(by=_system(month.freezes_on + timedelta(days=1)), as_of=day, score=False)
            _past(month)


def _system(day: date) -> Actor:
    """The system on a day of the past."""
    return Actor(None, SYSTEM.name, on=day, system=True)


def _past(month: ProfileMonth) -> None:
    """A month that is frozen is no news any more."""
    told = Notification.objects.filter(kind="profile.previewed", key__endswith=f":{month.as_of}:previewed")
    told.update(read_at=timezone.now())
