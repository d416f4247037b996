"""Cases on the stage: one of West Yorkshire with something of each kind on its file, and one of Greater Manchester.

Ours was raised by Bradford Council about Airedale and accepted by West Yorkshire, which the region oversees. Theirs was
raised by a trust about its own integrated care board, so that the region of the North West holds it: nobody of the
cast but its raiser may see it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ics_governance.context import system
from oversight.actions import clocks, dispute, file, override
from oversight.models import Case, Commitment, Criterion, Measure, Reply
from tests.oversight.case_world import act, note, raise_case
from tests.oversight.case_world import move as carry_out
from tests.world import World


@dataclass
class StageCases:
    """What the rows of the matrix are about."""

    ours: Case
    theirs: Case
    note: Any
    parts: dict[str, Any]  # by the act that is done about it


def build(world: World) -> StageCases:
    """Put the cases on the stage."""
    kept = note(world)
    theirs = raise_case(world, "other_trust", "R0A", "QOP", system=world.body("QOP"), title="Plans are made without us")
    ours = raise_case(world, attempts=[kept])
    ours = carry_out(world, "officer", ours, "accept")
    fact = act(world, "partner", file.add_fact, case=ours, text="And again in August.")
    asked = act(world, "secretary", dispute.ask_for_dispute_resolution, case=ours, reason="We see it otherwise.")
    soon = timezone.localdate() + timedelta(days=30)
    pause = act(world, "officer", clocks.ask_for_pause, case=ours, starts=soon, reason="A vacancy.")
    more = act(world, "officer", clocks.ask_for_extension, case=ours, days=3, reason="The summer.")
    urgent = act(world, "officer", override.ask_for_override, case=ours, risk="patients", reason="Scans were missed.")
    trust = world.body("RCF")
    with system("parts of a case of the stage"):
        reply = Reply.objects.get(case=ours)
        criterion = Criterion.objects.create(case=ours, text="Papers in time for three months")
        measure = Measure.objects.create(
            case=ours, organisation=trust, kind="enforcement_undertaking", legal_basis="A licence condition",
            test="It is met.", process="Undertakings.", proposed_by=world.user("region_lead"),
        )  # fmt: skip
        promised = Commitment.objects.create(case=ours, owner=trust, title="Send papers in time", due_on=soon)
    parts = dict.fromkeys(("approve-pause", "end-pause"), pause)
    parts |= dict.fromkeys(("dispute-answer", "dispute-review"), asked)
    parts |= dict.fromkeys(("commitment-done", "commitment-confirmed"), promised)
    parts |= dict.fromkeys(
        [f"measure-{step}" for step in ("notice", "say", "force", "appeal", "dismiss", "end")], measure
    )
    parts |= dict.fromkeys(("reply", "more-time"), reply)
    parts |= {"fact-reply": fact, "approve-extension": more, "confirm-override": urgent}
    return StageCases(ours, theirs, kept, parts | {"criterion-met": criterion})
