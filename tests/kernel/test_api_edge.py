"""The edge of the API: who asks, by token or session, and errors that every program can read."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ics_governance.models import ApiToken, Notification, User
from tests.kernel.test_middleware import routes

pytestmark = pytest.mark.urls("tests.kernel.pages")

ROUTES = sorted({path for _, path in routes() if path.startswith("/api/")})
OPEN = [path for path in ROUTES if path.startswith("/api/v1/public/")]
CLOSED = [path for path in ROUTES if path not in OPEN]


def is_problem(answer, status):
    """Whether an answer is a problem (RFC 9457) of that status; returns its body."""
    body = json.loads(answer.content)
    assert (answer.status_code, body["status"]) == (status, status)
    assert answer["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(body)
    assert "Traceback" not in answer.content.decode()
    return body


def token(user, days=1):
    """A fresh key of a person, good for so many days from today."""
    key = ApiToken.new_key()
    ApiToken.objects.create(
        user=user, name="a test", digest=ApiToken.digest_of(key), expires_on=timezone.localdate() + timedelta(days=days)
    )
    return key


def ask(key, path="/api/v1/test/fine/", client=None):
    """Ask with a key, as a server would answer."""
    client = client or Client(raise_request_exception=False)
    return client.get(path, headers={"Authorization": f"Bearer {key}"})


# --- Nobody -------------------------------------------------------------------------------------------------------


def test_the_walk_finds_the_api():
    assert "/api/v1/decisions/" in CLOSED
    assert "/api/v1/public/decisions/" in OPEN


@pytest.mark.parametrize("path", CLOSED)
def test_nobody_is_answered_401_everywhere_but_in_public(client, db, path):
    for verb in (client.get, client.post, client.delete):
        answer = verb(path)
        is_problem(answer, 401)
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", OPEN)
def test_what_is_public_asks_nobody_who_they_are(client, db, path):
    """A question without its parts is not understood; nobody is asked to sign in."""
    assert client.get(path).status_code in (200, 400, 404)


# --- Tokens -------------------------------------------------------------------------------------------------------


def test_a_token_acts_as_its_person(world):
    world.decision()
    for name, seen in (("officer", 1), ("other_officer", 0)):
        body = ask(token(world.user(name))).json()
        assert (body["actor"], body["decisions"]) == (world.user(name).pk, seen)


def test_a_token_counts_before_the_session_of_the_browser(sign_in, world):
    world.decision()
    answer = ask(token(world.user("other_officer")), client=sign_in("officer"))
    assert (answer.json()["actor"], answer.json()["decisions"]) == (world.user("other_officer").pk, 0)


@pytest.mark.parametrize("key", ["icsgo_unknown", "", " ", "x" * 5000, "Ünïcode", "a b c"])
def test_an_unknown_token_is_answered_401(db, key):
    answer = ask(key)
    assert is_problem(answer, 401)["detail"] == "This token is not known or has expired."
    assert answer["WWW-Authenticate"] == "Bearer"


def test_an_unknown_token_does_not_fall_back_to_the_session(sign_in):
    assert ask("icsgo_unknown", client=sign_in("officer")).status_code == 401


@pytest.mark.parametrize(("days", "status"), [(-1, 401), (0, 200)])
def test_a_token_is_good_to_the_end_of_its_last_day(world, days, status):
    assert ask(token(world.user("officer"), days)).status_code == status


def test_a_token_of_a_locked_out_person_is_answered_401(world):
    key = token(world.user("officer"))
    User.objects.filter(pk=world.user("officer").pk).update(is_active=False)
    is_problem(ask(key), 401)


def test_a_token_that_was_taken_back_is_gone_at_the_next_request(world):
    key = token(world.user("officer"))
    assert ask(key).status_code == 200
    ApiToken.objects.all().delete()
    is_problem(ask(key), 401)


def test_a_key_is_not_kept(world):
    key = token(world.user("officer"))
    (row,) = ApiToken.objects.values_list()
    assert key not in str(row)
    assert key.startswith("icsgo_")
    assert len(key) > 40


def test_another_scheme_is_not_a_token(client, db):
    answer = client.get("/api/v1/test/fine/", headers={"Authorization": "Basic b2ZmaWNlcjpwYXNz"})
    is_problem(answer, 401)


# --- Sessions -----------------------------------------------------------------------------------------------------


def test_a_browser_that_has_signed_in_needs_no_token(sign_in, world):
    assert sign_in("officer").get("/api/v1/test/fine/").json()["actor"] == world.user("officer").pk


def test_a_write_by_session_needs_its_csrf_token(world):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.user("officer"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "CSRF" in is_problem(strict.post("/api/v1/test/fine/"), 403)["detail"]


def test_a_write_by_token_needs_none(world):
    strict = Client(enforce_csrf_checks=True)
    key = token(world.user("officer"))
    headers = {"Authorization": f"Bearer {key}"}
    answer = strict.post("/api/v1/test/fine/", "{}", content_type="application/json", headers=headers)
    assert answer.status_code == 200


# --- Errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/no/such/", "/api/", "/api/v2/decisions/", "/api/v1/decisions"])
@pytest.mark.parametrize("who", [None, "officer"])
def test_an_address_that_does_not_exist_is_a_problem_too(client, sign_in, path, who):
    if who:
        sign_in(who)
    answer = client.get(path)
    if path.endswith("/"):
        assert is_problem(answer, 404)["detail"] == "There is nothing here that you may see."
    else:
        assert (answer.status_code, answer["Location"]) == (301, path + "/")


@pytest.mark.parametrize(
    ("how", "status", "detail"),
    [
        ("refused", 403, "This can be done by: ICB governance officer or ICB executive."),
        ("missing", 404, "There is nothing here that you may see."),
        ("guard", 409, "A quorum is missing A title"),
        ("fault", 500, "Something went wrong on our side. Nothing was changed."),
        ("database", 503, "The database does not answer. Please try again in a moment."),
    ],
)
def test_each_error_says_what_it_is_and_undoes_what_was_written(world, how, status, detail):
    answer = ask(token(world.user("officer")), f"/api/v1/test/{how}/")
    assert is_problem(answer, status)["detail"] == detail
    assert Notification.objects.count() == 0


def test_what_worked_is_kept(world):
    assert ask(token(world.user("officer"))).status_code == 200
    assert Notification.objects.count() == 1


def test_reasons_against_are_listed_with_their_fields(world):
    body = ask(token(world.user("officer")), "/api/v1/test/guard/").json()
    assert body["reasons"] == [
        {"text": "A quorum is missing", "field": "attendance"},
        {"text": "A title", "field": "title"},
    ]


def test_a_database_that_is_away_says_when_to_ask_again(world):
    assert ask(token(world.user("officer")), "/api/v1/test/database/")["Retry-After"] == "10"


def test_a_verb_that_is_not_offered_says_which_are(sign_in):
    answer = sign_in("officer").put("/api/v1/test/fine/")
    is_problem(answer, 405)
    assert set(answer["Allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}


def test_a_body_that_is_no_json_is_a_problem(sign_in):
    answer = sign_in("officer").post("/api/v1/test/fine/", "{", content_type="application/json")
    assert "JSON parse error" in is_problem(answer, 400)["detail"]


def test_a_nul_in_a_parameter_is_a_problem(sign_in):
    is_problem(sign_in("officer").get("/api/v1/organisations/?kind=%00"), 400)


@pytest.mark.parametrize("size", ["0", "101", "-1", "1.5", "x", "", "\uff19\uff19", "9" * 50])
def test_a_page_size_is_a_whole_number_from_1_to_100(sign_in, size):
    body = is_problem(sign_in("officer").get("/api/v1/organisations/", {"page_size": size}), 400)
    assert body["errors"]["page_size"] == ["Use a whole number from 1 to 100."]


@pytest.mark.parametrize("size", ["1", "100"])
def test_the_ends_of_that_range_are_taken(sign_in, size):
    assert sign_in("officer").get("/api/v1/organisations/", {"page_size": size}).status_code == 200


@pytest.mark.parametrize("cursor", ["x", "cD0%3D", "cD1hYmM=", "🩺", "%FF" * 10, "A" * 3000])
def test_a_cursor_that_leads_nowhere_is_a_problem_and_never_a_fault(sign_in, cursor):
    client = sign_in("officer")
    client.raise_request_exception = False
    answer = client.get("/api/v1/organisations/", {"cursor": cursor})
    assert answer.status_code in (200, 400, 404)
    assert answer.status_code == 200 or is_problem(answer, answer.status_code)


@pytest.mark.parametrize("pk", ["0", "9" * 30, "-1", "abc", "1.5", "%00", "%F0%9F%A9%BA", "../1"])
def test_an_id_that_is_none_is_never_a_fault(sign_in, pk):
    client = sign_in("officer")
    client.raise_request_exception = False
    assert client.get(f"/api/v1/decisions/{pk}/").status_code in (400, 404)
