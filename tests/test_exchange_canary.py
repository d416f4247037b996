"""What two bodies tell each other sings to nobody else: a signal's reason, a query, a request, a risk, a file's name.

Each has a word of its own, so that one walk tells what a person hears, and of which.
"""

import re

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from collaboration import evidence_store
from collaboration.actions import reminders
from collaboration.models import Answer, Evidence, EvidenceLink, InformationRequest, RecordQuery, SharedRisk
from ics_governance.context import system
from ics_governance.models import Notification
from oversight.actions.reminders import send_digests
from oversight.models import Signal
from tests import stage
from tests.test_canary import TYPED, addresses, heard, visitor
from tests.world import World

WORDS = {
    "signal": "bitternsignal", "query": "dunlinquery", "request": "grebepaper", "risk": "ospreyrisk",
    "file": "plovertitle", "name": "plovername", "shown": "siskintitle", "draft": "wigeonanswer",
}  # fmt: skip
# Who hears of what; all others hear nothing. A region reads no file of a draft, and no request between others.
WHO = {
    "officer": {"signal", "query", "request", "risk", "shown"},
    "region_lead": {"signal", "query", "risk", "shown"},
    "secretary": {"query", "request", "risk", "file", "shown", "draft"},
    "partner": {"risk"},
    "other_officer": set(),
    "other_trust": set(),
    "admin": set(),
    "stranger": set(),
    "anonymous": set(),
}
NEAR = "^/$|/(signals|queries|requests|risks|assessments|evidence|region|together)/|^/profiles/|organisations/RCF/$"
LISTS = ("signal-list", "record-query-list", "request-list", "risk-list", "assessment-list", "api-signals-list")
LISTS += ("api-requests-list", "api-risks-list", "api-assessments-list")


def text(kind: str) -> str:
    return f"{TYPED} {WORDS[kind]}"


@pytest.fixture
def planted(world: World) -> stage.Stage:
    """On the stage, with a word in every text of each exchange of West Yorkshire."""
    where = stage.build(world)
    ours, today = where.ours, timezone.localdate()
    with system("plant words"):
        Signal.objects.filter(pk=ours.signal.pk).update(
            state="watched", reason=text("signal"), clause=text("signal"), watch_until=today,
            triaged_by=world.user("officer"), triaged_on=today,
        )  # fmt: skip
        RecordQuery.objects.filter(pk=ours.query.pk).update(text=text("query"), due_on=today)
        InformationRequest.objects.filter(pk=ours.request.pk).update(
            title=text("request"), text=text("request"), due_on=today
        )
        SharedRisk.objects.filter(pk=ours.risk.pk).update(
            title=text("risk"), description=text("risk"), mitigation=text("risk"), review_on=today
        )
        Evidence.objects.filter(pk=ours.evidence.pk).update(title=text("shown"), file_name=f"{WORDS['shown']}.pdf")
        draft = Evidence.objects.create(
            organisation=ours.trust, kind="file", title=text("file"), file_name=f"{WORDS['name']}.pdf", size=9,
            stored_as="1" * 48, digest="1" * 64, given_by=world.user("secretary"),
        )  # fmt: skip
        Answer.objects.filter(assessment=ours.assessment).update(text=text("draft"))
        EvidenceLink.objects.create(
            answer=ours.assessment.answers.get(), evidence=draft, linked_by=world.user("secretary")
        )
    return where


def where_to_look(where: stage.Stage) -> list[str]:
    """Every address that is near, and every list searched and exported."""
    found = [path for path in addresses(where, {}) if re.search(NEAR, path)]
    return found + [f"{reverse(name)}?{query}" for name in LISTS for query in (f"q={TYPED}", "format=csv")]


def words_in(said: str) -> set[str]:
    return {kind for kind, word in WORDS.items() if word in said}


@pytest.mark.parametrize("who", WHO)
def test_each_hears_what_is_for_them_and_nothing_else(world: World, planted: stage.Stage, who: str):
    client, found = visitor(world, who), {}
    for path in where_to_look(planted):
        for kind in words_in(heard(client, path)[1].decode("utf-8", "replace")):
            found.setdefault(kind, []).append(path)
    assert set(found) == WHO[who], found


def test_a_file_of_a_draft_and_its_name_go_to_its_own_body_alone(
    world: World, planted: stage.Stage, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    with system("the file of a draft"):
        draft = Evidence.objects.get(title=text("file"))
    (evidence_store.folder(evidence_store.KEPT) / draft.stored_as).write_text(text("file"))
    address = reverse("evidence-file", args=[draft.pk])
    for who in WHO:
        answer = visitor(world, who).get(address)
        told = f"{dict(answer.headers)} {answer.getvalue().decode('utf-8')}"
        assert words_in(told) == ({"file", "name"} if who == "secretary" else set()), who
        assert answer.status_code == {"secretary": 200, "anonymous": 302}.get(who, 404), who


def test_reminders_tell_of_it_only_those_that_it_is_for(world: World, planted: stage.Stage):
    today = timezone.localdate()
    reminders.remind_of_requests()
    reminders.remind_of_risks()
    send_digests(since=today, until=today)
    told = [(row.user.email.split("@")[0], words_in(row.text)) for row in Notification.objects.select_related("user")]
    assert ("secretary", {"request"}) in told
    assert ("officer", {"risk"}) in told
    like = {"chair": WHO["secretary"], "executive": WHO["officer"], "auditor": WHO["officer"]} | WHO
    assert not [(who, words) for who, words in told if not words <= like.get(who, set())]
    assert not [message for message in mail.outbox if words_in(message.subject + message.body)]


@pytest.mark.parametrize("who", ["partner", "other_officer"])
def test_not_one_answer_changes_for_those_who_hear_nothing(world: World, planted: stage.Stage, who: str):
    """Counts and totals are as they were: what is not seen is not counted either."""
    client, paths, ours = visitor(world, who), where_to_look(planted), planted.ours
    before = {path: heard(client, path) for path in paths}
    with system("take planted words out"):
        for record in (ours.signal, ours.query, ours.request):
            record.delete()
        EvidenceLink.objects.filter(answer__assessment=ours.assessment).delete()
    assert [path for path in paths if heard(client, path) != before[path]] == []
