"""Pages of information requests: the list, asking, one request, and what either side can do with it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration.access import P
from collaboration.actions import requests as actions
from collaboration.forms.requests import AnswerForm, RedateForm, RefuseForm, RequestFilters, RequestForm
from collaboration.models import Capacity, InformationRequest
from collaboration.queries import requests as queries
from ics_governance.exports import Column
from ics_governance.notifications import mark_matter_read
from ics_governance.paging import paged
from ics_governance.wording import day
from ics_governance.workingdays import working_days_between
from partnerships.access import held, require, visible_or_404
from partnerships.views.common import attempt, exported, one_of
from partnerships.views.trail import trail_page

from .asking import ask, bodies_with

SORTS = {"due": ("due_on", "id"), "asked": ("asked_on", "id")}
COLUMNS: list[Column[InformationRequest]] = [
    Column("Request", lambda row: row.pk),
    Column("What", lambda row: row.title, 50),
    Column("Asked by", lambda row: row.asker.name, 40),
    Column("Asked of", lambda row: row.asked.name, 40),
    Column("Asked on", lambda row: row.asked_on),
    Column("First due", lambda row: row.first_due_on),
    Column("Due", lambda row: row.due_on),
    Column("State", lambda row: row.get_state_display()),
    Column("Closed on", lambda row: row.closed_on),
]


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """`/requests/`: requests for information that this person may see."""
    form = RequestFilters(request.GET)
    rows = queries.request_list(request.actor, form.values)
    if file := exported(request, "information-requests", COLUMNS, rows.order_by("due_on", "id")):
        return file
    page = paged(rows, request.GET, SORTS, default="due")
    context = {
        "form": form,
        "page": page,
        "on": request.actor.on,
        "may_ask": bool(request.actor.organisations(P.REQUEST_ASK, Capacity.ASKER)),
        "to_answer": queries.to_answer(request.actor).count(),
    }
    return render(request, "collaboration/request_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def request_new(request: HttpRequest) -> HttpResponse:
    """`/requests/new/`: ask another body for information."""
    askers = bodies_with(request, P.REQUEST_ASK, Capacity.ASKER)
    return ask(
        request,
        RequestForm(request.POST or None, askers=askers, on=request.actor.on),
        lambda values: actions.ask(by=request.actor, **values),
        "Asked. Those who answer for the other body have been told.",
        reverse("request-list") + "?whose=asker",
        title="Ask for information",
        lede="Both bodies see the request, its answer and its dates. An answer in time counts for the body asked.",
        submit="Ask",
        nav="requests",
        crumbs=[("Requests", reverse("request-list"))],
        back=reverse("request-list"),
    )


def find(request: HttpRequest, pk: int) -> InformationRequest:
    """The request; 404 for what this person may not see."""
    rows = InformationRequest.objects.select_related("asker", "asked", "asked_by", "closed_by")
    return visible_or_404(request.actor, rows, pk=pk)


# event: (label, permission, what the page says)
STEPS = {
    "answer": ("Answer", P.REQUEST_ANSWER),
    "refuse": ("Refuse with a reason", P.REQUEST_ANSWER),
    "redate": ("Give more time", P.REQUEST_ASK),
    "withdraw": ("Withdraw", P.REQUEST_ASK),
}
AT_ONCE = {"withdraw": (actions.withdraw, "Withdrawn. The other body has been told.")}
WITH_WORDS = {
    "answer": (AnswerForm, actions.answer, "Answered. The body that asked has been told."),
    "refuse": (RefuseForm, actions.refuse, "Refused, with your reason. The body that asked has been told."),
    "redate": (RedateForm, actions.redate, "More time is given; the first day stays visible."),
}


@require_safe
def information_request(request: HttpRequest, pk: int) -> HttpResponse:
    """`/requests/<id>/`: one request with its answer and what can be done next."""
    found = find(request, pk)
    mark_matter_read(request.actor.user_id, f"request:{pk}:")
    mine = held(request.actor, {permission for _, permission in STEPS.values()}, found)
    is_open = found.state == InformationRequest.State.OPEN
    steps = [
        {"event": event, "label": label, "at_once": event in AT_ONCE}
        for event, (label, permission) in STEPS.items()
        if is_open and permission in mine
    ]
    context = {
        "found": found,
        "steps": steps,
        "is_open": is_open,
        "left": working_days_between(request.actor.on, found.due_on),
    }
    return render(request, "collaboration/request.html", context)


@require_POST
def move(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/requests/<id>/<event>/`: a step that needs no words."""
    found = find(request, pk)
    act, done = one_of(AT_ONCE, event)
    attempt(request, lambda: act(by=request.actor, request=found), done)
    return redirect("request", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/requests/<id>/<event>/step/`: a step that takes words or a date."""
    found = find(request, pk)
    form_class, act, done = one_of(WITH_WORDS, event)
    label, permission = STEPS[event]
    require(request.actor, permission, found)

    def carry_out(values: dict[str, Any]) -> None:
        act(by=request.actor, request=found, **values)

    return ask(
        request,
        form_class(request.POST or None),
        carry_out,
        done,
        reverse("request", args=[pk]),
        title=label,
        caption=found.title,
        lede=f"{found.asker.name} asked {found.asked.name} on {day(found.asked_on)}, due on {day(found.due_on)}.",
        submit=label,
        nav="requests",
        crumbs=[("Requests", reverse("request-list")), (found.title, reverse("request", args=[pk]))],
    )


@require_safe
def trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/requests/<id>/trail/`."""
    found = find(request, pk)
    return trail_page(request, found, found.title, reverse("request", args=[pk]), "requests")
