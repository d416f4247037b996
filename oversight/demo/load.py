"""Puts a demonstration into the database: England as it is there, the rows in stages, the resolver's own answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from time import monotonic

from django.contrib.auth.hashers import make_password
from django.db import transaction

from ics_governance import ledger
from ics_governance.context import refresh_statistics, system
from ics_governance.models import LedgerEntry
from ics_governance.permissions import SYSTEM
from partnerships.models import Function, Organisation, OrganisationRelation
from partnerships.queries.authority import load_graph

from .build import build
from .bulk import Bulk
from .england import Body, Demo, England, System
from .replay import Replay
from .returns import seal
from .rows import STAGES

KIND = "demo.loaded"
PASSWORD = "demo"  # noqa: S105  (told in the README; demonstrations only)
SIGNS_IN, NEVER = "@demo.test", make_password(None)  # the invented staff of bodies have accounts that nobody can use


@dataclass(frozen=True)
class Told:
    """One stage as written: how many rows, their digest, and the seconds it took."""

    stage: str
    rows: int
    digest: str
    seconds: float


def is_loaded() -> bool:
    """Whether a demonstration is in the database."""
    return LedgerEntry.objects.filter(kind=KIND).exists()


def england_on(today: date) -> England:
    """The systems that are open on a day, as the register has them, with the bodies whose lead ICB each is."""
    rows = Organisation.objects.on(today).order_by("pk")
    bodies = {row.pk: Body(row.code, row.kind, row.name, row.subtype, row.opened) for row in rows}
    links = OrganisationRelation.objects.on(today).order_by("source_body_id", "target_body_id")
    below: dict[int, list[Body]] = {}
    regions: dict[int, str] = {}
    for link in links:
        if link.source_body_id not in bodies or link.target_body_id not in bodies:
            continue
        if link.kind == OrganisationRelation.Kind.REGION:
            regions[link.source_body_id] = bodies[link.target_body_id].code
        elif link.kind == OrganisationRelation.Kind.SYSTEM:
            below.setdefault(link.target_body_id, []).append(bodies[link.source_body_id])
    systems = [
        System(body, _area(body.name), regions[key], _of(below, key, "trust"), _of(below, key, "local_authority"))
        for key, body in bodies.items()
        if body.kind == "icb" and key in regions
    ]
    return England({body.code: body for body in bodies.values()}, tuple(sorted(systems, key=lambda one: one.icb.code)))


def _of(below: Mapping[int, list[Body]], icb: int, kind: str) -> tuple[Body, ...]:
    found = [body for body in below.get(icb, []) if body.kind == kind]
    return tuple(sorted(found, key=lambda body: body.code))


def _area(name: str) -> str:
    return name.removeprefix("NHS ").removesuffix(" Integrated Care Board")


def load(seed: int, today: date, tell: Callable[[Told], object] = lambda told: None) -> tuple[Demo, Replay]:
    """Generate and write everything in one transaction, with an entry in the audit trail for each stage; then seal.

    Concerns are not written but carried out, with an entry for each act.
    """
    with transaction.atomic():
        with system("demonstration data"):
            demo = build(england_on(today), seed, today)
            bulk = Bulk(demo.rows, _codes(Organisation), _codes(Function))
            for stage in STAGES:
                tell(_write(demo, bulk, stage))
            refresh_statistics()
        began, replay = monotonic(), Replay(bulk, today, demo.keepers)
        acts = replay.assign(demo.sections) + replay.play(demo.notes, demo.concerns)
        tell(Told("concerns", acts, "", monotonic() - began))
    ledger.seal_all()
    return demo, replay


def _write(demo: Demo, bulk: Bulk, stage: str) -> Told:
    """The tables of one stage, with one entry in the audit trail over the digest of its rows."""
    began, count = monotonic(), 0
    digest = digest_of(demo, stage)
    if stage == "people":  # after the digest: what follows differs from load to load
        for row in demo.rows.tables["user"]:
            row["password"] = _hash() if row["email"].endswith(SIGNS_IN) else NEVER
    if stage == "decisions":
        _answer(demo, bulk)
    if stage == "assessments":
        seal(demo.rows, bulk.keys["decision"])
    for table in STAGES[stage]:
        count += bulk.write(table)
    name = f"demo-{demo.seed}-{demo.today}-{stage}"
    ledger.append_bulk(by=SYSTEM, kind=KIND, import_id=name, digest=digest, count=count)
    return Told(stage, count, digest, monotonic() - began)


def digest_of(demo: Demo, stage: str) -> str:
    """The digest of a stage's rows as generated: the same seed, day and England give the same one."""
    return ledger.digest_of_rows([table, row] for table, row in demo.rows.stage(stage))


def _codes(model: type[Organisation] | type[Function]) -> dict[str, int]:
    return {row.code: row.pk for row in model.objects.all()}


@cache
def _hash() -> str:
    """The one hash that all people of the demonstration share: Argon2 is slow on purpose."""
    return make_password(PASSWORD)


def _answer(demo: Demo, bulk: Bulk) -> None:
    """Ask the resolver about every decision, as it would have answered on the day, and keep its answer."""
    register = load_graph(bulk.codes[Organisation].values())
    places: dict[int, list[int]] = {}
    for row in demo.rows.tables["decision_places"]:
        places.setdefault(row["decision"], []).append(bulk.keys["place"][row["place"] - 1])
    bodies = {key: code for code, key in bulk.codes[Organisation].items()}
    for number, row in enumerate(demo.rows.tables["decision"], 1):
        if row["function"] is None:
            continue
        day = row["decided_on"] or demo.rows.get("meeting", row["meeting"])["held_on"]
        asked = register.ask(
            bulk.keys["forum"][row["forum"] - 1], row["function"], places=places.get(number, ()), on=day,
            amount=None if row["amount"] is None else Decimal(row["amount"]),
        )  # fmt: skip
        body = asked.answer.accountable_body
        row |= {
            "authority_status": str(asked.answer.status),
            "authority_answer": asked.to_json(),
            "accountable_body": bodies[body] if body else None,
        }
