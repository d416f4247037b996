"""The suite runs as the web role against a PostgreSQL of its own: what row-level security hides is hidden here too.

The owner creates and migrates the database and fills it with a small known world (`tests/world.py`); then everything
logs in as `web`. Tests run in transactions that are rolled back; transactional ones get a fresh clone of a template.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if "DATABASE_OWNER_URL" not in os.environ:  # xdist's workers inherit the controller's cluster
    from ics_governance.localdb import LocalDB

    CLUSTER = LocalDB(ROOT, "test", throwaway=True).ensure()
    os.environ.update(CLUSTER.env())
os.environ.update(DATABASE_ROLE="owner", TESTING="true", DEMO="true", DJANGO_SETTINGS_MODULE="ics_governance.settings")
os.environ.setdefault("STATIC_ROOT", str(ROOT / "static"))  # a clean clone has collected nothing yet
os.environ.pop("REDIS_URL" if os.environ.get("TEST_WITHOUT_REDIS") else "", None)

import django  # noqa: E402

django.setup()

import environ  # noqa: E402
import psycopg  # noqa: E402
import pytest  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client, TransactionTestCase  # noqa: E402
from psycopg import sql  # noqa: E402

from ics_governance.models import LedgerEntry  # noqa: E402
from tests.world import World, build  # noqa: E402

WEB = environ.Env().db_url("DATABASE_URL")
# With several workers a file goes to one of them, so that what it shares is made once. Of the longest files each test
# is given out by itself, before everything else, so that the workers end together.
LONGEST = ("tests/browser/", "tests/test_canary.py", "tests/test_permission_matrix.py::test_people_get")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Which tests go to a worker together, and the longest first."""
    for item in items:
        alone = item.nodeid.startswith(LONGEST)
        item.rank = 0 if item.get_closest_marker("xdist_group") else 1 if alone else 2
        if item.rank:
            item.add_marker(pytest.mark.xdist_group(item.nodeid if alone else item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: item.rank)


def as_owner(*statements: sql.Composed) -> None:
    """Run statements as the owner, outside any transaction, in the maintenance database."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname="postgres", autocommit=True) as database:
        for statement in statements:
            database.execute(statement)


def clone(target: str, source: str) -> sql.Composed:
    """`create database target` as a copy of the files of `source`."""
    return sql.SQL("create database {} template {} strategy file_copy").format(
        sql.Identifier(target), sql.Identifier(source)
    )


def drop(name: str) -> sql.Composed:
    """`drop database name`, ending its sessions."""
    return sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """pytest-django's own, then: the world, a template for clones, and from here on the web role."""
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        owner = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
        connection.close()
        connection.settings_dict.update(USER=WEB["USER"], PASSWORD=WEB["PASSWORD"])
        build()
        connections.close_all()
        template = f"{name}_template"
        as_owner(drop(template), clone(template, name))

        def fresh(self):  # in place of TRUNCATE, which the web role may not do
            connections.close_all()
            as_owner(drop(name), clone(name, template))

        original, TransactionTestCase._fixture_teardown = TransactionTestCase._fixture_teardown, fresh
    yield
    with django_db_blocker.unblock():
        TransactionTestCase._fixture_teardown = original
        connections.close_all()
        connection.settings_dict.update(owner)
        as_owner(drop(template))


@pytest.fixture
def world(db) -> World:
    """The known people and bodies; see `tests/world.py`."""
    return World()


@pytest.fixture
def sign_in(client: Client, world: World):
    """`sign_in("officer")` returns a client signed in as that person of the cast."""

    def as_person(name: str) -> Client:
        client.force_login(world.user(name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return as_person


@pytest.fixture
def one_ledger_entry(db):
    """`with one_ledger_entry("decision.agreed"):` what is done inside leaves this one entry in the audit trail.

    Name several kinds for several entries, none for none. The entries, when the block has ended, are in the list given.
    """

    @contextmanager
    def check(*kinds: str) -> Iterator[list[LedgerEntry]]:
        before, found = set(LedgerEntry.objects.values_list("pk", flat=True)), []
        yield found
        found += LedgerEntry.objects.exclude(pk__in=before).order_by("pk")
        assert [entry.kind for entry in found] == list(kinds)

    return check
