"""Pages of places: the list of a day, and recording, correcting and ending one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ics_governance import exports
from ics_governance.exports import Column
from ics_governance.paging import paged
from ics_governance.permissions import Refused
from partnerships.access import P, require, visible_or_404
from partnerships.actions import places as actions
from partnerships.forms.hosted import EndForm
from partnerships.forms.places import PlaceEditForm, PlaceFilter, PlaceForm
from partnerships.models import Kind, Organisation, Place
from partnerships.queries import places as queries

from .asking import Values, ask, hosts_of
from .common import exported, opens_on_own_system
from .trail import trail_page

METHODS = ["GET", "HEAD", "POST"]
BACK = ("Places", "place-list")
COLUMNS: list[Column[Place]] = [
    Column("Name", lambda row: row.name, 44),
    Column("Integrated care board", lambda row: row.icb.name, 52),
    Column("Board code", lambda row: row.icb.code, 12),
    Column("Councils", lambda row: ", ".join(row.areas), 60),
    Column("Place-based partnerships", lambda row: row.partnership_count, 16),
    Column("Forums", lambda row: row.forum_count, 10),
    Column("Carries on", lambda row: row.follows and f"{row.follows.name}, {row.follows.icb.label}", 44),
    Column("From", lambda row: row.starts, 18),
    Column("Until", lambda row: row.ends, 18),
]


@require_safe
@opens_on_own_system
def place_list(request: HttpRequest) -> HttpResponse:
    """`/places/`: the places of a system, or of all, on a day."""
    form = PlaceFilter(request.GET, today=request.actor.on)
    own = request.actor.organisations(P.FORUM_EDIT, "host")
    context = {"form": form, "own": own, "keeper": bool(own) and _boards(request).exists(), "today": request.actor.on}
    if not form.is_valid():
        return render(request, "partnerships/place_list.html", context | {"page": None}, status=400)
    day = form.day(request.actor.on)
    rows = queries.listed(request.actor, day, form.values)
    if file := exported(request, "Places", COLUMNS, rows.order_by("name", "id")[: exports.CAP + 1]):
        return file
    page = paged(rows, request.GET, queries.SORTS, default="name")
    return render(request, "partnerships/place_list.html", context | {"page": page, "day": day})


def _boards(request: HttpRequest) -> Any:
    """The boards whose places this person keeps."""
    return Organisation.objects.filter(pk__in=request.actor.organisations(P.FORUM_EDIT, "host"), kind=Kind.ICB)


@require_http_methods(METHODS)
def place_new(request: HttpRequest) -> HttpResponse:
    """`/places/new/`: record a place, new or carried on from an ended one."""
    hosts_of(request, P.FORUM_EDIT)
    boards = list(_boards(request).values_list("pk", flat=True))
    if not boards:
        raise Refused(P.FORUM_EDIT)

    def act(values: Values) -> Place:
        return actions.found_place(by=request.actor, icb=values.pop("host"), **values)

    return ask(
        request,
        PlaceForm(request.POST or None, hosts=boards, on=request.actor.on),
        act,
        _to_list,
        title="Record a place",
        lede="An area within one system, usually a council's. Partnerships, forums and delegations can be for it.",
        back=BACK,
        done="Recorded. It can now be chosen for arrangements, forums and delegations.",
    )


def _to_list(place: Place) -> HttpResponse:
    return redirect(f"{reverse('place-list')}?system={place.icb.code}")


def _own(request: HttpRequest, pk: int) -> Place:
    """The place, for who may keep it."""
    found = visible_or_404(request.actor, Place.objects.select_related("icb"), pk=pk)
    require(request.actor, P.FORUM_EDIT, found)
    return found


@require_http_methods(METHODS)
def place_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`/places/<id>/edit/`: correct its name, councils or first day."""
    found = _own(request, pk)

    def act(values: Values) -> Place:
        return actions.edit_place(by=request.actor, place=found, councils=values.pop("councils"), values=values)

    return ask(
        request,
        PlaceEditForm(request.POST or None, place=found, on=request.actor.on),
        act,
        _to_list,
        title="Correct the place",
        lede=f"{found.name}, {found.icb.name}. A correction holds for all its days. When its bounds or its board "
        "changed on a day, end it and carry it on as another place.",
        back=BACK,
        submit="Save corrections",
        done="Saved.",
    )


@require_http_methods(METHODS)
def place_end(request: HttpRequest, pk: int) -> HttpResponse:
    """`/places/<id>/end/`: its last day; says what still points to it."""
    found = _own(request, pk)
    left = queries.pointing_to(request.actor, found, request.actor.on)
    return ask(
        request,
        EndForm(request.POST or None),
        lambda values: actions.end_place(by=request.actor, place=found, last_day=values["last_day"]),
        _to_list,
        title="End the place",
        lede=f"{found.name}, {found.icb.name}",
        back=BACK,
        notes=["It stays in the register. After its last day nobody can decide for it, and another board may carry it "
               "on."],
        lists=[
            ("These arrangements are for it. They go on without a place unless they end, or another place is chosen:",
             [(row.name, reverse("arrangement", args=[row.pk])) for row in left.arrangements]),
            ("These forums meet for it:", [(row.name, reverse("forum", args=[row.pk])) for row in left.forums]),
            ("These delegations are limited to it, or to several places with it. They give no authority for it then:",
             [(f"{row.function.name}, from {row.from_organisation.label}: {row.instrument}",
               reverse("delegation", args=[row.pk])) for row in left.delegations]),
        ],
        done="Ended.",
    )  # fmt: skip


@require_safe
def place_trail(request: HttpRequest, pk: int) -> HttpResponse:
    """`/places/<id>/trail/`."""
    record = visible_or_404(request.actor, Place.objects.select_related("icb"), pk=pk)
    address = f"{reverse('place-list')}?system={record.icb.code}"
    return trail_page(request, record, record.name, address)
