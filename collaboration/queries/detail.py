"""One characteristic of a profile taken apart: what each indicator adds, the records behind, what would change it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from collaboration import explanation
from collaboration.assessment import reading_of, rules_of
from collaboration.explanation import Change, Explanation, Rules
from collaboration.framework import Characteristic, Indicator
from collaboration.framework import Framework as Content
from collaboration.indicators import REGISTRY, Count, Window
from collaboration.models import Profile, Reading
from ics_governance.permissions import Actor

from .evidence import Evidence, Shown, evidence
from .profiles import Mark, Standing, content_of

SHOWN = 20  # records listed of an indicator before the link to all of them


@dataclass(frozen=True)
class Part:
    """An indicator as it stands in a profile, with the records it rests on as they are now."""

    indicator: Indicator
    reading: Reading
    evidence: Evidence
    limit: int | None

    @property
    def shown(self) -> list[Shown]:
        """The counted records that are listed."""
        return self.evidence.counted[: self.limit]

    @property
    def gaps(self) -> list[Shown]:
        """The listed ones of those that lack what would count."""
        return self.evidence.unrecorded[: self.limit]

    @property
    def hidden(self) -> int:
        """How many counted records are not listed."""
        return len(self.evidence.counted) - len(self.shown)

    @property
    def hidden_gaps(self) -> int:
        """How many of those that lack what would count are not listed."""
        return len(self.evidence.unrecorded) - len(self.gaps)

    @cached_property
    def now(self) -> Count:
        """What the records come to now."""
        return Count.of(self.evidence.rows)

    @property
    def has_changed(self) -> bool:
        """Whether the records have changed since the profile was made: then the list and the number differ."""
        return (self.now.numerator, self.now.denominator) != (self.reading.numerator, self.reading.denominator)


@dataclass(frozen=True)
class Detail:
    """A characteristic with its score and its parts, in the order of the framework."""

    characteristic: Characteristic
    score: Mark
    parts: list[Part]
    rules: Rules

    @property
    def weight(self) -> Decimal:
        """The weights of the parts together: 1 where there is a score, which rests on these parts alone."""
        return sum((part.reading.weight for part in self.parts), Decimal(0))

    @property
    def has_changed(self) -> bool:
        """Whether any of its records has changed since the profile was made."""
        return any(part.has_changed for part in self.parts)

    @cached_property
    def change(self) -> Change | None:
        """The smallest set of acts that would move the band, from the records as they are now."""
        readings = [reading_of(part.indicator, part.now) for part in self.parts]
        records = {
            part.indicator.code: [shown.as_record() for shown in part.evidence.counted if shown.row.act]
            for part in self.parts
        }
        return explanation.what_would_change(readings, records, self.rules)

    @cached_property
    def needed(self) -> list[Part]:
        """Without enough evidence: the fewest indicators that would have to be measured."""
        codes = explanation.what_is_needed([reading_of(part.indicator, part.now) for part in self.parts], self.rules)
        return [part for part in self.parts if part.indicator.code in codes]


def detail(actor: Actor, standing: Standing, code: str, stored: Mapping[str, Reading], all_of: str = "") -> Detail:
    """Take one characteristic apart, as far as the actor may see its records; `stored` are the profile's readings.

    `all_of`: the indicator whose records are all listed; of the others the newest few.
    """
    profile, content = standing.profile, standing.content
    characteristic = next(each for each in content.characteristics if each.code == code)
    counted = _counted(content, characteristic)
    found = _evidence(actor, profile, content, counted, None if all_of in REGISTRY else SHOWN)
    parts = []
    for each in counted:
        if each.code in stored:
            parts.append(Part(each, stored[each.code], found[each.code], None if each.code == all_of else SHOWN))
    return Detail(characteristic, standing.scores[code], parts, rules_of(content))


def explain(actor: Actor, profile: Profile) -> list[Explanation]:
    """A whole profile taken apart, from the records as they are now, as far as the actor may see them."""
    content = content_of(profile.framework)
    every = [each for one in content.characteristics for each in _counted(content, one)]
    found = _evidence(actor, profile, content, every, None)
    records = {code: [shown.as_record() for shown in (*one.counted, *one.unrecorded)] for code, one in found.items()}
    counts = {code: Count.of(one.rows) for code, one in found.items()}
    titles = {each.code: each.title for each in every}
    return [
        explanation.explain(
            one.code,
            one.title,
            [reading_of(each, counts[each.code]) for each in _counted(content, one)],
            records,
            titles,
            rules_of(content),
        )
        for one in content.characteristics
    ]


def _counted(content: Content, characteristic: Characteristic) -> list[Indicator]:
    mine = (each for each in content.registered if each.characteristic == characteristic.code)
    return [each for each in mine if each.code in REGISTRY]


def _evidence(
    actor: Actor, profile: Profile, content: Content, counted: Iterable[Indicator], limit: int | None
) -> dict[str, Evidence]:
    window = Window.months(content.window_months, profile.as_of)
    return evidence(actor, profile.subject_id, [each.code for each in counted], window, limit)


def most_telling(standing: Standing) -> str:
    """The characteristic to show first: the lowest score, else the first of the framework."""
    scores = standing.scores
    codes = [each.code for each in standing.content.characteristics if each.code in scores]
    numbers = [(scores[code].score, place, code) for place, code in enumerate(codes) if scores[code].score is not None]
    return min(numbers)[2] if numbers else codes[0]
