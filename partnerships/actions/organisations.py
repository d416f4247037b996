"""Writes about bodies: record one, correct it, rename it, close it. Nothing is ever deleted."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from ics_governance import ledger
from ics_governance.actions import change, locked, record_new
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P, held_anywhere
from partnerships.england import short_name_of_trust
from partnerships.models import (
    ClusterMember,
    FormerName,
    Kind,
    LineageEvent,
    Organisation,
    OrganisationRelation,
)
from partnerships.ods import folded
from partnerships.queries.keeping import (
    BY_HAND,
    CORRECTED,
    ENTERED,
    KNOWN_FROM,
    SUBTYPES_OF,
    namesake,
    wrong_with_codes,
)

BODY = (
    "kind", "name", "short_name", "ods_code", "gss_code", "local_code", "opened", "closed", "subtype",
    "is_foundation_trust", "source", "note",
)  # fmt: skip
CHANGED_BY_EVENTS = ("name", "short_name", "closed")
REGISTER_LOCK = 0x1CE5EED  # who loads or imports bodies, or gives a code, takes turns
DAY = timedelta(days=1)
EARLIEST = date(1800, 1, 1)  # an earlier first day is a slip of the keyboard


def require_keeper(by: Actor) -> None:
    """The register of bodies is kept by administrators, whichever body they belong to. Raises Refused."""
    if not held_anywhere(by, P.ORGANISATION_EDIT):
        raise Refused(P.ORGANISATION_EDIT)


def take_turns() -> None:
    """Wait until no other transaction changes the register as a whole."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [REGISTER_LOCK])


def refuse(*reasons: Reason | None) -> None:
    """Raise GuardFailed with the reasons there are."""
    if found := [reason for reason in reasons if reason]:
        raise GuardFailed(found)


# --- Recording and correcting -------------------------------------------------------------------------------------


@transaction.atomic
def record_body(*, by: Actor, values: Mapping[str, Any]) -> Organisation:
    """Record a body of any kind. One without a national code gets a code of this register, such as L0001."""
    require_keeper(by)
    take_turns()
    values = {"source": ENTERED, **values}
    for column in ("ods_code", "gss_code"):
        values[column] = (values.get(column) or "").strip().upper() or None
    body = Organisation(**values)
    refuse(*wrong_with_codes(body), *_wrong_with_facts(body), namesake(body))
    if not body.ods_code and not body.gss_code:
        body.local_code = next_local_code()
    body.save(force_insert=True)
    return record_new(body, "organisation.recorded", BODY, by=by, organisation_id=body.pk)


def next_local_code() -> str:
    """The code after the last one given: L0001, L0002. Call it after `take_turns`."""
    given = Organisation.objects.filter(local_code__regex=r"^L[0-9]+$").values_list("local_code", flat=True)
    return f"L{max((int(str(code)[1:]) for code in given), default=0) + 1:04d}"


@transaction.atomic
def correct_body(*, by: Actor, body: Organisation, values: Mapping[str, Any]) -> Organisation:
    """Correct what is recorded of a body: short name, note, subtype, foundation trust, first and last day.

    A new name and an end are events of their own. From here on the record is curated: an import only lists differences.
    """
    require_keeper(by)
    body = locked(body)
    mark_corrected(body)
    values = {**values, "source": body.source}
    wanted = Organisation(**{name: values.get(name, getattr(body, name)) for name in (*BODY, "pk")})
    if body.closed is None and wanted.closed is not None:
        refuse(Reason("Close the body as an event of its own: then its links end with it", "closed"))
    refuse(*_wrong_with_facts(wanted), *_links_outside(body, wanted.opened, wanted.closed))
    follow_end(body, body.closed, wanted.closed)
    return change(body, "organisation.corrected", by=by, organisation_id=body.pk, changes=values)


def mark_corrected(body: Organisation, *, save: bool = False) -> None:
    """From here on the record rests on a person: imports and newer reference tables leave it alone."""
    if not body.source.startswith(BY_HAND):
        body.source = f"{CORRECTED}; before: {body.source}"[:120]
        if save:
            body.save(update_fields=["source"])


def _wrong_with_facts(body: Organisation) -> Iterator[Reason]:
    if body.opened and body.opened < EARLIEST:
        yield Reason(f"No body is older than {in_words(EARLIEST)}: check the year", "opened")
    if body.opened and body.closed and body.closed < body.opened:
        yield Reason("The last day lies before the first", "closed")
    if body.subtype and body.subtype not in SUBTYPES_OF.get(body.kind, ()):
        yield Reason(f"This is no kind of {body.get_kind_display()}", "subtype")
    if body.is_foundation_trust and body.kind != Kind.TRUST:
        yield Reason("Only a trust can be a foundation trust", "is_foundation_trust")


def _links_outside(body: Organisation, opened: date | None, closed: date | None) -> Iterator[Reason]:
    """No relation predates its bodies or outlasts them."""
    around = OrganisationRelation.objects.filter(Q(source_body=body) | Q(target_body=body))
    if opened and (early := around.filter(starts__lt=opened).order_by("starts").first()):
        yield Reason(f"A link of it begins on {in_words(early.starts)}: it must have opened by then", "opened")
    if closed is None:
        return
    with_it = Q(ends=body.closed) if body.closed else Q(pk__in=[])
    later = around.exclude(with_it).filter(Q(ends=None) | Q(ends__gt=closed), starts__isnull=False)
    if later.exists() or around.filter(starts__gt=closed).exists():
        yield Reason("A link of it goes on after that day: end the link first", "closed")


# --- Events -------------------------------------------------------------------------------------------------------


@transaction.atomic
def rename(*, by: Actor, body: Organisation, name: str, first_day: date, instrument: str = "") -> LineageEvent:
    """Give a body another name from a day on; the former one is kept with its dates."""
    require_keeper(by)
    body = locked(body)
    refuse(
        *wrong_with_name(body, name, first_day),
        Reason("Record a new name once it is in force", "first_day") if first_day > by.on else None,
    )
    before = body.name
    take_name(by=by, body=body, name=name, first_day=first_day)
    return happened(body, LineageEvent.Kind.RENAME, first_day, instrument, moved={"names": [before, name]})


def wrong_with_name(body: Organisation, name: str, first_day: date) -> Iterator[Reason]:
    """What stands against a new name from a day on."""
    found = (
        Reason("It bears this name already", "name") if name == body.name else None,
        namesake(Organisation(kind=body.kind, name=name), apart=[body.pk]),
        _before_it_began(body, first_day),
        Reason("It had closed by then", "first_day") if body.closed and first_day > body.closed else None,
        _before_last_name(body, first_day),
    )
    yield from filter(None, found)


def take_name(*, by: Actor, body: Organisation, name: str, first_day: date, short_name: str = "") -> None:
    """Give the name that was found in order, and keep the former one. The caller has checked permission and name."""
    before = ledger.snapshot(body, CHANGED_BY_EVENTS)
    keep_name(body, name, first_day, by.on)
    body.short_name = short_name or body.short_name
    mark_corrected(body)
    body.save(update_fields=["name", "short_name", "source"])
    _told(body, "organisation.renamed", before, by)


def keep_name(body: Organisation, name: str, first_day: date, today: date) -> None:
    """Set the new name, and keep the former one with its dates. The caller saves the body."""
    last = FormerName.objects.filter(organisation=body).order_by("-ends").first()
    ends = first_day - DAY
    starts = last.ends + DAY if last and last.ends else body.opened or min(KNOWN_FROM, ends)
    FormerName.objects.create(organisation=body, name=body.name, starts=min(starts, ends), ends=ends)
    if body.short_name == short_name_of_trust(body.name):
        body.short_name = short_name_of_trust(name)
    elif folded(body.short_name) in folded(body.name):
        body.short_name = ""  # a part of the name that it no longer bears
    body.name = name


def _before_it_began(body: Organisation, day: date) -> Reason | None:
    if body.opened and day <= body.opened:
        return Reason(f"The new name must begin after the body opened on {in_words(body.opened)}", "first_day")
    return None


def _before_last_name(body: Organisation, day: date) -> Reason | None:
    last = FormerName.objects.filter(organisation=body).order_by("-ends").first()
    if last and last.ends and day <= last.ends + DAY:
        return Reason(f"It has borne its present name since {in_words(last.ends + DAY)}", "first_day")
    return None


@transaction.atomic
def close(*, by: Actor, body: Organisation, last_day: date, instrument: str = "", note: str = "") -> LineageEvent:
    """Close a body on its last day. Its links end with it; forums and delegations stay, and the checks name them."""
    require_keeper(by)
    body = locked(body)
    refuse(
        Reason(_closed_already(body.closed, by.on), "last_day") if body.closed else None,
        Reason(f"It opened on {in_words(body.opened)}: it cannot close before", "last_day")
        if body.opened and last_day < body.opened
        else None,
        *_links_begin_after(body, last_day),
    )
    before = ledger.snapshot(body, CHANGED_BY_EVENTS)
    ended = end_links(body, last_day)
    body.closed = last_day
    mark_corrected(body)
    body.save(update_fields=["closed", "source"])
    event = happened(body, LineageEvent.Kind.CLOSE, last_day + DAY, instrument, note, moved=ended)
    _told(body, "organisation.closed", before, by)
    return event


def _closed_already(last_day: date, today: date) -> str:
    return f"It {'closes' if last_day >= today else 'closed'} on {in_words(last_day)} already"


def _links_begin_after(body: Organisation, day: date) -> Iterator[Reason]:
    around = OrganisationRelation.objects.filter(Q(source_body=body) | Q(target_body=body), starts__gt=day)
    if later := around.select_related("source_body", "target_body").first():
        other = later.target_body if later.source_body_id == body.pk else later.source_body
        yield Reason(f"Its link with {other.name} begins on {in_words(later.starts)}, after that day", "last_day")
    if member := ClusterMember.objects.filter(organisation=body, starts__gt=day).first():
        yield Reason(f"It joins a cluster on {in_words(member.starts)}, after that day", "last_day")


def end_links(body: Organisation, last_day: date) -> dict[str, Any]:
    """End the links and the cluster membership that go on after a day; returns their ids by kind, and their ends."""
    goes_on = Q(ends=None) | Q(ends__gt=last_day)
    links = OrganisationRelation.objects.filter(goes_on, Q(source_body=body) | Q(target_body=body))
    members = ClusterMember.objects.filter(goes_on, organisation=body)
    ended: dict[str, Any] = {}
    for name, rows in (("relations", links.order_by("pk")), ("cluster_members", members.order_by("pk"))):
        if found := dict(rows.exclude(starts__gt=last_day).values_list("pk", "ends")):
            ended[name] = list(found)
            if until := {pk: ends.isoformat() for pk, ends in found.items() if ends}:
                ended[f"{name}_until"] = until
            rows.filter(pk__in=found).update(ends=last_day)
    return ended


def follow_end(body: Organisation, before: date | None, after: date | None) -> LineageEvent | None:
    """When the last day of a body is corrected, what ended with it ends with it still, or as it would have without.

    The event by which it closed follows too, and is returned: told of the new day, or no more when there is none.
    """
    if before is None or before == after:
        return None
    closing = body.lineage_events.filter(kind=LineageEvent.Kind.CLOSE, effective_on=before + DAY)
    event = closing.exclude(moved__has_key="withdrawn").order_by("-pk").first()
    links = OrganisationRelation.objects.filter(Q(source_body=body, target_body__closed=None)
                                                | Q(target_body=body, source_body__closed=None))  # fmt: skip
    members = ClusterMember.objects.filter(organisation=body, cluster__ends=None)
    for name, rows in (("relations", links), ("cluster_members", members)):
        until = event.moved.get(f"{name}_until", {}) if event else {}
        for row in rows.filter(ends=before):
            own = until.get(str(row.pk))
            row.ends = min(filter(None, (after, date.fromisoformat(own) if own else None)), default=None)
            row.save(update_fields=["ends"])
    if event is not None:
        event.effective_on = after + DAY if after else event.effective_on
        event.moved = event.moved if after else event.moved | {"withdrawn": True}
        event.save(update_fields=["effective_on", "moved"])
    return event


def happened(
    body: Organisation,
    kind: LineageEvent.Kind,
    first_day: date,
    instrument: str,
    note: str = "",
    *,
    moved: Mapping[str, Any],
) -> LineageEvent:
    """Keep an event in the life of a body: since when, by what instrument, and what it moved."""
    event = LineageEvent.objects.create(
        kind=kind, effective_on=first_day, instrument=instrument, note=note, moved=dict(moved)
    )
    event.bodies.add(body)
    return event


def _told(body: Organisation, kind: str, before: Mapping[str, object], by: Actor) -> None:
    after = ledger.snapshot(body, CHANGED_BY_EVENTS)
    ledger.append(by=by, kind=kind, record=body, before=before, after=after, organisation_id=body.pk)
