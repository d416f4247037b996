"""Moves of a case: permission, guard, stage, and everything that follows from it, in one place."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from collaboration.models import Capacity, Concern, ConcernAudience, ConcernGrant
from ics_governance.actions import carry_out, change, locked
from ics_governance.context import system
from ics_governance.models import User
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day, moment
from ics_governance.workflow import GuardFailed, Reason, Transition
from ics_governance.workingdays import add_working_days
from oversight.access import P
from oversight.clocks import due
from oversight.models import Case, DisputeRequest, Fact, Reply, Side, StageClock, Step
from oversight.process import ASKED, ASKS, BY_REGION, OUTCOMES, REPLY_DAYS, STAGE
from oversight.queries.case_parts import load_for_guards
from oversight.queries.holders import holder_for, parties_of, readers_wanted
from oversight.workflows import CASE
from partnerships.access import actor_for, require
from partnerships.models import Kind, Organisation

from .standing import (
    Standing,
    as_lead,
    as_party,
    need,
    not_of_a_party,
    open_case,
    tell_holder,
    tell_raiser,
    tell_respondents,
)

NOT_SETTLED = ("not_for_this_process", "superseded", "withdrawn")  # closed, and nothing was settled at any stage
SET_BY_MOVES = (
    "last_stage", "holder", "reviewer", "stage_since", "due_on", "version", "outcome", "shared_cause", "closed_on",
    "overridden", "lead",
)  # fmt: skip


class MovedMeanwhile(GuardFailed):
    """Somebody else moved the case first. Nothing was changed; the reason says what happened."""


@transaction.atomic
def move(
    *,
    by: Actor,
    case: Case,
    event: str,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
    seen: int | None = None,
) -> Case:
    """Move a case by an event of the process.

    `changes` are what the event asks for beside its reason (`process.ASKS`); `seen` is the version of the case that the
    person had before them. Raises `Refused`, `GuardFailed`, or `MovedMeanwhile` when the case has moved since.
    """
    row = CASE.find(event)
    standing = _standing(by, case, row)
    given = _given(event, reason, changes or {})
    current = locked(case)
    _still_here(row, current, case if seen is None else seen)
    with system("who holds the next stage"):
        if not by.system:
            _not_involved_before(by, current, row)
        values = _values(by, current, row, given)
    moved = carry_out(
        CASE, event, current, by=by, organisation_id=current.holder_id,
        changes={name: given[name] for name in ("lead", "signpost", "learnt", "lead_case") if name in given},
        prepare=lambda record: _prepare(record, by.on, values), prepared=SET_BY_MOVES,
    )  # fmt: skip
    with system(row.ledger):
        _follow(by, moved, row, standing, reason.strip(), given.get("days"))
    return moved


def _standing(by: Actor, case: Case, row: Transition) -> Standing:
    if row.permission == P.CASE_WITHDRAW:
        return as_party(by, case, row.permission, sides=(Side.RAISER,))
    return as_lead(by, case, row.permission)


def _given(event: str, reason: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What was given with the move, held against what the event asks for."""
    asked = {name.rstrip("*"): name.endswith("*") for name in ASKS[event]}
    unknown = set(changes) - set(asked)
    if unknown:
        raise ValueError(f"{event} does not take: {sorted(unknown)}")
    given = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    given["reason"] = reason.strip()
    missing = [name for name, must in asked.items() if must and not given.get(name)]
    if missing:
        raise GuardFailed([Reason(ASKED[name], name) for name in missing])
    outcomes = OUTCOMES.get(event, ())
    if given.get("outcome") and given["outcome"] not in outcomes:
        raise GuardFailed([Reason(f"One of these outcomes: {', '.join(outcomes)}", "outcome")])
    if outcomes and not given.get("outcome"):
        given["outcome"] = outcomes[0]
    return given


def _still_here(row: Transition, current: Case, seen: Case | int) -> None:
    """Refused, with what happened, when the case has moved since it was looked at."""
    version = seen.version if isinstance(seen, Case) else seen
    if version == current.version:
        return
    with system("what happened to a case meanwhile"):
        last = Step.objects.select_related("organisation").filter(case=current).order_by("-pk").first()
    if last is None:
        return
    who = last.organisation.label if last.organisation else Side(last.side).label
    raise MovedMeanwhile(
        [
            Reason(
                f"This case has moved since you looked at it: {who} moved it to {STAGE[last.target].title.lower()} on"
                f" {moment(last.at)}. “{row.label}” was not carried out, and nothing of yours was lost.",
                "stage",
            )
        ]
    )


def _not_involved_before(by: Actor, case: Case, row: Transition) -> None:
    """An oversight review is led by somebody who took no step in the case before it."""
    ends = row.target in (Case.Stage.SUPPORT, Case.Stage.ENFORCEMENT, Case.Stage.CLOSED)
    if case.stage == Case.Stage.REVIEW and ends and involved_before(case, by.user_id):
        raise Refused(row.permission, "You took part in this case before its review: somebody else has to decide.")


def involved_before(case: Case, user_id: int | None) -> bool:
    """Whether a person took a step before the review began; confirming an override begins it."""
    entered = case.steps.filter(target=Case.Stage.REVIEW).exclude(source=Case.Stage.REVIEW).order_by("-pk").first()
    if entered is None or user_id is None:
        return False
    if entered.user_id == user_id and entered.event != "override":
        return True
    return case.steps.filter(user_id=user_id, pk__lt=entered.pk).exists()


def _values(by: Actor, case: Case, row: Transition, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that follow from a move."""
    holder = case.holder_id
    if row.target != Case.Stage.CLOSED and (row.target in BY_REGION) != (case.stage in BY_REGION):
        holder = holder_for(case.concern, row.target, by.on)
    closing = row.target == Case.Stage.CLOSED
    _lead_case(case, given.get("lead_case"))
    values: dict[str, Any] = {
        "last_stage": case.stage,
        "holder_id": holder,
        "stage_since": by.on,
        "due_on": None if closing else _due(row.target, by.on, given.get("days")),
        "version": case.version + 1,
    }
    if holder != case.holder_id and "lead" not in given:
        values["lead_id"] = None
    if closing:
        values |= {"outcome": given["outcome"], "closed_on": by.on, "shared_cause": row.event == "shared_cause"}
    if case.stage == Case.Stage.REVIEW and row.target not in (Case.Stage.REVIEW,) and case.reviewer_id is None:
        values["reviewer_id"] = by.user_id
    if row.event == "override":
        values["overridden"] = True
    return values


def _lead_case(case: Case, lead: Case | None) -> None:
    """A case goes on in another, open one that is not itself linked to a third."""
    if lead is None:
        return
    if lead.pk == case.pk or not lead.is_open or lead.lead_case_id:
        raise GuardFailed(
            [Reason("An open case, other than this one, that is not itself linked to another", "lead_case")]
        )


def _due(stage: str, on: date, days: int | None) -> date | None:
    time = days or STAGE[stage].days
    return due(on, time) if time else None


def _prepare(case: Case, on: date, values: Mapping[str, Any]) -> None:
    """Load what the guards read, as things stand, and set what follows from the move."""
    load_for_guards(case, on)
    for name, value in values.items():
        setattr(case, name, value)


# --- What follows from a move -------------------------------------------------------------------------------------


def _follow(by: Actor, case: Case, row: Transition, standing: Standing, reason: str, days: int | None) -> None:
    """Timeline, clock, readers, right of reply, the concern itself, and who is told; in a system context."""
    end_clock(case, by.on)
    if case.is_open:
        start_clock(case, by.on, days)
    if row.event in ("accept", "override"):
        put_to_respondents(by, case)
    share(case, by.on)
    if case.last_stage == Case.Stage.DISPUTE:
        take_access_back(case)
    if case.stage == Case.Stage.DISPUTE:
        give_access(case, by.on)
    if not case.is_open:
        _close(case, by.on)
    note_step(case, row.event, by.on, standing, reason, _in_words(case))
    _tell(by, case)


def note_step(case: Case, event: str, on: date, standing: Standing, reason: str = "", note: str = "") -> Step:
    """A line of the timeline."""
    return Step.objects.create(
        case=case, event=event, source=case.last_stage if event != "raise" else "", target=case.stage, on=on,
        reason=reason, note=note, **standing.said,
    )  # fmt: skip


def _in_words(case: Case) -> str:
    if not case.is_open:
        return f"Closed: {Case.Outcome(case.outcome).label}."
    until = f"until {day(case.due_on)}" if case.due_on else "no clock"
    return f"{STAGE[case.stage].title} held by {case.holder.label}, {until}."


def start_clock(case: Case, on: date, days: int | None = None) -> StageClock:
    """The clock of the stage that begins."""
    time = days or STAGE[case.stage].days
    return StageClock.objects.create(case=case, stage=case.stage, started_on=on, days=time, due_on=case.due_on)


def end_clock(case: Case, on: date) -> None:
    """The clock of the stage that ends, with any pause in it."""
    for clock in StageClock.objects.filter(case=case, ended_on=None):
        clock.pauses.filter(approved_by=None).delete()
        for pause in clock.pauses.filter(ends=None):
            pause.ends = max(on, pause.starts)
            pause.save(update_fields=["ends"])
        clock.ended_on = on
        clock.save(update_fields=["ended_on"])


def put_to_respondents(by: Actor, case: Case) -> None:
    """The allegation is put to each respondent, once: from today it reads the case and has its right of reply."""
    until = add_working_days(by.on, REPLY_DAYS)
    fresh = list(case.concern.respondents.filter(put_on=None).order_by("pk"))
    case.concern.respondents.filter(put_on=None).update(put_on=by.on)
    for respondent in fresh:
        Reply.objects.create(
            case=case, organisation_id=respondent.organisation_id, occasion=Reply.Occasion.ALLEGATION,
            opened_on=by.on, due_on=until,
        )  # fmt: skip
    if fresh:
        case.facts.filter(state=Fact.State.AWAITING, reply_due=None).update(reply_due=until)
        tell_respondents(by, case, "put", f"A concern was put to your organisation. You may reply until {day(until)}.")


def share(case: Case, on: date) -> None:
    """Bring the audience of the concern in line with who holds the case and who has been asked to answer."""
    concern = Concern.objects.get(pk=case.concern_id)
    put = concern.respondents.exclude(put_on=None).exists()
    wanted = readers_wanted(concern, case.holder_id, on, put)
    parties = parties_of(concern, on)
    rows = list(concern.audience.filter(organisation__isnull=False, ends=None))
    for row in rows:
        body = row.organisation_id or 0
        if row.capacity != Capacity.RESPONDENT and (body, row.capacity) not in wanted:
            if row.capacity == Capacity.HOLDER and body not in parties:
                wanted.add((body, str(Capacity.AFFECTED)))
            if row.capacity != Capacity.AFFECTED:
                _end(row, on)
    have = {
        (row.organisation_id, row.capacity) for row in concern.audience.filter(organisation__isnull=False, ends=None)
    }
    ConcernAudience.objects.bulk_create(
        ConcernAudience(concern=concern, organisation_id=body, capacity=capacity, starts=on)
        for body, capacity in sorted(wanted - have)
    )


def _end(row: ConcernAudience, on: date) -> None:
    """The row held until yesterday; one that began today has never held."""
    if row.starts is None or row.starts >= on:
        row.delete()
        return
    row.ends = on - timedelta(days=1)
    row.save(update_fields=["ends"])


def give_access(case: Case, on: date) -> None:
    """The independent third party reads this case, and nothing else, through a grant of its own."""
    request = DisputeRequest.objects.filter(case=case, granted=True).order_by("-pk").first()
    if request is None or request.third_party is None:
        return
    grant: ConcernGrant = assign_perm("view_concern", request.third_party, case.concern)  # type: ignore[assignment]
    ConcernAudience.objects.get_or_create(
        concern=case.concern, user=request.third_party, grant=grant,
        defaults={"capacity": Capacity.PERSON, "starts": on},
    )  # fmt: skip


def take_access_back(case: Case) -> None:
    """The third party has done its part; the audience row goes with the grant."""
    for row in ConcernAudience.objects.filter(concern=case.concern, capacity=Capacity.PERSON).select_related("user"):
        remove_perm("view_concern", row.user, case.concern)


def _close(case: Case, on: date) -> None:
    """Write to the concern when it ended, and where it was settled if it was."""
    settled = "" if case.outcome in NOT_SETTLED else case.last_stage
    Concern.objects.filter(pk=case.concern_id).update(settled_at=settled, closed_on=on)
    case.overrides.filter(confirmed_by=None).delete()


def _tell(by: Actor, case: Case) -> None:
    matter = f"moved:{case.version}"
    if case.is_open:
        tell_holder(by, case, matter, f"now in {STAGE[case.stage].title.lower()}, held by your organisation.")
        text = f"now in {STAGE[case.stage].title.lower()}."
    else:
        text = f"closed: {Case.Outcome(case.outcome).label}."
        tell_holder(by, case, matter, text)
    tell_raiser(by, case, matter, text)
    tell_respondents(by, case, matter, text)


# --- Who works on it ----------------------------------------------------------------------------------------------


@transaction.atomic
def assign_lead(*, by: Actor, case: Case, user: User) -> Case:
    """Say who works on the case at the body that holds it."""
    as_lead(by, case)
    current = open_case(case)
    _may_lead(current, user, by.on)
    return change(current, "case.lead_assigned", by=by, organisation_id=current.holder_id, changes={"lead": user})


@transaction.atomic
def assign_reviewer(*, by: Actor, case: Case, user: User) -> Case:
    """Say who leads the oversight review: a person of the region who took no step in the case before."""
    as_lead(by, case)
    current = open_case(case)
    if current.stage != Case.Stage.REVIEW:
        raise GuardFailed([Reason("Only an oversight review has a reviewer.", "stage")])
    _may_lead(current, user, by.on)
    with system("whether a reviewer was involved"):
        if involved_before(current, user.pk):
            raise GuardFailed([Reason("Somebody who was not involved in the case before", "user")])
    return change(
        current, "case.reviewer_assigned", by=by, organisation_id=current.holder_id, changes={"reviewer": user}
    )


def _may_lead(case: Case, user: User, on: date) -> None:
    actor = actor_for(user, on)
    if case.holder_id not in actor.organisations(P.CASE_LEAD, "holder"):
        raise GuardFailed([Reason("A person of the body that holds the case", "user")])
    try:
        not_of_a_party(actor, case, P.CASE_LEAD)
    except Refused:
        raise GuardFailed([Reason("Somebody who holds no role in a party to this case", "user")]) from None


@transaction.atomic
def hand_over(*, by: Actor, case: Case, organisation: Organisation, reason: str) -> Case:
    """Hand the stage to another body, such as an appointee of the region: never to a party."""
    standing = as_lead(by, case, P.CASE_CONFIRM)
    why = need("Why it is handed over", reason, "reason")
    current = open_case(case)
    with system("whether a body is a party"):
        if organisation.pk in parties_of(current.concern, by.on):
            raise GuardFailed(
                [Reason(f"{organisation.name} is a party to this case: a party holds no stage.", "organisation")]
            )
    if organisation.pk == current.holder_id:
        raise GuardFailed([Reason(f"{organisation.name} holds it already.", "organisation")])
    if not _is_fit(organisation, current):
        raise GuardFailed([Reason("An ICB or a region; from oversight review on, a region", "organisation")])
    moved = change(
        current, "case.handed_over", by=by, organisation_id=current.holder_id,
        changes={"holder": organisation, "lead": None, "version": current.version + 1},
    )  # fmt: skip
    with system("case.handed_over"):
        moved.holder = organisation
        share(moved, by.on)
        Step.objects.create(
            case=moved, event="hand_over", source=moved.stage, target=moved.stage, on=by.on, reason=why,
            note=_in_words(moved), **standing.said,
        )  # fmt: skip
        tell_holder(by, moved, f"moved:{moved.version}", "handed over to your organisation.")
    return moved


def _is_fit(organisation: Organisation, case: Case) -> bool:
    return organisation.kind == Kind.REGION or (organisation.kind == Kind.ICB and case.stage not in BY_REGION)


@transaction.atomic
def link(*, by: Actor, case: Case, lead_case: Case) -> Case:
    """Link a case of the same facts to the one that carries the lead, the reply and the count."""
    as_lead(by, case)
    require(by, "concern.view", lead_case)
    current = open_case(case)
    _lead_case(current, lead_case)
    if current.linked_cases.exists():
        raise GuardFailed([Reason("Other cases are linked to this one: it leads them.", "lead_case")])
    return change(current, "case.linked", by=by, organisation_id=current.holder_id, changes={"lead_case": lead_case})
