"""The file of a case: facts and replies, evidence, the facilitation record, discussions, agreements, notes."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from collaboration.access import P as Collaboration
from collaboration.actions.evidence import Upload, keep_file
from collaboration.models import Evidence, InformalAttempt, Profile
from collaboration.queries.profiles import content_of, current_framework
from ics_governance.context import system
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from oversight.access import P
from oversight.models import (
    AccuracyCheck,
    Agreement,
    Case,
    CaseEvidence,
    CaseNote,
    Discussion,
    Facilitation,
    Fact,
    FactReply,
    Reply,
    Side,
)
from oversight.process import ACCURACY_DAYS, REPLY_DAYS
from oversight.queries.holders import parties_of, respondents_of
from partnerships.access import allowed, require
from partnerships.models import Decision, Organisation

from .concerns import NAMES_THE_RAISER
from .standing import (
    as_anyone,
    as_lead,
    as_party,
    log,
    need,
    open_case,
    person,
    tell_holder,
    tell_raiser,
    tell_respondents,
)

FILE_NAMES_THE_RAISER = (
    "A file shows who gave it. While the concern is in confidence it can be added as restricted only: then the"
    " respondents do not see it, and no finding may rest on it."
)

# --- Facts --------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_fact(*, by: Actor, case: Case, text: str) -> Fact:
    """State a fact; the other side agrees or disputes it. The respondents have ten working days for it."""
    standing = as_anyone(by, case)
    words = need("What happened, in a sentence or two", text, "text")
    current = open_case(case)
    said = standing.said
    with system("case.fact_added"):
        number = (current.facts.aggregate(last=Max("number"))["last"] or 0) + 1
        put = current.concern.respondents.exclude(put_on=None).exists()
        fact = Fact.objects.create(
            case=current, number=number, text=words, by_side=said["side"], organisation_id=said["organisation_id"],
            added_on=by.on, reply_due=add_working_days(by.on, REPLY_DAYS) if put else None,
        )  # fmt: skip
    log(by, current, "case.fact_added", {"fact": number, "text": words})
    text = f"fact {number} was added; it waits for your answer until {day(fact.reply_due)}."
    if put and said["side"] != Side.RESPONDENT:
        tell_respondents(by, current, f"fact:{number}", text)
    if said["side"] == Side.RESPONDENT:
        tell_holder(by, current, f"fact:{number}", f"the respondent added fact {number}.")
    return fact


@transaction.atomic
def reply_to_fact(
    *, by: Actor, fact: Fact, agrees: bool, text: str = "", organisation: Organisation | None = None
) -> FactReply:
    """Agree with a fact of another side, or dispute it in one's own words; a later reply stands beside the earlier."""
    case = fact.case
    standing = as_party(by, case, organisation=organisation)
    current = open_case(case)
    words = text.strip() if agrees else need("What you see otherwise, in your own words", text, "text")
    if standing.side == fact.by_side and (standing.hidden or standing.organisation == fact.organisation_id):
        raise GuardFailed([Reason("This is your own side's fact: the other side answers it.")])
    with system("case.fact_answered"):
        reply = FactReply.objects.create(fact=fact, agrees=agrees, text=words, on=by.on, **standing.said)
        fact.state = _state_of(fact)
        fact.save(update_fields=["state"])
    log(by, current, "case.fact_answered", {"fact": fact.number, "agrees": agrees, "text": words})
    tell_holder(by, current, f"fact:{fact.number}:{reply.pk}", f"fact {fact.number} was answered: it is {fact.state}.")
    return reply


def _state_of(fact: Fact) -> str:
    """Disputed when anyone's last word is no; agreed when everyone of the other sides has said yes."""
    last: dict[tuple[str, int | None], bool] = {}
    for reply in fact.replies.order_by("pk"):
        last[reply.side, reply.organisation_id] = reply.agrees
    if not all(last.values()):
        return Fact.State.DISPUTED
    about = {(Side.RESPONDENT, body) for body in respondents_of(fact.case.concern)}
    wanted = about - {(fact.by_side, fact.organisation_id)}
    if fact.by_side == Side.RESPONDENT:
        answered = any(side == Side.RAISER for side, _ in last)
        return Fact.State.AGREED if answered and wanted <= set(last) else Fact.State.AWAITING
    return Fact.State.AGREED if wanted <= set(last) else Fact.State.AWAITING


# --- Evidence -----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_evidence(
    *,
    by: Actor,
    case: Case,
    title: str = "",
    fact: Fact | None = None,
    decision: Decision | None = None,
    profile: Profile | None = None,
    evidence: Evidence | None = None,
    upload: Upload | None = None,
    url: str = "",
    restricted: bool = False,
) -> CaseEvidence:
    """Link evidence to a case: exactly one of a decision, a profile, a file, an address. Nothing is copied.

    An `upload` is kept first, as a file of the body for which this person acts.
    """
    standing = as_anyone(by, case)
    current = open_case(case)
    given = [("decision", decision), ("profile", profile), ("file", evidence), ("file", upload), ("link", url.strip())]
    shown = [(kind, value) for kind, value in given if value]
    if len(shown) != 1:
        raise GuardFailed([Reason("One piece of evidence: a decision, a profile, a file or an address", "kind")])
    if fact is not None and fact.case_id != current.pk:
        raise GuardFailed([Reason("That is a fact of another case.", "fact")])
    _may_show(by, decision, profile, evidence)
    kind, value = shown[0]
    if kind == "file" and standing.hidden and not restricted:
        raise GuardFailed([Reason(FILE_NAMES_THE_RAISER, "restricted")])
    anonymous = standing.hidden and not restricted
    if upload is not None:
        evidence = keep_file(
            by=by, organisation_id=_giver(by, standing.organisation), upload=upload, title=title.strip()
        )
    linked = CaseEvidence(
        case=current, fact=fact, kind=kind, title=(title.strip() or str(value))[:200], decision=decision,
        profile=profile, evidence=evidence, url=url.strip(), restricted=restricted, by_side=standing.side,
        added_by_id=None if anonymous else by.user_id, added_on=by.on,
    )  # fmt: skip
    with system("case.evidence_added"):
        linked.save()
    log(by, current, "case.evidence_added", {"evidence": linked.pk, "kind": kind, "restricted": restricted})
    if not restricted:
        tell_holder(by, current, f"evidence:{linked.pk}", f"evidence was added: {linked.title}.")
    return linked


def _giver(by: Actor, body: int | None) -> int:
    """The body whose file it becomes: a person gives it, on behalf of one."""
    if body is None or by.user_id is None:
        raise Refused(P.CASE_PARTY, "A file is given by a person, for a body that takes part.")
    return body


def _may_show(by: Actor, *records: Decision | Profile | Evidence | None) -> None:
    """Nobody shows what they may not read themselves; a file is shown by the body that has it."""
    views = {Decision: "decision.view", Profile: Collaboration.PROFILE_VIEW, Evidence: Collaboration.ASSESSMENT_VIEW}
    for shown in filter(None, records):
        require(by, views[type(shown)], shown)
    own = {held.organisation_id for held in by.holdings}
    for record in records:
        if isinstance(record, Evidence) and not by.system and record.organisation_id not in own:
            raise Refused(P.CASE_PARTY, "Only the body that has a file adds it to a case.")


# --- The right of reply -------------------------------------------------------------------------------------------


@transaction.atomic
def reply(*, by: Actor, case: Case, occasion: str, text: str, organisation: Organisation | None = None) -> Reply:
    """Use the right of reply of one's body on one occasion, within its window."""
    standing = as_party(by, case, P.CASE_REPLY, organisation=organisation, sides=(Side.RESPONDENT,))
    current = open_case(case)
    words = need("Your reply", text, "text")
    with system("find the window of a reply"):
        rows = Reply.objects.filter(case=current, organisation=standing.organisation, occasion=occasion)
        window = rows.order_by("-pk").select_for_update().first()
    if window is None:
        raise GuardFailed([Reason("Your organisation has not been asked to reply on this occasion.")])
    if window.replied_on:
        raise GuardFailed([Reason(f"Your organisation replied on {day(window.replied_on)}; a reply stands as it is.")])
    if by.on > window.due_on:
        raise GuardFailed(
            [Reason(f"The time to reply ended on {day(window.due_on)}. Ask the holder for more.", "text")]
        )
    window.text, window.replied_on, window.user_id = words, by.on, by.user_id
    with system("case.replied"):
        window.save(update_fields=["text", "replied_on", "user"])
    log(by, current, "case.replied", {"occasion": occasion, "text": words, "organisation": standing.organisation})
    tell_holder(
        by, current, f"reply:{window.pk}", f"{window.organisation.label} replied on {window.get_occasion_display()}."
    )
    return window


@transaction.atomic
def open_again(*, by: Actor, reply: Reply, until: date, reason: str) -> Reply:
    """The holder gives a respondent more time to reply, also when its window is over."""
    as_lead(by, reply.case)
    current = open_case(reply.case)
    why = need("Why it gets more time", reason, "reason")
    if reply.replied_on:
        raise GuardFailed([Reason("It has replied already.")])
    if until <= max(by.on, reply.due_on):
        raise GuardFailed([Reason(f"A day after {day(max(by.on, reply.due_on))}", "until")])
    with system("case.reply_extended"):
        reply.due_on = until
        reply.save(update_fields=["due_on"])
    log(by, current, "case.reply_extended", {"reply": reply.pk, "until": until, "reason": why})
    tell_respondents(by, current, f"reply:{reply.pk}:{until}", f"there is more time to reply, until {day(until)}.")
    return reply


def open_windows(case: Case, occasion: str, on: date, bodies: Iterable[int]) -> date:
    """Ask bodies to reply on an occasion, each that has no window open for it; in a system context."""
    until = add_working_days(on, REPLY_DAYS)
    waiting = set(case.replies.filter(occasion=occasion, replied_on=None).values_list("organisation_id", flat=True))
    Reply.objects.bulk_create(
        Reply(case=case, organisation_id=body, occasion=occasion, opened_on=on, due_on=until)
        for body in dict.fromkeys(bodies)
        if body not in waiting
    )
    return until


# --- The facilitation record --------------------------------------------------------------------------------------


@transaction.atomic
def record_facilitation(
    *, by: Actor, case: Case, leader_name: str, leader_body: str, held_on: date, took_part: str, outcome: str
) -> Facilitation:
    """Write the facilitation record, or change it before it is sent to the parties."""
    as_lead(by, case)
    current = open_case(case)
    if current.stage != Case.Stage.FACILITATED:
        raise GuardFailed([Reason("The record belongs to facilitated resolution.", "stage")])
    if held_on > by.on:
        raise GuardFailed([Reason("A day that is not in the future", "held_on")])
    fields = {
        "leader_name": need("Who led it, by name", leader_name, "leader_name"),
        "leader_body": need("The body or forum that the leader comes from", leader_body, "leader_body"),
        "held_on": held_on,
        "took_part": need("Who took part", took_part, "took_part"),
        "outcome": need("What came of it", outcome, "outcome"),
    }
    with system("case.facilitation_recorded"):
        _no_party_leads(current, str(fields["leader_body"]), by.on)
        record = Facilitation.objects.filter(case=current).first() or Facilitation(case=current)
        if record.sent_on:
            raise GuardFailed([Reason("The parties have it to check: their comments stand beside it.", "outcome")])
        for name, value in fields.items():
            setattr(record, name, value)
        record.save()
    log(by, current, "case.facilitation_recorded", fields)
    return record


def _no_party_leads(case: Case, leader_body: str, on: date) -> None:
    """A party leads no facilitation, by its name or its code."""
    parties = Organisation.objects.filter(pk__in=parties_of(case.concern, on))
    words = leader_body.strip()
    named = Q(name__iexact=words) | Q(short_name__iexact=words) | Q(ods_code__iexact=words) | Q(gss_code__iexact=words)
    if parties.filter(named).exists():
        raise GuardFailed([Reason("A party to the case does not lead its facilitation.", "leader_body")])


@transaction.atomic
def send_for_accuracy(*, by: Actor, case: Case) -> Facilitation:
    """Ask the parties to check the record, within five working days; the respondents may also reply on it."""
    as_lead(by, case)
    current = open_case(case)
    with system("case.facilitation_sent"):
        record = Facilitation.objects.filter(case=current).first()
        if record is None:
            raise GuardFailed([Reason("There is no facilitation record yet.", "facilitation")])
        if record.sent_on:
            raise GuardFailed([Reason(f"It was sent on {day(record.sent_on)}.", "facilitation")])
        record.sent_on, record.accuracy_due = by.on, add_working_days(by.on, ACCURACY_DAYS)
        record.save(update_fields=["sent_on", "accuracy_due"])
        until = open_windows(current, Reply.Occasion.FACILITATION, by.on, respondents_of(current.concern))
    log(by, current, "case.facilitation_sent", {"accuracy_due": record.accuracy_due, "reply_due": until})
    text = f"check the facilitation record until {day(record.accuracy_due)}"
    tell_respondents(by, current, "accuracy", f"{text}; you may reply on it until {day(until)}.")
    tell_raiser(by, current, "accuracy", f"{text}.")
    return record


@transaction.atomic
def check_accuracy(
    *, by: Actor, case: Case, comment: str = "", organisation: Organisation | None = None
) -> AccuracyCheck:
    """A party has checked the record; what it would put otherwise stands beside it."""
    standing = as_party(by, case, organisation=organisation)
    current = open_case(case)
    with system("case.facilitation_checked"):
        record = Facilitation.objects.filter(case=current).first()
        if record is None or record.sent_on is None:
            raise GuardFailed([Reason("There is no facilitation record to check yet.", "comment")])
        if record.accuracy_due and by.on > record.accuracy_due:
            raise GuardFailed([Reason(f"The time to check it ended on {day(record.accuracy_due)}.", "comment")])
        said = standing.said
        if record.checks.filter(side=said["side"], organisation=said["organisation_id"]).exists():
            raise GuardFailed([Reason("Your side has checked it already.", "comment")])
        check = AccuracyCheck.objects.create(facilitation=record, checked_on=by.on, comment=comment.strip(), **said)
    log(by, current, "case.facilitation_checked", {"comment": comment.strip()})
    tell_holder(by, current, f"check:{check.pk}", "a party has checked the facilitation record.")
    return check


# --- Discussions, agreements, attempts, characteristics, notes ----------------------------------------------------


@transaction.atomic
def record_discussion(
    *, by: Actor, case: Case, organisation: Organisation, held_on: date, who: str, note: str = ""
) -> Discussion:
    """Record a discussion with the leaders of an affected ICB or another forum."""
    as_lead(by, case)
    names = need("Who was spoken to", who, "who")
    current = open_case(case)
    if not current.opened_on <= held_on <= by.on:
        raise GuardFailed([Reason(f"A day from {day(current.opened_on)} to today", "held_on")])
    with system("case.discussed"):
        found = Discussion.objects.create(
            case=current, organisation=organisation, held_on=held_on, who=names[:300], note=note.strip()
        )
    log(by, current, "case.discussed", {"organisation": organisation.pk, "held_on": held_on, "who": names})
    return found


@transaction.atomic
def agree(*, by: Actor, case: Case, terms: str, organisation: Organisation | None = None) -> Agreement:
    """A party agrees to the terms on which the matter is settled; when all have, the holder closes the case."""
    standing = as_party(by, case, organisation=organisation)
    words = need("What is agreed", terms, "terms")
    current = open_case(case)
    if current.stage not in (Case.Stage.INFORMAL, Case.Stage.FACILITATED):
        raise GuardFailed([Reason("Parties agree in informal or in facilitated resolution.", "stage")])
    with system("case.agreed"):
        agreement = Agreement.objects.create(case=current, agreed_on=by.on, terms=words, **standing.said)
    log(by, current, "case.agreed", {"terms": words})
    tell_holder(by, current, f"agreed:{agreement.pk}", "a party has agreed to terms.")
    return agreement


@transaction.atomic
def add_attempt_to(*, by: Actor, case: Case, attempt: InformalAttempt) -> Case:
    """Attach a private note of an informal attempt: from then on everyone who reads the case reads it."""
    as_anyone(by, case)
    if not allowed(by, Collaboration.CONCERN_RAISE, attempt):
        raise Refused(Collaboration.CONCERN_RAISE, "Only a note of your own organisation can be attached.")
    current = open_case(case)
    with system("case.attempt_attached"):
        concern = current.concern
        pair = {attempt.kept_by_id, attempt.other_id}
        raiser = concern.raiser.organisation_id
        if concern.in_confidence and raiser in pair:
            raise GuardFailed([Reason(NAMES_THE_RAISER, "attempt")])
        if not pair & {raiser, *respondents_of(concern)}:
            raise GuardFailed([Reason("A note of a party to this case", "attempt")])
        concern.attempts.add(attempt)
    log(by, current, "case.attempt_attached", {"attempt": attempt.pk})
    return current


@transaction.atomic
def name_characteristics(*, by: Actor, case: Case, characteristics: Sequence[str]) -> Case:
    """Say to which characteristics of effective collaboration the case speaks."""
    as_lead(by, case)
    current = open_case(case)
    framework = current_framework()
    known = [row.code for row in content_of(framework).characteristics] if framework else ["R", "L", "S", "A", "D"]
    wanted = [code for code in known if code in set(characteristics)]
    if not wanted or len(wanted) != len(set(characteristics)):
        raise GuardFailed([Reason("At least one of the characteristics", "characteristics")])
    with system("case.characteristics_named"):
        concern = current.concern
        concern.characteristics = wanted
        concern.save(update_fields=["characteristics"])
    log(by, current, "case.characteristics_named", {"characteristics": wanted})
    return current


@transaction.atomic
def add_note(*, by: Actor, case: Case, text: str, restricted: bool = True) -> CaseNote:
    """Keep a note on the file; restricted ones are for the holder and the regions, and found nothing."""
    permission = P.CASE_LEAD if allowed(by, P.CASE_LEAD, case) else P.CASE_CONFIRM
    standing = as_lead(by, case, permission)
    words = need("The note", text, "text")
    body: Any = standing.organisation or case.holder_id
    with system("case.noted"):
        note = CaseNote.objects.create(
            case=case, text=words, restricted=restricted, organisation_id=body, user_id=person(by)
        )
    log(by, case, "case.noted", {"note": note.pk, "restricted": restricted})
    return note
