"""A whole demonstration from a seed, a day and England: pure, and the same every time."""

from datetime import date

from .actions import Actions
from .arrangements import add_arrangements
from .cases import add_cases
from .decisions import Decisions
from .delegations import add_delegations
from .england import Demo, England
from .exchanges import Exchanges, add_queries
from .feedback import Feedback
from .forums import add_forums
from .governance import add_governance
from .matters import Matters
from .meetings import add_agendas, add_meetings
from .people import People, invented_bodies, invented_partners
from .plans import all_plans
from .returns import Returns
from .waiting import add_waiting


def build(england: England, seed: int, today: date) -> Demo:
    """All rows. The order is that of the records: each part refers to those before it."""
    demo = Demo(england, seed, today)
    invented_bodies(demo)
    plans = all_plans(demo)
    invented_partners(demo, plans)
    people = People(demo)
    add_arrangements(demo, plans)
    seats = add_forums(demo, plans, people)
    grants = add_delegations(demo, plans)
    add_governance(demo, plans, people)
    meetings = add_meetings(demo, plans, seats)
    decisions = Decisions(demo, people, Matters(demo, grants), seats)
    for plan in plans:
        decisions.of_system(plan, [meeting for meeting in meetings if meeting.plan is plan])
    decisions.correct_some()
    decisions.ratify()
    actions = Actions(demo, people)
    actions.follow(decisions)
    decisions.release()
    decisions.number()
    add_waiting(demo, people, decisions, actions)
    decisions.share(actions.owners)
    add_agendas(demo, meetings)
    Returns(demo, people).add(plans)
    Feedback(demo, people).add(plans)
    Exchanges(demo, people).add(plans)
    add_queries(demo, people)
    add_cases(demo, people)
    return demo
