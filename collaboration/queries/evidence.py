"""The records behind a number: what happened to each, and which of them this person may open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import Value
from django.urls import reverse

from collaboration import indicators
from collaboration.explanation import Record
from collaboration.indicators import Row, Window
from ics_governance.context import system
from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from partnerships.access import P, scope
from partnerships.models import Action, Arrangement, Decision, Forum, Meeting

CLOSED = "A record you may not open"


@dataclass(frozen=True)
class Shown:
    """A record as it is listed: what happened to it, and where it is, if this person may open it."""

    row: Row
    title: str = ""
    href: str = ""

    @property
    def open(self) -> bool:
        """Whether this person may see the record itself."""
        return bool(self.title)

    def as_record(self) -> Record:
        """The same for the explanation. Nothing is told of a record that this person may not open."""
        row = self.row
        title, what = (self.title, row.happened) if self.open else (CLOSED, "")
        return Record(f"{row.kind} {row.record}", title, what, row.numerator, row.denominator, self.href, row.act)


@dataclass(frozen=True)
class Evidence:
    """The records of one indicator: those counted, newest first, and those that lack what would count."""

    counted: list[Shown] = field(default_factory=list)
    unrecorded: list[Shown] = field(default_factory=list)

    @property
    def closed(self) -> int:
        """How many of the counted records this person may not open."""
        return sum(not shown.open for shown in self.counted)


def evidence(
    actor: Actor, subject: int, codes: Iterable[str], window: Window, limit: int | None = None
) -> dict[str, Evidence]:
    """The records behind indicators of a profile that the actor may see, by code.

    Whoever may see a number may see how many records it rests on and what each counts; a record itself is shown only
    to those who may open it. With a `limit`, only so many of each indicator are looked up by name.
    """
    codes = list(codes)
    with system("the records behind a profile", savepoint=False):
        rows = indicators.rows(codes, window, subject)
    named = _named(actor, rows if limit is None else _worth_a_name(rows, limit))
    found = {code: Evidence() for code in codes}
    for row in rows:
        shown = Shown(row, *named.get((row.kind, row.record), ("", "")))
        (found[row.indicator].counted if row.denominator else found[row.indicator].unrecorded).append(shown)
    return found


def _worth_a_name(rows: Iterable[Row], limit: int) -> list[Row]:
    """The first few of each indicator, counted and not, and those that something can still be done about."""
    taken: dict[tuple[str, bool], int] = {}
    kept = []
    for row in rows:
        key = (row.indicator, bool(row.denominator))
        taken[key] = taken.get(key, 0) + 1
        if taken[key] <= limit or row.act:
            kept.append(row)
    return kept


def _named(actor: Actor, rows: Iterable[Row]) -> dict[tuple[str, int], tuple[str, str]]:
    """Title and address of each record that the actor may see; one query for each way of seeing."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.kind, set()).add(row.record)
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for kinds, names in NAMES.items():
        if any(kind in wanted for kind in kinds):
            found |= names(actor, *(wanted.get(kind, set()) for kind in kinds))
    return found


Named = dict[tuple[str, int], tuple[str, str]]


def _meetings(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, P.MEETING_VIEW, Meeting.objects.filter(pk__in=ids))
    return {
        ("meeting", pk): (f"{forum}, {in_words(held_on)}", reverse("meeting", args=[pk]))
        for pk, held_on, forum in rows.values_list("pk", "held_on", "forum__name")
    }


def _decisions(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, P.DECISION_VIEW, Decision.objects.filter(pk__in=ids))
    return {
        ("decision", pk): (f"{reference} {title}", reverse("decision", args=[reference]))
        for pk, reference, title in rows.values_list("pk", "reference", "title")
    }


def _actions(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, P.DECISION_VIEW, Action.objects.filter(pk__in=ids))
    return {
        ("action", pk): (f"A-{pk} {title}", reverse("action", args=[pk]))
        for pk, title in rows.values_list("pk", "title")
    }


def _places_of_members(actor: Actor, memberships: set[int], arrangements: set[int]) -> Named:
    """Memberships lead to their forum. Both kinds are open to everyone who is signed in, so one query asks for both."""
    forums = scope(actor, P.FORUM_VIEW, Forum.objects.filter(memberships__in=memberships))
    found = scope(actor, P.ARRANGEMENT_VIEW, Arrangement.objects.filter(pk__in=arrangements))
    rows = forums.values_list(Value("membership"), "memberships", "pk", "name").order_by()
    both = rows.union(found.values_list(Value("arrangement"), "pk", "pk", "name").order_by(), all=True)
    to = {"membership": "forum", "arrangement": "arrangement"}
    return {(kind, pk): (name, reverse(to[kind], args=[leads])) for kind, pk, leads, name in both}


NAMES: dict[tuple[str, ...], Callable[..., Named]] = {
    ("meeting",): _meetings,
    ("decision",): _decisions,
    ("action",): _actions,
    ("membership", "arrangement"): _places_of_members,
}
