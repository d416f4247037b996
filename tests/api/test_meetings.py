"""The API's meetings: read by those for whom they are, and by nobody else."""

from datetime import date

import pytest

from ics_governance.context import system
from partnerships.models import AgendaItem, Attendance, Membership
from tests import records


@pytest.fixture
def meeting(world):
    found = world.meeting(private_reason="Commercial terms", called_on=date(2026, 9, 30), call_notice=10)
    with system("what happened at the meeting"):
        AgendaItem.objects.create(meeting=found, number=1, title="More scans")
        for member in Membership.objects.filter(forum=world.place_board, organisation__ods_code__in=["QWO", "RCF"]):
            Attendance.objects.create(meeting=found, membership=member, state="member", person=member.holder)
    return found


def test_a_meeting_tells_its_forum_its_notice_its_agenda_and_who_was_there(api, meeting):
    record = api("officer").record(f"meetings/{meeting.pk}/")
    assert (record["forum"]["name"], record["host"]["ods_code"]) == ("Bradford place board", "QWO")
    assert (record["held_on"], record["called_on"], record["call_notice"]) == ("2026-10-14", "2026-09-30", 10)
    assert [(item["number"], item["title"]) for item in record["items"]] == [(1, "More scans")]
    assert {row["organisation"]["ods_code"]: row["person"] for row in record["attendance"]} == {
        "QWO": "Marcus Adeyemi",
        "RCF": "Denis Ormerod",
    }
    assert record["quorum"] == {"present": 2, "needed": 2, "rules_unmet": []}


@pytest.mark.parametrize("who", ["officer", "executive", "auditor", "secretary", "chair", "partner", "region_lead"])
def test_host_members_and_overseer_read_it(api, meeting, who):
    assert [row["id"] for row in api(who).rows("meetings/")] == [meeting.pk]
    assert api(who).record(f"meetings/{meeting.pk}/")["private_reason"] == "Commercial terms"


@pytest.mark.parametrize("who", ["other_officer", "other_trust", "admin", "stranger"])
def test_for_others_it_does_not_exist(api, meeting, who):
    assert api(who).rows("meetings/") == []
    answer = api(who).get(f"meetings/{meeting.pk}/", 404)
    missing = api(who).get(f"meetings/{meeting.pk + 1}/", 404)
    assert answer.body == missing.body


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"host": "QWO"}, 1),
        ({"host": "QOP"}, 0),
        ({"state": "planned"}, 1),
        ({"state": "held"}, 0),
        ({"since": "2026-10-14", "until": "2026-10-14"}, 1),
        ({"since": "2026-10-15"}, 0),
    ],
)
def test_meetings_are_filtered(api, meeting, filters, count):
    assert len(api("officer").rows("meetings/", **filters)) == count
    assert len(api("officer").rows("meetings/", forum=meeting.forum_id, **filters)) == count


def test_the_latest_meeting_comes_first(api, world):
    for day in (3, 1, 2):
        world.meeting(date(2026, 9, day))
    days = [row["held_on"] for row in api("officer").rows("meetings/", page_size=2)]
    assert days == ["2026-09-03", "2026-09-02", "2026-09-01"]


def test_long_lists_and_large_meetings_need_no_more_queries(api, world, meeting, django_assert_max_num_queries):
    officer = api("officer")
    for _ in range(99):
        records.meeting(world.place_board, date(2026, 1, 1), seen_by=[world.icb], state="planned")
    with system("a large meeting"):
        for _ in range(30):
            member = records.member(world.place_board, records.trust(world.icb))
            Attendance.objects.create(meeting=meeting, membership=member, state="member", person=member.holder)
    for size in (10, 100):
        with django_assert_max_num_queries(12):
            assert len(officer.get("meetings/", page_size=size).body["results"]) == size
    with django_assert_max_num_queries(12):
        assert len(officer.record(f"meetings/{meeting.pk}/")["attendance"]) == 32
