"""The public register: released decisions, searchable without sign-in, each with a permanent address."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ics_governance import forms
from ics_governance.exports import Column
from ics_governance.middleware import public
from ics_governance.paging import paged
from partnerships.models import Decision, Organisation
from partnerships.panel import panel
from partnerships.queries import decisions as queries
from partnerships.queries.authority import Asked
from partnerships.queries.register import facts_of, systems

from .common import exported

SORTS = {"taken": ("decided_on", "id")}
COLUMNS: list[Column[Decision]] = [
    Column("Reference", lambda row: row.reference),
    Column("Taken on", lambda row: row.decided_on),
    Column("Title", lambda row: row.title, 50),
    Column("Decision", lambda row: row.text, 80),
    Column("Forum", lambda row: row.forum.name, 40),
    Column("Host", lambda row: row.forum.host.name, 40),
    Column("Amount", lambda row: row.amount),
    Column("Released", lambda row: row.released_at),
    Column("Address", lambda row: f"{settings.SITE_URL}/register/{row.reference}/", 40),
]


# what a forum did, as the public reads it
KINDS = {"decide": "decided", "recommend": "recommended", "endorse": "endorsed", "note": "noted"}


class RegisterFilters(forms.FilterForm):
    """Search and filters of the public register."""

    q = forms.CharField(label="Search titles, texts and references", max_length=100)
    system = forms.ModelChoiceField(label="System", queryset=Organisation.objects.none(), empty_label="All of England")
    kind = forms.ChoiceField(
        label="Kind", choices=[("", "All kinds"), *((kind, KINDS[kind]) for kind in Decision.Kind.values)]
    )
    since = forms.DayField(label="Taken since", help_text="For example, 1 April 2026")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].queryset = systems()  # type: ignore[attr-defined]


@public
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """`/register/`: released decisions, newest first."""
    form = RegisterFilters(request.GET)
    rows = queries.public_register(form.values)
    if file := exported(request, "register", COLUMNS, rows.order_by("-decided_on", "-id")):
        return file
    page = paged(rows, request.GET, SORTS, default="-taken", size=20)
    return render(request, "partnerships/register.html", {"form": form, "page": page, "kinds": KINDS})


@public
@require_safe
def register_decision(request: HttpRequest, reference: str) -> HttpResponse:
    """`/register/<reference>/`: one released decision with its proof. Withheld ones and drafts do not exist here."""
    found = get_object_or_404(queries.for_public_page(), reference=reference, released_at__isnull=False)
    context = {
        "decision": found,
        "kinds": KINDS,
        "panel": panel(Asked.from_json(found.authority_answer) if found.authority_answer else None),
        "facts": facts_of(found),
    }
    return render(request, "partnerships/register_decision.html", context)
