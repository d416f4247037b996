"""Background jobs: a row first, a message second.

`enqueue` writes the row in the transaction that wants the work (unique key, so asking twice is one job); on commit a
sender thread publishes its id. The request's thread never publishes: a hanging broker would hang the page. A worker
claims the row, renews a lease, and finishes it in the same transaction as the work's effect, fenced by the attempt
number. A sweep sends again what was lost. Leases are counted by the database's clock, which all workers share.
"""

import os
import queue
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules

from .models import Job
from .permissions import Actor, Refused
from .workflow import GuardFailed

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=20)
BEAT = 5.0
RESEND_AFTER = timedelta(seconds=15)
SWEEP_LIMIT = 500
ATTEMPTS = 5
OUR_FAULT = "It stopped because of a fault on our side. Nothing was changed."
LOST = f"It was begun {ATTEMPTS} times, and each time the worker or the database failed before it was done."

Work = Callable[..., dict[str, Any] | None]
_kinds: dict[str, Work] = {}


def job(kind: str) -> Callable[[Work], Work]:
    """Register the function that does the work of a kind: `run(job: RunningJob, **args) -> result`."""

    def decorate(work: Work) -> Work:
        _kinds[kind] = work
        return work

    return decorate


def work_of(kind: str) -> Work:
    """The function that does the work of a kind. Raises KeyError for one that no app's `tasks` registers."""
    if kind not in _kinds:
        autodiscover_modules("tasks")
    if kind not in _kinds:
        raise KeyError(f"No job kind named {kind}")
    return _kinds[kind]


class CannotBeDone(Exception):
    """The work cannot be done as asked; the text says why, to the person who asked."""


class Superseded(Exception):
    """Another attempt holds the job now; this one's effect is undone."""


# --- Asking for work ----------------------------------------------------------------------------------------------


def enqueue(kind: str, key: str, args: dict[str, Any] | None = None, by: Actor | None = None) -> Job:
    """Ask for work. The same key is the same job, however often asked; one that failed is tried again.

    Its message leaves when the transaction commits. Raises KeyError for a kind that nobody registered.
    """
    work_of(kind)
    asked = {
        "kind": kind,
        "args": args or {},
        "requested_by_id": by.user_id if by else None,
        "request": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    row, created = Job.objects.get_or_create(key=key, defaults=asked)
    if created or _again(row, asked):
        transaction.on_commit(lambda: send_task("jobs.run", row.pk))
    return row


def _again(row: Job, asked: dict[str, Any]) -> bool:
    """Let a failed job wait once more, as it is asked for now; whether it was one."""
    fresh: dict[str, Any] = {"finished_at": None, "error": "", "done": 0, "total": 0, "doing": "", "sent_at": Now()}
    # attempt numbers only rise, or a worker of long ago would hold a valid one: go on from the next full round
    fresh["attempt"] = F("attempt") + (ATTEMPTS - F("attempt") % ATTEMPTS) % ATTEMPTS
    waits = Job.objects.filter(pk=row.pk, state=Job.State.FAILED).update(state=Job.State.QUEUED, **asked, **fresh)
    if waits:
        row.refresh_from_db()
    return bool(waits)


Message = tuple[str, tuple[Any, ...]]


class Sender:
    """A daemon thread with a bounded queue that publishes messages; made anew in each process."""

    def __init__(self, limit: int = 10_000, send: Callable[..., Any] | None = None) -> None:
        self.pid = os.getpid()
        self.send = send  # what publishes a message; Celery's own when nothing is given
        self.waiting: queue.Queue[Message] = queue.Queue(maxsize=limit)
        self.told: set[Message] = set()
        threading.Thread(target=self._run, name="job sender", daemon=True).start()

    def put(self, task: str, args: tuple[Any, ...]) -> None:
        """Hand a message over, once while it waits; when the queue is full it is dropped: the sweep sends the job."""
        message = (task, args)
        if message in self.told:
            return
        self.told.add(message)
        try:
            self.waiting.put_nowait(message)
        except queue.Full:
            self.told.discard(message)
            log.warning("job_message_dropped", task=task)

    def _run(self) -> None:
        if self.send is None:
            from .celery import app

            self.send = app.send_task
        while True:
            message = self.waiting.get()
            self.told.discard(message)  # before it is sent: what is asked for from here on is another message
            task, args = message
            try:
                self.send(task, args=args, retry=False)
            except Exception as error:  # whatever the broker raises: the sweep sends the job again
                log.warning("job_message_not_sent", task=task, error=str(error))


_sender: Sender | None = None


def send_task(task: str, *args: Any) -> None:
    """Publish a message without waiting for the broker. In tests nothing is sent: they run jobs themselves."""
    global _sender
    if settings.TESTING:
        return
    if _sender is None or _sender.pid != os.getpid():
        _sender = Sender()
    _sender.put(task, args)


def send_all(ids: list[int]) -> None:
    """Publish a message for each of these jobs."""
    for job_id in ids:
        send_task("jobs.run", job_id)


# --- Doing work ---------------------------------------------------------------------------------------------------


class RunningJob:
    """A claimed job: its lease is renewed every few seconds by a thread with a connection of its own."""

    def __init__(self, row: Job) -> None:
        self.row = row
        self.pk, self.attempt = row.pk, row.attempt
        self._state: dict[str, Any] = {}
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def progress(self, done: int, total: int, doing: str = "") -> None:
        """Show how far the work is; written by the lease's thread, so it is visible before the work commits."""
        self._state = {"done": done, "total": total, "doing": doing[:200]}
        if self._thread is None:
            self._write()
        self._wake.set()

    def __enter__(self) -> "RunningJob":
        if not settings.TESTING:
            self._thread = threading.Thread(target=self._beat, name=f"lease of job {self.pk}", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join(timeout=BEAT)

    def _beat(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(BEAT)
            self._wake.clear()
            if self._stop.is_set():
                break
            try:
                self._write()
            except Exception as error:  # the database may be restarting; the lease decides in the end
                log.warning("job_lease_not_renewed", job=self.pk, error=str(error))
                connection.close()
            self._stop.wait(0.2)
        connection.close()

    def _write(self) -> None:
        Job.objects.filter(pk=self.pk, attempt=self.attempt, state=Job.State.RUNNING).update(
            lease_until=Now() + LEASE, **self._state
        )


def claim(job_id: int) -> Job | None:
    """Take a waiting job, or one whose lease ran out; None when another worker has it or it is finished."""
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=Now())
    with transaction.atomic():  # the row stays locked until it was read: its attempt number is this claim's
        taken = Job.objects.filter(free, pk=job_id).update(
            state=Job.State.RUNNING, attempt=F("attempt") + 1, lease_until=Now() + LEASE
        )
        return Job.objects.get(pk=job_id) if taken else None


def run(job_id: int) -> bool:
    """Do a job if it is to be done. Its effect and its end are one transaction; returns whether this call ended it."""
    row = claim(job_id)
    if row is None:
        return False
    with structlog.contextvars.bound_contextvars(job=row.pk, job_kind=row.kind, request_id=row.request):
        return _attempt(row)


def _attempt(row: Job) -> bool:
    try:
        with RunningJob(row) as running, transaction.atomic():
            result = work_of(row.kind)(running, **row.args)
            _finish(row, state=Job.State.DONE, result=result or {}, error="")
    except Superseded:
        log.warning("job_superseded", attempt=row.attempt)
        return False
    except (OperationalError, InterfaceError) as error:
        log.warning("job_interrupted", attempt=row.attempt, error=str(error))  # its lease runs out, the sweep sends it
        return False
    except (CannotBeDone, GuardFailed, Refused) as error:
        log.info("job_refused", attempt=row.attempt)
        return _fail(row, str(error))
    except Exception:
        log.exception("job_failed", attempt=row.attempt)
        return _fail(row, OUR_FAULT)
    log.info("job_done", attempt=row.attempt)
    return True


def _finish(row: Job, **fields: Any) -> None:
    if not _end(row, **fields):
        raise Superseded(f"job {row.pk}, attempt {row.attempt}")


def _fail(row: Job, why: str) -> bool:
    return _end(row, state=Job.State.FAILED, error=why[:2000])


def _end(row: Job, **fields: Any) -> bool:
    """End this attempt; False when another one holds the job."""
    mine = Job.objects.filter(pk=row.pk, attempt=row.attempt, state=Job.State.RUNNING)
    return bool(mine.update(finished_at=Now(), lease_until=None, **fields))


def sweep() -> int:
    """Send again what waits too long or whose worker fell silent; returns how many messages were sent.

    A job that was lost `ATTEMPTS` times is given up: it may be what ends its workers.
    """
    silent = Q(state=Job.State.RUNNING, lease_until__lt=Now())
    hopeless = Job.objects.alias(left=F("attempt") % ATTEMPTS).filter(silent, left=0)
    hopeless.update(state=Job.State.FAILED, error=LOST, finished_at=Now(), lease_until=None)
    lost = silent | Q(state=Job.State.QUEUED, sent_at__lt=Now() - RESEND_AFTER)
    with transaction.atomic():
        ids = list(
            Job.objects.filter(lost).select_for_update(skip_locked=True).values_list("pk", flat=True)[:SWEEP_LIMIT]
        )
        Job.objects.filter(pk__in=ids).update(sent_at=Now())
        transaction.on_commit(lambda: send_all(ids))
    return len(ids)


def run_waiting() -> int:
    """Do every waiting job in this process, also those that these jobs ask for; for tests and commands."""
    count = 0
    while ids := list(Job.objects.filter(state=Job.State.QUEUED).order_by("pk").values_list("pk", flat=True)):
        count += sum(run(job_id) for job_id in ids)
    return count
