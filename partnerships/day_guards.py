"""Reasons against days of what lasts for a while: it lies within what it belongs to, and an end is never put off. Pure.

All dates are inclusive; a missing first day means "not recorded", a missing last day "it goes on".
"""

from datetime import date

from ics_governance.wording import day as in_words
from ics_governance.workflow import Reason


def ends_after_start(starts: date | None, ends: date | None, field: str = "ends") -> list[Reason]:
    """A last day does not lie before the first."""
    if starts and ends and ends < starts:
        return [Reason(f"The last day must not lie before the first day, {in_words(starts)}", field)]
    return []


def has_not_ended(ends: date | None, today: date, field: str = "") -> list[Reason]:
    """What has ended is history: nothing of it is changed any more."""
    if ends is None or ends >= today:
        return []
    return [Reason(f"It ended on {in_words(ends)}, and stays as it was", field)]


def begins_within(
    name: str, starts: date | None, ends: date | None, day: date, field: str = "starts"
) -> list[Reason]:  # fmt: skip
    """A part begins while the whole lasts. `name`, `starts` and `ends` are those of the whole."""
    if ends is not None and day > ends:
        return [Reason(f"{name} has ended by that day", field)]
    if starts is not None and day < starts:
        return [Reason(f"{name} begins on {in_words(starts)}: choose that day or a later one", field)]
    return []


def no_longer_than(name: str, whole_ends: date | None, ends: date | None, field: str = "ends") -> list[Reason]:
    """A part ends no later than the whole."""
    if whole_ends is None or ends is None or ends <= whole_ends:
        return []
    return [Reason(f"{name} ends on {in_words(whole_ends)}: choose that day or an earlier one", field)]


def may_end(
    starts: date | None, ends: date | None, last_day: date, follows: str = "", field: str = "last_day"
) -> list[Reason]:
    """A last day may be brought forward, never put off: what has ended is not opened again.

    `follows` says what begins after the end that is recorded, such as "Asha Moor is a deputy again from 1 May 2027".
    """
    if reasons := ends_after_start(starts, last_day, field):
        return reasons
    if ends is None or last_day <= ends:
        return []
    text = f"Its last day is {in_words(ends)} already: it may be brought forward, not put off"
    return [Reason(f"{text}. {follows}" if follows else text, field)]


def has_not_begun(starts: date | None, today: date) -> list[Reason]:
    """Only what has not begun is withdrawn: the rest was so, and is given a last day."""
    if starts is not None and starts > today:
        return []
    since = f"It began on {in_words(starts)}" if starts else "Its first day is not recorded"
    return [Reason(f"{since}: give it a last day instead")]


def not_after(day: date | None, today: date, text: str, field: str) -> list[Reason]:
    """What has happened is recorded on its day or later; `text` is the rule as a sentence."""
    return [Reason(text, field)] if day is not None and day > today else []


def earlier(one: date | None, other: date | None) -> date | None:
    """The earlier of two last days, of which each may be missing."""
    known = [day for day in (one, other) if day is not None]
    return min(known, default=None)
