"""What an arrangement or a forum names lies near its host: in the host's systems, and there on the day that counts.

Pages offer nothing else; the API and an old page may ask for more. What is recorded already is not looked at again: a
host may have moved to another system since.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from ics_governance.wording import day as in_words
from ics_governance.workflow import Reason
from partnerships.models import Arrangement, Forum, Organisation, Place
from partnerships.queries import arrangements, forums, places


def day_that_counts(starts: date | None, today: date) -> date:
    """Today; for what has not begun its first day."""
    return max(starts, today) if starts else today


def places_are_near(
    host: Organisation, wanted: Iterable[Place | None], kept: Collection[int], day: date, field: str
) -> list[Reason]:
    """Places of the host's systems that are there on the day."""
    new = [place for place in wanted if place is not None and place.pk not in kept]
    near = _ids(places.places_near([host.pk], day)) if new else set()
    return [reason for place in new for reason in _lies_near(place, near, host, day, field)]


def arrangement_is_near(forum: Forum, wanted: Arrangement | None, kept: int | None, day: date) -> list[Reason]:
    """The arrangement of a forum is its host's, of the host's systems, or one in which the host takes part."""
    if wanted is None or wanted.pk == kept:
        return []
    hosts = [forum.host_id]
    near = _ids(forums.arrangements_near(hosts, forums.bodies_near(hosts, day), day))
    return _lies_near(wanted, near, forum.host, day, "arrangement")


def forum_above_is_near(forum: Forum, wanted: Forum | None, kept: int | None, day: date) -> list[Reason]:
    """A forum reports to one of its host or of a body of the host's systems."""
    if wanted is None or wanted.pk == kept:
        return []
    bodies = forums.bodies_near([forum.host_id], day)
    near = _ids(Forum.objects.on(day).filter(pk=wanted.pk, host__in=bodies))
    return _lies_near(wanted, near, forum.host, day, "reports_to")


def line_is_near(
    arrangement: Arrangement, above: Arrangement | None, body: Organisation | None, day: date
) -> list[Reason]:  # fmt: skip
    """An arrangement reports to another one of its system, or to the board of a body that it has to do with."""
    if above is not None:
        near = _ids(arrangements.may_report_to(arrangement, day)) | {arrangement.pk}
        return _lies_near(above, near, arrangement.host, day, "to_arrangement")
    if body is None or body.pk in _ids(arrangements.boards_near(arrangement, day)):
        return []
    text = (
        f"{body.name} has nothing to do with {arrangement.name}: choose the board of its host, of a body that takes "
        "part, or of its system"
    )
    return [Reason(text, "to_organisation")]


def _ids(rows: Any) -> set[int]:
    return set(rows.values_list("pk", flat=True))


def _lies_near(wanted: Any, near: Collection[int], host: Organisation, day: date, field: str) -> list[Reason]:
    if wanted.pk in near:
        return []
    if wanted.ends is not None and wanted.ends < day:
        return [Reason(f"{wanted.name} ended on {in_words(wanted.ends)}", field)]
    if wanted.starts is not None and wanted.starts > day:
        return [Reason(f"{wanted.name} begins on {in_words(wanted.starts)}", field)]
    return [Reason(f"{wanted.name} lies outside the systems of {host.name}", field)]
