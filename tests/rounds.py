"""Feedback rounds for tests: partners of Airedale with a person each, a round that asks them, their answers."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from collaboration.actions import feedback
from collaboration.models import FeedbackInvitation, FeedbackRound
from collaboration.queries.profiles import content_of
from ics_governance.context import acting_as, system
from ics_governance.models import User
from ics_governance.permissions import Actor
from ics_governance.workingdays import add_working_days
from partnerships.access import actor_for
from partnerships.models import Organisation, Person, RoleMembership
from tests import records
from tests.world import LONG_AGO, World


def partners(world: World, count: int = 4) -> list[Organisation]:
    """Voluntary organisations on Airedale's place board, each with one person who answers for it: `partner1` and on."""
    found = []
    for number in range(1, count + 1):
        body = Organisation.objects.create(
            kind="vcse", name=f"Bradford charity {number}", ods_code=f"VC{number}", opened=LONG_AGO
        )
        records.member(world.place_board, body)
        user = User.objects.create_user(f"partner{number}@example.test", "a long enough password", name=f"P{number} Q")
        Person.objects.create(name=user.name, user=user)
        RoleMembership.objects.create(user=user, organisation=body, role="partner", starts=LONG_AGO)
        found.append(body)
    return found


def open_round(world: World, bodies: Iterable[Organisation], on: date, days: int = 20, **fields: Any) -> FeedbackRound:
    """A round about Airedale that the officer opens."""
    officer = world.actor("officer", on)
    values = {"host": world.icb, "subject": world.body("RCF"), "closes_on": add_working_days(on, days)} | fields
    with acting_as(officer):
        return feedback.open_round(by=officer, invited=[body.pk for body in bodies], **values)


def invitation(found: FeedbackRound, body: Organisation) -> FeedbackInvitation:
    """The invitation of a body."""
    with system("an invitation of a test"):
        return FeedbackInvitation.objects.select_related("round__subject").get(round=found, organisation=body)


def person_of(body: Organisation, on: date) -> Actor:
    """Somebody who answers for a body."""
    return actor_for(RoleMembership.objects.filter(organisation=body).first().user, on)


def everything(found: FeedbackRound, rating: str) -> dict[str, str]:
    """The same rating for every item."""
    with system("the framework of a test"):
        return {item.code: rating for item in content_of(found.framework).feedback_items}


def send(
    found: FeedbackRound, body: Organisation, on: date, rating: str = "2", comment: str = "", **ratings: str
) -> None:
    """A body's answer, sent by its person."""
    actor = person_of(body, on)
    with acting_as(actor):
        feedback.send_response(
            by=actor, invitation=invitation(found, body), comment=comment, seen=None,
            ratings=everything(found, rating) | {code.replace("_", "."): value for code, value in ratings.items()},
        )  # fmt: skip
