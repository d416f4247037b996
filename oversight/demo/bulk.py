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

from ics_governance.models import Notification, User
from ics_governance.workflow import load
from partnerships.models import Function, Organisation

from .rows import Rows

MODELS: dict[str, type[models.Model]] = {
    model._meta.model_name: model
    for model in (*apps.get_app_config("partnerships").get_models(include_auto_created=True), User, Notification)
}


class Bulk:
    """Writes tables of `Rows`; knows the keys that their numbers and codes stand for."""

    def __init__(self, rows: Rows, organisations: Mapping[str, int], functions: Mapping[str, int]) -> None:
        self.rows = rows
        self.keys: dict[str, list[int]] = {}
        self.codes = {Organisation: dict(organisations), Function: dict(functions)}

    def write(self, table: str) -> int:
        """Insert all rows of a table, move them along their workflow, and set what is set afterwards."""
        rows, model = self.rows.tables[table], MODELS[table]
        if not rows:
            return 0
        keys = self.keys[table] = _new_keys(model, len(rows))
        if model is Organisation:
            self.codes[Organisation] |= {row["ods_code"]: key for row, key in zip(rows, keys, strict=True)}
        self._insert(model, rows, keys)
        self._move(model, rows, keys)
        self._set_afterwards(model, rows, keys)
        return len(rows)

    def _insert(self, model: type[models.Model], rows: list[dict[str, Any]], keys: list[int]) -> None:
        fields = [f for f in model._meta.concrete_fields if not f.primary_key and not f.has_db_default()]
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
        if "about" in row and isinstance(value, str):  # an address or key that names the record's primary key
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
        """One update per step and state: step 1 of all rows, then step 2, as the workflow triggers demand."""
        steps: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for row, key in zip(rows, keys, strict=True):
            for step, state in enumerate(row.get("path", ())):
                steps[step][state].append(key)
        column = next((workflow.column for workflow in load() if workflow.model == model._meta.label), "state")
        with connection.cursor() as cursor:
            for step in sorted(steps):
                for state, moved in sorted(steps[step].items()):
                    cursor.execute(
                        f'update "{model._meta.db_table}" set "{column}" = %s where id = any(%s)',  # noqa: S608
                        [state, moved],
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


def _new_keys(model: type[models.Model], count: int) -> list[int]:
    """So many fresh primary keys from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
            [f'"{model._meta.db_table}"', count],
        )
        return [key for (key,) in cursor.fetchall()]
