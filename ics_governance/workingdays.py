"""Working days of England: Monday to Friday without the bank holidays of England and Wales.

The bank holidays come from the `holidays` library, so that a newly proclaimed one arrives with a newer version of it.
Due dates worked out here are stored where they matter, and not recomputed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar of working days: Monday to Friday without the days that `closed` gives for a year."""

    name: str
    closed: Callable[[int], frozenset[date]]

    def works(self, day: date) -> bool:
        """Whether the day is a working day."""
        return day.weekday() < 5 and day not in self.closed(day.year)

    def up_to(self, day: date) -> int:
        """Weekdays since the calendar began (1 January of year 1, a Monday) up to and including the day."""
        weeks, rest = divmod(day.toordinal(), 7)
        return weeks * 5 + min(rest, 5)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    found = holidays.country_holidays("GB", subdiv="ENG", years=year)
    return frozenset(day for day in found if day.year == year)


ENGLAND = Calendar("England", _bank_holidays)


def is_working_day(day: date, calendar: Calendar = ENGLAND) -> bool:
    """Whether a day is a working day."""
    return calendar.works(day)


def add_working_days(start: date, days: int, calendar: Calendar = ENGLAND) -> date:
    """The working day that lies `days` working days after `start`, or before it when `days` is below zero.

    `start` itself is day 0 and never counts. With 0 days: `start`, or the next working day when it is none.
    """
    step = DAY if days >= 0 else -DAY
    day, left = start, abs(days)
    while left:
        day += step
        left -= calendar.works(day)
    while not calendar.works(day):
        day += step
    return day


def working_days_between(start: date, end: date, calendar: Calendar = ENGLAND) -> int:
    """How many working days lie after `start` up to and including `end`; below zero when `end` comes first."""
    if end < start:
        return -working_days_between(end, start, calendar)
    closed = (day for year in range(start.year, end.year + 1) for day in calendar.closed(year))
    lost = sum(day.weekday() < 5 and start < day <= end for day in closed)
    return calendar.up_to(end) - calendar.up_to(start) - lost
