"""Pages that write delegations: the draft with what it still needs, its approval, suspension, review and end."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ics_governance.permissions import Refused
from ics_governance.workflow import Reason
from partnerships.access import P, require, visible_or_404
from partnerships.actions import delegations
from partnerships.checks import Finding
from partnerships.delegation_guards import delegation_is_sound, remarks
from partnerships.forms.delegations import (
    CompletenessForm,
    DelegationForm,
    EndForm,
    NeverInForceForm,
    ReviewForm,
    SuspendForm,
    today_first,
)
from partnerships.models import Delegation, Organisation
from partnerships.panel import of_draft
from partnerships.queries.checks import findings_for_draft
from partnerships.queries.delegation_facts import gather

from .common import attempt, one_of

PARTIES = ("function", "from_organisation", "from_forum", "to_forum__host")


def find(request: HttpRequest, pk: int) -> Delegation:
    """The delegation, for those who may see it."""
    return visible_or_404(request.actor, Delegation.objects.select_related(*PARTIES), pk=pk)


# --- The draft ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_new(request: HttpRequest) -> HttpResponse:
    """`/delegations/new/`: draft a delegation."""
    form = DelegationForm(request.POST or None, hosts=_hosts(request), on=request.actor.on)

    def act() -> Delegation:
        owner, places = form.cleaned_data["host"], form.cleaned_data["places"]
        return delegations.draft_delegation(by=request.actor, owner=owner, values=form.values(), places=places)

    return _draft(request, form, act, title="Draft a delegation", back=reverse("delegation-list"))


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/delegations/<id>/edit/`: go on with a draft."""
    found = find(request, pk)
    require(request.actor, P.DELEGATION_EDIT, found)
    if found.status != Delegation.Status.DRAFT:
        return redirect("delegation", pk)
    form = DelegationForm(request.POST or None, hosts=(), on=request.actor.on, delegation=found)

    def act() -> Delegation:
        places = form.cleaned_data["places"]
        return delegations.edit_draft(by=request.actor, delegation=found, values=form.values(), places=places)

    return _draft(request, form, act, title="Go on with the draft", back=reverse("delegation", args=[pk]))


def _hosts(request: HttpRequest) -> frozenset[int]:
    hosts: frozenset[int] = request.actor.organisations(P.DELEGATION_EDIT, "host")
    if not hosts:
        raise Refused(P.DELEGATION_EDIT)
    return hosts


def _draft(request: HttpRequest, form: DelegationForm, act: Callable[[], Delegation], **words: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        made: list[Delegation] = []
        if attempt(request, lambda: made.append(act()), "The draft is kept. It gives no authority yet.", form):
            return redirect("delegation", made[0].pk)
    context = {"form": form, **words, **_needs(request, form)}
    return render(request, "partnerships/delegation_form.html", context, status=422 if form.errors else 200)


@require_POST
def delegation_panel(request: HttpRequest) -> HttpResponse:
    """`/delegations/panel/`: what stands against approving what is being typed (htmx)."""
    form = DelegationForm(request.POST, hosts=_hosts(request), on=request.actor.on)
    context = _needs(request, form) | {"live": True, "checks": _checks(request, form)}
    return render(request, "partnerships/delegation_panel.html", context)


# What approving asks for itself, so that it is said once.
ASKED_BEFORE = frozenset(
    {"double_delegation", "limit_above", "reserved_delegated", "basis_not_open", "lead_not_employed", "closed_body"}
)


def _checks(request: HttpRequest, form: DelegationForm) -> list[Finding]:
    """What the governance checks would say besides, once it is approved."""
    typed = form.as_typed()
    if typed is None:
        return []
    values = {name: getattr(typed, name) for name in delegations.DRAFTED} | {
        "from_organisation": typed.from_organisation, "places": form.cleaned_data.get("places") or (),
    }  # fmt: skip
    found = findings_for_draft(values, on=request.actor.on)
    return [each for each in found if each.code not in ASKED_BEFORE]


def _needs(request: HttpRequest, form: DelegationForm) -> dict[str, Any]:
    """What the panel shows: the reasons against, and the chain as it would be."""
    typed = form.as_typed() if form.is_bound else form.delegation
    if typed is None:
        return {"needs": [Reason("The function, and one recipient")], "nodes": []}
    places = form.places_typed if form.is_bound else form.initial["places"]
    gather(typed, places, request.actor.on)
    days = remarks(typed, request.actor.on)
    return {"needs": delegation_is_sound(typed), "nodes": of_draft(typed), "remarks": days}


# --- Moves --------------------------------------------------------------------------------------------------------

MOVES = {
    "approve": (delegations.approve, "Approved. It can now be brought into force."),
    "withdraw": (delegations.withdraw, "Withdrawn. It stays readable for your body alone."),
    "bring_into_force": (delegations.bring_into_force, "In force within its dates."),
    "resume": (delegations.resume, "In force again from today on."),
}


@require_POST
def delegation_move(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/delegations/<id>/<event>/`: approve, withdraw, bring into force, resume."""
    found = find(request, pk)
    act, done = one_of(MOVES, event)
    attempt(request, lambda: act(by=request.actor, delegation=found), done)
    return redirect("delegation", pk)


def _step(
    request: HttpRequest,
    found: Delegation,
    form: Any,
    act: Callable[[dict[str, Any]], Any],
    title: str,
    done: str,
    warning: str = "",
) -> HttpResponse:
    """A form about one delegation, then back to its page."""
    if request.method == "POST" and form.is_valid() and attempt(request, lambda: act(form.cleaned_data), done, form):
        return redirect("delegation", found.pk)
    back = reverse("delegation", args=[found.pk])
    lede = f"{found.function.name}, {found.instrument}. {warning}".rstrip()
    context = {"form": form, "title": title, "lede": lede, "crumb": found.function.name, "back": back}
    return render(request, "partnerships/founding.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """`/delegations/<id>/suspend/why/`: suspend it, and say why."""
    found = find(request, pk)
    require(request.actor, P.DELEGATION_APPROVE, found)
    return _step(
        request,
        found,
        SuspendForm(request.POST or None),
        lambda values: delegations.suspend(by=request.actor, delegation=found, reason=values["reason"]),
        "Suspend the delegation",
        "Suspended from today on.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`/delegations/<id>/end/day/`: end a delegation."""
    found = find(request, pk)
    require(request.actor, P.DELEGATION_APPROVE, found)
    never = found.in_force_on is None
    return _step(
        request,
        found,
        NeverInForceForm(request.POST if request.method == "POST" else None)
        if never
        else EndForm(request.POST or None),
        lambda values: delegations.end(by=request.actor, delegation=found, last_day=values.get("last_day")),
        "End the delegation",
        "Ended. It never came into force." if never else "Ended. It holds up to and including its last day.",
        "It never came into force, so it ends at once and never gives authority." if never else "",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_review(request: HttpRequest, pk: int) -> HttpResponse:
    """`/delegations/<id>/reviews/new/`: record a review that was held."""
    found = find(request, pk)
    require(request.actor, P.DELEGATION_EDIT, found)
    return _step(
        request,
        found,
        ReviewForm(request.POST or None, initial=today_first(request.actor.on)),
        lambda values: delegations.review(by=request.actor, delegation=found, **values),
        "Record a review",
        "Recorded.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/declare/`: declare the register complete for a family of functions."""
    found = visible_or_404(request.actor, Organisation.objects.coded(code))
    require(request.actor, P.REGISTER_DECLARE, found)
    form = CompletenessForm(request.POST or None, organisation=found)

    def act() -> None:
        delegations.declare_complete(by=request.actor, organisation=found, **form.cleaned_data)

    if request.method == "POST" and form.is_valid() and attempt(request, act, "Declared.", form):
        return redirect("organisation", code)
    lede = f"{found.name}. Before that day a missing delegation reads “not recorded”, and nothing is scored on it."
    back = reverse("organisation", args=[code])
    context = {"form": form, "title": "Declare the register complete", "lede": lede, "crumb": found.label, "back": back}
    return render(request, "partnerships/founding.html", context, status=422 if form.errors else 200)
