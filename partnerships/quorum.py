"""Who must be among those present for a quorum, beyond the number. Pure: rules as data in, plain words out.

A rule asks for at least so many voting members of a kind of organisation, or for so many who fill a role (a chair
without a vote is still the chair). It is kept as `{"kind": "local_authority", "at_least": 1}` or
`{"role": "chair", "at_least": 1}`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

MOST = 50  # members that a single rule may ask for

KINDS = {
    "icb": ("a member from an integrated care board", "members from integrated care boards"),
    "trust": ("a trust member", "trust members"),
    "local_authority": ("a council member", "council members"),
    "primary_care": ("a primary care member", "primary care members"),
    "vcse": ("a voluntary sector member", "voluntary sector members"),
    "healthwatch": ("a Healthwatch member", "Healthwatch members"),
    "social_care": ("a social care member", "social care members"),
    "provider": ("a member from a non-statutory provider", "members from non-statutory providers"),
    "oversight_body": ("a member from the national oversight body", "members from the national oversight body"),
    "region": ("a member from the region", "members from the region"),
    "regulator": ("a regulator's member", "regulators' members"),
}
ROLES = {
    "chair": ("the chair", "chairs"),
    "partnership_convenor": ("the partnership convenor", "partnership convenors"),
    "executive_lead": ("an executive lead", "executive leads"),
    "programme_lead": ("a programme lead", "programme leads"),
}


class BadRule(ValueError):
    """A rule cannot be read; the message says what it may be."""


class Present(NamedTuple):
    """Somebody who was there for a membership: the kind of organisation, the role, and whether it has a vote."""

    kind: str
    role: str
    voting: bool


@dataclass(frozen=True)
class Rule:
    """At least so many of a kind of organisation, or of a role; one of the two is given."""

    kind: str = ""
    role: str = ""
    at_least: int = 1

    @property
    def words(self) -> str:
        """The rule as a clause: "a council member must be present"."""
        one, many = KINDS[self.kind] if self.kind else ROLES[self.role]
        return f"{one if self.at_least == 1 else f'{self.at_least} {many}'} must be present"

    def counts(self, who: Present) -> bool:
        """Whether somebody counts towards it."""
        return who.voting and who.kind == self.kind if self.kind else who.role == self.role

    def met_by(self, present: Iterable[Present]) -> bool:
        """Whether enough of them were there."""
        return sum(self.counts(who) for who in present) >= self.at_least

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"kind": self.kind, "at_least": self.at_least} if self.kind else {
            "role": self.role, "at_least": self.at_least
        }  # fmt: skip


def rule(data: Any) -> Rule:
    """A rule from its data. Raises BadRule."""
    if not isinstance(data, Mapping) or set(data) - {"kind", "role", "at_least"}:
        raise BadRule("A rule is an object with “kind” or “role”, and “at_least”.")
    kind, role, at_least = data.get("kind") or "", data.get("role") or "", data.get("at_least", 1)
    if bool(kind) == bool(role):
        raise BadRule("A rule names a kind of organisation or a role, one of the two.")
    if kind and kind not in KINDS:
        raise BadRule(f"“{kind}” is not a kind of organisation. Use one of: {', '.join(KINDS)}.")
    if role and role not in ROLES:
        raise BadRule(f"“{role}” is not a role. Use one of: {', '.join(ROLES)}.")
    if type(at_least) is not int or not 1 <= at_least <= MOST:
        raise BadRule(f"“at_least” is a whole number from 1 to {MOST}.")
    return Rule(kind, role, at_least)


def rules(data: Any) -> tuple[Rule, ...]:
    """Rules from their data, in order. Raises BadRule also for two rules on the same kind or role."""
    if not isinstance(data, list | tuple):
        raise BadRule("The rules of a quorum are a list.")
    found = tuple(rule(one) for one in data)
    if len({(one.kind, one.role) for one in found}) != len(found):
        raise BadRule("Two rules are about the same kind of organisation or role: keep the higher one.")
    return found


def readable(data: Any) -> tuple[Rule, ...]:
    """The rules of stored data; what cannot be read is left out, so that a page never fails on an old row."""
    found = []
    for one in data if isinstance(data, list) else ():
        try:
            found.append(rule(one))
        except BadRule:
            continue
    return tuple(found)


def unmet(wanted: Iterable[Rule], present: Iterable[Present]) -> tuple[str, ...]:
    """The rules that those present do not meet, in words."""
    there = list(present)
    return tuple(one.words for one in wanted if not one.met_by(there))
