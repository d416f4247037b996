"""The API's question: may this forum take this decision?"""

from datetime import date

import pytest

from partnerships.models import Post


@pytest.fixture
def ask(api, world):
    def of(status=200, who="officer", **question):
        asked = {"forum": world.place_board.pk, "function": "community_services", "on": "2026-11-02"} | question
        return api(who).get("authority/", status, **asked).body

    return of


def plain(text):
    return text.replace("\u00a0", " ")


def test_within_the_limit_it_says_on_what_that_rests(ask, world):
    answer = ask(amount="384000")
    assert answer["status"] == "within_authority"
    assert "up to £500,000" in plain(answer["sentence"])
    assert "terms of reference, section 6" in answer["sentence"]
    assert (answer["limit"], answer["valid_until"]) == ("500000.00", "2027-03-31")
    assert answer["accountable_body"] == world.icb.pk
    assert [answer["names"][step["target"]] for step in answer["chain"]][-1] == "Bradford place board"


def test_over_the_limit_it_says_who_could_instead(ask):
    answer = ask(amount="640000.00")
    assert (answer["status"], plain(answer["verdict"])) == ("exceeds_limit", "Over the limit by £140,000")
    assert "Finance and commissioning committee" in {answer["names"][row["holder"]] for row in answer["alternatives"]}


def test_places_may_be_repeated(ask, world):
    bradford, leeds = (place.pk for place in world.icb.places.order_by("name"))
    assert ask(place=[bradford])["status"] == "within_authority"
    assert ask(place=[bradford, leeds])["status"] == "outside_area"
    assert ask(place=[leeds, bradford])["places"] == [bradford, leeds]


def test_after_its_last_day_it_has_expired(ask):
    assert ask(on="2027-04-01")["status"] == "expired"


def test_a_part_of_a_function_is_covered_by_the_whole(ask):
    assert ask(function="community_diagnostics")["status"] == "within_authority"


@pytest.mark.parametrize("who", ["stranger", "other_officer", "admin"])
def test_everyone_who_signed_in_may_ask(ask, who):
    assert ask(who=who)["status"] == "within_authority"


def test_nobody_else_may(api):
    api(None).get("authority/", 401)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ({"forum": ""}, "forum"),
        ({"holder": "post:1"}, "forum"),
        ({"forum": "", "holder": "nobody"}, "holder"),
        ({"forum": "first"}, "forum"),
        ({"forum": "-1"}, "forum"),
        ({"function": ""}, "function"),
        ({"function": "nothing"}, "function"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e13"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"place": "nowhere"}, "place"),
        ({"place": "999999"}, "place"),
        ({"place": ["1"] * 101}, "place"),
        ({"on": "2 November"}, "on"),
        ({"on": "2026-02-30"}, "on"),
        ({"body": "1"}, "body"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(ask, question, named):
    assert named in ask(400, **question)["errors"]


def test_a_forum_that_does_not_exist_is_not_found(ask):
    ask(404, forum=999999)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_too(ask, day):
    assert ask(on=day, amount="1")["status"] != "within_authority"


def test_a_question_needs_few_queries(ask, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        ask(amount="384000")


def test_posts_and_bodies_are_asked_about_as_holders(ask, world):
    asked = {"forum": "", "holder": f"body:{world.icb.pk}"}
    assert ask(**asked)["status"] == "within_authority"
    post = Post.objects.create(organisation=world.icb, title="Director", starts=date(2024, 1, 1))
    assert ask(forum="", holder=f"post:{post.pk}")["status"] == "not_delegated"
    assert ask(forum="", holder=f"forum:{world.place_board.pk}")["status"] == "within_authority"
    ask(404, forum="", holder="post:999999")
