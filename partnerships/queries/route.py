"""One system's register for the questions that anyone may ask: who may decide, and by which route."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Exists, OuterRef, Q

from ics_governance.permissions import Actor
from partnerships.access import P
from partnerships.authority import Answer, Form, Graph, Node, Status
from partnerships.authority.graph import RECOMMENDING
from partnerships.authority.route import Kind as StepKind
from partnerships.authority.route import Role, RouteStep, Voice, owners_of, route
from partnerships.authority.route_words import name as name_of
from partnerships.authority.route_words import why
from partnerships.models import Arrangement, Function, Kind, Organisation, OrganisationRelation, ReportingLine

from .authority import Asked, Register, Wanted, lineage_in, load_graph
from .graph_rows import ForumRow
from .meetings import NextMeeting, coming_meetings
from .organisations import LINKS_KNOWN_FROM

Relation = OrganisationRelation.Kind
# Kinds of arrangement that hear of a matter and are not asked to recommend it.
HEARING = (Arrangement.Kind.ICP, Arrangement.Kind.HWB)
# Kinds of body that own functions by law.
OWNERS = (Kind.ICB, Kind.TRUST, Kind.LOCAL_AUTHORITY, Kind.OVERSIGHT_BODY)


@dataclass
class Systems:
    """The ICBs of a day and, where one is chosen, the bodies of its system."""

    icbs: list[Organisation]
    icb: Organisation | None = None
    bodies: list[Organisation] = field(default_factory=list)


def systems_on(day: date, code: str = "") -> Systems:
    """One query. A code that is no ICB's of that day chooses none."""
    links = OrganisationRelation.objects.on(max(day, LINKS_KNOWN_FROM)).filter(
        Q(kind=Relation.SYSTEM, source_body=OuterRef("pk"), target_body__ods_code=code.upper())
        | Q(kind=Relation.REGION, target_body=OuterRef("pk"), source_body__ods_code=code.upper())
    )
    wanted = Q(kind__in=(Kind.ICB, Kind.OVERSIGHT_BODY)) | Q(linked=True)
    rows: list[Organisation] = list(
        Organisation.objects.on(day).annotate(linked=Exists(links)).filter(wanted).order_by("name", "pk")
    )
    icbs = [row for row in rows if row.kind == Kind.ICB]
    icb = next((row for row in icbs if code and row.code == code.upper()), None)
    if icb is None:
        return Systems(icbs)
    return Systems(icbs, icb, [icb, *(row for row in rows if row.kind != Kind.ICB)])


def system_of_holder(who: Node, day: date) -> str:
    """The code of the ICB to whose system a forum, post or body belongs; empty where there is none. Two queries."""
    path = {"forum": "forums", "post": "posts"}.get(who.kind, "")
    body = Organisation.objects.filter(**{f"{path}__pk" if path else "pk": who.id}).first()
    if body is None or body.kind == Kind.ICB:
        return "" if body is None else body.code
    links = OrganisationRelation.objects.on(max(day, LINKS_KNOWN_FROM)).filter(kind=Relation.SYSTEM, source_body=body)
    first = links.select_related("target_body").order_by("-lead", "target_body__name").first()
    return "" if first is None else str(first.target_body.code)


@dataclass(frozen=True)
class SystemRegister:
    """The register of one system on a day, with what a form offers of it."""

    icb: Organisation
    bodies: list[Organisation]
    functions: list[Function]
    register: Register
    on: date
    reader: Actor

    @property
    def graph(self) -> Graph:
        """The graph that questions are asked of."""
        return self.register.graph

    @cached_property
    def forums(self) -> dict[int, ForumRow]:
        """The forums that exist on the day, by id."""
        index = self.graph.index
        return {pk: row for pk, row in self.register.forums.items() if index.life(Node.forum(pk)).covers(self.on)}

    @cached_property
    def places(self) -> dict[int, str]:
        """The places of the ICB on the day: name by id, in order."""
        mine = [row for row in self.register.places.values() if row.icb == self.icb.pk]
        there = [row for row in mine if self.graph.index.places[row.id].days.covers(self.on)]
        return {row.id: row.name for row in sorted(there, key=lambda row: (row.name, row.id))}

    def holders(self) -> list[tuple[str, list[tuple[Node, str]]]]:
        """Forums and posts that may be asked about, by the body they belong to, the ICB's own first. A body whose
        board is not in the register stands for it."""
        names, index = self.register.names, self.graph.index
        groups: dict[int, list[tuple[Node, str]]] = {}
        for pk, row in self.forums.items():
            groups.setdefault(row.host, []).append((Node.forum(pk), row.name))
        for post in self.graph.posts:
            if index.life(Node.post(post.id)).covers(self.on):
                groups.setdefault(post.body, []).append((Node.post(post.id), f"{names[Node.post(post.id)]} (post)"))
        for body in self.bodies:
            if body.pk not in index.boards and body.kind in OWNERS and Node.body(body.pk) in names:
                groups.setdefault(body.pk, []).append((Node.body(body.pk), f"{names[Node.body(body.pk)]} itself"))
        order = {body.pk: place for place, body in enumerate(self.bodies)}
        known = sorted(groups, key=lambda pk: (order.get(pk, len(order)), names.get(Node.body(pk), "")))
        by_name = {pk: sorted(rows, key=lambda pair: (pair[0].kind, pair[1], pair[0])) for pk, rows in groups.items()}
        return [(names.get(Node.body(pk), ""), by_name[pk]) for pk in known]

    def ask(self, who: Node, function: str, amount: Decimal | None, places: Iterable[int]) -> Asked:
        """May this holder take this decision?"""
        return self.register.ask(who, function, amount=amount, places=places, on=self.on)

    def hides_what_is_left(self, answer: Answer) -> bool:
        """Whether it allows something by a yearly limit or fund of which this reader may not know what was used."""
        if reads_spending(self.reader) or answer.status not in (Status.WITHIN_AUTHORITY, Status.PARTIAL):
            return False
        steps = {step.edge for chain in (answer.chain, *(part.chain for part in answer.parts)) for step in chain}
        counted = (row for row in self.graph.edges if row.fund is not None or (row.annual and row.limit is not None))
        return any(row.id in steps for row in counted)

    def owners(self, function: str, places: Iterable[int]) -> list[tuple[int, str]]:
        """The bodies of the system that hold a function by law for the places, with their names."""
        mine = {body.pk for body in self.bodies}
        found = owners_of(self.graph, function=function, places=tuple(places), on=self.on)
        named = [(pk, self.register.names[Node.body(pk)]) for pk in found if pk in mine]
        return sorted(named, key=lambda pair: (pair[1], pair[0]))


def reads_spending(reader: Actor) -> bool:
    """Whether a reader may know what agreed decisions have used of yearly limits and funds."""
    return bool(reader.user_id is not None or reader.system)


def system_register(reader: Actor, systems: Systems, on: date, function: str) -> SystemRegister | None:
    """The register of the chosen system as of a day, for questions about a function; None while none is chosen.

    What agreed decisions have used of a yearly limit or a fund is known to those who signed in: the amounts of
    decisions that were not released are nobody else's.
    """
    if systems.icb is None:
        return None
    functions = list(Function.objects.order_by("name", "pk"))
    # any post at all: then those of the bodies are loaded too, whether or not this function was passed to one
    wanted = Wanted(posts=(0,), spent=reads_spending(reader))
    near = lineage_in(functions, function)
    register = load_graph([body.pk for body in systems.bodies], near, on=on, wanted=wanted)
    return SystemRegister(systems.icb, systems.bodies, functions, register, on, reader)


# --- The route ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """A step of the route as it is read: who, what for, why; and when a forum meets next, if the reader may know."""

    kind: str
    holder: Node | None
    name: str
    text: str
    why: str
    status: str
    held_on: date | None = None
    papers_by: date | None = None
    meets: str = ""  # what is said in place of a date
    host: int | None = None  # the body that hosts the forum

    def to_json(self) -> dict[str, str | None]:
        """As a rehearsal keeps it; meetings are left out, since they are not for every reader."""
        return {
            "kind": self.kind,
            "holder": None if self.holder is None else str(self.holder),
            "name": self.name,
            "text": self.text,
            "why": self.why,
            "status": self.status,
        }


def stops(
    system: SystemRegister,
    function: str,
    *,
    amount: Decimal | None,
    places: Iterable[int],
    owners: Iterable[int],
    begins: Node | None = None,
    today: date,
) -> list[Stop]:
    """The route of a matter, each step with its next meeting as far as the reader may see it; two queries.

    `owners`: whose matter it is, all together.
    """
    steps = route(
        system.graph,
        function=function,
        amount=amount,
        places=tuple(places),
        on=system.on,
        reports=_reports(system),
        consults=_voices(system),
        owners=tuple(owners),
        begins=begins,
    )
    forums = {step.holder.id for step in steps if step.holder is not None and step.holder.kind == "forum"}
    calendar = coming_meetings(system.reader, forums, max(today, system.on)) if forums else {}
    hosts = system.reader.organisations(P.MEETING_VIEW)
    found: list[Stop] = []
    taken = _Order()
    for step in steps:
        stop = _stop(step, system, amount)
        if step.holder is not None and step.holder.kind == "forum":
            planned, row = calendar.get(step.holder.id, []), system.register.forums.get(step.holder.id)
            stop = replace(stop, host=None if row is None else row.host)
            meeting = taken.first(stop.kind, planned)
            if meeting is not None:
                stop = replace(stop, held_on=meeting.held_on, papers_by=meeting.papers_by)
            elif planned:
                stop = replace(stop, meets=TOO_EARLY)
            else:
                stop = replace(stop, meets=_no_date(row, hosts, system.reader))
        found.append(stop)
    return found


def _no_date(row: ForumRow | None, hosts: frozenset[int], reader: Actor) -> str:
    """Why no meeting is named. A visitor is not told so at every step: no meeting is theirs to read."""
    if reader.user_id is None:
        return ""
    return NONE_PLANNED if row is not None and row.host in hosts else NOT_SHOWN


class _Order:
    """Which meeting each step can take: its papers must be able to hold what the steps before it said.

    Who is consulted, and who hears of it, does so at the same time; the others one after the other.
    """

    def __init__(self) -> None:
        self.kind = ""
        self.after: date | None = None  # the day by which everything before this kind of step was done
        self.latest: date | None = None

    def first(self, kind: str, planned: Iterable[NextMeeting]) -> NextMeeting | None:
        """The first of the meetings that can take the step."""
        if kind != self.kind or kind not in TOGETHER:
            self.kind, self.after = kind, self.latest
        meeting = next((each for each in planned if self.after is None or each.papers_by >= self.after), None)
        if meeting is not None:
            self.latest = max(meeting.held_on, self.latest or meeting.held_on)
        return meeting


TOGETHER = ("consult", "report")
TOO_EARLY = "No meeting is planned late enough to hear of the steps before."
NONE_PLANNED = "No meeting is planned."
NOT_SHOWN = "Its next meeting is not public here."


def _stop(step: RouteStep, system: SystemRegister, amount: Decimal | None) -> Stop:
    names = system.register.names
    return Stop(
        str(step.kind),
        step.holder,
        name_of(step.holder, names),
        step.text,
        why(step, names, amount),
        "" if step.status is None else str(step.status),
    )


def decider_of(found: Iterable[Stop]) -> Stop | None:
    """The step that decides; None where nobody may."""
    return next((stop for stop in found if stop.kind == StepKind.DECIDE), None)


def _reports(system: SystemRegister) -> dict[Node, list[Node]]:
    """To whom the forums of the day report: by their own line, and by those of their arrangements."""
    up: dict[Node, list[Node]] = {
        Node.forum(pk): [Node.forum(row.reports_to)]
        for pk, row in system.forums.items()
        if row.reports_to in system.forums
    }
    of_arrangement: dict[int, list[ForumRow]] = {}
    for row in system.forums.values():
        if row.arrangement is not None:
            of_arrangement.setdefault(row.arrangement, []).append(row)
    lines = ReportingLine.objects.on(system.on).filter(arrangement__in=list(of_arrangement))
    for one, to_arrangement, to_body in lines.order_by("pk").values_list(
        "arrangement_id", "to_arrangement_id", "to_organisation_id"
    ):
        above = [Node.forum(row.id) for row in _tops(of_arrangement.get(to_arrangement or 0, []))]
        board = system.graph.index.boards.get(to_body or 0)
        for row in _tops(of_arrangement[one]):
            up.setdefault(Node.forum(row.id), []).extend([*above, *([board] if board is not None else [])])
    return up


def _tops(rows: list[ForumRow]) -> list[ForumRow]:
    """The forums of an arrangement that report to none of its others."""
    inside = {row.id for row in rows}
    return [row for row in rows if row.reports_to not in inside]


def _voices(system: SystemRegister) -> list[Voice]:
    """The forums that are heard about places, and those that stand for governors, wellbeing boards and scrutiny.

    A council's board or committee that names no places is for those of its council. A consultative forum without
    places is heard about the matters of its own host.
    """
    voices = []
    of_council: dict[int, set[int]] = {}
    for place in system.register.places.values():
        for council in place.councils:
            of_council.setdefault(council, set()).add(place.id)
    for pk, row in system.forums.items():
        node, places = Node.forum(pk), frozenset(row.places)
        around = places or frozenset(of_council.get(row.host, ()))
        if row.form == Form.COUNCIL_OF_GOVERNORS:
            voices.append(Voice(node, Role.GOVERNORS, bodies=frozenset({row.host})))
        elif row.arrangement_kind == Arrangement.Kind.HWB:
            voices.append(Voice(node, Role.WELLBEING, around))
        elif "scrutiny" in row.name.lower():
            voices.append(Voice(node, Role.SCRUTINY, around))
        elif row.arrangement_kind not in HEARING and (places or row.form in RECOMMENDING):
            voices.append(Voice(node, Role.PLACE, places, frozenset(() if places else {row.host})))
    return voices
