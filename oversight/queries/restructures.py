"""What a restructure would touch, read in a few statements however much it is: bodies, records, counts of open matters.

Open matters are guarded. Whoever prepares a restructure gets how many there are of each kind, and nothing of them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    Count,
    F,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Concat

from collaboration.models import (
    Assessment,
    ConcernRaiser,
    ConcernRespondent,
    FeedbackInvitation,
    FeedbackRound,
    InformationRequest,
    RecordQuery,
    SharedRisk,
)
from ics_governance.context import system
from oversight import lineage
from oversight.models import Case as OpenCase
from oversight.models import Restructure, Signal
from oversight.moves import BOARDS, Body, Order, Plan, Problem, order_problems
from partnerships.models import (
    Action,
    Completeness,
    Decision,
    Meeting,
    Organisation,
    Succession,
)

from .restructure_records import records_of

AGREED = ("agreed", "implemented", "reviewed")
PLANNED = ("planned", "papers_issued")
DRAFTS = ("draft", "proposed", "deferred")


# --- The bodies ---------------------------------------------------------------------------------------------------


def restructures() -> QuerySet[Restructure]:
    """All of them, the newest first, with their bodies."""
    rows = Restructure.objects.select_related("successor", "event", "drafted_by", "carried_out_by")
    return rows.prefetch_related("predecessors")


def order_of(restructure: Restructure) -> Order:
    """The restructure as the plan reads it; reads its bodies."""
    before = sorted(restructure.predecessors.all(), key=lambda body: body.pk)
    return order_with(restructure, tuple(_body(body) for body in before))


def order_with(restructure: Restructure, before: tuple[Body, ...]) -> Order:
    """The same, of predecessors that are known."""
    specs = restructure.new_body.get("bodies", [])
    existing = Organisation.objects.in_bulk([spec["id"] for spec in specs if spec.get("id")])
    after = tuple(
        _body(existing[spec["id"]])
        if spec.get("id")
        else Body(None, spec.get("short_name") or spec["name"], spec["kind"])
        for spec in specs
    )
    return Order(
        restructure.kind, restructure.effective_on, before, after,
        region_named=any(spec.get("region") for spec in specs if not spec.get("id")),
    )  # fmt: skip


def _body(body: Organisation) -> Body:
    return Body(body.pk, body.label, body.kind, body.opened, body.closed)


# --- What is open -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenKind:
    """A kind of matter without dates of its own: it passes on the first day of the new order, all of a kind alike."""

    code: str
    title: str
    passing: str


OPEN = (
    OpenKind("meeting", "Meetings planned for that day or later", "to the forum that follows, with its agenda"),
    OpenKind("meeting_cancelled", "Meetings of forums that end", "cancelled: such a forum holds no more"),
    OpenKind("draft", "Draft and deferred decisions", "to the forum that follows; agreed ones stay"),
    OpenKind("action", "Open actions", "to the successor as owner, with the same person"),
    OpenKind("case", "Open cases", "holder, respondent and raiser, each where it is one; a party still holds no stage"),
    OpenKind("signal", "Signals to triage", "to the successor; they stay about the body in which they were noticed"),
    OpenKind("request", "Open information requests", "to the successor; within one body they are withdrawn"),
    OpenKind("risk", "Open shared risks", "to the successor as keeper and owner"),
    OpenKind("feedback", "Open feedback rounds", "those about a predecessor are cancelled; others pass"),
    OpenKind("assessment", "Self-assessments in progress", "the successor finishes them; they stay about who began"),
    OpenKind("query", "Open queries of records", "to the successor as keeper of the records"),
)  # fmt: skip
OPEN_KINDS = {kind.code: kind for kind in OPEN}


def open_counts(plan: Plan) -> dict[str, int]:
    """How many open matters of each kind touch the predecessors; none of them is read, and nothing says whose."""
    order = plan.order
    mine, rows = sorted(order.family), open_matters(order.family, order.on)
    ended = [move.record.id for move in plan.moves if move.record.kind == "forum" and move.fate == "end"]
    rows["meeting_cancelled"] = rows["meeting"].filter(forum__in=ended)
    rows["meeting"] = rows["meeting"].exclude(forum__in=ended)
    columns = {code: _counted(rows) for code, rows in rows.items()}
    with system("count what is open at bodies that are to be restructured"):
        row = Organisation.objects.filter(pk=mine[0]).values_list(*columns.values()).get() if mine else ()
    return dict(zip(columns, row, strict=False))


def _counted(rows: QuerySet[Any]) -> Any:
    counted = rows.order_by().values(constant=Value(1)).annotate(number=Count("pk", distinct=True)).values("number")
    return Coalesce(Subquery(counted, output_field=BigIntegerField()), 0)


def open_matters(mine: Iterable[int], on: date) -> dict[str, QuerySet[Any]]:
    """The open matters of bodies, by kind. Read them in a named context only."""
    his = list(mine)
    respondents = ConcernRespondent.objects.filter(organisation__in=his).values("concern")
    raisers = ConcernRaiser.objects.filter(organisation__in=his).values("concern")
    about = Q(holder__in=his) | Q(concern__in=respondents) | Q(concern__in=raisers) | Q(concern__system__in=his)
    invited = FeedbackInvitation.objects.filter(organisation__in=his, answered_on=None, declined_on=None)
    return {
        "meeting": Meeting.objects.filter(forum__host__in=his, state__in=PLANNED, held_on__gte=on),
        "draft": Decision.objects.filter(forum__host__in=his, state__in=DRAFTS),
        "action": Action.objects.filter(owner__in=his, state__in=("proposed", "accepted", "done")),
        "case": OpenCase.objects.filter(about).exclude(stage=OpenCase.Stage.CLOSED),
        "signal": Signal.objects.filter(holder__in=his, state__in=("new", "watched")),
        "request": InformationRequest.objects.filter(Q(asker__in=his) | Q(asked__in=his), state="open"),
        "risk": SharedRisk.objects.filter(Q(host__in=his) | Q(owner__in=his), state="open"),
        "feedback": FeedbackRound.objects.filter(
            Q(subject__in=his) | Q(host__in=his) | Q(pk__in=invited.values("round")), state="open"
        ),
        "assessment": Assessment.objects.filter(subject__in=his).exclude(state="final"),
        "query": RecordQuery.objects.filter(keeper__in=his, state="open"),
    }


# --- The preview --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """What would happen, and what stands against it."""

    plan: Plan
    open: Mapping[str, int]
    problems: tuple[Problem, ...]
    since: int
    to_do: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of everything that would move, so that nobody carries out what has changed since they looked."""
        rows = [
            (move.record.key, move.choice, move.record.label, sorted(move.changes.items())) for move in self.plan.moves
        ]
        return hashlib.sha256(repr((rows, self.since)).encode()).hexdigest()[:20]

    @property
    def refused(self) -> bool:
        """Whether carrying it out would be refused."""
        return any(problem.blocks for problem in self.problems)


def preview(restructure: Restructure, today: date) -> Preview:
    """What the restructure would do as things stand."""
    order = order_of(restructure)
    records, held = records_of(order)
    plan = lineage.plan(order, records, restructure.choices, held)
    facts = _facts(restructure, order)
    problems = [*order_problems(order), *_conflicts(restructure, order, facts)]
    problems += [*_regions(plan), *plan.problems]
    return Preview(plan, open_counts(plan), tuple(problems), facts["since"], _to_do(order, plan, facts["declared"]))


def _facts(restructure: Restructure, order: Order) -> dict[str, Any]:
    """What else has to be known, in one statement."""
    mine = sorted(order.family)
    gone = Succession.objects.filter(predecessor__in=mine, kind__in=Succession.WHOLE)
    if not order.closes:
        gone = Succession.objects.filter(predecessor__in=mine, successor__in=[s.id for s in order.successors if s.id])
    others = Restructure.objects.filter(predecessors__in=mine, state=Restructure.State.DRAFT)
    into = Restructure.objects.filter(successor__in=mine, state=Restructure.State.DRAFT)
    agreed = Decision.objects.filter(forum__host__in=mine, state__in=AGREED, decided_on__gte=order.on)
    columns = {
        "gone": ArraySubquery(gone.values_list(Concat(
            F("predecessor__name"), Value(" and "), F("successor__name"), output_field=TextField()))),
        "drafts": ArraySubquery((others | into).exclude(pk=restructure.pk).values("pk").distinct()),
        "since": _counted(agreed),
        "declared": ArraySubquery(
            Completeness.objects.filter(organisation__in=mine).order_by("family").values("family").distinct()
        ),
    }  # fmt: skip
    with system("decisions agreed since a restructure's first day"):
        row = Organisation.objects.filter(pk=mine[0]).values(**columns).get() if mine else {}
    return {name: row.get(name) or (0 if name == "since" else ()) for name in columns}


def _taken(restructure: Restructure, order: Order) -> Iterator[Problem]:
    """A new body needs a code and a name of its own, also when others were recorded since it was prepared."""
    new = [spec for spec in restructure.new_body.get("bodies", []) if not spec.get("id")]
    same = Q(pk__in=[])
    for spec in new:
        if code := str(spec.get("code") or "").upper():
            same |= Q(ods_code=code) | Q(gss_code=code) | Q(local_code=code)
        apart = order.family if order.closes else ()
        same |= Q(kind=spec["kind"], name__iexact=spec["name"], closed=None) & ~Q(pk__in=apart)
    for name in Organisation.objects.filter(same).values_list("name", flat=True) if new else ():
        yield Problem(f"The code or the name of the new body is that of {name} already: prepare it with another.")


def _conflicts(restructure: Restructure, order: Order, facts: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _taken(restructure, order)
    for pair in facts["gone"]:
        yield Problem(f"{pair} are linked by a succession already.")
    for pk in facts["drafts"]:
        yield Problem(f"Restructure {pk} is being prepared for one of these bodies: carry it out or drop it first.")


def _regions(plan: Plan) -> Iterator[Problem]:
    """A new integrated care board lies in one region."""
    order = plan.order
    if order.region_named or not order.closes:
        return
    links = [
        move
        for move in plan.moves
        if move.record.kind == "relation" and move.record.facts.get("relation") == "region"
        and move.record.facts.get("outgoing") and move.record.body in order.family
    ]  # fmt: skip
    alone = not any(body.id for body in order.successors)
    if alone and len({move.record.facts["other"] for move in links}) > 1:
        yield Problem("The predecessors lie in different regions: name the region of the new body.")
    for to, body in enumerate(order.successors):
        placed = any(move.fate == "carry_on" and to in (move.to, *move.also) for move in links)
        if body.id is None and body.kind == "icb" and not placed:
            yield Problem(f"{body.name} would lie in no region: choose it below, or prepare it anew with its region.")


def _to_do(order: Order, plan: Plan, declared: Iterable[str]) -> tuple[str, ...]:
    """What the wizard leaves to people, said before and after."""
    found = []
    after = " and ".join(body.name for body in order.successors)
    boards = [m for m in plan.moves if m.record.facts.get("form") in BOARDS and m.record.kind == "forum"]
    carried = {m.to for m in boards if m.fate == "carry_on" and m.record.facts["form"] == "board"}
    for to, body in enumerate(order.successors if order.closes else ()):
        if body.id is None and to not in carried and (boards or body.kind == "icb"):
            found.append(f"Record the board of {body.name} and its committees, with their members.")
    icps = [m for m in plan.moves if m.record.same == "icp"]
    for move in icps if any(move.fate == "carry_on" for move in icps) else ():
        if move.fate == "end":
            found.append(f"Add the members of {move.record.label} to the integrated care partnership that goes on.")
    families = [family.replace("_", " ") for family in declared]
    if families and order.closes and order.successors:
        found.append(
            f"Declare the register of {after} complete for {', '.join(families)}: a predecessor’s declaration does not"
            " pass. Until then a missing delegation reads “not recorded”."
        )
    if any(move.record.kind == "delegation" and move.fate == "carry_on" for move in plan.moves):
        found.append("Have the accountable bodies confirm the novated delegations in writing, and add their documents.")
    return tuple(found)


def unfinished(today: date) -> list[Restructure]:
    """Those carried out beforehand whose first day has come: what is open still has to pass."""
    rows = Restructure.objects.filter(state=Restructure.State.CARRIED_OUT, effective_on__lte=today)
    return list(rows.filter(event__moved__waits=True).select_related("event").order_by("pk"))
