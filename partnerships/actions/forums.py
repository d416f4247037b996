"""Writes about arrangements and forums: found one, let bodies join, adopt terms, appoint members."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from ics_governance.actions import change, record_new
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P, require
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Employment,
    Forum,
    Membership,
    Organisation,
    Person,
    Place,
    TermsOfReference,
)

FORUM = ("name", "host", "arrangement", "form", "level", "meets_in_public", "reports_to", "starts", "ends")
ARRANGEMENT = ("kind", "name", "host", "place", "purpose", "phase", "starts", "ends")
MEMBERSHIP = ("forum", "organisation", "role", "voting", "holder", "deputy", "agreed_on", "starts", "ends")
TERMS = ("forum", "version", "adopted_on", "review_on", "quorum", "disagreement_process", "document")
MEMBER = ("arrangement", "organisation", "sector", "expectation", "represented_by", "starts", "ends")


def _require_host(by: Actor, host: Organisation) -> None:
    """Founding something needs the role in its host: there is no record yet to ask about."""
    if not by.system and host.pk not in by.organisations(P.FORUM_EDIT, "host"):
        raise Refused(P.FORUM_EDIT)


@transaction.atomic
def found_arrangement(*, by: Actor, host: Organisation, values: Mapping[str, Any]) -> Arrangement:
    """Record a place-based partnership, a provider collaborative or another arrangement."""
    _require_host(by, host)
    if values["kind"] == Arrangement.Kind.PLACE and values.get("place") is None:
        raise GuardFailed([Reason("A place-based partnership is for a place", "place")])
    made = Arrangement.objects.create(host=host, **values)
    return record_new(made, "arrangement.founded", ARRANGEMENT, by=by, organisation_id=host.pk)


@transaction.atomic
def join_arrangement(
    *, by: Actor, arrangement: Arrangement, organisation: Organisation, values: Mapping[str, Any]
) -> ArrangementMember:
    """Record that a body takes part, and what was agreed of it."""
    require(by, P.FORUM_EDIT, arrangement)
    day = values["starts"]
    if not organisation.exists_on(day):
        raise GuardFailed([Reason(f"{organisation.name} does not exist on that day", "starts")])
    if ArrangementMember.objects.on(day).filter(arrangement=arrangement, organisation=organisation).exists():
        raise GuardFailed([Reason(f"{organisation.name} takes part already", "organisation")])
    member = ArrangementMember.objects.create(arrangement=arrangement, organisation=organisation, **values)
    return record_new(member, "arrangement.joined", MEMBER, by=by, organisation_id=arrangement.host_id)


@transaction.atomic
def found_forum(*, by: Actor, host: Organisation, values: Mapping[str, Any], places: Iterable[Place] = ()) -> Forum:
    """Record a forum of a host."""
    _require_host(by, host)
    forum = Forum.objects.create(host=host, **values)
    forum.places.set(places)
    return record_new(forum, "forum.founded", FORUM, by=by, organisation_id=host.pk)


@transaction.atomic
def adopt_terms(*, by: Actor, forum: Forum, values: Mapping[str, Any]) -> TermsOfReference:
    """Adopt a new version of the terms of reference; the earlier ones stay."""
    require(by, P.FORUM_EDIT, forum)
    latest = forum.terms.order_by("-version").first()
    if latest and values["adopted_on"] < latest.adopted_on:
        raise GuardFailed([Reason("A later version was adopted on a later day already", "adopted_on")])
    terms = TermsOfReference.objects.create(forum=forum, version=(latest.version + 1 if latest else 1), **values)
    return record_new(terms, "forum.terms_adopted", TERMS, by=by, organisation_id=forum.host_id)


@transaction.atomic
def appoint(*, by: Actor, forum: Forum, organisation: Organisation, values: Mapping[str, Any]) -> Membership:
    """Give a body a member on the forum, with the named holder and deputy."""
    require(by, P.FORUM_EDIT, forum)
    day = values["starts"]
    if not organisation.exists_on(day):
        raise GuardFailed([Reason(f"{organisation.name} does not exist on that day", "starts")])
    _check_people(organisation, day, values)
    member = Membership.objects.create(forum=forum, organisation=organisation, **values)
    return record_new(member, "forum.member_appointed", MEMBERSHIP, by=by, organisation_id=forum.host_id)


def _check_people(organisation: Organisation, day: date, values: Mapping[str, Any]) -> None:
    """Holder and deputy are two people who work for the body."""
    holder, deputy = values.get("holder"), values.get("deputy")
    if holder and holder == deputy:
        raise GuardFailed([Reason("The deputy is another person than the member", "deputy")])
    for field, person in (("holder", holder), ("deputy", deputy)):
        if person and not _works_for(person, organisation, day):
            raise GuardFailed([Reason(f"{person.name} does not work for {organisation.name} on that day", field)])


def _works_for(person: Person, organisation: Organisation, day: date) -> bool:
    found: bool = Employment.objects.on(day).filter(person=person, organisation=organisation).exists()
    return found


@transaction.atomic
def end_membership(*, by: Actor, membership: Membership, last_day: date) -> Membership:
    """End a membership; the row stays, so that past meetings keep their members."""
    require(by, P.FORUM_EDIT, membership.forum)
    if membership.starts and last_day < membership.starts:
        raise GuardFailed([Reason("The last day lies before the first", "ends")])
    return change(
        membership,
        "forum.membership_ended",
        by=by,
        organisation_id=membership.forum.host_id,
        changes={"ends": last_day},
    )
