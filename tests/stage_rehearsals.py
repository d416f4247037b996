"""A rehearsal for each system of the stage: kept by its ICB, in which the trust and whoever else is named took part."""

from datetime import date

from ics_governance.context import system
from ics_governance.models import User
from partnerships.models import Forum, Function, Organisation, Rehearsal

HELD_ON = date(2026, 10, 14)


def of(host: Organisation, forum: Forum, officer: User, *partners: Organisation) -> Rehearsal:
    """A rehearsal of the first scenario."""
    with system("a rehearsal for the stage"):
        made = Rehearsal.objects.create(
            scenario="plan-together", host=host, title=f"Rehearsal of {host.code}", situation="People wait too long.",
            forum=forum, function=Function.objects.get(code="community_services"), amount=640_000, held_on=HELD_ON,
            kept_by=officer, prompts={"health": "Waits fall.", "critical_mass": "Yes: few machines."},
            route=[{"kind": "report", "holder": f"forum:{forum.pk}", "name": forum.name, "text": "", "why": "Its body.",
                    "status": ""}],
        )  # fmt: skip
        made.partners.set(partners)
    return made
