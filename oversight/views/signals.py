"""Pages of signals: the inbox, one signal with what stands beside it, triage."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from collaboration.access import P as Collaboration
from collaboration.framework import Framework
from collaboration.models import Capacity
from collaboration.queries.profiles import content_of, current_framework
from ics_governance.charts import Reading
from ics_governance.exports import Column
from ics_governance.notifications import mark_matter_read
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from oversight.access import P
from oversight.actions import signals as actions
from oversight.forms.signals import SignalFilters, TriageForm
from oversight.models import Signal
from oversight.queries import signals as queries
from partnerships.access import allowed, require, visible_or_404
from partnerships.views.common import attempt, exported
from partnerships.views.trail import trail_page

SORTS = {"due": ("due_on", "id"), "fired": ("fired_on", "id"), "body": ("subject__name", "id")}
COLUMNS: list[Column[Signal]] = [
    Column("Signal", lambda row: row.pk),
    Column("Body", lambda row: row.subject.name, 50),
    Column("Characteristic", lambda row: row.characteristic or "the body as a whole"),
    Column("What was noticed", lambda row: row.clause, 80),
    Column("Month", lambda row: row.as_of),
    Column("Triaged by", lambda row: row.holder.name, 40),
    Column("Fired on", lambda row: row.fired_on),
    Column("Due", lambda row: row.due_on),
    Column("State", lambda row: row.get_state_display()),
    Column("Reason", lambda row: row.reason, 60),
]


def characteristics() -> dict[str, str]:
    """Codes and short titles of the characteristics; none before a framework is loaded."""
    framework = current_framework()
    content: Framework | None = content_of(framework) if framework else None
    return {each.code: each.short_title for each in content.characteristics} if content else {}


@require_safe
def signal_list(request: HttpRequest) -> HttpResponse:
    """`/signals/`: what rules noticed in profiles, for those who triage and those who oversee them."""
    if not request.actor.organisations(P.SIGNAL_VIEW):
        raise Refused(P.SIGNAL_VIEW)
    titles = characteristics()
    form = SignalFilters(request.GET, titles.items())
    rows = queries.signal_list(request.actor, form.values)
    if file := exported(request, "signals", COLUMNS, rows.order_by("due_on", "id")):
        return file
    context = {
        "form": form,
        "page": paged(rows, request.GET, SORTS, default="due"),
        "titles": titles,
        "on": request.actor.on,
        "own": request.actor.organisations(P.SIGNAL_TRIAGE, Capacity.HOLDER),
    }
    return render(request, "oversight/signal_list.html", context)


def find(request: HttpRequest, pk: int) -> Signal:
    """The signal; 404 for what this person may not see."""
    rows = Signal.objects.select_related("subject", "holder", "ruleset", "triaged_by")
    return visible_or_404(request.actor, rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def signal(request: HttpRequest, pk: int) -> HttpResponse:
    """`/signals/<id>/`: one signal, what stands beside it, and its triage."""
    found = find(request, pk)
    if request.method == "POST":
        require(request.actor, P.SIGNAL_TRIAGE, found)
    is_open = found.state in queries.OPEN
    may = is_open and allowed(request.actor, P.SIGNAL_TRIAGE, found)
    form = TriageForm(request.POST or None, on=request.actor.on)
    if request.method == "POST" and form.is_valid() and _triage(request, found, form):
        return redirect("signal-list")
    mark_matter_read(request.actor.user_id, f"signal:{pk}:")
    titles = characteristics()
    context = {
        "signal": found,
        "titles": titles,
        "title_of": titles.get(found.characteristic, ""),
        "form": form if may else None,
        "is_open": is_open,
        "may_raise": may and bool(request.actor.organisations(Collaboration.CONCERN_RAISE, Capacity.RAISER)),
        "case": queries.case_from(request.actor, found),
        **_beside(request, found),
    }
    return render(request, "oversight/signal.html", context, status=422 if form.errors else 200)


def _triage(request: HttpRequest, found: Signal, form: TriageForm) -> bool:
    values = form.cleaned_data
    if values["outcome"] == "watch":
        asked = {"reason": values["reason"], "watch_until": values["watch_until"]}
        return attempt(request, lambda: actions.watch(by=request.actor, signal=found, **asked), "Watched.", form)
    done = "Dismissed, with your reason."
    return attempt(
        request, lambda: actions.dismiss(by=request.actor, signal=found, reason=values["reason"]), done, form
    )


def _beside(request: HttpRequest, found: Signal) -> dict[str, Any]:
    """The trend as a chart draws it, earlier signals, cases; the address of the profile."""
    beside = queries.beside(request.actor, found)
    points = [
        Reading(
            point.as_of,
            None if point.mark.score is None else float(point.mark.score),
            low=float(point.mark.low or 0),
            high=float(point.mark.high or 0),
        )
        for point in beside.trend
    ]
    profile = f"{reverse('profile', args=[found.subject.code])}?month={found.as_of.isoformat()}"
    profile += f"&characteristic={found.characteristic}" if found.characteristic else ""
    return {"trend": points, "earlier": beside.earlier, "cases": beside.cases, "profile": profile}


@require_safe
def trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/signals/<id>/trail/`."""
    found = find(request, pk)
    return trail_page(request, found, f"Signal about {found.subject.label}", reverse("signal", args=[pk]), "signals")
