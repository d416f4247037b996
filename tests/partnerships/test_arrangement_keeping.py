"""Keeping an arrangement: what it is for, who takes part, gateways, funds, reporting lines, its end."""

from datetime import date

import pytest
import time_machine

from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Contribution,
    Fund,
    GatewayReview,
    OrganisationRelation,
    Place,
    ReportingLine,
)
from tests import records
from tests.partnerships.test_forum_pages import text
from tests.queries import counted
from tests.world import LONG_AGO


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def partnership(world):
    return Arrangement.objects.get()


def on(name: str, day: date) -> dict[str, int]:
    return {f"{name}_day": day.day, f"{name}_month": day.month, f"{name}_year": day.year}


def post(client, address: str, **typed) -> str:
    """The words of the page that comes after."""
    return text(client.post(address, typed, follow=True))


def refused(client, address: str, **typed) -> str:
    """The words of a form that was refused."""
    answer = client.post(address, typed)
    assert answer.status_code == 422, answer.status_code
    return text(answer)


# --- What it is -----------------------------------------------------------------------------------------------------


def test_an_officer_edits_what_it_is_for_and_where(officer, world, partnership):
    place = partnership.place
    page = post(
        officer, f"/arrangements/{partnership.pk}/edit/", name="Bradford Partnership", place=place.pk, level="place",
        footprint=[place.pk], purpose="Care near home", priorities="Fewer falls\n\nFewer falls\nFaster scans",
        activities=["service_planning", "strategy_planning"], phase="shadow", scrutiny="Once a year",
        political_oversight="A cabinet member", governors_oversight="A letter",
    )  # fmt: skip
    partnership.refresh_from_db()
    assert partnership.priorities == "Fewer falls\nFaster scans" and list(partnership.footprint.all()) == [place]
    for words in (
        "Care near home",
        "Faster scans",
        "Strategy and planning Service planning",
        "Once a year",
        "A letter",
    ):
        assert words in page


def test_what_was_typed_is_kept_when_an_edit_is_refused(officer, world, partnership):
    leeds = Place.objects.get(name="Leeds")
    page = refused(
        officer, f"/arrangements/{partnership.pk}/edit/", name="New name", place=partnership.place.pk,
        footprint=[leeds.pk], phase="shadow", purpose="Typed with care",
    )  # fmt: skip
    assert "The footprint must include Bradford District and Craven" in page and "Typed with care" in page


def test_a_phase_goes_up_by_a_gateway_alone(officer, world, partnership):
    edit = {"name": partnership.name, "place": partnership.place.pk}
    assert "by a gateway review that it passed" in refused(
        officer, f"/arrangements/{partnership.pk}/edit/", **edit, phase="partial"
    )
    address = f"/arrangements/{partnership.pk}/gateways/new/"
    typed = {"met": ["0", "1", "2", "3"], "outcome": "passed", **on("held_on", date(2026, 10, 1))}
    assert "1 of 5 criteria were not met" in refused(officer, address, **typed)
    assert "Write down the conditions" in refused(officer, address, **typed | {"outcome": "conditions"})
    assert "once it was held" in refused(officer, address, **typed | on("held_on", date(2026, 12, 1)))
    page = post(officer, address, **typed | {"outcome": "conditions", "note": "Write down who pays."})
    partnership.refresh_from_db()
    assert partnership.phase == "partial"
    assert "1 October 2026: passed with conditions" in page and "4 of 5 criteria met" in page
    GatewayReview.objects.all().delete()
    post(officer, address, outcome="not_passed", **on("held_on", date(2026, 10, 2)))
    partnership.refresh_from_db()
    assert partnership.phase == "partial"
    post(officer, f"/arrangements/{partnership.pk}/edit/", **edit, phase="shadow")
    partnership.refresh_from_db()
    assert partnership.phase == "shadow"


def test_after_the_last_phase_there_is_no_gateway(officer, world, partnership):
    Arrangement.objects.update(phase="formal")
    page = refused(
        officer, f"/arrangements/{partnership.pk}/gateways/new/", outcome="passed", met=["0", "1", "2", "3", "4"],
        **on("held_on", date(2026, 10, 1)),
    )  # fmt: skip
    assert "It is in the last phase already" in page


@pytest.mark.parametrize(
    ("kind", "says"),
    [("hwb", "is a committee of a council"), ("place", "is for a place")],
)
def test_a_kind_has_its_host_and_its_place(officer, world, kind, says):
    typed = {"kind": kind, "name": "New", "host": world.icb.pk, "phase": "shadow", **on("starts", date(2026, 11, 1))}
    assert says in refused(officer, "/arrangements/new/", **typed)


def test_a_council_records_its_own_board(sign_in, world):
    council = world.body("E08000032")
    typed = {"kind": "hwb", "name": "Bradford wellbeing board", "host": council.pk, "phase": "formal"}
    post(sign_in("partner"), "/arrangements/new/", **typed, **on("starts", date(2026, 11, 1)))
    assert Arrangement.objects.get(kind="hwb").host == council


def test_an_arrangement_ends_with_its_members_and_lines(officer, world, partnership):
    ReportingLine.objects.create(arrangement=partnership, to_organisation=world.icb, starts=LONG_AGO)
    address = f"/arrangements/{partnership.pk}/end/"
    assert "must not lie before the first" in refused(officer, address, **on("last_day", date(2020, 1, 1)))
    post(officer, address, **on("last_day", date(2026, 9, 30)))
    assert set(partnership.members.values_list("ends", flat=True)) == {date(2026, 9, 30)}
    assert partnership.reporting_lines.get().ends == date(2026, 9, 30)
    page = text(officer.get(f"/arrangements/{partnership.pk}/"))
    assert "It ended on 30 September 2026." in page and "Edit the arrangement" not in page
    assert "It has ended already" in refused(officer, address, **on("last_day", date(2026, 9, 30)))


# --- Who takes part -------------------------------------------------------------------------------------------------

JOIN = {"capacity": "voting", "expectation": "member"}


def test_a_body_is_represented_by_a_member(officer, world, partnership):
    address, council = f"/arrangements/{partnership.pk}/members/new/", world.body("E08000032")
    typed = JOIN | {"organisation": world.body("E08000035").pk, "expectation": "represented"}
    typed |= on("starts", date(2026, 11, 1))
    assert "Choose the body that represents it" in refused(officer, address, **typed)
    assert "Select represented by from the list" in refused(
        officer, address, **typed, represented_by=world.body("R0A").pk
    )
    post(officer, address, **typed, represented_by=council.pk)
    leaving = partnership.members.get(organisation=council)
    end = f"/arrangements/{partnership.pk}/members/{leaving.pk}/end/"
    assert "It represents Leeds Council: change that first" in refused(
        officer, end, **on("last_day", date(2026, 12, 1))
    )


def test_a_sector_is_one_of_those_suggested_or_another_in_words(officer, world, partnership):
    address = f"/arrangements/{partnership.pk}/members/new/"
    assert "Voluntary, community and social enterprise" in text(officer.get(address))
    typed = JOIN | {"organisation": world.body("R0A").pk, "sector": "another"} | on("starts", date(2026, 11, 1))
    assert "Name the sector" in refused(officer, address, **typed)
    post(officer, address, **typed, other_sector="Sports clubs")
    assert partnership.members.get(organisation=world.body("R0A")).sector == "Sports clubs"


def test_a_change_from_a_day_keeps_what_was_agreed_before(officer, world, partnership):
    row = partnership.members.get(organisation=world.body("RCF"))
    address = f"/arrangements/{partnership.pk}/members/{row.pk}/change/"
    typed = {"sector": "", "capacity": "attending", "expectation": "not_expected"}
    assert "did not take part yet" in refused(officer, address, **typed, **on("from_day", date(2020, 1, 1)))
    post(officer, address, **typed, **on("from_day", date(2026, 11, 1)))
    rows = partnership.members.filter(organisation=world.body("RCF")).order_by("starts")
    assert [(each.expectation, each.starts, each.ends) for each in rows] == [
        ("member", LONG_AGO, date(2026, 10, 31)), ("not_expected", date(2026, 11, 1), None),
    ]  # fmt: skip
    again = f"/arrangements/{partnership.pk}/members/{row.pk}/change/"
    assert "takes part no more on that day" in refused(officer, again, **typed, **on("from_day", date(2026, 12, 1)))


def test_overlapping_memberships_are_refused(officer, world, partnership):
    address = f"/arrangements/{partnership.pk}/members/new/"
    typed = JOIN | {"organisation": world.body("RCF").pk} | on("starts", date(2021, 1, 1))
    assert "does not exist on that day" in refused(officer, address, **typed)
    assert "already in some of these days" in refused(officer, address, **typed | on("starts", date(2027, 1, 1)))


def test_a_partnership_is_advised_which_partners_are_missing(officer, world, partnership):
    page = text(officer.get(f"/arrangements/{partnership.pk}/"))
    assert "Of the seven kinds of partner advised for a place, 4 are not among the members" in page
    assert "This is advice: partners may have good reasons." in page


def test_the_host_of_a_partnership_counts_as_a_partner_as_the_checks_say(officer, world):
    bare = Arrangement.objects.create(
        kind="place", name="Wharfedale", host=world.icb, place=Place.objects.get(name="Leeds"), starts=LONG_AGO
    )
    page = text(officer.get(f"/arrangements/{bare.pk}/"))
    assert "No member stands for the council" in page
    assert "No member stands for the integrated care board" not in page


def test_a_partnership_of_a_system_says_which_councils_are_missing(officer, world):
    icp = Arrangement.objects.create(kind="icp", name="West Yorkshire partnership", host=world.icb, starts=LONG_AGO)
    ArrangementMember.objects.create(arrangement=icp, organisation=world.icb, starts=LONG_AGO)
    assert OrganisationRelation.objects.filter(target_body=world.icb).count() == 4
    page = text(officer.get(f"/arrangements/{icp.pk}/"))
    assert "Leeds Council is not a member, and by law belongs to the partnership" in page
    assert "Bradford Council is not a member" in page and "NHS West Yorkshire Integrated Care Board is not" not in page


# --- Money ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fund_typed(world):
    icb, council = world.icb.pk, world.body("E08000032").pk
    return {
        "kind": "pooled", "name": "Better Care Fund", "host": council, "year": "2026", "limit": "",
        f"amount_{icb}": "1.2m", f"minimum_{icb}": "1m", f"amount_{council}": "800,000",
    }  # fmt: skip


def test_a_pooled_fund_shows_who_puts_in_what(officer, world, partnership, fund_typed):
    page = post(officer, f"/arrangements/{partnership.pk}/funds/new/", **fund_typed)
    assert "Better Care Fund, 2026/27" in page and "Up to £2,000,000 may be committed from it" in page
    assert "£1,200,000 £1,000,000" in page and "£800,000 no minimum" in page
    assert Fund.objects.get().contributions.count() == 2


def test_less_than_a_minimum_is_refused_or_recorded_as_fact_and_marked(officer, world, partnership, fund_typed):
    address, less = f"/arrangements/{partnership.pk}/funds/new/", {f"amount_{world.icb.pk}": "900,000"}
    page = refused(officer, address, **fund_typed | less)
    assert "must contribute at least £1,000,000, and £900,000 is less" in page
    page = post(officer, address, **fund_typed | less, as_fact="on")
    assert "£100,000 below its minimum" in page and "contributes less than its minimum to Better Care Fund" in page


def test_a_fund_is_corrected(officer, world, partnership, fund_typed):
    post(officer, f"/arrangements/{partnership.pk}/funds/new/", **fund_typed)
    row = Fund.objects.get()
    address = f"/arrangements/{partnership.pk}/funds/{row.pk}/"
    assert "1,200,000" in officer.get(address).content.decode()
    post(officer, address, **fund_typed | {f"amount_{world.icb.pk}": "1.5m", "limit": "2m"})
    assert Contribution.objects.get(organisation=world.icb).amount == 1_500_000
    row.refresh_from_db()
    assert row.limit == 2_000_000


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"limit": "3m"}, "No more can be committed than is contributed, £2,000,000"),
        ({"year": "1900"}, "Select financial year from the list"),
        ({"name": ""}, "Enter name"),
        ({"limit": "plenty"}, "Most that may be committed must be"),
    ],
)
def test_a_fund_that_cannot_be_is_refused_in_words(officer, world, partnership, fund_typed, changes, says):
    page = refused(officer, f"/arrangements/{partnership.pk}/funds/new/", **fund_typed | changes)
    assert says.lower() in page.lower()


def test_a_pooled_fund_is_of_a_council_and_an_nhs_body(officer, world, partnership, fund_typed):
    council, address = world.body("E08000032").pk, f"/arrangements/{partnership.pk}/funds/new/"
    both = "enter what each of them contributes"
    assert both in refused(officer, address, **fund_typed | {f"amount_{council}": ""})
    assert both in refused(officer, address, **fund_typed | {f"amount_{council}": "0"})
    nothing = {f"amount_{council}": "", f"amount_{world.icb.pk}": "", f"minimum_{world.icb.pk}": ""}
    assert both in refused(officer, address, **fund_typed | nothing)
    lonely = fund_typed | {f"amount_{world.icb.pk}": "", f"minimum_{world.icb.pk}": "5"}
    assert "its minimum is £5" in refused(officer, address, **lonely)
    post(officer, address, **fund_typed)
    assert "has a fund of that name in that year already" in refused(officer, address, **fund_typed)


def test_a_limit_is_held_against_what_is_contributed_also_when_that_is_nothing(officer, world, partnership):
    address = f"/arrangements/{partnership.pk}/funds/new/"
    typed = {"kind": "aligned", "name": "Care", "host": world.icb.pk, "year": "2026"}
    assert "No more can be committed than is contributed, £0" in refused(officer, address, **typed, limit="5m")
    assert "No contribution to Care 2026/27 is recorded" in post(officer, address, **typed)


def test_what_is_wrong_with_a_contribution_is_said_at_its_amount(officer, world, partnership, fund_typed):
    address, icb = f"/arrangements/{partnership.pk}/funds/new/", world.icb.pk
    for changes in ({f"amount_{icb}": "900,000"}, {f"amount_{world.body('E08000032').pk}": ""}):
        page = officer.post(address, fund_typed | changes).content.decode()
        assert f'href="#id_amount_{icb}"' in page and f'id="id_amount_{icb}-error"' in page
    page = officer.post(address, fund_typed | {"limit": "1,000,000,000,000.555"}).content.decode()
    assert "The most that may be committed must be less than £1,000,000,000,000" in page


# --- Reporting lines ------------------------------------------------------------------------------------------------


def test_lines_run_to_arrangements_and_boards_and_never_in_a_circle(officer, world, partnership):
    icp = Arrangement.objects.create(kind="icp", name="System partnership", host=world.icb, starts=LONG_AGO)
    address, first = f"/arrangements/{partnership.pk}/lines/new/", on("starts", date(2026, 11, 1))
    page = post(officer, address, to_arrangement=icp.pk, about="Every quarter", **first)
    assert "Lines before or to come (1)" in page
    assert "reports there already" in refused(officer, address, to_arrangement=icp.pk, **first)
    back = f"/arrangements/{icp.pk}/lines/new/"
    assert "would run in a circle" in refused(officer, back, to_arrangement=partnership.pk, **first)
    assert "Choose one" in refused(officer, address, **first)
    assert "Choose one" in refused(officer, address, to_arrangement=icp.pk, to_organisation=world.icb.pk, **first)
    board = post(officer, address, to_organisation=world.icb.pk, **on("starts", date(2026, 10, 1)))
    assert "It reports to: the board of" in board
    line = ReportingLine.objects.get(to_arrangement=icp)
    end = f"/arrangements/{partnership.pk}/lines/{line.pk}/end/"
    assert "must not lie before" in refused(officer, end, **on("last_day", date(2026, 10, 1)))
    post(officer, end, **on("last_day", date(2026, 12, 31)))
    post(officer, back, to_arrangement=partnership.pk, **on("starts", date(2027, 1, 1)))
    assert ReportingLine.objects.filter(arrangement=icp).exists()


# --- Who may, and what it costs -------------------------------------------------------------------------------------


def test_other_people_read_and_are_offered_nothing_to_change(sign_in, world, partnership):
    for person in ("other_officer", "secretary", "partner"):
        page = text(sign_in(person).get(f"/arrangements/{partnership.pk}/"))
        assert "Members (4)" in page and "Add a member" not in page


def test_a_part_of_another_arrangement_is_not_found_here(officer, world, partnership):
    other = Arrangement.objects.create(kind="collaborative", name="Other", host=world.icb, starts=LONG_AGO)
    row = partnership.members.first()
    assert officer.get(f"/arrangements/{other.pk}/members/{row.pk}/end/").status_code == 404
    assert officer.get(f"/arrangements/{other.pk}/funds/999999/").status_code == 404


def test_a_page_with_much_on_it_costs_no_more(officer, world, partnership):
    address, costs = f"/arrangements/{partnership.pk}/", []
    for year in (2026, 2027):
        fund = Fund.objects.create(arrangement=partnership, kind="aligned", name="Care", host=world.icb, year=year)
        for _ in range(3):
            body = records.trust(world.icb)
            Contribution.objects.create(fund=fund, organisation=body, amount=5)
            ArrangementMember.objects.create(arrangement=partnership, organisation=body, starts=LONG_AGO)
        ReportingLine.objects.create(arrangement=partnership, to_organisation=body, starts=LONG_AGO)
        officer.get(address)
        with counted() as asked:
            officer.get(address)
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 15


@pytest.mark.parametrize(
    ("query", "count"), [("level=place", 0), ("activity=service_planning", 1), ("activity=x", None)]
)
def test_the_list_is_filtered_by_level_and_activity(officer, world, partnership, query, count):
    Arrangement.objects.update(activities=["service_planning"])
    answer = officer.get(f"/arrangements/?{query}")
    assert answer.status_code == (400 if count is None else 200)
    if count is not None:
        assert ("1 arrangement" in text(answer)) == bool(count)
