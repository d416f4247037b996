"""What a system's bodies have with each other on the stage: feedback rounds, an information request, a shared risk."""

from datetime import date
from typing import Any

from collaboration.models import (
    FeedbackInvitation,
    FeedbackResponse,
    FeedbackRound,
    Framework,
    InformationRequest,
    RecordQuery,
    SharedRisk,
)
from ics_governance.context import system
from ics_governance.models import User
from partnerships.models import Organisation
from tests.world import LONG_AGO

OPENED = date(2026, 10, 1)
COMING = date(2099, 1, 14)
TEXT = "Words of the stage"


def between(
    icb: Organisation, trust: Organisation, asked: Organisation, region: Organisation, by: User, framework: Framework
) -> dict[str, Any]:
    """A round about the trust, open and closed, in which `asked` was asked and has begun to answer; the ICB asks the
    trust for information; the trust owns a risk that `asked` shares and the region oversees."""
    with system("exchanges of the stage"):
        rounds = [_round(icb, trust, asked, region, framework) for _ in range(2)]
        invitations = [FeedbackInvitation.objects.create(round=each, organisation=asked) for each in rounds]
        FeedbackRound.objects.filter(pk=rounds[0].pk).update(state="closed", closed_on=OPENED)
        FeedbackResponse.objects.create(invitation=invitations[1], ratings={"P1.1": "2"}, comment=TEXT, saved_by=by)
        request = InformationRequest.objects.create(
            asker=icb, asked=trust, title="Beds", text=TEXT, asked_on=OPENED, due_on=COMING, first_due_on=COMING,
            asked_by=by,
        )  # fmt: skip
        for body, capacity in ((icb, "asker"), (trust, "asked")):
            request.audience.create(organisation=body, capacity=capacity, starts=LONG_AGO)
        risk = SharedRisk.objects.create(host=icb, title="Wards close", owner=trust, raised_on=OPENED, review_on=COMING)
        sharers = [(asked, "member")] if asked != icb else []
        for body, capacity in ((icb, "host"), (trust, "owner"), (region, "overseer"), *sharers):
            risk.audience.create(organisation=body, capacity=capacity, starts=LONG_AGO)
    return {
        "closed_feedback": rounds[0],
        "feedback": rounds[1],
        "invitation": invitations[1],
        "request": request,
        "risk": risk,
        "query": RecordQuery.objects.create(
            subject=trust, keeper=icb, as_of=OPENED, indicator="D1", record_kind="action", record_id=1, text=TEXT,
            asked_by=by, asked_on=OPENED, due_on=COMING,
        ),
    }  # fmt: skip


def _round(
    icb: Organisation, trust: Organisation, asked: Organisation, region: Organisation, framework: Framework
) -> FeedbackRound:
    """An open round: one that is open already is closed first, since there is one about a body at a time."""
    FeedbackRound.objects.filter(subject=trust, state="open").update(state="closed", closed_on=OPENED)
    found = FeedbackRound.objects.create(
        subject=trust, framework=framework, host=icb, opened_on=OPENED, closes_on=COMING
    )
    readers = ((icb, "host"), (trust, "subject"), (region, "overseer"), (asked, "invited"))
    for body, capacity in readers:
        found.audience.create(organisation=body, capacity=capacity, starts=LONG_AGO)
    return found
