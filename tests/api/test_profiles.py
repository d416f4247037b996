"""The API's profiles: read by the body itself, its system and its region; each number down to its records."""

from datetime import date

import pytest

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from collaboration.models import Profile, Reading, Score
from ics_governance.permissions import SYSTEM
from tests import records

MONTH_END = date(2026, 10, 31)


def made(subject, framework, as_of=MONTH_END):
    """A profile with a score for delivery, and no number for the others."""
    profile = Profile.objects.create(subject=subject, framework=framework, as_of=as_of, engine="1", inputs="0" * 64)
    for code in "RLSAD":
        numbers = {"score": 46.3, "low": 30, "high": 60} if code == "D" else {}
        Score.objects.create(profile=profile, characteristic=code, band="uncertain", coverage=0.5, **numbers)
    Reading.objects.create(
        profile=profile, indicator="D1", state="measured", numerator=1, denominator=2, points=46.3, weight=1, adds=46.3
    )
    return profile


@pytest.fixture
def framework(world):
    return load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))[0]


@pytest.fixture
def profile(world, framework):
    return made(world.body("RCF"), framework)


def test_a_profile_has_five_scores_and_no_overall_number(api, profile):
    (row,) = api("secretary").rows("profiles/", subject="RCF", month="2026-10")
    assert (row["subject"]["ods_code"], row["as_of"]) == ("RCF", "2026-10-31")
    assert row["framework"]["code"] == "collaboration-2022"
    assert {score["characteristic"]: score["score"] for score in row["scores"]} == {
        "R": None,
        "L": None,
        "S": None,
        "A": None,
        "D": 46.3,
    }
    assert "score" not in row
    assert "never an NHS England rating" in row["method"]
    assert api("secretary").record(f"profiles/{profile.pk}/")["id"] == profile.pk


@pytest.mark.parametrize("who", ["secretary", "chair", "officer", "executive", "region_lead", "auditor"])
def test_the_body_its_system_and_its_region_read_it(api, profile, who):
    assert [row["id"] for row in api(who).rows("profiles/")] == [profile.pk]
    assert api(who).record(f"profiles/{profile.pk}/explanation/")["id"] == profile.pk


@pytest.mark.parametrize("who", ["partner", "other_officer", "other_trust", "admin", "stranger"])
def test_for_others_it_does_not_exist(api, profile, who):
    asked = api(who)
    assert asked.rows("profiles/", subject="RCF") == []
    for path in ("profiles/{}/", "profiles/{}/explanation/"):
        assert asked.get(path.format(profile.pk), 404).body == asked.get(path.format(999999), 404).body


def test_the_subject_is_named_by_code_or_id(api, world, profile, framework):
    made(world.body("RR8"), framework)
    officer = api("officer")
    assert len(officer.rows("profiles/")) == 2
    for name in ("RCF", "rcf", world.body("RCF").pk):
        assert [row["id"] for row in officer.rows("profiles/", subject=name)] == [profile.pk]
    officer.get("profiles/", 400, subject="nobody")


def test_a_month_is_any_day_of_it(api, world, profile, framework):
    made(world.body("RCF"), framework, date(2026, 9, 30))
    for month, count in (("2026-10", 1), ("2026-10-15", 1), ("2026-08", 0)):
        assert len(api("officer").rows("profiles/", month=month)) == count
    for month in ("2026-13", "October", "10-2026"):
        api("officer").get("profiles/", 400, month=month)


def indicators_of(api, who, profile, characteristic):
    explained = api(who).record(f"profiles/{profile.pk}/explanation/")
    one = next(one for one in explained["characteristics"] if one["code"] == characteristic)
    return one, {row["code"]: row for source in one["sources"] for row in source["indicators"]}


def test_an_explanation_goes_down_to_the_records(api, world, profile):
    decision = world.decision(shared=True)
    done = records.action(decision, world.body("RCF"), date(2026, 9, 1), state="confirmed", title="Order the scanner")
    explained = api("secretary").record(f"profiles/{profile.pk}/explanation/")
    assert (explained["since"], explained["as_of"]) == ("2025-11-01", "2026-10-31")
    assert [one["code"] for one in explained["characteristics"]] == ["R", "L", "S", "A", "D"]
    delivery, parts = indicators_of(api, "secretary", profile, "D")
    assert delivery["as_scored"] == 46.3
    (record,) = parts["D1"]["counted"]
    assert (record["key"], record["numerator"], record["denominator"]) == (f"action {done.pk}", 1.0, 1.0)
    assert "Order the scanner" in record["title"]
    assert record["link"] == f"/actions/{done.pk}/"


def test_what_the_indicators_add_makes_the_score(api, world, profile):
    decision = world.decision(shared=True)
    for number in range(8):
        state = "confirmed" if number % 2 else "accepted"
        records.action(decision, world.body("RCF"), date(2026, 9, 1), state=state)
    delivery, parts = indicators_of(api, "secretary", profile, "D")
    assert delivery["score"] == pytest.approx(sum(row["adds"] or 0 for row in parts.values()))


def test_of_a_record_that_may_not_be_opened_nothing_is_told(api, world, profile):
    records.action(world.decision(), world.body("RCF"), date(2026, 9, 1), state="confirmed", title="Secret")
    _, parts = indicators_of(api, "secretary", profile, "D")
    (record,) = parts["D1"]["counted"]
    assert (record["key"], record["link"], record["what"]) == ("", "", "")
    assert "Secret" not in record["title"]


def test_long_lists_and_explanations_need_no_more_queries(api, world, framework, django_assert_max_num_queries):
    for _ in range(100):
        profile = made(records.trust(world.icb), framework)
    decision = world.decision(shared=True)
    for _ in range(60):
        records.action(decision, profile.subject, date(2026, 9, 1), state="confirmed")
    officer = api("officer")
    for size in (10, 100):
        with django_assert_max_num_queries(12):
            assert len(officer.get("profiles/", page_size=size).body["results"]) == size
    with django_assert_max_num_queries(20):
        explained = officer.record(f"profiles/{profile.pk}/explanation/")
    observed = explained["characteristics"][-1]["sources"][0]
    assert observed["source"] == "observed"
    assert len(observed["indicators"][0]["counted"]) == 60
