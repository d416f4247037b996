"""Changing a record together with what it has many of: one audit entry holds both."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db import models

from ics_governance import ledger
from ics_governance.context import system
from ics_governance.permissions import Actor

M = TypeVar("M", bound=models.Model)
Sets = Mapping[str, Iterable[models.Model]]


def record_with_sets(record: M, kind: str, fields: Iterable[str], sets: Sets, *, by: Actor, organisation_id: int) -> M:
    """The audit entry of a new record, after its sets were filled."""
    for name, rows in sets.items():
        getattr(record, name).set(rows)
    after = {**ledger.snapshot(record, fields), **_ids(record, sets)}
    ledger.append(by=by, kind=kind, record=record, after=after, organisation_id=organisation_id)
    return record


def change_with_sets(
    record: M, kind: str, *, by: Actor, organisation_id: int, changes: Mapping[str, Any], sets: Sets
) -> M:
    """Set fields and sets of a record that the caller has checked and locked. Nothing differs: nothing is written."""
    before = {**ledger.snapshot(record, changes), **_ids(record, sets)}
    for name, value in changes.items():
        setattr(record, name, value)
    with system(kind):
        record.save(update_fields=list(changes))
        for name, rows in sets.items():
            getattr(record, name).set(rows)
    after = {**ledger.snapshot(record, changes), **_ids(record, sets)}
    if before != after:
        ledger.append(by=by, kind=kind, record=record, before=before, after=after, organisation_id=organisation_id)
    return record


def withdrawn(
    record: models.Model, kind: str, fields: Iterable[str], why: str, *, by: Actor, organisation_id: int
) -> None:
    """Remove a record that had not begun; its values, and why it went, stay in the audit trail."""
    before = ledger.snapshot(record, fields)
    ledger.append(by=by, kind=kind, record=record, before=before, after={"why": why}, organisation_id=organisation_id)
    with system(kind):
        record.delete()


def _ids(record: models.Model, sets: Sets) -> dict[str, list[int]]:
    return {name: sorted(getattr(record, name).values_list("pk", flat=True)) for name in sets}
