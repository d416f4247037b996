"""What ends or is due for review soon: delegations, terms of reference, memberships, posts, arrangements."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse

from ics_governance import wording
from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import (
    Arrangement,
    Delegation,
    Forum,
    Membership,
    Organisation,
    OrganisationRelation,
    Post,
    TermsOfReference,
)

AHEAD = timedelta(days=90)
REMINDED = (60, 30, 7)  # days before the day
LAST_WEEK = timedelta(days=REMINDED[-1])
MOST = 500  # rows of the page; beyond, it asks for a system
LIVE = (Delegation.Status.APPROVED, Delegation.Status.IN_FORCE, Delegation.Status.SUSPENDED)


Bodies = Iterable[int] | QuerySet[Any]


@dataclass(frozen=True)
class Due:
    """Something that ends or is to be reviewed on a day, and who has to act: the body `keeper`, by `permission`."""

    on: date
    kind: str
    what: str
    happens: str
    keeper: int
    keeper_name: str
    address: str
    permission: str
    key: int

    @property
    def day_in_words(self) -> str:
        """The day as "14 January 2027"."""
        return wording.day(self.on)

    @property
    def month(self) -> str:
        """The month as "January 2027"."""
        return wording.day(self.on, "month")


def expiring(actor: Actor, on: date, system: Organisation | None) -> list[Due]:
    """What ends or is due in the next ninety days in one ICB's system, or in England; the earliest first."""
    bodies = None if system is None else bodies_of(system, on)
    found = due_between(on, on + AHEAD, bodies, actor)
    return sorted(found, key=lambda row: (row.on, row.kind, row.what, row.key))


def bodies_of(system: Organisation, on: date) -> QuerySet[Organisation]:
    """The ICB and the bodies whose lead ICB it is on a day; read inside other queries."""
    links = OrganisationRelation.objects.filter(kind="system", target_body=system, lead=True)
    links = links.filter(Q(starts=None) | Q(starts__lte=on), Q(ends=None) | Q(ends__gte=on))
    return Organisation.objects.filter(Q(pk=system.pk) | Q(pk__in=links.values("source_body"))).order_by().values("pk")  # type: ignore[return-value]


def terms_to_review(actor: Actor) -> QuerySet[TermsOfReference]:
    """The terms of the forums that this person keeps whose review is due in a week, by then or already past."""
    kept = scope(actor, P.FORUM_EDIT, Forum.objects.filter(_open("", actor.on)))
    rows = TermsOfReference.objects.filter(review_on__lte=actor.on + LAST_WEEK, forum__in=kept)
    return rows.exclude(forum__terms__version__gt=F("version"))


def due_for_reminder(since: date, until: date) -> list[Due]:
    """What came within 60, 30 or 7 days of its day after `since`, up to `until`. Each is told at each of them."""
    spans = [(since + timedelta(days=ahead + 1), until + timedelta(days=ahead)) for ahead in REMINDED]
    rows = {(row.kind, row.key, row.on, row.happens): row for first, last in spans for row in due_between(first, last)}
    return list(rows.values())


def due_between(first: date, last: date, bodies: Bodies | None = None, actor: Actor | None = None) -> list[Due]:
    """Everything of these days, of some bodies or of all; six queries. With an actor only what they may see."""
    span = (first, last)
    return [
        *_delegations(span, bodies, actor),
        *_terms(span, bodies),
        *_memberships(span, bodies),
        *_posts(span, bodies),
        *_arrangements(span, bodies),
        *_forums(span, bodies),
    ]


Span = tuple[date, date]


def _name(path: str) -> Any:
    return Coalesce(NullIf(F(f"{path}__short_name"), Value("")), F(f"{path}__name"))


def _of(rows: QuerySet[Any], path: str, bodies: Bodies | None) -> QuerySet[Any]:
    rows = rows.annotate(keeper_name=_name(path)).order_by()
    return rows if bodies is None else rows.filter(**{f"{path}__in": bodies})


def _delegations(span: Span, bodies: Bodies | None, actor: Actor | None) -> Iterator[Due]:
    rows = Delegation.objects.filter(Q(ends__range=span) | Q(review_on__range=span), status__in=LIVE)
    if actor is not None:
        rows = scope(actor, P.DELEGATION_VIEW, rows)
    columns = (
        "pk", "ends", "review_on", "function__name", "to_forum__name", "to_organisation__name", "to_post__title",
        "from_organisation_id", "keeper_name",
    )  # fmt: skip
    for pk, ends, review, function, forum, body, post, keeper, name in _of(
        rows, "from_organisation", bodies
    ).values_list(*columns):
        what, address = f"{function}, delegated to {forum or body or post}", reverse("delegation", args=[pk])
        for on, happens in ((ends, "ends"), (review, "is due for review")):
            if on is not None and span[0] <= on <= span[1]:
                yield Due(on, "delegation", what, happens, keeper, name, address, P.DELEGATION_EDIT, pk)


def _terms(span: Span, bodies: Bodies | None) -> Iterator[Due]:
    rows = TermsOfReference.objects.filter(review_on__range=span).filter(_open("forum__", span[0]))
    rows = rows.exclude(forum__terms__version__gt=F("version"))
    for pk, on, forum, title, host, name in _of(rows, "forum__host", bodies).values_list(
        "pk", "review_on", "forum_id", "forum__name", "forum__host_id", "keeper_name"
    ):
        address = reverse("forum", args=[forum]) + "#terms"
        yield Due(
            on, "terms", f"Terms of reference of {title}", "are due for review", host, name, address, P.FORUM_EDIT, pk
        )


def _memberships(span: Span, bodies: Bodies | None) -> Iterator[Due]:
    rows = Membership.objects.filter(ends__range=span, refused_on=None)
    rows = rows.annotate(body_name=_name("organisation"))
    for pk, on, forum, title, body, host, name in _of(rows, "forum__host", bodies).values_list(
        "pk", "ends", "forum_id", "forum__name", "body_name", "forum__host_id", "keeper_name"
    ):
        address = reverse("forum", args=[forum]) + "#members"
        yield Due(on, "membership", f"{body} on {title}", "ends", host, name, address, P.FORUM_EDIT, pk)


def _posts(span: Span, bodies: Bodies | None) -> Iterator[Due]:
    rows = Post.objects.filter(ends__range=span)
    for pk, on, title, body, ods, gss, local, name in _of(rows, "organisation", bodies).values_list(
        "pk", "ends", "title", "organisation_id", "organisation__ods_code", "organisation__gss_code",
        "organisation__local_code", "keeper_name",
    ):  # fmt: skip
        address = reverse("organisation", args=[ods or gss or local])
        yield Due(
            on, "post", f"{title} of {name}", "comes to the end of its term", body, name, address, P.DELEGATION_EDIT, pk
        )


def _arrangements(span: Span, bodies: Bodies | None) -> Iterator[Due]:
    rows = Arrangement.objects.filter(Q(ends__range=span) | Q(gateways__review_on__range=span))
    rows = rows.annotate(review_on=F("gateways__review_on"))
    seen: set[tuple[int, date, str]] = set()
    for pk, ends, review, title, host, name in _of(rows, "host", bodies).values_list(
        "pk", "ends", "review_on", "name", "host_id", "keeper_name"
    ):
        for on, happens in ((ends, "ends"), (review, "has its gateway looked at again")):
            if on is not None and span[0] <= on <= span[1] and (pk, on, happens) not in seen:
                seen.add((pk, on, happens))
                address = reverse("arrangement", args=[pk])
                yield Due(on, "arrangement", title, happens, host, name, address, P.FORUM_EDIT, pk)


def _forums(span: Span, bodies: Bodies | None) -> Iterator[Due]:
    rows = Forum.objects.filter(ends__range=span)
    for pk, on, title, host, name in _of(rows, "host", bodies).values_list(
        "pk", "ends", "name", "host_id", "keeper_name"
    ):
        yield Due(on, "forum", title, "ends", host, name, reverse("forum", args=[pk]), P.FORUM_EDIT, pk)


def _open(path: str, day: date) -> Q:
    return Q(**{f"{path}ends": None}) | Q(**{f"{path}ends__gte": day})
