"""The Celery application. Import it as `from ics_governance.celery import app`, never from the package's `__init__`:
that would load the settings whenever any module of the package is imported, the database supervisor's among them."""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init, worker_init, worker_process_init, worker_ready
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport import TRANSPORT_ALIASES

from ics_governance.processes import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ics_governance.settings")

TRANSPORT_ALIASES["filesystem"] = "ics_governance.folder_queue:Transport"  # kombu's own loses messages, and workers
app = Celery("ics_governance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()

MAIN = os.getpid()  # of the worker itself; its pool children and the embedded beat inherit the number


def die_with_worker(**_: object) -> None:
    """Ask the kernel to kill this child when the worker is killed: jobs are fenced, so SIGKILL is safe."""
    if os.getpid() == MAIN:  # a pool without processes of its own
        return
    end_with_parent(signal.SIGKILL)
    if os.getppid() != MAIN:  # it ended before we asked
        os._exit(1)


worker_process_init.connect(die_with_worker, weak=False)
beat_embedded_init.connect(die_with_worker, weak=False)


@worker_init.connect
def check_who_serves(**_: object) -> None:
    """The worker too serves as the web role only."""
    from .checks import refuse_to_serve_with_too_much_power  # here: it needs Django to be set up

    refuse_to_serve_with_too_much_power()


@worker_ready.connect
def show_life(sender: Any, **_: object) -> None:
    """The first sign of life comes at once, not with the schedule's next round: it is a task like any other."""
    sender.app.send_task("jobs.heartbeat", expires=30)
