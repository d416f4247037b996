"""Lists in pages by key: each row once, in order, forwards and backwards, whatever the cursor says."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from ics_governance.models import Job
from ics_governance.paging import CAP, Page, capped_count, columns_of, paged

SORTS = {"kind": ("kind", "id"), "finished": ("finished_at", "id"), "both": ("kind", "finished_at", "id")}
START = datetime(2026, 11, 2, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs():
    """Twenty-three jobs of three kinds; some have not finished, several finished at the same moment."""
    return Job.objects.bulk_create(
        Job(
            kind=f"kind {number % 3}",
            key=f"key {number}",
            finished_at=None if number % 4 == 0 else START + timedelta(hours=number % 5),
        )
        for number in range(23)
    )


def page(sort: str = "", size: int = 5, **asked: str) -> Page[Job]:
    return paged(Job.objects.all(), {"sort": sort, **asked}, SORTS, default="kind", size=size)


def walk(sort: str, size: int) -> tuple[list[Page[Job]], list[int]]:
    """All pages of a sort, from the first to the last, and the keys in the order in which they came."""
    pages = [page(sort, size)]
    while pages[-1].next:
        pages.append(page(sort, size, after=pages[-1].next))
    return pages, [row.pk for one in pages for row in one.rows]


@pytest.mark.parametrize("size", [1, 2, 5, 22, 23, 24])
@pytest.mark.parametrize("sort", ["kind", "-kind", "finished", "-finished", "both", "-both"])
def test_walking_on_shows_every_row_once_in_the_order_of_the_database(jobs, sort, size):
    pages, seen = walk(sort, size)
    assert seen == list(Job.objects.order_by(*columns_of(sort, SORTS)).values_list("pk", flat=True))
    assert [one.shown for one in pages[:-1]] == [size] * (len(pages) - 1)


@pytest.mark.parametrize("sort", ["kind", "-finished", "both"])
def test_walking_back_shows_the_same_pages(jobs, sort):
    pages, _ = walk(sort, 5)
    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(sort, 5, before=back[-1].previous))
    assert [[row.pk for row in one.rows] for one in reversed(back)] == [[row.pk for row in one.rows] for one in pages]


def test_the_ends_have_no_further_pages(jobs):
    pages, _ = walk("kind", 10)
    assert (pages[0].previous, pages[-1].next) == (None, None)
    assert all([pages[0].next, pages[1].previous, pages[1].next, pages[2].previous])


def test_a_row_that_came_meanwhile_does_not_move_the_next_page(jobs):
    first = page("kind", 5)
    expected = [row.pk for row in page("kind", 5, after=first.next).rows]
    Job.objects.create(kind="a kind that comes first", key="new")
    assert [row.pk for row in page("kind", 5, after=first.next).rows] == expected


def test_the_page_after_a_row_that_was_removed_goes_on_where_it_stood(jobs):
    first = page("kind", 5)
    rest = [row.pk for row in page("kind", 100, after=first.next).rows]
    first.rows[-1].delete()
    assert [row.pk for row in page("kind", 100, after=first.next).rows] == rest


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "!!!",
        "é",
        "a",
        cursor(),
        cursor("kind"),
        cursor("finished", "2026-11-02", 1),
        cursor("kind", "kind 1", "not a number"),
        cursor("kind", "kind 1", {"a": 1}),
        cursor("kind", ["kind 1"], 1),
        cursor("kind", "with a nul \0", 1),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
    ],
)
def test_a_cursor_that_cannot_be_read_leads_to_the_beginning_and_says_so(jobs, text):
    found = page("kind", 5, after=text)
    assert found.lost and [row.pk for row in found.rows] == [row.pk for row in page("kind", 5).rows]
    assert found.previous is None and found.next
    assert page("kind", 5, before=text).lost


def test_a_number_beyond_the_database_is_no_error(jobs):
    assert page("kind", 5, after=cursor("kind", "kind 1", 10**30)) is not None


def test_an_unknown_sort_is_the_default_one(jobs):
    assert page("password").sort == "kind"
    assert page("-kind").sort == "-kind"


def test_an_address_of_the_browser_is_read_as_it_is(jobs):
    first = paged(Job.objects.all(), QueryDict("sort=-finished"), SORTS, default="kind", size=4)
    second = paged(Job.objects.all(), QueryDict(f"sort=-finished&after={first.next}"), SORTS, default="kind", size=4)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}


def test_an_empty_list_has_one_empty_page():
    found = page("kind")
    assert (found.rows, found.count, found.next, found.previous, found.total) == ([], 0, None, None, "0")


def test_the_count_stops_at_a_thousand(jobs):
    assert capped_count(Job.objects.all(), cap=20) == 20
    assert capped_count(Job.objects.all(), cap=24) == 23


def test_a_count_is_worded_with_its_noun():
    assert Page([], "kind", 1).counted("trust") == "1\u00a0trust"
    assert Page([], "kind", 2).counted("body", "bodies") == "2\u00a0bodies"
    assert Page([], "kind", CAP).counted("trust") == "1,000+\u00a0trusts"


def test_a_page_far_down_costs_two_queries_and_no_offset(jobs):
    pages, _ = walk("kind", 5)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page("kind", 5, after=pages[-2].next)
    assert len(queries) == 2
    assert not any("OFFSET" in query["sql"] for query in queries)
