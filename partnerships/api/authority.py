"""`/authority/`: may this forum take this decision? The resolver's answer, in JSON and in a sentence."""

from decimal import Decimal
from typing import Any

from django import forms
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from ics_governance.api_views import Endpoint
from ics_governance.permissions import Actor
from partnerships.access import actor_for, visible_or_404
from partnerships.authority import Node, Status
from partnerships.authority.words import sentence, verdict
from partnerships.forms.authority import node_of
from partnerships.models import Place
from partnerships.queries.authority import HOLDERS, Asked, ask_of

from .filters import LARGEST_ID, DateField, FunctionField

MOST_PLACES = 100


class Question(forms.Form):
    """What is asked. `place` is read apart, since it may be repeated."""

    forum = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    holder = forms.CharField(max_length=30, required=False)
    function = FunctionField(max_length=40)
    amount = forms.DecimalField(min_value=Decimal(0), max_digits=14, decimal_places=2, required=False)
    on = DateField(required=False)

    def clean_holder(self) -> Node | None:
        """A forum, post or body written as `post:3`."""
        text = self.cleaned_data["holder"]
        try:
            return node_of(text) if text else None
        except ValueError:
            raise forms.ValidationError("Write a forum as forum:12, a post as post:3, a body as body:4.") from None

    def clean(self) -> dict[str, Any]:
        """Who is asked about is said once, in one of the two ways."""
        found = super().clean() or {}
        if not self.errors.keys() & {"forum", "holder"} and (found["forum"] is None) is (found["holder"] is None):
            self.add_error("forum", "Name who would decide: either forum, or holder such as post:3.")
        return found

    @property
    def node(self) -> Node:
        """Who is asked about."""
        found: Node = self.cleaned_data["holder"] or Node.forum(self.cleaned_data["forum"])
        return found


PARAMETERS = [
    OpenApiParameter("forum", OpenApiTypes.INT64, description="Id of the forum."),
    OpenApiParameter("holder", str, description="In place of forum: a forum, post or body, such as post:3."),
    OpenApiParameter("function", str, required=True, description="Code of the function."),
    OpenApiParameter("amount", OpenApiTypes.DECIMAL, description="Pounds over the whole life."),
    OpenApiParameter("place", OpenApiTypes.INT64, many=True, description="Id of a place; may be repeated."),
    OpenApiParameter("on", OpenApiTypes.DATE, description="The day; today without it."),
]


class AuthorityAnswer(serializers.Serializer):
    """The answer of the resolver. Nodes are `body:1`, `forum:2` or `post:3`; `names` says what each is called."""

    status = serializers.ChoiceField([status.value for status in Status])
    verdict = serializers.CharField(help_text="The answer in a few words.")
    sentence = serializers.CharField(help_text="What it rests on, or why not and who could instead.")
    forum = serializers.CharField()
    function = serializers.CharField()
    amount = serializers.DecimalField(14, 2, allow_null=True)
    places = serializers.ListField(child=serializers.IntegerField())
    on = serializers.DateField()
    chain = serializers.ListField(child=serializers.DictField())
    broken_edge = serializers.DictField(allow_null=True)
    limit = serializers.DecimalField(14, 2, allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    accountable_body = serializers.IntegerField(allow_null=True)
    accountable_bodies = serializers.ListField(child=serializers.IntegerField())
    holders_needed = serializers.ListField(child=serializers.IntegerField())
    missing_holders = serializers.ListField(child=serializers.IntegerField())
    parts = serializers.ListField(child=serializers.DictField())
    alternatives = serializers.ListField(child=serializers.DictField())
    further_approval_needed = serializers.ListField(child=serializers.CharField())
    reserved_parts = serializers.ListField(child=serializers.CharField())
    envelope = serializers.DictField(allow_null=True)
    findings = serializers.ListField(child=serializers.CharField())
    area = serializers.ListField(
        child=serializers.IntegerField(), help_text="The places it is bounded to; empty: the whole area."
    )
    names = serializers.DictField(child=serializers.CharField())
    place_names = serializers.DictField(child=serializers.CharField(), help_text="The name of each place, by its id.")


class Authority(Endpoint):
    """May this forum, post or body take this decision?"""

    permission_classes = (IsAuthenticated,)
    repeatable = frozenset({"place"})

    def parameters(self) -> frozenset[str]:
        """The parts of the question."""
        return self.repeatable | {*Question.base_fields}

    @extend_schema(parameters=PARAMETERS, responses=AuthorityAnswer)
    def get(self, request: Request) -> Response:
        """The answer, with the delegations it rests on or the one that is missing, and who could decide instead."""
        question = Question(request.query_params)
        places, faults = self.places(request)
        if not question.is_valid() or faults:
            raise exceptions.ValidationError({**question.errors, **faults})
        asked = dict(question.cleaned_data)
        reader, node = self.reader(request), question.node
        holder = visible_or_404(reader, HOLDERS[node.kind]._default_manager.all(), pk=node.id)
        day, spent = asked["on"] or reader.on, reader.user_id is not None
        found = ask_of(holder, asked["function"], amount=asked["amount"], places=places, on=day, spent=spent)
        return Response(in_words(found))

    def reader(self, request: Request) -> Actor:
        """Who asks."""
        return request.actor

    @staticmethod
    def places(request: Request) -> tuple[list[int], dict[str, list[str]]]:
        """The ids of the places, and what is wrong with them."""
        texts = request.query_params.getlist("place")
        field = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
        try:
            wanted = {field.clean(text) for text in texts[: MOST_PLACES + 1]}
        except forms.ValidationError as error:
            return [], {"place": error.messages}
        known = set(Place.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        if len(texts) > MOST_PLACES:
            return [], {"place": [f"Ask about {MOST_PLACES} places at most."]}
        missing = [f"There is no place {pk}." for pk in sorted(wanted - known)]
        return sorted(known), {"place": missing} if missing else {}


class ForEveryone:
    """Mixed into a question of `public/`: no sign-in, and the same answer whoever asks."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def reader(self, request: Request) -> Actor:
        """Nobody in particular, also where a browser sends its session along."""
        return actor_for(None)


class PublicAuthority(ForEveryone, Authority):
    """The same for everyone: what has been used of a yearly limit or a fund is left out."""


def in_words(asked: Asked) -> dict[str, Any]:
    """An answer as the API gives it, also of one that was kept with a decision."""
    plain = asked.to_json()
    words = {"verdict": verdict(asked.answer), "sentence": sentence(asked.answer, asked.names, asked.places)}
    named = {"names": plain["names"], "place_names": plain["places"]}
    return {"status": plain["answer"]["status"], **words, **plain["answer"], **named}
