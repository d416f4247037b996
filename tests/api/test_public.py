"""The public register by REST: released decisions, without sign-in, the same for everyone."""

from datetime import date

import pytest
from django.utils import timezone

from ics_governance.context import system
from partnerships.models import Decision
from tests import records


@pytest.fixture
def released(world):
    decision = world.decision(decided_on=date(2026, 10, 14), text="Buy more scans", effect_health="Earlier diagnosis")
    records.action(decision, world.body("RCF"), date(2026, 12, 18), title="Order the scanner", state="proposed")
    with system("release a decision of a test"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed")
        Decision.objects.filter(pk=decision.pk).update(released_at=timezone.now())
    return decision


@pytest.fixture
def visitor(api):
    return api(None)


def test_a_visitor_reads_what_was_released(visitor, released):
    (row,) = visitor.rows("public/decisions/")
    assert (row["reference"], row["title"], row["text"]) == ("QWO-2026-0001", "More scans", "Buy more scans")
    assert (row["host"]["ods_code"], row["effect_health"]) == ("QWO", "Earlier diagnosis")
    assert [(action["title"], action["owner"]["ods_code"]) for action in row["actions"]] == [
        ("Order the scanner", "RCF")
    ]
    assert row["url"].endswith("/register/QWO-2026-0001/")
    assert visitor.record(f"public/decisions/{released.pk}/")["reference"] == row["reference"]


def test_drafts_and_agreed_decisions_are_not_there(visitor, world):
    draft, shared = world.decision(1), world.decision(2, shared=True)
    assert visitor.rows("public/decisions/") == []
    for decision in (draft, shared):
        visitor.get(f"public/decisions/{decision.pk}/", 404)


def test_whoever_signed_in_gets_the_same(api, visitor, released, world):
    world.decision(2)
    said = visitor.get("public/decisions/").body
    for who in ("officer", "stranger"):
        assert api(who).get("public/decisions/").body == said


def test_a_token_that_is_out_of_date_does_no_harm(visitor, released):
    visitor.client.defaults["HTTP_AUTHORIZATION"] = "Bearer icsgo_old"
    assert len(visitor.rows("public/decisions/")) == 1


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"host": "QWO"}, 1),
        ({"host": "QOP"}, 0),
        ({"q": "scans"}, 1),
        ({"q": "nothing"}, 0),
        ({"since": "2026-10-14", "until": "2026-10-14"}, 1),
        ({"since": "2026-10-15"}, 0),
    ],
)
def test_the_register_is_filtered(visitor, released, filters, count):
    assert len(visitor.rows("public/decisions/", **filters)) == count


def test_a_long_register_needs_no_more_queries_than_a_short_one(visitor, world, django_assert_max_num_queries):
    for number in range(1, 101):
        decision = world.decision(number, decided_on=date(2026, 10, 14))
        records.action(decision, world.icb, date(2026, 12, 18), state="proposed")
    with system("release the decisions of a test"):
        Decision.objects.all().update(state="agreed")
        Decision.objects.all().update(released_at=timezone.now())
    for size in (10, 100):
        with django_assert_max_num_queries(12):
            assert len(visitor.get("public/decisions/", page_size=size).body["results"]) == size


def test_everything_else_asks_who_you_are(visitor):
    for path in ("organisations/", "organisations/1/", "organisations/none/", "decisions/1/", "jobs/1/", "schema/"):
        answer = visitor.get(path, 401)
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer["Content-Type"] == "application/problem+json"
