"""Health, errors, and pages that need no data."""

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .api import problem_page
from .middleware import public
from .models import WorkerHeartbeat
from .permissions import Refused

WORKER_SILENT_AFTER = timedelta(minutes=3)
RETRY_AFTER = "10"  # seconds


def health(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A public answer about this site's state, outside every transaction: the database may be what is missing."""
    return public(require_safe(never_cache(transaction.non_atomic_requests(view))))


@health
def live(request: HttpRequest) -> HttpResponse:
    """`/health/live`: this process answers."""
    return HttpResponse("live", content_type="text/plain")


@health
def ready(request: HttpRequest) -> JsonResponse:
    """`/health/ready`: the database answers and has every migration of this code."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select app, name from django_migrations")
            missing = migrations_of_this_code() - set(cursor.fetchall())
    except (DatabaseError, InterfaceError):
        return _not_ready(database="does not answer")
    if missing:
        return _not_ready(database=f"waits for {len(missing)} migrations")
    return JsonResponse({"database": "ready"})


@health
def worker(request: HttpRequest) -> JsonResponse:
    """`/health/worker`: a worker showed a sign of life within three minutes."""
    try:
        beat = WorkerHeartbeat.objects.first()
    except (DatabaseError, InterfaceError):
        return _not_ready(worker="not known: the database does not answer")
    if beat is None or timezone.now() - beat.seen_at > WORKER_SILENT_AFTER:
        return _not_ready(worker="silent")
    return JsonResponse({"worker": "alive"})


def _not_ready(**state: str) -> JsonResponse:
    """503, without what the database said: it names hosts and roles."""
    return JsonResponse(state, status=503, headers={"Retry-After": RETRY_AFTER})


@cache
def migrations_of_this_code() -> frozenset[tuple[str, str]]:
    """(app, name) of every migration that this process was started with."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def text_page(template: str) -> Callable[[HttpRequest], HttpResponse]:
    """A public page made of text alone."""

    @public
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return render(request, f"pages/{template}.html")

    return view


def _error(request: HttpRequest, code: int, title: str, detail: str, **context: object) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_page(request, code, title, detail)
    return render(request, f"errors/{code}.html", {"detail": detail, **context}, status=code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the browser sent something that cannot be read; 413 when it sent too much."""
    if isinstance(exception, RequestDataTooBig):
        return _error(request, 413, "Too large", "What was sent is larger than this site takes.")
    return _error(request, 400, "Bad request", "The request could not be read.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: says who can."""
    who = exception.who if isinstance(exception, Refused) else ""
    return _error(request, 403, "Not allowed", who or "Your role does not allow this.", who=who)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same for what does not exist and for what may not be seen."""
    return _error(request, 404, "Not found", "There is nothing here that you may see.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 with Retry-After when the database does not answer. Rendered without database or user."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        response = _error(request, 503, "Not available", "The database does not answer. Please try again in a moment.")
        response["Retry-After"] = RETRY_AFTER
        return response
    return _error(request, 500, "Server error", "Something went wrong on our side. Nothing was changed.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or sent from elsewhere."""
    return _error(request, 403, "Not allowed", "This page was open for too long. Go back, reload it, and send again.")
