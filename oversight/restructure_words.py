"""What pages of restructures say: the moves in groups, each in words; afterwards what moved, with its addresses."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils import timezone

from ics_governance.wording import day
from oversight.actions.passing import OF_A_FORUM, choices_of
from oversight.models import Restructure
from oversight.moves import TO_ALL, Fate, Move, Order, Plan
from oversight.queries import restructures as queries
from oversight.queries.restructure_records import models_of

TITLES = {
    "relation": "Links to systems, regions and other bodies",
    "cluster": "Clusters",
    "place": "Places",
    "council_place": "Places of other systems",
    "arrangement": "Partnerships and collaboratives",
    "arrangement_member": "Parts in others’ arrangements",
    "represented": "Bodies that they represent",
    "reporting_line": "Lines by which others report to them",
    "forum": "Forums",
    "post": "Posts",
    "employment": "People who work there",
    "role": "Roles of people who sign in",
    "membership": "Members on others’ forums",
    "delegation": "Delegations made by, to or through them",
}
PARTS = {"arrangement_member": "members", "fund": "funds", "reporting_line": "reporting lines", "membership": "members"}
# Afterwards parts are counted with the rest of their kind.
COUNTED = TITLES | {
    "arrangement_member": "Members of arrangements", "reporting_line": "Reporting lines", "fund": "Funds",
    "membership": "Members of forums",
}  # fmt: skip
WORDS_OF = {code: {"carry_on": "Go with their forum"} for code in OF_A_FORUM}
WORDS_OF["meeting_cancelled"] = {"end": "Cancelled"}
BECOMES = {Fate.END: "ends", Fate.LEAVE: "stays as it is"}
PAGES = {"forum": "forum", "arrangement": "arrangement", "delegation": "delegation"}


@dataclass(frozen=True)
class Group:
    """The records of one kind, with how many have which fate."""

    kind: str
    title: str
    moves: tuple[Move, ...]
    counts: str
    parts: str
    labels: dict[str, str]
    bodies: dict[int, str]
    open: bool = False

    @property
    def offers(self) -> bool:
        """Whether anything can be chosen in it."""
        return any(len(move.options) > 1 for move in self.moves)

    def page(self, move: Move) -> str:
        """Where a record of the kind is read; empty where none has a page."""
        return reverse(PAGES[self.kind], args=[move.record.id]) if self.kind in PAGES else ""

    def becomes(self, move: Move) -> str:
        """What becomes of a record, in words."""
        return self.labels[move.choice]


@dataclass(frozen=True)
class OpenGroup:
    """A kind of matter without dates: how many there are, and what is done with all of them."""

    kind: queries.OpenKind
    number: int
    options: tuple[str, ...]
    choice: str
    labels: dict[str, str]

    @property
    def passing(self) -> str:
        """How they pass; what is left stays as it is."""
        return "with the body as it is: settle them by hand" if self.choice == "leave" else self.kind.passing


def previewed(restructure: Restructure, shown: queries.Preview) -> dict[str, Any]:
    """What the preview page says."""
    order = shown.plan.order
    labels = labels_of(order)
    groups = [_group(kind, shown.plan, labels) for kind in TITLES]
    matters = []
    for kind in queries.OPEN:
        if shown.open.get(kind.code):
            options = choices_of(order, f"open:{kind.code}")
            typed = restructure.choices.get(f"open:{kind.code}", "")
            matters.append(
                OpenGroup(
                    kind, shown.open[kind.code], options, typed if typed in options else options[0],
                    labels | WORDS_OF.get(kind.code, {}),
                )  # fmt: skip
            )  # fmt: skip
    return {
        "order": order, "labels": labels, "groups": [group for group in groups if group.moves], "matters": matters,
        "title": in_words(restructure), "ahead": order.on > timezone.localdate(),
        "blocking": [one for one in shown.problems if one.blocks],
        "warnings": [one for one in shown.problems if not one.blocks],
    }  # fmt: skip


def labels_of(order: Order) -> dict[str, str]:
    """Each possible choice in words."""
    labels = {str(fate): f"{text[:1].upper()}{text[1:]}" for fate, text in BECOMES.items()}
    for number, body in enumerate(order.successors):
        labels[f"carry_on:{number}" if number else "carry_on"] = f"Carried on by {body.name}"
    labels[TO_ALL] = f"Carried on by {'both' if len(order.successors) == 2 else 'all of them'}"
    return labels


def _group(kind: str, plan: Plan, labels: dict[str, str]) -> Group:
    moves = tuple(move for move in plan.moves if move.record.kind == kind and not move.record.of)
    keys = {move.record.key for move in moves if move.fate == Fate.CARRY}
    found: dict[str, int] = {}
    for move in moves:
        found[move.fate] = found.get(move.fate, 0) + 1
    words = [f"{found[Fate.CARRY]} carried on"] if Fate.CARRY in found else []
    words += [f"{found[Fate.END]} {'end' if found[Fate.END] > 1 else 'ends'}"] if Fate.END in found else []
    words += [f"{found[Fate.LEAVE]} left as recorded"] if Fate.LEAVE in found else []
    parts: dict[str, int] = {}
    for move in plan.moves:
        if move.record.of in keys and move.fate == Fate.CARRY:
            parts[PARTS[move.record.kind]] = parts.get(PARTS[move.record.kind], 0) + 1
    with_them = ", ".join(f"{number} {name}" for name, number in parts.items())
    bodies = {body.id: body.name for body in plan.order.predecessors if body.id}
    return Group(kind, TITLES[kind], moves, ", ".join(words), with_them, labels, bodies)


def in_words(restructure: Restructure) -> str:
    """What happens, in a line."""
    before = [body.label for body in sorted(restructure.predecessors.all(), key=lambda body: body.pk)]
    names = ", ".join(before[:-1]) + (" and " if before[1:] else "") + (before[-1] if before else "")
    after = [spec.get("name", "") for spec in restructure.new_body.get("bodies", [])]
    into = " and ".join(name for name in after if name) or "no body"
    return {
        "merge": f"Merge {names} into {into}",
        "split": f"Split {names} into {into}",
        "acquire": f"Pass a part of {names} to {into}",
        "rename": f"Rename {names} as {restructure.new_body.get('name', '')}",
        "close": f"Close {names}",
    }[restructure.kind]


@dataclass(frozen=True)
class Row:
    """A line of the list."""

    restructure: Restructure
    text: str


def listed(rows: Iterable[Restructure]) -> list[Row]:
    """The list, in words."""
    return [Row(row, in_words(row)) for row in rows]


# --- Afterwards ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """What moved of one kind: how many, and the new records that have a page."""

    title: str
    counts: str
    links: list[tuple[str, str, str]] = field(default_factory=list)


def afterwards(restructure: Restructure) -> dict[str, Any]:
    """What the page of one that was carried out says."""
    event = restructure.event
    moved = event.moved if event else {}
    made: dict[str, dict[int, int]] = {}
    for key, new in moved.get("made", {}).items():
        kind, _, old = key.partition(":")
        made.setdefault(kind, {})[int(old)] = new
    rows = [
        Moved(title, _counted(moved["counts"][kind]), _links(kind, made.get(kind, {})))
        for kind, title in COUNTED.items()
        if kind in moved.get("counts", {})
    ]
    opened = {**{kind.code: kind.title for kind in queries.OPEN}, "meeting_cancelled": "Meetings cancelled"}
    matters = [(opened.get(code, code), number) for code, number in moved.get("open", {}).items()]
    bodies = list(event.bodies.order_by("closed", "name")) if event else []
    return {
        "title": in_words(restructure), "moved": rows, "matters": matters, "bodies": bodies,
        "waits": moved.get("waits", False), "lede": _lede(restructure),
        "to_do": moved.get("to_do", []),
    }  # fmt: skip


def _lede(restructure: Restructure) -> str:
    if restructure.state == Restructure.State.DROPPED:
        return "Dropped: nothing has moved."
    return f"Carried out; the new order is from {day(restructure.effective_on)}."


def _counted(count: dict[str, int]) -> str:
    words = {"carry_on": "carried on", "end": "ended", "leave": "left as recorded"}
    return ", ".join(f"{count[fate]} {text}" for fate, text in words.items() if count.get(fate))


def _links(kind: str, made: dict[int, int]) -> list[tuple[str, str, str]]:
    """Name, address of what carries on, address of what was before."""
    if kind not in PAGES or not made:
        return []
    rows: Any = models_of(kind)._default_manager.in_bulk(list(made.values()))
    return [
        (str(rows[new]), reverse(PAGES[kind], args=[new]), reverse(PAGES[kind], args=[old]))
        for old, new in made.items()
        if new in rows and new != old
    ]
