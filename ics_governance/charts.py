"""Where things stand in a chart: scales, ticks, labels that do not overlap. Pure; the drawing is in
`templates/jinja/components/charts.html`. Each chart is laid out twice, for wide (530) and narrow (350) screens, so that
its text keeps its size on a phone instead of shrinking with the picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from .wording import MONTHS, number


@dataclass(frozen=True)
class Reading:
    """One period's value: a month or a quarter, by its first day. `value` None draws a gap.

    `state` is common, improvement or concern, `reason` why in words ("outside the limits"); rolling scores carry their
    interval in `low` and `high`.
    """

    on: date
    value: float | None
    state: str = "common"
    reason: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def month(self) -> str:
        return f"{MONTHS[self.on.month - 1][:3]} {self.on.year}"


@dataclass(frozen=True)
class Level:
    """A horizontal line over the plot with its label at the right."""

    y: float
    label_y: float
    words: tuple[str, str]
    kind: str  # centre, limit, threshold or score


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    reading: Reading


@dataclass
class Chart:
    narrow: bool
    top_value: float = 100
    bottom_value: float = 0
    points: list[Point] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # polylines, broken where a period has no value
    bands: list[str] = field(default_factory=list)  # polygons of the interval, broken where a period has none
    levels: list[Level] = field(default_factory=list)
    x_ticks: list[tuple[float, str, str]] = field(default_factory=list)  # x, month, year or ""
    limits: tuple[float, float] | None = None  # top and bottom of the shaded space between the process limits
    note: tuple[float, float, str] | None = None  # x, y, text beside the last point
    marks: list[tuple[float, str]] = field(default_factory=list)  # x and text of a day on which something changed

    def __post_init__(self) -> None:
        box = (350, 240, 30, 268, 12, 200) if self.narrow else (530, 272, 36, 400, 14, 228)
        self.width, self.height, self.left, self.right, self.top, self.bottom = box

    def y(self, value: float) -> float:
        inside = min(max(value, self.bottom_value), self.top_value)
        share = (inside - self.bottom_value) / (self.top_value - self.bottom_value)
        return round(self.bottom - share * (self.bottom - self.top), 1)

    def x(self, index: int, count: int) -> float:
        span = self.right - self.left - 16
        return round(self.left + 8 + (span * index / (count - 1) if count > 1 else span / 2), 1)

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        step = (self.top_value - self.bottom_value) / 4
        return [(self.y(value), f"{value:g}") for value in (self.bottom_value + step * i for i in range(5))]


def xmr(readings: Sequence[Reading], centre: float, lower: float, upper: float, *, narrow: bool = False) -> Chart:
    """Single-period readings with their mean and process limits."""
    chart = _with_points(Chart(narrow), readings)
    chart.limits = (chart.y(upper), chart.y(lower))
    wanted = [
        (upper, ("Upper", f"limit {number(upper)}"), "limit"),
        (centre, ("Mean", number(centre)), "centre"),
        (lower, ("Lower", f"limit {number(lower)}"), "limit"),
    ]
    chart.levels = _levels(chart, wanted)
    chart.note = _note(chart, centre)
    return chart


def rolling(
    readings: Sequence[Reading],
    thresholds: Sequence[tuple[float, str]] = ((75, "strong"), (50, "developing")),
    *,
    narrow: bool = False,
    marks: Sequence[tuple[date, str]] = (),
) -> Chart:
    """A rolling score: plain line and interval, thresholds of the bands; never process limits.

    `marks` are days on which something changed, such as a merger: an upright line before the first period after it.
    """
    chart = _with_points(Chart(narrow), readings)
    chart.marks = [(_place(chart, readings, on), text) for on, text in marks]
    chart.bands = _bands(chart, readings)
    wanted = [(value, (word, f"from {value:g}"), "threshold") for value, word in thresholds]
    if chart.points:
        last = chart.points[-1].reading
        interval = "" if last.low is None else f"({number(last.low)} to {number(last.high)})"
        wanted.append((last.value or 0, (number(last.value), interval), "score"))
    chart.levels = _levels(chart, wanted)
    return chart


def _place(chart: Chart, readings: Sequence[Reading], on: date) -> float:
    """Between the last period before a day and the first after it."""
    before = sum(reading.on < on for reading in readings)
    if before in (0, len(readings)):
        return chart.left + 2 if not before else chart.right - 2
    return round((chart.x(before - 1, len(readings)) + chart.x(before, len(readings))) / 2, 1)


def unjudged(readings: Sequence[Reading], *, narrow: bool = False) -> Chart:
    """Single-period readings that are too few to judge: a plain line, without mean or limits."""
    return _with_points(Chart(narrow), readings)


def _bands(chart: Chart, readings: Sequence[Reading]) -> list[str]:
    """The interval as one polygon for each stretch of two or more periods that have it."""
    found: list[str] = []
    upper: list[str] = []
    under: list[str] = []
    for i, reading in enumerate([*readings, None]):
        if reading is not None and reading.low is not None and reading.high is not None:
            x = chart.x(i, len(readings))
            upper.append(f"{x},{chart.y(reading.high)}")
            under.append(f"{x},{chart.y(reading.low)}")
            continue
        if len(upper) > 1:
            found.append(" ".join(upper + under[::-1]))
        upper, under = [], []
    return found


def clock(used: int, total: int, pauses: Iterable[tuple[int, int]] = ()) -> list[tuple[float, float, str]]:
    """One block per working day on a bar 420 wide: (x, width, used | left | over | paused).

    `pauses` are (after which day, how many days).
    """
    blocks = ["used" if i < min(used, total) else "over" if i < used else "left" for i in range(max(used, total))]
    for after, days in sorted(pauses, reverse=True):
        blocks[after:after] = ["paused"] * days
    step = 420 / max(len(blocks), 1)
    gap = 2 if len(blocks) < 45 else 1.2
    return [(round(i * step + 0.5, 1), round(max(step - gap, 0.5), 1), kind) for i, kind in enumerate(blocks)]


def _with_points(chart: Chart, readings: Sequence[Reading]) -> Chart:
    count = len(readings)
    line: list[str] = []
    for i, reading in enumerate(readings):
        if reading.value is None:
            chart.lines.append(" ".join(line))
            line = []
            continue
        point = Point(chart.x(i, count), chart.y(reading.value), reading)
        chart.points.append(point)
        line.append(f"{point.x},{point.y}")
    chart.lines = [each for each in [*chart.lines, " ".join(line)] if " " in each]
    chart.x_ticks = _ticks(chart, readings)
    return chart


def _ticks(chart: Chart, readings: Sequence[Reading]) -> list[tuple[float, str, str]]:
    """First and last period, and the quarters between that have room; the year under the first of each year."""
    if not readings:
        return []
    count = len(readings)
    quarters = (1, 7) if chart.narrow and count > 20 else (1, 4, 7, 10)
    ends = (chart.x(0, count), chart.x(count - 1, count))
    shown = []
    for i, reading in enumerate(readings):
        x = chart.x(i, count)
        between = reading.on.month in quarters and x - ends[0] >= 34 and ends[1] - x >= 34
        if i in (0, count - 1) or between:
            shown.append((x, reading))
    years: set[int] = set()
    ticks = []
    for x, reading in shown:
        year = "" if reading.on.year in years else str(reading.on.year)
        years.add(reading.on.year)
        ticks.append((x, MONTHS[reading.on.month - 1][:3], year))
    return ticks


def _levels(chart: Chart, wanted: list[tuple[float, tuple[str, str], str]]) -> list[Level]:
    """Labels are moved apart until none covers another; the lines stay where they are."""
    gap = 30 if chart.narrow else 16
    placed = sorted(wanted, key=lambda level: -level[0])
    spots = [chart.y(value) for value, _, _ in placed]
    for i in range(1, len(spots)):
        spots[i] = max(spots[i], spots[i - 1] + gap)
    limit: float = chart.bottom + 4
    for i in range(len(spots) - 1, -1, -1):
        spots[i] = round(min(spots[i], limit), 1)
        limit = spots[i] - gap
    return [Level(chart.y(value), spot, words, kind) for (value, words, kind), spot in zip(placed, spots, strict=True)]


def _note(chart: Chart, centre: float) -> tuple[float, float, str] | None:
    if not chart.points or chart.points[-1].reading.state == "common":
        return None
    last = chart.points[-1]
    text = f"{MONTHS[last.reading.on.month - 1]} {number(last.reading.value)}: {last.reading.reason}"
    below = last.y + 22 < chart.bottom - 4 and (last.reading.value or 0) < centre
    return last.x + 6, last.y + 22 if below else last.y - 12, text
