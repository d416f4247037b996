"""From counted records to one characteristic's score: points, interval, coverage, band, and what each part adds.

Pure and exact: shares, points, weights and sums are fractions (`fractions.Fraction`); only Wilson's square root is
rounded, to 50 significant digits, by `decimal`. So equal inputs give equal bytes on every machine. What is published
is rounded once, at the end, half up: points, scores and bounds to one decimal, weights to four, coverage to three.
Two roundings are made to add up, by giving the last digits to the largest remainders: what the indicators *add* gives
the score as shown, and their weights give 1. Bands are judged on the numbers as shown.

Weights, bands and thresholds are data of the framework; the defaults here are those of the 2022 framework.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache

ENGINE = "1"
"""Version of this arithmetic, kept with every profile."""

Number = int | float | Decimal | Fraction

DIGITS = Context(prec=50)
TENTH, THOUSANDTH, TEN_THOUSANDTH = Decimal("0.1"), Decimal("0.001"), Decimal("0.0001")
NO_EVIDENCE = "not_enough_evidence"
UNCERTAIN = "_uncertain"


class Source(StrEnum):
    """Who says so."""

    OBSERVED = "observed"
    PARTNER = "partner"
    SELF = "self"


class State(StrEnum):
    """Whether an indicator could be measured."""

    MEASURED = "measured"
    NOT_APPLICABLE = "not_applicable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Band:
    """A range of scores, reached at `lower`."""

    code: str
    lower: Number


WEIGHTS: Mapping[str, Number] = {Source.OBSERVED: 0.5, Source.PARTNER: 0.3, Source.SELF: 0.2}
BANDS = (Band("strong", 75), Band("developing", 50), Band("of_concern", 0))
ENOUGH = Fraction(1, 2)
MOST_SELF = Fraction(1, 5)
FLAGGED_BEYOND = 25


@lru_cache(maxsize=4096, typed=True)  # floors, targets and weights come again for every subject
def exactly(number: Number) -> Fraction:
    """The number as it is written: 0.3 is three tenths, whatever a float makes of it."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def shown(value: Fraction, step: Decimal = TENTH) -> Decimal:
    """A value rounded half up to a step (one decimal); all values here are zero or more."""
    digits = DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))
    return digits.quantize(step, ROUND_HALF_UP)


# Points and intervals -------------------------------------------------------------------------------------------------


def wilson(numerator: Number, denominator: Number, z: Number = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a proportion (95 % for the default z); (0, 1) when nothing was counted.

    Numerators need not be whole: a late action that was told in time counts a half. Raises ValueError for a
    numerator below 0 or above the denominator.
    """
    low, high = _wilson(exactly(numerator), exactly(denominator), exactly(z))
    return float(low), float(high)


def _wilson(numerator: Fraction, denominator: Fraction, z: Fraction) -> tuple[Fraction, Fraction]:
    if not 0 <= numerator <= denominator:
        raise ValueError(f"{numerator} of {denominator} is not a proportion")
    if denominator == 0:
        return Fraction(0), Fraction(1)
    p, n = numerator / denominator, denominator
    centre = p + z * z / (2 * n)
    reach = z * _root(p * (1 - p) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return max((centre - reach) / whole, Fraction(0)), min((centre + reach) / whole, Fraction(1))


def _root(value: Fraction) -> Fraction:
    digits = DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Fraction(DIGITS.sqrt(digits))


def points(p: Number, floor: Number, target: Number) -> float:
    """0 to 100: where a share lies between the floor and the target (a floor above the target: lower is better).

    Raises ValueError when floor and target are the same.
    """
    return float(_points(exactly(p), exactly(floor), exactly(target)))


def _points(p: Fraction, floor: Fraction, target: Fraction) -> Fraction:
    if floor == target:
        raise ValueError("floor and target must differ")
    return 100 * min(max((p - floor) / (target - floor), Fraction(0)), Fraction(1))


# Readings -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """One indicator of one subject: what was counted, and how it is to be read.

    `weight` is within its source. `size` is what counts towards `minimum` (None: the denominator). `unrecorded`:
    records that should exist and lack what would be counted. Not a `proportion`: its interval is its point.
    """

    indicator: str
    source: Source
    numerator: Number
    denominator: Number
    floor: Number
    target: Number
    weight: Number = 1
    minimum: Number = 0
    size: Number | None = None
    unrecorded: int = 0
    proportion: bool = True

    @property
    def state(self) -> State:
        """Measured from the minimum on; not applicable when nothing of the kind existed; else missing.

        Too few records to measure is missing too: something of the kind existed, so the indicator applies.
        """
        size = self.denominator if self.size is None else self.size
        if self.denominator > 0 and exactly(size) >= exactly(self.minimum):
            return State.MEASURED
        return State.MISSING if self.denominator > 0 or size > 0 or self.unrecorded else State.NOT_APPLICABLE

    @property
    def too_few(self) -> bool:
        """Whether it is missing only because there were fewer records than the minimum."""
        return self.state is State.MISSING and self.denominator > 0

    @cached_property
    def share(self) -> Fraction:
        """Numerator by denominator."""
        return exactly(self.numerator) / exactly(self.denominator)

    @cached_property
    def points(self) -> Fraction:
        """Its points, exactly."""
        return _points(self.share, exactly(self.floor), exactly(self.target))

    @cached_property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """Its interval in points, lower bound first."""
        if not self.proportion:
            return self.points, self.points
        ends = _wilson(exactly(self.numerator), exactly(self.denominator), exactly(1.96))
        low, high = sorted(_points(end, exactly(self.floor), exactly(self.target)) for end in ends)
        return low, high


# One characteristic ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one indicator has to do with a score. Not measured: no points, no weight, nothing added."""

    indicator: str
    source: Source
    state: State
    points: Decimal | None
    low: Decimal | None
    high: Decimal | None
    weight: Decimal
    adds: Decimal | None


@dataclass(frozen=True, slots=True)
class SourceScore:
    """One source: its own score, and the weight it has in the characteristic."""

    source: Source
    score: Decimal
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Score:
    """One characteristic of one subject.

    `score`, `low` and `high` are None without enough evidence, and nothing is added then. `coverage`: the share of
    the applicable observed weight that was measured (0 when nothing applied). `difference`: the self-assessment less
    the mean of the other sources; `flagged` beyond 25 either way.
    """

    score: Decimal | None
    low: Decimal | None
    high: Decimal | None
    band: str
    coverage: Decimal
    sources: tuple[SourceScore, ...]
    contributions: tuple[Contribution, ...]
    difference: Decimal | None
    flagged: bool

    @property
    def enough(self) -> bool:
        """Whether there is enough evidence for a number."""
        return self.score is not None


def characteristic(
    readings: Iterable[Reading],
    *,
    source_weights: Mapping[str, Number] = WEIGHTS,
    bands: Sequence[Band] = BANDS,
    enough: Number = ENOUGH,
) -> Score:
    """The score of one characteristic from its readings, whatever their order.

    Raises ValueError for two readings of one indicator.
    """
    every = sorted(readings, key=lambda reading: reading.indicator)
    if len({reading.indicator for reading in every}) < len(every):
        raise ValueError("an indicator was read twice")
    measured = [reading for reading in every if reading.state is State.MEASURED]
    shares = weights_of({reading.source for reading in measured}, source_weights)
    covered = _coverage(every)
    counts = bool(shares) and covered is not None and covered >= exactly(enough)
    parts = {reading.indicator: weight for reading, weight in weighted(measured, shares)} if counts else {}
    score = sum((parts[each.indicator] * each.points for each in measured), Fraction(0)) if counts else None
    ends = _interval(measured, parts) if counts else (None, None)
    total = None if score is None else shown(score)
    low, high = (None if end is None else shown(end) for end in ends)
    sources = by_source(measured)
    difference, flagged = difference_of(sources)
    return Score(
        score=total,
        low=low,
        high=high,
        band=NO_EVIDENCE if total is None or high is None else band_of(total, high, bands),
        coverage=shown(covered or Fraction(0), THOUSANDTH),
        sources=tuple(
            SourceScore(
                source, shown(value), shown(shares.get(source, Fraction(0)) if counts else Fraction(0), TEN_THOUSANDTH)
            )
            for source, value in sources.items()
        ),
        contributions=_contributions(every, parts),
        difference=difference,
        flagged=flagged,
    )


def weights_of(present: Iterable[Source], source_weights: Mapping[str, Number] = WEIGHTS) -> dict[Source, Fraction]:
    """The weights of the sources that have evidence; they add up to 1. Empty without an observed source.

    A missing partner source passes its weight to observed. What a missing self-assessment would have weighed is
    shared among the others in proportion. Self never weighs more than a fifth: what is above goes to the others.
    """
    found = set(present)
    if Source.OBSERVED not in found:
        return {}
    raw = {source: exactly(source_weights[source]) for source in Source}
    if Source.PARTNER not in found:
        raw[Source.OBSERVED] += raw.pop(Source.PARTNER)
    total = sum(weight for source, weight in raw.items() if source in found)
    shares = {source: weight / total for source, weight in raw.items() if source in found}
    if shares.get(Source.SELF, Fraction(0)) > MOST_SELF:
        rest = 1 - shares[Source.SELF]
        shares = {source: weight * (1 - MOST_SELF) / rest for source, weight in shares.items()}
        shares[Source.SELF] = MOST_SELF
    return shares


def coverage(readings: Iterable[Reading]) -> Decimal | None:
    """The share of the applicable observed weight that was measured; None when nothing applied.

    For a characteristic, or for one expected behaviour with the readings that speak to it.
    """
    found = _coverage(readings)
    return None if found is None else shown(found, THOUSANDTH)


def _coverage(readings: Iterable[Reading]) -> Fraction | None:
    observed = [each for each in readings if each.source is Source.OBSERVED]
    applicable = sum((exactly(each.weight) for each in observed if each.state is not State.NOT_APPLICABLE), Fraction(0))
    measured = sum((exactly(each.weight) for each in observed if each.state is State.MEASURED), Fraction(0))
    return measured / applicable if applicable else None


def band_of(score: Decimal, high: Decimal, bands: Sequence[Band] = BANDS) -> str:
    """The band of a score as shown. The lowest is given only when the upper bound lies under the band above it;
    else it reads as the band above, uncertain."""
    ranked = sorted(bands, key=lambda band: exactly(band.lower), reverse=True)
    found = next((place for place, band in enumerate(ranked) if exactly(score) >= exactly(band.lower)), len(ranked) - 1)
    if found and found == len(ranked) - 1 and exactly(high) >= exactly(ranked[found - 1].lower):
        return ranked[found - 1].code + UNCERTAIN
    return ranked[found].code


def band_rank(code: str, bands: Sequence[Band] = BANDS) -> int:
    """The place of a band among all, worst first: not enough evidence, of concern, developing uncertain, ..."""
    ranked = [band.code for band in sorted(bands, key=lambda band: exactly(band.lower))]
    order = [NO_EVIDENCE, ranked[0], *([ranked[1] + UNCERTAIN] if len(ranked) > 1 else []), *ranked[1:]]
    return order.index(code)


def weighted(measured: Sequence[Reading], shares: Mapping[Source, Fraction]) -> Iterator[tuple[Reading, Fraction]]:
    """Each measured reading with its weight in the characteristic: its part of the weight of its source."""
    totals: dict[Source, Fraction] = {}
    for reading in measured:
        totals[reading.source] = totals.get(reading.source, Fraction(0)) + exactly(reading.weight)
    for reading in measured:
        yield reading, shares[reading.source] * exactly(reading.weight) / totals[reading.source]


def _interval(measured: Sequence[Reading], parts: Mapping[str, Fraction]) -> tuple[Fraction, Fraction]:
    low = sum((parts[each.indicator] * each.bounds[0] for each in measured), Fraction(0))
    high = sum((parts[each.indicator] * each.bounds[1] for each in measured), Fraction(0))
    return low, high


def by_source(measured: Sequence[Reading]) -> dict[Source, Fraction]:
    """The score of each source that has evidence."""
    found = {}
    for source in Source:
        own = [reading for reading in measured if reading.source is source]
        weight = sum((exactly(reading.weight) for reading in own), Fraction(0))
        if weight:
            found[source] = sum((exactly(each.weight) * each.points for each in own), Fraction(0)) / weight
    return found


def difference_of(sources: Mapping[Source, Fraction]) -> tuple[Decimal | None, bool]:
    """The self-assessment less the mean of the other sources, and whether it is flagged."""
    others = [value for source, value in sources.items() if source is not Source.SELF]
    if Source.SELF not in sources or not others:
        return None, False
    gap = sources[Source.SELF] - sum(others, Fraction(0)) / len(others)
    size = shown(abs(gap))
    return (-size if gap < 0 else size), size > FLAGGED_BEYOND


def single_period(readings: Iterable[Reading], enough: Number = ENOUGH) -> Decimal | None:
    """What one month or quarter shows by itself: the observed indicators alone, which are all that has a month.

    None without enough evidence, by the same rule as for twelve months.
    """
    every = [each for each in readings if each.source is Source.OBSERVED]
    covered = _coverage(every)
    if not covered or covered < exactly(enough):
        return None
    return shown(by_source([each for each in every if each.state is State.MEASURED])[Source.OBSERVED])


def _contributions(every: Sequence[Reading], parts: Mapping[str, Fraction]) -> tuple[Contribution, ...]:
    counted = [reading for reading in every if reading.indicator in parts]
    adds = add_up({each.indicator: parts[each.indicator] * each.points for each in counted}, TENTH)
    weights = add_up(dict(parts), TEN_THOUSANDTH)
    found = []
    for each in every:
        measured = each.state is State.MEASURED
        low, high = (shown(end) for end in each.bounds) if measured else (None, None)
        found.append(
            Contribution(
                indicator=each.indicator,
                source=each.source,
                state=each.state,
                points=shown(each.points) if measured else None,
                low=low,
                high=high,
                weight=weights.get(each.indicator, TEN_THOUSANDTH * 0),
                adds=adds.get(each.indicator),
            )
        )
    return tuple(found)


def add_up(values: Mapping[str, Fraction], step: Decimal) -> dict[str, Decimal]:
    """Values rounded to a step so that together they give their rounded sum: the last steps go to the largest
    remainders, and among equal ones to the first name."""
    unit = Fraction(step)
    floors = {name: value // unit for name, value in values.items()}
    total = int(shown(sum(values.values(), Fraction(0)), step) / step)
    order = sorted(values, key=lambda name: (floors[name] * unit - values[name], name))
    for name in order[: total - sum(floors.values())]:
        floors[name] += 1
    return {name: step * count for name, count in floors.items()}
