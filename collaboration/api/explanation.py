"""`/profiles/<id>/explanation/`: characteristic, sources, indicators, and the records behind each number."""

from typing import Any

from rest_framework import serializers

from collaboration.indicators import Window
from collaboration.models import Profile
from collaboration.queries.detail import explain
from collaboration.queries.evidence import CLOSED
from collaboration.queries.profiles import content_of
from ics_governance.permissions import Actor
from partnerships.api.parts import BodyPart

OUR_OWN = "This project's own derivation; never an NHS England rating."


class ActPart(serializers.Serializer):
    """What would make a record count for more, and what it would count then."""

    text = serializers.CharField()
    numerator = serializers.FloatField()


class RecordPart(serializers.Serializer):
    """A record behind a number. `key`, such as `action 12`, and `link` are missing where it may not be opened."""

    key = serializers.SerializerMethodField()
    title = serializers.CharField()
    what = serializers.CharField()
    numerator = serializers.FloatField()
    denominator = serializers.FloatField()
    link = serializers.CharField()
    act = ActPart(allow_null=True)

    def get_key(self, record: Any) -> str:
        """Which record it is."""
        return "" if record.title == CLOSED else record.key


class IndicatorPart(serializers.Serializer):
    """An indicator: counted records, points, its weight, and what it adds to the score of its characteristic."""

    code = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    too_few = serializers.BooleanField()
    numerator = serializers.FloatField()
    denominator = serializers.FloatField()
    points = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField(allow_null=True)
    adds = serializers.FloatField(allow_null=True)
    counted = RecordPart(many=True)
    not_recorded = RecordPart(many=True)


class SourcePart(serializers.Serializer):
    """A source (observed, partner, self) with its indicators; no score without evidence."""

    source = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField()
    indicators = IndicatorPart(many=True)


class StepPart(serializers.Serializer):
    """An act on a record. `record` is missing where it may not be opened."""

    indicator = serializers.CharField()
    record = serializers.SerializerMethodField()
    title = serializers.CharField()
    text = serializers.CharField()
    link = serializers.CharField()

    def get_record(self, step: Any) -> str:
        """Which record it is."""
        return "" if step.title == CLOSED else step.record


class ChangePart(serializers.Serializer):
    """The smallest set of acts that would move the band, and where it leads."""

    steps = StepPart(many=True)
    score = serializers.FloatField()
    to_score = serializers.FloatField()
    band = serializers.CharField()
    to_band = serializers.CharField()


class ExplainedCharacteristic(serializers.Serializer):
    """A characteristic taken apart, from the records as they are now. What its indicators add makes its score.

    `as_scored` is the score of the profile; where it differs, records have changed since. `needed`: without enough
    evidence, the fewest indicators whose records would give enough.
    """

    code = serializers.CharField()
    title = serializers.CharField()
    as_scored = serializers.SerializerMethodField()
    score = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    band = serializers.CharField()
    coverage = serializers.FloatField()
    sources = SourcePart(many=True)
    needed = serializers.ListField(child=serializers.CharField())
    change = ChangePart(allow_null=True)

    def get_as_scored(self, one: Any) -> float | None:
        """The number in the profile."""
        score = self.context["as_scored"].get(one.code)
        return None if score is None else float(score)


class ExplainedProfile(serializers.Serializer):
    """A profile down to the records that it counts."""

    id = serializers.IntegerField()
    subject = BodyPart()
    as_of = serializers.DateField()
    since = serializers.DateField()
    method = serializers.CharField()
    characteristics = ExplainedCharacteristic(many=True)


def explained(actor: Actor, profile: Profile) -> dict[str, Any]:
    """A profile taken apart, as far as the actor may open its records."""
    window = Window.months(content_of(profile.framework).window_months, profile.as_of)
    made = {score.characteristic: score.score for score in profile.scores.all()}
    characteristics = ExplainedCharacteristic(explain(actor, profile), many=True, context={"as_scored": made})
    return {
        "id": profile.pk,
        "subject": BodyPart(profile.subject).data,
        "as_of": profile.as_of,
        "since": window.since,
        "method": OUR_OWN,
        "characteristics": characteristics.data,
    }
