"""`/authority/route/`: who is consulted, recommends, decides, approves and hears of a matter, in order."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from ics_governance.api_views import Endpoint
from ics_governance.permissions import Actor
from partnerships.authority import Node, Status
from partnerships.authority.route import Kind
from partnerships.forms.authority import node_of
from partnerships.queries.route import SystemRegister, decider_of, stops, system_register, systems_on

from .authority import MOST_PLACES, ForEveryone
from .filters import LARGEST_ID, DateField, FunctionField


class Matter(forms.Form):
    """What is asked. `place` and `body` are read apart, since they may be repeated."""

    system = forms.CharField(max_length=12)
    function = FunctionField(max_length=40)
    amount = forms.DecimalField(min_value=Decimal(0), max_digits=14, decimal_places=2, required=False)
    on = DateField(required=False)
    begins = forms.CharField(max_length=30, required=False)

    def clean_begins(self) -> Node | None:
        """A forum, post or body written as `forum:12`."""
        text = self.cleaned_data["begins"]
        try:
            return node_of(text) if text else None
        except ValueError:
            raise forms.ValidationError("Write a forum as forum:12, a post as post:3, a body as body:4.") from None


PARAMETERS = [
    OpenApiParameter("system", str, required=True, description="ODS code of the integrated care board."),
    OpenApiParameter("function", str, required=True, description="Code of the function."),
    OpenApiParameter("amount", OpenApiTypes.DECIMAL, description="Pounds over the whole life."),
    OpenApiParameter("place", OpenApiTypes.INT64, many=True, description="Id of a place of the system; repeatable."),
    OpenApiParameter("on", OpenApiTypes.DATE, description="The day; today without it."),
    OpenApiParameter("body", OpenApiTypes.INT64, many=True, description="Id of a body whose matter it is; repeatable."),
    OpenApiParameter("begins", str, description="Where the matter begins, such as forum:12."),
]


class RouteStop(serializers.Serializer):
    """A step. Meetings are told as far as the person may see them."""

    kind = serializers.ChoiceField([kind.value for kind in Kind])
    holder = serializers.CharField(allow_null=True, help_text="`forum:2`, `post:3` or `body:1`; null: nobody here.")
    name = serializers.CharField()
    text = serializers.CharField(help_text="What the function needs besides.")
    why = serializers.CharField()
    status = serializers.ChoiceField(["", *(status.value for status in Status)], help_text="The resolver's answer.")
    next_meeting = serializers.DateField(allow_null=True)
    papers_by = serializers.DateField(allow_null=True)


class RouteOwner(serializers.Serializer):
    """A body that holds the function by law for the places."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class AuthorityRoute(serializers.Serializer):
    """The route. No steps: nobody may decide, or several bodies hold the function and `body` names none of them."""

    system = serializers.CharField()
    function = serializers.CharField()
    amount = serializers.DecimalField(14, 2, allow_null=True)
    places = serializers.ListField(child=serializers.IntegerField())
    on = serializers.DateField()
    owners = RouteOwner(many=True)
    decided_by = serializers.CharField(allow_null=True)
    steps = RouteStop(many=True)


class Route(Endpoint):
    """By which route does a matter go?"""

    permission_classes = (IsAuthenticated,)
    repeatable = frozenset({"place", "body"})

    def reader(self, request: Request) -> Actor:
        """Who asks."""
        return request.actor

    def parameters(self) -> frozenset[str]:
        """The parts of the question."""
        return self.repeatable | {*Matter.base_fields}

    @extend_schema(parameters=PARAMETERS, responses=AuthorityRoute)
    def get(self, request: Request) -> Response:
        """The steps in their order: consult, recommend, decide, approve, report."""
        matter = Matter(request.query_params)
        if not matter.is_valid():
            raise exceptions.ValidationError(matter.errors)
        asked = dict(matter.cleaned_data)
        reader = self.reader(request)
        day = asked["on"] or reader.on
        function = asked["function"].code
        system = system_register(reader, systems_on(day, asked["system"]), day, function)
        if system is None:
            raise exceptions.ValidationError({"system": ["No integrated care board of that day has this ODS code."]})
        places = _chosen(request, "place", {*system.places}, "a place of this system on that day")
        owners = dict(system.owners(function, places))
        whose = _chosen(request, "body", {*owners}, "a body that holds the function for these places")
        if asked["begins"] and asked["begins"] not in system.register.names:
            raise exceptions.ValidationError({"begins": ["Not in the register of this system."]})
        whose = whose or (list(owners) if len(owners) == 1 else [])
        found = _found(system, function, asked, places, whose, reader.on) if whose else []
        decider = decider_of(found)
        return Response(
            {
                "system": system.icb.code,
                "function": function,
                "amount": None if asked["amount"] is None else f"{asked['amount']:.2f}",
                "places": places,
                "on": day.isoformat(),
                "owners": [{"id": pk, "name": name} for pk, name in owners.items()],
                "decided_by": str(decider.holder) if decider else None,
                "steps": [stop.to_json() | _meeting(stop) for stop in found],
            }
        )


class PublicRoute(ForEveryone, Route):
    """The same for everyone: without meetings, and without what has been used of a limit."""


def _found(
    system: SystemRegister, function: str, asked: dict[str, Any], places: list[int], whose: list[int], today: date
) -> Any:
    return stops(
        system, function, amount=asked["amount"], places=places, owners=whose, begins=asked["begins"],
        today=today,
    )  # fmt: skip


def _meeting(stop: Any) -> dict[str, str | None]:
    days = {"next_meeting": stop.held_on, "papers_by": stop.papers_by}
    return {name: day.isoformat() if day else None for name, day in days.items()}


def _chosen(request: Request, name: str, known: set[int], what: str) -> list[int]:
    """The ids of a repeatable parameter; refused when one is none, unknown, or there are too many."""
    texts = request.query_params.getlist(name)
    field = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    try:
        wanted = {field.clean(text) for text in texts[: MOST_PLACES + 1]}
    except forms.ValidationError as error:
        raise exceptions.ValidationError({name: error.messages}) from None
    if len(texts) > MOST_PLACES:
        raise exceptions.ValidationError({name: [f"Name {MOST_PLACES} at most."]})
    if missing := sorted(wanted - known):
        raise exceptions.ValidationError({name: [f"{pk} is not {what}." for pk in missing]})
    return sorted(wanted)
