"""What row-level security knows of a transaction: who acts, for which organisations, on which day.

The settings hold for the transaction (`set_config(..., true)`), so every query runs inside one. Writing to a guarded
table is possible only in a *named system context*, which an action opens after permission and guard.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, transaction

from .permissions import RESTRICTED, Actor


def settings_of(actor: Actor) -> dict[str, str]:
    """The database settings that make the guarded tables show what this actor may read."""
    visible = {
        f"app.{kind}_orgs": ",".join(map(str, sorted(actor.organisations(view)))) for kind, view in RESTRICTED.items()
    }
    return {"app.user": str(actor.user_id or ""), "app.on": actor.on.isoformat(), **visible}


def apply(values: dict[str, str]) -> None:
    """Set database settings for the rest of the transaction, in one statement."""
    with connection.cursor() as cursor:
        columns = ", ".join(["set_config(%s, %s, true)"] * len(values))
        cursor.execute(f"select {columns}", [part for pair in values.items() for part in pair])


def open_context(actor: Actor) -> None:
    """Let the current transaction read what `actor` may read, and nothing more."""
    apply({**settings_of(actor), "app.system": ""})


def current(names: Iterable[str]) -> dict[str, str]:
    """What the database settings of these names are now; empty where nothing was set."""
    asked = list(names)
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(["coalesce(current_setting(%s, true), '')"] * len(asked)), asked)
        return dict(zip(asked, cursor.fetchone(), strict=True))


def exchange(values: Mapping[str, str]) -> dict[str, str]:
    """Set database settings for the rest of the transaction, and return what they were, in one statement."""
    with connection.cursor() as cursor:
        columns = ["coalesce(current_setting(%s, true), '')"] * len(values) + ["set_config(%s, %s, true)"] * len(values)
        cursor.execute("select " + ", ".join(columns), [*values, *(part for pair in values.items() for part in pair)])
        return dict(zip(values, cursor.fetchone(), strict=False))


@contextmanager
def system(reason: str, *, savepoint: bool = True) -> Iterator[None]:
    """A named exception from row-level security: reads and writes every row until the block ends.

    After an exception the savepoint restores what was set before. A block that only reads may do without: an exception
    then undoes the whole transaction, so that nothing can be asked in the context it left behind.
    """
    if not reason:
        raise ValueError("A system context needs a reason.")
    with transaction.atomic(savepoint=savepoint):
        before = exchange({"app.system": reason})
        yield
        apply(before)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """A transaction in which row-level security shows what `actor` may read (tasks, commands, tests)."""
    with transaction.atomic():
        before = current([*settings_of(actor), "app.system"])
        open_context(actor)
        yield
        apply(before)


def refresh_statistics() -> None:
    """Tell the database's planner what the tables hold now: after a bulk load it has not noticed yet."""
    with connection.cursor() as cursor:
        cursor.execute("select refresh_statistics()")
