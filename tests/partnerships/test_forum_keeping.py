"""Keeping a forum: its form, its terms of reference with rules of a quorum, its members and deputies, its end."""

from datetime import date

import pytest
import time_machine

from ics_governance.context import system
from ics_governance.workflow import GuardFailed
from partnerships import guards
from partnerships.actions import decisions, meetings
from partnerships.actions.meetings import Mark
from partnerships.models import Attendance, Deputy, Employment, Forum, Membership, Post, TermsOfReference
from tests import records
from tests.partnerships.test_arrangement_keeping import on, post, refused
from tests.partnerships.test_forum_pages import text
from tests.world import LONG_AGO

FIRST = on("starts", date(2026, 11, 1))


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def board(world):
    return world.place_board


def founding(world, **typed):
    return {"name": "New forum", "host": world.icb.pk, "level": "place", "meets_in_public": "on"} | FIRST | typed


def seat(board, world, code="RCF"):
    return Membership.objects.get(forum=board, organisation=world.body(code))


def employee(world, code, name):
    person = records.person(name)
    Employment.objects.create(person=person, organisation=world.body(code), starts=LONG_AGO)
    return person


# --- Forms ----------------------------------------------------------------------------------------------------------


def test_the_form_of_a_forum_is_explained_where_it_is_chosen(officer, world):
    page = text(officer.get("/forums/new/"))
    assert "and each decides for its own body alone" in page
    assert "The governors of a foundation trust" in page and "The post that decides" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"form": "individual_executive"}, "decides by a named post"),
        ({"form": "committees_in_common"}, "name a committee of each"),
        ({"form": "council_of_governors"}, "Only a foundation trust has a council of governors"),
        ({"form": "board"}, "has one already: NHS West Yorkshire board"),
        ({"form": "committee", "meets_in_public": ""}, "Say why it does not meet in public"),
        ({"form": "circle"}, "Select form from the list"),
        ({"form": "committee", "name": ""}, "Enter name"),
    ],
)
def test_a_form_demands_what_it_demands_in_words(officer, world, typed, says):
    assert says in refused(officer, "/forums/new/", **founding(world, **typed))


def test_an_individual_executive_names_its_post_and_the_page_shows_who_holds_it(officer, world):
    held = Post.objects.create(organisation=world.icb, title="Place director", starts=LONG_AGO)
    page = post(officer, "/forums/new/", **founding(world, form="individual_executive", post=held.pk))
    assert "The post that decides Place director , vacant" in page.replace("director,", "director ,")
    assert "Nobody holds the post that decides, Place director" in page
    assert Forum.objects.get(name="New forum").post == held


def test_committees_in_common_name_a_committee_of_each_body(officer, world, board):
    theirs = records.forum(world.body("RCF"), name="Airedale committee")
    second = board.reports_to
    typed = founding(world, form="committees_in_common")
    alone = refused(officer, "/forums/new/", **typed, committees=[board.pk, second.pk])
    assert "committees of two or more bodies" in alone
    twice = refused(officer, "/forums/new/", **typed, committees=[board.pk, second.pk, theirs.pk])
    assert "one committee of each body" in twice
    page = post(officer, "/forums/new/", **typed, committees=[board.pk, theirs.pk])
    assert "These committees meet in common in it" in page and "Airedale committee" in page
    assert "It meets in common with others in New forum" in text(officer.get(f"/forums/{board.pk}/"))


def test_a_foundation_trust_records_its_governors_and_they_only_recommend(sign_in, world):
    trust = world.body("RCF")
    type(trust).objects.filter(pk=trust.pk).update(is_foundation_trust=True)
    typed = founding(world, form="council_of_governors", host=trust.pk)
    page = post(sign_in("secretary"), "/forums/new/", **typed)
    assert "It takes no binding decision, whatever was delegated." in page
    decision = world.decision()
    decision.forum, decision.kind = Forum.objects.get(name="New forum"), "decide"
    assert [reason.text for reason in guards.forum_may_bind(decision)] == [
        "Governors cannot take a binding decision: record it as a recommendation"
    ]


def test_a_joint_committee_is_of_two_bodies_before_it_has_terms(officer, world):
    forum = records.forum(world.icb, form="joint_committee", name="Together")
    records.member(forum, world.icb)
    terms = {"quorum": "2"} | on("adopted_on", date(2026, 10, 1))
    assert "is of two or more bodies" in refused(officer, f"/forums/{forum.pk}/terms/new/", **terms)
    assert "fewer have a voting member" in text(officer.get(f"/forums/{forum.pk}/"))
    records.member(forum, world.body("E08000032"))
    post(officer, f"/forums/{forum.pk}/terms/new/", **terms)
    assert forum.terms.get().quorum == 2


# --- Edit and end ---------------------------------------------------------------------------------------------------


def test_a_forum_is_edited_and_its_line_runs_in_no_circle(officer, world, board):
    finance, address = board.reports_to, f"/forums/{board.reports_to_id}/edit/"
    typed = {"name": "Finance committee", "level": "system", "private_reason": "Prices of bidders"}
    page = refused(officer, address, **typed, reports_to=board.pk)
    assert "Bradford place board already reports to Finance and commissioning committee" in page
    page = post(officer, address, **typed, purpose="Money", reports_to=finance.reports_to_id)
    assert "Finance committee" in page and "Money" in page and "It meets in private: prices of bidders." in page


def test_ending_a_forum_says_what_is_left_and_ends_its_members(officer, world, board):
    Deputy.objects.create(membership=seat(board, world), person=records.person(), starts=LONG_AGO)
    address = f"/forums/{board.pk}/end/"
    page = text(officer.get(address))
    assert "4 memberships end with it" in page and "terms of reference, section 6" in page
    assert "These report to it" in text(officer.get(f"/forums/{board.reports_to_id}/end/"))
    assert "must not lie before" in refused(officer, address, **on("last_day", date(2020, 1, 1)))
    page = post(officer, address, **on("last_day", date(2026, 9, 30)))
    assert "It ended on 30 September 2026." in page and "Appoint a member" not in page
    assert set(board.memberships.values_list("ends", flat=True)) == {date(2026, 9, 30)}
    assert Deputy.objects.get().ends == date(2026, 9, 30)
    assert "It has ended already" in refused(officer, address, **on("last_day", date(2026, 9, 30)))


# --- Terms and quorum -----------------------------------------------------------------------------------------------


def adopt(officer, board, **typed):
    return post(
        officer, f"/forums/{board.pk}/terms/new/", **{"quorum": "2"} | on("adopted_on", date(2026, 10, 1)) | typed
    )


def test_rules_of_a_quorum_read_as_words(officer, world, board):
    page = adopt(
        officer, board, at_least_kind_local_authority="1", at_least_role_chair="1", voting_rule="majority",
        casting_vote="on", disagreement_process="The chairs meet.",
    )  # fmt: skip
    assert "a council member must be present" in page and "the chair must be present" in page
    assert "by a majority of the members present; the chair has a second vote" in page
    assert "Its quorum cannot be reached: the chair must be present" in page  # nobody is chair
    assert board.terms.first().quorum_rules == [
        {"kind": "local_authority", "at_least": 1}, {"role": "chair", "at_least": 1},
    ]  # fmt: skip
    again = officer.get(f"/forums/{board.pk}/terms/new/").content.decode()
    assert "The chairs meet." in again and "The form begins with what version 2 says." in again


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"at_least_kind_trust": "3"}, "The rules ask for 3 voting members, so the quorum must be 3 or more"),
        ({"at_least_kind_trust": "x"}, "Trust members must be a whole number"),
        ({"quorum": "0"}, "Quorum must be 1 or more"),
        ({"casting_vote": "on", "voting_rule": "consensus"}, "only where votes are counted"),
        (on("review_on", date(2026, 9, 1)), "The review must come after"),
        (on("adopted_on", date(2020, 1, 1)), "A later version was adopted"),
        ({"document": "not a link"}, "Enter a web address like"),
    ],
)
def test_terms_that_cannot_be_are_refused_in_words(officer, world, board, typed, says):
    sent = {"quorum": "2"} | on("adopted_on", date(2026, 10, 1)) | typed
    assert says in refused(officer, f"/forums/{board.pk}/terms/new/", **sent)


@pytest.fixture
def ruled(board):
    """The council must be there."""
    rules = [{"kind": "local_authority", "at_least": 1}]
    return TermsOfReference.objects.create(
        forum=board, version=2, adopted_on=date(2026, 1, 1), quorum=2, quorum_rules=rules
    )


def marked(world, board, held, *codes):
    with system("attendance of a test"):
        for code in codes:
            Attendance.objects.create(meeting=held, membership=seat(board, world, code), state="member")


def test_a_meeting_says_in_words_who_is_missing(officer, world, board, ruled):
    held = world.meeting()
    assert "The quorum is 2 voting members, and a council member must be present." in text(
        officer.get(f"/meetings/{held.pk}/")
    )
    marked(world, board, held, "QWO", "RCF")
    page = text(officer.get(f"/meetings/{held.pk}/"))
    assert "Not quorate: 2 of 4 voting members present, 2 needed. A council member must be present." in page
    typed = {f"m{seat(board, world, code).pk}": "member" for code in ("QWO", "E08000032")}
    said = text(officer.post(f"/meetings/{held.pk}/quorum/", typed))
    assert said == "Quorate: 2 of 4 voting members present, 2 needed."


def test_a_decision_is_refused_while_the_rule_is_not_met_and_the_resolver_knows(world, board, ruled):
    held = world.meeting()
    marked(world, board, held, "QWO", "RCF")
    decision = world.decision(meeting=held, means="meeting")
    says = "a council member must be present"
    with system("what the guards read"):
        decisions.load_for_guards(decision)
        assert [reason.text for reason in guards.decision_is_quorate(decision)] == [f"A quorum: {says}"]
        assert decisions._facts(decision).rules_unmet == (says,)
        marked(world, board, held, "E08000032")
        decision.meeting._prefetched_objects_cache.pop("attendance")
        assert guards.decision_is_quorate(decision) == []


# --- Members --------------------------------------------------------------------------------------------------------


def appointed(world, **typed):
    return {"organisation": world.body("RCF").pk, "role": "member", "voting": "on"} | FIRST | typed


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"holder": "partner"}, "Imran Sadiq does not work for Airedale"),
        ({"holder": "secretary", "deputy": "partner"}, "Imran Sadiq does not work for Airedale"),
        ({"holder": "secretary", "deputy": "secretary"}, "The deputy is another person"),
        ({"holder": "chair"}, "Denis Ormerod is already a member of Bradford place board in those days"),
        ({"holder": "secretary", "role": "executive_lead"}, "must be employed by the body that delegates: NHS West"),
        ({"role": "attendee"}, "Whoever is in attendance has no vote"),
        ({"starts_year": 2020}, "does not exist on that day"),
        ({"role": "king"}, "Select role from the list"),
    ],
)
def test_a_member_who_cannot_be_is_refused_in_words(officer, world, board, typed, says):
    people = {name: world.person(who).pk for name, who in typed.items() if name in ("holder", "deputy")}
    assert says in refused(officer, f"/forums/{board.pk}/members/new/", **appointed(world, **typed | people))


def test_another_holder_from_a_day_ends_the_row_and_begins_another(officer, world, board):
    row, new = seat(board, world), employee(world, "RCF", "Asha Moor")
    address = f"/forums/{board.pk}/members/{row.pk}/change/"
    typed = {"role": "member", "voting": "on", "holder": new.pk, "deputy": ""}
    assert "The membership begins on 1 July 2022" in refused(
        officer, address, **typed, **on("from_day", date(2020, 1, 1))
    )
    page = post(officer, address, **typed, **on("from_day", date(2026, 10, 10)))
    rows = board.memberships.filter(organisation=world.body("RCF")).order_by("starts")
    assert [(each.holder.name, each.starts, each.ends, each.agreed_on) for each in rows] == [
        ("Denis Ormerod", LONG_AGO, date(2026, 10, 9), LONG_AGO),
        ("Asha Moor", date(2026, 10, 10), None, LONG_AGO),
    ]
    assert "Former members (1)" in page and "Asha Moor" in page
    assert "The membership ends on" in refused(officer, address, **typed, **on("from_day", date(2026, 10, 12)))


def test_what_happened_at_a_meeting_stands_against_an_earlier_end(officer, world, board):
    marked(world, board, world.meeting(), "RCF")
    row = seat(board, world)
    address = f"/forums/{board.pk}/members/{row.pk}/end/"
    assert "is marked at the meeting of 14 October 2026" in refused(
        officer, address, **on("last_day", date(2026, 10, 1))
    )
    post(officer, address, **on("last_day", date(2026, 10, 14)))
    row.refresh_from_db()
    assert row.ends == date(2026, 10, 14)


def test_deputies_of_the_day_are_offered_at_a_meeting(officer, world, board):
    row, asha, omar = seat(board, world), employee(world, "RCF", "Asha Moor"), employee(world, "RCF", "Omar Dale")
    address = f"/forums/{board.pk}/members/{row.pk}/deputies/new/"
    page = post(officer, address, person=asha.pk, **on("starts", date(2026, 10, 1)), **on("ends", date(2026, 12, 31)))
    assert "Asha Moor until 31 Dec 2026" in page
    post(officer, address, person=omar.pk, **on("starts", date(2026, 11, 1)))
    assert "already a deputy of this member" in refused(
        officer, address, person=asha.pk, **on("starts", date(2026, 11, 1))
    )
    held = world.meeting()
    form = text(officer.get(f"/meetings/{held.pk}/attendance/"))
    assert "Ruth Calloway, deputy" in form and "Asha Moor, deputy" in form and "Omar Dale" not in form
    officer.post(f"/meetings/{held.pk}/attendance/", {f"m{row.pk}": f"deputy-{asha.pk}"})
    with system("read attendance"):
        assert Attendance.objects.get(membership=row).person == asha
    assert f'value="deputy-{asha.pk}" checked' in " ".join(
        officer.get(f"/meetings/{held.pk}/attendance/").content.decode().split()
    )
    with pytest.raises(GuardFailed, match="named deputy can fill"):
        meetings.mark_attendance(by=world.actor("officer"), meeting=held, marks={row.pk: Mark("deputy", omar.pk)})


@pytest.mark.parametrize(
    ("who", "starts", "ends", "says"),
    [
        ("chair", date(2026, 11, 1), None, "another person than the member"),
        ("secretary", date(2026, 11, 1), None, "already a deputy"),
        ("secretary", date(2020, 11, 1), None, "does not work for"),
        ("partner", date(2026, 11, 1), None, "Imran Sadiq does not work for Airedale"),
        ("secretary", date(2026, 11, 1), date(2026, 10, 1), "must not lie before the first day, 1 November 2026"),
    ],
)
def test_a_deputy_who_cannot_be_is_refused_in_words(officer, world, board, who, starts, ends, says):
    address = f"/forums/{board.pk}/members/{seat(board, world).pk}/deputies/new/"
    typed = {"person": world.person(who).pk} | on("starts", starts) | (on("ends", ends) if ends else {})
    assert says in refused(officer, address, **typed)


def test_a_deputys_time_ends(officer, world, board):
    row = seat(board, world)
    one = Deputy.objects.create(membership=row, person=employee(world, "RCF", "Asha Moor"), starts=LONG_AGO)
    post(officer, f"/forums/{board.pk}/members/{row.pk}/deputies/{one.pk}/end/", **on("last_day", date(2026, 10, 10)))
    assert "Asha Moor" not in text(officer.get(f"/forums/{board.pk}/"))


def test_the_body_accepts_or_refuses_what_it_is_offered(sign_in, world, board):
    address = f"/forums/{board.pk}/"
    offer = records.member(board, world.body("RCF"), agreed_on=None, holder=None)
    assert "is offered membership" not in text(sign_in("officer").get(address))
    assert sign_in("officer").post(f"{address}members/{offer.pk}/accept/").status_code == 403
    secretary = sign_in("secretary")
    assert "is offered membership from 1 July 2022" in text(secretary.get(address))
    assert "Accepted." in post(secretary, f"{address}members/{offer.pk}/accept/")
    offer.refresh_from_db()
    assert offer.agreed_on == date(2026, 10, 20)
    assert "agreed on 20 October 2026 already" in post(secretary, f"{address}members/{offer.pk}/refuse/")
    second = records.member(board, world.body("RCF"), agreed_on=None, holder=None)
    assert "Bodies that refused membership (1)" in post(secretary, f"{address}members/{second.pk}/refuse/")
    assert "the host may offer it again" in post(secretary, f"{address}members/{second.pk}/accept/")
    assert secretary.post(f"{address}members/{second.pk}/burn/").status_code == 404


def test_a_member_of_another_forum_is_not_found_here(officer, world, board):
    row = seat(board, world)
    assert officer.get(f"/forums/{board.reports_to_id}/members/{row.pk}/change/").status_code == 404
