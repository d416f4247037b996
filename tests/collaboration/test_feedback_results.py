"""What a feedback round may show: no number from fewer than three organisations, and none that tells on one or two."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collaboration.feedback_results import FEWEST, is_enough, items_are_safe, results, safe_items
from collaboration.framework_file import FOLDER, load

FRAMEWORK = load(FOLDER / "collaboration-2022.yaml")
ITEMS = [item.code for item in FRAMEWORK.feedback_items]
HOST = 99


def everything(rating: str) -> dict[str, str]:
    return dict.fromkeys(ITEMS, rating)


def shown(answers, host=HOST):
    return {(row.characteristic, row.item): row for row in results(FRAMEWORK, answers, host)}


# --- Three organisations or nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_organisations_show_nothing(count):
    assert shown({body: everything("3") for body in range(count)}) == {}


def test_three_organisations_show_every_characteristic_and_item():
    found = shown({1: everything("0"), 2: everything("3"), 3: everything("2")})
    assert len(found) == 5 + 15
    assert {row.organisations for row in found.values()} == {3}
    assert {row.mean for row in found.values()} == {Decimal("1.667")}


def test_the_host_is_not_one_of_the_three_and_counts_beside_them():
    assert shown({1: everything("1"), 2: everything("1"), HOST: everything("3")}) == {}
    found = shown({1: everything("1"), 2: everything("1"), 3: everything("1"), HOST: everything("3")})
    assert found["R", ""].organisations == 4
    assert found["R", ""].mean == Decimal("1.500")


def test_what_nobody_could_judge_is_in_no_number():
    answers = {body: everything("2") | {"P1.1": "NA"} for body in (1, 2, 3)}
    found = shown(answers)
    assert ("R", "P1.1") not in found
    assert found["R", ""].mean == Decimal("2.000")


def test_an_item_that_two_organisations_judged_is_left_out_of_the_characteristic_too():
    answers = {body: everything("2") for body in (1, 2, 3)}
    answers[1] |= {"P1.1": "0"}
    answers[2] |= {"P1.1": "0"}
    answers[3] |= {"P1.1": "NA"}
    found = shown(answers)
    assert ("R", "P1.1") not in found
    assert found["R", ""].mean == Decimal("2.000")


def test_each_organisation_counts_once_however_many_items_it_judged():
    answers = {body: everything("NA") | {"P1.1": "3"} for body in (1, 2, 3)}
    answers |= {body: everything("0") for body in (4, 5, 6)}
    found = shown(answers)
    assert found["R", ""].mean == Decimal("1.500")
    assert found["R", "P1.1"].mean == Decimal("1.500")


@pytest.mark.parametrize("rating", ["", "9", "yes", "na"])
def test_a_rating_that_is_none_counts_for_nothing(rating):
    assert shown({body: everything(rating) for body in range(5)}) == {}


# --- Numbers side by side -----------------------------------------------------------------------------------------


def test_one_organisation_that_skipped_an_item_would_be_told_by_the_rest():
    """Both items and their mean of means: what is left over is the one organisation's own rating."""
    given = {1: {"a": 1, "b": 2}, 2: {"a": 0, "b": 3}, 3: {"a": 2, "b": 2}, 4: {"a": 3}}
    assert not items_are_safe(["a", "b"], given, HOST)
    assert safe_items(["a", "b"], given, HOST) == ("a",)


def test_three_that_skipped_the_same_item_hide_each_other():
    given = {body: {"a": 1, "b": 2} for body in (1, 2, 3)} | {body: {"a": 3} for body in (4, 5, 6)}
    assert safe_items(["a", "b"], given, HOST) == ("a", "b")


def test_where_all_judged_all_nothing_is_left_out():
    given = {body: {"a": 1, "b": 2, "c": 0} for body in (1, 2, 3)}
    assert safe_items(["a", "b", "c"], given, HOST) == ("a", "b", "c")


def rank(rows) -> int:
    rows = [list(row) for row in rows]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] / rows[found][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


def tells_on(published, unknowns, bodies) -> bool:
    """Whether some sum of multiples of the published numbers is about these organisations' ratings alone."""
    others = [i for i, (body, _) in enumerate(unknowns) if body not in bodies]
    return rank(published) > rank([[row[i] for i in others] for row in published])


POINTS = st.sampled_from(["0", "1", "2", "3", "NA"])
ANSWERS = st.dictionaries(
    st.sampled_from([1, 2, 3, 4, 5, 6, 7, HOST]), st.fixed_dictionaries(dict.fromkeys(ITEMS[:3], POINTS)), max_size=8
)


@settings(max_examples=300, deadline=None)
@given(ANSWERS)
def test_no_reckoning_with_the_shown_numbers_tells_on_one_or_two_organisations(answers):
    """Held against linear algebra: every number shown is a sum over the ratings; the host knows its own besides."""
    found = shown(answers)
    judged = {b: [c for c in ITEMS[:3] if answers[b][c] != "NA"] for b in answers}
    used = [c for c in ITEMS[:3] if is_enough([b for b in judged if c in judged[b]], HOST)]
    judged = {b: [c for c in codes if c in used] for b, codes in judged.items()}
    unknowns = [(b, c) for b in judged for c in judged[b]]
    published = []
    for characteristic, item in found:
        assert characteristic == "R"
        share = {(b, c): Fraction(1, len(judged[b])) if not item else Fraction(c == item) for b, c in unknowns}
        published.append([share[each] for each in unknowns])
    bodies = [body for body in judged if body != HOST]
    for size in range(FEWEST):
        for few in combinations(bodies, size):
            assert not published or not tells_on(published, unknowns, {*few, HOST})


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
def test_a_number_always_has_three_organisations_behind_it_and_lies_on_the_scale(answers):
    for row in results(FRAMEWORK, answers, HOST):
        assert row.organisations >= FEWEST
        assert 0 <= row.mean <= 3
