"""The map of a system says what the resolver says of every function and holder, and nothing about money spent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings

from partnerships.authority import Edge, Graph, Model, Node, Span, State, Status, graph, resolve
from partnerships.system_map import MAY_DECIDE, Group, Hold, SystemMap, system_map, without_spending
from tests.partnerships import authority_world as known
from tests.partnerships.authority_search import ON
from tests.partnerships.authority_world import (
    BRADFORD,
    CHAIR,
    COUNCIL,
    DIRECTOR,
    FINANCE,
    FROM_COUNCIL,
    FROM_ICB,
    ICB,
    JOINT,
    LEEDS,
    PLACE_BOARD,
    TALKS,
    TOGETHER,
    TRUST,
    edge,
    node,
    system,
)
from tests.partnerships.test_authority_properties import SLOW, areas, joint_systems, systems

TITLES = {"community": "Community services", "diagnostics": "Diagnostics", "service_change": "Service change"}


def mapped(*edges: Edge, on: date = known.ON, places: tuple[int, ...] = (), **more: object) -> SystemMap:
    world = system(*edges, **more)
    return system_map(
        world, on=on, head=ICB, bodies=(COUNCIL, TRUST, known.SECOND_TRUST), places=places,
        forums=(known.BOARD, FINANCE, PLACE_BOARD, JOINT, TALKS, TOGETHER, known.LEAD), names=known.NAMES,
        titles=TITLES,
    )  # fmt: skip


def cell(found: SystemMap, holder: int, function: str = "community"):
    row = next(row for row in found.rows if row.function.code == function)
    return row.cells.get(node(holder))


# --- Against the resolver -------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(systems() | joint_systems(), areas)
def test_the_map_says_of_every_holder_what_the_resolver_says(world: Graph, places: frozenset[int]) -> None:
    forums = [each.id for each in world.forums]
    found = system_map(
        world,
        on=ON,
        head=1,
        bodies=[each.id for each in world.bodies],
        forums=forums,
        names={},
        titles={},
        places=places,
    )
    cells = {(each.function, each.holder): each for each in found.cells}
    plain = without_spending(world)
    for function in world.functions:
        for holder in [Node.forum(each) for each in forums]:
            answer = resolve(plain, forum=holder, function=function.code, places=places, on=ON)
            seen = cells.get((function.code, shown(world, holder)))
            rests_on = [*answer.chain, *(step for part in answer.parts for step in part.chain)]
            vacant = answer.status is Status.POST_VACANT  # the authority is the post's, whoever is in it
            decides = (vacant or answer.status in (Status.WITHIN_AUTHORITY, Status.PARTIAL)) and bool(rests_on)
            assert (seen is not None and seen.hold in MAY_DECIDE) == decides
            if seen is not None and seen.may_decide:
                assert vacant or seen.status == answer.status
                assert seen.limit == answer.limit
                assert seen.ends == answer.valid_until
                assert seen.accountable == answer.accountable_bodies
                assert seen.together == answer.holders_needed
                assert seen.missing == answer.missing_holders
                assert seen.chain == answer.chain
    assert sum(found.totals.values()) == len(found.cells)


def shown(world: Graph, node: Node) -> Node:
    """The column of a forum: one person's is that of the post."""
    home = world.index.home(node)
    return home if home.kind == "post" else node


@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
@given(systems())
def test_narrowing_keeps_the_cells_of_what_was_asked_and_no_others(world: Graph) -> None:
    found = system_map(
        world, on=ON, head=1, bodies=[each.id for each in world.bodies], names={}, titles={},
        forums=[each.id for each in world.forums],
    )  # fmt: skip
    assert found.narrowed().cells == found.cells
    for column in found.columns:
        one = found.narrowed(holder=column.holder)
        assert one.cells == tuple(each for each in found.cells if each.holder == column.holder)
    for group in Group:
        holders = {column.holder for column in found.columns if column.group is group}
        assert {each.holder for each in found.narrowed(group=group).cells} == holders


# --- By hand --------------------------------------------------------------------------------------------------------


def test_a_board_a_committee_and_a_place_board_with_their_limits_places_and_dates():
    found = mapped()
    assert [column.holder for column in found.columns] == [node(FINANCE), node(PLACE_BOARD), node(DIRECTOR)]
    assert [column.group for column in found.columns] == [Group.COMMITTEES, Group.PLACES, Group.POSTS]
    board = cell(found, PLACE_BOARD)
    assert (board.hold, board.limit, board.places, board.ends) == (
        Hold.DELEGATED, Decimal(500_000), frozenset({BRADFORD}), date(2027, 3, 31),
    )  # fmt: skip
    assert board.accountable == (ICB,)
    assert not board.soon
    assert cell(mapped(on=date(2027, 2, 1)), PLACE_BOARD).soon
    assert found.totals == {Hold.DELEGATED: 6}  # the part is covered by the whole


def test_a_reserved_part_has_no_cell_and_says_so():
    row = next(row for row in mapped().rows if row.function.code == "service_change")
    assert (row.reserved, row.owners, row.cells, row.depth) == (True, (ICB,), {}, 1)


def test_a_reserved_function_that_was_delegated_all_the_same_shows_as_broken():
    found = mapped(edge(1, known.BOARD, FINANCE, "service_change"))
    assert cell(found, FINANCE, "service_change").hold is Hold.BROKEN


def test_functions_of_councils_and_trusts_appear_only_where_the_system_holds_them():
    assert {row.function.code for row in mapped().rows} >= {"community", "care_together"}
    assert "public_health" not in {row.function.code for row in mapped().rows}
    found = mapped(edge(1, COUNCIL, JOINT, "public_health", limit=Decimal(5)))
    assert cell(found, JOINT, "public_health").accountable == (COUNCIL,)


def test_what_trusts_do_inside_themselves_is_not_the_systems():
    found = mapped(edge(1, known.TRUST_BOARD, known.TRUST_COMMITTEE, "services"))
    assert "services" not in {row.function.code for row in found.rows}


def test_a_joint_committee_with_all_its_holders_and_with_one_missing():
    both, alone = mapped(FROM_ICB, FROM_COUNCIL), mapped(FROM_ICB)
    assert (cell(both, JOINT, "care_together").hold, cell(both, JOINT, "care_together").limit) == (
        Hold.DELEGATED, Decimal(200_000),
    )  # fmt: skip
    broken = cell(alone, JOINT, "care_together")
    assert (broken.hold, broken.missing) == (Hold.BROKEN, (COUNCIL,))


def test_a_voice_a_forum_that_recommends_and_a_contract_carry_no_authority():
    found = mapped(
        edge(1, ICB, TALKS, model=Model.SEAT),
        edge(2, ICB, PLACE_BOARD, model=Model.SEAT),
        edge(3, ICB, known.LEAD, basis="contract", limit=Decimal(7)),
        edge(4, ICB, TALKS, "care_together"),
    )
    assert cell(found, TALKS).hold is Hold.VOICE
    assert cell(found, PLACE_BOARD).hold is Hold.VOICE
    assert (cell(found, known.LEAD).hold, cell(found, known.LEAD).limit) == (Hold.CONTRACT, Decimal(7))
    assert cell(found, TALKS, "care_together").hold is Hold.RECOMMENDS
    assert not any(each.may_decide for each in found.cells)


def test_what_is_decided_jointly_names_who_must_agree():
    assert cell(mapped(edge(1, ICB, PLACE_BOARD, model=Model.JOINT)), PLACE_BOARD).together == (ICB,)


def test_what_is_not_in_force_says_why_and_what_was_ended_is_left_out():
    found = mapped(
        edge(1, ICB, FINANCE, days=Span(date(2027, 4, 1))),
        edge(2, ICB, PLACE_BOARD, state=State.SUSPENDED),
        edge(3, ICB, DIRECTOR, days=Span(None, date(2026, 3, 31))),
        edge(4, ICB, CHAIR, state=State.ENDED),
        edge(5, ICB, TALKS, state=State.DRAFT),
    )
    assert (cell(found, FINANCE).hold, cell(found, FINANCE).starts) == (Hold.LATER, date(2027, 4, 1))
    assert cell(found, PLACE_BOARD).hold is Hold.SUSPENDED
    assert (cell(found, DIRECTOR).hold, cell(found, DIRECTOR).ends) == (Hold.EXPIRED, date(2026, 3, 31))
    assert cell(found, CHAIR) is None
    assert cell(found, TALKS) is None


def test_committees_in_common_hold_in_parts():
    found = mapped(edge(1, TRUST, TOGETHER, "services"), edge(2, known.SECOND_TRUST, TOGETHER, "services"))
    parts = cell(found, TOGETHER, "services")
    assert parts.hold is Hold.IN_PARTS
    assert [part.body for part in parts.parts] == [TRUST, known.SECOND_TRUST]


def test_a_place_leaves_out_what_does_not_reach_it():
    assert cell(mapped(places=(LEEDS,)), PLACE_BOARD) is None
    assert cell(mapped(places=(LEEDS,)), FINANCE).hold is Hold.DELEGATED
    assert cell(mapped(places=(BRADFORD,)), PLACE_BOARD).hold is Hold.DELEGATED


def test_money_already_spent_never_shows():
    spent = replace(known.SCHEME, annual=True, committed=((2026, Decimal(1_999_999)),))
    assert cell(mapped(spent), FINANCE).limit == Decimal(2_000_000)
    assert cell(mapped(spent), FINANCE).annual


def test_who_has_not_declared_a_family_complete_is_named():
    found = mapped(on=date(2026, 3, 31))
    assert next(each for each in found.families if each.code == "commissioning").undeclared == (ICB,)
    assert next(each for each in mapped().families if each.code == "commissioning").undeclared == ()


def test_functions_that_are_part_of_each_other_do_not_hang_it():
    circle = [replace(row, parent="diagnostics") if row.code == "community" else row for row in known.FUNCTIONS]
    found = system_map(
        graph(bodies=known.BODIES, functions=circle), on=known.ON, head=ICB, bodies=(), forums=(), names={}, titles={}
    )
    assert {row.function.code for row in found.rows} >= {"community", "diagnostics"}
