"""Writes about delegations: draft one, let the accountable body approve it, bring it into force, suspend, end."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from ics_governance.actions import carry_out, record_new
from ics_governance.permissions import Actor, Refused
from partnerships.access import P, require
from partnerships.models import Completeness, Delegation, Organisation, Place
from partnerships.workflows import DELEGATION

FIELDS = (
    "function", "from_organisation", "from_forum", "from_post", "to_forum", "to_organisation", "to_post", "model",
    "basis", "instrument", "limit", "limit_kind", "starts", "ends", "review_on", "conditions",
    "onward_delegation_permitted", "status",
)  # fmt: skip


@transaction.atomic
def draft_delegation(
    *, by: Actor, owner: Organisation, values: Mapping[str, Any], places: Iterable[Place] = ()
) -> Delegation:
    """Draft a delegation of one of the body's functions. It gives no authority until it is approved and in force."""
    if not by.system and owner.pk not in by.organisations(P.DELEGATION_EDIT, "host"):
        raise Refused(P.DELEGATION_EDIT)
    made = Delegation.objects.create(from_organisation=owner, **values)
    made.places.set(places)
    return record_new(made, "delegation.drafted", FIELDS, by=by, organisation_id=owner.pk)


def _move(event: str, by: Actor, delegation: Delegation, **changes: object) -> Delegation:
    return carry_out(
        DELEGATION, event, delegation, by=by, organisation_id=delegation.from_organisation_id, changes=changes
    )


def approve(*, by: Actor, delegation: Delegation) -> Delegation:
    """The accountable body approves the draft: another person than its drafter, by the roles."""
    return _move("approve", by, delegation)


def bring_into_force(*, by: Actor, delegation: Delegation) -> Delegation:
    """An approved delegation takes effect, within its dates."""
    return _move("bring_into_force", by, delegation)


def suspend(*, by: Actor, delegation: Delegation) -> Delegation:
    """The accountable body suspends it."""
    return _move("suspend", by, delegation)


def resume(*, by: Actor, delegation: Delegation) -> Delegation:
    """A suspended delegation holds again."""
    return _move("resume", by, delegation)


def end(*, by: Actor, delegation: Delegation, last_day: date) -> Delegation:
    """End it, with its last day."""
    return _move("end", by, delegation, ends=last_day)


@transaction.atomic
def declare_complete(*, by: Actor, organisation: Organisation, family: str, complete_from: date) -> Completeness:
    """The body declares its register of delegations complete for a family of functions, from a day on."""
    require(by, P.REGISTER_DECLARE, organisation)
    row, _ = Completeness.objects.update_or_create(
        organisation=organisation, family=family, defaults={"complete_from": complete_from}
    )
    return record_new(
        row,
        "register.declared_complete",
        ("organisation", "family", "complete_from"),
        by=by,
        organisation_id=organisation.pk,
    )
