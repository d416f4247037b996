"""The escalation process: its stages, what is known of a case when a move is asked for, and the guards.

A guard is a pure function of the case: it reads `case.known` alone, which `queries.case_parts` fills, and
returns the reasons against, each a plain sentence with the name of what is missing (`field`, one of `MISSING`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ics_governance.permissions import join_words
from ics_governance.wording import day
from ics_governance.workflow import Reason

REPLY_DAYS = 10  # working days of the right of reply, on every occasion
ACCURACY_DAYS = 5  # working days for the parties to check the facilitation record
ANSWER_DAYS = 5  # working days for the holder to answer a request for dispute resolution


@dataclass(frozen=True)
class Stage:
    """A stage as people read it: who holds it, by rule, and how long it has by default."""

    code: str
    title: str
    held_by: str
    days: int | None

    @property
    def clock(self) -> str:
        """Its default time in words."""
        return f"{self.days} working days" if self.days else "no clock unless its plan sets one"


STAGES: tuple[Stage, ...] = (
    Stage("raised", "Raised", "the ICB of the place it arose in, unless it is a party", 5),
    Stage("informal_resolution", "Informal resolution", "the bodies themselves; the ICB watches the clock", 20),
    Stage("facilitated_resolution", "Facilitated resolution", "an ICB or region that is no party", 30),
    Stage("dispute_resolution", "Dispute resolution", "a named independent third party", 30),
    Stage("oversight_review", "Oversight review", "the region, by someone not involved before", 20),
    Stage("support", "Support", "the region", None),
    Stage("enforcement", "Enforcement", "the region", None),
    Stage("closed", "Closed", "nobody", None),
)
STAGE = {stage.code: stage for stage in STAGES}
BY_REGION = frozenset({"oversight_review", "support", "enforcement"})

# What a move asks for, by event, beside its reason: names of `move(changes=...)`. An asterisk: it must be given.
ASKS: dict[str, tuple[str, ...]] = {
    "accept": ("lead",),
    "decline": ("reason*", "signpost*"),
    "withdraw": ("reason*",),
    "settle_informally": ("learnt",),
    "not_settled": ("reason",),
    "settle_by_facilitation": ("learnt",),
    "to_dispute_resolution": (),
    "settle_dispute": ("outcome*", "learnt", "reason*"),
    "to_oversight_review": ("reason*",),
    "override": (),
    "refer_back_to_triage": ("reason*",),
    "refer_back_to_informal": ("reason*",),
    "refer_back_to_facilitation": ("reason*",),
    "refer_back_to_dispute": ("reason*",),
    "refer_back_to_review": ("reason*",),
    "no_action": ("reason*", "outcome", "learnt"),
    "shared_cause": ("reason*", "learnt*"),
    "support": ("reason*", "days"),
    "end_support": ("learnt*",),
    "enforce": ("reason*", "days"),
    "end_measure": ("learnt*",),
    "supersede": ("reason*", "lead_case*"),
}
ASKED = {
    "reason": "The reason for this move",
    "signpost": "Where the matter belongs",
    "outcome": "The outcome",
    "learnt": "What was learnt",
    "lead_case": "The case in which it goes on",
}
# Outcomes that a closing event may record; the first is taken when none is given.
OUTCOMES: dict[str, tuple[str, ...]] = {
    "decline": ("not_for_this_process",),
    "withdraw": ("withdrawn",),
    "settle_informally": ("resolved",),
    "settle_by_facilitation": ("resolved",),
    "settle_dispute": ("resolved", "not_upheld"),
    "no_action": ("no_action", "not_upheld"),
    "shared_cause": ("shared_cause",),
    "end_support": ("support_ended",),
    "end_measure": ("measure_ended",),
    "supersede": ("superseded",),
}
# What a guard may name as missing; pages link each to where it is put on the file.
MISSING = frozenset(
    {
        "attempt", "agreement", "facilitation", "accuracy", "discussion", "characteristics", "dispute", "finding",
        "reply", "override", "measure", "criteria", "commitments", "respondents", "stage",
    }
)  # fmt: skip


# --- What is known of a case --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """The right of reply of one respondent on one occasion."""

    organisation: int
    occasion: str
    due_on: date
    replied: bool

    def open_on(self, on: date) -> bool:
        """Whether the body may still be heard: it has not replied, and its window is not over."""
        return not self.replied and self.due_on >= on


@dataclass(frozen=True)
class Found:
    """A finding of the review about one respondent."""

    organisation: int
    adverse: bool
    rests_on_restricted: bool = False
    rests_on_unanswered: bool = False


@dataclass(frozen=True)
class Ground:
    """A measure of enforcement as its guards read it."""

    organisation: int
    legal_basis: str
    test: str
    process: str
    ended: bool


@dataclass(frozen=True)
class Known:
    """All that guards may ask of a case, as it stands on a day. Bodies are ids; `names` says what they are called."""

    on: date
    stage: str
    last_stage: str = ""
    overridden: bool = False
    holder: int = 0
    respondents: tuple[int, ...] = ()
    sides: frozenset[str] = frozenset()  # who must agree: "raiser", and each respondent as "respondent:12"
    agreed: frozenset[str] = frozenset()
    attempts: tuple[str, ...] = ()  # outcomes of the dated attempts on file
    facilitation: str = ""  # "", "incomplete", "written", "sent", "checked"
    accuracy_due: date | None = None
    affected: tuple[int, ...] = ()
    discussed: frozenset[int] = frozenset()
    characteristics: bool = False
    windows: tuple[Window, ...] = ()
    findings: tuple[Found, ...] = ()
    dispute_open: bool = False  # a request waits for its answer
    dispute_granted: bool = False
    third_party: str = ""
    dispute_found: bool = False
    override_confirmed: bool = False
    measures: tuple[Ground, ...] = ()
    criteria: tuple[bool, ...] = ()  # of support: met or not
    measure_criteria: tuple[bool, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict, compare=False)

    def name(self, body: int) -> str:
        """What a body is called."""
        return self.names.get(body, "a body")

    def said(self, bodies: Sequence[int]) -> str:
        """Bodies in words."""
        return join_words([self.name(body) for body in bodies], "and")


def known(case: Any) -> Known:
    """What was loaded for the guards."""
    found: Known = case.known
    return found


# --- The guards ---------------------------------------------------------------------------------------------------


def respondents_named(case: Any) -> list[Reason]:
    """At least one respondent is named, to whom the allegation is put."""
    if known(case).respondents:
        return []
    return [Reason("Name at least one body that is asked to answer; the allegation is put to it.", "respondents")]


def attempt_on_file(case: Any) -> list[Reason]:
    """No stage is skipped: a dated informal attempt is on file, or two declined invitations."""
    attempts = known(case).attempts
    declined = sum(outcome == "declined" for outcome in attempts)
    if declined >= 2 or len(attempts) > declined:
        return []
    if declined == 1:
        return [Reason("One invitation was declined: a second one, or an attempt that took place.", "attempt")]
    return [
        Reason("An informal attempt with its date: partners talk first. Two declined invitations count.", "attempt")
    ]


def both_sides_agree(case: Any) -> list[Reason]:
    """Every side has agreed to the terms."""
    facts = known(case)
    missing = sorted(facts.sides - facts.agreed)
    if not missing:
        return []
    words = [
        "who raised it" if side == "raiser" else facts.name(int(side.partition(":")[2])) for side in reversed(missing)
    ]
    return [Reason(f"The agreement of {join_words(words, 'and')}, with the terms in its own words.", "agreement")]


def facilitation_recorded(case: Any) -> list[Reason]:
    """The facilitation record is on file: named leader, who took part, outcome."""
    state = known(case).facilitation
    if state in ("", "incomplete"):
        return [Reason("The facilitation record: who led it, who took part and what came of it.", "facilitation")]
    return []


def facilitation_checked(case: Any) -> list[Reason]:
    """The parties have checked the facilitation record for accuracy, or their five days are over."""
    facts = known(case)
    if facts.facilitation == "written":
        return [Reason("The facilitation record has not been sent to the parties for its accuracy check.", "accuracy")]
    if facts.facilitation == "sent" and facts.accuracy_due and facts.accuracy_due >= facts.on:
        return [Reason(f"The parties may check the facilitation record until {day(facts.accuracy_due)}.", "accuracy")]
    return []


def reply_on_record_given(case: Any) -> list[Reason]:
    """Every respondent has replied to the facilitation record, or its window is over."""
    return _unheard(known(case), "facilitation", "on the facilitation record")


def discussed_with_affected(case: Any) -> list[Reason]:
    """The case was discussed with the leaders of each affected ICB, or of another forum where none is left."""
    facts = known(case)
    missing = [body for body in facts.affected if body not in facts.discussed]
    if missing:
        return [Reason(f"A recorded discussion with the leaders of {facts.said(missing)}.", "discussion")]
    if not facts.discussed:
        return [Reason("A recorded discussion with the leaders of an affected ICB or another forum.", "discussion")]
    return []


def characteristic_named(case: Any) -> list[Reason]:
    """At least one characteristic of effective collaboration is named."""
    if known(case).characteristics:
        return []
    return [Reason("The characteristic of effective collaboration that the case speaks to.", "characteristics")]


def dispute_granted(case: Any) -> list[Reason]:
    """A party's request was granted and an independent third party is named."""
    facts = known(case)
    if not facts.dispute_granted:
        return [Reason("A party's request for dispute resolution that was granted.", "dispute")]
    if not facts.third_party:
        return [Reason("The name of the independent third party.", "dispute")]
    return []


def dispute_found(case: Any) -> list[Reason]:
    """The third party's finding is recorded, when the case is in dispute resolution."""
    facts = known(case)
    if facts.stage == "dispute_resolution" and not facts.dispute_found:
        return [Reason("The finding of the independent third party.", "finding")]
    return []


def dispute_answered(case: Any) -> list[Reason]:
    """No request for dispute resolution waits for its answer."""
    if known(case).dispute_open:
        return [Reason("A party has asked for dispute resolution: answer it first, with reasons.", "dispute")]
    return []


def override_confirmed(case: Any) -> list[Reason]:
    """The override was confirmed by a second person of the receiving region."""
    if known(case).override_confirmed:
        return []
    return [Reason("A second person of the receiving region has to confirm the override.", "override")]


def finding_recorded(case: Any) -> list[Reason]:
    """The review's findings are on file, one for each respondent."""
    facts = known(case)
    found = {finding.organisation for finding in facts.findings}
    missing = [body for body in facts.respondents if body not in found]
    if missing:
        return [Reason(f"What the review found about {facts.said(missing)}.", "finding")]
    return []


def adverse_findings_heard(case: Any) -> list[Reason]:
    """No adverse finding without the right of reply, on the allegation and on the finding."""
    facts = known(case)
    adverse = {finding.organisation for finding in facts.findings if finding.adverse}
    return [
        reason
        for occasion, words in (("allegation", "on the allegation"), ("findings", "on the review's findings"))
        for reason in _unheard(facts, occasion, words, adverse)
    ]


def _unheard(facts: Known, occasion: str, words: str, bodies: set[int] | None = None) -> list[Reason]:
    """A reason for each body that was not asked on this occasion, or may still reply."""
    reasons = []
    for body in facts.respondents if bodies is None else sorted(bodies):
        windows = [window for window in facts.windows if (window.organisation, window.occasion) == (body, occasion)]
        if not windows and bodies is not None:
            reasons.append(Reason(f"{facts.name(body)} has not been asked to reply {words}.", "reply"))
        for window in windows:
            if window.open_on(facts.on):
                reasons.append(Reason(f"{facts.name(body)} may reply {words} until {day(window.due_on)}.", "reply"))
    return reasons


def adverse_findings_seen(case: Any) -> list[Reason]:
    """No adverse finding rests on evidence that the respondent has not seen, or on a fact it may still answer."""
    facts, reasons = known(case), []
    for finding in facts.findings:
        if finding.adverse and finding.rests_on_restricted:
            text = f"A finding about {facts.name(finding.organisation)} rests on evidence that it has not seen."
            reasons.append(Reason(text, "finding"))
        if finding.adverse and finding.rests_on_unanswered:
            text = f"A finding about {facts.name(finding.organisation)} rests on a fact that it may still answer."
            reasons.append(Reason(text, "finding"))
    return reasons


def none_adverse(case: Any) -> list[Reason]:
    """Shared cause: no finding puts it on one body alone."""
    facts = known(case)
    adverse = sorted({finding.organisation for finding in facts.findings if finding.adverse})
    if adverse:
        text = f"The findings put it on {facts.said(adverse)}; shared cause is nobody's failure alone."
        return [Reason(text, "finding")]
    return []


def exit_criteria_set(case: Any) -> list[Reason]:
    """It is written down what ends the support."""
    if known(case).criteria:
        return []
    return [Reason("What ends the support: at least one exit criterion.", "criteria")]


def exit_criteria_met(case: Any) -> list[Reason]:
    """All exit criteria of the support are met."""
    criteria = known(case).criteria
    if criteria and all(criteria):
        return []
    left = sum(not met for met in criteria)
    return [Reason(f"Exit criteria that are not met yet: {left}." if left else "Its exit criteria.", "criteria")]


def measure_grounded(case: Any) -> list[Reason]:
    """A measure names its licence condition or statutory duty, the legal test in words and its own process."""
    facts = known(case)
    live = [measure for measure in facts.measures if not measure.ended]
    if not live:
        text = "A measure with its ground in law: a characteristic alone is no legal ground."
        return [Reason(text, "measure")]
    asked = (
        ("legal_basis", "the licence condition or the statutory duty it rests on"),
        ("test", "the legal test in words, and why it is met"),
        ("process", "the steps of its own process"),
    )
    reasons = [
        Reason(f"The measure for {facts.name(measure.organisation)} lacks {words}.", "measure")
        for measure in live
        for name, words in asked
        if not getattr(measure, name).strip()
    ]
    found = {finding.organisation for finding in facts.findings if finding.adverse}
    reasons += [
        Reason(f"There is no adverse finding about {facts.name(measure.organisation)}.", "finding")
        for measure in live
        if measure.organisation not in found
    ]
    return reasons


def measures_ended(case: Any) -> list[Reason]:
    """Every measure has ended, its exit criteria met."""
    facts = known(case)
    left = sum(not measure.ended for measure in facts.measures)
    if left or not facts.measures:
        return [Reason(f"Measures that have not ended: {left}.", "measure")]
    unmet = sum(not met for met in facts.measure_criteria)
    return [Reason(f"Exit criteria of its measures that are not met yet: {unmet}.", "criteria")] if unmet else []


def _came_from(stage: str) -> Any:
    def came_from(case: Any) -> list[Reason]:
        facts = known(case)
        if facts.stage in ("oversight_review", "support", "enforcement") and facts.last_stage != stage:
            title = STAGE[facts.last_stage].title.lower() if facts.last_stage in STAGE else "no stage"
            return [Reason(f"It was in {title} before, so it is not referred back to this stage.", "stage")]
        return []

    came_from.__doc__ = f"It was in {STAGE[stage].title.lower()} before."
    return came_from


came_from_triage = _came_from("raised")
came_from_informal = _came_from("informal_resolution")
came_from_facilitation = _came_from("facilitated_resolution")
came_from_dispute = _came_from("dispute_resolution")
REFER_BACK_GUARDS = (came_from_triage, came_from_informal, came_from_facilitation, came_from_dispute)
