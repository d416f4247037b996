"""Many at once on one case: exactly one wins, the others are told what changed, and nothing is lost."""

import threading

import pytest
from django.db import connection

from collaboration.models import ConcernAudience
from ics_governance.context import acting_as, system
from ics_governance.models import LedgerEntry
from ics_governance.workflow import GuardFailed
from oversight.actions import cases, file, override
from oversight.models import Case, FactReply, StageClock, Step

from .case_world import act, case_at, raise_case, second

pytestmark = pytest.mark.django_db(transaction=True)


def _at_once(*calls):
    """Everybody begins together, each with a connection of their own; what came of it, in no order."""
    everyone, outcomes = threading.Barrier(len(calls)), []

    def run(actor, call):
        try:
            with acting_as(actor):
                everyone.wait(30)
                outcomes.append(call())
        except (GuardFailed, PermissionError) as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == len(calls)
    return outcomes


def _seen(actor, case):
    """The case as a person has it before them."""
    with acting_as(actor):
        return Case.objects.select_related("concern", "holder").get(pk=case.pk)


def test_of_twenty_officers_exactly_one_moves_the_case_and_the_others_are_told_what_changed(world):
    case = raise_case(world)
    calls = []
    for number in range(20):
        actor = world.actor("officer" if number % 2 else "executive")
        event, more = ("accept", {}) if number % 4 < 2 else ("decline", {"signpost": "Elsewhere"})
        before = _seen(actor, case)
        calls.append(
            (actor, lambda a=actor, b=before, e=event, m=more: cases.move(by=a, case=b, event=e, reason="x", changes=m))
        )
    entries = LedgerEntry.objects.count()
    outcomes = _at_once(*calls)
    winners = [outcome for outcome in outcomes if isinstance(outcome, Case)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, cases.MovedMeanwhile)]
    assert (len(winners), len(losers)) == (1, 19)
    assert LedgerEntry.objects.count() == entries + 1
    with system("what is left"):
        now = Case.objects.get(pk=case.pk)
        assert (now.stage, now.version) == (winners[0].stage, 2)
        assert Step.objects.filter(case=case).count() == 2
        assert StageClock.objects.filter(case=case, ended_on=None).count() == (now.stage != "closed")
        who = ConcernAudience.objects.filter(concern=case.concern_id, ends=None).values_list("capacity", flat=True)
        assert sorted(who).count("holder") == 1
    stage = "informal resolution" if now.stage != "closed" else "closed"
    for loser in losers:
        assert f"NHS West Yorkshire Integrated Care Board moved it to {stage}" in str(loser)
        assert "nothing of yours was lost" in str(loser)


def test_a_second_click_moves_nothing_twice(world):
    case = case_at(world, "informal_resolution")
    actor = world.actor("officer")
    before = _seen(actor, case)
    call = (actor, lambda: cases.move(by=actor, case=before, event="not_settled"))
    outcomes = _at_once(call, call)
    assert sum(isinstance(outcome, Case) for outcome in outcomes) == 1


def test_an_override_is_confirmed_once(world):
    case = raise_case(world)
    second(world)
    asked = act(world, "officer", override.ask_for_override, case=case, risk="patients", reason="Scans missed.")
    calls = []
    for who in ("region_lead", "region_second") * 4:
        actor = world.actor(who)
        calls.append((actor, lambda a=actor: override.confirm_override(by=a, override=asked)))
    outcomes = _at_once(*calls)
    assert sum(isinstance(outcome, Case) for outcome in outcomes) == 1
    with system("steps"):
        assert Step.objects.filter(case=case, event="override").count() == 1


def test_facts_added_at_once_have_numbers_of_their_own_and_none_is_lost(world):
    case = case_at(world, "informal_resolution")
    calls = []
    for number in range(8):
        actor = world.actor("secretary" if number % 2 else "officer")
        calls.append((actor, lambda a=actor, n=number: file.add_fact(by=a, case=_seen(a, case), text=f"Fact {n}")))
    outcomes = _at_once(*calls)
    assert sorted(fact.number for fact in outcomes) == list(range(3, 11))


def test_both_people_of_the_respondent_answer_and_both_answers_stand(world):
    case = case_at(world, "informal_resolution")
    with acting_as(world.actor("secretary")):
        fact = case.facts.select_related("case__concern").get(number=1)
    calls = []
    for who, agrees in (("secretary", True), ("chair", False)) * 3:
        actor = world.actor(who)
        calls.append((actor, lambda a=actor, g=agrees: file.reply_to_fact(by=a, fact=fact, agrees=g, text="So.")))
    outcomes = _at_once(*calls)
    assert len([outcome for outcome in outcomes if isinstance(outcome, FactReply)]) >= 2
    with system("the last word"):
        last = FactReply.objects.filter(fact=fact).order_by("-pk").first()
        fact.refresh_from_db()
        assert fact.state == ("agreed" if last.agrees else "disputed")
