"""The API as a whole: its description, its methods, its errors, and what it says of itself in a demonstration."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from ics_governance.models import ApiToken
from tests import stage

LISTS = [
    "organisations", "places", "posts", "arrangements", "forums", "delegations", "functions", "meetings", "decisions",
    "actions", "frameworks", "profiles", "feedback", "requests", "risks", "checks", "public/decisions",
    "public/functions",
]  # fmt: skip
READ_ONLY = [name for name in LISTS if name not in ("arrangements", "forums", "delegations")]


def test_the_description_names_every_address(api):
    answer = api("officer").get("schema/")
    assert answer.body["openapi"].startswith("3.")
    paths = set(answer.body["paths"])
    assert {f"/api/v1/{name}/" for name in LISTS} <= paths
    assert {
        "/api/v1/authority/",
        "/api/v1/authority/route/",
        "/api/v1/jobs/{id}/",
        "/api/v1/profiles/{id}/explanation/",
    } <= paths
    written = {path for path, methods in answer.body["paths"].items() if set(methods) != {"get"}}
    assert "/api/v1/feedback/{id}/response/" in written
    read_only = tuple(f"/{name}/" for name in READ_ONLY)
    assert not any(path.endswith(read_only) for path in written)
    assert {"/api/v1/forums/", "/api/v1/arrangements/", "/api/v1/forums/{id}/members/{member}/"} <= written
    assert {"/api/v1/delegations/", "/api/v1/delegations/{id}/", "/api/v1/delegations/{id}/moves/"} <= written


def test_the_description_is_whole(db, tmp_path, capsys):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))
    assert capsys.readouterr().err == ""


def test_every_filter_is_described(api):
    described = api("officer").get("schema/").body["paths"]["/api/v1/decisions/"]["get"]["parameters"]
    names = {parameter["name"] for parameter in described}
    assert {"forum", "host", "state", "since", "until", "q", "cursor", "page_size"} <= names


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_one_shape(api, name):
    body = api("officer").get(f"{name}/").body
    assert set(body) == {"demonstration", "next", "previous", "results"}


@pytest.mark.parametrize("name", [*(f"{name}/" for name in READ_ONLY), "organisations/1/", "authority/", "schema/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_is_written_by_rest_yet(api, name, method):
    answer = getattr(api("officer").client, method)(f"/api/v1/{name}", data="{}", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer["Allow"] == "GET, HEAD"
    assert answer.json()["title"] == "Method Not Allowed"


def test_an_address_that_does_not_exist_is_a_problem_too(api):
    answer = api("officer").get("nothing/", 404)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == 404


def test_browsers_get_json_like_everyone(api):
    client = api("officer").client
    answer = client.get("/api/v1/organisations/", headers={"Accept": "text/html"})
    assert answer["Content-Type"] == "application/json"


# --- A demonstration says so --------------------------------------------------------------------------------------


def test_in_a_demonstration_every_answer_says_so(api, world):
    officer = api("officer")
    paths = [*(f"{name}/" for name in LISTS), f"organisations/{world.icb.pk}/"]
    for path in [*paths, f"authority/?forum={world.place_board.pk}&function=community_services"]:
        answer = officer.get(path)
        assert answer["X-Demonstration"] == "activity and scores are invented"
        assert answer.body["demonstration"] == "activity and scores are invented"
    for path, status in (("schema/", 200), ("organisations/0/", 404), ("forums/?nothing=1", 400)):
        answer = officer.get(path, status)
        assert answer["X-Demonstration"]
        assert "demonstration" not in answer.body


def test_a_real_site_says_nothing_of_the_kind(api, world, settings):
    settings.DEMO = False
    answer = api("officer").get("organisations/")
    assert "X-Demonstration" not in answer
    assert set(answer.body) == {"next", "previous", "results"}


# --- Who asks -----------------------------------------------------------------------------------------------------


def test_a_session_of_the_browser_is_enough(sign_in, world):
    answer = sign_in("officer").get("/api/v1/organisations/")
    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Bearer icsgo_unknown", "Bearer", "bearer  ", "Token abc", "Basic YTpi"])
def test_a_token_that_is_not_known_opens_nothing(world, header):
    answer = Client(headers={"Authorization": header}).get("/api/v1/organisations/")
    assert answer.status_code == 401


def test_a_token_ends_on_its_day(api):
    officer = api("officer")
    officer.get("organisations/")
    ApiToken.objects.update(expires_on=timezone.localdate())
    officer.get("organisations/")
    ApiToken.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
    officer.get("organisations/", 401)


def test_a_token_of_someone_who_left_opens_nothing(api, world):
    officer = api("officer")
    world.user("officer").__class__.objects.filter(email="officer@example.test").update(is_active=False)
    officer.get("organisations/", 401)


def test_a_role_that_ended_shows_on_the_next_request(api, world):
    world.decision()
    officer = api("officer")
    assert len(officer.rows("decisions/")) == 1
    user = world.user("officer")
    user.role_memberships.update(ends=timezone.localdate() - timedelta(days=1))
    assert officer.rows("decisions/") == []


# --- What comes back is what is described -------------------------------------------------------------------------


def as_json_schema(part):
    """OpenAPI 3.0 says `nullable` where JSON Schema says that null is one of the types.

    Formats are not checked, so what differs by format alone may be either.
    """
    if isinstance(part, list):
        return [as_json_schema(one) for one in part]
    if not isinstance(part, dict):
        return part
    plain = {name.replace("oneOf", "anyOf"): as_json_schema(one) for name, one in part.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if part.get("nullable") else plain


@pytest.fixture
def described(api, world):
    """The schema of the answer of an address, with everything that it refers to."""
    document = api("officer").get("schema/").body

    def of(path):
        answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        return as_json_schema({**answer, "components": document["components"]})

    return of


def test_what_comes_back_is_what_is_described(api, world, described):
    on_stage = stage.build(world).ours
    records = {
        "organisations": on_stage.trust, "arrangements": on_stage.arrangement, "forums": on_stage.forum,
        "delegations": on_stage.delegation, "meetings": on_stage.meeting, "decisions": on_stage.agreed,
        "actions": on_stage.done, "profiles": on_stage.profile, "public/decisions": on_stage.released,
    }  # fmt: skip
    officer = api("officer")
    paths = {f"{name}/": f"/api/v1/{name}/" for name in LISTS}
    paths |= {f"{name}/{record.pk}/": f"/api/v1/{name}/{{id}}/" for name, record in records.items()}
    paths[f"profiles/{on_stage.profile.pk}/explanation/"] = "/api/v1/profiles/{id}/explanation/"
    paths[f"jobs/{on_stage.job.pk}/"] = "/api/v1/jobs/{id}/"
    question = f"authority/?forum={on_stage.forum.pk}&function=community_services&amount=700000"
    paths[question] = "/api/v1/authority/"
    paths["authority/route/?system=QWO&function=community_services&amount=700000"] = "/api/v1/authority/route/"
    for asked, path in paths.items():
        body = officer.get(asked).body
        faults = list(Draft202012Validator(described(path)).iter_errors(body))
        assert not faults, (asked, [f"{list(fault.path)}: {fault.message}" for fault in faults])


def test_a_question_about_an_address_alone_is_answered_without_a_body(api):
    answer = api("officer").client.head("/api/v1/organisations/")
    assert (answer.status_code, answer.content) == (200, b"")
