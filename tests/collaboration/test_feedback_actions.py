"""A feedback round from its opening to its close: who may, what is refused and why, who learns what."""

import threading
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection

from collaboration.access import P
from collaboration.actions import feedback
from collaboration.feedback_results import FEWEST
from collaboration.models import (
    FeedbackAudience,
    FeedbackComment,
    FeedbackInvitation,
    FeedbackResponse,
    FeedbackResult,
    FeedbackRound,
)
from collaboration.queries import feedback as queries
from ics_governance import ledger
from ics_governance.context import acting_as, system
from ics_governance.models import LedgerEntry, LedgerValue, Notification
from ics_governance.permissions import SYSTEM, Refused
from ics_governance.workflow import GuardFailed
from ics_governance.workingdays import add_working_days
from partnerships.models import Arrangement
from tests import rounds
from tests.world import LONG_AGO, PEOPLE

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def partners(world):
    return rounds.partners(world)


@pytest.fixture
def asked(world, framework, partners):
    """A round about Airedale that four charities were asked in."""
    return rounds.open_round(world, partners, TODAY)


def really(model, **lookup):
    with system("what is stored"):
        return list(model.objects.filter(**lookup).order_by("pk"))


def stored(record):
    with system("what is stored"):
        return type(record).objects.get(pk=record.pk)


# --- Opening ------------------------------------------------------------------------------------------------------


def test_a_round_is_read_by_its_host_its_subject_the_region_and_those_who_were_asked(asked, partners, world):
    found = {(row.organisation_id, row.capacity) for row in really(FeedbackAudience, round=asked)}
    expected = {(world.icb.pk, "host"), (world.body("RCF").pk, "subject"), (world.body("Y63").pk, "overseer")}
    assert found == expected | {(body.pk, "invited") for body in partners}


def test_those_who_answer_for_the_bodies_asked_are_told_and_the_subject_only_that_it_is_open(asked, world):
    told = {(row.user.email, row.text) for row in Notification.objects.filter(kind="feedback_round.asked")}
    assert {email for email, _ in told} == {f"partner{n}@example.test" for n in (1, 2, 3, 4)}
    assert all("Airedale" in text and "21" in text for _, text in told)
    about = Notification.objects.filter(kind="feedback_round.opened")
    assert {row.user.email for row in about} == {"secretary@example.test", "chair@example.test"}


def test_partners_are_proposed_who_sit_with_the_body_on_a_forum_or_in_an_arrangement(world, partners):
    found = {row.body.name: (row.together, row.people) for row in queries.candidates(world.body("RCF"), TODAY)}
    assert found["Bradford charity 1"] == (1, 1)
    assert found["Bradford Council"] == (2, 2)  # the board, and the partnership; two people
    assert found["Leeds Teaching Hospitals NHS Trust"] == (2, 0)
    assert found["NHS West Yorkshire Integrated Care Board"] == (2, 2)
    assert set(found).isdisjoint({"Airedale NHS Foundation Trust", "North East and Yorkshire", "Leeds Council"})


def test_a_round_is_about_a_trust_of_the_system_or_the_host_of_one_of_its_partnerships(world):
    place = world.place_board.places.get()
    council = world.body("E08000035")
    Arrangement.objects.create(kind="place", name="Leeds together", host=council, place=place, starts=LONG_AGO)
    found = {body.code for body in queries.subjects_for([world.icb.pk], TODAY)}
    assert found == {"RCF", "RR8", "E08000035"}


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"officer"}))
def test_only_the_icbs_officer_opens_a_round(world, framework, partners, who):
    actor = world.actor(who)
    values = {"host": world.icb, "subject": world.body("RCF"), "closes_on": add_working_days(TODAY, 20)}
    with acting_as(actor), pytest.raises(Refused):
        feedback.open_round(by=actor, invited=[body.pk for body in partners], **values)
    assert not really(FeedbackRound)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"subject": "R0A"}, "A trust of the system"),
        ({"subject": "QWO"}, "A trust of the system"),
        ({"invited": 2}, "At least 3 organisations besides the host"),
        ({"with_host": True, "invited": 2}, "At least 3 organisations besides the host"),
        ({"also": "E08000035"}, "Only bodies that sit on a forum or in an arrangement with Airedale"),
        ({"also": "RCF"}, "Only bodies that sit on a forum"),
        ({"days": 4}, "A last day that leaves 5\u00a0working\u00a0days: 30\u00a0November 2026 or later"),
    ],
)
def test_what_stands_against_a_round_is_said_and_nothing_is_begun(world, framework, partners, change, says):
    bodies = partners[: change.get("invited", 4)]
    bodies += [world.icb] if change.get("with_host") else []
    bodies += [world.body(change["also"])] if "also" in change else []
    subject = world.body(change.get("subject", "RCF"))
    with pytest.raises(GuardFailed, match=says):
        rounds.open_round(world, bodies, TODAY, days=change.get("days", 20), subject=subject)
    assert not really(FeedbackRound) and not LedgerEntry.objects.filter(kind__startswith="feedback").exists()


def test_one_round_about_a_body_is_open_at_a_time(world, asked, partners):
    with pytest.raises(GuardFailed, match="the open round about .* ends first"):
        rounds.open_round(world, partners, TODAY)


# --- Answering ----------------------------------------------------------------------------------------------------


def save(found, body, *, seen=None, comment="", **ratings):
    actor = rounds.person_of(body, TODAY)
    with acting_as(actor):
        return feedback.save_response(
            by=actor, invitation=rounds.invitation(found, body), ratings=ratings, comment=comment, seen=seen
        )


def test_a_draft_is_kept_however_incomplete_and_leaves_no_entry(asked, partners, one_ledger_entry):
    with one_ledger_entry():
        save(asked, partners[0], **{"P1.1": "2", "P9.9": "3", "P1.2": "7"}, comment=" Some words ")
    (response,) = really(FeedbackResponse)
    assert (response.ratings, response.comment, response.sent_at) == ({"P1.1": "2"}, "Some words", None)
    assert stored(rounds.invitation(asked, partners[0])).answered_on is None


def test_a_colleague_goes_on_and_nobody_overwrites_unseen(asked, partners, world):
    first = save(asked, partners[0], **{"P1.1": "2"})
    with pytest.raises(GuardFailed, match="P1 Q saved another answer"):
        save(asked, partners[0], **{"P1.1": "0"})
    assert really(FeedbackResponse)[0].ratings == {"P1.1": "2"}
    save(asked, partners[0], seen=first.saved_at, **{"P1.1": "0"})
    assert really(FeedbackResponse)[0].ratings == {"P1.1": "0"}


def test_an_answer_is_sent_once_and_stands(asked, partners, one_ledger_entry):
    with one_ledger_entry("feedback_response.sent") as entries:
        rounds.send(asked, partners[0], TODAY, comment="They listen.")
    assert stored(rounds.invitation(asked, partners[0])).answered_on == TODAY
    assert entries[0].record == f"feedbackinvitation:{rounds.invitation(asked, partners[0]).pk}"
    for act in (rounds.send, save):
        with pytest.raises(GuardFailed, match="sent its answer"):
            act(asked, partners[0], TODAY) if act is rounds.send else act(asked, partners[0])


def test_the_trail_proves_an_answer_without_holding_it(asked, partners):
    rounds.send(asked, partners[0], TODAY, comment="Zephyrine remarks")
    with system("look at the trail"):
        values = "".join(LedgerValue.objects.values_list("value", flat=True))
        (response,) = FeedbackResponse.objects.all()
    assert "Zephyrine" not in values and "P1.1" not in values
    assert feedback.digest_of(response) in values


def test_what_is_not_answered_is_named_with_its_field(asked, partners):
    actor = rounds.person_of(partners[0], TODAY)
    ratings = rounds.everything(asked, "2") | {"P5.3": ""}
    with acting_as(actor), pytest.raises(GuardFailed) as refused:
        feedback.send_response(
            by=actor, invitation=rounds.invitation(asked, partners[0]), ratings=ratings, comment="", seen=None
        )
    assert [reason.field for reason in refused.value.reasons] == ["item_P5_3"]
    assert not really(FeedbackResponse)


def test_nobody_answers_for_another_body(asked, partners, world):
    for name in PEOPLE:
        actor = world.actor(name)
        with acting_as(actor), pytest.raises(Refused):
            feedback.save_response(
                by=actor, invitation=rounds.invitation(asked, partners[0]), ratings={}, comment="", seen=None
            )


def test_a_body_declines_once_and_its_draft_is_thrown_away(asked, partners, one_ledger_entry):
    save(asked, partners[0], **{"P1.1": "2"})
    actor, found = rounds.person_of(partners[0], TODAY), rounds.invitation(asked, partners[0])
    with acting_as(actor), one_ledger_entry("feedback_invitation.declined"):
        feedback.decline(by=actor, invitation=found)
    assert not really(FeedbackResponse)
    with pytest.raises(GuardFailed, match="declined"):
        save(asked, partners[0])


def test_after_the_last_day_no_answer_is_taken(asked, partners):
    late = asked.closes_on + timedelta(days=1)
    with time_machine.travel(late, tick=False), pytest.raises(GuardFailed, match="took answers until 21"):
        rounds.send(asked, partners[0], late)
    with time_machine.travel(asked.closes_on, tick=False):
        rounds.send(asked, partners[0], asked.closes_on)


# --- Closing ------------------------------------------------------------------------------------------------------


def close(world, found, who="officer", on=None):
    actor = world.actor(who, on)
    with acting_as(actor):
        return feedback.close_round(by=actor, feedback_round=found)


def test_a_round_is_not_closed_while_somebody_may_still_answer(asked, partners, world):
    for body in partners[:3]:
        rounds.send(asked, body, TODAY)
    with pytest.raises(GuardFailed, match="An answer from everyone who was asked"):
        close(world, asked)
    assert stored(asked).state == "open" and not really(FeedbackResult)


def test_when_everyone_answered_or_declined_the_host_closes_it(asked, partners, world, one_ledger_entry):
    for number, body in enumerate(partners[:3]):
        rounds.send(asked, body, TODAY, rating=str(number), comment=f"Words {number}")
    actor = rounds.person_of(partners[3], TODAY)
    with acting_as(actor):
        feedback.decline(by=actor, invitation=rounds.invitation(asked, partners[3]))
    with one_ledger_entry("feedback_round.closed"):
        close(world, asked)
    closed = stored(asked)
    assert (closed.state, closed.closed_on, closed.asked, closed.answered) == ("closed", TODAY, 4, 3)
    results = really(FeedbackResult)
    assert len(results) == 20 and {float(row.mean) for row in results} == {1.0}
    assert {row.text for row in really(FeedbackComment)} == {"Words 0", "Words 1", "Words 2"}


def test_with_two_answers_nothing_is_kept_not_even_how_many(asked, partners, world):
    for body in partners[:2]:
        rounds.send(asked, body, TODAY, comment="Words")
    after = asked.closes_on + timedelta(days=1)
    with time_machine.travel(after, tick=False):
        close(world, asked, on=after)
    closed = stored(asked)
    assert (closed.state, closed.answered, closed.is_suppressed) == ("closed", 0, True)
    assert not really(FeedbackResult) and not really(FeedbackComment)
    texts = Notification.objects.filter(kind="feedback_round.closed").values_list("text", flat=True)
    assert set(texts) == {
        "The feedback round about your organisation has closed: fewer than three organisations answered"
    }


def test_a_draft_that_was_never_sent_is_not_counted(asked, partners, world):
    for body in partners[:2]:
        rounds.send(asked, body, TODAY)
    save(asked, partners[2], **rounds.everything(asked, "3"))
    after = asked.closes_on + timedelta(days=1)
    with time_machine.travel(after, tick=False):
        close(world, asked, on=after)
    assert stored(asked).is_suppressed


def test_the_night_closes_what_is_past_and_nothing_else(asked, partners, world, one_ledger_entry):
    for body in partners[:FEWEST]:
        rounds.send(asked, body, TODAY)
    with time_machine.travel(asked.closes_on, tick=False):
        assert feedback.close_finished() == 0
    with time_machine.travel(asked.closes_on + timedelta(days=1), tick=False):
        with one_ledger_entry("feedback_round.closed") as entries:
            assert feedback.close_finished(by=SYSTEM) == 1
        assert feedback.close_finished() == 0
    assert entries[0].actor is None
    assert stored(asked).answered == FEWEST


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"officer"}))
def test_nobody_else_closes_or_cancels_it(asked, world, who):
    actor = world.actor(who)
    for act in (
        lambda: feedback.close_round(by=actor, feedback_round=asked),
        lambda: feedback.cancel_round(by=actor, feedback_round=asked, reason="x"),
    ):
        with acting_as(actor), pytest.raises(Refused):
            act()
    assert stored(asked).state == "open"


def test_cancelling_needs_a_reason_and_shows_nothing(asked, partners, world, one_ledger_entry):
    for body in partners:
        rounds.send(asked, body, TODAY)
    officer = world.actor("officer")
    with acting_as(officer), one_ledger_entry(), pytest.raises(GuardFailed, match="Why the round is cancelled"):
        feedback.cancel_round(by=officer, feedback_round=asked, reason=" ")
    with acting_as(officer), one_ledger_entry("feedback_round.cancelled"):
        feedback.cancel_round(by=officer, feedback_round=asked, reason="The wrong body.")
    assert stored(asked).state == "cancelled" and not really(FeedbackResult)
    assert Notification.objects.filter(kind="feedback_round.cancelled", user__email="partner1@example.test").exists()


# --- What the subject never learns --------------------------------------------------------------------------------


def trail_of(record):
    return [(row.kind, row.who, row.fields) for row in ledger.history(record)]


def heard_by_the_subject(world):
    """All that the database, the trail and the notifications give to the secretary and the chair."""
    found = {}
    for who in ("secretary", "chair"):
        actor = world.actor(who)
        with acting_as(actor):
            rows = list(FeedbackRound.objects.order_by("pk").values())
            found[who] = (
                [{key: value for key, value in row.items() if key != "id"} for row in rows],
                FeedbackInvitation.objects.count(), FeedbackResponse.objects.count(), FeedbackAudience.objects.count(),
                [trail_of(each) for each in FeedbackRound.objects.order_by("pk")],
                [row.text for row in Notification.objects.filter(user=actor.user_id).order_by("pk")],
                list(queries.to_answer(actor)),
                list(queries.round_list(actor, {}).values_list("invitation", flat=True)),
            )  # fmt: skip
    return found


def test_the_subject_cannot_tell_who_was_asked_nor_whether_anyone_answered(world, framework):
    bodies = rounds.partners(world, 8)
    first = rounds.open_round(world, bodies[:4], TODAY)
    quiet = heard_by_the_subject(world)
    for body in bodies[:2]:
        rounds.send(first, body, TODAY, comment="Words")
    actor = rounds.person_of(bodies[2], TODAY)
    with acting_as(actor):
        feedback.decline(by=actor, invitation=rounds.invitation(first, bodies[2]))
    save(first, bodies[3], **{"P1.1": "2"})
    assert heard_by_the_subject(world) == quiet


def test_a_suppressed_round_reads_the_same_with_no_answer_and_with_two(world, framework):
    bodies, heard = rounds.partners(world, 8), []
    for answers in (0, 2):
        with connection.cursor() as cursor:
            cursor.execute("savepoint before_round")
            found = rounds.open_round(world, bodies[:4], TODAY)
            for body in bodies[:answers]:
                rounds.send(found, body, TODAY, comment="Words")
            after = found.closes_on + timedelta(days=1)
            with time_machine.travel(after, tick=False):
                feedback.close_finished(by=SYSTEM)
                heard.append(heard_by_the_subject(world))
            cursor.execute("rollback to savepoint before_round")
    assert heard[0] == heard[1]


def test_those_who_were_asked_see_no_result_and_the_host_no_answer(asked, partners, world):
    for body in partners:
        rounds.send(asked, body, TODAY, comment="Words")
    close(world, asked)
    with acting_as(rounds.person_of(partners[0], TODAY)):
        assert (FeedbackResult.objects.count(), FeedbackComment.objects.count()) == (0, 0)
        assert (FeedbackResponse.objects.count(), FeedbackInvitation.objects.count()) == (1, 1)
    with acting_as(world.actor("officer")):
        assert (FeedbackResponse.objects.count(), FeedbackInvitation.objects.count()) == (0, 4)
        assert (FeedbackResult.objects.count(), FeedbackComment.objects.count()) == (20, 4)
    with acting_as(world.actor("secretary")):
        assert (FeedbackResult.objects.count(), FeedbackComment.objects.count()) == (20, 4)
        assert (FeedbackResponse.objects.count(), FeedbackInvitation.objects.count()) == (0, 0)


def test_comments_lose_their_order(asked, partners, world):
    orders = set()
    for _ in range(12):
        with connection.cursor() as cursor:
            cursor.execute("savepoint before_close")
            for number, body in enumerate(partners):
                rounds.send(asked, body, TODAY, comment=f"Words {number}")
            close(world, asked)
            orders.add(tuple(row.text for row in really(FeedbackComment)))
            cursor.execute("rollback to savepoint before_close")
    assert len(orders) > 1


# --- Reminders and homes ------------------------------------------------------------------------------------------


def test_what_waits_for_whom(asked, partners, world):
    mine, other = (rounds.person_of(body, TODAY) for body in partners[:2])
    rounds.send(asked, partners[1], TODAY)
    for actor, count in ((mine, 1), (other, 0), (world.actor("secretary"), 0), (world.actor("officer"), 0)):
        with acting_as(actor):
            assert queries.to_answer(actor).count() == count
    after = asked.closes_on + timedelta(days=1)
    officer = world.actor("officer", after)
    with acting_as(officer):
        assert list(queries.to_close(officer)) == [asked]
    with acting_as(world.actor("officer")):
        assert not queries.to_close(world.actor("officer")).exists()


def test_those_who_have_not_answered_are_reminded_once(asked, partners, world):
    from collaboration.actions.reminders import remind_of_rounds

    rounds.send(asked, partners[0], TODAY)
    assert remind_of_rounds() == 0
    with time_machine.travel(add_working_days(asked.closes_on, -2), tick=False):
        assert remind_of_rounds() == 1
        remind_of_rounds()
    told = Notification.objects.filter(kind="feedback_round.reminder")
    assert sorted(row.user.email for row in told) == [f"partner{n}@example.test" for n in (2, 3, 4)]


def test_permissions_are_those_of_the_invitation(asked, partners, world):
    from partnerships.access import allowed

    found = rounds.invitation(asked, partners[0])
    with acting_as(world.actor("officer")):
        assert allowed(world.actor("officer"), P.FEEDBACK_VIEW, found)
        assert not allowed(world.actor("officer"), P.FEEDBACK_ANSWER, found)
    for who in ("secretary", "chair", "region_lead", "other_officer", "partner", "stranger", "admin"):
        with acting_as(world.actor(who)):
            assert not allowed(world.actor(who), P.FEEDBACK_VIEW, found)


@pytest.mark.django_db(transaction=True)
def test_an_answer_sent_while_the_round_is_closed_is_in_it_or_refused(world):
    """Two people at one moment: whatever comes first, no answer is marked as given and left out of the results."""
    from collaboration.actions.frameworks import load_framework
    from collaboration.framework_file import FOLDER

    load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    bodies = rounds.partners(world)
    found = rounds.open_round(world, bodies, TODAY)
    for body in bodies[:3]:
        rounds.send(found, body, TODAY)
    start, outcome = threading.Barrier(2), {}

    def run(name, act):
        try:
            start.wait(10)
            act()
            outcome[name] = "done"
        except GuardFailed as refused:
            outcome[name] = str(refused)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=("send", lambda: rounds.send(found, bodies[3], TODAY))),
        threading.Thread(target=run, args=("close", lambda: close(world, found))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    answered = [row for row in really(FeedbackInvitation, round=found) if row.answered_on]
    state = stored(found)
    if state.state == "closed":
        assert state.answered == len(answered) == 4
    else:
        assert outcome["send"] == "done" and "An answer from everyone" in outcome["close"]
