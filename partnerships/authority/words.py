"""An answer in plain English: a verdict of a few words and one or two sentences.

`names` gives the name of every body, forum and post that may appear, by node, and `places` that of every place; what
they lack reads "body 12".
Dates and amounts carry no-break spaces. Money and dates are worded here, since this package stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from .answer import Answer, Part, Status, Step
from .graph import Model, Node

Names = Mapping[Node, str]

NBSP = "\u00a0"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

VERDICTS = {
    Status.WITHIN_AUTHORITY: "Within authority",
    Status.PARTIAL: "Within authority for some of the bodies",
    Status.EXCEEDS_LIMIT: "Over the limit",
    Status.OUTSIDE_AREA: "Outside its area",
    Status.DOUBLE_DELEGATION: "Passed on without permission",
    Status.SUSPENDED: "Delegation suspended",
    Status.EXPIRED: "Delegation expired",
    Status.NOT_YET_IN_FORCE: "Delegation not yet in force",
    Status.NOT_DELEGATED: "Not delegated",
    Status.NOT_RECORDED: "Not recorded",
    Status.RESERVED: "Reserved",
    Status.RECOMMEND_ONLY: "May only recommend",
    Status.NOT_QUORATE: "Not quorate",
    Status.CONFLICTED: "A conflict of interest was not handled",
    Status.HOLDER_ABSENT: "A joint holder was not there or did not agree",
    Status.POST_VACANT: "The post is vacant",
}


LACKS = {
    Status.NOT_QUORATE: "the meeting was not quorate for this item",
    Status.CONFLICTED: "a declared conflict of interest was neither recused nor managed",
    Status.HOLDER_ABSENT: "a body that decides jointly was not there or did not agree",
    Status.POST_VACANT: "nobody holds the post",
}


def verdict(answer: Answer) -> str:
    """The answer in a few words: "Within authority", "Over the limit by £140,000"."""
    words = VERDICTS[answer.status]
    if answer.status is Status.EXCEEDS_LIMIT and not answer.parts and answer.limit is not None and answer.amount:
        return f"{words} by {pounds(answer.amount - answer.limit)}"
    return words


def sentence(answer: Answer, names: Names, places: Mapping[int, str] | None = None) -> str:
    """Who may take it, where, up to what, under what, until when, and who stays accountable; or why not."""
    return " ".join(part for part in Wording(answer, names, places or {}).parts() if part)


class Wording:
    """The sentences of one answer."""

    def __init__(self, answer: Answer, names: Names, places: Mapping[int, str]) -> None:
        self.answer = answer
        self.names = names
        self.places = places
        self.who = self.name(answer.forum)

    def parts(self) -> Iterable[str]:
        """The sentences in their order."""
        answer = self.answer
        if answer.status is Status.WITHIN_AUTHORITY:
            yield self.may()
        elif answer.status is Status.PARTIAL:
            yield self.in_part()
        elif answer.status in LACKS:
            yield self.meeting()
        else:
            yield self.why_not()
            yield self.instead()
            yield self.contract()
        if answer.status is Status.WITHIN_AUTHORITY or answer.findings:
            yield self.conditions()
        if answer.further_approval_needed and answer.status is not Status.RECOMMEND_ONLY:
            yield f"It also needs: {joined(answer.further_approval_needed)}."
        if answer.accountable_bodies:
            yield f"Accountable: {joined(self.name(Node.body(body)) for body in answer.accountable_bodies)}."

    def may(self) -> str:
        """The forum may take it."""
        answer, lead = self.answer, f"{self.who} may take this{self.where()}"
        if not answer.chain:
            if answer.parts:
                return f"Each body may take its own part of this{self.where()}, {self.up_to()}."
            return f"{lead}: it holds the function by law."
        last = answer.chain[-1]
        if last.model is Model.TRANSFERRED:
            return f"{lead}: the function was transferred to it under {instrument(last)}."
        until = "" if answer.valid_until is None else f", until {day(answer.valid_until)}"
        return f"{lead}: {self.up_to()} under {instrument(last)}{until}."

    def where(self) -> str:
        """Where, of what was asked without places and is bounded to some."""
        answer = self.answer
        if answer.places or not answer.area:
            return ""
        named = sorted(self.places.get(place, f"place {place}") for place in answer.area)
        return f" in {joined(named)}"

    def up_to(self) -> str:
        """The limit."""
        answer = self.answer
        if answer.limit is None:
            return "without a limit"
        if any(step.annual and step.left == step.limit == answer.limit for step in answer.chain):
            return f"up to {pounds(answer.limit)} for the financial year,"
        if any(step.annual and step.left == answer.limit for step in answer.chain):
            return f"up to {pounds(answer.limit)}, what is left for the financial year,"
        return f"up to {pounds(answer.limit)}"

    def conditions(self) -> str:
        """What else the authority hangs on."""
        answer, found = self.answer, []
        if answer.holders_needed:
            bodies = joined(self.name(Node.body(body)) for body in answer.holders_needed)
            found.append(f"It counts only if the voting member of {bodies} is present and agrees.")
        if answer.urgent:
            found.append("This is a power for urgent cases: the decision must be ratified afterwards.")
        return " ".join(found)

    def in_part(self) -> str:
        """Committees in common of which only some may."""
        within = [part for part in self.answer.parts if part.status is Status.WITHIN_AUTHORITY]
        others = [part for part in self.answer.parts if part.status is not Status.WITHIN_AUTHORITY]
        reasons = joined(f"{self.name(Node.body(part.body))} ({lower(VERDICTS[part.status])})" for part in others)
        return f"{self.bodies(within)} may take {self.own_part(within)} of this. {reasons} may not."

    def own_part(self, parts: list[Part]) -> str:
        """Its or their own part."""
        return "its own part" if len(parts) == 1 else "their own parts"

    def bodies(self, parts: Iterable[Part]) -> str:
        """The names of the bodies of parts."""
        return joined(self.name(Node.body(part.body)) for part in parts)

    def meeting(self) -> str:
        """The authority was there; the meeting lacked something."""
        return f"{self.who} has the authority, but {joined(LACKS[found] for found in self.answer.findings)}."

    def why_not(self) -> str:
        """The reason against."""
        lead = f"{self.who} may not decide this"
        match self.answer.status:
            case Status.RECOMMEND_ONLY:
                return f"{self.who} may recommend, and not decide: a forum of its form never binds."
            case Status.RESERVED:
                return f"{lead}: the function is reserved to the board of the body that holds it."
            case Status.NOT_RECORDED:
                return f"The register cannot tell whether {self.who} may decide this: {self.undeclared()}"
            case Status.NOT_DELEGATED:
                return f"{lead}: {self.missing()}."
            case Status.DOUBLE_DELEGATION:
                return f"{lead}: {self.passed_on()}."
            case Status.OUTSIDE_AREA:
                return f"{lead}: {self.outside()}."
            case Status.EXCEEDS_LIMIT:
                return f"{lead}: {self.over()}."
        return f"{lead}: {self.in_time()}."

    def undeclared(self) -> str:
        """Whose register is not complete."""
        bodies = self.answer.missing_holders or self.answer.accountable_bodies
        whose = joined(self.name(Node.body(body)) for body in bodies) or "the body whose function it is"
        on = day(self.answer.on)
        return f"no delegation is recorded, and {whose} had not declared its register complete on {on}."

    def missing(self) -> str:
        """No delegation."""
        answer, broken = self.answer, self.answer.broken_edge
        if answer.missing_holders:
            bodies = joined(self.name(Node.body(body)) for body in answer.missing_holders)
            return f"{bodies} {'has' if len(answer.missing_holders) == 1 else 'have'} not delegated the function to it"
        if broken is not None and broken.edge is not None:
            return f"the function was transferred to {self.name(broken.target)}"
        if broken is not None and broken.target != answer.forum and answer.chain:
            return f"{self.name(broken.target)}, from which it has the function, does not hold it"
        return "the function has not been delegated to it"

    def passed_on(self) -> str:
        """An external step too many."""
        broken = self.broken_step()
        if broken is None:
            return "the function was passed on without permission"
        return (
            f"{self.name(broken.source)} has the function from another body, "
            f"which did not permit it to be passed on to {self.name(broken.target)}"
        )

    def outside(self) -> str:
        """A place outside."""
        broken = self.broken_step()
        if broken is None:
            return "a place named lies outside the area of the body that holds the function"
        where = "does not cover every place named" if self.answer.places else "leaves no place in common with the rest"
        return f"{instrument(broken)} {where}"

    def over(self) -> str:
        """Above the limit."""
        answer, broken = self.answer, self.broken_step()
        if answer.limit is None:
            return "the amount is above the limit of a body that takes part"
        if broken is None or broken.target != answer.forum:
            most = answer.limit if broken is None or broken.left is None else broken.left
            way = "" if broken is None else f", set by {instrument(broken)}"
            less = f"; what reaches it is lower still, {pounds(answer.limit)}" if answer.limit < most else ""
            return f"the limit on the way to it is {pounds(most)}{way}{less}"
        if broken.annual:
            return f"{pounds(answer.limit)} is left of its limit for the financial year"
        return f"its limit is {pounds(answer.limit)}"

    def in_time(self) -> str:
        """Not yet, no longer, or suspended."""
        broken, status = self.broken_step(), self.answer.status
        if broken is None:
            tense = "does not exist yet" if status is Status.NOT_YET_IN_FORCE else "no longer exists"
            return f"the body that holds the function {tense} on {day(self.answer.on)}"
        name = instrument(broken)
        if status is Status.SUSPENDED:
            return f"{name} is suspended"
        if status is Status.EXPIRED:
            past = broken.ends is not None and broken.ends < self.answer.on
            return f"{name} ended on {day(broken.ends)}" if past else f"{name} has ended"
        later = broken.starts is not None and broken.starts > self.answer.on
        return f"{name} is in force only from {day(broken.starts)}" if later else f"{name} is approved, not in force"

    def instead(self) -> str:
        """Who can."""
        able = next((each for each in self.answer.alternatives if each.status is Status.WITHIN_AUTHORITY), None)
        if self.answer.status is Status.NOT_RECORDED:
            return ""
        if able is None:
            return "Until then each body decides its own part for itself." if self.answer.missing_holders else ""
        if self.answer.forum.kind == "forum":
            return f"It may recommend it to {self.name(able.holder)}, which can take it."
        return f"{self.name(able.holder)} can take it."

    def contract(self) -> str:
        """A lead provider's envelope."""
        envelope = self.answer.envelope
        if envelope is None:
            return ""
        most = "" if envelope.left is None else f" up to {pounds(envelope.left)}"
        return f"Under {instrument(envelope)} it may spend{most}; the contract passes on no function."

    def broken_step(self) -> Step | None:
        """The step where the chain stops, if it is one."""
        broken = self.answer.broken_edge
        chains = (self.answer.chain, *(part.chain for part in self.answer.parts))
        steps = (step for chain in chains for step in chain)
        return next((step for step in steps if broken is not None and step.edge == broken.edge), None)

    def name(self, node: Node) -> str:
        """A node's name."""
        return self.names.get(node, f"{node.kind} {node.id}")


def instrument(step: Step) -> str:
    """The document of a step; terms of reference are the forum's own."""
    if not step.instrument:
        return "a delegation without a named document"
    if step.instrument.lower().startswith("terms of reference"):
        return f"its {lower(step.instrument)}"
    return step.instrument


def pounds(amount: Decimal) -> str:
    """Pounds; pence only where there are some."""
    return f"£{amount:,.0f}" if amount == amount.to_integral_value() else f"£{amount:,.2f}"


def day(on: date | None) -> str:
    """A date in words."""
    return "a day not recorded" if on is None else f"{on.day}{NBSP}{MONTHS[on.month - 1]} {on.year}"


def joined(items: Iterable[str]) -> str:
    """A list in a sentence."""
    words = list(items)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def lower(text: str) -> str:
    """The text with a small first letter."""
    return text[:1].lower() + text[1:]
