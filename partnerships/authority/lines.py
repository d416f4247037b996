"""Lines of authority: the best chain from the bodies that own a function to a holder, by the resolver's tests."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from .graph import Node
from .index import Index
from .matter import DOUBLE, EARLY, EXPIRED, NO_LIMIT, OUTSIDE, OVER, RESERVED, SUSPENDED, WITHIN, Arc, Ground, Matter

JOINT_COMMITTEES_IN_A_LINE = 2
"""A joint committee may pass a function on to another one (its sub-committee); further nesting gives no authority."""

ELSEWHERE = -1
"""Stands for all places that no delegation names."""

RANKS = (WITHIN, OVER, OUTSIDE, DOUBLE, SUSPENDED, EXPIRED, EARLY, RESERVED)
"""From the best a chain can be to the worst."""


@dataclass(frozen=True, slots=True)
class Line:
    """A chain from an owner that has come as far as `at`. `arcs` from the owner on (a transfer to the owner first).

    `rank`: the test it fails. `open`: every external step of it permits delegation onward. `joint`: where it passed
    a joint committee, the lines to that committee by body; `left` and `external` are then the worst of them.
    """

    rank: int
    at: Node
    body: int
    arcs: tuple[Arc, ...]
    external: int
    left: Decimal
    ground: Ground
    open: bool = True
    joint: tuple[tuple[int, Line], ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        """Edge ids, from the owner on."""
        return tuple(arc.id for arc in self.arcs)

    @property
    def order(self) -> tuple[int, Decimal, tuple[int, ...]]:
        """Lowest is best among lines of one rank: fewer external steps, higher limit, lowest ids."""
        return (self.external, -self.left, self.ids)

    def then(self, arc: Arc) -> Line:
        """The line with one more delegation."""
        return replace(
            self,
            at=arc.target,
            arcs=(*self.arcs, arc),
            external=self.external + arc.external,
            left=min(self.left, arc.left),
            ground=self.ground.within(arc.places),
            open=self.open and (not arc.external or arc.edge.onward_delegation_permitted),
        )

    def of(self, owner: int) -> Line | None:
        """A joint committee's line as that of one of its bodies; None: it needs no line of that body."""
        own = dict(self.joint).get(owner)
        return None if own is None else replace(self, body=owner, arcs=own.arcs, ground=own.ground)

    @property
    def bodies(self) -> tuple[int, ...]:
        """Who stays accountable: the owner, or every owner behind a joint committee."""
        behind = (body for _, line in self.joint for body in line.bodies)
        return tuple(sorted({self.body, *behind}))


class Ask(NamedTuple):
    """What is asked of a matter: an amount and places. Lines that fail before `worst` are not looked for."""

    amount: Decimal | None
    places: frozenset[int]
    worst: int = RESERVED


class Net:
    """The delegations behind a holder: everything upstream of it, as far as the next joint committees."""

    def __init__(self, matter: Matter, target: Node) -> None:
        index = matter.index
        self.out: dict[Node, list[Arc]] = defaultdict(list)
        self.bodies: list[int] = []
        self.joints: list[Node] = []
        seen, waiting = {target}, [target]
        while waiting:
            node = waiting.pop()
            if node.kind == "body":
                self.bodies.append(node.id)
            elif node != target and index.is_joint(node):
                self.joints.append(node)
                continue
            for arc in matter.into(node):
                self.out[arc.source].append(arc)
                if arc.source not in seen:
                    seen.add(arc.source)
                    waiting.append(arc.source)
        self.bodies.sort()
        self.joints.sort()
        for arcs in self.out.values():
            arcs.sort(key=lambda arc: arc.id)

    def places(self) -> set[int]:
        """Every place that a delegation here names."""
        return {place for arcs in self.out.values() for arc in arcs for place in arc.places or ()}


class Lines:
    """Searches lines for one matter and one ask; what is found is kept for the next holder."""

    def __init__(self, matter: Matter, ask: Ask, nets: dict[Node, Net] | None = None) -> None:
        self.matter = matter
        self.ask = ask
        self.live = matter.existing(ask.places) == ask.places
        self._nets: dict[Node, Net] = {} if nets is None else nets
        self._joint: dict[tuple[Node, int, int], Line | None] = {}
        self._others: dict[Ask, Lines] = {}

    @property
    def index(self) -> Index:
        """The graph's index."""
        return self.matter.index

    def best(self, target: Node, owner: int | None = None, joints: int = JOINT_COMMITTEES_IN_A_LINE) -> Line | None:
        """The best line to a holder that is not itself a joint committee (or from one owner to one that is)."""
        for rank in RANKS:
            if rank < self.ask.worst:
                break
            line = self.at(rank, target, owner, joints)
            if line is not None:
                return line
        return None

    def at(self, rank: int, target: Node, owner: int | None, joints: int, open_only: bool = False) -> Line | None:
        """The best line that passes every test before `rank`. Without places asked it must have some ground at all."""
        line = self._search(rank, target, owner, joints, open_only, None)
        if line is None or rank < OVER or self.ask.places or not line.ground.empty:
            return line
        net = self.net(target)
        starts = self._starts(rank, net, owner, joints, None)
        spots = {ELSEWHERE}.union(net.places(), *(start.ground.only or () for start in starts))
        found = (self._search(rank, target, owner, joints, open_only, spot) for spot in sorted(spots))
        return min((line for line in found if line is not None), key=lambda line: line.order, default=None)

    def net(self, target: Node) -> Net:
        """What lies upstream of a holder."""
        if target not in self._nets:
            self._nets[target] = Net(self.matter, target)
        return self._nets[target]

    def asking(self, places: frozenset[int], amount: Decimal | None = None) -> Lines:
        """The same search for other places, and another amount where one is given."""
        amount = self.ask.amount if amount is None else amount
        return self.asking_for(Ask(amount, places, self.ask.worst))

    def asking_for(self, ask: Ask) -> Lines:
        """The same search for another question; what is known of the delegations is shared."""
        if ask == self.ask:
            return self
        if ask not in self._others:
            self._others[ask] = Lines(self.matter, ask, self._nets)
        return self._others[ask]

    # Where lines start ------------------------------------------------------------------------------------------

    def _starts(self, rank: int, net: Net, owner: int | None, joints: int, spot: int | None) -> list[Line]:
        """Lines without a delegation yet: at the owners, and at joint committees that hold the function."""
        bodies = [body for body in net.bodies if owner in (None, body)]
        starts = [line for body in bodies for line in self.own(body, spot) if line.rank >= rank]
        through = (self.joint_at(rank, node, owner, joints - 1) for node in net.joints) if joints else ()
        starts += [line for line in through if line is not None]
        return starts if spot is None else [line for line in starts if line.ground.covers(frozenset({spot}))]

    def own(self, body: int, spot: int | None = None) -> Iterator[Line]:
        """A body's own titles to the function, as lines."""
        places = self.ask.places if spot is None else frozenset({spot})
        for title in self.matter.titles(body):
            rank = title.rank
            if rank == WITHIN and not (self.live and title.ground.covers(places) and not title.ground.empty):
                rank = OUTSIDE
            arcs = () if title.arc is None else (title.arc,)
            left = NO_LIMIT if title.arc is None else title.arc.left
            if rank == WITHIN and self.ask.amount is not None and self.ask.amount > left:
                rank = OVER
            yield Line(rank, Node.body(body), body, arcs, 0, left, title.ground)

    # Joint committees -------------------------------------------------------------------------------------------

    def holders(self, joint: Node) -> dict[int, frozenset[int]]:
        """The bodies whose delegation a joint committee needs, with the places asked that lie in each one's area.

        Those that take part and own the function where it was asked; else those that own it anywhere.
        """
        forum = self.index.forums[joint.id]
        taking_part = sorted({participant.body for participant in forum.participants})
        grounds = {body: ground for body in taking_part if (ground := self.matter.ground(body)) is not None}
        shared = {body: ground.shared(self.ask.places) for body, ground in grounds.items()}
        if self.ask.places and any(shared.values()):
            return {body: places for body, places in shared.items() if places}
        return {body: self.ask.places for body in grounds or taking_part if self.matter.titles(body)}

    def uncovered(self, holders: dict[int, frozenset[int]]) -> bool:
        """Whether a place asked lies in no holder's area."""
        return not self.ask.places <= frozenset[int]().union(*holders.values())

    def from_each(self, joint: Node) -> dict[int, Line | None]:
        """The best line to a joint committee from each body that must have delegated to it."""
        return {
            body: self.asking(places).best(joint, body, JOINT_COMMITTEES_IN_A_LINE - 1)
            for body, places in self.holders(joint).items()
        }

    def joint_at(self, rank: int, joint: Node, owner: int | None, joints: int) -> Line | None:
        """A joint committee as the start of lines onward (from one owner): all its holders' lines pass the tests
        before `rank`. One in which nobody who takes part owns the function is a holder like any other."""
        holders = self.holders(joint)
        if not holders:
            return self.at(rank, joint, owner, joints, open_only=rank > DOUBLE)
        key = (joint, rank, joints)
        if key not in self._joint:
            self._joint[key] = self._together_at(rank, joint, holders, joints)
        line = self._joint[key]
        return line if line is None or owner is None else line.of(owner)

    def _together_at(self, rank: int, joint: Node, holders: dict[int, frozenset[int]], joints: int) -> Line | None:
        if rank > OUTSIDE and self.uncovered(holders):
            return None
        found = {}
        for body, places in holders.items():
            line = self.asking(places).at(rank, joint, body, joints, open_only=rank > DOUBLE)
            if line is None:
                return None
            found[body] = line
        return together(found)

    # The search -------------------------------------------------------------------------------------------------

    def _search(
        self, rank: int, target: Node, owner: int | None, joints: int, open_only: bool, spot: int | None
    ) -> Line | None:
        net = self.net(target)
        starts = self._starts(rank, net, owner, joints, spot)
        if not starts:
            return None
        places = self.ask.places if spot is None else frozenset({spot})
        walk = Walk(net, target, rank, open_only, places, self.ask.amount)
        line = walk.best(starts)
        return None if line is None else replace(line, rank=rank)


def together(lines: dict[int, Line]) -> Line:
    """The lines of a joint committee as one: its worst line, the smallest limit, all the ground.

    The worst line fails first; of those that fail alike it has the lowest limit, then the lowest body.
    """
    worst = min(lines.values(), key=lambda line: (line.rank, line.left, line.body))
    ground = worst.ground
    for line in lines.values():
        ground = ground.joined(line.ground)
    return replace(
        worst,
        external=max(line.external for line in lines.values()),
        left=min(line.left for line in lines.values()),
        ground=ground,
        open=all(line.open for line in lines.values()),
        joint=tuple(sorted(lines.items())),
    )


class Walk:
    """The best chain through a net: fewest external steps, then the highest limit, then the lowest ids.

    A chain visits no holder twice, so loops end by themselves. Two passes, each polynomial: the first finds the
    fewest steps and the highest limit, the second the lowest ids among the chains that reach both.
    """

    def __init__(
        self, net: Net, target: Node, rank: int, open_only: bool, places: frozenset[int], amount: Decimal | None
    ) -> None:
        self.target = target
        self.strict = rank > DOUBLE
        self.open_only = open_only
        self.out = {node: [arc for arc in arcs if arc.fails(places, amount) >= rank] for node, arcs in net.out.items()}

    def best(self, starts: list[Line]) -> Line | None:
        """The best line from one of the starts to the target."""
        aim = self._aim(starts)
        if aim is None:
            return None
        external, left = aim
        lines = (self._lowest(start, external, left) for start in starts if start.left >= left)
        return min((line for line in lines if line is not None), key=lambda line: line.ids)

    def _aim(self, starts: Iterable[Line]) -> tuple[int, Decimal] | None:
        """The fewest external steps with which the target is reached, and the highest limit with so few."""
        waiting = [(line.external, -line.left, line.at, self._shut(line)) for line in starts]
        heapq.heapify(waiting)
        done: set[tuple[Node, bool]] = set()
        while waiting:
            external, left, node, shut = heapq.heappop(waiting)
            if node == self.target and not (self.open_only and shut):
                return external, -left
            if (node, shut) in done:
                continue
            done.add((node, shut))
            for arc in self._steps(node, shut):
                entry = (external + arc.external, max(left, -arc.left), arc.target, self._then(arc, shut))
                heapq.heappush(waiting, entry)
        return None

    def _lowest(self, start: Line, external: int, left: Decimal) -> Line | None:
        """From one start: the chain with the lowest ids among those with so few external steps and so high a limit."""
        line, node, seen = start, start.at, {start.at}
        if self._missing(node, self._shut(line), frozenset(), left) != external - line.external:
            return None
        while node != self.target:
            for arc in self._steps(node, self._shut(line)):
                if arc.left < left or arc.target in seen:
                    continue
                then = line.then(arc)
                rest = self._missing(arc.target, self._shut(then), frozenset(seen), left)
                if rest is not None and then.external + rest == external:
                    line, node = then, arc.target
                    seen.add(node)
                    break
            else:
                return None
        return line

    def _missing(self, node: Node, shut: bool, seen: frozenset[Node], left: Decimal) -> int | None:
        """The fewest external steps from a holder to the target, keeping clear of holders already seen."""
        waiting = [(0, node, shut)]
        done: set[tuple[Node, bool]] = set()
        while waiting:
            external, at, shut = heapq.heappop(waiting)
            if at == self.target and not (self.open_only and shut):
                return external
            if (at, shut) in done:
                continue
            done.add((at, shut))
            for arc in self._steps(at, shut):
                if arc.left >= left and arc.target not in seen:
                    heapq.heappush(waiting, (external + arc.external, arc.target, self._then(arc, shut)))
        return None

    def _steps(self, node: Node, shut: bool) -> Iterator[Arc]:
        """Delegations that may follow; after an external step without permission, only internal ones."""
        for arc in self.out.get(node, ()):
            if not (self.strict and shut and arc.external):
                yield arc

    def _shut(self, line: Line) -> bool:
        return self.strict and not line.open

    def _then(self, arc: Arc, shut: bool) -> bool:
        return self.strict and (shut or (arc.external and not arc.edge.onward_delegation_permitted))
