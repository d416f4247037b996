"""Checks of forums: terms of reference, quorum, reporting lines, who votes, urgent decisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from partnerships.authority import Node
from partnerships.authority.words import day
from partnerships.forms_of_forum import needs_consent

from .facts import Forum, Register, Terms, grouped
from .finding import Finding, finding

NO_TERMS_NEEDED = ("individual_executive", "lead_provider", "joint_venture")
REPORT_TO_NOBODY = ("board", "council_of_governors")
STAND_AT_THE_TOP = ("icp", "hwb")
"""Kinds of arrangement to which others report: the partnership of a system, a council's statutory committee."""
COMMISSIONERS = ("icb", "oversight_body", "local_authority")
COMMISSIONING = ("commissioning", "primary_care", "specialised", "public_health", "social_care")
"""Families of functions in which providers are chosen and paid."""
PROVIDERS = ("trust", "primary_care", "provider", "social_care", "vcse")
"""Kinds of body that may gain when services are commissioned."""


def all_checks(register: Register) -> Iterator[Finding]:
    """Every finding about forums, in no order."""
    terms = _terms(register)
    reporting = {row.arrangement for row in register.live(register.facts.reports)}
    unratified = {row.forum: row.number for row in register.facts.unratified}
    for forum in register.live_forums:
        yield from terms_of(register, forum, terms.get(forum.id))
        yield from no_reporting_line(register, forum, reporting)
        yield from providers_majority(register, forum)
        yield from consent_missing(register, forum)
        yield from urgent_not_ratified(register, forum, unratified.get(forum.id, 0))


def of_forum(register: Register, code: str, forum: Forum, text: str, action: str) -> Finding:
    """A finding about one forum."""
    return finding(code, text, action, [("forum", forum.id)], register.system_of(forum.host))


def _terms(register: Register) -> dict[int, Terms]:
    """The terms of reference in force on the day, by forum."""
    adopted = grouped((row for row in register.facts.terms if row.adopted_on <= register.on), "forum")
    return {forum: max(rows, key=lambda row: row.version) for forum, rows in adopted.items()}


def terms_of(register: Register, forum: Forum, terms: Terms | None) -> Iterator[Finding]:
    """There are terms of reference, reviewed in time, that say what happens when members disagree."""
    if terms is None:
        if forum.form not in NO_TERMS_NEEDED:
            yield of_forum(
                register, "terms_missing", forum,
                f"{forum.name} has no terms of reference in the register.",
                "Record the version in force, with its quorum and its disagreement process.",
            )  # fmt: skip
        return
    if terms.review_on is not None and terms.review_on < register.on:
        yield of_forum(
            register, "terms_overdue", forum,
            f"The terms of reference of {forum.name} were due for review on {day(terms.review_on)}.",
            "Review them in the forum, and record the new version.",
        )  # fmt: skip
    if not terms.disagreement:
        yield of_forum(
            register, "no_disagreement_process", forum,
            f"The terms of reference of {forum.name} do not say what happens when members disagree.",
            "Agree a process with the members, and record a new version.",
        )  # fmt: skip
    members = register.members.get(forum.id, [])
    voting = sum(row.voting for row in members)
    if members and terms.quorum > voting:
        yield of_forum(
            register, "quorum_too_high", forum,
            f"{forum.name} needs {terms.quorum} voting members for a quorum, but has {voting}.",
            "Name the missing members, or adopt terms of reference with a quorum that can be met.",
        )  # fmt: skip


class Above(Protocol):
    """A forum to which another reports."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def ends(self) -> date | None:
        """Its last day."""


def fault_of_line(form: str, above: Above | None, on: date, *, within: str, through: bool) -> str:
    """What is wrong with a forum's reporting line, as the rest of a sentence about it; empty when nothing is.

    `within`: the kind of its arrangement. `through`: the arrangement itself reports to somebody, which counts for all
    its forums.
    """
    if form in REPORT_TO_NOBODY or through or within in STAND_AT_THE_TOP:
        return ""
    if above is None:
        return "reports to nobody"
    if above.ends is not None and above.ends < on:
        return f"reports to {above.name}, which ended on {day(above.ends)}"
    return ""


def no_reporting_line(register: Register, forum: Forum, reporting: set[int]) -> Iterator[Finding]:
    """It reports to a forum that exists, or its arrangement does; boards and partnerships stand at the top."""
    arrangement = register.arrangements.get(forum.arrangement or 0)
    fault = fault_of_line(
        forum.form, register.forums.get(forum.reports_to or 0), register.on,
        within=arrangement.kind if arrangement else "", through=forum.arrangement in reporting,
    )  # fmt: skip
    if not fault:
        return
    yield of_forum(
        register, "no_reporting_line", forum, f"{forum.name} {fault}.",
        "Agree to whom it reports, and record that with the forum or its arrangement.",
    )  # fmt: skip


def providers_majority(register: Register, forum: Forum) -> Iterator[Finding]:
    """Most who vote on what is commissioned come from bodies that may gain from it."""
    held = {edge.function for edge in register.into.get(Node.forum(forum.id), ()) if register.confers(edge)}
    commissions = sorted(code for code in held if _is_commissioning(register, code))
    if not commissions or forum.form in NO_TERMS_NEEDED:
        return
    voting = [row for row in register.members.get(forum.id, ()) if row.voting]
    gaining = [row for row in voting if register.bodies[row.body].kind in PROVIDERS]
    if 2 * len(gaining) > len(voting):
        yield of_forum(
            register, "providers_majority", forum,
            f"{len(gaining)} of the {len(voting)} voting members of {forum.name} come from bodies that may gain from "
            f"what it decides on {register.function(commissions[0])}.",
            "Balance the membership, or agree how conflicts are handled and who decides when these members step back.",
        )  # fmt: skip


def consent_missing(register: Register, forum: Forum) -> Iterator[Finding]:
    """A body that is not statutory sits on a committee without the recorded consent of whoever convenes it."""
    for pk in sorted({row.body for row in register.members.get(forum.id, ()) if row.consented_on is None}):
        body = register.bodies[pk]
        if needs_consent(forum.form, body.kind):
            yield finding(
                "consent_missing",
                f"{body.name} sits on {forum.name}, and no consent of the convening body is recorded.",
                "Ask the convening body, and record the day on which it agreed; or end the membership.",
                [("forum", forum.id), ("organisation", pk)], register.system_of(forum.host),
            )  # fmt: skip


def _is_commissioning(register: Register, code: str) -> bool:
    return register.functions[code].family in COMMISSIONING and register.owner_kind(code) in COMMISSIONERS


def urgent_not_ratified(register: Register, forum: Forum, count: int) -> Iterator[Finding]:
    """Published decisions by urgent power wait for ratification. Titles stay with the decisions."""
    if count:
        what = "A decision" if count == 1 else f"{count} decisions"
        was, its = ("was", "its") if count == 1 else ("were", "their")
        yield of_forum(
            register, "urgent_not_ratified", forum,
            f"{what} for {forum.name} by urgent power {was} not ratified by {its} day.",
            "Put the ratification on the agenda of the next meeting.",
        )  # fmt: skip
