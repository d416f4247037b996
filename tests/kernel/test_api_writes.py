"""Writes by the API: done once for each key, and only upon what was read."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ics_governance.api_writes import KEPT, forget_old_answers
from ics_governance.context import acting_as, system
from ics_governance.models import KeptAnswer, Notification
from tests.kernel.test_api_edge import is_problem, token
from tests.world import World

pytestmark = pytest.mark.urls("tests.kernel.pages")

NOTES = "/api/v1/test/notes/"


def post(client, body, key=None):
    """Add a note, with an Idempotency-Key or without."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(NOTES, body, content_type="application/json", headers=headers)


@pytest.fixture
def officer(sign_in):
    """The officer's browser; errors are answered as a server would."""
    client = sign_in("officer")
    client.raise_request_exception = False
    return client


def test_the_same_key_twice_is_one_write_and_one_answer(officer):
    first, second = (post(officer, {"text": "a"}, "mine") for _ in range(2))
    assert Notification.objects.count() == 1
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first["Location"] == second["Location"]
    assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")


def test_without_a_key_each_request_writes(officer):
    assert {post(officer, {"text": "a"}).status_code for _ in range(2)} == {201}
    assert Notification.objects.count() == 2


def test_a_key_that_came_with_another_body_is_refused(officer):
    post(officer, {"text": "a"}, "mine")
    assert "another request" in is_problem(post(officer, {"text": "b"}, "mine"), 422)["detail"]
    assert Notification.objects.count() == 1


def test_two_people_may_use_the_same_key(officer, sign_in):
    post(officer, {"text": "a"}, "mine")
    assert post(sign_in("secretary"), {"text": "a"}, "mine").get("Idempotent-Replayed") is None
    assert Notification.objects.count() == 2


def test_a_write_that_failed_keeps_nothing_and_may_be_sent_again(officer):
    is_problem(post(officer, {}, "mine"), 409)
    assert Notification.objects.count() == 0
    assert post(officer, {"text": "a"}, "mine").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 101, "a\tb"])
def test_a_key_that_is_none_is_refused(officer, key):
    assert "Idempotency-Key" in is_problem(post(officer, {"text": "a"}, key), 400)["errors"]


def test_a_kept_answer_is_read_by_its_own_person_only(officer, world):
    post(officer, {"text": "a"}, "mine")
    for who, count in (("officer", 1), ("executive", 0), ("admin", 0)):
        with acting_as(world.actor(who)):
            assert KeptAnswer.objects.count() == count


def test_answers_are_forgotten_after_a_day(officer):
    post(officer, {"text": "a"}, "old")
    with system("an old answer"):
        KeptAnswer.objects.update(created_at=timezone.now() - KEPT - timedelta(minutes=1))
    post(officer, {"text": "a"}, "new")
    assert forget_old_answers() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_one_key_are_one_write():
    key, answers = token(World().user("officer")), []

    def send():
        client = Client(raise_request_exception=False)
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "mine"}
        answers.append(client.post(NOTES, {"text": "a"}, content_type="application/json", headers=headers))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Notification.objects.count() == 1
    assert [answer.status_code for answer in answers] == [201] * 50
    assert len({answer.content for answer in answers}) == 1


# --- Only what was read -------------------------------------------------------------------------------------------


def patch(client, text, version=None):
    """Change the newest note, naming the version that was read."""
    headers = {} if version is None else {"If-Match": version}
    return client.patch(NOTES, {"text": text}, content_type="application/json", headers=headers)


def test_who_read_the_newest_version_may_change_it(officer):
    post(officer, {"text": "a"})
    answer = patch(officer, "b", '"t"')
    assert (answer.status_code, answer["ETag"]) == (200, '"b"')


def test_a_change_upon_an_older_version_is_refused_and_changes_nothing(officer):
    post(officer, {"text": "a"})
    is_problem(patch(officer, "b", '"older"'), 412)
    assert Notification.objects.get().text == "t"


def test_a_change_without_a_version_is_refused(officer):
    post(officer, {"text": "a"})
    assert "If-Match" in is_problem(patch(officer, "b"), 428)["detail"]
