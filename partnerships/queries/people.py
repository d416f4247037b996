"""Whom to tell: the people of a body who may do something for it."""

from collections.abc import Iterable
from datetime import date

from ics_governance.models import User
from ics_governance.permissions import roles
from partnerships.models import RoleMembership


def people_who(permission: str, capacity: str, bodies: Iterable[int], on: date) -> dict[int, list[int]]:
    """Ids of the people whose role carries a permission in a capacity, by body; only bodies with such people."""
    able = [code for code, role in roles().items() if role.carries(permission, capacity)]
    held = RoleMembership.objects.on(on).filter(organisation__in=list(bodies), role__in=able, user__is_active=True)
    found: dict[int, list[int]] = {}
    for body, user in held.order_by("organisation", "user").values_list("organisation_id", "user_id"):
        found.setdefault(body, []).append(user)
    return found


def everyone_who(permission: str, capacity: str, bodies: Iterable[int], on: date) -> set[int]:
    """The same people of all the bodies together."""
    return {user for users in people_who(permission, capacity, bodies, on).values() for user in users}


def colleagues_of(body: int, on: date) -> list[User]:
    """The people who hold a role in a body, by name."""
    held = RoleMembership.objects.on(on).filter(organisation=body).values("user")
    return list(User.objects.filter(pk__in=held, is_active=True).order_by("name", "pk"))
