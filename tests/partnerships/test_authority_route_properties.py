"""Routes over random systems, held against a slow search that shares nothing with the route."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnerships.authority import LEVELS, Graph, Node
from partnerships.authority.route import Kind, Role, Voice, owners_of, route
from tests.partnerships.authority_search import ON, Search
from tests.partnerships.test_authority_properties import joint_systems, questions, systems

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@st.composite
def matters(draw: st.DrawFn):
    """A system, a question, who reports to whom (circles too) and who is heard."""
    world = draw(systems() | joint_systems())
    forums = [Node.forum(forum.id) for forum in world.forums]
    reports = draw(st.dictionaries(st.sampled_from(forums), st.lists(st.sampled_from(forums), max_size=2), max_size=5))
    places = st.frozensets(st.sampled_from([1, 2, 3]), max_size=2)
    voices = draw(st.lists(st.builds(Voice, st.sampled_from(forums), st.just(Role.PLACE), places), max_size=4))
    return world, draw(questions), reports, voices


def named(search: Search, node: Node) -> Node:
    """A body by its board."""
    boards = {
        search.same(Node.forum(f.id)): Node.forum(f.id) for f in reversed(search.world.forums) if f.form == "board"
    }
    same = search.same(node)
    return boards.get(same, same)


def able(search: Search, owners: set[int], places: frozenset[int], amount: Decimal | None) -> set[Node]:
    """Everybody of whom the slow search says that they may decide it for these owners."""
    found = set()
    for node in search.nodes():
        same = search.same(node)
        alive = all(span.covers(ON) for span in search.lives(same)) and not search.vacant(same)
        finding = search.find(node, places, amount)
        statuses = {finding.status, *(part[1] for part in finding.parts)}
        restricted = not places and finding.bounded
        if alive and statuses == {"within_authority"} and owners & set(finding.bodies) and not restricted:
            found.add(named(search, node))
    return found


def level_of(world: Graph, node: Node) -> int:
    records = {"body": world.bodies, "forum": world.forums, "post": world.posts}[node.kind]
    return LEVELS.index(next(row.level for row in records if row.id == node.id))


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(matters())
def test_one_decides_if_anyone_may_and_it_is_the_lowest(matter):
    world, question, reports, voices = matter
    steps = route(world, **question, on=ON, reports=reports, consults=voices)
    owners = set(owners_of(world, function=question["function"], places=question["places"], on=ON))
    search = Search(world, question["function"])
    areas = {body.id: body.area for body in world.bodies if body.id in owners}
    if not question["places"] and any(areas.values()):
        return  # the whole area of the owners is asked: the next test
    expected = able(search, owners, question["places"], question["amount"])
    deciding = [step.holder for step in steps if step.kind is Kind.DECIDE]
    assert len(deciding) == bool(expected)
    assert bool(steps) == bool(expected)
    for node in deciding:
        assert node in expected
        assert level_of(world, node) == min(level_of(world, each) for each in expected)


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(matters())
def test_whoever_decides_without_places_may_decide_for_the_whole_area(matter):
    world, question, reports, voices = matter
    if question["places"]:
        return
    search = Search(world, question["function"])
    owner = next(iter(owners_of(world, function=question["function"], on=ON)), None)
    if owner is None or search.transfers:
        return  # what a transfer leaves of an area is the resolver's own test
    there = {place.id for place in world.places if place.days.covers(ON)}
    area = frozenset(each.place for each in search.bodies[owner].area or ()) & there
    for step in route(world, **question, on=ON, reports=reports, consults=voices, owners=[owner]):
        if step.kind is Kind.DECIDE:
            finding = search.find(step.holder, area, question["amount"])
            assert finding.status == "within_authority"
            assert owner in finding.bodies


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(matters())
def test_the_steps_stand_in_their_order_and_each_once(matter):
    world, question, reports, voices = matter
    steps = route(world, **question, on=ON, reports=reports, consults=voices)
    order = list(Kind)
    assert [order.index(step.kind) for step in steps] == sorted(order.index(step.kind) for step in steps)
    assert len({(step.kind, step.holder, step.text) for step in steps}) == len(steps)
    deciding = {step.holder for step in steps if step.kind is Kind.DECIDE}
    others = {step.holder for step in steps if step.kind in (Kind.RECOMMEND, Kind.REPORT)}
    assert not deciding & others
    assert route(world, **question, on=ON, reports=reports, consults=voices) == steps


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(matters())
def test_reports_go_up_the_line_and_recommendations_come_from_below_or_from_the_places(matter):
    world, question, reports, voices = matter
    steps = route(world, **question, on=ON, reports=reports, consults=voices)
    search = Search(world, question["function"])
    up = {named(search, node): {named(search, each) for each in above} for node, above in reports.items()}
    decider = next((step.holder for step in steps if step.kind is Kind.DECIDE), None)
    if decider is None or decider.kind != "forum":
        return
    heard = {step.holder for step in steps if step.kind is Kind.REPORT and step.because == "line"}
    assert heard == walk(up, decider) - {decider}
    advisers = {voice.holder for voice in voices if search.form(voice.holder) == "consultative_forum"}
    for step in steps:
        if step.kind is Kind.RECOMMEND:
            assert decider in walk(up, step.holder) or step.holder in advisers


def walk(up: dict[Node, set[Node]], start: Node) -> set[Node]:
    """Everything above, however often one goes round."""
    found, before = set(up.get(start, ())), None
    while found != before:
        before = set(found)
        for node in before:
            found |= up.get(node, set())
    return found
