"""The log: one line of JSON for what happened, with the request it happened in, and people as numbers alone."""

import io
import json
import logging

import pytest
import structlog
from django.db import IntegrityError, transaction

from ics_governance import jobs, ledger
from ics_governance.logs import without_values
from ics_governance.models import ApiToken, Job, User

pytestmark = pytest.mark.urls("tests.kernel.pages")

# Of the cast's officer and of the request: nothing of it may be in a line.
PERSONAL = ("hannah", "whitfield", "officer@example", "canary", "203.0.113.9", "mozilla", "smith", "a long enough")


@pytest.fixture
def log(db):
    """`log()` gives the lines written so far, as the console would show them."""
    root = logging.getLogger()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(next(row.formatter for row in root.handlers if row.formatter and _is_ours(row)))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.setLevel(level)
    root.removeHandler(handler)


def _is_ours(handler):
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)


def _ask(client, path, **headers):
    client.raise_request_exception = False
    return client.get(path, REMOTE_ADDR="203.0.113.9", headers={"User-Agent": "Mozilla/5.0 (Canary)"} | headers)


def test_a_request_is_one_line_with_its_number_person_path_and_end(sign_in, world, log):
    _ask(sign_in("officer"), "/test/seen/")
    (line,) = log()
    assert (line["event"], line["request"], line["code"]) == ("request_finished", "GET /test/seen/", 200)
    assert line["user_id"] == world.user("officer").pk
    assert len(line["request_id"]) == 36
    assert line["level"] == "info"


def test_every_line_of_a_request_has_its_number(sign_in, log):
    _ask(sign_in("officer"), "/test/logs/")
    own, finished = log()
    assert own["event"] == "a_line_of_the_view"
    assert own["request_id"] == finished["request_id"]


def test_two_requests_have_two_numbers(sign_in, log):
    client = sign_in("officer")
    _ask(client, "/test/seen/")
    _ask(client, "/test/seen/")
    assert len({line["request_id"] for line in log()}) == 2


def test_a_number_from_outside_is_not_taken(sign_in, log):
    _ask(sign_in("officer"), "/test/seen/", **{"X-Request-ID": "canary"})
    assert log()[0]["request_id"] != "canary"


def test_nobody_has_no_number(client, log):
    _ask(client, "/test/seen-by-all/")
    assert log()[0]["user_id"] is None


def test_a_token_is_logged_as_its_person(client, world, log):
    key = ApiToken.new_key()
    ApiToken.objects.create(
        user=world.user("officer"), name="t", digest=ApiToken.digest_of(key), expires_on="2099-01-01"
    )
    _ask(client, "/api/v1/test/fine/", Authorization=f"Bearer {key}")
    assert log()[-1]["user_id"] == world.user("officer").pk
    assert key not in str(log())


def test_what_people_search_for_is_not_logged(sign_in, log):
    _ask(sign_in("officer"), "/test/seen/?q=Smith")
    assert log()[0]["request"] == "GET /test/seen/"


@pytest.mark.parametrize(
    "path", ["/test/key/s3cret/", "/accounts/password/reset/key/1-s3cret/", "/accounts/confirm-email/s3cret/"]
)
def test_a_key_that_opens_something_once_is_not_logged(client, log, path):
    _ask(client, path)
    assert "s3cret" not in str(log())


def test_a_fault_is_one_line_with_its_traceback(sign_in, log):
    _ask(sign_in("officer"), "/test/fails/")
    (line,) = [line for line in log() if line["level"] == "error"]
    assert (line["event"], line["code"]) == ("request_failed", 500)
    assert "ValueError: a fault of ours" in line["exception"]


def test_the_values_of_a_row_that_broke_a_rule_are_not_logged(sign_in, log):
    _ask(sign_in("officer"), "/test/rule/")
    (line,) = [line for line in log() if line["level"] == "error"]
    assert "duplicate key value violates unique constraint" in line["exception"]
    assert "DETAIL: left out" in line["exception"]


@pytest.mark.parametrize(
    "path",
    [
        "/test/seen/?q=smith",
        "/test/logs/",
        "/test/fails/",
        "/test/rule/",
        "/test/refuses/",
        "/no/such/",
        "/health/live",
    ],
)
def test_no_line_names_a_person_or_a_machine(sign_in, log, path):
    _ask(sign_in("officer"), path)
    text = json.dumps(log()).lower()
    assert not [word for word in PERSONAL if word in text]


def test_a_failed_sign_in_names_nobody(client, log):
    client.raise_request_exception = False
    client.post("/accounts/login/", {"login": "canary@example.test", "password": "a long enough canary"})
    text = json.dumps(log()).lower()
    assert not [word for word in PERSONAL if word in text]


# --- Jobs ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked_for(monkeypatch, world):
    """A job that was asked for in request r-42, and writes a line and an entry of the audit trail."""

    def work(job):
        structlog.get_logger("test").warning("a_line_of_the_job")
        ledger.append(by=world.actor("officer"), kind="test.done", record=world.icb, after={"n": 1})

    monkeypatch.setattr(jobs, "_kinds", {"test.work": work})
    with structlog.contextvars.bound_contextvars(request_id="r-42"):
        return jobs.enqueue("test.work", "one", by=world.actor("officer"))


def test_a_job_logs_the_number_of_the_request_that_asked_for_it(log, asked_for):
    jobs.run(asked_for.pk)
    own, done = log()
    assert (own["event"], done["event"]) == ("a_line_of_the_job", "job_done")
    for line in (own, done):
        assert (line["request_id"], line["job"], line["job_kind"]) == ("r-42", asked_for.pk, "test.work")


def test_what_a_job_did_is_in_the_audit_trail_under_the_same_number(asked_for, world):
    jobs.run(asked_for.pk)
    assert ledger.LedgerEntry.objects.get(kind="test.done").request == "r-42"


def test_the_number_ends_with_the_job(log, asked_for):
    jobs.run(asked_for.pk)
    structlog.get_logger("test").warning("afterwards")
    assert "request_id" not in log()[-1]


def test_a_failed_job_is_logged_without_values(log, monkeypatch, world):
    known = world.user("officer")

    def work(job):
        with transaction.atomic():
            User.objects.create_user(known.email, name=known.name)

    monkeypatch.setattr(jobs, "_kinds", {"test.work": work})
    jobs.run(jobs.enqueue("test.work", "one").pk)
    (line,) = [line for line in log() if line["event"] == "job_failed"]
    assert IntegrityError.__name__ in line["exception"]
    assert not [word for word in PERSONAL if word in json.dumps(line).lower()]
    assert "officer" not in Job.objects.get().error


# --- The processor ------------------------------------------------------------------------------------------------


def test_only_the_values_are_cut():
    text = 'duplicate key value violates "one"\nDETAIL:  Key (email)=(a@b) already exists.\nand on'
    cut = without_values(None, "error", {"event": "e", "exception": text, "code": 500})
    assert cut == {
        "event": "e",
        "exception": 'duplicate key value violates "one"\nDETAIL: left out\nand on',
        "code": 500,
    }
