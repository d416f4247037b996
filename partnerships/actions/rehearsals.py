"""Writes about rehearsals: keep one, answer its prompts, turn it into a real draft of a decision."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from ics_governance.actions import change, locked, record_new
from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships.access import P, require
from partnerships.authority import Node
from partnerships.guards import SUBSIDIARITY
from partnerships.models import Decision, Forum, Function, Organisation, Place, Rehearsal
from partnerships.queries.authority import Asked
from partnerships.queries.route import Stop
from partnerships.scenario_file import TRIPLE_AIM, Scenario

from .decisions import log_decision, save_draft
from .followup import propose_action

KEPT = (
    "scenario", "host", "title", "situation", "forum", "function", "amount", "held_on", "authority_answer", "route",
    "prompts", "learnt",
)  # fmt: skip
LONGEST = 4000  # characters of an answer
STEP = timedelta(weeks=4)  # until the action of a step is due, step by step

ONE_BY_ONE = ("consult", "recommend")  # the others of a kind are done at the same time

# What a step asks somebody to do, as an action.
ASKS = {
    "consult": "Take part in the consultation: {text}",
    "recommend": "Give a recommendation to the forum that decides",
    "approve": "Give or refuse: {text}",
    "report": "Hear of the decision, and ask what follows",
}


@transaction.atomic
def keep(
    *,
    by: Actor,
    host: Organisation,
    scenario: Scenario,
    title: str,
    situation: str,
    forum: Forum,
    function: Function,
    amount: Decimal | None,
    places: Iterable[Place],
    partners: Iterable[Organisation],
    asked: Asked,
    route: Iterable[Stop],
) -> Rehearsal:
    """Keep a rehearsal with the answer and the route as they stood; partners who took part can read it."""
    if by.user_id is None or host.pk not in by.organisations(P.REHEARSAL_EDIT, "host"):
        raise Refused(P.REHEARSAL_EDIT)
    places, partners = list(places), list(partners)
    if any(place.icb_id != host.pk for place in places):
        raise GuardFailed([Reason("Places of the system that rehearses it", "place")])
    with system("keep a rehearsal"):
        made = Rehearsal.objects.create(
            scenario=scenario.code,
            host=host,
            title=title,
            situation=situation,
            forum=forum,
            function=function,
            amount=amount,
            held_on=by.on,
            authority_answer=asked.to_json(),
            route=[stop.to_json() for stop in route],
            kept_by_id=by.user_id,
        )
        made.places.set(places)
        made.partners.set(partners)
    return record_new(made, "rehearsal.kept", KEPT, by=by, organisation_id=host.pk)


@transaction.atomic
def note(*, by: Actor, rehearsal: Rehearsal, scenario: Scenario, prompts: Mapping[str, str], learnt: str) -> Rehearsal:
    """Write down what was answered to the prompts, and what was learnt. Unknown prompts are refused."""
    require(by, P.REHEARSAL_EDIT, rehearsal)
    if unknown := sorted(set(prompts) - set(scenario.prompts)):
        raise ValueError(f"Not prompts of this scenario: {unknown}")
    too_long = [code for code, text in prompts.items() if len(text) > LONGEST]
    if too_long or len(learnt) > LONGEST:
        raise GuardFailed([Reason(f"Answers of {LONGEST:,} characters at most", (too_long or ["learnt"])[0])])
    current = locked(rehearsal)
    said = {code: prompts[code].strip() for code in scenario.prompts if prompts.get(code, "").strip()}
    changes = {"prompts": said, "learnt": learnt.strip()}
    if all(getattr(current, name) == value for name, value in changes.items()):
        return current
    return change(current, "rehearsal.noted", by=by, organisation_id=current.host_id, changes=changes)


@transaction.atomic
def draft_from(*, by: Actor, rehearsal: Rehearsal) -> Decision:
    """Turn a rehearsal into a draft decision of its forum, with an action proposed for each step of its route."""
    require(by, P.REHEARSAL_EDIT, rehearsal)
    current = locked(rehearsal)
    if current.decision_id is not None:
        raise GuardFailed([Reason("It was turned into a draft decision already")])
    forum = Forum.objects.select_related("host").get(pk=current.forum_id)
    if forum.ends is not None and forum.ends < by.on:
        raise GuardFailed([Reason(f"{forum.name} has ended: rehearse it with a forum that still meets")])
    draft = log_decision(by=by, forum=forum, title=current.title, weight=Decision.Weight.SIGNIFICANT)
    draft = save_draft(by=by, decision=draft, values=_values(current), places=list(current.places.all()))
    _propose(by, draft, current.route)
    change(current, "rehearsal.drafted", by=by, organisation_id=current.host_id, changes={"decision": draft})
    return draft


def _values(rehearsal: Rehearsal) -> dict[str, Any]:
    said = rehearsal.prompts
    return {
        "text": rehearsal.situation,
        "function": Function.objects.get(pk=rehearsal.function_id),
        "amount": rehearsal.amount,
        "decided_on": None,
        "subsidiarity": {code: said[code] for code in SUBSIDIARITY if code in said},
        **{f"effect_{code}": said[code] for code in TRIPLE_AIM if code in said},
    }


def _propose(by: Actor, draft: Decision, route: Iterable[Mapping[str, Any]]) -> None:
    """One action for each step that somebody else than the deciding forum takes, owned by the body behind it."""
    due, before = by.on, ""
    steps = [step for step in route if step["kind"] in ASKS and step["holder"]]
    owners = _owners([Node.parse(step["holder"]) for step in steps])
    for step in steps:
        owner = owners.get(Node.parse(step["holder"]))
        if owner is None:
            continue
        if step["kind"] != before or step["kind"] in ONE_BY_ONE:
            due, before = due + STEP, step["kind"]
        title = f"{step['name']}: {_asks(step)}"
        propose_action(by=by, decision=draft, title=title[:200], owner=owner, due=due)


def _asks(step: Mapping[str, Any]) -> str:
    words = ASKS[step["kind"]].format(text=step["text"] or "agreement to the decision")
    return words[:1].lower() + words[1:]


def _owners(nodes: Iterable[Node]) -> dict[Node, Organisation]:
    """The bodies behind forums, posts and bodies."""
    nodes = list(nodes)
    ids = {kind: [node.id for node in nodes if node.kind == kind] for kind in ("forum", "post", "body")}
    found = {
        **{Node.forum(row.pk): row.host for row in Forum.objects.filter(pk__in=ids["forum"]).select_related("host")},
        **{Node.body(row.pk): row for row in Organisation.objects.filter(pk__in=ids["body"])},
    }
    if ids["post"]:
        bodies = Organisation.objects.filter(posts__in=ids["post"]).values_list("posts__pk", "pk")
        rows = Organisation.objects.in_bulk([pk for _, pk in bodies])
        found |= {Node.post(post): rows[pk] for post, pk in bodies}
    return found
