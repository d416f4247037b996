"""Pages on which a self-assessment moves on: who answers what, the signatures, the moderation, the board paper."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration.access import P
from collaboration.actions import assessments as actions
from collaboration.actions import moderation
from collaboration.board_paper import board_paper
from collaboration.forms.assessments import (
    AppealForm,
    AssignForm,
    BackForm,
    ModerationForm,
    ReplyForm,
    SignForm,
    SignOffForm,
)
from collaboration.models import Assessment, SectionAssignment
from collaboration.queries import assessments as queries
from collaboration.queries.people import colleagues_of
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import digest, place_of
from ics_governance.wording import day
from partnerships.access import held, require
from partnerships.views.common import attempt, one_of

from .asking import ask
from .assessments import find, find_answer

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """`/assessments/<id>/people/`: who answers which section."""
    found = find(request, pk)
    require(request.actor, P.ASSESSMENT_MANAGE, found)
    framework = content_of(found.framework)
    colleagues = colleagues_of(found.subject_id, request.actor.on)
    form = AssignForm(request.POST or None, framework=framework, colleagues=colleagues)
    if request.method == "POST" and form.is_valid():
        user = form.cleaned_data["user"]

        def act() -> None:
            actions.assign(
                by=request.actor, assessment=found, characteristic=form.cleaned_data["characteristic"], user=user,
                due_on=form.cleaned_data["due_on"],
            )  # fmt: skip

        if attempt(request, act, f"{user.name} has been asked.", form):
            return redirect("assessment-people", pk)
    context = {
        "found": found,
        "form": form,
        "assignments": queries.assignments_of(found),
        "titles": {each.code: each.title for each in framework.characteristics},
    }
    return render(request, "collaboration/assessment_people.html", context, status=422 if form.errors else 200)


@require_POST
def unassign(request: HttpRequest, pk: int, assignment: int) -> HttpResponse:
    """`/assessments/<id>/people/<id>/remove/`: take a section back."""
    found = find(request, pk)
    require(request.actor, P.ASSESSMENT_MANAGE, found)
    row = SectionAssignment.objects.filter(assessment=found, pk=assignment).select_related("user").first()
    if row is None:
        raise Http404
    row.assessment = found
    attempt(
        request, lambda: actions.unassign(by=request.actor, assignment=row),
        f"{row.user.name} no longer has this section.",
    )  # fmt: skip
    return redirect("assessment-people", pk)


# --- Moves --------------------------------------------------------------------------------------------------------

AT_ONCE = {
    "make_ready": (actions.make_ready, "Ready. The chair and the chief executive have been told."),
    "moderate": (moderation.close_moderation, "The moderation is closed. The trust has been told."),
    "accept": (moderation.accept, "Accepted: this is final."),
    "finalise": (moderation.finalise, "This is final."),
}


@require_POST
def move(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/assessments/<id>/<event>/`: a move that needs no words."""
    found = find(request, pk)
    act, done = one_of(AT_ONCE, event)
    attempt(request, lambda: act(by=request.actor, assessment=found), done)
    return redirect("assessment", pk)


# event: permission, form, action, what the button and the page say, what is said afterwards
STEPS: dict[str, tuple[str, Any, Any, str, str]] = {
    "review": (P.ASSESSMENT_SIGN, SignForm, actions.review, "Sign as reviewed",
               "Signed. Another person signs it off for the board."),
    "sign_off": (P.ASSESSMENT_SIGN, SignOffForm, actions.sign_off, "Sign off and submit",
                 "Signed off and submitted. Your ICB has been told; the receipt is below."),
    "reopen": (P.ASSESSMENT_MANAGE, BackForm, actions.reopen, "Open the answers again",
               "Open again. Signatures given so far are void."),
    "send_back": (P.ASSESSMENT_SIGN, BackForm, actions.send_back, "Send it back",
                  "Sent back. The board secretary has been told."),
    "appeal": (P.ASSESSMENT_SIGN, AppealForm, moderation.appeal, "Appeal",
               "The ICB has been told, and looks again."),
}  # fmt: skip
LEDES = {
    "review": "You sign what is on the page “all questions and answers”, as it stands now. Then another person signs.",
    "sign_off": "The second signature, for the board. It locks the answers and submits them to the ICB and the region.",
    "reopen": "Answers can be changed again. Signatures given so far are void and are asked for anew.",
    "send_back": "The answers can be changed again, and signatures are asked for anew.",
    "appeal": "",
}


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    """`/assessments/<id>/<event>/step/`: a move that takes words, or a signature on exactly what was read."""
    found = find(request, pk)
    permission, form_class, act, label, done = one_of(STEPS, event)
    require(request.actor, permission, found)
    signs = event in ("review", "sign_off")
    initial = {"read": digest(queries.content_now(found))} if signs and request.method != "POST" else None
    form = form_class(request.POST or None, initial=initial)
    lede = LEDES[event] or f"The trust may appeal until {day(found.answer_due)}, once."
    return ask(
        request, form, lambda values: act(by=request.actor, assessment=found, **values), done,
        reverse("assessment", args=[pk]), title=label, submit=label, lede=lede, nav="assessments",
        caption=f"{found.subject.label}, self-assessment {found.years}", crumbs=crumbs(found),
    )  # fmt: skip


def crumbs(found: Assessment) -> list[tuple[str, str]]:
    """The way back from a page of an assessment."""
    name = f"{found.subject.label} {found.years}"
    return [("Self-assessments", reverse("assessment-list")), (name, reverse("assessment", args=[found.pk]))]


# --- Moderation ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def moderate(request: HttpRequest, pk: int, kloe: str) -> HttpResponse:
    """`/assessments/<id>/moderation/<code>/`: one submitted answer, the ICB's view of it, question and reply."""
    answer = find_answer(request, pk, kloe)
    found, framework = answer.assessment, content_of(answer.assessment.framework)
    mine = held(request.actor, (P.ASSESSMENT_MODERATE, P.ASSESSMENT_MANAGE), found)
    if found.state not in queries.SUBMITTED:
        raise Http404
    row = queries.moderation_of(answer)
    may_moderate = P.ASSESSMENT_MODERATE in mine and found.state == "submitted"
    asked = row is not None and row.question and not row.settled
    may_reply = P.ASSESSMENT_MANAGE in mine and found.state == "submitted" and asked
    form: Any = None
    if may_moderate:
        initial = {name: getattr(row, name) for name in moderation.KEPT} if row else None
        form = ModerationForm(request.POST or None, framework=framework, answer=answer, initial=initial)
    elif may_reply:
        form = ReplyForm(request.POST or None, initial={"reply": row.reply} if row else None)
    if request.method == "POST":
        if form is None:
            require(request.actor, P.ASSESSMENT_MODERATE, found)
        elif form.is_valid() and _told(request, answer, form, may_moderate):
            return redirect(_next(found, kloe, may_moderate))
    context = {
        "found": found,
        "answer": answer,
        "row": row,
        "form": form,
        "may_moderate": may_moderate,
        "place": place_of(framework, kloe),
        "said": (found.content or {}).get("answers", {}).get(kloe, {}),
        "links": answer.links.select_related("evidence__decision"),
        "before": queries.last_year(found).get(kloe),
        "scale": {each.code: each for each in framework.rating_scale},
    }
    wrong = form is not None and bool(form.errors)
    return render(request, "collaboration/assessment_moderation.html", context, status=422 if wrong else 200)


def _told(request: HttpRequest, answer: Any, form: Any, may_moderate: bool) -> bool:
    act = moderation.moderate_answer if may_moderate else moderation.reply
    done = "Kept." if may_moderate else "Replied. Whoever asked has been told."
    return attempt(request, lambda: act(by=request.actor, answer=answer, **form.cleaned_data), done, form)


def _next(found: Assessment, kloe: str, may_moderate: bool) -> str:
    """The moderator goes on to the next question, the trust back to the assessment."""
    codes = [each.code for each in content_of(found.framework).kloes]
    following = codes[codes.index(kloe) + 1 :]
    if may_moderate and following:
        return reverse("assessment-moderation", args=[found.pk, following[0]])
    return reverse("assessment", args=[found.pk])


# --- The board paper ----------------------------------------------------------------------------------------------


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """`/assessments/<id>/paper.docx`: the assessment as a paper for the board, in Word."""
    found = find(request, pk)
    address = request.build_absolute_uri(reverse("assessment", args=[pk]))
    signatures = [row for row in found.sign_offs.select_related("user").order_by("pk") if not row.void]
    content = found.content or queries.content_now(found)
    data = board_paper(found, content_of(found.framework), content, signatures, address)
    response = HttpResponse(data, content_type=WORD)
    name = f"self-assessment-{found.subject.code}-{found.year}.docx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
