"""The file of one case as its pages use it: what `cases.file_of` found, and what follows from it for this reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from collaboration.models import Profile
from ics_governance.permissions import Actor
from ics_governance.workflow import Move, Reason, Transition
from oversight.access import P
from oversight.models import Case, Fact, Side
from partnerships.models import Decision, Organisation

from . import cases
from .case_parts import Parts
from .cases import A_PARTNER


@dataclass
class CaseFile:
    """One case with everything on its file that the reader may see. `held`: what the reader may do about it."""

    case: Case
    parts: Parts
    actor: Actor
    held: frozenset[str]
    moves: list[Move]
    readers: list[cases.Reader]

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
    def parties(self) -> list[Organisation]:
        """Who raised it, as far as this reader may know it, and the bodies it is about."""
        raiser = [self.parts.raiser.organisation] if self.parts.raiser else []
        return [*raiser, *self.respondents]

    @property
    def bodies(self) -> list[Organisation]:
        """The bodies that take part, as far as this reader may know them: parties and holder."""
        return list({body.pk: body for body in [*self.parties, self.case.holder]}.values())

    @property
    def known_to_each_other(self) -> bool:
        """Whether the parties know each other: a note between two of them then gives nothing away."""
        return not self.case.concern.in_confidence

    @property
    def own(self) -> frozenset[int]:
        """The reader's bodies."""
        return frozenset(row.organisation_id for row in self.actor.holdings)

    @property
    def side(self) -> Side:
        """For which party the reader speaks: a respondent, where one of the reader's bodies is asked to answer."""
        return Side.RESPONDENT if self.own & {body.pk for body in self.respondents} else Side.RAISER

    @cached_property
    def affected(self) -> list[Organisation]:
        """The systems it touches that are no party; their leaders are spoken to before oversight review."""
        known = getattr(self.case, "known", None)
        return list(Organisation.objects.filter(pk__in=known.affected)) if known else []

    def reasons_against(self, row: Transition) -> list[Reason]:
        """What stands against a move that the reader may make; a party's own moves have no guards."""
        return row.reasons(self.case) if hasattr(self.case, "known") else []

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

    def checked(self) -> bool:
        """Whether the reader's side has checked the facilitation record."""
        if self.side == Side.RESPONDENT:
            return any(row.organisation_id in self.own for row in self.parts.checks)
        return any(row.side == Side.RAISER for row in self.parts.checks)

    def facts_awaiting(self) -> list[Fact]:
        """Facts that the reader's side may still agree with or dispute."""
        if P.CASE_PARTY not in self.held:
            return []
        mine = [row for row in self.parts.fact_replies if row.side == self.side]
        if self.side == Side.RESPONDENT:
            mine = [row for row in mine if row.organisation_id in self.own]
        answered = {row.fact_id for row in mine}
        return [fact for fact in self.parts.facts if fact.by_side != self.side and fact.pk not in answered]


def file_of(actor: Actor, reference: str) -> CaseFile:
    """The file of a case; 404 for what this person may not see."""
    found = cases.file_of(actor, reference)
    return CaseFile(found.case, found.parts, actor, found.permissions, found.moves, found.readers)
