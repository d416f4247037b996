"""The API's self-assessments: read by who sees them, answered from the version that was read."""

import json
from datetime import date

import pytest
import time_machine

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from ics_governance.permissions import SYSTEM
from tests import returns

ROOT = "/api/v1/"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=True):
        yield


@pytest.fixture
def draft(world):
    framework, _ = load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    return returns.begun(world, framework)


def send(api, who, verb, path, body, **headers):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    answer = getattr(api(who).client, verb)(ROOT + path, text, content_type="application/json", headers=headers)
    answer.body = answer.json()
    return answer


def test_an_assessment_is_told_with_its_receipt(api, draft, world):
    (row,) = api("secretary").rows("assessments/")
    assert (row["subject"]["ods_code"], row["year"], row["state"]) == ("RCF", 2026, "draft")
    assert api("officer").rows("assessments/") == []
    done = returns.bring(world, draft, "submitted")
    record = api("officer").record(f"assessments/{draft.pk}/")
    assert record["digest"] == done.digest
    assert record["content"]["answers"]["1.1"]["rating"] == "1"


@pytest.mark.parametrize(("filters", "count"), [({"subject": "RCF"}, 1), ({"year": 2025}, 0), ({"state": "draft"}, 1)])
def test_assessments_are_filtered(api, draft, filters, count):
    assert len(api("secretary").rows("assessments/", **filters)) == count


def test_an_answer_is_changed_from_the_version_that_was_read(api, draft):
    path = f"assessments/{draft.pk}/answers/1.1/"
    read = api("secretary").get(path)
    changed = send(api, "secretary", "patch", path, {"rating": "1"}, **{"If-Match": read["ETag"]})
    assert (changed.status_code, changed.body["version"], changed["ETag"]) == (200, 1, '"1"')
    stale = send(api, "chair", "patch", path, {"text": "x"}, **{"If-Match": read["ETag"]})
    assert (stale.status_code, stale["Content-Type"]) == (412, "application/problem+json")
    assert send(api, "chair", "patch", path, {"text": "x"}).status_code == 428
    assert len(api("secretary").record(f"assessments/{draft.pk}/answers/")["results"]) == 37


def test_the_same_write_twice_is_done_once(api, draft):
    path = f"assessments/{draft.pk}/answers/1.1/evidence/"
    body = {"url": "https://rcf.example.test/paper", "title": "Paper"}
    first, again = (send(api, "secretary", "post", path, body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert len(api("secretary").record(path)["results"]) == 1


def test_a_decision_is_evidence_for_those_who_may_see_it(api, draft, world):
    world.decision(1, shared=True)
    world.decision(2)
    path = f"assessments/{draft.pk}/answers/1.1/evidence/"
    given = send(api, "secretary", "post", path, {"decision": "QWO-2026-0001"})
    assert (given.status_code, given.body["kind"], given.body["title"][:13]) == (201, "decision", "QWO-2026-0001")
    unseen, nothing = (send(api, "secretary", "post", path, {"decision": f"QWO-2026-{n}"}) for n in ("0002", "9999"))
    assert (unseen.status_code, nothing.status_code, unseen.body["detail"]) == (409, 409, nothing.body["detail"])
    for body in ({"decision": "QWO-2026-0001", "url": "https://x.example.test/"}, {"title": "x"}, {}):
        assert send(api, "secretary", "post", path, body).status_code == 400


def test_once_it_is_ready_an_answer_is_refused_as_not_possible_now(api, draft, world):
    returns.bring(world, draft, "ready")
    answer = send(
        api, "secretary", "patch", f"assessments/{draft.pk}/answers/1.1/", {"rating": "0"}, **{"If-Match": '"1"'}
    )
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert "cannot be changed any more" in answer.body["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rating": "9"}, 409),
        ({"rating": 5, "colour": "red"}, 400),
        ({"text": "x" * 10_001}, 400),
        ({"text": "a\0b"}, 400),
        ("[1, 2]", 400),
        ("not json", 400),
        ({"rating": None}, 400),
    ],
)
def test_bad_input_is_answered_as_a_problem(api, draft, body, status):
    path = f"assessments/{draft.pk}/answers/1.1/"
    answer = send(api, "secretary", "patch", path, body, **{"If-Match": '"0"'})
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert returns.answer(draft).version == 0


@pytest.mark.parametrize("who", ["officer", "other_officer", "other_trust", "stranger"])
def test_for_others_a_draft_does_not_exist(api, draft, who):
    for path in ("", "answers/", "answers/1.1/", "answers/1.1/evidence/"):
        assert api(who).get(f"assessments/{draft.pk}/{path}", 404)


@pytest.mark.parametrize("path", ["x/answers/", "99999999999999999999/answers/", "0/answers/1.1/"])
def test_addresses_of_nothing_are_not_there(api, draft, path):
    api("secretary").get(f"assessments/{path}", 404)
    api("secretary").get(f"assessments/{draft.pk}/answers/9.9/", 404)
