"""What one organisation answers in a feedback round comes back to nobody else before the round has closed.

Not to the body it is about, not to the host that asked, not to those who oversee: in no page, count, search, export,
answer of the API, notification or entry of the audit trail.
"""

import re

import pytest
from django.core import mail
from django.urls import reverse

from collaboration.models import FeedbackInvitation, FeedbackResponse
from ics_governance.context import system
from ics_governance.models import LedgerValue, Notification
from tests import stage
from tests.test_canary import SECRET, TEXT, TYPED, addresses, heard, visitor
from tests.world import World

NEAR = "^/$|feedback|profile|organisations|region|signals|cases"  # where it could slip through
SEARCHES = (f"q={TYPED}", "format=csv", "whose=to_answer", "whose=about", "state=open")


@pytest.fixture
def planted(world: World) -> stage.Stage:
    """On the stage, with the secret in what Bradford Council has written of Airedale."""
    where = stage.build(world)
    with system("plant a secret in an answer"):
        FeedbackResponse.objects.filter(invitation=where.ours.invitation).update(comment=TEXT, ratings={"P1.1": SECRET})
    return where


def where_to_look(where: stage.Stage) -> list[str]:
    """Every address that is read, and the lists and records of feedback asked in every way."""
    found = addresses(where, {})
    found += [f"{reverse('feedback-list')}?{query}" for query in SEARCHES]
    found += [f"{reverse('api-feedback-list')}?q={TYPED}"]
    for record in (where.ours.feedback, where.ours.closed_feedback):
        found += [f"{reverse('feedback-round', args=[record.pk])}?format={kind}" for kind in ("csv", "xlsx")]
    return found


def test_the_organisation_itself_reads_it(world: World, planted: stage.Stage):
    """Else nothing would be proved by its silence elsewhere."""
    client = visitor(world, "partner")
    paths = [path for path in where_to_look(planted) if "feedback" in path]
    loud = [path for path in paths if SECRET.encode() in heard(client, path)[1]]
    assert set(loud) == {
        reverse("feedback-answer", args=[planted.ours.invitation.pk]),
        reverse("api-feedback-response", args=[planted.ours.feedback.pk]),
    }


@pytest.mark.parametrize(("who", "part"), [("secretary", ""), ("officer", NEAR), ("region_lead", NEAR)])
def test_it_comes_back_to_nobody_else(world: World, planted: stage.Stage, who: str, part: str):
    """To the body it is about in no address at all; to the others in none that is near."""
    client, paths = visitor(world, who), [path for path in where_to_look(planted) if re.search(part, path)]
    assert len(paths) > 20
    assert not [path for path in paths if SECRET.encode() in heard(client, path)[1]]
    assert not [row.text for row in Notification.objects.all() if SECRET in row.text]
    assert not [message for message in mail.outbox if SECRET in message.body]
    with system("look at the trail"):
        assert not LedgerValue.objects.filter(value__contains=SECRET).exists()


def test_not_one_answer_to_the_subject_changes_with_who_was_asked(world: World, planted: stage.Stage):
    """Counts and totals too: whether an organisation was asked, answered or declined alters nothing it can see."""
    client = visitor(world, "secretary")
    paths = [path for path in where_to_look(planted) if "feedback" in path]
    before = {path: heard(client, path) for path in paths}
    with system("answer, and ask somebody else"):
        FeedbackInvitation.objects.filter(pk=planted.ours.invitation.pk).update(answered_on="2026-10-05")
        FeedbackInvitation.objects.create(round=planted.ours.feedback, organisation=world.body("RR8"))
    assert [path for path in paths if heard(client, path) != before[path]] == []
