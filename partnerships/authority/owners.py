"""Whose function it is where it was asked: the bodies whose register would show a delegation of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .graph import Node
from .matter import Ground, Matter


def behind(matter: Matter, node: Node) -> list[int]:
    """The legal body a holder is part of; of a joint committee or committees in common those that take part."""
    body = matter.index.legal_body(node)
    return [body] if body is not None else [each.body for each in matter.index.forums[node.id].participants]


def owners_concerned(matter: Matter, node: Node, places: frozenset[int]) -> list[int]:
    """The bodies that own the function for the places asked of a holder, or that it was transferred to from those
    behind the holder. Without places: those in whose area it works. Empty: nobody in the graph is known to.

    Those behind the holder come first: others are asked only where these do not own it for all the places.
    """
    mine = behind(matter, node)
    grounds = {body: ground for body in mine if (ground := matter.ground(body)) is not None}
    moved = {arc.target.id for body in mine for arc in matter.passed_on(body)}
    if not places:
        return sorted({*grounds, *moved} or _near(matter, mine))
    here = {body for body, ground in grounds.items() if ground.shared(places)}
    if owned_by(matter, here, places):
        return sorted(here)
    there = {body for body, ground in _known(matter) if ground.shared(places)}
    return sorted((here | moved | there) or grounds)


def owned_by(matter: Matter, bodies: Iterable[int], places: frozenset[int]) -> bool:
    """Whether every place lies where one of the bodies owns the function."""
    grounds = (matter.ground(body) for body in bodies)
    return places <= frozenset[int]().union(*(ground.shared(places) for ground in grounds if ground is not None))


def _near(matter: Matter, bodies: list[int]) -> set[int]:
    """The owners in whose area these bodies work: recorded as such, or by a place that both have."""
    records = [matter.index.bodies[body] for body in bodies]
    within = frozenset[int]().union(*(record.within for record in records))
    area = frozenset[int]().union(*(matter.area(record) or () for record in records))
    return {body for body, ground in _known(matter) if body in within or ground.shared(area)}


def _known(matter: Matter) -> Iterator[tuple[int, Ground]]:
    """Owners with where they own it, where that is recorded by places."""
    for body in matter.owners():
        ground = matter.ground(body)
        if ground is not None and ground.only is not None:
            yield body, ground
