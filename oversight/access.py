"""Who may see signals and act on cases. A case is read like its concern: through the concern's audience."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from ics_governance import permissions
from ics_governance.permissions import Actor
from partnerships.access import RULES
from partnerships.models import OrganisationRelation

from .models import Signal


@permissions.register
class P(StrEnum):
    """Permissions of this app."""

    CASE_LEAD = "case.lead"  # move it, keep its file: the body that holds the stage
    CASE_PARTY = "case.party"  # agree, dispute a fact, ask for dispute resolution: a party
    CASE_REPLY = "case.reply"  # the right of reply: a respondent
    CASE_CONFIRM = "case.confirm"  # the second person: pauses, more time, overrides
    SIGNAL_VIEW = "signal.view"
    SIGNAL_TRIAGE = "signal.triage"


@dataclass(frozen=True)
class SignalRecord:
    """A signal: its holder's, and for reading also that of the regions above the holder."""

    view: str = P.SIGNAL_VIEW

    def query(self, actor: Actor, permission: str) -> Q | None:
        """The bodies that hold it; a region reads what its systems hold."""
        own = Q(holder__in=actor.organisations(permission, "holder"))
        if permission != self.view:
            return own
        over = actor.organisations(permission, "overseer")
        below = OrganisationRelation.objects.on(actor.on).filter(target_body__in=over).values("source_body")
        return own | Q(holder__in=below)


RULES |= {Signal: SignalRecord()}
