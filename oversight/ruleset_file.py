"""Reads a file of signal rules (oversight/rulesets/*.yaml) and checks it.

Pure: no database and no settings. A file that is wrong raises FileFaults, with one plain sentence for each fault.
"""

import hashlib
from pathlib import Path
from typing import Any

from collaboration.yaml_node import FileFaults, Node, read_yaml, repeated
from oversight.rules import Rule, RuleSet

FOLDER = Path(__file__).parent / "rulesets"
KINDS = ("band", "coverage_below")
BANDS = ("strong", "developing", "developing_uncertain", "of_concern", "not_enough_evidence")
LONGEST = 24


def parse(text: str) -> RuleSet:
    """The rules in a YAML text. Raises FileFaults with every fault found."""
    return build(read_yaml(text), hashlib.sha256(text.encode()).hexdigest())


def build(content: Any, digest: str = "") -> RuleSet:
    """The rules in what was read from a file, or stored from one as JSON. Raises FileFaults."""
    faults: list[str] = []
    top = Node(content, "", faults)
    code, version, title = top.text("code"), top.whole("version", 1, 9999), top.text("title")
    rules = tuple(_rule(node) for node in top.nodes("rules"))
    top.done()
    for name in repeated([rule.code for rule in rules]):
        faults.append(f"rules: '{name}' is given twice.")
    if faults:
        raise FileFaults(faults)
    return RuleSet(code, version, title, rules, digest)


def _rule(node: Node) -> Rule:
    kind = node.one_of("kind", KINDS)
    of_band = kind == "band"
    rule = Rule(
        code=node.text("code"),
        title=node.text("title"),
        kind="band" if of_band else "coverage_below",
        months=node.whole("months", 1, LONGEST),
        band=node.one_of("band", BANDS) if of_band else "",
        coverage=node.number("coverage", 0, 1) if of_band else 0.0,
        below=0.0 if of_band else node.number("below", 0, 1),
        whole_body=node.boolean("whole_body"),
        ask=node.text("ask") if "ask" in node.values else "",
    )
    node.done()
    return rule
