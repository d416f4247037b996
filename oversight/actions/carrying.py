"""Carrying on what has dates: it ends on the last day of the old order and begins anew with the successor.

Written kind by kind in bulk. Nothing is deleted; of what was there only the last day is set. Each governed record
leaves its entry in the audit trail. The caller has checked the permission, locked the bodies and opened a transaction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import F, Model

from ics_governance import ledger
from ics_governance.context import system
from ics_governance.permissions import Actor
from oversight.moves import UNDATED, Fate, Move, Plan
from oversight.queries.restructure_records import models_of
from partnerships.models import (
    Arrangement,
    Attendance,
    Cluster,
    ClusterMember,
    Contribution,
    Delegation,
    Deputy,
    Forum,
    Organisation,
    Place,
    Suspension,
    TermsOfReference,
)
from partnerships.workflows import DELEGATION

# What the audit trail calls a kind of record.
NOUNS = {
    "relation": "organisation.link", "cluster": "organisation.cluster", "place": "place", "arrangement": "arrangement",
    "arrangement_member": "arrangement.member", "represented": "arrangement.member", "fund": "arrangement.fund",
    "reporting_line": "arrangement.reporting_line", "forum": "forum", "post": "post", "employment": "employment",
    "role": "role", "membership": "forum.membership", "delegation": "delegation",
    "council_place": "place.council",
}  # fmt: skip
OWNERS = {
    "place": ["icb_id"], "arrangement": ["host_id"], "arrangement_member": ["organisation_id", "represented_by_id"],
    "represented": ["represented_by_id"], "fund": ["host_id"], "reporting_line": ["to_organisation_id"],
    "forum": ["host_id"], "post": ["organisation_id"], "employment": ["organisation_id"], "role": ["organisation_id"],
    "membership": ["organisation_id"], "delegation": ["from_organisation_id", "to_organisation_id"],
    "relation": ["source_body_id", "target_body_id"], "cluster": ["organisation_id"],
}  # fmt: skip
# References to other records that are carried on too: column -> their kind.
REFERENCES = {
    "arrangement": {"place_id": "place"},
    "arrangement_member": {"arrangement_id": "arrangement"},
    "fund": {"arrangement_id": "arrangement"},
    "reporting_line": {"arrangement_id": "arrangement", "to_arrangement_id": "arrangement"},
    "forum": {"arrangement_id": "arrangement"},
    "membership": {"forum_id": "forum"},
    "delegation": {
        "from_forum_id": "forum", "to_forum_id": "forum", "from_post_id": "post", "to_post_id": "post",
        "fund_id": "fund",
    },
}  # fmt: skip
FOLLOWS = {"place": "follows_id", "arrangement": "follows_id", "forum": "follows_id", "delegation": "novates_id"}
LINKS: dict[str, list[tuple[Any, str, str, str]]] = {  # kind -> (links, own column, other column, kind of the other)
    "place": [(Place.councils.through, "place_id", "organisation_id", "body")],
    "arrangement": [(Arrangement.footprint.through, "arrangement_id", "place_id", "place")],
    "forum": [
        (Forum.places.through, "forum_id", "place_id", "place"),
        (Forum.committees.through, "from_forum_id", "to_forum_id", "forum"),
    ],
    "delegation": [(Delegation.places.through, "delegation_id", "place_id", "place")],
}
STEPS = {"draft": (), "approved": ("approve",), "in_force": ("approve", "bring_into_force"),
         "suspended": ("approve", "bring_into_force", "suspend")}  # fmt: skip
LINKED = ("replaces", "places")  # changes that are no columns
INSTRUMENT = 160  # characters that the column takes


class Carrier:
    """Writes a plan. `made` says which new record carries on which old one, by key."""

    def __init__(self, by: Actor, plan: Plan, successors: Sequence[Organisation]) -> None:
        self.by, self.plan, self.successors = by, plan, successors
        self.on, self.family = plan.order.on, plan.order.family
        self.made: dict[str, int] = {}
        self.put: set[str] = set()
        self.changes: list[ledger.ToAppend] = []
        self.old: dict[str, Any] = {}
        self.kinds: dict[str, list[Move]] = {}
        for move in plan.moves:
            if move.fate != Fate.LEAVE:
                self.kinds.setdefault(move.record.kind, []).append(move)

    def run(self) -> None:
        """End everything first, so that nothing overlaps; then begin anew, each kind after what it rests on."""
        with system("carry on what belongs to bodies that are restructured"):
            for kind, moves in self.kinds.items():
                if kind != "council_place":
                    self._load(kind, moves)
            for kind, moves in self.kinds.items():
                if kind not in UNDATED:
                    self._end(kind, [m for m in moves if m.last_day and m.record.facts.get("status") != "draft"])
            self._withdraw_drafts()
            self._withdraw_unbegun()
            self._end_replaced()
            for kind, moves in self.kinds.items():
                carried = [move for move in moves if move.fate == Fate.CARRY]
                if kind == "council_place":
                    self._add_councils(carried)
                    continue
                unbegun = [move for move in carried if self.plan.order.unbegun(move.record)]
                self._renew(kind, [move for move in carried if move not in unbegun])
                self._put(kind, unbegun)
            self._parts()
            self._elsewhere()
            self._end_clusters()
            ledger.append_many(by=self.by, changes=self.changes)

    # --- Ending ---------------------------------------------------------------------------------------------------

    def _load(self, kind: str, moves: Iterable[Move]) -> None:
        model = models_of(kind)
        found = model._default_manager.in_bulk([move.record.id for move in moves])
        self.old |= {f"{kind}:{pk}": row for pk, row in found.items()}

    def _end(self, kind: str, moves: list[Move]) -> None:
        if not moves:
            return
        rows = [self.old[move.record.key] for move in moves]
        for move, row in zip(moves, rows, strict=True):
            before: dict[str, object] = {"ends": row.ends}
            after: dict[str, object] = {"ends": self.plan.order.last_day}
            if kind == "delegation" and row.status in ("approved", "in_force", "suspended"):
                before["status"], after["status"] = row.status, "ended"
            verb = "passed_on" if move.fate == Fate.CARRY else "ended_with_its_body"
            self._note(f"{NOUNS[kind]}.{verb}", row, before, after, move.record.body)
        model = models_of(kind)._default_manager
        model.filter(pk__in=[row.pk for row in rows]).update(ends=self.plan.order.last_day)
        if kind == "delegation":
            self._end_delegations([row.pk for row in rows])

    def _end_delegations(self, ids: list[int]) -> None:
        """As its workflow ends one."""
        row = DELEGATION.find("end")
        Delegation.objects.filter(pk__in=ids, status__in=row.sources).update(status=row.target, ended_on=self.by.on)
        open_ones = Suspension.objects.filter(delegation__in=ids, ends=None, starts__lte=self.plan.order.last_day)
        open_ones.update(ends=self.plan.order.last_day)

    def _withdraw_drafts(self) -> None:
        """A draft of a body that is no more gives way to one of its successor."""
        step = DELEGATION.find("withdraw")
        rows = [self.old[move.record.key] for move in self.kinds.get("delegation", ())]
        drafts = [row for row in rows if row.status in step.sources]
        for row in drafts:
            body = row.from_organisation_id
            self._note(step.ledger, row, {"status": row.status}, {"status": step.target}, body)
        Delegation.objects.filter(pk__in=[row.pk for row in drafts]).update(status=step.target)

    def _withdraw_unbegun(self) -> None:
        """What would have begun only in the new order, and does not: it held on no day, so no day of it is kept."""
        for kind, moves in self.kinds.items():
            gone = [move for move in moves if move.fate == Fate.END and self.plan.order.unbegun(move.record)]
            rows = [self.old[move.record.key] for move in gone]
            for move, row in zip(gone, rows, strict=True):
                self._note(f"{NOUNS[kind]}.withdrawn", row, self._said(row), {}, move.record.body)
            ids = [row.pk for row in rows]
            if kind == "delegation" and ids:
                self._end_delegations(ids)
                Delegation.objects.filter(pk__in=ids).update(ends=F("starts"))
            elif ids:
                if kind == "membership":
                    Deputy.objects.filter(membership__in=ids).delete()
                    Attendance.objects.filter(membership__in=ids).delete()
                models_of(kind)._default_manager.filter(pk__in=ids).delete()

    def _end_replaced(self) -> None:
        """A link of the successor's own that gives way to one that leads."""
        ids = [move.changes["replaces"] for move in self.kinds.get("relation", ()) if "replaces" in move.changes]
        model: Any = models_of("relation")._default_manager
        for row in model.filter(pk__in=ids) if ids else ():
            self._note("organisation.link.passed_on", row, {"ends": row.ends}, {"ends": self.plan.order.last_day}, None)
        if ids:
            model.filter(pk__in=ids).update(ends=self.plan.order.last_day)

    def _end_clusters(self) -> None:
        """A cluster that nobody is left in."""
        moves = self.kinds.get("cluster", ())
        ids = {self.old[move.record.key].cluster_id for move in moves}
        left = ClusterMember.objects.on(self.on).filter(cluster__in=ids).values_list("cluster_id", flat=True)
        for cluster in Cluster.objects.filter(pk__in=ids - set(left), ends=None) if ids else ():
            self._note("cluster.ended", cluster, {"ends": None}, {"ends": self.plan.order.last_day}, None)
            cluster.ends = self.plan.order.last_day
            cluster.save(update_fields=["ends"])

    # --- Beginning anew -------------------------------------------------------------------------------------------

    def _renew(self, kind: str, moves: list[Move]) -> None:
        if not moves:
            return
        model = models_of(kind)
        columns = _columns(model)
        rows: list[Any] = []
        for move in moves:
            old = self.old[move.record.key]
            values = {name: getattr(old, name) for name in columns} | self._values(kind, move, old)
            rows.append(model(**values))
        model._default_manager.bulk_create(rows)
        for move, row in zip(moves, rows, strict=True):
            self.made[move.record.key] = row.pk
        self._links(kind, moves)
        if kind == "forum":
            self._report_upwards(moves, rows)
        if kind == "delegation":
            self._through_the_workflow(moves, rows)
        for move, row in zip(moves, rows, strict=True):
            self._note(f"{NOUNS[kind]}.carried_on", row, {}, self._said(row), self.successors[move.to or 0].pk)
        self._to_the_others(kind, moves, rows)

    def _said(self, row: Any) -> dict[str, Any]:
        """What a record says, for the audit trail."""
        names = [name for name in _columns(type(row)) if name not in ("recorded_at", "saved_at")]
        return {row._meta.get_field(name).name: getattr(row, name) for name in names if getattr(row, name)}

    def _to_the_others(self, kind: str, moves: list[Move], rows: list[Any]) -> None:
        """What a split does not divide is had by every part of it; a body has one lead all the same."""
        made = []
        for move, row in zip(moves, rows, strict=True):
            for to in move.also:
                values = {name: getattr(row, name) for name in _columns(type(row))}
                for column in OWNERS[kind]:
                    if values[column] == self.successors[move.to or 0].pk:
                        values[column] = self.successors[to].pk
                one_lead = (
                    kind == "relation" and row.kind == "system" and row.target_body_id != values["target_body_id"]
                )
                made.append((to, type(row)(**values | ({"lead": False} if one_lead else {}))))
        if made:
            models_of(kind)._default_manager.bulk_create([row for _, row in made])
        for to, row in made:
            self._note(f"{NOUNS[kind]}.carried_on", row, {}, self._said(row), self.successors[to].pk)

    def _put(self, kind: str, moves: list[Move]) -> None:
        """What begins only in the new order is the successor's from its first day: there is nothing to follow."""
        if not moves:
            return
        rows, columns = [self.old[move.record.key] for move in moves], set[str]()
        for move, row in zip(moves, rows, strict=True):
            before = self._said(row)
            for name, value in self._owned(kind, move, row).items():
                setattr(row, name, value)
                columns.add(name)
            self.made[move.record.key] = row.pk
            self.put.add(move.record.key)
            self._note(
                f"{NOUNS[kind]}.put_to_successor", row, before, self._said(row), self.successors[move.to or 0].pk
            )
        if columns:
            models_of(kind)._default_manager.bulk_update(rows, sorted(columns))
        self._links(kind, moves)
        if kind == "forum":
            self._report_upwards(moves, rows)
        self._to_the_others(kind, moves, rows)

    def _values(self, kind: str, move: Move, old: Any) -> dict[str, Any]:
        """What differs in the new record."""
        values: dict[str, Any] = {}
        if kind not in UNDATED:
            values |= {"starts": move.first_day, "ends": old.ends}
        if kind in FOLLOWS:
            values[FOLLOWS[kind]] = old.pk
        if kind == "delegation":
            values |= self._novated(old) | self._moved_on(self._status(move))
        return values | self._owned(kind, move, old)

    def _novated(self, old: Delegation) -> dict[str, Any]:
        """What a new delegation is beside what it carries on: the one place where a novation is made."""
        tail = f", novating no. {old.pk}"
        return {"status": "draft", "instrument": f"{old.instrument[: INSTRUMENT - len(tail)]}{tail}"}

    def _owned(self, kind: str, move: Move, old: Any) -> dict[str, Any]:
        """Whose it is, and what it refers to, in the new order."""
        values: dict[str, Any] = {}
        for column in OWNERS.get(kind, ()):
            if getattr(old, column) in self.family:
                values[column] = self.successors[move.to or 0].pk
        for column, other in REFERENCES.get(kind, {}).items():
            values[column] = self._now(other, getattr(old, column))
        if kind == "delegation" and old.from_forum_id and self._has_ended("forum", old.from_forum_id):
            values["from_forum_id"] = None
        if kind == "forum" and self._has_ended("arrangement", old.arrangement_id):
            values["arrangement_id"] = None
        if kind == "forum":
            above = old.reports_to_id if self.plan.order.unbegun(move.record) else None
            values["reports_to_id"] = None if self._has_ended("forum", above) else above  # of others: set at the end
        return values | {name: value for name, value in move.changes.items() if name not in LINKED}

    def _now(self, kind: str, pk: int | None) -> int | None:
        """The record that carries on another, where it is carried on."""
        return self.made.get(f"{kind}:{pk}", pk) if pk else None

    def _has_ended(self, kind: str, pk: int | None) -> bool:
        return bool(pk) and f"{kind}:{pk}" in self.old and f"{kind}:{pk}" not in self.made

    def _links(self, kind: str, moves: list[Move]) -> None:
        """Copy links between records, to what carries on the other end; a link to what ends is not copied."""
        if kind == "delegation":
            self._where(moves)
            return
        for model, own, other, kind_of_other in LINKS.get(kind, ()):
            pairs = list(
                model.objects.filter(**{f"{own}__in": [m.record.id for m in moves]}).order_by("pk")
                .values_list(own, other)
            )  # fmt: skip
            found: dict[tuple[int, int], None] = {}
            to = {move.record.id: move.to or 0 for move in moves}
            for mine, others in pairs:
                target = self._other_end(kind_of_other, others, to[mine])
                if target is not None:
                    found[(self.made[f"{kind}:{mine}"], target)] = None
            self._unlinked(model, own, moves)
            model.objects.bulk_create(model(**{own: mine, other: target}) for mine, target in found)

    def _unlinked(self, model: Any, own: str, moves: list[Move]) -> None:
        """What was put to a successor is linked anew; nothing else has links yet."""
        ids = [move.record.id for move in moves if move.record.key in self.put]
        if ids:
            model.objects.filter(**{f"{own}__in": ids}).delete()

    def _where(self, moves: list[Move]) -> None:
        """The places of delegations, as the plan says."""
        through: Any = Delegation.places.through
        self._unlinked(through, "delegation_id", moves)
        through.objects.bulk_create(
            through(delegation_id=self.made[move.record.key], place_id=self.made.get(key) or int(key.partition(":")[2]))
            for move in moves
            for key in move.changes.get("places", ())
        )

    def _other_end(self, kind: str, pk: int, to: int) -> int | None:
        if kind == "body":
            return self.successors[to].pk if pk in self.family else pk
        if self._has_ended(kind, pk):
            return None
        if kind == "place" and f"place:{pk}" in self.made and self._part_of(f"place:{pk}") != to:
            return None
        return self._now(kind, pk)

    def _part_of(self, key: str) -> int:
        return next((move.to or 0 for move in self.kinds.get(key.partition(":")[0], ()) if move.record.key == key), 0)

    def _report_upwards(self, moves: list[Move], rows: list[Any]) -> None:
        changed = []
        for move, row in zip(moves, rows, strict=True):
            above = self.old[move.record.key].reports_to_id
            if above and not self._has_ended("forum", above):
                row.reports_to_id = self._now("forum", above)
                changed.append(row)
        Forum.objects.bulk_update(changed, ["reports_to"])

    def _through_the_workflow(self, moves: list[Move], rows: list[Any]) -> None:
        """A novation goes the way of every delegation, step by step, to where the old one stood."""
        wanted = {row.pk: self._status(move) for move, row in zip(moves, rows, strict=True)}
        for event in STEPS["suspended"]:
            step = DELEGATION.find(event)
            ids = [pk for pk, status in wanted.items() if event in STEPS[status]]
            Delegation.objects.filter(pk__in=ids, status__in=step.sources).update(status=step.target)
        for row in rows:
            row.status = wanted[row.pk]
        reasons = dict(
            Suspension.objects.filter(delegation__in=[move.record.id for move in moves]).order_by("pk")
            .values_list("delegation_id", "reason")
        )  # fmt: skip
        Suspension.objects.bulk_create(
            Suspension(delegation_id=row.pk, starts=move.first_day, reason=reasons.get(move.record.id, ""))
            for move, row in zip(moves, rows, strict=True)
            if wanted[row.pk] == "suspended"
        )

    def _moved_on(self, status: str) -> dict[str, Any]:
        """When the moves of a novation were made: all of them now, by whoever carries it on."""
        made = STEPS[status]
        approved = "approve" in made
        return {
            "approved_on": self.by.on if approved else None, "approved_by_id": self.by.user_id if approved else None,
            "in_force_on": self.by.on if "bring_into_force" in made else None, "ended_on": None,
        }  # fmt: skip

    def _status(self, move: Move) -> str:
        before = str(move.record.facts.get("status", "draft"))
        return before if before in STEPS else "draft"

    # --- Parts without dates of their own -------------------------------------------------------------------------

    def _parts(self) -> None:
        """The last terms of reference of each forum, further deputies of its members, contributions to its funds."""
        forums, seats = self._carried("forum"), self._carried("membership")
        terms: dict[int, Any] = {}
        for row in TermsOfReference.objects.filter(forum__in=forums).order_by("forum_id", "version"):
            terms[row.forum_id] = row
        self._copy(
            TermsOfReference, terms.values(),
            lambda row: {"forum_id": forums[row.forum_id], "version": 1, "adopted_on": self.on},
        )  # fmt: skip
        deputies = [
            row
            for row in Deputy.objects.filter(membership__in=seats).order_by("pk")
            if row.ends is None or row.ends >= self.on
        ]
        self._copy(
            Deputy, deputies,
            lambda row: {
                "membership_id": seats[row.membership_id], "starts": max(self.on, row.starts or self.on)},
        )  # fmt: skip
        self._contributions(self._carried("fund"))

    def _contributions(self, funds: dict[int, int]) -> None:
        """Of two predecessors that paid into one fund the successor pays the sum."""
        found: dict[tuple[int, int], Contribution] = {}
        for row in Contribution.objects.filter(fund__in=funds).order_by("pk") if funds else ():
            payer = self.successors[0].pk if row.organisation_id in self.family else row.organisation_id
            new = found.setdefault(
                (row.fund_id, payer), Contribution(fund_id=funds[row.fund_id], organisation_id=payer, amount=0)
            )
            new.amount += row.amount
            if row.minimum is not None:
                new.minimum = (new.minimum or 0) + row.minimum
        Contribution.objects.bulk_create(found.values())

    def _elsewhere(self) -> None:
        """What others have in a place that passes, or with a committee that does, is in the new one as well."""
        mine = {kind: {move.record.id for move in self.kinds.get(kind, ())} for kind in LINKS}
        for kind, links in LINKS.items():
            if kind == "place":
                continue
            for model, own, other, kind_of_other in links:
                carried = self._carried(kind_of_other)
                rows = model.objects.filter(**{f"{other}__in": carried}).exclude(**{f"{own}__in": mine[kind]})
                live = models_of(kind)._default_manager.exclude(ends__lt=self.on).values("pk")
                pairs = rows.filter(**{f"{own}__in": live}).values_list(own, other) if carried else ()
                added = [model(**{own: mine_, other: carried[theirs]}) for mine_, theirs in pairs]
                model.objects.bulk_create(added)

    def _carried(self, kind: str) -> dict[int, int]:
        """New id by old id; what was only put to its successor is still itself."""
        keys = [key for key in self.made if key.startswith(f"{kind}:") and key not in self.put]
        return {int(key.partition(":")[2]): self.made[key] for key in keys}

    def _copy(self, model: type[Model], rows: Iterable[Any], changed: Callable[[Any], dict[str, Any]]) -> None:
        model._default_manager.bulk_create(
            model(**({name: getattr(row, name) for name in _columns(model)} | changed(row))) for row in rows
        )

    def _add_councils(self, moves: list[Move]) -> None:
        """A council that takes over from another is added to the places of other systems; the old one stays."""
        through: Any = Place.councils.through
        places = {row.pk: row.place_id for row in through.objects.filter(pk__in=[move.record.id for move in moves])}
        wanted = {(places[move.record.id], self.successors[move.to or 0].pk) for move in moves}
        there = set(through.objects.filter(place__in=places.values()).values_list("place_id", "organisation_id"))
        through.objects.bulk_create(
            through(place_id=place, organisation_id=body) for place, body in sorted(wanted - there)
        )
        for place, body in sorted(wanted - there):
            self._note("place.council.added", Place(pk=place), {}, {"council": body}, body)

    def _note(
        self, kind: str, record: Model, before: Mapping[str, object], after: Mapping[str, object], body: int | None
    ) -> None:
        self.changes.append(ledger.ToAppend(kind, record, before, after, body))


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if not field.primary_key]
