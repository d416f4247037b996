"""Workflows: the table decides what may happen, and the database holds everyone to it, its owner too."""

import threading
from collections import deque
from functools import partial
from itertools import pairwise, product
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from ics_governance.context import acting_as, system
from ics_governance.management.commands import workflows_doc
from ics_governance.permissions import SYSTEM, Actor, Refused
from ics_governance.workflow import GuardFailed, Reason, Transition, Workflow, describe, guard_sql, load
from partnerships.actions import meetings
from tests.database import as_owner
from tests.kernel.begun import MAKERS, begin, beside

by_name = pytest.mark.parametrize("workflow", load(), ids=lambda workflow: workflow.name)


# --- The engine ---------------------------------------------------------------------------------------------------


def _needs_text(record):
    return [] if record.text else [Reason("A text", "text")]


def _toy(may=lambda actor, permission, record: True):
    return Workflow(
        name="toy",
        model="app.Toy",
        column="state",
        initial=("new",),
        may=may,
        transitions=(
            Transition("finish", ("new", "open"), "done", "toy.edit", "toy.done", "Finish", (_needs_text, _needs_text)),
            Transition("open", ("new",), "open", "toy.edit", "toy.opened", "Open"),
            Transition("burn", ("done",), "ash", "toy.burn", "toy.burned", "Burn"),
        ),
    )


def _record(state="new", text=""):
    return SimpleNamespace(state=state, text=text)


def test_moves_are_those_of_the_state_that_the_actor_may_make_with_the_reasons_against():
    toy = _toy(may=lambda actor, permission, record: permission == "toy.edit")
    finish, opened = toy.moves(_record(), Actor(1, "A"))
    assert (finish.transition.event, finish.possible, len(finish.reasons)) == ("finish", False, 2)
    assert (opened.transition.event, opened.possible) == ("open", True)
    assert toy.moves(_record("done"), Actor(1, "A")) == []


def test_a_permission_is_asked_for_once_however_many_moves_need_it():
    asked = []
    toy = _toy(may=lambda actor, permission, record: asked.append(permission) or True)
    assert len(toy.moves(_record(), Actor(1, "A"))) == 2
    assert asked == ["toy.edit"]


def test_a_check_asks_for_permission_before_state_and_state_before_guards():
    toy = _toy(may=lambda actor, permission, record: actor.user_id == 1)
    with pytest.raises(Refused):
        toy.check(_record("ash"), "finish", Actor(2, "B"))
    with pytest.raises(GuardFailed, match="“Finish” is not possible: this is now ash"):
        toy.check(_record("ash"), "finish", Actor(1, "A"))
    with pytest.raises(GuardFailed) as caught:
        toy.check(_record(), "finish", Actor(1, "A"))
    assert caught.value.reasons == (Reason("A text", "text"),) * 2
    assert toy.check(_record(text="x"), "finish", Actor(1, "A")).target == "done"


def test_the_system_needs_no_permission_but_every_guard():
    toy = _toy(may=lambda *_: False)
    with pytest.raises(GuardFailed):
        toy.check(_record(), "finish", SYSTEM)
    assert toy.check(_record(text="x"), "finish", SYSTEM).ledger == "toy.done"


def test_an_event_that_the_table_does_not_know_is_an_error():
    with pytest.raises(KeyError, match="toy has no event vanish"):
        _toy().find("vanish")


def test_states_come_in_the_order_of_the_table():
    assert _toy().states == ["new", "open", "done", "ash"]


# --- The tables ---------------------------------------------------------------------------------------------------


def test_all_workflows_are_known():
    assert [workflow.name for workflow in load()] == sorted(MAKERS)


@by_name
def test_a_table_names_every_state_of_its_model_and_no_other(workflow):
    model = apps.get_model(workflow.model)
    assert set(workflow.states) == set(dict(model._meta.get_field(workflow.column).choices))


@by_name
def test_an_event_is_named_once_and_every_state_is_reached(workflow):
    events = [row.event for row in workflow.transitions]
    assert len(events) == len(set(events))
    assert all(_path(workflow, state) for state in workflow.states)


@by_name
def test_every_permission_of_a_table_is_registered_and_somebody_carries_it(workflow):
    from ics_governance.permissions import registered, roles_with

    needed = {row.permission for row in workflow.transitions}
    assert needed <= registered()
    assert all(roles_with(permission) for permission in needed)


@by_name
def test_every_move_has_a_ledger_name_of_its_workflow(workflow):
    assert all(row.ledger.startswith(f"{workflow.name}.") for row in workflow.transitions)


def _path(workflow, state):
    """A shortest way from the beginning to a state, by the table."""
    waiting, seen = deque((first,) for first in workflow.initial), set(workflow.initial)
    while waiting:
        way = waiting.popleft()
        if way[-1] == state:
            return way
        for source, target in workflow.pairs():
            if source == way[-1] and target not in seen:
                seen.add(target)
                waiting.append((*way, target))
    return None


# --- The table against the database -------------------------------------------------------------------------------


@pytest.fixture
def fresh(world):
    """`fresh(workflow)` makes a record that has just begun."""

    return lambda workflow: begin(world, workflow.name)


@by_name
def test_as_the_web_role_the_database_permits_exactly_the_moves_of_the_table(workflow, fresh):
    record = fresh(workflow)
    rows = type(record).objects.filter(pk=record.pk)
    for source, target in product(workflow.states, repeat=2):
        with system("moves by hand"), _undone():
            for step in _path(workflow, source)[1:]:
                rows.update(**{workflow.column: step}, **beside(workflow.name, step))
            legal = source == target or (source, target) in workflow.pairs()
            move = partial(rows.update, **{workflow.column: target}, **beside(workflow.name, target))
            assert _accepts(workflow, move) == legal, (source, target)


@by_name
def test_as_the_web_role_the_database_permits_exactly_the_beginnings_of_the_table(workflow, fresh):
    record = fresh(workflow)
    for name, value in record.apart.items():
        setattr(record, name, value)
    for state in workflow.states:
        record.pk, record._state.adding = None, True
        setattr(record, workflow.column, state)
        with system("a beginning by hand"), _undone():
            assert _accepts(workflow, record.save) == (state in workflow.initial), state


class _undone:
    """Everything inside is undone at the end."""

    def __enter__(self):
        self.point = transaction.savepoint()

    def __exit__(self, *_):
        transaction.savepoint_rollback(self.point)


def _accepts(workflow, write):
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        assert error.__cause__.diag.constraint_name == f"workflow_{workflow.name}"
        return False
    return True


@by_name
@pytest.mark.django_db(transaction=True)
def test_the_owner_is_held_to_the_table_too(workflow, fresh):
    record = fresh(workflow)
    table = record._meta.db_table
    with as_owner() as database:
        for target in workflow.states:
            begins = target in workflow.initial
            moves = begins or (workflow.initial[0], target) in workflow.pairs()
            more = "".join(f", {name} = '{value}'" for name, value in beside(workflow.name, target).items())
            update = f"update {table} set {workflow.column} = %s{more} where id = {record.pk}"
            assert _owner_may(database, update, target) == moves
            assert _owner_may(database, _copy(database, record, workflow.column), target) == begins


def _copy(database, record, column):
    """An insert of the same row as a new one, its state left open."""
    columns = [
        name
        for (name,) in database.execute(
            "select column_name from information_schema.columns where table_name = %s and column_name <> 'id'",
            [record._meta.db_table],
        )
    ]
    values = {column: "%s", **{name: f"'{value}'" for name, value in record.apart.items()}}
    picked = ", ".join(values.get(name, f'"{name}"') for name in columns)
    names, table = ", ".join(f'"{name}"' for name in columns), record._meta.db_table
    return f"insert into {table} ({names}) select {picked} from {table} where id = {record.pk}"


def _owner_may(database, sql, state):
    from psycopg.errors import CheckViolation

    database.execute("savepoint before")
    try:
        database.execute(sql, [state])
    except CheckViolation as error:
        assert error.diag.constraint_name.startswith("workflow_")
        return False
    finally:
        database.execute("rollback to savepoint before")
    return True


@by_name
def test_the_guard_fires_always(workflow, db):
    """In a session that replays changes ordinary triggers stay silent."""
    from tests.database import rows

    found = rows("select tgenabled from pg_trigger where tgname = %s", f"workflow_{workflow.name}")
    assert found == [("A",)]


DECISION = next(workflow for workflow in load() if workflow.name == "decision")


def test_a_legal_way_through_the_life_of_a_decision_passes(fresh):
    decision = fresh(DECISION)
    way = ["draft", "proposed", "deferred", "draft", "agreed", "implemented", "reviewed", "superseded"]
    with system("a life by hand"):
        for _, state in pairwise(way):
            decision.state = state
            decision.save(update_fields=["state"])


def test_a_change_of_something_else_passes(fresh):
    decision = fresh(DECISION)
    with system("an edit"):
        decision.title = "Another"
        decision.save()


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_move_a_record_at_once_exactly_one_does(world):
    meeting, actor = world.meeting(), world.actor("officer")
    all_there, outcomes = threading.Barrier(8), []

    def cancel():
        with acting_as(actor):
            all_there.wait()
            try:
                meetings.cancel(by=actor, meeting=meeting)
                outcomes.append("done")
            except GuardFailed as error:
                outcomes.append(str(error))
        connection.close()

    threads = [threading.Thread(target=cancel) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("done") == 1
    assert outcomes.count("“Cancel” is not possible: this is now cancelled.") == 7


# --- What is made from the tables ---------------------------------------------------------------------------------


@by_name
def test_the_guard_is_the_same_text_each_time_and_whatever_the_order_of_the_table(workflow):
    turned = Workflow(
        workflow.name, workflow.model, workflow.column, workflow.initial, workflow.transitions[::-1], workflow.may
    )
    assert guard_sql(workflow) == guard_sql(turned)


def test_the_page_shows_each_workflow_as_diagram_and_table():
    page = describe([_toy()])
    assert "    [*] --> new\n    new --> done: Finish\n    open --> done: Finish" in page
    assert "| Open | new | open | toy.edit | none | toy.opened |" in page


def test_the_page_in_the_docs_is_up_to_date():
    call_command("workflows_doc", check=True)


def test_the_command_says_when_the_page_is_out_of_date(tmp_path, monkeypatch):
    monkeypatch.setattr(workflows_doc, "PATH", tmp_path / "workflows.md")
    with pytest.raises(CommandError, match="out of date"):
        call_command("workflows_doc", check=True)
    call_command("workflows_doc")
    call_command("workflows_doc", check=True)
