"""Scenarios that partners rehearse: situation, bodies, function, amount and questions, as files. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .guards import SUBSIDIARITY

FOLDER = Path(__file__).parent / "scenarios"
# What every decision is weighed by (our wording); the codes are those of a decision's effects.
TRIPLE_AIM = {
    "health": "What does it change for people's health and wellbeing?",
    "quality": "What does it change in the quality of services, for everyone who uses them?",
    "resources": "Can it be kept up with the money, people and buildings there are?",
    "inequalities": "Who gains least or loses, and what is done about it?",
}
LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Part:
    """A kind of body that takes part, and why."""

    kind: str
    why: str


@dataclass(frozen=True)
class Scenario:
    """A template: everything in it may be changed when it is rehearsed."""

    code: str
    order: int
    kind: str
    title: str
    summary: str
    situation: str
    function: str
    amount: Decimal | None
    level: str
    bodies: tuple[Part, ...]
    questions: dict[str, str]

    @property
    def groups(self) -> dict[str, dict[str, str]]:
        """All its prompts by code, in three groups."""
        return {
            "Questions of this scenario": self.questions,
            "What every decision is weighed by": TRIPLE_AIM,
            "Is this the right level?": SUBSIDIARITY,
        }

    @property
    def prompts(self) -> dict[str, str]:
        """All its prompts by code."""
        return {code: text for group in self.groups.values() for code, text in group.items()}


def parse(text: str) -> Scenario:
    """The scenario in a YAML text. Raises KeyError or TypeError where something is missing or too much."""
    data: dict[str, Any] = yaml.load(text, LOADER)  # noqa: S506  (a safe loader)
    amount = data["amount"]
    return Scenario(
        code=data["code"],
        order=data["order"],
        kind=data["kind"],
        title=data["title"],
        summary=data["summary"],
        situation=" ".join(data["situation"].split()),
        function=data["function"],
        amount=None if amount is None else Decimal(amount),
        level=data["level"],
        bodies=tuple(Part(**each) for each in data["bodies"]),
        questions=dict(_question(**each) for each in data["questions"]),
    )


def _question(code: str, text: str) -> tuple[str, str]:
    return code, text


@cache
def scenarios() -> dict[str, Scenario]:
    """All scenarios by code, in their order."""
    found = [parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
    return {each.code: each for each in sorted(found, key=lambda each: each.order)}
