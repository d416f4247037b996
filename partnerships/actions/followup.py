"""Writes about actions that follow from decisions: owners accept and report, only the forum re-dates and confirms."""

from datetime import date

from django.db import transaction

from ics_governance import ledger
from ics_governance.actions import carry_out, change, locked, record_new
from ics_governance.context import system
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P, allowed, require
from partnerships.models import Action, Decision, Employment, Organisation, Person, RoleMembership
from partnerships.workflows import ACTION

GOVERNED = ("decision", "title", "owner", "owner_person", "original_due", "due", "state")


@transaction.atomic
def propose_action(
    *, by: Actor, decision: Decision, title: str, owner: Organisation, due: date, person: Person | None = None
) -> Action:
    """Propose an action; it is nobody's until its owner accepts, which a draft's cannot."""
    require(by, P.DECISION_EDIT, decision)
    if decision.decided_on and due < decision.decided_on:
        raise GuardFailed([Reason("An action cannot be due before its decision.", "due")])
    if person and not Employment.objects.on(by.on).filter(person=person, organisation=owner).exists():
        raise GuardFailed([Reason(f"{person.name} does not work for {owner.name}.", "owner_person")])
    action = Action(
        decision=decision, title=title, owner=owner, owner_person=person, proposed_on=by.on, original_due=due, due=due
    )
    with system("action.proposed"):
        action.save()
    record_new(action, "action.proposed", GOVERNED, by=by, organisation_id=decision.forum.host_id)
    if not decision.is_editable:
        from .decisions import share

        share(decision, by.on)
        tell_owner(action)
    return action


def tell_owner(action: Action) -> None:
    """Notify those who may accept an action for its owner."""
    people = RoleMembership.objects.on(action.proposed_on).filter(
        organisation=action.owner_id, role__in=("trust_secretary", "partner", "icb_officer")
    )
    notify(
        people.values_list("user_id", flat=True),
        kind="action.proposed",
        text=f"An action waits for your organisation: {action.title}",
        url=f"/actions/{action.pk}/",
        key=f"action:{action.pk}",
    )


@transaction.atomic
def drop_action(*, by: Actor, action: Action) -> None:
    """Take an action off a draft. After the decision was agreed it can only be withdrawn."""
    require(by, P.DECISION_EDIT, action.decision)
    if not action.decision.is_editable:
        raise GuardFailed([Reason("The decision was agreed: withdraw the action instead.")])
    ledger.append(
        by=by,
        kind="action.dropped",
        record=action,
        before=ledger.snapshot(action, GOVERNED),
        organisation_id=action.decision.forum.host_id,
    )
    with system("action.dropped"):
        action.delete()


def _move(event: str, by: Actor, action: Action, **changes: object) -> Action:
    side = action.owner_id if event in ("accept", "decline", "finish") else action.decision.forum.host_id
    return carry_out(ACTION, event, action, by=by, organisation_id=side, changes=changes)


@transaction.atomic
def accept(*, by: Actor, action: Action, person: Person | None = None) -> Action:
    """The owner accepts, with the person who will do it."""
    if not allowed(by, P.ACTION_ACCEPT, action):
        raise Refused(P.ACTION_ACCEPT)
    if Decision.objects.filter(pk=action.decision_id, state__in=("draft", "proposed")).exists():
        raise GuardFailed([Reason("The decision has not been agreed yet.")])
    changes: dict[str, object] = {"accepted_on": by.on}
    if person:
        if not Employment.objects.on(by.on).filter(person=person, organisation=action.owner_id).exists():
            raise GuardFailed([Reason("This person does not work for the owner.", "owner_person")])
        changes["owner_person"] = person
    return _move("accept", by, action, **changes)


@transaction.atomic
def decline(*, by: Actor, action: Action, why: str) -> Action:
    """The owner declines, and says why."""
    if not why.strip():
        raise GuardFailed([Reason("Why your organisation declines", "why")])
    return _move("decline", by, action, progress=why)


@transaction.atomic
def report(*, by: Actor, action: Action, progress: str) -> Action:
    """The owner reports progress."""
    return _report(by, action, "action.progress", {"progress": progress})


@transaction.atomic
def tell_slippage(*, by: Actor, action: Action, plan: str) -> Action:
    """The owner tells the partners before the due date that it will be late, with a recovery plan."""
    if not plan.strip():
        raise GuardFailed([Reason("How the delay will be made good", "recovery_plan")])
    return _report(
        by, action, "action.slippage_told", {"slippage_told_on": by.on, "recovery_plan": plan, "plan_accepted_on": None}
    )


def _report(by: Actor, action: Action, kind: str, changes: dict[str, object]) -> Action:
    if not allowed(by, P.ACTION_REPORT, action):
        raise Refused(P.ACTION_REPORT)
    current = locked(action)
    if current.state != Action.State.ACCEPTED:
        raise GuardFailed([Reason("Only an accepted action that is not done can be reported on.")])
    return change(current, kind, by=by, organisation_id=action.owner_id, changes=changes)


@transaction.atomic
def finish(*, by: Actor, action: Action, evidence: str) -> Action:
    """The owner reports it done, with what shows it."""
    return _move("finish", by, action, done_on=by.on, evidence=evidence)


@transaction.atomic
def confirm(*, by: Actor, action: Action) -> Action:
    """The forum's side confirms that it was done."""
    return _move("confirm", by, action, confirmed_on=by.on)


@transaction.atomic
def hand_back(*, by: Actor, action: Action, why: str) -> Action:
    """The forum's side does not see it done, and says why."""
    if not why.strip():
        raise GuardFailed([Reason("What is still to be done", "why")])
    return _move("hand_back", by, action, done_on=None, progress=why)


@transaction.atomic
def withdraw(*, by: Actor, action: Action) -> Action:
    """The forum's side takes it back."""
    return _move("withdraw", by, action)


@transaction.atomic
def accept_plan(*, by: Actor, action: Action) -> Action:
    """The forum's side accepts a recovery plan that was told before the due date."""
    require(by, P.ACTION_CONFIRM, action)
    current = locked(action)
    if not current.slippage_told_on:
        raise GuardFailed([Reason("No delay has been told.")])
    return change(
        current,
        "action.plan_accepted",
        by=by,
        organisation_id=action.decision.forum.host_id,
        changes={"plan_accepted_on": by.on},
    )


@transaction.atomic
def redate(*, by: Actor, action: Action, due: date, why: str) -> Action:
    """The forum's side sets another due date; the original one stays visible and keeps counting."""
    require(by, P.ACTION_REDATE, action)
    current = locked(action)
    if not current.is_open:
        raise GuardFailed([Reason("Only an open action has a due date to change.")])
    if not why.strip():
        raise GuardFailed([Reason("Why the date changes", "why")])
    return change(
        current,
        "action.redated",
        by=by,
        organisation_id=action.decision.forum.host_id,
        changes={"due": due, "progress": why},
    )
