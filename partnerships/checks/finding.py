"""What a governance check says: a finding; and the list of all checks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

LONGEST_KEY, LONGEST_TEXT, LONGEST_ACTION = 120, 400, 300


class Severity(StrEnum):
    """How much it matters: an error breaks a rule, a warning may become one, advice never blocks."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


ORDER = {severity: place for place, severity in enumerate(Severity)}


class Record(NamedTuple):
    """A record that a finding is about: its kind (`delegation`, `forum`, `organisation`, `arrangement`, `place`,
    `post`) and id."""

    kind: str
    id: int


class Check(NamedTuple):
    """A check: what it is called, how much it matters, what it rests on."""

    title: str
    severity: Severity
    rests_on: str


OWNED = "Authority comes from the body that owns a function, and nobody passes on more than they hold"
PLACES = "Thriving places (NHS England and the Local Government Association, 2021)"
KEPT = "What the partners agreed: dates and numbers in their own documents"
ROWS: list[tuple[str, str, str, str]] = [
    ("double_delegation", "error", "Passed on without permission",
     "A delegated function goes on to another body only where the delegation permits it"),
    ("loop", "error", "Delegations in a circle", OWNED),
    ("limit_above", "error", "Limit above the delegator's own", OWNED),
    ("reserved_delegated", "error", "Reserved function delegated", "What is reserved, the body's own board decides"),
    ("basis_not_open", "error", "Legal basis not open to these bodies",
     "The catalogue of legal bases: each is open to certain owners, recipients and functions"),
    ("expired", "error", "Expired, neither ended nor renewed", "An expired delegation gives no authority"),
    ("closed_body", "error", "Delegation of a body that is no more",
     "A delegation does not pass to a successor by itself: it needs a dated novation"),
    ("vacant_post", "error", "Vacant post holding authority", "A vacant post decides nothing"),
    ("lead_not_employed", "error", "Executive lead not employed by the delegator", PLACES),
    ("one_delegating_body", "error", "Joint committee with one delegating body", PLACES),
    ("urgent_not_ratified", "error", "Urgent decisions not ratified",
     "The use of an urgent power is ratified by the day that the power names"),
    ("quorum_too_high", "error", "Quorum above the voting members", KEPT),
    ("board_below_minimum", "error", "ICB board below its minimum membership",
     "Chair, chief executive, and members from trusts, general practice and councils: Health and Care Act 2022"),
    ("board_not_recorded", "warning", "ICB without a board in the register",
     "Every integrated care board has a board; what is passed on comes from it: Health and Care Act 2022"),
    ("place_without_icb", "error", "Place in no live ICB", "Every place lies in one integrated care board"),
    ("place_in_two_icbs", "error", "Place in two live ICBs", "Every place lies in one integrated care board"),
    ("expiring", "warning", "Expires within 60 days", "An expired delegation gives no authority"),
    ("review_overdue", "warning", "Review of a delegation overdue", KEPT),
    ("review_unanswered", "warning", "Review asked for an end or a change, and nothing was done", KEPT),
    ("terms_missing", "warning", "No terms of reference", PLACES),
    ("terms_overdue", "warning", "Terms of reference out of date", KEPT),
    ("no_disagreement_process", "warning", "No disagreement process", PLACES),
    ("same_function", "warning", "Two forums with the same function and place", PLACES),
    ("no_reporting_line", "warning", "Forum without a reporting line", PLACES),
    ("providers_majority", "warning", "Commissioning forum with a majority of providers",
     "Members whose employers gain from a decision do not take it alone"),
    ("consent_missing", "warning", "Member without the consent of the convening body",
     "Bodies that are not statutory sit on committees where the convening body thinks it right"),
    ("no_collaborative", "warning", "Acute or mental health trust in no collaborative",
     "Guidance on well-led trusts: acute and mental health trusts take part in a provider collaborative"),
    ("too_few_trusts", "warning", "Provider collaborative of fewer than two trusts",
     "A provider collaborative is a partnership of two or more trusts that work at scale"),
    ("icp_without_council", "warning", "Integrated care partnership without one of its councils",
     "It is the joint committee of the ICB and all upper-tier councils of its area: Health and Care Act 2022"),
    ("several_icps", "warning", "More than one integrated care partnership",
     "An integrated care board and its councils have one joint committee of this kind: Health and Care Act 2022"),
    ("partner_missing", "advice", "Place partnership without a type of partner", PLACES),
]  # fmt: skip
CHECKS = {code: Check(title, Severity(severity), rests_on) for code, severity, title, rests_on in ROWS}
"""Every check by its code, in the order in which findings of one severity are told."""

PLACE_IN_LIST = {code: place for place, code in enumerate(CHECKS)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: a sentence, the records it is about (the first is where it is mended), what to do, whose system.

    `system`: the id of an ICB; None: of none.
    """

    code: str
    severity: Severity
    text: str
    action: str
    records: tuple[Record, ...]
    system: int | None

    @property
    def key(self) -> str:
        """The same for the same finding on another day: the check and its records."""
        key = f"{self.code}:{','.join(f'{kind}-{id}' for kind, id in self.records)}"
        if len(key) <= LONGEST_KEY:
            return key
        return f"{self.code}:{hashlib.sha256(key.encode()).hexdigest()[:40]}"

    @property
    def order(self) -> tuple[int, int, tuple[Record, ...]]:
        """Errors first, then as the checks are listed, then by record."""
        return (ORDER[self.severity], PLACE_IN_LIST[self.code], self.records)


def finding(
    code: str,
    text: str,
    action: str,
    records: Iterable[tuple[str, int]],
    system: int | None,
    severity: Severity | None = None,
) -> Finding:
    """A finding of a check, of the check's own severity where none is given."""
    return Finding(
        code,
        severity or CHECKS[code].severity,
        clipped(text, LONGEST_TEXT),
        clipped(action, LONGEST_ACTION),
        tuple(Record(*each) for each in records),
        system,
    )


def clipped(text: str, longest: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
