"""Three sources side by side, what the moderator made of the self-assessment, and coverage by expected behaviour."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Value
from django.db.models.functions import Concat

from collaboration import scoring
from collaboration.access import P
from collaboration.assessment import reading_of
from collaboration.framework import Behaviour, Indicator
from collaboration.framework import Framework as Content
from collaboration.indicators import Count
from collaboration.models import Assessment, Moderation, Profile, Reading
from collaboration.scoring import Source, State
from ics_governance.permissions import Actor
from partnerships.access import scope

MOST = 3  # points of an answer


@dataclass(frozen=True)
class Covered:
    """Which indicators of a characteristic or behaviour were measured, which did not apply, which lacked records."""

    measured: tuple[Indicator, ...]
    not_applicable: tuple[Indicator, ...]
    missing: tuple[Indicator, ...]
    share: Decimal | None

    @property
    def applicable(self) -> int:
        """How many applied."""
        return len(self.measured) + len(self.missing)


@dataclass(frozen=True)
class Sides:
    """One characteristic as each source has it; None where a source has no evidence."""

    observed: Decimal | None
    partner: Decimal | None
    own: Decimal | None
    difference: Decimal | None
    flagged: bool
    covered: Covered
    moderated: Decimal | None = None

    @property
    def others(self) -> Decimal | None:
        """The mean of the other sources, which the body's own view is held against."""
        return self.own - self.difference if self.own is not None and self.difference is not None else None


def sides_of(content: Content, readings: Mapping[str, Reading], moderated: Mapping[str, Decimal]) -> dict[str, Sides]:
    """The three sources of each characteristic, from the readings of one profile."""
    found = {}
    for one in content.characteristics:
        mine = [each for each in content.registered if each.characteristic == one.code and each.code in readings]
        measured = [as_read(each, readings[each.code]) for each in mine if is_measured(readings[each.code])]
        sources = scoring.by_source(measured)
        difference, flagged = scoring.difference_of(sources)
        values = {source: scoring.shown(value) for source, value in sources.items()}
        found[one.code] = Sides(
            values.get(Source.OBSERVED), values.get(Source.PARTNER), values.get(Source.SELF), difference, flagged,
            covered_by([each for each in mine if each.source == Source.OBSERVED], readings), moderated.get(one.code),
        )  # fmt: skip
    return found


def is_measured(reading: Reading) -> bool:
    """Whether there was enough to measure."""
    return reading.state == State.MEASURED


def as_read(indicator: Indicator, reading: Reading) -> scoring.Reading:
    """A stored, measured reading as scoring has it."""
    count = Count(reading.numerator, reading.denominator, Decimal(indicator.minimum), 0)
    return reading_of(indicator, count)


def covered_by(indicators: Iterable[Indicator], readings: Mapping[str, Reading]) -> Covered:
    """The observed indicators by what became of them; the share is of the weight that applies."""
    by_state: dict[str, list[Indicator]] = {state: [] for state in State}
    for each in indicators:
        if each.code in readings:
            by_state[readings[each.code].state].append(each)
    measured, missing = by_state[State.MEASURED], by_state[State.MISSING]
    weights = [sum(Fraction(each.weight) for each in group) for group in (measured, missing)]
    share = scoring.shown(Fraction(weights[0]) / sum(weights), scoring.THOUSANDTH) if sum(weights) else None
    return Covered(tuple(measured), tuple(by_state[State.NOT_APPLICABLE]), tuple(missing), share)


def by_behaviour(content: Content, readings: Mapping[str, Reading]) -> list[tuple[Behaviour, Covered]]:
    """Coverage of each expected behaviour by the observed indicators that speak to it."""
    observed = [each for each in content.registered if each.source == Source.OBSERVED]
    return [
        (behaviour, covered_by([each for each in observed if behaviour.code in each.behaviours], readings))
        for behaviour in content.behaviours
    ]


@dataclass(frozen=True)
class Moderated:
    """The self-assessment that counts, and its scores with the moderator's ratings in place of the body's own."""

    assessment: Assessment
    scores: Mapping[str, Decimal]


def moderated_of(actor: Actor, profile: Profile, content: Content) -> Moderated | None:
    """What moderation made of the self-assessment that counts in a profile; None for who may not read it."""
    submitted = Assessment.objects.filter(
        subject=profile.subject_id, submitted_at__date__lte=profile.as_of, state__in=("submitted", "moderated", "final")
    )
    rows = Moderation.objects.filter(answer__assessment=OuterRef("pk")).exclude(rating="")
    moderated = ArraySubquery(rows.values_list(Concat("answer__kloe", Value("="), "rating")))
    visible = scope(actor, P.ASSESSMENT_VIEW, submitted).annotate(moderated=moderated)
    latest = visible.order_by("-year", "-submitted_at").first()
    if latest is None or not latest.content:
        return None
    ratings = dict(pair.split("=") for pair in latest.moderated)
    scores = {}
    for one in content.characteristics:
        mine = {kloe.code for kloe in one.kloes}
        if mine & ratings.keys():
            submitted_ones = {code: given.get("rating", "") for code, given in latest.content["answers"].items()}
            points = [
                int(value) for code, value in (submitted_ones | ratings).items() if code in mine and value.isdigit()
            ]
            if points:
                scores[one.code] = scoring.shown(Fraction(100 * sum(points), MOST * len(points)))
    return Moderated(latest, scores)
