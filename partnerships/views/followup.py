"""Pages of actions: the list, one action, and what its owner and its forum can do with it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ics_governance import forms
from ics_governance.exports import Column
from ics_governance.notifications import mark_read
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from partnerships.access import P, allowed, held, visible_or_404
from partnerships.actions import followup
from partnerships.forms.decisions import AcceptForm, RedateForm, WhyForm
from partnerships.models import Action
from partnerships.queries import decisions as queries

from .common import attempt, exported, one_of

SORTS = {"due": ("due", "id")}
COLUMNS: list[Column[Action]] = [
    Column("Action", lambda row: f"A-{row.pk}"),
    Column("What", lambda row: row.title, 50),
    Column("Owner", lambda row: row.owner.name, 40),
    Column("Person", lambda row: row.owner_person.name if row.owner_person else ""),
    Column("First due", lambda row: row.original_due),
    Column("Due", lambda row: row.due),
    Column("State", lambda row: row.get_state_display()),
    Column("Decision", lambda row: row.decision.reference),
]


class ActionFilters(forms.FilterForm):
    """Filters of the list of actions."""

    q = forms.CharField(label="Search", max_length=100)
    whose = forms.ChoiceField(
        label="Whose", choices=[("", "Ours, and from our forums"), ("all", "All that we may see")]
    )
    state = forms.ChoiceField(
        label="State",
        choices=[("", "Not settled yet"), ("overdue", "Overdue"), *Action.State.choices, ("any", "Any state")],
    )


@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    """`/actions/`: actions that this person may see."""
    form = ActionFilters(request.GET)
    rows = queries.action_list(request.actor, form.values)
    if file := exported(request, "actions", COLUMNS, rows.order_by("due", "id")):
        return file
    page = paged(rows, request.GET, SORTS, default="due")
    return render(request, "partnerships/action_list.html", {"form": form, "page": page, "on": request.actor.on})


def find(request: HttpRequest, pk: int) -> Action:
    """The action with its decision; 404 for what this person may not see."""
    rows = Action.objects.select_related("decision__forum__host", "decision__meeting", "owner", "owner_person")
    return visible_or_404(request.actor, rows, pk=pk)


@require_safe
def action(request: HttpRequest, pk: int) -> HttpResponse:
    """`/actions/<id>/`: one action with what can be done next."""
    found = find(request, pk)
    if request.actor.user_id:
        mark_read(request.actor.user_id, f"action:{pk}")
    context = {
        "action": found,
        "steps": _steps(request, found),
        "late": found.is_open and found.due < request.actor.on,
    }
    return render(request, "partnerships/action.html", context)


# event: (label, permission, states in which it is offered)
STEPS = {
    "accept": ("Accept", P.ACTION_ACCEPT, ("proposed",)),
    "decline": ("Decline", P.ACTION_ACCEPT, ("proposed",)),
    "report": ("Report progress", P.ACTION_REPORT, ("accepted",)),
    "slip": ("Tell partners of a delay", P.ACTION_REPORT, ("accepted",)),
    "finish": ("Report as done", P.ACTION_REPORT, ("accepted",)),
    "confirm": ("Confirm as done", P.ACTION_CONFIRM, ("done",)),
    "hand_back": ("Hand back", P.ACTION_CONFIRM, ("done",)),
    "accept_plan": ("Accept the recovery plan", P.ACTION_CONFIRM, ("accepted",)),
    "redate": ("Set another due date", P.ACTION_REDATE, ("proposed", "accepted")),
    "withdraw": ("Withdraw", P.ACTION_CONFIRM, ("proposed", "accepted")),
}
AT_ONCE = {
    "confirm": (followup.confirm, "Confirmed."),
    "accept_plan": (followup.accept_plan, "The recovery plan is accepted."),
    "withdraw": (followup.withdraw, "Withdrawn."),
}
WORDS = {
    "decline": ("Why your organisation declines", followup.decline, "why"),
    "report": ("Progress", followup.report, "progress"),
    "slip": ("How the delay will be made good", followup.tell_slippage, "plan"),
    "finish": ("What shows that it was done", followup.finish, "evidence"),
    "hand_back": ("What is still to be done", followup.hand_back, "why"),
}


def _steps(request: HttpRequest, found: Action) -> list[dict[str, Any]]:
    """What this person can do with the action now."""
    if found.decision.is_editable:
        return []
    mine = held(request.actor, {permission for _, permission, _ in STEPS.values()}, found)
    return [
        {"event": event, "label": label, "at_once": event in AT_ONCE}
        for event, (label, permission, states) in STEPS.items()
        if permission in mine and found.state in states and (event != "accept_plan" or _plan_waits(found))
    ]


def _plan_waits(found: Action) -> bool:
    return bool(found.slippage_told_on) and not found.plan_accepted_on


@require_POST
def move(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/actions/<id>/<event>/`: a step that needs no words."""
    found = find(request, pk)
    act, done = one_of(AT_ONCE, event)
    attempt(request, lambda: act(by=request.actor, action=found), done)
    return redirect("action", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/actions/<id>/<event>/step/`: a step that takes words, a person or a date."""
    found = find(request, pk)
    label, permission, _ = one_of({name: step for name, step in STEPS.items() if name not in AT_ONCE}, event)
    if not allowed(request.actor, permission, found):
        raise Refused(permission)
    form = _form(request, found, event)
    if request.method == "POST" and form.is_valid():

        def act() -> None:
            _do(request, found, event, form.cleaned_data)

        if attempt(request, act, f"{ACTION_DONE[event]}.", form):
            return redirect("action", pk)
    context = {"action": found, "form": form, "heading": label}
    return render(request, "partnerships/action_step.html", context, status=422 if form.errors else 200)


ACTION_DONE = {
    "accept": "Accepted",
    "redate": "The due date was changed; the original one stays visible",
    "decline": "Declined",
    "report": "Progress reported",
    "slip": "Partners have been told",
    "finish": "Reported as done; the forum confirms it",
    "hand_back": "Handed back",
}


def _form(request: HttpRequest, found: Action, event: str) -> Any:
    data = request.POST or None
    if event == "accept":
        return AcceptForm(data, action=found, on=request.actor.on)
    if event == "redate":
        return RedateForm(data, label="Why the date changes")
    return WhyForm(data, label=WORDS[event][0])


def _do(request: HttpRequest, found: Action, event: str, values: dict[str, Any]) -> None:
    if event == "accept":
        followup.accept(by=request.actor, action=found, person=values["person"])
    elif event == "redate":
        followup.redate(by=request.actor, action=found, due=values["due"], why=values["why"])
    else:
        _, act, name = WORDS[event]
        act(by=request.actor, action=found, **{name: values["why"]})
