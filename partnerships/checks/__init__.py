"""Governance checks: what in the register of bodies, forums and delegations breaks a rule or soon may. No database."""

from __future__ import annotations

from datetime import date

from . import bodies, delegations, forums
from .facts import (
    Arrangement,
    Basis,
    Body,
    Edge,
    Employment,
    Facts,
    Forum,
    Function,
    Link,
    Member,
    Party,
    Place,
    Post,
    Register,
    Report,
    Terms,
    Unratified,
)
from .finding import CHECKS, Check, Finding, Record, Severity

__all__ = [
    "CHECKS",
    "Arrangement",
    "Basis",
    "Body",
    "Check",
    "Edge",
    "Employment",
    "Facts",
    "Finding",
    "Forum",
    "Function",
    "Link",
    "Member",
    "Party",
    "Place",
    "Post",
    "Record",
    "Report",
    "Severity",
    "Terms",
    "Unratified",
    "run",
    "run_delegations",
]


def run(facts: Facts, on: date) -> list[Finding]:
    """What all checks find on a day: errors first, then in the order of the list of checks, then by record.

    The same facts in any order give the same findings. With a `focus` only those of that system are given.
    """
    register = Register(facts, on)
    found = [*delegations.all_checks(register), *forums.all_checks(register), *bodies.all_checks(register)]
    return _in_order(facts, found)


def run_delegations(facts: Facts, on: date) -> list[Finding]:
    """What the checks of delegations alone find."""
    return _in_order(facts, list(delegations.all_checks(Register(facts, on))))


def _in_order(facts: Facts, found: list[Finding]) -> list[Finding]:
    by_key = {each.key: each for each in sorted(found, key=lambda each: each.order, reverse=True)}
    kept = [each for each in by_key.values() if facts.focus in (None, each.system)]
    return sorted(kept, key=lambda each: each.order)
