"""Choosing a person: by name, with the body that employs them beside it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from ics_governance import forms
from partnerships.models import Employment, Forum, Membership, Organisation, Person


class PersonField(forms.ModelChoiceField):
    """A person, offered as "Kwame Willowmarsh, Airedale Trust". Its people come from one of the functions below."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Person.objects.none(), **options)

    def label_from_instance(self, person: Any) -> str:
        """The name and the employers on the day asked for."""
        return f"{person.name}, {person.employers}"


def people_of(bodies: Iterable[Any] | QuerySet[Any], on: date) -> QuerySet[Person]:
    """People whom one of these bodies employs on that day, with all their employers; one query."""
    those = Employment.objects.on(on).filter(organisation__in=bodies).values("person")
    still = Q(employments__ends=None) | Q(employments__ends__gte=on)
    body = "employments__organisation__"
    label = Coalesce(NullIf(f"{body}short_name", Value("")), f"{body}name")
    employers = StringAgg(label, Value(", "), distinct=True, filter=Q(employments__starts__lte=on) & still)
    return Person.objects.filter(pk__in=those).annotate(employers=employers)


def people_of_forum(forum: Forum, on: date) -> QuerySet[Person]:
    """People employed by the host or by a body with a member on the forum."""
    return people_of(bodies_of_forum(forum).values("pk"), on)


def bodies_of_forum(forum: Forum) -> QuerySet[Organisation]:
    """The host and every body with a member on the forum."""
    members = Membership.objects.filter(forum=forum).values("organisation")
    return Organisation.objects.filter(Q(pk=forum.host_id) | Q(pk__in=members))
