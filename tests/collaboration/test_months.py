"""A month is previewed, its records may be queried, then it is frozen for good; a recalculation stands beside it."""

from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import F

from collaboration.actions import record_queries as queries
from collaboration.actions.months import begin_preview, freeze_month, restate_month
from collaboration.actions.record_queries import Asked
from collaboration.actions.scoring import score_month
from collaboration.actions.stale import mark_stale, rescore_stale
from collaboration.models import Profile, ProfileMonth, Reading, RecordQuery, Score, StaleProfile
from collaboration.month_tasks import months_nightly
from collaboration.queries.counts import verify_month
from ics_governance import jobs, ledger
from ics_governance.context import acting_as, system
from ics_governance.models import LedgerEntry, Notification
from ics_governance.permissions import SYSTEM, Refused
from ics_governance.workflow import GuardFailed
from partnerships.models import Action
from tests import records

UNTIL = date(2026, 6, 30)
PREVIEWED = date(2026, 7, 1)
FROZEN = date(2026, 7, 16)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(PREVIEWED, tick=False) as moved:
        yield moved


@pytest.fixture
def month(framework, airedale):
    return begin_preview(by=SYSTEM, as_of=UNTIL)


@pytest.fixture
def frozen(month, today):
    today.move_to(FROZEN)
    return freeze_month(by=SYSTEM, as_of=UNTIL)


def profile_of(body, **fields):
    return Profile.objects.select_related("subject", "framework").get(subject=body, as_of=UNTIL, **fields)


def an_action(body, state="done"):
    with system("an action of the test"):
        return Action.objects.filter(owner=body, state=state).order_by("pk").first()


def confirm(action):
    with system("late"):
        Action.objects.filter(pk=action.pk).update(state="confirmed", confirmed_on=UNTIL)


def asked(world, body, action):
    with acting_as(world.actor("secretary")):
        about = Asked("D1", "action", action.pk)
        return queries.ask(by=world.actor("secretary"), profile=profile_of(body), about=about, text="It was done")


# --- Preview and freeze -------------------------------------------------------------------------------------------


def test_a_preview_shows_the_month_to_its_subjects_once(month, airedale, world):
    assert month.freezes_on == date(2026, 7, 15)
    assert profile_of(airedale).state == "preview"
    told = Notification.objects.filter(kind="profile.previewed", user=world.user("secretary"))
    assert [row.url for row in told] == ["/profiles/RCF/?month=2026-06-30"]
    assert begin_preview(by=SYSTEM, as_of=UNTIL) == month
    assert told.count() == 1
    assert LedgerEntry.objects.filter(kind="profiles.previewed").count() == 1


def test_only_a_month_that_has_ended_is_previewed(framework):
    for day in (date(2026, 6, 29), date(2026, 7, 31)):
        with pytest.raises(GuardFailed, match="A month that has ended"):
            begin_preview(by=SYSTEM, as_of=day)


def test_a_person_freezes_nothing(month, world):
    with pytest.raises(Refused):
        freeze_month(by=world.actor("region_lead"), as_of=UNTIL)


def test_a_month_is_frozen_when_its_preview_is_over(month, airedale, today):
    today.move_to(date(2026, 7, 15))
    with pytest.raises(GuardFailed, match="it runs until 15\u00a0July 2026"):
        freeze_month(by=SYSTEM, as_of=UNTIL)
    today.move_to(FROZEN)
    assert freeze_month(by=SYSTEM, as_of=UNTIL).frozen_at
    assert set(Profile.objects.filter(as_of=UNTIL).values_list("state", flat=True)) == {"frozen"}
    assert freeze_month(by=SYSTEM, as_of=UNTIL).frozen_at
    assert LedgerEntry.objects.filter(kind="profiles.frozen").count() == 1


def test_a_month_nobody_saw_is_not_frozen(framework, airedale):
    with pytest.raises(GuardFailed, match="Its preview first"):
        freeze_month(by=SYSTEM, as_of=UNTIL)


@pytest.mark.parametrize("model", [Profile, Score, Reading])
@pytest.mark.parametrize("how", ["update", "delete"])
def test_the_database_refuses_every_change_of_a_frozen_month(frozen, model, how):
    rows = model.objects.all()
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        if how == "delete":
            rows._raw_delete(rows.db)
        else:
            rows.update(id=F("id"))


def test_nothing_is_added_to_a_frozen_profile(frozen, airedale):
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Score.objects.create(profile=profile_of(airedale), characteristic="X", band="strong", coverage=1)


def test_scoring_leaves_a_frozen_month_alone(frozen, airedale):
    before = list(Reading.objects.order_by("pk").values_list())
    confirm(an_action(airedale))
    assert score_month(by=SYSTEM, as_of=UNTIL).changed == 0
    assert list(Reading.objects.order_by("pk").values_list()) == before


def test_the_calendar_previews_and_freezes(framework, airedale, today):
    months_nightly()
    jobs.run_waiting()
    assert ProfileMonth.objects.get().frozen_at is None
    today.move_to(FROZEN)
    months_nightly()
    jobs.run_waiting()
    assert ProfileMonth.objects.get().frozen_at


# --- Recalculation and verification -------------------------------------------------------------------------------


def test_verifying_a_frozen_month_tells_what_arrived_late(frozen, airedale):
    assert verify_month(UNTIL).differences == ()
    late = an_action(airedale)
    confirm(late)
    ledger.append(by=SYSTEM, kind="action.confirmed", record=late, after={"state": "confirmed"})
    found = {each.row: each for each in verify_month(UNTIL).differences}
    assert set(found) == {"D1", "D"} and found["D1"].late == (f"action {late.pk}",)


def test_a_recalculation_stands_beside_what_was_frozen(frozen, airedale):
    first = profile_of(airedale)
    confirm(an_action(airedale))
    assert restate_month(by=SYSTEM, as_of=UNTIL, reason="A confirmation came late") == 1
    again = profile_of(airedale, restatement=1)
    assert (again.state, again.reason) == ("frozen", "A confirmation came late")
    assert again.readings.get(indicator="D1").numerator == 10
    assert first.readings.get(indicator="D1").numerator == 9
    assert verify_month(UNTIL).differences == ()
    assert restate_month(by=SYSTEM, as_of=UNTIL, reason="Once more") == 0


def test_a_recalculation_needs_its_reason_and_a_frozen_month(month):
    with pytest.raises(GuardFailed, match="The reason"):
        restate_month(by=SYSTEM, as_of=UNTIL, reason=" ")
    with pytest.raises(GuardFailed, match="A month that is frozen"):
        restate_month(by=SYSTEM, as_of=UNTIL, reason="Why not")


# --- Queries ------------------------------------------------------------------------------------------------------


def test_a_queried_record_counts_again_when_it_stands_and_no_more_when_it_was_wrong(month, airedale, world):
    action = an_action(airedale)
    for upheld, denominator in ((False, 12), (True, 11)):
        query = asked(world, airedale, action)
        assert (query.keeper, query.due_on, query.state) == (world.icb, month.freezes_on, "open")
        score_month(by=SYSTEM, as_of=UNTIL)
        assert profile_of(airedale).readings.get(indicator="D1").denominator == 11
        queries.answer(by=world.actor("officer"), query=query, upheld=upheld, answer="Looked at")
        score_month(by=SYSTEM, as_of=UNTIL)
        assert profile_of(airedale).readings.get(indicator="D1").denominator == denominator
    assert Notification.objects.filter(user=world.user("officer"), kind="record_query.asked").count() == 2
    assert Notification.objects.filter(user=world.user("secretary"), kind="record_query.answered").count() == 2


def test_what_is_open_at_the_freeze_stays_out(month, airedale, world, today):
    asked(world, airedale, an_action(airedale))
    today.move_to(FROZEN)
    freeze_month(by=SYSTEM, as_of=UNTIL)
    assert profile_of(airedale).readings.get(indicator="D1").denominator == 11


def test_a_query_leaves_one_entry_each_step(month, airedale, world):
    query = asked(world, airedale, an_action(airedale))
    queries.withdraw(by=world.actor("secretary"), query=query)
    kinds = LedgerEntry.objects.filter(record=f"recordquery:{query.pk}").values_list("kind", flat=True)
    assert sorted(kinds) == ["record_query.asked", "record_query.withdrawn"]


def test_who_may_not_query_or_answer(month, airedale, world):
    about = Asked("D1", "action", an_action(airedale).pk)
    for who in ("officer", "other_trust", "partner", "chair"):
        with pytest.raises(Refused):
            queries.ask(by=world.actor(who), profile=profile_of(airedale), about=about, text="No")
    query = asked(world, airedale, an_action(airedale))
    for who in ("secretary", "other_officer", "region_lead"):
        with pytest.raises(Refused):
            queries.answer(by=world.actor(who), query=query, upheld=True, answer="Yes")


def test_guards_of_a_query(month, airedale, world, today):
    secretary, profile, action = world.actor("secretary"), profile_of(airedale), an_action(airedale)

    def refused(about, why):
        with pytest.raises(GuardFailed, match=why):
            queries.ask(by=secretary, profile=profile_of(airedale), about=about, text="No")

    refused(Asked("D1", "action", 10**9), "does not count")
    refused(Asked("ZZ", "action", action.pk), "does not count")
    records.action(records.decision(records.forum(airedale), UNTIL), airedale, UNTIL, title="Own")
    with system("the own action"):
        own = Action.objects.get(title="Own")
    refused(Asked("D1", "action", own.pk), "keeps this record itself")
    query = asked(world, airedale, action)
    refused(Asked("D1", "action", action.pk), "queried already")
    with pytest.raises(GuardFailed, match="What was found"):
        queries.answer(by=world.actor("officer"), query=query, upheld=True, answer=" ")
    today.move_to(FROZEN)
    freeze_month(by=SYSTEM, as_of=UNTIL)
    refused(Asked("D1", "action", an_action(profile.subject, "confirmed").pk), "frozen")


def test_the_pages_of_a_query(month, airedale, world, sign_in):
    action = an_action(airedale)
    secretary, officer = sign_in("secretary"), None
    address = f"/profiles/RCF/query/?month={UNTIL}&indicator=D1&kind=action&record={action.pk}"
    shown = secretary.get("/profiles/RCF/?month=2026-06-30&characteristic=D").content.decode()
    assert f"kind=action&amp;record={action.pk}" in shown and "in preview until" in shown
    assert secretary.get(address).status_code == 200
    assert secretary.post(address, {"text": ""}).status_code == 422
    assert secretary.post(address, {"text": "It was done in time"}).status_code == 302
    query = RecordQuery.objects.get()
    assert "1 queried" in secretary.get("/profiles/RCF/?month=2026-06-30&characteristic=D").content.decode()
    assert secretary.post(f"/profiles/queries/{query.pk}/", {"outcome": "upheld", "answer": "x"}).status_code == 403
    officer = sign_in("officer")
    assert "In D1" in officer.get("/profiles/queries/").content.decode().replace("Action in", "In")
    page = f"/profiles/queries/{query.pk}/"
    assert officer.post(page, {"answer": "x"}).status_code == 422
    assert officer.post(page, {"outcome": "rejected", "answer": "The minutes say otherwise"}).status_code == 302
    assert "The minutes say otherwise" in officer.get(page).content.decode()
    assert officer.get(address).status_code == 403
    for who in ("other_officer", "other_trust", "partner", "stranger"):
        assert sign_in(who).get(page).status_code == 404
    for bad in ("", "x", "9" * 30):
        wrong = f"/profiles/RCF/query/?month={UNTIL}&indicator=D1&kind=action&record={bad}"
        assert sign_in("secretary").get(wrong).status_code == 404


# --- A change of evidence -----------------------------------------------------------------------------------------


def test_a_change_of_evidence_scores_its_body_again(month, airedale, world, sign_in):
    assert mark_stale(by=SYSTEM) == 0  # takes its place at the end
    action = an_action(airedale)
    confirm(action)
    ledger.append(by=SYSTEM, kind="action.confirmed", record=action, after={"state": "confirmed"})
    ledger.seal_all()
    assert mark_stale(by=SYSTEM) == 1
    assert "Being recalculated" in sign_in("secretary").get("/profiles/RCF/").content.decode()
    jobs.run_waiting()
    assert profile_of(airedale).readings.get(indicator="D1").numerator == 10
    assert not StaleProfile.objects.exists()
    assert mark_stale(by=SYSTEM) == 0 and rescore_stale(by=SYSTEM) == []
