"""Which trusts hand in a self-assessment, and of which partners are asked: all of the dense system, most others."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from random import Random

from collaboration.framework import Framework
from collaboration.framework_file import FOLDER
from collaboration.framework_file import load as load_framework

from .england import Demo
from .plans import SystemPlan
from .rows import read

FRAMEWORK = "collaboration-2022"
SHARE = 0.6  # of the trusts outside the dense system
MOST = 3  # the highest rating


@dataclass(frozen=True)
class Asked:
    """A trust with the plan of its system."""

    code: str
    plan: SystemPlan


def asked_trusts(demo: Demo, plans: list[SystemPlan]) -> Iterator[Asked]:
    """Each trust once, with its first system; the invented ones always."""
    seen: set[str] = set()
    chance = demo.rng("asked")
    for plan in plans:
        invented = [row["ods_code"] for row in read("bodies")["trusts"] if row["icb"] == plan.code]
        for code in [*(body.code for body in plan.system.trusts), *invented]:
            if code in seen or code not in demo.bodies:
                continue
            seen.add(code)
            if plan.dense or code in invented or chance.random() < SHARE:
                yield Asked(code, plan)


@cache
def questions() -> Framework:
    """The framework in its newest version, as it is in its file."""
    return load_framework(FOLDER / f"{FRAMEWORK}.yaml")


def rating(level: float, rng: Random) -> int:
    """A rating from 0 to 3 whose mean over many draws is `level` of the highest."""
    return min(max(int(MOST * level + rng.random()), 0), MOST)


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of a day."""
    return datetime.combine(day, time(hour, minute), UTC)


def year_of(day: date) -> int:
    """The calendar year in which the financial year of a day begins."""
    return day.year if day.month >= 4 else day.year - 1
