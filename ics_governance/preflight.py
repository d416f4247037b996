"""What must be true before the site serves; every refusal is one sentence.

`python -m ics_governance.preflight COMMAND ...` checks the environment's database and becomes the command: the
container's web server, worker and scheduler start through it.
"""

import os
import re
import sys
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ics_governance.pgbinaries import NEWEST, OLDEST

WHOM = """
select current_setting('server_version') as version,
       current_setting('server_version_num')::int / 10000 as major,
       current_user::text as role,
       r.rolsuper as superuser,
       r.rolbypassrls as bypasses,
       pg_has_role(current_user, d.datdba, 'member')
         or exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = 'public' and c.relkind in ('r', 'p')
                      and pg_has_role(current_user, c.relowner, 'member')) as owner,
       has_schema_privilege('public', 'create') as creates,
       pg_postmaster_start_time()::text || ' ' || d.oid as place
from pg_roles r, pg_database d
where r.rolname = current_user and d.datname = current_database()
"""
TRIES: tuple[tuple[str, LiteralString], ...] = (
    # what libpq says, and what it means; {at} is where, {user} as whom, {database} which
    (r"password authentication failed|no password supplied", "{at} does not accept the password of '{user}'"),
    (r'role "[^"]*" does not exist', "there is no role '{user}' at {at}"),
    (r'database "[^"]*" does not exist', "there is no database '{database}' at {at}"),
    (r"no pg_hba.conf entry", "{at} does not let '{user}' in from this machine"),
    (r"could not translate|failed to resolve|not known", "there is no host of the name {at}"),
    (r"starting up|shutting down", "{at} is just starting or stopping; try again in a moment"),
    (r"too many clients|remaining connection slots", "{at} has no connection left"),
    (
        r"timeout|timed out|refused|unreachable|No such file|No route|closed the connection",
        "no PostgreSQL answers at {at}",
    ),
)


class NotReady(Exception):
    """The site must not serve like this; the text is one plain sentence."""


class Unreachable(NotReady):
    """The database does not answer at all, which may pass."""


@dataclass(frozen=True)
class Server:
    """What one address leads to: the server's version, the role, and what the role may do."""

    version: str
    major: int
    role: str
    superuser: bool
    bypasses: bool
    owner: bool
    creates: bool
    place: str


def look_at(url: str, name: str = "DATABASE_URL") -> Server:
    """Connect once and ask. `name` is the variable that holds the address.

    Raises `NotReady`; when nothing answers, `Unreachable`.
    """
    parts = _parts(url, name)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = connection.execute(WHOM, prepare=False).fetchone()
    except psycopg.OperationalError as error:
        raise Unreachable(f"{name}: {_in_plain_words(error, parts)}.") from None
    except psycopg.Error as error:
        raise NotReady(f"{name}: {_first_line(error)}.") from None
    assert found is not None
    return Server(*found)


def check_serving(url: str) -> Server:
    """Refuse to serve from a server out of range, or as a role that row-level security does not bind."""
    server = look_at(url)
    if not OLDEST <= server.major <= NEWEST:
        raise NotReady(f"DATABASE_URL leads to PostgreSQL {server.version}; this project needs {OLDEST} to {NEWEST}.")
    if server.superuser or server.bypasses:
        what = "a superuser" if server.superuser else "exempt from row-level security"
        raise NotReady(
            f"The site does not serve as '{server.role}', who is {what}: row-level security would not hold. "
            "Give DATABASE_URL a role that owns nothing."
        )
    if server.owner:
        raise NotReady(
            f"The site does not serve as '{server.role}', who owns the database: what is protected would not be. "
            "Give DATABASE_URL a role that owns nothing, and the owner to DATABASE_OWNER_URL."
        )
    return server


def check_both(url: str, owner_url: str) -> Server:
    """Check the serving role, and that the owner's address leads to the same database and may make tables there."""
    server = check_serving(url)
    owner = look_at(owner_url, "DATABASE_OWNER_URL")
    if owner.place != server.place:
        raise NotReady("DATABASE_URL and DATABASE_OWNER_URL lead to different databases.")
    if not owner.creates:
        raise NotReady(f"DATABASE_OWNER_URL: '{owner.role}' may not make tables in this database.")
    return server


def cache_table_exists(url: str) -> bool:
    """Whether the table of the database cache was made; without Redis, sign-in limits are counted in it."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute("select to_regclass('public.cache') is not null").fetchone()
    return bool(row and row[0])


def redis_silent_at(url: str) -> str | None:
    """Where Redis does not answer; None when it does. Without it the site serves, and jobs wait. Raises `NotReady`."""
    import redis

    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
        client.ping()
    except ValueError:
        raise NotReady("REDIS_URL is not a Redis address. It looks like redis://:password@host:6379/0") from None
    except redis.RedisError:
        known = client.connection_pool.connection_kwargs
        return f"{known.get('host', known.get('path'))}:{known.get('port', '')}".rstrip(":")
    return None


def _parts(url: str, name: str) -> dict[str, Any]:
    """What the address names. A password never appears in a message."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {}
    if not re.match(r"postgres(ql)?://", url) or not parts.get("dbname"):
        raise NotReady(f"{name} is not a PostgreSQL address. It looks like postgresql://web:password@host:5432/ics")
    return parts


def _in_plain_words(error: psycopg.OperationalError, parts: dict[str, Any]) -> str:
    at = f"{parts.get('host') or 'the local socket'}:{parts.get('port') or 5432}"
    names = {"at": at, "user": parts.get("user", ""), "database": parts.get("dbname", "")}
    for pattern, meaning in TRIES:
        if re.search(pattern, str(error), re.IGNORECASE):
            return meaning.format(**names)
    return _first_line(error)


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or ["PostgreSQL gave no reason"])[0]
    return re.sub(r"^.*?(FATAL|failed): +", "", line).rstrip(".")


def main(arguments: list[str]) -> None:
    """Check, then become the command that the arguments name."""
    try:
        if not os.environ.get("DATABASE_URL"):
            raise NotReady("DATABASE_URL is not set. It looks like postgresql://web:password@host:5432/ics")
        check_serving(os.environ["DATABASE_URL"])
    except NotReady as error:
        sys.exit(str(error))
    if arguments:
        os.execvp(arguments[0], arguments)  # noqa: S606 - the command is the container's own


if __name__ == "__main__":
    main(sys.argv[1:])
