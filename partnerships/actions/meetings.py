"""Writes about meetings: call one, issue its papers, mark who was there, close its minutes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time

from django.db import transaction

from ics_governance import ledger
from ics_governance.actions import carry_out, locked, record_new
from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import working_days_between
from partnerships.access import P, require
from partnerships.guards import complete_with_papers
from partnerships.models import AgendaItem, Attendance, Decision, Deputy, Forum, Meeting, MeetingAudience
from partnerships.queries.audience import bodies_of_forum
from partnerships.workflows import DECISION, MEETING


@dataclass(frozen=True)
class Item:
    """A line of an agenda, with a link to its paper where there is one."""

    title: str
    paper: str = ""


@dataclass(frozen=True)
class Mark:
    """How a membership was filled: a state of `Attendance`, and the person who came."""

    state: str
    person_id: int | None = None


@transaction.atomic
def call_meeting(
    *,
    by: Actor,
    forum: Forum,
    held_on: date,
    starts_at: time | None = None,
    public: bool = False,
    private_reason: str = "",
    items: Iterable[Item] = (),
) -> Meeting:
    """Call a meeting of a forum, seen by its host, its members and the host's region."""
    if not by.system and forum.host_id not in by.organisations(P.MEETING_EDIT, "host"):
        raise Refused(P.MEETING_EDIT)
    meeting = Meeting(
        forum=forum,
        held_on=held_on,
        starts_at=starts_at,
        called_on=by.on,
        call_notice=_notice(by.on, held_on),
        public=public,
        private_reason=private_reason,
    )
    with system("meeting.called"):
        meeting.save()
        MeetingAudience.objects.bulk_create(
            MeetingAudience(meeting=meeting, organisation_id=body, capacity=capacity, starts=by.on)
            for body, capacity in bodies_of_forum(forum, by.on)
        )
        _write_items(meeting, items)
    return record_new(
        meeting, "meeting.called", ("forum", "held_on", "called_on", "public"), by=by, organisation_id=forum.host_id
    )


def _notice(start: date, held_on: date) -> int:
    """Working days of notice, below zero when the meeting lay in the past already."""
    return working_days_between(start, held_on) if start <= held_on else -working_days_between(held_on, start)


@transaction.atomic
def set_agenda(*, by: Actor, meeting: Meeting, items: Iterable[Item]) -> None:
    """Replace the agenda of a meeting whose papers are not out yet. Items that decisions stand on keep their place."""
    require(by, P.MEETING_EDIT, meeting)
    current = locked(meeting)
    if current.state != Meeting.State.PLANNED:
        raise GuardFailed([Reason("The agenda is fixed: the papers have been issued.")])
    before = list(meeting.items.values_list("title", flat=True))
    with system("meeting.agenda"):
        _write_items(current, items)
    after = list(meeting.items.values_list("title", flat=True))
    ledger.append(
        by=by,
        kind="meeting.agenda",
        record=current,
        before={"agenda": before},
        after={"agenda": after},
        organisation_id=current.forum.host_id,
    )


def _write_items(meeting: Meeting, items: Iterable[Item]) -> None:
    rows = [AgendaItem(meeting=meeting, number=n, title=row.title, paper=row.paper) for n, row in enumerate(items, 1)]
    AgendaItem.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["meeting", "number"], update_fields=["title", "paper"]
    )
    meeting.items.filter(number__gt=len(rows)).delete()


@transaction.atomic
def issue_papers(*, by: Actor, meeting: Meeting) -> Meeting:
    """Issue the papers: proposed decisions become visible to the members, and whether each is complete is kept."""
    issued = carry_out(
        MEETING,
        "issue_papers",
        meeting,
        by=by,
        organisation_id=meeting.forum.host_id,
        changes={"papers_issued_on": by.on, "paper_notice": _notice(by.on, meeting.held_on)},
    )
    with system("decisions whose papers are issued"):
        drafts = list(meeting.decisions.filter(state=Decision.State.DRAFT))
    for decision in drafts:
        _propose(decision, by)
    return issued


def _propose(decision: Decision, by: Actor) -> None:
    from .decisions import share

    changes = {"papers_issued_on": by.on, "complete_at_issue": complete_with_papers(decision)}
    carry_out(DECISION, "propose", decision, by=by, organisation_id=decision.forum.host_id, changes=changes)
    share(decision, by.on)


@transaction.atomic
def mark_attendance(*, by: Actor, meeting: Meeting, marks: Mapping[int, Mark]) -> None:
    """Mark who was there, by membership id. May be corrected until the minutes are closed."""
    require(by, P.MEETING_EDIT, meeting)
    current = locked(meeting)
    if current.state in (Meeting.State.MINUTED, Meeting.State.CANCELLED):
        raise GuardFailed([Reason("The minutes of this meeting are closed.")])
    _check_marks(current, marks)
    with system("meeting.attendance"):
        before = {str(row.membership_id): row.state for row in current.attendance.all()}
        Attendance.objects.bulk_create(
            [
                Attendance(meeting=current, membership_id=pk, state=mark.state, person_id=mark.person_id)
                for pk, mark in sorted(marks.items())
            ],
            update_conflicts=True,
            unique_fields=["meeting", "membership"],
            update_fields=["state", "person"],
        )
        after = {str(row.membership_id): row.state for row in current.attendance.all()}
    ledger.append(
        by=by,
        kind="meeting.attendance",
        record=current,
        before={"attendance": before},
        after={"attendance": after},
        organisation_id=current.forum.host_id,
    )


def _check_marks(meeting: Meeting, marks: Mapping[int, Mark]) -> None:
    """Every mark belongs to a member of this forum, and whoever came is its holder or a deputy of the day."""
    members = {row.pk: row for row in meeting.forum.memberships.filter(pk__in=marks)}
    deputies: dict[int, set[int | None]] = {pk: {row.deputy_id} - {None} for pk, row in members.items()}
    for row in Deputy.objects.on(meeting.held_on).filter(membership__in=members):
        deputies[row.membership_id].add(row.person_id)
    for pk, mark in marks.items():
        if pk not in members or mark.state not in Attendance.State.values:
            raise GuardFailed([Reason("One of the members is not a member of this forum.", "attendance")])
        may = {"member": {members[pk].holder_id}, "deputy": deputies[pk]}.get(mark.state, set())
        if mark.person_id is not None and mark.person_id not in may:
            raise GuardFailed([Reason("Only a member or a named deputy can fill a membership.", "attendance")])
        if mark.state == Attendance.State.DEPUTY and not deputies[pk]:
            raise GuardFailed([Reason("This member has no named deputy.", "attendance")])


def hold(*, by: Actor, meeting: Meeting) -> Meeting:
    """Record that the meeting took place."""
    require(by, P.MEETING_EDIT, meeting)
    if meeting.held_on > by.on:
        raise GuardFailed([Reason("The meeting has not taken place yet.", "held_on")])
    return carry_out(MEETING, "hold", meeting, by=by, organisation_id=meeting.forum.host_id)


def minute(*, by: Actor, meeting: Meeting) -> Meeting:
    """Close the minutes."""
    return carry_out(MEETING, "minute", meeting, by=by, organisation_id=meeting.forum.host_id)


def cancel(*, by: Actor, meeting: Meeting) -> Meeting:
    """Cancel a meeting that has not taken place."""
    return carry_out(MEETING, "cancel", meeting, by=by, organisation_id=meeting.forum.host_id)
