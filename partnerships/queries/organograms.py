"""The organogram of a system: its boards, committees and arrangements as boxes, each below whom it reports to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse

from ics_governance import wording
from partnerships.models import Arrangement, Forum, ReportingLine
from partnerships.organogram import Band, Item, bands, forest

from .systems import System, lines_of

Form, Of = Forum.Form, Arrangement.Kind

BANDS = {
    "board": "Integrated care board",
    "icp": "Integrated care partnership",
    "hwb": "Health and wellbeing boards",
    "place": "Place-based partnerships",
    "collaborative": "Provider collaboratives",
    "provider": "Lead providers",
    "governors": "Councils of governors",
    "loose": "Forums without a recorded reporting line",
}
SINGLE = {Form.COUNCIL_OF_GOVERNORS: "governors", Form.LEAD_PROVIDER: "provider"}
LOOK = {
    Form.BOARD: "board", Form.CONSULTATIVE: "talks", Form.COUNCIL_OF_GOVERNORS: "talks", Form.JOINT_COMMITTEE: "joint",
    Form.COMMITTEES_IN_COMMON: "joint", Form.JOINT_VENTURE: "joint", Form.LEAD_PROVIDER: "provider",
}  # fmt: skip


@dataclass
class Chart:
    """An organogram before it is drawn: bands of trees, and how many boxes there are."""

    system: System
    bands: tuple[Band, ...] = ()
    size: int = 0
    loose: int = 0


@dataclass
class _Rows:
    system: System
    forums: dict[int, Forum] = field(default_factory=dict)
    arrangements: dict[int, Arrangement] = field(default_factory=dict)
    lines: dict[int, list[ReportingLine]] = field(default_factory=dict)
    within: dict[int, list[Forum]] = field(default_factory=dict)

    @classmethod
    def of(cls, system: System, lines: Iterable[ReportingLine]) -> "_Rows":
        rows = cls(system, {row.pk: row for row in system.forums}, {row.pk: row for row in system.arrangements})
        for line in lines:
            rows.lines.setdefault(line.arrangement_id, []).append(line)
        for forum in system.forums:
            if forum.arrangement_id in rows.arrangements:
                rows.within.setdefault(forum.arrangement_id, []).append(forum)
        return rows

    def twin(self, row: Arrangement) -> Forum | None:
        """The one forum of an arrangement that bears the same name: both are one box."""
        forums = self.within.get(row.pk, [])
        return forums[0] if len(forums) == 1 and forums[0].name.casefold() == row.name.casefold() else None

    def box_of(self, arrangement: int | None) -> str | None:
        """The key of an arrangement's box; None for one of another system."""
        row = self.arrangements.get(arrangement or 0)
        if row is None:
            return None
        twin = self.twin(row)
        return f"a{row.pk}" if twin is None else f"f{twin.pk}"

    @property
    def head(self) -> str:
        """The box of the ICB: its board, or the body itself where no board is recorded."""
        board = self.system.board
        return f"o{self.system.icb.pk}" if board is None else f"f{board.pk}"


def chart_of(system: System, *, signed_in: bool) -> Chart:
    """The organogram of a system; one query. `signed_in` people get links to the records themselves."""
    rows = _Rows.of(system, lines_of(system))
    items = [*_head(rows), *(_of_arrangement(rows, row) for row in system.arrangements)]
    twins = {item.key for item in items}
    items += [_of_forum(rows, row) for row in system.forums if f"f{row.pk}" not in twins]
    trees = forest(_with_links(items, system, signed_in))
    found = Chart(system, bands(trees, BANDS), len(items))
    found.loose = sum(len(band.trees) for band in found.bands if band.key == "loose")
    return found


def _head(rows: _Rows) -> list[Item]:
    if rows.system.board is not None:
        return []
    icb = rows.system.icb
    return [Item(rows.head, icb.label, "board", band="board", lines=("no board is recorded",))]


def _of_forum(rows: _Rows, forum: Forum) -> Item:
    parent, band = _above(rows, forum), _band(rows, forum)
    also: list[str] = []
    over = rows.forums.get(forum.reports_to_id or 0)
    if over is not None and parent != f"f{over.pk}" and not _said_by(rows, forum, over):
        also.append(over.name)
    form, members = _facts(forum)
    facts = [form]
    if band in ("governors", "provider", "loose") and forum.host_id != rows.system.icb.pk:
        facts.append(forum.host.label)
    facts.append(members)
    return _item(f"f{forum.pk}", forum.name, LOOK.get(Form(forum.form), "committee"), parent, band, facts, also)


def _facts(forum: Forum) -> tuple[str, str]:
    """Its form, and how many sit on it."""
    public = ", meets in public" if forum.meets_in_public else ""
    return str(forum.get_form_display()), _counted(forum.member_count) + public  # type: ignore[attr-defined]


def _above(rows: _Rows, forum: Forum) -> str | None:
    """Inside an arrangement: the arrangement, or the forum of it that it reports to; else whom it reports to."""
    over = rows.forums.get(forum.reports_to_id or 0)
    if f"f{forum.pk}" == rows.head:
        return None
    if forum.arrangement_id in rows.arrangements:
        inside = over is not None and over.arrangement_id == forum.arrangement_id
        return f"f{forum.reports_to_id}" if inside else f"a{forum.arrangement_id}"
    return None if over is None else f"f{over.pk}"


def _band(rows: _Rows, forum: Forum) -> str:
    return "board" if f"f{forum.pk}" == rows.head else SINGLE.get(Form(forum.form), "loose")


def _said_by(rows: _Rows, forum: Forum, over: Forum) -> bool:
    """Whether the arrangement of the forum already stands below the one it reports to."""
    arrangement = rows.arrangements.get(forum.arrangement_id or 0)
    return arrangement is not None and _above_arrangement(rows, arrangement)[0] == f"f{over.pk}"


def _of_arrangement(rows: _Rows, row: Arrangement) -> Item:
    parent, used = _above_arrangement(rows, row)
    also = [_named(line) for line in rows.lines.get(row.pk, []) if line.pk != used]
    facts = [str(row.get_kind_display())]
    if row.host_id != rows.system.icb.pk and row.kind != Of.ICP:
        facts.append(row.host.label)
    if row.kind != Of.HWB:
        facts.append(str(row.get_phase_display()))
    twin = rows.twin(row)
    if row.member_count and twin is None:  # type: ignore[attr-defined]
        facts.append(_counted(row.member_count))  # type: ignore[attr-defined]
    if parent is None and row.kind in (Of.PLACE, Of.COLLABORATIVE) and not also:
        facts.append("no reporting line is recorded")
    if twin is None:
        return _item(f"a{row.pk}", row.name, row.kind, parent, str(row.kind), facts, also)
    look = LOOK.get(Form(twin.form), "committee")
    return _item(f"f{twin.pk}", row.name, look, parent, str(row.kind), [*facts, *_facts(twin)], also)


def _above_arrangement(rows: _Rows, row: Arrangement) -> tuple[str | None, int | None]:
    """Below which box it stands, and the reporting line that says so. A forum of its own that reports to a committee
    says it more exactly than a line to the board. ICPs and health and wellbeing boards stand by themselves."""
    if row.kind in (Of.ICP, Of.HWB):
        return None, None
    lines = rows.lines.get(row.pk, [])
    to_icb = next((line for line in lines if line.to_organisation_id == rows.system.icb.pk), None)
    for forum in rows.within.get(row.pk, []):
        over = rows.forums.get(forum.reports_to_id or 0)
        if over is not None and over.arrangement_id != row.pk:
            inside = over.host_id == rows.system.icb.pk and to_icb is not None
            return f"f{over.pk}", to_icb.pk if inside and to_icb is not None else None
    if to_icb is not None:
        return rows.head, to_icb.pk
    to_another = next((line for line in lines if line.to_arrangement_id in rows.arrangements), None)
    return (None, None) if to_another is None else (rows.box_of(to_another.to_arrangement_id), to_another.pk)


def _named(line: ReportingLine) -> str:
    return line.to_arrangement.name if line.to_arrangement else str(line.to_organisation.label)  # type: ignore[union-attr]


def _counted(number: int) -> str:
    return wording.pluralise(number, "member") if number else "no members recorded"


def _item(
    key: str, title: str, kind: str, parent: str | None, band: str, facts: Iterable[str], also: Iterable[str]
) -> Item:
    """A box; to whom it reports besides is told in words, since lines across the sheet would hide it."""
    others = tuple(dict.fromkeys(also))
    lines = [*facts, *([f"also reports to {wording.joined(others)}"] if others else [])]
    return Item(key, title, kind, parent, band, tuple(line.replace("\u00a0", " ") for line in lines), {}, others)


def _with_links(items: Iterable[Item], system: System, signed_in: bool) -> list[Item]:
    """Where each box leads: for everyone to what a forum may decide, for the signed-in to the record."""
    here = reverse("system", args=[system.icb.code])
    found = []
    for item in items:
        kind, number = item.key[0], int(item.key[1:])
        links = {}
        if kind == "f":
            links["decides"] = f"{here}?forum=forum-{number}#who"
            if signed_in:
                links["record"] = reverse("forum", args=[number])
        elif kind == "a" and signed_in:
            links["record"] = reverse("arrangement", args=[number])
        found.append(Item(item.key, item.title, item.kind, item.parent, item.band, item.lines, links, item.also))
    return found
