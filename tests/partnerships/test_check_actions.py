"""Governance checks are run, kept with the day since which a finding is known, and told to those who can mend it."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from ics_governance import jobs, ledger
from ics_governance.context import system
from ics_governance.models import Job, LedgerEntry, Notification
from ics_governance.permissions import SYSTEM, Refused
from partnerships import tasks
from partnerships.actions.checks import remind_of_ends, run_checks, tell_of_errors
from partnerships.actions.delegations import draft_delegation
from partnerships.actions.posts import change_holder, create_post
from partnerships.models import (
    CheckFinding,
    Decision,
    Delegation,
    Employment,
    Forum,
    Function,
    LegalBasis,
    Membership,
    Place,
    Post,
    Succession,
    TermsOfReference,
)
from partnerships.queries.check_facts import draft_values, facts_for, findings_for_draft
from tests.queries import counted
from tests.world import moved

TODAY = date(2026, 10, 20)
OUR_BOARD = "NHS West Yorkshire board"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def vacant_post(world, **fields):
    """A post of the ICB that holds authority and that nobody is in."""
    post = Post.objects.create(organisation=world.icb, title="Director of places", starts=date(2024, 1, 1))
    edge = Delegation.objects.create(
        **{
            "function": Function.objects.get(code="community_services"), "from_organisation": world.icb,
            "to_post": post, "basis": "internal_scheme", "instrument": "scheme of delegation 9",
            "starts": date(2024, 1, 1), "limit": Decimal(1000),
        } | fields
    )  # fmt: skip
    moved(edge, "approved", "in_force")
    return edge


def test_a_finding_keeps_the_day_on_which_it_was_first_seen(world):
    edge = vacant_post(world)
    run_checks(by=SYSTEM, on=TODAY)
    row = CheckFinding.objects.get(code="vacant_post")
    assert (row.severity, row.system, row.first_seen, row.last_seen) == ("error", world.icb, TODAY, TODAY)
    assert row.records == [["delegation", edge.pk], ["post", edge.to_post_id]]
    later = TODAY + timedelta(days=3)
    assert run_checks(by=SYSTEM, on=later).new == 0
    row.refresh_from_db()
    assert (row.first_seen, row.last_seen) == (TODAY, later)


def test_a_finding_that_was_mended_is_gone(world):
    edge = vacant_post(world)
    run_checks(by=SYSTEM)
    Post.objects.filter(pk=edge.to_post_id).update(holder=world.person("executive"))
    ran = run_checks(by=SYSTEM)
    assert (ran.new, ran.gone) == (0, 1)
    assert not CheckFinding.objects.filter(code="vacant_post").exists()


def test_what_a_finding_says_follows_the_register(world):
    edge = vacant_post(world)
    run_checks(by=SYSTEM)
    Post.objects.filter(pk=edge.to_post_id).update(title="Place director")
    assert run_checks(by=SYSTEM).new == 0
    assert CheckFinding.objects.get(code="vacant_post").text.startswith("The post Place director of ")


def test_an_officer_checks_their_own_system_and_sees_what_the_night_would_have_found(world):
    vacant_post(world)
    run_checks(by=world.actor("officer"), system=world.icb)
    ours = list(CheckFinding.objects.filter(system=world.icb).values_list("key", "text"))
    assert not CheckFinding.objects.exclude(system=world.icb).exists()
    assert run_checks(by=SYSTEM).gone == 0
    assert list(CheckFinding.objects.filter(system=world.icb).values_list("key", "text")) == ours


@pytest.mark.parametrize("who", ["other_officer", "secretary", "auditor", "admin", "stranger"])
def test_nobody_else_checks_a_system(world, who):
    with pytest.raises(Refused):
        run_checks(by=world.actor(who), system=world.icb)


def test_only_the_system_checks_all_of_england(world):
    with pytest.raises(Refused):
        run_checks(by=world.actor("officer"))


def test_what_is_worked_out_leaves_no_entry_in_the_audit_trail(world):
    before = LedgerEntry.objects.count()
    run_checks(by=world.actor("officer"), system=world.icb)
    assert LedgerEntry.objects.count() == before


def test_facts_are_read_by_the_same_number_of_queries_however_many_there_are(world):
    with counted() as few:
        facts_for(None, TODAY)
    for number in range(20):
        forum = Forum.objects.create(name=f"Forum {number}", host=world.icb, form="committee", level="place")
        Membership.objects.create(forum=forum, organisation=world.icb, starts=TODAY)
        vacant_post(world).places.set(Place.objects.all())
    with counted() as many:
        facts_for(None, TODAY)
    with counted() as of_one:
        facts_for(world.icb, TODAY)
    assert len(many) == len(few) == len(of_one) == 18


def test_a_closed_boards_findings_belong_to_the_system_that_came_after_it(world):
    edge = vacant_post(world)
    other = world.body("QOP")
    Succession.objects.create(predecessor=world.icb, successor=other, kind="merger", effective_on=TODAY)
    world.icb.closed = TODAY - timedelta(days=1)
    world.icb.save()
    run_checks(by=SYSTEM)
    row = CheckFinding.objects.get(code="closed_body", records__contains=[["delegation", edge.pk]])
    assert row.system == other
    assert row.action.startswith(
        "Let NHS Greater Manchester Integrated Care Board make a delegation that carries it on"
    )


# --- Urgent decisions: those that not everybody may know of are not counted ---------------------------------------


def urgent(world, number, **fields):
    """A decision by urgent power that was to be ratified yesterday."""
    decision = world.decision(number, title=f"Zugzwang {number}", shared=True)
    with system("decide it"):
        values = {"means": "urgent", "ratify_by": TODAY - timedelta(days=1), "decided_on": TODAY - timedelta(days=9)}
        Decision.objects.filter(pk=decision.pk).update(**values | fields)
        for state in ("proposed", "agreed"):
            Decision.objects.filter(pk=decision.pk).update(state=state)
    return decision


def test_only_published_urgent_decisions_are_counted_and_none_is_named(world):
    urgent(world, 1)
    assert facts_for(None, TODAY).unratified == ()
    shown = urgent(world, 2)
    with system("publish one"):
        Decision.objects.filter(pk=shown.pk).update(released_at="2026-10-15T09:00Z")
    run_checks(by=SYSTEM)
    row = CheckFinding.objects.get(code="urgent_not_ratified")
    assert row.text == "A decision for Bradford place board by urgent power was not ratified by its day."
    assert row.records == [["forum", world.place_board.pk]]
    assert not CheckFinding.objects.filter(text__contains="Zugzwang").exists()


# --- What a form is told ------------------------------------------------------------------------------------------


def draft(world, **fields):
    """The values of a delegation's form: from the finance committee to the place board."""
    return {
        "function": Function.objects.get(code="community_services"), "from_organisation": world.icb,
        "from_forum": Forum.objects.get(name="Finance and commissioning committee"), "to_forum": world.place_board,
        "model": "delegated", "basis": "internal_scheme", "instrument": "terms 7", "limit": Decimal(400_000),
        "places": list(Place.objects.filter(name="Leeds")), "starts": TODAY,
    } | fields  # fmt: skip


def said(world, **fields):
    """Codes of what the checks will say."""
    return [each.code for each in findings_for_draft(draft(world, **fields), on=TODAY)]


def test_a_sound_draft_gives_no_findings(world):
    assert said(world) == []


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"limit": Decimal(2_000_001)}, ["limit_above"]),
        ({"limit": None}, ["limit_above"]),
        ({"basis": "s75"}, ["basis_not_open"]),
        ({"ends": TODAY + timedelta(days=9)}, ["expiring"]),
        ({"function": None}, []),
        ({"to_forum": None}, []),
        ({"from_organisation": None}, []),
    ],
)
def test_a_draft_is_told_what_the_checks_will_say(world, fields, codes):
    assert said(world, **fields) == codes


def test_a_draft_that_leads_back_or_hands_over_what_is_reserved_is_told(world):
    finance = Forum.objects.get(name="Finance and commissioning committee")
    assert said(world, from_forum=world.place_board, to_forum=finance, limit=Decimal(1), places=[]) == ["loop"]
    assert said(world, function=Function.objects.get(code="joint_forward_plan")) == ["reserved_delegated"]


def test_a_draft_that_would_be_a_second_external_step_is_told(world):
    LegalBasis.objects.create(
        code="s65z5", title="65Z5", owner_kind="icb", recipient_kind="trust", source="x", mark="V"
    )
    LegalBasis.objects.create(
        code="s65z5", title="65Z5", owner_kind="trust", recipient_kind="trust", source="x", mark="V"
    )
    first = vacant_post(world, to_post=None, to_organisation=world.body("RCF"), basis="s65z5")
    onward = {
        "from_organisation": world.body("RCF"), "from_forum": None, "to_forum": None, "basis": "s65z5",
        "to_organisation": world.body("RR8"), "limit": Decimal(10), "places": [],
    }  # fmt: skip
    assert said(world, **onward) == ["double_delegation"]
    Delegation.objects.filter(pk=first.pk).update(onward_delegation_permitted=True)
    assert said(world, **onward) == []


def test_a_saved_delegation_is_not_compared_with_itself(world):
    edge = Delegation.objects.get(to_forum=world.place_board)
    assert findings_for_draft(draft_values(edge), on=TODAY, pk=edge.pk) == []


def test_a_draft_is_judged_by_few_queries(world):
    values = draft(world)
    with counted() as asked:
        findings_for_draft(values, on=TODAY)
    assert len(asked) == 13


# --- Telling people -----------------------------------------------------------------------------------------------


def notes(world, name):
    """The digests that a person was sent."""
    return list(Notification.objects.filter(user=world.user(name)).order_by("pk").values_list("text", "url"))


def test_new_errors_are_told_once_to_those_who_run_the_checks(world):
    vacant_post(world)
    run_checks(by=SYSTEM)
    assert tell_of_errors(on=TODAY) == 2
    text = "Governance checks: The post Director of places of NHS West Yorkshire Integrated Care Board holds commis…."
    assert notes(world, "officer") == [(text, "/checks/?severity=error")] == notes(world, "executive")
    assert tell_of_errors(on=TODAY) == 0
    assert len(notes(world, "officer")) == 1
    assert notes(world, "other_officer") == notes(world, "auditor") == []
    assert tell_of_errors(on=TODAY + timedelta(days=1)) == 0


def test_an_error_that_is_found_during_the_day_is_told_the_night_after(world):
    run_checks(by=SYSTEM)
    tell_of_errors(on=TODAY)
    vacant_post(world)
    run_checks(by=SYSTEM, system=world.icb)
    assert tell_of_errors(on=TODAY + timedelta(days=1)) == 2


@pytest.mark.parametrize("ahead", [60, 30, 7])
def test_who_can_renew_is_reminded_sixty_thirty_and_seven_days_ahead(world, ahead):
    vacant_post(world, ends=TODAY + timedelta(days=ahead))
    assert remind_of_ends(since=TODAY - timedelta(days=1), until=TODAY) == 1
    ((text, url),) = notes(world, "officer")
    assert text.startswith("Ends or is due for review: Commissioning community health services, delegated to Director")
    assert url == "/expiring/"
    assert remind_of_ends(since=TODAY, until=TODAY + timedelta(days=1)) == 0


def test_terms_members_and_posts_are_reminded_of_too(world):
    day = TODAY + timedelta(days=30)
    TermsOfReference.objects.filter(forum=world.place_board).update(review_on=None)
    TermsOfReference.objects.create(
        forum=world.place_board, version=9, adopted_on=TODAY, review_on=day, quorum=1
    )  # fmt: skip
    Membership.objects.filter(forum=world.place_board, organisation=world.body("RR8")).update(ends=day)
    Post.objects.create(organisation=world.icb, title="Director of places", starts=TODAY, ends=day)
    assert remind_of_ends(since=TODAY - timedelta(days=1), until=TODAY) == 1
    ((text, _),) = notes(world, "officer")
    assert "Terms of reference of Bradford place board are due for review on 19" in text
    assert "Leeds Teaching Hospitals NHS Trust on Bradford place board ends" in text
    assert "Director of places of NHS West Yorkshire" in text


def test_the_night_checks_once_and_makes_up_for_nights_that_were_missed(world):
    vacant_post(world)
    tasks.check_nightly()
    tasks.check_nightly()
    assert jobs.run_waiting() == 1
    job = Job.objects.get(kind=tasks.CHECKS)
    assert job.result["told"] == 2 and job.result["url"] == "/checks/"
    with time_machine.travel(TODAY + timedelta(days=3), tick=False):
        tasks.check_nightly()
        assert Job.objects.latest("pk").args == {"until": "2026-10-23"}


# --- After a change -----------------------------------------------------------------------------------------------


def changed(*, expected=1):
    """Seal what was done, look for changes, and do what was asked for; how many jobs there were."""
    ledger.seal_all()
    tasks.check_changed()
    assert jobs.run_waiting() == expected
    return CheckFinding.objects.filter(code="vacant_post").count()


def test_what_changed_is_checked_soon_after_it_was_saved(world):
    post, person = vacant_post(world).to_post, world.person("executive")
    Employment.objects.get_or_create(person=person, organisation=world.icb, starts=date(2024, 1, 1))
    run_checks(by=SYSTEM)
    assert changed(expected=0) == 1
    change_holder(by=world.actor("officer"), post=post, person=person, from_day=TODAY)
    assert changed() == 0
    assert Job.objects.get(kind=tasks.CHANGED).args["systems"] == [world.icb.pk]
    assert changed(expected=0) == 0


def test_many_changes_are_one_job_and_what_changes_nothing_asks_for_none(world):
    officer = world.actor("officer")
    values = {"function": Function.objects.get(code="community_services"), "to_forum": world.place_board}
    draft_delegation(by=officer, owner=world.icb, values=values)
    changed(expected=0)
    for name in ("Place director", "Deputy place director"):
        create_post(by=officer, organisation=world.icb, title=name, starts=TODAY)
    changed()
    assert Job.objects.filter(kind=tasks.CHANGED).count() == 1


def test_reminders_go_out_on_working_days(world):
    vacant_post(world, ends=TODAY + timedelta(days=7))
    with time_machine.travel(date(2026, 10, 24), tick=False):  # a Saturday
        tasks.remind_of_what_ends()
        assert not Job.objects.filter(kind=tasks.ENDS).exists()
    tasks.remind_of_what_ends()
    assert jobs.run_waiting() == 1
    assert Job.objects.get(kind=tasks.ENDS).result["told"] == 1


# --- The command --------------------------------------------------------------------------------------------------


def command(*arguments):
    out = StringIO()
    with pytest.raises(SystemExit) if "error" in arguments else _fine() as left:
        call_command("check_governance", *(each for each in arguments if each != "error"), stdout=out)
    return out.getvalue(), left


class _fine:
    """A command that ends without an error."""

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return False


def test_the_command_leaves_with_one_when_something_is_an_error(world):
    vacant_post(world)
    text, left = command("--system=qwo", "error")
    assert left.value.code == 1
    assert text.startswith("error: Vacant post holding authority\n  The post Director of places of ")
    assert not CheckFinding.objects.exists()


def test_the_command_prints_json_and_ends_well_without_an_error(world):
    text, _ = command("--system=QWO", "--json")
    assert {row["severity"] for row in json.loads(text)} <= {"warning", "advice"}


def test_the_command_refuses_what_is_no_icb(world):
    with pytest.raises(CommandError, match="“RCF” is not the code of an integrated care board") as refused:
        call_command("check_governance", "--system=RCF")
    assert refused.value.returncode == 2
