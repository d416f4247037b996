"""A register of England's size, made by copying the demonstration's activity, and timings of what people wait for."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from collaboration.actions.scoring import score_month
from ics_governance import ledger
from ics_governance.context import system
from ics_governance.models import User
from ics_governance.permissions import SYSTEM
from partnerships import authority
from partnerships.models import Action, Attendance, Decision, Delegation, Forum, Function, Meeting, Organisation
from partnerships.queries.authority import ask, load_graph

from . import bench_register, bench_restructures

YEARLY_DECISIONS = 28_000  # England, from counts of forums and meetings; see docs/data.md
STRIDE = 10_000_000  # copies take ids above all real ones
ROUNDS = 15

# table, columns that get another id or date, in the order in which they must be written
COPIED: list[tuple[str, dict[str, str]]] = [
    ("partnerships_meeting", {"held_on": "day", "called_on": "day", "papers_issued_on": "day"}),
    ("partnerships_meetingaudience", {"meeting_id": "id", "starts": "day"}),
    ("partnerships_agendaitem", {"meeting_id": "id"}),
    ("partnerships_attendance", {"meeting_id": "id"}),
    (
        "partnerships_decision",
        {
            "meeting_id": "id", "item_id": "id", "corrects_id": "id", "reference": "text", "decided_on": "day",
            "papers_issued_on": "day", "review_on": "day",
        },
    ),
    ("partnerships_decisionaudience", {"decision_id": "id", "starts": "day"}),
    ("partnerships_decisionlead", {"decision_id": "id"}),
    ("partnerships_decision_places", {"decision_id": "id"}),
    (
        "partnerships_action",
        {
            "decision_id": "id", "proposed_on": "day", "accepted_on": "day", "original_due": "day", "due": "day",
            "done_on": "day", "confirmed_on": "day", "slippage_told_on": "day", "plan_accepted_on": "day",
        },
    ),
]  # fmt: skip


def multiply(years: float, density: float = 1) -> float:
    """Copy the demonstration's activity until there are so many years of England's decisions; returns seconds.

    Runs as the database's owner, whom row-level security does not bind; the workflow triggers are off meanwhile.
    """
    began = perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select count(*) from partnerships_decision")
        there = cursor.fetchone()[0]
        copies = max(0, round(YEARLY_DECISIONS * years * density / there) - 1) if there else 0
        spread = max(1, round(365 * years) - 730)
        for table, changed in COPIED:
            cursor.execute(f"alter table {table} disable trigger user")
            cursor.execute(_copy(cursor, table, changed), [copies, spread])
        cursor.execute("set constraints all immediate")  # no trigger may be waiting when the others come back
        for table, _ in COPIED:
            cursor.execute(f"alter table {table} enable trigger user")
        for table in ("meeting", "decision", "action"):
            cursor.execute(f"alter table partnerships_{table} enable always trigger workflow_{table}")
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return perf_counter() - began


def _copy(cursor: Any, table: str, changed: dict[str, str]) -> str:
    """`insert ... select` of every row once for each copy, with its ids moved up and its days moved back."""
    cursor.execute("select column_name from information_schema.columns where table_name = %s", [table])
    columns = [name for (name,) in cursor.fetchall()]
    moved = {"id": f"t.id + c * {STRIDE}"}
    for name, kind in changed.items():
        moved[name] = {
            "id": f"t.{name} + c * {STRIDE}",
            "day": f"t.{name} - (c * 37 %% s.spread)::int",
            # QWO-2026-0143.2 becomes QWO-2026-70143.2 in the seventh copy
            "text": f"regexp_replace(t.{name}, '-([0-9]+)([.0-9]*)$', '-' || c || '\\1\\2')",
        }[kind]
    named = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(moved.get(name, f't."{name}"') for name in columns)
    return (
        f"insert into {table} ({named}) select {values} from {table} t, "  # noqa: S608  (names of our own tables)
        "generate_series(1, %s) c, (select %s::int as spread) s"
    )


@dataclass(frozen=True)
class Timing:
    """How long something took, in milliseconds: the median and the worst of some rounds."""

    what: str
    median: float
    worst: float
    rounds: int


def timed(what: str, act: Callable[[], object], rounds: int = ROUNDS) -> Timing:
    """Time an act; the first round, which fills caches, is left out when there are several."""
    taken = []
    for _ in range(rounds + (rounds > 1)):
        began = perf_counter()
        act()
        taken.append((perf_counter() - began) * 1000)
    kept = taken[1:] if rounds > 1 else taken
    return Timing(what, round(median(kept), 1), round(max(kept), 1), rounds)


def row_counts() -> dict[str, int]:
    """What the register holds."""
    models = (Organisation, Forum, Delegation, Meeting, Attendance, Decision, Action)
    with system("count the rows of a benchmark"):
        return {str(model._meta.verbose_name_plural): model._default_manager.count() for model in models}


def measure() -> Iterator[Timing]:
    """Everything people or the schedule wait for."""
    yield from _pages()
    yield from _resolver()
    yield from bench_register.measure(timed)
    yield from bench_restructures.measure(timed)
    yield timed("score all trusts for a month", lambda: score_month(by=SYSTEM, as_of=timezone.localdate()), rounds=1)
    yield timed("verify the audit trail", ledger.verify, rounds=1)


def _pages() -> Iterator[Timing]:
    with system("find records to look at"):
        real = Decision.objects.filter(forum__host__ods_code="QWO", pk__lt=STRIDE)
        decision, draft = real.filter(released_at__isnull=False).latest("pk"), real.filter(state="draft").latest("pk")
        meeting = Meeting.objects.filter(forum__host__ods_code="QWO", state="minuted").latest("pk")
    seen_by = {
        "icb.officer@demo.test": [
            "/", "/meetings/", f"/meetings/{meeting.pk}/", "/decisions/", "/decisions/?q=community",
            f"/decisions/{decision.reference}/", f"/decisions/{draft.reference}/edit/", "/actions/?state=overdue",
            "/organisations/?kind=trust", "/organisations/QWO/", "/forums/?system=",
        ],
        "region.lead@demo.test": ["/region/", "/profiles/RCF/"],
        None: ["/register/", "/register/?q=community", f"/register/{decision.reference}/", "/api/v1/public/decisions/"],
    }  # fmt: skip
    for email, addresses in seen_by.items():
        client = Client()
        if email:
            client.force_login(User.objects.get(email=email), "allauth.account.auth_backends.AuthenticationBackend")
        for address in addresses:
            yield timed(f"page {address}", lambda client=client, address=address: _open(client, address))


def _open(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")


def _resolver() -> Iterator[Timing]:
    forum = Forum.objects.select_related("host").get(name="Bradford District and Craven place board")
    function = Function.objects.get(code="community_diagnostics")
    today = timezone.localdate()
    yield timed("authority asked of the database", lambda: ask(forum, function, amount=None, on=today))
    everyone = list(Organisation.objects.values_list("pk", flat=True))
    graph = load_graph(everyone).graph
    yield timed(
        "authority resolved in all of England's graph",
        lambda: authority.resolve(graph, forum=forum.pk, function=function.code, on=today),
        rounds=200,
    )


def report(counts: dict[str, int], made_in: float, timings: list[Timing]) -> str:
    """A table to read."""
    head = [f"{name}: {count:,}" for name, count in counts.items()]
    lines = ["  ".join(head), f"copied in {made_in:.1f} s", "", f"{'what':<68}{'median ms':>12}{'worst ms':>12}"]
    return "\n".join(lines + [f"{row.what:<68}{row.median:>12,.1f}{row.worst:>12,.1f}" for row in timings])


def as_json(counts: dict[str, int], made_in: float, timings: list[Timing]) -> dict[str, Any]:
    """The same for machines."""
    return {"rows": counts, "copied_in_seconds": round(made_in, 1), "timings": [asdict(row) for row in timings]}
