"""Writes about evidence: give a file, a link or a decision for an answer, use it again, take it off, scan files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import IO, Any, Protocol

import structlog
from django.conf import settings
from django.db import transaction

from collaboration import evidence_store, scanner
from collaboration.access import P
from collaboration.models import Answer, Evidence, EvidenceLink
from collaboration.queries import assessments as queries
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import place_of
from collaboration.uploads import Unfit, check
from ics_governance.context import system
from ics_governance.jobs import send_task
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P as Partnerships
from partnerships.access import allowed
from partnerships.models import Decision

MOST = 20  # pieces for one answer
log = structlog.get_logger(__name__)


class Upload(Protocol):
    """An uploaded file as the web framework hands it over; never whole in memory."""

    name: str | None
    size: int | None
    file: IO[bytes] | None

    def chunks(self) -> Any:
        """Its bytes in pieces."""


@transaction.atomic
def give_file(*, by: Actor, answer: Answer, upload: Any, title: str = "", dated_on: date | None = None) -> Evidence:
    """Keep a file for an answer. With a scanner configured nobody can open it before it was found clean."""
    _check(by, answer)
    with _written(upload, title, dated_on) as values:
        return _give(by, answer, **values)


@transaction.atomic
def keep_file(*, by: Actor, organisation_id: int, upload: Upload, title: str = "") -> Evidence:
    """Keep a file of a body for a record other than an answer, whose own action has checked who may give it."""
    with _written(upload, title) as values:
        return _save(by, organisation_id, **values)


@contextmanager
def _written(upload: Any, title: str = "", dated_on: date | None = None) -> Iterator[dict[str, Any]]:
    """What a row says of a file that is fit and was written; when making the row fails, no file is left."""
    try:
        fit = check(upload.file, upload.name or "", upload.size or 0)
    except Unfit as error:
        raise GuardFailed([Reason(str(error), "file")]) from None
    try:
        name, digest, size = evidence_store.write(upload.chunks())
    except OSError as error:
        log.error("evidence_not_written", error=str(error))
        raise GuardFailed([Reason("The file could not be kept just now. Try again, or give a link", "file")]) from None
    try:
        yield {
            "kind": Evidence.Kind.FILE, "title": title or fit.name, "dated_on": dated_on, "stored_as": name,
            "file_name": fit.name, "media_type": fit.media_type, "size": size, "digest": digest,
            "scan": Evidence.Scan.WAITING if settings.CLAMAV_ADDRESS else Evidence.Scan.NOT_SCANNED,
        }  # fmt: skip
    except BaseException:
        evidence_store.drop(name)
        raise
    transaction.on_commit(lambda: _kept(name), robust=True)  # given; the nightly sweep does what fails here


def _kept(name: str) -> None:
    """After the commit: the file takes its place and, where a scanner is configured, is scanned."""
    evidence_store.keep(name)
    if settings.CLAMAV_ADDRESS:
        send_task("collaboration.scan_evidence")


@transaction.atomic
def give_link(*, by: Actor, answer: Answer, url: str, title: str, dated_on: date | None = None) -> Evidence:
    """A paper where it is published."""
    _check(by, answer)
    if not url.startswith(("https://", "http://")):
        raise GuardFailed([Reason("An address that begins with https://", "url")])
    return _give(by, answer, kind=Evidence.Kind.LINK, title=title, url=url, dated_on=dated_on)


@transaction.atomic
def give_decision(*, by: Actor, answer: Answer, reference: str) -> Evidence:
    """A decision of the register that this person may see."""
    _check(by, answer)
    decision = Decision.objects.filter(reference=reference.strip().upper()).first()
    if decision is None or not allowed(by, Partnerships.DECISION_VIEW, decision):
        raise GuardFailed([Reason("A decision that you can see; use its reference, like QWO-2026-0143", "reference")])
    body = answer.assessment.subject_id
    with system("look for a decision that was given before"):
        before = Evidence.objects.filter(organisation=body, decision=decision).first()
    if before:
        return _link(by, answer, before)
    title = f"{decision.reference} {decision.title}"[:200]
    return _give(by, answer, kind=Evidence.Kind.DECISION, title=title, decision=decision, dated_on=decision.decided_on)


@transaction.atomic
def use_again(*, by: Actor, answer: Answer, evidence: Evidence) -> Evidence:
    """Something that the body gave before serves this answer too."""
    _check(by, answer)
    if evidence.organisation_id != answer.assessment.subject_id:
        raise GuardFailed([Reason("Evidence that this body gave itself")])
    if evidence.scan == Evidence.Scan.REFUSED:
        raise GuardFailed([Reason("Another file: the scanner refused this one")])
    return _link(by, answer, evidence)


@transaction.atomic
def take_off(*, by: Actor, answer: Answer, evidence: Evidence) -> None:
    """This answer does not rest on it any more; the body keeps it."""
    _check(by, answer)
    with system("take evidence off an answer"):
        EvidenceLink.objects.filter(answer=answer, evidence=evidence).delete()


def _check(by: Actor, answer: Answer) -> None:
    """The same as for typing the answer: permission for the section, and a draft."""
    with system("check an answer"):
        rows = Answer.objects.select_related("assessment__framework").defer("assessment__content")
        current = rows.select_for_update(of=("self", "assessment")).get(pk=answer.pk)
    place = place_of(content_of(current.assessment.framework), current.kloe)
    if place is None or not queries.may_answer(by, current.assessment, place[0].code):
        raise Refused(P.ASSESSMENT_ANSWER)
    if not current.assessment.is_editable:
        now = current.assessment.get_state_display()
        raise GuardFailed([Reason(f"Evidence cannot be changed any more: this is {now}.")])


def _give(by: Actor, answer: Answer, **values: Any) -> Evidence:
    return _link(by, answer, _save(by, answer.assessment.subject_id, **values))


def _save(by: Actor, organisation_id: int, **values: Any) -> Evidence:
    evidence = Evidence(organisation_id=organisation_id, given_by_id=by.user_id, **values)  # type: ignore[misc]
    with system("give evidence"):
        evidence.save()
    return evidence


def _link(by: Actor, answer: Answer, evidence: Evidence) -> Evidence:
    with system("link evidence to an answer"):
        if EvidenceLink.objects.filter(answer=answer).count() >= MOST:
            raise GuardFailed([Reason(f"At most {MOST} pieces for one answer: take one off first")])
        EvidenceLink.objects.get_or_create(answer=answer, evidence=evidence, defaults={"linked_by_id": by.user_id})  # type: ignore[misc]
    return evidence


# --- Scanning -----------------------------------------------------------------------------------------------------


def scan_waiting(look: Callable[[IO[bytes], str], bool] = scanner.is_clean) -> dict[str, int]:
    """Scan the files that wait; counts by verdict. Without a verdict a file goes on waiting, and nobody can open it."""
    counts = {"clean": 0, "refused": 0, "waiting": 0}
    if not settings.CLAMAV_ADDRESS:
        return counts
    with transaction.atomic(), system("scan evidence"):
        unseen = (Evidence.Scan.WAITING, Evidence.Scan.NOT_SCANNED)
        rows = Evidence.objects.filter(kind=Evidence.Kind.FILE, scan__in=unseen)
        for row in rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk")[:50]:
            verdict = _verdict(row, look)
            counts[verdict] += 1
            if verdict != row.scan:
                Evidence.objects.filter(pk=row.pk).update(scan=verdict)
            if verdict == Evidence.Scan.WAITING:
                break  # the scanner does not answer: the others are tried next time
    return counts


def _verdict(row: Evidence, look: Callable[[IO[bytes], str], bool]) -> str:
    path = evidence_store.find(row.stored_as)
    if path is None:
        return Evidence.Scan.REFUSED
    try:
        with path.open("rb") as stream:
            clean = look(stream, settings.CLAMAV_ADDRESS)
    except scanner.Unavailable as error:
        log.warning("scanner_unavailable", error=str(error))
        return Evidence.Scan.WAITING
    if not clean:
        evidence_store.drop(row.stored_as)
        log.warning("evidence_refused_by_scanner", evidence=row.pk)
    return Evidence.Scan.CLEAN if clean else Evidence.Scan.REFUSED


def may_be_opened(evidence: Evidence) -> bool:
    """Whether a file may leave: found clean, or no scanner is configured."""
    if evidence.scan == Evidence.Scan.CLEAN:
        return True
    return evidence.scan == Evidence.Scan.NOT_SCANNED and not settings.CLAMAV_ADDRESS


def sweep() -> int:
    """Take away what failed uploads left behind."""
    with transaction.atomic(), system("sweep the evidence folder"):
        known = list(Evidence.objects.filter(kind=Evidence.Kind.FILE).values_list("stored_as", flat=True))
    return evidence_store.sweep(known)
