"""Signals: made by rules, triaged by people, once each; and their pages."""

from datetime import date, timedelta

import pytest
import time_machine

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER as FRAMEWORKS
from collaboration.models import Concern, Profile, Reading, Score
from ics_governance.context import acting_as, system
from ics_governance.models import Job, LedgerEntry, Notification
from ics_governance.permissions import SYSTEM, Refused
from ics_governance.workflow import GuardFailed
from oversight import tasks
from oversight.actions import signals as actions
from oversight.models import Signal, SignalRuleSet
from oversight.queries.signals import last_whole_month, month_ends
from oversight.ruleset_file import FOLDER
from tests.oversight.test_homes import text
from tests.queries import counted

TODAY = date(2026, 10, 20)
RULES = (FOLDER / "signals-1.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def profile_of(world, framework, code, as_of, band="of_concern", coverage="0.900", restatement=0):
    """A profile of a body with one band everywhere but in Relationships."""
    made = Profile.objects.create(
        subject=world.body(code), framework=framework, as_of=as_of, engine="1", inputs="0" * 64, restatement=restatement
    )
    for each in "RLSAD":
        strong = each != "D" and band == "of_concern"
        Score.objects.create(
            profile=made, characteristic=each, band="strong" if strong else band, coverage=coverage,
            score=None if band == "not_enough_evidence" else 90 if strong else 40, low=30, high=95 if strong else 48,
        )  # fmt: skip
    Reading.objects.create(profile=made, indicator="D1", state="missing", numerator=0, denominator=0, weight=0)
    return made


@pytest.fixture
def framework(world):
    row, _ = load_framework(by=SYSTEM, text=(FRAMEWORKS / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    return row


@pytest.fixture
def declining(world, framework):
    """Airedale has been of concern for three months, Leeds silent for three; the rules are loaded."""
    actions.load_ruleset(by=SYSTEM, text=RULES)
    for day in month_ends(date(2026, 9, 30), 3):
        profile_of(world, framework, "RCF", day)
        profile_of(world, framework, "RR8", day, "not_enough_evidence", "0.100")
    return world


@pytest.fixture
def signal(declining):
    actions.evaluate_signals(by=SYSTEM)
    return Signal.objects.get(rule="of_concern")


def act(world, who, verb, **arguments):
    """Carry an action out as a person of the cast."""
    actor = world.actor(who)
    with acting_as(actor):
        return verb(by=actor, **arguments)


# --- Made by rules --------------------------------------------------------------------------------------------------


def test_rules_make_one_signal_for_each_body_and_characteristic(declining):
    run = actions.evaluate_signals(by=SYSTEM)
    assert (run.bodies, run.fired, run.new) == (2, 2, 2)
    found = {(row.subject.ods_code, row.rule, row.characteristic): row for row in Signal.objects.all()}
    assert set(found) == {("RCF", "of_concern", "D"), ("RR8", "silent", "")}
    made = found["RCF", "of_concern", "D"]
    assert (made.holder, made.as_of, made.due_on) == (declining.icb, date(2026, 9, 30), date(2026, 11, 3))
    assert LedgerEntry.objects.filter(kind="signal.fired").count() == 2


def test_looking_again_makes_nothing_new(declining):
    actions.evaluate_signals(by=SYSTEM)
    assert actions.evaluate_signals(by=SYSTEM).new == 0
    assert Signal.objects.count() == 2


def test_those_who_triage_are_told_and_nobody_else(signal, world):
    told = Notification.objects.filter(key=f"signal:{signal.pk}:new")
    assert {row.user.name for row in told} == {"Hannah Whitfield", "Marcus Adeyemi"}


def test_the_month_that_still_runs_does_not_count(world, framework):
    actions.load_ruleset(by=SYSTEM, text=RULES)
    for day in (date(2026, 8, 31), date(2026, 9, 30), TODAY):
        profile_of(world, framework, "RCF", day)
    assert actions.evaluate_signals(by=SYSTEM).new == 0


def test_a_recalculated_month_counts_as_recalculated(declining, framework):
    profile_of(declining, framework, "RCF", date(2026, 9, 30), "strong", restatement=1)
    actions.evaluate_signals(by=SYSTEM)
    assert not Signal.objects.filter(rule="of_concern").exists()


def test_about_an_icb_the_region_looks(declining, framework):
    for day in month_ends(date(2026, 9, 30), 3):
        profile_of(declining, framework, "QWO", day)
    actions.evaluate_signals(by=SYSTEM)
    assert Signal.objects.get(subject=declining.icb).holder == declining.body("Y63")


def test_only_the_system_applies_rules_and_only_when_there_are_some(declining):
    with pytest.raises(Refused):
        actions.evaluate_signals(by=declining.actor("officer"))
    SignalRuleSet.objects.all().update(active=False)
    with pytest.raises(GuardFailed, match="seed_rulesets"):
        actions.evaluate_signals(by=SYSTEM)


def test_a_version_in_use_is_never_changed(signal):
    _, outcome = actions.load_ruleset(by=SYSTEM, text=RULES)
    assert outcome == "loaded already"
    with pytest.raises(actions.UsedRules, match="version 2"):
        actions.load_ruleset(by=SYSTEM, text=RULES.replace("months: 3", "months: 4"))
    row, _ = actions.load_ruleset(by=SYSTEM, text=RULES.replace("version: 1", "version: 2"))
    assert not row.active


def test_the_nightly_run_is_one_job_a_day(declining):
    tasks.look_for_signals()
    tasks.look_for_signals()
    job = Job.objects.get(kind="signals")
    assert tasks.signals(job, **job.args)["new"] == 2


@pytest.mark.parametrize(
    ("on", "month"), [(date(2026, 10, 31), date(2026, 10, 31)), (date(2026, 3, 1), date(2026, 2, 28))]
)
def test_the_last_whole_month(on, month):
    assert last_whole_month(on) == month


# --- Triage ---------------------------------------------------------------------------------------------------------


def test_dismissed_with_a_reason_it_does_not_come_back_for_the_same_month(signal, world):
    before = LedgerEntry.objects.count()
    done = act(world, "officer", actions.dismiss, signal=signal, reason=" Papers were lost. ")
    assert (done.state, done.reason, done.triaged_by.name) == ("dismissed", "Papers were lost.", "Hannah Whitfield")
    assert list(LedgerEntry.objects.values_list("kind", flat=True))[before:] == ["signal.dismissed"]
    assert actions.evaluate_signals(by=SYSTEM).new == 0


def test_for_a_later_month_a_new_one_appears(signal, world, framework):
    act(world, "officer", actions.dismiss, signal=signal, reason="Papers were lost.")
    profile_of(world, framework, "RCF", date(2026, 10, 31))
    assert actions.evaluate_signals(by=SYSTEM, on=date(2026, 11, 2)).new == 1


def test_watched_it_stays_one_and_comes_back_on_its_day(signal, world, framework):
    day = TODAY + timedelta(days=30)
    act(world, "executive", actions.watch, signal=signal, reason="New chair.", watch_until=day)
    profile_of(world, framework, "RCF", date(2026, 10, 31))
    assert actions.evaluate_signals(by=SYSTEM, on=date(2026, 11, 2)).new == 0
    signal.refresh_from_db()
    assert (signal.state, signal.watch_until) == ("watched", day)


def test_while_the_concern_raised_from_it_goes_on_nothing_new_fires(signal, world, framework):
    with system("a concern"):
        concern = Concern.objects.create(title="x", facts="x", system=world.icb, raised_on=TODAY)
        Signal.objects.filter(pk=signal.pk).update(state="raised", concern=concern)
    profile_of(world, framework, "RCF", date(2026, 10, 31))
    assert actions.evaluate_signals(by=SYSTEM, on=date(2026, 11, 2)).new == 0
    with system("it is closed"):
        Concern.objects.filter(pk=concern.pk).update(closed_on=TODAY)
    assert actions.evaluate_signals(by=SYSTEM, on=date(2026, 11, 2)).new == 1


@pytest.mark.parametrize("who", ["region_lead", "auditor", "other_officer", "secretary", "admin"])
def test_only_its_holder_triages(signal, world, who):
    with pytest.raises(Refused):
        act(world, who, actions.dismiss, signal=signal, reason="No.")
    signal.refresh_from_db()
    assert signal.state == "new"


def test_without_a_reason_or_a_fair_day_nothing_changes(signal, world):
    before = LedgerEntry.objects.count()
    with pytest.raises(GuardFailed, match="reason"):
        act(world, "officer", actions.dismiss, signal=signal, reason="  ")
    for day in (TODAY, TODAY + timedelta(days=400)):
        with pytest.raises(GuardFailed, match="six months"):
            act(world, "officer", actions.watch, signal=signal, reason="x", watch_until=day)
    signal.refresh_from_db()
    assert (signal.state, LedgerEntry.objects.count()) == ("new", before)


def test_what_is_done_is_not_done_again(signal, world):
    act(world, "officer", actions.dismiss, signal=signal, reason="Papers were lost.")
    with pytest.raises(GuardFailed, match="is not possible: this is now"):
        act(world, "executive", actions.dismiss, signal=signal, reason="Too.")


# --- Pages ----------------------------------------------------------------------------------------------------------


def test_the_holder_sees_it_in_the_list_and_is_asked_to_look(signal, sign_in):
    page = text(sign_in("officer").get("/signals/"))
    assert "2 signals" in page and "Airedale" in page and "You, for NHS West Yorkshire" in page
    page = text(sign_in("region_lead").get("/signals/"))
    assert "Airedale" in page and "You, for" not in page


def test_after_ten_working_days_it_says_that_nobody_has(signal, sign_in):
    with time_machine.travel(date(2026, 11, 4), tick=False):
        page = text(sign_in("region_lead").get("/signals/?state=overdue"))
        assert "2 signals" in page and "nobody has yet" in page
        assert "2 signals nobody has looked at in 10 working days" in text(sign_in("region_lead").get("/"))
    assert "0 signals" in text(sign_in("region_lead").get("/signals/?state=overdue"))


def test_the_page_has_clause_trend_and_what_can_be_done(signal, sign_in):
    response = sign_in("officer").get(f"/signals/{signal.pk}/")
    page = text(response)
    assert "Of concern in 3 successive months to 30 September 2026" in page
    assert "Rolling 12-month score: Delivery" in page and "None that you may see" in page
    assert f'href="/profiles/RCF/?month=2026-09-30&amp;characteristic=D"' in response.content.decode()  # noqa: F541
    assert f"/concerns/raise/?signal={signal.pk}" in response.content.decode()
    other = text(sign_in("region_lead").get(f"/signals/{signal.pk}/"))
    assert "decides what follows" in other and "Record it" not in other


def test_it_is_dismissed_or_watched_on_its_page(signal, sign_in):
    client = sign_in("officer")
    answer = client.post(f"/signals/{signal.pk}/", {"outcome": "dismiss", "reason": "Papers were lost."})
    assert answer.status_code == 302
    signal.refresh_from_db()
    assert signal.state == "dismissed"
    silent = Signal.objects.get(rule="silent")
    day = {"watch_until_day": "1", "watch_until_month": "12", "watch_until_year": "2026"}
    client.post(f"/signals/{silent.pk}/", {"outcome": "watch", "reason": "We asked the forum.", **day})
    silent.refresh_from_db()
    assert (silent.state, silent.watch_until) == ("watched", date(2026, 12, 1))
    assert "0 signals" in text(client.get("/signals/"))
    with time_machine.travel(date(2026, 12, 1), tick=False):
        assert "watched until then" in text(sign_in("officer").get("/signals/"))


def test_bad_input_keeps_what_was_typed(signal, sign_in):
    client = sign_in("officer")
    response = client.post(f"/signals/{signal.pk}/", {"reason": "A long thought"})
    assert response.status_code == 422 and "A long thought" in text(response)
    day = {"watch_until_day": "1", "watch_until_month": "1", "watch_until_year": "2020"}
    response = client.post(f"/signals/{signal.pk}/", {"outcome": "watch", "reason": "x", **day})
    assert response.status_code == 422 and "within six months" in text(response)
    response = client.post(f"/signals/{signal.pk}/", {"outcome": "watch", "reason": "x"})
    assert response.status_code == 422 and "Enter the day on which you look again" in text(response)


@pytest.mark.parametrize(
    ("who", "status"),
    [("auditor", 200), ("region_lead", 200), ("other_officer", 404), ("secretary", 404), ("partner", 404),
     ("admin", 404), ("stranger", 404)],
)  # fmt: skip
def test_the_body_itself_and_others_do_not_see_it(signal, sign_in, who, status):
    client = sign_in(who)
    assert client.get(f"/signals/{signal.pk}/").status_code == status
    assert client.post(f"/signals/{signal.pk}/", {"outcome": "dismiss", "reason": "x"}).status_code == (
        403 if status == 200 else 404
    )
    if status == 404 and who != "other_officer":
        assert client.get("/signals/").status_code == 403


def test_the_export_has_what_is_filtered(signal, sign_in):
    lines = sign_in("officer").get("/signals/?format=csv&characteristic=D").content.decode()
    assert "Airedale" in lines and "Leeds" not in lines


def test_as_many_statements_for_many_signals_as_for_few(signal, sign_in, world):
    rules = signal.ruleset
    for number in range(60):
        Signal.objects.create(
            subject=world.body("RR8"), holder=world.icb, ruleset=rules, rule=f"r{number}", as_of=signal.as_of,
            clause="Something.", fired_on=TODAY, due_on=TODAY,
        )  # fmt: skip
    client = sign_in("officer")
    for address in ("/signals/", f"/signals/{signal.pk}/", "/", "/region/"):
        client.get(address)
        with counted() as statements:
            assert client.get(address).status_code == 200
        assert len(statements) <= 15, address
