"""When profiles call for a person to look: rules as data, and one pure function that applies them.

A rule looks at whole months, each ended, one after the other without a gap. It fires on the last month of a body's
history or not at all; what it yields is a signal for people to triage, and never moves a case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from ics_governance.wording import day, joined, number, percent, pluralise

Kind = Literal["band", "coverage_below"]
Number = Decimal | float


@dataclass(frozen=True)
class Rule:
    """One rule. `band` with at least `coverage`, or a coverage under `below`, in `months` successive months.

    `whole_body`: it fires once for the body, when each of its characteristics fits, and not for each of them.
    """

    code: str
    title: str
    kind: Kind
    months: int
    band: str = ""
    coverage: float = 0.0
    below: float = 0.0
    whole_body: bool = False
    ask: str = ""

    def fits(self, mark: "Mark") -> bool:
        """Whether one month of one characteristic is as the rule describes."""
        if self.kind == "band":
            return mark.band == self.band and float(mark.coverage) >= self.coverage
        return float(mark.coverage) < self.below


@dataclass(frozen=True)
class RuleSet:
    """A version of the rules, as read from its file."""

    code: str
    version: int
    title: str
    rules: tuple[Rule, ...]
    digest: str = ""

    @property
    def months(self) -> int:
        """How many months a history must hold for every rule to see enough."""
        return max(rule.months for rule in self.rules)


@dataclass(frozen=True)
class Mark:
    """What a month showed of one characteristic. Without enough evidence there is no score."""

    band: str
    coverage: Number
    score: Number | None = None
    low: Number | None = None
    high: Number | None = None


@dataclass(frozen=True)
class Month:
    """A body's profile of the twelve months that end on `as_of`: its marks by characteristic.

    `expected`: whether anything applied to it at all; of a body from which nothing was expected nothing is missing.
    """

    as_of: date
    marks: Mapping[str, Mark] = field(default_factory=dict)
    expected: bool = True


@dataclass(frozen=True)
class Fired:
    """A rule that fired for a body, with the clause in words and numbers. No characteristic: the body as a whole."""

    subject: int
    rule: str
    characteristic: str
    as_of: date
    clause: str


def evaluate(ruleset: RuleSet, history: Mapping[int, Sequence[Month]]) -> list[Fired]:
    """Every rule that fires for a body on the last month of its history, by body, rule and characteristic.

    `history`: months by body, in any order; of two of the same month the later in the sequence counts.
    """
    found: list[Fired] = []
    for subject in sorted(history):
        months = in_order(history[subject])
        for rule in ruleset.rules:
            found += _fired(rule, subject, trailing(months, rule.months))
    return found


def in_order(months: Iterable[Month]) -> list[Month]:
    """The months of a body, oldest first, one for each."""
    by_month = {(month.as_of.year, month.as_of.month): month for month in months}
    return [by_month[key] for key in sorted(by_month)]


def trailing(months: Sequence[Month], count: int) -> list[Month]:
    """The last `count` months, if they follow one another without a gap; else none."""
    last = list(months[-count:])
    if len(last) < count:
        return []
    numbers = [month.as_of.year * 12 + month.as_of.month for month in last]
    return last if numbers[-1] - numbers[0] == count - 1 else []


def _fired(rule: Rule, subject: int, months: list[Month]) -> list[Fired]:
    if not months:
        return []
    last = months[-1]
    if rule.kind == "coverage_below" and not all(month.expected for month in months):
        return []
    fitting = [code for code in last.marks if all(_fits(rule, month, code) for month in months)]
    if rule.whole_body:
        everything = bool(last.marks) and len(fitting) == len(last.marks)
        return [Fired(subject, rule.code, "", last.as_of, _of_body(rule, months))] if everything else []
    return [Fired(subject, rule.code, code, last.as_of, _of_one(rule, months, code)) for code in sorted(fitting)]


def _fits(rule: Rule, month: Month, code: str) -> bool:
    mark = month.marks.get(code)
    return mark is not None and rule.fits(mark)


# --- The clause, in words -----------------------------------------------------------------------------------------


def _span(months: Sequence[Month]) -> str:
    if len(months) == 1:
        return f"in the month to {day(months[-1].as_of)}"
    return f"in {pluralise(len(months), 'successive month')} to {day(months[-1].as_of)}"


def _of_one(rule: Rule, months: Sequence[Month], code: str) -> str:
    marks = [month.marks[code] for month in months]
    if rule.kind == "coverage_below":
        shares = joined([percent(mark.coverage) for mark in marks])
        return _with(f"Coverage below {percent(rule.below)} {_span(months)}: {shares}.", rule.ask)
    scores = joined([_score(mark) for mark in marks])
    word = rule.band.replace("_", " ")
    least = min(float(mark.coverage) for mark in marks)
    recorded = "all" if least >= 1 else f"at least {percent(least)}"
    text = f"{word[:1].upper()}{word[1:]} {_span(months)}: {scores}, with {recorded} of it recorded."
    return _with(text, rule.ask)


def _of_body(rule: Rule, months: Sequence[Month]) -> str:
    marks = [mark for month in months for mark in month.marks.values()]
    if rule.kind == "coverage_below":
        most = percent(max(float(mark.coverage) for mark in marks))
        text = f"Coverage below {percent(rule.below)} in every characteristic {_span(months)}: {most} at most."
        return _with(text, rule.ask)
    return _with(f"{rule.band.replace('_', ' ').capitalize()} in every characteristic {_span(months)}.", rule.ask)


def _score(mark: Mark) -> str:
    if mark.score is None:
        return "no number"
    if mark.high is None:
        return number(mark.score)
    return f"{number(mark.score)} (at most {number(mark.high)})"


def _with(text: str, ask: str) -> str:
    return f"{text} {ask}".strip()
