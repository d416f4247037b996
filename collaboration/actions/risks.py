"""Writes about shared risks: record one, look at it again, change it, close it, open it again."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from collaboration.access import P
from collaboration.models import Capacity, RiskAudience, SharedRisk
from collaboration.queries.people import everyone_who
from collaboration.queries.risks import sharing
from collaboration.workflows import SHARED_RISK
from ics_governance import ledger
from ics_governance.actions import carry_out, change, locked
from ics_governance.context import system
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import require
from partnerships.models import Employment, Organisation, OrganisationRelation, Person

# What is typed about a risk; its host and its state are set by actions of their own.
TYPED = ("title", "description", "forum", "owner", "owner_person", "mitigation", "review_on")
GOVERNED = ("host", *TYPED, "state")


@transaction.atomic
def add_risk(
    *, by: Actor, host: Organisation, values: Mapping[str, Any], sharers: Iterable[Organisation] = ()
) -> SharedRisk:
    """Record a risk that partners share; its owner, those who share it and the host's region can read it."""
    if not by.system and host.pk not in by.organisations(P.RISK_EDIT, Capacity.HOST):
        raise Refused(P.RISK_EDIT)
    risk = SharedRisk(host=host, raised_on=by.on, **_typed(values))
    _check(risk, by.on)
    with system("shared_risk.recorded"):
        risk.save()
        names = _share(risk, sharers, by.on)
    after = ledger.snapshot(risk, GOVERNED) | {"shared_with": names}
    ledger.append(by=by, kind="shared_risk.recorded", record=risk, after=after, organisation_id=host.pk)
    _tell_owner(risk, by)
    return risk


@transaction.atomic
def amend(
    *, by: Actor, risk: SharedRisk, values: Mapping[str, Any], sharers: Iterable[Organisation] = ()
) -> SharedRisk:
    """Change what is recorded of an open risk. A new owner can read it from today, a former one no longer."""
    current = _to_change(by, risk)
    owner, review_on = current.owner_id, current.review_on
    before = ledger.snapshot(current, TYPED) | {"shared_with": [body.name for body in sharing(current)]}
    for name, value in _typed(values).items():
        setattr(current, name, value)
    _check(current, by.on, review_on)
    with system("shared_risk.amended"):
        current.save(update_fields=list(_typed(values)))
        names = _share(current, sharers, by.on)
    after = ledger.snapshot(current, TYPED) | {"shared_with": names}
    ledger.append(
        by=by, kind="shared_risk.amended", record=current, before=before, after=after, organisation_id=current.host_id
    )
    if owner != current.owner_id:
        _tell_owner(current, by)
    return current


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(TYPED)
    if unknown:
        raise ValueError(f"Not fields of a risk: {sorted(unknown)}")
    return dict(values)


def _check(risk: SharedRisk, on: date, before: date | None = None) -> None:
    """What is named belongs together. `before`: the review's day as it was; one that is past may stay."""
    reasons = []
    if risk.forum and risk.forum.host_id != risk.host_id:
        reasons.append(Reason("A forum of the body that keeps the entry", "forum"))
    if risk.owner_person and not works_for(risk.owner_person, risk.owner_id, on):
        reasons.append(Reason("A person who works for the body that owns the risk", "owner_person"))
    if risk.review_on and risk.review_on != before and risk.review_on < on:
        reasons.append(Reason("A day for the next review that is not past", "review_on"))
    if reasons:
        raise GuardFailed(reasons)


def works_for(person: Person, body: int | None, on: date) -> bool:
    """Whether the body employs the person on that day."""
    return bool(Employment.objects.on(on).filter(person=person, organisation=body).exists())


def _share(risk: SharedRisk, sharers: Iterable[Organisation], on: date) -> list[str]:
    """Set who reads the risk from now on; returns the names of those who share it, for the audit entry."""
    bodies = sorted(
        {body.pk: body for body in sharers if body.pk not in (risk.host_id, risk.owner_id)}.values(),
        key=lambda body: (body.name, body.pk),
    )
    regions = OrganisationRelation.objects.on(on).filter(
        source_body=risk.host_id, kind=OrganisationRelation.Kind.REGION
    )
    wanted = {(risk.host_id, Capacity.HOST), *((body.pk, Capacity.MEMBER) for body in bodies)}
    wanted |= {(pk, Capacity.OVERSEER) for pk in regions.values_list("target_body_id", flat=True)}
    if risk.owner_id:
        wanted.add((risk.owner_id, Capacity.OWNER))
    have = {(row.organisation_id, row.capacity): row for row in risk.audience.filter(ends=None)}
    gone = RiskAudience.objects.filter(pk__in=[row.pk for pair, row in have.items() if pair not in wanted])
    gone.filter(starts__lt=on).update(ends=on - timedelta(days=1))
    gone.filter(starts=on).delete()
    RiskAudience.objects.bulk_create(
        RiskAudience(risk=risk, organisation_id=body, capacity=capacity, starts=on)
        for body, capacity in sorted(wanted - set(have))
    )
    return [body.name for body in bodies]


def _tell_owner(risk: SharedRisk, by: Actor) -> None:
    if risk.owner_id is None:
        return
    notify(
        everyone_who(P.RISK_EDIT, Capacity.OWNER, [risk.owner_id], by.on) - {by.user_id},
        kind="shared_risk.owned",
        text=f"Your organisation owns a shared risk: {risk.title}",
        url=f"/risks/{risk.pk}/",
        key=f"risk:{risk.pk}:owner:{risk.owner_id}",
    )


def _to_change(by: Actor, risk: SharedRisk) -> SharedRisk:
    """The risk as it is now, locked, for someone who may change it while it is open."""
    require(by, P.RISK_EDIT, risk)
    current = locked(risk)
    if current.state != SharedRisk.State.OPEN:
        raise GuardFailed([Reason("Only an open risk can be changed. Open it again first.")])
    return current


@transaction.atomic
def review(*, by: Actor, risk: SharedRisk, mitigation: str, review_on: date) -> SharedRisk:
    """Record that the risk was looked at today, what is done about it, and when it is looked at next."""
    current = _to_change(by, risk)
    reasons = []
    if not mitigation.strip():
        reasons.append(Reason("What is done about it", "mitigation"))
    if review_on <= by.on:
        reasons.append(Reason("A day for the next review that is still to come", "review_on"))
    if reasons:
        raise GuardFailed(reasons)
    changes = {"reviewed_on": by.on, "mitigation": mitigation, "review_on": review_on}
    return change(current, "shared_risk.reviewed", by=by, organisation_id=current.host_id, changes=changes)


def close_risk(*, by: Actor, risk: SharedRisk, closed_why: str) -> SharedRisk:
    """Close a risk, and say why it is none any more."""
    changes = {"closed_on": by.on, "closed_why": closed_why}
    return carry_out(SHARED_RISK, "close", risk, by=by, organisation_id=risk.host_id, changes=changes)


def reopen_risk(*, by: Actor, risk: SharedRisk) -> SharedRisk:
    """Open a closed risk again; it is due for review at once."""
    changes = {"closed_on": None, "closed_why": "", "review_on": by.on}
    return carry_out(SHARED_RISK, "reopen", risk, by=by, organisation_id=risk.host_id, changes=changes)
