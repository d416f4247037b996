"""A step of a route in plain English: why this forum, and what it is asked to do."""

from __future__ import annotations

from decimal import Decimal

from .answer import Status
from .graph import Node
from .route import Because, Kind, RouteStep
from .words import Names, lower, pounds

VERBS = {
    Kind.CONSULT: "Is consulted",
    Kind.RECOMMEND: "Recommends",
    Kind.DECIDE: "Decides",
    Kind.APPROVE: "Approves",
    Kind.REPORT: "Hears of it",
}
NOBODY = "not named in this register"


def name(node: Node | None, names: Names) -> str:
    """A holder's name; for nobody, that the register names none."""
    return NOBODY if node is None else names.get(node, f"{node.kind} {node.id}")


def why(step: RouteStep, names: Names, amount: Decimal | None = None) -> str:
    """One sentence on why the step is on the route."""
    about = "" if step.about is None else name(step.about, names)
    match step.because:
        case Because.FUNCTION:
            return f"The function needs it: {step.text}."
        case Because.ADVISES:
            return "A consultative forum that is heard about this: it may recommend, and not decide."
        case Because.PLACE:
            return "It meets for a place named, and reports to the forum that decides."
        case Because.TOO_LOW:
            most = "" if step.limit is None else f" up to {pounds(step.limit)}"
            return f"It holds the function{most}, not for this amount: it recommends and passes the matter on."
        case Because.BEGINS:
            return f"The matter begins here. {begins(step)}"
        case Because.BETWEEN:
            return "It lies on the reporting line between the others and the forum that decides."
        case Because.LOWEST:
            most = "without a limit" if step.limit is None else f"up to {pounds(step.limit)}"
            asked = "" if amount is None else f" of {pounds(amount)}"
            return f"The lowest that may take a decision{asked} here: it has the authority {most}."
        case Because.JOINT:
            return f"The function is decided jointly: its voting member must be present in {about} and agree."
        case Because.LINE:
            return f"{about} reports to it."
        case Because.DELEGATED:
            return f"It passed the power on to the {lower(about)}."
    return "Its body stays accountable for what is decided."


def begins(step: RouteStep) -> str:
    """Why the forum where a matter begins only recommends it."""
    if step.status is Status.EXCEEDS_LIMIT and step.limit is not None:
        return f"Its limit is {pounds(step.limit)}, so it recommends."
    if step.status is Status.RECOMMEND_ONLY:
        return "It may recommend, and not decide."
    if step.status is Status.WITHIN_AUTHORITY:
        return "It could decide, and a lower level can too."
    return "It has no authority for this, so it recommends."
