"""Decisions at the right level, and their reasons."""

from decimal import Decimal

from collaboration.explanation import Act

from .registry import register

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

# --- Delegations --------------------------------------------------------------------------------------------------

register(
    "L3",
    """
    select from_organisation_id subject, 'delegation' kind, id record, %(until)s::date happened_on,
           coalesce(review_on >= %(until)s, false)::int::numeric numerator,
           (review_on is not null)::int::numeric denominator, (review_on is not null)::int::numeric size,
           case when review_on is null then 'no_date' when review_on >= %(until)s then 'in_date'
             else 'overdue' end outcome,
           review_on noted_on, null::numeric amount
    from partnerships_delegation
    where status in ('in_force', 'ended') and in_force_on is not null
      and starts <= %(until)s and (ends is null or ends >= %(until)s)""",
    {
        "in_date": "To be reviewed by {day}",
        "overdue": "Should have been reviewed by {day}",
        "no_date": "In force without a review date: not counted",
    },
    {"overdue": Act("Review the delegation and set its next review date", Decimal(1))},
)
