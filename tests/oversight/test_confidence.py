"""A raiser in confidence: searched for in everything that the respondent can get, by every way there is."""

import re
from datetime import date

import pytest
import time_machine
from django.apps import apps
from django.db.models import ForeignKey

from collaboration.models import ConcernRaiser, Evidence
from ics_governance.context import acting_as, system
from ics_governance.models import Notification, User
from oversight.actions import clocks, dispute, file, reminders, review
from oversight.models import Case, CaseEvidence, Fact
from oversight.queries.cases import A_PARTNER, expected_of, file_of, moves_of, name_of_raiser, trail_of
from partnerships.models import Organisation

from .case_world import LATER, TODAY, act, answer_all, discuss, facilitate, move, note, raise_case, refused

RESPONDENT = ("secretary", "chair")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def _fact(case, number):
    with system("a fact"):
        return Fact.objects.select_related("case__concern").get(case=case, number=number)


def _own_file(world):
    with system("a file of the raiser"):
        return Evidence.objects.create(
            organisation=world.body("E08000032"), kind="file", title="Agenda", stored_as="x", digest="y", size=1,
            given_by=world.user("partner"),
        )  # fmt: skip


@pytest.fixture
def case(world):
    """The raiser has done all that a raiser can do, up to facilitated resolution, and withdrawn at last."""
    case = raise_case(world, in_confidence=True)
    case = move(world, "officer", case, "accept")
    answer_all(world, case)
    act(world, "partner", file.add_fact, case=case, text="The same in August.")
    own = act(world, "secretary", file.add_fact, case=case, text="The portal was down.")
    act(world, "partner", file.reply_to_fact, fact=_fact(case, own.number), agrees=False, text="It was up.")
    act(world, "partner", file.add_evidence, case=case, url="https://example.org/agenda", title="The agenda")
    act(world, "partner", file.add_evidence, case=case, evidence=_own_file(world), restricted=True)
    pause = act(world, "partner", clocks.ask_for_pause, case=case, starts=TODAY, reason="Half term.", ends=TODAY)
    act(world, "officer", clocks.approve_pause, pause=pause)
    more = act(world, "partner", clocks.ask_for_extension, case=case, days=5, reason="Half term.")
    act(world, "officer", clocks.approve_extension, extension=more)
    act(world, "partner", file.agree, case=case, terms="Papers five days before.")
    kept = note(world, "officer", "QWO", "RCF")
    act(world, "officer", file.add_attempt_to, case=case, attempt=kept)
    case = move(world, "officer", case, "not_settled")
    facilitate(world, case)
    act(world, "partner", file.check_accuracy, case=case, comment="Fine.")
    discuss(world, case)
    act(world, "partner", dispute.ask_for_dispute_resolution, case=case, reason="We see it otherwise.")
    reminders.send_digests(since=TODAY, until=LATER)
    return move(world, "partner", case, "withdraw", reason="It was mended.")


def _raiser(world):
    people = User.objects.filter(role_memberships__organisation=world.body("E08000032"))
    return world.body("E08000032"), set(people.values_list("pk", flat=True)), {"Bradford Council", "Imran Sadiq"}


def _values(record):
    for one in record._meta.concrete_fields:
        yield one, getattr(record, one.attname)


def _names_the_raiser(world, record):
    body, people, names = _raiser(world)
    for one, value in _values(record):
        if isinstance(one, ForeignKey) and one.related_model is Organisation and value == body.pk:
            return True
        if isinstance(one, ForeignKey) and one.related_model is User and value in people:
            return True
        if any(name in str(value) for name in names):
            return True
    return False


def _readable_rows(world, who):
    """Every row of the two apps that somebody can read, whichever way they ask."""
    models = [
        *apps.get_app_config("oversight").get_models(True),
        *apps.get_app_config("collaboration").get_models(True),
    ]
    with acting_as(world.actor(who)):
        return {model: list(model._default_manager.all()) for model in models}


@pytest.mark.parametrize("who", RESPONDENT)
def test_the_database_gives_the_respondent_no_row_that_names_the_raiser(world, case, who):
    found = _readable_rows(world, who)
    assert found[Case]
    assert found[Fact]
    assert not found[ConcernRaiser]
    assert [row for rows in found.values() for row in rows if _names_the_raiser(world, row)] == []


def test_the_search_above_finds_the_raiser_where_it_is_not_hidden(world, case):
    found = _readable_rows(world, "officer")
    assert any(_names_the_raiser(world, row) for row in found[ConcernRaiser])
    open_case = move(world, "officer", raise_case(world), "accept")
    with acting_as(world.actor("secretary")):
        assert ConcernRaiser.objects.get().concern_id == open_case.concern_id


@pytest.mark.parametrize("who", RESPONDENT)
def test_the_page_of_the_case_says_a_partner(world, case, who):
    actor = world.actor(who)
    with acting_as(actor):
        found = file_of(actor, case.reference)
        assert name_of_raiser(found.case, actor) == A_PARTNER
        said = [*found.parts.steps, *found.parts.facts, *found.parts.fact_replies, *found.parts.agreements]
        words = {found.who(row) for row in [*said, *found.parts.checks, *found.parts.dispute_requests]}
        texts = [reader.name for reader in found.readers] + [row.text for row in expected_of(found, actor)]
        reasons = [reason.text for move in moves_of(found.case, actor) for reason in move.reasons]
    assert A_PARTNER in words
    assert not [text for text in [*words, *texts, *reasons] for name in _raiser(world)[2] if name in text]
    assert A_PARTNER in texts


# Fields that name a body or a person; other numbers may happen to be the same.
WHO = re.compile("organisation|raiser|body|owner|user|(^|_)(by|with)$", re.IGNORECASE)


@pytest.mark.parametrize("who", RESPONDENT)
def test_the_audit_trail_says_a_partner(world, case, who):
    actor = world.actor(who)
    with acting_as(actor):
        changes = trail_of(case, actor)
    assert {A_PARTNER, "Hannah Whitfield", "Ruth Calloway"} <= {change.who for change in changes}
    body, people, names = _raiser(world)
    for change in changes:
        assert not any(name in str(change) for name in names)
        named = [value for name, *pair in change.fields if WHO.search(name) for value in pair]
        assert body.pk not in named
    with acting_as(world.actor("officer")):
        assert "Imran Sadiq" in {change.who for change in trail_of(case, world.actor("officer"))}


def test_no_notification_of_the_respondent_names_the_raiser(world, case):
    rows = Notification.objects.filter(user__in=[world.user(who) for who in RESPONDENT])
    assert rows.count() >= 4
    assert not [row for row in rows for name in _raiser(world)[2] if name in row.text + row.url + row.key]


def test_everyone_else_who_reads_the_case_knows_who_raised_it(world, case):
    for who in ("officer", "region_lead", "partner"):
        with acting_as(world.actor(who)):
            assert file_of(world.actor(who), case.reference).raiser_name == world.body("E08000032").label


def test_a_note_that_names_the_raiser_is_refused_in_words(world):
    kept = note(world)
    with refused("This note names your organisation"):
        raise_case(world, in_confidence=True, attempts=[kept])
    case = move(world, "officer", raise_case(world, in_confidence=True), "accept")
    with refused("This note names your organisation"):
        act(world, "partner", file.add_attempt_to, case=case, attempt=kept)
    with refused("This note names your organisation"):
        act(world, "secretary", file.add_attempt_to, case=case, attempt=kept)


def test_a_file_of_the_raiser_is_refused_unless_it_is_restricted(world):
    case = move(world, "officer", raise_case(world, in_confidence=True), "accept")
    with refused("A file shows who gave it"):
        act(world, "partner", file.add_evidence, case=case, evidence=_own_file(world))
    linked = act(world, "partner", file.add_evidence, case=case, evidence=_own_file(world), restricted=True)
    for who, seen in (("secretary", 0), ("partner", 1), ("officer", 1), ("region_lead", 1)):
        with acting_as(world.actor(who)):
            assert CaseEvidence.objects.filter(pk=linked.pk).count() == seen, who


def test_the_raiser_is_not_named_by_a_commitment(world):
    case = move(world, "officer", raise_case(world, in_confidence=True), "accept")
    with refused("would be named as who raised it"):
        act(
            world, "officer", review.add_commitment, case=case, owner=world.body("E08000032"), title="Agendas",
            due_on=date(2026, 12, 1),
        )  # fmt: skip
