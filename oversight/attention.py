"""What a first page says before all else: at most four things, each a number, a noun, why, and one link that acts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse
from markupsafe import Markup

from ics_governance.wording import by_when, day

MOST = 4


@dataclass(frozen=True)
class Tile:
    """One thing that needs attention. `due` and `late` decide how high it stands."""

    count: int
    text: str
    why: Markup | str
    late: bool = False
    due: date | None = None


def most_urgent(tiles: Iterable[Tile | None], on: date) -> list[Tile]:
    """What is late or should have been done by now first, then by date, then in the order given; at most four."""
    found = [tile for tile in tiles if tile and tile.count]

    def rank(tile: Tile) -> tuple[bool, bool, date]:
        waited = tile.late or (tile.due is not None and tile.due < on)
        return not waited, tile.due is None, tile.due or date.max

    return sorted(found, key=rank)[:MOST]


def tile(
    count: int, one: str, many: str, why: Markup | str, link: tuple[str, str] = ("", ""), *, late: bool = False,
    due: date | None = None,
) -> Tile:  # fmt: skip
    """A tile with its link after the reason."""
    label, href = link
    if href:
        why = Markup('{} <a href="{}">{}</a>').format(why, href, label)
    return Tile(count, one if count == 1 else many, why, late, due)


def address(name: str, *args: Any) -> str:
    """The address of a page; empty for one that does not exist."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


# --- Meetings, decisions, actions -----------------------------------------------------------------------------------


def of_minutes(waiting: Any) -> Tile | None:
    """Meetings to minute."""
    if not waiting or not waiting.total:
        return None
    first = waiting.rows[0]
    link = ("Minute it", address("meeting", first.pk))
    return tile(waiting.total, "meeting to minute", "meetings to minute",
                f"The oldest was held on {day(first.held_on)}.", link, due=first.held_on)  # fmt: skip


def of_release(waiting: Any) -> Tile | None:
    """Decisions to release."""
    if not waiting or not waiting.total:
        return None
    first = waiting.rows[0]
    link = ("Look at it", address("decision", first.reference))
    return tile(waiting.total, "decision to release", "decisions to release",
                f"The oldest was taken on {day(first.decided_on)}.", link, due=first.decided_on)  # fmt: skip


def of_drafts(waiting: Any) -> Tile | None:
    """Drafts of decisions; they have no date."""
    if not waiting or not waiting.total:
        return None
    first = waiting.rows[0]
    link = ("Go on with it", address("decision", first.reference))
    return tile(waiting.total, "draft waits", "drafts wait", f"The last was saved on {day(first.saved_at)}.", link)


def of_delegations(waiting: Any) -> Tile | None:
    """Delegations to approve or to bring into force; they have no date."""
    if not waiting or not waiting.total:
        return None
    link = ("Look at it", address("delegation", waiting.rows[0].pk))
    why = "Until it is in force, it gives no authority."
    return tile(waiting.total, "delegation waits for you", "delegations wait for you", why, link)


def of_overdue(waiting: Any) -> Tile | None:
    """Actions of the forums past their date."""
    if not waiting or not waiting.total:
        return None
    first = waiting.rows[0]
    why = f"The longest was due on {day(first.due)}, by {first.owner.label}."
    link = ("See it", address("action", first.pk))
    return tile(waiting.total, "action overdue", "actions overdue", why, link, late=True, due=first.due)


def of_confirm(waiting: Any) -> Tile | None:
    """Actions reported done."""
    if not waiting or not waiting.total:
        return None
    link = ("Confirm it", address("action", waiting.rows[0].pk))
    why = "Reported done; the forum has not looked."
    return tile(waiting.total, "action to confirm", "actions to confirm", why, link)


def of_accept(waiting: Any) -> Tile | None:
    """Actions proposed to the person's bodies."""
    if not waiting or not waiting.total:
        return None
    first = waiting.rows[0]
    why = "Until you accept, an action is nobody’s. You have 10 working days."
    link = ("Answer it", address("action", first.pk))
    return tile(waiting.total, "action to accept", "actions to accept", why, link, due=first.proposed_on)


def of_due(waiting: Any, on: date) -> Tile | None:
    """Actions to do."""
    if not waiting or not waiting.total:
        return None
    first = waiting.rows[0]
    late = first.due < on
    words = "The longest overdue was due on " if late else "The next is due on "
    link = ("Report on it", address("action", first.pk))
    return tile(
        waiting.total, "action to do", "actions to do", f"{words}{day(first.due)}.", link, late=late, due=first.due
    )


# --- Everything else that waits -------------------------------------------------------------------------------------

NOUNS = {
    "reply": ("reply to give", "replies to give"),
    "case": ("case held by you", "cases held by you"),
    "signal": ("signal to look at", "signals to look at"),
    "feedback": ("partner asks for your feedback", "partners ask for your feedback"),
    "round": ("feedback round to close", "feedback rounds to close"),
    "request": ("request for information to answer", "requests for information to answer"),
    "query": ("queried record to answer", "queried records to answer"),
    "risk": ("shared risk to review", "shared risks to review"),
    "ratify": ("urgent decision to ratify", "urgent decisions to ratify"),
    "terms": ("terms of reference to review", "terms of reference to review"),
}
CHARACTERISTICS = {
    "R": "Relationships",
    "L": "Right level",
    "S": "Rationale",
    "A": "Accountability",
    "D": "Delivery",
}
ASSESSMENT = {
    "draft": ("self-assessment to write", "self-assessments to write"),
    "ready": ("self-assessment to review and sign", "self-assessments to review and sign"),
    "reviewed": ("self-assessment to sign off", "self-assessments to sign off"),
    "submitted": ("self-assessment to moderate", "self-assessments to moderate"),
    "moderated": ("moderation to answer", "moderations to answer"),
}


def nouns_of(task: Any) -> tuple[str, str]:
    """What a task is called, one and many."""
    return ASSESSMENT.get(task.reference, NOUNS["reply"]) if task.kind == "assessment" else NOUNS[task.kind]


def place_of(task: Any) -> str:
    """Where a task is done."""
    match task.kind:
        case "reply" | "case":
            return address("case", task.reference)
        case "feedback":
            return address("feedback-answer", task.pk)
        case "round":
            return address("feedback-round", task.pk)
        case "ratify":
            return address("decision", task.reference)
        case "terms":
            return f"{address('forum', task.reference)}#terms"
        case "query":
            return address("record-query", task.pk) or address("profile", task.reference)
    return address(task.kind, task.pk)


def name_of(task: Any) -> str:
    """The text of its link."""
    match task.kind:
        case "reply" | "case" | "ratify":
            return f"{task.reference}, {task.title}"
        case "assessment":
            return f"{task.body}, {task.title}/{(int(task.title) + 1) % 100:02}"
        case "signal":
            return f"{task.body}, {CHARACTERISTICS[task.reference]}" if task.reference else str(task.body)
        case "feedback" | "round":
            return str(task.body)
    return str(task.title)


def of_pile(pile: Any, on: date) -> Tile:
    """All tasks of one kind as one tile: the first of them is named, with its date."""
    first = pile.first
    when = by_when(first.due, on)
    why = Markup('<a href="{}">{}</a>').format(place_of(first), name_of(first).rstrip("."))
    if when:
        why += Markup(": {}, {}.").format(day(first.due), when)
    one, many = nouns_of(first)
    late = first.due is not None and first.due < on
    return Tile(pile.total, one if pile.total == 1 else many, why, late, first.due)
