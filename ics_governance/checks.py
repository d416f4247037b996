"""What is checked before the site serves, and what `manage.py check` looks at: the roles.

Row-level security binds neither a table's owner nor a superuser, so neither may serve.
"""

import os
import sys
from collections.abc import Iterator

import structlog
import yaml
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db.backends.signals import connection_created
from django.utils.module_loading import autodiscover_modules

from . import permissions, preflight

log = structlog.get_logger(__name__)

# gunicorn gives up when a worker ends with this code before it serves; with any other it would start it over and over.
COULD_NOT_BOOT = 3


# --- Who serves ---------------------------------------------------------------------------------------------------


def refuse_to_serve_with_too_much_power(**_: object) -> None:
    """End this process, in one sentence, when its database role is not bound by row-level security.

    While the database does not answer the process may begin, and says so to those who ask for pages; then the role is
    checked at the first connection.
    """
    try:
        preflight.check_serving(address())
    except preflight.Unreachable as error:
        log.warning("database_does_not_answer_yet", error=str(error))
        connection_created.connect(_check_once_connected, dispatch_uid="who serves")
    except preflight.NotReady as error:
        leave(str(error))


def address() -> str:
    """The address by which this process reaches its database."""
    return os.environ["DATABASE_OWNER_URL" if settings.ROLE == "owner" else "DATABASE_URL"]


def _check_once_connected(**_: object) -> None:
    connection_created.disconnect(dispatch_uid="who serves")
    refuse_to_serve_with_too_much_power()


def leave(why: str) -> None:
    """Say why and end this process, from whichever thread."""
    print(why, file=sys.stderr, flush=True)  # noqa: T201 - for the person who started it
    os._exit(COULD_NOT_BOOT)


# --- What roles.yaml says -----------------------------------------------------------------------------------------


@register
def roles_are_consistent(**_: object) -> list[CheckMessage]:
    """`roles.yaml` names registered permissions and known capacities, and who acts on a record may also read it."""
    autodiscover_modules("access")
    try:
        roles = permissions.roles()
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        return [_error("E001", f"roles.yaml cannot be read: {type(error).__name__} {error}")]
    return [message for role in roles.values() for message in _faults(role)]


def _faults(role: permissions.Role) -> Iterator[CheckMessage]:
    for name, capacities in role.permissions.items():
        if name not in permissions.registered():
            yield _error("E002", f"{role.code} lists “{name}”, which no app registers.")
        for capacity in sorted((capacities or frozenset()) - permissions.CAPACITIES):
            yield _error("E003", f"{role.code} has “{name}” as “{capacity}”, which is no capacity.")
        kind = permissions.ABOUT.get(name.partition(".")[0])
        if kind and role.permissions.get(permissions.RESTRICTED[kind], "") is not None:
            view = permissions.RESTRICTED[kind]
            yield _error("E004", f"{role.code} has “{name}”, so it needs “{view}” in any capacity.")


def _error(number: str, text: str) -> CheckMessage:
    return Error(text, id=f"ics_governance.{number}")
