"""Self-assessments: answered by many without loss, signed by two people on what they read, moderated, final."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from collaboration.actions import assessments, evidence, moderation
from collaboration.models import (
    Answer,
    AnswerVersion,
    Assessment,
    AssessmentAudience,
    AssessmentGrant,
    Moderation,
    SignOff,
)
from collaboration.queries import assessments as queries
from collaboration.self_assessment import digest
from ics_governance.context import acting_as, system
from ics_governance.models import Notification
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from partnerships.access import scope
from tests import returns

TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def draft(world, framework):
    return returns.begun(world, framework)


@pytest.fixture
def act(world):
    """`act("secretary", action, ...)` does it as that person."""

    def do(who, verb, **arguments):
        actor = world.actor(who)
        with acting_as(actor):
            return verb(by=actor, **arguments)

    return do


def sees(world, who, assessment):
    actor = world.actor(who)
    with acting_as(actor):
        by_scope = scope(actor, "assessment.view", Assessment.objects.filter(pk=assessment.pk)).exists()
        assert by_scope == Assessment.objects.filter(pk=assessment.pk).exists()
    return by_scope


# --- Beginning ----------------------------------------------------------------------------------------------------


def test_it_begins_with_an_empty_answer_to_each_question_for_the_trust_alone(world, draft):
    with system("look"):
        assert Answer.objects.filter(assessment=draft, rating="", version=0).count() == 37
    seeing = [who for who in ("secretary", "chair", "officer", "region_lead", "other_trust") if sees(world, who, draft)]
    assert seeing == ["secretary", "chair"]


def test_there_is_one_a_year_and_only_the_trust_begins_it(world, framework, draft, act):
    values = {"framework": framework, "year": 2026, "due_on": returns.DUE}
    with pytest.raises(GuardFailed, match="begun already"):
        act("secretary", assessments.begin, subject=world.body("RCF"), **values)
    for who in ("chair", "officer", "other_trust", "stranger"):
        with pytest.raises(Refused):
            act(who, assessments.begin, subject=world.body("RCF"), **values | {"year": 2027})
    with pytest.raises(GuardFailed, match="still to come"):
        act(
            "secretary",
            assessments.begin,
            subject=world.body("RCF"),
            **values | {"year": 2027, "due_on": date(2026, 1, 1)},
        )


# --- Answering ----------------------------------------------------------------------------------------------------


def save(act, who, answer, version, rating="1", text="Mine"):
    return act(who, assessments.save_answer, answer=answer, version=version, rating=rating, text=text)


def test_of_two_saves_from_the_same_version_the_second_overwrites_nothing_and_is_kept(draft, act, world):
    answer = returns.answer(draft)
    first = save(act, "secretary", answer, 0, "1", "Secretary's")
    second = save(act, "chair", answer, 0, "2", "Chair's")
    assert first.conflict is None
    assert (second.answer.rating, second.answer.text, second.answer.version) == ("1", "Secretary's", 1)
    assert (second.conflict.rating, second.conflict.text) == ("2", "Chair's")
    again = save(act, "chair", answer, 0, "2", "Chair's, longer")
    with system("look"):
        beside = AnswerVersion.objects.get(answer=answer, came_second=True)
    assert (beside.text, beside.pk) == ("Chair's, longer", again.conflict.pk)
    mine = save(act, "chair", answer, 1, "2", "Both together")
    assert (mine.answer.text, mine.answer.version, mine.conflict) == ("Both together", 2, None)
    with system("look"):
        kept = set(AnswerVersion.objects.filter(answer=answer).values_list("text", "came_second", "settled"))
    assert kept == {("Chair's, longer", True, True), ("Secretary's", False, False)}


def test_taking_the_other_text_keeps_ones_own_among_the_versions(draft, act):
    answer = returns.answer(draft)
    save(act, "secretary", answer, 0, "1", "Secretary's")
    save(act, "chair", answer, 0, "2", "Chair's")
    assert act("chair", assessments.take_theirs, answer=answer).text == "Secretary's"
    with system("look"):
        assert AnswerVersion.objects.get(answer=answer).settled


def test_the_same_text_twice_is_no_conflict_and_no_new_version(draft, act):
    answer = returns.answer(draft)
    save(act, "secretary", answer, 0)
    twice = save(act, "chair", answer, 0)
    assert (twice.conflict, twice.answer.version) == (None, 1)


def test_saves_a_moment_apart_are_one_version(draft, act):
    answer = returns.answer(draft)
    for version in range(5):
        save(act, "secretary", answer, version, "1", f"Text {version}")
    with time_machine.travel(TODAY + timedelta(days=1)):
        save(act, "secretary", answer, 5, "1", "The next day")
    with system("look"):
        assert list(AnswerVersion.objects.values_list("text", flat=True)) == ["Text 4"]


@pytest.mark.parametrize(
    ("values", "words"),
    [({"rating": "9"}, "not a rating"), ({"rating": "2", "text": "x" * 10_001}, "at most 10,000")],
)
def test_what_the_framework_does_not_know_is_refused(draft, act, values, words):
    answer = returns.answer(draft)
    with pytest.raises(GuardFailed, match=words):
        act("secretary", assessments.save_answer, answer=answer, version=0, **{"text": "", **values})
    assert returns.answer(draft).version == 0


def test_autosaves_leave_no_audit_entry(draft, act, one_ledger_entry):
    with one_ledger_entry():
        save(act, "secretary", returns.answer(draft), 0)


# --- Contributors -------------------------------------------------------------------------------------------------


def test_a_contributor_answers_the_assigned_sections_alone_while_it_is_a_draft(draft, act, world):
    user = world.user("other_trust")
    assert not sees(world, "other_trust", draft)
    row = act("secretary", assessments.assign, assessment=draft, characteristic="R", user=user)
    assert sees(world, "other_trust", draft)
    assert save(act, "other_trust", returns.answer(draft, "1.1"), 0).answer.version == 1
    with pytest.raises(Refused):
        save(act, "other_trust", returns.answer(draft, "2.1"), 0)
    second = act("secretary", assessments.assign, assessment=draft, characteristic="L", user=user)
    act("secretary", assessments.unassign, assignment=row)
    assert sees(world, "other_trust", draft), "another section is left"
    with pytest.raises(Refused):
        save(act, "other_trust", returns.answer(draft, "1.1"), 1)
    act("secretary", assessments.unassign, assignment=second)
    assert not sees(world, "other_trust", draft)
    with system("look"):
        assert not AssessmentGrant.objects.exists()
        assert not AssessmentAudience.objects.filter(user=user).exists()
    assert Notification.objects.filter(user=user, kind="assessment.assigned").count() == 2


def test_nothing_is_assigned_twice_or_to_no_section_or_by_others(draft, act, world):
    values = {"assessment": draft, "user": world.user("partner")}
    act("secretary", assessments.assign, characteristic="R", **values)
    with pytest.raises(GuardFailed, match="has this section already"):
        act("secretary", assessments.assign, characteristic="R", **values)
    with pytest.raises(GuardFailed, match="A section"):
        act("secretary", assessments.assign, characteristic="X", **values)
    with pytest.raises(Refused):
        act("partner", assessments.assign, characteristic="L", **values)


# --- Ready and signed ---------------------------------------------------------------------------------------------


def test_what_is_missing_is_named_question_by_question_with_its_link(draft, act, world):
    returns.answer_all(draft)
    with system("three gaps"):
        Answer.objects.filter(assessment=draft, kloe="1.1").update(rating="")
        Answer.objects.filter(assessment=draft, kloe="1.2").update(rating="3")
        Answer.objects.filter(assessment=draft, kloe="2.1").update(rating="NA", text="  ")
    with pytest.raises(GuardFailed) as refused:
        act("secretary", assessments.make_ready, assessment=draft)
    assert [(reason.text, reason.link.rpartition("sections/")[2]) for reason in refused.value.reasons] == [
        ("Question 1.1: a rating", "R/#q-1-1"),
        ("Question 1.2: evidence for “Embedded”", "R/#q-1-2"),
        ("Question 2.1: the reason for “Not applicable”", "L/#q-2-1"),
    ]
    returns.link(world, draft, "1.2")
    with system("mend"):
        Answer.objects.filter(assessment=draft, kloe="1.1").update(rating="0")
        Answer.objects.filter(assessment=draft, kloe="2.1").update(text="We have no shared actions.")
    assert act("secretary", assessments.make_ready, assessment=draft).state == "ready"


def test_once_ready_nobody_types_or_gives_evidence(draft, act, world):
    ready = returns.bring(world, draft, "ready")
    with pytest.raises(GuardFailed, match="cannot be changed any more"):
        save(act, "secretary", returns.answer(ready), 1, "2")
    with pytest.raises(GuardFailed, match="cannot be changed any more"):
        act("secretary", evidence.give_link, answer=returns.answer(ready), url="https://a.test/", title="x")


def test_a_signature_is_for_what_was_read(draft, act, world):
    ready = returns.bring(world, draft, "ready")
    stale = returns.read(ready)
    act("secretary", assessments.reopen, assessment=ready, why="A wrong figure")
    save(act, "secretary", returns.answer(ready), 1, "0", "The right figure")
    act("secretary", assessments.make_ready, assessment=ready)
    with pytest.raises(GuardFailed, match="changed since you opened the page"):
        act("chair", assessments.review, assessment=ready, read=stale)
    with system("look"):
        assert Assessment.objects.get(pk=ready.pk).state == "ready"
        assert not SignOff.objects.exists()


def test_two_different_people_sign(draft, act, world):
    ready = returns.bring(world, draft, "ready")
    read = returns.read(ready)
    act("chair", assessments.review, assessment=ready, read=read)
    values = {"assessment": ready, "read": read, "board_met_on": returns.BOARD, "minute": "TB/1"}
    with pytest.raises(GuardFailed, match="you have signed this already"):
        act("chair", assessments.sign_off, **values)
    with system("nor may the database"), pytest.raises(IntegrityError), transaction.atomic():
        SignOff.objects.create(assessment=ready, step="sign", user=world.user("chair"), digest=read)
    assert act(returns.chief(world), assessments.sign_off, **values).state == "submitted"


@pytest.mark.parametrize("who", ["secretary", "officer", "region_lead", "other_trust"])
def test_others_do_not_sign(draft, act, world, who):
    ready = returns.bring(world, draft, "ready")
    with pytest.raises(Refused):
        act(who, assessments.review, assessment=ready, read=returns.read(ready))


def test_the_board_meeting_is_named_and_not_still_to_come(draft, act, world):
    reviewed = returns.bring(world, draft, "reviewed")
    values = {"assessment": reviewed, "read": returns.read(reviewed)}
    for words, board in (
        ("still|past", {"board_met_on": date(2027, 1, 1), "minute": "TB/1"}),
        ("minute", {"board_met_on": returns.BOARD, "minute": " "}),
    ):
        with pytest.raises(GuardFailed, match=words):
            act("chair", assessments.sign_off, **values, **board)


def test_opening_again_voids_the_signatures_and_says_why(draft, act, world):
    reviewed = returns.bring(world, draft, "reviewed")
    with pytest.raises(GuardFailed, match="Why"):
        act("secretary", assessments.reopen, assessment=reviewed, why=" ")
    assert act("chair", assessments.send_back, assessment=reviewed, why="Look at 1.1").state == "draft"
    with system("look"):
        assert SignOff.objects.get().void
    assert Notification.objects.filter(user=world.user("secretary"), text__contains="Look at 1.1").exists()
    returns.bring(world, draft, "submitted")


def test_the_receipt_is_the_digest_of_the_stored_content(draft, world):
    returns.answer_all(draft)
    returns.link(world, draft, "1.1", "Board paper of May")
    done = returns.bring(world, draft, "submitted")
    assert len(done.content["answers"]) == 37
    assert done.content["answers"]["1.1"]["rating"] == "1"
    assert done.content["answers"]["1.1"]["evidence"][0]["title"] == "Board paper of May"
    assert digest(done.content) == done.digest == queries.signed_digest(done)
    with system("look"):
        assert {row.digest for row in SignOff.objects.filter(void=False)} == {done.digest}
    done.content["answers"]["1.1"]["rating"] = "3"
    assert queries.signed_digest(done) != done.digest


def test_from_its_submission_icb_and_region_read_it_and_nobody_else(draft, world):
    done = returns.bring(world, draft, "submitted")
    seeing = ("officer", "executive", "auditor", "region_lead", "secretary", "chair")
    for who in (*seeing, "partner", "other_officer", "other_trust", "admin", "stranger"):
        assert sees(world, who, done) == (who in seeing), who
    assert Notification.objects.filter(user=world.user("officer"), kind="assessment.submitted").exists()


def test_the_database_refuses_a_leap(draft, world):
    with system("a leap"), pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update collaboration_assessment set state = 'final' where id = %s", [draft.pk])


def test_scores_read_the_newest_that_was_submitted(draft, world, framework):
    with acting_as(world.actor("secretary")), system("as the scoring does"):
        assert not queries.latest_submitted(TODAY).exists()
    returns.bring(world, draft, "submitted")
    with acting_as(world.actor("secretary")), system("as the scoring does"):
        assert [row.pk for row in queries.latest_submitted(TODAY)] == [draft.pk]
        assert not queries.latest_submitted(TODAY - timedelta(days=1)).exists()


# --- Moderated ----------------------------------------------------------------------------------------------------


def test_a_question_back_is_answered_and_settled_before_the_moderation_is_closed(draft, act, world):
    done = returns.bring(world, draft, "submitted")
    answer = returns.answer(done)
    with pytest.raises(GuardFailed, match="Why it is rated otherwise"):
        act("officer", moderation.moderate_answer, answer=answer, rating="0")
    with pytest.raises(GuardFailed, match="Nothing was asked"):
        act("secretary", moderation.reply, answer=answer, reply="Hello")
    act("officer", moderation.moderate_answer, answer=answer, rating="0", note="Seen otherwise", question="Which?")
    assert Notification.objects.filter(user=world.user("secretary"), kind="assessment.question").exists()
    with pytest.raises(GuardFailed, match="the reply of the trust"):
        act("officer", moderation.close_moderation, assessment=done)
    act("secretary", moderation.reply, answer=answer, reply="All of them")
    with pytest.raises(GuardFailed, match="settle it"):
        act("officer", moderation.close_moderation, assessment=done)
    act("officer", moderation.moderate_answer, answer=answer, question="Which?", settled=True)
    closed = act("officer", moderation.close_moderation, assessment=done)
    assert (closed.state, closed.answer_due) == ("moderated", date(2026, 11, 3))
    with pytest.raises(GuardFailed):
        act("officer", moderation.moderate_answer, answer=answer, note="Too late")
    assert returns.answer(done).rating == "1", "what was submitted stays"


@pytest.mark.parametrize("who", ["secretary", "chair", "region_lead", "auditor"])
def test_only_the_icb_moderates(draft, act, world, who):
    done = returns.bring(world, draft, "submitted")
    with pytest.raises(Refused):
        act(who, moderation.moderate_answer, answer=returns.answer(done), note="x")
    with system("look"):
        assert not Moderation.objects.exists()


def test_the_trust_appeals_once_in_time_with_a_reason(draft, act, world):
    done = returns.bring(world, draft, "moderated")
    with pytest.raises(GuardFailed, match="reason"):
        act("chair", moderation.appeal, assessment=done, why=" ")
    with time_machine.travel(date(2026, 11, 4)), pytest.raises(GuardFailed, match="that day is past"):
        act("chair", moderation.appeal, assessment=done, why="Look again")
    assert act("chair", moderation.appeal, assessment=done, why="Look again").state == "submitted"
    act("officer", moderation.close_moderation, assessment=done)
    with pytest.raises(GuardFailed, match="one appeal"):
        act("chair", moderation.appeal, assessment=done, why="Once more")
    assert act("chair", moderation.accept, assessment=done).state == "final"


def test_without_an_answer_the_icb_makes_it_final_when_the_time_is_over(draft, act, world):
    done = returns.bring(world, draft, "moderated")
    with pytest.raises(GuardFailed, match="wait until"):
        act("officer", moderation.finalise, assessment=done)
    with time_machine.travel(date(2026, 11, 4)):
        assert act("officer", moderation.finalise, assessment=done).state == "final"
