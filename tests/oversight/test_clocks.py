"""Due dates over weekends, bank holidays and pauses, held against a slow oracle that goes day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ics_governance.workingdays import is_working_day
from oversight.clocks import due, lost_days, reminder

DAY = timedelta(days=1)
# from before Christmas 2026 to after Easter 2027: four-day weekends, and New Year
STARTS = st.dates(date(2026, 12, 1), date(2027, 5, 31))
PAUSES = st.lists(
    st.tuples(STARTS, st.integers(0, 40)).map(lambda pair: (pair[0], pair[0] + pair[1] * DAY)), max_size=4
)


def slow_due(started, days, pauses):
    """Count day by day: a day counts when it is a working day and in no pause."""
    day, left = started, days
    while left:
        day += DAY
        left -= _counts(day, pauses)
    while not _counts(day, pauses):
        day += DAY
    return day


def _counts(day, pauses):
    return is_working_day(day) and not any(first <= day <= last for first, last in pauses)


@given(STARTS, st.integers(0, 60), PAUSES)
@example(date(2026, 12, 24), 1, [])
@example(date(2027, 3, 25), 2, [(date(2027, 3, 26), date(2027, 3, 30))])
@example(date(2026, 12, 1), 0, [(date(2026, 12, 1), date(2026, 12, 4)), (date(2026, 12, 6), date(2026, 12, 7))])
def test_due_is_what_counting_day_by_day_gives(started, days, pauses):
    assert due(started, days, pauses) == slow_due(started, days, pauses)


@given(STARTS, st.integers(1, 40), PAUSES, STARTS)
def test_while_a_pause_goes_on_that_is_reached_nothing_is_due(started, days, pauses, opened):
    found, before = due(started, days, [*pauses, (opened, None)]), slow_due(started, days, pauses)
    assert found == (before if before < opened else None)


@given(STARTS, st.integers(1, 40), PAUSES)
def test_a_pause_never_brings_a_date_forward_and_its_lost_days_are_what_it_costs(started, days, pauses):
    with_pauses, without = due(started, days, pauses), due(started, days)
    assert with_pauses >= without
    assert with_pauses == due(started, days + lost_days(started, with_pauses, pauses))


@given(STARTS, st.integers(1, 40), PAUSES)
def test_overlapping_pauses_count_once(started, days, pauses):
    assert due(started, days, pauses) == due(started, days, [*pauses, *reversed(pauses)])


def test_over_christmas():
    assert due(date(2026, 12, 23), 5) == date(2027, 1, 4)  # 24, 29, 30, 31 December, 4 January


# --- Reminders ----------------------------------------------------------------------------------------------------

STARTED, DUE = date(2026, 10, 5), date(2026, 11, 2)  # twenty working days


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 10, 6), None),
        (date(2026, 10, 19), "half_time"),
        (date(2026, 10, 20), None),
        (date(2026, 10, 28), "soon"),
        (date(2026, 10, 30), None),
        (date(2026, 11, 2), "today"),
        (date(2026, 11, 3), None),
        (date(2026, 11, 9), "late"),
        (date(2026, 11, 10), None),
        (date(2026, 11, 16), "late"),
    ],
)
def test_reminders_at_half_time_three_days_before_on_the_day_and_weekly_after(day, kind):
    assert reminder(STARTED, DUE, day - DAY, day) == kind


@given(STARTS, st.integers(1, 60), st.integers(1, 90))
def test_one_reminder_a_day_and_none_is_lost_when_days_were_missed(started, days, after):
    due_on = due(started, days)
    kinds = {}
    for number in range(after):
        day = started + (number + 1) * DAY
        if kind := reminder(started, due_on, day - DAY, day):
            kinds[day] = kind
    until = started + after * DAY
    assert reminder(started, due_on, started, until) == (kinds[max(kinds)] if kinds else None)
