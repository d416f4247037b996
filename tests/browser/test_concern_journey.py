"""Journeys 4 and 5: a partner raises a concern in confidence; the trust replies, disputes and adds evidence."""

import pytest

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from ics_governance.permissions import SYSTEM

from .visitor import WITHOUT_SCRIPTS_IS_LONG

TITLE = "Papers arrive on the day"


@pytest.fixture
def framework(world):
    load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))


@WITHOUT_SCRIPTS_IS_LONG
def test_a_concern_goes_from_the_partner_to_the_trust_and_on(visit, world, framework, scripts):
    reference = raise_in_confidence(visit(scripts=scripts))
    accept(visit(scripts=scripts), reference)
    answer(visit(scripts=scripts), reference)
    go_on(visit(scripts=scripts), reference)


def raise_in_confidence(partner):
    """Journey 4: about a provider, in plain words, with what happens next and by when."""
    partner.arrive("partner")
    partner.open("/cases/")
    partner.follow("Raise a concern")
    partner.sees("What it is not for")
    partner.press("Start")
    partner.allow(422)
    partner.press("Save and continue")
    partner.sees("Type the name of the body that it is about")
    partner.fill(other="Airedale")
    partner.press("Save and continue")
    partner.fill(title=TITLE, facts="Papers came on the day in June.\n\nThe same in July.", wanted="Five days before.")
    partner.press("Save and continue")
    partner.page.get_by_role("checkbox", name="Shares information openly").check()
    partner.press("Save and continue")
    partner.page.get_by_role("radio", name="No, not yet").check()
    partner.press("Save and continue")
    partner.page.get_by_role("radio", name="raise it in confidence").check()
    partner.press("Save and continue")
    partner.sees("they read “a partner” in place of your name")
    partner.follow("Change What happened")
    partner.sees("What happened?")
    assert "The same in July." in partner.page.input_value("#id_facts")
    partner.open("/concerns/raise/check/")
    partner.press("Send the concern")
    partner.sees("What happens next, and by when")
    partner.sees("Tuesday 27 October 2026")
    partner.follow("See the case")
    partner.sees("raised in confidence")
    return partner.page.locator("h1 .nhsuk-caption-l").inner_text().split(",")[0].split()[-1]


def accept(officer, reference):
    """The officer reads it and puts it to the trust."""
    officer.arrive("officer")
    officer.open("/cases/")
    officer.follow(TITLE)
    officer.sees("Raised by Bradford Council")
    officer.follow("Accept it")
    officer.choose(lead="Hannah Whitfield")
    officer.press("Accept and put it to the respondents")
    officer.sees(f"{reference} is now in informal resolution")
    officer.sees("Worked on by Hannah Whitfield")


def answer(trust, reference):
    """Journey 5: the trust sees its clock, replies, disputes a fact, adds evidence, and no raiser."""
    trust.arrive("secretary")
    trust.open("/cases/")
    trust.follow(TITLE)
    trust.sees("Raised by a partner about Airedale NHS Foundation Trust")
    trust.sees("20 working days left, due Tuesday 17 November 2026")
    trust.sees("use your right of reply on the allegation, by 3 November 2026")
    trust.follow("Write your reply")
    trust.allow(422)
    trust.press("Send the reply")
    trust.sees("Enter your reply")
    trust.fill(text="The forum's secretary had changed.")
    trust.press("Send the reply")
    trust.sees("Your reply is on the file.")
    trust.follow("Agree with fact 1, or dispute it")
    trust.page.get_by_role("radio", name="We dispute it").check()
    trust.fill(text="They came the day before.")
    trust.press("Put it on the file")
    trust.sees("1 disputed, 1 awaiting reply")
    trust.follow("Add evidence")
    trust.fill(title="The posting list of June", url="https://board.example/june")
    trust.page.get_by_role("radio", name="An address").check()
    trust.press("Add it")
    trust.sees("The posting list of June")
    trust.follow("Who can see this")
    trust.sees("A partner")
    trust.open(f"/cases/{reference}/trail/")
    for place in ("", "readers/", "trail/"):
        trust.open(f"/cases/{reference}/{place}")
        assert "Bradford" not in trust.page.locator("main").inner_text()
    trust.page.set_viewport_size({"width": 320, "height": 640})
    trust.open(f"/cases/{reference}/")
    assert trust.page.evaluate("document.documentElement.scrollWidth") <= 320


def go_on(officer, reference):
    """The guard says what is missing; the officer asks for a pause, and closes the case as belonging to another."""
    officer.arrive("officer")
    officer.open(f"/cases/{reference}/")
    officer.sees("Not possible yet, and why")
    officer.sees("An informal attempt with its date")
    officer.follow("Name the characteristics")
    officer.page.get_by_role("checkbox").first.check()
    officer.press("Keep them")
    officer.sees("The characteristics are named.")
    officer.follow("Ask for a pause")
    officer.fill(starts="21 10 2026", reason="The lead is ill.")
    officer.press("Ask for it")
    officer.sees("waits for a second person")
    officer.follow("Refer back to triage")
    officer.fill(reason="The raiser wants to talk first.")
    officer.press("Refer back to triage")
    officer.sees("is now in raised")
    officer.follow("Close: not for this process")
    officer.fill(reason="It is about a contract.")
    officer.page.get_by_role("radio", name="A dispute about a contract").check()
    officer.press("Close: not for this process")
    officer.sees("Closed on 20 October 2026")
