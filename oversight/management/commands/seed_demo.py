"""`manage.py seed_demo [--seed N] [--today DATE]`: invented activity of two years, for demonstrations only."""

from argparse import ArgumentParser
from datetime import date, timedelta
from time import monotonic

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ics_governance import ledger
from ics_governance.context import refresh_statistics
from ics_governance.permissions import SYSTEM
from oversight.demo.cases import EARLIEST
from oversight.demo.load import Told, is_loaded, load
from oversight.demo.months import month_ends, score_months
from oversight.demo.noticed import notice
from oversight.demo.replay import Replay
from partnerships.actions.checks import run_checks
from partnerships.models import Forum, Organisation

MONTHS_SCORED = 13
MONTHS_LOOKED_AT = 6  # in which signals were looked for
CHECKED_BEFORE = (60, 14, 0)  # days ago: since when findings have stood is told from these
FIRST_DAY = date(2026, 7, 1)  # the reference tables know how bodies are linked from April 2026 on


class Command(BaseCommand):
    """Load the demonstration; a second run changes nothing and says so."""

    help = "Load the demonstration: its people, and two years of invented activity in every system."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The same seed and day give the same demonstration."""
        parser.add_argument("--seed", type=int, default=1, help="another number, another invention")
        parser.add_argument("--today", type=_day, help="the day on which the activity ends; today without it")

    def handle(self, *, seed: int, today: date | None, **options: object) -> None:
        """Refuse where it does not belong; else load and tell what was loaded."""
        if not settings.DEMO:
            raise CommandError("This site is not a demonstration: set DEMO=true before the first start to make it one.")
        if is_loaded():
            self.stdout.write("The demonstration is there already: nothing was changed.")
            return
        if Forum.objects.exists():
            raise CommandError("This register holds forums of its own: nothing invented is mixed with real records.")
        day = today or timezone.localdate()
        if day < FIRST_DAY:
            raise CommandError(f"The register knows its bodies from {FIRST_DAY:%-d %B %Y} on: choose a later day.")
        self._prepare()
        began = monotonic()
        demo, replay = load(seed, day, self._tell)
        refresh_statistics()
        self._score(day)
        self._notice(replay, day)
        replay.play_later(demo.concerns)
        self._check(day)
        ledger.seal_all()
        refresh_statistics()
        self.stdout.write(f"The demonstration is ready after {monotonic() - began:.1f} seconds. All of it is invented.")

    def _prepare(self) -> None:
        if not Organisation.objects.exists():
            call_command("seed_reference", stdout=self.stdout)
        call_command("seed_frameworks", stdout=self.stdout)
        call_command("seed_rulesets", stdout=self.stdout)

    def _score(self, today: date) -> None:
        """Profiles of the trusts at the last month ends and today, as the nightly run would have made them."""
        began, ends = monotonic(), month_ends(today, MONTHS_SCORED)
        score_months(ends, today)
        ledger.seal_all()
        self.stdout.write(f"profiles: {len(ends) + 1} months in {monotonic() - began:.1f} seconds")

    def _notice(self, replay: Replay, today: date) -> None:
        """The signals that the nightly run would have made, as far back as the register knows who triages them."""
        began = monotonic()
        ends = [day for day in month_ends(today, MONTHS_LOOKED_AT) if day >= EARLIEST]
        count = notice(replay, ends, today)
        self.stdout.write(f"signals: {count} in {monotonic() - began:.1f} seconds")

    def _check(self, today: date) -> None:
        """The governance checks, as the nightly run would have made them."""
        began = monotonic()
        for days in CHECKED_BEFORE:
            ran = run_checks(by=SYSTEM, on=today - timedelta(days=days))
        self.stdout.write(f"governance checks: {ran.found} findings in {monotonic() - began:.1f} seconds")

    def _tell(self, told: Told) -> None:
        self.stdout.write(f"{told.stage}: {told.rows:,} rows in {told.seconds:.1f} seconds")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a date such as 2026-11-30.") from None
