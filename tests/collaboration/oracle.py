"""The indicators once more, slowly: plain loops over records, straight from the definitions. Nothing of the code under
test is used, so that a slip in a query does not repeat itself here."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from collaboration.models import Assessment, Concern, FeedbackRound, InformationRequest, SharedRisk
from ics_governance.workingdays import add_working_days
from partnerships.models import (
    Action,
    ArrangementMember,
    Completeness,
    Decision,
    Delegation,
    Forum,
    Meeting,
    Membership,
    Organisation,
)

Tally = tuple[Fraction, Fraction, int]
TAKEN = ("agreed", "implemented", "reviewed", "rescinded")


def oracle(code: str, body: Organisation, since: date, until: date) -> Tally | None:
    """(numerator, denominator, how many were not recorded), or None when nothing of the kind exists."""
    found = list(INDICATORS[code](body, since, until))
    if not found:
        return None
    return (
        sum((numerator for numerator, _ in found), Fraction(0)),
        sum((denominator for _, denominator in found), Fraction(0)),
        sum(1 for _, denominator in found if denominator == 0),
    )


def holds(row, day: date) -> bool:
    return row.starts is not None and row.starts <= day and (row.ends is None or day <= row.ends)


def expects(body: Organisation, forum: Forum, day: date) -> bool:
    parts = ArrangementMember.objects.filter(organisation=body, arrangement=forum.arrangement_id)
    return not any(holds(part, day) and part.expectation != "member" for part in parts)


def r1(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
    for meeting in Meeting.objects.all():
        if not since <= meeting.held_on <= until or meeting.state not in ("held", "minuted"):
            continue
        if meeting.call_notice is not None and meeting.call_notice < 5:
            continue
        states = []
        for member in Membership.objects.filter(organisation=body, forum=meeting.forum_id):
            agreed = member.agreed_on is not None and member.agreed_on <= meeting.held_on
            refused = member.refused_on is not None and member.refused_on <= meeting.held_on
            if member.role == "attendee" or not holds(member, meeting.held_on) or not (agreed or refused):
                continue
            mark = meeting.attendance.filter(membership=member).first()
            states.append(mark.state if mark else "refused" if refused else None)
        if not states or not expects(body, meeting.forum, meeting.held_on):
            continue
        if any(state in ("member", "deputy") for state in states):
            yield 1, 1
        elif any(states):
            yield 0, 1
        else:
            yield 0, 0


def led(body: Organisation, since: date, until: date) -> Iterator[tuple[Decision, Fraction]]:
    for decision in Decision.objects.all():
        leads = [lead.organisation_id for lead in decision.leads.all()]
        taken = decision.decided_on is not None and since <= decision.decided_on <= until and decision.state in TAKEN
        if taken and body.pk in leads:
            yield decision, Fraction(1, len(leads))


def l1(body: Organisation, since: date, until: date) -> Iterator[tuple[Fraction, Fraction]]:
    for decision, share in led(body, since, until):
        if decision.kind != "decide" or decision.function is None:
            continue
        keeper = decision.accountable_body or decision.forum.host
        declared = Completeness.objects.filter(organisation=keeper, family=decision.function.family).first()
        complete = declared is not None and declared.complete_from <= decision.decided_on
        if not complete or decision.authority_status in ("", "not_recorded"):
            yield Fraction(0), Fraction(0)
        else:
            yield share * (decision.authority_status == "within_authority"), share


def s1(body: Organisation, since: date, until: date) -> Iterator[tuple[Fraction, Fraction]]:
    for decision, share in led(body, since, until):
        if decision.weight != "significant":
            continue
        notice = decision.meeting.paper_notice if decision.meeting else None
        if notice is None:
            yield Fraction(0), Fraction(0)
        else:
            yield share * bool(decision.complete_at_issue and notice >= 5), share


def a2(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
    for member in Membership.objects.filter(organisation=body):
        refused = member.refused_on is not None and member.refused_on <= until
        agreed = member.agreed_on is not None and member.agreed_on <= until
        live = member.forum.ends is None or member.forum.ends >= until
        if member.role != "attendee" and agreed and not refused and holds(member, until) and live:
            yield int(bool(member.holder and member.deputy)), 1
    for part in ArrangementMember.objects.filter(organisation=body, expectation="member"):
        forums = [forum for forum in Forum.objects.filter(arrangement=part.arrangement_id) if holds(forum, until)]
        members = Membership.objects.filter(organisation=body, forum__arrangement=part.arrangement_id)
        if holds(part, until) and forums and not any(holds(member, until) for member in members):
            yield 0, 0


def due(body: Organisation, since: date, until: date) -> Iterator[Action | None]:
    """Accepted actions that were due; None for one that waits for an answer for more than ten working days."""
    for action in Action.objects.filter(owner=body):
        if not since <= action.original_due <= until:
            continue
        decided = action.decision
        accepted = action.accepted_on is not None and action.accepted_on <= until
        if action.state in ("accepted", "done", "confirmed") and accepted:
            yield action
        asked = action.state == "proposed" and decided.state in ("agreed", "implemented", "reviewed", "superseded")
        if asked and add_working_days(max(action.proposed_on, decided.decided_on), 10) <= until:
            yield None


def done_on(action: Action, until: date) -> date | None:
    done = action.state in ("done", "confirmed") and action.done_on is not None and action.done_on <= until
    return action.done_on if done else None


def d1(body: Organisation, since: date, until: date) -> Iterator[tuple[Fraction, int]]:
    for action in due(body, since, until):
        if action is None:
            yield Fraction(0), 0
            continue
        done = done_on(action, until)
        confirmed = action.state == "confirmed" and action.confirmed_on and action.confirmed_on <= until
        told = action.slippage_told_on and action.slippage_told_on < action.original_due and action.recovery_plan
        accepted = action.plan_accepted_on and action.plan_accepted_on <= until
        if done and done <= action.original_due and confirmed:
            yield Fraction(1), 1
        else:
            yield (Fraction(1, 2) if told and accepted else Fraction(0)), 1


def d2(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
    for action in due(body, since, until):
        if action is None:
            yield 0, 0
        else:
            late = ((done_on(action, until) or until) - action.original_due).days
            yield min(max(late, 0), 180), 180


def r2(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
    for asked in InformationRequest.objects.filter(asked=body):
        if not since <= asked.due_on <= until or asked.state == "withdrawn":
            continue
        if asked.state != "open" and asked.closed_on is None:
            yield 0, 0
            continue
        closed = asked.state != "open" and asked.closed_on <= until
        in_time = asked.state == "answered" and asked.closed_on <= asked.due_on
        yield int(bool(closed and (in_time or (asked.state == "refused" and asked.refusal)))), 1


def r4(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
    for concern in Concern.objects.exclude(closed_on=None).exclude(settled_at=""):
        put = {
            row.organisation_id for row in concern.respondents.all() if row.put_on and row.put_on <= concern.closed_on
        }
        parties = set(put)
        if put and not concern.in_confidence:
            parties.add(concern.raiser.organisation_id)
        if body.pk in parties and since <= concern.closed_on <= until:
            yield int(concern.settled_at in ("informal_resolution", "facilitated_resolution")), 1


def l3(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
    for edge in Delegation.objects.filter(from_organisation=body, status__in=("in_force", "ended")):
        if edge.in_force_on and holds(edge, until):
            yield int(bool(edge.review_on and edge.review_on >= until)), int(edge.review_on is not None)


def a4(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
    for risk in SharedRisk.objects.all():
        if risk.raised_on > until or (risk.closed_on and risk.closed_on <= until):
            continue
        shares = {row.organisation_id for row in risk.audience.filter(capacity="member")}
        falls_to = shares.pop() if len(shares) == 1 else None if shares else risk.host_id
        if risk.owner_id == body.pk:
            yield int(bool(risk.owner_person and risk.mitigation and risk.review_on and risk.review_on >= until)), 1
        elif risk.owner_id is None and falls_to == body.pk:
            yield 0, 0


def partners_on(code: str):
    def count(body: Organisation, since: date, until: date) -> Iterator[tuple[Fraction, int]]:
        for one in FeedbackRound.objects.filter(subject=body, state="closed"):
            if since <= one.closed_on <= until:
                result = one.results.filter(characteristic=code, item="").first()
                yield (Fraction(result.mean) * result.organisations, 3 * result.organisations) if result else (0, 0)

    return count


def self_on(number: int):
    def count(body: Organisation, since: date, until: date) -> Iterator[tuple[int, int]]:
        returns = Assessment.objects.filter(subject=body).exclude(submitted_at=None).order_by("-year")
        latest = next((row for row in returns if row.submitted_at.date() <= until), None)
        if latest is None:
            yield 0, 0
            return
        answers = [
            given["rating"] for code, given in latest.content["answers"].items() if code.startswith(f"{number}.")
        ]
        ratings = [int(rating) for rating in answers if rating not in ("", "NA")]
        yield sum(ratings), 3 * len(ratings)

    return count


INDICATORS = {"R1": r1, "R2": r2, "R4": r4, "L1": l1, "L3": l3, "S1": s1, "A2": a2, "A4": a4, "D1": d1, "D2": d2}
for place, (letter, name) in enumerate({"R": "R3", "L": "LP", "S": "SP", "A": "AP", "D": "DP"}.items(), 1):
    INDICATORS |= {name: partners_on(letter), f"{letter}Q": self_on(place)}
