"""The daily digest of reminders: one notification a person a day, never one message a case."""

from datetime import date

from django.db import transaction

from ics_governance.context import system
from ics_governance.notifications import notify
from oversight.queries.reminders import reminders

SHOWN = 3


@transaction.atomic
def send_digests(*, since: date, until: date) -> int:
    """Remind everyone of the clocks of the days after `since`, up to `until`; says how many people were told."""
    with system("remind people of clocks"):
        found = reminders(since, until)
    for user, texts in found.items():
        more = len(texts) - SHOWN
        shown = [*texts[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
        notify(
            [user], kind="case.reminder", text=f"Cases: {'; '.join(shown)}.", url="/cases/", key=f"cases:{until}",
        )  # fmt: skip
    return len(found)
