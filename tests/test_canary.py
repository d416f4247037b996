"""A secret of West Yorkshire sings nowhere else.

Planted in a draft, a private meeting and an action, it comes back in no page, list, count, search, filter, export or
error text for people whom those records are not for.
"""

import io
import re
import zipfile
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ics_governance.context import system
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
from tests import stage
from tests.matrix import CASES
from tests.world import LONG_AGO, World

TYPED = "zq7canary"  # what a curious person searches for
SECRET = "heronry"  # what stands beside it in every text, and must not come back
TEXT = f"{TYPED} {SECRET}"
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
# What differs from one answer to the next and tells nothing.
CHANGING = re.compile(rb'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"')


def plant(where: stage.Stage, *, private_meeting: bool) -> dict[str, int]:
    """The secret in every text of a draft and its action and, if asked for, of a meeting that members may read."""
    ours, soon = where.ours, timezone.localdate() + timedelta(days=14)
    ids = {}
    with system("plant a secret"):
        meeting = None
        if private_meeting:
            meeting = Meeting.objects.create(forum=ours.forum, held_on=soon, private_reason=TEXT)
            for code, capacity in (("QWO", "host"), ("RCF", "member"), ("Y63", "overseer")):
                meeting.audience.create(organisation=World().body(code), capacity=capacity, starts=LONG_AGO)
            AgendaItem.objects.create(meeting=meeting, number=1, title=TEXT, paper=f"https://example.test/{SECRET}")
            member = Membership.objects.filter(forum=ours.forum).first()
            Attendance.objects.create(meeting=meeting, membership=member, state="member")
            ids["meeting"] = meeting.pk
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
            decision=draft, title=TEXT, owner=ours.trust, proposed_on=LONG_AGO, original_due=soon, due=soon,
            progress=TEXT, evidence=TEXT, recovery_plan=TEXT,
        )  # fmt: skip
    return ids | {"draft": draft.pk, "action": action.pk}


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
    found |= dict.fromkeys(planted(where, ids), True)
    return list(found)


def planted(where: stage.Stage, ids: dict[str, int]) -> list[str]:
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


def test_the_secret_is_found_by_those_it_is_for(world: World, on_stage: stage.Stage):
    """Else nothing would be proved by its silence elsewhere."""
    ids = plant(on_stage, private_meeting=True)
    officer = visitor(world, "officer")
    loud = [path for path in addresses(on_stage, ids) if SECRET.encode() in heard(officer, path)[1]]
    assert {
        reverse("decision", args=[REFERENCE]),
        reverse("decision-notice", args=[REFERENCE]),
        reverse("meeting", args=[ids["meeting"]]),
        reverse("action", args=[ids["action"]]),
        f"{reverse('decision-list')}?q={TYPED}",
        f"{reverse('decision-list')}?format=xlsx",
        f"{reverse('action-list')}?format=csv",
        reverse("api-meetings-detail", args=[ids["meeting"]]),
        f"{reverse('api-decisions-list')}?q={TYPED}",
    } <= set(loud)


@pytest.mark.parametrize("who", ["other_trust", "anonymous"])
def test_the_secret_comes_back_to_nobody_of_another_system(world: World, on_stage: stage.Stage, who: str):
    ids = plant(on_stage, private_meeting=True)
    client = visitor(world, who)
    loud = [path for path in addresses(on_stage, ids) if SECRET.encode() in heard(client, path)[1]]
    assert not loud


@pytest.mark.parametrize("who", ["secretary", "region_lead"])
def test_a_draft_comes_back_to_nobody_but_its_host(world: World, on_stage: stage.Stage, who: str):
    ids = plant(on_stage, private_meeting=False)
    client = visitor(world, who)
    loud = [path for path in addresses(on_stage, ids) if SECRET.encode() in heard(client, path)[1]]
    assert not loud


def test_not_one_answer_changes_for_an_officer_of_another_system(world: World, on_stage: stage.Stage):
    """Counts, totals and pages are as they were: what is not seen is not counted either."""
    ids = plant(on_stage, private_meeting=True)
    client = visitor(world, "other_officer")
    paths = addresses(on_stage, ids)
    after = {path: heard(client, path) for path in paths}
    assert not [path for path, (_, body) in after.items() if SECRET.encode() in body]
    uproot(ids)
    changed = [path for path in paths if heard(client, path) != after[path]]
    assert not changed


def uproot(ids: dict[str, int]) -> None:
    """Take out what was planted."""
    with system("take a planted secret out"):
        Action.objects.filter(pk=ids["action"]).delete()
        Decision.objects.filter(pk=ids["draft"]).delete()
        Meeting.objects.filter(pk=ids["meeting"]).delete()
