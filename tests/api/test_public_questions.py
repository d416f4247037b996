"""What anyone may ask by REST without a key: authority, route, functions, and the description of all that."""

import pytest

from partnerships.models import Delegation, Function
from tests import records
from tests.world import LONG_AGO

ASKED = "function=community_services&amount=700000"


@pytest.mark.parametrize("name", ["authority", "authority/route", "functions", "schema"])
def test_outside_public_nothing_is_answered_without_a_key(api, world, name):
    api(None).get(f"{name}/", 401)


def test_anyone_asks_whether_a_forum_may_decide(api, world):
    question = f"authority/?forum={world.place_board.pk}&{ASKED}"
    answer = api(None).get(f"public/{question}").body
    assert answer["status"] == "exceeds_limit" and answer["limit"] == "500000.00"
    assert answer == api("officer").get(question).body
    api(None).get("public/authority/?forum=999999&function=community_services", 404)
    assert "amount" in api(None).get(f"public/{question}x", 400).body["errors"]


def test_what_was_used_of_a_yearly_limit_is_not_for_everyone(api, world):
    """An agreed decision is secret until it is released, and so is what it leaves of a limit."""
    Delegation.objects.filter(to_forum=world.place_board).update(limit_kind="annual")
    function = Function.objects.get(code="community_services")
    records.decision(world.place_board, LONG_AGO.replace(year=2026), function=function, amount=400_000)
    question = f"authority/?forum={world.place_board.pk}&function=community_services&on=2026-07-01"
    assert api("officer").get(question).body["limit"] == "100000.00"
    assert api(None).get(f"public/{question}").body["limit"] == "500000.00"
    assert api("officer").get(f"public/{question}").body["limit"] == "500000.00"


def test_anyone_asks_by_which_route_a_matter_goes_and_is_told_of_no_meeting(api, world, sign_in):
    world.meeting(held_on=world.actor("officer").on.replace(year=2099))
    asked = f"system=QWO&{ASKED}&begins=forum:{world.place_board.pk}"
    found = api(None).get(f"public/route/?{asked}").body
    assert found["decided_by"] and found["steps"]
    assert {(step["next_meeting"], step["papers_by"]) for step in found["steps"]} == {(None, None)}
    assert "2099-" in str(api("officer").get(f"authority/route/?{asked}").body["steps"])
    with_a_session = sign_in("officer").get(f"/api/v1/public/route/?{asked}").json()
    assert with_a_session == found


def test_anyone_reads_the_catalogue_of_functions(api, world):
    rows = api(None).get("public/functions/?owner=icb").body["results"]
    assert rows == api("officer").get("functions/?owner=icb").body["results"] != []
    one = api(None).get(f"public/functions/{rows[0]['id']}/").body
    assert one["code"] == rows[0]["code"] and "open_bases" in one


def test_anyone_reads_the_description_of_what_is_for_everyone_and_of_nothing_else(api, world):
    paths = set(api(None).get("public/schema/").body["paths"])
    assert {f"/api/v1/public/{name}/" for name in ("authority", "route", "functions", "decisions")} <= paths
    assert not [path for path in paths if "/public/" not in path]
    assert "/api/v1/organisations/" in api("officer").get("schema/").body["paths"]
