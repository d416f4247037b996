"""The process as a table: every stage is left, nothing is skipped, and each guard says one plain thing."""

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight import measures, process
from oversight.measures import MEASURES
from oversight.process import ASKED, ASKS, MISSING, OUTCOMES, STAGE, STAGES, Found, Ground, Known, Window
from oversight.workflows import CASE

TODAY = date(2026, 10, 20)
ORDER = [stage.code for stage in STAGES]
PLAIN = Known(on=TODAY, stage="raised", names={1: "Airedale", 2: "Leeds", 9: "West Yorkshire"})
GUARDS = sorted({guard for row in CASE.transitions for guard in row.guards}, key=lambda guard: guard.__name__)


def case(**fields):
    return SimpleNamespace(known=Known(**{"on": TODAY, "stage": "raised", "names": PLAIN.names} | fields))


def texts(reasons):
    return " ".join(reason.text for reason in reasons)


def test_the_stages_of_the_process_are_the_states_of_its_table():
    assert set(CASE.states) == set(STAGE)
    assert [stage.days for stage in STAGES] == [5, 20, 30, 30, 20, None, None, None]


def test_every_open_stage_can_be_left_and_closed_is_the_end():
    for stage in ORDER:
        leads = {row.target for row in CASE.transitions if stage in row.sources}
        assert (stage == "closed") == (not leads)


def test_no_move_skips_a_stage_but_the_override_and_the_optional_dispute():
    for row in CASE.transitions:
        for source in row.sources:
            if row.target == "closed" or row.event == "override":
                continue
            step = ORDER.index(row.target) - ORDER.index(source)
            optional = row.event in ("to_oversight_review", "enforce")
            back_from_override = source == "oversight_review" and row.event.startswith("refer_back_")
            assert step in (-2, -1, 1) or (step == 2 and optional) or back_from_override, row


def test_what_every_move_asks_for_and_may_end_as_is_known():
    assert set(ASKS) == {row.event for row in CASE.transitions}
    for event, names in ASKS.items():
        assert {name.rstrip("*") for name in names if name.endswith("*")} <= set(ASKED), event
    assert set(OUTCOMES) == {row.event for row in CASE.transitions if row.target == "closed"}


def test_a_move_that_ends_a_case_or_refers_it_back_asks_for_words():
    for row in CASE.transitions:
        if row.event.startswith("refer_back_") or row.event in ("decline", "withdraw", "no_action", "supersede"):
            assert "reason*" in ASKS[row.event]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_each_guard_has_its_own_sentence_and_names_what_is_missing(guard):
    known = {
        "stage": "dispute_resolution" if guard is process.dispute_found else "oversight_review",
        "last_stage": "support",
        "respondents": () if guard is process.respondents_named else (1,),
        "sides": frozenset({"raiser", "respondent:1"}),
        "facilitation": "written" if guard is process.facilitation_checked else "",
        "affected": (9,),
        "dispute_open": True,
        "windows": (Window(1, "facilitation", TODAY, False),),
        "findings": () if guard is process.finding_recorded else (Found(1, True, True, True),),
    }
    reasons = guard(case(**known))
    assert reasons
    for reason in reasons:
        assert reason.field in MISSING
        assert reason.text.endswith(".")
    others = {
        texts(other(case(**known))) for other in GUARDS if other is not guard and "came_from" not in other.__name__
    }
    if "came_from" not in guard.__name__:
        assert texts(reasons) not in others


# --- The guards, one by one ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "fine"),
    [
        ((), False),
        (("declined",), False),
        (("declined", "declined"), True),
        (("not_settled",), True),
        (("declined", "settled"), True),
    ],
)
def test_an_attempt_or_two_declined_invitations(attempts, fine):
    assert (process.attempt_on_file(case(attempts=attempts)) == []) == fine


def test_the_sides_that_have_not_agreed_are_named_but_never_the_raiser():
    known = case(sides=frozenset({"raiser", "respondent:1", "respondent:2"}), agreed=frozenset({"respondent:2"}))
    assert "Airedale and who raised it" in texts(process.both_sides_agree(known))


@pytest.mark.parametrize(
    ("state", "due_on", "fine"),
    [
        ("written", None, False),
        ("sent", TODAY, False),
        ("sent", date(2026, 10, 19), True),
        ("checked", TODAY, True),
    ],
)
def test_the_accuracy_check_is_done_or_its_days_are_over(state, due_on, fine):
    known = case(facilitation=state, accuracy_due=due_on)
    assert (process.facilitation_checked(known) == []) == fine


def test_every_affected_system_is_spoken_to_and_somebody_always():
    assert "West Yorkshire" in texts(process.discussed_with_affected(case(affected=(9,))))
    assert process.discussed_with_affected(case(affected=(9,), discussed=frozenset({9}))) == []
    assert process.discussed_with_affected(case()) != []


@given(st.booleans(), st.booleans(), st.integers(-3, 3))
def test_an_adverse_finding_waits_for_the_reply_or_the_end_of_its_window(adverse, replied, days):
    due_on = date.fromordinal(TODAY.toordinal() + days)
    windows = tuple(Window(1, occasion, due_on, replied) for occasion in ("allegation", "findings"))
    reasons = process.adverse_findings_heard(case(respondents=(1,), windows=windows, findings=(Found(1, adverse),)))
    assert bool(reasons) == (adverse and not replied and days >= 0)


def test_an_adverse_finding_without_the_right_of_reply_is_never_fine():
    reasons = process.adverse_findings_heard(case(respondents=(1,), findings=(Found(1, True),)))
    assert "has not been asked to reply on the allegation" in texts(reasons)
    assert "has not been asked to reply on the review's findings" in texts(reasons)


@pytest.mark.parametrize("missing", ["legal_basis", "test", "process"])
def test_a_measure_without_ground_test_or_process_enforces_nothing(missing):
    values = {"legal_basis": "CoP1", "test": "Met.", "process": "Notice."} | {missing: " "}
    known = case(findings=(Found(1, True),), measures=(Ground(1, **values, ended=False),))
    assert len(process.measure_grounded(known)) == 1


def test_a_characteristic_alone_is_no_ground():
    assert "no legal ground" in texts(process.measure_grounded(case(characteristics=True)))


def test_shared_cause_is_nobodys_failure_alone():
    assert process.none_adverse(case(findings=(Found(1, False), Found(2, False)))) == []
    assert "Leeds" in texts(process.none_adverse(case(findings=(Found(1, False), Found(2, True)))))


def test_discretionary_requirements_need_notice_of_28_days_or_5_when_urgent():
    kind = MEASURES["discretionary_requirement"]
    assert (kind.notice, kind.urgent_notice) == (28, 5)
    for urgent, days, fine in ((False, 27, False), (False, 28, True), (True, 4, False), (True, 5, True)):
        given_on = date.fromordinal(TODAY.toordinal() - days)
        measure = SimpleNamespace(kind=kind.code, urgent=urgent, notice_on=given_on, notice_days=None, on=TODAY)
        assert (measures.notice_over(measure) == []) == fine
