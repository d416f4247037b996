"""Who decides what in one system on a day: every function with everyone who holds something of it.

Pure: a delegation graph in, rows and cells out. Each cell is what the resolver answers for that function and holder
("up to what?", without an amount). Limits are as they were set: what agreed decisions have used of a yearly limit is
left out, because the map is public and decisions are not until they are released.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from .authority import LEVELS, Edge, Form, Function, Graph, Model, Node, Part, State, Status, Step
from .authority.index import Index, overlap
from .authority.lines import Ask, Lines
from .authority.matter import WITHIN, Matter, standing
from .authority.verdict import Verdict, judge, step

SOON = timedelta(days=60)
"""What ends within these days is marked."""

Names = Mapping[Node, str]


class Hold(StrEnum):
    """How a holder stands to a function on the day."""

    DELEGATED = "delegated"
    JOINT = "joint"
    TRANSFERRED = "transferred"
    IN_PARTS = "in_parts"
    CONTRACT = "contract"
    VOICE = "voice"
    RECOMMENDS = "recommends"
    LATER = "later"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    BROKEN = "broken"


MAY_DECIDE = frozenset({Hold.DELEGATED, Hold.JOINT, Hold.TRANSFERRED, Hold.IN_PARTS})
"""Holds under which a decision may be taken on the day."""
NOT_NOW = frozenset({Hold.LATER, Hold.SUSPENDED, Hold.EXPIRED, Hold.BROKEN})
"""Recorded, and without authority on the day."""


class Group(StrEnum):
    """Columns stand in groups, in this order."""

    BODIES = "bodies"
    COMMITTEES = "committees"
    JOINT = "joint"
    PLACES = "places"
    POSTS = "posts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one holder has of one function. `places` empty: the whole area. `limit` None: none was set.

    `chain` is what it rests on, from the owner on (for what is not in force: the chain as far as it goes). `together`:
    bodies whose voting member must be present and agree. `missing`: bodies of a joint committee that have not
    delegated. `ends` is the last day of the first step that ends; `soon`: within `SOON` of the day.
    """

    function: str
    holder: Node
    hold: Hold
    status: Status
    limit: Decimal | None = None
    annual: bool = False
    places: frozenset[int] = frozenset()
    starts: date | None = None
    ends: date | None = None
    soon: bool = False
    accountable: tuple[int, ...] = ()
    together: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    chain: tuple[Step, ...] = ()

    @property
    def may_decide(self) -> bool:
        """Whether a decision may be taken on it that day."""
        return self.hold in MAY_DECIDE

    @property
    def urgent(self) -> bool:
        """Whether it is a power for urgent cases only."""
        return any(each.urgent for each in self.chain)

    @property
    def last(self) -> Step | None:
        """The delegation to the holder itself."""
        return self.chain[-1] if self.chain else None


@dataclass(frozen=True, slots=True)
class Row:
    """One function: who owns it by law (bodies of the system), and the cells by holder. `depth` counts its wholes."""

    function: Function
    name: str
    depth: int
    owners: tuple[int, ...]
    reserved: bool
    cells: Mapping[Node, Cell]


@dataclass(frozen=True, slots=True)
class Family:
    """The functions of a family that have a row; `undeclared` are bodies that did not declare it complete."""

    code: str
    rows: tuple[Row, ...]
    undeclared: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A holder with its name and the group in which it stands."""

    holder: Node
    name: str
    group: Group


@dataclass(frozen=True, slots=True)
class SystemMap:
    """The whole table."""

    on: date
    families: tuple[Family, ...]
    columns: tuple[Column, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, family by family."""
        return tuple(row for family in self.families for row in family.rows)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, row by row in the order of the columns."""
        return tuple(row.cells[c.holder] for row in self.rows for c in self.columns if c.holder in row.cells)

    @property
    def totals(self) -> Counter[Hold]:
        """How many cells there are of each kind."""
        return Counter(cell.hold for cell in self.cells)

    def narrowed(self, *, family: str | None = None, group: str | None = None, holder: Node | None = None) -> SystemMap:
        """Only a family, a group of columns or one holder. Asked for a holder, functions without it are left out."""
        columns = [c for c in self.columns if group in (None, c.group) and holder in (None, c.holder)]
        kept = {column.holder for column in columns}
        families = []
        for each in self.families:
            rows = [_only(row, kept) for row in each.rows]
            if holder is not None:
                rows = [row for row in rows if row.cells]
            if rows and family in (None, each.code):
                families.append(replace(each, rows=tuple(rows)))
        used = {node for each in families for row in each.rows for node in row.cells}
        shown = tuple(column for column in columns if column.holder in used)
        return SystemMap(self.on, tuple(families), shown)

    def passed_on(self) -> SystemMap:
        """Only functions of which somebody besides the boards holds something, each below its whole."""
        families = [replace(each, rows=_with_cells(each.rows)) for each in self.families]
        return replace(self, families=tuple(each for each in families if each.rows))


def _with_cells(rows: Iterable[Row]) -> tuple[Row, ...]:
    kept: list[Row] = []
    below = 0  # of the last one kept, from the end on: what is less deep is its whole
    for row in reversed(list(rows)):
        if row.cells or row.depth < below:
            kept.append(row)
            below = row.depth
    return tuple(reversed(kept))


def _only(row: Row, kept: Collection[Node]) -> Row:
    return replace(row, cells={node: cell for node, cell in row.cells.items() if node in kept})


def system_map(
    graph: Graph,
    *,
    on: date,
    head: int,
    bodies: Collection[int],
    forums: Collection[int],
    names: Names,
    titles: Mapping[str, str],
    places: Collection[int] = (),
) -> SystemMap:
    """The map of the system of the body `head` (an ICB) with its other `bodies` and its `forums`.

    Rows: what the head owns, and functions of the others as far as something of the system holds them. `places`:
    only what covers all of them. Raises `UnknownRecord` when a delegation points nowhere.
    """
    search = _Search(
        without_spending(graph), on, head, frozenset(bodies) | {head}, frozenset(forums), frozenset(places)
    )
    families: dict[str, list[Row]] = {}
    for function in _in_order(graph.functions, titles):
        row = search.row(function, titles)
        if row is not None:
            families.setdefault(function.family, []).append(row)
    found = [
        Family(code, tuple(rows), search.undeclared(code, {body for row in rows for body in row.owners}))
        for code, rows in sorted(families.items(), key=lambda item: (not _owned(item[1], head), item[0]))
    ]
    holders = {node for each in found for row in each.rows for node in row.cells}
    return SystemMap(on, tuple(found), search.columns(holders, names))


def without_spending(graph: Graph) -> Graph:
    """The graph with its limits as they were set."""
    if not any(each.committed for each in (*graph.edges, *graph.funds)):
        return graph
    edges = tuple(replace(edge, committed=()) for edge in graph.edges)
    return replace(graph, edges=edges, funds=tuple(replace(fund, committed=()) for fund in graph.funds))


def _owned(rows: Iterable[Row], head: int) -> bool:
    return any(head in row.owners for row in rows)


def _in_order(functions: Iterable[Function], titles: Mapping[str, str]) -> Iterator[Function]:
    """By name; the parts of a function right below it. What is its own whole in a circle comes as a whole."""
    rows = {each.code: each for each in functions}
    below: dict[str | None, list[Function]] = {}
    for each in sorted(rows.values(), key=lambda row: (titles.get(row.code, row.code), row.code)):
        below.setdefault(each.parent if each.parent in rows else None, []).append(each)
    seen: set[str] = set()

    def walk(parent: str | None) -> Iterator[Function]:
        for each in below.get(parent, ()):
            if each.code not in seen:
                seen.add(each.code)
                yield each
                yield from walk(each.code)

    yield from walk(None)
    for each in rows.values():
        if each.code not in seen:
            seen.add(each.code)
            yield each
            yield from walk(each.code)


class _Search:
    """One walk over the functions of a graph; what is known of it is shared."""

    def __init__(
        self, graph: Graph, on: date, head: int, bodies: frozenset[int], forums: frozenset[int], places: frozenset[int]
    ) -> None:
        self.index: Index = graph.index
        self.on = on
        self.head = head
        self.bodies = [body for body in sorted(bodies) if body in self.index.bodies]
        self.forums = forums
        meeting = (Node.forum(forum) for forum in sorted(forums & self.index.forums.keys()))
        self.common = [node for node in meeting if self.index.form(node) == Form.COMMITTEES_IN_COMMON]
        self.places = places
        self.edges = {edge.id: edge for edge in graph.edges}
        self.into: dict[str, list[tuple[Edge, Node]]] = {}
        for edge in graph.edges:
            holder = self.index.home(edge.target)
            if edge.state is not State.DRAFT and self.holds_here(edge, holder):
                self.into.setdefault(edge.function, []).append((edge, holder))

    def holds_here(self, edge: Edge, holder: Node) -> bool:
        """Whether what the edge gives belongs on this map: to a forum of the system, to its head or the head's posts,
        or from one of these to anyone."""
        if holder.kind == "forum":
            return holder.id in self.forums
        source = self.index.home(edge.source)
        if source == holder:
            return False
        ours = self.index.legal_body(source) == self.head or (source.kind == "forum" and source.id in self.forums)
        return ours or self.index.legal_body(holder) == self.head

    def row(self, function: Function, titles: Mapping[str, str]) -> Row | None:
        """The row of a function; None where the system has nothing to do with it."""
        matter = Matter(self.index, function.code, self.on)
        lines = Lines(matter, Ask(None, self.places))
        cells = {}
        for holder in self._holders(matter):
            cell = self.cell(lines, holder)
            if cell is not None:
                cells[cell.holder] = cell
        owners = tuple(
            body for body in self.bodies if self.index.bodies[body].kind in matter.owner_kinds and _owns(matter, body)
        )
        if not cells and self.head not in owners:
            return None
        reserved = any(not each.delegable for each in matter.functions)
        return Row(
            function, titles.get(function.code, function.code), len(matter.functions) - 1, owners, reserved, cells
        )

    def _holders(self, matter: Matter) -> list[Node]:
        found = {holder for each in matter.functions for _, holder in self.into.get(each.code, ())}
        return sorted(found.union(node for node in self.common if self._in_common(matter, node)))

    def _in_common(self, matter: Matter, node: Node) -> bool:
        """Whether the function was delegated to one of the committees that meet in common in a forum."""
        if self.index.form(node) != Form.COMMITTEES_IN_COMMON:
            return False
        committees = self.index.forums[node.id].committees
        return any(matter.into(self.index.home(Node.forum(each))) for each in committees)

    def cell(self, lines: Lines, holder: Node) -> Cell | None:
        """What a holder has of the function; None: nothing worth a cell (ended, elsewhere, by law, reserved)."""
        verdict = judge(lines, holder)
        hold = self._hold(lines, holder, verdict)
        if hold is None:
            return None
        if hold is Hold.CONTRACT:
            return self._contract(lines, holder)
        if hold in (Hold.VOICE, Hold.RECOMMENDS):
            return self._without_authority(lines.matter, holder, hold)
        arcs = verdict.nearest if verdict.main is None else verdict.main.arcs
        chain = tuple(step(arc) for arc in arcs)
        ends = min((arc.ends for arc in verdict.arcs if arc.ends is not None), default=None)
        if hold is Hold.EXPIRED and verdict.broken is not None and verdict.broken.edge is not None:
            ends = next((each.ends for each in chain if each.edge == verdict.broken.edge), ends)
        sources = {self.index.legal_body(arc.source) for arc in verdict.arcs if arc.edge.model is Model.JOINT}
        return Cell(
            function=lines.matter.function.code,
            holder=self.index.shown(holder),
            hold=hold,
            status=verdict.status,
            limit=verdict.limit,
            annual=any(each.annual and each.left == verdict.limit for each in chain),
            places=self._places(verdict),
            starts=chain[-1].starts if chain else None,
            ends=ends,
            soon=hold in MAY_DECIDE and self._soon(ends),
            accountable=verdict.bodies,
            together=tuple(sorted(body for body in sources if body is not None)),
            missing=verdict.missing,
            parts=verdict.parts if hold is Hold.IN_PARTS else (),
            chain=chain,
        )

    def _hold(self, lines: Lines, holder: Node, verdict: Verdict) -> Hold | None:
        match verdict.status:
            case Status.WITHIN_AUTHORITY | Status.PARTIAL | Status.EXCEEDS_LIMIT:
                return self._authority(holder, verdict)
            case Status.RECOMMEND_ONLY:
                return Hold.RECOMMENDS if lines.matter.into(holder) else self._voice(lines, holder)
            case Status.OUTSIDE_AREA if self.places:
                return None
        if self._may_spend(lines.matter, holder):
            return Hold.CONTRACT
        match verdict.status:
            case Status.RESERVED:
                return Hold.BROKEN if self._given_itself(lines.matter, holder) else None
            case Status.NOT_YET_IN_FORCE:
                return Hold.LATER
            case Status.SUSPENDED:
                return Hold.SUSPENDED
            case Status.EXPIRED:
                return None if self._was_ended(verdict) else Hold.EXPIRED
        if lines.matter.into(holder) or self._in_common(lines.matter, holder):
            return Hold.BROKEN
        return self._voice(lines, holder)

    def _authority(self, holder: Node, verdict: Verdict) -> Hold | None:
        if self.index.form(holder) == Form.COMMITTEES_IN_COMMON:
            return Hold.IN_PARTS
        if not verdict.arcs:
            return None  # by law
        if any(arc.edge.model is Model.JOINT for arc in verdict.arcs):
            return Hold.JOINT
        last = verdict.main.arcs[-1] if verdict.main and verdict.main.arcs else verdict.arcs[-1]
        return Hold.TRANSFERRED if last.edge.model is Model.TRANSFERRED else Hold.DELEGATED

    def _voice(self, lines: Lines, holder: Node) -> Hold | None:
        return Hold.VOICE if any(self._seats(lines.matter, holder)) else None

    def _seats(self, matter: Matter, holder: Node) -> Iterator[Edge]:
        """Voices without authority that stand on the day."""
        for each in matter.functions:
            for edge, to in self.into.get(each.code, ()):
                days = overlap(edge.days, overlap(self.index.life(self.index.home(edge.source)), self.index.life(to)))
                if to == holder and edge.model is Model.SEAT and standing(edge, days, self.on) == WITHIN:
                    yield edge

    def _may_spend(self, matter: Matter, holder: Node) -> bool:
        """Whether a lead provider's contract stands; one for the whole says nothing of a part that is reserved."""
        if any(not each.delegable for each in matter.functions) and not self._given_itself(matter, holder):
            return False
        return any(arc.rank == WITHIN for arc in matter.contracts(holder))

    def _given_itself(self, matter: Matter, holder: Node) -> bool:
        """Whether the reserved function was delegated as such, and not only a whole that it is kept out of."""
        return any(to == holder for _, to in self.into.get(matter.function.code, ()))

    def _was_ended(self, verdict: Verdict) -> bool:
        edge = None if verdict.broken is None or verdict.broken.edge is None else self.edges[verdict.broken.edge]
        return edge is None or edge.state is State.ENDED

    def _contract(self, lines: Lines, holder: Node) -> Cell:
        arc = next(arc for arc in lines.matter.contracts(holder) if arc.rank == WITHIN)
        found = step(arc)
        return Cell(
            function=lines.matter.function.code, holder=self.index.shown(holder), hold=Hold.CONTRACT,
            status=Status.NOT_DELEGATED, limit=found.limit, annual=found.annual, places=arc.edge.places,
            starts=found.starts, ends=found.ends, soon=self._soon(found.ends), chain=(found,),
        )  # fmt: skip

    def _without_authority(self, matter: Matter, holder: Node, hold: Hold) -> Cell:
        edges = list(self._seats(matter, holder)) or [arc.edge for arc in matter.into(holder)]
        edge = min(edges, key=lambda edge: edge.id)
        return Cell(
            function=matter.function.code, holder=self.index.shown(holder), hold=hold, status=Status.RECOMMEND_ONLY,
            places=edge.places, starts=edge.days.starts, ends=edge.days.ends,
            soon=self._soon(edge.days.ends),
        )  # fmt: skip

    def _places(self, verdict: Verdict) -> frozenset[int]:
        """The places that the chain names; of a joint committee, all that the bodies name between them."""
        if verdict.parts:
            return frozenset[int]().union(*(self._of_chain(part.chain) for part in verdict.parts))
        return self._of_chain(() if verdict.main is None else tuple(step(arc) for arc in verdict.main.arcs))

    def _of_chain(self, chain: Iterable[Step]) -> frozenset[int]:
        named = [self.edges[each.edge].places for each in chain if self.edges[each.edge].places]
        return frozenset.intersection(*named) if named else frozenset()

    def _soon(self, ends: date | None) -> bool:
        return ends is not None and self.on <= ends <= self.on + SOON

    def undeclared(self, family: str, owners: Collection[int]) -> tuple[int, ...]:
        """Owners in the system that have not declared their delegations of the family complete on the day."""
        since = self.index.complete_from
        return tuple(
            body for body in sorted(owners) if not ((day := since.get((body, family))) is not None and day <= self.on)
        )

    def columns(self, holders: Iterable[Node], names: Names) -> tuple[Column, ...]:
        """The holders with their names, group by group; the head's own board first."""
        found = [Column(node, names.get(node, str(node)), self.group(node)) for node in holders]
        return tuple(sorted(found, key=self._order))

    def group(self, node: Node) -> Group:
        """Where the column of a holder stands."""
        home = self.index.home(node)
        if home.kind == "post":
            return Group.POSTS
        if home.kind == "body":
            return Group.BODIES
        forum = self.index.forums[home.id]
        if forum.level in LEVELS[: LEVELS.index("multi_place")]:
            return Group.PLACES
        inside = forum.form in (Form.BOARD_COMMITTEE, Form.COMMITTEE) and forum.body == self.head
        return Group.COMMITTEES if inside else Group.JOINT

    def _order(self, column: Column) -> tuple[int, bool, str, Node]:
        groups = list(Group)
        own = self.index.home(column.holder) == Node.body(self.head)
        return groups.index(column.group), not own, column.name, column.holder


def _owns(matter: Matter, body: int) -> bool:
    """Whether the body owns the function by law on the day, somewhere."""
    return any(title.arc is None and title.rank == WITHIN and not title.ground.empty for title in matter.titles(body))
