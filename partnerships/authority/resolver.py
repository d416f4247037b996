"""May this forum take this decision? `resolve` answers from the graph alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from .answer import Alternative, Answer, Status, Step
from .graph import LEVELS, RECOMMENDING, Graph, Model, Node
from .index import Index, get
from .lines import Ask, Lines
from .matter import NO_LIMIT, OVER, WITHIN, Matter
from .meeting import MeetingFacts, with_meeting
from .owners import owned_by, owners_concerned
from .verdict import Verdict, judge, step

HOLDING = (Status.WITHIN_AUTHORITY, Status.EXCEEDS_LIMIT)
"""Statuses of those who hold the function here, if perhaps not for this amount."""


def resolve(
    graph: Graph,
    *,
    forum: int | Node,
    function: str,
    amount: Decimal | int | None = None,
    places: Collection[int] = (),
    on: date,
) -> Answer:
    """Whether the forum (its id, or the node of a post or body) may decide on the function that day.

    `amount`: pounds, inclusive; None asks "up to what?". `places`: all must lie in the chain's area; none named
    means the holder's whole area. A post that nobody held that day is told as vacant, as a meeting would. Raises
    `UnknownRecord` for an unknown forum, function or place, and ValueError for a negative amount.
    """
    if amount is not None and amount < 0:
        raise ValueError("An amount cannot be below nothing.")
    asked = Node.forum(forum) if isinstance(forum, int) else forum
    money = None if amount is None else Decimal(amount)
    node = graph.index.home(asked)
    for place in places:
        get(graph.index.places, place, "place")
    lines = Lines(Matter(graph.index, function, on), Ask(money, frozenset(places)))
    verdict = judge(lines, node)
    bodies = _accountable(lines, asked, verdict)
    chain = verdict.nearest if verdict.main is None else verdict.main.arcs
    answer = Answer(
        forum=asked,
        function=function,
        amount=money,
        places=tuple(sorted(lines.ask.places)),
        on=on,
        status=verdict.status,
        chain=tuple(step(arc) for arc in chain),
        broken_edge=verdict.broken,
        limit=verdict.limit,
        valid_until=min((arc.ends for arc in verdict.arcs if arc.ends is not None), default=None),
        accountable_bodies=bodies if verdict.lines or len(bodies) == 1 else (),
        holders_needed=_holders_needed(graph.index, verdict),
        missing_holders=verdict.missing,
        parts=verdict.parts,
        alternatives=_alternatives(lines, asked, verdict, bodies),
        further_approval_needed=further_approvals(lines, bodies),
        reserved_parts=_reserved_parts(lines.matter, verdict),
        envelope=_envelope(lines, node),
        area=verdict.area if verdict.lines else tuple(sorted(_meets_for(graph.index, asked))),
    )
    if node.kind == "post" and graph.index.posts[node.id].vacant(on):
        facts = MeetingFacts(post_vacant=True, holders_agreeing=frozenset(answer.holders_needed))
        return with_meeting(answer, facts)
    return answer


def _accountable(lines: Lines, asked: Node, verdict: Verdict) -> tuple[int, ...]:
    """Who stays accountable: behind the lines; where there are none, or they do not own it for the places asked, the
    bodies whose function it is there."""
    matter, places = lines.matter, lines.ask.places
    if verdict.bodies and (verdict.status is not Status.OUTSIDE_AREA or owned_by(matter, verdict.bodies, places)):
        return verdict.bodies
    found = owners_concerned(matter, lines.index.home(asked), places or _meets_for(lines.index, asked))
    return tuple(found) or verdict.bodies


def _meets_for(index: Index, asked: Node) -> frozenset[int]:
    """The places that a forum meets for."""
    return index.forums[asked.id].places if asked.kind == "forum" else frozenset()


def _holders_needed(index: Index, verdict: Verdict) -> tuple[int, ...]:
    """The bodies that decide jointly: their voting member must be present and agree."""
    sources = {index.legal_body(arc.source) for arc in verdict.arcs if arc.edge.model is Model.JOINT}
    return tuple(sorted(body for body in sources if body is not None))


def _alternatives(lines: Lines, asked: Node, verdict: Verdict, owners: Collection[int]) -> tuple[Alternative, ...]:
    """Who else holds the function here for all the bodies concerned, lowest level first; those with too low a limit
    are told as such.

    Without places asked it is the ground of the forum's own line that another must cover; without a line, what the
    forum meets for. Left out: vacant posts and powers for urgent cases only.
    """
    places = lines.ask.places
    together = {*(owners if verdict.lines else ()), *verdict.missing}
    if not places:
        ground = None if verdict.main is None else verdict.main.ground
        places = _meets_for(lines.index, asked) if ground is None else (ground.only or frozenset()) - ground.without
    search, node = lines.asking_for(Ask(lines.ask.amount, places, OVER)), lines.index.home(asked)
    found = (holding(search, each) for each in downstream(lines, owners) if each != node)
    able = (pair for pair in found if pair is not None and together <= {*pair[1].bodies})
    return tuple(sorted((each for each, _ in able), key=lowest_first))


def downstream(lines: Lines, owners: Iterable[int]) -> set[Node]:
    """The owners and every holder to which the function was passed on from them, in whatever state."""
    seen = {Node.body(owner) for owner in owners}
    waiting = list(seen)
    while waiting:
        for node in lines.matter.onward(waiting.pop()):
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return seen


def holding(lines: Lines, node: Node) -> tuple[Alternative, Verdict] | None:
    """A holder of the function here, if perhaps not for this amount, with the verdict on it; None: it is none."""
    index, on = lines.index, lines.matter.on
    if node.kind == "post" and index.posts[node.id].vacant(on):
        return None
    if not index.life(node).covers(on) or index.form(node) in RECOMMENDING:
        return None
    verdict = judge(lines, node)
    if not all(status in HOLDING for status in (verdict.status, *(part.status for part in verdict.parts))):
        return None
    if any(arc.edge.urgent for arc in verdict.arcs):
        return None
    body = verdict.bodies[0] if len(verdict.bodies) == 1 else None
    return Alternative(index.shown(node), index.level(node), verdict.status, verdict.limit, body), verdict


def lowest_first(each: Alternative) -> tuple[int, Decimal, Node]:
    """The order of those who could take it: lowest level, then lowest limit."""
    level = LEVELS.index(each.level) if each.level in LEVELS else len(LEVELS)
    return (level, NO_LIMIT if each.limit is None else each.limit, each.holder)


def further_approvals(lines: Lines, bodies: Iterable[int]) -> tuple[str, ...]:
    """Further approvals of the function and of the wholes it is part of, that this amount and these bodies need."""
    amount = lines.ask.amount
    kinds = {mark for body in bodies for mark in ({lines.index.bodies[body].kind} | lines.index.bodies[body].marks)}
    needed = [
        approval.text
        for each in lines.matter.functions
        for approval in each.approvals
        if (approval.above is None or amount is None or amount > approval.above)
        and (not approval.applies_to or approval.applies_to & kinds)
    ]
    return tuple(dict.fromkeys(needed))


def _reserved_parts(matter: Matter, verdict: Verdict) -> tuple[str, ...]:
    """Parts of the function that its delegation does not include."""
    if all(arc.edge.model is Model.TRANSFERRED for arc in verdict.arcs):
        return ()
    functions = matter.index.functions
    return tuple(code for code in matter.index.parts_of(matter.function.code) if not functions[code].delegable)


def _envelope(lines: Lines, node: Node) -> Step | None:
    """The contract in force under which a lead provider may spend: its own, else its body's; the lowest id."""
    body = lines.index.legal_body(node)
    holders = [node] if body is None else [node, Node.body(body)]
    contracts = (arc for holder in holders for arc in lines.matter.contracts(holder))
    places = lines.ask.places
    return next((step(arc) for arc in contracts if arc.rank == WITHIN and arc.fails(places, None) == WITHIN), None)
