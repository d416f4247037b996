"""A small world that every test knows: West Yorkshire with its place board, a neighbouring system, and their people.

officer, executive      NHS West Yorkshire ICB (QWO)          region_lead   North East and Yorkshire (Y63)
secretary, chair        Airedale NHS Foundation Trust (RCF)   partner, signatory   Bradford Council
other_officer           NHS Greater Manchester ICB (QOP)      other_trust   Manchester University (R0A)
auditor                 reads what West Yorkshire reads       admin         system administrator (NHS England)
stranger                signed in, without any role
"""

from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db import transaction

from ics_governance.context import system
from ics_governance.models import User
from ics_governance.permissions import Actor
from partnerships.access import actor_for
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Completeness,
    Decision,
    DecisionAudience,
    DecisionLead,
    Delegation,
    Employment,
    Forum,
    Function,
    Kind,
    LegalBasis,
    Meeting,
    MeetingAudience,
    Membership,
    Organisation,
    OrganisationRelation,
    Person,
    Place,
    RoleMembership,
    TermsOfReference,
)

LONG_AGO = date(2022, 7, 1)
KNOWN = date(2026, 4, 1)  # links between bodies are known from here on

BODIES = [
    # code, kind, name, the body above
    ("X24", Kind.OVERSIGHT_BODY, "NHS England", None),
    ("Y63", Kind.REGION, "North East and Yorkshire", None),
    ("Y62", Kind.REGION, "North West", None),
    ("QWO", Kind.ICB, "NHS West Yorkshire Integrated Care Board", "Y63"),
    ("QOP", Kind.ICB, "NHS Greater Manchester Integrated Care Board", "Y62"),
    ("RCF", Kind.TRUST, "Airedale NHS Foundation Trust", "QWO"),
    ("RR8", Kind.TRUST, "Leeds Teaching Hospitals NHS Trust", "QWO"),
    ("R0A", Kind.TRUST, "Manchester University NHS Foundation Trust", "QOP"),
    ("E08000032", Kind.LOCAL_AUTHORITY, "Bradford Council", "QWO"),
    ("E08000035", Kind.LOCAL_AUTHORITY, "Leeds Council", "QWO"),
]
PEOPLE = {
    "officer": ("Hannah Whitfield", "QWO", "icb_officer"),
    "executive": ("Marcus Adeyemi", "QWO", "icb_executive"),
    "secretary": ("Ruth Calloway", "RCF", "trust_secretary"),
    "chair": ("Denis Ormerod", "RCF", "trust_signatory"),
    "region_lead": ("Priya Raman", "Y63", "region_lead"),
    "partner": ("Imran Sadiq", "E08000032", "partner"),
    "signatory": ("Moira Haigh", "E08000032", "partner_signatory"),
    "auditor": ("Edith Lowe", "QWO", "auditor"),
    "admin": ("Sam Okafor", "X24", "system_admin"),
    "other_officer": ("Jo Kendrick", "QOP", "icb_officer"),
    "other_trust": ("Farah Nasir", "R0A", "trust_secretary"),
    "stranger": ("Nobody Inparticular", None, None),
}
ROLES = [name for name in PEOPLE if name != "stranger"]


def build() -> None:
    """Make the world once per test database, committed."""
    with transaction.atomic(), system("the world of the tests"):
        _bodies()
        _people()
        _functions()
        _forums()


def _bodies() -> None:
    for code, kind, name, above in BODIES:
        key = {"gss_code": code} if code.startswith("E") else {"ods_code": code}
        body = Organisation.objects.create(kind=kind, name=name, opened=LONG_AGO, **key)
        if above:
            OrganisationRelation.objects.create(
                kind="region" if kind == Kind.ICB else "system",
                source_body=body,
                target_body=Organisation.objects.get(ods_code=above),
                starts=KNOWN,
            )


def _people() -> None:
    for key, (name, code, role) in PEOPLE.items():
        user = User.objects.create_user(f"{key}@example.test", "a long enough password", name=name)
        person = Person.objects.create(name=name, user=user)
        if code:
            body = Organisation.objects.coded(code).get()
            RoleMembership.objects.create(user=user, organisation=body, role=role, starts=LONG_AGO)
            Employment.objects.create(person=person, organisation=body, starts=LONG_AGO)


def _functions() -> None:
    community = Function.objects.create(
        code="community_services",
        name="Commissioning community health services",
        family="commissioning",
        owner_kind="icb",
        bases=["internal_scheme", "s65z5", "s65z6", "s75"],
    )
    Function.objects.create(
        code="community_diagnostics",
        name="Commissioning community diagnostics",
        family="commissioning",
        owner_kind="icb",
        parent=community,
        bases=["internal_scheme", "s65z5", "s65z6"],
    )
    Function.objects.create(
        code="joint_forward_plan",
        name="Agreeing the joint forward plan",
        family="strategy",
        owner_kind="icb",
        delegable=False,
    )
    for recipient in ("committee", "post"):
        LegalBasis.objects.create(
            code="internal_scheme",
            title="Scheme of reservation and delegation",
            owner_kind="icb",
            recipient_kind=recipient,
            internal=True,
            source="The ICB's constitution",
            mark="V",
        )


def _forums() -> None:
    icb = Organisation.objects.get(ods_code="QWO")
    place = Place.objects.create(name="Bradford District and Craven", icb=icb, starts=LONG_AGO)
    leeds = Place.objects.create(name="Leeds", icb=icb, starts=LONG_AGO)
    partnership = Arrangement.objects.create(
        kind="place", name="Bradford District and Craven Partnership", host=icb, place=place, starts=LONG_AGO
    )
    board = Forum.objects.create(
        name="NHS West Yorkshire board", host=icb, form="board", level="system", starts=LONG_AGO
    )
    finance = Forum.objects.create(
        name="Finance and commissioning committee",
        host=icb,
        form="board_committee",
        level="system",
        starts=LONG_AGO,
        reports_to=board,
    )
    place_board = Forum.objects.create(
        name="Bradford place board",
        host=icb,
        arrangement=partnership,
        form="committee",
        level="place",
        starts=LONG_AGO,
        reports_to=finance,
    )
    place_board.places.add(place)
    Forum.objects.create(
        name="Leeds partnership forum", host=icb, form="consultative_forum", level="place", starts=LONG_AGO
    ).places.add(leeds)
    for forum in (board, finance, place_board):
        TermsOfReference.objects.create(forum=forum, version=1, adopted_on=LONG_AGO, quorum=2)
    for code, holder, deputy in (
        ("QWO", "executive", "officer"),
        ("RCF", "chair", "secretary"),
        ("E08000032", "partner", None),
        ("RR8", None, None),
    ):
        body = Organisation.objects.coded(code).get()
        ArrangementMember.objects.create(arrangement=partnership, organisation=body, starts=LONG_AGO)
        Membership.objects.create(
            forum=place_board,
            organisation=body,
            starts=LONG_AGO,
            agreed_on=LONG_AGO,
            holder=_person(holder),
            deputy=_person(deputy),
        )
    for family in ("commissioning", "strategy"):
        Completeness.objects.create(organisation=icb, family=family, complete_from=LONG_AGO)
    _delegate(icb, board, finance, "scheme of delegation 4.2", Decimal(2_000_000))
    _delegate(icb, finance, place_board, "terms of reference, section 6", Decimal(500_000), place)


def _person(key: str | None) -> Person | None:
    return Person.objects.get(user__email=f"{key}@example.test") if key else None


def _delegate(icb: Organisation, source: Forum, target: Forum, instrument: str, limit: Decimal, *places: Place) -> None:
    edge = Delegation.objects.create(
        function=Function.objects.get(code="community_services"),
        from_organisation=icb,
        from_forum=source,
        to_forum=target,
        basis="internal_scheme",
        instrument=instrument,
        limit=limit,
        starts=LONG_AGO,
        ends=date(2027, 3, 31),
    )
    edge.places.set(places)
    moved(edge, "approved", "in_force")


def moved(delegation: Delegation, *steps: str) -> None:
    """Take a delegation through these states one by one, as the database demands; in force since its first day."""
    for step in steps:
        since = {"in_force_on": delegation.starts or LONG_AGO} if step == "in_force" else {}
        Delegation.objects.filter(pk=delegation.pk).update(status=step, **since)


class World:
    """Finds the known people and records, and makes more of them."""

    def user(self, name: str) -> User:
        """A person of the cast."""
        return User.objects.get(email=f"{name}@example.test")

    def actor(self, name: str, on: date | None = None) -> Actor:
        """The same person as the one who acts."""
        return actor_for(self.user(name), on)

    def person(self, name: str) -> Person:
        """The same person as named in registers."""
        return Person.objects.get(user__email=f"{name}@example.test")

    def body(self, code: str) -> Organisation:
        """A body by ODS or GSS code."""
        return Organisation.objects.coded(code).get()

    @cached_property
    def icb(self) -> Organisation:
        """NHS West Yorkshire ICB."""
        return self.body("QWO")

    @cached_property
    def place_board(self) -> Forum:
        """May decide on community services up to £500,000 in Bradford District and Craven, until 31 March 2027."""
        return Forum.objects.get(name="Bradford place board")

    def meeting(self, held_on: date = date(2026, 10, 14), **fields: object) -> Meeting:
        """A meeting of the place board, seen by host and members."""
        with system("a meeting for a test"):
            meeting = Meeting.objects.create(forum=self.place_board, held_on=held_on, **fields)
            for organisation, capacity in self._audience():
                MeetingAudience.objects.create(
                    meeting=meeting, organisation=organisation, capacity=capacity, starts=LONG_AGO
                )
        return meeting

    def decision(self, number: int = 1, *, shared: bool = False, **fields: object) -> Decision:
        """A draft decision of the place board: seen by the host alone, or shared with its members."""
        with system("a decision for a test"):
            decision = Decision.objects.create(
                **{"reference": f"QWO-2026-{number:04d}", "forum": self.place_board, "title": "More scans"} | fields
            )
            for organisation, capacity in self._audience() if shared else [(self.icb, "host")]:
                DecisionAudience.objects.create(
                    decision=decision, organisation=organisation, capacity=capacity, starts=LONG_AGO
                )
            DecisionLead.objects.create(decision=decision, organisation=self.icb)
        return decision

    def _audience(self) -> list[tuple[Organisation, str]]:
        members = [(self.body(code), "member") for code in ("RCF", "E08000032", "RR8")]
        return [(self.icb, "host"), *members, (self.body("Y63"), "overseer")]
