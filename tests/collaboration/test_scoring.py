"""Scores of a characteristic: worked examples, the rules of fairness, and a plain second calculation."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from collaboration.scoring import (
    NO_EVIDENCE,
    Band,
    Reading,
    Score,
    Source,
    State,
    band_of,
    band_rank,
    characteristic,
    coverage,
    points,
    weights_of,
    wilson,
)

DELIVERY = [
    Reading("D1", Source.OBSERVED, 10.5, 20, 0.40, 0.95, minimum=5),
    Reading("D2", Source.OBSERVED, 424, 3600, 0.30, 0.00, minimum=5, size=20, proportion=False),
    Reading("D4", Source.OBSERVED, 5, 8, 0.40, 0.95, minimum=2),
    Reading("DP", Source.PARTNER, 29, 54, 0.30, 0.85, minimum=3, size=5, proportion=False),
    Reading("DQ", Source.SELF, 19, 30, 0, 1, minimum=4, size=10, proportion=False),
]


def observed(indicator: str = "X1", numerator: float = 5, denominator: float = 10, **more: object) -> Reading:
    return Reading(indicator, Source.OBSERVED, numerator, denominator, 0, 1, **more)  # type: ignore[arg-type]


def partner(numerator: float, denominator: float = 10) -> Reading:
    return Reading("XP", Source.PARTNER, numerator, denominator, 0, 1, proportion=False)


def own(numerator: float, denominator: float = 10) -> Reading:
    return Reading("XQ", Source.SELF, numerator, denominator, 0, 1, proportion=False)


def adds(score: Score) -> dict[str, Decimal | None]:
    return {each.indicator: each.adds for each in score.contributions}


# The worked example ---------------------------------------------------------------------------------------------------


def test_the_designs_delivery_score_is_reproduced_to_the_last_digit() -> None:
    score = characteristic(DELIVERY)
    assert (score.score, score.low, score.high) == (Decimal("46.3"), Decimal("35.7"), Decimal("59.5"))
    assert score.band == "developing_uncertain"
    assert score.coverage == 1
    assert [str(each.points) for each in score.contributions] == ["22.7", "60.7", "40.9", "43.1", "63.3"]
    assert [str(each.adds) for each in score.contributions] == ["3.8", "10.1", "6.8", "12.9", "12.7"]
    assert [str(each.score) for each in score.sources] == ["41.5", "43.1", "63.3"]
    assert round(score.difference or 0) == 21 and not score.flagged


def test_three_confirmed_actions_take_it_into_the_next_band() -> None:
    score = characteristic([replace(DELIVERY[0], numerator=13.5), *DELIVERY[1:]])
    assert score.band == "developing" and round(score.score or 0) == 51


# Points and intervals -------------------------------------------------------------------------------------------------


def test_points_run_from_the_floor_to_the_target_and_stay_between_0_and_100() -> None:
    assert points(0.5, 0.5, 0.95) == 0
    assert points(0.95, 0.5, 0.95) == 100
    assert points(0.725, 0.5, 0.95) == 50
    assert points(0.1, 0.5, 0.95) == 0 and points(1, 0.5, 0.95) == 100


def test_a_floor_above_the_target_means_that_lower_is_better() -> None:
    assert points(0, 0.30, 0) == 100
    assert points(0.15, 0.30, 0) == 50
    assert points(0.4, 0.30, 0) == 0


def test_wilsons_interval_is_the_known_one() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=0.0001)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=0.0001)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=0.0001)
    assert wilson(0, 0) == (0, 1)


def test_what_is_no_proportion_is_refused() -> None:
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(11, 10)
    with pytest.raises(ValueError, match="must differ"):
        points(0.5, 0.4, 0.4)


def test_the_interval_of_a_measure_where_lower_is_better_is_the_right_way_round() -> None:
    low, high = replace(observed(numerator=2), floor=0.5, target=0).bounds
    assert low < high


# Measured, not applicable, missing ------------------------------------------------------------------------------------


def test_nothing_of_the_kind_is_not_applicable_and_leaves_the_denominator_of_coverage() -> None:
    score = characteristic([observed("X1"), observed("X2", 0, 0)])
    assert score.coverage == 1 and score.contributions[1].state is State.NOT_APPLICABLE


def test_what_should_exist_and_was_not_recorded_is_missing_and_lowers_coverage() -> None:
    score = characteristic([observed("X1"), observed("X2", 0, 0, unrecorded=3)])
    assert score.coverage == Decimal("0.5") and score.contributions[1].state is State.MISSING
    assert score.enough


def test_too_few_to_measure_is_missing_and_says_so() -> None:
    reading = observed("X2", 2, 3, minimum=4)
    assert reading.state is State.MISSING and reading.too_few
    assert not observed("X2", 0, 0, unrecorded=3).too_few


def test_under_half_of_the_applicable_observed_weight_gives_no_number_at_all() -> None:
    missing = [observed("X2", 0, 0, unrecorded=1), observed("X3", 0, 0, unrecorded=1)]
    score = characteristic([observed("X1"), *missing, partner(9), own(9)])
    assert (score.score, score.low, score.high, score.band) == (None, None, None, NO_EVIDENCE)
    assert set(adds(score).values()) == {None}
    assert score.coverage == Decimal("0.333")
    assert characteristic([observed("X1", weight=2), *missing]).enough


def test_without_an_observed_source_there_is_no_score() -> None:
    assert characteristic([partner(9), own(9)]).score is None
    assert characteristic([]).score is None


def test_coverage_of_a_behaviour_is_that_of_its_own_indicators() -> None:
    assert coverage([observed("X1"), observed("X2", 0, 0, unrecorded=1)]) == Decimal("0.5")
    assert coverage([observed("X1", 0, 0)]) is None


# Sources --------------------------------------------------------------------------------------------------------------


def test_a_missing_partner_source_passes_its_weight_to_observed() -> None:
    score = characteristic([observed(numerator=5), own(10)])
    assert score.score == Decimal("60.0")  # 0.8 x 50 + 0.2 x 100


def test_without_a_self_assessment_the_others_keep_their_proportion() -> None:
    assert characteristic([observed(numerator=8), partner(0)]).score == Decimal("50.0")  # 5/8 x 80
    assert characteristic([observed(numerator=8)]).score == Decimal("80.0")


@given(st.sets(st.sampled_from(list(Source))), st.tuples(*[st.integers(1, 10)] * 3))
def test_self_never_weighs_more_than_a_fifth_whatever_the_framework_says(
    present: set[Source], raw: tuple[int, int, int]
) -> None:
    shares = weights_of(present, dict(zip(Source, raw, strict=True)))
    assert sum(shares.values()) == (1 if Source.OBSERVED in present else 0)
    assert shares.get(Source.SELF, 0) <= Decimal("0.2")


def test_the_difference_of_self_and_others_is_flagged_beyond_25() -> None:
    assert characteristic([observed(numerator=5), partner(5), own(7.5)]).flagged is False
    flagged = characteristic([observed(numerator=5), partner(5), own(7.6)])
    assert flagged.difference == 26 and flagged.flagged
    humble = characteristic([observed(numerator=9), partner(9), own(1)])
    assert humble.difference == -80 and humble.flagged


# Bands ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "high", "band"),
    [
        ("75.0", "90", "strong"),
        ("74.9", "90", "developing"),
        ("50.0", "60", "developing"),
        ("49.9", "50.0", "developing_uncertain"),
        ("49.9", "49.9", "of_concern"),
        ("0.0", "0.0", "of_concern"),
    ],
)
def test_of_concern_only_when_the_whole_interval_lies_below(score: str, high: str, band: str) -> None:
    assert band_of(Decimal(score), Decimal(high)) == band


def test_bands_are_data() -> None:
    bands = [Band("good", 60), Band("fair", 30), Band("poor", 0)]
    assert characteristic([observed(numerator=6)], bands=bands).band == "good"
    assert band_of(Decimal(20), Decimal(29), bands) == "poor"
    assert band_of(Decimal(20), Decimal(30), bands) == "fair_uncertain"
    ranked = sorted(["good", "poor", "fair", NO_EVIDENCE, "fair_uncertain"], key=lambda code: band_rank(code, bands))
    assert ranked == [NO_EVIDENCE, "poor", "fair_uncertain", "fair", "good"]


# Whatever the readings ------------------------------------------------------------------------------------------------

counts = st.integers(0, 40)
shares = st.sampled_from([0, 0.25, 0.3, 0.4, 0.5, 0.6])


@st.composite
def reading(draw: st.DrawFn, indicator: str, source: Source) -> Reading:
    denominator = draw(counts)
    numerator = draw(st.integers(0, 2 * denominator)) / 2
    floor = draw(shares)
    target = draw(st.sampled_from([0, 0.7, 0.85, 0.95, 1]).filter(lambda share: share != floor))
    return Reading(
        indicator,
        source,
        numerator,
        denominator,
        floor,
        target,
        weight=draw(st.sampled_from([1, 1, 1, 2, 0.5])),
        minimum=draw(st.integers(0, 6)),
        unrecorded=draw(st.integers(0, 1)),
        proportion=draw(st.booleans()),
    )


@st.composite
def profiles(draw: st.DrawFn) -> list[Reading]:
    found = [draw(reading(f"X{n}", Source.OBSERVED)) for n in range(draw(st.integers(0, 5)))]
    found += [draw(reading("XP", Source.PARTNER))] if draw(st.booleans()) else []
    found += [draw(reading("XQ", Source.SELF))] if draw(st.booleans()) else []
    return found


@settings(max_examples=300, deadline=None)
@given(profiles())
def test_contributions_add_up_to_the_score_as_shown_and_weights_to_one(readings: list[Reading]) -> None:
    score = characteristic(readings)
    if score.score is not None:
        assert sum((each.adds for each in score.contributions if each.adds is not None), Decimal(0)) == score.score
        assert sum(each.weight for each in score.contributions) == 1
        assert all(each.adds is None or each.adds >= 0 for each in score.contributions)
        assert score.low is not None and score.high is not None
        assert 0 <= score.low <= score.score <= score.high <= 100


@given(profiles(), st.randoms(use_true_random=False))
def test_the_order_of_readings_makes_no_difference(readings: list[Reading], random: object) -> None:
    shuffled = list(readings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert characteristic(shuffled) == characteristic(readings)


@settings(max_examples=200, deadline=None)
@given(profiles(), st.integers(0, 6), st.sampled_from([0.5, 1, 2]))
def test_doing_better_on_one_indicator_lowers_no_score_bound_or_band(
    readings: list[Reading], place: int, gain: float
) -> None:
    assume(readings)
    chosen = readings[place % len(readings)]
    step = gain if chosen.target > chosen.floor else -gain  # type: ignore[operator]
    better = replace(chosen, numerator=min(max(float(chosen.numerator) + step, 0), chosen.denominator))  # type: ignore[type-var]
    before = characteristic(readings)
    after = characteristic([better if each is chosen else each for each in readings])
    if before.score is not None:
        assert (after.score, after.low, after.high) >= (before.score, before.low, before.high)
        assert after.score is not None and after.low is not None and after.high is not None
        assert after.low >= (before.low or 0) and after.high >= (before.high or 0)
        assert band_rank(after.band) >= band_rank(before.band)


@given(profiles())
def test_an_indicator_that_does_not_apply_changes_nothing(readings: list[Reading]) -> None:
    before, after = characteristic(readings), characteristic([*readings, observed("X9", 0, 0)])
    assert (after.score, after.low, after.high, after.coverage) == (
        before.score,
        before.low,
        before.high,
        before.coverage,
    )


def plainly(readings: list[Reading]) -> tuple[float, float, float] | None:
    """Score and interval again, in floats, as the method is told in words."""

    def value(each: Reading) -> tuple[float, float, float]:
        p, n = float(each.numerator) / float(each.denominator), float(each.denominator)

        def on_scale(share: float) -> float:
            along = (share - float(each.floor)) / (float(each.target) - float(each.floor))
            return 100 * min(max(along, 0), 1)

        if not each.proportion:
            return (on_scale(p),) * 3
        middle = (p + 1.96**2 / (2 * n)) / (1 + 1.96**2 / n)
        reach = 1.96 / (1 + 1.96**2 / n) * sqrt(p * (1 - p) / n + 1.96**2 / (4 * n**2))
        ends = sorted([on_scale(max(middle - reach, 0)), on_scale(min(middle + reach, 1))])
        return on_scale(p), ends[0], ends[1]

    def mean(source: Source) -> tuple[float, ...] | None:
        counted = [each for each in readings if each.source is source and each.state is State.MEASURED]
        total = sum(float(each.weight) for each in counted)
        if not counted:
            return None
        return tuple(sum(float(each.weight) * value(each)[n] for each in counted) / total for n in range(3))

    applies = [r for r in readings if r.source is Source.OBSERVED and r.state is not State.NOT_APPLICABLE]
    have = sum(float(r.weight) for r in applies if r.state is State.MEASURED)
    seen, peers, self = mean(Source.OBSERVED), mean(Source.PARTNER), mean(Source.SELF)
    if seen is None or have < sum(float(r.weight) for r in applies) / 2:
        return None
    weights = {"seen": 0.5, "peers": 0.3, "self": 0.2}
    if peers is None:
        weights["seen"], weights["peers"] = 0.8, 0.0
    if self is None:
        weights["self"] = 0.0
    total = sum(weights.values())
    nothing = (0.0, 0.0, 0.0)
    parts = [(weights["seen"], seen), (weights["peers"], peers or nothing), (weights["self"], self or nothing)]
    low, middle, high = (sum(weight * part[n] for weight, part in parts) / total for n in (1, 0, 2))
    return low, middle, high


@settings(max_examples=300, deadline=None)
@given(profiles())
def test_a_plain_second_calculation_agrees(readings: list[Reading]) -> None:
    score, expected = characteristic(readings), plainly(readings)
    if expected is None:
        assert score.score is None
    else:
        assert score.score is not None and score.low is not None and score.high is not None
        found = (float(score.low), float(score.score), float(score.high))
        assert found == pytest.approx(expected, abs=0.0500001)


# Fairness, on actions themselves --------------------------------------------------------------------------------------

DUE = date(2026, 6, 1)
END = date(2026, 12, 31)


def delivery(done: list[tuple[int | None, bool]]) -> Score:
    """D1 and D2 of actions due on 1 June, each done so many days later (None: not yet), told in time or not."""
    counted = overdue = 0.0
    for days, told in done:
        late = (END - DUE).days if days is None else max(days, 0)
        counted += 1 if days is not None and days <= 0 else 0.5 if told else 0
        overdue += min(late, 180)
    n = len(done)
    return characteristic(
        [
            Reading("D1", Source.OBSERVED, counted, n, 0.40, 0.95, minimum=1),
            Reading("D2", Source.OBSERVED, overdue, 180 * n, 0.30, 0.00, minimum=1, size=n, proportion=False),
        ]
    )


@given(
    st.lists(st.tuples(st.none() | st.integers(-5, 213), st.booleans()), min_size=1, max_size=12), st.integers(0, 11)
)
def test_finishing_an_overdue_action_never_lowers_a_score(done: list[tuple[int | None, bool]], place: int) -> None:
    place %= len(done)
    today = END - timedelta(days=20)
    finished = [*done]
    finished[place] = ((today - DUE).days, done[place][1]) if done[place][0] is None else done[place]
    assert (delivery(finished).score or 0) >= (delivery(done).score or 0)


@given(st.integers(6, 60), st.integers(0, 59))
def test_attending_never_lowers_a_score(meetings: int, attended: int) -> None:
    attended %= meetings
    fewer, more = (
        characteristic([Reading("R1", Source.OBSERVED, n, meetings, 0.50, 0.95, minimum=6)])
        for n in (attended, attended + 1)
    )
    assert (more.score or 0) >= (fewer.score or 0)
    assert (more.low or 0) >= (fewer.low or 0)


def test_two_readings_of_one_indicator_are_refused() -> None:
    with pytest.raises(ValueError, match="read twice"):
        characteristic([observed(), observed()])
