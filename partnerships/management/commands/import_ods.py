"""`manage.py import_ods FILE`: bring the register in line with a file of the national register of organisations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ics_governance.permissions import SYSTEM
from ics_governance.wording import NBSP
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed
from partnerships.actions.ods import Imported, import_file
from partnerships.models import OdsRow
from partnerships.queries.ods import told

HEADINGS = {
    "created": "New",
    "changed": "Changed",
    "closed": "Closed",
    "differs": "Differs from a curated record; applied only with --accept CODE",
    "unknown": "Left alone",
}


class Command(BaseCommand):
    """Print what a file would change; then change it, in one transaction. A second run changes nothing."""

    requires_system_checks: Sequence[str] = ()  # `make check` runs them: they take longer than the import
    help = "Import trusts and integrated care boards from a file of the national register (ODS)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, whether only to look, and the codes whose differences are accepted."""
        parser.add_argument("file", type=Path, help="table of 27 columns (etr.csv, ICBs), FHIR JSON or ORD JSON")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument(
            "--accept", nargs="+", action="extend", default=[], metavar="CODE", help="apply these differences too"
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, accept: list[str], **options: Any) -> None:
        """Read, compare, tell, apply."""
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        try:
            done = import_file(by=SYSTEM, file_name=file.name, data=data, accept=accept, dry_run=dry_run)
        except GuardFailed as refused:
            problems = "\n".join(f"  {reason.text}" for reason in refused.reasons if reason.field != "file")
            raise CommandError(f"{file.name} is refused, nothing was changed:\n{problems}") from None
        for outcome, heading in HEADINGS.items():
            rows = [row for row in done.rows if row.outcome == outcome]
            if rows:
                self.stdout.write(f"{heading} ({len(rows)})")
                for row in rows:
                    self.stdout.write(f"  {_line(row)}")
        self.stdout.write(_summary(done, dry_run))


def _line(row: OdsRow) -> str:
    changes = [
        f"{field} {_words(field, before)} -> {_words(field, after)}"
        if row.organisation_id
        else f"{field} {_words(field, after)}"
        for field, before, after in told(row.changes)
        if row.organisation_id or after and field not in ("Name", "Kind")
    ]
    note = [f"({row.note})"] if row.note else []
    accepted = ["accepted"] if row.ticked else []
    said = "; ".join([*changes, *accepted, *note])
    return f"line {row.line}  {row.code}  {row.name}{': ' if said else ''}{said}"


def _words(field: str, value: Any) -> str:
    if value is None:
        return "open" if field == "Closed" else "not recorded"
    return value if isinstance(value, str) else in_words(value).replace(NBSP, " ")


def _summary(done: Imported, dry_run: bool) -> str:
    counts = ", ".join(f"{outcome} {count}" for outcome, count in done.counts.items())
    if dry_run:
        return f"{counts}. A dry run: nothing was changed."
    if not done.record:
        return f"{counts}. Nothing was to be changed."
    return f"{counts}. Applied {done.applied} rows as import {done.record.pk}."
