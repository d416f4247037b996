"""Information requests between bodies: actions and pages."""

from datetime import date, timedelta

import pytest
import time_machine

from collaboration.actions import reminders, requests
from collaboration.models import InformationRequest, RequestAudience
from collaboration.queries import requests as queries
from ics_governance.context import acting_as, system
from ics_governance.models import Notification
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from ics_governance.workingdays import add_working_days

TODAY = date(2026, 11, 23)
DUE = date(2026, 12, 7)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def ask(world, who="officer", asker="QWO", asked="RCF", due_on=DUE, title="Bed occupancy in October"):
    actor = world.actor(who)
    with acting_as(actor):
        return requests.ask(
            by=actor, asker=world.body(asker), asked=world.body(asked), title=title, text="By ward.", due_on=due_on
        )


@pytest.fixture
def asked(world):
    """The ICB asks Airedale."""
    return ask(world)


def do(world, who, act, found, **words):
    actor = world.actor(who)
    with acting_as(actor):
        return act(by=actor, request=found, **words)


def stored(found):
    with system("what is stored"):
        return InformationRequest.objects.get(pk=found.pk)


# --- Actions ------------------------------------------------------------------------------------------------------


def test_two_bodies_read_a_request_and_those_who_answer_are_told(asked, world):
    with system("who reads it"):
        found = set(RequestAudience.objects.values_list("organisation__ods_code", "capacity"))
    assert found == {("QWO", "asker"), ("RCF", "asked")}
    told = Notification.objects.filter(kind="information_request.asked")
    assert {row.user.email for row in told} == {"secretary@example.test", "chair@example.test"}
    assert all("Bed occupancy in October" in row.text and "7\u00a0December 2026" in row.text for row in told)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"asked": "QWO"}, "Another body than the one that asks"),
        ({"due_on": TODAY}, "5\u00a0working\u00a0days: 30\u00a0November 2026 or later"),
        ({"due_on": date(2026, 11, 27)}, "or later"),
    ],
)
def test_what_stands_against_a_request_is_said(world, fields, says):
    with pytest.raises(GuardFailed, match=says):
        ask(world, **fields)
    with system("what is stored"):
        assert not InformationRequest.objects.exists()


@pytest.mark.parametrize("who", ["secretary", "auditor", "admin", "stranger", "other_officer"])
def test_nobody_asks_for_a_body_that_is_not_theirs(world, who):
    with pytest.raises(Refused):
        ask(world, who)


def test_a_partner_asks_too(world):
    found = ask(world, "partner", asker="E08000032", asked="QWO")
    assert do(world, "executive", requests.answer, found, answer="Attached.").state == "answered"


def test_an_answer_closes_it_and_tells_the_asker(asked, world, one_ledger_entry):
    with one_ledger_entry("information_request.answered"):
        done = do(world, "secretary", requests.answer, asked, answer="See the sheet.")
    assert (done.state, done.answer, done.closed_on) == ("answered", "See the sheet.", TODAY)
    told = Notification.objects.filter(kind="information_request.answered")
    assert {row.user.email for row in told} == {"officer@example.test", "executive@example.test"}


@pytest.mark.parametrize(
    ("act", "words", "says"),
    [
        (requests.answer, {"answer": " "}, "The answer, or where it can be found"),
        (requests.refuse, {"refusal": ""}, "The lawful reason for the refusal"),
    ],
)
def test_an_empty_answer_or_refusal_changes_nothing(asked, world, act, words, says):
    with pytest.raises(GuardFailed, match=says):
        do(world, "secretary", act, asked, **words)
    assert stored(asked).state == "open"


def test_a_refusal_keeps_its_reason(asked, world):
    done = do(world, "chair", requests.refuse, asked, refusal="A duty of confidence to patients.")
    assert (done.state, done.refusal) == ("refused", "A duty of confidence to patients.")


@pytest.mark.parametrize("who", ["officer", "partner", "other_trust", "auditor", "region_lead"])
def test_only_the_body_asked_answers(asked, world, who):
    with pytest.raises(Refused):
        do(world, who, requests.answer, asked, answer="x")


@pytest.mark.parametrize("who", ["secretary", "partner", "other_officer", "auditor"])
def test_only_the_asker_withdraws_or_gives_more_time(asked, world, who):
    with pytest.raises(Refused):
        do(world, who, requests.withdraw, asked)
    with pytest.raises(Refused):
        do(world, who, requests.redate, asked, due_on=DUE + timedelta(7))


def test_more_time_is_given_and_the_first_day_stays(asked, world, one_ledger_entry):
    with one_ledger_entry("information_request.redated"):
        moved = do(world, "officer", requests.redate, asked, due_on=date(2026, 12, 14))
    assert (moved.due_on, moved.first_due_on) == (date(2026, 12, 14), DUE)
    assert Notification.objects.filter(user__email="secretary@example.test", text__contains="14\u00a0December").exists()


@pytest.mark.parametrize("day", [DUE, date(2026, 12, 1), TODAY])
def test_time_is_never_taken_away(asked, world, day):
    with pytest.raises(GuardFailed, match="A day after 7"):
        do(world, "officer", requests.redate, asked, due_on=day)
    assert stored(asked).due_on == DUE


def test_what_is_closed_stays_closed(asked, world):
    do(world, "officer", requests.withdraw, asked)
    for act, words in ((requests.answer, {"answer": "x"}), (requests.refuse, {"refusal": "x"})):
        with pytest.raises(GuardFailed, match="is not possible: this is now"):
            do(world, "secretary", act, asked, **words)
    with pytest.raises(GuardFailed, match="Only an open request"):
        do(world, "officer", requests.redate, asked, due_on=date(2026, 12, 14))


def test_what_waits_for_whom(asked, world):
    for who, answers, waits in (("secretary", 1, 0), ("officer", 0, 1), ("partner", 0, 0), ("auditor", 0, 0)):
        actor = world.actor(who)
        with acting_as(actor):
            assert queries.to_answer(actor).count() == answers
            assert queries.waiting_for_others(actor).count() == waits


def test_a_reminder_comes_before_the_day_and_once_it_is_past(asked, world):
    def told():
        rows = Notification.objects.filter(user__email="secretary@example.test").exclude(key__endswith=":asked")
        return [row.text.split(":")[0] for row in rows.order_by("pk")]

    reminders.remind_of_requests()
    assert told() == []
    for _ in range(2):
        with time_machine.travel(add_working_days(DUE, -3), tick=False):
            reminders.remind_of_requests()
    assert told() == ["Due on 7\u00a0December 2026"]
    with time_machine.travel(DUE + timedelta(2), tick=False):
        reminders.remind_of_requests()
    assert told() == ["Due on 7\u00a0December 2026", "Overdue since 7\u00a0December 2026"]


# --- Pages --------------------------------------------------------------------------------------------------------

TYPED = {
    "title": "Vacancies in theatres", "text": "Posts by band.", "due_on_day": "7", "due_on_month": "December",
    "due_on_year": "2026",
}  # fmt: skip


def page_of(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode().replace("\u00a0", " ")


def test_the_story_of_a_request(sign_in, world):
    officer = sign_in("officer")
    typed = TYPED | {"asker": world.icb.pk, "asked": world.body("RCF").pk}
    page = page_of(officer.post("/requests/new/", typed, follow=True))
    assert "Asked. Those who answer for the other body have been told." in page and "Vacancies in theatres" in page
    with system("the request just made"):
        found = InformationRequest.objects.get()
    secretary = sign_in("secretary")
    page = page_of(secretary.get("/requests/"))
    assert "1 request waits for an answer" in page and "Vacancies in theatres" in page
    page = page_of(secretary.get(f"/requests/{found.pk}/"))
    assert "10 working days left" in page and "Answer" in page and "Give more time" not in page
    page = page_of(secretary.post(f"/requests/{found.pk}/answer/step/", {"answer": "See sheet 2."}, follow=True))
    assert "See sheet 2." in page and "in time" in page
    page = page_of(sign_in("officer").get(f"/requests/{found.pk}/"))
    assert "See sheet 2." in page and "Nothing is waiting for you here" in page


def test_an_overdue_request_says_so_in_words(sign_in, asked):
    with time_machine.travel(DUE + timedelta(3), tick=False):
        client = sign_in("secretary")
        assert "overdue by 3 working days" in page_of(client.get(f"/requests/{asked.pk}/"))
        assert "7 December 2026, overdue" in page_of(client.get("/requests/?state=overdue"))
    assert "Bed occupancy" not in page_of(sign_in("secretary").get("/requests/?state=overdue"))


def test_a_form_with_faults_keeps_what_was_typed(sign_in, world):
    typed = TYPED | {"asker": world.icb.pk, "asked": world.body("RCF").pk, "due_on_month": "13"}
    page = page_of(sign_in("officer").post("/requests/new/", typed), 422)
    assert "must be a real date" in page and "Posts by band." in page and "Vacancies in theatres" in page
    page = page_of(sign_in("officer").post("/requests/new/", typed | {"due_on_month": "11", "due_on_day": "24"}), 422)
    assert "30 November 2026 or later" in page and "Posts by band." in page


@pytest.mark.parametrize("asker", ["RCF", "QOP", "x", ""])
def test_nobody_asks_in_the_name_of_another_body(sign_in, world, asker):
    pk = world.body(asker).pk if len(asker) == 3 else asker
    page_of(sign_in("officer").post("/requests/new/", TYPED | {"asker": pk, "asked": world.body("RR8").pk}), 422)
    with system("what is stored"):
        assert not InformationRequest.objects.exists()


def test_an_empty_answer_is_refused_at_its_field(sign_in, asked):
    page = page_of(sign_in("secretary").post(f"/requests/{asked.pk}/answer/step/", {"answer": " "}), 422)
    assert 'href="#id_answer"' in page


def test_what_each_side_may_not_do_is_403_and_says_who_can(sign_in, asked):
    page = page_of(sign_in("secretary").get(f"/requests/{asked.pk}/redate/step/"), 403)
    assert "ICB governance officer" in page
    page_of(sign_in("officer").get(f"/requests/{asked.pk}/answer/step/"), 403)
    page_of(sign_in("auditor").get("/requests/new/"), 403)


@pytest.mark.parametrize("who", ["partner", "other_officer", "other_trust", "region_lead", "admin", "stranger"])
def test_for_others_it_does_not_exist(sign_in, asked, who):
    client = sign_in(who)
    for address in ("", "answer/step/", "trail/"):
        page_of(client.get(f"/requests/{asked.pk}/{address}"), 404)
    page_of(client.post(f"/requests/{asked.pk}/withdraw/"), 404)
    page = page_of(client.get("/requests/?state=any"))
    assert "0 requests" in page and "Bed occupancy" not in page


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 1), ("whose=asked", 0), ("whose=asker", 1), ("state=any", 2), ("state=answered", 1), ("q=bed+october", 1),
     ("q=zebra", 0), ("state=nonsense", 1), ("whose=asker&state=any", 2), ("after=nonsense", 1)],
)  # fmt: skip
def test_filters_give_what_they_say(sign_in, world, asked, query, count):
    other = ask(world, title="Vacancies")
    do(world, "secretary", requests.answer, other, answer="x")
    page = page_of(sign_in("officer").get(f"/requests/?{query}"))
    assert f"{count} request{'' if count == 1 else 's'}<" in page


def test_the_export_holds_what_is_filtered(sign_in, world, asked):
    ask(world, title="Vacancies")
    text = page_of(sign_in("officer").get("/requests/?q=bed&format=csv"))
    assert "Bed occupancy in October" in text and "Vacancies" not in text


def test_withdrawing_is_one_button(sign_in, asked):
    page = page_of(sign_in("officer").post(f"/requests/{asked.pk}/withdraw/", follow=True))
    assert "Withdrawn. The other body has been told." in page and "It counts for nobody" in page


def test_the_trail_tells_who_did_what(sign_in, asked, world):
    do(world, "secretary", requests.answer, asked, answer="See sheet 2.")
    page = page_of(sign_in("officer").get(f"/requests/{asked.pk}/trail/"))
    assert "Information request answered" in page and "Ruth Calloway" in page
    page_of(sign_in("partner").get(f"/requests/{asked.pk}/trail/"), 404)


def test_opening_a_request_marks_what_was_told_of_it_as_read(sign_in, asked):
    sign_in("secretary").get(f"/requests/{asked.pk}/")
    assert not Notification.objects.filter(user__email="secretary@example.test", read_at=None).exists()
    assert Notification.objects.filter(user__email="chair@example.test", read_at=None).exists()


@pytest.mark.parametrize("address", ["/requests/", "/requests/new/", "/requests/{pk}/", "/requests/{pk}/trail/"])
def test_a_page_takes_few_queries(sign_in, asked, address, django_assert_max_num_queries):
    client = sign_in("officer")
    with django_assert_max_num_queries(15):
        page_of(client.get(address.format(pk=asked.pk)))


def test_a_long_list_takes_no_more_queries_than_a_short_one(sign_in, world, asked, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, counts = sign_in("officer"), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            page_of(client.get("/requests/"))
        counts.append(len(seen))
        for number in range(30):
            ask(world, title=f"Request {number}")
    assert counts[0] == counts[1] <= 15
