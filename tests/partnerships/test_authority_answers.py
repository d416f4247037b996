"""Answers as they are kept and worded, questions the register cannot know, and how much of England is looked at."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from partnerships.authority import (
    Answer,
    Body,
    Edge,
    Footprint,
    Forum,
    Function,
    Graph,
    Node,
    Place,
    Post,
    Status,
    UnknownRecord,
    graph,
    resolve,
)
from partnerships.authority.matter import Matter
from partnerships.authority.meeting import MeetingFacts, with_meeting
from partnerships.authority.words import sentence, verdict
from tests.partnerships.authority_world import (
    BRADFORD,
    FROM_COUNCIL,
    FROM_ICB,
    JOINT,
    NAMES,
    OFFICER,
    ON,
    PLACE_BOARD,
    SCHEME,
    TERMS,
    ask,
    system,
)

# Questions and answers -----------------------------------------------------------------------------------------------


def test_an_answer_survives_json_byte_for_byte() -> None:
    worlds = [
        ask(system(), PLACE_BOARD, "diagnostics", 640_000, BRADFORD),
        ask(system(FROM_ICB, FROM_COUNCIL), JOINT, "care_together", 200_000, BRADFORD),
        with_meeting(ask(system(), PLACE_BOARD), MeetingFacts(quorum=3)),
    ]
    for answer in worlds:
        text = json.dumps(answer.to_json())
        assert Answer.from_json(json.loads(text)) == answer
        assert json.dumps(Answer.from_json(json.loads(text)).to_json()) == text


def test_amounts_written_differently_give_the_same_json() -> None:
    one = resolve(system(), forum=PLACE_BOARD, function="community", amount=5, on=ON)
    other = resolve(system(), forum=PLACE_BOARD, function="community", amount=Decimal("5.00"), on=ON)
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())


def test_the_order_of_records_makes_no_difference() -> None:
    one, other = system(SCHEME, TERMS, OFFICER), system(OFFICER, TERMS, SCHEME)
    assert one == other


@pytest.mark.parametrize(
    "question",
    [{"forum": 99}, {"function": "unheard_of"}, {"places": [99]}, {"forum": Node.post(99)}],
)
def test_what_the_register_does_not_know_is_said_so(question: dict[str, object]) -> None:
    asked = {"forum": PLACE_BOARD, "function": "community", "on": ON, **question}
    with pytest.raises(UnknownRecord, match="There is no"):
        resolve(system(), **asked)  # type: ignore[arg-type]


def test_a_negative_amount_is_no_question() -> None:
    with pytest.raises(ValueError, match="below nothing"):
        ask(system(), PLACE_BOARD, "community", -1)


def test_every_status_has_words() -> None:
    answer = ask(system(), PLACE_BOARD)
    for status in Status:
        told = replace(
            answer, status=status, findings=(status,) if status.value.startswith(("not_q", "con", "hol", "pos")) else ()
        )
        assert verdict(told) and sentence(told, NAMES).endswith(".")


# How much is looked at -----------------------------------------------------------------------------------------------


def england(systems: int = 36, places: int = 5) -> Graph:
    """England's size: 36 systems with 40 forums each and 10,000 delegations."""
    bodies, forums, posts, areas, edges = [], [], [], [], []
    functions = [Function(f"f{n}", "commissioning", frozenset({"icb"})) for n in range(10)]
    for n in range(systems):
        own = [1000 + n * places + m for m in range(places)]
        bodies.append(Body(n + 1, "icb", tuple(Footprint(place) for place in own)))
        areas += [Place(place) for place in own]
        base = 10_000 + n * 40
        forums.append(Forum(base, "board", n + 1, "system"))
        forums += [Forum(base + m, "committee", n + 1, "system" if m < 10 else "place") for m in range(1, 40)]
        posts += [Post(base + m, n + 1) for m in range(20)]
        for k, function in enumerate(functions):
            for m in range(1, 28):
                source = Node.forum(base) if m < 10 else Node.forum(base + 1 + (m + k) % 9)
                target = Node.forum(base + m) if m % 3 else Node.post(base + m % 20)
                area = frozenset({own[m % places]}) if m >= 10 else frozenset[int]()
                limit = Decimal(1_000_000 // m)
                number = len(edges) + 1
                edges.append(
                    Edge(id=number, function=function.code, source=source, target=target, limit=limit, places=area)
                )
    return graph(bodies=bodies, forums=forums, posts=posts, places=areas, functions=functions, edges=edges)


def test_a_question_to_the_whole_of_england_looks_at_the_delegations_that_can_matter(monkeypatch) -> None:
    world, looked = england(), []
    assert len(world.edges) == 9720
    arc = Matter._arc
    monkeypatch.setattr(Matter, "_arc", lambda self, edge, whole: looked.append(edge.id) or arc(self, edge, whole))
    for number in range(36):
        looked.clear()
        resolve(world, forum=10_000 + number * 40 + 11, function=f"f{number % 10}", amount=40_000, on=ON)
        assert 0 < len(set(looked)) < 60
