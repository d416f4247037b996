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
from partnerships.day_guards import (
    begins_within,
    earlier,
    ends_after_start,
    has_not_begun,
    has_not_ended,
    may_end,
    no_longer_than,
    not_after,
)
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

from .sets import withdrawn

MEMBERSHIP = (
    "forum", "organisation", "role", "voting", "holder", "deputy", "share", "agreed_on", "consented_on",
    "consented_by", "starts", "ends",
)  # fmt: skip
DEPUTY = ("membership", "person", "starts", "ends")
PASSED = (Delegation.Status.APPROVED, Delegation.Status.IN_FORCE, Delegation.Status.SUSPENDED)


AGREED_ALREADY = "A body's agreement is recorded once it has agreed: leave this empty to offer the membership"


def _refuse(reasons: Iterable[Reason]) -> None:
    if found := list(reasons):
        raise GuardFailed(found)


# --- Members --------------------------------------------------------------------------------------------------------


@transaction.atomic
def appoint(*, by: Actor, forum: Forum, organisation: Organisation, values: Mapping[str, Any]) -> Membership:
    """Give a body a member on the forum, with the named holder and deputy. Without `agreed_on` it is an offer."""
    require(by, P.FORUM_EDIT, forum)
    current, day = locked(forum), values["starts"]
    _refuse(has_not_ended(current.ends, by.on))
    if not organisation.exists_on(day):
        raise GuardFailed([Reason(f"{organisation.name} does not exist on that day", "starts")])
    _refuse([
        *begins_within(current.name, current.starts, current.ends, day),
        *ends_after_start(day, values.get("ends")),
        *no_longer_than(current.name, current.ends, values.get("ends")),
        *not_after(values.get("agreed_on"), by.on, AGREED_ALREADY, "agreed_on"),
        *guards.consent_is_given(current.form, organisation, values.get("consented_on"), by.on),
        *guards.share_fits(forum, values),
    ])  # fmt: skip
    lasting = {**values, "ends": earlier(values.get("ends"), current.ends)}
    _check_people(forum, organisation, day, lasting, None)
    member = Membership.objects.create(forum=forum, organisation=organisation, **lasting)
    return record_new(member, "forum.member_appointed", MEMBERSHIP, by=by, organisation_id=forum.host_id)


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
    until = values.get("ends")
    if role == Membership.Role.CHAIR:
        _refuse(_chaired_already(forum, day, until, own))
    if deputy and (own is None or deputy.pk != own.deputy_id):
        _refuse(_is_a_member(forum, deputy, day, until, "deputy"))
    if holder:
        _refuse(_sits_already(forum, holder, day, until, own))
        _refuse(guards.lead_is_employed(role, holder, _delegating(forum, day), _employers(holder, day)))


def _sits_already(forum: Forum, holder: Person, day: date, ends: date | None, own: Membership | None) -> list[Reason]:
    rows = forum.memberships.filter(refused_on=None, holder=holder)
    if own is not None:
        rows = rows.exclude(pk=own.pk)
    others = [Held(*row) for row in rows.values_list("holder_id", "starts", "ends")]
    if not guards.overlapping(Held(holder.pk, day, ends), others):
        return []
    return [Reason(f"{holder.name} is already a member of {forum.name} in those days", "holder")]


def _chaired_already(forum: Forum, day: date, ends: date | None, own: Membership | None) -> list[Reason]:
    """A forum has one chair at a time."""
    rows = Membership.objects.during(day, ends).filter(forum=forum, refused_on=None, role=Membership.Role.CHAIR)
    if own is not None:
        rows = rows.exclude(pk=own.pk)
    there = rows.select_related("holder", "organisation").first()
    if there is None:
        return []
    who = there.holder.name if there.holder else f"The member of {there.organisation.label}"
    until = f"until {in_words(there.ends)}" if there.ends else "without a last day"
    return [Reason(f"{who} is the chair {until}: end or change that first", "role")]


def _is_a_member(forum: Forum, person: Person, day: date, ends: date | None, field: str) -> list[Reason]:
    """Nobody is there twice: whoever has a place of their own stands in for nobody else."""
    rows = Membership.objects.during(day, ends).filter(forum=forum, refused_on=None, holder=person)
    if not rows.exists():
        return []
    text = f"{person.name} is a member of {forum.name} in those days, so cannot stand in for another"
    return [Reason(text, field)]


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

    On its own first day the row itself is corrected. What the body and the convening body agreed to stays agreed, and
    further deputies go on, except for whoever becomes the member or the first deputy.
    """
    forum = membership.forum
    require(by, P.FORUM_EDIT, forum)
    current = locked(membership)
    _refuse(has_not_ended(forum.ends, by.on))
    if current.ends is not None and from_day > current.ends:
        raise GuardFailed([Reason(f"The membership ends on {in_words(current.ends)}", "from_day")])
    if current.starts is not None and from_day < current.starts:
        raise GuardFailed([Reason(f"The membership begins on {in_words(current.starts)}", "from_day")])
    consent = {name: values.get(name, getattr(current, name)) for name in ("consented_on", "consented_by")}
    _refuse(guards.consent_is_given(forum.form, current.organisation, consent["consented_on"], by.on))
    _refuse(guards.share_fits(forum, values))
    _check_people(forum, current.organisation, from_day, {**values, "ends": current.ends}, current)
    _refuse([*_is_a_change(current, values), *_deputies_are_free(current, values, from_day)])
    in_place = current.starts is None or from_day == current.starts
    if in_place:
        return change(
            current, "forum.member_changed", by=by, organisation_id=forum.host_id, changes=dict(values)
        )  # fmt: skip
    yesterday, until = from_day - timedelta(days=1), current.ends
    _refuse(_marked_after(current, yesterday, "from_day"))
    going_on = list(current.further_deputies.during(from_day, until))
    _end(current, yesterday, by)
    made = Membership.objects.create(
        forum=forum, organisation=current.organisation, agreed_on=current.agreed_on, refused_on=current.refused_on,
        starts=from_day, ends=until, **{"share": current.share, **values, **consent},
    )  # fmt: skip
    _carry_on(going_on, made)
    return record_new(made, "forum.member_changed", MEMBERSHIP, by=by, organisation_id=forum.host_id)


def _is_a_change(current: Membership, values: Mapping[str, Any]) -> list[Reason]:
    if any(getattr(current, name) != value for name, value in values.items()):
        return []
    return [Reason("Nothing would change: choose another member, deputy, role or vote", "from_day")]


def _deputies_are_free(current: Membership, values: Mapping[str, Any], day: date) -> list[Reason]:
    """Whoever becomes the member or the first deputy is not still to begin as a further deputy."""
    begins = {"starts__gt" if day == current.starts else "starts__gte": day}
    coming = {row.person_id: row for row in current.further_deputies.filter(**begins)}
    reasons = []
    for field in ("holder", "deputy"):
        person = values.get(field)
        if person is not None and (row := coming.get(person.pk)):
            text = f"{person.name} is to be a deputy from {in_words(row.starts)}: withdraw that first"
            reasons.append(Reason(text, field))
    return reasons


def _carry_on(deputies: Iterable[Deputy], made: Membership) -> None:
    """Further deputies stand in for the next holder too; those who had not begun simply move."""
    for row in deputies:
        if row.person_id in (made.holder_id, made.deputy_id):
            continue
        if row.starts is not None and row.starts >= made.starts:  # type: ignore[operator]  # it begins on a day
            row.membership = made
            row.save(update_fields=["membership"])
        else:
            Deputy.objects.create(membership=made, person_id=row.person_id, starts=made.starts, ends=row.ends)


def _marked_after(membership: Membership, last_day: date, field: str) -> list[Reason]:
    """Attendance that was marked for it later stands against an earlier end."""
    with system("whether attendance was marked for a membership"):
        rows = Attendance.objects.filter(membership=membership, meeting__held_on__gt=last_day)
        held_on = rows.order_by("meeting__held_on").values_list("meeting__held_on", flat=True).first()
    if held_on is None:
        return []
    return [Reason(f"Its attendance is marked at the meeting of {in_words(held_on)}: choose a later day", field)]


def _end(current: Membership, last_day: date, by: Actor) -> Membership:
    """End a membership with the deputies who had begun; the others are moved or withdrawn by whoever ends it."""
    begun = current.further_deputies.filter(Q(starts=None) | Q(starts__lte=last_day))
    begun.filter(Q(ends=None) | Q(ends__gt=last_day)).update(ends=last_day)
    return change(
        current, "forum.membership_ended", by=by, organisation_id=current.forum.host_id, changes={"ends": last_day}
    )


@transaction.atomic
def end_membership(*, by: Actor, membership: Membership, last_day: date) -> Membership:
    """End a membership with its deputies; the row stays, so that past meetings keep their members."""
    require(by, P.FORUM_EDIT, membership.forum)
    forum, current = membership.forum, locked(membership)
    _refuse(has_not_ended(forum.ends, by.on, "last_day"))
    _refuse([*may_end(current.starts, current.ends, last_day, _again(current)),
             *no_longer_than(forum.name, forum.ends, last_day, "last_day"),
             *_deputies_have_begun(current, last_day),
             *_marked_after(current, last_day, "last_day")])  # fmt: skip
    return _end(current, last_day, by)


@transaction.atomic
def withdraw_membership(*, by: Actor, membership: Membership, why: str) -> None:
    """Take back a membership that has not begun, with its further deputies, such as one with a wrong first day."""
    forum = membership.forum
    require(by, P.FORUM_EDIT, forum)
    current = locked(membership)
    _refuse([*has_not_ended(forum.ends, by.on), *has_not_begun(current.starts, by.on),
             *_marked_after(current, date.min, "why")])  # fmt: skip
    for deputy in current.further_deputies.all():
        withdrawn(deputy, "forum.deputy_withdrawn", DEPUTY, why, by=by, organisation_id=forum.host_id)
    withdrawn(current, "forum.membership_withdrawn", MEMBERSHIP, why, by=by, organisation_id=forum.host_id)


def _deputies_have_begun(membership: Membership, last_day: date) -> list[Reason]:
    """Nobody is left as the deputy of a member who is none any more."""
    rows = membership.further_deputies.filter(starts__gt=last_day).select_related("person").order_by("starts")
    return [
        Reason(f"{row.person.name} is to be a deputy from {in_words(row.starts)}: withdraw that first", "last_day")
        for row in rows
    ]


def _again(membership: Membership) -> str:
    """What follows the end of a membership: the body's next member, as a sentence."""
    rows = Membership.objects.filter(
        forum=membership.forum_id, organisation=membership.organisation_id, starts__gt=membership.ends or date.max
    )
    following = rows.order_by("starts").select_related("holder").first()
    if following is None:
        return ""
    who = following.holder.name if following.holder else "A vacant membership"
    return f"{who} follows on {in_words(following.starts)}"


# --- Deputies -------------------------------------------------------------------------------------------------------


@transaction.atomic
def name_deputy(*, by: Actor, membership: Membership, person: Person, starts: date, ends: date | None = None) -> Deputy:
    """Name a further deputy between two days; beside the first, who stands with the membership."""
    require(by, P.FORUM_EDIT, membership.forum)
    current = locked(membership)
    _refuse(has_not_ended(membership.forum.ends, by.on))
    reasons = [*ends_after_start(starts, ends), *no_longer_than("The membership", current.ends, ends)]
    ends = earlier(ends, current.ends)
    if person.pk == current.holder_id:
        reasons.append(Reason("The deputy is another person than the member", "person"))
    reasons += _is_a_member(membership.forum, person, starts, ends, "person") if person.pk != current.holder_id else []
    if current.organisation_id not in _employers(person, starts):
        text = f"{person.name} does not work for {current.organisation.name} on that day"
        reasons.append(Reason(text, "person"))
    reasons += begins_within("The membership", current.starts, current.ends, starts)
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
    _refuse(has_not_ended(forum.ends, by.on, "last_day"))
    rows = Deputy.objects.filter(
        membership=current.membership_id, person=current.person_id, starts__gt=current.ends or date.max
    )
    following = rows.order_by("starts").first()
    again = f"{current.person.name} is a deputy again from {in_words(following.starts)}" if following else ""
    _refuse([*may_end(current.starts, current.ends, last_day, again),
             *no_longer_than("The membership", deputy.membership.ends, last_day, "last_day")])  # fmt: skip
    return change(current, "forum.deputy_ended", by=by, organisation_id=forum.host_id, changes={"ends": last_day})


@transaction.atomic
def withdraw_deputy(*, by: Actor, deputy: Deputy, why: str) -> None:
    """Take back a further deputy who has not begun."""
    forum = deputy.membership.forum
    require(by, P.FORUM_EDIT, forum)
    current = locked(deputy)
    _refuse([*has_not_ended(forum.ends, by.on), *has_not_begun(current.starts, by.on)])
    withdrawn(current, "forum.deputy_withdrawn", DEPUTY, why, by=by, organisation_id=forum.host_id)


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
    _refuse(has_not_ended(membership.forum.ends, by.on))
    if current.agreed_on is not None:
        raise GuardFailed([Reason(f"{current.organisation.label} agreed on {in_words(current.agreed_on)} already")])
    if current.refused_on is not None:
        text = f"{current.organisation.label} refused on {in_words(current.refused_on)}: the host may offer it again"
        raise GuardFailed([Reason(text)])
    if current.ends is not None and current.ends < by.on:
        raise GuardFailed([Reason("The membership has ended")])
    return change(current, kind, by=by, organisation_id=membership.forum.host_id, changes={field: by.on})
