"""Writes about who sits on a forum: appoint, change from a day on, end; deputies; the body's own answer."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from ics_governance.actions import change, locked, record_new
from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed, Reason
from partnerships import forum_guards as guards
from partnerships.access import P, require
from partnerships.forum_guards import Held
from partnerships.models import (
    Attendance,
    Delegation,
    Deputy,
    Employment,
    Forum,
    Membership,
    Organisation,
    Person,
)

MEMBERSHIP = ("forum", "organisation", "role", "voting", "holder", "deputy", "share", "agreed_on", "starts", "ends")
DEPUTY = ("membership", "person", "starts", "ends")
PASSED = (Delegation.Status.APPROVED, Delegation.Status.IN_FORCE, Delegation.Status.SUSPENDED)


def _refuse(reasons: Iterable[Reason]) -> None:
    if found := list(reasons):
        raise GuardFailed(found)


# --- Members --------------------------------------------------------------------------------------------------------


@transaction.atomic
def appoint(*, by: Actor, forum: Forum, organisation: Organisation, values: Mapping[str, Any]) -> Membership:
    """Give a body a member on the forum, with the named holder and deputy. Without `agreed_on` it is an offer."""
    require(by, P.FORUM_EDIT, forum)
    locked(forum)
    day = values["starts"]
    if not organisation.exists_on(day):
        raise GuardFailed([Reason(f"{organisation.name} does not exist on that day", "starts")])
    _refuse(
        [*guards.ends_after_start(day, values.get("ends")), *_within(forum, day), *guards.share_fits(forum, values)]
    )
    _check_people(forum, organisation, day, values, None)
    member = Membership.objects.create(forum=forum, organisation=organisation, **values)
    return record_new(member, "forum.member_appointed", MEMBERSHIP, by=by, organisation_id=forum.host_id)


def _within(forum: Forum, day: date) -> list[Reason]:
    if forum.ends is not None and day > forum.ends:
        return [Reason(f"{forum.name} has ended by that day", "starts")]
    if forum.starts is not None and day < forum.starts:
        return [Reason(f"{forum.name} begins on {in_words(forum.starts)}", "starts")]
    return []


def _check_people(
    forum: Forum, organisation: Organisation, day: date, values: Mapping[str, Any], own: Membership | None
) -> None:
    """Holder and deputy are two people who work for the body; the holder is no member already; a lead may be one."""
    holder, deputy, role = values.get("holder"), values.get("deputy"), values.get("role", Membership.Role.MEMBER)
    if holder and holder == deputy:
        raise GuardFailed([Reason("The deputy is another person than the member", "deputy")])
    reasons = [
        Reason(f"{person.name} does not work for {organisation.name} on that day", field)
        for field, person in (("holder", holder), ("deputy", deputy))
        if person and organisation.pk not in _employers(person, day)
    ]
    if role == Membership.Role.ATTENDEE and values.get("voting"):
        reasons.append(
            Reason("Whoever is in attendance has no vote: untick the vote, or choose another role", "voting")
        )
    _refuse(reasons)
    if holder:
        _refuse(_sits_already(forum, holder, day, values.get("ends"), own))
        _refuse(guards.lead_is_employed(role, holder, _delegating(forum, day), _employers(holder, day)))


def _sits_already(forum: Forum, holder: Person, day: date, ends: date | None, own: Membership | None) -> list[Reason]:
    rows = forum.memberships.filter(refused_on=None, holder=holder)
    if own is not None:
        rows = rows.exclude(pk=own.pk)
    others = [Held(*row) for row in rows.values_list("holder_id", "starts", "ends")]
    if not guards.overlapping(Held(holder.pk, day, ends), others):
        return []
    return [Reason(f"{holder.name} is already a member of {forum.name} in those days", "holder")]


def _delegating(forum: Forum, day: date) -> list[Organisation]:
    """The bodies that delegate to the forum on a day; its host while none does."""
    held = Delegation.objects.filter(
        Q(ends=None) | Q(ends__gte=day), to_forum=forum, status__in=PASSED, starts__lte=day
    )
    return list(Organisation.objects.filter(pk__in=held.values("from_organisation"))) or [forum.host]


def _employers(person: Person, day: date) -> set[int]:
    return set(Employment.objects.on(day).filter(person=person).values_list("organisation_id", flat=True))


@transaction.atomic
def change_membership(*, by: Actor, membership: Membership, from_day: date, values: Mapping[str, Any]) -> Membership:
    """Another holder, deputy, role or vote from a day on: the row ends the day before, and another begins.

    On its own first day the row itself is corrected. What the body agreed to stays agreed.
    """
    forum = membership.forum
    require(by, P.FORUM_EDIT, forum)
    current = locked(membership)
    if current.ends is not None and from_day > current.ends:
        raise GuardFailed([Reason(f"The membership ends on {in_words(current.ends)}", "from_day")])
    if current.starts is not None and from_day < current.starts:
        raise GuardFailed([Reason(f"The membership begins on {in_words(current.starts)}", "from_day")])
    _refuse(guards.share_fits(forum, values))
    _check_people(forum, current.organisation, from_day, {**values, "ends": current.ends}, current)
    in_place = current.starts is None or from_day == current.starts
    if in_place:
        return change(
            current, "forum.member_changed", by=by, organisation_id=forum.host_id, changes=dict(values)
        )  # fmt: skip
    yesterday, until = from_day - timedelta(days=1), current.ends
    _refuse(_marked_after(current, yesterday, "from_day"))
    _end(current, yesterday, by)
    made = Membership.objects.create(
        forum=forum, organisation=current.organisation, agreed_on=current.agreed_on, refused_on=current.refused_on,
        starts=from_day, ends=until, **{"share": current.share, **values},
    )  # fmt: skip
    return record_new(made, "forum.member_changed", MEMBERSHIP, by=by, organisation_id=forum.host_id)


def _marked_after(membership: Membership, last_day: date, field: str) -> list[Reason]:
    """Attendance that was marked for it later stands against an earlier end."""
    with system("whether attendance was marked for a membership"):
        rows = Attendance.objects.filter(membership=membership, meeting__held_on__gt=last_day)
        held_on = rows.order_by("meeting__held_on").values_list("meeting__held_on", flat=True).first()
    if held_on is None:
        return []
    return [Reason(f"Its attendance is marked at the meeting of {in_words(held_on)}: choose a later day", field)]


def _end(current: Membership, last_day: date, by: Actor) -> Membership:
    for deputy in current.further_deputies.filter(Q(ends=None) | Q(ends__gt=last_day)):
        deputy.ends = max(last_day, deputy.starts) if deputy.starts else last_day
        deputy.save(update_fields=["ends"])
    return change(
        current, "forum.membership_ended", by=by, organisation_id=current.forum.host_id, changes={"ends": last_day}
    )


@transaction.atomic
def end_membership(*, by: Actor, membership: Membership, last_day: date) -> Membership:
    """End a membership with its deputies; the row stays, so that past meetings keep their members."""
    require(by, P.FORUM_EDIT, membership.forum)
    current = locked(membership)
    _refuse([*guards.ends_after_start(current.starts, last_day, "last_day"),
             *_marked_after(current, last_day, "last_day")])  # fmt: skip
    return _end(current, last_day, by)


# --- Deputies -------------------------------------------------------------------------------------------------------


@transaction.atomic
def name_deputy(*, by: Actor, membership: Membership, person: Person, starts: date, ends: date | None = None) -> Deputy:
    """Name a further deputy between two days; beside the first, who stands with the membership."""
    require(by, P.FORUM_EDIT, membership.forum)
    current = locked(membership)
    reasons = guards.ends_after_start(starts, ends)
    if person.pk == current.holder_id:
        reasons.append(Reason("The deputy is another person than the member", "person"))
    if current.organisation_id not in _employers(person, starts):
        text = f"{person.name} does not work for {current.organisation.name} on that day"
        reasons.append(Reason(text, "person"))
    if current.starts and starts < current.starts or current.ends and starts > current.ends:
        reasons.append(Reason("A deputy stands in while the membership lasts", "starts"))
    _refuse(reasons)
    still = current.further_deputies.filter(Q(ends=None) | Q(ends__gte=starts), person=person)
    if person.pk == current.deputy_id or (still if ends is None else still.filter(starts__lte=ends)).exists():
        raise GuardFailed([Reason(f"{person.name} is already a deputy of this member in those days", "person")])
    made = Deputy.objects.create(membership=current, person=person, starts=starts, ends=ends)
    return record_new(made, "forum.deputy_named", DEPUTY, by=by, organisation_id=membership.forum.host_id)


@transaction.atomic
def end_deputy(*, by: Actor, deputy: Deputy, last_day: date) -> Deputy:
    """End a further deputy's time."""
    forum = deputy.membership.forum
    require(by, P.FORUM_EDIT, forum)
    current = locked(deputy)
    _refuse(guards.ends_after_start(current.starts, last_day, "last_day"))
    return change(current, "forum.deputy_ended", by=by, organisation_id=forum.host_id, changes={"ends": last_day})


# --- The body's own answer ------------------------------------------------------------------------------------------


def may_answer(actor: Actor, membership: Membership) -> bool:
    """Whether the person may accept or refuse a membership for the body that it is offered to."""
    return bool(actor.system or membership.organisation_id in actor.organisations(P.MEMBERSHIP_ANSWER, "member"))


@transaction.atomic
def accept_membership(*, by: Actor, membership: Membership) -> Membership:
    """The body agrees to be a member: its attendance counts from today on."""
    return _answer(by, membership, "forum.membership_accepted", "agreed_on")


@transaction.atomic
def refuse_membership(*, by: Actor, membership: Membership) -> Membership:
    """The body refuses the membership that it was offered; the row stays and says so."""
    return _answer(by, membership, "forum.membership_refused", "refused_on")


def _answer(by: Actor, membership: Membership, kind: str, field: str) -> Membership:
    if not may_answer(by, membership):
        raise Refused(P.MEMBERSHIP_ANSWER)
    current = locked(membership)
    if current.agreed_on is not None:
        raise GuardFailed([Reason(f"{current.organisation.label} agreed on {in_words(current.agreed_on)} already")])
    if current.refused_on is not None:
        text = f"{current.organisation.label} refused on {in_words(current.refused_on)}: the host may offer it again"
        raise GuardFailed([Reason(text)])
    if current.ends is not None and current.ends < by.on:
        raise GuardFailed([Reason("The membership has ended")])
    return change(current, kind, by=by, organisation_id=membership.forum.host_id, changes={field: by.on})
