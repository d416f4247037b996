"""Which decisions come to which meeting: how many, which text, for which place, how much, and who leads."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from .delegations import RESERVED, Grants
from .england import Demo
from .meetings import MeetingPlan
from .plans import PlacePlan, SystemPlan
from .rows import read, weight
from .stories import Story

DENSE_A_YEAR = 200
# Decisions for each meeting of a role in the dense system, before they are scaled to the yearly number.
BUSY = {
    "place_committee": 2.2, "finance_committee": 1.2, "provider_committee": 2.2, "joint_committee": 1.2,
    "primary_care_committee": 1.4, "icb_board": 1.0, "quality_committee": 0.8, "system_group": 0.6, "place_forum": 0.4,
    "provider_forum": 0.5, "partnership": 0.4,
}  # fmt: skip
# The turn of roles in all other systems; a role that a system lacks passes its turn to the next one.
TURN = (
    "provider_committee", "place_committee", "finance_committee", "provider_committee", "place_committee",
    "provider_committee", "icb_board", "provider_committee", "provider_forum", "place_committee", "provider_committee",
    "system_group",
)  # fmt: skip
ICB_ALONE, TRUST_ALONE = 0.3, 0.35  # shares of the ICB's significant decisions where trusts sit on the forum
IN_TIME = 5  # working days before the meeting by which papers are out
FILES = ("decisions_place", "decisions_system", "decisions_providers", "decisions_mental_health")
REST, REST_ELSEWHERE = 330, 110  # days before a text comes back in a forum: for the same place or trust, for another
LEGAL_FORMS = (" NHS Foundation Trust", " NHS Trust")


@dataclass
class Matter:
    """One decision before it becomes a row."""

    template: dict[str, Any]
    meeting: MeetingPlan
    place: PlacePlan | None
    leads: list[str]
    amount: int | None
    words: dict[str, str]
    before: list[date]  # when the same was decided before
    complete: bool

    @property
    def kind(self) -> str:
        """A forum that only advises recommends what others would decide."""
        kind = str(self.template["take"]["kind"])
        return "recommend" if kind == "decide" and self.meeting.forum.row["form"] == "consultative_forum" else kind

    @property
    def weight(self) -> str:
        """Procedural, routine or significant."""
        return str(self.template["take"]["weight"])

    @property
    def title(self) -> str:
        """The title; what comes back says so."""
        title = str(self.template["title"]).format(**self.words)
        if self.template["theme"] in ("governance", "strategy"):
            return f"{title}, {self.meeting.held_on:%B %Y}"
        if not self.before:
            return title
        if (self.meeting.held_on - self.before[-1]).days < 270:
            return f"{title}: next step, {self.meeting.held_on:%B %Y}"
        years = round((self.meeting.held_on - self.before[0]).days / 365)
        return title + (": third year" if years > 1 else ": second year")

    def text(self, name: str) -> str:
        """One of the texts, filled in."""
        return str(self.template.get(name, "")).format(**self.words)


class Matters:
    """Invents matters; remembers what was decided before, so that little is repeated and the lead goes round."""

    def __init__(self, demo: Demo, grants: Grants) -> None:
        self.demo, self.grants = demo, grants
        self.templates: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for name in FILES:
            for template in read(name):
                for role in template["take"]["at"]:
                    self.templates[role].append(template)
        self._uses: Counter[tuple[str, ...]] = Counter()
        self._before: dict[tuple[str, ...], list[date]] = defaultdict(list)
        self._led: Counter[str] = Counter()
        self._last: dict[tuple[str, str], date] = {}
        self._rng = demo.rng("matters")

    def invent(self, meeting: MeetingPlan) -> Matter | None:
        """A matter for a meeting, within the authority of its forum unless its lead is one that does not look."""
        possible = [one for one in self._for(meeting) if self._can(meeting, one)]
        if not possible:
            return None
        template = self._choose(meeting, possible)
        leads = self._leads(meeting, template)
        return self._matter(meeting, template, leads) if leads else None

    def _for(self, meeting: MeetingPlan) -> list[dict[str, Any]]:
        row = meeting.forum.row
        templates = self.templates[meeting.forum.role]
        only, never = row.get("themes"), row.get("not_themes", ())
        month = meeting.held_on.month
        return [
            one
            for one in templates
            if (not only or one["theme"] in only)
            and one["theme"] not in never
            and month in one["take"].get("months", (month,))
        ]

    def _can(self, meeting: MeetingPlan, template: dict[str, Any]) -> bool:
        take = template["take"]
        if take["kind"] != "decide" or meeting.forum.row["form"] == "consultative_forum":
            return True
        limit = self._limit(meeting, template)
        return limit is None or (take["amount"] is not None and take["amount"][0] <= limit)

    def _choose(self, meeting: MeetingPlan, found: list[dict[str, Any]]) -> dict[str, Any]:
        """One that has rested: a text with a town or trust in its title soon comes back for another one."""

        def rested(template: dict[str, Any]) -> float:
            moving = "{town}" in template["title"] or "{trust}" in template["title"]
            last = self._last.get((_where(meeting, template), template["key"]), date.min)
            rest = template.get("rest", REST_ELSEWHERE if moving else REST)
            return min((meeting.held_on - last).days / rest, 1.0)

        most = max(map(rested, found))
        chosen = self._rng.choice([template for template in found if rested(template) == most])
        self._last[_where(meeting, chosen), chosen["key"]] = meeting.held_on
        return chosen

    def _place(self, meeting: MeetingPlan, template: dict[str, Any]) -> PlacePlan | None:
        if meeting.forum.place:
            return meeting.forum.place
        if not any("{place}" in text or "{town}" in text for text in (template["title"], template["text"])):
            return None
        places, key = meeting.plan.places, template["key"]
        return min(places, key=lambda place: (self._uses[meeting.plan.code, key, place.name], place.number))

    # --- who leads ------------------------------------------------------------------------------------------------

    def _leads(self, meeting: MeetingPlan, template: dict[str, Any]) -> list[str]:
        """The bodies that lead: in a dense system the ICB often leaves it to, or shares it with, a trust."""
        kind, icb = template["take"]["lead"], meeting.plan.code
        trusts, councils = self._members(meeting, "trust"), self._members(meeting, "local_authority")
        if kind == "trust":
            return self._next(trusts, template)
        if kind == "council":
            return self._next(councils)
        chance = self._rng.random()
        if not trusts or not meeting.plan.dense or template["take"]["weight"] != "significant" or chance < ICB_ALONE:
            return [icb]
        return self._next(trusts) if chance < ICB_ALONE + TRUST_ALONE else [icb, *self._next(trusts)]

    def _members(self, meeting: MeetingPlan, kind: str) -> list[str]:
        bodies = [code for code in meeting.forum.members if self.demo.bodies[code].kind == kind]
        return [code for code in bodies if self.demo.story(code).says("leads_decisions")]

    def _next(self, codes: list[str], template: dict[str, Any] | None = None) -> list[str]:
        """The one that has led least, and first of all one that was not named in this title before."""
        if not codes:
            return []
        named = template["key"] if template and "{trust}" in template["title"] else ""
        chosen = min(
            codes, key=lambda code: (self._uses[named, code] if named else 0, self._led[code] / weight(code), code)
        )
        self._uses[named, chosen] += 1
        self._led[chosen] += 1
        return [chosen]

    # --- putting it together --------------------------------------------------------------------------------------

    def _matter(self, meeting: MeetingPlan, template: dict[str, Any], leads: list[str]) -> Matter:
        story = self.demo.story(leads[-1])
        inside = template["take"]["kind"] != "decide" or story.hit("decides_within_authority", meeting.held_on)
        if not inside:
            template = self._beyond(meeting, template)
        amount, place = self._amount(meeting, template, inside), self._place(meeting, template)
        words = self._words(meeting, template, place, leads, amount)
        used = [words[name] for name in ("place", "town", "trust") if f"{{{name}}}" in template["title"]]
        before = self._before[(meeting.plan.code, template["key"], *used)]
        matter = Matter(
            template, meeting, place, leads, amount, words, list(before), complete=self._complete(meeting, story)
        )
        before.append(meeting.held_on)
        self._uses.update((meeting.plan.code, template["key"], name) for name in {words["place"], words["town"]})
        return matter

    @staticmethod
    def _complete(meeting: MeetingPlan, story: Story) -> bool:
        complete = story.hit("reasons_complete_at_issue", meeting.held_on)
        if complete and meeting.paper_notice < IN_TIME:
            story.spoilt("reasons_complete_at_issue")
        return complete

    def _beyond(self, meeting: MeetingPlan, template: dict[str, Any]) -> dict[str, Any]:
        """A decision of the same lead that is not the forum's to take that day, or may cost more than it may decide."""
        alike = [one for one in self._for(meeting) if one["take"]["lead"] == template["take"]["lead"]]
        costly = [one for one in alike if one["take"]["kind"] == "decide" and one["take"]["amount"]]
        limits = [(one, self._limit(meeting, one)) for one in costly if one["take"]["function"] not in RESERVED]
        fitting = [one for one, limit in limits if limit is not None and one["take"]["amount"][1] >= 0.7 * limit]
        return self._rng.choice(fitting or [template])

    def _limit(self, meeting: MeetingPlan, template: dict[str, Any]) -> int | None:
        return self.grants.limit(meeting.forum, template["take"]["function"], meeting.held_on)

    def _amount(self, meeting: MeetingPlan, template: dict[str, Any], inside: bool) -> int | None:
        """Pounds: within the limit, or beyond it."""
        take = template["take"]
        if take["amount"] is None:
            return None
        low, high = take["amount"]
        limit = self._limit(meeting, template)
        if take["kind"] != "decide" or not limit:
            return _rounded(self._rng.uniform(low, high))
        if not inside and high >= 0.7 * limit:
            return _rounded(limit * self._rng.uniform(1.06, 1.4))
        return min(_rounded(self._rng.uniform(low, min(high, limit))), limit)

    def _words(
        self,
        meeting: MeetingPlan,
        template: dict[str, Any],
        place: PlacePlan | None,
        leads: list[str],
        amount: int | None,
    ) -> dict[str, str]:
        system = meeting.plan.system
        trusts = [code for code in leads if self.demo.bodies[code].kind == "trust"] or self._members(meeting, "trust")
        council = self.demo.bodies[place.councils[0]] if place else system.councils[0]
        return {
            "system": system.area,
            "place": place.name if place else system.area,
            "town": self._town(meeting.plan, template, place) if place else system.area,
            "trust": short_name(self.demo.bodies[trusts[0]].name) if trusts else "the trusts",
            "council": council.name,
            "amount": f"£{amount:,}" if amount else "",
        }

    def _town(self, plan: SystemPlan, template: dict[str, Any], place: PlacePlan) -> str:
        uses = [(self._uses[plan.code, template["key"], town], n) for n, town in enumerate(place.towns)]
        return place.towns[min(uses)[1]]


def _where(meeting: MeetingPlan, template: dict[str, Any]) -> str:
    """Where a text must not come back too soon: in the forum, or in the whole system when it speaks of that."""
    own = template["theme"] == "governance" or "{place}" in template["title"] or "{town}" in template["title"]
    return f"{meeting.plan.code} {meeting.forum.number if own else ''}"


def _rounded(amount: float) -> int:
    step = 1_000 if amount < 1_000_000 else 10_000
    return int(amount // step) * step


def short_name(name: str) -> str:
    """A trust's name without its legal form."""
    for form in LEGAL_FORMS:
        name = name.replace(form, "")
    return name


# --- How many, and when -------------------------------------------------------------------------------------------


def busy_meetings(demo: Demo, plan: SystemPlan, meetings: list[MeetingPlan]) -> Iterator[MeetingPlan]:
    """Each past meeting once for every decision that it takes."""
    past = [meeting for meeting in meetings if meeting.settled and meeting.quorate]  # in the order of days
    if not past:
        return
    years = (demo.today - max(demo.start, demo.since(plan.code))).days / 365.25
    if plan.dense:
        yield from _by_weight(past, DENSE_A_YEAR * years, demo.rng("busy", plan.code))
    else:
        yield from _in_turn(past, round(years * (9 + 0.55 * len(plan.system.trusts))), demo, plan)


def _by_weight(past: list[MeetingPlan], count: float, rng: Random) -> Iterator[MeetingPlan]:
    weights = [meeting.forum.row.get("busy", BUSY[meeting.forum.role]) for meeting in past]
    owed = 0.0
    for meeting, due in zip(past, weights, strict=True):
        owed += count * due / sum(weights)
        while owed >= rng.uniform(0.5, 1.0):
            owed -= 1
            yield meeting


def _in_turn(past: list[MeetingPlan], count: int, demo: Demo, plan: SystemPlan) -> Iterator[MeetingPlan]:
    """Spread over the time, role by role; for each the nearest meeting of that role that took least so far."""
    by_role: dict[str, list[MeetingPlan]] = defaultdict(list)
    for meeting in past:
        by_role[meeting.forum.role].append(meeting)
    roles = [role for role in TURN if role in by_role]
    first, taken = max(demo.start, demo.since(plan.code)), Counter[int]()
    for turn in range(count):
        day = first + (demo.today - first) * (turn + 0.5) / count
        choices = by_role[roles[turn % len(roles)]]
        chosen = min(choices, key=lambda one: (abs((one.held_on - day).days) + 60 * taken[one.number], one.number))
        taken[chosen.number] += 1
        yield chosen
