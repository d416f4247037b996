"""Reads for the first pages: what waits for a person, and what a visitor, an auditor or an administrator looks for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, Generic, TypeVar

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Window
from django.utils import timezone

from collaboration.access import P as Profiles
from collaboration.queries.profiles import Standing, latest_of
from ics_governance.models import Job, LedgerEntry, LedgerSeal
from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import (
    Action,
    Decision,
    DecisionAudience,
    Delegation,
    Kind,
    Meeting,
    Organisation,
    RoleMembership,
)
from partnerships.queries.meetings import to_minute

from .known import Known

M = TypeVar("M", bound=Model)

FEW = 5  # rows of a section on a home
LATELY = timedelta(days=60)
UNSEALED = 10_000  # entries before the last sealed one in which one without a seal is looked for
TAKEN = (Decision.State.AGREED, Decision.State.IMPLEMENTED, Decision.State.REVIEWED)


@dataclass(frozen=True)
class Waiting(Generic[M]):
    """The first few of what waits, and how many there are."""

    rows: list[M] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.rows)


def few(queryset: QuerySet[M], count: int = FEW) -> Waiting[M]:
    """The first rows in the queryset's order and the number of all, by one query."""
    return _with_total(list(_few(queryset, count)))


def _few(queryset: QuerySet[M], count: int = FEW) -> QuerySet[M]:
    found: QuerySet[Any] = queryset.annotate(all_of_them=Window(Count("*")))[:count]
    return found


def _with_total(rows: list[M]) -> Waiting[M]:
    return Waiting(rows, rows[0].all_of_them if rows else 0)  # type: ignore[attr-defined]


def waiting(build: Callable[[Actor], QuerySet[M]]) -> Callable[[Actor], Waiting[M]]:
    """A section of a home: the same, of a queryset that depends on nothing but the actor and the day."""
    known: Known[M] = Known(lambda actor: _few(build(actor)))

    @wraps(build)
    def section(actor: Actor) -> Waiting[M]:
        return _with_total(known.rows(actor))

    return section


# --- What waits for a person --------------------------------------------------------------------------------------


@waiting
def meetings_to_minute(actor: Actor) -> QuerySet[Meeting]:
    """Past meetings whose minutes this person has still to close, oldest first."""
    return to_minute(actor).only("held_on", "state", "forum__name")


@waiting
def drafts(actor: Actor) -> QuerySet[Decision]:
    """Decisions this person may still edit, last saved first."""
    rows = Decision.objects.filter(state__in=(Decision.State.DRAFT, Decision.State.PROPOSED))
    return _lines(scope(actor, P.DECISION_EDIT, rows)).order_by("-saved_at", "-pk")


@waiting
def to_release(actor: Actor) -> QuerySet[Decision]:
    """Agreed decisions that are neither published nor withheld, oldest first."""
    rows = Decision.objects.filter(state__in=TAKEN, released_at=None, withheld_reason="")
    return _lines(scope(actor, P.DECISION_RELEASE, rows)).order_by("decided_on", "pk")


@waiting
def delegations(actor: Actor) -> QuerySet[Delegation]:
    """Delegations that wait for this person: others' drafts to approve, approved ones whose first day has come."""
    rows = Delegation.objects.select_related("function", "from_organisation")
    drafts = scope(actor, P.DELEGATION_APPROVE, rows.filter(status=Delegation.Status.DRAFT))
    ready = scope(actor, P.DELEGATION_EDIT, rows.filter(status=Delegation.Status.APPROVED, starts__lte=actor.on))
    others = ~Q(drafted_by=actor.user_id) | Q(drafted_by=None)
    return rows.filter(Q(pk__in=drafts.filter(others).values("pk")) | Q(pk__in=ready.values("pk"))).order_by("pk")


def _lines(rows: QuerySet[Decision]) -> QuerySet[Decision]:
    """What a line about a decision says, without its long texts and its answer about authority."""
    told = ("reference", "title", "state", "decided_on", "saved_at", "released_at", "forum__name")
    return rows.select_related("forum").only(*told)


@waiting
def overdue_of_forums(actor: Actor) -> QuerySet[Action]:
    """Open actions past their date that follow from this person's forums, longest first."""
    rows = Action.objects.filter(state=Action.State.ACCEPTED, due__lt=actor.on)
    return _of_decided(scope(actor, P.ACTION_CONFIRM, rows)).order_by("due", "pk")


@waiting
def to_confirm(actor: Actor) -> QuerySet[Action]:
    """Actions reported done that wait for the forum's confirmation."""
    rows = Action.objects.filter(state=Action.State.DONE)
    return _of_decided(scope(actor, P.ACTION_CONFIRM, rows)).order_by("done_on", "pk")


@waiting
def to_accept(actor: Actor) -> QuerySet[Action]:
    """Actions proposed to this person's bodies that nobody has answered, oldest first."""
    rows = Action.objects.filter(state=Action.State.PROPOSED, decision__state__in=TAKEN)
    return _of_decided(scope(actor, P.ACTION_ACCEPT, rows)).order_by("proposed_on", "pk")


@waiting
def due(actor: Actor) -> QuerySet[Action]:
    """Accepted actions of this person's bodies, the next due (or longest overdue) first."""
    rows = Action.objects.filter(state=Action.State.ACCEPTED)
    return _of_decided(scope(actor, P.ACTION_REPORT, rows)).order_by("due", "pk")


def _of_decided(rows: QuerySet[Action]) -> QuerySet[Action]:
    told = ("title", "state", "proposed_on", "due", "done_on", "owner__name", "owner__short_name")
    return rows.select_related("decision__forum", "owner").only(*told, "decision__forum__name")


@waiting
def coming(actor: Actor) -> QuerySet[Meeting]:
    """Meetings of today and later that this person may see, the next first."""
    rows = Meeting.objects.filter(held_on__gte=actor.on).exclude(state=Meeting.State.CANCELLED)
    visible = scope(actor, P.MEETING_VIEW, rows).select_related("forum").order_by("held_on", "pk")
    return visible.only("held_on", "state", "forum__name")


def released_lately(actor: Actor) -> Waiting[Decision]:
    """Decisions published in the last sixty days that concern this person's bodies, newest first."""
    bodies = actor.organisations(P.DECISION_VIEW)
    theirs = DecisionAudience.objects.filter(decision=OuterRef("pk"), organisation__in=bodies)
    rows = Decision.objects.filter(Exists(theirs), released_at__gte=timezone.now() - LATELY)
    return few(_lines(rows).order_by("-released_at", "-pk"))


def own_profiles(actor: Actor, bodies: Iterable[Organisation]) -> list[tuple[Organisation, Standing | None]]:
    """Those of a person's bodies that have profiles, each with its newest one."""
    mine = actor.organisations(Profiles.PROFILE_VIEW, "subject")
    scored = [body for body in bodies if body.pk in mine and body.kind == Kind.TRUST and body.exists_on(actor.on)]
    found = latest_of(body.pk for body in scored) if scored else {}
    return [(body, found.get(body.pk)) for body in scored]


def bodies_of(actor: Actor) -> list[Organisation]:
    """The organisations in which this person holds a role, by name."""
    return list(Organisation.objects.filter(pk__in={held.organisation_id for held in actor.holdings}))


def jobs_lately() -> Waiting[Job]:
    """The newest background jobs."""
    return few(Job.objects.select_related("requested_by").order_by("-pk"), 10)


# --- Everybody else's first page ----------------------------------------------------------------------------------


def newest_released(count: int = FEW) -> list[Decision]:
    """The decisions published last, for everyone."""
    rows = _lines(Decision.objects.filter(released_at__isnull=False)).order_by("-released_at", "-pk")
    return list(rows[:count])


@dataclass(frozen=True)
class Trail:
    """How far the audit trail reaches: the last sealed entry, and how many are not sealed yet."""

    sequence: int = 0
    sealed_at: datetime | None = None
    unsealed: int = 0


def state_of_trail() -> Trail:
    """The newest seal, and the entries after it that have none; two queries."""
    last = LedgerSeal.objects.order_by("-sequence").first()
    waiting = LedgerEntry.objects.filter(seal=None)
    if last is None:
        return Trail(unsealed=waiting.count())
    # numbers may commit out of order, but none an hour late: older entries all have their seal
    waiting = waiting.filter(pk__gt=last.entry_id - UNSEALED)
    return Trail(last.sequence, last.sealed_at, waiting.count())


def jobs_failed() -> Waiting[Job]:
    """Background jobs that failed and that nobody has asked for again, the newest first."""
    return few(Job.objects.filter(state=Job.State.FAILED).select_related("requested_by").order_by("-pk"))


def people_with_roles(on: date) -> int:
    """How many people hold a role on a day."""
    held = RoleMembership.objects.on(on).filter(user__is_active=True)
    return int(held.aggregate(n=Count("user", distinct=True))["n"])
