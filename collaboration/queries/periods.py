"""Single months and quarters: what the XmR chart judges, which is never the rolling score."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from collaboration import spc
from collaboration.indicators import Window
from collaboration.models import PeriodReading
from ics_governance.charts import Reading

from .profiles import FRAMEWORK

MONTHS = 24
NOT_JUDGED = "not_judged"
REASONS = {
    "outside_limits": "outside the limits",
    "trend": "one of seven that rise or fall",
    "near_limit": "one of two near a limit",
    "one_side": "one of seven on one side of the mean",
}


@dataclass(frozen=True)
class Period:
    """A month or a quarter with what it shows by itself."""

    starts: date
    ends: date
    points: float

    @property
    def months(self) -> int:
        """1 or 3."""
        return (self.ends.year - self.starts.year) * 12 + self.ends.month - self.starts.month + 1


@dataclass(frozen=True)
class Series:
    """The single periods of one characteristic of one body, oldest first, and how they are judged."""

    periods: tuple[Period, ...]

    @cached_property
    def points(self) -> list[spc.Point]:
        """Each period judged against all of them."""
        return spc.analyse([period.points for period in self.periods])

    @property
    def judged(self) -> bool:
        """Whether there are enough of them to judge any."""
        return len(self.periods) >= spc.ENOUGH_TO_JUDGE

    @property
    def quarterly(self) -> bool:
        """Whether the periods are quarters."""
        return bool(self.periods) and self.periods[0].months > 1

    @cached_property
    def readings(self) -> list[Reading]:
        """The periods as a chart draws them; those without enough records are gaps."""
        known = dict(zip((period.starts for period in self.periods), self.points, strict=True))
        found, starts = [], self.periods[0].starts
        while starts <= self.periods[-1].starts:
            point = known.get(starts)
            if point is None:
                found.append(Reading(starts, None))
            else:
                state = point.variation if self.judged else "common"
                found.append(Reading(starts, point.value, state, REASONS.get(point.reason, "") if self.judged else ""))
            starts = Window.months(-self.periods[0].months, starts - timedelta(days=1)).since
        return found

    @property
    def variation(self) -> str:
        """What the last period shows: improvement, concern, common, or not judged."""
        return self.points[-1].variation if self.judged else NOT_JUDGED

    @property
    def icon(self) -> str:
        """The same as the icons name it."""
        return self.variation if self.judged else "none"


def series_of(bodies: Iterable[int], on: date) -> dict[tuple[int, str], Series]:
    """The single periods of the two years to a day, by body and characteristic; one query for any number of bodies."""
    first = date(on.year - MONTHS // 12, on.month, 1)
    rows = PeriodReading.objects.filter(
        subject__in=list(bodies), framework__code=FRAMEWORK, framework__current=True, starts__gte=first, ends__lte=on
    )
    return _series(rows.order_by("starts").values_list("subject", "code", "starts", "ends", "points"))


def series_in(subject: int, rows: Iterable[Mapping[str, Any]], on: date) -> dict[str, Series]:
    """The same of one body, from its single periods as JSON."""
    plain = [
        (subject, row["code"], date.fromisoformat(row["starts"]), date.fromisoformat(row["ends"]), row["points"])
        for row in rows
    ]
    first = date(on.year - MONTHS // 12, on.month, 1)
    found = _series(row for row in plain if first <= row[2] <= row[3] <= on)
    return {code: series for (_, code), series in found.items()}


def _series(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[int, str], Series]:
    found: dict[tuple[int, str], list[Period]] = {}
    for subject, code, *values in rows:
        found.setdefault((subject, code), []).append(Period(values[0], values[1], float(values[2])))
    return {key: Series(tuple(periods)) for key, periods in found.items()}


def variation_of(bodies: Iterable[int], on: date) -> Mapping[tuple[int, str], str]:
    """How the newest single period of each body and characteristic is judged: improvement, concern, common, not_judged.

    What has no reading at all is absent. One query.
    """
    return {key: series.variation for key, series in series_of(bodies, on).items()}
