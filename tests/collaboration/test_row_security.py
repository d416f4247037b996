"""What the database itself keeps from the web role of assessments, feedback, requests, risks and concerns."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import transaction

from collaboration.models import (
    Answer,
    AnswerVersion,
    Assessment,
    AssessmentAudience,
    AssessmentGrant,
    Concern,
    ConcernAudience,
    ConcernGrant,
    ConcernRaiser,
    ConcernRespondent,
    Evidence,
    EvidenceLink,
    FeedbackComment,
    FeedbackInvitation,
    FeedbackResponse,
    FeedbackResult,
    FeedbackRound,
    InformalAttempt,
    InformationRequest,
    Moderation,
    SectionAssignment,
    SharedRisk,
    SignOff,
)
from ics_governance.context import acting_as, system
from partnerships.access import RULES, scope
from tests.database import refused, rows, run
from tests.matrix import HOST, OTHER_TRUST, PARTNER, REGION, STRANGER, TRUST
from tests.world import LONG_AGO, PEOPLE

DAY = date(2026, 11, 2)
ASSESSED = HOST | TRUST | OTHER_TRUST  # the trust, its moderator, a contributor from elsewhere
IN_ROUND = HOST | TRUST | REGION | PARTNER
IN_CONCERN = HOST | TRUST | REGION | PARTNER | STRANGER  # a third party holds a personal grant

# Every guarded table, and who of the cast gets its row: about Airedale, in West Yorkshire.
READERS = {
    "assessment": ASSESSED,
    "assessmentaudience": ASSESSED,
    "assessmentgrant": OTHER_TRUST,
    "sectionassignment": ASSESSED,
    "answer": ASSESSED,
    "answerversion": ASSESSED,
    "evidencelink": ASSESSED,
    "evidence": ASSESSED,
    "moderation": ASSESSED,
    "signoff": ASSESSED,
    "feedbackround": IN_ROUND,
    "feedbackaudience": IN_ROUND,
    "feedbackinvitation": HOST | PARTNER,  # never the subject
    "feedbackresponse": PARTNER,  # the organisation itself, not even the host
    "feedbackresult": HOST | TRUST | REGION,  # not those who were asked
    "feedbackcomment": HOST | TRUST | REGION,
    "informationrequest": HOST | TRUST,
    "requestaudience": HOST | TRUST,
    "sharedrisk": IN_ROUND,
    "riskaudience": IN_ROUND,
    "concern": IN_CONCERN,
    "concernaudience": IN_CONCERN,
    "concerngrant": STRANGER,
    "concernraiser": IN_CONCERN - TRUST,  # in confidence: everyone but the respondent
    "concernrespondent": IN_CONCERN,
    "concern_attempts": IN_CONCERN,
    "informalattempt": IN_CONCERN,  # attached to the concern
}
# Told to whoever sees the profile of their subject, by the application; or open to all.
UNGUARDED = {"framework", "periodreading", "profile", "profilemonth", "reading", "recordquery", "score"} | {
    "scoringcursor",
    "staleprofile",
}


@pytest.fixture
def records(world, framework):
    """One row in every guarded table."""
    with system("records of a test"):
        return SimpleNamespace(
            **_assessment(world, framework), **_feedback(world, framework), **_exchanges(world), **_concern(world)
        )


def _let_read(record, *readers):
    for body, capacity in readers:
        record.audience.create(organisation=body, capacity=capacity, starts=LONG_AGO)


def _permission(model):
    return Permission.objects.filter(content_type__app_label="collaboration", content_type__model=model).first()


def _assessment(world, framework):
    by, trust = world.user("secretary"), world.body("RCF")
    found = Assessment.objects.create(subject=trust, framework=framework, year=2026, started_by=by)
    _let_read(found, (trust, "subject"), (world.icb, "moderator"))
    person, may = world.user("other_trust"), _permission("assessment")
    grant = AssessmentGrant.objects.create(content_object=found, user=person, permission=may)
    AssessmentAudience.objects.create(assessment=found, user=person, grant=grant, capacity="person", starts=LONG_AGO)
    SectionAssignment.objects.create(assessment=found, characteristic="R", user=by)
    answer = Answer.objects.create(assessment=found, kloe="1.1")
    AnswerVersion.objects.create(answer=answer, version=1, saved_by=by)
    evidence = Evidence.objects.create(
        organisation=trust, kind="link", title="Minutes", url="https://e.test", given_by=by
    )
    EvidenceLink.objects.create(answer=answer, evidence=evidence, linked_by=by)
    Moderation.objects.create(answer=answer)
    SignOff.objects.create(assessment=found, step="review", user=by, digest="0" * 64)
    return {"assessment": found, "evidence": evidence}


def _feedback(world, framework):
    council = world.body("E08000032")
    found = FeedbackRound.objects.create(
        subject=world.body("RCF"), framework=framework, host=world.icb, opened_on=DAY, closes_on=DAY
    )
    _let_read(
        found, (found.subject, "subject"), (world.icb, "host"), (world.body("Y63"), "overseer"), (council, "invited")
    )
    invitation = FeedbackInvitation.objects.create(round=found, organisation=council)
    FeedbackResponse.objects.create(invitation=invitation, saved_by=world.user("partner"), comment="Said")
    FeedbackResult.objects.create(round=found, characteristic="R", organisations=3, mean=2)
    FeedbackComment.objects.create(round=found, place=1, text="Said")
    return {"round": found, "invitation": invitation}


def _exchanges(world):
    trust, by = world.body("RCF"), world.user("officer")
    request = InformationRequest.objects.create(
        asker=world.icb, asked=trust, title="Beds", text="x", asked_on=DAY, due_on=DAY, first_due_on=DAY, asked_by=by
    )
    _let_read(request, (world.icb, "asker"), (trust, "asked"))
    risk = SharedRisk.objects.create(host=world.icb, title="Wards", owner=trust, raised_on=DAY)
    _let_read(
        risk,
        (world.icb, "host"),
        (trust, "owner"),
        (world.body("E08000032"), "member"),
        (world.body("Y63"), "overseer"),
    )
    return {"request": request, "risk": risk}


def _concern(world):
    council, trust = world.body("E08000032"), world.body("RCF")
    found = Concern.objects.create(title="Late", facts="x", system=world.icb, in_confidence=True, raised_on=DAY)
    _let_read(found, (council, "raiser"), (trust, "respondent"), (world.icb, "holder"), (world.body("Y63"), "overseer"))
    person, may = world.user("stranger"), _permission("concern")
    grant = ConcernGrant.objects.create(content_object=found, user=person, permission=may)
    ConcernAudience.objects.create(concern=found, user=person, grant=grant, capacity="person", starts=LONG_AGO)
    ConcernRaiser.objects.create(concern=found, organisation=council, user=world.user("partner"))
    ConcernRespondent.objects.create(concern=found, organisation=trust)
    found.attempts.add(_attempt(world))
    return {"concern": found}


def _attempt(world):
    return InformalAttempt.objects.create(
        kept_by=world.body("E08000032"), other=world.body("RCF"), held_on=DAY, tried="Talked", outcome="not_settled",
        written_by=world.user("partner"),
    )  # fmt: skip


def table(name):
    return f"collaboration_{name}"


def count(name):
    return rows(f"select count(*) from {table(name)}")[0][0]


def everything(name):
    with system("what is really there"):
        return rows(f"select * from {table(name)} order by id")


# --- Reading ------------------------------------------------------------------------------------------------------


def test_every_table_of_this_app_is_known_here(db):
    guarded = {name for (name,) in rows("select relname from pg_class where relrowsecurity")}
    models = apps.get_app_config("collaboration").get_models(include_auto_created=True)
    tables = {model._meta.db_table for model in models}
    assert {name for name in tables if name in guarded} == {table(name) for name in READERS}
    assert tables - guarded == {table(name) for name in UNGUARDED}


def test_what_points_to_a_guarded_record_is_guarded_too(db):
    pointing = rows(
        """select distinct conrelid::regclass::text from pg_constraint
           where contype = 'f' and confrelid::regclass::text = any(%s)""",
        [table(name) for name in READERS],
    )
    guarded = {name for (name,) in rows("select relname from pg_class where relrowsecurity")}
    assert {name for (name,) in pointing if name.startswith("collaboration_")} <= guarded


@pytest.mark.parametrize("name", READERS)
def test_without_a_context_there_are_no_rows(records, name):
    assert count(name) == 0
    assert len(everything(name)) >= 1


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_each_person_gets_the_rows_that_are_for_them_and_no_others(records, world, who):
    with acting_as(world.actor(who)):
        found = {name for name in READERS if count(name)}
    assert found == {name for name, readers in READERS.items() if who in readers}


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_the_application_looks_no_further_than_the_database(records, world, who):
    """`scope` with the permission to view gives what row-level security gives."""
    actor = world.actor(who)
    with acting_as(actor):
        for model, rule in RULES.items():
            if model._meta.app_label == "collaboration" and model._meta.model_name in READERS:
                seen = set(model.objects.values_list("pk", flat=True))
                assert set(scope(actor, rule.view, model.objects.all()).values_list("pk", flat=True)) == seen, model


def test_an_audience_that_has_ended_reads_no_more(records, world):
    with system("end what is read"):
        for name in ("assessmentaudience", "feedbackaudience", "requestaudience", "riskaudience", "concernaudience"):
            run(f"update {table(name)} set ends = %s where organisation_id = %s", DAY, world.body("RCF").pk)
    with acting_as(world.actor("secretary", date(2026, 11, 3))):
        assert {name for name in READERS if count(name)} <= {"informalattempt", "evidence"}  # their own
    with acting_as(world.actor("secretary", DAY)):
        assert count("feedbackround") == 1


# --- The special ones ---------------------------------------------------------------------------------------------


def test_a_raiser_who_asks_for_no_confidence_is_known_to_the_respondent(records, world):
    with system("no confidence"):
        Concern.objects.filter(pk=records.concern.pk).update(in_confidence=False)
    with acting_as(world.actor("secretary")):
        assert ConcernRaiser.objects.count() == 1


def test_a_private_note_that_is_not_attached_is_for_its_two_bodies_alone(records, world):
    with system("another note"):
        note = _attempt(world)
    for who in PEOPLE:
        with acting_as(world.actor(who)):
            assert InformalAttempt.objects.filter(pk=note.pk).exists() == (who in TRUST | PARTNER), who


def test_evidence_that_serves_no_answer_is_its_givers_alone(records, world):
    with system("more evidence"):
        more = Evidence.objects.create(
            organisation=world.body("RCF"), kind="link", title="x", url="https://e.test",
            given_by=world.user("secretary"),
        )  # fmt: skip
    for who in PEOPLE:
        with acting_as(world.actor(who)):
            assert Evidence.objects.filter(pk=more.pk).exists() == (who in TRUST), who


def test_a_subject_that_is_asked_elsewhere_sees_that_invitation_alone(records, world, framework):
    with system("another round"):
        other = FeedbackRound.objects.create(
            subject=world.body("RR8"), framework=framework, host=world.icb, opened_on=DAY, closes_on=DAY
        )
        _let_read(other, (world.body("RCF"), "invited"))
        mine = FeedbackInvitation.objects.create(round=other, organisation=world.body("RCF"))
    with acting_as(world.actor("secretary")):
        assert list(FeedbackInvitation.objects.all()) == [mine]


def test_a_host_that_was_asked_too_reads_results_as_the_host(records, world):
    with system("the host is asked too"):
        _let_read(records.round, (world.icb, "invited"))
        FeedbackInvitation.objects.create(round=records.round, organisation=world.icb)
    with acting_as(world.actor("officer")):
        assert FeedbackResult.objects.count() == 1


# --- Writing ------------------------------------------------------------------------------------------------------


def _plain(value):
    from psycopg.types.json import Jsonb

    return Jsonb(value) if isinstance(value, dict | list) else value


@pytest.mark.parametrize("name", READERS)
def test_nothing_is_written_outside_a_system_context(records, world, name):
    """By the person who may do most with the row: neither a new one, nor a change, nor taking it away."""
    before = everything(name)
    who = next(who for who in ("officer", "secretary", "partner", "other_trust", "stranger") if who in READERS[name])
    marks = ", ".join(["%s"] * len(before[0]))
    with acting_as(world.actor(who)):
        assert count(name) >= 1
        with refused("row-level security"):
            run(f"insert into {table(name)} overriding system value values ({marks})", *map(_plain, before[0]))
        assert run(f"update {table(name)} set id = id") == 0
        assert run(f"delete from {table(name)}") == 0
    assert everything(name) == before


@pytest.mark.parametrize(
    ("name", "key", "record"),
    [("feedbackaudience", "round_id", "round"), ("riskaudience", "risk_id", "risk"),
     ("requestaudience", "request_id", "request"), ("concernaudience", "concern_id", "concern"),
     ("assessmentaudience", "assessment_id", "assessment")],
)  # fmt: skip
def test_nobody_attaches_his_own_body_to_the_audience_of_a_record(records, world, name, key, record):
    with acting_as(world.actor("other_officer")), refused("row-level security"), transaction.atomic():
        run(
            f"insert into {table(name)} ({key}, organisation_id, capacity, starts) values (%s, %s, 'host', %s)",
            getattr(records, record).pk,
            world.body("QOP").pk,
            LONG_AGO,
        )


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_policy_looks_up_by_an_index(db, name):
    """`exists` in a policy would be hashed over the whole audience at each query."""
    found = rows("select qual from pg_policies where tablename = %s and cmd = 'SELECT'", table(name))
    assert found and not any("EXISTS" in condition for (condition,) in found)


def test_the_web_role_takes_no_guard_away(db):
    for statement in (
        "alter table collaboration_feedbackresponse disable row level security",
        "drop policy special_read on collaboration_feedbackresult",
        "create policy everything on collaboration_feedbackresponse using (true)",
        "drop trigger workflow_feedback_round on collaboration_feedbackround",
        "truncate collaboration_feedbackresponse cascade",
    ):
        with refused("must be owner", "permission denied"):
            run(statement)
