"""The edge of the REST API: tokens, pages, and errors as problem+json."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from rest_framework import authentication, exceptions, status
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from . import paging
from .models import ApiToken
from .permissions import Refused
from .workflow import GuardFailed

PROBLEM = "application/problem+json"


class Pages(BasePagination):
    """Lists in pages by key: `{"next", "previous", "results"}`, at most 100 rows, in the order the view names.

    `ordering` of a view: columns that end in a unique one. No row is shown twice when others are added meanwhile.
    """

    page_size = 50
    max_page_size = 100
    parameters = ("cursor", "page_size")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page that the address asks for."""
        self.request, self.columns = request, tuple(view.ordering)
        direction, values = self.place(request.query_params.get("cursor"), queryset)
        self.rows, self.before, self.after = paging.cut(
            queryset, self.columns, self.size(request), values, backwards=direction == "before"
        )
        return self.rows

    def place(self, text: str | None, queryset: Any) -> tuple[str, list[Any] | None]:
        """Where a cursor points: which way from which row. One that was not given out here is an error."""
        if text is None:
            return "after", None
        for direction in ("after", "before"):
            try:
                return direction, paging.read_cursor(text, direction, self.columns, queryset)
            except ValueError:
                continue
        raise exceptions.ValidationError({"cursor": ["Use the addresses in “next” and “previous” as they are."]})

    def size(self, request: Request) -> int:
        """A page size that is not a whole number from 1 to 100 is an error, not silently another one."""
        asked = request.query_params.get("page_size", str(self.page_size))
        if not re.fullmatch("[1-9][0-9]{0,2}", asked) or int(asked) > self.max_page_size:
            raise exceptions.ValidationError({"page_size": [f"Use a whole number from 1 to {self.max_page_size}."]})
        return int(asked)

    def get_paginated_response(self, data: Any) -> Response:
        """The page with the addresses of its neighbours."""
        following = self.address("after", self.rows[-1]) if self.after else None
        previous = self.address("before", self.rows[0]) if self.before else None
        return Response({"next": following, "previous": previous, "results": data})

    def address(self, direction: str, row: Any) -> str:
        """This list from one of its rows on."""
        cursor = paging.cursor(row, direction, self.columns)
        return str(replace_query_param(self.request.build_absolute_uri(), "cursor", cursor))

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The shape of a page, for the OpenAPI description."""
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters of a page, for the OpenAPI description."""
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        texts = {
            "cursor": ("A place in the list, as “next” and “previous” name it.", {"type": "string"}),
            "page_size": ("Rows on a page.", size),
        }
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
            for name, (text, schema) in texts.items()
        ]


class _ActsInRequest:
    """After a person was recognised by the API, the request acts as that person: row-level security follows."""

    def recognised(self, request: Request, user: Any) -> None:
        """Open the context of this person in the request's transaction."""
        from django.utils.module_loading import import_string

        import_string("partnerships.access.identify")(request._request, user)


class TokenAuthentication(_ActsInRequest, authentication.BaseAuthentication):
    """`Authorization: Bearer icsgo_…`."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """The token's person; a token that is unknown or out of date is refused."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=ApiToken.digest_of(key.strip()), expires_on__gte=timezone.localdate(), user__is_active=True)
            .first()
        )
        if token is None:
            raise exceptions.AuthenticationFailed("This token is not known or has expired.")
        self.recognised(request, token.user)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes the answer 401 in place of 403."""
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's own session; answers 401 when there is none."""

    def authenticate_header(self, request: Request) -> str:
        """Makes the answer 401 in place of 403."""
        return "Bearer"


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as problem+json (RFC 9457), in words that say how to mend it."""
    from rest_framework.views import exception_handler, set_rollback  # here: that module reads the settings naming us

    set_rollback()  # whatever the error: the view's other writes are undone with it
    if isinstance(error, GuardFailed):
        reasons = [{"text": reason.text, "field": reason.field} for reason in error.reasons]
        return _response(status.HTTP_409_CONFLICT, "Not possible now", str(error), reasons=reasons)
    if isinstance(error, Refused):
        return _response(status.HTTP_403_FORBIDDEN, "Not allowed", error.who)
    if isinstance(error, Http404):
        return _response(status.HTTP_404_NOT_FOUND, "Not found", "There is nothing here that you may see.")
    if isinstance(error, PermissionDenied):
        return _response(status.HTTP_403_FORBIDDEN, "Not allowed", "Your role does not allow this.")
    answer = exception_handler(error, context)
    if answer is None:
        return None
    detail = answer.data.get("detail") if isinstance(answer.data, dict) else None
    extra = {} if detail else {"errors": answer.data}
    return _response(
        answer.status_code, _title(error), str(detail or "Some values are not right."), answer.headers, **extra
    )


def _title(error: Exception) -> str:
    """What kind of error it is, the same for every occurrence: without what this one is about."""
    title = str(error.default_detail) if isinstance(error, exceptions.APIException) else "Error"
    return HTTPStatus(error.status_code).phrase if "{" in title else title  # type: ignore[attr-defined]


def _response(
    code: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **extra: object
) -> Response:
    body = {"type": "about:blank", "title": title, "status": code, "detail": detail, **extra}
    kept = {
        name: value for name, value in (headers or {}).items() if name in ("WWW-Authenticate", "Retry-After", "Allow")
    }
    return Response(body, status=code, headers=kept, content_type=PROBLEM)


def problem_page(request: HttpRequest, code: int, title: str, detail: str) -> JsonResponse:
    """The same shape for errors outside the API's views, such as an address that does not exist."""
    body = {"type": "about:blank", "title": title, "status": code, "detail": detail}
    return JsonResponse(body, status=code, content_type=PROBLEM)
