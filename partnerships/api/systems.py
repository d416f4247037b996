"""`public/systems/<code>/map/`: who decides what in a system on a day, as its public page says it."""

from typing import Any

from django import forms
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from ics_governance.api_views import Endpoint
from partnerships.map_words import said
from partnerships.queries.systems import Decides, System, system_of, system_on, who_decides
from partnerships.system_map import Cell, Group, Hold, Row

from .filters import LARGEST_ID, DateField

PARAMETERS = [
    OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day; today without it."),
    OpenApiParameter("place", OpenApiTypes.INT64, description="Id of a place of the system: only what covers it."),
]


class Asked(forms.Form):
    """What is asked."""

    as_of = DateField(required=False)
    place = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)


class MapHolder(serializers.Serializer):
    """A column: `forum:2`, `post:3` or `body:1`."""

    holder = serializers.CharField()
    name = serializers.CharField()
    group = serializers.ChoiceField([each.value for each in Group])


class MapCell(serializers.Serializer):
    """What a holder has of a function. `places` empty: the whole area. `limit` null: none was set, or no authority."""

    holder = serializers.CharField()
    hold = serializers.ChoiceField([each.value for each in Hold])
    may_decide = serializers.BooleanField()
    limit = serializers.DecimalField(14, 2, allow_null=True)
    annual = serializers.BooleanField()
    places = serializers.ListField(child=serializers.IntegerField())
    starts = serializers.DateField(allow_null=True)
    ends = serializers.DateField(allow_null=True)
    accountable = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of bodies.")
    together_with = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of bodies that must agree.")
    missing = serializers.ListField(child=serializers.IntegerField(), help_text="Bodies that have not delegated.")
    delegation = serializers.IntegerField(allow_null=True, help_text="The last delegation that it rests on.")
    text = serializers.CharField()


class MapRow(serializers.Serializer):
    """A function. `owners`: ids of the bodies of the system that hold it by law."""

    function = serializers.CharField()
    name = serializers.CharField()
    family = serializers.CharField()
    part_of = serializers.CharField(allow_null=True)
    owners = serializers.ListField(child=serializers.IntegerField())
    reserved = serializers.BooleanField()
    cells = MapCell(many=True)


class MapGap(serializers.Serializer):
    """A family of functions that bodies have not declared complete: what is missing may not be recorded yet."""

    family = serializers.CharField()
    bodies = serializers.ListField(child=serializers.IntegerField())


class SystemMapAnswer(serializers.Serializer):
    """Who decides what. `names` says what each body, forum and post is called."""

    system = serializers.CharField()
    on = serializers.DateField()
    holders = MapHolder(many=True)
    functions = MapRow(many=True)
    not_declared_complete = MapGap(many=True)
    names = serializers.DictField(child=serializers.CharField())


class SystemMap(Endpoint):
    """Who decides what in a system. No sign-in: everyone gets the same answer."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def parameters(self) -> frozenset[str]:
        """The parts of the question."""
        return frozenset(Asked.base_fields)

    @extend_schema(parameters=PARAMETERS, responses=SystemMapAnswer)
    def get(self, request: Request, code: str) -> Response:
        """Functions with everyone who holds something of them, as of a day."""
        asked = Asked(request.query_params)
        if not asked.is_valid():
            raise exceptions.ValidationError(asked.errors)
        day = asked.cleaned_data["as_of"] or request.actor.on
        icb, _ = system_of(request.actor, code, day)
        if icb is None or (icb.opened is not None and day < icb.opened):
            raise Http404
        system = system_on(request.actor, icb, min(day, icb.closed or day))
        place = asked.cleaned_data["place"]
        if place and place not in {area.pk for area in system.areas}:
            raise exceptions.ValidationError({"place": [f"There is no place {place} in this system on that day."]})
        return Response(as_json(system, who_decides(system, (place,) if place else ())))


def as_json(system: System, decides: Decides) -> dict[str, Any]:
    """The map as plain JSON."""
    table = decides.table
    used = {f"body:{body}" for row in table.rows for body in row.owners}
    for cell in table.cells:
        used |= {str(cell.holder), *(f"body:{body}" for body in (*cell.accountable, *cell.together, *cell.missing))}
    used |= {f"body:{body}" for family in table.families for body in family.undeclared}
    return {
        "system": system.icb.code,
        "on": system.day.isoformat(),
        "holders": [{"holder": str(c.holder), "name": c.name, "group": c.group.value} for c in table.columns],
        "functions": [_row(row, decides) for row in table.rows],
        "not_declared_complete": [
            {"family": each.code, "bodies": list(each.undeclared)} for each in table.families if each.undeclared
        ],
        "names": {str(node): name for node, name in sorted(decides.names.items()) if str(node) in used},
    }


def _row(row: Row, decides: Decides) -> dict[str, Any]:
    return {
        "function": row.function.code,
        "name": row.name,
        "family": row.function.family,
        "part_of": row.function.parent,
        "owners": list(row.owners),
        "reserved": row.reserved,
        "cells": [
            _cell(row.cells[column.holder], decides) for column in decides.table.columns if column.holder in row.cells
        ],
    }


def _cell(cell: Cell, decides: Decides) -> dict[str, Any]:
    return {
        "holder": str(cell.holder),
        "hold": cell.hold.value,
        "may_decide": cell.may_decide,
        "limit": None if cell.limit is None else f"{cell.limit:.2f}",
        "annual": cell.annual,
        "places": sorted(cell.places),
        "starts": cell.starts,
        "ends": cell.ends,
        "accountable": list(cell.accountable),
        "together_with": list(cell.together),
        "missing": list(cell.missing),
        "delegation": cell.last.edge if cell.last else None,
        "text": said(cell, decides.names, decides.places).text,
    }
