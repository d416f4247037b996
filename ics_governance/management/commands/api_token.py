"""Make a key to the REST API for a person, and show it once."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from ics_governance.api_tokens import LONGEST, CannotIssue, issue
from ics_governance.models import User
from ics_governance.permissions import SYSTEM
from ics_governance.wording import day


class Command(BaseCommand):
    """`manage.py api_token EMAIL NAME [--days N]`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For whom, for what, how long."""
        parser.add_argument("email", help="the person's address; the key opens what that person may see")
        parser.add_argument("name", help="what the key is for, such as the program that will use it")
        parser.add_argument("--days", type=int, default=90, help=f"how long it lasts, up to {LONGEST}; 90 without it")

    def handle(self, *, email: str, name: str, days: int, **options: object) -> None:
        """Make it and print it: the key alone on the first line, so that a script can take it."""
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {email}.")
        try:
            token, key = issue(by=SYSTEM, user=user, name=name, days=days)
        except CannotIssue as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(key)
        self.stderr.write(f"For {user.name}, until {day(token.expires_on)}. It is not shown again.")
