"""Who reads which part of a case: the database, `scope` and `allowed` say the same; nobody writes past the actions."""

import pytest
import time_machine
from django.apps import apps
from django.db import DatabaseError, transaction

from collaboration.models import Evidence
from ics_governance.context import acting_as, system
from oversight.access import VIEW
from oversight.actions import clocks, file, override
from oversight.models import Case, CaseEvidence, CaseNote, Measure, Step
from oversight.queries.case_parts import SELECTED
from partnerships.access import allowed, scope
from partnerships.models import Decision
from tests.database import rows
from tests.world import ROLES

from .case_world import TODAY, act, case_at, move, raise_case

PEOPLE = [*ROLES, "stranger"]
OPEN = {
    "oversight_signal", "oversight_signalruleset", "oversight_visit", "oversight_restructure",
    "oversight_restructure_predecessors",
}  # fmt: skip  # not parts of cases
READERS = {"officer", "executive", "auditor", "secretary", "chair", "partner", "signatory", "region_lead"}
PARTS = [model for name, (model, _) in SELECTED.items() if name not in ("raisers", "respondents", "attempts")]


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def case(world):
    """A case in enforcement, with a note, restricted evidence, a commitment: nearly every kind of part."""
    case = case_at(world, "enforcement")
    act(world, "region_lead", file.add_note, case=case, text="Inside.", restricted=True)
    act(world, "region_lead", file.add_note, case=case, text="For all.", restricted=False)
    act(world, "region_lead", file.add_evidence, case=case, url="https://example.org/", restricted=True)
    act(world, "secretary", file.add_evidence, case=case, evidence=_file(world))
    return case


def _file(world):
    with system("a file"):
        return Evidence.objects.create(
            organisation=world.body("RCF"), kind="file", title="Minutes", stored_as="x", digest="y", size=1,
            given_by=world.user("secretary"),
        )  # fmt: skip


def test_every_table_of_cases_is_guarded(db):
    guarded = {name for (name,) in rows("select relname from pg_class where relrowsecurity")}
    tables = {model._meta.db_table for model in apps.get_app_config("oversight").get_models(include_auto_created=True)}
    assert tables - guarded <= OPEN
    assert {model._meta.db_table for model, _ in SELECTED.values()} <= guarded


def test_a_case_and_its_parts_are_read_by_its_readers_alone(world, case):
    for who in PEOPLE:
        with acting_as(world.actor(who)):
            found = {model.__name__: model._default_manager.count() for model in (Case, *PARTS)}
        if who in READERS:
            assert (found["Case"], found["Step"], found["Measure"]) == (1, 5, 1), who
        else:
            assert not any(found.values()), (who, found)


@pytest.mark.parametrize("model", [Case, CaseNote, CaseEvidence, Measure, Evidence])
def test_scope_allowed_and_the_database_agree(world, case, model):
    raise_case(world)
    raise_case(world, "other_officer", "QOP", "R0A", system=world.body("QOP"))
    view = VIEW if model is not Evidence else "assessment.view"
    with system("all of them"):
        every = list(model._default_manager.order_by("pk"))
    for who in PEOPLE:
        actor = world.actor(who)
        with acting_as(actor):
            by_database = list(model._default_manager.order_by("pk"))
        with system("what scope says of everything"):
            assert list(scope(actor, view, model._default_manager.order_by("pk"))) == by_database, who
            assert [row for row in every if allowed(actor, view, row)] == by_database, who


def test_restricted_parts_are_for_the_holder_and_the_regions(world, case):
    for who, count in (("region_lead", 2), ("officer", 1), ("secretary", 1), ("partner", 1), ("auditor", 1)):
        with acting_as(world.actor(who)):
            assert (CaseNote.objects.count(), CaseEvidence.objects.count()) == (count, count), who


def test_evidence_on_a_case_is_read_by_its_readers_and_by_nobody_else(world, case):
    for who, count in (("partner", 1), ("officer", 1), ("region_lead", 1), ("secretary", 1), ("other_officer", 0)):
        with acting_as(world.actor(who)):
            assert Evidence.objects.count() == count, who


def test_before_acceptance_the_respondent_reads_nothing_of_it(world):
    raise_case(world)
    with acting_as(world.actor("secretary")):
        assert not [model for model in (Case, *PARTS) if model._default_manager.exists()]


def test_nobody_changes_past_the_actions(world, case):
    tried = 0
    with acting_as(world.actor("region_lead")):
        for model in (Case, *PARTS):
            if first := model._default_manager.order_by("pk").first():
                name = next(one.attname for one in model._meta.concrete_fields if not one.primary_key)
                changed = model._default_manager.filter(pk=first.pk).update(**{name: getattr(first, name)})
                assert changed == 0, model
                tried += 1
    assert tried >= 12


def test_nobody_writes_a_step_past_the_actions(world, case):
    with acting_as(world.actor("region_lead")), pytest.raises(DatabaseError), transaction.atomic():
        Step.objects.create(case=case, event="accept", target="closed", on=TODAY, side="holder")


@pytest.mark.parametrize(
    ("start", "target"),
    [("raised", "facilitated_resolution"), ("raised", "support"), ("informal_resolution", "support")],
)
def test_the_database_refuses_to_skip_a_stage(world, start, target):
    case = case_at(world, start)
    with system("skip a stage"), pytest.raises(DatabaseError, match="may not go from"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(stage=target)


def test_two_people_are_two_people_for_the_database_too(world):
    case = case_at(world, "informal_resolution")
    pause = act(world, "officer", clocks.ask_for_pause, case=case, starts=TODAY, reason="Half term.")
    asked = act(world, "officer", override.ask_for_override, case=case, risk="patients", reason="Scans.")
    with system("one person"):
        for record, field in ((pause, "approved_by"), (asked, "confirmed_by")):
            setattr(record, field, world.user("officer"))
            with pytest.raises(DatabaseError, match="two_people"), transaction.atomic():
                record.save()


def test_a_former_holder_goes_on_reading_and_moves_nothing(world):
    case = case_at(world, "oversight_review")
    with acting_as(world.actor("officer")):
        assert allowed(world.actor("officer"), VIEW, case)
        assert not allowed(world.actor("officer"), "case.lead", case)


def test_a_case_gives_no_access_to_a_draft_that_is_linked_to_it(world):
    draft = world.decision()
    case = move(world, "officer", raise_case(world), "accept")
    act(world, "officer", file.add_evidence, case=case, decision=draft)
    with acting_as(world.actor("secretary")):
        assert CaseEvidence.objects.get().decision_id == draft.pk
        assert not Decision.objects.filter(pk=draft.pk).exists()
