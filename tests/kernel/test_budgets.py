"""What keeps the code readable: files of at most 500 lines, functions of 60, templates of 120."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("ics_governance", "partnerships", "collaboration", "oversight")
SOURCES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
NAMELESS = {"utils.py", "helpers.py", "services.py", "managers.py", "apps.py", "utils", "helpers", "services"}


def named(path):
    return str(path.relative_to(ROOT))


def lines(path):
    return len(path.read_text().splitlines())


def test_no_file_is_too_long_to_be_read_at_once():
    assert not {named(path): lines(path) for path in SOURCES if lines(path) > 500}
    assert not {named(path): lines(path) for path in (ROOT / "tests").rglob("*.py") if lines(path) > 800}


def test_no_function_is_too_long_to_be_understood():
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (size := (node.end_lineno or 0) - node.lineno + 1) > 60:
                long[f"{named(path)}: {node.name}"] = size
    assert not long


def test_no_template_is_too_long():
    assert not {named(path): lines(path) for path in (ROOT / "templates").rglob("*.html") if lines(path) > 120}


def test_no_room_is_named_after_nothing():
    assert not [named(path) for app in APPS for path in (ROOT / app).rglob("*") if path.name in NAMELESS]
