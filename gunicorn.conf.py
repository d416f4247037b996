"""The web server's settings, for `make run` and the container alike. gunicorn reads this file by itself."""

import gc
import os
import sys

from ics_governance.preflight import NotReady, check_serving

wsgi_app = "ics_governance.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True  # the workers share the code's memory with the first process
max_requests, max_requests_jitter = 5000, 500  # a worker is replaced now and then, so that nothing grows for ever
timeout = 60
graceful_timeout = 3  # requests are short: a stop need not wait longer
keepalive = 5
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - heartbeats must not wait for a disk
control_socket_disable = True


def on_starting(server):
    """Refuse to serve as an owner or superuser, however this server was started."""
    try:
        check_serving(os.environ.get("DATABASE_URL", ""))
    except NotReady as error:
        sys.exit(str(error))


def when_ready(server):
    """Load every view before the fork, and keep the collector off it: the workers share that memory."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
