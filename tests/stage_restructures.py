"""A restructure on the stage: two trusts of West Yorkshire are to merge in a month; nothing has moved yet."""

from datetime import timedelta

from django.utils import timezone

from oversight.actions import restructures
from oversight.models import Restructure
from tests.world import World


def of_the_stage() -> Restructure:
    """The draft, made by whoever asks for it first."""
    found = Restructure.objects.filter(state="draft").first()
    if found is not None:
        return found
    world = World()
    return restructures.draft(
        by=world.actor("admin"), kind="merge", predecessors=[world.body("RCF"), world.body("RR8")],
        successors=[{"name": "Aire Valley NHS Trust", "code": "RAV", "kind": "trust"}],
        effective_on=timezone.localdate() + timedelta(days=30),
    )  # fmt: skip
