"""A small sound system for the tests of governance checks: nothing is found in it, until a test breaks one thing.

Ids tell what they are: below 10 a body, below 20 a forum, below 30 a post, below 40 a place, above 100 a delegation.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from partnerships import checks
from partnerships.authority import Node
from partnerships.checks import (
    Arrangement,
    Basis,
    Body,
    Edge,
    Employment,
    Facts,
    Finding,
    Forum,
    Function,
    Link,
    Member,
    Party,
    Place,
    Post,
    Report,
    Terms,
)

ON = date(2027, 1, 14)
YESTERDAY, TOMORROW = ON - timedelta(days=1), ON + timedelta(days=1)
ICB, COUNCIL, TRUST, OTHER_ICB, PRACTICES, SECOND_TRUST, HEALTHWATCH, CARERS, VOLUNTARY = range(1, 10)
BOARD, FINANCE, PLACE_BOARD, JOINT, TALKS, TRUST_BOARD, SECOND = 11, 12, 13, 14, 15, 16, 17
DIRECTOR, THEIR_DIRECTOR = 21, 22
BRADFORD, LEEDS = 31, 32
PARTNERSHIP, PROVIDERS, ICP = 41, 42, 43
CHIEF, LEAD = 51, 52

FUNCTION = "community_services"
SCHEME = "internal_scheme"


def edge(pk: int, source: Node, target: Node, **more: Any) -> Edge:
    """A delegation of the ICB's community services, internal unless said otherwise."""
    return Edge(
        **{"id": pk, "function": FUNCTION, "body": ICB, "source": source, "target": target, "basis": SCHEME} | more
    )


def sound(**changes: Any) -> Facts:
    """The sound system, with some of its records replaced."""
    return replace(SOUND, **changes)


def found(facts: Facts, code: str = "") -> list[Finding]:
    """What is found in it (by one check)."""
    return [each for each in checks.run(facts, ON) if code in ("", each.code)]


def codes(facts: Facts) -> list[str]:
    """Codes of what is found."""
    return [each.code for each in checks.run(facts, ON)]


def without(rows: tuple[Any, ...], pk: int) -> tuple[Any, ...]:
    """The rows without one."""
    return tuple(row for row in rows if row.id != pk)


def put(rows: tuple[Any, ...], pk: int, **changes: Any) -> tuple[Any, ...]:
    """The rows with one of them changed."""
    return tuple(row._replace(**changes) if row.id == pk else row for row in rows)


TO_FINANCE = edge(101, Node.body(ICB), Node.forum(FINANCE), limit=Decimal(2_000_000))
TO_PLACE = edge(102, Node.forum(FINANCE), Node.forum(PLACE_BOARD), limit=Decimal(500_000), places=frozenset({BRADFORD}))
TO_DIRECTOR = edge(103, Node.body(ICB), Node.post(DIRECTOR), limit=Decimal(50_000))
FROM_ICB = edge(104, Node.body(ICB), Node.forum(JOINT), basis="s75", function="better_care_fund")
FROM_COUNCIL = edge(105, Node.body(COUNCIL), Node.forum(JOINT), basis="s75", function="public_health", body=COUNCIL)

SOUND = Facts(
    bodies=(
        Body(ICB, "icb", "West Yorkshire ICB"),
        Body(COUNCIL, "local_authority", "Bradford Council"),
        Body(TRUST, "trust", "Airedale", "acute"),
        Body(OTHER_ICB, "icb", "Greater Manchester ICB"),
        Body(PRACTICES, "primary_care", "Bradford practices"),
        Body(SECOND_TRUST, "trust", "Yorkshire Ambulance", "ambulance"),
        Body(HEALTHWATCH, "healthwatch", "Healthwatch Bradford"),
        Body(CARERS, "social_care", "Bradford care providers"),
        Body(VOLUNTARY, "vcse", "Bradford voluntary action"),
    ),
    forums=(
        Forum(BOARD, "ICB board", ICB, "board"),
        Forum(FINANCE, "Finance committee", ICB, "board_committee", None, BOARD),
        Forum(PLACE_BOARD, "Bradford place board", ICB, "committee", PARTNERSHIP, FINANCE),
        Forum(JOINT, "Bradford joint committee", ICB, "joint_committee", PARTNERSHIP),
        Forum(TALKS, "Bradford wellbeing forum", ICB, "consultative_forum", None, BOARD),
        Forum(TRUST_BOARD, "Airedale board", TRUST, "board"),
    ),
    posts=(Post(DIRECTOR, ICB, "Director of finance", LEAD), Post(THEIR_DIRECTOR, TRUST, "Medical director", LEAD)),
    places=(Place(BRADFORD, "Bradford", ICB), Place(LEEDS, "Leeds", ICB)),
    functions=(
        Function(
            FUNCTION, "Commissioning community services", "commissioning", "icb", None, True, (SCHEME, "s65z5", "s75")
        ),
        Function(
            "community_diagnostics", "Commissioning diagnostics", "commissioning", "", FUNCTION, True, (SCHEME, "s65z5")
        ),
        Function("joint_forward_plan", "Agreeing the joint forward plan", "strategy", "icb", None, False),
        Function("better_care_fund", "Spending the better care fund", "pooled_funds", "icb", None, True, ("s75",)),
        Function(
            "public_health", "Commissioning public health", "public_health", "local_authority", None, True, ("s75",)
        ),
    ),
    bases=(
        Basis(SCHEME, "icb", "committee", True, "Scheme of delegation"),
        Basis(SCHEME, "icb", "post", True, "Scheme of delegation"),
        Basis("s65z5", "icb", "trust", False, "Arrangement under section 65Z5"),
        Basis("s65z5", "icb", "icb", False, "Arrangement under section 65Z5"),
        Basis("s65z5", "trust", "trust", False, "Arrangement under section 65Z5"),
        Basis("s65z5", "icb", "local_authority", False, "Arrangement under section 65Z5"),
        Basis("s75", "icb", "joint_committee", False, "Section 75 arrangement"),
        Basis("s75", "local_authority", "joint_committee", False, "Section 75 arrangement"),
    ),
    edges=(TO_FINANCE, TO_PLACE, TO_DIRECTOR, FROM_ICB, FROM_COUNCIL),
    terms=tuple(
        Terms(forum * 10, forum, 1, date(2026, 4, 1), date(2027, 4, 1), 1, True)
        for forum in (BOARD, FINANCE, PLACE_BOARD, JOINT, TALKS, TRUST_BOARD)
    ),
    members=(
        Member(201, BOARD, ICB, "chair", True, 53),
        Member(202, BOARD, ICB, "member", True, CHIEF),
        Member(203, BOARD, TRUST, "member", True, 54),
        Member(204, BOARD, PRACTICES, "member", True, 55),
        Member(205, BOARD, COUNCIL, "member", True, 56),
        Member(206, PLACE_BOARD, ICB, "executive_lead", True, LEAD),
        Member(207, PLACE_BOARD, TRUST, "member", True, 54),
        Member(208, JOINT, ICB, "member", True, 53),
        Member(209, JOINT, COUNCIL, "member", True, 56),
        Member(210, FINANCE, ICB, "member", True, 53),
    ),
    arrangements=(
        Arrangement(PARTNERSHIP, "Bradford partnership", "place", ICB),
        Arrangement(PROVIDERS, "Acute collaborative", "collaborative", ICB),
        Arrangement(ICP, "West Yorkshire partnership", "icp", ICB),
    ),
    parties=(
        *(Party(PARTNERSHIP, pk) for pk in (ICB, COUNCIL, TRUST, PRACTICES, HEALTHWATCH, CARERS, VOLUNTARY)),
        Party(PROVIDERS, TRUST),
        Party(PROVIDERS, SECOND_TRUST),
        Party(ICP, ICB),
        Party(ICP, COUNCIL),
    ),
    reports=(Report(PARTNERSHIP),),
    links=(Link(COUNCIL, ICB), Link(TRUST, ICB), Link(SECOND_TRUST, ICB), Link(PRACTICES, ICB)),
    employments=(Employment(CHIEF, ICB, "Chief executive"), Employment(LEAD, ICB, "Director of finance")),
    councils={BRADFORD: frozenset({COUNCIL})},
)
