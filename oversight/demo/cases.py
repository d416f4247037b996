"""The script of the demonstration's concerns: who does what on which day. Pure; `replay` carries it out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .england import Demo
from .meetings import add_working_days, notice_between
from .people import People
from .rows import read

EARLIEST = date(2026, 4, 7)  # from then on the register knows in which region each system lies
RECENT = 20  # working days: what happened since then keeps its days, on whatever day the demonstration is made
NOT_ARGUMENTS = ("day", "by", "do", "after_scoring", "held")


@dataclass
class Act:
    """One act: its day, the row of the user who does it, and the arguments by name."""

    day: date
    user: int
    do: str
    arguments: dict[str, Any]
    after_scoring: bool = False


@dataclass
class Concern:
    """A concern with its private notes, how it was raised, and what followed."""

    key: str
    notes: list[Act]
    raised: Act
    acts: list[Act] = field(default_factory=list)


def add_cases(demo: Demo, people: People) -> None:
    """The concerns of bodies that are there, oldest first, as `demo.concerns`; and notes that led to none."""
    told = [row for row in read("cases")["concerns"] if set(_bodies(row)) <= set(demo.bodies)]
    days = _Days(demo.today, told)
    found = [_concern(row, days, people) for row in told]
    alone = [row for row in read("cases")["notes"] if {row["by"], row["other"]} <= set(demo.bodies)]
    demo.notes = [_act({"do": "note_attempt", **row}, days, people) for row in alone]
    demo.keepers = {row["by"]: people.user(row["by"]) for row in read("cases")["signals"] if row["by"] in demo.bodies}
    demo.concerns = sorted(found, key=lambda concern: concern.raised.day)


def _bodies(row: dict[str, Any]) -> Iterator[str]:
    """Every body that a concern names."""
    raised = row["raise"]
    yield from (raised["by"], raised["system"], *raised["about"])
    for act in row["acts"]:
        yield act["by"].partition(":")[0]
        if "organisation" in act:
            yield act["organisation"]


class _Days:
    """Days counted back from today; older ones move together where the register does not reach back so far."""

    def __init__(self, today: date, told: list[dict[str, Any]]) -> None:
        self.today = today
        backs = [note["held"] for row in told for note in row.get("attempts", ())]
        self.oldest = max([*backs, *(row["raise"]["day"] for row in told), RECENT + 1])
        self.room = notice_between(EARLIEST, today)

    def on(self, back: int) -> date:
        """The day so many working days ago."""
        if back > RECENT and self.oldest > self.room:
            back = RECENT + (back - RECENT) * (self.room - RECENT) // (self.oldest - RECENT)
        return add_working_days(self.today, -back)


def _concern(row: dict[str, Any], days: _Days, people: People) -> Concern:
    notes = [_act({"do": "note_attempt", **note}, days, people) for note in row.get("attempts", ())]
    raised = _act({"do": "raise_concern", **row["raise"]}, days, people)
    return Concern(row["key"], notes, raised, [_act(act, days, people) for act in row["acts"]])


def _act(row: dict[str, Any], days: _Days, people: People) -> Act:
    body, _, post = row["by"].partition(":")
    arguments = {name: value for name, value in row.items() if name not in NOT_ARGUMENTS}
    if "held" in row:
        arguments["held_on"] = days.on(row["held"])
    if "starts" in row:
        arguments["starts"] = days.on(row["starts"])
    if "user" in row:
        named, _, their_post = row["user"].partition(":")
        arguments["user"] = people.user(named, their_post)
    if row["do"] in ("note_attempt", "raise_concern"):
        arguments["kept_by" if row["do"] == "note_attempt" else "organisation"] = body
    after = row.get("after_scoring", False)
    return Act(days.on(row["day"]), people.user(body, post), row["do"], arguments, after)
