"""Write the database guards of the workflow tables as migrations, or check that they are up to date."""

from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.loader import MigrationLoader

from ics_governance.migration_operations import WorkflowGuard
from ics_governance.workflow import Workflow, guard_sql, load

TEMPLATE = '''"""Database guards of the workflow tables, written by `manage.py makeguards`; never edited."""

from django.db import migrations

from ics_governance.migration_operations import WorkflowGuard


class Migration(migrations.Migration):
    dependencies = [({app!r}, {previous!r})]

    operations = [
{operations}    ]
'''
OPERATION = '''        WorkflowGuard(
            name={name!r},
            sql="""{sql}""",
            reverse_sql="""{reverse}""",
        ),
'''


class Command(BaseCommand):
    """`makeguards` writes migrations; `makeguards --check` exits 1 when one would be written."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--check` writes nothing."""
        parser.add_argument("--check", action="store_true", help="exit 1 when a guard is out of date")

    def handle(self, *, check: bool, **options: object) -> None:
        """Compare each workflow table with the newest guard in the migrations of its app."""
        loader = MigrationLoader(None)
        stale: dict[str, list[tuple[Workflow, str]]] = {}
        for workflow in load():
            app = workflow.model.split(".")[0].lower()
            newest = newest_guard(loader, app, workflow.name)
            if newest != guard_sql(workflow):
                stale.setdefault(app, []).append((workflow, newest or drop_sql(workflow)))
        if check and stale:
            names = ", ".join(row.name for rows in stale.values() for row, _ in rows)
            raise CommandError(f"These workflow tables changed without their database guard: {names}. Run makeguards.")
        for app, rows in stale.items():
            self.stdout.write(f"Wrote {write(loader, app, rows)}")
        if not stale:
            self.stdout.write("All database guards are up to date.")


def newest_guard(loader: MigrationLoader, app: str, name: str) -> str | None:
    """The SQL of the newest guard of that name in the app's migrations."""
    found = None
    leaves = loader.graph.leaf_nodes(app)
    for key in loader.graph.forwards_plan(leaves[0]) if leaves else []:
        for operation in loader.graph.nodes[key].operations:
            if isinstance(operation, WorkflowGuard) and operation.name == name:
                found = operation.sql
    return found


def drop_sql(workflow: Workflow) -> str:
    """What undoes the first guard of a workflow."""
    table = workflow.model.lower().replace(".", "_")
    name = f"workflow_{workflow.name}"
    return f"drop trigger if exists {name} on {table}; drop function if exists {name}();\n"


def write(loader: MigrationLoader, app: str, rows: list[tuple[Workflow, str]]) -> Path:
    """Write the next migration of the app with these guards; returns its path."""
    previous = loader.graph.leaf_nodes(app)[0][1]
    name = f"{int(previous[:4]) + 1:04d}_guards"
    operations = "".join(
        OPERATION.format(name=workflow.name, sql=guard_sql(workflow), reverse=reverse) for workflow, reverse in rows
    )
    folder = Path(import_module(loader.migrations_module(app)[0]).__path__[0])
    path = folder / f"{name}.py"
    path.write_text(TEMPLATE.format(app=app, previous=previous, operations=operations), encoding="utf-8")
    (folder / "max_migration.txt").write_text(f"{name}\n", encoding="utf-8")
    return path
