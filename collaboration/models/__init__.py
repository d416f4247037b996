"""How well partners work together."""

from .assessments import (
    Answer,
    AnswerVersion,
    Assessment,
    AssessmentAudience,
    AssessmentGrant,
    EvidenceLink,
    Moderation,
    SectionAssignment,
    SignOff,
)
from .audiences import Capacity, Readers
from .concerns import (
    Concern,
    ConcernAudience,
    ConcernGrant,
    ConcernRaiser,
    ConcernRespondent,
    InformalAttempt,
)
from .evidence import Evidence
from .feedback import (
    FEWEST,
    FeedbackAudience,
    FeedbackComment,
    FeedbackInvitation,
    FeedbackResponse,
    FeedbackResult,
    FeedbackRound,
)
from .frameworks import Framework
from .profiles import (
    PeriodReading,
    Profile,
    ProfileMonth,
    Reading,
    RecordQuery,
    Score,
    ScoringCursor,
    StaleProfile,
)
from .requests import InformationRequest, RequestAudience, RiskAudience, SharedRisk

__all__ = [
    "FEWEST",
    "Answer",
    "AnswerVersion",
    "Assessment",
    "AssessmentAudience",
    "AssessmentGrant",
    "Capacity",
    "Concern",
    "ConcernAudience",
    "ConcernGrant",
    "ConcernRaiser",
    "ConcernRespondent",
    "Evidence",
    "EvidenceLink",
    "FeedbackAudience",
    "FeedbackComment",
    "FeedbackInvitation",
    "FeedbackResponse",
    "FeedbackResult",
    "FeedbackRound",
    "Framework",
    "InformalAttempt",
    "InformationRequest",
    "Moderation",
    "PeriodReading",
    "Profile",
    "ProfileMonth",
    "Readers",
    "Reading",
    "RecordQuery",
    "RequestAudience",
    "RiskAudience",
    "Score",
    "ScoringCursor",
    "SectionAssignment",
    "SharedRisk",
    "SignOff",
    "StaleProfile",
]
