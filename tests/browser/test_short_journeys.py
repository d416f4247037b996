"""Short journeys: the owner of an action, a regional lead, and those who come where they may not."""

from datetime import date

import pytest
from playwright.sync_api import expect

from collaboration.actions.scoring import score_month
from ics_governance import jobs
from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from partnerships.models import Action, Decision
from tests.collaboration.conftest import UNTIL, airedale, framework  # noqa: F401  fixtures


@pytest.fixture
def action(world):
    """An action of Airedale from an agreed decision, not answered yet."""
    decision = world.decision(shared=True, text="Agreed.", meeting=world.meeting())
    with system("an agreed decision with an action"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed", decided_on=date(2026, 10, 14))
        return Action.objects.create(
            decision=decision, title="Vary the contract", owner=world.body("RCF"), proposed_on=date(2026, 10, 14),
            original_due=date(2026, 12, 1), due=date(2026, 12, 1),
        )  # fmt: skip


def test_the_owner_accepts_reports_and_the_forum_confirms(visit, action, scripts):
    secretary = visit(scripts=scripts)
    secretary.arrive("secretary")
    secretary.open("/")
    secretary.sees("1 action to accept")
    secretary.follow("Vary the contract")
    secretary.follow("Accept", exact=True)
    secretary.choose(person="Ruth Calloway, Airedale NHS Foundation Trust")
    secretary.press("Accept")
    secretary.sees("Accepted.")
    secretary.follow("Report as done")
    secretary.fill(why="Contract variation 7 was signed on 19 October.")
    secretary.press("Report as done")
    secretary.sees("the forum confirms it")
    officer = visit(scripts=scripts)
    officer.arrive("officer")
    officer.open("/")
    officer.follow("Vary the contract")
    officer.press("Confirm as done")
    officer.sees("confirmed by the forum")


def test_a_form_that_is_wrong_says_so_and_keeps_what_was_typed(visit, world):
    officer = visit()
    officer.arrive("officer")
    officer.open("/meetings/new/")
    officer.fill(held_on="31 2 2026", items="Scans at Shipley")
    officer.allow(422)
    officer.press("Call the meeting")
    assert officer.focus == "nhsuk-error-summary"
    summary = officer.page.locator(".nhsuk-error-summary")
    summary.get_by_role("link", name="Date of the meeting must be a real date").click()
    expect(officer.page.locator("#id_held_on_day")).to_be_focused()
    assert officer.page.input_value("#id_items") == "Scans at Shipley"
    assert officer.page.title().startswith("Error: ")


def test_leaving_a_draft_with_changes_is_asked_about(visit, world):
    officer = visit()
    officer.arrive("officer")
    draft = world.decision()
    officer.open(f"/decisions/{draft.reference}/edit/")
    officer.page.locator("#id_text").press_sequentially("Half a sentence")
    asked = []
    officer.page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    officer.page.get_by_role("link", name="Read it as a page").click()
    officer.page.wait_for_timeout(100)
    assert asked == ["beforeunload"]
    assert officer.page.input_value("#id_text") == "Half a sentence"


def test_the_regional_lead_opens_a_profile_from_the_heatmap_down_to_a_record(visit, airedale, framework):  # noqa: F811
    score_month(by=SYSTEM, as_of=UNTIL)
    lead = visit()
    lead.arrive("region_lead")
    lead.open("/")
    lead.sees("North East and Yorkshire")
    lead.follow("Airedale NHS Foundation Trust", exact=True)
    lead.sees("There is no overall score")
    lead.follow("Delivery", exact=True)
    lead.sees("not an NHS England rating")
    secretary = visit()
    secretary.arrive("secretary")
    secretary.open("/")
    secretary.follow("Delivery", exact=True)
    record = secretary.page.locator("main table a", has_text="Action of month").locator("visible=true").first
    secretary.go(record)
    secretary.sees("From ")


def test_scoring_shows_how_far_it_is_and_where_its_result_is(visit, airedale, framework):  # noqa: F811
    lead = visit()
    lead.arrive("region_lead")
    lead.open("/profiles/RCF/")
    lead.press("Score now")
    lead.sees("Waiting")
    jobs.run_waiting()
    link = lead.page.locator("main").get_by_role("link", name="result").first
    expect(link).to_be_visible()
    lead.go(link)
    lead.sees("Five characteristics")


def test_where_one_may_not_go_the_page_says_who_can_or_nothing(visit, world):
    secretary = visit()
    secretary.arrive("secretary")
    secretary.allow(403)
    secretary.open("/meetings/new/")
    secretary.sees("This can be done by: ICB governance officer.")
    secretary.allow(404)
    secretary.open("/meetings/999999/")
    secretary.sees("Page not found")


def test_what_everyone_may_read(visit, world):
    anyone = visit()
    for address in ("/", "/register/", "/about/scores/", "/about/accessibility/", "/about/privacy/", "/about/verify/"):
        anyone.open(address)


def test_the_lists_and_long_forms_of_an_officer(visit, world):
    officer = visit()
    officer.arrive("officer")
    board = f"/forums/{world.place_board.pk}/"
    for address in ("/meetings/", "/decisions/", "/actions/", "/organisations/", "/organisations/QWO/", board,
                    "/delegations/", "/forums/new/", "/delegations/new/"):  # fmt: skip
        officer.open(address)
