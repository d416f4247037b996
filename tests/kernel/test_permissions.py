"""Roles as data: what they carry, in which organisation and capacity, and that the file fits the code."""

from datetime import UTC, date, datetime

import pytest
from django.core.checks import run_checks

from ics_governance import checks, permissions
from ics_governance.permissions import SYSTEM, Actor, Holding, Refused, Role, join_words, roles, roles_with, who_can
from partnerships.access import P

# Read by everyone who is signed in, so carried by no role.
OPEN = {P.ORGANISATION_VIEW, P.ARRANGEMENT_VIEW, P.FORUM_VIEW, P.DELEGATION_VIEW, P.FINDING_VIEW}


def _role(code="r", **carried):
    return Role(code, f"The {code}", "", "", {name.replace("_", "."): where for name, where in carried.items()})


@pytest.fixture
def known(monkeypatch):
    """`known(role, ...)` makes these the only roles."""

    def only(*these):
        monkeypatch.setattr(permissions, "roles", lambda: {role.code: role for role in these})

    return only


# --- roles.yaml ---------------------------------------------------------------------------------------------------


def test_the_roles_are_those_of_the_contract():
    assert set(roles()) == {
        "icb_officer", "icb_executive", "trust_secretary", "trust_signatory", "region_lead", "partner",
        "partner_signatory", "auditor", "system_admin",
    }  # fmt: skip


def test_the_roles_are_consistent_with_the_code():
    assert checks.roles_are_consistent() == []


def test_every_permission_is_open_or_carried_by_some_role():
    assert {name for name in permissions.registered() if not roles_with(name)} == OPEN


def test_duties_that_must_be_apart_are_in_no_one_role():
    for role in roles().values():
        assert not (role.carries(P.DELEGATION_EDIT) and role.carries(P.DELEGATION_APPROVE)), role.code
        assert not (role.carries(P.DECISION_EDIT) and role.carries(P.DECISION_RELEASE)), role.code


def test_the_auditor_only_reads():
    assert {name.partition(".")[2] for name in roles()["auditor"].permissions} == {"view"}


def test_the_administrator_reads_no_meeting_and_no_decision():
    assert not any(roles()["system_admin"].carries(name) for name in (P.MEETING_VIEW, P.DECISION_VIEW))


def test_the_check_runs_with_the_others(monkeypatch, known):
    known(_role("faulty", no_such=None))
    assert "ics_governance.E002" in {message.id for message in run_checks()}


@pytest.mark.parametrize(
    ("role", "text"),
    [
        (_role(decision_shred=None), "“decision.shred”, which no app registers"),
        (_role(forum_edit=frozenset({"hsot"})), "“forum.edit” as “hsot”, which is no capacity"),
        (_role(forum_edit=frozenset({"person"})), "“person”, which is no capacity"),
        (_role(decision_edit=frozenset({"host"})), "“decision.edit”, so it needs “decision.view” in any capacity"),
        (_role(action_accept=frozenset({"owner"})), "“action.accept”, so it needs “decision.view” in any capacity"),
        (_role(decision_view=frozenset({"host"})), "so it needs “decision.view” in any capacity"),
        (_role(meeting_edit=frozenset({"host"}), decision_view=None), "so it needs “meeting.view” in any capacity"),
    ],
)
def test_the_check_names_what_does_not_fit(known, role, text):
    known(role)
    assert [message for message in checks.roles_are_consistent() if text in message.msg]


@pytest.mark.parametrize("content", ["icb_officer: [", "icb_officer: 5", "r: {title: t}", "[]"])
def test_a_file_that_cannot_be_read_is_one_message(monkeypatch, tmp_path, content):
    path = tmp_path / "roles.yaml"
    path.write_text(content)
    monkeypatch.setattr(permissions, "ROLES_FILE", path)
    monkeypatch.setattr(permissions, "roles", roles.__wrapped__)
    (message,) = checks.roles_are_consistent()
    assert (message.id, message.msg.startswith("roles.yaml cannot be read")) == ("ics_governance.E001", True)


# --- What a person may do -----------------------------------------------------------------------------------------


def test_a_role_carries_a_permission_in_its_capacities(known):
    role = _role(forum_edit=frozenset({"host"}), forum_view=None)
    assert role.carries("forum.edit", "host")
    assert not role.carries("forum.edit", "member")
    assert role.carries("forum.edit")
    assert role.carries("forum.view", "anything")
    assert not role.carries("forum.close")


def test_an_actor_holds_a_permission_where_a_role_of_theirs_carries_it(known):
    known(_role("a", forum_edit=frozenset({"host"})), _role("b", forum_view=None))
    actor = Actor(1, "A", (Holding(10, "a"), Holding(20, "b"), Holding(30, "a")))
    assert actor.organisations("forum.edit") == {10, 30}
    assert actor.organisations("forum.edit", "member") == frozenset()
    assert actor.organisations("forum.view") == {20}


def test_two_roles_in_one_organisation_add_up(known):
    known(_role("a", x_edit=frozenset({"host"})), _role("b", x_edit=frozenset({"member"})), _role("c", x_edit=None))
    two = Actor(1, "A", (Holding(10, "a"), Holding(10, "b")))
    assert two.capacities("x.edit") == {10: frozenset({"host", "member"})}
    for order in (("a", "c"), ("c", "a")):
        assert Actor(1, "A", tuple(Holding(10, code) for code in order)).capacities("x.edit") == {10: None}


def test_a_role_that_is_no_longer_in_the_file_carries_nothing_and_breaks_nothing(known):
    known(_role("a", x_edit=None))
    actor = Actor(1, "A", (Holding(10, "retired"), Holding(20, "a")))
    assert actor.organisations("x.edit") == {20}
    assert actor.capacities("x.edit") == {20: None}
    assert actor.role_codes == {"a"}


def test_nobody_holds_nothing():
    assert Actor(None, "").organisations(P.DECISION_VIEW) == frozenset()


def test_the_system_acts_on_the_day_it_is_asked(time_machine):
    """A worker runs for weeks; its first day is not its last."""
    time_machine.move_to(datetime(2027, 3, 1, 12, 0, tzinfo=UTC))
    assert SYSTEM.on == date(2027, 3, 1)


def test_today_is_the_day_in_london(time_machine):
    time_machine.move_to(datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    assert Actor(1, "A").on == date(2026, 7, 1)
    assert SYSTEM.on == date(2026, 7, 1)


# --- Who can ------------------------------------------------------------------------------------------------------


def test_a_refusal_says_who_can(known):
    known(_role("chair", x_edit=None), _role("clerk", x_edit=frozenset({"host"})), _role("guest"))
    assert Refused("x.edit").who == "This can be done by: The chair or The clerk."
    assert Refused("x.edit", who="Ask the chair.").who == "Ask the chair."


def test_what_nobody_can_do_says_so(known):
    known(_role("guest"))
    assert who_can("x.edit") == "Nobody can do this here."


@pytest.mark.parametrize(("words", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")])
def test_words_are_joined_as_in_a_sentence(words, text):
    assert join_words(words) == text
