"""The authority panel: an answer of the resolver as the pages draw it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from ics_governance.wording import day, joined, money

from .authority import Alternative, Answer, Node, Status, Step
from .authority.words import VERDICTS, sentence, verdict
from .delegation_guards import CONTRACT, SEAT
from .queries.authority import Asked
from .queries.delegation_facts import target_of
from .queries.meetings import NextMeeting

LEFT_HIDDEN = "Within a yearly limit, as far as is public"
WHAT_IS_LEFT = "What is left of the limit this year is known to those who sign in. Before that is taken off:"
UNSURE = (Status.NOT_RECORDED, Status.PARTIAL)
# The function is held, if perhaps not for this amount or not at this meeting.
HOLDS = (Status.WITHIN_AUTHORITY, Status.PARTIAL, Status.EXCEEDS_LIMIT, Status.POST_VACANT)


@dataclass(frozen=True)
class Panel:
    """What `components/authority.html` takes: kind yes, no or unsure; the words; the chain; who else could."""

    kind: str
    verdict: str
    sentence: str
    nodes: list[dict[str, Any]] = field(default_factory=list)
    alternatives: list[dict[str, Any]] = field(default_factory=list)
    steps: tuple[Step, ...] = ()
    on: date | None = None
    over_the_limit: bool = False
    route: str = ""  # the address of the route of the same matter


NO_QUESTION = Panel("unsure", "No question yet", "Choose the function that this decision exercises.")

NO_POWER = Panel("unsure", "No power named yet", "Choose the post's power for urgent cases on which this rests.")


def panel(
    asked: Asked | None,
    meetings: Mapping[int, NextMeeting] | None = None,
    again: Callable[[Node], str] | None = None,
    *,
    left_hidden: bool = False,
) -> Panel:
    """The panel of an answer; `meetings` are the next ones of forums that could take it, by forum id. `again` gives
    the address that asks the same question of another holder. `left_hidden`: the reader may not know what is left of
    a yearly limit that it rests on, so that it is no plain yes."""
    if asked is None:
        return NO_QUESTION
    answer = asked.answer
    kind = "yes" if answer.within else "unsure" if answer.status in UNSURE else "no"
    words, says = verdict(answer), sentence(answer, asked.names, asked.places)
    if left_hidden:
        kind, words, says = "unsure", LEFT_HIDDEN, f"{WHAT_IS_LEFT} {says}"
    return Panel(
        kind,
        words,
        says,
        _nodes(asked),
        [_alternative(row, asked, meetings or {}, again or address) for row in answer.alternatives],
        answer.chain,
        answer.on,
        answer.status is Status.EXCEEDS_LIMIT,
        _route(answer),
    )


def _route(answer: Answer) -> str:
    """Where the route of the matter is shown, beginning with the holder asked."""
    asked: dict[str, Any] = {"begins": str(answer.forum), "function": answer.function, "on": answer.on.isoformat()}
    if answer.amount is not None:
        asked["amount"] = format(answer.amount, "f")
    several = {"place": list(answer.places or answer.area), "body": list(answer.accountable_bodies)}
    return f"{reverse('authority-route')}?{urlencode(asked | several, doseq=True, safe=':')}"


def _nodes(asked: Asked) -> list[dict[str, Any]]:
    """The chain from the body that holds the function to the forum asked, with the edge where it breaks.

    Of committees in common nothing is drawn: each has a chain of its own.
    """
    answer, broken = asked.answer, asked.answer.broken_edge
    if not answer.chain and (answer.parts or broken is None or broken.source is None):
        return []
    start = answer.chain[0].source if answer.chain else broken.source  # type: ignore[union-attr]
    nodes = [_node(start, asked, note=_holder_note(start, asked))]
    off = False
    for step in answer.chain:
        stops = broken is not None and broken.edge == step.edge
        off = off or stops
        nodes.append(_node(step.target, asked, edge=_edge(step, stops), off=off))
    if broken is not None and broken.edge is None and broken.source is not None:
        edge = {"text": "no delegation", "limit": "", "broken": True}
        nodes.append(_node(broken.target, asked, edge=edge, off=True))
    if broken is not None and broken.edge is None and broken.source is None:
        _stop_at(nodes, asked.names.get(broken.target, ""))
    return _marked(nodes)


def _stop_at(nodes: list[dict[str, Any]], name: str) -> None:
    """Nothing holds from a holder on, though each delegation by itself would."""
    first = next((number for number, node in enumerate(nodes) if node["name"] == name), len(nodes) - 1)
    for number, node in enumerate(nodes):
        node["off"] = number >= first
    if first and "edge" in nodes[first]:
        nodes[first]["edge"] |= {"broken": True}


def of_draft(delegation: Any) -> list[dict[str, Any]]:
    """The chain as a draft would make it: how its source holds the function, then the step that is drafted.

    The record carries its facts (`queries.delegation_facts.gather`).
    """
    facts = delegation.facts
    answer = facts.source
    asked = Asked(answer, facts.names, delegation.function.name)
    home = Node.body(delegation.from_organisation_id) if delegation.from_forum_id is None else answer.forum
    start = answer.chain[0].source if answer.chain else answer.forum if delegation.from_post_id else home
    note = _holder_note(start, asked) if answer.within or answer.chain else "is not recorded as holding it"
    nodes = [_node(start, asked, note=note)]
    broken = answer.broken_edge
    for step in answer.chain:
        nodes.append(_node(step.target, asked, edge=_edge(step, broken is not None and broken.edge == step.edge)))
    limit = "" if delegation.limit is None else f"up to {money(delegation.limit)}"
    spends, voice = delegation.basis == CONTRACT, delegation.model == SEAT
    drafted = {
        "text": delegation.instrument or "no document named yet", "limit": limit, "broken": facts.twice,
        "loose": spends or voice,
    }  # fmt: skip
    note = "would spend within it" if spends else "would have a voice" if voice else "would hold it"
    target = _node(target_of(delegation), asked, note=note, edge=drafted)
    return [*nodes, target | {"here": True}]


def _marked(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Dark is whoever takes, or could take, the decision: the last one that is not off."""
    able = [node for node in nodes if not node["off"]]
    if able:
        last = able[-1]
        last["here"] = True
        last["note"] = last["note"] or ("takes this decision" if last is nodes[-1] else "could take it")
    if nodes[-1]["off"]:
        nodes[-1]["note"] = "may recommend"
    return nodes


def _holder_note(node: Node, asked: Asked) -> str:
    accountable = node.kind == "body" and node.id in asked.answer.accountable_bodies
    return "holds the function by law, accountable" if accountable else ""


def _node(node: Node, asked: Asked, *, note: str = "", edge: dict[str, Any] | None = None, off: bool = False) -> Any:
    found = {"name": asked.names.get(node, str(node)), "note": note, "href": address(node), "here": False, "off": off}
    return found | ({"edge": edge} if edge else {})


def _edge(step: Step, stops: bool) -> dict[str, Any]:
    limit = "" if step.limit is None else f"{'stops at' if stops else 'up to'} {money(step.limit)}"
    return {"text": step.instrument or "no document named", "limit": limit, "broken": stops}


def _alternative(
    row: Alternative, asked: Asked, meetings: Mapping[int, NextMeeting], to: Callable[[Node], str]
) -> dict[str, Any]:
    upcoming = meetings.get(row.holder.id) if row.holder.kind == "forum" else None
    when = f"{day(upcoming.held_on)}, papers by {day(upcoming.papers_by)}" if upcoming else ""
    return {
        "name": asked.names.get(row.holder, str(row.holder)),
        "href": to(row.holder),
        "limit": "no limit of its own" if row.limit is None else f"up to {money(row.limit)}",
        "when": when,
        "enough": row.status is not Status.EXCEEDS_LIMIT,
    }


def address(node: Node) -> str:
    """Where a forum of the chain is described; bodies and posts are named without a link."""
    return reverse("forum", args=[node.id]) if node.kind == "forum" else ""


def facts(asked: Asked, functions: Mapping[str, str]) -> list[tuple[str, str]]:
    """What an answer says besides its sentence, as label and text; only what there is to say."""
    answer = asked.answer
    bodies = lambda ids: joined(asked.names.get(Node.body(pk), str(pk)) for pk in ids)  # noqa: E731
    holds = answer.status in HOLDS
    limit = money(answer.limit) if answer.limit is not None else "no limit of its own" if answer.within else ""
    until = day(answer.valid_until) if answer.valid_until else "no end date" if answer.within else ""
    found = [
        ("Where", joined(sorted(asked.places.get(pk, str(pk)) for pk in answer.area)) if holds else ""),
        ("Up to", limit if holds else ""),
        ("Until", until if holds else ""),
        ("Accountable", bodies(answer.accountable_bodies)),
        ("Must be present and agree", bodies(answer.holders_needed)),
        ("Have not delegated to it", bodies(answer.missing_holders)),
        ("Also needed", joined(answer.further_approval_needed)),
        ("Not included", joined(functions.get(code, code) for code in answer.reserved_parts)),
    ]
    return [(label, text) for label, text in found if text]


def _share(share: Decimal | None, answer: Answer) -> str:
    """A body's share of the amount; where no shares are recorded each body answers for all of it."""
    if share is None:
        return ""
    return "the whole amount each" if len(answer.parts) > 1 and share == answer.amount else money(share)


def parts(asked: Asked) -> list[dict[str, Any]]:
    """Body by body: what each one's own line says, where several take part."""
    return [
        {
            "name": asked.names.get(Node.body(part.body), str(part.body)),
            "verdict": VERDICTS[part.status],
            "good": part.status is Status.WITHIN_AUTHORITY,
            "share": _share(part.share, asked.answer),
            "limit": "" if part.limit is None else money(part.limit),
        }
        for part in asked.answer.parts
    ]
