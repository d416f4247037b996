"""Naming a body: ticked among those nearby, or typed by its name or code."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from ics_governance import forms
from partnerships.models import Kind, Organisation, OrganisationRelation

FEW = 4  # bodies named in a message that asks for more of the name


class BodyField(forms.CharField):
    """A body, typed by its name or its ODS or GSS code; gives the organisation, or None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

    def clean(self, value: Any) -> Any:
        """The one body that is meant; with several or none, a message that says how to name it."""
        typed = super().clean(value)
        return find_body(typed) if typed else None


def find_body(typed: str) -> Organisation:
    """The body of exactly this code or name, else the only one whose name has these words."""
    there = Organisation.objects.filter(closed=None)
    exact = list(there.filter(Q(ods_code__iexact=typed) | Q(gss_code__iexact=typed) | Q(name__iexact=typed))[:2])
    if len(exact) == 1:
        return exact[0]
    for word in typed.split():
        there = there.filter(Q(name__icontains=word) | Q(short_name__icontains=word))
    found = list(there.order_by("name")[: FEW + 1])
    if not found:
        raise ValidationError(f"No body is called “{typed}”. Try part of its name, or its code.")
    if len(found) > 1:
        names = "; ".join(body.name for body in found[:FEW])
        raise ValidationError(
            f"Several bodies fit “{typed}”: {names}{'; …' if len(found) > FEW else ''}. Say which one."
        )
    return found[0]


def systems_near(body: Organisation, on: date) -> list[Organisation]:
    """The ICBs of the systems that a body belongs to, leads or oversees, its lead system first."""
    if body.kind == Kind.ICB:
        return [body]
    links = OrganisationRelation.objects.on(on)
    if body.kind == Kind.REGION:
        rows = links.filter(target_body=body, kind="region").select_related("source_body")
        return [row.source_body for row in rows.order_by("source_body__name")]
    rows = links.filter(source_body=body, kind="system").select_related("target_body")
    return [row.target_body for row in rows.order_by("-lead", "target_body__name")]


def bodies_near(systems: Iterable[Organisation], on: date) -> QuerySet[Organisation]:
    """The ICBs of some systems and every body that belongs to them."""
    own = [system.pk for system in systems]
    members = OrganisationRelation.objects.on(on).filter(target_body__in=own, kind="system").values("source_body")
    return Organisation.objects.on(on).filter(Q(pk__in=own) | Q(pk__in=members))
