"""Every dated record that belongs to bodies which are restructured, or in which they take part: one statement."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateField,
    Exists,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject

from ics_governance.permissions import roles
from ics_governance.wording import money
from oversight.moves import Order, Record
from partnerships.authority import financial_year
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    ClusterMember,
    Delegation,
    Employment,
    Forum,
    Fund,
    Membership,
    OrganisationRelation,
    Place,
    Post,
    ReportingLine,
    RoleMembership,
)
from partnerships.queries.keeping import WITH_AN_AREA


def records_of(order: Order) -> tuple[list[Record], list[Record]]:
    """Everything that belongs to the predecessors or in which they take part, and what an existing successor has of
    the same already: one statement."""
    if order.kind == "rename":
        return [], []
    first, *others = _selects(order)
    rows = first.union(*others, all=True)
    family = order.family
    found: list[Record] = []
    held: list[Record] = []
    for kind, pk, label, body, starts, ends, facts in rows:
        record = _record(order, kind, pk, label, body, starts, ends, facts)
        (found if body in family or record.of else held).append(record)
    return found, held


def _record(
    order: Order, kind: str, pk: int, label: str, body: int, starts: date | None, ends: date | None,
    facts: dict[str, Any],
) -> Record:  # fmt: skip
    of, same = facts.pop("of", ""), facts.pop("same", "")
    if kind == "delegation":
        same = _same_delegation(facts, body, ends) if facts["owner"] == body else ""
        label, facts = _delegation_label(label, facts), _delegation_facts(order, facts)
    elif kind == "role":
        role = roles().get(facts["role"])
        facts["about"] = role.title if role else facts["role"]
    elif kind in ("arrangement", "forum"):
        facts["follows"] = [f"place:{place}" for place in facts.pop("places", []) if place]
        if facts.get("arrangement"):
            facts["follows"].insert(0, f"arrangement:{facts['arrangement']}")
    return Record(kind, pk, label, body, starts, ends, of, same, facts)


def _delegation_facts(order: Order, facts: dict[str, Any]) -> dict[str, Any]:
    """What the rules of delegations read: who passes on, who holds, where."""
    family, own = order.family, facts["owner"] in order.family
    source = _node(facts["from_forum"], facts["from_post"], facts["owner"] if own else None)
    target = _node(facts["to_forum"], facts["to_post"], facts["to_body"])
    inside = own and facts["to_body"] in family
    mine = [f"place:{place['place']}" for place in facts["places"] if place["icb"] in family]
    elsewhere = [place["place"] for place in facts["places"] if place["icb"] not in family]
    return {
        "source": source, "target": target, "function": facts["function"], "form": facts["form"],
        "status": facts["status"], "alive": facts["alive"], "within": inside, "places": mine,
        "elsewhere": elsewhere, "own": own,
        "limit": None if facts["limit"] is None else Decimal(str(facts["limit"])),
        "follows": [key for key in (target, source, *mine) if key], "about": _within_what(facts),
    }  # fmt: skip


def _delegation_label(function: str, facts: dict[str, Any]) -> str:
    """Who passes what on, and to whom."""
    return f"{function}: {facts['maker']} to {facts['holder']}"


def _within_what(facts: dict[str, Any]) -> str:
    """The limits of a delegation, and what it rests on."""
    limit = "no limit" if facts["limit"] is None else f"up to {money(facts['limit'])}"
    where = ", ".join(place["name"] for place in facts["places"]) or "its whole area"
    return f"{limit}, {where}; {facts['instrument']}"


def _same_delegation(facts: dict[str, Any], owner: int, ends: date | None) -> str:
    """What two bodies that become one would pass on twice; the limit may differ. Empty: there is no such other.

    Of bodies with an area one that names no places is for that area, and so for another than the other's.
    """
    by_the_board = not facts["from_post"] and (not facts["from_forum"] or facts["form"] == Forum.Form.BOARD)
    if not by_the_board:
        return ""
    places = sorted(place["place"] for place in facts["places"])
    where = f"area of {owner}" if not places and facts["owner_kind"] in WITH_AN_AREA else str(places)
    holder = _node(facts["to_forum"], facts["to_post"], facts["to_body"])
    terms = [facts[name] for name in ("function", "status", "model", "basis", "limit_kind", "urgent", "fund")]
    return "|".join(map(str, ["delegation", holder, where, ends, *terms]))


def _node(forum: int | None, post: int | None, body: int | None) -> str:
    for kind, pk in (("forum", forum), ("post", post), ("body", body)):
        if pk:
            return f"{kind}:{pk}"
    return ""


def _live(order: Order, path: str = "") -> Q:
    return Q(**{f"{path}ends": None}) | Q(**{f"{path}ends__gte": order.on})


def _select(kind: str, rows: QuerySet[Any], label: Any, body: Any, *, dated: bool = True, **facts: Any) -> Any:
    """One kind of record in the columns that all share."""
    text = label if hasattr(label, "resolve_expression") else F(label)
    return rows.order_by().values_list(
        Value(kind, output_field=TextField()),
        F("pk"),
        Cast(text, TextField()),
        Cast(F(body) if isinstance(body, str) else body, BigIntegerField()),
        F("starts") if dated else Value(None, output_field=DateField()),
        F("ends") if dated else Value(None, output_field=DateField()),
        JSONObject(**facts),
    )


def _named(prefix: str, key: str) -> Concat:
    return Concat(Value(f"{prefix}:"), Cast(F(key), CharField()), output_field=CharField())


def _selects(order: Order) -> Iterator[Any]:
    mine = sorted(order.family)
    also = sorted({*mine, *(body.id for body in order.successors if body.id)})
    yield from _links(order, mine, also)
    yield from _areas(order, mine, also)
    yield from _arrangements(order, mine, also)
    yield from _forums(order, mine, also)
    yield from _people(order, mine, also)
    yield _delegations(order, mine, also)


def _links(order: Order, mine: list[int], also: list[int]) -> Iterator[Any]:
    links = OrganisationRelation.objects.filter(_live(order))
    kind, lead = F("kind"), F("lead")
    within = Q(source_body__in=also, target_body__in=also)
    body = Case(When(within & Q(target_body__in=mine), then=F("target_body_id")), default=F("source_body_id"))
    region = Q(kind=OrganisationRelation.Kind.REGION)
    out_same = Case(When(region, then=Value("region")), default=Concat(
        Value("out:"), kind, Value(":"), Cast(F("target_body_id"), CharField()), output_field=CharField()))  # fmt: skip
    in_same = Concat(Value("in:"), kind, Value(":"), Cast(F("source_body_id"), CharField()), output_field=CharField())
    facts: dict[str, Any] = {"relation": kind, "lead": lead}
    yield _select(
        "relation", links.filter(source_body__in=also), "target_body__name", body, **facts,
        outgoing=Value(True), same=out_same, other=F("target_body_id"),
        within=Case(When(within, then=Value(True)), default=Value(False)),
        lead_of_its_own=Case(When(Q(kind="system", lead=True), then=Value(True)), default=Value(False)),
    )  # fmt: skip
    yield _select(
        "relation", links.filter(target_body__in=also).exclude(source_body__in=also), "source_body__name",
        "target_body_id", **facts, outgoing=Value(False), same=in_same, other=F("source_body_id"),
    )  # fmt: skip
    others = ClusterMember.objects.filter(_live(order), cluster=OuterRef("cluster")).exclude(organisation__in=mine)
    yield _select(
        "cluster", ClusterMember.objects.filter(_live(order), organisation__in=also), "cluster__name",
        "organisation_id", same=Value("cluster"), cluster=F("cluster_id"), others=Exists(others),
    )  # fmt: skip


def _areas(order: Order, mine: list[int], also: list[int]) -> Iterator[Any]:
    yield _select("place", Place.objects.filter(_live(order), icb__in=also), "name", "icb_id")
    through = Place.councils.through.objects.filter(_live(order, "place__"), organisation__in=mine)
    outside = through.exclude(place__icb__in=mine)
    yield _select(
        "council_place", outside, "place__name", "organisation_id", dated=False,
        same=_named("council", "place_id"), place=F("place_id"),
    )  # fmt: skip


def _arrangements(order: Order, mine: list[int], also: list[int]) -> Iterator[Any]:
    live = Arrangement.objects.filter(_live(order))
    icp = Q(kind=Arrangement.Kind.ICP)  # an integrated care board has one
    yield _select(
        "arrangement", live.filter(Q(host__in=mine) | icp & Q(host__in=also)), "name", "host_id",
        same=Case(When(icp, then=Value("icp")), default=Value("")),
        places=ArraySubquery(Place.objects.filter(pk=OuterRef("place_id")).values("pk")),
    )  # fmt: skip
    members = ArrangementMember.objects.filter(_live(order))
    own = members.filter(arrangement__host__in=mine)
    family = Case(When(organisation__in=also, then=_named("part", "arrangement_id")), default=Value(""))
    yield _select(
        "arrangement_member", own, _pair("organisation__name", "arrangement__name"),
        Case(When(organisation__in=also, then=F("organisation_id")), default=F("arrangement__host_id")),
        of=_named("arrangement", "arrangement_id"), same=family,
    )  # fmt: skip
    yield _select(
        "arrangement_member", members.filter(_live(order, "arrangement__"), organisation__in=also)
        .exclude(arrangement__host__in=mine), "arrangement__name", "organisation_id",
        same=_named("arrangement", "arrangement_id"),
    )  # fmt: skip
    yield _select(
        "represented", members.filter(represented_by__in=mine).exclude(arrangement__host__in=mine)
        .exclude(organisation__in=mine), _pair("organisation__name", "arrangement__name"), "represented_by_id",
    )  # fmt: skip
    yield _select(
        "fund", Fund.objects.filter(arrangement__host__in=mine, year__gte=_first_whole_year(order.on)), "name",
        "arrangement__host_id", dated=False, of=_named("arrangement", "arrangement_id"),
    )  # fmt: skip
    lines = ReportingLine.objects.filter(_live(order))
    yield _select(
        "reporting_line", lines.filter(arrangement__host__in=mine), "arrangement__name", "arrangement__host_id",
        of=_named("arrangement", "arrangement_id"),
    )  # fmt: skip
    to = Coalesce("to_organisation_id", "to_arrangement__host_id")
    yield _select(
        "reporting_line", lines.exclude(arrangement__host__in=mine).filter(
            Q(to_organisation__in=mine) | Q(to_arrangement__host__in=mine)), "arrangement__name", to,
        follows=_keys("arrangement", "to_arrangement_id"),
    )  # fmt: skip


def _keys(prefix: str, column: str) -> Any:
    key = Case(When(**{f"{column}__isnull": False}, then=_named(prefix, column)), default=Value("-"))
    return Func(key, function="jsonb_build_array")


def _first_whole_year(on: date) -> int:
    """The first financial year that lies wholly in the new order: money of a running year stays where it is kept."""
    year = financial_year(on)
    return year if on == date(year, 4, 1) else year + 1


def _pair(first: str, second: str) -> Concat:
    return Concat(F(first), Value(", "), F(second), output_field=TextField())


def _forums(order: Order, mine: list[int], also: list[int]) -> Iterator[Any]:
    live = Forum.objects.filter(_live(order))
    places = Forum.places.through.objects.filter(forum=OuterRef("pk")).order_by("place_id")
    yield _select(
        "forum", live.filter(host__in=mine), "name", "host_id", form=F("form"), arrangement=F("arrangement_id"),
        places=ArraySubquery(places.values("place_id")),
    )  # fmt: skip
    seats = Membership.objects.filter(_live(order), refused_on=None)
    family = Case(When(organisation__in=also, then=_named("seat", "forum_id")), default=Value(""))
    # the body of a seat on one's own forum is whose seat it is, where that is of the family: the host's come first
    holder = Case(When(organisation__in=also, then=F("organisation_id")), default=F("forum__host_id"))
    yield _select(
        "membership", seats.filter(forum__host__in=mine), _pair("organisation__name", "forum__name"), holder,
        of=_named("forum", "forum_id"), same=family,
        preferred=Case(When(organisation=F("forum__host"), then=Value(True)), default=Value(False)),
    )  # fmt: skip
    elsewhere = seats.filter(_live(order, "forum__"), organisation__in=also).exclude(forum__host__in=mine)
    yield _select("membership", elsewhere, "forum__name", "organisation_id", same=_named("seat", "forum_id"))


def _people(order: Order, mine: list[int], also: list[int]) -> Iterator[Any]:
    live, his = _live(order), {"organisation__in": mine}
    yield _select("post", Post.objects.filter(live, **his), "title", "organisation_id")
    jobs = Employment.objects.filter(live, organisation__in=also)
    yield _select("employment", jobs, "person__name", "organisation_id", same=_named("person", "person_id"))
    held = RoleMembership.objects.filter(live, organisation__in=also)
    yield _select("role", held, "user__name", "organisation_id", same=_named("user", "user_id"), role=F("role"))


def _delegations(order: Order, mine: list[int], also: list[int]) -> Any:
    on = order.on
    ours = (
        Q(from_organisation__in=also) | Q(to_organisation__in=mine) | Q(to_forum__host__in=mine)
        | Q(to_post__organisation__in=mine)
    )  # fmt: skip
    through = Delegation.places.through.objects.filter(delegation=OuterRef("pk")).order_by("place_id")
    body = Case(
        When(from_organisation__in=mine, then=F("from_organisation_id")),
        When(to_organisation__in=mine, then=F("to_organisation_id")),
        When(to_forum__host__in=mine, then=F("to_forum__host_id")),
        When(to_post__organisation__in=mine, then=F("to_post__organisation_id")),
        default=F("from_organisation_id"),
    )
    ended = (
        Q(from_organisation__closed__lt=on) | Q(to_organisation__closed__lt=on) | Q(to_forum__ends__lt=on)
        | Q(to_forum__host__closed__lt=on) | Q(to_post__ends__lt=on)
    )  # fmt: skip
    place = JSONObject(place=F("place_id"), icb=F("place__icb_id"), name=F("place__name"))
    terms: dict[str, Any] = {
        name: F(name) for name in ("status", "model", "basis", "limit_kind", "urgent", "instrument")
    }
    return _select(
        "delegation", Delegation.objects.filter(ours, _live(order)).exclude(status__in=("ended", "withdrawn")),
        "function__name", body,
        owner=F("from_organisation_id"), from_forum=F("from_forum_id"), from_post=F("from_post_id"),
        to_forum=F("to_forum_id"), to_post=F("to_post_id"), to_body=F("to_organisation_id"), form=F("from_forum__form"),
        function=F("function_id"), fund=F("fund_id"), limit=Cast(F("limit"), CharField()),
        owner_kind=F("from_organisation__kind"),
        maker=Coalesce("from_forum__name", "from_post__title", "from_organisation__name"),
        holder=Coalesce("to_forum__name", "to_post__title", "to_organisation__name"),
        alive=Case(When(ended, then=Value(False)), default=Value(True)),
        places=ArraySubquery(through.values_list(place)), **terms,
    )  # fmt: skip


def models_of(kind: str) -> type[Model]:
    """The model behind a kind of record."""
    return {
        "relation": OrganisationRelation, "cluster": ClusterMember, "place": Place, "arrangement": Arrangement,
        "arrangement_member": ArrangementMember, "represented": ArrangementMember, "fund": Fund,
        "reporting_line": ReportingLine, "forum": Forum, "post": Post, "employment": Employment,
        "role": RoleMembership, "membership": Membership, "delegation": Delegation,
    }[kind]  # fmt: skip
