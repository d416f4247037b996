"""Pages of a system: who decides what, the organogram, the documents. Open to everyone; drafts and people are not."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
import time_machine
from django.conf import settings

from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from partnerships.actions.checks import run_checks
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    CheckFinding,
    Completeness,
    Delegation,
    Forum,
    Function,
    Fund,
    Organisation,
    OrganisationRelation,
    Place,
    Post,
    ReportingLine,
)
from tests import records
from tests.partnerships.system_world import FILES, TODAY, cells, delegate, draft, sheet, text, unzipped
from tests.queries import counted
from tests.world import LONG_AGO

PAGES = ("/systems/", "/systems/QWO/", "/systems/QWO/organogram/")


@pytest.fixture(autouse=True)
def today():
    """Everything is looked at on one day."""
    with time_machine.travel(datetime.combine(TODAY, time(10), tzinfo=UTC)):
        yield


@pytest.fixture
def icb(world) -> Organisation:
    return Organisation.objects.get(ods_code="QWO")


# --- Who decides what -----------------------------------------------------------------------------------------------


def test_everyone_reads_who_decides_what_up_to_which_limit_and_where(client, world):
    page = client.get("/systems/QWO/")
    found = cells(page, "Commissioning community health services")
    assert found == {
        "By law": "the board of NHS West Yorkshire Integrated Care Board",
        "Finance and commissioning committee": "up to £2,000,000",
        "Bradford place board": "up to £500,000 for Bradford District and Craven",
    }
    assert cells(page, "Commissioning community diagnostics") == found
    assert "2 functions, 2 forums and posts" in text(page)
    assert "4 delegated." in text(page)


def test_what_only_boards_decide_is_one_link_away(client, world):
    page = client.get("/systems/QWO/")
    assert "Agreeing the joint forward plan" not in text(page)
    assert "All 3 functions : the others are decided by the boards" in text(page)
    assert 'href="?show=all#who"' in page.content.decode()
    page = client.get("/systems/QWO/?show=all")
    reserved = cells(page, "Agreeing the joint forward plan")
    assert reserved == {"By law": "reserved to the board of NHS West Yorkshire Integrated Care Board"}
    assert "3 functions, 2 forums and posts" in text(page) and "the others are decided" not in text(page)


def test_a_part_that_somebody_holds_stands_below_its_whole(client, world):
    Delegation.objects.all().update(function=Function.objects.get(code="community_diagnostics"))
    page = text(client.get("/systems/QWO/"))
    assert page.index("Commissioning community health services") < page.index("part of the above")
    assert "2 functions, 2 forums and posts" in page


def test_a_part_says_so_to_those_who_listen(client, world):
    assert "part of the above: Commissioning community diagnostics" in text(client.get("/systems/QWO/"))


def test_signed_in_a_limit_leads_to_its_delegation_and_signed_out_to_nothing_closed(sign_in, client, world):
    made = Delegation.objects.get(instrument="scheme of delegation 4.2")
    signed_out = client.get("/systems/QWO/").content.decode()
    assert f"/delegations/{made.pk}/" not in signed_out
    assert f"/delegations/{made.pk}/" in sign_in("partner").get("/systems/QWO/").content.decode()


def test_what_ends_soon_what_is_to_come_and_what_expired_is_marked(client, world):
    board = Forum.objects.get(name="Leeds partnership forum")
    with system("a committee in its place"):
        Forum.objects.filter(pk=board.pk).update(form="committee")
    function = Function.objects.create(code="other", name="Other things", family="commissioning", owner_kind="icb")
    made = delegate(board, function=function, limit=Decimal(10), ends=date(2026, 12, 31))
    says = lambda: cells(client.get("/systems/QWO/"), "Other things")["Leeds partnership forum"]  # noqa: E731
    assert says() == "ends 31 December 2026 up to £10"
    with system("other dates"):
        Delegation.objects.filter(pk=made.pk).update(ends=date(2026, 10, 31))
    assert says() == "expired ended on 31 October 2026"
    with system("other dates"):
        Delegation.objects.filter(pk=made.pk).update(starts=date(2027, 4, 1), ends=None)
    assert says() == "not yet in force from 1 April 2027"


def test_a_voice_gives_no_authority_and_says_so(client, world):
    delegate(Forum.objects.get(name="Leeds partnership forum"), model="seat_at_table")
    assert cells(client.get("/systems/QWO/"), "Commissioning community health services")["Leeds partnership forum"] == (
        "voice only"
    )


def test_what_a_body_has_not_declared_complete_is_said(client, world, icb):
    assert "Not declared complete" not in text(client.get("/systems/QWO/"))
    with system("not declared"):
        Completeness.objects.filter(organisation=icb, family="strategy").delete()
    page = text(client.get("/systems/QWO/?show=all"))
    assert "Strategy Not declared complete by NHS West Yorkshire Integrated Care Board: what is not shown" in page


@pytest.mark.parametrize(
    ("query", "functions", "columns"),
    [
        ("family=strategy", 1, 0),
        ("level=places", 2, 1),
        ("level=places&show=all", 3, 1),
        ("level=posts", 0, 0),
        ("place={leeds}", 2, 1),
        ("forum=forum-{board}", 2, 1),
    ],
)
def test_filters_in_the_address_narrow_the_map(client, world, query, functions, columns):
    leeds = Place.objects.get(name="Leeds")
    answer = client.get("/systems/QWO/?" + query.format(leeds=leeds.pk, board=world.place_board.pk))
    assert answer.status_code == 200
    words = text(answer).replace("1 functions", "1 function")
    assert f"{functions} function{'' if functions == 1 else 's'}, {columns} forum" in words


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("as_of=yesterday", "As of"),
        ("as_of=1+January+1900", "must be a day between"),
        ("show=nothing", "“nothing” is not a choice"),
        ("family=nothing", "“nothing” is not a family of functions"),
        ("level=moon", "“moon” is not a level"),
        ("place=0", "“0” is not a place of this system"),
        ("forum=forum-0", "“forum-0” is not a forum or post"),
        ("forum=%C3%A9", "is not a forum or post"),
    ],
)
def test_what_cannot_be_read_in_the_address_is_said_and_the_page_still_shows(client, world, query, says):
    answer = client.get(f"/systems/QWO/?{query}")
    assert answer.status_code == 400
    assert says in text(answer)
    assert "Finance and commissioning committee" in text(answer)


def test_a_forum_of_the_system_that_holds_nothing_can_be_asked_for(client, world, icb):
    forum = Forum.objects.create(
        name="Wide circle", host=icb, form="consultative_forum", level="place", starts=date(2024, 1, 1)
    )
    answer = client.get(f"/systems/QWO/?forum=forum-{forum.pk}")
    assert answer.status_code == 200 and "Nothing is recorded that fits what was asked" in text(answer)


def test_a_trust_or_council_leads_to_its_system_and_keeps_the_day(client, world):
    answer = client.get("/systems/RCF/?as_of=1+November+2026")
    assert (answer.status_code, answer.url) == (302, "/systems/QWO/?as_of=1+November+2026")
    assert client.get("/systems/e08000032/organogram/").url == "/systems/QWO/organogram/"
    assert client.get("/systems/RCF/scheme.pdf").url == "/systems/QWO/scheme.pdf"
    assert client.get("/systems/qwo/").url == "/systems/QWO/"


@pytest.mark.parametrize("code", ["NOBODY", "Y63", "X24", "é", "Q" * 300])
def test_what_is_no_system_is_not_there(client, world, code):
    for address in ("", "organogram/", "scheme.pdf", "organogram.svg"):
        assert client.get(f"/systems/{code}/{address}").status_code == 404


def test_a_trust_that_sits_nowhere_on_the_day_is_not_there(client, world):
    assert client.get("/systems/RCF/?as_of=1+January+2023").status_code == 404


def test_a_closed_board_is_shown_as_on_its_last_day(client, sign_in, world, icb):
    last = date(2026, 9, 30)
    with system("it closes"):
        Organisation.objects.filter(pk=icb.pk).update(closed=last)
        Place.objects.filter(icb=icb).update(ends=last)
    page = text(client.get("/systems/QWO/"))
    assert "NHS West Yorkshire Integrated Care Board closed. Shown is its last day, 30 September 2026." in page
    names = list(Place.objects.filter(icb=icb).order_by("name").values_list("name", flat=True))
    assert f"{len(names)} places" in page and len(names) > 1
    assert f"Places {', '.join(names[:-1])} and {names[-1]}" in text(sign_in("officer").get("/organisations/QWO/"))


def test_before_its_first_day_there_is_a_notice_and_nothing_else(client, world, icb):
    Organisation.objects.filter(pk=icb.pk).update(opened=LONG_AGO)
    for page in ("/systems/QWO/", "/systems/QWO/organogram/"):
        words = text(client.get(f"{page}?as_of=2020-01-01"))
        assert "On 1 January 2020 it did not exist." in words
        for said in ("By law", "forum or post", "As a drawing", "Who belongs to it", "appear here"):
            assert said not in words, said
    for name in FILES:
        assert client.get(f"/systems/QWO/{name}?as_of=2020-01-01").status_code == 404
    assert client.get("/api/v1/public/systems/QWO/map/?as_of=2020-01-01").status_code == 404


def test_the_list_of_systems_stands_by_region_with_counts(client, world):
    page = text(client.get("/systems/"))
    assert "North East and Yorkshire Systems of North East and Yorkshire" in page
    assert "NHS West Yorkshire Integrated Care Board 2 trusts, 2 councils 4 Organogram" in page
    assert "Region not recorded on this day" in text(client.get("/systems/?as_of=1+January+2023"))
    assert "None existed on 1 January 2000" in text(client.get("/systems/?as_of=1+January+2000"))
    assert client.get("/systems/?as_of=nope").status_code == 400


# --- Never shown ----------------------------------------------------------------------------------------------------


def test_drafts_and_names_of_people_never_show(client, world, icb):
    with system("secrets"):
        hidden = Post.objects.create(
            organisation=icb, title="Secret director", starts=LONG_AGO, holder=world.person("officer")
        )
        draft(world.place_board, limit=Decimal(987_654), instrument="CANARY instrument", conditions="CANARY words")
        draft(Forum.objects.get(name="Leeds partnership forum"), instrument="CANARY instrument")
        made = draft(world.place_board, instrument="CANARY instrument")
        Delegation.objects.filter(pk=made.pk).update(to_forum=None, to_post=hidden)
    for address in (*PAGES, *(f"/systems/QWO/{name}" for name in FILES)):
        answer = client.get(address)
        assert answer.status_code == 200
        content = answer.content.decode("utf-8", "replace") + unzipped(answer.content)
        for secret in ("CANARY", "987,654", "987654", "Secret director", "Whitfield", "Adeyemi", "Sadiq"):
            assert secret not in content, address


# --- Organogram -----------------------------------------------------------------------------------------------------


def branch(page: str, title: str) -> str:
    """The part of the nested list that begins with a title."""
    return page[page.index('class="app-tree"') :].split(f">{title}<", 1)[1]


def test_the_organogram_stands_each_below_the_one_it_reports_to(client, world):
    page = client.get("/systems/QWO/organogram/").content.decode()
    below = branch(page, "NHS West Yorkshire board")
    order = ["Finance and commissioning committee", "Bradford District and Craven Partnership", "Bradford place board"]
    assert [below.index(f">{name}<") for name in order] == sorted(below.index(f">{name}<") for name in order)
    assert "Forums without a recorded reporting line" in page
    assert ">Leeds partnership forum<" in page
    assert "place-based partnership · shadow or advisory · 4 members" in page


def test_lines_of_reporting_besides_the_first_are_told_in_words(client, world, icb):
    partnership = Arrangement.objects.get(kind="place")
    with system("an ICP and a line to it"):
        icp = Arrangement.objects.create(kind="icp", name="West Yorkshire partnership", host=icb, starts=LONG_AGO)
        ReportingLine.objects.create(arrangement=partnership, to_arrangement=icp, starts=LONG_AGO)
        ReportingLine.objects.create(arrangement=partnership, to_organisation=icb, starts=LONG_AGO)
    page = text(client.get("/systems/QWO/organogram/"))
    assert "also reports to West Yorkshire partnership · " not in page
    assert "4 members · also reports to West Yorkshire partnership" in page
    assert "Integrated care partnership West Yorkshire partnership" in page


def test_a_forum_reports_through_its_arrangement_on_its_page_in_the_checks_and_in_the_workbook(
    client, sign_in, world, icb
):
    partnership = Arrangement.objects.get(kind="place")
    board = world.place_board
    with system("it has no line of its own"):
        Forum.objects.filter(pk=board.pk).update(reports_to=None)
    assert "It reports to nobody" in text(sign_in("officer").get(f"/forums/{board.pk}/"))
    with system("its partnership has one"):
        ReportingLine.objects.create(arrangement=partnership, to_organisation=icb, starts=LONG_AGO)
    for page in (sign_in("officer").get(f"/forums/{board.pk}/"), client.get(f"/forums/{board.pk}/")):
        assert f"It reports through {partnership.name} to the board of {icb.label}." in text(page)
        assert "reports to nobody" not in text(page)
    run_checks(by=SYSTEM)
    assert not CheckFinding.objects.filter(code="no_reporting_line", records=[["forum", board.pk]]).exists()
    rows = sheet(client.get("/systems/QWO/functions-and-decisions.xlsx").content, 3)
    says = {row["A"]: row["E"] for row in rows}
    assert says["Bradford place board"] == f"the board of {icb.label}, through {partnership.name}"
    assert says["NHS West Yorkshire board"] == "nobody: it is a body's own board"


def test_every_box_of_the_drawing_is_in_the_list_and_the_other_way_round(client, world):
    page = client.get("/systems/QWO/organogram/").content.decode()
    listed = re.findall(r'<li id="([af]\d+)"', page)
    screen = page.split("app-orgchart--screen", 1)[1].split("</svg>", 1)[0]
    assert len(listed) == len(set(listed)) == screen.count('<rect class="org-box') == 5
    assert "style=" not in screen


def test_an_arrangement_and_its_only_forum_of_the_same_name_are_one_box(client, world):
    council = Organisation.objects.get(gss_code="E08000032")
    name = "Bradford health and wellbeing board"
    with system("a board of the council"):
        made = Arrangement.objects.create(kind="hwb", name=name, host=council, level="place", starts=LONG_AGO)
        values = {"host": council, "form": "committee", "level": "place", "arrangement": made, "starts": LONG_AGO}
        board = Forum.objects.create(name=name, meets_in_public=True, **values)
    page = client.get("/systems/QWO/organogram/")
    assert page.content.decode().count(f'<li id="f{board.pk}"') == 1
    assert f'id="a{made.pk}"' not in page.content.decode()
    line = f"{name} health and wellbeing board · Bradford Council · committee of one statutory body"
    assert f"{line} · no members recorded, meets in public" in text(page)
    with system("a second forum of it"):
        Forum.objects.create(name="Its children's group", **values)
    page = client.get("/systems/QWO/organogram/").content.decode()
    assert f'<li id="a{made.pk}"' in page and f'<li id="f{board.pk}"' in page


def test_the_legend_explains_every_look_on_the_page_and_in_the_file(client, world):
    for address in ("/systems/QWO/organogram/", "/systems/QWO/organogram.svg"):
        page = client.get(address).content.decode()
        for words in (
            "board",
            "several bodies decide together",
            "recommends (dashed)",
            "lead provider, under a contract",
        ):
            assert words in page, (address, words)
    assert "Two or more bodies decide together" not in page


def test_forms_are_explained_where_they_are_shown(client, sign_in, world):
    page = text(client.get("/systems/QWO/organogram/"))
    assert "What the forms mean" in page and "The widest circle of partners advises and recommends" in page
    assert "One provider holds the contract" not in page  # there is none in this system
    assert "One provider holds the contract" in text(sign_in("officer").get("/forums/?system=QWO"))


def test_governors_and_lead_providers_of_its_trusts_are_there_and_their_committees_are_not(client, world):
    trust = Organisation.objects.get(ods_code="RCF")
    with system("forums of a trust"):
        for name, form in (("Airedale governors", "council_of_governors"), ("Airedale alliance", "lead_provider"),
                           ("Airedale audit committee", "board_committee")):  # fmt: skip
            Forum.objects.create(name=name, host=trust, form=form, level="system", starts=LONG_AGO)
    page = text(client.get("/systems/QWO/organogram/"))
    assert "Councils of governors Airedale governors" in page
    assert "Lead providers Airedale alliance" in page
    assert "Airedale audit committee" not in page


def test_forums_that_report_in_a_circle_are_drawn_all_the_same(client, world):
    finance = Forum.objects.get(name="Finance and commissioning committee")
    with system("a circle"):
        Forum.objects.filter(pk=finance.pk).update(reports_to=world.place_board)
    page = client.get("/systems/QWO/organogram/")
    assert page.status_code == 200
    assert ">Finance and commissioning committee<" in page.content.decode()


def test_the_page_of_a_forum_leads_to_its_place_in_the_organogram(sign_in, world):
    page = sign_in("officer").get(f"/forums/{world.place_board.pk}/").content.decode()
    assert f'href="/systems/QWO/organogram/#f{world.place_board.pk}"' in page
    assert 'href="/systems/QWO/"' in sign_in("officer").get("/organisations/RCF/").content.decode()


# --- Cost -----------------------------------------------------------------------------------------------------------


def more(number: int) -> None:
    """Places with their boards, delegations, lines, trusts: as many more as asked."""
    icb, finance = Organisation.objects.get(ods_code="QWO"), Forum.objects.get(name__startswith="Finance")
    with system("a larger system"):
        for n in range(number):
            place = Place.objects.create(name=f"Place {n}", icb=icb, starts=LONG_AGO)
            trust = Organisation.objects.create(kind="trust", name=f"Trust {n}", ods_code=f"ZT{n}", opened=LONG_AGO)
            OrganisationRelation.objects.create(
                kind="system", source_body=trust, target_body=icb, starts=date(2026, 4, 1)
            )
            made = Arrangement.objects.create(
                kind="place", name=f"Partnership {n}", host=icb, place=place, starts=LONG_AGO
            )
            ReportingLine.objects.create(arrangement=made, to_organisation=icb, starts=LONG_AGO)
            ArrangementMember.objects.create(arrangement=made, organisation=trust, starts=LONG_AGO)
            board = Forum.objects.create(
                name=f"Board {n}", host=icb, form="committee", level="place", arrangement=made, starts=LONG_AGO
            )
            given = delegate(board, from_forum=finance, limit=Decimal(n))
            given.places.add(place)


def of_every_kind(world, number: int) -> None:
    """So many of each thing that is read by a query of its own: limits by the year with what was spent of them, funds
    with and without a limit, posts with their holders, suspensions, committees in common with constituents of bodies
    elsewhere, and what those delegated."""
    elsewhere, person = world.body("QOP"), world.person("executive")
    with system("one of each kind"):
        for _ in range(number):
            count = Forum.objects.count()
            fields = {"host": world.icb, "form": "committee", "level": "place", "starts": LONG_AGO}
            yearly, drawing = (Forum.objects.create(name=f"{word} group {count}", **fields) for word in "AB")
            delegate(yearly, limit=Decimal(9), limit_kind="annual")
            records.decision(yearly, TODAY, function=Function.objects.get(code="community_services"), amount=Decimal(5))
            given = delegate(yearly, function=Function.objects.get(code="community_services"), basis="committee")
            given.suspensions.create(starts=LONG_AGO, ends=TODAY)
            made = Arrangement.objects.create(kind="section_75", name=f"Pool {count}", host=world.icb, starts=LONG_AGO)
            for limit, year in ((None, 2026), (Decimal(70), 2025)):
                fund = Fund.objects.create(
                    arrangement=made, kind="pooled", name=f"Fund {year}", host=world.icb, year=year, limit=limit
                )
                fund.contributions.create(organisation=world.icb, amount=Decimal(40))
                delegate(drawing, fund=fund, instrument=f"pool {count}, {year}")
            post = Post.objects.create(organisation=world.icb, title=f"Officer {count}", holder=person, starts=LONG_AGO)
            delegate(yearly, to_forum=None, to_post=post, from_forum=yearly)
            common = Forum.objects.create(name=f"In common {count}", **fields | {"form": "committees_in_common"})
            inside = Forum.objects.create(name=f"Constituent {count}", **fields | {"host": elsewhere})
            common.committees.add(inside, yearly)
            delegate(common, from_organisation=elsewhere, instrument=f"elsewhere {count}")


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/systems/", 15),
        ("/systems/QWO/", 15),
        ("/systems/QWO/organogram/", 11),
        ("/systems/QWO/scheme.xlsx", 17),
        ("/systems/QWO/organogram.svg", 11),
    ],
)
def test_few_and_many_cost_the_same_number_of_queries(client, world, address, most):
    of_every_kind(world, 1)
    client.get(address)
    with counted() as few:
        client.get(address)
    more(6)
    of_every_kind(world, 5)
    with counted() as many:
        assert client.get(address).status_code == 200
    assert len(many) == len(few) <= most, "\n".join(many)


def test_the_page_and_the_file_take_the_looks_of_the_drawing_from_one_place(client, world):
    looks = (settings.BASE_DIR / "static" / "organogram.css").read_text()
    assert "organogram.css" in client.get("/systems/QWO/organogram/").content.decode()
    assert looks in client.get("/systems/QWO/organogram.svg").content.decode()


def test_the_checks_are_offered_to_those_who_sign_in(sign_in, client, world):
    link = 'href="/checks/?system=QWO"'
    assert link not in client.get("/systems/QWO/").content.decode()
    assert link in sign_in("partner").get("/systems/QWO/").content.decode()
