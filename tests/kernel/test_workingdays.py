"""Working days of England, held against the published bank holidays and a day-by-day count."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ics_governance.workingdays import ENGLAND, Calendar, add_working_days, is_working_day, working_days_between

days = st.dates(date(2019, 1, 1), date(2032, 12, 31))
counts = st.integers(-300, 300)

PUBLISHED = {
    2022: ["01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"],
    2025: ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"],
    2026: ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"],
    2027: ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"],
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_weekdays_off_are_the_published_bank_holidays(year: int) -> None:
    every = [date(year, 1, 1) + timedelta(n) for n in range(365)]
    off = [f"{day:%m-%d}" for day in every if day.weekday() < 5 and not is_working_day(day)]
    assert off == PUBLISHED[year]


def test_scotlands_second_of_january_is_a_working_day_in_england() -> None:
    assert is_working_day(date(2026, 1, 2))


def test_five_working_days_over_easter_skip_the_weekend_and_both_bank_holidays() -> None:
    assert add_working_days(date(2026, 4, 1), 5) == date(2026, 4, 10)


def test_papers_five_working_days_before_a_meeting() -> None:
    assert add_working_days(date(2026, 4, 10), -5) == date(2026, 4, 1)


def test_no_days_from_a_working_day_is_that_day_and_from_a_saturday_the_monday() -> None:
    assert add_working_days(date(2026, 9, 4), 0) == date(2026, 9, 4)
    assert add_working_days(date(2026, 9, 5), 0) == date(2026, 9, 7)


def test_a_calendar_of_ones_own_can_be_given() -> None:
    weekdays = Calendar("weekdays", lambda year: frozenset())
    assert working_days_between(date(2026, 12, 24), date(2026, 12, 29), weekdays) == 3
    assert working_days_between(date(2026, 12, 24), date(2026, 12, 29), ENGLAND) == 1


def slowly_between(start: date, end: date) -> int:
    """Counts day by day."""
    found, day = 0, start
    while day < end:
        day += timedelta(days=1)
        found += day.weekday() < 5 and is_working_day(day)
    return found


@given(days, days)
def test_the_count_between_two_days_is_the_day_by_day_count(one: date, other: date) -> None:
    start, end = sorted((one, other))
    assert working_days_between(start, end) == slowly_between(start, end)
    assert working_days_between(end, start) == -slowly_between(start, end)


@given(days, counts)
def test_adding_working_days_lands_on_the_working_day_with_that_many_between(start: date, count: int) -> None:
    found = add_working_days(start, count)
    assert is_working_day(found)
    if count > 0:
        assert slowly_between(start, found) == count
        assert slowly_between(start, found - timedelta(days=1)) == count - 1


@given(days.filter(is_working_day), counts)
def test_going_back_undoes_going_on(start: date, count: int) -> None:
    assert add_working_days(add_working_days(start, count), -count) == start


@given(days, days, days)
def test_counts_add_up(one: date, two: date, three: date) -> None:
    assert working_days_between(one, two) + working_days_between(two, three) == working_days_between(one, three)
