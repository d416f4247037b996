"""Dispute resolution: a party asks for it, the holder answers with reasons, the region reviews a refusal."""

from django.db import transaction

from ics_governance.context import system
from ics_governance.models import User
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from oversight.access import P
from oversight.models import Case, DisputeRequest
from oversight.process import ANSWER_DAYS
from oversight.queries.holders import parties_of
from partnerships.access import actor_for
from partnerships.models import Organisation

from .standing import as_lead, as_party, log, need, open_case, tell, tell_holder, tell_raiser, tell_respondents

BEFORE = (Case.Stage.RAISED, Case.Stage.INFORMAL, Case.Stage.FACILITATED)


@transaction.atomic
def ask_for_dispute_resolution(
    *, by: Actor, case: Case, reason: str, organisation: Organisation | None = None
) -> DisputeRequest:
    """A party asks for dispute resolution, at any time before oversight review."""
    standing = as_party(by, case, organisation=organisation)
    why = need("Why you ask for it", reason, "reason")
    current = open_case(case)
    if current.stage not in BEFORE:
        raise GuardFailed([Reason("It can be asked for before dispute resolution and oversight review.", "stage")])
    with system("case.dispute_asked"):
        if current.dispute_requests.filter(granted=None).exists():
            raise GuardFailed([Reason("A request waits for its answer already.", "reason")])
        asked = DisputeRequest.objects.create(
            case=current, reason=why, asked_on=by.on, answer_due=add_working_days(by.on, ANSWER_DAYS), **standing.said
        )
    log(by, current, "case.dispute_asked", {"reason": why, "answer_due": asked.answer_due})
    text = f"a party asks for dispute resolution: answer by {day(asked.answer_due)}."
    tell_holder(by, current, f"dispute:{asked.pk}", text)
    return asked


@transaction.atomic
def answer_dispute_request(
    *,
    by: Actor,
    request: DisputeRequest,
    granted: bool,
    answer: str,
    third_party_name: str = "",
    third_party: User | None = None,
) -> DisputeRequest:
    """The holder grants it and names an independent third party, or refuses it; with reasons either way."""
    as_lead(by, request.case)
    current = open_case(request.case)
    words = need("The reasons for your answer", answer, "answer")
    name = _independent(by, current, third_party_name, third_party) if granted else ""
    with system("case.dispute_answered"):
        fresh = _locked(request)
        if fresh.granted is not None:
            raise GuardFailed([Reason(f"It was answered on {day(fresh.answered_on)}.")])
        fresh.granted, fresh.answer, fresh.answered_on = granted, words, by.on
        fresh.third_party_name, fresh.third_party = name, third_party if granted else None
        fresh.save()
    log(by, current, "case.dispute_answered", {"granted": granted, "answer": words, "third_party": name})
    text = "dispute resolution was granted." if granted else "dispute resolution was refused; the region may review it."
    _tell_all(by, current, f"dispute:{fresh.pk}:answered", text)
    if not granted:
        _tell_region(by, current, f"dispute:{fresh.pk}:refused")
    return fresh


@transaction.atomic
def review_refusal(
    *,
    by: Actor,
    request: DisputeRequest,
    finding: str,
    overturned: bool = False,
    third_party_name: str = "",
    third_party: User | None = None,
) -> DisputeRequest:
    """The region reviews a refusal: it lets it stand, or grants the request and names a third party."""
    case = request.case
    as_lead(by, case, P.CASE_CONFIRM)
    current = open_case(case)
    words = need("What the region finds", finding, "finding")
    with system("who refused"):
        if not by.system and not _above(by, current):
            raise Refused(P.CASE_CONFIRM, "The region reviews a refusal, not who refused.")
    name = _independent(by, current, third_party_name, third_party) if overturned else ""
    with system("case.refusal_reviewed"):
        fresh = _locked(request)
        if fresh.granted is not False or fresh.reviewed_on:
            raise GuardFailed([Reason("Only a refusal that was not reviewed yet is reviewed.")])
        fresh.reviewed_by_region, fresh.reviewed_on = words, by.on
        if overturned:
            fresh.granted, fresh.third_party_name, fresh.third_party = True, name, third_party
        fresh.save()
    log(by, current, "case.refusal_reviewed", {"finding": words, "overturned": overturned, "third_party": name})
    text = "the region grants dispute resolution." if overturned else "the region lets the refusal stand."
    _tell_all(by, current, f"dispute:{fresh.pk}:reviewed", text)
    return fresh


def _locked(request: DisputeRequest) -> DisputeRequest:
    return DisputeRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)


def _above(by: Actor, case: Case) -> bool:
    """Whether someone is of a region above the case that does not hold it itself, or the holding region's colleague."""
    bodies = by.organisations(P.CASE_CONFIRM, "overseer")
    rows = case.concern.audience.filter(organisation__in=bodies, ends=None)
    return rows.filter(capacity="overseer").exists() or (
        rows.filter(capacity="holder", organisation__kind="region").exists()
    )


def _independent(by: Actor, case: Case, name: str, user: User | None) -> str:
    """The third party has a name, and no role in a party."""
    words = need("The name of the independent third party", name or (user.name if user else ""), "third_party_name")
    if user is not None:
        with system("whether a third party is independent"):
            parties = parties_of(case.concern, by.on)
        if parties & {held.organisation_id for held in actor_for(user, by.on).holdings}:
            raise GuardFailed([Reason(f"{user.name} holds a role in a party: not independent.", "third_party")])
    return words[:200]


def _tell_all(by: Actor, case: Case, matter: str, text: str) -> None:
    tell_respondents(by, case, matter, text)
    tell_raiser(by, case, matter, text)


def _tell_region(by: Actor, case: Case, matter: str) -> None:
    with system("the regions above a case"):
        rows = case.concern.audience.filter(ends=None, capacity="overseer").order_by("pk")
        bodies = list(rows.values_list("organisation_id", flat=True))
    tell(
        by, case, matter, "a request for dispute resolution was refused; you may review it.",
        permission=P.CASE_CONFIRM, capacity="overseer", bodies=bodies,
    )  # fmt: skip
