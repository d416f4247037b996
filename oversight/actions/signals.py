"""Writes of signals: load rules, apply them, triage what they noticed. No rule ever moves a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction
from django.urls import reverse

from collaboration.models import Capacity
from collaboration.queries.people import people_who
from collaboration.yaml_node import read_yaml
from ics_governance import ledger
from ics_governance.actions import carry_out, record_new
from ics_governance.context import system
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day, pluralise
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from oversight.access import P
from oversight.models import Signal, SignalRuleSet
from oversight.queries.signals import (
    OPEN,
    active_ruleset,
    existing,
    holders_of,
    last_whole_month,
    marks_until,
    rules_of,
)
from oversight.rules import Fired, evaluate
from oversight.ruleset_file import parse
from oversight.workflows import SIGNAL

TRIAGE_DAYS = 10  # working days; then a signal shows at the region
LONGEST_WATCH = timedelta(days=184)
RUN_LOCK = 0x51674A1  # runs write one after the other
FIRED = ("subject", "holder", "ruleset", "rule", "characteristic", "as_of", "clause", "fired_on", "due_on")
RULES = ("code", "version", "title", "digest", "active")


class UsedRules(Exception):
    """A version that signals rest on was changed in its file; the text says what to do."""


@transaction.atomic
def load_ruleset(*, by: Actor, text: str) -> tuple[SignalRuleSet, str]:
    """Keep a file of rules as a version; returns the row and what happened to it, in words. Safe to repeat.

    The first version ever loaded is active at once; a later one waits until somebody activates it.
    Raises FileFaults for a file that is wrong, and UsedRules when signals rest on another text of the same version.
    """
    content = parse(text)
    row = SignalRuleSet.objects.filter(code=content.code, version=content.version).first()
    if row and row.digest == content.digest:
        return row, "loaded already"
    if row and row.signals.exists():
        raise UsedRules(
            f"Version {content.version} of {content.code} was changed, and signals rest on it. "
            f"Restore the file, and give what is new the version {content.version + 1}."
        )
    outcome = "replaced; nothing rested on it" if row else "loaded"
    row = row or SignalRuleSet(code=content.code, version=content.version, active=active_ruleset() is None)
    before = ledger.snapshot(row, RULES) if row.pk else {}
    row.title, row.digest, row.content = content.title, content.digest, read_yaml(text)
    row.save()
    ledger.append(by=by, kind="signal_rules.loaded", record=row, before=before, after=ledger.snapshot(row, RULES))
    return row, outcome


# --- Applying the rules -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evaluation:
    """What a run of the rules did."""

    as_of: date
    bodies: int
    fired: int
    new: int

    def __str__(self) -> str:
        return (
            f"Looked at {pluralise(self.bodies, 'body', 'bodies')} for the month to {day(self.as_of)}: "
            f"{pluralise(self.new, 'new signal')}, {self.fired - self.new:,} known already."
        )


@transaction.atomic
def evaluate_signals(*, by: Actor, on: date | None = None) -> Evaluation:
    """Apply the active rules to the last whole month before a day (today without one), and make what is new a signal.

    Safe to repeat: a rule has one open signal for a body and characteristic; what was triaged does not come back for
    the same month, nor while the concern that was raised from it is open. Raises Refused for anyone but the system,
    GuardFailed without rules.
    """
    if not by.system:
        raise Refused(P.SIGNAL_TRIAGE, "Rules are applied by the system, every night.")
    row, today = active_ruleset(), on or by.on
    if row is None:
        raise GuardFailed([Reason("No rules are loaded. Run “manage.py seed_rulesets” first.")])
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [RUN_LOCK])
    as_of, rules = last_whole_month(today), rules_of(row)
    history = marks_until(as_of, rules.months)
    live = existing(history, today)
    fired = [one for one in evaluate(rules, history) if one.as_of == as_of and one.subject in live]
    new = _not_known(fired)
    made = [_make(by, row, one, today, holder) for one, holder in _with_holders(new, today)]
    _tell(made, today)
    return Evaluation(as_of, len(live), len(fired), len(made))


def _key(row: Fired | Signal) -> tuple[int, str, str]:
    subject = row.subject_id if isinstance(row, Signal) else row.subject
    return subject, row.rule, row.characteristic


def _not_known(fired: list[Fired]) -> list[Fired]:
    """Those without an open signal, without one of this month or later, and without a concern that goes on."""
    with system("which signals are known"):
        rows = Signal.objects.filter(subject__in={one.subject for one in fired}).select_related("concern")
        known = {(_key(row), row.as_of): row for row in rows}
    closed_for: set[tuple[int, str, str]] = set()
    newest: dict[tuple[int, str, str], date] = {}
    for (key, as_of), row in known.items():
        newest[key] = max(newest.get(key, as_of), as_of)
        if row.state in OPEN or (row.concern and row.concern.closed_on is None):
            closed_for.add(key)
    return [one for one in fired if _key(one) not in closed_for and newest.get(_key(one), date.min) < one.as_of]


def _with_holders(fired: Iterable[Fired], on: date) -> list[tuple[Fired, int]]:
    """Each with the body that triages it; one of a body that belongs to no system is nobody's, and left out."""
    found = list(fired)
    holders = holders_of({one.subject for one in found}, on)
    return [(one, holders[one.subject]) for one in found if one.subject in holders]


def _make(by: Actor, ruleset: SignalRuleSet, fired: Fired, on: date, holder: int) -> Signal:
    signal = Signal(
        subject_id=fired.subject, holder_id=holder, ruleset=ruleset, rule=fired.rule,
        characteristic=fired.characteristic, as_of=fired.as_of, clause=fired.clause, fired_on=on,
        due_on=add_working_days(on, TRIAGE_DAYS),
    )  # fmt: skip
    with system("signal.fired"):
        signal.save()
    return record_new(signal, "signal.fired", FIRED, by=by, organisation_id=holder)


def _tell(signals: Iterable[Signal], on: date) -> None:
    """Everyone at the holder who may triage it."""
    rows = list(Signal.objects.filter(pk__in=[signal.pk for signal in signals]).select_related("subject"))
    people = people_who(P.SIGNAL_TRIAGE, Capacity.HOLDER, {row.holder_id for row in rows}, on)
    for row in rows:
        notify(
            people.get(row.holder_id, ()),
            kind="signal.fired",
            text=f"A signal about {row.subject.label} waits for triage until {day(row.due_on)}.",
            url=reverse("signal", args=[row.pk]),
            key=f"signal:{row.pk}:new",
        )


# --- Triage -------------------------------------------------------------------------------------------------------


def dismiss(*, by: Actor, signal: Signal, reason: str) -> Signal:
    """Nothing follows from it, and why. Raises Refused, GuardFailed without a reason."""
    return _triage(by, "dismiss", signal, {"reason": reason.strip(), "watch_until": None})


def watch(*, by: Actor, signal: Signal, reason: str, watch_until: date) -> Signal:
    """Look again by a day: then it is back in the inbox. Raises Refused; GuardFailed without a reason or a fair day."""
    if not by.on < watch_until <= by.on + LONGEST_WATCH:
        raise GuardFailed([Reason("A day after today, and within six months", "watch_until")])
    return _triage(by, "watch", signal, {"reason": reason.strip(), "watch_until": watch_until})


def _triage(by: Actor, event: str, signal: Signal, changes: dict[str, object]) -> Signal:
    changes |= {"triaged_by": by.user_id, "triaged_on": by.on}
    return carry_out(SIGNAL, event, signal, by=by, organisation_id=signal.holder_id, changes=changes)
