"""Pages of forums: who sits on them, what they may decide, to whom they report."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ics_governance import exports
from ics_governance.exports import Column
from ics_governance.middleware import public
from ics_governance.paging import paged
from partnerships.access import P, visible_or_404
from partnerships.actions.memberships import may_answer
from partnerships.forms.organisations import ForumFilter
from partnerships.forms_of_forum import FORMS, FormOfForum
from partnerships.models import Forum
from partnerships.queries import delegations
from partnerships.queries import forums as queries
from partnerships.queries.checks import about, with_findings
from partnerships.queries.decisions import public_register
from partnerships.queries.lineage import line_of

from .common import exported, opens_on_own_system

PUBLISHED = 10  # decisions of a forum, as everyone reads its page; the rest is in the register
COLUMNS: list[Column[Forum]] = [
    Column("Name", lambda row: row.name, 52),
    Column("Host", lambda row: row.host.name, 44),
    Column("Host code", lambda row: row.host.code, 12),
    Column("Form", lambda row: row.get_form_display(), 32),
    Column("Level", lambda row: row.get_level_display(), 16),
    Column("Meets in public", lambda row: row.meets_in_public, 16),
    Column("Members", lambda row: row.member_count, 10),
    Column("Vacant", lambda row: row.vacancies, 10),
    Column("Terms of reference due for review", lambda row: row.review_on, 30),
    Column("From", lambda row: row.starts, 18),
    Column("Until", lambda row: row.ends, 18),
]


@require_safe
@opens_on_own_system
def forum_list(request: HttpRequest) -> HttpResponse:
    """`/forums/`."""
    form = ForumFilter(request.GET, today=request.actor.on)
    context = {"form": form, "page": None, "today": request.actor.on, "forms": meanings()}
    if not form.is_valid():
        return render(request, "partnerships/forum_list.html", context, status=400)
    day = form.day(request.actor.on)
    rows = queries.listed(request.actor, day, form.values)
    if file := exported(request, "Forums", COLUMNS, rows.order_by("name", "id")[: exports.CAP + 1]):
        return file
    context |= {
        "page": paged(rows, request.GET, queries.SORTS, default="name"),
        "day": day,
        "body": form.values.get("body"),
    }
    return render(request, "partnerships/forum_list.html", context)


def meanings(forms: Iterable[str] = Forum.Form) -> list[tuple[str, FormOfForum]]:
    """What forms of forum mean, by their names and in the order in which they are known."""
    wanted = set(forms)
    return [(str(each.label), FORMS[each.value]) for each in Forum.Form if each.value in wanted]


@public
@require_safe
def forum(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/`: all of it for those who signed in; for everyone what it may decide, and what it published."""
    actor = request.actor
    if actor.user_id is None:
        return forum_for_everyone(request, pk)
    record = visible_or_404(actor, with_findings(queries.detailed(), "forum"), pk=pk)
    terms, earlier = queries.terms_of(record, actor.on)
    coming, past = queries.meetings_of(actor, record, actor.on)
    members, line = queries.members_of(record, actor.on), queries.reporting_line(record, actor.on)
    held = delegations.held_by_forum(actor, record, actor.on)
    ended = record.ends is not None and record.ends < actor.on
    committees = queries.committees_of(record)
    context = {
        "says": FORMS[record.form],
        "may_edit": record.host_id in actor.organisations(P.FORUM_EDIT, "host") and not ended,
        "offers": [row for row in members.offered if may_answer(actor, row)],
        "rules": queries.rules_in_words(terms),
        "committees": committees,
        "forum": record,
        "ended": ended,
        "terms": terms,
        "earlier_terms": earlier,
        "members": members,
        "held": held,
        "holders": delegations.holders_of_joint(held, (row.organisation for row in members.voting))
        if record.form == Forum.Form.JOINT_COMMITTEE
        else [],
        "line": line,
        "gaps": [] if ended else queries.gaps(record, actor.on, terms, members, held, line, committees),
        "findings": about(actor, record),
        "coming": coming,
        "past": past,
        "lineage": line_of(record),
        "today": actor.on,
    }
    return render(request, "partnerships/forum.html", context)


def forum_for_everyone(request: HttpRequest, pk: int) -> HttpResponse:
    """A forum without a sign-in: nobody is named, and neither a draft nor a meeting is told of."""
    actor = request.actor
    record = visible_or_404(actor, queries.detailed(), pk=pk)
    held = delegations.held_by_forum(actor, record, actor.on)
    context = {
        "forum": record,
        "says": FORMS[record.form],
        "ended": record.ends is not None and record.ends < actor.on,
        "held": held,
        "holders": [],
        "line": queries.reporting_line(record, actor.on),
        "committees": queries.committees_of(record),
        "released": public_register({"forum": record}).order_by("-decided_on", "-id")[:PUBLISHED],
    }
    return render(request, "partnerships/forum_public.html", context)
