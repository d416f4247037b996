"""A small known system for the resolver's tests: an ICB, a council, two trusts, their forums, posts and places.

Ids tell what they are: below 10 a body, below 20 a forum, below 30 a post, above a place.
"""

from datetime import date
from decimal import Decimal

from partnerships.authority import (
    Answer,
    Body,
    Completeness,
    Edge,
    Footprint,
    Forum,
    Function,
    Graph,
    Node,
    Participant,
    Place,
    Post,
    Span,
    graph,
    resolve,
)

ON = date(2027, 1, 14)
ICB, COUNCIL, TRUST, OTHER_ICB, ENGLAND, SECOND_TRUST = 1, 2, 3, 4, 5, 6
BOARD, FINANCE, PLACE_BOARD, JOINT, TALKS, TOGETHER, TRUST_BOARD, TRUST_COMMITTEE, LEAD = (
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
)
DIRECTOR, CHAIR = 21, 22
BRADFORD, LEEDS, HULL = 31, 32, 33

BODIES = [
    Body(ICB, "icb", (Footprint(BRADFORD), Footprint(LEEDS))),
    Body(COUNCIL, "local_authority", (Footprint(BRADFORD),), "place"),
    Body(TRUST, "trust", marks=frozenset({"foundation_trust"}), within=frozenset({ICB})),
    Body(SECOND_TRUST, "trust", within=frozenset({ICB})),
    Body(OTHER_ICB, "icb", (Footprint(HULL),)),
    Body(ENGLAND, "oversight_body", level="national"),
]
FORUMS = [
    Forum(BOARD, "board", ICB, "system"),
    Forum(FINANCE, "board_committee", ICB, "system"),
    Forum(PLACE_BOARD, "committee", ICB, "place"),
    Forum(JOINT, "joint_committee", None, "place", (Participant(ICB), Participant(COUNCIL), Participant(TRUST))),
    Forum(TALKS, "consultative_forum", ICB, "place"),
    Forum(TOGETHER, "committees_in_common", None, "system", (Participant(TRUST, 1), Participant(SECOND_TRUST, 3))),
    Forum(TRUST_BOARD, "board", TRUST, "system"),
    Forum(TRUST_COMMITTEE, "board_committee", TRUST, "system"),
    Forum(LEAD, "lead_provider", TRUST, "place"),
]
POSTS = [Post(DIRECTOR, ICB, "place"), Post(CHAIR, ICB, "system")]
PLACES = [Place(BRADFORD), Place(LEEDS), Place(HULL)]
FUNCTIONS = [
    Function("community", "commissioning", frozenset({"icb"})),
    Function("diagnostics", "commissioning", parent="community"),
    Function("service_change", "commissioning", parent="community", delegable=False),
    Function("public_health", "public_health", frozenset({"local_authority"})),
    Function("care_together", "pooled", frozenset({"icb", "local_authority"})),
    Function("services", "provider", frozenset({"trust"})),
    Function("specialised", "specialised", frozenset({"oversight_body"})),
]
COMPLETE = [  # each for what it owns
    Completeness(body.id, function.family, date(2026, 4, 1))
    for body in BODIES
    for function in FUNCTIONS
    if body.kind in function.owner_kinds
]
NAMES = {
    Node.body(ICB): "NHS West Yorkshire ICB",
    Node.body(COUNCIL): "Bradford Council",
    Node.body(TRUST): "Airedale",
    Node.body(SECOND_TRUST): "Calderdale",
    Node.body(OTHER_ICB): "NHS Humber ICB",
    Node.forum(BOARD): "ICB board",
    Node.forum(FINANCE): "Finance and commissioning committee",
    Node.forum(PLACE_BOARD): "Bradford place board",
    Node.forum(JOINT): "Joint committee",
    Node.forum(TALKS): "Partnership forum",
    Node.forum(TOGETHER): "Committees in common",
    Node.forum(TRUST_BOARD): "Airedale board",
    Node.forum(TRUST_COMMITTEE): "Airedale committee",
    Node.forum(LEAD): "Airedale alliance",
    Node.post(DIRECTOR): "Place director",
    Node.post(CHAIR): "ICB chair",
}


def edge(id: int, source: int, target: int, function: str = "community", **more: object) -> Edge:
    return Edge(id=id, function=function, source=node(source), target=node(target), **more)  # type: ignore[arg-type]


def node(id: int) -> Node:
    return Node.body(id) if id < 10 else Node.forum(id) if id < 20 else Node.post(id)


SCHEME = edge(
    1, BOARD, FINANCE, limit=Decimal(2_000_000), instrument="scheme of delegation 4.2", days=Span(date(2026, 7, 1))
)
TERMS = edge(
    2,
    FINANCE,
    PLACE_BOARD,
    limit=Decimal(500_000),
    instrument="Terms of reference, section 6",
    days=Span(date(2026, 4, 1), date(2027, 3, 31)),
    places=frozenset({BRADFORD}),
)
OFFICER = edge(
    3, BOARD, DIRECTOR, limit=Decimal(100_000), instrument="scheme of delegation 5.1", places=frozenset({BRADFORD})
)
FROM_ICB = edge(41, ICB, JOINT, "care_together", basis="s75", limit=Decimal(300_000))
FROM_COUNCIL = edge(42, COUNCIL, JOINT, "care_together", basis="s75", limit=Decimal(200_000))


def system(*edges: Edge, **more: object) -> Graph:
    records = {
        "bodies": BODIES,
        "forums": FORUMS,
        "posts": POSTS,
        "places": PLACES,
        "functions": FUNCTIONS,
        "completeness": COMPLETE,
        "edges": edges or (SCHEME, TERMS, OFFICER),
    }
    return graph(**{**records, **more})  # type: ignore[arg-type]


def ask(
    world: Graph, forum: int, function: str = "diagnostics", amount: int | None = None, *places: int, on: date = ON
) -> Answer:
    return resolve(world, forum=node(forum), function=function, amount=amount, places=places, on=on)
