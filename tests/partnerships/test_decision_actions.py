"""Decisions from draft to public register, and the actions that follow."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from ics_governance import ledger
from ics_governance.context import acting_as, system
from ics_governance.models import LedgerEntry, Notification
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from partnerships.access import P, scope
from partnerships.actions import decisions, followup, meetings
from partnerships.actions.meetings import Item, Mark
from partnerships.models import Action, Decision, Function, Meeting

TODAY = date(2026, 10, 20)
COMPLETE = {
    "title": "Community diagnostic sessions at Shipley",
    "text": "The board agreed 40 extra sessions a month for two years.",
    "kind": "decide",
    "weight": "significant",
    "decided_on": date(2026, 10, 14),
    "amount": Decimal(384_000),
    "level": "place",
    "effect_health": "Waits fall from seven weeks to four.",
    "effect_quality": "Scans closer to home.",
    "effect_resources": "Paid from the place budget.",
    "effect_inequalities": "Evening sessions for the five wards with the lowest attendance.",
    "options": "Do nothing; a mobile unit; extra sessions.",
    "engagement": "done",
    "equality": "not_needed",
    "equality_note": "No change of access for any group.",
    "review_on": date(2027, 10, 14),
}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def officer(world):
    actor = world.actor("officer")
    with acting_as(actor):
        yield actor


@pytest.fixture
def meeting(world, officer):
    """A quorate meeting of the place board, held last week."""
    found = world.meeting()
    members = list(world.place_board.memberships.order_by("pk"))
    marks = {row.pk: Mark("member", row.holder_id) if row.holder_id else Mark("absent") for row in members}
    meetings.mark_attendance(by=officer, meeting=found, marks=marks)
    return found


@pytest.fixture
def draft(world, officer, meeting):
    """A complete draft within the place board's limit, with one action of Airedale."""
    decision = decisions.log_decision(by=officer, forum=world.place_board, meeting=meeting, title="Scans")
    function = Function.objects.get(code="community_diagnostics")
    values = COMPLETE | {"function": function, "lead_officer": world.person("officer")}
    decision = decisions.save_draft(by=officer, decision=decision, values=values)
    followup.propose_action(
        by=officer, decision=decision, title="Vary the contract", owner=world.body("RCF"), due=date(2026, 12, 1)
    )
    return decision


def agreed_decision(world, officer, draft):
    return decisions.agree(by=officer, decision=draft)


def test_a_draft_takes_the_next_reference_of_its_host_and_the_forums_places(draft, world):
    assert draft.reference == "QWO-2026-0001"
    assert [place.name for place in draft.places.all()] == ["Bradford District and Craven"]


def test_a_draft_may_be_saved_half_done_and_leaves_no_audit_entry(world, officer, meeting):
    before = LedgerEntry.objects.count()
    decision = decisions.log_decision(by=officer, forum=world.place_board, meeting=meeting, title="Scans")
    decisions.save_draft(by=officer, decision=decision, values={"text": "Half a sen"})
    assert LedgerEntry.objects.count() == before


def test_saving_asks_the_resolver_and_keeps_its_answer(draft, world):
    assert draft.authority_status == "within_authority"
    assert draft.accountable_body == world.icb
    assert draft.authority_answer["names"][f"forum:{world.place_board.pk}"] == "Bradford place board"


def test_the_lead_body_is_the_lead_officers_employer_on_the_day(draft, world):
    assert [row.organisation for row in draft.leads.all()] == [world.icb]


def test_agreeing_an_incomplete_decision_lists_everything_that_is_missing(world, officer, meeting):
    decision = decisions.log_decision(
        by=officer, forum=world.place_board, meeting=meeting, title="Scans", weight="significant"
    )
    with pytest.raises(GuardFailed) as refused:
        decisions.agree(by=officer, decision=decision)
    missing = {reason.field for reason in refused.value.reasons}
    assert missing >= {"text", "lead_officer", "function", "effect_inequalities", "options", "engagement", "actions"}
    assert Decision.objects.get(pk=decision.pk).state == "draft"


def test_a_procedural_decision_needs_only_five_fields(world, officer, meeting):
    decision = decisions.log_decision(
        by=officer, forum=world.place_board, meeting=meeting, title="Minutes of September", weight="procedural"
    )
    values = {"text": "The minutes were agreed.", "lead_officer": world.person("officer")}
    decision = decisions.save_draft(by=officer, decision=decision, values=values)
    assert decisions.agree(by=officer, decision=decision).state == "agreed"


def test_an_agreed_decision_is_one_audit_entry_that_holds_the_whole_of_it(world, officer, draft):
    before = LedgerEntry.objects.count()
    agreed_decision(world, officer, draft)
    assert LedgerEntry.objects.count() == before + 1
    change = ledger.history(draft)[0]
    fields = {name: after for name, _, after in change.fields}
    assert change.kind == "decision.agreed"
    assert fields["text"] == COMPLETE["text"] and fields["amount"] == "384000.00" and fields["state"] == "agreed"


def test_without_a_quorum_nothing_is_agreed(world, officer, draft):
    absent = {row.pk: Mark("absent") for row in world.place_board.memberships.all()}
    meetings.mark_attendance(by=officer, meeting=draft.meeting, marks=absent)
    with pytest.raises(GuardFailed, match="0 voting members were present, 2 are needed"):
        decisions.agree(by=officer, decision=draft)


def test_an_agreed_decision_is_never_edited(world, officer, draft):
    agreed = agreed_decision(world, officer, draft)
    with pytest.raises(GuardFailed, match="not edited"):
        decisions.save_draft(by=officer, decision=agreed, values={"title": "Something else"})


def test_members_see_a_decision_once_it_is_agreed_and_not_before(world, officer, draft):
    secretary = world.actor("secretary")
    with acting_as(secretary):
        assert not scope(secretary, P.DECISION_VIEW, Decision.objects.filter(pk=draft.pk)).exists()
    agreed_decision(world, officer, draft)
    with acting_as(secretary):
        assert scope(secretary, P.DECISION_VIEW, Decision.objects.filter(pk=draft.pk)).exists()
    stranger = world.actor("other_officer")
    with acting_as(stranger):
        assert not Decision.objects.filter(pk=draft.pk).exists()


def test_issuing_the_papers_proposes_the_drafts_and_keeps_whether_they_were_complete(world, officer, draft):
    later = world.meeting(held_on=date(2026, 11, 4))
    with system("move the draft to the next meeting"):
        Decision.objects.filter(pk=draft.pk).update(meeting=later)
    issued = meetings.issue_papers(by=officer, meeting=later)
    decision = Decision.objects.get(pk=draft.pk)
    assert (issued.state, issued.paper_notice) == ("papers_issued", 11)
    assert (decision.state, decision.complete_at_issue) == ("proposed", True)


def test_a_trust_may_not_log_a_decision_of_the_icbs_forum(world, officer):
    secretary = world.actor("secretary")
    with acting_as(secretary), pytest.raises(Refused, match="ICB governance officer"):
        decisions.log_decision(by=secretary, forum=world.place_board, title="Ours")


def test_only_the_executive_releases_and_then_everyone_may_read(world, officer, draft):
    agreed = agreed_decision(world, officer, draft)
    with pytest.raises(Refused, match="ICB executive"):
        decisions.release(by=officer, decision=agreed)
    executive = world.actor("executive")
    with acting_as(executive):
        decisions.release(by=executive, decision=agreed)
    anyone = world.actor("other_officer")
    with acting_as(anyone):
        assert Decision.objects.get(pk=agreed.pk).released_at


def test_a_draft_cannot_be_released(world, draft):
    executive = world.actor("executive")
    with acting_as(executive), pytest.raises(GuardFailed, match="settled"):
        decisions.release(by=executive, decision=draft)


def test_a_correction_is_a_new_version_and_the_old_one_is_replaced_when_it_is_agreed(world, officer, draft):
    agreed = agreed_decision(world, officer, draft)
    newer = decisions.correct(by=officer, decision=agreed, reason="The amount was wrong.")
    assert newer.reference == "QWO-2026-0001.2"
    newer = decisions.save_draft(by=officer, decision=newer, values={"amount": Decimal(380_000)})
    followup.propose_action(
        by=officer, decision=newer, title="Vary the contract", owner=world.body("RCF"), due=date(2026, 12, 1)
    )
    decisions.agree(by=officer, decision=newer)
    assert Decision.objects.get(pk=agreed.pk).state == "superseded"


def test_a_contributor_from_another_body_sees_the_draft_until_the_grant_is_taken_back(world, officer, draft):
    helper = world.user("other_officer")
    decisions.invite_contributor(by=officer, decision=draft, user=helper)
    actor = world.actor("other_officer")
    with acting_as(actor):
        decisions.save_draft(by=actor, decision=draft, values={"options": "One more option."})
    decisions.remove_contributor(by=officer, decision=draft, user=helper)
    with acting_as(actor):
        assert not Decision.objects.filter(pk=draft.pk).exists()


def test_deferring_says_why(world, officer, draft):
    with pytest.raises(GuardFailed, match="Why"):
        decisions.defer(by=officer, decision=draft, why=" ")
    deferred = decisions.defer(
        by=officer, decision=draft, why="The trust's member had no authority.", authority_was_missing=True
    )
    assert (deferred.state, deferred.authority_was_missing) == ("deferred", True)


# --- Actions ------------------------------------------------------------------------------------------------------


@pytest.fixture
def action(world, officer, draft):
    decisions.agree(by=officer, decision=draft)
    return draft.actions.get()


def test_an_action_goes_from_its_owner_to_the_forum(world, officer, action):
    secretary = world.actor("secretary")
    with acting_as(secretary):
        followup.accept(by=secretary, action=action, person=world.person("secretary"))
        done = followup.finish(by=secretary, action=action, evidence="Contract variation 7 signed.")
        assert done.state == "done"
        with pytest.raises(Refused):
            followup.confirm(by=secretary, action=action)
    assert followup.confirm(by=officer, action=action).state == "confirmed"


def test_only_the_forum_re_dates_and_the_original_date_stays(world, officer, action):
    secretary = world.actor("secretary")
    with acting_as(secretary), pytest.raises(Refused):
        followup.redate(by=secretary, action=action, due=date(2027, 1, 1), why="Late")
    moved = followup.redate(by=officer, action=action, due=date(2027, 1, 1), why="The supplier is late.")
    assert (moved.due, moved.original_due) == (date(2027, 1, 1), date(2026, 12, 1))


def test_nobody_else_accepts_for_the_owner(world, action):
    other = world.actor("other_trust")
    with acting_as(other), pytest.raises(Refused):
        followup.accept(by=other, action=action, person=world.person("other_trust"))


def test_the_owner_is_told_of_an_action_that_was_added_later(world, officer, action):
    followup.propose_action(
        by=officer,
        decision=Decision.objects.get(pk=action.decision_id),
        title="Publish the times",
        owner=world.body("E08000032"),
        due=date(2026, 12, 1),
    )
    assert Notification.objects.filter(user=world.user("partner"), kind="action.proposed").count() == 1


def test_a_plan_told_before_the_due_date_is_accepted_by_the_forum(world, officer, action):
    secretary = world.actor("secretary")
    with acting_as(secretary):
        followup.accept(by=secretary, action=action, person=world.person("secretary"))
        followup.tell_slippage(by=secretary, action=action, plan="A second supplier from January.")
    assert followup.accept_plan(by=officer, action=action).plan_accepted_on == TODAY


# --- Meetings -----------------------------------------------------------------------------------------------------


def test_calling_a_meeting_counts_its_notice_in_working_days_and_shows_it_to_the_members(world, officer):
    called = meetings.call_meeting(
        by=officer,
        forum=world.place_board,
        held_on=date(2026, 11, 4),
        items=[Item("Scans"), Item("Any other business")],
    )
    assert (called.call_notice, [row.number for row in called.items.all()]) == (11, [1, 2])
    partner = world.actor("partner")
    with acting_as(partner):
        assert Meeting.objects.filter(pk=called.pk).exists()


def test_minutes_stay_open_while_a_decision_is_a_draft(world, officer, draft):
    held = meetings.hold(by=officer, meeting=draft.meeting)
    with pytest.raises(GuardFailed, match="QWO-2026-0001"):
        meetings.minute(by=officer, meeting=held)
    decisions.agree(by=officer, decision=draft)
    assert meetings.minute(by=officer, meeting=held).state == "minuted"


def test_a_person_who_is_neither_member_nor_deputy_cannot_fill_a_membership(world, officer):
    held = world.meeting()
    row = world.place_board.memberships.first()
    with pytest.raises(GuardFailed, match="named deputy"):
        meetings.mark_attendance(
            by=officer, meeting=held, marks={row.pk: Mark("member", world.person("region_lead").pk)}
        )


def test_two_drafts_at_one_host_get_two_references(world, officer):
    first = decisions.log_decision(by=officer, forum=world.place_board, title="One")
    second = decisions.log_decision(by=officer, forum=world.place_board, title="Two")
    assert (first.reference, second.reference) == ("QWO-2026-0001", "QWO-2026-0002")
    assert Action.objects.count() == 0
