"""The list of cases that a person may see."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from collaboration.access import P as Collaboration
from collaboration.models import ConcernRespondent
from ics_governance.exports import Column
from ics_governance.paging import paged
from ics_governance.workingdays import add_working_days
from oversight.case_page import SOON, state_of
from oversight.forms.cases import CaseFilters
from oversight.models import Case, Pause
from oversight.process import STAGE
from oversight.queries.cases import cases_of
from partnerships.models import Organisation
from partnerships.views.common import exported

SORTS = {"due": ("due_on", "id"), "opened": ("opened_on", "id"), "since": ("stage_since", "id")}


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """`/cases/`: cases this person may see, those whose clock ends first at the top."""
    on = request.actor.on
    seen = cases_of(request.actor)
    bodies = Organisation.objects.filter(pk__in=ConcernRespondent.objects.values("organisation"))
    form = CaseFilters(request.GET, bodies.only("name", "short_name", "ods_code", "gss_code"))
    about = Prefetch("concern__respondents", ConcernRespondent.objects.select_related("organisation"))
    rows = with_pause(_filtered(seen, form.values, request), on).prefetch_related(about)
    if file := exported(request, "cases", columns(on), rows.order_by("due_on", "id")):
        return file
    page = paged(rows, request.GET, SORTS, default="due")
    context = {
        "form": form,
        "page": page,
        "on": on,
        "states": {row.pk: state_of(row.due_on, on, row.is_paused) for row in page.rows},
        "may_raise": bool(request.actor.organisations(Collaboration.CONCERN_RAISE, "raiser")),
    }
    return render(request, "oversight/case_list.html", context)


def with_pause(rows: QuerySet[Case], on: date) -> QuerySet[Case]:
    """Each case with `is_paused`: whether its running clock stands still on a day."""
    running = Pause.objects.filter(clock__case=OuterRef("pk"), clock__ended_on=None, approved_by__isnull=False)
    stopped = running.filter(Q(ends=None) | Q(ends__gte=on), starts__lte=on)
    return rows.annotate(is_paused=Exists(stopped))


def _filtered(rows: QuerySet[Case], values: dict[str, Any], request: HttpRequest) -> QuerySet[Case]:
    stage = values.get("stage")
    if stage in STAGE:
        rows = rows.filter(stage=stage)
    elif stage != "all":
        rows = rows.exclude(stage=Case.Stage.CLOSED)
    if words := values.get("q"):
        rows = rows.filter(Q(reference__icontains=words) | Q(concern__title__icontains=words))
    if code := values.get("respondent"):
        rows = rows.filter(concern__respondents__organisation__in=Organisation.objects.coded(code))
    own = request.actor.organisations(Collaboration.CONCERN_VIEW)
    match values.get("mine"):
        case "holder":
            rows = rows.filter(holder__in=own)
        case "respondent":
            rows = rows.filter(concern__respondents__organisation__in=own).distinct()
        case "raiser":
            rows = rows.filter(concern__raiser__organisation__in=own)
    return _of_clock(rows, values.get("clock"), request.actor.on)


def _of_clock(rows: QuerySet[Case], clock: str | None, on: date) -> QuerySet[Case]:
    if not clock:
        return rows
    rows = with_pause(rows.exclude(stage=Case.Stage.CLOSED), on)
    soon = add_working_days(on, SOON)
    conditions = {
        "none": Q(due_on=None, is_paused=False),
        "pause": Q(is_paused=True),
        "late": Q(due_on__lt=on, is_paused=False),
        "soon": Q(due_on__gte=on, due_on__lte=soon, is_paused=False),
        "ok": Q(due_on__gt=soon, is_paused=False),
    }
    return rows.filter(conditions[clock])


def columns(on: date) -> list[Column[Case]]:
    """The list as a table; who raised a case is not in it."""
    words = {
        "late": "past its date",
        "soon": "5 working days or fewer",
        "ok": "on time",
        "pause": "paused",
        "none": "no clock",
    }
    return [
        Column("Number", lambda row: row.reference),
        Column("Title", lambda row: row.concern.title, 50),
        Column("About", lambda row: [each.organisation.name for each in row.concern.respondents.all()], 50),
        Column("Stage", lambda row: STAGE[row.stage].title),
        Column("Held by", lambda row: row.holder.name, 40),
        Column("Opened on", lambda row: row.opened_on),
        Column("In this stage since", lambda row: row.stage_since),
        Column("Due", lambda row: row.due_on),
        Column("Clock", lambda row: words[state_of(row.due_on, on, row.is_paused)] if row.is_open else "closed"),
        Column("Outcome", lambda row: row.get_outcome_display()),
        Column("Urgent override", lambda row: row.overridden),
    ]
