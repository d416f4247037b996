"""Reads about signals: the inbox, one signal with what stands beside it, and the history that rules look at."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from collaboration.models import Profile, Reading, Score
from ics_governance.permissions import Actor
from oversight.access import P
from oversight.models import Case, Signal, SignalRuleSet
from oversight.rules import Mark, Month, RuleSet
from oversight.ruleset_file import build
from partnerships.access import scope
from partnerships.models import Kind, Organisation, OrganisationRelation

from .cases import cases_of

OPEN = (Signal.State.NEW, Signal.State.WATCHED)
TREND = 13  # months drawn: one year, and the month it is compared with
BESIDE = 10  # earlier signals and cases shown beside one
_parsed: dict[str, RuleSet] = {}


def active_ruleset() -> SignalRuleSet | None:
    """The version of the rules that makes signals; None before one is loaded."""
    return SignalRuleSet.objects.filter(active=True).first()


def rules_of(row: SignalRuleSet) -> RuleSet:
    """A version as frozen data; parsed once for each text."""
    if row.digest not in _parsed:
        _parsed[row.digest] = build(row.content, row.digest)
    return _parsed[row.digest]


# --- The inbox ----------------------------------------------------------------------------------------------------


def _waits(on: date) -> Q:
    """What asks for somebody: nobody has triaged it, or the time for which it was watched is over."""
    return Q(state=Signal.State.NEW) | Q(state=Signal.State.WATCHED, watch_until__lte=on)


def signals_of(actor: Actor) -> QuerySet[Signal]:
    """The signals that a person may read, with body and holder."""
    return scope(actor, P.SIGNAL_VIEW, Signal.objects.select_related("subject", "holder"))


def signal_list(actor: Actor, filters: dict[str, Any]) -> QuerySet[Signal]:
    """Signals that this person may see; those that wait for somebody unless asked otherwise."""
    rows, state = signals_of(actor), filters.get("state", "")
    if state == "overdue":
        rows = rows.filter(state=Signal.State.NEW, due_on__lt=actor.on)
    elif not state:
        rows = rows.filter(_waits(actor.on))
    elif state != "any":
        rows = rows.filter(state=state)
    if characteristic := filters.get("characteristic"):
        rows = rows.filter(characteristic=characteristic)
    for word in filters.get("q", "").split()[:8]:
        rows = rows.filter(Q(subject__name__icontains=word) | Q(subject__short_name__icontains=word))
    return rows


def to_triage(actor: Actor) -> QuerySet[Signal]:
    """The signals that wait for this person's organisation, the first due first."""
    rows = scope(actor, P.SIGNAL_TRIAGE, Signal.objects.filter(_waits(actor.on)))
    return rows.select_related("subject", "holder").order_by("due_on", "pk")


def waiting(actor: Actor) -> QuerySet[Signal]:
    """Every signal that waits for somebody and that this person may read, the first due first."""
    return signals_of(actor).filter(_waits(actor.on)).order_by("due_on", "pk")


# --- One signal ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """What a month showed of the characteristic that a signal is about."""

    as_of: date
    mark: Mark


@dataclass(frozen=True)
class Beside:
    """What stands beside a signal: how the number went, earlier signals of the rule, cases about the body."""

    trend: list[Point]
    earlier: list[Signal]
    cases: list[Case]


def beside(actor: Actor, signal: Signal) -> Beside:
    """Three queries. Cases are those that the person may read, open ones first."""
    earlier = signals_of(actor).filter(subject=signal.subject_id).exclude(pk=signal.pk)
    cases = cases_of(actor).filter(concern__respondents__organisation=signal.subject_id).distinct()
    return Beside(
        _trend(signal),
        list(earlier.select_related("triaged_by").order_by("-fired_on", "-pk")[:BESIDE]),
        list(cases[:BESIDE]),
    )


def _trend(signal: Signal) -> list[Point]:
    if not signal.characteristic:
        return []
    months = marks_until(signal.as_of, TREND, [signal.subject_id]).get(signal.subject_id, [])
    return [
        Point(month.as_of, month.marks[signal.characteristic])
        for month in months
        if signal.characteristic in month.marks
    ]


# --- What the rules look at ---------------------------------------------------------------------------------------


def last_whole_month(on: date) -> date:
    """The last day of the newest month that has ended on a day."""
    if on.day == monthrange(on.year, on.month)[1]:
        return on
    return date.fromordinal(on.replace(day=1).toordinal() - 1)


def month_ends(until: date, count: int) -> list[date]:
    """The last days of `count` months, the newest first; `until` is the last day of one."""
    found = [until]
    while len(found) < count:
        found.append(date.fromordinal(found[-1].replace(day=1).toordinal() - 1))
    return found


def marks_until(as_of: date, count: int, bodies: Iterable[int] | None = None) -> dict[int, list[Month]]:
    """The whole months of each body up to a month's last day, oldest first; one query however many bodies.

    Where a month was recalculated, its newest restatement counts.
    """
    profiles = Profile.objects.filter(as_of__in=month_ends(as_of, count), framework__current=True)
    if bodies is not None:
        profiles = profiles.filter(subject__in=list(bodies))
    expected = Reading.objects.filter(profile=OuterRef("profile")).exclude(state=Reading.State.NOT_APPLICABLE)
    rows = Score.objects.filter(profile__in=profiles.values("pk")).annotate(expected=Exists(expected))
    columns = ("profile__subject", "profile__as_of", "expected", "characteristic")
    found: dict[int, dict[date, Month]] = {}
    for subject, day, applied, code, *mark in rows.order_by("profile__as_of", "profile__restatement", "pk").values_list(
        *columns, "band", "coverage", "score", "low", "high"
    ):
        months = found.setdefault(subject, {})
        before = months.get(day, Month(day, {}, applied))
        months[day] = Month(day, {**before.marks, code: Mark(*mark)}, applied)
    return {subject: list(months.values()) for subject, months in found.items()}


def holders_of(subjects: Iterable[int], on: date) -> dict[int, int]:
    """Who triages signals about each body: the lead ICB of its systems, or the region of an ICB."""
    kinds = (OrganisationRelation.Kind.SYSTEM, OrganisationRelation.Kind.REGION)
    rows = OrganisationRelation.objects.on(on).filter(source_body__in=list(subjects), kind__in=kinds)
    above = Q(source_body__kind=Kind.ICB, target_body__kind=Kind.REGION) | Q(target_body__kind=Kind.ICB)
    pairs = rows.filter(above).order_by("lead", "-pk").values_list("source_body_id", "target_body_id")
    return dict(pairs)


def existing(subjects: Iterable[int], on: date) -> set[int]:
    """Those of the bodies that exist on a day."""
    return set(Organisation.objects.on(on).filter(pk__in=list(subjects)).values_list("pk", flat=True))


def case_from(actor: Actor, signal: Signal) -> Case | None:
    """The case of the concern that was raised from a signal, where the person may read it."""
    return cases_of(actor).filter(concern=signal.concern_id).first() if signal.concern_id else None
