"""Everything on the file of one case, by one statement, and what its guards are told of it.

A file has twenty kinds of parts; asked for one by one they would be twenty queries a page. Here the database gives
each kind as a list in JSON, in one row. Row-level security decides what is in it, as for any other query.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.db import connection
from django.db.models import ForeignKey, Model, Q

from collaboration.models import ConcernAudience, ConcernRaiser, ConcernRespondent, InformalAttempt, Profile
from ics_governance.context import system
from ics_governance.models import User
from oversight import models as m
from oversight.process import Found, Ground, Known, Window
from partnerships.models import Decision, Organisation

from .holders import affected_systems

P = TypeVar("P", bound=Model)

_CASE = "t.case_id = %(case)s"
_CONCERN = "t.concern_id = %(concern)s"
_BELOW = "t.{key} in (select id from {parent} where case_id = %(case)s)"
SELECTED: dict[str, tuple[type[Model], str]] = {
    "steps": (m.Step, _CASE),
    "clocks": (m.StageClock, _CASE),
    "pauses": (m.Pause, _BELOW.format(key="clock_id", parent="oversight_stageclock")),
    "extensions": (m.Extension, _BELOW.format(key="clock_id", parent="oversight_stageclock")),
    "facts": (m.Fact, _CASE),
    "fact_replies": (m.FactReply, _BELOW.format(key="fact_id", parent="oversight_fact")),
    "evidence": (m.CaseEvidence, _CASE),
    "replies": (m.Reply, _CASE),
    "facilitations": (m.Facilitation, _CASE),
    "checks": (m.AccuracyCheck, _BELOW.format(key="facilitation_id", parent="oversight_facilitation")),
    "discussions": (m.Discussion, _CASE),
    "agreements": (m.Agreement, _CASE),
    "dispute_requests": (m.DisputeRequest, _CASE),
    "dispute_findings": (m.DisputeFinding, _CASE),
    "overrides": (m.Override, _CASE),
    "findings": (m.Finding, _CASE),
    "found_on": (m.Finding.facts.through, _BELOW.format(key="finding_id", parent="oversight_finding")),
    "measures": (m.Measure, _CASE),
    "criteria": (m.Criterion, _CASE),
    "commitments": (m.Commitment, _CASE),
    "notes": (m.CaseNote, _CASE),
    "respondents": (ConcernRespondent, _CONCERN),
    "raisers": (ConcernRaiser, _CONCERN),
    "attempts": (
        InformalAttempt,
        "t.id in (select informalattempt_id from collaboration_concern_attempts where concern_id = %(concern)s)",
    ),
}


@dataclass
class Parts:
    """The parts of one case that the reader may see, each kind oldest first, with bodies and people filled in."""

    steps: list[m.Step] = field(default_factory=list)
    clocks: list[m.StageClock] = field(default_factory=list)
    pauses: list[m.Pause] = field(default_factory=list)
    extensions: list[m.Extension] = field(default_factory=list)
    facts: list[m.Fact] = field(default_factory=list)
    fact_replies: list[m.FactReply] = field(default_factory=list)
    evidence: list[m.CaseEvidence] = field(default_factory=list)
    replies: list[m.Reply] = field(default_factory=list)
    facilitations: list[m.Facilitation] = field(default_factory=list)
    checks: list[m.AccuracyCheck] = field(default_factory=list)
    discussions: list[m.Discussion] = field(default_factory=list)
    agreements: list[m.Agreement] = field(default_factory=list)
    dispute_requests: list[m.DisputeRequest] = field(default_factory=list)
    dispute_findings: list[m.DisputeFinding] = field(default_factory=list)
    overrides: list[m.Override] = field(default_factory=list)
    findings: list[m.Finding] = field(default_factory=list)
    found_on: list[Any] = field(default_factory=list)
    measures: list[m.Measure] = field(default_factory=list)
    criteria: list[m.Criterion] = field(default_factory=list)
    commitments: list[m.Commitment] = field(default_factory=list)
    notes: list[m.CaseNote] = field(default_factory=list)
    respondents: list[ConcernRespondent] = field(default_factory=list)
    raisers: list[ConcernRaiser] = field(default_factory=list)
    attempts: list[InformalAttempt] = field(default_factory=list)

    @property
    def facilitation(self) -> m.Facilitation | None:
        """The facilitation record, where there is one."""
        return self.facilitations[0] if self.facilitations else None

    @property
    def raiser(self) -> ConcernRaiser | None:
        """Who raised it, unless that is hidden from the reader."""
        return self.raisers[0] if self.raisers else None

    @property
    def clock(self) -> m.StageClock | None:
        """The clock that runs."""
        return next((clock for clock in self.clocks if clock.ended_on is None), None)

    def facts_of(self, finding: m.Finding) -> list[m.Fact]:
        """The facts that a finding rests on."""
        wanted = {row.fact_id for row in self.found_on if row.finding_id == finding.pk}
        return [fact for fact in self.facts if fact.pk in wanted]


def parts_of(case: m.Case) -> Parts:
    """What the one who asks may see of a case's file: one statement, and one each for bodies and people."""
    columns = ", ".join(
        f"(select coalesce(json_agg(t order by t.id), '[]') from {model._meta.db_table} t where {where})"  # noqa: S608
        for model, where in SELECTED.values()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"select {columns}", {"case": case.pk, "concern": case.concern_id})
        row = cursor.fetchone()
    found: dict[str, list[Any]] = {
        name: [_instance(model, values) for values in _parsed(text)]
        for (name, (model, _)), text in zip(SELECTED.items(), row, strict=True)
    }
    fill(record for records in found.values() for record in records)
    return Parts(**found)


def _parsed(text: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(text) if isinstance(text, str) else text
    return rows


def _instance(model: type[P], values: dict[str, Any]) -> P:
    """A record as if it had been read by the ORM."""
    fields = model._meta.concrete_fields
    record = model(**{one.attname: one.to_python(values[str(one.column)]) for one in fields})
    record._state.adding, record._state.db = False, "default"
    return record


def fill(records: Iterable[Model]) -> None:
    """Give records their bodies and people, by one query for each kind."""
    waiting: dict[type[Model], dict[int, list[tuple[Model, str]]]] = {Organisation: {}, User: {}}
    for record in records:
        for one in record._meta.concrete_fields:
            key = getattr(record, one.attname)
            if isinstance(one, ForeignKey) and key and one.related_model in waiting:
                waiting[one.related_model].setdefault(key, []).append((record, one.name))
    for model, wanted in waiting.items():
        rows = model._default_manager.in_bulk(wanted) if wanted else {}  # type: ignore[attr-defined]
        for key, places in wanted.items():
            for record, name in places:
                setattr(record, name, rows[key])


# --- What guards are told -----------------------------------------------------------------------------------------


def load_for_guards(case: m.Case, on: date) -> Parts:
    """Load the file and set `case.known`, which the guards read. In a system context nothing is hidden from them."""
    parts = parts_of(case)
    case.known = known_of(case, parts, on, readers_of(case))  # type: ignore[attr-defined]
    return parts


def readers_of(case: m.Case) -> list[ConcernAudience]:
    """The audience of a case as it is; in a system context, since bodies see only their own rows."""
    rows = ConcernAudience.objects.filter(concern=case.concern_id, ends=None)
    return list(rows.select_related("organisation", "user").order_by("pk"))


def known_of(case: m.Case, parts: Parts, on: date, readers: Iterable[ConcernAudience]) -> Known:
    """What is on the file, as the guards read it.

    Affected are the systems of the place and of the respondents that are no party: those read the case as such.
    """
    about = tuple(row.organisation_id for row in parts.respondents)
    names = {row.organisation_id: row.organisation.label for row in parts.respondents}
    outside = {row.organisation_id: row.organisation for row in readers if row.capacity in ("affected", "holder")}
    outside.pop(None, None)
    systems = tuple(body for body in affected_systems(case.concern, on, about) if body in outside)
    names |= {pk: body.label for pk, body in outside.items() if body and pk in systems}
    granted = [request for request in parts.dispute_requests if request.granted]
    facilitation, due = _facilitation(parts, about)
    return Known(
        on=on,
        stage=case.stage,
        last_stage=case.last_stage,
        overridden=case.overridden,
        holder=case.holder_id,
        respondents=about,
        sides=frozenset({"raiser", *(f"respondent:{body}" for body in about)}),
        agreed=frozenset(_side(row) for row in parts.agreements if row.agreed_on >= case.stage_since),
        attempts=tuple(attempt.outcome for attempt in parts.attempts),
        facilitation=facilitation,
        accuracy_due=due,
        affected=systems,
        discussed=frozenset(row.organisation_id for row in parts.discussions),
        characteristics=bool(case.concern.characteristics),
        windows=tuple(
            Window(row.organisation_id, row.occasion, row.due_on, row.replied_on is not None) for row in parts.replies
        ),
        findings=tuple(_found(finding, parts, on) for finding in parts.findings),
        dispute_open=any(request.granted is None for request in parts.dispute_requests),
        dispute_granted=bool(granted),
        third_party=granted[-1].third_party_name if granted else "",
        dispute_found=any(finding.found_on >= case.stage_since for finding in parts.dispute_findings),
        override_confirmed=sum(override.confirmed_by_id is not None for override in parts.overrides)
        > sum(step.event == "override" for step in parts.steps),
        measures=tuple(
            Ground(row.organisation_id, row.legal_basis, row.test, row.process, row.state == m.Measure.State.ENDED)
            for row in parts.measures
        ),
        criteria=tuple(row.met_on is not None for row in parts.criteria if row.measure_id is None),
        measure_criteria=tuple(row.met_on is not None for row in parts.criteria if row.measure_id is not None),
        names=names,
    )


def _side(row: m.Agreement | m.AccuracyCheck) -> str:
    return "raiser" if row.side == m.Side.RAISER else f"{row.side}:{row.organisation_id}"


def _facilitation(parts: Parts, about: Iterable[int]) -> tuple[str, date | None]:
    record = parts.facilitation
    if record is None:
        return "", None
    if not (record.leader_name.strip() and record.took_part.strip() and record.outcome.strip()):
        return "incomplete", None
    if record.sent_on is None:
        return "written", None
    checked = {_side(row) for row in parts.checks}
    wanted = {"raiser", *(f"respondent:{body}" for body in about)}
    return ("checked" if wanted <= checked else "sent"), record.accuracy_due


def _found(finding: m.Finding, parts: Parts, on: date) -> Found:
    facts = parts.facts_of(finding)
    under = {fact.pk for fact in facts}
    shown = [row for row in parts.evidence if row.fact_id in under] if finding.adverse else []
    return Found(
        finding.organisation_id,
        finding.adverse,
        rests_on_restricted=bool(unseen_by(finding.organisation_id, shown)),
        rests_on_unanswered=any(may_still_answer(fact, on) for fact in facts),
    )


def unseen_by(body: int, evidence: Iterable[m.CaseEvidence]) -> list[m.CaseEvidence]:
    """The evidence that a respondent cannot see: restricted, another body's profile, a decision not shared with it."""
    rows = list(evidence)
    decisions = {row.decision_id for row in rows if row.decision_id}
    profiles = {row.profile_id for row in rows if row.profile_id}
    readable: set[int | None] = {None}
    own: set[int | None] = {None}
    if decisions or profiles:
        with system("what a respondent can see"):
            released = Q(released_at__isnull=False) | Q(audience__organisation=body, audience__ends=None)
            readable |= set(Decision.objects.filter(released, pk__in=decisions).values_list("pk", flat=True))
            own |= set(Profile.objects.filter(pk__in=profiles, subject=body).values_list("pk", flat=True))
    return [row for row in rows if row.restricted or row.decision_id not in readable or row.profile_id not in own]


def may_still_answer(fact: m.Fact, on: date) -> bool:
    """Whether the respondents' time to answer a fact still runs."""
    awaiting = fact.state == m.Fact.State.AWAITING and fact.by_side != m.Side.RESPONDENT
    return awaiting and fact.reply_due is not None and fact.reply_due >= on
