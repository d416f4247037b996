"""Pages of organisations: the list as of any day, and one organisation with where it sits and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ics_governance import exports
from ics_governance.exports import Column
from ics_governance.paging import paged
from ics_governance.wording import day as day_in_words
from partnerships.access import P, held_anywhere, visible_or_404
from partnerships.forms.organisations import AsOf, OrganisationFilter
from partnerships.models import Kind, Organisation
from partnerships.queries import clusters
from partnerships.queries import organisations as queries
from partnerships.queries.checks import about, counts_of, with_findings
from partnerships.queries.keeping import IN_A_SYSTEM
from partnerships.queries.lineage import bodies_now
from partnerships.queries.organisations import Where

from .common import exported

PLURALS = {
    Kind.OVERSIGHT_BODY: ("national oversight body", "national oversight bodies"),
    Kind.REGION: ("region", "regions"),
    Kind.ICB: ("integrated care board", "integrated care boards"),
    Kind.TRUST: ("trust", "trusts"),
    Kind.LOCAL_AUTHORITY: ("council", "councils"),
    Kind.PRIMARY_CARE: ("primary care organisation", "primary care organisations"),
    Kind.PROVIDER: ("non-statutory provider", "non-statutory providers"),
    Kind.REGULATOR: ("regulator", "regulators"),
    Kind.SOCIAL_CARE: ("social care provider", "social care providers"),
}


@dataclass(frozen=True)
class Listed:
    """One row of the list."""

    body: Organisation
    where: Where


COLUMNS: list[Column[Listed]] = [
    Column("Name", lambda row: row.body.name, 52),
    Column("ODS code", lambda row: row.body.ods_code, 10),
    Column("GSS code", lambda row: row.body.gss_code, 12),
    Column("Kind", lambda row: row.body.get_kind_display(), 24),
    Column("Subtype", lambda row: row.body.kind_in_words, 24),
    Column("Foundation trust", lambda row: row.body.is_foundation_trust if row.body.kind == Kind.TRUST else None, 16),
    Column("Integrated care boards", lambda row: [body.name for body in row.where.systems], 52),
    Column("Regions", lambda row: [region.name for region in row.where.regions], 26),
    Column("Opened", lambda row: row.body.opened, 18),
    Column("Closed", lambda row: row.body.closed, 18),
    Column("Source", lambda row: row.body.source, 40),
    Column("Note", lambda row: row.body.note, 60),
    Column("Code of this register", lambda row: row.body.local_code, 12),
]


def rows_of(bodies: list[Organisation], day: date) -> Iterator[Listed]:
    """Each body with where it sits."""
    where = queries.where_they_sit(bodies, day)
    return (Listed(body, where[body.pk]) for body in bodies)


def all_rows(bodies: QuerySet[Organisation], day: date) -> Iterator[Listed]:
    """The whole list for an export, read when the first row is asked for."""
    yield from rows_of(list(bodies.order_by("name", "id")[: exports.CAP + 1]), day)


@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """`/organisations/`: kind, region, system, search and day in the URL."""
    form = OrganisationFilter(request.GET, today=request.actor.on)
    context = {"form": form, "today": request.actor.on, "known_from": queries.LINKS_KNOWN_FROM}
    context["keeper"] = held_anywhere(request.actor, P.ORGANISATION_EDIT)
    if not form.is_valid():
        return render(request, "partnerships/organisation_list.html", context | {"page": None}, status=400)
    day = form.day(request.actor.on)
    bodies = queries.listed(request.actor, day, form.values)
    if file := exported(request, "Organisations", COLUMNS, all_rows(bodies, day)):
        return file
    page = paged(bodies, request.GET, queries.SORTS, default="name")
    one, many = PLURALS.get(form.values.get("kind"), ("organisation", "organisations"))
    context |= {"page": page, "day": day, "rows": list(rows_of(page.rows, day)), "counted": page.counted(one, many)}
    if day != request.actor.on and request.GET.get("bodies") == "now":
        context["bodies_now"] = bodies_now(page.rows, request.actor.on)
    return render(request, "partnerships/organisation_list.html", context)


@require_safe
def organisation(request: HttpRequest, code: str) -> HttpResponse:
    """`/organisations/<code>/`: one organisation, as of a day."""
    actor, form = request.actor, AsOf(request.GET)
    day = form.day(actor.on)
    form = AsOf({"as_of": day_in_words(day)}) if form.in_use else form
    body = visible_or_404(actor, with_findings(queries.detailed(day), "organisation").coded(code))
    if body.code != code:
        return redirect(f"{reverse('organisation', args=[body.code])}?{request.GET.urlencode()}".rstrip("?"))
    before, after = queries.successions_of(body)
    made, held = queries.delegations_of(actor, body, day)
    context = {
        "body": body,
        "name": queries.name_on(body, day),
        "form": form,
        "day": day,
        "today": actor.on,
        "known_from": queries.LINKS_KNOWN_FROM,
        "links": queries.links_of(body, day),
        "before": before,
        "after": after,
        "events": queries.events_of(body, before, after),
        "names": queries.names_of(body),
        "told": queries.told_of(body),
        "cluster": clusters.of_body(body, min(day, body.closed or day)) if body.kind == Kind.ICB else None,
        "in_a_system": body.kind in IN_A_SYSTEM,
        "keeper": held_anywhere(actor, P.ORGANISATION_EDIT),
        "completeness": queries.completeness(body),
        "findings": about(actor, body),
        "finding_counts": counts_of(actor, body) if body.kind == Kind.ICB else None,
        "arrangements": queries.arrangements_of(actor, body, day),
        "forum_rows": queries.forums_of(actor, body, day),
        "made": made,
        "held": held,
        "few": queries.FEW,
    }
    return render(request, "partnerships/organisation.html", context, status=200 if form.is_valid() else 400)
