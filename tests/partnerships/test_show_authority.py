"""The same question, asked of a place board in every state: the records are made by the forms, the page answers.

Community services for Bradford: the ICB's board, its finance committee (up to £2,000,000), the place board (£500,000
until 31 March 2027).
"""

import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
import time_machine

from partnerships.models import Completeness, Delegation, Forum, Function, LegalBasis, Organisation, Place, Post
from tests import records
from tests.delegating import edge, joint_committee, open_bases, typed

TODAY = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def today(db):
    open_bases()
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def register(world, sign_in):
    """Puts delegations into the register as people do: drafted by the form, approved by another, brought into force."""

    def put(drafter="officer", approver="executive", **changes):
        client = sign_in(drafter)
        answer = client.post("/delegations/new/", typed(world, **changes))
        assert answer.status_code == 302, re.findall(r"nhsuk-error-summary.*?</ul>", answer.content.decode(), re.S)
        made = Delegation.objects.order_by("-pk").first()
        page = sign_in(approver).post(f"/delegations/{made.pk}/approve/", follow=True).content.decode()
        made.refresh_from_db()
        assert made.status == "approved", re.findall(r"To be settled first: [^<]*", page)
        sign_in(drafter).post(f"/delegations/{made.pk}/bring_into_force/")
        made.refresh_from_db()
        assert made.status == "in_force"
        return made

    return put


@pytest.fixture
def ask(client, world):
    """The question as anybody asks it, without signing in: the verdict and the sentence."""

    def question(forum, amount=None, places=(), on=TODAY, function="community_services"):
        sent = {
            "who": f"forum:{forum.pk}" if isinstance(forum, Forum) else forum,
            "function": function, "amount": "" if amount is None else str(amount), "place": list(places),
            "on": on.isoformat(),
        }  # fmt: skip
        answer = client.get("/authority/", sent)
        assert answer.status_code == 200, answer.status_code
        text = unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("\xa0", " ")
        return re.sub(r"\s+", " ", text)

    return question


@pytest.fixture
def by_api(sign_in):
    """The same of the API, which takes places and bodies of any system: status and sentence."""

    def question(forum, amount, places=()):
        sent = {"forum": forum.pk, "function": "community_services", "amount": amount, "place": list(places)}
        answer = sign_in("officer").get("/api/v1/authority/", sent)
        assert answer.status_code == 200, answer.json()
        return f"{answer.json()['status']}: {answer.json()['sentence']}"

    return question


def test_within_its_limit(world, ask):
    says = ask(world.place_board, 500_000)
    assert "Within authority" in says and "up to £500,000 under its terms of reference, section 6" in says


def test_above_its_limit_it_may_recommend_to_the_committee_that_can(world, ask):
    says = ask(world.place_board, 640_000)
    assert "Over the limit by £140,000" in says
    assert "It may recommend it to Finance and commissioning committee, which can take it" in says


def test_after_expiry(world, ask):
    says = ask(world.place_board, 1, on=date(2027, 4, 1))
    assert "Delegation expired" in says and "ended on 31 March 2027" in says


def test_by_double_delegation(world, ask, sign_in, register):
    trust, other = world.body("RCF"), world.body("RR8")
    register(to_forum="", to_organisation=trust.pk, basis="s65z5")
    LegalBasis.objects.create(code="s65z5", owner_kind="trust", recipient_kind="trust", title="s", source="s", mark="P")
    board = Forum.objects.create(name="Leeds trust board", host=other, form="board", level="system",
                                 starts=date(2022, 7, 1))  # fmt: skip
    sent = typed(world, host=trust.pk, to_forum="", to_organisation=other.pk, basis="s65z5")
    page = sign_in("secretary").post("/delegations/new/", sent, follow=True).content.decode()
    assert "did not permit it to be passed on" in unescape(page)
    edge(trust, other)  # as it would be, had nobody asked
    says = ask(board, 1)
    assert "Passed on without permission" in says and "did not permit it to be passed on" in says


def test_for_a_place_outside(world, ask):
    leeds = Place.objects.get(name="Leeds")
    says = ask(world.place_board, 1, places=[leeds.pk])
    assert "Outside its area" in says and "does not cover every place named" in says


def test_before_the_register_is_complete(world, ask):
    leeds = Forum.objects.create(name="Leeds board", host=world.icb, form="committee", level="place",
                                 starts=date(2022, 7, 1))  # fmt: skip
    assert "Not delegated" in ask(leeds, 1)
    Completeness.objects.filter(organisation=world.icb).update(complete_from=date(2027, 1, 1))
    says = ask(leeds, 1)
    assert "Not recorded" in says and "had not declared its register complete" in says


@pytest.fixture
def social_care(world):
    """Adult social care of two councils, for their places."""
    for code, name in (("E08000032", "Bradford District and Craven"), ("E08000035", "Leeds")):
        Place.objects.get(name=name).councils.add(world.body(code))
        Completeness.objects.create(organisation=world.body(code), family="social_care", complete_from=date(2022, 7, 1))
    return Function.objects.create(
        code="adult_social_care", name="Commissioning adult social care", family="social_care",
        owner_kind="local_authority", bases=["lga1972_s101", "s75"],
    )  # fmt: skip


def test_of_a_joint_committee_with_one_council_missing(world, ask, register, social_care, sign_in):
    joint = joint_committee(world, "QWO", "E08000032", "E08000035")
    bradford = world.body("E08000032")
    register("partner", "signatory", host=bradford.pk, function=social_care.pk, to_forum=joint.pk, basis="s75")
    says = ask(joint, 1, function="adult_social_care")
    assert "Not delegated" in says and "Leeds Council has not delegated the function to it" in says
    page = unescape(sign_in("officer").get(f"/forums/{joint.pk}/").content.decode())
    assert "still missing: Leeds Council" in page and "delegated by Bradford Council" in page
    edge(world.body("E08000035"), joint, function=social_care, basis="s75", limit=20_000)
    says = ask(joint, 20_000, function="adult_social_care")
    assert "Within authority" in says and "up to £20,000" in says
    assert "still missing" not in sign_in("officer").get(f"/forums/{joint.pk}/").content.decode()


# --- What else authority.md says ----------------------------------------------------------------------------------


def test_committees_in_common_answer_body_by_body(world, ask, register):
    common = joint_committee(world, "QWO", "QOP", form="committees_in_common", name="Committees in common")
    register(to_forum=common.pk, basis="internal_scheme", limit="70,000")
    Completeness.objects.create(organisation=world.body("QOP"), family="commissioning", complete_from=date(2022, 7, 1))
    says = ask(common, 50_000)
    assert "Within authority for some of the bodies" in says
    assert "Manchester" in says and "not delegated" in says.lower()


def test_a_joint_decision_needs_its_body_present(world, ask, register):
    register(model="joint_decision", limit="900,000")
    says = ask(world.place_board, 800_000)
    assert "counts only if the voting member of NHS West Yorkshire" in says


def test_a_lead_providers_contract_lets_it_spend_and_passes_on_nothing(world, ask, register):
    trust = world.body("RCF")
    forum = Forum.objects.create(name="Lead provider group", host=trust, form="lead_provider", level="place",
                                 starts=date(2022, 7, 1))  # fmt: skip
    register(to_forum="", to_organisation=trust.pk, basis="contract", limit="250,000", instrument="the lead contract")
    says = ask(forum, 1)
    assert "it may spend up to £250,000; the contract passes on no function" in says


def test_a_transfer_moves_the_function_and_who_is_accountable(world, by_api, register):
    other = world.body("QOP")
    Function.objects.filter(code="community_services").update(
        bases=["internal_scheme", "s65z5", "s65z6", "s75", "transfer_order"]
    )
    board = Forum.objects.create(name="Manchester board", host=other, form="board", level="system",
                                 starts=date(2022, 7, 1))  # fmt: skip
    bradford = Place.objects.get(name="Bradford District and Craven")
    Place.objects.create(name="Salford", icb=other, starts=date(2022, 7, 1))  # so that it has an area of its own
    register(to_forum="", to_organisation=other.pk, model="fully_devolved", basis="transfer_order", limit="",
             places=[bradford.pk], instrument="The transfer order 2026")  # fmt: skip
    says = by_api(board, 1, places=[bradford.pk])
    assert says.startswith("within_authority: Manchester board may take this: the function was transferred to it")
    assert "Accountable: NHS Greater Manchester" in says


def test_an_annual_limit_is_what_is_left_of_the_year(world, ask, register):
    made = register(limit="900,000", limit_kind="annual")
    stored = {"answer": {"chain": [{"edge": made.pk}], "parts": []}}
    records.decision(
        world.place_board, TODAY, amount=Decimal(300_000), authority_status="within_authority",
        function=made.function, authority_answer=stored,
    )  # fmt: skip
    says = ask(world.place_board, 600_001)
    assert "£600,000 is left of its limit for the financial year" in says
    assert "Within authority" in ask(world.place_board, 600_000)


def test_a_power_for_urgent_cases_is_asked_of_its_post(world, ask, register):
    chair = Post.objects.create(organisation=world.icb, title="ICB chair", holder=world.person("executive"),
                                starts=date(2024, 1, 1))  # fmt: skip
    register(to_forum="", to_post=chair.pk, urgent="on", ratify_within="10", limit="100,000")
    says = ask(f"post:{chair.pk}", 100_000)
    assert "Within authority" in says and "the decision must be ratified afterwards" in says


def test_a_place_board_of_a_closed_body_has_nothing_left(world, by_api):
    Organisation.objects.filter(pk=world.icb.pk).update(closed=date(2026, 10, 31))
    assert by_api(world.place_board, 1).startswith("expired: Bradford place board may not decide this")
