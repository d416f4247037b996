"""Check the audit trail of this database; exit 1 and name the first row that does not fit."""

from time import perf_counter

from django.core.management.base import BaseCommand, CommandError

from ics_governance import ledger


class Command(BaseCommand):
    """`manage.py verify_ledger`."""

    help = __doc__

    def handle(self, **options: object) -> None:
        """Verify chain and values, print what was checked."""
        started = perf_counter()
        verdict = ledger.verify()
        seconds = perf_counter() - started
        checked = f"{verdict.sealed:,} sealed entries and {verdict.values:,} values checked in {seconds:.2f} s"
        waiting = f"; {verdict.waiting:,} entries wait for the sealer" if verdict.waiting else ""
        if verdict.faults:
            first, *rest = verdict.faults
            more = f" ({len(rest)} more)" if rest else ""
            raise CommandError(f"The audit trail does not fit: {first}{more}\n{checked}{waiting}.", returncode=1)
        self.stdout.write(f"The audit trail fits: {checked}{waiting}.")
