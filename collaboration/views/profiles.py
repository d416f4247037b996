"""Pages of profiles: five characteristics, how each number is made, the records behind it; and asking for a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from collaboration.access import P
from collaboration.actions.scoring import request_scoring
from collaboration.models import Profile, Reading
from collaboration.queries import bodies
from collaboration.queries.detail import detail, most_telling
from collaboration.queries.periods import series_in
from collaboration.queries.profiles import History, Mark, Standing, history_of, scored_bodies
from collaboration.queries.sources import by_behaviour, is_measured, moderated_of, sides_of
from ics_governance.charts import Reading as Point
from ics_governance.permissions import Actor, Refused
from partnerships.models import Organisation


@require_safe
def own_profile(request: HttpRequest) -> HttpResponse:
    """`/profiles/`: leads to the profile of the person's own body; to the overview for those who oversee others."""
    if request.actor.organisations(P.PROFILE_VIEW, "overseer"):
        return redirect("region")
    mine = Organisation.objects.filter(pk__in=request.actor.organisations(P.PROFILE_VIEW, "subject"))
    subject = scored_bodies(mine, request.actor.on).first()
    if subject is None:
        raise Http404
    return redirect("profile", subject.code)


@require_safe
def profile(request: HttpRequest, code: str) -> HttpResponse:
    """`/profiles/<code>/`: one body's profile. `?month=` another day it was made for, `?characteristic=` the one
    taken apart, `?records=` the indicator whose records are all listed."""
    history = history_of(request.actor, code)
    if history is None:
        raise Http404
    lineage = bodies.lineage_of(history)
    context = {"subject": history.subject, "may_score": history.may_score, "lineage": lineage}
    if not history.standings:
        return render(request, "collaboration/profile_empty.html", context)
    standing = history.at(request.GET.get("month"), request.GET.get("version"))
    asked = request.GET.get("characteristic", "")
    chosen = asked if asked in standing.scores else most_telling(standing)
    readings = {row.indicator: row for row in standing.profile.readings.all()}
    context |= {
        "profile": standing.profile,
        "standings": history.standings,
        "framework": standing.content,
        "scores": standing.scores,
        **_trends(history, lineage, chosen, request.GET.get("bodies", "")),
        "detail": detail(request.actor, standing, chosen, readings, request.GET.get("records", "")),
    }
    context |= _beside(request.actor, history, standing, readings)
    return render(request, "collaboration/profile.html", context)


def _beside(actor: Actor, history: History, standing: Standing, readings: Mapping[str, Reading]) -> dict[str, Any]:
    """What stands beside the scores: the three sources, single months, coverage, and where the month is in its life."""
    made, content = standing.profile, standing.content
    own = [each for each in content.registered if each.source == "self" and each.code in readings]
    moderated = moderated_of(actor, made, content) if any(is_measured(readings[each.code]) for each in own) else None
    months = {month.as_of: month for month in history.months}
    return {
        "sides": sides_of(content, readings, moderated.scores if moderated else {}),
        "assessment": moderated.assessment if moderated else None,
        "series": series_in(made.subject_id, history.subject.single_periods, made.as_of),
        "behaviours": by_behaviour(content, readings),
        "month": months.get(made.as_of),
        "previews": [month for month in months.values() if not month.frozen_at and month.as_of != made.as_of],
        "stale": history.subject.is_stale,
        "may_query": made.state != Profile.State.FROZEN
        and made.subject_id in actor.organisations(P.QUERY_ASK, "subject"),
    }


def _trends(history: History, lineage: bodies.Lineage, code: str, asked: str) -> dict[str, Any]:
    """The trend of the body, and those of its predecessors: as they were, or as it is now."""
    shown = bodies.NOW if asked == bodies.NOW else bodies.WAS
    joins = shown == bodies.NOW and lineage.joins
    marks = [(one.until, "became") for one in lineage.before if one.until] if joins else lineage.marks
    apart = [(one, _trend(one.standings, code)) for one in lineage.before] if shown == bodies.WAS else []
    return {
        "trend": _trend(bodies.joined(history.latest, lineage, shown), code),
        "marks": marks,
        "bodies": shown,
        "before": [(one, points) for one, points in apart if points],
    }


def _trend(standings: Sequence[Standing], code: str) -> list[Point]:
    """The score of each profile, oldest first, with its interval; gaps where there was not enough evidence."""
    return [_point(one.profile, one.scores.get(code)) for one in reversed(standings)]


def _point(made: Profile, score: Mark | None) -> Point:
    if score is None or score.score is None:
        return Point(made.as_of, None)
    return Point(made.as_of, float(score.score), low=float(score.low), high=float(score.high))


@require_POST
def score(request: HttpRequest) -> HttpResponse:
    """`/profiles/score/`: ask for a run now, over every trust one may score or over one; leads to its progress."""
    code = request.POST.get("subject", "")
    if not code:
        job = request_scoring(by=request.actor, url=reverse("region"))
        return redirect("job", job.pk)
    history = history_of(request.actor, code)
    if history is None:
        raise Http404
    if not history.may_score:
        raise Refused(P.PROFILE_SCORE)
    subject = history.subject
    job = request_scoring(by=request.actor, subject=subject, url=reverse("profile", args=[subject.code]))
    return redirect("job", job.pk)
