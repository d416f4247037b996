"""What bodies of another day are now, followed through every merger, split and new name since; and which record of a
successor carries on which of its predecessor's."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from partnerships.models import Arrangement, Delegation, Forum, Organisation, Succession

from .naming import Named, columns_of


def bodies_now(bodies: Iterable[Organisation], today: date) -> dict[int, list[Named]]:
    """For each body that is no more, those that carry it on today; one query. Others are left out."""
    gone = [body.pk for body in bodies if body.closed is not None and body.closed < today]
    if not gone:
        return {}
    after: dict[int, dict[int, Named]] = {}
    closed: dict[int, date | None] = {}
    whole = Succession.objects.filter(kind__in=("merger", "split", "rename")).exclude(effective_on__gt=today)
    columns = ("predecessor_id", "successor__closed", *columns_of("successor"))
    for before, ends, *named in whole.order_by("successor__name", "pk").values_list(*columns):
        after.setdefault(before, {})[named[0]] = Named(*named)
        closed[named[0]] = ends
    found: dict[int, list[Named]] = {}
    for pk in gone:
        reached: dict[int, Named] = {}
        waiting, seen = [pk], {pk}
        while waiting:
            for number, body in after.get(waiting.pop(), {}).items():
                ends = closed[number]
                if ends is None or ends >= today:
                    reached[number] = body
                elif number not in seen:
                    seen.add(number)
                    waiting.append(number)
        found[pk] = list(reached.values())
    return found


# --- Records ------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """What a record carries on, and as what it goes on; each a forum, an arrangement or a delegation like itself."""

    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)


OWNERS: dict[type, str] = {Forum: "host", Arrangement: "host", Delegation: "from_organisation"}


def line_of(record: Forum | Arrangement | Delegation) -> Line:
    """A record in the line of those before and after it; at most one query, and none where it has neither."""
    column = "novates" if isinstance(record, Delegation) else "follows"
    before = getattr(record, f"{column}_id")
    over = record.status == Delegation.Status.ENDED if isinstance(record, Delegation) else record.ends is not None
    if before is None and not over:
        return Line()
    rows: Any = type(record)._default_manager.filter(Q(pk=before) | Q(**{column: record.pk}))
    if isinstance(record, Delegation):
        rows = rows.exclude(status__in=Delegation.NEVER_APPROVED)
    line = Line()
    for row in rows.select_related(OWNERS[type(record)]).order_by("starts", "pk"):
        row.owner = getattr(row, OWNERS[type(record)])
        (line.before if row.pk == before else line.after).append(row)
    return line
