"""The route of a matter: who is consulted, who recommends, who decides, who approves, and who hears of it, in order.

`route` works on the graph and on two things that the graph does not hold: to whom forums report, and which forums are
heard about a place, for governors or for a health and wellbeing board.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .answer import Alternative, Status
from .graph import LEVELS, Form, Graph, Node
from .index import Index, get
from .lines import Ask, Lines
from .matter import OVER, Matter
from .resolver import downstream, further_approvals, holding, lowest_first
from .verdict import Verdict, judge

Reports = Mapping[Node, Collection[Node]]
"""To whom each forum reports; boards by their forum. Circles do no harm."""


class Kind(StrEnum):
    """What somebody does about the matter, in the order in which it is done."""

    CONSULT = "consult"
    RECOMMEND = "recommend"
    DECIDE = "decide"
    APPROVE = "approve"
    REPORT = "report"


class Because(StrEnum):
    """Why somebody is on the route; `route_words` says it in a sentence."""

    FUNCTION = "function"  # the function needs it, whoever decides
    ADVISES = "advises"  # a consultative forum of the places
    PLACE = "place"  # a forum of the places on the line below
    TOO_LOW = "too_low"  # holds the function, but not for this amount
    BEGINS = "begins"  # the matter begins there
    BETWEEN = "between"  # lies on the line between the others and whoever decides
    LOWEST = "lowest"  # the lowest that may decide
    JOINT = "joint"  # decides jointly
    LINE = "line"  # the reporting line
    DELEGATED = "delegated"  # passed the power on
    ACCOUNTABLE = "accountable"  # stays accountable


class Role(StrEnum):
    """For whom a forum speaks that is heard about a matter."""

    PLACE = "place"
    GOVERNORS = "governors"
    WELLBEING = "wellbeing"
    SCRUTINY = "scrutiny"


NAMED_BY = {
    Role.GOVERNORS: "governor",
    Role.WELLBEING: "health and wellbeing board",
    Role.SCRUTINY: "scrutiny",
}
"""The words by which a further approval of a function names such a forum."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A forum that is heard. `places`: for which (empty: for its whole system). `bodies`: of which (empty: of any)."""

    holder: Node
    role: Role
    places: frozenset[int] = frozenset()
    bodies: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStep:
    """One step. `holder` None: nobody in the register stands for `text`, what the function asks for besides.

    `status` and `limit`: what the resolver says of the holder in this matter. `about`: whom the reason is about.
    """

    kind: Kind
    because: Because
    holder: Node | None = None
    text: str = ""
    status: Status | None = None
    limit: Decimal | None = None
    about: Node | None = None


def owners_of(graph: Graph, *, function: str, places: Collection[int] = (), on: date) -> tuple[int, ...]:
    """The bodies that hold the function by law for all these places on the day; for any area without places.

    Raises `UnknownRecord` for an unknown function.
    """
    matter, asked = Matter(graph.index, function, on), frozenset(places)
    grounds = {body: matter.ground(body) for body in graph.index.bodies}
    return tuple(sorted(body for body, ground in grounds.items() if ground is not None and ground.covers(asked)))


def route(
    graph: Graph,
    *,
    function: str,
    amount: Decimal | int | None = None,
    places: Collection[int] = (),
    on: date,
    reports: Reports | None = None,
    consults: Iterable[Voice] = (),
    owners: Collection[int] = (),
    begins: Node | None = None,
) -> tuple[RouteStep, ...]:
    """The steps in their order. Empty when nobody may decide.

    `owners`: whose matter it is, all of them together; without them that of anyone who owns the function for the
    places. `places` empty: the owners' whole area. `begins`: where somebody means to bring it first. Raises
    `UnknownRecord` and ValueError as `resolve` does.
    """
    if amount is not None and amount < 0:
        raise ValueError("An amount cannot be below nothing.")
    for place in places:
        get(graph.index.places, place, "place")
    whose = tuple(owners) or owners_of(graph, function=function, places=places, on=on)
    matter = Matter(graph.index, function, on)
    where = frozenset(places) or _whole_area(matter, whose)
    lines = Lines(matter, Ask(None if amount is None else Decimal(amount), where))
    voices = tuple(consults)
    together = frozenset(owners)
    return _Way(lines, whose, together, frozenset(places), reports or {}, voices, begins).steps()


def _whole_area(matter: Matter, owners: Iterable[int]) -> frozenset[int]:
    grounds = (matter.ground(owner) for owner in owners)
    return frozenset[int]().union(
        *(each.only - each.without for each in grounds if each is not None and each.only is not None)
    )


class _Way:
    """One matter on its way."""

    def __init__(
        self,
        lines: Lines,
        owners: tuple[int, ...],
        together: frozenset[int],
        named: frozenset[int],
        reports: Reports,
        voices: tuple[Voice, ...],
        begins: Node | None,
    ) -> None:
        self.lines, self.owners, self.named, self.voices = lines, owners, named, voices
        self.together = together
        self.index: Index = lines.index
        self.reports = {self.shown(node): [self.shown(each) for each in up] for node, up in reports.items()}
        self.begins = None if begins is None else self.shown(begins)
        self.holders = sorted(self._holders(), key=lambda pair: lowest_first(pair[0]))

    def shown(self, node: Node) -> Node:
        """A holder as it is named: a body by its board."""
        return self.index.shown(self.index.home(node))

    def _holders(self) -> Iterator[tuple[Alternative, Verdict]]:
        """Who holds the function of these owners for all the places, also those whose limit is too low."""
        search = self.lines.asking_for(Ask(self.lines.ask.amount, self.lines.ask.places, OVER))
        meeting_together = {Node.forum(each.id) for each in self.index.forums.values() if each.committees}
        for node in downstream(self.lines, self.owners) | meeting_together:
            found = holding(search, node)
            if found is None or not set(found[1].bodies) & set(self.owners) or not self.together <= {*found[1].bodies}:
                continue
            everywhere = bool(self.lines.ask.places) or all(arc.places is None for arc in found[1].arcs)
            if everywhere:
                yield found

    def steps(self) -> tuple[RouteStep, ...]:
        """All steps in their order; each holder once for each kind."""
        decider = next((pair for pair in self.holders if pair[0].status is Status.WITHIN_AUTHORITY), None)
        if decider is None:
            return ()
        deciding, verdict = decider
        approvals = further_approvals(self.lines, verdict.bodies)
        found = [
            *self._asked(Kind.CONSULT, (text for text in approvals if is_consultation(text)), verdict),
            *self._recommending(deciding.holder),
            RouteStep(
                kind=Kind.DECIDE,
                because=Because.LOWEST,
                holder=deciding.holder,
                status=deciding.status,
                limit=deciding.limit,
            ),
            *self._agreeing(verdict, deciding.holder),
            *self._asked(Kind.APPROVE, (text for text in approvals if not is_consultation(text)), verdict),
            *self._hearing(deciding.holder, verdict),
        ]
        return tuple({(step.kind, step.holder, step.text): step for step in reversed(found)}.values())[::-1]

    def _asked(self, kind: Kind, texts: Iterable[str], verdict: Verdict) -> Iterator[RouteStep]:
        """What the function needs besides, by whoever stands for it in the register."""
        for text in texts:
            standing = {voice.holder for voice in self.voices if self._stands_for(voice, text, verdict)}
            for holder in sorted(standing):
                yield RouteStep(kind=kind, because=Because.FUNCTION, holder=holder, text=text)
            if not standing:
                yield RouteStep(kind=kind, because=Because.FUNCTION, text=text)

    def _stands_for(self, voice: Voice, text: str, verdict: Verdict) -> bool:
        word = NAMED_BY.get(voice.role)
        if word is None or word not in text.lower():
            return False
        of_body = not voice.bodies or bool(voice.bodies & set(verdict.bodies))
        return of_body and (not voice.places or not self.named or bool(voice.places & self.named))

    # Who recommends

    def _recommending(self, decider: Node) -> list[RouteStep]:
        """Consultative forums of the places, and those on the line below who hold the function; where none of them
        does, those on the line below who meet for the places."""
        below = self._below(decider)
        found: dict[Node, RouteStep] = {}
        if self.begins is not None and self.begins != decider and decider not in self._below(self.begins):
            found[self.begins] = self._recommends(self.begins, Because.BEGINS)
        for each, _ in self.holders:
            if each.status is not Status.WITHIN_AUTHORITY and each.holder in below:
                found.setdefault(each.holder, self._recommends(each.holder, Because.TOO_LOW))
        held_below = any(step.because is Because.TOO_LOW for step in found.values())
        for voice in self.voices:
            advises = self.index.form(voice.holder) == Form.CONSULTATIVE
            if voice.role is Role.PLACE and voice.holder != decider and self._is_near(voice):
                if advises and self.index.life(voice.holder).covers(self.lines.matter.on):
                    found.setdefault(voice.holder, self._recommends(voice.holder, Because.ADVISES))
                elif not advises and not held_below and voice.holder in below and voice.places:
                    found.setdefault(voice.holder, self._recommends(voice.holder, Because.PLACE))
        for node in list(found):
            for passed in self._between(node, below):
                found.setdefault(passed, self._recommends(passed, Because.BETWEEN))
        return sorted(found.values(), key=lambda step: self._lowest(step, below))

    def _recommends(self, node: Node, because: Because) -> RouteStep:
        verdict = judge(self.lines, self.index.home(node))
        return RouteStep(kind=Kind.RECOMMEND, because=because, holder=node, status=verdict.status, limit=verdict.limit)

    def _is_near(self, voice: Voice) -> bool:
        if voice.bodies and not voice.bodies & set(self.owners):
            return False
        return bool(voice.places & self.named) if self.named else not voice.places

    def _lowest(self, step: RouteStep, below: Mapping[Node, int]) -> tuple[bool, int, int, Node]:
        """The order of those who recommend: where the matter begins, then the lowest level, then furthest below."""
        assert step.holder is not None
        level = self.index.level(step.holder)
        rank = LEVELS.index(level) if level in LEVELS else len(LEVELS)
        return (step.because is not Because.BEGINS, rank, -below.get(step.holder, len(below) + 1), step.holder)

    def _below(self, top: Node) -> dict[Node, int]:
        """Who reports to somebody, straight or through others, with the number of steps."""
        reporting: dict[Node, list[Node]] = {}
        for node, up in self.reports.items():
            for each in up:
                reporting.setdefault(each, []).append(node)
        return _reached(reporting, top)

    def _between(self, node: Node, below: Mapping[Node, int]) -> Iterator[Node]:
        """The forums that lie on a shortest reporting line from here to whoever decides."""
        while node in below and below[node] > 1:
            node = min(each for each in self.reports[node] if below.get(each) == below[node] - 1)
            yield node

    # Who approves, and who hears of it

    def _agreeing(self, verdict: Verdict, decider: Node) -> Iterator[RouteStep]:
        jointly = {self.index.legal_body(arc.source) for arc in verdict.arcs if arc.edge.model == "joint_decision"}
        for body in sorted(each for each in jointly if each is not None):
            yield RouteStep(kind=Kind.APPROVE, because=Because.JOINT, holder=Node.body(body), about=decider)

    def _hearing(self, decider: Node, verdict: Verdict) -> Iterator[RouteStep]:
        """The reporting line upward; of a post whoever gave it the power; last, the boards that stay accountable."""
        heard, first = {decider}, decider
        if decider.kind != "forum" and verdict.main is not None and verdict.main.arcs:
            first = self.shown(verdict.main.arcs[-1].source)
            heard.add(first)
            yield RouteStep(kind=Kind.REPORT, because=Because.DELEGATED, holder=first, about=decider)
        above = _reached(self.reports, first)
        for node in sorted(set(above) - heard, key=lambda each: (above[each], each)):
            heard.add(node)
            reporters = [each for each in (first, *above) if node in self.reports.get(each, ())]
            nearest = min(reporters, key=lambda each: (above.get(each, 0), each))
            yield RouteStep(kind=Kind.REPORT, because=Because.LINE, holder=node, about=nearest)
        for body in verdict.bodies:
            board = self.shown(Node.body(body))
            if board not in heard:
                heard.add(board)
                yield RouteStep(kind=Kind.REPORT, because=Because.ACCOUNTABLE, holder=board, about=Node.body(body))


def is_consultation(text: str) -> bool:
    """Whether a further approval is a duty to consult, which comes before the decision."""
    return text.lower().startswith("consult")


def _reached(ways: Mapping[Node, Collection[Node]], start: Node) -> dict[Node, int]:
    """Every node that can be reached, with the fewest steps to it; the start itself is left out."""
    steps, edge = {start: 0}, {start}
    while edge:
        far = max(steps.values()) + 1
        edge = {each for node in edge for each in ways.get(node, ())} - set(steps)
        steps |= dict.fromkeys(sorted(edge), far)
    del steps[start]
    return steps
