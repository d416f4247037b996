"""What a start need not do again: tables, reference data and stylesheets that this very code prepared before.

The mark is a comment on the table of migrations, so it is dumped, restored and dropped with what it speaks of. It names
the code (a digest of all files that have a say) and the migrations that were there; when either differs, the start goes
through every step again, each of which changes nothing when there is nothing to do.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

FOLDERS = ("ics_governance", "partnerships", "collaboration", "oversight", "static", "requirements")
IGNORED = {"__pycache__"}
STATE = """
select count(*)::text || ' migrations, the last ' || coalesce(max(id), 0)::text,
       obj_description('public.django_migrations'::regclass, 'pg_class')
from django_migrations
"""


def digest_of(checkout: Path, *more: str) -> str:
    """A digest of the code, and of what else decides how a site is prepared."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(_files(checkout)):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(checkout)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_prepared(owner_url: str, digest: str) -> bool:
    """Whether this code prepared this database, and nobody migrated it since."""
    with psycopg.connect(owner_url, connect_timeout=5) as connection:
        try:
            state, mark = connection.execute(STATE).fetchone() or ("", None)
        except psycopg.errors.UndefinedTable:
            return False
    return bool(mark == f"{digest}, {state}")


def mark_prepared(owner_url: str, digest: str) -> None:
    """Note that every step went well."""
    with psycopg.connect(owner_url, connect_timeout=5) as connection:
        state, _ = connection.execute(STATE).fetchone() or ("", None)
        mark = sql.Literal(f"{digest}, {state}")
        connection.execute(sql.SQL("comment on table public.django_migrations is {}").format(mark))


def _files(checkout: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (checkout / folder).rglob("*"):
            if path.is_file() and not IGNORED.intersection(path.parts):
                yield path
