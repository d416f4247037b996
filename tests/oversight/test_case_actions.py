"""Cases from the raising of a concern to its close."""

from datetime import date

import pytest
import time_machine

from collaboration.models import ConcernAudience
from ics_governance.context import acting_as, system
from ics_governance.models import Notification
from ics_governance.permissions import Refused
from oversight.actions import cases, file, review
from oversight.models import Case, Commitment, Fact, Measure, Reply, StageClock
from oversight.queries.cases import by_stage, cases_of, closest, expected_of, file_of, moves_of, replies_due

from .case_world import (
    LATER,
    TODAY,
    act,
    answer_all,
    case_at,
    discuss,
    facilitate,
    find,
    move,
    note,
    overridden,
    raise_case,
    refused,
    second,
)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def _seen_by(world, who):
    with acting_as(world.actor(who)):
        return [case.reference for case in cases_of(world.actor(who))]


def _audience(case):
    with system("who reads"):
        rows = ConcernAudience.objects.filter(concern=case.concern_id, ends=None).exclude(organisation=None)
        return {(row.organisation.code, row.capacity) for row in rows.select_related("organisation")}


# --- Raising ------------------------------------------------------------------------------------------------------


def test_a_concern_begins_in_triage_at_the_icb_of_the_place(world):
    case = raise_case(world)
    assert (case.reference, case.stage, case.holder) == ("C-2026-001", "raised", world.icb)
    assert case.due_on == date(2026, 10, 27)
    assert raise_case(world).reference == "C-2026-002"


def test_each_paragraph_is_a_fact(world):
    case = raise_case(world)
    with acting_as(world.actor("officer")):
        assert [fact.text for fact in Fact.objects.filter(case=case)] == [
            "Papers came on the day in June.",
            "The same in July.",
        ]


def test_before_acceptance_the_respondent_sees_nothing(world):
    case = raise_case(world)
    assert _seen_by(world, "partner") == _seen_by(world, "officer") == _seen_by(world, "region_lead") == ["C-2026-001"]
    assert _seen_by(world, "secretary") == _seen_by(world, "other_officer") == []
    assert _audience(case) == {("E08000032", "raiser"), ("QWO", "holder"), ("Y63", "overseer")}


def test_a_concern_is_raised_for_ones_own_body_about_another(world):
    with refused("Other bodies than your own"):
        raise_case(world, about="E08000032")
    with refused("At least one body"):
        raise_case(world, about="")
    with refused("integrated care board", error=Exception):
        raise_case(world, system=world.body("RCF"))
    with refused(error=Refused):
        raise_case(world, who="auditor")


def test_a_trust_may_raise_a_concern_about_its_icb_and_the_region_triages(world):
    case = raise_case(world, "secretary", "RCF", "QWO")
    assert case.holder == world.body("Y63")
    assert _audience(case) == {("RCF", "raiser"), ("Y63", "holder")}


def test_an_icb_that_raises_does_not_triage(world):
    case = raise_case(world, "officer", "QWO")
    assert case.holder == world.body("Y63")


def test_the_home_icb_of_the_respondent_triages_when_the_icb_of_the_place_is_a_party(world):
    case = raise_case(world, "officer", "QWO", "R0A")
    assert case.holder == world.body("QOP")


def test_a_body_that_shares_its_chief_executive_with_a_party_holds_nothing(world):
    from partnerships.models import Person, Post

    boss = Person.objects.create(name="Chief Of Both")
    for code in ("QWO", "RCF"):
        Post.objects.create(organisation=world.body(code), title="Chief executive", holder=boss, starts=TODAY)
    case = raise_case(world)
    assert case.holder == world.body("Y63")
    assert ("QWO", "affected") not in _audience(case)


def test_a_region_that_is_a_party_hands_over_to_another(world):
    case = raise_case(world, "region_lead", "Y63", "QWO")
    assert case.holder == world.body("Y62")


def test_notes_of_two_bodies_are_attached_and_then_read_with_the_case(world):
    attempt = note(world)
    case = raise_case(world, attempts=[attempt])
    with acting_as(world.actor("region_lead")):
        assert [row.tried for row in file_of(world.actor("region_lead"), case.reference).parts.attempts] == [
            "A call between the chairs."
        ]


def test_a_note_needs_a_past_date_and_another_body(world):
    with refused("not in the future"):
        note(world, held_on=date(2026, 11, 1))
    with refused("Another body"):
        note(world, other="E08000032")
    with refused(error=Refused):
        note(world, who="secretary")
    theirs = note(world)
    with refused("own organisation", error=Refused):
        raise_case(world, "officer", "QWO", attempts=[theirs])


# --- Moving -------------------------------------------------------------------------------------------------------


def test_accepting_puts_it_to_the_respondent_with_ten_working_days(world):
    case = move(world, "officer", raise_case(world), "accept")
    assert (case.stage, case.due_on) == ("informal_resolution", date(2026, 11, 17))
    with acting_as(world.actor("secretary")):
        assert Case.objects.get().reference == case.reference
        reply = Reply.objects.get()
        assert (reply.occasion, reply.due_on) == ("allegation", date(2026, 11, 3))
        assert [row.pk for row in replies_due(world.actor("secretary"))] == [reply.pk]
        assert set(Fact.objects.values_list("reply_due", flat=True)) == {date(2026, 11, 3)}
    told = Notification.objects.filter(user=world.user("secretary")).values_list("text", flat=True)
    assert any("You may reply until" in text for text in told)


def test_each_stage_has_a_clock_of_its_own_and_one_runs(world):
    case = case_at(world, "oversight_review")
    with system("clocks"):
        rows = list(StageClock.objects.filter(case=case).order_by("pk").values_list("stage", "days", "ended_on"))
    assert rows == [
        ("raised", 5, TODAY),
        ("informal_resolution", 20, TODAY),
        ("facilitated_resolution", 30, TODAY),
        ("oversight_review", 20, None),
    ]


def test_at_oversight_review_the_region_holds_and_the_former_holder_goes_on_reading(world):
    case = case_at(world, "oversight_review")
    assert case.holder == world.body("Y63")
    assert _audience(case) == {
        ("E08000032", "raiser"), ("RCF", "respondent"), ("Y63", "holder"), ("QWO", "affected"),
    }  # fmt: skip
    assert not moves_of(case, world.actor("officer"))


def test_the_timeline_keeps_every_step_with_its_reason(world):
    case = case_at(world, "oversight_review")
    with acting_as(world.actor("secretary")):
        found = file_of(world.actor("secretary"), case.reference)
        steps = [(step.event, step.source, step.target) for step in found.parts.steps]
        assert found.who(found.parts.steps[0]) == world.body("E08000032").label
    assert steps == [
        ("raise", "", "raised"),
        ("accept", "raised", "informal_resolution"),
        ("not_settled", "informal_resolution", "facilitated_resolution"),
        ("to_oversight_review", "facilitated_resolution", "oversight_review"),
    ]


def _closed(case):
    with system("the concern"):
        case.concern.refresh_from_db()
    return case.stage, case.outcome, case.concern.settled_at, case.concern.closed_on


def test_declined_in_triage_with_a_signpost(world):
    case = move(world, "officer", raise_case(world), "decline", signpost="Freedom to Speak Up guardian")
    assert _closed(case) == ("closed", "not_for_this_process", "", TODAY)
    assert case.signpost.startswith("Freedom")


def test_withdrawn_by_who_raised_it_and_by_nobody_else(world):
    case = raise_case(world)
    with refused(error=Refused):
        move(world, "officer", case, "withdraw")
    assert _closed(move(world, "partner", case, "withdraw")) == ("closed", "withdrawn", "", TODAY)


def test_settled_informally_when_both_sides_agree(world):
    case = case_at(world, "informal_resolution")
    for who in ("partner", "secretary"):
        act(world, who, file.agree, case=case, terms="Papers five days before.")
    case = move(world, "officer", case, "settle_informally", learnt="Talk first.")
    assert _closed(case) == ("closed", "resolved", "informal_resolution", TODAY)
    with system("clocks"):
        assert not StageClock.objects.filter(case=case, ended_on=None).exists()


def test_settled_by_facilitation(world):
    case = case_at(world, "facilitated_resolution")
    facilitate(world, case)
    for who in ("partner", "secretary"):
        act(world, who, file.agree, case=case, terms="Papers five days before.")
    assert _closed(move(world, "officer", case, "settle_by_facilitation"))[2] == "facilitated_resolution"


def test_a_dispute_is_settled_with_the_third_partys_finding_and_its_access_ends(world):
    case = case_at(world, "dispute_resolution")
    assert _seen_by(world, "stranger") == [case.reference]
    act(world, "stranger", review.add_dispute_finding, case=case, text="Both were late.")
    case = move(world, "officer", case, "settle_dispute", outcome="not_upheld")
    assert _closed(case) == ("closed", "not_upheld", "dispute_resolution", TODAY)
    assert _seen_by(world, "stranger") == []


def test_the_third_party_does_nothing_but_find(world):
    case = case_at(world, "dispute_resolution")
    for verb, more in ((file.add_fact, {"text": "x"}), (file.agree, {"terms": "x"}), (file.add_note, {"text": "x"})):
        with refused(error=Refused):
            act(world, "stranger", verb, case=case, **more)


def test_closed_without_action_as_shared_cause_and_after_support(world):
    second(world)
    for event, more, outcome in (
        ("no_action", {}, "no_action"),
        ("no_action", {"outcome": "not_upheld"}, "not_upheld"),
        ("shared_cause", {"learnt": "Deadlines were never agreed."}, "shared_cause"),
    ):
        case = case_at(world, "oversight_review")
        find(world, case, adverse=False)
        case = move(world, "region_lead", case, event, **more)
        assert _closed(case)[:2] == ("closed", outcome)
        assert case.shared_cause == (event == "shared_cause")
        assert case.reviewer == world.user("region_lead")
    case = case_at(world, "support")
    assert case.due_on is None
    criterion = act(world, "region_lead", review.set_exit_criteria, case=case, criteria=["In time"])[0]
    act(world, "region_lead", review.meet_criterion, criterion=criterion, note="Three months in time.")
    assert _closed(move(world, "region_lead", case, "end_support", learnt="Plan."))[1] == "support_ended"


def test_a_measure_goes_its_way_and_the_case_closes_when_it_ends(world):
    case = case_at(world, "enforcement")
    with acting_as(world.actor("region_lead")):
        measure = Measure.objects.get(case=case)
    with refused("At least 28 days"):
        act(world, "region_lead", review.give_notice, measure=measure, days=20)
    measure = act(world, "region_lead", review.give_notice, measure=measure, days=28)
    with refused("The notice runs until"):
        act(world, "region_lead", review.bring_into_force, measure=measure)
    act(world, "secretary", review.make_representations, measure=measure, text="We object.", undertakings="A plan.")
    with time_machine.travel(date(2026, 11, 18), tick=False):
        act(world, "region_lead", review.bring_into_force, measure=measure)
        act(world, "secretary", review.appeal, measure=measure)
        act(world, "region_lead", review.dismiss_appeal, measure=measure, outcome="Dismissed.")
        with refused("certificate"):
            act(world, "region_lead", review.end_measure, measure=measure, certificate=" ")
        act(world, "region_lead", review.end_measure, measure=measure, certificate="Complied on 17 November.")
        case = move(world, "region_lead", case, "end_measure", learnt="Papers in time.")
    assert (case.stage, case.outcome) == ("closed", "measure_ended")


def test_superseded_by_an_open_case_of_the_same_facts(world):
    case, lead = raise_case(world), raise_case(world)
    with refused("other than this one"):
        move(world, "officer", case, "supersede", lead_case=case)
    case = move(world, "officer", case, "supersede", lead_case=lead)
    assert (_closed(case)[1], case.lead_case_id) == ("superseded", lead.pk)


def test_linked_cases_count_once(world):
    case, lead = raise_case(world), raise_case(world)
    act(world, "officer", cases.link, case=case, lead_case=lead)
    with acting_as(world.actor("officer")):
        assert by_stage(world.actor("officer"))[0].total == 1


@pytest.mark.parametrize(
    ("stage", "event", "target"),
    [
        ("informal_resolution", "refer_back_to_triage", "raised"),
        ("facilitated_resolution", "refer_back_to_informal", "informal_resolution"),
        ("dispute_resolution", "refer_back_to_facilitation", "facilitated_resolution"),
        ("oversight_review", "refer_back_to_facilitation", "facilitated_resolution"),
        ("support", "refer_back_to_review", "oversight_review"),
        ("enforcement", "refer_back_to_review", "oversight_review"),
    ],
)
def test_any_stage_refers_back_one_stage_with_a_reason(world, stage, event, target):
    case = case_at(world, stage)
    who = "region_lead" if stage in ("oversight_review", "support", "enforcement") else "officer"
    with refused("The reason for this move"):
        move(world, who, case, event, reason=" ")
    back = move(world, who, case, event)
    assert (back.stage, back.last_stage) == (target, stage)
    if target == "facilitated_resolution":
        assert back.holder == world.icb


def test_a_review_after_a_dispute_refers_back_to_the_dispute(world):
    case = case_at(world, "dispute_resolution")
    answer_all(world, case)
    discuss(world, case)
    act(world, "officer", review.add_dispute_finding, case=case, text="Both were late.")
    case = move(world, "officer", case, "to_oversight_review")
    with refused("It was in dispute resolution before"):
        move(world, "region_lead", case, "refer_back_to_facilitation")
    assert move(world, "region_lead", case, "refer_back_to_dispute").stage == "dispute_resolution"


def test_an_overridden_case_refers_back_to_where_it_was(world):
    case = overridden(world, case_at(world, "informal_resolution"))
    back = move(world, "region_lead", case, "refer_back_to_informal")
    assert (back.stage, back.holder, back.overridden) == ("informal_resolution", world.icb, True)


# --- Reading ------------------------------------------------------------------------------------------------------


def test_stages_are_counted_and_the_closest_clocks_come_first(world):
    raised, informal = raise_case(world), case_at(world, "informal_resolution")
    closed = move(world, "officer", raise_case(world), "decline", signpost="Elsewhere")
    with time_machine.travel(date(2026, 10, 30), tick=False), acting_as(world.actor("officer")):
        actor = world.actor("officer")
        counts = {row.stage.code: (row.total, row.overdue) for row in by_stage(actor)}
        assert counts["raised"] == (1, 1)
        assert counts["informal_resolution"] == (1, 0)
        assert [case.pk for case in closest(actor)] == [raised.pk, informal.pk]
        assert closed.pk not in [case.pk for case in closest(actor)]


def test_the_whole_file_takes_few_queries_however_long_it_is(world, django_assert_max_num_queries):
    case = case_at(world, "enforcement")
    short = raise_case(world)
    for who, reference in (("region_lead", case), ("secretary", case), ("partner", short), ("officer", short)):
        actor = world.actor(who)
        with acting_as(actor), django_assert_max_num_queries(12) as queries:
            found = file_of(actor, reference.reference)
        assert found.case.pk == reference.pk
        assert len(queries) <= 12, who


def test_the_file_says_what_is_expected_of_whom(world):
    case = case_at(world, "informal_resolution")
    with acting_as(world.actor("secretary")):
        actor = world.actor("secretary")
        found = expected_of(file_of(actor, case.reference), actor)
        assert [row.text for row in found] == [
            "Your reply on the allegation", "Your answer to fact 1", "Your answer to fact 2",
        ]  # fmt: skip
    with acting_as(world.actor("officer")):
        actor = world.actor("officer")
        assert [row.field for row in expected_of(file_of(actor, case.reference), actor)] == ["move"]


def test_moves_are_offered_with_what_is_still_missing(world):
    case = raise_case(world)
    case = move(world, "officer", case, "accept")
    with acting_as(world.actor("officer")):
        moves = {row.transition.event: row for row in moves_of(case, world.actor("officer"))}
    assert not moves["not_settled"].possible
    assert moves["not_settled"].reasons[0].field == "attempt"
    assert moves["refer_back_to_triage"].possible
    assert "override" not in moves
    with acting_as(world.actor("secretary")):
        assert moves_of(case, world.actor("secretary")) == []


# --- The file -----------------------------------------------------------------------------------------------------


def test_facts_are_agreed_disputed_or_await_a_reply(world):
    case = case_at(world, "informal_resolution")
    with acting_as(world.actor("secretary")):
        first, last = Fact.objects.select_related("case__concern").filter(case=case).order_by("number")
    act(world, "secretary", file.reply_to_fact, fact=first, agrees=True)
    act(world, "secretary", file.reply_to_fact, fact=last, agrees=False, text="They came in time.")
    with refused("in your own words"):
        act(world, "secretary", file.reply_to_fact, fact=last, agrees=False, text=" ")
    with refused("the other side answers it"):
        act(world, "partner", file.reply_to_fact, fact=last, agrees=True)
    with acting_as(world.actor("partner")):
        assert list(Fact.objects.order_by("number").values_list("state", flat=True)) == ["agreed", "disputed"]
    own = act(world, "secretary", file.add_fact, case=case, text="The portal was down.")
    assert (own.number, own.by_side, own.reply_due) == (3, "respondent", date(2026, 11, 3))
    act(world, "partner", file.reply_to_fact, fact=own, agrees=True)
    with acting_as(world.actor("partner")):
        assert Fact.objects.get(number=3).state == "agreed"


def test_a_closed_case_is_not_written_to(world):
    case = move(world, "officer", case_at(world, "informal_resolution"), "refer_back_to_triage")
    case = move(world, "officer", case, "decline", signpost="Elsewhere")
    for who, verb, more in (
        ("secretary", file.add_fact, {"text": "x"}),
        ("secretary", file.reply, {"occasion": "allegation", "text": "x"}),
        ("officer", file.add_evidence, {"url": "https://example.org/"}),
    ):
        with refused("This case is closed"):
            act(world, who, verb, case=case, **more)


def test_what_was_promised_is_reported_by_its_owner_and_confirmed_by_the_holder(world):
    case = case_at(world, "informal_resolution")
    made = act(
        world, "officer", review.add_commitment, case=case, owner=world.body("RCF"), title="Papers in time",
        due_on=LATER,
    )  # fmt: skip
    act(world, "secretary", review.finish_commitment, commitment=made)
    with refused("reported done"):
        act(world, "secretary", review.finish_commitment, commitment=made)
    act(world, "officer", review.finish_commitment, commitment=made)
    with acting_as(world.actor("officer")):
        row = Commitment.objects.get()
    assert (row.done_on, row.confirmed_on) == (TODAY, TODAY)


def test_a_stage_is_handed_over_to_a_body_that_is_no_party(world):
    case = raise_case(world)
    with refused("a party holds no stage"):
        act(world, "region_lead", cases.hand_over, case=case, organisation=world.body("RCF"), reason="Near.")
    moved = act(world, "region_lead", cases.hand_over, case=case, organisation=world.body("QOP"), reason="A fresh eye.")
    assert moved.holder == world.body("QOP")
    assert move(world, "other_officer", case, "accept").stage == "informal_resolution"
