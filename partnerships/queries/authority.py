"""The delegation graph as the database knows it, and the question of a meeting asked of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from ics_governance.context import system
from partnerships import authority
from partnerships.authority import Answer, Node, Span
from partnerships.models import (
    Completeness,
    Decision,
    Delegation,
    Forum,
    Function,
    LegalBasis,
    Membership,
    Organisation,
    Place,
    Post,
)

STATUTORY = ("icb", "trust", "local_authority")
JOINT = (Forum.Form.JOINT_COMMITTEE, Forum.Form.COMMITTEES_IN_COMMON)
AGREED = (Decision.State.AGREED, Decision.State.IMPLEMENTED, Decision.State.REVIEWED)


@dataclass(frozen=True)
class Register:
    """The graph with the names of what is in it."""

    graph: authority.Graph
    names: dict[Node, str]
    functions: dict[str, str]

    def ask(
        self, forum_id: int, function: str, *, amount: Decimal | None, places: Iterable[int] = (), on: date
    ) -> "Asked":
        """The answer to one question; ask many of the same register without loading it again."""
        answer = authority.resolve(
            self.graph, forum=forum_id, function=function, amount=amount, places=tuple(places), on=on
        )
        return Asked(answer, {node: self.names[node] for node in _named(answer)}, self.functions[function])


@dataclass(frozen=True)
class Asked:
    """An answer with the names it needs, as they stood that day: stored with a decision, rendered anywhere."""

    answer: Answer
    names: dict[Node, str]
    function: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "answer": self.answer.to_json(),
            "names": {str(node): name for node, name in sorted(self.names.items())},
            "function": self.function,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Asked":
        """What `to_json` wrote."""
        names = {Node.parse(key): name for key, name in data["names"].items()}
        return cls(Answer.from_json(data["answer"]), names, data["function"])


def lineage(code: str) -> list[Function]:
    """A function with what it is part of and its own parts: the others cannot matter to it."""
    everything = {row.pk: row for row in Function.objects.all()}
    found = next((row for row in everything.values() if row.code == code), None)
    if found is None:
        return []
    kept, above = [found], found.parent_id
    while above:
        kept.append(everything[above])
        above = everything[above].parent_id
    below = [found.pk]
    while below:
        parts = [row for row in everything.values() if row.parent_id in below]
        kept += parts
        below = [row.pk for row in parts]
    return kept


def load_graph(
    organisation_ids: Iterable[int],
    functions: Iterable[Function] | None = None,
    *,
    on: date | None = None,
    places: Iterable[int] = (),
) -> Register:
    """All delegations made by these bodies, with their forums, posts and places; nine queries at the most.

    `on` is the day of the question: joint committees have their members of that day (without it: of any day).
    `places` are loaded even where they lie in another body's area.
    """
    bodies = set(organisation_ids)
    functions = list(Function.objects.all()) if functions is None else list(functions)
    by_pk = {row.pk: row for row in functions}
    edges = list(
        Delegation.objects.filter(from_organisation__in=bodies, function__in=by_pk)
        .exclude(status=Delegation.Status.DRAFT)
        .select_related("to_forum", "from_forum")
        .prefetch_related("places")
    )
    bodies |= {row.to_organisation_id for row in edges if row.to_organisation_id}
    elsewhere = {row.to_forum_id for row in edges} | {row.from_forum_id for row in edges}
    forums = list(
        Forum.objects.filter(Q(host__in=bodies) | Q(pk__in=elsewhere - {None})).prefetch_related(
            Prefetch(
                "memberships",
                _voting(on).filter(forum__form__in=JOINT),
                to_attr="participants",
            )
        )
    )
    bodies |= {row.host_id for row in forums}
    organisations = list(Organisation.objects.filter(pk__in=bodies))
    posts = list(Post.objects.filter(organisation__in=bodies))
    areas = list(Place.objects.filter(Q(icb__in=bodies) | Q(pk__in=list(places))).prefetch_related("councils"))
    complete = list(Completeness.objects.filter(organisation__in=bodies))
    committed = _committed(edges)
    graph = authority.graph(
        bodies=[_body(row, areas) for row in organisations],
        forums=[_forum(row) for row in forums],
        posts=[_post(row) for row in posts],
        places=[authority.Place(row.pk, Span(row.starts, row.ends)) for row in areas],
        functions=[_function(row, by_pk) for row in functions],
        edges=[_edge(row, by_pk, committed) for row in edges],
        completeness=[authority.Completeness(row.organisation_id, row.family, row.complete_from) for row in complete],
    )
    names = {
        **{Node.body(row.pk): row.label for row in organisations},
        **{Node.forum(row.pk): row.name for row in forums},
        **{Node.post(row.pk): row.title for row in posts},
    }
    return Register(graph, names, {row.code: row.name for row in functions})


def _voting(on: date | None) -> QuerySet[Membership]:
    """Members with a vote who may hold a function: of that day, or of any."""
    members = Membership.objects.filter(voting=True, organisation__kind__in=STATUTORY)
    return members if on is None else members.filter(Q(ends=None) | Q(ends__gte=on), starts__lte=on)


def ask(forum: Forum, function: Function, *, amount: Decimal | None, places: Iterable[int] = (), on: date) -> Asked:
    """May this forum take this decision? Loads only what can matter: its host, its members, and who delegates to them.

    Raises `authority.UnknownRecord` for a place that the register does not hold.
    """
    bodies, places = {forum.host_id}, list(places)
    if forum.form in JOINT:
        bodies |= set(_voting(on).filter(forum=forum).values_list("organisation_id", flat=True))
    functions = lineage(function.code)
    bodies |= _upstream(forum, bodies, functions)
    register = load_graph(bodies, functions, on=on, places=places)
    return register.ask(forum.pk, function.code, amount=amount, places=places, on=on)


def _upstream(forum: Forum, bodies: set[int], functions: list[Function]) -> set[int]:
    """Bodies that delegate to the forum or to one of these bodies, and those that delegate to them, and so on."""
    edges = Delegation.objects.filter(function__in=functions)
    found: set[int] = set()
    reached, target = set(bodies), Q(to_forum=forum) | Q(to_organisation__in=bodies)
    while True:
        new = set(edges.filter(target).values_list("from_organisation_id", flat=True)) - reached
        if not new:
            return found
        found |= new
        reached |= new
        target = Q(to_organisation__in=new)


def ask_for(decision: Decision, on: date, places: Iterable[int] | None = None) -> Asked | None:
    """The answer for a decision as it stands; None while it names no function."""
    if decision.function is None:
        return None
    where = [place.pk for place in decision.places.all()] if places is None else places
    day = decision.decided_on or (decision.meeting.held_on if decision.meeting else on)
    return ask(decision.forum, decision.function, amount=decision.amount, places=where, on=day)


def _named(answer: Answer) -> set[Node]:
    steps = [*answer.chain, *(step for part in answer.parts for step in part.chain)]
    nodes = {answer.forum} | {node for step in steps for node in (step.source, step.target)}
    nodes |= {row.holder for row in answer.alternatives}
    bodies: set[int | None] = {*answer.accountable_bodies, *answer.holders_needed, *answer.missing_holders}
    bodies |= {*(row.body for row in answer.parts), *(row.accountable_body for row in answer.alternatives)}
    for broken in [answer.broken_edge, *(part.broken_edge for part in answer.parts)]:
        if broken:
            nodes |= {broken.target} | ({broken.source} if broken.source else set())
    return nodes | {Node.body(pk) for pk in bodies if pk is not None}


def _body(row: Organisation, places: list[Place]) -> authority.Body:
    area = None
    if row.kind == "icb":
        area = tuple(_footprint(place) for place in places if place.icb_id == row.pk) or None
    elif row.kind == "local_authority":
        own = [place for place in places if row.pk in {council.pk for council in place.councils.all()}]
        area = tuple(_footprint(place) for place in own) or None
    marks = frozenset({"foundation_trust"} if row.is_foundation_trust else ())
    level = "place" if row.kind == "local_authority" else "system"
    return authority.Body(row.pk, row.kind, area, level, marks, Span(row.opened, row.closed))


def _footprint(place: Place) -> authority.Footprint:
    return authority.Footprint(place.pk, Span(place.starts, place.ends))


def _forum(row: Forum) -> authority.Forum:
    members = sorted({member.organisation_id for member in row.participants})  # type: ignore[attr-defined]
    joint = row.form in JOINT
    return authority.Forum(
        row.pk,
        row.form,
        None if joint else row.host_id,
        row.level,
        tuple(authority.Participant(pk) for pk in members) if joint else (),
        days=Span(row.starts, row.ends),
    )


def _post(row: Post) -> authority.Post:
    held = (Span(row.starts, row.ends),) if row.holder_id else ()
    return authority.Post(row.pk, row.organisation_id, "place", held, Span(row.starts, row.ends))


def _function(row: Function, by_pk: dict[int, Function]) -> authority.Function:
    parent = by_pk[row.parent_id].code if row.parent_id in by_pk else None
    only_for = frozenset({row.further_approval_for} - {""})
    approvals = (authority.Approval(row.further_approval, applies_to=only_for),) if row.further_approval else ()
    return authority.Function(row.code, row.family, frozenset({row.owner_kind}), parent, row.delegable, approvals)


def _edge(row: Delegation, by_pk: dict[int, Function], committed: dict[int, tuple[tuple[int, Decimal], ...]]) -> Any:
    return authority.Edge(
        id=row.pk,
        function=by_pk[row.function_id].code,
        source=_source(row),
        target=_target(row),
        model=authority.Model(row.model),
        basis=row.basis,
        instrument=row.instrument,
        state=authority.State(row.status),
        days=Span(row.starts, row.ends),
        ended_on=row.ends if row.status == Delegation.Status.ENDED else None,
        limit=row.limit,
        annual=row.limit_kind == Delegation.LimitKind.ANNUAL,
        committed=committed.get(row.pk, ()),
        places=frozenset(place.pk for place in row.places.all()),
        onward_delegation_permitted=row.onward_delegation_permitted,
        review_on=row.review_on,
        conditions=row.conditions,
    )


def _source(row: Delegation) -> Node:
    """A body's own board is the body itself."""
    if row.from_post_id:
        return Node.post(row.from_post_id)
    if row.from_forum is not None and row.from_forum.form != Forum.Form.BOARD:
        return Node.forum(row.from_forum.pk)
    return Node.body(row.from_organisation_id)


def _target(row: Delegation) -> Node:
    if row.to_forum_id:
        return Node.forum(row.to_forum_id)
    return Node.post(row.to_post_id) if row.to_post_id else Node.body(row.to_organisation_id)  # type: ignore[arg-type]


def _committed(edges: list[Delegation]) -> dict[int, tuple[tuple[int, Decimal], ...]]:
    """What agreed decisions have used of annual limits, by financial year; asked only where there are such limits."""
    annual = [row for row in edges if row.limit_kind == Delegation.LimitKind.ANNUAL and row.to_forum_id]
    if not annual:
        return {}
    with system("what agreed decisions have used of a limit"):
        return _by_edge(annual)


def _by_edge(annual: list[Delegation]) -> dict[int, tuple[tuple[int, Decimal], ...]]:
    spent = (
        Decision.objects.filter(
            forum__in={row.to_forum_id for row in annual},
            function__in={row.function_id for row in annual},
            state__in=AGREED,
            amount__isnull=False,
            decided_on__isnull=False,
        )
        .values("forum_id", "function_id", "decided_on")
        .annotate(total=Sum("amount"))
    )
    years: dict[tuple[int, int], dict[int, Decimal]] = {}
    for row in spent:
        of_pair = years.setdefault((row["forum_id"], row["function_id"]), {})
        year = authority.financial_year(row["decided_on"])  # type: ignore[arg-type]  # filtered: it is not null
        of_pair[year] = of_pair.get(year, Decimal(0)) + row["total"]
    return {
        row.pk: tuple(sorted(years.get((row.to_forum_id, row.function_id), {}).items()))  # type: ignore[arg-type]
        for row in annual
    }


def bases_for(owner_kind: str, recipient_kind: str) -> list[LegalBasis]:
    """The legal bases open to a combination of owner and recipient."""
    return list(LegalBasis.objects.filter(owner_kind=owner_kind, recipient_kind=recipient_kind).order_by("title"))
