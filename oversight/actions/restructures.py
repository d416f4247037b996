"""Writes of restructures: draft one, choose what becomes of each record, carry it out, or drop it."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ics_governance import ledger
from ics_governance.actions import locked, record_new
from ics_governance.context import system
from ics_governance.permissions import SYSTEM, Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from oversight.models import Restructure
from oversight.moves import TO_ALL, Body, Move, Order, moved_summary, order_problems
from oversight.queries import restructures as queries
from partnerships.access import P
from partnerships.actions.checks import run_checks
from partnerships.actions.organisations import next_local_code, take_name, take_turns, wrong_with_name
from partnerships.models import (
    Arrangement,
    Kind,
    LineageEvent,
    Organisation,
    OrganisationRelation,
    Place,
    Succession,
)
from partnerships.queries.keeping import CODED_BY, namesake, wrong_with_codes

from . import passing
from .carrying import Carrier
from .standing import person

logger = logging.getLogger(__name__)
MEANS = {"merge": Succession.Kind.MERGER, "split": Succession.Kind.SPLIT, "acquire": Succession.Kind.ACQUISITION}
FARTHEST = timedelta(days=2 * 365)
DRAFTED = ("kind", "effective_on", "instrument", "note", "new_body", "successor")


def _may(by: Actor) -> None:
    """The register of bodies is the administrator's: no body restructures itself."""
    if not by.system and not by.organisations(P.ORGANISATION_RESTRUCTURE):
        raise Refused(P.ORGANISATION_RESTRUCTURE)


# --- Drafting -----------------------------------------------------------------------------------------------------


@transaction.atomic
def draft(
    *,
    by: Actor,
    kind: str,
    predecessors: Sequence[Organisation],
    successors: Sequence[Mapping[str, Any]],
    effective_on: date,
    instrument: str = "",
    note: str = "",
    name: str = "",
    short_name: str = "",
) -> Restructure:
    """Begin one. `successors` are `{"id": pk}` for a body that exists, or name, short_name, code, kind, region of a new
    one; `name` and `short_name` are the new ones of a rename. Raises GuardFailed for what can never be carried out."""
    _may(by)
    bodies = _lock(predecessors)
    existing = [spec["id"] for spec in successors if spec.get("id")]
    names = {body.pk: body.label for body in Organisation.objects.filter(pk__in=existing)}
    specs = [dict(spec) | ({"name": names[spec["id"]]} if spec.get("id") else {}) for spec in successors]
    made = Restructure(
        kind=kind, effective_on=effective_on, instrument=instrument.strip(), note=note.strip(),
        new_body={"bodies": specs} | ({"name": name.strip(), "short_name": short_name.strip()} if name else {}),
        successor_id=existing[0] if len(specs) == 1 and existing else None, drafted_by_id=person(by),
    )  # fmt: skip
    _refuse_what_can_never_be(made, bodies, name)
    made.save()
    made.predecessors.set(bodies)
    after = ledger.snapshot(made, DRAFTED) | {"predecessors": [body.pk for body in bodies]}
    ledger.append(by=by, kind="restructure.drafted", record=made, after=after)
    return made


def _lock(bodies: Iterable[Organisation]) -> list[Organisation]:
    """The bodies as they are, locked in the order of their ids: of two people at once one waits for the other."""
    ids = sorted({body.pk for body in bodies})
    return list(Organisation.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))


def _refuse_what_can_never_be(made: Restructure, bodies: Sequence[Organisation], name: str) -> None:
    reasons = []
    if not bodies:
        reasons.append(Reason("Name at least one body", "predecessors"))
    if made.effective_on > timezone.localdate() + FARTHEST:
        reasons.append(Reason("The first day is more than two years ahead: prepare it nearer the time", "effective_on"))
    if made.kind == "rename" and (not name.strip() or name.strip() == (bodies and bodies[0].name)):
        reasons.append(Reason("Another name than the one it has", "name"))
    others = Restructure.objects.filter(state=Restructure.State.DRAFT, predecessors__in=bodies).order_by("pk")
    if waiting := others.first():
        reasons.append(
            Reason(
                f"Restructure {waiting.pk} is being prepared for one of these bodies already: carry it out or drop it"
                " first.", "predecessors",
            )
        )  # fmt: skip
    if not reasons:
        before = tuple(Body(body.pk, body.label, body.kind, body.opened, body.closed) for body in bodies)
        order = queries.order_with(made, before)
        reasons += [Reason(one.text, FIELDS.get(one.about, "")) for one in order_problems(order)]
        reasons += _wrong_with_new(made, order)
    if not reasons and made.kind == "rename":
        found = wrong_with_name(bodies[0], name.strip(), made.effective_on)
        reasons = [Reason(one.text, "effective_on" if one.field == "first_day" else "name") for one in found]
    if reasons:
        raise GuardFailed(reasons)


def _wrong_with_new(made: Restructure, order: Order) -> Iterator[Reason]:
    """What is wrong with the bodies to be opened: as when one is recorded, and none is like another of them."""
    apart = order.family if order.closes else ()
    seen: set[str] = set()
    for prefix, spec in zip(PREFIXES, made.new_body.get("bodies", []), strict=False):
        if spec.get("id"):
            continue
        body = Organisation(kind=spec["kind"], name=spec["name"], **codes_of(spec))
        for reason in filter(None, [*wrong_with_codes(body), namesake(body, apart)]):
            yield Reason(reason.text, f"{prefix}{'name' if reason.field == 'name' else 'code'}")
        for field, value in (("code", body.code), ("name", body.name.casefold())):
            if value and value in seen:
                yield Reason(f"Another of the new bodies has this {field} already", f"{prefix}{field}")
            seen.add(value)
        if spec.get("region") and body.kind != Kind.ICB:
            yield Reason("Only an integrated care board lies in a region of its own: leave it as before", "region")


def codes_of(spec: Mapping[str, Any]) -> dict[str, str | None]:
    """The national code of a new body, in the column of its kind."""
    code = str(spec.get("code") or "").strip().upper() or None
    return {CODED_BY.get(spec["kind"], "ods_code"): code}


PREFIXES = ("", "second_", "third_")  # of the fields of the form, body by body
FIELDS = {"before": "predecessors", "after": "successor", "day": "effective_on"}


@transaction.atomic
def choose(*, by: Actor, restructure: Restructure, choices: Mapping[str, str]) -> Restructure:
    """Say what is to become of records. Only choices that the plan offers are kept."""
    _may(by)
    current = _draft(restructure)
    plan = queries.preview(current, by.on).plan
    moves, kept = plan.by_key(), {}
    for key, typed in choices.items():
        kind = key.removeprefix("open:")
        if kind in queries.OPEN_KINDS:
            offered: tuple[str, ...] = passing.choices_of(plan.order, key)
        else:
            offered = moves[key].options if key in moves else ()
        if typed not in offered:
            raise GuardFailed([Reason("What moves has changed since this page was made: look at it again.")])
        kept[key] = typed
    before = dict(current.choices)
    current.choices = {key: typed for key, typed in {**before, **kept}.items() if not _usual(moves, key, typed)}
    current.save(update_fields=["choices"])
    ledger.append(
        by=by, kind="restructure.choices", record=current, before={"choices": before},
        after={"choices": current.choices},
    )  # fmt: skip
    return current


def _usual(moves: Mapping[str, Move], key: str, typed: str) -> bool:
    """Whether a choice says nothing: it is the default, which may change with the register."""
    if key in moves and TO_ALL in moves[key].options:
        return False
    return key in moves and typed == str(moves[key].default) and ":" not in typed


def _draft(restructure: Restructure) -> Restructure:
    current = locked(restructure)
    if current.state != Restructure.State.DRAFT:
        raise GuardFailed(
            [Reason(f"This restructure was {current.get_state_display()} meanwhile: nothing was changed.")]
        )
    return current


@transaction.atomic
def drop(*, by: Actor, restructure: Restructure) -> Restructure:
    """It is not carried out; the draft stays as a record."""
    _may(by)
    current = _draft(restructure)
    current.state = Restructure.State.DROPPED
    current.save(update_fields=["state"])
    ledger.append(
        by=by, kind="restructure.dropped", record=current, before={"state": "draft"}, after={"state": current.state}
    )
    return current


# --- Carrying out -------------------------------------------------------------------------------------------------


@transaction.atomic
def carry_out(*, by: Actor, restructure: Restructure, confirmed: bool = False, seen: str = "") -> Restructure:
    """Carry it out as it stands: all of it, or nothing.

    `seen` is the digest of the preview that the person looked at; `confirmed` that decisions agreed since the first day
    stay with the old forums. What is open and has no dates passes at once, or on the first day when that is to come.
    """
    _may(by)
    current = _draft(restructure)
    _lock(current.predecessors.all())
    shown = queries.preview(current, by.on)
    _refuse(shown, confirmed, seen)
    order = shown.plan.order
    successors = _bodies(by, current, order)
    carrier = Carrier(by, shown.plan, successors)
    carrier.run()
    _links(by, current, order, successors)
    event = _event(by, current, shown, successors, carrier.made)
    current.event, current.state = event, Restructure.State.CARRIED_OUT
    current.carried_out_by_id, current.carried_out_at = by.user_id, timezone.now()
    current.save(update_fields=["event", "state", "carried_out_by", "carried_out_at"])
    ledger.append(
        by=by, kind="restructure.carried_out", record=current, before={"state": "draft"},
        after={"state": current.state, "event": event.pk},
    )  # fmt: skip
    if order.on <= timezone.localdate():
        pass_on_what_is_open(by=by, restructure=current)
        _check(current, successors)
    return current


def _check(restructure: Restructure, successors: Iterable[Organisation]) -> None:
    """The systems of what was before and of what comes after: of an old one nothing is found any more."""
    bodies = {body.pk: body for body in [*restructure.predecessors.all(), *successors]}
    links = OrganisationRelation.objects.filter(source_body__in=bodies, kind=OrganisationRelation.Kind.SYSTEM)
    above = Organisation.objects.filter(pk__in=links.values("target_body"))
    icbs = {body.pk: body for body in [*bodies.values(), *above] if body.kind == Kind.ICB}
    for pk in sorted(icbs):
        run_checks(by=SYSTEM, system=icbs[pk])


def _refuse(shown: queries.Preview, confirmed: bool, seen: str) -> None:
    reasons = [Reason(problem.text) for problem in shown.problems if problem.blocks]
    if seen and seen != shown.digest:
        reasons.append(Reason("What moves has changed since you looked at it: look at it again, then carry it out."))
    if shown.since and not confirmed:
        reasons.append(Reason("Tick that decisions agreed since that day stay with their forums", "confirmed"))
    if reasons:
        raise GuardFailed(reasons)


def _bodies(by: Actor, restructure: Restructure, order: Order) -> list[Organisation]:
    """Close the predecessors on their last day, open what is new on the first."""
    before = list(restructure.predecessors.order_by("pk"))
    if order.closes:
        for body in before:
            changes = {"closed": body.closed}
            body.closed = order.last_day
            body.save(update_fields=["closed"])
            ledger.append(
                by=by, kind="organisation.closed", record=body, before=changes, after={"closed": body.closed},
                organisation_id=body.pk,
            )  # fmt: skip
    specs = restructure.new_body.get("bodies", [])
    existing = Organisation.objects.in_bulk([spec["id"] for spec in specs if spec.get("id")])
    return [existing[spec["id"]] if spec.get("id") else _opened(by, restructure, spec, before) for spec in specs]


NEW = ("kind", "name", "short_name", "ods_code", "gss_code", "local_code", "opened", "subtype", "is_foundation_trust")


def _opened(by: Actor, restructure: Restructure, spec: Mapping[str, Any], before: list[Organisation]) -> Organisation:
    national = codes_of(spec)
    if not any(national.values()):
        take_turns()
        national["local_code"] = next_local_code()
    made = Organisation.objects.create(
        kind=spec["kind"], name=spec["name"], short_name=spec.get("short_name", ""), opened=restructure.effective_on,
        subtype=spec.get("subtype") or before[0].subtype,
        is_foundation_trust=any(body.is_foundation_trust for body in before),
        is_fictional=any(body.is_fictional for body in before),
        source=(restructure.instrument or "Recorded here")[:120], **national,
    )  # fmt: skip
    record_new(made, "organisation.opened", NEW, by=by, organisation_id=made.pk)
    if spec.get("region"):
        link = OrganisationRelation.objects.create(
            kind=OrganisationRelation.Kind.REGION, source_body=made, target_body_id=spec["region"],
            starts=restructure.effective_on,
        )  # fmt: skip
        record_new(
            link, "organisation.linked", ("kind", "source_body", "target_body", "starts"), by=by,
            organisation_id=made.pk,
        )  # fmt: skip
    return made


def _links(by: Actor, restructure: Restructure, order: Order, successors: list[Organisation]) -> None:
    """What became of whom."""
    if order.kind not in MEANS:
        return
    rows = Succession.objects.bulk_create(
        Succession(
            predecessor=body, successor=successor, kind=MEANS[order.kind], effective_on=order.on,
            note=restructure.instrument[:200],
        )
        for body in restructure.predecessors.order_by("pk")
        for successor in successors
    )  # fmt: skip
    ledger.append_many(
        by=by,
        changes=[
            ledger.ToAppend(
                "organisation.succeeded", row.predecessor, {}, {"successor": row.successor_id, "kind": row.kind},
                row.predecessor_id,
            )
            for row in rows
        ],
    )  # fmt: skip


def _event(
    by: Actor, restructure: Restructure, shown: queries.Preview, successors: list[Organisation], made: dict[str, int]
) -> LineageEvent:
    moved = moved_summary(shown.plan, made) | {
        "waits": True, "successors": [body.pk for body in successors], "to_do": list(shown.to_do),
    }  # fmt: skip
    event = LineageEvent.objects.create(
        kind=restructure.kind, effective_on=restructure.effective_on, instrument=restructure.instrument,
        note=restructure.note, moved=moved,
    )  # fmt: skip
    event.bodies.set([*restructure.predecessors.all(), *successors])
    record_new(event, "lineage.recorded", ("kind", "effective_on", "instrument"), by=by, organisation_id=None)  # type: ignore[arg-type]
    return event


# --- On the first day ---------------------------------------------------------------------------------------------


@transaction.atomic
def pass_on_what_is_open(*, by: Actor, restructure: Restructure) -> Restructure:
    """What is open and has no dates of its own passes, with the reading of what the predecessors could read."""
    _may(by)
    current = locked(restructure)
    event = LineageEvent.objects.select_for_update().get(restructure=current)
    if not event.moved.get("waits") or current.effective_on > timezone.localdate():
        return current
    order = queries.order_of(current)
    if order.kind == "rename":
        _rename(by, current)
        counts: dict[str, int] = {}
    else:
        after = Organisation.objects.in_bulk(event.moved["successors"])
        successors = [after[pk] for pk in event.moved["successors"]]
        with system("pass on what is open at bodies that were restructured"):
            counts = passing.Passing(by, order, successors, current.choices, event.moved).run()
        _repoint(by, event.moved["made"], order)
    event.moved = event.moved | {"waits": False, "open": counts}
    event.save(update_fields=["moved"])
    ledger.append(
        by=by, kind="restructure.open_matters_passed", record=current, after={"open": counts}, organisation_id=None
    )
    return current


def _rename(by: Actor, restructure: Restructure) -> None:
    """As a rename by itself does; looked at once more, since other names may have been recorded since."""
    body, new = restructure.predecessors.get(), restructure.new_body
    if wrong := list(wrong_with_name(body, new["name"], restructure.effective_on)):
        raise GuardFailed(wrong)
    take_name(
        by=by, body=body, name=new["name"], first_day=restructure.effective_on, short_name=new.get("short_name", "")
    )


def _repoint(by: Actor, made: Mapping[str, int], order: Order) -> None:
    """Arrangements of others in a place that passed lie in the new one from then on."""
    places = {int(key.partition(":")[2]): pk for key, pk in made.items() if key.startswith("place:")}
    rows = list(
        Arrangement.objects.filter(place__in=places).exclude(ends__lt=order.on).exclude(host__in=order.family)
    )  # fmt: skip
    changes = []
    for row in rows:
        before = row.place_id or 0
        row.place = Place(pk=places[before])
        changes.append(
            ledger.ToAppend("arrangement.place_follows", row, {"place": before}, {"place": row.place_id}, row.host_id)
        )
    Arrangement.objects.bulk_update(rows, ["place"])
    ledger.append_many(by=by, changes=changes)


def finish_those_due(today: date | None = None) -> int:
    """Pass on what is open for every restructure whose first day has come; for the nightly task. Returns how many."""
    done = 0
    for restructure in queries.unfinished(today or timezone.localdate()):
        try:
            pass_on_what_is_open(by=SYSTEM, restructure=restructure)
        except GuardFailed as refused:  # such as a name that another body took meanwhile: the others still pass
            logger.warning("restructure %s waits: %s", restructure.pk, refused)
        else:
            done += 1
    return done
