"""Cases from the raising of a concern to its close."""

import pytest
import time_machine

from collaboration.models import ConcernAudience
from ics_governance.context import acting_as, system
from oversight.models import Case, Reply, StageClock, Step

from .case_world import TODAY, move, note, raise_case


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def test_a_concern_begins_in_triage_at_the_icb_of_the_place(world):
    case = raise_case(world)
    assert (case.reference, case.stage, case.holder) == ("C-2026-001", "raised", world.icb)
    assert str(case.due_on) == "2026-10-27"


def test_accepting_puts_it_to_the_respondent_with_ten_working_days(world):
    case = move(world, "officer", raise_case(world), "accept")
    assert case.stage == "informal_resolution"
    with acting_as(world.actor("secretary")):
        assert Case.objects.get().reference == case.reference
        reply = Reply.objects.get()
        assert (reply.occasion, str(reply.due_on)) == ("allegation", "2026-11-03")
