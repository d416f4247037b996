"""Forums with their terms of reference, members with deputies, and the posts that hold authority."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from .england import Demo
from .governance import consent, ways_of_voting
from .people import People
from .plans import ForumPlan, SystemPlan
from .rows import months_from, read

# How many members a body of a kind has on a forum of a form; one where nothing is said.
SEATS = {("icb", "board"): 4, ("icb", "board_committee"): 3, ("icb", "committee"): 2, ("icb", "joint_committee"): 2}
VOTING = ("icb", "trust", "local_authority", "primary_care")


@dataclass
class Seat:
    """A body's member on a forum, between two days; `number` is its row."""

    number: int
    forum: ForumPlan
    body: str
    holder: int | None
    deputy: int | None
    voting: bool
    starts: date
    ends: date | None

    def filled(self, day: date) -> bool:
        """Whether the seat exists on a day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass
class _Offer:
    """A seat before it is known who is named for it."""

    forum: ForumPlan
    body: str
    turn: int
    role: str
    starts: date

    @property
    def leads(self) -> bool:
        """Whether it is for the chair or the chief executive of an ICB, on its board: somebody is always named."""
        return self.forum.key == "board" and self.role in ("chair", "executive_lead")


def add_forums(demo: Demo, plans: list[SystemPlan], people: People) -> dict[int, list[Seat]]:
    """Rows of all forums and posts; returns the seats by forum number."""
    for plan in plans:
        for forum in plan.forums.values():
            _add(demo, plan, forum)
        _add_posts(demo, plan, people)
    offers: dict[str, list[_Offer]] = defaultdict(list)
    for plan in plans:
        for forum in plan.forums.values():
            for offer in _offers(demo, plan, forum):
                offers[offer.body].append(offer)
    seats: dict[int, list[Seat]] = defaultdict(list)
    for body in offers:
        for seat in _name(demo, people, body, offers[body]):
            seats[seat.forum.number].append(seat)
    return seats


def _add(demo: Demo, plan: SystemPlan, forum: ForumPlan) -> None:
    row = forum.row
    above = plan.forums.get(_above(forum, plan))
    starts = demo.since(plan.code)
    forum.number = demo.rows.add(
        "forum", name=row["name"], host=plan.code, arrangement=forum.arrangement.number if forum.arrangement else None,
        form=row["form"], level=row["level"], meets_in_public=row.get("public", False),
        reports_to=above.number if above else None, starts=starts,
    )  # fmt: skip
    if forum.place:
        demo.rows.add("forum_places", forum=forum.number, place=forum.place.number)
    _add_terms(demo, forum, starts)


def _above(forum: ForumPlan, plan: SystemPlan) -> str:
    """The key of the forum it reports to, for the same place where there are several."""
    key = forum.row.get("reports_to", "")
    return key if key in plan.forums or not forum.place else f"{key}:{forum.place.name}"


def _add_terms(demo: Demo, forum: ForumPlan, starts: date) -> None:
    """A first version, and for most a second one; a few are past their review."""
    rng = demo.rng("terms", forum.row["name"], forum.number)
    voting = sum(SEATS.get((demo.bodies[code].kind, forum.row["form"]), 1) for code in forum.members)
    terms = {
        "forum": forum.number,
        "quorum": min(forum.row["quorum"], voting // 2 + 1),
        "disagreement_process": rng.choice(read("phrases")["disagreement_processes"]),
        **ways_of_voting(forum.row["form"]),
    }
    forum.row = {**forum.row, "quorum": terms["quorum"]}
    renewed = months_from(demo.today, -rng.randint(3, 15))
    demo.rows.add("termsofreference", version=1, adopted_on=starts, review_on=max(renewed, starts), **terms)
    if renewed > starts and rng.random() < 0.8:
        demo.rows.add("termsofreference", version=2, adopted_on=renewed, review_on=months_from(renewed, 14), **terms)


def _add_posts(demo: Demo, plan: SystemPlan, people: People) -> None:
    for key, row in plan.posts.items():
        holder = None if row.get("vacant") else people.one(row["body"], demo.rng("post", key))
        number = demo.rows.add(
            "post", organisation=row["body"], title=row["title"], holder=holder, starts=demo.since(row["body"])
        )
        plan.posts[key] = {**row, "number": number}


# --- Members ------------------------------------------------------------------------------------------------------


def _offers(demo: Demo, plan: SystemPlan, forum: ForumPlan) -> list[_Offer]:
    offers = []
    for code in forum.members:
        for turn in range(SEATS.get((demo.bodies[code].kind, forum.row["form"]), 1)):
            role = _role(forum, code, plan.code, turn)
            offers.append(_Offer(forum, code, turn, role, demo.since(plan.code, code)))
    return offers


def _role(forum: ForumPlan, code: str, icb: str, turn: int) -> str:
    place_board = forum.row["form"] == "committee"
    if code == icb and turn == 0:
        return "partnership_convenor" if place_board else "chair"
    if code == icb and turn == 1:
        return "executive_lead"
    return "chair" if code == forum.members[0] and turn == 0 else "member"


def _name(demo: Demo, people: People, body: str, offers: list[_Offer]) -> list[Seat]:
    """Seats with their people. As many lack one today as the body's story says; they lost theirs in the last year."""
    story = demo.story(body)
    share = story.share("names_holder_and_deputy", demo.today)
    count = int(len(offers) * (1 - share) + 0.35)
    rng = demo.rng("vacancies", body)
    empty = set(rng.sample(range(len(offers)), count))
    empty = {place for place in empty if not offers[place].leads}
    seats = []
    for number, offer in enumerate(offers):
        first = story.share("names_holder_and_deputy", demo.start) < share + 0.01
        if number not in empty:
            seats.append(_seat(demo, people, offer, offer.starts, None))
        elif first:  # it never had both
            lacks = rng.choice(("deputy", "deputy", "holder") if story.name == "steady" else ("deputy", "both"))
            seats.append(_seat(demo, people, offer, offer.starts, None, lacks=lacks))
        else:
            seats += _lost(demo, people, offer, rng.randint(2, 14), rng.choice(("deputy", "holder", "deputy")))
    return seats


def _lost(demo: Demo, people: People, offer: _Offer, months: int, lacks: str) -> list[Seat]:
    """A membership renewed some months ago, since when somebody is not named any more."""
    left = months_from(demo.today, -months)
    if left <= offer.starts:
        return [_seat(demo, people, offer, offer.starts, None, lacks=lacks)]
    before = _seat(demo, people, offer, offer.starts, left)
    return [before, _seat(demo, people, offer, months_from(left, 0.04), None, lacks=lacks)]


def _seat(demo: Demo, people: People, offer: _Offer, starts: date, ends: date | None, lacks: str = "") -> Seat:
    holder: int | None
    deputy: int | None
    holder, deputy = people.pair(offer.body, offer.forum.key, offer.turn)
    holder = None if lacks in ("holder", "both") else holder
    deputy = None if lacks in ("deputy", "both") else deputy
    voting = demo.bodies[offer.body].kind in VOTING or offer.forum.row["form"] == "consultative_forum"
    number = demo.rows.add(
        "membership", forum=offer.forum.number, organisation=offer.body, role=offer.role, voting=voting, holder=holder,
        deputy=deputy, agreed_on=starts, starts=starts, ends=ends,
        **consent(demo, offer.forum.row["form"], offer.body, starts),
    )  # fmt: skip
    return Seat(number, offer.forum, offer.body, holder, deputy, voting, starts, ends)
