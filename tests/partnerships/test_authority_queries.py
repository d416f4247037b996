"""The delegation graph as it is loaded from the database."""

from datetime import date
from decimal import Decimal

import pytest

from partnerships.authority import Status, UnknownRecord
from partnerships.models import Delegation, Forum, Function, Membership, Place
from partnerships.queries.authority import Asked, ask
from tests.world import LONG_AGO, moved

TODAY = date(2026, 10, 20)


@pytest.fixture
def diagnostics(db):
    return Function.objects.get(code="community_diagnostics")


def delegate(world, function, **fields):
    edge = Delegation.objects.create(
        function=function, basis="s65z5", instrument="agreement 1", starts=date(2024, 1, 1), **fields
    )
    moved(edge, "approved", "in_force")
    return edge


def test_the_chain_runs_from_the_body_through_its_committee_to_the_place_board(world, diagnostics):
    asked = ask(world.place_board, diagnostics, amount=Decimal(400_000), on=TODAY)
    assert asked.answer.status == Status.WITHIN_AUTHORITY
    names = [asked.names[step.target] for step in asked.answer.chain]
    assert names == ["Finance and commissioning committee", "Bradford place board"]
    assert Asked.from_json(asked.to_json()) == asked


@pytest.mark.parametrize(
    ("amount", "on", "status"),
    [
        (500_000, TODAY, Status.WITHIN_AUTHORITY),
        (500_001, TODAY, Status.EXCEEDS_LIMIT),
        (1, date(2027, 4, 1), Status.EXPIRED),
        (1, date(2022, 6, 30), Status.NOT_YET_IN_FORCE),
    ],
)
def test_limits_and_dates_are_inclusive(world, diagnostics, amount, on, status):
    assert ask(world.place_board, diagnostics, amount=Decimal(amount), on=on).answer.status == status


def test_a_place_of_the_same_system_or_of_another_lies_outside(world, diagnostics):
    elsewhere = Place.objects.create(name="Bolton", icb=world.body("QOP"), starts=date(2022, 7, 1))
    for place in (Place.objects.get(name="Leeds"), elsewhere):
        answer = ask(world.place_board, diagnostics, amount=None, places=[place.pk], on=TODAY).answer
        assert answer.status == Status.OUTSIDE_AREA


def test_a_place_that_does_not_exist_is_an_unknown_record(world, diagnostics):
    with pytest.raises(UnknownRecord):
        ask(world.place_board, diagnostics, amount=None, places=[999_999], on=TODAY)


def test_a_delegation_from_another_body_to_the_host_is_followed_upwards(world, diagnostics):
    other = world.body("QOP")
    delegate(world, diagnostics, from_organisation=other, to_organisation=world.icb, onward_delegation_permitted=True)
    committee = Forum.objects.create(
        name="Shared committee", host=world.icb, form="committee", level="system", starts=date(2024, 1, 1)
    )
    delegate(world, diagnostics, from_organisation=world.icb, to_forum=committee, limit=Decimal(10))
    answer = ask(committee, diagnostics, amount=Decimal(5), on=TODAY).answer
    assert answer.status == Status.WITHIN_AUTHORITY


def test_a_delegation_that_ended_gave_authority_before_its_last_day(world, diagnostics):
    Delegation.objects.filter(to_forum=world.place_board).update(status="ended", ends=date(2026, 6, 30))
    before = ask(world.place_board, diagnostics, amount=None, on=date(2026, 6, 30)).answer
    after = ask(world.place_board, diagnostics, amount=None, on=date(2026, 7, 1)).answer
    assert (before.status, after.status) == (Status.WITHIN_AUTHORITY, Status.EXPIRED)


def test_a_joint_committee_has_its_members_of_the_day(world, diagnostics):
    joint = Forum.objects.create(
        name="Joint committee", host=world.icb, form="joint_committee", level="multi_system", starts=date(2024, 1, 1)
    )
    for code, ends in (("QWO", None), ("QOP", date(2026, 1, 31))):
        Membership.objects.create(forum=joint, organisation=world.body(code), starts=date(2024, 1, 1), ends=ends)
    delegate(world, diagnostics, from_organisation=world.icb, to_forum=joint)
    then = ask(joint, diagnostics, amount=None, on=date(2026, 1, 31)).answer
    assert then.status == Status.NOT_DELEGATED or then.missing_holders
    assert ask(joint, diagnostics, amount=None, on=TODAY).answer.status == Status.WITHIN_AUTHORITY


def test_the_question_costs_the_same_however_many_delegations_there_are(world, diagnostics, django_assert_num_queries):
    board = world.place_board
    with django_assert_num_queries(7) as first:
        ask(board, diagnostics, amount=None, on=TODAY)
    for number in range(40):
        forum = Forum.objects.create(
            name=f"Board {number}", host=world.icb, form="committee", level="place", starts=date(2024, 1, 1)
        )
        delegate(world, diagnostics, from_organisation=world.icb, to_forum=forum, limit=Decimal(number))
    with django_assert_num_queries(len(first)):
        ask(board, diagnostics, amount=None, on=TODAY)


def test_a_place_that_nobody_near_has_in_their_area_is_named_all_the_same(world, diagnostics):
    """Such as one that passed to another board since the delegation was made."""
    elsewhere = Place.objects.create(name="Salford", icb=world.body("QOP"), starts=LONG_AGO)
    Delegation.objects.get(to_forum=world.place_board).places.add(elsewhere)
    asked = ask(world.place_board, diagnostics, amount=None, on=TODAY)
    assert asked.answer.status == "within_authority"
    assert asked.places[elsewhere.pk] == "Salford"
