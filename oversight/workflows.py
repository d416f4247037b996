"""The workflows of cases, of measures of enforcement, and of signals, as tables."""

from ics_governance.workflow import Guard, Transition, Workflow, register
from partnerships.access import allowed

from . import measures
from . import process as g
from .access import P

_BEFORE_REVIEW = ("raised", "informal_resolution", "facilitated_resolution", "dispute_resolution")
_OPEN = (*_BEFORE_REVIEW, "oversight_review", "support", "enforcement")
_HEARD = (g.finding_recorded, g.adverse_findings_heard, g.adverse_findings_seen)
_DONE = {  # how the audit trail names what was done
    "accept": "accepted", "decline": "declined", "withdraw": "withdrawn", "settle_informally": "settled_informally",
    "settle_by_facilitation": "settled_by_facilitation", "settle_dispute": "dispute_settled",
    "override": "overridden", "no_action": "closed_without_action", "shared_cause": "closed_as_shared_cause",
    "support": "to_support", "enforce": "to_enforcement", "end_support": "support_ended",
    "end_measure": "measures_ended", "supersede": "superseded", "refer_back_to_triage": "referred_back_to_triage",
    "refer_back_to_informal": "referred_back_to_informal",
    "refer_back_to_facilitation": "referred_back_to_facilitation",
    "refer_back_to_dispute": "referred_back_to_dispute", "refer_back_to_review": "referred_back_to_review",
}  # fmt: skip
_REFERRED = (g.discussed_with_affected, g.characteristic_named)


def _move(
    event: str, sources: tuple[str, ...], target: str, label: str, *guards: Guard, by: str = P.CASE_LEAD
) -> Transition:
    return Transition(event, sources, target, by, f"case.{_DONE.get(event, event)}", label, guards, target)


CASE = register(
    Workflow(
        name="case",
        model="oversight.Case",
        column="stage",
        initial=("raised",),
        may=allowed,
        transitions=(
            _move("accept", ("raised",), "informal_resolution", "Accept and put it to the respondents",
                  g.respondents_named),
            _move("decline", ("raised",), "closed", "Close: not for this process"),
            _move("withdraw", _BEFORE_REVIEW, "closed", "Withdraw the concern", by=P.CASE_WITHDRAW),
            _move("settle_informally", ("informal_resolution",), "closed", "Close as settled informally",
                  g.both_sides_agree),
            _move("not_settled", ("informal_resolution",), "facilitated_resolution",
                  "Not settled: to facilitated resolution", g.attempt_on_file),
            _move("settle_by_facilitation", ("facilitated_resolution",), "closed", "Close as settled by facilitation",
                  g.facilitation_recorded, g.both_sides_agree),
            _move("to_dispute_resolution", ("facilitated_resolution",), "dispute_resolution", "To dispute resolution",
                  g.facilitation_recorded, g.facilitation_checked, g.dispute_granted),
            _move("settle_dispute", ("dispute_resolution",), "closed", "Close with the third party's finding",
                  g.dispute_found),
            _move("to_oversight_review", ("facilitated_resolution", "dispute_resolution"), "oversight_review",
                  "To oversight review", g.facilitation_recorded, g.facilitation_checked, g.reply_on_record_given,
                  *_REFERRED, g.dispute_answered, g.dispute_found),
            _move("override", _BEFORE_REVIEW, "oversight_review", "Urgent override to oversight review",
                  g.override_confirmed, by=P.CASE_CONFIRM),
            _move("no_action", ("oversight_review",), "closed", "Close without action", g.finding_recorded,
                  g.adverse_findings_heard, g.adverse_findings_seen),
            _move("shared_cause", ("oversight_review",), "closed", "Close as shared cause", g.finding_recorded,
                  g.none_adverse),
            _move("support", ("oversight_review",), "support", "Support", *_HEARD, *_REFERRED, g.exit_criteria_set),
            _move("enforce", ("oversight_review", "support"), "enforcement", "To enforcement", *_HEARD, *_REFERRED,
                  g.measure_grounded),
            _move("end_support", ("support",), "closed", "Close: support has ended", g.exit_criteria_met),
            _move("end_measure", ("enforcement",), "closed", "Close: measures have ended", g.measures_ended),
            _move("refer_back_to_triage", ("informal_resolution", "oversight_review"), "raised",
                  "Refer back to triage", g.came_from_triage),
            _move("refer_back_to_informal", ("facilitated_resolution", "oversight_review"), "informal_resolution",
                  "Refer back to informal resolution", g.came_from_informal),
            _move("refer_back_to_facilitation", ("dispute_resolution", "oversight_review"), "facilitated_resolution",
                  "Refer back to facilitated resolution", g.came_from_facilitation),
            _move("refer_back_to_dispute", ("oversight_review",), "dispute_resolution",
                  "Refer back to dispute resolution", g.came_from_dispute),
            _move("refer_back_to_review", ("support", "enforcement"), "oversight_review",
                  "Refer back to oversight review"),
            _move("supersede", _OPEN, "closed", "Close: it goes on in another case"),
        ),
    )
)  # fmt: skip

MEASURE = register(
    Workflow(
        name="measure",
        model="oversight.Measure",
        column="state",
        initial=("proposed",),
        may=allowed,
        transitions=(
            Transition("give_notice", ("proposed",), "notice", P.CASE_LEAD, "measure.notice_given",
                       "Give notice of intent"),
            Transition("bring_into_force", ("proposed", "notice"), "final", P.CASE_LEAD, "measure.in_force",
                       "Bring into force", (measures.notice_over,)),
            Transition("appeal", ("final",), "appealed", P.CASE_PARTY, "measure.appealed", "Record an appeal"),
            Transition("appeal_dismissed", ("appealed",), "final", P.CASE_LEAD, "measure.appeal_dismissed",
                       "Record that the appeal was dismissed"),
            Transition("end", ("proposed", "notice", "final", "appealed"), "ended", P.CASE_LEAD, "measure.ended",
                       "End the measure", (measures.ended_in_words,)),
        ),
    )
)  # fmt: skip

SIGNAL = register(
    Workflow(
        name="signal",
        model="oversight.Signal",
        column="state",
        initial=("new",),
        may=allowed,
        transitions=(
            Transition("watch", ("new", "watched"), "watched", P.SIGNAL_TRIAGE, "signal.watched", "Watch",
                       (measures.signal_reason, measures.signal_watched_until)),
            Transition("dismiss", ("new", "watched"), "dismissed", P.SIGNAL_TRIAGE, "signal.dismissed", "Dismiss",
                       (measures.signal_reason,)),
            Transition("raise", ("new", "watched"), "raised", P.SIGNAL_TRIAGE, "signal.raised", "Raise a concern",
                       (measures.signal_has_concern,)),
        ),
    )
)  # fmt: skip
