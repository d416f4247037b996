"""The API writes arrangements, forums and their members: once, and only over what was read."""

import json

import pytest

from partnerships.models import Arrangement, Forum, Fund, Place, ReportingLine
from tests import records
from tests.api.conftest import ROOT
from tests.world import LONG_AGO


@pytest.fixture
def send(api):
    """`send("officer", "post", "forums/", {...}, key="a")`: the answer."""
    people = {}

    def go(who, verb, path, body, key=None, match=None):
        people.setdefault(who, api(who))
        headers = {name: value for name, value in (("Idempotency-Key", key), ("If-Match", match)) if value}
        client = people[who].client
        return getattr(client, verb)(ROOT + path, json.dumps(body), content_type="application/json", headers=headers)

    return go


@pytest.fixture
def tag(api):
    officer = api("officer")
    return lambda path: officer.get(path)["ETag"]


FORUM = {"host": "QWO", "name": "Leeds board", "form": "committee", "level": "place", "meets_in_public": True,
         "starts": "2026-11-01"}  # fmt: skip


def test_a_forum_is_recorded_once(send, world):
    first, again = (send("officer", "post", "forums/", FORUM, key="one") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201) and first.json()["id"] == again.json()["id"]
    assert again["Idempotent-Replayed"] == "true" and first["Location"].endswith(f"/forums/{first.json()['id']}/")
    assert first.json()["who_decides"] == "the committee, within what its body passed to it"
    assert Forum.objects.filter(name="Leeds board").count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"host": "QOP"}, 403, "Not allowed"),
        ({"host": "ZZZ"}, 400, "No organisation has"),
        ({"form": "circle"}, 400, "circle"),
        ({"starts": "soon"}, 400, "starts"),
        ({"nmae": "x"}, 400, "Not a field here"),
        ({"form": "individual_executive"}, 409, "by a named post"),
        ({"meets_in_public": False}, 409, "Say why"),
        ({"reports_to": 999_999_999}, 400, "reports_to"),
        ({"committees": "all"}, 400, "committees"),
    ],
)
def test_a_forum_that_cannot_be_is_refused_in_words(send, world, changes, status, says):
    answer = send("officer", "post", "forums/", FORUM | changes)
    assert answer.status_code == status and says in answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"


def test_other_roles_do_not_write(send, tag, world):
    path = f"forums/{world.place_board.pk}/"
    assert send("auditor", "post", "forums/", FORUM).status_code == 403
    assert send("other_officer", "patch", path, {"purpose": "x"}, match=tag(path)).status_code == 403
    assert send("other_officer", "post", f"{path}members/", {}).status_code == 403


def test_a_change_needs_the_version_that_was_read(send, tag, world):
    path = f"forums/{world.place_board.pk}/"
    read = tag(path)
    assert send("officer", "patch", path, {"purpose": "Care"}).status_code == 428
    done = send("officer", "patch", path, {"purpose": "Care"}, match=read)
    assert (done.status_code, done.json()["purpose"]) == (200, "Care") and done["ETag"] == tag(path) != read
    assert send("officer", "patch", path, {"purpose": "Other"}, match=read).status_code == 412
    assert send("officer", "patch", path, {}, match=tag(path)).status_code == 400
    assert send("officer", "patch", path, ["x"], match=tag(path)).status_code == 400
    ended = send("officer", "patch", path, {"ends": "2026-12-31"}, match=tag(path)).json()
    assert ended["ends"] == "2026-12-31" and {row["ends"] for row in ended["members"]} == {"2026-12-31"}


def test_members_are_appointed_changed_and_ended(send, tag, world):
    path = f"forums/{world.place_board.pk}/"
    sent = {"organisation": "RCF", "holder": world.person("secretary").pk, "starts": "2026-11-01"}
    made = send("officer", "post", f"{path}members/", sent)
    assert made.status_code == 201
    row = next(each for each in made.json()["members"] if each["holder"] == "Ruth Calloway")
    one = f"{path}members/{row['id']}/"
    both = {"from_day": "2026-12-01", "last_day": "2026-12-01"}
    assert send("officer", "patch", one, both, match=tag(path)).status_code == 400
    changed = send("officer", "patch", one, {"from_day": "2026-12-01", "holder": None}, match=tag(path))
    kept = [each for each in changed.json()["members"] if each["starts"] >= "2026-11"]
    assert [(each["holder"], each["starts"], each["ends"]) for each in kept] == [
        ("Ruth Calloway", "2026-11-01", "2026-11-30"), (None, "2026-12-01", None),
    ]  # fmt: skip
    ended = send("officer", "patch", f"{path}members/{kept[1]['id']}/", {"last_day": "2027-01-31"}, match=tag(path))
    assert ended.json()["members"][-1]["ends"] == "2027-01-31"
    assert send("officer", "patch", f"{path}members/0/", both, match=tag(path)).status_code == 404
    assert send("officer", "patch", f"{path}members/x/", both, match=tag(path)).status_code == 404


def test_terms_are_adopted_with_rules_in_words(send, world):
    path = f"forums/{world.place_board.pk}/terms/"
    sent = {"adopted_on": "2026-04-01", "quorum": 2, "quorum_rules": [{"kind": "local_authority", "at_least": 1}]}
    made = send("officer", "post", path, sent).json()["terms"][0]
    assert (made["version"], made["quorum_in_words"]) == (2, ["a council member must be present"])
    wrong = send("officer", "post", path, sent | {"quorum_rules": [{"kind": "moon"}]})
    assert wrong.status_code == 409 and "“moon” is not a kind" in wrong.json()["detail"]
    assert send("officer", "post", path, sent | {"quorum": 0}).status_code == 400


# --- Arrangements ---------------------------------------------------------------------------------------------------


def test_an_arrangement_is_recorded_changed_and_ended(send, tag, world):
    sent = {"host": "QWO", "kind": "collaborative", "name": "Acute", "starts": "2026-11-01",
            "priorities": ["Shorter waits", "Safer care"], "activities": ["service_planning"]}  # fmt: skip
    made = send("officer", "post", "arrangements/", sent)
    assert made.status_code == 201 and made.json()["priorities"] == ["Shorter waits", "Safer care"]
    path = f"arrangements/{made.json()['id']}/"
    assert send("officer", "post", "arrangements/", sent | {"activities": ["x"]}).status_code == 400
    assert send("officer", "post", "arrangements/", sent | {"kind": "place"}).status_code == 409
    up = send("officer", "patch", path, {"phase": "formal"}, match=tag(path))
    assert up.status_code == 409 and up.json()["reasons"][0]["field"] == "phase"
    assert send("officer", "patch", path, {"purpose": "Care"}, match=tag(path)).json()["purpose"] == "Care"
    assert send("officer", "patch", path, {"ends": "2026-12-31"}, match=tag(path)).json()["ends"] == "2026-12-31"


def test_what_lies_in_another_system_is_refused_in_words(send, tag, world):
    salford = Place.objects.create(name="Salford", icb=world.body("QOP"), starts=LONG_AGO)
    sent = {"host": "QWO", "kind": "place", "name": "New", "starts": "2026-11-01", "place": salford.pk}
    answer = send("officer", "post", "arrangements/", sent)
    assert answer.status_code == 409 and answer.json()["reasons"][0]["field"] == "place"
    path = f"forums/{world.place_board.pk}/"
    changed = send("officer", "patch", path, {"places": [salford.pk]}, match=tag(path))
    assert changed.status_code == 409 and "Salford lies outside the systems of" in changed.json()["detail"]


def test_a_body_takes_part_by_another_voice_and_leaves(send, tag, world):
    path = f"arrangements/{Arrangement.objects.get().pk}/"
    sent = {"organisation": "E08000035", "starts": "2026-11-01", "expectation": "represented"}
    assert send("officer", "post", f"{path}members/", sent).status_code == 409
    made = send("officer", "post", f"{path}members/", sent | {"represented_by": "RCF"}).json()
    row = made["members"][-1]
    assert row["represented_by"]["ods_code"] == "RCF"
    one = f"{path}members/{row['id']}/"
    changed = send("officer", "patch", one, {"from_day": "2026-12-01", "expectation": "member"}, match=tag(path))
    assert changed.json()["members"][-1]["represented_by"] is None
    last = f"{path}members/{changed.json()['members'][-1]['id']}/"
    assert send("officer", "patch", last, {"last_day": "2026-11-01"}, match=tag(path)).status_code == 409
    assert send("officer", "patch", last, {"last_day": "2026-12-31"}, match=tag(path)).status_code == 200


def test_an_arrangement_shows_its_money_its_gateways_and_its_lines(api, world):
    found = Arrangement.objects.get()
    fund = Fund.objects.create(arrangement=found, kind="pooled", name="Care", host=world.icb, year=2026)
    fund.contributions.create(organisation=world.icb, amount=5, minimum=7)
    found.gateways.create(held_on=LONG_AGO, phase_before="shadow", phase_after="partial", outcome="passed",
                          criteria=[["Clear", True]])  # fmt: skip
    ReportingLine.objects.create(arrangement=found, to_organisation=world.icb, starts=LONG_AGO)
    body = api("secretary").record(f"arrangements/{found.pk}/")
    assert body["funds"][0]["contributions"][0]["below_minimum"] is True
    assert body["gateways"][0]["criteria"] == [["Clear", True]]
    assert body["reports_to"][0]["to_organisation"]["ods_code"] == "QWO"


def test_a_forum_shows_its_committees_and_deputies(api, world):
    common = records.forum(world.icb, form="committees_in_common", name="Common")
    common.committees.add(world.place_board)
    row = world.place_board.memberships.first()
    row.further_deputies.create(person=world.person("auditor"), starts=LONG_AGO)
    secretary = api("secretary")
    assert secretary.record(f"forums/{common.pk}/")["committees"] == [
        {"id": world.place_board.pk, "name": "Bradford place board"}
    ]
    members = secretary.record(f"forums/{world.place_board.pk}/")["members"]
    assert members[0]["further_deputies"][0]["name"] == "Edith Lowe"
