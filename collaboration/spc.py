"""XmR charts by the rules of NHS England's Making Data Count, for single-period readings.

The points are judged as the NHS-R community's plot-the-dots package judges them (version 0.2.2, default options):

- centre: the mean; moving range: the absolute difference of successive values; its average is taken a second time
  without those at or above 3.267 times the first average; process limits: centre ± 2.66 times that average;
- a point is special cause for the first of these reasons: it lies outside the limits; it is one of seven successive
  points that all rise or all fall; it is near a limit (beyond two thirds of the way to it) and one of at least two
  near points among three successive ones on one side of the centre; it is one of seven successive points on one side.

Values are floats; sums are exactly rounded (`math.fsum`), and nothing else is rounded. Everything is computed from
the first value on; whether there are enough values to judge is the caller's decision (`ENOUGH_TO_JUDGE`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, isfinite
from typing import Literal

Improvement = Literal["up", "down"]
Variation = Literal["common", "improvement", "concern"]
Reason = Literal["", "outside_limits", "trend", "near_limit", "one_side"]

LIMIT = 2.66
SCREEN = 3.267
RUN = 7
ENOUGH_TO_JUDGE = 12
"""With fewer points a chart is drawn and not judged."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value with the chart's centre and limits, and how it is judged; `reason` is empty for common cause."""

    value: float
    mean: float
    lower: float
    upper: float
    variation: Variation
    reason: Reason


def analyse(values: Sequence[float], improvement: Improvement = "up") -> list[Point]:
    """Every value judged. `improvement`: whether higher (`up`) or lower (`down`) is better. The summary is the last.

    Raises ValueError for values that are not finite, and for another direction.
    """
    if improvement not in ("up", "down"):
        raise ValueError(f"improvement must be up or down, not {improvement!r}")
    series = [float(value) for value in values]
    if not all(isfinite(value) for value in series):
        raise ValueError("values must be finite")
    if not series:
        return []
    mean = fsum(series) / len(series)
    reach = LIMIT * average_moving_range(series)
    lower, upper = mean - reach, mean + reach
    better = 1 if improvement == "up" else -1
    points = []
    for value, (reason, side) in zip(series, judge(series, mean, lower, upper), strict=True):
        variation: Variation = "common" if not reason else "improvement" if side == better else "concern"
        points.append(Point(value, mean, lower, upper, variation, reason))
    return points


def average_moving_range(series: Sequence[float]) -> float:
    """The mean of the absolute successive differences, screened once for outliers; 0 when nothing is left of it."""
    ranges = [abs(later - earlier) for earlier, later in pairwise(series)]
    if not ranges:
        return 0.0
    ceiling = SCREEN * (fsum(ranges) / len(ranges))
    kept = [each for each in ranges if each < ceiling]
    return fsum(kept) / len(kept) if kept else 0.0


def judge(series: Sequence[float], mean: float, lower: float, upper: float) -> list[tuple[Reason, int]]:
    """The reason why each point is special cause, and its side (or the direction of its trend): 1 up, -1 down."""
    sides = [sign(value - mean) for value in series]
    outside = [value < lower or value > upper for value in series]
    near_low, near_high = mean - 2 * (mean - lower) / 3, mean + 2 * (upper - mean) / 3
    near = [not out and (value < near_low or value > near_high) for value, out in zip(series, outside, strict=True)]
    steps = [sign(later - earlier) for earlier, later in pairwise(series)]
    trending = in_runs(len(series), RUN, lambda start: one_sign(steps[start : start + RUN - 1]))
    paired = in_runs(
        len(series), 3, lambda start: one_sign(sides[start : start + 3]) and sum(near[start : start + 3]) > 1
    )
    aside = in_runs(len(series), RUN, lambda start: one_sign(sides[start : start + RUN]))
    found: list[tuple[Reason, int]] = []
    for place, side in enumerate(sides):
        if outside[place]:
            found.append(("outside_limits", side))
        elif trending[place]:
            found.append(("trend", direction(place, trending, steps)))
        elif paired[place] and near[place]:
            found.append(("near_limit", side))
        elif aside[place]:
            found.append(("one_side", side))
        else:
            found.append(("", 0))
    return found


def in_runs(count: int, length: int, holds: Callable[[int], bool]) -> list[bool]:
    """Which points lie in a run of `length` points, of those that hold by their first point."""
    marked = [False] * count
    for start in range(count - length + 1):
        if holds(start):
            marked[start : start + length] = [True] * length
    return marked


def direction(place: int, trending: Sequence[bool], steps: Sequence[int]) -> int:
    """Up or down, by the step to the next point while the trend goes on, else by the step to this one.

    A point at which a rise turns into a fall thus counts as falling, as the package has it.
    """
    goes_on = place + 1 < len(trending) and trending[place + 1]
    return 1 if steps[place if goes_on else place - 1] > 0 else -1


def one_sign(signs: Sequence[int]) -> bool:
    """Whether all are above zero, or all below."""
    return all(each > 0 for each in signs) or all(each < 0 for each in signs)


def sign(value: float) -> int:
    """1, 0 or -1."""
    return (value > 0) - (value < 0)
