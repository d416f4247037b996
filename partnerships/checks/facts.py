"""What the governance checks read: the register on a day as plain rows, without a database.

Rows are tuples in the order in which the loader reads their columns. All dates are inclusive; a missing start means
"always was", a missing end "goes on". A `Node` names whoever makes or holds a delegation; a body's board is the body.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

from partnerships.authority import Node
from partnerships.authority.words import lower

JOINT = ("joint_committee", "committees_in_common")
SEAT, JOINT_DECISION, TRANSFERRED = "seat_at_table", "joint_decision", "fully_devolved"
STANDING = ("approved", "in_force", "suspended")
"""Statuses of a delegation that was approved and neither ended nor withdrawn."""
CONTRACT, TRANSFER_ORDER = "contract", "transfer_order"


class Spanned(Protocol):
    """A row with dates."""

    @property
    def starts(self) -> date | None:
        """First day."""

    @property
    def ends(self) -> date | None:
        """Last day."""


D = TypeVar("D", bound=Spanned)
R = TypeVar("R")


class Body(NamedTuple):
    """A legal body; `starts` and `ends` are its life."""

    id: int
    kind: str
    name: str
    subtype: str = ""
    starts: date | None = None
    ends: date | None = None


class Forum(NamedTuple):
    """A meeting body of its host; `post`: the one that decides, where an individual executive does."""

    id: int
    name: str
    host: int
    form: str
    arrangement: int | None = None
    reports_to: int | None = None
    post: int | None = None
    starts: date | None = None
    ends: date | None = None


class Post(NamedTuple):
    """A named post; `holder` is a person's id. Its dates are those of the post and its holder."""

    id: int
    body: int
    title: str
    holder: int | None = None
    starts: date | None = None
    ends: date | None = None


class Place(NamedTuple):
    """An area of one integrated care board. `follows`: the same area before."""

    id: int
    name: str
    icb: int
    follows: int | None = None
    starts: date | None = None
    ends: date | None = None


class Function(NamedTuple):
    """A function of the catalogue; `bases` are the legal bases on which it may be delegated."""

    code: str
    name: str
    family: str
    owner_kind: str
    parent: str | None = None
    delegable: bool = True
    bases: tuple[str, ...] = ()


class Basis(NamedTuple):
    """That a legal basis is open to an owner and a recipient; `internal`: only inside one body."""

    code: str
    owner_kind: str
    recipient_kind: str
    internal: bool = False
    title: str = ""


class Edge(NamedTuple):
    """A delegation: `body` is whose authority is passed on, `source` who passes it on. `places` empty: everywhere.

    `outcome` and `reviewed_on`: of its last review; empty: none was held.
    """

    id: int
    function: str
    body: int
    source: Node
    target: Node
    model: str = "delegated"
    basis: str = ""
    instrument: str = ""
    status: str = "in_force"
    limit: Decimal | None = None
    annual: bool = False
    onward: bool = False
    review_on: date | None = None
    novates: int | None = None
    starts: date | None = None
    ends: date | None = None
    places: frozenset[int] = frozenset()
    outcome: str = ""
    reviewed_on: date | None = None


class Terms(NamedTuple):
    """A version of a forum's terms of reference; `disagreement`: they say what happens when members disagree."""

    id: int
    forum: int
    version: int
    adopted_on: date
    review_on: date | None
    quorum: int
    disagreement: bool


class Member(NamedTuple):
    """A body's member on a forum who did not refuse; `holder` is a person's id.

    `consented_on`: when the convening body agreed to a body that is not statutory.
    """

    id: int
    forum: int
    body: int
    role: str
    voting: bool
    holder: int | None
    starts: date | None = None
    ends: date | None = None
    consented_on: date | None = None


class Arrangement(NamedTuple):
    """A place partnership, collaborative, integrated care partnership or health and wellbeing board."""

    id: int
    name: str
    kind: str
    host: int
    starts: date | None = None
    ends: date | None = None


class Party(NamedTuple):
    """A body's part in an arrangement."""

    arrangement: int
    body: int
    expectation: str = "member"
    sector: str = ""
    starts: date | None = None
    ends: date | None = None


class Report(NamedTuple):
    """That an arrangement reports to somebody."""

    arrangement: int
    starts: date | None = None
    ends: date | None = None


class Link(NamedTuple):
    """That a body belongs to the system of an ICB."""

    body: int
    icb: int
    lead: bool = True
    starts: date | None = None
    ends: date | None = None


class Employment(NamedTuple):
    """Who employs a person, and as what."""

    person: int
    body: int
    title: str = ""
    starts: date | None = None
    ends: date | None = None


class Unratified(NamedTuple):
    """How many published decisions of a forum were taken by urgent power and not ratified by their day."""

    forum: int
    number: int


def holds(row: Spanned, on: date) -> bool:
    """Whether a row holds on a day."""
    return (row.starts is None or row.starts <= on) and (row.ends is None or on <= row.ends)


def grouped(rows: Iterable[R], key: str) -> dict[int, list[R]]:
    """Rows by one of their columns."""
    found: dict[int, list[R]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


@dataclass(frozen=True)
class Facts:
    """The register as the checks read it. Rows in any order: every look-up sorts what it gives.

    `focus`: only findings of this ICB's system are wanted; None: all of them. `councils`: by place.
    `successors`: who came after a body that is no more.
    """

    bodies: tuple[Body, ...] = ()
    forums: tuple[Forum, ...] = ()
    posts: tuple[Post, ...] = ()
    places: tuple[Place, ...] = ()
    functions: tuple[Function, ...] = ()
    bases: tuple[Basis, ...] = ()
    edges: tuple[Edge, ...] = ()
    terms: tuple[Terms, ...] = ()
    members: tuple[Member, ...] = ()
    arrangements: tuple[Arrangement, ...] = ()
    parties: tuple[Party, ...] = ()
    reports: tuple[Report, ...] = ()
    links: tuple[Link, ...] = ()
    employments: tuple[Employment, ...] = ()
    unratified: tuple[Unratified, ...] = ()
    councils: Mapping[int, frozenset[int]] = field(default_factory=dict)
    successors: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    focus: int | None = None


class Register:
    """The facts of one day with their look-ups: made once for all checks."""

    def __init__(self, facts: Facts, on: date) -> None:
        self.facts = facts
        self.on = on
        self.bodies = {row.id: row for row in facts.bodies}
        self.forums = {row.id: row for row in facts.forums}
        self.posts = {row.id: row for row in facts.posts}
        self.places = {row.id: row for row in facts.places}
        self.functions = {row.code: row for row in facts.functions}
        self.arrangements = {row.id: row for row in facts.arrangements}
        self._systems: dict[int, int | None] = {}

    def live(self, rows: Iterable[D]) -> list[D]:
        """Those that hold on the day."""
        return [row for row in rows if holds(row, self.on)]

    # Delegations --------------------------------------------------------------------------------------------------

    @cached_property
    def edges(self) -> list[Edge]:
        """Delegations that stand or will stand, lowest id first: none in another status, none past its last day."""
        rows = (
            row._replace(source=self.home(row.source), target=self.home(row.target))
            for row in self.facts.edges
            if row.status in STANDING and (row.ends is None or row.ends >= self.on)
        )
        return sorted(rows, key=lambda row: row.id)

    @cached_property
    def into(self) -> dict[Node, list[Edge]]:
        """Those by holder."""
        found: dict[Node, list[Edge]] = defaultdict(list)
        for row in self.edges:
            found[row.target].append(row)
        return found

    @cached_property
    def carried_on(self) -> set[int]:
        """Delegations that another one carries on."""
        return {row.novates for row in self.edges if row.novates is not None}

    def home(self, node: Node) -> Node:
        """A body's own board is the body; the forum of one person is that person's post."""
        forum = self.forums.get(node.id) if node.kind == "forum" else None
        if forum is not None and forum.form == "board":
            return Node.body(forum.host)
        if forum is not None and forum.form == "individual_executive" and forum.post in self.posts:
            return Node.post(forum.post)
        return node

    def legal_body(self, node: Node) -> int | None:
        """The one legal body of a holder; None for joint committees and committees in common."""
        if node.kind == "body":
            return node.id
        if node.kind == "post":
            return self.posts[node.id].body
        forum = self.forums[node.id]
        return None if forum.form in JOINT else forum.host

    def external(self, edge: Edge) -> bool:
        """Whether a delegation leaves the legal body."""
        inside = self.legal_body(edge.source)
        return inside is None or inside != self.legal_body(edge.target)

    def moves(self, edge: Edge) -> bool:
        """Whether it moves the function itself: a transfer between two bodies."""
        return edge.model == TRANSFERRED and edge.source.kind == edge.target.kind == "body"

    def confers(self, edge: Edge) -> bool:
        """Whether it gives authority: neither a voice without a vote nor a contract."""
        return edge.model != SEAT and edge.basis != CONTRACT

    def covering(self, code: str) -> list[str]:
        """Codes of the function and of the wholes it is part of."""
        found: list[str] = []
        step: str | None = code
        while step is not None and step not in found and step in self.functions:
            found.append(step)
            step = self.functions[step].parent
        return found

    def owner_kind(self, code: str) -> str:
        """The kind of body that owns a function by law; a part without one has its whole's."""
        kinds = (self.functions[each].owner_kind for each in self.covering(code))
        return next((kind for kind in kinds if kind), "")

    # Names and systems --------------------------------------------------------------------------------------------

    def name(self, node: Node) -> str:
        """What a holder is called."""
        if node.kind == "body":
            return self.bodies[node.id].name
        return self.forums[node.id].name if node.kind == "forum" else self.posts[node.id].title

    def post_of(self, node: Node) -> Post | None:
        """The post that a holder is, or that decides for it alone."""
        pk = self.forums[node.id].post if node.kind == "forum" else node.id
        return self.posts.get(pk) if node.kind != "body" and pk is not None else None

    def function(self, code: str) -> str:
        """What a function is called in a sentence: the first letter small."""
        name = self.functions[code].name
        return name if name[1:2].isupper() else lower(name)

    def system_of(self, body: int) -> int | None:
        """The ICB in whose system a body is: itself, its lead ICB, or that of who came after it."""
        if body not in self._systems:
            self._systems[body] = None  # a circle of successors ends here
            self._systems[body] = self._find_system(body)
        return self._systems[body]

    def _find_system(self, body: int) -> int | None:
        row = self.bodies.get(body)
        if row is None:
            return None
        if row.kind == "icb" and holds(row, self.on):
            return body
        links = self.live(self._links.get(body, ()))
        if links:
            return min(links, key=lambda link: (not link.lead, link.icb)).icb
        after = (self.system_of(each) for each in sorted(self.facts.successors.get(body, ())))
        return next((icb for icb in after if icb is not None), body if row.kind == "icb" else None)

    @cached_property
    def _links(self) -> dict[int, list[Link]]:
        return grouped(self.facts.links, "body")

    # Forums -------------------------------------------------------------------------------------------------------

    @cached_property
    def live_forums(self) -> list[Forum]:
        """Forums of the day, lowest id first; of the system in focus, when one is."""
        rows = sorted(self.live(self.facts.forums), key=lambda row: row.id)
        return [row for row in rows if self.wanted(self.system_of(row.host))]

    @cached_property
    def members(self) -> dict[int, list[Member]]:
        """Members of the day by forum, lowest id first."""
        return grouped(sorted(self.live(self.facts.members), key=lambda row: row.id), "forum")

    @cached_property
    def employers(self) -> dict[int, set[int]]:
        """Bodies that employ a person on the day."""
        found: dict[int, set[int]] = defaultdict(set)
        for row in self.live(self.facts.employments):
            found[row.person].add(row.body)
        return found

    @cached_property
    def chief_executives(self) -> set[int]:
        """People who are chief executive of some body on the day, by their employment or post."""
        titles = [(row.person, row.title) for row in self.live(self.facts.employments)]
        titles += [(row.holder, row.title) for row in self.live(self.facts.posts) if row.holder is not None]
        return {person for person, title in titles if title.casefold().startswith("chief executive")}

    def councils_of(self, icb: int) -> list[Body]:
        """Councils of an ICB's system on the day, lowest id first."""
        ids = {row.body for row in self.live(self.facts.links) if row.icb == icb}
        councils = (self.bodies[pk] for pk in sorted(ids) if pk in self.bodies)
        return [row for row in self.live(councils) if row.kind == "local_authority"]

    def wanted(self, system: int | None) -> bool:
        """Whether findings of a system are asked for."""
        return self.facts.focus in (None, system)

    def of_arrangement(self, rows: Iterable[Party]) -> Iterator[Party]:
        """Parts of the day of bodies that take part, or are represented."""
        return (row for row in self.live(rows) if row.expectation != "not_expected")
