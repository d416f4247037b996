"""The file of a draft, and reminders, tell of what two bodies exchange only those whom it is for.

What pages tell is heard in `tests/test_canary.py`.
"""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from collaboration import evidence_store
from collaboration.actions import reminders
from collaboration.models import Evidence
from ics_governance.context import system
from ics_governance.models import Notification
from oversight.actions.reminders import send_digests
from tests import planted, stage
from tests.planted import text, words_in
from tests.test_canary import WHO, visitor
from tests.world import World


@pytest.fixture
def on_stage(world: World) -> stage.Stage:
    where = stage.build(world)
    planted.exchanges(world, where)
    return where


def test_a_file_of_a_draft_and_its_name_go_to_its_own_body_alone(
    world: World, on_stage: stage.Stage, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    with system("the file of a draft"):
        draft = Evidence.objects.get(title=text("file"))
    (evidence_store.folder(evidence_store.KEPT) / draft.stored_as).write_text(text("file"))
    address = reverse("evidence-file", args=[draft.pk])
    for who in WHO:
        answer = visitor(world, who).get(address)
        told = f"{dict(answer.headers)} {answer.getvalue().decode('utf-8')}".encode()
        assert words_in(told) == ({"file", "name"} if who == "secretary" else set()), who
        assert answer.status_code == {"secretary": 200, "anonymous": 302}.get(who, 404), who


def test_reminders_tell_of_it_only_those_that_it_is_for(world: World, on_stage: stage.Stage):
    today = timezone.localdate()
    reminders.remind_of_requests()
    reminders.remind_of_risks()
    send_digests(since=today, until=today)
    told = [
        (row.user.email.split("@")[0], words_in(row.text.encode()))
        for row in Notification.objects.select_related("user")
    ]
    assert ("secretary", {"request"}) in told
    assert ("officer", {"risk"}) in told
    like = {"chair": WHO["secretary"], "executive": WHO["officer"], "auditor": WHO["officer"]} | WHO
    assert not [(who, words) for who, words in told if not words <= like.get(who, set())]
    assert not [message for message in mail.outbox if words_in(f"{message.subject}{message.body}".encode())]
