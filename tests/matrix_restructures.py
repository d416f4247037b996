"""The matrix of permissions for restructures; `tests/matrix.py` says how to read it.

They are the administrator's alone: everyone else is told who can, whether one of that number is there or not.
"""

from typing import Any

from tests.matrix import ADMIN, only, row, section
from tests.stage import Stage
from tests.stage_restructures import of_the_stage as draft

section("restructures")


def of_the_stage(stage: Stage) -> dict[str, Any]:
    """The draft that merges two trusts of West Yorkshire."""
    return {"pk": draft().pk}


row("restructure-list", get=only(ADMIN, others=403))
row("restructure-new", get=only(ADMIN, others=403), post=only(ADMIN, 422, others=403))
row("restructure", "a draft", args=of_the_stage, get=only(ADMIN, others=403), post=only(ADMIN, 302, others=403))
row("restructure", "none there", args=lambda stage: {"pk": 999_999}, get=only(ADMIN, 404, others=403),
    post=only(ADMIN, 404, others=403))  # fmt: skip
row("restructure-carry-out", "none there", args=lambda stage: {"pk": 999_999}, post=only(ADMIN, 404, others=403))
row("restructure-drop", "a draft", args=of_the_stage, post=only(ADMIN, 302, others=403))
row("restructure-carry-out", "a draft", args=of_the_stage, post=only(ADMIN, 302, others=403))
