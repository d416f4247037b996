"""`/schema/`: the description of the API (OpenAPI 3), for client generators and for reading."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated

from .api_views import Endpoint


class Schema(Endpoint, SpectacularJSONAPIView):
    """The description of this API."""

    permission_classes = (IsAuthenticated,)
    marks_body = False  # OpenAPI knows no such key


def of_everyone(endpoints: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Of all addresses, as the generator lists them, those that need no sign-in."""
    return [each for each in endpoints if "/public/" in each[0]]


class PublicSchema(Schema):
    """The description of what needs no sign-in, for everyone."""

    authentication_classes = ()
    permission_classes = (AllowAny,)  # type: ignore[assignment]  # one permission in place of another
    custom_settings: dict[str, Any] = {"PREPROCESSING_HOOKS": ["ics_governance.api_schema.of_everyone"]}  # noqa: RUF012


class TokenScheme(OpenApiAuthenticationExtension):
    """How a program signs in."""

    target_class = "ics_governance.api.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A token of a person, in a header."""
        return {"type": "http", "scheme": "bearer", "description": "A token made by `manage.py api_token`."}


class SessionScheme(OpenApiAuthenticationExtension):
    """How a browser that has signed in is known."""

    target_class = "ics_governance.api.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The session's cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
