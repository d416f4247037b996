"""Nothing that is sent to the API makes it fail: what cannot be understood is refused, and the answer names it."""

import base64
import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LISTS = [
    "organisations", "arrangements", "forums", "delegations", "meetings", "decisions", "actions", "frameworks",
    "profiles", "public/decisions",
]  # fmt: skip
EVIL = [
    "%00", "%ED%A0%80", "%FF%FE", "%F0%9F%92%A9", "9" * 19, "9" * 400, "-1", "0", "1e400", "NaN", "%D9%A3",
    "2026-02-30", "0000-00-00", "99999-01-01", "%25s", "'; drop table x; --", "\\", "x" * 3000, "..%2f..%2f",
]  # fmt: skip


def refused(answer):
    """Whether the answer is a sound one: a list, or a problem that says what is wrong."""
    if answer.status_code == 200:
        return True
    body = answer.json()
    return (
        400 <= answer.status_code < 500
        and answer["Content-Type"] == "application/problem+json"
        and body["status"] == answer.status_code
        and bool(body["detail"])
    )


@pytest.fixture
def officer(api, world):
    world.decision(decided_on=date(2026, 10, 14))
    world.meeting()
    return api("officer")


@pytest.fixture
def filters(officer):
    """The parameters of every list, as the description tells them; those of paging, which all share, for one list."""
    paths = officer.get("schema/").body["paths"]
    named = {name: [row["name"] for row in paths[f"/api/v1/{name}/"]["get"]["parameters"]] for name in LISTS}
    paging = ("cursor", "page_size")
    return {name: [one for one in named[name] if name == "meetings" or one not in paging] for name in LISTS}


@pytest.mark.parametrize("name", LISTS)
def test_no_value_of_any_parameter_makes_a_list_fail(officer, filters, name):
    for parameter in filters[name]:
        for value in EVIL:
            answer = officer.client.get(f"/api/v1/{name}/?{parameter}={value}")
            assert refused(answer), (parameter, value, answer.content)


@pytest.mark.parametrize("name", LISTS)
def test_no_id_makes_a_record_fail(officer, name):
    for value in EVIL:
        answer = officer.client.get(f"/api/v1/{name}/{value.replace('..%2f', '')}/")
        assert answer.status_code in (400, 404), (value, answer.content)


@pytest.mark.parametrize("name", LISTS)
def test_a_parameter_that_a_list_does_not_know_is_refused_with_those_it_knows(officer, name):
    body = officer.get(f"{name}/", 400, kined="trust").body
    assert "cursor" in body["errors"]["kined"][0]


def test_a_record_takes_no_filters(officer, world):
    body = officer.get(f"organisations/{world.icb.pk}/", 400, kind="icb").body
    assert body["errors"] == {"kind": ["This address takes no parameters."]}


def test_a_filter_given_twice_is_refused(officer):
    assert officer.get("decisions/?state=draft&state=agreed", 400).body["errors"] == {"state": ["Give this once."]}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("organisations/?kind=hospital", "Use one of: oversight_body, region, icb, trust"),
        ("organisations/?region=Y99", "No organisation has the ODS code"),
        ("decisions/?state=Draft", "Use one of: draft, proposed"),
        ("decisions/?since=14/10/2026", "Write a date as 2026-11-30."),
        ("decisions/?released=yes", "Use true or false."),
        ("decisions/?function=nothing", "Known: community_diagnostics"),
        ("meetings/?forum=one", "Enter a whole number."),
        ("forums/?page_size=0", "Use a whole number from 1 to 100."),
        ("forums/?cursor=abc", "Use the addresses in"),
    ],
)
def test_an_error_says_what_would_be_right(officer, path, says):
    errors = officer.get(path, 400).body["errors"]
    assert says in next(iter(errors.values()))[0]


# --- Cursors ------------------------------------------------------------------------------------------------------


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "values",
    [
        ["after"],
        ["sideways", "2026-01-01", 1],
        ["after", "2026-01-01"],
        ["after", "2026-01-01", 1, 1],
        ["after", "no date", 1],
        ["after", 5, 1],
        ["after", "2026-01-01", "one"],
        ["after", "2026-01-01", True],
        ["after", "2026-01-01", [1]],
        ["after", "2026-01-01", {"a": 1}],
        ["after", "2026-01-01", 1.5],
        ["after", "\ud800", 1],
        ["after", "\0", 1],
        ["before", "99999-01-01", 1],
    ],
)
def test_a_cursor_of_ones_own_making_is_refused(officer, values):
    officer.get("decisions/", 400, cursor=cursor(*values))


@pytest.mark.parametrize("number", [10**18, 10**30, -(10**30)])
def test_a_cursor_beyond_all_rows_finds_nothing_or_everything(officer, number):
    for direction in ("after", "before"):
        officer.get("decisions/", 200, cursor=cursor(direction, "2026-10-14", number))


def test_a_cursor_of_deep_brackets_is_refused(officer):
    text = base64.urlsafe_b64encode(b"[" * 2000).decode()
    officer.get("decisions/", 400, cursor=text)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["organisations", "meetings", "decisions", "actions"]),
    values=st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=20), st.dates().map(str)), max_size=4),
    direction=st.sampled_from(["after", "before"]),
)
def test_no_cursor_makes_a_list_fail(officer, name, values, direction):
    answer = officer.client.get(f"/api/v1/{name}/", {"cursor": cursor(direction, *values)})
    assert refused(answer), answer.content


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    question=st.dictionaries(
        st.sampled_from(["forum", "function", "amount", "place", "on", "as_of"]),
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
            st.integers().map(str),
            st.decimals().map(str),
            st.dates().map(str),
            st.just("community_services"),
        ),
    )
)
def test_no_question_about_authority_fails(officer, world, question):
    asked = {"forum": world.place_board.pk, "function": "community_services"} | question
    assert refused(officer.client.get("/api/v1/authority/", asked))


# --- Bodies and headers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b'{"a": "\\ud800"}', b'"\\u0000"', b"\xff\xfe", b"1" * 100_000, b"x" * 1_000_000],
)
def test_no_body_makes_an_address_fail(officer, body):
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = officer.client.post("/api/v1/decisions/", data=body, content_type=kind)
        assert answer.status_code in (400, 405, 413), (kind, answer.content)


@pytest.mark.parametrize("value", ["Bearer \u00ff\u00fe", "Bearer " + "x" * 9000, "Bearer a\tb", "\u00e9"])
def test_no_header_makes_an_address_fail(officer, value):
    answer = officer.client.get("/api/v1/organisations/", headers={"Authorization": value, "Accept": "*/*;q=x"})
    assert answer.status_code == 401
