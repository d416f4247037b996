"""Work in the background: the nightly governance checks, and reminders of what ends or is due for review."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from ics_governance import jobs
from ics_governance.celery import app
from ics_governance.jobs import RunningJob
from ics_governance.models import Job
from ics_governance.permissions import SYSTEM
from ics_governance.workingdays import add_working_days, is_working_day

from .actions.checks import remind_of_ends, run_checks, tell_of_errors

CHECKS = "governance_checks"
ENDS = "expiry_reminders"


def _since(kind: str, otherwise: date) -> str:
    """The day up to which the last job of a kind told people."""
    last = Job.objects.filter(kind=kind, state=Job.State.DONE).order_by("-pk").first()
    return str(last.args["until"]) if last else otherwise.isoformat()


@app.task(name="partnerships.check_nightly")
def check_nightly() -> None:
    """Ask for the nightly checks of all England. Asked twice, it is one job."""
    day = timezone.localdate()
    since = _since(CHECKS, day - timedelta(days=1))
    jobs.enqueue(CHECKS, key=f"{CHECKS}:{day}", args={"since": since, "until": day.isoformat()})


@jobs.job(CHECKS)
def governance_checks(job: RunningJob, *, since: str, until: str) -> dict[str, Any]:
    """Check everything, then tell people of new errors in their systems."""
    day = date.fromisoformat(until)
    ran = run_checks(by=SYSTEM, on=day)
    told = tell_of_errors(since=date.fromisoformat(since), until=day)
    return {"summary": str(ran), "new": ran.new, "told": told, "url": "/checks/"}


@app.task(name="partnerships.remind_of_ends")
def remind_of_what_ends() -> None:
    """Ask for the reminders of the day, on working days; they make up for days on which none were sent."""
    day = timezone.localdate()
    if is_working_day(day):
        since = _since(ENDS, add_working_days(day, -1))
        jobs.enqueue(ENDS, key=f"{ENDS}:{day}", args={"since": since, "until": day.isoformat()})


@jobs.job(ENDS)
def expiry_reminders(job: RunningJob, *, since: str, until: str) -> dict[str, Any]:
    """Send the reminders of a day."""
    told = remind_of_ends(since=date.fromisoformat(since), until=date.fromisoformat(until))
    return {"told": told, "summary": f"{told} people were reminded of what ends or is due for review."}
