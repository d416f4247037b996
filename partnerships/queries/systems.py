"""One integrated care system on a day: its bodies, arrangements and forums, who decides what, who reports to whom."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject, Least

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.authority import Node
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Cluster,
    Delegation,
    Forum,
    Kind,
    Membership,
    Organisation,
    OrganisationRelation,
    Place,
    ReportingLine,
)
from partnerships.system_map import SystemMap, system_map

from .arrangements import counted
from .authority import Wanted, load_graph
from .naming import Named, columns_of

Relation = OrganisationRelation.Kind
Form = Forum.Form
Of = Arrangement.Kind
SHARED = (Form.JOINT_COMMITTEE, Form.COMMITTEES_IN_COMMON, Form.JOINT_VENTURE, Form.LEAD_PROVIDER)
"""Forms of forum that concern the system whichever of its bodies hosts them."""
ACROSS = (Of.ICP, Of.HWB, Of.COLLABORATIVE)
"""Arrangements that concern the system whichever of its bodies hosts them."""


@dataclass(frozen=True)
class Area:
    """A place of the system."""

    pk: int
    name: str


@dataclass
class System:
    """An ICB with what belongs to it on a day. `day` is never after the ICB's last one."""

    icb: Organisation
    day: date
    region: Named | None = None
    trusts: list[Named] = field(default_factory=list)
    councils: list[Named] = field(default_factory=list)
    others: list[Named] = field(default_factory=list)
    arrangements: list[Arrangement] = field(default_factory=list)
    forums: list[Forum] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)

    @property
    def members(self) -> list[Named]:
        """All its bodies but the ICB."""
        return [*self.trusts, *self.councils, *self.others]

    @property
    def gone(self) -> bool:
        """Whether the ICB is closed on a later day, and the system shown as on its last one."""
        return self.icb.closed is not None and self.day == self.icb.closed

    def of_kind(self, kind: str) -> list[Arrangement]:
        """Its arrangements of a kind."""
        return [row for row in self.arrangements if row.kind == kind]

    @property
    def board(self) -> Forum | None:
        """The ICB's board."""
        return next((row for row in self.forums if row.form == Form.BOARD and row.host_id == self.icb.pk), None)


# --- Lists ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Region:
    """A region with its ICBs of a day, each with `trusts`, `councils` and `forum_count`; `body` None: not recorded."""

    body: Named | None
    systems: list[Organisation]


def regions_on(actor: Actor, day: date) -> list[Region]:
    """Every ICB of the day below its region, with counts of its bodies and forums, and its cluster; three queries."""
    links = OrganisationRelation.objects.on(day).filter(kind=Relation.SYSTEM)
    icbs = scope(actor, P.ORGANISATION_VIEW, Organisation.objects.on(day)).filter(kind=Kind.ICB)
    rows = icbs.annotate(
        trusts=counted(links.filter(source_body__kind=Kind.TRUST), "target_body"),
        councils=counted(links.filter(source_body__kind=Kind.LOCAL_AUTHORITY), "target_body"),
        forum_count=counted(scope(actor, P.FORUM_VIEW, Forum.objects.on(day)), "host"),
        clusters=ArraySubquery(
            Cluster.objects.on(day).filter(_members_of_clusters(day)).order_by("name").values("name")
        ),
    ).order_by("name")
    of = OrganisationRelation.objects.on(day).filter(kind=Relation.REGION, source_body__kind=Kind.ICB)
    regions = {
        source: Named(*region) for source, *region in of.values_list("source_body_id", *columns_of("target_body"))
    }
    found: dict[Named | None, list[Organisation]] = {}
    for row in rows:
        found.setdefault(regions.get(row.pk), []).append(row)
    named = sorted((region for region in found if region), key=lambda region: region.name)
    return [Region(region, found[region]) for region in [*named, *([None] if None in found else [])]]


def _members_of_clusters(day: date) -> Q:
    in_force = Q(members__ends=None) | Q(members__ends__gte=day)
    return Q(members__organisation=OuterRef("pk"), members__starts__lte=day) & in_force


def system_of(actor: Actor, code: str, day: date) -> tuple[Organisation | None, str]:
    """The ICB of a code; else None and the code of the ICB whose system the body leads into (empty: of none)."""
    bodies = scope(actor, P.ORGANISATION_VIEW, Organisation.objects.coded(code))
    last = Least(Value(day), OuterRef("closed"))  # of a closed one, the places of its last day
    there = Q(starts__lte=last) & (Q(ends=None) | Q(ends__gte=last))
    areas = Place.objects.filter(there, icb=OuterRef("pk")).order_by("name", "pk")
    body = bodies.annotate(
        areas=ArraySubquery(areas.values(row=JSONObject(pk="pk", name="name"))), givers=_givers("to_organisation")
    ).first()
    if body is None or body.kind == Kind.ICB:
        return body, ""
    link = OrganisationRelation.objects.on(day).filter(kind=Relation.SYSTEM, source_body=body)
    lead = link.select_related("target_body").order_by("-lead", "target_body__name").first()
    return None, "" if lead is None else lead.target_body.code


# --- One system -----------------------------------------------------------------------------------------------------


def system_on(actor: Actor, icb: Organisation, day: date) -> System:
    """The system of an ICB (from `system_of`) on a day: three queries."""
    found = System(icb, day, areas=[Area(**row) for row in icb.areas])  # type: ignore[attr-defined]
    links = OrganisationRelation.objects.on(day).filter(
        Q(kind=Relation.SYSTEM, target_body=icb) | Q(kind=Relation.REGION, source_body=icb)
    )
    columns = ("kind", *columns_of("source_body"), *columns_of("target_body"))
    width = len(columns_of("source_body"))
    for kind, *both in links.order_by("source_body__name").values_list(*columns):
        source, target = Named(*both[:width]), Named(*both[width:])
        if kind == Relation.REGION:
            found.region = target
        elif source.kind == Kind.TRUST:
            found.trusts.append(source)
        else:
            (found.councils if source.kind == Kind.LOCAL_AUTHORITY else found.others).append(source)
    members = [body.pk for body in found.members]
    found.arrangements = list(_arrangements(actor, icb, members, day))
    found.forums = list(_forums(actor, icb, members, found.arrangements, day))
    return found


def _arrangements(actor: Actor, icb: Organisation, members: Collection[int], day: date) -> QuerySet[Arrangement]:
    rows = scope(actor, P.ARRANGEMENT_VIEW, Arrangement.objects.on(day))
    across = Arrangement.footprint.through.objects.filter(place__icb=icb).values("arrangement")
    own = Q(host=icb) | Q(place__icb=icb) | Q(pk__in=across) | Q(host__in=members, kind__in=ACROSS)
    order = [When(kind=kind, then=Value(place)) for place, kind in enumerate((Of.ICP, Of.HWB, Of.PLACE))]
    present = ArrangementMember.objects.on(day).exclude(expectation=ArrangementMember.Expectation.NOT_EXPECTED)
    ranked = Case(*order, default=Value(9), output_field=IntegerField())
    found: QuerySet[Arrangement] = rows.filter(own).annotate(member_count=counted(present, "arrangement"))
    return found.select_related("host", "place").order_by(ranked, "name", "pk")


def _forums(
    actor: Actor, icb: Organisation, members: Collection[int], arrangements: Iterable[Arrangement], day: date
) -> QuerySet[Forum]:
    rows = scope(actor, P.FORUM_VIEW, Forum.objects.on(day))
    here = Forum.places.through.objects.filter(place__icb=icb).values("forum")
    own = Q(host=icb) | Q(arrangement__in=[row.pk for row in arrangements]) | Q(pk__in=here)
    own |= Q(host__in=members, form__in=(*SHARED, Form.COUNCIL_OF_GOVERNORS))
    members_of = Membership.objects.on(day).filter(refused_on=None)
    order = [When(form=form, then=Value(place)) for place, form in enumerate((Form.BOARD, Form.BOARD_COMMITTEE))]
    ranked = Case(*order, default=Value(9), output_field=IntegerField())
    found: QuerySet[Forum] = rows.filter(own).annotate(
        member_count=counted(members_of, "forum"), givers=_givers("to_forum")
    )
    return found.select_related("host").order_by(ranked, "name", "pk")


def _givers(to: str) -> ArraySubquery:
    """Bodies that delegated to the row of the query around, wherever they are."""
    rows = Delegation.objects.filter(**{to: OuterRef("pk")}).exclude(status=Delegation.Status.DRAFT)
    return ArraySubquery(rows.order_by().values("from_organisation").distinct())


@dataclass(frozen=True)
class Decides:
    """Who decides what in a system, with the names of everything in it."""

    table: SystemMap
    names: dict[Node, str]
    functions: dict[str, str]
    places: dict[int, str]


def who_decides(system: System, places: Collection[int] = ()) -> Decides:
    """The map of a system on its day. The queries are those of the delegation graph, without what was spent: the map
    shows limits as they were set."""
    bodies = {body.pk for body in system.members}
    givers = {pk for row in (system.icb, *system.forums) for pk in row.givers}  # type: ignore[attr-defined]
    wanted = Wanted(places=places, spent=False)
    register = load_graph({system.icb.pk, *bodies, *givers}, on=system.day, wanted=wanted)
    areas = {area.pk: area.name for area in system.areas}
    table = system_map(
        register.graph,
        on=system.day,
        head=system.icb.pk,
        bodies=bodies,
        forums=[row.pk for row in system.forums],
        names=register.names,
        titles=register.functions,
        places=places,
    )
    return Decides(table, register.names, register.functions, areas)


def lines_of(system: System) -> list[ReportingLine]:
    """To whom its arrangements report on the day, by name; one query."""
    rows = ReportingLine.objects.on(system.day).filter(arrangement__in=[row.pk for row in system.arrangements])
    return list(rows.select_related("to_arrangement", "to_organisation").order_by("pk"))
