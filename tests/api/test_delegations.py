"""The API's delegations: drafted, changed with the version that was read, and moved with every reason against it."""

from datetime import date

import pytest
import time_machine

from partnerships.models import Delegation
from tests.delegating import open_bases

TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def today(db):
    open_bases()
    with time_machine.travel(TODAY, tick=False):
        yield


def draft(world, **changes):
    return {
        "from_organisation": "QWO", "function": "community_services", "to_forum": world.place_board.pk,
        "basis": "internal_scheme", "instrument": "scheme 9", "starts": "2026-11-01", "limit": "50000.00",
        "assurance": "Reports each quarter.", "places": [world.place_board.places.get().pk],
    } | changes  # fmt: skip


def send(api, method, path, body, status, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = getattr(api.client, method)(f"/api/v1/{path}", body, content_type="application/json", headers=names)
    answer.body = answer.json()
    assert answer.status_code == status, answer.body
    return answer


def test_a_delegation_goes_from_draft_into_force(api, world):
    officer, executive = api("officer"), api("executive")
    made = send(officer, "post", "delegations/", draft(world), 201, Idempotency_Key="one")
    assert send(officer, "post", "delegations/", draft(world), 201, Idempotency_Key="one").body["id"] == made.body["id"]
    path = f"delegations/{made.body['id']}/"
    assert (made.body["status"], made.body["needs"], made.body["limit"]) == ("draft", [], "50000.00")
    changed = send(officer, "patch", path, {"limit": "60000.00"}, 200, If_Match=made["ETag"])
    assert (changed.body["limit"], changed.body["instrument"]) == ("60000.00", "scheme 9")
    send(officer, "patch", path, {"limit": "1.00"}, 412, If_Match=made["ETag"])
    send(officer, "patch", path, {"limit": "1.00"}, 428)
    moves = {row["event"]: row for row in executive.get(f"{path}moves/").body["moves"]}
    assert moves["approve"]["possible"] and set(moves) == {"approve"}
    approved = send(executive, "post", f"{path}moves/", {"event": "approve"}, 200, If_Match=changed["ETag"])
    force = send(officer, "post", f"{path}moves/", {"event": "bring_into_force"}, 200, If_Match=approved["ETag"])
    send(executive, "post", f"{path}moves/", {"event": "suspend"}, 400, If_Match=force["ETag"])
    body = {"event": "suspend", "reason": "Late reports."}
    held = send(executive, "post", f"{path}moves/", body, 200, If_Match=force["ETag"])
    assert held.body["suspensions"] == [{"starts": "2026-10-20", "ends": None, "reason": "Late reports."}]
    body = {"event": "end", "last_day": "2026-12-31"}
    ended = send(executive, "post", f"{path}moves/", body, 200, If_Match=held["ETag"])
    assert (ended.body["status"], ended.body["ends"]) == ("ended", "2026-12-31")
    dates = ("approved_on", "in_force_on", "ended_on")
    assert [made.body[name] for name in dates] == [None] * 3
    assert [ended.body[name] for name in dates] == ["2026-10-20"] * 3


def test_what_never_came_into_force_is_ended_without_a_day(api, world):
    made = send(api("officer"), "post", "delegations/", draft(world), 201)
    path = f"delegations/{made.body['id']}/"
    executive = api("executive")
    approved = send(executive, "post", f"{path}moves/", {"event": "approve"}, 200, If_Match=made["ETag"])
    moves = executive.get(f"{path}moves/").body["moves"]
    assert {move["event"]: move["asks"] for move in moves}["end"] == []
    late = {"event": "end", "last_day": "2026-12-31"}
    send(executive, "post", f"{path}moves/", late, 409, If_Match=approved["ETag"])
    ended = send(executive, "post", f"{path}moves/", {"event": "end"}, 200, If_Match=approved["ETag"])
    assert (ended.body["status"], ended.body["in_force_on"]) == ("ended", None)
    assert made.body["id"] in {row["id"] for row in executive.rows("delegations/")}
    assert made.body["id"] not in {row["id"] for row in executive.rows("delegations/", as_of="2026-11-02")}


def test_a_review_is_recorded(api, world):
    held = Delegation.objects.get(to_forum=world.place_board)
    path, body = f"delegations/{held.pk}/reviews/", {"held_on": "2026-10-19", "outcome": "ended", "note": "Unused."}
    made = send(api("officer"), "post", path, body | {"next_review_on": "2027-10-01"}, 201, Idempotency_Key="review")
    assert made.body["reviews"] == [body | {"next_review_on": "2027-10-01"}]
    assert made.body["review_on"] == "2027-10-01"
    send(api("officer"), "post", path, body | {"held_on": "2026-11-01"}, 409)
    send(api("officer"), "post", path, body | {"misspelt": 1}, 400)
    send(api("executive"), "post", path, body, 403)
    assert held.reviews.count() == 1


def test_what_stands_against_approving_is_told_with_its_fields(api, world):
    made = send(api("officer"), "post", "delegations/", draft(world, basis="", assurance=""), 201)
    assert [row["missing"] for row in made.body["needs"]] == ["basis", "assurance"]
    path = f"delegations/{made.body['id']}/moves/"
    answer = send(api("executive"), "post", path, {"event": "approve"}, 409, If_Match=made["ETag"])
    assert [row["field"] for row in answer.body["reasons"]] == ["basis", "assurance"]
    assert Delegation.objects.get(pk=made.body["id"]).status == "draft"


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"function": "nothing"}, 400, "function"),
        ({"from_organisation": "XYZ"}, 400, "from_organisation"),
        ({"limit": "-1"}, 400, "limit"),
        ({"starts": "soon"}, 400, "starts"),
        ({"places": [0]}, 400, "There is none with the id 0."),
        ({"to_forum": 999999}, 400, "There is none with the id 999999."),
        ({"novates": 999999}, 400, "novates"),
        ({"misspelt": 1}, 400, "misspelt"),
        ({"to_organisation": "RCF"}, 409, "to_forum"),
        ({"ends": "2026-10-01"}, 409, "ends"),
        ({"urgent": True}, 409, "to_post"),
    ],
)
def test_what_no_draft_can_be_is_refused(api, world, changes, status, field):
    before = Delegation.objects.count()
    answer = send(api("officer"), "post", "delegations/", draft(world, **changes), status)
    assert field in str(answer.body)
    assert Delegation.objects.count() == before


def test_others_draft_nothing_here(api, world):
    send(api("other_officer"), "post", "delegations/", draft(world), 403)
    send(api("auditor"), "post", "delegations/", draft(world), 403)
    send(api(None), "post", "delegations/", draft(world), 401)
    made = send(api("officer"), "post", "delegations/", draft(world), 201)
    send(api("secretary"), "patch", f"delegations/{made.body['id']}/", {}, 404, If_Match=made["ETag"])
    answer = send(api("executive"), "patch", f"delegations/{made.body['id']}/", {"limit": "1"}, 403)
    assert "ICB governance officer" in answer.body["detail"]


def test_functions_say_on_which_basis_they_go_to_whom(api, world):
    rows = api("partner").rows("functions/", owner="icb", delegable="true")
    assert [row["code"] for row in rows] == ["community_diagnostics", "community_services"]
    record = api("partner").record(f"functions/{rows[1]['id']}/")
    assert [part["code"] for part in record["parts"]] == ["community_diagnostics"]
    assert {"s75", "internal_scheme"} <= {row["code"] for row in record["open_bases"]}
    api("partner").get("functions/0/", 404)
    api("partner").get("functions/?owner=moon", 400)
