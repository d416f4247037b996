"""The plan of a restructure: nothing is lost, nothing is twice, nothing overlaps, and every date is right."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from oversight.lineage import plan
from oversight.moves import KINDS, UNDATED, Body, Fate, Order, Plan, Record, order_problems

DAY = date(2027, 4, 1)
LAST = date(2027, 3, 31)
BEFORE = date(2022, 7, 1)
ONE, TWO = Body(1, "NHS One ICB", "icb", BEFORE), Body(2, "NHS Two ICB", "icb", BEFORE)
NEW, OLD = Body(None, "NHS New ICB", "icb"), Body(3, "NHS Old ICB", "icb", BEFORE)
MERGER = Order("merge", DAY, (ONE, TWO), (NEW,))


def record(kind: str, number: int, body: int = 1, **fields: object) -> Record:
    facts = {name: fields.pop(name) for name in list(fields) if name not in ("starts", "ends", "of", "same")}
    return Record(kind, number, f"{kind} {number}", body, fields.pop("starts", BEFORE), facts=facts, **fields)  # type: ignore[arg-type]


def only(found: Plan) -> dict[str, str]:
    return {key: move.choice for key, move in found.by_key().items()}


# --- The usual ways -----------------------------------------------------------------------------------------------


def test_a_forum_ends_on_the_last_day_and_begins_anew_on_the_first():
    (move,) = plan(MERGER, [record("forum", 5, form="committee")]).moves
    assert (move.fate, move.last_day, move.first_day, move.to) == (Fate.CARRY, LAST, DAY, 0)


def test_boards_and_their_committees_end_and_can_be_carried_on():
    rows = [record("forum", 5, form="board"), record("forum", 6, form="board_committee")]
    assert only(plan(MERGER, rows)) == {"forum:5": "end", "forum:6": "end"}
    assert only(plan(MERGER, rows, {"forum:5": "carry_on"})) == {"forum:5": "carry_on", "forum:6": "end"}


def test_parts_share_the_fate_of_their_whole():
    rows = [record("forum", 5, form="committee"), record("membership", 7, of="forum:5")]
    assert only(plan(MERGER, rows, {"forum:5": "end"})) == {"forum:5": "end", "membership:7": "end"}
    assert only(plan(MERGER, rows, {"forum:5": "leave"})) == {"forum:5": "leave", "membership:7": "leave"}


def test_a_successor_sits_once_where_two_predecessors_sat():
    rows = [record("membership", 7, 1, same="seat:9"), record("membership", 8, 2, same="seat:9")]
    assert only(plan(MERGER, rows)) == {"membership:7": "carry_on", "membership:8": "end"}
    assert only(plan(MERGER, rows, {"membership:7": "end"})) == {"membership:7": "end", "membership:8": "carry_on"}


def test_the_seats_of_one_body_are_all_kept():
    rows = [record("membership", 7, 1, same="seat:9"), record("membership", 8, 1, same="seat:9")]
    assert only(plan(MERGER, rows)) == {"membership:7": "carry_on", "membership:8": "carry_on"}


def test_a_successor_that_is_there_already_is_not_there_twice():
    order = Order("merge", DAY, (ONE,), (OLD,))
    found = plan(order, [record("role", 7, same="user:4")], held=[record("role", 1, 3, same="user:4")])
    assert only(found) == {"role:7": "end"}
    assert found.moves[0].reason == "NHS Old ICB is there already."


def test_a_link_leads_where_one_of_the_predecessors_led():
    rows = [
        record("relation", 1, 1, same="in:system:8", relation="system", lead=False),
        record("relation", 2, 2, same="in:system:8", relation="system", lead=True),
    ]
    found = plan(MERGER, rows).by_key()
    assert (found["relation:1"].choice, found["relation:1"].changes) == ("carry_on", {"lead": True})
    assert found["relation:2"].choice == "end"


def test_a_trust_of_two_trusts_has_one_lead_icb():
    rows = [
        record("relation", 1, 1, same="out:system:8", relation="system", lead=True, outgoing=True),
        record("relation", 2, 2, same="out:system:9", relation="system", lead=True, outgoing=True),
    ]
    assert [move.changes for move in plan(MERGER, rows).moves] == [{}, {"lead": False}]


def test_a_delegation_by_a_committee_that_ends_goes_on_from_the_body_within_the_committees_limit():
    rows = [
        record("forum", 5, form="board_committee"),
        record("forum", 6, form="committee"),
        record("delegation", 1, source="body:1", target="forum:5", function=3, limit=Decimal(400)),
        record("delegation", 2, source="forum:5", target="forum:6", function=3, limit=Decimal(500)),
        record("delegation", 3, source="forum:5", target="forum:6", function=4, limit=Decimal(500)),
    ]
    found = plan(MERGER, rows).by_key()
    assert found["delegation:1"].choice == "end"
    assert found["delegation:2"].choice == "carry_on"
    assert found["delegation:2"].changes == {"from_forum_id": None, "limit": Decimal(400)}
    assert found["delegation:3"].choice == "end"


def test_a_delegation_by_way_of_a_forum_that_ends_keeps_that_forums_places_and_days():
    rows = [
        record("place", 4),
        record("place", 5),
        record("forum", 5, form="board_committee"),
        record("delegation", 1, source="body:1", target="forum:5", function=3, places=["place:4"], ends=DAY),
        record("delegation", 2, source="forum:5", target="forum:99", function=3, form="board_committee"),
    ]
    found = plan(MERGER, rows).by_key()["delegation:2"]
    assert found.changes == {"from_forum_id": None, "ends": DAY, "places": ("place:4",)}


def test_what_a_joint_committee_or_a_suspended_delegation_passed_on_no_body_passes_on_alone():
    rows = [
        record("forum", 5, form="joint_committee"),
        record("forum", 6, form="board_committee"),
        record("delegation", 1, source="body:1", target="forum:5", function=3),
        record("delegation", 2, source="body:1", target="forum:6", function=3, status="suspended"),
        record("delegation", 3, source="forum:5", target="forum:99", function=3, form="joint_committee"),
        record("delegation", 4, source="forum:6", target="forum:99", function=3, form="board_committee"),
    ]
    found = only(plan(MERGER, rows, {"forum:5": "end"}))
    assert (found["delegation:3"], found["delegation:4"]) == ("end", "end")


def test_a_delegation_for_the_whole_area_stays_one_for_the_places_of_its_body():
    rows = [
        Record("place", 4, "Leeds", 1, BEFORE), Record("place", 5, "Bradford", 1, BEFORE),
        Record("place", 6, "Oldham", 2, BEFORE), record("delegation", 1, source="body:1", target="forum:99"),
    ]  # fmt: skip
    move = plan(MERGER, rows).by_key()["delegation:1"]
    assert (move.changes, move.reason) == (
        {"places": ("place:4", "place:5")}, "Only for Bradford and Leeds of NHS One ICB, as before.",
    )  # fmt: skip
    split = plan(Order("split", DAY, (ONE,), (NEW, NEW)), rows)
    assert split.by_key()["delegation:1"].changes == {}


def test_a_delegation_of_a_body_without_an_area_says_that_it_covers_all_of_the_successor():
    move = plan(MERGER, [record("delegation", 1, source="body:1", target="forum:99")]).moves[0]
    assert (move.changes, move.reason) == (
        {}, "It now covers the whole area of NHS New ICB, not of NHS One ICB alone.",
    )  # fmt: skip


def test_a_delegation_goes_to_no_part_of_a_split_that_has_none_of_its_places():
    rows = [record("place", 4), record("delegation", 1, source="body:1", target="forum:99", places=["place:4"])]
    order = Order("split", DAY, (ONE,), (NEW, OLD))
    found = plan(order, rows, {"place:4": "carry_on:1", "delegation:1": "carry_on"}).by_key()
    assert (found["delegation:1"].choice, found["delegation:1"].reason) == ("end", "None of its places goes there.")


def test_of_two_equal_delegations_the_one_with_the_smaller_limit_is_kept_unless_the_other_is_chosen():
    rows = [
        record("delegation", 1, 1, source="body:1", target="forum:99", limit=Decimal(900), same="a"),
        record("delegation", 2, 2, source="body:2", target="forum:99", limit=Decimal(500), same="a"),
    ]
    assert only(plan(MERGER, rows)) == {"delegation:1": "end", "delegation:2": "carry_on"}
    chosen = plan(MERGER, rows, {"delegation:2": "end"})
    assert only(chosen) == {"delegation:1": "carry_on", "delegation:2": "end"}


def test_what_an_existing_successor_passes_on_without_places_is_named_when_its_area_grows():
    held = [Record("delegation", 9, "Community: board to committee", 3, BEFORE)]
    found = plan(Order("merge", DAY, (ONE,), (OLD,)), [record("place", 4)], held=held)
    assert [problem.text for problem in found.problems] == [
        "The area of NHS Old ICB grows: 1 delegation of its own names no places and will cover the new ones too."
    ]


def test_a_delegation_between_two_bodies_that_become_one_ends():
    assert only(plan(MERGER, [record("delegation", 1, within=True)])) == {"delegation:1": "end"}


def test_a_delegation_for_places_that_all_end_does_not_widen_to_the_whole_area():
    rows = [
        record("place", 4),
        record("delegation", 1, source="body:1", target="forum:99", places=["place:4"]),
    ]
    assert only(plan(MERGER, rows, {"place:4": "end"})) == {"place:4": "end", "delegation:1": "end"}


def test_what_begins_only_afterwards_begins_with_the_successor():
    (move,) = plan(MERGER, [record("post", 5, starts=DAY + timedelta(days=9))]).moves
    assert (move.fate, move.last_day, move.first_day) == (Fate.CARRY, None, DAY + timedelta(days=9))
    assert move.reason == "It begins only afterwards, with the successor."


def test_of_a_seat_that_holds_and_one_that_begins_only_afterwards_the_first_is_kept():
    rows = [record("membership", 7, 1, same="seat:9", starts=DAY), record("membership", 8, 2, same="seat:9")]
    assert only(plan(MERGER, rows)) == {"membership:7": "end", "membership:8": "carry_on"}


def test_two_leads_that_follow_one_another_both_lead():
    rows = [
        record("relation", 1, same="out:system:8", relation="system", lead=True, outgoing=True, ends=DAY),
        record("relation", 2, same="out:system:9", relation="system", lead=True, outgoing=True,
               starts=DAY + timedelta(days=1)),
    ]  # fmt: skip
    assert [move.changes for move in plan(MERGER, rows).moves] == [{}, {}]


def test_a_body_that_nobody_carries_on_has_nothing_that_begins_afterwards():
    found = plan(Order("close", DAY, (ONE,)), [record("forum", 5, starts=DAY), record("relation", 6, starts=DAY)])
    assert only(found) == {"forum:5": "leave", "relation:6": "end"}
    assert [(problem.text, problem.blocks) for problem in found.problems] == [
        ("forum 5 begins only on 1 April 2027, after the last day: correct its first day.", True)
    ]


def test_in_a_split_a_forum_follows_its_place():
    order = Order("split", DAY, (ONE,), (OLD, NEW))
    rows = [record("place", 4), record("forum", 5, form="committee", follows=["place:4"])]
    assert only(plan(order, rows, {"place:4": "carry_on:1"})) == {"place:4": "carry_on:1", "forum:5": "carry_on:1"}


def test_a_region_is_that_of_every_part_of_a_split_and_other_links_can_be_of_both():
    order = Order("split", DAY, (ONE,), (NEW, NEW))
    rows = [
        record("relation", 1, same="region", relation="region", outgoing=True, other=9),
        record("relation", 2, same="in:system:8", relation="system", lead=True),
    ]
    found = plan(order, rows).by_key()
    assert [(move.choice, move.also) for move in found.values()] == [("carry_on:all", (1,)), ("carry_on", ())]
    chosen = plan(order, rows, {"relation:1": "carry_on:1", "relation:2": "carry_on:all"}).by_key()
    assert [(move.choice, move.also) for move in chosen.values()] == [("carry_on:1", ()), ("carry_on:all", (1,))]


def test_of_two_integrated_care_partnerships_one_goes_on_with_its_forum():
    rows = [
        record("arrangement", 1, 1, same="icp"), record("arrangement", 2, 2, same="icp"),
        record("forum", 5, 2, form="joint_committee", arrangement=2),
    ]  # fmt: skip
    assert only(plan(MERGER, rows)) == {"arrangement:1": "carry_on", "arrangement:2": "end", "forum:5": "end"}
    other = {"arrangement:1": "end"}
    assert only(plan(MERGER, rows, other)) == {
        "arrangement:1": "end", "arrangement:2": "carry_on", "forum:5": "carry_on",
    }  # fmt: skip


def test_when_a_part_passes_the_rest_is_left():
    order = Order("acquire", DAY, (ONE,), (OLD,))
    rows = [record("place", 4), record("place", 5), record("forum", 6, follows=["place:4"], form="committee")]
    assert only(plan(order, rows, {"place:4": "carry_on"})) == {
        "place:4": "carry_on", "place:5": "leave", "forum:6": "carry_on",
    }  # fmt: skip


def test_when_nobody_carries_a_body_on_all_ends():
    rows = [record(kind, 4) for kind in KINDS if kind not in UNDATED]
    assert {move.fate for move in plan(Order("close", DAY, (ONE,)), rows).moves} == {Fate.END}


def test_two_places_of_one_name_are_told_apart():
    rows = [Record("place", 1, "Coast", 1, BEFORE), Record("place", 2, "Coast", 2, BEFORE)]
    assert [move.changes for move in plan(MERGER, rows).moves] == [{}, {"name": "Coast (NHS Two ICB)"}]


# --- What stands against an order ---------------------------------------------------------------------------------


def test_an_order_says_what_is_wrong_with_it():
    closed = Body(5, "NHS Gone ICB", "icb", BEFORE, date(2026, 3, 31))
    trust = Body(6, "A Trust", "trust", BEFORE)
    said = {
        "one": Order("merge", DAY, (ONE,), (NEW,)),
        "early": Order("merge", BEFORE, (ONE, TWO), (NEW,)),
        "gone": Order("merge", DAY, (ONE, closed), (NEW,)),
        "closed": Order("merge", DAY, (ONE,), (closed,)),
        "itself": Order("merge", DAY, (ONE,), (ONE,)),
        "kinds": Order("merge", DAY, (ONE, trust), (NEW,)),
        "split": Order("split", DAY, (ONE,), (NEW,)),
        "many": Order("close", DAY, (ONE, TWO)),
        "fine": MERGER,
    }
    assert {name: [problem.text for problem in order_problems(order)] for name, order in said.items()} == {
        "one": ["Name at least two bodies."],
        "early": [f"NHS {name} ICB opened on 1 July 2022: choose a later first day." for name in ("One", "Two")],
        "gone": ["The last day of NHS Gone ICB is 31 March 2026 already."],
        "closed": ["NHS Gone ICB closed on 31 March 2026: a closed body carries nothing on."],
        "itself": ["NHS One ICB cannot be both what is before and what comes after."],
        "kinds": ["Bodies of different kinds do not pass into one another: their functions differ by law."],
        "split": ["Name at least two bodies into which it is split."],
        "many": ["Name one body only: what becomes of another is a restructure of its own."],
        "fine": [],
    }


# --- Of any records and choices -----------------------------------------------------------------------------------

days = st.none() | st.dates(BEFORE, DAY + timedelta(days=400))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Order, list[Record], dict[str, str], list[Record]]:
    kind = draw(st.sampled_from(["merge", "split", "acquire", "close"]))
    after = {"merge": [NEW], "split": [OLD, NEW], "acquire": [OLD], "close": []}[kind]
    if kind == "merge" and draw(st.booleans()):
        after = [OLD]
    before = (ONE, TWO) if kind == "merge" else (ONE,)
    order = Order(kind, DAY, before, tuple(after))
    rows: list[Record] = []
    for number in range(draw(st.integers(0, 14))):
        rows.append(_row(draw, order, number, rows))
    choices = {
        row.key: draw(st.sampled_from(["carry_on", "carry_on:1", "end", "leave", "nonsense", "carry_on:x"]))
        for row in rows
        if draw(st.integers(0, 3)) == 0
    }
    held = [Record("membership", 900, "held", 3, BEFORE, same="seat:1")] if after == [OLD] else []
    return order, rows, choices, held


def _row(draw: st.DrawFn, order: Order, number: int, rows: list[Record]) -> Record:
    kind = draw(st.sampled_from(KINDS))
    body = draw(st.sampled_from([body.id for body in order.predecessors]))
    starts, ends = draw(days), draw(days)
    if starts and ends and ends < starts:
        starts, ends = ends, starts
    of, same = "", ""
    forums = [row.key for row in rows if row.kind == "forum"]
    if kind == "membership" and forums and draw(st.booleans()):
        of = draw(st.sampled_from(forums))
        same = draw(st.sampled_from(["", f"seat:{of}"]))
    elif kind in ("membership", "role", "relation", "arrangement_member"):
        same = f"{'seat' if kind == 'membership' else kind}:{draw(st.integers(1, 2))}"
    facts: dict[str, object] = {}
    if kind == "forum":
        facts = {"form": draw(st.sampled_from(["board", "board_committee", "committee"]))}
    if kind == "delegation":
        nodes = ["body:1", "forum:99", *forums]
        limit = draw(st.none() | st.integers(0, 1000).map(Decimal))
        facts = {
            "source": draw(st.sampled_from(nodes)), "target": draw(st.sampled_from(nodes)), "limit": limit,
            "function": draw(st.integers(1, 2)), "status": draw(st.sampled_from(["draft", "in_force"])),
            "alive": draw(st.booleans()), "form": draw(st.sampled_from(["board", "committee", None])),
        }  # fmt: skip
    if kind == "council_place":
        facts = {"place": draw(st.integers(1, 3))}
    if kind == "relation":
        facts = {"relation": "system", "lead": draw(st.booleans()), "outgoing": draw(st.booleans())}
    return Record(kind, number, f"{kind} {number}", body or 0, starts, ends, of, same, facts)  # type: ignore[arg-type]


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_nothing_is_lost_nothing_twice_nothing_overlaps(
    world: tuple[Order, list[Record], dict[str, str], list[Record]],
):
    order, rows, choices, held = world
    found = plan(order, rows, choices, held)
    assert sorted(move.record.key for move in found.moves) == sorted(row.key for row in rows)
    kept: dict[tuple[str, int | None], set[int]] = defaultdict(set)
    by_key = found.by_key()
    for move in found.moves:
        row = move.record
        _dates_are_right(order, move)
        if move.fate == Fate.CARRY:
            assert order.successors and move.to in range(len(order.successors))
            if row.same:
                kept[(row.same, move.to)].add(row.body)
        if row.of:
            assert move.fate != Fate.CARRY or by_key[row.of].fate == Fate.CARRY
            assert move.fate != Fate.CARRY or by_key[row.of].to == move.to
        if row.kind == "delegation" and move.fate == Fate.CARRY and order.closes:
            target = by_key.get(row.facts["target"])
            assert target is None or target.fate == Fate.CARRY
            limit = move.changes.get("limit", row.facts["limit"])
            assert row.facts["limit"] is None or limit <= row.facts["limit"]
        if order.closes and row.kind in ("place", "role", "relation") and not (row.ends and row.ends < DAY):
            assert move.fate != Fate.LEAVE or (not order.successors and row.starts is not None and row.starts >= DAY)
    assert all(len(bodies) == 1 for bodies in kept.values())
    if held:
        assert ("seat:1", 0) not in kept


def _dates_are_right(order: Order, move: object) -> None:
    """What ends does so on the last day of the old order, unless it never began; what begins does so on the first."""
    row = move.record  # type: ignore[attr-defined]
    if row.ends is not None and row.ends < order.on:
        assert (move.fate, move.last_day, move.first_day) == (Fate.LEAVE, None, None)  # type: ignore[attr-defined]
        return
    if move.last_day is not None:  # type: ignore[attr-defined]
        assert move.last_day == LAST and (row.starts is None or row.starts <= LAST)  # type: ignore[attr-defined]
    if move.first_day is not None:  # type: ignore[attr-defined]
        assert move.first_day == max(DAY, row.starts or DAY)  # type: ignore[attr-defined]
        assert row.ends is None or row.ends >= move.first_day  # type: ignore[attr-defined]
        assert row.kind in UNDATED or move.last_day is not None or row.starts >= DAY  # type: ignore[attr-defined]


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_the_order_in_which_records_are_read_changes_nothing(
    world: tuple[Order, list[Record], dict[str, str], list[Record]],
):
    order, rows, choices, held = world
    assert plan(order, rows, choices, held) == plan(order, rows[::-1], choices, held)


# --- Authority never grows ------------------------------------------------------------------------------------------

Ground = dict[str, Decimal]  # by place, up to how much
ENDLESS = Decimal(10**9)
OTHERS = "the successor's own"  # a place that only an existing successor has


@st.composite
def registers(draw: st.DrawFn) -> tuple[Order, list[Record], dict[str, str]]:
    """Two bodies with places, forums and delegations of one function, however they rest on one another."""
    kind = draw(st.sampled_from(["merge", "split", "acquire"]))
    before = (ONE, TWO) if kind == "merge" else (ONE,)
    after = {"merge": draw(st.sampled_from([(NEW,), (OLD,)])), "split": (OLD, NEW), "acquire": (OLD,)}[kind]
    bodies = [body.id for body in before]
    rows = [
        Record("place", number, f"Place {number}", bodies[number % len(bodies)] or 0, BEFORE) for number in range(4)
    ]
    forms = st.sampled_from(["board", "board_committee", "committee", "joint_committee"])
    forums = [
        Record("forum", number, "", draw(st.sampled_from(bodies)) or 0, BEFORE, facts={"form": draw(forms)})
        for number in range(3)
    ]
    edges = []
    for number in range(draw(st.integers(1, 6))):
        owner = draw(st.sampled_from(bodies))
        mine = [forum for forum in forums if forum.body == owner]
        source = draw(st.sampled_from([None, *mine]))
        own = [row.key for row in rows if row.body == owner]
        facts = {
            "source": source.key if source else f"body:{owner}", "form": source.facts["form"] if source else None,
            "target": draw(st.sampled_from([forum.key for forum in forums] + ["forum:99"])), "function": 1,
            "limit": draw(st.none() | st.integers(1, 9).map(Decimal)), "own": True,
            "places": draw(st.lists(st.sampled_from(own), unique=True)) if own else [],
            "status": draw(st.sampled_from(["in_force", "in_force", "suspended"])),
        }  # fmt: skip
        edges.append(Record("delegation", number, "", owner or 0, BEFORE, facts=facts))
    rows = [*rows, *forums, *edges]
    options = ["carry_on", "carry_on:1", "end", "leave"]
    choices = {row.key: draw(st.sampled_from(options)) for row in rows if draw(st.booleans())}
    return order_of(kind, before, after), rows, choices


def order_of(kind: str, before: tuple[Body, ...], after: tuple[Body, ...]) -> Order:
    return Order(kind, DAY, before, after)


def reached(roots: dict[str, Ground], edges: list[tuple[str, str, Decimal | None, set[str]]]) -> dict[str, Ground]:
    """What each holder may decide, where and up to how much: followed from the bodies down, until nothing is added."""
    found = {node: dict(ground) for node, ground in roots.items()}
    for _ in range(len(edges) + 1):
        for source, target, limit, places in edges:
            mine = found.setdefault(target, {})
            for place, most in found.get(source, {}).items():
                if (not places or place in places) and target not in roots:
                    mine[place] = max(mine.get(place, Decimal(0)), min(most, ENDLESS if limit is None else limit))
    return found


def as_it_was(order: Order, rows: list[Record]) -> dict[str, Ground]:
    roots = {f"body:{body.id}": {} for body in order.predecessors}
    for row in rows:
        if row.kind == "place":
            roots[f"body:{row.body}"][row.key] = ENDLESS
    edges = [
        (_maker(row), row.facts["target"], row.facts["limit"], set(row.facts["places"]))
        for row in rows
        if row.kind == "delegation" and row.facts["status"] == "in_force"
    ]  # fmt: skip
    return reached(roots, edges)


def as_it_is(order: Order, found: Plan) -> dict[str, Ground]:
    """Of the delegations that are carried on; a new record goes by the key of the one that it follows."""
    roots: dict[str, Ground] = {f"successor:{to}": {} for to in range(len(order.successors))}
    by_key = found.by_key()
    for to, body in enumerate(order.successors):
        if body.id:
            roots[f"successor:{to}"][OTHERS] = ENDLESS
    edges = []
    for move in found.moves:
        row = move.record
        if row.kind == "place" and move.fate == Fate.CARRY:
            roots[f"successor:{move.to}"][row.key] = ENDLESS
        if row.kind == "delegation" and move.fate == Fate.CARRY and row.facts["status"] == "in_force":
            source, changes = _maker(row), move.changes
            gone = source.startswith("forum:") and by_key[source].fate != Fate.CARRY
            if source.startswith("body:") or "from_forum_id" in changes:
                source = f"successor:{move.to}"
            else:
                assert not gone
            places = set(changes.get("places", row.facts["places"]))
            edges.append((source, row.facts["target"], changes.get("limit", row.facts["limit"]), places))
    return reached(roots, edges)


def _maker(row: Record) -> str:
    return f"body:{row.body}" if row.facts["form"] == "board" else str(row.facts["source"])


@settings(max_examples=600, deadline=None)
@given(registers())
def test_no_authority_after_a_merger_that_was_not_there_before(
    world: tuple[Order, list[Record], dict[str, str]],
):
    order, rows, choices = world
    before, after = as_it_was(order, rows), as_it_is(order, plan(order, rows, choices))
    for holder, ground in after.items():
        if not holder.startswith("successor:"):
            had = before.get(holder, {})
            assert {place: most for place, most in ground.items() if most > had.get(place, Decimal(0))} == {}
