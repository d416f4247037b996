"""The API's concerns and cases: each reader's own view of them, the permitted moves, and writes that are done once."""

import pytest
import time_machine

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from oversight.models import Case
from tests.oversight.case_world import TODAY, case_at, move, note, raise_case

SEERS = ("partner", "officer", "executive", "auditor", "region_lead")
RESPONDENTS = ("secretary", "chair")
OUTSIDERS = ("other_officer", "other_trust", "admin", "stranger")
RAISED = {
    "organisation": "E08000032", "title": "Papers arrive on the day", "facts": "In June.\n\nAnd in July.",
    "system": "QWO", "respondents": ["RCF"], "behaviours": ["B1.4"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def framework(world):
    load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))


def post(api, path, body, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = api.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=names)
    answer.body = answer.json()
    return answer


def problem(answer, status):
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.body
    return answer.body


@pytest.mark.parametrize("who", [*SEERS, *RESPONDENTS, *OUTSIDERS])
def test_a_case_is_read_by_those_it_is_for(api, world, who):
    case = raise_case(world)
    seen = who in SEERS
    assert api(who).names("cases/") == [case.reference] * seen
    assert api(who).get(f"cases/{case.pk}/", 200 if seen else 404)
    assert api(who).get(f"concerns/{case.concern_id}/", 200 if seen else 404)
    move(world, "officer", case, "accept")
    assert api(who).names("cases/") == [case.reference] * (seen or who in RESPONDENTS)


def test_a_case_tells_both_sides_and_what_happened(api, world):
    case = case_at(world, "facilitated_resolution")
    answer = api("secretary").get(f"cases/{case.pk}/")
    record = answer.body
    assert (record["stage"], record["raised_by"]) == ("facilitated_resolution", "Bradford Council")
    assert [fact["by"] for fact in record["facts"]] == ["Bradford Council"] * 2
    assert record["replies"][0]["occasion"] == "allegation"
    assert "raised the concern" in record["timeline"][-1]["text"]
    assert answer["ETag"] == f'"{record["version"]}"'


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("stage=informal_resolution", 1), ("stage=raised", 0), ("open=true", 1), ("open=false", 0), ("holder=QWO", 1),
        ("holder=RCF", 0), ("respondent=RCF", 1), ("overridden=true", 0), ("due_before=2027-01-01", 1), ("q=papers", 1),
        ("q=bradford", 0),
    ],
)  # fmt: skip
def test_cases_are_filtered(api, world, query, count):
    case_at(world, "informal_resolution")
    assert len(api("officer").rows(f"cases/?{query}")) == count


def test_a_raiser_in_confidence_is_a_partner_to_the_respondent(api, world):
    case = raise_case(world, in_confidence=True)
    move(world, "officer", case, "accept")
    for path in ("cases/", f"cases/{case.pk}/", f"cases/{case.pk}/moves/", "concerns/", f"concerns/{case.concern_id}/"):
        answer = api("secretary").get(path)
        assert "Bradford" not in answer.content.decode() and "Imran" not in answer.content.decode()
    assert api("secretary").record(f"cases/{case.pk}/")["raised_by"] == "a partner"
    assert api("secretary").record(f"concerns/{case.concern_id}/")["raised_by"] is None
    assert api("officer").record(f"concerns/{case.concern_id}/")["raised_by"]["name"] == "Bradford Council"


# --- Raising ------------------------------------------------------------------------------------------------------


def test_a_concern_is_raised_once_for_each_key(api, world, framework):
    partner = api("partner")
    first, second = (post(partner, "concerns/", RAISED, Idempotency_Key="mine") for _ in range(2))
    assert first.status_code == 201 and first.body == second.body and second["Idempotent-Replayed"] == "true"
    assert first["Location"].endswith(f"/api/v1/concerns/{first.body['id']}/")
    assert api("officer").names("cases/") == [first.body["case"]]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"), ({"respondents": []}, "respondents"), ({"respondents": ["XXX"]}, "respondents"),
        ({"system": "nothing"}, "system"), ({"behaviours": ["B9.9"]}, "behaviours"),
        ({"attempts": [999999]}, "attempts"),
        ({"facts": None}, "facts"), ({"in_confidence": "perhaps"}, "in_confidence"), ({"place": 10**30}, "place"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(api, world, framework, changes, field):
    answer = post(api("partner"), "concerns/", RAISED | changes)
    assert field in problem(answer, 400)["errors"]
    with system("look"):
        assert not Case.objects.exists()


def test_nobody_raises_one_for_another_body(api, world, framework):
    assert "Partner" in problem(post(api("partner"), "concerns/", RAISED | {"organisation": "RCF"}), 403)["detail"]
    problem(post(api("auditor"), "concerns/", RAISED | {"organisation": "QWO"}), 403)


def test_a_note_that_would_name_the_raiser_is_refused(api, world, framework):
    body = RAISED | {"in_confidence": True, "attempts": [note(world).pk]}
    assert "names your organisation" in problem(post(api("partner"), "concerns/", body), 409)["detail"]


# --- Moves --------------------------------------------------------------------------------------------------------


def test_the_permitted_moves_come_with_the_reasons_against_the_others(api, world):
    case = move(world, "officer", raise_case(world), "accept")
    body = api("officer").record(f"cases/{case.pk}/moves/")
    moves = {row["event"]: row for row in body["moves"]}
    assert body["version"] == case.version
    assert not moves["not_settled"]["possible"] and moves["not_settled"]["reasons"][0]["missing"] == "attempt"
    assert moves["supersede"]["possible"] and moves["supersede"]["needs"] == ["reason", "lead_case"]
    assert [row["event"] for row in api("partner").record(f"cases/{case.pk}/moves/")["moves"]] == ["withdraw"]
    assert api("secretary").record(f"cases/{case.pk}/moves/")["moves"] == []


def test_a_move_is_made_upon_the_version_that_was_read(api, world):
    case = case_at(world, "informal_resolution")
    officer, path = api("officer"), f"cases/{case.pk}/moves/"
    etag = officer.get(path)["ETag"]
    body = {"event": "not_settled", "reason": "No date was found."}
    assert problem(post(officer, path, body), 428)
    answer = post(officer, path, body, If_Match=etag, Idempotency_Key="once")
    assert (answer.status_code, answer.body["stage"]) == (200, "facilitated_resolution")
    assert post(officer, path, body, If_Match=etag, Idempotency_Key="once").body == answer.body
    assert "Read it again" in problem(post(officer, path, body, If_Match=etag), 412)["detail"]


def test_a_move_that_guards_refuse_changes_nothing_and_says_why(api, world):
    case = move(world, "officer", raise_case(world), "accept")
    officer, path = api("officer"), f"cases/{case.pk}/moves/"
    answer = post(officer, path, {"event": "not_settled"}, If_Match=officer.get(path)["ETag"])
    assert problem(answer, 409)["reasons"][0]["field"] == "attempt"
    with system("look"):
        assert Case.objects.get().version == case.version


def test_a_move_of_another_stage_is_a_conflict(api, world):
    case = case_at(world, "informal_resolution")
    officer, path = api("officer"), f"cases/{case.pk}/moves/"
    answer = post(officer, path, {"event": "accept"}, If_Match=officer.get(path)["ETag"])
    assert "is not possible: this is now" in problem(answer, 409)["detail"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "event"), ({"event": "nothing"}, "event"), ({"event": "override"}, "event"),
        ({"event": "decline"}, "signpost"), ({"event": "decline", "signpost": "elsewhere", "reason": "x"}, "signpost"),
        ({"event": "accept", "days": 5}, "days"), ({"event": "accept", "lead": 10**17}, "lead"),
    ],
)  # fmt: skip
def test_a_move_that_is_not_understood_is_named(api, world, body, word):
    case = raise_case(world)
    officer, path = api("officer"), f"cases/{case.pk}/moves/"
    assert word in problem(post(officer, path, body, If_Match=officer.get(path)["ETag"]), 400)["errors"]


def test_who_may_not_move_it_is_told_who_can(api, world):
    case = raise_case(world)
    partner, path = api("partner"), f"cases/{case.pk}/moves/"
    answer = post(partner, path, {"event": "accept"}, If_Match=partner.get(path)["ETag"])
    assert "ICB governance officer" in problem(answer, 403)["detail"]
    problem(post(api("secretary"), path, {"event": "accept"}, If_Match='"1"'), 404)
