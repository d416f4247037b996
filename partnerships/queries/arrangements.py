"""Arrangements between bodies: lists of them, and who takes part in one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ics_governance.permissions import Actor
from partnerships import partner_types
from partnerships.access import P, scope
from partnerships.activity_areas import named
from partnerships.authority.graph import financial_year
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Contribution,
    Forum,
    Fund,
    GatewayReview,
    Kind,
    Organisation,
    OrganisationRelation,
    Place,
    ReportingLine,
)
from partnerships.partner_types import PartnerType

FEWEST_TRUSTS = 2
SORTS = {"name": ("name", "id"), "kind": ("kind", "name", "id")}


def counted(rows: QuerySet[Any], by: str) -> Coalesce:
    """How many of `rows` belong to the outer record, as a column that costs no query of its own."""
    per_record = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(number=Count("pk"))
    return Coalesce(Subquery(per_record.values("number")), 0, output_field=IntegerField())


def listed(actor: Actor, day: date, filters: Mapping[str, Any]) -> QuerySet[Arrangement]:
    """Arrangements of a day with `member_count` and `areas` of their footprint.

    Filters: kind, phase, level, activity, system, body, q, closed.
    """
    rows = Arrangement.objects.filter(starts__lte=day) if filters.get("closed") else Arrangement.objects.on(day)
    rows = scope(actor, P.ARRANGEMENT_VIEW, rows)
    for name in ("kind", "phase", "level"):
        if value := filters.get(name):
            rows = rows.filter(**{name: value})
    if activity := filters.get("activity"):
        rows = rows.filter(activities__contains=[activity])
    if system := filters.get("system"):
        rows = rows.filter(of_system(system))
    if body := filters.get("body"):
        rows = rows.filter(of_body(body, day))
    for word in str(filters.get("q", "")).split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(place__name__icontains=word))
    members = counted(ArrangementMember.objects.on(day), "arrangement")
    return rows.annotate(member_count=members, areas=_areas()).select_related("host", "place")


def _areas() -> ArraySubquery:
    """Names of the places of the footprint, as a column."""
    return ArraySubquery(Place.objects.filter(arrangements_across=OuterRef("pk")).order_by("name").values("name"))


def detailed() -> QuerySet[Arrangement]:
    """Arrangements with what their page says in passing."""
    return Arrangement.objects.annotate(areas=_areas()).select_related("host", "place", "follows")


def of_system(system: Organisation) -> Q:
    """Arrangements that the ICB hosts or that work in one of its places."""
    within = Arrangement.footprint.through.objects.filter(place__icb=system).values("arrangement")
    return Q(host=system) | Q(place__icb=system) | Q(pk__in=within)


def of_body(body: Organisation, day: date) -> Q:
    """Arrangements that the body hosts or belongs to on a day."""
    return Q(host=body) | Q(pk__in=ArrangementMember.objects.on(day).filter(organisation=body).values("arrangement"))


def members_of(arrangement: Arrangement) -> list[ArrangementMember]:
    """Every membership there was or is, members first, then the represented, then those not expected."""
    rows = arrangement.members.select_related("organisation", "represented_by")
    order = {value: place for place, value in enumerate(ArrangementMember.Expectation.values)}
    return sorted(rows, key=lambda row: (order[row.expectation], row.sector, row.organisation.name, row.pk))


def forums_of(actor: Actor, arrangement: Arrangement, day: date) -> list[Forum]:
    """The forums of an arrangement on a day."""
    rows = scope(actor, P.FORUM_VIEW, Forum.objects.on(day)).filter(arrangement=arrangement)
    return list(rows.select_related("host", "reports_to").order_by("name", "id"))


# --- One arrangement ------------------------------------------------------------------------------------------------


def areas_of(arrangement: Arrangement) -> list[str]:
    """Names of what the partners do together."""
    return named(arrangement.activities)


@dataclass(frozen=True)
class Pot:
    """A fund with its contributions; `limit` is what may be committed from it."""

    fund: Fund
    contributions: list[Contribution]
    total: Decimal
    limit: Decimal

    @property
    def below(self) -> list[Contribution]:
        """Contributions below their minimum."""
        return [row for row in self.contributions if row.minimum is not None and row.amount < row.minimum]


@dataclass
class Pots:
    """Funds of an arrangement: this financial year's and those to come, and former ones."""

    current: list[Pot] = field(default_factory=list)
    former: list[Pot] = field(default_factory=list)


def funds_of(arrangement: Arrangement, day: date) -> Pots:
    """Two queries."""
    found = Pots()
    given_by = Prefetch("contributions", Contribution.objects.select_related("organisation"))
    rows = arrangement.funds.select_related("host").prefetch_related(given_by)
    for fund in rows:
        given = sorted(fund.contributions.all(), key=lambda row: (-row.amount, row.organisation.name))
        total = sum((row.amount for row in given), Decimal(0))
        pot = Pot(fund, given, total, total if fund.limit is None else fund.limit)
        (found.current if fund.year >= financial_year(day) else found.former).append(pot)
    found.current.sort(key=lambda pot: (pot.fund.year, pot.fund.name, pot.fund.pk))
    return found


def gateways_of(arrangement: Arrangement) -> list[GatewayReview]:
    """Reviews, the latest first."""
    return list(arrangement.gateways.all())


@dataclass
class Lines:
    """Reporting lines on a day: up, down, and those before or to come."""

    up: list[ReportingLine] = field(default_factory=list)
    down: list[ReportingLine] = field(default_factory=list)
    others: list[ReportingLine] = field(default_factory=list)


def lines_of(arrangement: Arrangement, day: date) -> Lines:
    """One query."""
    rows = ReportingLine.objects.filter(Q(arrangement=arrangement) | Q(to_arrangement=arrangement))
    found = Lines()
    for row in rows.select_related("arrangement", "to_arrangement", "to_organisation").order_by("starts", "pk"):
        own = row.arrangement_id == arrangement.pk
        holds = row.starts is not None and row.starts <= day and (row.ends is None or row.ends >= day)
        if holds:
            (found.up if own else found.down).append(row)
        elif own:
            found.others.append(row)
    return found


def missing_partners(arrangement: Arrangement, members: Iterable[ArrangementMember]) -> tuple[PartnerType, ...]:
    """The advised types of partner that a place-based partnership lacks; empty for other kinds. Its host counts."""
    if arrangement.kind != Arrangement.Kind.PLACE:
        return ()
    there = [row for row in members if row.expectation != ArrangementMember.Expectation.NOT_EXPECTED]
    partners = [(row.sector, row.organisation.kind) for row in there]
    return partner_types.missing([*partners, ("", arrangement.host.kind)])


def too_few_trusts(arrangement: Arrangement, members: Iterable[ArrangementMember]) -> bool:
    """Whether a provider collaborative has fewer than two trusts; its host counts."""
    if arrangement.kind != Arrangement.Kind.COLLABORATIVE:
        return False
    there = {row.organisation for row in members if row.expectation != ArrangementMember.Expectation.NOT_EXPECTED}
    return sum(body.kind == Kind.TRUST for body in {*there, arrangement.host}) < FEWEST_TRUSTS


def _twins(arrangement: Arrangement) -> list[Arrangement]:
    """Other place-based partnerships for the same place in the same days."""
    if arrangement.kind != Arrangement.Kind.PLACE:
        return []
    rows = Arrangement.objects.during(arrangement.starts, arrangement.ends).exclude(pk=arrangement.pk)
    return list(rows.filter(kind=Arrangement.Kind.PLACE, place=arrangement.place_id).select_related("place"))


def missing_councils(arrangement: Arrangement, members: Iterable[ArrangementMember], day: date) -> list[Organisation]:
    """Of an integrated care partnership: the ICB and the upper-tier councils of its area that are no members."""
    if arrangement.kind != Arrangement.Kind.ICP:
        return []
    icb = icb_of(arrangement, day)
    if icb is None:
        return []
    there = {row.organisation_id for row in members if row.expectation == ArrangementMember.Expectation.MEMBER}
    linked = OrganisationRelation.objects.on(day).filter(
        target_body=icb, kind=OrganisationRelation.Kind.SYSTEM, source_body__kind=Kind.LOCAL_AUTHORITY
    )
    wanted = Organisation.objects.on(day).filter(Q(pk=icb.pk) | Q(pk__in=linked.values("source_body")))
    return list(wanted.exclude(pk__in=there).order_by("kind", "name"))


def icb_of(arrangement: Arrangement, day: date) -> Organisation | None:
    """The ICB in whose area an arrangement lies: its host, its place's, or its host's lead ICB."""
    if arrangement.host.kind == Kind.ICB:
        return arrangement.host
    if arrangement.place is not None:
        return Organisation.objects.filter(pk=arrangement.place.icb_id).first()
    link = OrganisationRelation.objects.on(day).filter(
        source_body=arrangement.host_id, kind=OrganisationRelation.Kind.SYSTEM
    )
    found = link.order_by("-lead", "pk").select_related("target_body").first()
    return found.target_body if found else None


@dataclass(frozen=True)
class Gap:
    """Something to put right, or advised: a sentence, and the section of the page where it shows."""

    text: str
    section: str
    advice: bool = False


# --- What forms offer -----------------------------------------------------------------------------------------------


def speakers(arrangement: Arrangement, day: date) -> QuerySet[Organisation]:
    """Members that may speak for others."""
    rows = ArrangementMember.objects.on(day).filter(arrangement=arrangement, expectation="member")
    return Organisation.objects.filter(pk__in=rows.values("organisation"))


def contributors(arrangement: Arrangement, day: date, also: Iterable[int] = ()) -> list[Organisation]:
    """Bodies that may put money in: the host, statutory members, and whoever already does."""
    members = ArrangementMember.objects.on(day).filter(arrangement=arrangement).values("organisation")
    statutory = (Kind.ICB, Kind.LOCAL_AUTHORITY, Kind.TRUST, Kind.OVERSIGHT_BODY)
    fits = Q(pk=arrangement.host_id) | Q(pk__in=list(also)) | Q(pk__in=members, kind__in=statutory)
    order = {kind: place for place, kind in enumerate(statutory)}
    return sorted(Organisation.objects.filter(fits), key=lambda body: (order.get(Kind(body.kind), 9), body.name))


def may_report_to(arrangement: Arrangement, day: date) -> QuerySet[Arrangement]:
    """Other arrangements of its system, partnerships and boards first."""
    icb = icb_of(arrangement, day)
    rows: QuerySet[Arrangement] = Arrangement.objects.on(day).exclude(pk=arrangement.pk)
    if icb is not None:
        bodies = _system_bodies(icb, day)
        rows = rows.filter(of_system(icb) | Q(host__in=bodies))
    return rows.order_by("-kind", "name", "id")


def boards_near(arrangement: Arrangement, day: date) -> QuerySet[Organisation]:
    """Bodies whose board may hear it: the ICB, its host and the bodies that take part."""
    icb = icb_of(arrangement, day)
    members = ArrangementMember.objects.on(day).filter(arrangement=arrangement).values("organisation")
    fits = Q(pk=arrangement.host_id) | Q(pk__in=members, kind__in=(Kind.ICB, Kind.LOCAL_AUTHORITY, Kind.TRUST))
    return Organisation.objects.filter(fits | Q(pk=icb.pk) if icb else fits).order_by("name")


def _system_bodies(icb: Organisation, day: date) -> Any:
    return (
        OrganisationRelation.objects.on(day)
        .filter(target_body=icb, kind=OrganisationRelation.Kind.SYSTEM)
        .values("source_body")
    )


def gaps(
    arrangement: Arrangement, members: list[ArrangementMember], lines: Lines, pots: Pots, councils: list[Organisation]
) -> list[Gap]:
    """What is missing or to be looked at, in the order in which it hurts; advice last."""
    found = []
    for body in councils:
        found.append(Gap(f"{body.label} is not a member, and by law belongs to the partnership", "members"))
    for pot in pots.current:
        if not pot.total:
            found.append(Gap(f"No contribution to {pot.fund} is recorded", "funds"))
        for row in pot.below:
            found.append(Gap(f"{row.organisation.label} contributes less than its minimum to {pot.fund}", "funds"))
    for member in members:
        if member.expectation == ArrangementMember.Expectation.REPRESENTED and member.represented_by is None:
            found.append(Gap(f"Nobody is named who represents {member.organisation.label}", "members"))
    if too_few_trusts(arrangement, members):
        found.append(Gap("A provider collaborative is of two or more trusts, and fewer take part", "members"))
    for other in _twins(arrangement):
        found.append(Gap(f"{other.name} is a place-based partnership for {other.place} too", "about"))
    if not lines.up:
        found.append(Gap("To whom it reports is not recorded", "lines"))
    if not arrangement.purpose:
        found.append(Gap("Its purpose is not recorded", "purpose"))
    for one in missing_partners(arrangement, members):
        found.append(Gap(f"No member stands for {one.meaning}", "members", advice=True))
    return found
