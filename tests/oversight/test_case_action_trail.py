"""Every governed write about a case leaves exactly one entry in the audit trail; what is refused leaves none."""

import inspect
from datetime import date

import pytest
import structlog
import time_machine

from ics_governance import ledger
from ics_governance.context import acting_as, system
from oversight.actions import cases, clocks, concerns, dispute, file, override, review
from oversight.models import Case, Criterion, Fact, Measure, Reply
from oversight.workflows import CASE

from .case_world import TODAY, case_at, second

MODULES = (cases, clocks, concerns, dispute, file, override, review)
KINDS = {
    concerns.note_attempt: "attempt.noted",
    concerns.raise_concern: "case.raised",
    cases.move: None,  # as its event is called in the table
    cases.assign_lead: "case.lead_assigned",
    cases.assign_reviewer: "case.reviewer_assigned",
    cases.hand_over: "case.handed_over",
    cases.link: "case.linked",
    clocks.ask_for_pause: "case.pause_asked",
    clocks.approve_pause: "case.pause_approved",
    clocks.end_pause: "case.pause_ended",
    clocks.ask_for_extension: "case.extension_asked",
    clocks.approve_extension: "case.extension_approved",
    dispute.ask_for_dispute_resolution: "case.dispute_asked",
    dispute.answer_dispute_request: "case.dispute_answered",
    dispute.review_refusal: "case.refusal_reviewed",
    file.add_fact: "case.fact_added",
    file.reply_to_fact: "case.fact_answered",
    file.add_evidence: "case.evidence_added",
    file.reply: "case.replied",
    file.open_again: "case.reply_extended",
    file.record_facilitation: "case.facilitation_recorded",
    file.send_for_accuracy: "case.facilitation_sent",
    file.check_accuracy: "case.facilitation_checked",
    file.record_discussion: "case.discussed",
    file.agree: "case.agreed",
    file.add_attempt_to: "case.attempt_attached",
    file.name_characteristics: "case.characteristics_named",
    file.add_note: "case.noted",
    override.ask_for_override: "case.override_asked",
    override.confirm_override: "case.overridden",
    review.add_dispute_finding: "case.dispute_found",
    review.add_finding: "case.finding",
    review.set_exit_criteria: "case.criteria_set",
    review.meet_criterion: "case.criterion_met",
    review.propose_measure: "measure.proposed",
    review.give_notice: "measure.notice_given",
    review.make_representations: "measure.representations",
    review.bring_into_force: "measure.in_force",
    review.appeal: "measure.appealed",
    review.dismiss_appeal: "measure.appeal_dismissed",
    review.end_measure: "measure.ended",
    review.add_commitment: "case.commitment",
    review.finish_commitment: "case.commitment_done",
}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def do(world, one_ledger_entry):
    """`do("officer", action, ...)` acts as that person and holds the trail against the table above."""
    tried = set()

    def act(who, verb, /, *, logged="", **arguments):
        actor = world.actor(who)
        kind = logged or KINDS[verb] or CASE.find(arguments["event"]).ledger
        with (
            structlog.contextvars.bound_contextvars(request_id="r-1"),
            acting_as(actor),
            one_ledger_entry(kind) as entries,
        ):
            if "case" in arguments:
                arguments["case"] = Case.objects.select_related("concern", "holder").get(pk=arguments["case"].pk)
            result = verb(by=actor, **arguments)
        assert (entries[0].actor, entries[0].request) == (actor.user_id, "r-1")
        assert entries[0].organisation is not None
        tried.add(verb)
        return result

    act.tried = tried
    return act


def _get(model, **lookup):
    with system("a record for a test"):
        paths = {Case: ("concern", "holder"), Fact: ("case__concern",), Reply: ("case__concern", "organisation")}
        return model.objects.select_related(*paths.get(model, ())).filter(**lookup).order_by("pk").first()


def _listed():
    return {
        function
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "by" in inspect.signature(function).parameters
        and inspect.signature(function).parameters["by"].kind == inspect.Parameter.KEYWORD_ONLY
    }


def test_every_action_is_listed_here():
    assert _listed() == set(KINDS)


def _before_acceptance(do, world):
    attempt = do(
        "partner", concerns.note_attempt, kept_by=world.body("E08000032"), other=world.body("RCF"), held_on=TODAY,
        tried="A call.", outcome="not_settled",
    )  # fmt: skip
    values = {
        "organisation": world.body("E08000032"), "title": "Late papers", "facts": "Late in June.", "wanted": "",
        "system": world.icb, "respondents": [world.body("RCF")],
    }  # fmt: skip
    case, other = (do("partner", concerns.raise_concern, **values) for _ in range(2))
    do("officer", cases.link, case=other, lead_case=case)
    do("officer", cases.assign_lead, case=case, user=world.user("executive"))
    do("region_lead", cases.hand_over, case=case, organisation=world.body("QOP"), reason="A fresh eye.")
    do("region_lead", cases.hand_over, case=case, organisation=world.icb, reason="Not needed.")
    return case, attempt


def _informal(do, world, case, attempt):
    do("officer", cases.move, case=case, event="accept")
    fact = do("secretary", file.add_fact, case=case, text="The portal was down.")
    do("partner", file.reply_to_fact, fact=fact, agrees=True)
    do("secretary", file.reply_to_fact, fact=_get(Fact, case=case, number=1), agrees=False, text="In time.")
    do("secretary", file.add_evidence, case=case, url="https://example.org/", title="The portal")
    window = _get(Reply, case=case)
    do("officer", file.open_again, reply=window, until=date(2026, 11, 9), reason="Ill.")
    do("secretary", file.reply, case=case, occasion="allegation", text="So.")
    do("secretary", file.agree, case=case, terms="Five days before.")
    do("partner", file.add_attempt_to, case=case, attempt=attempt)
    pause = do("officer", clocks.ask_for_pause, case=case, starts=TODAY, reason="Half term.")
    do("executive", clocks.approve_pause, pause=pause)
    do("officer", clocks.end_pause, pause=pause)
    more = do("secretary", clocks.ask_for_extension, case=case, days=5, reason="Our board.")
    do("officer", clocks.approve_extension, extension=more)
    do("officer", cases.move, case=case, event="not_settled")


def _facilitated(do, world, case):
    do(
        "officer", file.record_facilitation, case=case, leader_name="Ada", leader_body="A forum", held_on=TODAY,
        took_part="Both.", outcome="None.",
    )  # fmt: skip
    do("officer", file.send_for_accuracy, case=case)
    do("secretary", file.check_accuracy, case=case, comment="Fine.")
    do("partner", file.check_accuracy, case=case, comment="Fine.")
    do("secretary", file.reply, case=case, occasion="facilitation", text="So.")
    do("officer", file.record_discussion, case=case, organisation=world.icb, held_on=TODAY, who="Chair")
    do("officer", file.name_characteristics, case=case, characteristics=["R"])
    do("officer", file.add_note, case=case, text="Inside.")
    asked = do("secretary", dispute.ask_for_dispute_resolution, case=case, reason="We do not agree.")
    do("officer", dispute.answer_dispute_request, request=asked, granted=False, answer="No.")
    do(
        "region_lead", dispute.review_refusal, request=asked, finding="Yes.", overturned=True, third_party_name="Noor",
    )  # fmt: skip
    do("officer", cases.move, case=case, event="to_dispute_resolution")
    do("officer", review.add_dispute_finding, case=case, text="Both.")
    do("officer", cases.move, case=case, event="to_oversight_review", reason="Not settled.")


def _reviewed(do, world, case):
    second(world)
    do("region_lead", cases.assign_reviewer, case=case, user=world.user("region_second"))
    trust = world.body("RCF")
    facts = [_get(Fact, case=case, number=1)]
    do("region_second", review.add_finding, case=case, organisation=trust, adverse=True, text="Late.", facts=facts)
    do("secretary", file.reply, case=case, occasion="findings", text="So.")
    do("region_second", review.set_exit_criteria, case=case, criteria=["In time"])
    measure = do(
        "region_second", review.propose_measure, case=case, organisation=trust, kind="discretionary_requirement",
        legal_basis="CoP1", test="Met.", urgent=True,
    )  # fmt: skip
    do("region_second", cases.move, case=case, event="enforce", reason="Needed.")
    do("region_second", review.meet_criterion, criterion=_get(Criterion, case=case), note="Three months.")
    do("region_second", review.give_notice, measure=measure, days=5)
    do("secretary", review.make_representations, measure=measure, text="We object.")
    with time_machine.travel(date(2026, 10, 26), tick=False):
        do("region_second", review.bring_into_force, measure=measure)
        do("secretary", review.appeal, measure=measure)
        do("region_second", review.dismiss_appeal, measure=measure, outcome="Dismissed.")
        do("region_second", review.end_measure, measure=measure, certificate="Complied.")
        do("region_second", cases.move, case=case, event="end_measure", reason="", changes={"learnt": "Plan."})
        made = do(
            "region_second", review.add_commitment, case=case, owner=trust, title="In time", due_on=date(2026, 12, 1)
        )
        do("secretary", review.finish_commitment, commitment=made)
        do("region_lead", review.finish_commitment, commitment=made, logged="case.commitment_confirmed")
    assert _get(Measure, case=case).state == "ended"


def test_a_whole_case_leaves_one_entry_for_each_thing_done(do, world):
    case, attempt = _before_acceptance(do, world)
    _informal(do, world, case, attempt)
    _facilitated(do, world, case)
    _reviewed(do, world, case)
    assert do.tried == set(KINDS) - {override.ask_for_override, override.confirm_override}
    ledger.seal_all()
    assert ledger.verify().faults == ()
    kinds = [change.kind for change in ledger.history(case, 500)]
    assert kinds[-1] == "case.raised"
    assert len(kinds) >= 40


def test_an_override_leaves_one_entry_for_each_of_its_two_people(do, world):
    case = case_at(world, "informal_resolution")
    asked = do("officer", override.ask_for_override, case=case, risk="patients", reason="Scans missed.")
    do("region_lead", override.confirm_override, override=asked)


def test_a_raiser_in_confidence_is_in_no_value_of_the_trail(do, world):
    values = {
        "organisation": world.body("E08000032"), "title": "Late papers", "facts": "Late in June.", "wanted": "",
        "system": world.icb, "respondents": [world.body("RCF")], "in_confidence": True,
    }  # fmt: skip
    case = do("partner", concerns.raise_concern, **values)
    fields = {name for change in ledger.history(case) for name, *_ in change.fields}
    assert fields == {"title", "in_confidence", "respondents"}
