"""The profile page: what it shows, what it keeps to itself, and who may look."""

import re
from datetime import date
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collaboration.actions.scoring import score_month
from collaboration.models import Profile
from ics_governance import jobs
from ics_governance.context import system
from ics_governance.models import Job
from ics_governance.permissions import SYSTEM
from partnerships.models import Action, DecisionAudience, MeetingAudience
from tests import records

UNTIL = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(UNTIL, tick=False):
        yield


@pytest.fixture
def scored(framework, airedale):
    """Airedale's profile for June 2026."""
    score_month(by=SYSTEM, as_of=UNTIL)
    return airedale


def text(response):
    """What a person reads: without tags, spaces as one."""
    body = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_five_characteristics_with_score_interval_band_and_coverage(scored, sign_in):
    page = text(sign_in("secretary").get("/profiles/RCF/"))
    assert "Airedale NHS Foundation Trust" in page
    assert "12 months to 30\u00a0June 2026" in page.replace("30 June", "30\u00a0June")
    for words in ("Relationships 93", "Right level 79", "Rationale 44", "Accountability 38", "Delivery 82"):
        assert words in page
    assert "not an NHS England rating" in page and "There is no overall score" in page


def test_the_lowest_score_is_taken_apart_first_and_any_other_on_request(scored, sign_in):
    client = sign_in("secretary")
    assert "How 38 is made" in text(client.get("/profiles/RCF/"))
    assert "How 82 is made" in text(client.get("/profiles/RCF/?characteristic=D"))
    assert "How 38 is made" in text(client.get("/profiles/RCF/?characteristic=nonsense"))


def test_contributions_are_shown_and_add_up(scored, sign_in):
    page = text(sign_in("secretary").get("/profiles/RCF/?characteristic=D"))
    assert "D1 Actions done on time observed 9 of 12 actions 63.6" in page
    assert "D2 Days overdue observed, lower is better 0 of 2,160 days 100.0" in page
    assert "Delivery 1.000 81.8" in page


def test_each_record_is_a_link_with_what_it_counts_and_of_what(scored, sign_in):
    response = sign_in("chair").get("/profiles/RCF/?characteristic=D")
    action = Action.objects.get(title="Action of month 0")
    assert f'href="/actions/{action.pk}/"' in response.content.decode()
    assert f"A-{action.pk} Action of month 0 23 Jun 2026" in text(response).replace("\u00a0", " ")
    assert "Reported done on time; the forum has not confirmed it 0 1" in text(response)
    assert text(response).count("Done on time, confirmed") == 9


def test_what_would_change_it_is_the_smallest_set_of_open_records(scored, sign_in):
    page = text(sign_in("secretary").get("/profiles/RCF/?characteristic=A")).replace("\u00a0", " ")
    assert "1 act would take Accountability from 37.5 to 100.0 , which is strong" in page
    assert "Name a deputy" in page and "re-dating" in page


def test_a_record_that_one_may_not_open_is_counted_and_nothing_of_it_is_told(scored, sign_in):
    with system("hide one decision"):
        hidden = Action.objects.select_related("decision__meeting").get(title="Action of month 5")
        DecisionAudience.objects.filter(decision=hidden.decision).delete()
        MeetingAudience.objects.filter(meeting=hidden.decision.meeting).delete()
    client = sign_in("secretary")
    for characteristic in "RLSAD":
        response = client.get(f"/profiles/RCF/?characteristic={characteristic}")
        told = response.content.decode()
        assert hidden.decision.reference not in told
        assert "of month 5" not in told and f"/actions/{hidden.pk}/" not in told
        if characteristic in "RLSD":
            assert "A record you may not open" in told
    assert "9 of 12 actions" in text(response)
    assert "A record you may not open not shown not shown 1 1" in text(response)


def test_a_long_list_is_cut_and_leads_to_all_of_it(framework, airedale, world, sign_in):
    seat = world.place_board.memberships.get(organisation=airedale)
    for n in range(15):
        records.meeting(world.place_board, date(2026, 2, 1 + n), {seat: "deputy"}, seen_by=[airedale])
    score_month(by=SYSTEM, as_of=UNTIL)
    client = sign_in("secretary")
    first = text(client.get("/profiles/RCF/?characteristic=R"))
    assert "All 27 records" in first and first.count("Its deputy was there") + first.count("Its member was there") < 21
    whole = text(client.get("/profiles/RCF/?characteristic=R&records=R1"))
    assert whole.count("Its deputy was there") == 15 and "All 27 records" not in whole


def test_a_number_that_is_missing_says_what_is_lacking(framework, world, sign_in):
    seat = world.place_board.memberships.get(organisation=world.body("RCF"))
    records.meeting(world.place_board, UNTIL, {seat: "member"}, seen_by=[world.body("RCF")])
    records.meeting(world.place_board, UNTIL, seen_by=[world.body("RCF")])
    score_month(by=SYSTEM, as_of=UNTIL)
    page = text(sign_in("secretary").get("/profiles/RCF/?characteristic=R")).replace("\u00a0", " ")
    assert "not enough evidence" in page and "How" not in page.split("What is measured")[0].split("Strong working")[1]
    assert (
        "1 record not recorded in full: ask the host of the forum. 1 of at least 6 meetings: too few to measure" in page
    )


def test_records_that_changed_since_the_run_are_announced(scored, sign_in):
    with system("confirm"):
        Action.objects.filter(title="Action of month 0").update(state="confirmed", confirmed_on=UNTIL)
    page = text(sign_in("secretary").get("/profiles/RCF/?characteristic=D"))
    assert "The records have changed since this was scored" in page


def test_earlier_months_can_be_looked_at_and_make_a_line(framework, airedale, sign_in):
    for day in (date(2026, 4, 30), date(2026, 5, 31), UNTIL):
        score_month(by=SYSTEM, as_of=day)
    client = sign_in("secretary")
    page = client.get("/profiles/RCF/?characteristic=R")
    assert "Rolling 12-month score: Relationships" in page.content.decode()
    assert "12 months to 31 May 2026" in text(page)
    assert "12 months to 30 April 2026" in text(client.get("/profiles/RCF/?month=2026-04-30"))
    assert "12 months to 30 June 2026" in text(client.get("/profiles/RCF/?month=never"))


def test_a_trust_without_a_profile_says_when_there_will_be_one(framework, sign_in):
    response = sign_in("secretary").get("/profiles/RCF/")
    assert response.status_code == 200
    assert "Every trust is scored each night" in text(response)


# --- Who may look -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["secretary", "chair", "officer", "executive", "auditor", "region_lead"])
def test_the_trust_its_icb_and_its_region_see_the_profile(scored, sign_in, who):
    assert sign_in(who).get("/profiles/RCF/").status_code == 200
    assert sign_in(who).get("/profiles/rcf/").status_code == 200


@pytest.mark.parametrize("who", ["other_trust", "partner", "other_officer", "admin", "stranger"])
def test_for_everybody_else_it_does_not_exist(scored, sign_in, who):
    client = sign_in(who)
    assert client.get("/profiles/RCF/").status_code == 404
    assert client.get("/profiles/NOSUCH/").status_code == 404
    assert client.post("/profiles/score/", {"subject": "RCF"}).status_code == 404


def test_signed_out_it_asks_to_sign_in(scored, client):
    response = client.get("/profiles/RCF/")
    assert response.status_code == 302 and response.url.startswith("/accounts/login/")


def test_ones_own_profile_is_found_without_its_code(scored, sign_in):
    assert sign_in("secretary").get("/profiles/").url == "/profiles/RCF/"
    assert sign_in("region_lead").get("/profiles/").url == "/region/"
    assert sign_in("partner").get("/profiles/").status_code == 404


# --- Asking for a run ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "executive", "region_lead"])
def test_those_who_oversee_the_trust_can_score_it_now(scored, sign_in, who):
    client = sign_in(who)
    assert "Score now" in text(client.get("/profiles/RCF/"))
    response = client.post("/profiles/score/", {"subject": "RCF"})
    job = Job.objects.get()
    assert response.url == f"/jobs/{job.pk}/"
    jobs.run_waiting()
    assert 'href="/profiles/RCF/"' in client.get(response.url).content.decode()


@pytest.mark.parametrize("who", ["secretary", "chair", "auditor"])
def test_those_who_only_see_it_cannot(scored, sign_in, who):
    client = sign_in(who)
    assert "Score now" not in text(client.get("/profiles/RCF/"))
    response = client.post("/profiles/score/", {"subject": "RCF"})
    assert response.status_code == 403 and "ICB governance officer" in text(response)
    assert client.post("/profiles/score/").status_code == 403
    assert not Job.objects.exists()


def test_a_run_is_asked_for_by_post_alone(scored, sign_in):
    assert sign_in("officer").get("/profiles/score/").status_code == 405


# --- Few statements -----------------------------------------------------------------------------------------------


def test_as_many_statements_for_two_hundred_records_as_for_ten(framework, world, airedale, sign_in):
    client = sign_in("secretary")
    seat = world.place_board.memberships.get(organisation=airedale)
    score_month(by=SYSTEM, as_of=UNTIL)
    client.get("/profiles/RCF/")
    asked = []
    for more in (0, 190):
        for n in range(more):
            records.meeting(world.place_board, date(2026, 1, 1 + n % 28), {seat: "member"}, seen_by=[airedale])
        score_month(by=SYSTEM, as_of=UNTIL)
        for address in ("/profiles/RCF/?characteristic=R", "/profiles/RCF/?characteristic=R&records=R1"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            asked.append(len(captured))
    assert Profile.objects.get(subject=airedale).readings.get(indicator="R1").denominator == 202
    assert len(set(asked)) == 1 and asked[0] <= 15


@pytest.mark.parametrize("characteristic", "RLSAD")
def test_fifteen_statements_are_enough(scored, sign_in, characteristic, django_assert_max_num_queries):
    client = sign_in("region_lead")
    client.get("/profiles/RCF/")
    with django_assert_max_num_queries(15):
        client.get(f"/profiles/RCF/?characteristic={characteristic}")
