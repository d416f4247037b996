"""What every action does the same way: permission, then guard, then change, then audit trail, in one transaction."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from django.db import models, transaction

from . import ledger
from .context import system
from .permissions import Actor
from .workflow import Workflow

M = TypeVar("M", bound=models.Model)


def locked(record: M) -> M:
    """The record as it is now, locked until the transaction ends; read in a system context, so check permission."""
    with system("lock a record for a change"):
        manager = type(record)._default_manager  # type: ignore[attr-defined]
        found: M = manager.select_for_update(of=("self",)).get(pk=record.pk)
        return found


def carry_out(
    workflow: Workflow,
    event: str,
    record: M,
    *,
    by: Actor,
    organisation_id: int,
    changes: Mapping[str, object] | None = None,
    prepare: Callable[[M], object] | None = None,
    prepared: Iterable[str] = (),
    whole: Iterable[str] = (),
) -> M:
    """Move a record along its workflow.

    `changes` are fields set with the move, before its guards look; `prepare` loads what the guards need and may set the
    fields named in `prepared`. `whole` are fields that the audit entry holds in full, changed or not.
    Raises `Refused` or `GuardFailed`; then nothing was changed.
    """
    with transaction.atomic():
        current = locked(record)
        saved = [workflow.column, *(changes or {}), *prepared]
        before = ledger.snapshot(current, saved)
        _set(current, changes or {})
        with system(f"guards of {workflow.name}"):
            if prepare:
                prepare(current)
        row = workflow.check(current, event, by)
        setattr(current, workflow.column, row.target)
        with system(row.ledger):
            current.save(update_fields=saved)
        after = ledger.snapshot(current, [*saved, *whole])
        before = {name: value for name, value in before.items() if name not in set(whole)}
        ledger.append(
            by=by, kind=row.ledger, record=current, before=before, after=after, organisation_id=organisation_id
        )
    return current


def change(
    record: M,
    kind: str,
    *,
    by: Actor,
    organisation_id: int,
    changes: Mapping[str, object],
    also: Iterable[str] = (),
) -> M:
    """Set fields of a governed record outside its workflow, with an audit entry. The caller has checked and locked."""
    before = ledger.snapshot(record, changes)
    _set(record, changes)
    with system(kind):
        record.save(update_fields=[*changes, *also])
    after = ledger.snapshot(record, changes)
    ledger.append(by=by, kind=kind, record=record, before=before, after=after, organisation_id=organisation_id)
    return record


def record_new(record: M, kind: str, fields: Iterable[str], *, by: Actor, organisation_id: int) -> M:
    """The audit entry of a new governed record."""
    ledger.append(
        by=by, kind=kind, record=record, after=ledger.snapshot(record, fields), organisation_id=organisation_id
    )
    return record


def _set(record: models.Model, changes: Mapping[str, object]) -> None:
    """Set fields by name; a foreign key takes the record or its id."""
    for name, value in changes.items():
        field = record._meta.get_field(name)
        setattr(record, field.attname, value.pk if isinstance(value, models.Model) else value)  # type: ignore[union-attr]
