"""How values are worded on every page, in mails and in documents: dates, money, counts, working days.

Pure functions of plain values. What is not known reads "not recorded", never an empty cell or a dash.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from .workingdays import working_days_between

NBSP = "\u00a0"
NOT_RECORDED = "not recorded"
MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def day(value: date | datetime | None, style: str = "long", missing: str = NOT_RECORDED) -> str:
    """A date in words: long "14 January 2027", weekday "Thursday 14 January 2027", short "14 Jan 2027",
    brief "14 January", month "January 2027". Day and month are joined by a no-break space.
    """
    if value is None or value == "":
        return missing
    on = _local(value)
    month = MONTHS[on.month - 1]
    match style:
        case "long":
            return f"{on.day}{NBSP}{month} {on.year}"
        case "weekday":
            return f"{WEEKDAYS[on.weekday()]} {on.day}{NBSP}{month} {on.year}"
        case "short":
            return f"{on.day}{NBSP}{month[:3]} {on.year}"
        case "brief":
            return f"{on.day}{NBSP}{month}"
        case "month":
            return f"{month} {on.year}"
    raise ValueError(f"no such style of date: {style}")


def time_of_day(value: datetime | None, missing: str = NOT_RECORDED) -> str:
    """The local time as "11:42"."""
    return f"{_local(value):%H:%M}" if value else missing


def moment(value: datetime | None, missing: str = NOT_RECORDED) -> str:
    """Day and local time: "14 January 2027 at 11:42"."""
    return f"{day(value)} at {time_of_day(value)}" if value else missing


def money(value: Decimal | int | float | str | None, missing: str = NOT_RECORDED) -> str:
    """Pounds: "£384,000"; pence are shown only when there are some: "£1,150.50"."""
    if value is None or value == "":
        return missing
    amount = Decimal(str(value))
    sign = "\u2212" if amount < 0 else ""
    whole = amount == amount.to_integral_value()
    return f"{sign}£{abs(amount):,.0f}" if whole else f"{sign}£{abs(amount):,.2f}"


def number(value: Decimal | int | float | None, decimals: int = 0, missing: str = NOT_RECORDED) -> str:
    """A number with thousands separated: "20,481", "46.3"."""
    return missing if value is None else f"{value:,.{decimals}f}"


def signed(value: Decimal | int | float | None, decimals: int = 0, missing: str = NOT_RECORDED) -> str:
    """A difference with its sign: "+21", "−4", "0"."""
    if value is None:
        return missing
    text = f"{abs(value):,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return ("+" if value > 0 else "\u2212") + text


def percent(value: Decimal | float | None, decimals: int = 0, missing: str = NOT_RECORDED) -> str:
    """A share between 0 and 1 as "67%"."""
    return missing if value is None else f"{value * 100:.{decimals}f}%"


def pluralise(count: int, one: str, many: str | None = None) -> str:
    """The count with its noun: "1 decision", "12 decisions", "2 bodies" (`many` when it is not one + s)."""
    return f"{count:,}{NBSP}{one if count == 1 else many or one + 's'}"


def capped(count: int, cap: int = 1000) -> str:
    """A count that was stopped at `cap` rows: "812", "1,000+"."""
    return f"{cap:,}+" if count >= cap else f"{count:,}"


def working_days(count: int) -> str:
    """A number of working days: "1 working day", "5 working days"."""
    return f"{count:,}{NBSP}working{NBSP}day" + ("" if count == 1 else "s")


def days_left(left: int) -> str:
    """What a clock of working days says: "9 left", "due today", "6 over"."""
    if left == 0:
        return "due today"
    return f"{left} left" if left > 0 else f"{-left} over"


def by_when(due: date | None, on: date) -> str:
    """ "today", "4 working days left", "6 working days over"; empty without a date."""
    if due is None:
        return ""
    if due == on:
        return "today"
    left = working_days_between(on, due)
    return f"{working_days(abs(left) or 1)} {'left' if due > on else 'over'}"


def joined(items: Iterable[object], last: str = "and") -> str:
    """A list in a sentence: "a, b and c"."""
    words = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def recorded(value: object, missing: str = NOT_RECORDED) -> object:
    """The value itself, or "not recorded" when there is none (0 and False are values)."""
    return missing if value is None or value == "" else value


def _local(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


FILTERS = {
    "date": day,
    "time": time_of_day,
    "moment": moment,
    "money": money,
    "number": number,
    "signed": signed,
    "percent": percent,
    "pluralise": pluralise,
    "capped": capped,
    "working_days": working_days,
    "days_left": days_left,
    "by_when": by_when,
    "joined": joined,
    "recorded": recorded,
}
