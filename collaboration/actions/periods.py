"""Writes of single months and quarters, computed from the register for all bodies at once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from collaboration import indicators, spc
from collaboration.assessment import NOTHING, reading_of
from collaboration.framework import Framework as Content
from collaboration.indicators import REGISTRY, Count, Window
from collaboration.models import Framework, PeriodReading
from collaboration.queries.periods import MONTHS
from collaboration.queries.profiles import content_of
from collaboration.scoring import Source, single_period
from ics_governance.context import system

Key = tuple[int, str, date, date]


def complete_months(as_of: date) -> list[Window]:
    """The last two years of whole months up to a day, oldest first."""
    end = as_of if (as_of + timedelta(days=1)).day == 1 else as_of.replace(day=1) - timedelta(days=1)
    found = []
    for _ in range(MONTHS):
        found.append(Window(end.replace(day=1), end))
        end = end.replace(day=1) - timedelta(days=1)
    return found[::-1]


def complete_quarters(months: Iterable[Window]) -> list[Window]:
    """The calendar quarters that lie wholly in these months."""
    first = {month.since: month for month in months}
    found = []
    for since in first:
        last = first.get(date(since.year, since.month + 2, 1)) if since.month in (1, 4, 7, 10) else None
        if last:
            found.append(Window(since, last.until))
    return found


def write_periods(framework: Framework, as_of: date, bodies: Iterable[int]) -> int:
    """Bring the single periods of bodies up to date; only what changed is written. Returns how many rows did.

    A characteristic is read by months when at least twelve of the 24 have enough records, else by quarters.
    """
    bodies, months = list(bodies), complete_months(as_of)
    quarters = complete_quarters(months)
    found = _points(content_of(framework), [*months, *quarters], bodies)
    wanted: dict[Key, Decimal] = {}
    for (body, code), points in found.items():
        monthly = {period: value for period, value in points.items() if period in months}
        chosen = monthly if len(monthly) >= spc.ENOUGH_TO_JUDGE else {p: v for p, v in points.items() if p in quarters}
        wanted |= {(body, code, period.since, period.until): value for period, value in chosen.items()}
    return _store(framework, months[0].since, months[-1].until, bodies, wanted)


def _points(content: Content, periods: list[Window], bodies: list[int]) -> dict[tuple[int, str], dict[Window, Decimal]]:
    """What each period shows by itself, by body and characteristic; one statement for each indicator.

    A third of the records that twelve months need are enough for a period: with fewer, one record decides it.
    """
    observed = [each for each in content.registered if each.code in REGISTRY and each.source == Source.OBSERVED]
    counts: dict[tuple[int, Window], dict[str, Count]] = {}
    with system("read single months"):
        for each in observed:
            for key, count in indicators.count_by_period(each.code, periods, bodies).items():
                counts.setdefault(key, {})[each.code] = count
    short = [replace(each, minimum=ceil(each.minimum / 3)) for each in observed]
    found: dict[tuple[int, str], dict[Window, Decimal]] = {}
    for (body, period), mine in counts.items():
        for one in content.characteristics:
            readings = [
                reading_of(each, mine.get(each.code, NOTHING)) for each in short if each.characteristic == one.code
            ]
            points = single_period(readings, content.coverage_threshold)
            if points is not None:
                found.setdefault((body, one.code), {})[period] = points
    return found


def _store(framework: Framework, since: date, until: date, bodies: list[int], wanted: Mapping[Key, Decimal]) -> int:
    stored = PeriodReading.objects.filter(framework=framework, subject__in=bodies, starts__gte=since, ends__lte=until)
    kept = {
        tuple(row[1:5]): (row[0], row[5])
        for row in stored.values_list("pk", "subject", "code", "starts", "ends", "points")
    }
    changed = {key: points for key, points in wanted.items() if key not in kept or kept[key][1] != points}
    gone = [pk for key, (pk, _) in kept.items() if key not in wanted]
    PeriodReading.objects.filter(pk__in=gone).delete()
    PeriodReading.objects.bulk_create(
        [
            PeriodReading(subject_id=body, framework=framework, code=code, starts=starts, ends=ends, points=points)
            for (body, code, starts, ends), points in changed.items()
        ],
        update_conflicts=True,
        unique_fields=["subject", "framework", "code", "starts", "ends"],
        update_fields=["points"],
        batch_size=10_000,
    )
    return len(changed) + len(gone)
