"""Writes about people: add someone, give and end a role. Nobody gives themselves one."""

from datetime import date

from django.db import transaction

from ics_governance.actions import change, record_new
from ics_governance.models import User
from ics_governance.permissions import Actor, Refused, roles
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P
from partnerships.models import Employment, Organisation, Person, RoleMembership

ROLE = ("user", "organisation", "role", "starts", "ends")


def _require(by: Actor) -> None:
    """Managing people is the system administrator's, for every organisation."""
    if not by.system and not by.organisations(P.PEOPLE_MANAGE):
        raise Refused(P.PEOPLE_MANAGE)


@transaction.atomic
def add_person(*, by: Actor, email: str, name: str, organisation: Organisation, job_title: str = "") -> User:
    """Add someone who works for an organisation: an account without a password, and their name in the registers."""
    _require(by)
    if User.objects.filter(email=email.strip().lower()).exists():
        raise GuardFailed([Reason("Somebody with this address is here already", "email")])
    user = User.objects.create_user(email, name=name, job_title=job_title)
    person = Person.objects.create(name=name, user=user)
    Employment.objects.create(person=person, organisation=organisation, title=job_title, starts=by.on)
    return record_new(user, "person.added", ("email", "name"), by=by, organisation_id=organisation.pk)


@transaction.atomic
def grant_role(*, by: Actor, user: User, organisation: Organisation, role: str, starts: date) -> RoleMembership:
    """Give a person a role in an organisation, from a day on."""
    _require(by)
    if by.user_id == user.pk:
        raise GuardFailed([Reason("Nobody gives a role to themselves", "user")])
    if role not in roles():
        raise GuardFailed([Reason(f"There is no role “{role}”. Roles: {', '.join(roles())}", "role")])
    held = RoleMembership.objects.on(starts).filter(user=user, organisation=organisation)
    if held.exists():
        raise GuardFailed([Reason("This person holds a role in that organisation on that day already", "role")])
    made = RoleMembership.objects.create(user=user, organisation=organisation, role=role, starts=starts)
    return record_new(made, "role.granted", ROLE, by=by, organisation_id=organisation.pk)


@transaction.atomic
def end_role(*, by: Actor, membership: RoleMembership, last_day: date) -> RoleMembership:
    """End a role with its last day; it opens nothing from the next day on."""
    _require(by)
    if membership.starts and last_day < membership.starts:
        raise GuardFailed([Reason("The last day lies before the first", "ends")])
    return change(
        membership, "role.ended", by=by, organisation_id=membership.organisation_id, changes={"ends": last_day}
    )
