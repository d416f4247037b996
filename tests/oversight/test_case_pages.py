"""The list of cases and the file of one: what each side sees, what it can do, and what is refused in which words."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from oversight.actions import clocks, file
from oversight.models import Case, CaseEvidence, Fact, Pause, Reply
from oversight.queries.cases import ASKED_ELSEWHERE
from oversight.views.case_acts import ACTS, MENDED_BY
from oversight.workflows import CASE
from tests.matrix import CASES
from tests.oversight.case_world import LATER, TODAY, act, case_at, move, note, raise_case
from tests.oversight.test_homes import text
from tests.stage_cases import build

PEOPLE = ("partner", "secretary", "officer", "region_lead")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def framework(world):
    load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))


def page(client, case, address=""):
    return text(client.get(f"/cases/{case.reference}/{address}"))


def stored(model, **lookup):
    with system("look at what is stored"):
        return model.objects.get(**lookup)


def send(client, case, address, **values):
    """What the page says after a form was sent."""
    return text(client.post(f"/cases/{case.reference}/{address}/", values, follow=True))


def asked(client, address):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in seen.captured_queries)


# --- The table of acts --------------------------------------------------------------------------------------------


def test_every_act_and_every_move_is_in_the_matrix():
    listed = {(case.route, case.about) for case in CASES}
    for name, row in ACTS.items():
        assert ("case-part" if row.part else "case-act", f"ours: {name}") in listed
    for row in CASE.transitions:
        if row.event not in ASKED_ELSEWHERE:
            assert ("case-move", f"ours: {row.event}") in listed


def test_what_a_guard_misses_is_mended_by_an_act_that_exists():
    assert set(MENDED_BY.values()) <= set(ACTS)


# --- The list -----------------------------------------------------------------------------------------------------


def test_cases_are_listed_for_those_who_see_them(world, sign_in):
    case = raise_case(world)
    for who, sees in (("partner", 1), ("officer", 1), ("region_lead", 1), ("secretary", 0), ("other_officer", 0)):
        listed = text(sign_in(who).get("/cases/"))
        assert (case.reference in listed, "1 case" in listed) == (bool(sees), bool(sees))
    move(world, "officer", case, "accept")
    assert case.reference in text(sign_in("secretary").get("/cases/"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=papers", True), ("q=nothing", False), ("q=C-2026", True), ("stage=raised", False),
        ("stage=informal_resolution", True), ("stage=all", True), ("stage=nonsense", True), ("respondent=RCF", True),
        ("respondent=QWO", True), ("clock=ok", True), ("clock=late", False), ("clock=pause", False),
        ("clock=none", False), ("mine=holder", True), ("mine=respondent", False), ("mine=raiser", False),
        ("sort=-opened", True), ("sort=nonsense", True), ("after=nonsense", True),
    ],
)  # fmt: skip
def test_the_list_is_filtered_by_its_address(world, sign_in, query, found):
    case = case_at(world, "informal_resolution")
    assert (case.reference in text(sign_in("officer").get(f"/cases/?{query}"))) is found


def test_a_clock_that_is_over_says_since_when(world, sign_in):
    case_at(world, "informal_resolution")
    with time_machine.travel("2026-12-01", tick=False):
        officer = sign_in("officer")
        assert "was due 17 Nov 2026" in text(officer.get("/cases/?clock=late"))
        assert "10 working days over its date, Tuesday 17 November 2026" in text(officer.get("/cases/C-2026-001/"))


def test_the_export_is_what_is_filtered_and_names_no_raiser(world, sign_in):
    case_at(world, "informal_resolution")
    officer = sign_in("officer")
    rows = officer.get("/cases/?format=csv").content.decode()
    assert "C-2026-001" in rows and "Airedale" in rows and "Bradford" not in rows
    assert "C-2026-001" not in officer.get("/cases/?stage=raised&format=csv").content.decode()


# --- The file -----------------------------------------------------------------------------------------------------


def test_the_file_says_where_the_case_stands_and_what_is_next(world, sign_in, framework):
    case = raise_case(world)
    shown = page(sign_in("officer"), case)
    assert "5 working days left, due Tuesday 27 October 2026" in shown and "Next from you: accept the concern" in shown
    case = move(world, "officer", case, "accept")
    shown = page(sign_in("secretary"), case)
    assert "use your right of reply on the allegation, by 3 November 2026" in shown
    assert "Raised by Bradford Council about Airedale" in shown and "2 awaiting reply" in shown
    assert "Takes part in system, place and collaborative forums" in shown


def test_not_possible_yet_links_to_what_is_missing(world, sign_in):
    case = move(world, "officer", raise_case(world), "accept")
    shown = sign_in("partner").get(f"/cases/{case.reference}/").content.decode()
    assert f"/cases/{case.reference}/moves/withdraw/" in shown
    shown = page(sign_in("officer"), case)
    assert "Not settled: to facilitated resolution Still needed: An informal attempt with its date" in shown
    case = case_at(world, "facilitated_resolution")
    shown = sign_in("officer").get(f"/cases/{case.reference}/").content.decode()
    for missing in ("facilitation", "discussion", "characteristics"):
        assert f'<a href="/cases/{case.reference}/{missing}/">' in shown


def test_the_respondent_replies_disputes_and_adds_evidence(world, sign_in):
    case = case_at(world, "informal_resolution")
    trust = sign_in("secretary")
    reply, fact = stored(Reply), stored(Fact, number=1)
    assert "Your reply is on the file." in send(trust, case, f"reply/{reply.pk}", text="We had no papers either.")
    shown = send(trust, case, f"fact-reply/{fact.pk}", agrees="no", text="They came on Monday.")
    assert "They came on Monday." in shown and "1 disputed, 1 awaiting reply" in shown
    evidence = {"kind": "link", "url": "https://board.example/papers", "title": "The posting list", "fact": fact.pk}
    shown = send(trust, case, "evidence", **evidence)
    assert "The evidence is linked to the case." in shown and "The posting list" in shown
    assert stored(CaseEvidence).fact_id == fact.pk
    assert "We had no papers either." in page(sign_in("partner"), case)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "link", "title": "T"}, "Enter"),
        ({"kind": "link", "title": "T", "url": "not an address"}, "Enter a web address"),
        ({"kind": "decision", "title": "T", "decision": "QWO-2026-9999"}, "You can see no decision with the number"),
        ({"kind": "profile", "title": "T"}, "Select"),
        ({"title": "Typed with care"}, "Typed with care"),
    ],
)
def test_evidence_lacks_what_its_kind_needs(world, sign_in, values, words):
    case = case_at(world, "informal_resolution")
    answer = sign_in("secretary").post(f"/cases/{case.reference}/evidence/", values)
    assert answer.status_code == 422 and words in answer.content.decode()


def test_a_dispute_says_how_it_was(world, sign_in):
    case = case_at(world, "informal_resolution")
    address = f"/cases/{case.reference}/fact-reply/{stored(Fact, number=1).pk}/"
    answer = sign_in("secretary").post(address, {"agrees": "no"})
    assert answer.status_code == 422 and "Say how it was" in answer.content.decode()
    assert stored(Fact, number=1).state == "awaiting"


def test_a_reply_after_its_window_is_refused_in_words(world, sign_in):
    case = case_at(world, "informal_resolution")
    address = f"/cases/{case.reference}/reply/{stored(Reply).pk}/"
    with time_machine.travel("2026-11-20", tick=False):
        answer = sign_in("secretary").post(address, {"text": "Too late, and typed with care"})
    shown = answer.content.decode()
    assert answer.status_code == 422 and "The time to reply ended on" in shown and "typed with care" in shown
    assert stored(Reply).replied_on is None


def test_the_officer_moves_the_case_and_a_refused_move_changes_nothing(world, sign_in):
    case = move(world, "officer", raise_case(world), "accept")
    officer = sign_in("officer")
    shown = page(officer, case, "moves/not_settled/")
    assert "Not possible yet. Still needed: An informal attempt" in shown
    shown = text(officer.post(f"/cases/{case.reference}/moves/not_settled/", {"version": case.version}))
    assert "An informal attempt with its date" in shown and stored(Case).stage == "informal_resolution"
    act(world, "partner", file.add_attempt_to, case=case, attempt=note(world))
    shown = send(officer, case, "moves/not_settled", version=case.version, reason="No date was found.")
    assert "is now in facilitated resolution" in shown and "No date was found." in shown


def test_the_second_officer_is_told_what_changed(world, sign_in):
    case = raise_case(world)
    executive, before = sign_in("executive"), case.version
    move(world, "officer", case, "accept")
    move(world, "officer", case, "refer_back_to_triage")
    shown = text(executive.post(f"/cases/{case.reference}/moves/accept/", {"version": before}))
    assert "This case has moved since you looked at it" in shown and stored(Case).stage == "raised"


def test_closing_asks_for_what_was_learnt_and_shows_it(world, sign_in):
    case = raise_case(world)
    values = {"version": case.version, "reason": "It is about a contract.",
              "signpost": "the dispute resolution clause of the contract"}  # fmt: skip
    shown = send(sign_in("officer"), case, "moves/decline", **values)
    assert "Closed on 20 October 2026: not for this process" in shown and "dispute resolution clause" in shown
    assert "Record a commitment" in shown and "State a fact" not in shown
    assert "Nothing: the case is closed." in page(sign_in("partner"), case)


def test_a_pause_takes_two_people_and_shows_on_the_clock(world, sign_in):
    case = case_at(world, "informal_resolution")
    officer = sign_in("officer")
    day = {"starts_day": "21", "starts_month": "10", "starts_year": "2026"}
    assert "never back-dated" in send(officer, case, "pause", **{**day, "starts_day": "19"}, reason="Leave.")
    send(officer, case, "pause", **day, reason="The lead is ill.")
    assert "A pause from 21 October 2026 waits for a second person" in page(officer, case)
    address = f"approve-pause/{stored(Pause).pk}"
    assert officer.post(f"/cases/{case.reference}/{address}/").status_code == 403
    assert "approve the pause that was asked for" in page(sign_in("region_lead"), case)
    send(sign_in("region_lead"), case, address)
    with time_machine.travel("2026-10-26", tick=False):
        shown = page(sign_in("secretary"), case)
        assert "Paused since 21 October 2026" in shown and "Paused 4 working days" in shown
        assert "paused" in text(sign_in("secretary").get("/cases/?clock=pause"))
        shown = send(sign_in("officer"), case, f"end-pause/{stored(Pause).pk}")
        assert "The clock runs again" in shown


def test_an_override_takes_a_second_person_and_stays(world, sign_in):
    case = case_at(world, "informal_resolution")
    officer = sign_in("officer")
    shown = send(officer, case, "override", risk="patients", reason="Scans are missed.")
    assert "has still to confirm it" in shown
    override = stored(Case).overrides.model
    address = f"confirm-override/{stored(override).pk}"
    assert officer.post(f"/cases/{case.reference}/{address}/").status_code == 403
    shown = send(sign_in("region_lead"), case, address)
    assert "Confirmed: the case is in oversight review." in shown and "urgent override" in shown


def test_the_facilitation_record_is_written_sent_and_checked(world, sign_in):
    case = case_at(world, "facilitated_resolution")
    officer = sign_in("officer")
    record = {"leader_name": "Ada Example", "leader_body": "The clinical forum", "took_part": "Both chairs",
              "outcome": "None", "held_on_day": "19", "held_on_month": "10", "held_on_year": "2026"}  # fmt: skip
    assert "The record is kept." in send(officer, case, "facilitation", **record)
    assert "A party to the case does not lead" in send(
        officer, case, "facilitation", **{**record, "leader_body": "Bradford Council"}
    )
    assert "Sent." in send(officer, case, "send-for-accuracy")
    trust = sign_in("secretary")
    assert "check the facilitation record, by 27 October 2026" in page(trust, case)
    assert "Your check is on file." in send(trust, case, "accuracy", comment="It was Tuesday.")
    assert "It was Tuesday." in page(sign_in("partner"), case)


def test_a_party_asks_for_dispute_resolution_and_is_answered(world, sign_in):
    case = case_at(world, "facilitated_resolution")
    send(sign_in("secretary"), case, "dispute", reason="We do not agree on the facts.")
    officer = sign_in("officer")
    shown = page(officer, case)
    assert "answer the request for dispute resolution, by 27 October 2026" in shown
    with system("look"):
        request = Case.objects.get(pk=case.pk).dispute_requests.get()
    address = f"dispute-answer/{request.pk}"
    assert "Name the independent third party" in send(officer, case, address, granted="yes", answer="Agreed.")
    shown = send(officer, case, address, granted="yes", answer="Agreed.", third_party_name="Noor Neutral")
    assert "Answered, with your reasons." in shown and "Third party: Noor Neutral" in shown


def test_the_region_finds_sets_criteria_and_supports(world, sign_in, framework):
    case = case_at(world, "oversight_review")
    with time_machine.travel(LATER, tick=False):
        region = sign_in("region_lead")
        fact = stored(Fact, number=1)
        shown = send(
            region, case, "finding", organisation=world.body("RCF").pk, adverse="yes", text="Late.", facts=fact.pk
        )
        assert "The finding is on file" in shown and "fell short" in shown
        send(region, case, "criteria", criteria="Papers in time for three months\n- And minutes")
        shown = page(region, case)
        assert "Papers in time for three months" in shown and "And minutes" in shown
        assert "may reply on the review's findings until" in shown


# --- In confidence ------------------------------------------------------------------------------------------------


def test_a_raiser_in_confidence_is_a_partner_to_the_respondent_everywhere(world, sign_in):
    case = raise_case(world, in_confidence=True)
    move(world, "officer", case, "accept")
    act(world, "partner", file.add_fact, case=case, text="And again in August.")
    act(world, "partner", clocks.ask_for_pause, case=case, starts=TODAY, reason="Holidays.")
    act(world, "region_lead", clocks.approve_pause, pause=_pause())
    trust = sign_in("secretary")
    addresses = ["/cases/", "/cases/?format=csv", "/cases/?mine=raiser", "/cases/?q=bradford", "/", "/attempts/"]
    addresses += [
        f"/cases/{case.reference}/{part}" for part in ("", "readers/", "trail/", "fact/", "evidence/", "commitment/")
    ]
    addresses += [
        f"/api/v1/cases/{case.pk}/",
        "/api/v1/cases/",
        f"/api/v1/concerns/{case.concern_id}/",
        "/api/v1/concerns/",
    ]
    for address in addresses:
        said = trust.get(address).content.decode()
        said = said.split("<main", 1)[-1]
        assert "Bradford" not in said and "Imran" not in said, address
    assert "Raised by a partner about Airedale" in page(trust, case)
    assert "a partner" in page(trust, case, "trail/").lower()
    assert "Raised by Bradford Council" in page(sign_in("officer"), case)
    assert trust.get("/api/v1/cases/", {"respondent": "RCF"}).json()["results"][0]["in_confidence"] is True


def _pause():
    with system("the pause of a test"):
        return Pause.objects.select_related("clock__case__concern").get()


def test_in_confidence_the_parties_attach_no_notes(world, sign_in):
    case = raise_case(world, in_confidence=True)
    move(world, "officer", case, "accept")
    assert "Put an attempt on file" not in page(sign_in("partner"), case)
    shown = page(sign_in("partner"), case, "attempt/")
    assert "There is nothing to do here now" in shown


# --- Who may not --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "readers/", "trail/", "fact/", "moves/accept/", "reply/1/"])
def test_a_case_that_is_not_seen_does_not_exist(world, sign_in, address):
    case = raise_case(world)
    for who in ("secretary", "other_officer", "stranger", "admin"):
        assert sign_in(who).get(f"/cases/{case.reference}/{address}").status_code == 404


def test_who_sees_it_but_may_not_is_told_who_can(world, sign_in):
    case = case_at(world, "informal_resolution")
    answer = sign_in("secretary").get(f"/cases/{case.reference}/moves/not_settled/")
    assert answer.status_code == 403 and "ICB governance officer" in answer.content.decode()
    assert sign_in("auditor").get(f"/cases/{case.reference}/fact/").status_code == 403


@pytest.mark.parametrize("address", ["C-2026-999/", "C-2026-1/", "nothing/", "C-2026-001/reply/999999999999/"])
def test_addresses_that_do_not_exist(world, sign_in, address):
    case_at(world, "informal_resolution")
    assert sign_in("officer").get(f"/cases/{address}").status_code == 404


# --- How often the database is asked ------------------------------------------------------------------------------


def test_the_file_asks_at_most_fifteen_times_and_as_often_with_a_full_file(world, sign_in, framework):
    case = case_at(world, "informal_resolution")
    address = f"/cases/{case.reference}/"
    few = {who: asked(sign_in(who), address) for who in PEOPLE}
    for number in range(6):
        act(world, "partner", file.add_fact, case=case, text=f"Fact {number}")
        act(world, "officer", file.add_note, case=case, text=f"Note {number}")
        act(world, "secretary", file.add_evidence, case=case, title="A paper", url="https://board.example/a")
    assert {who: asked(sign_in(who), address) for who in PEOPLE} == few
    assert max(few.values()) <= 15, few


def test_acts_and_moves_ask_at_most_fifteen_times(world, sign_in, framework):
    on_stage = build(world)
    officer, counts = sign_in("officer"), {}
    for name, row in ACTS.items():
        if not row.part and {"case.party"} != set(row.by):
            counts[name] = asked(officer, f"/cases/{on_stage.ours.reference}/{name}/")
    for event in ("not_settled", "supersede"):
        counts[event] = asked(officer, f"/cases/{on_stage.ours.reference}/moves/{event}/")
    assert max(counts.values()) <= 15, counts


def test_the_list_asks_as_often_for_many_cases(world, sign_in):
    raise_case(world)
    officer = sign_in("officer")
    few = asked(officer, "/cases/")
    for _ in range(5):
        raise_case(world)
    assert asked(officer, "/cases/") == few <= 15
