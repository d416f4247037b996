"""Writes about decisions: log a draft, save it half done, agree it with everything there, correct it, release it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Prefetch, prefetch_related_objects
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from ics_governance import ledger
from ics_governance.actions import carry_out, change, locked
from ics_governance.context import system
from ics_governance.models import User
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from partnerships.access import P, require
from partnerships.authority.meeting import MeetingFacts, with_meeting
from partnerships.guards import may_ratify
from partnerships.models import (
    AgendaItem,
    Attendance,
    Audience,
    Decision,
    DecisionAudience,
    DecisionGrant,
    DecisionLead,
    Employment,
    Forum,
    Meeting,
    Series,
)
from partnerships.queries.audience import bodies_of_forum
from partnerships.queries.authority import ask_for
from partnerships.queries.posts import is_vacant
from partnerships.workflows import DECISION

# What may be typed into a draft; everything else is set by an action of its own.
DRAFTED = (
    "title", "text", "kind", "weight", "means", "decided_on", "function", "amount", "level", "subsidiarity", "options",
    "effect_health", "effect_quality", "effect_resources", "effect_inequalities", "engagement", "engagement_note",
    "equality", "equality_note", "departures", "review_on", "lead_officer", "urgent_power",
)  # fmt: skip
# What an audit entry of an agreed decision holds: the whole of it.
AUTHORITY = ("accountable_body", "authority_status", "authority_answer", "ratify_by")
GOVERNED = (*DRAFTED, *AUTHORITY, "reference", "forum", "meeting", "state")


def next_reference(prefix: str, year: int) -> str:
    """The next reference of a host in a year; two at once get different ones."""
    return str(next_of_series(prefix, year))


def next_of_series(prefix: str, year: int) -> Series:
    """A running number with its number taken; whoever comes at the same time waits and gets the next."""
    Series.objects.get_or_create(prefix=prefix, year=year)
    Series.objects.filter(prefix=prefix, year=year).update(last=F("last") + 1)
    return Series.objects.get(prefix=prefix, year=year)


@transaction.atomic
def log_decision(
    *,
    by: Actor,
    forum: Forum,
    title: str,
    meeting: Meeting | None = None,
    item: AgendaItem | None = None,
    weight: str = Decision.Weight.ROUTINE,
) -> Decision:
    """Begin a draft, seen by the forum's host alone."""
    if not by.system and forum.host_id not in by.organisations(P.DECISION_EDIT, "host"):
        raise Refused(P.DECISION_EDIT)
    day = meeting.held_on if meeting else by.on
    decision = Decision(
        reference=next_reference(forum.host.code, day.year),
        forum=forum,
        meeting=meeting,
        item=item,
        title=title,
        weight=weight,
        decided_on=day if day <= by.on else None,
        level=forum.level,
        kind=Decision.Kind.DECIDE if forum.binds else Decision.Kind.RECOMMEND,
    )
    with system("begin a draft"):
        decision.save()
        decision.places.set(forum.places.all())
        DecisionAudience.objects.create(
            decision=decision, organisation_id=forum.host_id, capacity=Audience.Capacity.HOST, starts=by.on
        )
    return decision


@transaction.atomic
def save_draft(
    *,
    by: Actor,
    decision: Decision,
    values: Mapping[str, Any],
    places: Iterable[Any] | None = None,
    leads: Iterable[int] | None = None,
) -> Decision:
    """Keep a draft however incomplete. The authority for it is asked again and kept beside.

    `values` are `DRAFTED` fields; `leads` are ids of co-leading bodies; without them the lead officer's employer leads.
    """
    require(by, P.DECISION_EDIT, decision)
    current = locked(decision)
    if not current.is_editable:
        raise GuardFailed([Reason("What was agreed is not edited. Correct it by a new version.")])
    unknown = set(values) - set(DRAFTED)
    if unknown:
        raise ValueError(f"Not fields of a draft: {sorted(unknown)}")
    for name, value in values.items():
        setattr(current, name, value)
    if current.means != Decision.Means.URGENT:
        current.urgent_power = None
    with system("save a draft"):
        if places is not None:
            current.places.set(places)
        _set_leads(current, leads)
        _ask(current, by.on)
        current.save()
    return current


def _set_leads(decision: Decision, leads: Iterable[int] | None) -> None:
    if leads is None:
        employer = employer_on(decision.lead_officer_id, decision.decided_on)
        leads = [employer] if employer else []
    wanted = set(leads)
    decision.leads.exclude(organisation__in=wanted).delete()
    DecisionLead.objects.bulk_create(
        [DecisionLead(decision=decision, organisation_id=pk) for pk in sorted(wanted)], ignore_conflicts=True
    )


def employer_on(person_id: int | None, day: date | None) -> int | None:
    """Who employed a person on a day: that body leads the decision."""
    if person_id is None or day is None:
        return None
    found = Employment.objects.on(day).filter(person_id=person_id).order_by("-starts").first()
    return found.organisation_id if found else None


def _ask(decision: Decision, on: date, facts: MeetingFacts | None = None) -> None:
    """Ask the resolver and set its answer on the decision, as it stands that day; the caller saves.

    `facts` are what only the meeting knows: its quorum, and which bodies were there.
    """
    asked = ask_for(decision, on)
    if asked and facts:
        asked = replace(asked, answer=with_meeting(asked.answer, facts))
    decision.authority_status = str(asked.answer.status) if asked else ""
    decision.authority_answer = asked.to_json() if asked else None
    decision.accountable_body_id = asked.answer.accountable_body if asked else None


def load_for_guards(decision: Decision) -> None:
    """Load what the guards of a decision read."""
    attendance = Prefetch("meeting__attendance", Attendance.objects.select_related("membership__organisation"))
    prefetch_related_objects([decision], "forum__terms", "actions", "meeting__forum__terms", attendance)


@transaction.atomic
def agree(*, by: Actor, decision: Decision) -> Decision:
    """Agree a decision: refused with the list of what is missing; then it is never edited again."""
    host = decision.forum.host_id
    agreed = carry_out(
        DECISION, "agree", decision, by=by, organisation_id=host,
        prepare=lambda current: _prepare(current, by.on), prepared=AUTHORITY, whole=GOVERNED,
    )  # fmt: skip
    share(agreed, by.on)
    if agreed.corrects:
        carry_out(DECISION, "supersede", agreed.corrects, by=by, organisation_id=host)
    return agreed


def _prepare(decision: Decision, on: date) -> None:
    load_for_guards(decision)
    _ask(decision, on, _facts(decision))
    decision.ratify_by = _ratify_by(decision)


def _ratify_by(decision: Decision) -> date | None:
    """By when one taken by urgent power must be ratified."""
    power = decision.urgent_power
    if decision.means != Decision.Means.URGENT or power is None or not decision.decided_on:
        return None
    return add_working_days(decision.decided_on, power.ratify_within) if power.ratify_within else None


def _facts(decision: Decision) -> MeetingFacts | None:
    """Who took the decision; None when it was taken by correspondence."""
    power = decision.urgent_power
    if decision.means == Decision.Means.URGENT and power is not None and power.to_post is not None:
        return MeetingFacts(post_vacant=is_vacant(power.to_post, decision.decided_on))
    if decision.means != Decision.Means.MEETING or decision.meeting is None:
        return None
    present, needed = decision.meeting.quorum_facts
    there = [row.membership for row in decision.meeting.attendance.all() if row.fills and row.membership.voting]
    return MeetingFacts(
        quorum=needed,
        voting_present=present,
        rules_unmet=decision.meeting.rules_unmet,
        holders_agreeing=frozenset(row.organisation_id for row in there),
    )


def share(decision: Decision, on: date) -> None:
    """Let the members of the forum, the host's region, the leads and the owners of actions read the decision."""
    with system("share a decision with its members"):
        wanted = dict(reversed(bodies_of_forum(decision.forum, on)))
        extra = [(row.organisation_id, Audience.Capacity.LEAD) for row in decision.leads.all()]
        extra += [(row.owner_id, Audience.Capacity.OWNER) for row in decision.actions.all()]
        pairs = {*wanted.items(), *extra}
        have = set(decision.audience.filter(ends=None).values_list("organisation_id", "capacity"))
        DecisionAudience.objects.bulk_create(
            DecisionAudience(decision=decision, organisation_id=body, capacity=capacity, starts=on)
            for body, capacity in sorted(pairs - have)
        )


def _outcome(event: str, by: Actor, decision: Decision, note: str, **changes: object) -> Decision:
    moved = carry_out(
        DECISION,
        event,
        decision,
        by=by,
        organisation_id=decision.forum.host_id,
        changes={"outcome_note": note, **changes},
    )
    share(moved, by.on)
    return moved


@transaction.atomic
def defer(*, by: Actor, decision: Decision, why: str, authority_was_missing: bool = False) -> Decision:
    """Put a decision off, saying why and whether a member lacked the authority to take it."""
    return _outcome("defer", by, decision, why, authority_was_missing=authority_was_missing)


@transaction.atomic
def turn_down(*, by: Actor, decision: Decision, why: str) -> Decision:
    """Record that it was not agreed, and why."""
    return _outcome("turn_down", by, decision, why)


@transaction.atomic
def ratify(*, by: Actor, decision: Decision, ratified_by: Decision) -> Decision:
    """Record that a decision of the forum ratified one that was taken by urgent power; late is said, not refused."""
    require(by, P.DECISION_AGREE, decision)
    current = locked(decision)
    if reasons := may_ratify(current, ratified_by):
        raise GuardFailed(reasons)
    changes = {"ratified_by": ratified_by}
    return change(current, "decision.ratified", by=by, organisation_id=current.forum.host_id, changes=changes)


@transaction.atomic
def rescind(*, by: Actor, decision: Decision, why: str) -> Decision:
    """Take an agreed decision back, and say why."""
    return _outcome("rescind", by, decision, why)


def bring_back(*, by: Actor, decision: Decision, meeting: Meeting | None = None) -> Decision:
    """Bring a deferred decision back as a draft, to another meeting of the same forum where one is named."""
    require(by, P.DECISION_EDIT, decision)
    if meeting and meeting.forum_id != decision.forum_id:
        raise GuardFailed([Reason("That is a meeting of another forum.", "meeting")])
    changes = {"meeting": meeting} if meeting else {}
    return carry_out(DECISION, "bring_back", decision, by=by, organisation_id=decision.forum.host_id, changes=changes)


def implement(*, by: Actor, decision: Decision) -> Decision:
    """Record that everything that followed is done."""
    return carry_out(
        DECISION, "implement", decision, by=by, organisation_id=decision.forum.host_id, prepare=load_for_guards
    )


@transaction.atomic
def correct(*, by: Actor, decision: Decision, reason: str) -> Decision:
    """Begin a new version of an agreed decision; the old one stands until the new one is agreed."""
    require(by, P.DECISION_EDIT, decision)
    if decision.state not in ("agreed", "implemented", "reviewed"):
        raise GuardFailed([Reason("Only what was agreed is corrected; a draft is simply edited.")])
    if not reason.strip():
        raise GuardFailed([Reason("The reason for the correction", "reason")])
    first = decision.reference.split(".")[0]
    version = decision.version + 1
    copied = {name: getattr(decision, name) for name in DRAFTED}
    with system("begin a corrected version"):
        if Decision.objects.filter(corrects=decision).exists():
            raise GuardFailed([Reason("A correction of this version has already been begun.")])
        newer = Decision.objects.create(
            **copied,
            reference=f"{first}.{version}",
            forum_id=decision.forum_id,
            meeting_id=decision.meeting_id,
            item_id=decision.item_id,
            version=version,
            corrects=decision,
            correction_reason=reason,
            # what the papers held stays as it was: a correction neither mends nor loses it
            papers_issued_on=decision.papers_issued_on,
            complete_at_issue=decision.complete_at_issue,
        )
        newer.places.set(decision.places.all())
        DecisionAudience.objects.create(
            decision=newer, organisation_id=decision.forum.host_id, capacity=Audience.Capacity.HOST, starts=by.on
        )
        _set_leads(newer, [row.organisation_id for row in decision.leads.all()])
    return newer


@transaction.atomic
def release(*, by: Actor, decision: Decision) -> Decision:
    """Publish an agreed decision in the public register, at once and for good."""
    require(by, P.DECISION_RELEASE, decision)
    current = locked(decision)
    if current.state not in ("agreed", "implemented", "reviewed", "not_agreed"):
        raise GuardFailed([Reason("Only a decision whose outcome is settled can be released.")])
    if current.released_at:
        raise GuardFailed([Reason("This decision is in the public register already.")])
    return change(
        current,
        "decision.released",
        by=by,
        organisation_id=current.forum.host_id,
        changes={"released_at": timezone.now(), "withheld_reason": ""},
    )


@transaction.atomic
def withhold(*, by: Actor, decision: Decision, reason: str) -> Decision:
    """Keep a decision's content out of the public register; its reference, date and this reason are shown."""
    require(by, P.DECISION_RELEASE, decision)
    current = locked(decision)
    if current.released_at:
        raise GuardFailed([Reason("This decision has been published; what is public stays public.")])
    if not reason.strip():
        raise GuardFailed([Reason("The reason why it is withheld", "reason")])
    return change(
        current, "decision.withheld", by=by, organisation_id=current.forum.host_id, changes={"withheld_reason": reason}
    )


@transaction.atomic
def invite_contributor(*, by: Actor, decision: Decision, user: User) -> None:
    """Let one person help with a draft, whichever body they belong to: a personal grant and its audience row.

    The forum's side lets people in, a contributor does not.
    """
    require(by, P.DECISION_AGREE, decision)
    current = locked(decision)
    if not current.is_editable:
        raise GuardFailed([Reason("Only a draft can be helped with.")])
    with system("decision.contributor_invited"):
        grant: DecisionGrant = assign_perm("contribute_decision", user, current)  # type: ignore[assignment]
        DecisionAudience.objects.get_or_create(
            decision=current, user=user, grant=grant, defaults={"capacity": Audience.Capacity.PERSON, "starts": by.on}
        )
    ledger.append(
        by=by,
        kind="decision.contributor_invited",
        record=current,
        after={"contributor": user.pk},
        organisation_id=current.forum.host_id,
    )


@transaction.atomic
def remove_contributor(*, by: Actor, decision: Decision, user: User) -> None:
    """Take the personal grant back; its audience row goes with it."""
    require(by, P.DECISION_AGREE, decision)
    with system("decision.contributor_removed"):
        remove_perm("contribute_decision", user, decision)
    ledger.append(
        by=by,
        kind="decision.contributor_removed",
        record=decision,
        before={"contributor": user.pk},
        organisation_id=decision.forum.host_id,
    )
