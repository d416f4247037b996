"""Scenarios, and the rehearsals that partners hold of them before the real matter comes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ics_governance.paging import paged
from ics_governance.permissions import Refused
from partnerships.access import P, held, require, visible_or_404
from partnerships.actions import rehearsals
from partnerships.forms.authority import PromptForm, RehearseForm, template_data
from partnerships.models import Decision, Forum, Function, Organisation, Place, Rehearsal
from partnerships.panel import panel
from partnerships.queries import rehearsals as queries
from partnerships.queries.authority import Asked
from partnerships.queries.route import Stop, stops, systems_on
from partnerships.rehearsal_paper import paper
from partnerships.scenario_file import Scenario, scenarios

from .common import attempt
from .trail import trail_page

SORTS = {"held": ("held_on", "id")}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
def scenario_list(request: HttpRequest) -> HttpResponse:
    """`/scenarios/`: the templates, and the rehearsals that this person may read."""
    page = paged(queries.rehearsals_of(request.actor), request.GET, SORTS, default="-held", size=20)
    return render(request, "partnerships/scenario_list.html", {"scenarios": scenarios().values(), "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def scenario(request: HttpRequest, code: str) -> HttpResponse:
    """`/scenarios/<code>/`: choose a system, adapt the scenario, see authority and route; the ICB keeps it."""
    template = scenarios().get(code)
    if template is None:
        raise Http404
    if request.method != "POST" and not request.GET.get("system"):
        context = {"scenario": template, "icbs": systems_on(request.actor.on).icbs, "mine": _mine(request)}
        return render(request, "partnerships/scenario.html", context)
    typed = request.method == "POST"
    form = RehearseForm(request.POST if typed else template_data(template, request.GET["system"]), reader=request.actor)
    if form.chosen is None:
        raise Http404
    if not typed:
        return _shown(request, template, form, {}, untouched=True)
    if not form.is_valid():
        return _shown(request, template, form, {})
    found = _rehearsed(request, form)
    if request.POST.get("then") != "keep":
        return _shown(request, template, form, found)
    made: list[Rehearsal] = []
    if attempt(request, lambda: made.append(_keep(request, template, form, found)), "Kept.", form):
        return redirect("rehearsal", made[0].pk)
    return _shown(request, template, form, found)


def _mine(request: HttpRequest) -> str:
    """The code of the ICB for which this person keeps rehearsals; it is chosen first."""
    hosts = queries.hosts_named(request.actor)
    return hosts[0].code if hosts else ""


def _shown(
    request: HttpRequest, template: Scenario, form: RehearseForm, found: dict[str, Any], untouched: bool = False
) -> HttpResponse:
    assert form.chosen is not None
    if untouched:
        form.errors.clear()
    asked = found.get("asked")
    context = {
        "scenario": template,
        "form": form,
        "answer": None if asked is None else panel(asked),
        "stops": found.get("stops"),
        "may_keep": form.chosen.icb.pk in queries.hosts_of(request.actor),
    }
    status = 422 if form.errors else 200
    return render(request, "partnerships/scenario_adapt.html", context, status=status)


def _rehearsed(request: HttpRequest, form: RehearseForm) -> dict[str, Any]:
    """The answer and the route for what was typed. The matter is that of the bodies behind the forum's authority;
    where there is none, of the body that hosts it, if it owns the function, else of the only one that does."""
    values, system = form.cleaned_data, form.chosen
    assert system is not None
    asked = system.ask(form.node, values["function"], values["amount"], values["place"])
    places = asked.answer.places or asked.answer.area
    owners = [pk for pk, _ in system.owners(values["function"], places)]
    whose = [pk for pk in asked.answer.accountable_bodies if pk in owners]
    if not whose:
        host = system.forums[form.node.id].host
        whose = [host] if host in owners else owners if len(owners) == 1 else []
    found: list[Stop] = []
    if whose:
        found = stops(
            system, values["function"], amount=values["amount"], places=places, owners=whose,
            begins=form.node, today=request.actor.on,
        )  # fmt: skip
    return {"asked": asked, "stops": found}


def _keep(request: HttpRequest, template: Scenario, form: RehearseForm, found: dict[str, Any]) -> Rehearsal:
    values, system = form.cleaned_data, form.chosen
    assert system is not None
    return rehearsals.keep(
        by=request.actor,
        host=system.icb,
        scenario=template,
        title=values["title"],
        situation=values["situation"],
        forum=Forum.objects.get(pk=form.node.id),
        function=Function.objects.get(code=values["function"]),
        amount=values["amount"],
        places=Place.objects.filter(pk__in=values["place"]),
        partners=Organisation.objects.filter(pk__in=values["partner"]),
        asked=found["asked"],
        route=found["stops"],
    )


# --- One rehearsal ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def rehearsal(request: HttpRequest, pk: int) -> HttpResponse:
    """`/rehearsals/<id>/`: what was rehearsed; its host writes down what was said and learnt."""
    found = visible_or_404(request.actor, queries.for_page(), pk=pk)
    template = scenarios().get(found.scenario)
    mine = P.REHEARSAL_EDIT in held(request.actor, (P.REHEARSAL_EDIT,), found)
    if request.method == "POST" and not mine:
        raise Refused(P.REHEARSAL_EDIT)
    form = None
    if template is not None:
        typed = request.POST if request.method == "POST" else None
        form = PromptForm(typed, scenario=template, said=found.prompts, learnt=found.learnt)
        if typed is not None and form.is_valid():
            words = {"prompts": form.answers, "learnt": form.cleaned_data["learnt"]}
            if attempt(
                request,
                lambda: rehearsals.note(by=request.actor, rehearsal=found, scenario=template, **words),
                "Saved.",
                form,
            ):
                return redirect("rehearsal", pk)
    context = {
        "rehearsal": found,
        "scenario": template,
        "form": form,
        "may_edit": mine,
        "answer": panel(Asked.from_json(found.authority_answer)) if found.authority_answer else None,
        "draft": queries.draft_of(request.actor, found),
        "may_draft": mine
        and found.decision_id is None
        and found.forum.host_id in request.actor.organisations(P.DECISION_EDIT, "host"),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "partnerships/rehearsal.html", context, status=status)


@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """`/rehearsals/<id>/draft/`: turn it into a real draft of a decision."""
    found = visible_or_404(request.actor, queries.for_page(), pk=pk)
    require(request.actor, P.REHEARSAL_EDIT, found)
    made: list[Decision] = []
    done = "It is a draft decision now, with an action proposed for each step of its route."
    if attempt(request, lambda: made.append(rehearsals.draft_from(by=request.actor, rehearsal=found)), done):
        return redirect("decision-edit", made[0].reference)
    return redirect("rehearsal", pk)


@require_safe
def word(request: HttpRequest, pk: int) -> HttpResponse:
    """`/rehearsals/<id>/paper.docx`: the rehearsal as a Word file, to be shown as evidence."""
    found = visible_or_404(request.actor, queries.for_page(), pk=pk)
    address = request.build_absolute_uri(reverse("rehearsal", args=[pk]))
    response = HttpResponse(paper(found, scenarios().get(found.scenario), address), content_type=WORD)
    response["Content-Disposition"] = f'attachment; filename="rehearsal-{pk}.docx"'
    return response


@require_safe
def rehearsal_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/rehearsals/<id>/trail/`."""
    record = visible_or_404(request.actor, Rehearsal.objects.all(), pk=pk)
    return trail_page(request, record, record.title, reverse("rehearsal", args=[pk]))
