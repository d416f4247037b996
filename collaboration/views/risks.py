"""Pages of shared risks: the list, recording one, one risk, looking at it again, changing, closing, opening again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration.access import P
from collaboration.actions import risks as actions
from collaboration.forms.risks import CloseRiskForm, ReviewForm, RiskFilters, RiskForm
from collaboration.models import Capacity, SharedRisk
from collaboration.queries import risks as queries
from ics_governance.exports import Column
from ics_governance.notifications import mark_matter_read
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from ics_governance.workflow import Reason
from partnerships.access import allowed, scope, visible_or_404
from partnerships.views.common import attempt, exported
from partnerships.views.trail import trail_page

from .asking import ask, bodies_with

SORTS = {"review": ("review_on", "id"), "raised": ("raised_on", "id")}
COLUMNS: list[Column[SharedRisk]] = [
    Column("Risk", lambda row: row.pk),
    Column("What", lambda row: row.title, 50),
    Column("Kept by", lambda row: row.host.name, 40),
    Column("Owner", lambda row: row.owner.name if row.owner else "", 40),
    Column("Person", lambda row: row.owner_person.name if row.owner_person else ""),
    Column("What is done about it", lambda row: row.mitigation, 50),
    Column("Reviewed on", lambda row: row.reviewed_on),
    Column("Next review", lambda row: row.review_on),
    Column("State", lambda row: row.get_state_display()),
]


@require_safe
def risk_list(request: HttpRequest) -> HttpResponse:
    """`/risks/`: shared risks that this person may see."""
    form = RiskFilters(request.GET)
    rows = queries.risk_list(request.actor, form.values)
    if file := exported(request, "shared-risks", COLUMNS, rows.order_by("review_on", "id")):
        return file
    page = paged(rows, request.GET, SORTS, default="review")
    context = {
        "form": form,
        "page": page,
        "on": request.actor.on,
        "may_add": bool(request.actor.organisations(P.RISK_EDIT, Capacity.HOST)),
    }
    return render(request, "collaboration/risk_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def risk_new(request: HttpRequest) -> HttpResponse:
    """`/risks/new/`: record a risk that partners share."""
    hosts = bodies_with(request, P.RISK_EDIT, Capacity.HOST)

    def record(values: dict[str, Any]) -> None:
        host, sharers = values.pop("host"), values.pop("sharers")
        actions.add_risk(by=request.actor, host=host, values=values, sharers=sharers)

    return ask(
        request,
        RiskForm(request.POST or None, hosts=hosts, on=request.actor.on),
        record,
        "Recorded. The body that owns it has been told.",
        reverse("risk-list"),
        title="Record a shared risk",
        lede="A risk to what partners agreed: who owns it, who shares it, what is done, when it is looked at next.",
        submit="Record the risk",
        nav="risks",
        crumbs=[("Shared risks", reverse("risk-list"))],
    )


ROWS = SharedRisk.objects.select_related("host", "owner", "owner_person", "forum")


def find(request: HttpRequest, pk: int) -> SharedRisk:
    """The risk; 404 for what this person may not see."""
    return visible_or_404(request.actor, ROWS.all(), pk=pk)


def to_change(request: HttpRequest, pk: int) -> SharedRisk:
    """The risk, for those who may change it; 403 that says who can for those who only see it."""
    found = scope(request.actor, P.RISK_EDIT, ROWS.all()).filter(pk=pk).first()
    if found is None:
        find(request, pk)
        raise Refused(P.RISK_EDIT)
    return found


@require_safe
def risk(request: HttpRequest, pk: int) -> HttpResponse:
    """`/risks/<id>/`: one risk with what can be done next."""
    found = find(request, pk)
    mark_matter_read(request.actor.user_id, f"risk:{pk}:")
    is_open = found.state == SharedRisk.State.OPEN
    context = {
        "found": found,
        "sharing": queries.sharing(found),
        "is_open": is_open,
        "overdue": is_open and found.review_on is not None and found.review_on < request.actor.on,
        "may_edit": allowed(request.actor, P.RISK_EDIT, found),
        "lacks": _lacks(found) if is_open else [],
    }
    return render(request, "collaboration/risk.html", context)


def _lacks(found: SharedRisk) -> list[Reason]:
    """What a risk needs, to count as kept in date."""
    wanted = {
        "A body that owns it": found.owner_id,
        "A person who answers for it": found.owner_person_id,
        "What is done about it": found.mitigation.strip(),
        "The day of its next review": found.review_on,
    }
    return [Reason(words) for words, value in wanted.items() if not value]


def _page(request: HttpRequest, found: SharedRisk, form: Any, act: Any, done: str, **words: Any) -> HttpResponse:
    """A page of one form about a risk."""
    address = reverse("risk", args=[found.pk])
    crumbs = [("Shared risks", reverse("risk-list")), (found.title, address)]
    return ask(request, form, act, done, address, caption=found.title, nav="risks", crumbs=crumbs, **words)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """`/risks/<id>/review/`: look at a risk again."""
    found = to_change(request, pk)
    form = ReviewForm(request.POST or None, initial={"mitigation": found.mitigation})

    def act(values: dict[str, Any]) -> None:
        actions.review(by=request.actor, risk=found, **values)

    words = {"title": "Review the risk", "submit": "Record the review"}
    return _page(request, found, form, act, "The review of today is recorded.", **words)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/risks/<id>/edit/`: change what is recorded of a risk."""
    found = to_change(request, pk)
    form = RiskForm.of(request.POST or None, found, queries.sharing(found), request.actor.on)

    def act(values: dict[str, Any]) -> None:
        del values["host"]
        actions.amend(by=request.actor, risk=found, sharers=values.pop("sharers"), values=values)

    return _page(request, found, form, act, "Changed.", title="Change the risk", submit="Save")


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """`/risks/<id>/close/`: close a risk."""
    found = to_change(request, pk)

    def act(values: dict[str, Any]) -> None:
        actions.close_risk(by=request.actor, risk=found, **values)

    words = {"title": "Close the risk", "submit": "Close the risk"}
    return _page(request, found, CloseRiskForm(request.POST or None), act, "Closed.", **words)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """`/risks/<id>/reopen/`: open a closed risk again."""
    found = find(request, pk)
    attempt(
        request,
        lambda: actions.reopen_risk(by=request.actor, risk=found),
        "Open again. Its review is due today.",
    )
    return redirect("risk", pk)


@require_safe
def trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/risks/<id>/trail/`."""
    found = find(request, pk)
    return trail_page(request, found, found.title, reverse("risk", args=[pk]), "risks")
