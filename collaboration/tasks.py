"""Work in the background: scoring for everyone each night, and on request."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from ics_governance import jobs
from ics_governance.celery import app
from ics_governance.jobs import RunningJob
from ics_governance.models import User
from ics_governance.permissions import SYSTEM
from partnerships.access import actor_for

from .actions import evidence, feedback, reminders
from .actions.scoring import score_month
from .month_tasks import look_for_changes, months_nightly

__all__ = ["look_for_changes", "months_nightly", "score_nightly"]  # the worker finds tasks here


@app.task(name="collaboration.score_nightly")
def score_nightly() -> None:
    """Ask for the nightly run: the twelve months that end yesterday, the last whole day. Asked twice, it is one job."""
    day = timezone.localdate() - timedelta(days=1)
    jobs.enqueue("score", key=f"score:nightly:{day}", args={"as_of": day.isoformat(), "url": "/region/"})


@jobs.job("score")
def score(job: RunningJob, *, as_of: str, subjects: list[int] | None = None, url: str = "") -> dict[str, Any]:
    """Score bodies on behalf of whoever asked, and say what changed. `url` is where the outcome can be seen."""
    asker = job.row.requested_by_id
    by = actor_for(User.objects.get(pk=asker)) if asker else SYSTEM
    run = score_month(by=by, as_of=date.fromisoformat(as_of), subjects=subjects, progress=job.progress)
    return {**run.as_dict(), "summary": str(run), "url": url}


@app.task(name="collaboration.scan_evidence")
def scan_evidence() -> None:
    """Scan uploaded files that wait for it, where a scanner is configured."""
    evidence.scan_waiting()


@app.task(name="collaboration.sweep_evidence")
def sweep_evidence() -> None:
    """Take away what failed uploads left behind."""
    evidence.sweep()


@app.task(name="collaboration.due_dates")
def due_dates_daily() -> None:
    """Ask for the day's dates to be looked at: what is past is closed, who has not acted is reminded."""
    jobs.enqueue("due_dates", key=f"due_dates:{timezone.localdate()}")


@jobs.job("due_dates")
def due_dates(job: RunningJob) -> dict[str, Any]:
    """Close feedback rounds whose last day is past, and remind people of rounds, requests and risks."""
    closed = feedback.close_finished(by=SYSTEM)
    for remind in (reminders.remind_of_rounds, reminders.remind_of_requests, reminders.remind_of_risks):
        remind(by=SYSTEM)
    return {"rounds_closed": closed, "summary": f"{closed} feedback rounds closed", "url": ""}
