"""As whom somebody acts on a case: for the holder, for the region, or as a party. And what every act shares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from collaboration.models import Capacity
from collaboration.queries.people import everyone_who
from ics_governance import ledger
from ics_governance.actions import locked
from ics_governance.context import system
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from oversight.access import P
from oversight.models import Case, Side
from oversight.queries.holders import parties_of, respondents_of
from partnerships.access import require
from partnerships.models import Organisation

CLOSED = "This case is closed; its file is not changed any more."


@dataclass(frozen=True)
class Standing:
    """The side for which somebody acts, and the body. `hidden`: a raiser in confidence, of whom nothing is kept."""

    side: Side
    organisation: int | None
    user: int | None
    hidden: bool = False

    @property
    def said(self) -> dict[str, Any]:
        """The fields of a `Said` record."""
        return {
            "side": self.side,
            "organisation_id": None if self.hidden else self.organisation,
            "user_id": None if self.hidden else self.user,
        }


def as_lead(by: Actor, case: Case, permission: str = P.CASE_LEAD) -> Standing:
    """Who keeps the case: refused to everyone else, and to whoever holds a role in a party."""
    require(by, permission, case)
    not_of_a_party(by, case, permission)
    if by.system:
        return Standing(Side.SYSTEM, None, None)
    own = by.organisations(permission, "holder")
    side = Side.HOLDER if case.holder_id in own else Side.OVERSEER
    body = case.holder_id if side == Side.HOLDER else min(by.organisations(permission, "overseer") or {case.holder_id})
    return Standing(side, body, by.user_id)


def not_of_a_party(by: Actor, case: Case, permission: str) -> None:
    """Nobody acts on a case of their own organisation except as its party."""
    with system("whether someone is of a party"):
        parties = parties_of(case.concern, by.on)
    own = sorted(parties & {held.organisation_id for held in by.holdings})
    if own and not by.system:
        name = Organisation.objects.get(pk=own[0]).name
        raise Refused(permission, f"You hold a role in {name}, which is a party to this case: others decide on it.")


def as_party(
    by: Actor, case: Case, permission: str = P.CASE_PARTY, *, organisation: Organisation | None = None,
    sides: Iterable[Side] = (Side.RESPONDENT, Side.RAISER),
) -> Standing:  # fmt: skip
    """For which party somebody acts: its own body as respondent, or as the one who raised it.

    `organisation` chooses where a person belongs to two of them.
    """
    require(by, permission, case)
    with system("whose party someone is"):
        about, raiser = respondents_of(case.concern), case.concern.raiser.organisation_id
    found: list[Standing] = []
    if Side.RESPONDENT in sides:
        able = by.organisations(permission, Capacity.RESPONDENT)
        found += [Standing(Side.RESPONDENT, body, by.user_id) for body in about if body in able]
    if Side.RAISER in sides and raiser in by.organisations(permission, Capacity.RAISER):
        found.append(Standing(Side.RAISER, raiser, by.user_id, case.concern.in_confidence))
    if organisation is not None:
        found = [standing for standing in found if standing.organisation == organisation.pk]
    if not found:
        raise Refused(permission, "This is for the parties to the case: who raised it, and who answers it.")
    return found[0]


def as_anyone(by: Actor, case: Case) -> Standing:
    """The holder or a party: whoever has something to put on the file."""
    for find in (lambda: as_lead(by, case), lambda: as_party(by, case)):
        try:
            return find()
        except Refused as refused:
            last = refused
    raise last


def person(by: Actor) -> int:
    """The person who acts; the system writes nothing that somebody has to answer for."""
    if by.user_id is None:
        raise Refused(P.CASE_LEAD, "A person has to do this.")
    return by.user_id


def open_case(case: Case) -> Case:
    """The case as it is now, locked; refused when it is closed."""
    current = locked(case)
    if not current.is_open:
        raise GuardFailed([Reason(CLOSED)])
    return current


def need(text: str, value: str | None, field: str) -> str:
    """What was typed, without the space around it; refused when nothing was."""
    if not (value or "").strip():
        raise GuardFailed([Reason(text, field)])
    return str(value).strip()


def log(by: Actor, case: Case, kind: str, after: Mapping[str, object]) -> None:
    """The one entry in the audit trail of what was put on a case's file."""
    ledger.append(by=by, kind=kind, record=case, after=after, organisation_id=case.holder_id)


def tell(
    by: Actor, case: Case, matter: str, text: str, *, permission: str, capacity: str, bodies: Iterable[int]
) -> None:
    """Notify those people of bodies who may do something about it; never the one who did it."""
    notify(
        everyone_who(permission, capacity, bodies, by.on) - {by.user_id},
        kind=f"case.{matter.partition(':')[0]}",
        text=f"{case.reference}: {text}",
        url=f"/cases/{case.reference}/",
        key=f"case:{case.pk}:{matter}",
    )


def tell_holder(by: Actor, case: Case, matter: str, text: str) -> None:
    """Notify those who keep the case."""
    tell(by, case, matter, text, permission=P.CASE_LEAD, capacity="holder", bodies=[case.holder_id])


def tell_respondents(by: Actor, case: Case, matter: str, text: str) -> None:
    """Notify the respondents, of whom nothing is said that names a raiser in confidence."""
    with system("who answers a case"):
        about = list(
            case.concern.respondents.exclude(put_on=None).order_by("pk").values_list("organisation_id", flat=True)
        )
    tell(by, case, matter, text, permission=P.CASE_REPLY, capacity="respondent", bodies=about)


def tell_raiser(by: Actor, case: Case, matter: str, text: str) -> None:
    """Notify the body that raised it."""
    with system("who raised a case"):
        raiser = case.concern.raiser.organisation_id
    tell(by, case, matter, text, permission=P.CASE_PARTY, capacity="raiser", bodies=[raiser])
