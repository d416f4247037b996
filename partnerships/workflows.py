"""The workflows of delegations, meetings, decisions and actions, as tables."""

from ics_governance.workflow import Transition, Workflow, register

from . import delegation_guards, guards
from .access import P, allowed

DELEGATION = register(
    Workflow(
        name="delegation",
        model="partnerships.Delegation",
        column="status",
        initial=("draft",),
        may=allowed,
        transitions=(
            Transition(
                "approve",
                ("draft",),
                "approved",
                P.DELEGATION_APPROVE,
                "delegation.approved",
                "Approve",
                (delegation_guards.delegation_is_sound, delegation_guards.approver_is_another_person),
            ),
            Transition(
                "withdraw",
                ("draft",),
                "withdrawn",
                P.DELEGATION_EDIT,
                "delegation.withdrawn",
                "Withdraw",
            ),
            Transition(
                "bring_into_force",
                ("approved",),
                "in_force",
                P.DELEGATION_EDIT,
                "delegation.in_force",
                "Bring into force",
            ),
            Transition("suspend", ("in_force",), "suspended", P.DELEGATION_APPROVE, "delegation.suspended", "Suspend"),
            Transition("resume", ("suspended",), "in_force", P.DELEGATION_APPROVE, "delegation.resumed", "Resume"),
            Transition(
                "end",
                ("approved", "in_force", "suspended"),
                "ended",
                P.DELEGATION_APPROVE,
                "delegation.ended",
                "End",
            ),
        ),
    )
)

MEETING = register(
    Workflow(
        name="meeting",
        model="partnerships.Meeting",
        column="state",
        initial=("planned",),
        may=allowed,
        transitions=(
            Transition(
                "issue_papers",
                ("planned",),
                "papers_issued",
                P.MEETING_EDIT,
                "meeting.papers_issued",
                "Issue the papers",
            ),
            Transition(
                "hold",
                ("planned", "papers_issued"),
                "held",
                P.MEETING_EDIT,
                "meeting.held",
                "Record as held",
                (guards.attendance_is_recorded,),
            ),
            Transition(
                "minute",
                ("held",),
                "minuted",
                P.MEETING_EDIT,
                "meeting.minuted",
                "Close the minutes",
                (guards.decisions_are_settled,),
            ),
            Transition(
                "cancel", ("planned", "papers_issued"), "cancelled", P.MEETING_EDIT, "meeting.cancelled", "Cancel"
            ),
        ),
    )
)

DECISION = register(
    Workflow(
        name="decision",
        model="partnerships.Decision",
        column="state",
        initial=("draft",),
        may=allowed,
        transitions=(
            Transition(
                "propose",
                ("draft",),
                "proposed",
                P.DECISION_EDIT,
                "decision.proposed",
                "Propose",
                (guards.is_on_an_agenda,),
            ),
            Transition(
                "agree",
                ("draft", "proposed"),
                "agreed",
                P.DECISION_AGREE,
                "decision.agreed",
                "Agree",
                (
                    guards.decision_is_complete,
                    guards.decision_is_quorate,
                    guards.urgent_power_is_named,
                    guards.forum_may_bind,
                ),
            ),
            Transition(
                "defer",
                ("draft", "proposed"),
                "deferred",
                P.DECISION_AGREE,
                "decision.deferred",
                "Defer",
                (guards.says_why,),
            ),
            Transition(
                "turn_down",
                ("draft", "proposed"),
                "not_agreed",
                P.DECISION_AGREE,
                "decision.not_agreed",
                "Record as not agreed",
                (guards.says_why,),
            ),
            Transition("bring_back", ("deferred",), "draft", P.DECISION_EDIT, "decision.brought_back", "Bring back"),
            Transition(
                "implement",
                ("agreed",),
                "implemented",
                P.DECISION_EDIT,
                "decision.implemented",
                "Record as implemented",
                (guards.actions_are_settled,),
            ),
            Transition(
                "review",
                ("implemented",),
                "reviewed",
                P.DECISION_EDIT,
                "decision.reviewed",
                "Record its review",
                (guards.says_why,),
            ),
            Transition(
                "supersede",
                ("agreed", "implemented", "reviewed"),
                "superseded",
                P.DECISION_AGREE,
                "decision.superseded",
                "Replace by a corrected version",
            ),
            Transition(
                "rescind",
                ("agreed",),
                "rescinded",
                P.DECISION_AGREE,
                "decision.rescinded",
                "Rescind",
                (guards.says_why,),
            ),
        ),
    )
)

ACTION = register(
    Workflow(
        name="action",
        model="partnerships.Action",
        column="state",
        initial=("proposed",),
        may=allowed,
        transitions=(
            Transition(
                "accept",
                ("proposed",),
                "accepted",
                P.ACTION_ACCEPT,
                "action.accepted",
                "Accept",
                (guards.action_has_an_owner,),
            ),
            Transition("decline", ("proposed",), "declined", P.ACTION_ACCEPT, "action.declined", "Decline"),
            Transition(
                "finish",
                ("accepted",),
                "done",
                P.ACTION_REPORT,
                "action.done",
                "Report as done",
                (guards.action_has_evidence,),
            ),
            Transition("confirm", ("done",), "confirmed", P.ACTION_CONFIRM, "action.confirmed", "Confirm as done"),
            Transition("hand_back", ("done",), "accepted", P.ACTION_CONFIRM, "action.handed_back", "Hand back"),
            Transition(
                "withdraw", ("proposed", "accepted"), "withdrawn", P.ACTION_CONFIRM, "action.withdrawn", "Withdraw"
            ),
        ),
    )
)
