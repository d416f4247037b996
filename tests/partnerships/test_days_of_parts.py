"""Days of what belongs to an arrangement or a forum: within its days, ended once, and still when it has ended."""

from datetime import date

import pytest
import time_machine

from ics_governance.workflow import GuardFailed
from partnerships.actions import arrangements, memberships
from partnerships.models import Arrangement, ArrangementMember, Deputy, Fund, Membership, ReportingLine
from tests import records
from tests.partnerships.test_arrangement_keeping import JOIN, on, post, refused
from tests.partnerships.test_forum_keeping import employee, seat
from tests.partnerships.test_forum_pages import text
from tests.world import LONG_AGO


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


@pytest.fixture
def board(world):
    return world.place_board


def last(day: date) -> dict[str, int]:
    return on("last_day", day)


# --- An end is brought forward, never put off -----------------------------------------------------------------------


def test_a_body_that_takes_part_again_keeps_the_end_of_its_first_part(officer, world, partnership):
    row = partnership.members.get(organisation=world.body("RCF"))
    ArrangementMember.objects.filter(pk=row.pk).update(ends=date(2026, 5, 31))
    again = ArrangementMember.objects.create(
        arrangement=partnership, organisation=row.organisation, starts=date(2026, 6, 1)
    )
    address = f"/arrangements/{partnership.pk}/members/{row.pk}/end/"
    page = refused(officer, address, **last(date(2027, 7, 1)))
    assert "Its last day is 31 May 2026 already: it may be brought forward, not put off" in page
    assert "Airedale NHS Foundation Trust takes part again from 1 June 2026" in page
    post(officer, address, **last(date(2026, 4, 30)))
    row.refresh_from_db()
    again.refresh_from_db()
    assert (row.ends, again.ends) == (date(2026, 4, 30), None)


def test_a_member_who_was_followed_by_another_stays_ended(officer, world, board):
    row = seat(board, world)
    Membership.objects.filter(pk=row.pk).update(ends=date(2026, 9, 30))
    records.member(board, world.body("RCF"), starts=date(2026, 10, 1), holder=employee(world, "RCF", "Asha Moor"))
    page = refused(officer, f"/forums/{board.pk}/members/{row.pk}/end/", **last(date(2029, 9, 1)))
    assert "not put off. Asha Moor follows on 1 October 2026" in page
    row.refresh_from_db()
    assert row.ends == date(2026, 9, 30)


def test_a_deputy_who_is_one_again_later_stays_ended_until_then(officer, world, board):
    row, asha = seat(board, world), employee(world, "RCF", "Asha Moor")
    first = Deputy.objects.create(membership=row, person=asha, starts=LONG_AGO, ends=date(2026, 12, 31))
    Deputy.objects.create(membership=row, person=asha, starts=date(2027, 2, 1))
    address = f"/forums/{board.pk}/members/{row.pk}/deputies/{first.pk}/end/"
    page = refused(officer, address, **last(date(2028, 1, 1)))
    assert "Asha Moor is a deputy again from 1 February 2027" in page
    post(officer, address, **last(date(2026, 11, 30)))
    first.refresh_from_db()
    assert first.ends == date(2026, 11, 30)


def test_a_reporting_line_that_ended_is_not_opened_again(officer, world, partnership):
    line = ReportingLine.objects.create(
        arrangement=partnership, to_organisation=world.icb, starts=LONG_AGO, ends=date(2026, 7, 1)
    )
    page = refused(officer, f"/arrangements/{partnership.pk}/lines/{line.pk}/end/", **last(date(2030, 1, 1)))
    assert "Its last day is 1 July 2026 already" in page


@pytest.mark.parametrize("what", ["arrangements", "forums"])
def test_the_end_of_the_whole_is_not_put_off_either(officer, world, partnership, board, what):
    whole = partnership if what == "arrangements" else board
    post(officer, f"/{what}/{whole.pk}/end/", **last(date(2026, 12, 31)))
    page = refused(officer, f"/{what}/{whole.pk}/end/", **last(date(2027, 12, 31)))
    assert "Its last day is 31 December 2026 already" in page


# --- What has ended stays as it was ---------------------------------------------------------------------------------


@pytest.fixture
def ended(officer, world, partnership, board):
    """The partnership and its board ended, with a part of each kind."""
    Fund.objects.create(arrangement=partnership, kind="aligned", name="Care", host=world.icb, year=2026)
    ReportingLine.objects.create(arrangement=partnership, to_organisation=world.icb, starts=LONG_AGO)
    Deputy.objects.create(
        membership=seat(board, world), person=employee(world, "RCF", "Asha Moor"), starts=LONG_AGO
    )  # fmt: skip
    for address in (f"/arrangements/{partnership.pk}/", f"/forums/{board.pk}/"):
        post(officer, f"{address}end/", **last(date(2026, 9, 30)))


def test_nothing_of_an_ended_arrangement_is_changed(officer, world, partnership, ended):
    member, line = partnership.members.first(), partnership.reporting_lines.get()
    address, day = f"/arrangements/{partnership.pk}/", date(2026, 9, 1)
    typed = {
        "edit/": {"name": "Renamed", "place": partnership.place_id, "phase": "shadow"},
        "members/new/": JOIN | {"organisation": world.body("R0A").pk} | on("starts", date(2026, 5, 1)),
        f"members/{member.pk}/change/": JOIN | {"sector": ""} | on("from_day", day),
        f"members/{member.pk}/end/": last(day),
        "gateways/new/": {"outcome": "not_passed"} | on("held_on", day),
        "funds/new/": {"kind": "aligned", "name": "Renamed", "host": world.icb.pk, "year": "2026"},
        f"funds/{partnership.funds.get().pk}/": {"kind": "aligned", "name": "Renamed", "host": world.icb.pk,
                                                "year": "2026"},
        "lines/new/": {"to_organisation": world.icb.pk} | on("starts", day),
        f"lines/{line.pk}/end/": last(day),
    }  # fmt: skip
    for part, sent in typed.items():
        assert "It ended on 30 September 2026, and stays as it was" in text(officer.get(address + part)), part
        assert text(officer.post(address + part, sent)).count("stays as it was") >= 2, part
    assert "Renamed" not in text(officer.get(address))


def test_nothing_of_an_ended_forum_is_changed(officer, world, board, ended):
    row, day = seat(board, world), date(2026, 9, 1)
    deputy, address = row.further_deputies.get(), f"/forums/{board.pk}/"
    typed = {
        "edit/": {"name": "Renamed", "level": "place", "meets_in_public": "on"},
        "terms/new/": {"quorum": "2"} | on("adopted_on", day),
        "members/new/": {"organisation": world.icb.pk, "role": "member"} | on("starts", day),
        f"members/{row.pk}/change/": {"role": "member"} | on("from_day", day),
        f"members/{row.pk}/end/": last(day),
        f"members/{row.pk}/deputies/new/": {"person": world.person("secretary").pk} | on("starts", day),
        f"members/{row.pk}/deputies/{deputy.pk}/end/": last(day),
    }
    for part, sent in typed.items():
        assert "It ended on 30 September 2026, and stays as it was" in text(officer.get(address + part)), part
        assert text(officer.post(address + part, sent)).count("stays as it was") >= 2, part
    assert "Renamed" not in text(officer.get(address))


def test_a_body_answers_no_more_when_the_forum_has_ended(world, board, ended):
    board.refresh_from_db()
    offer = records.member(board, world.body("RCF"), agreed_on=None, holder=None, starts=date(2027, 1, 1))
    with pytest.raises(GuardFailed, match="stays as it was"):
        memberships.accept_membership(by=world.actor("secretary"), membership=offer)


# --- Within the days of the whole -----------------------------------------------------------------------------------


def test_parts_of_an_arrangement_begin_with_it_at_the_earliest(officer, world, partnership):
    before, address = date(2021, 6, 30), f"/arrangements/{partnership.pk}/"
    says = "Bradford District and Craven Partnership begins on 1 July 2022"
    type(world.icb).objects.filter(ods_code="R0A").update(opened=None)
    joined = JOIN | {"organisation": world.body("R0A").pk} | on("starts", before)
    assert says in refused(officer, f"{address}members/new/", **joined)
    assert says in refused(officer, f"{address}lines/new/", to_organisation=world.icb.pk, **on("starts", before))
    review = {"outcome": "not_passed"} | on("held_on", before)
    assert "begins on 1 July 2022: its reviews come later" in refused(officer, f"{address}gateways/new/", **review)
    with pytest.raises(GuardFailed, match="choose that financial year or a later one"):
        fund = {"kind": "aligned", "name": "Care", "host": world.icb, "year": 2021}
        arrangements.record_fund(by=world.actor("officer"), arrangement=partnership, values=fund, paid=[])


def test_gateways_are_recorded_in_the_order_in_which_they_were_held(officer, world, partnership):
    address = f"/arrangements/{partnership.pk}/gateways/new/"
    post(officer, address, outcome="not_passed", **on("held_on", date(2026, 9, 1)))
    earlier = refused(officer, address, outcome="not_passed", **on("held_on", date(2026, 8, 1)))
    assert "A review of 1 September 2026 is recorded already" in earlier
    assert partnership.gateways.count() == 1


def test_what_begins_in_something_with_a_last_day_ends_with_it(officer, world, partnership, board):
    for address in (f"/arrangements/{partnership.pk}/", f"/forums/{board.pk}/"):
        post(officer, f"{address}end/", **last(date(2026, 12, 31)))
    joined = JOIN | {"organisation": world.body("R0A").pk} | on("starts", date(2026, 11, 1))
    post(officer, f"/arrangements/{partnership.pk}/members/new/", **joined)
    assert partnership.members.get(organisation=world.body("R0A")).ends == date(2026, 12, 31)
    seated = {"organisation": world.body("E08000032").pk, "role": "member"} | on("starts", date(2026, 11, 1))
    post(officer, f"/forums/{board.pk}/members/new/", **seated)
    made = board.memberships.latest("pk")
    assert made.ends == date(2026, 12, 31)
    deputy = {"person": world.person("signatory").pk} | on("starts", date(2026, 11, 1))
    address = f"/forums/{board.pk}/members/{made.pk}/deputies/new/"
    late = refused(officer, address, **deputy, **on("ends", date(2027, 1, 31)))
    assert "The membership ends on 31 December 2026: choose that day or an earlier one" in late
    post(officer, address, **deputy)
    assert made.further_deputies.get().ends == date(2026, 12, 31)


# --- Agreements and voices ------------------------------------------------------------------------------------------


def test_who_speaks_for_another_body_remains_a_member(officer, world, partnership):
    speaker, spoken_for = (partnership.members.get(organisation=world.body(code)) for code in ("E08000032", "RR8"))
    ArrangementMember.objects.filter(pk=spoken_for.pk).update(
        expectation="represented", represented_by=speaker.organisation
    )
    address = f"/arrangements/{partnership.pk}/members/{speaker.pk}/change/"
    typed = {"sector": "", "capacity": "attending", "expectation": "not_expected"} | on("from_day", date(2026, 11, 1))
    assert "It represents Leeds Teaching Hospitals NHS Trust: change that first" in refused(officer, address, **typed)
    post(officer, address, **typed | {"expectation": "member"})
    assert partnership.members.filter(organisation=speaker.organisation).count() == 2


def test_a_body_has_agreed_before_its_agreement_is_recorded(officer, world, board):
    typed = {"organisation": world.body("RCF").pk, "role": "member"} | on("starts", date(2026, 11, 1))
    page = refused(officer, f"/forums/{board.pk}/members/new/", **typed, **on("agreed_on", date(2030, 1, 1)))
    assert "A body's agreement is recorded once it has agreed" in page
