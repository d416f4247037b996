"""Evidence: kept under random names, served as attachments to those who may, quarantined until it was found clean."""

import hashlib
import os
import socket
import struct
import threading
import time
from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from collaboration import evidence_store, scanner
from collaboration.actions import assessments, evidence
from collaboration.models import Evidence, EvidenceLink
from ics_governance.context import acting_as, system
from ics_governance.workflow import GuardFailed
from tests import returns
from tests.collaboration.test_evidence_uploads import PDF, office

# The test file of the antivirus industry, in two halves so that no scanner stumbles over this one
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAND" + b"ARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(date(2026, 10, 20), tick=True):
        yield tmp_path


@pytest.fixture
def draft(world, framework):
    return returns.begun(world, framework)


def files(store):
    return sorted(path.name for path in store.rglob("*") if path.is_file())


def give(world, draft, data=PDF, name="paper.pdf", who="secretary", **more):
    actor = world.actor(who)
    upload = SimpleUploadedFile(name, data)
    with acting_as(actor):
        return evidence.give_file(by=actor, answer=returns.answer(draft), upload=upload, **more)


# --- Keeping ------------------------------------------------------------------------------------------------------


def test_a_file_is_kept_under_a_random_name_with_its_digest(world, draft, store, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = give(world, draft)
    assert (row.file_name, row.size, row.scan) == ("paper.pdf", len(PDF), "not_scanned")
    assert row.digest == hashlib.sha256(PDF).hexdigest()
    path = store / "evidence" / row.stored_as
    assert path.read_bytes() == PDF
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert files(store) == [row.stored_as]


def test_a_refused_file_leaves_neither_row_nor_file(world, draft, store):
    for data, name in ((office(**{"word/vbaProject.bin": b"x"}), "a.docx"), (b"<html>", "a.pdf")):
        with pytest.raises(GuardFailed):
            give(world, draft, data, name)
    with system("look"):
        assert not Evidence.objects.exists()
    assert files(store) == []


def test_a_failure_after_the_file_was_written_leaves_no_file(world, draft, store, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(evidence, "_link", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        give(world, draft)
    assert files(store) == []


def test_what_a_later_failure_of_the_request_leaves_is_swept(world, draft, store):
    with pytest.raises(RuntimeError), transaction.atomic():
        give(world, draft)
        raise RuntimeError("a fault after the action")
    (left,) = files(store)
    assert evidence.sweep() == 0, "it may belong to a request that is still running"
    path = store / "incoming" / left
    os.utime(path, (time.time() - 2 * evidence_store.STALE,) * 2)
    assert evidence.sweep() == 1
    assert files(store) == []


def test_a_full_disk_is_a_plain_answer(world, draft, store, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(evidence_store.os, "open", full)
    with pytest.raises(GuardFailed, match="could not be kept just now"):
        give(world, draft)
    assert files(store) == []


def test_evidence_is_given_once_and_used_again(world, draft):
    row = returns.link(world, draft, "1.1")
    actor = world.actor("secretary")
    with acting_as(actor):
        evidence.use_again(by=actor, answer=returns.answer(draft, "1.2"), evidence=row)
        evidence.use_again(by=actor, answer=returns.answer(draft, "1.2"), evidence=row)
        evidence.take_off(by=actor, answer=returns.answer(draft, "1.1"), evidence=row)
    with system("look"):
        assert list(EvidenceLink.objects.values_list("answer__kloe", flat=True)) == ["1.2"]
        assert Evidence.objects.count() == 1


def test_a_decision_counts_when_it_may_be_seen(world, draft):
    actor = world.actor("secretary")
    world.decision(1, shared=True)
    world.decision(2)
    with acting_as(actor):
        row = evidence.give_decision(by=actor, answer=returns.answer(draft), reference="qwo-2026-0001")
        assert evidence.give_decision(by=actor, answer=returns.answer(draft, "1.2"), reference="QWO-2026-0001") == row
        for reference in ("QWO-2026-0002", "QWO-2026-9999", "nonsense"):
            with pytest.raises(GuardFailed, match="A decision that you can see"):
                evidence.give_decision(by=actor, answer=returns.answer(draft), reference=reference)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "//x.test"])
def test_a_link_leads_to_the_web(world, draft, url):
    actor = world.actor("secretary")
    with acting_as(actor), pytest.raises(GuardFailed, match="https://"):
        evidence.give_link(by=actor, answer=returns.answer(draft), url=url, title="x")


# --- Serving ------------------------------------------------------------------------------------------------------


def test_a_file_is_an_attachment_for_those_who_may_see_it(world, draft, sign_in, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = give(world, draft)
    address = reverse("evidence-file", args=[row.pk])
    answer = sign_in("chair").get(address)
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="paper.pdf"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    for who in ("officer", "region_lead", "other_trust", "stranger"):
        assert sign_in(who).get(address).status_code == 404
    returns.bring(world, draft, "submitted")
    assert sign_in("officer").get(address).status_code == 200


def test_a_contributor_of_another_body_sees_the_evidence_of_the_assessment(world, draft, sign_in):
    row = give(world, draft)
    actor = world.actor("secretary")
    with acting_as(actor):
        assessments.assign(by=actor, assessment=draft, characteristic="R", user=world.user("partner"))
    assert sign_in("partner").get(reverse("evidence-file", args=[row.pk])).status_code == 200


# --- Scanning -----------------------------------------------------------------------------------------------------


class Clamd:
    """A daemon of the tests: it finds EICAR, or hangs up, or says nothing."""

    def __init__(self, manner="works"):
        self.manner, self.server = manner, socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            if self.manner == "works":
                line.sendall(self.verdict(line))
            if self.manner != "hangs":
                line.close()

    def verdict(self, line):
        stream = line.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack(">L", stream.read(4))[0]:
            data += stream.read(size)
        return b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in data else b"stream: OK\0"


@pytest.fixture
def clamd(settings):
    made = []

    def start(manner="works"):
        made.append(Clamd(manner))
        settings.CLAMAV_ADDRESS = made[-1].address
        return made[-1]

    yield start
    for one in made:
        one.server.close()


def test_nobody_opens_a_file_before_it_was_found_clean(
    world, draft, sign_in, clamd, django_capture_on_commit_callbacks
):
    clamd()
    with django_capture_on_commit_callbacks(execute=True):
        row = give(world, draft)
    address = reverse("evidence-file", args=[row.pk])
    waits = sign_in("secretary").get(address)
    assert (waits.status_code, "waits for the virus scanner" in waits.content.decode()) == (409, True)
    assert evidence.scan_waiting()["clean"] == 1
    assert sign_in("secretary").get(address).status_code == 200


def test_what_the_scanner_refuses_is_not_kept(world, draft, sign_in, clamd, store, django_capture_on_commit_callbacks):
    clamd()
    with django_capture_on_commit_callbacks(execute=True):
        row = give(world, draft, EICAR, "eicar.txt")
    assert evidence.scan_waiting()["refused"] == 1
    assert files(store) == []
    answer = sign_in("secretary").get(reverse("evidence-file", args=[row.pk]))
    assert (answer.status_code, "scanner refused" in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("manner", ["hangs up", "hangs", "gone"])
def test_without_a_verdict_a_file_goes_on_waiting(world, draft, sign_in, clamd, monkeypatch, manner):
    monkeypatch.setattr(scanner.is_clean, "__defaults__", (0.2,))
    daemon = clamd(manner)
    if manner == "gone":
        daemon.server.close()
    row = give(world, draft)
    assert evidence.scan_waiting() == {"clean": 0, "refused": 0, "waiting": 1}
    assert sign_in("secretary").get(reverse("evidence-file", args=[row.pk])).status_code == 409


def test_a_file_from_before_the_scanner_came_is_scanned_too(world, draft, sign_in, clamd):
    row = give(world, draft)
    clamd()
    assert sign_in("secretary").get(reverse("evidence-file", args=[row.pk])).status_code == 409
    assert evidence.scan_waiting()["clean"] == 1


# --- By the page --------------------------------------------------------------------------------------------------


def test_a_file_given_on_the_page_stands_beside_its_answer(world, draft, sign_in):
    address = reverse("assessment-evidence", args=[draft.pk, "1.1"])
    upload = SimpleUploadedFile("paper.pdf", PDF)
    page = sign_in("secretary").post(address, {"kind": "file", "file-file": upload}, follow=True).content.decode()
    assert "paper.pdf" in page
    assert "Added to the evidence" in page


def test_a_refused_file_says_why_at_its_field(world, draft, sign_in):
    address = reverse("assessment-evidence", args=[draft.pk, "1.1"])
    upload = SimpleUploadedFile("paper.docx", office(**{"word/vbaProject.bin": b"x"}))
    answer = sign_in("secretary").post(address, {"kind": "file", "file-file": upload, "file-title": "My paper"})
    assert answer.status_code == 422
    assert "holds macros" in answer.content.decode()
    assert "My paper" in answer.content.decode()


def test_far_too_much_is_refused_by_its_announced_size_before_it_is_read(world, draft, sign_in):
    class Endless:
        """Fails the test when it is read."""

        def read(self, *args):
            raise AssertionError("read")

        readline = read

    client = sign_in("secretary")
    answer = client.generic(
        "POST", reverse("assessment-evidence", args=[draft.pk, "1.1"]), b"x",
        content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(200 * 1024**2), **{"wsgi.input": Endless()},
    )  # fmt: skip
    assert answer.status_code == 413
    assert "larger than this site accepts" in answer.content.decode()
