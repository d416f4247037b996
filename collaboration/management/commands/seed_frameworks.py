"""`manage.py seed_frameworks`: load the frameworks of `collaboration/frameworks`; safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collaboration.actions.frameworks import UsedVersion, load_framework
from collaboration.framework_file import FOLDER
from collaboration.yaml_node import FileFaults
from ics_governance.permissions import SYSTEM


class Command(BaseCommand):
    """Loads each file as a version of its framework. A version that profiles rest on is never changed."""

    help = "Loads the frameworks (characteristics, questions, indicators, bands) from collaboration/frameworks."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load each file; the first that is wrong ends the command with every fault it has."""
        for path in sorted(FOLDER.glob("*.yaml")):
            try:
                framework, outcome = load_framework(by=SYSTEM, text=path.read_text(encoding="utf-8"))
            except FileFaults as error:
                raise CommandError(f"{path.name} cannot be used:\n{error}") from None
            except UsedVersion as error:
                raise CommandError(f"{path.name}: {error}") from None
            self.stdout.write(f"{framework.title}, {framework}: {outcome}.")
