"""Pages of arrangements, forums and delegations: who takes part, what may be decided, how the authority came there."""

import csv
import io
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ics_governance.context import system
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Delegation,
    Forum,
    Function,
    Meeting,
    MeetingAudience,
    Membership,
    Post,
    TermsOfReference,
)
from partnerships.queries.delegation_chain import chain_to
from partnerships.queries.delegations import state_on
from partnerships.queries.forums import reporting_line
from tests import records
from tests.world import LONG_AGO, moved

TODAY = date(2026, 11, 20)
STEPS = {"draft": (), "approved": ("approved",), "in_force": ("approved", "in_force"),
         "suspended": ("approved", "in_force", "suspended"), "ended": ("approved", "in_force", "ended")}  # fmt: skip


@pytest.fixture(autouse=True)
def today():
    """Everything is looked at on one day."""
    with time_machine.travel(datetime.combine(TODAY, time(10), tzinfo=UTC)):
        yield


def text(answer) -> str:
    """The words of a page, without tags and with plain spaces."""
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.S)
    return " ".join(words.replace("\u00a0", " ").replace("&#39;", "'").split())


def delegate(source: Forum | None, target: Forum | None, status: str = "in_force", **fields) -> Delegation:
    """A delegation of community services, brought to a status step by step as the database demands."""
    values = {
        "function": Function.objects.get(code="community_services"), "from_forum": source, "to_forum": target,
        "from_organisation": source.host if source else fields.pop("body"), "basis": "internal_scheme",
        "instrument": "scheme of delegation 9", "starts": LONG_AGO,
    }  # fmt: skip
    made = Delegation.objects.create(**values | fields)
    moved(made, *STEPS[status])
    made.refresh_from_db()
    return made


# --- one forum ----------------------------------------------------------------------------------------------------


def test_a_forum_says_who_sits_on_it_and_which_membership_is_vacant(sign_in, world):
    page = text(sign_in("partner").get(f"/forums/{world.place_board.pk}/"))
    assert "Members (4) 4 members with a vote; 1 membership is vacant." in page
    assert "Leeds Teaching Hospitals NHS Trust vacant none named member 1 July 2022" in page
    assert "Marcus Adeyemi Hannah Whitfield" in page


def test_a_forum_says_what_it_may_decide_up_to_which_limit_where_and_until_when(sign_in, world):
    page = text(sign_in("partner").get(f"/forums/{world.place_board.pk}/"))
    assert "£500,000 Bradford District and Craven 31 March 2027 in force" in page
    assert "from Finance and commissioning committee , terms of reference, section 6" in page


def test_a_consultative_forum_recommends(sign_in, world):
    forum = Forum.objects.get(form="consultative_forum")
    assert "It takes no binding decision, whatever was delegated." in text(
        sign_in("officer").get(f"/forums/{forum.pk}/")
    )


def test_a_board_decides_for_its_body(sign_in, world):
    page = text(sign_in("officer").get(f"/forums/{Forum.objects.get(form='board').pk}/"))
    assert "The body's own board: it holds all that the body is responsible for" in page
    assert "As the body's own board it reports to no other forum." in page


def test_a_forum_without_delegations_says_what_that_means(sign_in, world):
    forum = records.forum(world.icb, name="A new group")
    page = text(sign_in("officer").get(f"/forums/{forum.pk}/"))
    assert "None is recorded, so what it agrees is a recommendation" in page
    assert "No terms of reference are recorded, so its quorum is not known." in page
    assert "To whom it reports is not recorded." in page


def test_terms_of_reference_show_the_version_in_force(sign_in, world):
    forum = world.place_board
    TermsOfReference.objects.create(forum=forum, version=2, adopted_on=date(2025, 6, 1), quorum=3,
                                    review_on=date(2027, 6, 1), disagreement_process="The chairs meet.")  # fmt: skip
    TermsOfReference.objects.create(forum=forum, version=3, adopted_on=date(2027, 1, 1), quorum=4)
    page = text(sign_in("officer").get(f"/forums/{forum.pk}/"))
    assert "2, adopted on 1 June 2025" in page and "3 voting members of 4, after recusals" in page
    assert "Review by 1 June 2027" in page and "The chairs meet." in page and "1 of 1 July 2022" in page
    assert "3, adopted" not in page


def test_what_is_to_put_right_comes_first(sign_in, world):
    forum = world.place_board
    TermsOfReference.objects.filter(forum=forum).update(review_on=date(2026, 6, 1), quorum=5)
    delegate(forum.reports_to, forum, ends=date(2026, 3, 31))
    page = text(sign_in("officer").get(f"/forums/{forum.pk}/"))
    assert "To put right “Commissioning community health services” was delegated until 31 March 2026" in page
    assert "Its terms of reference were due for review on 1 June 2026" in page
    assert "Its quorum is higher than the number of its voting members" in page
    assert "Its terms of reference do not say what happens when members disagree" in page
    assert "1 membership is vacant" in page


def test_refused_and_former_members_are_kept_apart(sign_in, world):
    forum, leeds = world.place_board, world.body("E08000035")
    records.member(forum, leeds, agreed_on=None, refused_on=date(2024, 5, 1), holder=None)
    records.member(forum, world.body("R0A"), ends=date(2025, 3, 31))
    page = text(sign_in("officer").get(f"/forums/{forum.pk}/"))
    assert "Members (4)" in page and "Bodies that refused membership (1)" in page and "Former members (1)" in page
    assert "refused 1 May 2024" in page and "until 31 March 2025" in page


def test_the_reporting_line_runs_up_to_the_board_and_down(sign_in, world):
    page = text(sign_in("officer").get(f"/forums/{world.place_board.pk}/"))
    assert "It reports to Finance and commissioning committee , which reports to NHS West Yorkshire board ." in page
    finance = text(sign_in("officer").get(f"/forums/{world.place_board.reports_to_id}/"))
    assert "1 forum reports to it: Bradford place board" in finance


def test_a_line_that_runs_in_a_circle_ends(world):
    board = Forum.objects.get(form="board")
    Forum.objects.filter(pk=board.pk).update(reports_to=world.place_board)
    assert [row.name for row in reporting_line(world.place_board, TODAY).up] == [
        "Finance and commissioning committee",
        "NHS West Yorkshire board",
    ]


def test_meetings_are_shown_to_those_who_may_see_them_alone(sign_in, world):
    world.meeting(date(2026, 10, 14))
    world.meeting(date(2026, 12, 9))
    address = f"/forums/{world.place_board.pk}/"
    for person in ("officer", "secretary", "region_lead"):
        page = text(sign_in(person).get(address))
        assert "Next Wednesday 9 December 2026 planned Last Wednesday 14 October 2026" in page
    for person in ("other_officer", "admin", "stranger"):
        page = text(sign_in(person).get(address))
        assert "December 2026" not in page and "Meetings that you may see appear here. There is none" in page


def test_a_forum_that_ended_says_so_and_asks_for_nothing(sign_in, world):
    Forum.objects.filter(pk=world.place_board.pk).update(ends=date(2026, 3, 31))
    page = text(sign_in("officer").get(f"/forums/{world.place_board.pk}/"))
    assert "It ended on 31 March 2026." in page and "To put right" not in page


# --- one arrangement ----------------------------------------------------------------------------------------------


def test_an_arrangement_says_who_takes_part_and_what_is_expected(sign_in, world):
    partnership = Arrangement.objects.get()
    ArrangementMember.objects.create(
        arrangement=partnership, organisation=world.body("E08000035"), starts=LONG_AGO, sector="council",
        expectation="represented", represented_by=world.body("E08000032"),
    )  # fmt: skip
    ArrangementMember.objects.create(
        arrangement=partnership, organisation=world.body("R0A"), starts=LONG_AGO, ends=date(2025, 3, 31)
    )
    page = text(sign_in("partner").get(f"/arrangements/{partnership.pk}/"))
    assert "Members (5)" in page and "Leeds Council council represented by Bradford Council 1 July 2022" in page
    assert "Other members, before or to come (1)" in page
    assert "Place Bradford District and Craven Phase shadow or advisory Since 1 July 2022" in page
    assert "Bradford place board committee of one statutory body place" in page


def test_an_arrangement_without_members_says_what_will_appear(sign_in, world):
    empty = Arrangement.objects.create(kind="collaborative", name="New", host=world.icb, starts=LONG_AGO)
    page = text(sign_in("partner").get(f"/arrangements/{empty.pk}/"))
    assert "The bodies that agreed to take part appear here." in page and "none: it works across places" in page


# --- one delegation -----------------------------------------------------------------------------------------------


def delegation_to(forum: Forum) -> Delegation:
    return Delegation.objects.get(to_forum=forum)


def test_a_delegation_shows_the_chain_from_the_board(sign_in, world):
    page = text(sign_in("partner").get(f"/delegations/{delegation_to(world.place_board).pk}/"))
    assert "Finance and commissioning committee passed this function to Bradford place board , up to £500,000" in page
    for part in ("NHS West Yorkshire board holds the function", "scheme of delegation 4.2", "up to £2,000,000"):
        assert part in page
    assert "Along the chain the lowest limit counts: £500,000." in page
    assert "NHS West Yorkshire Integrated Care Board stays accountable for what is decided." in page
    assert "Scheme of reservation and delegation The ICB's constitution" in page


def test_a_delegation_shows_where_it_was_passed_on(sign_in, world):
    upper = delegation_to(world.place_board.reports_to)
    page = text(sign_in("partner").get(f"/delegations/{upper.pk}/"))
    assert "Passed on from here" in page and "Bradford place board £500,000" in page
    lower = text(sign_in("partner").get(f"/delegations/{delegation_to(world.place_board).pk}/"))
    assert "It was not passed on." in lower


def test_the_chain_takes_the_way_that_is_in_force_with_the_highest_limit(world):
    finance = world.place_board.reports_to
    board = Forum.objects.get(form="board")
    delegate(board, finance, limit=Decimal(9_000_000), ends=date(2026, 3, 31))
    best = delegate(board, finance, limit=Decimal(3_000_000))
    delegate(board, finance, status="draft")
    delegate(board, finance, status="suspended")
    chain = chain_to(world.actor("officer"), delegation_to(world.place_board), TODAY)
    assert [step.pk for step in chain] == [best.pk, delegation_to(world.place_board).pk]


def test_a_chain_that_runs_in_a_circle_ends(sign_in, world):
    finance = world.place_board.reports_to
    Delegation.objects.filter(to_forum=finance).delete()
    delegate(world.place_board, finance)
    assert sign_in("officer").get(f"/delegations/{delegation_to(world.place_board).pk}/").status_code == 200


def test_a_chain_goes_on_through_another_body_and_a_post(sign_in, world):
    trust, post = (
        world.body("RCF"),
        Post.objects.create(organisation=world.body("RCF"), title="Director", starts=LONG_AGO),
    )
    delegate(None, None, body=world.icb, to_organisation=trust, basis="s65z5", instrument="agreement with the trust")
    inside = delegate(None, None, body=trust, to_post=post, instrument="the trust's own scheme")
    page = text(sign_in("officer").get(f"/delegations/{inside.pk}/"))
    assert "agreement with the trust" in page and "the trust's own scheme" in page and "Director" in page
    assert "the catalogue of legal bases does not open it to these two" in page


@pytest.mark.parametrize(
    ("status", "starts", "ends", "state"),
    [
        ("draft", LONG_AGO, None, "draft"),
        ("approved", LONG_AGO, None, "not yet in force"),
        ("in_force", LONG_AGO, None, "in force"),
        ("in_force", LONG_AGO, TODAY, "in force"),
        ("in_force", LONG_AGO, date(2026, 11, 19), "expired"),
        ("in_force", date(2026, 11, 21), None, "not yet in force"),
        ("suspended", LONG_AGO, None, "suspended"),
        ("ended", LONG_AGO, None, "ended"),
    ],
)
def test_what_a_delegation_is_follows_from_its_status_and_the_day(sign_in, world, status, starts, ends, state):
    made = delegate(world.place_board, None, to_organisation=world.body("RCF"), status=status, starts=starts, ends=ends)
    assert state_on(made, TODAY) == state
    assert state in text(sign_in("officer").get(f"/delegations/{made.pk}/"))


def test_a_voice_and_a_joint_decision_and_a_transfer_say_what_they_are(sign_in, world):
    officer, trust = sign_in("officer"), world.body("RCF")
    for model, words in (
        ("seat_at_table", "a voice in this function, without authority to decide"),
        ("seat_at_table", "A voice in the discussion gives no authority to decide."),
        ("joint_decision", "It counts only for decisions in which the voting member of"),
        ("fully_devolved", "The function was transferred:"),
    ):
        made = delegate(None, None, body=world.icb, to_organisation=trust, model=model)
        assert words in text(officer.get(f"/delegations/{made.pk}/"))


# --- the lists ----------------------------------------------------------------------------------------------------

LISTS = ["/arrangements/", "/forums/", "/delegations/"]


def rows_of(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))[2:]


@pytest.mark.parametrize("address", LISTS)
def test_a_list_is_for_people_who_are_signed_in(client, world, address):
    assert client.get(address)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("person", ["partner", "other_officer", "admin", "stranger"])
def test_everybody_who_is_signed_in_may_read_a_list(sign_in, world, address, person):
    assert "Bradford" in text(sign_in(person).get(f"{address}?system="))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/forums/?q=bradford", 1),
        ("/forums/?q=west+yorkshire", 4),
        ("/forums/?form=board", 1),
        ("/forums/?level=place", 2),
        ("/forums/?system=QWO", 4),
        ("/forums/?system=QOP", 0),
        ("/forums/?body=RCF", 1),
        ("/forums/?as_of=2022-06-30", 0),
        ("/arrangements/?kind=place", 1),
        ("/arrangements/?kind=icp", 0),
        ("/arrangements/?phase=formal", 0),
        ("/arrangements/?body=RR8&system=QWO&q=craven", 1),
        ("/delegations/?function=community_services", 2),
        ("/delegations/?function=joint_forward_plan", 0),
        ("/delegations/?status=in_force&system=QWO", 2),
        ("/delegations/?q=section+6", 1),
        ("/delegations/?body=R0A", 0),
        ("/delegations/?as_of=2027-04-01", 0),
        ("/delegations/?as_of=2027-04-01&closed=on", 2),
    ],
)
def test_filters_come_from_the_address_and_files_hold_what_they_leave(sign_in, world, address, expected):
    assert len(rows_of(sign_in("officer").get(f"{address}&format=csv"))) == expected
    assert sign_in("officer").get(f"{address}&format=xlsx").content[:2] == b"PK"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/forums/?form=circle", "“circle” is not a form of forum"),
        ("/forums/?level=moon", "“moon” is not a level"),
        ("/forums/?as_of=soon", "As of must be a date"),
        ("/arrangements/?phase=x", "“x” is not a phase"),
        ("/delegations/?function=x", "“x” is not a function of the catalogue"),
        ("/delegations/?status=x", "“x” is not a status"),
        ("/delegations/?body=XYZ", "“XYZ” is not the code of an organisation"),
    ],
)
def test_a_filter_that_cannot_be_read_lists_nothing_and_says_why(sign_in, world, address, message):
    answer = sign_in("officer").get(address)
    assert answer.status_code == 400 and message in text(answer)
    assert "Nothing is listed until every filter can be read" in text(answer) and "rowheader" not in str(answer.content)


@pytest.mark.parametrize(
    "sort", ["name", "-name", "host", "-host", "form", "function", "from", "-from", "ends", "-ends"]
)
def test_every_sort_works_with_pages_by_key(sign_in, world, sort, monkeypatch):
    monkeypatch.setattr("ics_governance.paging.paged.__defaults__", (1,))
    for address in LISTS:
        page = sign_in("officer").get(f"{address}?sort={sort}").content.decode()
        if following := re.search(r'rel="next" href="([^"]+)"', page):
            assert "rowheader" in sign_in("officer").get(address + following[1].replace("&amp;", "&")).content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_an_empty_list_says_what_will_appear(sign_in, world, address):
    page = text(sign_in("officer").get(f"{address}?q=zzzz"))
    assert "fits these filters." in page and "Clear filters" in page


@pytest.mark.parametrize("address", LISTS)
def test_only_reading_is_possible(sign_in, world, address):
    assert sign_in("officer").post(address).status_code == 405


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("pk", ["0", "999999", "9" * 30])
def test_an_unknown_record_is_not_found(sign_in, world, address, pk):
    officer = sign_in("officer")
    assert officer.get(f"{address}{pk}/").status_code == officer.get(f"{address}{pk}/trail/").status_code == 404


@pytest.mark.parametrize("address", LISTS)
def test_the_trail_is_for_roles_that_read_audit_trails(sign_in, world, address):
    model = {"/arrangements/": Arrangement, "/forums/": Forum, "/delegations/": Delegation}[address]
    page = f"{address}{model.objects.first().pk}/trail/"
    assert "It has not been changed since it was recorded." in text(sign_in("auditor").get(page))
    assert sign_in("partner").get(page).status_code == 403


# --- what it costs ------------------------------------------------------------------------------------------------


def _grow(world, total: int) -> None:
    """As many forums, members, delegations, arrangements and meetings as asked for."""
    forum = world.place_board
    while Forum.objects.count() < total:
        made = records.forum(world.icb, arrangement=forum.arrangement, reports_to=forum)
        body = records.trust(world.icb)
        records.member(made, body)
        records.member(forum, body)
        delegate(forum.reports_to, forum).places.set(forum.places.all())
        delegate(forum, made)
        ArrangementMember.objects.create(arrangement=forum.arrangement, organisation=body, starts=LONG_AGO)
        Arrangement.objects.create(kind="collaborative", name=f"With {body}", host=body, starts=LONG_AGO)
    with system("meetings for a test"):
        while Meeting.objects.count() < total:
            meeting = Meeting.objects.create(forum=forum, held_on=date(2026, 12, 1))
            MeetingAudience.objects.create(meeting=meeting, organisation=world.icb, capacity="host", starts=LONG_AGO)


def test_every_page_costs_the_same_for_ten_rows_as_for_two_hundred(sign_in, world):
    officer, counts = sign_in("officer"), {}
    delegation = delegation_to(world.place_board)
    arrangement = Arrangement.objects.get()
    pages = [
        *(f"{address}?system=QWO" for address in LISTS),
        f"/forums/{world.place_board.pk}/",
        f"/arrangements/{arrangement.pk}/",
        f"/delegations/{delegation.pk}/",
    ]
    for total in (10, 200):
        _grow(world, total)
        for address in pages:
            officer.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert officer.get(address).status_code == 200
            counts.setdefault(address, []).append(len(queries))
    assert all(few == many <= 15 for few, many in counts.values()), counts
    assert Membership.objects.count() > 200
