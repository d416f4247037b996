"""Reads about meetings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from ics_governance.permissions import Actor
from ics_governance.workingdays import is_working_day
from partnerships.access import P, scope
from partnerships.models import Attendance, Decision, Deputy, Meeting, Membership, Person

PAPER_NOTICE = 5  # working days before a meeting by which its papers go out
TO_MINUTE = (Meeting.State.PLANNED, Meeting.State.PAPERS_ISSUED, Meeting.State.HELD)


@dataclass(frozen=True)
class NextMeeting:
    """The next meeting of a forum and the last day for its papers."""

    held_on: date
    papers_by: date


def papers_by(held_on: date) -> date:
    """The last working day on which papers are out in time."""
    day, left = held_on, PAPER_NOTICE
    while left:
        day -= timedelta(days=1)
        left -= is_working_day(day)
    return day


def next_meetings(actor: Actor, forum_ids: Iterable[int], on: date) -> dict[int, NextMeeting]:
    """The next meetings of forums, as far as this person may see them; one query."""
    visible = scope(actor, P.MEETING_VIEW, Meeting.objects.all())
    rows = (
        visible.filter(forum__in=list(forum_ids), held_on__gte=on)
        .exclude(state=Meeting.State.CANCELLED)
        .order_by("forum_id", "held_on")
        .distinct("forum_id")
        .values_list("forum_id", "held_on")
    )
    return {forum_id: NextMeeting(held_on, papers_by(held_on)) for forum_id, held_on in rows}


def coming_meetings(actor: Actor, forum_ids: Iterable[int], on: date) -> dict[int, list[NextMeeting]]:
    """The meetings of forums from a day on, as far as this person may see them, each forum's in order; one query."""
    visible = scope(actor, P.MEETING_VIEW, Meeting.objects.filter(forum__in=list(forum_ids), held_on__gte=on))
    rows = visible.exclude(state=Meeting.State.CANCELLED).order_by("held_on", "pk").values_list("forum_id", "held_on")
    found: dict[int, list[NextMeeting]] = {}
    for forum_id, held_on in rows:
        found.setdefault(forum_id, []).append(NextMeeting(held_on, papers_by(held_on)))
    return found


def meeting_list(actor: Actor) -> QuerySet[Meeting]:
    """Meetings that this person may see, with forum, host and the number of decisions."""
    return (
        scope(actor, P.MEETING_VIEW, Meeting.objects.all())
        .select_related("forum__host")
        .annotate(decision_count=Count("decisions", distinct=True))
    )


def to_minute(actor: Actor) -> QuerySet[Meeting]:
    """Meetings in the past that this person has still to minute, oldest first."""
    return (
        scope(actor, P.MEETING_EDIT, Meeting.objects.filter(held_on__lte=actor.on, state__in=TO_MINUTE))
        .select_related("forum")
        .order_by("held_on", "pk")
    )


@dataclass(frozen=True)
class Seat:
    """A membership of the forum with how it was filled at a meeting."""

    membership: Membership
    attendance: Attendance | None
    deputies: tuple[Person, ...] = ()  # who may stand in that day, the first one first


def seats(meeting: Meeting) -> list[Seat]:
    """Members of the forum on the day of a meeting that was loaded for its page, with attendance and deputies; two
    queries."""
    marked = {row.membership_id: row for row in meeting.attendance.all()}
    deputies = Deputy.objects.on(meeting.held_on).select_related("person").order_by("starts", "pk")
    members = (
        Membership.objects.filter(Q(ends=None) | Q(ends__gte=meeting.held_on), forum=meeting.forum_id)
        .filter(starts__lte=meeting.held_on)
        .select_related("organisation", "holder", "deputy")
        .prefetch_related(Prefetch("further_deputies", deputies))
        .order_by("organisation__name", "pk")
    )
    return [Seat(member, marked.get(member.pk), _deputies(member)) for member in members]


def _deputies(member: Membership) -> tuple[Person, ...]:
    further = [row.person for row in member.further_deputies.all()]
    return tuple(dict.fromkeys(person for person in (member.deputy, *further) if person is not None))


def for_page(queryset: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """A meeting with what its page shows."""
    attendance = Prefetch("attendance", Attendance.objects.select_related("membership__organisation", "person"))
    return queryset.select_related("forum__host").prefetch_related("items", attendance, "forum__terms")


def decisions_of(meeting: Meeting, actor: Actor) -> list[Decision]:
    """Decisions of the meeting that this person may see."""
    visible = scope(actor, P.DECISION_VIEW, Decision.objects.filter(meeting=meeting))
    return list(visible.select_related("item").order_by("item__number", "pk"))
