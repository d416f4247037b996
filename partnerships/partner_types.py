"""Which kinds of partner a place-based partnership is advised to have. Pure; advice, never a rule.

Seven types, and optional ones that depend on what the partners want to do. A member's type is what was entered as its
sector, else it follows from the kind of organisation.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PartnerType:
    """A type of partner: the name entered as a sector, who is meant, and the kinds of organisation that are one."""

    code: str
    name: str
    meaning: str
    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # other spellings of the sector


SEVEN = (
    PartnerType("primary_care", "Primary care", "leaders of general practice and its networks", ("primary_care",)),
    PartnerType(
        "providers", "NHS provider", "acute, community and mental health providers", ("trust",), ("nhs providers",)
    ),
    PartnerType(
        "people", "People who use services", "people who use services and who speaks for them, such as Healthwatch",
        ("healthwatch",), ("healthwatch",),
    ),
    PartnerType(
        "council", "Council", "the council: adult social care, public health, elected members", ("local_authority",),
        ("local authority",),
    ),
    PartnerType(
        "social_care", "Social care providers", "those who provide care at home and in care homes", ("social_care",),
        ("social care", "social care provider"),
    ),
    PartnerType(
        "vcse", "Voluntary, community and social enterprise", "voluntary and community groups and social enterprises",
        ("vcse",), ("vcse", "voluntary sector"),
    ),
    PartnerType("icb", "Integrated care board", "the integrated care board", ("icb",), ("icb",)),
)  # fmt: skip
OPTIONAL = (
    PartnerType("housing", "Housing", "housing associations and councils' housing services"),
    PartnerType("emergency", "Emergency services", "ambulance, fire and police services"),
    PartnerType("prisons", "Prisons", "prisons and probation"),
    PartnerType("universities", "Universities", "universities and research"),
    PartnerType("education", "Education", "schools and colleges"),
)
_BY_NAME = {word.lower(): one for one in (*SEVEN, *OPTIONAL) for word in (one.name, *one.words)}
_BY_KIND = {kind: one for one in SEVEN for kind in one.kinds}


def type_of(sector: str, kind: str) -> PartnerType | None:
    """The type of a partner by its sector, else by its kind of organisation; None for another sector."""
    return _BY_NAME.get(sector.strip().lower()) if sector.strip() else _BY_KIND.get(kind)


def missing(partners: Iterable[tuple[str, str]]) -> tuple[PartnerType, ...]:
    """Those of the seven types that none of the partners is; each partner is (sector, kind of organisation).

    Leave out bodies that are not expected to take part; one that is represented by another counts.
    """
    there = {found.code for sector, kind in partners if (found := type_of(sector, kind))}
    return tuple(one for one in SEVEN if one.code not in there)
