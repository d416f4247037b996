"""Run the governance checks and keep what they found; tell the people who can mend it.

What is kept is worked out from the register and says nothing of its own: so it has no entry in the audit trail, which
holds every change to the records it is worked out from. A finding that is gone is removed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from ics_governance.context import system as system_context
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import pluralise
from partnerships import checks
from partnerships.access import P
from partnerships.checks import Finding, Severity
from partnerships.models import CheckFinding, Organisation
from partnerships.queries.check_facts import facts_for
from partnerships.queries.expiry import Due, due_for_reminder
from partnerships.queries.people import people_who

RUN_LOCK = 0x51674A2  # runs write one after the other
SHOWN = 3
TOLD = ("severity", "system_id", "text", "action", "records")


@dataclass(frozen=True)
class Ran:
    """What a run of the checks did."""

    on: date
    found: int
    errors: int
    new: int
    gone: int

    def __str__(self) -> str:
        text = f"{pluralise(self.found, 'finding')}, {pluralise(self.errors, 'of them an error', 'of them errors')}"
        return f"{text}: {self.new:,} new, {self.gone:,} gone since the last check."


@transaction.atomic
def run_checks(*, by: Actor, system: Organisation | None = None, on: date | None = None) -> Ran:
    """Check one ICB's system, or all of England, on a day (today without one), and keep the findings.

    The first day on which a finding was seen stays with it. Raises Refused for England unless it is the system that
    asks, and for another ICB's system.
    """
    if not by.system and (system is None or system.pk not in by.organisations(P.CHECK_RUN, "host")):
        raise Refused(P.CHECK_RUN)
    day = on or by.on
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [RUN_LOCK])
    with system_context("governance checks"):
        found = checks.run(facts_for(system, day), day)
        new, gone = keep(found, system, day)
    return Ran(day, len(found), sum(each.severity is Severity.ERROR for each in found), new, gone)


def keep(found: Iterable[Finding], system: Organisation | None, on: date) -> tuple[int, int]:
    """Store the findings of a run of one system (or of all); how many are new, and how many of the old are gone."""
    now = {each.key: each for each in found}
    rows = CheckFinding.objects.all() if system is None else CheckFinding.objects.filter(system=system)
    known = {row.key: row for row in rows}
    gone = [row.pk for key, row in known.items() if key not in now]
    CheckFinding.objects.filter(pk__in=gone).delete()
    kept = [row for key, row in known.items() if key in now]
    changed = [row for row in kept if _put(row, now[row.key])]
    CheckFinding.objects.bulk_update(changed, ["severity", "system", "text", "action", "records"], batch_size=500)
    CheckFinding.objects.filter(pk__in=[row.pk for row in kept]).update(last_seen=on)
    new = [each for key, each in now.items() if key not in known]
    # one that moved to this system from another is known under its key there
    CheckFinding.objects.bulk_create(
        [CheckFinding(key=each.key, code=each.code, first_seen=on, last_seen=on, **_values(each)) for each in new],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["severity", "system", "text", "action", "records", "last_seen"],
        batch_size=500,
    )
    return len(new), len(gone)


def _values(each: Finding) -> dict[str, Any]:
    return {
        "severity": each.severity.value, "system_id": each.system, "text": each.text, "action": each.action,
        "records": [list(record) for record in each.records],
    }  # fmt: skip


def _put(row: CheckFinding, each: Finding) -> bool:
    """Take over what is said now; whether that differs."""
    values = _values(each)
    differs = any(getattr(row, name) != values[name] for name in TOLD)
    for name, value in values.items():
        setattr(row, name, value)
    return differs


# --- Telling people -----------------------------------------------------------------------------------------------


@transaction.atomic
def tell_of_errors(*, on: date) -> int:
    """One digest a person and day, of the errors that nobody was told of yet. Says how many people were told."""
    untold = CheckFinding.objects.filter(severity=CheckFinding.Severity.ERROR, told_on=None, system__isnull=False)
    rows = list(untold.order_by("code", "id"))
    by_system: dict[int, list[str]] = {}
    for row in rows:
        by_system.setdefault(row.system_id, []).append(row.text)  # type: ignore[arg-type]
    CheckFinding.objects.filter(pk__in=[row.pk for row in rows]).update(told_on=on)
    texts: dict[int, list[str]] = {}
    for body, people in people_who(P.CHECK_RUN, "host", by_system, on).items():
        for user in people:
            texts.setdefault(user, []).extend(by_system[body])
    for user, found in texts.items():
        _digest(user, "checks", "Governance checks", found, "/checks/?severity=error", on)
    return len(texts)


@transaction.atomic
def remind_of_ends(*, since: date, until: date) -> int:
    """One digest a person and day: what came within 60, 30 or 7 days of its end or review after `since`, up to
    `until`. Goes to those who can renew it. Says how many people were told."""
    with system_context("remind people of what ends"):
        due = due_for_reminder(since, until)
    texts: dict[int, list[str]] = {}
    for permission in sorted({row.permission for row in due}):
        able = people_who(permission, "host", {row.keeper for row in due if row.permission == permission}, until)
        for row in _first_due(due, permission):
            for user in able.get(row.keeper, ()):
                texts.setdefault(user, []).append(f"{row.what} {row.happens} on {row.day_in_words}")
    for user, found in texts.items():
        _digest(user, "expiring", "Ends or is due for review", found, "/expiring/", until)
    return len(texts)


def _first_due(due: Iterable[Due], permission: str) -> list[Due]:
    return sorted((row for row in due if row.permission == permission), key=lambda row: (row.on, row.what, row.key))


def _digest(user: int, kind: str, opening: str, texts: list[str], url: str, until: date) -> None:
    more = len(texts) - SHOWN
    shown = [_short(text) for text in texts[:SHOWN]] + ([f"and {more} more"] if more > 0 else [])
    notify([user], kind=f"{kind}.digest", text=f"{opening}: {'; '.join(shown)}.", url=url, key=f"{kind}:{until}")


def _short(text: str) -> str:
    text = text.rstrip(".")
    return text if len(text) <= 85 else f"{text[:84]}…"
