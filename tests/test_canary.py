"""A secret of West Yorkshire sings nowhere else.

Planted in a draft, a private meeting and an action, in assessments and their evidence, in feedback, and in what bodies
tell each other, it comes back in no page, list, count, search, filter, export, error text or notification for people
whom those records are not for. Each kind has a word of its own, so one walk of a person through all addresses tells
what they hear.
"""

import io
import re
import zipfile
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from collaboration.models import EvidenceLink
from ics_governance.context import system
from ics_governance.models import LedgerValue, Notification
from partnerships.models import (
    Action,
    AgendaItem,
    Attendance,
    Decision,
    DecisionLead,
    Function,
    Meeting,
    Membership,
)
from tests import planted, stage
from tests.matrix import CASES
from tests.planted import TYPED, WORDS, text, words_in
from tests.world import LONG_AGO, World

SECRET = WORDS["decision"]
TEXT = text("decision")
REFERENCE = "QWO-2026-9007"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

GUARDED = ("meeting-list", "decision-list", "action-list", "register")
OPEN = ("organisation-list", "forum-list", "arrangement-list", "delegation-list")
SEARCHES = (f"q={TYPED}", f"q={REFERENCE}", "format=csv", "format=xlsx", f"format={TYPED}", f"after={TYPED}",
            "state=draft", "state=planned")  # fmt: skip
LISTS = [(name, query) for name in GUARDED for query in SEARCHES] + [(name, f"q={TYPED}") for name in OPEN]
BY_API = ("meetings", "decisions", "actions", "public-decisions")
TEXTS = ("title", "text", "options", "effect_health", "effect_quality", "effect_resources", "effect_inequalities",
         "engagement_note", "equality_note", "departures", "outcome_note", "correction_reason",
         "withheld_reason")  # fmt: skip
# Made of open records alone, byte by byte the same for everyone whom it is for: these stand for all.
ALIKE = re.compile(r"^/systems/[^/]+/[^/]+\.(pdf|docx|xlsx|svg)$|^/api/v1/systems/[^/]+/map/$|^/api/v1/schema/$|"
                   r"^/register/\?format=(csv|xlsx)$")  # fmt: skip
STAND_FOR_ALL = ("anonymous", "officer", "other_officer")  # the last: what is not seen is not counted there either
# What differs from one answer to the next and tells nothing.
CHANGING = re.compile(rb'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"')


def plant(where: stage.Stage) -> dict[str, int]:
    """Words in every text of a private meeting that members may read, and of a draft of it and its action."""
    ours, soon = where.ours, timezone.localdate() + timedelta(days=14)
    with system("plant a secret"):
        meeting = Meeting.objects.create(forum=ours.forum, held_on=soon, private_reason=text("meeting"))
        for code, capacity in (("QWO", "host"), ("RCF", "member"), ("Y63", "overseer")):
            meeting.audience.create(organisation=World().body(code), capacity=capacity, starts=LONG_AGO)
        AgendaItem.objects.create(
            meeting=meeting, number=1, title=text("meeting"), paper=f"https://example.test/{WORDS['meeting']}"
        )
        member = Membership.objects.filter(forum=ours.forum).first()
        Attendance.objects.create(meeting=meeting, membership=member, state="member")
        draft = Decision.objects.create(
            forum=ours.forum,
            meeting=meeting,
            reference=REFERENCE,
            function=Function.objects.get(code="community_services"),
            amount=384_000,
            decided_on=date(2026, 11, 2),
            authority_status="within_authority",
            **dict.fromkeys(TEXTS, TEXT),
        )
        draft.places.set(ours.forum.places.all())
        draft.audience.create(organisation=ours.icb, capacity="host", starts=LONG_AGO)
        DecisionLead.objects.create(decision=draft, organisation=ours.trust)
        action = Action.objects.create(
            decision=draft, title=text("action"), owner=ours.trust, proposed_on=LONG_AGO, original_due=soon, due=soon,
            progress=text("action"), evidence=text("action"), recovery_plan=text("action"),
        )  # fmt: skip
    return {"meeting": meeting.pk, "draft": draft.pk, "action": action.pk}


@pytest.fixture
def on_stage(world: World) -> stage.Stage:
    return stage.build(world)


def visitor(world: World, name: str) -> Client:
    client = Client()
    if name != "anonymous":
        client.force_login(world.user(name), backend=BACKEND)
    return client


# --- Where one looks ----------------------------------------------------------------------------------------------


def addresses(where: stage.Stage, ids: dict[str, int]) -> list[str]:
    """Every address that is read, with each record of the stage, every list searched, filtered and exported; and those
    of what was planted."""
    found = {}
    for case in CASES:
        if case.section != "accounts" and 405 not in case.verbs["get"]:
            path = reverse(case.route, kwargs=case.args(where))
            query = "&".join(f"{name}={value}" for name, value in case.query(where).items())
            found[f"{path}?{query}" if query else path] = True
    found |= {f"{reverse(name)}?{query}": True for name, query in LISTS}
    for name in BY_API:
        found[f"{reverse(f'api-{name}-list')}?q={TYPED}"] = True
        found[f"{reverse(f'api-{name}-list')}?cursor={TYPED}"] = True
    found |= dict.fromkeys([*asked_of(where, ids), *planted.addresses(where)], True)
    return list(found)


def asked_of(where: stage.Stage, ids: dict[str, int]) -> list[str]:
    """The addresses of what was planted, and the questions that could give it away."""
    of_decision = ("decision", "decision-edit", "decision-notice", "decision-trail", "register-decision")
    routes = [(name, {"reference": REFERENCE}) for name in of_decision]
    for kind, names in {
        "draft": ("api-decisions-detail", "api-public-decisions-detail"),
        "action": ("action", "action-trail", "api-actions-detail"),
        "meeting": ("meeting", "meeting-attendance", "meeting-trail", "api-meetings-detail"),
    }.items():
        routes += [(name, {"pk": ids.get(kind, 0)}) for name in names]
    asked = [reverse(name, kwargs=kwargs) for name, kwargs in routes]
    forum, function = where.ours.forum.pk, Function.objects.get(code="community_services").pk
    asked += [
        f"{reverse('authority-panel')}?forum={forum}&function={function}&amount=700000",
        f"{reverse('api-authority')}?forum={forum}&function=community_services&amount=700000",
        f"{reverse('api-decisions-list')}?meeting={ids.get('meeting', 1)}",
        f"{reverse('api-decisions-list')}?forum={forum}&released=false",
        f"{reverse('api-actions-list')}?decision={ids.get('draft', 1)}",
        f"{reverse('api-meetings-list')}?forum={forum}",
        f"{reverse('organisation', kwargs={'code': where.ours.trust.code})}?as_of=2026-11-02",
    ]
    return asked


def heard(client: Client, address: str) -> tuple[int, bytes]:
    """Status and text of an answer: headers too, files unpacked, and nothing that changes by itself."""
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"".join(packed.read(name) for name in sorted(packed.namelist()) if not name.startswith("docProps"))
    return answer.status_code, CHANGING.sub(b"", body) + str(dict(answer.headers).get("Location", "")).encode()


# --- What is heard ------------------------------------------------------------------------------------------------

# Who hears of what; all others hear nothing. A region reads no file of a draft, and no request between others.
WHO = {
    "officer": {"meeting", "decision", "action", "signal", "query", "request", "risk", "shown", "moderated"},
    "region_lead": {"meeting", "signal", "query", "risk", "shown", "moderated"},
    "secretary": {"meeting", "query", "request", "risk", "file", "kept", "shown", "draft", "returned", "moderated"},
    "partner": {"risk", "feedback"},
    "other_officer": set(),
    "other_trust": set(),
    "admin": set(),
    "stranger": set(),
    "anonymous": set(),
}
NEAR = "^/$|/(signals|queries|requests|risks|assessments|evidence|region|together)/|^/profiles/|organisations/RCF/$"
# Whose answers are as they were without what was planted, and where: what is not seen is not counted either.
UNCHANGED = {"other_officer": "", "partner": NEAR}


def loudly(where: stage.Stage, ids: dict[str, int]) -> dict[tuple[str, str], set[str]]:
    """Where a person must hear of a kind, or nothing would be proved by silence elsewhere."""
    section = reverse("assessment-section", args=[where.ours.assessment.pk, "R"])
    return {
        ("officer", "decision"): {
            reverse("decision", args=[REFERENCE]),
            reverse("decision-notice", args=[REFERENCE]),
            f"{reverse('decision-list')}?q={TYPED}",
            f"{reverse('decision-list')}?format=xlsx",
            f"{reverse('api-decisions-list')}?q={TYPED}",
        },
        ("officer", "meeting"): {
            reverse("meeting", args=[ids["meeting"]]),
            reverse("api-meetings-detail", args=[ids["meeting"]]),
        },
        ("officer", "action"): {reverse("action", args=[ids["action"]]), f"{reverse('action-list')}?format=csv"},
        ("secretary", "draft"): {section},
        ("partner", "feedback"): {
            reverse("feedback-answer", args=[where.ours.invitation.pk]),
            reverse("api-feedback-response", args=[where.ours.feedback.pk]),
        },
    }


def nowhere_else(where: stage.Stage, who: str, kind: str) -> str:
    """The only addresses in which a person hears of a kind."""
    if kind == "moderated" and who != "secretary":  # who wrote the return reads it beside this year's too
        return f"/{where.ours.submitted.pk}/"
    return "feedback" if kind == "feedback" else ""


@pytest.mark.parametrize("who", WHO)
def test_each_hears_what_is_for_them_and_nothing_else(world: World, on_stage: stage.Stage, who: str):
    ids = plant(on_stage)
    planted.exchanges(world, on_stage)
    planted.assessments(world, on_stage)
    planted.feedback(on_stage)
    client, paths = visitor(world, who), addresses(on_stage, ids)
    if who not in STAND_FOR_ALL:
        paths = [path for path in paths if not ALIKE.search(path)]
    said = {path: heard(client, path) for path in paths}
    found: dict[str, set[str]] = {}
    for path, (_, body) in said.items():
        for kind in words_in(body):
            found.setdefault(kind, set()).add(path)
    assert set(found) == WHO[who], {kind: found[kind] for kind in set(found) - WHO[who]}
    for (whose, kind), where in loudly(on_stage, ids).items():
        assert whose != who or where <= found[kind], (kind, where - found[kind])
    for kind, where in found.items():
        assert not [path for path in where if nowhere_else(on_stage, who, kind) not in path], kind
    if who == "partner":
        assert found["feedback"] == loudly(on_stage, ids)["partner", "feedback"]
    assert not_told() == []
    if who == "officer":
        alike = [path for path in paths if ALIKE.search(path) and said[path][0] == 200]
        other = visitor(world, "stranger")
        assert len(alike) > 10
        assert [path for path in alike if heard(other, path) != said[path]] == []
    if who in UNCHANGED:
        uproot(on_stage, ids)
        near = [path for path in paths if re.search(UNCHANGED[who], path)]
        assert len(near) > 20
        assert [path for path in near if heard(client, path) != said[path]] == []


def not_told() -> list[str]:
    """What stands in notifications, e-mails and the audit trail after somebody looked everywhere."""
    texts = [*Notification.objects.values_list("text", flat=True), *(message.body for message in mail.outbox)]
    with system("look at the trail"):
        texts += [str(value) for value in LedgerValue.objects.filter(value__contains=TYPED).values_list("value")]
    return [told for told in texts if words_in(told.encode())]


def uproot(where: stage.Stage, ids: dict[str, int]) -> None:
    """Take out what was planted and neither of them hears of."""
    with system("take what was planted out"):
        Action.objects.filter(pk=ids["action"]).delete()
        Decision.objects.filter(pk=ids["draft"]).delete()
        Meeting.objects.filter(pk=ids["meeting"]).delete()
        for record in (where.ours.signal, where.ours.query, where.ours.request):
            record.delete()
        EvidenceLink.objects.filter(answer__assessment=where.ours.assessment).delete()
