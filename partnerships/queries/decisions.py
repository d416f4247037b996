"""Reads about decisions and actions."""

from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import Action, Attendance, Decision, DecisionLead, Delegation, Forum

OPEN = (Action.State.PROPOSED, Action.State.ACCEPTED)


def decision_list(actor: Actor, filters: dict[str, Any]) -> QuerySet[Decision]:
    """Decisions that this person may see, filtered; newest first by the caller's paging."""
    rows = scope(actor, P.DECISION_VIEW, Decision.objects.all()).select_related("forum__host", "function")
    for name in ("state", "weight", "forum"):
        if name in filters:
            rows = rows.filter(**{name: filters[name]})
    if "since" in filters:
        rows = rows.filter(decided_on__gte=filters["since"])
    if "until" in filters:
        rows = rows.filter(decided_on__lte=filters["until"])
    if "authority" in filters:
        rows = rows.filter(_authority(filters["authority"]))
    if "ratified" in filters:
        rows = rows.filter(NOT_RATIFIED)
        if filters["ratified"] == "late":
            rows = rows.filter(ratify_by__lt=actor.on)
    return rows.filter(matches(filters["q"])) if "q" in filters else rows


TAKEN = (Decision.State.AGREED, Decision.State.IMPLEMENTED, Decision.State.REVIEWED)
NOT_RATIFIED = Q(means=Decision.Means.URGENT, ratified_by=None, state__in=TAKEN)


def to_ratify(actor: Actor) -> QuerySet[Decision]:
    """Decisions taken by urgent power that this person's forums have not ratified yet."""
    return scope(actor, P.DECISION_AGREE, Decision.objects.filter(NOT_RATIFIED)).select_related("forum")


def could_ratify(decision: Decision) -> QuerySet[Decision]:
    """Decisions of the same forum that could ratify one taken by urgent power; the caller scopes them."""
    rows = Decision.objects.filter(forum=decision.forum_id, state__in=TAKEN, kind__in=("decide", "endorse"))
    rows = rows.exclude(pk=decision.pk).exclude(means=Decision.Means.URGENT)
    return rows.filter(decided_on__gte=decision.decided_on).order_by("-decided_on", "-pk")


def urgent_powers(forum: Forum, on: date) -> QuerySet[Delegation]:
    """Powers for urgent cases of the forum's host that stand on a day."""
    rows = Delegation.objects.filter(urgent=True, from_organisation=forum.host_id, status=Delegation.Status.IN_FORCE)
    rows = rows.filter(Q(ends=None) | Q(ends__gte=on), Q(starts=None) | Q(starts__lte=on))
    return rows.select_related("to_post__holder", "function").order_by("to_post__title", "function__name")


def _authority(choice: str) -> Q:
    within = Q(authority_status="within_authority")
    return {"within": within, "none": Q(authority_status=""), "other": ~within & ~Q(authority_status="")}[choice]


def matches(text: str) -> Q:
    """Decisions whose reference, title or text has every word."""
    condition = Q()
    for word in text.split()[:8]:
        condition &= Q(title__icontains=word) | Q(text__icontains=word) | Q(reference__iexact=word)
    return condition


def for_page(queryset: QuerySet[Decision]) -> QuerySet[Decision]:
    """A decision with what its page reads; the queries do not grow with its parts."""
    return _with_parts(queryset).prefetch_related(
        Prefetch("leads", DecisionLead.objects.select_related("organisation"))
    )


def _with_parts(queryset: QuerySet[Decision]) -> QuerySet[Decision]:
    return queryset.select_related(
        "forum__host",
        "meeting",
        "item",
        "function",
        "lead_officer",
        "accountable_body",
        "corrects",
        "ratified_by",
        "urgent_power__to_post",
    ).prefetch_related(
        "places", Prefetch("actions", Action.objects.select_related("owner", "owner_person").order_by("due", "pk"))
    )


def for_guards(queryset: QuerySet[Decision]) -> QuerySet[Decision]:
    """A decision with what its draft and the guards read: its meeting's attendance, the forum's terms of reference."""
    attendance = Prefetch("meeting__attendance", Attendance.objects.select_related("membership"))
    return _with_parts(queryset).select_related("meeting__forum").prefetch_related("meeting__forum__terms", attendance)


def for_public_page() -> QuerySet[Decision]:
    """A decision with what its public page shows: actions by their owning body, never by person."""
    return Decision.objects.select_related("forum__host", "function", "accountable_body", "corrects").prefetch_related(
        "places", Prefetch("actions", Action.objects.select_related("owner").order_by("due", "pk"))
    )


def action_list(actor: Actor, filters: dict[str, Any]) -> QuerySet[Action]:
    """Actions that this person may see, earliest due first by the caller's paging.

    Without filters: those of their own bodies and forums that are not settled yet, since these wait for somebody.
    """
    rows = scope(actor, P.DECISION_VIEW, Action.objects.all()).select_related(
        "decision__forum", "owner", "owner_person"
    )
    if filters.get("whose") != "all":
        rows = rows.filter(_ours(actor))
    state = filters.get("state", "")
    if state == "overdue":
        rows = rows.filter(state__in=OPEN, due__lt=actor.on)
    elif state != "any":
        rows = rows.filter(state__in=[state] if state else (*OPEN, Action.State.DONE))
    if "q" in filters:
        for word in filters["q"].split()[:8]:
            rows = rows.filter(Q(title__icontains=word) | Q(decision__title__icontains=word))
    return rows


def _ours(actor: Actor) -> Q:
    """Actions that this person's bodies own, or that follow from their forums; all, for those who only oversee."""
    own = actor.organisations(P.ACTION_ACCEPT, "owner") | actor.organisations(P.ACTION_REPORT, "owner")
    hosted = actor.organisations(P.ACTION_CONFIRM, "host")
    return Q(owner__in=own) | Q(decision__forum__host__in=hosted) if own or hosted else Q()


def to_release(actor: Actor) -> QuerySet[Decision]:
    """Agreed decisions that this person may release and that are neither public nor withheld."""
    rows = Decision.objects.filter(
        state__in=("agreed", "implemented", "reviewed"), released_at=None, withheld_reason=""
    )
    return scope(actor, P.DECISION_RELEASE, rows).select_related("forum").order_by("-decided_on", "-pk")


def public_register(filters: dict[str, Any]) -> QuerySet[Decision]:
    """Released decisions, for everyone."""
    rows = Decision.objects.filter(released_at__isnull=False).select_related("forum__host")
    if "system" in filters:
        rows = rows.filter(forum__host=filters["system"])
    if "forum" in filters:
        rows = rows.filter(forum=filters["forum"])
    if "kind" in filters:
        rows = rows.filter(kind=filters["kind"])
    if "since" in filters:
        rows = rows.filter(decided_on__gte=filters["since"])
    return rows.filter(matches(filters["q"])) if "q" in filters else rows
