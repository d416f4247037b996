"""Who holds a stage, and who is concerned: by rule, from dated data. A party holds nothing.

Read inside a system context: who raised a concern in confidence counts here as everyone else does.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Model

from collaboration.models import Concern
from oversight.process import BY_REGION
from partnerships.models import Employment, Kind, Organisation, OrganisationRelation, Post

LEADERS = r"^(joint |shared |acting |interim )?(chair|chief executive( officer)?|accountable officer)$"


def parties_of(concern: Concern, on: date) -> frozenset[int]:
    """Raiser, respondents, the counterparty, and every body that shares its chair or chief executive with one."""
    direct = {concern.raiser.organisation_id, *respondents_of(concern)}
    if concern.counterparty_id:
        direct.add(concern.counterparty_id)
    return frozenset(direct | _with_shared_leaders(direct, on))


def respondents_of(concern: Concern) -> list[int]:
    """The bodies asked to answer, in the order they were named."""
    return list(concern.respondents.order_by("pk").values_list("organisation_id", flat=True))


def _with_shared_leaders(bodies: set[int], on: date) -> set[int]:
    """Other bodies led by the same person, as post or by title of employment."""
    sources: tuple[tuple[type[Model], str], ...] = ((Post, "holder_id"), (Employment, "person_id"))
    people: set[int] = set()
    for model, person in sources:
        rows = model.objects.on(on).filter(title__iregex=LEADERS, organisation__in=bodies)  # type: ignore[attr-defined]
        people |= set(rows.exclude(**{person: None}).values_list(person, flat=True))
    found: set[int] = set()
    for model, person in sources if people else ():
        rows = model.objects.on(on).filter(title__iregex=LEADERS, **{f"{person}__in": people})  # type: ignore[attr-defined]
        found |= set(rows.values_list("organisation_id", flat=True))
    return found - bodies


def affected_systems(concern: Concern, on: date, bodies: Iterable[int] | None = None) -> list[int]:
    """The ICB of the place it arose in, then the lead ICBs of the respondents: the systems it touches."""
    about = respondents_of(concern) if bodies is None else list(bodies)
    lead = OrganisationRelation.objects.on(on).filter(
        source_body__in=about, kind=OrganisationRelation.Kind.SYSTEM, lead=True
    )
    return list(dict.fromkeys([concern.system_id, *lead.order_by("pk").values_list("target_body_id", flat=True)]))


def regions_of(systems: Sequence[int], on: date) -> list[int]:
    """The regions in which systems lie, in the order of the systems."""
    rows = OrganisationRelation.objects.on(on).filter(
        source_body__in=list(systems), kind=OrganisationRelation.Kind.REGION
    )
    regions = dict(rows.order_by("-pk").values_list("source_body_id", "target_body_id"))
    return list(dict.fromkeys(regions[system] for system in systems if system in regions))


def region_for(concern: Concern, on: date, parties: frozenset[int]) -> int:
    """The region of the place it arose in; when that is a party, another affected one, else the next of England."""
    candidates = regions_of(affected_systems(concern, on), on)
    others = Organisation.objects.on(on).filter(kind=Kind.REGION).order_by("ods_code", "pk")
    for region in [*candidates, *others.values_list("pk", flat=True)]:
        if region not in parties:
            return region
    raise LookupError("Every region of England is a party.")


def holder_for(concern: Concern, stage: str, on: date) -> int:
    """Who holds a stage by rule: no party, an affected ICB before a region; the region when an ICB answers."""
    parties = parties_of(concern, on)
    if stage not in BY_REGION:
        answering = Organisation.objects.filter(pk__in=respondents_of(concern), kind=Kind.ICB).exists()
        free = [body for body in affected_systems(concern, on) if body not in parties]
        if free and not answering:
            return free[0]
    return region_for(concern, on, parties)


def readers_wanted(concern: Concern, holder: int, on: date, put: bool) -> set[tuple[int, str]]:
    """(body, capacity) of everyone who may read a case; respondents once it was `put` to them.

    A body that shares its leaders with a party reads nothing for that: it would learn what the party may not.
    """
    parties, systems = parties_of(concern, on), affected_systems(concern, on)
    regions = [body for body in regions_of(systems, on) if body not in parties] or [region_for(concern, on, parties)]
    wanted = {(concern.raiser.organisation_id, "raiser"), (holder, "holder")}
    wanted |= {(body, "overseer") for body in regions if body != holder}
    wanted |= {(body, "affected") for body in systems if body not in parties and body != holder}
    if put:
        wanted |= {(body, "respondent") for body in respondents_of(concern)}
    return wanted
