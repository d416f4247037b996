"""Delivery: actions done on time, days overdue."""

from decimal import Decimal

from collaboration.explanation import Act

from .registry import register

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
