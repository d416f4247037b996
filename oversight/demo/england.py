"""What a demonstration is told of England, and what all its parts share: the day, the seed, the rows, the stories."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from random import Random
from typing import Any

from .rows import Rows, months_from, read
from .stories import MONTHS, Story


@dataclass(frozen=True)
class Body:
    """A body as the generator sees it; `code` is its ODS or GSS code."""

    code: str
    kind: str
    name: str
    subtype: str = ""
    opened: date | None = None


@dataclass(frozen=True)
class System:
    """An ICB that is open on the day, with its region and the trusts and councils of its area, by code."""

    icb: Body
    area: str
    region: str
    trusts: tuple[Body, ...]
    councils: tuple[Body, ...]


@dataclass(frozen=True)
class England:
    """The systems on a day, and every body by code."""

    bodies: Mapping[str, Body]
    systems: tuple[System, ...]


class Demo:
    """One demonstration in the making: everything in it follows from the seed, the day and England."""

    def __init__(self, england: England, seed: int, today: date) -> None:
        self.england, self.seed, self.today = england, seed, today
        self.start = months_from(today, -MONTHS)
        self.rows = Rows()
        self.keepers: dict[str, int] = {}  # body -> row of the user who keeps its records
        self.sections: list[Any] = []  # of `returns.Section`, and
        self.notes: list[Any] = []  # of `cases.Act`, and
        self.concerns: list[Any] = []  # of `cases.Concern`: what is carried out once the rows are there
        self.bodies: dict[str, Body] = dict(england.bodies)
        self._stories: dict[str, Story] = {}

    def rng(self, *about: object) -> Random:
        """Chance for one matter: what happens in one part does not move the others."""
        return Random(f"{self.seed} {about}")  # noqa: S311  (invention, not secrecy)

    def story(self, code: str) -> Story:
        """How well a body's records go."""
        if code not in self._stories:
            self._stories[code] = Story(code, self._told.get(code, "steady"), self.seed, self.today)
        return self._stories[code]

    @cached_property
    def _told(self) -> dict[str, str]:
        return {row["ods_code"]: row["story"] for row in read("bodies")["trusts"]}

    def since(self, *codes: str, months: float = -MONTHS - 4) -> date:
        """The day so many months from today, but not before all of the bodies had opened."""
        opened = [body.opened for code in codes if (body := self.bodies[code]).opened]
        return max([months_from(self.today, months), *opened])
