"""Every governed write about a self-assessment leaves one entry in the audit trail; drafts and autosaves leave none."""

import inspect
from datetime import date

import pytest
import structlog
import time_machine

from collaboration.actions import assessments, evidence, moderation
from ics_governance import ledger
from ics_governance.context import acting_as
from tests import returns

TODAY = date(2026, 10, 20)
KINDS = {
    assessments.begin: "assessment.begun",
    assessments.save_answer: None,
    assessments.take_theirs: None,
    assessments.assign: "assessment.section_assigned",
    assessments.unassign: "assessment.section_taken_back",
    assessments.make_ready: "assessment.ready",
    assessments.review: "assessment.reviewed",
    assessments.sign_off: "assessment.submitted",
    assessments.reopen: "assessment.reopened",
    assessments.send_back: "assessment.sent_back",
    moderation.moderate_answer: "assessment.answer_moderated",
    moderation.reply: "assessment.replied",
    moderation.close_moderation: "assessment.moderated",
    moderation.appeal: "assessment.appealed",
    moderation.accept: "assessment.final",
    moderation.finalise: "assessment.finalised",
    evidence.give_file: None,  # tried in test_evidence.py
    evidence.keep_file: None,  # tried in tests/oversight/test_case_evidence.py: its entry is the case's
    evidence.give_link: None,
    evidence.give_decision: None,
    evidence.use_again: None,
    evidence.take_off: None,
}


def test_every_action_is_listed_here():
    found = {
        function
        for module in (assessments, moderation, evidence)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        for by in [inspect.signature(function).parameters.get("by")]
        if by is not None and by.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert found == set(KINDS)


@pytest.fixture
def do(world, one_ledger_entry):
    """`do("chair", action, ...)` acts as that person and holds the trail against the table above."""
    tried = set()

    def act(who, verb, **arguments):
        actor = world.actor(who)
        kinds = [KINDS[verb]] if KINDS[verb] else []
        with (
            structlog.contextvars.bound_contextvars(request_id="r-1"),
            acting_as(actor),
            one_ledger_entry(*kinds) as new,
        ):
            result = verb(by=actor, **arguments)
        for entry in new:
            assert (entry.actor, entry.request) == (actor.user_id, "r-1")
            assert entry.organisation == world.body("RCF").pk
        tried.add(verb)
        return result

    act.tried = tried
    return act


def test_from_the_beginning_to_the_end_each_step_leaves_its_entry(do, world, framework):
    with time_machine.travel(TODAY, tick=True):
        begin = {"subject": world.body("RCF"), "framework": framework, "due_on": returns.DUE}
        found = do("secretary", assessments.begin, year=2026, **begin)
        row = do("secretary", assessments.assign, assessment=found, characteristic="R", user=world.user("partner"))
        do("secretary", assessments.unassign, assignment=row)
        answer = returns.answer(found)
        do("secretary", assessments.save_answer, answer=answer, version=0, rating="1", text="x")
        do("chair", assessments.save_answer, answer=answer, version=0, rating="2", text="y")
        do("chair", assessments.take_theirs, answer=answer)
        given = do("secretary", evidence.give_link, answer=answer, url="https://a.test/", title="A paper")
        do("secretary", evidence.take_off, answer=answer, evidence=given)
        do("secretary", evidence.use_again, answer=answer, evidence=given)
        world.decision(1, shared=True)
        do("secretary", evidence.give_decision, answer=answer, reference="QWO-2026-0001")
        returns.answer_all(found)
        do("secretary", assessments.make_ready, assessment=found)
        do("secretary", assessments.reopen, assessment=found, why="x")
        do("secretary", assessments.make_ready, assessment=found)
        do("chair", assessments.send_back, assessment=found, why="x")
        do("secretary", assessments.make_ready, assessment=found)
        read = returns.read(found)
        do(returns.chief(world), assessments.review, assessment=found, read=read)
        do("chair", assessments.sign_off, assessment=found, read=read, board_met_on=returns.BOARD, minute="TB/1")
        do("officer", moderation.moderate_answer, answer=returns.answer(found), question="Which?")
        do("secretary", moderation.reply, answer=returns.answer(found), reply="All")
        do("officer", moderation.moderate_answer, answer=returns.answer(found), question="Which?", settled=True)
        do("officer", moderation.close_moderation, assessment=found)
        do("chair", moderation.appeal, assessment=found, why="x")
        do("officer", moderation.close_moderation, assessment=found)
        do("chair", moderation.accept, assessment=found)
        other = returns.bring(world, do("secretary", assessments.begin, year=2027, **begin), "moderated")
    with time_machine.travel(date(2026, 11, 10), tick=True):
        do("officer", moderation.finalise, assessment=other)
    assert do.tried == set(KINDS) - {evidence.give_file, evidence.keep_file}
    ledger.seal_all()
    assert ledger.verify().faults == ()
