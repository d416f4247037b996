"""What counts and what does not, one rule a test. The window is the twelve months to 30 June 2026."""

from datetime import date
from decimal import Decimal

import pytest

from collaboration import indicators
from collaboration.indicators import Window
from ics_governance.context import system
from partnerships.models import Arrangement, ArrangementMember, Completeness, DecisionLead, Function
from tests import records
from tests.world import LONG_AGO

UNTIL = date(2026, 6, 30)
DAY = date(2026, 3, 11)
WINDOW = Window.months(12, UNTIL)


@pytest.fixture
def trust(world):
    """A trust of West Yorkshire with no record at all."""
    return records.trust(world.icb)


@pytest.fixture
def forum(world):
    """A committee of the ICB."""
    return records.forum(world.icb)


@pytest.fixture
def seat(forum, trust):
    """The trust's membership of that committee."""
    return records.member(forum, trust)


def counted(code, body, window=WINDOW):
    """(numerator, denominator, unrecorded) of one indicator for one body."""
    with system("count for a test"):
        found = indicators.count(code, window, [body.pk]).get(body.pk)
    return (found.numerator, found.denominator, found.unrecorded) if found else None


def happened(code, body):
    """What happened, in words, of the records listed for one body."""
    with system("list for a test"):
        return [row.happened for row in indicators.rows([code], WINDOW, body.pk)]


# --- The window ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "since"),
    [
        (date(2026, 6, 30), date(2025, 7, 1)),
        (date(2026, 6, 15), date(2025, 6, 16)),
        (date(2025, 2, 28), date(2024, 3, 1)),
        (date(2028, 2, 28), date(2027, 3, 1)),
        (date(2028, 2, 29), date(2027, 3, 1)),
        (date(2025, 12, 31), date(2025, 1, 1)),
    ],
)
def test_twelve_months_begin_on_the_day_after_the_same_day_a_year_before(until, since):
    assert Window.months(12, until).since == since


# --- R1: meetings attended ----------------------------------------------------------------------------------------


def test_a_meeting_attended_by_the_member_or_the_deputy_counts(trust, forum, seat):
    records.meeting(forum, DAY, {seat: "member"})
    records.meeting(forum, DAY, {seat: "deputy"})
    assert counted("R1", trust) == (2, 2, 0)


@pytest.mark.parametrize("state", ["apologies", "absent", "refused"])
def test_a_meeting_without_either_counts_against_the_body(trust, forum, seat, state):
    records.meeting(forum, DAY, {seat: state})
    assert counted("R1", trust) == (0, 1, 0)


def test_a_meeting_counts_once_however_many_members_the_body_has(trust, forum, seat):
    second = records.member(forum, trust, role="chair")
    records.meeting(forum, DAY, {seat: "absent", second: "member"})
    assert counted("R1", trust) == (1, 1, 0)


def test_a_meeting_called_at_under_five_working_days_notice_is_left_out(trust, forum, seat):
    records.meeting(forum, DAY, {seat: "absent"}, call_notice=4)
    assert counted("R1", trust) is None
    records.meeting(forum, DAY, {seat: "absent"}, call_notice=5)
    assert counted("R1", trust) == (0, 1, 0)


def test_a_refused_membership_counts_as_absent(trust, forum):
    records.member(forum, trust, agreed_on=None, refused_on=date(2025, 9, 1))
    records.meeting(forum, date(2025, 8, 1))
    records.meeting(forum, DAY)
    assert counted("R1", trust) == (0, 1, 0)
    assert happened("R1", trust) == ["The body refused the membership"]


def test_a_membership_that_the_body_has_not_agreed_to_is_not_expected(trust, forum):
    seat = records.member(forum, trust, agreed_on=None)
    records.meeting(forum, DAY, {seat: "absent"})
    assert counted("R1", trust) is None


@pytest.mark.parametrize("expectation", ["represented", "not_expected"])
def test_a_body_that_its_arrangement_does_not_expect_is_left_out(world, trust, expectation):
    arrangement = Arrangement.objects.create(kind="collaborative", name="Together", host=world.icb, starts=LONG_AGO)
    part = ArrangementMember.objects.create(
        arrangement=arrangement, organisation=trust, expectation=expectation, starts=LONG_AGO
    )
    forum = records.forum(world.icb, arrangement=arrangement)
    records.meeting(forum, DAY, {records.member(forum, trust): "absent"})
    assert counted("R1", trust) is None
    part.expectation = "member"
    part.save()
    assert counted("R1", trust) == (0, 1, 0)


def test_attending_never_lowers_the_share(trust, forum, seat):
    records.meeting(forum, DAY, {seat: "absent"})
    before = counted("R1", trust)
    records.meeting(forum, DAY, {seat: "member"})
    after = counted("R1", trust)
    assert after[0] / after[1] > before[0] / before[1]


def test_a_meeting_whose_attendance_was_not_recorded_is_told_and_not_counted(trust, forum, seat):
    records.meeting(forum, DAY)
    assert counted("R1", trust) == (0, 0, 1)


@pytest.mark.parametrize("state", ["planned", "papers_issued", "cancelled"])
def test_a_meeting_that_was_not_held_is_left_out(trust, forum, seat, state):
    records.meeting(forum, DAY, {seat: "absent"}, state=state)
    assert counted("R1", trust) is None


def test_those_in_attendance_are_no_members(trust, forum):
    records.meeting(forum, DAY, {records.member(forum, trust, role="attendee"): "absent"})
    assert counted("R1", trust) is None


def test_both_ends_of_the_window_count_and_nothing_beyond(trust, forum, seat):
    for day in (date(2025, 6, 30), date(2025, 7, 1), UNTIL, date(2026, 7, 1)):
        records.meeting(forum, day, {seat: "member"})
    assert counted("R1", trust) == (2, 2, 0)


# --- L1: decisions within authority -------------------------------------------------------------------------------


@pytest.fixture
def community(world):
    """A function of a family for which the ICB declared its register complete."""
    return Function.objects.get(code="community_services")


def led(forum, trust, function, **fields):
    """A decision that the trust leads."""
    values = {"authority_status": "within_authority", "function": function} | fields
    return records.decision(forum, DAY, [trust], **values)


def test_a_decision_within_authority_counts(trust, forum, community):
    led(forum, trust, community)
    led(forum, trust, community, authority_status="exceeds_limit")
    assert counted("L1", trust) == (1, 2, 0)
    assert sorted(happened("L1", trust)) == ["Over the limit of the delegation", "Within authority"]


def test_co_leads_share_a_decision(world, trust, forum, community):
    shared = led(forum, trust, community)
    with system("another lead"):
        DecisionLead.objects.create(decision=shared, organisation=world.body("RCF"))
        DecisionLead.objects.create(decision=shared, organisation=world.body("RR8"))
    assert counted("L1", trust) == (Decimal("0.33"), Decimal("0.33"), 0)
    assert counted("L1", world.body("RR8")) == (Decimal("0.33"), Decimal("0.33"), 0)


def test_nothing_is_scored_where_the_register_of_delegations_is_not_declared_complete(world, trust, forum, community):
    declared = Completeness.objects.get(organisation=world.icb, family="commissioning")
    led(forum, trust, community, authority_status="not_delegated")
    declared.complete_from = date(2026, 3, 12)
    declared.save()
    assert counted("L1", trust) == (0, 0, 1)
    declared.complete_from = DAY
    declared.save()
    assert counted("L1", trust) == (0, 1, 0)


def test_the_register_of_the_accountable_body_decides(world, trust, forum, community):
    led(forum, trust, community, accountable_body=world.body("E08000032"))
    assert counted("L1", trust) == (0, 0, 1)


@pytest.mark.parametrize("status", ["not_recorded", ""])
def test_an_answer_that_nobody_has_is_not_scored(trust, forum, community, status):
    led(forum, trust, community, authority_status=status)
    assert counted("L1", trust) == (0, 0, 1)


@pytest.mark.parametrize("state", ["draft", "deferred", "not_agreed", "superseded"])
def test_a_decision_that_was_not_taken_or_was_replaced_is_left_out(trust, forum, community, state):
    led(forum, trust, community, state=state)
    assert counted("L1", trust) is None


def test_rescinding_a_decision_does_not_take_it_out_of_the_count(trust, forum, community):
    led(forum, trust, community, authority_status="exceeds_limit", state="rescinded")
    assert counted("L1", trust) == (0, 1, 0)


@pytest.mark.parametrize("kind", ["recommend", "endorse", "note"])
def test_only_binding_decisions_need_authority(trust, forum, community, kind):
    led(forum, trust, community, kind=kind)
    assert counted("L1", trust) is None


# --- S1: reasons complete with the papers -------------------------------------------------------------------------


def significant(forum, trust, paper_notice=5, complete=True, **fields):
    """A significant decision that the trust leads, taken at a meeting whose papers came so many days before."""
    meeting = records.meeting(forum, DAY, paper_notice=paper_notice)
    return records.decision(
        forum, DAY, [trust], weight="significant", meeting=meeting, complete_at_issue=complete, **fields
    )


def test_reasons_complete_five_working_days_before_the_meeting_count(trust, forum):
    significant(forum, trust)
    assert counted("S1", trust) == (1, 1, 0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"paper_notice": 4}, "Complete with the papers, but only 4 working days before the meeting"),
        ({"paper_notice": 1}, "Complete with the papers, but only 1 working day before the meeting"),
        ({"complete": False}, "Not complete when papers were issued"),
        ({"complete": None}, "Not among the papers that were issued"),
    ],
)
def test_reasons_late_incomplete_or_not_in_the_papers_count_against_the_lead(trust, forum, fields, words):
    significant(forum, trust, **fields)
    assert counted("S1", trust) == (0, 1, 0)
    assert happened("S1", trust) == [words]


def test_a_decision_without_a_day_of_papers_is_told_and_not_counted(trust, forum):
    significant(forum, trust, paper_notice=None, complete=None)
    records.decision(forum, DAY, [trust], weight="significant", means="urgent")
    assert counted("S1", trust) == (0, 0, 2)


@pytest.mark.parametrize("weight", ["routine", "procedural"])
def test_only_significant_decisions_need_all_reasons(trust, forum, weight):
    records.decision(forum, DAY, [trust], weight=weight)
    assert counted("S1", trust) is None


# --- A2: memberships with a person and a deputy -------------------------------------------------------------------


def test_a_membership_needs_a_person_and_a_deputy(trust, forum, seat):
    records.member(records.forum(forum.host), trust, deputy=records.person())
    records.member(records.forum(forum.host), trust, holder=None)
    assert counted("A2", trust) == (1, 3, 0)
    words = ["Names a person and a deputy", "No deputy is named", "Nobody is named"]
    assert sorted(happened("A2", trust)) == words


def test_memberships_count_as_they_stand_on_the_last_day(trust, forum):
    records.member(forum, trust, ends=date(2026, 6, 29))
    records.member(forum, trust, starts=date(2026, 7, 1), agreed_on=date(2026, 7, 1))
    records.member(forum, trust, agreed_on=None, refused_on=DAY)
    assert counted("A2", trust) is None


def test_an_arrangement_that_expects_the_body_on_none_of_its_forums_is_told(world, trust):
    arrangement = Arrangement.objects.create(kind="collaborative", name="Together", host=world.icb, starts=LONG_AGO)
    ArrangementMember.objects.create(arrangement=arrangement, organisation=trust, starts=LONG_AGO)
    assert counted("A2", trust) is None
    forum = records.forum(world.icb, arrangement=arrangement)
    assert counted("A2", trust) == (0, 0, 1)
    records.member(forum, trust)
    assert counted("A2", trust) == (0, 1, 0)


# --- D1 and D2: actions -------------------------------------------------------------------------------------------


@pytest.fixture
def decided(forum):
    """An agreed decision of the committee."""
    return records.decision(forum, date(2025, 9, 1))


def test_an_action_done_on_its_original_date_and_confirmed_counts_one(trust, decided):
    records.action(decided, trust, DAY, "confirmed")
    assert counted("D1", trust) == (1, 1, 0)
    assert counted("D2", trust) == (0, 180, 0)


def test_an_action_that_the_forum_has_not_confirmed_does_not_count_yet(trust, decided):
    records.action(decided, trust, DAY, "done")
    assert counted("D1", trust) == (0, 1, 0)
    assert happened("D1", trust) == ["Reported done on time; the forum has not confirmed it"]


@pytest.mark.parametrize("done", [True, False])
def test_a_delay_told_before_with_a_plan_the_forum_accepted_counts_half(trust, decided, done):
    late = {"done_on": date(2026, 4, 1), "confirmed_on": date(2026, 4, 9)} if done else {}
    records.action(
        decided, trust, DAY, "confirmed" if done else "accepted", slippage_told_on=date(2026, 3, 10),
        recovery_plan="Two more nurses", plan_accepted_on=date(2026, 3, 20), **late,
    )  # fmt: skip
    assert counted("D1", trust) == (Decimal("0.5"), 1, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"slippage_told_on": DAY},
        {"plan_accepted_on": None},
        {"recovery_plan": ""},
        {"plan_accepted_on": date(2026, 7, 1)},
    ],
)
def test_a_delay_told_too_late_or_without_an_accepted_plan_counts_nothing(trust, decided, fields):
    told = {
        "slippage_told_on": date(2026, 3, 10),
        "recovery_plan": "Two more nurses",
        "plan_accepted_on": date(2026, 3, 20),
    }
    records.action(decided, trust, DAY, **told | fields)
    assert counted("D1", trust) == (0, 1, 0)


def test_a_new_date_set_by_the_forum_does_not_move_an_action_out_of_the_count(trust, decided):
    records.action(decided, trust, DAY, due=date(2026, 12, 31))
    assert counted("D1", trust) == (0, 1, 0)
    assert counted("D2", trust) == ((UNTIL - DAY).days, 180, 0)


def test_finishing_an_overdue_action_never_lowers_a_score(trust, decided):
    told = {"slippage_told_on": date(2026, 3, 1), "recovery_plan": "x", "plan_accepted_on": date(2026, 3, 5)}
    for fields in ({}, told):
        still_open = records.action(decided, trust, DAY, **fields)
        before = [counted(code, trust)[0] for code in ("D1", "D2")]
        for done_on in (DAY, date(2026, 6, 1), UNTIL):
            still_open.done_on = done_on
            still_open.state = "done"
            with system("finish"):
                still_open.save()
            after = [counted(code, trust)[0] for code in ("D1", "D2")]
            assert after[0] >= before[0] and after[1] <= before[1]


def test_an_action_counts_at_most_180_days_overdue(trust, decided):
    records.action(decided, trust, date(2025, 7, 1))
    assert counted("D2", trust) == (180, 180, 0)
    assert happened("D2", trust) == ["364 days overdue, not done yet"]


def test_an_action_that_nobody_accepted_is_nobodys(trust, decided):
    records.action(decided, trust, DAY, "proposed", proposed_on=date(2026, 6, 20))
    records.action(decided, trust, DAY, "declined")
    assert counted("D1", trust) is None and counted("D2", trust) is None


def test_an_action_left_without_an_answer_for_ten_working_days_is_told(trust, decided):
    records.action(decided, trust, UNTIL, "proposed", proposed_on=date(2026, 6, 16))
    assert counted("D1", trust) == (0, 0, 1)
    records.action(decided, trust, UNTIL, "proposed", proposed_on=date(2026, 6, 17))
    assert counted("D1", trust) == (0, 0, 1)


def test_an_action_of_a_draft_waits_for_nobody(trust, forum):
    records.action(records.decision(forum, DAY, state="draft"), trust, DAY, "proposed")
    assert counted("D1", trust) is None


def test_what_the_forum_withdrew_is_not_due(trust, decided):
    records.action(decided, trust, DAY, "withdrawn")
    assert counted("D1", trust) is None


def test_what_happened_after_the_window_does_not_count_yet(trust, decided):
    records.action(decided, trust, DAY, "confirmed", confirmed_on=date(2026, 7, 2))
    records.action(decided, trust, UNTIL, "confirmed", done_on=date(2026, 7, 1), confirmed_on=date(2026, 7, 2))
    records.action(decided, trust, DAY, "accepted", accepted_on=date(2026, 7, 2))
    assert counted("D1", trust) == (0, 2, 0)


def test_what_is_listed_adds_up_to_what_is_counted(world, trust, forum, seat, decided, community):
    records.meeting(forum, DAY, {seat: "member"})
    led(forum, trust, community)
    significant(forum, trust)
    records.action(decided, trust, DAY)
    with system("list and count"):
        for code in indicators.REGISTRY:
            rows = indicators.rows([code], WINDOW, trust.pk)
            figures = counted(code, trust) or (0, 0, 0)
            assert (sum(r.numerator for r in rows), sum(r.denominator for r in rows)) == figures[:2]
