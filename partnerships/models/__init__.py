"""Who works with whom, and what they decided."""

from .arrangements import (
    Arrangement,
    ArrangementMember,
    Contribution,
    Fund,
    GatewayReview,
    ReportingLine,
    SpatialLevel,
)
from .decisions import Action, Decision, DecisionAudience, DecisionGrant, DecisionLead, Series
from .delegations import Delegation, DelegationReview, Function, LegalBasis, Suspension
from .findings import CheckFinding
from .forums import Deputy, Forum, Membership, TermsOfReference
from .imports import OdsImport, OdsRow
from .meetings import AgendaItem, Attendance, Meeting, MeetingAudience
from .organisations import (
    Cluster,
    ClusterMember,
    Completeness,
    FormerName,
    Kind,
    LineageEvent,
    Organisation,
    OrganisationRelation,
    Place,
    Succession,
)
from .people import Audience, Employment, Person, Post, PostHolding, RoleMembership
from .rehearsals import Rehearsal

__all__ = [
    "Action",
    "AgendaItem",
    "Arrangement",
    "ArrangementMember",
    "Attendance",
    "Audience",
    "Cluster",
    "ClusterMember",
    "Completeness",
    "Contribution",
    "Decision",
    "DecisionAudience",
    "DecisionGrant",
    "DecisionLead",
    "Delegation",
    "DelegationReview",
    "Deputy",
    "Employment",
    "CheckFinding",
    "FormerName",
    "Forum",
    "Function",
    "Fund",
    "GatewayReview",
    "Kind",
    "LegalBasis",
    "LineageEvent",
    "Meeting",
    "MeetingAudience",
    "Membership",
    "OdsImport",
    "OdsRow",
    "Organisation",
    "OrganisationRelation",
    "Person",
    "Place",
    "Post",
    "PostHolding",
    "Rehearsal",
    "ReportingLine",
    "RoleMembership",
    "Series",
    "SpatialLevel",
    "Succession",
    "Suspension",
    "TermsOfReference",
]
