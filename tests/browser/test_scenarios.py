"""The guided scenarios of `docs/scenarios.md`, walked through in the demonstration as they are written there."""

from datetime import date
from io import StringIO
from unittest import mock

import pytest
from django.core.management import call_command
from playwright.sync_api import Locator

from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Completeness,
    Delegation,
    Forum,
    Membership,
    Place,
    TermsOfReference,
)

from .visitor import Visitor

pytestmark = pytest.mark.long

OFFICER, EXECUTIVE, SECRETARY = "icb.officer", "icb.exec", "trust.secretary"
FUNCTION = "Commissioning community diagnostics"
LEAD, SECOND, COUNCIL = "region.lead", "region.second", "council.partner"


@pytest.fixture
def demonstration(transactional_db):
    """The demonstration as of the suite's day, with as many past months as the rules look at."""
    Forum.objects.update(reports_to=None)
    for model in (Completeness, Delegation, Membership, TermsOfReference, Forum, ArrangementMember, Arrangement, Place):
        model.objects.all().delete()
    call_command("seed_reference", stdout=StringIO())
    with mock.patch("oversight.management.commands.seed_demo.MONTHS_SCORED", 4):
        call_command("seed_demo", "--today", date(2026, 10, 20).isoformat(), stdout=StringIO())


@pytest.fixture
def guest(visit, demonstration):
    """Somebody who has the demonstration before them and is nobody yet."""
    visitor = visit()
    visitor.open("/accounts/login/")
    return visitor


def be(visitor: Visitor, person: str) -> None:
    """Switch to a person of the demonstration in the yellow bar."""
    if visitor.page.url.endswith("/accounts/login/"):
        visitor.go(visitor.page.locator(f'form:has(input[value="{person}@demo.test"]) button').first)
        return
    visitor.page.select_option("select[name=person]", value=f"{person}@demo.test")
    visitor.press("Switch")


def first_under(visitor: Visitor, heading: str) -> Locator:
    """The first record of a list of the home page, by the id of its heading."""
    return visitor.page.locator(f".app-head:has(#{heading}) + ul a").first


def test_the_three_scenarios_can_be_played_one_after_the_other(guest):
    plan_and_shape(guest)
    manage_performance(guest)
    deliver(guest)


def plan_and_shape(visitor: Visitor) -> None:
    """Scenario 1."""
    be(visitor, OFFICER)
    visitor.sees("meetings to minute")
    visitor.follow("Bradford District and Craven place board, ")  # its meeting; the review of its terms waits too
    visitor.follow("Mark attendance")
    visitor.press("Mark everyone else as present")
    visitor.press("Save attendance", within="main")
    visitor.sees("Quorate")
    visitor.follow("Log a decision on something else")
    visitor.fill(title="Evening scans in Keighley")
    visitor.page.get_by_label("Routine").check()
    visitor.press("Begin the draft")
    visitor.page.select_option("#id_function", label=FUNCTION)
    visitor.page.get_by_label("Bradford District and Craven", exact=True).check()
    visitor.fill(amount="640000")
    visitor.press("Save and check")
    visitor.sees("could take it")
    visitor.fill(amount="90000")
    visitor.press("Save and check")
    visitor.finds(".app-auth--yes")
    visitor.sees("Before this can be agreed")
    be(visitor, SECRETARY)
    visitor.follow("Self-assessments", within="header")
    visitor.follow("Airedale NHS Foundation Trust, 2026/27")
    visitor.follow("Clear, system-minded rationale")
    visitor.page.get_by_role("group", name="Rating of question 3.5").get_by_label("1, starting").check()
    visitor.page.get_by_role("textbox", name="question 3.5").fill("Reasons are told when partners ask for them.")
    visitor.page.keyboard.press("Tab")
    visitor.sees("Saved at")
    be(visitor, COUNCIL)
    visitor.follow("Bradford Teaching Hospitals")
    for question in visitor.page.locator("main fieldset").all():
        question.get_by_label("Mostly").check()
    visitor.press("Send for Bradford Council")
    be(visitor, OFFICER)
    visitor.follow("Self-assessments", within="header")
    visitor.follow("Bradford Teaching Hospitals NHS Foundation Trust, 2026/27")
    visitor.follow("1.2", exact=True)
    visitor.page.get_by_label("A question back to the trust").fill("Since when has the stand-in been named?")
    visitor.press("Keep and go on")


def manage_performance(visitor: Visitor) -> None:
    """Scenario 2."""
    be(visitor, LEAD)
    visitor.sees("Cases by stage")
    visitor.follow("Brackenfold (fictional)", within=".app-heat")
    visitor.sees("What would change this")
    visitor.follow("Signals", within="header")
    visitor.follow("Saltermere (fictional)")
    visitor.sees("What was noticed")
    be(visitor, OFFICER)
    visitor.follow("Cases", within="header")
    visitor.follow("Discharge actions agreed at place are not carried out")
    visitor.sees("Not possible yet, and why")
    visitor.follow("Open facilitation record")
    visitor.fill(
        leader_name="Grace Fallowbrook", leader_body="Leeds place partnership", held_on="19 10 2026",
        took_part="The alliance's lead and the trust's new chief operating officer.",
        outcome="Dates for five of the seven actions; two stay open.",
    )  # fmt: skip
    visitor.press("Keep the record")
    visitor.follow("Cases", within="header")
    visitor.follow("Care homes are charged for transfers that the trust moved")
    visitor.follow("Answer the request")
    visitor.page.get_by_role("radio", name="Granted").check()
    visitor.page.get_by_label("Reasons", exact=True).fill("Six transfers are a matter of fact.")
    visitor.page.get_by_label("If it is granted: the independent third party").fill("Olu Marigarth")
    visitor.press("Send the answer")
    visitor.follow("To dispute resolution")
    visitor.press("To dispute resolution")
    visitor.sees("Olu Marigarth")
    be(visitor, SECRETARY)
    visitor.sees("reply to give")
    visitor.follow("Volunteers were left out of the plan for the discharge lounge")
    visitor.follow("Write your reply")
    visitor.page.get_by_label("Your reply").fill("They will be asked to the next meeting.")
    visitor.press("Send the reply")
    visitor.follow("Agree with fact 1, or dispute it")
    visitor.page.get_by_label("We agree").check()
    visitor.press("Put it on the file")
    be(visitor, SECOND)
    visitor.follow("Cases", within="header")
    visitor.follow("The crisis line changed its hours without telling partners")
    visitor.sees("may reply on the review's findings until")
    visitor.follow("Set exit criteria")
    visitor.page.get_by_label("Exit criteria, one on each line").fill("The line is open all night for eight weeks")
    visitor.press("Keep them")
    be(visitor, COUNCIL)
    visitor.follow("Cases", within="header")
    visitor.follow("Duty rota for mental health assessments is decided without the other side")
    visitor.follow("Who can see this")


def deliver(visitor: Visitor) -> None:
    """Scenario 3."""
    be(visitor, SECRETARY)
    visitor.follow("Name a clinical lead for the shared work")
    visitor.follow("Accept", exact=True)
    visitor.page.get_by_label("Person who will do it").select_option(index=1)
    visitor.press("Accept")
    visitor.sees("Accepted.")
    visitor.follow("Home", within="header")
    visitor.follow("Plans for the wards over the next bank holidays")
    visitor.follow("Answer", exact=True)
    visitor.page.get_by_label("The answer, or where it can be found").fill("The plan is in the shared folder.")
    visitor.press("Answer")
    visitor.follow("Profile", within="header", exact=True)
    visitor.follow("Delivery", exact=True)
    visitor.sees("records counted")
    visitor.follow("Queries about records")
    be(visitor, OFFICER)
    visitor.follow("Our deputy was there; the sheet shows nobody.")
    visitor.page.get_by_label("The record was wrong, and counts no more").check()
    visitor.page.get_by_label("What was found").fill("The minutes name the deputy.")
    visitor.press("Answer", within="main")
    visitor.follow("Home", within="header")
    visitor.go(first_under(visitor, "to-confirm"))
    visitor.press("Confirm as done")
    visitor.sees("confirmed by the forum")
    visitor.follow("Home", within="header")
    visitor.follow("Calderdale and Huddersfield Trust")
    visitor.press("Close the round", within="main")
    be(visitor, EXECUTIVE)
    visitor.go(first_under(visitor, "to-release"))
    visitor.press("Release to the public")
    visitor.sees("Everyone can read it in the public register.")


def test_whoever_asks_learns_who_may_decide_this(guest):
    """Scenario 4."""
    guest.open("/systems/QWO/")
    guest.sees("the others are decided by the boards")
    guest.follow("Organogram", exact=True)
    guest.go(guest.page.locator(".app-tree").get_by_text("what it decides: Bradford District and Craven place board"))
    guest.sees("up to £500,000")
    guest.follow("Can we decide this?")
    board = "Bradford District and Craven place board"
    guest.choose(who=board, function=FUNCTION)
    guest.page.get_by_label("Bradford District and Craven", exact=True).check()
    ask(guest, "90000", "Within authority")
    ask(guest, "640000", "Over the limit by £140,000")
    guest.follow("The route of this decision")
    guest.sees("Finance and commissioning committee decides")
    guest.open("/accounts/login/")
    be(guest, OFFICER)
    guest.sees("Your system, West Yorkshire ICB")
    guest.follow("Can we decide this?")
    guest.follow("Scenarios")
    guest.follow("Neighbourhood diagnostics in one place")
    guest.press("Adapt it")
    guest.choose(who=board)
    guest.page.get_by_label("Bradford District and Craven", exact=True).check()
    guest.press("Show the route")
    guest.sees("May this forum decide it?")
    guest.press("Keep this rehearsal")
    guest.follow("Home", within="header")
    guest.follow("Governance checks")
    guest.sees("Shown for West Yorkshire ICB")
    guest.follow("Ending soon")
    guest.sees("dates until")


def ask(visitor: Visitor, amount: str, says: str) -> None:
    """Ask about an amount: with scripts the page answers when the field is left, without them when one presses."""
    visitor.fill(amount=amount)
    visitor.page.keyboard.press("Tab")
    if not visitor.scripts:
        visitor.press("Ask")
    visitor.sees(says, within="#answer")
