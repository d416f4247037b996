"""Files on the file of a case: given there by either side or by who keeps it, kept and checked like all evidence."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from collaboration.access import P as Collaboration
from collaboration.models import Evidence
from ics_governance.context import acting_as, system
from oversight.actions import file
from oversight.models import CaseEvidence
from partnerships.access import scope
from tests.collaboration.test_evidence_uploads import PDF, office
from tests.oversight.case_world import TODAY, act, case_at, move, raise_case
from tests.oversight.test_homes import text
from tests.world import PEOPLE


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(TODAY, tick=False):
        yield tmp_path


@pytest.fixture
def case(world):
    return case_at(world, "informal_resolution")


def files(store):
    return [path.name for path in store.rglob("*") if path.is_file()]


def give(client, case, data=PDF, name="agenda.pdf", **more):
    values = {"kind": "upload", "title": "The agenda of June", "file": SimpleUploadedFile(name, data), **more}
    return client.post(f"/cases/{case.reference}/evidence/", values, follow=True)


def given():
    with system("look at what is stored"):
        return Evidence.objects.select_related("organisation").get(kind="file")


def nothing_was_kept(store):
    with system("look at what is stored"):
        return not Evidence.objects.exists() and not CaseEvidence.objects.exists() and files(store) == []


@pytest.mark.parametrize(("who", "body"), [("partner", "E08000032"), ("secretary", "RCF"), ("officer", "QWO")])
def test_each_side_and_the_holder_give_a_file_that_the_readers_open(world, sign_in, case, store, who, body):
    page = sign_in(who).get(f"/cases/{case.reference}/evidence/").content.decode()
    assert 'enctype="multipart/form-data"' in page and 'type="file"' in page
    shown = give(sign_in(who), case)
    assert "The evidence is linked to the case." in text(shown) and "The agenda of June" in text(shown)
    row = given()
    assert (row.organisation, row.given_by_id, row.file_name) == (world.body(body), world.user(who).pk, "agenda.pdf")
    assert files(store) == [row.stored_as]
    address = f"/assessments/evidence/{row.pk}/file/"
    assert address in shown.content.decode()
    for reader in ("partner", "secretary", "officer", "region_lead", "auditor"):
        answer = sign_in(reader).get(address)
        assert answer.status_code == 200 and b"".join(answer.streaming_content) == PDF
        assert answer["Content-Disposition"].startswith("attachment")
    for other in ("other_officer", "other_trust", "stranger", "admin"):
        assert sign_in(other).get(address).status_code == 404


def test_others_give_none(world, sign_in, case, store):
    for who, status in (("auditor", 403), ("region_lead", 403), ("other_officer", 404), ("stranger", 404)):
        assert give(sign_in(who), case).status_code == status
    assert nothing_was_kept(store)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"file": ""}, "Select the file"),
        ({"data": b"<html>"}, "This is not a .pdf file"),
        ({"data": office(**{"word/vbaProject.bin": b"x"}), "name": "a.docx"}, "This file holds macros"),
        ({"name": "a.exe"}, "Choose a file of another kind"),
        ({"data": b""}, "empty"),
        ({"title": ""}, "Enter what it shows"),
        ({"kind": "nonsense"}, "Select what it is"),
    ],
)
def test_what_is_no_paper_is_refused_in_words_and_what_was_typed_stays(sign_in, case, store, more, words):
    answer = give(sign_in("secretary"), case, **more)
    assert answer.status_code == 422 and words in text(answer)
    assert more.get("title", "The agenda of June") in answer.content.decode()
    assert nothing_was_kept(store)


def test_a_closed_case_takes_no_file(world, sign_in, case, store):
    move(world, "partner", case, "withdraw")
    answer = give(sign_in("secretary"), case)
    assert answer.status_code == 422 and "This case is closed" in text(answer)
    assert nothing_was_kept(store)


def test_a_restricted_file_is_not_read_by_the_other_side(world, sign_in, case):
    assert "The evidence is linked" in text(give(sign_in("partner"), case, restricted="on"))
    address = f"/assessments/evidence/{given().pk}/file/"
    for who, status in (("partner", 200), ("officer", 200), ("region_lead", 200), ("secretary", 404)):
        assert sign_in(who).get(address).status_code == status


def test_in_confidence_a_file_is_restricted_or_not_taken(world, sign_in, store):
    case = move(world, "officer", raise_case(world, in_confidence=True), "accept")
    answer = give(sign_in("partner"), case)
    assert answer.status_code == 422 and "A file shows who gave it" in text(answer)
    assert nothing_was_kept(store)
    assert "The evidence is linked" in text(give(sign_in("partner"), case, restricted="on"))
    trust = sign_in("secretary")
    assert "The agenda of June" not in text(trust.get(f"/cases/{case.reference}/"))
    assert trust.get(f"/assessments/evidence/{given().pk}/file/").status_code == 404


def test_with_a_scanner_nobody_opens_it_before_it_was_found_clean(world, sign_in, case, settings):
    settings.CLAMAV_ADDRESS = "127.0.0.1:1"
    give(sign_in("secretary"), case)
    assert given().scan == "waiting"
    assert sign_in("partner").get(f"/assessments/evidence/{given().pk}/file/").status_code == 409


def test_a_file_that_was_given_before_serves_another_case(world, sign_in, case):
    shown = sign_in("secretary").get(f"/cases/{case.reference}/evidence/")
    assert "gave before" not in text(shown)  # nothing was
    give(sign_in("secretary"), case)
    other = move(world, "officer", raise_case(world), "accept")
    values = {"kind": "file", "evidence": given().pk, "title": "The same agenda"}
    address = f"/cases/{other.reference}/evidence/"
    assert sign_in("partner").post(address, values).status_code == 422  # another body's
    assert "The evidence is linked" in text(sign_in("secretary").post(address, values, follow=True))
    with system("look at what is stored"):
        assert CaseEvidence.objects.filter(evidence=given()).count() == 2


def test_giving_a_file_leaves_one_entry_in_the_audit_trail(world, case, one_ledger_entry):
    with one_ledger_entry("case.evidence_added"):
        act(world, "partner", file.add_evidence, case=case, upload=SimpleUploadedFile("a.pdf", PDF))


def test_rules_and_row_security_agree_on_who_reads_files_of_cases(world, case):
    for who, restricted in (("partner", True), ("partner", False), ("secretary", True), ("officer", False)):
        upload = SimpleUploadedFile("a.pdf", PDF)
        act(world, who, file.add_evidence, case=case, upload=upload, restricted=restricted)
    for who in PEOPLE:
        actor = world.actor(who)
        with system("what the rules say"):
            by_rules = set(scope(actor, Collaboration.ASSESSMENT_VIEW, Evidence.objects.all()).values_list("pk"))
        with acting_as(actor):
            assert set(Evidence.objects.values_list("pk")) == by_rules, who
