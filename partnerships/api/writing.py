"""What writes of records share: a body or a person named in JSON, the version of a record, a change of it in turn."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ics_governance.actions import locked
from ics_governance.api_views import LONGEST_ID
from ics_governance.api_writes import etag, require_version
from ics_governance.ledger import canonical
from ics_governance.permissions import Refused
from partnerships.access import P, require
from partnerships.models import Organisation, Person

from .filters import body_named
from .parts import Visible

MEMBER = OpenApiParameter("member", int, OpenApiParameter.PATH, description="The id of the member.")

DEPUTY = OpenApiParameter("deputy", int, OpenApiParameter.PATH, description="The id of the deputyship.")
LINE = OpenApiParameter("line", int, OpenApiParameter.PATH, description="The id of the reporting line.")
FUND = OpenApiParameter("fund", int, OpenApiParameter.PATH, description="The id of the fund.")


class BodyNamed(serializers.CharField):
    """An organisation by ODS code, GSS code or id."""

    def to_internal_value(self, data: Any) -> Organisation:
        """The organisation; an error when there is none."""
        found = body_named(super().to_internal_value(data))
        if found is None:
            raise serializers.ValidationError(f"No organisation has the ODS code, GSS code or id “{data}”.")
        return found

    def to_representation(self, value: Any) -> str:
        """Its code."""
        return str(value.code)


ABSENT = {"does_not_exist": "There is none with the id {pk_value}.", "incorrect_type": "Give its id, a whole number."}


def one(queryset: Any, **options: Any) -> serializers.PrimaryKeyRelatedField:
    """A record by its id, or null."""
    usual = {"required": False, "allow_null": True, "error_messages": ABSENT}
    return serializers.PrimaryKeyRelatedField(queryset=queryset, **usual | options)


def person() -> serializers.PrimaryKeyRelatedField:
    """A person by id: ids stand beside the names of members."""
    return one(Person.objects.all())


class Sent(serializers.Serializer):
    """What a request may say. A field that it does not know is refused: a misspelt one would change nothing."""

    def to_internal_value(self, data: Any) -> Any:
        """The values; every unknown field is an error."""
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            known = ", ".join(sorted(self.fields))
            raise serializers.ValidationError(
                {name: [f"Not a field here. Known: {known}."] for name in sorted(unknown)}
            )
        return super().to_internal_value(data)


def values_of(form: type[Sent], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """What was sent, understood; a 400 that names each field otherwise. Nothing sent to change is an error too."""
    sent = form(data=request.data, partial=partial, context={"request": request})
    sent.is_valid(raise_exception=True)
    if not sent.validated_data:
        raise serializers.ValidationError("Send at least one field.")
    return dict(sent.validated_data)


class Written(Visible):
    """Records that are read with an ETag, founded, and changed by whoever read them last."""

    http_method_names = ["get", "head", "post", "patch"]

    def require_a_host(self) -> None:
        """Before anything is read of what was sent: only who keeps something may found."""
        if not self.request.actor.organisations(P.FORUM_EDIT, "host"):
            raise Refused(P.FORUM_EDIT)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The record with its version."""
        return self.shown(self.get_object())

    def shown(self, record: Any, status: int = 200, **headers: str) -> Response:
        """The long form of a record with its ETag."""
        data = self.record_serializer_class(record, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": etag(_version(data)), **headers})

    def read_again(self, pk: int, status: int = 200, **headers: str) -> Response:
        """The record as it is after a write."""
        return self.shown(self._whole().get(pk=pk), status, **headers)

    def _whole(self) -> Any:
        self.action = "retrieve"  # with everything that the long form shows
        return self.get_queryset()

    def change(self, request: Request, act: Callable[[Any], Any]) -> Response:
        """Change a record: lock it, hold it against the version that was read, act, show it as it is then."""
        with transaction.atomic():
            record = self.own(request)
            require_version(request, _version(self.shown(record).data))
            act(record)
        return self.read_again(record.pk)

    def own(self, request: Request) -> Any:
        """The record of the address, locked, for who keeps it; 404 unseen, 403 seen but not allowed."""
        found = self._whole().filter(pk=self.get_object().pk).first()
        if found is None:
            raise Http404
        require(request.actor, P.FORUM_EDIT, found)
        locked(found)
        return self._whole().get(pk=found.pk)

    def part(self, rows: Any, text: str) -> Any:
        """A part of a record by its id in the address, or 404."""
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID else 0
        found = rows.filter(pk=number).first()
        if found is None:
            raise Http404
        return found


def _version(data: Any) -> str:
    """Anything that differs whenever the record, or a part of it that is shown, does."""
    return hashlib.sha256(canonical(_plain(data)).encode()).hexdigest()[:32]


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    return [_plain(each) for each in data] if isinstance(data, list | tuple) else data
