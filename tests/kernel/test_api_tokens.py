"""Keys to the API: made by a command, shown once, kept as a digest, recorded in the audit trail."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from ics_governance.api_tokens import issue
from ics_governance.models import ApiToken, LedgerEntry, User
from ics_governance.permissions import Refused


def made(*arguments):
    """What the command prints: the key, and the words beside it."""
    out, words = StringIO(), StringIO()
    call_command("api_token", *arguments, stdout=out, stderr=words)
    return out.getvalue().strip(), words.getvalue()


def test_the_key_opens_the_api_as_that_person(world):
    key, _ = made("Officer@example.test", "nightly copy")
    answer = Client(headers={"Authorization": f"Bearer {key}"}).get("/api/v1/organisations/")
    assert answer.status_code == 200
    assert answer.wsgi_request.actor.name == "Hannah Whitfield"


def test_only_its_digest_is_kept(world):
    key, words = made("officer@example.test", "nightly copy", "--days", "7")
    token = ApiToken.objects.get()
    assert token.digest == ApiToken.digest_of(key)
    assert key not in str(token.__dict__)
    assert token.expires_on == timezone.localdate() + timedelta(days=7)
    assert words.startswith("For Hannah Whitfield, until ")


def test_one_entry_of_the_audit_trail_says_for_whom_and_never_the_key(world, one_ledger_entry):
    with one_ledger_entry("api_token.issued") as entries:
        key, _ = made("officer@example.test", "nightly copy")
    assert entries[0].record == f"apitoken:{ApiToken.objects.get().pk}"
    assert key not in LedgerEntry.objects.get(pk=entries[0].pk).body


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody@example.test", "x"], "Nobody signs in as nobody@example.test."),
        (["officer@example.test", " "], "Name the key in up to 80 characters"),
        (["officer@example.test", "x" * 81], "Name the key in up to 80 characters"),
        (["officer@example.test", "x", "--days", "0"], "A key lasts from 1 to 365 days."),
        (["officer@example.test", "x", "--days", "366"], "A key lasts from 1 to 365 days."),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(world, arguments, says):
    with pytest.raises(CommandError, match=says):
        made(*arguments)
    assert not ApiToken.objects.exists()


def test_nobody_who_may_not_sign_in_gets_a_key(world):
    User.objects.filter(email="officer@example.test").update(is_active=False)
    with pytest.raises(CommandError, match="may no longer sign in"):
        made("officer@example.test", "x")


def test_a_person_does_not_make_keys(world):
    with pytest.raises(Refused):
        issue(by=world.actor("admin"), user=world.user("officer"), name="x")
