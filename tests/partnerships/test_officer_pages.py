"""What makes an officer's pages quick: the roll call, what comes next, fields by weight, people by employer."""

from datetime import date

import pytest
import time_machine

from ics_governance.context import system
from partnerships.forms import arrangements, delegations, meetings, memberships
from partnerships.forms.decisions import DecisionForm
from partnerships.models import Action, Attendance, Decision, Meeting

TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


def members(world):
    return list(world.place_board.memberships.order_by("pk"))


def test_everyone_whom_nobody_marked_is_filled_in_as_present_and_nothing_is_saved(officer, world):
    meeting, (first, *_) = world.meeting(), members(world)
    answer = officer.post(f"/meetings/{meeting.pk}/attendance/", {f"m{first.pk}": "apologies", "everyone": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200 and "not saved yet" in page
    assert page.count("checked") == 4 and "3 of 4 voting members present" in page
    with system("look"):
        assert not Attendance.objects.exists()


def test_before_anybody_is_marked_the_page_does_not_call_the_meeting_inquorate(officer, world):
    meeting = world.meeting()
    page = officer.get(f"/meetings/{meeting.pk}/").content.decode()
    assert "Attendance is not marked yet" in page and "Not quorate" not in page


@pytest.mark.parametrize(
    ("state", "held_on", "first"),
    [
        ("planned", date(2026, 11, 4), "Issue the papers"),
        ("planned", date(2026, 10, 14), "Mark attendance"),
        ("papers_issued", date(2026, 10, 14), "Mark attendance"),
        ("held", date(2026, 10, 14), "Mark attendance"),
    ],
)
def test_a_meeting_says_what_it_needs_next(officer, world, state, held_on, first):
    meeting = world.meeting(held_on)
    with system("move it on"):
        for step in ("papers_issued", "held")[: ("planned", "papers_issued", "held").index(state)]:
            Meeting.objects.filter(pk=meeting.pk).update(state=step)
    page = officer.get(f"/meetings/{meeting.pk}/").content.decode()
    panel = page[page.index('id="next"') :]
    green = panel[panel.index("nhsuk-button ") :]
    assert green[: green.index("</")].endswith(first)


def test_a_meeting_that_is_over_is_never_recorded_as_held_in_advance(officer, world):
    page = officer.get(f"/meetings/{world.meeting(date(2026, 11, 4)).pk}/").content.decode()
    assert "Record as held" not in page


@pytest.mark.parametrize(
    ("weight", "asked"),
    [("procedural", 0), ("routine", 3), ("significant", 8)],
)
def test_a_draft_asks_for_the_reasons_that_its_weight_needs(world, weight, asked):
    form = DecisionForm(decision=world.decision(weight=weight), on=TODAY)
    assert len(form.why(True)) == asked
    assert len(form.why(True)) + len(form.why(False)) == 8


def test_what_a_weight_does_not_ask_for_is_open_once_something_is_said_there(world):
    assert not DecisionForm(decision=world.decision(weight="routine"), on=TODAY).says_more()
    assert DecisionForm(decision=world.decision(2, weight="routine", options="Two"), on=TODAY).says_more()


def test_the_day_of_a_past_meeting_is_offered_as_the_day_of_the_decision(world):
    offered = DecisionForm(decision=world.decision(meeting=world.meeting()), on=TODAY)
    assert offered["decided_on"].value() == date(2026, 10, 14)
    later = DecisionForm(decision=world.decision(2, meeting=world.meeting(date(2026, 11, 4))), on=TODAY)
    assert later["decided_on"].value() is None


def test_people_are_offered_with_their_employer(world):
    form = DecisionForm(decision=world.decision(), on=TODAY)
    labels = [label for _, label in form.fields["lead_officer"].choices]
    assert "Ruth Calloway, Airedale NHS Foundation Trust" in labels
    assert not any("Farah Nasir" in label for label in labels)


def test_above_its_limit_a_forum_may_record_a_recommendation_at_once(officer, world):
    draft = world.decision(meeting=world.meeting())
    officer.post(f"/decisions/{draft.reference}/edit/", {"title": "Scans", "kind": ["decide", "recommend"],
                 "weight": "routine", "means": "meeting"})  # fmt: skip
    with system("look"):
        assert Decision.objects.get(pk=draft.pk).kind == "recommend"


def test_an_action_is_called_late_only_when_it_is(officer, world):
    decision = world.decision(shared=True)
    with system("an agreed decision with two actions"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed", decided_on=date(2026, 10, 14))
        early, late = (
            Action.objects.create(
                decision=decision, title="Vary", owner=world.body("RCF"), proposed_on=due, original_due=due, due=due
            )
            for due in (date(2026, 12, 1), date(2026, 10, 1))
        )  # fmt: skip
    assert "past its date" not in officer.get(f"/actions/{early.pk}/").content.decode()
    assert "past its date" in officer.get(f"/actions/{late.pk}/").content.decode()


@pytest.mark.parametrize(
    "form",
    [arrangements.ArrangementForm, memberships.MembershipForm, memberships.ChangeMembershipForm,
     delegations.DelegationForm, meetings.MeetingForm],
)  # fmt: skip
def test_a_form_in_parts_leaves_no_field_out(form):
    named = [name for _, _, rows in form.parts for row in rows for name in ([row] if isinstance(row, str) else row)]
    assert sorted(named) == sorted(form.base_fields)


@pytest.mark.parametrize("address", ["/arrangements/new/", "/forums/new/", "/delegations/new/"])
def test_the_way_back_from_setting_up_leads_to_where_one_came_from(officer, world, address):
    page = officer.get(address).content.decode()
    assert f'href="{address.removesuffix("new/")}"' in page


def test_the_way_back_from_a_forums_part_leads_to_the_forum(officer, world):
    page = officer.get(f"/forums/{world.place_board.pk}/members/new/").content.decode()
    assert page.count(f'href="/forums/{world.place_board.pk}/"') >= 2


@pytest.mark.parametrize(
    ("who", "query", "found"),
    [
        ("secretary", "", ["Ours, open"]),
        ("secretary", "?state=any", ["Ours, open", "Ours, settled"]),
        ("secretary", "?whose=all", ["Ours, open", "Theirs, open"]),
        ("officer", "", ["Ours, open", "Theirs, open"]),
        ("officer", "?state=overdue", []),
        ("region_lead", "", ["Ours, open", "Theirs, open"]),
    ],
)
def test_the_list_of_actions_begins_with_what_waits_for_somebody(sign_in, world, who, query, found):
    decision = world.decision(shared=True)
    with system("an agreed decision with three actions"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed", decided_on=date(2026, 10, 14))
        for title, owner, state in [
            ("Ours, open", "RCF", "proposed"),
            ("Ours, settled", "RCF", "confirmed"),
            ("Theirs, open", "RR8", "proposed"),
        ]:
            row = Action.objects.create(
                decision=decision, title=title, owner=world.body(owner), proposed_on=TODAY,
                original_due=date(2026, 12, 1), due=date(2026, 12, 1),
            )  # fmt: skip
            for step in ("accepted", "done", "confirmed") if state == "confirmed" else ():
                facts = {"evidence": "Signed.", "owner_person": world.person("secretary")}
                Action.objects.filter(pk=row.pk).update(state=step, **facts)
    page = sign_in(who).get(f"/actions/{query}").content.decode()
    assert [title for title in ("Ours, open", "Ours, settled", "Theirs, open") if title in page] == found


def test_saving_and_agreeing_in_one_press_keeps_what_was_typed_when_something_is_missing(officer, world):
    draft = world.decision(meeting=world.meeting())
    typed = {"title": "Scans", "text": "Typed with care", "kind": "decide", "weight": "routine", "means": "meeting"}
    page = officer.post(f"/decisions/{draft.reference}/edit/", typed | {"then": "agree"}, follow=True).content.decode()
    assert "Saved. Your organisation alone can see this draft." in page and "Not done. To be settled first:" in page
    with system("look"):
        stored = Decision.objects.get(pk=draft.pk)
    assert stored.state == "draft" and stored.text == "Typed with care"


def test_saving_a_proposal_says_that_the_members_see_it(officer, world):
    draft = world.decision(meeting=world.meeting())
    with system("its papers were issued"):
        Decision.objects.filter(pk=draft.pk).update(state="proposed")
    typed = {"title": "Scans", "kind": "decide", "weight": "routine", "means": "meeting"}
    page = officer.post(f"/decisions/{draft.reference}/edit/", typed, follow=True).content.decode()
    assert "The members of the forum can see this proposal." in page
