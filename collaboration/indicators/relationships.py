"""Strong working relationships: meetings, information requests, concerns."""

from .registry import register

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

# A request counts on the day that was agreed last: only the asker moves it. A refusal with its lawful reason is met.
register(
    "R2",
    """
    select subject, 'information_request' kind, record, happened_on,
           (outcome in ('in_time', 'refused'))::int::numeric numerator,
           (outcome <> 'not_recorded')::int::numeric denominator, (outcome <> 'not_recorded')::int::numeric size,
           outcome, case when outcome in ('in_time', 'late') then closed_on end noted_on, null::numeric amount
    from (
      select asked_id subject, id record, due_on happened_on, closed_on,
             case when state <> 'open' and closed_on is null then 'not_recorded'
               when state = 'open' or closed_on > %(until)s then 'open'
               when state = 'refused' then case when refusal = '' then 'no_reason' else 'refused' end
               when closed_on <= due_on then 'in_time' else 'late' end outcome
      from collaboration_informationrequest
      where due_on between %(since)s and %(until)s and state <> 'withdrawn'
    ) judged""",
    {
        "in_time": "Answered on {day}, in time",
        "late": "Answered on {day}, after the agreed day",
        "refused": "Refused with its lawful reason",
        "no_reason": "Refused without a reason",
        "open": "Not answered by the agreed day",
        "not_recorded": "What became of it was not recorded: not counted",
    },
)

# A concern counts once it was put to its respondents and has closed. One raised in confidence does not count for its
# raiser: the record behind the number would name the raiser to whoever may open both. A concern that ended without
# being settled at any stage (withdrawn, not upheld, not for this process) says nothing about how bodies settle.
register(
    "R4",
    """
    select subject, 'concern' kind, record, closed_on happened_on,
           (settled_at in ('informal_resolution', 'facilitated_resolution'))::int::numeric numerator,
           1::numeric denominator, 1::numeric size, settled_at outcome, null::date noted_on, null::numeric amount
    from (
      select about.organisation_id subject, concern.id record, concern.closed_on, concern.settled_at
      from collaboration_concern concern
      join collaboration_concernrespondent about on about.concern_id = concern.id
      where about.put_on <= concern.closed_on
      union
      select raiser.organisation_id, concern.id, concern.closed_on, concern.settled_at
      from collaboration_concern concern
      join collaboration_concernraiser raiser on raiser.concern_id = concern.id
      where not concern.in_confidence
        and exists (select from collaboration_concernrespondent about
                    where about.concern_id = concern.id and about.put_on <= concern.closed_on)
    ) party
    where closed_on between %(since)s and %(until)s and settled_at <> ''""",
    {
        "informal_resolution": "Settled informally",
        "facilitated_resolution": "Settled by facilitation",
        "dispute_resolution": "Settled only in dispute resolution",
        "oversight_review": "Ended only in an oversight review",
        "support": "Ended only after support",
        "enforcement": "Ended only after a measure",
    },
)
