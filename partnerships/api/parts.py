"""How other records are named inside a record: enough to recognise one, and its id to ask for more."""

from typing import Any

from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated

from ics_governance.api_views import Records
from partnerships.access import RULES, scope
from partnerships.models import Arrangement, Decision, Forum, Function, Organisation, Place


class Visible(Records):
    """Records of a model of this app, as far as the person may see them."""

    permission_classes = (IsAuthenticated,)
    queryset: Any

    def get_queryset(self) -> Any:
        """The rows that may be seen; every look-up starts here."""
        rows = super().get_queryset()
        return scope(self.request.actor, RULES[rows.model].view, rows)


class BodyPart(serializers.ModelSerializer):
    """An organisation."""

    class Meta:
        model = Organisation
        fields = ("id", "name", "ods_code", "gss_code", "local_code")


class ForumPart(serializers.ModelSerializer):
    """A forum."""

    class Meta:
        model = Forum
        fields = ("id", "name")


class ArrangementPart(serializers.ModelSerializer):
    """An arrangement between bodies."""

    class Meta:
        model = Arrangement
        fields = ("id", "name", "kind")


class PlacePart(serializers.ModelSerializer):
    """A place: its id is what `place` takes in a question about authority."""

    class Meta:
        model = Place
        fields = ("id", "name")


class FunctionPart(serializers.ModelSerializer):
    """A statutory function: its code is what `function` takes."""

    class Meta:
        model = Function
        fields = ("id", "code", "name")


class DecisionPart(serializers.ModelSerializer):
    """A decision."""

    class Meta:
        model = Decision
        fields = ("id", "reference", "title")


class ReasonPart(serializers.Serializer):
    """One reason against a move; `missing` names the field that would mend it."""

    text = serializers.CharField()
    missing = serializers.CharField()
