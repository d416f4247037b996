"""Who may serve: a role that row-level security binds, and nobody else."""

import os
import subprocess
import sys

import pytest
from django.db.backends.signals import connection_created

from ics_governance import checks, preflight
from ics_governance.preflight import NotReady, Unreachable

WEB = [sys.executable, "-c", "import ics_governance.wsgi"]
WORKER = [sys.executable, "-m", "celery", "-A", "ics_governance.celery", "worker", "-c", "1", "--pool", "solo"]


def start(command, tmp_path, **environment):
    """Run a server's command as a process of its own, as it would be in service; it must end by itself."""
    return subprocess.run(
        command,
        env=os.environ | {"DATABASE_ROLE": "web", "TESTING": "", "RUN_DIR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def owner(django_db_setup):
    """The owner's address of the test database."""
    from django.db import connection

    address, _, _ = os.environ["DATABASE_OWNER_URL"].partition("?")
    query = os.environ["DATABASE_OWNER_URL"][len(address) :]
    return f"{address.rpartition('/')[0]}/{connection.settings_dict['NAME']}{query}"


@pytest.mark.parametrize("command", [WEB, WORKER], ids=["web server", "worker"])
def test_nothing_serves_as_the_owner(command, owner, tmp_path):
    ended = start(command, tmp_path, DATABASE_URL=owner)
    assert ended.returncode == checks.COULD_NOT_BOOT
    assert "who owns the database: what is protected would not be." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_nor_when_only_the_role_is_set_to_the_owner(owner, tmp_path):
    ended = start(WEB, tmp_path, DATABASE_ROLE="owner", DATABASE_OWNER_URL=owner)
    assert (ended.returncode, ended.stderr.count("\n")) == (checks.COULD_NOT_BOOT, 1)


def test_the_web_role_serves(django_db_setup, tmp_path):
    ended = start(WEB, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.fixture
def left(monkeypatch):
    """What the process said when it ended."""
    said = []
    monkeypatch.setattr(checks, "leave", said.append)
    return said


@pytest.mark.parametrize("what", ["superuser", "bypasses", "owner"])
def test_each_kind_of_power_is_refused(monkeypatch, left, what):
    harmless = {"superuser": False, "bypasses": False, "owner": False}
    found = preflight.Server("17", 17, "somebody", **harmless | {what: True}, creates=False, place="here")
    monkeypatch.setattr(preflight, "look_at", lambda url: found)
    checks.refuse_to_serve_with_too_much_power()
    assert left[0].startswith("The site does not serve as 'somebody'")


def test_while_the_database_is_away_it_begins_and_checks_at_the_first_connection(monkeypatch, left):
    answers = [Unreachable("no PostgreSQL answers"), NotReady("The site does not serve as 'owner'")]

    def look(url):
        raise answers.pop(0)

    monkeypatch.setattr(preflight, "check_serving", look)
    checks.refuse_to_serve_with_too_much_power()
    assert left == []
    connection_created.send(sender=None, connection=None)
    assert left == ["The site does not serve as 'owner'"]
    connection_created.send(sender=None, connection=None)
    assert len(left) == 1
