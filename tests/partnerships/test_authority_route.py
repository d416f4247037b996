"""The route of a matter, step by step in a known system."""

from decimal import Decimal

import pytest

from partnerships.authority import Approval, Function, Model, Node, UnknownRecord
from partnerships.authority.route import Because, Kind, Role, Voice, owners_of, route
from partnerships.authority.route_words import why
from tests.partnerships.authority_world import (
    BOARD,
    BRADFORD,
    COUNCIL,
    DIRECTOR,
    FINANCE,
    FROM_COUNCIL,
    FROM_ICB,
    HULL,
    ICB,
    JOINT,
    LEEDS,
    NAMES,
    ON,
    OTHER_ICB,
    PLACE_BOARD,
    SCHEME,
    TALKS,
    TERMS,
    TRUST,
    TRUST_BOARD,
    TRUST_COMMITTEE,
    edge,
    system,
)

REPORTS = {
    Node.forum(PLACE_BOARD): [Node.forum(FINANCE)],
    Node.forum(FINANCE): [Node.forum(BOARD)],
}
VOICES = [
    Voice(Node.forum(TALKS), Role.PLACE, frozenset({BRADFORD})),
    Voice(Node.forum(PLACE_BOARD), Role.PLACE, frozenset({BRADFORD})),
]


def way(amount=None, *places, function="community", world=None, **more):
    steps = route(
        world or system(), function=function, amount=amount, places=places, on=ON,
        **{"reports": REPORTS, "consults": VOICES} | more,
    )  # fmt: skip
    return [(step.kind.value, step.holder.id if step.holder else step.text) for step in steps]


def test_the_lowest_that_may_decides_and_the_line_above_hears_of_it():
    assert way(384_000, BRADFORD) == [
        ("recommend", TALKS), ("decide", PLACE_BOARD), ("report", FINANCE), ("report", BOARD),
    ]  # fmt: skip


def test_a_post_that_may_decide_reports_to_whoever_gave_it_the_power():
    assert way(90_000, BRADFORD) == [("recommend", TALKS), ("decide", DIRECTOR), ("report", BOARD)]


def test_above_its_limit_the_lower_forum_recommends():
    assert way(640_000, BRADFORD) == [
        ("recommend", TALKS), ("recommend", PLACE_BOARD), ("decide", FINANCE), ("report", BOARD),
    ]  # fmt: skip


def test_what_only_the_board_decides_goes_the_whole_line():
    assert way(5_000_000, BRADFORD) == [
        ("recommend", TALKS), ("recommend", PLACE_BOARD), ("recommend", FINANCE), ("decide", BOARD),
    ]  # fmt: skip


def test_a_reserved_part_is_decided_by_the_board_and_the_place_recommends():
    steps = route(
        system(), function="service_change", places=[BRADFORD], on=ON, reports=REPORTS, consults=VOICES
    )  # fmt: skip
    assert [(step.holder.id, step.because) for step in steps] == [
        (TALKS, Because.ADVISES), (PLACE_BOARD, Because.PLACE), (FINANCE, Because.BETWEEN), (BOARD, Because.LOWEST),
    ]  # fmt: skip


def test_a_forum_of_the_place_is_asked_only_where_nobody_below_holds_the_function():
    both = [*VOICES, Voice(Node.forum(JOINT), Role.PLACE, frozenset({BRADFORD}))]
    reports = {**REPORTS, Node.forum(JOINT): [Node.forum(FINANCE)]}
    assert ("recommend", JOINT) not in way(640_000, BRADFORD, consults=both, reports=reports)
    assert ("recommend", JOINT) in way(5, BRADFORD, function="service_change", consults=both, reports=reports)


def test_without_places_the_whole_area_counts_so_a_place_board_does_not_decide():
    assert way(384_000, owners=[ICB]) == [("decide", FINANCE), ("report", BOARD)]


def test_a_voice_of_the_whole_system_is_heard_about_the_whole_system_only():
    everywhere = [Voice(Node.forum(TALKS), Role.PLACE)]
    assert way(384_000, consults=everywhere, owners=[ICB])[0] == ("recommend", TALKS)
    assert way(384_000, BRADFORD, consults=everywhere)[0] == ("decide", PLACE_BOARD)


def test_for_two_places_only_a_forum_of_both_decides():
    assert way(384_000, BRADFORD, LEEDS) == [
        ("recommend", TALKS), ("recommend", PLACE_BOARD), ("decide", FINANCE), ("report", BOARD),
    ]  # fmt: skip


def test_where_the_matter_begins_recommends_unless_it_lies_above():
    assert ("recommend", TALKS) in way(640_000, LEEDS, begins=Node.forum(TALKS))
    assert way(384_000, BRADFORD, begins=Node.forum(FINANCE)) == way(384_000, BRADFORD)
    assert way(384_000, BRADFORD, begins=Node.forum(PLACE_BOARD)) == way(384_000, BRADFORD)


def test_bodies_that_decide_jointly_agree_after_the_decision():
    world = system(*(each for each in (SCHEME,)), edge(2, BOARD, PLACE_BOARD, model=Model.JOINT))
    steps = way(10, BRADFORD, world=world)
    assert ("decide", PLACE_BOARD) in steps and ("approve", ICB) in steps


def test_every_owner_behind_a_joint_committee_hears_of_it():
    world = system(FROM_ICB, FROM_COUNCIL)
    steps = way(150_000, BRADFORD, function="care_together", world=world, owners=[ICB], consults=[])
    assert steps == [("decide", JOINT), ("report", BOARD), ("report", COUNCIL)]


def test_what_the_function_needs_besides_is_asked_of_those_who_stand_for_it():
    functions = [
        Function(
            "change", "commissioning", frozenset({"icb"}),
            approvals=(
                Approval("consultation of the council's health scrutiny committee"),
                Approval("sign-off by the health and wellbeing board", above=Decimal(100)),
            ),
        )
    ]  # fmt: skip
    board = [Voice(Node.forum(JOINT), Role.WELLBEING, frozenset({BRADFORD}))]
    world = system(functions=functions)
    assert way(200, BRADFORD, function="change", world=world, consults=board) == [
        ("consult", "consultation of the council's health scrutiny committee"),
        ("decide", BOARD),
        ("approve", JOINT),
    ]
    assert ("approve", "sign-off by the health and wellbeing board") in way(
        200, LEEDS, function="change", world=world, consults=board
    )
    assert [kind for kind, _ in way(100, BRADFORD, function="change", world=world, consults=[])] == [
        "consult",
        "decide",
    ]


def test_a_council_of_governors_is_asked_for_its_own_trust():
    governed = Function(
        "services", "provider", frozenset({"trust"}),
        approvals=(Approval("governors' approval of a transaction", applies_to=frozenset({"foundation_trust"})),),
    )  # fmt: skip
    world = system(edge(1, TRUST, TRUST_COMMITTEE, "services", limit=Decimal(100)), functions=[governed])
    voices = [Voice(Node.forum(TALKS), Role.GOVERNORS, bodies=frozenset({TRUST}))]
    assert way(50, function="services", world=world, owners=[TRUST], consults=voices) == [
        ("decide", TRUST_COMMITTEE), ("approve", TALKS), ("report", TRUST_BOARD),
    ]  # fmt: skip


def test_nobody_decides_where_no_owner_has_the_place():
    assert way(10, HULL, owners=[ICB]) == []
    assert owners_of(system(), function="community", places=[HULL], on=ON) == (OTHER_ICB,)
    assert owners_of(system(), function="community", places=[BRADFORD, HULL], on=ON) == ()
    assert owners_of(system(), function="public_health", places=[BRADFORD], on=ON) == (COUNCIL,)


def test_a_circle_of_reports_ends():
    circle = {**REPORTS, Node.forum(BOARD): [Node.forum(PLACE_BOARD)]}
    assert way(384_000, BRADFORD, reports=circle) == way(384_000, BRADFORD)


def test_what_does_not_exist_is_refused():
    with pytest.raises(UnknownRecord):
        way(1, 99)
    with pytest.raises(UnknownRecord):
        way(1, function="nothing")
    with pytest.raises(ValueError, match="below nothing"):
        way(-1)


def test_each_step_says_why():
    steps = route(
        system(), function="community", amount=640_000, places=[BRADFORD], on=ON, reports=REPORTS, consults=VOICES
    )
    assert [why(step, NAMES, Decimal(640_000)) for step in steps] == [
        "A consultative forum that is heard about this: it may recommend, and not decide.",
        "It holds the function up to £500,000, not for this amount: it recommends and passes the matter on.",
        "The lowest that may take a decision of £640,000 here: it has the authority up to £2,000,000.",
        "Finance and commissioning committee reports to it.",
    ]
    assert {step.kind for step in steps} == {Kind.RECOMMEND, Kind.DECIDE, Kind.REPORT}
    assert TERMS.limit == Decimal(500_000)


def test_where_the_matter_begins_comes_before_all_others_who_recommend():
    """The place board hears it before the joint committee below it does, and so may send its paper on."""
    steps = route(
        system(), function="community", amount=640_000, places=[BRADFORD], on=ON, reports=REPORTS, consults=VOICES,
        begins=Node.forum(TRUST_COMMITTEE),
    )  # fmt: skip
    recommending = [step for step in steps if step.kind is Kind.RECOMMEND]
    assert recommending[0].because is Because.BEGINS
    assert len(recommending) > 1


def test_a_consultative_forum_of_a_body_is_heard_about_that_bodys_matters_only():
    heard = [Voice(Node.forum(TALKS), Role.PLACE, bodies=frozenset({ICB}))]
    for owner, expected in ((ICB, {Node.forum(TALKS)}), (TRUST, set())):
        function = {ICB: "community", TRUST: "services"}[owner]
        steps = route(system(), function=function, on=ON, consults=heard, owners=[owner])
        assert {step.holder for step in steps if step.kind is Kind.RECOMMEND} == expected
