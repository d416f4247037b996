"""`/posts/`: named posts that may hold delegated authority, who is in each and who was before."""

from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers

from partnerships.models import Post, PostHolding

from .filters import Body, Flag, InForce, Words
from .parts import BodyPart, Visible


class PostFilters(InForce):
    """Filters of posts."""

    organisation = Body(field_name="organisation")
    vacant = Flag(field_name="holder", lookup_expr="isnull", label="Only those that nobody is in, or only the others.")
    q = Words(field_name="title", label="Words of the title.")


class HoldingPart(serializers.ModelSerializer):
    """That somebody is in a post between two days."""

    name = serializers.CharField(source="person.name")

    class Meta:
        model = PostHolding
        fields = ("name", "person_id", "starts", "ends")


class PostRow(serializers.ModelSerializer):
    """A post: its id is what `post` takes where a forum or a delegation names one. `holder`: who is in it now."""

    organisation = BodyPart()
    holder = serializers.CharField(source="holder.name", default=None, allow_null=True)

    class Meta:
        model = Post
        fields = ("id", "title", "organisation", "holder", "holder_id", "starts", "ends")


class PostRecord(PostRow):
    """A post with who was in it, and when, the latest first, where that is recorded."""

    holdings = HoldingPart(many=True)

    class Meta(PostRow.Meta):
        fields = (*PostRow.Meta.fields, "holdings")


class Posts(Visible):
    """Posts of bodies, by title."""

    queryset = Post.objects.select_related("organisation", "holder")
    ordering = ("title", "id")
    filterset_class = PostFilters
    serializer_class = PostRow
    record_serializer_class = PostRecord

    def get_queryset(self) -> Any:
        """A record also shows who was in it."""
        rows = super().get_queryset()
        if self.action != "retrieve":
            return rows
        return rows.prefetch_related(Prefetch("holdings", PostHolding.objects.select_related("person")))
