"""The request's transaction, its line in the log, what cannot be read at all, and sign-in by default."""

import re
from collections.abc import Callable, Iterable, Iterator
from uuid import uuid4

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import resolve_url
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, resolve
from django_structlog.middlewares import RequestMiddleware

Handler = Callable[[HttpRequest], HttpResponse]

# Whoever asks for health wants to know how this process fares, also while the database does not answer.
NO_TRANSACTION = "/health/"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Keys in addresses that open something once: mailed links to a new password or an invitation.
ONE_TIME_KEY = re.compile(r"(/key/|/confirm-email/)[^/]+")


class RequestLog(RequestMiddleware):
    """One line for each request: who (a user's number), what, how it ended. No address of the person's machine, no
    query (people search for people), no one-time key."""

    def prepare(self, request: HttpRequest) -> None:
        """Give the request its number; jobs and the audit trail keep it too."""
        structlog.contextvars.bind_contextvars(request_id=str(uuid4()))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Verb and path."""
        path = ONE_TIME_KEY.sub(r"\1…", request.path)
        return f"{request.method} {path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """The user's number as the request knows it already: nothing is looked up for the log."""
        if actor := getattr(request, "actor", None):
            structlog.contextvars.bind_contextvars(user_id=actor.user_id)


def in_transaction(request: HttpRequest) -> bool:
    """Whether the request runs in a transaction with the settings of row-level security."""
    return not request.path.startswith(NO_TRANSACTION)


def transaction_of_the_request(get_response: Handler) -> Handler:
    """Run everything inside one transaction, so that the settings of row-level security hold throughout.

    ATOMIC_REQUESTS begins after all middleware; here it makes a savepoint that undoes a failing view.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not in_transaction(request):
            return get_response(request)
        with transaction.atomic():
            response = get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response.render()
            return response

    return middleware


class ReadableText:
    """400 for a NUL in the address, a cookie or a form: PostgreSQL has no such text, so every look-up would fail."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Address and cookies, before the session is looked up."""
        _refuse_nul([request.path, *request.COOKIES.values(), *_texts(request.GET)])
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Forms, after sign-in was asked for: nobody else's upload is taken in for this."""
        if request.method == "POST" and request.content_type in FORMS:
            _refuse_nul(_texts(request.POST))


def _texts(sent: QueryDict) -> Iterator[str]:
    for name, values in sent.lists():
        yield from (name, *map(str, values))


def _refuse_nul(texts: Iterable[str]) -> None:
    if any("\0" in text for text in texts):
        raise BadRequest("A NUL character is no text.")


def public(view: Callable) -> Callable:
    """Mark a view as open to everyone; all others ask for sign-in."""
    view.public = True  # type: ignore[attr-defined]
    return view


def is_public(path: str) -> bool:
    """Whether a path is served to people who have not signed in. Unknown paths are: they answer 404."""
    try:
        match = resolve(path)
    except Resolver404:
        return True
    return getattr(match.func, "public", False) or path.startswith("/accounts/")


def sign_in_required(get_response: Handler) -> Handler:
    """Ask for sign-in everywhere but on views marked `public` and on the pages of the sign-in itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # the API answers 401 by itself, as problem+json
        if is_public(request.path) or request.path.startswith("/api/") or request.user.is_authenticated:
            return get_response(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
        return redirect_to_login(request.get_full_path())

    return middleware
