"""Reads for imports of the national register: the register as a comparison needs it, and what was staged."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from ics_governance.wording import day as in_words
from partnerships import ods
from partnerships.models import FormerName, Kind, OdsImport, OdsRow, Organisation, OrganisationRelation, Succession
from partnerships.ods import Held, Outcome

from .keeping import IMPORTED, had_events

Relation = OrganisationRelation.Kind
SORTS = {"line": ("line", "id")}
COLUMNS = ("target_body__ods_code", "starts")


def register_on(day: date) -> dict[str, Held]:
    """Every body with an ODS code as it is on a day, by code; one that is closed by then as on its last day."""
    above = _above(day)
    former: dict[int, list[str]] = {}
    for key, name in FormerName.objects.values_list("organisation_id", "name"):
        former.setdefault(key, []).append(name)
    became = {row.predecessor_id: _became(row) for row in _successions()}
    rest_on_events = set(had_events().values_list("pk", flat=True))
    bodies = Organisation.objects.exclude(ods_code=None).values_list(
        "pk", "ods_code", "kind", "name", "opened", "closed", "is_foundation_trust", "source"
    )
    return {
        str(code): Held(
            code=str(code),
            kind=kind,
            name=name,
            opened=opened,
            closed=closed,
            foundation=foundation,
            icb=above.get(pk) if kind == Kind.TRUST else None,
            region=above.get(pk) if kind == Kind.ICB else None,
            curated=pk in rest_on_events or not source.startswith(IMPORTED),
            former=tuple(former.get(pk, ())),
            became=became.get(pk, ""),
        )
        for pk, code, kind, name, opened, closed, foundation, source in bodies
    }


def _successions() -> QuerySet[Succession]:
    return Succession.objects.exclude(kind=Succession.Kind.ACQUISITION).select_related("successor")


def _became(row: Succession) -> str:
    since = f" on {in_words(row.effective_on)}" if row.effective_on else ""
    return f"{row.get_kind_display()} {row.successor.label}{since}"


def _above(day: date) -> dict[int, str]:
    """The lead ICB of each trust and the region of each ICB on a day; where none is in force yet, the first to come."""
    links = OrganisationRelation.objects.filter(
        Q(kind=Relation.SYSTEM, lead=True) | Q(kind=Relation.REGION), starts__isnull=False
    ).filter(Q(ends=None) | Q(ends__gte=day) | Q(source_body__closed__lt=day))
    found: dict[int, tuple[date, str]] = {}
    for source, code, starts in links.order_by("-starts").values_list("source_body_id", *COLUMNS):
        if source not in found or found[source][0] > day:
            found[source] = (starts or day, str(code))
    return {source: code for source, (_, code) in found.items()}


# --- Staged imports -----------------------------------------------------------------------------------------------


def imports() -> QuerySet[OdsImport]:
    """All imports, the newest first."""
    return OdsImport.objects.select_related("staged_by")


def counts(staged: OdsImport) -> dict[str, int]:
    """How many rows of each outcome, and how many are unchanged."""
    found = Counter(OdsRow.objects.filter(staged=staged).values_list("outcome", flat=True))
    told = {outcome.value: found.get(outcome.value, 0) for outcome in Outcome}
    return told | {"unchanged": staged.rows - sum(told.values())}


def rows_of(staged: OdsImport, filters: Mapping[str, Any]) -> QuerySet[OdsRow]:
    """Rows of a staged import by outcome and by words of a name or the beginning of a code."""
    rows = OdsRow.objects.filter(staged=staged)
    if outcome := filters.get("outcome"):
        rows = rows.filter(outcome=outcome)
    for word in str(filters.get("q", "")).split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(code__istartswith=word))
    return rows


FIELDS = {
    "kind": "Kind",
    "name": "Name",
    "opened": "Opened",
    "closed": "Closed",
    "is_foundation_trust": "Foundation trust",
    "icb": "Lead ICB",
    "region": "Region",
}


def labels(rows: Iterable[OdsRow]) -> dict[str, str]:
    """What the boards and regions that rows name are called; one query."""
    codes = {code for row in rows for field in ("icb", "region") for code in row.changes.get(field, ()) if code}
    bodies = Organisation.objects.filter(ods_code__in=codes)
    return {str(body.ods_code): body.label for body in bodies}


def told(changes: Mapping[str, Any], names: Mapping[str, str] | None = None) -> list[tuple[str, Any, Any]]:
    """The changes of a row as a page shows them: field, before, after. Codes come with their names."""
    names = names or {}
    return [
        (FIELDS[field], _plain(field, before, names), _plain(field, after, names))
        for field, (before, after) in changes.items()
    ]


def _plain(field: str, value: Any, names: Mapping[str, str]) -> Any:
    if field in ("opened", "closed") and value:
        return date.fromisoformat(value)
    if field == "kind" and value:
        return str(Kind(value).label)
    if field == "is_foundation_trust" and value is not None:
        return "yes" if value else "no"
    return f"{names[value]} ({value})" if field in ("icb", "region") and value in names else value


def stale(rows: list[OdsRow], register: Mapping[str, Held]) -> list[OdsRow]:
    """The staged rows that no longer start from what the register says."""
    return [row for row in rows if _is_stale(row, register)]


def _is_stale(row: OdsRow, register: Mapping[str, Held]) -> bool:
    held = register.get(row.code)
    if (held is None) != (row.organisation_id is None):
        return True
    if held is None:
        return False
    now = {
        "name": held.name,
        "opened": held.opened.isoformat() if held.opened else None,
        "closed": held.closed.isoformat() if held.closed else None,
        "is_foundation_trust": held.foundation,
        "icb": held.icb,
        "region": held.region,
    }
    if any(now[field] != before for field, (before, _) in row.changes.items()):
        return True
    taken = row.outcome in (Outcome.CHANGED, Outcome.CLOSED) and held.curated
    return taken and any(not ods.fills_a_gap(field, change) for field, change in row.changes.items())
