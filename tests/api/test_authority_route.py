"""The API's question: by which route does a matter go?"""

from datetime import date

import pytest


@pytest.fixture
def ask(api, world):
    def of(status=200, who="officer", **question):
        asked = {"system": "QWO", "function": "community_services", "on": "2026-11-02"} | question
        return api(who).get("authority/route/", status, **asked).body

    return of


def way(answer):
    return [(step["kind"], step["name"]) for step in answer["steps"]]


def test_the_steps_come_in_their_order(ask, world):
    bradford = world.place_board.places.get().pk
    answer = ask(amount="640000", place=[bradford])
    assert way(answer) == [
        ("recommend", "Bradford place board"),
        ("decide", "Finance and commissioning committee"),
        ("report", "NHS West Yorkshire board"),
    ]
    assert answer["decided_by"] == answer["steps"][1]["holder"]
    assert answer["owners"] == [{"id": world.icb.pk, "name": world.icb.label}]
    assert (answer["amount"], answer["places"], answer["on"]) == ("640000.00", [bradford], "2026-11-02")


def test_meetings_are_told_to_those_who_may_see_them(ask, world):
    world.meeting(held_on=date(2099, 1, 14))
    bradford = world.place_board.places.get().pk
    mine, theirs = (ask(who=who, place=[bradford], amount="5")["steps"] for who in ("officer", "other_officer"))
    assert [(step["next_meeting"], step["papers_by"]) for step in mine][0] == ("2099-01-14", "2099-01-07")
    assert {step["next_meeting"] for step in theirs} == {None}


def test_it_may_begin_somewhere(ask, world):
    talks = world.icb.forums.get(name="Leeds partnership forum")
    assert ("recommend", talks.name) in way(ask(amount="700000", begins=f"forum:{talks.pk}"))


def test_nobody_else_than_those_who_signed_in_may_ask(api):
    api(None).get("authority/route/", 401)


@pytest.mark.parametrize("who", ["stranger", "other_trust"])
def test_everyone_who_signed_in_may_ask(ask, who):
    assert ask(who=who)["decided_by"]


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ({"system": ""}, "system"),
        ({"system": "QQQ"}, "system"),
        ({"function": ""}, "function"),
        ({"function": "nothing"}, "function"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e13"}, "amount"),
        ({"place": "nowhere"}, "place"),
        ({"place": "999999"}, "place"),
        ({"place": ["1"] * 101}, "place"),
        ({"body": "999999"}, "body"),
        ({"begins": "somewhere"}, "begins"),
        ({"begins": "forum:999999"}, "begins"),
        ({"begins": "forum:99999999999999999999"}, "begins"),
        ({"on": "2026-02-30"}, "on"),
        ({"forum": "1"}, "forum"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(ask, question, named):
    assert named in ask(400, **question)["errors"]


def test_a_place_of_another_system_is_refused(ask, world):
    elsewhere = world.body("QOP").places.create(name="Salford", starts="2022-07-01")
    assert "place" in ask(400, place=[elsewhere.pk])["errors"]


def test_a_question_needs_few_queries(ask, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        ask(amount="384000")
