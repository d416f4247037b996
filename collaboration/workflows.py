"""The workflows of self-assessments, feedback rounds, information requests, shared risks and queries, as tables."""

from ics_governance.workflow import Transition, Workflow, register
from partnerships.access import allowed

from .access import P
from .guards import assessments as assessment_guards
from .guards import feedback as feedback_guards
from .guards import queries as query_guards
from .guards import requests as request_guards

ASSESSMENT = register(
    Workflow(
        name="assessment",
        model="collaboration.Assessment",
        column="state",
        initial=("draft",),
        may=allowed,
        transitions=(
            Transition(
                "make_ready", ("draft",), "ready", P.ASSESSMENT_MANAGE, "assessment.ready", "Make ready to sign",
                (assessment_guards.every_question_is_answered,),
            ),
            Transition("review", ("ready",), "reviewed", P.ASSESSMENT_SIGN, "assessment.reviewed", "Sign as reviewed"),
            Transition(
                "sign_off", ("reviewed",), "submitted", P.ASSESSMENT_SIGN, "assessment.submitted", "Sign off",
                (assessment_guards.board_meeting_is_named,),
            ),
            Transition(
                "reopen", ("ready", "reviewed"), "draft", P.ASSESSMENT_MANAGE, "assessment.reopened", "Open again",
                (assessment_guards.says_why_it_goes_back,),
            ),
            Transition(
                "send_back", ("ready", "reviewed"), "draft", P.ASSESSMENT_SIGN, "assessment.sent_back", "Send back",
                (assessment_guards.says_why_it_goes_back,),
            ),
            Transition(
                "moderate", ("submitted",), "moderated", P.ASSESSMENT_MODERATE, "assessment.moderated",
                "Close the moderation", (assessment_guards.questions_back_are_settled,),
            ),
            Transition(
                "appeal", ("moderated",), "submitted", P.ASSESSMENT_SIGN, "assessment.appealed", "Appeal",
                (assessment_guards.appeal_is_in_time,),
            ),
            Transition("accept", ("moderated",), "final", P.ASSESSMENT_SIGN, "assessment.final", "Accept"),
            Transition(
                "finalise", ("moderated",), "final", P.ASSESSMENT_MODERATE, "assessment.finalised",
                "Make final: the time to appeal is over", (assessment_guards.time_to_appeal_is_over,),
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
            Transition(
                "uphold", ("open",), "upheld", P.QUERY_ANSWER, "record_query.upheld", "The record was wrong",
                (query_guards.answer_is_given,),
            ),
            Transition(
                "reject", ("open",), "rejected", P.QUERY_ANSWER, "record_query.rejected", "The record stands",
                (query_guards.answer_is_given,),
            ),
            Transition("withdraw", ("open",), "withdrawn", P.QUERY_ASK, "record_query.withdrawn", "Withdraw"),
        ),
    )
)  # fmt: skip
