"""Shares of bodies in committees in common: recorded with their members, and used to split an amount."""

from datetime import date
from decimal import Decimal

import pytest

from ics_governance.workflow import GuardFailed
from partnerships.actions.memberships import appoint, change_membership
from partnerships.authority import Status
from partnerships.models import Function, Membership
from partnerships.panel import parts
from partnerships.queries.authority import ask
from tests.delegating import edge, joint_committee, open_bases

ON = date(2026, 11, 2)
BODIES = ("RCF", "RR8")


@pytest.fixture
def together(world):
    """Two trusts that meet as committees in common; each lets it decide up to £300,000 on its own services."""
    open_bases()
    function = Function.objects.create(
        code="provider_services", name="Running services", family="provider", owner_kind="trust",
        bases=["internal_scheme"],
    )  # fmt: skip
    made = joint_committee(world, *BODIES, form="committees_in_common", name="Committees in common")
    for code in BODIES:
        edge(world.body(code), made, function=function, basis="internal_scheme", limit=300_000)
    return made


def asked(forum, amount):
    return ask(forum, Function.objects.get(code="provider_services"), amount=Decimal(amount), on=ON)


def test_each_body_answers_for_its_share_of_the_amount(together):
    for code, weight in zip(BODIES, (1, 2), strict=True):
        Membership.objects.filter(forum=together, organisation__ods_code=code).update(share=weight)
    found = asked(together, 450_000)
    assert found.answer.status == Status.WITHIN_AUTHORITY
    assert [row["share"] for row in parts(found)] == ["£150,000", "£300,000"]
    assert asked(together, 450_003).answer.status == Status.PARTIAL


def test_until_shares_are_recorded_each_body_answers_for_the_whole_amount(together):
    Membership.objects.filter(forum=together, organisation__ods_code="RCF").update(share=1)
    found = asked(together, 450_000)
    assert found.answer.status == Status.EXCEEDS_LIMIT
    assert [row["share"] for row in parts(found)] == ["the whole amount each"] * 2


def test_a_share_is_asked_for_in_committees_in_common_alone(sign_in, world, together):
    officer = sign_in("officer")
    for forum, asked_for in ((together, True), (world.place_board, False)):
        page = officer.get(f"/forums/{forum.pk}/members/new/", {"organisation": world.icb.pk}).content.decode()
        assert ('name="share"' in page) is asked_for
    values = {"starts": ON, "share": 2, "role": "member"}
    with pytest.raises(GuardFailed, match="Only in committees in common"):
        appoint(by=world.actor("officer"), forum=world.place_board, organisation=world.body("RCF"), values=values)
    made = appoint(by=world.actor("officer"), forum=together, organisation=world.icb, values=values)
    assert made.share == 2
    assert "a share of 2" in officer.get(f"/forums/{together.pk}/").content.decode()


def test_a_share_stays_when_somebody_else_takes_the_seat(world, together):
    seat = Membership.objects.get(forum=together, organisation__ods_code="RCF")
    Membership.objects.filter(pk=seat.pk).update(share=3)
    values = {"role": "executive_lead", "voting": True, "holder": None, "deputy": None}
    made = change_membership(by=world.actor("officer"), membership=seat, from_day=ON, values=values)
    assert made.pk != seat.pk and made.share == 3
