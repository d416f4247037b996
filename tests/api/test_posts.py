"""`/posts/` of the API."""

from datetime import date

import pytest

from partnerships.models import Post, PostHolding
from tests.world import LONG_AGO


@pytest.fixture
def posts(world):
    """A post with its holder, one that ended, and one of another body."""
    hannah = world.person("officer")
    held = Post.objects.create(organisation=world.icb, title="Place director", holder=hannah, starts=LONG_AGO)
    PostHolding.objects.create(post=held, person=world.person("executive"), starts=LONG_AGO, ends=date(2025, 3, 31))
    PostHolding.objects.create(post=held, person=hannah, starts=date(2025, 4, 1))
    Post.objects.create(organisation=world.icb, title="Chief nurse", starts=LONG_AGO, ends=date(2026, 3, 31))
    Post.objects.create(organisation=world.body("RCF"), title="Medical director", starts=LONG_AGO)
    return held


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({}, ["Chief nurse", "Medical director", "Place director"]),
        ({"organisation": "QWO"}, ["Chief nurse", "Place director"]),
        ({"organisation": "QWO", "as_of": "2026-04-01"}, ["Place director"]),
        ({"vacant": "true"}, ["Chief nurse", "Medical director"]),
        ({"vacant": "false"}, ["Place director"]),
        ({"q": "director"}, ["Medical director", "Place director"]),
    ],
)
def test_posts_of_a_body_and_a_day(api, posts, filters, titles):
    assert api("stranger").names("posts/", **filters) == titles


def test_a_post_says_who_is_in_it_and_who_was(api, world, posts):
    record = api("other_trust").record(f"posts/{posts.pk}/")
    assert (record["holder"], record["organisation"]["ods_code"]) == ("Hannah Whitfield", "QWO")
    assert [(row["name"], row["ends"]) for row in record["holdings"]] == [
        ("Hannah Whitfield", None), ("Marcus Adeyemi", "2025-03-31"),
    ]  # fmt: skip


def test_bad_input_is_a_problem(api, posts):
    client = api("officer")
    for query in ("organisation=nowhere", "as_of=today", "vacant=perhaps", "body=QWO"):
        client.get(f"posts/?{query}", 400)
    client.get("posts/0/", 404)
    client.get("posts/one/", 404)
    api(None).get("posts/", 401)


def test_a_long_list_costs_no_more_queries(api, world, posts, django_assert_max_num_queries):
    for number in range(60):
        Post.objects.create(organisation=world.icb, title=f"Post {number}", starts=LONG_AGO)
    client = api("officer")
    for size in (5, 50):
        with django_assert_max_num_queries(12):
            assert len(client.get("posts/", page_size=size).body["results"]) == size
