"""Clear lines of accountability: memberships, shared risks."""

from decimal import Decimal

from collaboration.explanation import Act

from .registry import register

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

# A risk without an owner falls to the one body that shares it, or to its host when nobody does.
register(
    "A4",
    """
    select subject, 'shared_risk' kind, record, %(until)s::date happened_on,
           (outcome = 'kept')::int::numeric numerator, (outcome <> 'no_owner')::int::numeric denominator,
           (outcome <> 'no_owner')::int::numeric size, outcome,
           case when outcome in ('kept', 'overdue') then review_on end noted_on, null::numeric amount
    from (
      select risk.id record, risk.review_on,
             coalesce(risk.owner_id,
               case shares.bodies when 1 then shares.body when 0 then risk.host_id end) subject,
             case when risk.owner_id is null then 'no_owner'
               when risk.owner_person_id is null then 'nobody'
               when risk.mitigation = '' then 'no_mitigation'
               when risk.review_on is null then 'no_review'
               when risk.review_on < %(until)s then 'overdue' else 'kept' end outcome
      from collaboration_sharedrisk risk
      cross join lateral (
        select count(distinct organisation_id) bodies, min(organisation_id) body
        from collaboration_riskaudience reader where reader.risk_id = risk.id and reader.capacity = 'member'
      ) shares
      where risk.raised_on <= %(until)s and (risk.closed_on is null or risk.closed_on > %(until)s)
    ) risks
    where subject is not null""",
    {
        "kept": "Has an owner, a mitigation and a review by {day}",
        "nobody": "No person is named who owns it",
        "no_mitigation": "No mitigation is recorded",
        "no_review": "No review is planned",
        "overdue": "Its review was due on {day}",
        "no_owner": "No body owns it, and it can fall to this one alone: not counted",
    },
    {
        "nobody": Act("Name the person who owns it", Decimal(1)),
        "no_mitigation": Act("Record what is done about it", Decimal(1)),
        "no_review": Act("Plan its review", Decimal(1)),
        "overdue": Act("Review it", Decimal(1)),
    },
)
