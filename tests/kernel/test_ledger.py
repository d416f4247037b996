"""The audit trail: appended to, chained, verified."""

import hashlib
import json
import threading
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
import structlog
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from ics_governance import ledger
from ics_governance.context import system
from ics_governance.models import LedgerEntry, LedgerSeal, LedgerValue
from ics_governance.permissions import SYSTEM
from tests.database import as_owner, refused, run, without_protection


@pytest.fixture
def entries(world):
    """Three entries about one decision, sealed."""
    decision = world.decision()
    for title in ("More scans", "Many more scans", "Fewer scans"):
        before = ledger.snapshot(decision, ["title"])
        decision.title = title + "!"
        _append(world, decision, before, {"title": title + "!"})
    ledger.seal_all()
    return decision


def _append(world, decision, before=None, after=None):
    return ledger.append(
        by=world.actor("officer"),
        kind="decision.saved",
        record=decision,
        before=before,
        after=after or {"title": "Anything"},
        organisation_id=world.icb.pk,
    )


# --- Appending and reading ----------------------------------------------------------------------------------------


def test_a_change_is_read_back_with_who_when_and_what(entries):
    latest, *_, first = ledger.history(entries)
    assert (latest.who, latest.kind) == ("Hannah Whitfield", "decision.saved")
    assert latest.fields == (("title", "Many more scans!", "Fewer scans!"),)
    assert first.sequence == 1


def test_an_entry_holds_who_for_whom_and_in_which_request(world):
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        entry = _append(world, world.decision())
    assert (entry.actor, entry.organisation, entry.request) == (world.user("officer").pk, world.icb.pk, "r-1")


def test_only_what_differs_is_kept(world):
    decision = world.decision()
    _append(world, decision, {"title": "Same", "weight": "routine"}, {"title": "Same", "weight": "significant"})
    assert ledger.history(decision)[0].fields == (("weight", "routine", "significant"),)


def test_an_entry_holds_commitments_and_no_value(world):
    entry = _append(world, world.decision(), None, {"title": "A secret title"})
    assert "secret" not in entry.body
    with system("read the value"):
        value = entry.values.get()
    salted = hashlib.sha256(bytes(value.salt) + value.value.encode()).hexdigest()
    assert json.loads(entry.body) == {"fields": {"title": salted}}


def test_equal_values_have_different_commitments(world):
    decision = world.decision()
    first, second = (_append(world, decision).body for _ in range(2))
    assert first != second


def test_values_are_not_read_outside_a_named_context(entries):
    assert LedgerValue.objects.count() == 0
    with system("count"):
        assert LedgerValue.objects.count() == 3


def test_an_entry_of_the_system_says_so(world):
    decision = world.decision()
    ledger.append(by=SYSTEM, kind="decision.saved", record=decision, after={"title": "x"})
    assert ledger.history(decision)[0].who == "the system"


def test_an_entry_of_an_erased_person_says_so(world):
    decision = world.decision()
    LedgerEntry.objects.create(actor=0, kind="decision.saved", record=ledger.record_name(decision), body="{}")
    assert ledger.history(decision)[0].who == "a person whose account was erased"


def test_an_entry_that_is_not_sealed_yet_is_shown_without_a_sequence(world):
    decision = world.decision()
    _append(world, decision)
    assert ledger.history(decision)[0].sequence is None


def test_an_undone_change_leaves_no_entry(world):
    decision = world.decision()
    with pytest.raises(RuntimeError), transaction.atomic():
        _append(world, decision)
        raise RuntimeError
    assert ledger.history(decision) == []


def test_the_snapshot_of_any_field_of_a_meeting_has_a_canonical_form(world):
    meeting = world.meeting(starts_at=time(9, 30))
    names = [field.name for field in meeting._meta.fields]
    assert '"starts_at":"09:30:00"' in ledger.canonical(ledger.snapshot(meeting, names))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": None}, '{"a":null,"b":1}'),
        (Decimal("1.50"), '"1.50"'),
        (date(2026, 3, 1), '"2026-03-01"'),
        (datetime(2026, 7, 1, 13, 0, tzinfo=UTC) + timedelta(0), '"2026-07-01T13:00:00+00:00"'),
        (frozenset({3, 1}), "[1,3]"),
        ("Ünïcode “quotes”", '"Ünïcode “quotes”"'),
    ],
)
def test_a_value_has_one_spelling(value, text):
    assert ledger.canonical(value) == text


def test_the_same_moment_has_one_spelling_whatever_its_zone():
    from zoneinfo import ZoneInfo

    moment = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert ledger.canonical(moment.astimezone(ZoneInfo("Europe/London"))) == ledger.canonical(moment)


def test_what_has_no_canonical_form_is_refused():
    with pytest.raises(TypeError, match="has no canonical form"):
        ledger.canonical(object())


def test_a_bulk_import_is_one_entry_over_the_digest_of_its_rows(world):
    digest = ledger.digest_of_rows([{"code": "A"}, {"code": "B"}])
    entry = ledger.append_bulk(by=SYSTEM, kind="import.applied", import_id="i1", digest=digest, count=2)
    assert json.loads(entry.body) == {"digest": digest, "import": "i1", "rows": 2}
    assert entry.record == "import:i1"
    ledger.seal_all()
    assert ledger.verify().faults == ()


def test_the_digest_of_rows_depends_on_order_and_borders():
    digests = {ledger.digest_of_rows(rows) for rows in ([1, 23], [12, 3], [23, 1], [[1, 23]], [])}
    assert len(digests) == 5


# --- Sealing ------------------------------------------------------------------------------------------------------


def test_an_untouched_trail_fits(entries):
    verdict = ledger.verify()
    assert (verdict.sealed, verdict.waiting, verdict.values, verdict.faults) == (3, 0, 3, ())


def test_sealing_again_adds_nothing(entries):
    assert ledger.seal() == 0
    assert LedgerSeal.objects.count() == 3


def test_what_waits_is_sealed_in_batches(world, monkeypatch):
    monkeypatch.setattr(ledger, "BATCH", 2)
    decision = world.decision()
    for _ in range(5):
        _append(world, decision)
    assert ledger.seal() == 2
    assert ledger.seal_all() == 3
    assert ledger.verify().faults == ()


def test_the_digest_is_the_one_that_the_module_describes(entries):
    """Written once more from the description, so that a change of the format is noticed."""
    row = LedgerEntry.objects.order_by("pk").first()
    seal = row.seal
    texts = [
        str(row.pk), row.recorded_at.astimezone(UTC).isoformat(), str(row.actor), str(row.organisation), row.request,
        row.kind, row.record, "1", row.body,
    ]  # fmt: skip
    fields = b"".join(len(text.encode()).to_bytes(8, "big") + text.encode() for text in texts)
    microseconds = int(seal.sealed_at.timestamp()) * 1_000_000 + seal.sealed_at.microsecond
    place = (1).to_bytes(8, "big") + microseconds.to_bytes(8, "big")
    assert bytes(seal.digest) == hashlib.sha256(bytes(32) + place + hashlib.sha256(fields).digest()).digest()


@pytest.mark.django_db(transaction=True)
def test_a_second_sealer_leaves_at_once(world):
    _append(world, world.decision())
    with as_owner() as another:
        another.execute("select pg_advisory_xact_lock(%s)", [ledger.SEALER_LOCK])
        assert ledger.seal() == 0
    assert ledger.seal() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sealers_and_three_writers_at_once_make_one_chain(world):
    decision, actor = world.decision(), world.actor("officer")
    writing = [threading.Thread(target=_write, args=(decision, actor, 20)) for _ in range(3)]
    done = threading.Event()
    sealing = [threading.Thread(target=_seal_until, args=(done,)) for _ in range(2)]
    for thread in (*writing, *sealing):
        thread.start()
    for thread in writing:
        thread.join()
    done.set()
    for thread in sealing:
        thread.join()
    ledger.seal_all()
    verdict = ledger.verify()
    assert (verdict.sealed, verdict.waiting, verdict.faults) == (60, 0, ())


def _write(decision, actor, count):
    for number in range(count):
        with transaction.atomic():
            ledger.append(by=actor, kind="decision.saved", record=decision, after={"title": str(number)})
    connection.close()


def _seal_until(done):
    while not done.is_set():
        ledger.seal()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_sealed_even_when_the_worker_then_stood_still_for_hours(world):
    decision = world.decision()
    with as_owner(autocommit=True) as database:
        without_protection(database)
        late = _append(world, decision)
        _append(world, decision)
        database.execute("delete from ics_governance_ledgervalue where entry_id = %s", [late.pk])
        row = database.execute("delete from ics_governance_ledgerentry where id = %s returning *", [late.pk]).fetchone()
        ledger.seal_all()
        _age(database, hours=5)
        shifted = [row[0], row[1] - timedelta(hours=5), *row[2:]]
        database.execute("insert into ics_governance_ledgerentry values (%s, %s, %s, %s, %s, %s, %s, %s, %s)", shifted)
    assert ledger.seal() == 1
    assert {fault.problem for fault in ledger.verify().faults if fault.entry == late.pk} == set()


def _age(database, hours):
    """Move the whole trail into the past."""
    for table, column in (("ledgerentry", "recorded_at"), ("ledgerseal", "sealed_at")):
        database.execute(f"update ics_governance_{table} set {column} = {column} - make_interval(hours => {hours})")


# --- What the database refuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["update {} set {} = {}", "delete from {}", "truncate {} cascade"])
@pytest.mark.parametrize("model", [LedgerEntry, LedgerSeal])
def test_the_web_role_cannot_change_what_was_recorded(entries, statement, model):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        run(statement.format(model._meta.db_table, *[model._meta.pk.name] * 2))


@pytest.mark.parametrize("statement", ["update {} set {} = {}", "delete from {}", "truncate {} cascade"])
@pytest.mark.parametrize("model", [LedgerEntry, LedgerSeal])
@pytest.mark.django_db(transaction=True)
def test_nor_can_the_owner(entries, statement, model):
    with as_owner() as database, pytest.raises(Exception, match="only appended to"):
        database.execute(statement.format(model._meta.db_table, *[model._meta.pk.name] * 2))


def test_an_entry_has_one_seal(entries):
    first = LedgerSeal.objects.first()
    with refused("duplicate key"):
        LedgerSeal.objects.create(sequence=99, entry_id=first.entry_id, digest=b"x")


# --- Tampering ----------------------------------------------------------------------------------------------------

CHANGED = {
    "the number of an entry": "update {entry} set id = 999 where id = {second}",
    "the time of an entry": "update {entry} set recorded_at = recorded_at - interval '1 minute' where id = {second}",
    "an entry's time far into the future": "update {entry} set recorded_at = '2099-01-01' where id = {second}",
    "the actor": "update {entry} set actor = actor + 1 where id = {second}",
    "the actor taken out": "update {entry} set actor = null where id = {second}",
    "the organisation": "update {entry} set organisation = organisation + 1 where id = {second}",
    "the request": "update {entry} set request = 'another' where id = {second}",
    "the kind": "update {entry} set kind = 'decision.agreed' where id = {second}",
    "the record": "update {entry} set record = 'decision:0' where id = {second}",
    "the schema": "update {entry} set schema = 2 where id = {second}",
    "the body": "update {entry} set body = body || ' ' where id = {second}",
    "a body that is no JSON": "update {entry} set body = 'x' where id = {second}",
    "the digest": "update {seal} set digest = decode(repeat('00', 32), 'hex') where sequence = 2",
    "the time of a seal": "update {seal} set sealed_at = sealed_at + interval '1 second' where sequence = 2",
    "an entry deleted": "delete from {value} where entry_id = {second}; delete from {entry} where id = {second}",
    "a seal deleted": "delete from {seal} where sequence = 2",
    "an entry deleted with its seal": "delete from {seal} where sequence = 2;"
    "delete from {value} where entry_id = {second}; delete from {entry} where id = {second}",
    "an entry deleted, and the seals after it renumbered": "delete from {seal} where sequence = 2;"
    "delete from {value} where entry_id = {second}; delete from {entry} where id = {second};"
    "update {seal} set sequence = 2 where sequence = 3",
    "two entries swapped": "update {seal} set entry_id = -1 where sequence = 2;"
    "update {seal} set entry_id = {second} where sequence = 3; update {seal} set entry_id = {third} where sequence = 2",
    "two seals swapped": "update {seal} set sequence = -1 where sequence = 2;"
    "update {seal} set sequence = 2 where sequence = 3; update {seal} set sequence = 3 where sequence = -1",
    "a value": """update {value} set value = '["x","y"]' where entry_id = {second}""",
    "a value that is no JSON": "update {value} set value = 'x' where entry_id = {second}",
    "the salt": "update {value} set salt = 'other' where entry_id = {second}",
    "the name of a value": "update {value} set name = 'text' where entry_id = {second}",
    "a value moved to another entry": "update {value} set entry_id = {second}, name = 'x' where entry_id = {third}",
    "a value invented": "insert into {value} (entry_id, name, salt, value) values ({second}, 'x', 'x', '[1,2]')",
}


@pytest.fixture
def tamper(entries):
    """Run statements as the owner with all protection off, on a trail of three entries; returns the faults found."""
    pks = LedgerEntry.objects.order_by("pk").values_list("pk", flat=True)
    numbers = dict(zip(("first", "second", "third"), pks, strict=True))
    tables = {name: f"ics_governance_ledger{name}" for name in ("entry", "seal", "value")}

    def run_as_owner(statements):
        with as_owner(autocommit=True) as database:
            without_protection(database)
            for statement in statements.format(**numbers, **tables).split(";"):
                database.execute(statement)
        return ledger.verify().faults

    run_as_owner.numbers = numbers
    return run_as_owner


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.django_db(transaction=True)
def test_the_first_row_that_was_tampered_with_is_named(tamper, what):
    first = tamper(CHANGED[what])[0]
    assert (first.sequence, first.entry) in ((2, tamper.numbers["second"]), (2, tamper.numbers["third"]), (2, None))


@pytest.mark.parametrize("what", ["the kind", "the body", "an entry's time far into the future", "a value"])
@pytest.mark.django_db(transaction=True)
def test_one_changed_row_does_not_make_later_rows_look_changed(tamper, what):
    assert {fault.sequence for fault in tamper(CHANGED[what])} == {2}


@pytest.mark.django_db(transaction=True)
def test_an_entry_dated_back_and_never_sealed_is_named(tamper):
    forged = "insert into {entry} (id, recorded_at, request, kind, record, schema, body)"
    faults = tamper(forged + " values (-5, now() - interval '2 hours', '', 'decision.agreed', 'decision:1', 1, 'x')")
    assert [(fault.sequence, fault.entry) for fault in faults] == [(None, -5)]


@pytest.mark.django_db(transaction=True)
def test_an_entry_dated_back_is_named_after_the_sealer_took_it_for_new(tamper):
    forged = "insert into {entry} (recorded_at, request, kind, record, schema, body)"
    tamper(forged + " values (now() - interval '2 hours', '', 'decision.agreed', 'decision:1', 1, 'x')")
    assert ledger.seal_all() == 1
    assert [fault.sequence for fault in ledger.verify().faults] == [4]


@pytest.mark.django_db(transaction=True)
def test_values_left_behind_by_a_deleted_entry_are_named(tamper):
    """The end of the chain was cut off; its values tell."""
    faults = tamper("delete from {seal} where sequence = 3; delete from {entry} where id = {third}")
    assert [fault.entry for fault in faults] == [tamper.numbers["third"]]


@pytest.mark.django_db(transaction=True)
def test_an_erased_value_is_no_fault(tamper):
    assert tamper("delete from {value} where entry_id = {second}") == ()


@pytest.mark.django_db(transaction=True)
def test_the_command_fails_and_names_the_first_row(tamper):
    tamper(CHANGED["the kind"])
    with pytest.raises(CommandError, match=r"does not fit: sequence 2, entry \d+: The entry.* was changed") as caught:
        call_command("verify_ledger")
    assert caught.value.returncode == 1


def test_the_command_says_what_it_checked(entries, capsys):
    call_command("verify_ledger")
    assert "The audit trail fits: 3 sealed entries and 3 values checked" in capsys.readouterr().out
