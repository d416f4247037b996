"""What was asked: partners in feedback rounds, and the body itself in its self-assessment; one pair a characteristic.

A round is one record, and the results it shows are all that is read: they exist from three organisations on, and none
of them says which. What an organisation answered is never looked at here.
"""

from .registry import register

_ROUNDS = """
    select subject, 'feedback_round' kind, record, happened_on, mean * bodies numerator, 3 * bodies denominator,
           bodies size, case when bodies = 0 then 'too_few' else 'answered' end outcome,
           null::date noted_on, nullif(bodies, 0) amount
    from (
      select one.subject_id subject, one.id record, one.closed_on happened_on,
             coalesce(result.organisations, 0)::numeric bodies, coalesce(result.mean, 0) mean
      from collaboration_feedbackround one
      left join collaboration_feedbackresult result
        on result.round_id = one.id and result.characteristic = '{code}' and result.item = ''
      where one.state = 'closed' and one.closed_on between %(since)s and %(until)s
    ) rounds"""
_ROUND_WORDS = {
    "answered": "Answered by {n} organisations",
    "too_few": "Fewer than three organisations answered: not counted",
}

# The answers as they were submitted; what a moderator made of them later is shown beside and never counted. A trust is
# asked every year, so one that has submitted none yet lacks a record; bodies of other kinds are not asked.
_SUBMITTED = """
    select body.id subject, case when latest.id is null then 'organisation' else 'assessment' end kind,
           coalesce(latest.id, body.id) record, coalesce(latest.submitted_on, %(until)s::date) happened_on,
           coalesce(given.points, 0) numerator, coalesce(3 * given.answers, 0) denominator,
           coalesce(given.answers, 0) size,
           case when latest.id is null then 'not_submitted' when coalesce(given.answers, 0) = 0 then 'no_answers'
             else 'submitted' end outcome,
           null::date noted_on, given.answers amount
    from partnerships_organisation body
    left join lateral (
      select assessment.id, assessment.content,
             (assessment.submitted_at at time zone 'Europe/London')::date submitted_on
      from collaboration_assessment assessment
      where assessment.subject_id = body.id and assessment.state in ('submitted', 'moderated', 'final')
        and (assessment.submitted_at at time zone 'Europe/London')::date <= %(until)s
      order by assessment.year desc, assessment.submitted_at desc limit 1
    ) latest on true
    left join lateral (
      select sum((answer.value ->> 'rating')::numeric) points, count(*)::numeric answers
      from jsonb_each(latest.content -> 'answers') answer
      where answer.key like '{number}.%%' and answer.value ->> 'rating' ~ '^[0-3]$'
    ) given on true
    where (body.kind = 'trust' or latest.id is not null)
      and (body.opened is null or body.opened <= %(until)s) and (body.closed is null or body.closed >= %(until)s)"""
_SUBMITTED_WORDS = {
    "submitted": "Submitted; {n} answers that apply",
    "no_answers": "Submitted without an answer that applies: not counted",
    "not_submitted": "No self-assessment was submitted: not counted",
}

for number, (characteristic, partners) in enumerate({"R": "R3", "L": "LP", "S": "SP", "A": "AP", "D": "DP"}.items(), 1):
    register(partners, _ROUNDS.format(code=characteristic), _ROUND_WORDS)
    register(f"{characteristic}Q", _SUBMITTED.format(number=number), _SUBMITTED_WORDS)
