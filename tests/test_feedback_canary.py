"""Whom a host asks for feedback, and whether they answered, changes nothing that its subject can see.

What they answered comes back to nobody else: `tests/test_canary.py` looks for it everywhere.
"""

from django.urls import reverse

from collaboration.models import FeedbackInvitation
from ics_governance.context import system
from tests import planted, stage
from tests.test_canary import addresses, heard, visitor
from tests.world import World


def test_not_one_answer_to_the_subject_changes_with_who_was_asked(world: World):
    """Counts and totals too: whether an organisation was asked, answered or declined alters nothing it can see."""
    where = stage.build(world)
    planted.feedback(where)
    client = visitor(world, "secretary")
    paths = [path for path in addresses(where, {}) if "feedback" in path]
    assert reverse("feedback-list") in paths
    before = {path: heard(client, path) for path in paths}
    with system("answer, and ask somebody else"):
        FeedbackInvitation.objects.filter(pk=where.ours.invitation.pk).update(answered_on="2026-10-05")
        FeedbackInvitation.objects.create(round=where.ours.feedback, organisation=world.body("RR8"))
    assert [path for path in paths if heard(client, path) != before[path]] == []
