"""What makes arrangements whole: gateways, pooled funds, reporting lines, boards of trusts and councils, governors."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from partnerships.forms_of_forum import needs_consent

from .delegations import moved_on
from .england import Body, Demo
from .people import People
from .plans import ArrangementPlan, SystemPlan
from .rows import months_from, read

FINANCIAL_YEARS = 2  # this one and the one before


def add_governance(demo: Demo, plans: list[SystemPlan], people: People) -> None:
    """Rows of all of it; forums that are added here keep no minutes in the demonstration."""
    for plan in plans:
        _partnership(demo, plan)
        _lines(demo, plan)
        _practices(demo, plan, people)
        if plan.dense:
            _Dense(demo, plan, people).add()


def described(kind: str) -> dict[str, Any]:
    """What an arrangement of a kind says of itself."""
    texts: dict[str, Any] = read("governance")["arrangements"][kind]
    return dict(texts)


def ways_of_voting(form: str) -> dict[str, Any]:
    """How the members of a forum of a form decide."""
    rule: dict[str, Any] = read("governance")["voting"].get(form, {})
    return {"voting_rule": rule.get("voting_rule", ""), "casting_vote": rule.get("casting_vote", False)}


def _partnership(demo: Demo, plan: SystemPlan) -> None:
    """The integrated care partnership of a system: the ICB and every upper-tier council of its area."""
    if any(each.row["kind"] == "icp" for each in plan.arrangements.values()):
        return
    row = {
        "kind": "icp",
        "name": f"{plan.system.area} integrated care partnership",
        "host": plan.code,
        "phase": "formal",
        "purpose": "The ICB and the councils agree the integrated care strategy.",
    }
    members = [plan.code, *(council.code for council in plan.system.councils)]
    plan.arrangements["icp"] = found = ArrangementPlan("icp", row, members)
    found.number = _arrangement(demo, row, members)


def _arrangement(demo: Demo, row: dict[str, Any], members: Iterable[str], place: int | None = None) -> int:
    starts = demo.since(row["host"])
    number = demo.rows.add("arrangement", **row, **described(row["kind"]), place=place, starts=starts)
    for code in members:
        sector = {"icb": "Integrated care board", "local_authority": "Council"}.get(
            demo.bodies[code].kind, "NHS provider"
        )
        demo.rows.add(
            "arrangementmember",
            arrangement=number,
            organisation=code,
            expectation="member",
            sector=sector,
            capacity="voting",
            represented_by=None,
            starts=demo.since(row["host"], code),
        )
    return number


def _practices(demo: Demo, plan: SystemPlan, people: People) -> None:
    """General practice sits on the ICB's board, beside those whose attendance is kept."""
    code = plan.practices or next(each for each in plan.places[0].partners if demo.bodies[each].kind == "primary_care")
    holder, deputy = people.pair(code, "general practice", 0)
    starts = demo.since(plan.code, code)
    demo.rows.add(
        "membership",
        forum=plan.forums["board"].number,
        organisation=code,
        role="member",
        voting=True,
        holder=holder,
        deputy=deputy,
        agreed_on=starts,
        starts=starts,
        **consent(demo, "board", code, starts),
    )


def _lines(demo: Demo, plan: SystemPlan) -> None:
    """Places and collaboratives report to the ICB's board; places also to the partnership."""
    starts, partnership = demo.since(plan.code), plan.arrangements["icp"].number
    for each in plan.arrangements.values():
        if each.row["kind"] in ("place", "collaborative"):
            _line(demo, each.number, starts, "Use of what was delegated, each quarter", organisation=plan.code)
        if each.row["kind"] == "place":
            _line(demo, each.number, starts, "Its plan and what came of it, each year", arrangement=partnership)


def _line(
    demo: Demo, of: int, starts: date, about: str, *, organisation: str | None = None, arrangement: int | None = None
) -> None:
    demo.rows.add(
        "reportingline",
        arrangement=of,
        to_organisation=organisation,
        to_arrangement=arrangement,
        about=about,
        starts=starts,
    )


def consent(demo: Demo, form: str, body: str, day: date) -> dict[str, Any]:
    """That the convening body agreed, where a body that is not statutory sits on a committee."""
    return {"consented_on": day if needs_consent(form, demo.bodies[body].kind) else None}


class _Dense:
    """West Yorkshire: boards of its trusts, governors, health and wellbeing boards, funds, gateways."""

    def __init__(self, demo: Demo, plan: SystemPlan, people: People) -> None:
        self.demo, self.plan, self.people, self.rows = demo, plan, people, demo.rows
        self.said = read("governance")
        self.boards: dict[str, int] = {}

    def add(self) -> None:
        """Everything."""
        self._trust_boards()
        self._governors()
        self._wellbeing_boards()
        self._in_common()
        self._venture_and_lead_provider()
        self._one_person()
        self._gateways()
        self._funds()
        self._urgent_power()
        self._events()

    def _forum(self, name: str, host: str, form: str, level: str, members: Iterable[str], **more: Any) -> int:
        """A forum with terms and, for each body, a member and a deputy."""
        starts = self.demo.since(host)
        reports_to, rules = more.pop("reports_to", None), more.pop("quorum_rules", [])
        shares = more.pop("shares", {})
        number = self.rows.add(
            "forum",
            name=name,
            host=host,
            form=form,
            level=level,
            starts=starts,
            reports_to=reports_to,
            arrangement=more.pop("arrangement", None),
            meets_in_public=more.pop("public", False),
            purpose=more.pop("purpose", ""),
            post=more.pop("post", None),
        )
        codes = list(members)
        self.rows.add(
            "termsofreference",
            forum=number,
            version=1,
            adopted_on=months_from(self.demo.today, -8),
            review_on=months_from(self.demo.today, 6),
            quorum=max(1, (len(codes) + 1) // 2),
            quorum_rules=rules,
            disagreement_process=read("phrases")["disagreement_processes"][0],
            **ways_of_voting(form),
        )
        for turn, code in enumerate(codes):
            holder, deputy = self.people.pair(code, name, codes[:turn].count(code))
            began = self.demo.since(host, code)
            self.rows.add(
                "membership",
                forum=number,
                organisation=code,
                role="chair" if turn == 0 else "member",
                voting=True,
                holder=holder,
                deputy=deputy,
                share=shares.get(code),
                agreed_on=began,
                starts=began,
                **consent(self.demo, form, code, began),
            )
        return number

    @property
    def _trusts(self) -> list[Body]:
        return [body for body in self.plan.system.trusts if body.subtype != "other"]

    def _trust_boards(self) -> None:
        for body in self._trusts:
            members = [body.code] * 3
            self.boards[body.code] = self._forum(
                f"{_short(body)} board", body.code, "board", "system", members, public=True
            )

    def _governors(self) -> None:
        foundation = [body for body in self._trusts if "Foundation" in body.name][: self.said["governors_at_most"]]
        for body in foundation:
            self._forum(
                f"{_short(body)} council of governors",
                body.code,
                "council_of_governors",
                "system",
                [body.code],
                reports_to=self.boards[body.code],
                public=True,
                purpose="Governors hold the non-executive directors to account and speak for members and the public.",
            )

    def _wellbeing_boards(self) -> None:
        for place in self.plan.places:
            partnership = next(each for each in self.plan.arrangements.values() if each.place is place)
            for code in place.councils:
                name = f"{self.demo.bodies[code].name.removesuffix(' Council')} health and wellbeing board"
                row = {
                    "kind": "hwb",
                    "name": name,
                    "host": code,
                    "phase": "formal",
                    "purpose": "Partners of the district agree its health and wellbeing strategy.",
                }
                number = _arrangement(self.demo, row, [code, self.plan.code], place.number)
                self._forum(
                    name,
                    code,
                    "committee",
                    "place",
                    [code, code, self.plan.code],
                    arrangement=number,
                    public=True,
                    quorum_rules=[{"kind": "local_authority", "at_least": 1}],
                )
                _line(self.demo, number, self.demo.since(code), "Its strategy, each year", organisation=code)
                _line(
                    self.demo,
                    partnership.number,
                    self.demo.since(self.plan.code),
                    "How the strategy is carried out, twice a year",
                    arrangement=number,
                )

    def _in_common(self) -> None:
        said = self.said["in_common"]
        above = self.boards[said["host"]]
        joint = self._forum(
            said["name"], said["host"], "committees_in_common", "system", said["trusts"], reports_to=above,
            shares=said["shares"],
        )  # fmt: skip
        for code in said["trusts"]:
            body = self.demo.bodies[code]
            name = f"{_short(body)} committee for shared services"
            own = self._forum(name, code, "board_committee", "system", [code, code], reports_to=self.boards[code])
            self.rows.add("forum_committees", from_forum=joint, to_forum=own)
            self._delegation(
                said["function"],
                code,
                to_forum=own,
                basis="internal_scheme",
                instrument="Scheme of delegation, annex C",
                limit=said["limit"],
            )

    def _venture_and_lead_provider(self) -> None:
        said = self.said["venture"]
        above = self.boards[said["host"]]
        self._forum(said["name"], said["host"], "joint_venture", "system", said["members"], reports_to=above)
        said = self.said["lead_provider"]
        arrangement = self.plan.arrangements[said["arrangement"]].number
        self._forum(said["name"], said["host"], "lead_provider", "place", [said["host"]], arrangement=arrangement)
        self._delegation(
            said["function"],
            self.plan.code,
            to_organisation=said["host"],
            basis="contract",
            instrument=said["instrument"],
            limit=said["limit"],
            limit_kind="annual",
        )

    def _one_person(self) -> None:
        said = self.said["individual"]
        arrangement = self.plan.arrangements[said["arrangement"]]
        board = next(forum for forum in self.plan.forums.values() if forum.arrangement is arrangement)
        self._forum(
            said["name"],
            said["body"],
            "individual_executive",
            "place",
            [said["body"]],
            arrangement=arrangement.number,
            reports_to=board.number,
            post=self.plan.posts[said["post"]]["number"],
            purpose="One person decides within what was delegated to the post, and reports to the board.",
        )

    def _delegation(self, function: str, owner: str, **terms: Any) -> int:
        today = self.demo.today
        path, ends = ("approved", "in_force"), months_from(today, 10)
        terms = {"starts": self.demo.since(owner, months=-20)} | terms
        usual = {
            "to_forum": None,
            "to_organisation": None,
            "to_post": None,
            "limit_kind": "whole_life",
            **moved_on(today, path, terms["starts"], ends),
        }
        return self.rows.add(
            "delegation",
            function=function,
            from_organisation=owner,
            from_forum=None,
            from_post=None,
            model="delegated",
            review_on=months_from(today, 5),
            path=path,
            ends=ends,
            assurance="A report on its use each quarter, and internal audit every second year.",
            **usual | terms,
        )

    def _gateways(self) -> None:
        criteria, reviews = self.said["gateways"]["criteria"], self.said["gateways"]["reviews"]
        places = [each for each in self.plan.arrangements.values() if each.row["kind"] == "place"]
        for each, review in zip(places, reviews, strict=False):
            after = each.row["phase"]
            unmet = review.get("unmet", [])
            self.rows.add(
                "gatewayreview",
                arrangement=each.number,
                held_on=months_from(self.demo.today, review["months"]),
                phase_before="shadow" if after == "partial" else "partial",
                phase_after=after,
                outcome=review["outcome"],
                criteria=[[text, number not in unmet] for number, text in enumerate(criteria)],
                note=review["note"],
                review_on=months_from(self.demo.today, 8),
            )

    def _funds(self) -> None:
        for said in self.said["funds"]:
            for year in range(_financial_year(self.demo.today), _financial_year(self.demo.today) - FINANCIAL_YEARS, -1):
                number = self.rows.add(
                    "fund",
                    arrangement=self.plan.arrangements[said["arrangement"]].number,
                    kind="pooled",
                    name=said["name"],
                    host=said["host"],
                    year=year,
                    limit=said["limit"],
                    purpose=said["purpose"],
                    agreement=said["agreement"],
                )
                for code, (amount, least) in said["contributions"].items():
                    self.rows.add("contribution", fund=number, organisation=code, amount=amount, minimum=least)
                if year == _financial_year(self.demo.today):
                    self._draw(number, self.plan.forums[said["spends"]].number)

    def _draw(self, fund: int, forum: int) -> None:
        """The delegations to a joint committee that pass on money of the fund."""
        for row in self.rows.tables["delegation"]:
            if row["to_forum"] == forum and row["basis"] == "s75" and row["function"] == "better_care_fund":
                row["fund"] = fund

    def _urgent_power(self) -> None:
        said = self.said["urgent"]
        self._delegation(
            said["function"],
            self.plan.code,
            to_post=self.plan.posts[said["post"]]["number"],
            basis="internal_scheme",
            instrument=said["instrument"],
            limit=said["limit"],
            urgent=True,
            starts=self.demo.since(self.plan.code),
            ratify_within=said["ratify_within"],
        )

    def _events(self) -> None:
        """Suspensions and reviews of what the plans list; each learns who drafted or approved it."""
        users = self.people.users
        drafters = {self.plan.code: users["icb.officer@demo.test"], "E08000032": users["council.partner@demo.test"]}
        approvers = {self.plan.code: users["icb.exec@demo.test"]}
        for number, row in enumerate(self.rows.tables["delegation"], 1):
            if not row["path"]:
                row["drafted_by"] = drafters.get(row["from_organisation"])
            else:
                row["approved_by"] = approvers.get(row["from_organisation"])
            if row["from_organisation"] != self.plan.code:
                continue
            if row["path"] and row["path"][-1] == "suspended":
                self.rows.add(
                    "suspension",
                    delegation=number,
                    starts=months_from(self.demo.today, -2),
                    reason="Until the place board has a quorum of practising general practitioners again.",
                )
            elif row["path"] and row["to_forum"] and row["starts"] < months_from(self.demo.today, -14):
                self.rows.add(
                    "delegationreview",
                    delegation=number,
                    held_on=months_from(self.demo.today, -7),
                    outcome="kept",
                    note="Used within its limit; reports came on time.",
                    next_review_on=row["review_on"],
                )


def _short(body: Body) -> str:
    return body.name.split(" NHS ")[0].replace(" Teaching Hospitals", "")


def _financial_year(day: date) -> int:
    return day.year - (day < date(day.year, 4, 1))
