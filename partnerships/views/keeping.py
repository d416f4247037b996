"""Pages with which an administrator keeps the register of bodies: record, correct, rename, close, relate."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ics_governance.permissions import Refused
from ics_governance.wording import day as in_words
from partnerships.access import P, held_anywhere, visible_or_404
from partnerships.actions import organisations as bodies
from partnerships.actions import relations
from partnerships.forms.keeping import (
    BodyForm,
    ClosingForm,
    CorrectionForm,
    LastDayForm,
    LeadForm,
    LinkForm,
    RenameForm,
)
from partnerships.models import Organisation, OrganisationRelation
from partnerships.models.organisations import Dated
from partnerships.queries.keeping import Relation, links_of_kind

from .common import attempt

Values = dict[str, Any]


def ask(
    request: HttpRequest, form: Any, act: Callable[[Values], Any], to: Callable[[Any], HttpResponse], **words: Any
) -> HttpResponse:
    """Show a form, do its action, go on; refused or wrong, keep what was typed. `words`: title, lede, done, back."""
    if request.method == "POST" and form.is_valid():
        made: list[Any] = []
        if attempt(request, lambda: made.append(act(dict(form.cleaned_data))), words["done"], form):
            return to(made[0])
    label, route, *keys = words["back"]
    context = {"button": words["title"], **words, "form": form, "crumb": label, "back": reverse(route, args=keys)}
    return render(request, "partnerships/keeping_form.html", context, status=422 if form.errors else 200)


def keeper_only(request: HttpRequest) -> None:
    """Raise Refused, which says who can, unless the person keeps the register of bodies."""
    if not held_anywhere(request.actor, P.ORGANISATION_EDIT):
        raise Refused(P.ORGANISATION_EDIT)


def found_body(request: HttpRequest, code: str) -> Organisation:
    """The body of the address, for somebody who may change it."""
    body = visible_or_404(request.actor, Organisation.objects.coded(code))
    keeper_only(request)
    return body


@require_http_methods(["GET", "HEAD", "POST"])
def body_new(request: HttpRequest) -> HttpResponse:
    """`/organisations/new/`: record a body of any kind."""
    keeper_only(request)
    return ask(
        request,
        BodyForm(request.POST or None),
        lambda values: bodies.record_body(by=request.actor, values=values),
        lambda made: redirect("organisation", made.code),
        title="Record an organisation",
        lede="A body of any kind. Trusts and boards come more easily with an import of the national register.",
        back=("Organisations", "organisation-list"),
        done="Recorded. Now say where it belongs.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def body_edit(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/edit/`: correct what is recorded; from here also rename, close and relate."""
    body = found_body(request, code)
    return ask(
        request,
        CorrectionForm(request.POST or None, body=body),
        lambda values: bodies.correct_body(by=request.actor, body=body, values=values),
        lambda made: redirect("organisation", made.code),
        title="Correct the record",
        lede=f"{body.name}. From then on imports only list where they differ.",
        button="Save corrections",
        back=(body.label, "organisation", body.code),
        done="Corrected.",
        body=body,
        links=_links(body),
        can_relate=bool(links_of_kind(body.kind)),
        has_lead=Relation.SYSTEM in links_of_kind(body.kind),
    )


def _links(body: Organisation) -> list[OrganisationRelation]:
    rows = OrganisationRelation.objects.filter(source_body=body).select_related("target_body")
    return list(rows.order_by("-starts", "kind", "pk"))


@require_http_methods(["GET", "HEAD", "POST"])
def body_rename(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/rename/`: a new name from a day on."""
    body = found_body(request, code)
    return ask(
        request,
        RenameForm(request.POST or None),
        lambda values: bodies.rename(by=request.actor, body=body, **values),
        lambda made: redirect("organisation", code),
        title="Record a new name",
        lede=f"{body.name}. The name it bears until then is kept with its dates.",
        back=(body.label, "organisation", body.code),
        done="Renamed. The former name is kept.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def body_close(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/close/`: its last day."""
    body = found_body(request, code)
    return ask(
        request,
        ClosingForm(request.POST or None),
        lambda values: bodies.close(by=request.actor, body=body, **values),
        lambda made: redirect("organisation", code),
        title="Close the organisation",
        lede=f"{body.name}. Its links and its place in a cluster end with it. Nothing is deleted; its forums and "
        "delegations stay, and the governance checks name them.",
        back=(body.label, "organisation", body.code),
        done="Closed.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def link_new(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/relations/new/`: relate it to another body."""
    body = found_body(request, code)
    return ask(
        request,
        LinkForm(request.POST or None, body=body, on=request.actor.on),
        lambda values: relations.link(by=request.actor, body=body, values=values),
        lambda made: redirect("organisation", code),
        title="Add a link",
        lede=f"{body.name}: its region, the systems it belongs to, or a body that covers the same area.",
        back=(body.label, "organisation", body.code),
        done="Added.",
        nothing_to_link=not links_of_kind(body.kind),
        body=body,
    )


def not_begun(row: Dated, today: date) -> str:
    """What to know before something is ended that only begins in days to come; else nothing."""
    if row.starts is None or row.starts <= today:
        return ""
    return f" It begins only on {in_words(row.starts)}: a last day before that withdraws it."


@require_http_methods(["GET", "HEAD", "POST"])
def link_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """`/organisations/<code>/relations/<id>/end/`: end a link."""
    body = found_body(request, code)
    rows = OrganisationRelation.objects.filter(source_body=body).select_related("target_body", "source_body")
    relation = get_object_or_404(rows, pk=pk)
    return ask(
        request,
        LastDayForm(request.POST or None),
        lambda values: relations.end_link(by=request.actor, relation=relation, **values),
        lambda made: redirect("organisation", code),
        title="End the link",
        lede=f"{body.name} {relation.get_kind_display()} {relation.target_body.name}. The link stays with its dates."
        f"{not_begun(relation, request.actor.on)}",
        back=(body.label, "organisation", body.code),
        done="Ended.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def lead_change(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/lead/`: another lead ICB as of a day."""
    body = found_body(request, code)

    def act(values: Values) -> OrganisationRelation:
        icb, first_day = values.pop("target_body"), values.pop("starts")
        return relations.change_lead(by=request.actor, body=body, icb=icb, first_day=first_day, **values)

    return ask(
        request,
        LeadForm(request.POST or None, on=request.actor.on),
        act,
        lambda made: redirect("organisation", code),
        title="Change the lead ICB",
        lede=f"{body.name}. The former lead's link ends on the day before.",
        back=(body.label, "organisation", body.code),
        done="The lead is changed as of that day.",
        nothing_to_link=Relation.SYSTEM not in links_of_kind(body.kind),
        body=body,
    )
