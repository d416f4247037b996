"""Setting up: arrangements, forums, terms of reference, members, delegations."""

from datetime import date

import pytest
import time_machine

from ics_governance.models import LedgerEntry
from partnerships import authority
from partnerships.models import Arrangement, Completeness, Delegation, Forum, Function, Membership
from partnerships.queries.authority import ask

FIRST = {"starts_day": "1", "starts_month": "11", "starts_year": "2026"}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


def delegation_typed(world, **changes):
    return {
        "host": world.icb.pk,
        "function": Function.objects.get(code="community_services").pk,
        "to_forum": Forum.objects.get(name="Leeds partnership forum").pk,
        "model": "delegated",
        "basis": "internal_scheme",
        "instrument": "scheme of delegation 4.3",
        "limit": "50,000",
        "limit_kind": "whole_life",
        **FIRST,
    } | changes


def test_an_officer_records_a_collaborative_and_who_takes_part(officer, world):
    officer.post(
        "/arrangements/new/",
        {"kind": "collaborative", "name": "West Yorkshire Acute Collaborative", "host": world.icb.pk, "phase": "formal"}
        | FIRST,
    )
    made = Arrangement.objects.get(name="West Yorkshire Acute Collaborative")
    page = officer.post(
        f"/arrangements/{made.pk}/members/new/",
        {"organisation": world.body("RCF").pk, "expectation": "member"} | FIRST,
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
        {"organisation": world.body("RCF").pk, "expectation": "member"} | FIRST,
    )
    assert answer.status_code == 422 and "takes part already" in answer.content.decode()


def test_an_officer_founds_a_forum_with_terms_and_a_member(officer, world):
    officer.post(
        "/forums/new/",
        {"name": "Leeds place board", "host": world.icb.pk, "form": "committee", "level": "place"} | FIRST,
    )
    forum = Forum.objects.get(name="Leeds place board")
    officer.post(
        f"/forums/{forum.pk}/terms/new/",
        {"adopted_on_day": 1, "adopted_on_month": 11, "adopted_on_year": 2026, "quorum": "3"},
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


def test_a_delegation_gives_authority_only_when_approved_and_in_force(officer, world, sign_in):
    target = world.place_board
    officer.post("/delegations/new/", delegation_typed(world, to_forum=target.pk, limit="800,000"))
    made = Delegation.objects.get(instrument="scheme of delegation 4.3")

    def status():
        function = Function.objects.get(code="community_services")
        return ask(target, function, amount=700_000, on=date(2026, 11, 2)).answer.status

    assert status() == authority.Status.EXCEEDS_LIMIT
    assert officer.post(f"/delegations/{made.pk}/approve/").status_code == 403
    sign_in("executive").post(f"/delegations/{made.pk}/approve/")
    sign_in("officer").post(f"/delegations/{made.pk}/bring_into_force/")
    assert status() == authority.Status.WITHIN_AUTHORITY
    sign_in("executive").post(f"/delegations/{made.pk}/suspend/")
    assert status() != authority.Status.WITHIN_AUTHORITY


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"to_forum": ""}, "Choose one recipient"),
        ({"ends_day": 1, "ends_month": 1, "ends_year": 2026}, "must not lie before the first"),
        ({"limit": "-5"}, "Limit must be 0 or more"),
        ({"basis": "made_up"}, "Select legal basis from the list"),
        ({"instrument": ""}, "Enter document and section"),
    ],
)
def test_a_delegation_that_cannot_be_is_refused_in_words_and_keeps_what_was_typed(officer, world, changes, says):
    answer = officer.post("/delegations/new/", delegation_typed(world, conditions="Typed with care") | changes)
    page = answer.content.decode()
    assert answer.status_code == 422 and says in page and "Typed with care" in page


def test_a_body_declares_its_register_complete(officer, world):
    officer.post(
        "/organisations/QWO/declare/",
        {"family": "strategy", "complete_from_day": 1, "complete_from_month": 4, "complete_from_year": 2026},
    )
    assert Completeness.objects.get(organisation=world.icb, family="strategy").complete_from == date(2026, 4, 1)


@pytest.mark.parametrize(
    "address", ["/arrangements/new/", "/forums/new/", "/delegations/new/", "/organisations/QWO/declare/"]
)
def test_other_roles_are_told_who_can(sign_in, address):
    for person in ("chair", "partner", "region_lead", "auditor", "stranger"):
        answer = sign_in(person).get(address)
        assert answer.status_code == 403 and "This can be done by" in answer.content.decode()


def test_an_officer_of_another_system_changes_nothing_here(sign_in, world):
    client = sign_in("other_officer")
    assert client.get(f"/forums/{world.place_board.pk}/terms/new/").status_code == 403
    assert client.get("/organisations/QWO/declare/").status_code == 403
    typed = delegation_typed(world)
    assert "Select body whose function it is" in client.post("/delegations/new/", typed).content.decode()


def test_a_draft_delegation_is_its_bodys_own_until_it_is_approved(officer, world, sign_in):
    officer.post("/delegations/new/", delegation_typed(world))
    made = Delegation.objects.get(instrument="scheme of delegation 4.3")
    address = f"/delegations/{made.pk}/"
    for person, status in (("officer", 200), ("executive", 200), ("secretary", 404), ("other_officer", 404)):
        client = sign_in(person)
        assert client.get(address).status_code == status, person
        assert ("scheme of delegation 4.3" in client.get("/delegations/").content.decode()) is (status == 200), person
    sign_in("executive").post(f"{address}approve/")
    assert sign_in("secretary").get(address).status_code == 200
