"""Work in the background: the daily digest of reminders, the nightly run of the rules that make signals."""

from datetime import date
from typing import Any

from django.utils import timezone

from ics_governance import jobs
from ics_governance.celery import app
from ics_governance.jobs import RunningJob
from ics_governance.models import Job
from ics_governance.permissions import SYSTEM
from ics_governance.wording import pluralise
from ics_governance.workflow import GuardFailed
from ics_governance.workingdays import add_working_days, is_working_day

from .actions.reminders import send_digests
from .actions.restructures import finish_those_due
from .actions.signals import evaluate_signals

REMINDERS = "case_reminders"
SIGNALS = "signals"


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


# --- Restructures -------------------------------------------------------------------------------------------------

PASSING = "restructures"


@app.task(name="oversight.pass_on")
def pass_on() -> None:
    """Ask for what is open at bodies of which a restructure's first day has come to be passed on."""
    day = timezone.localdate()
    jobs.enqueue(PASSING, key=f"{PASSING}:{day}", args={"on": day.isoformat()})


@jobs.job(PASSING)
def pass_on_open_matters(job: RunningJob, *, on: str) -> dict[str, Any]:
    """Pass on what waited for that day; done again it changes nothing."""
    number = finish_those_due(date.fromisoformat(on))
    return {"restructures": number, "summary": f"What was open passed in {pluralise(number, 'restructure')}."}


# --- Signals ------------------------------------------------------------------------------------------------------


@app.task(name="oversight.look_for_signals")
def look_for_signals() -> None:
    """Ask for the nightly run of the rules, after the scores of the night. Asked twice, it is one job."""
    day = timezone.localdate()
    jobs.enqueue(SIGNALS, key=f"{SIGNALS}:{day}", args={"on": day.isoformat()})


@jobs.job(SIGNALS)
def signals(job: RunningJob, *, on: str) -> dict[str, Any]:
    """Apply the rules to the last whole month. Before rules are loaded there is nothing to do."""
    try:
        run = evaluate_signals(by=SYSTEM, on=date.fromisoformat(on))
    except GuardFailed as refused:
        return {"summary": str(refused), "new": 0}
    return {"summary": str(run), "new": run.new, "url": "/signals/"}
