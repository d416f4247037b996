"""Pages of evidence: giving it for an answer, taking it off, and the file itself, as an attachment."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration import evidence_store
from collaboration.access import P
from collaboration.actions import evidence as actions
from collaboration.forms.assessments import DecisionForm, FileForm, LinkForm
from collaboration.guards.assessments import anchor
from collaboration.models import Answer, Evidence, EvidenceLink
from collaboration.queries import assessments as queries
from collaboration.queries import given_before
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import place_of
from ics_governance.permissions import Refused
from partnerships.access import visible_or_404
from partnerships.views.common import attempt, one_of

from .assessments import find_answer

FORMS = {"file": FileForm, "link": LinkForm, "decision": DecisionForm}
GIVEN = "Added to the evidence for this answer."


@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, pk: int, kloe: str) -> HttpResponse:
    """`/assessments/<id>/answers/<code>/evidence/`: a file, a link, a decision, or something given before."""
    answer = find_answer(request, pk, kloe)
    place = place_of(content_of(answer.assessment.framework), kloe)
    assert place is not None
    if not queries.may_answer(request.actor, answer.assessment, place[0].code):
        raise Refused(P.ASSESSMENT_ANSWER)
    kind = request.POST.get("kind", "")
    forms: dict[str, Any] = {name: form() for name, form in FORMS.items()}
    if request.method == "POST":
        form = forms[kind] = one_of(FORMS, kind)(request.POST, request.FILES)
        if form.is_valid() and _given(request, answer, kind, form):
            return redirect(section_of(answer, place[0].code))
    context = {
        "found": answer.assessment,
        "answer": answer,
        "place": place,
        "forms": forms,
        "form": forms.get(kind),
        "earlier": given_before.offered(answer, place[0]),
        "back": section_of(answer, place[0].code),
    }
    wrong = any(form.errors for form in forms.values() if form.is_bound)
    return render(request, "collaboration/assessment_evidence.html", context, status=422 if wrong else 200)


def _given(request: HttpRequest, answer: Answer, kind: str, form: Any) -> bool:
    """Give what the form names."""
    values = dict(form.cleaned_data)
    if kind == "file":
        values["upload"] = values.pop("file")
    give_it = {"file": actions.give_file, "link": actions.give_link, "decision": actions.give_decision}[kind]
    return attempt(request, lambda: give_it(by=request.actor, answer=answer, **values), GIVEN, form)


def section_of(answer: Answer, code: str) -> str:
    """The question on its section's page."""
    return reverse("assessment-section", args=[answer.assessment_id, code]) + f"#q-{anchor(answer.kloe)}"


@require_POST
def use_again(request: HttpRequest, pk: int, kloe: str, evidence: int) -> HttpResponse:
    """`/assessments/<id>/answers/<code>/evidence/<id>/use/`: what was given before serves here too."""
    answer = find_answer(request, pk, kloe)
    found = visible_or_404(request.actor, Evidence.objects.all(), pk=evidence)
    attempt(request, lambda: actions.use_again(by=request.actor, answer=answer, evidence=found), GIVEN)
    return redirect("assessment-evidence", pk, kloe)


@require_POST
def take_off(request: HttpRequest, pk: int, kloe: str, evidence: int) -> HttpResponse:
    """`/assessments/<id>/answers/<code>/evidence/<id>/remove/`: this answer does not rest on it any more."""
    answer = find_answer(request, pk, kloe)
    if not EvidenceLink.objects.filter(answer=answer, evidence=evidence).exists():
        raise Http404
    found = visible_or_404(request.actor, Evidence.objects.all(), pk=evidence)
    attempt(
        request, lambda: actions.take_off(by=request.actor, answer=answer, evidence=found),
        "Taken off this answer. Your trust keeps it for others.",
    )  # fmt: skip
    place = place_of(content_of(answer.assessment.framework), kloe)
    assert place is not None
    return redirect(section_of(answer, place[0].code))


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """`/assessments/evidence/<id>/file/`: the file, always as an attachment, never as a page of this site."""
    found = visible_or_404(request.actor, Evidence.objects.filter(kind=Evidence.Kind.FILE), pk=pk)
    path = evidence_store.find(found.stored_as) if actions.may_be_opened(found) else None
    if path is None:
        return render(request, "collaboration/evidence_waits.html", {"evidence": found}, status=409)
    response = FileResponse(
        path.open("rb"), as_attachment=True, filename=found.file_name, content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
