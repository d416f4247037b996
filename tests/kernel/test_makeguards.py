"""`makeguards`: the database guards never fall behind the tables, and a written migration never changes."""

import importlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import partnerships.migrations
from ics_governance import workflow
from ics_governance.migration_operations import WorkflowGuard
from ics_governance.workflow import Transition, guard_sql
from tests.database import as_owner


@pytest.fixture
def folder(tmp_path, monkeypatch, settings):
    """A copy of the app's migrations, which the command takes for the real ones; up to date."""
    copy = tmp_path / "copied_migrations"
    shutil.copytree(Path(partnerships.migrations.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"partnerships": "copied_migrations"}
    call_command("makeguards", verbosity=0)
    yield copy
    for name in [name for name in sys.modules if name.startswith("copied_migrations")]:
        del sys.modules[name]


@pytest.fixture
def changed(folder, monkeypatch):
    """The table of meetings gains a move that it has not had."""
    workflow.load()
    before = workflow.WORKFLOWS["meeting"]
    more = Transition("reopen", ("minuted",), "held", "meeting.edit", "meeting.reopened", "Reopen the minutes")
    after = replace(before, transitions=(*before.transitions, more))
    monkeypatch.setitem(workflow.WORKFLOWS, "meeting", after)
    return before, after


def _newest(folder):
    path = max(folder.glob("0*.py"))
    operations = importlib.import_module(f"copied_migrations.{path.stem}").Migration.operations
    return path, operations


def test_the_real_migrations_are_up_to_date():
    call_command("makeguards", check=True)


def test_nothing_is_written_while_all_guards_are_up_to_date(folder, capsys):
    before = sorted(folder.iterdir())
    call_command("makeguards")
    assert sorted(folder.iterdir()) == before
    assert "All database guards are up to date." in capsys.readouterr().out


def test_the_check_fails_on_a_changed_table_and_writes_nothing(folder, changed):
    before = sorted(folder.glob("*.py"))
    with pytest.raises(CommandError, match="changed without their database guard: meeting"):
        call_command("makeguards", check=True)
    assert sorted(folder.glob("*.py")) == before


def test_the_command_writes_the_changed_guard_as_the_next_migration(folder, changed):
    last = max(folder.glob("0*.py")).stem
    call_command("makeguards", verbosity=0)
    path, operations = _newest(folder)
    assert int(path.stem[:4]) == int(last[:4]) + 1
    assert (folder / "max_migration.txt").read_text().strip() == path.stem
    assert f"('partnerships', '{last}')" in path.read_text()
    assert [(type(row), row.name) for row in operations] == [(WorkflowGuard, "meeting")]
    call_command("makeguards", check=True)


def test_a_written_guard_holds_its_own_text_and_what_was_before(folder, changed):
    before, after = changed
    call_command("makeguards", verbosity=0)
    (operation,) = _newest(folder)[1]
    assert (operation.sql, operation.reverse_sql) == (guard_sql(after), guard_sql(before))


def test_a_second_change_goes_on_from_the_first(folder, changed, monkeypatch):
    call_command("makeguards", verbosity=0)
    first = _newest(folder)[0].read_text()
    monkeypatch.setitem(workflow.WORKFLOWS, "meeting", changed[0])
    with pytest.raises(CommandError):
        call_command("makeguards", check=True)
    call_command("makeguards", verbosity=0)
    (operation,) = _newest(folder)[1]
    assert (operation.sql, operation.reverse_sql) == (guard_sql(changed[0]), guard_sql(changed[1]))
    assert first == sorted(folder.glob("0*.py"))[-2].read_text()


def test_the_first_guard_of_a_workflow_is_undone_by_dropping_it(folder, monkeypatch):
    meeting = workflow.WORKFLOWS["meeting"]
    monkeypatch.setitem(workflow.WORKFLOWS, "second_state", replace(meeting, name="second_state"))
    call_command("makeguards", verbosity=0)
    (operation,) = _newest(folder)[1]
    assert operation.reverse_sql.startswith("drop trigger if exists workflow_second_state on partnerships_meeting")


def test_a_written_guard_can_be_applied_and_undone(folder, changed, db):
    call_command("makeguards", verbosity=0)
    (operation,) = _newest(folder)[1]
    with as_owner() as database:
        for sql, permitted in ((operation.sql, True), (operation.reverse_sql, False)):
            database.execute(sql)
            (text,) = database.execute("select prosrc from pg_proc where proname = 'workflow_meeting'").fetchone()
            assert ("('minuted', 'held')" in text) == permitted


def test_django_sees_no_change_of_models_in_a_guard(folder, changed, db):
    call_command("makeguards", verbosity=0)
    call_command("makemigrations", "partnerships", check=True, dry_run=True, verbosity=0)
