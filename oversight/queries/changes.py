"""What changed since a person last said that they had read it: from the sealed audit trail, as far as they may see.

The trail itself tells which records changed; whether a person may know of it, and what the record is called, is asked
of the records, under the same rules as every other page. Names of people are never part of it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone

from collaboration.access import P as Collaboration
from collaboration.models import Assessment, FeedbackRound, InformationRequest
from ics_governance.models import LedgerSeal
from ics_governance.permissions import Actor
from oversight.models import Visit
from oversight.workflows import CASE
from partnerships.access import P as Partnerships
from partnerships.access import scope
from partnerships.models import Decision, DecisionAudience

from .cases import cases_of
from .signals import signals_of

LOOKED_AT = 300  # entries of the trail read for one page
REACH = 20_000  # how far back in the trail, in entries, however long somebody was away
FIRST_TIME = timedelta(days=7)  # what a person sees who never said that they had read it
SHOWN = 8

# What is told of, by kind of entry. Notes, evidence and clocks of a case are on its file, for those who may read them.
WORDS: dict[str, str] = {
    "case.raised": "raised",
    **{row.ledger: row.label[:1].lower() + row.label[1:] for row in CASE.transitions},
    "case.replied": "a reply was given",
    "case.fact_answered": "a fact was answered",
    "case.facilitation_sent": "the facilitation record was sent to the parties",
    "case.dispute_asked": "dispute resolution was asked for",
    "case.dispute_answered": "the request for dispute resolution was answered",
    "signal.fired": "a new signal",
    "signal.dismissed": "signal dismissed",
    "signal.watched": "signal watched",
    "signal.raised": "signal raised as a concern",
    "assessment.submitted": "self-assessment submitted",
    "assessment.moderated": "self-assessment moderated",
    "assessment.appealed": "moderation appealed",
    "assessment.final": "self-assessment final",
    "feedback_round.opened": "a round of partner feedback was opened",
    "feedback_round.closed": "a round of partner feedback was closed",
    "information_request.asked": "information was asked for",
    "information_request.answered": "a request for information was answered",
    "information_request.refused": "a request for information was refused with a reason",
    "decision.released": "decision released",
}


@dataclass(frozen=True)
class Line:
    """One record that changed: what happened to it last, and how often in all."""

    model: str
    pk: int
    reference: str
    title: str
    what: str
    times: int = 1


@dataclass(frozen=True)
class Changes:
    """What a person is told: lines, newest first, decisions counted by the body that released them."""

    since: datetime | None
    sequence: int
    lines: list[Line] = field(default_factory=list)
    released: list[tuple[str, int]] = field(default_factory=list)

    @property
    def shown(self) -> list[Line]:
        """The newest of them."""
        return self.lines[:SHOWN]

    @property
    def more(self) -> int:
        """How many other records changed."""
        return len(self.lines) - len(self.shown)


def changes(actor: Actor) -> Changes:
    """Two queries: the newest entries of the trail with the person's own mark, and the records that they may see."""
    rows = _entries(actor)
    if not rows:
        return Changes(None, 0)
    since, read = rows[0]["seen_at"], rows[0]["read"] or 0
    earliest = timezone.now() - FIRST_TIME
    found: dict[tuple[str, int], list[str]] = {}
    for row in rows:
        fresh = row["sequence"] > read if since else row["entry__recorded_at"] >= earliest
        if fresh and row["entry__actor"] != actor.user_id:
            model, _, pk = row["entry__record"].partition(":")
            found.setdefault((model, int(pk)), []).append(row["entry__kind"])
    named = _named(actor, found) if found else {}
    lines = [
        Line(model, pk, *named[model, pk], WORDS[kinds[0]], len(kinds))
        for (model, pk), kinds in found.items()
        if (model, pk) in named and model != "decision"
    ]
    hosts = Counter(named[key][1] for key in found if key[0] == "decision" and key in named)
    return Changes(since, rows[0]["sequence"], lines, sorted(hosts.items()))


def _entries(actor: Actor) -> list[dict[str, Any]]:
    """The newest entries of the kinds that are told, whether read or not: the first carries the person's mark."""
    visit = Visit.objects.filter(user=actor.user_id)
    newest = LedgerSeal.objects.order_by("-sequence").values("sequence")[:1]
    rows = LedgerSeal.objects.filter(entry__kind__in=WORDS, sequence__gt=Coalesce(Subquery(newest), 0) - REACH)
    rows = rows.annotate(seen_at=Subquery(visit.values("seen_at")[:1]), read=Subquery(visit.values("sequence")[:1]))
    columns = ("sequence", "seen_at", "read", "entry__kind", "entry__record", "entry__actor", "entry__recorded_at")
    return list(rows.order_by("-sequence").values(*columns)[:LOOKED_AT])


# --- What the records are called, for those who may see them ---------------------------------------------------------


def _body(path: str) -> Any:
    return Coalesce(NullIf(f"{path}__short_name", Value("")), f"{path}__name", output_field=CharField())


def _released(actor: Actor) -> QuerySet[Any]:
    """Decisions that concern the person's bodies: everyone may read a released one, but not everyone wants to."""
    bodies = actor.organisations(Partnerships.DECISION_VIEW)
    theirs = DecisionAudience.objects.filter(decision=OuterRef("pk"), organisation__in=bodies)
    return Decision.objects.filter(Exists(theirs), released_at__isnull=False)


# model: (rows that the person may see, reference, title)
RECORDS: dict[str, tuple[Callable[[Actor], QuerySet[Any]], Any, Any]] = {
    "case": (cases_of, F("reference"), F("concern__title")),
    "signal": (signals_of, F("characteristic"), _body("subject")),
    "assessment": (
        lambda actor: scope(actor, Collaboration.ASSESSMENT_VIEW, Assessment.objects.all()),
        Cast("year", CharField()),
        _body("subject"),
    ),
    "feedbackround": (
        lambda actor: scope(actor, Collaboration.FEEDBACK_VIEW, FeedbackRound.objects.all()),
        Value(""),
        _body("subject"),
    ),
    "informationrequest": (
        lambda actor: scope(actor, Collaboration.REQUEST_VIEW, InformationRequest.objects.all()),
        Value(""),
        F("title"),
    ),
    "decision": (_released, F("reference"), _body("forum__host")),
}


def _named(actor: Actor, found: dict[tuple[str, int], list[str]]) -> dict[tuple[str, int], tuple[str, str]]:
    """Reference and title of each record that the person may see; one query for all kinds."""
    parts = []
    for model, (visible, reference, title) in RECORDS.items():
        wanted = [pk for name, pk in found if name == model]
        if wanted:
            columns = {
                "model_": Value(model, CharField()),
                "pk_": F("pk"),
                "reference_": Cast(reference, CharField()),
                "title_": Cast(title, CharField()),
            }
            rows = visible(actor).filter(pk__in=wanted).order_by().select_related(None)
            parts.append(rows.annotate(**columns).values_list(*columns))
    if not parts:
        return {}
    first, *rest = parts
    named = first.union(*rest, all=True) if rest else first
    return {(model, pk): (reference, title) for model, pk, reference, title in named}
