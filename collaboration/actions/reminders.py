"""What is told each morning: what is due soon, what is overdue. Each matter once a date, however often this runs."""

from django.db import transaction

from collaboration.access import P
from collaboration.models import Capacity, FeedbackRound, InformationRequest, SharedRisk
from collaboration.queries.people import everyone_who
from ics_governance.context import system
from ics_governance.notifications import notify
from ics_governance.permissions import SYSTEM, Actor
from ics_governance.wording import day
from ics_governance.workingdays import add_working_days

from . import feedback, requests

SOON = 3  # working days before a day at which those who have not acted are reminded


@transaction.atomic
def remind_of_rounds(*, by: Actor = SYSTEM) -> int:
    """Remind the organisations that have not answered a round which closes soon; returns how many rounds."""
    with system("rounds that close soon"):
        rows = FeedbackRound.objects.select_related("subject").filter(
            state=FeedbackRound.State.OPEN, closes_on__range=(by.on, add_working_days(by.on, SOON))
        )
        found = list(rows)
    for row in found:
        feedback.remind(by=by, feedback_round=row)
    return len(found)


@transaction.atomic
def remind_of_requests(*, by: Actor = SYSTEM) -> int:
    """Remind bodies of requests that are due soon or overdue; returns how many requests."""
    with system("requests that are due"):
        rows = InformationRequest.objects.select_related("asker").filter(
            state=InformationRequest.State.OPEN, due_on__lte=add_working_days(by.on, SOON)
        )
        found = list(rows)
    for row in found:
        overdue = row.due_on < by.on
        words = f"Overdue since {day(row.due_on)}" if overdue else f"Due on {day(row.due_on)}"
        matter = f"{'overdue' if overdue else 'soon'}:{row.due_on}"
        requests.tell(row, Capacity.ASKED, matter, f"{words}: information for {row.asker.label}, {row.title}", by)
    return len(found)


@transaction.atomic
def remind_of_risks(*, by: Actor = SYSTEM) -> int:
    """Remind owners and hosts of shared risks whose review is due; returns how many risks."""
    with system("risks whose review is due"):
        rows = SharedRisk.objects.filter(review_on__lte=by.on, state=SharedRisk.State.OPEN)
        found = list(rows)
    for row in found:
        people = everyone_who(P.RISK_EDIT, Capacity.HOST, [row.host_id], by.on)
        if row.owner_id:
            people |= everyone_who(P.RISK_EDIT, Capacity.OWNER, [row.owner_id], by.on)
        notify(
            people,
            kind="shared_risk.review_due",
            text=f"The review of a shared risk is due since {day(row.review_on)}: {row.title}",
            url=f"/risks/{row.pk}/",
            key=f"risk:{row.pk}:review:{row.review_on}",
        )
    return len(found)
