"""What is done about how partners work together: signals and cases."""

from .case_file import (
    AccuracyCheck,
    Agreement,
    CaseEvidence,
    Discussion,
    DisputeFinding,
    DisputeRequest,
    Facilitation,
    Fact,
    FactReply,
    Reply,
)
from .cases import REFERENCE_PREFIX, Case, CaseNote, Commitment, Override, Side, Step
from .clocks import Extension, Pause, StageClock
from .outcomes import Criterion, Finding, Measure
from .restructures import Restructure
from .signals import Signal, SignalRuleSet
from .visits import Visit

__all__ = [
    "REFERENCE_PREFIX",
    "AccuracyCheck",
    "Agreement",
    "Case",
    "CaseEvidence",
    "CaseNote",
    "Commitment",
    "Criterion",
    "Discussion",
    "DisputeFinding",
    "DisputeRequest",
    "Extension",
    "Facilitation",
    "Fact",
    "FactReply",
    "Finding",
    "Measure",
    "Override",
    "Pause",
    "Reply",
    "Side",
    "Restructure",
    "Signal",
    "SignalRuleSet",
    "StageClock",
    "Step",
    "Visit",
]
