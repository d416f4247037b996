"""The delegation graph as the database knows it, and the question of a meeting asked of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from partnerships import authority
from partnerships.authority import Answer, Node, Step
from partnerships.england import LINKS_KNOWN_FROM
from partnerships.models import Decision, Delegation, Forum, Function, Organisation, Post

from . import graph_rows as rows
from .commitments import commitments


@dataclass(frozen=True)
class Register:
    """The graph with the names of what is in it."""

    graph: authority.Graph
    names: dict[Node, str]
    functions: dict[str, str]
    reports: dict[int, int] = field(default_factory=dict)  # a forum to the one that it reports to
    forums: dict[int, rows.ForumRow] = field(default_factory=dict)
    places: dict[int, rows.PlaceRow] = field(default_factory=dict)

    def ask(
        self, holder: int | Node, function: str, *, amount: Decimal | None, places: Iterable[int] = (), on: date
    ) -> "Asked":
        """The answer to one question, of a forum (its id) or any holder; ask many of a register without loading it
        again."""
        answer = authority.resolve(
            self.graph, forum=holder, function=function, amount=amount, places=tuple(places), on=on
        )
        names = {node: self.names[node] for node in _named(answer)}
        places = {place: self.places[place].name for place in _places_named(answer)}
        return Asked(answer, names, self.functions[function], places)


@dataclass(frozen=True)
class Asked:
    """An answer with the names it needs, as they stood that day: stored with a decision, rendered anywhere."""

    answer: Answer
    names: dict[Node, str]
    function: str
    places: dict[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "answer": self.answer.to_json(),
            "names": {str(node): name for node, name in sorted(self.names.items())},
            "function": self.function,
            "places": {str(place): name for place, name in sorted(self.places.items())},
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Asked":
        """What `to_json` wrote."""
        names = {Node.parse(key): name for key, name in data["names"].items()}
        places = {int(key): name for key, name in data.get("places", {}).items()}
        return cls(Answer.from_json(data["answer"]), names, data["function"], places)


def lineage(code: str) -> list[Function]:
    """A function with what it is part of and its own parts: the others cannot matter to it."""
    return lineage_in(Function.objects.all(), code)


def lineage_in(functions: Iterable[Function], code: str) -> list[Function]:
    """The same among functions that were loaded; none for a code that is not among them."""
    everything = {row.pk: row for row in functions}
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


@dataclass(frozen=True)
class Wanted:
    """What to load besides the delegations of the bodies: forums, posts, bodies and places that may be asked about.

    `hosted`: all forums and posts of the bodies too, not only those that a delegation names. `spent`: what agreed
    decisions have used of yearly limits and funds.
    """

    forums: Collection[int] = ()
    posts: Collection[int] = ()
    bodies: Collection[int] = ()
    places: Collection[int] = ()
    hosted: bool = True
    spent: bool = True


def load_graph(
    organisation_ids: Iterable[int],
    functions: Iterable[Function] | None = None,
    *,
    on: date | None = None,
    places: Iterable[int] = (),
    wanted: Wanted | None = None,
) -> Register:
    """All delegations made by these bodies, with their forums, posts and places; a dozen queries at the most.

    `on` is the day of the question: joint committees have their members of that day, annual limits and funds what is
    used in its financial year (without a day: the members of any, each year's use). `places`, and those that
    a delegation names, are loaded even where they lie in another body's area.
    """
    wanted = wanted or Wanted(places=list(places))
    functions = list(Function.objects.all()) if functions is None else list(functions)
    codes = {row.pk: row.code for row in functions}
    makers = set(organisation_ids)
    made = Delegation.objects.filter(from_organisation__in=makers).exclude(status__in=Delegation.NEVER_APPROVED)
    edges = rows.edge_rows(made.filter(function__in=codes))
    named = {pk for row in edges for pk in (row.to_forum, row.from_forum) if pk} | {*wanted.forums}
    held = {pk for row in edges for pk in (row.to_post, row.from_post) if pk} | {*wanted.posts}
    near = makers | {*wanted.bodies}
    hosted = Q(host__in=near) if wanted.hosted else Q(host__in=near, form=Forum.Form.BOARD)
    forums = rows.forum_rows(hosted | Q(pk__in=named), on)
    held |= {row.post for row in forums if row.post}
    posts = rows.post_rows((Q(organisation__in=near) if wanted.hosted else Q()) | Q(pk__in=held)) if held else []
    near |= {row.to_body for row in edges if row.to_body} | {row.host for row in forums} | {row.body for row in posts}
    near |= {pk for row in forums for pk in row.members}
    bodies = rows.body_rows(near, on)
    areas = rows.place_rows(near, {*wanted.places, *(place for row in edges for place in row.places)})
    used = commitments(edges, _covers(functions), on, spent=wanted.spent)
    employed, suspended = rows.employed(posts), rows.suspensions_of(edges)
    graph = authority.graph(
        bodies=[row.record(own) for row, own in rows.with_places(bodies, areas)],
        forums=[row.record for row in forums],
        posts=[row.record(employed) for row in posts],
        places=[authority.Place(row.id, authority.Span(row.starts, row.ends)) for row in areas],
        functions=[rows.function_record(row, codes) for row in functions],
        edges=[
            rows.edge(row, codes, suspended.get(row.id, ()), used.by_edge.get(row.id, ()), used.fund_of.get(row.id))
            for row in edges
        ],
        completeness=[each for row in bodies for each in row.declarations],
        funds=used.funds,
    )
    names = {
        **{Node.body(row.id): row.label for row in bodies},
        **{Node.forum(row.id): row.name for row in forums},
        **{Node.post(row.id): row.title for row in posts},
    }
    reports = {row.id: row.reports_to for row in forums if row.reports_to}
    titles = {row.code: row.name for row in functions}
    return Register(graph, names, titles, reports, {row.id: row for row in forums}, {row.id: row for row in areas})


def _covers(functions: Iterable[Function]) -> dict[int, set[int]]:
    """Which functions each one includes: itself and its parts."""
    above = {row.pk: row.parent_id for row in functions}
    covers: dict[int, set[int]] = {pk: {pk} for pk in above}
    for pk in above:
        whole, seen = above[pk], {pk}
        while whole in covers and whole not in seen:
            covers[whole].add(pk)
            seen.add(whole)
            whole = above[whole]
    return covers


def ask(
    forum: Forum, function: Function, *, amount: Decimal | None, places: Iterable[int] = (), on: date,
    spent: bool = True,
) -> Asked:  # fmt: skip
    """May this forum take this decision? Loads only what can matter: its host, its members, and who delegates to them.

    `spent`: with what agreed decisions have used of limits, which is not for everyone.
    Raises `authority.UnknownRecord` for a place that the register does not hold.
    """
    return _ask(Node.forum(forum.pk), {forum.host_id}, function, amount=amount, places=list(places), on=on,
                joint=forum.form in rows.JOINT, spent=spent)  # fmt: skip


def ask_post(post: Post, function: Function, *, amount: Decimal | None, places: Iterable[int] = (), on: date) -> Asked:
    """May the holder of this post take this decision?"""
    return _ask(Node.post(post.pk), {post.organisation_id}, function, amount=amount, places=list(places), on=on)


Holder = Forum | Post | Organisation
HOLDERS: dict[str, type[Holder]] = {"forum": Forum, "post": Post, "body": Organisation}


def ask_of(
    holder: Holder, function: Function, *, amount: Decimal | None, places: Iterable[int] = (), on: date,
    spent: bool = True,
) -> Asked:  # fmt: skip
    """The same question of whatever may hold authority; of a body it asks about its board."""
    if isinstance(holder, Forum):
        return ask(holder, function, amount=amount, places=places, on=on, spent=spent)
    if isinstance(holder, Post):
        node, body = Node.post(holder.pk), holder.organisation_id
    else:
        node, body = Node.body(holder.pk), holder.pk
    return _ask(node, {body}, function, amount=amount, places=list(places), on=on, spent=spent)


def _ask(
    holder: Node, bodies: set[int], function: Function, *, amount: Decimal | None, places: list[int], on: date,
    joint: bool = False, spent: bool = True,
) -> Asked:  # fmt: skip
    register = register_around([holder], bodies, function.code, on=on, places=places, joint=joint, spent=spent)
    return register.ask(holder, function.code, amount=amount, places=places, on=on)


def register_around(
    holders: Collection[Node], bodies: Iterable[int], function: str, *, on: date, places: Collection[int] = (),
    joint: bool = False, spent: bool = True,
) -> Register:  # fmt: skip
    """What can matter to these holders in a function: their bodies, and all who delegate to them, step by step.

    `joint`: one of them is a joint committee or committees in common, whose members matter too.
    """
    functions = lineage(function)
    of_kind = {kind: {node.id for node in holders if node.kind == kind} for kind in ("forum", "post", "body")}
    near, forums = {*bodies, *of_kind["body"]}, of_kind["forum"]
    if joint:
        for row in rows.forum_rows(Q(pk__in=forums), on):
            near |= {*row.members, row.host}
            forums = {*forums, row.id}
    makers = near | _upstream(forums, of_kind["post"], near, places, [row.pk for row in functions], on)
    wanted = Wanted(forums, of_kind["post"], near, places, hosted=False, spent=spent)
    return load_graph(makers, functions, on=on, wanted=wanted)


# From some holders, and those who may own a function that is asked of them, upwards: every delegation that led to them,
# and to their makers. A body's board is the body, the forum of one person that person's post. May own it: the boards of
# the systems in which the bodies work, the board and the councils of each place.
# The function's delegations are picked out first: the planner then does not expect millions of rows of the recursion,
# for which it would compile the query, a second long.
UPSTREAM = """
with recursive own as materialized (
  select d.id, d.from_organisation_id as body, d.from_forum_id as forum, d.from_post_id as post, d.to_forum_id,
    coalesce(d.to_post_id, case when f.form = 'individual_executive' then f.post_id end) as to_post,
    coalesce(d.to_organisation_id, case when f.form = 'board' then f.host_id end) as to_body
  from partnerships_delegation d left join partnerships_forum f on f.id = d.to_forum_id
  where d.function_id = any(%(functions)s) and d.status not in ('draft', 'withdrawn')
), near as (
  select unnest(%(bodies)s::bigint[]) as body
  union select target_body_id from partnerships_organisationrelation where kind = 'system'
    and source_body_id = any(%(bodies)s) and (starts is null or starts <= %(on)s) and (ends is null or ends >= %(on)s)
  union select icb_id from partnerships_place where id = any(%(places)s)
  union select organisation_id from partnerships_place_councils where place_id = any(%(places)s)
), led as (
  select id, body, forum, post from own
  where to_forum_id = any(%(forums)s) or to_body in (select body from near) or to_post = any(%(posts)s)
    or to_post in (select post_id from partnerships_forum where id = any(%(forums)s) and form = 'individual_executive')
  union
  select u.id, u.body, u.forum, u.post
  from led join own u on u.to_forum_id = led.forum or u.to_post = led.post or u.to_body = led.body
)
select body from led union select body from near
"""


def _upstream(
    forums: Iterable[int], posts: Iterable[int], bodies: Iterable[int], places: Iterable[int], functions: list[int],
    on: date,
) -> set[int]:  # fmt: skip
    """The bodies whose delegations lead to these holders, and those near them and the places; one query."""
    keys: dict[str, Any] = {
        "forums": sorted(forums), "posts": sorted(posts), "bodies": sorted(bodies), "places": sorted(places),
        "functions": functions, "on": max(on, LINKS_KNOWN_FROM),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(UPSTREAM, keys)
        return {pk for (pk,) in cursor.fetchall()}


def ask_for(decision: Decision, on: date, places: Iterable[int] | None = None) -> Asked | None:
    """The answer for a decision as it stands; None while it names no function.

    One taken by urgent power is asked of the post that holds the power; None while none is named.
    """
    if decision.function is None:
        return None
    where = [place.pk for place in decision.places.all()] if places is None else places
    day = decision.decided_on or (decision.meeting.held_on if decision.meeting else on)
    if decision.means == Decision.Means.URGENT:
        power = decision.urgent_power
        if power is None or power.to_post is None:
            return None
        return ask_post(power.to_post, decision.function, amount=decision.amount, places=where, on=day)
    return ask(decision.forum, decision.function, amount=decision.amount, places=where, on=day)


def _places_named(answer: Answer) -> set[int]:
    return {*answer.area, *answer.places, *(place for step in _steps(answer) for place in step.places)}


def _steps(answer: Answer) -> list[Step]:
    return [*answer.chain, *(step for part in answer.parts for step in part.chain)]


def _named(answer: Answer) -> set[Node]:
    steps = _steps(answer)
    nodes = {answer.forum} | {node for step in steps for node in (step.source, step.target)}
    nodes |= {row.holder for row in answer.alternatives}
    bodies: set[int | None] = {*answer.accountable_bodies, *answer.holders_needed, *answer.missing_holders}
    bodies |= {*(row.body for row in answer.parts), *(row.accountable_body for row in answer.alternatives)}
    for broken in [answer.broken_edge, *(part.broken_edge for part in answer.parts)]:
        if broken:
            nodes |= {broken.target} | ({broken.source} if broken.source else set())
    return nodes | {Node.body(pk) for pk in bodies if pk is not None}
