"""How well a body's records go: shares from `bodies.yaml`, and decks that keep to them in every stretch of time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from .rows import read

MONTHS = 24
CHANGES = (0.3, 0.75)  # the parts of that time after which a body that changes begins and ceases to


@dataclass
class Deck:
    """Says how often something goes well, evenly spread: in any stretch the share is met to within one or two.

    Independent draws would now and then give a good body a bad year.
    """

    rng: Random
    owed: float = field(init=False)

    def __post_init__(self) -> None:
        self.owed = self.rng.uniform(0.2, 0.7)

    def hit(self, share: float) -> bool:
        """Whether it goes well this time."""
        self.owed += share
        if self.owed < self.rng.uniform(0.55, 1.0):
            return False
        self.owed -= 1
        return True


class Story:
    """One body's way of taking part: `share(key, day)` is the part of its records that go well on a day."""

    def __init__(self, code: str, name: str, seed: int, today: date) -> None:
        self.name, self.today = name, today
        self.rng = Random(f"{seed} {code} story")  # noqa: S311  (invention, not secrecy)
        self._rules: Mapping[str, Any] = read("bodies")["stories"][name]
        self._quality = self.rng.random()
        self._drawn: dict[str, float] = {}
        self._decks: dict[str, Deck] = {}

    def share(self, key: str, day: date) -> float:
        """The figure of `key` on a day; keys that a story does not name go well."""
        rule = self._rules.get(key, 1.0)
        if not isinstance(rule, list):
            return float(rule)
        first, last = rule
        if self._rules["draw_between"]:
            return first + (last - first) * self._place(key)
        passed, (begins, ends) = 1 - (self.today - day).days / (MONTHS * 30.44), CHANGES
        return first + (last - first) * min(max((passed - begins) / (ends - begins), 0.0), 1.0)

    def _place(self, key: str) -> float:
        """Where between the two figures this body stands: mostly its general quality, some of it chance."""
        if key not in self._drawn:
            own = 0.7 * self._quality + 0.3 * self.rng.random()
            self._drawn[key] = 1 - own if key == "days_late" else own
        return self._drawn[key]

    def hit(self, key: str, day: date) -> bool:
        """Whether a record of this body goes well on a day."""
        if key not in self._decks:
            self._decks[key] = Deck(self.rng)
        return self._decks[key].hit(self.share(key, day))

    def spoilt(self, key: str) -> None:
        """What went well was spoilt by somebody else, such as late papers: the deck makes up for it later."""
        self._decks[key].owed += 1

    def says(self, key: str) -> bool:
        """A plain yes or no of the story."""
        return bool(self._rules.get(key, True))
