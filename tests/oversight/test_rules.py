"""Rules as data, applied by one pure function; a slow and simple oracle says the same."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collaboration.yaml_node import FileFaults
from oversight.rules import Mark, Month, Rule, RuleSet, evaluate
from oversight.ruleset_file import BANDS, FOLDER, build, parse

CODES = "RLSAD"
OURS = parse((FOLDER / "signals-1.yaml").read_text(encoding="utf-8"))


def month_end(number: int) -> date:
    """The last day of the month of a number, counted from year 0."""
    year, month = divmod(number + 1, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


JUNE = 2026 * 12 + 5


def months(*bands: str, coverage: float = 0.9, until: int = JUNE, expected: bool = True) -> list[Month]:
    """Successive months of a body with one characteristic, the last of them June 2026."""
    first = until - len(bands) + 1
    return [
        Month(month_end(first + n), {"D": Mark(band, coverage, 40, 30, 48)}, expected) for n, band in enumerate(bands)
    ]


def test_of_concern_for_three_months_is_a_signal_with_its_numbers():
    (signal,) = evaluate(OURS, {7: months("strong", *["of_concern"] * 3)})
    assert (signal.subject, signal.rule, signal.characteristic) == (7, "of_concern", "D")
    assert signal.as_of == date(2026, 6, 30)
    said = signal.clause.replace("\u00a0", " ")
    assert said == (
        "Of concern in 3 successive months to 30 June 2026: 40 (at most 48), 40 (at most 48) and 40 (at most 48), "
        "with at least 90% of it recorded."
    )


@pytest.mark.parametrize(
    "history",
    [
        months("of_concern", "of_concern"),
        months("of_concern", "of_concern", "developing_uncertain"),
        months("of_concern", "strong", "of_concern", "of_concern"),
        months(*["of_concern"] * 3, coverage=0.59),
        [*months("of_concern", "of_concern", until=JUNE - 2), *months("of_concern")],
        [],
    ],
    ids=["too short", "over by now", "interrupted", "too little recorded", "a month without a profile", "nothing"],
)
def test_anything_less_is_none(history):
    assert evaluate(OURS, {7: history}) == []


def silent(*coverages: float, expected: bool = True) -> list[Month]:
    """Months in which every characteristic has the same coverage."""
    return [
        Month(month_end(JUNE - len(coverages) + 1 + n), {code: Mark("not_enough_evidence", each) for code in CODES},
              expected)
        for n, each in enumerate(coverages)
    ]  # fmt: skip


def test_a_silent_body_is_one_signal_that_asks_the_host_first():
    (signal,) = evaluate(OURS, {7: silent(0.1, 0.3, 0)})
    assert (signal.rule, signal.characteristic) == ("silent", "")
    assert "30% at most" in signal.clause and "Ask those who host its forums first" in signal.clause


def test_a_body_from_which_nothing_was_expected_is_not_silent():
    assert evaluate(OURS, {7: silent(0, 0, 0, expected=False)}) == []


def test_one_characteristic_that_is_recorded_is_enough_not_to_be_silent():
    history = silent(0.1, 0.1, 0.1)
    last = history[-1]
    loud = Month(last.as_of, {**last.marks, "R": Mark("strong", 0.5, 80)})
    assert evaluate(OURS, {7: [*history[:-1], loud]}) == []


def test_the_later_of_two_profiles_of_a_month_counts():
    history = months(*["of_concern"] * 3)
    again = Month(history[-1].as_of, {"D": Mark("developing", 0.9, 55, 51, 60)})
    assert evaluate(OURS, {7: [*history, again]}) == []
    assert len(evaluate(OURS, {7: [history[0], again, *history[1:]]})) == 1


# --- Against a slow oracle ------------------------------------------------------------------------------------------

MARKS = st.builds(Mark, band=st.sampled_from(BANDS), coverage=st.sampled_from([0.0, 0.3, 0.5, 0.6, 1.0]))
MONTHS = st.builds(
    lambda number, marks, expected: Month(month_end(2026 * 12 + number), marks, expected),
    st.integers(0, 5),
    st.dictionaries(st.sampled_from("RD"), MARKS, max_size=2),
    st.booleans(),
)
RULE = st.builds(
    Rule,
    code=st.sampled_from(["a", "b"]),
    title=st.just("t"),
    kind=st.sampled_from(["band", "coverage_below"]),
    months=st.integers(1, 4),
    band=st.sampled_from(BANDS),
    coverage=st.sampled_from([0.0, 0.5, 1.0]),
    below=st.sampled_from([0.0, 0.4, 1.0]),
    whole_body=st.booleans(),
)


def oracle(rule: Rule, history: list[Month]) -> set[str]:
    """Which characteristics fire, by walking back from the last month one step at a time."""
    newest = {}
    for month in history:
        newest[month.as_of] = month
    if not newest:
        return set()
    day, walked = max(newest), []
    for _ in range(rule.months):
        if day not in newest:
            return set()
        walked.append(newest[day])
        day = day.replace(day=1) - timedelta(days=1)
    last = walked[0]
    firing = set()
    for code in last.marks:
        good = True
        for month in walked:
            mark = month.marks.get(code)
            if mark is None:
                good = False
            elif rule.kind == "band":
                good = good and mark.band == rule.band and mark.coverage >= rule.coverage
            else:
                good = good and month.expected and mark.coverage < rule.below
        if good:
            firing.add(code)
    if rule.whole_body:
        return {""} if firing and firing == set(last.marks) else set()
    return firing


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first of the strategies takes its time
@given(rule=RULE, history=st.lists(MONTHS, max_size=10))
def test_it_fires_where_the_oracle_does(rule, history):
    ruleset = RuleSet("r", 1, "t", (rule,))
    found = evaluate(ruleset, {3: history})
    assert {signal.characteristic for signal in found} == oracle(rule, history)
    assert all(signal.as_of == max(month.as_of for month in history) for signal in found)
    assert len({(signal.subject, signal.rule, signal.characteristic) for signal in found}) == len(found)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(MONTHS, max_size=8), other=st.lists(MONTHS, max_size=8))
def test_each_body_is_looked_at_by_itself(history, other):
    both = evaluate(OURS, {1: history, 2: other})
    assert both == [*evaluate(OURS, {1: history}), *evaluate(OURS, {2: other})]


# --- The file -------------------------------------------------------------------------------------------------------


def test_a_wrong_file_is_told_every_fault_at_once():
    with pytest.raises(FileFaults) as wrong:
        build({"code": "x", "version": 0, "title": "t", "rules": [
            {"code": "a", "title": "t", "kind": "band", "band": "awful", "months": 0, "coverage": 2, "whole_body": 1},
            {"code": "a", "title": "t", "kind": "coverage_below", "below": 0.5, "months": 3, "whole_body": True,
             "bnad": 1},
        ]})  # fmt: skip
    said = "\n".join(wrong.value.faults)
    for fault in ("version", "rules[a].band", "rules[a].months", "rules[a].coverage", "rules[a].whole_body",
                  "rules[a].bnad", "'a' is given twice"):  # fmt: skip
        assert fault in said


def test_every_file_that_we_ship_can_be_read():
    for path in FOLDER.glob("*.yaml"):
        assert parse(path.read_text(encoding="utf-8")).months >= 1
