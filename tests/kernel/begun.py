"""A record of every workflow that has just begun, and what sets a copy of it apart from it.

`record.apart` are the columns in which a second record has to differ: each is unique in its table.
"""

from datetime import date
from typing import Any

from collaboration.models import (
    Assessment,
    Concern,
    FeedbackRound,
    Framework,
    InformationRequest,
    RecordQuery,
    SharedRisk,
)
from ics_governance.context import system
from oversight.models import Case, Measure, Signal, SignalRuleSet
from partnerships.models import Action, Delegation, Function
from tests.world import LONG_AGO, World

DAY = date(2026, 10, 20)


def begin(world: World, name: str) -> Any:
    """A record of the workflow of this name."""
    with system("a record of a test"):
        record, apart = MAKERS[name](world)
    record.apart = apart
    return record


def _meeting(world):
    return world.meeting(), {}


def _decision(world):
    return world.decision(), {"reference": "QWO-2026-0999"}


def _action(world):
    values = {"title": "Buy it", "proposed_on": LONG_AGO, "original_due": LONG_AGO, "due": LONG_AGO}
    return Action.objects.create(decision=world.decision(), owner=world.icb, **values), {}


def _delegation(world):
    values = {"from_organisation": world.icb, "to_forum": world.place_board, "basis": "internal_scheme"}
    return Delegation.objects.create(function=Function.objects.first(), **values), {}


def _framework():
    return Framework.objects.create(code="test", version=1, title="A framework", digest="x", content={})


def _assessment(world):
    values = {"framework": _framework(), "year": 2026, "started_by": world.user("secretary")}
    return Assessment.objects.create(subject=world.body("RCF"), **values), {"year": 2027}


def _feedback_round(world):
    values = {"framework": _framework(), "host": world.icb, "opened_on": DAY, "closes_on": DAY}
    record = FeedbackRound.objects.create(subject=world.body("RCF"), **values)
    return record, {"subject_id": world.body("RR8").pk}


def _information_request(world):
    values = {"asked_on": DAY, "due_on": DAY, "first_due_on": DAY, "asked_by": world.user("officer")}
    return InformationRequest.objects.create(asker=world.icb, asked=world.body("RCF"), **values), {}


def _shared_risk(world):
    return SharedRisk.objects.create(host=world.icb, title="Winter", raised_on=DAY), {}


def _record_query(world):
    values = {"as_of": DAY, "indicator": "R1", "record_kind": "decision", "record_id": 1, "text": "Wrong"}
    people = {"subject": world.body("RCF"), "keeper": world.icb, "asked_by": world.user("secretary")}
    return RecordQuery.objects.create(**values, **people, asked_on=DAY, due_on=DAY), {"record_id": 2}


def _concern(world):
    return Concern.objects.create(title="Late papers", facts="Late.", system=world.icb, raised_on=DAY)


def _case(world, reference="C-2026-900"):
    values = {"holder": world.icb, "opened_on": DAY, "stage_since": DAY}
    record = Case.objects.create(reference=reference, concern=_concern(world), **values)
    return record, {"reference": "C-2026-999", "concern_id": _concern(world).pk}


def _measure(world):
    values = {"kind": "discretionary_requirement", "proposed_by": world.user("region_lead")}
    case, _ = _case(world)
    return Measure.objects.create(case=case, organisation=world.body("RCF"), **values), {}


def _signal(world):
    rules = SignalRuleSet.objects.create(code="test", version=1, title="Rules", digest="x", content={})
    values = {"rule": "low", "as_of": DAY, "clause": "It fell.", "fired_on": DAY, "due_on": DAY}
    record = Signal.objects.create(subject=world.body("RCF"), holder=world.icb, ruleset=rules, **values)
    return record, {"rule": "other"}


MAKERS = {
    "action": _action,
    "assessment": _assessment,
    "case": _case,
    "decision": _decision,
    "delegation": _delegation,
    "feedback_round": _feedback_round,
    "information_request": _information_request,
    "measure": _measure,
    "meeting": _meeting,
    "record_query": _record_query,
    "shared_risk": _shared_risk,
    "signal": _signal,
}


def beside(workflow: str, state: str) -> dict[str, Any]:
    """What the table of a workflow demands beside a state."""
    if (workflow, state) == ("case", "closed"):
        return {"outcome": "resolved", "closed_on": DAY}
    if (workflow, state) in (("delegation", "in_force"), ("delegation", "suspended")):
        return {"in_force_on": DAY}
    return {}
