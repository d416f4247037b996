"""What the resolver answers: a status, the chain it rests on, and what else a decision needs. Plain JSON both ways."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from .graph import Model, Node


class Status(StrEnum):
    """What the answer is. The first ten are the resolver's, in the order of its tests; the last four a meeting's."""

    RECOMMEND_ONLY = "recommend_only"
    RESERVED = "reserved"
    NOT_RECORDED = "not_recorded"
    NOT_DELEGATED = "not_delegated"
    NOT_YET_IN_FORCE = "not_yet_in_force"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    DOUBLE_DELEGATION = "double_delegation"
    OUTSIDE_AREA = "outside_area"
    EXCEEDS_LIMIT = "exceeds_limit"
    PARTIAL = "partial"
    WITHIN_AUTHORITY = "within_authority"
    NOT_QUORATE = "not_quorate"
    CONFLICTED = "conflicted"
    HOLDER_ABSENT = "holder_absent"
    POST_VACANT = "post_vacant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One delegation of a chain as it stood on the day asked. `left` is what its limit allows on that day; `places`
    are those it names (none: its maker's whole area)."""

    edge: int
    source: Node
    target: Node
    function: str
    model: Model
    basis: str
    instrument: str
    limit: Decimal | None
    annual: bool
    left: Decimal | None
    starts: date | None
    ends: date | None
    review_on: date | None
    external: bool
    urgent: bool
    conditions: str
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain stops. `edge` None: the delegation from `source` to `target` does not exist, or the body's own
    area or life ends there. `source` None: nobody is known who could have made it. `target` is what lacks authority."""

    edge: int | None
    source: Node | None
    target: Node


@dataclass(frozen=True, slots=True)
class Part:
    """One body's line: in a joint committee (all must hold), or in committees in common (each for itself)."""

    body: int
    status: Status
    share: Decimal | None
    limit: Decimal | None
    chain: tuple[Step, ...]
    broken_edge: Break | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Who could take it instead. Status `exceeds_limit` means: holds the function, but not for this amount."""

    holder: Node
    level: str
    status: Status
    limit: Decimal | None
    accountable_body: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The resolver's answer, with the question it belongs to, complete enough to be stored with a decision.

    `limit`: the most the chain allows on that day; None is no limit, or no chain. `valid_until`: when the first
    step of the chain ends. `accountable_body`: None when there is none, or when several share it
    (`accountable_bodies`). `holders_needed`: bodies whose voting member must be present and agree. `reserved_parts`:
    parts of the function that the authority does not include. `envelope`: the contract a lead provider may spend
    within. `missing_holders`: bodies of a joint committee that have not delegated to it. `area`: the places that its
    delegations bound it to, or where it has none those it meets for; empty: the whole area of whoever is accountable.
    `findings`: what a meeting added, or that the post is vacant.
    """

    forum: Node
    function: str
    amount: Decimal | None
    places: tuple[int, ...]
    on: date
    status: Status
    chain: tuple[Step, ...] = ()
    broken_edge: Break | None = None
    limit: Decimal | None = None
    valid_until: date | None = None
    accountable_bodies: tuple[int, ...] = ()
    holders_needed: tuple[int, ...] = ()
    missing_holders: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    further_approval_needed: tuple[str, ...] = ()
    reserved_parts: tuple[str, ...] = ()
    envelope: Step | None = None
    findings: tuple[Status, ...] = ()
    area: tuple[int, ...] = ()

    @property
    def within(self) -> bool:
        """Whether the decision may be taken as asked, by every body that takes part."""
        return self.status is Status.WITHIN_AUTHORITY

    @property
    def accountable_body(self) -> int | None:
        """The one body that stays accountable."""
        return self.accountable_bodies[0] if len(self.accountable_bodies) == 1 else None

    @property
    def urgent(self) -> bool:
        """Whether it rests on an urgent power, so that it has to be ratified."""
        return any(step.urgent for step in self.chain)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with a fixed order of keys; amounts are strings, dates ISO. `from_json` gives an equal answer."""
        return {**_plain(self), "accountable_body": self.accountable_body}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Answer:
        """The answer that `to_json` wrote, now or before a field was added. Raises TypeError or ValueError when it
        did not."""
        answer: Answer = _parsed(cls, data)
        return answer


def _plain(value: Any) -> Any:
    if isinstance(value, Node):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == round(value, 2) else format(value, "f")  # 500 and 500.00 are one amount
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


@cache
def _shape(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _parsed(kind: Any, value: Any) -> Any:
    """`value` as the annotated type `kind`; unions here are always "or None"."""
    if value is None:
        return None
    if isinstance(kind, UnionType):
        kind = next(part for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is tuple:
        return tuple(_parsed(get_args(kind)[0], item) for item in value)
    if kind is Node:
        return Node.parse(value)
    if kind is Decimal:
        return Decimal(value)
    if kind is date:
        return date.fromisoformat(value)
    if isinstance(kind, type) and is_dataclass(kind):
        shape = _shape(kind)
        return kind(**{name: _parsed(shape[name], value[name]) for name in shape if name in value})
    if issubclass(kind, StrEnum):
        return kind(value)
    return value
