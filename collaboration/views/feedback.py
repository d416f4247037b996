"""Pages of feedback rounds: the list, opening one, one round as each side sees it, an organisation's answer."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration.access import P
from collaboration.actions import feedback as actions
from collaboration.forms.feedback import CancelForm, FeedbackFilters, OpenForm, ResponseForm, SubjectForm
from collaboration.models import FEWEST, Capacity, FeedbackInvitation, FeedbackResponse, FeedbackRound
from collaboration.queries import feedback as queries
from collaboration.queries.profiles import content_of
from collaboration.workflows import FEEDBACK_ROUND
from ics_governance.exports import Column
from ics_governance.notifications import mark_matter_read
from ics_governance.paging import paged
from partnerships.access import allowed, require, visible_or_404
from partnerships.models import Organisation
from partnerships.views.common import attempt, exported
from partnerships.views.trail import trail_page

from .asking import ask, bodies_with

SORTS = {"closes": ("closes_on", "id"), "opened": ("opened_on", "id")}
COLUMNS: list[Column[FeedbackRound]] = [
    Column("Round", lambda row: row.pk),
    Column("About", lambda row: row.subject.name, 40),
    Column("Run by", lambda row: row.host.name, 40),
    Column("Opened on", lambda row: row.opened_on),
    Column("Last day", lambda row: row.closes_on),
    Column("State", lambda row: row.get_state_display()),
    Column("Closed on", lambda row: row.closed_on),
]
RESULT_COLUMNS: list[Column[dict[str, Any]]] = [
    Column("Characteristic", lambda row: row["characteristic"], 30),
    Column("Item", lambda row: row["item"]),
    Column("Question", lambda row: row["question"], 60),
    Column("Organisations", lambda row: row["result"].organisations if row["result"] else None),
    Column("Mean, 0 to 3", lambda row: row["result"].mean if row["result"] else None),
]


@require_safe
def feedback_list(request: HttpRequest) -> HttpResponse:
    """`/feedback/`: rounds that this person may see."""
    form = FeedbackFilters(request.GET)
    rows = queries.round_list(request.actor, form.values)
    if file := exported(request, "feedback-rounds", COLUMNS, rows.order_by("-closes_on", "-id")):
        return file
    page = paged(rows, request.GET, SORTS, default="-closes")
    context = {
        "form": form,
        "page": page,
        "on": request.actor.on,
        "may_open": bool(request.actor.organisations(P.FEEDBACK_RUN, Capacity.HOST)),
        "to_answer": list(queries.to_answer(request.actor)[:4]),
    }
    return render(request, "collaboration/feedback_list.html", context)


# --- Running a round ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def feedback_new(request: HttpRequest) -> HttpResponse:
    """`/feedback/new/`: choose whom it is about, then whom to ask and until when."""
    hosts = sorted(bodies_with(request, P.FEEDBACK_RUN, Capacity.HOST))
    chosen = SubjectForm(request.GET if "subject" in request.GET else None, hosts=hosts, on=request.actor.on)
    if not chosen.is_bound or not chosen.is_valid():
        context: dict[str, Any] = {"form": chosen}
        code = 422 if chosen.errors or request.method == "POST" else 200
        return render(request, "collaboration/feedback_subject.html", context, status=code)
    subject: Organisation = chosen.cleaned_data["subject"]
    candidates = queries.candidates(subject, request.actor.on)
    form = OpenForm(request.POST or None, hosts=hosts, candidates=candidates, on=request.actor.on)
    opened: list[FeedbackRound] = []

    def act() -> None:
        values = form.cleaned_data
        opened.append(
            actions.open_round(
                by=request.actor, host=values["host"], subject=subject, invited=form.asked,
                closes_on=values["closes_on"],
            )
        )  # fmt: skip

    done = "Open. Those who answer for the organisations asked have been told."
    if request.method == "POST" and form.is_valid() and attempt(request, act, done, form):
        return redirect("feedback-round", opened[0].pk)
    context = {"form": form, "subject": subject, "candidates": candidates, "fewest": FEWEST}
    return render(request, "collaboration/feedback_new.html", context, status=422 if form.errors else 200)


def find(request: HttpRequest, pk: int) -> FeedbackRound:
    """The round; 404 for what this person may not see."""
    rows = FeedbackRound.objects.select_related("subject", "host", "framework").defer("framework__content")
    return visible_or_404(request.actor, rows, pk=pk)


@require_safe
def feedback_round(request: HttpRequest, pk: int) -> HttpResponse:
    """`/feedback/<id>/`: one round. What is on it depends on who looks: see `templates`, "What is shown to whom"."""
    found = find(request, pk)
    mark_matter_read(request.actor.user_id, f"feedback:{pk}:")
    invited = queries.invited(request.actor, found)
    readable = found.state == FeedbackRound.State.CLOSED and queries.reads_results(request.actor, found)
    shown = queries.results(found, content_of(found.framework)) if readable else None
    if shown and (file := exported(request, f"feedback-{pk}", RESULT_COLUMNS, _result_rows(shown))):
        return file
    may_run = allowed(request.actor, P.FEEDBACK_RUN, found)
    context = {
        "found": found,
        "fewest": FEWEST,
        "invited": invited,
        "own": queries.own_invitations(request.actor, found, invited),
        "may_answer": bool(request.actor.organisations(P.FEEDBACK_ANSWER, Capacity.INVITED)),
        "results": shown,
        "comments": list(found.comments.order_by("place")) if readable else [],
        "moves": FEEDBACK_ROUND.moves(found, request.actor, {P.FEEDBACK_RUN}) if may_run else [],
        "is_open": found.state == FeedbackRound.State.OPEN,
        "over": found.closes_on < request.actor.on,
        "is_subject": found.subject_id in request.actor.organisations(P.FEEDBACK_VIEW),
    }
    return render(request, "collaboration/feedback_round.html", context)


def _result_rows(shown: list[queries.Shown]) -> list[dict[str, Any]]:
    """The results as lines: a characteristic, then its items. What is not shown has neither number nor count."""
    rows: list[dict[str, Any]] = []
    for part in shown:
        rows.append({"characteristic": part.title, "item": "", "question": "", "result": part.whole})
        rows += [
            {"characteristic": part.title, "item": code, "question": question, "result": result}
            for code, question, result in part.items
        ]
    return rows


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """`/feedback/<id>/close/`: close a round by hand."""
    found = find(request, pk)
    attempt(request, lambda: actions.close_round(by=request.actor, feedback_round=found), "Closed.")
    return redirect("feedback-round", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """`/feedback/<id>/cancel/`: cancel a round, and say why."""
    found = find(request, pk)
    require(request.actor, P.FEEDBACK_RUN, found)
    return ask(
        request,
        CancelForm(request.POST or None),
        lambda values: actions.cancel_round(by=request.actor, feedback_round=found, **values),
        "Cancelled. Those who were asked have been told.",
        reverse("feedback-round", args=[pk]),
        title="Cancel the round",
        caption=found.subject.name,
        lede="What was answered so far is never shown to anyone.",
        submit="Cancel the round",
        nav="feedback",
        crumbs=[("Feedback", reverse("feedback-list")), (found.subject.label, reverse("feedback-round", args=[pk]))],
    )


# --- Answering for an organisation --------------------------------------------------------------------------------


def invitation(request: HttpRequest, pk: int) -> FeedbackInvitation:
    """The invitation of an own organisation; the host sees it in its list only, and may not answer for others."""
    rows = FeedbackInvitation.objects.select_related(
        "round__subject", "round__host", "round__framework", "organisation"
    )
    found = visible_or_404(request.actor, rows, pk=pk)
    require(request.actor, P.FEEDBACK_ANSWER, found)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """`/feedback/invitations/<id>/`: what the organisation answers; saved as often as wanted, sent once."""
    found = invitation(request, pk)
    response = queries.response_of(found)
    content = content_of(found.round.framework)
    form = ResponseForm(request.POST or None, content=content, response=response)
    sends = request.POST.get("then") == "send"
    if request.method == "POST" and form.is_valid():
        act, done = (actions.send_response, SENT) if sends else (actions.save_response, SAVED)

        def keep() -> None:
            act(
                by=request.actor, invitation=found, ratings=form.ratings, comment=form.cleaned_data["comment"],
                seen=form.seen_at,
            )  # fmt: skip

        if attempt(request, keep, done, form):
            return redirect("feedback-round" if sends else "feedback-answer", found.round_id if sends else pk)
        form.begin_from(response)
    context = {
        "invitation": found,
        "round": found.round,
        "form": form,
        "response": response,
        "answerable": _answerable(request, found),
        "done": _done(response, form),
        "fewest": FEWEST,
        "titles": {rating.code: rating.title for rating in content.feedback_scale},
        "content": content,
    }
    return render(request, "collaboration/feedback_answer.html", context, status=422 if form.errors else 200)


SENT = "Sent. Your organisation's answer stands as it is."
SAVED = "Saved. Only your organisation can see it; nothing has been sent."


def _answerable(request: HttpRequest, found: FeedbackInvitation) -> bool:
    given = found.answered_on or found.declined_on
    is_open = found.round.state == FeedbackRound.State.OPEN and found.round.closes_on >= request.actor.on
    return is_open and not given


def _done(response: FeedbackResponse | None, form: ResponseForm) -> tuple[int, int]:
    """How many items are answered in what is saved, and how many there are."""
    return len(response.ratings) if response else 0, len(form.content.feedback_items)


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """`/feedback/invitations/<id>/decline/`: the organisation does not answer this round."""
    found = invitation(request, pk)
    if request.method == "POST":
        act = lambda: actions.decline(by=request.actor, invitation=found)  # noqa: E731
        attempt(request, act, "Declined. The host of the round sees that you declined, and nothing else.")
        return redirect("feedback-round", found.round_id)
    return render(request, "collaboration/feedback_decline.html", {"invitation": found, "round": found.round})


@require_safe
def trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/feedback/<id>/trail/`: the round's own trail; it says nothing of who was asked or who answered."""
    found = find(request, pk)
    name = f"Feedback about {found.subject.name}"
    return trail_page(request, found, name, reverse("feedback-round", args=[pk]), "feedback")
