"""Posts: who is in each, when, and what is delegated to it."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from partnerships.checks import run
from partnerships.models import Delegation, Employment, Forum, Function, Person, Post, PostHolding
from partnerships.queries.authority import load_graph
from partnerships.queries.check_facts import facts_for
from partnerships.queries.posts import is_vacant
from tests.partnerships.test_arrangement_keeping import on, post, refused
from tests.partnerships.test_forum_pages import text
from tests.queries import counted
from tests.world import LONG_AGO, moved

BEGAN = date(2024, 1, 1)
FIRST = date(2026, 10, 1)
LIST = "/organisations/QWO/posts/"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def director(world) -> Post:
    """A post with its holder, as the demonstration records it: without days of its own."""
    holder = world.person("executive")
    return Post.objects.create(organisation=world.icb, title="Place director", holder=holder, starts=BEGAN)


def delegated(world, to: Post) -> Delegation:
    """The finance committee's function, given to a post."""
    edge = Delegation.objects.create(
        function=Function.objects.get(code="community_services"), from_organisation=world.icb, to_post=to,
        basis="internal_scheme", instrument="scheme of delegation 5.1", limit=Decimal(100_000), starts=BEGAN,
        ends=date(2027, 3, 31),
    )  # fmt: skip
    moved(edge, "approved", "in_force")
    return edge


def terms(of: Post) -> list[tuple[str, date | None, date | None]]:
    """Who was in it, the latest first."""
    return [(row.person.name, row.starts, row.ends) for row in of.holdings.select_related("person")]


# --- Recording one --------------------------------------------------------------------------------------------------


def test_an_officer_records_a_post_with_its_holder(officer, world, one_ledger_entry):
    holder = world.person("executive")
    with one_ledger_entry("post.recorded") as entries:
        page = post(
            officer, "/posts/new/", host=world.icb.pk, title="Chief  nurse", holder=holder.pk, **on("starts", BEGAN),
            **on("since", FIRST),
        )  # fmt: skip
    made = Post.objects.get(title="Chief nurse")
    assert (made.organisation, made.starts, made.holder) == (world.icb, BEGAN, holder)
    assert terms(made) == [("Marcus Adeyemi", FIRST, None)] and entries[0].organisation == world.icb.pk
    assert "Marcus Adeyemi since 1 October 2026" in page and "nothing yet" in page


def test_a_vacant_post_can_be_recorded(officer, world):
    page = post(officer, "/posts/new/", host=world.icb.pk, title="Chief nurse", **on("starts", BEGAN))
    assert "vacant since when: not recorded" in page and PostHolding.objects.count() == 0


def test_what_a_post_cannot_be_is_said(officer, world, director):
    typed = {"host": world.icb.pk, "title": "Chief nurse", **on("starts", BEGAN)}
    holder = {"holder": world.person("executive").pk}
    for words, more in (
        ("There is a post called place director already", {"title": "place director"}),
        ("does not exist on that day", on("starts", date(2022, 6, 30))),
        ("Choose who is in the post since then", on("since", FIRST)),
        ("The post begins on 1 January 2024", holder | on("since", date(2023, 12, 31))),
        ("Record it on that day or after", holder | on("since", date(2026, 10, 21))),
        ("Enter", {"title": ""}),
    ):
        assert words in refused(officer, "/posts/new/", **(typed | more)), words
    other = refused(officer, "/posts/new/", **(typed | {"holder": world.person("chair").pk}))  # works elsewhere
    assert "Who is in it" in other and Post.objects.count() == 1


def test_only_those_who_draft_for_the_body_keep_its_posts(sign_in, world, director):
    for who in ("executive", "auditor", "chair", "stranger", "region_lead"):
        assert sign_in(who).get("/posts/new/").status_code == 403
    for who in ("secretary", "other_officer", "partner", "executive"):
        for step in ("holder", "end"):
            assert sign_in(who).get(f"/posts/{director.pk}/{step}/").status_code == 403
            assert sign_in(who).post(f"/posts/{director.pk}/{step}/", {}).status_code == 403
    assert sign_in("officer").get("/posts/0/holder/").status_code == 404
    refused(sign_in("secretary"), "/posts/new/", host=world.icb.pk, title="Ours", **on("starts", BEGAN))
    post(sign_in("secretary"), "/posts/new/", host=world.body("RCF").pk, title="Theirs", **on("starts", BEGAN))
    assert Post.objects.get(title="Theirs").organisation == world.body("RCF")


# --- Who is in it -----------------------------------------------------------------------------------------------------


def test_another_holder_is_named_and_the_former_one_is_kept(officer, world, director, one_ledger_entry):
    new = world.person("officer")
    with one_ledger_entry("post.holder_named"):
        page = post(officer, f"/posts/{director.pk}/holder/", person=new.pk, **on("from_day", FIRST))
    director.refresh_from_db()
    assert director.holder == new
    assert terms(director) == [
        ("Hannah Whitfield", FIRST, None),
        ("Marcus Adeyemi", BEGAN, date(2026, 9, 30)),
    ]
    assert "Hannah Whitfield since 1 October 2026" in page
    assert "before: Marcus Adeyemi, until 30 September 2026" in page
    post(officer, f"/posts/{director.pk}/holder/", person=world.person("auditor").pk, **on("from_day", FIRST))
    assert terms(director)[0] == ("Edith Lowe", FIRST, None)  # on its first day a term is corrected


def test_a_post_falls_vacant_and_is_filled_again(officer, world, director, one_ledger_entry):
    with one_ledger_entry("post.vacated"):
        page = post(officer, f"/posts/{director.pk}/holder/", **on("from_day", FIRST))
    director.refresh_from_db()
    assert director.holder is None and terms(director) == [("Marcus Adeyemi", BEGAN, date(2026, 9, 30))]
    assert "vacant since 1 October 2026" in page
    back = {"person": world.person("executive").pk}
    early = refused(officer, f"/posts/{director.pk}/holder/", **back, **on("from_day", date(2026, 9, 30)))
    assert "Marcus Adeyemi was in the post until 30 September 2026" in early
    post(officer, f"/posts/{director.pk}/holder/", **back, **on("from_day", date(2026, 10, 15)))
    assert [is_vacant(director, day) for day in (date(2026, 9, 30), FIRST, date(2026, 10, 15))] == [False, True, False]


def test_what_cannot_be_is_refused_with_the_rule(officer, world, director):
    address, new = f"/posts/{director.pk}/holder/", world.person("officer").pk
    Employment.objects.filter(person=new).update(starts=date(2024, 6, 1))
    for words, typed in (
        ("This person is in the post already", {"person": director.holder_id} | on("from_day", FIRST)),
        ("The post begins on 1 January 2024", {"person": new} | on("from_day", date(2023, 12, 31))),
        ("Record it on that day or after", {"person": new} | on("from_day", date(2026, 10, 21))),
        ("Hannah Whitfield is not recorded as employed by", {"person": new} | on("from_day", date(2024, 5, 31))),
        ("Select", {"person": world.person("chair").pk} | on("from_day", FIRST)),
        ("must be", {"person": new} | on("from_day", FIRST) | {"from_day_month": 13}),
    ):
        assert words in refused(officer, address, **typed), words
    assert terms(director) == []
    post(officer, address, person=new, **on("from_day", FIRST))
    assert "Hannah Whitfield is in the post from 1 October 2026" in refused(officer, address, **on("from_day", FIRST))
    post(officer, address, **on("from_day", date(2026, 10, 5)))
    assert "The post is vacant already" in refused(officer, address, **on("from_day", date(2026, 10, 6)))


def test_the_resolver_is_told_who_was_in_it_on_the_day(officer, world, director):
    delegated(world, director)
    post(officer, f"/posts/{director.pk}/holder/", **on("from_day", FIRST))
    filled = {"person": world.person("officer").pk} | on("from_day", date(2026, 10, 9))
    post(officer, f"/posts/{director.pk}/holder/", **filled)
    Employment.objects.filter(person=world.person("officer")).update(ends=date(2026, 10, 10))
    graph = load_graph([world.icb.pk], on=date(2026, 10, 20)).graph
    (told,) = [each for each in graph.posts if each.id == director.pk]
    days = [date(2026, 9, 30), FIRST, *(date(2026, 10, day) for day in (8, 9, 10, 11))]
    assert [told.vacant(day) for day in days] == [False, True, True, False, False, True]


def test_the_checks_find_what_is_delegated_to_a_vacant_post(officer, world, director):
    def vacant() -> list[str]:
        today = date(2026, 10, 20)
        return [each.text for each in run(facts_for(world.icb, today), today) if each.code == "vacant_post"]

    delegated(world, director)
    assert vacant() == []
    post(officer, f"/posts/{director.pk}/holder/", **on("from_day", FIRST))
    assert len(vacant()) == 1 and vacant()[0].startswith("The post Place director of")


# --- Its end ----------------------------------------------------------------------------------------------------------


def test_a_post_ends_with_its_holder_and_says_what_is_delegated_to_it(officer, world, director, one_ledger_entry):
    edge = delegated(world, director)
    forum = Forum.objects.create(
        name="Director's decisions", host=world.icb, form="individual_executive", level="place", starts=BEGAN,
        post=director,
    )  # fmt: skip
    post(officer, f"/posts/{director.pk}/holder/", person=world.person("officer").pk, **on("from_day", FIRST))
    page = text(officer.get(f"/posts/{director.pk}/end/"))
    assert edge.instrument in page and forum.name in page
    early = refused(officer, f"/posts/{director.pk}/end/", **on("last_day", date(2026, 9, 29)))
    assert "Hannah Whitfield was in the post on 1 October 2026" in early
    with one_ledger_entry("post.ended"):
        post(officer, f"/posts/{director.pk}/end/", **on("last_day", date(2026, 12, 31)))
    assert terms(director)[0] == ("Hannah Whitfield", FIRST, date(2026, 12, 31))
    post(officer, f"/posts/{director.pk}/end/", **on("last_day", date(2026, 10, 10)))  # sooner after all
    assert terms(director)[0] == ("Hannah Whitfield", FIRST, date(2026, 10, 10))
    assert "Ended Place director until 10 October 2026" in text(officer.get(LIST))
    assert "It has ended already" in refused(officer, f"/posts/{director.pk}/end/", **on("last_day", FIRST))
    late = {"person": world.person("executive").pk} | on("from_day", date(2026, 10, 15))
    assert "The post ended on 10 October 2026" in refused(officer, f"/posts/{director.pk}/holder/", **late)


def test_a_post_does_not_end_before_it_begins(officer, director):
    early = on("last_day", date(2023, 12, 31))
    assert "must not lie before the first day" in refused(officer, f"/posts/{director.pk}/end/", **early)


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_delegated_and_warns_of_vacancy(officer, world, director):
    edge = delegated(world, director)
    page = officer.get(LIST)
    assert f"/delegations/{edge.pk}/" in page.content.decode() and "although nobody" not in text(page)
    Post.objects.filter(pk=director.pk).update(holder=None)
    assert "1 post holds authority although nobody is in it: Place director" in text(officer.get(LIST))


def test_somebody_who_left_the_body_is_in_the_post_no_more(officer, world, director):
    Employment.objects.filter(person=director.holder_id).update(ends=date(2026, 9, 30))
    page = text(officer.get(LIST))
    assert "vacant since 1 October 2026" in page and "Marcus Adeyemi is named, but no longer works for" in page


def test_a_draft_stays_with_those_who_may_see_it(sign_in, world, director):
    edge = delegated(world, director)
    Delegation.objects.create(
        function=Function.objects.get(code="community_diagnostics"), from_organisation=world.icb, to_post=director,
        basis="internal_scheme", instrument="a draft", starts=BEGAN,
    )  # fmt: skip
    assert "draft" in text(sign_in("officer").get(LIST))
    page = text(sign_in("other_officer").get(LIST))
    assert edge.function.name in page and "diagnostics" not in page and "Record a post" not in page


def test_the_list_of_a_body_without_posts_teaches(sign_in, world):
    assert "None is recorded now" in text(sign_in("partner").get("/organisations/E08000032/posts/"))
    assert sign_in("partner").get("/organisations/XXX/posts/").status_code == 404
    assert LIST in sign_in("officer").get("/organisations/QWO/").content.decode()


def test_pages_ask_as_often_for_few_posts_as_for_many(officer, world, director):
    delegated(world, director)
    officer.get(LIST)
    with counted() as few:
        officer.get(LIST)
    for number in range(20):
        who = Person.objects.create(name=f"Person {number}")
        Employment.objects.create(person=who, organisation=world.icb, starts=LONG_AGO)
        made = Post.objects.create(organisation=world.icb, title=f"Post {number}", holder=who, starts=BEGAN)
        PostHolding.objects.create(post=made, person=who, starts=BEGAN)
        delegated(world, made)
    with counted() as many:
        officer.get(LIST)
    assert len(few) == len(many) <= 15
    for address in ("/posts/new/", f"/posts/{director.pk}/holder/", f"/posts/{director.pk}/end/"):
        with counted() as asked:
            officer.get(address)
        assert len(asked) <= 15, (address, len(asked))


def test_the_trail_of_a_post(officer, world, director):
    post(officer, f"/posts/{director.pk}/holder/", **on("from_day", FIRST))
    page = text(officer.get(f"/posts/{director.pk}/trail/"))
    assert "Post vacated , by Hannah Whitfield" in page and "2026-10-01" in page
