"""What those who keep the register of bodies need to know: how kinds are coded, which links join which kinds."""

import re
from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from ics_governance.workflow import Reason
from partnerships.models import Kind, LineageEvent, Organisation, OrganisationRelation

Relation = OrganisationRelation.Kind

# How the source of a body begins: an import recorded it; a person did, or corrected it. What no import recorded is
# curated: it outranks a file. What rests on a person also outranks newer reference tables.
IMPORTED = "ODS import"
ENTERED, CORRECTED = "Entered by hand", "Corrected by hand"
BY_HAND = (ENTERED, CORRECTED)
IMPORT_EVENT = "Import"  # how the instrument of an event begins that an import recorded; every other rests on a person
KNOWN_FROM = date(2026, 4, 1)  # before this day no link between bodies is known
CODED_BY: dict[str, str] = {
    Kind.OVERSIGHT_BODY: "ods_code",
    Kind.REGION: "ods_code",
    Kind.ICB: "ods_code",
    Kind.TRUST: "ods_code",
    Kind.LOCAL_AUTHORITY: "gss_code",
}
SUBTYPES_OF: dict[str, tuple[str, ...]] = {
    Kind.TRUST: ("acute", "combined", "mental_health", "specialist", "community", "ambulance", "other"),
    Kind.LOCAL_AUTHORITY: (
        "county", "unitary", "metropolitan_borough", "london_borough", "city_of_london", "isles_of_scilly",
    ),
}  # fmt: skip
IN_A_SYSTEM = frozenset(set(Kind) - {Kind.OVERSIGHT_BODY, Kind.REGION, Kind.ICB, Kind.REGULATOR})
WITH_AN_AREA = frozenset({Kind.ICB, Kind.LOCAL_AUTHORITY})
# which kinds of body a link may join: from, to
JOINS: dict[str, tuple[frozenset[Kind], frozenset[Kind]]] = {
    Relation.REGION: (frozenset({Kind.ICB}), frozenset({Kind.REGION})),
    Relation.SYSTEM: (IN_A_SYSTEM, frozenset({Kind.ICB})),
    Relation.COTERMINOUS: (WITH_AN_AREA, WITH_AN_AREA),
}
RULES: dict[str, str] = {
    Relation.REGION: "An integrated care board lies in an NHS England region",
    Relation.SYSTEM: "Trusts, councils and other partners belong to the system of an integrated care board",
    Relation.COTERMINOUS: "Integrated care boards and councils can cover the same area",
}


def links_of_kind(kind: str) -> list[str]:
    """The kinds of link that a body of this kind can have to another."""
    return [link for link, (sources, _) in JOINS.items() if kind in sources]


def had_events() -> QuerySet[Organisation]:
    """Bodies that somebody here renamed, merged, split or closed: the record rests on that event."""
    events = LineageEvent.objects.filter(bodies=OuterRef("pk")).exclude(instrument__startswith=IMPORT_EVENT)
    return Organisation.objects.filter(Exists(events))


# --- What a body is called ----------------------------------------------------------------------------------------


def wrong_with_codes(body: Organisation) -> Iterator[Reason]:
    """What is wrong with the codes of a new body: every kind has its own, of its own shape, and each is one body's."""
    national = CODED_BY.get(body.kind)
    if national == "ods_code" and not body.ods_code:
        yield Reason(f"Enter the ODS code: every {body.get_kind_display()} has one", "ods_code")
    if national == "gss_code" and not body.gss_code:
        yield Reason("Enter the GSS code: every council has one", "gss_code")
    if body.ods_code and not re.fullmatch(r"[A-Z0-9]{2,12}", body.ods_code):
        yield Reason("An ODS code has 2 to 12 capital letters and figures", "ods_code")
    if body.gss_code and not re.fullmatch(r"[A-Z][0-9]{8}", body.gss_code):
        yield Reason("A GSS code is a letter and 8 figures, such as E08000032", "gss_code")
    for column in ("ods_code", "gss_code"):
        code = getattr(body, column)
        if code and (other := Organisation.objects.coded(code).first()):
            yield Reason(f"The code {code} belongs to {other.name}", column)


def namesake(body: Organisation, apart: Collection[int] = ()) -> Reason | None:
    """That another open body of the kind bears the name; those set apart do not count."""
    others = Organisation.objects.filter(kind=body.kind, name__iexact=body.name, closed=None).exclude(pk__in=apart)
    for other in others:
        return Reason(f"The register holds {other.name} already, with the code {other.code}", "name")
    return None
