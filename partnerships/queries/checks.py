"""What the governance checks last found, as pages and the API show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Count, Func, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject
from django.urls import reverse

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.checks import CHECKS, Severity
from partnerships.models import CheckFinding, Decision, Organisation

from .check_facts import TAKEN, draft_values, facts_for, findings_for_draft

__all__ = ["draft_values", "facts_for", "findings_for_draft"]

M = TypeVar("M", bound=models.Model)
SORTS = {"severity": ("rank", "code", "id"), "since": ("first_seen", "id"), "system": ("system__name", "rank", "id")}
TONES = {Severity.ERROR: "bad", Severity.WARNING: "wait", Severity.ADVICE: "off"}
RANK = Case(
    *(When(severity=severity, then=Value(place)) for place, severity in enumerate(Severity)),
    default=Value(len(Severity)),
)
WITH_A_PAGE = ("delegation", "forum", "arrangement")
FEW = 8  # on the page of a record


@dataclass(frozen=True)
class Told:
    """A finding with the words and the link that pages need."""

    row: CheckFinding
    address: str

    @property
    def title(self) -> str:
        """What the check is called."""
        return CHECKS[self.row.code].title if self.row.code in CHECKS else self.row.code

    @property
    def opens(self) -> str:
        """What the link leads to, in a word."""
        return next((kind for kind, _ in self.row.records if kind in WITH_A_PAGE), "organisation")

    @property
    def tone(self) -> str:
        """The tone of its severity."""
        return TONES.get(Severity(self.row.severity), "off")

    @property
    def rests_on(self) -> str:
        """What the check rests on."""
        return CHECKS[self.row.code].rests_on if self.row.code in CHECKS else ""


def listed(actor: Actor, filters: Mapping[str, Any]) -> QuerySet[CheckFinding]:
    """Findings with their `rank`. Filters: system (an organisation), severity, code, q."""
    rows = scope(actor, P.FINDING_VIEW, CheckFinding.objects.all())
    for name in ("system", "severity", "code"):
        if value := filters.get(name):
            rows = rows.filter(**{name: value})
    for word in str(filters.get("q") or "").split()[:10]:
        rows = rows.filter(Q(text__icontains=word) | Q(action__icontains=word))
    return rows.select_related("system").annotate(rank=RANK)


@dataclass(frozen=True)
class Counts:
    """How many findings of each severity there are, and when they were last seen."""

    error: int = 0
    warning: int = 0
    advice: int = 0
    seen: date | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.error + self.warning + self.advice


def counts(rows: QuerySet[CheckFinding]) -> Counts:
    """One query."""
    numbers = {severity.value: Count("pk", filter=Q(severity=severity)) for severity in Severity}
    return Counts(**rows.order_by().aggregate(seen=Max("last_seen"), **numbers))


def counts_of(actor: Actor, system: Organisation) -> Counts:
    """Those of one system."""
    return counts(scope(actor, P.FINDING_VIEW, CheckFinding.objects.filter(system=system)))


def told(rows: Iterable[CheckFinding]) -> list[Told]:
    """The findings with where each is mended; at most one query for the codes of bodies."""
    found = list(rows)
    bodies = {pk for row in found for kind, pk in row.records[:1] if kind == "organisation"}
    codes = {body.pk: body.code for body in Organisation.objects.filter(pk__in=bodies)} if bodies else {}
    return [Told(row, _address(row, codes)) for row in found]


def _address(row: CheckFinding, codes: Mapping[int, str]) -> str:
    """Where the first record that has a page is mended; a place at its ICB."""
    for kind, pk in row.records:
        if kind in WITH_A_PAGE:
            return reverse(kind, args=[pk]) + FRAGMENTS.get(row.code, "")
        if kind == "organisation" and pk in codes:
            return reverse("organisation", args=[codes[pk]])
    return reverse("organisation", args=[row.system.code]) if row.system else ""


FRAGMENTS = {
    "terms_missing": "#terms", "terms_overdue": "#terms", "no_disagreement_process": "#terms",
    "quorum_too_high": "#members", "providers_majority": "#members", "board_below_minimum": "#members",
    "no_reporting_line": "#line", "consent_missing": "#members",
}  # fmt: skip


SAID_BY_THE_FORUM = (
    "terms_missing", "terms_overdue", "no_disagreement_process", "quorum_too_high", "no_reporting_line",
    "consent_missing",
)  # fmt: skip
"""Checks whose matter a forum's page says by itself."""


def with_findings(rows: QuerySet[M], kind: str) -> QuerySet[M]:
    """Records with what was found about each of them, as `found`; asked in the same query, since pages are full."""
    record = Func(Value(kind), OuterRef("pk"), function="jsonb_build_array")
    findings = CheckFinding.objects.filter(records__contains=Func(record, function="jsonb_build_array"))
    if kind == "forum":
        findings = findings.exclude(code__in=SAID_BY_THE_FORUM)
    findings = findings.annotate(rank=RANK, said=JSONObject(severity="severity", text="text", action="action"))
    found = ArraySubquery(findings.order_by("rank", "code", "id").values("said")[:FEW])
    return rows.annotate(found=found)  # type: ignore[return-value]


def about(actor: Actor, record: Any) -> list[dict[str, str]]:
    """What was found about a record read `with_findings`, errors first; nothing for visitors who did not sign in."""
    return list(record.found) if actor.user_id or actor.system else []


def to_ratify(actor: Actor) -> list[Decision]:
    """Decisions taken by urgent power that this person may see, past their day and not ratified; the oldest first.

    Findings count only published ones, since everyone who signed in reads them; these are the reader's own.
    """
    rows = Decision.objects.filter(
        means=Decision.Means.URGENT, state__in=TAKEN, ratify_by__lt=actor.on, ratified_by=None
    )
    rows = scope(actor, P.DECISION_VIEW, rows).select_related("forum").order_by("ratify_by", "pk")
    return list(rows.only("reference", "title", "ratify_by", "forum__name")[:FEW])
