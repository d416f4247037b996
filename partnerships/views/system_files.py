"""Documents of a system, open to everyone: two papers in three formats, and the organogram as a drawing."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from ics_governance.middleware import public
from ics_governance.wording import day as in_words
from ics_governance.wording import joined
from partnerships.documents import Paper, excel, pdf, pdf_of, word
from partnerships.documents.contents import TITLES, Meets, Source, made_from
from partnerships.forms.organisations import AsOf
from partnerships.models import Forum, LegalBasis
from partnerships.organogram import Tree, fitted
from partnerships.queries import systems as queries
from partnerships.queries.organograms import Chart, chart_of
from partnerships.queries.systems import System

from .systems import before_its_first_day, opened

INVENTED = "Demonstration: everything in this document is invented"
LOOKS = settings.BASE_DIR / "static" / "organogram.css"


@dataclass(frozen=True)
class Format:
    """A format of file: its type, and how a paper becomes one."""

    media: str
    made: Callable[[Paper], bytes]


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "pdf": Format("application/pdf", pdf_of),
    "docx": Format(WORD, word),
    "xlsx": Format(EXCEL, excel),
}


def asked(request: HttpRequest, code: str, route: str, **more: str) -> queries.System | HttpResponse:
    """The system on the day asked, or the redirect to another one. Raises BadRequest for a day that is none,
    Http404 for one before the first of the system."""
    form = AsOf(request.GET)
    if not form.is_valid():
        raise BadRequest("; ".join(error for errors in form.errors.values() for error in errors))
    found = opened(request, code, form, route, **more)
    if found.system is None:
        return redirect(found.elsewhere)
    if before_its_first_day(found.system):
        raise Http404
    return found.system


@public
@require_safe
def document(request: HttpRequest, code: str, paper: str, kind: str) -> HttpResponse:
    """`/systems/<code>/scheme.pdf` and its like."""
    if paper not in TITLES or kind not in FORMATS:
        raise Http404
    system = asked(request, code, "system-document", paper=paper, kind=kind)
    if isinstance(system, HttpResponse):
        return system
    made = FORMATS[kind].made(made_from(paper, source_of(request, system)))
    return as_file(made, FORMATS[kind].media, f"{paper}-{system.icb.code}-{system.day.isoformat()}.{kind}")


def source_of(request: HttpRequest, system: System) -> Source:
    """What the documents are made from: the map, with the names of legal bases and the forums."""
    decides = queries.who_decides(system)
    reports = reports_of(system)
    return Source(
        system=system.icb.label,
        day=system.day,
        table=decides.table,
        names=decides.names,
        places=decides.places,
        bases=dict(LegalBasis.objects.order_by("-title").values_list("code", "title")),
        forums=tuple(
            Meets(
                row.name, str(row.get_form_display()), str(row.get_level_display()), row.host.label,
                reports[row.pk], row.meets_in_public,
            )
            for row in system.forums
        ),
        address=f"{settings.SITE_URL}{reverse('system', args=[system.icb.code])}",
        made_on=request.actor.on,
        warning=INVENTED if settings.DEMO else "",
    )  # fmt: skip


def reports_of(system: System) -> dict[int, str]:
    """To whom each forum of a system reports, by its own line or through its arrangement; empty: not recorded."""
    names = {row.pk: row.name for row in system.forums}
    lines: dict[int, list[str]] = {}
    for line in queries.lines_of(system):
        to = line.to_arrangement.name if line.to_arrangement else f"the board of {line.to_organisation.label}"  # type: ignore[union-attr]
        lines.setdefault(line.arrangement_id, []).append(to)
    arrangements = {row.pk: row.name for row in system.arrangements}
    found = {}
    for row in system.forums:
        through = lines.get(row.arrangement_id or 0)
        if row.reports_to_id in names:
            found[row.pk] = names[row.reports_to_id]
        elif through:
            found[row.pk] = f"{joined(through)}, through {arrangements[row.arrangement_id or 0]}"
        else:
            found[row.pk] = "nobody: it is a body's own board" if row.form == Forum.Form.BOARD else ""
    return found


@public
@require_safe
def organogram_file(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """`/systems/<code>/organogram.svg` and `.pdf` (A3, with the list)."""
    if kind not in ("svg", "pdf"):
        raise Http404
    system = asked(request, code, "system-organogram-file", kind=kind)
    if isinstance(system, HttpResponse):
        return system
    chart = chart_of(system, signed_in=False)
    name = f"organogram-{system.icb.code}-{system.day.isoformat()}.{kind}"
    drawing = svg_of(chart)
    if kind == "svg":
        return as_file(drawing.encode(), "image/svg+xml", name)
    return as_file(pdf("organogram", _listed(chart), _title(system), {"drawing": drawing}), "application/pdf", name)


def svg_of(chart: Chart) -> str:
    """The drawing as a file of its own, with its looks inside."""
    looks = mark_safe(f"<style>{LOOKS.read_text(encoding='utf-8')}</style>")  # our own file
    context = {
        "drawing": fitted(chart.bands), "icb": chart.system.icb, "day": chart.system.day, "style": looks,
        "host": settings.SITE_URL,
    }  # fmt: skip
    return render_to_string("partnerships/organogram_file.svg.html", context)


def _title(system: System) -> str:
    return f"Organogram of {system.icb.label}"


def _listed(chart: Chart) -> dict[str, object]:
    system = chart.system
    return {
        "title": _title(system),
        "subtitle": f"As of {in_words(system.day)}. Made from the register of bodies, forums and arrangements.",
        "author": system.icb.label,
        "warning": INVENTED if settings.DEMO else "",
        "alt": "Boards, committees and partnerships, each below the one it reports to; the list on the next page "
        "says the same in words.",
        "bands": [{"title": band.title, "trees": [_branch(tree) for tree in band.trees]} for band in chart.bands],
    }


def _branch(tree: Tree) -> dict[str, object]:
    return {
        "title": tree.item.title,
        "lines": list(tree.item.lines),
        "below": [_branch(each) for each in tree.below],
    }


def as_file(content: bytes, media: str, name: str) -> HttpResponse:
    """A file to download."""
    return HttpResponse(content, media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
