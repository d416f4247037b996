"""Reasons against a place: that it lies in one live board, its councils, its name. Pure, on plain facts."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from ics_governance.wording import day as in_words
from ics_governance.workflow import Reason


class Area(NamedTuple):
    """A place as these rules see it: a name, its councils by id, and the days on which it and its board last."""

    name: str
    board: int
    board_name: str
    councils: frozenset[int]
    starts: date | None
    ends: date | None

    def meets(self, other: "Area") -> bool:
        """Whether the two share a day; an unknown first day counts as always before."""
        return _begun_by(self.starts, other.ends) and _begun_by(other.starts, self.ends)

    def is_called(self, name: str) -> bool:
        """Whether it bears this name, whatever the case."""
        return self.name.casefold() == name.casefold()


def _begun_by(starts: date | None, ends: date | None) -> bool:
    return starts is None or ends is None or starts <= ends


def in_one_board(
    wanted: Area, others: Iterable[Area], several: Collection[int], names: Mapping[int, str]
) -> list[Reason]:
    """A place lies in one live board: not under its name, nor with its council, in another one at the same time.

    `several` are councils that belong to the systems of several boards; with those the name and all the councils
    must be the same before it is the same place. Two places of one name whose councils differ are two places.
    """
    reasons: dict[tuple[str, str], Reason] = {}
    for other in others:
        if other.board == wanted.board or not wanted.meets(other):
            continue
        common = wanted.councils & other.councils
        for council in sorted(common.difference(several), key=lambda pk: names[pk]):
            text = (
                f"A place lies in one integrated care board at a time, and {names[council]} is in "
                f"{other.name} of {other.board_name} {_when(other)}. Let that one end first, or begin later"
            )
            reasons.setdefault((other.board_name, names[council]), Reason(text, "councils"))
        same_area = wanted.councils == other.councils if common else not (wanted.councils and other.councils)
        if other.is_called(wanted.name) and same_area and common <= set(several):
            text = (
                f"A place lies in one integrated care board at a time, and {other.name} is a place of "
                f"{other.board_name} {_when(other)}{_how_to_tell(wanted, common)}"
            )
            reasons.setdefault((other.board_name, ""), Reason(text, "name"))
    return list(reasons.values())


def _when(other: Area) -> str:
    return f"until {in_words(other.ends)}" if other.ends else "now"


def _how_to_tell(wanted: Area, common: Collection[int]) -> str:
    if common:
        return (
            " with the same councils. Where a council lies in several boards, its place in each has a name of its own"
        )
    return ". Let that one end first, or name the councils of both, so that the two can be told apart"


def has_a_name_of_its_own(wanted: Area, others: Iterable[Area]) -> list[Reason]:
    """No two places of a board bear one name at the same time."""
    for other in others:
        if other.board == wanted.board and other.is_called(wanted.name) and wanted.meets(other):
            text = f"{other.board_name} has a place called {other.name} already, {_since(other)}"
            return [Reason(text, "name")]
    return []


def _since(other: Area) -> str:
    return f"until {in_words(other.ends)}" if other.ends else "without a last day"


def councils_belong(outside: Iterable[str], board: str, day: date) -> list[Reason]:
    """The councils of a place belong to the system of its board. `outside`: those that do not on the day."""
    return [
        Reason(
            f"{name} does not belong to the system of {board} on {in_words(day)}. Choose another council, or ask an "
            "administrator to record the link",
            "councils",
        )
        for name in outside
    ]


def board_is_there(name: str, opened: date | None, closed: date | None, day: date) -> list[Reason]:
    """A place begins in a board that exists on that day."""
    if closed is not None and day > closed:
        text = f"{name} closed on {in_words(closed)}: record the place in the board that follows it"
        return [Reason(text, "starts")]
    if opened is not None and day < opened:
        return [Reason(f"{name} opened on {in_words(opened)}: the place cannot begin before", "starts")]
    return []


def carries_on(before: str, ended: date | None, day: date) -> list[Reason]:
    """What is carried on has ended before: no area is recorded twice."""
    if ended is None:
        return [Reason(f"{before} has not ended: give it a last day first", "follows")]
    if ended >= day:
        return [Reason(f"{before} ends on {in_words(ended)}: carry it on from a later day", "starts")]
    return []
