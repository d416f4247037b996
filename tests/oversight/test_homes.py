"""The first page: what waits for each person, and nothing of others'."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine

from collaboration.models import InformationRequest
from ics_governance import ledger
from ics_governance.context import system
from ics_governance.models import Job, LedgerSeal
from partnerships.models import CheckFinding, Decision, Delegation, RoleMembership
from tests import records
from tests.delegating import edge
from tests.queries import counted
from tests.world import LONG_AGO

TODAY = date(2026, 10, 20)
LATE = TODAY - timedelta(days=30)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def text(response):
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split()).replace("\u00a0", " ")


@pytest.fixture
def waiting(world):
    """Something that waits for each of the known people."""
    airedale, place = world.body("RCF"), world.place_board
    everyone = [world.icb, airedale, world.body("Y63"), world.body("E08000032")]
    for days in (3, 5, 9):
        world.meeting(TODAY - timedelta(days=days))
    world.meeting(TODAY + timedelta(days=7))
    world.decision(1, title="A draft of ours")
    agreed = records.decision(place, LATE, seen_by=everyone, title="Agreed and waiting", reference="QWO-2026-0002")
    hosts = {"starts": LONG_AGO, "capacity": "host", "organisation": world.icb}
    with system("the host's audience"):
        agreed.audience.filter(organisation=world.icb).delete()
        agreed.audience.create(**hosts)
        agreed.audience.filter(organisation=airedale).update(capacity="owner")
    records.action(agreed, airedale, LATE, title="Long overdue")
    records.action(agreed, airedale, TODAY, "done", title="Reported done")
    records.action(agreed, airedale, TODAY + timedelta(days=40), "proposed", title="Not answered yet")
    released = records.decision(place, LATE, seen_by=everyone, title="Published", reference="QWO-2026-0003")
    with system("release"):
        Decision.objects.filter(pk=released.pk).update(released_at="2026-10-10T09:00Z")
    return world


def test_signed_out_it_says_what_this_is_and_leads_to_the_register(client, world):
    page = client.get("/")
    assert page.status_code == 200
    assert 'href="/register/"' in page.content.decode() and 'href="/accounts/login/"' in page.content.decode()
    assert "not a service of NHS England" in text(page)


def test_the_officer_sees_meetings_to_minute_drafts_and_overdue_actions(waiting, sign_in):
    page = text(sign_in("officer").get("/"))
    assert "3 meetings to minute" in page
    assert "The oldest was held on 11 October 2026" in page
    assert "1 draft waits" in page and "A draft of ours" in page
    assert "1 action overdue" in page and "Long overdue" in page and "30 days ago" in page
    assert "1 action to confirm" in page and "Reported done" in page
    assert "Decisions to release" not in page


def test_a_delegation_waits_for_whoever_approves_it_and_then_for_whoever_brings_it_into_force(world, sign_in):
    drafted = edge(world.icb, world.place_board, status="draft", basis="internal_scheme", instrument="scheme 9.9",
                   drafted_by_id=world.user("officer").pk)  # fmt: skip
    line = f'href="/delegations/{drafted.pk}/"'
    assert line in sign_in("executive").get("/").content.decode()
    assert line not in sign_in("officer").get("/").content.decode()
    assert line not in sign_in("secretary").get("/").content.decode()
    Delegation.objects.filter(pk=drafted.pk).update(status="approved")
    page = sign_in("officer").get("/")
    assert line in page.content.decode() and "1 delegation waits for you" in text(page)
    assert line not in sign_in("executive").get("/").content.decode()
    Delegation.objects.filter(pk=drafted.pk).update(starts=TODAY + timedelta(days=1))
    assert line not in sign_in("officer").get("/").content.decode()


def test_whoever_drafted_a_delegation_is_not_asked_to_approve_it(world, sign_in):
    edge(world.icb, world.place_board, status="draft", drafted_by_id=world.user("executive").pk)
    assert "to approve or bring into force" not in text(sign_in("executive").get("/"))


def test_an_icb_is_told_of_actions_proposed_to_itself(waiting, sign_in):
    assert "to accept" not in text(sign_in("officer").get("/"))
    decided = records.decision(waiting.place_board, LATE, seen_by=[waiting.icb])
    records.action(decided, waiting.icb, TODAY + timedelta(days=9), "proposed", title="For the ICB itself")
    assert "Actions for your own body to accept A-" in text(sign_in("officer").get("/"))


def test_the_executive_sees_what_is_to_be_released(waiting, sign_in):
    page = text(sign_in("executive").get("/"))
    assert "1 decision to release" in page and "Agreed and waiting" in page
    assert "meetings to minute" not in page and "Drafts" not in page


def test_the_trust_sees_what_to_accept_and_to_do(waiting, sign_in):
    page = text(sign_in("secretary").get("/"))
    assert "1 action to accept" in page and "Not answered yet" in page
    assert "1 action to do" in page and "Long overdue" in page
    assert "27 October 2026" in page
    assert "How Airedale NHS Foundation Trust works with partners No profile yet" in page
    assert "A draft of ours" not in page


def test_the_chair_accepts_and_does_not_report(waiting, sign_in):
    page = text(sign_in("chair").get("/"))
    assert "1 action to accept" in page and "Actions to do" not in page


def test_a_partner_sees_its_meetings_and_nobody_elses_actions(waiting, sign_in):
    page = text(sign_in("partner").get("/"))
    assert "Nothing waits for you today" in page and "27 October 2026" in page
    assert "Long overdue" not in page and "How Bradford" not in page


def test_the_auditor_is_told_where_to_read(waiting, sign_in):
    page = text(sign_in("auditor").get("/"))
    assert "change nothing" in page and "Audit trail" in page


def test_the_administrator_sees_background_jobs_and_no_decision(waiting, sign_in):
    Job.objects.create(kind="score", key="k", requested_by=waiting.user("officer"))
    page = text(sign_in("admin").get("/"))
    assert "Score job" in page and "waiting" in page and "Hannah Whitfield" in page
    assert "A draft of ours" not in page and "Agreed and waiting" not in page


def test_a_neighbouring_icb_sees_nothing_of_it(waiting, sign_in):
    page = text(sign_in("other_officer").get("/"))
    assert "Nothing waits for you today" in page
    for words in ("Bradford place board", "A draft of ours", "Long overdue", "Published"):
        assert words not in page


def test_without_a_role_it_says_who_can_give_one(world, sign_in):
    page = text(sign_in("stranger").get("/"))
    assert "You have no role yet" in page and "administrator" in page


def test_two_roles_lead_to_two_homes(waiting, sign_in):
    RoleMembership.objects.create(
        user=waiting.user("auditor"), organisation=waiting.body("RCF"), role="trust_secretary", starts=LONG_AGO
    )
    client = sign_in("auditor")
    first = client.get("/")
    assert "Actions to accept" in text(first) and 'href="?as=audit"' in first.content.decode()
    assert "change nothing" in text(client.get("/?as=audit"))
    assert "Actions to accept" in text(client.get("/?as=administration"))


@pytest.mark.parametrize("who", ["officer", "executive", "secretary", "partner", "auditor", "region_lead", "admin"])
def test_fifteen_statements_are_enough_for_any_number_of_records(waiting, sign_in, who):
    decided = records.decision(waiting.place_board, LATE, seen_by=[waiting.icb, waiting.body("RCF")])
    for n in range(30):
        waiting.meeting(TODAY - timedelta(days=20 + n))
        records.action(decided, waiting.body("RCF"), LATE)
    client = sign_in(who)
    client.get("/")
    with counted() as statements:
        assert client.get("/").status_code == 200
    assert len(statements) <= 15


# --- One's own system -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "executive", "secretary", "partner", "auditor", "region_lead"])
def test_every_home_leads_to_the_pages_of_ones_own_system(world, sign_in, who):
    for number, severity in enumerate(("error", "error", "warning")):
        CheckFinding.objects.create(
            key=f"k{number}", code="loop", severity=severity, system=world.icb, text="x", action="y",
            first_seen=TODAY, last_seen=TODAY,
        )  # fmt: skip
    response = sign_in(who).get("/")
    page = response.content.decode()
    for address in ("/systems/QWO/", "/systems/QWO/organogram/", "/authority/?system=QWO", "/checks/?system=QWO",
                    "/expiring/?system=QWO"):  # fmt: skip
        assert f'href="{address}"' in page, address
    assert "2 errors , 1 warning" in text(response)


def test_a_home_outside_every_system_leads_to_all_of_them(world, sign_in):
    page = sign_in("admin").get("/").content.decode()
    assert 'href="/systems/"' in page and "Your system" not in page


@pytest.fixture
def terms(world):
    """The place board's terms of reference are to be reviewed today."""
    found = world.place_board.terms.get()
    found.review_on = TODAY
    found.save()
    return found


def test_a_review_of_terms_waits_for_whoever_keeps_the_forum(terms, world, sign_in):
    page = text(sign_in("officer").get("/"))
    assert "1 terms of reference to review" not in page  # in the list alone: the boxes are for what waits daily
    assert "Terms of reference to review NHS West Yorkshire Integrated Care Board" in page
    assert "20 October 2026 due today" in page
    for who in ("executive", "other_officer", "secretary"):
        assert "to review" not in text(sign_in(who).get("/"))


def test_a_review_waits_from_a_week_before_it_until_there_are_newer_terms(terms, world, sign_in):
    with time_machine.travel(TODAY - timedelta(days=8), tick=False):
        assert "to review" not in text(sign_in("officer").get("/"))
    with time_machine.travel(TODAY - timedelta(days=7), tick=False):
        assert "5 working days left" in text(sign_in("officer").get("/"))
    terms.pk, terms.version, terms.review_on = None, 2, TODAY + timedelta(days=400)
    terms.save()
    assert "to review" not in text(sign_in("officer").get("/"))


# --- What waits in other parts of the house -------------------------------------------------------------------------


@pytest.fixture
def asked(world):
    """The council asks Airedale for information until Friday, and has asked for something that is past its day."""
    with system("requests for a test"):
        for title, due in (("Bed forecast", TODAY + timedelta(days=3)), ("Vacancies", TODAY - timedelta(days=4))):
            made = InformationRequest.objects.create(
                asker=world.body("E08000032"), asked=world.body("RCF"), title=title, text="x", asked_on=LATE,
                due_on=due, first_due_on=due, asked_by=world.user("partner"),
            )  # fmt: skip
            for body, capacity in ((made.asker, "asker"), (made.asked, "asked")):
                made.audience.create(organisation=body, capacity=capacity, starts=LONG_AGO)
    return world


def test_what_waits_stands_by_date_and_the_late_one_first(asked, sign_in):
    page = text(sign_in("secretary").get("/"))
    assert "2 requests for information to answer Vacancies : 16 October 2026, 2 working days over" in page
    assert page.index("Waiting for you, by date") < page.index("Bed forecast") < page.index("Actions to accept")
    assert "3 working days left" in page
    for who in ("other_trust", "officer", "stranger", "partner"):
        assert "Bed forecast" not in text(sign_in(who).get("/"))


def test_between_partners_counts_what_waits(asked, sign_in):
    page = text(sign_in("secretary").get("/together/"))
    assert "Information requests" in page and "2 requests wait for you" in page and "Raise a concern" in page
    assert "wait for you" not in text(sign_in("stranger").get("/together/"))


def test_a_page_between_partners_marks_that_entry_of_the_menu(world, sign_in):
    page = sign_in("partner").get("/requests/").content.decode()
    assert '<a href="/together/" aria-current="page">Between partners</a>' in page


# --- What changed ---------------------------------------------------------------------------------------------------


def the_request(title):
    """One of the two."""
    with system("find a request of a test"):
        return InformationRequest.objects.get(title=title)


@pytest.fixture
def changed(asked):
    """Two things happened to the first request: somebody asked, somebody else answered."""
    made = the_request("Bed forecast")
    for who, kind in (("partner", "information_request.asked"), ("officer", "information_request.answered")):
        ledger.append(by=asked.actor(who), kind=kind, record=made, after={"title": made.title})
    ledger.seal()
    return asked


def test_what_changed_is_told_to_those_who_may_see_it_without_their_own_acts(changed, sign_in):
    page = text(sign_in("secretary").get("/"))
    assert "in the last 7 days" in page
    assert "Bed forecast : a request for information was answered, after 1 other change" in page
    assert "was answered, after" not in text(sign_in("partner").get("/"))  # the first of the two was its own
    assert "was answered" in text(sign_in("partner").get("/"))
    for who in ("other_officer", "other_trust", "officer", "auditor", "region_lead"):
        assert "Bed forecast" not in text(sign_in(who).get("/"))


def test_once_read_only_what_comes_after_is_shown(changed, sign_in):
    client = sign_in("secretary")
    last = LedgerSeal.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    assert f'name="sequence" value="{last}"' in client.get("/").content.decode()
    assert client.post("/seen/", {"sequence": str(last)}).url == "/"
    page = text(client.get("/"))
    assert "was answered" not in page and "Nothing that concerns you" in page
    assert "was answered" in text(sign_in("partner").get("/"))  # each person has a mark of their own
    made = the_request("Vacancies")
    ledger.append(by=changed.actor("partner"), kind="information_request.asked", record=made, after={"title": "x"})
    ledger.seal()
    assert "Vacancies : information was asked for" in text(sign_in("secretary").get("/"))


@pytest.mark.parametrize("typed", ["", "x", "-1", "9" * 30, "١"])
def test_a_mark_that_is_none_changes_nothing(changed, sign_in, typed):
    client = sign_in("secretary")
    assert client.post("/seen/", {"sequence": typed}).status_code == 302
    assert "was answered" in text(client.get("/"))


def test_a_mark_beyond_the_trail_does_not_hide_what_is_still_to_come(changed, sign_in):
    client = sign_in("secretary")
    client.post("/seen/", {"sequence": "999999"})
    made = the_request("Vacancies")
    ledger.append(by=changed.actor("partner"), kind="information_request.asked", record=made, after={"title": "x"})
    ledger.seal()
    assert "information was asked for" in text(client.get("/"))


# --- The menu -----------------------------------------------------------------------------------------------------


def menu_of(response):
    """The addresses of the menu."""
    page = response.content.decode()
    begin = page.index('aria-label="Menu"')
    return re.findall(r'href="([^"]+)"', page[begin : page.index("</nav>", begin)])


@pytest.mark.parametrize(
    ("who", "first"),
    [
        ("officer", ["/", "/meetings/", "/decisions/"]),
        ("region_lead", ["/", "/cases/", "/signals/"]),
        ("partner", ["/", "/actions/", "/decisions/"]),
        ("stranger", ["/", "/meetings/", "/decisions/"]),
    ],
)
def test_the_menu_begins_with_what_each_role_needs(world, sign_in, who, first):
    found = menu_of(sign_in(who).get("/together/"))
    assert found[:3] == first and found[-1] == "/register/" and len(found) == len(set(found)) <= 11


@pytest.mark.parametrize(
    ("who", "entries"),
    [
        ("officer", {"/region/"}),
        ("region_lead", {"/region/"}),
        ("secretary", {"/profiles/"}),
        ("partner", set()),
        ("admin", set()),
    ],
)
def test_the_menu_leads_to_the_profiles_one_may_see(world, sign_in, who, entries):
    assert {"/region/", "/profiles/"} & set(menu_of(sign_in(who).get("/"))) == entries


def test_signed_out_the_menu_is_what_everyone_may_read(world, client):
    assert menu_of(client.get("/")) == ["/", "/systems/", "/authority/", "/register/"]
