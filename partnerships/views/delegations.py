"""Pages of delegations: the list, and one with the chain by which the authority came to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ics_governance import exports
from ics_governance.exports import Column
from ics_governance.paging import paged
from ics_governance.wording import money
from partnerships.access import P, held, visible_or_404
from partnerships.authority import CONTRACT, Answer, Node, Status
from partnerships.authority.words import VERDICTS, lower
from partnerships.delegation_guards import approver_is_another_person, delegation_is_sound, remarks
from partnerships.forms.organisations import DelegationFilter
from partnerships.models import Delegation, Forum, Organisation
from partnerships.panel import of_draft
from partnerships.queries import delegations as queries
from partnerships.queries.checks import about, with_findings
from partnerships.queries.delegation_chain import answer_along, chain_to, confers
from partnerships.queries.delegation_facts import gather_saved
from partnerships.queries.delegation_life import events, limits_left
from partnerships.queries.delegations import Row
from partnerships.queries.lineage import line_of

from .common import exported, opens_on_own_system

COLUMNS: list[Column[Row]] = [
    Column("Function", lambda row: row.function, 44),
    Column("Function code", lambda row: row.function_code, 24),
    Column("From", lambda row: row.body.name, 44),
    Column("From code", lambda row: row.body.code, 12),
    Column("Through", lambda row: row.maker.name if row.maker.kind != "body" else None, 36),
    Column("To", lambda row: row.recipient.name, 44),
    Column("Model", lambda row: Delegation.Model(row.model).label, 20),
    Column("Legal basis", lambda row: row.basis, 18),
    Column("Instrument", lambda row: row.instrument, 36),
    Column("Limit", lambda row: row.limit, 14),
    Column("Limit is", lambda row: Delegation.LimitKind(row.limit_kind).label if row.limit is not None else None, 36),
    Column("Places", lambda row: row.areas, 36),
    Column("From day", lambda row: row.starts, 18),
    Column("To day", lambda row: row.ends, 18),
    Column("Review", lambda row: row.review_on, 18),
    Column("Status", lambda row: Delegation.Status(row.status).label, 24),
    Column("State on the day", lambda row: row.state, 18),
]

# States in which nothing is broken: a draft is drawn as it will be.
HOLDS = ("in force", "draft")


def all_rows(found: QuerySet[Delegation], day: date) -> Iterator[Row]:
    """The whole list for an export, read when the first row is asked for."""
    yield from queries.rows(found.order_by("function__name", "id")[: exports.CAP + 1], day)


@require_safe
@opens_on_own_system
def delegation_list(request: HttpRequest) -> HttpResponse:
    """`/delegations/`."""
    form = DelegationFilter(request.GET, today=request.actor.on)
    may_draft = bool(request.actor.organisations(P.DELEGATION_EDIT, "host"))
    if not form.is_valid():
        context = {"form": form, "page": None, "may_draft": may_draft}
        return render(request, "partnerships/delegation_list.html", context, status=400)
    day = form.day(request.actor.on)
    found = queries.listed(request.actor, day, form.values)
    if file := exported(request, "Delegations", COLUMNS, all_rows(found, day)):
        return file
    page = paged(queries.sortable(found), request.GET, queries.SORTS, default="function")
    rows = queries.page_rows(page, day)
    context = {
        "form": form, "page": page, "rows": rows, "day": day, "body": form.values.get("body"),
        "forum": form.values.get("forum"), "may_draft": may_draft,
    }  # fmt: skip
    return render(request, "partnerships/delegation_list.html", context)


@require_safe
def delegation(request: HttpRequest, pk: int) -> HttpResponse:
    """`/delegations/<id>/`."""
    actor = request.actor
    record = visible_or_404(actor, with_findings(queries.detailed(), "delegation"), pk=pk)
    record.state = queries.state_on(record, actor.on)
    mine = held(actor, (P.DELEGATION_EDIT, P.DELEGATION_APPROVE), record) if actor.user_id else frozenset()
    maker, recipient = queries.parties(record)
    context = {
        "delegation": record,
        "tone": queries.TONES.get(record.state, "off"),
        "maker": maker,
        "recipient": recipient,
        "lineage": line_of(record),
        "today": actor.on,
        "findings": about(actor, record),
        "may_edit": P.DELEGATION_EDIT in mine,
        "may_approve": P.DELEGATION_APPROVE in mine,
    }
    if record.status in Delegation.NEVER_APPROVED:
        context |= _draft(request, record, P.DELEGATION_APPROVE in mine)
    else:
        context |= _approved(request, record)
    context["basis"] = queries.basis_of(record)
    return render(request, "partnerships/delegation.html", context)


def _draft(request: HttpRequest, record: Delegation, may_approve: bool) -> dict[str, Any]:
    """What stands against a draft, and the chain as it would be."""
    gather_saved(record, request.actor.on, request.actor.user_id if may_approve else None)
    needs = [*delegation_is_sound(record), *approver_is_another_person(record)]
    edit = reverse("delegation-edit", args=[record.pk])
    linked = [replace(each, link=f"{edit}#id_{each.field}" if each.field else "") for each in needs]
    owners = record.facts.source.accountable_bodies if record.facts.source else ()
    names = [record.facts.names[Node.body(body)] for body in owners]
    shown: dict[str, Any] = {"needs": linked, "nodes": of_draft(record), "owners": names}
    shown["remarks"] = remarks(record, request.actor.on)
    return shown | {"chain": [], "passed_on": [], "events": [], "left": [], "lowest": None, "stops": ""}


def _approved(request: HttpRequest, record: Delegation) -> dict[str, Any]:
    """How the authority came to it, where it went from here, and what happened to it."""
    actor = request.actor
    chain = chain_to(actor, record, actor.on)
    answer = answer_along(chain, actor.on)
    passed_on = queries.passed_on(actor, record, actor.on)
    nodes = nodes_of(chain, answer)
    bodies = {step.from_organisation_id: step.from_organisation for step in chain}
    return {
        "chain": chain,
        "nodes": [*nodes, *onward_nodes(passed_on, off=nodes[-1]["off"])],
        "owner": bodies.get(answer.accountable_body or 0, chain[0].from_organisation),
        "stops": "" if answer.within else lower(VERDICTS[answer.status]),
        "lowest": min((step.limit for step in chain if step.limit is not None), default=None),
        "passed_on": passed_on,
        "events": events(record, actor.on, names=bool(actor.organisations(P.LEDGER_VIEW))),
        "left": limits_left(record, actor.on),
    }


def onward_nodes(passed_on: list[Row], *, off: bool) -> list[dict[str, Any]]:
    """The drawing goes on where the function was passed to one holder; to several, the table says to whom.

    `off`: the authority has stopped before.
    """
    if len(passed_on) != 1:
        return []
    row = passed_on[0]
    broken = row.state not in HOLDS
    edge = {"text": row.instrument, "limit": row.limit_in_words, "broken": broken}
    href = reverse("delegation", args=[row.pk])
    return [
        {"name": row.recipient.name, "note": row.body.label, "href": href, "edge": edge, "off": off or broken},
    ]


def nodes_of(chain: list[Delegation], answer: Answer) -> list[dict[str, Any]]:
    """The chain as the drawing takes it: the first maker, then each recipient with the edge that leads to it.

    Where the resolver says that the authority stops the edge is broken, and whoever comes after is without.
    """
    first, off = chain[0], False
    stops = answer.broken_edge.edge if answer.broken_edge else None
    recorded = answer.status not in (Status.NOT_DELEGATED, Status.NOT_RECORDED)
    nodes: list[dict[str, Any]] = [
        {
            "name": first.from_forum or first.from_post or first.from_organisation.label,
            "note": "holds the function" if recorded else "how it came to hold it is not recorded",
            "href": _address(first.from_forum, first.from_organisation),
        }
    ]
    for step in chain:
        broken = step.pk == stops or queries.state_on(step, answer.on) not in HOLDS
        off = off or broken
        host = step.to_forum.host.label if step.to_forum else step.to_post and step.from_organisation.label
        nodes.append(
            {
                "name": step.to_forum or step.to_post or step.to_organisation.label,
                "note": host or "",
                "href": _address(step.to_forum, step.to_organisation),
                "here": step is chain[-1],
                "off": off,
                "edge": {
                    "text": step.instrument,
                    "limit": _limit(step),
                    "broken": broken,
                    "loose": not confers(step),
                },
            }
        )
    return nodes


def _address(forum: Forum | None, body: Organisation | None) -> str:
    if forum is not None:
        return reverse("forum", args=[forum.pk])
    return reverse("organisation", args=[body.code]) if body is not None else ""


def _limit(step: Delegation) -> str:
    if step.model == Delegation.Model.SEAT:
        return "a voice, no authority"
    limit = f"up to {money(step.limit)}" if step.limit is not None else "no limit"
    return f"spends {limit}" if step.basis == CONTRACT else limit
