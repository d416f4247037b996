"""Journey 1: an officer logs a meeting and its decision; the pages of meetings, decisions and actions."""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx import Document

from ics_governance.context import system
from partnerships.models import Action, AgendaItem, Decision, Function, Meeting

TODAY = date(2026, 10, 20)
TYPED = {
    "title": "Community diagnostic sessions at Shipley",
    "text": "The board agreed 40 extra sessions a month for two years.",
    "kind": "decide",
    "weight": "routine",
    "means": "meeting",
    "decided_on_day": "14",
    "decided_on_month": "10",
    "decided_on_year": "2026",
    "amount": "384,000",
    "level": "place",
    "effect_health": "Waits fall.",
    "effect_quality": "Closer to home.",
    "effect_resources": "From the place budget.",
}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def meeting(world):
    return world.meeting()


def typed(world, **changes):
    place = world.place_board.places.get()
    function = Function.objects.get(code="community_diagnostics")
    return TYPED | {"places": [place.pk], "function": function.pk, "lead_officer": world.person("officer").pk} | changes


def mark_everyone_present(client, world, meeting):
    members = world.place_board.memberships.exclude(holder=None)
    return client.post(f"/meetings/{meeting.pk}/attendance/", {f"m{row.pk}": "member" for row in members}, follow=True)


def begin(client, meeting, title="Community diagnostic sessions", weight="routine"):
    client.post(f"/meetings/{meeting.pk}/decisions/new/", {"title": title, "weight": weight})
    with system("the draft just made"):
        return Decision.objects.latest("pk")


def stored(pk):
    with system("look at what is stored"):
        return Decision.objects.get(pk=pk)


def test_the_officer_calls_a_meeting_with_its_agenda(officer, world):
    answer = officer.post(
        "/meetings/new/",
        {"forum": world.place_board.pk, "held_on_day": "4", "held_on_month": "November", "held_on_year": "2026",
         "private_reason": "Commercial matters", "items": "Scans at Shipley\nBudget | https://papers.example/budget.pdf"},
        follow=True,
    )  # fmt: skip
    page = answer.content.decode()
    assert "Scans at Shipley" in page and "https://papers.example/budget.pdf" in page


def test_a_meeting_without_a_date_keeps_what_was_typed(officer, world):
    answer = officer.post(
        "/meetings/new/", {"forum": world.place_board.pk, "items": "Scans at Shipley", "public": "on"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter date of the meeting" in page and "Scans at Shipley" in page


def test_quorum_follows_attendance_before_it_is_saved(officer, world, meeting):
    members = list(world.place_board.memberships.exclude(holder=None))
    one = officer.post(f"/meetings/{meeting.pk}/quorum/", {f"m{members[0].pk}": "member"}).content.decode()
    two = officer.post(
        f"/meetings/{meeting.pk}/quorum/", {f"m{row.pk}": "member" for row in members[:2]}
    ).content.decode()
    assert "Not quorate" in one and "Quorate" in two


def test_the_story_from_draft_to_the_public_register(officer, world, meeting, sign_in):
    mark_everyone_present(officer, world, meeting)
    draft = begin(officer, meeting)
    page = officer.post(f"/decisions/{draft.reference}/edit/", typed(world), follow=True).content.decode()
    assert "Within authority" in page and "£500,000" in page and "Everything is there" in page
    officer.post(
        f"/decisions/{draft.reference}/actions/new/",
        {"title": "Vary the contract", "owner": world.body("RCF").pk, "due_day": 1, "due_month": 12, "due_year": 2026},
    )
    page = officer.post(f"/decisions/{draft.reference}/agree/", follow=True).content.decode()
    assert "Agreed. It can now be released" in page and "Vary the contract" in page
    assert sign_in("executive").post(f"/decisions/{draft.reference}/release/").status_code == 302
    sign_in("executive").logout()
    anyone = sign_in("stranger")
    anyone.logout()
    page = anyone.get(f"/register/{draft.reference}/").content.decode()
    assert "The board agreed 40 extra sessions" in page and "Airedale" in page
    assert "Hannah Whitfield" not in page
    assert "Community diagnostic sessions at Shipley" in anyone.get("/register/?q=shipley").content.decode()


def test_saving_half_a_draft_lists_what_is_missing_with_links(officer, world, meeting):
    draft = begin(officer, meeting, weight="significant")
    page = officer.post(
        f"/decisions/{draft.reference}/edit/", {"title": "Scans", "kind": "decide", "weight": "significant",
        "means": "meeting"}, follow=True
    ).content.decode()  # fmt: skip
    assert 'href="#id_effect_inequalities"' in page and 'href="#id_function"' in page
    assert "Still needed" in page


def test_a_wrong_date_or_amount_keeps_everything_that_was_typed(officer, world, meeting):
    draft = begin(officer, meeting)
    answer = officer.post(
        f"/decisions/{draft.reference}/edit/",
        typed(world, decided_on_month="13", amount="lots", text="Typed with care"),
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "must be a real date" in page and "must be an amount in pounds" in page
    assert "Typed with care" in page and 'value="lots"' in page
    assert stored(draft.pk).text == ""


def test_agreeing_an_incomplete_draft_changes_nothing_and_says_why(officer, world, meeting):
    draft = begin(officer, meeting)
    page = officer.post(f"/decisions/{draft.reference}/agree/", follow=True).content.decode()
    assert "Not done. To be settled first: The decision as it will be published" in page
    assert stored(draft.pk).state == "draft"


@pytest.mark.parametrize(
    ("amount", "says"),
    [("384,000", "Within authority"), ("640k", "Over the limit by £140,000"), ("", "up to £500,000")],
)
def test_the_panel_answers_while_typing(officer, world, amount, says):
    function = Function.objects.get(code="community_diagnostics")
    query = {"forum": world.place_board.pk, "function": function.pk, "amount": amount}
    assert says in officer.get("/authority/panel/", query).content.decode()


@pytest.mark.parametrize("query", ["", "?forum=x", "?forum=999999", "?forum=99999999999999999999"])
def test_the_panel_of_no_forum_is_not_there(officer, query):
    assert officer.get(f"/authority/panel/{query}").status_code == 404


@pytest.mark.parametrize("amount", ["lots", "-5", "9e99", "nan"])
def test_the_panel_says_that_an_amount_is_none(officer, world, amount):
    function = Function.objects.get(code="community_diagnostics")
    query = {"forum": world.place_board.pk, "function": function.pk, "amount": amount}
    answer = officer.get("/authority/panel/", query)
    assert answer.status_code == 200 and "not an amount" in answer.content.decode()


# --- Who may not ---------------------------------------------------------------------------------------------------


def test_a_draft_of_another_body_does_not_exist(sign_in, world):
    draft = world.decision()
    for person in ("secretary", "partner", "region_lead", "other_officer", "stranger", "admin"):
        client = sign_in(person)
        for address in ("", "edit/", "notice.docx", "actions/new/", "defer/why/"):
            assert client.get(f"/decisions/{draft.reference}/{address}").status_code == 404, (person, address)
        assert client.post(f"/decisions/{draft.reference}/agree/").status_code == 404


def test_a_member_who_may_read_but_not_edit_is_told_who_can(sign_in, world):
    shared = world.decision(shared=True)
    client = sign_in("secretary")
    answer = client.get(f"/decisions/{shared.reference}/edit/")
    assert answer.status_code == 403 and "ICB governance officer" in answer.content.decode()
    assert client.get(f"/decisions/{shared.reference}/").status_code == 200


def test_a_meeting_of_another_system_does_not_exist(sign_in, meeting):
    client = sign_in("other_officer")
    for address in ("", "attendance/", "agenda/", "decisions/new/"):
        assert client.get(f"/meetings/{meeting.pk}/{address}").status_code == 404


def test_a_member_sees_the_meeting_and_may_not_mark_attendance(sign_in, meeting):
    client = sign_in("partner")
    assert client.get(f"/meetings/{meeting.pk}/").status_code == 200
    assert client.get(f"/meetings/{meeting.pk}/attendance/").status_code == 403
    assert client.get(f"/meetings/{meeting.pk}/decisions/new/").status_code == 403


@pytest.mark.parametrize("address", ["/meetings/", "/decisions/", "/actions/", "/meetings/new/"])
def test_signed_out_people_are_asked_to_sign_in(client, db, address):
    assert client.get(address).headers["Location"].startswith("/accounts/login/")


def test_a_trust_cannot_call_a_meeting_of_the_icb(sign_in):
    answer = sign_in("secretary").get("/meetings/new/")
    assert answer.status_code == 403 and "ICB governance officer" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/decisions/QWO-2026-9999/",
        "/meetings/999999/",
        "/actions/999999/",
        "/register/QWO-2026-9999/",
        "/decisions/nonsense/",
        "/register/%ed%a0%80/",
    ],
)
def test_what_is_unknown_is_not_found(officer, address):
    assert officer.get(address).status_code == 404


def test_an_unknown_move_is_not_found(officer, world, meeting):
    draft = begin(officer, meeting)
    assert officer.post(f"/decisions/{draft.reference}/explode/").status_code == 404
    assert officer.post(f"/meetings/{meeting.pk}/explode/").status_code == 404


# --- Actions, notice, lists ----------------------------------------------------------------------------------------


@pytest.fixture
def action(world):
    decision = world.decision(shared=True)
    with system("an agreed decision with an action"):
        Decision.objects.filter(pk=decision.pk).update(state="agreed", decided_on=date(2026, 10, 14))
        return Action.objects.create(
            decision=decision, title="Vary the contract", owner=world.body("RCF"), proposed_on=date(2026, 10, 14),
            original_due=date(2026, 12, 1), due=date(2026, 12, 1),
        )  # fmt: skip


def test_the_owner_accepts_and_reports_and_the_forum_confirms(sign_in, world, action):
    secretary = sign_in("secretary")
    assert "Accept" in secretary.get(f"/actions/{action.pk}/").content.decode()
    secretary.post(f"/actions/{action.pk}/accept/step/", {"person": world.person("secretary").pk})
    secretary.post(f"/actions/{action.pk}/finish/step/", {"why": "Variation 7 was signed."})
    page = sign_in("officer").post(f"/actions/{action.pk}/confirm/", follow=True).content.decode()
    assert "confirmed by the forum" in page


def test_reporting_done_without_evidence_is_refused_in_words(sign_in, world, action):
    secretary = sign_in("secretary")
    secretary.post(f"/actions/{action.pk}/accept/step/", {"person": world.person("secretary").pk})
    answer = secretary.post(f"/actions/{action.pk}/finish/step/", {"why": ""})
    assert answer.status_code == 422 and "Enter what shows that it was done" in answer.content.decode()


def test_another_trust_cannot_accept(sign_in, action):
    assert sign_in("other_trust").get(f"/actions/{action.pk}/").status_code == 404
    assert sign_in("partner").get(f"/actions/{action.pk}/accept/step/").status_code == 403


def test_the_notice_is_a_word_file_that_says_the_authority_and_that_it_is_invented(officer, world, meeting):
    draft = begin(officer, meeting)
    officer.post(f"/decisions/{draft.reference}/edit/", typed(world))
    answer = officer.get(f"/decisions/{draft.reference}/notice.docx")
    words = "\n".join(paragraph.text for paragraph in Document(BytesIO(answer.content)).paragraphs)
    assert "up to £500,000 under its terms of reference, section 6" in words
    assert words.startswith("Demonstration: activity and scores are invented.")


@pytest.mark.parametrize("address", ["/decisions/", "/meetings/", "/actions/", "/register/"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_lists_export_what_is_filtered(officer, world, address, kind):
    answer = officer.get(f"{address}?format={kind}&q=nothing-like-this")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]


def test_lists_cost_the_same_for_ten_rows_as_for_two_hundred(officer, world, django_assert_max_num_queries):
    def make(start, stop):
        for number in range(start, stop):
            world.decision(number, shared=True, decided_on=date(2026, 1, 1))
            world.meeting(held_on=date(2026, 1, 1))

    counts = []
    for start, stop in ((1, 11), (11, 201)):
        make(start, stop)
        for address in ("/decisions/", "/meetings/"):
            with django_assert_max_num_queries(15) as seen:
                assert officer.get(address).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]


def asked(client, address):
    """How many statements a page sends to the database; savepoints are none."""
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in seen.captured_queries)


def test_pages_of_records_ask_at_most_fifteen_times_and_as_often_with_many_parts(officer, world, meeting, sign_in):
    mark_everyone_present(officer, world, meeting)
    draft = begin(officer, meeting)
    officer.post(f"/decisions/{draft.reference}/edit/", typed(world))
    pages = [f"/decisions/{draft.reference}/", f"/decisions/{draft.reference}/edit/", f"/meetings/{meeting.pk}/"]
    pages += [f"/meetings/{meeting.pk}/attendance/", f"/meetings/{meeting.pk}/agenda/"]
    few = [asked(officer, address) for address in pages]
    facts = {"owner": world.body("RCF"), "proposed_on": TODAY, "original_due": TODAY, "due": TODAY}
    with system("many parts"):
        Action.objects.bulk_create(Action(decision=draft, title=f"Step {n}", **facts) for n in range(200))
        AgendaItem.objects.bulk_create(AgendaItem(meeting=meeting, number=n, title="Item") for n in range(2, 200))
        for n in range(2, 40):
            world.decision(n, meeting=meeting)
    assert [asked(officer, address) for address in pages] == few
    assert max(few) <= 15


def test_a_released_decision_and_an_action_ask_at_most_fifteen_times(officer, world, meeting, sign_in):
    mark_everyone_present(officer, world, meeting)
    draft = begin(officer, meeting)
    officer.post(f"/decisions/{draft.reference}/edit/", typed(world))
    officer.post(
        f"/decisions/{draft.reference}/actions/new/",
        {"title": "Vary the contract", "owner": world.body("RCF").pk, "due_day": 1, "due_month": 12, "due_year": 2026},
    )
    officer.post(f"/decisions/{draft.reference}/agree/")
    executive = sign_in("executive")
    executive.post(f"/decisions/{draft.reference}/release/")
    with system("its action"):
        action = Action.objects.get(decision=draft)
    for address in (f"/register/{draft.reference}/", f"/decisions/{draft.reference}/", f"/actions/{action.pk}/"):
        assert asked(executive, address) <= 15, address


def test_a_meeting_of_the_past_is_minuted_from_its_page(officer, world, meeting):
    mark_everyone_present(officer, world, meeting)
    officer.post(f"/meetings/{meeting.pk}/hold/")
    officer.post(f"/meetings/{meeting.pk}/minute/")
    with system("look"):
        assert Meeting.objects.get(pk=meeting.pk).state == "minuted"
