"""Writes about places: record, correct and end one. A place lies in one live integrated care board."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from ics_governance.actions import change, locked
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships import place_guards as guards
from partnerships.access import P, require
from partnerships.day_guards import ends_after_start, may_end
from partnerships.models import Kind, Organisation, Place
from partnerships.queries import places as queries

from .organisations import take_turns
from .sets import change_with_sets, record_with_sets

FIELDS = ("name", "icb", "starts", "ends", "follows")


@transaction.atomic
def found_place(
    *, by: Actor, icb: Organisation, name: str, starts: date, councils: Iterable[Organisation] = (),
    follows: Place | None = None,
) -> Place:  # fmt: skip
    """Record a place of a board from a day on; `follows` is the same area before, which has ended."""
    if not by.system and icb.pk not in by.organisations(P.FORUM_EDIT, "host"):
        raise Refused(P.FORUM_EDIT)
    take_turns()
    bodies = list(councils)
    reasons = [] if icb.kind == Kind.ICB else [Reason("A place lies in an integrated care board: choose one", "host")]
    if follows is not None:
        reasons += guards.carries_on(follows.name, follows.ends, starts)
    made = Place(icb=icb, name=_plain(name), starts=starts, follows=follows)
    _refuse([*reasons, *_of_the_day(made), *_reasons(made, bodies, bodies)])
    made.save()
    return record_with_sets(
        made, "place.recorded", FIELDS, {"councils": bodies}, by=by, organisation_id=icb.pk
    )  # fmt: skip


@transaction.atomic
def edit_place(*, by: Actor, place: Place, values: Mapping[str, Any], councils: Iterable[Organisation]) -> Place:
    """Correct the name, the councils or the first day of a place; `values` are name and starts."""
    require(by, P.FORUM_EDIT, place)
    take_turns()
    current = locked(place)
    bodies = list(councils)
    moved = values["starts"] != current.starts
    kept = set() if moved else set(current.councils.values_list("pk", flat=True))
    changes = {"name": _plain(values["name"]), "starts": values["starts"]}
    wanted = Place(pk=current.pk, icb=current.icb, ends=current.ends, **changes)
    _refuse([
        *ends_after_start(wanted.starts, wanted.ends, "starts"),
        *(_of_the_day(wanted) if moved else []),
        *_reasons(wanted, bodies, [body for body in bodies if body.pk not in kept]),
    ])  # fmt: skip
    return change_with_sets(
        current, "place.changed", by=by, organisation_id=current.icb_id, changes=changes, sets={"councils": bodies}
    )


@transaction.atomic
def end_place(*, by: Actor, place: Place, last_day: date) -> Place:
    """End a place. What names it stays as it is: arrangements, forums and delegations are settled each by itself."""
    require(by, P.FORUM_EDIT, place)
    current = locked(place)
    if current.ends is not None and current.ends < by.on:
        raise GuardFailed([Reason("It has ended already", "last_day")])
    _refuse(may_end(current.starts, current.ends, last_day))
    return change(current, "place.ended", by=by, organisation_id=current.icb_id, changes={"ends": last_day})


def _plain(name: str) -> str:
    return " ".join(name.split())


def _refuse(reasons: list[Reason]) -> None:
    if reasons:
        raise GuardFailed(reasons)


def _of_the_day(place: Place) -> list[Reason]:
    """What speaks against a first day."""
    assert place.starts is not None
    return guards.board_is_there(place.icb.name, place.icb.opened, place.icb.closed, place.starts)


def _reasons(place: Place, councils: Collection[Organisation], new: Collection[Organisation]) -> list[Reason]:
    """What speaks against a place as it would be; `new`: those of its councils whose system is looked up."""
    board, day = place.icb, place.starts
    assert day is not None
    ids = {body.pk for body in councils}
    at_home = set(queries.councils_of([board.pk], day).values_list("pk", flat=True)) if new else set()
    outside = [body.name for body in new if body.pk not in at_home]
    wanted = queries.area(place.name, board, ids, day, place.ends)
    near = queries.areas_near(place.name, ids, place.pk)
    names = {body.pk: body.name for body in councils}
    return [
        *guards.councils_belong(outside, board.name, queries.known_day(day)),
        *guards.has_a_name_of_its_own(wanted, near),
        *guards.in_one_board(wanted, near, queries.in_several(ids, day) if ids else frozenset(), names),
    ]
