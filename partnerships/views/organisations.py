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
from partnerships.queries.naming import Named
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
    names: dict[int, str]  # of that day, of bodies that bear another now
    now: list[Named]

    def called(self, body: Organisation | Named) -> str:
        """What a body was called on the day of the list."""
        return self.names.get(body.pk, body.name)

    @property
    def name(self) -> str:
        """What the body of the row was called."""
        return self.called(self.body)


COLUMNS: list[Column[Listed]] = [
    Column("Name", lambda row: row.name, 52),
    Column("ODS code", lambda row: row.body.ods_code, 10),
    Column("GSS code", lambda row: row.body.gss_code, 12),
    Column("Kind", lambda row: row.body.get_kind_display(), 24),
    Column("Subtype", lambda row: row.body.kind_in_words, 24),
    Column("Foundation trust", lambda row: row.body.is_foundation_trust if row.body.kind == Kind.TRUST else None, 16),
    Column("Integrated care boards", lambda row: [row.called(icb) for icb in row.where.systems], 52),
    Column("Regions", lambda row: [region.name for region in row.where.regions], 26),
    Column("Opened", lambda row: row.body.opened, 18),
    Column("Closed", lambda row: row.body.closed, 18),
    Column("Source", lambda row: row.body.source, 40),
    Column("Note", lambda row: row.body.note, 60),
    Column("Code of this register", lambda row: row.body.local_code, 12),
]


NOW: Column[Listed] = Column("Now", lambda row: [body.name for body in row.now], 52)


def rows_of(bodies: list[Organisation], day: date, today: date, *, now: bool = False) -> Iterator[Listed]:
    """Each body with where it sits and what it was called on a day; with `now` also what it has become since."""
    where = queries.where_they_sit(bodies, day)
    pks = {*where, *(icb.pk for each in where.values() for icb in each.systems)}
    names = queries.names_on(pks, day) if day != today else {}
    became = bodies_now(bodies, today) if now else {}
    return (Listed(body, where[body.pk], names, became.get(body.pk, [])) for body in bodies)


def all_rows(bodies: QuerySet[Organisation], day: date, today: date, *, now: bool) -> Iterator[Listed]:
    """The whole list for an export, read when the first row is asked for."""
    yield from rows_of(list(bodies.order_by("name", "id")[: exports.CAP + 1]), day, today, now=now)


@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """`/organisations/`: kind, region, system, search and day in the URL."""
    form = OrganisationFilter(request.GET, today=request.actor.on)
    context = {"form": form, "today": request.actor.on, "known_from": queries.LINKS_KNOWN_FROM}
    context["keeper"] = held_anywhere(request.actor, P.ORGANISATION_EDIT)
    if not form.is_valid():
        return render(request, "partnerships/organisation_list.html", context | {"page": None}, status=400)
    today = request.actor.on
    day = form.day(today)
    now = day != today and request.GET.get("bodies") == "now"
    bodies = queries.listed(request.actor, day, form.values)
    columns = [*COLUMNS, NOW] if now else COLUMNS
    if file := exported(request, "Organisations", columns, all_rows(bodies, day, today, now=now)):
        return file
    page = paged(bodies, request.GET, queries.SORTS, default="name")
    one, many = PLURALS.get(form.values.get("kind"), ("organisation", "organisations"))
    context |= {"page": page, "day": day, "counted": page.counted(one, many), "now": now}
    context["rows"] = list(rows_of(page.rows, day, today, now=now))
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
    last = min(day, body.closed or day)  # of a body that is no more: what there was on its last day
    made, held = queries.delegations_of(actor, body, last)
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
        "cluster": clusters.of_body(body, last) if body.kind == Kind.ICB else None,
        "in_a_system": body.kind in IN_A_SYSTEM,
        "keeper": held_anywhere(actor, P.ORGANISATION_EDIT),
        "completeness": queries.completeness(body),
        "findings": about(actor, body),
        "finding_counts": counts_of(actor, body) if body.kind == Kind.ICB and body.exists_on(actor.on) else None,
        "arrangements": queries.arrangements_of(actor, body, last),
        "forum_rows": queries.forums_of(actor, body, last),
        "made": made,
        "held": held,
        "few": queries.FEW,
    }
    return render(request, "partnerships/organisation.html", context, status=200 if form.is_valid() else 400)
