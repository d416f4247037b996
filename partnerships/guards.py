"""Reasons against a move of a meeting, decision or action. Pure: they read the record they are given.

A guard takes the record with what belongs to it already loaded (`queries.for_guards`), so it asks the database nothing.
"""

from typing import Any

from ics_governance.workflow import Reason

# The five questions of the subsidiarity check, for decisions taken above place (our wording).
SUBSIDIARITY = {
    "critical_mass": "Does a safe and lasting result need more people or volume than one place has?",
    "effectiveness": "Do the partners achieve more together here than each place alone?",
    "design": "Does it fit the system's agreed design and its oversight?",
    "all_agree": "Do all the partners concerned prefer this level?",
    "do_once": "Is it done once here in place of several times: for scale, against duplication, or for speed?",
}
ABOVE_PLACE = ("multi_place", "system", "multi_system", "region", "national")

FIVE = {
    "title": "A title",
    "text": "The decision as it will be published",
    "kind": "What kind of decision it is",
    "lead_officer": "The lead officer",
    "decided_on": "The date it was taken",
}
DOZEN = {
    "function": "The function it exercises",
    "level": "The level at which it was taken",
    "effect_health": "Effect on health and wellbeing",
    "effect_quality": "Effect on the quality of services",
    "effect_resources": "Effect on the sustainable use of resources",
}
EVERYTHING = {
    "effect_inequalities": "Effect on inequalities",
    "options": "The options considered",
    "engagement": "Engagement: done, or not needed because…",
    "equality": "Equality impact: done, or not needed because…",
    "review_on": "The date of its review",
}
# What must stand in the papers: the indicator S1 reads whether it did.
WITH_THE_PAPERS = ("effect_health", "effect_quality", "effect_resources", "effect_inequalities", "options")


def needed(weight: str) -> dict[str, str]:
    """Fields that a decision of this weight needs before it can be agreed, with their labels."""
    return FIVE | (DOZEN if weight != "procedural" else {}) | (EVERYTHING if weight == "significant" else {})


def is_empty(decision: Any, field: str) -> bool:
    """Whether nothing was entered; a text of spaces is nothing."""
    value = getattr(decision, f"{field}_id" if field in ("lead_officer", "function") else field)
    return not (value.strip() if isinstance(value, str) else value)


def complete_with_papers(decision: Any) -> bool:
    """Whether effects, inequalities and options are all there; measured when papers are issued."""
    return not any(is_empty(decision, field) for field in WITH_THE_PAPERS)


def decision_is_complete(decision: Any) -> list[Reason]:
    """Everything that its weight asks for is there."""
    reasons = [Reason(label, field) for field, label in needed(decision.weight).items() if is_empty(decision, field)]
    if decision.weight == "significant":
        reasons += [*_checks_have_reasons(decision), *_subsidiarity(decision), *_has_an_owner(decision)]
    return reasons


def _checks_have_reasons(decision: Any) -> list[Reason]:
    """A check that was not needed says why."""
    return [
        Reason(f"Why {label} was not needed", f"{field}_note")
        for field, label in (("engagement", "engagement"), ("equality", "an equality impact assessment"))
        if getattr(decision, field) == "not_needed" and is_empty(decision, f"{field}_note")
    ]


def _subsidiarity(decision: Any) -> list[Reason]:
    if decision.level not in ABOVE_PLACE:
        return []
    open_questions = [key for key in SUBSIDIARITY if not str(decision.subsidiarity.get(key, "")).strip()]
    if not open_questions:
        return []
    return [Reason(f"The subsidiarity check: {len(open_questions)} of 5 questions open", "subsidiarity")]


def _has_an_owner(decision: Any) -> list[Reason]:
    return [] if list(decision.actions.all()) else [Reason("At least one action with an owner", "actions")]


def decision_is_quorate(decision: Any) -> list[Reason]:
    """The meeting had its quorum."""
    if decision.means != "meeting":
        return []
    if decision.meeting is None:
        return [Reason("The meeting at which it was taken", "meeting")]
    present, needed_members = decision.meeting.quorum_facts
    if needed_members is None:
        return []
    if not list(decision.meeting.attendance.all()):
        return [
            Reason("Who attended: nobody is marked yet", "attendance", f"/meetings/{decision.meeting_id}/attendance/")
        ]
    if present < needed_members:
        text = f"A quorum: {present} voting members were present, {needed_members} are needed"
        return [Reason(text, "attendance", f"/meetings/{decision.meeting_id}/attendance/")]
    return [
        Reason(f"A quorum: {words}", "attendance", f"/meetings/{decision.meeting_id}/attendance/")
        for words in decision.meeting.rules_unmet
    ]


def urgent_power_is_named(decision: Any) -> list[Reason]:
    """One taken by urgent power names the power of the post that took it."""
    if decision.means == "urgent" and decision.urgent_power_id is None:
        return [Reason("The power for urgent cases on which it rests", "urgent_power")]
    return []


def may_ratify(decision: Any, by: Any) -> list[Reason]:
    """Why a decision cannot be ratified by another one: both as they stand."""
    reasons = []
    if decision.means != "urgent" or decision.state not in ("agreed", "implemented", "reviewed"):
        reasons.append(Reason("Only a decision that was taken by urgent power is ratified"))
    if decision.ratified_by_id is not None:
        reasons.append(Reason("It has been ratified already"))
    if by.forum_id != decision.forum_id or by.pk == decision.pk:
        reasons.append(Reason("It is ratified by another decision of the same forum", "ratified_by"))
    elif by.means == "urgent" or by.state not in ("agreed", "implemented", "reviewed"):
        reasons.append(Reason("It is ratified by a decision that the forum has agreed", "ratified_by"))
    elif by.kind not in ("decide", "endorse"):
        reasons.append(Reason("A recommendation or a note ratifies nothing", "ratified_by"))
    elif by.decided_on is None or (decision.decided_on and by.decided_on < decision.decided_on):
        reasons.append(Reason("The decision that ratifies it was taken after it", "ratified_by"))
    return reasons


def forum_may_bind(decision: Any) -> list[Reason]:
    """A consultative forum and a council of governors only recommend."""
    if decision.kind == "decide" and not decision.forum.binds:
        form = "Governors" if decision.forum.form == "council_of_governors" else "A consultative forum"
        return [Reason(f"{form} cannot take a binding decision: record it as a recommendation", "kind")]
    return []


def is_on_an_agenda(decision: Any) -> list[Reason]:
    """It stands on the agenda of a meeting."""
    return [] if decision.meeting_id else [Reason("The meeting at which it is proposed", "meeting")]


def says_why(decision: Any) -> list[Reason]:
    """The outcome has a reason."""
    return [Reason("Why", "outcome_note")] if is_empty(decision, "outcome_note") else []


def actions_are_settled(decision: Any) -> list[Reason]:
    """Every action is confirmed, declined or withdrawn."""
    waiting = [action for action in decision.actions.all() if action.state in ("proposed", "accepted", "done")]
    return [Reason(f"{action}: {action.title}", "actions", f"/actions/{action.pk}/") for action in waiting]


def action_has_evidence(action: Any) -> list[Reason]:
    """What shows that it was done is said."""
    return [] if action.evidence.strip() else [Reason("What shows that it was done", "evidence")]


def action_has_an_owner(action: Any) -> list[Reason]:
    """A named person owns it."""
    return [] if action.owner_person_id else [Reason("The person who will do it", "owner_person")]


def attendance_is_recorded(meeting: Any) -> list[Reason]:
    """Attendance is marked."""
    if list(meeting.attendance.all()):
        return []
    return [Reason("Who attended", "attendance", f"/meetings/{meeting.pk}/attendance/")]


def decisions_are_settled(meeting: Any) -> list[Reason]:
    """No decision of the meeting is still a draft or a proposal."""
    return [
        Reason(f"{decision.reference} {decision.title}", "decisions", f"/decisions/{decision.reference}/")
        for decision in meeting.decisions.all()
        if decision.state in ("draft", "proposed")
    ]
