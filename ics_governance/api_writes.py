"""Writes by the API: done once however often they are sent, and refused when the record has changed meanwhile.

`Idempotency-Key`: the first request with a key does its work and its answer is kept for a day; the same request again
gets that answer. A request that failed keeps nothing, so it may be sent again. `If-Match`: the version that was read.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from .context import system
from .models import KeptAnswer

Method = Callable[..., Response]

KEPT = timedelta(days=1)
LONGEST = 100  # characters of a key
KEPT_HEADERS = ("ETag", "Location")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description=f"A name of your own for this write, at most {LONGEST} characters: sent again, it is done once.",
)  # fmt: skip
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True,
    description="The ETag of the record as you read it.",
)  # fmt: skip


class KeyUsedOtherwise(exceptions.APIException):
    """The key came with another request before."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "Key used before"


class VersionMissing(exceptions.APIException):
    """An update must say which version it began from."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Version missing"


class VersionChanged(exceptions.APIException):
    """Somebody changed the record after it was read."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "Changed meanwhile"


# --- Once ---------------------------------------------------------------------------------------------------------


def once(method: Method) -> Method:
    """A view's method that does its work once for each Idempotency-Key; without a key it does it each time."""

    @wraps(method)
    def wrapper(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key(request)
        if key is None:
            return method(self, request, *args, **kwargs)
        kept, first = _claim(request, key)
        if not first:
            return _again(kept, request)
        answer = method(self, request, *args, **kwargs)
        _keep(kept, answer)
        return answer

    return wrapper


def _key(request: Request) -> str | None:
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST and key.isprintable()):
        raise exceptions.ValidationError({"Idempotency-Key": [f"Use 1 to {LONGEST} printable characters."]})
    return key


def _claim(request: Request, key: str) -> tuple[KeptAnswer, bool]:
    """The row of this key, and whether this request made it. Of two at once the second waits for the first to end."""
    user: Any = request.user
    try:
        with system("claim an idempotency key"):
            mine = KeptAnswer.objects.create(user=user, key=key, request=_fingerprint(request))
        return mine, True
    except IntegrityError:
        return KeptAnswer.objects.get(user=user, key=key), False


def _fingerprint(request: Request) -> str:
    parts = (request.method or "", request.get_full_path(), request._request.body)
    data = [part if isinstance(part, bytes) else part.encode() for part in parts]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in data)).hexdigest()


def _again(kept: KeptAnswer, request: Request) -> Response:
    if kept.request != _fingerprint(request):
        raise KeyUsedOtherwise("This Idempotency-Key came with another request. Use a new one.")
    return Response(kept.body, status=kept.status, headers={**kept.headers, "Idempotent-Replayed": "true"})


def _keep(kept: KeptAnswer, answer: Response) -> None:
    kept.status, kept.body = answer.status_code, answer.data
    kept.headers = {name: answer[name] for name in KEPT_HEADERS if answer.has_header(name)}
    with system("keep the answer of an idempotency key"):
        kept.save(update_fields=["status", "body", "headers"])


def forget_old_answers() -> int:
    """Forget answers that were kept for a day; returns how many."""
    with transaction.atomic(), system("forget old answers"):
        count, _ = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return count


# --- Only what was read -------------------------------------------------------------------------------------------


def etag(version: object) -> str:
    """A version as an ETag: anything that differs whenever the record does."""
    return f'"{version}"'


def require_version(request: Request, version: object) -> None:
    """Raise unless the request's If-Match names this version. Lock the record first, or another may still slip in."""
    asked = request.headers.get("If-Match")
    if asked is None:
        raise VersionMissing("Send the ETag that you read as If-Match, so that nobody's change is overwritten.")
    if etag(version) not in [part.strip() for part in asked.split(",")]:
        raise VersionChanged("Somebody has changed this since you read it. Read it again, then decide.")
