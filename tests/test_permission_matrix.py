"""Every address, every verb, every person: what comes back is what `tests/matrix.py` says, and nothing is left out."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from zlib import crc32

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from collaboration.views import assessment_moves, requests
from ics_governance.permissions import roles
from partnerships.views import decisions, delegating, followup, meetings, memberships
from tests import stage
from tests.matrix import CASES, EVERYONE, SIGN_IN, Answer, Case
from tests.world import PEOPLE, World

# Where a verb is offered to nobody it is refused before anybody looks at roles, and sign-in knows none.
STAND_FOR_ALL = {"anonymous", "officer"}
# Where many get the same, these are asked for all of them, and one of the others in turn, row by row; with the long
# tests everybody is asked everything.
STAND_FOR_OTHERS = {"anonymous", "officer", "other_officer"}
IN_TURN = sorted(EVERYONE - STAND_FOR_OTHERS)
FEW = 3  # people who share an answer are all asked
FIRST_OF_ROUTE = {case.route: case for case in reversed(CASES)}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def routes(patterns, before: str = "") -> Iterator[tuple[str, str]]:
    """(name, address) of everything the site answers; what has no name goes by its address."""
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            assert isinstance(pattern, URLPattern)
            yield pattern.name or address, address


ROUTES = dict(routes(get_resolver().url_patterns))


# --- The table is whole -------------------------------------------------------------------------------------------


def test_every_address_is_listed():
    missing = [f"{name} (/{address})" for name, address in ROUTES.items() if name not in {case.route for case in CASES}]
    assert not missing, (
        f"These addresses are not in the matrix of permissions: {', '.join(missing)}. Add rows for each to "
        "tests/matrix.py: what each person gets for GET and POST, with a record of ours and one of theirs."
    )


def test_the_table_lists_no_address_that_is_gone():
    assert {case.route for case in CASES} <= set(ROUTES)


def test_every_role_is_played_by_somebody():
    played = {role for _, _, role in PEOPLE.values()}
    missing = sorted(set(roles()) - played)
    assert not missing, (
        f"Nobody in the cast holds these roles: {', '.join(missing)}. Give each to a person in tests/world.py, and put "
        "the person into one of the groups of tests/matrix.py."
    )


def test_every_person_is_in_a_group():
    missing = sorted({*PEOPLE, "anonymous"} - EVERYONE)
    assert not missing, f"The matrix expects nothing of {', '.join(missing)}: add them to a group in tests/matrix.py."


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_row_names_each_person_once(case: Case):
    for verb, answer in case.verbs.items():
        named = Counter(person for people in answer.values() for person in people)
        assert set(named) == set(EVERYONE), f"{case}, {verb}: nothing is expected of {sorted(EVERYONE - set(named))}"
        assert set(named.values()) == {1}, f"{case}, {verb}: {[who for who, n in named.items() if n > 1]} twice"


def test_every_move_is_listed():
    """A move is an event in an address: each of them is a row of its own."""
    moves = {
        "delegation-move": delegating.MOVES,
        "membership-answer": memberships.ANSWERS,
        "meeting-move": meetings.MOVES,
        "decision-move": decisions.AT_ONCE,
        "decision-why": decisions.WITH_REASON,
        "action-move": followup.AT_ONCE,
        "assessment-move": assessment_moves.AT_ONCE,
        "assessment-step": assessment_moves.STEPS,
        "request-move": requests.AT_ONCE,
        "request-step": requests.WITH_WORDS,
        "action-step": set(followup.STEPS) - set(followup.AT_ONCE),
    }
    listed = {(case.route, case.about) for case in CASES}
    for route, events in moves.items():
        for event in events:
            for side in ("ours", "theirs"):
                assert (route, f"{side}: {event}") in listed, f"Add a row for {event} of {side} to tests/matrix.py."


# --- The site does what the table says ----------------------------------------------------------------------------


@pytest.fixture
def played(world: World):
    """The stage, and the session of each person."""
    sessions = {"anonymous": {}}
    for name in PEOPLE:
        client = Client()
        client.force_login(world.user(name), backend=BACKEND)
        sessions[name] = {key: morsel.value for key, morsel in client.cookies.items()}
    return SimpleNamespace(stage=stage.build(world), sessions=sessions, handler=Client().handler)


def came_back(played, case: Case, verb: str, who: str):
    """What one person gets; nothing of it stays, neither in the database nor in the person's browser."""
    address = reverse(case.route, kwargs=case.args(played.stage)) if "/" not in case.route else f"/{case.route}"
    sent = case.data(played.stage) if verb == "post" else case.query(played.stage) if verb == "get" else None
    cache.clear()  # how often an address may be asked is counted there
    client = Client()
    client.handler = played.handler  # which has loaded its middleware already
    client.cookies.load(played.sessions[who])
    with transaction.atomic():
        answer = getattr(client, verb)(address, sent)
        transaction.set_rollback(True)
    if answer.status_code == 302 and answer["Location"].startswith(f"{reverse('account_login')}?next="):
        return SIGN_IN
    return answer.status_code


SECTIONS = list(dict.fromkeys(case.section for case in CASES))


@pytest.mark.parametrize("section", SECTIONS)
def test_people_get_what_the_matrix_says(played, subtests, section: str):
    """Everybody who gets what few get, and some of those who get what many get."""
    for case in CASES:
        if case.section == section:
            with subtests.test(str(case)):
                wrong = list(differences(played, case))
                assert not wrong, "\n".join([str(case), *wrong])


@pytest.mark.long
@pytest.mark.parametrize("section", SECTIONS)
def test_everybody_gets_what_the_matrix_says(played, subtests, section: str):
    """Without exception: each person, each verb, each row."""
    for case in CASES:
        if case.section == section:
            with subtests.test(str(case)):
                wrong = list(differences(played, case, everybody=True))
                assert not wrong, "\n".join([str(case), *wrong])


def differences(played, case: Case, *, everybody: bool = False) -> Iterator[str]:
    """Where the site does something else than the table says."""
    for verb, answer in case.verbs.items():
        if verb not in ("get", "post") and case is not FIRST_OF_ROUTE[case.route] and not everybody:
            continue
        for status, people in answer.items():
            for who in sorted(people if everybody else people & asked(case, answer)):
                got = came_back(played, case, verb, who)
                if got != status:
                    yield f"{verb.upper()} as {who}: {got} in place of {status}"


def asked(case: Case, answer: Answer) -> frozenset[str]:
    """Whom it takes to see that a row holds."""
    if 405 in answer or case.section == "accounts":
        return frozenset(STAND_FOR_ALL)
    few = (people for people in answer.values() if len(people) <= FEW)
    turn = IN_TURN[crc32(str(case).encode()) % len(IN_TURN)]
    return frozenset({*STAND_FOR_OTHERS, turn}).union(*few)
