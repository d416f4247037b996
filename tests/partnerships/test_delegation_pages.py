"""Delegations by their pages: drafted, marked, approved by somebody else, suspended, reviewed, ended."""

from datetime import date, timedelta

import pytest
import time_machine

from ics_governance import ledger
from ics_governance.models import LedgerEntry
from partnerships.authority import Status
from partnerships.delegation_guards import delegation_is_sound
from partnerships.models import (
    Arrangement,
    Completeness,
    Delegation,
    Employment,
    Forum,
    Function,
    Fund,
    LegalBasis,
    Place,
    Post,
)
from partnerships.queries.authority import ask
from partnerships.queries.delegation_facts import gather_saved
from tests import records
from tests.delegating import edge, joint_committee, open_bases, typed
from tests.queries import counted

TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def today(db):
    open_bases()
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


@pytest.fixture
def services(db):
    return Function.objects.get(code="community_services")


def draft(client, world, **changes):
    """Draft one by the form; gives it and the answer."""
    answer = client.post("/delegations/new/", typed(world, **changes))
    return Delegation.objects.order_by("-pk").first(), answer


def status_of(forum, function, amount=700_000, on=date(2026, 11, 2)):
    return ask(forum, function, amount=amount, on=on).answer.status


# --- From draft to end --------------------------------------------------------------------------------------------


def test_a_delegation_gives_authority_only_when_approved_and_in_force(officer, world, sign_in, services):
    made, _ = draft(officer, world, limit="800,000")
    board = world.place_board
    assert (made.status, made.drafted_by) == ("draft", world.user("officer"))
    assert status_of(board, services) == Status.EXCEEDS_LIMIT
    assert officer.post(f"/delegations/{made.pk}/approve/").status_code == 403
    sign_in("executive").post(f"/delegations/{made.pk}/approve/")
    assert status_of(board, services) == Status.EXCEEDS_LIMIT
    sign_in("officer").post(f"/delegations/{made.pk}/bring_into_force/")
    assert status_of(board, services) == Status.WITHIN_AUTHORITY
    executive = sign_in("executive")
    executive.post(f"/delegations/{made.pk}/suspend/why/", {"reason": "The reports stopped."})
    assert status_of(board, services) == Status.EXCEEDS_LIMIT
    executive.post(f"/delegations/{made.pk}/resume/")
    assert status_of(board, services) == Status.WITHIN_AUTHORITY
    executive.post(f"/delegations/{made.pk}/end/day/", day("last_day", date(2026, 11, 30)))
    assert status_of(board, services, on=date(2026, 11, 30)) == Status.WITHIN_AUTHORITY
    assert status_of(board, services, on=date(2026, 12, 1)) == Status.EXCEEDS_LIMIT
    kinds = LedgerEntry.objects.filter(record=ledger.record_name(made)).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "delegation.drafted", "delegation.approved", "delegation.in_force", "delegation.suspended",
        "delegation.resumed", "delegation.ended",
    ]  # fmt: skip


def day(name, on):
    return {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}


def test_a_draft_is_kept_with_what_it_still_needs(officer, world):
    made, answer = draft(officer, world, basis="", instrument="", assurance="", starts_day="", starts_month="",
                         starts_year="")  # fmt: skip
    assert answer.status_code == 302
    page = officer.get(f"/delegations/{made.pk}/").content.decode()
    for words in ("The legal basis", "The document and section", "The first day", "is kept satisfied"):
        assert words in page
    assert f"/delegations/{made.pk}/edit/#id_basis" in page


def test_approving_is_refused_with_every_reason_and_changes_nothing(officer, world, sign_in):
    made, _ = draft(officer, world, basis="", instrument="", limit="900,000", from_forum=finance().pk)
    page = sign_in("executive").post(f"/delegations/{made.pk}/approve/", follow=True).content.decode()
    made, _ = draft(sign_in("officer"), world, basis="", instrument="", limit="3,000,000", from_forum=finance().pk)
    page = sign_in("executive").post(f"/delegations/{made.pk}/approve/", follow=True).content.decode()
    for words in ("The legal basis", "The document and section", "£2,000,000 for the whole life of a commitment"):
        assert words in page
    made.refresh_from_db()
    assert made.status == "draft"


def finance():
    return Forum.objects.get(name="Finance and commissioning committee")


def test_whoever_wrote_a_draft_does_not_approve_it(world, sign_in, officer):
    made, _ = draft(officer, world)
    Delegation.objects.filter(pk=made.pk).update(drafted_by=world.user("executive"))
    page = sign_in("executive").post(f"/delegations/{made.pk}/approve/", follow=True).content.decode()
    assert "Another person approves it than the one who wrote it" in page


def test_a_draft_is_edited_and_withdrawn_and_never_public(officer, world, sign_in):
    made, _ = draft(officer, world)
    form = officer.get(f"/delegations/{made.pk}/edit/").content.decode()
    assert "scheme of delegation 4.3" in form and "50,000" in form
    officer.post(f"/delegations/{made.pk}/edit/", typed(world, instrument="scheme of delegation 5"))
    made.refresh_from_db()
    assert made.instrument == "scheme of delegation 5"
    officer.post(f"/delegations/{made.pk}/withdraw/")
    made.refresh_from_db()
    assert made.status == "withdrawn"
    assert "withdrawn" in officer.get(f"/delegations/{made.pk}/").content.decode()
    assert sign_in("secretary").get(f"/delegations/{made.pk}/").status_code == 404


def test_what_was_approved_is_not_edited(officer, world, services):
    held = Delegation.objects.get(to_forum=world.place_board)
    assert officer.get(f"/delegations/{held.pk}/edit/").status_code == 302
    officer.post(f"/delegations/{held.pk}/edit/", typed(world))
    held.refresh_from_db()
    assert held.instrument == "terms of reference, section 6"


def test_a_review_is_a_dated_event_and_sets_the_next_one(officer, world):
    held = Delegation.objects.get(to_forum=world.place_board)
    sent = {
        "outcome": "kept",
        "note": "Used well.",
        **day("held_on", TODAY),
        **day("next_review_on", date(2027, 10, 1)),
    }
    page = officer.post(f"/delegations/{held.pk}/reviews/new/", sent, follow=True).content.decode()
    held.refresh_from_db()
    assert held.review_on == date(2027, 10, 1)
    assert "reviewed: kept as it is" in page and "Used well." in page


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"held_on": TODAY + timedelta(days=1)}, "recorded once it was held"),
        ({"next_review_on": TODAY}, "comes after this one"),
    ],
)
def test_a_review_that_cannot_be_is_refused(officer, world, changes, says):
    held = Delegation.objects.get(to_forum=world.place_board)
    days = {"held_on": TODAY} | changes
    sent = {"outcome": "kept"} | {key: value for name, on in days.items() for key, value in day(name, on).items()}
    answer = officer.post(f"/delegations/{held.pk}/reviews/new/", sent)
    assert answer.status_code == 422 and says in answer.content.decode()


def test_a_past_day_is_answered_as_it_was_then(officer, world, sign_in, services):
    held = Delegation.objects.get(to_forum=world.place_board)
    client = sign_in("executive")
    client.post(f"/delegations/{held.pk}/suspend/why/", {"reason": "Reports are late."})
    with time_machine.travel(date(2026, 11, 20), tick=False):
        sign_in("executive").post(f"/delegations/{held.pk}/resume/")
    board = world.place_board
    asked = {
        on: status_of(board, services, 1, on)
        for on in (date(2026, 10, 19), TODAY, date(2026, 11, 19), date(2026, 11, 20))
    }
    assert list(asked.values()) == [
        Status.WITHIN_AUTHORITY, Status.SUSPENDED, Status.SUSPENDED, Status.WITHIN_AUTHORITY,
    ]  # fmt: skip


def test_ending_needs_a_day_between_its_first_and_its_last(world, sign_in):
    held = Delegation.objects.get(to_forum=world.place_board)
    client = sign_in("executive")
    for last, says in ((date(2022, 1, 1), "must not lie before the first"), (date(2030, 1, 1), "brought forward")):
        answer = client.post(f"/delegations/{held.pk}/end/day/", day("last_day", last))
        assert answer.status_code == 422 and says in answer.content.decode()


# --- What stands against a draft ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"to_forum": ""}, "Choose one recipient"),
        ({"ends_day": 1, "ends_month": 1, "ends_year": 2026}, "must not lie before the first"),
        ({"limit": "-5"}, "Limit must be 0 or more"),
        ({"basis": "made_up"}, "Select legal basis from the list"),
        ({"urgent": "on"}, "given to a named post"),
        ({"function": ""}, "Select function"),
    ],
)
def test_what_no_draft_can_be_is_refused_and_keeps_what_was_typed(officer, world, changes, says):
    answer = officer.post("/delegations/new/", typed(world, conditions="Typed with care") | changes)
    page = answer.content.decode()
    assert answer.status_code == 422 and says in page and "Typed with care" in page


def needs(client, world, **changes):
    """What the panel of the form says while this is typed."""
    answer = client.post("/delegations/panel/", typed(world, **changes))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_panel_says_what_approving_would_say(officer, world):
    assert "Nothing stands against it" in needs(officer, world)
    assert "reserved" in needs_of(world, function=Function.objects.get(code="joint_forward_plan"))
    leeds = Place.objects.get(name="Leeds")
    board = world.place_board
    says = {
        "The limit lies above that of Finance and commissioning committee, which is £2,000,000":
            {"from_forum": finance().pk, "limit": "2,000,001"},
        "A place lies outside the area": {"from_forum": board.pk, "to_forum": consultative().pk, "places": [leeds.pk]},
        "only recommends": {"to_forum": consultative().pk},
        "goes to somebody other": {"from_forum": board.pk},
        "not open to": {"basis": "s75"},
        "Only a power for urgent cases has a time": {"ratify_within": "5"},
        "An order transfers a function": {"model": "fully_devolved"},
    }  # fmt: skip
    for words, changes in says.items():
        assert words in needs(officer, world, **changes), words


def test_funds_of_one_name_are_told_apart_by_their_arrangement(officer, world):
    home = Arrangement.objects.get()
    Fund.objects.create(arrangement=home, host=world.icb, name="Better Care Fund", year=2026, kind="pooled")
    page = officer.get("/delegations/new/").content.decode()
    assert f"Better Care Fund 2026/27 ({home.name})" in page


def test_a_basis_that_is_not_open_is_told_by_its_name(officer, world):
    made, _ = draft(officer, world, basis="s75")
    LegalBasis.objects.filter(code="s75").update(title="Section 75 arrangement")
    page = officer.get(f"/delegations/{made.pk}/").content.decode()
    assert "Section 75 arrangement" in page and "does not open it to these two" in page


def test_the_panel_also_says_what_the_checks_would_say(officer, world):
    says = needs(officer, world, ends_day=30, ends_month=11, ends_year=2026)
    assert "Nothing stands against it" in says
    assert "The governance checks would also say" in says and "30\xa0November 2026" in says


def test_without_a_limit_only_where_the_source_has_none(officer, world):
    assert "has one of £2,000,000" in needs(officer, world, from_forum=finance().pk, limit="")
    assert "Nothing stands against it" in needs(officer, world, limit="")


def consultative():
    return Forum.objects.get(name="Leeds partnership forum")


def needs_of(world, **fields):
    """What stands against a draft that was made outside the form."""
    source = fields.pop("source", world.icb)
    target = fields.pop("target", world.place_board)
    values = {"basis": "internal_scheme", "starts": TODAY, "assurance": "Reports."} | fields
    made = edge(source, target, status="draft", **values)
    return " | ".join(reason.text for reason in delegation_is_sound(gather_saved(made, TODAY)))


def test_a_body_that_does_not_hold_a_function_cannot_pass_it_on_unless_it_was_given_it(world, services):
    trust, committee = world.body("RCF"), Forum.objects.create(
        name="Airedale committee", host=world.body("RCF"), form="committee", level="place", starts=date(2024, 1, 1)
    )  # fmt: skip
    says = needs_of(world, source=trust, target=committee)
    assert "By law this function belongs to an integrated care board" in says
    edge(world.icb, trust)
    assert needs_of(world, source=trust, target=committee) == ""


def test_passing_on_to_another_body_needs_the_permission_of_the_first(world, services):
    trust, other = world.body("RCF"), world.body("RR8")
    given = edge(world.icb, trust)
    passed = {"source": trust, "target": other, "basis": "s65z5"}
    LegalBasis.objects.create(code="s65z5", owner_kind="trust", recipient_kind="trust", title="s", source="s", mark="P")
    assert "did not permit it to be passed on" in needs_of(world, **passed)
    Delegation.objects.filter(pk=given.pk).update(onward_delegation_permitted=True)
    assert needs_of(world, **passed) == ""


def test_limits_are_compared_with_those_of_the_source_not_with_what_is_left_of_the_year(world):
    Delegation.objects.filter(to_forum=finance()).update(limit_kind="annual")
    assert needs_of(world, from_forum=finance(), limit=2_000_000, limit_kind="annual") == ""
    says = needs_of(world, from_forum=finance(), limit=2_000_001)
    assert says.endswith("which is £2,000,000 a financial year")


def test_an_order_may_transfer_a_function_that_the_catalogue_offers_on_other_bases_only(world, services):
    other = world.body("QOP")
    assert "transfer_order" not in services.bases
    assert needs_of(world, target=other, basis="transfer_order", model="fully_devolved") == ""
    assert "only an order does" in needs_of(world, target=other, basis="s65z5", model="fully_devolved")
    assert "only an order does" in needs_of(world, target=other, basis="transfer_order")


def test_a_joint_committee_takes_delegations_of_its_members_alone(world):
    joint = joint_committee(world, "E08000032", "RCF")
    assert "has no voting member" in needs_of(world, target=joint, basis="s65z6")
    assert needs_of(world, target=joint_committee(world, "QWO", "RCF"), basis="s65z6") == ""


def test_an_individual_is_employed_by_whoever_delegates(world):
    holder = world.person("chair")
    post = Post.objects.create(organisation=world.icb, title="Place director", holder=holder, starts=date(2024, 1, 1))
    assert "not recorded as employed by" in needs_of(world, target=post)
    Employment.objects.create(person=holder, organisation=world.icb, starts=date(2024, 1, 1))
    assert needs_of(world, target=post) == ""
    elsewhere = Post.objects.create(organisation=world.body("RCF"), title="Director", starts=date(2024, 1, 1))
    assert "must be in its employment" in needs_of(world, target=elsewhere, basis="s65z5")


def test_a_power_for_urgent_cases_says_when_it_must_be_ratified(world):
    post = Post.objects.create(organisation=world.icb, title="Chair", starts=date(2024, 1, 1))
    assert "Within how many working days" in needs_of(world, target=post, urgent=True)
    assert needs_of(world, target=post, urgent=True, ratify_within=10) == ""


def test_a_fund_shares_its_limit(world):
    arrangement = Arrangement.objects.get(name="Bradford District and Craven Partnership")
    fund = Fund.objects.create(arrangement=arrangement, kind="pooled", name="Better Care Fund", year=2026, limit=100,
                               host=world.icb)  # fmt: skip
    assert "above what the fund allows, £100" in needs_of(world, fund=fund, limit=101)
    assert needs_of(world, fund=fund, limit=100) == ""


# --- Lists and pages ----------------------------------------------------------------------------------------------


def test_a_draft_is_its_bodys_own_until_it_is_approved(officer, world, sign_in):
    made, _ = draft(officer, world)
    address = f"/delegations/{made.pk}/"
    for person, status in (("officer", 200), ("executive", 200), ("secretary", 404), ("other_officer", 404)):
        client = sign_in(person)
        assert client.get(address).status_code == status, person
        listed = "scheme of delegation 4.3" in client.get("/delegations/?system=").content.decode()
        assert listed is (status == 200), person
    sign_in("executive").post(f"{address}approve/")
    assert sign_in("secretary").get(address).status_code == 200


def test_the_list_is_filtered_by_what_ends_soon_and_by_forum(officer, world):
    Delegation.objects.filter(to_forum=world.place_board).update(ends=TODAY + timedelta(days=30))
    page = officer.get("/delegations/?due=expiring").content.decode()
    assert "section 6" in page and "scheme of delegation 4.2" not in page
    page = officer.get(f"/delegations/?forum={finance().pk}").content.decode()
    assert "section 6" in page and "scheme of delegation 4.2" in page
    page = officer.get("/delegations/?due=review").content.decode()
    assert "section 6" not in page


def asked_by(client, address):
    """How many queries a page takes."""
    with counted() as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_pages_cost_the_same_for_few_and_many(officer, world, services):
    held = Delegation.objects.get(to_forum=world.place_board)
    made, _ = draft(officer, world)
    own = [f"/delegations/{row.pk}/" for row in (held, made)]
    addresses = [*own, "/functions/", "/functions/community_services/", "/delegations/?due=expiring"]
    before = [asked_by(officer, address) for address in addresses]
    for number in range(30):
        forum = Forum.objects.create(name=f"Board {number}", host=world.icb, form="committee", level="place",
                                     starts=date(2024, 1, 1))  # fmt: skip
        edge(world.icb, forum, basis="internal_scheme", from_forum=world.place_board)
    assert [asked_by(officer, address) for address in addresses] == before
    assert max(before) <= 15, before


def test_what_is_left_of_an_annual_limit_stands_on_the_page(officer, world, services):
    held = Delegation.objects.get(to_forum=world.place_board)
    Delegation.objects.filter(pk=held.pk).update(limit_kind="annual")
    diagnostics = Function.objects.get(code="community_diagnostics")
    for amount, on in ((120_000, date(2026, 9, 1)), (5_000, date(2026, 3, 31))):
        records.decision(world.place_board, on, amount=amount, function=diagnostics)
    page = officer.get(f"/delegations/{held.pk}/").content.decode()
    assert "£380,000</strong> of £500,000" in page and "have used £120,000" in page
    assert status_of(world.place_board, services, 380_000) == Status.WITHIN_AUTHORITY
    assert status_of(world.place_board, services, 380_001) == Status.EXCEEDS_LIMIT


# --- Functions and declarations -----------------------------------------------------------------------------------


def test_a_function_says_who_holds_it_and_where(officer, world):
    page = officer.get("/functions/community_diagnostics/").content.decode()
    assert "Commissioning community health services" in page and "Bradford place board" in page
    assert officer.get("/functions/nothing/").status_code == 404
    listed = officer.get("/functions/?kind=reserved").content.decode()
    assert "Agreeing the joint forward plan" in listed and "community diagnostics" not in listed
    assert officer.get("/functions/?format=csv").status_code == 200


def test_a_body_declares_its_register_complete(officer, world):
    officer.post("/organisations/QWO/declare/", {"family": "strategy", **day("complete_from", date(2026, 4, 1))})
    assert Completeness.objects.get(organisation=world.icb, family="strategy").complete_from == date(2026, 4, 1)
    ahead = officer.post(
        "/organisations/QWO/declare/", {"family": "strategy", **day("complete_from", date(2027, 4, 1))}
    )
    assert ahead.status_code == 422 and "not ahead" in ahead.content.decode()


@pytest.mark.parametrize("address", ["/delegations/new/", "/organisations/QWO/declare/"])
def test_other_roles_are_told_who_can(sign_in, address):
    for person in ("chair", "region_lead", "auditor", "stranger"):
        answer = sign_in(person).get(address)
        assert answer.status_code == 403 and "This can be done by" in answer.content.decode()


def test_an_officer_of_another_system_drafts_nothing_here(sign_in, world):
    client = sign_in("other_officer")
    assert client.get("/organisations/QWO/declare/").status_code == 403
    assert "Select body whose authority is passed on" in client.post("/delegations/new/", typed(world)).content.decode()
