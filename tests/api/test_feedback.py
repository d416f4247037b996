"""The API's feedback rounds, an organisation's own answer, information requests and shared risks."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from collaboration.actions import feedback, requests, risks
from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from collaboration.models import FeedbackResponse
from ics_governance.context import acting_as, system
from ics_governance.models import ApiToken, LedgerEntry
from ics_governance.permissions import SYSTEM
from tests import rounds
from tests.api.conftest import ROOT

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def framework(world):
    row, _ = load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    return row


@pytest.fixture
def partners(world):
    return rounds.partners(world)


@pytest.fixture
def asked(world, framework, partners):
    return rounds.open_round(world, partners, TODAY)


@pytest.fixture
def closed(asked, partners):
    for number, body in enumerate(partners):
        rounds.send(asked, body, TODAY, rating=str(number), comment=f"Remark {number}")
    with system("close the round of a test"):
        feedback.close_round(by=SYSTEM, feedback_round=asked)
    return asked


class Partner:
    """A person of an organisation that was asked, with a token."""

    def __init__(self, body) -> None:
        key = ApiToken.new_key()
        user = rounds.person_of(body, TODAY).user_id
        ApiToken.objects.create(
            user_id=user, name="t", digest=ApiToken.digest_of(key), expires_on=timezone.localdate() + timedelta(days=60)
        )
        self.client = Client(headers={"Authorization": f"Bearer {key}"})

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(ROOT + path)
        assert answer.status_code == status, answer.content
        return answer

    def put(self, found, body: Any, status: int = 200, **headers: str) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        answer = self.client.put(
            f"{ROOT}feedback/{found.pk}/response/", data=text, content_type="application/json", headers=headers
        )
        assert answer.status_code == status, answer.content
        return answer


def full(found, rating="2", **more):
    return {"ratings": rounds.everything(found, rating), "comment": "They listen."} | more


# --- Rounds -------------------------------------------------------------------------------------------------------


def test_a_closed_round_tells_its_results_to_subject_host_and_overseer(api, closed):
    for who in ("secretary", "officer", "region_lead"):
        record = api(who).record(f"feedback/{closed.pk}/")
        assert (record["state"], record["suppressed"], record["own_answer"]) == ("closed", False, None)
        assert len(record["results"]) == 20
        assert {(row["organisations"], row["mean"]) for row in record["results"]} == {(4, "1.500")}
        assert sorted(record["comments"]) == [f"Remark {number}" for number in range(4)]


def test_those_who_were_asked_get_no_result(closed, partners):
    record = Partner(partners[0]).get(f"feedback/{closed.pk}/").json()
    assert (record["results"], record["comments"], record["own_answer"]) == (None, None, "answered")


def test_an_open_round_tells_its_subject_nothing_of_who_was_asked_or_answered(api, asked, partners):
    before = api("secretary").record(f"feedback/{asked.pk}/"), api("secretary").rows("feedback/")
    rounds.send(asked, partners[0], TODAY)
    assert (api("secretary").record(f"feedback/{asked.pk}/"), api("secretary").rows("feedback/")) == before
    assert before[0]["own_answer"] is None and before[0]["results"] is None
    api("secretary").get(f"feedback/{asked.pk}/response/", 404)


def test_a_suppressed_round_says_so(api, asked, partners):
    for body in partners[:2]:
        rounds.send(asked, body, TODAY, comment="Remark")
    with time_machine.travel(asked.closes_on + timedelta(days=1), tick=False):
        feedback.close_finished(by=SYSTEM)
        record = api("secretary").record(f"feedback/{asked.pk}/")
    assert (record["suppressed"], record["results"], record["comments"]) == (True, [], [])


@pytest.mark.parametrize("who", ["other_officer", "other_trust", "partner", "admin", "stranger"])
def test_for_others_a_round_does_not_exist(api, asked, who):
    assert api(who).rows("feedback/") == []
    missing = api(who).get("feedback/999999/", 404).body
    assert api(who).get(f"feedback/{asked.pk}/", 404).body == missing
    assert api(who).get(f"feedback/{asked.pk}/response/", 404).body == missing


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"subject": "RCF"}, 1), ({"subject": "RR8"}, 0), ({"host": "QWO"}, 1), ({"state": "open"}, 1),
     ({"state": "closed"}, 0), ({"q": "airedale"}, 1), ({"closes_until": "2026-12-21"}, 1),
     ({"closes_until": "2026-12-20"}, 0)],
)  # fmt: skip
def test_rounds_are_filtered(api, asked, filters, count):
    assert len(api("officer").rows("feedback/", **filters)) == count


def test_a_long_list_of_rounds_needs_no_more_queries(api, asked, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        api("officer").get("feedback/")


# --- An organisation's own answer ---------------------------------------------------------------------------------


def test_a_program_saves_a_draft_and_sends_it(asked, partners):
    one = Partner(partners[0])
    first = one.get(f"feedback/{asked.pk}/response/")
    assert (first.json()["ratings"], first["ETag"]) == ({}, '"none"')
    draft = one.put(asked, {"ratings": {"P1.1": "3"}}, **{"If-Match": first["ETag"]})
    assert draft.json()["ratings"] == {"P1.1": "3"} and draft.json()["sent_at"] is None
    sent = one.put(asked, full(asked, send=True), **{"If-Match": draft["ETag"]})
    assert sent.json()["sent_at"]
    assert one.get(f"feedback/{asked.pk}/").json()["own_answer"] == "answered"
    again = one.put(asked, full(asked, send=True), 409, **{"If-Match": sent["ETag"]})
    assert "it stands" in again.json()["detail"]


def test_the_same_key_sends_once(asked, partners):
    one, headers = Partner(partners[0]), {"If-Match": '"none"', "Idempotency-Key": "k-1"}
    first = one.put(asked, full(asked, send=True), **headers)
    second = one.put(asked, full(asked, send=True), **headers)
    assert (second["Idempotent-Replayed"], second.json()) == ("true", first.json())
    assert LedgerEntry.objects.filter(kind="feedback_response.sent").count() == 1
    one.put(asked, full(asked, rating="0", send=True), 422, **headers)


def test_an_answer_that_changed_meanwhile_is_not_overwritten(asked, partners):
    one = Partner(partners[0])
    one.put(asked, full(asked), **{"If-Match": '"none"'})
    one.put(asked, full(asked, rating="0"), 412, **{"If-Match": '"none"'})
    one.put(asked, full(asked, rating="0"), 428)
    with system("what is stored"):
        assert set(FeedbackResponse.objects.get().ratings.values()) == {"2"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"ratings": {"P9.9": "2"}}, "is not an item of this round"),
        ({"ratings": {"P1.1": "7"}}, "is not an answer to P1.1"),
        ({"ratings": ["P1.1"]}, "dictionary"),
        ({}, "required"),
        ({"ratings": {}, "comment": "x" * 3001}, "3000"),
        ("no json", "JSON parse error"),
        ([1], "Invalid data"),
    ],
)
def test_what_is_no_answer_is_a_problem(asked, partners, body, says):
    answer = Partner(partners[0]).put(asked, body, 400, **{"If-Match": '"none"'})
    assert answer["Content-Type"] == "application/problem+json" and says in answer.content.decode()


def test_sending_with_gaps_lists_them(asked, partners):
    answer = Partner(partners[0]).put(asked, {"ratings": {"P1.1": "2"}, "send": True}, 409, **{"If-Match": '"none"'})
    assert len(answer.json()["reasons"]) == 14
    with system("what is stored"):
        assert not FeedbackResponse.objects.exists()


def test_nobody_writes_for_another_body(api, asked, partners):
    for who in ("officer", "secretary", "partner", "stranger"):
        answer = api(who).client.put(f"{ROOT}feedback/{asked.pk}/response/", data="{}", content_type="application/json")
        assert answer.status_code == 404


# --- Requests and risks -------------------------------------------------------------------------------------------


@pytest.fixture
def request_of_icb(world):
    actor = world.actor("officer")
    with acting_as(actor):
        return requests.ask(
            by=actor, asker=world.icb, asked=world.body("RCF"), title="Beds", text="By ward.", due_on=date(2026, 12, 7)
        )


@pytest.fixture
def risk(world):
    actor = world.actor("officer")
    with acting_as(actor):
        values = {"title": "Wards close", "owner": world.body("RCF"), "review_on": date(2026, 12, 14)}
        return risks.add_risk(by=actor, host=world.icb, values=values)


def test_a_request_is_read_by_both_bodies(api, request_of_icb):
    for who in ("officer", "secretary", "auditor"):
        (row,) = api(who).rows("requests/")
        assert (row["asker"]["ods_code"], row["asked"]["ods_code"], row["due_on"]) == ("QWO", "RCF", "2026-12-07")
        assert api(who).record(f"requests/{request_of_icb.pk}/")["title"] == "Beds"


def test_a_risk_is_read_by_those_who_share_it(api, risk):
    for who in ("officer", "secretary", "region_lead"):
        (row,) = api(who).rows("risks/")
        assert (row["host"]["ods_code"], row["owner"]["ods_code"], row["state"]) == ("QWO", "RCF", "open")
        assert api(who).record(f"risks/{risk.pk}/")["title"] == "Wards close"


@pytest.mark.parametrize("who", ["partner", "other_officer", "other_trust", "admin", "stranger"])
def test_for_others_neither_exists(api, request_of_icb, risk, who):
    for name, found in (("requests", request_of_icb), ("risks", risk)):
        assert api(who).rows(f"{name}/") == []
        assert api(who).get(f"{name}/{found.pk}/", 404).body == api(who).get(f"{name}/999999/", 404).body


@pytest.mark.parametrize(
    ("path", "filters", "count"),
    [
        ("requests/", {"asker": "QWO"}, 1),
        ("requests/", {"asked": "QWO"}, 0),
        ("requests/", {"state": "open", "overdue": "false"}, 1),
        ("requests/", {"overdue": "true"}, 0),
        ("requests/", {"due_since": "2026-12-07", "due_until": "2026-12-07"}, 1),
        ("requests/", {"q": "beds ward"}, 1),
        ("risks/", {"host": "QWO", "owner": "RCF"}, 1),
        ("risks/", {"state": "closed"}, 0),
        ("risks/", {"overdue": "true"}, 0),
        ("risks/", {"overdue": "false"}, 1),
        ("risks/", {"q": "wards"}, 1),
    ],
)
def test_requests_and_risks_are_filtered(api, request_of_icb, risk, path, filters, count):
    assert len(api("officer").rows(path, **filters)) == count


@pytest.mark.parametrize("path", ["feedback/", "requests/", "risks/"])
def test_a_filter_that_is_none_is_a_problem(api, framework, path):
    api("officer").get(path, 400, state="nonsense")
    api("officer").get(path, 400, nonsense="1")
    api(None).get(path, 401)


@pytest.mark.parametrize("path", ["requests/", "risks/"])
def test_a_long_list_needs_no_more_queries_than_a_short_one(
    api, world, request_of_icb, risk, path, django_assert_max_num_queries
):
    actor = world.actor("officer")
    with acting_as(actor):
        for number in range(30):
            requests.ask(
                by=actor, asker=world.icb, asked=world.body("RCF"), title=f"Beds {number}", text="x",
                due_on=date(2026, 12, 8),
            )  # fmt: skip
            risks.add_risk(by=actor, host=world.icb, values={"title": f"Risk {number}", "owner": world.body("RCF")})
    officer = api("officer")
    for size in (5, 30):
        with django_assert_max_num_queries(12):
            assert len(officer.get(path, page_size=size).body["results"]) == size
