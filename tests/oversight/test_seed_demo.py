"""The demonstration is believable, the same every time, obeys the register's own rules, and does no real body wrong."""

from collections import Counter
from dataclasses import replace
from datetime import date
from io import StringIO
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Prefetch, Q

from collaboration.models import (
    Assessment,
    FeedbackResult,
    FeedbackRound,
    InformalAttempt,
    InformationRequest,
    Profile,
    Reading,
    RecordQuery,
    Score,
    SharedRisk,
)
from collaboration.queries import assessments, feedback, requests
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import digest, gaps
from ics_governance import ledger
from ics_governance.context import acting_as, system
from ics_governance.models import LedgerEntry, Notification, User
from oversight.demo.build import build
from oversight.demo.cases import EARLIEST
from oversight.demo.load import KIND, digest_of, england_on
from oversight.demo.rows import STAGES
from oversight.models import Case, Finding
from oversight.queries import cases
from oversight.queries import home as queries
from oversight.queries.heatmap import heatmap
from oversight.queries.signals import signals_of
from partnerships import guards
from partnerships.access import P, actor_for, scope
from partnerships.models import (
    Action,
    Arrangement,
    ArrangementMember,
    Attendance,
    Completeness,
    Decision,
    Delegation,
    Forum,
    Function,
    Meeting,
    Membership,
    Organisation,
    Place,
    RoleMembership,
    TermsOfReference,
)
from partnerships.queries.audience import bodies_of_forum
from partnerships.queries.authority import load_graph

TODAY = date(2026, 11, 20)
TAKEN = ("agreed", "implemented", "reviewed")
PEOPLE = {
    "icb.officer@demo.test": ("QWO", "icb_officer"),
    "icb.exec@demo.test": ("QWO", "icb_executive"),
    "trust.secretary@demo.test": ("RCF", "trust_secretary"),
    "trust.chair@demo.test": ("RCF", "trust_signatory"),
    "trust.chief@demo.test": ("RCF", "trust_signatory"),
    "region.lead@demo.test": ("Y63", "region_lead"),
    "region.second@demo.test": ("Y63", "region_lead"),
    "council.partner@demo.test": ("E08000032", "partner"),
    "council.signatory@demo.test": ("E08000032", "partner_signatory"),
    "auditor@demo.test": ("QWO", "auditor"),
    "admin@demo.test": ("X24", "system_admin"),
}


@pytest.fixture(scope="module", autouse=True)
def told(django_db_setup, django_db_blocker):
    """The whole demonstration, loaded once by the command for this module and rolled back at its end."""
    out = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        _clear()
        call_command("seed_reference", stdout=StringIO())
        with mock.patch("oversight.management.commands.seed_demo.MONTHS_SCORED", 12):
            call_command("seed_demo", "--seed", "1", "--today", TODAY.isoformat(), stdout=out)
        connection.check_constraints()  # once here, or every test's end checks all rows again
        yield out.getvalue()
        transaction.set_rollback(True)


def _clear() -> None:
    """Take away what the small world of the other tests has besides bodies and people."""
    Forum.objects.update(reports_to=None)
    for model in (Completeness, Delegation, Membership, TermsOfReference, Forum):
        model.objects.all().delete()
    for model in (ArrangementMember, Arrangement, Place):
        model.objects.all().delete()


@pytest.fixture
def everything(db):
    """Reads every row, as the system does."""
    with system("a test reads the demonstration"):
        yield


def actor(email: str):
    return actor_for(User.objects.get(email=email), TODAY)


# --- the command --------------------------------------------------------------------------------------------------


def test_it_tells_what_it_loaded(told):
    assert "actions: " in told and "All of it is invented." in told


def test_a_second_run_changes_nothing_and_says_so(db):
    before = LedgerEntry.objects.count(), User.objects.count()
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert "is there already" in out.getvalue()
    assert (LedgerEntry.objects.count(), User.objects.count()) == before


def test_outside_a_demonstration_it_refuses_in_one_sentence(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="not a demonstration"):
        call_command("seed_demo")


def test_into_a_register_with_records_of_its_own_it_is_not_mixed(db):
    fresh = mock.patch("oversight.management.commands.seed_demo.is_loaded", return_value=False)
    with fresh, pytest.raises(CommandError, match="of its own"):
        call_command("seed_demo")


@pytest.mark.parametrize("day", ["2026-13-40", "yesterday"])
def test_a_day_that_is_none_is_refused(day):
    with pytest.raises(CommandError, match="not a date"):
        call_command("seed_demo", "--today", day)


def test_a_day_before_the_register_begins_is_refused(db):
    fresh = mock.patch("oversight.management.commands.seed_demo.is_loaded", return_value=False)
    empty = mock.patch("oversight.management.commands.seed_demo.Forum.objects.exists", return_value=False)
    with fresh, empty, pytest.raises(CommandError, match="choose a later day"):
        call_command("seed_demo", "--today", "2026-03-31")


def test_the_same_seed_and_day_give_the_same_rows_and_another_seed_others(db):
    england = england_on(TODAY)
    england = replace(england, systems=[one for one in england.systems if one.icb.code in ("QWO", "QF7")])
    first, again, other = (build(england, seed, TODAY) for seed in (7, 7, 8))
    assert [digest_of(first, stage) for stage in STAGES] == [digest_of(again, stage) for stage in STAGES]
    assert digest_of(first, "meetings") != digest_of(other, "meetings")


@pytest.mark.parametrize("day", [date(2026, 7, 1), date(2026, 12, 28), date(2027, 1, 4), date(2028, 2, 29)])
def test_on_whatever_day_it_begins_three_meetings_wait_to_be_minuted(db, day):
    england = england_on(day)
    england = replace(england, systems=[one for one in england.systems if one.icb.code == "QWO"])
    meetings = build(england, 1, day).rows.tables["meeting"]
    assert not [row for row in meetings if row["called_on"] > day or (row["papers_issued_on"] or day) > day]
    past = [row for row in meetings if row["held_on"] < day]
    assert [row["path"][-1] for row in past].count("minuted") > 200
    assert len([row for row in past if row["path"][-1] not in ("minuted", "cancelled")]) == 3


def test_every_stage_is_one_entry_of_an_audit_trail_that_verifies(db):
    entries = LedgerEntry.objects.filter(kind=KIND)
    assert [entry.record.rsplit("-", 1)[1] for entry in entries.order_by("pk")] == list(STAGES)
    assert ledger.verify().faults == ()


# --- people -------------------------------------------------------------------------------------------------------


def test_the_people_of_the_demonstration_hold_their_roles(db):
    rows = RoleMembership.objects.filter(user__email__endswith="@demo.test").select_related("organisation", "user")
    assert {row.user.email: (row.organisation.code, row.role) for row in rows} == PEOPLE


@pytest.mark.parametrize("email", PEOPLE)
def test_everyone_signs_in_with_the_same_password(client, db, email):
    answer = client.post("/accounts/login/", {"login": email, "password": "demo"})
    assert answer.status_code == 302


def test_the_officer_has_three_meetings_to_minute_and_half_done_drafts(db):
    officer = actor("icb.officer@demo.test")
    with acting_as(officer):
        assert queries.meetings_to_minute(officer).total == 3
        drafts = scope(officer, P.DECISION_EDIT, Decision.objects.filter(state__in=("draft", "proposed")))
        assert any(guards.needed(draft.weight) and guards.is_empty(draft, "options") for draft in drafts)
        assert queries.to_confirm(officer).total and queries.overdue_of_forums(officer).total


def test_a_body_declares_complete_only_what_its_own_functions_are(db):
    owned = set(Function.objects.values_list("family", "owner_kind"))
    declared = Completeness.objects.values_list("family", "organisation__kind")
    assert declared and set(declared) <= owned


def test_the_executive_has_decisions_to_release_and_a_delegation_to_approve(db):
    executive = actor("icb.exec@demo.test")
    with acting_as(executive):
        assert queries.to_release(executive).total
    assert Delegation.objects.filter(from_organisation__ods_code="QWO", status="draft").exists()


@pytest.mark.parametrize("name", ["trust.secretary", "trust.chair", "trust.chief", "council.partner"])
def test_actions_wait_for_the_acceptance_of_trust_and_council(db, name):
    person = actor(f"{name}@demo.test")
    with acting_as(person):
        assert queries.to_accept(person).total >= 2
        assert queries.coming(person).total


def test_the_region_sees_profiles_of_all_its_trusts(db):
    lead = actor("region.lead@demo.test")
    with acting_as(lead):
        found = heatmap(lead)
    assert len(found.rows) > 30 and not found.unscored
    assert len(found.in_band("of_concern")) == 1


def test_who_may_accept_an_action_is_told_of_it_with_a_link_to_it(db):
    told = Notification.objects.filter(user__email="trust.secretary@demo.test", kind="action.proposed")
    waiting = told.order_by("pk")
    assert len(waiting) == 3
    for row in waiting:
        kind, number = row.key.split(":")
        assert kind == "action" and row.url == f"/actions/{number}/"
        with system("look for the action"):
            assert Action.objects.get(pk=number).owner.code == "RCF"


# --- how much, and of what ----------------------------------------------------------------------------------------


def test_every_open_icb_takes_about_twelve_decisions_a_year_and_west_yorkshire_two_hundred(everything):
    taken = Decision.objects.filter(version=1, decided_on__isnull=False)
    counts = Counter(taken.values_list("forum__host__ods_code", flat=True))
    open_icbs = Organisation.objects.on(TODAY).filter(kind="icb")
    assert set(counts) == {icb.code for icb in open_icbs}
    for icb in open_icbs:
        years = min((TODAY - max(icb.opened, date(2024, 11, 20))).days / 365.25, 2)
        a_year = counts[icb.code] / years
        assert (180 <= a_year <= 220) if icb.code == "QWO" else (7 <= a_year <= 22), (icb, a_year)


@pytest.mark.parametrize(("model", "column"), [(Meeting, "state"), (Decision, "state"), (Action, "state")])
def test_records_stand_in_every_state(everything, model, column):
    assert set(model.objects.values_list(column, flat=True)) == set(dict(model._meta.get_field(column).choices))


def test_decisions_are_of_all_weights_and_some_are_incomplete_or_outside_authority(everything):
    decisions = Decision.objects.filter(forum__host__ods_code="QWO")
    assert set(decisions.values_list("weight", flat=True)) == {"procedural", "routine", "significant"}
    significant = decisions.filter(weight="significant", state__in=TAKEN)
    assert 0.03 < significant.filter(complete_at_issue=False).count() / significant.count() < 0.35
    binding = decisions.filter(kind="decide", state__in=TAKEN).exclude(authority_status="")
    assert 0.02 < binding.exclude(authority_status="within_authority").count() / binding.count() < 0.15


def test_actions_go_every_way_that_actions_go(everything):
    actions = Action.objects.all()
    late = actions.filter(done_on__gt=F("original_due"))
    for way in (
        late,
        late.filter(slippage_told_on__lt=F("original_due"), plan_accepted_on__isnull=False),
        actions.filter(state="accepted", due__lt=TODAY),
        actions.filter(state="done"),
        actions.filter(due__gt=F("original_due")),
        actions.filter(state="confirmed", done_on__lte=F("original_due")),
    ):
        assert way.count() >= 10


def test_no_text_comes_twice_in_a_forum(everything):
    again = Decision.objects.filter(version=1).values("forum", "title").annotate(times=Count("pk")).filter(times__gt=1)
    assert list(again) == []
    assert not Decision.objects.filter(Q(title__contains="{") | Q(text__contains="{")).exists()


# --- the register's own rules -------------------------------------------------------------------------------------


def test_what_was_agreed_has_everything_that_its_weight_asks_for(everything):
    faults = []
    attendance = Prefetch("meeting__attendance", Attendance.objects.select_related("membership"))
    rows = Decision.objects.filter(state__in=TAKEN).select_related("forum")
    for decision in rows.prefetch_related("forum__terms", "actions", "meeting__forum__terms", attendance):
        reasons = [*guards.decision_is_complete(decision), *guards.forum_may_bind(decision)]
        faults += [(decision.reference, reason.text) for reason in reasons + guards.decision_is_quorate(decision)]
    assert faults == []


def test_minuted_meetings_have_no_open_decisions_and_implemented_ones_no_open_actions(everything):
    assert not Decision.objects.filter(meeting__state="minuted", state__in=("draft", "proposed")).exists()
    open_ones = Action.objects.filter(state__in=("proposed", "accepted", "done"))
    assert not open_ones.filter(decision__state__in=("implemented", "reviewed")).exists()


def test_dates_run_in_their_order_and_nothing_has_happened_in_the_future(everything):
    assert not Action.objects.filter(accepted_on__lt=F("proposed_on")).exists()
    assert not Action.objects.filter(done_on__lt=F("accepted_on")).exists()
    assert not Action.objects.filter(confirmed_on__lt=F("done_on")).exists()
    for name in ("proposed_on", "accepted_on", "done_on", "confirmed_on", "slippage_told_on", "plan_accepted_on"):
        assert not Action.objects.filter(**{f"{name}__gt": TODAY}).exists(), name
    assert not Meeting.objects.filter(Q(called_on__gt=TODAY) | Q(papers_issued_on__gt=TODAY)).exists()
    assert not Meeting.objects.filter(state__in=("held", "minuted"), held_on__gte=TODAY).exists()
    assert not Decision.objects.filter(released_at__date__lt=F("decided_on")).exists()


def test_attendance_is_by_those_who_are_named(everything):
    rows = Attendance.objects.all()
    assert not rows.filter(state="member").exclude(person=F("membership__holder")).exists()
    assert not rows.filter(state="deputy").exclude(person=F("membership__deputy")).exists()
    assert not rows.filter(state__in=("apologies", "absent"), person__isnull=False).exists()


def test_members_are_of_one_body_twice_only_by_different_people(everything):
    twice = Membership.objects.filter(ends=None, holder__isnull=False).values("forum", "holder").annotate(n=Count("pk"))
    assert not twice.filter(n__gt=1).exists()


def test_members_that_are_not_statutory_sit_on_committees_by_consent(everything):
    rows = Membership.objects.exclude(organisation__kind__in=("icb", "trust", "local_authority"))
    seats = [row for row in rows.select_related("forum", "organisation") if row.forum.form == "committee"]
    assert seats and not [row for row in seats if row.lacks_consent]


def test_the_audience_is_what_the_actions_would_have_written(everything):
    for decision in Decision.objects.filter(state__in=TAKEN).select_related("forum").order_by("reference")[::40]:
        wanted = {*bodies_of_forum(decision.forum, TODAY)}
        wanted |= {(row.organisation_id, "lead") for row in decision.leads.all()}
        wanted |= {(row.owner_id, "owner") for row in decision.actions.all()}
        assert set(decision.audience.values_list("organisation_id", "capacity")) == wanted


def test_a_draft_is_the_hosts_alone(everything):
    drafts = Decision.objects.filter(state="draft")
    assert drafts and all(
        list(draft.audience.values_list("organisation_id", "capacity")) == [(draft.forum.host_id, "host")]
        for draft in drafts.select_related("forum")
    )


# --- authority ----------------------------------------------------------------------------------------------------

BRADFORD = "Bradford District and Craven"
QUESTIONS = [
    # forum, function, amount, place, status
    (f"{BRADFORD} place board", "community_services", 500_000, BRADFORD, "within_authority"),
    (f"{BRADFORD} place board", "community_services", 640_000, BRADFORD, "exceeds_limit"),
    (f"{BRADFORD} place board", "community_services", 90_000, "Leeds", "outside_area"),
    (f"{BRADFORD} place board", "community_service_change", None, None, "reserved"),
    (f"{BRADFORD} place board", "better_care_fund", 90_000, None, "not_delegated"),
    (f"{BRADFORD} joint commissioning committee", "public_health", 90_000, None, "not_recorded"),
    ("Wakefield District place board", "primary_medical_services", 90_000, None, "expired"),
    ("Kirklees place board", "primary_medical_services", 90_000, None, "suspended"),
    ("Calderdale place board", "primary_medical_services", 90_000, None, "not_yet_in_force"),
    ("Leeds place board", "primary_medical_services", 90_000, "Leeds", "within_authority"),
    ("Kirklees joint commissioning committee", "public_health", 90_000, None, "double_delegation"),
    ("Kirklees health and care forum", "community_services", 90_000, None, "recommend_only"),
    ("Acute services joint committee", "provider_services", 1_000_000, None, "within_authority"),
]


@pytest.fixture(scope="module")
def register(told, django_db_blocker):
    with django_db_blocker.unblock():
        return load_graph(Organisation.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(("forum", "function", "amount", "place", "status"), QUESTIONS)
def test_the_resolver_has_every_kind_of_answer_to_give(register, db, forum, function, amount, place, status):
    places = [Place.objects.get(name=place, icb__ods_code="QWO").pk] if place else []
    asked = register.ask(Forum.objects.get(name=forum).pk, function, amount=amount, places=places, on=TODAY)
    assert asked.answer.status == status


def test_nhs_england_stays_accountable_for_general_practice(register, db):
    forum = Forum.objects.get(name="Leeds place board")
    asked = register.ask(forum.pk, "primary_medical_services", amount=90_000, on=TODAY)
    assert asked.answer.accountable_body == Organisation.objects.coded("X24").get().pk
    assert [step.external for step in asked.answer.chain] == [True, False, False]


def test_stored_answers_are_the_resolvers_own(register, everything):
    rows = Decision.objects.filter(function__isnull=False).exclude(decided_on=None).select_related("function")
    for decision in rows.prefetch_related("places").order_by("reference")[::30]:
        asked = register.ask(
            decision.forum_id, decision.function.code, amount=decision.amount, on=decision.decided_on,
            places=[place.pk for place in decision.places.all()],
        )  # fmt: skip
        if not any(step.annual for step in asked.answer.chain):  # by now the decision itself has used up the rest
            assert decision.authority_status == asked.answer.status


# --- what the profiles say of it ----------------------------------------------------------------------------------


def test_no_real_body_is_of_concern_in_any_month(db):
    concerned = Score.objects.filter(band="of_concern").values_list("profile__subject__ods_code", flat=True)
    assert set(concerned) == {"ZZ1", "ZZ4"}


def test_the_declining_trust_was_well_a_year_ago_and_is_of_concern_now(db):
    bands = {
        as_of: [score.band for score in profile.scores.all()]
        for profile in Profile.objects.filter(subject__ods_code="ZZ1").prefetch_related("scores").order_by("as_of")
        for as_of in [profile.as_of]
    }
    months = sorted(bands)
    assert "of_concern" not in bands[months[0]] and "strong" in bands[months[0]]
    assert bands[months[-1]].count("of_concern") >= 2


def test_of_the_silent_trust_too_little_is_recorded_for_any_number(db):
    scores = Score.objects.filter(profile__subject__ods_code="ZZ2", profile__as_of=TODAY)
    assert scores.count() == 5 and all(score.score is None for score in scores)


def test_every_invented_body_says_so(db):
    invented = Organisation.objects.filter(is_fictional=True)
    assert invented.count() >= 22
    assert all(body.name.endswith("(fictional)") and body.code.startswith("ZZ") for body in invented)


# --- self-assessments, feedback, requests, risks ------------------------------------------------------------------


def test_most_trusts_hand_in_a_self_assessment_each_year_whose_receipt_holds(everything):
    final = Assessment.objects.filter(state="final").select_related("subject", "framework")
    assert final.filter(year=2025).count() > 100
    for assessment in final.order_by("pk")[::25]:
        content, signatures = assessment.content, list(assessment.sign_offs.order_by("step"))
        assert digest(content) == assessment.digest == content_digest_now(assessment)
        assert [row.digest for row in signatures] == [assessment.digest] * 2
        assert len({row.user_id for row in signatures}) == 2


def content_digest_now(assessment):
    return digest(assessments.content_now(assessment))


def test_no_submitted_answer_lacks_what_its_rating_asks_for(everything):
    for assessment in Assessment.objects.exclude(state="draft").select_related("framework").order_by("pk")[::12]:
        framework = content_of(assessment.framework)
        assert gaps(framework, assessments.given(assessments.answers_of(assessment))) == []


def test_this_years_assessment_of_airedale_waits_for_three_people(db):
    for name, wanted in (("trust.secretary", {"manage"}), ("trust.chair", {"R"}), ("trust.chief", {"D"})):
        person = actor(f"{name}@demo.test")
        with acting_as(person):
            (mine,) = assessments.waiting_for(person).filter(subject__ods_code="RCF")
            sections = set(mine.assignments.filter(user=person.user_id).values_list("characteristic", flat=True))
            assert mine.state == "draft" and (sections or {"manage"}) == wanted


def test_the_officer_has_a_self_assessment_to_moderate_and_a_round_to_close(db):
    officer = actor("icb.officer@demo.test")
    with acting_as(officer):
        assert [row.state for row in assessments.waiting_for(officer)] == ["submitted"]
        assert [row.subject.code for row in feedback.to_close(officer)] == ["RWY"]


def test_no_result_of_feedback_rests_on_fewer_than_three(everything):
    closed = FeedbackRound.objects.filter(state="closed").annotate(sent=Count("invitations__answered_on"))
    assert closed.count() > 200
    for row in closed.filter(sent__lt=3):
        assert not row.results.exists() and not row.comments.exists() and row.answered == 0
    assert closed.filter(subject__ods_code="ZZ2").exists() and closed.filter(subject__ods_code="RCF", answered__gte=3)
    assert not FeedbackResult.objects.filter(round__subject__ods_code="ZZ2").exists()


def test_something_is_asked_of_each_person_of_the_demonstration(db):
    for name in ("icb.officer", "icb.exec", "trust.secretary", "trust.chair", "trust.chief", "council.partner"):
        person = actor(f"{name}@demo.test")
        with acting_as(person):
            assert requests.to_answer(person).exists(), name
            assert feedback.to_answer(person).exists() or name == "icb.exec", name


def test_requests_and_risks_stand_in_every_state(everything):
    for model in (FeedbackRound, InformationRequest, SharedRisk, RecordQuery):
        assert set(model.objects.values_list("state", flat=True)) == set(dict(model._meta.get_field("state").choices))
    assert SharedRisk.objects.filter(state="open", review_on__lt=TODAY).exists()
    assert InformationRequest.objects.filter(state="open", due_on__lt=TODAY, asked__ods_code="RCF").exists()


def test_a_queried_record_is_one_of_the_body_that_queries_it(everything):
    for query in RecordQuery.objects.filter(record_kind="action").select_related("subject"):
        assert Action.objects.get(pk=query.record_id).owner == query.subject
    for query in RecordQuery.objects.filter(record_kind="attendance").select_related("subject"):
        assert Attendance.objects.get(pk=query.record_id).membership.organisation == query.subject


def test_users_who_were_invented_cannot_sign_in(db):
    invented = User.objects.exclude(email__endswith="@demo.test").filter(email__endswith="@invented.test")
    assert invented.count() > 300 and not any(user.has_usable_password() for user in invented)


# --- concerns and signals -----------------------------------------------------------------------------------------


def test_concerns_stand_in_most_parts_of_the_process(everything):
    stages = Counter(Case.objects.values_list("stage", flat=True))
    wanted = {"raised", "informal_resolution", "facilitated_resolution", "oversight_review", "support", "closed"}
    assert set(stages) == wanted
    outcomes = set(Case.objects.exclude(outcome="").values_list("outcome", flat=True))
    assert outcomes == {"resolved", "shared_cause", "not_for_this_process"}
    assert Case.objects.get(overridden=True).overrides.get().confirmed_by.name == "Priya Ravensgill"


def test_only_invented_bodies_are_found_at_fault(everything):
    adverse = Finding.objects.filter(adverse=True).values_list("organisation__is_fictional", flat=True)
    assert list(adverse) and all(adverse)
    by_kind = Case.objects.filter(concern__respondents__organisation__kind="icb").values_list("outcome", flat=True)
    assert list(by_kind) == ["shared_cause"]


def test_every_act_of_a_case_fell_on_its_day_in_order(everything):
    for case in Case.objects.all():
        steps = list(case.steps.order_by("pk"))
        assert [step.on for step in steps] == sorted(step.on for step in steps)
        assert all(step.on == step.at.date() <= TODAY for step in steps)
        assert case.opened_on == steps[0].on and case.stage_since == steps[-1].on and case.stage == steps[-1].target
        assert not case.is_open or case.stage_since < TODAY


def test_the_case_of_the_declining_trust_has_two_sides_a_pause_and_a_clock_that_runs(db):
    officer = actor("icb.officer@demo.test")
    with acting_as(officer):
        case = cases.cases_of(officer).get(concern__title__startswith="Discharge actions")
        assert set(case.facts.values_list("state", flat=True)) == {"agreed", "disputed", "awaiting"}
        assert case.stage == "facilitated_resolution" and case.due_on > TODAY and case.lead_id == officer.user_id
        assert case.clocks.get(ended_on=None).pauses.get().approved_by_id != officer.user_id
        assert case.concern.attempts.count() == 2
        assert case.evidence.get(kind="profile").profile.subject.code == "ZZ1"


def test_a_reply_waits_for_airedale_and_a_confidential_concern_for_its_triage(db):
    secretary, officer = actor("trust.secretary@demo.test"), actor("icb.officer@demo.test")
    partner = actor("council.partner@demo.test")
    with acting_as(secretary):
        (case,) = cases.cases_of(secretary).filter(stage="informal_resolution")
        assert case.replies.get(replied_on=None).due_on > TODAY
    with acting_as(officer):
        assert cases.cases_of(officer).get(stage="raised").concern.in_confidence
    with acting_as(partner):
        assert cases.cases_of(partner).get(stage="raised").concern.in_confidence


def test_private_notes_are_read_by_their_two_bodies_alone(db):
    readers = {}
    for name in ("trust.secretary", "council.partner", "icb.officer", "region.lead"):
        person = actor(f"{name}@demo.test")
        with acting_as(person):
            readers[name] = InformalAttempt.objects.filter(concerns=None).count()
    assert readers == {"trust.secretary": 2, "council.partner": 2, "icb.officer": 1, "region.lead": 0}


def test_what_real_bodies_say_of_themselves_is_much_what_partners_say(everything):
    points = Reading.objects.filter(profile__as_of=TODAY, state="measured", indicator__regex="^([RLSAD]Q|[LSAD]P|R3)$")
    found = {}
    for row in points.select_related("profile__subject"):
        kind = "self" if row.indicator.endswith("Q") else "partner"
        found.setdefault((row.profile.subject.code, row.indicator[0]), {})[kind] = float(row.points)
    apart = {code for (code, _), both in found.items() if len(both) == 2 and both["self"] - both["partner"] > 35}
    assert apart == {"ZZ1", "ZZ3"}


def test_rules_notice_the_declining_and_the_silent_body_and_nobody_else(db):
    lead = actor("region.lead@demo.test")
    with acting_as(lead):
        found = {(row.subject.code, row.rule): row for row in signals_of(lead)}
        assert {code for code, _ in found} == {"ZZ1", "ZZ2"}
        silent = found["ZZ2", "silent"]
        assert silent.state == "new" and silent.due_on < TODAY and silent.holder.code == "QF7"
        assert signals_of(lead).filter(subject__ods_code="ZZ1", state="watched").exists()


def test_older_concerns_move_together_where_the_register_does_not_reach_back(db):
    england = england_on(date(2026, 7, 1))
    demo = build(england, 1, date(2026, 7, 1))
    days = [act.day for concern in demo.concerns for act in (*concern.notes, concern.raised, *concern.acts)]
    assert min(days) >= EARLIEST and max(days) <= demo.today
    for concern in demo.concerns:
        acts = [act.day for act in (concern.raised, *concern.acts)]
        assert acts == sorted(acts)
