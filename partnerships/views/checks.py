"""Pages of the governance checks: what was found, checking now, and what ends or is due for review soon."""

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ics_governance.exports import Column
from ics_governance.paging import paged
from partnerships.access import P, visible_or_404
from partnerships.actions.checks import run_checks
from partnerships.checks import CHECKS
from partnerships.forms.checks import CheckFilter, OfSystem
from partnerships.models import CheckFinding, Kind, Organisation
from partnerships.queries import checks as queries
from partnerships.queries import expiry
from partnerships.queries.expiry import Due

from .common import exported, opens_on_own_system

COLUMNS: list[Column[CheckFinding]] = [
    Column("Severity", lambda row: row.severity, 10),
    Column("Check", lambda row: CHECKS[row.code].title if row.code in CHECKS else row.code, 40),
    Column("What was found", lambda row: row.text, 80),
    Column("Recommended action", lambda row: row.action, 60),
    Column("System", lambda row: row.system.name if row.system else None, 44),
    Column("System code", lambda row: row.system.code if row.system else None, 12),
    Column("Since", lambda row: row.first_seen, 18),
    Column("Last seen", lambda row: row.last_seen, 18),
    Column("Records", lambda row: [f"{kind} {pk}" for kind, pk in row.records], 30),
]
DUE: list[Column[Due]] = [
    Column("Day", lambda row: row.on, 18),
    Column("What", lambda row: row.what, 70),
    Column("Happens", lambda row: row.happens, 30),
    Column("Who has to act", lambda row: row.keeper_name, 44),
]


@require_safe
@opens_on_own_system
def check_list(request: HttpRequest) -> HttpResponse:
    """`/checks/`: findings by system, severity and check."""
    actor = request.actor
    form = CheckFilter(request.GET, today=actor.on)
    own = own_systems(request, form)
    if not form.is_valid():
        return render(request, "partnerships/check_list.html", {"form": form, "page": None, "own": own}, status=400)
    found = queries.listed(actor, form.values)
    if file := exported(request, "Governance checks", COLUMNS, found.order_by("rank", "code", "id")):
        return file
    page = paged(found, request.GET, queries.SORTS, default="severity")
    system = form.values.get("system")
    context = {
        "form": form,
        "page": page,
        "rows": queries.told(page.rows),
        "counts": queries.counts(queries.listed(actor, {"system": system})),
        "system": system,
        "own": [body for body in own if system in (None, body)],
        "checks": CHECKS,
        "ratify": queries.to_ratify(actor),
    }
    return render(request, "partnerships/check_list.html", context)


@require_POST
def check_now(request: HttpRequest) -> HttpResponse:
    """`/checks/now/`: run the checks of one's own system at once."""
    code = request.POST.get("system", "")[:12]
    system = visible_or_404(request.actor, Organisation.objects.filter(kind=Kind.ICB).coded(code))
    ran = run_checks(by=request.actor, system=system)
    messages.success(request, f"Checked {system.label}. {ran}")
    return redirect(f"{reverse('check-list')}?system={system.code}")


@require_safe
@opens_on_own_system
def expiring(request: HttpRequest) -> HttpResponse:
    """`/expiring/`: what ends or is due for review in the next ninety days, by month, with who has to act."""
    actor = request.actor
    form = OfSystem(request.GET, today=actor.on)
    if not form.is_valid():
        return render(request, "partnerships/expiring.html", {"form": form, "months": None}, status=400)
    rows = expiry.expiring(actor, actor.on, form.values.get("system"))
    if file := exported(request, "Ending soon", DUE, rows):
        return file
    shown = rows[: expiry.MOST]
    context = {
        "form": form,
        "total": len(rows),
        "shown": len(shown),
        "months": [(month, list(of_month)) for month, of_month in groupby(shown, key=lambda row: row.month)],
        "until": actor.on + expiry.AHEAD,
        "system": form.values.get("system"),
        "ratify": queries.to_ratify(actor),
    }
    return render(request, "partnerships/expiring.html", context)


def own_systems(request: HttpRequest, form: OfSystem) -> list[Organisation]:
    """The ICBs whose checks this person may run."""
    bodies = request.actor.organisations(P.CHECK_RUN, "host")
    return [body for body in form.systems if body.pk in bodies]
