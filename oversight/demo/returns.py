"""Self-assessments: two past years of most trusts, signed and moderated, and this year's that is being written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from collaboration.self_assessment import Given, content, digest

from .asked import FRAMEWORK, MOST, Asked, asked_trusts, moment, questions, rating, year_of
from .england import Demo
from .meetings import add_working_days
from .people import People
from .plans import SystemPlan
from .rows import Rows, read

STATES = ("ready", "reviewed", "submitted", "moderated", "final")
ASKED_BACK = 0.08  # the share of answers about which the ICB asks back
HALF = 0.2  # a moderation that changes more than this lowers only
APPEAL_WITHIN = 10  # working days
BLANK = {"rating": "", "note": "", "question": "", "reply": ""}


@dataclass
class Return:
    """One body's assessment in the making: its days by state, and its answers' rows."""

    of: Asked
    year: int
    started: date
    days: dict[str, date]
    number: int = 0
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    evidence: dict[str, list[int]] = field(default_factory=dict)  # question -> rows

    @property
    def due(self) -> date:
        """The last day of its financial year."""
        return date(self.year + 1, 3, 31)


@dataclass(frozen=True)
class Section:
    """A section of an assessment that one user of a body asks another to answer: all by their rows."""

    assessment: int
    characteristic: str
    user: int
    by: int


class Returns:
    """Makes assessments and their rows."""

    def __init__(self, demo: Demo, people: People) -> None:
        self.demo, self.people = demo, people
        self.texts = read("returns")
        self._given: dict[str, dict[str, int]] = {}  # body -> evidence path -> row
        self._led = self._released_decisions()

    def add(self, plans: list[SystemPlan]) -> None:
        """The returns of all trusts that are asked, year after year."""
        for asked in asked_trusts(self.demo, plans):
            if not self.demo.story(asked.code).says("hands_in"):
                continue
            rng = self.demo.rng("return", asked.code)
            for planned in self._years(asked, rng):
                self._add(planned, rng)

    def _years(self, asked: Asked, rng: Random) -> Iterator[Return]:
        now, opened = year_of(self.demo.today), self.demo.bodies[asked.code].opened
        for year in (now - 2, now - 1):
            submitted = add_working_days(date(year + 1, 3, 31), -rng.randint(1, 25))
            started = submitted - timedelta(days=60)
            if not opened or opened <= started:
                yield Return(asked, year, started, self._days(submitted, rng))
        mine = self.texts["this_year"]
        if asked.plan.dense and asked.code in [mine["subject"], *mine["early"]]:
            yield self._this_year(asked, now, rng)

    def _days(self, submitted: date, rng: Random) -> dict[str, date]:
        """When it reached each state, as far as it has come."""
        days = {
            "ready": add_working_days(submitted, -9),
            "reviewed": add_working_days(submitted, -6),
            "submitted": submitted,
            "moderated": add_working_days(submitted, rng.randint(20, 40)),
        }
        days["final"] = add_working_days(days["moderated"], rng.randint(3, APPEAL_WITHIN))
        return {state: day for state, day in days.items() if day < self.demo.today}

    def _this_year(self, asked: Asked, year: int, rng: Random) -> Return:
        """Begun a few weeks ago; some are further on than that of the people of the demonstration."""
        started = max(self.demo.today - timedelta(days=45), date(year, 4, 1))
        reached = self.texts["this_year"]["early"].get(asked.code)
        states = STATES[: STATES.index(reached) + 1] if reached else ()
        back = {state: 3 + 2 * place for place, state in enumerate(reversed(states))}
        days = {state: add_working_days(self.demo.today, -back[state]) for state in states}
        return Return(asked, year, min(started, *days.values()) if days else started, days)

    # --- rows -----------------------------------------------------------------------------------------------------

    def _add(self, one: Return, rng: Random) -> None:
        code = one.of.code
        one.number = len(self.demo.rows.tables["assessment"]) + 1
        self._answer(one, rng)
        row: dict[str, Any] = {
            "subject": code, "framework": FRAMEWORK, "year": one.year, "due_on": one.due,
            "started_by": self.people.user(code), "started_at": moment(one.started, 9), "path": tuple(one.days),
        }  # fmt: skip
        if "reviewed" in one.days:
            row["signed"] = self._content(one)
        if "submitted" in one.days:
            row |= self._receipt(one, rng)
        if "moderated" in one.days:
            row["moderated_on"] = one.days["moderated"]
            row["answer_due"] = add_working_days(one.days["moderated"], APPEAL_WITHIN)
        self.demo.rows.add("assessment", **row)
        self._share(one)
        self._sign(one)
        if "moderated" in one.days:
            self._moderate(one, rng)

    def _answer(self, one: Return, rng: Random) -> None:
        """The answers' rows; of a return in the writing as many as its sections say."""
        story, framework = self.demo.story(one.of.code), questions()
        level = story.share("self_rating", one.days.get("ready", self.demo.today))
        sections = self._sections(one)
        for characteristic in framework.characteristics:
            section = sections.get(characteristic.code)
            for place, kloe in enumerate(characteristic.kloes):
                row = self._blank(one, kloe.code)
                if section is None or place < section["answered"]:
                    row |= self._said(one, kloe.code, rating(level, rng), rng)
                    row["saved_by"] = self.people.users[section["by"]] if section else self.people.user(one.of.code)
                number = self.demo.rows.add("answer", **row)
                one.answers[kloe.code] = {**row, "number": number}
                if row.get("rating") in ("2", "3"):
                    self._show(one, characteristic.code, kloe.code, number)

    def _blank(self, one: Return, kloe: str) -> dict[str, Any]:
        return {"assessment": one.number, "kloe": kloe, "rating": "", "text": "", "version": 0, "saved_by": None}

    def _said(self, one: Return, kloe: str, value: int, rng: Random) -> dict[str, Any]:
        saved = one.started + timedelta(days=rng.randint(2, 30))
        saved = min(saved, one.days.get("ready", self.demo.today) - timedelta(days=1))
        found: dict[str, Any] = {"version": rng.randint(1, 4), "saved_at": moment(saved, rng.randint(8, 17))}
        if kloe == "4.7" and rng.random() < 0.2:
            return found | {"rating": "NA", "text": self.texts["not_applicable"]}
        text = self.texts["texts"][kloe]["well" if value >= 2 else "weak"]
        place = one.of.plan.places[0].name if one.of.plan.places else one.of.plan.system.area
        return found | {"rating": str(value), "text": text.format(place=place, system=one.of.plan.system.area)}

    def _sections(self, one: Return) -> dict[str, dict[str, Any]]:
        mine = self.texts["this_year"]
        if one.of.code != mine["subject"] or one.year != year_of(self.demo.today):
            return {}
        return {row["characteristic"]: row for row in mine["sections"]}

    def _show(self, one: Return, characteristic: str, kloe: str, number: int) -> None:
        """Evidence for an answer: the body's document for that characteristic, given once."""
        given, by = self._given.setdefault(one.of.code, {}), self.people.user(one.of.code)
        paper = next(row for row in self.texts["evidence"] if characteristic in row["for"])
        if paper["path"] not in given:
            day = one.started + timedelta(days=3)
            given[paper["path"]] = self.demo.rows.add(
                "evidence", organisation=one.of.code, kind="link", title=paper["title"], given_by=by, decision=None,
                dated_on=day - timedelta(days=40), given_at=moment(day, 10),
                url=f"https://{one.of.code.lower()}.example.org/{paper['path']}",
            )  # fmt: skip
        one.evidence[kloe] = [given[paper["path"]]]
        decision = self._led.get(one.of.code)
        if kloe == "4.1" and decision and one.year == year_of(self.demo.today) - 1:
            one.evidence[kloe].append(self._decision(one, decision))
        for row in one.evidence[kloe]:
            self.demo.rows.add(
                "evidencelink", answer=number, evidence=row, linked_by=by, linked_at=one.answers[kloe]["saved_at"]
            )

    def _decision(self, one: Return, number: int) -> int:
        title = self.demo.rows.get("decision", number)["title"]
        return self.demo.rows.add(
            "evidence", organisation=one.of.code, kind="decision", title=title, decision=number, url="",
            given_by=self.people.user(one.of.code), given_at=moment(one.started + timedelta(days=4), 11), dated_on=None,
        )  # fmt: skip

    def _released_decisions(self) -> dict[str, int]:
        """For each body the first released decision that it led before its last return."""
        found: dict[str, int] = {}
        for row in self.demo.rows.tables["decisionlead"]:
            decision = self.demo.rows.get("decision", row["decision"])
            if "released_at" in decision.get("after", {}) and (self.demo.today - decision["decided_on"]).days > 300:
                found.setdefault(row["organisation"], row["decision"])
        return found

    # --- signed, shared, moderated --------------------------------------------------------------------------------

    def _receipt(self, one: Return, rng: Random) -> dict[str, Any]:
        """What the second signature leaves beside the content and its digest: the board meeting that approved it."""
        submitted = one.days["submitted"]
        met = add_working_days(submitted, -rng.randint(1, 4))
        return {
            "submitted_at": moment(submitted, 14), "board_met_on": met,
            "minute": f"TB/{met.year}/{rng.randint(20, 90)}",
        }  # fmt: skip

    def _content(self, one: Return) -> dict[str, Any]:
        """What is signed; a decision in it is its row's number until its key is known."""
        answers = {
            kloe: Given(row["rating"], row["text"], [self._piece(number) for number in one.evidence.get(kloe, [])])
            for kloe, row in one.answers.items()
        }
        return content(questions(), one.of.code, one.year, answers)

    def _piece(self, evidence: int) -> dict[str, Any]:
        row = self.demo.rows.get("evidence", evidence)
        shown = {"decision": row["decision"]} if row["kind"] == "decision" else {"url": row["url"]}
        return {"kind": row["kind"], "title": row["title"], **shown}

    def _sign(self, one: Return) -> None:
        """The chief executive's signature, then the chair's."""
        for state, step, post in (("reviewed", "review", "chief"), ("submitted", "sign", "chair")):
            if state in one.days:
                self.demo.rows.add(
                    "signoff", assessment=one.number, step=step, user=self.people.user(one.of.code, post),
                    signed_at=moment(one.days[state], 14),
                )  # fmt: skip

    def _share(self, one: Return) -> None:
        """The trust reads it from its beginning, its ICB and region from its submission."""
        readers = [(one.of.code, "subject", one.started)]
        if "submitted" in one.days:
            day = one.days["submitted"]
            readers += [(one.of.plan.code, "moderator", day), (one.of.plan.system.region, "overseer", day)]
        for body, capacity, day in readers:
            self.demo.rows.add(
                "assessmentaudience", assessment=one.number, organisation=body, capacity=capacity, starts=day
            )
        if list(one.days) == ["ready", "reviewed", "submitted"]:
            self._tell(one)
        for characteristic, section in self._sections(one).items():
            user = self.people.users[section["by"]]
            if user != self.people.user(one.of.code):
                self.demo.sections.append(Section(one.number, characteristic, user, self.people.user(one.of.code)))

    def _tell(self, one: Return) -> None:
        """Those who moderate a return that was just handed in."""
        name, years = self.demo.bodies[one.of.code].name, f"{one.year}/{(one.year + 1) % 100:02}"
        for user in self.people.sign_ins(one.of.plan.code, "assessment.moderate"):
            self.demo.rows.add(
                "notification", user=user, kind="assessment.submitted", about=("assessment", one.number),
                text=f"The self-assessment {years} of {name} is submitted: it waits for your moderation",
                url="/assessments/{pk}/", key="assessment:{pk}:submitted",
            )  # fmt: skip

    def _moderate(self, one: Return, rng: Random) -> None:
        """The ICB's view of each answer: mostly as submitted, some with another rating or a question back."""
        texts, asked = self.texts["moderation"], moment(add_working_days(one.days["submitted"], 8), 11)
        differs = self.demo.story(one.of.code).share("moderated", one.days["submitted"])
        for row in one.answers.values():
            found: dict[str, Any] = {"answer": row["number"], "settled": True}
            if row["rating"] != "NA" and rng.random() < differs:
                found |= self._rated(int(row["rating"]), differs, rng)
            elif rng.random() < ASKED_BACK:
                found |= rng.choice(texts["questions"])
                found |= {"asked_by": self.people.user(one.of.plan.code), "asked_at": asked}
                found |= {"replied_by": self.people.user(one.of.code), "replied_at": asked + timedelta(days=5)}
            elif not one.of.plan.dense:
                continue
            self.demo.rows.add("moderation", **{**BLANK, **found})

    def _rated(self, submitted: int, differs: float, rng: Random) -> dict[str, Any]:
        """One step lower, or here and there higher."""
        higher = submitted < MOST and (submitted == 0 or (differs < HALF and rng.random() < 0.3))
        notes = self.texts["moderation"]["notes"]
        return {
            "rating": str(submitted + (1 if higher else -1)),
            "note": notes[-1] if higher else rng.choice(notes[:-1]),
        }


def seal(rows: Rows, decisions: list[int]) -> None:
    """Put the keys of decisions into what was signed, and its digest under each signature and receipt."""
    digests: dict[int, str] = {}
    for number, row in enumerate(rows.tables["assessment"], 1):
        signed = row.pop("signed", None)
        if signed is None:
            continue
        for answer in signed["answers"].values():
            for piece in answer["evidence"]:
                if "decision" in piece:
                    piece["decision"] = decisions[piece["decision"] - 1]
        digests[number] = digest(signed)
        if "submitted_at" in row:
            row["content"], row["digest"] = signed, digests[number]
    for row in rows.tables["signoff"]:
        row["digest"] = digests[row["assessment"]]
