"""Decisions with all they say and the states through which they went. References are given at the end, by date."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from .england import Demo
from .forums import Seat
from .matters import Matter, Matters, busy_meetings
from .meetings import MeetingPlan, add_working_days, readers
from .people import People
from .plans import SystemPlan
from .rows import read

ABOVE_PLACE = ("multi_place", "system", "multi_system", "region", "national")
# Shares of all decisions that went another way, or were withheld, corrected or taken without a meeting.
DEFERRED, NOT_AGREED, RESCINDED, WITHHELD, CORRECTED, NO_MEETING, DEPARTED = 0.05, 0.02, 0.004, 0.02, 0.012, 0.02, 0.03
HELD_BACK = 3  # decisions that wait to be released
RELEASE_AFTER = (3, 13)  # working days from the meeting to the public register
RATIFY_WITHIN = 20  # working days, as the urgent power of governance.yaml says
TAKEN = ("agreed", "implemented", "reviewed")
WITH_THE_PAPERS = ("options", *(f"effect_{name}" for name in ("health", "quality", "resources", "inequalities")))


class Made:
    """A decision that was made: its matter, its row and number, and its outcome so far."""

    def __init__(self, matter: Matter, row: dict[str, Any], number: int) -> None:
        self.matter, self.row, self.number = matter, row, number

    @property
    def state(self) -> str:
        """Where it stands today."""
        return str(self.row["path"][-1]) if self.row["path"] else "draft"

    @property
    def taken(self) -> bool:
        """Whether it was agreed and stands."""
        return self.state in TAKEN

    def move(self, state: str) -> None:
        """Let it take one more step."""
        self.row["path"] = (*self.row["path"], state)


class Decisions:
    """Makes decisions and their rows."""

    def __init__(self, demo: Demo, people: People, matters: Matters, seats: dict[int, list[Seat]]) -> None:
        self.demo, self.people, self.matters, self.seats = demo, people, matters, seats
        self.made: list[Made] = []
        self._rng = demo.rng("decisions")

    def of_system(self, plan: SystemPlan, meetings: list[MeetingPlan]) -> None:
        """All decisions of one system: those taken, those on the table, and drafts for meetings to come."""
        for meeting in busy_meetings(self.demo, plan, meetings):
            self._make(meeting)
        for meeting in meetings:
            if meeting.state in ("planned", "papers_issued", "held"):
                for turn in range(self._to_come(plan, meeting)):
                    self._make(meeting, half_done=turn % 2 == 1)

    def _to_come(self, plan: SystemPlan, meeting: MeetingPlan) -> int:
        """How many decisions wait for a meeting that is not minuted."""
        if not plan.dense:
            return int(self._rng.random() < 0.25)
        if meeting.held_on < self.demo.today:
            return 3
        return int((meeting.held_on - self.demo.today).days < 30) + int(meeting.state == "papers_issued")

    def _make(self, meeting: MeetingPlan, half_done: bool = False) -> None:
        matter = self.matters.invent(meeting)
        if matter is None:
            return
        row = self._row(matter)
        row["path"] = self._path(matter, row)
        if half_done:
            _leave_half_done(row, self._rng)
        if row["complete_at_issue"] and not all(row.get(name) for name in WITH_THE_PAPERS):
            row["complete_at_issue"] = False
        made = self._keep(matter, row)
        if made.row["meeting"]:
            meeting.items.append((made.row["title"], made.row))

    def _keep(self, matter: Matter, row: dict[str, Any]) -> Made:
        number = self.demo.rows.add("decision", **row)
        if matter.place:
            self.demo.rows.add("decision_places", decision=number, place=matter.place.number)
        for code in matter.leads:
            self.demo.rows.add("decisionlead", decision=number, organisation=code)
        self.made.append(Made(matter, self.demo.rows.get("decision", number), number))
        return self.made[-1]

    # --- what it says ---------------------------------------------------------------------------------------------

    def _row(self, matter: Matter) -> dict[str, Any]:
        meeting, take = matter.meeting, matter.template["take"]
        settled = meeting.settled
        lead = self.people.one(matter.leads[0], self._rng)
        return {
            "forum": meeting.forum.number,
            "meeting": meeting.number,
            "title": matter.title,
            "text": self._text(matter),
            "kind": matter.kind,
            "weight": matter.weight,
            "decided_on": meeting.held_on if settled else None,
            "function": take["function"],
            "amount": matter.amount,
            "level": self._level(matter),
            "lead_officer": lead,
            "papers_issued_on": meeting.papers_on,
            "complete_at_issue": matter.complete if meeting.papers_on and matter.weight != "procedural" else None,
            "saved_at": _moment(self._saved_on(meeting), self._rng.randint(9, 16)),
            **self._reasons(matter),
        }

    def _saved_on(self, meeting: MeetingPlan) -> date:
        """On the day it was taken; what is still to be decided within the last working week."""
        if meeting.settled:
            return meeting.held_on
        return max(add_working_days(self.demo.today, -self._rng.randint(1, 5)), meeting.called_on)

    def _text(self, matter: Matter) -> str:
        text = matter.text("text")
        again = matter.before and matter.template["theme"] not in ("governance", "strategy")
        return f"Continue what was agreed before: {text[0].lower()}{text[1:]}" if again else text

    @staticmethod
    def _level(matter: Matter) -> str:
        if matter.weight == "procedural":
            return ""
        return "place" if matter.place else str(matter.meeting.forum.row["level"])

    def _reasons(self, matter: Matter) -> dict[str, Any]:
        """Options, effects and checks; a routine decision says less, a procedural one nothing."""
        if matter.weight == "procedural":
            return {}
        found: dict[str, Any] = {f"effect_{name}": matter.text(name) for name in ("health", "quality", "resources")}
        if matter.weight == "significant" or self._rng.random() < 0.6:
            found["effect_inequalities"], found["options"] = matter.text("inequalities"), matter.text("options")
            for name in ("engagement", "equality"):
                found[name], found[f"{name}_note"] = matter.template[name]
        if matter.weight == "significant":
            found["review_on"] = matter.meeting.held_on + timedelta(days=self._rng.choice((182, 273, 365)))
            if self._level(matter) in ABOVE_PLACE:
                found["subsidiarity"] = self._rng.choice(read("phrases")["subsidiarity"])
        if self._rng.random() < DEPARTED:
            found["departures"] = self._rng.choice(read("phrases")["departures"])
        return found

    # --- what became of it ----------------------------------------------------------------------------------------

    def _path(self, matter: Matter, row: dict[str, Any]) -> tuple[str, ...]:
        meeting, phrases = matter.meeting, read("phrases")
        if not meeting.settled:
            return ("proposed",) if meeting.papers_on else ()
        chance = self._rng.random()
        if matter.kind != "note" and chance < DEFERRED:
            reason = self._rng.choice(phrases["deferral_reasons"])
            row["outcome_note"], row["authority_was_missing"] = reason["text"], reason["authority_was_missing"]
            return ("proposed", "deferred")
        if matter.weight != "procedural" and chance < DEFERRED + NOT_AGREED:
            row["outcome_note"] = self._rng.choice(phrases["not_agreed_reasons"])
            return ("proposed", "not_agreed")
        if meeting.plan.dense and chance > 1 - NO_MEETING:
            means = self._rng.choice(("correspondence", "urgent"))
            row.update(means=means, meeting=None, papers_issued_on=None, complete_at_issue=None)
            return ("agreed",)
        if 1 - NO_MEETING - RESCINDED < chance <= 1 - NO_MEETING:
            row["outcome_note"] = "The funding on which it rested was withdrawn nationally."
            return ("proposed", "agreed", "rescinded")
        return ("proposed", "agreed")

    def release(self) -> None:
        """Publish what was agreed, some working days after the meeting; a few are withheld with the reason."""
        waiting = self._newest(HELD_BACK)
        for made in self.made:
            if made.state in ("draft", "proposed", "deferred") or made in waiting:
                continue
            when = add_working_days(made.row["decided_on"], self._rng.randint(*RELEASE_AFTER))
            if self._rng.random() < WITHHELD:
                made.row["withheld_reason"] = self._rng.choice(read("phrases")["withheld_reasons"])
            elif when < self.demo.today:
                made.row["after"] = {"released_at": _moment(when, 11)}

    def _newest(self, count: int) -> list[Made]:
        """The newest decisions of the dense system: its executive has not released them yet."""
        own = [made for made in self.made if made.taken and made.matter.meeting.plan.dense]
        return sorted(own, key=lambda made: (made.row["decided_on"], made.number))[-count:]

    def correct_some(self) -> None:
        """Give a few agreed decisions a second version; the first one stays to be read."""
        for made in [one for one in self.made if one.taken and one.matter.amount]:
            if self._rng.random() >= CORRECTED:
                continue
            newer = {
                **made.row, "version": 2, "corrects": made.number, "path": ("agreed",),
                "correction_reason": "The start date in the text was wrong.",
            }  # fmt: skip
            made.move("superseded")
            self._keep(made.matter, newer)

    def ratify(self) -> None:
        """Decisions by urgent power name it; a later one of the forum ratified each, but for the newest."""
        powers = [number for number, row in enumerate(self.demo.rows.tables["delegation"], 1) if row.get("urgent")]
        urgent = sorted(
            (made for made in self.made if powers and made.row.get("means") == "urgent"),
            key=lambda made: (made.row["decided_on"], made.number),
        )
        for made in urgent:
            day = made.row["decided_on"]
            made.row |= {"urgent_power": powers[0], "ratify_by": add_working_days(day, RATIFY_WITHIN)}
            later = [one for one in self.made if one.taken and self._next(made, one)]
            if later and made is not urgent[-1]:
                made.row["ratified_by"] = min(later, key=lambda one: one.row["decided_on"]).number

    @staticmethod
    def _next(made: Made, one: Made) -> bool:
        same = made.matter.meeting.forum is one.matter.meeting.forum
        return same and one.row.get("means") != "urgent" and one.row["decided_on"] > made.row["decided_on"]

    # --- who may read it, and what it is called -------------------------------------------------------------------

    def share(self, owners: dict[int, set[str]]) -> None:
        """Audience of every decision: a draft is the host's alone; later members, region, leads and owners read it."""
        for made in self.made:
            meeting = made.matter.meeting
            day = meeting.papers_on or meeting.called_on
            pairs = readers(meeting.plan, self.seats[meeting.forum.number], day)
            if made.state == "draft":
                pairs = pairs[:1]
            else:
                pairs += [(code, "lead") for code in made.matter.leads]
                pairs += [(code, "owner") for code in sorted(owners.get(made.number, ()))]
            for body, capacity in pairs:
                self.demo.rows.add(
                    "decisionaudience", decision=made.number, organisation=body, capacity=capacity, starts=day
                )

    def number(self) -> None:
        """References in the order of dates, host by host and year by year; a correction keeps its number."""
        last: Counter[tuple[str, int]] = Counter()
        for made in sorted(self.made, key=lambda one: (one.matter.meeting.held_on, one.number)):
            if "corrects" in made.row:
                continue
            series = (made.matter.meeting.plan.code, made.matter.meeting.held_on.year)
            last[series] += 1
            made.row["reference"] = f"{series[0]}-{series[1]}-{last[series]:04d}"
        for made in self.made:
            if "corrects" in made.row:
                first = self.demo.rows.get("decision", made.row["corrects"])
                made.row["reference"] = f"{first['reference']}.2"
        for (prefix, year), count in sorted(last.items()):
            self.demo.rows.add("series", prefix=prefix, year=year, last=count)


def _leave_half_done(row: dict[str, Any], rng: Random) -> None:
    """A draft that somebody began: parts of it are still to be written."""
    for name in rng.sample(("effect_inequalities", "effect_resources", "options", "equality", "review_on"), 3):
        row.pop(name, None)
    row.pop("equality_note", None)
    if row["complete_at_issue"] is not None:
        row["complete_at_issue"] = False


def _moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)
