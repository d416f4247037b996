"""What Celery calls: the job runner, the sweep, the sealer, the worker's sign of life."""

from django.utils import timezone

from . import api_writes, jobs, ledger
from .celery import app
from .models import WorkerHeartbeat


@app.task(name="jobs.run")
def run_job(job_id: int) -> None:
    """Do one job."""
    jobs.run(job_id)


@app.task(name="jobs.sweep")
def sweep_jobs() -> None:
    """Send lost jobs again."""
    jobs.sweep()


@app.task(name="jobs.heartbeat")
def heartbeat() -> None:
    """Show that a worker takes work: `/health/worker` reads it."""
    WorkerHeartbeat.objects.update_or_create(id=1, defaults={"seen_at": timezone.now()})


@app.task(name="ledger.seal")
def seal_ledger() -> None:
    """Chain the new entries of the audit trail."""
    ledger.seal_all()


@app.task(name="api.forget_old_answers")
def forget_old_answers() -> None:
    """Forget what the API answered more than a day ago."""
    api_writes.forget_old_answers()
