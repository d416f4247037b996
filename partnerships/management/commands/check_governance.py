"""Run the governance checks and print what they find. Stores nothing.

It leaves with 1 when something is an error, and with 2 when it could not check.
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ics_governance.context import system as system_context
from ics_governance.wording import pluralise
from partnerships import checks
from partnerships.checks import CHECKS, Finding, Severity
from partnerships.models import Kind, Organisation
from partnerships.queries.checks import facts_for


class Command(BaseCommand):
    """`manage.py check_governance [--system ODS] [--json]`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which system, and how to print."""
        parser.add_argument("--system", help="ODS code of an integrated care board; all of England without it")
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *, system: str | None, json: bool, **options: object) -> None:
        """Check and print."""
        body = None
        if system is not None:
            body = Organisation.objects.coded(system).filter(kind=Kind.ICB).first()
            if body is None:
                raise CommandError(f"“{system}” is not the code of an integrated care board.", returncode=2)
        today = timezone.localdate()
        with system_context("governance checks"):
            found = checks.run(facts_for(body, today), today)
        self.stdout.write(_dump([_plain(each) for each in found]) if json else _text(found))
        if any(each.severity is Severity.ERROR for each in found):
            sys.exit(1)


def _plain(each: Finding) -> dict[str, Any]:
    return {
        "key": each.key, "check": each.code, "severity": each.severity.value, "text": each.text,
        "recommended_action": each.action, "records": [list(record) for record in each.records],
        "system": each.system,
    }  # fmt: skip


def _text(found: list[Finding]) -> str:
    lines = []
    for each in found:
        lines += [
            f"{each.severity}: {CHECKS[each.code].title}",
            f"  {each.text}",
            f"  Recommended action: {each.action}",
        ]
    return "\n".join([*lines, f"{pluralise(len(found), 'finding')}."])


def _dump(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
