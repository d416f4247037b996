"""The arrangements of each system as plans: West Yorkshire's own, and the thin pattern of `systems.yaml` filled in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .england import Body, Demo, System
from .rows import read

Row = dict[str, Any]
MOVING = ("ambulance", "other")  # kinds of trust that serve no place of their own


@dataclass
class PlacePlan:
    """A place with its councils; `number` is its row."""

    name: str
    councils: list[str]
    towns: list[str]
    partners: list[str] = field(default_factory=list)
    number: int = 0


@dataclass
class ArrangementPlan:
    """An arrangement with its members by code; `represented` maps a member without a seat to who speaks for it."""

    key: str
    row: Row
    members: list[str]
    place: PlacePlan | None = None
    represented: dict[str, str] = field(default_factory=dict)
    number: int = 0


@dataclass
class ForumPlan:
    """A forum with the bodies that sit on it; `row` holds what its YAML says."""

    key: str
    row: Row
    members: list[str]
    arrangement: ArrangementPlan | None = None
    number: int = 0

    @property
    def role(self) -> str:
        """Which decisions it takes: the roles of the decision files."""
        return str(self.row["role"])

    @property
    def place(self) -> PlacePlan | None:
        """The place it is for."""
        return self.arrangement.place if self.arrangement else None


@dataclass
class SystemPlan:
    """Everything that one system has in the demonstration."""

    system: System
    dense: bool
    places: list[PlacePlan]
    arrangements: dict[str, ArrangementPlan] = field(default_factory=dict)
    forums: dict[str, ForumPlan] = field(default_factory=dict)
    posts: dict[str, Row] = field(default_factory=dict)
    delegations: list[Row] = field(default_factory=list)
    declared: list[Row] = field(default_factory=list)
    practices: str = ""  # who speaks for general practice where places name nobody

    @property
    def code(self) -> str:
        """The ICB's code."""
        return self.system.icb.code

    def place_named(self, name: str) -> PlacePlan:
        """A place of this system by name."""
        return next(place for place in self.places if place.name == name)


def all_plans(demo: Demo) -> list[SystemPlan]:
    """A plan for every system that is open on the day."""
    own = read("west_yorkshire")
    return [
        _written(demo, system, own) if system.icb.code == own["icb"] else _patterned(demo, system)
        for system in demo.england.systems
    ]


def _places(system: System) -> list[PlacePlan]:
    rows = read("places").get(system.icb.code) or [
        {"name": council.name.removesuffix(" Council"), "councils": [council.code]} for council in system.councils
    ]
    return [PlacePlan(row["name"], list(row["councils"]), row.get("towns") or [row["name"]]) for row in rows]


# --- West Yorkshire: written out ----------------------------------------------------------------------------------


def _written(demo: Demo, system: System, own: Row) -> SystemPlan:
    plan = SystemPlan(system, True, _places(system))
    for number, place in enumerate(plan.places, 1):
        place.partners = [f"{row['code_prefix']}{number}" for row in read("bodies")["partner_kinds"]]
    for row in own["arrangements"]:
        place = plan.place_named(row["place"]) if "place" in row else None
        members = _spread(row["members"], place.partners if place else [])
        plan.arrangements[row["key"]] = ArrangementPlan(row["key"], row, members, place, row.get("represented", {}))
    for row in own["forums"]:
        arrangement = plan.arrangements.get(row.get("arrangement", ""))
        members = arrangement.members if row["members"] == "arrangement" and arrangement else row["members"]
        plan.forums[row["key"]] = ForumPlan(row["key"], row, list(members), arrangement)
    plan.posts = {row["key"]: row for row in own["posts"]}
    plan.delegations = own["delegations"]
    plan.declared = list(_declared(own["declared_complete"]))
    return plan


def _spread(members: Iterable[str], partners: list[str]) -> list[str]:
    return [code for member in members for code in (partners if member == "partners" else [member])]


def _declared(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        for code in row.get("bodies", [row.get("body")]):
            yield {"body": code, "families": row["families"], "from": row["from"]}


# --- The others: one pattern --------------------------------------------------------------------------------------


def _patterned(demo: Demo, system: System) -> SystemPlan:
    pattern = read("systems")
    plan = SystemPlan(system, False, _places(system))
    fill = _Filler(system, _nearest_trusts(plan), _invented(demo, system))
    for row in pattern["arrangements"]:
        for place in plan.places if row.get("each") == "place" else [None]:
            key = _key(row["key"], place)
            members = fill.members(row["members"], place, row["key"])
            named = {**row, "host": system.icb.code, **fill.texts(row, place)}
            plan.arrangements[key] = ArrangementPlan(key, named, members, place)
    for row in pattern["forums"]:
        _add_forums(plan, row, fill)
    plan.delegations = list(_edges(plan, pattern["delegations"]))
    plan.declared = list(_declarations(plan, pattern["declared_complete"]))
    return plan


def _add_forums(plan: SystemPlan, row: Row, fill: "_Filler") -> None:
    of = row.get("arrangement")
    places = plan.places[: row.get("at_most", len(plan.places))] if of == "place" else [None]
    for place in places:
        arrangement = plan.arrangements[_key(of, place)] if of else None
        members = arrangement.members if arrangement else fill.members(row["members"], place, row["key"])
        members = [code for code in members if row["key"] in fill.seats.get(code, [row["key"]])]
        trusts = [code for code in members if code in fill.trusts]
        if len(trusts) < row.get("needs_trusts", 0):
            continue
        key = _key(row["key"], place)
        plan.forums[key] = ForumPlan(key, {**row, **fill.texts(row, place)}, list(members), arrangement)


def _key(key: str, place: PlacePlan | None) -> str:
    return f"{key}:{place.name}" if place else key


def _invented(demo: Demo, system: System) -> list[Row]:
    """The fictional trusts of a system, with the places and arrangements that expect them."""
    rows = [row for row in read("bodies")["trusts"] if row["icb"] == system.icb.code]
    return [row for row in rows if row["ods_code"] in demo.bodies]


def _nearest_trusts(plan: SystemPlan) -> dict[str, list[Body]]:
    """For each place its trusts, nearest first: those that carry its name, then the others in turn."""
    settled = [body for body in plan.system.trusts if body.subtype not in MOVING]
    nearest = {}
    for turn, place in enumerate(plan.places):
        named = [body for body in settled if place.name.split()[0].strip(",") in body.name]
        others = [body for body in settled if body not in named]
        cut = turn * 2 % len(others) if others else 0
        nearest[place.name] = [*named, *others[cut:], *others[:cut]]
    return nearest


@dataclass
class _Filler:
    """Fills the member rules and texts of the pattern for one system."""

    system: System
    nearest: dict[str, list[Body]]
    invented: list[Row]

    @property
    def trusts(self) -> set[str]:
        """All trusts of the system."""
        return {body.code for body in self.system.trusts} | {row["ods_code"] for row in self.invented}

    @property
    def seats(self) -> dict[str, list[str]]:
        """For fictional trusts whose seats are hardly recorded: the forums where they are."""
        return {row["ods_code"]: row["seats"] for row in self.invented if "seats" in row}

    def members(self, rules: Any, place: PlacePlan | None, key: str) -> list[str]:
        """The bodies that some rules stand for, with the fictional ones that are expected there."""
        found = [code for rule in rules for code in self._rule(rule, place)]
        found += [row["ods_code"] for row in self.invented if self._expects(row, place, key)]
        return list(dict.fromkeys(found))

    def _rule(self, rule: Any, place: PlacePlan | None) -> list[str]:
        if isinstance(rule, dict):
            (kind, count), *_ = rule.items()
            bodies = self.nearest[place.name] if place and kind == "trusts" else self._bodies(kind)
            return [body.code for body in bodies[:count]]
        if rule == "icb":
            return [self.system.icb.code]
        if rule == "place_councils":
            return list(place.councils) if place else []
        return [body.code for body in self._bodies(rule)]

    def _bodies(self, kind: str) -> list[Body]:
        if kind == "councils":
            return list(self.system.councils)
        members = [body for body in self.system.trusts if body.subtype != "other"]
        return members if kind == "trusts" else [body for body in members if body.subtype == kind]

    @staticmethod
    def _expects(row: Row, place: PlacePlan | None, key: str) -> bool:
        return place.name in row["places"] if place else key in row["collaboratives"]

    def texts(self, row: Row, place: PlacePlan | None) -> Row:
        """Name and purpose with the system and place filled in."""
        words = {"system": self.system.area, "place": place.name if place else ""}
        return {name: row[name].format(**words) for name in ("name", "purpose") if name in row}


def _edges(plan: SystemPlan, rows: Iterable[Row]) -> Iterator[Row]:
    """The delegations of the pattern, one for each body and forum they stand for."""
    for row in rows:
        targets = [key for key in plan.forums if key.split(":")[0] == row["to"]]
        for target in targets:
            forum = plan.forums[target]
            sources = [plan.code] if row["from"] == "icb" else [row["from"]]
            if row["from"] == "each_trust":
                sources = [code for code in forum.members if code != plan.code]
            where = {"place": forum.place.name} if forum.place else {}
            for source in sources:
                yield {**row, **where, "from": source, "to": target}


def _declarations(plan: SystemPlan, rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        bodies = [plan.code] if row["body"] == "icb" else [body.code for body in plan.system.trusts]
        for code in bodies:
            yield {**row, "body": code}
