"""A function on a day: which bodies own it, and which delegations of it stand. The same for every line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .answer import Status
from .graph import CONTRACT, Body, Edge, Model, Node, Span, State, money_left
from .index import DECIDES_ALONE_FOR_NOBODY, Index, get, overlap

NO_LIMIT = Decimal("Infinity")

TESTS = (
    Status.RECOMMEND_ONLY,
    Status.RESERVED,
    Status.NOT_RECORDED,
    Status.NOT_DELEGATED,
    Status.NOT_YET_IN_FORCE,
    Status.EXPIRED,
    Status.SUSPENDED,
    Status.DOUBLE_DELEGATION,
    Status.OUTSIDE_AREA,
    Status.EXCEEDS_LIMIT,
    Status.WITHIN_AUTHORITY,
)
"""The tests in their order. The *rank* of a chain is the place of the first test it fails; the last: it fails none."""

RESERVED, NOT_RECORDED, NOT_DELEGATED, EARLY, EXPIRED, SUSPENDED, DOUBLE, OUTSIDE, OVER, WITHIN = range(1, 11)


class Ground(NamedTuple):
    """An area: only these places (None: not recorded by places, so any), without those."""

    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()

    def covers(self, places: frozenset[int]) -> bool:
        """Whether all the places lie in it."""
        return (self.only is None or places <= self.only) and not places & self.without

    def shared(self, places: frozenset[int]) -> frozenset[int]:
        """Those of the places that lie in it."""
        return (places if self.only is None else places & self.only) - self.without

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it."""
        return self.only is not None and self.only <= self.without

    def within(self, places: frozenset[int] | None) -> Ground:
        """What is left of it inside the places of a delegation (None: all)."""
        if places is None:
            return self
        return Ground(places if self.only is None else self.only & places, self.without)

    def joined(self, other: Ground) -> Ground:
        """The two together."""
        if self.only is not None and other.only is not None:
            return Ground((self.only - self.without) | (other.only - other.without))
        return Ground(None, self._lacks(other) & other._lacks(self))

    def _lacks(self, other: Ground) -> frozenset[int]:
        """What this one leaves out that the other could still have; everything, when it is told by its places."""
        if self.only is None:
            return self.without
        return other.without - (self.only - self.without)


@dataclass(frozen=True, slots=True)
class Arc:
    """A delegation as it stands on the day.

    `rank`: the first of the tests that need no amount or place it fails. `places`: those of its places that exist on
    the day; None: it names none, so it reaches the holder's whole area.
    """

    edge: Edge
    source: Node
    target: Node
    rank: int
    external: bool
    places: frozenset[int] | None
    left: Decimal
    ends: date | None

    @property
    def id(self) -> int:
        """The edge's id."""
        return self.edge.id

    def fails(self, places: frozenset[int], amount: Decimal | None) -> int:
        """The rank at which the delegation fails for these places and this amount."""
        if self.rank < OUTSIDE:
            return self.rank
        if self.places is not None and not places <= self.places:
            return OUTSIDE
        return OVER if amount is not None and amount > self.left else WITHIN


class Title(NamedTuple):
    """How a body owns the function: by its kind (`arc` None), or by a transfer."""

    body: int
    arc: Arc | None
    ground: Ground
    rank: int


class Matter:
    """A function on a day over an index. Everything is worked out when first asked for, then kept."""

    def __init__(self, index: Index, function: str, on: date) -> None:
        self.index = index
        self.on = on
        self.functions = index.covering(function)
        self.function = self.functions[0]
        self.owner_kinds = next((each.owner_kinds for each in self.functions if each.owner_kinds), frozenset[str]())
        self._into: dict[Node, tuple[Arc, ...]] = {}
        self._titles: dict[int, tuple[Title, ...]] = {}
        self._transfers: dict[Node, list[Arc]] | None = None

    def into(self, node: Node) -> tuple[Arc, ...]:
        """Delegations of the function (or of a whole it is part of) to a holder, lowest id first."""
        if node not in self._into:
            found = [
                self._arc(edge, place)
                for place, each in enumerate(self.functions)
                for edge in self.index.into.get((each.code, node), ())
            ]
            standing = (arc for arc in found if self.index.form(arc.source) not in DECIDES_ALONE_FOR_NOBODY)
            self._into[node] = tuple(sorted(standing, key=lambda arc: arc.id))
        return self._into[node]

    def onward(self, node: Node) -> Iterable[Node]:
        """The holders to which a holder has passed the function."""
        mute = self.index.form(node) in DECIDES_ALONE_FOR_NOBODY
        for each in () if mute else self.functions:
            for edge in self.index.out_of.get((each.code, node), ()):
                yield self.index.home(edge.target)

    def contracts(self, node: Node) -> list[Arc]:
        """Lead provider contracts of a holder for the function, lowest id first."""
        found = [
            self._arc(edge, place)
            for place, each in enumerate(self.functions)
            for edge in self.index.contracts.get((each.code, node), ())
        ]
        return sorted(found, key=lambda arc: arc.id)

    def _arc(self, edge: Edge, whole: int) -> Arc:
        """`whole`: how many steps up from the function asked for the edge's function lies."""
        index = self.index
        source, target = index.home(edge.source), index.home(edge.target)
        days = overlap(edge.days, overlap(index.life(source), index.life(target)))
        if edge.state is State.ENDED and edge.ended_on is not None:
            days = overlap(days, Span(None, edge.ended_on))
        reserved = edge.basis != CONTRACT and any(not each.delegable for each in self.functions[: whole + 1])
        transfer = edge.model is Model.TRANSFERRED and source.kind == target.kind == "body"
        inside = index.legal_body(source)
        return Arc(
            edge=edge,
            source=source,
            target=target,
            rank=RESERVED if reserved and not transfer else standing(edge, days, self.on),
            external=not transfer and (inside is None or inside != index.legal_body(target)),
            places=self.existing(edge.places) if edge.places else None,
            left=self._left(edge),
            ends=days.ends,
        )

    def _left(self, edge: Edge) -> Decimal:
        limits = [money_left(edge.limit, edge.annual, edge.committed, self.on)]
        if edge.fund is not None:
            fund = get(self.index.funds, edge.fund, "fund")
            limits.append(money_left(fund.limit, fund.annual, fund.committed, self.on))
        return min((limit for limit in limits if limit is not None), default=NO_LIMIT)

    def titles(self, body: int) -> tuple[Title, ...]:
        """How a body owns the function: by law first, then by transfers. Empty: it does not."""
        if body not in self._titles:
            self._titles[body] = tuple(self._find_titles(get(self.index.bodies, body, "body")))
        return self._titles[body]

    def _find_titles(self, body: Body) -> Iterable[Title]:
        lost = self.passed_on(body.id)
        if any(arc.places is None for arc in lost):
            return
        without = frozenset(place for arc in lost for place in arc.places or ())
        if body.kind in self.owner_kinds:
            yield Title(body.id, None, Ground(self.area(body), without), life_rank(body.days, self.on))
        for arc in self.transfers().get(Node.body(body.id), ()):
            source = get(self.index.bodies, arc.source.id, "body")
            only = self.area(source) if arc.places is None else arc.places
            yield Title(body.id, arc, Ground(only, without), arc.rank)

    def area(self, body: Body) -> frozenset[int] | None:
        """The places of a body on the day; None: not recorded."""
        if not body.area:
            return None
        return self.existing(frozenset(each.place for each in body.area if each.days.covers(self.on)))

    def passed_on(self, body: int) -> list[Arc]:
        """Transfers in force by which a body gave the function away."""
        node = Node.body(body)
        arcs = (arc for arcs in self.transfers().values() for arc in arcs)
        return sorted((arc for arc in arcs if arc.source == node and arc.rank == WITHIN), key=lambda arc: arc.id)

    def transfers(self) -> dict[Node, list[Arc]]:
        """Transfers of the function by recipient, of those that began with a body that owns it by law."""
        if self._transfers is None:
            edges = [
                (edge, n) for n, each in enumerate(self.functions) for edge in self.index.transfers.get(each.code, ())
            ]
            arcs = sorted((self._arc(edge, n) for edge, n in edges), key=lambda arc: arc.id)
            owners = {arc.source for arc in arcs if self._kind(arc.source) in self.owner_kinds}
            self._transfers = {}
            while reached := [arc for arc in arcs if arc.source in owners]:
                for arc in reached:
                    self._transfers.setdefault(arc.target, []).append(arc)
                owners |= {arc.target for arc in reached}
                arcs = [arc for arc in arcs if arc not in reached]
            for found in self._transfers.values():
                found.sort(key=lambda arc: arc.id)
        return self._transfers

    def owners(self) -> list[int]:
        """The bodies that may own the function: by their kind, and those it was transferred to. Lowest id first."""
        by_law = {body.id for body in self.index.bodies.values() if body.kind in self.owner_kinds}
        return sorted(by_law | {node.id for node in self.transfers()})

    def _kind(self, node: Node) -> str:
        return get(self.index.bodies, node.id, "body").kind

    def ground(self, body: int) -> Ground | None:
        """Where a body owns the function on the day; None: nowhere."""
        found: Ground | None = None
        for title in self.titles(body):
            if title.rank == WITHIN and not title.ground.empty:
                found = title.ground if found is None else found.joined(title.ground)
        return found

    def existing(self, places: frozenset[int]) -> frozenset[int]:
        """The places without those that do not exist on the day. One without a record is taken to exist."""
        known = self.index.places
        return frozenset(place for place in places if place not in known or known[place].days.covers(self.on))

    def complete(self, body: int) -> bool:
        """Whether the body declares its register complete for the function's family on the day."""
        since = self.index.complete_from.get((body, self.function.family))
        return since is not None and since <= self.on


def standing(edge: Edge, days: Span, on: date) -> int:
    """The first of the tests of time that a delegation fails; `days` with the lives of its two holders."""
    if edge.state is State.APPROVED or (days.starts is not None and days.starts > on):
        return EARLY
    if edge.state is State.ENDED and edge.ended_on is None:
        return EXPIRED
    if days.ends is not None and days.ends < on:
        return EXPIRED
    always = edge.state is State.SUSPENDED and not edge.suspensions
    return SUSPENDED if always or any(span.covers(on) for span in edge.suspensions) else WITHIN


def life_rank(days: Span, on: date) -> int:
    """The first of the tests of time that a body's life fails."""
    if days.starts is not None and days.starts > on:
        return EARLY
    return EXPIRED if days.ends is not None and days.ends < on else WITHIN
