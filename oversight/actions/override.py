"""The urgent way to oversight review: one person asks, a second one of the receiving region confirms."""

from django.db import transaction
from django.utils import timezone

from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from oversight.access import P
from oversight.models import Case, Override
from oversight.queries.holders import parties_of, region_for
from partnerships.access import allowed

from .cases import move
from .standing import as_lead, log, need, open_case, person, tell

BEFORE_REVIEW = (Case.Stage.RAISED, Case.Stage.INFORMAL, Case.Stage.FACILITATED, Case.Stage.DISPUTE)


@transaction.atomic
def ask_for_override(*, by: Actor, case: Case, risk: str, reason: str) -> Override:
    """Ask that a case goes to oversight review at once, for a risk to patients or to a statutory duty."""
    standing = as_lead(by, case, P.CASE_LEAD if allowed(by, P.CASE_LEAD, case) else P.CASE_CONFIRM)
    why = need("What the risk is, and why it cannot wait", reason, "reason")
    if risk not in Override.Risk.values:
        raise GuardFailed([Reason("A risk to patients, or to a statutory duty", "risk")])
    current = open_case(case)
    if current.stage not in BEFORE_REVIEW:
        raise GuardFailed([Reason("The case is in oversight review, or has been.", "stage")])
    with system("case.override_asked"):
        if current.overrides.filter(confirmed_by=None).exists():
            raise GuardFailed([Reason("An override waits for its second person already.", "override")])
        region = region_for(current.concern, by.on, parties_of(current.concern, by.on))
        asked = Override.objects.create(
            case=current, region_id=region, risk=risk, reason=why, asked_by_id=person(by),
            organisation_id=standing.organisation or current.holder_id,
        )  # fmt: skip
    log(by, current, "case.override_asked", {"risk": risk, "reason": why, "region": region})
    tell(
        by, current, f"override:{asked.pk}", "an urgent override waits for your confirmation.",
        permission=P.CASE_CONFIRM, capacity="overseer", bodies=[region],
    )  # fmt: skip
    return asked


@transaction.atomic
def confirm_override(*, by: Actor, override: Override) -> Case:
    """A second person of the receiving region confirms; the case moves, and carries the flag for ever."""
    as_lead(by, override.case, P.CASE_CONFIRM)
    if override.asked_by_id == by.user_id:
        raise Refused(P.CASE_CONFIRM, "You asked for this override: a second person has to confirm it.")
    if not by.system and override.region_id not in by.organisations(P.CASE_CONFIRM):
        raise Refused(P.CASE_CONFIRM, f"A person of {override.region.name} confirms this override.")
    current = open_case(override.case)
    with system("case.override_confirmed"):
        fresh = Override.objects.select_for_update().filter(pk=override.pk, confirmed_by=None).first()
        if fresh is None:
            raise GuardFailed([Reason("This override does not wait for confirmation any more.")])
        fresh.confirmed_by_id, fresh.confirmed_at = by.user_id, timezone.now()
        fresh.save(update_fields=["confirmed_by", "confirmed_at"])
    reason = f"Urgent override for {fresh.get_risk_display()}: {fresh.reason}"
    return move(by=by, case=current, event="override", reason=reason)
