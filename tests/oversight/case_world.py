"""Cases for tests, made by the actions themselves: one list of moves leads to every stage."""

from datetime import date
from typing import Any

from collaboration.models import InformalAttempt
from ics_governance.context import acting_as
from oversight.actions import cases, concerns
from oversight.models import Case
from tests.world import World

TODAY = date(2026, 10, 20)


def act(world: World, who: str, verb: Any, **arguments: Any) -> Any:
    """Carry an action out as a person of the cast, in the context that a request would have."""
    actor = world.actor(who)
    with acting_as(actor):
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
    actor = world.actor(who)
    with acting_as(actor):
        fresh = Case.objects.get(pk=case.pk)
        return cases.move(by=actor, case=fresh, event=event, reason=reason, changes=changes)
