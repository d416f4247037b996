"""The heatmap: every trust one oversees, in alphabetical order, and no number without enough evidence."""

import csv
import io
from datetime import date

import pytest
import time_machine

from collaboration.actions.frameworks import load_framework
from collaboration.actions.scoring import score_month
from collaboration.framework_file import FOLDER
from collaboration.models import Score
from ics_governance.models import Job
from ics_governance.permissions import SYSTEM
from partnerships.models import Kind, Organisation, OrganisationRelation
from tests import records
from tests.oversight.test_homes import text
from tests.queries import counted
from tests.world import KNOWN

TODAY = date(2026, 7, 14)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def framework(world):
    row, _ = load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    return row


@pytest.fixture
def scored(framework, world):
    """Profiles of everyone, with two scores set by hand."""
    score_month(by=SYSTEM, as_of=TODAY)
    mine = Score.objects.filter(profile__subject=world.body("RCF"))
    mine.filter(characteristic="R").update(score=81, low=70, high=90, band="strong")
    mine.filter(characteristic="D").update(score=38, low=20, high=46, band="of_concern")
    return world


def test_the_region_sees_its_trusts_in_alphabetical_order(scored, sign_in):
    for address in ("/region/", "/"):
        page = text(sign_in("region_lead").get(address))
        assert "North East and Yorkshire" in page and "1 system, 2 trusts" in page
        assert page.index("Airedale NHS Foundation Trust NHS West Yorkshire") < page.index("Leeds Teaching")
        assert "Manchester University" not in page


def test_an_icb_sees_the_trusts_of_its_system(scored, sign_in):
    assert "Airedale" in text(sign_in("officer").get("/region/"))
    page = text(sign_in("other_officer").get("/region/"))
    assert "Manchester University" in page and "Airedale" not in page


def test_each_cell_has_number_and_band_in_words_and_leads_to_its_records(scored, sign_in):
    response = sign_in("region_lead").get("/region/")
    assert "Airedale NHS Foundation Trust, Relationships: 81 strong" in text(response)
    assert "Airedale NHS Foundation Trust, Delivery: 38 of concern" in text(response)
    assert 'href="/profiles/RCF/?characteristic=D"' in response.content.decode()


def test_without_enough_evidence_there_is_no_number(scored, sign_in):
    assert "Airedale NHS Foundation Trust, Rationale: not enough evidence" in text(
        sign_in("region_lead").get("/region/")
    )


def test_what_is_of_concern_comes_first(scored, sign_in):
    page = text(sign_in("region_lead").get("/region/"))
    assert "1 trust has a characteristic of concern Airedale NHS Foundation Trust" in page
    assert "2 trusts lack a number somewhere" in page


def test_a_trust_without_a_profile_says_so(scored, sign_in):
    records.trust(scored.icb, "Zeal NHS Trust")
    page = text(sign_in("region_lead").get("/region/"))
    assert "1 trust has no profile yet" in page and "Zeal NHS Trust, Delivery: not scored yet" in page


def test_it_can_be_narrowed_to_one_system(scored, sign_in):
    other = Organisation.objects.create(kind=Kind.ICB, name="NHS Humber ICB", ods_code="QOQ")
    OrganisationRelation.objects.create(kind="region", source_body=other, target_body=scored.body("Y63"), starts=KNOWN)
    records.trust(other, "Humber Hospitals")
    client = sign_in("region_lead")
    assert "2 systems, 3 trusts" in text(client.get("/region/"))
    page = text(client.get("/region/?system=QOQ"))
    assert "1 trust of NHS Humber ICB" in page and "Airedale" not in page
    assert "3 trusts" in text(client.get("/region/?system=nonsense"))


def test_before_the_first_framework_it_says_so(world, sign_in):
    response = sign_in("region_lead").get("/region/")
    assert response.status_code == 200 and "No framework is loaded yet" in text(response)


@pytest.mark.parametrize("who", ["secretary", "chair", "partner", "admin", "stranger"])
def test_those_who_oversee_nobody_are_told_who_does(scored, sign_in, who):
    response = sign_in(who).get("/region/")
    assert response.status_code == 403 and "regional oversight leads" in text(response)


def test_the_auditor_reads_it_and_cannot_score(scored, sign_in):
    page = text(sign_in("auditor").get("/region/"))
    assert "Airedale" in page and "Score now" not in page


def test_score_now_asks_for_a_run_over_all_of_them(scored, sign_in):
    client = sign_in("region_lead")
    assert "Score now" in text(client.get("/region/"))
    assert client.post("/profiles/score/").url == f"/jobs/{Job.objects.get().pk}/"


def test_the_export_has_what_is_shown_and_no_more_numbers(scored, sign_in):
    response = sign_in("region_lead").get("/region/?format=csv")
    lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert "invented" in lines[0][0]
    head, first = lines[1], dict(zip(lines[1], lines[2], strict=True))
    assert head[:4] == ["Code", "Trust", "Systems", "12 months to"]
    assert (first["Code"], first["Relationships"], first["Relationships, band"]) == ("RCF", "81.0", "strong")
    assert (first["Rationale"], first["Rationale, band"]) == ("", "not enough evidence")
    assert sign_in("region_lead").get("/region/?format=xlsx").status_code == 200
    assert sign_in("region_lead").get("/region/?format=exe").status_code == 400


def test_as_many_statements_for_two_hundred_trusts_as_for_ten(framework, world, sign_in):
    client = sign_in("region_lead")
    asked = []
    for more in (8, 190):
        for _ in range(more):
            records.trust(world.icb)
        score_month(by=SYSTEM, as_of=TODAY)
        client.get("/region/")
        with counted() as statements:
            page = client.get("/region/")
        asked.append(len(statements))
    assert "200 trusts" in text(page)
    assert asked[0] == asked[1] <= 15
