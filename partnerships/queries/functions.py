"""Functions of the catalogue: which there are, what they are part of, and on which legal bases they may go where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from ics_governance.permissions import Actor
from partnerships.models import Delegation, Function, LegalBasis

from .delegations import Status, listed

OWNERS = {
    "icb": "integrated care boards", "trust": "trusts", "local_authority": "councils",
    "oversight_body": "the national oversight body",
}  # fmt: skip
RECIPIENTS = {
    "icb": "an integrated care board", "trust": "a trust", "local_authority": "a council",
    "oversight_body": "the national oversight body", "committee": "its own committee", "post": "its own post",
    "joint_committee": "a joint committee",
    "primary_care": "a primary care organisation", "vcse": "a voluntary organisation",
}  # fmt: skip
MARKS = {
    "V": "confirmed in a public source",
    "P": "partly confirmed",
    "R": "to be confirmed before anyone relies on it",
}


def catalogue(day: date, filters: Mapping[str, Any]) -> list[Function]:
    """Functions by owner, family and name, each with its whole and with how many delegations of it are in force."""
    found = Function.objects.select_related("parent").order_by("owner_kind", "family", "name")
    if owner := filters.get("owner"):
        found = found.filter(owner_kind=owner)
    if filters.get("kind") == "reserved":
        found = found.filter(delegable=False)
    if filters.get("kind") == "delegable":
        found = found.filter(delegable=True)
    for word in str(filters.get("q", "")).split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(description__icontains=word) | Q(code__icontains=word))
    live = Q(delegations__status=Status.IN_FORCE) & (Q(delegations__ends=None) | Q(delegations__ends__gte=day))
    return list(found.annotate(in_force=Count("delegations", filter=live)))


@dataclass(frozen=True)
class BasisOpen:
    """A legal basis of a function: its rows for the function's owner, one for each kind of recipient."""

    code: str
    title: str
    rows: list[LegalBasis]

    @property
    def recipients(self) -> list[str]:
        """To whom it is open, in words."""
        return [RECIPIENTS.get(row.recipient_kind, row.recipient_kind) for row in self.rows]


def bases_of(function: Function) -> list[BasisOpen]:
    """The legal bases on which its owner may pass it on; one query."""
    rows = LegalBasis.objects.filter(code__in=function.bases, owner_kind=function.owner_kind)
    by_code: dict[str, list[LegalBasis]] = {}
    for row in rows.order_by("title", "code", "recipient_kind"):
        by_code.setdefault(row.code, []).append(row)
    return [BasisOpen(code, found[0].title, found) for code, found in by_code.items()]


def holders(actor: Actor, function: Function, day: date, filters: Mapping[str, Any]) -> QuerySet[Delegation]:
    """Delegations of a function and of the wholes that include it, as of a day: who holds it, and where."""
    wholes, above = {function.pk}, function.parent
    while above is not None and above.pk not in wholes:
        wholes.add(above.pk)
        above = above.parent
    found = listed(actor, day, {name: value for name, value in filters.items() if name in ("system", "body")})
    return found.filter(function__in=wholes).exclude(status__in=(Status.DRAFT, Status.WITHDRAWN))
