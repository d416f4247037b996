"""The suite runs as the web role against a PostgreSQL of its own: what row-level security hides is hidden here too.

The owner creates and migrates the database and fills it with a small known world (`tests/world.py`); then everything
logs in as `web`. Tests run in transactions that are rolled back; transactional ones get a fresh clone of a template.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
gc.set_threshold(100_000, 20, 50)  # the default looks through all that Django and the tests loaded again and again

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
from xdist.scheduler import LoadScopeScheduling  # noqa: E402

from ics_governance.models import LedgerEntry  # noqa: E402
from tests.world import World, build  # noqa: E402

WEB = environ.Env().db_url("DATABASE_URL")
# Of these files each test is given to a worker by itself, and before everything else: so the workers end together.
LONGEST = ("tests/browser/", "tests/test_canary.py", "tests/test_permission_matrix.py::test_people_get")
FIRST = "tests/oversight/test_seed_demo.py"


class ByFile(LoadScopeScheduling):
    """A file goes to one worker, so that what it shares is made once; in the order of the collection."""

    def __init__(self, config, log=None):
        config.option.loadscopereorder = False  # it would put the files with the most tests first
        super().__init__(config, log)

    def _split_scope(self, nodeid):
        return nodeid if nodeid.startswith(LONGEST) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """xdist's own, unless it was asked for another than the usual."""
    return ByFile(config, log) if config.getvalue("dist") == "load" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The longest first, then file by file: others have sorted them by what they do to the database."""
    places: dict[str, tuple[int, int]] = {}
    for item in items:
        path = item.nodeid.partition("::")[0]
        rank = 0 if path == FIRST else 1 if item.nodeid.startswith(LONGEST) else 2
        item.place = places.setdefault(f"{rank}{path}", (rank, len(places)))
    items.sort(key=lambda item: item.place)


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
        gc.collect()  # the many states of the models that the migrations went through
        gc.freeze()
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
