"""Decisions by urgent power: they rest on a post's delegation and wait for their forum to ratify them."""

from datetime import date

import pytest
import time_machine

from ics_governance.context import acting_as, system
from ics_governance.workflow import GuardFailed
from partnerships.actions import decisions
from partnerships.models import Decision, Function, Post
from tests import records
from tests.delegating import edge

TODAY = date(2026, 10, 20)  # a Tuesday


@pytest.fixture(autouse=True)
def today(db):
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def power(world):
    """The chair may commit up to £100,000 in urgent cases; ratified within ten working days."""
    post = Post.objects.create(
        organisation=world.icb, title="ICB chair", holder=world.person("executive"), starts=date(2024, 1, 1)
    )
    return edge(
        world.icb, post, basis="internal_scheme", urgent=True, ratify_within=10, limit=100_000, instrument="SFI 9"
    )


@pytest.fixture
def taken(world, power):
    """A complete draft of a decision that the chair took today."""
    values = {
        "text": "Extra beds are opened.", "means": "urgent", "urgent_power": power, "decided_on": TODAY,
        "lead_officer": world.person("officer"), "function": Function.objects.get(code="community_services"),
        "amount": 90_000, "level": "place", "effect_health": "Waits fall.", "effect_quality": "None.",
        "effect_resources": "From the reserve.", "kind": "decide",
    }  # fmt: skip
    return world.decision(5, **values)


def by_officer(world, act, **what):
    """An action by the officer, who may read what it is about."""
    actor = world.actor("officer")
    with acting_as(actor):
        return act(by=actor, **what)


def agreed(world, decision):
    return by_officer(world, decisions.agree, decision=decision)


def test_it_rests_on_the_posts_power_and_is_to_be_ratified(world, taken):
    found = agreed(world, taken)
    assert (found.authority_status, found.ratify_by) == ("within_authority", date(2026, 11, 3))
    assert found.authority_answer["answer"]["forum"].startswith("post:")


def test_above_the_power_it_is_not_within_authority(world, taken):
    with system("more than the power"):
        Decision.objects.filter(pk=taken.pk).update(amount=100_001)
    assert agreed(world, taken).authority_status == "exceeds_limit"


def test_without_its_power_named_it_is_not_agreed(world, taken):
    with system("no power"):
        Decision.objects.filter(pk=taken.pk).update(urgent_power=None)
    with pytest.raises(GuardFailed, match="power for urgent cases"):
        agreed(world, taken)


def test_a_vacant_post_is_said(world, taken, power):
    Post.objects.filter(pk=power.to_post_id).update(holder=None)
    assert agreed(world, taken).authority_status == "post_vacant"


def test_another_way_of_taking_it_drops_the_power(world, taken):
    saved = by_officer(world, decisions.save_draft, decision=taken, values={"means": "meeting"})
    assert saved.urgent_power is None


def test_it_is_listed_until_its_forum_ratifies_it(world, taken, sign_in):
    agreed(world, taken)
    officer = sign_in("officer")
    waiting = officer.get("/decisions/?ratified=waiting").content.decode()
    assert taken.reference in waiting and "to be ratified by 3" in waiting
    assert taken.reference not in officer.get("/decisions/?ratified=late").content.decode()
    assert "urgent decision to ratify" in officer.get("/").content.decode()
    meeting = records.decision(world.place_board, TODAY, title="Ratifying", seen_by=[world.icb])
    page = officer.get(f"/decisions/{taken.reference}/").content.decode()
    assert "To be ratified by" in page and "Record its ratifying" in page
    form = officer.get(f"/decisions/{taken.reference}/ratify/by/").content.decode()
    assert meeting.reference in form
    page = officer.post(
        f"/decisions/{taken.reference}/ratify/by/", {"ratified_by": meeting.pk}, follow=True
    ).content.decode()
    assert f"by {meeting.reference}" in page and "Record its ratifying" not in page
    assert taken.reference not in officer.get("/decisions/?ratified=waiting").content.decode()


def test_it_is_overdue_after_its_day(world, taken, sign_in):
    agreed(world, taken)
    with time_machine.travel(date(2026, 11, 4), tick=False):
        officer = sign_in("officer")
        assert taken.reference in officer.get("/decisions/?ratified=late").content.decode()
        assert "overdue since" in officer.get(f"/decisions/{taken.reference}/").content.decode()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "draft"}, "that the forum has agreed"),
        ({"kind": "note"}, "ratifies nothing"),
        ({"decided_on": date(2026, 10, 19)}, "taken after it"),
        ({"elsewhere": True}, "of the same forum"),
    ],
)
def test_what_cannot_ratify_it_is_refused(world, taken, fields, says):
    agreed(world, taken)
    values = {"state": "agreed", "decided_on": TODAY} | fields
    forum = records.forum(world.icb) if values.pop("elsewhere", False) else world.place_board
    other = records.decision(forum, values.pop("decided_on"), state=values.pop("state"), **values)
    with pytest.raises(GuardFailed, match=says):
        by_officer(world, decisions.ratify, decision=taken, ratified_by=other)


def test_nobody_else_records_it(world, taken, sign_in):
    agreed(world, taken)
    assert sign_in("secretary").get(f"/decisions/{taken.reference}/ratify/by/").status_code == 403
    assert sign_in("other_officer").get(f"/decisions/{taken.reference}/ratify/by/").status_code == 404
    officer = sign_in("officer")
    assert officer.post(f"/decisions/{taken.reference}/ratify/by/", {"ratified_by": 0}).status_code == 422


def test_the_panel_answers_for_the_post(world, power, sign_in):
    officer = sign_in("officer")
    asked = {"forum": world.place_board.pk, "function": Function.objects.get(code="community_services").pk,
             "means": "urgent", "amount": "90k"}  # fmt: skip
    assert "No power named yet" in officer.get("/authority/panel/", asked).content.decode()
    page = officer.get("/authority/panel/", asked | {"urgent_power": power.pk}).content.decode()
    assert "Within authority" in page and "ICB chair" in page and "must be ratified" in page
