"""The layout of organograms: no two boxes overlap, everything is there, and no data makes it hang."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from partnerships.organogram import BOX, PAD, TITLE_SIZE, Box, Drawing, Item, bands, broken, drawn, forest, measured

KEYS = [f"n{number:02d}" for number in range(40)]
BANDS = {"board": "Board", "other": "Others"}
words = st.text("abc defg Wi-M", max_size=60).map(lambda text: text.strip() or "x")


@st.composite
def any_items(draw: st.DrawFn) -> list[Item]:
    """Items that report to anyone, to themselves, in circles, or to what is not there."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=40))
    parents = st.none() | st.sampled_from([*keys, "gone"]) if keys else st.none()
    return [
        Item(key, draw(words), parent=draw(parents), band=draw(st.sampled_from([*BANDS, ""])), lines=(draw(words),))
        for key in keys
    ]


def draw_all(items: list[Item]) -> Drawing:
    return drawn(bands(forest(items), BANDS))


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@settings(max_examples=200, deadline=None)
@given(any_items())
def test_boxes_never_overlap_and_all_items_are_there_once(items: list[Item]) -> None:
    drawing = draw_all(items)
    assert sorted(box.item.key for box in drawing.boxes) == sorted(item.key for item in items)
    assert not [(one, other) for one, other in combinations(drawing.boxes, 2) if overlap(one, other)]
    for box in drawing.boxes:
        assert box.x >= 0 and box.x + box.width <= drawing.width
        assert box.y >= 0 and box.y + box.height <= drawing.height


@settings(max_examples=200, deadline=None)
@given(any_items())
def test_children_stand_below_their_heads_and_circles_are_cut_once(items: list[Item]) -> None:
    trees = forest(items)
    boxes = {box.item.key: box for box in draw_all(items).boxes}
    placed = {each.item.key: tree for tree in trees for each in tree.walk() for tree in [each]}
    assert sorted(placed) == sorted(item.key for item in items)
    for tree in placed.values():
        for child in tree.below:
            assert child.item.parent == tree.item.key
            assert boxes[child.item.key].y >= boxes[tree.item.key].y + boxes[tree.item.key].height
    rows = {item.key: item for item in items}
    for tree in trees:
        parent, seen = tree.item.parent, set[str]()
        while parent in rows and parent not in seen:
            seen.add(parent)
            parent = rows[parent].parent
        assert parent is None or parent not in rows or tree.item.key in seen, "a head reports to nobody, or in a circle"


@settings(max_examples=200, deadline=None)
@given(any_items())
def test_lines_run_straight_and_start_or_end_at_boxes_on_the_sheet(items: list[Item]) -> None:
    drawing = draw_all(items)
    for path in drawing.paths:
        for (x, y), (a, b) in zip(path, path[1:], strict=False):
            assert x == a or y == b
            assert min(x, a) >= 0 and max(x, a) <= drawing.width
            assert min(y, b) >= 0 and max(y, b) <= drawing.height


@given(st.text(max_size=80), st.sampled_from([12, 14]))
def test_text_is_broken_to_fit_and_no_letter_is_lost(text: str, size: int) -> None:
    lines = broken(text, size, 100)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(measured(line, size) <= 100 or len(line) == 1 for line in lines)


def test_a_small_branch_hangs_and_a_large_one_spreads():
    small = [Item("a", "Board"), Item("b", "One", parent="a"), Item("c", "Two", parent="a")]
    first, second, third = draw_all(small).boxes
    assert first.x == 0 and second.x == third.x > first.x
    large = [Item("a", "Board"), *(Item(f"p{n}", "Place", parent="a") for n in range(5))]
    large += [Item(f"q{n}", "Place board", parent=f"p{n}") for n in range(5)]
    drawing = draw_all(large)
    places = {box.y for box in drawing.boxes if box.item.title == "Place"}
    assert len(places) == 1


def test_twenty_places_go_on_in_a_further_row_of_the_sheet():
    items = [Item("a", "Board"), *(Item(f"p{n:02}", "Place", parent="a") for n in range(20))]
    items += [Item(f"q{n:02}", "Place board", parent=f"p{n:02}") for n in range(20)]
    drawing = draw_all(items)
    assert drawing.width <= 1480
    assert len({box.y for box in drawing.boxes if box.item.title == "Place"}) == 3


def test_heads_stand_in_their_bands_in_the_order_asked():
    items = [Item("x", "Alone", band="other"), Item("a", "Board", band="board")]
    found = bands(forest(items), BANDS)
    assert [(band.title, [tree.item.key for tree in band.trees]) for band in found] == [
        ("Board", ["a"]),
        ("Others", ["x"]),
    ]
    assert [heading.text for heading in drawn(found).headings] == ["Board", "Others"]


def test_a_long_name_makes_its_box_higher_and_not_wider():
    drawing = draw_all([Item("a", "Bradford District and Craven Health and Care Partnership Board")])
    (only,) = drawing.boxes
    assert len(only.title) > 2
    assert only.width == BOX
    assert all(measured(line, TITLE_SIZE) <= BOX - 2 * PAD for line in only.title)
