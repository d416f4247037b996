"""What bodies ask of each other and share: information requests, shared risks, queries of records behind a profile."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from ics_governance.wording import day as in_words

from .asked import Asked, asked_trusts
from .england import Demo
from .feedback import partners_of
from .meetings import add_working_days
from .people import People
from .plans import ForumPlan, SystemPlan
from .rows import months_from, read

A_YEAR = {True: 8, False: 5}  # requests to a trust, in the dense system and elsewhere
RISKS = {True: 3, False: 1}  # risks that a trust owns
ANSWER_IN = (10, 15, 20)  # working days
REFUSED, WITHDRAWN, REDATED, ANSWERED_LATE = 0.04, 0.03, 0.06, 0.7  # shares; the last of those that were not in time
REVIEW_EVERY = 91  # days
CLOSED_RISKS = 0.25


class Exchanges:
    """Makes requests and risks and their rows."""

    def __init__(self, demo: Demo, people: People) -> None:
        self.demo, self.people = demo, people
        self.texts = read("partners")

    def add(self, plans: list[SystemPlan]) -> None:
        """Requests and risks of every trust that is asked, then what waits for the people of the demonstration."""
        for asked in asked_trusts(self.demo, plans):
            if not self.demo.story(asked.code).says("exchanges"):
                continue
            rng = self.demo.rng("exchanges", asked.code)
            for day, asker in self._asked_on(asked, rng):
                self._request(asker, asked.code, day, rng)
            for number in range(RISKS[asked.plan.dense]):
                self._risk(asked, number, rng)
        for row in self.texts["waiting_requests"]:
            if {row["asker"], row["asked"]} <= set(self.demo.bodies):
                self._waiting(row)

    # --- information requests -------------------------------------------------------------------------------------

    def _asked_on(self, asked: Asked, rng: Random) -> Iterator[tuple[date, str]]:
        """(day, asker) of the requests to a trust in two years, oldest first; most of them come from its ICB."""
        count = 2 * A_YEAR[asked.plan.dense]
        partners = partners_of(asked) or [asked.plan.code]
        opened = self.demo.bodies[asked.code].opened or date.min
        for place in range(count):
            months = -24 + (place + rng.random()) * 23.5 / count
            day = add_working_days(months_from(self.demo.today, months), 0)
            if day > opened:
                yield day, asked.plan.code if rng.random() < 0.6 else rng.choice(partners)

    def _request(self, asker: str, asked: str, day: date, rng: Random) -> None:
        what = rng.choice(self.texts["requests"])
        due = add_working_days(day, rng.choice(ANSWER_IN))
        row = {"title": what["title"], "text": what["text"], "asked_on": day, "due_on": due, "first_due_on": due}
        if rng.random() < REDATED:
            row["due_on"] = add_working_days(due, 10)
        row |= self._outcome(asked, what, row, rng)
        self._keep(asker, asked, row)

    def _outcome(self, asked: str, what: dict[str, Any], row: dict[str, Any], rng: Random) -> dict[str, Any]:
        """How it ended, if it has: answered in time or late, refused with a reason, withdrawn."""
        story, due, chance = self.demo.story(asked), row["due_on"], rng.random()
        in_time = story.hit("answers_requests", due)
        if in_time:
            closed = min(add_working_days(due, -rng.randint(0, 6)), due)
        elif rng.random() < ANSWERED_LATE and story.share("answers_requests", due):
            closed = add_working_days(due, rng.randint(2, 25))
        else:
            return {}
        if closed >= self.demo.today:
            return {}
        if chance < WITHDRAWN:
            return {"path": ("withdrawn",), "closed_on": closed, "closed_by": None}
        by = self.people.user(asked)
        if chance < WITHDRAWN + REFUSED and in_time:
            refusal = rng.choice(self.texts["refusals"])
            return {"path": ("refused",), "refusal": refusal, "closed_on": closed, "closed_by": by}
        return {"path": ("answered",), "answer": what["answer"], "closed_on": closed, "closed_by": by}

    def _keep(self, asker: str, asked: str, row: dict[str, Any]) -> int:
        number = self.demo.rows.add(
            "informationrequest", asker=asker, asked=asked, asked_by=self.people.user(asker),
            **{"closed_on": None, "closed_by": None, **row},
        )  # fmt: skip
        for body, capacity in ((asker, "asker"), (asked, "asked")):
            self.demo.rows.add(
                "requestaudience", request=number, organisation=body, capacity=capacity, starts=row["asked_on"]
            )
        return number

    def _waiting(self, row: dict[str, Any]) -> None:
        """A request that is open today, with a notification for those who may answer it."""
        due = add_working_days(self.demo.today, row["left"])
        day = add_working_days(min(due, self.demo.today), -12)
        values = {"title": row["title"], "text": row["text"], "asked_on": day, "due_on": due, "first_due_on": due}
        number = self._keep(row["asker"], row["asked"], values)
        for user in self.people.sign_ins(row["asked"], "request.answer"):
            self.demo.rows.add(
                "notification", user=user, kind="information_request.asked", about=("informationrequest", number),
                text=f"You are asked for information by {in_words(due)}: {row['title']}", url="/requests/{pk}/",
                key="request:{pk}:asked",
            )  # fmt: skip

    # --- shared risks ---------------------------------------------------------------------------------------------

    def _risk(self, asked: Asked, turn: int, rng: Random) -> None:
        forums = [forum for forum in asked.plan.forums.values() if asked.code in forum.members]
        forum = rng.choice(forums) if forums else None
        texts = self.texts["risks"]
        what = texts[(sum(map(ord, asked.code)) + turn) % len(texts)]
        opened = self.demo.bodies[asked.code].opened or date.min
        raised = max(months_from(self.demo.today, -rng.uniform(2, 22)), opened, self.demo.since(asked.plan.code))
        kept = self.demo.story(asked.code).hit("risks_in_date", self.demo.today)
        late = timedelta(days=rng.randint(20, 70))
        review = self.demo.today - late if not kept else self.demo.today + timedelta(days=rng.randint(5, REVIEW_EVERY))
        row: dict[str, Any] = {
            **what, "host": asked.plan.code, "forum": forum.number if forum else None, "owner": asked.code,
            "owner_person": self.people.one(asked.code, rng), "raised_on": raised, "review_on": max(review, raised),
            "reviewed_on": max(review - timedelta(days=REVIEW_EVERY), raised),
        }  # fmt: skip
        if kept and turn and rng.random() < CLOSED_RISKS:
            closed = max(self.demo.today - timedelta(days=rng.randint(10, 120)), raised)
            row |= {
                "path": ("closed",),
                "closed_on": closed,
                "closed_why": self.texts["risk_closed"],
            }
        number = self.demo.rows.add("sharedrisk", **row)
        for body, capacity in self._sharers(asked, forum):
            self.demo.rows.add("riskaudience", risk=number, organisation=body, capacity=capacity, starts=raised)

    def _sharers(self, asked: Asked, forum: ForumPlan | None) -> Iterator[tuple[str, str]]:
        """Who keeps it, who owns it, and the others of its forum who share it."""
        yield asked.plan.code, "host"
        yield asked.code, "owner"
        for body in dict.fromkeys(forum.members if forum else ()):
            if body not in (asked.plan.code, asked.code):
                yield body, "member"


# --- queries of records -------------------------------------------------------------------------------------------


def add_queries(demo: Demo, people: People) -> None:
    """Objections of trusts to records behind their profiles, in every state."""
    month = demo.today.replace(day=1) - timedelta(days=1)
    for row in read("partners")["queries"]:
        number = _record(demo, row["subject"], row["record"], month)
        if number is None:
            continue
        due = add_working_days(demo.today, row["left"])
        asked = add_working_days(due, -10)
        answered = row["state"] in ("upheld", "rejected")
        demo.rows.add(
            "recordquery", subject=row["subject"], keeper=row["keeper"], indicator=row["indicator"], as_of=month,
            record_kind=row["record"], record_id="{pk}", about=(row["record"], number), text=row["text"],
            asked_by=people.user(row["subject"]), asked_on=asked, due_on=due, answer=row.get("answer", ""),
            answered_by=people.user(row["keeper"]) if answered else None,
            answered_on=max(asked, add_working_days(demo.today, -2)) if answered else None,
            path=() if row["state"] == "open" else (row["state"],),
        )  # fmt: skip


def _record(demo: Demo, body: str, kind: str, month: date) -> int | None:
    """A record of a body that speaks against it in the twelve months to a month's end: the newest one."""
    found = None
    if kind == "action":
        for number, row in enumerate(demo.rows.tables["action"], 1):
            late = row["original_due"] < (row.get("done_on") or demo.today)
            if row["owner"] == body and row.get("accepted_on") and late and row["original_due"] <= month:
                found = number
        return found
    memberships = demo.rows.tables["membership"]
    for number, row in enumerate(demo.rows.tables["attendance"], 1):
        held_on = demo.rows.get("meeting", row["meeting"])["held_on"]
        missed = row["state"] in ("apologies", "absent")
        if memberships[row["membership"] - 1]["organisation"] == body and missed and held_on <= month:
            found = number
    return found
