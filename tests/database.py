"""The test database as others than Django see it: the owner, who made it, and raw statements of the web role."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction

TRAIL = ("ics_governance_ledgerentry", "ics_governance_ledgerseal", "ics_governance_ledgervalue")


@contextmanager
def as_owner(*, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    """A connection of the owner's to this test's database; what it does is undone unless `autocommit`."""
    database = psycopg.connect(
        os.environ["DATABASE_OWNER_URL"], dbname=connection.settings_dict["NAME"], autocommit=autocommit
    )
    try:
        yield database
    finally:
        if not autocommit:
            database.rollback()
        database.close()


def without_protection(database: psycopg.Connection) -> None:
    """What only the owner can do: take the protection of the audit trail away."""
    for table in TRAIL:
        database.execute(f"alter table {table} disable trigger user")
    keys = "select conrelid::regclass::text, conname from pg_constraint where contype = 'f'"
    for table, name in database.execute(f"{keys} and conrelid::regclass::text = any(%s)", [list(TRAIL)]).fetchall():
        database.execute(f'alter table {table} drop constraint "{name}"')


def run(sql: str, *parameters: object) -> int:
    """Run a statement as the web role; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def rows(sql: str, *parameters: object) -> list[tuple]:
    """Rows that the web role gets for a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


@contextmanager
def refused(*texts: str) -> Iterator[None]:
    """The database refuses what is done inside, with one of these texts in its message; the transaction goes on."""
    with pytest.raises(Exception, match="|".join(texts)) as caught, transaction.atomic():
        yield
    assert isinstance(caught.value.__cause__, psycopg.Error), caught.value
