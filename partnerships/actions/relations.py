"""Writes about how bodies relate: region, system with its lead, the same area; clusters of integrated care boards."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import Q

from ics_governance import ledger
from ics_governance.actions import change, locked, record_new
from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed, Reason
from partnerships.models import Cluster, ClusterMember, Kind, Organisation, OrganisationRelation
from partnerships.queries.keeping import JOINS, RULES

from .organisations import DAY, mark_corrected, refuse, require_keeper, take_turns

Relation = OrganisationRelation.Kind
LINK = ("kind", "source_body", "target_body", "lead", "note", "starts", "ends")
CLUSTER = ("name", "shares_chair", "shares_chief_executive", "mark", "note", "starts", "ends")
MEMBER = ("cluster", "organisation", "starts", "ends")

M = TypeVar("M", bound=models.Model)


# --- Links --------------------------------------------------------------------------------------------------------


@transaction.atomic
def link(*, by: Actor, body: Organisation, values: Mapping[str, Any]) -> OrganisationRelation:
    """Relate a body to another from a day on: `values` are kind, target_body, starts, ends, lead, note."""
    require_keeper(by)
    take_turns()
    made = OrganisationRelation(source_body=body, **values)
    refuse(*_wrong_kinds(made), *_wrong_days(values["starts"], made.ends, [body, made.target_body]))
    refuse(*_overlapping(made))
    save_or_refuse(made, "starts")
    mark_corrected(body, save=True)
    return record_new(made, "organisation.linked", LINK, by=by, organisation_id=body.pk)


@transaction.atomic
def end_link(*, by: Actor, relation: OrganisationRelation, last_day: date) -> OrganisationRelation:
    """End a link; it stays in the register with its dates. One that has not begun is withdrawn by an earlier day."""
    require_keeper(by)
    relation = locked(relation)
    if _never_begins(relation, last_day, by.on):
        mark_corrected(relation.source_body, save=True)
        return _withdrawn(relation, "organisation.link_withdrawn", LINK, by, relation.source_body_id)
    refuse(*_wrong_end(relation, last_day))
    mark_corrected(relation.source_body, save=True)
    body = relation.source_body_id
    return change(relation, "organisation.link_ended", by=by, organisation_id=body, changes={"ends": last_day})


@transaction.atomic
def change_lead(
    *, by: Actor, body: Organisation, icb: Organisation, first_day: date, stays: bool = False, note: str = ""
) -> OrganisationRelation:
    """Make another ICB the lead as of a day. With `stays`, a link without the lead follows the former one."""
    require_keeper(by)
    take_turns()
    wanted = OrganisationRelation(kind=Relation.SYSTEM, source_body=body, target_body=icb, starts=first_day)
    refuse(*_wrong_kinds(wanted), *_wrong_days(first_day, None, [body, icb]))
    made = set_lead(body, icb, first_day, stays=stays, note=note)
    mark_corrected(body, save=True)
    return record_new(made, "organisation.lead_changed", LINK, by=by, organisation_id=body.pk)


def set_lead(
    body: Organisation, icb: Organisation, first_day: date, *, stays: bool = False, note: str = ""
) -> OrganisationRelation:
    """End what leads until now and begin the new lead; the caller has checked kinds and days. Raises GuardFailed."""
    links = OrganisationRelation.objects.filter(kind=Relation.SYSTEM, source_body=body)
    links = links.filter(Q(ends=None) | Q(ends__gte=first_day)).exclude(starts=None)
    current = list(links.filter(Q(lead=True) | Q(target_body=icb)).select_related("target_body").order_by("starts"))
    for row in current:
        if row.lead and row.target_body_id == icb.pk and row.starts and row.starts <= first_day:
            raise GuardFailed([Reason(f"{icb.label} is the lead on that day already", "target_body")])
        if row.starts and row.starts >= first_day:
            day = in_words(row.starts)
            text = f"Its link with {row.target_body.label} begins on {day}: choose a later day"
            raise GuardFailed([Reason(text, "starts")])
    for row in current:
        row.ends = first_day - DAY
        row.save(update_fields=["ends"])
    made = OrganisationRelation(
        kind=Relation.SYSTEM, source_body=body, target_body=icb, starts=first_day, ends=body.closed, note=note
    )
    save_or_refuse(made, "starts")
    for row in current if stays else ():
        if row.lead and row.target_body_id != icb.pk:
            partner = {"source_body": body, "target_body": row.target_body, "lead": False, "starts": first_day}
            save_or_refuse(OrganisationRelation(kind=Relation.SYSTEM, ends=body.closed, **partner), "starts")
    return made


def _wrong_kinds(made: OrganisationRelation) -> Iterator[Reason]:
    sources, targets = JOINS.get(made.kind, (frozenset(), frozenset()))
    if made.source_body_id == made.target_body_id:
        yield Reason("A body is not linked to itself", "target_body")
    elif made.source_body.kind not in sources or made.target_body.kind not in targets:
        yield Reason(RULES.get(made.kind, "Such a link cannot be made here"), "target_body")


def _wrong_days(starts: date, ends: date | None, bodies: Iterable[Organisation]) -> Iterator[Reason]:
    if ends and ends < starts:
        yield Reason("The last day lies before the first", "ends")
    for body in bodies:
        if body.opened and starts < body.opened:
            yield Reason(f"{body.name} opened on {in_words(body.opened)}: the link cannot begin before", "starts")
        if body.closed and starts > body.closed:
            yield Reason(f"{body.name} closed on {in_words(body.closed)}: the link cannot begin after", "starts")
        elif body.closed and (ends is None or ends > body.closed):
            yield Reason(f"{body.name} closed on {in_words(body.closed)}: the link ends by then", "ends")


def _wrong_end(row: OrganisationRelation | ClusterMember | Cluster, last_day: date) -> Iterator[Reason]:
    if row.ends and row.ends <= last_day:
        yield Reason(f"It ended on {in_words(row.ends)} already", "last_day")
    if row.starts and last_day < row.starts:
        yield Reason(f"It began on {in_words(row.starts)}: its last day cannot lie before", "last_day")


def _never_begins(row: OrganisationRelation | ClusterMember, last_day: date, today: date) -> bool:
    """Whether it was to begin in days to come, and now does not: it held on no day."""
    return row.starts is not None and row.starts > today and last_day < row.starts


def _withdrawn(row: M, kind: str, fields: Iterable[str], by: Actor, body: int) -> M:
    """Take away what never began; the audit trail keeps what it said."""
    ledger.append(by=by, kind=kind, record=row, before=ledger.snapshot(row, fields), organisation_id=body)
    type(row)._default_manager.filter(pk=row.pk).delete()
    return row


def _during(rows: models.QuerySet[M], starts: date, ends: date | None) -> models.QuerySet[M]:
    """Rows that share a day with the span."""
    rows = rows.filter(Q(ends=None) | Q(ends__gte=starts))
    return rows.filter(Q(starts=None) | Q(starts__lte=ends)) if ends else rows


def _overlapping(made: OrganisationRelation) -> Iterator[Reason]:
    mine = Q(source_body=made.source_body)
    if made.kind == Relation.COTERMINOUS:  # it holds both ways, whichever way it was recorded
        mine |= Q(source_body=made.target_body, target_body=made.source_body)
    same, both = OrganisationRelation.objects.filter(mine, kind=made.kind), {made.source_body_id, made.target_body_id}
    for row in _during(same, made.starts, made.ends).select_related("target_body"):  # type: ignore[arg-type]
        since = f"since {in_words(row.starts)}" if row.starts else "already"
        if {row.source_body_id, row.target_body_id} == both:
            yield Reason(f"These two bodies are linked in this way {since}: memberships cannot overlap", "target_body")
        elif made.kind == Relation.REGION:
            yield Reason(
                f"It lies in {row.target_body.name} {since}: an ICB lies in one region at a time", "target_body"
            )
        elif made.kind == Relation.SYSTEM and made.lead and row.lead:
            name = row.target_body.label
            yield Reason(f"{name} is its lead {since}: a body has one lead at a time. Change the lead instead", "lead")


def save_or_refuse(row: models.Model, field: str) -> None:
    """Save; what the database knows to overlap is refused in words."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise GuardFailed([Reason("It overlaps with one that is recorded already", field)]) from None


# --- Clusters -----------------------------------------------------------------------------------------------------


@transaction.atomic
def form_cluster(
    *, by: Actor, name: str, starts: date, members: Iterable[Organisation], values: Mapping[str, Any]
) -> Cluster:
    """Record that integrated care boards share leadership from a day on; they remain bodies of their own."""
    require_keeper(by)
    take_turns()
    members = list(members)
    refuse(Reason("A cluster has two integrated care boards at least", "members") if len(members) < 2 else None)
    namesake = _during(Cluster.objects.filter(name__iexact=name), starts, None).exists()
    refuse(Reason("There is a cluster of this name", "name") if namesake else None)
    cluster = Cluster.objects.create(name=name, starts=starts, **values)
    refuse(*(reason for body in members for reason in _not_free(body, starts, "members")))
    for body in members:
        save_or_refuse(ClusterMember(cluster=cluster, organisation=body, starts=starts), "members")
    record_new(cluster, "cluster.formed", CLUSTER, by=by, organisation_id=members[0].pk)
    return cluster


@transaction.atomic
def correct_cluster(*, by: Actor, cluster: Cluster, values: Mapping[str, Any]) -> Cluster:
    """Correct what is recorded of a cluster: its name, which posts are shared, how sure that is, and a note."""
    require_keeper(by)
    cluster = locked(cluster)
    others = _during(Cluster.objects.filter(name__iexact=values["name"]), cluster.starts or date.min, cluster.ends)
    namesake = others.exclude(pk=cluster.pk).exists()
    refuse(Reason("There is a cluster of this name", "name") if namesake else None)
    first = cluster.members.order_by("pk").first()
    body = first.organisation_id if first else 0
    return change(cluster, "cluster.corrected", by=by, organisation_id=body, changes=values)


@transaction.atomic
def join_cluster(*, by: Actor, cluster: Cluster, organisation: Organisation, starts: date) -> ClusterMember:
    """An ICB joins a cluster; it is in one at a time."""
    require_keeper(by)
    take_turns()
    cluster = locked(cluster)
    refuse(
        Reason(f"The cluster began on {in_words(cluster.starts)}", "starts")
        if cluster.starts and starts < cluster.starts
        else None,
        Reason(f"The cluster ended on {in_words(cluster.ends)}", "starts") if cluster.ends else None,
        *_not_free(organisation, starts, "organisation"),
    )
    member = ClusterMember(cluster=cluster, organisation=organisation, starts=starts)
    save_or_refuse(member, "organisation")
    return record_new(member, "cluster.joined", MEMBER, by=by, organisation_id=organisation.pk)


@transaction.atomic
def leave_cluster(*, by: Actor, member: ClusterMember, last_day: date) -> ClusterMember:
    """An ICB leaves a cluster; the membership stays with its dates. One that has not begun can be withdrawn."""
    require_keeper(by)
    member = locked(member)
    if _never_begins(member, last_day, by.on):
        return _withdrawn(member, "cluster.membership_withdrawn", MEMBER, by, member.organisation_id)
    refuse(*_wrong_end(member, last_day))
    body = member.organisation_id
    return change(member, "cluster.left", by=by, organisation_id=body, changes={"ends": last_day})


@transaction.atomic
def end_cluster(*, by: Actor, cluster: Cluster, last_day: date) -> Cluster:
    """End a cluster and the memberships in it."""
    require_keeper(by)
    cluster = locked(cluster)
    members = ClusterMember.objects.filter(cluster=cluster).order_by("pk")
    refuse(*_wrong_end(cluster, last_day))
    late = members.filter(starts__gt=last_day).select_related("organisation").first()
    if late:
        raise GuardFailed([Reason(f"{late.organisation.label} joins on {in_words(late.starts)}, later", "last_day")])
    first = members[0].organisation_id if members else 0
    members.filter(Q(ends=None) | Q(ends__gt=last_day)).update(ends=last_day)
    return change(cluster, "cluster.ended", by=by, organisation_id=first, changes={"ends": last_day})


def _not_free(body: Organisation, starts: date, field: str) -> Iterator[Reason]:
    if body.kind != Kind.ICB:
        yield Reason("A cluster is of integrated care boards", field)
    if not body.exists_on(starts):
        yield Reason(f"{body.label} does not exist on {in_words(starts)}", "starts")
    for other in _during(ClusterMember.objects.filter(organisation=body), starts, None).select_related("cluster"):
        yield Reason(f"{body.label} is in the cluster {other.cluster.name} already: a body is in one at a time", field)
