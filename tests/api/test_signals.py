"""The API's signals: for those who triage and those who oversee them; the body itself sees its profile instead."""

from datetime import date

import pytest

from oversight.models import Signal, SignalRuleSet


@pytest.fixture
def signal(world):
    rules = SignalRuleSet.objects.create(code="signals", version=1, title="First rules", content={})
    return Signal.objects.create(
        subject=world.body("RCF"), holder=world.icb, ruleset=rules, rule="of_concern", characteristic="D",
        as_of=date(2026, 9, 30), clause="Of concern.", fired_on=date(2026, 10, 1), due_on=date(2026, 10, 15),
    )  # fmt: skip


def test_a_signal_tells_its_clause_its_holder_and_its_dates(api, signal):
    (row,) = api("officer").rows("signals/")
    assert (row["subject"]["ods_code"], row["holder"]["ods_code"], row["clause"]) == ("RCF", "QWO", "Of concern.")
    assert (row["rules"], row["due_on"], row["state"]) == ("signals 1", "2026-10-15", "new")
    assert api("region_lead").record(f"signals/{signal.pk}/")["id"] == signal.pk


@pytest.mark.parametrize("who", ["secretary", "partner", "other_officer", "other_trust", "admin", "stranger"])
def test_for_others_it_does_not_exist(api, signal, who):
    assert api(who).rows("signals/") == []
    assert api(who).get(f"signals/{signal.pk}/", 404).body == api(who).get("signals/999999/", 404).body


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"subject": "RCF"}, 1), ({"subject": "QWO"}, 0), ({"holder": "QWO"}, 1), ({"state": "new"}, 1),
     ({"state": "dismissed"}, 0), ({"characteristic": "D"}, 1), ({"due_until": "2026-10-14"}, 0)],
)  # fmt: skip
def test_signals_are_filtered(api, signal, filters, count):
    assert len(api("auditor").rows("signals/", **filters)) == count


@pytest.mark.parametrize("filters", [{"state": "odd"}, {"characteristic": "X"}, {"due_until": "soon"}, {"q": "x"}])
def test_what_is_not_understood_is_refused_in_words(api, signal, filters):
    answer = api("officer").get("signals/", 400, **filters)
    assert answer["Content-Type"] == "application/problem+json"
