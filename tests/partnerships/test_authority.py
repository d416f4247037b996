"""May this forum take this decision? The resolver's answers in a small known system, question by question."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from partnerships.authority import (
    Approval,
    Edge,
    Forum,
    Function,
    Fund,
    Model,
    Node,
    Place,
    Span,
    State,
    Status,
    resolve,
)
from partnerships.authority.words import sentence, verdict
from tests.partnerships.authority_world import (
    BOARD,
    BODIES,
    BRADFORD,
    CHAIR,
    DIRECTOR,
    FINANCE,
    FORUMS,
    FUNCTIONS,
    HULL,
    ICB,
    LEAD,
    LEEDS,
    NAMES,
    ON,
    OTHER_ICB,
    PLACE_BOARD,
    POSTS,
    SCHEME,
    SECOND_TRUST,
    TALKS,
    TERMS,
    TRUST,
    TRUST_BOARD,
    TRUST_COMMITTEE,
    ask,
    edge,
    node,
    system,
)

# Within, above, after ------------------------------------------------------------------------------------------------


def test_a_place_board_decides_within_its_limit_and_the_icb_stays_accountable() -> None:
    answer = ask(system(), PLACE_BOARD, "diagnostics", 384_000, BRADFORD)
    assert answer.status is Status.WITHIN_AUTHORITY
    assert [step.edge for step in answer.chain] == [1, 2]
    assert answer.limit == 500_000
    assert answer.accountable_body == ICB
    assert answer.valid_until == date(2027, 3, 31)
    assert sentence(answer, NAMES).replace("\u00a0", " ") == (
        "Bradford place board may take this: up to £500,000 under its terms of reference, section 6, "
        "until 31 March 2027. Accountable: NHS West Yorkshire ICB."
    )


def test_who_could_take_it_instead_is_listed_lowest_level_first_with_those_whose_limit_is_too_low() -> None:
    found = ask(system(), PLACE_BOARD, "diagnostics", 384_000, BRADFORD).alternatives
    assert [(NAMES[each.holder], each.limit, each.status.value) for each in found] == [
        ("Place director", 100_000, "exceeds_limit"),
        ("Finance and commissioning committee", 2_000_000, "within_authority"),
        ("ICB board", None, "within_authority"),
    ]


def test_a_limit_is_inclusive_to_the_penny() -> None:
    world = system()
    assert ask(world, PLACE_BOARD, "diagnostics", 500_000).within
    over = resolve(world, forum=PLACE_BOARD, function="diagnostics", amount=Decimal("500000.01"), on=ON)
    assert over.status is Status.EXCEEDS_LIMIT


def test_above_the_limit_the_edge_where_it_stops_and_the_committee_that_can_are_named() -> None:
    answer = ask(system(), PLACE_BOARD, "diagnostics", 640_000, BRADFORD)
    assert answer.status is Status.EXCEEDS_LIMIT
    assert answer.broken_edge is not None and answer.broken_edge.edge == 2
    assert verdict(answer) == "Over the limit by £140,000"
    assert sentence(answer, NAMES) == (
        "Bradford place board may not decide this: its limit is £500,000. It may recommend it to "
        "Finance and commissioning committee, which can take it. Accountable: NHS West Yorkshire ICB."
    )


def test_above_every_limit_of_the_chain_each_limit_is_told_with_the_document_that_sets_it() -> None:
    answer = ask(system(), PLACE_BOARD, "diagnostics", 9_640_000, BRADFORD)
    assert answer.broken_edge is not None and answer.broken_edge.edge == 1
    assert sentence(answer, NAMES).startswith(
        "Bradford place board may not decide this: the limit on the way to it is £2,000,000, set by "
        "scheme of delegation 4.2; what reaches it is lower still, £500,000."
    )


def test_without_an_amount_the_answer_is_up_to_the_limit() -> None:
    answer = ask(system(), PLACE_BOARD)
    assert answer.within and answer.limit == 500_000


def test_an_edge_holds_on_its_last_day_and_not_on_the_next() -> None:
    world = system()
    assert ask(world, PLACE_BOARD, on=date(2027, 3, 31)).within
    late = ask(world, PLACE_BOARD, on=date(2027, 4, 1))
    assert late.status is Status.EXPIRED and late.broken_edge is not None and late.broken_edge.edge == 2
    assert "section 6 ended on 31\u00a0March 2027" in sentence(late, NAMES)


def test_an_approved_delegation_and_one_before_its_first_day_are_not_yet_in_force() -> None:
    approved = system(SCHEME, replace(TERMS, state=State.APPROVED))
    assert ask(approved, PLACE_BOARD).status is Status.NOT_YET_IN_FORCE
    early = ask(system(), PLACE_BOARD, on=date(2026, 6, 30))
    assert early.status is Status.NOT_YET_IN_FORCE
    assert "in force only from 1\u00a0July 2026" in sentence(early, NAMES)


def test_a_suspended_delegation_gives_nothing_while_it_is_suspended() -> None:
    world = system(SCHEME, replace(TERMS, suspensions=(Span(date(2027, 1, 1), date(2027, 1, 31)),)))
    assert ask(world, PLACE_BOARD).status is Status.SUSPENDED
    assert ask(world, PLACE_BOARD, on=date(2027, 2, 1)).within
    assert ask(system(SCHEME, replace(TERMS, state=State.SUSPENDED)), PLACE_BOARD).status is Status.SUSPENDED


def test_a_delegation_that_ended_early_held_up_to_the_day_it_ended() -> None:
    world = system(SCHEME, replace(TERMS, state=State.ENDED, ended_on=date(2026, 11, 30)))
    assert ask(world, PLACE_BOARD, on=date(2026, 11, 30)).within
    assert ask(world, PLACE_BOARD, on=date(2026, 12, 1)).status is Status.EXPIRED
    assert ask(system(SCHEME, replace(TERMS, state=State.ENDED)), PLACE_BOARD).status is Status.EXPIRED


def test_a_draft_is_as_if_it_were_not_there() -> None:
    assert ask(system(SCHEME, replace(TERMS, state=State.DRAFT)), PLACE_BOARD).status is Status.NOT_DELEGATED


# The register and its completeness -----------------------------------------------------------------------------------


def test_without_a_delegation_it_is_not_delegated_once_the_register_is_complete() -> None:
    answer = ask(system(SCHEME), PLACE_BOARD)
    assert answer.status is Status.NOT_DELEGATED
    assert answer.broken_edge is not None and answer.broken_edge.edge is None
    assert answer.accountable_body == ICB
    assert answer.limit is None


def test_before_the_register_is_complete_the_answer_is_not_recorded() -> None:
    world = system(SCHEME)
    assert ask(world, PLACE_BOARD, on=date(2026, 3, 31)).status is Status.NOT_RECORDED
    assert ask(system(SCHEME, completeness=[]), PLACE_BOARD).status is Status.NOT_RECORDED


def test_an_incomplete_register_changes_no_other_answer() -> None:
    world = system(completeness=[])
    assert ask(world, PLACE_BOARD, "diagnostics", 640_000).status is Status.EXCEEDS_LIMIT
    assert ask(world, PLACE_BOARD).within


def test_a_chain_with_a_missing_link_is_not_delegated_and_names_where_it_breaks() -> None:
    answer = ask(system(TERMS), PLACE_BOARD)
    assert answer.status is Status.NOT_DELEGATED
    assert [step.edge for step in answer.chain] == [2]
    assert answer.broken_edge is not None
    assert (answer.broken_edge.source, answer.broken_edge.target) == (node(ICB), node(FINANCE))
    assert "from which it has the function, does not hold it" in sentence(answer, NAMES)


# Reserved functions, wholes and parts ---------------------------------------------------------------------------------


def test_authority_over_the_whole_covers_its_parts_and_not_the_other_way_round() -> None:
    assert ask(system(), PLACE_BOARD, "diagnostics").within
    part_only = system(replace(SCHEME, function="diagnostics"), TERMS)
    assert ask(part_only, FINANCE, "community").status is Status.NOT_DELEGATED


def test_a_reserved_part_beats_the_delegated_whole() -> None:
    answer = ask(system(), PLACE_BOARD, "service_change")
    assert answer.status is Status.RESERVED
    assert "reserved to the board" in sentence(answer, NAMES)


def test_a_board_may_always_decide_its_own_reserved_function() -> None:
    answer = ask(system(), BOARD, "service_change")
    assert answer.within and answer.chain == ()
    assert sentence(answer, NAMES).startswith("ICB board may take this: it holds the function by law.")


def test_the_answer_for_a_whole_tells_the_reserved_parts_it_leaves_out() -> None:
    assert ask(system(), PLACE_BOARD, "community").reserved_parts == ("service_change",)
    assert ask(system(), BOARD, "community").reserved_parts == ()


def test_a_board_may_not_decide_another_bodys_function() -> None:
    assert ask(system(), TRUST_BOARD, "community").status is Status.NOT_DELEGATED


# Places --------------------------------------------------------------------------------------------------------------


def test_a_place_outside_the_chain_is_outside_its_area() -> None:
    answer = ask(system(), PLACE_BOARD, "diagnostics", 384_000, LEEDS)
    assert answer.status is Status.OUTSIDE_AREA
    assert answer.broken_edge is not None and answer.broken_edge.edge == 2


def test_all_places_asked_must_lie_inside() -> None:
    assert ask(system(), PLACE_BOARD, "diagnostics", 1, BRADFORD, LEEDS).status is Status.OUTSIDE_AREA
    assert ask(system(), FINANCE, "diagnostics", 1, BRADFORD, LEEDS).within


def test_a_board_decides_only_for_its_own_area() -> None:
    answer = ask(system(), BOARD, "community", None, HULL)
    assert answer.status is Status.OUTSIDE_AREA
    assert "outside the area of the body" in sentence(answer, NAMES)


def test_edges_whose_places_have_nothing_in_common_give_no_area_at_all() -> None:
    world = system(replace(SCHEME, places=frozenset({LEEDS})), TERMS)
    answer = ask(world, PLACE_BOARD)
    assert answer.status is Status.OUTSIDE_AREA
    assert answer.broken_edge is not None and answer.broken_edge.edge == 2


def test_a_place_that_has_ended_lies_in_nobodys_area() -> None:
    ended = [Place(BRADFORD, Span(None, date(2026, 12, 31))), Place(LEEDS), Place(HULL)]
    world = system(places=ended)
    assert ask(world, BOARD, "community", None, BRADFORD).status is Status.OUTSIDE_AREA
    assert ask(world, BOARD, "community", None, BRADFORD, on=date(2026, 12, 31)).within


def test_without_places_alternatives_are_those_for_the_forums_own_ground() -> None:
    leeds_board = Forum(40, "committee", ICB, "place")
    leeds = Edge(id=9, function="community", source=node(ICB), target=Node.forum(40), places=frozenset({LEEDS}))
    world = system(SCHEME, TERMS, leeds, forums=[*FORUMS, leeds_board])
    assert Node.forum(40) not in [each.holder for each in ask(world, PLACE_BOARD).alternatives]


# External steps ------------------------------------------------------------------------------------------------------

TO_TRUST = edge(4, ICB, TRUST, basis="s65z5", instrument="delegation agreement")
ONWARD = edge(5, TRUST, LEAD)
TO_OTHER = edge(6, TRUST, SECOND_TRUST, basis="s65z5")


def test_a_body_may_use_a_delegated_function_through_its_own_committee() -> None:
    answer = ask(system(TO_TRUST, edge(5, TRUST_BOARD, TRUST_COMMITTEE)), TRUST_COMMITTEE)
    assert answer.within and answer.accountable_body == ICB
    assert [step.external for step in answer.chain] == [True, False]


def test_a_body_may_not_hand_a_delegated_function_outward_again() -> None:
    answer = resolve(system(TO_TRUST, TO_OTHER), forum=Node.body(SECOND_TRUST), function="diagnostics", on=ON)
    assert answer.status is Status.DOUBLE_DELEGATION
    assert answer.broken_edge is not None and answer.broken_edge.edge == 6
    assert "did not permit it to be passed on to Calderdale" in sentence(answer, NAMES)


def test_onward_delegation_is_open_where_every_external_step_before_permits_it() -> None:
    permitted = replace(TO_TRUST, onward_delegation_permitted=True)
    answer = resolve(system(permitted, TO_OTHER), forum=Node.body(SECOND_TRUST), function="diagnostics", on=ON)
    assert answer.within and answer.accountable_body == ICB


def test_internal_steps_use_up_no_external_one() -> None:
    out = edge(7, PLACE_BOARD, TRUST, basis="s65z5")
    assert resolve(system(SCHEME, TERMS, out), forum=Node.body(TRUST), function="diagnostics", on=ON).within


def test_a_seat_at_the_table_gives_no_authority() -> None:
    assert ask(system(SCHEME, replace(TERMS, model=Model.SEAT)), PLACE_BOARD).status is Status.NOT_DELEGATED


# Transfers -----------------------------------------------------------------------------------------------------------

TRANSFER = edge(8, ICB, OTHER_ICB, model=Model.TRANSFERRED, basis="transfer_order", instrument="Transfer order 2026")


def test_a_transfer_moves_the_function_and_who_is_accountable() -> None:
    answer = resolve(system(TRANSFER), forum=Node.body(OTHER_ICB), function="diagnostics", places=[BRADFORD], on=ON)
    assert answer.within and answer.accountable_body == OTHER_ICB
    assert "was transferred to it under Transfer order 2026" in sentence(answer, NAMES)


def test_after_a_transfer_the_old_owner_no_longer_holds_the_function() -> None:
    answer = ask(system(TRANSFER), BOARD)
    assert answer.status is Status.NOT_DELEGATED
    assert answer.broken_edge is not None and answer.broken_edge.edge == 8
    assert "the function was transferred to NHS Humber ICB" in sentence(answer, NAMES)


def test_a_transfer_for_one_place_leaves_the_rest_with_the_old_owner() -> None:
    world = system(replace(TRANSFER, places=frozenset({BRADFORD})))
    assert ask(world, BOARD, "community", None, BRADFORD).status is Status.OUTSIDE_AREA
    assert ask(world, BOARD, "community", None, LEEDS).within
    assert ask(world, BOARD, "community").within


def test_depth_starts_again_after_a_transfer_even_of_a_reserved_function() -> None:
    out = edge(9, OTHER_ICB, TRUST, basis="s65z5")
    assert resolve(system(TRANSFER, out), forum=Node.body(TRUST), function="diagnostics", on=ON).within
    assert resolve(system(TRANSFER), forum=Node.body(OTHER_ICB), function="service_change", on=ON).within
    assert (
        resolve(system(TRANSFER, out), forum=Node.body(TRUST), function="service_change", on=ON).status
        is Status.RESERVED
    )


def test_a_transfer_by_a_body_that_never_held_the_function_moves_nothing() -> None:
    bogus = edge(8, TRUST, SECOND_TRUST, model=Model.TRANSFERRED)
    back = edge(9, SECOND_TRUST, TRUST, model=Model.TRANSFERRED)
    assert ask(system(bogus, back), TRUST_BOARD).status is Status.NOT_DELEGATED


def test_edges_of_a_closed_body_do_not_pass_to_its_successor() -> None:
    closed = [replace(BODIES[0], days=Span(None, date(2026, 12, 31))), *BODIES[1:]]
    world = system(bodies=closed)
    assert ask(world, PLACE_BOARD, on=date(2026, 12, 31)).within
    assert ask(world, PLACE_BOARD).status is Status.EXPIRED
    assert ask(world, BOARD).status is Status.EXPIRED
    assert ask(world, OTHER_ICB).accountable_body == OTHER_ICB


# Limits --------------------------------------------------------------------------------------------------------------


def test_an_annual_limit_allows_what_the_year_has_left() -> None:
    used = ((2025, Decimal(900_000)), (2026, Decimal(450_000)))
    world = system(SCHEME, replace(TERMS, annual=True, committed=used))
    assert ask(world, PLACE_BOARD, "diagnostics", 50_000).within
    over = ask(world, PLACE_BOARD, "diagnostics", 50_001)
    assert over.status is Status.EXCEEDS_LIMIT and over.limit == 50_000
    assert "£50,000 is left of its limit for the financial year" in sentence(over, NAMES)


def test_an_annual_limit_that_is_used_up_allows_nothing_that_costs() -> None:
    world = system(SCHEME, replace(TERMS, annual=True, committed=((2026, Decimal(500_001)),)))
    assert ask(world, PLACE_BOARD, "diagnostics", 1).status is Status.EXCEEDS_LIMIT
    assert ask(world, PLACE_BOARD).limit == 0
    assert ask(world, PLACE_BOARD, "diagnostics", 0).within


def test_a_new_financial_year_starts_on_the_first_of_april() -> None:
    terms = replace(TERMS, annual=True, committed=((2026, Decimal(500_000)),), days=Span())
    world = system(SCHEME, terms)
    assert ask(world, PLACE_BOARD, "diagnostics", 1, on=date(2027, 3, 31)).status is Status.EXCEEDS_LIMIT
    assert ask(world, PLACE_BOARD, "diagnostics", 1, on=date(2027, 4, 1)).within


def test_the_limit_of_a_chain_is_its_smallest_and_parallel_chains_never_add_up() -> None:
    world = system(SCHEME, TERMS, replace(TERMS, id=7, limit=Decimal(300_000)))
    answer = ask(world, PLACE_BOARD, "diagnostics", 600_000)
    assert answer.status is Status.EXCEEDS_LIMIT
    assert answer.limit == 500_000
    assert ask(system(replace(SCHEME, limit=Decimal(10)), TERMS), PLACE_BOARD).limit == 10


def test_a_pooled_fund_has_a_limit_of_its_own() -> None:
    world = system(SCHEME, replace(TERMS, fund=1), funds=[Fund(1, Decimal(80_000), True, ((2026, Decimal(30_000)),))])
    assert ask(world, PLACE_BOARD).limit == 50_000


# Which chain ---------------------------------------------------------------------------------------------------------


def test_the_chain_that_fails_latest_is_the_one_told() -> None:
    expired = replace(TERMS, id=7, days=Span(None, date(2026, 12, 31)), limit=None)
    assert ask(system(SCHEME, TERMS, expired), PLACE_BOARD, "diagnostics", 640_000).status is Status.EXCEEDS_LIMIT


def test_of_equal_chains_fewer_external_steps_then_the_higher_limit_then_the_lowest_id() -> None:
    around = [replace(TO_TRUST, onward_delegation_permitted=True), edge(5, TRUST, PLACE_BOARD, basis="s65z5")]
    assert [step.edge for step in ask(system(SCHEME, TERMS, *around), PLACE_BOARD).chain] == [1, 2]
    higher = replace(TERMS, id=9, limit=Decimal(600_000))
    assert [step.edge for step in ask(system(SCHEME, TERMS, higher), PLACE_BOARD).chain] == [1, 9]
    same = replace(TERMS, id=9)
    assert [step.edge for step in ask(system(SCHEME, same, TERMS), PLACE_BOARD).chain] == [1, 2]


def test_loops_end_by_themselves() -> None:
    loop = [
        edge(7, PLACE_BOARD, FINANCE),
        edge(8, FINANCE, TALKS),
        edge(9, PLACE_BOARD, DIRECTOR),
        edge(10, DIRECTOR, FINANCE),
    ]
    assert ask(system(*loop, TERMS), PLACE_BOARD).status is Status.NOT_DELEGATED
    assert [step.edge for step in ask(system(SCHEME, TERMS, *loop), PLACE_BOARD).chain] == [1, 2]


def test_a_chain_passes_no_holder_twice_however_low_the_ids() -> None:
    back, out, direct = edge(1, FINANCE, BOARD), edge(9, BOARD, PLACE_BOARD), edge(10, FINANCE, PLACE_BOARD)
    answer = ask(system(edge(5, BOARD, FINANCE), back, out, direct), PLACE_BOARD)
    assert [step.edge for step in answer.chain] == [5, 10]


def test_without_places_a_chain_with_no_ground_left_gives_way_to_one_that_has_some() -> None:
    unbounded = [replace(BODIES[0], area=None), *BODIES[1:]]
    gone = replace(TRANSFER, places=frozenset({BRADFORD}))
    bradford, anywhere = edge(1, ICB, PLACE_BOARD, places=frozenset({BRADFORD})), edge(2, ICB, PLACE_BOARD)
    answer = ask(system(gone, bradford, anywhere, bodies=unbounded), PLACE_BOARD)
    assert answer.within and [step.edge for step in answer.chain] == [2]
    assert ask(system(gone, bradford, bodies=unbounded), PLACE_BOARD).status is Status.OUTSIDE_AREA


def test_a_function_that_is_its_own_part_does_not_hang() -> None:
    circular = [
        Function("a", "x", frozenset({"icb"}), "b"),
        Function("b", "x", frozenset({"icb"}), "a", delegable=False),
    ]
    assert ask(system(functions=circular, edges=[]), BOARD, "a").within


# Consultative forums, lead providers, urgent powers -------------------------------------------------------------------


def test_a_consultative_forum_recommends_whatever_the_graph_says() -> None:
    answer = ask(system(SCHEME, edge(7, ICB, TALKS)), TALKS, "diagnostics", 5)
    assert answer.status is Status.RECOMMEND_ONLY
    assert answer.accountable_body == ICB
    assert "Finance and commissioning committee" in sentence(answer, NAMES)


def test_a_consultative_forum_can_pass_nothing_on() -> None:
    assert ask(system(edge(7, ICB, TALKS), edge(8, TALKS, PLACE_BOARD)), PLACE_BOARD).status is Status.NOT_DELEGATED


def test_a_lead_providers_contract_lets_it_spend_and_gives_it_no_function() -> None:
    contract = edge(7, ICB, LEAD, basis="contract", limit=Decimal(9_000_000), instrument="contract LP1")
    answer = ask(system(contract), LEAD, "diagnostics", 1_000_000)
    assert answer.status is Status.NOT_DELEGATED
    assert answer.envelope is not None and answer.envelope.left == 9_000_000
    assert "Under contract LP1 it may spend up to £9,000,000; the contract passes on no function." in sentence(
        answer, NAMES
    )


def test_an_urgent_power_is_marked_and_is_nobodys_alternative() -> None:
    world = system(SCHEME, edge(7, ICB, CHAIR, urgent=True, limit=Decimal(50_000), instrument="standing order 9"))
    answer = ask(world, CHAIR)
    assert answer.within and answer.urgent
    assert "must be ratified afterwards" in sentence(answer, NAMES)
    assert node(CHAIR) not in [each.holder for each in ask(world, FINANCE).alternatives]


def test_a_vacant_post_is_nobodys_alternative() -> None:
    left = [replace(POSTS[0], held=(Span(None, date(2026, 12, 31)),)), POSTS[1]]
    holders = [each.holder for each in ask(system(posts=left), PLACE_BOARD, "diagnostics", 5, BRADFORD).alternatives]
    assert node(DIRECTOR) not in holders


def test_further_approvals_are_told_where_amount_and_body_call_for_them() -> None:
    approvals = (
        Approval(
            "governors' approval of a significant transaction", Decimal(1_000_000), frozenset({"foundation_trust"})
        ),
        Approval("consultation of the council's health scrutiny committee"),
    )
    functions = [replace(each, approvals=approvals) if each.code == "services" else each for each in FUNCTIONS]
    world = system(functions=functions)
    assert len(ask(world, TRUST_BOARD, "services", 2_000_000).further_approval_needed) == 2
    assert ask(world, TRUST_BOARD, "services", 1_000_000).further_approval_needed == (approvals[1].text,)
    assert ask(world, SECOND_TRUST, "services", 2_000_000).further_approval_needed == (approvals[1].text,)
