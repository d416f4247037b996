"""The API's actions: seen by whoever sees their decision."""

from datetime import date

import pytest

from tests import records


@pytest.fixture
def action(world):
    decision = world.decision(shared=True, decided_on=date(2026, 10, 14))
    return records.action(decision, world.body("RCF"), date(2026, 12, 18), title="Order the scanner", state="proposed")


def test_an_action_tells_its_decision_its_owner_and_its_dates(api, action):
    (row,) = api("secretary").rows("actions/")
    assert (row["title"], row["owner"]["ods_code"]) == ("Order the scanner", "RCF")
    assert row["decision"]["reference"] == "QWO-2026-0001"
    assert (row["original_due"], row["due"], row["state"]) == ("2026-12-18", "2026-12-18", "proposed")
    assert api("secretary").record(f"actions/{action.pk}/")["title"] == row["title"]


@pytest.mark.parametrize("who", ["other_officer", "other_trust", "admin", "stranger"])
def test_for_others_it_does_not_exist(api, action, who):
    assert api(who).rows("actions/") == []
    assert api(who).get(f"actions/{action.pk}/", 404).body == api(who).get("actions/999999/", 404).body


def test_the_owner_of_an_action_of_a_draft_does_not_see_it_yet(api, world):
    records.action(world.decision(), world.body("RCF"), date(2026, 12, 18), state="proposed")
    assert api("secretary").rows("actions/") == []
    assert len(api("officer").rows("actions/")) == 1


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"owner": "RCF"}, 1),
        ({"owner": "QWO"}, 0),
        ({"state": "proposed"}, 1),
        ({"open": "true"}, 1),
        ({"open": "false"}, 0),
        ({"due_since": "2026-12-18", "due_until": "2026-12-18"}, 1),
        ({"due_until": "2026-12-17"}, 0),
        ({"q": "scanner scans"}, 1),
    ],
)
def test_actions_are_filtered(api, action, filters, count):
    assert len(api("officer").rows("actions/", **filters)) == count
    assert len(api("officer").rows("actions/", decision=action.decision_id, **filters)) == count


def test_a_long_list_needs_no_more_queries_than_a_short_one(api, world, action, django_assert_max_num_queries):
    for _ in range(99):
        records.action(action.decision, world.body("RCF"), date(2026, 12, 1), state="proposed")
    officer = api("officer")
    for size in (10, 100):
        with django_assert_max_num_queries(12):
            assert len(officer.get("actions/", page_size=size).body["results"]) == size
