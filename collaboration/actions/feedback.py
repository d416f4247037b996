"""Writes about feedback rounds: open one, answer it once for an organisation, close it with what may be shown.

The audit trail of a round holds nothing of who was asked or who answered: its subject may read it. That an organisation
answered or declined is on the trail of its own invitation, and what it answered is there as a digest alone.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from collaboration.access import P
from collaboration.feedback_results import FEWEST, is_enough
from collaboration.feedback_results import results as results_of
from collaboration.models import (
    Capacity,
    FeedbackAudience,
    FeedbackComment,
    FeedbackInvitation,
    FeedbackResponse,
    FeedbackResult,
    FeedbackRound,
    Framework,
)
from collaboration.queries.feedback import candidates, subjects_for
from collaboration.queries.people import everyone_who
from collaboration.queries.profiles import content_of, current_framework
from collaboration.workflows import FEEDBACK_ROUND
from ics_governance import ledger
from ics_governance.actions import carry_out, change, locked, record_new
from ics_governance.context import system
from ics_governance.notifications import notify
from ics_governance.permissions import SYSTEM, Actor, Refused
from ics_governance.wording import day, time_of_day, working_days
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from partnerships.access import require
from partnerships.models import Organisation, OrganisationRelation

USUAL_DAYS = 20  # working days that a round is open unless its host says otherwise
LEAST_DAYS = 5  # working days that partners have at least
GOVERNED = ("subject", "framework", "host", "opened_on", "closes_on", "state")


# --- Opening ------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_round(
    *, by: Actor, host: Organisation, subject: Organisation, invited: Iterable[int], closes_on: date
) -> FeedbackRound:
    """Ask the partners of a body about working with it. `invited`: ids of bodies that sit on a forum with it."""
    if not by.system and host.pk not in by.organisations(P.FEEDBACK_RUN, Capacity.HOST):
        raise Refused(P.FEEDBACK_RUN)
    asked = set(invited)
    framework = _check(by, host, subject, asked, closes_on)
    opened = FeedbackRound(subject=subject, framework=framework, host=host, opened_on=by.on, closes_on=closes_on)
    with system("feedback_round.opened"):
        opened.save()
        FeedbackInvitation.objects.bulk_create(
            FeedbackInvitation(round=opened, organisation_id=body) for body in sorted(asked)
        )
        _let_read(opened, asked, by.on)
    record_new(opened, "feedback_round.opened", GOVERNED, by=by, organisation_id=host.pk)
    _tell_invited(opened, asked, "asked", f"Feedback on {subject.label} is asked for until {day(closes_on)}", by)
    _tell_readers(opened, "opened", f"A feedback round about your organisation is open until {day(closes_on)}", by)
    return opened


def _check(by: Actor, host: Organisation, subject: Organisation, asked: set[int], closes_on: date) -> Framework:
    """What stands against a round, all at once; returns the framework whose items are asked."""
    framework, reasons = current_framework(), []
    if not subjects_for([host.pk], by.on).filter(pk=subject.pk).exists():
        reasons.append(Reason("A trust of the system, or the host of one of its partnerships", "subject"))
    elif _open_about(subject):
        reasons.append(Reason(f"That the open round about {subject.label} ends first", "subject"))
    if asked - {row.body.pk for row in candidates(subject, by.on)}:
        reasons.append(Reason(f"Only bodies that sit on a forum or in an arrangement with {subject.label}", "invited"))
    if not is_enough(asked, host.pk):
        reasons.append(
            Reason(f"At least {FEWEST} organisations besides the host: fewer could never be shown", "invited")
        )
    earliest = add_working_days(by.on, LEAST_DAYS)
    if closes_on < earliest:
        notice = working_days(LEAST_DAYS)
        reasons.append(Reason(f"A last day that leaves {notice}: {day(earliest)} or later", "closes_on"))
    if framework is None or not content_of(framework).feedback_items:
        reasons.append(Reason("A framework with questions for partners"))
    if reasons or framework is None:
        raise GuardFailed(reasons)
    return framework


def _open_about(subject: Organisation) -> bool:
    """Whether somebody's round about the body is open, seen by this person or not: there is one at a time."""
    with system("one open round a body"):
        return FeedbackRound.objects.filter(subject=subject, state=FeedbackRound.State.OPEN).exists()


def _let_read(opened: FeedbackRound, asked: Iterable[int], on: date) -> None:
    regions = OrganisationRelation.objects.on(on).filter(
        source_body=opened.host_id, kind=OrganisationRelation.Kind.REGION
    )
    readers = [(opened.host_id, Capacity.HOST), (opened.subject_id, Capacity.SUBJECT)]
    readers += [(body, Capacity.OVERSEER) for body in regions.values_list("target_body_id", flat=True)]
    readers += [(body, Capacity.INVITED) for body in asked]
    FeedbackAudience.objects.bulk_create(
        FeedbackAudience(round=opened, organisation_id=body, capacity=capacity, starts=on)
        for body, capacity in sorted(readers)
    )


# --- Telling ------------------------------------------------------------------------------------------------------


def _tell_invited(feedback_round: FeedbackRound, bodies: Iterable[int], matter: str, text: str, by: Actor) -> None:
    people = everyone_who(P.FEEDBACK_ANSWER, Capacity.INVITED, bodies, by.on)
    _tell(feedback_round, people - {by.user_id}, matter, text)


def _tell_readers(feedback_round: FeedbackRound, matter: str, text: str, by: Actor) -> None:
    """Tell those who see the profile of the subject: the same people to whom the results speak."""
    people = everyone_who("profile.view", Capacity.SUBJECT, [feedback_round.subject_id], by.on)
    _tell(feedback_round, people - {by.user_id}, f"subject:{matter}", text)


def _tell(feedback_round: FeedbackRound, people: Iterable[int | None], matter: str, text: str) -> None:
    notify(
        [pk for pk in people if pk is not None],
        kind=f"feedback_round.{matter.rpartition(':')[2]}",
        text=text,
        url=f"/feedback/{feedback_round.pk}/",
        key=f"feedback:{feedback_round.pk}:{matter}",
    )


def remind(*, by: Actor, feedback_round: FeedbackRound) -> None:
    """Remind those who have neither answered nor declined; once, however often it is asked for."""
    with system("who has not answered a feedback round"):
        waiting = list(
            feedback_round.invitations.filter(answered_on=None, declined_on=None).values_list(
                "organisation_id", flat=True
            )
        )
    text = f"Feedback on {feedback_round.subject.label} is still waited for, until {day(feedback_round.closes_on)}"
    _tell_invited(feedback_round, waiting, "reminder", text, by)


# --- Answering ----------------------------------------------------------------------------------------------------


def save_response(
    *, by: Actor, invitation: FeedbackInvitation, ratings: Mapping[str, str], comment: str, seen: datetime | None
) -> FeedbackResponse:
    """Keep a draft of an organisation's answer, however incomplete. `seen`: when the text it began from was saved."""
    with transaction.atomic():
        current = _to_answer(by, invitation)
        return _store(by, current, _draft(current, seen), ratings, comment)


@transaction.atomic
def send_response(
    *, by: Actor, invitation: FeedbackInvitation, ratings: Mapping[str, str], comment: str, seen: datetime | None
) -> FeedbackResponse:
    """Send an organisation's one answer to a round; it is not changed afterwards."""
    current = _to_answer(by, invitation)
    draft = _draft(current, seen)
    content = content_of(current.round.framework)
    if missing := [item for item in content.feedback_items if not ratings.get(item.code)]:
        raise GuardFailed([Reason(f"An answer to: {item.question}", field_of(item.code)) for item in missing])
    response = _store(by, current, draft, ratings, comment, sent_at=timezone.now())
    with system("feedback_response.sent"):
        FeedbackInvitation.objects.filter(pk=current.pk).update(answered_on=by.on)
    ledger.append(
        by=by,
        kind="feedback_response.sent",
        record=current,
        after={"answered_on": by.on, "content": digest_of(response)},
        organisation_id=current.organisation_id,
    )
    return response


def field_of(item: str) -> str:
    """How a form names the answer to an item."""
    return f"item_{item.replace('.', '_')}"


def digest_of(response: FeedbackResponse) -> str:
    """SHA-256 over an answer: the trail can prove that it was not changed without saying what it is."""
    text = ledger.canonical({"ratings": response.ratings, "comment": response.comment})
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def decline(*, by: Actor, invitation: FeedbackInvitation) -> FeedbackInvitation:
    """The organisation does not answer this round; what it had written is thrown away."""
    current = _to_answer(by, invitation)
    with system("feedback_invitation.declined"):
        FeedbackResponse.objects.filter(invitation=current).delete()
    return change(
        current,
        "feedback_invitation.declined",
        by=by,
        organisation_id=current.organisation_id,
        changes={"declined_on": by.on},
    )


def _to_answer(by: Actor, invitation: FeedbackInvitation) -> FeedbackInvitation:
    """The invitation as it is now, locked, while it can be answered by this person."""
    require(by, P.FEEDBACK_ANSWER, invitation)
    current = locked(invitation)
    with system("the round of an invitation"):  # held, so that it does not close between this look and the answer
        rounds = FeedbackRound.objects.select_related("subject", "framework")
        current.round = rounds.select_for_update(of=("self",), no_key=True).get(pk=current.round_id)
    if current.answered_on:
        raise GuardFailed([Reason(f"Your organisation sent its answer on {day(current.answered_on)}; it stands.")])
    if current.declined_on:
        raise GuardFailed([Reason(f"Your organisation declined on {day(current.declined_on)}.")])
    if current.round.state != FeedbackRound.State.OPEN or current.round.closes_on < by.on:
        raise GuardFailed([Reason(f"This round took answers until {day(current.round.closes_on)}.")])
    return current


def _draft(invitation: FeedbackInvitation, seen: datetime | None) -> FeedbackResponse:
    """What the organisation has written so far; refused when that is not what this person began from."""
    with system("an organisation's own draft"):
        found = FeedbackResponse.objects.select_related("saved_by").filter(invitation=invitation).first()
    if found and found.saved_at != seen:
        raise GuardFailed([_overtaken(found)])
    return found or FeedbackResponse(invitation=invitation)


def _store(
    by: Actor,
    invitation: FeedbackInvitation,
    response: FeedbackResponse,
    ratings: Mapping[str, str],
    comment: str,
    sent_at: datetime | None = None,
) -> FeedbackResponse:
    content = content_of(invitation.round.framework)
    codes = {rating.code for rating in content.feedback_scale}
    response.ratings = {
        item.code: ratings[item.code] for item in content.feedback_items if ratings.get(item.code) in codes
    }
    response.comment, response.sent_at = comment.strip(), sent_at
    response.saved_by_id, response.saved_at = by.user_id, timezone.now()  # type: ignore[assignment]
    with system("feedback_response.saved"):
        response.save()
    return response


def _overtaken(before: FeedbackResponse) -> Reason:
    who, when = before.saved_by.name, time_of_day(before.saved_at)
    return Reason(
        f"{who} saved another answer for your organisation at {when}. Nothing is lost: what you typed is below. "
        "Open the page again to see the other answer, or save again to put yours in its place."
    )


# --- Closing ------------------------------------------------------------------------------------------------------


@transaction.atomic
def close_round(*, by: Actor, feedback_round: FeedbackRound) -> FeedbackRound:
    """Close a round and keep what may be shown of it; with too few answers nothing is shown, and it says so."""
    closed = carry_out(
        FEEDBACK_ROUND, "close", feedback_round, by=by, organisation_id=feedback_round.host_id,
        changes={"closed_on": by.on}, prepare=lambda current: prefetch_related_objects([current], "invitations"),
    )  # fmt: skip
    with system("results of a feedback round"):
        answers = _answers(closed)
        enough = is_enough(answers, closed.host_id)
        # not on the trail, and never a number below three: the subject reads both
        closed.asked, closed.answered = len(closed.invitations.all()), len(answers) if enough else 0
        closed.save(update_fields=["asked", "answered"])
        if enough:
            _write_results(closed, answers)
    words = "its results are here" if enough else f"fewer than {_in_words(FEWEST)} organisations answered"
    _tell_readers(closed, "closed", f"The feedback round about your organisation has closed: {words}", by)
    return closed


def _in_words(count: int) -> str:
    return {3: "three"}.get(count, str(count))


def _answers(feedback_round: FeedbackRound) -> dict[int, FeedbackResponse]:
    """What was sent, by organisation."""
    rows = FeedbackResponse.objects.filter(invitation__round=feedback_round, sent_at__isnull=False)
    return {row.invitation.organisation_id: row for row in rows.select_related("invitation")}


def _write_results(feedback_round: FeedbackRound, answers: Mapping[int, FeedbackResponse]) -> None:
    content = content_of(feedback_round.framework)
    found = results_of(content, {body: row.ratings for body, row in answers.items()}, feedback_round.host_id)
    FeedbackResult.objects.bulk_create(
        FeedbackResult(
            round=feedback_round,
            characteristic=row.characteristic,
            item=row.item,
            organisations=row.organisations,
            mean=row.mean,
        )
        for row in found
    )
    comments = [row.comment for row in answers.values() if row.comment]
    secrets.SystemRandom().shuffle(comments)
    FeedbackComment.objects.bulk_create(
        FeedbackComment(round=feedback_round, place=place, text=text) for place, text in enumerate(comments, 1)
    )


@transaction.atomic
def cancel_round(*, by: Actor, feedback_round: FeedbackRound, reason: str) -> FeedbackRound:
    """Cancel an open round, and say why; what was answered is never shown to anyone."""
    cancelled = carry_out(
        FEEDBACK_ROUND, "cancel", feedback_round, by=by, organisation_id=feedback_round.host_id,
        changes={"reason": reason, "closed_on": by.on},
    )  # fmt: skip
    with system("who was asked in a cancelled round"):
        asked = list(cancelled.invitations.values_list("organisation_id", flat=True))
    _tell_invited(cancelled, asked, "cancelled", f"The feedback round about {cancelled.subject.label} is cancelled", by)
    _tell_readers(cancelled, "cancelled", "The feedback round about your organisation is cancelled", by)
    return cancelled


def close_finished(*, by: Actor = SYSTEM) -> int:
    """Close every round whose last day is past; returns how many. One at a time, so that one fault stops no other."""
    with system("rounds past their last day"):
        rows = list(FeedbackRound.objects.filter(state=FeedbackRound.State.OPEN, closes_on__lt=by.on))
    for row in rows:
        close_round(by=by, feedback_round=row)
    return len(rows)
