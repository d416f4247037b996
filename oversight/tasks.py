"""Work in the background: the daily digest of reminders."""

from datetime import date
from typing import Any

from django.utils import timezone

from ics_governance import jobs
from ics_governance.celery import app
from ics_governance.jobs import RunningJob
from ics_governance.models import Job
from ics_governance.workingdays import add_working_days, is_working_day

from .actions.reminders import send_digests

REMINDERS = "case_reminders"


@app.task(name="oversight.remind")
def remind() -> None:
    """Ask for the digest of the day, on working days; it makes up for days on which none was sent."""
    day = timezone.localdate()
    if not is_working_day(day):
        return
    last = Job.objects.filter(kind=REMINDERS, state=Job.State.DONE).order_by("-pk").first()
    since = last.args["until"] if last else add_working_days(day, -1).isoformat()
    jobs.enqueue(REMINDERS, key=f"{REMINDERS}:{day}", args={"since": since, "until": day.isoformat()})


@jobs.job(REMINDERS)
def case_reminders(job: RunningJob, *, since: str, until: str) -> dict[str, Any]:
    """Send the digest of a day."""
    told = send_digests(since=date.fromisoformat(since), until=date.fromisoformat(until))
    return {"told": told, "summary": f"{told} people were reminded of clocks of cases."}
