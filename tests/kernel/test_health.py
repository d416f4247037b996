"""What the site says of itself: to probes, and to people while the database is away."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.utils import timezone

from ics_governance import views
from ics_governance.models import WorkerHeartbeat
from tests.database import as_owner

SECRET = 'connection to server at "10.1.2.3", port 5432 failed: FATAL: role "web"'


@pytest.fixture
def away(db):
    """`away()`: from now on the database does not answer, no statement can be begun."""

    def refuse(*_):
        raise OperationalError(SECRET)

    with pytest.MonkeyPatch.context() as patch:  # undone before the test's own transaction is
        yield lambda: patch.setattr(DatabaseWrapper, "create_cursor", refuse)


@pytest.fixture(autouse=True)
def as_a_server_would(client):
    """Answer errors in place of raising them in the test."""
    client.raise_request_exception = False


# --- Alive --------------------------------------------------------------------------------------------------------


def test_a_process_that_answers_is_alive(client, db):
    answer = client.get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"live")
    assert "no-store" in answer["Cache-Control"]


def test_to_be_alive_needs_no_database(client, away):
    away()
    assert client.get("/health/live").status_code == 200


def test_nor_does_it_when_a_browser_that_has_signed_in_asks(sign_in, away):
    client = sign_in("officer")
    away()
    assert client.get("/health/live").status_code == 200


def test_to_be_alive_asks_no_question_of_the_database(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/health/live")


# --- Ready --------------------------------------------------------------------------------------------------------


def test_a_migrated_database_that_answers_is_ready(client, db):
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"database": "ready"})


def test_without_a_database_it_is_not_ready_and_says_no_more_than_that(client, away):
    away()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": "does not answer"})
    assert answer["Retry-After"] == "10"


def test_a_database_behind_the_code_is_not_ready(client, db, monkeypatch):
    known = views.migrations_of_this_code()
    monkeypatch.setattr(views, "migrations_of_this_code", lambda: known | {("partnerships", "9999_to_come")})
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": "waits for 1 migrations"})


def test_a_database_ahead_of_the_code_is_ready(client, db, monkeypatch):
    """While a new release goes out, the old code goes on."""
    known = views.migrations_of_this_code()
    monkeypatch.setattr(views, "migrations_of_this_code", lambda: known - {("partnerships", "0001_initial")})
    assert client.get("/health/ready").status_code == 200


# --- The worker ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "status", "state"),
    [(None, 503, "silent"), (timedelta(minutes=4), 503, "silent"), (timedelta(minutes=2), 200, "alive")],
)
def test_a_worker_is_alive_when_it_was_seen_within_three_minutes(client, db, ago, status, state):
    if ago is not None:
        WorkerHeartbeat.objects.create(seen_at=timezone.now() - ago)
    answer = client.get("/health/worker")
    assert (answer.status_code, answer.json()) == (status, {"worker": state})


def test_without_a_database_nothing_is_known_of_the_worker(client, away):
    away()
    answer = client.get("/health/worker")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


@pytest.mark.parametrize("path", ["live", "ready", "worker"])
def test_probes_only_read(client, db, path):
    assert client.post(f"/health/{path}").status_code == 405


# --- Pages while the database is away -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/decisions/", "/accounts/login/", "/register/", "/no/such/page/"])
def test_a_page_says_in_plain_words_that_the_database_is_away(client, away, path):
    away()
    _is_away(client.get(path))


def test_a_page_says_so_to_a_person_who_has_signed_in(sign_in, away):
    client = sign_in("officer")
    away()
    _is_away(client.get("/decisions/"))


@pytest.mark.urls("tests.kernel.pages")
def test_a_page_says_so_when_the_database_goes_in_the_middle(sign_in):
    client = sign_in("officer")
    client.raise_request_exception = False
    _is_away(client.get("/test/database/"))


def _is_away(answer):
    text = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "database does not answer" in text
    assert "Traceback" not in text
    assert "10.1.2.3" not in text


def test_the_api_says_so_as_a_problem(client, away):
    away()
    answer = client.get("/api/v1/decisions/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == 503


@pytest.mark.urls("tests.kernel.pages")
def test_a_fault_of_ours_shows_nothing_of_the_inside(sign_in):
    client = sign_in("officer")
    client.raise_request_exception = False
    answer = client.get("/test/fails/")
    assert answer.status_code == 500
    assert "ValueError" not in answer.content.decode()
    assert "a fault of ours" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_after_the_database_came_back_the_next_request_is_answered(client):
    """The server ended this process's connection; one answer is lost, not all."""
    connection.ensure_connection()
    with as_owner(autocommit=True) as database:
        database.execute("select pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    assert client.get("/").status_code == 503
    assert client.get("/").status_code == 200
