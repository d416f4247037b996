"""Pages that anyone may ask: may this forum decide it, and by which route does a matter go."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ics_governance.middleware import public
from ics_governance.wording import joined
from partnerships.authority import Form, Node
from partnerships.forms.authority import Question, WayForm, families
from partnerships.models import Forum
from partnerships.panel import facts, panel, parts
from partnerships.queries import forums
from partnerships.queries.meetings import next_meetings
from partnerships.queries.route import decider_of, stops

from .common import opens_on_own_system

MOST_FOUND = 20


@public
@require_safe
@opens_on_own_system
def ask(request: HttpRequest) -> HttpResponse:
    """`/authority/`: can this forum decide it? Asked by the address, so that an answer can be passed on."""
    form = Question(request.GET, reader=request.actor)
    form.is_valid()
    context: dict[str, Any] = {
        "form": form,
        "families": families(form.chosen.functions) if form.chosen else {},
        "found": _found(request, form),
        "most_found": MOST_FOUND,
        "answer": None,
    }
    if form.asks:
        context |= _answer(request, form)
    return render(request, "partnerships/authority_ask.html", context, status=422 if form.errors else 200)


def _found(request: HttpRequest, form: Question) -> list[Forum] | None:
    """Forums with the words in their names; None when none were searched."""
    words = form.cleaned_data.get("q", "")
    rows = forums.listed(request.actor, form.day, {"q": words}).order_by("name", "pk") if words else None
    return None if rows is None else list(rows[:MOST_FOUND])


def _answer(request: HttpRequest, form: Question) -> dict[str, Any]:
    values, system = form.cleaned_data, form.chosen
    assert system is not None
    asked = system.ask(form.node, values["function"], values["amount"], values["place"])
    others = [row.holder.id for row in asked.answer.alternatives if row.holder.kind == "forum"]
    meetings = next_meetings(request.actor, others, max(form.day, request.actor.on)) if others else {}
    here = reverse("authority-ask")
    drawn = panel(
        asked, meetings, lambda node: here + form.address(who=str(node)),
        left_hidden=system.hides_what_is_left(asked.answer),
    )  # fmt: skip
    return {
        "answer": drawn,
        "facts": facts(asked, system.register.functions),
        "parts": parts(asked),
        "together": system.graph.index.form(form.node) == Form.JOINT_COMMITTEE,
        "named": lambda places: joined(sorted(asked.places[pk] for pk in places)),
        "route": reverse("authority-route")
        + form.address(
            begins=str(form.node),
            body=[str(pk) for pk in asked.answer.accountable_bodies],
            place=[str(pk) for pk in asked.answer.places or asked.answer.area],
        ),
        "again": here + form.address(who=str(form.node)),
        "places": [system.places[pk] for pk in values["place"]],
    }


@public
@require_safe
@opens_on_own_system
def route(request: HttpRequest) -> HttpResponse:
    """`/authority/route/`: who is consulted, recommends, decides, approves and hears of a matter, in order."""
    form = WayForm(request.GET, reader=request.actor)
    form.is_valid()
    context: dict[str, Any] = {
        "form": form,
        "families": families(form.chosen.functions) if form.chosen else {},
        "stops": None,
        "owners": [],
    }
    if form.asks:
        context |= way(request, form)
    return render(request, "partnerships/authority_route.html", context, status=422 if form.errors else 200)


def way(request: HttpRequest, form: WayForm) -> dict[str, Any]:
    """The route of a valid question; where several bodies hold the function and none is chosen, those to choose."""
    values, system = form.cleaned_data, form.chosen
    assert system is not None
    here = reverse("authority-route")
    begins: Node | None = values["begins"]
    again = {"begins": str(begins)} if begins else {}
    owners = dict(system.owners(values["function"], values["place"]))
    chosen = [pk for pk in values["body"] if pk in owners] or (list(owners) if len(owners) == 1 else [])
    found = None
    if chosen:
        found = stops(
            system, values["function"], amount=values["amount"], places=values["place"], owners=chosen, begins=begins,
            today=request.actor.on,
        )  # fmt: skip
    decider = decider_of(found or ())
    whose = {"body": [str(pk) for pk in chosen]} if len(owners) > 1 else {}
    return {
        "stops": found,
        "owners": [(name, here + form.address(body=str(pk), **again), pk in chosen) for pk, name in owners.items()],
        "owner": joined(owners[pk] for pk in chosen),
        "decider": decider,
        "ask": here_asked(form, decider.holder if decider else None),
        "again": here + form.address(**again, **whose),
        "places": [system.places[pk] for pk in values["place"]],
    }


def here_asked(form: WayForm, who: Node | None) -> str:
    """The address that asks about authority for the same matter."""
    return reverse("authority-ask") + form.address(**({"who": str(who)} if who else {}))
