"""`manage.py score`: score all trusts, or one, for the twelve months that end on a day; or check stored scores."""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collaboration.actions.scoring import score_month
from collaboration.queries.counts import verify_month
from collaboration.queries.profiles import as_dict, profiles_at
from ics_governance.permissions import SYSTEM
from ics_governance.workflow import GuardFailed
from partnerships.models import Kind, Organisation


class Command(BaseCommand):
    """Scores from the register, or with `--verify` recomputes and tells every row that differs (exit 1)."""

    help = "Scores all trusts, or one, for the twelve months that end on a day (today unless told)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of the command."""
        parser.add_argument("--as-of", metavar="DATE", help="the last day of the window, such as 2026-06-30")
        parser.add_argument("--subject", metavar="ODS", help="score this trust alone")
        parser.add_argument("--verify", action="store_true", help="change nothing: recompute and tell what differs")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Score or verify, and print."""
        as_of = _day(options["as_of"])
        subjects = [_subject(options["subject"]).pk] if options["subject"] else None
        try:
            (self._verify if options["verify"] else self._score)(as_of, subjects, options["json"])
        except GuardFailed as refused:
            raise CommandError(str(refused)) from None

    def _score(self, as_of: date, subjects: list[int] | None, as_json: bool) -> None:
        run = score_month(by=SYSTEM, as_of=as_of, subjects=subjects)
        if as_json:
            found = profiles_at(as_of, subjects)
            self._print({**run.as_dict(), "profiles": [as_dict(profile) for profile in found]})
        else:
            self.stdout.write(str(run))

    def _verify(self, as_of: date, subjects: list[int] | None, as_json: bool) -> None:
        verdict = verify_month(as_of, subjects)
        if as_json:
            self._print(verdict.as_dict())
        else:
            self.stdout.write("\n".join(map(str, [*verdict.differences, verdict])))
        if verdict.differences or not verdict.profiles:
            sys.exit(1)

    def _print(self, content: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(content, indent=2, ensure_ascii=False))


def _day(text: str | None) -> date:
    if text is None:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError:
        example = timezone.localdate().isoformat()
        raise CommandError(f"“{text}” is not a date. Write it as year-month-day, such as {example}.") from None


def _subject(code: str) -> Organisation:
    body = Organisation.objects.coded(code).first()
    if body is None:
        raise CommandError(f"No organisation with the code {code} is recorded.")
    if body.kind != Kind.TRUST:
        raise CommandError(f"{body.name} is not a trust; only trusts have profiles in this version.")
    return body
