"""The page of a forum without a sign-in: what it may decide and what it published, and nobody's name."""

import re
from datetime import date
from html import unescape

import pytest

from ics_governance.context import system
from partnerships.models import Decision, Delegation, Forum
from tests import records
from tests.queries import counted
from tests.world import LONG_AGO

TAKEN = date(2026, 10, 2)


def text(response) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\u00a0", " ").split())


@pytest.fixture
def opened(client, world):
    """Asks for the page of the place board, as nobody."""
    return lambda: client.get(f"/forums/{world.place_board.pk}/")


def test_everyone_reads_what_a_forum_is_and_decides(opened, world):
    with system("what it is for"):
        Forum.objects.filter(pk=world.place_board.pk).update(purpose="Joins up care in the place.")
    said = text(opened())
    for words in (
        "Bradford place board",
        "Hosted by NHS West Yorkshire Integrated Care Board, at place level, for Bradford District and Craven.",
        "A committee of one statutory body, which sets its terms",
        "Joins up care in the place.",
        "Commissioning community health services from Finance and commissioning committee",
        "£500,000 Bradford District and Craven",
        "It reports to Finance and commissioning committee",
    ):
        assert words in said, words
    assert "Members, meetings and terms of reference are for those who sign in." in said


def test_nobody_is_named_and_neither_drafts_nor_meetings_are_told(opened, world):
    before = text(opened())
    with system("secrets"):
        draft = Delegation.objects.get(to_forum=world.place_board)
        draft.pk, draft.status, draft.instrument = None, "draft", "CANARY instrument"
        draft.save()
        world.meeting(date(2099, 1, 5))
        world.decision(1, title="CANARY draft")
        records.decision(world.place_board, TAKEN, seen_by=[world.icb], title="CANARY agreed")
    after = text(opened())
    assert after == before
    for name in ("Whitfield", "Adeyemi", "Calloway", "Sadiq", "CANARY", "2099"):
        assert name not in after
    assert "/delegations/" not in opened().content.decode() and "/organisations/" not in opened().content.decode()


def test_what_it_published_stands_there_and_leads_back(client, opened, world):
    assert "None of its decisions has been published yet." in text(opened())
    seen = {"seen_by": [world.icb], "title": "More scans", "reference": "QWO-2026-0003"}
    made = records.decision(world.place_board, TAKEN, **seen)
    with system("release"):
        Decision.objects.filter(pk=made.pk).update(released_at="2026-10-10T09:00Z")
    assert "/register/QWO-2026-0003/" in opened().content.decode()
    assert f'href="/forums/{world.place_board.pk}/"' in client.get("/register/QWO-2026-0003/").content.decode()


def test_one_that_ended_says_so_and_one_that_is_none_is_not_there(client, opened, world):
    with system("it ended"):
        Forum.objects.filter(pk=world.place_board.pk).update(ends=date(2025, 3, 31))
    assert "It ended on 31 March 2025." in text(opened())
    assert client.get("/forums/0/").status_code == 404


def test_the_page_asks_as_often_for_few_as_for_many(opened, world):
    opened()
    with counted() as few:
        opened()
    for number in range(12):
        made = records.decision(world.place_board, TAKEN, seen_by=[world.icb], title=f"Decision {number}")
        with system("release, and a group below it"):
            Decision.objects.filter(pk=made.pk).update(released_at="2026-10-10T09:00Z")
            Forum.objects.create(name=f"Group {number}", host=world.icb, form="committee", level="place",
                                 reports_to=world.place_board, starts=LONG_AGO)  # fmt: skip
    with counted() as many:
        assert opened().status_code == 200
    assert len(many) == len(few) <= 12
