"""What agreed decisions have used of annual limits and of funds, by the financial year in which they were taken.

A decision uses every delegation of the chain that it rested on, as its stored answer says; one without an answer
uses what its forum holds of the function. It counts with its whole amount in the year in which it was taken.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.expressions import RawSQL

from ics_governance.context import system
from partnerships import authority
from partnerships.models import Contribution, Decision, Delegation, Fund

from .graph_rows import EdgeRow, edge_rows

AGREED = (Decision.State.AGREED, Decision.State.IMPLEMENTED, Decision.State.REVIEWED)
Years = tuple[tuple[int, Decimal], ...]


class Used(NamedTuple):
    """An agreed decision: when, how much, and the delegations that it rested on (None: no answer was stored)."""

    forum: int
    function: int
    decided_on: date
    amount: Decimal
    power: int | None
    edges: frozenset[int] | None


class Commitments(NamedTuple):
    """What is used, by delegation and by fund; and the fund that counts for each delegation that names one."""

    by_edge: dict[int, Years]
    fund_of: dict[int, int]
    funds: tuple[authority.Fund, ...]


def commitments(
    rows: Collection[EdgeRow], covers: dict[int, set[int]], on: date | None, *, spent: bool = True
) -> Commitments:
    """For delegations with an annual limit or a fund; no query where there is none, up to three otherwise.

    `covers`: the functions that each function includes. With a day only its financial year is counted. Without
    `spent` only the funds and their limits: what was used is not for every reader.
    """
    counted = [row for row in rows if row.fund or row.limit_kind == Delegation.LimitKind.ANNUAL]
    if not counted:
        return Commitments({}, {}, ())
    fund_of, funds, same = _funds(counted, on)
    if not spent:
        untouched = tuple(authority.Fund(pk, limit, True) for pk, limit in sorted(funds.items()))
        return Commitments({}, fund_of, untouched)
    if same:  # whoever draws on a fund uses it up, also for another function or body
        others = Delegation.objects.filter(fund__in=same).exclude(pk__in=[row.id for row in rows])
        more = edge_rows(others.exclude(status__in=Delegation.NEVER_APPROVED))
        fund_of |= {row.id: same[row.fund] for row in more if row.fund}
        counted += more
    with system("what agreed decisions have used of a limit"):
        used = _used(_reached(counted, rows), counted, on)
    by_edge: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    by_fund: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for each in used:
        hit = [row for row in counted if _uses(each, row, covers)]
        year = authority.financial_year(each.decided_on)
        for row in hit:
            by_edge[row.id][year] += each.amount
        for fund in {fund_of[row.id] for row in hit if row.id in fund_of}:
            by_fund[fund][year] += each.amount
    of_edges = {pk: tuple(sorted(years.items())) for pk, years in by_edge.items()}
    records = tuple(
        authority.Fund(pk, limit, True, tuple(sorted(by_fund[pk].items()))) for pk, limit in sorted(funds.items())
    )
    return Commitments(of_edges, fund_of, records)


def _reached(counted: Collection[EdgeRow], rows: Iterable[EdgeRow]) -> set[int]:
    """Forums whose decisions may rest on one of these delegations: their recipients, and whoever they passed it to."""
    onward = defaultdict(set)
    for row in rows:
        onward[row.source].add(row.target)
    seen = {row.target for row in counted}
    waiting = list(seen)
    while waiting:
        for node in onward.get(waiting.pop(), ()):
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return {node.id for node in seen if node.kind == "forum"}


EDGES = """array(select distinct (step #>> '{}')::bigint from (
  select jsonb_path_query(authority_answer, '$.answer.chain[*].edge') as step
  union select jsonb_path_query(authority_answer, '$.answer.parts[*].chain[*].edge')) steps)"""


def _used(forums: set[int], counted: Collection[EdgeRow], on: date | None) -> list[Used]:
    rests = Q(forum__in=forums) | Q(urgent_power__in=[row.id for row in counted])
    found = Decision.objects.filter(rests, state__in=AGREED, amount__gt=0, decided_on__isnull=False)
    if on is not None:
        year = authority.financial_year(on)
        found = found.filter(decided_on__range=(date(year, 4, 1), date(year + 1, 3, 31)))
    columns = found.annotate(edges=RawSQL(EDGES, ())).values_list(  # noqa: S611
        "forum_id", "function_id", "decided_on", "amount", "urgent_power_id", "edges", "authority_status"
    )
    return [
        Used(forum, function, day, amount, power, frozenset(edges) if status else None)  # type: ignore[arg-type]
        for forum, function, day, amount, power, edges, status in columns
        if function
    ]


def _uses(each: Used, row: EdgeRow, covers: dict[int, set[int]]) -> bool:
    if each.edges is not None:
        return row.id in each.edges
    held = each.power == row.id if each.power else row.to_forum == each.forum
    return held and each.function in covers.get(row.function, {row.function})


def _funds(
    counted: Collection[EdgeRow], on: date | None
) -> tuple[dict[int, int], dict[int, Decimal | None], dict[int, int]]:
    """The fund that counts for each delegation; the limit of each fund (what is contributed, where none is set); and
    which fund counts for each that is the same in another year.

    A fund is of one financial year: counted is the one of the same name and arrangement of the year asked; while that
    is not recorded yet, the last one before it.
    """
    named = {row.fund for row in counted if row.fund}
    if not named:
        return {}, {}, {}
    columns = ("id", "arrangement_id", "name", "year", "limit", "given")
    given = Contribution.objects.filter(fund=OuterRef("pk")).order_by().values("fund").values(sum=Sum("amount"))
    funds = Fund.objects.filter(arrangement__in=Fund.objects.filter(pk__in=named).values("arrangement"))
    rows = list(funds.annotate(given=Subquery(given)).values_list(*columns))
    by_id = {row[0]: row for row in rows}
    chosen = {pk: _of_year(by_id[pk], rows, on) for pk in named if pk in by_id}
    limits = {pk: by_id[pk][5] if by_id[pk][4] is None else by_id[pk][4] for pk in set(chosen.values())}
    titles = {by_id[pk][1:3]: chosen[pk] for pk in chosen}
    same = {row[0]: titles[row[1:3]] for row in rows if row[1:3] in titles}
    return {row.id: chosen[row.fund] for row in counted if row.fund in chosen}, limits, same


def _of_year(fund: tuple[Any, ...], rows: list[Any], on: date | None) -> int:
    if on is None:
        return int(fund[0])
    year = authority.financial_year(on)
    same = [row for row in rows if row[1:3] == fund[1:3] and row[3] <= year]
    return int(max(same, key=lambda row: row[3])[0]) if same else int(fund[0])
