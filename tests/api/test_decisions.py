"""The API's decisions: drafts for the host alone, decisions for their audience, released ones for everyone."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from ics_governance.context import acting_as, system
from partnerships.actions import decisions as actions
from partnerships.models import Decision, Function
from tests import records

INSIDERS = ["officer", "executive", "auditor"]
AUDIENCE = [*INSIDERS, "secretary", "chair", "partner", "region_lead"]
OUTSIDERS = ["other_officer", "other_trust", "admin", "stranger"]


def release(decision):
    with system("release a decision of a test"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed")
        Decision.objects.filter(pk=decision.pk).update(released_at=timezone.now())
    return decision


@pytest.mark.parametrize("who", INSIDERS)
def test_a_draft_is_read_by_its_host(api, world, who):
    draft = world.decision()
    assert api(who).names("decisions/") == [draft.reference]
    assert api(who).record(f"decisions/{draft.pk}/")["state"] == "draft"


@pytest.mark.parametrize("who", ["secretary", "chair", "partner", "region_lead", *OUTSIDERS])
def test_for_others_a_draft_does_not_exist(api, world, who):
    draft = world.decision()
    assert api(who).rows("decisions/") == []
    assert api(who).get(f"decisions/{draft.pk}/", 404).body == api(who).get("decisions/999999/", 404).body


@pytest.mark.parametrize("who", AUDIENCE)
def test_a_shared_decision_is_read_by_its_audience(api, world, who):
    decision = world.decision(shared=True)
    assert api(who).names("decisions/") == [decision.reference]


@pytest.mark.parametrize("who", OUTSIDERS)
def test_a_released_decision_is_read_by_everyone_who_signed_in(api, world, who):
    decision = release(world.decision())
    assert api(who).names("decisions/") == [decision.reference]
    assert api(who).record(f"decisions/{decision.pk}/")["id"] == decision.pk


def test_a_released_decision_does_not_tell_which_private_meeting_took_it(api, world):
    meeting = world.meeting()
    decision = release(world.decision(meeting=meeting))
    assert api("officer").record(f"decisions/{decision.pk}/")["meeting"] == meeting.pk
    assert api("stranger").record(f"decisions/{decision.pk}/")["meeting"] is None
    assert api("officer").names("decisions/", meeting=meeting.pk) == [decision.reference]
    assert api("stranger").names("decisions/", meeting=meeting.pk) == []


def test_a_decision_tells_what_why_and_on_what_authority(api, world):
    draft = world.decision(decided_on=date(2026, 10, 14))
    values = {
        "function": Function.objects.get(code="community_services"),
        "amount": Decimal("384000"),
        "text": "Buy more scans",
        "lead_officer": world.person("executive"),
    }
    officer, places = world.actor("officer"), [world.place_board.places.get().pk]
    with acting_as(officer):
        actions.save_draft(by=officer, decision=draft, values=values, places=places)
    record = api("officer").record(f"decisions/{draft.pk}/")
    assert (record["amount"], record["function"]["code"]) == ("384000.00", "community_services")
    assert [place["name"] for place in record["places"]] == ["Bradford District and Craven"]
    assert ([body["ods_code"] for body in record["leads"]], record["lead_officer"]) == (["QWO"], "Marcus Adeyemi")
    assert record["authority"]["status"] == "within_authority"
    assert "up to £500,000" in record["authority"]["sentence"].replace("\u00a0", " ")
    assert api("officer").rows("decisions/")[0]["authority_status"] == "within_authority"


def test_a_decision_without_a_function_has_no_answer_on_authority(api, world):
    assert api("officer").record(f"decisions/{world.decision().pk}/")["authority"] is None


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"state": "draft"}, 1),
        ({"state": "agreed"}, 0),
        ({"host": "QWO"}, 1),
        ({"host": "QOP"}, 0),
        ({"lead": "QWO"}, 1),
        ({"lead": "RCF"}, 0),
        ({"weight": "routine", "kind": "decide"}, 1),
        ({"since": "2026-10-01", "until": "2026-10-31"}, 1),
        ({"until": "2026-09-30"}, 0),
        ({"released": "false"}, 1),
        ({"released": "true"}, 0),
        ({"q": "scans MORE"}, 1),
        ({"q": "scans fewer"}, 0),
        ({"function": "community_services"}, 0),
        ({"authority": "within_authority"}, 0),
    ],
)
def test_decisions_are_filtered(api, world, filters, count):
    world.decision(decided_on=date(2026, 10, 14))
    assert len(api("officer").rows("decisions/", **filters)) == count


def test_decisions_without_a_date_are_paged_with_the_others(api, world):
    days = [None, date(2026, 1, 1), None, date(2026, 2, 1), date(2026, 1, 1)]
    for number, day in enumerate(days, start=1):
        world.decision(number, decided_on=day)
    found = api("officer").names("decisions/", page_size=2)
    assert found == [f"QWO-2026-000{number}" for number in (3, 1, 4, 5, 2)]


def test_long_lists_and_full_records_need_no_more_queries(api, world, django_assert_max_num_queries):
    for number in range(1, 101):
        world.decision(number)
    with system("find the last decision"):
        decision = Decision.objects.latest("pk")
    for _ in range(30):
        records.action(decision, world.icb, date(2026, 12, 1), state="proposed")
    officer = api("officer")
    for size in (10, 100):
        with django_assert_max_num_queries(12):
            assert len(officer.get("decisions/", page_size=size).body["results"]) == size
    with django_assert_max_num_queries(12):
        assert len(officer.record(f"decisions/{decision.pk}/")["actions"]) == 30
