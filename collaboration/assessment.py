"""From counted records to the rows of a profile. Pure: a framework and counts in, plain values out."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

from ics_governance.ledger import canonical

from . import scoring
from .explanation import Rules, score_of
from .framework import Framework, Indicator
from .indicators import REGISTRY, Count

ENGINE = scoring.ENGINE
NOTHING = Count(Decimal("0.00"), Decimal("0.00"), Decimal("0.00"), 0)


@dataclass(frozen=True)
class Assessment:
    """The scores and readings of one body as column values, and the digest of all that they were made from."""

    inputs: str
    scores: list[dict[str, Any]]
    readings: list[dict[str, Any]]


def assess(framework: Framework, counts: Mapping[str, Count]) -> Assessment:
    """What the counts of one body come to; an indicator without a count found nothing of its kind."""
    counted = [each for each in framework.registered if each.code in REGISTRY]
    readings = {each.code: reading_of(each, counts.get(each.code, NOTHING)) for each in counted}
    scores, rows = [], []
    weights, bands = tuple(framework.source_weights.items()), tuple(rules_of(framework).bands)
    for characteristic in framework.characteristics:
        mine = tuple(readings[each.code] for each in counted if each.characteristic == characteristic.code)
        score = _scored(mine, weights, bands, framework.coverage_threshold)
        scores.append(_score_row(characteristic.code, score))
        rows += [_reading_row(readings[part.indicator], part) for part in score.contributions]
    return Assessment(_digest(framework, readings), scores, rows)


@lru_cache(maxsize=8192)  # bodies with few records, and a body in neighbouring months, show the same again and again
def _scored(
    readings: tuple[scoring.Reading, ...],
    weights: tuple[tuple[str, float], ...],
    bands: tuple[scoring.Band, ...],
    enough: float,
) -> scoring.Score:
    return score_of(readings, Rules(dict(weights), bands, enough))


def reading_of(indicator: Indicator, count: Count) -> scoring.Reading:
    """A count, with how the framework wants it read."""
    return scoring.Reading(
        indicator=indicator.code,
        source=scoring.Source(indicator.source),
        numerator=count.numerator,
        denominator=count.denominator,
        floor=indicator.floor,
        target=indicator.target,
        weight=indicator.weight,
        minimum=indicator.minimum,
        size=count.size,
        unrecorded=count.unrecorded,
        proportion=indicator.proportion,
    )


def rules_of(framework: Framework) -> Rules:
    """The weights, bands and threshold of the framework."""
    bands = [scoring.Band(band.code, band.lower) for band in framework.bands]
    return Rules(framework.source_weights, bands, framework.coverage_threshold)


def _score_row(code: str, score: scoring.Score) -> dict[str, Any]:
    return {
        "characteristic": code,
        "score": score.score,
        "low": score.low,
        "high": score.high,
        "band": score.band,
        "coverage": score.coverage,
    }


def _reading_row(reading: scoring.Reading, part: scoring.Contribution) -> dict[str, Any]:
    return {
        "indicator": part.indicator,
        "state": part.state.value,
        "numerator": reading.numerator,
        "denominator": reading.denominator,
        "points": part.points,
        "low": part.low,
        "high": part.high,
        "weight": part.weight,
        "adds": part.adds,
    }


def _digest(framework: Framework, readings: Mapping[str, scoring.Reading]) -> str:
    """SHA-256 of everything that decides the rows, in one spelling."""
    found = [
        [code, str(each.numerator), str(each.denominator), str(each.size), each.unrecorded]
        for code, each in sorted(readings.items())
    ]
    return sha256(canonical([framework.digest, found]).encode()).hexdigest()
