"""Feedback of partners: closed rounds of two years with what they came to, and rounds that are open today."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from collaboration.feedback_results import FEWEST, results
from ics_governance.wording import day as in_words

from .asked import FRAMEWORK, Asked, asked_trusts, moment, questions, rating
from .england import Demo
from .meetings import add_working_days
from .people import People
from .plans import SystemPlan
from .rows import months_from, read

OPEN_FOR = 20  # working days
ASKED_AT_MOST = 8
ROUNDS = ((-19, -14), (-8, -3))  # months from today between which a round was closed
COMMENTS, CANNOT_JUDGE = 0.6, 0.02  # shares of responses with a comment, of items left out
GOOD, MIXED = 0.66, 0.5  # of the highest rating: comments of that kind from there on


@dataclass
class Round:
    """A round in the making: its row's number and what each organisation answered."""

    of: Asked
    number: int
    opened: date
    asked: list[str]
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


class Feedback:
    """Makes rounds and their rows."""

    def __init__(self, demo: Demo, people: People) -> None:
        self.demo, self.people = demo, people
        self.texts = read("partners")
        self._partners: dict[str, list[str]] = {}

    def add(self, plans: list[SystemPlan]) -> None:
        """Two rounds for each trust that is asked about, and those that are open today."""
        open_now = {row["subject"]: row for row in self.texts["open_rounds"]}
        for asked in asked_trusts(self.demo, plans):
            rng = self.demo.rng("feedback", asked.code)
            partners = partners_of(asked)
            for turn, (first, last) in enumerate(ROUNDS):
                closed = add_working_days(months_from(self.demo.today, rng.uniform(first, last)), 0)
                opened = self.demo.bodies[asked.code].opened
                if len(partners) > FEWEST and not (opened and opened > add_working_days(closed, -OPEN_FOR)):
                    self._closed(asked, self._choose(partners, asked, rng), closed, turn, rng)
            if asked.plan.dense and asked.code in open_now:
                self._open(asked, partners, open_now[asked.code], rng)
            if asked.plan.dense and asked.code == self.texts["cancelled"]["subject"]:
                self._cancelled(asked, partners, rng)

    def _choose(self, partners: list[str], asked: Asked, rng: Random) -> list[str]:
        """The ICB and up to some others, in the order of their codes."""
        others = [code for code in partners if code != asked.plan.code]
        chosen = rng.sample(others, min(len(others), ASKED_AT_MOST - 1))
        return sorted([*chosen, *(code for code in partners if code == asked.plan.code)])

    # --- closed rounds --------------------------------------------------------------------------------------------

    def _closed(self, asked: Asked, partners: list[str], closed: date, turn: int, rng: Random) -> None:
        opened = add_working_days(closed, -OPEN_FOR)
        one = self._begin(asked, partners, opened, closed, turn=turn, path=("closed",), closed_on=closed)
        enough = asked.code not in self.texts["closed_without_enough"]
        level = self.demo.story(asked.code).share("partner_rating", closed)
        others = [body for body in partners if body != asked.plan.code]
        for body in partners:
            willing = rng.random() < self.demo.story(body).share("gives_feedback", closed)
            left = [other for other in others if other >= body]
            needed = body in others and len(left) <= FEWEST - len(set(one.answers) & set(others))
            answers = willing or needed if enough else body in others[: FEWEST - 1]
            day = add_working_days(one.opened, rng.randint(3, OPEN_FOR - 2))
            if answers:
                self._respond(one, body, level, day, rng)
            else:
                self._invite(one, body, declined_on=day if rng.random() < 0.3 else None)
        row = self.demo.rows.get("feedbackround", one.number)
        row["asked"], row["answered"] = len(partners), len(one.answers) if self._enough(one) else 0
        self._count(one, rng)

    def _begin(self, asked: Asked, partners: list[str], opened: date, closes: date, **values: Any) -> Round:
        number = self.demo.rows.add(
            "feedbackround", subject=asked.code, framework=FRAMEWORK, host=asked.plan.code, opened_on=opened,
            closes_on=closes, **values,
        )  # fmt: skip
        region = asked.plan.system.region
        readers = [(asked.plan.code, "host"), (asked.code, "subject"), (region, "overseer")]
        for body, capacity in [*readers, *((body, "invited") for body in partners)]:
            self.demo.rows.add("feedbackaudience", round=number, organisation=body, capacity=capacity, starts=opened)
        return Round(asked, number, opened, partners)

    def _invite(self, one: Round, body: str, answered_on: date | None = None, declined_on: date | None = None) -> int:
        return self.demo.rows.add(
            "feedbackinvitation", round=one.number, organisation=body, answered_on=answered_on, declined_on=declined_on
        )

    def _respond(self, one: Round, body: str, level: float, day: date, rng: Random) -> None:
        """What an organisation answers: its ratings around the level, and now and then a comment."""
        one.answers[body] = {
            item.code: "NA" if rng.random() < CANNOT_JUDGE else str(rating(level, rng))
            for item in questions().feedback_items
        }
        kind = "good" if level >= GOOD else "mixed" if level >= MIXED else "poor"
        comment = rng.choice(self.texts["comments"][kind]) if rng.random() < COMMENTS else ""
        if comment in one.comments:
            comment = ""
        one.comments += [comment] if comment else []
        sent = moment(day, rng.randint(9, 17))
        self.demo.rows.add(
            "feedbackresponse", invitation=self._invite(one, body, answered_on=day), ratings=one.answers[body],
            comment=comment, saved_by=self.people.user(body), saved_at=sent, sent_at=sent,
        )  # fmt: skip

    def _count(self, one: Round, rng: Random) -> None:
        """What may be shown of it, by the rules of the register itself, and the comments in another order."""
        if not self._enough(one):
            return
        numbers = {body: number for number, body in enumerate([one.of.plan.code, *one.asked])}
        answers = {numbers[body]: ratings for body, ratings in one.answers.items()}
        for result in results(questions(), answers, numbers[one.of.plan.code]):
            self.demo.rows.add(
                "feedbackresult", round=one.number, characteristic=result.characteristic, item=result.item,
                organisations=result.organisations, mean=str(result.mean),
            )  # fmt: skip
        for place, text in enumerate(rng.sample(one.comments, len(one.comments)), 1):
            self.demo.rows.add("feedbackcomment", round=one.number, place=place, text=text)

    @staticmethod
    def _enough(one: Round) -> bool:
        """Whether three besides the host have answered."""
        return len(set(one.answers) - {one.of.plan.code}) >= FEWEST

    # --- rounds of today ------------------------------------------------------------------------------------------

    def _open(self, asked: Asked, partners: list[str], row: dict[str, Any], rng: Random) -> None:
        """A round in which some have answered, and the others' people are told that they are asked."""
        closes = add_working_days(self.demo.today, row["left"])
        one = self._begin(asked, partners, add_working_days(closes, -OPEN_FOR), closes, turn=len(ROUNDS) + 1)
        level = self.demo.story(asked.code).share("partner_rating", self.demo.today)
        for body in partners:
            if row["answered"] == "everyone" or body in row["answered"]:
                day = add_working_days(one.opened, rng.randint(1, OPEN_FOR - row["left"] - 1))
                self._respond(one, body, level, min(day, self.demo.today - timedelta(days=1)), rng)
            else:
                self._invite(one, body)
                self._tell(one, body, closes)

    def _tell(self, one: Round, body: str, closes: date) -> None:
        name = self.demo.bodies[one.of.code].name
        for user in self.people.sign_ins(body, "feedback.answer"):
            self.demo.rows.add(
                "notification", user=user, kind="feedback_round.asked", about=("feedbackround", one.number),
                text=f"Feedback on {name} is asked for until {in_words(closes)}", url="/feedback/{pk}/",
                key="feedback:{pk}:asked",
            )  # fmt: skip

    def _cancelled(self, asked: Asked, partners: list[str], rng: Random) -> None:
        opened = add_working_days(months_from(self.demo.today, -11), 0)
        closes, reason = add_working_days(opened, OPEN_FOR), self.texts["cancelled"]["reason"]
        values = {
            "turn": len(ROUNDS),
            "path": ("cancelled",),
            "reason": reason,
            "closed_on": add_working_days(opened, 2),
        }
        one = self._begin(asked, partners, opened, closes, **values)
        for body in partners:
            self._invite(one, body)


def partners_of(asked: Asked) -> list[str]:
    """The bodies that sit on a forum with a trust in its system, the ICB among them; by code."""
    forums = [forum.members for forum in asked.plan.forums.values() if asked.code in forum.members]
    return sorted({code for members in forums for code in members} - {asked.code})
