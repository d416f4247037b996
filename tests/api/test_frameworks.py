"""The API's frameworks: every item has a code, and what is our own derivation says so."""

import pytest

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from ics_governance.permissions import SYSTEM


@pytest.fixture
def framework(world):
    text = (FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8")
    return load_framework(by=SYSTEM, text=text)[0]


def items(api, **wanted):
    (row,) = api("secretary").rows("frameworks/")
    return [item for item in row["items"] if wanted.items() <= item.items()]


def test_a_framework_tells_its_version_and_what_it_may_not_be_taken_for(api, framework):
    record = api("secretary").record(f"frameworks/{framework.pk}/")
    assert (record["code"], record["version"], record["current"]) == ("collaboration-2022", "2", True)
    assert "not an NHS England rating" in record["status"]
    assert len(record["digest"]) == 64


@pytest.mark.parametrize(
    ("kind", "count"),
    [("characteristic", 5), ("area", 3), ("behaviour", 11), ("line_of_enquiry", 37), ("feedback_item", 15)],
)
def test_its_parts_are_counted(api, framework, kind, count):
    assert len(items(api, kind=kind)) == count


def test_every_item_has_a_code_of_its_own_kind(api, framework):
    found = items(api)
    assert len({(item["kind"], item["code"]) for item in found}) == len(found)
    assert all(item["code"] and item["title"] for item in found)


def test_questions_and_indicators_are_marked_as_our_derivation(api, framework):
    derived = items(api, derived=True)
    assert {item["kind"] for item in derived} == {"line_of_enquiry", "feedback_item", "indicator"}
    assert len(derived) == sum(len(items(api, kind=kind)) for kind in ("line_of_enquiry", "feedback_item", "indicator"))


def test_an_indicator_says_how_it_is_measured(api, framework):
    (attendance,) = items(api, code="R1")
    assert (attendance["belongs_to"], attendance["behaviours"]) == ("R", ["B1.1"])
    assert (attendance["floor"], attendance["target"], attendance["minimum"]) == (0.5, 0.95, 6)
    assert attendance["counts"] is True
    assert attendance["definition"]


@pytest.mark.parametrize(
    ("filters", "count"), [({"code": "collaboration-2022"}, 1), ({"code": "x"}, 0), ({"current": "false"}, 0)]
)
def test_frameworks_are_filtered(api, framework, filters, count):
    assert len(api("stranger").rows("frameworks/", **filters)) == count
    api(None).get("frameworks/", 401)
