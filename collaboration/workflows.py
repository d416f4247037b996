"""The workflows of self-assessments, feedback rounds, information requests, shared risks and queries, as tables."""

from ics_governance.workflow import Transition, Workflow, register
from partnerships.access import allowed

from .access import P
from .guards import feedback as feedback_guards
from .guards import requests as request_guards

ASSESSMENT = register(
    Workflow(
        name="assessment",
        model="collaboration.Assessment",
        column="state",
        initial=("draft",),
        may=allowed,
        transitions=(
            Transition("make_ready", ("draft",), "ready", P.ASSESSMENT_MANAGE, "assessment.ready", "Make ready to sign"),
            Transition("review", ("ready",), "reviewed", P.ASSESSMENT_SIGN, "assessment.reviewed", "Sign as reviewed"),
            Transition("sign_off", ("reviewed",), "submitted", P.ASSESSMENT_SIGN, "assessment.submitted", "Sign off"),
            Transition(
                "reopen", ("ready", "reviewed"), "draft", P.ASSESSMENT_MANAGE, "assessment.reopened", "Open again"
            ),
            Transition(
                "send_back", ("ready", "reviewed"), "draft", P.ASSESSMENT_SIGN, "assessment.sent_back", "Send back"
            ),
            Transition(
                "moderate", ("submitted",), "moderated", P.ASSESSMENT_MODERATE, "assessment.moderated",
                "Close the moderation",
            ),
            Transition("appeal", ("moderated",), "submitted", P.ASSESSMENT_SIGN, "assessment.appealed", "Appeal"),
            Transition("accept", ("moderated",), "final", P.ASSESSMENT_SIGN, "assessment.final", "Accept"),
            Transition(
                "finalise", ("moderated",), "final", P.ASSESSMENT_MODERATE, "assessment.finalised",
                "Make final: the time to appeal is over",
            ),
        ),
    )
)  # fmt: skip

FEEDBACK_ROUND = register(
    Workflow(
        name="feedback_round",
        model="collaboration.FeedbackRound",
        column="state",
        initial=("open",),
        may=allowed,
        transitions=(
            Transition(
                "close",
                ("open",),
                "closed",
                P.FEEDBACK_RUN,
                "feedback_round.closed",
                "Close the round",
                (feedback_guards.round_is_over,),
            ),
            Transition(
                "cancel",
                ("open",),
                "cancelled",
                P.FEEDBACK_RUN,
                "feedback_round.cancelled",
                "Cancel the round",
                (feedback_guards.cancelling_says_why,),
            ),
        ),
    )
)

INFORMATION_REQUEST = register(
    Workflow(
        name="information_request",
        model="collaboration.InformationRequest",
        column="state",
        initial=("open",),
        may=allowed,
        transitions=(
            Transition(
                "answer",
                ("open",),
                "answered",
                P.REQUEST_ANSWER,
                "information_request.answered",
                "Answer",
                (request_guards.request_has_an_answer,),
            ),
            Transition(
                "refuse",
                ("open",),
                "refused",
                P.REQUEST_ANSWER,
                "information_request.refused",
                "Refuse",
                (request_guards.refusal_names_its_reason,),
            ),
            Transition("withdraw", ("open",), "withdrawn", P.REQUEST_ASK, "information_request.withdrawn", "Withdraw"),
        ),
    )
)

SHARED_RISK = register(
    Workflow(
        name="shared_risk",
        model="collaboration.SharedRisk",
        column="state",
        initial=("open",),
        may=allowed,
        transitions=(
            Transition(
                "close",
                ("open",),
                "closed",
                P.RISK_EDIT,
                "shared_risk.closed",
                "Close the risk",
                (request_guards.risk_says_why_it_closed,),
            ),
            Transition("reopen", ("closed",), "open", P.RISK_EDIT, "shared_risk.reopened", "Open again"),
        ),
    )
)

RECORD_QUERY = register(
    Workflow(
        name="record_query",
        model="collaboration.RecordQuery",
        column="state",
        initial=("open",),
        may=allowed,
        transitions=(
            Transition("uphold", ("open",), "upheld", P.QUERY_ANSWER, "record_query.upheld", "The record was wrong"),
            Transition("reject", ("open",), "rejected", P.QUERY_ANSWER, "record_query.rejected", "The record stands"),
            Transition("withdraw", ("open",), "withdrawn", P.QUERY_ASK, "record_query.withdrawn", "Withdraw"),
        ),
    )
)
