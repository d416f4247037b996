"""Reads a hand-written YAML file and tells all that is wrong with it in plain sentences.

Pure: no database and no settings. Each sentence begins with its place in the file, for example
"indicators[R1].weight: must be a number from 0 to 100, but is 'much'."
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

import yaml


class FileFaults(ValueError):
    """The file cannot be used. `faults` are sentences for the person who edits it."""

    def __init__(self, faults: Iterable[str]):
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


# libyaml's reader is ten times as fast; without it PyYAML's own reads the same
SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NoDuplicates(SafeLoader):  # type: ignore[valid-type, misc]
    """YAML lets the last of two equal keys win silently; here that is a fault."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            name = self.construct_object(key)
            if name in seen:
                raise FileFaults([f"Line {key.start_mark.line + 1}: '{name}' is given twice."])
            seen.add(name)
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=4)  # a framework is parsed and then kept: its text is read once
def read_yaml(text: str) -> Any:
    """What the text holds, not to be changed. Raises FileFaults when it is not YAML or gives a name twice."""
    try:
        return yaml.load(text, NoDuplicates)  # noqa: S506  (NoDuplicates is a SafeLoader)
    except FileFaults:
        raise
    except yaml.MarkedYAMLError as error:
        line = f"Line {error.problem_mark.line + 1}: t" if error.problem_mark else "T"
        raise FileFaults([f"{line}he file is not valid YAML ({error.problem})."]) from None
    except yaml.YAMLError as error:
        raise FileFaults([f"The file is not valid YAML ({error})."]) from None
    except (TypeError, ValueError) as error:  # an unhashable key, or a date that does not exist
        raise FileFaults([f"The file holds a value that cannot be read ({error})."]) from None


class Node:
    """A mapping in the file, with its place.

    What is wrong goes into `faults` as a sentence, and reading goes on with a stand-in, so that one
    look at the file tells everything. Callers throw the stand-ins away when there are faults.
    """

    def __init__(self, value: Any, place: str, faults: list[str]):
        self.place, self.faults = place, faults
        self.broken = not isinstance(value, dict)
        self.values: dict[Any, Any] = {} if self.broken else value
        self.known: set[str] = set()
        if self.broken:
            faults.append(f"{place or 'The file'}: must hold names with values.")

    def fault(self, key: str, sentence: str) -> None:
        if not self.broken:
            self.faults.append(f"{self.place}.{key}: {sentence}".removeprefix("."))

    def value(self, key: str, fits: Callable[[Any], bool], must: str, stand_in: Any) -> Any:
        self.known.add(key)
        if key not in self.values:
            self.fault(key, "is missing.")
        elif not fits(self.values[key]):
            self.fault(key, f"must be {must}, but is {_shown(self.values[key])}.")
        else:
            return self.values[key]
        return stand_in

    def text(self, key: str) -> str:
        value = self.value(key, lambda v: isinstance(v, str) and bool(v.strip()), "a text", "")
        return str(value).strip()

    def one_of(self, key: str, choices: Iterable[str]) -> str:
        """One of a few codes; any, when the part of the file that gives them could not be read."""
        choices = tuple(choices)
        must = f"one of {', '.join(choices)}"
        return str(self.value(key, lambda v: not choices or v in choices, must, ""))

    def number(self, key: str, low: float, high: float) -> float:
        must = f"a number from {low:g} to {high:g}"
        return float(self.value(key, lambda v: _is_number(v) and low <= v <= high, must, low))

    def whole(self, key: str, low: int, high: int) -> int:
        must = f"a whole number from {low} to {high}"
        return int(self.value(key, lambda v: type(v) is int and low <= v <= high, must, low))

    def boolean(self, key: str) -> bool:
        return bool(self.value(key, lambda v: isinstance(v, bool), "true or false", False))

    def day(self, key: str) -> date:
        """A quoted ISO date: it stays text, so that what was read can be stored as JSON."""
        value = self.value(key, _is_day, 'a date in quotes such as "2022-10-27"', date.min.isoformat())
        return date.fromisoformat(value)

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.value(key, lambda v: isinstance(v, dict) and bool(v), "names with values", {})
        return dict(value)

    def codes(self, key: str, known: Iterable[str], may_be_empty: bool = False) -> tuple[str, ...]:
        """A list of codes that are defined elsewhere in the file (when that part could be read)."""

        def fits(value: Any) -> bool:
            return isinstance(value, list) and bool(value or may_be_empty)

        must = "a list of codes" if may_be_empty else "a list with at least one code"
        names = tuple(str(code) for code in self.value(key, fits, must, []))
        known = set(known)
        for name in sorted(set(names) - known) if known else ():
            self.fault(key, f"names '{name}', which is not in this file.")
        for name in repeated(names):
            self.fault(key, f"names '{name}' twice.")
        return names

    def node(self, key: str) -> "Node":
        """The mapping under a name."""
        self.known.add(key)
        place = f"{self.place}.{key}".removeprefix(".")
        return Node(self.values.get(key), place, [] if self.broken else self.faults)

    def nodes(self, key: str) -> list["Node"]:
        """The mappings of a list, each placed by its code, else by its position counted from 1."""
        must = "a list with at least one entry"
        listed = self.value(key, lambda v: isinstance(v, list) and bool(v), must, [])
        place = f"{self.place}.{key}".removeprefix(".")
        return [
            Node(item, f"{place}[{_label(item, position)}]", self.faults) for position, item in enumerate(listed, 1)
        ]

    def done(self) -> None:
        """Call after the last key was read: any other key is a slip of the pen."""
        for key in sorted(str(key) for key in self.values.keys() - self.known):
            self.fault(key, "is not a name that may be used here.")


def _label(item: Any, position: int) -> str:
    code = item.get("code") if isinstance(item, dict) else None
    return code if isinstance(code, str) else str(position)


def _shown(value: Any) -> str:
    """The value as the editor knows it, short enough for a sentence."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(value: Any) -> bool:
    try:
        return str(date.fromisoformat(value)) == str(value)
    except (TypeError, ValueError):
        return False


def repeated(codes: Iterable[str]) -> list[str]:
    """The codes that occur more than once, sorted."""
    return sorted(code for code, times in Counter(codes).items() if times > 1)
