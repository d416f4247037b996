"""The file of one case as one reader may see it: its parts, what the reader may do, what stands against each move."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from collaboration.models import ConcernAudience, Profile
from ics_governance.context import system
from ics_governance.permissions import Actor
from ics_governance.workflow import Move, Reason, Transition
from oversight.access import P
from oversight.models import Case, Fact
from oversight.workflows import CASE
from partnerships.access import held, visible_or_404
from partnerships.models import Decision, Organisation

from .case_parts import Parts, known_of, parts_of
from .cases import A_PARTNER
from .holders import affected_systems

ACTING = (P.CASE_LEAD, P.CASE_PARTY, P.CASE_REPLY, P.CASE_CONFIRM, P.CASE_WITHDRAW, P.CASE_FIND)


@dataclass
class CaseFile:
    """One case with everything on its file that the reader may see. `held`: what the reader may do about it."""

    case: Case
    parts: Parts
    actor: Actor
    held: frozenset[str] = field(default_factory=frozenset)

    @property
    def hidden(self) -> bool:
        """Whether this reader may not know who raised it."""
        return self.parts.raiser is None

    @property
    def raiser_name(self) -> str:
        """Who raised it, as this reader may know it."""
        return self.parts.raiser.organisation.name if self.parts.raiser else A_PARTNER

    @property
    def raiser_label(self) -> str:
        """The same, short."""
        return self.parts.raiser.organisation.label if self.parts.raiser else A_PARTNER

    @property
    def respondents(self) -> list[Organisation]:
        """The bodies it is about."""
        return [row.organisation for row in self.parts.respondents]

    @property
    def bodies(self) -> list[Organisation]:
        """The bodies that take part, as far as this reader may know them: parties and holder."""
        return list({body.pk: body for body in [*self.parties, self.case.holder]}.values())

    @property
    def parties(self) -> list[Organisation]:
        """Who raised it, as far as this reader may know it, and the bodies it is about."""
        raiser = [self.parts.raiser.organisation] if self.parts.raiser else []
        return [*raiser, *self.respondents]

    @property
    def known_to_each_other(self) -> bool:
        """Whether the parties know each other: a note between two of them then gives nothing away."""
        return not self.case.concern.in_confidence

    @property
    def keeps(self) -> bool:
        """Whether this reader keeps the case, or stands above those who do."""
        return bool(self.held & {P.CASE_LEAD, P.CASE_CONFIRM})

    @property
    def own(self) -> frozenset[int]:
        """The reader's bodies."""
        return frozenset(row.organisation_id for row in self.actor.holdings)

    @cached_property
    def affected(self) -> list[Organisation]:
        """The systems it touches that are no party; their leaders are spoken to before oversight review."""
        about = [row.organisation_id for row in self.parts.respondents]
        parties = {*about, self.case.concern.counterparty_id}
        if self.parts.raiser:
            parties.add(self.parts.raiser.organisation_id)
        wanted = [body for body in affected_systems(self.case.concern, self.actor.on, about) if body not in parties]
        found = Organisation.objects.in_bulk(wanted)
        return [found[body] for body in wanted]

    @cached_property
    def moves(self) -> list[Move]:
        """Every move of this stage for which the reader holds the permission, with the reasons against it."""
        if not self.held:
            return []
        self._inform_guards()
        return CASE.moves(self.case, self.actor, self.held)

    def reasons_against(self, row: Transition) -> list[Reason]:
        """What stands against a move; it may be one of another stage."""
        self._inform_guards()
        return row.reasons(self.case)

    def _inform_guards(self) -> None:
        """Guards read what the keepers see; a party's own moves have no guards that need more than it sees."""
        if not hasattr(self.case, "known"):
            systems = [body.pk for body in self.affected] if self.keeps else []
            self.case.known = known_of(self.case, self.parts, self.actor.on, systems)  # type: ignore[attr-defined]

    @cached_property
    def linked(self) -> Mapping[tuple[str, int], Any]:
        """The decisions and profiles that are evidence here and that this reader may see; at most two queries."""
        found: dict[tuple[str, int], Any] = {}
        decisions = {row.decision_id for row in self.parts.evidence if row.decision_id}
        profiles = {row.profile_id for row in self.parts.evidence if row.profile_id}
        rows: list[QuerySet[Any]] = []
        if decisions:
            rows.append(Decision.objects.filter(pk__in=decisions).only("reference"))
        if profiles:
            rows.append(Profile.objects.filter(pk__in=profiles).select_related("subject"))
        for queryset in rows:
            found |= {(queryset.model._meta.model_name or "", row.pk): row for row in queryset}
        return found

    def facts_awaiting(self) -> list[Fact]:
        """Facts that one of the reader's own bodies may still agree with or dispute."""
        about = {row.organisation_id for row in self.parts.respondents}
        side = "respondent" if self.own & about else "raiser"
        if P.CASE_PARTY not in self.held:
            return []
        answered = {
            row.fact_id for row in self.parts.fact_replies
            if row.side == side and (row.organisation_id is None or row.organisation_id in self.own)
        }  # fmt: skip
        return [fact for fact in self.parts.facts if fact.by_side != side and fact.pk not in answered]


def file_of(actor: Actor, reference: str) -> CaseFile:
    """The file of a case; 404 for what this person may not see."""
    rows = Case.objects.select_related("concern__system", "concern__place", "holder", "lead", "lead_case")
    case = visible_or_404(actor, rows, reference=reference)
    return CaseFile(case, parts_of(case), actor, held(actor, ACTING, case))


def readers_of(file: CaseFile) -> list[tuple[str, str]]:
    """Who may read the case on the day, and in what part; a raiser whom the reader may not know stays a partner."""
    with system("who may read a case"):
        rows = list(
            ConcernAudience.objects.filter(concern=file.case.concern_id, starts__lte=file.actor.on)
            .exclude(ends__lt=file.actor.on)
            .select_related("organisation", "user")
            .order_by("pk")
        )
    found = []
    for row in rows:
        if row.capacity == "raiser" and file.hidden:
            found.append((A_PARTNER.capitalize(), "raised it, in confidence"))
        elif row.user_id:
            found.append((row.user.name, "the independent third party, in this case only"))
        else:
            found.append((row.organisation.name, CAPACITIES.get(row.capacity, row.capacity)))
    return found


CAPACITIES = {
    "raiser": "raised it",
    "respondent": "it is about this body",
    "holder": "holds the case",
    "overseer": "the region above",
    "affected": "a system that it touches",
}
