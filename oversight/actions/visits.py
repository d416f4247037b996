"""Writes of how far somebody has read what changed. It is theirs alone and no governed record: nothing is logged."""

from django.db.models import Max
from django.utils import timezone

from ics_governance.models import LedgerSeal
from ics_governance.permissions import Actor, Refused
from oversight.models import Visit


def mark_read(*, by: Actor, sequence: int) -> Visit:
    """The person has read what changed up to a sealed entry; never further than the trail reaches, never back."""
    if by.user_id is None:
        raise Refused("visit", "Sign in first.")
    last = LedgerSeal.objects.aggregate(last=Max("sequence"))["last"] or 0
    before = Visit.objects.filter(user_id=by.user_id).values_list("sequence", flat=True).first() or 0
    reached = max(min(sequence, last), before)
    visit, _ = Visit.objects.update_or_create(
        user_id=by.user_id, defaults={"sequence": reached, "seen_at": timezone.now()}
    )
    return visit
