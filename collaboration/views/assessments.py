"""Pages of self-assessments: the list, beginning one, one as a whole, a section to answer, autosave."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration.access import P
from collaboration.actions import assessments as actions
from collaboration.forms.assessments import AssessmentFilters, BeginForm
from collaboration.guards.assessments import anchor
from collaboration.models import Answer, AnswerVersion, Assessment, Framework
from collaboration.queries import assessments as queries
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import digest, place_of
from collaboration.workflows import ASSESSMENT
from ics_governance.exports import Column
from ics_governance.notifications import mark_matter_read
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from partnerships.access import held, visible_or_404
from partnerships.views.common import exported
from partnerships.views.trail import trail_page

from .asking import ask

SORTS = {"year": ("year", "id"), "due": ("due_on", "id")}
COLUMNS: list[Column[Assessment]] = [
    Column("Trust", lambda row: row.subject.name, 40),
    Column("Code", lambda row: row.subject.code),
    Column("Year", lambda row: row.years),
    Column("State", lambda row: row.get_state_display(), 40),
    Column("Due on", lambda row: row.due_on),
    Column("Submitted", lambda row: row.submitted_at),
    Column("Board met on", lambda row: row.board_met_on),
    Column("Minute", lambda row: row.minute),
    Column("Receipt", lambda row: row.digest, 66),
]
DO = (P.ASSESSMENT_ANSWER, P.ASSESSMENT_MANAGE, P.ASSESSMENT_SIGN, P.ASSESSMENT_MODERATE)


def find(request: HttpRequest, pk: int) -> Assessment:
    """The assessment; 404 for what this person may not see."""
    return visible_or_404(request.actor, queries.for_page(Assessment.objects.all()), pk=pk)


def find_answer(request: HttpRequest, pk: int, kloe: str) -> Answer:
    """The answer to one question of an assessment that this person may see."""
    found = find(request, pk)
    answer = Answer.objects.filter(assessment=found, kloe=kloe).select_related("saved_by").first()
    if answer is None or place_of(content_of(found.framework), kloe) is None:
        raise Http404
    answer.assessment = found
    return answer


@require_safe
def assessment_list(request: HttpRequest) -> HttpResponse:
    """`/assessments/`: self-assessments that this person may see, what waits for them first."""
    this_year = queries.year_of(request.actor.on)
    form = AssessmentFilters(request.GET, this_year=this_year)
    rows = queries.assessment_list(request.actor, form.values)
    if file := exported(request, "self-assessments", COLUMNS, rows.order_by("-year", "-id")):
        return file
    context = {
        "form": form,
        "page": paged(rows, request.GET, SORTS, default="-year"),
        "to_begin": queries.to_begin(request.actor),
        "waiting": list(queries.waiting_for(request.actor)[:4]),
        "this_year": f"{this_year}/{(this_year + 1) % 100:02}",
        "on": request.actor.on,
    }
    return render(request, "collaboration/assessment_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def assessment_new(request: HttpRequest) -> HttpResponse:
    """`/assessments/new/`: begin this year's."""
    if not request.actor.organisations(P.ASSESSMENT_MANAGE):
        raise Refused(P.ASSESSMENT_MANAGE)
    year, framework = (
        queries.year_of(request.actor.on),
        Framework.objects.filter(code=queries.CODE, current=True).first(),
    )
    bodies = queries.to_begin(request.actor)
    if framework is None or (request.method != "POST" and not bodies):
        return redirect("assessment-list")

    def begin(values: dict[str, Any]) -> None:
        actions.begin(by=request.actor, framework=framework, year=year, **values)

    count = len(content_of(framework).kloes)
    return ask(
        request, BeginForm(request.POST or None, bodies=bodies, year=year), begin,
        "Begun. Assign the sections to colleagues, or begin to answer.", reverse("assessment-list"),
        title=f"Begin the self-assessment {year}/{(year + 1) % 100:02}",
        lede=f"{count} questions in five sections. Your trust alone sees it until it is submitted.",
        submit="Begin", nav="assessments", crumbs=[("Self-assessments", reverse("assessment-list"))],
    )  # fmt: skip


# --- One assessment -----------------------------------------------------------------------------------------------


@require_safe
def assessment(request: HttpRequest, pk: int) -> HttpResponse:
    """`/assessments/<id>/`: where it stands, its sections, what is missing, signatures and receipt."""
    found = find(request, pk)
    mark_matter_read(request.actor.user_id, f"assessment:{pk}:")
    framework, answers = content_of(found.framework), queries.answers_of(found)
    queries.look(found, framework, answers)
    mine = held(request.actor, DO, found)
    signatures = [row for row in found.sign_offs.select_related("user").order_by("pk") if not row.void]
    submitted = found.state in queries.SUBMITTED
    sections = queries.sections(framework, answers)
    unfinished = [each for each in sections if each.done < each.total] or sections
    context = {
        "found": found,
        "sections": sections,
        "next_section": unfinished[0].characteristic.code,
        "mine": mine,
        "moves": _moves(request, found, mine, signatures),
        "signatures": signatures,
        "assignments": queries.assignments_of(found),
        "submitted": submitted,
        "intact": submitted and queries.signed_digest(found) == found.digest,
        "open_questions": [row.answer for row in found.questions_back if row.question and not row.settled],
    }
    return render(request, "collaboration/assessment.html", context)


def _moves(request: HttpRequest, found: Assessment, mine: Any, signatures: list[Any]) -> list[Any]:
    """What this person may do next; whoever has signed does not sign again, and there is one appeal."""
    signed = request.actor.user_id in {row.user_id for row in signatures}
    gone = {"sign_off", "review"} if signed else set()
    gone |= {"appeal"} if len(found.appeal) else set()
    gone |= {"send_back"} if P.ASSESSMENT_MANAGE in mine else set()
    moves = ASSESSMENT.moves(found, request.actor, mine)
    return [move for move in moves if move.transition.event not in gone]


@require_safe
def whole(request: HttpRequest, pk: int) -> HttpResponse:
    """`/assessments/<id>/all/`: every question with its answer on one page."""
    found = find(request, pk)
    framework, answers = content_of(found.framework), queries.answers_of(found)
    context = {
        "found": found,
        "sections": queries.sections(framework, answers, queries.last_year(found)),
        "scale": {each.code: each for each in framework.rating_scale},
        "digest": found.digest or digest(queries.content_of_answers(found, framework, answers)),
    }
    return render(request, "collaboration/assessment_whole.html", context)


@require_safe
def trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/assessments/<id>/trail/`: who changed what."""
    found = find(request, pk)
    name = f"Self-assessment {found.years} of {found.subject.label}"
    return trail_page(request, found, name, reverse("assessment", args=[pk]), "assessments")


# --- A section ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """`/assessments/<id>/sections/<code>/`: the questions of one characteristic; one button saves all of them."""
    found = find(request, pk)
    framework = content_of(found.framework)
    if code not in {each.code for each in framework.characteristics}:
        raise Http404
    if request.method == "POST":
        return _save_section(request, found, code)
    return render(request, "collaboration/assessment_section.html", _section(request, found, code))


def _section(request: HttpRequest, found: Assessment, code: str) -> dict[str, Any]:
    framework, answers = content_of(found.framework), queries.answers_of(found)
    all_sections = queries.sections(framework, answers, queries.last_year(found))
    part = next(each for each in all_sections if each.characteristic.code == code)
    editable = found.is_editable and queries.may_answer(request.actor, found, code)
    if editable:
        conflicts = queries.conflicts_of(request.actor, found)
        for question in part.questions:
            question.conflict = conflicts.get(question.answer.pk)
    return {
        "found": found,
        "sections": all_sections,
        "part": part,
        "scale": {each.code: each for each in framework.rating_scale},
        "editable": editable,
        "assignments": [row for row in queries.assignments_of(found) if row.characteristic == code],
        "on": request.actor.on,
        "wrong": {},
    }


def _save_section(request: HttpRequest, found: Assessment, code: str) -> HttpResponse:
    """Save what was typed, question by question; what is refused is shown again with what was typed."""
    if not queries.may_answer(request.actor, found, code):
        raise Refused(P.ASSESSMENT_ANSWER)
    wrong, second = {}, 0
    rows = {row.kloe: row for row in Answer.objects.filter(assessment=found)}
    characteristic = next(each for each in content_of(found.framework).characteristics if each.code == code)
    for kloe in characteristic.kloes:
        key = anchor(kloe.code)
        if f"version_{key}" not in request.POST or kloe.code not in rows:
            continue
        try:
            conflict = _save(request, rows[kloe.code], key).conflict
            second += conflict is not None
        except GuardFailed as refused:
            wrong[kloe.code] = str(refused)
    if not wrong and not second:
        return _saved(request, found, code)
    problems = [{"text": f"Question {kloe}: {text}", "href": f"#q-{anchor(kloe)}"} for kloe, text in wrong.items()]
    context = _section(request, found, code) | {"wrong": wrong, "problems": problems}
    _put_back(request, context["part"], wrong)
    return render(request, "collaboration/assessment_section.html", context, status=422 if wrong else 409)


def _saved(request: HttpRequest, found: Assessment, code: str) -> HttpResponse:
    messages.success(request, "Saved.")
    address = reverse("assessment-section", args=[found.pk, code])
    settled = request.POST.get("settle", "").partition(":")[2]
    return HttpResponseRedirect(address + (f"#q-{anchor(settled)}" if settled else ""))


def _save(request: HttpRequest, answer: Answer, key: str) -> actions.Saved:
    """Save one question from the form's fields; where the person has chosen between two texts, that one."""
    choice, _, of = request.POST.get("settle", "").partition(":")
    version = _whole(request.POST.get(f"version_{key}", ""))
    if of == answer.kloe and choice == "theirs":
        return actions.Saved(actions.take_theirs(by=request.actor, answer=answer))
    if of == answer.kloe and choice == "mine":
        version = _whole(request.POST.get(f"newest_{key}", ""))
    return actions.save_answer(
        by=request.actor, answer=answer, version=version, rating=request.POST.get(f"rating_{key}", ""),
        text=request.POST.get(f"text_{key}", ""),
    )  # fmt: skip


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def _put_back(request: HttpRequest, part: queries.Section, wrong: dict[str, str]) -> None:
    """What was typed and refused stands in its boxes again."""
    for question in part.questions:
        if question.kloe.code in wrong:
            question.answer.text = request.POST.get(f"text_{question.key}", "")
            question.answer.rating = request.POST.get(f"rating_{question.key}", "")[:4]


@require_POST
def answer(request: HttpRequest, pk: int, kloe: str) -> HttpResponse:
    """`/assessments/<id>/answers/<code>/`: save one answer while it is typed (htmx); 409 beside somebody else's."""
    row = find_answer(request, pk, kloe)
    place = place_of(content_of(row.assessment.framework), kloe)
    key = anchor(kloe)
    if not request.htmx and place:
        return redirect(reverse("assessment-section", args=[pk, place[0].code]) + f"#q-{key}")
    context: dict[str, Any] = {"key": key, "kloe": kloe, "found": row.assessment, "on": request.actor.on}
    try:
        saved = _save(request, row, key)
    except GuardFailed as refused:
        context |= {"answer": row, "conflict": None, "refused": str(refused)}
        return render(request, "collaboration/assessment_saved.html", context, status=422)
    if saved.conflict is None and request.POST.get("settle"):
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    context |= {"answer": saved.answer, "conflict": saved.conflict, "refused": ""}
    context["scale"] = {each.code: each for each in content_of(row.assessment.framework).rating_scale}
    return render(request, "collaboration/assessment_saved.html", context)


@require_safe
def versions(request: HttpRequest, pk: int, kloe: str) -> HttpResponse:
    """`/assessments/<id>/answers/<code>/versions/`: what an answer said before, and what came second."""
    row = find_answer(request, pk, kloe)
    rows = AnswerVersion.objects.filter(answer=row).select_related("saved_by").order_by("-pk")[:50]
    framework = content_of(row.assessment.framework)
    place = place_of(framework, kloe)
    context = {
        "found": row.assessment,
        "answer": row,
        "place": place,
        "versions": rows,
        "scale": {each.code: each for each in framework.rating_scale},
    }
    return render(request, "collaboration/assessment_versions.html", context)
