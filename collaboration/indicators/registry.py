"""The indicators: what of the register counts for a body, by one set-based query each.

A query is written once, as the *rows* that count: one row for each record and body. Scoring sums them over all bodies
in one statement; the explanation lists the same rows for one body. So the number and its records cannot differ.

Each query gives these columns:

    subject      the body                        numerator     what the record adds (0, 0.5, 1, a share, or days)
    kind         meeting, decision, action ...   denominator   what it could have added; 0 when it is not counted
    record       its id there                    size          what it adds towards the indicator's minimum
    happened_on  the day it is counted on        outcome       what happened, a key of `Indicator.words`
    noted_on     a day told in the words         amount        a number told in the words

A row with denominator 0 should exist in full and was not recorded: it is listed, never counted, and tells *missing*
from *not applicable*. Every condition looks only at what was true on the last day of the window, so far as the record
knows when, so that a month scored later gives the same figures.

A record that its subject has queried does not count until its keeper has answered, nor after the keeper has said that
it was wrong; it is listed apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection

from collaboration.explanation import Act
from ics_governance.wording import day as in_words
from ics_governance.workingdays import add_working_days

HUNDREDTH = Decimal("0.01")
MOST_DAYS = 180  # an action counts as at most so many days overdue
NOTICE = 5  # working days: meetings called later are left out, papers sent later are late
ACCEPT_WITHIN = 10  # working days in which an owner answers whether it accepts an action


@dataclass(frozen=True)
class Window:
    """The days that count, both included."""

    since: date
    until: date

    @classmethod
    def months(cls, count: int, until: date) -> "Window":
        """The months that end on a day: 12 months to 30 June 2026 begin on 1 July 2025."""
        day_after = until + timedelta(days=1)
        years, month = divmod(day_after.year * 12 + day_after.month - 1 - count, 12)
        try:
            return cls(day_after.replace(year=years, month=month + 1), until)
        except ValueError:  # such as 29 February of a common year: the next day there is
            return cls(_first_of_next(date(years, month + 1, 1)), until)


def _first_of_next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True)
class Indicator:
    """A query bound to an indicator's code, with the words for what happened to a record.

    `acts` are what could still make a record of an outcome count for more; never a date that is merely changed.
    """

    code: str
    sql: str
    words: Mapping[str, str]
    acts: Mapping[str, Act]


@dataclass(frozen=True)
class Count:
    """What the register shows of one body for one indicator. `unrecorded`: records that lack what would count."""

    numerator: Decimal
    denominator: Decimal
    size: Decimal
    unrecorded: int

    @classmethod
    def of(cls, rows: Iterable["Row"]) -> "Count":
        """The sum of listed rows, rounded as the statement over all bodies rounds it."""
        every = [row for row in rows if not row.queried]
        columns = ((row.numerator, row.denominator, row.size) for row in every)
        sums = [sum(column, Decimal(0)).quantize(HUNDREDTH, ROUND_HALF_UP) for column in zip(*columns, strict=True)]
        return cls(*(sums or [Decimal("0.00")] * 3), sum(row.denominator == 0 for row in every))


@dataclass(frozen=True)
class Row:
    """One record counted (or, with denominator 0, not recorded in full) for one body.

    `queried`: the state of the subject's query because of which it does not count, if there is one.
    """

    indicator: str
    kind: str
    record: int
    happened_on: date
    numerator: Decimal
    denominator: Decimal
    size: Decimal
    outcome: str
    noted_on: date | None
    amount: Decimal | None
    queried: str = ""

    @property
    def happened(self) -> str:
        """What happened, in words."""
        number = "" if self.amount is None else f"{self.amount.normalize():f}"
        words = REGISTRY[self.indicator].words.get(self.outcome) or self.outcome.replace("_", " ")
        return words.format(day=in_words(self.noted_on), n=number, days="day" if number == "1" else "days")

    @property
    def act(self) -> Act | None:
        """What would make it count for more, if anything still can."""
        return REGISTRY[self.indicator].acts.get(self.outcome)


REGISTRY: dict[str, Indicator] = {}


def register(code: str, sql: str, words: Mapping[str, str], acts: Mapping[str, Act] | None = None) -> None:
    """Bind an indicator's code to its query."""
    REGISTRY[code] = Indicator(code, sql, words, acts or {})


# --- Asking -------------------------------------------------------------------------------------------------------

_QUERY = """from collaboration_recordquery query
            where query.subject_id = counted.subject and query.record_kind = counted.kind
              and query.record_id = counted.record and query.state in ('open', 'upheld')"""
_FIGURES = """round(sum(numerator), 2), round(sum(denominator), 2), round(sum(size), 2),
               count(*) filter (where denominator = 0)"""


def count(code: str, window: Window, subjects: Iterable[int]) -> dict[int, Count]:
    """One statement over all the bodies; those without any record are absent. Run it in a system context."""
    sql = f"""
        select subject, {_FIGURES}
        from ({REGISTRY[code].sql}) counted
        where subject = any(%(subjects)s) and not exists (select {_QUERY})
        group by subject"""  # noqa: S608  (our own text; values are parameters)
    return {subject: Count(*figures) for subject, *figures in _ask(sql, window, subjects)}


def count_by_period(code: str, periods: Sequence[Window], subjects: Iterable[int]) -> dict[tuple[int, Window], Count]:
    """The same for many short windows, each from its own records as they were known on its last day; one statement."""
    sql = REGISTRY[code].sql
    for name in ("since", "until", "answer_by"):
        sql = sql.replace(f"%({name})s", f"period.{name}")
    sql = f"""
        select subject, period.since, period.until, {_FIGURES}
        from unnest(%(starts)s::date[], %(ends)s::date[], %(answers)s::date[]) period (since, until, answer_by)
        cross join lateral ({sql}) counted
        where subject = any(%(subjects)s) and not exists (select {_QUERY})
        group by subject, period.since, period.until"""  # noqa: S608
    ends = {
        "starts": [period.since for period in periods],
        "ends": [period.until for period in periods],
        "answers": [add_working_days(period.until, -ACCEPT_WITHIN) for period in periods],
    }
    found = _ask(sql, periods[0], subjects, ends)
    return {(subject, Window(since, until)): Count(*figures) for subject, since, until, *figures in found}


def rows(codes: Iterable[str], window: Window, subject: int) -> list[Row]:
    """The records counted for one body, newest first, for several indicators by one statement."""
    parts = [
        f"""select '{code}', kind, record, happened_on, numerator, denominator, size, outcome, noted_on, amount,
              coalesce((select query.state {_QUERY} limit 1), '')
            from ({REGISTRY[code].sql}) counted where subject = any(%(subjects)s)"""  # noqa: S608
        for code in codes
    ]
    sql = " union all ".join(parts) + " order by 4 desc, 2, 3 desc"
    return [Row(*row) for row in _ask(sql, window, [subject])] if parts else []


def _ask(
    sql: str, window: Window, subjects: Iterable[int], more: Mapping[str, Any] | None = None
) -> Iterator[tuple[Any, ...]]:
    values = {
        "since": window.since,
        "until": window.until,
        "notice": NOTICE,
        "most": MOST_DAYS,
        "answer_by": add_working_days(window.until, -ACCEPT_WITHIN),
        "subjects": sorted(subjects),
        **(more or {}),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()
