"""What the register knows about a delegation before it is approved: gathered once, then judged by pure guards."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from ics_governance import ledger
from ics_governance.context import system
from ics_governance.models import LedgerEntry
from partnerships import authority
from partnerships.authority import CONTRACT, Model, Node, Span, Status
from partnerships.delegation_guards import DelegationFacts
from partnerships.models import Delegation, Employment, Forum, Fund, LegalBasis, Membership, Organisation, Succession

from .authority import Register, register_around
from .graph_rows import JOINT

KINDS = {
    "icb": "an integrated care board", "trust": "a trust", "local_authority": "a council",
    "oversight_body": "the national oversight body", "committee": "a committee of its own",
    "post": "a post of its own", "joint_committee": "a joint committee",
    "primary_care": "a primary care organisation", "vcse": "a voluntary organisation",
}  # fmt: skip
WRITING = ("delegation.drafted", "delegation.edited")


def gather(delegation: Delegation, places: Collection[int], on: date, approver: int | None = None) -> Delegation:
    """Put the facts on a delegation (also one that is not saved yet). It must have a function and a recipient."""
    delegation.facts = _facts(delegation, places, on, approver)  # type: ignore[attr-defined]
    return delegation


def gather_saved(delegation: Delegation, on: date, approver: int | None = None) -> Delegation:
    """The same for one that is saved, with its own places."""
    places = getattr(delegation, "area_ids", None)  # read with its page
    if places is None:
        places = list(delegation.places.values_list("pk", flat=True))
    return gather(delegation, places, on, approver)


def _facts(delegation: Delegation, places: Collection[int], on: date, approver: int | None) -> DelegationFacts:
    day = _day(delegation, on)
    source, target = source_of(delegation), target_of(delegation)
    register = _register(delegation, source, target, places, day)
    kinds = recipient_kinds(delegation)
    owner = delegation.from_organisation.kind
    bases = list(LegalBasis.objects.filter(owner_kind=owner, recipient_kind__in=kinds))
    delegation.open_bases = bases  # type: ignore[attr-defined]
    code = delegation.function.code
    answer = authority.resolve(register.graph, forum=source, function=code, places=places, on=day)
    return DelegationFacts(
        on=day,
        source=answer,
        names=register.names,
        owner_kind=KINDS.get(delegation.function.owner_kind, "another kind of body"),
        twice=_twice(register, delegation, source, target, places, day),
        bases=frozenset(row.code for row in bases),
        recipient=KINDS.get(kinds[0], "") if kinds else "",
        takes_part=_takes_part(delegation, register),
        leads=_leads(delegation, day),
        closed=_closed(delegation, day),
        fund_limit=_fund_limit(delegation.fund),
        follows=_follows(delegation),
        own_draft=approver is not None and _wrote(delegation, approver),
    )


def _day(delegation: Delegation, on: date) -> date:
    """Judged on its first day to come: today, or later where it begins later; its last day where that is past."""
    day = max(delegation.starts or on, on)
    return min(day, delegation.ends) if delegation.ends else day


def source_of(delegation: Delegation) -> Node:
    """Who passes it on; a body's own board is the body."""
    if delegation.from_post_id:
        return Node.post(delegation.from_post_id)
    if delegation.from_forum is not None and delegation.from_forum.form != Forum.Form.BOARD:
        return Node.forum(delegation.from_forum.pk)
    return Node.body(delegation.from_organisation_id)


def target_of(delegation: Delegation) -> Node:
    """Who is to hold it."""
    if delegation.to_forum_id:
        return Node.forum(delegation.to_forum_id)
    if delegation.to_post_id:
        return Node.post(delegation.to_post_id)
    return Node.body(delegation.to_organisation_id or 0)


def recipient_kinds(delegation: Delegation) -> tuple[str, ...]:
    """The kinds of recipient, as the catalogue of legal bases names them. A committee or post of another body is that
    body; committees in common are each a committee of its own body."""
    own, forum = delegation.from_organisation_id, delegation.to_forum
    if forum is not None:
        if forum.form == Forum.Form.COMMITTEES_IN_COMMON:
            return ("committee", "joint_committee")
        if forum.form == Forum.Form.JOINT_COMMITTEE:
            return ("joint_committee",)
        return ("committee",) if forum.host_id == own else (forum.host.kind,)
    if delegation.to_post is not None:
        return ("post",) if delegation.to_post.organisation_id == own else (delegation.to_post.organisation.kind,)
    return (delegation.to_organisation.kind,) if delegation.to_organisation is not None else ()


def _register(delegation: Delegation, source: Node, target: Node, places: Collection[int], day: date) -> Register:
    bodies = {delegation.from_organisation_id}
    forums = [forum for forum in (delegation.from_forum, delegation.to_forum) if forum is not None]
    joint = any(forum.form in JOINT for forum in forums)
    if delegation.from_forum is not None:
        bodies.add(delegation.from_forum.host_id)
    if delegation.from_post is not None:
        bodies.add(delegation.from_post.organisation_id)
    code = delegation.function.code
    return register_around([source, target], bodies, code, on=day, places=places, joint=joint)


def _twice(
    register: Register, delegation: Delegation, source: Node, target: Node, places: Collection[int], day: date
) -> bool:
    """Whether the resolver would call it a double delegation, were it in force and the only one to its recipient."""
    powerless = delegation.model in (Model.SEAT, Model.TRANSFERRED) or delegation.basis == CONTRACT
    if powerless or source == target:
        return False
    graph, code = register.graph, delegation.function.code
    edge = authority.Edge(id=0, function=code, source=source, target=target, days=Span(day, day))
    others = [each for each in graph.edges if graph.index.home(each.target) != graph.index.home(target)]
    tried = replace(graph, edges=(edge, *others))
    answer = authority.resolve(tried, forum=target, function=code, places=places, on=day)
    return Status.DOUBLE_DELEGATION in {answer.status, *(part.status for part in answer.parts)}


def _takes_part(delegation: Delegation, register: Register) -> bool | None:
    """Whether the body is a voting member of the joint committee, or has a committee among those in common."""
    forum = delegation.to_forum
    if forum is None or forum.form not in JOINT:
        return None
    index = register.graph.index
    record = index.forums[forum.pk]
    bodies = {row.body for row in record.participants} | {index.forums[pk].body for pk in record.committees}
    return delegation.from_organisation_id in bodies


def _leads(delegation: Delegation, day: date) -> frozenset[int] | None:
    """Bodies that employ the individual who is to hold it; a vacant post counts as its body's."""
    forum = delegation.to_forum
    alone = forum is not None and forum.form == Forum.Form.INDIVIDUAL
    post = forum.post if forum is not None and alone else delegation.to_post
    if post is None and not alone:
        return None
    bodies: set[int] = set()
    holders: list[int | None] = []
    if post is not None:
        holders.append(post.holder_id)
        bodies |= set() if post.holder_id else {post.organisation_id}
    else:
        leads = Membership.objects.on(day).filter(forum=forum, role=Membership.Role.EXECUTIVE_LEAD, refused_on=None)
        for body, holder in leads.values_list("organisation_id", "holder_id"):
            bodies.add(body)
            holders.append(holder)
    if people := [holder for holder in holders if holder]:
        bodies |= set(Employment.objects.on(day).filter(person__in=people).values_list("organisation_id", flat=True))
    return frozenset(bodies)


def _closed(delegation: Delegation, day: date) -> tuple[str, ...]:
    """The bodies, and the forum, that do not exist on the day."""
    bodies: list[Organisation] = [delegation.from_organisation]
    if delegation.to_organisation is not None:
        bodies.append(delegation.to_organisation)
    found = [body.label for body in bodies if not body.exists_on(day)]
    for forum in (delegation.from_forum, delegation.to_forum):
        if forum is not None and not Span(forum.starts, forum.ends).covers(day):
            found.append(forum.name)
    return tuple(dict.fromkeys(found))


def _follows(delegation: Delegation) -> bool:
    """Whether what it carries on, if anything, was a delegation of a body that came before its own."""
    if not delegation.novates_id:
        return True
    before = Organisation.objects.filter(delegations_made=delegation.novates_id)
    return Succession.objects.filter(predecessor__in=before, successor=delegation.from_organisation_id).exists()


def _fund_limit(fund: Fund | None) -> Decimal | None:
    if fund is None:
        return None
    given: Decimal | None = fund.contributions.aggregate(given=Sum("amount"))["given"]
    return fund.limit if fund.limit is not None else given


def _wrote(delegation: Delegation, user: int) -> bool:
    """Whether this person drafted it, or edited the draft."""
    if delegation.drafted_by_id == user:
        return True
    with system("who wrote a draft"):
        return LedgerEntry.objects.filter(kind__in=WRITING, actor=user, record=ledger.record_name(delegation)).exists()
