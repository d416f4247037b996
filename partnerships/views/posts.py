"""Pages of a body's posts: who is in each, and what is delegated to it; recording, filling and ending one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from partnerships.access import P, require, visible_or_404
from partnerships.actions import posts as actions
from partnerships.forms.hosted import EndForm
from partnerships.forms.posts import HolderForm, PostForm, TitleForm
from partnerships.models import Organisation, Post
from partnerships.queries import posts as queries

from .asking import Values, ask, hosts_of
from .trail import trail_page

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def post_list(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/posts/`: posts that may hold authority, with who is in them."""
    body = visible_or_404(request.actor, Organisation.objects.coded(code))
    rows, ended = queries.listed(request.actor, body, request.actor.on)
    context = {
        "body": body,
        "rows": rows,
        "ended": ended,
        "vacant": [row for row in rows if row.unheld],
        "keeper": body.pk in request.actor.organisations(P.DELEGATION_EDIT, "host"),
    }
    return render(request, "partnerships/post_list.html", context)


@require_http_methods(METHODS)
def post_new(request: HttpRequest) -> HttpResponse:
    """`/posts/new/`: record a post of one's own body."""
    form = PostForm(request.POST or None, hosts=hosts_of(request, P.DELEGATION_EDIT), on=request.actor.on)

    def act(values: Values) -> Post:
        return actions.create_post(by=request.actor, organisation=values.pop("host"), **values)

    return ask(
        request,
        form,
        act,
        _to_list,
        title="Record a post",
        lede="A named post to which the body delegates, such as a place director or a chief officer. Whoever is in it "
        "decides.",
        back=("Delegations", "delegation-list"),
        done="Recorded. Functions can now be delegated to it.",
    )


def _to_list(post: Post) -> HttpResponse:
    return redirect("post-list", post.organisation.code)


def _own(request: HttpRequest, pk: int) -> Post:
    """The post, for who may keep it."""
    found = visible_or_404(request.actor, Post.objects.select_related("organisation", "holder"), pk=pk)
    require(request.actor, P.DELEGATION_EDIT, found)
    return found


@require_http_methods(METHODS)
def post_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/edit/`: correct its title."""
    found = _own(request, pk)
    return ask(
        request,
        TitleForm(request.POST or None, initial={"title": found.title}),
        lambda values: actions.correct_title(by=request.actor, post=found, title=values["title"]),
        _to_list,
        title="Correct the title",
        lede=f"{found.title}, {found.organisation.name}. What is delegated to it stays, under the new title.",
        back=("Posts", "post-list", found.organisation.code),
        submit="Save the title",
        whole=found,
        done="Corrected.",
    )


@require_http_methods(METHODS)
def post_holder(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/holder/`: name who is in it from a day on, or that it is vacant."""
    found = _own(request, pk)
    now = f"{found.holder.name} is in it now." if found.holder else "It is vacant now."
    return ask(
        request,
        HolderForm(request.POST or None, post=found, on=request.actor.on),
        lambda values: actions.change_holder(by=request.actor, post=found, **values),
        _to_list,
        title="Change the holder",
        lede=f"{found.title}, {found.organisation.name}. {now}",
        back=("Posts", "post-list", found.organisation.code),
        submit="Save the holder",
        notes=["What is delegated to the post stays with it. While it is vacant nobody may use that authority."],
        done="Saved.",
    )


@require_http_methods(METHODS)
def post_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/end/`: its last day; says what is still delegated to it."""
    found = _own(request, pk)
    delegations, forums = queries.held_by_it(request.actor, found, request.actor.on)
    return ask(
        request,
        EndForm(request.POST or None),
        lambda values: actions.end_post(by=request.actor, post=found, last_day=values["last_day"]),
        _to_list,
        title="End the post",
        lede=f"{found.title}, {found.organisation.name}",
        back=("Posts", "post-list", found.organisation.code),
        notes=["It stays in the register with who was in it."],
        lists=[
            ("What is delegated to it or passed on by it does not pass to anybody else. End or replace these:",
             [(f"{row.function.name}, from {row.from_organisation.label}: {row.instrument}",
               reverse("delegation", args=[row.pk])) for row in delegations]),
            ("It decides for these forums, which will need another post or an end:",
             [(row.name, reverse("forum", args=[row.pk])) for row in forums]),
        ],
        done="Ended.",
    )  # fmt: skip


@require_safe
def post_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/trail/`."""
    record = visible_or_404(request.actor, Post.objects.select_related("organisation"), pk=pk)
    return trail_page(request, record, record.title, reverse("post-list", args=[record.organisation.code]))
