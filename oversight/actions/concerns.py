"""Writes before a case is on its way: private notes of informal attempts, and raising a concern."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import transaction

from collaboration.access import P as Collaboration
from collaboration.models import Concern, ConcernRaiser, ConcernRespondent, InformalAttempt
from ics_governance.actions import carry_out, record_new
from ics_governance.context import system as system_context
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from oversight.access import P
from oversight.clocks import due
from oversight.models import REFERENCE_PREFIX, Case, Fact, Side, Signal
from oversight.process import STAGE
from oversight.queries.holders import holder_for
from oversight.workflows import SIGNAL
from partnerships.access import require
from partnerships.actions.decisions import next_of_series
from partnerships.models import Kind, Organisation, Place

from .cases import note_step, share, start_clock
from .standing import Standing, log, person, tell_holder

NAMES_THE_RAISER = (
    "This note names your organisation, so it cannot be attached while the concern is in confidence: the body it is"
    " about would learn who raised it."
)


@transaction.atomic
def note_attempt(
    *,
    by: Actor,
    kept_by: Organisation,
    other: Organisation,
    held_on: date,
    tried: str,
    outcome: str,
    note: str = "",
) -> InformalAttempt:
    """Keep a private note of an informal attempt: read by both bodies and by nobody else until it is attached."""
    _may_raise(by, kept_by)
    reasons = []
    if other.pk == kept_by.pk:
        reasons.append(Reason("Another body than your own", "other"))
    if held_on > by.on:
        reasons.append(Reason("A day that is not in the future", "held_on"))
    if not tried.strip():
        reasons.append(Reason("What was tried, and by whom", "tried"))
    if outcome not in InformalAttempt.Outcome.values:
        reasons.append(Reason("What came of it", "outcome"))
    if reasons:
        raise GuardFailed(reasons)
    attempt = InformalAttempt(
        kept_by=kept_by, other=other, held_on=held_on, tried=tried.strip(), outcome=outcome, note=note.strip(),
        written_by_id=person(by),
    )  # fmt: skip
    with system_context("attempt.noted"):
        attempt.save()
    fields = ("kept_by", "other", "held_on", "tried", "outcome", "note")
    return record_new(attempt, "attempt.noted", fields, by=by, organisation_id=kept_by.pk)


@transaction.atomic
def raise_concern(
    *,
    by: Actor,
    organisation: Organisation,
    title: str,
    facts: str,
    wanted: str,
    system: Organisation,
    respondents: Sequence[Organisation],
    behaviours: Sequence[str] = (),
    place: Place | None = None,
    in_confidence: bool = False,
    counterparty: Organisation | None = None,
    attempts: Iterable[InformalAttempt] = (),
    signal: Signal | None = None,
) -> Case:
    """Raise a concern: it begins as a case in triage, read by its raiser, its holder and the region above.

    The respondents learn of it when it is accepted, and never who raised it when it is raised in confidence.
    """
    _may_raise(by, organisation)
    notes = list(attempts)
    _check(organisation, title, facts, system, respondents)
    _check_attempts(by, organisation, notes, in_confidence)
    concern = Concern(
        title=title.strip(), facts=facts.strip(), wanted=wanted.strip(), system=system, place=place,
        counterparty=counterparty, behaviours=list(behaviours), in_confidence=in_confidence, raised_on=by.on,
    )  # fmt: skip
    case = _begin(by, concern, organisation, respondents, notes)
    if signal is not None:
        _raise_from(by, signal, concern)
    after = {"title": concern.title, "in_confidence": in_confidence, "respondents": [body.pk for body in respondents]}
    log(by, case, "case.raised", after if in_confidence else {**after, "raiser": organisation.pk})
    return case


def _may_raise(by: Actor, organisation: Organisation) -> None:
    if not by.system and organisation.pk not in by.organisations(Collaboration.CONCERN_RAISE, "raiser"):
        raise Refused(Collaboration.CONCERN_RAISE)


def _check(
    organisation: Organisation, title: str, facts: str, system: Organisation, respondents: Sequence[Organisation]
) -> None:
    bodies = {body.pk for body in respondents}
    checks = (
        (title.strip(), "A title", "title"),
        (facts.strip(), "What happened", "facts"),
        (bodies, "At least one body that the concern is about", "respondents"),
        (organisation.pk not in bodies, "Other bodies than your own", "respondents"),
        (system.kind == Kind.ICB, "The integrated care board of the place it arose in", "system"),
    )
    if reasons := [Reason(text, field) for fine, text, field in checks if not fine]:
        raise GuardFailed(reasons)


def _check_attempts(by: Actor, organisation: Organisation, notes: list[InformalAttempt], in_confidence: bool) -> None:
    own = by.organisations(Collaboration.CONCERN_VIEW) | {organisation.pk}
    for note in notes:
        if not by.system and not {note.kept_by_id, note.other_id} & own:
            raise Refused(Collaboration.CONCERN_RAISE, "Only a note of your own organisation can be attached.")
        if in_confidence and organisation.pk in (note.kept_by_id, note.other_id):
            raise GuardFailed([Reason(NAMES_THE_RAISER, "attempts")])


def _begin(
    by: Actor, concern: Concern, organisation: Organisation, respondents: Sequence[Organisation],
    notes: list[InformalAttempt],
) -> Case:  # fmt: skip
    series = next_of_series(REFERENCE_PREFIX, by.on.year)
    with system_context("case.raised"):
        concern.save()
        ConcernRaiser.objects.create(concern=concern, organisation=organisation, user_id=person(by))
        for body in respondents:
            ConcernRespondent.objects.create(concern=concern, organisation=body)
        concern.attempts.set(notes)
        case = Case.objects.create(
            reference=f"{series.prefix}-{series.year}-{series.last:03d}", concern=concern, opened_on=by.on,
            stage_since=by.on, due_on=due(by.on, STAGE["raised"].days or 0),
            holder_id=holder_for(concern, "raised", by.on),
        )  # fmt: skip
        _state_facts(case, concern, organisation, by.on)
        start_clock(case, by.on)
        share(case, by.on)
        standing = Standing(Side.RAISER, organisation.pk, by.user_id, concern.in_confidence)
        note_step(case, "raise", by.on, standing)
        tell_holder(by, case, "raised", "a concern waits for triage by your organisation.")
    return case


def _state_facts(case: Case, concern: Concern, organisation: Organisation, on: date) -> None:
    """Each paragraph of what happened is a fact of its own, to be agreed or disputed."""
    whose = None if concern.in_confidence else organisation.pk
    texts = [text.strip() for text in re.split(r"\n\s*\n", concern.facts.replace("\r\n", "\n")) if text.strip()]
    Fact.objects.bulk_create(
        Fact(case=case, number=number, text=text, by_side=Side.RAISER, organisation_id=whose, added_on=on)
        for number, text in enumerate(texts, 1)
    )


def _raise_from(by: Actor, signal: Signal, concern: Concern) -> None:
    """The signal is done with: it became this concern."""
    require(by, P.SIGNAL_TRIAGE, signal)
    changes = {"concern": concern, "triaged_by": by.user_id, "triaged_on": by.on}
    carry_out(SIGNAL, "raise", signal, by=by, organisation_id=signal.holder_id, changes=changes)
