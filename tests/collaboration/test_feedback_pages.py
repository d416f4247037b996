"""The pages of feedback rounds: what each side sees, types and is refused."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from collaboration.actions import feedback
from collaboration.models import FeedbackRound
from ics_governance.context import acting_as, system
from ics_governance.models import Notification, User
from ics_governance.permissions import SYSTEM
from tests import rounds

TODAY = date(2026, 11, 23)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def partners(world):
    return rounds.partners(world)


@pytest.fixture
def asked(world, framework, partners):
    return rounds.open_round(world, partners, TODAY)


@pytest.fixture
def closed(asked, partners):
    """All four answered: 0, 1, 2 and 3 points on everything, each with a comment."""
    for number, body in enumerate(partners):
        rounds.send(asked, body, TODAY, rating=str(number), comment=f"Remark number {number}.")
    with system("close the round of a test"):
        feedback.close_round(by=SYSTEM, feedback_round=asked)
    return asked


def partner(number: int) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"partner{number}@example.test"), backend=BACKEND)
    return client


def page_of(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode().replace("\u00a0", " ")


def address(found, body):
    return f"/feedback/invitations/{rounds.invitation(found, body).pk}/"


def typed(found, rating="2", **changes):
    ratings = {feedback.field_of(code): value for code, value in rounds.everything(found, rating).items()}
    return ratings | {"comment": "They listen.", "seen": ""} | changes


# --- The host -----------------------------------------------------------------------------------------------------


def test_the_officer_opens_a_round_in_two_steps(sign_in, world, framework, partners):
    client, airedale = sign_in("officer"), world.body("RCF")
    page = page_of(client.get("/feedback/new/"))
    assert "Airedale NHS Foundation Trust" in page and "Manchester" not in page
    page = page_of(client.get(f"/feedback/new/?subject={airedale.pk}"))
    assert "Bradford charity 1" in page and "nobody there can sign in to answer yet" in page
    sent = {
        "host": world.icb.pk, "invited": [body.pk for body in partners], "closes_on_day": 21,
        "closes_on_month": 12, "closes_on_year": 2026,
    }  # fmt: skip
    page = page_of(client.post(f"/feedback/new/?subject={airedale.pk}", sent, follow=True))
    assert "takes answers until the end of 21 December 2026" in page
    assert "0 of 4 have answered or declined" in page and "Bradford charity 4" in page


def test_what_stands_against_a_round_is_said_at_its_field_and_nothing_is_lost(sign_in, world, framework, partners):
    client, airedale = sign_in("officer"), world.body("RCF")
    sent = {
        "host": world.icb.pk, "invited": [partners[0].pk], "closes_on_day": 24, "closes_on_month": 11,
        "closes_on_year": 2026,
    }  # fmt: skip
    page = page_of(client.post(f"/feedback/new/?subject={airedale.pk}", sent), 422)
    assert "At least 3 organisations besides the host" in page and "30 November 2026 or later" in page
    assert page.count("checked") == 1 and 'value="24"' in page


@pytest.mark.parametrize("subject", ["", "x", "0", "999999", "R0A", "QWO"])
def test_a_body_that_no_round_can_be_about_is_not_taken(sign_in, world, framework, subject):
    pk = world.body(subject).pk if len(subject) == 3 else subject
    page = page_of(sign_in("officer").get(f"/feedback/new/?subject={pk}"), 422)
    assert "whom it is about" in page


def test_the_host_sees_who_answered_and_never_what(sign_in, asked, partners):
    rounds.send(asked, partners[0], TODAY, rating="3", comment="Zephyrine remark")
    client = sign_in("officer")
    page = page_of(client.get(f"/feedback/{asked.pk}/"))
    assert "answered on 23 November 2026" in page and page.count("not yet<") == 3
    assert "Zephyrine" not in page
    page_of(client.get(address(asked, partners[0])), 403)
    page = page_of(client.post(f"/feedback/{asked.pk}/close/", follow=True))
    assert "Not done. To be settled first: An answer from everyone who was asked" in page


def test_the_host_closes_and_everyone_with_a_right_to_it_reads_the_result(sign_in, asked, partners, world):
    for number, body in enumerate(partners):
        rounds.send(asked, body, TODAY, rating=str(number), comment=f"Remark number {number}.")
    page = page_of(sign_in("officer").post(f"/feedback/{asked.pk}/close/", follow=True))
    assert "Closed." in page
    for who in ("officer", "secretary", "region_lead", "auditor"):
        page = page_of(sign_in(who).get(f"/feedback/{asked.pk}/"))
        assert "4 organisations answered" in page and "<strong>1.5</strong> of 3" in page
        assert all(f"Remark number {number}." in page for number in range(4))


def test_cancelling_asks_for_a_reason(sign_in, asked):
    client = sign_in("officer")
    page_of(client.get(f"/feedback/{asked.pk}/cancel/"))
    page_of(client.post(f"/feedback/{asked.pk}/cancel/", {"reason": ""}), 422)
    page = page_of(client.post(f"/feedback/{asked.pk}/cancel/", {"reason": "The wrong body."}, follow=True))
    assert "The wrong body." in page
    assert "The wrong body." in page_of(partner(1).get(f"/feedback/{asked.pk}/"))


# --- Those who are asked ------------------------------------------------------------------------------------------


def test_an_organisation_saves_goes_on_and_sends(asked, partners):
    client, path = partner(1), address(asked, partners[0])
    page = page_of(client.get("/feedback/"))
    assert "Your feedback is asked for" in page and "to be answered" in page
    page = page_of(client.get(path))
    assert "0 of 15 answered" in page and "What is shown to whom" in page and "Three organisations or nothing" in page
    page = page_of(client.post(path, {"item_P1_1": "3", "comment": "So far", "then": "save"}, follow=True))
    assert "Only your organisation can see it" in page and "1 of 15 answered" in page and "So far" in page
    with acting_as(rounds.person_of(partners[0], TODAY)):
        seen = rounds.invitation(asked, partners[0]).response.saved_at.isoformat()
    page = page_of(client.post(path, typed(asked, seen=seen, then="send"), follow=True))
    assert "answered on 23 November 2026" in page and "See your answer" in page
    page = page_of(client.get(path))
    assert "It stands as it is" in page and "They listen." in page and page.count("Mostly") == 15


def test_sending_with_gaps_names_each_and_keeps_what_was_typed(asked, partners):
    page = page_of(partner(1).post(address(asked, partners[0]), typed(asked, item_P2_1="", then="send")), 422)
    assert 'href="#id_item_P2_1"' in page and "An answer to: Can the people it sends decide" in page
    assert "They listen." in page and page.count("checked") == 14


def test_a_rating_that_is_none_is_refused(asked, partners):
    page = page_of(partner(1).post(address(asked, partners[0]), typed(asked, item_P2_1="9", then="save")), 422)
    assert "from the list" in page


@pytest.mark.parametrize("seen", ["", "nonsense", "2026-11-23T00:00:00"])
def test_a_stale_page_overwrites_nothing_and_shows_what_was_typed(asked, partners, seen):
    path = address(asked, partners[0])
    partner(1).post(path, {"item_P1_1": "3", "comment": "First", "then": "save"})
    page = page_of(partner(1).post(path, {"item_P1_1": "0", "comment": "Second", "seen": seen, "then": "save"}), 422)
    assert "saved another answer for your organisation" in page and "Second" in page
    assert "First" in page_of(partner(1).get(path))


def test_after_a_stale_page_a_second_save_puts_it_in_place(asked, partners):
    path = address(asked, partners[0])
    partner(1).post(path, {"comment": "First", "then": "save"})
    page = page_of(partner(1).post(path, {"comment": "Second", "then": "save"}), 422)
    seen = page.split('name="seen" value="')[1].split('"')[0]
    partner(1).post(path, {"comment": "Second", "seen": seen, "then": "save"})
    assert "Second" in page_of(partner(1).get(path))


def test_declining_is_asked_twice(asked, partners):
    path = f"{address(asked, partners[0])}decline/"
    page = page_of(partner(1).get(path))
    assert "does not learn that you were asked" in page
    page = page_of(partner(1).post(path, follow=True))
    assert "The host of the round sees that you declined" in page
    assert "declined on 23 November 2026" in page_of(partner(1).get(address(asked, partners[0])))


def test_after_the_last_day_the_page_says_so(asked, partners):
    with time_machine.travel(asked.closes_on + timedelta(days=1), tick=False):
        client = partner(1)
        assert "This round took answers until" in page_of(client.get(address(asked, partners[0])))
        page = page_of(client.post(address(asked, partners[0]), typed(asked, then="send")), 422)
        assert "This round took answers until" in page


def test_those_who_were_asked_see_no_result(closed):
    page = page_of(partner(1).get(f"/feedback/{closed.pk}/"))
    assert (
        "The results went to" in page
        and "Remark" not in page
        and "1.5" not in page
        and "organisations answered" not in page
    )
    text = page_of(partner(1).get(f"/feedback/{closed.pk}/?format=csv"))
    assert "Remark" not in text and "1.5" not in text


def test_one_partner_sees_nothing_of_another(asked, partners):
    page_of(partner(2).get(address(asked, partners[0])), 404)
    page_of(partner(2).post(address(asked, partners[0]), typed(asked, then="send")), 404)
    assert "Bradford charity 1" not in page_of(partner(2).get(f"/feedback/{asked.pk}/"))


# --- The subject --------------------------------------------------------------------------------------------------


def pages_of_the_subject(client, found):
    paths = ["/feedback/", "/feedback/?whose=about", "/feedback/?format=csv", "/feedback/?whose=to_answer", "/",
             f"/feedback/{found.pk}/", f"/feedback/{found.pk}/trail/", f"/feedback/{found.pk}/?format=csv"]  # fmt: skip
    return [client.get(path).content.decode().split("</head>")[-1] for path in paths]


def test_the_subject_reads_the_same_whoever_answers(sign_in, asked, partners):
    client = sign_in("secretary")
    client.get(f"/feedback/{asked.pk}/")  # what was told of it is read from here on
    before = pages_of_the_subject(client, asked)
    for number, body in enumerate(partners[:2]):
        rounds.send(asked, body, TODAY, rating=str(number), comment="Remark")
        page_of(partner(number + 1).get(f"/feedback/{asked.pk}/"))
    page_of(partner(3).post(f"{address(asked, partners[2])}decline/"), 302)
    after = pages_of_the_subject(client, asked)
    assert [a == b for a, b in zip(strip(before), strip(after), strict=True)] == [True] * len(before)
    assert "charity" not in "".join(after)


def strip(pages):
    import re

    return [re.sub(r'value="[A-Za-z0-9]{64}"|nonce="[^"]+"|"X-CSRFToken": ?"[^"]*"', "", page) for page in pages]


def test_the_subject_finds_no_invitation_by_guessing(sign_in, asked, partners):
    client = sign_in("secretary")
    unknown = client.get("/feedback/invitations/999999/").content.decode()
    for body in partners:
        answer = client.get(address(asked, body))
        page = answer.content.decode().replace(address(asked, body), "/feedback/invitations/999999/")
        assert answer.status_code == 404 and strip([page]) == strip([unknown])


def test_a_suppressed_round_says_why_and_shows_nothing(sign_in, asked, partners):
    for body in partners[:2]:
        rounds.send(asked, body, TODAY, comment="Remark")
    after = asked.closes_on + timedelta(days=1)
    with time_machine.travel(after, tick=False):
        feedback.close_finished(by=SYSTEM)
        for who in ("secretary", "officer", "region_lead"):
            page = page_of(sign_in(who).get(f"/feedback/{asked.pk}/"))
            assert "Fewer than three organisations answered." in page and "Remark" not in page and "of 3<" not in page


def test_the_export_of_results_is_what_the_page_shows(sign_in, closed):
    text = page_of(sign_in("secretary").get(f"/feedback/{closed.pk}/?format=csv"))
    assert text.count("1.500") == 20 and "charity" not in text


# --- Who may not --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["other_officer", "other_trust", "partner", "admin", "stranger"])
def test_for_others_a_round_does_not_exist(sign_in, asked, who):
    client = sign_in(who)
    for path in ("", "trail/", "cancel/"):
        page_of(client.get(f"/feedback/{asked.pk}/{path}"), 404)
    page_of(client.post(f"/feedback/{asked.pk}/close/"), 404)
    assert "0 rounds" in page_of(client.get("/feedback/"))


@pytest.mark.parametrize("who", ["secretary", "executive", "region_lead", "auditor"])
def test_who_sees_a_round_without_running_it_is_told_who_can(sign_in, asked, who):
    page = page_of(sign_in(who).get(f"/feedback/{asked.pk}/cancel/"), 403)
    assert "ICB governance officer" in page
    page_of(sign_in(who).get("/feedback/new/"), 403)
    page = page_of(sign_in(who).post(f"/feedback/{asked.pk}/close/"), 403)


@pytest.mark.parametrize(
    ("who", "query", "count"),
    [("officer", "", 1), ("officer", "whose=run", 1), ("officer", "whose=about", 0), ("secretary", "whose=about", 1),
     ("secretary", "whose=to_answer", 0), ("officer", "state=closed", 0), ("officer", "q=airedale", 1),
     ("officer", "q=zebra", 0), ("officer", "state=x&after=x", 1), ("region_lead", "", 1)],
)  # fmt: skip
def test_filters_give_what_they_say(sign_in, asked, who, query, count):
    assert f"{count} round{'' if count == 1 else 's'}<" in page_of(sign_in(who).get(f"/feedback/?{query}"))


def test_partners_filter_what_waits_for_them(asked, partners):
    assert "1 round<" in page_of(partner(1).get("/feedback/?whose=to_answer"))
    rounds.send(asked, partners[0], TODAY)
    assert "0 rounds<" in page_of(partner(1).get("/feedback/?whose=to_answer"))


# --- What it costs ------------------------------------------------------------------------------------------------


def queries_of(client, path):
    with CaptureQueriesContext(connection) as seen:
        page_of(client.get(path))
    return len(seen)


def test_each_page_takes_few_queries(sign_in, closed, partners, world):
    again = rounds.open_round(world, partners, TODAY)
    officer, secretary = sign_in("officer"), Client()
    secretary.force_login(world.user("secretary"), backend=BACKEND)
    counts = {
        "list": queries_of(officer, "/feedback/"),
        "host, closed": queries_of(officer, f"/feedback/{closed.pk}/"),
        "host, open": queries_of(officer, f"/feedback/{again.pk}/"),
        "subject": queries_of(secretary, f"/feedback/{closed.pk}/"),
        "asked": queries_of(partner(1), f"/feedback/{again.pk}/"),
        "answer": queries_of(partner(1), address(again, partners[0])),
        "trail": queries_of(officer, f"/feedback/{closed.pk}/trail/"),
    }
    assert {name: count for name, count in counts.items() if count > 15} == {}


def test_a_long_list_takes_no_more_queries_than_a_short_one(sign_in, closed, world):
    client, counts = sign_in("officer"), []
    for _ in range(2):
        counts.append(queries_of(client, "/feedback/"))
        with system("more rounds"):
            for number in range(20):
                more = FeedbackRound.objects.create(
                    subject=closed.subject, framework=closed.framework, host=world.icb, opened_on=TODAY,
                    closes_on=TODAY + timedelta(days=number),
                )  # fmt: skip
                FeedbackRound.objects.filter(pk=more.pk).update(state="closed", closed_on=TODAY)
                more.audience.create(organisation=world.icb, capacity="host", starts=TODAY)
    assert counts[0] == counts[1]


def test_opening_a_round_marks_what_was_told_of_it_as_read(asked):
    partner(1).get(f"/feedback/{asked.pk}/")
    assert not Notification.objects.filter(user__email="partner1@example.test", read_at=None).exists()
    assert Notification.objects.filter(user__email="partner2@example.test", read_at=None).exists()


def test_ratings_drawn_by_a_loop_are_the_official_radios(framework):
    """The same elements, classes, ids and texts as the macro gives, whatever the white space."""
    import re

    from django.template import engines

    from collaboration.forms.feedback import ResponseForm
    from collaboration.queries.profiles import content_of

    def elements(html):
        found = re.findall(r"<(div|fieldset|legend|input|label)\b([^>]*)>([^<]*)", html)
        return [(tag, sorted(re.findall(r'(?:class|id|name|value|for|type)="[^"]*"', rest)), text.strip())
                for tag, rest, text in found]  # fmt: skip

    form = ResponseForm(None, content=content_of(framework), response=None)
    field = form["item_P1_1"]
    source = '{% from "collaboration/feedback_parts.html" import ratings %}{{ ratings(field) }}'
    drawn = engines["jinja2"].from_string(source).render({"field": field})
    assert elements(drawn) == elements(str(field.group(inline=True, small=True)))
