"""Adding people and giving roles."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from partnerships.access import actor_for
from partnerships.actions import people
from partnerships.models import RoleMembership

TODAY = date(2026, 10, 20)


@pytest.fixture
def admin(world):
    return world.actor("admin", TODAY)


def test_an_administrator_adds_a_person_who_then_holds_the_role(world, admin):
    user = people.add_person(by=admin, email="New.Person@Example.test", name="New Person", organisation=world.icb)
    people.grant_role(by=admin, user=user, organisation=world.icb, role="auditor", starts=TODAY)
    assert user.email == "new.person@example.test" and not user.has_usable_password()
    assert actor_for(user, TODAY).role_codes == {"auditor"}


def test_a_role_ends_with_its_last_day(world, admin):
    membership = RoleMembership.objects.get(user=world.user("partner"))
    people.end_role(by=admin, membership=membership, last_day=TODAY)
    assert actor_for(world.user("partner"), TODAY).holdings
    assert not actor_for(world.user("partner"), TODAY + timedelta(days=1)).holdings


def test_nobody_gives_a_role_to_themselves(world, admin):
    with pytest.raises(GuardFailed, match="themselves"):
        people.grant_role(by=admin, user=world.user("admin"), organisation=world.icb, role="icb_officer", starts=TODAY)


@pytest.mark.parametrize("person", ["officer", "executive", "secretary", "region_lead", "auditor", "stranger"])
def test_only_the_administrator_manages_people(world, person):
    with pytest.raises(Refused, match="Administrator"):
        people.add_person(by=world.actor(person), email="x@example.test", name="X", organisation=world.icb)


def test_a_second_role_in_the_same_organisation_and_an_unknown_role_are_refused(world, admin):
    for role, says in (("auditor", "already"), ("emperor", "There is no role")):
        with pytest.raises(GuardFailed, match=says):
            people.grant_role(by=admin, user=world.user("officer"), organisation=world.icb, role=role, starts=TODAY)


def test_the_command_prints_where_to_choose_a_password(world, client):
    out = StringIO()
    call_command(
        "add_person", "first@example.test", "First Officer", organisation="QWO", role="icb_officer", stdout=out
    )
    address = out.getvalue().split()[-1].split("8000", 1)[1]
    page = client.get(address, follow=True).content.decode()
    assert 'name="password1"' in page


@pytest.mark.parametrize(
    ("email", "code", "role", "says"),
    [
        ("nonsense", "QWO", "auditor", "is not an e-mail address"),
        ("a@example.test", "NOPE", "auditor", "no organisation with the code"),
        ("a@example.test", "QWO", "emperor", "There is no role"),
        ("officer@example.test", "QWO", "auditor", "is here already"),
    ],
)
def test_the_command_refuses_in_plain_words(world, email, code, role, says):
    with pytest.raises(CommandError, match=says):
        call_command("add_person", email, "Somebody", organisation=code, role=role)
