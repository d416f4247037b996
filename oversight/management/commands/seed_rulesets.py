"""`manage.py seed_rulesets`: load the rules of `oversight/rulesets`; safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collaboration.yaml_node import FileFaults
from ics_governance.permissions import SYSTEM
from oversight.actions.signals import UsedRules, load_ruleset
from oversight.ruleset_file import FOLDER


class Command(BaseCommand):
    """Loads each file as a version of its rules. A version that signals rest on is never changed."""

    help = "Loads the rules that make signals from oversight/rulesets; the first version ever loaded is active."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load each file; the first that is wrong ends the command with every fault it has."""
        for path in sorted(FOLDER.glob("*.yaml")):
            try:
                rules, outcome = load_ruleset(by=SYSTEM, text=path.read_text(encoding="utf-8"))
            except FileFaults as error:
                raise CommandError(f"{path.name} cannot be used:\n{error}") from None
            except UsedRules as error:
                raise CommandError(f"{path.name}: {error}") from None
            self.stdout.write(f"{rules.title}, version {rules.version}: {outcome}.")
