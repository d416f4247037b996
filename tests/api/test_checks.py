"""The API's findings of the governance checks."""

from datetime import date

import pytest
import time_machine

from ics_governance.permissions import SYSTEM
from partnerships.actions.checks import run_checks
from tests.partnerships.test_check_actions import vacant_post


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def found(world):
    """A vacant post was found."""
    edge = vacant_post(world)
    run_checks(by=SYSTEM)
    return edge


def test_the_api_gives_findings(api, found):
    (row,) = api("partner").rows("checks/", code="vacant_post")
    assert (row["severity"], row["system"]["ods_code"], row["first_seen"]) == ("error", "QWO", "2026-10-20")
    assert row["records"] == [["delegation", found.pk], ["post", found.to_post_id]]
    assert row["recommended_action"].startswith("Name who is in the post")


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"system": "QWO"}, 1), ({"system": "QOP"}, 0), ({"severity": "error"}, 1), ({"severity": "advice"}, 0)],
)
def test_the_api_filters_findings(api, found, filters, count):
    assert len(api("partner").rows("checks/", code="vacant_post", **filters)) == count


def test_what_no_filter_knows_is_refused(api, found):
    answer = api("partner").get("checks/", 400, severity="dire")
    assert "Use one of: error, warning, advice." in str(answer.body)
