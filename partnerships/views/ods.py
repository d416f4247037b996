"""Pages of imports of the national register: upload, preview row by row, tick, apply or drop."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from ics_governance.paging import paged
from partnerships.actions import ods as actions
from partnerships.forms.ods import ExtractForm, PreviewFilter
from partnerships.models import OdsImport
from partnerships.queries import ods as queries

from .common import attempt
from .keeping import keeper_only

SHOWN = 20  # imports listed under the upload


@require_http_methods(["GET", "HEAD", "POST"])
def ods_imports(request: HttpRequest) -> HttpResponse:
    """`/imports/ods/`: choose a file, and what was imported before."""
    keeper_only(request)
    form = ExtractForm(request.POST, request.FILES) if request.method == "POST" else ExtractForm()
    if request.method == "POST" and form.is_valid():
        file, made = form.cleaned_data["file"], []
        stage = lambda: made.append(actions.stage(by=request.actor, file_name=file.name, data=file.read()))  # noqa: E731
        if attempt(request, stage, "Read and compared. Nothing has changed yet.", form):
            return redirect("ods-import", made[0].pk)
    context = {"form": form, "imports": list(queries.imports()[:SHOWN])}
    return render(request, "partnerships/ods_imports.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def ods_import(request: HttpRequest, pk: int) -> HttpResponse:
    """`/imports/ods/<id>/`: the preview; sent, it keeps the ticks."""
    keeper_only(request)
    staged = get_object_or_404(queries.imports(), pk=pk)
    if request.method == "POST":
        attempt(request, lambda: _tick(request, staged), "Ticks kept. Nothing has changed yet.")
        return redirect(request.get_full_path())
    form = PreviewFilter(request.GET)
    context = {"staged": staged, "form": form, "counts": queries.counts(staged), "page": None}
    if not form.is_valid():
        return render(request, "partnerships/ods_import.html", context, status=400)
    page = paged(queries.rows_of(staged, form.values), request.GET, queries.SORTS, default="line", size=100)
    names = queries.labels(page.rows)
    context |= {"page": page, "rows": [(row, queries.told(row.changes, names)) for row in page.rows]}
    return render(request, "partnerships/ods_import.html", context)


def _tick(request: HttpRequest, staged: OdsImport) -> None:
    shown, ticked = (
        [int(text) for text in request.POST.getlist(name) if text.isascii() and text.isdigit() and len(text) < 16]
        for name in ("shown", "ticked")
    )
    actions.tick(by=request.actor, staged=staged, shown=shown, ticked=ticked)


@require_POST
def ods_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """`/imports/ods/<id>/apply/`: keep the ticks of the page, and apply at once."""
    keeper_only(request)
    staged = get_object_or_404(OdsImport, pk=pk)

    @transaction.atomic
    def act() -> None:
        _tick(request, staged)
        actions.apply(by=request.actor, staged=staged)

    attempt(request, act, "Applied.")
    return redirect("ods-import", pk)


@require_POST
def ods_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """`/imports/ods/<id>/drop/`: put the preview aside."""
    keeper_only(request)
    staged = get_object_or_404(OdsImport, pk=pk)
    attempt(request, lambda: actions.drop(by=request.actor, staged=staged), "Dropped. Nothing was changed.")
    return redirect("ods-imports")
