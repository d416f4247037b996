"""Rules of forums, whatever way they are asked for: terms, chairs, deputies, names, hosts, what is missing."""

from datetime import date

import pytest
import time_machine

from ics_governance.permissions import SYSTEM
from ics_governance.workflow import GuardFailed
from partnerships.actions import forums, memberships
from partnerships.models import Deputy, Forum, Membership, TermsOfReference
from tests import records
from tests.partnerships.test_arrangement_keeping import on, post, refused
from tests.partnerships.test_forum_keeping import employee, founding, seat
from tests.partnerships.test_forum_pages import text
from tests.world import LONG_AGO

TODAY = date(2026, 10, 20)
LATER = on("from_day", TODAY)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def board(world):
    return world.place_board


# --- Terms of reference ---------------------------------------------------------------------------------------------


def test_terms_are_recorded_once_they_were_adopted(officer, board):
    address = f"/forums/{board.pk}/terms/new/"
    page = refused(officer, address, quorum="2", **on("adopted_on", date(2031, 5, 1)))
    assert "recorded once they were adopted" in page and board.terms.count() == 1


def test_terms_of_a_day_to_come_lock_nothing(officer, board):
    TermsOfReference.objects.create(forum=board, version=2, adopted_on=date(2031, 5, 1), quorum=2)
    post(officer, f"/forums/{board.pk}/terms/new/", quorum="3", **on("adopted_on", TODAY))
    assert board.terms.get(version=3).quorum == 3


def test_terms_without_a_review_or_a_way_to_decide_are_a_gap(officer, board):
    page = text(officer.get(f"/forums/{board.pk}/"))
    assert "name no day by which they are reviewed" in page and "do not say how it decides" in page
    board.terms.update(review_on=date(2027, 4, 1), voting_rule="majority")
    page = text(officer.get(f"/forums/{board.pk}/"))
    assert "name no day by which" not in page and "do not say how it decides" not in page


# --- Chairs and deputies --------------------------------------------------------------------------------------------


def test_a_forum_has_one_chair_at_a_time(officer, world, board):
    Membership.objects.filter(pk=seat(board, world).pk).update(role="chair", ends=date(2026, 12, 31))
    address = f"/forums/{board.pk}/members/new/"
    typed = {"organisation": world.body("E08000032").pk, "role": "chair", "voting": "on"}
    page = refused(officer, address, **typed, **on("starts", TODAY))
    assert "Denis Ormerod is the chair until 31 December 2026" in page
    own = seat(board, world, "E08000032")
    changed = {"role": "chair", "voting": "on", "holder": world.person("partner").pk, "deputy": ""} | LATER
    assert "is the chair until" in refused(officer, f"/forums/{board.pk}/members/{own.pk}/change/", **changed)
    post(officer, address, **typed, **on("starts", date(2027, 1, 1)))
    assert board.memberships.filter(role="chair").count() == 2


def test_whoever_has_a_place_of_their_own_stands_in_for_nobody_else(officer, world, board):
    second = records.member(board, world.body("RCF"), holder=employee(world, "RCF", "Asha Moor"))
    chair, says = world.person("chair").pk, "Denis Ormerod is a member of Bradford place board in those days"
    address = f"/forums/{board.pk}/members/{second.pk}/"
    typed = {"role": "member", "voting": "on", "holder": second.holder_id, "deputy": chair} | LATER
    assert says in refused(officer, f"{address}change/", **typed)
    assert says in refused(officer, f"{address}deputies/new/", person=chair, **on("starts", TODAY))
    assert not second.further_deputies.exists()


def test_who_is_a_member_and_a_deputy_is_a_gap(officer, world, board):
    page = f"/forums/{board.pk}/"
    assert "can be only one of them" not in text(officer.get(page))
    records.member(board, world.body("RCF"), holder=world.person("secretary"))
    assert "Ruth Calloway is a member and the deputy of another" in text(officer.get(page))


# --- A change keeps what goes on ------------------------------------------------------------------------------------


@pytest.fixture
def deputies(world, board):
    """Of the member from Airedale: one who stands in, one who begins in spring."""
    row, asha, omar = seat(board, world), employee(world, "RCF", "Asha Moor"), employee(world, "RCF", "Omar Dale")
    Deputy.objects.create(membership=row, person=asha, starts=LONG_AGO, ends=date(2026, 12, 31))
    Deputy.objects.create(membership=row, person=omar, starts=date(2027, 2, 1))
    return asha, omar


def change(world, row, **values):
    return memberships.change_membership(
        by=world.actor("officer"), membership=row, from_day=TODAY, values=values
    )  # fmt: skip


def days_of(membership):
    return [(row.person.name, row.starts, row.ends) for row in membership.further_deputies.order_by("starts")]


def test_further_deputies_go_on_with_the_next_member(officer, world, board, deputies):
    row = seat(board, world)
    page = text(officer.get(f"/forums/{board.pk}/members/{row.pk}/change/"))
    assert "Further deputies go on with whoever is the member then" in page
    made = change(world, row, holder=None)
    assert days_of(row) == [("Asha Moor", LONG_AGO, date(2026, 10, 19))]
    assert days_of(made) == [("Asha Moor", TODAY, date(2026, 12, 31)), ("Omar Dale", date(2027, 2, 1), None)]


def test_a_deputy_who_becomes_the_member_is_a_deputy_no_more(world, board, deputies):
    asha, omar = deputies
    made = change(world, seat(board, world), holder=asha)
    assert days_of(made) == [("Omar Dale", date(2027, 2, 1), None)]
    with pytest.raises(GuardFailed, match="Omar Dale is to be a deputy from .*: withdraw that first"):
        memberships.change_membership(
            by=world.actor("officer"), membership=made, from_day=date(2026, 11, 1), values={"holder": omar}
        )


def test_a_change_that_changes_nothing_is_refused(world, board, deputies):
    row = seat(board, world)
    with pytest.raises(GuardFailed, match="Nothing would change"):
        change(world, row, holder=row.holder, role=row.role)
    assert board.memberships.filter(organisation=row.organisation).count() == 1


def test_a_membership_ends_before_no_deputy_who_is_yet_to_begin(officer, world, board, deputies):
    row = seat(board, world)
    page = refused(officer, f"/forums/{board.pk}/members/{row.pk}/end/", **on("last_day", date(2026, 11, 30)))
    assert "Omar Dale is to be a deputy from 1 February 2027: withdraw that first" in page
    post(officer, f"/forums/{board.pk}/members/{row.pk}/end/", **on("last_day", date(2027, 3, 31)))
    assert days_of(row)[-1] == ("Omar Dale", date(2027, 2, 1), date(2027, 3, 31))


# --- Names and hosts ------------------------------------------------------------------------------------------------


def test_a_form_sent_twice_records_one_forum(officer, world, board):
    typed = founding(world, form="committee")
    post(officer, "/forums/new/", **typed)
    assert "has a forum called New forum already in these days" in refused(officer, "/forums/new/", **typed)
    made = Forum.objects.get(name="New forum")
    with pytest.raises(GuardFailed, match="has a forum called"):
        forums.edit_forum(by=world.actor("officer"), forum=made, values={"name": "bradford place board"})
    forums.edit_forum(by=world.actor("officer"), forum=made, values={"name": "New Forum"})
    forums.end_forum(by=world.actor("officer"), forum=board, last_day=date(2026, 9, 30))
    made.refresh_from_db()
    forums.edit_forum(by=world.actor("officer"), forum=made, values={"name": "Bradford place board"})


def test_a_lead_provider_is_a_provider_and_a_committee_is_a_statutory_bodys(officer, sign_in, world):
    says = refused(officer, "/forums/new/", **founding(world, form="lead_provider"))
    assert "A lead provider holds a contract with a commissioner" in says
    trust = founding(world, form="lead_provider", host=world.body("RCF").pk)
    post(sign_in("secretary"), "/forums/new/", **trust)
    assert Forum.objects.get(form="lead_provider").host == world.body("RCF")
    charity = type(world.icb).objects.create(kind="vcse", name="Charity", ods_code="VC1", opened=LONG_AGO)
    with pytest.raises(GuardFailed, match="Charity is not a statutory body"):
        values = {"name": "Committee", "form": "committee", "level": "place", "meets_in_public": True}
        forums.found_forum(by=SYSTEM, host=charity, values=values)


def test_an_ended_forum_above_is_a_gap_with_its_day(officer, world, board):
    Forum.objects.filter(pk=board.reports_to_id).update(ends=date(2026, 9, 30))
    page = text(officer.get(f"/forums/{board.pk}/"))
    assert "It reports to Finance and commissioning committee, which ended on 30 September 2026" in page
    assert "Finance and commissioning committee ended on 30 September 2026" in page
