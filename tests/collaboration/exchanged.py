"""Random requests, risks, concerns, delegations, feedback results and self-assessments around a window."""

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from collaboration.models import (
    Assessment,
    Concern,
    ConcernRaiser,
    ConcernRespondent,
    FeedbackResult,
    FeedbackRound,
    Framework,
    InformationRequest,
    RiskAudience,
    SharedRisk,
)
from ics_governance.models import User
from partnerships.models import Delegation, Function, Organisation
from tests import records

LONDON = ZoneInfo("Europe/London")
KLOES = {1: 8, 2: 7, 3: 7, 4: 7, 5: 8}


def moved(row, *states: str, **fields):
    """A record led along its workflow."""
    for state in states:
        row.state = state
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
    return row


class Exchanged:
    """Makes them with the dice it is given."""

    def __init__(
        self, rng: Random, until: date, icb: Organisation, bodies: list[Organisation], frame: Framework
    ) -> None:
        self.rng, self.until, self.icb, self.bodies, self.frame = rng, until, icb, bodies, frame
        self.user = User.objects.get(email="officer@example.test")

    def day(self, first: int = -420, last: int = 60) -> date:
        return self.until + timedelta(days=self.rng.randint(first, last))

    def everything(self) -> None:
        for _ in range(50):
            self.request()
        for _ in range(20):
            self.risk()
            self.concern()
            self.delegation()
        for body in self.bodies[:3]:
            self.rounds(body)
            self.returns(body)

    def request(self) -> None:
        due = self.day()
        row = InformationRequest.objects.create(
            asker=self.icb, asked=self.rng.choice(self.bodies), title="Figures", text="", asked_by=self.user,
            asked_on=due - timedelta(days=20), due_on=due, first_due_on=due,
        )  # fmt: skip
        closed = self.rng.choice([None, due, due + timedelta(days=30), due - timedelta(days=2)])
        state = self.rng.choice(["open", "answered", "answered", "refused", "withdrawn"])
        if state != "open":
            moved(row, state, closed_on=closed, refusal=self.rng.choice(["", "Confidence"]), answer="Here")

    def risk(self) -> None:
        state = self.rng.choice(["open", "open", "closed"])
        row = SharedRisk.objects.create(
            host=self.rng.choice([self.icb, *self.bodies]), title="A risk", raised_on=self.day(-900, 30),
            owner=self.rng.choice([*self.bodies, *self.bodies, None]),
            owner_person=self.rng.choice([None, records.person()]),
            mitigation=self.rng.choice(["", "A plan", "A plan"]),
            review_on=self.rng.choice([None, self.until, self.day(-90, 90)]),
        )  # fmt: skip
        for body in self.rng.sample(self.bodies, self.rng.randint(0, 2)):
            RiskAudience.objects.create(risk=row, organisation=body, capacity="member", starts=row.raised_on)
        if state == "closed":
            moved(row, "closed", closed_on=self.day(-100, 60))

    def concern(self) -> None:
        closed = self.rng.choice([None, self.day(), self.day()])
        stages = ["informal_resolution", "facilitated_resolution", "dispute_resolution", "oversight_review", ""]
        raiser, *about = self.rng.sample(self.bodies, self.rng.randint(2, 3))
        row = Concern.objects.create(
            title="A concern", facts="", system=self.icb, raised_on=self.day(-500, -100), closed_on=closed,
            settled_at=self.rng.choice(stages) if closed else "", in_confidence=self.rng.random() < 0.4,
        )  # fmt: skip
        ConcernRaiser.objects.create(concern=row, organisation=raiser, user=self.user)
        for body in about:
            put = self.rng.choice([None, self.day(-450, -50)])
            ConcernRespondent.objects.create(concern=row, organisation=body, put_on=put)

    def delegation(self) -> None:
        edge = Delegation.objects.create(
            function=Function.objects.first(), from_organisation=self.rng.choice(self.bodies),
            to_forum=records.forum(self.icb), basis="internal_scheme", instrument="A scheme",
            starts=self.day(-900, 30), review_on=self.rng.choice([None, self.until, self.day(-200, 200)]),
        )  # fmt: skip
        for status in self.rng.choice([(), ("approved",), ("approved", "in_force"), ("approved", "in_force", "ended"),
                                       ("approved", "ended")]):  # fmt: skip
            edge.status = status
            edge.in_force_on = edge.starts if status == "in_force" else edge.in_force_on
            edge.ends = max(edge.starts, self.day(-90, 200)) if status == "ended" else edge.ends
            edge.save()

    def rounds(self, body: Organisation) -> None:
        for _ in range(5):
            opened = self.day(-440, 20)
            row = FeedbackRound.objects.create(
                subject=body, framework=self.frame, host=self.icb, opened_on=opened, closes_on=opened
            )
            moved(row, self.rng.choice(["closed", "closed", "cancelled"]), closed_on=opened)
            for code in self.rng.sample("RLSAD", self.rng.randint(3, 5)):
                FeedbackResult.objects.create(
                    round=row, characteristic=code, organisations=self.rng.randint(3, 7),
                    mean=round(self.rng.uniform(0, 3), 3),
                )  # fmt: skip

    def returns(self, body: Organisation) -> None:
        for year in (2024, 2025):
            answers = {
                f"{part}.{n}": {"rating": self.rng.choice(["0", "1", "2", "3", "NA", ""]), "text": "", "evidence": []}
                for part, count in KLOES.items()
                for n in range(1, count + 1)
            }
            row = Assessment.objects.create(subject=body, framework=self.frame, year=year, started_by=self.user)
            moment = datetime.combine(self.day(-400, 40), datetime.min.time(), LONDON).replace(hour=12)
            moved(row, "ready", "reviewed", "submitted", content={"answers": answers}, submitted_at=moment)
