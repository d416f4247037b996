"""Writes of profiles: score a month, ask for a run."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from psycopg import sql

from collaboration.access import P
from collaboration.actions.periods import write_periods
from collaboration.assessment import ENGINE, Assessment
from collaboration.models import Framework, Profile, Reading, Score
from collaboration.queries.counts import Progress, assess_all
from collaboration.queries.profiles import current_framework, scored_bodies, subjects_of
from ics_governance import jobs, ledger
from ics_governance.models import Job
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day as in_words
from ics_governance.wording import pluralise
from ics_governance.workflow import GuardFailed, Reason
from partnerships.models import Organisation

RUN_LOCK = 0x5C03E  # runs write one after the other


@dataclass(frozen=True)
class Run:
    """What a scoring run did."""

    as_of: date
    framework: str
    subjects: int
    changed: int

    @property
    def unchanged(self) -> int:
        """Profiles that stayed as they were, to the byte."""
        return self.subjects - self.changed

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "as_of": self.as_of.isoformat(), "unchanged": self.unchanged, "engine": ENGINE}

    def __str__(self) -> str:
        return (
            f"Scored {pluralise(self.subjects, 'trust')} for the 12 months to {in_words(self.as_of)}: "
            f"{self.changed:,} changed, {self.unchanged:,} as before."
        )


@transaction.atomic
def score_month(
    *,
    by: Actor,
    as_of: date,
    subjects: Iterable[int] | None = None,
    progress: Progress | None = None,
    periods: bool = True,
) -> Run:
    """Score bodies for the months that end on `as_of`: all trusts that the actor may score, or those of `subjects`.

    One statement for each indicator over all of them, then one write of what changed: a profile is wholly the old one
    or wholly the new one, and equal records leave it untouched. A run that was cut short leaves nothing behind. Frozen
    profiles are left alone. `periods`: bring the single months up to date as well.
    Raises Refused without the right to score any of them, GuardFailed for a day to come or without a framework.
    """
    bodies = _may_score(by, subjects, as_of)
    framework = _framework_for(as_of)
    _one_at_a_time()
    frozen = set(Profile.objects.filter(as_of=as_of, state=Profile.State.FROZEN).values_list("subject", flat=True))
    results = assess_all(framework, as_of, [pk for pk in bodies if pk not in frozen], progress)
    changed = _changed(framework, as_of, results)
    if changed:
        _write(framework, as_of, changed)
        _tell(by, framework, as_of, changed)
    _drop_earlier_of_the_month(framework, as_of, bodies)
    if periods:
        write_periods(framework, as_of, bodies)
    return Run(as_of, str(framework), len(bodies), len(changed))


def _may_score(by: Actor, wanted: Iterable[int] | None, as_of: date) -> list[int]:
    allowed = scored_bodies(subjects_of(by, P.PROFILE_SCORE), as_of)
    if wanted is not None:
        allowed = allowed.filter(pk__in=list(wanted))
    found = list(allowed.order_by("pk").values_list("pk", flat=True))
    if not found and not by.system:
        raise Refused(P.PROFILE_SCORE)
    return found


def _framework_for(as_of: date) -> Framework:
    if as_of > timezone.localdate():
        raise GuardFailed([Reason(f"{in_words(as_of)} lies in the future: only days up to today are scored.")])
    framework = current_framework()
    if framework is None:
        raise GuardFailed([Reason("No framework is loaded. Run “manage.py seed_frameworks” first.")])
    return framework


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [RUN_LOCK])


def _changed(framework: Framework, as_of: date, results: Mapping[int, Assessment]) -> dict[int, Assessment]:
    """Those that differ from what is stored, or are not stored yet."""
    stored = Profile.objects.filter(framework=framework, as_of=as_of, subject__in=list(results), restatement=0)
    kept = {row.subject_id: (row.engine, row.inputs) for row in stored}
    return {pk: result for pk, result in results.items() if kept.get(pk) != (ENGINE, result.inputs)}


def _write(framework: Framework, as_of: date, results: Mapping[int, Assessment]) -> None:
    """Put the profiles, their scores and readings in the place of what was there; rows keep their ids."""
    profiles = Profile.objects.bulk_create(
        [
            Profile(
                subject_id=pk, framework=framework, as_of=as_of, engine=ENGINE, inputs=result.inputs, scored_at=Now()
            )
            for pk, result in results.items()
        ],
        update_conflicts=True,
        unique_fields=["subject", "framework", "as_of", "restatement"],
        update_fields=["engine", "inputs", "scored_at"],
    )
    parts = [(profile.pk, results[profile.subject_id]) for profile in profiles]
    _put(Score, [{"profile_id": pk, **score} for pk, result in parts for score in result.scores], "characteristic")
    _put(Reading, [{"profile_id": pk, **row} for pk, result in parts for row in result.readings], "indicator")


def _put(model: type[Score] | type[Reading], rows: list[dict[str, Any]], key: str) -> None:
    """Insert rows, or bring those of the same profile and `key` up to date: one statement, an array for each column.

    A month of England has thousands; made into objects and statements of Django's they take four times as long.
    """
    if not rows:
        return
    known = {field.attname: field.db_type(connection) for field in model._meta.concrete_fields}
    table, names = sql.Identifier(model._meta.db_table), [sql.Identifier(name) for name in rows[0]]
    statement = sql.SQL(
        "insert into {} ({}) select * from unnest({}) on conflict (profile_id, {}) do update set {}"
    ).format(
        table,
        sql.SQL(", ").join(names),
        sql.SQL(", ").join(sql.SQL(f"%s::{known[name]}[]") for name in rows[0]),
        sql.Identifier(key),
        sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in names),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[row[name] for row in rows] for name in rows[0]])


def _drop_earlier_of_the_month(framework: Framework, as_of: date, bodies: Iterable[int]) -> None:
    """A month that goes on has one profile, the newest: those of its earlier days give way to it."""
    earlier = Q(as_of__gte=as_of.replace(day=1), as_of__lt=as_of)
    running = Profile.objects.filter(earlier, framework=framework, state=Profile.State.RUNNING)
    running.filter(subject__in=list(bodies)).delete()


def _tell(by: Actor, framework: Framework, as_of: date, changed: Mapping[int, Assessment]) -> None:
    rows = [(pk, as_of, str(framework), ENGINE, changed[pk].inputs) for pk in sorted(changed)]
    ledger.append_bulk(
        by=by,
        kind="profiles.scored",
        import_id=f"profiles-{as_of.isoformat()}",
        digest=ledger.digest_of_rows(rows),
        count=len(rows),
    )


# --- Asking for a run ---------------------------------------------------------------------------------------------


def request_scoring(*, by: Actor, url: str, subject: Organisation | None = None) -> Job:
    """Ask for a run up to today, over one body or over all that the actor may score. `url`: where its outcome is seen.

    While such a run waits or runs, asking again gives the same job. Raises Refused without the right to score any.
    """
    bodies = _may_score(by, [subject.pk] if subject else None, by.on)
    scope = f"score:{by.user_id}:{subject.pk if subject else 'all'}:{by.on.isoformat()}"
    before = Job.objects.filter(key__startswith=f"{scope}:")
    unfinished = before.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).first()
    if unfinished:
        return unfinished
    args = {"as_of": by.on.isoformat(), "subjects": bodies if subject else None, "url": url}
    return jobs.enqueue("score", f"{scope}:{before.count() + 1}", args, by=by)
