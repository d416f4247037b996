"""People of the demonstration: those who sign in, the staff of every body, and the bodies that exist only here."""

from random import Random

from ics_governance.permissions import roles

from .england import Body, Demo
from .plans import SystemPlan
from .rows import months_from, read

BOARD = ((4, 5), (0, 6), (2, 7), (3, 1))  # member and deputy by turn, as posts in `titles` of people.yaml
LONG_AGO = -60  # months: everybody has been in post for that long, and every invented body has existed


class People:
    """Staff of bodies, made when first needed: for each body a handful of named people with titles."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.users: dict[str, int] = {}  # e-mail address -> row of the user
        self.persons: dict[str, int] = {}  # the same address -> row of the person
        self._staff: dict[str, list[int]] = {}
        self._accounts: dict[tuple[str, str], int] = {}
        self._rng = demo.rng("people")
        self._taken: set[str] = set()
        self._sign_ins()

    def _sign_ins(self) -> None:
        content = read("people")
        for row in content["demo_people"]:
            self._taken.add(row["name"])
            user = self.demo.rows.add("user", email=row["email"], name=row["name"], job_title=row["title"])
            person = self._person(row["name"], row["body"], row["title"], user)
            self.users[row["email"]], self.persons[row["email"]] = user, person
            since = self.demo.since(row["body"], months=LONG_AGO)
            self.demo.rows.add("rolemembership", user=user, organisation=row["body"], role=row["role"], starts=since)

    def _person(self, name: str, body: str, title: str, user: int | None = None) -> int:
        person = self.demo.rows.add("person", name=name, user=user)
        since = self.demo.since(body, months=LONG_AGO)
        self.demo.rows.add("employment", person=person, organisation=body, title=title, starts=since)
        return person

    def staff(self, code: str) -> list[int]:
        """The people of a body who represent it and lead its work, its head first."""
        if code not in self._staff:
            titles = read("people")["titles"]
            kind = self.demo.bodies[code].kind
            self._staff[code] = [self._person(self._name(), code, title) for title in titles[kind]]
        return self._staff[code]

    def user(self, code: str, post: str = "") -> int:
        """Someone with an account at a body; without a post, whoever keeps its records.

        A person of the demonstration where one holds the post, else an invented one, who never signs in.
        """
        content = read("people")
        post = post or content["keeps_records"].get(self.demo.bodies[code].kind, "partner")
        if (code, post) not in self._accounts:
            self._accounts[code, post] = self._known_user(code, **content["accounts"][post]) or self._account(
                code, post
            )
        return self._accounts[code, post]

    def sign_ins(self, code: str, permission: str) -> list[int]:
        """Users of the demonstration who may do something for a body."""
        rows = [row for row in read("people")["demo_people"] if row["body"] == code]
        return [self.users[row["email"]] for row in rows if permission in roles()[row["role"]].permissions]

    def _known_user(self, code: str, role: str, title: str) -> int | None:
        rows = [row for row in read("people")["demo_people"] if (row["body"], row["role"]) == (code, role)]
        found = [row for row in rows if row["title"] == title] or (rows if len(rows) == 1 else [])
        return self.users[found[0]["email"]] if found else None

    def _account(self, code: str, post: str) -> int:
        held, name = read("people")["accounts"][post], self._name()
        user = self.demo.rows.add(
            "user", email=f"{post}.{code}@invented.test".lower(), name=name, job_title=held["title"]
        )
        self._person(name, code, held["title"], user)
        since = self.demo.since(code, months=LONG_AGO)
        self.demo.rows.add("rolemembership", user=user, organisation=code, role=held["role"], starts=since)
        return user

    def _name(self) -> str:
        content = read("people")
        for _ in range(20):
            name = f"{self._rng.choice(content['first_names'])} {self._rng.choice(content['last_names'])}"
            if name not in self._taken:
                break
        self._taken.add(name)
        return name

    def pair(self, code: str, forum: str, turn: int) -> tuple[int, int]:
        """A member and a deputy of a body on a forum: people of the demonstration where they are named, else staff."""
        for row in read("people")["demo_seats"]:
            if (row["forum"], row["body"], row.get("turn", 0)) == (forum, code, turn):
                return self._known(row["holder"], code), self._known(row["deputy"], code)
        staff = self.staff(code)
        if forum == "board" and self.demo.bodies[code].kind == "icb":  # its chief executive sits on it
            return staff[BOARD[turn][0] % len(staff)], staff[BOARD[turn][1] % len(staff)]
        first = (self.demo.rng("pair", code, forum).randrange(len(staff)) + 2 * turn) % len(staff)
        return staff[first], staff[first - 1]

    def _known(self, who: str | int, code: str) -> int:
        return self.persons[who] if isinstance(who, str) else self.staff(code)[who]

    def one(self, code: str, rng: Random) -> int:
        """Someone of a body who leads a decision or does what was agreed."""
        return rng.choice(self.staff(code))


def invented_bodies(demo: Demo) -> None:
    """The trusts that do badly, with a link to their system; every name says that it is invented."""
    for row in read("bodies")["trusts"]:
        if row["icb"] in demo.bodies:
            _invent(demo, row["ods_code"], "trust", row["name"], row["icb"], row["short_name"], row["kind"])


def invented_partners(demo: Demo, plans: list[SystemPlan]) -> None:
    """The partners below the statutory bodies, where a system's places have them."""
    kinds = {row["code_prefix"]: row for row in read("bodies")["partner_kinds"]}
    for plan in plans:
        for place in plan.places:
            for code in place.partners:
                row = kinds[code[:3]]
                _invent(demo, code, row["kind"], row["name"].format(place=place.name), plan.code)
    for number, plan in enumerate((plan for plan in plans if not plan.dense), 1):
        plan.practices = f"ZZG{number:02d}"
        name = f"General practices of {plan.system.area} (fictional)"
        _invent(demo, plan.practices, "primary_care", name, plan.code)


def _invent(demo: Demo, code: str, kind: str, name: str, icb: str, short_name: str = "", subtype: str = "") -> None:
    opened = months_from(demo.today, LONG_AGO)
    demo.rows.add(
        "organisation", kind=kind, name=name, short_name=short_name, ods_code=code, subtype=subtype, opened=opened,
        is_fictional=True, source="Invented for the demonstration",
    )  # fmt: skip
    starts = demo.since(icb, months=LONG_AGO)
    demo.rows.add("organisationrelation", kind="system", source_body=code, target_body=icb, starts=starts)
    demo.bodies[code] = Body(code, kind, name, subtype, opened)


def sector(code: str) -> str:
    """The sector of an invented partner, empty for other bodies."""
    return next((row["sector"] for row in read("bodies")["partner_kinds"] if code.startswith(row["code_prefix"])), "")
