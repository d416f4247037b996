"""What the register shows of many bodies at once, and whether stored profiles still say so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from collaboration import indicators
from collaboration.assessment import ENGINE, Assessment, assess
from collaboration.indicators import Count, Row, Window
from collaboration.models import Framework, Profile
from ics_governance.context import system
from ics_governance.models import LedgerEntry
from ics_governance.wording import day as in_words
from ics_governance.wording import joined, pluralise

from .profiles import content_of

Progress = Callable[[int, int, str], None]


def assess_all(
    framework: Framework, as_of: date, bodies: Iterable[int], progress: Progress | None = None
) -> dict[int, Assessment]:
    """What the register shows of each body, by body: one statement for each indicator; nothing is written."""
    content, bodies = content_of(framework), list(bodies)
    window = Window.months(content.window_months, as_of)
    counted = [each for each in content.registered if each.code in indicators.REGISTRY]
    counts: dict[int, dict[str, Count]] = {pk: {} for pk in bodies}
    with system("score the register"):
        for done, indicator in enumerate(counted):
            if progress:
                progress(done, len(counted), f"{indicator.title}, of {pluralise(len(bodies), 'trust')}")
            for pk, count in indicators.count(indicator.code, window, bodies).items():
                counts[pk][indicator.code] = count
    if progress:
        progress(len(counted), len(counted), "Writing what changed")
    return {pk: assess(content, counts[pk]) for pk in bodies}


# --- Verifying ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One row of a stored profile that would come out otherwise now. `late`: its records that changed since."""

    code: str
    body: str
    row: str
    stored: str
    now: str
    late: tuple[str, ...] = ()

    def __str__(self) -> str:
        since = f" Changed since it was scored: {joined(self.late)}." if self.late else ""
        return f"{self.code} {self.body}, {self.row}: stored {self.stored}, now {self.now}.{since}"


@dataclass(frozen=True)
class Verdict:
    """What a verification found."""

    as_of: date
    profiles: int
    differences: tuple[Difference, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        rows = [{**vars(each), "late": list(each.late)} for each in self.differences]
        return {"as_of": self.as_of.isoformat(), "profiles": self.profiles, "engine": ENGINE, "differences": rows}

    def __str__(self) -> str:
        if not self.profiles:
            return f"No profile is stored for {in_words(self.as_of)}."
        found = pluralise(len(self.differences), "row differs", "rows differ")
        return f"Recomputed {pluralise(self.profiles, 'profile')} for {in_words(self.as_of)}: {found}."


def verify_month(as_of: date, bodies: Iterable[int] | None = None) -> Verdict:
    """Compute stored profiles again from the records as they are now, and tell each row that differs.

    Of a month that was recalculated, the newest version of each body.
    """
    rows = Profile.objects.filter(as_of=as_of).select_related("subject", "framework").order_by("subject__name", "pk")
    rows = rows.prefetch_related("scores", "readings") if bodies is None else rows.filter(subject__in=bodies)
    newest = {(row.subject_id, row.framework_id): row for row in sorted(rows, key=lambda row: row.restatement)}
    stored = [row for row in rows if row in newest.values()]
    found: list[Difference] = []
    for framework in {profile.framework for profile in stored}:
        mine = [profile for profile in stored if profile.framework == framework]
        results = assess_all(framework, as_of, [profile.subject_id for profile in mine])
        for profile in mine:
            found += _differences(profile, results[profile.subject_id])
    return Verdict(as_of, len(stored), tuple(found))


def _differences(profile: Profile, result: Assessment) -> list[Difference]:
    readings = {row.indicator: row for row in profile.readings.all()}
    scores = {row.characteristic: row for row in profile.scores.all()}
    pairs = [(row["indicator"], _said(vars(readings[row["indicator"]])), _said(row)) for row in result.readings]
    pairs += [(row["characteristic"], _told(vars(scores[row["characteristic"]])), _told(row)) for row in result.scores]
    different = [pair for pair in pairs if pair[1] != pair[2]]
    late = _changed_since(profile, [name for name, _, _ in different if name in indicators.REGISTRY])
    body = profile.subject
    return [Difference(body.code, body.name, *pair, tuple(late.get(pair[0], ()))) for pair in different]


def _said(row: dict[str, Any]) -> str:
    return f"{row['numerator']:.2f} of {row['denominator']:.2f}, {row['state'].replace('_', ' ')}"


def _told(row: dict[str, Any]) -> str:
    number = "no number" if row["score"] is None else f"{row['score']} ({row['low']} to {row['high']})"
    return f"{number}, {row['band'].replace('_', ' ')}, coverage {row['coverage']:.3f}"


def _changed_since(profile: Profile, codes: list[str]) -> dict[str, list[str]]:
    """Per indicator, the counted records with an entry in the audit trail after the profile was made."""
    window = Window.months(content_of(profile.framework).window_months, profile.as_of)
    with system("the records behind a profile"):
        rows = indicators.rows(codes, window, profile.subject_id)
    names = {_in_trail(row) for row in rows}
    later = LedgerEntry.objects.filter(record__in=names, recorded_at__gt=profile.scored_at)
    changed = set(later.values_list("record", flat=True))
    found: dict[str, list[str]] = {}
    for row in rows:
        if (name := _in_trail(row)) in changed:
            found.setdefault(row.indicator, []).append(name.replace(":", " "))
    return found


def _in_trail(row: Row) -> str:
    """How the audit trail names the record of a row."""
    return f"{row.kind.replace('_', '')}:{row.record}"
