"""Writing rows of a demonstration in bulk, as the web role and past no rule of the database.

Row-level security forbids COPY into guarded tables, so rows are copied into a temporary table and inserted from there.
Workflow triggers forbid final states, so records begin in their first state and then move step by step.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import connection, models
from psycopg.types.json import Jsonb

from collaboration.models import Framework
from ics_governance.models import Notification, User
from ics_governance.workflow import load
from partnerships.models import Function, Organisation

from .rows import Rows

APPS = ("partnerships", "collaboration", "oversight")
MODELS: dict[str, type[models.Model]] = {
    model._meta.model_name: model
    for model in (
        *(model for app in APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)),
        User,
        Notification,
    )
}


class Bulk:
    """Writes tables of `Rows`; knows the keys that their numbers and codes stand for."""

    def __init__(self, rows: Rows, organisations: Mapping[str, int], functions: Mapping[str, int]) -> None:
        self.rows = rows
        self.keys: dict[str, list[int]] = {}
        self.codes: dict[type[models.Model], dict[str, int]] = {
            Organisation: dict(organisations),
            Function: dict(functions),
            Framework: {row.code: row.pk for row in Framework.objects.order_by("version")},
        }

    def write(self, table: str) -> int:
        """Insert all rows of a table, move them along their workflow, and set what is set afterwards; turn by turn."""
        rows, model = self.rows.tables[table], MODELS[table]
        if not rows:
            return 0
        keys = self.keys[table] = _new_keys(model, len(rows))
        if model is Organisation:
            self.codes[Organisation] |= {row["ods_code"]: key for row, key in zip(rows, keys, strict=True)}
        for turn in sorted({row.get("turn", 0) for row in rows}):
            pairs = [(row, key) for row, key in zip(rows, keys, strict=True) if row.get("turn", 0) == turn]
            self._write(model, *map(list, zip(*pairs, strict=True)))
        return len(rows)

    def _write(self, model: type[models.Model], rows: list[dict[str, Any]], keys: list[int]) -> None:
        self._insert(model, rows, keys)
        self._move(model, rows, keys)
        self._set_afterwards(model, rows, keys)

    def _insert(self, model: type[models.Model], rows: list[dict[str, Any]], keys: list[int]) -> None:
        fields = [f for f in model._meta.concrete_fields if not f.primary_key and _is_given(f, rows[0])]
        columns = ", ".join(f'"{name}"' for name in ("id", *(field.column for field in fields)))
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f'create temp table staged (like "{table}" including defaults) on commit drop')
            with cursor.copy(f"copy staged ({columns}) from stdin") as copy:
                for row, key in zip(rows, keys, strict=True):
                    copy.write_row((key, *(self._value(field, row) for field in fields)))
            cursor.execute(f'insert into "{table}" ({columns}) select {columns} from staged')  # noqa: S608
            cursor.execute("drop table staged")

    def _value(self, field: models.Field, row: dict[str, Any]) -> Any:
        if field.name not in row:
            value = field.get_default()
        elif field.is_relation:
            return self.key_of(field.related_model, row[field.name])
        else:
            value = row[field.name]
        if isinstance(row.get("about"), tuple) and isinstance(value, str):  # names the key of another record
            table, number = row["about"]
            value = value.replace("{pk}", str(self.keys[table][number - 1]))
        return Jsonb(value) if isinstance(field, models.JSONField) and value is not None else value

    def key_of(self, model: type[models.Model], reference: Any) -> int | None:
        """The primary key behind a code, or behind the number of a row that was written."""
        if reference is None:
            return None
        if model in self.codes:
            return self.codes[model][reference]
        return self.keys[model._meta.model_name][reference - 1]

    def _move(self, model: type[models.Model], rows: list[dict[str, Any]], keys: list[int]) -> None:
        """One update per step and state: step 1 of all rows, then step 2, as the workflow triggers demand.

        A step may be a pair: the state, and the columns that must change together with it; such a row moves alone.
        """
        steps: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        alone: dict[int, list[tuple[int, str, dict[str, Any]]]] = defaultdict(list)
        for row, key in zip(rows, keys, strict=True):
            for step, entered in enumerate(row.get("path", ())):
                if isinstance(entered, str):
                    steps[step][entered].append(key)
                else:
                    alone[step].append((key, *entered))
        column = next((workflow.column for workflow in load() if workflow.model == model._meta.label), "state")
        for step in sorted({*steps, *alone}):
            for state, moved in sorted(steps[step].items()):
                self._update(model, moved, {column: state})
            for key, state, columns in alone[step]:
                self._update(model, [key], {column: state, **columns})

    @staticmethod
    def _update(model: type[models.Model], keys: list[int], columns: dict[str, Any]) -> None:
        changes = ", ".join(f'"{name}" = %s' for name in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f'update "{model._meta.db_table}" set {changes} where id = any(%s)',  # noqa: S608
                [*columns.values(), keys],
            )

    def _set_afterwards(self, model: type[models.Model], rows: list[dict[str, Any]], keys: list[int]) -> None:
        """Columns that the database allows only in a later state, such as the moment of release."""
        late: dict[str, list[tuple[int, Any]]] = defaultdict(list)
        for row, key in zip(rows, keys, strict=True):
            for column, value in row.get("after", {}).items():
                late[column].append((key, value))
        with connection.cursor() as cursor:
            for column, pairs in sorted(late.items()):
                kind = model._meta.get_field(column).db_type(connection)
                table = model._meta.db_table
                cursor.execute(
                    f'update "{table}" t set "{column}" = v.value '  # noqa: S608
                    f"from unnest(%s::bigint[], %s::{kind}[]) v(id, value) where t.id = v.id",
                    list(map(list, zip(*pairs, strict=True))),
                )


def _is_given(field: models.Field, row: dict[str, Any]) -> bool:
    """Whether a column is written: those that the database fills by itself only where the rows say otherwise."""
    return not field.has_db_default() or field.name in row


def _new_keys(model: type[models.Model], count: int) -> list[int]:
    """So many fresh primary keys from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
            [f'"{model._meta.db_table}"', count],
        )
        return [key for (key,) in cursor.fetchall()]
