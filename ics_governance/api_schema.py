"""`/schema/`: the description of the API (OpenAPI 3), for client generators and for reading."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import IsAuthenticated

from .api_views import Endpoint


class Schema(Endpoint, SpectacularJSONAPIView):
    """The description of this API."""

    permission_classes = (IsAuthenticated,)
    marks_body = False  # OpenAPI knows no such key


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
