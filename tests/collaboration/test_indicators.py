"""Each indicator against the slow oracle, over records made at random from a fixed seed."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from collaboration import indicators
from collaboration.indicators import Count, Window
from collaboration.models import RecordQuery
from collaboration.scoring import shown
from ics_governance.context import system
from partnerships.models import Arrangement, ArrangementMember, Completeness, Function, Organisation
from tests import records
from tests.collaboration.exchanged import Exchanged
from tests.collaboration.oracle import oracle
from tests.world import LONG_AGO

UNTIL = date(2026, 6, 30)
HUNDREDTH = Decimal("0.01")
WINDOW = Window.months(12, UNTIL)
SEEDS = range(3)


class Dice:
    """Random records around the window, with every kind of oddity the definitions speak of."""

    def __init__(self, seed: int, icb: Organisation) -> None:
        self.rng = Random(seed)
        self.icb = icb
        self.bodies = [records.trust(icb) for _ in range(4)]

    def day(self, first: int = -420, last: int = 60) -> date:
        return UNTIL + timedelta(days=self.rng.randint(first, last))

    def maybe(self, value: object, share: float = 0.5) -> object:
        return value if self.rng.random() < share else None

    def some(self) -> list[Organisation]:
        return self.rng.sample(self.bodies, self.rng.randint(1, 3))

    def arrangements(self) -> list[Arrangement]:
        made = [
            Arrangement.objects.create(kind="collaborative", name=f"Together {n}", host=self.icb, starts=LONG_AGO)
            for n in range(2)
        ]
        for arrangement in made:
            for body in self.some():
                ArrangementMember.objects.create(
                    arrangement=arrangement, organisation=body, starts=self.maybe(self.day(-900, -100), 0.9),
                    ends=self.maybe(self.day(0, 100), 0.2),
                    expectation=self.rng.choice(["member", "member", "represented", "not_expected"]),
                )  # fmt: skip
        return made

    def forums(self) -> list:
        arrangements = [*self.arrangements(), None]
        made = [
            records.forum(self.icb, arrangement=self.rng.choice(arrangements), ends=self.maybe(self.day(-100, 90), 0.2))
            for _ in range(4)
        ]
        for forum in made:
            for body in self.some() + self.some():
                starts = self.day(-900, 30)
                records.member(
                    forum, body, starts=starts,
                    ends=self.maybe(starts + timedelta(days=self.rng.randint(30, 900)), 0.3),
                    agreed_on=self.maybe(self.day(-700, 30), 0.8), refused_on=self.maybe(self.day(-300, 30), 0.2),
                    role=self.rng.choice(["member", "member", "chair", "attendee"]),
                    holder=self.maybe(records.person(), 0.8), deputy=self.maybe(records.person(), 0.6),
                )  # fmt: skip
        return made

    def meetings(self, forums: list) -> list:
        marks = ["member", "deputy", "apologies", "absent", "refused"]
        made = []
        for _ in range(40):
            forum = self.rng.choice(forums)
            present = {m: self.rng.choice(marks) for m in forum.memberships.all() if self.rng.random() < 0.8}
            made.append(
                records.meeting(
                    forum, self.day(), present, self.rng.choice(["minuted", "held", "planned", "cancelled"]),
                    call_notice=self.rng.choice([None, 2, 4, 5, 20]), paper_notice=self.rng.choice([None, -1, 4, 5, 7]),
                )
            )  # fmt: skip
        return made

    def decisions(self, forums: list, meetings: list) -> list:
        functions = [None, *Function.objects.all()]
        Completeness.objects.update(complete_from=self.day(-300, -100))
        return [
            records.decision(
                self.rng.choice(forums), self.day(), self.some(),
                self.rng.choice(["agreed", "implemented", "reviewed", "rescinded", "superseded", "draft", "deferred"]),
                kind=self.rng.choice(["decide", "decide", "recommend"]), function=self.rng.choice(functions),
                weight=self.rng.choice(["significant", "routine"]), meeting=self.maybe(self.rng.choice(meetings), 0.8),
                complete_at_issue=self.rng.choice([True, True, False, None]),
                accountable_body=self.rng.choice([None, self.icb, self.bodies[0]]),
                authority_status=self.rng.choice(["within_authority"] * 2 + ["expired", "not_recorded", ""]),
            )
            for _ in range(50)
        ]  # fmt: skip

    def actions(self, decisions: list) -> None:
        for _ in range(80):
            original = self.day()
            records.action(
                self.rng.choice(decisions), self.rng.choice(self.bodies), original,
                self.rng.choice(["proposed", "accepted", "accepted", "done", "confirmed", "declined", "withdrawn"]),
                proposed_on=original - timedelta(days=self.rng.randint(0, 90)), accepted_on=self.maybe(self.day(), 0.9),
                done_on=self.maybe(original + timedelta(days=self.rng.randint(-20, 200)), 0.9),
                confirmed_on=self.maybe(self.day(-60, 60), 0.9), slippage_told_on=self.maybe(self.day(-420, 0), 0.6),
                recovery_plan=self.rng.choice(["A plan", "A plan", ""]),
                plan_accepted_on=self.maybe(self.day(-420, 30)), due=self.day(),
            )  # fmt: skip


@pytest.fixture(params=SEEDS)
def dice(request, world, framework):
    """A world full of records."""
    dice = Dice(request.param, world.icb)
    with system("random records"):
        forums = dice.forums()
        meetings = dice.meetings(forums)
        dice.actions(dice.decisions(forums, meetings))
        Exchanged(dice.rng, UNTIL, world.icb, dice.bodies, framework).everything()
        yield dice


def test_every_indicator_agrees_with_the_slow_oracle(dice):
    subjects = [body.pk for body in dice.bodies]
    compared, compared_codes = 0, set()
    for code in indicators.REGISTRY:
        found = indicators.count(code, WINDOW, subjects)
        for body in dice.bodies:
            expected = oracle(code, body, WINDOW.since, WINDOW.until)
            count = found.get(body.pk)
            if expected is None:
                assert count is None, (code, body)
                continue
            numerator, denominator, unrecorded = expected
            assert count.unrecorded == unrecorded, (code, body)
            assert count.numerator == shown(numerator, HUNDREDTH), (code, body)
            assert count.denominator == shown(denominator, HUNDREDTH), (code, body)
            compared += denominator > 0
            compared_codes.add(code) if denominator else None
    assert compared_codes == set(indicators.REGISTRY)
    assert compared > 10  # else the dice made nothing worth comparing


def test_the_records_listed_for_a_body_are_those_counted(dice):
    for body in dice.bodies:
        rows = indicators.rows(indicators.REGISTRY, WINDOW, body.pk)
        assert [row.happened_on for row in rows] == sorted((row.happened_on for row in rows), reverse=True)
        for code in indicators.REGISTRY:
            count = indicators.count(code, WINDOW, [body.pk]).get(body.pk)
            mine = [row for row in rows if row.indicator == code]
            assert bool(count) == bool(mine)
            if count:
                assert Count.of(mine) == count
            assert all(row.happened and row.numerator <= row.denominator for row in mine)


def test_counting_is_one_statement_for_one_body_or_for_all(dice, django_assert_num_queries):
    for code in indicators.REGISTRY:
        for subjects in ([dice.bodies[0].pk], [body.pk for body in dice.bodies]):
            with django_assert_num_queries(1):
                indicators.count(code, WINDOW, subjects)


def test_every_act_would_make_its_record_count_for_more(dice):
    rows = [row for body in dice.bodies for row in indicators.rows(indicators.REGISTRY, WINDOW, body.pk)]
    acts = [row for row in rows if row.act]
    assert acts and all(row.act.numerator > row.numerator for row in acts)


def test_counting_by_period_gives_each_period_what_it_has_by_itself(dice):
    periods = [Window.months(1, date(2026, month, 1) - timedelta(days=1)) for month in (3, 4, 5)] + [WINDOW]
    subjects = [body.pk for body in dice.bodies]
    for code in indicators.REGISTRY:
        found = indicators.count_by_period(code, periods, subjects)
        alone = {
            (pk, period): count for period in periods for pk, count in indicators.count(code, period, subjects).items()
        }
        assert found == alone


def test_a_queried_record_does_not_count_until_it_is_answered(dice, world):
    body = dice.bodies[0]
    row = next(row for row in indicators.rows(["D1", "D2"], WINDOW, body.pk) if row.denominator)
    before = indicators.count(row.indicator, WINDOW, [body.pk])[body.pk]
    query = RecordQuery.objects.create(
        subject=body, keeper=world.icb, as_of=UNTIL, indicator=row.indicator, record_kind=row.kind,
        record_id=row.record, text="Not ours", asked_by=world.user("secretary"), asked_on=UNTIL, due_on=UNTIL,
    )  # fmt: skip
    during = indicators.count(row.indicator, WINDOW, [body.pk])[body.pk]
    assert during.denominator == before.denominator - row.denominator
    (listed,) = [one for one in indicators.rows([row.indicator], WINDOW, body.pk) if one.queried]
    assert (listed.record, listed.queried) == (row.record, "open")
    query.state = "rejected"
    query.save()
    assert indicators.count(row.indicator, WINDOW, [body.pk])[body.pk] == before
