"""Pages of decisions: the list, one decision, its draft on one page, and every move it can make."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ics_governance.exports import Column
from ics_governance.models import User
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from partnerships import guards
from partnerships.access import P, held, require, scope, visible_or_404
from partnerships.actions import decisions, followup
from partnerships.authority import UnknownRecord
from partnerships.forms.decisions import (
    ActionForm,
    ContributorForm,
    DecisionFilters,
    DecisionForm,
    DeferForm,
    RatifyForm,
    WhyForm,
    chosen_ids,
)
from partnerships.models import Decision, Forum, Function
from partnerships.notice import notice
from partnerships.panel import NO_POWER, Panel, panel
from partnerships.queries import decisions as queries
from partnerships.queries.authority import Asked, ask, ask_post
from partnerships.queries.meetings import NextMeeting, next_meetings
from partnerships.workflows import DECISION

from .common import attempt, exported, one_of

SORTS = {"taken": ("decided_on", "id")}
COLUMNS: list[Column[Decision]] = [
    Column("Reference", lambda row: row.reference),
    Column("Taken on", lambda row: row.decided_on),
    Column("Title", lambda row: row.title, 50),
    Column("Forum", lambda row: row.forum.name, 40),
    Column("Host", lambda row: row.forum.host.name, 40),
    Column("Kind", lambda row: row.get_kind_display()),
    Column("Weight", lambda row: row.get_weight_display()),
    Column("State", lambda row: row.get_state_display()),
    Column("Amount", lambda row: row.amount),
    Column("Authority", lambda row: row.authority_status.replace("_", " ")),
]


@require_safe
def decision_list(request: HttpRequest) -> HttpResponse:
    """`/decisions/`: decisions that this person may see."""
    form = DecisionFilters(request.GET)
    rows = queries.decision_list(request.actor, form.values)
    if file := exported(request, "decisions", COLUMNS, rows.order_by("-decided_on", "-id")):
        return file
    page = paged(rows, request.GET, SORTS, default="-taken")
    return render(request, "partnerships/decision_list.html", {"form": form, "page": page})


SAVED = {
    "draft": "Saved. Your organisation alone can see this draft.",
    "proposed": "Saved. The members of the forum can see this proposal.",
}


def find(request: HttpRequest, reference: str, guarded: bool = False) -> Decision:
    """The decision with what its page (and, `guarded`, its guards) read; 404 for what this person may not see."""
    load = queries.for_guards if guarded else queries.for_page
    return visible_or_404(request.actor, load(Decision.objects.all()), reference=reference)


@require_safe
def decision(request: HttpRequest, reference: str) -> HttpResponse:
    """`/decisions/<reference>/`: one decision."""
    found = find(request, reference)
    mine = held(request.actor, (P.DECISION_EDIT, P.DECISION_AGREE, P.DECISION_RELEASE), found)
    stored = Asked.from_json(found.authority_answer) if found.authority_answer else None
    settled = found.state in ("agreed", "implemented", "reviewed")
    context = {
        "decision": found,
        "panel": panel(stored),
        "moves": [] if found.is_editable else DECISION.moves(found, request.actor, mine),
        "may_edit": found.is_editable and P.DECISION_EDIT in mine,
        "may_release": (settled or found.state == "not_agreed")
        and not found.released_at
        and P.DECISION_RELEASE in mine,
        "may_correct": settled and P.DECISION_EDIT in mine,
        "may_ratify": settled and found.means == "urgent" and not found.ratified_by_id and P.DECISION_AGREE in mine,
    }
    return render(request, "partnerships/decision.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, reference: str) -> HttpResponse:
    """`/decisions/<reference>/edit/`: the draft on one page; saving never fails for being incomplete."""
    found = find(request, reference, guarded=True)
    mine = held(request.actor, (P.DECISION_EDIT, P.DECISION_AGREE), found)
    if P.DECISION_EDIT not in mine:
        raise Refused(P.DECISION_EDIT)
    if not found.is_editable:
        return redirect("decision", reference)
    form = DecisionForm(request.POST or None, decision=found, on=request.actor.on)
    if request.method == "POST" and form.is_valid():
        places = chosen_ids(form.cleaned_data["places"])
        if attempt(
            request,
            lambda: decisions.save_draft(by=request.actor, decision=found, values=form.values(), places=places),
            SAVED[found.state],
            form,
        ):
            if request.POST.get("then") == "agree":  # what is typed is what is agreed
                return move(request, reference, "agree")
            return redirect("decision-edit", reference)
    form.look()
    context = _editing(request, found, form, P.DECISION_AGREE in mine)
    return render(request, "partnerships/decision_edit.html", context, status=422 if form.errors else 200)


def _editing(request: HttpRequest, found: Decision, form: DecisionForm, may_agree: bool) -> dict[str, Any]:
    agree = DECISION.find("agree")
    missing = agree.reasons(found)
    return {
        "decision": found,
        "form": form,
        "panel": _panel(request, found),
        "missing": missing,
        "done": _done(found, missing),
        "may_agree": may_agree,
        "quorum": _quorum(found),
        "above_place": found.level in guards.ABOVE_PLACE,
        "contributors": User.objects.filter(decisiongrant__content_object=found),
        "contributor_form": ContributorForm(),
    }


def _panel(request: HttpRequest, found: Decision) -> Panel:
    """The stored answer, with the next meetings of the forums that could take it instead."""
    asked = Asked.from_json(found.authority_answer) if found.authority_answer else None
    if asked is None and found.means == Decision.Means.URGENT and found.function_id:
        return NO_POWER
    return panel(asked, _meetings(request, asked) if asked else None)


def _meetings(request: HttpRequest, asked: Asked) -> dict[int, NextMeeting]:
    forums = [row.holder.id for row in asked.answer.alternatives if row.holder.kind == "forum"]
    return next_meetings(request.actor, forums, request.actor.on) if forums else {}


def _quorum(found: Decision) -> dict[str, Any] | None:
    """What `quorum.html` says of the meeting; None where no meeting is named."""
    if found.meeting is None:
        return None
    meeting = found.meeting
    present, needed = meeting.quorum_facts
    said = {"present": present, "needed": needed, "voters": 0, "marked": len(meeting.attendance.all())}
    return {**said, "unmet": meeting.rules_unmet, "rules": [rule.words for rule in meeting.quorum_rules]}


def _done(found: Decision, missing: list[Any]) -> list[str]:
    """Words for what is there already, gathered."""
    gone = {reason.field for reason in missing}
    here = [label for name, label in guards.needed(found.weight).items() if name not in gone]
    done = [f"{len(here)} of {len(guards.needed(found.weight))} fields"] if here else []
    if found.authority_status == "within_authority":
        done.append("Authority")
    if found.meeting and "attendance" not in gone:
        done.append("Quorum")
    return done


@require_safe
def authority_panel(request: HttpRequest) -> HttpResponse:
    """`/authority/panel/`: the answer while function, amount and places are typed (htmx)."""
    forum = visible_or_404(request.actor, Forum.objects.select_related("host"), pk=_whole(request.GET.get("forum")))
    function = Function.objects.filter(pk=_whole(request.GET.get("function"))).first()
    context: dict[str, Any] = {"panel": panel(None)}
    if function:
        amount, problem = _amount(request.GET.get("amount", ""))
        places = [_whole(text) for text in request.GET.getlist("places")]
        try:
            asked = _ask(request, forum, function, amount, places)
        except UnknownRecord:
            raise Http404 from None
        shown = panel(asked, _meetings(request, asked)) if asked else NO_POWER
        context = {"panel": shown, "problem": problem}
    context |= {"live": True, "kind": request.GET.get("kind", ""), "reference": request.GET.get("reference", "")}
    return render(request, "partnerships/authority_panel.html", context)


def _ask(
    request: HttpRequest, forum: Forum, function: Function, amount: Decimal | None, places: list[int]
) -> Asked | None:
    """The forum's authority; for a decision by urgent power that of the post, None while no power is named."""
    day = _day(request)
    if request.GET.get("means") != Decision.Means.URGENT:
        return ask(forum, function, amount=amount, places=places, on=day)
    power = queries.urgent_powers(forum, day).filter(pk=_whole(request.GET.get("urgent_power"))).first()
    if power is None or power.to_post is None:
        return None
    return ask_post(power.to_post, function, amount=amount, places=places, on=day)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0


def _amount(text: str) -> tuple[Decimal | None, str]:
    typed = text.strip().lower().replace(",", "").removeprefix("£")
    factor = {"k": 1_000, "m": 1_000_000}.get(typed[-1:], 1)
    try:
        amount = Decimal(typed.rstrip("km")) * factor if typed else None
    except InvalidOperation:
        return None, f"“{text}” is not an amount in pounds, so none was asked for."
    if amount is not None and not (amount.is_finite() and 0 <= amount < 10**12):
        return None, f"“{text}” is not an amount that can be decided on."
    return amount, ""


def _day(request: HttpRequest) -> date:
    parts = [_whole(request.GET.get(f"decided_on_{part}")) for part in ("year", "month", "day")]
    try:
        return date(*parts)
    except ValueError:
        return request.actor.on


# --- Moves --------------------------------------------------------------------------------------------------------

WITH_REASON = {
    "defer": ("Defer the decision", "Why it is deferred", decisions.defer, DeferForm),
    "turn_down": ("Record as not agreed", "Why it was not agreed", decisions.turn_down, WhyForm),
    "rescind": ("Rescind the decision", "Why it is rescinded", decisions.rescind, WhyForm),
    "withhold": ("Withhold from the public register", "Why it is withheld", decisions.withhold, WhyForm),
    "correct": ("Correct the decision", "The reason for the correction", decisions.correct, WhyForm),
}
AT_ONCE = {
    "agree": (decisions.agree, "Agreed. It can now be released by an ICB executive."),
    "bring_back": (decisions.bring_back, "Brought back as a draft."),
    "implement": (decisions.implement, "Recorded as implemented."),
    "release": (decisions.release, "Released. Everyone can read it in the public register."),
}


@require_POST
def move(request: HttpRequest, reference: str, event: str) -> HttpResponse:
    """`/decisions/<reference>/<event>/`: a move that needs no words."""
    found = find(request, reference)
    act, done = one_of(AT_ONCE, event)
    if attempt(request, lambda: act(by=request.actor, decision=found), done) or not found.is_editable:
        return redirect("decision", reference)
    return redirect("decision-edit", reference)


@require_http_methods(["GET", "HEAD", "POST"])
def move_with_reason(request: HttpRequest, reference: str, event: str) -> HttpResponse:
    """`/decisions/<reference>/<event>/why/`: a move that says why."""
    found = find(request, reference)
    heading, label, act, form_class = one_of(WITH_REASON, event)
    permission = {"withhold": P.DECISION_RELEASE, "correct": P.DECISION_EDIT}.get(event, P.DECISION_AGREE)
    require(request.actor, permission, found)
    form = form_class(request.POST or None, label=label)
    if request.method == "POST" and form.is_valid():
        words = dict(form.cleaned_data)
        words["reason" if event in ("withhold", "correct") else "why"] = words.pop("why")
        result: list[Decision] = []
        if attempt(request, lambda: result.append(act(by=request.actor, decision=found, **words)), "Done.", form):
            return redirect("decision-edit" if event == "correct" else "decision", result[0].reference)
    context = {"decision": found, "form": form, "heading": heading}
    return render(request, "partnerships/decision_why.html", context, status=422 if form.errors else 200)


# --- Parts of a draft ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def add_action(request: HttpRequest, reference: str) -> HttpResponse:
    """`/decisions/<reference>/actions/new/`: propose an action."""
    found = find(request, reference)
    require(request.actor, P.DECISION_EDIT, found)
    form = ActionForm(request.POST or None, forum=found.forum, on=request.actor.on)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data

        def act() -> None:
            followup.propose_action(
                by=request.actor, decision=found, title=values["title"], owner=values["owner"], due=values["due"],
                person=values["owner_person"],
            )  # fmt: skip

        if attempt(request, act, "Action added. It is nobody's until its owner accepts it.", form):
            return redirect("decision-edit" if found.is_editable else "decision", reference)
    context = {"decision": found, "form": form}
    return render(request, "partnerships/action_new.html", context, status=422 if form.errors else 200)


@require_POST
def drop_action(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """`/decisions/<reference>/actions/<id>/drop/`: take an action off a draft."""
    found = find(request, reference)
    action = next((row for row in found.actions.all() if row.pk == pk), None)
    if action is None:
        raise Http404
    attempt(request, lambda: followup.drop_action(by=request.actor, action=action), "Action taken off.")
    return redirect("decision-edit", reference)


@require_POST
def invite(request: HttpRequest, reference: str) -> HttpResponse:
    """`/decisions/<reference>/contributors/`: let one person help with the draft."""
    found = find(request, reference, guarded=True)
    require(request.actor, P.DECISION_EDIT, found)
    form = ContributorForm(request.POST)
    if form.is_valid():
        user = form.cleaned_data["email"]

        def act() -> None:
            decisions.invite_contributor(by=request.actor, decision=found, user=user)

        if attempt(request, act, f"{user.name} can now help with this draft.", form):
            return redirect("decision-edit", reference)
    editing = DecisionForm(decision=found, on=request.actor.on)
    editing.look()
    context = _editing(request, found, editing, may_agree=True) | {"contributor_form": form}
    return render(request, "partnerships/decision_edit.html", context, status=422)


@require_POST
def uninvite(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """`/decisions/<reference>/contributors/<id>/remove/`: take a person's grant back."""
    found = find(request, reference)
    user = User.objects.filter(pk=pk).first()
    if user is None:
        raise Http404
    attempt(
        request,
        lambda: decisions.remove_contributor(by=request.actor, decision=found, user=user),
        f"{user.name} can no longer see this draft.",
    )
    return redirect("decision-edit", reference)


@require_http_methods(["GET", "HEAD", "POST"])
def ratify(request: HttpRequest, reference: str) -> HttpResponse:
    """`/decisions/<reference>/ratify/by/`: which decision of the forum ratified one taken by urgent power."""
    found = find(request, reference)
    require(request.actor, P.DECISION_AGREE, found)
    if found.means != Decision.Means.URGENT or found.decided_on is None:
        return redirect("decision", reference)
    offered = scope(request.actor, P.DECISION_VIEW, queries.could_ratify(found))
    form = RatifyForm(request.POST or None, offered=offered)

    def act() -> None:
        decisions.ratify(by=request.actor, decision=found, ratified_by=form.cleaned_data["ratified_by"])

    if request.method == "POST" and form.is_valid() and attempt(request, act, "Ratified.", form):
        return redirect("decision", reference)
    context = {"decision": found, "form": form, "heading": "Ratify the decision"}
    return render(request, "partnerships/decision_why.html", context, status=422 if form.errors else 200)


@require_safe
def word(request: HttpRequest, reference: str) -> HttpResponse:
    """`/decisions/<reference>/notice.docx`: the decision notice as a Word file."""
    found = find(request, reference)
    address = request.build_absolute_uri(reverse("decision", args=[reference]))
    response = HttpResponse(
        notice(found, address),
        content_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )
    response["Content-Disposition"] = f'attachment; filename="{found.reference}.docx"'
    return response


def refuse_unless_host(request: HttpRequest, forum: Forum) -> None:
    """Logging a decision needs a role in the forum's host."""
    if forum.host_id not in request.actor.organisations(P.DECISION_EDIT, "host"):
        raise Refused(P.DECISION_EDIT)
