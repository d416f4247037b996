"""What row-level security is told of a transaction, and that it forgets it again."""

from datetime import date

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from ics_governance.context import acting_as, current, open_context, settings_of, system
from ics_governance.permissions import Actor, Holding
from partnerships.models import Decision

NAMES = ("app.user", "app.on", "app.system", "app.meeting_orgs", "app.decision_orgs")
NOTHING = dict.fromkeys(NAMES, "")


def test_an_actor_is_told_with_organisations_and_day(world):
    actor = world.actor("officer", date(2026, 11, 1))
    with acting_as(actor):
        found = current(NAMES)
    icb = str(world.icb.pk)
    assert found == {
        "app.user": str(actor.user_id),
        "app.on": "2026-11-01",
        "app.system": "",
        "app.meeting_orgs": icb,
        "app.decision_orgs": icb,
    }


def test_organisations_where_no_role_may_read_are_not_told(world):
    """The administrator manages people, and reads no unreleased decision."""
    assert settings_of(world.actor("admin"))["app.decision_orgs"] == ""


def test_nobody_is_told_as_nobody():
    assert settings_of(Actor(None, "", (), date(2026, 1, 1)))["app.user"] == ""


def test_outside_every_context_nothing_is_set(db):
    assert current(NAMES) == NOTHING


def test_a_context_ends_with_its_block(world):
    with acting_as(world.actor("officer")), system("inside"):
        assert current(["app.system"]) == {"app.system": "inside"}
    assert current(NAMES) == NOTHING


def test_a_system_context_inside_another_gives_the_outer_one_back(db):
    with system("outer"):
        with system("inner"):
            assert current(["app.system"]) == {"app.system": "inner"}
        assert current(["app.system"]) == {"app.system": "outer"}


@pytest.mark.parametrize("opened", [lambda world: system("x"), lambda world: acting_as(world.actor("officer"))])
def test_an_exception_leaves_no_context_behind(world, opened):
    with pytest.raises(RuntimeError), opened(world):
        raise RuntimeError
    assert current(NAMES) == NOTHING


def test_a_block_that_only_reads_needs_no_savepoint_and_gives_the_context_back(db, django_assert_num_queries):
    with django_assert_num_queries(2), system("read", savepoint=False):
        pass
    assert current(NAMES) == NOTHING


def test_after_an_exception_in_a_block_without_savepoint_nothing_is_asked_in_its_context(world):
    """The transaction around it is broken, and its end takes the context away."""
    world.decision()
    with pytest.raises(TransactionManagementError), transaction.atomic():
        with pytest.raises(RuntimeError), system("read", savepoint=False):
            raise RuntimeError
        Decision.objects.count()
    assert current(NAMES) == NOTHING


def test_acting_as_a_person_inside_a_system_context_is_bound_again(world):
    world.decision()
    with system("outer"):
        with acting_as(world.actor("other_officer")):
            assert Decision.objects.count() == 0
        assert Decision.objects.count() == 1


def test_a_system_context_needs_a_reason(db):
    with pytest.raises(ValueError, match="needs a reason"), system(""):
        pass


def test_a_day_decides_what_is_seen(world):
    """Audience rows hold from 1 July 2022."""
    world.decision()
    actor = world.actor("officer")
    before = Actor(actor.user_id, actor.name, actor.holdings, date(2022, 6, 30))
    with acting_as(before):
        assert Decision.objects.count() == 0
    with acting_as(actor):
        assert Decision.objects.count() == 1


def test_text_in_a_setting_is_data(world):
    """Whoever a holding names, the setting is passed as a parameter."""
    actor = Actor(1, "x'; drop table partnerships_decision; --", (Holding(7, "icb_officer"),))
    open_context(actor)
    assert current(["app.decision_orgs"]) == {"app.decision_orgs": "7"}


@pytest.mark.django_db(transaction=True)
def test_the_next_transaction_of_the_same_connection_knows_nothing(world):
    with transaction.atomic():
        open_context(world.actor("officer"))
        assert current(["app.user"]) != {"app.user": ""}
    assert current(NAMES) == NOTHING
    with transaction.atomic():
        assert current(NAMES) == NOTHING


def test_a_context_for_reading_alone_ends_with_its_block(world):
    with acting_as(world.actor("officer")), system("outer"):
        with system("inner", savepoint=False):
            assert current(["app.system"]) == {"app.system": "inner"}
        assert current(["app.system"]) == {"app.system": "outer"}


def test_after_an_exception_in_a_context_for_reading_nothing_can_be_asked(world):
    decision = world.decision()
    with acting_as(world.actor("stranger")):
        with pytest.raises(ValueError), transaction.atomic(), system("reading", savepoint=False):
            raise ValueError
        assert current(["app.system"]) == {"app.system": ""}
        assert not Decision.objects.filter(pk=decision.pk).exists()
