"""Bring the database in line with England's reference tables: add what is missing, change what differs.

What a person entered, corrected or restructured since outranks the tables: such a body, its links and its names are
left alone, and a link or a cluster that was ended stays ended.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection, models, transaction

from ics_governance import ledger
from ics_governance.models import LedgerEntry
from ics_governance.permissions import Actor, Refused
from partnerships.access import P
from partnerships.england import England
from partnerships.models import (
    Cluster,
    ClusterMember,
    FormerName,
    Function,
    LegalBasis,
    Organisation,
    OrganisationRelation,
    Succession,
)
from partnerships.queries.keeping import BY_HAND, had_events

IMPORT = "reference"
LOADING_LOCK = 0x1CE5EED  # two loads at once take turns

M = TypeVar("M", bound=models.Model)
Values = Mapping[str, Any]


@dataclass
class Loaded:
    """What a load did: rows of the tables, rows added and changed, by table. Nothing at all when `known` is true."""

    rows: int
    known: bool = False
    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    @property
    def touched(self) -> int:
        """How many records were added or changed."""
        return sum(self.added.values()) + sum(self.changed.values())


@transaction.atomic
def load_reference(*, by: Actor, england: England) -> Loaded:
    """Load the tables. Tables that are the last ones loaded are left alone, so that later corrections stay.

    One entry of the audit trail covers all rows by their digest. Raises Refused unless the system acts.
    """
    if not by.system:
        raise Refused(P.ORGANISATION_VIEW, "The reference tables are loaded by the command seed_reference.")
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOADING_LOCK])
    rows = list(england.rows())
    digest = ledger.digest_of_rows(rows)
    if digest == _last_digest():
        return Loaded(len(rows), known=True)
    loaded = Loaded(len(rows))
    _load_bodies(england, loaded)
    _load_functions(england, loaded)
    if loaded.touched:
        ledger.append_bulk(by=by, kind="reference.loaded", import_id=IMPORT, digest=digest, count=len(rows))
    return loaded


def _last_digest() -> str:
    entry = LedgerEntry.objects.filter(record=f"import:{IMPORT}").order_by("-id").first()
    return str(json.loads(entry.body).get("digest", "")) if entry else ""


def _load_bodies(england: England, loaded: Loaded) -> None:
    wanted = {
        body.code: {
            "kind": body.kind,
            "name": body.name,
            "short_name": body.short_name,
            "ods_code": body.ods_code,
            "gss_code": body.gss_code,
            "local_code": body.local_code,
            "opened": body.opened,
            "closed": body.closed,
            "subtype": body.subtype,
            "is_foundation_trust": body.is_foundation_trust,
            "source": body.source,
            "note": body.note,
        }
        for body in england.bodies
    }
    existing = {body.code: body for body in Organisation.objects.all()}
    events = set(had_events().values_list("pk", flat=True))
    by_hand = {code: body.pk for code, body in existing.items() if body.pk in events or body.source.startswith(BY_HAND)}
    for code in by_hand.keys() & wanted.keys():
        del wanted[code]
    _merge("bodies", Organisation, wanted, existing, loaded)
    ids = dict(zip(existing, (body.pk for body in existing.values()), strict=True))
    _load_links(england, ids, frozenset(by_hand.values()), loaded)
    _load_successions(england, ids, loaded)
    _load_names(england, ids, frozenset(by_hand.values()), loaded)
    _load_clusters(england, ids, loaded)


def _load_links(england: England, ids: Mapping[str, int], by_hand: frozenset[int], loaded: Loaded) -> None:
    wanted = {
        (row.kind, ids[row.source], ids[row.target], row.starts): {
            "kind": row.kind,
            "source_body_id": ids[row.source],
            "target_body_id": ids[row.target],
            "starts": row.starts,
            "ends": row.ends,
            "lead": row.lead,
            "note": row.note,
        }
        for row in england.links
        if ids[row.source] not in by_hand
    }
    links = OrganisationRelation.objects.all()
    existing = {(row.kind, row.source_body_id, row.target_body_id, row.starts): row for row in links}
    _stay_ended(wanted, existing)
    _merge("links", OrganisationRelation, wanted, existing, loaded)


def _load_successions(england: England, ids: Mapping[str, int], loaded: Loaded) -> None:
    wanted = {
        (ids[row.predecessor], ids[row.successor]): {
            "predecessor_id": ids[row.predecessor],
            "successor_id": ids[row.successor],
            "kind": row.kind,
            "effective_on": row.effective_on,
            "confirmed": row.confirmed,
            "note": row.note,
        }
        for row in england.successions
    }
    existing = {(row.predecessor_id, row.successor_id): row for row in Succession.objects.all()}
    _merge("successions", Succession, wanted, existing, loaded)


def _load_names(england: England, ids: Mapping[str, int], by_hand: frozenset[int], loaded: Loaded) -> None:
    wanted = {
        (ids[row.code], row.starts): {
            "organisation_id": ids[row.code],
            "name": row.name,
            "starts": row.starts,
            "ends": row.ends,
        }
        for row in england.old_names
        if ids[row.code] not in by_hand
    }
    existing = {(row.organisation_id, row.starts): row for row in FormerName.objects.all()}
    _merge("former names", FormerName, wanted, existing, loaded)


def _load_clusters(england: England, ids: Mapping[str, int], loaded: Loaded) -> None:
    wanted = {
        row.cluster: {
            "name": row.cluster,
            "shares_chair": row.shares_chair,
            "shares_chief_executive": row.shares_chief_executive,
            "starts": row.starts,
            "ends": row.ends,
            "mark": row.mark,
            "note": row.note,
        }
        for row in england.clusters
    }
    existing = {row.name: row for row in Cluster.objects.order_by("-pk")}
    _stay_ended(wanted, existing)
    _merge("clusters", Cluster, wanted, existing, loaded)
    held = {(row.cluster_id, row.organisation_id): row for row in ClusterMember.objects.order_by("-pk")}
    members = {
        (existing[row.cluster].pk, ids[row.icb]): {
            "cluster_id": existing[row.cluster].pk,
            "organisation_id": ids[row.icb],
            "starts": row.starts,
            "ends": row.ends,
        }
        for row in england.clusters
    }
    _stay_ended(members, held)
    elsewhere = {member.organisation_id for key, member in held.items() if key not in members and not member.ends}
    members = {
        key: values for key, values in members.items() if key in held or values["organisation_id"] not in elsewhere
    }
    _merge("cluster members", ClusterMember, members, held, loaded)


def _stay_ended(wanted: Mapping[Any, dict[str, Any]], existing: Mapping[Any, Any]) -> None:
    """What was ended since keeps its last day, whatever the tables say."""
    for key, values in wanted.items():
        if values["ends"] is None and key in existing:
            values["ends"] = existing[key].ends


def _load_functions(england: England, loaded: Loaded) -> None:
    existing = {row.code: row for row in Function.objects.all()}
    for depth in _by_depth(england):
        wanted = {
            row.code: {
                "code": row.code,
                "name": row.name,
                "family": row.family,
                "owner_kind": row.owner_kind,
                "parent_id": existing[row.parent].pk if row.parent else None,
                "delegable": row.delegable,
                "bases": list(row.bases),
                "description": row.description,
                "further_approval": row.further_approval,
                "further_approval_for": row.further_approval_for,
                "mark": row.mark,
                "note": row.note,
            }
            for row in depth
        }
        _merge("functions", Function, wanted, existing, loaded)
    bases = {(row.code, row.owner_kind, row.recipient_kind): vars(row) for row in england.bases}
    known = {(row.code, row.owner_kind, row.recipient_kind): row for row in LegalBasis.objects.all()}
    _merge("legal bases", LegalBasis, bases, known, loaded)


def _by_depth(england: England) -> Iterable[list[Any]]:
    """Wholes first, then their parts, then the parts of those: each needs the keys of the one before."""
    depth = {"": -1}
    levels: dict[int, list[Any]] = {}
    for row in england.functions:
        depth[row.code] = depth[row.parent] + 1
        levels.setdefault(depth[row.code], []).append(row)
    return levels.values()


def _merge(table: str, model: type[M], wanted: Mapping[Any, Values], existing: dict[Any, M], loaded: Loaded) -> None:
    """Add the rows whose key is new, change those that differ; `existing` then holds every row by key."""
    new = {key: model(**values) for key, values in wanted.items() if key not in existing}
    differing = []
    for key in wanted.keys() & existing.keys():
        row, values = existing[key], wanted[key]
        if any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            differing.append(row)
    manager = model._default_manager
    manager.bulk_create(new.values())
    if differing:
        columns = {name.removesuffix("_id") for row in wanted.values() for name in row}
        manager.bulk_update(differing, sorted(columns), batch_size=200)
    existing.update(new)
    if new:
        loaded.added[table] = loaded.added.get(table, 0) + len(new)
    if differing:
        loaded.changed[table] = loaded.changed.get(table, 0) + len(differing)
