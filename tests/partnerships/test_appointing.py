"""Appointing a member of a forum: first the body, then who of its people; and the consent of whoever convenes it."""

from datetime import date

import pytest
import time_machine

from ics_governance.workflow import GuardFailed
from partnerships.actions import memberships
from partnerships.models import Membership
from tests import records
from tests.partnerships.test_arrangement_keeping import on, post, refused
from tests.partnerships.test_forum_keeping import employee, seat
from tests.partnerships.test_forum_pages import text
from tests.queries import counted
from tests.world import LONG_AGO

TODAY = date(2026, 10, 20)
FIRST = on("starts", date(2026, 11, 1))


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def group(world):
    """A committee of the board without an arrangement: any body may sit on it."""
    return records.forum(world.icb, form="board_committee", name="Quality committee")


@pytest.fixture
def charity(world):
    return type(world.icb).objects.create(kind="vcse", name="Bradford charity", ods_code="VC1", opened=LONG_AGO)


# --- The body first, then its people --------------------------------------------------------------------------------


def test_the_body_is_chosen_first_and_then_only_its_people_are_offered_by_name(officer, world, group):
    address, trust = f"/forums/{group.pk}/members/new/", world.body("RCF")
    employee(world, "RCF", "Asha Moor")
    first = officer.get(address)
    assert "Choose a body" in text(first) and "Who sits for" not in text(first)
    assert "Asha Moor" not in text(first) and "Ruth Calloway" not in text(first)
    page = text(officer.get(address, {"organisation": trust.pk}))
    names = ["Asha Moor", "Denis Ormerod", "Ruth Calloway"]
    assert [name for name in names if name in page] == sorted(names, key=page.index) == names
    assert "Imran Sadiq" not in page


def test_without_a_body_the_page_asks_for_one(officer, group):
    address = f"/forums/{group.pk}/members/new/"
    assert "Error: Appoint a member" in (page := refused(officer, address)) and "Select body" in page
    assert "Select body" in text(officer.get(address, {"organisation": ""}))
    assert "Select body from the list" in text(officer.get(address, {"organisation": "x"}))


def test_what_was_typed_is_kept_with_the_body_when_it_is_refused(officer, world, group):
    typed = {"organisation": world.body("RCF").pk, "role": "chair", "voting": "on"} | FIRST
    page = officer.post(f"/forums/{group.pk}/members/new/", typed | {"holder": world.person("partner").pk})
    assert page.status_code == 422 and "Imran Sadiq does not work for Airedale" in text(page)
    html = page.content.decode()
    assert f'value="{world.person("partner").pk}" selected' in html and 'value="2026"' in html
    assert not group.memberships.exists()


def test_who_left_meanwhile_is_named_with_the_reason_on_the_other_forms_too(officer, world):
    board, row = world.place_board, seat(world.place_board, world)
    address, partner = f"/forums/{board.pk}/members/{row.pk}/", world.person("partner").pk
    says = "Imran Sadiq does not work for Airedale"
    changed = {"role": "member", "voting": "on", "holder": partner} | on("from_day", TODAY)
    assert says in refused(officer, f"{address}change/", **changed)
    assert says in refused(officer, f"{address}deputies/new/", person=partner, **FIRST)
    for nobody in ("999999", "x", "9" * 30):
        assert "Select deputy from the list" in refused(officer, f"{address}deputies/new/", person=nobody, **FIRST)


def test_the_page_costs_the_same_however_many_people_there_are(officer, world, group):
    address, costs, sizes = f"/forums/{group.pk}/members/new/?organisation={world.body('RCF').pk}", [], []
    for _ in range(2):
        for number in range(20):
            employee(world, "RR8", f"Elsewhere {number}")
        officer.get(address)
        with counted() as asked:
            sizes.append(len(officer.get(address).content))
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 15 and max(sizes) - min(sizes) < 200


# --- The consent of the convening body ------------------------------------------------------------------------------


def appointed(body, **typed):
    return {"organisation": body.pk, "role": "member", "voting": "on"} | FIRST | typed


@pytest.mark.parametrize("form", ["committee", "board_committee", "joint_committee"])
def test_a_body_that_is_not_statutory_sits_on_a_committee_by_consent(officer, world, charity, form):
    forum = records.forum(world.icb, form=form)
    address = f"/forums/{forum.pk}/members/new/"
    assert "The convening body agreed on" in text(officer.get(address, {"organisation": charity.pk}))
    page = refused(officer, address, **appointed(charity))
    assert "Bradford charity is not a statutory body" in page and "enter the day of that" in page
    assert "once it was given" in refused(
        officer, address, **appointed(charity), **on("consented_on", date(2030, 1, 1))
    )
    assert not forum.memberships.exists()
    page = post(officer, address, **appointed(charity), **on("consented_on", date(2026, 10, 1)), consented_by="Board")
    assert "by consent of 1 October 2026" in page
    made = forum.memberships.get()
    assert (made.consented_on, made.consented_by) == (date(2026, 10, 1), "Board")


def test_consent_is_not_asked_for_where_none_is_needed(officer, world, charity, group):
    address = f"/forums/{group.pk}/members/new/"
    assert "The convening body agreed" not in text(officer.get(address, {"organisation": world.body("RCF").pk}))
    talks = records.forum(world.icb, form="consultative_forum")
    address = f"/forums/{talks.pk}/members/new/"
    assert "The convening body agreed" not in text(officer.get(address, {"organisation": charity.pk}))
    post(officer, address, **appointed(charity))
    assert talks.memberships.get().consented_on is None


def test_a_member_without_recorded_consent_is_a_gap_and_a_change_asks_for_it(officer, world, charity, group):
    row = records.member(group, charity, consented_on=None)
    gap = "That the convening body agreed to Bradford charity as a member is not recorded"
    assert gap in text(officer.get(f"/forums/{group.pk}/"))
    address = f"/forums/{group.pk}/members/{row.pk}/change/"
    typed = {"role": "member", "holder": ""} | on("from_day", TODAY)
    assert "enter the day of that" in refused(officer, address, **typed)
    assert gap not in post(officer, address, **typed, **on("consented_on", TODAY))


def test_consent_stays_with_the_next_holder(world, charity, group):
    row = records.member(group, charity, consented_by="The board")
    made = memberships.change_membership(
        by=world.actor("officer"), membership=row, from_day=TODAY, values={"holder": None, "voting": False}
    )
    assert (made.consented_on, made.consented_by) == (LONG_AGO, "The board")
    with pytest.raises(GuardFailed, match="is not a statutory body"):
        memberships.appoint(by=world.actor("officer"), forum=group, organisation=charity, values={"starts": TODAY})
    assert Membership.objects.filter(forum=group).count() == 2
