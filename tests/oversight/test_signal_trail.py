"""Every governed write about signals leaves exactly one entry in the audit trail; what is refused leaves none."""

import inspect
from datetime import date, timedelta

import pytest
import structlog
import time_machine

from ics_governance import ledger
from ics_governance.context import acting_as
from ics_governance.permissions import SYSTEM, Refused
from ics_governance.workflow import GuardFailed
from oversight.actions import concerns, signals, visits
from oversight.models import Signal

from .test_signals import RULES, TODAY, declining, framework  # noqa: F401  fixtures

KINDS = {
    signals.load_ruleset: ("signal_rules.loaded",),
    signals.evaluate_signals: ("signal.fired", "signal.fired"),  # one for each of the two that it makes
    signals.dismiss: ("signal.dismissed",),
    signals.watch: ("signal.watched",),
    visits.mark_read: (),  # how far somebody has read is theirs alone
}
LATER = TODAY + timedelta(days=30)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def do(world, one_ledger_entry):
    """`do(actor, action, ...)` acts as that person and holds the trail against the table above, or against `kinds`."""

    def act(actor, verb, /, *, kinds=None, **arguments):
        with (
            structlog.contextvars.bound_contextvars(request_id="r-1"),
            acting_as(actor),
            one_ledger_entry(*(KINDS[verb] if kinds is None else kinds)) as entries,
        ):
            verb(by=actor, **arguments)
        assert {(entry.actor, entry.request) for entry in entries} <= {(actor.user_id, "r-1")}
        return entries

    return act


@pytest.fixture
def made(declining, do):  # noqa: F811
    """The two signals of the rules, each with its entry: of concern, and silent."""
    entries = do(SYSTEM, signals.evaluate_signals)
    assert {entry.organisation for entry in entries} == {declining.icb.pk}
    return {signal.rule: signal for signal in Signal.objects.all()}


def test_every_action_is_listed_here():
    written = {
        function
        for module in (signals, visits)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert written == set(KINDS)


def test_rules_are_loaded_once(world, do):
    (entry,) = do(SYSTEM, signals.load_ruleset, text=RULES)
    assert entry.record.startswith("signalruleset:")
    do(SYSTEM, signals.load_ruleset, text=RULES, kinds=())


def test_looking_again_leaves_none(made, do):
    do(SYSTEM, signals.evaluate_signals, kinds=())


def test_triage_leaves_one_entry_each_with_its_reason(made, world, do):
    officer, executive = world.actor("officer"), world.actor("executive")
    silent = made["silent"]
    (entry,) = do(officer, signals.watch, signal=silent, reason="Ask its forums.", watch_until=LATER)
    assert (entry.record, entry.organisation) == (f"signal:{silent.pk}", world.icb.pk)
    do(executive, signals.watch, signal=silent, reason="Once more.", watch_until=LATER + timedelta(days=9))
    do(officer, signals.dismiss, signal=silent, reason="It was not recorded.")
    ledger.seal_all()
    assert ledger.verify().faults == ()
    history = ledger.history(silent)
    assert [change.kind for change in history] == [
        "signal.dismissed", "signal.watched", "signal.watched", "signal.fired"
    ]  # fmt: skip
    changed = [{name: pair for name, *pair in change.fields} for change in history]
    assert changed[0]["state"] == ["watched", "dismissed"]
    assert changed[0]["reason"] == ["Once more.", "It was not recorded."]


def test_a_concern_raised_from_one_leaves_one_entry_for_each_of_the_two_records(made, world, do):
    found = made["of_concern"]
    values = {
        "organisation": world.icb, "title": "Actions are late", "facts": "Nine were late.", "wanted": "",
        "system": world.icb, "respondents": [world.body("RCF")],
    }  # fmt: skip
    kinds = ("signal.raised", "case.raised")
    first, second = do(world.actor("officer"), concerns.raise_concern, signal=found, kinds=kinds, **values)
    assert first.record == f"signal:{found.pk}"
    assert second.record.startswith("case:")


def test_what_is_refused_leaves_none(made, world, do):
    found, officer = made["of_concern"], world.actor("officer")
    with pytest.raises(Refused):
        do(world.actor("region_lead"), signals.dismiss, signal=found, reason="No.", kinds=())
    with pytest.raises(GuardFailed):
        do(officer, signals.dismiss, signal=found, reason=" ", kinds=())
    with pytest.raises(GuardFailed):
        do(officer, signals.watch, signal=found, reason="x", watch_until=date(2020, 1, 1), kinds=())
    with pytest.raises(Refused):
        do(officer, signals.evaluate_signals, kinds=())
    assert [change.kind for change in ledger.history(found)] == ["signal.fired"]


def test_reading_what_changed_and_looking_leave_none(made, world, sign_in, do, one_ledger_entry):
    ledger.seal_all()
    do(world.actor("officer"), visits.mark_read, sequence=1)
    client = sign_in("officer")
    with one_ledger_entry():
        assert client.post("/seen/", {"sequence": "2"}).status_code == 302
        for address in ("/", "/signals/", f"/signals/{made['silent'].pk}/", f"/signals/{made['silent'].pk}/trail/"):
            assert client.get(address).status_code == 200, address
