"""What a review finds and what follows: findings, exit criteria, measures of enforcement, commitments."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction

from ics_governance.actions import carry_out, locked
from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day
from ics_governance.workflow import GuardFailed, Reason
from oversight.access import P
from oversight.measures import MEASURES
from oversight.models import Case, Commitment, Criterion, DisputeFinding, Fact, Finding, Measure, Reply
from oversight.queries.case_parts import may_still_answer, unseen_by
from oversight.queries.holders import respondents_of
from oversight.workflows import MEASURE
from partnerships.access import allowed, require
from partnerships.models import Organisation

from .cases import involved_before
from .file import open_windows
from .standing import (
    as_lead,
    as_party,
    log,
    need,
    not_of_a_party,
    open_case,
    person,
    tell,
    tell_holder,
    tell_respondents,
)

UNSEEN = "“{title}” is evidence that {body} has not seen: no adverse finding may rest on it."

# --- Findings -----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_dispute_finding(*, by: Actor, case: Case, text: str) -> DisputeFinding:
    """Record what the independent third party found: by that person, or by the holder in its name."""
    require(by, P.CASE_FIND, case)
    not_of_a_party(by, case, P.CASE_FIND)
    words = need("What was found", text, "text")
    current = open_case(case)
    if current.stage != Case.Stage.DISPUTE:
        raise GuardFailed([Reason("The third party's finding belongs to dispute resolution.", "stage")])
    with system("case.dispute_found"):
        found = DisputeFinding.objects.create(case=current, text=words, found_on=by.on, user_id=person(by))
    log(by, current, "case.dispute_found", {"text": words})
    tell_holder(by, current, f"dispute_found:{found.pk}", "the third party's finding is on file.")
    tell_respondents(by, current, f"dispute_found:{found.pk}", "the third party's finding is on file.")
    return found


@transaction.atomic
def add_finding(
    *, by: Actor, case: Case, organisation: Organisation, adverse: bool, text: str, facts: Iterable[Fact] = ()
) -> Finding:
    """Record what the oversight review found about one respondent.

    An adverse finding rests on facts that the respondent has seen and could answer, and opens its right of reply.
    """
    as_lead(by, case)
    words = need("What the review found", text, "text")
    current, grounds = open_case(case), list(facts)
    if current.stage != Case.Stage.REVIEW:
        raise GuardFailed([Reason("Findings belong to oversight review.", "stage")])
    with system("what a finding rests on"):
        if not by.system and involved_before(current, by.user_id):
            raise Refused(P.CASE_LEAD, "You took part in this case before its review: somebody else has to decide.")
        _check_finding(current, organisation, adverse, grounds, by.on)
    with system("case.finding"):
        found = Finding.objects.create(
            case=current, organisation=organisation, adverse=adverse, text=words, found_on=by.on, user_id=person(by)
        )
        found.facts.set(grounds)
        until = open_windows(current, Reply.Occasion.FINDINGS, by.on, [organisation.pk])
    after = {"organisation": organisation.pk, "adverse": adverse, "text": words, "facts": [row.pk for row in grounds]}
    log(by, current, "case.finding", after)
    text = f"the review has a finding about your organisation. You may reply until {day(until)}."
    tell(
        by, current, f"finding:{found.pk}", text, permission=P.CASE_REPLY, capacity="respondent",
        bodies=[organisation.pk],
    )  # fmt: skip
    return found


def _check_finding(case: Case, body: Organisation, adverse: bool, grounds: list[Fact], on: date) -> None:
    if body.pk not in respondents_of(case.concern):
        raise GuardFailed([Reason("A body that is asked to answer in this case", "organisation")])
    if any(fact.case_id != case.pk for fact in grounds):
        raise GuardFailed([Reason("Facts of this case", "facts")])
    if not adverse:
        return
    if not grounds:
        raise GuardFailed([Reason("The facts that an adverse finding rests on", "facts")])
    evidence = case.evidence.filter(fact__in=grounds).order_by("pk")
    reasons = [Reason(UNSEEN.format(title=row.title, body=body.label), "facts") for row in unseen_by(body.pk, evidence)]
    reasons += [
        Reason(f"Fact {fact.number} may still be answered until {day(fact.reply_due)}.", "facts")
        for fact in grounds
        if may_still_answer(fact, on)
    ]
    reasons += [
        Reason(f"{body.label} may still reply on the allegation until {day(window.due_on)}.", "reply")
        for window in case.replies.filter(organisation=body, occasion=Reply.Occasion.ALLEGATION, replied_on=None)
        if window.due_on >= on
    ]
    if not case.replies.filter(organisation=body, occasion=Reply.Occasion.ALLEGATION).exists():
        reasons.append(Reason(f"{body.label} has not been asked to reply on the allegation.", "reply"))
    if reasons:
        raise GuardFailed(reasons)


# --- Exit criteria ------------------------------------------------------------------------------------------------


@transaction.atomic
def set_exit_criteria(
    *, by: Actor, case: Case, criteria: Iterable[str], measure: Measure | None = None
) -> list[Criterion]:
    """Write down what ends the support, or a measure: the list replaces what is not met yet."""
    as_lead(by, case)
    texts = [text.strip()[:300] for text in criteria if text.strip()]
    if not texts:
        raise GuardFailed([Reason("At least one exit criterion", "criteria")])
    current = open_case(case)
    stages = (Case.Stage.REVIEW, Case.Stage.SUPPORT, Case.Stage.ENFORCEMENT)
    if current.stage not in stages:
        raise GuardFailed([Reason("Exit criteria belong to what follows from an oversight review.", "stage")])
    if measure is not None and measure.case_id != current.pk:
        raise GuardFailed([Reason("That is a measure of another case.", "measure")])
    with system("case.criteria_set"):
        Criterion.objects.filter(case=current, measure=measure, met_on=None).delete()
        made = Criterion.objects.bulk_create(Criterion(case=current, measure=measure, text=text) for text in texts)
    log(by, current, "case.criteria_set", {"criteria": texts, "measure": measure.pk if measure else None})
    return made


@transaction.atomic
def meet_criterion(*, by: Actor, criterion: Criterion, note: str) -> Criterion:
    """Record that an exit criterion is met, and what shows it."""
    as_lead(by, criterion.case)
    words = need("What shows that it is met", note, "note")
    current = open_case(criterion.case)
    with system("case.criterion_met"):
        fresh = Criterion.objects.select_for_update().get(pk=criterion.pk)
        if fresh.met_on:
            raise GuardFailed([Reason(f"It was met on {day(fresh.met_on)}.")])
        fresh.met_on, fresh.note = by.on, words
        fresh.save(update_fields=["met_on", "note"])
    log(by, current, "case.criterion_met", {"criterion": fresh.pk, "note": words})
    return fresh


# --- Measures of enforcement --------------------------------------------------------------------------------------


@transaction.atomic
def propose_measure(
    *, by: Actor, case: Case, organisation: Organisation, kind: str, legal_basis: str, test: str, process: str = "",
    urgent: bool = False,
) -> Measure:  # fmt: skip
    """Propose a measure: the licence condition or duty it rests on, the legal test in words, its own process."""
    as_lead(by, case)
    current = open_case(case)
    if current.stage not in (Case.Stage.REVIEW, Case.Stage.SUPPORT, Case.Stage.ENFORCEMENT):
        raise GuardFailed([Reason("A measure follows from an oversight review.", "stage")])
    chosen = MEASURES.get(kind)
    if chosen is None or organisation.kind not in chosen.bodies:
        raise GuardFailed([Reason("A measure that the law has for this kind of body", "kind")])
    ground = need("The licence condition or the statutory duty", legal_basis, "legal_basis")
    words = need("The legal test in words, and why it is met", test, "test")
    with system("measure.proposed"):
        if organisation.pk not in respondents_of(current.concern):
            raise GuardFailed([Reason("A body that is asked to answer in this case", "organisation")])
        measure = Measure.objects.create(
            case=current, organisation=organisation, kind=kind, legal_basis=ground, test=words,
            process=process.strip() or chosen.process, urgent=urgent, proposed_by_id=person(by),
        )  # fmt: skip
    log(by, current, "measure.proposed", {"measure": measure.pk, "kind": kind, "legal_basis": ground, "test": words})
    return measure


def _measure(event: str, by: Actor, measure: Measure, **changes: Any) -> Measure:
    """Move a measure along; the case has to be open, and nobody of a party decides."""
    not_of_a_party(by, measure.case, P.CASE_LEAD)
    open_case(measure.case)

    def dated(record: Measure) -> None:
        record.on = by.on  # type: ignore[attr-defined]

    return carry_out(
        MEASURE, event, measure, by=by, organisation_id=measure.case.holder_id, changes=changes, prepare=dated
    )


@transaction.atomic
def give_notice(*, by: Actor, measure: Measure, days: int) -> Measure:
    """Give notice of intent: at least the days that the law asks for this kind of measure."""
    kind = MEASURES[measure.kind]
    least = kind.urgent_notice if measure.urgent else kind.notice
    if days < least:
        raise GuardFailed([Reason(f"At least {least} days of notice", "notice_days")])
    given = _measure("give_notice", by, measure, notice_on=by.on, notice_days=days)
    text = f"notice of intent was given; your representations are heard for {days} days."
    tell(
        by, given.case, f"measure:{given.pk}:notice", text, permission=P.CASE_REPLY, capacity="respondent",
        bodies=[given.organisation_id],
    )  # fmt: skip
    return given


@transaction.atomic
def make_representations(*, by: Actor, measure: Measure, text: str, undertakings: str = "") -> Measure:
    """The body says what it has to say on a measure, and may offer undertakings."""
    as_party(by, measure.case, P.CASE_REPLY, organisation=measure.organisation)
    words = need("What your organisation has to say", text, "representations")
    current = open_case(measure.case)
    with system("measure.representations"):
        fresh = locked(measure)
        if fresh.state not in (Measure.State.PROPOSED, Measure.State.NOTICE):
            raise GuardFailed([Reason("The measure is not open to representations any more.")])
        fresh.representations, fresh.undertakings = words, undertakings.strip()
        fresh.save(update_fields=["representations", "undertakings"])
    after = {"measure": fresh.pk, "representations": words, "undertakings": undertakings.strip()}
    log(by, current, "measure.representations", after)
    tell_holder(by, current, f"measure:{fresh.pk}:said", "representations on a measure are on file.")
    return fresh


@transaction.atomic
def bring_into_force(*, by: Actor, measure: Measure) -> Measure:
    """The final notice, or the undertakings accepted."""
    return _measure("bring_into_force", by, measure, final_on=by.on)


@transaction.atomic
def appeal(*, by: Actor, measure: Measure) -> Measure:
    """The body appeals: the measure is suspended until the tribunal has decided."""
    as_party(by, measure.case, organisation=measure.organisation)
    open_case(measure.case)
    return carry_out(
        MEASURE, "appeal", measure, by=by, organisation_id=measure.case.holder_id, changes={"appealed_on": by.on}
    )


@transaction.atomic
def dismiss_appeal(*, by: Actor, measure: Measure, outcome: str) -> Measure:
    """The tribunal has dismissed the appeal: the measure is in force again."""
    words = need("What the tribunal decided", outcome, "appeal_outcome")
    return _measure("appeal_dismissed", by, measure, appeal_outcome=words)


@transaction.atomic
def end_measure(*, by: Actor, measure: Measure, certificate: str) -> Measure:
    """The measure ends: with its certificate of compliance, or in words why otherwise."""
    return _measure("end", by, measure, certificate=certificate, ended_on=by.on)


# --- Commitments --------------------------------------------------------------------------------------------------


@transaction.atomic
def add_commitment(*, by: Actor, case: Case, owner: Organisation, title: str, due_on: date) -> Commitment:
    """Record what a body commits to, also when the case has just been closed."""
    as_lead(by, case)
    words = need("What it commits to", title, "title")[:300]
    if due_on < by.on:
        raise GuardFailed([Reason("A day that is not in the past", "due_on")])
    current = locked(case)
    with system("case.commitment"):
        readers = current.concern.audience.filter(organisation=owner, ends=None)
        if not readers.exists():
            raise GuardFailed([Reason("A body that reads this case", "owner")])
        if current.concern.in_confidence and owner.pk == current.concern.raiser.organisation_id:
            raise GuardFailed([Reason("Another body: this one would be named as who raised it.", "owner")])
        made = Commitment.objects.create(case=current, owner=owner, title=words, due_on=due_on)
    log(by, current, "case.commitment", {"owner": owner.pk, "title": words, "due_on": due_on})
    return made


@transaction.atomic
def finish_commitment(*, by: Actor, commitment: Commitment) -> Commitment:
    """The owner reports it done; the holder, or a region above, confirms it."""
    case = commitment.case
    owner = commitment.owner_id in by.organisations(P.CASE_PARTY) | by.organisations(P.CASE_LEAD)
    keeper = allowed(by, P.CASE_LEAD, case) or allowed(by, P.CASE_CONFIRM, case)
    if not by.system and not owner and not keeper:
        raise Refused(P.CASE_PARTY, "The body that committed to it reports it, and the holder confirms it.")
    with system("case.commitment_done"):
        fresh = locked(commitment)
        if fresh.confirmed_on or (fresh.done_on and not keeper):
            raise GuardFailed([Reason(f"It was reported done on {day(fresh.done_on)}.")])
        kind = "case.commitment_confirmed" if fresh.done_on else "case.commitment_done"
        if fresh.done_on and not by.system:
            not_of_a_party(by, case, P.CASE_LEAD)
        field = "confirmed_on" if fresh.done_on else "done_on"
        setattr(fresh, field, by.on)
        fresh.save(update_fields=[field])
    log(by, case, kind, {"commitment": fresh.pk, field: by.on})
    return fresh
