"""England's organisations on a day: lists of them, where each sits, and all that the page of one tells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import compress
from typing import Any, NamedTuple

from django.db.models import Case, Exists, F, JSONField, OuterRef, Q, QuerySet, When
from django.db.models.expressions import RawSQL

from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from partnerships.access import P, scope
from partnerships.models import (
    Arrangement,
    FormerName,
    Forum,
    Kind,
    LineageEvent,
    Organisation,
    OrganisationRelation,
    Succession,
)

from . import arrangements, delegations, forums
from .naming import COLUMNS, Named, columns_of

Relation = OrganisationRelation.Kind
# Before this day the reference tables know no link between bodies.
LINKS_KNOWN_FROM = date(2026, 4, 1)
SORTS = {"name": ("name", "id"), "kind": ("kind", "name", "id"), "code": ("ods_code", "gss_code", "local_code", "id")}
WIDTH = len(COLUMNS)
FEW = 10  # rows of a kind on the page of an organisation; the rest is behind a link


# --- Lists --------------------------------------------------------------------------------------------------------


def listed(actor: Actor, day: date, filters: Mapping[str, Any]) -> QuerySet[Organisation]:
    """Organisations of a day. Filters: kind, region and system (organisations), q, closed (also those that were)."""
    closed = bool(filters.get("closed"))
    begun = Organisation.objects.filter(Q(opened=None) | Q(opened__lte=day))
    bodies = scope(actor, P.ORGANISATION_VIEW, begun if closed else Organisation.objects.on(day))
    if kind := filters.get("kind"):
        bodies = bodies.filter(kind=kind)
    if system := filters.get("system"):
        bodies = bodies.filter(Q(pk=system.pk) | Q(pk__in=_linked(Relation.SYSTEM, [system.pk], day, closed)))
    if region := filters.get("region"):
        icbs = _linked(Relation.REGION, [region.pk], day, closed)
        bodies = bodies.filter(Q(pk__in=icbs) | Q(pk__in=_linked(Relation.SYSTEM, icbs, day, closed)))
    for word in str(filters.get("q", "")).split()[:10]:
        bodies = bodies.filter(_says(word))
    return bodies


def _linked(kind: str, targets: Any, day: date, closed: bool) -> QuerySet[OrganisationRelation, int]:
    """Ids of the bodies linked to one of the targets on a day; of closed ones as they were on their last day."""
    links = OrganisationRelation.objects.filter(kind=kind, target_body__in=targets, starts__lte=day)
    in_force = Q(ends=None) | Q(ends__gte=day)
    links = links.filter(in_force | Q(ends=F("source_body__closed")) if closed else in_force)
    return links.values_list("source_body_id", flat=True)


def _says(word: str) -> Q:
    """A word in a name, now or before, or the beginning of a code."""
    former = FormerName.objects.filter(organisation=OuterRef("pk"), name__icontains=word)
    names = Q(name__icontains=word) | Q(short_name__icontains=word) | Exists(former)
    return names | Q(ods_code__istartswith=word) | Q(gss_code__istartswith=word) | Q(local_code__istartswith=word)


@dataclass
class Where:
    """Where a body sits on a day: ICBs, the lead first, and the regions of those. Empty: not recorded."""

    systems: list[Named] = field(default_factory=list)
    regions: list[Named] = field(default_factory=list)


def where_they_sit(bodies: Iterable[Organisation], day: date) -> dict[int, Where]:
    """Where each of these bodies sits; those closed by then as they did on their last day. One query."""
    days = {body.pk: min(day, body.closed or day) for body in bodies}
    found = {pk: Where() for pk in days}
    regions: dict[int, list[tuple[date, date | None, Named]]] = {}
    # the regions of all ICBs are a few dozen rows: cheaper to read them all than to ask a second time
    links = OrganisationRelation.objects.filter(
        Q(kind=Relation.SYSTEM, source_body__in=list(days)) | Q(kind=Relation.REGION), starts__isnull=False
    ).order_by("-lead", "target_body__name")
    columns = ("kind", "source_body_id", "starts", "ends", *columns_of("target_body"))
    for kind, source, starts, ends, *target in links.values_list(*columns):
        if kind == Relation.REGION:
            regions.setdefault(source, []).append((starts, ends, Named(*target)))
        elif in_force(starts, ends, days[source]):
            found[source].systems.append(Named(*target))
    for pk, where in found.items():
        of = [pk, *(icb.pk for icb in where.systems)]
        above = [row for icb in of for row in regions.get(icb, ()) if in_force(row[0], row[1], days[pk])]
        where.regions = list(dict.fromkeys(region for _, _, region in above))
    return found


def holds(link: Any, day: date) -> bool:
    """Whether something dated holds on a day, as far as is known."""
    return in_force(link.starts, link.ends, day)


def in_force(starts: date | None, ends: date | None, day: date) -> bool:
    """Whether a span that begins on a known day holds on another."""
    return starts is not None and starts <= day and (ends is None or day <= ends)


# --- One organisation ---------------------------------------------------------------------------------------------


class Link(NamedTuple):
    """One dated link between two bodies."""

    kind: str
    starts: date | None
    ends: date | None
    lead: bool
    note: str
    source: Named
    target: Named


@dataclass
class Links:
    """The links of one body on a day."""

    systems: list[Link] = field(default_factory=list)
    regions: list[Link] = field(default_factory=list)
    oversight: list[Link] = field(default_factory=list)
    same_area: list[Link] = field(default_factory=list)  # `source` is the body, whichever way it was recorded
    past: list[Link] = field(default_factory=list)  # regions and systems that ended before the day, the latest first
    members: dict[str, list[Link]] = field(default_factory=dict)

    def members_of(self, kind: str) -> list[Link]:
        """Bodies of a kind that belong to this one."""
        return self.members.get(kind, [])


# What lies in small tables beside an organisation, in the same query: as four expressions of the ORM it takes longer to
# compile than to read.
FACTS = """jsonb_build_object(
  'former', (select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'starts', n.starts, 'ends', n.ends)
      order by n.ends desc), '[]')
    from partnerships_formername n where n.organisation_id = partnerships_organisation.id),
  'told', (select coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'day', e.effective_on,
      'instrument', e.instrument, 'note', e.note) order by e.effective_on, e.id), '[]')
    from partnerships_lineageevent e join partnerships_lineageevent_bodies b on b.lineageevent_id = e.id
    where b.organisation_id = partnerships_organisation.id and not e.moved ? 'withdrawn'),
  'succeeds', exists (select from partnerships_succession s
    where partnerships_organisation.id in (s.predecessor_id, s.successor_id)),
  'areas', (select coalesce(jsonb_agg(distinct p.name), '[]')
    from partnerships_place p left join partnerships_place_councils c on c.place_id = p.id
    where partnerships_organisation.id in (p.icb_id, c.organisation_id)
      and p.starts <= least(%s, partnerships_organisation.closed)
      and (p.ends is null or p.ends >= least(%s, partnerships_organisation.closed))),
  'declared', (select coalesce(jsonb_object_agg(c.family, c.complete_from), '{}')
    from partnerships_completeness c where c.organisation_id = partnerships_organisation.id),
  'families', (select coalesce(jsonb_agg(distinct f.family), '[]')
    from partnerships_function f where f.owner_kind = partnerships_organisation.kind))"""


def detailed(day: date) -> QuerySet[Organisation]:
    """Organisations with `facts`: former names, whether it has predecessors or successors, its places on a day (of
    a closed one: on its last), the families of functions it owns and those it declared complete."""
    return Organisation.objects.annotate(facts=RawSQL(FACTS, [day, day], JSONField()))  # noqa: S611  no input in it


def name_on(body: Organisation, day: date) -> str:
    """The name that the body bore on a day, where a former one is recorded for it. `body` comes from `detailed`."""
    for row in body.facts["former"]:  # type: ignore[attr-defined]
        if (row["starts"] or "") <= day.isoformat() <= row["ends"]:
            return str(row["name"])
    return body.name


def names_on(bodies: Iterable[int], day: date) -> dict[int, str]:
    """The names that bodies bore on a day, of those which bear another now; one query."""
    rows = FormerName.objects.on(day).filter(organisation__in=set(bodies)).order_by("ends", "pk")
    return dict(rows.values_list("organisation_id", "name"))


def former_names(body: Organisation) -> list[tuple[str, date]]:
    """Former names, newest first, each with the last day of it. `body` comes from `detailed`."""
    return [(row["name"], date.fromisoformat(row["ends"])) for row in body.facts["former"]]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class NameSpan:
    """A name with the days on which the body bore it, as far as they are recorded."""

    name: str
    starts: date | None
    ends: date | None


def names_of(body: Organisation) -> list[NameSpan]:
    """The names of a body over time, the latest first. `body` comes from `detailed`."""
    rows = body.facts["former"]  # type: ignore[attr-defined]
    if not rows:
        return [NameSpan(body.name, body.opened, body.closed)]
    last = date.fromisoformat(rows[0]["ends"])
    spans = [NameSpan(body.name, last + timedelta(days=1), body.closed)]
    return spans + [NameSpan(row["name"], _day(row["starts"]), _day(row["ends"])) for row in rows]


@dataclass(frozen=True)
class Told:
    """An event as it was recorded here: what it rests on, and a note."""

    what: str
    day: date
    instrument: str
    note: str


def told_of(body: Organisation) -> list[Told]:
    """Events that were recorded with what they rest on, oldest first. `body` comes from `detailed`."""
    kinds = dict(LineageEvent.Kind.choices)
    rows = body.facts["told"]  # type: ignore[attr-defined]
    return [
        Told(kinds.get(row["kind"], row["kind"]), date.fromisoformat(row["day"]), row["instrument"], row["note"])
        for row in rows
        if row["instrument"] or row["note"]
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def completeness(body: Organisation) -> list[tuple[str, date | None]]:
    """Each family of functions that bodies of this kind own, and from which day its register is declared complete."""
    declared: dict[str, str] = body.facts["declared"]  # type: ignore[attr-defined]
    families = sorted({*declared, *body.facts["families"]})  # type: ignore[attr-defined]
    return [(family, date.fromisoformat(declared[family]) if family in declared else None) for family in families]


def links_of(body: Organisation, day: date) -> Links:
    """Up and down: what the body belongs to and what belongs to it; a closed body as on its last day. One query."""
    day = min(day, body.closed or day)
    found, regions = Links(), []
    for link in _links_around(body):
        known = holds(link, day)
        if link.kind == Relation.COTERMINOUS:
            turned = link if link.source.pk == body.pk else link._replace(source=link.target, target=link.source)
            found.same_area += [turned] if known else []
        elif link.target.pk == body.pk:
            if known or link.starts is None:
                found.members.setdefault(link.source.kind, []).append(link)
        elif link.source.pk != body.pk:
            regions.append(link)
        elif link.kind == Relation.OVERSIGHT:
            found.oversight.append(link)
        elif known:
            (found.systems if link.kind == Relation.SYSTEM else found.regions).append(link)
        elif link.ends and link.ends < day:
            found.past.append(link)
    found.past.sort(key=lambda link: link.ends or day, reverse=True)
    here = {link.target.pk for link in found.systems}
    found.regions += [link for link in regions if link.source.pk in here and holds(link, day)]
    return found


def _links_around(body: Organisation) -> list[Link]:
    """All links of the body, and the regions of the ICBs that it ever belonged to."""
    icbs = OrganisationRelation.objects.filter(source_body=body, kind=Relation.SYSTEM).values("target_body")
    mine = Q(source_body=body) | Q(target_body=body) | Q(kind=Relation.REGION, source_body__in=icbs)
    rows = (
        OrganisationRelation.objects.filter(mine)
        .order_by("-lead", "source_body__name", "target_body__name", "starts")
        .values_list("kind", "starts", "ends", "lead", "note", *columns_of("source_body"), *columns_of("target_body"))
    )
    return [Link._make((*row[:5], Named(*row[5 : 5 + WIDTH]), Named(*row[5 + WIDTH :]))) for row in rows]


def successions_of(body: Organisation) -> tuple[list[Succession], list[Succession]]:
    """What the body came from, and what became of it; oldest first. `body` comes from `detailed`: most have neither."""
    if not body.facts["succeeds"]:  # type: ignore[attr-defined]
        return [], []
    rows = (
        Succession.objects.filter(Q(predecessor=body) | Q(successor=body))
        .select_related("predecessor", "successor")
        .order_by("effective_on", "predecessor__name", "successor__name")
    )
    before: list[Succession] = []
    after: list[Succession] = []
    for row in rows:
        (before if row.successor_id == body.pk else after).append(row)
    return before, after


@dataclass(frozen=True)
class Event:
    """One thing that happened to a body: `text` before or after the other body's name, as `body_first` says."""

    day: date | None
    text: str
    body: Organisation | None = None
    body_first: bool = False
    is_last_day: bool = False
    confirmed: bool = True
    note: str = ""


CAME = {"merger": "merged into it", "rename": "became it"}
WENT = {"merger": "Merged into", "rename": "Became"}
NO_NEWS = "Successor to be confirmed."  # a note that says what the mark beside it says


def events_of(body: Organisation, before: list[Succession], after: list[Succession]) -> list[Event]:
    """The life of a body, oldest first: opened, what merged into it, former names, what became of it."""
    events = [Event(body.opened, "Opened")]
    for row in before:
        came = CAME.get(row.kind, "was split; a part of it passed to this body")
        events.append(_event(row, came, row.predecessor, body_first=True))
    events += [Event(last, f"Its name was {name}", is_last_day=True) for name, last in former_names(body)]
    if body.closed and not after:
        events.append(Event(body.closed, "Closed; its successor is not recorded", is_last_day=True))
    events += [_event(row, WENT.get(row.kind, "A part of it passed to"), row.successor) for row in after]
    return sorted(events, key=lambda event: event.day or date.min)


def _event(row: Succession, text: str, body: Organisation, body_first: bool = False) -> Event:
    note = "" if row.note == NO_NEWS else row.note
    return Event(row.effective_on, text, body, body_first, confirmed=row.confirmed, note=note)


def forums_of(actor: Actor, body: Organisation, day: date) -> list[Forum]:
    """Forums that the body hosts or is a member of on a day, its board first; at most `FEW` and one."""
    found = scope(actor, P.FORUM_VIEW, Forum.objects.on(day)).filter(forums.of_body(body, day))
    own_first = Case(When(host=body, form=Forum.Form.BOARD, then=0), When(host=body, then=1), default=2)
    rows = found.select_related("host")
    return list(rows.order_by(own_first, "name", "id")[: FEW + 1])


def arrangements_of(actor: Actor, body: Organisation, day: date) -> list[Arrangement]:
    """Arrangements that the body hosts or belongs to on a day; at most `FEW` and one."""
    rows = scope(actor, P.ARRANGEMENT_VIEW, Arrangement.objects.on(day)).filter(arrangements.of_body(body, day))
    rows = rows.select_related("host")
    return list(rows.order_by("kind", "name", "id")[: FEW + 1])


def delegations_of(actor: Actor, body: Organisation, day: date) -> tuple[list[delegations.Row], list[delegations.Row]]:
    """Delegations not ended that the body made, and that it, its forums and posts hold from others."""
    found = delegations.open_on(actor, body, day)
    own = [row.body.pk == body.pk for row in found]
    return list(compress(found, own)), [row for row, mine in zip(found, own, strict=True) if not mine]


def choices_of_places(day: date, code: str = "") -> tuple[list[Organisation], list[Organisation]]:
    """Regions and ICBs of a day, for filters, and the ICB of a code that had closed by then; one query."""
    alive = Q(opened=None) | Q(opened__lte=day), Q(closed=None) | Q(closed__gte=day)
    gone = Q(kind=Kind.ICB, ods_code=code.upper(), closed__lt=day) if code else Q(pk__in=[])
    rows = list(Organisation.objects.filter(Q(*alive) | gone, kind__in=(Kind.REGION, Kind.ICB)).order_by("name", "id"))
    return [row for row in rows if row.kind == Kind.REGION], [row for row in rows if row.kind == Kind.ICB]


def label_on(icb: Organisation, day: date) -> str:
    """What an ICB is called in a list of choices: one that had closed by then with its last day."""
    gone = icb.closed is not None and icb.closed < day
    return f"{icb.label}, until {in_words(icb.closed)}" if gone else icb.label
