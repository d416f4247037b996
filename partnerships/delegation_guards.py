"""Reasons against a delegation. Pure: they read the record and the facts that were gathered about it.

`record.facts` is what the register knows besides (`queries.delegation_facts`): what the source holds, which legal
bases are open, who is employed where. A draft is saved with these reasons as marks; approving it needs none of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ics_governance.workflow import Reason
from partnerships.authority import Answer, Node, Status, Step
from partnerships.authority.words import day, joined, pounds

SEAT, JOINT, TRANSFERRED = "seat_at_table", "joint_decision", "fully_devolved"
CONTRACT, TRANSFER = "contract", "transfer_order"
SHARED = ("joint_committee", "committees_in_common")


@dataclass(frozen=True, kw_only=True)
class DelegationFacts:
    """What the register knows about a delegation, on the day on which it is judged.

    `source`: the resolver's answer for who passes it on, without a limit. `names`: of those in the answer.
    `owner_kind`: the kind of body that holds the function by law, in words. `twice`: it would be an external step
    too many. `bases`: codes open to these two kinds of body, `recipient`: that kind in words. `takes_part`: the body
    is a member of the joint committee (None: it is none). `leads`: bodies that employ the executive lead or holder
    of the post (None: no individual holds it). `closed`: the bodies that do not exist on that day, by name.
    `fund_limit`: what the fund allows in all. `own_draft`: whoever wants to approve it has written it.
    `follows`: the body came after the one whose delegation it carries on.
    """

    on: date
    source: Answer | None = None
    names: dict[Node, str]
    owner_kind: str = ""
    twice: bool = False
    bases: frozenset[str] = frozenset()
    recipient: str = ""
    takes_part: bool | None = None
    leads: frozenset[int] | None = None
    closed: tuple[str, ...] = ()
    fund_limit: Decimal | None = None
    own_draft: bool = False
    follows: bool = True


def delegation_is_sound(delegation: Any) -> list[Reason]:
    """The source holds what it passes on, may pass it on, on this basis, to this recipient, on agreed terms."""
    return list(dict.fromkeys(_all(delegation, delegation.facts)))


def approver_is_another_person(delegation: Any) -> list[Reason]:
    """Somebody else approves it than whoever wrote it."""
    return [Reason("Another person approves it than the one who wrote it")] if delegation.facts.own_draft else []


def remarks(delegation: Any, today: date) -> list[str]:
    """What whoever approves a draft should know of its days; history may be recorded, so it stands against nothing."""
    if delegation.ends and delegation.ends < today:
        return ["Its last day has passed: it gives no authority today."]
    if delegation.starts and delegation.starts < today:
        return ["Its first day lies before today: once it is in force, the register says that it held from then."]
    return []


def cannot_be_kept(values: Any) -> Iterator[Reason]:
    """What even a draft must have: `values` by name. The database would refuse it too."""
    if values.get("function") is None:
        yield Reason("Choose the function that is passed on", "function")
    recipients = [values.get(name) for name in ("to_forum", "to_organisation", "to_post")]
    if sum(each is not None for each in recipients) != 1:
        yield Reason("Choose one recipient: a forum, a body or a named post", "to_forum")
    if values.get("from_forum") is not None and values.get("from_post") is not None:
        yield Reason("It is passed on by a forum or by a post, not by both", "from_post")
    starts, ends = values.get("starts"), values.get("ends")
    if starts and ends and ends < starts:
        yield Reason("The last day must not lie before the first", "ends")
    if values.get("urgent") and values.get("to_post") is None:
        yield Reason("A power for urgent cases is given to a named post", "to_post")
    if values.get("limit") is not None and values["limit"] < 0:
        yield Reason("Limit must be 0 or more", "limit")


def last_day_is_possible(delegation: Any, last_day: date | None, today: date) -> Iterator[Reason]:
    """Reasons against ending it with this last day. What never came into force has none to come."""
    if delegation.in_force_on is None:
        if last_day is not None and last_day > today:
            yield Reason("It never came into force, so it ends today", "last_day")
    elif last_day is None:
        yield Reason("The last day", "last_day")
    elif delegation.starts and last_day < delegation.starts:
        yield Reason("The last day must not lie before the first", "last_day")
    elif delegation.ends and last_day > delegation.ends:
        yield Reason("Its last day can be brought forward, not put off: draft another one", "last_day")


def _all(delegation: Any, facts: DelegationFacts) -> Iterator[Reason]:
    yield from cannot_be_kept(_values(delegation))
    yield from _to_itself(delegation)
    if delegation.model != SEAT:
        yield from _reserved(delegation)
        yield from _held(delegation, facts)
        yield from _limits(delegation, facts)
        yield from _individual(delegation, facts)
    yield from _recipient(delegation, facts)
    yield from _basis(delegation, facts)
    yield from _urgent(delegation)
    if not facts.follows:
        yield Reason("Only a delegation of a body that came before this one is carried on", "novates")
    yield from _terms(delegation, facts)


def _values(delegation: Any) -> dict[str, Any]:
    names = ("function", "to_forum", "to_organisation", "to_post", "from_forum", "from_post")
    ids = {name: getattr(delegation, f"{name}_id") for name in names}
    return ids | {name: getattr(delegation, name) for name in ("starts", "ends", "urgent", "limit")}


def _to_itself(delegation: Any) -> Iterator[Reason]:
    """Also to the board of the same body: a board is its body."""
    body = delegation.to_organisation_id == delegation.from_organisation_id
    forum = delegation.to_forum_id and delegation.to_forum_id == delegation.from_forum_id
    post = delegation.to_post_id and delegation.to_post_id == delegation.from_post_id
    board = delegation.to_forum
    own = board is not None and board.form == "board" and board.host_id == delegation.from_organisation_id
    if body or forum or post or own:
        field = "to_organisation" if body else "to_post" if post else "to_forum"
        yield Reason("A delegation goes to somebody other than whoever passes it on", field)


def _reserved(delegation: Any) -> Iterator[Reason]:
    function = delegation.function
    if not function.delegable and delegation.model != TRANSFERRED:
        yield Reason(f"“{function.name}” is reserved to the board of the body that holds it", "function")


# --- What the source holds ----------------------------------------------------------------------------------------


def _held(delegation: Any, facts: DelegationFacts) -> Iterator[Reason]:
    forum = delegation.from_forum
    if forum is not None and forum.form in ("consultative_forum", "council_of_governors"):
        yield Reason(f"{forum.name} only recommends, so that it has nothing to pass on", "from_forum")
        return
    if forum is not None and forum.form == "committees_in_common":
        yield Reason("Committees in common decide each for its own body: let each pass on its own part", "from_forum")
        return
    answer = facts.source
    if answer is not None and (delegation.function.delegable or answer.status is not Status.RESERVED):
        yield from _standing(delegation, facts, answer)
    if facts.twice and (answer is None or answer.status is not Status.DOUBLE_DELEGATION):
        text = (
            f"{_maker(delegation, facts)} has the function from another body, which did not permit it to be passed on"
        )
        yield Reason(text, _to(delegation))


def _standing(delegation: Any, facts: DelegationFacts, answer: Answer) -> Iterator[Reason]:
    """What the resolver says against the source itself."""
    who, on = _maker(delegation, facts), day(facts.on)
    source = "from_forum" if delegation.from_forum_id else "from_post" if delegation.from_post_id else "function"
    match answer.status:
        case Status.NOT_DELEGATED | Status.NOT_RECORDED:
            owner = f"By law this function belongs to {facts.owner_kind}. " if source == "function" else ""
            yield Reason(f"{owner}The register does not show that {who} holds it on {on}", source)
        case Status.RESERVED:
            yield Reason(f"{who} does not hold this function: it is reserved to a board", source)
        case Status.NOT_YET_IN_FORCE:
            yield Reason(f"{who} does not hold this function yet on {on}", "starts")
        case Status.EXPIRED:
            yield Reason(f"What {who} holds has ended by {on}", "starts")
        case Status.SUSPENDED:
            yield Reason(f"What {who} holds is suspended on {on}", source)
        case Status.DOUBLE_DELEGATION:
            yield Reason(f"{who} has this function itself by a delegation that was not permitted", source)
        case Status.OUTSIDE_AREA:
            yield Reason(f"A place lies outside the area for which {who} holds this function", "places")


def _limits(delegation: Any, facts: DelegationFacts) -> Iterator[Reason]:
    """Not above what the source holds itself: the limits as they stand, not what is left of a year."""
    limit = delegation.limit
    who = _maker(delegation, facts)
    if limit is None:
        known = [step.limit for step in _steps(facts.source) if step.limit is not None]
        if known and delegation.basis != CONTRACT:
            yield Reason(f"Its limit, since {who} has one of {pounds(min(known))} itself", "limit")
        return
    for annual, words in ((False, "for the whole life of a commitment"), (True, "a financial year")):
        own = [step.limit for step in _steps(facts.source) if step.annual is annual and step.limit is not None]
        if own and limit > min(own):
            yield Reason(f"The limit lies above that of {who}, which is {pounds(min(own))} {words}", "limit")
            return
    if facts.fund_limit is not None and limit > facts.fund_limit:
        yield Reason(f"The limit lies above what the fund allows, {pounds(facts.fund_limit)} a financial year", "limit")


def _steps(answer: Answer | None) -> Iterable[Step]:
    if answer is None:
        return ()
    return (*answer.chain, *(step for part in answer.parts for step in part.chain))


# --- To whom, on which basis --------------------------------------------------------------------------------------


def _recipient(delegation: Any, facts: DelegationFacts) -> Iterator[Reason]:
    forum, field = delegation.to_forum, _to(delegation)
    if forum is not None and forum.form in ("consultative_forum", "council_of_governors") and delegation.model != SEAT:
        yield Reason(f"{forum.name} only recommends. Give it a voice, or choose a forum that decides", field)
    if facts.takes_part is False:
        yield Reason(f"{delegation.from_organisation.label} has no voting member on {forum.name}", field)
    if delegation.model == TRANSFERRED and delegation.to_organisation_id is None:
        yield Reason("A function is transferred to a body, not to a forum or a post", "model")
    if facts.closed:
        verb = "does" if len(facts.closed) == 1 else "do"
        yield Reason(f"{joined(facts.closed)} {verb} not exist on {day(facts.on)}", "starts")


def _individual(delegation: Any, facts: DelegationFacts) -> Iterator[Reason]:
    """A statutory function goes only to a person whom the delegator employs."""
    if facts.leads is None or delegation.from_organisation_id in facts.leads:
        return
    body, forum = delegation.from_organisation.label, delegation.to_forum
    if forum is not None:
        yield Reason(f"{forum.name} needs an executive lead whom {body} employs", "to_forum")
    elif delegation.to_post.organisation_id != delegation.from_organisation_id:
        yield Reason(f"An individual who holds a function of {body} must be in its employment", "to_post")
    elif delegation.to_post.holder_id:
        yield Reason(f"Whoever holds this post is not recorded as employed by {body}", "to_post")


def _basis(delegation: Any, facts: DelegationFacts) -> Iterator[Reason]:
    basis = delegation.basis
    if not basis:
        yield Reason("The legal basis", "basis")
        return
    elsewhere = basis in (CONTRACT, TRANSFER)  # a contract passes on no function; an order may move any
    if not elsewhere and basis not in delegation.function.bases:
        yield Reason("This function cannot be delegated on this legal basis", "basis")
    if basis not in facts.bases:
        to = f" to {facts.recipient}" if facts.recipient else ""
        yield Reason(
            f"This legal basis is not open to {delegation.from_organisation.label} for a delegation{to}", "basis"
        )
    if (basis == TRANSFER) is not (delegation.model == TRANSFERRED):
        yield Reason("An order transfers a function, and only an order does: choose both or neither", "model")


# --- On what terms ------------------------------------------------------------------------------------------------


def _urgent(delegation: Any) -> Iterator[Reason]:
    if delegation.urgent and not delegation.ratify_within:
        yield Reason("Within how many working days an urgent decision must be ratified", "ratify_within")
    if not delegation.urgent and delegation.ratify_within:
        yield Reason("Only a power for urgent cases has a time for ratifying", "ratify_within")


def _terms(delegation: Any, facts: DelegationFacts) -> Iterator[Reason]:
    if not delegation.instrument.strip():
        yield Reason("The document and section that it rests on", "instrument")
    if delegation.starts is None:
        yield Reason("The first day", "starts")
    if delegation.model != SEAT and not delegation.assurance.strip():
        body = delegation.from_organisation.label
        yield Reason(f"How {body} is kept satisfied that it is used well", "assurance")


def _maker(delegation: Any, facts: DelegationFacts) -> str:
    return str(delegation.from_forum or delegation.from_post or delegation.from_organisation.label)


def _to(delegation: Any) -> str:
    return "to_organisation" if delegation.to_organisation_id else "to_post" if delegation.to_post_id else "to_forum"
