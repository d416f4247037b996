"""Whose function it is where it was asked, where an answer holds, and the one person who decides."""

from dataclasses import replace

from partnerships.authority import Body, Completeness, Footprint, Forum, Node, Post, Span, Status, resolve
from partnerships.authority.words import sentence
from tests.partnerships.authority_world import (
    BODIES,
    BRADFORD,
    COMPLETE,
    COUNCIL,
    DIRECTOR,
    FINANCE,
    FORUMS,
    FROM_COUNCIL,
    FROM_ICB,
    ICB,
    JOINT,
    LEEDS,
    NAMES,
    OFFICER,
    ON,
    OTHER_ICB,
    PLACE_BOARD,
    POSTS,
    SCHEME,
    TALKS,
    TERMS,
    TRUST,
    TRUST_BOARD,
    ask,
    edge,
    system,
)

LEEDS_COUNCIL, DIRECTORS_FORUM = 7, 19
SECOND_COUNCIL = Body(LEEDS_COUNCIL, "local_authority", (Footprint(LEEDS),), "place")
NAMED = {**NAMES, Node.body(LEEDS_COUNCIL): "Leeds Council", Node.forum(DIRECTORS_FORUM): "Director's meeting"}
WHERE = {BRADFORD: "Bradford District and Craven", LEEDS: "Leeds"}
WITHOUT_ICB = [row for row in COMPLETE if row.body != ICB]
TWO_COUNCILS = {"bodies": [*BODIES, SECOND_COUNCIL]}

# What a missing delegation means ------------------------------------------------------------------------------------


def test_the_register_that_counts_is_that_of_the_body_whose_function_it_is() -> None:
    """A trust is no owner of commissioning and declares nothing about it; the board in whose system it works does."""
    assert ask(system(), TRUST_BOARD, "community").status is Status.NOT_DELEGATED
    answer = ask(system(completeness=WITHOUT_ICB), TRUST_BOARD, "community")
    assert answer.status is Status.NOT_RECORDED
    assert answer.accountable_bodies == (ICB,)
    assert "and NHS West Yorkshire ICB had not declared its register complete on 14 January 2027" in sentence(
        answer, NAMES
    ).replace("\u00a0", " ")


def test_a_place_that_was_named_says_whose_register_counts() -> None:
    assert ask(system(completeness=WITHOUT_ICB), COUNCIL, "community", None, BRADFORD).status is Status.NOT_RECORDED
    assert ask(system(), COUNCIL, "community", None, BRADFORD).status is Status.NOT_DELEGATED


def test_where_several_own_it_each_must_have_declared_its_register() -> None:
    both = [*COMPLETE, Completeness(LEEDS_COUNCIL, "public_health", ON)]
    for declared, status in ((COMPLETE, Status.NOT_RECORDED), (both, Status.NOT_DELEGATED)):
        answer = ask(system(completeness=declared, **TWO_COUNCILS), PLACE_BOARD, "public_health", None, BRADFORD, LEEDS)
        assert answer.status is status


def test_where_nobody_is_known_to_own_it_the_register_cannot_tell() -> None:
    alone = [replace(body, within=frozenset()) for body in BODIES]
    answer = ask(system(bodies=alone), TRUST_BOARD, "community")
    assert answer.status is Status.NOT_RECORDED
    assert "the body whose function it is had not declared" in sentence(answer, NAMES)


# Outside the area of the holder's body ------------------------------------------------------------------------------


def test_a_council_asked_about_anothers_place_is_neither_accountable_nor_able() -> None:
    answer = ask(system(**TWO_COUNCILS), COUNCIL, "public_health", None, LEEDS)
    assert answer.status is Status.OUTSIDE_AREA
    assert answer.accountable_bodies == (LEEDS_COUNCIL,)
    assert [row.holder for row in answer.alternatives] == [Node.body(LEEDS_COUNCIL)]
    assert "Leeds Council can take it." in sentence(answer, NAMED)


def test_of_places_of_two_councils_both_stay_accountable_and_neither_takes_it_alone() -> None:
    answer = ask(system(**TWO_COUNCILS), COUNCIL, "public_health", None, BRADFORD, LEEDS)
    assert (answer.status, answer.accountable_bodies) == (Status.OUTSIDE_AREA, (COUNCIL, LEEDS_COUNCIL))
    assert answer.alternatives == ()


def test_a_committee_outside_its_places_leaves_the_owner_accountable() -> None:
    answer = ask(system(), PLACE_BOARD, "diagnostics", None, LEEDS)
    assert (answer.status, answer.accountable_bodies) == (Status.OUTSIDE_AREA, (ICB,))


# Where an answer holds ----------------------------------------------------------------------------------------------


def test_without_places_asked_the_answer_names_the_places_it_is_bounded_to() -> None:
    answer = ask(system(), PLACE_BOARD)
    assert answer.area == (BRADFORD,)
    assert answer.chain[-1].places == (BRADFORD,)
    said = sentence(answer, NAMES, WHERE)
    assert said.startswith("Bradford place board may take this in Bradford District and Craven: up to £500,000")


def test_a_board_and_a_committee_without_bounds_name_no_place() -> None:
    assert ask(system(), FINANCE).area == ()
    assert "may take this: up to £2,000,000" in sentence(ask(system(), FINANCE), NAMES, WHERE)


def test_places_that_were_asked_are_not_said_again() -> None:
    assert "may take this: up to" in sentence(ask(system(), PLACE_BOARD, "diagnostics", None, BRADFORD), NAMES, WHERE)


def test_a_forum_without_authority_is_helped_where_it_meets_for() -> None:
    """Without a place named, those who could take it are those of the forum's own places."""
    forums = [replace(row, places=frozenset({LEEDS})) if row.id == TALKS else row for row in FORUMS]
    answer = ask(system(SCHEME, TERMS, OFFICER, forums=forums), TALKS)
    assert answer.area == (LEEDS,)
    assert Node.forum(PLACE_BOARD) not in {row.holder for row in answer.alternatives}
    assert Node.forum(FINANCE) in {row.holder for row in answer.alternatives}


# Together -----------------------------------------------------------------------------------------------------------


def test_one_body_of_several_is_no_alternative_for_all_of_them() -> None:
    answer = ask(system(FROM_ICB, FROM_COUNCIL), JOINT, "care_together", 250_000, BRADFORD)
    assert answer.status is Status.EXCEEDS_LIMIT
    assert answer.alternatives == ()


def test_until_a_missing_body_delegates_each_decides_its_own_part() -> None:
    answer = ask(system(FROM_ICB), JOINT, "care_together", None, BRADFORD)
    assert (answer.status, answer.missing_holders) == (Status.NOT_DELEGATED, (COUNCIL,))
    assert "Until then each body decides its own part for itself." in sentence(answer, NAMES)


# One person ---------------------------------------------------------------------------------------------------------


def of_one_person(*edges, posts=POSTS):
    forum = Forum(DIRECTORS_FORUM, "individual_executive", ICB, post=DIRECTOR)
    return system(*edges, forums=[*(row for row in FORUMS if row.id != DIRECTORS_FORUM), forum], posts=posts)


def test_the_forum_of_one_person_holds_what_the_post_holds_and_the_other_way_round() -> None:
    to_forum = edge(8, ICB, DIRECTORS_FORUM, limit=OFFICER.limit)
    for given in (OFFICER, to_forum):
        world = of_one_person(given)
        asked = [ask(world, holder) for holder in (DIRECTORS_FORUM, DIRECTOR)]
        assert [answer.status for answer in asked] == [Status.WITHIN_AUTHORITY] * 2
        assert {answer.limit for answer in asked} == {OFFICER.limit}
        assert all(Node.post(DIRECTOR) not in {row.holder for row in answer.alternatives} for answer in asked)


def test_what_such_a_forum_passes_on_comes_from_the_post() -> None:
    answer = ask(of_one_person(OFFICER, edge(8, DIRECTORS_FORUM, FINANCE)), FINANCE)
    assert [step.edge for step in answer.chain] == [OFFICER.id, 8]


def test_a_post_that_nobody_holds_has_the_authority_and_cannot_use_it() -> None:
    empty = [Post(DIRECTOR, ICB, held=(Span(None, None),)), Post(DIRECTOR, ICB, held=())]
    assert ask(of_one_person(OFFICER, posts=empty[:1]), DIRECTOR).status is Status.WITHIN_AUTHORITY
    for holder in (DIRECTOR, DIRECTORS_FORUM):
        answer = ask(of_one_person(OFFICER, posts=empty[1:]), holder)
        assert answer.status is Status.POST_VACANT
        assert "has the authority, but nobody holds the post." in sentence(answer, NAMED)


def test_a_vacant_post_without_authority_is_told_the_lack_of_authority() -> None:
    world = of_one_person(SCHEME, posts=[Post(DIRECTOR, ICB, held=())])
    assert ask(world, DIRECTOR).status is Status.NOT_DELEGATED


def test_the_board_of_another_system_is_not_asked_for_its_register() -> None:
    """A trust of West Yorkshire and a place in it: whether Humber has declared its register does not matter."""
    declared = [row for row in COMPLETE if row.body != OTHER_ICB]
    assert ask(system(completeness=declared), TRUST_BOARD, "community").status is Status.NOT_DELEGATED
    answer = resolve(
        system(completeness=declared), forum=Node.body(TRUST), function="community", places=[BRADFORD], on=ON
    )
    assert answer.status is Status.NOT_DELEGATED
