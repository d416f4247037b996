"""The timeline of a case in words: its steps, what was put on its file. It names nobody whom a reader may not know."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from ics_governance.wording import day, working_days
from oversight.models import Side
from oversight.process import STAGE

if TYPE_CHECKING:
    from oversight.queries.case_file import CaseFile

SIDES = {
    Side.RESPONDENT: "The respondent",
    Side.HOLDER: "The holder",
    Side.OVERSEER: "The region",
    Side.AFFECTED: "An affected system",
    Side.THIRD_PARTY: "The third party",
    Side.SYSTEM: "The system",
}
DID = {
    "raise": "raised the concern",
    "accept": "accepted it and put it to the respondents",
    "decline": "closed it: not for this process",
    "withdraw": "withdrew it",
    "not_settled": "found it not settled, and moved it to facilitated resolution",
    "to_dispute_resolution": "moved it to dispute resolution",
    "to_oversight_review": "moved it to oversight review",
    "override": "moved it to oversight review by an urgent override",
    "support": "began support",
    "enforce": "moved it to enforcement",
    "hand_over": "handed it over",
    "passed_on": "passed it on with its bodies",
}


@dataclass(frozen=True)
class Line:
    """One line, with its day."""

    on: date
    text: str


def who(file: "CaseFile", said: Any, side: str = "") -> str:
    """Who said or did something, as this reader may know it."""
    if getattr(said, "organisation_id", None):
        return str(said.organisation.label)
    if (side or said.side) == Side.RAISER:
        return file.raiser_label[:1].upper() + file.raiser_label[1:]
    return SIDES.get(side or said.side, "Somebody")


def lines_of(file: "CaseFile") -> list[Line]:
    """Everything that happened, the newest first."""
    found = [*_steps(file), *_file(file), *_talks(file), *_clocks(file), *_outcomes(file)]
    return sorted(found, key=lambda line: line.on)[::-1]


def _steps(file: "CaseFile") -> Iterator[Line]:
    for step in file.parts.steps:
        did = DID.get(step.event)
        if did is None and step.event.startswith("refer_back"):
            did = f"referred it back to {STAGE[step.target].title.lower()}"
        reason = f" Reason: {step.reason}" if step.reason else ""
        yield Line(step.on, f"{who(file, step)} {did or 'closed it'}. {step.note}{reason}")


def _file(file: "CaseFile") -> Iterator[Line]:
    numbers = {fact.pk: fact.number for fact in file.parts.facts}
    for fact in file.parts.facts:
        if fact.added_on > file.case.opened_on:
            yield Line(fact.added_on, f"{who(file, fact, fact.by_side)} added fact {fact.number}.")
    for reply in file.parts.fact_replies:
        verb = "agreed with" if reply.agrees else "disputed"
        yield Line(reply.on, f"{who(file, reply)} {verb} fact {numbers.get(reply.fact_id)}.")
    for window in file.parts.replies:
        if window.replied_on:
            yield Line(window.replied_on, f"{window.organisation.label} replied on {window.get_occasion_display()}.")
    for row in file.parts.evidence:
        yield Line(row.added_on, f"{who(file, row, row.by_side)} added evidence: {row.title}.")


def _talks(file: "CaseFile") -> Iterator[Line]:
    record = file.parts.facilitation
    if record:
        yield Line(record.held_on, f"Facilitated meeting, led by {record.leader_name}.")
        if record.sent_on:
            yield Line(record.sent_on, "The facilitation record was sent to the parties for their check.")
    for check in file.parts.checks:
        yield Line(check.checked_on, f"{who(file, check)} checked the facilitation record.")
    for talk in file.parts.discussions:
        yield Line(talk.held_on, f"Discussion with the leaders of {talk.organisation.label}.")
    for row in file.parts.agreements:
        yield Line(row.agreed_on, f"{who(file, row)} agreed to terms.")
    for asked in file.parts.dispute_requests:
        yield Line(asked.asked_on, f"{who(file, asked)} asked for dispute resolution.")
        if asked.answered_on:
            words = "granted" if asked.granted else "refused"
            yield Line(asked.answered_on, f"The request for dispute resolution was {words}.")
    for found in file.parts.dispute_findings:
        yield Line(found.found_on, "The third party’s finding was put on file.")


def _clocks(file: "CaseFile") -> Iterator[Line]:
    for pause in file.parts.pauses:
        if pause.approved_by_id:
            yield Line(pause.starts, f"Clock paused: {pause.reason}")
            if pause.ends and pause.ends <= file.actor.on:
                yield Line(pause.ends, "Clock restarted.")
    for more in file.parts.extensions:
        if more.approved_at:
            yield Line(more.approved_at.date(), f"{working_days(more.days)} more were given: {more.reason}")


def _outcomes(file: "CaseFile") -> Iterator[Line]:
    for finding in file.parts.findings:
        yield Line(finding.found_on, f"Finding about {finding.organisation.label}.")
    for measure in file.parts.measures:
        if measure.notice_on:
            yield Line(measure.notice_on, f"Notice of intent to {measure.organisation.label}.")
        if measure.final_on:
            yield Line(measure.final_on, f"A measure for {measure.organisation.label} came into force.")
    for row in file.parts.criteria:
        if row.met_on:
            yield Line(row.met_on, f"Exit criterion met: {row.text}")
    for row in file.parts.commitments:
        if row.done_on:
            yield Line(row.done_on, f"{row.owner.label} reported its commitment done, due {day(row.due_on)}.")
