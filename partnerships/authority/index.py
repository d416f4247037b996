"""Look-ups over a graph: by record, by function and holder. Built once, so that a question reads only what it needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import TypeVar

from .graph import (
    CONTRACT,
    RECOMMENDING,
    Body,
    Edge,
    Form,
    Forum,
    Function,
    Fund,
    Graph,
    Model,
    Node,
    Place,
    Post,
    Span,
    State,
    UnknownRecord,
)

K = TypeVar("K")
T = TypeVar("T")
Key = tuple[str, Node]
"""A function and a holder."""

DECIDES_ALONE_FOR_NOBODY = RECOMMENDING | {Form.COMMITTEES_IN_COMMON}
"""Forms that hold no authority of their own, so that they can pass none on."""


class Index:
    """A graph by record and by holder. A board and its body are one holder, and so are the forum of one person and
    that person's post: `home` gives the body, and the post."""

    def __init__(self, graph: Graph) -> None:
        self.bodies: dict[int, Body] = {body.id: body for body in graph.bodies}
        self.forums: dict[int, Forum] = {forum.id: forum for forum in graph.forums}
        self.posts: dict[int, Post] = {post.id: post for post in graph.posts}
        self.places: dict[int, Place] = {place.id: place for place in graph.places}
        self.functions: dict[str, Function] = {function.code: function for function in graph.functions}
        self.funds: dict[int, Fund] = {fund.id: fund for fund in graph.funds}
        self._known: dict[str, Collection[int]] = {"body": self.bodies, "forum": self.forums, "post": self.posts}
        self.complete_from: dict[tuple[int, str], date] = {
            (row.body, row.family): row.complete_from for row in graph.completeness
        }
        self.boards: dict[int, Node] = {}
        for forum in reversed(graph.forums):
            if forum.form == Form.BOARD and forum.body is not None:
                self.boards[forum.body] = Node.forum(forum.id)
        self._home: dict[Node, Node] = {
            Node.forum(forum.id): Node.body(forum.body)
            for forum in graph.forums
            if forum.form == Form.BOARD and forum.body is not None
        }
        self._home |= {
            Node.forum(forum.id): Node.post(forum.post)
            for forum in graph.forums
            if forum.form == Form.INDIVIDUAL and forum.post in self.posts
        }
        self._parts: dict[str, list[str]] = defaultdict(list)
        for function in graph.functions:
            if function.parent is not None:
                self._parts[function.parent].append(function.code)
        self._sort_edges(graph.edges)

    def _sort_edges(self, edges: tuple[Edge, ...]) -> None:
        self.into: dict[Key, list[Edge]] = defaultdict(list)
        self.out_of: dict[Key, list[Edge]] = defaultdict(list)
        self.contracts: dict[Key, list[Edge]] = defaultdict(list)
        self.transfers: dict[str, list[Edge]] = defaultdict(list)
        home = self._home
        for edge in edges:
            source, target = home.get(edge.source, edge.source), home.get(edge.target, edge.target)
            if edge.state is State.DRAFT or edge.model is Model.SEAT or source == target:
                continue
            if edge.basis == CONTRACT:
                self.contracts[edge.function, target].append(edge)
            elif edge.model is Model.TRANSFERRED and source.kind == target.kind == "body":
                self.transfers[edge.function].append(edge)
            else:
                self.into[edge.function, target].append(edge)
                self.out_of[edge.function, source].append(edge)

    def home(self, node: Node) -> Node:
        """The holder a node stands for: the body of a board, the post of one person's forum, else itself.

        Raises UnknownRecord.
        """
        if node.id not in self._known[node.kind]:
            raise UnknownRecord(f"There is no {node.kind} {node.id} in this register.")
        return self._home.get(node, node)

    def shown(self, node: Node) -> Node:
        """The node by which a holder is named: a body's board, where the register has it."""
        return self.boards.get(node.id, node) if node.kind == "body" else node

    def form(self, node: Node) -> str:
        """The form of a forum; empty for bodies and posts."""
        return self.forums[node.id].form if node.kind == "forum" else ""

    def is_joint(self, node: Node) -> bool:
        """Whether the holder is a joint committee."""
        return node.kind == "forum" and self.forums[node.id].form == Form.JOINT_COMMITTEE

    def legal_body(self, node: Node) -> int | None:
        """The one legal body a holder is part of; None for joint committees and committees in common."""
        if node.kind == "body":
            return node.id
        if node.kind == "post":
            return self.posts[node.id].body
        forum = self.forums[node.id]
        joint = forum.form in (Form.JOINT_COMMITTEE, Form.COMMITTEES_IN_COMMON)
        return None if joint else forum.body

    def level(self, node: Node) -> str:
        """The spatial level at which a holder decides."""
        node = self.shown(node)
        if node.kind == "body":
            return self.bodies[node.id].level
        return self.posts[node.id].level if node.kind == "post" else self.forums[node.id].level

    def life(self, node: Node) -> Span:
        """From when to when a holder exists: a forum or post no longer than its body."""
        own = Span()
        if node.kind != "body":
            own = self.forums[node.id].days if node.kind == "forum" else self.posts[node.id].days
        body = self.legal_body(node)
        return own if body is None else overlap(own, get(self.bodies, body, "body").days)

    def covering(self, code: str) -> tuple[Function, ...]:
        """The function and the wholes it is part of, the function first. Raises UnknownRecord."""
        found: dict[str, Function] = {}
        step: str | None = code
        while step is not None and step not in found:
            found[step] = get(self.functions, step, "function")
            step = found[step].parent
        return tuple(found.values())

    def parts_of(self, code: str) -> tuple[str, ...]:
        """Codes of all parts of a function, and of their parts, sorted."""
        found: set[str] = set()
        waiting = list(self._parts.get(code, ()))
        while waiting:
            part = waiting.pop()
            if part not in found:
                found.add(part)
                waiting.extend(self._parts.get(part, ()))
        return tuple(sorted(found - {code}))


def get(records: Mapping[K, T], key: K, kind: str) -> T:
    """A record by its key. Raises UnknownRecord."""
    try:
        return records[key]
    except KeyError:
        raise UnknownRecord(f"There is no {kind} {key} in this register.") from None


def overlap(one: Span, other: Span) -> Span:
    """The days that two spans share; an empty one starts after it ends."""
    starts = [day for day in (one.starts, other.starts) if day is not None]
    ends = [day for day in (one.ends, other.ends) if day is not None]
    return Span(max(starts, default=None), min(ends, default=None))
