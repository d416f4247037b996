"""Checks of bodies, places and arrangements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from partnerships.authority.words import joined

from .facts import Arrangement, Forum, Member, Party, Place, Register, grouped, holds
from .finding import Finding, Severity, finding

FEW = 3
FEWEST_TRUSTS = 2
EXPECTED_TO_COLLABORATE = {
    "acute": "an acute trust",
    "combined": "a combined trust",
    "mental_health": "a mental health trust",
}
DRAWN_FROM = {
    "trust": "a member from a trust",
    "primary_care": "a member from general practice",
    "local_authority": "a member from a council",
}
PARTNERS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "primary_care": ("leaders of primary care", ("primary_care",), "primary care"),
    "providers": ("acute, community or mental health providers", ("trust",), "acute"),
    "people": ("people who use services and their representatives", ("healthwatch",), "people who use"),
    "council": ("the council", ("local_authority",), "local authority"),
    "social_care": ("providers of social care", ("social_care",), "social care"),
    "vcse": ("the voluntary, community and social enterprise sector", ("vcse",), "voluntary"),
    "icb": ("the integrated care board", ("icb",), "integrated care board"),
}
"""The seven types of partner of a place: in words, the kinds of body that are one, what a sector says of another."""


def all_checks(register: Register) -> Iterator[Finding]:
    """Every finding about bodies, places and arrangements, in no order."""
    parties = grouped(register.of_arrangement(register.facts.parties), "arrangement")
    yield from place_without_icb(register)
    yield from place_in_two_icbs(register)
    yield from board_not_recorded(register)
    yield from board_below_minimum(register)
    yield from several_icps(register)
    yield from no_collaborative(register, parties)
    for arrangement in sorted(register.live(register.facts.arrangements), key=lambda row: row.id):
        if register.wanted(register.system_of(arrangement.host)):
            yield from icp_without_council(register, arrangement, parties.get(arrangement.id, []))
            yield from too_few_trusts(register, arrangement, parties.get(arrangement.id, []))
            yield from partner_missing(register, arrangement, parties.get(arrangement.id, []))


# --- Places -------------------------------------------------------------------------------------------------------


def place_without_icb(register: Register) -> Iterator[Finding]:
    """A place that goes on although its ICB does not."""
    for place in sorted(register.live(register.facts.places), key=lambda row: row.id):
        icb = register.bodies.get(place.icb)
        system = register.system_of(place.icb)
        if icb is not None and not holds(icb, register.on) and register.wanted(system):
            yield finding(
                "place_without_icb",
                f"{place.name} lies in {icb.name}, which does not exist on this day.",
                "Let the place end with that board, and record it anew in the board that follows.",
                [("place", place.id)],
                system,
            )


def place_in_two_icbs(register: Register) -> Iterator[Finding]:
    """The same area recorded in two boards at once."""
    for places in same_areas(register):
        icbs = sorted({place.icb for place in places if holds(register.bodies[place.icb], register.on)})
        systems = [icb for icb in icbs if register.wanted(icb)]
        if len(icbs) > 1 and systems:
            names = joined([register.bodies[icb].name for icb in icbs])
            yield finding(
                "place_in_two_icbs",
                f"{places[0].name} lies in {names} at once.",
                "Let the place end in the board that it left, on the day before it joined the other.",
                [("place", place.id) for place in places],
                icbs[0],
            )


def same_areas(register: Register) -> list[list[Place]]:
    """Places of the day by area: one follows the other, or they share their name and a council."""
    everything = sorted(register.facts.places, key=lambda row: row.id)
    area = {place.id: place.id for place in everything}

    def root(pk: int) -> int:
        while area[pk] != pk:
            pk = area[pk]
        return pk

    first: dict[tuple[str, int], int] = {}
    for place in everything:
        if place.follows in area:
            area[root(place.id)] = root(place.follows)  # type: ignore[arg-type]
        if holds(place, register.on):
            for council in sorted(register.facts.councils.get(place.id, ())):
                same = first.setdefault((place.name.casefold(), council), place.id)
                area[root(place.id)] = root(same)
    found: dict[int, list[Place]] = defaultdict(list)
    for place in register.live(everything):
        found[root(place.id)].append(place)
    return sorted(found.values(), key=lambda places: places[0].id)


# --- Boards -------------------------------------------------------------------------------------------------------


def board_not_recorded(register: Register) -> Iterator[Finding]:
    """An ICB of which other forums are recorded, such as those that a merger carried on, and not its board."""
    forums = grouped(register.live_forums, "host")
    for body in sorted(register.live(register.facts.bodies), key=lambda row: row.id):
        mine = forums.get(body.id, ())
        if body.kind == "icb" and mine and all(forum.form != "board" for forum in mine) and register.wanted(body.id):
            yield finding(
                "board_not_recorded",
                f"{body.name} has forums in the register and no board.",
                "Record its board with its members, and what it passed on to its committees.",
                [("organisation", body.id)],
                body.id,
            )


def board_below_minimum(register: Register) -> Iterator[Finding]:
    """Chair, chief executive, and at least one from each of trusts, general practice and councils."""
    for forum in register.live_forums:
        host = register.bodies[forum.host]
        if forum.form != "board" or host.kind != "icb":
            continue
        members = register.members.get(forum.id, [])
        if not members:
            yield _of_board(register, forum, f"No member of {forum.name} is in the register.", Severity.WARNING)
            continue
        missing = _missing(register, members)
        if missing:
            yield _of_board(register, forum, f"{forum.name} lacks {joined(missing)}.", None)


def _of_board(register: Register, forum: Forum, text: str, severity: Severity | None) -> Finding:
    return finding(
        "board_below_minimum", text, "Record who holds these memberships, or appoint them as the constitution says.",
        [("forum", forum.id)], register.system_of(forum.host), severity,
    )  # fmt: skip


def _missing(register: Register, members: list[Member]) -> list[str]:
    missing = [] if any(row.role == "chair" for row in members) else ["a chair"]
    if not any(row.holder in register.chief_executives for row in members):
        missing.append("a chief executive")
    there = {register.bodies[row.body].kind for row in members if row.voting}
    return missing + [words for kind, words in DRAWN_FROM.items() if kind not in there]


# --- Arrangements -------------------------------------------------------------------------------------------------


def no_collaborative(register: Register, parties: dict[int, list[Party]]) -> Iterator[Finding]:
    """Acute and mental health trusts belong to at least one collaborative."""
    live = register.live(register.facts.arrangements)
    joined_in = {row.body for each in live if each.kind == "collaborative" for row in parties.get(each.id, ())}
    for body in sorted(register.live(register.facts.bodies), key=lambda row: row.id):
        what = EXPECTED_TO_COLLABORATE.get(body.subtype) if body.kind == "trust" else None
        system = register.system_of(body.id)
        if what and body.id not in joined_in and register.wanted(system):
            yield finding(
                "no_collaborative",
                f"{body.name} is {what} and takes part in no provider collaborative.",
                "Record the collaborative that it belongs to, or agree which one it joins.",
                [("organisation", body.id)],
                system,
            )


def several_icps(register: Register) -> Iterator[Finding]:
    """Two integrated care partnerships of one ICB, such as those of two boards that merged."""
    icps = [row for row in register.live(register.facts.arrangements) if row.kind == "icp"]
    for host, rows in sorted(grouped(icps, "host").items()):
        if len(rows) > 1 and register.wanted(register.system_of(host)):
            rows = sorted(rows, key=lambda row: row.id)
            yield finding(
                "several_icps",
                f"{register.bodies[host].name} has {len(rows)} integrated care partnerships: "
                f"{joined([row.name for row in rows])}.",
                "End all but one, and add the members of the others to it.",
                [("arrangement", row.id) for row in rows],
                register.system_of(host),
            )


def too_few_trusts(register: Register, arrangement: Arrangement, parties: list[Party]) -> Iterator[Finding]:
    """A provider collaborative is of two or more trusts; its host counts."""
    if arrangement.kind != "collaborative":
        return
    trusts = [pk for pk in {arrangement.host, *(row.body for row in parties)} if register.bodies[pk].kind == "trust"]
    if len(trusts) < FEWEST_TRUSTS:
        taking_part = "one trust takes" if trusts else "no trust takes"
        yield finding(
            "too_few_trusts",
            f"{arrangement.name} is a provider collaborative, and {taking_part} part.",
            "Add the trusts that work together in it, or end it.",
            [("arrangement", arrangement.id)],
            register.system_of(arrangement.host),
        )


def icp_without_council(register: Register, arrangement: Arrangement, parties: list[Party]) -> Iterator[Finding]:
    """An integrated care partnership has every council of its system."""
    if arrangement.kind != "icp":
        return
    there = {row.body for row in parties}
    absent = sorted(row.name for row in register.councils_of(arrangement.host) if row.id not in there)
    if absent:
        rest = len(absent) - FEW
        more = f" and {rest} more {'council' if rest == 1 else 'councils'}" if rest > 0 else ""
        names = f"{', '.join(absent[:FEW])}{more}" if more else joined(absent)
        verb = "is" if len(absent) == 1 else "are"
        yield finding(
            "icp_without_council",
            f"{names} {verb} not in {arrangement.name}.",
            "Add the councils as members, from the day on which they joined.",
            [("arrangement", arrangement.id)],
            register.system_of(arrangement.host),
        )


def partner_missing(register: Register, arrangement: Arrangement, parties: list[Party]) -> Iterator[Finding]:
    """A place partnership has each of the seven types of partner; its host counts."""
    if arrangement.kind != "place":
        return
    kinds = {register.bodies[row.body].kind for row in parties} | {register.bodies[arrangement.host].kind}
    sectors = {row.sector.casefold() for row in parties}
    missing = [
        words
        for words, of_kind, says in PARTNERS.values()
        if not kinds.intersection(of_kind) and not any(says in sector for sector in sectors)
    ]
    if missing:
        yield finding(
            "partner_missing",
            f"{arrangement.name} has no partner for {joined(missing)}.",
            "Consider who could take part, or record how they are represented.",
            [("arrangement", arrangement.id)],
            register.system_of(arrangement.host),
        )
