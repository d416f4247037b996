"""Each governance check has a smallest example in which it fires, and the nearest one in which it does not."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from partnerships import checks
from partnerships.authority import Node
from partnerships.checks import (
    CHECKS,
    Body,
    Employment,
    Forum,
    Link,
    Member,
    Party,
    Place,
    Terms,
    Unratified,
)
from tests.partnerships.checks_world import (
    BOARD,
    BRADFORD,
    CARERS,
    CHIEF,
    COUNCIL,
    DIRECTOR,
    FINANCE,
    FROM_COUNCIL,
    ICB,
    ICP,
    JOINT,
    LEAD,
    LEEDS,
    ON,
    OTHER_ICB,
    PARTNERSHIP,
    PLACE_BOARD,
    PROVIDERS,
    SECOND,
    SECOND_TRUST,
    SOUND,
    TALKS,
    THEIR_DIRECTOR,
    TO_DIRECTOR,
    TO_PLACE,
    TOMORROW,
    TRUST,
    YESTERDAY,
    codes,
    edge,
    found,
    put,
    sound,
    without,
)

TO_TRUST = edge(110, Node.body(ICB), Node.body(TRUST), basis="s65z5")
ONWARD = edge(111, Node.body(TRUST), Node.body(SECOND_TRUST), basis="s65z5", body=TRUST)


def with_edges(*edges, **more):
    """The sound system with these delegations besides."""
    return sound(edges=(*SOUND.edges, *edges), **more)


def one(facts, code):
    """The only finding, by this check."""
    (finding,) = found(facts)
    assert finding.code == code
    return finding


def test_in_a_sound_system_nothing_is_found():
    assert found(SOUND) == []


# --- Delegations --------------------------------------------------------------------------------------------------


def test_what_was_delegated_is_not_delegated_again_without_permission():
    finding = one(with_edges(TO_TRUST, ONWARD), "double_delegation")
    assert finding.records == (("delegation", 111),)
    assert finding.system == ICB
    assert finding.text == (
        "Airedale passes commissioning community services on to Yorkshire Ambulance, but what was delegated to "
        "Airedale may not be delegated again."
    )
    assert codes(with_edges(TO_TRUST._replace(onward=True), ONWARD)) == []


def test_a_part_is_not_passed_on_where_the_whole_may_not_be():
    part = ONWARD._replace(function="community_diagnostics")
    assert codes(with_edges(TO_TRUST, part)) == ["double_delegation"]


def test_inside_one_body_a_delegated_function_may_go_on():
    committee = Forum(SECOND, "Airedale committee", TRUST, "committee", None, FINANCE)
    inside = edge(112, Node.body(TRUST), Node.forum(SECOND), body=TRUST)
    bases = (*SOUND.bases, checks.Basis("internal_scheme", "trust", "committee", True))
    terms = (*SOUND.terms, Terms(170, SECOND, 1, YESTERDAY, None, 1, True))
    facts = with_edges(TO_TRUST, inside, forums=(*SOUND.forums, committee), bases=bases, terms=terms)
    assert codes(facts) == []


def test_a_transferred_function_may_be_delegated_by_its_new_owner():
    moved = TO_TRUST._replace(model="fully_devolved", target=Node.body(OTHER_ICB), basis="transfer_order")
    onward = edge(113, Node.body(OTHER_ICB), Node.body(TRUST), body=OTHER_ICB, basis="s65z5")
    bases = (*SOUND.bases, checks.Basis("transfer_order", "icb", "icb"))
    assert codes(with_edges(moved, onward, bases=bases)) == []


def test_a_circle_of_delegations_is_told_once():
    back = edge(114, Node.forum(PLACE_BOARD), Node.forum(FINANCE), limit=Decimal(1))
    finding = one(with_edges(back), "loop")
    assert finding.records == (("delegation", 102), ("delegation", 114))
    assert (
        finding.text
        == "Bradford place board and Finance committee pass commissioning community services round in a circle."
    )
    assert codes(with_edges(back._replace(ends=YESTERDAY, status="ended"))) == []


def test_a_circle_may_close_through_a_part_of_the_function():
    back = edge(114, Node.forum(PLACE_BOARD), Node.forum(FINANCE), limit=Decimal(1), function="community_diagnostics")
    assert one(with_edges(back), "loop").records == (("delegation", 102), ("delegation", 114))


def test_a_board_that_delegates_to_its_own_body_delegates_to_itself():
    own = edge(115, Node.forum(BOARD), Node.body(ICB), basis="s65z5")
    assert one(with_edges(own), "loop").text == "West Yorkshire ICB passes commissioning community services to itself."


def test_a_limit_is_not_above_the_delegators_own():
    edges = put(SOUND.edges, 102, limit=Decimal(2_000_001))
    finding = one(sound(edges=edges), "limit_above")
    assert finding.text == (
        "Finance committee passes commissioning community services to Bradford place board up to £2,000,001, but may "
        "itself decide only up to £2,000,000."
    )
    assert codes(sound(edges=put(SOUND.edges, 102, limit=Decimal(2_000_000)))) == []


def test_no_limit_is_above_every_limit():
    assert codes(sound(edges=put(SOUND.edges, 102, limit=None))) == ["limit_above"]
    assert codes(sound(edges=put(put(SOUND.edges, 102, limit=None), 101, limit=None))) == []


@pytest.mark.parametrize(("own", "given"), [(False, True), (True, False)])
def test_a_limit_is_above_one_of_the_other_kind_too(own, given):
    """Neither a year nor a single commitment may exceed what its maker may decide, whichever way that is counted."""
    edges = put(put(SOUND.edges, 101, annual=own), 102, limit=Decimal(2_000_001), annual=given)
    words = {False: "£2,000,001, but may itself decide only up to £2,000,000 a year.",
             True: "£2,000,001 a year, but may itself decide only up to £2,000,000."}  # fmt: skip
    assert one(sound(edges=edges), "limit_above").text.endswith(words[given])
    assert codes(sound(edges=put(edges, 102, limit=Decimal(2_000_000)))) == []


def test_a_reserved_function_is_not_delegated_but_may_be_transferred():
    reserved = edge(116, Node.body(ICB), Node.forum(FINANCE), function="joint_forward_plan")
    assert codes(with_edges(reserved)) == ["reserved_delegated"]
    assert codes(with_edges(reserved._replace(model="seat_at_table"))) == []


def test_a_basis_must_be_open_to_owner_and_recipient():
    edges = put(SOUND.edges, 101, basis="s65z5")
    finding = one(sound(edges=edges), "basis_not_open")
    assert finding.text.endswith(
        "“Arrangement under section 65Z5”, which is not open from an integrated care board to a committee."
    )
    assert codes(with_edges(TO_TRUST)) == []


def test_a_basis_must_be_one_of_the_functions():
    assert codes(sound(edges=put(SOUND.edges, 101, basis="s75"))) == ["basis_not_open"]
    assert (
        "is not one on which this function may be delegated"
        in found(sound(edges=put(SOUND.edges, 101, basis="nothing")))[0].text
    )


def test_a_scheme_inside_a_body_is_no_basis_to_go_out_of_it():
    out = edge(117, Node.body(ICB), Node.forum(TRUST_COMMITTEE), basis="internal_scheme")
    committee = Forum(
        TRUST_COMMITTEE, "Airedale committee", TRUST, "individual_executive", None, FINANCE, THEIR_DIRECTOR
    )
    facts = with_edges(out, forums=(*SOUND.forums, committee))
    assert [each.records for each in found(facts, "basis_not_open")] == [(("delegation", 117),)]
    assert found(with_edges(out._replace(basis="s65z5"), forums=(*SOUND.forums, committee)), "basis_not_open") == []


TRUST_COMMITTEE = 18


def test_an_expired_delegation_is_told_until_it_is_ended_or_renewed():
    expired = TO_DIRECTOR._replace(ends=YESTERDAY)
    edges = put(SOUND.edges, 103, ends=YESTERDAY)
    assert one(sound(edges=edges), "expired").records == (("delegation", 103),)
    assert codes(sound(edges=put(edges, 103, status="ended"))) == []
    assert codes(sound(edges=(*edges, expired._replace(id=118, ends=None)))) == []
    assert codes(sound(edges=put(SOUND.edges, 103, ends=ON + timedelta(days=61)))) == []


def test_an_expired_delegation_is_carried_on_only_where_another_one_holds():
    edges = put(SOUND.edges, 102, ends=YESTERDAY)
    elsewhere = TO_PLACE._replace(id=118, places=frozenset({LEEDS}))
    assert one(sound(edges=(*edges, elsewhere)), "expired").records == (("delegation", 102),)
    both = TO_PLACE._replace(id=119, places=frozenset({LEEDS, BRADFORD}))
    everywhere = TO_PLACE._replace(id=119, places=frozenset())
    for carried in (both, everywhere, both._replace(status="suspended")):
        assert codes(sound(edges=(*edges, carried))) == []
    assert codes(sound(edges=(*edges, elsewhere, TO_PLACE._replace(id=119)))) == []


def test_an_expired_delegation_of_the_whole_area_is_not_carried_on_by_one_of_a_place():
    edges = put(SOUND.edges, 103, ends=YESTERDAY)
    part = TO_DIRECTOR._replace(id=118, places=frozenset({BRADFORD}))
    assert codes(sound(edges=(*edges, part))) == ["expired"]


def test_what_is_not_in_force_yet_carries_nothing_on():
    edges = put(SOUND.edges, 103, ends=YESTERDAY)
    assert codes(sound(edges=(*edges, TO_DIRECTOR._replace(id=118, status="approved")))) == ["expired"]
    assert codes(sound(edges=(*edges, TO_DIRECTOR._replace(id=118, starts=TOMORROW)))) == ["expired"]


@pytest.mark.parametrize("days", [0, 60])
def test_a_delegation_that_ends_within_sixty_days_is_told(days):
    assert codes(sound(edges=put(SOUND.edges, 103, ends=ON + timedelta(days=days)))) == ["expiring"]


def test_an_overdue_review_is_told():
    assert codes(sound(edges=put(SOUND.edges, 103, review_on=YESTERDAY))) == ["review_overdue"]


def test_what_a_review_asked_for_is_done_within_a_month():
    asked = put(SOUND.edges, 103, outcome="ended", reviewed_on=ON - timedelta(days=31))
    assert one(sound(edges=asked), "review_unanswered").text == (
        "The review on 14 December 2026 asked for the delegation of commissioning community services to Director of "
        "finance to be ended, and it still stands as it was."
    )
    assert codes(sound(edges=put(asked, 103, outcome="changed"))) == ["review_unanswered"]
    assert codes(sound(edges=put(asked, 103, outcome="kept"))) == []
    assert codes(sound(edges=put(asked, 103, reviewed_on=ON - timedelta(days=30)))) == []
    assert codes(sound(edges=put(asked, 103, status="ended"))) == []
    assert codes(sound(edges=put(SOUND.edges, 103, review_on=ON))) == []


def test_a_vacant_post_holds_no_authority():
    finding = one(sound(posts=put(SOUND.posts, DIRECTOR, holder=None)), "vacant_post")
    assert finding.records == (("delegation", 103), ("post", DIRECTOR))
    assert codes(sound(posts=put(SOUND.posts, DIRECTOR, ends=YESTERDAY))) == ["vacant_post"]
    assert codes(sound(posts=put(SOUND.posts, DIRECTOR, ends=ON))) == []
    assert codes(sound(posts=put(SOUND.posts, DIRECTOR, holder=None), edges=without(SOUND.edges, 103))) == []


def test_somebody_elses_employee_does_not_decide_alone():
    to_them = edge(119, Node.body(ICB), Node.post(THEIR_DIRECTOR), basis="s65z5")
    their_holder = put(SOUND.posts, THEIR_DIRECTOR, holder=99)
    assert codes(with_edges(to_them, posts=their_holder)) == ["lead_not_employed"]
    jointly = (*SOUND.employments, Employment(99, ICB))
    assert codes(with_edges(to_them, posts=their_holder, employments=jointly)) == []


def test_an_executive_lead_is_employed_by_a_body_that_delegates():
    facts = sound(employments=(SOUND.employments[0],), posts=(), edges=without(SOUND.edges, 103))
    assert one(facts, "lead_not_employed").records == (("forum", PLACE_BOARD),)
    elsewhere = sound(employments=(*SOUND.employments, Employment(LEAD, COUNCIL)))
    assert codes(elsewhere) == []


def test_who_decides_alone_for_two_bodies_is_employed_by_both():
    alone = put(SOUND.forums, JOINT, form="individual_executive", reports_to=FINANCE)
    members = (*without(SOUND.members, 208), Member(208, JOINT, ICB, "executive_lead", True, LEAD))
    facts = sound(
        forums=alone,
        members=members,
        edges=(*without(without(SOUND.edges, 105), 104), FROM_COUNCIL._replace(basis="x")),
    )
    told = {each.code: each.text for each in found(facts)}
    assert told["lead_not_employed"] == (
        "Bradford joint committee decides for Bradford Council, but no executive lead of it is employed there."
    )
    both = replace(facts, employments=(*SOUND.employments, Employment(LEAD, COUNCIL)))
    assert "lead_not_employed" not in codes(both)


def test_a_joint_committee_rests_on_two_bodies():
    finding = one(sound(edges=without(SOUND.edges, 105)), "one_delegating_body")
    assert finding.text == "Bradford joint committee is a joint committee, but only West Yorkshire ICB delegates to it."
    assert codes(sound(edges=without(without(SOUND.edges, 105), 104))) == []


def test_a_delegation_of_a_closed_body_needs_a_novation():
    bodies = put(SOUND.bodies, COUNCIL, ends=YESTERDAY)
    links = (*SOUND.links, Link(60, ICB))
    after = {COUNCIL: (60,)}
    facts = sound(bodies=(*bodies, Body(60, "local_authority", "New Council")), links=links, successors=after)
    told = [each for each in found(facts) if each.code == "closed_body"]
    assert [each.records for each in told] == [(("delegation", 105),)]
    assert told[0].action == "Let New Council make a delegation that carries it on (novation), then end this one."
    carried_on = FROM_COUNCIL._replace(id=120, body=60, source=Node.body(60), novates=105)
    assert "closed_body" not in codes(replace(facts, edges=(*facts.edges, carried_on)))


def test_a_delegation_to_a_forum_that_ended_is_told():
    told = codes(sound(forums=put(SOUND.forums, PLACE_BOARD, ends=YESTERDAY)))
    assert told == ["closed_body"]
    assert codes(sound(forums=put(SOUND.forums, PLACE_BOARD, ends=ON))) == []


def test_two_forums_with_the_same_function_and_place():
    second = Forum(SECOND, "Bradford second board", ICB, "committee", None, FINANCE)
    terms = (*SOUND.terms, Terms(170, SECOND, 1, YESTERDAY, None, 1, True))
    also = TO_PLACE._replace(id=121, target=Node.forum(SECOND))
    facts = with_edges(also, forums=(*SOUND.forums, second), terms=terms)
    finding = one(facts, "same_function")
    assert finding.text == (
        "Bradford place board and Bradford second board may each decide on commissioning community services of West "
        "Yorkshire ICB for Bradford."
    )
    assert finding.records == (("forum", 13), ("forum", 17), ("delegation", 102), ("delegation", 121))
    elsewhere = replace(facts, edges=(*SOUND.edges, also._replace(places=frozenset({LEEDS}))))
    assert codes(elsewhere) == []


def test_a_forum_for_the_whole_area_and_one_for_a_place_have_that_place_in_common():
    second = Forum(SECOND, "Community committee", ICB, "committee", None, FINANCE)
    terms = (*SOUND.terms, Terms(170, SECOND, 1, YESTERDAY, None, 1, True))
    wide = TO_PLACE._replace(id=121, target=Node.forum(SECOND), places=frozenset())
    finding = one(with_edges(wide, forums=(*SOUND.forums, second), terms=terms), "same_function")
    assert finding.text.startswith("Bradford place board and Community committee may each decide")
    assert finding.text.endswith("for Bradford.")
    above = (wide, TO_PLACE._replace(id=102, source=Node.forum(SECOND)))
    edges = (*without(SOUND.edges, 102), *above)
    assert codes(sound(edges=edges, forums=(*SOUND.forums, second), terms=terms)) == []


def test_a_committee_and_the_one_above_it_are_no_duplication():
    edges = put(SOUND.edges, 102, places=frozenset())
    assert codes(sound(edges=edges)) == []


# --- Forums -------------------------------------------------------------------------------------------------------


def test_a_forum_has_terms_of_reference_unless_it_is_one_person():
    terms = tuple(row for row in SOUND.terms if row.forum != TALKS)
    assert one(sound(terms=terms), "terms_missing").records == (("forum", TALKS),)
    alone = put(SOUND.forums, TALKS, form="lead_provider")
    assert codes(sound(terms=terms, forums=alone)) == []


def test_terms_of_reference_are_reviewed_on_their_day():
    assert codes(sound(terms=put(SOUND.terms, 150, review_on=YESTERDAY))) == ["terms_overdue"]
    assert codes(sound(terms=put(SOUND.terms, 150, review_on=ON))) == []
    newer = Terms(151, TALKS, 2, YESTERDAY, None, 1, True)
    assert codes(sound(terms=(*put(SOUND.terms, 150, review_on=YESTERDAY), newer))) == []
    not_yet = newer._replace(adopted_on=TOMORROW)
    assert codes(sound(terms=(*put(SOUND.terms, 150, review_on=YESTERDAY), not_yet))) == ["terms_overdue"]


def test_terms_of_reference_say_what_happens_when_members_disagree():
    assert codes(sound(terms=put(SOUND.terms, 150, disagreement=False))) == ["no_disagreement_process"]


def test_a_quorum_can_be_met():
    assert codes(sound(terms=put(SOUND.terms, 140, quorum=3))) == ["quorum_too_high"]
    assert codes(sound(terms=put(SOUND.terms, 140, quorum=2))) == []


def test_a_forum_reports_to_somebody():
    forums = put(SOUND.forums, TALKS, reports_to=None)
    assert one(sound(forums=forums), "no_reporting_line").text == "Bradford wellbeing forum reports to nobody."
    assert codes(sound(forums=put(forums, TALKS, arrangement=PARTNERSHIP))) == []
    assert codes(sound(forums=put(forums, TALKS, arrangement=ICP))) == []
    ended = (*put(SOUND.forums, TALKS, reports_to=SECOND), Forum(SECOND, "Old board", ICB, "board", ends=YESTERDAY))
    assert codes(sound(forums=ended)) == ["no_reporting_line"]


def test_providers_are_no_majority_where_services_are_commissioned():
    members = (*SOUND.members, Member(211, PLACE_BOARD, SECOND_TRUST, "member", True, 57))
    finding = one(sound(members=members), "providers_majority")
    assert finding.text == (
        "2 of the 3 voting members of Bradford place board come from bodies that may gain from what it decides on "
        "commissioning community services."
    )
    assert codes(sound(members=put(members, 211, voting=False))) == []
    assert codes(sound(members=put(members, 211, ends=YESTERDAY))) == []


def test_a_body_that_is_not_statutory_sits_on_a_committee_by_consent():
    carers = Member(211, PLACE_BOARD, CARERS, "member", False, 57)
    finding = one(sound(members=(*SOUND.members, carers)), "consent_missing")
    assert finding.text == (
        "Bradford care providers sits on Bradford place board, and no consent of the convening body is recorded."
    )
    assert finding.records == (("forum", PLACE_BOARD), ("organisation", CARERS))
    assert codes(sound(members=(*SOUND.members, carers._replace(consented_on=YESTERDAY)))) == []
    assert codes(sound(members=(*SOUND.members, carers._replace(forum=TALKS, voting=True)))) == []
    assert codes(sound(members=(*SOUND.members, carers._replace(ends=YESTERDAY)))) == []


def test_a_provider_collaborative_is_of_two_trusts():
    alone = tuple(row for row in SOUND.parties if (row.arrangement, row.body) != (PROVIDERS, SECOND_TRUST))
    finding = one(sound(parties=alone), "too_few_trusts")
    assert finding.text == "Acute collaborative is a provider collaborative, and one trust takes part."
    assert finding.records == (("arrangement", PROVIDERS),)
    host = put(SOUND.arrangements, PROVIDERS, host=SECOND_TRUST)
    assert codes(sound(parties=alone, arrangements=host)) == []
    assert codes(sound(parties=alone, arrangements=put(SOUND.arrangements, PROVIDERS, ends=YESTERDAY))) == [
        "no_collaborative"
    ]


def test_urgent_decisions_are_counted_by_forum_and_not_named():
    finding = one(sound(unratified=(Unratified(PLACE_BOARD, 2),)), "urgent_not_ratified")
    assert finding.text == "2 decisions for Bradford place board by urgent power were not ratified by their day."


# --- Bodies and places --------------------------------------------------------------------------------------------


def test_a_place_lies_in_one_live_icb():
    gone = (*SOUND.bodies, Body(60, "icb", "Old ICB", ends=YESTERDAY))
    places = (*SOUND.places, Place(33, "Craven", 60))
    finding = one(sound(bodies=gone, places=places, successors={60: (ICB,)}), "place_without_icb")
    assert (finding.records, finding.system) == ((("place", 33),), ICB)
    assert codes(sound(bodies=gone, places=put(places, 33, ends=YESTERDAY))) == []


def test_a_place_is_not_in_two_live_icbs():
    follows = (*SOUND.places, Place(33, "Bradford and Craven", OTHER_ICB, BRADFORD))
    assert one(sound(places=follows), "place_in_two_icbs").records == (("place", 31), ("place", 33))
    assert codes(sound(places=put(follows, BRADFORD, ends=YESTERDAY), edges=without(SOUND.edges, 102))) == []
    namesake = (*SOUND.places, Place(33, "BRADFORD", OTHER_ICB))
    assert codes(sound(places=namesake)) == []
    shared = {BRADFORD: frozenset({COUNCIL}), 33: frozenset({COUNCIL})}
    assert codes(sound(places=namesake, councils=shared)) == ["place_in_two_icbs"]


@pytest.mark.parametrize(
    ("member", "lacks"),
    [
        (201, "a chair"),
        (202, "a chief executive"),
        (203, "a member from a trust"),
        (204, "a member from general practice"),
        (205, "a member from a council"),
    ],
)
def test_a_board_has_its_minimum_membership(member, lacks):
    finding = one(sound(members=without(SOUND.members, member)), "board_below_minimum")
    assert (finding.text, finding.severity) == (f"ICB board lacks {lacks}.", "error")


def test_an_icb_with_forums_and_no_board_is_named():
    (finding,) = found(sound(forums=without(SOUND.forums, BOARD)), "board_not_recorded")
    assert finding.text == "West Yorkshire ICB has forums in the register and no board."
    assert finding.severity == "warning"


def test_an_icb_has_one_integrated_care_partnership():
    first = next(row for row in SOUND.arrangements if row.kind == "icp")
    another = first._replace(id=99, name="Another")
    (finding,) = found(sound(arrangements=(*SOUND.arrangements, another)), "several_icps")
    assert finding.text == f"West Yorkshire ICB has 2 integrated care partnerships: {first.name} and Another."


def test_a_board_without_any_member_in_the_register_is_a_warning():
    members = tuple(row for row in SOUND.members if row.forum != BOARD)
    assert one(sound(members=members), "board_below_minimum").severity == "warning"


def test_a_deputy_is_no_chief_executive():
    deputy = (Employment(CHIEF, ICB, "Deputy chief executive"), SOUND.employments[1])
    assert codes(sound(employments=deputy)) == ["board_below_minimum"]


def test_an_acute_trust_takes_part_in_a_collaborative():
    others = (Body(60, "trust", "Calder ambulances", "ambulance"), Body(61, "trust", "Aire ambulances", "ambulance"))
    parties = (*(row for row in SOUND.parties if row.arrangement != PROVIDERS), Party(PROVIDERS, 60))
    alone = sound(parties=(*parties, Party(PROVIDERS, 61)), bodies=(*SOUND.bodies, *others))
    assert one(alone, "no_collaborative").records == (("organisation", TRUST),)
    assert codes(replace(alone, bodies=put(alone.bodies, TRUST, subtype="ambulance"))) == []
    represented = (*alone.parties, Party(PROVIDERS, TRUST, "represented"))
    assert codes(replace(alone, parties=represented)) == []
    not_expected = (*alone.parties, Party(PROVIDERS, TRUST, "not_expected"))
    assert codes(replace(alone, parties=not_expected)) == ["no_collaborative"]


def test_an_integrated_care_partnership_has_its_councils():
    parties = tuple(row for row in SOUND.parties if (row.arrangement, row.body) != (ICP, COUNCIL))
    assert one(sound(parties=parties), "icp_without_council").text == (
        "Bradford Council is not in West Yorkshire partnership."
    )
    elsewhere = tuple(link._replace(icb=OTHER_ICB) if link.body == COUNCIL else link for link in SOUND.links)
    assert codes(sound(parties=parties, links=elsewhere)) == []


def test_a_place_partnership_has_seven_types_of_partner():
    parties = tuple(row for row in SOUND.parties if row.body != 7)
    finding = one(sound(parties=parties), "partner_missing")
    assert finding.severity == "advice"
    assert finding.text == "Bradford partnership has no partner for people who use services and their representatives."
    said = (*parties, Party(PARTNERSHIP, SECOND_TRUST, sector="People who use services"))
    assert codes(sound(parties=said)) == []


def test_a_partnership_that_has_ended_is_left_alone():
    ended = put(SOUND.arrangements, PARTNERSHIP, ends=YESTERDAY)
    assert codes(sound(arrangements=ended, parties=tuple(row for row in SOUND.parties if row.body != 7))) == []


# --- The list as a whole ------------------------------------------------------------------------------------------

BROKEN = with_edges(
    TO_TRUST,
    ONWARD,
    edge(114, Node.forum(PLACE_BOARD), Node.forum(FINANCE)),
    posts=put(SOUND.posts, DIRECTOR, holder=None),
    terms=put(SOUND.terms, 150, review_on=YESTERDAY),
    unratified=(Unratified(PLACE_BOARD, 1),),
    parties=(),
)


def test_errors_come_first_and_the_order_of_the_facts_does_not_matter():
    told = checks.run(BROKEN, ON)
    assert [each.severity for each in told] == sorted(
        (each.severity for each in told), key=["error", "warning", "advice"].index
    )
    shuffled = Random(7)
    for _ in range(5):
        mixed = {
            name: tuple(shuffled.sample(rows, len(rows)))
            for name, rows in vars(BROKEN).items()
            if isinstance(rows, tuple)
        }
        assert checks.run(replace(BROKEN, **mixed), ON) == told


def test_keys_are_unique_short_and_stay_the_same():
    told = checks.run(BROKEN, ON)
    assert len({each.key for each in told}) == len(told)
    assert max(len(each.key) for each in told) <= 120
    assert {each.key for each in told} >= {"double_delegation:delegation-111", "terms_overdue:forum-15"}


def test_a_focus_gives_exactly_the_findings_of_that_system():
    assert checks.run(replace(BROKEN, focus=ICB), ON) == [each for each in checks.run(BROKEN, ON) if each.system == ICB]
    assert checks.run(replace(BROKEN, focus=OTHER_ICB), ON) == []


def test_a_draft_is_no_delegation():
    assert codes(sound(edges=(*SOUND.edges, TO_TRUST, ONWARD._replace(status="draft")))) == []


def test_texts_and_actions_fit_where_they_are_kept():
    long = put(SOUND.forums, PLACE_BOARD, name="A" * 160)
    told = found(sound(forums=long, terms=(), edges=put(SOUND.edges, 102, limit=None)))
    assert max(len(each.text) for each in told) <= 400
    assert max(len(each.action) for each in told) <= 300


def test_every_check_says_what_it_is_called_and_what_it_rests_on():
    assert all(check.title and check.rests_on for check in CHECKS.values())
    assert len(CHECKS) == 31


def test_a_register_in_which_nothing_is_recorded_has_no_findings():
    assert checks.run(checks.Facts(), date(2027, 1, 14)) == []
