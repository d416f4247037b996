"""Actions that follow from decisions: who took them on, when they were due, and how they went."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from .decisions import Decisions, Made
from .england import Demo
from .meetings import add_working_days
from .people import People
from .rows import read, weight

ANSWER_WITHIN = 10  # working days
DUE_IN = (30, 45, 60, 75, 90, 120)  # days from the decision
EACH_AT_MOST = 10  # actions of that kind for one decision
DECLINED, WITHDRAWN = 0.012, 0.015  # shares of all actions
IMPLEMENTED, REVIEWED = 0.85, 0.6  # shares of those that could be
SETTLED = ("confirmed", "declined", "withdrawn")


class Actions:
    """Makes the actions of decisions and keeps how many each body has, so that the work goes round."""

    def __init__(self, demo: Demo, people: People) -> None:
        self.demo, self.people = demo, people
        self.owners: dict[int, set[str]] = {}
        self._load: Counter[str] = Counter()
        self._rng = demo.rng("actions")

    def follow(self, decisions: Decisions) -> None:
        """Add the actions of every decision that was taken or is nearly ready, and let finished ones move on."""
        for made in decisions.made:
            if made.taken:
                states = [self._add(made, template) for template in self._choose(made)]
                self._finish(made, states)
            elif made.state == "proposed" and made.row.get("options") and self._rng.random() < 0.5:
                self._propose(made, self._choose(made)[:2])

    # --- which, and whose -----------------------------------------------------------------------------------------

    def _choose(self, made: Made) -> list[dict[str, Any]]:
        templates = read("actions")[made.matter.template["theme"]]
        if made.matter.kind == "note":
            return []
        count = {"procedural": 1, "routine": 2, "significant": 3}[made.matter.weight]
        return self._rng.sample(templates, min(count, len(templates))) + self._for_each_trust(made)

    def _for_each_trust(self, made: Made) -> list[dict[str, Any]]:
        """In the thin systems, what provider committees decide is carried out by each of their trusts, up to a few."""
        meeting, weight = made.matter.meeting, made.matter.weight
        if meeting.plan.dense or meeting.forum.role != "provider_committee" or weight == "procedural":
            return []
        trusts = [code for code in meeting.forum.members if self.demo.bodies[code].kind == "trust"]
        titles = read("phrases")["each_trust"]
        count = min(round(1.5 * len(trusts)), EACH_AT_MOST)
        return [{"title": self._rng.choice(titles), "owner": "trust"} for _ in range(count)]

    def _owner(self, made: Made, template: dict[str, Any]) -> str:
        meeting, kind = made.matter.meeting, template["owner"]
        if kind == "lead":
            return made.matter.leads[0]
        bodies = {
            "trust": [code for code in meeting.forum.members if self.demo.bodies[code].kind == "trust"]
            or [body.code for body in meeting.plan.system.trusts if body.subtype != "other"],
            "council": made.matter.place.councils if made.matter.place else [],
            "partner": made.matter.place.partners if made.matter.place else [],
        }.get(kind) or [meeting.plan.code]
        chosen = min(bodies, key=lambda code: (self._load[code] / weight(code), code))
        self._load[chosen] += 1
        return chosen

    def _blank(self, made: Made, template: dict[str, Any], day: date) -> tuple[dict[str, Any], str]:
        """The row as proposed on a day, and its owner."""
        owner = self._owner(made, template)
        due = add_working_days(day + timedelta(days=self._rng.choice(DUE_IN)), 0)
        row = {
            "decision": made.number, "title": template["title"].format(**made.matter.words), "owner": owner,
            "owner_person": self.people.one(owner, self._rng), "proposed_on": day, "original_due": due, "due": due,
        }  # fmt: skip
        self.owners.setdefault(made.number, set()).add(owner)
        return row, owner

    def _propose(self, made: Made, templates: list[dict[str, Any]]) -> None:
        for template in templates:
            row, _ = self._blank(made, template, made.row["papers_issued_on"])
            self.demo.rows.add("action", **row)

    # --- how it went ----------------------------------------------------------------------------------------------

    def _add(self, made: Made, template: dict[str, Any]) -> str:
        """Add an action and return its state today."""
        row, owner = self._blank(made, template, made.row["decided_on"])
        path = self._course(row, owner)
        self.demo.rows.add("action", **row, path=path)
        return path[-1] if path else "proposed"

    def _course(self, row: dict[str, Any], owner: str) -> tuple[str, ...]:
        """Fill in what happened to an action and return its states, as far as they had come by today."""
        today, story, chance = self.demo.today, self.demo.story(owner), self._rng.random()
        accepts = story.hit("accepts_actions", row["proposed_on"])
        answered = add_working_days(row["proposed_on"], self._rng.randint(1, ANSWER_WITHIN - 1))
        if answered >= today or not (accepts or story.name == "steady"):
            return ()
        if chance < DECLINED:
            row["progress"] = "Declined: this is another body's to do."
            return ("declined",)
        row["accepted_on"] = answered if accepts else min(add_working_days(answered, 9), today)
        if chance < DECLINED + WITHDRAWN:
            return ("accepted", "withdrawn")
        return ("accepted", *self._work(row, owner))

    def _work(self, row: dict[str, Any], owner: str) -> tuple[str, ...]:
        story, due, phrases = self.demo.story(owner), row["original_due"], read("phrases")
        on_time = story.hit("done_on_time", due)
        done_on = due - timedelta(days=self._rng.randint(0, 12)) if on_time else self._late(row, owner)
        if done_on is None or done_on >= self.demo.today:
            if due > self.demo.today:
                row["progress"] = self._rng.choice(phrases["progress"])
            return ()
        row["done_on"] = max(done_on, row["accepted_on"])
        row["evidence"] = self._rng.choice(phrases["evidence"])
        confirmed = row["done_on"] + timedelta(days=self._rng.randint(2, 14))
        if confirmed >= self.demo.today:
            return ("done",)
        row["confirmed_on"] = confirmed
        return ("done", "confirmed")

    def _late(self, row: dict[str, Any], owner: str) -> date | None:
        """When a late action was done, if it was; told before its date with a plan, by those who do."""
        story = self.demo.story(owner)
        due: date = row["original_due"]
        days = max(1, round(story.share("days_late", due) * self._rng.uniform(0.6, 1.4)))
        told = add_working_days(due, -self._rng.randint(3, 8))
        if story.hit("tells_slippage_in_time", due) and row["accepted_on"] <= told <= self.demo.today:
            self._tell(row, told, days)
        if story.hit("done_late_at_all", due):
            return due + timedelta(days=days)
        # a body that is steady gets there in the end
        return due + timedelta(days=self._rng.randint(60, 100)) if story.name == "steady" else None

    def _tell(self, row: dict[str, Any], told: date, days: int) -> None:
        phrases = read("phrases")
        row["slippage_told_on"] = told
        why, plan = (self._rng.choice(phrases[name]) for name in ("slippage_notices", "recovery_plans"))
        row["recovery_plan"] = f"{why} {plan}"
        accepted = told + timedelta(days=self._rng.randint(1, 9))
        if accepted < self.demo.today:
            row["plan_accepted_on"] = accepted
            row["due"] = add_working_days(row["original_due"] + timedelta(days=days), 0)

    def _finish(self, made: Made, states: list[str]) -> None:
        """A decision whose actions are all settled is implemented, and reviewed once its date has come."""
        settled = all(state in SETTLED for state in states)
        age = (self.demo.today - made.row["decided_on"]).days
        if not settled or age < 40 or self._rng.random() > IMPLEMENTED:
            return
        made.move("implemented")
        review = made.row.get("review_on")
        if review and review < self.demo.today and self._rng.random() < REVIEWED:
            made.move("reviewed")
            made.row["outcome_note"] = self._rng.choice(read("phrases")["outcome_reviews"])
