"""Shared risks: actions and pages."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collaboration.actions import reminders, risks
from collaboration.models import RiskAudience, SharedRisk
from collaboration.queries import risks as queries
from ics_governance.context import acting_as, system
from ics_governance.models import Notification
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from tests import records

TODAY = date(2026, 11, 23)
REVIEW = date(2026, 12, 14)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def values(world, **changes):
    return {
        "title": "Two wards may close",
        "description": "For want of nurses.",
        "owner": world.body("RCF"),
        "owner_person": world.person("chair"),
        "mitigation": "A shared bank.",
        "review_on": REVIEW,
    } | changes


def add(world, who="officer", host="QWO", sharers=("E08000032",), **changes):
    actor = world.actor(who)
    with acting_as(actor):
        return risks.add_risk(
            by=actor, host=world.body(host), values=values(world, **changes), sharers=[world.body(c) for c in sharers]
        )


@pytest.fixture
def risk(world):
    """Kept by the ICB, owned by Airedale, shared with Bradford Council."""
    return add(world)


def do(world, who, act, found, **words):
    actor = world.actor(who)
    with acting_as(actor):
        return act(by=actor, risk=found, **words)


def stored(found):
    with system("what is stored"):
        return SharedRisk.objects.get(pk=found.pk)


def readers(found):
    with system("who reads it"):
        rows = RiskAudience.objects.filter(risk=found, ends=None)
        return {(row.organisation.code, row.capacity) for row in rows.select_related("organisation")}


# --- Actions ------------------------------------------------------------------------------------------------------


def test_a_risk_is_read_by_who_keeps_owns_shares_and_oversees_it(risk):
    assert readers(risk) == {("QWO", "host"), ("RCF", "owner"), ("E08000032", "member"), ("Y63", "overseer")}
    told = Notification.objects.filter(kind="shared_risk.owned")
    assert {row.user.email for row in told} == {"secretary@example.test"}


@pytest.mark.parametrize("who", ["secretary", "partner", "auditor", "region_lead", "other_officer", "stranger"])
def test_only_the_body_that_keeps_the_register_records_one(world, who):
    with pytest.raises(Refused):
        add(world, who)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"owner_person": "officer"}, "A person who works for the body that owns the risk"),
        ({"owner": None}, "A person who works for the body that owns the risk"),
        ({"review_on": date(2026, 11, 22)}, "A day for the next review that is not past"),
        ({"forum": "theirs"}, "A forum of the body that keeps the entry"),
    ],
)
def test_what_does_not_belong_together_is_refused(world, change, says):
    if change.get("owner_person"):
        change = {"owner_person": world.person(change["owner_person"])}
    if change.get("forum"):
        change = {"forum": records.forum(world.body("QOP"))}
    with pytest.raises(GuardFailed, match=says):
        add(world, **change)
    with system("what is stored"):
        assert not SharedRisk.objects.exists()


def test_a_review_keeps_its_day_and_sets_the_next(risk, world, one_ledger_entry):
    with one_ledger_entry("shared_risk.reviewed"):
        do(world, "secretary", risks.review, risk, mitigation="The bank is running.", review_on=date(2027, 1, 11))
    found = stored(risk)
    assert (found.reviewed_on, found.review_on, found.mitigation) == (
        TODAY, date(2027, 1, 11), "The bank is running."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"mitigation": " ", "review_on": date(2027, 1, 11)}, "What is done about it"),
        ({"mitigation": "x", "review_on": TODAY}, "still to come"),
    ],
)
def test_a_review_without_words_or_a_next_day_changes_nothing(risk, world, words, says):
    with pytest.raises(GuardFailed, match=says):
        do(world, "secretary", risks.review, risk, **words)
    assert stored(risk).reviewed_on is None


@pytest.mark.parametrize("who", ["partner", "chair", "auditor", "region_lead", "other_officer"])
def test_who_only_reads_it_changes_nothing(risk, world, who):
    words = {"mitigation": "x", "review_on": date(2027, 1, 11)}
    for act, more in ((risks.review, words), (risks.close_risk, {"closed_why": "x"}), (risks.amend, {"values": {}})):
        with pytest.raises(Refused):
            do(world, who, act, risk, **more)


def test_another_owner_reads_it_and_the_former_one_no_longer(risk, world, one_ledger_entry):
    changed = values(world, owner=world.body("E08000032"), owner_person=world.person("partner"))
    with one_ledger_entry("shared_risk.amended"):
        do(world, "officer", risks.amend, risk, values=changed, sharers=[world.body("RR8")])
    assert readers(risk) == {("QWO", "host"), ("E08000032", "owner"), ("RR8", "member"), ("Y63", "overseer")}
    with acting_as(world.actor("secretary")):
        assert not SharedRisk.objects.exists()
    with acting_as(world.actor("partner")):
        assert SharedRisk.objects.exists()
    assert Notification.objects.filter(kind="shared_risk.owned", user__email="partner@example.test").exists()


def test_who_read_it_before_stays_on_record_with_the_last_day(risk, world):
    later = TODAY + timedelta(days=3)
    with time_machine.travel(later, tick=False):
        do(world, "officer", risks.amend, risk, values=values(world), sharers=[])
    with system("who read it"):
        (row,) = RiskAudience.objects.filter(risk=risk, capacity="member")
    assert (row.starts, row.ends) == (TODAY, later - timedelta(days=1))


def test_an_overdue_risk_can_be_corrected_without_moving_its_review(risk, world):
    with time_machine.travel(REVIEW + timedelta(days=9), tick=False):
        do(world, "officer", risks.amend, risk, values=values(world, title="Three wards may close"), sharers=[])
        with pytest.raises(GuardFailed, match="not past"):
            do(world, "officer", risks.amend, risk, values=values(world, review_on=REVIEW + timedelta(days=1)))
    assert (stored(risk).title, stored(risk).review_on) == ("Three wards may close", REVIEW)


def test_closing_says_why_and_opening_again_makes_it_due(risk, world, one_ledger_entry):
    with pytest.raises(GuardFailed, match="Why it is no longer a risk"):
        do(world, "officer", risks.close_risk, risk, closed_why="")
    with one_ledger_entry("shared_risk.closed"):
        do(world, "secretary", risks.close_risk, risk, closed_why="The posts are filled.")
    assert (stored(risk).state, stored(risk).closed_on) == ("closed", TODAY)
    with pytest.raises(GuardFailed, match="Only an open risk"):
        do(world, "officer", risks.review, risk, mitigation="x", review_on=date(2027, 1, 11))
    with one_ledger_entry("shared_risk.reopened"):
        do(world, "officer", risks.reopen_risk, risk)
    found = stored(risk)
    assert (found.state, found.closed_on, found.closed_why, found.review_on) == ("open", None, "", TODAY)


def test_what_is_due_for_review_waits_for_those_who_may_do_it(risk, world):
    with time_machine.travel(REVIEW, tick=False):
        for who, count in (("secretary", 1), ("officer", 1), ("partner", 0), ("auditor", 0)):
            actor = world.actor(who)
            with acting_as(actor):
                assert queries.to_review(actor).count() == count
    with acting_as(world.actor("secretary")):
        assert not queries.to_review(world.actor("secretary")).exists()


def test_owner_and_keeper_are_reminded_once_a_review_is_due(risk):
    assert reminders.remind_of_risks() == 0
    for _ in range(2):
        with time_machine.travel(REVIEW, tick=False):
            assert reminders.remind_of_risks() == 1
    told = Notification.objects.filter(kind="shared_risk.review_due")
    assert sorted(row.user.email for row in told) == [
        "executive@example.test", "officer@example.test", "secretary@example.test"
    ]  # fmt: skip


# --- Pages --------------------------------------------------------------------------------------------------------


def page_of(answer, status=200):
    assert answer.status_code == status
    return answer.content.decode().replace("\u00a0", " ")


def typed(world, **changes):
    return {
        "host": world.icb.pk, "title": "Two wards may close", "description": "For want of nurses.",
        "owner": world.body("RCF").pk, "owner_person": world.person("chair").pk, "mitigation": "A shared bank.",
        "sharers": [world.body("E08000032").pk], "review_on_day": 14, "review_on_month": 12, "review_on_year": 2026,
    } | changes  # fmt: skip


def test_the_story_of_a_risk(sign_in, world):
    page = page_of(sign_in("officer").post("/risks/new/", typed(world), follow=True))
    assert "Recorded. The body that owns it has been told." in page and "14 December 2026" in page
    with system("the risk just made"):
        found = SharedRisk.objects.get()
    secretary = sign_in("secretary")
    page = page_of(secretary.get(f"/risks/{found.pk}/"))
    assert "Denis Ormerod" in page and "Bradford Council" in page and "Review it today" in page
    review = {"mitigation": "It runs.", "review_on_day": 11, "review_on_month": 1, "review_on_year": 2027}
    page = page_of(secretary.post(f"/risks/{found.pk}/review/", review, follow=True))
    assert "Looked at last on 23 November 2026" in page and "next review on 11 January 2027" in page
    page = page_of(secretary.post(f"/risks/{found.pk}/close/", {"closed_why": "Filled."}, follow=True))
    assert "Why it was closed" in page and "Filled." in page
    page = page_of(sign_in("officer").post(f"/risks/{found.pk}/reopen/", follow=True))
    assert "Open again. Its review is due today." in page


def test_an_overdue_review_says_so_in_words(sign_in, risk):
    with time_machine.travel(REVIEW + timedelta(days=1), tick=False):
        client = sign_in("secretary")
        assert "review overdue since 14 December 2026" in page_of(client.get(f"/risks/{risk.pk}/"))
        assert "14 December 2026, overdue" in page_of(client.get("/risks/?state=overdue"))
    assert "0 risks" in page_of(sign_in("secretary").get("/risks/?state=overdue"))


def test_what_a_risk_lacks_is_listed(sign_in, world):
    found = add(world, owner=None, owner_person=None, mitigation="", review_on=None)
    page = page_of(sign_in("officer").get(f"/risks/{found.pk}/"))
    for words in ("A body that owns it", "A person who answers for it", "The day of its next review"):
        assert words in page


def test_changing_a_risk_begins_with_what_is_recorded(sign_in, risk, world):
    client = sign_in("officer")
    page = page_of(client.get(f"/risks/{risk.pk}/edit/"))
    assert 'value="Two wards may close"' in page and "A shared bank." in page and 'value="14"' in page
    page = page_of(client.post(f"/risks/{risk.pk}/edit/", typed(world, title="Three wards", sharers=[]), follow=True))
    assert "Three wards" in page and "nobody else" in page


def test_a_form_with_faults_keeps_what_was_typed(sign_in, world):
    client = sign_in("officer")
    page = page_of(client.post("/risks/new/", typed(world, title="")), 422)
    assert "Enter the risk, in a few words" in page and "For want of nurses." in page
    page = page_of(client.post("/risks/new/", typed(world, owner_person=world.person("partner").pk)), 422)
    assert "A person who works for the body that owns the risk" in page and "For want of nurses." in page
    page = page_of(client.post("/risks/new/", typed(world, owner=world.body("R0A").pk, host="x")), 422)
    assert "For want of nurses." in page


def test_who_reads_it_without_changing_it_is_told_who_can(sign_in, risk):
    for address in ("review", "edit", "close"):
        page = page_of(sign_in("partner").get(f"/risks/{risk.pk}/{address}/"), 403)
        assert "ICB governance officer" in page
    page_of(sign_in("partner").get("/risks/new/"), 403)
    assert "Review it today" not in page_of(sign_in("partner").get(f"/risks/{risk.pk}/"))


@pytest.mark.parametrize("who", ["other_officer", "other_trust", "admin", "stranger"])
def test_for_others_it_does_not_exist(sign_in, risk, who):
    client = sign_in(who)
    for address in ("", "review/", "edit/", "close/", "trail/"):
        page_of(client.get(f"/risks/{risk.pk}/{address}"), 404)
    page_of(client.post(f"/risks/{risk.pk}/reopen/"), 404)
    assert "0 risks" in page_of(client.get("/risks/?state=any"))


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("whose=ours", 0), ("state=undated", 1), ("state=overdue", 0), ("state=closed", 0), ("state=any", 2),
     ("q=wards", 1), ("q=zebra", 0), ("state=nonsense", 2), ("after=nonsense", 2), ("sort=-review", 2)],
)  # fmt: skip
def test_filters_give_what_they_say(sign_in, world, risk, query, count):
    add(world, title="Equipment contract ends", description="In March.", mitigation="", review_on=None)
    page = page_of(sign_in("officer").get(f"/risks/?{query}"))
    assert f"{count} risk{'' if count == 1 else 's'}<" in page


def test_the_export_holds_what_is_filtered(sign_in, world, risk):
    add(world, title="Equipment contract ends", description="", mitigation="")
    text = page_of(sign_in("officer").get("/risks/?q=wards&format=csv"))
    assert "Two wards may close" in text and "Equipment" not in text


@pytest.mark.parametrize("address", ["", "review/", "edit/", "close/", "trail/"])
def test_a_page_takes_few_queries(sign_in, risk, address):
    client = sign_in("officer")
    with CaptureQueriesContext(connection) as seen:
        page_of(client.get(f"/risks/{risk.pk}/{address}"))
    assert len(seen) <= 15


def test_a_long_list_takes_no_more_queries_than_a_short_one(sign_in, world, risk):
    client, counts = sign_in("officer"), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            page_of(client.get("/risks/"))
        counts.append(len(seen))
        for number in range(30):
            add(world, title=f"Risk {number}")
    assert counts[0] == counts[1] <= 15
