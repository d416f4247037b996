"""Writes about imports of the national register: stage a file, tick differences, apply it at once, drop it.

A file is applied as a whole in one transaction, under the lock that the reference tables take too, and only if the
register still says what the preview started from. One entry of the audit trail covers the rows by their digest; the
rows are found by the id of the import.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from ics_governance import ledger
from ics_governance.actions import locked
from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed, Reason
from partnerships import ods
from partnerships.england import short_name_of_trust
from partnerships.models import Kind, LineageEvent, OdsImport, OdsRow, Organisation, OrganisationRelation
from partnerships.ods import Outcome
from partnerships.queries.keeping import IMPORT_EVENT, IMPORTED, KNOWN_FROM
from partnerships.queries.ods import counts, register_on, stale

from .organisations import (
    DAY,
    end_links,
    follow_end,
    happened,
    keep_name,
    mark_corrected,
    refuse,
    require_keeper,
    take_turns,
)
from .relations import save_or_refuse, set_lead

Relation = OrganisationRelation.Kind
DOES = (Outcome.CREATED, Outcome.CHANGED, Outcome.CLOSED)
MOST_TOLD = 20  # problems of a bad file
NOTE = "From the national register."
STALE = "The register has changed since this preview ({what}). Preview the file again."


@dataclass(frozen=True)
class Imported:
    """What an import did or would do: how many rows of each outcome, the rows themselves, and the record of it."""

    counts: dict[str, int]
    rows: tuple[OdsRow, ...]
    record: OdsImport | None = None
    applied: int = 0


def read_extract(data: bytes) -> ods.Extract:
    """What a file says. Raises GuardFailed with every problem and its line."""
    try:
        return ods.read(data)
    except ods.BadExtract as error:
        told = [Reason(str(problem)) for problem in error.problems[:MOST_TOLD]]
        if more := len(error.problems) - len(told):
            told.append(Reason(f"And {more} more."))
        raise GuardFailed(
            [Reason("Choose another file, or mend this one: nothing of it was used", "file"), *told]
        ) from None


@transaction.atomic
def stage(*, by: Actor, file_name: str, data: bytes) -> OdsImport:
    """Read a file, compare it, and keep the preview. Nothing in the register changes."""
    require_keeper(by)
    staged, rows = _compared(by, file_name, read_extract(data), data)
    staged.save()
    OdsRow.objects.bulk_create(rows)
    return staged


def _compared(by: Actor, file_name: str, extract: ods.Extract, data: bytes) -> tuple[OdsImport, list[OdsRow]]:
    comparison = ods.compare(extract, register_on(by.on), by.on)
    ids = dict(Organisation.objects.exclude(ods_code=None).values_list("ods_code", "pk"))
    staged = OdsImport(
        file_name=file_name[-200:],
        layout=extract.layout,
        digest=hashlib.sha256(data).hexdigest(),
        rows=len(extract.said),
        staged_by_id=by.user_id,
    )
    rows = [
        OdsRow(
            staged=staged,
            line=row.line,
            code=row.code,
            name=row.name,
            outcome=row.outcome.value,
            organisation_id=ids.get(row.code),
            changes={field: list(change) for field, change in row.changes.items()},
            note=row.note[:300],
        )
        for row in comparison.rows
    ]
    return staged, rows


@transaction.atomic
def tick(*, by: Actor, staged: OdsImport, shown: Collection[int], ticked: Collection[int]) -> None:
    """Choose which differences are applied; of the rows shown, those not ticked are not."""
    require_keeper(by)
    _still_staged(locked(staged))
    rows = OdsRow.objects.filter(staged=staged, outcome=Outcome.DIFFERS.value, pk__in=list(shown))
    rows.update(ticked=False)
    rows.filter(pk__in=list(ticked)).update(ticked=True)


@transaction.atomic
def drop(*, by: Actor, staged: OdsImport) -> OdsImport:
    """Put a preview aside: it is kept and can no longer be applied."""
    require_keeper(by)
    staged = locked(staged)
    _still_staged(staged)
    staged.state = OdsImport.State.DROPPED
    staged.save(update_fields=["state"])
    return staged


@transaction.atomic
def apply(*, by: Actor, staged: OdsImport) -> Imported:
    """Carry out a preview, at once. Raises GuardFailed when it was done already or the register has changed."""
    require_keeper(by)
    staged = locked(staged)
    _still_staged(staged)
    take_turns()
    rows = list(OdsRow.objects.filter(staged=staged).select_related("organisation"))
    if gone := stale(rows, register_on(by.on)):
        names = ", ".join(row.name for row in gone[:3])
        raise GuardFailed([Reason(STALE.format(what=names))])
    return _carried_out(by, staged, rows)


def _still_staged(staged: OdsImport) -> None:
    if staged.state == OdsImport.State.APPLIED:
        when = in_words(timezone.localtime(staged.applied_at).date()) if staged.applied_at else "already"
        raise GuardFailed([Reason(f"This import was applied on {when}; it cannot be applied again.")])
    refuse(Reason("This import was dropped.") if staged.state == OdsImport.State.DROPPED else None)


@transaction.atomic
def import_file(
    *, by: Actor, file_name: str, data: bytes, accept: Collection[str] = (), dry_run: bool = False
) -> Imported:
    """Read, compare and apply a file at once, with the differences of these codes. Without effect: nothing is kept.

    A code in which nothing differs any more is passed over, so that the same command can be given again.
    """
    require_keeper(by)
    take_turns()
    extract = read_extract(data)
    staged, rows = _compared(by, file_name, extract, data)
    wanted = {code.strip().upper() for code in accept}
    for row in rows:
        row.ticked = row.outcome == Outcome.DIFFERS and row.code in wanted
    if missing := sorted(wanted - {said.code for said in extract.said}):
        raise GuardFailed([Reason(f"The file says nothing about {', '.join(missing)}: check what is accepted.")])
    if dry_run or not any(_does(row) for row in rows):
        return Imported(_count(staged, rows), tuple(rows))
    staged.save()
    OdsRow.objects.bulk_create(rows)
    return _carried_out(by, staged, rows)


def _count(staged: OdsImport, rows: Iterable[OdsRow]) -> dict[str, int]:
    told = {outcome.value: 0 for outcome in Outcome}
    for row in rows:
        told[row.outcome] += 1
    return told | {"unchanged": staged.rows - sum(told.values())}


def _does(row: OdsRow) -> bool:
    return row.outcome in DOES or (row.outcome == Outcome.DIFFERS and row.ticked)


# --- Carrying out -------------------------------------------------------------------------------------------------


def _carried_out(by: Actor, staged: OdsImport, rows: list[OdsRow]) -> Imported:
    doing = [row for row in rows if _does(row)]
    bodies = {body.ods_code: body for body in Organisation.objects.exclude(ods_code=None)}
    for row in doing:
        if row.outcome == Outcome.CREATED:
            bodies[row.code] = _create(row, by.on, staged)
    for row in doing:  # regions and ICBs first: a trust may belong to an ICB of the same file
        if row.outcome != Outcome.CREATED:
            _change(row, bodies[row.code], by.on, staged)
    for field in ("region", "icb"):
        for row in doing:
            if field in row.changes:
                _place(row, bodies[row.code], bodies[row.changes[field][1]], field, by.on)
    staged.state, staged.applied_at = OdsImport.State.APPLIED, timezone.now()
    staged.save(update_fields=["state", "applied_at"])
    OdsRow.objects.bulk_update(doing, ["organisation"])
    ledger.append_bulk(
        by=by,
        kind="ods.applied",
        import_id=f"ods-{staged.pk}",
        digest=ledger.digest_of_rows([row.line, row.code, row.outcome, row.changes] for row in doing),
        count=len(doing),
    )
    return Imported(counts(staged), tuple(rows), staged, len(doing))


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


def _after(row: OdsRow, field: str) -> Any:
    return row.changes[field][1] if field in row.changes else None


def _create(row: OdsRow, on: date, staged: OdsImport) -> Organisation:
    name, kind = _after(row, "name"), _after(row, "kind")
    refuse(None if kind else Reason(STALE.format(what=name)))  # staged before the kind was kept
    body = Organisation.objects.create(
        kind=kind,
        name=name,
        short_name=short_name_of_trust(name) if kind == Kind.TRUST else _short_name_of_icb(name),
        ods_code=row.code,
        opened=_day(_after(row, "opened")),
        closed=_day(_after(row, "closed")),
        is_foundation_trust=bool(_after(row, "is_foundation_trust")),
        source=f"{IMPORTED} {staged.pk} of {in_words(on)}",
    )
    row.organisation = body
    return body


def _short_name_of_icb(name: str) -> str:
    area = name.removeprefix("NHS ").removesuffix(" Integrated Care Board")
    return f"{area} ICB"[:80]


def _change(row: OdsRow, body: Organisation, on: date, staged: OdsImport) -> None:
    followed = None
    instrument = f"{IMPORT_EVENT} {staged.pk} of the national register, {staged.file_name}"[:200]
    if "name" in row.changes:
        before = body.name
        keep_name(body, row.changes["name"][1], on, on)
        happened(body, LineageEvent.Kind.RENAME, on, instrument, moved={"names": [before, body.name]})
    if "is_foundation_trust" in row.changes:
        body.is_foundation_trust = bool(row.changes["is_foundation_trust"][1])
    if "opened" in row.changes:
        body.opened = _day(row.changes["opened"][1])
    if "closed" in row.changes:
        before_it, body.closed = body.closed, _day(row.changes["closed"][1])
        followed = follow_end(body, before_it, body.closed)
    if row.outcome == Outcome.DIFFERS:
        mark_corrected(body)  # somebody chose it: it stays curated, and the tables no longer change it
    _within_its_life(body)
    body.save()
    if body.closed and "closed" in row.changes and followed is None:
        ended = end_links(body, body.closed)
        happened(body, LineageEvent.Kind.CLOSE, body.closed + DAY, instrument, moved=ended)


def _within_its_life(body: Organisation) -> None:
    """No link predates its bodies or outlasts them. Raises GuardFailed where dates of the file would make it so."""
    links = OrganisationRelation.objects.filter(source_body=body) | OrganisationRelation.objects.filter(
        target_body=body
    )
    if body.opened and body.closed and body.closed < body.opened:
        raise GuardFailed([Reason(f"{body.name}: it would close before it opened.")])
    if body.opened and links.filter(starts__lt=body.opened).exists():
        day = in_words(body.opened)
        raise GuardFailed([Reason(f"{body.name}: a link of it begins before {day}, when the file says it opened.")])
    if body.closed and links.filter(starts__gt=body.closed).exists():
        day = in_words(body.closed)
        raise GuardFailed([Reason(f"{body.name}: a link of it begins after {day}, when the file says it closed.")])


def _place(row: OdsRow, body: Organisation, above: Organisation, field: str, on: date) -> None:
    """Link a body to its ICB or region: from when both are known to exist, or from today where it moves."""
    kind = Relation.SYSTEM if field == "icb" else Relation.REGION
    links = OrganisationRelation.objects.filter(source_body=body, kind=kind, lead=True, starts__isnull=False)
    starts = max(filter(None, (KNOWN_FROM, body.opened, above.opened, on if links.exists() else None)))
    last = min(filter(None, (body.closed, above.closed)), default=None)
    if last and last < starts:
        return  # it closed before links were known
    if links.filter(starts=starts).update(target_body=above):
        return  # a second correction on one day
    try:
        if field == "icb":
            set_lead(body, above, starts, note=NOTE)
            return
        links.filter(starts__lt=starts, ends=None).update(ends=starts - DAY)
        save_or_refuse(
            OrganisationRelation(kind=kind, source_body=body, target_body=above, starts=starts, ends=last, note=NOTE),
            "starts",
        )
    except GuardFailed as refused:
        raise GuardFailed([Reason(f"{body.name}: {reason.text}") for reason in refused.reasons]) from None
