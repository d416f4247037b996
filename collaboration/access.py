"""Who may see and do what with profiles, self-assessments, feedback, requests, risks and concerns."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q

from ics_governance import permissions
from ics_governance.permissions import Actor
from partnerships.access import ALWAYS, RULES, GuardedRecord
from partnerships.models import OrganisationRelation, Succession

from .models import (
    Answer,
    Assessment,
    AssessmentAudience,
    Capacity,
    Concern,
    ConcernAudience,
    Evidence,
    EvidenceLink,
    FeedbackAudience,
    FeedbackInvitation,
    FeedbackRound,
    InformalAttempt,
    InformationRequest,
    Profile,
    RecordQuery,
    RequestAudience,
    RiskAudience,
    SharedRisk,
)


@permissions.register
class P(StrEnum):
    """Permissions of this app."""

    PROFILE_VIEW = "profile.view"
    PROFILE_SCORE = "profile.score"
    QUERY_ASK = "query.ask"  # object to a record behind one's own profile
    QUERY_ANSWER = "query.answer"  # answer for the records one keeps
    ASSESSMENT_VIEW = "assessment.view"
    ASSESSMENT_ANSWER = "assessment.answer"  # type answers, give evidence
    ASSESSMENT_MANAGE = "assessment.manage"  # begin it, assign sections, make ready, open again, reply to moderation
    ASSESSMENT_SIGN = "assessment.sign"  # review, sign off, accept or appeal the moderation
    ASSESSMENT_MODERATE = "assessment.moderate"
    FEEDBACK_VIEW = "feedback.view"
    FEEDBACK_RUN = "feedback.run"  # open, close and cancel a round
    FEEDBACK_ANSWER = "feedback.answer"
    REQUEST_VIEW = "request.view"
    REQUEST_ASK = "request.ask"
    REQUEST_ANSWER = "request.answer"
    RISK_VIEW = "risk.view"
    RISK_EDIT = "risk.edit"
    CONCERN_VIEW = "concern.view"
    CONCERN_RAISE = "concern.raise"


permissions.restrict("assessment", P.ASSESSMENT_VIEW)
permissions.restrict("feedback", P.FEEDBACK_VIEW)
permissions.restrict("request", P.REQUEST_VIEW)
permissions.restrict("risk", P.RISK_VIEW)
permissions.restrict("concern", P.CONCERN_VIEW, also=["case"])
permissions.name_capacities(set(Capacity.values) - {Capacity.PERSON})

# What a contributor may do with an assessment through a personal grant, and while it is what.
CONTRIBUTOR: dict[str, Q] = {P.ASSESSMENT_VIEW: ALWAYS, P.ASSESSMENT_ANSWER: Q(state="draft")}


# What the successor has of its predecessor: all of it, or its part of all.
CARRIED_ON = (Succession.Kind.MERGER, Succession.Kind.RENAME, Succession.Kind.SPLIT)


@dataclass(frozen=True)
class SubjectRecord:
    """A record about a body, seen by that body and by those that oversee it on the day; and of a body that is no more
    by those who see the body that carries it on."""

    view: str = P.PROFILE_VIEW
    subject: str = "subject_id"

    def query(self, actor: Actor, permission: str) -> Q | None:
        """Subjects are the actor's own bodies, those of its systems, and those of its regions' systems."""
        own = actor.organisations(permission, "subject")
        over = actor.organisations(permission, "overseer") | actor.organisations(permission, "host")
        related = OrganisationRelation.objects.on(actor.on)
        systems = related.filter(target_body__in=over).values("source_body")
        below = related.filter(target_body__in=systems).values("source_body")
        now = Q(successor__in=own | over) | Q(successor__in=systems) | Q(successor__in=below)
        before = Succession.objects.filter(now, kind__in=CARRIED_ON).values("predecessor")
        field = self.subject.removesuffix("_id")
        return (
            Q(**{f"{field}__in": own | over}) | Q(**{f"{field}__in": systems}) | Q(**{f"{field}__in": below})
            | Q(**{f"{field}__in": before})
        )  # fmt: skip


@dataclass(frozen=True)
class QueryRecord(SubjectRecord):
    """A query of a record: like the profile it is about, and for the body that keeps the record."""

    def query(self, actor: Actor, permission: str) -> Q | None:
        """The subject asks, the keeper answers, and both read it, as those who oversee the subject do."""
        if permission == P.QUERY_ANSWER:
            return Q(keeper__in=actor.organisations(permission))
        about = super().query(actor, permission)
        if permission != self.view:
            return about
        return Q(keeper__in=actor.organisations(P.QUERY_ANSWER)) | (about or Q())


@dataclass(frozen=True)
class PairRecord:
    """A note of two bodies, read and kept by both and by nobody else, unless it is attached to a concern one sees."""

    view: str = P.CONCERN_VIEW

    def query(self, actor: Actor, permission: str) -> Q | None:
        """Either body; for reading also whoever may read a concern it was attached to."""
        bodies = actor.organisations(permission)
        pair = Q(kept_by__in=bodies) | Q(other__in=bodies)
        if permission != self.view:
            return pair
        seen = Concern.objects.filter(RULES[Concern].query(actor, permission), attempts=OuterRef("pk"))
        return pair | Q(Exists(seen))


@dataclass(frozen=True)
class EvidenceRecord:
    """Evidence, read by the body that gave it and by whoever may read an assessment it was given for."""

    view: str = P.ASSESSMENT_VIEW

    def query(self, actor: Actor, permission: str) -> Q | None:
        """The giver's own bodies; through the answers it serves for those who read their assessment."""
        own = Q(organisation__in=actor.organisations(permission))
        assessments = Assessment.objects.filter(RULES[Assessment].query(actor, permission))
        links = EvidenceLink.objects.filter(evidence=OuterRef("pk"), answer__assessment__in=assessments)
        return own | Q(Exists(links))


@dataclass(frozen=True)
class InvitationRecord:
    """An invitation to give feedback: the invited body's own, and the host's; the subject never sees one."""

    view: str = P.FEEDBACK_VIEW

    def query(self, actor: Actor, permission: str) -> Q | None:
        """The body invited answers; the host of the round sees who was asked and who has answered."""
        own = Q(organisation__in=actor.organisations(permission, "invited"))
        if permission != self.view:
            return own
        return own | Q(round__host__in=actor.organisations(permission, "host"))


RULES |= {
    Profile: SubjectRecord(),
    RecordQuery: QueryRecord(),
    Assessment: GuardedRecord(P.ASSESSMENT_VIEW, AssessmentAudience, "assessment", personal=CONTRIBUTOR),
    Answer: GuardedRecord(
        P.ASSESSMENT_VIEW, AssessmentAudience, "assessment", path="assessment", personal={P.ASSESSMENT_VIEW: ALWAYS}
    ),
    Evidence: EvidenceRecord(),
    FeedbackRound: GuardedRecord(P.FEEDBACK_VIEW, FeedbackAudience, "round"),
    FeedbackInvitation: InvitationRecord(),
    InformationRequest: GuardedRecord(P.REQUEST_VIEW, RequestAudience, "request"),
    SharedRisk: GuardedRecord(P.RISK_VIEW, RiskAudience, "risk"),
    InformalAttempt: PairRecord(),
    Concern: GuardedRecord(P.CONCERN_VIEW, ConcernAudience, "concern", personal={P.CONCERN_VIEW: ALWAYS}),
}
