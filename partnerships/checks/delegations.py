"""Checks of delegations: what the graph of who may decide what must not hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from partnerships.authority import Node
from partnerships.authority.words import day, joined, pounds

from .facts import (
    CONTRACT,
    JOINT_DECISION,
    SEAT,
    STANDING,
    TRANSFER_ORDER,
    TRANSFERRED,
    Basis,
    Edge,
    Forum,
    Register,
    holds,
)
from .finding import Finding, finding
from .flow import Flow, circles

SOON, SETTLED = timedelta(days=60), timedelta(days=30)
ASKED = {"changed": "to be changed", "ended": "to be ended"}  # what a review may ask for
FEW = 3
KINDS = {
    "icb": "an integrated care board", "trust": "a trust", "local_authority": "a council", "region": "a region",
    "oversight_body": "the oversight body", "committee": "a committee", "joint_committee": "a joint committee",
    "post": "a post", "primary_care": "a primary care organisation", "vcse": "a voluntary organisation",
    "healthwatch": "Healthwatch", "social_care": "a social care provider", "provider": "a non-statutory provider",
    "regulator": "a regulator",
}  # fmt: skip


def all_checks(register: Register) -> Iterator[Finding]:
    """Every finding about delegations, in no order."""
    yield from flowing(register)
    yield from expired(register)
    for edge in register.edges:
        if register.wanted(system_of(register, edge)):
            for check in EACH:
                yield from check(register, edge)
    yield from one_delegating_body(register)
    yield from same_function(register)
    yield from lead_of_forum_not_employed(register)


def system_of(register: Register, edge: Edge) -> int | None:
    """Whose system a delegation belongs to: its maker's, else its holder's."""
    own = register.system_of(edge.body)
    if own is not None:
        return own
    target = edge.target
    host = register.forums[target.id].host if target.kind == "forum" else register.legal_body(target)
    return None if host is None else register.system_of(host)


def of_edge(register: Register, code: str, edge: Edge, text: str, action: str) -> Finding:
    """A finding about one delegation."""
    return finding(code, text, action, [("delegation", edge.id)], system_of(register, edge))


def passes(register: Register, edge: Edge) -> tuple[str, str, str]:
    """Maker, function and holder in words."""
    return register.name(edge.source), register.function(edge.function), register.name(edge.target)


# --- How authority flows ------------------------------------------------------------------------------------------


def flowing(register: Register) -> Iterator[Finding]:
    """Double delegation, circles and limits above the maker's own: function by function."""
    by_function: dict[str, list[Edge]] = defaultdict(list)
    for edge in register.edges:
        by_function[edge.function].append(edge)
    for code, own in sorted(by_function.items()):
        together = [edge for each in register.covering(code) for edge in by_function.get(each, ())]
        flow = Flow(register, code, together)
        yield from in_circles(register, code, flow.arcs)
        for edge in own:
            yield from to_itself(register, edge)
            if edge.source == edge.target or not register.confers(edge) or edge.source in flow.owners:
                continue
            if register.wanted(system_of(register, edge)):
                yield from double_delegation(register, edge, flow)
                yield from limit_above(register, edge, flow)


def double_delegation(register: Register, edge: Edge, flow: Flow) -> Iterator[Finding]:
    """An external step after one that does not permit it."""
    if register.moves(edge) or not register.external(edge) or edge.source not in flow.reached:
        return
    if not flow.open_at(edge.source):
        maker, what, holder = passes(register, edge)
        yield of_edge(
            register, "double_delegation", edge,
            f"{maker} passes {what} on to {holder}, but what was delegated to {maker} may not be delegated again.",
            f"Let the accountable body permit onward delegation, or delegate to {holder} itself; else end this one.",
        )  # fmt: skip


def limit_above(register: Register, edge: Edge, flow: Flow) -> Iterator[Finding]:
    """A limit (or none) above what its maker may decide; of either kind, as approving one asks. A transfer has none."""
    if register.moves(edge):
        return
    for annual in (False, True):
        own = flow.limit_at(edge.source, annual)
        if own is not None and (edge.limit is None or edge.limit > own):
            maker, what, holder = passes(register, edge)
            given = "without a limit" if edge.limit is None else f"up to {_limit(edge.limit, edge.annual)}"
            yield of_edge(
                register, "limit_above", edge,
                f"{maker} passes {what} to {holder} {given}, but may itself decide only up to {_limit(own, annual)}.",
                f"Set the limit to {_limit(own, annual)} or less, or let the limit of {maker} be raised.",
            )  # fmt: skip
            return


def _limit(amount: Decimal, annual: bool) -> str:
    return f"{pounds(amount)} a year" if annual else pounds(amount)


def in_circles(register: Register, code: str, arcs: list[Edge]) -> Iterator[Finding]:
    """Holders that pass a function round: told once, for the function with which a circle closes."""
    for rows in circles(arcs):
        if any(row.function == code for row in rows):
            closing = next(row for row in rows if row.function == code)
            if register.wanted(system_of(register, closing)):
                names = sorted({register.name(row.source) for row in rows})
                yield finding(
                    "loop",
                    f"{_few(names)} pass {register.function(code)} round in a circle.",
                    "End the delegation that leads back to where the authority came from.",
                    [("delegation", row.id) for row in rows],
                    system_of(register, closing),
                )


def to_itself(register: Register, edge: Edge) -> Iterator[Finding]:
    """A delegation whose maker is its holder; a body and its board are one."""
    if edge.source == edge.target and register.wanted(system_of(register, edge)):
        maker, what, _ = passes(register, edge)
        yield of_edge(
            register, "loop", edge,
            f"{maker} passes {what} to itself.",
            "End the delegation: its maker holds the function already.",
        )  # fmt: skip


# --- One delegation -----------------------------------------------------------------------------------------------


def expired(register: Register) -> Iterator[Finding]:
    """Past its last day, not ended, and nothing carries it on."""
    now = _covered(register)
    for row in sorted(register.facts.edges, key=lambda row: row.id):
        edge = row._replace(source=register.home(row.source), target=register.home(row.target))
        if edge.status not in STANDING or edge.ends is None or edge.ends >= register.on:
            continue
        held = now.get((edge.function, edge.body, edge.target), [])
        if frozenset() in held or edge.places and edge.places <= frozenset().union(*held):
            continue
        if edge.id in register.carried_on:
            continue
        if register.wanted(system_of(register, edge)):
            _, what, holder = passes(register, edge)
            yield of_edge(
                register, "expired", edge,
                f"{holder} may no longer decide on {what}: the delegation expired on {day(edge.ends)} and was neither "
                "ended nor renewed.",
                "Let the accountable body renew it, or end it in the register.",
            )  # fmt: skip


def _covered(register: Register) -> dict[tuple[str, int, Node], list[frozenset[int]]]:
    """The places for which a body's function is delegated to a holder today; an empty set is its whole area.

    What is suspended was carried on; what is only approved was not yet.
    """
    found: dict[tuple[str, int, Node], list[frozenset[int]]] = defaultdict(list)
    for edge in register.live(register.edges):
        if edge.status != "approved":
            found[edge.function, edge.body, edge.target].append(edge.places)
    return found


def expiring(register: Register, edge: Edge) -> Iterator[Finding]:
    """Its last day is near."""
    if edge.ends is not None and edge.ends <= register.on + SOON:
        _, what, holder = passes(register, edge)
        yield of_edge(
            register, "expiring", edge,
            f"{holder} may decide on {what} only until {day(edge.ends)}.",
            "Let the accountable body review it and renew it in time, or plan who decides afterwards.",
        )  # fmt: skip


def review_overdue(register: Register, edge: Edge) -> Iterator[Finding]:
    """Its review day has passed."""
    if edge.review_on is not None and edge.review_on < register.on and edge.status != "approved":
        _, what, holder = passes(register, edge)
        yield of_edge(
            register, "review_overdue", edge,
            f"The delegation of {what} to {holder} was due for review on {day(edge.review_on)}.",
            "Review it, and record the outcome and the next review.",
        )  # fmt: skip


def review_unanswered(register: Register, edge: Edge) -> Iterator[Finding]:
    """Its last review asked for an end or a change, and after a month it stands as it was."""
    wanted = ASKED.get(edge.outcome)
    if wanted and edge.reviewed_on is not None and edge.reviewed_on + SETTLED < register.on:
        _, what, holder = passes(register, edge)
        yield of_edge(
            register, "review_unanswered", edge,
            f"The review on {day(edge.reviewed_on)} asked for the delegation of {what} to {holder} {wanted}, and it "
            "still stands as it was.",
            "End it, and draft another one where the function is to stay delegated; or review it again.",
        )  # fmt: skip


def reserved_delegated(register: Register, edge: Edge) -> Iterator[Finding]:
    """The board decides it itself."""
    if not register.functions[edge.function].delegable and register.confers(edge) and not register.moves(edge):
        maker, what, holder = passes(register, edge)
        yield of_edge(
            register, "reserved_delegated", edge,
            f"{maker} passes {what} to {holder}, although that is reserved to its board.",
            "End the delegation, and bring these matters to the board.",
        )  # fmt: skip


def basis_not_open(register: Register, edge: Edge) -> Iterator[Finding]:
    """The legal basis is not in the catalogue for this owner and recipient, or not for this function."""
    function = register.functions[edge.function]
    if edge.model == SEAT or not function.delegable:
        return
    elsewhere = edge.basis in (CONTRACT, TRANSFER_ORDER) or edge.model == TRANSFERRED
    of_function = elsewhere or edge.basis in function.bases
    if of_function and any(_fits(register, edge, basis) for basis in _bases(register, edge)):
        return
    maker, what, holder = passes(register, edge)
    title = next((basis.title for basis in register.facts.bases if basis.code == edge.basis), "") or edge.basis
    if of_function:
        owner, recipient = register.bodies[edge.body].kind, _recipients(register, edge)[0]
        why = f"is not open from {KINDS.get(owner, owner)} to {KINDS.get(recipient, recipient)}"
    else:
        why = "is not one on which this function may be delegated"
    yield of_edge(
        register, "basis_not_open", edge,
        f"{maker} passes {what} to {holder} on the basis “{title}”, which {why}.",
        "Find the right legal basis with the body's lawyer, and record it in a new delegation.",
    )  # fmt: skip


def _bases(register: Register, edge: Edge) -> Iterator[Basis]:
    owner = register.bodies[edge.body].kind
    recipients = _recipients(register, edge)
    for basis in register.facts.bases:
        if basis.code == edge.basis and basis.owner_kind == owner and basis.recipient_kind in recipients:
            yield basis


def _fits(register: Register, edge: Edge, basis: Basis) -> bool:
    return not basis.internal or not register.external(edge) or _in_common(register, edge.target)


def _in_common(register: Register, node: Node) -> bool:
    return node.kind == "forum" and register.forums[node.id].form == "committees_in_common"


def _recipients(register: Register, edge: Edge) -> list[str]:
    """What kind of recipient it is to the catalogue. A committee or post of another body is that body; committees in
    common are each a committee of its own body."""
    target = edge.target
    body = register.legal_body(target)
    if target.kind == "forum" and body is None:
        return ["committee", "joint_committee"] if _in_common(register, target) else ["joint_committee"]
    if body != edge.body or target.kind == "body":
        return [register.bodies[body].kind]  # type: ignore[index]
    return ["committee" if target.kind == "forum" else "post"]


def vacant_post(register: Register, edge: Edge) -> Iterator[Finding]:
    """Nobody holds the post that may decide."""
    post = register.post_of(edge.target)
    if post is None or edge.status == "approved":
        return
    if post.holder is None or not holds(post, register.on):
        what = register.function(edge.function)
        yield finding(
            "vacant_post",
            f"The post {post.title} of {register.bodies[post.body].name} holds {what}, but nobody is in it.",
            "Name who is in the post, or let the body delegate to another one until it is filled.",
            [("delegation", edge.id), ("post", post.id)],
            system_of(register, edge),
        )


def lead_of_post_not_employed(register: Register, edge: Edge) -> Iterator[Finding]:
    """Someone else's employee decides alone for a body."""
    if edge.target.kind != "post" or not register.confers(edge):
        return
    post = register.posts[edge.target.id]
    if post.body == edge.body or post.holder is None or edge.body in register.employers.get(post.holder, ()):
        return
    own, other = register.bodies[edge.body].name, register.bodies[post.body].name
    yield finding(
        "lead_not_employed",
        f"{post.title} of {other} decides alone on {register.function(edge.function)} for {own}, which does not "
        "employ whoever is in the post.",
        f"Record a joint appointment with {own}, or delegate to somebody whom {own} employs.",
        [("delegation", edge.id), ("post", post.id)],
        system_of(register, edge),
    )


def closed_body(register: Register, edge: Edge) -> Iterator[Finding]:
    """Its maker or its holder is no more, and nothing carries it on."""
    if edge.id in register.carried_on:
        return
    maker, what, holder = passes(register, edge)
    ended = _ended(register, Node.body(edge.body)) or _ended(register, edge.source)
    if ended:
        names = [
            register.bodies[pk].name
            for pk in sorted(register.facts.successors.get(edge.body, ()))
            if pk in register.bodies
        ]
        who = joined(names[:FEW]) or "the body that carries on"
        yield of_edge(
            register, "closed_body", edge,
            f"{maker} ended on {day(ended)}, but its delegation of {what} to {holder} is still open; it does not pass "
            "to a successor by itself.",
            f"Let {who} make a delegation that carries it on (novation), then end this one.",
        )  # fmt: skip
    elif ended := _ended(register, edge.target):
        yield of_edge(
            register, "closed_body", edge,
            f"{holder} ended on {day(ended)}, but the delegation of {what} to it is still open.",
            "End it, and delegate to whoever carries on if they are to decide.",
        )  # fmt: skip


def _ended(register: Register, node: Node) -> date | None:
    """The day on which a holder or its body ended, when it has; posts are told by another check."""
    days = [] if node.kind != "forum" else [register.forums[node.id].ends]
    host = register.forums[node.id].host if node.kind == "forum" else register.legal_body(node)
    days += [register.bodies[host].ends] if host is not None else []
    return min((each for each in days if each is not None and each < register.on), default=None)


EACH = (
    expiring, review_overdue, review_unanswered, reserved_delegated, basis_not_open, vacant_post,
    lead_of_post_not_employed, closed_body,
)  # fmt: skip


# --- Several delegations together ---------------------------------------------------------------------------------


def one_delegating_body(register: Register) -> Iterator[Finding]:
    """A joint committee rests on two bodies or more; one without any delegation decides nothing, and is not told."""
    for forum in register.live_forums:
        if forum.form != "joint_committee":
            continue
        edges = [edge for edge in register.into.get(Node.forum(forum.id), ()) if register.confers(edge)]
        bodies = {edge.body for edge in edges}
        if len(bodies) == 1:
            name = register.bodies[bodies.pop()].name
            yield finding(
                "one_delegating_body",
                f"{forum.name} is a joint committee, but only {name} delegates to it.",
                "Let a second body delegate to it, or make it a committee of the one body.",
                [("forum", forum.id)],
                register.system_of(forum.host),
            )


def same_function(register: Register) -> Iterator[Finding]:
    """Forums that may decide on the same function of a body for the same place, neither above the other."""
    held: dict[tuple[str, int], dict[int | None, list[Edge]]] = defaultdict(lambda: defaultdict(list))
    for edge in register.edges:
        if edge.target.kind == "forum" and edge.model not in (SEAT, JOINT_DECISION) and register.confers(edge):
            for place in edge.places or (None,):
                held[edge.function, edge.body][place].append(edge)
    for (code, body), by_place in sorted(held.items()):
        if not register.wanted(register.system_of(body)):
            continue
        together: dict[tuple[Node, ...], list[int | None]] = defaultdict(list)
        everywhere = by_place.get(None, [])
        for place, own in by_place.items():
            edges = own if place is None else [*own, *everywhere]
            if len({edge.target for edge in edges}) > 1:
                together[_side_by_side(register, edges)].append(place)
        for forums, places in sorted(together.items()):
            if len(forums) > 1:
                yield _same(register, code, body, forums, [each for each in places if each is not None])


def _side_by_side(register: Register, edges: list[Edge]) -> tuple[Node, ...]:
    """The holders without those above another one: a chain of delegations is no duplication."""
    holders = {edge.target for edge in edges}
    above = {each for node in holders for each in _above(register, node, edges[0].function)}
    return tuple(sorted(holders - above))


def _above(register: Register, node: Node, code: str) -> set[Node]:
    found: set[Node] = set()
    waiting = [node]
    while waiting:
        for edge in register.into.get(waiting.pop(), ()):
            if edge.function == code and edge.source not in found and edge.source != node:
                found.add(edge.source)
                waiting.append(edge.source)
    return found


def _same(register: Register, code: str, body: int, forums: tuple[Node, ...], places: list[int]) -> Finding:
    names = [register.name(node) for node in forums]
    areas = sorted(register.places[place].name for place in places if place in register.places)
    where = f"for {_few(areas)}" if areas else "for the whole area"
    edges = [edge for node in forums for edge in register.into[node] if (edge.function, edge.body) == (code, body)]
    return finding(
        "same_function",
        f"{_few(names)} may each decide on {register.function(code)} of {register.bodies[body].name} {where}.",
        "Agree which of them decides, and end or narrow the other delegation.",
        [*(("forum", node.id) for node in forums), *(("delegation", pk) for pk in sorted({edge.id for edge in edges}))],
        register.system_of(body),
    )


def _few(names: list[str]) -> str:
    if len(names) <= FEW:
        return joined(names)
    return f"{', '.join(names[:FEW])} and {len(names) - FEW} more"


def lead_of_forum_not_employed(register: Register) -> Iterator[Finding]:
    """Who holds a delegated function alone, or leads for a forum, is an employee of a body that delegates."""
    for forum in register.live_forums:
        holder = register.home(Node.forum(forum.id))
        edges = [edge for edge in register.into.get(holder, ()) if register.confers(edge)]
        bodies = sorted({edge.body for edge in edges})
        if not bodies or forum.form in ("lead_provider", "joint_venture"):
            continue
        employers = _employers_of_leads(register, forum)
        if forum.form == "individual_executive":
            missing = [body for body in bodies if not any(body in each for each in employers)]
            whom = "no executive lead of it is employed there"
        else:
            missing = bodies if any(not each.intersection(bodies) for each in employers) else []
            whom = "an executive lead of it is employed elsewhere"
        if missing:
            names = _few([register.bodies[body].name for body in missing])
            yield finding(
                "lead_not_employed",
                f"{forum.name} decides for {names}, but {whom}.",
                "Record a joint appointment, or name an executive lead whom the delegating body employs.",
                [("forum", forum.id)],
                register.system_of(forum.host),
            )


def _employers_of_leads(register: Register, forum: Forum) -> list[set[int]]:
    """For each executive lead of a forum, and the post that decides for it, the bodies that employ them."""
    leads = [row for row in register.members.get(forum.id, ()) if row.role == "executive_lead"]
    found = [register.employers.get(row.holder, set()) for row in leads if row.holder is not None]
    post = register.post_of(Node.forum(forum.id))
    if post is not None:
        found.append({post.body} | register.employers.get(post.holder or 0, set()))
    return found
