"""The checks of the graph agree with a slow, obviously right search, and with the resolver, over random systems."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from partnerships import authority, checks
from partnerships.authority import Node, Span, Status
from partnerships.checks import Basis, Body, Edge, Facts, Forum, Function, Post
from tests.partnerships.checks_world import ON

INFINITE = Decimal("Infinity")
NOTHING = Decimal(-1)
WHOLE, PART = "whole", "part"
BODIES = (Body(1, "icb", "One"), Body(2, "icb", "Two"), Body(3, "trust", "Three"), Body(4, "trust", "Four"))
FORUMS = (
    Forum(11, "Board", 1, "board"),
    Forum(12, "Committee", 1, "committee"),
    Forum(13, "Trust committee", 3, "committee"),
    Forum(14, "Joint", 1, "joint_committee"),
    Forum(15, "Second joint", 3, "joint_committee"),
    Forum(16, "Talks", 1, "consultative_forum"),
)
POSTS = (Post(21, 1, "Director", 1), Post(22, 3, "Their director", 1))
FUNCTIONS = (Function(WHOLE, "Whole", "family", "icb"), Function(PART, "Part", "family", "", WHOLE))
NODES = [
    *(Node.body(row.id) for row in BODIES),
    *(Node.forum(row.id) for row in FORUMS),
    *(Node.post(row.id) for row in POSTS),
]
BODY_OF = {**{Node.body(row.id): row.id for row in BODIES}, **{Node.post(row.id): row.body for row in POSTS}}
BODY_OF |= {Node.forum(row.id): None if row.form == "joint_committee" else row.host for row in FORUMS}
JOINT = {Node.forum(14), Node.forum(15)}
MUTE = {Node.forum(16)}

limits = st.sampled_from([None, None, Decimal(10), Decimal(20), Decimal(40)])


def edges_among(nodes: list[Node], **columns: st.SearchStrategy) -> st.SearchStrategy[tuple[Edge, ...]]:
    """Delegations between some holders, numbered; `columns` are drawn otherwise than usual."""
    usual = {
        "id": st.just(0),
        "function": st.sampled_from([WHOLE, WHOLE, PART]),
        "body": st.just(1),
        "source": st.sampled_from(nodes),
        "target": st.sampled_from(nodes),
        "model": st.sampled_from(["delegated"] * 6 + ["joint_decision", "seat_at_table", "fully_devolved"]),
        "basis": st.sampled_from(["s65z5"] * 6 + ["contract"]),
        "status": st.sampled_from(["in_force"] * 6 + ["approved", "suspended", "ended", "draft", "withdrawn"]),
        "limit": limits,
        "annual": st.booleans(),
        "onward": st.booleans(),
        "instrument": st.just(""),
        "review_on": st.none(),
        "novates": st.none(),
        "starts": st.none(),
        "ends": st.none(),
        "places": st.just(frozenset()),
    }
    rows = st.lists(st.builds(Edge, **usual | columns), max_size=9)
    return rows.map(lambda found: tuple(row._replace(id=100 + place) for place, row in enumerate(found)))


HERE, THERE, ELSEWHERE = 31, 32, 0
spans = st.sampled_from([None, ON - timedelta(days=1), ON, ON + timedelta(days=1)])
in_places = edges_among(
    NODES[4:8],
    function=st.just(WHOLE),
    status=st.sampled_from(["in_force"] * 6 + ["approved", "suspended", "ended"]),
    model=st.sampled_from(["delegated"] * 6 + ["joint_decision", "seat_at_table"]),
    places=st.sampled_from([frozenset(), frozenset({HERE}), frozenset({THERE}), frozenset({HERE, THERE})]),
    starts=st.sampled_from([None] * 4 + [ON, ON + timedelta(days=1)]),
    ends=spans,
)
"""Delegations from the board and three committees among themselves, for places and days."""


def reaches(row: Edge, point: int) -> bool:
    """Whether a delegation is for a spot on the map: in one of two places, or elsewhere in the area."""
    return not row.places or point in row.places


def facts_of(edges: tuple[Edge, ...]) -> Facts:
    """Facts in which nothing but the graph can be wrong."""
    kinds = ("icb", "trust", "committee", "post", "joint_committee")
    bases = tuple(Basis("s65z5", owner, recipient) for owner in ("icb", "trust") for recipient in kinds)
    return Facts(bodies=BODIES, forums=FORUMS, posts=POSTS, functions=FUNCTIONS, edges=edges, bases=bases)


class Search:
    """One function, by walking every chain that visits no holder twice."""

    def __init__(self, edges: tuple[Edge, ...], function: str) -> None:
        home = {Node.forum(11): Node.body(1)}
        of = {WHOLE} if function == WHOLE else {WHOLE, PART}
        standing = [
            row._replace(source=home.get(row.source, row.source), target=home.get(row.target, row.target))
            for row in edges
            if row.function in of
            and row.status not in ("draft", "withdrawn", "ended")
            and row.model != "seat_at_table"
            and row.basis != "contract"
        ]
        moves = [row for row in standing if self.moves(row)]
        self.arcs = [row for row in standing if not self.moves(row) and row.source != row.target]
        self.owners = {Node.body(1), Node.body(2)}
        for _ in BODIES:
            self.owners |= {row.target for row in moves if row.source in self.owners}
        self.spreading = [row for row in self.arcs if row.source not in MUTE]

    @staticmethod
    def moves(row: Edge) -> bool:
        """A transfer between bodies."""
        return row.model == "fully_devolved" and row.source.kind == row.target.kind == "body"

    def path(self, start: Node, end: Node, arcs: list[Edge], seen: frozenset[Node] = frozenset()) -> bool:
        """Whether some chain leads from one holder to another."""
        if start == end:
            return True
        onward = (row.target for row in arcs if row.source == start and row.target not in seen)
        return any(self.path(node, end, arcs, seen | {start}) for node in onward)

    def reached(self, node: Node) -> bool:
        """Whether a chain comes from an owner."""
        return any(self.path(owner, node, self.spreading) for owner in self.owners)

    def worth(self, node: Node, through, nothing, everything, seen: frozenset[Node] = frozenset()):
        """The best that a holder gets by any chain; at a joint committee the worst of its bodies' bests."""
        if node in self.owners:
            return everything
        groups = defaultdict(lambda: nothing)
        for row in self.spreading:
            if row.target == node and self.reached(row.source):
                key = (BODY_OF[row.source] or row.source) if node in JOINT else None
                value = nothing
                if row.source not in seen and row.source != node:
                    value = through(row, self.worth(row.source, through, nothing, everything, seen | {node}))
                groups[key] = max(groups[key], value)
        return min(groups.values(), default=nothing)

    def open(self, node: Node) -> bool:
        """Whether it may be delegated on from here."""
        return self.worth(node, lambda row, own: own and (row.onward or not external(row)), False, True)

    def limit(self, node: Node, annual: bool) -> Decimal:
        """The most that may be decided here by limits of one kind."""

        def least(row: Edge, own: Decimal) -> Decimal:
            return own if row.limit is None or row.annual != annual else min(own, row.limit)

        return self.worth(node, least, NOTHING, INFINITE)


def external(row: Edge) -> bool:
    """Whether it leaves the legal body."""
    return BODY_OF[row.source] is None or BODY_OF[row.source] != BODY_OF[row.target]


def said(facts: Facts, code: str) -> set[frozenset[int]]:
    """Ids of the delegations that findings of a check are about."""
    return {
        frozenset(record.id for record in each.records)
        for each in checks.run_delegations(facts, ON)
        if each.code == code
    }


@settings(max_examples=400, deadline=None)
@given(edges=edges_among(NODES))
def test_double_delegations_are_those_that_no_chain_permits(edges):
    expected = set()
    for function in (WHOLE, PART):
        search = Search(edges, function)
        for row in search.arcs:
            if (
                row.function == function
                and external(row)
                and search.reached(row.source)
                and not search.open(row.source)
            ):
                expected.add(frozenset({row.id}))
    assert said(facts_of(edges), "double_delegation") == expected


@settings(max_examples=400, deadline=None)
@given(edges=edges_among(NODES))
def test_limits_above_the_makers_own_are_those_that_every_chain_to_it_undercuts(edges):
    expected = set()
    for function in (WHOLE, PART):
        search = Search(edges, function)
        for row in search.arcs:
            for annual in (False, True):
                own = search.limit(row.source, annual)
                given = INFINITE if row.limit is None else row.limit
                if row.function == function and own not in (NOTHING, INFINITE) and given > own:
                    expected.add(frozenset({row.id}))
    assert said(facts_of(edges), "limit_above") == expected


@settings(max_examples=400, deadline=None)
@given(edges=edges_among(NODES[:8]))
def test_circles_are_the_knots_of_delegations_that_lead_back(edges):
    expected = set()
    for function in (WHOLE, PART):
        search = Search(edges, function)
        on_circle = [row for row in search.arcs if search.path(row.target, row.source, search.arcs)]
        for row in on_circle:
            knot = [each for each in on_circle if search.path(row.source, each.source, search.arcs)]
            knot = [each for each in knot if search.path(each.source, row.source, search.arcs)]
            if any(each.function == function for each in knot):
                expected.add(frozenset(each.id for each in knot))
    home = {Node.forum(11): Node.body(1)}
    for row in edges:
        stands = row.status not in ("draft", "withdrawn", "ended")
        if stands and home.get(row.source, row.source) == home.get(row.target, row.target):
            expected.add(frozenset({row.id}))
    assert said(facts_of(edges), "loop") == expected


@settings(max_examples=400, deadline=None)
@given(edges=in_places)
def test_an_expired_delegation_is_told_when_some_spot_of_it_is_left_without_another_that_is_in_force(edges):
    home = {Node.forum(11): Node.body(1)}
    expected = set()
    for row in edges:
        if row.status == "ended" or row.ends is None or row.ends >= ON:
            continue
        renewed = [
            each
            for each in edges
            if home.get(each.target, each.target) == home.get(row.target, row.target)
            and each.status in ("in_force", "suspended")
            and (each.starts is None or each.starts <= ON)
            and (each.ends is None or each.ends >= ON)
        ]
        spots = [point for point in (HERE, THERE, ELSEWHERE) if reaches(row, point)]
        if any(not any(reaches(each, point) for each in renewed) for point in spots):
            expected.add(frozenset({row.id}))
    assert said(facts_of(edges), "expired") == expected


@settings(max_examples=400, deadline=None)
@given(edges=in_places)
def test_two_forums_are_told_when_they_meet_at_some_spot_and_neither_is_above_the_other(edges):
    home = {Node.forum(11): Node.body(1)}
    standing = [
        row._replace(source=home.get(row.source, row.source), target=home.get(row.target, row.target))
        for row in edges
        if row.status != "ended" and (row.ends is None or row.ends >= ON)
    ]
    deciding = [
        row for row in standing if row.target.kind == "forum" and row.model == "delegated" and row.basis != "contract"
    ]
    links = [row for row in standing if row.source != row.target]
    expected = set()
    for point in (HERE, THERE, ELSEWHERE):
        holders = {row.target for row in deciding if reaches(row, point)}
        beside = {
            one
            for one in holders
            if not any(one != other and Search.path(Search(edges, WHOLE), one, other, links) for other in holders)
        }
        if len(beside) > 1:
            of = {row.id for row in standing if row.target in beside}
            expected.add(frozenset({node.id for node in beside} | of))
    assert said(facts_of(edges), "same_function") == expected


PLAIN = [node for node in NODES if node not in JOINT | MUTE | {Node.forum(11)}]


@settings(max_examples=300, deadline=None)
@given(edges=edges_among(PLAIN), holder=st.sampled_from(PLAIN))
def test_the_resolver_refuses_a_chain_as_double_exactly_when_the_check_says_so_of_its_last_external_step(edges, holder):
    """The best chain passes the test if its last external step comes from a holder that may delegate on."""
    edges = tuple(
        row._replace(function=WHOLE, limit=None, status="in_force", model="delegated", basis="s65z5")
        for row in edges
        if row.source != row.target
    )
    answer = authority.resolve(graph_of(edges), forum=holder, function=WHOLE, on=ON)
    double = said(facts_of(edges), "double_delegation")
    outward = [step.edge for step in answer.chain if step.external]
    refused = answer.status is Status.DOUBLE_DELEGATION
    assert refused == (outward[-1:] != [] and frozenset(outward[-1:]) in double)
    if refused:
        assert answer.broken_edge.edge in outward[1:]


def graph_of(edges: tuple[Edge, ...]) -> authority.Graph:
    """The same delegations as the resolver reads them."""
    return authority.graph(
        bodies=[authority.Body(row.id, row.kind) for row in BODIES],
        forums=[authority.Forum(row.id, row.form, row.host) for row in FORUMS],
        posts=[authority.Post(row.id, row.body, held=(Span(),)) for row in POSTS],
        functions=[
            authority.Function(WHOLE, "family", frozenset({"icb"})),
            authority.Function(PART, "family", frozenset(), WHOLE),
        ],
        edges=[
            authority.Edge(
                id=row.id,
                function=row.function,
                source=row.source,
                target=row.target,
                basis=row.basis,
                onward_delegation_permitted=row.onward,
            )
            for row in edges
        ],
    )


def test_the_random_systems_have_what_they_are_made_for():
    """An example in which all three are found, so that the properties above cannot pass on nothing."""
    edges = (
        Edge(101, WHOLE, 1, Node.body(1), Node.body(3), basis="s65z5", limit=Decimal(10)),
        Edge(102, WHOLE, 1, Node.body(3), Node.body(4), basis="s65z5", limit=Decimal(20)),
        Edge(103, WHOLE, 1, Node.body(4), Node.body(3), basis="s65z5", limit=Decimal(10)),
    )
    facts = facts_of(edges)
    assert said(facts, "double_delegation") == {frozenset({102}), frozenset({103})}
    assert said(facts, "limit_above") == {frozenset({102})}
    assert said(facts, "loop") == {frozenset({102, 103})}
    assert said(replace(facts, edges=edges[:1]), "loop") == set()
