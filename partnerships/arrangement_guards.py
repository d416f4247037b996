"""Reasons against changes of an arrangement: its phase, its funds, its lines. Pure, on plain facts."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ics_governance.wording import day as in_words
from ics_governance.wording import money
from ics_governance.workflow import Reason
from partnerships.authority.graph import financial_year
from partnerships.models import Arrangement, Fund, GatewayReview, Kind

Phase = Arrangement.Phase
ORDER = list(Phase.values)
CRITERIA = (
    "It is clear who stays accountable for what",
    "Risks are known and within what the partners accept",
    "Partners have agreed how they decide and how they settle disagreement",
    "People who use services and the public know of it and were heard",
    "Money and its limits are agreed in writing",
)
"""What a gateway looks at, unless the partners choose other criteria; our wording."""
START = Phase(ORDER[0]).label
STATUTORY = (Arrangement.Kind.ICP, Arrangement.Kind.HWB)
LEAD_KINDS = (Kind.ICB, Kind.LOCAL_AUTHORITY)
NHS_KINDS = (Kind.ICB, Kind.TRUST, Kind.OVERSIGHT_BODY)
"""Kinds of NHS body that may pool money with a council."""


def kind_has_its_area(kind: str, place: Any, footprint: Collection[Any]) -> list[Reason]:
    """A place-based partnership is for a place, which lies in its footprint."""
    if kind != Arrangement.Kind.PLACE:
        return []
    if place is None:
        return [Reason("A place-based partnership is for a place", "place")]
    if footprint and place not in footprint:
        return [Reason(f"The footprint must include {place.name}, the place it is for", "footprint")]
    return []


def host_fits(kind: str, host: Any) -> list[Reason]:
    """A health and wellbeing board is a council's; an integrated care partnership is convened by ICB and councils."""
    if kind == Arrangement.Kind.HWB and host.kind != Kind.LOCAL_AUTHORITY:
        return [Reason("A health and wellbeing board is a committee of a council: its host is a council", "host")]
    if kind == Arrangement.Kind.ICP and host.kind not in LEAD_KINDS:
        text = "An integrated care partnership is convened by the integrated care board and the councils of its area"
        return [Reason(text, "host")]
    return []


def phase_goes_by_gateway(now: str, wanted: str) -> list[Reason]:
    """An edit may lower a phase; up it goes by a gateway review alone."""
    if ORDER.index(wanted) <= ORDER.index(now):
        return []
    text = f"It goes on to “{Phase(wanted).label}” by a gateway review that it passed: record the review"
    return [Reason(text, "phase")]


def before(phase: str) -> str:
    """The phase before another one."""
    return ORDER[ORDER.index(phase) - 1]


def after(phase: str) -> str:
    """The phase to which a gateway leads from another one; after the last there is none, and it stays."""
    return ORDER[min(ORDER.index(phase) + 1, len(ORDER) - 1)]


def founded_by_gateway(kind: str, phase: str, gateway: Any, starts: date | None, today: date) -> list[Reason]:
    """What is past its first phase when it is recorded says by which gateway review it came there.

    Boards and partnerships that a statute demands are formal from their first day, without a review.
    """
    if gateway is None:
        if phase in ("", ORDER[0]) or kind in STATUTORY:
            return []
        text = f"It came to “{Phase(phase).label}” by a gateway review: enter the day of that, or begin in “{START}”"
        return [Reason(text, "gateway_on")]
    if phase in ("", ORDER[0]):
        return [Reason(f"Leave this empty in “{START}”: no gateway leads there", "gateway_on")]
    if gateway.held_on > today:
        return [Reason("A review is recorded once it was held, not before", "gateway_on")]
    if starts is not None and gateway.held_on < starts:
        text = f"The arrangement begins on {in_words(starts)}: its reviews come later"
        return [Reason(text, "gateway_on")]
    return []


def gateway_is_sound(now: str, values: Any, on: date) -> list[Reason]:
    """A review is held, goes one step up, and its outcome fits what was met."""
    reasons = []
    if values["held_on"] > on:
        reasons.append(Reason("A review is recorded once it was held, not before", "held_on"))
    if ORDER.index(values["phase_after"]) != ORDER.index(now) + 1:
        if now == ORDER[-1]:
            return [*reasons, Reason(f"It is in the last phase already: {Phase(now).label}", "phase_after")]
        following = Phase(ORDER[ORDER.index(now) + 1]).label
        reasons.append(Reason(f"A gateway leads one step up: from here to “{following}”", "phase_after"))
    criteria: Sequence[Sequence[Any]] = values.get("criteria") or []
    unmet = [text for text, met in criteria if not met]
    outcome = values["outcome"]
    if not criteria:
        reasons.append(Reason("Name at least one criterion, one a line", "criteria"))
    if unmet and outcome == GatewayReview.Outcome.PASSED:
        text = f"{len(unmet)} of {len(criteria)} criteria were not met: it passed with conditions, or did not pass"
        reasons.append(Reason(text, "outcome"))
    if outcome == GatewayReview.Outcome.CONDITIONS and not str(values.get("note", "")).strip():
        reasons.append(Reason("Write down the conditions", "note"))
    if values.get("review_on") and values["review_on"] <= values["held_on"]:
        reasons.append(Reason("It is looked at again after the day of the review", "review_on"))
    return reasons


def gateway_comes_in_turn(held_on: date, begins: date | None, latest: date | None) -> list[Reason]:
    """A review is held while the arrangement lasts, and not before the one that was recorded last."""
    if begins is not None and held_on < begins:
        return [Reason(f"The arrangement begins on {in_words(begins)}: its reviews come later", "held_on")]
    if latest is not None and held_on < latest:
        return [
            Reason(f"A review of {in_words(latest)} is recorded already: this one must not lie before it", "held_on")
        ]
    return []


def passed(outcome: str) -> bool:
    """Whether a review lets the phase go up."""
    return outcome in (GatewayReview.Outcome.PASSED, GatewayReview.Outcome.CONDITIONS)


def fund_is_sound(kind: str, giving: Collection[str], limit: Decimal | None, total: Decimal) -> list[Reason]:
    """A pooled fund under section 75 has an NHS body and a council among its contributors; no fund promises more than
    it has. `giving`: the kinds of the bodies that put something in.
    """
    reasons = []
    if kind == Fund.Kind.POOLED and not (Kind.LOCAL_AUTHORITY in giving and set(NHS_KINDS) & set(giving)):
        text = "A pooled fund under section 75 is of a council and an NHS body: enter what each of them contributes"
        reasons.append(Reason(text, "contributions"))
    if limit is not None and limit > total:
        text = f"No more can be committed than is contributed, {money(total)}"
        reasons.append(Reason(text, "limit"))
    return reasons


def year_is_of_its_time(year: int, name: str, begins: date | None) -> list[Reason]:
    """A fund is of a financial year in which the arrangement lasts; `year` is the one in which it starts."""
    if begins is None or year >= financial_year(begins):
        return []
    return [Reason(f"{name} begins on {in_words(begins)}: choose that financial year or a later one", "year")]


def minimum_is_kept(
    name: str, amount: Decimal, minimum: Decimal | None, as_fact: bool, field: str = "contributions"
) -> list[Reason]:
    """A contribution reaches its minimum, unless it is recorded as the fact that it did not."""
    if minimum is None or amount >= minimum or as_fact:
        return []
    text = (
        f"{name} must contribute at least {money(minimum)}, and {money(amount)} is less: raise it, or tick that less "
        "was paid, and it is recorded and marked"
    )
    return [Reason(text, field)]
