"""What every endpoint of the API shares: it is read, knows its parameters, and says when its data is invented."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from rest_framework import exceptions, mixins, viewsets
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .api import Pages
from .exports import DEMO_MARK

DEMO_HEADER = "X-Demonstration"
DEMO_KEY = "demonstration"
LONGEST_ID = 18  # digits; PostgreSQL's bigint holds every number of so many


class JsonOnly(BaseContentNegotiation):
    """There is one form of answer, whatever the request would like best."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The only one."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        """The only one."""
        return renderers[0], renderers[0].media_type


class Endpoint(APIView):
    """An address that is read. Parameters that it does not know are refused: a misspelt filter would filter nothing."""

    http_method_names = ["get", "head"]
    content_negotiation_class = JsonOnly
    repeatable: ClassVar[frozenset[str]] = frozenset()
    marks_body: ClassVar[bool] = True  # a demonstration says so in the body too

    def parameters(self) -> frozenset[str]:
        """Names of the query parameters that this address knows."""
        return self.repeatable

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After sign-in: refuse what is not understood."""
        super().initial(request, *args, **kwargs)
        known = self.parameters()
        faults = {name: [_unknown(known)] for name in request.query_params if name not in known}
        for name, values in request.query_params.lists():
            if len(values) > 1 and name not in self.repeatable and name in known:
                faults[name] = ["Give this once."]
        if faults:
            raise exceptions.ValidationError(faults)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """In a demonstration every answer says so."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if settings.DEMO:
            said = DEMO_MARK.partition(": ")[2]
            response[DEMO_HEADER] = said
            if self.marks_body and isinstance(response.data, dict) and not response.exception:
                response.data = {DEMO_KEY: said, **response.data}
        return response


def _unknown(known: frozenset[str]) -> str:
    if not known:
        return "This address takes no parameters."
    return f"Not a parameter of this address. It knows: {', '.join(sorted(known))}."


def number(text: str) -> int:
    """The id in an address; 404 for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID):
        raise Http404
    return int(text)


class Records(Endpoint, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """A list with filters, and each of its records by id.

    `ordering`: columns that end in a unique one, with an index. `record_serializer_class`: where a single record says
    more than a row of the list.
    """

    ordering: ClassVar[tuple[str, ...]] = ("id",)
    filterset_class: Any  # of django-filter
    record_serializer_class: Any = None

    def parameters(self) -> frozenset[str]:
        """Filters and paging for the list; none for a record."""
        if self.action != "list":
            return self.repeatable
        return self.repeatable | {*self.filterset_class.base_filters, *Pages.parameters}

    def get_serializer_class(self) -> Any:
        """The short form in lists, the long one for a record."""
        if self.action == "retrieve" and self.record_serializer_class:
            return self.record_serializer_class
        return super().get_serializer_class()

    def get_object(self) -> Any:
        """The record of the id in the address; 404 for what does not exist, is not seen, or is no id at all."""
        record = self.get_queryset().filter(pk=number(self.kwargs["pk"])).first()
        if record is None:
            raise Http404
        return record
