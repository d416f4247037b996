"""The audit trail of one record, on a page of its own: who changed what, when."""

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ics_governance import ledger
from ics_governance.permissions import Refused
from partnerships.access import P, visible_or_404
from partnerships.models import Action, Arrangement, Decision, Delegation, Forum, Meeting, Organisation

SHOWN = 100


@require_safe
def organisation_trail(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/trail/`."""
    record = visible_or_404(request.actor, Organisation.objects.coded(code))
    return trail_page(request, record, record.name, reverse("organisation", args=[record.code]))


@require_safe
def arrangement_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/arrangements/<id>/trail/`."""
    record = visible_or_404(request.actor, Arrangement.objects.all(), pk=pk)
    return trail_page(request, record, record.name, reverse("arrangement", args=[pk]))


@require_safe
def forum_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/forums/<id>/trail/`."""
    record = visible_or_404(request.actor, Forum.objects.all(), pk=pk)
    return trail_page(request, record, record.name, reverse("forum", args=[pk]))


@require_safe
def delegation_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/delegations/<id>/trail/`."""
    record = visible_or_404(request.actor, Delegation.objects.select_related("function"), pk=pk)
    return trail_page(request, record, record.function.name, reverse("delegation", args=[pk]))


@require_safe
def meeting_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/meetings/<id>/trail/`."""
    record = visible_or_404(request.actor, Meeting.objects.select_related("forum"), pk=pk)
    return trail_page(request, record, str(record), reverse("meeting", args=[pk]))


@require_safe
def decision_trail(request: HttpRequest, reference: str) -> HttpResponse:
    """`/decisions/<reference>/trail/`: drafts leave none; it begins when the decision is proposed or agreed."""
    record = visible_or_404(request.actor, Decision.objects.all(), reference=reference)
    return trail_page(request, record, f"{record.reference} {record.title}", reverse("decision", args=[reference]))


@require_safe
def action_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/actions/<id>/trail/`."""
    record = visible_or_404(request.actor, Action.objects.all(), pk=pk)
    return trail_page(request, record, f"A-{record.pk} {record.title}", reverse("action", args=[pk]))


def trail_page(
    request: HttpRequest, record: models.Model, name: str, address: str, nav: str = "organisations"
) -> HttpResponse:
    """The trail of a record that this person may see, for every role that reads audit trails."""
    if not request.actor.organisations(P.LEDGER_VIEW):
        raise Refused(P.LEDGER_VIEW)
    context = {
        "name": name,
        "address": address,
        "changes": ledger.history(record, limit=SHOWN),
        "is_reference": isinstance(record, Organisation),
        "shown": SHOWN,
        "nav": nav,
    }
    return render(request, "partnerships/trail.html", context)
