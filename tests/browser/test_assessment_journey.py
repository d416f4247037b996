"""A trust's self-assessment from its first answer to the end of its moderation, by five people at their browsers."""

import pytest
from playwright.sync_api import expect

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from ics_governance.permissions import SYSTEM
from tests import returns

from .visitor import WITHOUT_SCRIPTS_IS_LONG


@pytest.fixture
def assessment(world):
    framework, _ = load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    returns.chief(world)
    return returns.begun(world, framework)


@WITHOUT_SCRIPTS_IS_LONG
def test_a_trust_answers_signs_and_is_moderated(visit, world, assessment, scripts):
    secretary, chair = visit(scripts=scripts), visit(scripts=scripts)
    answer_a_question(secretary, scripts)
    ask_a_colleague(secretary)
    two_at_once(secretary, chair, scripts)
    give_evidence(secretary)
    returns.answer_all(assessment)
    make_ready(secretary)
    chief = visit(scripts=scripts)
    review(chief)
    sign_off(chair)
    officer = visit(scripts=scripts)
    moderate(officer)
    reply(secretary)
    close(officer)
    accept(chair)


def open_section(visitor, who="", name="Strong working relationships with partners"):
    if who:
        visitor.arrive(who)
    visitor.open("/assessments/")
    visitor.follow("Airedale NHS Foundation Trust", within="main table")
    visitor.follow(name)


def answer_a_question(secretary, scripts):
    open_section(secretary, "secretary")
    secretary.page.locator("#id_rating_1-1_1").check()
    secretary.page.fill("#id_text_1-1", "Our leaders come to each meeting of the place board.")
    if scripts:
        secretary.page.locator("#id_text_1-1").blur()
        expect(secretary.page.locator("#state-1-1")).to_contain_text("Saved at")
        expect(secretary.page.locator("#state-1-1")).to_contain_text("by Ruth Calloway")
    else:
        secretary.press("Save this section")
    secretary.page.reload()
    expect(secretary.page.locator("#id_text_1-1")).to_have_value("Our leaders come to each meeting of the place board.")
    expect(secretary.page.locator("#id_rating_1-1_1")).to_be_checked()


def ask_a_colleague(secretary):
    secretary.follow("Assign sections")
    secretary.choose(characteristic="Strong working relationships with partners", colleague="Denis Ormerod")
    secretary.press("Ask this person")
    secretary.sees("Denis Ormerod has been asked.")


def two_at_once(secretary, chair, scripts):
    open_section(chair, "chair")
    open_section(secretary)
    for visitor, words in ((chair, "The chair's words."), (secretary, "The secretary's words.")):
        visitor.page.fill("#id_text_1-2", words)
        visitor.page.locator("#id_rating_1-2_1").check()
        state = visitor.page.locator("#state-1-2")
        if scripts:
            expect(state).to_contain_text("Saved at" if visitor is chair else "while you were typing")
        elif visitor is chair:
            visitor.press("Save this section")
        else:
            visitor.allow(409)
            visitor.press("Save this section")
            visitor.allow(200)
    state = secretary.page.locator("#state-1-2")
    expect(state).to_contain_text("Denis Ormerod saved this question")
    expect(state).to_contain_text("The chair's words.")
    expect(state).to_contain_text("The secretary's words.")
    if scripts:
        secretary.reads_well("two texts of one question")
    secretary.page.fill("#id_text_1-2", "The words of both.")
    if scripts:
        secretary.page.wait_for_timeout(1500)  # autosave comes second again, and overwrites nothing
    secretary.press("Use what is in my boxes")
    expect(secretary.page.locator("#id_text_1-2")).to_have_value("The words of both.")
    expect(secretary.page.locator("#state-1-2")).to_contain_text("by Ruth Calloway")


def give_evidence(secretary):
    secretary.follow("Add evidence for question 1.1")
    secretary.page.set_input_files(
        "input[type=file]", {"name": "board.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%abc\n"}
    )
    secretary.page.fill("#id_file-title", "Paper of the board of May")
    secretary.press("Add the file")
    expect(secretary.page.locator("#q-1-1")).to_contain_text("Paper of the board of May")


def make_ready(secretary):
    secretary.open("/assessments/")
    secretary.follow("Airedale NHS Foundation Trust", within="main table")
    secretary.press("Make ready to sign")
    secretary.sees("Ready. The chair and the chief executive have been told.")


def to_the_assessment(visitor, who=""):
    if who:
        visitor.arrive(who)
    visitor.open("/assessments/")
    visitor.sees("Waits for you")
    visitor.follow("Airedale NHS Foundation Trust", within="main section")


def review(chief):
    to_the_assessment(chief, "chief")
    chief.follow("All on one page")
    chief.sees("We come to each meeting.")
    to_the_assessment(chief)
    chief.follow("Sign as reviewed")
    chief.press("Sign as reviewed")
    chief.sees("Another person signs it off")


def sign_off(chair):
    to_the_assessment(chair)
    chair.follow("Sign off")
    chair.fill(board_met_on="14 10 2026", minute="TB/2026/12")
    chair.press("Sign off and submit")
    chair.sees("As it was submitted")
    chair.sees("Nora Kettlewell")


def moderate(officer):
    to_the_assessment(officer, "officer")
    officer.follow("1.1", within="#moderate ~ p")
    officer.page.locator("[name=rating][value='0']").check()
    officer.fill(note="We saw less.", question="Which meetings do you mean?")
    officer.press("Keep and go on")
    officer.sees("Kept.")


def reply(secretary):
    secretary.open("/assessments/")
    secretary.follow("Airedale NHS Foundation Trust", within="main table")
    secretary.sees("1 question back, open")
    secretary.follow("Question 1.1")
    secretary.fill(reply="Those of the place board.")
    secretary.press("Reply")
    secretary.sees("Replied.")


def close(officer):
    to_the_assessment(officer)
    officer.sees("Close the moderation: not yet")
    officer.follow("Question 1.1")
    officer.sees("Those of the place board.")
    officer.page.get_by_label("I am done with this answer").check()
    officer.press("Keep and go on")
    to_the_assessment(officer)
    officer.press("Close the moderation")
    officer.sees("The trust has been told")


def accept(chair):
    to_the_assessment(chair)
    chair.press("Accept")
    chair.sees("This is final.")
