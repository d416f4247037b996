"""How a function came to one delegation, step by step, and whether the authority arrives."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from ics_governance.permissions import Actor
from partnerships import authority
from partnerships.access import P, scope
from partnerships.authority import CONTRACT, Answer, Span
from partnerships.models import Delegation, Forum, Organisation, Post

from .delegations import IN_FORCE, detailed, state_on
from .graph_rows import EDGE_COLUMNS, JOINT, EdgeRow, edge, function_record

# Upwards from one delegation: every delegation that gave its maker the function, or a whole that it is part of.
# A body's own board is the body itself.
CHAIN = """
with recursive whole as (
  select id, parent_id from partnerships_function where id = %s
  union select f.id, f.parent_id from whole join partnerships_function f on f.id = whole.parent_id
), chain as (
  select d.id, d.from_organisation_id as body, d.from_post_id as post,
    case when f.form = 'board' then null else d.from_forum_id end as forum, 0 as step
  from partnerships_delegation d left join partnerships_forum f on f.id = d.from_forum_id where d.id = %s
  union
  select d.id, d.from_organisation_id, d.from_post_id,
    case when f.form = 'board' then null else d.from_forum_id end, chain.step + 1
  from chain join partnerships_delegation d on d.status not in ('draft', 'withdrawn')
    and d.function_id in (select id from whole)
    and case when chain.forum is not null then d.to_forum_id = chain.forum
             when chain.post is not null then d.to_post_id = chain.post
             else d.to_organisation_id = chain.body end
  left join partnerships_forum f on f.id = d.from_forum_id
  where chain.step < 6
)
select id, min(step) as step from chain where step > 0 group by id order by step, id
"""


def chain_to(actor: Actor, delegation: Delegation, day: date) -> list[Delegation]:
    """How the function came to this delegation: from the body that owns it down to this one. Two queries.

    Where several delegations lead to the same maker, the one in force with the highest limit is taken.
    """
    steps = [row.pk for row in Delegation.objects.raw(CHAIN, [delegation.function_id, delegation.pk])]
    above = list(scope(actor, P.DELEGATION_VIEW, detailed()).filter(pk__in=steps)) if steps else []
    chain = [delegation]
    while found := [row for row in above if leads_to(row, chain[0]) and row not in chain]:
        chain.insert(0, max(found, key=lambda row: _merit(row, day)))
    return chain


def _merit(row: Delegation, day: date) -> tuple[bool, bool, Decimal, int]:
    return state_on(row, day) == IN_FORCE, row.limit is None, row.limit or Decimal(0), -row.pk


def leads_to(upper: Delegation, lower: Delegation) -> bool:
    """Whether the recipient of one is the maker of the other; a body's own board is the body."""
    if lower.from_post_id:
        return bool(upper.to_post_id == lower.from_post_id)
    if lower.from_forum is not None and lower.from_forum.form != Forum.Form.BOARD:
        return bool(upper.to_forum_id == lower.from_forum_id)
    return bool(upper.to_organisation_id == lower.from_organisation_id)


def confers(step: Delegation) -> bool:
    """Whether it passes the function on: neither a voice in the discussion nor a contract to spend."""
    return bool(step.model != Delegation.Model.SEAT and step.basis != CONTRACT)


def answer_along(chain: Sequence[Delegation], day: date) -> Answer:
    """What the resolver says of the last holder, were this chain all there is. No query.

    A contract or a voice at the end confers nothing, so whoever gives it is asked about. Without amount, and without
    the area of bodies: a place is held against a chain only where one of its steps leaves it out.
    """
    last = chain[-1]
    row = _row(last)
    own = last.function
    codes = dict.fromkeys((step.function_id for step in chain), own.code)  # each covers the last one's function
    graph = authority.graph(
        bodies=[_body(pk, body) for pk, body in _bodies(chain).items()],
        forums=_forums(chain),
        posts=[authority.Post(post.pk, post.organisation_id) for step in chain for post in _posts(step)],
        places=[authority.Place(pk) for pk in {pk for step in chain for pk in _places(step)}],
        functions=[function_record(own, {})],
        edges=[edge(_row(step), codes) for step in chain if step is not last or confers(last)],
    )
    asked = row.target if confers(last) else row.source
    return authority.resolve(graph, forum=asked, function=own.code, places=_places(last), on=day)


def _row(step: Delegation) -> EdgeRow:
    """The columns of a delegation that was read whole."""
    known = {"from_forum__form": step.from_forum and step.from_forum.form, "at": _places(step), "fund_id": None}
    return EdgeRow._make(known[name] if name in known else getattr(step, name) for name in EDGE_COLUMNS)


def _places(step: Delegation) -> list[int]:
    return list(step.area_ids)  # type: ignore[attr-defined]


def _posts(step: Delegation) -> Iterable[Post]:
    return (post for post in (step.from_post, step.to_post) if post is not None)


def _bodies(chain: Iterable[Delegation]) -> dict[int, Organisation | None]:
    """The bodies of a chain by id; None for one that is known by its id alone."""
    found: dict[int, Organisation | None] = {}
    for step in chain:
        ids = [post.organisation_id for post in _posts(step)]
        ids += [forum.host_id for forum in (step.from_forum, step.to_forum) if forum is not None]
        found = dict.fromkeys(ids) | found
    for step in chain:
        hosts = [step.to_forum.host] if step.to_forum is not None else []
        found |= {body.pk: body for body in (step.from_organisation, step.to_organisation, *hosts) if body is not None}
    return found


def _body(pk: int, body: Organisation | None) -> authority.Body:
    if body is None:
        return authority.Body(pk, "")
    return authority.Body(pk, body.kind, days=Span(body.opened, body.closed))


def _forums(chain: Sequence[Delegation]) -> list[authority.Forum]:
    """The forums; in a joint one those take part whose delegation is in the chain."""
    found = {forum.pk: forum for step in chain for forum in (step.from_forum, step.to_forum) if forum is not None}
    return [_forum(forum, chain) for forum in found.values()]


def _forum(forum: Forum, chain: Sequence[Delegation]) -> authority.Forum:
    joint = forum.form in JOINT
    makers = {step.from_organisation_id for step in chain if step.to_forum_id == forum.pk} if joint else set()
    members = tuple(authority.Participant(pk) for pk in sorted(makers))
    days = Span(forum.starts, forum.ends)
    return authority.Forum(forum.pk, forum.form, None if joint else forum.host_id, forum.level, members, days=days)
