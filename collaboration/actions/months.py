"""Writes of months: preview to the subjects, freeze ten working days later, recalculate beside what was frozen."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models.functions import Now

from collaboration.access import P
from collaboration.actions.scoring import score_month
from collaboration.assessment import Assessment
from collaboration.models import Framework, Profile, ProfileMonth, Reading, Score
from collaboration.queries.counts import assess_all
from collaboration.queries.people import people_who
from collaboration.queries.profiles import current_framework
from ics_governance import ledger
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from partnerships.models import Organisation

PREVIEW = 10  # working days between the preview and the freeze


@transaction.atomic
def begin_preview(*, by: Actor, as_of: date, score: bool = True, on: date | None = None) -> ProfileMonth:
    """Show a month's profiles to their subjects, who may query the records behind them; asked twice, done once.

    Everyone is scored first, unless the caller has just done so (`score=False`). Only the schedule and the command do
    this. `on`: the day it is previewed (today). Raises GuardFailed for a day that is not the last of a month, or lies
    ahead.
    """
    framework, on = _month_end(by, as_of), on or by.on
    known = ProfileMonth.objects.filter(framework=framework, as_of=as_of).first()
    if known:
        return known
    if score:
        score_month(by=by, as_of=as_of)
    month = ProfileMonth.objects.create(
        framework=framework, as_of=as_of, previewed_on=on, freezes_on=add_working_days(on, PREVIEW)
    )
    shown = Profile.objects.filter(framework=framework, as_of=as_of, state=Profile.State.RUNNING)
    bodies = list(shown.values_list("subject", flat=True))
    shown.update(state=Profile.State.PREVIEW)
    _tell_trail(by, "profiles.previewed", framework, as_of, bodies)
    if month.freezes_on >= by.on:
        _tell_subjects(month, bodies, on)
    return month


def _month_end(by: Actor, as_of: date) -> Framework:
    if not by.system:
        raise Refused(P.PROFILE_SCORE)
    if (as_of + timedelta(days=1)).day != 1 or as_of >= by.on:
        raise GuardFailed([Reason(f"A month that has ended: {day(as_of)} is not the last day of one", "as_of")])
    framework = current_framework()
    if framework is None:
        raise GuardFailed([Reason("No framework is loaded. Run “manage.py seed_frameworks” first.")])
    return framework


def _tell_subjects(month: ProfileMonth, bodies: Iterable[int], on: date) -> None:
    codes = {body.pk: body.code for body in Organisation.objects.filter(pk__in=list(bodies))}
    for body, people in people_who(P.PROFILE_VIEW, "subject", codes, on).items():
        notify(
            people,
            kind="profile.previewed",
            text=f"The profile for the 12 months to {day(month.as_of)} can be looked at. "
            f"Query a record behind it until {day(month.freezes_on)}.",
            url=f"/profiles/{codes[body]}/?month={month.as_of.isoformat()}",
            key=f"profile:{body}:{month.as_of.isoformat()}:previewed",
        )


@transaction.atomic
def freeze_month(*, by: Actor, as_of: date, score: bool = True, on: date | None = None) -> ProfileMonth:
    """Freeze a previewed month for good: the database refuses every change of it from then on.

    Everyone is scored a last time first. A record whose query is still open stays out of the count: what its keeper
    has not answered in time is not held against the body. Raises GuardFailed before the preview has ended.
    """
    framework = _month_end(by, as_of)
    month = ProfileMonth.objects.select_for_update().filter(framework=framework, as_of=as_of).first()
    if month is None:
        raise GuardFailed([Reason("Its preview first: a month is frozen only after its subjects have seen it")])
    if month.frozen_at:
        return month
    if (on or by.on) <= month.freezes_on:
        raise GuardFailed([Reason(f"The end of the preview: it runs until {day(month.freezes_on)}")])
    if score:
        score_month(by=by, as_of=as_of)
    ready = Profile.objects.filter(framework=framework, as_of=as_of).exclude(state=Profile.State.FROZEN)
    bodies = list(ready.values_list("subject", flat=True))
    ready.update(state=Profile.State.FROZEN)
    ProfileMonth.objects.filter(pk=month.pk).update(frozen_at=Now())
    _tell_trail(by, "profiles.frozen", framework, as_of, bodies)
    month.refresh_from_db()
    return month


def _tell_trail(by: Actor, kind: str, framework: Framework, as_of: date, bodies: Iterable[int]) -> None:
    rows = Profile.objects.filter(framework=framework, as_of=as_of, subject__in=list(bodies))
    said = [
        (*row[:1], as_of, str(framework), *row[1:])
        for row in rows.order_by("pk").values_list("subject", "inputs", "state")
    ]
    ledger.append_bulk(
        by=by, kind=kind, import_id=f"{kind}-{as_of.isoformat()}", digest=ledger.digest_of_rows(said), count=len(said)
    )


@transaction.atomic
def restate_month(*, by: Actor, as_of: date, reason: str, subjects: Iterable[int] | None = None) -> int:
    """Recalculate a frozen month from the records as they are now, beside what was frozen, with the reason.

    Only bodies whose figures differ get a restatement. Returns how many did. What was frozen stays as it was.
    """
    framework = _month_end(by, as_of)
    if not reason.strip():
        raise GuardFailed([Reason("The reason for the recalculation", "reason")])
    frozen = Profile.objects.filter(as_of=as_of, state=Profile.State.FROZEN).order_by("subject", "restatement")
    newest = {
        row.subject_id: row for row in (frozen if subjects is None else frozen.filter(subject__in=list(subjects)))
    }
    if not newest:
        raise GuardFailed([Reason("A month that is frozen; a running one is simply scored again")])
    results = assess_all(framework, as_of, newest)
    changed = {pk: result for pk, result in results.items() if result.inputs != newest[pk].inputs}
    for pk, result in changed.items():
        _restate(newest[pk], framework, result, reason)
    if changed:
        _tell_trail(by, "profiles.restated", framework, as_of, changed)
    return len(changed)


def _restate(before: Profile, framework: Framework, result: Assessment, reason: str) -> None:
    profile = Profile.objects.create(
        subject_id=before.subject_id, framework=framework, as_of=before.as_of, engine=before.engine,
        inputs=result.inputs, restatement=before.restatement + 1, reason=reason,
    )  # fmt: skip
    Score.objects.bulk_create([Score(profile=profile, **score) for score in result.scores])
    Reading.objects.bulk_create([Reading(profile=profile, **reading) for reading in result.readings])
    Profile.objects.filter(pk=profile.pk).update(state=Profile.State.FROZEN)
