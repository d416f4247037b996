"""Reads a framework file (collaboration/frameworks/*.yaml) and checks it.

Pure: no database and no settings. A file that is wrong raises FileFaults, which holds one plain
sentence for each fault, all of them at once, each with its place in the file.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from collaboration.framework import (
    Area,
    Band,
    Behaviour,
    Characteristic,
    FeedbackItem,
    Framework,
    Indicator,
    Kloe,
    Rating,
)
from collaboration.yaml_node import FileFaults, Node, read_yaml, repeated

FOLDER = Path(__file__).parent / "frameworks"
SOURCES = ("observed", "partner", "self")
MARKS = ("S", "D")
MOST_SELF_WEIGHT = 0.2
LONGEST_ITEM = 8  # characters of a feedback item's code, as results store it


def load(path: Path) -> Framework:
    """The framework in a file. Raises FileFaults, and OSError when the file cannot be read."""
    return parse(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def parse(text: str) -> Framework:
    """The framework in a YAML text. Raises FileFaults with every fault found."""
    return build(read_yaml(text), digest_of(text))


def digest_of(text: str) -> str:
    """The SHA-256 of the file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def build(content: Any, digest: str) -> Framework:
    """The framework in what was read from a file, or stored from one as JSON. Raises FileFaults."""
    faults: list[str] = []
    framework = _framework(Node(content, "", faults), digest)
    faults.extend([] if faults else _contradictions(framework))
    if faults:
        raise FileFaults(faults)
    return framework


def _framework(top: Node, digest: str) -> Framework:
    documents = {str(code): str(title) for code, title in top.mapping("documents").items()}
    areas = tuple(_area(node) for node in top.nodes("areas"))
    # With faults so far the list would be short, and each mention of a missing code a fault of its own.
    behaviours = [] if top.faults else [b.code for area in areas for b in area.behaviours]
    characteristics = tuple(_characteristic(node, documents, behaviours) for node in top.nodes("characteristics"))
    codes = [] if top.faults else [characteristic.code for characteristic in characteristics]
    framework = Framework(
        code=top.text("code"),
        version=top.whole("version", 1, 9999),
        title=top.text("title"),
        published_on=top.day("published_on"),
        status=top.text("status"),
        window_months=top.whole("window_months", 1, 60),
        coverage_threshold=top.number("coverage_threshold", 0, 1),
        source_weights=MappingProxyType(_source_weights(top)),
        bands=tuple(_band(node) for node in top.nodes("bands")),
        rating_scale=tuple(_rating(node) for node in top.nodes("rating_scale")),
        feedback_scale=tuple(_rating(node) for node in _optional(top, "feedback_scale")),
        documents=MappingProxyType(documents),
        areas=areas,
        characteristics=characteristics,
        indicators=tuple(_indicator(node, codes, behaviours) for node in top.nodes("indicators")),
        digest=digest,
    )
    top.done()
    return framework


def _optional(node: Node, key: str) -> list[Node]:
    """The entries of a list that versions before 2 do not have."""
    node.known.add(key)
    return node.nodes(key) if key in node.values else []


def _source_weights(top: Node) -> dict[str, float]:
    node = top.node("source_weights")
    weights = {source: node.number(source, 0, 1) for source in SOURCES}
    node.done()
    return weights


def _band(node: Node) -> Band:
    band = Band(node.text("code"), node.text("title"), node.number("from", 0, 100))
    node.done()
    return band


def _rating(node: Node) -> Rating:
    def fits(value: Any) -> bool:
        return value is None or (type(value) is int and value >= 0)

    rating = Rating(
        code=node.text("code"),
        title=node.text("title"),
        points=node.value("points", fits, "a whole number, or null where the answer is left out", None),
        needs_evidence=node.boolean("needs_evidence"),
        needs_reason=node.boolean("needs_reason"),
    )
    node.done()
    return rating


def _area(node: Node) -> Area:
    area = Area(node.text("code"), node.text("title"), tuple(map(_behaviour, node.nodes("behaviours"))))
    node.done()
    return area


def _behaviour(node: Node) -> Behaviour:
    behaviour = Behaviour(node.text("code"), node.text("title"))
    node.done()
    return behaviour


def _characteristic(node: Node, documents: Iterable[str], behaviours: Iterable[str]) -> Characteristic:
    characteristic = Characteristic(
        code=node.text("code"),
        number=node.whole("number", 1, 99),
        title=node.text("title"),
        short_title=node.text("short_title"),
        kloes=tuple(_kloe(kloe, documents, behaviours) for kloe in node.nodes("kloes")),
        feedback_items=tuple(_feedback_item(item, behaviours) for item in _optional(node, "feedback_items")),
    )
    node.done()
    return characteristic


def _feedback_item(node: Node, behaviours: Iterable[str]) -> FeedbackItem:
    item = FeedbackItem(
        code=node.text("code"),
        question=node.text("question"),
        behaviours=node.codes("behaviours", behaviours),
        derived=node.boolean("derived"),
    )
    node.done()
    return item


def _kloe(node: Node, documents: Iterable[str], behaviours: Iterable[str]) -> Kloe:
    mark = node.one_of("mark", MARKS)
    kloe = Kloe(
        code=node.text("code"),
        question=node.text("question"),
        mark=mark,
        documents=node.codes("documents", documents, may_be_empty=mark == "D"),
        behaviours=node.codes("behaviours", behaviours),
        derived=node.boolean("derived"),
    )
    node.done()
    return kloe


def _indicator(node: Node, characteristics: Iterable[str], behaviours: Iterable[str]) -> Indicator:
    unit = node.text("unit")
    indicator = Indicator(
        code=node.text("code"),
        title=node.text("title"),
        characteristic=node.one_of("characteristic", characteristics),
        behaviours=node.codes("behaviours", behaviours),
        source=node.one_of("source", SOURCES),
        weight=node.number("weight", 0, 100),
        floor=node.number("floor", 0, 1),
        target=node.number("target", 0, 1),
        minimum=node.whole("minimum", 1, 1000),
        unit=unit,
        minimum_unit=node.text("minimum_unit") if "minimum_unit" in node.values else unit,
        proportion=node.boolean("proportion"),
        registered=node.boolean("registered"),
        definition=node.text("definition"),
        not_applicable=node.text("not_applicable"),
        missing=node.text("missing"),
    )
    node.known.add("minimum_unit")
    node.done()
    return indicator


# --- faults that show only when everything was read ----------------------------------------------


def _contradictions(framework: Framework) -> Iterable[str]:
    yield from _repeated_codes(framework)
    yield from _weight_faults(framework)
    yield from _band_faults(framework.bands)
    if framework.feedback_items and not framework.feedback_scale:
        yield "feedback_scale: is missing, but there are feedback_items to answer."
    for area in framework.areas:
        for behaviour in area.behaviours:
            if not behaviour.code.startswith(f"{area.code}."):
                place = f"areas[{area.code}].behaviours[{behaviour.code}]"
                yield f"{place}.code: must begin with '{area.code}.'."
    for characteristic in framework.characteristics:
        yield from _characteristic_faults(characteristic, framework.indicators)
    for indicator in framework.indicators:
        place = f"indicators[{indicator.code}]"
        if indicator.weight == 0:
            yield f"{place}.weight: must be more than 0 (registered: false leaves it out)."
        if indicator.floor == indicator.target:
            yield f"{place}.target: must differ from the floor."


def _repeated_codes(framework: Framework) -> Iterable[str]:
    lists: dict[str, Iterable[str]] = {
        "bands": (band.code for band in framework.bands),
        "rating_scale": (rating.code for rating in framework.rating_scale),
        "feedback_scale": (rating.code for rating in framework.feedback_scale),
        "areas": (area.code for area in framework.areas),
        "behaviours": (behaviour.code for behaviour in framework.behaviours),
        "characteristics": (characteristic.code for characteristic in framework.characteristics),
        "numbers of characteristics": (str(c.number) for c in framework.characteristics),
        "kloes": (kloe.code for kloe in framework.kloes),
        "feedback_items": (item.code for item in framework.feedback_items),
        "indicators": (indicator.code for indicator in framework.indicators),
    }
    for name, codes in lists.items():
        for code in repeated(codes):
            yield f"{name}: '{code}' is used twice."


def _weight_faults(framework: Framework) -> Iterable[str]:
    total = sum(framework.source_weights.values())
    if abs(total - 1) > 1e-9:
        yield f"source_weights: must add up to 1, but add up to {total:g}."
    if framework.source_weights["self"] > MOST_SELF_WEIGHT:
        yield f"source_weights.self: must be at most {MOST_SELF_WEIGHT:g}."
    if framework.source_weights["observed"] == 0:
        yield "source_weights.observed: must be more than 0: without records there is no score."


def _band_faults(bands: tuple[Band, ...]) -> Iterable[str]:
    lower = [band.lower for band in bands]
    if lower != sorted(set(lower), reverse=True):
        yield "bands: must go down from the highest, each with a lower 'from' than the one before."
    if lower[-1] != 0:
        yield "bands: the last must be from 0, so that every score has a band."


def _characteristic_faults(characteristic: Characteristic, indicators: Iterable[Indicator]) -> Iterable[str]:
    place = f"characteristics[{characteristic.code}]"
    for kloe in characteristic.kloes:
        if not kloe.code.startswith(f"{characteristic.number}."):
            yield f"{place}.kloes[{kloe.code}].code: must begin with '{characteristic.number}.'."
    for item in characteristic.feedback_items:
        if not item.code.startswith(f"P{characteristic.number}."):
            yield f"{place}.feedback_items[{item.code}].code: must begin with 'P{characteristic.number}.'."
        if len(item.code) > LONGEST_ITEM:
            yield f"{place}.feedback_items[{item.code}].code: must have {LONGEST_ITEM} characters or fewer."
    if not any(i.characteristic == characteristic.code and i.source == "observed" for i in indicators):
        yield f"{place}: needs at least one observed indicator, or it can never have a score."
