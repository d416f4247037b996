"""Delegations as the plans list them, and what the generator itself knows of who may decide what."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .england import Demo
from .plans import ForumPlan, SystemPlan
from .rows import months_from

PART_OF = {"community_diagnostics": "community_services", "provider_capital": "provider_services"}
RESERVED = ("joint_forward_plan", "community_service_change")
NHS_ENGLAND = "X24"
UNDECLARED = 0.05  # the share of declarations that another system has not made

ASSURANCE = "A report on its use each quarter to the body that stays accountable."

# How a delegation gets to its state, one legal step after the other.
PATHS = {
    "draft": (),
    "approved": ("approved",),
    "in_force": ("approved", "in_force"),
    "suspended": ("approved", "in_force", "suspended"),
    "ended": ("approved", "in_force", "ended"),
}


@dataclass(frozen=True)
class Grant:
    """A delegation to a forum, roughly: enough to invent decisions inside and outside it. The resolver judges them."""

    source: str
    limit: int | None
    starts: date
    ends: date | None
    works: bool

    def holds(self, day: date) -> bool:
        """Whether it gives authority on a day."""
        return self.works and self.starts <= day and (self.ends is None or day <= self.ends)


class Grants:
    """What was delegated to each forum."""

    def __init__(self) -> None:
        self._grants: dict[tuple[int, str], list[Grant]] = defaultdict(list)

    def add(self, forum: ForumPlan, function: str, grant: Grant) -> None:
        """Note a delegation."""
        self._grants[forum.number, function].append(grant)

    def limit(self, forum: ForumPlan, function: str | None, day: date) -> int | None:
        """The most that the forum may decide on a day; 0 when it may decide nothing, None without a limit."""
        if function is None or forum.row["form"] == "board":
            return None
        if function in RESERVED:
            return 0
        found = self._grants[forum.number, PART_OF.get(function, function)]
        valid = [grant for grant in found if grant.holds(day)]
        if not valid or {grant.source for grant in valid} != {grant.source for grant in found}:
            return 0
        return min((grant.limit for grant in valid if grant.limit is not None), default=None)


def add_delegations(demo: Demo, plans: list[SystemPlan]) -> Grants:
    """Rows of all delegations and declarations of completeness."""
    grants = Grants()
    for plan in plans:
        for row in plan.delegations:
            _add(demo, plan, row, grants)
        _declare(demo, plan)
    _from_nhs_england(demo, plans)
    return grants


def _from_nhs_england(demo: Demo, plans: list[SystemPlan]) -> None:
    """General practice, which NHS England has delegated to every ICB; here with leave to pass it on."""
    path = ("approved", "in_force")
    for plan in plans:
        starts = demo.since(plan.code, months=-60)
        demo.rows.add(
            "delegation", function="primary_medical_services", from_organisation=NHS_ENGLAND, from_forum=None,
            to_forum=None, to_post=None, to_organisation=plan.code, model="delegated", basis="s65z5",
            instrument="Delegation agreement with NHS England, schedule 2", review_on=months_from(demo.today, 9),
            path=path, starts=starts, ends=None, onward_delegation_permitted=True,
            assurance="The assurance framework for delegated functions, each year.",
            **moved_on(demo.today, path, starts, None),
        )  # fmt: skip
    demo.rows.add(
        "completeness", organisation=NHS_ENGLAND, family="primary_care", complete_from=months_from(demo.today, -26)
    )


def _add(demo: Demo, plan: SystemPlan, row: dict[str, Any], grants: Grants) -> None:
    source = plan.forums.get(row["from"])
    body = plan.code if source else row["from"]
    target, post = plan.forums.get(row["to"]), plan.posts.get(row["to"])
    starts = demo.since(body, months=row["starts"])
    ends = months_from(demo.today, row["ends"]) if "ends" in row else None
    review = months_from(demo.today, row["review"]) if "review" in row else None
    status, model = row.get("status", "in_force"), row.get("model", "delegated")
    path = PATHS[status]
    number = demo.rows.add(
        "delegation", function=row["function"], from_organisation=body, from_forum=source.number if source else None,
        to_forum=target.number if target else None, to_post=post["number"] if post else None,
        to_organisation=None if target or post else row["to"], model=model, basis=row["basis"],
        instrument=row["instrument"], limit=row.get("limit"), review_on=review, path=path, starts=starts,
        ends=ends, limit_kind="annual" if row.get("annual") else "whole_life", assurance=ASSURANCE,
        **moved_on(demo.today, path, starts, ends),
    )  # fmt: skip
    if "place" in row:
        demo.rows.add("delegation_places", delegation=number, place=plan.place_named(row["place"]).number)
    if target:
        works = status == "in_force" and model == "delegated" and "breaks" not in row
        grants.add(target, row["function"], Grant(body, row.get("limit"), starts, ends, works))


def moved_on(today: date, path: Sequence[str], starts: date, ends: date | None) -> dict[str, date | None]:
    """When a delegation made the moves of its path: ready by its first day, ended by its last."""
    ready = min(starts, today)
    return {
        "approved_on": ready if path else None,
        "in_force_on": ready if "in_force" in path else None,
        "ended_on": min(ends or today, today) if "ended" in path else None,
    }


def _declare(demo: Demo, plan: SystemPlan) -> None:
    rng = demo.rng("declared", plan.code)
    for row in plan.declared:
        since = demo.since(row["body"], months=row["from"])
        for family in row["families"]:
            if plan.dense or rng.random() >= UNDECLARED:
                demo.rows.add("completeness", organisation=row["body"], family=family, complete_from=since)
