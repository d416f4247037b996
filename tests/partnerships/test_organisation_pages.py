"""Pages of organisations: the list as of any day, one organisation, its files and its audit trail."""

import csv
import io
import re
from datetime import date
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ics_governance import ledger
from ics_governance.exports import DEMO_MARK
from ics_governance.permissions import SYSTEM
from partnerships.actions.reference import load_reference
from partnerships.england import read
from partnerships.models import FormerName, Kind, Organisation, OrganisationRelation
from tests import records

LIST = "/organisations/"


@pytest.fixture
def england(world):
    """All of England, beside the world's own forums and people."""
    load_reference(by=SYSTEM, england=read())
    return world


def text(answer) -> str:
    """The words of a page, without tags and with plain spaces."""
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.S)
    return " ".join(words.replace("\u00a0", " ").replace("&#39;", "'").split())


def names(answer) -> list[str]:
    found = re.findall(r'scope="row" role="rowheader"><a href="[^"]*">([^<]*)</a>', answer.content.decode())
    return [name.replace("&#39;", "'") for name in found]


def csv_rows(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_is_for_people_who_are_signed_in(client, world):
    answer = client.get(LIST)
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("person", ["officer", "secretary", "partner", "auditor", "admin", "stranger"])
def test_everybody_who_is_signed_in_may_read_it(sign_in, person):
    answer = sign_in(person).get(LIST)
    assert answer.status_code == 200 and "Airedale NHS Foundation Trust" in text(answer)


def test_a_row_says_where_a_body_sits(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}?q=RCF"))
    assert "1 organisation" in page
    assert "Airedale NHS Foundation Trust RCF acute trust West Yorkshire ICB North East and Yorkshire" in page


def test_a_council_in_two_systems_shows_both(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}?q=North+Yorkshire+Council"))
    assert "Humber and North Yorkshire ICB , West Yorkshire ICB" in page


FILTERS = [
    ("kind=icb&region=Y63", 4),
    ("kind=trust&system=QWO", 10),
    ("system=QWO", 17),
    ("kind=region", 7),
    ("kind=oversight_body", 1),
    ("kind=icb", 36),
    ("kind=icb&closed=on", 48),
    ("kind=icb&as_of=2026-03-31", 42),
    ("kind=icb&as_of=31+March+2026", 42),
    ("kind=icb&as_of=1/4/2026", 36),
    ("kind=trust", 202),
    ("q=leeds+teaching", 1),
    ("q=weston", 1),
    ("q=e0800003", 10),
    ("kind=vcse", 0),
]


def test_filters_come_from_the_address(sign_in, england):
    officer = sign_in("officer")
    found = [(query, len(csv_rows(officer.get(f"{LIST}?{query}&format=csv"))) - 2) for query, _ in FILTERS]
    assert found == FILTERS  # without the mark of the demo, and the head


def test_a_closed_body_is_shown_only_when_asked_for(sign_in, england):
    officer = sign_in("officer")
    assert "No organisation fits" in text(officer.get(f"{LIST}?q=QNQ"))
    assert "closed 31 March 2026" in text(officer.get(f"{LIST}?q=QNQ&closed=on"))


def test_a_body_that_had_not_opened_is_not_shown_on_that_day(sign_in, england):
    officer = sign_in("officer")
    assert "No organisation fits" in text(officer.get(f"{LIST}?q=D7T5G&as_of=2026-03-31&closed=on"))
    assert "NHS Essex Integrated Care Board" in text(officer.get(f"{LIST}?q=D7T5G&as_of=2026-04-01"))


def test_closed_bodies_of_a_region_are_found_by_their_last_link(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}?kind=icb&region=Y59&closed=on"))
    assert "NHS Frimley Integrated Care Board" in page


def test_before_april_2026_links_are_not_recorded_and_the_page_says_so(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}?region=Y63&as_of=2025-06-01"))
    assert "before 1 April 2026 is not recorded, so a filter by them finds few or none" in page
    assert "not recorded" in text(sign_in("officer").get(f"{LIST}?q=RCF&as_of=2025-06-01"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("as_of=nonsense", "As of must be a date, like 1 April 2026"),
        ("as_of=31.2.2026", "As of must be a date, like 1 April 2026"),
        ("as_of=0001-01-01", "As of must be a day between 5 July 1948 and 31 December 2099"),
        ("kind=hospital", "“hospital” is not a kind of organisation that can be chosen here"),
        ("region=Y99", "“Y99” is not a region that can be chosen here"),
        ("system=QZZ", "“QZZ” is not an integrated care board that can be chosen here"),
        ("q=" + "x" * 101, "must be 100 characters or fewer"),
    ],
)
def test_a_filter_that_cannot_be_read_lists_nothing_and_says_why(sign_in, england, query, message):
    answer = sign_in("officer").get(f"{LIST}?{query}")
    page = text(answer)
    assert answer.status_code == 400 and message in page
    assert "Error: Organisations" in page and "Nothing is listed until every filter can be read" in page
    assert names(answer) == []


def test_what_was_typed_stays_beside_the_error(sign_in, world):
    page = sign_in("officer").get(f"{LIST}?as_of=next+week&q=leeds&kind=trust").content.decode()
    assert 'value="next week"' in page and 'value="leeds"' in page and '<option value="trust" selected>' in page


def test_a_file_is_never_made_of_filters_that_cannot_be_read(sign_in, world):
    answer = sign_in("officer").get(f"{LIST}?as_of=nonsense&format=csv")
    assert answer.status_code == 400 and "attachment" not in answer.get("Content-Disposition", "")


def test_an_unknown_format_is_a_bad_request(sign_in, world):
    assert sign_in("officer").get(f"{LIST}?format=exe").status_code == 400


def test_only_reading_is_possible(sign_in, world):
    officer = sign_in("officer")
    assert officer.post(LIST).status_code == officer.post(f"{LIST}QWO/").status_code == 405


# --- pages and sorting --------------------------------------------------------------------------------------------


def test_the_list_goes_on_by_key_and_keeps_the_filters(sign_in, england):
    officer = sign_in("officer")
    seen: list[str] = []
    address = f"{LIST}?kind=trust&sort=-name"
    for _ in range(10):
        answer = officer.get(address)
        seen += names(answer)
        following = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
        if not following:
            break
        assert "kind=trust" in following[1]
        address = LIST + following[1].replace("&amp;", "&")
    expected = Organisation.objects.filter(kind="trust", closed=None).order_by("-name").values_list("name", flat=True)
    assert seen == list(expected) and len(seen) == 202


def test_a_place_in_the_list_that_cannot_be_found_begins_anew_and_says_so(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}?after=rubbish"))
    assert "could not be found: this is its beginning" in page and "50 of 402 shown" in page


@pytest.mark.parametrize(
    ("sort", "first"), [("name", "Airedale"), ("-name", "Yorkshire"), ("code", "NHS Essex"), ("x", "Air")]
)
def test_the_list_is_sorted_as_asked(sign_in, england, sort, first):
    assert names(sign_in("officer").get(f"{LIST}?sort={sort}"))[0].startswith(first)


def test_the_list_costs_the_same_for_ten_rows_as_for_two_hundred(sign_in, world):
    officer = sign_in("officer")
    officer.get(LIST)
    counts = []
    for total in (10, 200):
        while Organisation.objects.count() < total:
            records.trust(world.icb)
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 13


# --- files --------------------------------------------------------------------------------------------------------


def test_a_csv_file_holds_exactly_what_is_filtered(sign_in, england):
    rows = csv_rows(sign_in("officer").get(f"{LIST}?kind=trust&system=QWO&sort=-name&format=csv"))
    assert rows[0] == [DEMO_MARK] and rows[1][:4] == ["Name", "ODS code", "GSS code", "Kind"]
    assert {row[1] for row in rows[2:]} == {"RCF", "RAE", "TAD", "RWY", "RY6", "RR8", "RGD", "RXF", "RXG", "RX8"}
    assert {row[6] for row in rows[2:]} == {"NHS West Yorkshire Integrated Care Board"}


def test_an_excel_file_holds_the_same(sign_in, england):
    answer = sign_in("officer").get(f"{LIST}?kind=icb&format=xlsx")
    with ZipFile(io.BytesIO(answer.content)) as book:
        words, cells = book.read("xl/sharedStrings.xml").decode(), book.read("xl/worksheets/sheet1.xml").decode()
    assert DEMO_MARK in words and "NHS West Yorkshire Integrated Care Board" in words
    assert cells.count("<row ") == 38  # the mark of the demo, the head, 36 bodies


def test_a_name_that_would_run_in_a_spreadsheet_is_made_harmless(sign_in, world):
    records.trust(world.icb, name="=HYPERLINK(1)", code="ZZ9")
    assert csv_rows(sign_in("officer").get(f"{LIST}?q=ZZ9&format=csv"))[2][0] == "'=HYPERLINK(1)"


def test_a_list_that_is_too_long_for_a_file_says_what_to_do(sign_in, england, monkeypatch):
    monkeypatch.setattr("ics_governance.exports.CAP", 20)
    page = text(sign_in("officer").get(f"{LIST}?format=csv"))
    assert "This list has more than 20 rows. Narrow it with the filters, then export it." in page


# --- one organisation ---------------------------------------------------------------------------------------------


def test_a_trust_says_what_it_is_and_where_it_sits(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}RCF/"))
    assert "Acute trust, NHS foundation trust, in West Yorkshire ICB , North East and Yorkshire. Code RCF." in page
    assert "West Yorkshire ICB , lead recorded from 1 April 2026. From the postcode of the head office." in page
    assert "Our classification, from the name and general knowledge." in page


def test_an_icb_lists_its_trusts_councils_and_places(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}QWO/"))
    assert "In North East and Yorkshire, with 10 trusts and 6 councils. Code QWO." in page
    assert "Trusts (10)" in page and "Councils (6)" in page and "Bradford District and Craven and Leeds" in page
    assert "North Yorkshire Council unitary council, also in another system" in page


def test_a_region_lists_its_icbs_and_who_oversees(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}Y63/"))
    assert "Integrated care boards (4)" in page and "Oversight body NHS England since when: not recorded" in page


def test_a_council_has_no_opening_date_and_says_so(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}E06000001/"))
    assert "Hartlepool Council" in page and "Opened not recorded" in page and "ODS code none" in page


def test_a_closed_icb_says_what_became_of_it(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}QNQ/"))
    assert "It closed on 31 March 2026. Its functions passed to" in page
    assert "1 April 2026 A part of it passed to Thames Valley ICB ." in page
    assert "South East recorded for 31 March 2026 alone" in page


def test_a_new_icb_says_what_it_came_from(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}D7T5G/"))
    assert "Mid and South Essex ICB merged into it." in page
    assert "Suffolk and North East Essex ICB was split; a part of it passed to this body." in page


def test_a_succession_that_is_not_sure_is_marked(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}G6V2S/"))
    assert "Barnet, Enfield and Haringey Mental Health Trust merged into it. to be confirmed" in page


def test_a_closed_trust_without_a_successor_says_that_it_is_not_recorded(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}RYK/"))
    assert "Its successor is not recorded." in page


def test_a_body_before_it_existed_says_so(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}D7T5G/?as_of=2025-01-01"))
    assert "On 1 January 2025 it did not exist yet: it opened on 1 April 2026." in page
    assert "Region not recorded before 1 April 2026" in page


def test_before_april_2026_it_is_not_recorded_where_a_body_sat(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}RCF/?as_of=1+June+2025"))
    assert "As of 1 June 2025 , when links between bodies are not recorded: the tables begin on 1 April 2026" in page
    assert "System not recorded before 1 April 2026 Region not recorded" in page


def test_a_body_bears_the_name_of_the_day(sign_in, england):
    officer = sign_in("officer")
    assert (
        "<title>University Hospitals Bristol and Weston" in officer.get(f"{LIST}RA7/?as_of=2026-05-01").content.decode()
    )
    assert "<title>Bristol NHS Foundation Trust" in officer.get(f"{LIST}RA7/").content.decode()
    assert "until 30 June 2026 Its name was University Hospitals Bristol" in text(officer.get(f"{LIST}RA7/"))


def test_links_on_a_page_of_another_day_keep_the_day(sign_in, england):
    page = sign_in("officer").get(f"{LIST}RCF/?as_of=2026-05-01").content.decode()
    assert f'href="{LIST}QWO/?as_of=2026-05-01"' in page


def test_a_day_that_cannot_be_read_keeps_what_was_typed_and_shows_today(sign_in, england):
    answer = sign_in("officer").get(f"{LIST}RCF/?as_of=yesterday")
    assert answer.status_code == 400
    assert "As of must be a date, like 1 April 2026" in text(answer) and 'value="yesterday"' in answer.content.decode()


@pytest.mark.parametrize("code", ["XXX", "E99999999", "QWO2", "'; drop table", "a" * 300])
def test_an_unknown_code_is_not_found(sign_in, world, code):
    assert sign_in("officer").get(f"{LIST}{code}/").status_code == 404


def test_a_code_in_small_letters_or_the_other_code_leads_to_the_one_address(sign_in, england):
    officer = sign_in("officer")
    assert officer.get(f"{LIST}qwo/?as_of=2026-05-01")["Location"] == f"{LIST}QWO/?as_of=2026-05-01"
    assert officer.get(f"{LIST}E54000054/")["Location"] == f"{LIST}QWO/"


def test_what_a_body_hosts_belongs_to_made_and_holds_is_on_its_page(sign_in, world):
    page = text(sign_in("officer").get(f"{LIST}QWO/"))
    assert "Bradford District and Craven Partnership place-based partnership, hosted by it" in page
    assert "Bradford place board" in page and "Delegations made (2)" in page and "£2,000,000" in page
    member = text(sign_in("secretary").get(f"{LIST}RCF/"))
    assert "Bradford District and Craven Partnership place-based partnership, member; host" in member


def test_a_body_without_records_says_what_will_appear(sign_in, world):
    page = text(sign_in("officer").get(f"{LIST}R0A/"))
    assert "What it hosts, belongs to, passed on and holds from others appears here." in page


def test_how_complete_the_register_is_stands_beside_it(sign_in, england):
    page = text(sign_in("officer").get(f"{LIST}QWO/"))
    assert "Quality not declared" in page
    assert "Commissioning declared complete from 1 July 2022" in page


def test_an_invented_body_says_that_it_is(sign_in, world):
    body = records.trust(world.icb, code="ZZ1")
    Organisation.objects.filter(pk=body.pk).update(is_fictional=True)
    assert "This body is invented for the demonstration" in text(sign_in("officer").get(f"{LIST}ZZ1/"))


def test_the_page_costs_the_same_for_few_as_for_many(sign_in, world):
    officer, counts = sign_in("officer"), []
    officer.get(f"{LIST}QWO/")
    for total in (10, 200):
        while OrganisationRelation.objects.count() < total:
            body = records.trust(world.icb)
            records.member(records.forum(world.icb), body)
            FormerName.objects.create(organisation=body, name="before", starts=date(2023, 1, 1), ends=date(2024, 1, 1))
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(f"{LIST}QWO/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 15


# --- the audit trail ----------------------------------------------------------------------------------------------


def test_the_trail_shows_who_changed_what(sign_in, world):
    body = world.body("RCF")
    ledger.append(by=world.actor("officer"), kind="organisation.renamed", record=body,
                  before={"name": "Airedale"}, after={"name": body.name})  # fmt: skip
    page = text(sign_in("officer").get(f"{LIST}RCF/trail/"))
    assert "Organisation renamed , by Hannah Whitfield" in page and "name: Airedale" in page


def test_a_body_that_was_only_loaded_says_so(sign_in, world):
    page = text(sign_in("auditor").get(f"{LIST}RCF/trail/"))
    assert "It was loaded from the reference tables, as one entry for all of them" in page


@pytest.mark.parametrize("person", ["partner", "admin", "stranger"])
def test_a_role_without_audit_trails_is_told_who_can_read_them(sign_in, world, person):
    answer = sign_in(person).get(f"{LIST}RCF/trail/")
    assert answer.status_code == 403 and "Auditor" in text(answer)


def test_the_trail_of_an_unknown_code_is_not_found(sign_in, world):
    assert sign_in("officer").get(f"{LIST}XXX/trail/").status_code == 404


def test_every_kind_has_a_page(sign_in, england):
    officer = sign_in("officer")
    for kind in Kind.values:
        if body := Organisation.objects.filter(kind=kind).first():
            assert officer.get(f"{LIST}{body.code}/").status_code == 200
