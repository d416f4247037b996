"""What waits for the people of the demonstration when they first sign in, beyond what the records hold anyway."""

from datetime import timedelta

from .actions import Actions
from .decisions import Decisions, Made
from .england import Demo
from .meetings import add_working_days
from .people import People
from .rows import read


def add_waiting(demo: Demo, people: People, decisions: Decisions, actions: Actions) -> None:
    """Actions that nobody has answered yet, each with a notification for those who may accept it."""
    for row in read("people")["waiting"]:
        recent = _recent(decisions, row["body"], row["forums"])
        for made, title in zip(recent, row["actions"], strict=False):
            _ask(demo, people, actions, made, row, title)


def _recent(decisions: Decisions, body: str, forums: list[str]) -> list[Made]:
    """Agreed decisions of some forums of West Yorkshire on which the body sits, newest first."""
    own = [
        made
        for made in decisions.made
        if made.matter.meeting.plan.dense
        and made.state == "agreed"
        and made.matter.meeting.forum.key in forums
        and body in made.matter.meeting.forum.members
    ]
    return sorted(own, key=lambda made: made.matter.meeting.held_on, reverse=True)


def _ask(demo: Demo, people: People, actions: Actions, made: Made, row: dict, title: str) -> None:
    rng = demo.rng("waiting", row["body"], title)
    asked = add_working_days(demo.today, -rng.randint(1, 4))
    due = add_working_days(asked + timedelta(days=rng.choice((30, 45, 60))), 0)
    number = demo.rows.add(
        "action", decision=made.number, title=title, owner=row["body"], proposed_on=asked, original_due=due, due=due,
        owner_person=people.one(row["body"], rng),
    )  # fmt: skip
    actions.owners.setdefault(made.number, set()).add(row["body"])
    for email in row["tell"]:
        demo.rows.add(
            "notification", user=people.users[email], kind="action.proposed", about=("action", number),
            text=f"An action waits for your organisation: {title}", url="/actions/{pk}/", key="action:{pk}",
        )  # fmt: skip
