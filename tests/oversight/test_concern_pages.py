"""Raising a concern step by step, and private notes: what was typed is kept, and nothing is sent before the end."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from collaboration.models import Concern, InformalAttempt
from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from oversight.models import Case, Signal, SignalRuleSet
from tests.oversight.case_world import TODAY, note
from tests.oversight.test_homes import text

STEPS = ("about", "facts", "behaviours", "settle", "confidence")
FACTS = "The list changed in June.\n\nIt changed again in July."


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def framework(world):
    load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def partner(sign_in, framework):
    return sign_in("partner")


def typed(world, **changes):
    """What a partner types at each step."""
    answers = {
        "about": {"organisation": world.body("E08000032").pk, "other": "Airedale", "system": world.icb.pk},
        "facts": {"title": "Lists change without notice", "facts": FACTS, "wanted": "A week of notice."},
        "behaviours": {"area_B1": ["B1.4"]},
        "settle": {"tried_before": "no"},
        "confidence": {"in_confidence": "no"},
    }
    return {step: {**values, **changes.get(step, {})} for step, values in answers.items()}


def fill(client, world, upto="confidence", **changes):
    """Answer the steps in their order; the last answer."""
    client.post("/concerns/raise/")
    answers = typed(world, **changes)
    answer = None
    for step in STEPS[: STEPS.index(upto) + 1]:
        answer = client.post(f"/concerns/raise/{step}/", answers[step])
    return answer


def the_case():
    with system("the case of a test"):
        return Case.objects.select_related("concern").get()


def test_a_partner_raises_a_concern_and_reads_what_happens_next(partner, world):
    assert fill(partner, world).headers["Location"] == "/concerns/raise/check/"
    page = text(partner.get("/concerns/raise/check/"))
    assert "Lists change without notice" in page and "Shares information openly" in page and "Not yet" in page
    page = text(partner.post("/concerns/raise/check/", follow=True))
    assert "Your concern was sent" in page and "Tuesday 27 October 2026" in page
    assert "NHS West Yorkshire Integrated Care Board looks at it" in page
    case = the_case()
    assert (case.stage, case.concern.facts.split()) == ("raised", FACTS.split())
    assert not partner.session.get("concern_draft")


def test_nothing_is_sent_before_the_last_page(partner, world):
    fill(partner, world)
    partner.get("/concerns/raise/check/")
    with system("look"):
        assert not Concern.objects.exists()


def test_what_was_typed_is_there_when_one_comes_back(partner, world):
    fill(partner, world, "behaviours")
    page = partner.get("/concerns/raise/facts/").content.decode()
    assert "It changed again in July." in page and "A week of notice." in page
    page = partner.get("/concerns/raise/behaviours/").content.decode()
    assert 'value="B1.4" type="checkbox" checked' in page.replace('name="area_B1" ', "") or "checked" in page


def test_a_step_that_is_wrong_says_so_and_keeps_it(partner, world):
    answer = fill(partner, world, "facts", facts={"facts": "", "title": "Half done"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "Say what happened" in page and "Half done" in page
    assert partner.get("/concerns/raise/behaviours/").headers["Location"] == "/concerns/raise/facts/"
    assert partner.get("/concerns/raise/check/").headers["Location"] == "/concerns/raise/facts/"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"other": "Nowhere in particular"}, "No body is called “Nowhere in particular”"),
        ({"other": "NHS"}, "Several bodies fit “NHS”"),
        ({"other": ""}, "Type the name of the body"),
        ({"other": "E08000032"}, "A body cannot raise a concern about itself"),
        ({"system": ""}, "Select the system"),
        ({"organisation": "999999"}, "Select"),
    ],
)
def test_whom_it_is_about_has_to_be_clear(partner, world, changes, words):
    answer = fill(partner, world, "about", about=changes)
    assert answer.status_code == 422 and words in answer.content.decode()


def test_a_body_can_be_ticked_and_named_at_once(partner, world):
    fill(partner, world, about={"other": "QWO", "near": [world.body("RCF").pk]})
    page = text(partner.get("/concerns/raise/check/"))
    assert "Airedale NHS Foundation Trust and NHS West Yorkshire Integrated Care Board" in page
    partner.post("/concerns/raise/check/")
    assert the_case().holder_id == world.body("Y63").pk  # an ICB that answers holds no stage


def test_a_note_is_written_on_the_way(partner, world):
    settle = {"tried_before": "new", "held_on_day": "14", "held_on_month": "9", "held_on_year": "2026",
              "tried": "A call between the leads.", "outcome": "not_settled"}  # fmt: skip
    fill(partner, world, settle=settle)
    partner.post("/concerns/raise/check/")
    with system("look"):
        assert [attempt.tried for attempt in the_case().concern.attempts.all()] == ["A call between the leads."]


def test_a_note_of_the_future_or_without_words_is_refused(partner, world):
    settle = {"tried_before": "new", "held_on_day": "14", "held_on_month": "9", "held_on_year": "2030"}
    page = fill(partner, world, "settle", settle=settle).content.decode()
    assert "must be today or earlier" in page and "Say what was tried" in page and "Select what came of it" in page


def test_a_note_that_is_kept_is_attached(partner, world):
    kept = note(world)
    fill(partner, world, settle={"tried_before": "kept", "attempts": [kept.pk]})
    partner.post("/concerns/raise/check/")
    with system("look"):
        assert list(the_case().concern.attempts.all()) == [kept]


def test_a_note_cannot_go_with_a_concern_in_confidence(partner, world):
    kept = note(world)
    answer = fill(
        partner, world, settle={"tried_before": "kept", "attempts": [kept.pk]}, confidence={"in_confidence": "yes"}
    )
    assert answer.status_code == 422 and "A note of an attempt names both bodies" in answer.content.decode()


def test_the_draft_can_be_thrown_away(partner, world):
    fill(partner, world, "facts")
    partner.post("/concerns/raise/discard/")
    assert "Lists change" not in partner.get("/concerns/raise/about/").content.decode()
    assert partner.get("/concerns/raise/facts/").headers["Location"] == "/concerns/raise/about/"


def test_a_draft_is_nobody_elses(partner, world, sign_in):
    fill(partner, world, "facts")
    other = sign_in("secretary")
    assert "Lists change" not in other.get("/concerns/raise/about/").content.decode()


def test_sending_twice_is_one_concern(partner, world):
    fill(partner, world)
    partner.post("/concerns/raise/check/")
    assert partner.post("/concerns/raise/check/").headers["Location"] == "/concerns/raise/about/"
    the_case()


def test_a_signal_fills_in_whom_and_what(sign_in, framework, world):
    with system("a signal of a test"):
        rules = SignalRuleSet.objects.create(code="t", version=1, title="T", digest="0", content={})
        signal = Signal.objects.create(
            subject=world.body("RCF"), holder=world.icb, ruleset=rules, rule="band", as_of=TODAY, fired_on=TODAY,
            due_on=TODAY, clause="Delivery has been of concern for three months.",
        )  # fmt: skip
    officer = sign_in("officer")
    assert "Delivery has been of concern" in officer.get(f"/concerns/raise/?signal={signal.pk}").content.decode()
    officer.post("/concerns/raise/", {"signal": signal.pk})
    about = {"organisation": world.icb.pk, "near": [world.body("RCF").pk], "system": world.icb.pk}
    for step, answers in typed(world, about=about | {"other": ""}).items():
        officer.post(f"/concerns/raise/{step}/", answers)
    assert officer.post("/concerns/raise/check/").status_code == 302
    with system("look"):
        assert Signal.objects.get().concern == the_case().concern
    assert sign_in("secretary").get(f"/concerns/raise/?signal={signal.pk}").status_code == 404


@pytest.mark.parametrize("who", ["auditor", "admin", "stranger"])
def test_who_may_not_raise_one_is_told_who_can(sign_in, who):
    answer = sign_in(who).get("/concerns/raise/")
    assert answer.status_code == 403 and "Partner" in answer.content.decode()


# --- Private notes ------------------------------------------------------------------------------------------------


def test_a_note_is_kept_and_read_by_both_bodies_alone(partner, sign_in, world):
    values = {"organisation": world.body("E08000032").pk, "other": "RCF", "held_on_day": "14", "held_on_month": "9",
              "held_on_year": "2026", "tried": "A visit", "outcome": "settled"}  # fmt: skip
    page = text(partner.post("/attempts/new/", values, follow=True))
    assert "A visit" in page and "Both bodies, and nobody else" in page
    with system("look"):
        kept = InformalAttempt.objects.get()
    for who, sees in (("partner", True), ("secretary", True), ("officer", False), ("region_lead", False)):
        client = sign_in(who)
        assert client.get(f"/attempts/{kept.pk}/").status_code == (200 if sees else 404)
        assert ("A visit" in text(client.get("/attempts/"))) is sees
        assert ("A visit" in client.get("/attempts/?format=csv").content.decode()) is sees


def test_notes_are_searched_sorted_and_filtered(partner, world):
    note(world, tried="A call between the chairs.")
    note(world, tried="A letter.", outcome="declined")
    assert "1 note" in text(partner.get("/attempts/?q=letter")) and "2 notes" in text(partner.get("/attempts/"))
    assert "A letter" not in text(partner.get("/attempts/?outcome=not_settled&sort=held"))


def test_a_note_of_oneself_or_of_tomorrow_keeps_what_was_typed(partner, world):
    values = {"organisation": world.body("E08000032").pk, "other": "E08000032", "held_on_day": "1",
              "held_on_month": "1", "held_on_year": "2030", "tried": "With care", "outcome": "settled"}  # fmt: skip
    answer = partner.post("/attempts/new/", values)
    page = answer.content.decode()
    assert answer.status_code == 422 and "this is your own" in page and "today or earlier" in page
    assert "With care" in page


def asked(client, address):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in seen.captured_queries)


def test_pages_ask_at_most_fifteen_times(partner, world):
    fill(partner, world)
    counts = {step: asked(partner, f"/concerns/raise/{step}/") for step in STEPS}
    counts["check"] = asked(partner, "/concerns/raise/check/")
    assert max(counts.values()) <= 15, counts
    note(world)
    few = asked(partner, "/attempts/")
    for _ in range(5):
        note(world)
    assert asked(partner, "/attempts/") == few <= 15
