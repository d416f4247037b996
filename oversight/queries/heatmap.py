"""Trusts by the five characteristics: never a ranking, no overall number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from collaboration.access import P
from collaboration.framework import Framework
from collaboration.queries.periods import variation_of
from collaboration.queries.profiles import Mark, Standing, content_of, current_framework, latest_of
from ics_governance.permissions import Actor
from partnerships.models import Kind, Organisation, OrganisationRelation

NOT_SCORED = -1.0


@dataclass(frozen=True)
class HeatRow:
    """A trust with its systems, the scores of its newest profile and how its single months vary, by characteristic."""

    body: Organisation
    systems: list[Organisation]
    standing: Standing | None
    variation: Mapping[str, str] = field(default_factory=dict)

    @property
    def scores(self) -> dict[str, Mark]:
        """Its scores; none before its first profile."""
        return self.standing.scores if self.standing else {}

    @property
    def as_of(self) -> date | None:
        """The last day of the window."""
        return self.standing.profile.as_of if self.standing else None

    def number(self, code: str) -> float:
        """A score to sort by; without a number it comes last whichever way."""
        mark = self.scores.get(code)
        return NOT_SCORED if mark is None or mark.score is None else float(mark.score)


@dataclass(frozen=True)
class Heatmap:
    """The trusts that a person oversees. `everyone`: before filters."""

    everyone: list[HeatRow]
    rows: list[HeatRow]
    systems: list[Organisation]
    system: Organisation | None
    content: Framework | None

    @property
    def days(self) -> list[date]:
        """The last days of the windows shown, newest first; usually one."""
        return sorted({row.as_of for row in self.rows if row.as_of}, reverse=True)

    def in_band(self, band: str) -> list[HeatRow]:
        """The trusts, whatever the filter, with at least one characteristic in a band."""
        return [row for row in self.everyone if any(score.band == band for score in row.scores.values())]

    @property
    def unscored(self) -> list[HeatRow]:
        """The trusts that have no profile yet."""
        return [row for row in self.everyone if row.standing is None]


@dataclass(frozen=True)
class Wanted:
    """Which trusts, in which order: of a system, with a characteristic in a band or with a kind of variation."""

    system: str = ""
    band: str = ""
    variation: str = ""
    sort: str = ""


def heatmap(actor: Actor, wanted: Wanted = Wanted()) -> Heatmap:  # noqa: B008 - frozen
    """The newest scores of all trusts that this person oversees; three queries, one more before the first profile."""
    systems_of = _overseen(actor)
    systems = sorted({system for _, found in systems_of.values() for system in found}, key=lambda body: body.name)
    chosen = next((system for system in systems if wanted.system and system.code == wanted.system.upper()), None)
    bodies = [(body, found) for body, found in systems_of.values() if chosen is None or chosen in found]
    latest = latest_of(body.pk for body, _ in bodies)
    varies = _varies([body.pk for body, _ in bodies], actor.on)
    rows = [HeatRow(body, found, latest.get(body.pk), varies.get(body.pk, {})) for body, found in bodies]
    rows.sort(key=lambda row: (row.body.name, row.body.pk))
    content = next((row.standing.content for row in rows if row.standing), None) or _current_content()
    return Heatmap(rows, _sorted(_filtered(rows, wanted), wanted.sort), systems, chosen, content)


def _current_content() -> Framework | None:
    framework = current_framework()
    return content_of(framework) if framework else None


def _overseen(actor: Actor) -> dict[int, tuple[Organisation, list[Organisation]]]:
    """Each live trust under this person's bodies with all its systems, its lead system first; one query."""
    over = actor.organisations(P.PROFILE_VIEW, "overseer")
    related = OrganisationRelation.objects.on(actor.on)
    own = related.filter(target_body__in=over).values("source_body")
    below = related.filter(target_body__in=own).values("source_body")
    trusts = Organisation.objects.on(actor.on).filter(kind=Kind.TRUST)
    links = related.filter(
        Q(source_body__in=own) | Q(source_body__in=below),
        kind=OrganisationRelation.Kind.SYSTEM,
        source_body__in=trusts.values("pk"),
    )
    found: dict[int, tuple[Organisation, list[Organisation]]] = {}
    for link in links.select_related("source_body", "target_body").order_by("-lead", "target_body__name"):
        found.setdefault(link.source_body_id, (link.source_body, []))[1].append(link.target_body)
    return found


def _varies(bodies: list[int], on: date) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for (body, code), kind in variation_of(bodies, on).items():
        found.setdefault(body, {})[code] = kind
    return found


def _filtered(rows: list[HeatRow], wanted: Wanted) -> list[HeatRow]:
    if wanted.band:
        rows = [row for row in rows if any(mark.band == wanted.band for mark in row.scores.values())]
    if wanted.variation:
        rows = [row for row in rows if wanted.variation in row.variation.values()]
    return rows


def _sorted(rows: list[HeatRow], sort: str) -> list[HeatRow]:
    """By name unless a characteristic is asked for; those without a number always last."""
    if not sort:
        return rows
    code, down = sort.removeprefix("-"), sort.startswith("-")
    if code == "name":
        return rows[::-1] if down else rows
    known = [row for row in rows if row.number(code) != NOT_SCORED]
    known.sort(key=lambda row: row.number(code), reverse=down)
    return [*known, *(row for row in rows if row.number(code) == NOT_SCORED)]
