"""The API's arrangements, forums and delegations."""

from datetime import date

import pytest

from partnerships.models import Arrangement, Delegation, Membership
from tests import records


@pytest.fixture
def secretary(api):
    return api("secretary")


# --- Arrangements -------------------------------------------------------------------------------------------------


def test_an_arrangement_names_its_host_its_place_and_its_members(secretary):
    (row,) = secretary.rows("arrangements/")
    assert (row["name"], row["kind"]) == ("Bradford District and Craven Partnership", "place")
    assert (row["host"]["ods_code"], row["place"]["name"]) == ("QWO", "Bradford District and Craven")
    members = secretary.record(f"arrangements/{row['id']}/")["members"]
    assert {member["organisation"]["name"] for member in members} >= {"Bradford Council"}
    assert {member["expectation"] for member in members} == {"member"}


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"kind": "place"}, 1),
        ({"kind": "icp"}, 0),
        ({"host": "QWO"}, 1),
        ({"host": "QOP"}, 0),
        ({"member": "E08000032"}, 1),
        ({"member": "E08000035"}, 0),
        ({"q": "craven"}, 1),
        ({"as_of": "2022-06-30"}, 0),
        ({"as_of": "2022-07-01"}, 1),
        ({"phase": "shadow"}, 1),
    ],
)
def test_arrangements_are_filtered(secretary, filters, count):
    assert len(secretary.rows("arrangements/", **filters)) == count


# --- Forums -------------------------------------------------------------------------------------------------------


def test_a_forum_says_who_it_belongs_to_and_whether_it_binds(secretary):
    (row,) = secretary.rows("forums/", q="place board")
    assert (row["form"], row["level"], row["binds"]) == ("committee", "place", True)
    assert (row["host"]["ods_code"], row["reports_to"]["name"]) == ("QWO", "Finance and commissioning committee")
    assert [place["name"] for place in row["places"]] == ["Bradford District and Craven"]
    (consultative,) = secretary.rows("forums/", form="consultative_forum")
    assert consultative["binds"] is False


def test_the_record_of_a_forum_has_its_terms_and_its_members(secretary, world):
    record = secretary.record(f"forums/{world.place_board.pk}/")
    assert [(row["version"], row["quorum"]) for row in record["terms"]] == [(1, 2)]
    member = next(row for row in record["members"] if row["organisation"]["ods_code"] == "RCF")
    assert (member["holder"], member["deputy"]) == ("Denis Ormerod", "Ruth Calloway")
    vacant = next(row for row in record["members"] if row["organisation"]["ods_code"] == "RR8")
    assert (vacant["holder"], vacant["deputy"]) == (None, None)


def test_forums_are_found_by_a_member_once_however_often_it_was_one(secretary, world):
    body = world.body("RCF")
    Membership.objects.create(
        forum=world.place_board, organisation=body, starts=date(2020, 1, 1), ends=date(2021, 1, 1)
    )
    assert secretary.names("forums/", member="RCF") == ["Bradford place board"]


def test_forums_are_found_by_arrangement_and_place(secretary, world):
    board = world.place_board
    place = board.places.get().pk
    assert secretary.names("forums/", arrangement=board.arrangement_id) == ["Bradford place board"]
    assert secretary.names("forums/", place=place, level="place") == ["Bradford place board"]
    assert secretary.names("forums/", arrangement=Arrangement.objects.latest("pk").pk + 1) == []


# --- Delegations --------------------------------------------------------------------------------------------------


def test_a_delegation_says_what_passed_from_whom_to_whom_and_up_to_where(secretary, world):
    (row,) = secretary.rows("delegations/", to_forum=world.place_board.pk)
    assert row["function"]["code"] == "community_services"
    assert (row["from_organisation"]["ods_code"], row["to_forum"]["name"]) == ("QWO", "Bradford place board")
    assert (row["limit"], row["limit_kind"], row["status"]) == ("500000.00", "whole_life", "in_force")
    assert (row["starts"], row["ends"]) == ("2022-07-01", "2027-03-31")
    assert secretary.record(f"delegations/{row['id']}/")["instrument"] == "terms of reference, section 6"


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"function": "community_services"}, 2),
        ({"function": "joint_forward_plan"}, 0),
        ({"status": "draft"}, 0),
        ({"from_organisation": "QWO"}, 2),
        ({"from_organisation": "QOP"}, 0),
        ({"as_of": "2027-04-01"}, 0),
        ({"as_of": "2027-03-31"}, 2),
    ],
)
def test_delegations_are_filtered(secretary, filters, count):
    assert len(secretary.rows("delegations/", **filters)) == count


def test_a_function_that_is_not_known_is_refused_with_those_that_are(secretary):
    body = secretary.get("delegations/", 400, function="nothing").body
    assert "community_services" in body["errors"]["function"][0]


# --- All of them --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["arrangements/", "forums/", "delegations/"])
def test_long_lists_need_no_more_queries_than_short_ones(path, secretary, world, django_assert_max_num_queries):
    place = world.place_board.places.get()
    function = Delegation.objects.first().function
    for number in range(100):
        Arrangement.objects.create(kind="icp", name=f"Partnership {number}", host=world.icb, starts=date(2022, 7, 1))
        forum = records.forum(world.icb)
        forum.places.add(place)
        edge = Delegation.objects.create(
            function=function, from_organisation=world.icb, to_forum=forum, basis="internal_scheme", starts=None
        )
        edge.places.add(place)
    Delegation.objects.filter(status="draft").update(status="approved")
    for size in (10, 100):
        with django_assert_max_num_queries(12):
            assert len(secretary.get(path, page_size=size).body["results"]) == size


@pytest.mark.parametrize("path", ["arrangements/", "forums/", "delegations/"])
def test_everyone_who_signed_in_reads_them_and_nobody_else(path, api):
    assert api("stranger").rows(path)
    api(None).get(path, 401)
