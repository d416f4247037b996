"""Who sees and may do what: lists, single records and the database itself always agree."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.http import Http404
from guardian.shortcuts import assign_perm, remove_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ics_governance import checks, permissions
from ics_governance.context import acting_as, system
from ics_governance.permissions import SYSTEM, Actor, Holding, Refused, Role
from partnerships.access import RULES, P, actor_for, allowed, held, require, scope, visible_or_404
from partnerships.models import (
    Action,
    Arrangement,
    Decision,
    DecisionAudience,
    DecisionGrant,
    Delegation,
    Forum,
    Meeting,
    MeetingAudience,
    Organisation,
    RoleMembership,
)
from tests.world import LONG_AGO, PEOPLE

TODAY = date(2026, 11, 22)
CAPACITIES = ["host", "member", "owner", "lead", "overseer"]
BODIES = ["QWO", "RCF", "QOP", "Y63"]
ABOUT = {
    Meeting: [P.MEETING_VIEW, P.MEETING_EDIT],
    Decision: [P.DECISION_VIEW, P.DECISION_EDIT, P.DECISION_AGREE, P.DECISION_RELEASE],
    Action: [P.DECISION_VIEW, P.ACTION_ACCEPT, P.ACTION_REPORT, P.ACTION_CONFIRM, P.ACTION_REDATE],
}
REAL_ROLES = dict(permissions.roles())

# --- Scope, allowed and row-level security ------------------------------------------------------------------------

days = st.sampled_from([None, *(TODAY + timedelta(days=offset) for offset in (-2, -1, 0, 1, 2))])
spans = st.tuples(days, days).map(lambda pair: pair if None in pair or pair[0] <= pair[1] else pair[::-1])
bodies = st.sampled_from(range(len(BODIES)))


def _roles_of_a_kind(names, view):
    """What a role may carry on one kind of record: nothing, or reading in any capacity and the rest in some."""
    where = st.none() | st.frozensets(st.sampled_from(CAPACITIES), min_size=1)
    rest = st.dictionaries(st.sampled_from([name for name in names if name != view]), where, max_size=4)
    return st.just({}) | rest.map(lambda carried: carried | {view: None})


invented = st.tuples(
    _roles_of_a_kind(ABOUT[Meeting], P.MEETING_VIEW),
    _roles_of_a_kind(ABOUT[Decision] + ABOUT[Action], P.DECISION_VIEW),
).map(lambda parts: {str(name): where for part in parts for name, where in part.items()})
situations = st.fixed_dictionaries(
    {
        "roles": st.lists(invented, min_size=2, max_size=2),
        # body -> role and dates: one role in a body at a time
        "held": st.dictionaries(bodies, st.tuples(st.sampled_from(["new_0", "new_1", *REAL_ROLES]), spans), max_size=3),
        "meetings": st.lists(st.tuples(st.integers(0, 1), bodies, st.sampled_from(CAPACITIES), spans), max_size=4),
        "decisions": st.lists(st.tuples(st.integers(0, 2), bodies, st.sampled_from(CAPACITIES), spans), max_size=6),
        # decision -> whether it is granted to the actor or to somebody else, and dates
        "grants": st.dictionaries(st.integers(0, 2), st.tuples(st.booleans(), spans), max_size=2),
        # which permission is asked for record by record, beside reading: it takes turns, to save time
        "turn": st.integers(0, 19),
    }
)


@pytest.fixture
def stage(world, monkeypatch):
    """Two meetings, three decisions (the last one released) with an action each, without any audience."""
    with system("records of a property test"):
        for _ in range(2):
            Meeting.objects.create(forum=world.place_board, held_on=TODAY)
        for number in range(3):
            decision = Decision.objects.create(reference=f"T-{number}", forum=world.place_board, title="T")
            owner = world.body(BODIES[number])
            dates = {"proposed_on": TODAY, "original_due": TODAY, "due": TODAY}
            Action.objects.create(decision=decision, title="T", owner=owner, **dates)
        Decision.objects.filter(pk=decision.pk).update(state="agreed")
        Decision.objects.filter(pk=decision.pk).update(released_at="2026-11-01T09:00Z")
        records = {model: list(model.objects.order_by("pk")) for model in ABOUT}
    known = dict(REAL_ROLES)
    monkeypatch.setattr(permissions, "roles", lambda: known)
    return {
        "records": records,
        "bodies": [world.body(code) for code in BODIES],
        "user": world.user("stranger"),
        "other": world.user("officer"),
        "known": known,
        "contribute": Permission.objects.get(codename="contribute_decision"),
    }


def _set_up(stage, situation):
    """Write what a situation says; returns the actor."""
    records, at = stage["records"], stage["bodies"]
    for number, carried in enumerate(situation["roles"]):
        stage["known"][f"new_{number}"] = role = Role(f"new_{number}", "New", "", "", carried)
        assert list(checks._faults(role)) == []  # what the check of roles.yaml permits is what is tried here
    RoleMembership.objects.bulk_create(
        RoleMembership(user=stage["user"], organisation=at[body], role=role, starts=starts, ends=ends)
        for body, (role, (starts, ends)) in situation["held"].items()
    )
    with system("the audience of a situation"):
        for model, key, rows in (
            (MeetingAudience, "meeting", situation["meetings"]),
            (DecisionAudience, "decision", situation["decisions"]),
        ):
            targets = records[Meeting if key == "meeting" else Decision]
            model.objects.bulk_create(
                model(**{key: targets[which]}, organisation=at[body], capacity=capacity, starts=starts, ends=ends)
                for which, body, capacity, (starts, ends) in rows
            )
        for which, (mine, (starts, ends)) in situation["grants"].items():
            user, decision = stage["user" if mine else "other"], records[Decision][which]
            grant = DecisionGrant.objects.create(permission=stage["contribute"], user=user, content_object=decision)
            DecisionAudience.objects.create(
                decision=decision, user=user, grant=grant, capacity="person", starts=starts, ends=ends
            )
    return actor_for(stage["user"], TODAY)


def _keys(queryset):
    return set(queryset.values_list("pk", flat=True))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(situation=situations)
def test_lists_single_records_and_the_database_agree(stage, situation):
    agree(stage, situation)


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(situation=situations)
def test_lists_single_records_and_the_database_agree_many_times(stage, situation):
    agree(stage, situation)


def agree(stage, situation):
    """What is listed, what may be seen one by one, and what the database shows are the same."""
    with transaction.atomic():
        actor = _set_up(stage, situation)
        with acting_as(actor):
            shown = {model: _keys(model.objects.all()) for model in ABOUT}
        with system("look behind row-level security"):  # else it would hide a scope that is too wide
            for model, names in ABOUT.items():
                for name in names:
                    listed = _keys(scope(actor, name, model.objects.all()))
                    assert listed <= shown[model], (model, name)
                    assert name != RULES[model].view or listed == shown[model], (model, name)
                    if name in (RULES[model].view, names[situation["turn"] % len(names)]):
                        single = {record.pk for record in stage["records"][model] if allowed(actor, name, record)}
                        assert listed == single, (model, name)
        transaction.set_rollback(True)


def test_the_situations_tried_are_not_all_empty(stage):
    """One by hand, in which every part counts: the property test would hold in a world where nobody sees anything."""
    always = (TODAY, None)
    situation = {
        "roles": [{}, {}],
        "held": {0: ("icb_officer", always), 1: ("trust_secretary", always)},
        "meetings": [(0, 0, "host", always), (1, 2, "host", always)],
        "decisions": [(0, 0, "member", always), (1, 1, "owner", always)],
        "grants": {0: (True, always)},
        "turn": 0,
    }
    actor = _set_up(stage, situation)
    decisions, actions = stage["records"][Decision], stage["records"][Action]
    with system("look behind row-level security"):
        assert _keys(scope(actor, P.MEETING_EDIT, Meeting.objects.all())) == {stage["records"][Meeting][0].pk}
        assert _keys(scope(actor, P.DECISION_EDIT, Decision.objects.all())) == {decisions[0].pk}  # by the grant alone
        assert _keys(scope(actor, P.DECISION_VIEW, Decision.objects.all())) == {row.pk for row in decisions}
        assert _keys(scope(actor, P.ACTION_ACCEPT, Action.objects.all())) == {actions[0].pk, actions[1].pk}


@pytest.mark.parametrize("model", [Organisation, Arrangement, Forum, Delegation])
@pytest.mark.parametrize("who", [*PEOPLE, None])
def test_open_records_are_listed_as_they_are_allowed_one_by_one(world, model, who):
    actor = world.actor(who, TODAY) if who else Actor(None, "", (), TODAY)
    records = list(model.objects.all())
    assert records
    for name in P:
        assert _keys(scope(actor, name, model.objects.all())) == {r.pk for r in records if allowed(actor, name, r)}, (
            name
        )
    assert _keys(scope(actor, RULES[model].view, model.objects.all())) == {r.pk for r in records}


def test_a_forum_is_edited_by_its_host_alone(world):
    assert allowed(world.actor("officer"), P.FORUM_EDIT, world.place_board)
    assert not allowed(world.actor("other_officer"), P.FORUM_EDIT, world.place_board)


def test_the_system_sees_everything_it_is_shown(world):
    decision = world.decision()
    with system("a command"):
        assert _keys(scope(SYSTEM, P.DECISION_VIEW, Decision.objects.all())) == {decision.pk}
    assert allowed(SYSTEM, P.DECISION_AGREE, decision)


# --- Actions of owners --------------------------------------------------------------------------------------------


def _action(decision, owner):
    with system("an action"):
        dates = {"proposed_on": LONG_AGO, "original_due": LONG_AGO, "due": LONG_AGO}
        return Action.objects.create(decision=decision, title="Buy it", owner=owner, **dates)


def test_an_owner_accepts_its_own_action_and_not_that_of_another(world):
    decision = world.decision(shared=True)
    own, others = _action(decision, world.body("RCF")), _action(decision, world.body("RR8"))
    with acting_as(world.actor("secretary")):
        assert allowed(world.actor("secretary"), P.ACTION_ACCEPT, own)
        assert not allowed(world.actor("secretary"), P.ACTION_ACCEPT, others)
        assert _keys(scope(world.actor("secretary"), P.ACTION_ACCEPT, Action.objects.all())) == {own.pk}


def test_an_owner_does_not_accept_an_action_of_a_draft_it_may_not_see(world):
    action = _action(world.decision(), world.body("RCF"))
    assert not allowed(world.actor("secretary"), P.ACTION_ACCEPT, action)


def test_a_host_that_owns_nothing_confirms_and_does_not_accept(world):
    action = _action(world.decision(shared=True), world.body("RCF"))
    with acting_as(world.actor("officer")):
        assert allowed(world.actor("officer"), P.ACTION_CONFIRM, action)
        assert not allowed(world.actor("officer"), P.ACTION_ACCEPT, action)


# --- Personal grants ----------------------------------------------------------------------------------------------


@pytest.fixture
def contributor(world):
    """A trust secretary from elsewhere who was asked to help with a draft."""
    decision, user = world.decision(), world.user("other_trust")
    with system("grant"):
        grant = assign_perm("contribute_decision", user, decision)
        DecisionAudience.objects.create(
            decision=decision, user=user, grant=grant, capacity="person", starts=LONG_AGO, ends=date(2026, 12, 31)
        )
    return decision, user


def test_a_contributor_reads_and_edits_and_does_not_agree(contributor, world):
    decision, _ = contributor
    actor = world.actor("other_trust", TODAY)
    with acting_as(actor):
        assert [allowed(actor, name, decision) for name in ABOUT[Decision]] == [True, True, False, False]
        assert allowed(actor, P.DECISION_VIEW, _action(decision, world.icb))


def test_a_contributor_edits_no_more_once_it_was_agreed(contributor, world):
    decision, _ = contributor
    with system("agree"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed")
    actor = world.actor("other_trust", TODAY)
    with acting_as(actor):
        assert [allowed(actor, name, decision) for name in ABOUT[Decision]] == [True, False, False, False]


def test_a_contributor_lets_nobody_else_in(contributor, world):
    from partnerships.actions.decisions import invite_contributor

    decision, _ = contributor
    actor = world.actor("other_trust", TODAY)
    with acting_as(actor), pytest.raises(Refused, match="ICB governance officer"):
        invite_contributor(by=actor, decision=decision, user=world.user("stranger"))


def test_a_grant_ends_with_its_last_day(contributor, world):
    decision, user = contributor
    for day, seen in ((date(2026, 12, 31), True), (date(2027, 1, 1), False)):
        actor = actor_for(user, day)
        with acting_as(actor):
            assert allowed(actor, P.DECISION_VIEW, decision) == seen


def test_a_grant_taken_back_takes_its_audience_with_it(contributor, world):
    decision, user = contributor
    with system("take back"):
        remove_perm("contribute_decision", user, decision)
        assert not DecisionAudience.objects.filter(user=user).exists()
    assert not allowed(world.actor("other_trust"), P.DECISION_VIEW, decision)


# --- The actor ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "held"), [(date(2026, 11, 21), False), (TODAY, True), (TODAY + timedelta(days=1), False)]
)
def test_a_role_counts_from_its_first_day_to_its_last(world, day, held):
    RoleMembership.objects.create(
        user=world.user("stranger"), organisation=world.icb, role="auditor", starts=TODAY, ends=TODAY
    )
    assert bool(world.actor("stranger", day).holdings) == held


def test_a_role_without_a_recorded_start_does_not_count(world):
    RoleMembership.objects.create(user=world.user("stranger"), organisation=world.icb, role="auditor")
    assert world.actor("stranger").holdings == ()


def test_an_actor_costs_one_query(world, django_assert_num_queries):
    user = world.user("officer")
    with django_assert_num_queries(1):
        actor = actor_for(user)
    assert actor.holdings == (Holding(world.icb.pk, "icb_officer"),)


# --- Looking one up -----------------------------------------------------------------------------------------------


def test_what_may_not_be_seen_does_not_exist(world):
    decision = world.decision()
    with acting_as(world.actor("officer")):
        assert visible_or_404(world.actor("officer"), Decision.objects.all(), pk=decision.pk) == decision
    for lookup in ({"pk": decision.pk}, {"pk": 0}, {"pk": 10**30}, {"reference": "no such"}):
        with pytest.raises(Http404):
            visible_or_404(world.actor("other_officer"), Decision.objects.all(), **lookup)


def test_what_may_be_seen_and_not_done_is_refused_with_who_can(world):
    decision = world.decision(shared=True)
    with acting_as(world.actor("secretary")), pytest.raises(Refused, match="ICB governance officer"):
        require(world.actor("secretary"), P.DECISION_EDIT, decision)
    with acting_as(world.actor("officer")):
        require(world.actor("officer"), P.DECISION_EDIT, decision)


@pytest.mark.parametrize("name", ["officer", "executive", "secretary", "region_lead", "auditor", "stranger", "admin"])
def test_several_permissions_asked_at_once_are_those_asked_one_by_one(world, name):
    decision, meeting = world.decision(shared=True), world.meeting()
    actor = world.actor(name)
    with acting_as(actor):
        for record in (decision, meeting, world.place_board):
            assert held(actor, P, record) == {permission for permission in P if allowed(actor, permission, record)}
