"""The resolver agrees with a slow, obviously right search, over random systems with loops."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnerships.authority import (
    Answer,
    Body,
    Completeness,
    Edge,
    Footprint,
    Forum,
    Function,
    Graph,
    Model,
    Node,
    Participant,
    Place,
    Post,
    Span,
    State,
    graph,
    resolve,
)
from tests.partnerships.authority_search import (
    AFTER,
    BEFORE,
    ELSEWHERE,
    ON,
    PLACES,
    Finding,
    Search,
)

# Random systems -------------------------------------------------------------------------------------------------------

spans = st.sampled_from([Span()] * 25 + [Span(None, BEFORE), Span(AFTER), Span(ON, ON)])
areas = st.frozensets(st.sampled_from(PLACES), max_size=3)
wide = st.sampled_from([frozenset[int]()] * 4 + [frozenset(PLACES)] * 2) | areas
limits = st.sampled_from(
    [None, None, None, Decimal(0), Decimal(10), Decimal(20), Decimal("20.50"), Decimal(40), Decimal(40)]
)
kinds = st.sampled_from(["icb", "icb", "council", "trust"])
forms = st.sampled_from(
    ["committee"] * 4
    + ["joint_committee"] * 4
    + ["committees_in_common", "consultative_forum", "council_of_governors", "lead_provider", "joint_venture"]
    + ["individual_executive"] * 2
)
FAULTS = [
    {"state": State.DRAFT},
    {"state": State.APPROVED},
    {"state": State.SUSPENDED},
    {"state": State.ENDED},
    {"state": State.ENDED, "ended_on": BEFORE},
    {"state": State.ENDED, "ended_on": ON},
    {"days": Span(None, BEFORE)},
    {"days": Span(AFTER)},
    {"model": Model.SEAT},
    {"basis": "contract"},
]


@st.composite
def systems(draw: st.DrawFn) -> Graph:
    bodies = []
    for id in range(1, draw(st.integers(1, 4)) + 1):
        area = draw(st.sampled_from([None, None, frozenset(PLACES)]) | areas)
        footprints = None if area is None else tuple(Footprint(place) for place in sorted(area))
        within = draw(st.frozensets(st.integers(1, id), max_size=1))
        bodies.append(Body(id, "icb" if id == 1 else draw(kinds), footprints, days=draw(spans), within=within))
    some_body = st.sampled_from([body.id for body in bodies])
    forums = [Forum(10, "board", 1)]
    for id in range(11, 11 + draw(st.integers(1, 5))):
        taking_part = draw(st.lists(some_body, max_size=3, unique=True))
        shares = st.sampled_from([None, 1, 1, 2, 3])
        people = tuple(Participant(body, draw(shares)) for body in taking_part)
        form = draw(forms)
        post = 21 if form == "individual_executive" else None
        forums.append(Forum(id, form, draw(some_body), participants=people, post=post))
    held = draw(st.sampled_from([None, None, (Span(),), (Span(None, BEFORE),)]))
    posts = [Post(21, draw(some_body), held=held)] if draw(st.booleans()) else []
    delegable = st.sampled_from([True] * 15 + [False])
    owners = draw(st.sampled_from([{"icb"}, {"icb", "council"}, {"icb", "council", "trust"}]))
    functions = [
        Function("whole", "family", frozenset(owners), delegable=draw(delegable)),
        Function("part", "family", parent="whole", delegable=draw(delegable)),
    ]
    complete = [
        Completeness(body.id, "family", draw(st.sampled_from([ON, ON, AFTER])))
        for body in bodies
        if draw(st.booleans())
    ]
    places = [Place(place, draw(st.sampled_from([Span()] * 20 + [Span(None, BEFORE)]))) for place in PLACES]
    edges = draw(networks(bodies, forums, posts))
    return graph(
        bodies=bodies,
        forums=forums,
        posts=posts,
        places=places,
        functions=functions,
        edges=edges,
        completeness=complete,
    )


@st.composite
def networks(draw: st.DrawFn, bodies: list[Body], forums: list[Forum], posts: list[Post]) -> list[Edge]:
    """Delegations from anyone to anyone; mostly also one from each body that takes part in a joint forum, and a spine
    from the first body through all forums and posts in some order."""
    given_by = [Node.body(body.id) for body in bodies]
    nodes = given_by + [Node.forum(forum.id) for forum in forums] + [Node.post(post.id) for post in posts]
    ends = []
    for forum in forums:
        if forum.participants and draw(st.integers(0, 3)):
            ends += [(Node.body(each.body), Node.forum(forum.id)) for each in forum.participants]
    if draw(st.integers(0, 3)):
        spine = [given_by[0], *draw(st.permutations(nodes[len(given_by) + 1 :]))]
        ends += zip(spine, spine[1:], strict=False)
    for _ in range(draw(st.integers(0, 8))):
        backward = draw(st.integers(0, 4)) == 0
        source = draw(st.integers(0, len(nodes) - 1))
        target = draw(st.integers(0 if backward else source, len(nodes) - 1))
        ends.append((nodes[source], nodes[target]))
    numbers = draw(st.permutations(range(1, len(ends) + 1)))
    return [draw(delegations(id, *pair)) for id, pair in zip(numbers, ends, strict=True)]


@st.composite
def joint_systems(draw: st.DrawFn) -> Graph:
    """Bodies that own the function alike, a joint committee of theirs, and what it passes on: seldom met by chance."""
    ids = range(1, draw(st.integers(2, 3)) + 1)
    grounds = [draw(st.sampled_from([None, frozenset(PLACES), frozenset({1}), frozenset({1, 2})]) | areas) for _ in ids]
    bodies = [
        Body(id, "icb", None if ground is None else tuple(Footprint(place) for place in sorted(ground)))
        for id, ground in zip(ids, grounds, strict=True)
    ]
    everybody = tuple(Participant(id) for id in ids)
    forums = [
        Forum(10, "board", 1),
        Forum(11, "joint_committee", None, participants=everybody if draw(st.booleans()) else everybody[:2]),
        Forum(
            12,
            draw(st.sampled_from(["committee", "joint_committee"])),
            1,
            participants=draw(st.sampled_from([(), everybody])),
        ),
        *(Forum(20 + id, "committee", id) for id in ids),
    ]
    upward = [(Node.body(id), Node.forum(20 + id)) for id in ids]
    into = [(draw(st.sampled_from(pair)), Node.forum(11)) for pair in upward]
    out = [(Node.forum(11), Node.forum(12)), (Node.forum(12), Node.post(41)), (Node.forum(11), Node.post(41))]
    some = st.sampled_from([Node.body(body.id) for body in bodies] + [Node.forum(forum.id) for forum in forums])
    more = draw(st.lists(st.tuples(some, some), max_size=3))
    ends = upward + into + [pair for pair in out if draw(st.integers(0, 3))] + more
    numbers = draw(st.permutations(range(1, len(ends) + 1)))
    return graph(
        bodies=bodies,
        forums=forums,
        posts=[Post(41, 1)],
        places=[Place(place) for place in PLACES],
        functions=[Function("whole", "family", frozenset({"icb"})), Function("part", "family", parent="whole")],
        edges=[draw(delegations(id, *pair)) for id, pair in zip(numbers, ends, strict=True)],
        completeness=[Completeness(id, "family", ON) for id in ids if draw(st.booleans())],
    )


@st.composite
def delegations(draw: st.DrawFn, id: int, source: Node, target: Node) -> Edge:
    model = draw(st.sampled_from([Model.DELEGATED] * 8 + [Model.JOINT, Model.TRANSFERRED]))
    annual = draw(st.booleans())
    committed = ((2025, Decimal(5)), (2026, draw(st.sampled_from([Decimal(0), Decimal(10)])))) if annual else ()
    sound = Edge(
        id=id,
        function=draw(st.sampled_from(["whole", "whole", "whole", "part"])),
        source=source,
        target=target,
        model=model,
        limit=draw(limits),
        annual=annual,
        committed=committed,
        places=draw(wide),
        onward_delegation_permitted=draw(st.sampled_from([True, True, True, False])),
    )
    fault = draw(st.integers(0, 9 * len(FAULTS)))
    return replace(sound, **FAULTS[fault]) if fault < len(FAULTS) else sound  # type: ignore[arg-type]


def found_by(answer: Answer) -> Finding:
    chain = [step.edge for step in answer.chain] if answer.status.value not in ("not_delegated", "not_recorded") else []
    return Finding(
        answer.status.value,
        answer.limit,
        chain,
        list(answer.accountable_bodies),
        list(answer.missing_holders),
        [(part.body, part.status.value, part.limit, part.share) for part in answer.parts],
    )


questions = st.fixed_dictionaries(
    {
        "function": st.sampled_from(["whole", "part"]),
        "amount": st.sampled_from([None, 0, 10, 20, 21, 40]).map(lambda n: None if n is None else Decimal(n)),
        "places": areas,
    }
)


def compare(world: Graph, question: dict[str, object]) -> None:
    """Asks every holder, and holds each answer and its alternatives against the slow search."""
    function, amount, places = question["function"], question["amount"], question["places"]
    search = Search(world, function)  # type: ignore[arg-type]
    for node in search.nodes():
        answer = resolve(world, forum=node, function=function, amount=amount, places=places, on=ON)  # type: ignore[arg-type]
        assert Answer.from_json(answer.to_json()) == answer
        slow = search.find(node, places, amount)  # type: ignore[arg-type]
        fast = found_by(answer)
        if search.form(search.same(node)) == "committees_in_common":
            fast.edges = []
        status = slow.status
        if search.vacant(search.same(node)) and status in ("within_authority", "partial"):
            status = "post_vacant"
        bodies = accountable(search, search.same(node), slow, places)  # type: ignore[arg-type]
        assert replace(fast, area=slow.area, bounded=slow.bounded) == replace(slow, status=status, bodies=bodies), node
        if not slow.parts:
            told = slow.bodies and slow.bounded and ELSEWHERE not in slow.area
            assert set(answer.area) == (slow.area if told else set())
        check_alternatives(search, answer, replace(slow, bodies=bodies), bool(slow.bodies))


def accountable(search: Search, node: Node, slow: Finding, places: frozenset[int]) -> list[int]:
    """Who owns it behind the chain; where there is none, or it is owned elsewhere, whose function it is, if one's."""
    owned = frozenset().union(*(search.ground(body) for body in slow.bodies))
    if slow.bodies and (slow.status != "outside_area" or places <= owned):
        return slow.bodies
    concerned = search.concerned(node, places) or slow.bodies
    return concerned if slow.bodies or len(concerned) == 1 else []


def check_alternatives(search: Search, answer: Answer, slow: Finding, held: bool) -> None:
    """Every alternative would itself be told so, for all the bodies; and none downstream of them is left out."""
    places, amount = frozenset(answer.places), answer.amount
    if not places and held and ELSEWHERE not in slow.area:
        places = slow.area
    boards = {search.same(Node.forum(f.id)): Node.forum(f.id) for f in search.world.forums if f.form == "board"}
    reached = {Node.body(body) for body in slow.bodies}
    for _ in search.passing:
        reached |= {search.same(edge.target) for edge in search.passing if search.same(edge.source) in reached}
    expected = set()
    for node in reached - {search.same(answer.forum)}:
        if all(span.covers(ON) for span in search.lives(node)) and not search.vacant(node):
            finding = search.find(node, places, amount)
            able = {finding.status, *(part[1] for part in finding.parts)} <= {"within_authority", "exceeds_limit"}
            if able and (not held or {*slow.bodies} <= {*finding.bodies}):
                expected.add((boards.get(node, node), finding.status, finding.limit))
    if slow.bodies and not slow.parts:
        assert {(each.holder, each.status.value, each.limit) for each in answer.alternatives} == expected


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(systems() | joint_systems(), questions)
def test_the_resolver_agrees_with_the_slow_search(world: Graph, question: dict[str, object]) -> None:
    compare(world, question)


@pytest.mark.long
@settings(max_examples=2000, deadline=None, suppress_health_check=SLOW)
@given(systems() | joint_systems(), questions)
def test_the_resolver_agrees_with_the_slow_search_two_thousand_times(world: Graph, question: dict[str, object]) -> None:
    compare(world, question)
