"""The layout of an organogram: who reports to whom as boxes and lines. Pure: items in, a drawing out.

Small subtrees hang below their head as an indented list, large ones spread to the right and go on in a further row
where the sheet ends. Every block is a rectangle of its own, so boxes cannot overlap. A line of reporting that runs in a
circle is cut once; what reports to nobody here is drawn as a head of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

WIDTH = 1480
"""Of the sheet on a screen."""
BOX = 168
GAP = 14
INDENT = 14
DROP = 26
"""From the bottom of a head to the row below it."""
BETWEEN = 8
"""Between boxes below each other."""
LINE, PAD = 16, 9
HANGS = 6
"""A subtree of so many boxes at most hangs."""
STACK = 4
"""So many boxes without any below stand in one pile."""
TITLE_SIZE, TEXT_SIZE = 13, 12
BOLD = 1.12
"""Bold letters are so much wider."""
BAND_HEAD, BAND_SIZE = 40, 17
KEY_ROW, KEY_TEXT = 24, 34
"""Of the legend: from row to row, and from a sample to its words."""
A3 = 420 / 297
LEGEND = {
    "board": "board",
    "committee": "committee of one body",
    "joint": "several bodies decide together",
    "talks": "recommends (dashed)",
    "provider": "lead provider, under a contract",
    "place": "partnership (round corners)",
}
"""What the looks of boxes mean, by kind; every other kind looks like a partnership."""
WIDTHS = tuple(range(900, 4300, 200))
"""Of sheets that are tried for a page."""


@dataclass(frozen=True, slots=True)
class Item:
    """One box to be: `parent` is the key of the item it reports to, `lines` what stands below its title.

    `band` is where it is drawn when it is a head. `links` are addresses by purpose; the layout only carries them.
    """

    key: str
    title: str
    kind: str = ""
    parent: str | None = None
    band: str = ""
    lines: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def look(self) -> str:
        """Of the kinds of the legend the one that it looks like."""
        return self.kind if self.kind in LEGEND else "place"


@dataclass(frozen=True, slots=True)
class Tree:
    """An item with what reports to it."""

    item: Item
    below: tuple[Tree, ...] = ()

    @property
    def size(self) -> int:
        """How many items there are in it."""
        return 1 + sum(tree.size for tree in self.below)

    def walk(self) -> Iterator[Tree]:
        """Itself and everything below, in order."""
        yield self
        for tree in self.below:
            yield from tree.walk()


@dataclass(frozen=True, slots=True)
class Box:
    """An item in its place. `title` and `text` are its lines, broken so that they fit."""

    item: Item
    x: float
    y: float
    width: float
    height: float
    title: tuple[str, ...]
    text: tuple[str, ...]

    def lines(self) -> Iterator[tuple[str, float, str]]:
        """(class, y of the baseline, words) of each line."""
        y = self.y + PAD + TITLE_SIZE - 1
        for words in self.title:
            yield "org-title", y, words
            y += LINE
        for words in self.text:
            yield "org-text", y, words
            y += LINE


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a band."""

    text: str
    x: float
    y: float


Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Part of a drawing in a rectangle of its own. `anchor`: where the line from above arrives at its head."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    paths: tuple[Path, ...] = ()
    anchor: float = 0

    def moved(self, x: float, y: float) -> Block:
        """The same, further to the right and down."""
        boxes = tuple(replace(box, x=box.x + x, y=box.y + y) for box in self.boxes)
        paths = tuple(tuple((a + x, b + y) for a, b in path) for path in self.paths)
        return replace(self, boxes=boxes, paths=paths, anchor=self.anchor + x)


@dataclass(frozen=True, slots=True)
class Band:
    """Trees that are drawn below one heading."""

    key: str
    title: str
    trees: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """An entry of the legend: a small box of a kind, and what it means."""

    kind: str
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything with its place on the sheet. The legend stands below it, where it is drawn too."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    paths: tuple[Path, ...]
    headings: tuple[Heading, ...]

    @property
    def legend(self) -> tuple[Sample, ...]:
        """What the boxes mean, in rows as wide as the sheet."""
        x, y, found = 0.0, self.height + KEY_ROW, list[Sample]()
        for kind, text in LEGEND.items():
            width = KEY_TEXT + measured(text, TEXT_SIZE)
            if found and x + width > self.width:
                x, y = 0.0, y + KEY_ROW
            found.append(Sample(kind, text, x, y))
            x += width + 2 * GAP
        return tuple(found)

    @property
    def height_with_legend(self) -> float:
        """How high it is with its legend."""
        return self.legend[-1].y + KEY_ROW


# --- Who is below whom ----------------------------------------------------------------------------------------------


def forest(items: Iterable[Item]) -> tuple[Tree, ...]:
    """The items as trees, in their order. A circle is cut above the first of it; an unknown parent is none."""
    rows = {item.key: item for item in items}
    below: dict[str, list[Item]] = {}
    heads = []
    for item in rows.values():
        if item.parent in rows and not _cut_here(item, rows):
            below.setdefault(str(item.parent), []).append(item)
        else:
            heads.append(item)

    def tree(item: Item) -> Tree:
        return Tree(item, tuple(tree(each) for each in below.get(item.key, ())))

    return tuple(tree(item) for item in heads)


def _cut_here(item: Item, rows: Mapping[str, Item]) -> bool:
    """Whether the item is the first of a circle: the one of the lowest key in it."""
    seen, at = [item.key], item
    while at.parent in rows:
        at = rows[str(at.parent)]
        if at.key == item.key:
            return item.key == min(seen)
        if at.key in seen:
            return False
        seen.append(at.key)
    return False


def bands(trees: Iterable[Tree], titles: Mapping[str, str]) -> tuple[Band, ...]:
    """The trees by the band of their heads, in the order of the titles; bands without any are left out."""
    found: dict[str, list[Tree]] = {key: [] for key in titles}
    for tree in trees:
        found.setdefault(tree.item.band, []).append(tree)
    return tuple(Band(key, titles.get(key, key), tuple(rows)) for key, rows in found.items() if rows)


# --- Where they stand -----------------------------------------------------------------------------------------------


def drawn(parts: Sequence[Band], width: float = WIDTH) -> Drawing:
    """The bands on a sheet, beside each other where there is room."""
    boxes: list[Box] = []
    paths: list[Path] = []
    headings = []
    y, widest = 0.0, 0.0
    titles = iter(parts)
    for row in _rows([_band_block(part, width) for part in parts], width, 3 * GAP):
        x = 0.0
        for block in row:
            placed = block.moved(x, y + BAND_HEAD)
            headings.append(Heading(next(titles).title, x, y + BAND_HEAD - 20))
            boxes += placed.boxes
            paths += placed.paths
            x += block.width + 3 * GAP
        widest = max(widest, x - 3 * GAP)
        y += BAND_HEAD + max(block.height for block in row) + 2 * BETWEEN
    return Drawing(max(widest, BOX), y, tuple(boxes), tuple(paths), tuple(headings))


def fitted(parts: Sequence[Band], ratio: float = A3) -> Drawing:
    """The drawing that comes out largest on a page of that ratio of width to height."""
    drawings = [drawn(parts, width) for width in WIDTHS]
    return max(drawings, key=lambda each: min(ratio / each.width, 1 / max(each.height, 1)))


def _band_block(part: Band, width: float) -> Block:
    block = _row_of_trees(part.trees, width)
    return replace(block, width=max(block.width, min(width, measured(part.title, BAND_SIZE))))


def _row_of_trees(trees: Sequence[Tree], width: float) -> Block:
    """Trees beside each other, in further rows where the sheet ends; single boxes beside each other too."""
    found = Block(0, 0)
    for row in _rows([_block(tree, width) for tree in trees], width):
        found = _beside(found, row, found.height + (GAP if found.boxes else 0))
    return found


def _beside(found: Block, row: Sequence[Block], y: float) -> Block:
    x, boxes, paths = 0.0, list(found.boxes), list(found.paths)
    for block in row:
        placed = block.moved(x, y)
        boxes += placed.boxes
        paths += placed.paths
        x += block.width + GAP
    height = y + max(block.height for block in row)
    return Block(max(found.width, x - GAP), height, tuple(boxes), tuple(paths))


def _rows(blocks: Iterable[Block], width: float, gap: float = GAP) -> list[list[Block]]:
    """Blocks in rows no wider than the sheet; one that is wider has a row of its own."""
    rows: list[list[Block]] = []
    used = 0.0
    for block in blocks:
        if rows and used + gap + block.width <= width:
            rows[-1].append(block)
            used += gap + block.width
        else:
            rows.append([block])
            used = block.width
    return rows


def _block(tree: Tree, width: float) -> Block:
    if not tree.below or tree.size <= HANGS:
        return _hanging(tree)
    return _spread(tree, width)


def _hanging(tree: Tree) -> Block:
    """The head with everything below it as an indented list."""
    head = box(tree.item)
    return _listed(head, [_hanging(each) for each in tree.below])


def _listed(head: Box | None, blocks: Iterable[Block]) -> Block:
    """Blocks below each other, to the right of a line that comes from the head (or from above)."""
    boxes, paths = ([head] if head else []), list[Path]()
    y = head.height if head else 0.0
    top, line, width = y, INDENT / 2, head.width if head else 0.0
    last = y
    for block in blocks:
        y += BETWEEN if boxes else 0
        placed = block.moved(INDENT, y)
        last = y + min(placed.boxes[0].height / 2, 20)
        paths += [((line, last), (INDENT, last)), *placed.paths]
        boxes += placed.boxes
        y += block.height
        width = max(width, INDENT + block.width)
    if last > top or head is None:
        paths.insert(0, ((line, top), (line, last)))
    return Block(width, y, tuple(boxes), tuple(paths), head.width / 2 if head else line)


def _spread(tree: Tree, width: float) -> Block:
    """The head above a row of blocks, and further rows where the sheet ends, reached by a line at the left."""
    head = box(tree.item)
    rows = _rows(_columns(tree, width - GAP), width - GAP)
    left = GAP if len(rows) > 1 else 0.0
    boxes, paths = list[Box](), list[Path]()
    y, wide, first, lowest = head.height, head.width, 0.0, 0.0
    for number, row in enumerate(rows):
        bus = y + DROP / 2
        x = left
        anchors = []
        for block in row:
            placed = block.moved(x, y + DROP)
            boxes += placed.boxes
            paths += [*placed.paths, ((placed.anchor, bus), (placed.anchor, y + DROP))]
            anchors.append(placed.anchor)
            x += block.width + GAP
        wide = max(wide, x - GAP)
        if number == 0:
            first = (anchors[0] + anchors[-1]) / 2
        start = left / 2 if len(rows) > 1 else min(anchors)
        paths.append(((start, bus), (max(anchors), bus)))
        lowest = bus
        y += DROP + max(block.height for block in row)
    centre = max(head.width / 2, first)
    placed_head = replace(head, x=centre - head.width / 2)
    top = head.height + DROP / 2
    if len(rows) > 1:
        paths.append(((left / 2, top), (left / 2, lowest)))
    joint = min(max(centre, 0), wide)
    paths.append(((joint, head.height), (joint, top)))
    if centre != first:
        paths.append(((first, top), (centre, top)))
    return Block(max(wide, centre + head.width / 2), y, (placed_head, *boxes), tuple(paths), centre)


def _columns(tree: Tree, width: float) -> list[Block]:
    """What stands beside each other below a head: blocks, and piles of boxes that have nothing below them."""
    blocks: list[Block] = []
    single = [each for each in tree.below if not each.below]
    for start in range(0, len(single), STACK):
        pile = single[start : start + STACK]
        if len(pile) == 1:
            blocks.append(_hanging(pile[0]))
        else:
            blocks.append(_listed(None, [_hanging(each) for each in pile]))
    return blocks + [_block(each, width) for each in tree.below if each.below]


# --- Words in boxes -------------------------------------------------------------------------------------------------

NARROW, WIDE = frozenset("iljtfrI.,:;'’|!()[] -"), frozenset("mwMW@%")


def box(item: Item) -> Box:
    """A box at the origin, as high as its words need."""
    title = tuple(broken(item.title, TITLE_SIZE * BOLD, BOX - 2 * PAD))
    text = tuple(line for words in item.lines for line in broken(words, TEXT_SIZE, BOX - 2 * PAD))
    height = 2 * PAD + LINE * (len(title) + len(text)) - (LINE - TITLE_SIZE)
    return Box(item, 0, 0, BOX, height, title, text)


def broken(text: str, size: float, width: float) -> list[str]:
    """The text in lines that fit a width, at its spaces; a word that is too long by itself is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        while word:
            longer = f"{line} {word}" if line else word
            if measured(longer, size) <= width:
                line, word = longer, ""
            elif line:
                lines.append(line)
                line = ""
            else:
                fits = next(n for n in range(len(word), 0, -1) if n == 1 or measured(word[:n], size) <= width)
                lines.append(word[:fits])
                word = word[fits:]
    return [*lines, line] if line or not lines else lines


def measured(text: str, size: float) -> float:
    """How wide a text is at most, also where the letters of DejaVu Sans, which are wider, stand in for Arial's."""
    return size * sum(_em(letter) for letter in text)


def _em(letter: str) -> float:
    if letter in NARROW:
        return 0.42
    if letter in WIDE:
        return 1.0
    return 0.79 if letter.isupper() else 0.64
