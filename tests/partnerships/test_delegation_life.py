"""The dates of a delegation: approved, brought into force, ended; what never came into force never gave authority."""

from datetime import date, timedelta

import pytest
import time_machine

from partnerships.authority import Status
from partnerships.delegation_guards import delegation_is_sound
from partnerships.models import Delegation, DelegationReview, Function, Post, Succession
from partnerships.queries.authority import ask
from partnerships.queries.check_facts import facts_for
from partnerships.queries.delegation_facts import gather_saved
from tests.delegating import edge, open_bases, typed

TODAY = date(2026, 10, 20)
APPROVED = TODAY + timedelta(days=1)
IN_FORCE = TODAY + timedelta(days=2)


@pytest.fixture(autouse=True)
def today(db):
    open_bases()
    with time_machine.travel(TODAY, tick=False):
        yield


def day(name, on):
    return {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}


def drafted(sign_in, world, **changes):
    """A draft to the place board that would let it decide on more than it may."""
    sign_in("officer").post("/delegations/new/", typed(world, limit="800,000", **changes))
    return Delegation.objects.order_by("-pk").first()


def approved(sign_in, world, **changes):
    made = drafted(sign_in, world, **changes)
    with time_machine.travel(APPROVED, tick=False):
        sign_in("executive").post(f"/delegations/{made.pk}/approve/")
    return made


def in_force(sign_in, world, **changes):
    made = approved(sign_in, world, **changes)
    with time_machine.travel(IN_FORCE, tick=False):
        sign_in("officer").post(f"/delegations/{made.pk}/bring_into_force/")
    return made


def status_on(world, on, amount=700_000):
    function = Function.objects.get(code="community_services")
    return ask(world.place_board, function, amount=amount, on=on).answer.status


def page_of(client, made):
    return client.get(f"/delegations/{made.pk}/").content.decode().replace("\xa0", " ")


def test_a_delegation_that_ends_before_it_came_into_force_gave_authority_on_no_day(sign_in, world):
    made = approved(sign_in, world, **day("ends", date(2027, 3, 31)))
    client = sign_in("executive")
    form = client.get(f"/delegations/{made.pk}/end/day/").content.decode()
    assert "It never came into force, so it ends at once" in form and "Last day" not in form
    page = client.post(f"/delegations/{made.pk}/end/day/", follow=True).content.decode()
    made.refresh_from_db()
    assert (made.status, made.in_force_on, made.ended_on) == ("ended", None, TODAY)
    assert made.ends == date(2027, 3, 31)
    assert "Ended. It never came into force." in page and "It ended before it came into force" in page
    for on in (TODAY, date(2026, 11, 2), date(2027, 3, 31)):
        assert status_on(world, on) == Status.EXCEEDS_LIMIT
    Delegation.objects.exclude(pk=made.pk).update(function=Function.objects.get(code="joint_forward_plan"))
    assert status_on(world, date(2026, 11, 2)) == Status.EXPIRED


def test_a_draft_of_a_contract_is_drawn_as_what_it_would_be(sign_in, world):
    typed_in = typed(world, to_forum="", to_organisation=world.body("RCF").pk, basis="contract")
    panel = sign_in("officer").post("/delegations/panel/", typed_in).content.decode()
    assert "edge loose" in panel and "would spend within it" in panel and "would hold it" not in panel


def test_one_that_never_came_into_force_is_listed_only_among_what_is_over(sign_in, world):
    made = approved(sign_in, world)
    client = sign_in("executive")
    client.post(f"/delegations/{made.pk}/end/day/")
    assert "scheme of delegation 4.3" not in client.get("/delegations/").content.decode()
    listed = client.get("/delegations/?closed=on").content.decode()
    assert "scheme of delegation 4.3" in listed and "never in force" in listed


def test_one_in_force_is_ended_only_with_a_last_day(sign_in, world):
    made = in_force(sign_in, world)
    answer = sign_in("executive").post(f"/delegations/{made.pk}/end/day/", {"last_day_day": ""})
    made.refresh_from_db()
    assert answer.status_code == 422 and made.status == "in_force"


def test_its_dates_say_when_it_was_approved_when_it_came_into_force_and_when_it_was_ended(sign_in, world):
    made = in_force(sign_in, world)
    sign_in("executive").post(f"/delegations/{made.pk}/end/day/", day("last_day", date(2026, 12, 31)))
    made.refresh_from_db()
    assert (made.approved_on, made.approved_by, made.in_force_on) == (APPROVED, world.user("executive"), IN_FORCE)
    page = page_of(sign_in("officer"), made)
    told = ["31 December 2026</dt><dd>last day", "22 October 2026</dt><dd>brought into force",
            f"21 October 2026</dt><dd>approved by {world.user('executive').name} for ",
            "20 October 2026</dt><dd>its end was recorded"]  # fmt: skip
    for words in told:
        assert words in page, words


def test_who_approved_it_is_named_to_those_who_read_audit_trails_and_to_others_its_body(sign_in, world):
    made = in_force(sign_in, world)
    name = world.user("executive").name
    assert f"approved by {name}" in page_of(sign_in("officer"), made)
    page = page_of(sign_in("partner"), made)
    assert name not in page.split("Its dates")[1] and f"approved by {world.icb.label}" in page


def test_a_draft_of_days_that_are_past_is_marked_and_can_be_approved(sign_in, world):
    past = day("starts", date(2026, 1, 1)) | day("ends", date(2026, 2, 1))
    words = "Its last day has passed: it gives no authority today."
    assert words in sign_in("officer").post("/delegations/panel/", typed(world, **past)).content.decode()
    made = drafted(sign_in, world, **past)
    page = page_of(sign_in("executive"), made)
    assert words in page and "Nothing stands against approving it" in page


def test_a_first_day_before_today_is_marked(sign_in, world):
    words = "Its first day lies before today"
    panel = lambda **changes: sign_in("officer").post("/delegations/panel/", typed(world, **changes)).content.decode()  # noqa: E731
    assert words in panel(**day("starts", TODAY - timedelta(days=1)))
    assert words not in panel(**day("starts", TODAY))


# --- Where the authority stops ------------------------------------------------------------------------------------


def test_the_page_marks_the_step_at_which_the_authority_stops(sign_in, world):
    trust, other = world.body("RCF"), world.body("RR8")
    edge(world.icb, trust, instrument="agreement with the trust")
    passed = edge(trust, other, instrument="agreement between the trusts")
    page = page_of(sign_in("officer"), passed)
    assert "The authority stops here: </span>agreement between the trusts" in page
    assert "It gives no authority today: passed on without permission." in page
    Delegation.objects.filter(instrument="agreement with the trust").update(onward_delegation_permitted=True)
    page = page_of(sign_in("officer"), passed)
    assert "The authority stops here" not in page and "It gives no authority" not in page


def test_the_page_marks_a_step_before_it_that_has_expired(sign_in, world):
    trust = world.body("RCF")
    post = Post.objects.create(organisation=trust, title="Director", starts=date(2024, 1, 1))
    above = edge(world.icb, trust, instrument="agreement with the trust", ends=TODAY - timedelta(days=1))
    inside = edge(trust, post, basis="internal_scheme")
    page = page_of(sign_in("officer"), inside)
    assert "The authority stops here: </span>agreement with the trust" in page
    assert "It gives no authority today: delegation expired." in page
    Delegation.objects.filter(pk=above.pk).update(ends=TODAY)
    assert "It gives no authority" not in page_of(sign_in("officer"), inside)


def test_a_body_that_never_got_the_function_is_told(sign_in, world):
    page = page_of(sign_in("officer"), edge(world.body("RCF"), world.body("RR8")))
    assert "how it came to hold it is not recorded" in page
    assert "the register does not show how" in page


def test_a_contract_is_drawn_as_what_it_is(sign_in, world):
    made = edge(world.icb, world.body("RCF"), basis="contract", limit=40_000_000, limit_kind="annual")
    page = page_of(sign_in("officer"), made)
    assert "spend on this function by a contract, up to £40,000,000 a financial year, without an end date." in page
    assert f"The function stays with {world.icb.label}." in page
    assert "passed this function to" not in page and "edge loose" in page and "spends up to £40,000,000" in page
    assert "It gives no authority" not in page


# --- Reviews and novations ----------------------------------------------------------------------------------------


def test_a_review_before_it_began_is_refused_and_keeps_what_was_typed(sign_in, world):
    held = Delegation.objects.get(to_forum=world.place_board)
    sent = {"outcome": "kept", "note": "Typed with care", **day("held_on", held.starts - timedelta(days=1))}
    answer = sign_in("officer").post(f"/delegations/{held.pk}/reviews/new/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and "once the delegation has begun" in page and "Typed with care" in page
    assert not held.reviews.exists()


def test_the_checks_read_the_last_review(world):
    held = Delegation.objects.get(to_forum=world.place_board)
    for on, outcome in ((date(2026, 5, 1), "kept"), (date(2026, 9, 1), "changed"), (date(2026, 4, 1), "kept")):
        DelegationReview.objects.create(delegation=held, held_on=on, outcome=outcome)
    (row,) = (each for each in facts_for(world.icb, TODAY).edges if each.id == held.pk)
    assert (row.outcome, row.reviewed_on) == ("changed", date(2026, 9, 1))


def test_only_the_delegation_of_a_body_that_came_before_is_carried_on(sign_in, world):
    before, other = world.body("RCF"), world.body("RR8")
    old = edge(before, other, instrument="scheme of the old body")
    officer = sign_in("officer")
    assert "Carries on" not in officer.get("/delegations/new/").content.decode()
    foreign = edge(world.icb, other, status="draft", novates=old, assurance="Reports.")
    says = lambda: [reason.field for reason in delegation_is_sound(gather_saved(foreign, TODAY))]  # noqa: E731
    assert "novates" in says()
    Succession.objects.create(predecessor=before, successor=world.icb, kind="merger", effective_on=date(2026, 4, 1))
    assert "Scheme of the old body of" in officer.get("/delegations/new/").content.decode()
    assert "novates" not in says()
    assert drafted(sign_in, world, novates=old.pk).novates == old
