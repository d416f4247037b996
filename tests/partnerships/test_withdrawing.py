"""What has not begun is taken back, what was mistyped is corrected, and nobody overwrites another without a word."""

from datetime import date
from html.parser import HTMLParser

import pytest
import time_machine

from ics_governance import ledger
from partnerships.models import Arrangement, ArrangementMember, Forum, Fund, Membership, Place, Post
from tests import records
from tests.partnerships.test_arrangement_keeping import post, refused
from tests.partnerships.test_forum_keeping import employee, seat
from tests.partnerships.test_forum_pages import text
from tests.world import LONG_AGO

LATER = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def partnership(world):
    return Arrangement.objects.get()


# --- Taken back before it begins ------------------------------------------------------------------------------------


def test_a_part_that_has_not_begun_is_taken_back_and_the_trail_keeps_it(officer, world, partnership):
    row = ArrangementMember.objects.create(
        arrangement=partnership, organisation=world.body("R0A"), starts=date(2099, 5, 1)
    )
    address = f"/arrangements/{partnership.pk}/members/{row.pk}/withdraw/"
    assert address in officer.get(f"/arrangements/{partnership.pk}/").content.decode()
    assert "Enter why it is taken back" in refused(officer, address, why="")
    post(officer, address, why="The year was a slip")
    assert not ArrangementMember.objects.filter(pk=row.pk).exists()
    (entry,) = ledger.history(row)
    assert entry.kind == "arrangement.member_withdrawn" and entry.who == "Hannah Whitfield"
    kept = {name: (before, after) for name, before, after in entry.fields}
    assert kept["starts"] == ("2099-05-01", None) and kept["why"] == (None, "The year was a slip")


def test_a_membership_goes_with_its_deputies(officer, world):
    board = world.place_board
    row = records.member(board, world.body("RCF"), starts=LATER)
    row.further_deputies.create(person=employee(world, "RCF", "Asha Moor"), starts=LATER)
    post(officer, f"/forums/{board.pk}/members/{row.pk}/withdraw/", why="Another body")
    assert not Membership.objects.filter(pk=row.pk).exists()
    assert ledger.history(row)[0].kind == "forum.membership_withdrawn"


def test_a_deputy_who_has_not_begun_is_taken_back(officer, world):
    board, row = world.place_board, seat(world.place_board, world)
    one = row.further_deputies.create(person=employee(world, "RCF", "Asha Moor"), starts=LATER)
    address = f"/forums/{board.pk}/members/{row.pk}/deputies/{one.pk}/withdraw/"
    assert address in officer.get(f"/forums/{board.pk}/").content.decode()
    post(officer, address, why="Wrong person")
    assert not row.further_deputies.exists()


def test_what_has_begun_is_ended_and_not_taken_back(officer, world, partnership):
    member, row = partnership.members.first(), seat(world.place_board, world)
    deputy = row.further_deputies.create(person=employee(world, "RCF", "Asha Moor"), starts=LONG_AGO)
    forum = f"/forums/{world.place_board.pk}/members/{row.pk}/"
    for address in (
        f"/arrangements/{partnership.pk}/members/{member.pk}/withdraw/", f"{forum}withdraw/",
        f"{forum}deputies/{deputy.pk}/withdraw/",
    ):  # fmt: skip
        assert "It began on 1 July 2022: give it a last day instead" in refused(officer, address, why="x")
    row.refresh_from_db()
    assert partnership.members.filter(pk=member.pk).exists()


def test_a_body_that_speaks_for_another_is_not_taken_back(officer, world, partnership):
    coming = ArrangementMember.objects.create(arrangement=partnership, organisation=world.body("R0A"), starts=LATER)
    partnership.members.filter(organisation=world.body("RR8")).update(
        expectation="represented", represented_by=world.body("R0A")
    )
    address = f"/arrangements/{partnership.pk}/members/{coming.pk}/withdraw/"
    assert "It represents Leeds Teaching Hospitals NHS Trust" in refused(officer, address, why="x")


# --- A title is corrected -------------------------------------------------------------------------------------------


def test_the_title_of_a_post_is_corrected_with_an_entry_in_its_trail(officer, world):
    wrong = Post.objects.create(organisation=world.icb, title="Plaice director", starts=LONG_AGO)
    Post.objects.create(organisation=world.icb, title="Chief officer", starts=LONG_AGO)
    address = f"/posts/{wrong.pk}/edit/"
    assert address in officer.get("/organisations/QWO/posts/").content.decode()
    assert "There is a post called chief officer already" in refused(officer, address, title="chief officer")
    assert "Enter title" in refused(officer, address, title="")
    assert "Place director" in post(officer, address, title=" Place  director ")
    (entry,) = ledger.history(wrong)
    assert (entry.kind, entry.fields) == ("post.corrected", (("title", "Plaice director", "Place director"),))


def test_the_title_of_an_ended_post_stays(officer, world):
    ended = Post.objects.create(organisation=world.icb, title="Director", starts=LONG_AGO, ends=date(2026, 9, 30))
    assert "stays as it was" in refused(officer, f"/posts/{ended.pk}/edit/", title="Chief")


# --- Two people at one page -----------------------------------------------------------------------------------------


class Fields(HTMLParser):
    """The values that a page's form would send back."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.select = self.area = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        name, chosen = given.get("name", ""), {"checked", "selected"} & set(given)
        if tag == "select":
            self.select = name
        if tag == "textarea":
            self.area = name
        if tag == "option" and chosen and self.select:
            self._add(self.select, given.get("value", ""))
        if tag == "input" and name and (chosen or given.get("type") not in ("checkbox", "radio")):
            self._add(name, given.get("value", ""))

    def handle_data(self, data):
        if self.area:
            self._add(self.area, data.strip())

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = ""

    def _add(self, name, value):
        self.values.setdefault(name, []).append(value)


def opened(client, address):
    """What the page at an address would send back unchanged."""
    return Fields(client.get(address).content.decode()).values


@pytest.fixture
def pages(world, partnership):
    """An edit page of each kind, with a field of it."""
    fund = Fund.objects.create(arrangement=partnership, kind="aligned", name="Care", host=world.icb, year=2026)
    place = Place.objects.get(name="Leeds")
    return {
        "arrangement": (f"/arrangements/{partnership.pk}/edit/", "purpose", "scrutiny"),
        "forum": (f"/forums/{Forum.objects.get(name='Leeds partnership forum').pk}/edit/", "purpose", "name"),
        "fund": (f"/arrangements/{partnership.pk}/funds/{fund.pk}/", "purpose", "agreement"),
        "place": (f"/places/{place.pk}/edit/", "name", "starts_year"),
    }


@pytest.mark.parametrize("kind", ["arrangement", "forum", "fund", "place"])
def test_nobody_overwrites_another_without_a_word(officer, sign_in, world, pages, kind):
    address, theirs, mine = pages[kind]
    if kind == "forum":
        Forum.objects.filter(name="Leeds partnership forum").update(meets_in_public=True)
    first, second = opened(officer, address), opened(officer, address)
    changed = "2023" if mine == "starts_year" else "Mine"
    assert officer.post(address, first | {theirs: "Theirs"}).status_code == 302
    typed = second | {mine: changed}
    answer = officer.post(address, typed)
    page = text(answer)
    assert answer.status_code == 422 and "Hannah Whitfield changed" in page and "it is now: Theirs" in page
    again = Fields(answer.content.decode()).values
    assert again[mine] == [changed] and again["version"] != second["version"]
    assert officer.post(address, again).status_code == 302


def test_changes_of_other_fields_or_to_the_same_are_no_conflict(officer, partnership, pages):
    address, purpose, scrutiny = pages["arrangement"]
    first, second = opened(officer, address), opened(officer, address)
    officer.post(address, first | {purpose: "Same"})
    assert officer.post(address, second | {purpose: "Same", scrutiny: "Mine"}).status_code == 302
    partnership.refresh_from_db()
    assert (partnership.purpose, partnership.scrutiny) == ("Same", "Mine")


def test_a_phase_that_went_up_meanwhile_is_not_lowered_by_an_old_page(officer, partnership, pages):
    address = pages["arrangement"][0]
    old = opened(officer, address)
    Arrangement.objects.update(phase="partial")
    page = text(officer.post(address, old))
    assert "Somebody changed “Phase” meanwhile, and it is now: some joint functions and budgets" in page


@pytest.mark.parametrize("version", ["", "x", "1;=;purpose", ";;;", "9" * 400 + ";purpose=1"])
def test_a_version_that_says_nothing_is_no_obstacle(officer, pages, version):
    address = pages["arrangement"][0]
    answer = officer.post(address, opened(officer, address) | {"version": version})
    assert answer.status_code in (302, 422)
