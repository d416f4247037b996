"""Journey 7: the regional lead's Monday, from the dashboard to a trust's records, and a case moved on."""

from datetime import date

import pytest

from collaboration.actions.scoring import score_month
from ics_governance import ledger
from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from oversight.actions import signals
from oversight.ruleset_file import FOLDER
from partnerships.models import Action, Decision, DecisionAudience
from tests.collaboration.conftest import airedale, framework  # noqa: F401  fixtures
from tests.oversight.case_world import case_at, raise_case
from tests.world import LONG_AGO

TITLE, OTHER = "Papers arrive on the day", "Rotas change without a word"
MONTHS = (date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30))


@pytest.fixture
def case(world, framework, airedale):  # noqa: F811
    """A case in review at the region, another at its system; profiles of three months, and what rules noticed."""
    _may_open(world, "Action of month 4")
    for month in MONTHS:
        score_month(by=SYSTEM, as_of=month)
    signals.load_ruleset(by=SYSTEM, text=(FOLDER / "signals-1.yaml").read_text(encoding="utf-8"))
    signals.evaluate_signals(by=SYSTEM)
    found = case_at(world, "oversight_review")
    raise_case(world, title=OTHER)
    ledger.seal_all()
    return found


def _may_open(world, title):
    """The region oversees this one decision; of all the others it sees that they were counted."""
    with system("who reads a decision of the tests"):
        decision = Decision.objects.get(actions=Action.objects.get(title=title))
        DecisionAudience.objects.create(
            decision=decision, organisation=world.body("Y63"), capacity="overseer", starts=LONG_AGO
        )


def test_the_regional_leads_monday(visit, case, scripts):
    lead = visit(scripts=scripts)
    lead.arrive("region_lead")
    read_the_dashboard(lead, case)
    look_at_a_signal(lead)
    open_a_trust(lead)
    open_the_case(lead, case)
    move_it_on(lead, case)
    tick_off_what_changed(lead)


def read_the_dashboard(lead, case):
    """Cases by stage and by clock, signals, trusts with number, band and variation, what changed."""
    lead.open("/")
    lead.sees("2 open cases")
    lead.sees("Oversight review", within="[aria-labelledby=stages]")
    lead.sees(case.reference, within="[aria-labelledby=clocks]")
    lead.sees("held by you", within="[aria-labelledby=clocks]")
    lead.sees("Leeds Teaching Hospitals", within="[aria-labelledby=signals]")
    row = lead.page.locator(".app-heat tbody tr", has_text="Airedale")
    assert row.locator("td").count() == row.locator("td svg").count() == 5
    lead.sees("common cause", within="[aria-labelledby=heatmap]")
    lead.sees("What changed in the last 7 days")
    lead.sees("to oversight review", within="[aria-labelledby=changed]")
    lead.sees("a new signal", within="[aria-labelledby=changed]")


def look_at_a_signal(lead):
    """What a rule noticed, and who decides: the system's board, not the region."""
    lead.follow("Leeds Teaching Hospitals", within="[aria-labelledby=signals]")
    lead.sees("It asks a person to look, and never moves a case.")
    lead.sees("decides what follows")
    assert not lead.page.get_by_role("button", name="Record it").count()


def open_a_trust(lead):
    """From the heatmap to a profile, to the records behind a number, to what would change it, to one record."""
    lead.open("/")
    lead.follow("Airedale NHS Foundation Trust, Delivery", within=".app-heat")
    lead.sees("There is no overall score")
    lead.sees("Our derivation from the register, not an NHS England rating")
    lead.finds("#records-D1")
    lead.sees("A record you may not open", within="#records-D1")
    lead.sees("What would change this")
    lead.follow("Accountability", within="[aria-labelledby=five]", exact=True)
    lead.sees("would take Accountability from")
    lead.follow("Delivery", within="[aria-labelledby=five]", exact=True)
    lead.follow("Action of month 4", within="#records-D1")
    lead.sees("From ")


def open_the_case(lead, case):
    """The timeline, both sides' facts, the clock, what is possible now, and what is not and why."""
    lead.open("/")
    lead.go(lead.page.locator(f"[aria-labelledby=clocks] a[href='/cases/{case.reference}/']"))
    lead.sees(TITLE, within="h1")
    lead.sees("working days left", within="[aria-labelledby=clock]")
    lead.sees("Bradford Council", within="#fact-1")
    lead.sees("They came in time.", within="#fact-1")
    lead.sees("moved it to oversight review", within="[aria-labelledby=timeline]")
    lead.sees("Refer back to facilitated resolution", within=".app-stick")
    lead.sees("Not possible yet, and why", within=".app-stick")
    lead.sees("Still needed", within=".app-stick")


def move_it_on(lead, case):
    """The guard says what is missing; that is done, and the case goes on to support."""
    support = f"/cases/{case.reference}/moves/support/"
    lead.open(support)
    lead.sees("Not possible yet. Still needed:")
    lead.follow("Back to the case")
    lead.follow("Record a finding")
    lead.page.get_by_role("radio", name="It met what partners may expect").check()
    lead.fill(text="The forum's secretary was ill.")
    lead.press("Put it on file")
    lead.follow("Set exit criteria")
    lead.fill(criteria="Papers in time for three months")
    lead.press("Keep them")
    lead.sees("The exit criteria are set.")
    lead.follow("Support", within=".app-stick", exact=True)
    lead.fill(reason="A new secretary needs help.")
    lead.press("Support", within="main")
    lead.sees(f"{case.reference} is now in support")


def tick_off_what_changed(lead):
    """Read, it is not told again."""
    lead.open("/")
    lead.press("I have read this")
    lead.sees("From now on you see what changes after this.")
    lead.sees("Nothing that concerns you.", within="[aria-labelledby=changed]")
