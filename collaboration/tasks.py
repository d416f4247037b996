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

from .actions.scoring import score_month


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
