"""Reads about profiles: the framework they follow, whose this person may see, their scores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from collaboration.access import CARRIED_ON, P, SubjectRecord
from collaboration.framework import Framework as Content
from collaboration.framework_file import build
from collaboration.models import Framework, PeriodReading, Profile, ProfileMonth, Reading, Score, StaleProfile
from ics_governance.permissions import Actor
from partnerships.models import Kind, Organisation, Succession
from partnerships.queries.naming import COLUMNS

FRAMEWORK = "collaboration-2022"  # the framework that profiles follow; others may be loaded beside it
MONTHS = 24  # profiles shown of one body
CHARACTERISTICS = 5

_parsed: dict[str, Content] = {}


def current_framework() -> Framework | None:
    """The framework that new profiles follow; None before one is loaded. Its content is read only when needed."""
    return Framework.objects.defer("content").filter(code=FRAMEWORK, current=True).first()


def content_of(framework: Framework) -> Content:
    """A framework as frozen data; parsed once for each text."""
    if framework.digest not in _parsed:
        _parsed[framework.digest] = build(framework.content, framework.digest)
    return _parsed[framework.digest]


# --- Whose profiles ------------------------------------------------------------------------------------------------


def subjects_of(actor: Actor, permission: str = P.PROFILE_VIEW) -> QuerySet[Organisation]:
    """The bodies about which the actor holds a permission: its own, and those that it oversees."""
    everybody = Organisation.objects.all()
    if actor.system:
        return everybody
    return everybody.filter(SubjectRecord(subject="pk").query(actor, permission) or Q())


def scored_bodies(bodies: QuerySet[Organisation], on: date) -> QuerySet[Organisation]:
    """Those of the bodies that have profiles: the trusts that exist on a day."""
    return bodies.filter(kind=Kind.TRUST).on(on)  # type: ignore[attr-defined,no-any-return]


class Mark(NamedTuple):
    """The score of one characteristic, as stored. Pages show sixty and more: plain values, not records."""

    characteristic: str
    score: Decimal | None
    low: Decimal | None
    high: Decimal | None
    band: str
    coverage: Decimal


@dataclass(frozen=True)
class Standing:
    """A profile with its scores, by characteristic."""

    profile: Profile
    digest: str
    scores: dict[str, Mark]

    @property
    def content(self) -> Content:
        """The framework that it follows; asked of the database only by the first to want it."""
        return _parsed.get(self.digest) or content_of(self.profile.framework)


def latest_of(bodies: Iterable[int]) -> dict[int, Standing]:
    """The newest profile of each body, by body; one query however many bodies."""
    newest = Profile.objects.filter(subject__in=list(bodies)).order_by("subject_id", "-as_of", "-pk")
    rows = Score.objects.filter(profile__in=newest.distinct("subject_id").values("pk"))
    return {standing.profile.subject_id: standing for standing in _standings(rows.order_by("pk"))}


PROFILE = tuple(field.attname for field in Profile._meta.concrete_fields)


def _standings(rows: QuerySet[Score]) -> list[Standing]:
    """Scores put together by profile, in the order in which profiles first come."""
    found: dict[int, Standing] = {}
    columns = (*(f"profile__{name}" for name in PROFILE), "profile__framework__digest", *Mark._fields)
    for row in rows.values_list(*columns):
        mark = Mark(*row[len(PROFILE) + 1 :])
        if row[0] not in found:
            found[row[0]] = Standing(Profile.from_db(None, PROFILE, row[: len(PROFILE)]), row[len(PROFILE)], {})
        found[row[0]].scores[mark.characteristic] = mark
    return list(found.values())


def _json(*names: str) -> JSONObject:
    return JSONObject(**{name: name for name in names})


@dataclass(frozen=True)
class History:
    """The profiles of one body, newest first, and whether the person who looks may have it scored."""

    subject: Organisation
    may_score: bool
    standings: list[Standing]
    before: Mapping[int, list[Standing]] = field(default_factory=dict)  # of the bodies that it carries on, by body

    def at(self, month: str | None, version: str | None = None) -> Standing:
        """The profile of a month, as restated last unless another version is named; the newest of all without one."""
        mine = [one for one in self.standings if one.profile.as_of.isoformat() == month] or self.standings
        return next((one for one in mine if str(one.profile.restatement) == version), mine[0])

    @property
    def months(self) -> list[ProfileMonth]:
        """The months that were previewed, the newest first."""
        found: list[dict[str, Any]] = self.subject.previewed  # type: ignore[attr-defined]
        return [
            ProfileMonth(
                as_of=date.fromisoformat(each["as_of"]),
                freezes_on=date.fromisoformat(each["freezes_on"]),
                frozen_at=each["frozen_at"] and datetime.fromisoformat(each["frozen_at"]),
            )
            for each in found
        ]

    @property
    def latest(self) -> list[Standing]:
        """The newest version of each month, newest first."""
        return latest_versions(self.standings)


def latest_versions(standings: Iterable[Standing]) -> list[Standing]:
    """Of each month the one restated last; the order stays."""
    first: dict[date, Standing] = {}
    for one in standings:
        first.setdefault(one.profile.as_of, one)
    return list(first.values())


def _linked(own: str, other: str) -> ArraySubquery:
    """What a body came from, or what became of it, as plain values."""
    rows = Succession.objects.filter(**{own: OuterRef("pk")}, kind__in=CARRIED_ON).order_by(f"{other}__name")
    names = {name: f"{other}__{name}" for name in COLUMNS}
    return ArraySubquery(rows.values_list(JSONObject(on="effective_on", how="kind", **names)))


def history_of(actor: Actor, code: str) -> History | None:
    """What the actor may see of the body with a code, None when that is nothing; two queries."""
    stale = Exists(StaleProfile.objects.filter(subject=OuterRef("pk")))
    mine = PeriodReading.objects.filter(
        subject=OuterRef("pk"), framework__code=FRAMEWORK, framework__current=True
    ).order_by("starts")
    months = ProfileMonth.objects.filter(framework__code=FRAMEWORK).order_by("-as_of")
    found = subjects_of(actor).coded(code)  # type: ignore[attr-defined]
    subject = found.annotate(
        is_stale=stale,
        single_periods=ArraySubquery(mine.values_list(_json("code", "starts", "ends", "points"))),
        came_from=_linked("successor", "predecessor"),
        became=_linked("predecessor", "successor"),
        previewed=ArraySubquery(months.values_list(_json("as_of", "freezes_on", "frozen_at"))[:MONTHS]),
    ).first()
    if subject is None:
        return None
    newest_first = ("-profile__as_of", "-profile__restatement", "-profile_id", "pk")
    bodies = [subject.pk, *(row["pk"] for row in subject.came_from)]
    rows = Score.objects.filter(profile__subject__in=bodies).order_by(*newest_first)
    of: dict[int, list[Standing]] = {pk: [] for pk in bodies}
    for one in _standings(rows[: MONTHS * CHARACTERISTICS * len(bodies)]):
        of[one.profile.subject_id].append(one)
    return History(subject, may_score(actor, subject), of.pop(subject.pk), of)


def may_score(actor: Actor, subject: Organisation) -> bool:
    """Whether the actor may have a body scored that it sees. Asks the database only where the rights differ."""
    rights = actor.capacities(P.PROFILE_SCORE)
    if not rights or subject.kind != Kind.TRUST or not subject.exists_on(actor.on):
        return False
    if rights == actor.capacities(P.PROFILE_VIEW):
        return True
    return subjects_of(actor, P.PROFILE_SCORE).filter(pk=subject.pk).exists()


def profiles_at(as_of: date, bodies: Iterable[int] | None = None) -> list[Profile]:
    """The profiles made for a day, by the name of their body, with scores and readings."""
    rows = Profile.objects.filter(as_of=as_of).select_related("subject", "framework").defer("framework__content")
    mine = rows if bodies is None else rows.filter(subject__in=list(bodies))
    return list(mine.order_by("subject__name", "pk").prefetch_related("scores", "readings"))


def as_dict(profile: Profile) -> dict[str, Any]:
    """A profile as plain values, for JSON. Without enough evidence a score is null."""
    scores = sorted(profile.scores.all(), key=lambda row: row.pk)
    readings = sorted(profile.readings.all(), key=lambda row: row.pk)
    return {
        "subject": profile.subject.code,
        "name": profile.subject.name,
        "as_of": profile.as_of.isoformat(),
        "inputs": profile.inputs,
        "scores": [_plain(row, ("characteristic", "score", "low", "high", "band", "coverage")) for row in scores],
        "readings": [_plain(row, READING) for row in readings],
    }


READING = ("indicator", "state", "numerator", "denominator", "points", "low", "high", "weight", "adds")


def _plain(row: Score | Reading, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in values.items()}
