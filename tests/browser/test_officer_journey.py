"""Journey 1: an officer minutes a meeting and its decision, an executive releases it, everyone reads it.

Told twice: in a browser that runs scripts, and in one that does not.
"""

from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import expect

from ics_governance import ledger
from ics_governance.context import system
from partnerships.models import AgendaItem

TITLE = "Community diagnostic sessions at Shipley"


@pytest.fixture
def meeting(world):
    """Last week's meeting of the place board, not minuted yet."""
    found = world.meeting(public=True)
    with system("its agenda"):
        for number, title in enumerate(("Minutes of the last meeting", TITLE), 1):
            AgendaItem.objects.create(meeting=found, number=number, title=title)
    return found


def test_from_the_agenda_to_the_public_register(visit, world, meeting, scripts):
    officer = visit(scripts=scripts)
    officer.sign_in("officer")
    officer.sees("1 meeting to minute")
    officer.follow("Bradford place board, 14 October 2026")
    mark_attendance(officer, scripts)
    log_the_decision(officer)
    if scripts:
        watch_the_authority_panel(officer)
    else:
        officer.choose(function="Commissioning community diagnostics")
        officer.fill(amount="384,000")
    reference = save_half_done(officer)
    follow_what_is_missing(officer)
    complete_it(officer)
    for title, owner in (("Vary the contract for 2027/28", "Airedale NHS Foundation Trust"),
                         ("Publish session times", "Bradford Council")):  # fmt: skip
        add_an_action(officer, title, owner)
    agree(officer)
    officer.sign_out()
    release(visit(scripts=scripts), reference, scripts)
    read_in_public(visit(scripts=scripts), reference)


def mark_attendance(officer, scripts):
    officer.sees("Attendance is not marked yet")
    officer.follow("Mark attendance")
    if scripts:
        quorum = officer.page.locator("#quorum")
        officer.page.get_by_role("radio", name="Denis Ormerod").check()
        expect(quorum).to_contain_text("Not quorate: 1 of 4 voting members present, 2 needed")
        officer.page.get_by_role("radio", name="Hannah Whitfield, deputy").check()
        expect(quorum).to_contain_text("Quorate: 2 of 4 voting members present")
        leeds = officer.page.get_by_role("group", name="Leeds Teaching Hospitals NHS Trust")
        leeds.get_by_role("radio", name="Absent").check()
        expect(quorum).to_contain_text("Quorate: 2")
    else:
        officer.page.get_by_role("radio", name="Denis Ormerod").check()
        officer.press("Mark everyone else as present")
        officer.sees("not saved yet")
    officer.press("Save attendance")
    officer.sees("Attendance saved")
    officer.sees("Quorate:")


def log_the_decision(officer):
    officer.follow(f"Log a decision on {TITLE}")
    assert officer.page.input_value("#id_title") == TITLE
    officer.page.get_by_role("radio", name="Significant").check()
    officer.press("Begin the draft")
    officer.sees("No question yet", within="#authority")


def watch_the_authority_panel(officer):
    panel = officer.page.locator("#authority")
    officer.choose(function="Commissioning community diagnostics")
    expect(panel).to_contain_text("up to £500,000 under its terms of reference, section 6, until 31 March 2027")
    amount = officer.page.locator("#id_amount")
    amount.press_sequentially("384000")
    expect(panel).to_have_class("app-auth app-auth--yes")
    amount.fill("")
    amount.press_sequentially("640k")
    expect(panel).to_have_class("app-auth app-auth--no")
    expect(panel).to_contain_text("Over the limit by £140,000")
    expect(panel.get_by_role("button", name="Record it as a recommendation")).to_be_visible()
    expect(officer.page.locator("#authority-said")).to_contain_text("Over the limit by £140,000")
    officer.reads_well("the authority panel above the limit")
    amount.fill("")
    amount.press_sequentially("lots")
    expect(officer.page.locator("#authority-panel")).to_contain_text("“lots” is not an amount in pounds")
    amount.fill("384,000")
    expect(panel).to_contain_text("Within authority")
    officer.reads_well("the authority panel within the limit")


def save_half_done(officer):
    officer.fill(text="The board agreed to commission 40 extra sessions a month for two years.")
    officer.press("Save and check")
    officer.sees("Saved.")
    officer.sees("Within authority", within="#authority")
    return officer.page.locator("h1 .nhsuk-caption-l").inner_text().split()[-1]


def follow_what_is_missing(officer):
    missing = officer.page.locator("aside")
    expect(missing).to_contain_text("Before this can be agreed")
    for words, field in (("Effect on inequalities", "effect_inequalities"), ("The options considered", "options")):
        missing.get_by_role("link", name=words).click()
        expect(officer.page.locator(f"#id_{field}")).to_be_in_viewport()
        expect(officer.page.locator(f"#id_{field}")).to_be_focused()
    for words, place in (("The date of its review", "#id_review_on"), ("At least one action", "#id_actions")):
        missing.get_by_role("link", name=words).click()
        expect(officer.page.locator(place)).to_be_in_viewport()


def complete_it(officer):
    officer.choose(
        lead_officer="Hannah Whitfield, NHS West Yorkshire Integrated Care Board",
        engagement="Done",
        equality="Not needed",
    )
    officer.fill(
        effect_health="Waits for a first scan fall from 7 to about 4 weeks.",
        effect_quality="Scans closer to home.",
        effect_resources="Paid from the place budget.",
        effect_inequalities="Evening sessions for the five wards with the lowest attendance.",
        options="Do nothing; a mobile unit; extra sessions.",
        engagement_note="Two patient groups.",
        equality_note="No change of access for any group.",
        review_on="14 10 2027",
        decided_on="14 10 2026",
    )
    officer.press("Save and check")
    expect(officer.page.locator("aside .app-ck a")).to_have_text(["At least one action with an owner"])


def add_an_action(officer, title, owner):
    officer.follow("Add an action")
    officer.fill(title=title, due="1 12 2026")
    officer.choose(owner=owner)
    officer.press("Add the action")
    officer.sees("Action added")
    officer.sees(title)


def agree(officer):
    officer.sees("Everything is there")
    officer.fill(departures="Airedale asked for a review after six months.")
    officer.press("Save and agree")
    officer.sees("Agreed. It can now be released")
    officer.sees("Publish session times")
    officer.sees("Airedale asked for a review after six months.")


def release(executive, reference, scripts):
    executive.sign_in("executive")
    executive.sees("1 decision to release")
    executive.follow(reference)
    with executive.page.expect_download() as download:
        executive.page.get_by_role("link", name="Decision notice (Word)").click()
    notice = Document(BytesIO(Path(download.value.path()).read_bytes()))
    assert download.value.suggested_filename == f"{reference}.docx"
    assert notice.paragraphs[1].text == TITLE
    executive.press("Release to the public")
    executive.sees("Released. Everyone can read it")
    executive.sign_out()


def read_in_public(visitor, reference):
    visitor.open("/register/")
    visitor.page.fill("#filter_q", "diagnostic shipley")
    visitor.press("Search")
    visitor.sees("1 decision")
    visitor.follow(TITLE)
    visitor.sees("40 extra sessions a month")
    visitor.sees("in public, ")
    visitor.sees("Not sealed yet")
    ledger.seal_all()
    visitor.open(f"/register/{reference}/")
    visitor.sees("As it was recorded")
    assert "Hannah Whitfield" not in visitor.page.content()
