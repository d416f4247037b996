"""The register at England's size: 1,440 forums and 10,000 delegations, and how long questions about it take."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from ics_governance.context import system
from ics_governance.models import User
from ics_governance.permissions import SYSTEM
from partnerships import authority, checks
from partnerships.actions.checks import run_checks
from partnerships.actions.ods import import_file
from partnerships.authority import Node
from partnerships.authority.index import Index
from partnerships.models import (
    Delegation,
    Employment,
    Forum,
    Function,
    Membership,
    Organisation,
    OrganisationRelation,
    Place,
    Post,
    TermsOfReference,
)
from partnerships.queries.authority import ask, load_graph
from partnerships.queries.checks import facts_for

FORUMS, DELEGATIONS = 1_440, 10_000  # England, from counts of forums; see docs/data.md
MADE_UP_ROWS = 300
COMMITTEES = 8
SCHEME = "internal_scheme"
MARK = "Benchmark"  # how names of what is made here begin
TRIGGERED = ("delegation", "delegation_places", "forum", "membership", "termsofreference", "post")


def grow(today: date) -> float:
    """Fill the register up to England's size, the same way every time; returns seconds.

    Runs as the database's owner; the workflow's triggers are off meanwhile. Each ICB gets committees under its board,
    and for each of its places a chain of groups, and officers; authority comes down step by step.
    """
    began = perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        tables = [f"partnerships_{name}" for name in TRIGGERED]
        for table in tables:
            cursor.execute(f"alter table {table} disable trigger user")
        _fill(today)
        cursor.execute("set constraints all immediate")
        for table in tables:
            cursor.execute(f"alter table {table} enable trigger user")
        cursor.execute("alter table partnerships_delegation enable always trigger workflow_delegation")
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return perf_counter() - began


class Wanted(NamedTuple):
    """A delegation to be made: the function, from which forum (none: the board) to which one (none: a post)."""

    function: int
    body: int
    source: int | None
    target: int | None
    limit: Decimal
    place: int | None = None
    post: int | None = None


def _fill(today: date) -> None:
    icbs = list(Organisation.objects.on(today).filter(kind="icb").order_by("ods_code"))
    rows = Function.objects.filter(owner_kind="icb", delegable=True).order_by("code")
    functions = [row.pk for row in rows if SCHEME in row.bases]
    if not icbs or not functions:
        return
    starts = today - timedelta(days=400)
    missing = max(0, FORUMS - Forum.objects.count())
    shares = [missing // len(icbs) + (place < missing % len(icbs)) for place in range(len(icbs))]
    forums = {icb.pk: _forums(icb, share, starts) for icb, share in zip(icbs, shares, strict=True)}
    wanted = max(0, DELEGATIONS - Delegation.objects.count())
    shares = [wanted // len(icbs) + (place < wanted % len(icbs)) for place in range(len(icbs))]
    rows_wanted = [
        row
        for icb, share in zip(icbs, shares, strict=True)
        for row in _wanted(icb, functions, forums[icb.pk], share, starts)
    ]
    made = Delegation.objects.bulk_create([_delegation(row, starts, today) for row in rows_wanted], batch_size=1000)
    through = Delegation.places.through
    pairs = [(edge.pk, row.place) for edge, row in zip(made, rows_wanted, strict=True) if row.place is not None]
    through.objects.bulk_create([through(delegation_id=pk, place_id=place) for pk, place in pairs], batch_size=2000)


def _forums(icb: Organisation, count: int, starts: date) -> list[Forum]:
    """New forums of an ICB: committees that report to its board, then groups, each with terms and members."""
    board = Forum.objects.filter(host=icb, form=Forum.Form.BOARD).first()
    bodies = [icb.pk, *OrganisationRelation.objects.filter(kind="system", target_body=icb)
              .order_by("source_body__kind", "pk").values_list("source_body_id", flat=True)[:9]]  # fmt: skip
    made = Forum.objects.bulk_create(
        [
            Forum(
                name=f"{MARK} {'committee' if number < COMMITTEES else 'group'} {number + 1} of {icb.label}"[:160],
                host=icb,
                form=Forum.Form.BOARD_COMMITTEE if number < COMMITTEES else Forum.Form.COMMITTEE,
                level="system" if number < COMMITTEES else "place",
                starts=starts,
                reports_to=board,
            )
            for number in range(count)
        ]
    )
    TermsOfReference.objects.bulk_create(
        TermsOfReference(
            forum=forum, version=1, adopted_on=starts, review_on=starts + timedelta(days=730), quorum=3,
            disagreement_process="The chairs of the members settle it.",
        )
        for forum in made
    )  # fmt: skip
    Membership.objects.bulk_create(
        Membership(forum=forum, organisation_id=body, starts=starts, agreed_on=starts)
        for forum in made
        for body in bodies
    )
    return made


def _wanted(icb: Organisation, functions: list[int], forums: list[Forum], count: int, starts: date) -> list[Wanted]:
    """So many delegations: each function to one committee, from there down chains of groups, the rest to posts."""
    committees, groups = [row.pk for row in forums[:COMMITTEES]], [row.pk for row in forums[COMMITTEES:]]
    if not committees:
        return []
    found = [
        Wanted(function, icb.pk, None, committees[number % len(committees)], Decimal(5_000_000))
        for number, function in enumerate(functions)
    ]
    places = list(Place.objects.filter(icb=icb, ends=None).order_by("pk").values_list("pk", flat=True))
    for number, place in enumerate(places):
        chain = groups[number :: len(places)]
        for depth, group in enumerate(chain):
            limit = Decimal(2_000_000 - 100_000 * min(depth, 19))
            above = (
                [row.target for row in found[: len(functions)]] if not depth else [chain[depth - 1]] * len(functions)
            )
            pairs = zip(functions, above, strict=True)
            found += [Wanted(function, icb.pk, source, group, limit, place) for function, source in pairs]
    return [*found, *_to_posts(icb, found[: len(functions)], count - len(found), starts)][:count]


def _to_posts(icb: Organisation, first: list[Wanted], count: int, starts: date) -> list[Wanted]:
    """Delegations from the committees to officers, as many as are still needed."""
    holder = Employment.objects.filter(organisation=icb).order_by("pk").values_list("person_id", flat=True).first()
    posts = Post.objects.bulk_create(
        Post(organisation=icb, title=f"{MARK} officer {number + 1}", holder_id=holder, starts=starts)
        for number in range(-(-max(0, count) // len(first)))
    )
    return [
        row._replace(source=row.target, target=None, limit=Decimal(50_000), post=post.pk)
        for post in posts
        for row in first
    ]


def _delegation(row: Wanted, starts: date, today: date) -> Delegation:
    return Delegation(
        function_id=row.function, from_organisation_id=row.body, from_forum_id=row.source,
        to_forum_id=row.target, to_post_id=row.post,
        basis=SCHEME, instrument=f"{MARK} scheme of delegation", limit=row.limit, starts=starts,
        ends=today + timedelta(days=400), review_on=today + timedelta(days=200), status=Delegation.Status.IN_FORCE,
        in_force_on=starts,
    )  # fmt: skip


# --- Timings ------------------------------------------------------------------------------------------------------

Timed = Callable[..., Any]


def measure(timed: Timed) -> Iterator[Any]:
    """What people and the schedule wait for in a register of this size; `timed(what, act, rounds)`."""
    today = timezone.localdate()
    yield from _authority(timed, today)
    yield from _checks(timed, today)
    yield from _pages(timed)
    yield from _import(timed)


def _import(timed: Timed) -> Iterator[Any]:
    data = made_up_extract()
    act = lambda: import_file(by=SYSTEM, file_name="etr.csv", data=data)  # noqa: E731
    yield timed(f"an extract of {MADE_UP_ROWS} new bodies imported", act, 1)
    yield timed("the same extract again", act, 3)


def _authority(timed: Timed, today: date) -> Iterator[Any]:
    made = Delegation.objects.filter(instrument__startswith=MARK, from_forum__isnull=False, to_forum__isnull=False)
    deep = made.order_by("limit", "pk").first()
    if deep is None or deep.to_forum is None:
        return
    forum = Forum.objects.select_related("host").get(pk=deep.to_forum.pk)
    function = Function.objects.get(pk=deep.function_id)
    bodies = list(Organisation.objects.values_list("pk", flat=True))
    graph = load_graph(bodies).graph
    asked = {"forum": Node.forum(forum.pk), "function": function.code, "on": today}
    steps = len(authority.resolve(graph, **asked).chain)  # type: ignore[arg-type]
    yield timed(f"a chain of {steps} steps resolved, warm", lambda: authority.resolve(graph, **asked), 200)  # type: ignore[arg-type]
    yield timed(
        f"a chain of {steps} steps asked of the database", lambda: ask(forum, function, amount=None, on=today), 15
    )
    yield timed("all of England's delegations loaded", lambda: load_graph(bodies), 5)
    yield timed("all of England's delegations indexed", lambda: Index(graph), 5)


def _checks(timed: Timed, today: date) -> Iterator[Any]:
    def of_england() -> None:
        with system("a benchmark of the checks"):
            checks.run(facts_for(None, today), today)

    def of_one() -> None:
        with system("a benchmark of the checks"):
            checks.run(facts_for(one, today), today)

    one = Organisation.objects.get(ods_code="QWO")
    with system("a benchmark of the checks"):
        facts = facts_for(None, today)
    found = len(checks.run(facts, today))
    yield timed(f"governance checks of all England ({found:,} findings)", of_england, 5)
    yield timed("the same, without reading", lambda: checks.run(facts, today), 5)
    yield timed("governance checks of one system", of_one, 5)
    yield timed("governance checks of all England, kept", lambda: run_checks(by=SYSTEM), 1)


def _pages(timed: Timed) -> Iterator[Any]:
    client = Client()
    user = User.objects.get(email="icb.officer@demo.test")
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    for name, args in (
        ("system", ["QWO"]),
        ("system-organogram", ["QWO"]),
        ("check-list", []),  # lists: of all England
        ("expiring", []),
        ("delegation-list", []),
    ):
        try:
            address = reverse(name, args=args) + ("" if args else "?system=")
        except NoReverseMatch:  # a page that this version does not have
            continue
        client.get(address)  # what a process reads once is not this page's
        with CaptureQueriesContext(connection) as asked:
            status = client.get(address).status_code
        if status != 200:
            raise RuntimeError(f"{address} answered {status}")
        count = sum("SAVEPOINT" not in row["sql"] for row in asked.captured_queries)
        yield timed(f"page {address} ({count} queries)", lambda address=address: client.get(address), 10)


def made_up_extract() -> bytes:
    """A file in the layout of the national register, with trusts that do not exist."""
    icb, region = "QWO", "Y63"
    lines = []
    for number in range(MADE_UP_ROWS):
        cells = [""] * 27
        cells[0], cells[1] = f"ZB{number:03d}", f"INVENTED {number} NHS FOUNDATION TRUST"
        cells[2], cells[3], cells[9], cells[10] = region, icb, "AA1 1AA", "20200401"
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return "\n".join(lines).encode()
