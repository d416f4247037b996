"""Who works with whom, and what they decided."""

from .arrangements import Arrangement, ArrangementMember
from .decisions import Action, Decision, DecisionAudience, DecisionGrant, DecisionLead, Series
from .delegations import Delegation, Function, LegalBasis
from .forums import Forum, Membership, SpatialLevel, TermsOfReference
from .meetings import AgendaItem, Attendance, Meeting, MeetingAudience
from .organisations import Completeness, FormerName, Kind, Organisation, OrganisationRelation, Place, Succession
from .people import Audience, Employment, Person, Post, RoleMembership

__all__ = [
    "Action",
    "AgendaItem",
    "Arrangement",
    "ArrangementMember",
    "Attendance",
    "Audience",
    "Completeness",
    "Decision",
    "DecisionAudience",
    "DecisionGrant",
    "DecisionLead",
    "Delegation",
    "Employment",
    "FormerName",
    "Forum",
    "Function",
    "Kind",
    "LegalBasis",
    "Meeting",
    "MeetingAudience",
    "Membership",
    "Organisation",
    "OrganisationRelation",
    "Person",
    "Place",
    "Post",
    "RoleMembership",
    "Series",
    "SpatialLevel",
    "Succession",
    "TermsOfReference",
]
