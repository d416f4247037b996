"""A slow, obviously right search for authority, to hold the resolver against.

It lists every chain that visits no holder twice and puts each through the tests one by one, in the
plainest way. It shares nothing with the resolver but the records of the graph. Areas are sets over all places and
`ELSEWHERE`, so that "anywhere" is a set like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from partnerships.authority import (
    Edge,
    Graph,
    Model,
    Node,
    Span,
    State,
)

ON = date(2027, 1, 14)
BEFORE, AFTER = date(2026, 12, 31), date(2027, 1, 15)
PLACES = (1, 2, 3)
ELSEWHERE = 0
EVERYWHERE = frozenset({ELSEWHERE, *PLACES})
INFINITE = Decimal("Infinity")
RECOMMENDING = ("consultative_forum", "council_of_governors")
TESTS = [
    "recommend_only",
    "reserved",
    "not_recorded",
    "not_delegated",
    "not_yet_in_force",
    "expired",
    "suspended",
    "double_delegation",
    "outside_area",
    "exceeds_limit",
    "within_authority",
]


@dataclass
class Chain:
    """The owner, the transfer to it if any, the delegations from it on.

    Where it passed a joint committee: `before` of its edges lie before that committee, whose lines by body are
    `joint`; `weakest` is their smallest limit, `many` their most external steps, `shut` says that one is not open.
    """

    owner: int
    edges: list[Edge]
    area: frozenset[int]
    life: list[str] = field(default_factory=list)
    joint: dict[int, Chain] = field(default_factory=dict)
    weakest: Decimal = INFINITE
    many: int = 0
    shut: bool = False
    before: int = 0


@dataclass
class Finding:
    """What the search says of a holder."""

    status: str
    limit: Decimal | None = None
    edges: list[int] = field(default_factory=list)
    bodies: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    parts: list[tuple[int, str, Decimal | None, Decimal | None]] = field(default_factory=list)
    area: frozenset[int] = EVERYWHERE
    bounded: bool = False  # a delegation behind it, of any of its bodies, names places


class Search:
    """The question's function on the day, over lists."""

    def __init__(self, world: Graph, function: str) -> None:
        self.world = world
        self.bodies = {body.id: body for body in world.bodies}
        self.forums = {forum.id: forum for forum in world.forums}
        self.posts = {post.id: post for post in world.posts}
        self.functions = {each.code: each for each in world.functions}
        self.found: dict[tuple[Node, frozenset[int], Decimal | None], Finding] = {}
        self.owned: dict[int, list[Chain]] = {}
        self.upward = [self.functions[function]]
        while (parent := self.upward[-1].parent) is not None:
            self.upward.append(self.functions[parent])
        codes = [each.code for each in self.upward]
        counted = [
            edge
            for edge in world.edges
            if edge.function in codes
            and edge.state != State.DRAFT
            and edge.model != Model.SEAT
            and edge.basis != "contract"
            and self.same(edge.source) != self.same(edge.target)
        ]
        self.transfers = [edge for edge in counted if self.is_transfer(edge)]
        mute = (*RECOMMENDING, "committees_in_common")
        self.passing = [
            edge for edge in counted if not self.is_transfer(edge) and self.form(self.same(edge.source)) not in mute
        ]

    # Records

    def nodes(self) -> list[Node]:
        bodies = [Node.body(id) for id in self.bodies]
        return bodies + [Node.forum(id) for id in self.forums] + [Node.post(id) for id in self.posts]

    def same(self, node: Node) -> Node:
        forum = self.forums.get(node.id) if node.kind == "forum" else None
        if forum and forum.form == "individual_executive" and forum.post in self.posts:
            return Node.post(forum.post)
        return Node.body(forum.body) if forum and forum.form == "board" and forum.body is not None else node

    def vacant(self, node: Node) -> bool:
        held = self.posts[node.id].held if node.kind == "post" else None
        return held is not None and not any(span.covers(ON) for span in held)

    def form(self, node: Node) -> str:
        return self.forums[node.id].form if node.kind == "forum" else ""

    def is_transfer(self, edge: Edge) -> bool:
        ends = (self.same(edge.source).kind, self.same(edge.target).kind)
        return edge.model == Model.TRANSFERRED and ends == ("body", "body")

    def legal_body(self, node: Node) -> int | None:
        if node.kind == "body":
            return node.id
        if node.kind == "post":
            return self.posts[node.id].body
        of_several = self.form(node) in ("joint_committee", "committees_in_common")
        return None if of_several else self.forums[node.id].body

    def lives(self, node: Node) -> list[Span]:
        own = {"body": self.bodies, "forum": self.forums, "post": self.posts}[node.kind][node.id].days
        body = self.legal_body(node)
        return [own] if body is None else [own, self.bodies[body].days]

    def time(self, edge: Edge) -> str:
        spans = [edge.days, *self.lives(self.same(edge.source)), *self.lives(self.same(edge.target))]
        if edge.state == State.APPROVED or any(span.starts and span.starts > ON for span in spans):
            return "not_yet_in_force"
        if edge.state == State.ENDED and (edge.ended_on is None or edge.ended_on < ON):
            return "expired"
        if any(span.ends and span.ends < ON for span in spans):
            return "expired"
        if edge.state == State.SUSPENDED:
            return "suspended"
        return "within_authority"

    def left(self, edge: Edge) -> Decimal:
        if edge.limit is None:
            return INFINITE
        used = dict(edge.committed).get(2026, Decimal(0)) if edge.annual else Decimal(0)
        return max(edge.limit - used, Decimal(0))

    def external(self, edge: Edge) -> bool:
        if self.is_transfer(edge):
            return False
        one, other = (self.legal_body(self.same(end)) for end in (edge.source, edge.target))
        return one is None or one != other

    def reserved(self, edge: Edge) -> bool:
        if self.is_transfer(edge):
            return False
        codes = [each.code for each in self.upward]
        return not all(each.delegable for each in self.upward[: codes.index(edge.function) + 1])

    def places(self, edge: Edge) -> frozenset[int]:
        return self.existing(edge.places) if edge.places else EVERYWHERE

    def existing(self, places: frozenset[int]) -> frozenset[int]:
        return places - {place.id for place in self.world.places if not place.days.covers(ON)}

    def area(self, body: int) -> frozenset[int]:
        footprints = self.bodies[body].area
        if not footprints:
            return EVERYWHERE
        return self.existing(frozenset(each.place for each in footprints if each.days.covers(ON)))

    # Who owns the function

    def owns_by_law(self, body: int) -> bool:
        kinds = next((each.owner_kinds for each in self.upward if each.owner_kinds), frozenset())
        return self.bodies[body].kind in kinds

    def real_transfers(self) -> list[Edge]:
        """Those that begin, through however many transfers, with an owner by law."""
        owners = {body for body in self.bodies if self.owns_by_law(body)}
        for _ in self.transfers:
            owners |= {self.same(edge.target).id for edge in self.transfers if self.same(edge.source).id in owners}
        return [edge for edge in self.transfers if self.same(edge.source).id in owners]

    def titles(self, body: int) -> list[Chain]:
        """How a body owns the function: found once."""
        if body not in self.owned:
            self.owned[body] = self.titles_afresh(body)
        return self.owned[body]

    def titles_afresh(self, body: int) -> list[Chain]:
        real = self.real_transfers()
        gone = [edge for edge in real if self.gives(body, edge)]
        if any(not edge.places for edge in gone):
            return []
        lost = frozenset(place for edge in gone for place in self.places(edge))
        found = []
        if self.owns_by_law(body):
            days = self.bodies[body].days
            life = ["not_yet_in_force"] if days.starts and days.starts > ON else []
            life += ["expired"] if days.ends and days.ends < ON else []
            found.append(Chain(body, [], self.area(body) - lost, life))
        for edge in real:
            if self.same(edge.target).id == body:
                area = self.places(edge) if edge.places else self.area(self.same(edge.source).id)
                found.append(Chain(body, [edge], area - lost))
        return found

    def ground(self, body: int) -> frozenset[int]:
        held = [
            each for each in self.titles(body) if not each.life and all(self.time(e) == TESTS[-1] for e in each.edges)
        ]
        return frozenset().union(*(each.area for each in held))

    # The tests, one by one

    def passes(self, chain: Chain, before: int, places: frozenset[int], amount: Decimal | None) -> bool:
        """Whether a chain passes every test that comes before the one numbered `before`."""
        return all(self.passes_test(chain, TESTS[n], places, amount) for n in range(before))

    def passes_test(self, chain: Chain, test: str, places: frozenset[int], amount: Decimal | None) -> bool:
        if test == "reserved":
            return not any(self.reserved(edge) for edge in chain.edges)
        if test in ("not_yet_in_force", "expired", "suspended"):
            return test not in chain.life and not any(self.fails_in_time(edge, test) for edge in chain.edges)
        if test == "double_delegation":
            outward = [edge for edge in chain.edges if self.external(edge)]
            return all(edge.onward_delegation_permitted for edge in outward[:-1])
        if test == "outside_area":
            live = all(place.days.covers(ON) for place in self.world.places if place.id in places)
            return live and (places <= chain.area if places else bool(chain.area))
        if test == "exceeds_limit":
            return amount is None or amount <= self.limit_of(chain)
        return True

    def fails_in_time(self, edge: Edge, test: str) -> bool:
        order = ["not_yet_in_force", "expired", "suspended"]
        return self.time(edge) in order and order.index(self.time(edge)) <= order.index(test)

    def limit_of(self, chain: Chain) -> Decimal:
        return min([chain.weakest, *(self.left(edge) for edge in chain.edges)])

    def steps_of(self, chain: Chain) -> int:
        return chain.many + sum(self.external(edge) for edge in chain.edges[chain.before :])

    def order(self, chain: Chain) -> tuple[int, Decimal, list[int]]:
        return (self.steps_of(chain), -self.limit_of(chain), [edge.id for edge in chain.edges])

    def owners_of(self, chain: Chain) -> set[int]:
        return {chain.owner}.union(*(self.owners_of(each) for each in chain.joint.values()))

    def is_bounded(self, chain: Chain) -> bool:
        return any(edge.places for edge in chain.edges) or any(self.is_bounded(each) for each in chain.joint.values())

    def is_open(self, chain: Chain) -> bool:
        outward = [edge for edge in chain.edges if self.external(edge)]
        return not chain.shut and all(edge.onward_delegation_permitted for edge in outward)

    # Chains

    def chains(
        self, before: int, target: Node, owner: int | None, joints: int, places: frozenset[int], amount: Decimal | None
    ) -> Iterator[Chain]:
        """Every chain to the target that passes the tests before `before`."""
        for body in self.bodies:
            if owner in (None, body):
                for title in self.titles(body):
                    yield from self.grow(title, Node.body(body), {Node.body(body)}, before, target, places, amount)
        if joints:
            for forum in self.world.forums:
                node = Node.forum(forum.id)
                if forum.form == "joint_committee" and node != target:
                    start = self.joint(before, node, owner, joints - 1, places, amount)
                    if start is not None:
                        yield from self.grow(start, node, {node}, before, target, places, amount)

    def grow(
        self,
        chain: Chain,
        at: Node,
        seen: set[Node],
        before: int,
        target: Node,
        places: frozenset[int],
        amount: Decimal | None,
    ) -> Iterator[Chain]:
        if at == target:
            if self.whole_passes(chain, before, places, amount):
                yield chain
            return
        for edge in self.passing:
            then = self.same(edge.target)
            joint_on_the_way = self.form(then) == "joint_committee" and then != target
            if self.same(edge.source) == at and then not in seen and not joint_on_the_way:
                longer = replace(chain, edges=[*chain.edges, edge], area=chain.area & self.places(edge))
                yield from self.grow(longer, then, seen | {then}, before, target, places, amount)

    def whole_passes(self, chain: Chain, before: int, places: frozenset[int], amount: Decimal | None) -> bool:
        """Where it passed a joint committee, the part before it was tested for each body's own places."""
        joined = chain.before
        if not joined:
            return self.passes(chain, before, places, amount)
        after = chain.edges[joined:]
        rest = Chain(chain.owner, after, frozenset(EVERYWHERE).intersection(*(self.places(edge) for edge in after)))
        passed = self.passes(rest, before, places, amount)
        if before > TESTS.index("double_delegation") and any(self.external(edge) for edge in after):
            passed = passed and not chain.shut
        if before > TESTS.index("outside_area") and not places:
            passed = passed and bool(chain.area)
        return passed

    def best_of(self, chains: list[Chain]) -> Chain | None:
        return min(chains, key=self.order, default=None)

    # Joint committees

    def holders(self, node: Node, places: frozenset[int]) -> dict[int, frozenset[int]]:
        taking_part = sorted({each.body for each in self.forums[node.id].participants})
        owners = [body for body in taking_part if self.ground(body)]
        there = {body: places & self.ground(body) for body in owners if places & self.ground(body)}
        if there:
            return there
        return {body: places for body in owners or taking_part if self.titles(body)}

    def joint(
        self, before: int, node: Node, owner: int | None, joints: int, places: frozenset[int], amount: Decimal | None
    ) -> Chain | None:
        """A joint committee as the start of chains onward, or as one of its bodies sees it."""
        strict = before > TESTS.index("double_delegation")
        holders = self.holders(node, places)
        if not holders:
            found = [
                c for c in self.chains(before, node, owner, joints, places, amount) if self.is_open(c) or not strict
            ]
            best = self.best_of(found)
            return None if best is None else self.as_start(best, {})
        covered = frozenset().union(*holders.values())
        if before > TESTS.index("outside_area") and not places <= covered:
            return None
        lines: dict[int, Chain] = {}
        for body, own in holders.items():
            found = [c for c in self.chains(before, node, body, joints, own, amount) if self.is_open(c) or not strict]
            best = self.best_of(found)
            if best is None:
                return None
            lines[body] = best
        weakest = min(lines.items(), key=lambda item: (self.limit_of(item[1]), item[0]))[1]
        start = self.as_start(weakest, lines)
        return start if owner is None else self.seen_from(start, owner)

    def as_start(self, chain: Chain, lines: dict[int, Chain]) -> Chain:
        every = list(lines.values()) or [chain]
        return replace(
            chain,
            joint=lines or chain.joint,
            area=frozenset().union(*(each.area for each in every)),
            weakest=min(self.limit_of(each) for each in every),
            many=max(self.steps_of(each) for each in every),
            shut=not all(self.is_open(each) for each in every),
            before=len(chain.edges),
        )

    def seen_from(self, start: Chain, owner: int) -> Chain | None:
        if owner not in start.joint:
            return None
        own = start.joint[owner]
        return replace(start, owner=owner, edges=own.edges, area=own.area, before=len(own.edges))

    # Findings

    def best(
        self, target: Node, owner: int | None, joints: int, places: frozenset[int], amount: Decimal | None
    ) -> tuple[str, Chain] | None:
        for test in reversed(TESTS):
            if test in ("recommend_only", "not_recorded", "not_delegated"):
                continue
            chain = self.best_of(list(self.chains(TESTS.index(test), target, owner, joints, places, amount)))
            if chain is not None:
                return test, chain
        return None

    def lacking(self, bodies: list[int]) -> str:
        family = self.upward[0].family
        complete = {row.body for row in self.world.completeness if row.family == family and row.complete_from <= ON}
        return "not_delegated" if bodies and complete.issuperset(bodies) else "not_recorded"

    def concerned(self, node: Node, places: frozenset[int]) -> list[int]:
        """Whose function it is where it was asked: those behind the holder who own it, whoever they transferred it to,
        and whoever owns it for a place that these do not; without places, in whose area they work."""
        body = self.legal_body(node)
        behind = [body] if body is not None else [each.body for each in self.forums[node.id].participants]
        own = {each for each in behind if self.ground(each)}
        moved = [edge for edge in self.real_transfers() if any(self.gives(each, edge) for each in behind)]
        given = {self.same(edge.target).id for edge in moved}
        known = {each for each in self.bodies if self.ground(each) and ELSEWHERE not in self.ground(each)}
        if places:
            here = {each for each in own if self.ground(each) & places}
            if places <= frozenset().union(*(self.ground(each) for each in here)):
                return sorted(here)
            there = here | given | {each for each in known if self.ground(each) & places}
            return sorted(there or own)
        areas = [self.area(each) for each in behind if self.bodies[each].area]
        working = frozenset().union(*(self.bodies[each].within for each in behind))
        near = {each for each in known if each in working or self.ground(each) & frozenset().union(*areas)}
        return sorted(own | given or near)

    def gives(self, body: int, edge: Edge) -> bool:
        return self.same(edge.source).id == body and self.time(edge) == "within_authority"

    def of_best(self, best: tuple[str, Chain] | None, bodies: list[int]) -> Finding:
        if best is None:
            return Finding(self.lacking(bodies))
        status, chain = best
        limit = self.limit_of(chain)
        owners = sorted(self.owners_of(chain))
        ids = [edge.id for edge in chain.edges]
        bounded = self.is_bounded(chain)
        return Finding(status, None if limit == INFINITE else limit, ids, owners, area=chain.area, bounded=bounded)

    def find(self, node: Node, places: frozenset[int], amount: Decimal | None) -> Finding:
        """What holds of a holder; found once for each question."""
        key = (self.same(node), places, amount)
        if key not in self.found:
            self.found[key] = self.find_afresh(*key)
        return self.found[key]

    def find_afresh(self, node: Node, places: frozenset[int], amount: Decimal | None) -> Finding:
        form = self.form(node)
        if form in RECOMMENDING:
            return Finding("recommend_only")
        if form == "joint_committee":
            return self.find_joint(node, places, amount)
        if form == "committees_in_common":
            return self.find_common(node, places, amount)
        return self.of_best(self.best(node, None, 2, places, amount), self.concerned(node, places))

    def gather(self, parts: dict[int, Finding], shares: dict[int, Decimal | None]) -> Finding:
        limits = [INFINITE if part.limit is None else part.limit for part in parts.values()]
        missing = [body for body, part in parts.items() if not part.bodies]
        return Finding(
            "",
            None if missing or min(limits) == INFINITE else min(limits),
            [],
            sorted({body for part in parts.values() for body in part.bodies}),
            missing,
            [(body, part.status, part.limit, shares[body]) for body, part in parts.items()],
            bounded=any(part.bounded for part in parts.values()),
        )

    def find_joint(self, node: Node, places: frozenset[int], amount: Decimal | None) -> Finding:
        holders = self.holders(node, places)
        if not holders:
            return self.of_best(self.best(node, None, 1, places, amount), self.concerned(node, places))
        parts = {body: self.of_best(self.best(node, body, 1, own, amount), [body]) for body, own in holders.items()}
        found = self.gather(parts, dict.fromkeys(parts))

        def severity(body: int) -> tuple[int, Decimal, int]:
            part = parts[body]
            return (TESTS.index(part.status), INFINITE if part.limit is None else part.limit, body)

        worst = parts[min(parts, key=severity)]
        found.status, found.edges, found.area = worst.status, worst.edges, worst.area
        return self.held_to_area(found, holders, places)

    def held_to_area(self, found: Finding, holders: dict[int, frozenset[int]], places: frozenset[int]) -> Finding:
        uncovered = not places <= frozenset().union(*holders.values())
        better = ("exceeds_limit", "within_authority", "partial")
        if uncovered and found.status in better:
            found.status = "outside_area"
        return found

    def find_common(self, node: Node, places: frozenset[int], amount: Decimal | None) -> Finding:
        holders = self.holders(node, places)
        if not holders:
            return Finding(self.lacking(self.concerned(node, places)))
        weights = {each.body: each.share for each in self.forums[node.id].participants}
        shares: dict[int, Decimal | None] = dict.fromkeys(holders, amount)
        if amount is not None and all(weights[body] for body in holders):
            total = sum(weights[body] or 0 for body in holders)
            pence = int(amount * 100)
            whole = {body: pence * (weights[body] or 0) // total for body in holders}
            for body in list(whole)[: pence - sum(whole.values())]:
                whole[body] += 1
            shares = {body: Decimal(part) / 100 for body, part in whole.items()}
        parts = {
            body: self.of_best(self.best(node, body, 2, own, shares[body]), [body]) for body, own in holders.items()
        }
        found = self.gather(parts, shares)
        statuses = [part.status for part in parts.values()]
        if all(status == "within_authority" for status in statuses):
            found.status = "within_authority"
        elif "within_authority" in statuses:
            found.status = "partial"
        else:
            found.status = max(statuses, key=TESTS.index)
        found.missing = []
        limits = [part.limit for part in parts.values() if part.bodies and part.limit is not None]
        found.limit = min(limits, default=None)
        return self.held_to_area(found, holders, places)
