"""What a feedback round comes to, and what of it may be shown without giving one organisation's answer away.

Pure. Three rules, of which the first is the database's too:

1. No number rests on fewer than `FEWEST` organisations. Whoever runs the round knows its own answer, so it is not one
   of the three.
2. A characteristic counts each organisation once: the mean of the organisations' own means.
3. Items are shown beside it only where no reckoning with the numbers shown isolates one or two organisations. That
   could happen when some answered one item and not another: as few items as possible are then left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import combinations, product

from collaboration.framework import Characteristic, Framework

FEWEST = 3  # organisations behind any number that is shown

Points = Mapping[str, int]  # what one organisation gave: item -> points; what it could not judge is not in it


@dataclass(frozen=True, slots=True)
class Result:
    """The mean, from 0 to 3, of a characteristic (`item` empty) or an item, over so many organisations."""

    characteristic: str
    item: str
    organisations: int
    mean: Decimal


def is_enough(organisations: Iterable[int], host: int) -> bool:
    """Whether a number may rest on these organisations: three besides the host of the round."""
    return len(set(organisations) - {host}) >= FEWEST


def results(framework: Framework, answers: Mapping[int, Mapping[str, str]], host: int) -> list[Result]:
    """Everything that may be shown of a round. `answers`: organisation -> item -> code of the feedback scale."""
    worth = {rating.code: rating.points for rating in framework.feedback_scale}
    found: list[Result] = []
    for characteristic in framework.characteristics:
        codes = [item.code for item in characteristic.feedback_items]
        given = {body: _points(codes, ratings, worth) for body, ratings in answers.items()}
        found += _of_characteristic(characteristic, {body: points for body, points in given.items() if points}, host)
    return found


def _points(codes: Iterable[str], ratings: Mapping[str, str], worth: Mapping[str, int | None]) -> Points:
    known = {code: worth.get(ratings.get(code, "")) for code in codes}
    return {code: points for code, points in known.items() if points is not None}


def _of_characteristic(characteristic: Characteristic, given: Mapping[int, Points], host: int) -> list[Result]:
    shown = shown_items([item.code for item in characteristic.feedback_items], given, host)
    counted = {body: {code: points[code] for code in points if code in shown} for body, points in given.items()}
    counted = {body: points for body, points in counted.items() if points}
    if not counted:
        return []
    means = [Fraction(sum(points.values()), len(points)) for points in counted.values()]
    found = [Result(characteristic.code, "", len(means), _mean(means))]
    for code in safe_items(shown, counted, host):
        values = [Fraction(points[code]) for points in counted.values() if code in points]
        found.append(Result(characteristic.code, code, len(values), _mean(values)))
    return found


def shown_items(codes: Iterable[str], given: Mapping[int, Points], host: int) -> tuple[str, ...]:
    """The items that enough organisations answered; the others are in no number at all."""
    return tuple(code for code in codes if is_enough((body for body in given if code in given[body]), host))


def safe_items(codes: Sequence[str], given: Mapping[int, Points], host: int) -> tuple[str, ...]:
    """As many of the items as can be shown beside the characteristic; with none of them it is always safe."""
    for size in range(len(codes), 0, -1):
        for chosen in combinations(codes, size):
            if items_are_safe(chosen, given, host):
                return chosen
    return ()


def items_are_safe(shown: Sequence[str], given: Mapping[int, Points], host: int) -> bool:
    """Whether the sums of these items, taken off the characteristic's, leave nobody or enough organisations.

    An organisation that answered k items enters the characteristic with 1/k of each. Who takes a share of each shown
    item's sum off is left with exactly those organisations that answered an item not shown, or for which some share
    differs from 1/k; so every choice of shares is tried.
    """
    most = max((len(points) for points in given.values()), default=0)
    shares = [Fraction(1, count) for count in range(1, most + 1)]
    for choice in product(shares, repeat=len(shown)):
        taken = dict(zip(shown, choice, strict=True))
        left = {body for body, points in given.items() if any(taken.get(c, 0) * len(points) != 1 for c in points)}
        if left and not is_enough(left, host):
            return False
    return True


def _mean(values: Sequence[Fraction]) -> Decimal:
    total = sum(values, Fraction(0)) / len(values)
    exact = Decimal(total.numerator) / Decimal(total.denominator)
    return exact.quantize(Decimal("0.001"), ROUND_HALF_EVEN)
