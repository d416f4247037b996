"""XmR charts: the rules one by one, the design's own series, and a slow reading of the same rules."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from collaboration.spc import ENOUGH_TO_JUDGE, Point, analyse

DELIVERY = [52, 47, 55, 44, 50, 57, 46, 53, 48, 56, 43, 51, 54, 46, 50, 45, 41, 22]
STEADY = [50, 52, 48, 51, 49, 50, 52, 48, 51, 49, 50, 52]


def reasons(values: list[float], improvement: str = "up") -> list[str]:
    return [point.reason for point in analyse(values, improvement)]  # type: ignore[arg-type]


def variations(values: list[float], improvement: str = "up") -> list[str]:
    return [point.variation for point in analyse(values, improvement)]  # type: ignore[arg-type]


def test_only_the_last_reading_of_the_delivery_chart_is_special_cause() -> None:
    points = analyse(DELIVERY)
    assert round(points[0].mean) == 48
    assert (round(points[0].lower), round(points[0].upper)) == (27, 68)
    assert [point.variation for point in points] == ["common"] * 17 + ["concern"]
    assert points[-1].reason == "outside_limits"
    assert len(points) >= ENOUGH_TO_JUDGE


def test_a_steady_process_is_common_cause_throughout() -> None:
    assert variations(STEADY) == ["common"] * len(STEADY)


def test_large_moving_ranges_are_screened_once() -> None:
    values = [10.0, 11, 10, 11, 10, 11, 10, 40, 10, 11, 10, 11]
    first = (8 * 1 + 29 + 30 + 1) / 11
    assert 30 > 3.267 * first > 1
    point = analyse(values)[0]
    assert point.upper - point.mean == pytest.approx(2.66 * 1)


def test_seven_rising_points_are_a_trend_and_all_of_them_are_marked() -> None:
    values = [50.0, 48, 52, 47, 49, 50, 51, 52, 53, 54, 49, 50, 51, 48]
    assert reasons(values)[3:10] == ["trend"] * 7
    assert reasons(values)[10:] == [""] * 4
    assert variations(values)[3:10] == ["improvement"] * 7
    assert variations(values, "down")[3:10] == ["concern"] * 7


def test_seven_falling_points_are_a_trend_too() -> None:
    assert variations([54.0, 53, 52, 51, 50, 49, 48])[3] == "concern"


def test_six_rising_points_are_none() -> None:
    assert "trend" not in reasons([50.0, 47, 48, 49, 50, 51, 52, 51, 50, 52])


def test_an_equal_neighbour_breaks_a_trend() -> None:
    assert "trend" not in reasons([47.0, 48, 49, 50, 50, 51, 52, 53])


def test_at_the_turn_of_two_trends_the_point_counts_with_the_later_one() -> None:
    noise, up, down = [0.0, 12] * 5, [4.0, 5, 6, 7, 8, 9, 10], [9.0, 8, 7, 6, 5, 4]
    assert reasons(noise + up + down)[10:] == ["trend"] * 13
    assert variations(noise + up + down)[10:] == ["improvement"] * 6 + ["concern"] * 7


def test_two_of_three_near_a_limit_are_marked_and_the_third_is_not() -> None:
    found = reasons([50.0, 51] * 4 + [54.5, 52, 54.5] + [51, 50] * 4)
    assert [place for place, reason in enumerate(found) if reason] == [8, 10]
    assert found[8] == "near_limit"


def test_near_points_on_different_sides_do_not_pair_up() -> None:
    values = [50.0, 51] * 4 + [54.5, 52, 47.5] + [51, 50] * 4
    near = analyse(values)[8]
    assert near.upper > 54.5 and near.mean + 2 / 3 * (near.upper - near.mean) < 54.5
    assert reasons(values) == [""] * 19


def test_seven_points_on_one_side_are_marked_all_seven() -> None:
    values = [48.0, 41, 48, 41, 48, 41, 48, 52, 59, 52, 59, 52, 61]
    found = reasons(values)
    assert found[:7] == ["one_side"] * 7
    assert found[7:] == [""] * 6
    assert variations(values)[:7] == ["concern"] * 7


def test_a_point_on_the_centre_breaks_a_run() -> None:
    values = [48.0, 41, 48, 50, 41, 48, 41, 52, 59, 52, 59, 59, 52]
    assert sum(values) / len(values) == 50
    assert reasons(values) == [""] * 13


def test_equal_values_have_no_width_and_no_special_cause() -> None:
    assert analyse([5, 5, 5]) == [Point(5, 5, 5, 5, "common", "")] * 3


def test_no_value_gives_no_point_and_one_value_a_common_one() -> None:
    assert analyse([]) == []
    assert analyse([3]) == [Point(3, 3, 3, 3, "common", "")]


def test_what_is_no_number_or_no_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        analyse([1, float("nan")])
    with pytest.raises(ValueError, match="up or down"):
        analyse([1], "sideways")  # type: ignore[arg-type]


# A slow reading of the same rules -------------------------------------------------------------------------------------


def slow(values: list[float], improvement: str) -> list[tuple[str, str]]:
    """For each point asks every window it could lie in."""
    n = len(values)
    mean = sum(values) / n
    ranges = [abs(values[i + 1] - values[i]) for i in range(n - 1)]
    average = sum(ranges) / len(ranges) if ranges else 0
    ranges = [each for each in ranges if not each >= 3.267 * average]
    average = sum(ranges) / len(ranges) if ranges else 0
    out = [abs(value - mean) > 2.66 * average for value in values]
    near = [abs(values[i] - mean) > 2.66 * average * 2 / 3 and not out[i] for i in range(n)]

    def windows(i: int, length: int) -> list[range]:
        return [range(a, a + length) for a in range(i - length + 1, i + 1) if a >= 0 and a + length <= n]

    def rising(w: range) -> bool:
        return all(values[j] < values[j + 1] for j in w[:-1])

    def falling(w: range) -> bool:
        return all(values[j] > values[j + 1] for j in w[:-1])

    def one_side(w: range) -> bool:
        return all(values[j] > mean for j in w) or all(values[j] < mean for j in w)

    found = []
    for i, value in enumerate(values):
        trends = [w for w in windows(i, 7) if rising(w) or falling(w)]
        if out[i]:
            reason, up = "outside_limits", value > mean
        elif trends:
            next_too = any(rising(w) or falling(w) for w in windows(i + 1, 7)) if i + 1 < n else False
            reason, up = "trend", values[i + 1] > value if next_too else value > values[i - 1]
        elif near[i] and any(one_side(w) and sum(near[j] for j in w) >= 2 for w in windows(i, 3)):
            reason, up = "near_limit", value > mean
        elif any(one_side(w) for w in windows(i, 7)):
            reason, up = "one_side", value > mean
        else:
            found.append(("", "common"))
            continue
        found.append((reason, "improvement" if up == (improvement == "up") else "concern"))
    return found


small = st.lists(st.integers(0, 12), min_size=1, max_size=30)
drifting = st.lists(st.integers(-1, 3), min_size=8, max_size=24).map(
    lambda steps: [sum(steps[: n + 1]) for n in range(len(steps))]
)
levels = st.tuples(st.lists(st.integers(0, 8), min_size=7, max_size=12), st.lists(st.integers(4, 20), min_size=3)).map(
    lambda two: two[0] + two[1]
)


@settings(max_examples=400, deadline=None)
@given(small | drifting | levels, st.sampled_from(["up", "down"]))
def test_every_point_is_judged_as_the_slow_reading_judges_it(values: list[int], improvement: str) -> None:
    scaled = [value * 1.0 for value in values]
    points = analyse(scaled, improvement)  # type: ignore[arg-type]
    reach = points[0].upper - points[0].mean
    edges = [abs(abs(point.value - point.mean) - part) for point in points for part in (reach, reach * 2 / 3)]
    assume(reach == 0 or min(edges) > 1e-9)  # on the line itself the last digit of a float decides
    found = [(point.reason, point.variation) for point in points]
    assert found == slow(scaled, improvement)


@given(small)
def test_turning_the_direction_round_swaps_improvement_and_concern(values: list[int]) -> None:
    swap = {"common": "common", "improvement": "concern", "concern": "improvement"}
    assert [swap[each] for each in variations(values)] == variations(values, "down")  # type: ignore[arg-type]
