"""A holder's standing in a matter, form by form: plain holders, joint committees, committees in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from .answer import Break, Part, Status, Step
from .graph import RECOMMENDING, Form, Forum, Node
from .index import DECIDES_ALONE_FOR_NOBODY
from .lines import JOINT_COMMITTEES_IN_A_LINE, Line, Lines
from .matter import DOUBLE, NO_LIMIT, OUTSIDE, OVER, TESTS, WITHIN, Arc, Ground, Matter
from .owners import owners_concerned

PENNY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status of a holder, and the lines it rests on (or would have)."""

    status: Status
    lines: tuple[Line, ...] = ()
    main: Line | None = None
    broken: Break | None = None
    parts: tuple[Part, ...] = ()
    missing: tuple[int, ...] = ()
    nearest: tuple[Arc, ...] = ()

    @property
    def rank(self) -> int:
        """The place of its status among the tests."""
        return TESTS.index(self.status)

    @property
    def left(self) -> Decimal:
        """The most that all its lines allow."""
        return min((line.left for line in self.lines), default=NO_LIMIT)

    @property
    def limit(self) -> Decimal | None:
        """The most that all its lines allow; None: no limit, or a line is missing."""
        return None if self.left == NO_LIMIT or self.missing else self.left

    @property
    def bodies(self) -> tuple[int, ...]:
        """Who stays accountable."""
        return tuple(sorted({body for line in self.lines for body in line.bodies}))

    @property
    def area(self) -> tuple[int, ...]:
        """The places it is bounded to; empty: no delegation it rests on names places."""
        if not self.lines or all(arc.places is None for arc in self.arcs):
            return ()
        ground = self.lines[0].ground
        for line in self.lines[1:]:
            ground = ground.joined(line.ground)
        return tuple(sorted((ground.only or frozenset()) - ground.without))

    @property
    def arcs(self) -> tuple[Arc, ...]:
        """Every delegation it rests on."""
        return tuple({arc.id: arc for line in self.lines for arc in all_arcs(line)}.values())


def judge(lines: Lines, node: Node) -> Verdict:
    """The verdict on any holder."""
    form = lines.index.form(node)
    if form in RECOMMENDING:
        return Verdict(Status.RECOMMEND_ONLY)
    if form == Form.COMMITTEES_IN_COMMON:
        return in_common(lines, node)
    if form == Form.JOINT_COMMITTEE:
        return joint(lines, node)
    return plain(lines, node, lines.best(node))


def plain(lines: Lines, node: Node, line: Line | None) -> Verdict:
    """The verdict on one line to a holder, or on none."""
    if line is not None:
        return Verdict(TESTS[line.rank], (line,), line, where_it_breaks(lines, line))
    matter = lines.matter
    chain = nearest(matter, node)
    end = chain[0].source if chain else node
    owner = matter.index.legal_body(end)
    source = Node.body(owner) if owner is not None and matter.titles(owner) else None
    given_away = matter.passed_on(end.id) if end.kind == "body" else []
    gap = Break(None, source, end)
    if given_away:
        gap = Break(given_away[0].id, given_away[0].edge.source, given_away[0].edge.target)
    return Verdict(unproven(matter, owners_concerned(matter, node, lines.ask.places)), broken=gap, nearest=chain)


def unproven(matter: Matter, bodies: Iterable[int]) -> Status:
    """What the lack of a delegation means: nothing, until every body whose function it is has declared its register
    of it complete."""
    known = list(bodies)
    declared = bool(known) and all(matter.complete(body) for body in known)
    return Status.NOT_DELEGATED if declared else Status.NOT_RECORDED


def nearest(matter: Matter, node: Node) -> tuple[Arc, ...]:
    """For a holder without a line: its delegations as far back as they go, best standing first, then lowest id."""
    chain: list[Arc] = []
    seen = {node}
    while arcs := [arc for arc in matter.into(node) if arc.source not in seen]:
        arc = max(arcs, key=lambda arc: (arc.rank, -arc.id))
        chain.append(arc)
        node = arc.source
        seen.add(node)
    return tuple(reversed(chain))


# Joint committees ---------------------------------------------------------------------------------------------------


def joint(lines: Lines, node: Node) -> Verdict:
    """Every body that takes part and owns the function there must have a valid line to it; the worst one decides."""
    holders = lines.holders(node)
    if not holders:
        return plain(lines, node, lines.best(node, None, JOINT_COMMITTEES_IN_A_LINE - 1))
    each = {
        body: _of_holder(lines.asking(holders[body]), node, body, line) for body, line in lines.from_each(node).items()
    }
    body, worst = min(each.items(), key=lambda item: (item[1].rank, item[1].left, item[0]))
    verdict = replace(
        worst,
        lines=tuple(line for one in each.values() for line in one.lines),
        parts=tuple(_part(holder, one, None) for holder, one in each.items()),
        missing=tuple(holder for holder, one in each.items() if not one.lines),
    )
    return verdict if not lines.uncovered(holders) else _outside(verdict, node)


def _of_holder(lines: Lines, node: Node, body: int, line: Line | None) -> Verdict:
    if line is not None:
        return plain(lines, node, line)
    return Verdict(unproven(lines.matter, [body]), broken=Break(None, Node.body(body), node))


def _outside(verdict: Verdict, node: Node) -> Verdict:
    """A place was asked that none of the bodies covers."""
    if verdict.status is not Status.PARTIAL and verdict.rank <= OUTSIDE:
        return verdict
    return replace(verdict, status=Status.OUTSIDE_AREA, broken=Break(None, None, node))


# Committees in common -----------------------------------------------------------------------------------------------


def in_common(lines: Lines, node: Node) -> Verdict:
    """Each body decides for itself, on its share: all within, some (partial), or none (the best part's status)."""
    forum = lines.index.forums[node.id]
    grounds = _concerned(lines, forum, node)
    if not grounds:
        owners = owners_concerned(lines.matter, node, lines.ask.places)
        return Verdict(unproven(lines.matter, owners), broken=Break(None, None, node))
    shares = split(lines.ask.amount, forum, list(grounds))
    each: dict[int, Verdict] = {}
    for body, (place, areas) in grounds.items():
        own = lines.asking(areas, shares[body])
        each[body] = _own_part(own, node, body) if place == node else _one_committee(own, place)
    verdict = Verdict(
        _common_status(list(each.values())),
        lines=tuple(line for one in each.values() for line in one.lines),
        broken=next((one.broken for one in each.values() if one.status is not Status.WITHIN_AUTHORITY), None),
        parts=tuple(_part(body, one, shares[body]) for body, one in each.items()),
    )
    asked = {body: areas for body, (_, areas) in grounds.items()}
    return verdict if not lines.uncovered(asked) else _outside(verdict, node)


def _concerned(lines: Lines, forum: Forum, node: Node) -> dict[int, tuple[Node, frozenset[int]]]:
    """The bodies that have something to decide: by body, the holder that decides for it and the places asked there."""
    if not forum.committees:
        return {body: (node, places) for body, places in lines.holders(node).items()}
    found: dict[int, tuple[Node, frozenset[int]]] = {}
    asked = lines.ask.places
    for committee in forum.committees:
        holder = lines.index.home(Node.forum(committee))
        body = lines.index.legal_body(holder)
        if body is not None:
            ground = lines.matter.ground(body)
            found[body] = (holder, asked if ground is None else ground.shared(asked))
    there = {body: entry for body, entry in found.items() if entry[1]}
    return dict(sorted((there or {body: (holder, asked) for body, (holder, _) in found.items()}).items()))


def _own_part(lines: Lines, node: Node, body: int) -> Verdict:
    line = lines.best(node, body)
    return _of_holder(lines, node, body, line)


def _one_committee(lines: Lines, holder: Node) -> Verdict:
    if lines.index.form(holder) in DECIDES_ALONE_FOR_NOBODY:
        return Verdict(Status.RECOMMEND_ONLY)
    return judge(lines, holder)


def _common_status(verdicts: list[Verdict]) -> Status:
    within = sum(one.status is Status.WITHIN_AUTHORITY for one in verdicts)
    if within == len(verdicts):
        return Status.WITHIN_AUTHORITY
    return Status.PARTIAL if within else max(verdicts, key=lambda one: one.rank).status


def split(amount: Decimal | None, forum: Forum, bodies: list[int]) -> dict[int, Decimal | None]:
    """Each body's share of an amount, by the forum's recorded weights, in whole pence that add up to the amount.

    Pence left over go to the first bodies. Where a weight is not recorded, each body answers for the whole amount:
    the register must not guess a smaller share.
    """
    weights = {each.body: each.share for each in forum.participants}
    known = [weights.get(body) or 0 for body in bodies]
    if amount is None or not all(known):
        return dict.fromkeys(bodies, amount)
    shares = [(amount * weight / sum(known)).quantize(PENNY, ROUND_DOWN) for weight in known]
    over = amount - sum(shares)
    for place, _ in enumerate(shares):
        extra = min(PENNY, over)
        shares[place] += extra
        over -= extra
    return dict(zip(bodies, shares, strict=True))


def _part(body: int, verdict: Verdict, share: Decimal | None) -> Part:
    chain = () if verdict.main is None else tuple(step(arc) for arc in verdict.main.arcs)
    return Part(body, verdict.status, share, verdict.limit, chain, verdict.broken)


# Chains -------------------------------------------------------------------------------------------------------------


def all_arcs(line: Line) -> tuple[Arc, ...]:
    """The delegations of a line and of the lines of the joint committee it passed."""
    return (*line.arcs, *(arc for _, one in line.joint for arc in all_arcs(one)))


def where_it_breaks(lines: Lines, line: Line) -> Break | None:
    """The first delegation, from the owner on, at which a line fails; the owner itself where its own title does."""
    if line.rank == WITHIN:
        return None
    amount, places = lines.ask.amount, lines.ask.places
    arcs = all_arcs(line)
    if line.rank == DOUBLE:
        arc = _one_too_many(line.arcs)
    elif line.rank == OVER:
        arc = next((arc for arc in arcs if amount is not None and amount > arc.left), None)
    elif line.rank == OUTSIDE:
        arc = _leaving(line, places, lines.matter.ground(line.body))
    else:
        arc = next((arc for arc in arcs if arc.rank == line.rank), None)
    if arc is None:
        return Break(None, None, Node.body(line.body))
    return Break(arc.id, arc.edge.source, arc.edge.target)


def _one_too_many(arcs: tuple[Arc, ...]) -> Arc | None:
    """The external step that follows one without permission to delegate onward."""
    shut = False
    for arc in arcs:
        if arc.external and shut:
            return arc
        shut = shut or (arc.external and not arc.edge.onward_delegation_permitted)
    return None


def _leaving(line: Line, places: frozenset[int], ground: Ground | None) -> Arc | None:
    """The delegation that does not reach all the places; without places, the one after which no ground is left."""
    after = 0
    if line.joint:
        passed = {arc.id for _, one in line.joint for arc in one.arcs}
        after = next((n for n, arc in enumerate(line.arcs) if arc.id not in passed), len(line.arcs))
    if places:
        return next((arc for arc in line.arcs[after:] if arc.places is not None and not places <= arc.places), None)
    rest = Ground() if ground is None else ground
    for arc in line.arcs:
        if rest.within(arc.places).empty:
            return arc if not rest.empty else None
        rest = rest.within(arc.places)
    return None


def step(arc: Arc) -> Step:
    """A delegation as the answer shows it."""
    edge = arc.edge
    return Step(
        edge=edge.id,
        source=edge.source,
        target=edge.target,
        function=edge.function,
        model=edge.model,
        basis=edge.basis,
        instrument=edge.instrument,
        limit=edge.limit,
        annual=edge.annual,
        left=None if arc.left == NO_LIMIT else arc.left,
        starts=edge.days.starts,
        ends=arc.ends,
        review_on=edge.review_on,
        external=arc.external,
        urgent=edge.urgent,
        conditions=edge.conditions,
        places=tuple(sorted(arc.places or ())),
    )
