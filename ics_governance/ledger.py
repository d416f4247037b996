"""The audit trail: every governed change appends an entry; a sealer chains the entries by digest.

Entries are written without any lock on the chain's head, inside the transaction of the change. One sealer, woken on
commit, gives them their order and digest a moment later; readers follow the chain by sequence.

    commitment = sha256(salt || value)                                    value: canonical JSON of [before, after]
    fields     = length-prefixed: id, recorded_at, actor, organisation, request, kind, record, schema, body
    digest     = sha256(previous digest || sequence || sealed_at || sha256(fields))

`sequence` and `sealed_at` (microseconds since 1970) are 8 bytes each, big-endian. Times are UTC in ISO form.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import connection, models, transaction

from .context import system
from .models import LedgerEntry, LedgerSeal, LedgerValue, User
from .permissions import Actor

SCHEMA = 1
GENESIS = bytes(32)
BATCH = 2_000
# No transaction may live longer than this; the sealer looks no further back for entries without a seal.
LATE = timedelta(hours=1)
SEALER_LOCK = 0x1CE5EA1


def canonical(value: object) -> str:
    """JSON with one spelling: sorted keys, no spaces, dates in ISO form (times in UTC), decimals as text."""
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return _in_utc(value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def commitment(salt: bytes, value: str) -> str:
    """What an entry keeps of a value: sha256 of salt and value, as hex."""
    return hashlib.sha256(bytes(salt) + value.encode()).hexdigest()


def record_name(record: models.Model) -> str:
    """How entries name a record: `decision:12`."""
    return f"{record._meta.model_name}:{record.pk}"


def snapshot(record: models.Model, fields: Iterable[str]) -> dict[str, object]:
    """The named fields of a record as plain values, for `before` and `after`."""
    return {name: record._meta.get_field(name).value_from_object(record) for name in fields}  # type: ignore[union-attr]


def append(
    *,
    by: Actor,
    kind: str,
    record: models.Model,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    organisation_id: int | None = None,
    wake: bool = True,
) -> LedgerEntry:
    """Record a governed change. Only fields that differ are kept, each as a commitment with its value beside.

    Call it inside the transaction of the change. `kind` is the event, such as `decision.agreed`.
    """
    values = _commit(before or {}, after or {})
    entry = _insert(by, kind, record_name(record), organisation_id, _body(values))
    with system("write the values of an audit entry"):
        LedgerValue.objects.bulk_create(
            LedgerValue(entry=entry, name=name, salt=salt, value=value) for name, (salt, value) in values.items()
        )
    if wake:
        transaction.on_commit(wake_sealer)
    return entry


@dataclass(frozen=True)
class ToAppend:
    """One governed change among many, for `append_many`; the same words as those of `append`."""

    kind: str
    record: models.Model
    before: Mapping[str, object]
    after: Mapping[str, object]
    organisation_id: int | None = None


def append_many(*, by: Actor, changes: Iterable[ToAppend]) -> int:
    """An entry for each of many changes of one transaction, in a few statements; returns how many.

    What each entry holds is what `append` would have written for it.
    """
    rows = list(changes)
    values = [_commit(row.before, row.after) for row in rows]
    entries = LedgerEntry.objects.bulk_create(
        _entry(by, row.kind, record_name(row.record), row.organisation_id, _body(kept))
        for row, kept in zip(rows, values, strict=True)
    )
    with system("write the values of audit entries"):
        LedgerValue.objects.bulk_create(
            LedgerValue(entry=entry, name=name, salt=salt, value=value)
            for entry, kept in zip(entries, values, strict=True)
            for name, (salt, value) in kept.items()
        )
    if rows:
        transaction.on_commit(wake_sealer)
    return len(rows)


def _commit(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, tuple[bytes, str]]:
    """Salt and value of each field that differs."""
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {name: (secrets.token_bytes(16), canonical([before.get(name), after.get(name)])) for name in changed}


def _body(values: Mapping[str, tuple[bytes, str]]) -> str:
    return canonical({"fields": {name: commitment(*pair) for name, pair in values.items()}})


def append_bulk(
    *, by: Actor, kind: str, import_id: str, digest: str, count: int, organisation_id: int | None = None
) -> LedgerEntry:
    """Record a bulk import as one entry over the digest of its rows (see `digest_of_rows`)."""
    body = canonical({"import": import_id, "rows": count, "digest": digest})
    entry = _insert(by, kind, f"import:{import_id}", organisation_id, body)
    transaction.on_commit(wake_sealer)
    return entry


def digest_of_rows(rows: Iterable[object]) -> str:
    """SHA-256 over the canonical rows in order, each with its length before it."""
    total = hashlib.sha256()
    for row in rows:
        data = canonical(row).encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def _insert(by: Actor, kind: str, record: str, organisation_id: int | None, body: str) -> LedgerEntry:
    entry = _entry(by, kind, record, organisation_id, body)
    entry.save(force_insert=True)
    return entry


def _entry(by: Actor, kind: str, record: str, organisation_id: int | None, body: str) -> LedgerEntry:
    return LedgerEntry(
        actor=by.user_id,
        organisation=organisation_id,
        request=structlog.contextvars.get_contextvars().get("request_id", ""),
        kind=kind,
        record=record,
        schema=SCHEMA,
        body=body,
    )


def wake_sealer() -> None:
    """Ask the worker to seal now; the schedule does so every few seconds anyway."""
    from .jobs import send_task

    send_task("ledger.seal")


# --- Sealing ------------------------------------------------------------------------------------------------------

FIELDS = ("id", "recorded_at", "actor", "organisation", "request", "kind", "record", "schema", "body")
COLUMNS = ", ".join(f"e.{name}" for name in FIELDS)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def digest(previous: bytes, sequence: int, sealed_at: datetime, row: tuple[Any, ...]) -> bytes:
    """The digest of an entry (its `FIELDS` in order) at a place in the chain."""
    total = hashlib.sha256()
    for value in row:
        text = _in_utc(value).isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
        data = text.encode()
        total.update(len(data).to_bytes(8, "big") + data)
    moment = (sealed_at - EPOCH) // timedelta(microseconds=1)
    place = sequence.to_bytes(8, "big", signed=True) + moment.to_bytes(8, "big", signed=True)
    return hashlib.sha256(bytes(previous) + place + total.digest()).digest()


def seal() -> int:
    """Chain up to one batch of entries that have no seal yet; returns how many. A second sealer leaves at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("select sequence, digest from ics_governance_ledgerseal order by sequence desc limit 1")
        sequence, previous = cursor.fetchone() or (0, GENESIS)
        rows = _unsealed(cursor)
        cursor.execute("select clock_timestamp()")
        sealed_at = cursor.fetchone()[0]
        with cursor.copy("copy ics_governance_ledgerseal (sequence, entry_id, digest, sealed_at) from stdin") as copy:
            for row in rows:
                sequence += 1
                previous = digest(previous, sequence, sealed_at, row)
                copy.write_row((sequence, row[0], previous, sealed_at))
        return len(rows)


def _unsealed(cursor: Any) -> list[tuple[Any, ...]]:
    """Entries without a seal, lowest number first.

    Numbers may commit out of order, but none later than `LATE`: what was sealed over an hour before the last seal is
    complete below its highest number. Counted from the last seal, not from now, since the worker may have stood still.
    """
    cursor.execute(
        f"""select {COLUMNS} from ics_governance_ledgerentry e
            where e.id > coalesce((select max(entry_id) from ics_governance_ledgerseal where sealed_at <
                                     (select max(sealed_at) from ics_governance_ledgerseal) - %s), 0)
              and not exists (select 1 from ics_governance_ledgerseal s where s.entry_id = e.id)
            order by e.id limit %s""",  # noqa: S608 - the columns are our own
        [LATE, BATCH],
    )
    return list(cursor.fetchall())


def seal_all() -> int:
    """Seal until nothing is left; returns how many entries were sealed."""
    total = 0
    while count := seal():
        total += count
    return total


# --- Verifying ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One thing that does not fit: where in the chain, which entry, and what is wrong in a sentence."""

    sequence: int | None
    entry: int | None
    problem: str

    def __str__(self) -> str:
        place = f"sequence {self.sequence}" if self.sequence is not None else "not in the chain"
        return f"{place}, entry {self.entry}: {self.problem}"


@dataclass(frozen=True)
class Verdict:
    """What a verification found: entries in the chain, entries not sealed yet, values checked, faults."""

    sealed: int
    waiting: int
    values: int
    faults: tuple[Fault, ...]


def verify() -> Verdict:
    """Check the whole audit trail of this database; the first fault is the first row that does not fit."""
    with system("verify the audit trail"):
        faults = [*_chain_faults(), *_forgotten_faults(), *_value_faults()]
        sealed, entries = LedgerSeal.objects.count(), LedgerEntry.objects.count()
        return Verdict(sealed, entries - sealed, LedgerValue.objects.count(), tuple(faults))


def _stream(sql: str) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(BATCH):
            yield from rows


def _chain_faults() -> Iterator[Fault]:
    """Each seal against its entry and the seal before. A fault is reported once: later seals are checked against the
    stored digest before them, so that one changed row does not make every later row look changed."""
    expected, previous = 1, GENESIS
    latest = EPOCH + LATE
    for sequence, entry_id, stored, sealed_at, *row in _stream(
        f"""select s.sequence, s.entry_id, s.digest, s.sealed_at, {COLUMNS} from ics_governance_ledgerseal s
            left join ics_governance_ledgerentry e on e.id = s.entry_id order by s.sequence"""  # noqa: S608
    ):
        gap = sequence != expected
        if gap:
            yield Fault(expected, None, f"The seals before sequence {sequence} are missing.")
        if row[0] is None:
            yield Fault(sequence, entry_id, "The entry was deleted.")
        elif not gap and digest(previous, sequence, sealed_at, tuple(row)) != bytes(stored):
            yield Fault(sequence, entry_id, "The entry, its seal, or the seal before was changed after it was sealed.")
        elif not latest - LATE <= row[1] <= sealed_at + LATE:
            yield Fault(sequence, entry_id, "The entry's date is over an hour off its place in the chain.")
        else:
            latest = max(latest, row[1])
        expected, previous = sequence + 1, bytes(stored)


def _forgotten_faults() -> Iterator[Fault]:
    for (entry_id,) in _stream(
        """select e.id from ics_governance_ledgerentry e where e.recorded_at < now() - interval '1 hour'
           and not exists (select 1 from ics_governance_ledgerseal s where s.entry_id = e.id) order by e.id"""
    ):
        yield Fault(None, entry_id, "The entry is older than an hour and was never sealed.")


def _value_faults() -> Iterator[Fault]:
    """Values against the commitments in their entries. Erased ones are no fault: the commitment stays."""
    for sequence, entry_id, body, name, salt, value in _stream(
        """select s.sequence, v.entry_id, e.body, v.name, v.salt, v.value from ics_governance_ledgervalue v
           left join ics_governance_ledgerentry e on e.id = v.entry_id
           left join ics_governance_ledgerseal s on s.entry_id = e.id order by s.sequence, v.entry_id, v.name"""
    ):
        if body is None:
            yield Fault(None, entry_id, f"The entry was deleted; its value of “{name}” is left.")
        elif _commitments(body).get(name) != commitment(salt, value):
            yield Fault(sequence, entry_id, f"The value of “{name}” is not the one that was recorded.")


def _commitments(body: str) -> Mapping[str, str]:
    """The commitments of an entry; none when its text is not the one that was recorded."""
    try:
        fields = json.loads(body)["fields"]
    except (ValueError, KeyError, TypeError):
        return {}
    return fields if isinstance(fields, dict) else {}


# --- Reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One entry as people read it: who, when, what, and each field before and after. `pk` is its number."""

    pk: int
    sequence: int | None
    recorded_at: datetime
    kind: str
    who: str
    fields: tuple[tuple[str, object, object], ...]


def history(record: models.Model, limit: int = 100) -> list[Change]:
    """The audit trail of one record, newest first. The caller has checked that the record may be seen."""
    with system("read the audit trail of a record", savepoint=False):
        entries = list(
            LedgerEntry.objects.filter(record=record_name(record))
            .select_related("seal")
            .prefetch_related("values")
            .order_by("-id")[:limit]
        )
    names = dict(User.objects.filter(pk__in={entry.actor for entry in entries}).values_list("pk", "name"))
    return [_change(entry, names) for entry in entries]


def latest(record: models.Model) -> int:
    """The number of a record's newest entry; 0 where there is none."""
    with system("what was changed last of a record", savepoint=False):
        newest = LedgerEntry.objects.filter(record=record_name(record)).order_by("-id").values_list("pk", flat=True)
        return newest.first() or 0


def _change(entry: LedgerEntry, names: Mapping[int, str]) -> Change:
    seal_row = getattr(entry, "seal", None)
    who = "the system" if entry.actor is None else names.get(entry.actor, "a person whose account was erased")
    fields = tuple((row.name, *json.loads(row.value)) for row in sorted(entry.values.all(), key=lambda row: row.name))
    return Change(entry.pk, seal_row.sequence if seal_row else None, entry.recorded_at, entry.kind, who, fields)
