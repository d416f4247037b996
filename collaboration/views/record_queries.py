"""Pages of queries: objecting to a record behind a profile, and answering for a record that one keeps."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration.access import P
from collaboration.actions import record_queries as actions
from collaboration.forms.record_queries import QueryAnswerForm, QueryForm
from collaboration.models import Profile, RecordQuery
from collaboration.queries import record_queries as queries
from collaboration.queries.profiles import History, history_of
from collaboration.queries.record_names import names_of
from ics_governance.notifications import mark_matter_read
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from ics_governance.wording import day
from partnerships.access import held
from partnerships.views.common import attempt
from partnerships.views.trail import trail_page

from .asking import ask

SORTS = {"due": ("due_on", "id"), "asked": ("-asked_on", "-id")}
CRUMB = ("Queries about records", "/profiles/queries/")


@require_safe
def query_list(request: HttpRequest) -> HttpResponse:
    """`/profiles/queries/`: queries about records, open ones first due first; `?state=answered` the others."""
    rows = queries.visible(request.actor)
    is_open = request.GET.get("state") != "answered"
    mine = rows.filter(state=RecordQuery.State.OPEN) if is_open else rows.exclude(state=RecordQuery.State.OPEN)
    page = paged(mine, request.GET, SORTS, default="due" if is_open else "asked")
    context = {"page": page, "is_open": is_open, "on": request.actor.on}
    return render(request, "collaboration/record_query_list.html", context)


def find(request: HttpRequest, pk: int) -> RecordQuery:
    """The query; 404 for what this person may not see."""
    found = queries.visible(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def query(request: HttpRequest, pk: int) -> HttpResponse:
    """`/profiles/queries/<id>/`: one query; the keeper answers it here."""
    found = find(request, pk)
    mark_matter_read(request.actor.user_id, f"query:{pk}:")
    mine = held(request.actor, {P.QUERY_ANSWER, P.QUERY_ASK}, found)
    is_open = found.state == RecordQuery.State.OPEN
    form = QueryAnswerForm(request.POST or None)
    if request.method == "POST":
        if P.QUERY_ANSWER not in mine:
            raise Refused(P.QUERY_ANSWER)
        if form.is_valid() and attempt(request, lambda: _answer(request, found, form.cleaned_data), "Answered.", form):
            return redirect("record-query", pk)
    title, href = _name(request, found.record_kind, found.record_id)
    context = {
        "found": found, "form": form, "is_open": is_open, "record": title, "href": href, "on": request.actor.on,
        "may_answer": is_open and P.QUERY_ANSWER in mine, "may_withdraw": is_open and P.QUERY_ASK in mine,
    }  # fmt: skip
    return render(request, "collaboration/record_query.html", context, status=422 if form.errors else 200)


def _answer(request: HttpRequest, found: RecordQuery, values: dict[str, Any]) -> None:
    upheld = values["outcome"] == RecordQuery.State.UPHELD
    actions.answer(by=request.actor, query=found, upheld=upheld, answer=values["answer"])


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """`/profiles/queries/<id>/withdraw/`: the subject takes it back."""
    found = find(request, pk)
    done = "Withdrawn. The record counts again."
    attempt(request, lambda: actions.withdraw(by=request.actor, query=found), done)
    return redirect("record-query", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def query_new(request: HttpRequest, code: str) -> HttpResponse:
    """`/profiles/<code>/query/`: object to the record named by `?month=`, `?indicator=`, `?kind=` and `?record=`."""
    history = history_of(request.actor, code)
    if history is None or not history.standings:
        raise Http404
    if history.subject.pk not in request.actor.organisations(P.QUERY_ASK, "subject"):
        raise Refused(P.QUERY_ASK)
    profile, about = _profile(request, history), _about(request)
    row = queries.counted_row(profile, about)
    if row is None:
        raise Http404
    title, _ = _name(request, about.kind, about.record)
    to = f"{reverse('profile', args=[code])}?month={profile.as_of.isoformat()}"
    return ask(
        request,
        QueryForm(request.POST or None),
        lambda values: actions.ask(by=request.actor, profile=profile, about=about, text=values["text"]),
        "Queried. The record does not count until its keeper has answered.",
        to,
        title="Query a record",
        caption=f"{title or 'A record you may not open'}: {row.happened}",
        lede=f"It counts in {about.indicator} for the 12 months to {day(profile.as_of)}. "
        "While its keeper has not answered, it does not count.",
        submit="Send the query",
        nav="profiles",
        crumbs=[(history.subject.label, to)],
    )


def _name(request: HttpRequest, kind: str, record: int) -> tuple[str, str]:
    """Title and address of a record; both empty for who may not open it."""
    return names_of(request.actor, {kind: {record}}).get((kind, record), ("", ""))


def _profile(request: HttpRequest, history: History) -> Profile:
    profile = history.at(request.GET.get("month")).profile
    profile.subject = history.subject
    return profile


def _about(request: HttpRequest) -> actions.Asked:
    record = request.GET.get("record", "")
    if not record.isdecimal() or len(record) > 18:  # as long as a key can be
        raise Http404
    return actions.Asked(request.GET.get("indicator", ""), request.GET.get("kind", ""), int(record))


@require_safe
def trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/profiles/queries/<id>/trail/`."""
    found = find(request, pk)
    return trail_page(request, found, "Query about a record", reverse("record-query", args=[pk]), "profiles")
