"""Pages that keep a forum: what it is, its terms of reference, its end."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ics_governance.wording import pluralise
from partnerships.access import P, require, visible_or_404
from partnerships.actions import forums as actions
from partnerships.forms.forums import ForumEditForm, ForumForm, TermsForm, kinds_of
from partnerships.forms.hosted import EndForm
from partnerships.models import Delegation, Forum
from partnerships.queries import forums as queries

from .asking import Values, ask, hosts_of

METHODS = ["GET", "HEAD", "POST"]


def own_forum(request: HttpRequest, pk: int) -> Forum:
    """The forum, for who may keep it."""
    found = visible_or_404(request.actor, Forum.objects.select_related("host", "post"), pk=pk)
    require(request.actor, P.FORUM_EDIT, found)
    return found


@require_http_methods(METHODS)
def forum_new(request: HttpRequest) -> HttpResponse:
    """`/forums/new/`: record a forum."""
    form = ForumForm(request.POST or None, hosts=hosts_of(request, P.FORUM_EDIT), on=request.actor.on)

    def act(values: Values) -> Forum:
        sets = {name: values.pop(name) for name in ("places", "committees")}
        return actions.found_forum(by=request.actor, host=values.pop("host"), values=values, **sets)

    return ask(
        request,
        form,
        act,
        lambda made: redirect("forum", made.pk),
        title="Record a forum",
        lede="A board, a committee, a joint committee or a group that meets.",
        back=("Forums", "forum-list"),
        done="Recorded. Now appoint its members and adopt its terms of reference.",
    )


@require_http_methods(METHODS)
def forum_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/edit/`: name, purpose, level, places, reporting line, in public or in private."""
    found = own_forum(request, pk)
    form = ForumEditForm(request.POST or None, forum=found, on=request.actor.on)

    def act(values: Values) -> Forum:
        sets = {name: values.pop(name, None) for name in ("places", "committees")}
        return actions.edit_forum(by=request.actor, forum=found, values=values, **sets)

    return ask(
        request,
        form,
        act,
        lambda made: redirect("forum", pk),
        title="Edit the forum",
        lede=f"{found.name}, {found.get_form_display()} of {found.host.name}. Its form stays: another form is another "
        "forum.",
        back=(found.name, "forum", pk),
        whole=found,
        submit="Save changes",
        done="Saved.",
    )


@require_http_methods(METHODS)
def forum_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/end/`: end it; says what it leaves to settle."""
    found = own_forum(request, pk)
    left = queries.left_by_ending(request.actor, found, request.actor.on)
    ending = pluralise(left.members, "membership ends", "memberships end")
    return ask(
        request,
        EndForm(request.POST or None),
        lambda values: actions.end_forum(by=request.actor, forum=found, last_day=values["last_day"]),
        lambda made: redirect("forum", pk),
        title="End the forum",
        lede=found.name,
        back=(found.name, "forum", pk),
        whole=found,
        notes=["It stays in the register with its meetings and decisions.", f"{ending} with it."],
        lists=[
            ("What is delegated to it or passed on by it does not pass to anybody else. End or replace these:",
             [_named(row) for row in left.delegations]),
            ("These report to it and will need another line:",
             [(row.name, reverse("forum", args=[row.pk])) for row in left.forums]),
        ],
        done="Ended.",
    )  # fmt: skip


def _named(row: Delegation) -> tuple[str, str]:
    """A delegation in a few words, with its address."""
    words = f"{row.function.name}, from {row.from_organisation.label}: {row.instrument}"
    return words, reverse("delegation", args=[row.pk])


@require_http_methods(METHODS)
def terms_new(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/terms/new/`: adopt a version of the terms of reference."""
    found = own_forum(request, pk)
    latest = found.terms.order_by("-version").first()
    return ask(
        request,
        TermsForm(request.POST or None, forum=found, kinds=kinds_of(found), latest=latest),
        lambda values: actions.adopt_terms(by=request.actor, forum=found, values=values),
        lambda made: redirect("forum", pk),
        title="Adopt terms of reference",
        lede=f"{found.name}. Earlier versions stay in the register.",
        back=(found.name, "forum", pk),
        whole=found,
        notes=[f"The form begins with what version {latest.version} says."] if latest else [],
        submit="Adopt this version",
        done="Adopted.",
    )
