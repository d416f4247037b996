"""Work in the background around months: previewing and freezing them, and scoring again what changed."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from ics_governance import jobs
from ics_governance.celery import app
from ics_governance.jobs import RunningJob
from ics_governance.permissions import SYSTEM

from .actions.months import begin_preview, freeze_month
from .actions.stale import mark_stale, rescore_stale
from .models import ProfileMonth
from .queries.profiles import current_framework


@app.task(name="collaboration.months_nightly")
def months_nightly() -> None:
    """Ask for what the calendar demands: the preview of the month that ended, the freeze of one seen long enough."""
    jobs.enqueue("months", key=f"months:{timezone.localdate()}")


@jobs.job("months")
def months(job: RunningJob) -> dict[str, Any]:
    """Preview the month that ended last, and freeze each whose preview is over."""
    if current_framework() is None:
        return {"summary": "No framework is loaded."}
    today = timezone.localdate()
    over = ProfileMonth.objects.filter(frozen_at=None, freezes_on__lt=today, framework=current_framework())
    frozen = [freeze_month(by=SYSTEM, as_of=month.as_of) for month in over.order_by("as_of")]
    last = begin_preview(by=SYSTEM, as_of=today.replace(day=1) - timedelta(days=1))
    return {"summary": f"Previewed {last}; frozen: {', '.join(map(str, frozen)) or 'none'}."}


@app.task(name="collaboration.mark_stale")
def look_for_changes() -> None:
    """Every few seconds: which scored bodies have records that changed?"""
    mark_stale(by=SYSTEM)


@jobs.job("rescore")
def rescore(job: RunningJob) -> dict[str, Any]:
    """Score the bodies whose records changed, many changes in one run."""
    runs = rescore_stale(by=SYSTEM)
    return {"summary": " ".join(map(str, runs)) or "Nothing had changed."}
