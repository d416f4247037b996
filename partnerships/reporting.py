"""Whether a line that reports upwards would run in a circle. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def closes_a_loop(lines: Iterable[tuple[K, K]], reporter: K, to: K) -> bool:
    """Whether `reporter` reporting to `to` closes a circle with the lines there are, as (reporter, to) pairs."""
    up: dict[K, set[K]] = defaultdict(set)
    for one, above in lines:
        up[one].add(above)
    seen, waiting = set(), [to]
    while waiting:
        at = waiting.pop()
        if at == reporter:
            return True
        if at not in seen:
            seen.add(at)
            waiting.extend(up[at])
    return False
