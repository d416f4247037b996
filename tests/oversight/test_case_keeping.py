"""Who keeps a case: who works on it, who reviews it, who holds it, what it is linked to, more time to reply."""

import pytest
import time_machine

from ics_governance.context import system
from oversight.models import Case, Reply, Step
from partnerships.models import RoleMembership
from tests.oversight.case_world import LATER, TODAY, case_at, everything, move, raise_case, second
from tests.oversight.test_homes import text
from tests.world import LONG_AGO

MINE = ("assign-lead", "link", "hand-over")
WHEN = {"until_day": "12", "until_month": "11", "until_year": "2026"}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def case(world):
    return case_at(world, "informal_resolution")


def stored(case):
    with system("look at what is stored"):
        return Case.objects.select_related("lead", "reviewer", "holder", "lead_case").get(pk=case.pk)


def window():
    with system("look at what is stored"):
        return Reply.objects.get()


def send(client, case, address, **values):
    return client.post(f"/cases/{case.reference}/{address}/", values, follow=True)


def offered(client, case):
    shown = client.get(f"/cases/{case.reference}/").content.decode()
    return {act for act in (*MINE, "assign-reviewer") if f"/cases/{case.reference}/{act}/" in shown}


# --- Offered to who may -------------------------------------------------------------------------------------------


def test_keeping_is_offered_to_who_keeps_the_case_and_to_nobody_else(world, sign_in, case):
    assert offered(sign_in("officer"), case) == set(MINE)
    assert offered(sign_in("region_lead"), case) == {"hand-over"}
    for who in ("partner", "secretary", "auditor"):
        assert offered(sign_in(who), case) == set()
    assert "Keep this case" in text(sign_in("officer").get(f"/cases/{case.reference}/"))
    assert "Keep this case" not in text(sign_in("secretary").get(f"/cases/{case.reference}/"))


def test_more_time_stands_beside_the_reply_until_it_was_given(world, sign_in, case):
    address = f"/cases/{case.reference}/more-time/{window().pk}/"
    assert address in sign_in("officer").get(f"/cases/{case.reference}/").content.decode()
    trust = sign_in("secretary")
    assert address not in trust.get(f"/cases/{case.reference}/").content.decode()
    send(trust, case, f"reply/{window().pk}", text="We had no papers either.")
    officer = sign_in("officer")
    assert address not in officer.get(f"/cases/{case.reference}/").content.decode()
    assert "There is nothing to do here now" in text(officer.get(address))


def test_a_reviewer_is_asked_for_in_a_review_only(world, sign_in):
    case = case_at(world, "oversight_review")
    assert offered(sign_in("region_lead"), case) == {"assign-reviewer", *MINE}
    assert offered(sign_in("officer"), case) == set()


@pytest.mark.parametrize("address", [*MINE, "assign-reviewer", "more-time/{}"])
def test_others_are_refused_and_who_does_not_see_the_case_finds_nothing(world, sign_in, case, address):
    address = f"/cases/{case.reference}/{address.format(window().pk)}/"
    for who in ("secretary", "partner", "auditor"):
        assert sign_in(who).get(address).status_code == 403
        assert sign_in(who).post(address, {}).status_code == 403
    for who in ("other_officer", "other_trust", "stranger", "admin"):
        assert sign_in(who).get(address).status_code == 404
        assert sign_in(who).post(address, {}).status_code == 404


# --- Who works on it ----------------------------------------------------------------------------------------------


def test_it_is_said_who_works_on_the_case(world, sign_in, case):
    officer = sign_in("officer")
    shown = text(send(officer, case, "assign-lead", user=world.user("executive").pk))
    assert "It is kept who works on the case." in shown and "Worked on by Marcus Adeyemi" in shown
    assert stored(case).lead == world.user("executive")
    form = text(officer.get(f"/cases/{case.reference}/assign-lead/"))
    assert "Hannah Whitfield" in form and "Marcus Adeyemi" not in form.split("Who works on it", 1)[1]


@pytest.mark.parametrize("who", ["secretary", "region_lead", "auditor", "other_officer", None])
def test_only_people_who_may_keep_it_work_on_it(world, sign_in, case, who):
    answer = send(sign_in("officer"), case, "assign-lead", user=world.user(who).pk if who else "")
    assert answer.status_code == 422 and stored(case).lead is None


def test_a_person_with_a_role_in_a_party_does_not_work_on_it(world, sign_in, case):
    user = world.user("executive")
    with system("a second role"):
        RoleMembership.objects.create(
            user=user, organisation=world.body("RCF"), role="trust_signatory", starts=LONG_AGO
        )
    answer = send(sign_in("officer"), case, "assign-lead", user=user.pk)
    assert answer.status_code == 422 and "Somebody who holds no role in a party" in answer.content.decode()
    assert stored(case).lead is None


def test_the_reviewer_took_no_step_before(world, sign_in):
    fresh = second(world)
    case = case_at(world, "oversight_review")
    with time_machine.travel(LATER, tick=False):
        region = sign_in("region_lead")
        send(region, case, "assign-reviewer", user=fresh.pk)
        assert stored(case).reviewer == fresh
        assert send(region, case, "assign-reviewer", user=world.user("officer").pk).status_code == 422
    assert stored(case).reviewer == fresh


def test_a_reviewer_belongs_to_a_review(world, sign_in, case):
    answer = send(sign_in("officer"), case, "assign-reviewer", user=world.user("executive").pk)
    assert answer.status_code == 422 and "Only an oversight review has a reviewer" in answer.content.decode()
    assert stored(case).reviewer is None


# --- Handing over -------------------------------------------------------------------------------------------------


def test_the_region_hands_the_case_to_a_body_that_is_no_party(world, sign_in, case):
    shown = text(
        send(sign_in("region_lead"), case, "hand-over", organisation=world.body("QOP").pk, reason="A fresh eye.")
    )
    assert "The case was handed over" in shown and "A fresh eye." in shown
    assert stored(case).holder == world.body("QOP")
    assert offered(sign_in("other_officer"), case) == set(MINE)
    assert offered(sign_in("officer"), case) == set()  # it reads on, as an affected system
    with system("look"):
        assert Step.objects.filter(case=case, event="hand_over").count() == 1


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("QOP", "", "Enter why it is handed over"), ("", "Words kept", "Select the body that takes it over"),
        ("RCF", "Words kept", "takes it over from the list"), ("QWO", "Words kept", "takes it over from the list"),
        ("E08000035", "Words kept", "takes it over from the list"),
    ],
)  # fmt: skip
def test_a_case_is_not_handed_to_a_party_nor_to_its_holder(world, sign_in, case, code, reason, words):
    body = world.body(code).pk if code else ""
    officer, before = sign_in("officer"), everything()
    answer = send(officer, case, "hand-over", organisation=body, reason=reason)
    assert everything() == before
    assert answer.status_code == 422 and reason in answer.content.decode()
    assert words.lower() in text(answer).lower()


def test_a_party_hidden_from_the_list_of_bodies_is_refused_by_the_action(world, sign_in):
    case = raise_case(world, "other_officer", "QOP", in_confidence=True)
    case = move(world, "officer", case, "accept")
    answer = send(sign_in("officer"), case, "hand-over", organisation=world.body("QOP").pk, reason="Words kept")
    assert answer.status_code == 422 and "Words kept" in answer.content.decode()
    assert stored(case).holder == world.icb


# --- Linking ------------------------------------------------------------------------------------------------------


def test_a_case_is_linked_to_the_one_that_leads(world, sign_in, case):
    lead, officer = raise_case(world), sign_in("officer")
    assert lead.reference in text(officer.get(f"/cases/{case.reference}/link/"))
    shown = text(send(officer, case, "link", lead_case=lead.pk))
    assert "The case is linked" in shown and f"Goes on in {lead.reference}" in shown
    assert stored(case).lead_case == lead
    third = raise_case(world)
    answer = send(officer, lead, "link", lead_case=third.pk)
    assert answer.status_code == 422 and "it leads them" in answer.content.decode()


def test_a_case_is_not_linked_to_itself_or_to_one_that_is_not_seen(world, sign_in, case):
    unseen = raise_case(world, "other_trust", "R0A", "QOP", system=world.body("QOP"))
    officer = sign_in("officer")
    for wrong in (case.pk, unseen.pk, "", "x", "99999999999999999999"):
        assert send(officer, case, "link", lead_case=wrong).status_code == 422
    assert unseen.reference not in text(officer.get(f"/cases/{case.reference}/link/"))
    assert stored(case).lead_case is None


# --- More time to reply -------------------------------------------------------------------------------------------


def test_a_respondent_gets_more_time_also_when_it_was_over(world, sign_in, case):
    reply = window()
    with time_machine.travel("2026-11-09", tick=False):
        assert sign_in("secretary").post(f"/cases/{case.reference}/reply/{reply.pk}/", {"text": "x"}).status_code == 422
        shown = text(send(sign_in("officer"), case, f"more-time/{reply.pk}", **WHEN, reason="Its author was ill."))
        assert "The body has more time to reply" in shown and "May reply until Thursday 12 November 2026" in shown
        assert "Your reply is on the file." in text(
            send(sign_in("secretary"), case, f"reply/{reply.pk}", text="We see it otherwise.")
        )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reason": ""}, "Enter why it gets more time"), ({"until_day": ""}, "must include a day"),
        ({"until_day": "3"}, "must be 4 November 2026 or later"), ({"until_month": "13"}, "must be a real date"),
    ],
)  # fmt: skip
def test_more_time_needs_a_later_day_and_a_reason(world, sign_in, case, changed, words):
    reply = window()
    values = {**WHEN, "reason": "Typed with care", **changed}
    answer = send(sign_in("officer"), case, f"more-time/{reply.pk}", **values)
    assert answer.status_code == 422 and words in text(answer)
    assert values["reason"] in answer.content.decode() and window().due_on == reply.due_on
