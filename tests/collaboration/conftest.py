"""The framework of 2022, and a trust with two years of records."""

from datetime import date, timedelta

import pytest

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from ics_governance.permissions import SYSTEM
from partnerships.models import Function
from tests import records

UNTIL = date(2026, 6, 30)


@pytest.fixture
def framework(world):
    """The framework that profiles follow, loaded."""
    row, _ = load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    return row


@pytest.fixture
def airedale(world):
    """Airedale, with enough records for a number in each characteristic; it may open all of them."""
    trust = world.body("RCF")
    seat = world.place_board.memberships.get(organisation=trust)
    function = Function.objects.get(code="community_services")
    for month in range(12):
        day = UNTIL - timedelta(days=30 * month + 7)
        meeting = records.meeting(
            world.place_board, day, {seat: "absent" if month == 3 else "member"}, paper_notice=6, seen_by=[trust]
        )
        decided = records.decision(
            world.place_board, day, [trust], weight="significant", meeting=meeting, complete_at_issue=month % 3 > 0,
            function=function, authority_status="exceeds_limit" if month == 1 else "within_authority", seen_by=[trust],
            title=f"Decision of month {month}",
        )  # fmt: skip
        records.action(decided, trust, day, "done" if month % 4 == 0 else "confirmed", title=f"Action of month {month}")
    for number in range(3):
        records.member(records.forum(world.icb), trust, deputy=records.person() if number else None)
    return trust
