"""The API writes gateways and funds of an arrangement, and deputies of a forum's member."""

import pytest

from partnerships.models import Arrangement, Employment
from tests import records
from tests.api.test_arrangement_writes import send, tag  # noqa: F401  the fixtures
from tests.world import LONG_AGO

COUNCIL = "E08000032"


@pytest.fixture
def path(world):
    return f"arrangements/{Arrangement.objects.get().pk}/"


# --- Gateways -------------------------------------------------------------------------------------------------------

REVIEW = {"held_on": "2026-03-01", "outcome": "passed", "criteria": [["Risks are known", True]]}


def test_a_gateway_leads_to_the_next_phase_once(send, path):  # noqa: F811
    first, again = (send("officer", "post", f"{path}gateways/", REVIEW, key="one") for _ in range(2))
    assert (first.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert first.json()["phase"] == "partial" and first.json()["gateways"][0]["criteria"] == [["Risks are known", True]]
    assert Arrangement.objects.get().gateways.count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"held_on": "2021-03-01"}, 409, "its reviews come later"),
        ({"criteria": [["Risks are known", False]]}, 409, "criteria were not met"),
        ({"criteria": []}, 409, "Name at least one criterion"),
        ({"criteria": ["Risks"]}, 400, "Send pairs"),
        ({"criteria": [["", True]]}, 400, "Send pairs"),
        ({"outcome": "well"}, 400, "well"),
        ({"phase": "formal"}, 400, "Not a field here"),
    ],
)
def test_a_gateway_that_cannot_be_is_a_problem(send, path, changes, status, says):  # noqa: F811
    answer = send("officer", "post", f"{path}gateways/", REVIEW | changes)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert says in answer.content.decode() and Arrangement.objects.get().phase == "shadow"


# --- Funds ----------------------------------------------------------------------------------------------------------

FUND = {
    "kind": "pooled", "name": "Better Care Fund", "host": COUNCIL, "year": 2026,
    "contributions": [{"organisation": "QWO", "amount": "1200000", "minimum": "1000000"},
                      {"organisation": COUNCIL, "amount": "800000.50"}],
}  # fmt: skip


def test_a_fund_is_recorded_and_corrected(send, tag, path):  # noqa: F811
    made = send("officer", "post", f"{path}funds/", FUND)
    assert made.status_code == 201
    (fund,) = made.json()["funds"]
    assert [(row["organisation"]["name"], row["amount"]) for row in fund["contributions"]] == [
        ("NHS West Yorkshire Integrated Care Board", "1200000.00"), ("Bradford Council", "800000.50"),
    ]  # fmt: skip
    one = f"{path}funds/{fund['id']}/"
    assert send("officer", "patch", one, {"limit": "5"}).status_code == 428
    changed = send("officer", "patch", one, {"limit": "2000000", "purpose": "Care"}, match=tag(path))
    assert (changed.status_code, changed.json()["funds"][0]["limit"]) == (200, "2000000.00")
    assert len(changed.json()["funds"][0]["contributions"]) == 2
    less = [{"organisation": "QWO", "amount": "1", "minimum": "1000000"}, FUND["contributions"][1]]
    refused = send("officer", "patch", one, {"contributions": less, "limit": None}, match=tag(path))
    assert refused.status_code == 409 and "must contribute at least £1,000,000" in refused.json()["detail"]
    fact = send("officer", "patch", one, {"contributions": less, "limit": None, "as_fact": True}, match=tag(path))
    assert fact.json()["funds"][0]["contributions"][0]["below_minimum"] is True
    assert send("officer", "patch", f"{path}funds/0/", {"limit": "5"}, match=tag(path)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"contributions": []}, 409, "enter what each of them contributes"),
        ({"contributions": [{"organisation": "R0A", "amount": 5}]}, 409, "has no part in its money"),
        ({"host": "R0A"}, 409, "has no part in its money"),
        ({"contributions": [{"organisation": "QWO"}]}, 400, "amount"),
        ({"limit": "5000000"}, 409, "No more can be committed"),
        ({"limit": "0.001"}, 400, "limit"),
        ({"year": 2021}, 409, "choose that financial year"),
        ({"year": 1}, 400, "year"),
    ],
)
def test_a_fund_that_cannot_be_is_a_problem(send, path, changes, status, says):  # noqa: F811
    answer = send("officer", "post", f"{path}funds/", FUND | changes)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert says in answer.content.decode() and not Arrangement.objects.get().funds.exists()


# --- Reporting lines ------------------------------------------------------------------------------------------------


def test_a_reporting_line_is_added_and_ends(send, tag, path):  # noqa: F811
    sent = {"to_organisation": "QWO", "about": "Progress", "starts": "2026-03-01"}
    made = send("officer", "post", f"{path}lines/", sent)
    (line,) = made.json()["reports_to"]
    assert (made.status_code, line["to_organisation"]["ods_code"], line["ends"]) == (201, "QWO", None)
    assert send("officer", "post", f"{path}lines/", {"starts": "2026-03-01"}).status_code == 409
    elsewhere = send("officer", "post", f"{path}lines/", sent | {"to_organisation": "R0A"})
    assert elsewhere.status_code == 409 and "has nothing to do with" in elsewhere.json()["detail"]
    one = f"{path}lines/{line['id']}/"
    assert send("officer", "patch", one, {"last_day": "2026-03-31"}).status_code == 428
    ended = send("officer", "patch", one, {"last_day": "2026-03-31"}, match=tag(path))
    assert ended.json()["reports_to"][0]["ends"] == "2026-03-31"
    assert send("officer", "patch", one, {"last_day": "2027-03-31"}, match=tag(path)).status_code == 409


# --- Deputies -------------------------------------------------------------------------------------------------------


def test_a_deputy_is_named_and_ends(send, tag, world):  # noqa: F811
    asha, board = records.person("Asha Moor"), world.place_board
    Employment.objects.create(person=asha, organisation=world.body("RCF"), starts=LONG_AGO)
    row = board.memberships.get(organisation=world.body("RCF"))
    forum, sent = f"forums/{board.pk}/", {"person": asha.pk, "starts": "2026-03-01"}
    path = f"{forum}members/{row.pk}/deputies/"
    made = send("officer", "post", path, sent, key="one")
    member = next(each for each in made.json()["members"] if each["id"] == row.pk)
    (deputy,) = member["further_deputies"]
    assert (made.status_code, deputy["name"]) == (201, "Asha Moor")
    again = send("officer", "post", path, sent)
    assert again.status_code == 409 and "already a deputy of this member" in again.json()["detail"]
    chair = send("officer", "post", path, {"person": world.person("partner").pk, "starts": "2026-03-01"})
    assert chair.status_code == 409 and "cannot stand in for another" in chair.json()["detail"]
    one = f"{path}{deputy['id']}/"
    assert send("officer", "patch", one, {"last_day": "2026-03-31"}).status_code == 428
    ended = send("officer", "patch", one, {"last_day": "2026-03-31"}, match=tag(forum))
    assert ended.status_code == 200 and row.further_deputies.get().ends.isoformat() == "2026-03-31"
    later = send("officer", "patch", one, {"last_day": "2026-04-30"}, match=tag(forum))
    assert later.status_code == 409 and "not put off" in later.json()["detail"]
    assert send("officer", "patch", f"{path}0/", {"last_day": "2026-03-31"}, match=tag(forum)).status_code == 404
    assert send("officer", "post", f"{forum}members/0/deputies/", sent).status_code == 404


def test_other_people_write_no_part(send, path, world):  # noqa: F811
    for part in ("gateways/", "funds/", "lines/"):
        assert send("other_officer", "post", f"{path}{part}", {}).status_code == 403
        assert send("auditor", "post", f"{path}{part}", {}).status_code == 403
