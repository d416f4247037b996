"""Pages that set things up: an arrangement, a forum, its terms and members, a delegation and its approval."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ics_governance.permissions import Refused
from partnerships.access import P, require, visible_or_404
from partnerships.actions import delegations, forums
from partnerships.forms.founding import (
    ArrangementForm,
    CompletenessForm,
    DelegationForm,
    EndForm,
    ForumForm,
    MemberForm,
    MembershipForm,
    TermsForm,
)
from partnerships.models import Arrangement, Delegation, Forum, Membership, Organisation

from .common import attempt, one_of

Values = dict[str, Any]


def _ask(
    request: HttpRequest, form: Any, act: Callable[[Values], Any], to: Callable[[Any], HttpResponse], **words: Any
) -> HttpResponse:
    """Show a form, do its action, go on; refused or wrong, keep what was typed."""
    if request.method == "POST" and form.is_valid():
        made: list[Any] = []
        if attempt(request, lambda: made.append(act(dict(form.cleaned_data))), words["done"], form):
            return to(made[0])
    label, route, *keys = words["back"]
    context = {"form": form, **words, "crumb": label, "back": reverse(route, args=keys)}
    return render(request, "partnerships/founding.html", context, status=422 if form.errors else 200)


def _hosts(request: HttpRequest, permission: P) -> frozenset[int]:
    hosts = request.actor.organisations(permission, "host")
    if not hosts:
        raise Refused(permission)
    return hosts


@require_http_methods(["GET", "HEAD", "POST"])
def arrangement_new(request: HttpRequest) -> HttpResponse:
    """`/arrangements/new/`: record a partnership or collaborative."""
    form = ArrangementForm(request.POST or None, hosts=_hosts(request, P.FORUM_EDIT), on=request.actor.on)
    return _ask(
        request,
        form,
        lambda values: forums.found_arrangement(by=request.actor, host=values.pop("host"), values=values),
        lambda made: redirect("arrangement", made.pk),
        title="Record an arrangement",
        lede="Bodies that agreed to work together: a place-based partnership, a provider collaborative.",
        back=("Arrangements", "arrangement-list"),
        done="Recorded. Now add who takes part.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def arrangement_join(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/members/new/`: record that a body takes part."""
    found = visible_or_404(request.actor, Arrangement.objects.all(), pk=pk)
    require(request.actor, P.FORUM_EDIT, found)
    return _ask(
        request,
        MemberForm(request.POST or None, on=request.actor.on),
        lambda values: forums.join_arrangement(
            by=request.actor, arrangement=found, organisation=values.pop("organisation"), values=values
        ),
        lambda made: redirect("arrangement", pk),
        title="Add a member",
        lede=found.name,
        back=(found.name, "arrangement", pk),
        done="Added.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def forum_new(request: HttpRequest) -> HttpResponse:
    """`/forums/new/`: record a forum."""
    form = ForumForm(request.POST or None, hosts=_hosts(request, P.FORUM_EDIT), on=request.actor.on)

    def act(values: Values) -> Forum:
        host, places = values.pop("host"), values.pop("places")
        return forums.found_forum(by=request.actor, host=host, values=values, places=places)

    return _ask(
        request,
        form,
        act,
        lambda made: redirect("forum", made.pk),
        title="Record a forum",
        lede="A board, a committee, a joint committee or a group that meets.",
        back=("Forums", "forum-list"),
        done="Recorded. Now adopt its terms of reference and appoint its members.",
    )


def _forum(request: HttpRequest, pk: int) -> Forum:
    found = visible_or_404(request.actor, Forum.objects.select_related("host"), pk=pk)
    require(request.actor, P.FORUM_EDIT, found)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def terms_new(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/terms/new/`: adopt a version of the terms of reference."""
    found = _forum(request, pk)
    return _ask(
        request,
        TermsForm(request.POST or None),
        lambda values: forums.adopt_terms(by=request.actor, forum=found, values=values),
        lambda made: redirect("forum", pk),
        title="Adopt terms of reference",
        lede=f"{found.name}. Earlier versions stay in the register.",
        back=(found.name, "forum", pk),
        done="Adopted.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def membership_new(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/members/new/`: appoint a member."""
    found = _forum(request, pk)
    return _ask(
        request,
        MembershipForm(request.POST or None, forum=found, on=request.actor.on),
        lambda values: forums.appoint(
            by=request.actor, forum=found, organisation=values.pop("organisation"), values=values
        ),
        lambda made: redirect("forum", pk),
        title="Appoint a member",
        lede=f"{found.name}. A membership may stay vacant; that is shown.",
        back=(found.name, "forum", pk),
        done="Appointed.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def membership_end(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/forums/<id>/members/<member>/end/`: end a membership."""
    found = _forum(request, pk)
    membership = visible_member(found, member)
    return _ask(
        request,
        EndForm(request.POST or None),
        lambda values: forums.end_membership(by=request.actor, membership=membership, last_day=values["last_day"]),
        lambda made: redirect("forum", pk),
        title="End a membership",
        lede=f"{membership.organisation.name} on {found.name}. Past meetings keep their members.",
        back=(found.name, "forum", pk),
        done="Ended.",
    )


def visible_member(forum: Forum, pk: int) -> Membership:
    """A member of this forum, or 404."""
    rows: models.QuerySet[Membership] = forum.memberships.select_related("organisation", "forum")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_new(request: HttpRequest) -> HttpResponse:
    """`/delegations/new/`: draft a delegation."""
    form = DelegationForm(request.POST or None, hosts=_hosts(request, P.DELEGATION_EDIT), on=request.actor.on)

    def act(values: Values) -> Delegation:
        owner, places = values.pop("host"), values.pop("places")
        return delegations.draft_delegation(by=request.actor, owner=owner, values=values, places=places)

    return _ask(
        request,
        form,
        act,
        lambda made: redirect("delegation", made.pk),
        title="Draft a delegation",
        lede="It gives no authority until the accountable body has approved it and it is in force.",
        back=("Delegations", "delegation-list"),
        done="Drafted. An ICB executive approves it.",
    )


MOVES = {
    "approve": (delegations.approve, "Approved. It can now be brought into force."),
    "bring_into_force": (delegations.bring_into_force, "In force within its dates."),
    "suspend": (delegations.suspend, "Suspended."),
    "resume": (delegations.resume, "In force again."),
}


@require_POST
def delegation_move(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/delegations/<id>/<event>/`: approve, bring into force, suspend, resume."""
    found = visible_or_404(request.actor, Delegation.objects.select_related("function", "from_organisation"), pk=pk)
    act, done = one_of(MOVES, event)
    attempt(request, lambda: act(by=request.actor, delegation=found), done)
    return redirect("delegation", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`/delegations/<id>/end/day/`: end a delegation."""
    found = visible_or_404(request.actor, Delegation.objects.select_related("function", "from_organisation"), pk=pk)
    require(request.actor, P.DELEGATION_APPROVE, found)
    return _ask(
        request,
        EndForm(request.POST or None),
        lambda values: delegations.end(by=request.actor, delegation=found, last_day=values["last_day"]),
        lambda made: redirect("delegation", pk),
        title="End the delegation",
        lede=f"{found.function.name}, {found.instrument}.",
        back=(found.function.name, "delegation", pk),
        done="Ended.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/declare/`: declare the register complete for a family of functions."""
    found = visible_or_404(request.actor, Organisation.objects.coded(code))
    require(request.actor, P.REGISTER_DECLARE, found)
    return _ask(
        request,
        CompletenessForm(request.POST or None, organisation=found),
        lambda values: delegations.declare_complete(by=request.actor, organisation=found, **values),
        lambda made: redirect("organisation", code),
        title="Declare the register complete",
        lede=f"{found.name}. Before that day a missing delegation reads “not recorded”, and nothing is scored on it.",
        back=(found.label, "organisation", code),
        done="Declared.",
    )
