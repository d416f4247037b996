"""Work in the background: governance checks, nightly and of what changed, and reminders of what ends or is due."""

from datetime import date
from typing import Any

from django.utils import timezone

from ics_governance import jobs
from ics_governance.celery import app
from ics_governance.jobs import RunningJob
from ics_governance.models import Job
from ics_governance.permissions import SYSTEM
from ics_governance.workingdays import add_working_days, is_working_day

from .actions.checks import remind_of_ends, run_checks, tell_of_errors
from .models import Organisation
from .queries.changes import changed_since

CHECKS = "governance_checks"
CHANGED = "changed_checks"
FEW = 3  # systems that are checked one by one
ENDS = "expiry_reminders"


def _since(kind: str, otherwise: date) -> str:
    """The day up to which the last job of a kind told people."""
    last = Job.objects.filter(kind=kind, state=Job.State.DONE).order_by("-pk").first()
    return str(last.args["until"]) if last else otherwise.isoformat()


@app.task(name="partnerships.check_nightly")
def check_nightly() -> None:
    """Ask for the nightly checks of all England. Asked twice, it is one job."""
    day = timezone.localdate()
    jobs.enqueue(CHECKS, key=f"{CHECKS}:{day}", args={"until": day.isoformat()})


@jobs.job(CHECKS)
def governance_checks(job: RunningJob, *, until: str) -> dict[str, Any]:
    """Check everything, then tell people of errors in their systems that are new, whenever today they were found."""
    day = date.fromisoformat(until)
    ran = run_checks(by=SYSTEM, on=day)
    told = tell_of_errors(on=day)
    return {"summary": str(ran), "new": ran.new, "told": told, "url": "/checks/"}


@app.task(name="partnerships.check_changed")
def check_changed() -> None:
    """Ask for checks of the systems whose records changed since they were last asked for. Many changes are one job;
    while one waits or runs, what comes meanwhile waits for the next."""
    last = Job.objects.filter(kind=CHANGED).exclude(state=Job.State.FAILED).order_by("-pk").first()
    if last is not None and last.state != Job.State.DONE:
        return
    systems, place = changed_since(last.args["until"] if last else 0, timezone.localdate())
    if systems:
        jobs.enqueue(CHANGED, key=f"{CHANGED}:{place}", args={"systems": sorted(systems), "until": place})


@jobs.job(CHANGED)
def changed_checks(job: RunningJob, *, systems: list[int], until: int) -> dict[str, Any]:
    """Check these systems again; when they are many, all of England in one run, which costs less."""
    found = list(Organisation.objects.filter(pk__in=systems).order_by("pk"))
    ran = [run_checks(by=SYSTEM, system=icb) for icb in found] if len(found) <= FEW else [run_checks(by=SYSTEM)]
    new, gone = sum(each.new for each in ran), sum(each.gone for each in ran)
    return {"summary": f"{new:,} new findings, {gone:,} gone.", "new": new, "url": "/checks/"}


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
