"""How authority over one function spreads from the bodies that own it: who holds it, openly, and up to what.

Three least fixed points over the delegations of the function and of the wholes it is part of. A plain holder is as
good as its best delegation. A joint committee is as good as the worst of the bodies that delegate to it, each by its
best delegation.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from partnerships.authority import Node

from .facts import Edge, Register

NO_LIMIT = Decimal("Infinity")
UNREACHED = Decimal(-1)
MUTE = ("consultative_forum", "council_of_governors", "committees_in_common")
"""Forms that hold no authority of their own, so that they can pass none on."""

V = TypeVar("V", bool, Decimal)


class Flow:
    """One function's delegations among the holders that got it from an owner, on the register's day."""

    def __init__(self, register: Register, code: str, edges: Iterable[Edge]) -> None:
        """`edges`: those of the function and of the wholes it is part of."""
        self.register = register
        confer = [row for row in edges if register.confers(row)]
        moves = [row for row in confer if register.moves(row)]
        self.arcs = [row for row in confer if not register.moves(row) and row.source != row.target]
        self.owners = self._owners(register.owner_kind(code), moves)
        spreading = [row for row in self.arcs if not self._mute(row.source)]
        self.reached = reachable(self.owners, spreading)
        self._spreading = [row for row in spreading if row.source in self.reached]
        self._onward: dict[Node, list[Edge]] = defaultdict(list)
        self._into: dict[Node, list[Edge]] = defaultdict(list)
        for row in self._spreading:
            self._onward[row.source].append(row)
            self._into[row.target].append(row)
        self._limits: dict[bool, dict[Node, Decimal]] = {}
        self._open: dict[Node, bool] | None = None

    def open_at(self, holder: Node) -> bool:
        """Whether a holder may pass the function on to another body: each external step to it permits that."""
        if self._open is None:
            self._open = self._solve(False, True, self._stays_open)
        return self._open.get(holder, False)

    def limit_at(self, holder: Node, annual: bool) -> Decimal | None:
        """The most that a holder may decide, by limits for a year or for the life of a commitment; None: no limit,
        or it does not hold the function."""
        if annual not in self._limits:
            self._limits[annual] = self._solve(UNREACHED, NO_LIMIT, lambda row, own: self._lesser(row, own, annual))
        found = self._limits[annual].get(holder, UNREACHED)
        return None if found in (UNREACHED, NO_LIMIT) else found

    def _stays_open(self, row: Edge, own: bool) -> bool:
        return own and (row.onward or not self.register.external(row))

    @staticmethod
    def _lesser(row: Edge, own: Decimal, annual: bool) -> Decimal:
        return own if row.limit is None or row.annual != annual else min(own, row.limit)

    def _owners(self, kind: str, moves: list[Edge]) -> set[Node]:
        """Bodies that own the function by law, and those to which it was transferred."""
        concerned = {row.source for row in self.arcs} | {row.source for row in moves}
        owners = {node for node in concerned if node.kind == "body" and self.register.bodies[node.id].kind == kind}
        return reachable(owners, moves)

    def _mute(self, node: Node) -> bool:
        return node.kind == "forum" and self.register.forums[node.id].form in MUTE

    def _joint(self, node: Node) -> bool:
        return node.kind == "forum" and self.register.forums[node.id].form == "joint_committee"

    def _solve(self, nothing: V, everything: V, through: Callable[[Edge, V], V]) -> dict[Node, V]:
        """The least values that fit: each holder's from those of who delegates to it."""
        values: dict[Node, V] = dict.fromkeys(self.owners, everything)
        waiting = deque(sorted(self.owners))
        while waiting:
            for row in self._onward[waiting.popleft()]:
                if row.target in self.owners:
                    continue
                new = self._value(row.target, values, nothing, through)
                if new != values.get(row.target, nothing):
                    values[row.target] = new
                    waiting.append(row.target)
        return values

    def _value(self, node: Node, values: dict[Node, V], nothing: V, through: Callable[[Edge, V], V]) -> V:
        by_body: dict[object, V] = {}
        joint = self._joint(node)
        for row in self._into[node]:
            body = self.register.legal_body(row.source) if joint else None
            key = (body or row.source) if joint else None
            by_body[key] = max(by_body.get(key, nothing), through(row, values.get(row.source, nothing)))
        return min(by_body.values(), default=nothing)


def reachable(starts: Iterable[Node], edges: Iterable[Edge]) -> set[Node]:
    """The holders that delegations lead to from some holders, these included."""
    onward: dict[Node, list[Node]] = defaultdict(list)
    for row in edges:
        onward[row.source].append(row.target)
    found = set(starts)
    waiting = list(found)
    while waiting:
        for node in onward[waiting.pop()]:
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found


def circles(arcs: Iterable[Edge]) -> list[list[Edge]]:
    """Delegations that lie on circles, one list for each knot of circles that hang together, lowest id first."""
    left = _pruned(list(arcs))
    found: list[list[Edge]] = []
    while left:
        start = left[0].source
        forward = reachable([start], left)
        backward = reachable([start], [row._replace(source=row.target, target=row.source) for row in left])
        knot = forward & backward
        inside = [row for row in left if row.source in knot and row.target in knot]
        if inside:
            found.append(sorted(inside, key=lambda row: row.id))
        left = _pruned([row for row in left if row.source not in knot and row.target not in knot])
    return sorted(found, key=lambda rows: rows[0].id)


def _pruned(arcs: list[Edge]) -> list[Edge]:
    """Without those that can lie on no circle: from a holder that nothing leads to, or to one that leads nowhere."""
    while True:
        sources, targets = {row.source for row in arcs}, {row.target for row in arcs}
        kept = [row for row in arcs if row.source in targets and row.target in sources]
        if len(kept) == len(arcs):
            return kept
        arcs = kept
