"""The pages of governance checks and of what ends soon, and the same by the API."""

from datetime import date, timedelta

import pytest
import time_machine

from ics_governance.permissions import SYSTEM
from partnerships.actions.checks import run_checks
from partnerships.models import CheckFinding, Delegation, Forum, Membership, TermsOfReference
from tests.partnerships.test_check_actions import urgent, vacant_post
from tests.queries import counted

TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def found(world):
    """A vacant post was found."""
    edge = vacant_post(world)
    run_checks(by=SYSTEM)
    return edge


def page_of(client, address, status=200):
    answer = client.get(address, follow=True)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_finding_says_what_to_do_and_leads_to_where_it_is_mended(sign_in, found):
    page = page_of(sign_in("secretary"), "/checks/?code=vacant_post")
    assert "The post Director of places of NHS West Yorkshire Integrated Care Board holds" in page
    assert "Name who is in the post, or let the body delegate to another one until it is filled." in page
    assert f'href="/delegations/{found.pk}/"' in page
    assert "20\u00a0October 2026" in page and "Vacant post holding authority" in page


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("system=QWO", True),
        ("system=QOP", False),
        ("severity=error", True),
        ("severity=advice", False),
        ("code=vacant_post", True),
        ("code=loop", False),
        ("q=director+places", True),
        ("q=nonsense", False),
    ],
)
def test_findings_are_filtered(sign_in, found, query, there):
    assert ("The post Director of places" in page_of(sign_in("partner"), f"/checks/?{query}")) == there


@pytest.mark.parametrize("query", ["system=nonsense", "severity=dire", "code=nothing", "system=RCF"])
def test_a_filter_that_cannot_be_read_is_said(sign_in, found, query):
    page = page_of(sign_in("officer"), f"/checks/?{query}", status=400)
    assert "There is a problem" in page and "Nothing is listed until every filter can be read" in page


def test_an_unreadable_place_in_the_list_is_its_beginning(sign_in, found):
    assert "this is its beginning" in page_of(sign_in("officer"), "/checks/?after=nonsense")


def test_before_the_first_run_the_page_says_when_checks_run(sign_in, world):
    page = page_of(sign_in("stranger"), "/checks/")
    assert "Findings appear here once the checks have looked at the register." in page


def test_findings_are_exported_as_they_are_filtered(sign_in, found):
    client = sign_in("auditor")
    answer = client.get("/checks/?code=vacant_post&format=csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer["Content-Type"].startswith("text/csv")
    assert len(lines) == 3 and "Vacant post holding authority" in lines[2] and f"delegation {found.pk}" in lines[2]
    assert client.get("/checks/?format=xlsx").status_code == 200
    assert client.get("/checks/?format=pdf").status_code == 400


def test_an_officer_checks_their_system_now(sign_in, world):
    vacant_post(world)
    client = sign_in("officer")
    assert "Check now" in page_of(client, "/checks/")
    answer = client.post("/checks/now/", {"system": "QWO"}, follow=True)
    assert answer.redirect_chain == [("/checks/?system=QWO", 302)]
    assert "Checked NHS West Yorkshire Integrated Care Board." in answer.content.decode()
    assert CheckFinding.objects.filter(code="vacant_post").count() == 1


@pytest.mark.parametrize(
    ("who", "code", "status"),
    [("other_officer", "QWO", 403), ("secretary", "QWO", 403), ("officer", "RCF", 404), ("officer", "%00", 404)],
)
def test_nobody_checks_another_system_nor_what_is_none(sign_in, world, who, code, status):
    assert sign_in(who).post("/checks/now/", {"system": code}).status_code == status
    assert not CheckFinding.objects.exists()


def test_those_who_may_not_run_checks_are_offered_no_button(sign_in, found):
    assert "Check now" not in page_of(sign_in("secretary"), "/checks/")


def test_the_page_asks_the_same_for_few_and_many(sign_in, world, found):
    client = sign_in("officer")
    page_of(client, "/checks/?system=QWO")
    with counted() as few:
        page_of(client, "/checks/?system=QWO")
    for number in range(30):
        Forum.objects.create(name=f"Forum {number}", host=world.icb, form="committee", level="place", starts=TODAY)
    run_checks(by=SYSTEM)
    with counted() as many:
        page_of(client, "/checks/?system=QWO")
    assert len(many) == len(few) <= 15


# --- Secrets ------------------------------------------------------------------------------------------------------


def test_urgent_decisions_are_told_to_those_who_may_read_them(sign_in, world):
    urgent(world, 1)
    run_checks(by=SYSTEM)
    for who in ("officer", "secretary", "region_lead"):
        for address in ("/checks/", "/expiring/"):
            page = page_of(sign_in(who), address)
            assert "Zugzwang 1" in page and "to be ratified by 19\u00a0October 2026" in page, (who, address)


@pytest.mark.parametrize("who", ["other_officer", "other_trust", "admin", "stranger"])
@pytest.mark.parametrize(
    "address", ["/checks/", "/checks/?format=csv", "/expiring/", "/expiring/?format=csv", "/api/v1/checks/"]
)
def test_to_others_they_are_not_there(sign_in, world, who, address):
    client = sign_in(who)
    run_checks(by=SYSTEM)
    before = client.get(address).content.decode()
    urgent(world, 1)
    run_checks(by=SYSTEM)
    after = client.get(address).content.decode()
    assert "Zugzwang" not in after and "QWO-2026-0001" not in after
    assert after.count("urgent") == before.count("urgent")


def test_a_draft_of_a_delegation_is_not_among_what_ends(sign_in, world):
    edge = vacant_post(world, ends=TODAY + timedelta(days=20), instrument="Quixotic")
    drafted = Delegation.objects.create(
        function=edge.function, from_organisation=world.icb, to_forum=world.place_board, basis="internal_scheme",
        instrument="draft", starts=TODAY, ends=TODAY + timedelta(days=21),
    )  # fmt: skip
    page = page_of(sign_in("secretary"), "/expiring/")
    assert f"/delegations/{edge.pk}/" in page and f"/delegations/{drafted.pk}/" not in page


# --- What ends or is due ------------------------------------------------------------------------------------------


def test_what_ends_is_shown_by_month_with_who_has_to_act(sign_in, world):
    edge = vacant_post(world, ends=TODAY + timedelta(days=20), review_on=TODAY + timedelta(days=90))
    vacant_post(world, ends=TODAY + timedelta(days=91))
    page = page_of(sign_in("officer"), "/expiring/")
    assert "November 2026 (1)" in page and "January 2027 (1)" in page
    assert page.count(f'href="/delegations/{edge.pk}/"') == 2
    assert "2\u00a0dates until 18\u00a0January 2027, NHS West Yorkshire Integrated Care Board" in page


def test_a_person_of_no_icb_sees_all_of_england_and_may_choose_a_system(sign_in, world):
    vacant_post(world, ends=TODAY + timedelta(days=20))
    client = sign_in("stranger")
    assert "1\u00a0date until 18\u00a0January 2027, all of England" in page_of(client, "/expiring/")
    empty = page_of(client, "/expiring/?system=QOP")
    assert "What ends or is due for review appears here 90 days ahead." in empty
    assert "There is a problem" in page_of(client, "/expiring/?system=nonsense", status=400)


def test_only_the_newest_terms_count(sign_in, world):
    forum = world.place_board
    TermsOfReference.objects.filter(forum=forum).delete()
    for version, days in ((1, 10), (2, 40)):
        TermsOfReference.objects.create(
            forum=forum, version=version, adopted_on=TODAY, review_on=TODAY + timedelta(days=days), quorum=1
        )
    page = page_of(sign_in("officer"), "/expiring/")
    assert page.count("Terms of reference of Bradford place board") == 1
    assert "29\u00a0November 2026" in page


def test_dates_are_exported(sign_in, world):
    vacant_post(world, ends=TODAY + timedelta(days=20))
    lines = sign_in("officer").get("/expiring/?format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[2].startswith(
        '"2026-11-09","Commissioning community health services, delegated to Director of places","ends"'
    )


def test_what_ends_is_read_by_the_same_number_of_queries(sign_in, world):
    client = sign_in("officer")
    vacant_post(world, ends=TODAY + timedelta(days=20))
    page_of(client, "/expiring/?system=QWO")
    with counted() as few:
        page_of(client, "/expiring/?system=QWO")
    for _ in range(20):
        vacant_post(world, ends=TODAY + timedelta(days=20))
    with counted() as many:
        page_of(client, "/expiring/?system=QWO")
    assert len(many) == len(few) <= 15


# --- On the pages of the records ----------------------------------------------------------------------------------


def test_the_page_of_a_delegation_says_what_was_found_about_it(sign_in, world, found):
    page = page_of(sign_in("secretary"), f"/delegations/{found.pk}/")
    assert "<strong>Error:</strong> The post Director of places of NHS West Yorkshire" in page
    assert "Recommended action: Name who is in the post" in page
    other = Delegation.objects.get(to_forum=world.place_board)
    assert "Governance checks</h2>" not in page_of(sign_in("secretary"), f"/delegations/{other.pk}/")


def test_the_page_of_a_forum_says_each_matter_once(sign_in, world):
    TermsOfReference.objects.filter(forum=world.place_board).delete()
    Membership.objects.create(forum=world.place_board, organisation=world.body("RR8"), starts=TODAY)
    run_checks(by=SYSTEM)
    codes = set(CheckFinding.objects.filter(records=[["forum", world.place_board.pk]]).values_list("code", flat=True))
    assert codes == {"terms_missing", "providers_majority"}
    page = page_of(sign_in("officer"), f"/forums/{world.place_board.pk}/")
    assert "voting members of Bradford place board come from bodies that may gain" in page
    assert "has no terms of reference in the register" not in page


def test_the_page_of_an_icb_leads_to_the_findings_of_its_system(sign_in, world, found):
    page = page_of(sign_in("officer"), "/organisations/QWO/")
    assert "In its system: 1\u00a0error" in page and 'href="/checks/?system=QWO"' in page
    trust = world.body("RCF")
    trust.subtype = "acute"
    trust.save()
    run_checks(by=SYSTEM)
    page = page_of(sign_in("officer"), "/organisations/RCF/")
    assert "Airedale NHS Foundation Trust is an acute trust and takes part in no provider collaborative." in page
