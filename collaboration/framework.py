"""A framework as plain, frozen data: characteristics, questions, indicators, weights and bands.

Pure. Read from a file by `framework_file`; scoring and pages take it from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Band:
    """A range of scores, reached at `lower` (0 to 100)."""

    code: str
    title: str
    lower: float


@dataclass(frozen=True, slots=True)
class Rating:
    """A possible answer to a question. `points` is None where it is left out of the mean."""

    code: str
    title: str
    points: int | None
    needs_evidence: bool
    needs_reason: bool


@dataclass(frozen=True, slots=True)
class Behaviour:
    """An expected behaviour, for example B1.1."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Area:
    """One of the areas that the expected behaviours belong to."""

    code: str
    title: str
    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True)
class Kloe:
    """A key line of enquiry.

    `mark` is S when its substance stands in one of `documents`, D when it was worked out by us.
    """

    code: str
    question: str
    mark: str
    documents: tuple[str, ...]
    behaviours: tuple[str, ...]
    derived: bool


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """A question put to the partners of a body; its wording is our own."""

    code: str
    question: str
    behaviours: tuple[str, ...]
    derived: bool


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One of the characteristics of good governance that a profile gives a score for."""

    code: str
    number: int
    title: str
    short_title: str
    kloes: tuple[Kloe, ...]
    feedback_items: tuple[FeedbackItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """A measured share that speaks for a characteristic.

    `floor` and `target` are shares from 0 to 1 that give 0 and 100 points; a floor above the target
    means that lower is better. Below `minimum`, counted in `minimum_unit`, there is too little to
    measure. A `proportion` gets a Wilson interval; anything else stands as its point. Only a
    `registered` indicator counts.
    """

    code: str
    title: str
    characteristic: str
    behaviours: tuple[str, ...]
    source: str
    weight: float
    floor: float
    target: float
    minimum: int
    unit: str
    minimum_unit: str
    proportion: bool
    registered: bool
    definition: str
    not_applicable: str
    missing: str

    @property
    def lower_is_better(self) -> bool:
        return self.floor > self.target


@dataclass(frozen=True, slots=True)
class Framework:
    """A version of a framework, with its questions, indicators, weights and bands.

    A characteristic's score is the mean of the sources that have evidence, by `source_weights` (shares of 1),
    over the last `window_months`; at least `coverage_threshold` of the observed weight must be measured.
    `digest` is the SHA-256 of the file's text, so that a silent change shows.
    """

    code: str
    version: int
    title: str
    published_on: date
    status: str
    window_months: int
    coverage_threshold: float
    source_weights: Mapping[str, float]
    bands: tuple[Band, ...]
    rating_scale: tuple[Rating, ...]
    feedback_scale: tuple[Rating, ...]
    documents: Mapping[str, str]
    areas: tuple[Area, ...]
    characteristics: tuple[Characteristic, ...]
    indicators: tuple[Indicator, ...]
    digest: str

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        return tuple(behaviour for area in self.areas for behaviour in area.behaviours)

    @property
    def kloes(self) -> tuple[Kloe, ...]:
        return tuple(kloe for characteristic in self.characteristics for kloe in characteristic.kloes)

    @property
    def feedback_items(self) -> tuple[FeedbackItem, ...]:
        """What partners are asked, in the order of the characteristics; none in versions before 2."""
        return tuple(item for characteristic in self.characteristics for item in characteristic.feedback_items)

    @property
    def registered(self) -> tuple[Indicator, ...]:
        """The indicators that count, in the order of the file."""
        return tuple(indicator for indicator in self.indicators if indicator.registered)
