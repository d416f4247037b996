"""The pages that anyone may ask: can we decide this, and by which route."""

from datetime import date
from decimal import Decimal

import pytest

from partnerships.models import Completeness, Delegation, Forum, Function, Place, Post, PostHolding
from tests import records
from tests.delegating import edge, joint_committee
from tests.queries import counted
from tests.world import LONG_AGO

ON = "2026-11-02"


def plain(response):
    return response.content.decode().replace("\u00a0", " ")


@pytest.fixture
def ask(client, world):
    def of(address="/authority/", status=200, **question):
        asked = {"system": "QWO", "on": ON} | question
        response = client.get(address, {name: value for name, value in asked.items() if value is not None})
        assert response.status_code == status, response.content.decode()[:3000]
        return plain(response)

    return of


@pytest.fixture
def board(world):
    return {"who": f"forum:{world.place_board.pk}", "function": "community_services"}


@pytest.fixture
def bradford(world):
    return world.place_board.places.get()


# --- Can we decide this? ------------------------------------------------------------------------------------------


def test_without_a_question_the_page_says_how_to_begin(client, world):
    page = plain(client.get("/authority/"))
    assert "Choose a system first, or find a forum by its name." in page
    assert "NHS West Yorkshire Integrated Care Board" in page


def test_a_system_offers_its_forums_functions_and_places_and_asks_for_the_rest(ask):
    page = ask()
    assert "Bradford place board" in page and "Leeds partnership forum" in page
    assert '<optgroup label="Commissioning">' in page and "Commissioning community health services" in page
    assert "Bradford District and Craven" in page
    assert "Still to choose: who would decide and the function." in page


def test_within_its_limit_it_says_until_when_and_who_stays_accountable(ask, board, bradford):
    page = ask(**board, amount="384,000", place=bradford.pk)
    assert "Within authority" in page and "until 31 March 2027" in page
    assert "Accountable: NHS West Yorkshire Integrated Care Board." in page
    assert "scheme of delegation 4.2" in page and "terms of reference, section 6" in page


def test_above_it_those_who_could_take_it_are_asked_again_lowest_level_first(ask, board, bradford, world):
    page = ask(**board, amount="£640k", place=bradford.pk)
    assert "Over the limit by £140,000" in page
    finance = world.icb.forums.get(name="Finance and commissioning committee")
    link = f"/authority/?system=QWO&amp;function=community_services&amp;amount=640000&amp;place={bradford.pk}"
    assert f'{link}&amp;on=2026-11-02&amp;who=forum:{finance.pk}"' in page
    again = ask(who=f"forum:{finance.pk}", function="community_services", amount="640000", place=bradford.pk)
    assert "Within authority" in again


@pytest.mark.parametrize(
    ("day", "said"),
    [("2027-04-01", "Delegation expired"), ("2022-06-30", "not yet in force"), ("1 November 2026", "Within authority")],
)
def test_the_answer_is_as_of_a_day_past_or_to_come(client, world, board, day, said):
    response = client.get("/authority/", {"system": "QWO", "on": day, **board})
    found = plain(response)
    if day == "2022-06-30":  # the ICB did not exist yet
        assert response.status_code == 422 and "is not an integrated care board of that day" in found
    else:
        assert response.status_code == 200 and said in found


def test_before_the_system_began_only_the_system_is_told_to_be_unknown(client, world):
    query = f"system=QWO&who=forum:{world.place_board.pk}&function=community_services&on=1+January+2015"
    answer = client.get(f"/authority/?{query}")
    assert answer.status_code == 422
    said = plain(answer)
    assert "“QWO” is not an integrated care board of that day" in said
    assert "that can be chosen here" in said and "is not a function" not in said and "is not a forum" not in said


def test_the_other_answers_are_said_as_plainly(ask, world, board, bradford):
    leeds = Place.objects.get(name="Leeds")
    assert "Outside its area" in ask(**board, place=leeds.pk)
    talks = world.icb.forums.get(name="Leeds partnership forum")
    assert "May only recommend" in ask(who=f"forum:{talks.pk}", function="community_services")
    Completeness.objects.all().delete()
    salford = world.icb.forums.create(name="New group", form="committee", level="place", starts=LONG_AGO)
    assert "Not recorded" in ask(who=f"forum:{salford.pk}", function="community_services")


def test_without_a_place_the_answer_says_where_it_holds_and_the_route_is_for_there(ask, board, bradford):
    page = ask(**board)
    assert "no place named" in page and "the whole area" not in page.partition('id="answer"')[2]
    assert "may take this in Bradford District and Craven: up to £500,000" in page
    assert f"place={bradford.pk}&amp;on=2026-11-02&amp;begins=forum" in page


def test_a_council_is_asked_about_a_function_of_the_board_in_whose_system_it_works(ask, world):
    council, icb = world.body("E08000032"), world.icb
    asked = {"who": f"body:{council.pk}", "function": "community_services"}
    assert "Not delegated" in ask(**asked)
    Completeness.objects.filter(organisation=icb).delete()
    page = ask(**asked)
    assert "Not recorded" in page
    assert f"{icb.label} had not declared its register complete on 2 November 2026" in page


def test_the_forum_of_one_person_has_what_was_given_to_the_post(ask, world, bradford):
    post = Post.objects.create(title="Place director, Bradford", organisation=world.icb, starts=LONG_AGO)
    alone = world.icb.forums.create(
        name="Place director", form="individual_executive", level="place", starts=LONG_AGO, post=post
    )
    edge(world.icb, post, instrument="scheme 5.1", limit=100_000)
    asked = {"who": f"forum:{alone.pk}", "function": "community_services", "amount": "90,000"}
    assert "has the authority, but nobody holds the post" in ask(**asked)
    PostHolding.objects.create(post=post, person=world.person("officer"), starts=LONG_AGO)
    assert "Place director may take this: up to £100,000 under scheme 5.1" in ask(**asked)


def test_a_joint_committee_is_told_to_need_all_its_bodies(ask, world):
    services = Function.objects.create(
        code="services", name="Running services", family="provider", owner_kind="trust", bases=["s65z5"]
    )
    joint = joint_committee(world, "RCF", "RR8")
    edge(world.body("RCF"), joint, function=services, limit=300_000)
    asked = {"who": f"forum:{joint.pk}", "function": "services"}
    assert "Not recorded" in ask(**asked)
    for code in ("RCF", "RR8"):
        Completeness.objects.create(organisation=world.body(code), family="provider", complete_from=LONG_AGO)
    page = ask(**asked)
    assert f"{world.body('RR8').label} has not delegated the function to it. Until then each body decides" in page
    edge(world.body("RR8"), joint, function=services, limit=200_000)
    page = ask(**asked)
    assert "may take this: up to £200,000" in page
    assert "every one of them must have delegated the function, and the smallest limit counts" in page
    assert "Share</th>" not in page and "Could also be taken by" not in page


def test_a_forum_alone_is_enough_to_know_its_system(client, world):
    page = plain(client.get("/authority/", {"who": f"forum:{world.place_board.pk}"}))
    assert 'value="QWO" selected' in page and "Still to choose: the function." in page


def test_forums_are_found_by_their_names(client, world):
    page = plain(client.get("/authority/", {"q": "bradford place"}))
    assert f"/authority/?who=forum:{world.place_board.pk}" in page
    assert "No forum of" in plain(client.get("/authority/", {"q": "zzz"}))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"who": "forum:999999"}, "is not a forum or post of this system"),
        ({"who": "nobody"}, "is not a forum or post of this system"),
        ({"who": "forum:99999999999999999999"}, "is not a forum or post of this system"),
        ({"function": "nothing"}, "is not a function"),
        ({"place": "999999"}, "is not a place of this system"),
        ({"place": "nowhere"}, "is not a place of this system"),
        ({"amount": "-1"}, "Amount must be 0 or more"),
        ({"amount": "much"}, "Amount must be an amount in pounds"),
        ({"amount": "NaN"}, "Amount must be an amount in pounds"),
        ({"amount": "99999999999999m"}, "Amount"),
        ({"on": "30 February 2026"}, "On which day must be a date"),
        ({"on": "1066-10-14"}, "between"),
        ({"system": "QQQ"}, "is not an integrated care board"),
        ({"q": "x" * 101}, "100 characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_nothing_is_lost(ask, board, question, said):
    page = ask(status=422, **board | {"amount": "384,000"} | question)
    assert "There is a problem" in page and said in page
    if "amount" not in question and question.get("system") != "QQQ":
        assert 'value="384,000"' in page


def test_a_place_of_another_system_is_refused(ask, board, world):
    elsewhere = Place.objects.create(name="Salford", icb=world.body("QOP"), starts=LONG_AGO)
    page = ask(status=422, **board, place=elsewhere.pk)
    assert "Salford is not in this system" in page and f'value="{elsewhere.pk}" checked' in page


def test_what_was_chosen_stays_with_its_name_when_it_is_not_there_on_another_day(ask, board, world, bradford):
    Forum.objects.filter(pk=world.place_board.pk).update(starts=date(2024, 4, 1))
    Place.objects.filter(pk=bradford.pk).update(ends=date(2026, 12, 31))
    early = ask(status=422, **board, place=bradford.pk, on="2024-01-15")
    assert "Bradford place board did not exist on 15 January 2024; it began on 1 April 2024" in early
    assert f'value="forum:{world.place_board.pk}" selected' in early
    late = ask(status=422, **board, place=bradford.pk, on="2027-02-01")
    assert f"{bradford} did not exist any more on 1 February 2027; its last day was 31 December 2026" in late
    assert f'value="{bradford.pk}" checked' in late


def test_what_was_used_of_a_yearly_limit_is_known_to_those_who_sign_in_only(client, sign_in, world, board, bradford):
    Delegation.objects.filter(to_forum=world.place_board).update(limit_kind="annual")
    taken = records.decision(
        world.place_board, date(2026, 10, 1), state="agreed", amount=120_000,
        function=Function.objects.get(code="community_services"),
    )  # fmt: skip
    assert taken.released_at is None
    asked = {"system": "QWO", "on": ON, "place": bradford.pk, **board}
    nobody = plain(client.get("/authority/", asked))
    assert "£380,000" not in nobody and "up to £500,000 for the financial year" in nobody
    assert "Within a yearly limit, as far as is public" in nobody and "app-auth--unsure" in nobody
    known = plain(sign_in("officer").get("/authority/", asked))
    assert "£380,000" in known and "app-auth--yes" in known and "as far as is public" not in known


def test_a_limit_that_is_not_counted_by_the_year_hides_nothing_from_the_public(ask, board, bradford):
    page = ask(**board, place=bradford.pk)
    assert "app-auth--yes" in page and "as far as is public" not in page


def test_no_person_and_no_draft_is_named_on_the_open_pages(client, world, board, bradford):
    draft = Delegation.objects.create(
        function=Function.objects.get(code="community_services"), from_organisation=world.icb,
        to_forum=world.place_board, basis="internal_scheme", instrument="a draft of section 9", starts=LONG_AGO,
        limit=Decimal(9_000_000),
    )  # fmt: skip
    assert draft.status == "draft"
    for address in ("/authority/", "/authority/route/"):
        page = plain(client.get(address, {"system": "QWO", "amount": "640000", "place": bradford.pk, **board}))
        assert "Hannah Whitfield" not in page and "section 9" not in page


# --- The route ----------------------------------------------------------------------------------------------------


def test_the_route_names_each_step_and_why(ask, board, bradford, world):
    page = ask("/authority/route/", function="community_services", amount="640000", place=bradford.pk)
    names = ("Bradford place board</a>", "Finance and commissioning committee</a>", "NHS West Yorkshire board</a>")
    order = [page.index(name) for name in names]
    assert order == sorted(order)
    assert "The lowest that may take a decision of £640,000 here" in page
    assert "Its next meeting" not in page
    assert page.count("When each of them meets is shown to those who sign in and may see its meetings.") == 1


def test_an_officer_is_led_to_plan_the_meeting_that_is_missing(sign_in, world, bradford):
    asked = {"system": "QWO", "function": "community_services", "amount": "100", "place": bradford.pk}
    link = f'href="/meetings/new/?forum={world.place_board.pk}"'
    assert link in sign_in("officer").get("/authority/route/", asked).content.decode()
    assert link not in sign_in("other_officer").get("/authority/route/", asked).content.decode()


def test_meetings_and_deadlines_are_shown_to_those_who_may_see_them(sign_in, world, bradford):
    world.meeting(held_on=date(2099, 1, 14))
    asked = {"system": "QWO", "function": "community_services", "amount": "100", "place": bradford.pk}
    assert "Next meeting 14 January 2099; papers by 7 January 2099." in plain(
        sign_in("officer").get("/authority/route/", asked)
    )
    other = plain(sign_in("other_officer").get("/authority/route/", asked))
    assert "14 January 2099" not in other and "Its next meeting is not public here." in other


def test_where_several_bodies_hold_the_function_one_is_chosen(ask, world):
    Function.objects.create(
        code="services", name="Running services", family="provider", owner_kind="trust", bases=["s65z5"]
    )
    page = ask("/authority/route/", function="services")
    assert "Whose matter is it?" in page
    airedale = world.body("RCF")
    one = ask("/authority/route/", function="services", body=airedale.pk)
    assert f"{airedale.label} decides" in one


def test_nobody_holds_it_is_said(ask, world):
    Function.objects.create(code="elsewhere", name="Something else", family="provider", owner_kind="nobody")
    assert "No body of this system holds it" in ask("/authority/route/", function="elsewhere")


@pytest.mark.parametrize(
    "question",
    [{"amount": "-1"}, {"place": "0"}, {"function": "nothing"}, {"on": "never"}, {"body": "0"}, {"body": "x"}],
)
def test_a_route_that_cannot_be_read_is_said(ask, question):
    assert "There is a problem" in ask("/authority/route/", 422, **{"function": "community_services"} | question)


def test_a_beginning_that_is_unknown_is_left_out(ask):
    page = ask("/authority/route/", function="community_services", begins="forum:99999999")
    assert "decides</h2>" in page


def test_a_draft_and_a_forum_lead_to_the_route(sign_in, world):
    forum = plain(sign_in("officer").get(f"/forums/{world.place_board.pk}/"))
    assert f"/authority/?who=forum:{world.place_board.pk}" in forum
    draft = world.decision(8)
    panel = plain(
        sign_in("officer").get(
            "/authority/panel/",
            {"forum": draft.forum_id, "function": Function.objects.get(code="community_services").pk, "amount": "9"},
        )
    )
    assert "/authority/route/?begins=forum:" in panel


def test_a_page_costs_the_same_for_few_and_many_rows(client, sign_in, world, board, bradford):
    asked = {"system": "QWO", "amount": "640000", "place": bradford.pk, **board}

    def costs(who):
        found = {}
        for address in ("/authority/", "/authority/route/"):
            with counted() as queries:
                assert who.get(address, asked).status_code == 200
            found[address] = len(queries)
        return found

    nobody, before = costs(client), costs(sign_in("officer"))
    for number in range(12):
        forum = world.icb.forums.create(
            name=f"Group {number}", form="committee", level="place", starts=LONG_AGO, reports_to=world.place_board
        )
        made = Delegation.objects.create(
            function=Function.objects.get(code="community_services"), from_organisation=world.icb,
            from_forum=world.place_board, to_forum=forum, basis="internal_scheme", instrument="more", starts=LONG_AGO,
        )  # fmt: skip
        Delegation.objects.filter(pk=made.pk).update(status="approved")
    assert costs(sign_in("officer")) == before
    assert max(*nobody.values(), *before.values()) <= 15, (nobody, before)
