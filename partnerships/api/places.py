"""`/places/`: areas within a system, for which arrangements, forums and delegations can be."""

import django_filters
from django.db.models import Prefetch
from rest_framework import serializers

from partnerships.models import Organisation, Place

from .filters import Body, Day, Words
from .parts import BodyPart, Visible


class PlaceFilters(django_filters.FilterSet):
    """Without `as_of`: every place, also those that ended."""

    system = Body(field_name="icb", label="Places of an integrated care board, by its code or id.")
    council = Body(field_name="councils", label="Places of a council, by its code or id.")
    as_of = Day(method="on_day", label="Only the places of this day.")
    q = Words(field_name="name", label="Words of the name.")

    def on_day(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Those that hold on the day."""
        return rows.on(value)


class EarlierPlacePart(serializers.ModelSerializer):
    """The same area before."""

    icb = BodyPart()

    class Meta:
        model = Place
        fields = ("id", "name", "icb", "ends")


class PlaceRow(serializers.ModelSerializer):
    """A place: its id is what `place` takes in a question about authority. `follows`: the same area before."""

    icb = BodyPart()
    councils = BodyPart(many=True)
    follows = EarlierPlacePart(allow_null=True)

    class Meta:
        model = Place
        fields = ("id", "name", "icb", "councils", "follows", "starts", "ends")


class Places(Visible):
    """Places, by name."""

    queryset = Place.objects.select_related("icb", "follows__icb").prefetch_related(
        Prefetch("councils", Organisation.objects.order_by("name", "id"))
    )
    ordering = ("name", "id")
    filterset_class = PlaceFilters
    serializer_class = PlaceRow
