"""The public register: what everyone may read, and what its page says was checked."""

from datetime import date

import pytest
import time_machine

from ics_governance import ledger
from ics_governance.context import acting_as, system
from partnerships.actions import decisions
from partnerships.models import Attendance, Decision, Function, Meeting
from partnerships.queries.register import facts_of

TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def released(world):
    """A decision taken at a quorate meeting in public, agreed and released."""
    officer, executive = world.actor("officer", TODAY), world.actor("executive", TODAY)
    meeting = world.meeting(public=True)
    with system("three members came"):
        for member in world.place_board.memberships.exclude(holder=None):
            Attendance.objects.create(meeting=meeting, membership=member, state="member")
    with acting_as(officer):
        draft = agreed(officer, world, meeting)
    with acting_as(executive):
        return decisions.release(by=executive, decision=draft)


def agreed(officer, world, meeting):
    draft = decisions.log_decision(by=officer, forum=world.place_board, title="More scans", meeting=meeting)
    values = {
        "text": "The board agreed 40 extra sessions a month.", "lead_officer": world.person("officer"),
        "function": Function.objects.get(code="community_diagnostics"), "amount": 384_000, "level": "place",
        "effect_health": "Waits fall.", "effect_quality": "Closer.", "effect_resources": "Place budget.",
    }  # fmt: skip
    decisions.save_draft(by=officer, decision=draft, values=values)
    return decisions.agree(by=officer, decision=draft)


def page_of(client, decision):
    return client.get(f"/register/{decision.reference}/").content.decode()


def test_the_page_says_how_it_was_taken_without_naming_a_person(client, released):
    page = page_of(client, released)
    assert "in public, 3 voting members present, 2 needed" in page
    assert "Hannah Whitfield" not in page and "Denis Ormerod" not in page


def test_a_sealed_decision_is_as_it_was_recorded(client, released):
    assert "Not sealed yet" in page_of(client, released)
    ledger.seal_all()
    page = page_of(client, released)
    assert "As it was recorded" in page and "Not sealed yet" not in page
    assert "Places and actions are kept up to date and are not part of that entry" in page


@pytest.mark.parametrize("field", ["text", "title", "effect_inequalities", "authority_answer"])
def test_a_page_that_was_changed_after_the_fact_says_so(client, released, field):
    ledger.seal_all()
    with system("change it behind the back of the audit trail"):
        Decision.objects.filter(pk=released.pk).update(**{field: "Something else"})
    page = client.get(f"/register/{released.reference}/") if field != "authority_answer" else None
    assert field.replace("_", " ") in facts_of(Decision.objects.get(pk=released.pk)).proof.fault
    if page:
        assert "This page does not match the record" in page.content.decode()


def test_an_entry_that_is_not_the_one_sealed_is_told(released, monkeypatch):
    ledger.seal_all()
    assert facts_of(released).proof.fault == ""
    monkeypatch.setattr(ledger, "digest", lambda *facts: b"another")
    assert facts_of(released).proof.fault == "the entry is not the one that was sealed"


def test_a_decision_without_an_entry_of_its_own_is_not_called_checked(client, world):
    decision = world.decision(shared=True, decided_on=TODAY)
    with system("imported with many others"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed", released_at="2026-10-19T10:00Z")
    page = page_of(client, decision)
    assert "Not checked" in page and "As it was recorded" not in page


def test_a_replaced_version_leads_to_the_newer_one(client, released, world):
    officer, executive = world.actor("officer", TODAY), world.actor("executive", TODAY)
    with acting_as(officer):
        newer = decisions.correct(by=officer, decision=released, reason="A wrong month")
        decisions.agree(by=officer, decision=newer)
    assert "This version was replaced" not in page_of(client, released)
    with acting_as(executive):
        decisions.release(by=executive, decision=newer)
    page = page_of(client, released)
    assert f"/register/{newer.reference}/" in page and "A wrong month" in page
    assert f"It corrects {released.reference}" in page_of(client, newer)


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=scans", True), ("kind=decide", True), ("kind=note", False), ("since=1+October+2026", True),
     ("since=1+November+2026", False), ("since=nonsense", True), ("kind=nonsense", True)],
)  # fmt: skip
def test_the_register_is_filtered_by_words_kind_and_date(client, released, query, found):
    page = client.get(f"/register/?{query}").content.decode()
    assert (released.reference in page) is found


def test_a_page_with_its_proof_costs_fifteen_queries_at_most(client, released, django_assert_max_num_queries):
    ledger.seal_all()
    with django_assert_max_num_queries(15):
        page_of(client, released)


def test_the_meeting_itself_stays_closed_to_the_public(client, released):
    assert not Meeting.objects.exists()
    assert client.get(f"/meetings/{released.meeting_id}/").status_code == 302
