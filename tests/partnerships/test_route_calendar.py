"""Each step of a route takes the first meeting whose papers can hold what the steps before it said."""

from datetime import date

import pytest

from partnerships.queries.meetings import NextMeeting
from partnerships.queries.route import _Order


def meets(*pairs: tuple[int, int]) -> list[NextMeeting]:
    """Meetings of December 2026, by their day and the last day for their papers."""
    return [NextMeeting(date(2026, 12, day), date(2026, 12, papers)) for day, papers in pairs]


def days(*steps):
    """The day of December that each step takes, None where no meeting is late enough."""
    order = _Order()
    found = [order.first(kind, planned) for kind, planned in steps]
    return [each and each.held_on.day for each in found]


@pytest.mark.parametrize(
    ("steps", "taken"),
    [
        ([("recommend", meets((17, 10))), ("decide", meets((15, 8), (29, 22)))], [17, 29]),
        ([("recommend", meets((10, 3))), ("decide", meets((15, 8), (29, 22)))], [10, 29]),
        ([("recommend", meets((8, 1))), ("decide", meets((15, 8), (29, 22)))], [8, 15]),
        ([("recommend", meets((17, 10))), ("decide", meets((15, 8)))], [17, None]),
        ([("consult", meets((9, 2))), ("consult", meets((4, 1))), ("decide", meets((12, 5), (17, 10)))], [9, 4, 17]),
        ([("decide", meets((3, 1))), ("report", meets((20, 12))), ("report", meets((5, 2), (11, 4)))], [3, 20, 11]),
        ([("recommend", []), ("decide", meets((15, 8)))], [None, 15]),
    ],
)
def test_a_step_waits_for_those_before_it_and_for_its_papers(steps, taken):
    assert days(*steps) == taken
