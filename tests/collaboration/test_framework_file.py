"""The framework that ships is sound, and a file with faults is refused in plain words."""

import json
import re
from collections import Counter
from dataclasses import FrozenInstanceError
from datetime import date

import pytest
import yaml

from collaboration.framework import Framework
from collaboration.framework_file import FOLDER, build, digest_of, load, parse
from collaboration.indicators import REGISTRY
from collaboration.yaml_node import FileFaults

KLOE, INDICATOR = "characteristics[R].kloes[1.1]", "indicators[R1]"
FILE = FOLDER / "collaboration-2022.yaml"
WITH_QUERY = [
    "R1",
    "R2",
    "R3",
    "R4",
    "RQ",
    "L1",
    "L3",
    "LP",
    "LQ",
    "S1",
    "SP",
    "SQ",
    "A2",
    "A4",
    "AP",
    "AQ",
    "D1",
    "D2",
    "DP",
    "DQ",
]
OBSERVED = {"R1", "R2", "R4", "L1", "L2", "L3", "L4", "S1", "S2", "S3", "A2", "A3", "A4", "D1", "D2", "D4"}
PARTNER = {"R3", "S4", "LP", "SP", "AP", "DP"}
SELF = {"RQ", "LQ", "SQ", "AQ", "DQ"}


@pytest.fixture(scope="module")
def framework() -> Framework:
    return load(FILE)


@pytest.fixture
def content() -> dict:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def faults_of(content) -> tuple[str, ...]:
    with pytest.raises(FileFaults) as caught:
        build(content, "")
    return caught.value.faults


# --- the framework that ships ------------------------------------------------------------------------------------


def test_it_has_five_characteristics_three_areas_and_eleven_behaviours(framework):
    assert [c.code for c in framework.characteristics] == ["R", "L", "S", "A", "D"]
    assert [len(area.behaviours) for area in framework.areas] == [5, 3, 3]


def test_it_has_37_questions_in_groups_of_8_7_7_7_and_8(framework):
    assert [len(c.kloes) for c in framework.characteristics] == [8, 7, 7, 7, 8]
    expected = [f"{c.number}.{n}" for c in framework.characteristics for n in range(1, len(c.kloes) + 1)]
    assert [kloe.code for kloe in framework.kloes] == expected


def test_the_substance_of_25_questions_is_sourced_and_12_are_worked_out(framework):
    assert Counter(kloe.mark for kloe in framework.kloes) == {"S": 25, "D": 12}


def test_every_question_is_a_question_of_its_own_and_says_that_it_is_derived(framework):
    questions = [kloe.question for kloe in framework.kloes]
    assert len(set(questions)) == 37
    assert all(question.endswith("?") for question in questions)
    assert all(kloe.derived for kloe in framework.kloes)


def test_partners_are_asked_three_questions_a_characteristic(framework):
    expected = [f"P{c.number}.{n}" for c in framework.characteristics for n in (1, 2, 3)]
    assert [item.code for item in framework.feedback_items] == expected
    assert all(item.derived and item.question.endswith("?") for item in framework.feedback_items)
    assert len({item.question for item in framework.feedback_items}) == len(expected)


def test_partners_are_asked_about_the_behaviours_that_their_indicator_speaks_to(framework):
    indicators = {i.characteristic: set(i.behaviours) for i in framework.indicators if i.code in PARTNER - {"S4"}}
    asked = {c.code: {code for item in c.feedback_items for code in item.behaviours} for c in framework.characteristics}
    assert asked == indicators


def test_partners_answer_from_0_to_3_or_that_they_cannot_judge(framework):
    assert {rating.code: rating.points for rating in framework.feedback_scale} == {
        "0": 0, "1": 1, "2": 2, "3": 3, "NA": None
    }  # fmt: skip


def test_a_version_of_before_there_was_feedback_is_still_read(content):
    del content["feedback_scale"]
    for characteristic in content["characteristics"]:
        del characteristic["feedback_items"]
    assert build(content, "").feedback_items == ()


def test_feedback_items_without_a_scale_are_refused(content):
    del content["feedback_scale"]
    assert faults_of(content) == ("feedback_scale: is missing, but there are feedback_items to answer.",)


def test_every_behaviour_is_asked_about_and_measured(framework):
    behaviours = {behaviour.code for behaviour in framework.behaviours}
    assert {code for kloe in framework.kloes for code in kloe.behaviours} == behaviours
    assert {code for indicator in framework.indicators for code in indicator.behaviours} == behaviours


def test_it_holds_the_indicators_of_the_method_and_twenty_of_them_count(framework):
    by_source = {
        source: {i.code for i in framework.indicators if i.source == source}
        for source in ("observed", "partner", "self")
    }
    assert by_source == {"observed": OBSERVED, "partner": PARTNER, "self": SELF}
    assert [i.code for i in framework.registered] == list(WITH_QUERY)
    assert set(WITH_QUERY) == set(REGISTRY)


def test_every_characteristic_can_be_scored_from_records_today(framework):
    assert {i.characteristic for i in framework.registered if i.source == "observed"} == set("RLSAD")


@pytest.mark.parametrize(
    ("code", "floor", "target", "minimum"),
    [
        ("R1", 0.50, 0.95, 6), ("R2", 0.50, 1.00, 3), ("R3", 0.30, 0.85, 3), ("R4", 0.30, 0.90, 2),
        ("L1", 0.60, 1.00, 4), ("L2", 0.40, 1.00, 3), ("L3", 0.50, 1.00, 1), ("L4", 0.20, 0.00, 4),
        ("S1", 0.40, 1.00, 4), ("S2", 0.40, 1.00, 4), ("S3", 0.50, 1.00, 1), ("S4", 0.30, 0.85, 3),
        ("A2", 0.60, 1.00, 3), ("A3", 0.40, 1.00, 4), ("A4", 0.40, 1.00, 1),
        ("D1", 0.40, 0.95, 5), ("D2", 0.30, 0.00, 5), ("D4", 0.40, 0.95, 2),
        ("LP", 0.30, 0.85, 3), ("SP", 0.30, 0.85, 3), ("AP", 0.30, 0.85, 3), ("DP", 0.30, 0.85, 3),
        ("RQ", 0.00, 1.00, 4), ("LQ", 0.00, 1.00, 4), ("SQ", 0.00, 1.00, 4), ("AQ", 0.00, 1.00, 4),
        ("DQ", 0.00, 1.00, 4),
    ],
)  # fmt: skip
def test_an_indicator_has_the_range_and_minimum_of_the_method(framework, code, floor, target, minimum):
    (indicator,) = [i for i in framework.indicators if i.code == code]
    assert (indicator.floor, indicator.target, indicator.minimum) == (floor, target, minimum)


def test_lower_is_better_for_items_put_off_and_days_overdue_only(framework):
    assert {i.code for i in framework.indicators if i.lower_is_better} == {"L4", "D2"}


def test_ratings_and_days_are_not_proportions(framework):
    assert {i.code for i in framework.indicators if not i.proportion} == PARTNER | SELF | {"D2"}


def test_weights_bands_window_and_coverage_are_those_of_the_method(framework):
    assert framework.source_weights == {"observed": 0.5, "partner": 0.3, "self": 0.2}
    assert [(band.code, band.lower) for band in framework.bands] == [
        ("strong", 75), ("developing", 50), ("of_concern", 0)
    ]  # fmt: skip
    assert (framework.window_months, framework.coverage_threshold) == (12, 0.5)
    assert {i.weight for i in framework.indicators} == {1}


def test_answers_go_from_0_to_3_and_not_applicable_needs_a_reason(framework):
    points = {rating.code: rating.points for rating in framework.rating_scale}
    assert points == {"0": 0, "1": 1, "2": 2, "3": 3, "NA": None}
    assert [rating.code for rating in framework.rating_scale if rating.needs_evidence] == ["2", "3"]
    assert [rating.code for rating in framework.rating_scale if rating.needs_reason] == ["NA"]


def test_it_says_what_it_is_and_is_not(framework):
    assert (framework.code, framework.version) == ("collaboration-2022", 2)
    assert framework.published_on == date(2022, 10, 27)
    assert "not an NHS England rating" in framework.status


def test_texts_are_complete_sentences_without_stray_spaces(framework):
    texts = [t for i in framework.indicators for t in (i.definition, i.not_applicable, i.missing)]
    texts += [kloe.question for kloe in framework.kloes] + [framework.status]
    assert [t for t in texts if not t.endswith((".", "?")) or re.search(r"\s{2}|- ", t)] == []


def test_it_cannot_be_changed_once_read(framework):
    with pytest.raises(FrozenInstanceError):
        framework.title = "Another"
    with pytest.raises(TypeError):
        framework.source_weights["self"] = 1


# --- reading and storing -----------------------------------------------------------------------------------------


def test_its_content_can_be_stored_as_json_and_read_again(framework, content):
    assert build(json.loads(json.dumps(content)), framework.digest) == framework


def test_its_digest_is_that_of_its_text(framework):
    text = FILE.read_text(encoding="utf-8")
    assert framework.digest == digest_of(text)
    assert parse(text + "\n# a remark\n").digest != framework.digest


# --- files with faults -------------------------------------------------------------------------------------------


def set_in(content: dict, path: str, value) -> dict:
    """Set a value at a path such as `indicators.0.weight`; `...` deletes it."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    target = content
    for step in way:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("title", ..., "title: is missing."),
        ("title", "  ", "title: must be a text, but is '  '."),
        ("title", None, "title: must be a text, but is empty."),
        ("version", "one", "version: must be a whole number from 1 to 9999, but is 'one'."),
        ("version", True, "version: must be a whole number from 1 to 9999, but is true."),
        ("published_on", "May", "published_on: must be a date in quotes such as \"2022-10-27\", but is 'May'."),
        ("window_months", 0, "window_months: must be a whole number from 1 to 60, but is '0'."),
        ("colour", "blue", "colour: is not a name that may be used here."),
        ("areas", [], "areas: must be a list with at least one entry, but is '[]'."),
        ("areas.1", "B2", "areas[2]: must hold names with values."),
        ("source_weights", None, "source_weights: must hold names with values."),
        ("source_weights.friends", 0.1, "source_weights.friends: is not a name that may be used here."),
        ("source_weights.partner", ..., "source_weights.partner: is missing."),
        ("characteristics.0.kloes.2.mark", "X", "characteristics[R].kloes[1.3].mark: must be one of S, D, but is 'X'."),
        (
            "characteristics.0.kloes.0.documents",
            [],
            f"{KLOE}.documents: must be a list with at least one code, but is '[]'.",
        ),
        ("characteristics.0.kloes.0.documents", ["S9"], f"{KLOE}.documents: names 'S9', which is not in this file."),
        (
            "characteristics.0.kloes.0.behaviours",
            ["B9.9"],
            f"{KLOE}.behaviours: names 'B9.9', which is not in this file.",
        ),
        ("characteristics.0.kloes.0.behaviours", ["B1.1", "B1.1"], f"{KLOE}.behaviours: names 'B1.1' twice."),
        ("characteristics.0.kloes.0.derived", "yes", f"{KLOE}.derived: must be true or false, but is 'yes'."),
        ("characteristics.0.kloes.0.code", 1.1, "characteristics[R].kloes[1].code: must be a text, but is '1.1'."),
        ("indicators.0.characteristic", "Z", f"{INDICATOR}.characteristic: must be one of R, L, S, A, D, but is 'Z'."),
        (
            "indicators.0.source",
            "rumour",
            f"{INDICATOR}.source: must be one of observed, partner, self, but is 'rumour'.",
        ),
        ("indicators.0.floor", 50, f"{INDICATOR}.floor: must be a number from 0 to 1, but is '50'."),
        ("indicators.0.floor", float("nan"), f"{INDICATOR}.floor: must be a number from 0 to 1, but is 'nan'."),
        ("indicators.0.minimum", 0, f"{INDICATOR}.minimum: must be a whole number from 1 to 1000, but is '0'."),
        ("indicators.0.definition", ..., f"{INDICATOR}.definition: is missing."),
        ("indicators.0.wieght", 2, f"{INDICATOR}.wieght: is not a name that may be used here."),
        (
            "rating_scale.0.points",
            -1,
            "rating_scale[0].points: must be a whole number, or null where the answer is left out, but is '-1'.",
        ),
    ],
)
def test_a_faulty_value_is_named_with_its_place(content, path, value, fault):
    assert faults_of(set_in(content, path, value)) == (fault,)


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("source_weights.observed", 0.6, "source_weights: must add up to 1, but add up to 1.1."),
        ("indicators.0.weight", 0, f"{INDICATOR}.weight: must be more than 0 (registered: false leaves it out)."),
        ("indicators.0.target", 0.5, f"{INDICATOR}.target: must differ from the floor."),
        ("indicators.1.code", "R1", "indicators: 'R1' is used twice."),
        ("bands.1.from", 80, "bands: must go down from the highest, each with a lower 'from' than the one before."),
        ("bands.2.from", 10, "bands: the last must be from 0, so that every score has a band."),
        (
            "characteristics.0.feedback_items.0.code",
            "1.1",
            "characteristics[R].feedback_items[1.1].code: must begin with 'P1.'.",
        ),
        (
            "characteristics.0.feedback_items.0.code",
            "P1.12345678",
            "characteristics[R].feedback_items[P1.12345678].code: must have 8 characters or fewer.",
        ),
        ("characteristics.0.feedback_items.1.code", "P1.1", "feedback_items: 'P1.1' is used twice."),
        ("feedback_scale.1.code", "0", "feedback_scale: '0' is used twice."),
        ("characteristics.1.number", 9, "characteristics[L].kloes[2.1].code: must begin with '9.'."),
    ],
)
def test_a_contradiction_is_told(content, path, value, fault):
    assert fault in faults_of(set_in(content, path, value))


def test_self_assessment_may_not_weigh_more_than_a_fifth(content):
    content["source_weights"] = {"observed": 0.4, "partner": 0.3, "self": 0.3}
    assert faults_of(content) == ("source_weights.self: must be at most 0.2.",)


def test_a_framework_without_observed_weight_is_refused(content):
    content["source_weights"] = {"observed": 0, "partner": 0.8, "self": 0.2}
    assert "source_weights.observed: must be more than 0: without records there is no score." in faults_of(content)


def test_a_characteristic_that_nothing_observes_is_refused(content):
    content["indicators"] = [
        i for i in content["indicators"] if i["characteristic"] != "A" or i["source"] != "observed"
    ]
    assert faults_of(content) == (
        "characteristics[A]: needs at least one observed indicator, or it can never have a score.",
    )


def test_a_behaviour_belongs_to_its_area(content):
    content = json.loads(json.dumps(content).replace('"B3.3"', '"B9.3"'))
    assert faults_of(content) == ("areas[B3].behaviours[B9.3].code: must begin with 'B3.'.",)


def test_all_faults_are_told_at_once(content):
    content["title"] = ""
    content["indicators"][3]["weight"] = "heavy"
    content["characteristics"][4]["kloes"][0]["mark"] = "?"
    assert len(faults_of(content)) == 3


def test_a_part_that_is_missing_altogether_is_one_fault(content):
    del content["areas"]
    assert faults_of(content) == ("areas: is missing.",)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list\n", "3"])
def test_a_file_that_holds_something_else_is_refused_in_one_sentence(text):
    with pytest.raises(FileFaults, match=r"^The file: must hold names with values\.$"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("code: a\ntitle: b\ncode: c\n", r"^Line 3: 'code' is given twice\.$"),
        ("code: [a\ntitle: b\n", r"^Line 2: the file is not valid YAML \(.+\)\.$"),
        ("code: 'a\n", r"^Line 2: the file is not valid YAML \(.+\)\.$"),
        ("code: !!python/object:os.system {}\n", r"^Line 1: the file is not valid YAML \(.+\)\.$"),
        ("when: 2022-13-41\n", r"^The file holds a value that cannot be read \(.+\)\.$"),
        ("? [a, b]\n: c\n", r"^(Line 1: the file|The file) .+\.$"),
        ("a\x00b: c\n", r"^The file is not valid YAML"),
    ],
)
def test_a_text_that_is_not_yaml_is_refused_with_its_line(text, sentence):
    with pytest.raises(FileFaults, match=sentence):
        parse(text)
