"""Measures of enforcement as reference data, and the guards of measures and of signals.

The law is changing: a measure is a row here with its ground, its days of notice and the steps of its own process.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ics_governance.wording import day
from ics_governance.workflow import Reason


@dataclass(frozen=True)
class MeasureKind:
    """A kind of measure as reference data: its name, its law, the days of notice it needs, what its process is."""

    code: str
    title: str
    law: str
    notice: int
    urgent_notice: int
    bodies: frozenset[str]
    process: str


MEASURES: dict[str, MeasureKind] = {
    kind.code: kind
    for kind in (
        MeasureKind(
            "discretionary_requirement", "Discretionary requirement", "Health and Social Care Act 2012, section 105",
            28, 5, frozenset({"trust", "provider"}),
            "Notice of intent, representations, final notice, right of appeal to the tribunal, certificate of"
            " compliance.",
        ),
        MeasureKind(
            "enforcement_undertaking", "Enforcement undertaking", "Health and Social Care Act 2012, section 106",
            0, 0, frozenset({"trust", "provider"}),
            "The body offers undertakings, they are accepted or not, certificate of compliance.",
        ),
        MeasureKind(
            "licence_condition", "Additional licence condition", "Health and Social Care Act 2012, section 111",
            0, 0, frozenset({"trust"}),
            "For foundation trusts: the condition with its reasons, in force until it is lifted.",
        ),
        MeasureKind(
            "icb_undertaking", "Undertaking of an ICB", "National Health Service Act 2006, section 14Z61",
            0, 0, frozenset({"icb"}),
            "The ICB offers undertakings, they are accepted or not; a direction may follow.",
        ),
        MeasureKind(
            "icb_direction", "Direction to an ICB", "National Health Service Act 2006, section 14Z61",
            0, 0, frozenset({"icb"}),
            "After undertakings failed or were not offered: the direction with its reasons.",
        ),
    )
}  # fmt: skip


def notice_over(measure: Any) -> list[Reason]:
    """Where the law asks for notice of intent, it was given and its days are over."""
    kind = MEASURES[measure.kind]
    needed = kind.urgent_notice if measure.urgent else kind.notice
    if not needed:
        return []
    if not measure.notice_on:
        return [Reason(f"Notice of intent: at least {needed} days.", "notice_on")]
    over = measure.notice_on + timedelta(days=max(needed, measure.notice_days or 0))
    if measure.on < over:
        return [Reason(f"The notice runs until {day(over)}.", "notice_on")]
    return []


def ended_in_words(measure: Any) -> list[Reason]:
    """The certificate of compliance, or why it ended otherwise."""
    return (
        [] if measure.certificate.strip() else [Reason("How it ended: the certificate of compliance.", "certificate")]
    )


# --- Signals ------------------------------------------------------------------------------------------------------


def signal_reason(signal: Any) -> list[Reason]:
    """Why it is dismissed, or what is watched."""
    return [] if signal.reason.strip() else [Reason("The reason, in a sentence", "reason")]


def signal_watched_until(signal: Any) -> list[Reason]:
    """Until when it is watched."""
    return [] if signal.watch_until else [Reason("Until when it is watched", "watch_until")]


def signal_has_concern(signal: Any) -> list[Reason]:
    """The concern that was raised from it."""
    return [] if signal.concern_id else [Reason("The concern that was raised from it", "concern")]
