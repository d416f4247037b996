"""Reads of cases: which ones a person sees, one case's whole file, its moves, how cases stand by stage and clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from collaboration.access import P as Collaboration
from collaboration.models import Capacity, ConcernRaiser
from ics_governance import ledger
from ics_governance.context import system
from ics_governance.permissions import Actor
from ics_governance.workflow import Move
from oversight.access import P
from oversight.models import Case, Fact, Reply, Side
from oversight.process import STAGES, Stage
from oversight.workflows import CASE
from partnerships.access import held, scope, visible_or_404
from partnerships.models import RoleMembership

from .case_parts import Parts, known_of, load_for_guards, parts_of, readers_of

A_PARTNER = "a partner"
CLOSE = 5
ASKED_ELSEWHERE = frozenset({"override"})  # carried out by a confirmation, never offered as a move
REFER_BACK = "refer_back_"
PERMISSIONS = (P.CASE_LEAD, P.CASE_PARTY, P.CASE_REPLY, P.CASE_CONFIRM, P.CASE_WITHDRAW, P.CASE_FIND)


def cases_of(actor: Actor) -> QuerySet[Case]:
    """The cases that a person may read, newest first, with concern and holder."""
    rows = Case.objects.select_related("concern", "holder").order_by("-opened_on", "-pk")
    return scope(actor, Collaboration.CONCERN_VIEW, rows)


def cases_to_go_on_in(actor: Actor, case: Case) -> QuerySet[Case]:
    """The open cases that a person may read and that a case of the same facts can go on in: none that is linked."""
    return cases_of(actor).exclude(pk=case.pk).exclude(stage=Case.Stage.CLOSED).filter(lead_case=None)


# --- How cases stand ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageCount:
    """How many open cases stand in a stage, and how many of them are past their date. A linked case is not counted."""

    stage: Stage
    total: int
    overdue: int


def by_stage(actor: Actor) -> list[StageCount]:
    """Every stage but `closed`, with the open cases a person may read; one query."""
    overdue = Count("pk", filter=Q(due_on__lt=actor.on))
    rows = cases_of(actor).exclude(stage=Case.Stage.CLOSED).filter(lead_case=None).order_by().values("stage")
    counted = rows.annotate(total=Count("pk"), overdue=overdue)
    found = {row["stage"]: (row["total"], row["overdue"]) for row in counted}
    return [StageCount(stage, *found.get(stage.code, (0, 0))) for stage in STAGES if stage.code != Case.Stage.CLOSED]


def closest(actor: Actor, count: int = CLOSE) -> list[Case]:
    """The open cases whose clocks end first, overdue ones before all; one query."""
    rows = cases_of(actor).exclude(stage=Case.Stage.CLOSED).filter(due_on__isnull=False)
    return list(rows.order_by(F("due_on").asc(), "pk")[:count])


def replies_due(actor: Actor) -> list[Reply]:
    """The rights of reply that this person's bodies have still to use, the first to end first; one query."""
    bodies = actor.organisations(P.CASE_REPLY, Capacity.RESPONDENT)
    rows = Reply.objects.filter(organisation__in=bodies, replied_on=None, due_on__gte=actor.on)
    open_ones = rows.exclude(case__stage=Case.Stage.CLOSED).select_related("case__concern", "organisation")
    return list(open_ones.order_by("due_on", "pk"))


# --- One case -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """Something that a case waits for from the reader: what, until when, and which act does it (as in a `Reason`)."""

    text: str
    due_on: date | None
    field: str


@dataclass(frozen=True)
class Reader:
    """Somebody who may read a case: a body or a person, and as what. A hidden raiser is "a partner"."""

    name: str
    capacity: str
    since: date | None


@dataclass(frozen=True)
class CaseFile:
    """One case with all that the reader may see of it."""

    case: Case
    parts: Parts
    permissions: frozenset[str]
    raiser_name: str
    readers: list[Reader]
    moves: list[Move]
    own: frozenset[int] = field(default_factory=frozenset)  # bodies for which the reader answers in this case

    def who(self, said: Any) -> str:
        """The side of a step, a reply or a fact, as the reader may know it."""
        side = str(getattr(said, "side", "") or getattr(said, "by_side", ""))
        if side == Side.RAISER:
            return self.raiser_name
        body = getattr(said, "organisation", None)
        return body.label if body else str(Side(side).label)

    def may(self, permission: str) -> bool:
        """Whether the reader holds a permission on this case."""
        return permission in self.permissions

    def replies_to(self, fact: Fact) -> list[Any]:
        """What the sides said to a fact, oldest first."""
        return [reply for reply in self.parts.fact_replies if reply.fact_id == fact.pk]

    def evidence_for(self, fact: Fact | None) -> list[Any]:
        """The evidence linked to a fact, or to none in particular."""
        return [row for row in self.parts.evidence if row.fact_id == (fact.pk if fact else None)]


def file_of(actor: Actor, reference: str) -> CaseFile:
    """A case's whole file for its page; 404 when the person may not see it. Nine or ten queries for any case."""
    related = (
        "concern__system", "concern__place", "concern__counterparty", "holder", "lead", "reviewer", "lead_case",
    )  # fmt: skip
    case = visible_or_404(actor, Case.objects.select_related(*related), reference=reference)
    parts = parts_of(case)
    permissions = held(actor, PERMISSIONS, case)
    with system("who reads a case, and what it still needs", savepoint=False):
        rows = readers_of(case)
        moves: list[Move] = []
        if P.CASE_LEAD in permissions or P.CASE_WITHDRAW in permissions:
            case.known = known_of(case, parts, actor.on, rows)  # type: ignore[attr-defined]
            moves = _moves(case, actor, permissions)
    name = parts.raiser.organisation.label if parts.raiser else A_PARTNER
    own = actor.organisations(P.CASE_REPLY, Capacity.RESPONDENT) & {row.organisation_id for row in parts.respondents}
    return CaseFile(case, parts, permissions, name, _readers(rows, parts), moves, frozenset(own))


def _readers(rows: Iterable[Any], parts: Parts) -> list[Reader]:
    found = []
    for row in rows:
        body = row.organisation.name if row.organisation else row.user.name
        if row.capacity == Capacity.RAISER and parts.raiser is None:
            body = A_PARTNER
        found.append(Reader(body, str(Capacity(row.capacity).label), row.starts))
    return found


def moves_of(case: Case, actor: Actor) -> list[Move]:
    """What a person may do next with a case: each move possible, or with the reasons why not yet."""
    permissions = held(actor, PERMISSIONS, case)
    with system("what a case still needs"):
        load_for_guards(case, actor.on)
        return _moves(case, actor, permissions)


def _moves(case: Case, actor: Actor, permissions: frozenset[str]) -> list[Move]:
    """Without those that another act carries out, and without going back to where it has never been."""
    moves = [move for move in CASE.moves(case, actor, permissions) if move.transition.event not in ASKED_ELSEWHERE]
    return [
        move
        for move in moves
        if not (move.transition.event.startswith(REFER_BACK) and any(r.field == "stage" for r in move.reasons))
    ]


def name_of_raiser(case: Case, actor: Actor) -> str:
    """Who raised it, or "a partner" where that is hidden from this reader by the database itself."""
    raiser = ConcernRaiser.objects.select_related("organisation").filter(concern=case.concern_id).first()
    return raiser.organisation.label if raiser else A_PARTNER


def expected_of(file: CaseFile, actor: Actor) -> list[Expected]:
    """What the case waits for from this person's side, the first to end first."""
    if not file.case.is_open:
        return []
    found = [*_expected_of_respondents(file, actor.on), *_expected_of_keepers(file, actor)]
    return sorted(found, key=lambda row: (row.due_on is None, row.due_on or date.max))


def _expected_of_respondents(file: CaseFile, on: date) -> Iterable[Expected]:
    if not file.own:
        return
    for reply in file.parts.replies:
        if reply.organisation_id in file.own and reply.replied_on is None and reply.due_on >= on:
            yield Expected(f"Your reply on {reply.get_occasion_display()}", reply.due_on, "reply")
    answered = {row.fact_id for row in file.parts.fact_replies if row.organisation_id in file.own}
    for fact in file.parts.facts:
        if fact.by_side != Side.RESPONDENT and fact.pk not in answered:
            yield Expected(f"Your answer to fact {fact.number}", fact.reply_due, "fact")
    record = file.parts.facilitation
    checked = {row.organisation_id for row in file.parts.checks}
    if record and record.sent_on and record.accuracy_due and record.accuracy_due >= on and not file.own & checked:
        yield Expected("Your check of the facilitation record", record.accuracy_due, "accuracy")


def _expected_of_keepers(file: CaseFile, actor: Actor) -> Iterable[Expected]:
    if file.may(P.CASE_LEAD):
        yield Expected("The next move of this case", file.case.due_on, "move")
        for request in file.parts.dispute_requests:
            if request.granted is None:
                yield Expected("Your answer to a request for dispute resolution", request.answer_due, "dispute")
    if file.may(P.CASE_CONFIRM):
        for asked in (*file.parts.pauses, *file.parts.extensions):
            if asked.approved_by_id is None and asked.asked_by_id != actor.user_id:
                yield Expected("Your approval of a change of its clock", None, "clock")
        for override in file.parts.overrides:
            ours = override.region_id in actor.organisations(P.CASE_CONFIRM)
            if override.confirmed_by_id is None and override.asked_by_id != actor.user_id and ours:
                yield Expected("Your confirmation of an urgent override", None, "override")


def trail_of(case: Case, actor: Actor, limit: int = 100) -> list[ledger.Change]:
    """The audit trail of a case; whoever may not know the raiser reads "a partner" for the raiser's people."""
    changes = ledger.history(case, limit)
    if ConcernRaiser.objects.filter(concern=case.concern_id).exists():
        return changes
    with system("whose names are hidden"):
        raiser = ConcernRaiser.objects.select_related("user").get(concern=case.concern_id)
        people = RoleMembership.objects.filter(organisation=raiser.organisation_id)
        hidden = {raiser.user.name, *people.values_list("user__name", flat=True)}
    return [replace(change, who=A_PARTNER) if change.who in hidden else change for change in changes]
