"""Write `docs/workflows.md` from the workflow tables, or check that it is up to date."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ics_governance.workflow import describe, load

PATH = settings.BASE_DIR / "docs" / "workflows.md"


class Command(BaseCommand):
    """`workflows_doc` writes the page; `--check` exits 1 when it is out of date."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--check` writes nothing."""
        parser.add_argument("--check", action="store_true", help="exit 1 when the page is out of date")

    def handle(self, *, check: bool, **options: object) -> None:
        """Compare or write."""
        text = describe(load())
        if not check:
            PATH.write_text(text, encoding="utf-8")
        elif not PATH.exists() or PATH.read_text(encoding="utf-8") != text:
            raise CommandError("docs/workflows.md is out of date. Run manage.py workflows_doc.")
