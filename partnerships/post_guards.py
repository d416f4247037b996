"""Reasons against a post or a change of who is in it. Pure, on plain facts."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ics_governance.wording import day as in_words
from ics_governance.workflow import Reason


class Term(NamedTuple):
    """That somebody is in a post between two days."""

    person: int
    name: str
    starts: date | None
    ends: date | None


def within_the_post(starts: date | None, ends: date | None, day: date, field: str = "from_day") -> list[Reason]:
    """Somebody is in a post only while there is one."""
    if starts is not None and day < starts:
        return [Reason(f"The post begins on {in_words(starts)}: choose that day or a later one", field)]
    if ends is not None and day > ends:
        return [Reason(f"The post ended on {in_words(ends)}: choose that day or an earlier one", field)]
    return []


def not_ahead(day: date, today: date, *, held: bool = True, field: str = "from_day") -> list[Reason]:
    """Who is in a post is recorded when it is so; until then the register names whoever is in it (`held`) or nobody."""
    if day <= today:
        return []
    meanwhile = "the present holder stays named" if held else "the post is vacant"
    return [Reason(f"Record it on that day or after: until then {meanwhile}", field)]


def is_a_change(person: int | None, holder: int | None, last: Term | None, day: date) -> list[Reason]:
    """The newest term is what changes; earlier ones stay as they are."""
    if person == holder:
        text = "This person is in the post already" if person else "The post is vacant already"
        return [Reason(text, "person")]
    if last is None:
        return []
    if last.starts is not None and (day < last.starts or (person is None and day == last.starts)):
        text = f"{last.name} is in the post from {in_words(last.starts)}: choose a later day"
        return [Reason(text, "from_day")]
    if last.ends is not None and day <= last.ends:
        text = f"{last.name} was in the post until {in_words(last.ends)}: choose a later day"
        return [Reason(text, "from_day")]
    return []


def works_for(name: str, body: str, employed: bool, day: date, field: str = "person") -> list[Reason]:
    """Whoever holds a post works for its body."""
    if employed:
        return []
    text = (
        f"{name} is not recorded as employed by {body} on {in_words(day)}. A post is held by somebody whom its body "
        "employs"
    )
    return [Reason(text, field)]


def has_a_title_of_its_own(title: str, others: Iterable[str]) -> list[Reason]:
    """No two posts of a body bear one title at the same time."""
    if title.casefold() in {each.casefold() for each in others}:
        return [Reason(f"There is a post called {title} already: end that one, or choose another title", "title")]
    return []
