"""Writes about delegations: draft one, let the accountable body approve it, bring it into force, suspend, end.

A draft is kept with whatever stands against it; approving it is refused with every reason, each at its field.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from ics_governance import ledger
from ics_governance.actions import carry_out, locked, record_new
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P, require
from partnerships.delegation_guards import cannot_be_kept, last_day_is_possible
from partnerships.models import Completeness, Delegation, DelegationReview, Function, Organisation, Place, Suspension
from partnerships.queries.delegation_facts import gather_saved
from partnerships.workflows import DELEGATION

# What may be typed into a draft; everything else is set by an action of its own.
DRAFTED = (
    "function", "from_forum", "from_post", "to_forum", "to_organisation", "to_post", "model", "basis", "instrument",
    "limit", "limit_kind", "fund", "urgent", "ratify_within", "starts", "ends", "review_on", "conditions", "assurance",
    "onward_delegation_permitted", "novates",
)  # fmt: skip
FIELDS = ("from_organisation", *DRAFTED, "status", "drafted_by")


@transaction.atomic
def draft_delegation(
    *, by: Actor, owner: Organisation, values: Mapping[str, Any], places: Iterable[Place] = ()
) -> Delegation:
    """Draft a delegation of what the body holds. It gives no authority until it is approved and in force.

    `values` are `DRAFTED` fields. Raises GuardFailed only for what no draft can lack: a function, one recipient.
    """
    if not by.system and owner.pk not in by.organisations(P.DELEGATION_EDIT, "host"):
        raise Refused(P.DELEGATION_EDIT)
    _refuse_what_cannot_be_kept(values)
    made = Delegation.objects.create(from_organisation=owner, drafted_by_id=by.user_id, **values)
    made.places.set(places)
    after = ledger.snapshot(made, FIELDS) | {"places": _places(made)}
    ledger.append(by=by, kind="delegation.drafted", record=made, after=after, organisation_id=owner.pk)
    return made


def _refuse_what_cannot_be_kept(values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(DRAFTED):
        raise ValueError(f"Not fields of a draft: {sorted(unknown)}")
    if reasons := list(cannot_be_kept(values)):
        raise GuardFailed(reasons)


def _places(delegation: Delegation) -> list[int]:
    return sorted(delegation.places.values_list("pk", flat=True))


@transaction.atomic
def edit_draft(
    *, by: Actor, delegation: Delegation, values: Mapping[str, Any], places: Iterable[Place] | None = None
) -> Delegation:
    """Change a draft. What was approved is not edited: it is ended, and another one drafted."""
    require(by, P.DELEGATION_EDIT, delegation)
    current = locked(delegation)
    if current.status != Delegation.Status.DRAFT:
        raise GuardFailed([Reason("Only a draft is edited. End this delegation and draft another one.")])
    _refuse_what_cannot_be_kept({name: getattr(current, name) for name in DRAFTED} | dict(values))
    before = ledger.snapshot(current, values) | {"places": _places(current)}
    for name, value in values.items():
        setattr(current, name, value)
    current.save(update_fields=[*values])
    if places is not None:
        current.places.set(places)
    after = ledger.snapshot(current, values) | {"places": _places(current)}
    if before != after:
        ledger.append(
            by=by, kind="delegation.edited", record=current, before=before, after=after,
            organisation_id=current.from_organisation_id,
        )  # fmt: skip
    return current


# --- Moves --------------------------------------------------------------------------------------------------------


def _move(event: str, by: Actor, delegation: Delegation, **changes: object) -> Delegation:
    return carry_out(
        DELEGATION, event, delegation, by=by, organisation_id=delegation.from_organisation_id, changes=changes
    )


def approve(*, by: Actor, delegation: Delegation) -> Delegation:
    """The accountable body approves the draft: another person than whoever wrote it, and nothing stands against it."""
    return carry_out(
        DELEGATION, "approve", delegation, by=by, organisation_id=delegation.from_organisation_id,
        changes={"approved_on": by.on, "approved_by": by.user_id},
        prepare=lambda current: gather_saved(current, by.on, by.user_id), whole=FIELDS,
    )  # fmt: skip


def withdraw(*, by: Actor, delegation: Delegation) -> Delegation:
    """Withdraw a draft; it stays where its body can read it."""
    return _move("withdraw", by, delegation)


def bring_into_force(*, by: Actor, delegation: Delegation) -> Delegation:
    """An approved delegation takes effect, within its dates."""
    return _move("bring_into_force", by, delegation, in_force_on=by.on)


def _move_and_tell(
    event: str, by: Actor, delegation: Delegation, told: Mapping[str, object], **changes: object
) -> Delegation:
    """A move whose one entry in the audit trail also tells what was said or done with it."""
    current = locked(delegation)
    before = ledger.snapshot(current, ["status", *changes])
    row = DELEGATION.check(current, event, by)
    for name, value in (*changes.items(), ("status", row.target)):
        setattr(current, name, value)
    current.save(update_fields=["status", *changes])
    after = ledger.snapshot(current, ["status", *changes]) | dict(told)
    body = current.from_organisation_id
    ledger.append(by=by, kind=row.ledger, record=current, before=before, after=after, organisation_id=body)
    return current


@transaction.atomic
def suspend(*, by: Actor, delegation: Delegation, reason: str = "") -> Delegation:
    """The accountable body suspends it from today on, and says why."""
    require(by, P.DELEGATION_APPROVE, delegation)
    if not reason.strip():
        raise GuardFailed([Reason("Why it is suspended", "reason")])
    moved = _move_and_tell("suspend", by, delegation, {"reason": reason, "suspended_from": by.on})
    Suspension.objects.create(delegation=moved, starts=by.on, reason=reason)
    return moved


@transaction.atomic
def resume(*, by: Actor, delegation: Delegation) -> Delegation:
    """A suspended delegation holds again from today on. One that was suspended today had no day without authority."""
    last_day = by.on - timedelta(days=1)
    moved = _move_and_tell("resume", by, delegation, {"suspended_until": last_day})
    _close_suspension(moved, last_day)
    return moved


def _close_suspension(delegation: Delegation, last_day: date) -> None:
    opened = delegation.suspensions.filter(ends=None)
    opened.filter(starts__gt=last_day).delete()
    opened.update(ends=last_day)


@transaction.atomic
def end(*, by: Actor, delegation: Delegation, last_day: date | None = None) -> Delegation:
    """End it, with its last day; until then it holds. One that never came into force has no last day: it just ends."""
    require(by, P.DELEGATION_APPROVE, delegation)
    current = locked(delegation)
    if reasons := list(last_day_is_possible(current, last_day, by.on)):
        raise GuardFailed(reasons)
    if current.in_force_on is None or last_day is None:
        return _move("end", by, delegation, ended_on=by.on)
    moved = _move("end", by, delegation, ends=last_day, ended_on=by.on)
    _close_suspension(moved, last_day)
    return moved


# --- Reviews and declarations -------------------------------------------------------------------------------------


@transaction.atomic
def review(
    *,
    by: Actor,
    delegation: Delegation,
    held_on: date,
    outcome: str,
    note: str = "",
    next_review_on: date | None = None,
) -> DelegationReview:
    """Record a review: a dated event, which also says when the next one is due. It changes no authority."""
    require(by, P.DELEGATION_EDIT, delegation)
    current = locked(delegation)
    reasons = []
    if current.status in Delegation.NEVER_APPROVED:
        reasons.append(Reason("Only what was approved is reviewed"))
    if held_on > by.on:
        reasons.append(Reason("A review is recorded once it was held", "held_on"))
    if current.starts and held_on < current.starts:
        reasons.append(Reason("A review is held once the delegation has begun", "held_on"))
    if next_review_on and next_review_on <= held_on:
        reasons.append(Reason("The next review comes after this one", "next_review_on"))
    if reasons:
        raise GuardFailed(reasons)
    made = DelegationReview.objects.create(
        delegation=current, held_on=held_on, outcome=outcome, note=note, next_review_on=next_review_on
    )
    before = {"review_on": current.review_on}
    current.review_on = next_review_on
    current.save(update_fields=["review_on"])
    after = {"review_on": next_review_on, "held_on": held_on, "outcome": outcome, "note": note}
    body = current.from_organisation_id
    ledger.append(by=by, kind="delegation.reviewed", record=current, before=before, after=after, organisation_id=body)
    return made


@transaction.atomic
def declare_complete(*, by: Actor, organisation: Organisation, family: str, complete_from: date) -> Completeness:
    """The body declares its register of delegations complete for a family of functions, from a day on."""
    require(by, P.REGISTER_DECLARE, organisation)
    reasons = []
    if not Function.objects.filter(family=family, owner_kind=organisation.kind).exists():
        reasons.append(Reason("By law this body holds no function of this family", "family"))
    if complete_from > by.on:
        reasons.append(Reason("The register can be declared complete up to today, not ahead", "complete_from"))
    if reasons:
        raise GuardFailed(reasons)
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
