"""What is typed into the form of a delegation, and bases and bodies that its tests need besides the world's."""

from datetime import date
from typing import Any

from ics_governance.context import system
from partnerships.models import Delegation, Forum, Function, LegalBasis, Membership, Organisation
from tests.world import LONG_AGO, World, moved

FIRST = {"starts_day": "1", "starts_month": "11", "starts_year": "2026"}
OPEN = [
    # basis, owner, recipient
    ("s65z5", "icb", "icb"), ("s65z5", "icb", "trust"), ("s65z5", "icb", "local_authority"), ("s65z5", "trust", "icb"),
    ("s65z6", "icb", "joint_committee"), ("s65z6", "trust", "joint_committee"), ("s75", "icb", "joint_committee"),
    ("s75", "local_authority", "joint_committee"), ("s75", "icb", "local_authority"),
    ("lga1972_s101", "local_authority", "committee"), ("contract", "icb", "trust"), ("transfer_order", "icb", "icb"),
    ("internal_scheme", "trust", "committee"),
]  # fmt: skip


def open_bases() -> None:
    """Make the legal bases known that the world does not have."""
    for code, owner, recipient in OPEN:
        LegalBasis.objects.get_or_create(
            code=code, owner_kind=owner, recipient_kind=recipient,
            defaults={"title": code, "source": "An Act", "mark": "P", "internal": recipient == "committee"},
        )  # fmt: skip


def typed(world: World, **changes: Any) -> dict[str, Any]:
    """A delegation from the ICB's board to its place board, against which nothing stands."""
    return {
        "host": world.icb.pk,
        "function": Function.objects.get(code="community_services").pk,
        "to_forum": world.place_board.pk,
        "model": "delegated",
        "basis": "internal_scheme",
        "instrument": "scheme of delegation 4.3",
        "limit": "50,000",
        "limit_kind": "whole_life",
        "assurance": "A report to the board each quarter.",
        **FIRST,
    } | changes


def edge(source: Organisation, target: Forum | Organisation | Any, *, status: str = "in_force", **fields: Any) -> Any:
    """A delegation of community services as it stands in the register, reached step by step."""
    kind = {"Forum": "to_forum", "Organisation": "to_organisation", "Post": "to_post"}[type(target).__name__]
    places = fields.pop("places", [])
    values = {"basis": "s65z5", "instrument": "an agreement", "starts": date(2024, 1, 1)} | fields
    values.setdefault("function", Function.objects.get(code="community_services"))
    made = Delegation.objects.create(from_organisation=source, **{kind: target}, **values)
    made.places.set(places)
    steps = {"draft": (), "approved": ("approved",), "in_force": ("approved", "in_force"),
             "suspended": ("approved", "in_force", "suspended")}  # fmt: skip
    moved(made, *steps[status])
    made.refresh_from_db()
    return made


def joint_committee(world: World, *members: str, form: str = "joint_committee", **fields: Any) -> Forum:
    """A joint committee hosted by the ICB, with voting members of these bodies."""
    values = {"name": "Joint committee", "level": "system", "starts": LONG_AGO} | fields
    with system("a joint committee for a test"):
        made = Forum.objects.create(host=world.icb, form=form, **values)
        for code in members:
            Membership.objects.create(forum=made, organisation=world.body(code), starts=LONG_AGO)
    return made
