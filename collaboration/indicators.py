"""The indicators: what of the register counts for a body, by one set-based query each.

A query is written once, as the *rows* that count: one row for each record and body. Scoring sums them over all bodies
in one statement; the explanation lists the same rows for one body. So the number and its records cannot differ.

Each query gives these columns:

    subject      the body                        numerator     what the record adds (0, 0.5, 1, a share, or days)
    kind         meeting, decision, action ...   denominator   what it could have added; 0 when it is not counted
    record       its id there                    size          what it adds towards the indicator's minimum
    happened_on  the day it is counted on        outcome       what happened, a key of `Indicator.words`
    noted_on     a day told in the words         amount        a number told in the words

A row with denominator 0 should exist in full and was not recorded: it is listed, never counted, and tells *missing*
from *not applicable*. Every condition looks only at what was true on the last day of the window, so far as the record
knows when, so that a month scored later gives the same figures.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection

from ics_governance.wording import day as in_words
from ics_governance.workingdays import add_working_days

from .explanation import Act

HUNDREDTH = Decimal("0.01")
MOST_DAYS = 180  # an action counts as at most so many days overdue
NOTICE = 5  # working days: meetings called later are left out, papers sent later are late
ACCEPT_WITHIN = 10  # working days in which an owner answers whether it accepts an action


@dataclass(frozen=True)
class Window:
    """The days that count, both included."""

    since: date
    until: date

    @classmethod
    def months(cls, count: int, until: date) -> "Window":
        """The months that end on a day: 12 months to 30 June 2026 begin on 1 July 2025."""
        day_after = until + timedelta(days=1)
        years, month = divmod(day_after.year * 12 + day_after.month - 1 - count, 12)
        try:
            return cls(day_after.replace(year=years, month=month + 1), until)
        except ValueError:  # such as 29 February of a common year: the next day there is
            return cls(_first_of_next(date(years, month + 1, 1)), until)


def _first_of_next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True)
class Indicator:
    """A query bound to an indicator's code, with the words for what happened to a record.

    `acts` are what could still make a record of an outcome count for more; never a date that is merely changed.
    """

    code: str
    sql: str
    words: Mapping[str, str]
    acts: Mapping[str, Act]


@dataclass(frozen=True)
class Count:
    """What the register shows of one body for one indicator. `unrecorded`: records that lack what would count."""

    numerator: Decimal
    denominator: Decimal
    size: Decimal
    unrecorded: int

    @classmethod
    def of(cls, rows: Iterable["Row"]) -> "Count":
        """The sum of listed rows, rounded as the statement over all bodies rounds it."""
        every = list(rows)
        columns = ((row.numerator, row.denominator, row.size) for row in every)
        sums = [sum(column, Decimal(0)).quantize(HUNDREDTH, ROUND_HALF_UP) for column in zip(*columns, strict=True)]
        return cls(*(sums or [Decimal("0.00")] * 3), sum(row.denominator == 0 for row in every))


@dataclass(frozen=True)
class Row:
    """One record counted (or, with denominator 0, not recorded in full) for one body."""

    indicator: str
    kind: str
    record: int
    happened_on: date
    numerator: Decimal
    denominator: Decimal
    size: Decimal
    outcome: str
    noted_on: date | None
    amount: Decimal | None

    @property
    def happened(self) -> str:
        """What happened, in words."""
        number = "" if self.amount is None else f"{self.amount.normalize():f}"
        words = REGISTRY[self.indicator].words.get(self.outcome) or self.outcome.replace("_", " ")
        return words.format(day=in_words(self.noted_on), n=number, days="day" if number == "1" else "days")

    @property
    def act(self) -> Act | None:
        """What would make it count for more, if anything still can."""
        return REGISTRY[self.indicator].acts.get(self.outcome)


REGISTRY: dict[str, Indicator] = {}


def register(code: str, sql: str, words: Mapping[str, str], acts: Mapping[str, Act] | None = None) -> None:
    """Bind an indicator's code to its query."""
    REGISTRY[code] = Indicator(code, sql, words, acts or {})


# --- Asking -------------------------------------------------------------------------------------------------------


def count(code: str, window: Window, subjects: Iterable[int]) -> dict[int, Count]:
    """One statement over all the bodies; those without any record are absent. Run it in a system context."""
    sql = f"""
        select subject, round(sum(numerator), 2), round(sum(denominator), 2), round(sum(size), 2),
               count(*) filter (where denominator = 0)
        from ({REGISTRY[code].sql}) counted
        where subject = any(%(subjects)s) group by subject"""  # noqa: S608  (our own text; values are parameters)
    return {subject: Count(*figures) for subject, *figures in _ask(sql, window, subjects)}


def rows(codes: Iterable[str], window: Window, subject: int) -> list[Row]:
    """The records counted for one body, newest first, for several indicators by one statement."""
    parts = [
        f"""select '{code}', kind, record, happened_on, numerator, denominator, size, outcome, noted_on, amount
            from ({REGISTRY[code].sql}) counted where subject = any(%(subjects)s)"""  # noqa: S608
        for code in codes
    ]
    sql = " union all ".join(parts) + " order by 4 desc, 2, 3 desc"
    return [Row(*row) for row in _ask(sql, window, [subject])] if parts else []


def _ask(sql: str, window: Window, subjects: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    values = {
        "since": window.since,
        "until": window.until,
        "notice": NOTICE,
        "most": MOST_DAYS,
        "answer_by": add_working_days(window.until, -ACCEPT_WITHIN),
        "subjects": sorted(subjects),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()


# --- Relationships ------------------------------------------------------------------------------------------------

# A meeting counts once for a body, however many members it has there; the best of them decides. A body that its
# arrangement does not expect (or that another body represents) is left out, whatever memberships are recorded.
register(
    "R1",
    """
    select subject, 'meeting' kind, meeting record, held_on happened_on,
           (min(rank) <= 2)::int::numeric numerator, (min(rank) <= 5)::int::numeric denominator,
           (min(rank) <= 5)::int::numeric size,
           (array['member', 'deputy', 'apologies', 'absent', 'refused', 'not_recorded'])[min(rank)] outcome,
           null::date noted_on, null::numeric amount
    from (
      select member.organisation_id subject, meeting.id meeting, meeting.held_on,
             case attendance.state when 'member' then 1 when 'deputy' then 2 when 'apologies' then 3
               when 'absent' then 4 when 'refused' then 5
               else case when member.refused_on <= meeting.held_on then 5 else 6 end end rank
      from partnerships_meeting meeting
      join partnerships_forum forum on forum.id = meeting.forum_id
      join partnerships_membership member on member.forum_id = meeting.forum_id
      left join partnerships_attendance attendance
        on attendance.meeting_id = meeting.id and attendance.membership_id = member.id
      where meeting.held_on between %(since)s and %(until)s and meeting.state in ('held', 'minuted')
        and (meeting.call_notice is null or meeting.call_notice >= %(notice)s)
        and member.role <> 'attendee'
        and member.starts <= meeting.held_on and (member.ends is null or member.ends >= meeting.held_on)
        and (member.agreed_on <= meeting.held_on or member.refused_on <= meeting.held_on)
        and not exists (
          select from partnerships_arrangementmember part
          where part.arrangement_id = forum.arrangement_id and part.organisation_id = member.organisation_id
            and part.expectation <> 'member'
            and part.starts <= meeting.held_on and (part.ends is null or part.ends >= meeting.held_on))
    ) expected
    group by subject, meeting, held_on""",
    {
        "member": "Its member was there",
        "deputy": "Its deputy was there",
        "apologies": "Sent apologies",
        "absent": "Nobody came",
        "refused": "The body refused the membership",
        "not_recorded": "Attendance was not recorded: not counted",
    },
)

# --- Decisions at the right level, and their reasons --------------------------------------------------------------

# A corrected version stands in the place of the one it corrects; a rescinded decision was taken and stays counted.
_TAKEN = """
    decision.decided_on between %(since)s and %(until)s
    and decision.state in ('agreed', 'implemented', 'reviewed', 'rescinded')"""
# Bodies that lead together share a decision equally.
_SHARE = "1::numeric / (select count(*) from partnerships_decisionlead other where other.decision_id = decision.id)"

register(
    "L1",
    f"""
    select subject, 'decision' kind, record, happened_on,
           case when outcome = 'within_authority' then share else 0 end numerator,
           case when outcome in ('register_open', 'not_asked') then 0 else share end denominator,
           case when outcome in ('register_open', 'not_asked') then 0 else share end size,
           outcome, null::date noted_on, round(1 / share) amount
    from (
      select lead.organisation_id subject, decision.id record, decision.decided_on happened_on, {_SHARE} share,
             case when declared.id is null or decision.authority_status = 'not_recorded' then 'register_open'
               when decision.authority_status = '' then 'not_asked' else decision.authority_status end outcome
      from partnerships_decision decision
      join partnerships_decisionlead lead on lead.decision_id = decision.id
      join partnerships_forum forum on forum.id = decision.forum_id
      join partnerships_function function on function.id = decision.function_id
      left join partnerships_completeness declared
        on declared.organisation_id = coalesce(decision.accountable_body_id, forum.host_id)
        and declared.family = function.family and declared.complete_from <= decision.decided_on
      where {_TAKEN} and decision.kind = 'decide'
    ) led""",  # noqa: S608
    {
        "within_authority": "Within authority",
        "partial": "Only some of the bodies had given authority",
        "recommend_only": "The forum may only recommend",
        "reserved": "The function is reserved",
        "not_delegated": "The function was not delegated to the forum",
        "not_yet_in_force": "The delegation was not yet in force",
        "expired": "The delegation had ended",
        "suspended": "The delegation was suspended",
        "double_delegation": "Passed on twice without permission",
        "outside_area": "Outside the area of the delegation",
        "exceeds_limit": "Over the limit of the delegation",
        "not_quorate": "The meeting was not quorate",
        "conflicted": "A conflict of interest was not handled",
        "holder_absent": "A body whose agreement was needed was not there",
        "post_vacant": "The post that holds the authority was vacant",
        "register_open": "The register of delegations was not declared complete for this function: not counted",
        "not_asked": "The authority for it was not recorded: not counted",
    },
)

register(
    "S1",
    f"""
    select subject, 'decision' kind, record, happened_on,
           case when outcome = 'complete' then share else 0 end numerator,
           case when outcome = 'no_papers' then 0 else share end denominator,
           case when outcome = 'no_papers' then 0 else share end size,
           outcome, null::date noted_on, greatest(paper_notice, 0)::numeric amount
    from (
      select lead.organisation_id subject, decision.id record, decision.decided_on happened_on, {_SHARE} share,
             meeting.paper_notice,
             case when meeting.paper_notice is null then 'no_papers'
               when decision.complete_at_issue is null then 'not_in_papers'
               when not decision.complete_at_issue then 'incomplete'
               when meeting.paper_notice < %(notice)s then 'late' else 'complete' end outcome
      from partnerships_decision decision
      join partnerships_decisionlead lead on lead.decision_id = decision.id
      left join partnerships_meeting meeting on meeting.id = decision.meeting_id
      where {_TAKEN} and decision.weight = 'significant'
    ) led""",  # noqa: S608
    {
        "complete": "Complete with the papers, {n} working {days} before the meeting",
        "late": "Complete with the papers, but only {n} working {days} before the meeting",
        "incomplete": "Not complete when papers were issued",
        "not_in_papers": "Not among the papers that were issued",
        "no_papers": "The day its papers were issued was not recorded: not counted",
    },
)

# --- Accountability -----------------------------------------------------------------------------------------------

register(
    "A2",
    """
    select member.organisation_id subject, 'membership' kind, member.id record, %(until)s::date happened_on,
           (member.holder_id is not null and member.deputy_id is not null)::int::numeric numerator,
           1::numeric denominator, 1::numeric size,
           case when member.holder_id is null and member.deputy_id is null then 'nobody'
             when member.deputy_id is null then 'no_deputy'
             when member.holder_id is null then 'no_member' else 'both' end outcome,
           null::date noted_on, null::numeric amount
    from partnerships_membership member
    join partnerships_forum forum on forum.id = member.forum_id
    where member.role <> 'attendee' and member.agreed_on <= %(until)s
      and (member.refused_on is null or member.refused_on > %(until)s)
      and member.starts <= %(until)s and (member.ends is null or member.ends >= %(until)s)
      and (forum.ends is null or forum.ends >= %(until)s)
    union all
    select part.organisation_id, 'arrangement', part.arrangement_id, %(until)s::date, 0, 0, 0, 'on_no_forum', null, null
    from partnerships_arrangementmember part
    where part.expectation = 'member'
      and part.starts <= %(until)s and (part.ends is null or part.ends >= %(until)s)
      and exists (select from partnerships_forum forum where forum.arrangement_id = part.arrangement_id
                  and forum.starts <= %(until)s and (forum.ends is null or forum.ends >= %(until)s))
      and not exists (
        select from partnerships_membership member
        join partnerships_forum forum on forum.id = member.forum_id
        where forum.arrangement_id = part.arrangement_id and member.organisation_id = part.organisation_id
          and member.starts <= %(until)s and (member.ends is null or member.ends >= %(until)s))""",
    {
        "both": "Names a person and a deputy",
        "no_deputy": "No deputy is named",
        "no_member": "A deputy is named, and nobody to deputise for",
        "nobody": "Nobody is named",
        "on_no_forum": "Expected in this arrangement, and a member of none of its forums: not counted",
    },
    {
        "no_deputy": Act("Name a deputy", Decimal(1)),
        "no_member": Act("Name the member", Decimal(1)),
        "nobody": Act("Name the member and a deputy", Decimal(1)),
    },
)

# --- Delivery -----------------------------------------------------------------------------------------------------

# Actions that were due: by their original date, so that a later one moves nothing out of the count. Withdrawing is the
# forum's act alone; what its owner declined or has not accepted is nobody's. An action left without an answer beyond
# the days there are for it is told as not recorded.
_DUE = """
      select action.owner_id subject, action.id record, action.original_due, action.state <> 'proposed' accepted,
             case when action.state in ('done', 'confirmed') and action.done_on <= %(until)s
               then action.done_on end done,
             action.state = 'confirmed' and action.confirmed_on <= %(until)s confirmed, action.confirmed_on,
             action.slippage_told_on < action.original_due and action.recovery_plan <> '' told,
             action.plan_accepted_on <= %(until)s plan_accepted
      from partnerships_action action
      join partnerships_decision decision on decision.id = action.decision_id
      where action.original_due between %(since)s and %(until)s
        and (action.state in ('accepted', 'done', 'confirmed') and action.accepted_on <= %(until)s
          or action.state = 'proposed' and greatest(action.proposed_on, decision.decided_on) <= %(answer_by)s
            and decision.state in ('agreed', 'implemented', 'reviewed', 'superseded'))"""

register(
    "D1",
    f"""
    select subject, 'action' kind, record, original_due happened_on,
           case when outcome = 'confirmed' then 1 when outcome like 'told%%' then 0.5 else 0 end numerator,
           (outcome <> 'not_accepted')::int::numeric denominator, (outcome <> 'not_accepted')::int::numeric size,
           outcome, case outcome when 'confirmed' then confirmed_on else done end noted_on, null::numeric amount
    from (
      select due.*, case
          when not accepted then 'not_accepted'
          when done <= original_due and confirmed then 'confirmed'
          when done <= original_due and told and plan_accepted then 'told_unconfirmed'
          when done <= original_due then 'unconfirmed'
          when told and plan_accepted then case when done is null then 'told_open' else 'told_done' end
          when told then 'plan_waits'
          when done is null then 'open' else 'late' end outcome
      from ({_DUE}) due
    ) judged""",  # noqa: S608
    {
        "confirmed": "Done on time, confirmed {day}",
        "unconfirmed": "Reported done on time; the forum has not confirmed it",
        "told_unconfirmed": "Reported done on time after a delay was told; the forum has not confirmed it",
        "told_done": "Done late on {day}; told before, recovery plan accepted",
        "told_open": "Not done yet; told before, recovery plan accepted",
        "plan_waits": "Late; told before, the forum has not accepted the recovery plan",
        "late": "Done late on {day}",
        "open": "Not done yet",
        "not_accepted": "The owner has not said whether it accepts it: not counted",
    },
    {
        "unconfirmed": Act("The forum confirms it", Decimal(1)),
        "told_unconfirmed": Act("The forum confirms it", Decimal(1)),
        "plan_waits": Act("The forum accepts the recovery plan", Decimal("0.5")),
    },
)

register(
    "D2",
    f"""
    select subject, 'action' kind, record, original_due happened_on,
           case when accepted then least(days, %(most)s) else 0 end::numeric numerator,
           case when accepted then %(most)s else 0 end::numeric denominator,
           accepted::int::numeric size,
           case when not accepted then 'not_accepted' when done is null and days = 0 then 'due_today'
             when done is null then 'open' when days = 0 then 'on_time' else 'late' end outcome,
           done noted_on, days::numeric amount
    from (select due.*, greatest(coalesce(done, %(until)s) - original_due, 0) days from ({_DUE}) due) overdue""",  # noqa: S608
    {
        "on_time": "Done by its date",
        "late": "Done on {day}, {n} {days} late",
        "open": "{n} {days} overdue, not done yet",
        "due_today": "Due that day, not done yet",
        "not_accepted": "The owner has not said whether it accepts it: not counted",
    },
)
