"""Reads about feedback rounds. The subject of a round learns nothing of who was asked: only its host does."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from collaboration.access import P
from collaboration.framework import Framework as Content
from collaboration.models import (
    Capacity,
    FeedbackInvitation,
    FeedbackResponse,
    FeedbackResult,
    FeedbackRound,
)
from collaboration.queries.people import people_who
from ics_governance.permissions import Actor
from partnerships.access import scope
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Forum,
    Kind,
    Membership,
    Organisation,
    OrganisationRelation,
)

OPEN = FeedbackRound.State.OPEN
NOT_ASKED = (Kind.REGION, Kind.OVERSIGHT_BODY)  # they oversee; partners are those who work with the body


def round_list(actor: Actor, filters: dict[str, Any]) -> QuerySet[FeedbackRound]:
    """Rounds that this person may see, each with what became of the own organisation's invitation, if there is one."""
    mine = FeedbackInvitation.objects.filter(
        round=OuterRef("pk"), organisation__in=actor.organisations(P.FEEDBACK_VIEW, Capacity.INVITED)
    ).order_by("pk")
    rows = scope(actor, P.FEEDBACK_VIEW, FeedbackRound.objects.all()).select_related("subject", "host")
    rows = rows.annotate(
        invitation=Subquery(mine.values("pk")[:1]),
        answered_by_us=Subquery(mine.values("answered_on")[:1]),
        declined_by_us=Subquery(mine.values("declined_on")[:1]),
    )
    own = actor.organisations(P.FEEDBACK_VIEW)
    match filters.get("whose"):
        case "to_answer":
            waiting = FeedbackInvitation.objects.filter(organisation__in=own, answered_on=None, declined_on=None)
            rows = rows.filter(state=OPEN, pk__in=waiting.values("round"))
        case "about":
            rows = rows.filter(subject__in=own)
        case "run":
            rows = rows.filter(host__in=own)
    if "state" in filters:
        rows = rows.filter(state=filters["state"])
    for word in filters.get("q", "").split()[:8]:
        rows = rows.filter(Q(subject__name__icontains=word) | Q(subject__short_name__icontains=word))
    return rows


def to_answer(actor: Actor) -> QuerySet[FeedbackInvitation]:
    """Invitations that wait for this person's organisation, the earliest last day first."""
    rows = FeedbackInvitation.objects.filter(
        round__state=OPEN, round__closes_on__gte=actor.on, answered_on=None, declined_on=None
    )
    rows = scope(actor, P.FEEDBACK_ANSWER, rows).select_related("round__subject", "round__host", "organisation")
    return rows.order_by("round__closes_on", "pk")


def to_close(actor: Actor) -> QuerySet[FeedbackRound]:
    """Open rounds that this person may close now: everyone has answered, or the last day is past."""
    waiting = FeedbackInvitation.objects.filter(answered_on=None, declined_on=None)
    over = Q(closes_on__lt=actor.on) | ~Q(pk__in=waiting.values("round"))
    rows = scope(actor, P.FEEDBACK_RUN, FeedbackRound.objects.filter(over, state=OPEN))
    return rows.select_related("subject").order_by("closes_on", "pk")


def own_invitations(
    actor: Actor, feedback_round: FeedbackRound, everyone: list[FeedbackInvitation] | None = None
) -> list[FeedbackInvitation]:
    """The invitations of this person's organisations to a round; usually one or none. `everyone`: if known already."""
    own = actor.organisations(P.FEEDBACK_VIEW, Capacity.INVITED)
    if everyone is not None:
        return [each for each in everyone if each.organisation_id in own]
    rows = feedback_round.invitations.select_related("organisation")
    return list(rows.filter(organisation__in=own).order_by("pk"))


def invited(actor: Actor, feedback_round: FeedbackRound) -> list[FeedbackInvitation] | None:
    """Everyone asked, with whether they answered, for the host alone; None for everyone else."""
    if feedback_round.host_id not in actor.organisations(P.FEEDBACK_VIEW, Capacity.HOST):
        return None
    return list(feedback_round.invitations.select_related("organisation").order_by("organisation__name", "pk"))


def reads_results(actor: Actor, feedback_round: FeedbackRound) -> bool:
    """Whether the results of a closed round are for this person: all its readers but those who were only asked."""
    bodies = actor.organisations(P.FEEDBACK_VIEW)
    rows = feedback_round.audience.filter(organisation__in=bodies).exclude(capacity=Capacity.INVITED)
    return rows.filter(Q(ends=None) | Q(ends__gte=actor.on), starts__lte=actor.on).exists()


def response_of(invitation: FeedbackInvitation) -> FeedbackResponse | None:
    """What the organisation has written so far; the database shows it to that organisation alone."""
    return FeedbackResponse.objects.filter(invitation=invitation).select_related("saved_by").first()


@dataclass(frozen=True)
class Shown:
    """The results of one characteristic: its own, and each item with its question; None where nothing is shown."""

    title: str
    whole: FeedbackResult | None
    items: tuple[tuple[str, str, FeedbackResult | None], ...]


def results(feedback_round: FeedbackRound, content: Content) -> list[Shown]:
    """What a closed round came to, in the order of the framework."""
    found = {(row.characteristic, row.item): row for row in feedback_round.results.all()}
    return [
        Shown(
            each.title,
            found.get((each.code, "")),
            tuple((item.code, item.question, found.get((each.code, item.code))) for item in each.feedback_items),
        )
        for each in content.characteristics
    ]


def rounds_of(actor: Actor, subject: Organisation) -> QuerySet[FeedbackRound]:
    """Closed rounds about a body that this person may see, the newest first."""
    rows = FeedbackRound.objects.filter(subject=subject, state=FeedbackRound.State.CLOSED).select_related("host")
    return scope(actor, P.FEEDBACK_VIEW, rows).order_by("-closed_on", "-pk")


# --- Whom a round may be about, and whom it may ask ------------------------------------------------------------------


def subjects_for(hosts: Iterable[int], on: date) -> QuerySet[Organisation]:
    """The trusts of these ICBs, and the bodies that host a partnership at one of their places; never the ICB itself."""
    hosts = list(hosts)
    related = OrganisationRelation.objects.on(on).filter(target_body__in=hosts, kind=OrganisationRelation.Kind.SYSTEM)
    trusts = Q(kind=Kind.TRUST, pk__in=related.values("source_body"))
    convenors = Q(pk__in=Arrangement.objects.on(on).filter(place__icb__in=hosts).values("host"))
    return Organisation.objects.filter(trusts | convenors).exclude(pk__in=hosts).on(on)


@dataclass(frozen=True)
class Candidate:
    """A body that works with the subject: how many forums and arrangements they share, who there can answer."""

    body: Organisation
    together: int
    people: int


def candidates(subject: Organisation, on: date) -> list[Candidate]:
    """The bodies that sit with the subject on forums and in arrangements, those that share most first."""
    shared = Counter(_on_forums(subject, on))
    shared.update(_in_arrangements(subject, on))
    bodies = Organisation.objects.filter(pk__in=shared).exclude(pk=subject.pk).exclude(kind__in=NOT_ASKED).on(on)
    people = people_who(P.FEEDBACK_ANSWER, Capacity.INVITED, shared, on)
    found = [Candidate(body, shared[body.pk], len(people.get(body.pk, ()))) for body in bodies]
    return sorted(found, key=lambda row: (-row.together, row.body.name, row.body.pk))


def _on_forums(subject: Organisation, on: date) -> list[int]:
    """Each body once for each forum that it shares with the subject, as member or host."""
    mine = Membership.objects.on(on).filter(organisation=subject).values("forum")
    forums = Forum.objects.on(on).filter(Q(pk__in=mine) | Q(host=subject))
    pairs = set(Membership.objects.on(on).filter(forum__in=forums).values_list("forum_id", "organisation_id"))
    return [body for _, body in pairs | set(forums.values_list("pk", "host_id"))]


def _in_arrangements(subject: Organisation, on: date) -> list[int]:
    """The same for partnerships and collaboratives."""
    taking_part = ArrangementMember.objects.on(on).filter(expectation=ArrangementMember.Expectation.MEMBER)
    mine = taking_part.filter(organisation=subject).values("arrangement")
    arrangements = Arrangement.objects.on(on).filter(Q(pk__in=mine) | Q(host=subject))
    pairs = set(taking_part.filter(arrangement__in=arrangements).values_list("arrangement_id", "organisation_id"))
    return [body for _, body in pairs | set(arrangements.values_list("pk", "host_id"))]
