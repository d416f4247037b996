"""`manage.py seed_reference`: England's bodies, functions and legal bases, from the tables kept with the code."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ics_governance.permissions import SYSTEM
from ics_governance.wording import joined
from partnerships.actions.reference import Loaded, load_reference
from partnerships.england import FOLDER, BadTable, read


class Command(BaseCommand):
    """Load the reference tables; a second run changes nothing and says so."""

    help = "Load England's organisations, statutory functions and legal bases from partnerships/reference."

    def add_arguments(self, parser: CommandParser) -> None:
        """Another folder is for trying out corrected tables."""
        parser.add_argument("--folder", type=Path, default=FOLDER, help="folder with the tables")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Read, load, tell."""
        try:
            england = read(folder)
        except BadTable as error:
            raise CommandError(str(error)) from None
        self.stdout.write(tell(load_reference(by=SYSTEM, england=england)))


def tell(loaded: Loaded) -> str:
    """The result in a sentence."""
    rows = f"{loaded.rows:,} rows of reference tables"
    if loaded.known or not loaded.touched:
        return f"{rows}: nothing has changed since they were loaded."
    done = (("added", loaded.added), ("changed", loaded.changed))
    parts = [f"{verb} {_counts(counts)}" for verb, counts in done if counts]
    return f"{rows}: {joined(parts)}."


def _counts(counts: dict[str, int]) -> str:
    return joined(f"{table} {count:,}" for table, count in counts.items())
