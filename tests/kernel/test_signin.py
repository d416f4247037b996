"""Signing in: by e-mail address, by an organisation's account, and never by guessing."""

import json
import os
import re
import subprocess
import sys

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client

from ics_governance.models import User

PASSWORD = "a long enough password"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def no_failures_yet(db):
    """Sign-in limits are counted in the cache."""
    cache.clear()
    yield
    cache.clear()


def sign_in_as(client, address="officer@example.test", password=PASSWORD, **more):
    """Send the form."""
    return client.post(LOGIN, {"login": address, "password": password, **more})


def is_signed_in(client):
    """Whether a page that asks for sign-in is served."""
    return client.get("/decisions/").status_code == 200


# --- By e-mail address --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["officer@example.test", "Officer@Example.TEST", "OFFICER@EXAMPLE.TEST", "  officer@example.test "]
)
def test_an_address_is_taken_in_any_case(client, world, address):
    answer = sign_in_as(client, address)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_signed_in(client)


def test_sign_in_leads_to_the_page_that_was_asked_for(client, world):
    assert sign_in_as(client, next="/decisions/")["Location"] == "/decisions/"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", "\\\\example.org"]
)
def test_sign_in_never_leads_to_another_site(client, world, elsewhere):
    assert sign_in_as(client, next=elsewhere)["Location"] == "/"


def test_a_wrong_password_keeps_the_address_and_not_the_password(client, world):
    answer = sign_in_as(client, password="wrong horse battery")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="officer@example.test"' in page
    assert "wrong horse battery" not in page
    assert "not correct" in page


def test_an_unknown_address_is_answered_like_a_wrong_password(client, world):
    known = sign_in_as(client, "officer@example.test", "wrong")
    unknown = sign_in_as(client, "nobody0@example.test", "wrong")
    assert known.status_code == unknown.status_code
    assert _plain(known, "officer@example.test") == _plain(unknown, "nobody0@example.test")


def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(client, world, monkeypatch):
    """Time would tell otherwise: the hash is made to be slow."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashed.append(1) or encode(self, *args))
    counts = []
    for address in ("officer@example.test", "nobody@example.test"):
        hashed.clear()
        sign_in_as(client, address, "wrong")
        counts.append(len(hashed))
    assert counts == [1, 1]


def test_a_new_password_is_asked_for_with_the_same_answer_whoever_asks(client, world):
    answers = []
    for address in ("officer@example.test", "nobody0@example.test"):
        answer = client.post("/accounts/password/reset/", {"email": address}, follow=True)
        answers.append(_plain(answer, address))
    assert answers[0] == answers[1]


def test_only_a_known_address_gets_a_link(client, world):
    client.post("/accounts/password/reset/", {"email": "officer@example.test"})
    (letter,) = mail.outbox
    assert "/accounts/password/reset/key/" in letter.body
    client.post("/accounts/password/reset/", {"email": "nobody@example.test"})
    assert not [letter for letter in mail.outbox[1:] if "/reset/key/" in letter.body]


def _plain(answer, address):
    text = answer.content.decode().replace(address, "…")
    return re.sub(r'\b[A-Za-z0-9]{64}\b|nonce="[^"]*"', "", text)


def test_a_person_who_was_locked_out_does_not_get_in(client, world):
    User.objects.filter(email="officer@example.test").update(is_active=False)
    sign_in_as(client)
    assert not is_signed_in(client)


def test_a_person_without_a_password_signs_in_by_no_password(client, db):
    User.objects.create_user("oidc.only@example.test", name="Only")
    for guess in ("", "!", "None"):
        sign_in_as(client, "oidc.only@example.test", guess)
    assert not is_signed_in(client)


# --- Limits -------------------------------------------------------------------------------------------------------


def test_after_five_wrong_passwords_the_right_one_does_not_help_for_a_while(client, world):
    for _ in range(5):
        assert "not correct" in sign_in_as(client, password="wrong").content.decode()
    answer = sign_in_as(client)
    assert "Too many failed" in answer.content.decode()
    assert not is_signed_in(client)


def test_the_limit_does_not_depend_on_the_case_of_the_address(client, world):
    for spelling in ("officer", "Officer", "OFFICER", "oFFicer", "officeR"):
        sign_in_as(client, f"{spelling}@example.test", "wrong")
    sign_in_as(client)
    assert not is_signed_in(client)


def test_the_limit_of_one_person_is_not_that_of_another(client, world):
    for _ in range(5):
        sign_in_as(client, "chair@example.test", "wrong")
    sign_in_as(client)
    assert is_signed_in(client)


def test_after_five_minutes_it_is_possible_again(client, world, time_machine):
    from datetime import timedelta

    from django.utils import timezone

    for _ in range(5):
        sign_in_as(client, password="wrong")
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    sign_in_as(client)
    assert is_signed_in(client)


def test_one_machine_does_not_try_one_password_on_everybody(client, world):
    for number in range(20):
        sign_in_as(client, f"person{number}@example.test", "wrong")
    assert "Too many failed" in sign_in_as(client).content.decode()


# --- Sessions -----------------------------------------------------------------------------------------------------


def test_a_session_gets_a_new_key_at_sign_in(client, world):
    """A key that somebody planted before is worth nothing after."""
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in_as(client)
    after = client.cookies["sessionid"].value
    assert after != before
    planted = Client()
    planted.cookies["sessionid"] = before
    assert not is_signed_in(planted)


def test_the_session_of_a_browser_ends_with_it(client, world, settings):
    sign_in_as(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_signing_out_takes_a_form_and_not_a_link(sign_in):
    client = sign_in("officer")
    assert client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_a_session_that_signed_out_does_not_come_back(sign_in):
    client = sign_in("officer")
    key = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    again = Client()
    again.cookies["sessionid"] = key
    assert not is_signed_in(again)


# --- No sign-up ---------------------------------------------------------------------------------------------------


def test_nobody_signs_up(client, db):
    page = client.get("/accounts/signup/").content.decode()
    form = {"email": "new@example.test", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert not User.objects.filter(email="new@example.test").exists()
    assert "password1" not in page


# --- By an organisation's account ---------------------------------------------------------------------------------

PROVIDER = {
    "provider_id": "nhs",
    "name": "NHS account",
    "client_id": "id",
    "secret": "s",
    "settings": {"server_url": "https://login.example.test/oidc"},
}


@pytest.fixture
def provider(settings):
    """An OpenID Connect provider, as `OIDC_PROVIDERS` configures one."""
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [PROVIDER]}}


def _arrive(client, **claims):
    """A person comes back from the provider with these claims."""
    return client.get("/test/arrive/", {"claims": json.dumps({"sub": "123", "name": "Someone"} | claims)})


pages = pytest.mark.urls("tests.kernel.pages")


def test_the_sign_in_page_offers_the_configured_providers(client, provider, world):
    assert "Sign in with NHS account" in client.get(LOGIN).content.decode()


def test_and_none_without(client, world):
    assert "Sign in with" not in client.get(LOGIN).content.decode()


@pages
def test_a_verified_address_finds_the_person_who_was_invited_by_it(client, provider, world):
    _arrive(client, email="Officer@Example.TEST", email_verified=True)
    assert is_signed_in(client)
    assert SocialAccount.objects.get().user == world.user("officer")


@pages
def test_an_address_that_nobody_vouches_for_finds_nobody(client, provider, world):
    _arrive(client, email="officer@example.test", email_verified=False)
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()


@pages
def test_an_account_of_somebody_unknown_makes_no_person(client, provider, world):
    before = User.objects.count()
    _arrive(client, email="new@example.test", email_verified=True)
    assert not is_signed_in(client)
    assert User.objects.count() == before


@pages
def test_after_the_first_time_the_account_itself_is_known(client, provider, world):
    """Also when the provider later names another address."""
    _arrive(client, email="officer@example.test", email_verified=True)
    client.post("/accounts/logout/")
    _arrive(client, email="married@example.test", email_verified=False)
    assert is_signed_in(client)


@pages
def test_a_locked_out_person_does_not_come_in_by_the_provider(client, provider, world):
    User.objects.filter(email="officer@example.test").update(is_active=False)
    _arrive(client, email="officer@example.test", email_verified=True)
    assert not is_signed_in(client)


@pages
def test_a_password_stays_with_a_person_whose_address_we_know_to_be_theirs(client, provider, world):
    EmailAddress.objects.create(user=world.user("officer"), email="officer@example.test", verified=True, primary=True)
    _arrive(client, email="officer@example.test", email_verified=True)
    assert world.user("officer").check_password(PASSWORD)


# --- Settings in service ------------------------------------------------------------------------------------------

ASK = """
import django, json
django.setup()
from django.conf import settings
from django.contrib.auth.hashers import make_password
print(json.dumps({
    "providers": settings.SOCIALACCOUNT_PROVIDERS,
    "form-action": settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"],
    "hash": make_password("x"),
    "secure": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS],
    "cache": settings.CACHES["default"]["BACKEND"],
    "debug": settings.DEBUG,
}))
"""


def _in_service(**environment):
    """The settings as a served site has them: not testing, no demonstration."""
    base = os.environ | {"TESTING": "", "DEMO": "", "SECRET_KEY": "x" * 50, "DATABASE_ROLE": "web"} | environment
    return subprocess.run([sys.executable, "-c", ASK], env=base, capture_output=True, text=True, timeout=60)


def test_in_service_passwords_are_hashed_by_argon2_and_cookies_are_secure():
    found = json.loads(_in_service(REDIS_URL="").stdout)
    assert found["hash"].startswith("argon2$argon2id$")
    assert found["secure"] == [True, True, 31536000]
    assert found["cache"].endswith("DatabaseCache")  # shared by all workers: limits are counted in it
    assert (found["providers"], found["form-action"]) == ({"openid_connect": {"APPS": []}}, ["'self'"])
    assert found["debug"] is False


def test_providers_come_from_the_environment_and_their_addresses_may_be_redirected_to():
    found = json.loads(_in_service(OIDC_PROVIDERS=json.dumps([PROVIDER])).stdout)
    assert found["providers"] == {"openid_connect": {"APPS": [PROVIDER]}}
    assert found["form-action"] == ["'self'", "https://login.example.test/oidc"]


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set."),
        ({"OIDC_PROVIDERS": "not json"}, "OIDC_PROVIDERS is not a JSON list of providers"),
        ({"OIDC_PROVIDERS": '[{"name": "NHS"}]'}, "OIDC_PROVIDERS is not a JSON list of providers"),
    ],
)
def test_a_setting_that_cannot_be_used_says_which(environment, text):
    ended = _in_service(**environment)
    assert ended.returncode != 0
    assert text in ended.stderr.splitlines()[-1]


def test_tests_hash_quickly():
    assert make_password("x").startswith("md5$")
