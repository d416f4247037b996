"""Each guard, with the records: refused in its own words, and nothing changed."""

from datetime import date

import pytest
import time_machine

from ics_governance.context import acting_as
from ics_governance.permissions import Refused
from oversight.actions import cases, clocks, dispute, file, override, review
from oversight.models import Case, Extension, Fact, Pause, Reply
from oversight.queries.cases import file_of, moves_of

from .case_world import (
    LATER,
    TODAY,
    act,
    answer_all,
    case_at,
    check_record,
    discuss,
    facilitate,
    find,
    move,
    note,
    overridden,
    propose,
    raise_case,
    refused,
    second,
)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


# --- 1. No stage is skipped ---------------------------------------------------------------------------------------


def test_1_facilitation_needs_an_attempt_on_file(world):
    case = move(world, "officer", raise_case(world), "accept")
    with refused("An informal attempt with its date"):
        move(world, "officer", case, "not_settled")
    act(world, "partner", file.add_attempt_to, case=case, attempt=note(world, outcome="declined"))
    with refused("One invitation was declined"):
        move(world, "officer", case, "not_settled")
    act(world, "secretary", file.add_attempt_to, case=case, attempt=note(world, outcome="declined"))
    assert move(world, "officer", case, "not_settled").stage == "facilitated_resolution"


@pytest.mark.parametrize("event", ["not_settled", "to_oversight_review", "support", "enforce", "to_dispute_resolution"])
def test_1_no_stage_is_skipped(world, event):
    case = raise_case(world)
    with refused("is not possible: this is now raised"):
        move(world, "officer", case, event)


# --- 2. The facilitation record -----------------------------------------------------------------------------------


def test_2_later_stages_need_the_facilitation_record_checked_for_accuracy(world):
    case = case_at(world, "facilitated_resolution")
    discuss(world, case)
    with refused("The facilitation record: who led it"):
        move(world, "officer", case, "to_oversight_review")
    with refused("A party to the case does not lead"):
        facilitate(world, case, leader_body="Airedale NHS Foundation Trust")
    with refused("not in the future"):
        facilitate(world, case, held_on=LATER)
    act(
        world, "officer", file.record_facilitation, case=case, leader_name="Ada Example", leader_body="A forum",
        held_on=TODAY, took_part="Both.", outcome="None.",
    )  # fmt: skip
    with refused("has not been sent to the parties"):
        move(world, "officer", case, "to_oversight_review")
    act(world, "officer", file.send_for_accuracy, case=case)
    with refused("may check the facilitation record until"):
        move(world, "officer", case, "to_oversight_review")
    with refused("their comments stand beside it"):
        facilitate(world, case)


def test_2_five_days_after_it_was_sent_the_record_stands(world):
    case = case_at(world, "facilitated_resolution")
    discuss(world, case)
    facilitate(world, case)
    with time_machine.travel(date(2026, 10, 28), tick=False):
        with refused("The time to check it ended on"):
            act(world, "secretary", file.check_accuracy, case=case, comment="Late.")
        with refused("may reply on the facilitation record until"):
            move(world, "officer", case, "to_oversight_review")
    with time_machine.travel(LATER, tick=False):
        assert move(world, "officer", case, "to_oversight_review").stage == "oversight_review"


# --- 3. Discussion and characteristic -----------------------------------------------------------------------------


def test_3_oversight_review_needs_a_discussion_and_a_characteristic(world):
    case = case_at(world, "facilitated_resolution")
    facilitate(world, case)
    check_record(world, case)
    with refused("A recorded discussion with the leaders of NHS West Yorkshire"):
        move(world, "officer", case, "to_oversight_review")
    act(world, "officer", file.record_discussion, case=case, organisation=world.icb, held_on=TODAY, who="Its chair")
    with refused("The characteristic of effective collaboration"):
        move(world, "officer", case, "to_oversight_review")
    with refused("At least one of the characteristics"):
        act(world, "officer", file.name_characteristics, case=case, characteristics=["nonsense"])
    act(world, "officer", file.name_characteristics, case=case, characteristics=["R"])
    assert move(world, "officer", case, "to_oversight_review").stage == "oversight_review"


def test_3_every_affected_system_is_spoken_to(world):
    case = case_at(world, "facilitated_resolution", about="RCF R0A")
    facilitate(world, case)
    discuss(world, case)
    with time_machine.travel(LATER, tick=False), refused("the leaders of NHS Greater Manchester"):
        move(world, "officer", case, "to_oversight_review")


# --- 4. The right of reply ----------------------------------------------------------------------------------------


def test_4_a_reply_after_its_window_is_refused_in_words(world):
    case = case_at(world, "informal_resolution")
    with time_machine.travel(LATER, tick=False), refused("The time to reply ended on"):
        act(world, "secretary", file.reply, case=case, occasion="allegation", text="Too late.")
    with acting_as(world.actor("officer")):
        window = Reply.objects.select_related("case__concern").get()
    with time_machine.travel(LATER, tick=False):
        act(world, "officer", file.open_again, reply=window, until=date(2026, 11, 9), reason="Its author was ill.")
        act(world, "secretary", file.reply, case=case, occasion="allegation", text="Here it is.")
        with refused("a reply stands as it is"):
            act(world, "secretary", file.reply, case=case, occasion="allegation", text="Otherwise.")


def test_4_nobody_replies_who_was_not_asked(world):
    case = case_at(world, "informal_resolution")
    with refused("has not been asked to reply on this occasion"):
        act(world, "secretary", file.reply, case=case, occasion="findings", text="x")
    for who in ("partner", "officer", "auditor"):
        with refused(error=Refused):
            act(world, who, file.reply, case=case, occasion="allegation", text="x")


def _in_review(world, replied=True):
    case = case_at(world, "facilitated_resolution")
    facilitate(world, case)
    check_record(world, case)
    if replied:
        answer_all(world, case)
    discuss(world, case)
    return move(world, "officer", case, "to_oversight_review")


def test_4_no_adverse_finding_while_the_respondent_may_still_be_heard(world):
    case = _in_review(world, replied=False)
    with refused("may still reply on the allegation until|may still be answered"):
        find(world, case)
    find(world, case, adverse=False)
    with time_machine.travel(LATER, tick=False):
        assert find(world, case).adverse


def test_4_support_waits_for_the_reply_on_the_finding_or_the_end_of_its_window(world):
    case = _in_review(world)
    find(world, case)
    act(world, "region_lead", review.set_exit_criteria, case=case, criteria=["In time"])
    with refused("may reply on the review's findings until"):
        move(world, "region_lead", case, "support")
    with time_machine.travel(LATER, tick=False):
        assert move(world, "region_lead", case, "support").stage == "support"


def test_4_no_adverse_finding_rests_on_what_the_respondent_has_not_seen(world):
    case = _in_review(world)
    with acting_as(world.actor("region_lead")):
        fact = Fact.objects.get(case=case, number=1)
    act(
        world, "region_lead", file.add_evidence, case=case, fact=fact, url="https://example.org/", title="Inside",
        restricted=True,
    )  # fmt: skip
    with acting_as(world.actor("secretary")):
        assert file_of(world.actor("secretary"), case.reference).parts.evidence == []
    with refused("is evidence that Airedale NHS Foundation Trust has not seen"):
        find(world, case)


def test_4_what_became_restricted_later_stops_the_move(world):
    case = _in_review(world)
    find(world, case)
    act(world, "secretary", file.reply, case=case, occasion="findings", text="Yes.")
    act(world, "region_lead", review.set_exit_criteria, case=case, criteria=["In time"])
    with acting_as(world.actor("region_lead")):
        fact = Fact.objects.get(case=case, number=1)
    act(
        world, "region_lead", file.add_evidence, case=case, fact=fact, url="https://example.org/", restricted=True
    )  # fmt: skip
    with refused("rests on evidence that it has not seen"):
        move(world, "region_lead", case, "support")


# --- 5. Enforcement -----------------------------------------------------------------------------------------------


def test_5_enforcement_needs_its_ground_in_law(world):
    case = _in_review(world)
    find(world, case)
    act(world, "secretary", file.reply, case=case, occasion="findings", text="Yes.")
    with refused("a characteristic alone is no legal ground"):
        move(world, "region_lead", case, "enforce")
    for field, words in (("legal_basis", "licence condition or the statutory duty"), ("test", "legal test in words")):
        with refused(words):
            propose(world, case, **{field: " "})
    with refused("the law has for this kind of body"):
        propose(world, case, kind="icb_direction")
    propose(world, case)
    assert move(world, "region_lead", case, "enforce").stage == "enforcement"


# --- 6. The override ----------------------------------------------------------------------------------------------


def test_6_an_override_needs_a_second_person_of_the_receiving_region(world):
    case = raise_case(world)
    with refused("What the risk is"):
        act(world, "officer", override.ask_for_override, case=case, risk="patients", reason=" ")
    with refused("A risk to patients"):
        act(world, "officer", override.ask_for_override, case=case, risk="money", reason="x")
    asked = act(world, "region_lead", override.ask_for_override, case=case, risk="patients", reason="Scans missed.")
    with refused("a second person has to confirm", error=Refused):
        act(world, "region_lead", override.confirm_override, override=asked)
    with refused("A person of North East and Yorkshire confirms", error=Refused):
        act(world, "executive", override.confirm_override, override=asked)
    with refused("A second person of the receiving region"):
        move(world, "region_lead", case, "override")
    second(world)
    moved = act(world, "region_second", override.confirm_override, override=asked)
    assert (moved.stage, moved.overridden, moved.holder) == ("oversight_review", True, world.body("Y63"))
    with refused("does not wait for confirmation"):
        act(world, "region_second", override.confirm_override, override=asked)


def test_6_the_flag_stays_and_the_respondent_is_heard(world):
    case = overridden(world, raise_case(world))
    with acting_as(world.actor("secretary")):
        assert Reply.objects.get(case=case).occasion == "allegation"
    find(world, case, adverse=False)
    case = move(world, "region_lead", case, "no_action")
    assert (case.stage, case.overridden) == ("closed", True)


def test_6_after_an_override_support_still_needs_the_discussion(world):
    case = overridden(world, raise_case(world))
    answer_all(world, case)
    find(world, case)
    act(world, "secretary", file.reply, case=case, occasion="findings", text="Yes.")
    act(world, "region_lead", review.set_exit_criteria, case=case, criteria=["In time"])
    with refused("A recorded discussion"):
        move(world, "region_lead", case, "support")


# --- 7. Nobody acts on a case of their own organisation -----------------------------------------------------------


def test_7_nobody_leads_a_case_of_their_own_organisation(world):
    from partnerships.models import RoleMembership

    case = raise_case(world)
    RoleMembership.objects.create(
        user=world.user("officer"), organisation=world.body("RCF"), role="trust_signatory", starts=TODAY
    )
    with refused("You hold a role in Airedale NHS Foundation Trust, which is a party", error=Refused):
        move(world, "officer", case, "accept")
    with refused("which is a party", error=Refused):
        act(world, "officer", file.record_discussion, case=case, organisation=world.icb, held_on=TODAY, who="x")


@pytest.mark.parametrize("who", ["partner", "secretary", "region_lead", "auditor"])
def test_7_only_the_holder_moves_a_case(world, who):
    case = case_at(world, "informal_resolution")
    with refused(error=Refused):
        move(world, who, case, "not_settled")


def test_7_a_review_is_led_by_someone_not_involved_before(world):
    case = raise_case(world, "secretary", "RCF", "QWO")  # the region triages
    case = move(world, "region_lead", case, "accept")
    second(world)
    case = act(
        world, "region_second", override.confirm_override,
        override=act(
            world, "region_lead", override.ask_for_override, case=case, risk="statutory_duty", reason="No board."
        ),
    )  # fmt: skip
    finding = {"organisation": world.icb, "adverse": False, "text": "Shared."}
    with refused("You took part in this case before its review", error=Refused):
        act(world, "region_lead", review.add_finding, case=case, **finding)
    with refused("not involved in the case before"):
        act(world, "region_second", cases.assign_reviewer, case=case, user=world.user("region_lead"))
    act(world, "region_second", review.add_finding, case=case, **finding)
    with refused("You took part in this case", error=Refused):
        move(world, "region_lead", case, "shared_cause", learnt="x")
    assert move(world, "region_second", case, "shared_cause", learnt="Roles.").outcome == "shared_cause"


# --- 8. Somebody was there first ----------------------------------------------------------------------------------


def test_8_whoever_comes_second_is_told_what_changed(world):
    case = raise_case(world)
    move(world, "officer", case, "accept")
    with acting_as(world.actor("executive")):
        now = Case.objects.select_related("concern", "holder").get(pk=case.pk)
        with refused("NHS West Yorkshire .* moved it to informal resolution on", error=cases.MovedMeanwhile):
            cases.move(
                by=world.actor("executive"), case=now, event="decline", reason="x", seen=1,
                changes={"signpost": "x"},
            )  # fmt: skip


# --- 9. Reasons ---------------------------------------------------------------------------------------------------


def test_9_closing_without_words_is_refused(world):
    case = raise_case(world)
    with refused("The reason for this move Where the matter belongs"):
        move(world, "officer", case, "decline", reason="")
    with refused("does not take", error=ValueError):
        move(world, "officer", case, "accept", outcome="resolved")


def test_9_an_outcome_fits_its_event(world):
    case = case_at(world, "dispute_resolution")
    act(world, "officer", review.add_dispute_finding, case=case, text="Found.")
    with refused("One of these outcomes"):
        move(world, "officer", case, "settle_dispute", outcome="no_action")


# --- Dispute resolution -------------------------------------------------------------------------------------------


def test_a_request_is_answered_before_oversight_review(world):
    case = case_at(world, "facilitated_resolution")
    facilitate(world, case)
    check_record(world, case)
    discuss(world, case)
    asked = act(world, "secretary", dispute.ask_for_dispute_resolution, case=case, reason="We do not agree.")
    assert asked.answer_due == date(2026, 10, 27)
    with refused("A party has asked for dispute resolution: answer it first"):
        move(world, "officer", case, "to_oversight_review")
    with refused("A request waits for its answer already"):
        act(world, "partner", dispute.ask_for_dispute_resolution, case=case, reason="We neither.")
    with refused("The reasons for your answer"):
        act(world, "officer", dispute.answer_dispute_request, request=asked, granted=False, answer="")
    act(world, "officer", dispute.answer_dispute_request, request=asked, granted=False, answer="Nothing is disputed.")
    with refused("A party's request for dispute resolution that was granted"):
        move(world, "officer", case, "to_dispute_resolution")
    with refused("The region reviews a refusal", error=Refused):
        act(world, "officer", dispute.review_refusal, request=asked, finding="x", overturned=False)
    act(
        world, "region_lead", dispute.review_refusal, request=asked, finding="It is.", overturned=True,
        third_party_name="Noor Neutral",
    )  # fmt: skip
    assert move(world, "officer", case, "to_dispute_resolution").stage == "dispute_resolution"


def test_a_third_party_has_no_role_in_a_party(world):
    case = case_at(world, "facilitated_resolution")
    asked = act(world, "partner", dispute.ask_for_dispute_resolution, case=case, reason="We do not agree.")
    with refused("holds a role in a party: not independent"):
        act(
            world, "officer", dispute.answer_dispute_request, request=asked, granted=True, answer="Yes.",
            third_party=world.user("chair"),
        )  # fmt: skip


def test_a_dispute_is_left_with_its_finding(world):
    case = case_at(world, "dispute_resolution")
    with refused("The finding of the independent third party"):
        move(world, "officer", case, "settle_dispute", outcome="resolved")


# --- Clocks -------------------------------------------------------------------------------------------------------


def test_a_pause_is_asked_for_by_one_approved_by_another_and_never_back_dated(world):
    case = case_at(world, "informal_resolution")  # due on 17 November
    with refused("never back-dated"):
        act(world, "officer", clocks.ask_for_pause, case=case, starts=date(2026, 10, 19), reason="Half term.")
    pause = act(world, "officer", clocks.ask_for_pause, case=case, starts=TODAY, reason="Half term.")
    with refused("somebody else approves", error=Refused):
        act(world, "officer", clocks.approve_pause, pause=pause)
    with refused(error=Refused):
        act(world, "secretary", clocks.approve_pause, pause=pause)
    with time_machine.travel(date(2026, 10, 22), tick=False):
        act(world, "executive", clocks.approve_pause, pause=pause)
        with acting_as(world.actor("secretary")):
            assert Pause.objects.get().starts == date(2026, 10, 22)  # not the day it was asked for
            assert Case.objects.get().due_on is None
    with time_machine.travel(date(2026, 10, 28), tick=False):
        act(world, "executive", clocks.end_pause, pause=pause)
        with acting_as(world.actor("secretary")):
            assert Case.objects.get().due_on == date(2026, 11, 24)  # five working days later


def test_more_time_is_approved_by_a_second_person_and_stored(world):
    case = case_at(world, "informal_resolution")
    asked = act(world, "secretary", clocks.ask_for_extension, case=case, days=5, reason="We need our board.")
    with refused("Another request for more time"):
        act(world, "partner", clocks.ask_for_extension, case=case, days=5, reason="We too.")
    act(world, "officer", clocks.approve_extension, extension=asked)
    with acting_as(world.actor("officer")):
        assert Case.objects.get().due_on == date(2026, 11, 24)
        assert Extension.objects.get().approved_by == world.user("officer")
    with refused("does not wait for approval"):
        act(world, "executive", clocks.approve_extension, extension=asked)


def test_a_stage_without_a_clock_is_not_paused(world):
    case = case_at(world, "support")
    with refused("This stage has no clock"):
        act(world, "region_lead", clocks.ask_for_pause, case=case, starts=TODAY, reason="x")


def test_a_pause_ends_with_its_stage(world):
    case = case_at(world, "informal_resolution")
    pause = act(world, "officer", clocks.ask_for_pause, case=case, starts=TODAY, reason="Half term.")
    act(world, "executive", clocks.approve_pause, pause=pause)
    case = move(world, "officer", case, "not_settled")
    assert case.due_on is not None
    with acting_as(world.actor("officer")):
        assert Pause.objects.get().ends == TODAY


def test_what_moves_say_is_missing_is_what_stops_them(world):
    case = case_at(world, "facilitated_resolution")
    with acting_as(world.actor("officer")):
        missing = {row.transition.event: row.reasons for row in moves_of(case, world.actor("officer"))}
    for event in ("to_oversight_review", "to_dispute_resolution", "settle_by_facilitation"):
        with refused(missing[event][0].text):
            move(world, "officer", case, event)
