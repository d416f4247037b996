"""Pages about who sits on a forum: appoint, change, end; deputies; the answer of the body."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from partnerships.access import visible_or_404
from partnerships.actions import memberships as actions
from partnerships.forms.hosted import EndForm, WithdrawForm
from partnerships.forms.memberships import BodyForm, ChangeMembershipForm, DeputyForm, MembershipForm
from partnerships.models import Deputy, Forum, Membership

from .asking import Values, ask, ended_note
from .common import attempt, one_of
from .forum_keeping import METHODS, own_forum


def _member(forum: Forum, pk: int) -> Membership:
    """A member of this forum, or 404."""
    return get_object_or_404(forum.memberships.select_related("organisation", "forum__host", "holder"), pk=pk)


NOT_BEGUN = "It has not begun. It goes, and the audit trail keeps what it said."
CARRIED_ON = (
    "Further deputies go on with whoever is the member then, except for the one who becomes the member or the first "
    "deputy."
)


def _ask(request: HttpRequest, found: Forum, form: Any, act: Any, **words: Any) -> HttpResponse:
    return ask(
        request, form, act, lambda made: redirect("forum", found.pk), back=(found.name, "forum", found.pk),
        whole=found, **words,
    )  # fmt: skip


@require_http_methods(METHODS)
def membership_new(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/members/new/`: appoint a member: first its body (`?organisation=`), then who of its people."""
    found = own_forum(request, pk)
    lede = f"{found.name}. A membership may stay vacant; that is shown."
    words: dict[str, Any] = {"title": "Appoint a member", "lede": lede}
    sent = request.POST if request.method == "POST" else request.GET
    asked = request.method == "POST" or "organisation" in sent
    choice = BodyForm(sent if asked else None, forum=found, on=request.actor.on)
    if not choice.is_valid():
        words |= {"form": choice, "choice": choice, "crumb": found.name, "back": reverse("forum", args=[found.pk]),
                  "notes": ended_note(found, request.actor.on)}  # fmt: skip
        return render(request, "partnerships/membership_new.html", words, status=422 if choice.errors else 200)
    body = choice.cleaned_data["organisation"]
    form = MembershipForm(request.POST or None, forum=found, body=body, on=request.actor.on)

    def act(values: Values) -> Membership:
        values.pop("organisation")
        return actions.appoint(by=request.actor, forum=found, organisation=body, values=values)

    return _ask(
        request, found, form, act, template="partnerships/membership_new.html", choice=choice, body=body,
        done="Appointed.", **words,
    )  # fmt: skip


@require_http_methods(METHODS)
def membership_change(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/forums/<id>/members/<member>/change/`: another holder, deputy, role or vote from a day on."""
    found = own_forum(request, pk)
    row = _member(found, member)
    return _ask(
        request, found, ChangeMembershipForm(request.POST or None, membership=row, on=request.actor.on),
        lambda values: actions.change_membership(
            by=request.actor, membership=row, from_day=values.pop("from_day"), values=values
        ),
        notes=[CARRIED_ON] if row.further_deputies.during(request.actor.on, None).exists() else [],
        title="Change the member", lede=f"{row.organisation.name} on {found.name}", submit="Save change",
        done="Changed.",
    )  # fmt: skip


@require_http_methods(METHODS)
def membership_end(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/forums/<id>/members/<member>/end/`: end a membership."""
    found = own_forum(request, pk)
    row = _member(found, member)
    return _ask(
        request, found, EndForm(request.POST or None),
        lambda values: actions.end_membership(by=request.actor, membership=row, last_day=values["last_day"]),
        title="End a membership", lede=f"{row.organisation.name} on {found.name}. Past meetings keep their members.",
        done="Ended.",
    )  # fmt: skip


@require_http_methods(METHODS)
def membership_withdraw(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/forums/<id>/members/<member>/withdraw/`: take back a membership that has not begun."""
    found = own_forum(request, pk)
    row = _member(found, member)
    return _ask(
        request, found, WithdrawForm(request.POST or None),
        lambda values: actions.withdraw_membership(by=request.actor, membership=row, why=values["why"]),
        title="Withdraw a membership", lede=f"{row.organisation.name} on {found.name}", notes=[NOT_BEGUN],
        done="Withdrawn.",
    )  # fmt: skip


@require_http_methods(METHODS)
def deputy_new(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """`/forums/<id>/members/<member>/deputies/new/`: name a further deputy."""
    found = own_forum(request, pk)
    row = _member(found, member)
    return _ask(
        request, found, DeputyForm(request.POST or None, membership=row, on=request.actor.on),
        lambda values: actions.name_deputy(by=request.actor, membership=row, **values),
        title="Name a deputy", done="Named.",
        lede=f"Stands in for {row.holder or 'the member'} of {row.organisation.name} on {found.name}.",
    )  # fmt: skip


@require_http_methods(METHODS)
def deputy_end(request: HttpRequest, pk: int, member: int, deputy: int) -> HttpResponse:
    """`/forums/<id>/members/<member>/deputies/<deputy>/end/`: a further deputy stands in no more."""
    found = own_forum(request, pk)
    row = _member(found, member)
    one = _deputy(row, deputy)
    return _ask(
        request, found, EndForm(request.POST or None),
        lambda values: actions.end_deputy(by=request.actor, deputy=one, last_day=values["last_day"]),
        title="End a deputy's time", done="Ended.",
        lede=f"{one.person.name}, for {row.organisation.name} on {found.name}",
    )  # fmt: skip


@require_http_methods(METHODS)
def deputy_withdraw(request: HttpRequest, pk: int, member: int, deputy: int) -> HttpResponse:
    """`/forums/<id>/members/<member>/deputies/<deputy>/withdraw/`: take back a further deputy who has not begun."""
    found = own_forum(request, pk)
    row = _member(found, member)
    one = _deputy(row, deputy)
    return _ask(
        request, found, WithdrawForm(request.POST or None),
        lambda values: actions.withdraw_deputy(by=request.actor, deputy=one, why=values["why"]),
        title="Withdraw a deputy", lede=f"{one.person.name}, for {row.organisation.name} on {found.name}",
        notes=[NOT_BEGUN], done="Withdrawn.",
    )  # fmt: skip


def _deputy(member: Membership, pk: int) -> Deputy:
    """A further deputy of this member, or 404."""
    rows = Deputy.objects.select_related("person", "membership__forum")
    return get_object_or_404(rows, pk=pk, membership=member)


ANSWERS = {
    "accept": (actions.accept_membership, "Accepted. Attendance counts from today on."),
    "refuse": (actions.refuse_membership, "Refused. The host sees it, and no attendance is asked."),
}


@require_POST
def membership_answer(request: HttpRequest, pk: int, member: int, event: str) -> HttpResponse:
    """`/forums/<id>/members/<member>/<event>/`: the body accepts or refuses what it was offered."""
    found = visible_or_404(request.actor, Forum.objects.select_related("host"), pk=pk)
    row = _member(found, member)
    act, done = one_of(ANSWERS, event)
    attempt(request, lambda: act(by=request.actor, membership=row), done)
    return redirect("forum", pk)
