"""What the audit trail says was changed of the records that the governance checks read."""

from datetime import date

from django.db.models import Q

from ics_governance.models import LedgerSeal
from partnerships.models import Organisation, OrganisationRelation

# Events by how their names begin; those left out change nothing that a check reads.
READ = ("arrangement.", "delegation.", "forum.", "organisation.", "place.", "post.", "decision.rat", "decision.rel")
UNREAD = ("delegation.drafted", "delegation.edited", "delegation.withdrawn")


def changed_since(sequence: int, day: date) -> tuple[set[int], int]:
    """The ICBs in whose systems records changed after a place of the audit trail, and the place read up to.

    A body may be in several systems. One that is in none is left to the nightly checks.
    """
    named = Q()
    for beginning in READ:
        named |= Q(entry__kind__startswith=beginning)
    seals = LedgerSeal.objects.filter(named, sequence__gt=sequence).exclude(entry__kind__in=UNREAD)
    rows = list(seals.order_by("sequence").values_list("sequence", "entry__organisation"))
    bodies = {body for _, body in rows if body}
    icbs = set(Organisation.objects.filter(pk__in=bodies, kind="icb").values_list("pk", flat=True))
    links = OrganisationRelation.objects.on(day).filter(
        source_body__in=bodies, kind=OrganisationRelation.Kind.SYSTEM, target_body__kind="icb"
    )
    return icbs | set(links.values_list("target_body_id", flat=True)), rows[-1][0] if rows else sequence
