"""A scoring run: everyone at once, the same figures each time, all or nothing, and only for those who may."""

import json
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from collaboration import indicators
from collaboration.actions import scoring
from collaboration.actions.frameworks import UsedVersion, load_framework
from collaboration.actions.scoring import request_scoring, score_month
from collaboration.framework_file import FOLDER
from collaboration.models import Framework, Profile, Reading, Score
from collaboration.queries.counts import verify_month
from collaboration.queries.profiles import content_of
from collaboration.tasks import score_nightly
from collaboration.yaml_node import FileFaults
from ics_governance import jobs, ledger
from ics_governance.context import system
from ics_governance.models import Job, LedgerEntry
from ics_governance.permissions import SYSTEM, Refused
from ics_governance.workflow import GuardFailed
from partnerships.models import Action, Organisation
from tests import records

UNTIL = date(2026, 6, 30)
TODAY = date(2026, 7, 14)
CHANGED = ("floor: 0.50, target: 0.95", "floor: 0.40, target: 0.95")
FILE = (FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def stored():
    """Every byte of every profile, in order."""
    return [list(model.objects.order_by("pk").values_list()) for model in (Profile, Score, Reading)]


# --- What a run makes ---------------------------------------------------------------------------------------------


def test_a_run_scores_every_trust_that_exists(framework, airedale):
    run = score_month(by=SYSTEM, as_of=UNTIL)
    trusts = Organisation.objects.filter(kind="trust").on(UNTIL)
    assert (run.subjects, run.changed) == (trusts.count(), trusts.count())
    assert set(Profile.objects.values_list("subject", flat=True)) == set(trusts.values_list("pk", flat=True))
    assert not Profile.objects.exclude(as_of=UNTIL).exists()


def test_the_scores_of_airedale(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    profile = Profile.objects.get(subject=airedale)
    readings = {row.indicator: (row.numerator, row.denominator, row.state) for row in profile.readings.all()}
    assert readings == {
        "R1": (11, 12, "measured"),
        "L1": (11, 12, "measured"),
        "S1": (8, 12, "measured"),
        "A2": (3, 4, "measured"),
        "D1": (9, 12, "measured"),
        "D2": (0, 2160, "measured"),
        **dict.fromkeys(("R2", "R3", "R4", "L3", "LP", "SP", "A4", "AP", "DP"), (0, 0, "not_applicable")),
        **dict.fromkeys(("RQ", "LQ", "SQ", "AQ", "DQ"), (0, 0, "missing")),
    }
    scores = {row.characteristic: (float(row.score), row.band) for row in profile.scores.all()}
    assert scores == {
        "R": (92.6, "strong"),
        "L": (79.2, "strong"),
        "S": (44.4, "developing_uncertain"),
        "A": (37.5, "developing_uncertain"),
        "D": (81.8, "strong"),
    }


def test_what_the_indicators_add_makes_the_score(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    profile = Profile.objects.get(subject=airedale)
    for score in profile.scores.all():
        mine = [each.code for each in content_of(framework).indicators if each.characteristic == score.characteristic]
        parts = profile.readings.filter(indicator__in=mine)
        assert sum(part.adds or 0 for part in parts) == score.score
        assert sum(part.weight for part in parts) == 1


def test_a_trust_without_records_has_no_number(framework, world):
    quiet = records.trust(world.icb)
    score_month(by=SYSTEM, as_of=UNTIL)
    profile = Profile.objects.get(subject=quiet)
    assert {score.band for score in profile.scores.all()} == {"not_enough_evidence"}
    assert {score.score for score in profile.scores.all()} == {None}
    states = {(reading.indicator[-1] == "Q", reading.state) for reading in profile.readings.all()}
    assert states == {(False, "not_applicable"), (True, "missing")}


def test_a_closed_trust_is_not_scored(framework, world):
    closed = records.trust(world.icb)
    closed.closed = date(2026, 3, 31)
    closed.save()
    score_month(by=SYSTEM, as_of=UNTIL)
    assert not Profile.objects.filter(subject=closed).exists()


# --- The same each time -------------------------------------------------------------------------------------------


def test_scoring_twice_gives_equal_rows_to_the_byte(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    before = stored()
    run = score_month(by=SYSTEM, as_of=UNTIL)
    assert run.changed == 0
    assert stored() == before


def test_a_run_over_one_body_gives_what_a_run_over_all_gives(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL, subjects=[airedale.pk])
    alone = Profile.objects.get(subject=airedale)
    rows = list(alone.readings.order_by("pk").values_list())
    assert Profile.objects.count() == 1
    score_month(by=SYSTEM, as_of=UNTIL)
    assert list(alone.readings.order_by("pk").values_list()) == rows


def test_only_bodies_whose_records_changed_are_written_again(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    others = list(Profile.objects.exclude(subject=airedale).order_by("pk").values_list())
    mine = Profile.objects.get(subject=airedale)
    with system("confirm"):
        action = Action.objects.filter(owner=airedale, state="done").first()
        Action.objects.filter(pk=action.pk).update(state="confirmed", confirmed_on=UNTIL)
    assert score_month(by=SYSTEM, as_of=UNTIL).changed == 1
    again = Profile.objects.get(subject=airedale)
    assert again.pk == mine.pk and again.inputs != mine.inputs
    assert again.readings.get(indicator="D1").numerator == 10
    assert list(Profile.objects.exclude(subject=airedale).order_by("pk").values_list()) == others


def test_what_happened_later_changes_no_month_before(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    before = stored()
    with system("later"):
        open_action = Action.objects.filter(owner=airedale, state="done").first()
        Action.objects.filter(pk=open_action.pk).update(state="confirmed", confirmed_on=date(2026, 7, 2))
    records.meeting(records.forum(airedale), date(2026, 7, 1))
    assert score_month(by=SYSTEM, as_of=UNTIL).changed == 0
    assert stored() == before


def test_a_month_that_goes_on_keeps_one_profile_and_month_ends_stay(framework, airedale):
    for day in (UNTIL, date(2026, 7, 12), TODAY):
        score_month(by=SYSTEM, as_of=day)
    assert list(Profile.objects.filter(subject=airedale).order_by("as_of").values_list("as_of", flat=True)) == [
        UNTIL,
        TODAY,
    ]


# --- Few statements, whatever the number of bodies ----------------------------------------------------------------


def statements(action):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        action()
    return [query["sql"] for query in captured]


def test_as_many_statements_for_two_hundred_trusts_as_for_ten(framework, world):
    for _ in range(10):
        records.trust(world.icb)
    score_month(by=SYSTEM, as_of=date(2026, 7, 12))  # single months, and what is looked up once in a process
    few = statements(lambda: score_month(by=SYSTEM, as_of=UNTIL))
    Organisation.objects.bulk_create(
        Organisation(kind="trust", name=f"Trust {n}", ods_code=f"N{n:04d}", opened=date(2020, 1, 1)) for n in range(190)
    )
    many = statements(lambda: score_month(by=SYSTEM, as_of=UNTIL))
    assert Profile.objects.count() > 200
    assert len(many) == len(few)


def test_each_indicator_is_counted_by_one_statement(framework, airedale):
    asked = statements(lambda: score_month(by=SYSTEM, as_of=UNTIL))
    assert sum(") counted" in sql and "group by subject" in sql and "period" not in sql for sql in asked) == len(
        indicators.REGISTRY
    )


# --- All or nothing -----------------------------------------------------------------------------------------------


class Killed(Exception):
    """What stops a run in these tests."""


@pytest.mark.parametrize("at", ["count", "Score", "Reading"])
def test_a_run_cut_short_leaves_the_old_profiles(framework, airedale, monkeypatch, at):
    score_month(by=SYSTEM, as_of=UNTIL)
    before = stored()
    records.meeting(records.forum(airedale), date(2026, 6, 1))
    with system("change everything"):
        Action.objects.filter(owner=airedale, state="confirmed").update(state="confirmed", confirmed_on=None)

    def stop(*args, **kwargs):
        raise Killed

    if at == "count":
        monkeypatch.setattr(indicators, "count", stop)
    elif at == "Profile":
        monkeypatch.setattr(scoring.Profile.objects, "bulk_create", stop)
    else:
        put = scoring._put
        monkeypatch.setattr(scoring, "_put", lambda model, *rest: (stop if model.__name__ == at else put)(model, *rest))
    with pytest.raises(Killed), transaction.atomic():
        score_month(by=SYSTEM, as_of=UNTIL)
    monkeypatch.undo()
    assert stored() == before
    assert score_month(by=SYSTEM, as_of=UNTIL).changed == 1


def test_a_run_says_how_far_it_is(framework, airedale):
    said = []
    score_month(by=SYSTEM, as_of=UNTIL, progress=lambda *step: said.append(step))
    assert [(done, total) for done, total, _ in said] == [
        (n, len(indicators.REGISTRY)) for n in range(len(indicators.REGISTRY) + 1)
    ]
    assert said[0][2].startswith("Meetings attended, of ")


def test_a_run_that_changed_something_is_in_the_audit_trail(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    score_month(by=SYSTEM, as_of=UNTIL)
    (entry,) = LedgerEntry.objects.filter(kind="profiles.scored")
    assert json.loads(entry.body)["rows"] == Profile.objects.count()
    ledger.seal_all()
    assert not ledger.verify().faults


# --- Who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("officer", {"RCF", "RR8"}),
        ("executive", {"RCF", "RR8"}),
        ("region_lead", {"RCF", "RR8"}),
        ("other_officer", {"R0A"}),
    ],
)
def test_a_person_scores_the_trusts_they_oversee(framework, world, who, codes):
    score_month(by=world.actor(who, TODAY), as_of=UNTIL)
    assert set(Profile.objects.values_list("subject__ods_code", flat=True)) == codes


@pytest.mark.parametrize("who", ["secretary", "chair", "partner", "auditor", "admin", "stranger"])
def test_others_may_not_score(framework, world, who):
    with pytest.raises(Refused, match="Regional oversight lead"):
        score_month(by=world.actor(who, TODAY), as_of=UNTIL)
    assert not Profile.objects.exists()


def test_nobody_scores_a_trust_they_do_not_oversee(framework, world):
    with pytest.raises(Refused):
        score_month(by=world.actor("officer", TODAY), as_of=UNTIL, subjects=[world.body("R0A").pk])


def test_a_day_to_come_is_not_scored(framework):
    with pytest.raises(GuardFailed, match="15\u00a0July 2026 lies in the future"):
        score_month(by=SYSTEM, as_of=date(2026, 7, 15))


def test_without_a_framework_nothing_is_scored(world):
    with pytest.raises(GuardFailed, match="seed_frameworks"):
        score_month(by=SYSTEM, as_of=UNTIL)


# --- As a job -----------------------------------------------------------------------------------------------------


def test_asking_for_a_run_makes_a_job_that_does_it(framework, airedale, world):
    job = request_scoring(by=world.actor("officer", TODAY), url="/region/")
    assert jobs.run_waiting() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 20, 20)
    assert job.result["url"] == "/region/" and job.result["changed"] == 2
    assert set(Profile.objects.values_list("as_of", flat=True)) == {TODAY}


def test_asking_again_while_it_waits_is_the_same_job(framework, world):
    officer = world.actor("officer", TODAY)
    first = request_scoring(by=officer, url="/region/")
    assert request_scoring(by=officer, url="/region/") == first
    assert request_scoring(by=officer, url="/profiles/RCF/", subject=world.body("RCF")) != first
    jobs.run_waiting()
    assert request_scoring(by=officer, url="/region/") != first


def test_a_job_that_fails_half_way_leaves_the_old_profiles_and_can_be_asked_for_again(
    framework, airedale, world, monkeypatch
):
    score_month(by=SYSTEM, as_of=TODAY)
    before = stored()
    with system("change"):
        Action.objects.filter(owner=airedale, state="confirmed").update(confirmed_on=None)
    monkeypatch.setattr(scoring, "_put", lambda *args: 1 / 0)
    job = request_scoring(by=world.actor("officer", TODAY), url="/region/")
    jobs.run_waiting()
    job.refresh_from_db()
    assert job.state == "failed" and "ZeroDivision" not in job.error
    assert stored() == before
    monkeypatch.undo()
    again = request_scoring(by=world.actor("officer", TODAY), url="/region/")
    jobs.run_waiting()
    again.refresh_from_db()
    assert again.state == "done" and stored() != before


def test_a_person_whose_role_ended_before_the_job_ran_is_refused(framework, world):
    job = request_scoring(by=world.actor("officer", TODAY), url="/region/")
    world.user("officer").role_memberships.update(ends=date(2026, 7, 1))
    jobs.run_waiting()
    job.refresh_from_db()
    assert job.state == "failed" and "This can be done by" in job.error


def test_the_nightly_run_scores_the_last_whole_day_once(framework, airedale):
    score_nightly()
    score_nightly()
    assert Job.objects.filter(kind="score").count() == 1
    jobs.run_waiting()
    assert set(Profile.objects.values_list("as_of", flat=True)) == {date(2026, 7, 13)}


# --- Verifying ----------------------------------------------------------------------------------------------------


def test_a_month_whose_records_are_as_they_were_verifies(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    assert verify_month(UNTIL).differences == ()


def test_verifying_tells_each_row_that_differs_and_changes_nothing(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    before = stored()
    Reading.objects.filter(profile__subject=airedale, indicator="R1").update(numerator=12)
    verdict = verify_month(UNTIL)
    (difference,) = verdict.differences
    assert str(difference) == (
        "RCF Airedale NHS Foundation Trust, R1: stored 12.00 of 12.00, measured, now 11.00 of 12.00, measured."
    )
    Reading.objects.filter(profile__subject=airedale, indicator="R1").update(numerator=11)
    assert stored() == before


def test_verifying_names_the_records_that_changed_since(framework, airedale, world):
    with time_machine.travel(UNTIL, tick=False):
        score_month(by=SYSTEM, as_of=UNTIL)
    Profile.objects.update(scored_at="2026-06-30T12:00Z")
    with system("late"):
        late = Action.objects.filter(owner=airedale, state="done").first()
        Action.objects.filter(pk=late.pk).update(state="confirmed", confirmed_on=UNTIL)
        ledger.append(by=SYSTEM, kind="action.confirmed", record=late, after={"state": "confirmed"})
    found = {each.row: each for each in verify_month(UNTIL).differences}
    assert set(found) == {"D1", "D"}
    assert found["D1"].late == (f"action {late.pk}",)


# --- The commands -------------------------------------------------------------------------------------------------


def command(name, *args):
    out = StringIO()
    call_command(name, *args, stdout=out)
    return out.getvalue()


def test_the_command_scores_up_to_today_or_a_day(framework, airedale):
    assert "Scored" in command("score")
    assert set(Profile.objects.values_list("as_of", flat=True)) == {TODAY}
    assert "30\u00a0June 2026" in command("score", "--as-of", "2026-06-30")


def test_the_command_prints_json(framework, airedale):
    found = json.loads(command("score", "--as-of", "2026-06-30", "--subject", "rcf", "--json"))
    assert (found["as_of"], found["subjects"], found["changed"]) == ("2026-06-30", 1, 1)
    (profile,) = found["profiles"]
    assert profile["subject"] == "RCF"
    assert [score["characteristic"] for score in profile["scores"]] == ["R", "L", "S", "A", "D"]
    assert profile["scores"][0]["score"] == 92.6


def test_the_command_verifies_and_fails_when_something_differs(framework, airedale):
    command("score", "--as-of", "2026-06-30")
    assert "0\u00a0rows differ" in command("score", "--as-of", "2026-06-30", "--verify")
    Reading.objects.filter(profile__subject=airedale, indicator="R1").update(numerator=12)
    with pytest.raises(SystemExit) as ended:
        command("score", "--as-of", "2026-06-30", "--verify", "--json")
    assert ended.value.code == 1


def test_verifying_a_day_without_profiles_fails(framework):
    with pytest.raises(SystemExit):
        command("score", "--as-of", "2026-06-30", "--verify")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--as-of", "30/06/2026"], "“30/06/2026” is not a date. Write it as year-month-day, such as 2026-07-14."),
        (["--as-of", "2026-12-31"], "31\u00a0December 2026 lies in the future: only days up to today are scored."),
        (["--subject", "ZZZ"], "No organisation with the code ZZZ is recorded."),
        (["--subject", "QWO"], "is not a trust; only trusts have profiles in this version."),
    ],
)
def test_what_the_command_cannot_do_it_says_in_one_sentence(framework, args, sentence):
    with pytest.raises(CommandError) as refused:
        command("score", *args)
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


def test_the_command_without_a_framework_says_what_to_do(world):
    with pytest.raises(CommandError, match="seed_frameworks"):
        command("score")


# --- Frameworks ---------------------------------------------------------------------------------------------------


def test_loading_the_frameworks_twice_changes_nothing(world):
    assert "loaded." in command("seed_frameworks")
    before = list(Framework.objects.values_list())
    assert "loaded already" in command("seed_frameworks")
    assert list(Framework.objects.values_list()) == before


def test_a_version_that_nothing_rests_on_may_be_replaced(framework):
    row, outcome = load_framework(by=SYSTEM, text=FILE.replace(*CHANGED))
    assert (row.pk, outcome) == (framework.pk, "replaced; nothing rested on it")


def test_a_version_that_profiles_rest_on_is_never_changed(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    with pytest.raises(UsedVersion, match="give what is new the version 3"):
        load_framework(by=SYSTEM, text=FILE.replace(*CHANGED))
    assert Framework.objects.get().digest == framework.digest


def test_a_newer_version_becomes_the_current_one_and_old_profiles_keep_theirs(framework, airedale):
    score_month(by=SYSTEM, as_of=UNTIL)
    newer, _ = load_framework(by=SYSTEM, text=FILE.replace("version: 2", "version: 3", 1))
    framework.refresh_from_db()
    assert newer.current and not framework.current
    score_month(by=SYSTEM, as_of=UNTIL)
    assert set(Profile.objects.filter(subject=airedale).values_list("framework__version", flat=True)) == {"2", "3"}


def test_an_older_version_loaded_later_is_not_current(world):
    load_framework(by=SYSTEM, text=FILE.replace("version: 2", "version: 10", 1))
    older, _ = load_framework(by=SYSTEM, text=FILE.replace("version: 2", "version: 9", 1))
    assert not older.current and Framework.objects.get(current=True).version == "10"


def test_a_wrong_file_loads_nothing(world):
    with pytest.raises(FileFaults):
        load_framework(by=SYSTEM, text=FILE.replace("window_months: 12", "window_months: twelve"))
    assert not Framework.objects.exists()
