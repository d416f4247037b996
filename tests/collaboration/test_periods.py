"""Single months and quarters: what each shows by itself, when they are judged, and that only changes are written."""

from datetime import date, timedelta

import pytest
import time_machine

from collaboration.actions.periods import complete_months, complete_quarters, write_periods
from collaboration.models import PeriodReading
from collaboration.queries.periods import Period, Series, series_of, variation_of
from ics_governance.context import system
from partnerships.models import Attendance
from tests import records

UNTIL = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(UNTIL, tick=False):
        yield


@pytest.fixture
def attending(world):
    """A trust with two meetings a month for two years; it missed those of the last month."""
    trust = records.trust(world.icb)
    forum = records.forum(world.icb)
    seat = records.member(forum, trust)
    for month in complete_months(UNTIL):
        for day in (3, 17):
            came = "absent" if month.until == UNTIL else "member" if day == 3 or month.since.month % 3 else "deputy"
            records.meeting(forum, month.since + timedelta(days=day), {seat: came})
    return trust


def points(body, code="R"):
    rows = PeriodReading.objects.filter(subject=body, code=code).order_by("starts")
    return list(rows.values_list("starts", "ends", "points"))


def test_months_and_quarters_of_two_years():
    months = complete_months(date(2026, 6, 15))
    assert len(months) == 24 and months[-1].until == date(2026, 5, 31) and months[0].since == date(2024, 6, 1)
    quarters = complete_quarters(complete_months(UNTIL))
    assert len(quarters) == 8 and (quarters[-1].since, quarters[-1].until) == (date(2026, 4, 1), UNTIL)


def test_a_month_is_read_from_its_own_records(framework, attending):
    write_periods(framework, UNTIL, [attending.pk])
    found = points(attending)
    assert len(found) == 24
    assert {value for *_, value in found[:-1]} == {100} and found[-1] == (date(2026, 6, 1), UNTIL, 0)


def test_the_last_month_decides_what_the_icon_shows(framework, attending):
    write_periods(framework, UNTIL, [attending.pk])
    assert variation_of([attending.pk], UNTIL)[attending.pk, "R"] == "concern"
    assert variation_of([attending.pk], date(2026, 5, 31))[attending.pk, "R"] == "common"


def test_only_what_changed_is_written(framework, attending):
    assert write_periods(framework, UNTIL, [attending.pk]) == PeriodReading.objects.count() >= 24
    before = list(PeriodReading.objects.order_by("pk").values_list())
    assert write_periods(framework, UNTIL, [attending.pk]) == 0
    assert list(PeriodReading.objects.order_by("pk").values_list()) == before
    with system("came after all"):
        Attendance.objects.filter(meeting__held_on__gte=date(2026, 6, 1)).update(state="member")
    assert write_periods(framework, UNTIL, [attending.pk]) == 1
    assert points(attending)[-1][2] == 100


def test_quarters_are_read_where_months_have_too_few_records(framework, world):
    trust, forum = records.trust(world.icb), records.forum(world.icb)
    seat = records.member(forum, trust)
    for month in complete_months(UNTIL):
        records.meeting(forum, month.since + timedelta(days=3), {seat: "member"})
    write_periods(framework, UNTIL, [trust.pk])
    assert len(points(trust)) == 8
    (series,) = (one for (_, code), one in series_of([trust.pk], UNTIL).items() if code == "R")
    assert series.quarterly and not series.judged and series.variation == "not_judged"


def test_one_query_for_any_number_of_bodies(framework, attending, django_assert_num_queries):
    write_periods(framework, UNTIL, [attending.pk])
    for bodies in ([attending.pk], range(1, 500)):
        with django_assert_num_queries(1):
            variation_of(bodies, UNTIL)


def test_a_month_without_enough_records_is_a_gap_in_the_chart():
    months = [month for month in complete_months(UNTIL) if month.since.month != 3]
    series = Series(tuple(Period(month.since, month.until, 50.0) for month in months))
    assert len(series.readings) == 24
    assert [reading.on.month for reading in series.readings if reading.value is None] == [3, 3]
