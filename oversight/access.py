"""Who may see signals and act on cases. A case is read like its concern: through the concern's audience."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q

from collaboration.access import EvidenceRecord
from collaboration.access import P as Collaboration
from collaboration.models import Capacity, ConcernAudience, Evidence
from ics_governance import permissions
from ics_governance.permissions import Actor
from partnerships.access import ALWAYS, RULES, GuardedRecord, Rule
from partnerships.models import OrganisationRelation

from .models import Case, CaseEvidence, CaseNote, Measure, Signal


@permissions.register
class P(StrEnum):
    """Permissions of this app."""

    CASE_LEAD = "case.lead"  # move it, keep its file: the body that holds the stage
    CASE_PARTY = "case.party"  # agree, dispute a fact, ask for dispute resolution: a party
    CASE_REPLY = "case.reply"  # the right of reply: a respondent
    CASE_CONFIRM = "case.confirm"  # the second person: pauses, more time, overrides
    CASE_WITHDRAW = "case.withdraw"  # take the concern back: who raised it
    CASE_FIND = "case.find"  # record what the independent third party found
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


@dataclass(frozen=True)
class RestrictedPart(GuardedRecord):
    """A part of a case that may be restricted: then it is for the holder, the regions, and who put it on the file."""

    author: str = "user"

    def query(self, actor: Actor, permission: str) -> Q | None:
        """Readers of the case; a restricted part only in the capacities that may read it."""
        condition = super().query(actor, permission) or Q()
        inside = Q(organisation__in=actor.organisations(permission)) & Q(capacity__in=INSIDE)
        own = Q(**{f"{self.author}_id": actor.user_id}) if actor.user_id else Q(pk__in=[])
        return condition & (Q(restricted=False) | own | self._in_audience(actor, inside))

    def _in_audience(self, actor: Actor, match: Q) -> Q:
        """Through the concern of the case."""
        dates = Q(starts__lte=actor.on) & (Q(ends=None) | Q(ends__gte=actor.on))
        rows = ConcernAudience.objects.filter(match, dates, concern=OuterRef("case__concern"))
        return Q(Exists(rows))


@dataclass(frozen=True)
class CasePart(RestrictedPart):
    """A part of a case, read and written like the case."""

    def query(self, actor: Actor, permission: str) -> Q | None:
        """Readers of the case, in the capacities of the permission."""
        return GuardedRecord.query(self, actor, permission)


@dataclass(frozen=True)
class EvidenceOfCases(EvidenceRecord):
    """Evidence, also read by whoever may read a case it is linked to, unless it is restricted there."""

    def query(self, actor: Actor, permission: str) -> Q | None:
        """As before, or through a case."""
        before = super().query(actor, permission)
        if permission != self.view or before is None:
            return before
        linked = CaseEvidence.objects.filter(
            RULES[CaseEvidence].query(actor, Collaboration.CONCERN_VIEW), evidence=OuterRef("pk")
        )
        return before | Q(Exists(linked))


INSIDE = (Capacity.HOLDER, Capacity.OVERSEER)
VIEW = Collaboration.CONCERN_VIEW
READS: dict[str, Q] = {VIEW: ALWAYS}


def _part(rule: type[RestrictedPart], author: str = "user") -> Rule:
    return rule(VIEW, ConcernAudience, "concern", path="case__concern", personal=READS, author=author)


RULES |= {
    Signal: SignalRecord(),
    Case: GuardedRecord(
        VIEW,
        ConcernAudience,
        "concern",
        path="concern",
        personal={VIEW: ALWAYS, P.CASE_FIND: Q(stage="dispute_resolution")},
    ),
    CaseNote: _part(RestrictedPart),
    CaseEvidence: _part(RestrictedPart, author="added_by"),
    Measure: _part(CasePart),
    Evidence: EvidenceOfCases(),
}
