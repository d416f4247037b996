"""Cases for tests, made by the actions themselves: one list of moves leads to every stage.

Bradford Council (partner) raises a concern about Airedale (secretary); West Yorkshire (officer, executive) holds it;
the region (region_lead, and region_second who is made here) comes later. The cast is that of `tests/world.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from collaboration.models import InformalAttempt
from ics_governance.context import acting_as, system
from ics_governance.models import LedgerEntry, User
from ics_governance.workflow import GuardFailed
from oversight.actions import cases, concerns, dispute, file, override, review
from oversight.models import Case, Fact
from oversight.queries.case_parts import SELECTED
from partnerships.models import RoleMembership
from tests.world import LONG_AGO, World

TODAY = date(2026, 10, 20)  # a Tuesday
LATER = date(2026, 11, 4)  # ten working days after TODAY are over
LATEST = date(2026, 11, 19)  # and ten after LATER


def second(world: World) -> User:
    """Another person of the region."""
    user, made = User.objects.get_or_create(email="region_second@example.test", defaults={"name": "Second Of Region"})
    if made:
        RoleMembership.objects.create(user=user, organisation=world.body("Y63"), role="region_lead", starts=LONG_AGO)
    return user


def act(world: World, who: str, verb: Any, /, **arguments: Any) -> Any:
    """Carry an action out as a person of the cast, in the context that a request would have."""
    actor = world.actor(who)
    with acting_as(actor):
        if "case" in arguments:
            arguments["case"] = Case.objects.select_related("concern", "holder").get(pk=arguments["case"].pk)
        return verb(by=actor, **arguments)


def raise_case(world: World, who: str = "partner", body: str = "E08000032", about: str = "RCF", **more: Any) -> Case:
    """A concern of Bradford Council about Airedale, unless told otherwise."""
    values: dict[str, Any] = {
        "organisation": world.body(body),
        "title": "Papers arrive on the day",
        "facts": "Papers came on the day in June.\n\nThe same in July.",
        "wanted": "Papers five days before.",
        "system": world.icb,
        "respondents": [world.body(code) for code in about.split()],
        "behaviours": ["B1.1"],
    }
    return act(world, who, concerns.raise_concern, **values | more)


def note(
    world: World, who: str = "partner", kept_by: str = "E08000032", other: str = "RCF", **more: Any
) -> InformalAttempt:
    """A note of an attempt that settled nothing."""
    values: dict[str, Any] = {
        "kept_by": world.body(kept_by),
        "other": world.body(other),
        "held_on": date(2026, 9, 14),
        "tried": "A call between the chairs.",
        "outcome": "not_settled",
    }
    return act(world, who, concerns.note_attempt, **values | more)


def move(world: World, who: str, case: Case, event: str, reason: str = "Because.", **changes: Any) -> Case:
    """Move a case as it is now."""
    return act(world, who, cases.move, case=case, event=event, reason=reason, changes=changes)


def facilitate(world: World, case: Case, who: str = "officer", **more: Any) -> None:
    """The facilitation record, sent to the parties."""
    values: dict[str, Any] = {
        "leader_name": "Ada Example",
        "leader_body": "West Yorkshire clinical forum",
        "held_on": date(2026, 10, 19),
        "took_part": "Both chairs.",
        "outcome": "No agreement.",
    }
    act(world, who, file.record_facilitation, case=case, **values | more)
    act(world, who, file.send_for_accuracy, case=case)


def check_record(world: World, case: Case) -> None:
    """Both sides have checked the facilitation record, and the respondent has replied on it."""
    for who in ("secretary", "partner"):
        act(world, who, file.check_accuracy, case=case, comment="Fine.")
    act(world, "secretary", file.reply, case=case, occasion="facilitation", text="As it was.")


def discuss(world: World, case: Case, who: str = "officer") -> None:
    """A discussion with the leaders of West Yorkshire, and the characteristic at issue."""
    act(
        world, who, file.record_discussion, case=case, organisation=world.icb, held_on=TODAY, who="The chief executive",
    )  # fmt: skip
    act(world, who, file.name_characteristics, case=case, characteristics=["R"])


def answer_all(world: World, case: Case) -> None:
    """Airedale replies on the allegation and disputes every fact."""
    act(world, "secretary", file.reply, case=case, occasion="allegation", text="We see it otherwise.")
    with acting_as(world.actor("secretary")):
        facts = list(Fact.objects.select_related("case__concern").filter(case=case.pk))
    for fact in facts:
        act(world, "secretary", file.reply_to_fact, fact=fact, agrees=False, text="They came in time.")


def find(world: World, case: Case, who: str = "region_lead", *, adverse: bool = True, about: str = "RCF") -> Any:
    """The review's finding, resting on the first fact."""
    with system("facts for a finding"):
        facts = list(Fact.objects.select_related("case__concern").filter(case=case.pk, number=1))
    return act(
        world, who, review.add_finding, case=case, organisation=world.body(about), adverse=adverse,
        text="Papers came late.", facts=facts,
    )  # fmt: skip


def case_at(world: World, stage: str, **more: Any) -> Case:
    """A case that was brought to a stage by its moves."""
    case = raise_case(world, **{"attempts": [note(world)]} | more)
    if stage == "raised":
        return case
    case = move(world, "officer", case, "accept")
    if stage == "informal_resolution":
        return case
    case = move(world, "officer", case, "not_settled")
    if stage == "facilitated_resolution":
        return case
    facilitate(world, case)
    check_record(world, case)
    if stage == "dispute_resolution":
        return in_dispute(world, case)
    answer_all(world, case)
    discuss(world, case)
    case = move(world, "officer", case, "to_oversight_review")
    if stage == "oversight_review":
        return case
    find(world, case)
    act(world, "secretary", file.reply, case=case, occasion="findings", text="We do better now.")
    if stage == "support":
        act(world, "region_lead", review.set_exit_criteria, case=case, criteria=["Three months of papers in time"])
        return move(world, "region_lead", case, "support")
    propose(world, case)
    return move(world, "region_lead", case, "enforce")


def propose(world: World, case: Case, **more: Any) -> Any:
    """A measure with its ground in law."""
    values: dict[str, Any] = {
        "organisation": world.body("RCF"),
        "kind": "discretionary_requirement",
        "legal_basis": "Licence condition CoP1",
        "test": "The condition is breached because papers are late as a rule.",
    }
    return act(world, "region_lead", review.propose_measure, case=case, **values | more)


def in_dispute(world: World, case: Case) -> Case:
    """The respondent asks for dispute resolution, the holder grants it."""
    asked = act(world, "secretary", dispute.ask_for_dispute_resolution, case=case, reason="We do not agree.")
    act(
        world, "officer", dispute.answer_dispute_request, request=asked, granted=True, answer="Agreed.",
        third_party_name="Noor Neutral", third_party=world.user("stranger"),
    )  # fmt: skip
    return move(world, "officer", case, "to_dispute_resolution")


def overridden(world: World, case: Case) -> Case:
    """West Yorkshire asks for an urgent override, the region confirms."""
    asked = act(world, "officer", override.ask_for_override, case=case, risk="patients", reason="Scans were missed.")
    return act(world, "region_lead", override.confirm_override, override=asked)


def everything() -> list[Any]:
    """Every row of every case, its parts and its audit trail: to show that nothing changed."""
    models = [Case, LedgerEntry, *(model for model, _ in SELECTED.values())]
    with system("compare"):
        return [list(model._default_manager.order_by("pk").values()) for model in models]


@contextmanager
def refused(words: str = "", error: type[Exception] = GuardFailed) -> Iterator[None]:
    """What is done inside is refused in these words, and nothing changed."""
    before = everything()
    with pytest.raises(error, match=words or None):
        yield
    assert everything() == before
