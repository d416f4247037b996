"""Every request: one transaction, one known person, readable text, and sign-in unless a page says otherwise."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from ics_governance import middleware
from ics_governance.models import Notification
from partnerships.models import RoleMembership

pytestmark = pytest.mark.urls("tests.kernel.pages")


# --- Who asks -----------------------------------------------------------------------------------------------------


def test_a_request_sees_what_its_person_may_see(sign_in, world):
    decision = world.decision()
    seen = sign_in("officer").get("/test/seen/").json()
    assert seen == {"actor": world.user("officer").pk, "decisions": [decision.reference]}
    assert sign_in("other_officer").get("/test/seen/").json()["decisions"] == []


def test_nobody_sees_nothing_on_a_public_page(client, world):
    world.decision()
    assert client.get("/test/seen-by-all/").json() == {"actor": None, "decisions": []}


def test_a_page_that_is_rendered_after_its_view_still_sees_what_its_person_may_see(sign_in, world):
    decision = world.decision()
    assert sign_in("officer").get("/test/lazy/").content.decode() == decision.reference


def test_a_role_that_ended_is_gone_at_the_next_request(sign_in, world):
    world.decision()
    client = sign_in("officer")
    assert client.get("/test/seen/").json()["decisions"] != []
    held = RoleMembership.objects.filter(user=world.user("officer"))
    held.update(ends=timezone.localdate())
    assert client.get("/test/seen/").json()["decisions"] != []  # its last day
    held.update(ends=timezone.localdate() - timedelta(days=1))
    assert client.get("/test/seen/").json()["decisions"] == []


def test_a_role_that_was_given_counts_at_the_next_request(sign_in, world):
    world.decision()
    client = sign_in("stranger")
    assert client.get("/test/seen/").json()["decisions"] == []
    RoleMembership.objects.create(
        user=world.user("stranger"), organisation=world.icb, role="auditor", starts=timezone.localdate()
    )
    assert client.get("/test/seen/").json()["decisions"] != []


def test_a_person_who_was_locked_out_is_out_at_the_next_request(sign_in, world):
    client = sign_in("officer")
    user = world.user("officer")
    user.is_active = False
    user.save()
    assert client.get("/test/seen/").status_code == 302


def test_a_changed_password_ends_the_other_sessions(world):
    one, other = Client(), Client()
    for client in (one, other):
        client.force_login(world.user("officer"), backend="allauth.account.auth_backends.AuthenticationBackend")
    user = world.user("officer")
    user.set_password("another long password")
    user.save()
    assert other.get("/test/seen/").status_code == 302


def test_two_people_of_one_browser_do_not_see_each_others_records(sign_in, world):
    world.decision()
    client = sign_in("officer")
    assert client.get("/test/seen/").json()["decisions"] != []
    client.logout()
    assert sign_in("other_officer").get("/test/seen/").json()["decisions"] == []


def test_a_request_costs_no_more_than_its_person(sign_in, django_assert_max_num_queries):
    """Session, user, roles and the settings of row-level security, beside the view's own query and two savepoints."""
    client = sign_in("officer")
    with django_assert_max_num_queries(9):
        client.get("/test/seen/")


# --- The transaction ----------------------------------------------------------------------------------------------


def test_a_view_that_fails_leaves_nothing_behind(sign_in):
    client = sign_in("officer")
    client.raise_request_exception = False
    assert client.get("/test/fails/").status_code == 500
    assert Notification.objects.count() == 0


def test_what_may_be_seen_and_not_done_answers_403_and_says_who_can(sign_in):
    answer = sign_in("secretary").get("/test/refuses/")
    assert answer.status_code == 403
    assert "This can be done by: ICB governance officer or ICB executive." in answer.content.decode()


def test_what_may_not_be_seen_answers_as_what_does_not_exist(sign_in):
    client = sign_in("officer")
    hidden, absent = client.get("/test/misses/"), client.get("/no/such/page/")
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert _without_nonces(hidden) == _without_nonces(absent).replace("/no/such/page/", "/test/misses/")


def _without_nonces(answer):
    text = re.sub(r'(nonce|name="csrfmiddlewaretoken" value)="[^"]*"', "", answer.content.decode())
    return re.sub(r'"X-CSRFToken": ?"[^"]*"', "", text)


# --- Readable text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/test/key/a%00b/", "/organisations/%00/", "/test/seen/?q=%00", "/test/seen/?%00=1", "/register/?text=a%00"],
)
def test_a_nul_in_an_address_is_a_bad_request(sign_in, path):
    assert sign_in("officer").get(path).status_code == 400


def test_a_nul_in_the_sessions_cookie_is_a_bad_request(client, db):
    client.cookies.load({"sessionid": "12345678\0"})
    assert client.get("/test/seen-by-all/", headers={"Cookie": 'sessionid="12345678\\000"'}).status_code == 400


def test_a_nul_in_a_form_is_a_bad_request(sign_in):
    assert sign_in("officer").post("/test/form/", {"text": "a\0b"}).status_code == 400


def test_a_nul_in_a_file_is_none_of_our_business(sign_in):
    file = SimpleUploadedFile("a.bin", b"a\0b")
    answer = sign_in("officer").post("/test/form/", {"text": "a", "file": file})
    assert answer.json() == {"posted": "a", "files": ["file"]}


@pytest.mark.parametrize("text", ["Ünïcode", "🩺", "a\u202eb", "x" * 100_000, "\ufeff", "'; drop table x; --"])
def test_other_text_arrives_as_it_was_typed(sign_in, text):
    assert sign_in("officer").post("/test/form/", {"text": text}).json()["posted"] == text


def test_a_form_that_is_too_large_is_told_so(sign_in):
    answer = sign_in("officer").post(
        "/test/form/", b"text=" + b"x" * 3_000_000, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 413


def test_an_upload_of_nobody_is_not_taken_in(client, db, monkeypatch):
    monkeypatch.setattr(middleware, "_texts", lambda sent: (_ for _ in ()).throw(AssertionError) if sent else [])
    file = SimpleUploadedFile("a.bin", b"x")
    assert client.post("/test/form/", {"file": file}).status_code == 302


# --- Sign-in by default -------------------------------------------------------------------------------------------

# Every page that is open to all, by name; a new one must be added here to be so.
PUBLIC = {
    "home", "register", "register-decision", "switch-person", "how-scores-are-made", "accessibility", "privacy",
    "verify", "health-live", "health-ready", "health-worker", "system-list", "system", "system-organogram",
    "system-organogram-file", "system-document", "authority-ask", "authority-route", "forum",
}  # fmt: skip
SAMPLES = {
    "int": "1",
    "str": "x",
    "case": "C-2026-001",
    "slug": "x",
    "uuid": "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
    "reference": "QWO-2026-0001",
}


def routes(patterns=None, before=""):
    """(name, an address) of every route of the site."""
    for entry in get_resolver("ics_governance.urls").url_patterns if patterns is None else patterns:
        here = before + _sample(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, here)
        elif isinstance(entry, URLPattern):
            yield entry.name, "/" + here


def _sample(pattern):
    if hasattr(pattern, "_route"):
        return re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], str(pattern._route))
    text = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))+\)", "1", str(pattern._regex))
    return text.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "").replace("/?", "/")


PAGES = [(name, path) for name, path in routes() if not path.startswith(("/api/", "/accounts/"))]


def test_the_walk_finds_the_pages():
    assert {"home", "decision", "decision-move", "organisation-list", "health-live"} <= {name for name, _ in PAGES}


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, path in PAGES if name not in PUBLIC])
def test_a_page_asks_for_sign_in_unless_it_is_listed_as_public(client, db, name, path):
    for verb in (client.get, client.post, client.put, client.delete):
        answer = verb(path)
        assert (answer.status_code, answer.get("Location", "").partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, path in PAGES if name in PUBLIC])
def test_a_public_page_does_not(client, db, name, path):
    assert "/accounts/login/" not in client.get(path).get("Location", "")


def test_sign_in_leads_back_to_the_page_that_was_asked_for(client, db):
    assert client.get("/decisions/?kind=note")["Location"] == "/accounts/login/?next=/decisions/%3Fkind%3Dnote"


def test_a_part_of_a_page_asks_the_whole_browser_to_sign_in(client, db):
    answer = client.get("/authority/panel/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/accounts/login/")


def test_an_address_that_does_not_exist_answers_404_to_everyone(client, db):
    assert client.get("/no/such/page/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/reauthenticate/",
        "/accounts/3rdparty/",
    ],
)
def test_the_account_pages_that_change_something_ask_for_sign_in(client, db, path):
    assert client.get(path).get("Location", "").startswith("/accounts/login/")


def test_every_answer_carries_the_headers_that_protect_it(client, db):
    answer = client.get("/")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_form_without_its_token_is_refused(world):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.user("officer"), backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = strict.post("/test/form/", {"text": "a"})
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()
