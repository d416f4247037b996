"""The records behind a number: what happened to each, and which of them this person may open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import Value
from django.urls import reverse

from collaboration import indicators
from collaboration.access import P as Own
from collaboration.explanation import Record
from collaboration.indicators import Row, Window
from collaboration.models import Assessment, Concern, FeedbackRound, InformationRequest, SharedRisk
from ics_governance.context import system
from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from partnerships.access import P, scope
from partnerships.models import Action, Arrangement, Decision, Delegation, Forum, Meeting

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
    """The records of one indicator, newest first: those counted, those that lack what would count, those queried."""

    counted: list[Shown] = field(default_factory=list)
    unrecorded: list[Shown] = field(default_factory=list)
    queried: list[Shown] = field(default_factory=list)

    def of(self, row: Row) -> list[Shown]:
        """Where a row belongs."""
        return self.queried if row.queried else self.counted if row.denominator else self.unrecorded

    @property
    def rows(self) -> list[Row]:
        """Every record that is part of the count, counted or lacking what would be."""
        return [shown.row for shown in (*self.counted, *self.unrecorded)]

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
        found[row.indicator].of(row).append(shown)
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


def _delegations(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, P.DELEGATION_VIEW, Delegation.objects.filter(pk__in=ids))
    return {
        ("delegation", pk): (f"{function}: {instrument}", reverse("delegation", args=[pk]))
        for pk, function, instrument in rows.values_list("pk", "function__name", "instrument")
    }


def _requests(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, Own.REQUEST_VIEW, InformationRequest.objects.filter(pk__in=ids))
    return {
        ("information_request", pk): (title, reverse("request", args=[pk]))
        for pk, title in rows.values_list("pk", "title")
    }


def _risks(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, Own.RISK_VIEW, SharedRisk.objects.filter(pk__in=ids))
    return {("shared_risk", pk): (title, reverse("risk", args=[pk])) for pk, title in rows.values_list("pk", "title")}


def _concerns(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, Own.CONCERN_VIEW, Concern.objects.filter(pk__in=ids))
    return {("concern", pk): (title, "") for pk, title in rows.values_list("pk", "title")}


def _rounds(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, Own.FEEDBACK_VIEW, FeedbackRound.objects.filter(pk__in=ids))
    return {
        ("feedback_round", pk): (f"Feedback of partners, {in_words(closed)}", reverse("feedback-round", args=[pk]))
        for pk, closed in rows.values_list("pk", "closed_on")
    }


def _assessments(actor: Actor, ids: set[int]) -> Named:
    rows = scope(actor, Own.ASSESSMENT_VIEW, Assessment.objects.filter(pk__in=ids))
    return {
        ("assessment", row.pk): (f"Self-assessment {row.years}", reverse("assessment", args=[row.pk]))
        for row in rows.only("pk", "year")
    }


def _nothing_submitted(actor: Actor, ids: set[int]) -> Named:
    """Stands in for what is not there: no record to open, and nothing to hide."""
    return {("organisation", pk): ("Self-assessment", "") for pk in ids}


NAMES: dict[tuple[str, ...], Callable[..., Named]] = {
    ("meeting",): _meetings,
    ("decision",): _decisions,
    ("action",): _actions,
    ("membership", "arrangement"): _places_of_members,
    ("delegation",): _delegations,
    ("information_request",): _requests,
    ("shared_risk",): _risks,
    ("concern",): _concerns,
    ("feedback_round",): _rounds,
    ("assessment",): _assessments,
    ("organisation",): _nothing_submitted,
}


def name_of(actor: Actor, kind: str, record: int) -> tuple[str, str]:
    """Title and address of one record; both empty for who may not open it."""
    for kinds, names in NAMES.items():
        if kind in kinds:
            found = names(actor, *({record} if each == kind else set() for each in kinds))
            return found.get((kind, record), ("", ""))
    return "", ""
