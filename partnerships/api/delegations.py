"""`/delegations/`: who passed which function on to whom, and within which limits."""

from rest_framework import serializers

from partnerships.models import Delegation, Post

from .filters import Body, Id, InForce, OfFunction, one_of
from .parts import BodyPart, ForumPart, FunctionPart, PlacePart, Visible


class DelegationFilters(InForce):
    """Filters of delegations."""

    function = OfFunction(field_name="function")
    status = one_of(Delegation.Status.choices)
    from_organisation = Body(field_name="from_organisation")
    to_organisation = Body(field_name="to_organisation")
    from_forum = Id(field_name="from_forum_id")
    to_forum = Id(field_name="to_forum_id")
    place = Id(field_name="places", distinct=True)


class PostPart(serializers.ModelSerializer):
    """A named post."""

    class Meta:
        model = Post
        fields = ("id", "title")


class DelegationRecord(serializers.ModelSerializer):
    """A delegation. `limit`: pounds, inclusive, null for none. No places: the whole area of whoever passed it on."""

    function = FunctionPart()
    from_organisation = BodyPart()
    from_forum = ForumPart(allow_null=True)
    from_post = PostPart(allow_null=True)
    to_organisation = BodyPart(allow_null=True)
    to_forum = ForumPart(allow_null=True)
    to_post = PostPart(allow_null=True)
    places = PlacePart(many=True)

    class Meta:
        model = Delegation
        fields = (
            "id", "function", "from_organisation", "from_forum", "from_post", "to_organisation", "to_forum", "to_post",
            "model", "basis", "instrument", "limit", "limit_kind", "places", "starts", "ends", "review_on",
            "conditions", "onward_delegation_permitted", "status",
        )  # fmt: skip


class Delegations(Visible):
    """Delegations, in the order in which they were recorded."""

    # more joins than these take PostgreSQL longer to plan than the list to read
    queryset = Delegation.objects.select_related("function", "from_organisation", "from_forum", "to_forum")
    queryset = queryset.prefetch_related("to_organisation", "from_post", "to_post", "places")
    filterset_class = DelegationFilters
    serializer_class = DelegationRecord
