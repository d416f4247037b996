"""A score taken apart down to its records, and the smallest set of acts that moves its band."""

import json
from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from collaboration.explanation import Act, Record, explain, score_of, what_is_needed, what_would_change
from collaboration.scoring import Reading, Source, State, band_rank

TITLES = {"D1": "Actions done on time", "D2": "Days overdue", "DQ": "Self-assessment"}


def action(number: int, counts: float, act: float | None = None) -> Record:
    doing = None if act is None else Act("Confirm", act)
    return Record(f"action {number}", f"Action {number}", "what happened", counts, 1, f"/actions/{number}/", doing)


def actions(on_time: int, told: int, unconfirmed: int, late: int) -> list[Record]:
    found = [action(n, 1) for n in range(on_time)]
    found += [action(100 + n, 0.5) for n in range(told)]
    found += [action(200 + n, 0, 1) for n in range(unconfirmed)]
    return found + [action(300 + n, 0) for n in range(late)]


DELIVERY = [
    Reading("D1", Source.OBSERVED, 10.5, 20, 0.40, 0.95, minimum=5),
    Reading("D2", Source.OBSERVED, 424, 3600, 0.30, 0.00, minimum=5, size=20, proportion=False),
    Reading("D4", Source.OBSERVED, 5, 8, 0.40, 0.95, minimum=2),
    Reading("DP", Source.PARTNER, 29, 54, 0.30, 0.85, minimum=3, size=5, proportion=False),
    Reading("DQ", Source.SELF, 19, 30, 0, 1, minimum=4, size=10, proportion=False),
]
RECORDS = {"D1": actions(on_time=9, told=3, unconfirmed=5, late=3)}


def test_an_explanation_leads_from_the_characteristic_to_its_records() -> None:
    found = explain("D", "Delivery", DELIVERY, RECORDS, TITLES)
    assert [(source.source.value, [part.code for part in source.indicators]) for source in found.sources] == [
        ("observed", ["D1", "D2", "D4"]),
        ("partner", ["DP"]),
        ("self", ["DQ"]),
    ]
    d1 = found.sources[0].indicators[0]
    assert (d1.title, d1.numerator, d1.denominator, d1.adds) == ("Actions done on time", 10.5, 20, Decimal("3.8"))
    assert len(d1.counted) == 20 and d1.not_recorded == ()
    assert sum(record.numerator for record in d1.counted) == 10.5
    parts = [part for source in found.sources for part in source.indicators]
    assert sum(part.adds or 0 for part in parts) == found.score == Decimal("46.3")


def test_records_that_lack_what_would_be_counted_are_told_apart() -> None:
    bare = Record("decision 7", "A decision", "papers' issue not recorded", 0, 0)
    reading = Reading("S1", Source.OBSERVED, 0, 0, 0.4, 1, minimum=4, unrecorded=1)
    found = explain("S", "Rationale", [reading], {"S1": [bare]}, {})
    part = found.sources[0].indicators[0]
    assert part.not_recorded == (bare,) and part.counted == ()
    assert part.state is State.MISSING and part.title == "S1"
    assert found.score is None and found.change is None
    assert found.needed == ("S1",)


def test_three_confirmations_are_the_smallest_set_that_moves_the_band() -> None:
    change = what_would_change(DELIVERY, RECORDS)
    assert change is not None
    assert [step.record for step in change.steps] == ["action 200", "action 201", "action 202"]
    assert {step.text for step in change.steps} == {"Confirm"}
    assert (change.band, change.to_band) == ("developing_uncertain", "developing")
    assert (change.score, change.to_score) == (Decimal("46.3"), Decimal("50.9"))


def test_when_nothing_open_would_move_the_band_nothing_is_promised() -> None:
    assert what_would_change(DELIVERY, {"D1": actions(9, 3, 1, 7)}) is None
    assert what_would_change(DELIVERY, {}) is None


def test_a_low_score_leaves_of_concern_as_soon_as_its_interval_reaches_up() -> None:
    low = [Reading("D1", Source.OBSERVED, 4, 40, 0, 1, minimum=5)]
    change = what_would_change(low, {"D1": [action(n, 0, 1) for n in range(30)]})
    assert change is not None
    assert (change.band, change.to_band) == ("of_concern", "developing_uncertain")
    assert len(change.steps) < 16


def test_where_lower_is_better_an_act_takes_something_away() -> None:
    deferred = Record("item 1", "An item", "put off", 1, 1, act=Act("Show that papers were late", 0))
    readings = [Reading("L4", Source.OBSERVED, 1, 10, 0.20, 0.00, minimum=4)]
    change = what_would_change(readings, {"L4": [deferred]})
    assert change is not None and change.to_band == "strong" and change.to_score == 100


def test_what_is_needed_for_a_number_is_the_fewest_indicators_heaviest_first() -> None:
    readings = [
        Reading("X1", Source.OBSERVED, 0, 0, 0, 1, unrecorded=1),
        Reading("X2", Source.OBSERVED, 0, 0, 0, 1, unrecorded=1, weight=3),
        Reading("X3", Source.OBSERVED, 1, 2, 0, 1),
        Reading("X4", Source.OBSERVED, 0, 0, 0, 1),
    ]
    assert what_is_needed(readings) == ("X2",)
    assert what_is_needed(readings[2:]) == ()


def test_an_explanation_is_plain_json_and_the_same_every_time() -> None:
    one, other = (json.dumps(explain("D", "Delivery", DELIVERY, RECORDS, TITLES).to_json()) for _ in range(2))
    assert one == other
    assert json.loads(one)["sources"][0]["indicators"][0]["adds"] == "3.8"


# Against every subset -------------------------------------------------------------------------------------------------


@st.composite
def open_records(draw: st.DrawFn) -> tuple[list[Reading], dict[str, list[Record]]]:
    readings, records = [], {}
    for code in ("X1", "X2", "X3")[: draw(st.integers(1, 3))]:
        n = draw(st.integers(3, 10))
        open_ones = draw(st.lists(st.sampled_from([0.5, 1, 1]), max_size=min(n, 4)))
        met = draw(st.integers(0, n - len(open_ones)))
        lower = draw(st.booleans())
        floor, target = (0.9, 0) if lower else (draw(st.sampled_from([0, 0.4])), 0.95)
        rows = []
        for place, worth in enumerate(open_ones):
            before, after = (worth, 0.0) if lower else (0.0, worth)
            rows.append(Record(f"{code} {place}", "", "", before, 1, act=Act("Do it", after)))
        count = met + sum(float(row.numerator) for row in rows)
        proportion = draw(st.booleans())
        readings.append(Reading(code, Source.OBSERVED, count, n, floor, target, proportion=proportion))
        records[code] = rows
    return readings, records


def smallest(readings: list[Reading], records: dict[str, list[Record]]) -> tuple[int, Decimal] | None:
    """Tries every subset of the open records, smallest first; the highest score that the smallest ones reach."""
    before = score_of(readings)
    every = [(code, record) for code, rows in records.items() for record in rows]
    for size in range(1, len(every) + 1):
        reached = []
        for chosen in combinations(every, size):
            after = []
            for each in readings:
                acts = [row for code, row in chosen if code == each.indicator]
                change = sum(float(row.act.numerator) - float(row.numerator) for row in acts if row.act)
                after.append(
                    Reading(
                        each.indicator,
                        each.source,
                        float(each.numerator) + change,
                        each.denominator,
                        each.floor,
                        each.target,
                        proportion=each.proportion,
                    )
                )
            score = score_of(after)
            if band_rank(score.band) > band_rank(before.band):
                reached.append(score.score or Decimal(0))
        if reached:
            return size, max(reached)
    return None


@settings(max_examples=150, deadline=None)
@given(open_records())
def test_no_smaller_set_of_acts_moves_the_band_than_the_one_told(
    case: tuple[list[Reading], dict[str, list[Record]]],
) -> None:
    readings, records = case
    found, expected = what_would_change(readings, records), smallest(readings, records)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert len(found.steps) == expected[0]
        if found.band != "of_concern":
            assert found.to_score == expected[1]
