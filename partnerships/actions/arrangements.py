"""Writes about arrangements: found, edit and end one; its members, gateways, funds and reporting lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from ics_governance import ledger
from ics_governance.actions import change, locked, record_new
from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed, Reason
from partnerships import arrangement_guards as guards
from partnerships.access import P, require
from partnerships.day_guards import (
    begins_within,
    earlier,
    ends_after_start,
    has_not_begun,
    has_not_ended,
    may_end,
    no_longer_than,
)
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Contribution,
    Fund,
    GatewayReview,
    Organisation,
    Place,
    ReportingLine,
)
from partnerships.queries.arrangements import contributors
from partnerships.reporting import closes_a_loop

from .nearness import day_that_counts, line_is_near, places_are_near
from .sets import change_with_sets, record_with_sets, withdrawn

FIELDS = (
    "kind", "name", "host", "place", "level", "purpose", "priorities", "activities", "phase", "scrutiny",
    "political_oversight", "governors_oversight", "starts", "ends",
)  # fmt: skip
MEMBER = ("arrangement", "organisation", "sector", "capacity", "expectation", "represented_by", "starts", "ends")
GATEWAY = ("arrangement", "held_on", "phase_before", "phase_after", "criteria", "outcome", "note", "review_on")
FUND = ("arrangement", "kind", "name", "host", "year", "limit", "purpose", "agreement")
LINE = ("arrangement", "to_arrangement", "to_organisation", "about", "starts", "ends")


@dataclass(frozen=True)
class Paid:
    """What a body puts into a fund, and the least that it must."""

    organisation: Organisation
    amount: Decimal
    minimum: Decimal | None = None


@dataclass(frozen=True)
class Gateway:
    """The gateway review that an arrangement had passed before it was recorded, and where that is written down."""

    held_on: date
    note: str = ""


def refuse(reasons: Iterable[Reason]) -> None:
    """Raise with all the reasons there are; none: go on."""
    if found := list(reasons):
        raise GuardFailed(found)


def _require_host(by: Actor, host: Organisation) -> None:
    """Founding something needs the role in its host: there is no record yet to ask about."""
    if not by.system and host.pk not in by.organisations(P.FORUM_EDIT, "host"):
        raise Refused(P.FORUM_EDIT)


# --- The arrangement itself -----------------------------------------------------------------------------------------


@transaction.atomic
def found_arrangement(
    *, by: Actor, host: Organisation, values: Mapping[str, Any], footprint: Iterable[Place] = (),
    gateway: Gateway | None = None,
) -> Arrangement:  # fmt: skip
    """Record a place-based partnership, a provider collaborative, a partnership of the system, a council's board.

    One that is past its first phase came there by a gateway review, which is recorded with it.
    """
    _require_host(by, host)
    places = list(footprint)
    refuse([*guards.kind_has_its_area(values["kind"], values.get("place"), places),
            *guards.host_fits(values["kind"], host), *_host_exists(host, values.get("starts")),
            *guards.founded_by_gateway(values["kind"], values.get("phase", ""), gateway, values.get("starts"), by.on),
            *_name_of_its_own(Arrangement(host=host, name=values["name"], starts=values.get("starts")))])  # fmt: skip
    day = day_that_counts(values.get("starts"), by.on)
    refuse([*places_are_near(host, [values.get("place")], (), day, "place"),
            *places_are_near(host, places, (), day, "footprint")])  # fmt: skip
    made = Arrangement.objects.create(host=host, **values)
    if gateway is not None:
        _first_gateway(made, gateway)
    return record_with_sets(made, "arrangement.founded", FIELDS, {"footprint": places}, by=by, organisation_id=host.pk)


def _first_gateway(made: Arrangement, gateway: Gateway) -> None:
    """The review that took an arrangement to its phase before it was recorded here."""
    GatewayReview.objects.create(
        arrangement=made, held_on=gateway.held_on, phase_before=guards.before(made.phase), phase_after=made.phase,
        outcome=GatewayReview.Outcome.PASSED, note=gateway.note,
    )  # fmt: skip


def _name_of_its_own(arrangement: Arrangement) -> list[Reason]:
    """No two arrangements of a host bear one name at the same time: a form that was sent twice records one."""
    rows = Arrangement.objects.during(arrangement.starts, arrangement.ends)
    others = rows.filter(host=arrangement.host, name__iexact=arrangement.name).exclude(pk=arrangement.pk)
    if not others.exists():
        return []
    return [Reason(f"{arrangement.host.name} has an arrangement called {arrangement.name} already in these days",
                   "name")]  # fmt: skip


def _host_exists(host: Organisation, day: date | None) -> list[Reason]:
    if day is None or host.exists_on(day):
        return []
    return [Reason(f"{host.name} does not exist on that day", "starts")]


@transaction.atomic
def edit_arrangement(
    *, by: Actor, arrangement: Arrangement, values: Mapping[str, Any], footprint: Iterable[Place] | None = None
) -> Arrangement:
    """Change what is recorded of an arrangement; its phase goes down freely, and up by a gateway alone."""
    require(by, P.FORUM_EDIT, arrangement)
    current = locked(arrangement)
    refuse(has_not_ended(current.ends, by.on))
    places = list(current.footprint.all() if footprint is None else footprint)
    place = values.get("place", current.place)
    refuse([*guards.kind_has_its_area(current.kind, place, places),
            *guards.phase_goes_by_gateway(current.phase, values.get("phase", current.phase))])  # fmt: skip
    if (name := values.get("name", current.name)) != current.name:
        refuse(_name_of_its_own(Arrangement(pk=current.pk, host=current.host, name=name, starts=current.starts,
                                            ends=current.ends)))  # fmt: skip
    day, covered = day_that_counts(current.starts, by.on), set(current.footprint.values_list("pk", flat=True))
    known = covered | ({current.place_id} if current.place_id else set())
    refuse([*places_are_near(current.host, [place], known, day, "place"),
            *places_are_near(current.host, places, known, day, "footprint")])  # fmt: skip
    return change_with_sets(
        current, "arrangement.changed", by=by, organisation_id=current.host_id, changes=dict(values),
        sets={"footprint": places},
    )  # fmt: skip


@transaction.atomic
def end_arrangement(*, by: Actor, arrangement: Arrangement, last_day: date) -> Arrangement:
    """End an arrangement: its open memberships and reporting lines end with it; its forums stay and are to be ended."""
    require(by, P.FORUM_EDIT, arrangement)
    current = locked(arrangement)
    if current.ends is not None and current.ends < by.on:
        raise GuardFailed([Reason("It has ended already", "last_day")])
    refuse(may_end(current.starts, current.ends, last_day))
    still = Q(ends=None) | Q(ends__gt=last_day)
    for member in current.members.filter(still):
        _close(member, last_day)
    for line in current.reporting_lines.filter(still):
        _close(line, last_day)
    return change(
        current, "arrangement.ended", by=by, organisation_id=current.host_id, changes={"ends": last_day}
    )  # fmt: skip


def _close(row: Any, last_day: date) -> None:
    """End a row with what it belongs to; one that had not begun ends on its first day."""
    row.ends = max(last_day, row.starts) if row.starts else last_day
    row.save(update_fields=["ends"])


# --- Members --------------------------------------------------------------------------------------------------------


@transaction.atomic
def join_arrangement(
    *, by: Actor, arrangement: Arrangement, organisation: Organisation, values: Mapping[str, Any]
) -> ArrangementMember:
    """Record that a body takes part, and what was agreed of it; no longer than the arrangement lasts."""
    require(by, P.FORUM_EDIT, arrangement)
    current, day = locked(arrangement), values["starts"]
    refuse(has_not_ended(current.ends, by.on))
    refuse([*_host_exists(organisation, day), *_within(current, values), *_voice(current, organisation, values, day)])
    ends = earlier(values.get("ends"), current.ends)
    if _taking_part(current, organisation, day, ends).exists():
        raise GuardFailed([Reason(f"{organisation.name} takes part already in some of these days", "organisation")])
    lasting = {**values, "ends": ends}
    member = ArrangementMember.objects.create(arrangement=current, organisation=organisation, **lasting)
    return record_new(member, "arrangement.joined", MEMBER, by=by, organisation_id=current.host_id)


def _within(arrangement: Arrangement, values: Mapping[str, Any]) -> list[Reason]:
    """What belongs to an arrangement lasts no longer than it does."""
    name, starts, ends = arrangement.name, values["starts"], values.get("ends")
    return [
        *begins_within(name, arrangement.starts, arrangement.ends, starts),
        *ends_after_start(starts, ends),
        *no_longer_than(name, arrangement.ends, ends),
    ]


def _taking_part(arrangement: Arrangement, organisation: Organisation, day: date, ends: date | None) -> Any:
    return ArrangementMember.objects.during(day, ends).filter(arrangement=arrangement, organisation=organisation)


def _voice(arrangement: Arrangement, organisation: Organisation, values: Mapping[str, Any], day: date) -> list[Reason]:
    """A body that is represented says by whom: by another one, which takes part itself."""
    speaker, represented = values.get("represented_by"), values.get("expectation") == "represented"
    if not represented:
        text = "Only a body that is represented names who represents it: leave this empty"
        return [Reason(text, "represented_by")] if speaker else []
    if speaker is None:
        return [Reason("Choose the body that represents it", "represented_by")]
    if speaker.pk == organisation.pk:
        return [Reason("A body is represented by another one", "represented_by")]
    takes_part = ArrangementMember.objects.on(day).filter(
        arrangement=arrangement, organisation=speaker, expectation=ArrangementMember.Expectation.MEMBER
    )
    if takes_part.exists():
        return []
    return [Reason(f"{speaker.name} does not take part as a member, so it cannot represent another", "represented_by")]


@transaction.atomic
def change_member(
    *, by: Actor, member: ArrangementMember, from_day: date, values: Mapping[str, Any]
) -> ArrangementMember:
    """Change what was agreed of a body from a day on: its row ends the day before and another begins.

    On its own first day the row itself is corrected.
    """
    arrangement = member.arrangement
    require(by, P.FORUM_EDIT, arrangement)
    current = locked(member)
    refuse(has_not_ended(arrangement.ends, by.on))
    refuse(_voice(arrangement, current.organisation, values, from_day))
    if values.get("expectation", current.expectation) != ArrangementMember.Expectation.MEMBER:
        refuse(_speaks_for_nobody(current, from_day, "expectation"))
    if current.ends is not None and from_day > current.ends:
        raise GuardFailed([Reason("It takes part no more on that day", "from_day")])
    if current.starts is not None and from_day < current.starts:
        raise GuardFailed([Reason("It did not take part yet on that day", "from_day")])
    host = arrangement.host_id
    if current.starts is None or from_day == current.starts:
        return change(current, "arrangement.member_changed", by=by, organisation_id=host, changes=dict(values))
    following, yesterday = current.ends, from_day - timedelta(days=1)
    change(current, "arrangement.member_ended", by=by, organisation_id=host, changes={"ends": yesterday})
    made = ArrangementMember.objects.create(
        arrangement=arrangement, organisation=current.organisation, starts=from_day, ends=following, **values
    )
    return record_new(made, "arrangement.member_changed", MEMBER, by=by, organisation_id=host)


@transaction.atomic
def end_member(*, by: Actor, member: ArrangementMember, last_day: date) -> ArrangementMember:
    """End a body's part; the row stays. Bodies that it represents must be given another voice first."""
    require(by, P.FORUM_EDIT, member.arrangement)
    current = locked(member)
    refuse(has_not_ended(member.arrangement.ends, by.on, "last_day"))
    refuse(may_end(current.starts, current.ends, last_day, _again(current)))
    refuse(no_longer_than(member.arrangement.name, member.arrangement.ends, last_day, "last_day"))
    refuse(_speaks_for_nobody(current, last_day + timedelta(days=1), "last_day"))
    host = member.arrangement.host_id
    return change(current, "arrangement.member_ended", by=by, organisation_id=host, changes={"ends": last_day})


@transaction.atomic
def withdraw_member(*, by: Actor, member: ArrangementMember, why: str) -> None:
    """Take back a body's part that has not begun, such as one with a wrong first day."""
    arrangement = member.arrangement
    require(by, P.FORUM_EDIT, arrangement)
    current = locked(member)
    refuse([*has_not_ended(arrangement.ends, by.on), *has_not_begun(current.starts, by.on)])
    refuse(_speaks_for_nobody(current, current.starts or by.on, "why"))
    withdrawn(current, "arrangement.member_withdrawn", MEMBER, why, by=by, organisation_id=arrangement.host_id)


def _again(member: ArrangementMember) -> str:
    """What follows the end of a body's part: that it takes part again, as a sentence."""
    rows = ArrangementMember.objects.filter(
        arrangement=member.arrangement_id, organisation=member.organisation_id, starts__gt=member.ends or date.max
    )
    if (following := rows.order_by("starts").first()) is None:
        return ""
    return f"{member.organisation.name} takes part again from {in_words(following.starts)}"


def _speaks_for_nobody(member: ArrangementMember, day: date, field: str) -> list[Reason]:
    """Whoever represents others from a day on does so as a member: they are given another voice first."""
    spoken_for = ArrangementMember.objects.filter(
        Q(ends=None) | Q(ends__gte=day), arrangement=member.arrangement_id, represented_by=member.organisation_id
    ).select_related("organisation")
    names = [row.organisation.label for row in spoken_for]
    return [Reason(f"It represents {', '.join(names)}: change that first", field)] if names else []


# --- Gateways -------------------------------------------------------------------------------------------------------


@transaction.atomic
def review_gateway(*, by: Actor, arrangement: Arrangement, values: Mapping[str, Any]) -> GatewayReview:
    """Record a gateway review. Passed, with or without conditions, it takes the arrangement to its next phase."""
    require(by, P.FORUM_EDIT, arrangement)
    current = locked(arrangement)
    refuse(has_not_ended(current.ends, by.on))
    latest = current.gateways.order_by("-held_on").values_list("held_on", flat=True).first()
    refuse([*guards.gateway_is_sound(current.phase, values, by.on),
            *guards.gateway_comes_in_turn(values["held_on"], current.starts, latest)])  # fmt: skip
    made = GatewayReview.objects.create(arrangement=current, phase_before=current.phase, **values)
    if guards.passed(values["outcome"]):
        current.phase = values["phase_after"]
        with system("arrangement.gateway"):
            current.save(update_fields=["phase"])
    return record_new(made, "arrangement.gateway_reviewed", GATEWAY, by=by, organisation_id=current.host_id)


# --- Funds ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_fund(
    *, by: Actor, arrangement: Arrangement, values: Mapping[str, Any], paid: Sequence[Paid], as_fact: bool = False
) -> Fund:
    """Record a fund of a financial year. Contributions below their minimum need `as_fact`, and are marked."""
    require(by, P.FORUM_EDIT, arrangement)
    refuse(has_not_ended(arrangement.ends, by.on))
    _check_fund(arrangement, None, values, paid, as_fact, by.on)
    fund = Fund.objects.create(arrangement=arrangement, **values)
    _put(fund, paid)
    after = {**ledger.snapshot(fund, FUND), "contributions": _said(paid)}
    ledger.append(by=by, kind="fund.recorded", record=fund, after=after, organisation_id=arrangement.host_id)
    return fund


@transaction.atomic
def change_fund(
    *, by: Actor, fund: Fund, values: Mapping[str, Any], paid: Sequence[Paid], as_fact: bool = False
) -> Fund:
    """Correct a fund and what is put into it."""
    require(by, P.FORUM_EDIT, fund.arrangement)
    current = locked(fund)
    refuse(has_not_ended(fund.arrangement.ends, by.on))
    _check_fund(fund.arrangement, current, values, paid, as_fact, by.on)
    rows = current.contributions.select_related("organisation")
    before = {**ledger.snapshot(current, FUND)}
    before["contributions"] = _said(paid_in(rows))
    for name, value in values.items():
        setattr(current, name, value)
    current.save(update_fields=list(values))
    current.contributions.all().delete()
    _put(current, paid)
    after = {**ledger.snapshot(current, FUND), "contributions": _said(paid)}
    ledger.append(by=by, kind="fund.changed", record=current, before=before, after=after,
                  organisation_id=fund.arrangement.host_id)  # fmt: skip
    return current


def _check_fund(
    arrangement: Arrangement, fund: Fund | None, values: Mapping[str, Any], paid: Sequence[Paid], as_fact: bool,
    day: date,
) -> None:  # fmt: skip
    reasons = _of_the_arrangement(arrangement, fund, values["host"], paid, day)
    bodies = [row.organisation for row in paid]
    total = sum((row.amount for row in paid), Decimal(0))
    giving = [row.organisation.kind for row in paid if row.amount > 0]
    reasons += guards.fund_is_sound(values["kind"], giving, values.get("limit"), total)
    reasons += guards.year_is_of_its_time(values["year"], arrangement.name, arrangement.starts)
    if len({body.pk for body in bodies}) < len(bodies):
        reasons.append(Reason("Name each body once: add up what it contributes", "contributions"))
    for row in paid:
        own = f"amount_{row.organisation.pk}"
        reasons += guards.minimum_is_kept(row.organisation.label, row.amount, row.minimum, as_fact, own)
    same = arrangement.funds.filter(name=values["name"], year=values["year"])
    if fund is not None:
        same = same.exclude(pk=fund.pk)
    if same.exists():
        reasons.append(Reason("This arrangement has a fund of that name in that year already", "name"))
    refuse(reasons)


def _of_the_arrangement(
    arrangement: Arrangement, fund: Fund | None, host: Organisation, paid: Sequence[Paid], day: date
) -> list[Reason]:  # fmt: skip
    """Money comes from, and is kept by, the host and statutory members; whoever is recorded already stays."""
    known = [fund.host_id, *fund.contributions.values_list("organisation", flat=True)] if fund else []
    near = {body.pk for body in contributors(arrangement, day, known)}
    named = [(host, "host"), *((row.organisation, "contributions") for row in paid)]
    return [
        Reason(f"{body.name} is no statutory member of {arrangement.name}, so has no part in its money", field)
        for body, field in named if body.pk not in near
    ]  # fmt: skip


def _put(fund: Fund, paid: Sequence[Paid]) -> None:
    Contribution.objects.bulk_create(
        Contribution(fund=fund, organisation=row.organisation, amount=row.amount, minimum=row.minimum) for row in paid
    )


def paid_in(rows: Iterable[Contribution]) -> list[Paid]:
    """What is recorded as paid into a fund."""
    return [Paid(row.organisation, row.amount, row.minimum) for row in rows]


def _said(paid: Sequence[Paid]) -> list[list[Any]]:
    return sorted([row.organisation.pk, row.amount, row.minimum] for row in paid)


# --- Reporting lines ------------------------------------------------------------------------------------------------


@transaction.atomic
def report_to(*, by: Actor, arrangement: Arrangement, values: Mapping[str, Any]) -> ReportingLine:
    """Record to whom an arrangement reports: another one, or the board of a body. Lines never run in a circle."""
    require(by, P.FORUM_EDIT, arrangement)
    current = locked(arrangement)
    refuse(has_not_ended(current.ends, by.on))
    above, body = values.get("to_arrangement"), values.get("to_organisation")
    if (above is None) == (body is None):
        raise GuardFailed([Reason("Choose one: an arrangement, or a body whose board hears it", "to_arrangement")])
    refuse([*_within(current, values), *line_is_near(current, above, body, day_that_counts(values["starts"], by.on))])
    ends = earlier(values.get("ends"), current.ends)
    if above is not None:
        _no_loop(arrangement, above, values["starts"], ends)
    still = Q(ends=None) | Q(ends__gte=values["starts"])
    same = arrangement.reporting_lines.filter(still, to_arrangement=above, to_organisation=body)
    if same.exists():
        raise GuardFailed([Reason("It reports there already in some of these days", "to_arrangement")])
    made = ReportingLine.objects.create(arrangement=arrangement, **{**values, "ends": ends})
    return record_new(made, "arrangement.reports_to", LINE, by=by, organisation_id=arrangement.host_id)


def _no_loop(arrangement: Arrangement, above: Arrangement, starts: date, ends: date | None) -> None:
    """Lines that stand on the same days never lead back."""
    lines = ReportingLine.objects.during(starts, ends).filter(to_arrangement__isnull=False)
    pairs = lines.values_list("arrangement_id", "to_arrangement_id")
    if closes_a_loop(pairs, arrangement.pk, above.pk):  # type: ignore[arg-type]  # filtered: neither is null
        text = f"{above.name} already reports to {arrangement.name}, so this would run in a circle"
        if above.pk == arrangement.pk:
            text = "An arrangement reports to another one, not to itself"
        raise GuardFailed([Reason(text, "to_arrangement")])


@transaction.atomic
def end_line(*, by: Actor, line: ReportingLine, last_day: date) -> ReportingLine:
    """End a reporting line; the row stays."""
    require(by, P.FORUM_EDIT, line.arrangement)
    current = locked(line)
    refuse(has_not_ended(line.arrangement.ends, by.on, "last_day"))
    refuse(may_end(current.starts, current.ends, last_day))
    refuse(no_longer_than(line.arrangement.name, line.arrangement.ends, last_day, "last_day"))
    host = line.arrangement.host_id
    return change(current, "arrangement.line_ended", by=by, organisation_id=host, changes={"ends": last_day})
