"""What the database itself keeps from the web role, whatever the application asks for."""

from contextlib import contextmanager

import pytest
from django.db import transaction

from ics_governance import ledger
from ics_governance.context import acting_as, system
from ics_governance.models import KeptAnswer
from ics_governance.permissions import Actor
from partnerships.models import (
    Action,
    AgendaItem,
    Attendance,
    Decision,
    DecisionAudience,
    DecisionGrant,
    Function,
    Membership,
    Rehearsal,
)
from tests.database import as_owner, refused, rows, run
from tests.world import LONG_AGO

GUARDED = [
    "ics_governance_keptanswer",
    "ics_governance_ledgervalue",
    "partnerships_action",
    "partnerships_agendaitem",
    "partnerships_attendance",
    "partnerships_decision",
    "partnerships_decision_places",
    "partnerships_decisionaudience",
    "partnerships_decisiongrant",
    "partnerships_decisionlead",
    "partnerships_meeting",
    "partnerships_meetingaudience",
    "partnerships_rehearsal",
    "partnerships_rehearsal_partners",
    "partnerships_rehearsal_places",
]
# Guarded like a record of its own; nobody reads them outside a named context, not even the host.
READ_BY_NOBODY = {"ics_governance_ledgervalue"}


@pytest.fixture
def records(world):
    """One row at least in every guarded table, of West Yorkshire."""
    meeting = world.meeting()
    decision = world.decision()
    with system("records of a test"):
        AgendaItem.objects.create(meeting=meeting, number=1, title="Scans")
        member = Membership.objects.filter(forum=world.place_board).first()
        Attendance.objects.create(meeting=meeting, membership=member, state="member")
        decision.places.set(world.place_board.places.all())
        Action.objects.create(
            decision=decision,
            title="Buy it",
            owner=world.body("RCF"),
            proposed_on=LONG_AGO,
            original_due=LONG_AGO,
            due=LONG_AGO,
        )
        grant = _grant(decision, world.user("other_trust"))
        DecisionAudience.objects.create(
            decision=decision, user=grant.user, grant=grant, capacity="person", starts=LONG_AGO
        )
        KeptAnswer.objects.create(user=world.user("officer"), key="k", request="0" * 64)
        rehearsal = Rehearsal.objects.create(
            scenario="plan", host=world.icb, title="Scans", situation="More scans", forum=world.place_board,
            function=Function.objects.first(), held_on=LONG_AGO, kept_by=world.user("officer"),
        )  # fmt: skip
        rehearsal.places.set(world.place_board.places.all())
        rehearsal.partners.set([world.body("RCF"), world.body("E08000032")])
    ledger.append(by=world.actor("officer"), kind="decision.saved", record=decision, after={"title": "More scans"})
    return decision


def _grant(decision, user):
    from django.contrib.auth.models import Permission

    contribute = Permission.objects.get(codename="contribute_decision")
    return DecisionGrant.objects.create(content_object=decision, user=user, permission=contribute)


def _count(table):
    return rows(f"select count(*) from {table}")[0][0]


def _all(table):
    with system("what is really there"):
        return rows(f"select * from {table} order by id")


def test_every_guarded_table_is_known_here(db):
    """Those of this app and of the kernel; every app above tells its own."""
    found = rows("select relname from pg_class where relrowsecurity order by relname")
    assert [name for (name,) in found if name.startswith(("partnerships_", "ics_governance_"))] == GUARDED


def test_what_points_to_a_guarded_record_is_guarded_too(db):
    """A table with a foreign key to a decision or meeting says something about it."""
    pointing = rows(
        """select distinct conrelid::regclass::text from pg_constraint
           where contype = 'f' and confrelid::regclass::text = any(%s)""",
        [name for name in GUARDED if name != "ics_governance_ledgervalue"],
    )
    guarded = {name for (name,) in rows("select relname from pg_class where relrowsecurity")}
    assert {name for (name,) in pointing} <= guarded


@pytest.mark.parametrize("table", GUARDED)
def test_without_a_context_there_are_no_rows(records, table):
    assert _count(table) == 0
    assert len(_all(table)) >= 1


@pytest.mark.parametrize("table", GUARDED)
def test_an_officer_of_another_system_sees_no_rows(records, world, table):
    with acting_as(world.actor("other_officer")):
        assert _count(table) == 0


@pytest.mark.parametrize("table", sorted(set(GUARDED) - READ_BY_NOBODY - {"partnerships_decisiongrant"}))
def test_the_host_sees_its_rows(records, world, table):
    with acting_as(world.actor("officer")):
        assert _count(table) >= 1


def test_a_person_with_a_grant_sees_that_draft_and_the_grant(records, world):
    with acting_as(world.actor("other_trust")):
        assert rows("select reference from partnerships_decision") == [(records.reference,)]
        assert _count("partnerships_decisiongrant") == 1
        assert _count("partnerships_meeting") == 0


@pytest.mark.parametrize("who", ["secretary", "partner", "region_lead"])
def test_a_draft_is_invisible_to_the_bodies_it_is_not_shared_with(records, world, who):
    with acting_as(world.actor(who)):
        assert Decision.objects.count() == 0
        assert Action.objects.count() == 0


@pytest.mark.parametrize(("who", "sees"), [("secretary", 1), ("signatory", 1), ("auditor", 1), ("region_lead", 0)])
def test_a_rehearsal_is_read_by_those_who_took_part_and_they_see_each_other(records, world, who, sees):
    with acting_as(world.actor(who)):
        assert _count("partnerships_rehearsal") == sees
        assert _count("partnerships_rehearsal_partners") == 2 * sees
        assert _count("partnerships_rehearsal_places") == sees


def test_a_released_decision_is_read_by_everyone(records, world):
    with system("release"):
        Decision.objects.filter(pk=records.pk).update(state="agreed")
        Decision.objects.filter(pk=records.pk).update(released_at="2026-11-01T09:00Z")
    for actor in (Actor(None, ""), world.actor("stranger"), world.actor("other_officer")):
        with acting_as(actor):
            assert Decision.objects.count() == 1
            assert Action.objects.count() == 1
            assert DecisionAudience.objects.count() == 0


# --- Writing ------------------------------------------------------------------------------------------------------


@contextmanager
def _as_host(world):
    """The person who may do most with these records, outside every system context."""
    with acting_as(world.actor("officer")):
        yield


@pytest.mark.parametrize("table", GUARDED)
def test_nothing_is_inserted_outside_a_system_context(records, world, table):
    row = _all(table)[0]
    marks = ", ".join(["%s"] * len(row))
    values = [_plain(value) for value in row]
    with _as_host(world), refused("row-level security"):
        run(f"insert into {table} overriding system value values ({marks})", *values)


@pytest.mark.parametrize("table", GUARDED)
def test_nothing_is_changed_outside_a_system_context(records, world, table):
    before = _all(table)
    column = rows(
        "select column_name from information_schema.columns where table_name = %s and column_name like '%%_id'", table
    ) or [("title",)]
    with _as_host(world):
        assert run(f"update {table} set {column[0][0]} = {column[0][0]}") == 0
    assert _all(table) == before


@pytest.mark.parametrize("table", GUARDED)
def test_nothing_is_deleted_outside_a_system_context(records, world, table):
    before = _all(table)
    with _as_host(world):
        assert run(f"delete from {table}") == 0
    assert _all(table) == before


def _plain(value):
    from psycopg.types.json import Jsonb

    return Jsonb(value) if isinstance(value, dict | list) else value


def test_nobody_attaches_his_own_body_to_the_audience_of_a_record(records, world):
    other = world.body("QOP")
    with acting_as(world.actor("other_officer")):
        with refused("row-level security"):
            run(
                """insert into partnerships_decisionaudience (decision_id, organisation_id, capacity, starts)
                   values (%s, %s, 'host', '2020-01-01')""",
                records.pk,
                other.pk,
            )
        assert Decision.objects.count() == 0


def test_nobody_gives_himself_a_personal_grant(records, world):
    me = world.user("other_officer")
    with acting_as(world.actor("other_officer")), refused("row-level security"), transaction.atomic():
        _grant(records, me)


def test_a_host_turns_no_audience_row_over_to_another_body(records, world):
    with _as_host(world):
        assert run("update partnerships_decisionaudience set organisation_id = %s", world.body("QOP").pk) == 0


# --- What the web role is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "create table anything (id int)",
        "create function anything() returns int language sql as 'select 1'",
        "drop table partnerships_decision",
        "truncate partnerships_decision cascade",
        "truncate ics_governance_ledgervalue",
        "alter table partnerships_decision disable row level security",
        "alter table partnerships_decision disable trigger all",
        "alter table partnerships_decision add column more int",
        "drop policy record_read on partnerships_decision",
        "create policy everything on partnerships_decision using (true)",
        "drop trigger workflow_decision on partnerships_decision",
        "create or replace function app_system() returns boolean language sql as 'select true'",
        "set session_replication_role = replica",
        "insert into django_migrations (app, name, applied) values ('a', 'b', now())",
        "delete from django_migrations",
        "alter role current_user bypassrls",
        "create role another",
    ],
)
def test_the_web_role_is_refused(db, statement):
    with refused("permission denied", "must be owner", "must have", "Only roles", "must be superuser"):
        run(statement)


def test_the_web_role_does_not_become_the_owner(db):
    with as_owner() as database:
        (owner,) = database.execute("select current_user").fetchone()
    with refused("permission denied"):
        run(f'set role "{owner}"')


def test_the_web_role_is_bound_by_row_security_and_owns_nothing(db):
    assert rows(
        "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user"
    ) == [(False,)]
    assert rows("select relname from pg_class where relowner = current_user::regrole") == []


@pytest.mark.parametrize("name", ["meeting", "decision"])
def test_a_policy_looks_an_audience_up_by_its_index(records, world, name):
    """`exists` in a policy would be hashed over the whole audience at each query."""
    (definition,) = rows(
        "select qual from pg_policies where tablename = %s and cmd = 'SELECT'", f"partnerships_{name}"
    )[0]
    assert "LIMIT 1" in definition
    assert "EXISTS" not in definition
