"""Bodies that decide together: joint committees, committees in common, and what only a meeting knows."""

from dataclasses import replace
from decimal import Decimal

from partnerships.authority import (
    Edge,
    Forum,
    Model,
    Node,
    Participant,
    State,
    Status,
    resolve,
)
from partnerships.authority.meeting import MeetingFacts, with_meeting
from partnerships.authority.words import sentence
from tests.partnerships.authority_world import (
    BRADFORD,
    COMPLETE,
    COUNCIL,
    DIRECTOR,
    FORUMS,
    FROM_COUNCIL,
    FROM_ICB,
    HULL,
    ICB,
    JOINT,
    LEEDS,
    NAMES,
    ON,
    PLACE_BOARD,
    SCHEME,
    SECOND_TRUST,
    TERMS,
    TOGETHER,
    TRUST,
    TRUST_COMMITTEE,
    ask,
    edge,
    node,
    system,
)

# Joint committees ----------------------------------------------------------------------------------------------------


def test_a_joint_committee_decides_when_every_holder_that_takes_part_has_delegated_to_it() -> None:
    answer = ask(system(FROM_ICB, FROM_COUNCIL), JOINT, "care_together", 200_000, BRADFORD)
    assert answer.within
    assert answer.accountable_bodies == (ICB, COUNCIL) and answer.accountable_body is None
    assert answer.limit == 200_000, "the smallest among the holders"
    assert [(part.body, part.status.value, part.limit) for part in answer.parts] == [
        (ICB, "within_authority", 300_000),
        (COUNCIL, "within_authority", 200_000),
    ]


def test_a_joint_committee_with_one_council_missing_is_not_delegated_and_names_it() -> None:
    answer = ask(system(FROM_ICB), JOINT, "care_together", 1, BRADFORD)
    assert answer.status is Status.NOT_DELEGATED
    assert answer.missing_holders == (COUNCIL,)
    assert answer.broken_edge is not None and answer.broken_edge.source == node(COUNCIL)
    assert "Bradford Council has not delegated the function to it" in sentence(answer, NAMES)


def test_a_council_need_not_delegate_where_it_holds_nothing() -> None:
    assert ask(system(FROM_ICB), JOINT, "care_together", 1, LEEDS).within
    assert ask(system(edge(41, ICB, JOINT)), JOINT, "community", 1, BRADFORD).within


def test_a_holder_whose_register_is_incomplete_makes_the_answer_not_recorded() -> None:
    complete = [row for row in COMPLETE if row.body != COUNCIL]
    world = system(FROM_ICB, completeness=complete)
    assert ask(world, JOINT, "care_together", 1, BRADFORD).status is Status.NOT_RECORDED


def test_the_worst_holder_decides_the_status_of_a_joint_committee() -> None:
    world = system(FROM_ICB, replace(FROM_COUNCIL, state=State.SUSPENDED))
    assert ask(world, JOINT, "care_together", 1, BRADFORD).status is Status.SUSPENDED
    assert ask(system(FROM_ICB, FROM_COUNCIL), JOINT, "care_together", 250_000, BRADFORD).status is Status.EXCEEDS_LIMIT


def test_a_place_that_no_holder_covers_is_outside_a_joint_committees_area() -> None:
    world = system(FROM_ICB, FROM_COUNCIL)
    assert ask(world, JOINT, "care_together", 1, BRADFORD, HULL).status is Status.OUTSIDE_AREA
    assert ask(world, JOINT, "care_together", 1, HULL).status is Status.OUTSIDE_AREA


def test_what_a_joint_committee_passes_on_needs_all_its_holders_and_their_permission() -> None:
    officer = edge(43, JOINT, DIRECTOR, "care_together", limit=Decimal(50_000))
    open_icb = replace(FROM_ICB, onward_delegation_permitted=True)
    open_council = replace(FROM_COUNCIL, onward_delegation_permitted=True)
    assert ask(system(FROM_ICB, FROM_COUNCIL, officer), DIRECTOR, "care_together").status is Status.DOUBLE_DELEGATION
    assert ask(system(open_icb, officer), DIRECTOR, "care_together").status is Status.NOT_DELEGATED
    assert ask(system(open_icb, FROM_COUNCIL, officer), DIRECTOR, "care_together").status is Status.DOUBLE_DELEGATION
    answer = ask(system(open_icb, open_council, officer), DIRECTOR, "care_together")
    assert answer.within and answer.limit == 50_000 and answer.accountable_bodies == (ICB, COUNCIL)


def test_the_limit_of_the_weakest_holder_follows_what_a_joint_committee_passes_on() -> None:
    permitted = {"onward_delegation_permitted": True}
    lines = [
        replace(FROM_ICB, **permitted),
        replace(FROM_COUNCIL, **permitted),
        edge(43, JOINT, DIRECTOR, "care_together"),
    ]
    answer = ask(system(*lines), DIRECTOR, "care_together", 250_000)
    assert answer.status is Status.EXCEEDS_LIMIT and answer.limit == 200_000
    assert answer.broken_edge is not None and answer.broken_edge.edge == 42


def test_a_committee_below_a_joint_committee_reaches_no_place_that_none_of_the_holders_has() -> None:
    permitted = {"onward_delegation_permitted": True}
    lines = [
        replace(FROM_ICB, **permitted),
        replace(FROM_COUNCIL, **permitted),
        edge(43, JOINT, DIRECTOR, "care_together"),
    ]
    assert ask(system(*lines), DIRECTOR, "care_together", None, BRADFORD, LEEDS).within
    assert ask(system(*lines), DIRECTOR, "care_together", None, BRADFORD, HULL).status is Status.OUTSIDE_AREA


def test_a_joint_committee_needs_permission_to_pass_the_function_to_its_own_sub_committee() -> None:
    below = [Forum(60 + n, "joint_committee", None, participants=()) for n in range(2)]
    steps = [
        Edge(id=61, function="care_together", source=Node.forum(JOINT), target=Node.forum(60)),
        Edge(id=62, function="care_together", source=Node.forum(60), target=Node.forum(61)),
        Edge(id=63, function="care_together", source=Node.forum(61), target=node(DIRECTOR)),
    ]
    permitted = [replace(each, onward_delegation_permitted=True) for each in (FROM_ICB, FROM_COUNCIL, *steps)]
    forums = [*FORUMS, *below]
    closed = resolve(system(FROM_ICB, FROM_COUNCIL, steps[0], forums=forums), forum=60, function="care_together", on=ON)
    assert closed.status is Status.DOUBLE_DELEGATION
    opened = resolve(system(*permitted, forums=forums), forum=60, function="care_together", on=ON)
    assert opened.within and opened.accountable_bodies == (ICB, COUNCIL)
    assert resolve(system(*permitted, forums=forums), forum=61, function="care_together", on=ON).status in (
        Status.NOT_DELEGATED,
        Status.NOT_RECORDED,
    ), "no function passes through more than two joint committees"


# Committees in common ------------------------------------------------------------------------------------------------

FROM_TRUST = edge(51, TRUST, TOGETHER, "services", limit=Decimal(100_000))
FROM_SECOND = edge(52, SECOND_TRUST, TOGETHER, "services", limit=Decimal(100_000))


def test_committees_in_common_answer_body_by_body_on_their_shares() -> None:
    answer = ask(system(FROM_TRUST, FROM_SECOND), TOGETHER, "services", 200_000)
    assert answer.status is Status.PARTIAL
    assert [(part.body, part.share, part.status.value) for part in answer.parts] == [
        (TRUST, 50_000, "within_authority"),
        (SECOND_TRUST, 150_000, "exceeds_limit"),
    ]
    assert sentence(answer, NAMES).startswith(
        "Airedale may take its own part of this. Calderdale (over the limit) may not."
    )


def test_committees_in_common_are_within_authority_when_all_are_and_take_the_best_status_when_none_is() -> None:
    world = system(FROM_TRUST, FROM_SECOND)
    assert ask(world, TOGETHER, "services", 100_000).within
    assert ask(world, TOGETHER, "services", 1_000_000).status is Status.EXCEEDS_LIMIT
    one = system(replace(FROM_TRUST, state=State.SUSPENDED))
    assert ask(one, TOGETHER, "services", 1).status is Status.SUSPENDED


def test_without_recorded_shares_each_body_answers_for_the_whole_amount() -> None:
    unshared = replace(FORUMS[5], participants=(Participant(TRUST), Participant(SECOND_TRUST)))
    world = system(FROM_TRUST, FROM_SECOND, forums=[*FORUMS[:5], unshared, *FORUMS[6:]])
    assert [part.share for part in ask(world, TOGETHER, "services", 100_001).parts] == [100_001, 100_001]


def test_shares_in_pence_add_up_to_the_amount() -> None:
    answer = resolve(
        system(FROM_TRUST, FROM_SECOND), forum=TOGETHER, function="services", amount=Decimal("0.10"), on=ON
    )
    assert [part.share for part in answer.parts] == [Decimal("0.03"), Decimal("0.07")]


def test_committees_in_common_may_be_recorded_as_their_constituent_committees() -> None:
    both = Forum(45, "committees_in_common", None, "system", committees=(TRUST_COMMITTEE, 46))
    forums = [*FORUMS, both, Forum(46, "board_committee", SECOND_TRUST, "system")]
    given = edge(53, TRUST, TRUST_COMMITTEE, "services")
    answer = resolve(system(given, forums=forums), forum=45, function="services", on=ON)
    assert [(part.body, part.status.value) for part in answer.parts] == [
        (TRUST, "within_authority"),
        (SECOND_TRUST, "not_delegated"),
    ]
    assert answer.status is Status.PARTIAL


# The meeting ---------------------------------------------------------------------------------------------------------


def test_a_meeting_without_quorum_after_recusals_takes_no_decision() -> None:
    answer = ask(system(), PLACE_BOARD, "diagnostics", 5, BRADFORD)
    assert with_meeting(answer, MeetingFacts(quorum=7, voting_present=8, recused=1)).within
    late = with_meeting(answer, MeetingFacts(quorum=7, voting_present=8, recused=2))
    assert late.status is Status.NOT_QUORATE
    assert "was not quorate" in sentence(late, NAMES)


def test_conflicts_joint_holders_and_vacant_posts_are_found_in_that_order() -> None:
    joint = replace(TERMS, model=Model.JOINT)
    answer = ask(system(SCHEME, joint), PLACE_BOARD)
    assert answer.holders_needed == (ICB,)
    assert "only if the voting member of NHS West Yorkshire ICB is present and agrees" in sentence(answer, NAMES)
    facts = MeetingFacts(open_conflicts=(7,), post_vacant=True)
    found = with_meeting(answer, facts)
    assert found.status is Status.CONFLICTED
    assert found.findings == (Status.CONFLICTED, Status.HOLDER_ABSENT, Status.POST_VACANT)
    assert with_meeting(answer, MeetingFacts(holders_agreeing=frozenset({ICB}))).within


def test_a_meeting_cannot_mend_a_lack_of_authority() -> None:
    answer = ask(system(), PLACE_BOARD, "diagnostics", 640_000)
    assert with_meeting(answer, MeetingFacts(rules_unmet=("a councillor",))).status is Status.EXCEEDS_LIMIT
