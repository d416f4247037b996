"""Places, place-based partnerships, provider collaboratives, and who takes part in them."""

from .england import Demo
from .governance import described
from .people import sector
from .plans import ArrangementPlan, SystemPlan

SECTORS = {"icb": "Integrated care board", "trust": "NHS provider", "local_authority": "Council"}


def add_arrangements(demo: Demo, plans: list[SystemPlan]) -> None:
    """Rows of all places and arrangements; plans learn their row numbers."""
    for plan in plans:
        for place in plan.places:
            place.number = demo.rows.add("place", name=place.name, icb=plan.code, starts=demo.since(plan.code))
            for council in place.councils:
                demo.rows.add("place_councils", place=place.number, organisation=council)
        for arrangement in plan.arrangements.values():
            _add(demo, arrangement)


def _add(demo: Demo, arrangement: ArrangementPlan) -> None:
    row = arrangement.row
    starts = demo.since(row["host"])
    arrangement.number = demo.rows.add(
        "arrangement", kind=row["kind"], name=row["name"], host=row["host"], purpose=row["purpose"], phase=row["phase"],
        place=arrangement.place.number if arrangement.place else None, starts=starts, **described(row["kind"]),
    )  # fmt: skip
    for code in arrangement.members:
        _add_member(demo, arrangement, code, "member", None)
    for code, speaker in sorted(arrangement.represented.items()):
        _add_member(demo, arrangement, code, "represented", speaker)


def _add_member(demo: Demo, arrangement: ArrangementPlan, code: str, expectation: str, speaker: str | None) -> None:
    demo.rows.add(
        "arrangementmember", arrangement=arrangement.number, organisation=code, expectation=expectation,
        sector=sector(code) or SECTORS.get(demo.bodies[code].kind, ""), represented_by=speaker,
        starts=demo.since(arrangement.row["host"], code),
    )  # fmt: skip
