"""Rows of the database as the records of the pure graph. Read as tuples: England has ten thousand delegations."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Max, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from partnerships import authority
from partnerships.authority import Node, Span
from partnerships.england import LINKS_KNOWN_FROM
from partnerships.models import (
    Completeness,
    Delegation,
    Employment,
    Forum,
    Function,
    Membership,
    Organisation,
    OrganisationRelation,
    Place,
    Post,
    PostHolding,
    Suspension,
)

STATUTORY = ("icb", "trust", "local_authority", "oversight_body")
JOINT = (Forum.Form.JOINT_COMMITTEE, Forum.Form.COMMITTEES_IN_COMMON)


class EdgeRow(NamedTuple):
    """A delegation's columns, with the ids of its places."""

    id: int
    function: int
    body: int
    from_forum: int | None
    from_form: str | None
    from_post: int | None
    to_forum: int | None
    to_body: int | None
    to_post: int | None
    model: str
    basis: str
    instrument: str
    limit: Any
    limit_kind: str
    starts: date | None
    ends: date | None
    review_on: date | None
    conditions: str
    onward: bool
    fund: int | None
    urgent: bool
    status: str
    in_force_on: date | None
    places: list[int]

    @property
    def source(self) -> Node:
        """Who passes it on; a body's own board is the body itself."""
        if self.from_post:
            return Node.post(self.from_post)
        if self.from_forum and self.from_form != Forum.Form.BOARD:
            return Node.forum(self.from_forum)
        return Node.body(self.body)

    @property
    def target(self) -> Node:
        """Who holds it."""
        if self.to_forum:
            return Node.forum(self.to_forum)
        return Node.post(self.to_post) if self.to_post else Node.body(self.to_body)  # type: ignore[arg-type]


EDGE_COLUMNS = (
    "id", "function_id", "from_organisation_id", "from_forum_id", "from_forum__form", "from_post_id", "to_forum_id",
    "to_organisation_id", "to_post_id", "model", "basis", "instrument", "limit", "limit_kind", "starts", "ends",
    "review_on", "conditions", "onward_delegation_permitted", "fund_id", "urgent", "status", "in_force_on", "at",
)  # fmt: skip


def edge_rows(found: QuerySet[Delegation]) -> list[EdgeRow]:
    """The delegations of a queryset; one query."""
    through = Delegation.places.through.objects.filter(delegation=OuterRef("pk")).order_by("place")
    rows = found.annotate(at=ArraySubquery(through.values("place"))).values_list(*EDGE_COLUMNS)
    return [EdgeRow._make(row) for row in rows]


def edge(
    row: EdgeRow,
    codes: dict[int, str],
    suspensions: Iterable[Span] = (),
    committed: Iterable[tuple[int, Any]] = (),
    fund: int | None = None,
) -> authority.Edge:
    """A delegation as the resolver takes it. `fund`: the id of the fund that counts.

    One that ended before it came into force held on no day: it has ended, whatever the day.
    """
    ended = row.status == Delegation.Status.ENDED
    never = ended and row.in_force_on is None
    return authority.Edge(
        id=row.id,
        function=codes[row.function],
        source=row.source,
        target=row.target,
        model=authority.Model(row.model),
        basis=row.basis,
        instrument=row.instrument,
        state=authority.State(row.status),
        days=Span() if never else Span(row.starts, row.ends),
        ended_on=row.ends if ended and not never else None,
        suspensions=tuple(suspensions),
        limit=row.limit,
        annual=row.limit_kind == Delegation.LimitKind.ANNUAL,
        committed=tuple(committed),
        fund=fund,
        places=frozenset(row.places),
        onward_delegation_permitted=row.onward,
        urgent=row.urgent,
        review_on=row.review_on,
        conditions=row.conditions,
    )


def suspensions_of(rows: Collection[EdgeRow]) -> dict[int, list[Span]]:
    """When each of these delegations gave no authority; asked by body, which is a shorter list."""
    found: dict[int, list[Span]] = {}
    bodies = {row.body for row in rows}
    spans = Suspension.objects.filter(delegation__from_organisation__in=bodies) if bodies else Suspension.objects.none()
    for pk, starts, ends in spans.values_list("delegation_id", "starts", "ends"):
        found.setdefault(pk, []).append(Span(starts, ends))
    return found


class ForumRow(NamedTuple):
    """A forum's columns, with who takes part in a joint one and what meets within committees in common."""

    id: int
    name: str
    host: int
    form: str
    level: str
    starts: date | None
    ends: date | None
    reports_to: int | None
    taking_part: list[dict[str, int | None]]
    committees: list[int]
    places: list[int]
    arrangement: int | None
    arrangement_kind: str | None
    post: int | None

    @property
    def members(self) -> list[int]:
        """The bodies that take part in a joint one."""
        return [each["body"] for each in self.taking_part if each["body"]]

    @property
    def record(self) -> authority.Forum:
        """As the resolver takes it. A joint one belongs to no single body."""
        joint = self.form in JOINT
        rows = self.taking_part if joint else ()
        members = tuple(authority.Participant(each["body"], each["share"]) for each in rows if each["body"])
        body = None if joint else self.host
        return authority.Forum(
            id=self.id,
            form=self.form,
            body=body,
            level=self.level,
            participants=members,
            committees=tuple(self.committees),
            days=Span(self.starts, self.ends),
            post=self.post,
            places=frozenset(self.places),
        )


FORUM_COLUMNS = (
    "id", "name", "host_id", "form", "level", "starts", "ends", "reports_to_id", "taking_part", "within", "at",
    "arrangement_id", "arrangement__kind", "post_id",
)  # fmt: skip


def forum_rows(wanted: Q, on: date | None) -> list[ForumRow]:
    """Forums, joint ones with their members of the day (without one: of any); the constituents of committees in
    common too. One query, two where constituents were not among those wanted."""
    rows = _forum_rows(wanted, on)
    have = {row.id for row in rows}
    if missing := {pk for row in rows for pk in row.committees} - have:
        rows += _forum_rows(Q(pk__in=missing), on)
    return rows


def _forum_rows(wanted: Q, on: date | None) -> list[ForumRow]:
    members = voting(on).filter(forum=OuterRef("pk"), forum__form__in=JOINT).order_by("organisation")
    # a body with several members has the share that any of them was given
    taking_part = members.values("organisation").annotate(weight=Max("share"))
    taking_part = taking_part.annotate(row=JSONObject(body="organisation_id", share="weight"))
    within = Forum.committees.through.objects.filter(from_forum=OuterRef("pk")).order_by("to_forum")
    at = Forum.places.through.objects.filter(forum=OuterRef("pk")).order_by("place")
    rows = Forum.objects.filter(wanted).annotate(
        taking_part=ArraySubquery(taking_part.values("row")),
        within=ArraySubquery(within.values("to_forum")),
        at=ArraySubquery(at.values("place")),
    )
    return [ForumRow._make(row) for row in rows.order_by("pk").values_list(*FORUM_COLUMNS)]


def voting(on: date | None) -> QuerySet[Membership]:
    """Members with a vote of bodies that may hold a function: of that day, or of any."""
    members = Membership.objects.filter(voting=True, refused_on=None, organisation__kind__in=STATUTORY)
    return members if on is None else members.filter(Q(ends=None) | Q(ends__gte=on), starts__lte=on)


class BodyRow(NamedTuple):
    """An organisation's columns."""

    id: int
    name: str
    short_name: str
    kind: str
    foundation: bool
    opened: date | None
    closed: date | None
    declared: list[dict[str, str]]
    within: list[int]

    @property
    def declarations(self) -> list[authority.Completeness]:
        """From when it declares its register complete, by family."""
        return [
            authority.Completeness(self.id, each["family"], date.fromisoformat(each["since"])) for each in self.declared
        ]

    @property
    def label(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name

    def record(self, own: Iterable[authority.Footprint]) -> authority.Body:
        """As the resolver takes it: with the places of its area."""
        marks = frozenset({"foundation_trust"} if self.foundation else ())
        level = {"local_authority": "place", "oversight_body": "national"}.get(self.kind, "system")
        return authority.Body(
            id=self.id,
            kind=self.kind,
            area=tuple(own) or None,
            level=level,
            marks=marks,
            days=Span(self.opened, self.closed),
            within=frozenset(self.within),
        )


def in_systems(on: date | None) -> QuerySet[OrganisationRelation]:
    """In whose systems bodies work on a day: their links to integrated care boards, of any day without one."""
    links = OrganisationRelation.objects.filter(kind=OrganisationRelation.Kind.SYSTEM)
    return links if on is None else links.on(max(on, LINKS_KNOWN_FROM))


def body_rows(ids: Collection[int], on: date | None) -> list[BodyRow]:
    """Organisations by id, with the systems they work in on a day; one query."""
    since = Completeness.objects.filter(organisation=OuterRef("pk")).order_by("family")
    declared = ArraySubquery(since.values(row=JSONObject(family="family", since="complete_from")))
    links = in_systems(on).filter(source_body=OuterRef("pk")).order_by("target_body")
    columns = ("id", "name", "short_name", "kind", "is_foundation_trust", "opened", "closed", "declared", "within")
    found = Organisation.objects.filter(pk__in=ids).order_by("pk")
    rows = found.annotate(declared=declared, within=ArraySubquery(links.values("target_body")))
    return [BodyRow._make(row) for row in rows.values_list(*columns)]


class PlaceRow(NamedTuple):
    """A place's columns, with its councils."""

    id: int
    icb: int
    starts: date | None
    ends: date | None
    councils: list[int]
    name: str

    @property
    def footprint(self) -> authority.Footprint:
        """That it lies in the area of its bodies."""
        return authority.Footprint(self.id, Span(self.starts, self.ends))


def with_places(bodies: Iterable[BodyRow], places: Iterable[PlaceRow]) -> Iterator[tuple[BodyRow, list[Any]]]:
    """Each body with where its places lie: an ICB's and a council's own."""
    areas: dict[int, list[authority.Footprint]] = {}
    for place in places:
        for body in {place.icb, *place.councils}:
            areas.setdefault(body, []).append(place.footprint)
    for row in bodies:
        yield row, areas.get(row.id, []) if row.kind in ("icb", "local_authority") else []


def place_rows(bodies: Collection[int], also: Collection[int]) -> list[PlaceRow]:
    """The places of these ICBs and councils, and those named besides; one query."""
    found = Place.objects.filter(Q(icb__in=bodies) | Q(councils__in=bodies) | Q(pk__in=also)).values("pk")
    rows = Place.objects.filter(pk__in=found).annotate(of=ArrayAgg("councils", default=[])).order_by("pk")
    return [
        PlaceRow(pk, icb, starts, ends, [council for council in councils if council], name)
        for pk, icb, starts, ends, councils, name in rows.values_list("id", "icb_id", "starts", "ends", "of", "name")
    ]


class PostRow(NamedTuple):
    """A post's columns, with who was in it between which days, where that is recorded."""

    id: int
    body: int
    title: str
    starts: date | None
    ends: date | None
    holder: int | None
    terms: list[dict[str, Any]]

    @property
    def held(self) -> list[tuple[int, Span]]:
        """Who held it and when; without recorded days whoever is named, for as long as the post lasts."""
        if self.terms:
            return [(row["person"], Span(_day(row["starts"]), _day(row["ends"]))) for row in self.terms]
        return [(self.holder, Span(self.starts, self.ends))] if self.holder else []

    def record(self, employed: dict[tuple[int, int], list[Span]]) -> authority.Post:
        """As the resolver takes it: held as long as its holder works for the body, where that is recorded."""
        held: list[Span] = []
        for person, term in self.held:
            works = employed.get((person, self.body))
            held += [term] if works is None else _shared(term, works)
        return authority.Post(self.id, self.body, "place", tuple(held), Span(self.starts, self.ends))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _shared(term: Span, others: Iterable[Span]) -> list[Span]:
    """The days of a term that lie in one of the others too."""
    found = []
    for other in others:
        starts = max((day for day in (term.starts, other.starts) if day), default=None)
        ends = min((day for day in (term.ends, other.ends) if day), default=None)
        if starts is None or ends is None or starts <= ends:
            found.append(Span(starts, ends))
    return found


def post_rows(wanted: Q) -> list[PostRow]:
    """Posts; one query."""
    columns = ("id", "organisation_id", "title", "starts", "ends", "holder_id", "terms")
    rows = PostHolding.objects.filter(post=OuterRef("pk")).order_by("starts", "pk")
    terms = ArraySubquery(rows.values(row=JSONObject(person="person_id", starts="starts", ends="ends")))
    found = Post.objects.filter(wanted).annotate(terms=terms).order_by("pk")
    return [PostRow._make(row) for row in found.values_list(*columns)]


def employed(posts: Collection[PostRow]) -> dict[tuple[int, int], list[Span]]:
    """When the holders of posts worked for the bodies of these, by person and body; no query without holders."""
    holders = {person for row in posts for person, _ in row.held}
    found: dict[tuple[int, int], list[Span]] = {}
    if holders:
        rows = Employment.objects.filter(person__in=holders, organisation__in={row.body for row in posts})
        for person, body, starts, ends in rows.values_list("person_id", "organisation_id", "starts", "ends"):
            found.setdefault((person, body), []).append(Span(starts, ends))
    return found


def function_record(row: Function, codes: dict[int, str]) -> authority.Function:
    """A function as the resolver takes it."""
    parent = codes.get(row.parent_id) if row.parent_id else None
    only_for = frozenset({row.further_approval_for} - {""})
    approvals = (authority.Approval(row.further_approval, applies_to=only_for),) if row.further_approval else ()
    return authority.Function(row.code, row.family, frozenset({row.owner_kind}), parent, row.delegable, approvals)
