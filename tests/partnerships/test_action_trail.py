"""Every governed write leaves exactly one entry in the audit trail, with who, for whom and in which request."""

import inspect
from datetime import date
from decimal import Decimal

import pytest
import structlog
import time_machine

from ics_governance import ledger
from ics_governance.context import acting_as, system
from ics_governance.models import User
from partnerships.actions import (
    arrangements,
    decisions,
    delegations,
    followup,
    forums,
    meetings,
    memberships,
    people,
    reference,
)
from partnerships.actions.meetings import Item, Mark
from partnerships.models import Action, Decision, Delegation, Employment, Function, RoleMembership
from tests import records

TODAY = date(2026, 10, 20)
HELD = date(2026, 10, 19)

# What each action leaves. Drafts and what belongs to them leave nothing until they are put to a forum.
KINDS = {
    meetings.call_meeting: "meeting.called",
    meetings.set_agenda: "meeting.agenda",
    meetings.issue_papers: "meeting.papers_issued",
    meetings.mark_attendance: "meeting.attendance",
    meetings.hold: "meeting.held",
    meetings.minute: "meeting.minuted",
    meetings.cancel: "meeting.cancelled",
    decisions.log_decision: None,
    decisions.save_draft: None,
    decisions.correct: None,
    decisions.agree: "decision.agreed",
    decisions.defer: "decision.deferred",
    decisions.turn_down: "decision.not_agreed",
    decisions.rescind: "decision.rescinded",
    decisions.ratify: "decision.ratified",
    decisions.bring_back: "decision.brought_back",
    decisions.implement: "decision.implemented",
    decisions.release: "decision.released",
    decisions.withhold: "decision.withheld",
    decisions.invite_contributor: "decision.contributor_invited",
    decisions.remove_contributor: "decision.contributor_removed",
    followup.propose_action: "action.proposed",
    followup.drop_action: "action.dropped",
    followup.accept: "action.accepted",
    followup.decline: "action.declined",
    followup.report: "action.progress",
    followup.tell_slippage: "action.slippage_told",
    followup.accept_plan: "action.plan_accepted",
    followup.redate: "action.redated",
    followup.finish: "action.done",
    followup.hand_back: "action.handed_back",
    followup.confirm: "action.confirmed",
    followup.withdraw: "action.withdrawn",
    arrangements.found_arrangement: "arrangement.founded",
    arrangements.edit_arrangement: "arrangement.changed",
    arrangements.end_arrangement: "arrangement.ended",
    arrangements.join_arrangement: "arrangement.joined",
    arrangements.change_member: "arrangement.member_changed",
    arrangements.end_member: "arrangement.member_ended",
    arrangements.withdraw_member: "arrangement.member_withdrawn",
    arrangements.review_gateway: "arrangement.gateway_reviewed",
    arrangements.record_fund: "fund.recorded",
    arrangements.change_fund: "fund.changed",
    arrangements.report_to: "arrangement.reports_to",
    arrangements.end_line: "arrangement.line_ended",
    forums.found_forum: "forum.founded",
    forums.edit_forum: "forum.changed",
    forums.end_forum: "forum.ended",
    forums.adopt_terms: "forum.terms_adopted",
    memberships.appoint: "forum.member_appointed",
    memberships.change_membership: "forum.member_changed",
    memberships.end_membership: "forum.membership_ended",
    memberships.name_deputy: "forum.deputy_named",
    memberships.end_deputy: "forum.deputy_ended",
    memberships.withdraw_membership: "forum.membership_withdrawn",
    memberships.withdraw_deputy: "forum.deputy_withdrawn",
    memberships.accept_membership: "forum.membership_accepted",
    memberships.refuse_membership: "forum.membership_refused",
    delegations.draft_delegation: "delegation.drafted",
    delegations.edit_draft: "delegation.edited",
    delegations.withdraw: "delegation.withdrawn",
    delegations.approve: "delegation.approved",
    delegations.bring_into_force: "delegation.in_force",
    delegations.suspend: "delegation.suspended",
    delegations.resume: "delegation.resumed",
    delegations.end: "delegation.ended",
    delegations.review: "delegation.reviewed",
    delegations.declare_complete: "register.declared_complete",
    people.add_person: "person.added",
    people.grant_role: "role.granted",
    people.end_role: "role.ended",
}
TRIED_ELSEWHERE = {reference.load_reference}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def do(world, one_ledger_entry):
    """`do("officer", action, ...)` acts as that person and holds the trail against the table above."""
    tried = set()

    def act(who, verb, /, *, also=(), **arguments):
        actor = world.actor(who)
        kinds = [kind for kind in (KINDS[verb], *also) if kind]
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


def test_every_action_is_listed_here():
    modules = (arrangements, decisions, delegations, followup, forums, meetings, memberships, people, reference)
    found = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "by" in inspect.signature(function).parameters
    }
    assert found == set(KINDS) | TRIED_ELSEWHERE


def test_meetings_leave_one_entry_each(do, world):
    meeting = do("officer", meetings.call_meeting, forum=world.place_board, held_on=HELD)
    do("officer", meetings.set_agenda, meeting=meeting, items=[Item("Scans")])
    do("officer", meetings.issue_papers, meeting=meeting)
    marks = {row.pk: Mark("member", row.holder_id) for row in world.place_board.memberships.exclude(holder=None)}
    do("officer", meetings.mark_attendance, meeting=meeting, marks=marks)
    do("officer", meetings.hold, meeting=meeting)
    do("officer", meetings.minute, meeting=meeting)
    other = do("officer", meetings.call_meeting, forum=world.place_board, held_on=date(2026, 12, 1))
    do("officer", meetings.cancel, meeting=other)
    assert do.tried == _of(meetings)


def test_papers_that_put_drafts_to_a_meeting_leave_one_entry_for_each(do, world):
    meeting = do("officer", meetings.call_meeting, forum=world.place_board, held_on=date(2026, 12, 1))
    for title in ("Scans", "Beds"):
        do("officer", decisions.log_decision, forum=world.place_board, meeting=meeting, title=title)
    do("officer", meetings.issue_papers, meeting=meeting, also=["decision.proposed"] * 2)


@pytest.fixture
def agreed(do, world):
    """`agreed()` is a decision that was agreed, procedural so that it needs little."""

    def make(title="Scans"):
        draft = _draft(do, world, title)
        return do("officer", decisions.agree, decision=draft)

    return make


def _draft(do, world, title="Scans"):
    draft = do("officer", decisions.log_decision, forum=world.place_board, title=title, weight="procedural")
    values = {
        "text": "It was agreed.",
        "lead_officer": world.person("officer"),
        "means": "correspondence",
        "decided_on": HELD,
    }
    return do("officer", decisions.save_draft, decision=draft, values=values)


def test_decisions_leave_one_entry_each(do, world, agreed):
    draft = _draft(do, world)
    do("officer", decisions.invite_contributor, decision=draft, user=world.user("other_trust"))
    do("officer", decisions.remove_contributor, decision=draft, user=world.user("other_trust"))
    do("officer", decisions.defer, decision=draft, why="A member could not decide.")
    do("officer", decisions.bring_back, decision=draft)
    do("officer", decisions.turn_down, decision=draft, why="Too dear.")
    do("executive", decisions.withhold, decision=agreed(), reason="Names a patient.")
    do("officer", decisions.rescind, decision=agreed(), why="It was a mistake.")
    first = agreed()
    do("executive", decisions.release, decision=first)
    newer = do("officer", decisions.correct, decision=first, reason="A wrong figure.")
    do("officer", decisions.agree, decision=newer, also=["decision.superseded"])
    do("officer", decisions.implement, decision=newer)
    urgent = world.decision(900, means="urgent", decided_on=HELD)
    with system("taken by urgent power"):
        Decision.objects.filter(pk=urgent.pk).update(state="agreed")
    do("officer", decisions.ratify, decision=urgent, ratified_by=agreed())
    assert do.tried == _of(decisions)


def test_actions_leave_one_entry_each(do, world, agreed):
    draft = _draft(do, world)
    dropped = _propose(do, world, draft)
    do("officer", followup.drop_action, action=dropped)
    decision = agreed("Beds")
    do("secretary", followup.decline, action=_propose(do, world, decision), why="Not ours.")
    do("officer", followup.withdraw, action=_propose(do, world, decision))
    action = _propose(do, world, decision)
    do("secretary", followup.accept, action=action, person=world.person("secretary"))
    do("secretary", followup.report, action=action, progress="Begun.")
    do("secretary", followup.tell_slippage, action=action, plan="More people.")
    do("officer", followup.accept_plan, action=action)
    do("officer", followup.redate, action=action, due=date(2027, 1, 31), why="The supplier is late.")
    do("secretary", followup.finish, action=action, evidence="See the contract.")
    do("officer", followup.hand_back, action=action, why="One is missing.")
    do("secretary", followup.finish, action=action, evidence="Now all.")
    do("officer", followup.confirm, action=action)
    assert do.tried >= _of(followup)


def _propose(do, world, decision):
    due = date(2026, 12, 1)
    return do("officer", followup.propose_action, decision=decision, title="Buy it", owner=world.body("RCF"), due=due)


def test_arrangements_leave_one_entry_each(do, world):
    trust, last = world.body("RCF"), date(2027, 3, 31)
    values = {"kind": "collaborative", "name": "Acute providers", "starts": TODAY}
    made = do("officer", arrangements.found_arrangement, host=world.icb, values=values)
    part = {"starts": TODAY, "expectation": "member"}
    member = do("officer", arrangements.join_arrangement, arrangement=made, organisation=trust, values=part)
    do("officer", arrangements.edit_arrangement, arrangement=made, values={"purpose": "Shorter waits"})
    do("officer", arrangements.change_member, member=member, from_day=TODAY, values={"capacity": "attending"})
    review = {"held_on": TODAY, "phase_after": "partial", "outcome": "passed", "criteria": [["Clear", True]]}
    do("officer", arrangements.review_gateway, arrangement=made, values=review)
    fund = {"kind": "aligned", "name": "Theatres", "host": world.icb, "year": 2026}
    paid = [arrangements.Paid(trust, Decimal(100))]
    row = do("officer", arrangements.record_fund, arrangement=made, values=fund, paid=paid)
    do("officer", arrangements.change_fund, fund=row, values=fund | {"purpose": "More theatres"}, paid=paid)
    line = do("officer", arrangements.report_to, arrangement=made,
              values={"to_organisation": world.icb, "starts": TODAY})  # fmt: skip
    do("officer", arrangements.end_line, line=line, last_day=last)
    do("officer", arrangements.end_member, member=member, last_day=last)
    part = {"starts": date(2027, 1, 1)}
    coming = do("officer", arrangements.join_arrangement, arrangement=made, organisation=world.icb, values=part)
    do("officer", arrangements.withdraw_member, member=coming, why="A wrong day")
    do("officer", arrangements.end_arrangement, arrangement=made, last_day=last)
    assert do.tried == _of(arrangements)


def test_forums_leave_one_entry_each(do, world):
    values = {
        "name": "Acute committee",
        "form": "committee",
        "level": "system",
        "starts": TODAY,
        "meets_in_public": True,
    }
    forum = do("officer", forums.found_forum, host=world.icb, values=values)
    do("officer", forums.edit_forum, forum=forum, values={"purpose": "Theatres"})
    do("officer", forums.adopt_terms, forum=forum, values={"adopted_on": TODAY, "quorum": 2})
    do("officer", forums.end_forum, forum=forum, last_day=date(2027, 3, 31))
    assert do.tried == _of(forums)


def test_memberships_leave_one_entry_each(do, world):
    seat = {"forum": world.place_board, "organisation": world.body("RCF")}
    member = do("officer", memberships.appoint, **seat, values={"starts": TODAY, "holder": world.person("secretary")})
    other = do("officer", memberships.appoint, **seat, values={"starts": TODAY})
    do("chair", memberships.accept_membership, membership=member)
    do("secretary", memberships.refuse_membership, membership=other)
    vacant = {"holder": None, "voting": False}
    do("officer", memberships.change_membership, membership=member, from_day=TODAY, values=vacant)
    asha = records.person("Asha Moor")
    Employment.objects.create(person=asha, organisation=world.body("RCF"), starts=TODAY)
    deputy = do("officer", memberships.name_deputy, membership=member, person=asha, starts=TODAY)
    do("officer", memberships.end_deputy, deputy=deputy, last_day=TODAY)
    later = date(2027, 1, 1)
    coming = do("officer", memberships.name_deputy, membership=member, person=asha, starts=later)
    do("officer", memberships.withdraw_deputy, deputy=coming, why="A wrong day")
    seat_to_come = do("officer", memberships.appoint, **seat, values={"starts": later})
    do("officer", memberships.withdraw_membership, membership=seat_to_come, why="A wrong day")
    do("officer", memberships.end_membership, membership=member, last_day=TODAY)
    assert do.tried == _of(memberships)


def test_delegations_leave_one_entry_each(do, world):
    values = {
        "function": Function.objects.get(code="community_services"),
        "to_forum": world.place_board,
        "basis": "internal_scheme",
        "instrument": "scheme of delegation 9.9",
        "starts": TODAY,
    }
    dropped = do("officer", delegations.draft_delegation, owner=world.icb, values=values)
    do("officer", delegations.withdraw, delegation=dropped)
    delegation = do("officer", delegations.draft_delegation, owner=world.icb, values=values)
    terms = {"assurance": "Reports each quarter."}
    do("officer", delegations.edit_draft, delegation=delegation, values=terms)
    do("executive", delegations.approve, delegation=delegation)
    do("officer", delegations.bring_into_force, delegation=delegation)
    do("officer", delegations.review, delegation=delegation, held_on=TODAY, outcome="kept")
    do("executive", delegations.suspend, delegation=delegation, reason="Reports are late.")
    do("executive", delegations.resume, delegation=delegation)
    do("executive", delegations.end, delegation=delegation, last_day=TODAY)
    day = date(2026, 4, 1)
    do("officer", delegations.declare_complete, organisation=world.icb, family="strategy", complete_from=day)
    assert do.tried == _of(delegations)


def test_people_leave_one_entry_each(do, world):
    user = do("admin", people.add_person, email="new@example.test", name="New Person", organisation=world.icb)
    role = do("admin", people.grant_role, user=user, organisation=world.icb, role="auditor", starts=TODAY)
    do("admin", people.end_role, membership=role, last_day=TODAY)
    assert do.tried == _of(people)


def _of(module):
    return {action for action in KINDS if action.__module__ == module.__name__}


def test_after_all_that_the_trail_fits(do, world, agreed):
    agreed()
    ledger.seal_all()
    assert ledger.verify().faults == ()


# --- Refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["stranger", "auditor", "other_officer"])
def test_what_is_refused_leaves_no_entry_and_no_change(world, agreed, one_ledger_entry, who):
    decision = agreed()
    before = _everything()
    actor = world.actor(who)
    attempts = [
        (decisions.rescind, {"decision": decision, "why": "x"}),
        (decisions.release, {"decision": decision}),
        (decisions.correct, {"decision": decision, "reason": "x"}),
        (forums.found_forum, {"host": world.icb, "values": {"name": "x", "form": "committee", "level": "place"}}),
        (
            people.grant_role,
            {"user": world.user("stranger"), "organisation": world.icb, "role": "auditor", "starts": TODAY},
        ),
        (delegations.suspend, {"delegation": Delegation.objects.first()}),
    ]
    for action, arguments in attempts:
        with acting_as(actor), one_ledger_entry(), pytest.raises(Exception, match=r"This can be done by|not a member"):
            action(by=actor, **arguments)
    assert _everything() == before


def _everything():
    from ics_governance.context import system

    with system("compare"):
        return [
            list(model.objects.order_by("pk").values())
            for model in (Decision, Action, Delegation, RoleMembership, User)
        ]
