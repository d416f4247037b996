"""Setting up: arrangements, forums, terms of reference, members."""

from datetime import date

import pytest
import time_machine

from ics_governance.models import LedgerEntry
from partnerships.models import Arrangement, Forum, Membership

FIRST = {"starts_day": "1", "starts_month": "11", "starts_year": "2026"}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


def test_an_officer_records_a_collaborative_and_who_takes_part(officer, world):
    officer.post(
        "/arrangements/new/",
        {"kind": "collaborative", "name": "West Yorkshire Acute Collaborative", "host": world.icb.pk, "phase": "shadow"}
        | FIRST,
    )
    made = Arrangement.objects.get(name="West Yorkshire Acute Collaborative")
    page = officer.post(
        f"/arrangements/{made.pk}/members/new/",
        {"organisation": world.body("RCF").pk, "expectation": "member", "capacity": "voting"} | FIRST,
        follow=True,
    ).content.decode()
    assert "Airedale" in page
    assert list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)) == [
        "arrangement.founded",
        "arrangement.joined",
    ]


def test_a_place_partnership_needs_its_place(officer, world):
    answer = officer.post(
        "/arrangements/new/", {"kind": "place", "name": "Leeds", "host": world.icb.pk, "phase": "shadow"} | FIRST
    )
    assert answer.status_code == 422 and "is for a place" in answer.content.decode()


def test_a_body_joins_once(officer, world):
    partnership = Arrangement.objects.get(name="Bradford District and Craven Partnership")
    answer = officer.post(
        f"/arrangements/{partnership.pk}/members/new/",
        {"organisation": world.body("RCF").pk, "expectation": "member", "capacity": "voting"} | FIRST,
    )
    assert answer.status_code == 422 and "takes part already" in answer.content.decode()


def test_an_officer_founds_a_forum_with_terms_and_a_member(officer, world):
    officer.post(
        "/forums/new/",
        {
            "name": "Leeds place board",
            "host": world.icb.pk,
            "form": "committee",
            "level": "place",
            "meets_in_public": "on",
        }
        | FIRST,
    )
    forum = Forum.objects.get(name="Leeds place board")
    officer.post(
        f"/forums/{forum.pk}/terms/new/",
        {"adopted_on_day": 1, "adopted_on_month": 10, "adopted_on_year": 2026, "quorum": "3"},
    )
    officer.post(
        f"/forums/{forum.pk}/members/new/",
        {"organisation": world.body("RCF").pk, "role": "member", "voting": "on", **FIRST}
        | {"holder": world.person("chair").pk},
    )
    assert forum.terms.get().quorum == 3
    assert forum.memberships.get().holder == world.person("chair")


def test_a_member_works_for_the_body_and_the_deputy_is_someone_else(officer, world):
    address = f"/forums/{world.place_board.pk}/members/new/"
    typed = {"organisation": world.body("RCF").pk, "role": "member"} | FIRST
    wrong = officer.post(address, typed | {"holder": world.person("partner").pk})
    same = officer.post(address, typed | {"holder": world.person("chair").pk, "deputy": world.person("chair").pk})
    assert "does not work for" in wrong.content.decode()
    assert "another person" in same.content.decode()


def test_ending_a_membership_keeps_it(officer, world):
    member = Membership.objects.filter(forum=world.place_board).first()
    officer.post(
        f"/forums/{world.place_board.pk}/members/{member.pk}/end/",
        {"last_day_day": 31, "last_day_month": 12, "last_day_year": 2026},
    )
    member.refresh_from_db()
    assert member.ends == date(2026, 12, 31)


@pytest.mark.parametrize("address", ["/arrangements/new/", "/forums/new/"])
def test_other_roles_are_told_who_can(sign_in, address):
    for person in ("chair", "signatory", "region_lead", "auditor", "stranger"):
        answer = sign_in(person).get(address)
        assert answer.status_code == 403 and "This can be done by" in answer.content.decode()


def test_an_officer_of_another_system_changes_nothing_here(sign_in, world):
    client = sign_in("other_officer")
    assert client.get(f"/forums/{world.place_board.pk}/terms/new/").status_code == 403
