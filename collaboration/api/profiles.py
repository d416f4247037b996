"""`/profiles/`: five scores of what the register shows of a body, and each of them taken apart."""

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from collaboration.models import Framework, Profile, Score
from partnerships.api.filters import Body
from partnerships.api.parts import BodyPart, Visible

from .explanation import OUR_OWN, ExplainedProfile, explained


class MonthField(forms.CharField):
    """A month as 2026-06, or a day of it."""

    def clean(self, value: str) -> date | None:
        """The first day of the month; an error for another spelling."""
        text = super().clean(value)
        try:
            return date.fromisoformat(f"{text}-01" if len(text) == len("2026-06") else text) if text else None
        except ValueError:
            raise forms.ValidationError("Write a month as 2026-06.") from None


@extend_schema_field({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"})
class Month(django_filters.Filter):
    """Profiles made for a month."""

    field_class = MonthField

    def filter(self, qs: Any, value: date | None) -> Any:
        """Those whose last day lies in it."""
        return qs.filter(as_of__year=value.year, as_of__month=value.month) if value else qs


class ProfileFilters(django_filters.FilterSet):
    """Filters of profiles."""

    subject = Body(field_name="subject")
    month = Month(label="The month in which the twelve months end, as 2026-06.")


class ScorePart(serializers.ModelSerializer):
    """A characteristic from 0 to 100 with its interval; without enough evidence there is no number."""

    score = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    coverage = serializers.FloatField(help_text="Share of the applicable weight that is measured.")

    class Meta:
        model = Score
        fields = ("characteristic", "score", "low", "high", "band", "coverage")


class FrameworkPart(serializers.ModelSerializer):
    """The version of the framework that a profile follows."""

    class Meta:
        model = Framework
        fields = ("id", "code", "version")


class ProfileRecord(serializers.ModelSerializer):
    """Five scores of what the register showed of a body in the twelve months to `as_of`. There is no overall number."""

    subject = BodyPart()
    framework = FrameworkPart()
    scores = ScorePart(many=True)
    method = serializers.SerializerMethodField()

    class Meta:
        model = Profile
        fields = ("id", "subject", "framework", "as_of", "scored_at", "engine", "inputs", "scores", "method")

    def get_method(self, profile: Profile) -> str:
        """What it is not."""
        return OUR_OWN


class Profiles(Visible):
    """Profiles of the person's own body and of those it oversees, the latest first."""

    queryset = (
        Profile.objects.select_related("subject", "framework")
        .defer("framework__content")
        .prefetch_related(Prefetch("scores", Score.objects.order_by("pk")))
    )
    ordering = ("-as_of", "-id")
    filterset_class = ProfileFilters
    serializer_class = ProfileRecord

    @extend_schema(responses=ExplainedProfile)
    @action(detail=True, url_path="explanation")
    def explanation(self, request: Request, pk: str) -> Response:
        """How each score came about: indicators, and the records behind them as far as they may be opened."""
        return Response(explained(request.actor, self.get_object()))
