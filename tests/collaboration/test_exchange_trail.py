"""Every governed write about feedback, requests and risks leaves exactly one entry; drafts and reminders leave none."""

import inspect
from datetime import date

import pytest
import structlog
import time_machine

from collaboration.actions import feedback, reminders, requests, risks
from ics_governance import ledger
from ics_governance.context import acting_as
from ics_governance.workingdays import add_working_days
from tests import rounds

TODAY = date(2026, 11, 23)
DUE = add_working_days(TODAY, 10)

KINDS = {
    feedback.open_round: "feedback_round.opened",
    feedback.save_response: None,
    feedback.send_response: "feedback_response.sent",
    feedback.decline: "feedback_invitation.declined",
    feedback.close_round: "feedback_round.closed",
    feedback.cancel_round: "feedback_round.cancelled",
    feedback.remind: None,
    requests.ask: "information_request.asked",
    requests.answer: "information_request.answered",
    requests.refuse: "information_request.refused",
    requests.withdraw: "information_request.withdrawn",
    requests.redate: "information_request.redated",
    risks.add_risk: "shared_risk.recorded",
    risks.amend: "shared_risk.amended",
    risks.review: "shared_risk.reviewed",
    risks.close_risk: "shared_risk.closed",
    risks.reopen_risk: "shared_risk.reopened",
}
FOR_MANY = {feedback.close_finished}  # one entry a round, by `close_round`


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def do(world, one_ledger_entry):
    """`do(actor, action, ...)` acts as that person and holds the trail against the table above."""
    tried = set()

    def act(actor, verb, **arguments):
        kinds = [KINDS[verb]] if KINDS[verb] else []
        with (
            structlog.contextvars.bound_contextvars(request_id="r-1"),
            acting_as(actor),
            one_ledger_entry(*kinds) as entries,
        ):
            result = verb(by=actor, **arguments)
        for entry in entries:
            assert (entry.actor, entry.request) == (actor.user_id, "r-1")
            assert entry.organisation is not None
        tried.add(verb)
        return result

    act.tried = tried
    return act


def of(module):
    return {action for action in KINDS if action.__module__ == module.__name__}


def test_every_action_is_listed_here():
    for module in (feedback, requests, risks):
        written = {
            function
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and "by" in inspect.signature(function).parameters
            if not name.startswith("_") and inspect.signature(function).parameters["by"].kind.name == "KEYWORD_ONLY"
        }
        assert written - FOR_MANY == of(module)


def test_feedback_leaves_one_entry_each(do, world, framework):
    bodies, officer = rounds.partners(world), world.actor("officer")
    values = {"host": world.icb, "subject": world.body("RCF"), "closes_on": DUE}
    found = do(officer, feedback.open_round, invited=[body.pk for body in bodies], **values)
    do(officer, feedback.remind, feedback_round=found)
    first, *others = bodies
    draft = do(
        rounds.person_of(first, TODAY), feedback.save_response, invitation=rounds.invitation(found, first), ratings={},
        comment="", seen=None,
    )  # fmt: skip
    ratings = rounds.everything(found, "2")
    do(
        rounds.person_of(first, TODAY), feedback.send_response, invitation=rounds.invitation(found, first),
        ratings=ratings, comment="", seen=draft.saved_at,
    )  # fmt: skip
    for body in others:
        do(rounds.person_of(body, TODAY), feedback.decline, invitation=rounds.invitation(found, body))
    do(officer, feedback.close_round, feedback_round=found)
    again = do(officer, feedback.open_round, invited=[body.pk for body in bodies], **values)
    do(officer, feedback.cancel_round, feedback_round=again, reason="The wrong body.")
    assert do.tried == of(feedback)


def test_requests_leave_one_entry_each(do, world):
    officer, secretary = world.actor("officer"), world.actor("secretary")

    def ask():
        return do(officer, requests.ask, asker=world.icb, asked=world.body("RCF"), title="Beds", text="x", due_on=DUE)

    do(secretary, requests.answer, request=ask(), answer="Attached.")
    do(secretary, requests.refuse, request=ask(), refusal="A duty of confidence.")
    found = ask()
    do(officer, requests.redate, request=found, due_on=add_working_days(DUE, 5))
    do(officer, requests.withdraw, request=found)
    assert do.tried == of(requests)


def test_risks_leave_one_entry_each(do, world):
    officer = world.actor("officer")
    found = do(officer, risks.add_risk, host=world.icb, values={"title": "Wards", "owner": world.body("RCF")})
    do(officer, risks.amend, risk=found, values={"title": "Three wards"}, sharers=[world.body("RR8")])
    do(world.actor("secretary"), risks.review, risk=found, mitigation="A bank.", review_on=DUE)
    do(officer, risks.close_risk, risk=found, closed_why="Filled.")
    do(officer, risks.reopen_risk, risk=found)
    assert do.tried == of(risks)


def test_reminders_leave_no_entry_and_the_trail_fits(do, world, one_ledger_entry):
    do(world.actor("officer"), risks.add_risk, host=world.icb, values={"title": "Wards", "review_on": TODAY})
    with one_ledger_entry():
        for remind in (reminders.remind_of_rounds, reminders.remind_of_requests, reminders.remind_of_risks):
            remind()
    ledger.seal_all()
    assert ledger.verify().faults == ()
