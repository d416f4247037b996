"""Writes that follow a change of evidence: mark the bodies concerned, score them again, many changes in one run."""

from django.db import transaction
from django.db.models import Max

from collaboration.actions.scoring import Run, score_month
from collaboration.models import ProfileMonth, ScoringCursor, StaleProfile
from collaboration.queries.profiles import current_framework, scored_bodies
from collaboration.queries.stale import touched_since
from ics_governance import jobs
from ics_governance.models import Job, LedgerSeal
from ics_governance.permissions import Actor
from partnerships.models import Organisation


@transaction.atomic
def mark_stale(*, by: Actor) -> int:
    """Read the audit trail on from where it was left, and mark the scored bodies whose records it changed.

    Enqueues one run for all of them. The first call only takes its place at the end. Returns how many were marked.
    """
    ScoringCursor.objects.get_or_create(pk=1, defaults={"sequence": _newest()})
    cursor = ScoringCursor.objects.select_for_update().get(pk=1)
    bodies, last = touched_since(cursor)
    if last == cursor.sequence:
        return 0
    ScoringCursor.objects.filter(pk=1).update(sequence=last)
    scored = scored_bodies(Organisation.objects.filter(pk__in=bodies, profiles__isnull=False), by.on).distinct()
    StaleProfile.objects.bulk_create(
        [StaleProfile(subject=body, sequence=last) for body in scored],
        update_conflicts=True,
        unique_fields=["subject"],
        update_fields=["sequence"],
    )
    marked = StaleProfile.objects.filter(sequence=last).count()
    waits = Job.objects.filter(kind="rescore", state=Job.State.QUEUED).exists()
    if marked and not waits:
        jobs.enqueue("rescore", f"rescore:{last}")
    return marked


def _newest() -> int:
    return LedgerSeal.objects.aggregate(last=Max("sequence"))["last"] or 0


@transaction.atomic
def rescore_stale(*, by: Actor) -> list[Run]:
    """Score the marked bodies again: their running month, and a month that is previewed; then they are fresh."""
    stale = dict(StaleProfile.objects.values_list("subject", "sequence"))
    if not stale or current_framework() is None:
        return []
    previews = ProfileMonth.objects.filter(frozen_at=None).order_by("as_of").values_list("as_of", flat=True)
    runs = [score_month(by=by, as_of=day, subjects=list(stale)) for day in [*previews, by.on]]
    # what was marked again meanwhile stays marked
    StaleProfile.objects.filter(subject__in=list(stale), sequence__lte=max(stale.values())).delete()
    return runs
