"""What waits for a person outside meetings and decisions: cases, replies, signals, assessments, feedback, requests.

Each kind is a few rows of a queryset that the part of the house it belongs to has made; the database answers all of
them in one statement, put together once for each set of roles, so that a first page stays as quick as before however
many kinds there are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import CharField, Count, DateField, F, OuterRef, QuerySet, Subquery, Value, Window
from django.db.models.functions import Cast, Coalesce, NullIf

from collaboration.access import P as Collaboration
from collaboration.models import ConcernRespondent, RecordQuery
from collaboration.queries import assessments, feedback, requests, risks
from ics_governance.permissions import Actor
from oversight.access import P
from oversight.models import Case, Reply
from partnerships.access import P as Partnerships
from partnerships.access import scope
from partnerships.queries.decisions import to_ratify
from partnerships.queries.expiry import terms_to_review

from . import signals
from .cases import cases_of
from .known import Known

FEW = 5


@dataclass(frozen=True)
class Task:
    """One thing that waits: what kind, which record, its title, which body it is about, by when."""

    kind: str
    pk: int
    reference: str
    title: str
    body: str
    due: date | None


@dataclass(frozen=True)
class Pile:
    """All that waits of one kind: the first few, and how many there are."""

    kind: str
    tasks: list[Task] = field(default_factory=list)
    total: int = 0

    @property
    def first(self) -> Task:
        """The one that is due first."""
        return self.tasks[0]

    @property
    def rows(self) -> list[Task]:
        """The same, as sections of a home take them."""
        return self.tasks

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.tasks)


def _name(path: str) -> Any:
    return Coalesce(NullIf(f"{path}__short_name", Value("")), f"{path}__name", output_field=CharField())


def _part(rows: QuerySet[Any], kind: str, *, title: Any, body: Any, due: str, reference: Any = None) -> QuerySet[Any]:
    """The first few rows in the columns that all kinds share."""
    columns = {
        "kind_": Value(kind, CharField()),
        "pk_": F("pk"),
        "reference_": Cast(reference or Value(""), CharField()),
        "title_": Cast(title, CharField()),
        "body_": Cast(body, CharField()),
        "due_": Cast(due, DateField()),
        "all_": Window(Count("*")),
    }
    ordered = rows.select_related(None).order_by(F(due).asc(nulls_last=True), "pk")
    few: QuerySet[Any] = ordered.annotate(**columns).values_list(*columns)[:FEW]
    return few


def _held(actor: Actor) -> QuerySet[Any]:
    """Open cases that this person's organisation holds."""
    return scope(actor, P.CASE_LEAD, cases_of(actor)).exclude(stage=Case.Stage.CLOSED)


def _replies(actor: Actor) -> QuerySet[Any]:
    bodies = actor.organisations(P.CASE_REPLY, "respondent")
    rows = Reply.objects.filter(organisation__in=bodies, replied_on=None, due_on__gte=actor.on)
    return rows.exclude(case__stage=Case.Stage.CLOSED)


def _queries(actor: Actor) -> QuerySet[Any]:
    return scope(actor, Collaboration.QUERY_ANSWER, RecordQuery.objects.filter(state=RecordQuery.State.OPEN))


def _of_cases(actor: Actor) -> QuerySet[Any]:
    about = ConcernRespondent.objects.filter(concern=OuterRef("concern")).order_by("pk")
    body = Subquery(about.values(label=_name("organisation"))[:1], output_field=CharField())
    return _part(_held(actor), "case", title="concern__title", body=body, due="due_on", reference="reference")


def _of_replies(actor: Actor) -> QuerySet[Any]:
    rows = _replies(actor)
    return _part(
        rows, "reply", title="case__concern__title", body=_name("organisation"), due="due_on",
        reference="case__reference",
    )  # fmt: skip


def _of_signals(actor: Actor) -> QuerySet[Any]:
    rows = signals.to_triage(actor)
    return _part(rows, "signal", title="clause", body=_name("subject"), due="due_on", reference=F("characteristic"))


def _of_assessments(actor: Actor) -> QuerySet[Any]:
    rows = assessments.waiting_for(actor)
    due = Coalesce("answer_due", "due_on")
    return _part(rows.annotate(until=due), "assessment", title="year", body=_name("subject"), due="until",
                 reference="state")  # fmt: skip


def _of_feedback(actor: Actor) -> QuerySet[Any]:
    rows = feedback.to_answer(actor)
    return _part(rows, "feedback", title=_name("round__host"), body=_name("round__subject"), due="round__closes_on")


def _of_rounds(actor: Actor) -> QuerySet[Any]:
    return _part(feedback.to_close(actor), "round", title=Value(""), body=_name("subject"), due="closes_on")


def _of_requests(actor: Actor) -> QuerySet[Any]:
    return _part(requests.to_answer(actor), "request", title="title", body=_name("asker"), due="due_on")


def _of_risks(actor: Actor) -> QuerySet[Any]:
    return _part(risks.to_review(actor), "risk", title="title", body=_name("host"), due="review_on")


def _of_queries(actor: Actor) -> QuerySet[Any]:
    rows = _queries(actor)
    return _part(rows, "query", title="text", body=_name("subject"), due="due_on", reference="subject__ods_code")


def _of_ratifying(actor: Actor) -> QuerySet[Any]:
    return _part(to_ratify(actor), "ratify", title="title", body="forum__name", due="ratify_by", reference="reference")


def _of_terms(actor: Actor) -> QuerySet[Any]:
    body, forum = _name("forum__host"), F("forum_id")
    return _part(
        terms_to_review(actor), "terms", title="forum__name", body=body, due="review_on", reference=forum
    )  # fmt: skip


# kind: (a permission without which nothing of it can wait, its rows)
KINDS: dict[str, tuple[tuple[str, ...], Callable[[Actor], QuerySet[Any]]]] = {
    "reply": ((P.CASE_REPLY,), _of_replies),
    "case": ((P.CASE_LEAD,), _of_cases),
    "signal": ((P.SIGNAL_TRIAGE,), _of_signals),
    "assessment": (
        (Collaboration.ASSESSMENT_MANAGE, Collaboration.ASSESSMENT_SIGN, Collaboration.ASSESSMENT_MODERATE),
        _of_assessments,
    ),
    "feedback": ((Collaboration.FEEDBACK_ANSWER,), _of_feedback),
    "round": ((Collaboration.FEEDBACK_RUN,), _of_rounds),
    "request": ((Collaboration.REQUEST_ANSWER,), _of_requests),
    "query": ((Collaboration.QUERY_ANSWER,), _of_queries),
    "risk": ((Collaboration.RISK_EDIT,), _of_risks),
    "ratify": ((Partnerships.DECISION_AGREE,), _of_ratifying),
    "terms": ((Partnerships.FORUM_EDIT,), _of_terms),
}


def _all_kinds(actor: Actor) -> QuerySet[Any] | None:
    parts = [rows(actor) for needs, rows in KINDS.values() if any(actor.organisations(name) for name in needs)]
    if not parts:
        return None
    first, *rest = parts
    return first.union(*rest, all=True) if rest else first


_waiting: Known[Any] = Known(_all_kinds)


def desk(actor: Actor) -> dict[str, Pile]:
    """What waits for a person, by kind, each in the order in which it is due; one query for all kinds."""
    piles: dict[str, Pile] = {}
    for kind, pk, reference, title, body, due, total in _waiting.rows(actor):
        pile = piles.setdefault(kind, Pile(kind, [], total))
        pile.tasks.append(Task(kind, pk, reference, title, body, due))
    for pile in piles.values():
        pile.tasks.sort(key=lambda task: (task.due is None, task.due or date.max, task.pk))
    return {kind: piles[kind] for kind in KINDS if kind in piles}
