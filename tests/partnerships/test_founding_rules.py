"""Rules of founding an arrangement: its gateway, its name, its trusts; and how one that has ended is shown."""

from datetime import date

import pytest
import time_machine

from partnerships.models import Arrangement, ArrangementMember, Place
from tests.partnerships.test_arrangement_keeping import on, post, refused
from tests.partnerships.test_forum_pages import text
from tests.world import LONG_AGO


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def typed(world):
    return {"kind": "collaborative", "name": "Acute", "host": world.icb.pk, "phase": "shadow"} | on(
        "starts", date(2025, 4, 1)
    )


# --- Beyond the first phase -----------------------------------------------------------------------------------------


def test_an_arrangement_past_its_first_phase_says_when_it_passed_its_gateway(officer, typed):
    page = refused(officer, "/arrangements/new/", **typed | {"phase": "partial"})
    assert "by a gateway review: enter the day of that, or begin in “shadow or advisory”" in page
    assert not Arrangement.objects.filter(name="Acute").exists()
    passed = typed | {"phase": "partial", "gateway_note": "Minutes of the board"} | on("gateway_on", date(2026, 3, 1))
    page = post(officer, "/arrangements/new/", **passed)
    assert "1 March 2026: passed to go from shadow or advisory to some joint functions" in page
    review = Arrangement.objects.get(name="Acute").gateways.get()
    assert (review.phase_before, review.phase_after, review.note) == ("shadow", "partial", "Minutes of the board")


@pytest.mark.parametrize(
    ("changes", "day", "says"),
    [
        ({"phase": "formal"}, date(2027, 1, 1), "A review is recorded once it was held"),
        ({"phase": "formal"}, date(2025, 3, 31), "The arrangement begins on 1 April 2025: its reviews come later"),
        ({}, date(2026, 1, 1), "no gateway leads there"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused_in_words(officer, typed, changes, day, says):
    assert says in refused(officer, "/arrangements/new/", **typed | changes, **on("gateway_on", day))


def test_a_gateway_is_asked_for_once(officer, world):
    page = text(officer.get(f"/arrangements/{Arrangement.objects.get().pk}/edit/"))
    assert "Phase" in page and "Gateway review passed on" not in page


def test_what_the_kind_demands_is_said_together_with_what_cannot_be_read(officer, typed):
    page = refused(officer, "/arrangements/new/", **typed | {"kind": "place", "starts_month": "14"})
    assert "A place-based partnership is for a place" in page and "First day must be a real date" in page


# --- Names, places, trusts ------------------------------------------------------------------------------------------


def test_a_form_sent_twice_records_one_arrangement(officer, typed):
    post(officer, "/arrangements/new/", **typed)
    again = refused(officer, "/arrangements/new/", **typed | {"name": "ACUTE"})
    assert "has an arrangement called ACUTE already in these days" in again
    made = Arrangement.objects.get(name="Acute")
    taken = {"name": "Bradford District and Craven Partnership", "phase": "shadow"}
    assert "already in these days" in refused(officer, f"/arrangements/{made.pk}/edit/", **taken)
    Arrangement.objects.filter(pk=made.pk).update(ends=date(2026, 3, 31))
    post(officer, "/arrangements/new/", **typed | on("starts", date(2026, 4, 1)))
    assert Arrangement.objects.filter(name="Acute").count() == 2


def test_a_second_partnership_for_a_place_is_a_gap(officer, world):
    first = Arrangement.objects.get()
    second = Arrangement.objects.create(
        kind="place", name="Wharfedale", host=world.icb, place=first.place, starts=LONG_AGO, ends=date(2026, 12, 31)
    )
    gap = "Wharfedale is a place-based partnership for Bradford District and Craven too"
    assert gap in text(officer.get(f"/arrangements/{first.pk}/"))
    Arrangement.objects.filter(pk=second.pk).update(place=Place.objects.get(name="Leeds"))
    assert gap not in text(officer.get(f"/arrangements/{first.pk}/"))


def test_a_collaborative_of_fewer_than_two_trusts_is_a_gap(officer, world):
    made = Arrangement.objects.create(kind="collaborative", name="Acute", host=world.body("RCF"), starts=LONG_AGO)
    gap = "A provider collaborative is of two or more trusts, and fewer take part"
    assert gap in text(officer.get(f"/arrangements/{made.pk}/"))
    ArrangementMember.objects.create(arrangement=made, organisation=world.body("RR8"), starts=LONG_AGO)
    assert gap not in text(officer.get(f"/arrangements/{made.pk}/"))


# --- How it ended ---------------------------------------------------------------------------------------------------


def test_an_ended_arrangement_shows_who_took_part_until_its_end(officer, world):
    found = Arrangement.objects.get()
    post(officer, f"/arrangements/{found.pk}/end/", **on("last_day", date(2026, 9, 30)))
    page = text(officer.get(f"/arrangements/{found.pk}/"))
    assert "4 bodies took part until its end." in page and "Members (4)" in page
