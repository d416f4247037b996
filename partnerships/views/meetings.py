"""Pages of meetings: the list, calling one, its page, and who was there."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ics_governance.exports import Column
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from partnerships.access import P, allowed, require, visible_or_404
from partnerships.actions import decisions, meetings
from partnerships.forms.decisions import LogForm
from partnerships.forms.meetings import AgendaForm, AttendanceForm, MeetingFilters, MeetingForm
from partnerships.models import AgendaItem, Meeting
from partnerships.queries import meetings as queries
from partnerships.queries.meetings import Seat
from partnerships.quorum import unmet
from partnerships.workflows import MEETING

from .common import attempt, exported, one_of
from .decisions import refuse_unless_host

SORTS = {"held": ("held_on", "id")}
COLUMNS: list[Column[Any]] = [
    Column("Held on", lambda row: row.held_on),
    Column("Forum", lambda row: row.forum.name, 40),
    Column("Host", lambda row: row.forum.host.name, 40),
    Column("State", lambda row: row.get_state_display()),
    Column("In public", lambda row: row.public),
    Column("Papers issued on", lambda row: row.papers_issued_on),
    Column("Decisions", lambda row: row.decision_count),
]
FILTERS = {"q": "forum__name__icontains", "state": "state", "since": "held_on__gte", "until": "held_on__lte"}


@require_safe
def meeting_list(request: HttpRequest) -> HttpResponse:
    """`/meetings/`: meetings that this person may see."""
    form = MeetingFilters(request.GET)
    rows = queries.meeting_list(request.actor).filter(**{FILTERS[name]: value for name, value in form.values.items()})
    if file := exported(request, "meetings", COLUMNS, rows.order_by("-held_on", "-id")):
        return file
    page = paged(rows, request.GET, SORTS, default="-held")
    may_call = bool(request.actor.organisations(P.MEETING_EDIT, "host"))
    return render(request, "partnerships/meeting_list.html", {"form": form, "page": page, "may_call": may_call})


@require_http_methods(["GET", "HEAD", "POST"])
def meeting_new(request: HttpRequest) -> HttpResponse:
    """`/meetings/new/`: call a meeting."""
    hosts = request.actor.organisations(P.MEETING_EDIT, "host")
    if not hosts:
        raise Refused(P.MEETING_EDIT)
    initial = {"forum": request.GET.get("forum")}
    form = MeetingForm(request.POST or None, hosts=hosts, on=request.actor.on, initial=initial)
    if request.method == "POST" and form.is_valid():
        made: list[Meeting] = []

        def act() -> None:
            made.append(meetings.call_meeting(by=request.actor, **form.cleaned_data))

        if attempt(request, act, "Meeting called.", form):
            return redirect("meeting", made[0].pk)
    return render(request, "partnerships/meeting_new.html", {"form": form}, status=422 if form.errors else 200)


def find(request: HttpRequest, pk: int) -> Meeting:
    """The meeting with what its page reads; 404 for what this person may not see."""
    return visible_or_404(request.actor, queries.for_page(Meeting.objects.all()), pk=pk)


@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """`/meetings/<id>/`: agenda, attendance, quorum, decisions."""
    found = find(request, pk)
    editor = allowed(request.actor, P.MEETING_EDIT, found)
    rows = queries.decisions_of(found, request.actor)
    seats = queries.seats(found)
    context = {
        "meeting": found,
        "decisions": rows,
        "by_item": {row.item_id: row for row in rows if row.item_id},
        "seats": seats,
        "quorum": _quorum_of(found, seats),
        "moves": _moves(found, rows, request) if editor else [],
        "may_edit": editor,
        "may_log": found.forum.host_id in request.actor.organisations(P.DECISION_EDIT, "host")
        and found.state not in (Meeting.State.MINUTED, Meeting.State.CANCELLED),
    }
    return render(request, "partnerships/meeting.html", context)


def _quorum_of(found: Meeting, seats: list[Seat]) -> dict[str, Any]:
    """What `quorum.html` says, from what is saved."""
    present, needed = found.quorum_facts
    marked = sum(seat.attendance is not None for seat in seats)
    voters = sum(seat.membership.voting for seat in seats)
    said = {"present": present, "needed": needed, "voters": voters, "marked": marked}
    return {**said, "unmet": found.rules_unmet, "rules": [rule.words for rule in found.quorum_rules]}


def _quorum_typed(found: Meeting, form: AttendanceForm) -> dict[str, Any]:
    """The same, from what is being typed."""
    form.is_valid()
    present, voters, marked = form.quorum()
    said = {"present": present, "needed": found.quorum_needed, "voters": voters, "marked": marked}
    rules = found.quorum_rules
    return {**said, "unmet": unmet(rules, form.present()), "rules": [rule.words for rule in rules]}


def _moves(found: Meeting, rows: list[Any], request: HttpRequest) -> list[Any]:
    found._prefetched_objects_cache["decisions"] = rows  # the guards read what the page has loaded already
    return MEETING.moves(found, request.actor, {P.MEETING_EDIT})


@require_http_methods(["GET", "HEAD", "POST"])
def attendance(request: HttpRequest, pk: int) -> HttpResponse:
    """`/meetings/<id>/attendance/`: who was there, member by member, deputies offered."""
    found = find(request, pk)
    require(request.actor, P.MEETING_EDIT, found)
    seats = queries.seats(found)
    filled = "everyone" in request.POST
    form = AttendanceForm(request.POST or None, seats=seats)
    if filled:
        form = AttendanceForm.with_everyone_else(request.POST, seats)
    elif request.method == "POST" and form.is_valid() and _mark(request, found, form):
        return redirect("meeting", pk)
    quorum = _quorum_typed(found, form) if form.is_bound else _quorum_of(found, seats)
    context = {"meeting": found, "form": form, "quorum": quorum, "filled": filled}
    return render(request, "partnerships/attendance.html", context, status=422 if form.errors else 200)


def _mark(request: HttpRequest, found: Meeting, form: AttendanceForm) -> bool:
    marks = form.marks()
    act = partial(meetings.mark_attendance, by=request.actor, meeting=found, marks=marks)
    return attempt(request, act, "Attendance saved.", form)


@require_POST
def quorum(request: HttpRequest, pk: int) -> HttpResponse:
    """`/meetings/<id>/quorum/`: the quorum as attendance is being marked, before it is saved (htmx)."""
    found = find(request, pk)
    require(request.actor, P.MEETING_EDIT, found)
    form = AttendanceForm(request.POST, seats=queries.seats(found))
    return render(request, "partnerships/quorum.html", {"quorum": _quorum_typed(found, form)})


@require_http_methods(["GET", "HEAD", "POST"])
def agenda(request: HttpRequest, pk: int) -> HttpResponse:
    """`/meetings/<id>/agenda/`: the agenda, one item a line."""
    found = find(request, pk)
    require(request.actor, P.MEETING_EDIT, found)
    lines = [f"{item.title} | {item.paper}" if item.paper else item.title for item in found.items.all()]
    form = AgendaForm(request.POST or None, initial={"items": "\n".join(lines)})
    if request.method == "POST" and form.is_valid():
        items = form.cleaned_data["items"]
        if attempt(
            request, lambda: meetings.set_agenda(by=request.actor, meeting=found, items=items), "Agenda saved.", form
        ):
            return redirect("meeting", pk)
    context = {"meeting": found, "form": form}
    return render(request, "partnerships/agenda.html", context, status=422 if form.errors else 200)


MOVES = {
    "issue_papers": (meetings.issue_papers, "Papers issued. Drafts are now proposed and seen by the members."),
    "hold": (meetings.hold, "Recorded as held."),
    "minute": (meetings.minute, "The minutes are closed."),
    "cancel": (meetings.cancel, "Cancelled."),
}


@require_POST
def move(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/meetings/<id>/<event>/`: issue papers, record as held, close the minutes, cancel."""
    found = find(request, pk)
    act, done = one_of(MOVES, event)
    attempt(request, lambda: act(by=request.actor, meeting=found), done)
    return redirect("meeting", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def log_decision(request: HttpRequest, pk: int) -> HttpResponse:
    """`/meetings/<id>/decisions/new/`: begin a draft, from an item of the agenda where one is named."""
    found = find(request, pk)
    refuse_unless_host(request, found.forum)
    item = _item(found, request.GET.get("item", ""))
    form = LogForm(request.POST or None, initial={"title": item.title if item else ""})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = decisions.log_decision(by=request.actor, forum=found.forum, meeting=found, item=item, **values)
            return redirect("decision-edit", made.reference)
        except GuardFailed as refused:
            form.add_error(None, str(refused))
    context = {"meeting": found, "form": form, "item": item}
    return render(request, "partnerships/decision_new.html", context, status=422 if form.errors else 200)


def _item(found: Meeting, text: str) -> AgendaItem | None:
    if not text:
        return None
    item = next((row for row in found.items.all() if str(row.number) == text), None)
    if item is None:
        raise Http404
    return item
