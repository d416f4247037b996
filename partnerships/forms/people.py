"""Choosing a person: by name, with the body that employs them beside it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from ics_governance import forms
from partnerships.models import Employment, Forum, Membership, Organisation, Person

LONGEST_ID = 18
"""Digits of an id: more would not fit its column."""


class PersonField(forms.ModelChoiceField):
    """A person, offered as "Kwame Willowmarsh, Airedale Trust". Its people come from one of the functions below."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Person.objects.none(), **options)

    def label_from_instance(self, person: Any) -> str:
        """The name and the employers on the day asked for."""
        return f"{person.name}, {person.employers or 'whose employer is not recorded'}"


class GuardedPersonField(PersonField):
    """A person whom a guard judges: somebody who is not on offer is kept in the form, beside the guard's reason.

    Such a choice comes from a page that was opened before the person left, or before another body was chosen.
    """

    on: date

    def offer(self, bodies: Iterable[Any], on: date) -> None:
        """Offer the people of these bodies on a day."""
        self.on = on
        self.queryset = people_of(bodies, on)

    def to_python(self, value: Any) -> Person | None:  # type: ignore[override]
        """The person, on offer or not."""
        try:
            return super().to_python(value)  # type: ignore[no-any-return]
        except ValidationError:
            if not (str(value).isascii() and str(value).isdecimal() and len(str(value)) <= LONGEST_ID):
                raise
            wider = with_employers(self.on).filter(Q(pk__in=self.queryset.values("pk")) | Q(pk=value))
            if (found := wider.filter(pk=value).first()) is None:
                raise
            self.queryset = wider.order_by("name", "pk")
            return found


def people_of(bodies: Iterable[Any] | QuerySet[Any], on: date) -> QuerySet[Person]:
    """People whom one of these bodies employs on that day, by name, with all their employers; one query."""
    those = Employment.objects.on(on).filter(organisation__in=bodies).values("person")
    return with_employers(on).filter(pk__in=those).order_by("name", "pk")


def with_employers(on: date) -> QuerySet[Person]:
    """People with the names of all their employers on a day, as `employers`."""
    still = Q(employments__ends=None) | Q(employments__ends__gte=on)
    body = "employments__organisation__"
    label = Coalesce(NullIf(f"{body}short_name", Value("")), f"{body}name")
    employers = StringAgg(label, Value(", "), distinct=True, filter=Q(employments__starts__lte=on) & still)
    return Person.objects.annotate(employers=employers)


def people_of_forum(forum: Forum, on: date) -> QuerySet[Person]:
    """People employed by the host or by a body with a member on the forum."""
    return people_of(bodies_of_forum(forum).values("pk"), on)


def bodies_of_forum(forum: Forum) -> QuerySet[Organisation]:
    """The host and every body with a member on the forum."""
    members = Membership.objects.filter(forum=forum).values("organisation")
    return Organisation.objects.filter(Q(pk=forum.host_id) | Q(pk__in=members))
