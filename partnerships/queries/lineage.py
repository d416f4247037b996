"""What bodies of another day are now: followed through every merger, split and new name since."""

from collections.abc import Iterable
from datetime import date

from partnerships.models import Organisation, Succession

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
