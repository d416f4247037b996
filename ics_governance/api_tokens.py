"""Keys to the API: each belongs to one person, ends on a day, and is shown once."""

from datetime import timedelta

from django.db import transaction

from . import ledger
from .models import ApiToken, User
from .permissions import Actor, Refused

LONGEST = 365  # days


class CannotIssue(Exception):
    """The key cannot be made as asked; the text says why."""


@transaction.atomic
def issue(*, by: Actor, user: User, name: str, days: int = 90) -> tuple[ApiToken, str]:
    """Make a key for a person; returns its row and the key itself, which is kept nowhere.

    With it a program may do what the person may do, up to and on the last day. Raises CannotIssue, and Refused unless
    the system acts: keys are made by the command `api_token`.
    """
    if not by.system:
        raise Refused("people.manage", "Keys to the API are made with the command api_token.")
    if not user.is_active:
        raise CannotIssue(f"{user.email} may no longer sign in.")
    if not name.strip() or len(name) > 80:
        raise CannotIssue("Name the key in up to 80 characters, such as the program that will use it.")
    if not 1 <= days <= LONGEST:
        raise CannotIssue(f"A key lasts from 1 to {LONGEST} days.")
    key = ApiToken.new_key()
    token = ApiToken.objects.create(
        user=user, name=name.strip(), digest=ApiToken.digest_of(key), expires_on=by.on + timedelta(days=days)
    )
    after = ledger.snapshot(token, ("user", "name", "expires_on"))
    ledger.append(by=by, kind="api_token.issued", record=token, after=after)
    return token, key
