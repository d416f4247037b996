"""What can be put on the file of a case, one row for each act: who may, when, what is asked, what is done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse

from ics_governance.permissions import Actor
from oversight.access import P
from oversight.actions import cases, clocks, concerns, dispute, file, override, review
from oversight.forms import case_evidence
from oversight.forms import case_file as forms
from oversight.forms import case_keeping as keeping
from oversight.models import Case
from oversight.queries.case_file import CaseFile

S = Case.Stage
OPEN = frozenset(S.values) - {S.CLOSED}
EARLY = frozenset({S.RAISED, S.INFORMAL, S.FACILITATED, S.DISPUTE})
TALKING = frozenset({S.INFORMAL, S.FACILITATED})
BY_REGION = frozenset({S.REVIEW, S.SUPPORT, S.ENFORCEMENT})
Do = Callable[[Actor, CaseFile, Any, dict[str, Any]], Any]


@dataclass(frozen=True)
class Act:
    """One act. `part` names the list of the file that its `<id>` is looked up in; without one it is about the case.

    `fits` says for a part (or for the case) whether there is something to do.
    """

    label: str
    button: str
    by: tuple[str, ...]
    form: type
    do: Do
    done: str
    stages: frozenset[str] = OPEN
    part: str = ""
    lede: str = ""
    small: str = ""
    fits: Callable[[CaseFile, Any], bool] = lambda file, part: True


def on_case(act: Callable[..., Any], *names: str) -> Do:
    """An action that takes the case and these fields of the form."""
    return lambda by, file, part, values: act(by=by, case=file.case, **{name: values[name] for name in names})


def on_part(act: Callable[..., Any], key: str, *names: str) -> Do:
    """An action that takes a part of the file, by its own name, and these fields of the form."""
    return lambda by, file, part, values: act(by=by, **{key: part}, **{name: values[name] for name in names})


def _evidence(by: Actor, found: CaseFile, part: Any, values: dict[str, Any]) -> Any:
    return file.add_evidence(by=by, case=found.case, **values)


def _attempt(by: Actor, found: CaseFile, part: Any, values: dict[str, Any]) -> Any:
    names = ("kept_by", "other", "held_on", "tried", "outcome", "note")
    note = values["attempt"] or concerns.note_attempt(by=by, **{name: values[name] for name in names})
    return file.add_attempt_to(by=by, case=found.case, attempt=note)


def _reply(by: Actor, found: CaseFile, part: Any, values: dict[str, Any]) -> Any:
    return file.reply(by=by, case=found.case, occasion=part.occasion, text=values["text"])


def _answers(found: CaseFile, part: Any) -> bool:
    return part in found.facts_awaiting()


def _may_reply(found: CaseFile, part: Any) -> bool:
    return part.replied_on is None and part.due_on >= found.actor.on and part.organisation_id in found.own


def _pauses(found: CaseFile) -> list[Any]:
    """The pauses of the clock that runs."""
    return [row for row in found.parts.pauses if found.parts.clock and row.clock_id == found.parts.clock.pk]


def _to_check(found: CaseFile) -> bool:
    """The record was sent to the parties, their days are not over, and the reader's side has not checked it."""
    record = found.parts.facilitation
    due = record.accuracy_due if record and record.sent_on else None
    return due is not None and due >= found.actor.on and not found.checked()


def _has_clock(found: CaseFile) -> bool:
    return found.parts.clock is not None and found.parts.clock.days is not None


def _waits(found: CaseFile, part: Any) -> bool:
    """Asked for, and approved by nobody yet; who asked does not approve."""
    return part.approved_by_id is None and part.asked_by_id != found.actor.user_id


LEAD, PARTY, REPLY, CONFIRM = (P.CASE_LEAD,), (P.CASE_PARTY,), (P.CASE_REPLY,), (P.CASE_CONFIRM,)
EITHER = (P.CASE_PARTY, P.CASE_LEAD)
ASKS_FOR_TIME = (P.CASE_PARTY, P.CASE_LEAD, P.CASE_CONFIRM)
ACTS: dict[str, Act] = {
    # --- both sides ---
    "reply": Act(
        "Reply", "Send the reply", REPLY, forms.ReplyForm, _reply, "Your reply is on the file.", part="replies",
        lede="Your right of reply. It cannot be changed afterwards.", fits=_may_reply,
    ),
    "fact-reply": Act(
        "Agree or dispute", "Put it on the file", PARTY, forms.FactReplyForm,
        on_part(file.reply_to_fact, "fact", "agrees", "text"), "Your answer stands beside the fact.", part="facts",
        fits=_answers,
    ),
    "fact": Act(
        "State a fact", "Put it on the file", EITHER, forms.FactForm, on_case(file.add_fact, "text"),
        "The fact is on the file; the other side may agree or dispute it.",
        small="The other side agrees or disputes it",
    ),
    "evidence": Act(
        "Add evidence", "Add it", EITHER, case_evidence.EvidenceForm, _evidence, "The evidence is linked to the case.",
        lede="A file of yours, or a link to what is kept elsewhere.",
        small="A file, an address, a decision, a profile",
    ),
    "attempt": Act(
        "Put an attempt on file", "Put it on file", PARTY, case_evidence.CaseAttemptForm, _attempt,
        "The attempt is on file.", stages=frozenset({S.RAISED, S.INFORMAL}),
        small="A private note, or one written now", fits=lambda found, part: found.known_to_each_other,
    ),
    "agreement": Act(
        "Agree to terms", "Agree", PARTY, forms.AgreementForm, on_case(file.agree, "terms"),
        "Your agreement is on file.", stages=TALKING, small="When the parties have settled it",
    ),
    "accuracy": Act(
        "Check the facilitation record", "I have checked it", PARTY, forms.AccuracyForm,
        on_case(file.check_accuracy, "comment"), "Your check is on file.", stages=frozenset({S.FACILITATED, S.DISPUTE}),
        fits=lambda found, part: _to_check(found),
    ),
    "dispute": Act(
        "Ask for dispute resolution", "Ask for it", PARTY, forms.DisputeRequestForm,
        on_case(dispute.ask_for_dispute_resolution, "reason"), "Asked. You get an answer within 5 working days.",
        stages=frozenset({S.RAISED, S.INFORMAL, S.FACILITATED}), small="An independent third party looks at it",
        fits=lambda found, part: all(row.granted is not None for row in found.parts.dispute_requests),
    ),
    # --- who keeps the case ---
    "facilitation": Act(
        "Write the facilitation record", "Keep the record", LEAD, forms.FacilitationForm,
        on_case(file.record_facilitation, "leader_name", "leader_body", "held_on", "took_part", "outcome"),
        "The record is kept. Send it to the parties for their check when it is whole.",
        stages=frozenset({S.FACILITATED}),
        fits=lambda found, part: not (found.parts.facilitation and found.parts.facilitation.sent_on),
    ),
    "send-for-accuracy": Act(
        "Send the record for its accuracy check", "Send it to the parties", LEAD, forms.ConfirmForm,
        on_case(file.send_for_accuracy), "Sent. The parties have 5 working days to check it.",
        lede="Both sides are asked to check it within 5 working days, and each respondent may reply to it.",
        stages=frozenset({S.FACILITATED}),
        fits=lambda found, part: bool(found.parts.facilitation and not found.parts.facilitation.sent_on),
    ),
    "discussion": Act(
        "Record a discussion with leaders", "Put it on file", LEAD, forms.DiscussionForm,
        on_case(file.record_discussion, "organisation", "held_on", "who", "note"), "The discussion is on file.",
        stages=frozenset({S.FACILITATED, S.DISPUTE, S.REVIEW}),
    ),
    "characteristics": Act(
        "Name the characteristics", "Keep them", LEAD, forms.CharacteristicsForm,
        on_case(file.name_characteristics, "characteristics"), "The characteristics are named.",
    ),
    "finding": Act(
        "Record a finding", "Put it on file", LEAD, forms.FindingForm,
        on_case(review.add_finding, "organisation", "adverse", "text", "facts"),
        "The finding is on file, and the body may reply to it.", stages=frozenset({S.REVIEW}),
    ),
    "dispute-finding": Act(
        "Record what the third party found", "Put it on file", (P.CASE_FIND, P.CASE_LEAD), forms.DisputeFindingForm,
        on_case(review.add_dispute_finding, "text"), "The finding is on file.", stages=frozenset({S.DISPUTE}),
    ),
    "criteria": Act(
        "Set exit criteria", "Keep them", LEAD, forms.CriteriaForm,
        on_case(review.set_exit_criteria, "criteria", "measure"),
        "The exit criteria are set.", stages=BY_REGION,
    ),
    "criterion-met": Act(
        "Record that a criterion is met", "It is met", LEAD, forms.CriterionMetForm,
        on_part(review.meet_criterion, "criterion", "note"), "Recorded as met.", stages=BY_REGION, part="criteria",
        fits=lambda found, part: part.met_on is None,
    ),
    "measure": Act(
        "Propose a measure", "Propose it", LEAD, forms.MeasureForm,
        on_case(review.propose_measure, "organisation", "kind", "legal_basis", "test", "process", "urgent"),
        "The measure is proposed; nothing is in force yet.", stages=BY_REGION,
        small="On a licence condition or a statutory duty",
    ),
    "note": Act(
        "Write a note", "Keep the note", LEAD, forms.NoteForm, on_case(file.add_note, "text", "restricted"),
        "The note is kept.",
    ),
    "commitment": Act(
        "Record a commitment", "Keep it", LEAD, forms.CommitmentForm,
        on_case(review.add_commitment, "owner", "title", "due_on"), "The commitment is recorded.",
        stages=frozenset(S.values),
    ),
    # --- measures ---
    "measure-notice": Act(
        "Give notice of intent", "Give notice", LEAD, forms.NoticeForm, on_part(review.give_notice, "measure", "days"),
        "Notice was given; representations are heard.", part="measures",
        fits=lambda found, part: part.state == "proposed",
    ),
    "measure-say": Act(
        "Make representations", "Send them", REPLY, forms.RepresentationsForm,
        on_part(review.make_representations, "measure", "text", "undertakings"), "They are on file.", part="measures",
        fits=lambda found, part: part.state in ("proposed", "notice") and part.organisation_id in found.own,
    ),
    "measure-force": Act(
        "Bring it into force", "Bring it into force", LEAD, forms.ConfirmForm,
        on_part(review.bring_into_force, "measure"), "The measure is in force.", part="measures",
        fits=lambda found, part: part.state in ("proposed", "notice"),
    ),
    "measure-appeal": Act(
        "Record our appeal", "Record it", PARTY, forms.ConfirmForm, on_part(review.appeal, "measure"),
        "The appeal is recorded: the measure is suspended.", part="measures",
        lede="Recording it here suspends the measure; the appeal itself is made to the tribunal.",
        fits=lambda found, part: part.state == "final" and part.organisation_id in found.own,
    ),
    "measure-dismiss": Act(
        "Record that the appeal was dismissed", "Record it", LEAD, forms.AppealForm,
        on_part(review.dismiss_appeal, "measure", "outcome"), "The measure is in force again.", part="measures",
        fits=lambda found, part: part.state == "appealed",
    ),
    "measure-end": Act(
        "End the measure", "End it", LEAD, forms.CertificateForm, on_part(review.end_measure, "measure", "certificate"),
        "The measure has ended.", part="measures", fits=lambda found, part: part.state != "ended",
    ),
    # --- clocks ---
    "pause": Act(
        "Ask for a pause", "Ask for it", ASKS_FOR_TIME, forms.PauseForm,
        on_case(clocks.ask_for_pause, "starts", "ends", "reason"),
        "Asked. It counts once a second person approves it.", small="A second person approves; never back-dated",
        fits=lambda found, part: _has_clock(found) and not any(row.ends is None for row in _pauses(found)),
    ),
    "extension": Act(
        "Ask for more time", "Ask for it", ASKS_FOR_TIME, forms.ExtensionForm,
        on_case(clocks.ask_for_extension, "days", "reason"), "Asked. It counts once a second person approves it.",
        small="A second person approves", fits=lambda found, part: _has_clock(found),
    ),
    "approve-pause": Act(
        "Approve a pause", "Approve it", CONFIRM, forms.ConfirmForm, on_part(clocks.approve_pause, "pause"),
        "The clock stands still from that day, and all parties see it.", part="pauses", fits=_waits,
    ),
    "end-pause": Act(
        "End the pause", "Start the clock again", LEAD, forms.ConfirmForm, on_part(clocks.end_pause, "pause"),
        "The clock runs again; its new date is on the page.", part="pauses",
        fits=lambda found, part: part.approved_by_id is not None and part.ends is None
        and part.starts <= found.actor.on,
    ),
    "approve-extension": Act(
        "Approve more time", "Approve it", CONFIRM, forms.ConfirmForm,
        on_part(clocks.approve_extension, "extension"), "The date has moved, and all parties see it.",
        part="extensions", fits=_waits,
    ),
    "more-time": Act(
        "Give more time to reply", "Give more time", LEAD, keeping.MoreTimeForm,
        on_part(file.open_again, "reply", "until", "reason"), "The body has more time to reply, and was told.",
        part="replies", lede="Also when its time is over: a right of reply is kept open, not lost.",
        fits=lambda found, part: part.replied_on is None,
    ),
    # --- who keeps it ---
    "assign-lead": Act(
        "Say who works on it", "Keep the name", LEAD, keeping.WorkerForm, on_case(cases.assign_lead, "user"),
        "It is kept who works on the case.",
    ),
    "assign-reviewer": Act(
        "Say who leads the review", "Keep the name", LEAD, keeping.ReviewerForm,
        on_case(cases.assign_reviewer, "user"), "It is kept who leads the review.", stages=frozenset({S.REVIEW}),
        small="Nobody who took a step before it",
    ),
    "link": Act(
        "Link it to another case", "Link it", LEAD, keeping.LinkForm, on_case(cases.link, "lead_case"),
        "The case is linked to the one that leads.", small="When both rest on the same facts",
    ),
    "hand-over": Act(
        "Hand the case over", "Hand it over", CONFIRM, keeping.HandOverForm,
        on_case(cases.hand_over, "organisation", "reason"), "The case was handed over, and its new holder was told.",
        lede="The other body then keeps the case; the clock of the stage runs on.",
        small="To a body that is no party",
    ),
    # --- second people ---
    "override": Act(
        "Ask for an urgent override", "Ask for it", (P.CASE_LEAD, P.CASE_CONFIRM), forms.OverrideForm,
        on_case(override.ask_for_override, "risk", "reason"), "Asked. A second person of the region has to confirm it.",
        stages=EARLY, small="A risk to patients or to a statutory duty",
        fits=lambda found, part: all(row.confirmed_by_id for row in found.parts.overrides),
    ),
    "confirm-override": Act(
        "Confirm the urgent override", "Confirm it", CONFIRM, forms.ConfirmForm,
        on_part(override.confirm_override, "override"), "Confirmed: the case is in oversight review.",
        part="overrides", stages=EARLY,
        fits=lambda found, part: part.confirmed_by_id is None and part.asked_by_id != found.actor.user_id,
    ),
    "dispute-answer": Act(
        "Answer the request for dispute resolution", "Send the answer", LEAD, forms.DisputeAnswerForm,
        on_part(dispute.answer_dispute_request, "request", "granted", "answer", "third_party_name", "third_party"),
        "Answered, with your reasons.", part="dispute_requests", fits=lambda found, part: part.granted is None,
    ),
    "dispute-review": Act(
        "Review the refusal of dispute resolution", "Keep the review", CONFIRM, forms.RefusalReviewForm,
        on_part(dispute.review_refusal, "request", "finding", "overturned", "third_party_name", "third_party"),
        "The review is on file.", part="dispute_requests",
        fits=lambda found, part: part.granted is False and not part.reviewed_by_region,
    ),
    "commitment-done": Act(
        "Report a commitment as done", "It is done", EITHER, forms.ConfirmForm,
        on_part(review.finish_commitment, "commitment"), "Reported as done.", part="commitments",
        stages=frozenset(S.values),
        fits=lambda found, part: part.done_on is None and part.owner_id in found.own,
    ),
    "commitment-confirmed": Act(
        "Confirm that a commitment was kept", "Confirm it", (P.CASE_LEAD, P.CASE_CONFIRM), forms.ConfirmForm,
        on_part(review.finish_commitment, "commitment"), "Confirmed.", part="commitments",
        stages=frozenset(S.values),
        fits=lambda found, part: part.done_on is not None and part.confirmed_on is None,
    ),
}  # fmt: skip
# Where what a guard misses is put on the file: an act of the case, or one of its parts.
MENDED_BY = {
    "attempt": "attempt", "agreement": "agreement", "facilitation": "facilitation", "accuracy": "send-for-accuracy",
    "discussion": "discussion", "characteristics": "characteristics", "dispute": "dispute-answer",
    "finding": "finding", "override": "override", "measure": "measure", "criteria": "criteria",
    "commitments": "commitment",
}  # fmt: skip
# Where it stands on the page, for those who cannot mend it themselves.
STANDS_AT = {
    "attempt": "#attempts", "agreement": "#attempts", "facilitation": "#facilitation", "accuracy": "#facilitation",
    "discussion": "#discussions", "dispute": "#dispute", "finding": "#findings", "reply": "#replies",
    "override": "#overrides", "measure": "#measures", "criteria": "#criteria",
}  # fmt: skip


def part_of(found: CaseFile, act: Act, pk: int | None) -> Any:
    """The part that an act is about; 404 for one that is not on the file."""
    if not act.part:
        return None
    part = next((row for row in getattr(found.parts, act.part) if row.pk == pk), None)
    if part is None:
        raise Http404
    return part


def may(found: CaseFile, name: str, part: Any = None) -> bool:
    """Whether the reader can do this act now."""
    act = ACTS[name]
    return bool(found.held.intersection(act.by)) and found.case.stage in act.stages and act.fits(found, part)


def parts_for(found: CaseFile, name: str) -> list[Any]:
    """The parts of the file on which the reader can do this act now."""
    rows: Iterable[Any] = getattr(found.parts, ACTS[name].part)
    return [part for part in rows if may(found, name, part)]


def address(found: CaseFile, name: str, part: Any = None) -> str:
    """Where an act is done."""
    kwargs = {"reference": found.case.reference, "act": name}
    return reverse("case-part", kwargs={**kwargs, "pk": part.pk}) if part else reverse("case-act", kwargs=kwargs)


def mend(found: CaseFile, missing: str) -> str:
    """Where what a guard misses is put on the file; a place on the page where that is not for the reader."""
    name = MENDED_BY.get(missing, "")
    if missing == "finding" and found.case.stage == S.DISPUTE:
        name = "dispute-finding"
    if name and ACTS[name].part:
        parts = parts_for(found, name)
        return address(found, name, parts[0]) if parts else STANDS_AT.get(missing, "")
    if name and may(found, name):
        return address(found, name)
    return STANDS_AT.get(missing, "")
