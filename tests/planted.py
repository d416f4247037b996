"""Secrets on the stage: each kind of record that is not for everybody has a word of its own in every text.

So one walk through all addresses tells what a person hears, and of which kind.
"""

import re

from django.urls import reverse
from django.utils import timezone

from collaboration.models import (
    Answer,
    Assessment,
    Evidence,
    EvidenceLink,
    FeedbackResponse,
    InformationRequest,
    Moderation,
    RecordQuery,
    SharedRisk,
)
from ics_governance.context import system
from oversight.models import Signal
from tests import stage
from tests.world import World

TYPED = "zq7canary"  # what a curious person searches for; it stands beside the word in every text
WORDS = {
    "meeting": "avocetmeeting", "decision": "heronry", "action": "egretaction",
    "signal": "bitternsignal", "query": "dunlinquery", "request": "grebepaper", "risk": "ospreyrisk",
    "file": "plovertitle", "name": "plovername", "shown": "siskintitle", "draft": "wigeonanswer",
    "returned": "curlewnote", "moderated": "godwitmoderation", "kept": "knotevidence", "feedback": "ruffcomment",
}  # fmt: skip
ANY = re.compile("|".join(WORDS.values()).encode())
KINDS = {word.encode(): kind for kind, word in WORDS.items()}
# who asks: the ways in which each list is searched and exported beyond what the matrix asks
EXCHANGED = ("signal-list", "record-query-list", "request-list", "risk-list", "assessment-list", "api-signals-list")
EXCHANGED += ("api-requests-list", "api-risks-list", "api-assessments-list")
OF_FEEDBACK = (f"q={TYPED}", "format=csv", "whose=to_answer", "whose=about", "state=open")


def text(kind: str) -> str:
    """What stands in a text of this kind."""
    return f"{TYPED} {WORDS[kind]}"


def words_in(said: bytes) -> set[str]:
    """The kinds of which something is heard."""
    return {KINDS[word] for word in ANY.findall(said)}


def exchanges(world: World, where: stage.Stage) -> None:
    """Words in what two bodies of West Yorkshire tell each other."""
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


def assessments(world: World, where: stage.Stage) -> None:
    """Words in why a draft came back, in what a moderator wrote, and in evidence that nobody was shown."""
    ours = where.ours
    with system("plant words"):
        Assessment.objects.filter(pk=ours.assessment.pk).update(returned_note=text("returned"))
        Moderation.objects.create(
            answer=ours.submitted.answers.get(), note=text("moderated"), question=text("moderated")
        )
        Evidence.objects.create(
            organisation=ours.trust, kind="link", title=text("kept"), url=f"https://a.test/{WORDS['kept']}",
            given_by=world.user("secretary"),
        )  # fmt: skip


def feedback(where: stage.Stage) -> None:
    """A word in what Bradford Council has written of Airedale."""
    with system("plant a word in an answer"):
        FeedbackResponse.objects.filter(invitation=where.ours.invitation).update(
            comment=text("feedback"), ratings={"P1.1": WORDS["feedback"]}
        )


def addresses(where: stage.Stage) -> list[str]:
    """The lists of exchanges and feedback, searched and exported in every way."""
    found = [f"{reverse(name)}?{query}" for name in EXCHANGED for query in (f"q={TYPED}", "format=csv")]
    found += [f"{reverse('assessment-list')}?format=xlsx", f"{reverse('api-feedback-list')}?q={TYPED}"]
    found += [f"{reverse('feedback-list')}?{query}" for query in OF_FEEDBACK]
    for record in (where.ours.feedback, where.ours.closed_feedback):
        found += [f"{reverse('feedback-round', args=[record.pk])}?format={kind}" for kind in ("csv", "xlsx")]
    return found
