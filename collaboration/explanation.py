"""Why a score is what it is: characteristic, sources, indicators, the records behind each, and what would change it.

Pure. One structure that page, API and board paper all render. A record comes with what it counted (numerator) and
what it could have counted (denominator; 0 when it lacks what would be counted), and, where something can still be
done about it, with the act that would make it count for more. Acts are completions and corrections; clerical edits,
such as re-dating an action, are not offered to this module.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from .scoring import (
    BANDS,
    ENOUGH,
    WEIGHTS,
    Band,
    Number,
    Reading,
    Score,
    Source,
    State,
    band_rank,
    characteristic,
    exactly,
    shown,
    weighted,
    weights_of,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that would make a record count for more: in words, and its numerator afterwards."""

    text: str
    numerator: Number


@dataclass(frozen=True, slots=True)
class Record:
    """A record behind an indicator. `key` names it among all records ("action 1182"); `what` says what happened."""

    key: str
    title: str
    what: str
    numerator: Number
    denominator: Number
    link: str = ""
    act: Act | None = None

    @property
    def recorded(self) -> bool:
        """Whether it has what would be counted."""
        return self.denominator > 0


@dataclass(frozen=True, slots=True)
class Step:
    """An act on a record of an indicator."""

    indicator: str
    record: str
    title: str
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest set of acts that moves the band, and where it leads."""

    steps: tuple[Step, ...]
    score: Decimal
    to_score: Decimal
    band: str
    to_band: str


@dataclass(frozen=True, slots=True)
class IndicatorPart:
    """An indicator with its records: those that counted in full, in part or not, and those not recorded in full."""

    code: str
    title: str
    state: State
    too_few: bool
    numerator: Decimal
    denominator: Decimal
    points: Decimal | None
    low: Decimal | None
    high: Decimal | None
    weight: Decimal
    adds: Decimal | None
    counted: tuple[Record, ...]
    not_recorded: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class SourcePart:
    """A source with its indicators; `score` None: it has no evidence."""

    source: Source
    score: Decimal | None
    weight: Decimal
    indicators: tuple[IndicatorPart, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One characteristic taken apart.

    `needed`: without enough evidence, the fewest indicators whose records would give enough. `change`: None when the
    band is the best already, when there is no score, or when no act on the open records moves it.
    """

    code: str
    title: str
    score: Decimal | None
    low: Decimal | None
    high: Decimal | None
    band: str
    coverage: Decimal
    difference: Decimal | None
    flagged: bool
    sources: tuple[SourcePart, ...]
    needed: tuple[str, ...]
    change: Change | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with a fixed order of keys; numbers that were rounded for show are strings."""
        plain: dict[str, Any] = _plain(self)
        return plain


@dataclass(frozen=True, slots=True)
class Rules:
    """The framework's data that scoring follows."""

    source_weights: Mapping[str, Number]
    bands: Sequence[Band] = BANDS
    enough: Number = ENOUGH


DEFAULT = Rules(WEIGHTS)


def explain(
    code: str,
    title: str,
    readings: Iterable[Reading],
    records: Mapping[str, Sequence[Record]],
    titles: Mapping[str, str],
    rules: Rules = DEFAULT,
) -> Explanation:
    """The explanation of one characteristic. `records` and `titles` are by indicator."""
    every = list(readings)
    score = score_of(every, rules)
    parts = [_indicator(each, score, records.get(each.indicator, ()), titles) for each in every]
    values = {each.source: each for each in score.sources}
    sources = []
    for source in Source:
        own = tuple(part for part, reading in zip(parts, every, strict=True) if reading.source is source)
        value = values.get(source)
        if own:
            sources.append(
                SourcePart(source, value.score if value else None, value.weight if value else Decimal("0.0000"), own)
            )
    return Explanation(
        code=code,
        title=title,
        score=score.score,
        low=score.low,
        high=score.high,
        band=score.band,
        coverage=score.coverage,
        difference=score.difference,
        flagged=score.flagged,
        sources=tuple(sources),
        needed=what_is_needed(every, rules),
        change=what_would_change(every, records, rules),
    )


def score_of(readings: Iterable[Reading], rules: Rules = DEFAULT) -> Score:
    """The score by a framework's rules."""
    return characteristic(readings, source_weights=rules.source_weights, bands=rules.bands, enough=rules.enough)


def _indicator(reading: Reading, score: Score, records: Sequence[Record], titles: Mapping[str, str]) -> IndicatorPart:
    part = next(each for each in score.contributions if each.indicator == reading.indicator)
    return IndicatorPart(
        code=reading.indicator,
        title=titles.get(reading.indicator, reading.indicator),
        state=reading.state,
        too_few=reading.too_few,
        numerator=_figure(reading.numerator),
        denominator=_figure(reading.denominator),
        points=part.points,
        low=part.low,
        high=part.high,
        weight=part.weight,
        adds=part.adds,
        counted=tuple(record for record in records if record.recorded),
        not_recorded=tuple(record for record in records if not record.recorded),
    )


def _figure(number: Number) -> Decimal:
    """A count to two decimals."""
    return shown(exactly(number), Decimal("0.01"))


# What would change it ------------------------------------------------------------------------------------------------


def what_is_needed(readings: Sequence[Reading], rules: Rules = DEFAULT) -> tuple[str, ...]:
    """Without enough evidence: the fewest observed indicators that have to be measured for there to be enough.

    The heaviest first, then by code. Empty when there is enough, or when nothing observed applies.
    """
    observed = [each for each in readings if each.source is Source.OBSERVED and each.state is not State.NOT_APPLICABLE]
    total = sum((exactly(each.weight) for each in observed), Fraction(0))
    have = sum((exactly(each.weight) for each in observed if each.state is State.MEASURED), Fraction(0))
    missing = [each for each in observed if each.state is State.MISSING]
    needed: list[str] = []
    for each in sorted(missing, key=lambda each: (-exactly(each.weight), each.indicator)):
        if have and have >= exactly(rules.enough) * total:
            break
        needed.append(each.indicator)
        have += exactly(each.weight)
    return tuple(needed)


def what_would_change(
    readings: Sequence[Reading], records: Mapping[str, Sequence[Record]], rules: Rules = DEFAULT
) -> Change | None:
    """The smallest set of acts on counted records that moves the score into a better band.

    Among sets of one size it is the one that leads highest; among equal acts the first records are named. None when
    there is no score, or when all acts together would not move it.
    """
    before = score_of(readings, rules)
    if before.score is None:
        return None
    ladders = _ladders(readings, records, rules)
    everything = [len(ladder.rungs) for ladder in ladders]
    if not any(everything) or _better(before, readings, ladders, everything, rules) is None:
        return None
    aims = [[ladder.scores() for ladder in ladders]]
    if band_rank(before.band, rules.bands) == LOWEST:  # it is left as soon as the upper bound is high enough
        aims.append([ladder.upper_bounds() for ladder in ladders])
    searches = [_best_of_each_size(values) for values in aims]
    for candidates in zip(*searches, strict=True):
        for counts in candidates:
            after = _better(before, readings, ladders, counts, rules)
            if after is not None and after.score is not None:
                steps = tuple(step for ladder, n in zip(ladders, counts, strict=True) for step in ladder.steps(n))
                return Change(steps, before.score, after.score, before.band, after.band)
    return None


LOWEST = 1
"""The rank of the lowest band that has a number."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What can still be done for one indicator, the acts that gain most first."""

    reading: Reading
    weight: Fraction
    rungs: tuple[tuple[Fraction, Record], ...]

    def after(self, count: int) -> Reading:
        """The reading when the first so many acts are done."""
        gained = sum((gain for gain, _ in self.rungs[:count]), Fraction(0))
        return replace(self.reading, numerator=exactly(self.reading.numerator) + gained)

    def scores(self) -> list[Fraction]:
        """What the indicator adds to the score after 0, 1, 2, ... acts."""
        return [self.weight * self.after(count).points for count in range(len(self.rungs) + 1)]

    def upper_bounds(self) -> list[Fraction]:
        """What the indicator adds to the upper bound after 0, 1, 2, ... acts."""
        return [self.weight * self.after(count).bounds[1] for count in range(len(self.rungs) + 1)]

    def steps(self, count: int) -> Iterator[Step]:
        """The first so many acts, in words."""
        for _, record in self.rungs[:count]:
            text = record.act.text if record.act else ""
            yield Step(self.reading.indicator, record.key, record.title, text, record.link)


def _ladders(readings: Sequence[Reading], records: Mapping[str, Sequence[Record]], rules: Rules) -> list[Ladder]:
    measured = sorted((each for each in readings if each.state is State.MEASURED), key=lambda each: each.indicator)
    shares = weights_of({each.source for each in measured}, rules.source_weights)
    found = []
    for reading, weight in weighted(measured, shares):
        direction = 1 if exactly(reading.target) > exactly(reading.floor) else -1
        rungs = []
        for record in records.get(reading.indicator, ()):
            if record.recorded and record.act is not None:
                gain = exactly(record.act.numerator) - exactly(record.numerator)
                rungs.append((gain, record))
        useful = [rung for rung in rungs if rung[0] * direction > 0]
        useful.sort(key=lambda rung: (-rung[0] * direction, rung[1].key))
        found.append(Ladder(reading, weight, tuple(useful)))
    return found


def _better(
    before: Score, readings: Sequence[Reading], ladders: Sequence[Ladder], counts: Sequence[int], rules: Rules
) -> Score | None:
    """The score after so many acts of each ladder, if its band is a better one."""
    changed = {ladder.reading.indicator: ladder.after(n) for ladder, n in zip(ladders, counts, strict=True)}
    after = score_of([changed.get(each.indicator, each) for each in readings], rules)
    return after if band_rank(after.band, rules.bands) > band_rank(before.band, rules.bands) else None


def _best_of_each_size(values: Sequence[Sequence[Fraction]]) -> Iterator[list[int]]:
    """For 1, 2, 3, ... acts: how many of each ladder give the largest sum of values.

    Ladders do not depend on each other, so the best for the first few of them and a number of acts is worked out
    from the best for one ladder fewer.
    """
    none = (Fraction(-1), 0)  # not so many acts; no value lies below 0
    best: list[list[tuple[Fraction, int]]] = [[] for _ in values]
    for size in range(sum(len(ladder) - 1 for ladder in values) + 1):
        for place, ladder in enumerate(values):
            found = none
            for count in range(min(size, len(ladder) - 1) + 1):
                rest = size - count
                other = best[place - 1][rest][0] if place else Fraction(0 if rest == 0 else -1)
                if other >= 0 and other + ladder[count] > found[0]:
                    found = (other + ladder[count], count)
            best[place].append(found)
        if size:
            yield _counts(best, size)


def _counts(best: Sequence[Sequence[tuple[Fraction, int]]], size: int) -> list[int]:
    counts = []
    for column in reversed(best):
        counts.append(column[size][1])
        size -= counts[-1]
    return counts[::-1]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
