"""Writes about information requests: ask, answer, refuse with a lawful reason, withdraw, set a later day."""

from datetime import date

from django.db import transaction

from collaboration.access import P
from collaboration.models import Capacity, InformationRequest, RequestAudience
from collaboration.queries.people import everyone_who
from collaboration.workflows import INFORMATION_REQUEST
from ics_governance.actions import carry_out, change, locked, record_new
from ics_governance.context import system
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day, working_days
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from partnerships.access import require
from partnerships.models import Organisation

LEAST_NOTICE = 5  # working days between asking and the day: our own rule, so that nobody is asked for tomorrow
USUAL_NOTICE = 10  # working days that the form proposes
GOVERNED = ("asker", "asked", "title", "text", "asked_on", "due_on", "state")


@transaction.atomic
def ask(
    *, by: Actor, asker: Organisation, asked: Organisation, title: str, text: str, due_on: date
) -> InformationRequest:
    """One body asks another for information by a day; both can read it, and those who answer for the other are told."""
    if not by.system and asker.pk not in by.organisations(P.REQUEST_ASK, Capacity.ASKER):
        raise Refused(P.REQUEST_ASK)
    _check(by, asker, asked, due_on)
    request = InformationRequest(
        asker=asker, asked=asked, title=title, text=text, asked_on=by.on, due_on=due_on, first_due_on=due_on
    )
    request.asked_by_id = by.user_id  # type: ignore[assignment]
    with system("information_request.asked"):
        request.save()
        for body, capacity in ((asker, Capacity.ASKER), (asked, Capacity.ASKED)):
            RequestAudience.objects.create(request=request, organisation=body, capacity=capacity, starts=by.on)
    record_new(request, "information_request.asked", GOVERNED, by=by, organisation_id=asker.pk)
    tell(request, Capacity.ASKED, "asked", f"{asker.label} asks for information by {day(due_on)}: {title}", by)
    return request


def _check(by: Actor, asker: Organisation, asked: Organisation, due_on: date) -> None:
    if asker == asked:
        raise GuardFailed([Reason("Another body than the one that asks", "asked")])
    if not asked.exists_on(by.on):
        raise GuardFailed([Reason(f"A body that exists today; {asked.label} does not", "asked")])
    earliest = add_working_days(by.on, LEAST_NOTICE)
    if due_on < earliest:
        notice = working_days(LEAST_NOTICE)
        raise GuardFailed([Reason(f"A day that leaves {notice}: {day(earliest)} or later", "due_on")])


def tell(request: InformationRequest, side: Capacity, matter: str, text: str, by: Actor) -> None:
    """Notify those who act for one side of a request, but not the person who just acted."""
    permission, body = {
        Capacity.ASKED: (P.REQUEST_ANSWER, request.asked_id),
        Capacity.ASKER: (P.REQUEST_ASK, request.asker_id),
    }[side]
    notify(
        everyone_who(permission, side, [body], by.on) - {by.user_id},
        kind=f"information_request.{matter}",
        text=text,
        url=f"/requests/{request.pk}/",
        key=f"request:{request.pk}:{matter}",
    )


@transaction.atomic
def answer(*, by: Actor, request: InformationRequest, answer: str) -> InformationRequest:
    """The body asked answers, in words or by saying where the information is."""
    return _close("answer", by, request, Capacity.ASKED, answer=answer)


@transaction.atomic
def refuse(*, by: Actor, request: InformationRequest, refusal: str) -> InformationRequest:
    """The body asked refuses, and names the lawful reason: that counts as met."""
    return _close("refuse", by, request, Capacity.ASKED, refusal=refusal)


@transaction.atomic
def withdraw(*, by: Actor, request: InformationRequest) -> InformationRequest:
    """The asker needs it no longer; nothing is counted."""
    return _close("withdraw", by, request, Capacity.ASKER)


def _close(event: str, by: Actor, request: InformationRequest, side: Capacity, **words: object) -> InformationRequest:
    body = request.asked_id if side == Capacity.ASKED else request.asker_id
    changes = {"closed_on": by.on, "closed_by": by.user_id, **words}
    done = carry_out(INFORMATION_REQUEST, event, request, by=by, organisation_id=body, changes=changes)
    other = Capacity.ASKER if side == Capacity.ASKED else Capacity.ASKED
    tell(done, other, done.state, f"A request for information was {done.state}: {done.title}", by)
    return done


@transaction.atomic
def redate(*, by: Actor, request: InformationRequest, due_on: date) -> InformationRequest:
    """The asker gives more time; the day first agreed stays visible."""
    require(by, P.REQUEST_ASK, request)
    current = locked(request)
    if current.state != InformationRequest.State.OPEN:
        raise GuardFailed([Reason("Only an open request has a day to change.")])
    if due_on <= max(current.due_on, by.on):
        raise GuardFailed([Reason(f"A day after {day(max(current.due_on, by.on))}: more time can be given", "due_on")])
    moved = change(
        current, "information_request.redated", by=by, organisation_id=current.asker_id, changes={"due_on": due_on}
    )
    text = f"There is more time, until {day(due_on)}, to answer: {current.title}"
    tell(moved, Capacity.ASKED, f"redated:{due_on}", text, by)
    return moved
