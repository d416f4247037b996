"""Raising a concern, step by step: nothing is sent before the last page, and nothing that was typed is lost."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collaboration.queries.profiles import content_of, current_framework
from oversight.actions import concerns as actions
from oversight.forms.concern_draft import STEPS, ConcernDraft
from oversight.models import Case, Signal
from oversight.queries.cases import cases_of
from partnerships.access import visible_or_404
from partnerships.views.common import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """`/concerns/raise/`: what a concern is and what it is not for; POST begins one (`signal`: resting on a signal)."""
    draft = ConcernDraft(request.session, request.actor)
    asked = request.POST.get("signal") or request.GET.get("signal") or ""
    signal = _signal(request, asked) if asked else None
    if request.method == "POST":
        draft.begin(signal)
        return redirect("concern-step", "about")
    return render(request, "oversight/concern_start.html", {"typed": bool(draft.typed), "signal": signal})


def _signal(request: HttpRequest, asked: str) -> Signal:
    number = int(asked) if asked.isdecimal() and len(asked) < 18 else 0
    return visible_or_404(request.actor, Signal.objects.select_related("subject"), pk=number)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, step: str) -> HttpResponse:
    """`/concerns/raise/<step>/`: one step; those before it must be right."""
    if step not in STEPS:
        raise Http404
    draft = ConcernDraft(request.session, request.actor)
    if missing := draft.complete_up_to(step):
        return redirect("concern-step", missing)
    if request.method == "POST":
        draft.keep(step, request.POST)
    form = draft.form(step)
    if request.method == "POST" and form.is_valid():
        following = [*STEPS, "check"][list(STEPS).index(step) + 1]
        return redirect("concern-check") if following == "check" else redirect("concern-step", following)
    if request.method != "POST" and form.is_bound and not form.is_valid():
        form = _without_errors(form)
    names = list(STEPS)
    number = names.index(step)
    context = {
        "step": step,
        "form": form,
        "steps": [(name, words) for name, words in STEPS.items()],
        "number": number + 1,
        "before": names[number - 1] if number else "",
    }
    return render(request, "oversight/concern_step.html", context, status=422 if form.errors else 200)


def _without_errors(form: Any) -> Any:
    """A step that one comes to shows what was typed there; mistakes are named when it is sent."""
    form._errors = type(form.errors)()
    return form


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """`/concerns/raise/check/`: everything that was typed, once more; POST sends it."""
    draft = ConcernDraft(request.session, request.actor)
    if missing := draft.complete_up_to():
        return redirect("concern-step", missing)
    if request.method == "POST":
        made: list[Case] = []
        if attempt(request, lambda: made.append(_send(request, draft)), "Your concern was sent."):
            draft.discard()
            return redirect("concern-sent", made[0].reference)
    framework = current_framework()
    areas = content_of(framework).areas if framework else ()
    titles = {row.code: row.title for area in areas for row in area.behaviours}
    chosen = set(draft.answers["settle"].get("attempts") or ())
    context = {
        **draft.answers,
        "chosen": [titles[code] for code in draft.answers["behaviours"]["behaviours"] if code in titles],
        "notes": [note for note in draft.notes() if str(note.pk) in chosen],
        "bodies": draft.bodies,
    }
    return render(request, "oversight/concern_check.html", context)


@transaction.atomic
def _send(request: HttpRequest, draft: ConcernDraft) -> Case:
    about, facts, settle = (draft.answers[step] for step in ("about", "facts", "settle"))
    attempts = []
    if settle["tried_before"] == "kept":
        attempts = [note for note in draft.notes() if str(note.pk) in settle["attempts"]]
    if settle["tried_before"] == "new":
        other = next(body for body in about["respondents"] if str(body.pk) == settle["other"])
        attempts = [
            actions.note_attempt(
                by=request.actor, kept_by=about["organisation"], other=other, held_on=settle["held_on"],
                tried=settle["tried"], outcome=settle["outcome"], note=settle["note"],
            )
        ]  # fmt: skip
    signal = draft.signal
    return actions.raise_concern(
        by=request.actor, organisation=about["organisation"], respondents=about["respondents"],
        system=about["system"], **{name: facts[name] for name in ("title", "facts", "wanted", "place", "counterparty")},
        behaviours=draft.answers["behaviours"]["behaviours"],
        in_confidence=draft.answers["confidence"]["in_confidence"],
        attempts=attempts, signal=_signal(request, str(signal)) if signal else None,
    )  # fmt: skip


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """`/concerns/raise/discard/`: throw away what was typed."""
    ConcernDraft(request.session, request.actor).discard()
    return redirect("concern-raise")


@require_safe
def sent(request: HttpRequest, reference: str) -> HttpResponse:
    """`/concerns/<reference>/sent/`: what happens next, and by when."""
    rows = cases_of(request.actor).filter(
        concern__raiser__organisation__in=request.actor.organisations("concern.raise")
    )
    found = visible_or_404(request.actor, rows.select_related("concern", "holder"), reference=reference)
    return render(request, "oversight/concern_sent.html", {"case": found})
