"""What an arrangement or a forum names lies in the systems of its host, whatever way it is asked for."""

from datetime import date

import pytest
import time_machine

from ics_governance.workflow import GuardFailed
from partnerships.actions import arrangements, forums
from partnerships.models import Arrangement, Forum, Place
from partnerships.queries.places import places_near
from tests import records
from tests.world import LONG_AGO

TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def salford(world):
    """A place of the neighbouring system."""
    return Place.objects.create(name="Salford", icb=world.body("QOP"), starts=LONG_AGO)


@pytest.fixture
def by(world):
    return world.actor("officer")


def found(world, by, **values):
    footprint = values.pop("footprint", [])
    given = {"kind": "collaborative", "name": "New", "starts": TODAY} | values
    return arrangements.found_arrangement(by=by, host=world.icb, values=given, footprint=footprint)


def refused(act):
    with pytest.raises(GuardFailed) as failed:
        act()
    return [(reason.text.replace("\xa0", " "), reason.field) for reason in failed.value.reasons]


def test_a_partnership_is_for_a_place_of_its_hosts_systems(world, by, salford):
    outside = "Salford lies outside the systems of NHS West Yorkshire Integrated Care Board"
    assert refused(lambda: found(world, by, kind="place", place=salford)) == [(outside, "place")]
    assert refused(lambda: found(world, by, footprint=[salford])) == [(outside, "footprint")]
    assert not Arrangement.objects.filter(name="New").exists()


def test_a_place_that_ended_or_has_not_begun_is_not_for_it(world, by):
    leeds = Place.objects.get(name="Leeds")
    Place.objects.filter(pk=leeds.pk).update(ends=date(2026, 10, 31))
    leeds.refresh_from_db()
    later = date(2026, 11, 5)
    assert refused(lambda: found(world, by, footprint=[leeds], starts=later)) == [
        ("Leeds ended on 31 October 2026", "footprint")
    ]
    coming = Place.objects.create(name="Airedale", icb=world.icb, starts=date(2027, 4, 1))
    assert refused(lambda: found(world, by, footprint=[coming]))[0][0] == "Airedale begins on 1 April 2027"
    assert found(world, by, footprint=[coming], starts=date(2027, 4, 1)).pk


def test_what_is_recorded_already_may_stay(world, by, salford):
    partnership = Arrangement.objects.get()
    partnership.footprint.add(salford, partnership.place)
    arrangements.edit_arrangement(
        by=by, arrangement=partnership, values={"purpose": "Care"}, footprint=[salford, partnership.place]
    )
    outside = Place.objects.create(name="Bolton", icb=world.body("QOP"), starts=LONG_AGO)
    says = refused(
        lambda: arrangements.edit_arrangement(by=by, arrangement=partnership, values={"place": outside}, footprint=[])
    )
    assert says[0][1] == "place"


def test_places_near_a_body_are_those_of_its_board_and_those_of_which_it_is_a_council(world, salford):
    def near(code):
        return set(places_near([world.body(code).pk], TODAY).values_list("name", flat=True))

    assert near("QWO") == near("RCF") == {"Bradford District and Craven", "Leeds"}
    salford.councils.add(world.body("E08000035"))
    assert near("E08000035") == {"Bradford District and Craven", "Leeds", "Salford"}


def test_a_forum_stands_among_bodies_of_its_systems(world, by, salford):
    theirs = Arrangement.objects.create(kind="icp", name="Manchester partnership", host=world.body("QOP"),
                                        starts=LONG_AGO)  # fmt: skip
    above = records.forum(world.body("QOP"), name="Manchester board")
    values = {"name": "New forum", "form": "committee", "level": "place", "meets_in_public": True, "starts": TODAY}

    def act():
        more = {"arrangement": theirs, "reports_to": above}
        forums.found_forum(by=by, host=world.icb, values=values | more, places=[salford])

    assert [field for _, field in refused(act)] == ["places", "arrangement", "reports_to"]
    board = world.place_board
    for change in ({"arrangement": theirs}, {"reports_to": above}):
        says = refused(lambda change=change: forums.edit_forum(by=by, forum=board, values=change))
        assert "lies outside the systems of" in says[0][0]
    assert refused(lambda: forums.edit_forum(by=by, forum=board, values={}, places=[salford]))[0][1] == "places"
    Forum.objects.filter(pk=board.pk).update(reports_to=above)
    forums.edit_forum(by=by, forum=board, values={"reports_to": above, "purpose": "Care"})


def test_a_reporting_line_leads_to_the_same_system(world, by):
    partnership = Arrangement.objects.get()
    theirs = Arrangement.objects.create(kind="icp", name="Manchester partnership", host=world.body("QOP"),
                                        starts=LONG_AGO)  # fmt: skip

    def act(**to):
        arrangements.report_to(by=by, arrangement=partnership, values={"starts": TODAY} | to)

    assert refused(lambda: act(to_arrangement=theirs))[0][1] == "to_arrangement"
    says, field = refused(lambda: act(to_organisation=world.body("R0A")))[0]
    assert "has nothing to do with Bradford District and Craven Partnership" in says and field == "to_organisation"
    act(to_organisation=world.icb)
