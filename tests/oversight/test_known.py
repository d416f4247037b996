"""Statements that are put together once for each set of roles: everyone gets their own rows, as if asked anew."""

from datetime import date, timedelta

import pytest
import time_machine

from collaboration.models import InformationRequest
from ics_governance.context import system
from ics_governance.permissions import Actor, Holding
from oversight.queries import desk, home
from oversight.queries.known import Known, own, shape_of, stand_in
from partnerships.models import Action, Decision, Meeting, Organisation
from tests import records
from tests.queries import counted
from tests.world import LONG_AGO, ROLES

TODAY = date(2026, 10, 20)
SECTIONS = [
    "meetings_to_minute",
    "drafts",
    "to_release",
    "overdue_of_forums",
    "to_confirm",
    "to_accept",
    "due",
    "coming",
]


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def busy(world):
    """Meetings, decisions, actions and requests of two systems, and everything read past row-level security."""
    bodies = [world.icb, *map(world.body, ("RCF", "Y63", "E08000032", "QOP", "R0A"))]
    world.meeting(TODAY - timedelta(days=3))
    world.meeting(TODAY + timedelta(days=3))
    world.decision(1, title="A draft")
    for number, body in enumerate(bodies):
        agreed = records.decision(world.place_board, TODAY, seen_by=bodies, title=f"Agreed {number}")
        with system("capacities for a test"):
            agreed.audience.filter(organisation=body).update(capacity="host")
            agreed.audience.filter(organisation=world.body("RCF")).update(capacity="owner")
            request = InformationRequest.objects.create(
                asker=world.body("X24"), asked=body, title=f"Asked of {body.code}", text="x", asked_on=TODAY,
                due_on=TODAY, first_due_on=TODAY, asked_by=world.user("officer"),
            )  # fmt: skip
            request.audience.create(organisation=body, capacity="asked", starts=LONG_AGO)
        for state in ("proposed", "accepted", "done"):
            records.action(agreed, world.body("RCF"), TODAY - timedelta(days=number), state, title=f"{state} {number}")
    with system("reads of a test"):
        yield world


def people(world):
    """Everybody with a role, and some with several: in one body, in two, the same one twice."""
    found = [world.actor(who) for who in ROLES]
    icb, trust, other = world.icb.pk, world.body("RCF").pk, world.body("QOP").pk
    for user, held in (
        ("officer", [(icb, "icb_officer"), (icb, "icb_executive"), (trust, "trust_secretary")]),
        ("officer", [(other, "icb_officer"), (icb, "icb_executive")]),
        ("partner", [(icb, "icb_officer"), (other, "icb_officer")]),
        ("partner", [(other, "icb_officer")]),
    ):
        found.append(Actor(world.user(user).pk, "", tuple(Holding(*each) for each in held), TODAY))
    return [*found, *reversed(found)]


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_has_the_rows_of_its_queryset_for_everyone(busy, name):
    section = getattr(home, name)
    sizes = set()
    for actor in people(busy):
        rows, shown = list(section.__wrapped__(actor)), section(actor)
        assert shown.rows == rows[: home.FEW] and shown.total == len(rows)
        assert [row.get_deferred_fields() for row in shown.rows] == [r.get_deferred_fields() for r in rows[: home.FEW]]
        sizes.add(shown.total)
    assert len(sizes) > 1  # some have something and some have not


def test_the_desk_has_what_its_parts_have_for_everyone(busy):
    seen = {}
    for actor in people(busy):
        direct = desk._all_kinds(actor)
        assert sorted(desk._waiting.rows(actor)) == sorted(direct if direct is not None else [])
        seen[actor.holdings] = {task.title for pile in desk.desk(actor).values() for task in pile.tasks}
    assert seen[busy.actor("secretary").holdings] == {"Asked of RCF"}
    assert seen[busy.actor("other_trust").holdings] == {"Asked of R0A"}


def test_what_is_joined_needs_no_further_query(busy):
    secretary = busy.actor("secretary")
    with counted() as statements:
        for row in home.due(secretary).rows:
            assert row.owner.label and row.decision.forum.name
    assert len(statements) == 1


def test_two_with_the_same_roles_share_a_statement_and_another_day_does_not(busy):
    asked = []

    def build(actor):
        asked.append(actor)
        return Organisation.objects.filter(pk__in=actor.organisations("meeting.edit"), opened__lte=actor.on)

    known = Known(build)
    for who in ("officer", "other_officer", "officer"):
        actor = busy.actor(who)
        assert {row.pk for row in known.rows(actor)} == actor.organisations("meeting.edit") != set()
    assert len(asked) == 1
    assert not known.rows(busy.actor("other_officer", date(2000, 1, 1)))
    assert len(asked) == 2


def test_putting_statements_together_asks_the_database_nothing(busy):
    known = [Known(getattr(home, name).__wrapped__) for name in SECTIONS] + [Known(desk._all_kinds)]
    everyone = people(busy)
    with counted() as statements:
        for actor in everyone:
            for each in known:
                each._statement(shape_of(actor)[0])
    assert statements == []


def test_no_made_up_id_is_left_in_a_statement(busy):
    for actor in people(busy):
        shape, ids = shape_of(actor)
        for build in [*(getattr(home, name).__wrapped__ for name in SECTIONS), desk._all_kinds]:
            statement = Known(build)._statement(shape)
            if statement is not None:
                told = repr([own(value, ids) for value in statement.values])
                assert not any(str(made_up) in told + statement.sql for made_up in ids)


def test_nobody_and_nothing_to_ask_are_no_query(world):
    nobody = Actor(None, "", (), TODAY)
    with counted() as statements:
        assert desk.desk(nobody) == {} and Known(lambda actor: None).rows(nobody) == []
        assert Known(lambda actor: Meeting.objects.none()).rows(nobody) == []
    assert statements == []
    assert stand_in(shape_of(nobody)[0]) == nobody


def test_values_are_read_as_the_queryset_reads_them(busy):
    actor = busy.actor("officer")
    for rows in (
        Decision.objects.order_by("pk").values_list("pk", "authority_answer", "saved_at", "amount"),
        Action.objects.order_by("pk").values_list("pk", "due", "state"),
    ):
        assert Known(lambda actor, rows=rows: rows).rows(actor) == list(rows)


def test_ids_in_lists_and_those_of_others_are_told_apart():
    assert own([-5, (3, -5), "-5", True], {-5: 7}) == [7, [3, 7], "-5", True]
