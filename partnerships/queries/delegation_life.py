"""What happened to one delegation, and what is left of its limits."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import DateField, Q, Value

from partnerships.authority import financial_year
from partnerships.models import Delegation, DelegationReview, Function, Suspension

from .commitments import commitments
from .graph_rows import edge_rows


class Event(NamedTuple):
    """Something that happened to a delegation on a day."""

    on: date | None
    what: str
    note: str


def events(delegation: Delegation, day: date, *, names: bool = False) -> list[Event]:
    """Its moves, first and last day, suspensions and reviews, the latest first. One query.

    `names`: the reader may know who approved it; the record is read with its `approver` then.
    """
    nothing = Value(None, DateField())
    own = {"delegation": delegation.pk}
    suspended = Suspension.objects.filter(**own).order_by().values_list("starts", "ends", Value(""), "reason")
    reviewed = DelegationReview.objects.filter(**own).order_by().values_list("held_on", nothing, "outcome", "note")
    found = _moves(delegation, delegation.approver if names else "")  # type: ignore[attr-defined]
    for on, until, outcome, note in suspended.union(reviewed, all=True):
        if outcome:
            found.append(Event(on, f"reviewed: {DelegationReview.Outcome(outcome).label}", note))
            continue
        found.append(Event(on, "suspended", note))
        if until is not None:
            found.append(Event(until + timedelta(days=1), "in force again", ""))
    kept = [each for each in found if each.on is not None]
    return sorted(kept, key=lambda each: each.on or day, reverse=True)


def _moves(delegation: Delegation, approver: str) -> list[Event]:
    """What has a date on the record itself, the latest first where several share a day."""
    never = delegation.never_in_force
    body = delegation.from_organisation.label
    approved = f"approved by {approver} for {body}" if approver else f"approved by {body}"
    return [
        Event(None if never else delegation.ends, "last day", ""),
        Event(delegation.ended_on, "ended before it came into force" if never else "its end was recorded", ""),
        Event(delegation.in_force_on, "brought into force", ""),
        Event(None if never else delegation.starts, "first day", ""),
        Event(delegation.approved_on, approved, ""),
    ]


class Left(NamedTuple):
    """What is left of a limit that is counted: of the delegation's own (annual), or of a fund's."""

    what: str
    year: str
    limit: Decimal
    used: Decimal

    @property
    def left(self) -> Decimal:
        """Never below nothing."""
        return max(self.limit - self.used, Decimal(0))


def limits_left(delegation: Delegation, day: date) -> list[Left]:
    """For an annual limit and for a fund: what agreed decisions left of this financial year's. At most five queries."""
    annual = delegation.limit_kind == Delegation.LimitKind.ANNUAL and delegation.limit is not None
    if not annual and not delegation.fund_id:
        return []
    made = Delegation.objects.exclude(status__in=Delegation.NEVER_APPROVED)
    covers = parts_of(delegation.function_id)
    bodies = (delegation.from_organisation_id, delegation.to_organisation_id or 0)
    found = edge_rows(made.filter(Q(pk=delegation.pk) | Q(function__in=covers, from_organisation__in=bodies)))
    used = commitments(found, {delegation.function_id: covers}, day)
    year = financial_year(day)
    words = f"{year}/{(year + 1) % 100:02d}"
    left = []
    if annual:
        spent = dict(used.by_edge.get(delegation.pk, ())).get(year, Decimal(0))
        left.append(Left("its own limit", words, delegation.limit, spent))  # type: ignore[arg-type]
    for fund in used.funds:
        if fund.id == used.fund_of.get(delegation.pk) and fund.limit is not None:
            left.append(Left(str(delegation.fund.name), words, fund.limit, dict(fund.committed).get(year, Decimal(0))))  # type: ignore[union-attr]
    return left


def parts_of(function: int) -> set[int]:
    """A function with its parts, and theirs; one query."""
    above = dict(Function.objects.values_list("pk", "parent_id"))
    found = {function}
    while new := {pk for pk, parent in above.items() if parent in found} - found:
        found |= new
    return found
