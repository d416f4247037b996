"""Notifications: one matter is told once, to each person, and only if what it is about has happened."""

import threading

import pytest
from django.db import connection, transaction

from ics_governance.models import Notification
from ics_governance.notifications import mark_read, notify, waiting


def _tell(*people, key="action:1", text="An action waits"):
    notify([person.pk for person in people], kind="action.proposed", text=text, url="/actions/1/", key=key)


def test_each_person_is_told(world):
    officer, chair = world.user("officer"), world.user("chair")
    _tell(officer, chair)
    assert [row.text for row in waiting(officer.pk)] == ["An action waits"]
    assert len(waiting(chair.pk)) == 1
    assert waiting(world.user("stranger").pk) == []


def test_the_same_matter_is_told_once_however_often(world):
    officer = world.user("officer")
    _tell(officer, officer)
    _tell(officer, text="Told again")
    assert [row.text for row in waiting(officer.pk)] == ["An action waits"]


def test_a_matter_that_was_read_is_not_told_again(world):
    officer = world.user("officer")
    _tell(officer)
    mark_read(officer.pk, "action:1")
    _tell(officer)
    assert waiting(officer.pk) == []


def test_reading_one_matter_leaves_the_others_and_other_people(world):
    officer, chair = world.user("officer"), world.user("chair")
    _tell(officer, chair)
    _tell(officer, key="action:2")
    mark_read(officer.pk, "action:1")
    assert [row.key for row in waiting(officer.pk)] == ["action:2"]
    assert len(waiting(chair.pk)) == 1


def test_the_newest_comes_first_and_no_more_than_asked_for(world):
    officer = world.user("officer")
    for number in range(5):
        _tell(officer, key=f"action:{number}")
    assert [row.key for row in waiting(officer.pk, limit=2)] == ["action:4", "action:3"]


def test_a_long_text_is_cut(world):
    officer = world.user("officer")
    _tell(officer, text="x" * 1000)
    assert len(waiting(officer.pk)[0].text) == 300


def test_nobody_to_tell_is_fine(db):
    notify([], kind="k", text="t", url="/", key="k")
    assert Notification.objects.count() == 0


def test_what_was_undone_is_not_told(world):
    with pytest.raises(RuntimeError), transaction.atomic():
        _tell(world.user("officer"))
        raise RuntimeError
    assert Notification.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_at_once_tell_once(world):
    officer = world.user("officer")
    both = threading.Barrier(2)

    def tell():
        with transaction.atomic():
            both.wait()
            _tell(officer)
        connection.close()

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Notification.objects.count() == 1
