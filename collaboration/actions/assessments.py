"""Writes about self-assessments: begin, answer, assign, make ready, sign, open again."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from collaboration.access import P
from collaboration.models import (
    Answer,
    AnswerVersion,
    Assessment,
    AssessmentAudience,
    AssessmentGrant,
    Capacity,
    Framework,
    SectionAssignment,
    SignOff,
)
from collaboration.queries import assessments as queries
from collaboration.queries.people import everyone_who
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import digest, place_of
from collaboration.workflows import ASSESSMENT
from ics_governance import ledger
from ics_governance.actions import carry_out, locked, record_new
from ics_governance.context import system
from ics_governance.models import User
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import require
from partnerships.models import Kind, Organisation

LONGEST = 10_000  # characters of an answer
KEEP_AFTER = 600  # seconds: saves of one person closer together than this are one version of the answer
GOVERNED = ("subject", "framework", "year", "state", "due_on")


# --- Beginning ----------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, by: Actor, subject: Organisation, framework: Framework, year: int, due_on: date) -> Assessment:
    """Begin a body's assessment of one year, with an empty answer to each question; the body alone sees it."""
    if not by.system and subject.pk not in by.organisations(P.ASSESSMENT_MANAGE, Capacity.SUBJECT):
        raise Refused(P.ASSESSMENT_MANAGE)
    _check_beginning(by, subject, framework, year, due_on)
    assessment = Assessment(subject=subject, framework=framework, year=year, due_on=due_on, started_by_id=by.user_id)  # type: ignore[misc]
    with system("assessment.begun"):
        assessment.save()
        AssessmentAudience.objects.create(
            assessment=assessment, organisation=subject, capacity=Capacity.SUBJECT, starts=by.on
        )
        kloes = content_of(framework).kloes
        Answer.objects.bulk_create(Answer(assessment=assessment, kloe=kloe.code) for kloe in kloes)
    return record_new(assessment, "assessment.begun", GOVERNED, by=by, organisation_id=subject.pk)


def _check_beginning(by: Actor, subject: Organisation, framework: Framework, year: int, due_on: date) -> None:
    if subject.kind != Kind.TRUST or not subject.exists_on(by.on):
        raise GuardFailed([Reason("A trust that exists today", "subject")])
    if due_on < by.on:
        raise GuardFailed([Reason("A day that is still to come", "due_on")])
    with system("look for an assessment of this year"):
        begun = Assessment.objects.filter(subject=subject, framework__code=framework.code, year=year).exists()
    if begun:
        raise GuardFailed([Reason(f"The assessment of {year}/{(year + 1) % 100:02} has been begun already.")])


# --- Answering ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """What became of a save: the answer as it stands, and what came second when somebody else had saved meanwhile."""

    answer: Answer
    conflict: AnswerVersion | None = None


@transaction.atomic
def save_answer(*, by: Actor, answer: Answer, version: int, rating: str, text: str) -> Saved:
    """Keep an answer, if nobody saved it after `version`; otherwise keep what was typed beside it.

    Nothing typed is lost: the text that came second is kept until its writer has chosen between the two.
    """
    with system("save an answer"):
        rows = Answer.objects.select_related("assessment__framework", "assessment__subject", "saved_by")
        current = rows.select_for_update(of=("self", "assessment")).defer("assessment__content").get(pk=answer.pk)
        rating, text = _check_answer(by, current, rating, text)
        if (current.rating, current.text) == (rating, text):
            _settle(current, by)
            return Saved(current)
        if version != current.version:
            return Saved(current, _keep_beside(current, by, version, rating, text))
        _keep_before(current, by)
        current.rating, current.text, current.version = rating, text, version + 1
        current.saved_by_id, current.saved_at = by.user_id, timezone.now()
        current.save(update_fields=["rating", "text", "version", "saved_by", "saved_at"])
        _settle(current, by)
    return Saved(current)


def _check_answer(by: Actor, answer: Answer, rating: str, text: str) -> tuple[str, str]:
    """Permission for this section, a draft, and values that the framework knows."""
    framework = content_of(answer.assessment.framework)
    place = place_of(framework, answer.kloe)
    if place is None or not queries.may_answer(by, answer.assessment, place[0].code):
        raise Refused(P.ASSESSMENT_ANSWER)
    if not answer.assessment.is_editable:
        now = answer.assessment.get_state_display()
        raise GuardFailed([Reason(f"Answers cannot be changed any more: this is {now}.")])
    text = text.replace("\r\n", "\n").strip()
    if rating and rating not in {each.code for each in framework.rating_scale}:
        raise GuardFailed([Reason(f"“{rating[:20]}” is not a rating of this framework.", "rating")])
    if len(text) > LONGEST:
        raise GuardFailed([Reason(f"Use at most {LONGEST:,} characters.", "text")])
    return rating, text


def _keep_beside(answer: Answer, by: Actor, version: int, rating: str, text: str) -> AnswerVersion:
    beside, _ = AnswerVersion.objects.update_or_create(
        answer=answer, saved_by_id=by.user_id, came_second=True, settled=False,
        defaults={"version": max(version, 0), "rating": rating, "text": text},
    )  # fmt: skip
    return beside


def _keep_before(answer: Answer, by: Actor) -> None:
    """Keep what is being replaced, unless the same person saved it a moment ago."""
    if answer.saved_at is None or answer.saved_by_id is None:
        return
    if answer.saved_by_id == by.user_id and (timezone.now() - answer.saved_at).total_seconds() < KEEP_AFTER:
        return
    AnswerVersion.objects.create(
        answer=answer, version=answer.version, rating=answer.rating, text=answer.text, saved_by_id=answer.saved_by_id
    )


def _settle(answer: Answer, by: Actor) -> None:
    AnswerVersion.objects.filter(answer=answer, saved_by_id=by.user_id, came_second=True, settled=False).update(
        settled=True
    )


@transaction.atomic
def take_theirs(*, by: Actor, answer: Answer) -> Answer:
    """Of two texts take the one that was saved; one's own stays among the versions."""
    with system("settle two texts"):
        current = Answer.objects.select_related("assessment__framework", "saved_by").get(pk=answer.pk)
        _check_answer(by, current, current.rating, current.text)
        _settle(current, by)
    return current


# --- Who answers what ---------------------------------------------------------------------------------------------


@transaction.atomic
def assign(
    *, by: Actor, assessment: Assessment, characteristic: str, user: User, due_on: date | None = None
) -> SectionAssignment:
    """Ask a person to answer a section, from whichever body: a personal grant with its audience row."""
    require(by, P.ASSESSMENT_MANAGE, assessment)
    current = _draft(assessment)
    titles = {each.code: each.title for each in content_of(assessment.framework).characteristics}
    if characteristic not in titles:
        raise GuardFailed([Reason("A section of this framework", "characteristic")])
    if due_on and due_on < by.on:
        raise GuardFailed([Reason("A day that is still to come", "due_on")])
    with system("assessment.section_assigned"):
        if SectionAssignment.objects.filter(assessment=current, characteristic=characteristic, user=user).exists():
            raise GuardFailed([Reason(f"Somebody else: {user.name} has this section already", "email")])
        grant: AssessmentGrant = assign_perm("view_assessment", user, current)  # type: ignore[assignment]
        AssessmentAudience.objects.get_or_create(
            assessment=current, user=user, grant=grant, defaults={"capacity": Capacity.PERSON, "starts": by.on}
        )
        row = SectionAssignment.objects.create(
            assessment=current, characteristic=characteristic, user=user, due_on=due_on
        )
    ledger.append(
        by=by, kind="assessment.section_assigned", record=current, organisation_id=current.subject_id,
        after={"characteristic": characteristic, "contributor": user.pk, "due_on": due_on},
    )  # fmt: skip
    text = f"{assessment.subject.label} asks you to answer “{titles[characteristic]}” of its self-assessment"
    tell([user.pk], assessment, f"assigned:{row.pk}", text, f"sections/{characteristic}/")
    return row


@transaction.atomic
def unassign(*, by: Actor, assignment: SectionAssignment) -> None:
    """Take a section back; with the last one the person's grant and its audience row go."""
    assessment = assignment.assessment
    require(by, P.ASSESSMENT_MANAGE, assessment)
    _draft(assessment)
    with system("assessment.section_taken_back"):
        others = SectionAssignment.objects.filter(assessment=assessment, user=assignment.user).exclude(pk=assignment.pk)
        if not others.exists():
            remove_perm("view_assessment", assignment.user, assessment)
        assignment.delete()
    ledger.append(
        by=by, kind="assessment.section_taken_back", record=assessment, organisation_id=assessment.subject_id,
        before={"characteristic": assignment.characteristic, "contributor": assignment.user_id},
    )  # fmt: skip


def _draft(assessment: Assessment) -> Assessment:
    current = locked(assessment)
    if not current.is_editable:
        raise GuardFailed([Reason("Sections are assigned while answers may still change.")])
    return current


# --- Ready, signed, opened again ----------------------------------------------------------------------------------


def move(event: str, by: Actor, assessment: Assessment, **more: Any) -> Assessment:
    """Carry a move out, with what its guards read."""
    return carry_out(
        ASSESSMENT, event, assessment, by=by, organisation_id=assessment.subject_id, prepare=queries.load_for_guards,
        **more,
    )  # fmt: skip


@transaction.atomic
def make_ready(*, by: Actor, assessment: Assessment) -> Assessment:
    """Lock the answers for the signatures; refused with the list of what is missing."""
    ready = move("make_ready", by, assessment)
    tell_those_who(P.ASSESSMENT_SIGN, assessment, "ready", "{} is ready: review it and sign", by)
    return ready


@transaction.atomic
def review(*, by: Actor, assessment: Assessment, read: str) -> Assessment:
    """The first signature, on the content whose digest was `read`."""
    found = move("review", by, assessment)
    _sign(by, found, SignOff.Step.REVIEW, read)
    tell_those_who(P.ASSESSMENT_SIGN, assessment, "reviewed", "{} is reviewed: it waits for the second signature", by)
    return found


@transaction.atomic
def sign_off(*, by: Actor, assessment: Assessment, read: str, board_met_on: date, minute: str) -> Assessment:
    """The second signature, by another person, for the board: locked with its receipt, shared with ICB and region."""
    found = move("sign_off", by, assessment, changes={"board_met_on": board_met_on, "minute": minute})
    signed = _sign(by, found, SignOff.Step.SIGN, read)
    with system("keep what was submitted"):
        found.content, found.digest, found.submitted_at = signed, digest(signed), timezone.now()
        found.save(update_fields=["content", "digest", "submitted_at"])
        for body, capacity in queries.systems_of(found.subject, by.on):
            AssessmentAudience.objects.get_or_create(
                assessment=found, organisation_id=body, capacity=capacity, ends=None, defaults={"starts": by.on}
            )
    tell_moderators(found, "submitted", "{} is submitted: it waits for your moderation", by)
    return found


def _sign(by: Actor, assessment: Assessment, step: str, read: str) -> dict[str, Any]:
    """Put a signature under the content as it is now, if that is what the person read."""
    with system(f"signature: {step}"):
        content = queries.content_now(assessment)
        if digest(content) != read:
            raise GuardFailed([Reason("This has changed since you opened the page. Read it again, then sign.")])
        mine = SignOff.objects.filter(assessment=assessment, void=False, user=by.user_id)
        if mine.exists():
            raise GuardFailed([Reason("Another person's signature: you have signed this already.")])
        SignOff.objects.create(assessment=assessment, step=step, user_id=by.user_id, digest=read)  # type: ignore[misc]
    return content


@transaction.atomic
def reopen(*, by: Actor, assessment: Assessment, why: str) -> Assessment:
    """Open the answers again; signatures given so far are void."""
    return _open_again("reopen", by, assessment, why)


@transaction.atomic
def send_back(*, by: Actor, assessment: Assessment, why: str) -> Assessment:
    """A signatory sends it back in place of signing, and says why; signatures given so far are void."""
    return _open_again("send_back", by, assessment, why)


def _open_again(event: str, by: Actor, assessment: Assessment, why: str) -> Assessment:
    found = move(event, by, assessment, changes={"returned_note": why})
    with system("signatures become void"):
        SignOff.objects.filter(assessment=found, void=False).update(void=True)
    matter = f"opened:{timezone.now():%Y%m%d%H%M%S}"
    tell_those_who(P.ASSESSMENT_MANAGE, assessment, matter, "{} is open again: " + why, by)
    return found


# --- Telling ------------------------------------------------------------------------------------------------------


def named(assessment: Assessment) -> str:
    """How messages name an assessment."""
    return f"The self-assessment {assessment.years} of {assessment.subject.label}"


def tell(people: Any, assessment: Assessment, matter: str, text: str, part: str = "") -> None:
    """Notify people; one matter of an assessment is told once."""
    notify(
        people,
        kind=f"assessment.{matter.split(':')[0]}",
        text=text,
        url=f"/assessments/{assessment.pk}/{part}",
        key=f"assessment:{assessment.pk}:{matter}",
    )


def tell_those_who(permission: str, assessment: Assessment, matter: str, text: str, by: Actor) -> None:
    """Notify those of the trust who hold a permission, but not the person who just acted."""
    people = everyone_who(permission, Capacity.SUBJECT, [assessment.subject_id], by.on)
    tell(people - {by.user_id}, assessment, matter, text.format(named(assessment)))


def tell_moderators(assessment: Assessment, matter: str, text: str, by: Actor) -> None:
    """Notify those who moderate it."""
    with system("who moderates an assessment"):
        rows = AssessmentAudience.objects.filter(assessment=assessment, capacity=Capacity.MODERATOR)
        bodies = list(rows.values_list("organisation_id", flat=True))
    people = everyone_who(P.ASSESSMENT_MODERATE, Capacity.MODERATOR, bodies, by.on)
    tell(people - {by.user_id}, assessment, matter, text.format(named(assessment)))
