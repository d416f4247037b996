"""Who acts, in which roles, and what those roles carry.

Permission names are enumerations that each app registers; roles are data (`roles.yaml`) that list them. A person holds
roles *in organisations*, with dates; an `Actor` is that person on one day. The kernel knows organisations only as ids.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml
from django.core.exceptions import PermissionDenied
from django.utils import timezone

ROLES_FILE = Path(__file__).with_name("roles.yaml")

_registered: dict[str, StrEnum] = {}
# Kinds of record that row-level security guards: kind -> the permission that lets a person read them.
RESTRICTED: dict[str, StrEnum] = {}
# First words of the permissions that are about such a record -> its kind: `action.accept` is about a decision.
ABOUT: dict[str, str] = {}
# The capacities in which an organisation may stand to a record; roles may name no other.
CAPACITIES: set[str] = set()


def register(permissions: type[StrEnum]) -> type[StrEnum]:
    """Make an app's permission names known; roles may list only registered ones."""
    _registered.update({str(permission): permission for permission in permissions})
    return permissions


def restrict(kind: str, view: StrEnum, *, also: Iterable[str] = ()) -> None:
    """Declare that rows of `kind` are read only through an audience and the permission `view`.

    `also` names other nouns whose permissions are about such rows. Row-level security knows organisations, not
    capacities, so the view permission counts in every capacity; which body reads what is in the record's audience.
    """
    RESTRICTED[kind] = view
    ABOUT.update(dict.fromkeys((kind, *also), kind))


def name_capacities(names: Iterable[str]) -> None:
    """Make the capacities of an app known."""
    CAPACITIES.update(map(str, names))


def registered() -> frozenset[str]:
    """Every permission name that some app has registered."""
    return frozenset(_registered)


@dataclass(frozen=True)
class Role:
    """A role as data: what it is called, where its holder starts, and what it carries in which capacity."""

    code: str
    title: str
    purpose: str
    home: str
    permissions: Mapping[str, frozenset[str] | None]  # None: in every capacity

    def carries(self, permission: str, capacity: str | None = None) -> bool:
        """Whether the role carries the permission; without a capacity: in any capacity at all."""
        if permission not in self.permissions:
            return False
        capacities = self.permissions[permission]
        return capacity is None or capacities is None or capacity in capacities


@cache
def roles() -> dict[str, Role]:
    """All roles of `roles.yaml` by code."""
    content = yaml.safe_load(ROLES_FILE.read_text(encoding="utf-8"))
    return {
        code: Role(
            code=code,
            title=row["title"],
            purpose=row["purpose"],
            home=row["home"],
            permissions={
                name: None if where == "any" else frozenset(where) for name, where in row["permissions"].items()
            },
        )
        for code, row in content.items()
    }


def roles_with(permission: str) -> list[Role]:
    """The roles that carry a permission, for the sentence that says who can."""
    return [role for role in roles().values() if role.carries(permission)]


@dataclass(frozen=True)
class Holding:
    """One role held in one organisation."""

    organisation_id: int
    role: str


@dataclass(frozen=True)
class Actor:
    """A person on one day, with the roles held on it. `user_id` None: nobody, or the system when `system` is true."""

    user_id: int | None
    name: str
    holdings: tuple[Holding, ...] = ()
    on: date = field(default_factory=timezone.localdate)
    system: bool = False

    def organisations(self, permission: str, capacity: str | None = None) -> frozenset[int]:
        """Ids of the organisations in which one of the person's roles carries the permission."""
        return frozenset(held.organisation_id for held, role in self._roles() if role.carries(permission, capacity))

    def capacities(self, permission: str) -> dict[int, frozenset[str] | None]:
        """For each organisation where the permission is carried: the capacities in which it counts, None for all."""
        found: dict[int, frozenset[str] | None] = {}
        for held, role in self._roles():
            if permission not in role.permissions:
                continue
            here, before = role.permissions[permission], found.get(held.organisation_id, frozenset())
            found[held.organisation_id] = None if here is None or before is None else here | before
        return found

    def _roles(self) -> Iterator[tuple[Holding, Role]]:
        """Each holding with its role; a code that is no longer in `roles.yaml` carries nothing."""
        known = roles()
        return ((held, known[held.role]) for held in self.holdings if held.role in known)

    @property
    def role_codes(self) -> frozenset[str]:
        """Codes of all roles held, in whichever organisation."""
        return frozenset(held.role for held, _ in self._roles())


class _System(Actor):
    """The system acts on the day it is asked, however long ago the process began."""

    @property
    def on(self) -> date:  # type: ignore[override]
        """Today."""
        return timezone.localdate()

    @on.setter
    def on(self, day: date) -> None:
        """The day is not kept."""


SYSTEM = _System(None, "the system", system=True)


class Refused(PermissionDenied):
    """The record may be seen, the act is not allowed; `who` says in plain words who can."""

    def __init__(self, permission: str, who: str = "") -> None:
        self.permission = permission
        self.who = who or who_can(permission)
        super().__init__(self.who)


def who_can(permission: str) -> str:
    """A sentence that names the roles which carry a permission."""
    titles = [role.title for role in roles_with(permission)]
    if not titles:
        return "Nobody can do this here."
    return f"This can be done by: {join_words(titles)}."


def join_words(words: Iterable[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *head, tail = list(words)
    return f"{', '.join(head)} {last} {tail}" if head else tail
