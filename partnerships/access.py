"""Who may see and do what with the records of this app.

`scope` (which rows), `allowed` (this row) and row-level security in the database read the same two kinds of rows: role
memberships and audiences. A property test holds the three equal. Other apps register their own models here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from ics_governance import permissions, workflow
from ics_governance.context import open_context
from ics_governance.middleware import in_transaction
from ics_governance.permissions import Actor, Holding, Refused

from .models import (
    Action,
    Arrangement,
    Audience,
    CheckFinding,
    Decision,
    DecisionAudience,
    Delegation,
    Forum,
    Meeting,
    MeetingAudience,
    Organisation,
    Place,
    Post,
    Rehearsal,
    RoleMembership,
)

M = TypeVar("M", bound=models.Model)


@permissions.register
class P(StrEnum):
    """Permissions of this app."""

    ORGANISATION_VIEW = "organisation.view"
    ORGANISATION_EDIT = "organisation.edit"
    ORGANISATION_RESTRUCTURE = "organisation.restructure"
    ARRANGEMENT_VIEW = "arrangement.view"
    FORUM_VIEW = "forum.view"
    FORUM_EDIT = "forum.edit"
    MEMBERSHIP_ANSWER = "membership.answer"
    DELEGATION_VIEW = "delegation.view"
    DELEGATION_EDIT = "delegation.edit"
    DELEGATION_APPROVE = "delegation.approve"
    REGISTER_DECLARE = "register.declare"
    FINDING_VIEW = "finding.view"
    CHECK_RUN = "check.run"
    REHEARSAL_VIEW = "rehearsal.view"
    REHEARSAL_EDIT = "rehearsal.edit"
    MEETING_VIEW = "meeting.view"
    MEETING_EDIT = "meeting.edit"
    DECISION_VIEW = "decision.view"
    DECISION_EDIT = "decision.edit"
    DECISION_AGREE = "decision.agree"
    DECISION_RELEASE = "decision.release"
    ACTION_ACCEPT = "action.accept"
    ACTION_REPORT = "action.report"
    ACTION_CONFIRM = "action.confirm"
    ACTION_REDATE = "action.redate"
    PEOPLE_MANAGE = "people.manage"
    LEDGER_VIEW = "ledger.view"
    JOB_VIEW = "job.view"


permissions.restrict("meeting", P.MEETING_VIEW)
permissions.restrict("decision", P.DECISION_VIEW, also=["action"])
permissions.restrict("rehearsal", P.REHEARSAL_VIEW)
permissions.name_capacities({*Audience.Capacity.values, "partner"} - {Audience.Capacity.PERSON})

# What a person may do with a decision through a personal grant, and while it is what: a contributor edits a draft.
ALWAYS = Q()
CONTRIBUTOR: dict[str, Q] = {P.DECISION_VIEW: ALWAYS, P.DECISION_EDIT: Q(state__in=("draft", "proposed"))}


# --- The actor ----------------------------------------------------------------------------------------------------


def actor_for(user: Any, on: date | None = None) -> Actor:
    """The person with the roles held on a day (today without one); one query."""
    day = on or timezone.localdate()
    if not getattr(user, "is_authenticated", False):
        return Actor(None, "", (), day)
    held = RoleMembership.objects.on(day).filter(user_id=user.pk).order_by("pk").values_list("organisation_id", "role")
    return Actor(user.pk, user.name, tuple(Holding(*row) for row in held), day)


def actor_of_the_request(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: `request.actor`, and the settings of row-level security for the request's transaction.

    Every app's kinds of guarded record are made known before the first request: addresses, which would import them,
    are only read inside it, when its settings are made already.
    """
    workflow.load()

    def middleware(request: HttpRequest) -> HttpResponse:
        if in_transaction(request):
            identify(request, request.user)
        return get_response(request)

    return middleware


def identify(request: HttpRequest, user: Any) -> None:
    """Make `user` the one who acts in this request (also after an API token was read)."""
    request.actor = actor_for(user)  # type: ignore[attr-defined]
    open_context(request.actor)  # type: ignore[attr-defined]


# --- Rules per model ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenRecord:
    """Read by every signed-in person, and by anyone where `public`; written by roles in the body at `owner` (a path),
    in the capacity host."""

    view: str
    owner: str = ""
    public: bool = False

    def query(self, actor: Actor, permission: str) -> Q | None:
        """A condition on rows, or None for all of them."""
        if permission == self.view:
            return None if self.public or actor.user_id or actor.system else Q(pk__in=[])
        bodies = actor.organisations(permission, "host") if self.owner else ()
        return Q(**{f"{self.owner or 'pk'}__in": bodies})


@dataclass(frozen=True)
class DelegationRecord(OpenRecord):
    """Open to everyone once it is approved; a draft, also a withdrawn one, only to those who draft or approve for its
    body."""

    def query(self, actor: Actor, permission: str) -> Q | None:
        """A condition on rows; None for all of them is never the answer for reading."""
        condition = super().query(actor, permission)
        if permission != self.view:
            return condition
        own = actor.organisations(P.DELEGATION_EDIT, "host") | actor.organisations(P.DELEGATION_APPROVE, "host")
        readable = ~Q(status__in=Delegation.NEVER_APPROVED) | Q(from_organisation__in=own)
        return readable if condition is None else condition & readable


@dataclass(frozen=True)
class GuardedRecord:
    """Read and written through audience rows: `audience` is their model, `key` its foreign key to the record.

    `path` leads from the model to that record (`decision` for actions). `released` is a condition under which
    everyone may read. `personal` are the permissions that a person's own grant carries, each with the condition on
    the record under which it does.
    """

    view: str
    audience: type[Audience]
    key: str
    path: str = ""
    released: Q | None = None
    personal: Mapping[str, Q] = field(default_factory=dict)

    def query(self, actor: Actor, permission: str) -> Q | None:
        """A condition on rows: a current audience row that counts for this permission, or released for reading."""
        own, when = Q(user_id=actor.user_id), self.personal.get(permission) if actor.user_id else None
        bodies = self._bodies(actor, permission)
        condition = self._in_audience(actor, bodies | own if when == ALWAYS else bodies)
        if when:
            condition |= self._in_audience(actor, own) & when
        if permission == self.view and self.released is not None:
            condition |= self.released
        return condition

    def _bodies(self, actor: Actor, permission: str) -> Q:
        """Audience rows of bodies where one of the actor's roles carries the permission, in its capacities."""
        match = Q(pk__in=[])
        for organisation_id, capacities in sorted(actor.capacities(permission).items()):
            here = Q(organisation_id=organisation_id)
            match |= here if capacities is None else here & Q(capacity__in=sorted(capacities))
        return match

    def _in_audience(self, actor: Actor, match: Q) -> Q:
        """A condition on records: some audience row in force matches."""
        target = OuterRef(f"{self.path}_id" if self.path else "pk")
        dates = Q(starts__lte=actor.on) & (Q(ends=None) | Q(ends__gte=actor.on))
        rows = self.audience._default_manager.filter(match, dates)  # type: ignore[attr-defined]
        return Q(Exists(rows.filter(**{self.key: target})))


@dataclass(frozen=True)
class ActionRecord(GuardedRecord):
    """An action of a decision that one may see: its owner's side answers for it, the forum's side does the rest."""

    owners: frozenset[str] = frozenset()

    def query(self, actor: Actor, permission: str) -> Q | None:
        """What the owner does: by the action's own owner; everything else by the decision's audience."""
        if permission not in self.owners:
            return super().query(actor, permission)
        visible = super().query(actor, self.view)
        return Q(owner_id__in=actor.organisations(permission, "owner")) & visible  # type: ignore[operator]


@dataclass(frozen=True)
class RehearsalRecord:
    """Read by the people of its host and of the bodies that took part; kept by its host."""

    view: str

    def query(self, actor: Actor, permission: str) -> Q:
        """A condition on rows."""
        condition = Q(host_id__in=actor.organisations(permission, "host"))
        if permission == self.view:
            taking_part = actor.organisations(permission, "partner")
            condition |= Q(
                pk__in=Rehearsal.partners.through.objects.filter(organisation__in=taking_part).values("rehearsal")
            )
        return condition


Rule = OpenRecord | GuardedRecord | Any
RULES: dict[type[models.Model], Rule] = {
    Organisation: OpenRecord(P.ORGANISATION_VIEW, "pk", public=True),
    Arrangement: OpenRecord(P.ARRANGEMENT_VIEW, "host_id", public=True),
    Forum: OpenRecord(P.FORUM_VIEW, "host_id", public=True),
    Delegation: DelegationRecord(P.DELEGATION_VIEW, "from_organisation_id", public=True),
    Place: OpenRecord(P.ARRANGEMENT_VIEW, "icb_id"),
    Post: OpenRecord(P.DELEGATION_VIEW, "organisation_id"),
    CheckFinding: OpenRecord(P.FINDING_VIEW, "system_id"),
    Rehearsal: RehearsalRecord(P.REHEARSAL_VIEW),
    Meeting: GuardedRecord(P.MEETING_VIEW, MeetingAudience, "meeting"),
    Decision: GuardedRecord(
        P.DECISION_VIEW, DecisionAudience, "decision", released=Q(released_at__isnull=False), personal=CONTRIBUTOR
    ),
    Action: ActionRecord(
        P.DECISION_VIEW,
        DecisionAudience,
        "decision",
        path="decision",
        released=Q(decision__released_at__isnull=False),
        personal={P.DECISION_VIEW: ALWAYS},
        owners=frozenset({P.ACTION_ACCEPT, P.ACTION_REPORT}),
    ),
}


def scope(actor: Actor, permission: str, queryset: models.QuerySet[M]) -> models.QuerySet[M]:
    """The rows of a queryset on which the actor holds the permission."""
    if actor.system:
        return queryset
    condition = RULES[queryset.model].query(actor, permission)
    return queryset if condition is None else queryset.filter(condition)


def allowed(actor: Actor, permission: str, obj: models.Model) -> bool:
    """Whether the actor holds the permission on this record."""
    if actor.system:
        return True
    return scope(actor, permission, type(obj)._default_manager.filter(pk=obj.pk)).exists()  # type: ignore[attr-defined]


def held(actor: Actor, permissions: Iterable[str], obj: models.Model) -> frozenset[str]:
    """Those of the permissions that the actor holds on this record; one query for any number of them."""
    names = sorted(set(permissions))
    if actor.system or not names:
        return frozenset(names)
    conditions = [RULES[type(obj)].query(actor, name) for name in names]
    columns = {
        f"holds_{number}": Value(True) if condition is None else Case(When(condition, then=True), default=False)
        for number, condition in enumerate(conditions)
    }
    row = type(obj)._default_manager.filter(pk=obj.pk).annotate(**columns).values_list(*columns).first()  # type: ignore[attr-defined]
    return frozenset(name for name, holds in zip(names, row or [False] * len(names), strict=True) if holds)


def held_anywhere(actor: Actor, permission: str) -> bool:
    """Whether the actor holds a permission that is about the whole register, in whichever body."""
    return actor.system or bool(actor.organisations(permission))


def require(actor: Actor, permission: str, obj: models.Model) -> None:
    """Raise `Refused`, which says who can, unless the actor holds the permission on this record."""
    if not allowed(actor, permission, obj):
        raise Refused(permission)


def visible_or_404(actor: Actor, queryset: models.QuerySet[M], **lookup: object) -> M:
    """The record, looked up by a key among those that the actor may see; what is not seen does not exist."""
    view = RULES[queryset.model].view
    rows = scope(actor, view, queryset).filter(**lookup)
    # what is looked up by its key is one at most, and reckoning an order takes its time
    found = next(iter(rows.order_by()[:1]), None) if lookup else rows.first()
    if found is None:
        raise Http404
    return found
